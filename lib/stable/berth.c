// SPDX-License-Identifier: LGPL-2.1-or-later
#include <errno.h>
#include <stdbool.h>
#include <sys/mman.h>

#include "active.h"
#include "berth.h"

enum {
	NONE,
	WANTED,
	MADE,		/* by some thread, or in vain */
};

#define TABLE	((size_t)2 << 20)	/* what a page table reaches over */
#define FAR	((size_t)16 << 30)	/* from where mappings come to */
#define TRIES	8

/* The last page that is so far below the next mapping, and ends a table. */
static char *page_below(const char *next, size_t far)
{
	uintptr_t addr = (uintptr_t)next;

	if (addr < far + FAR)
		return NULL;
	addr -= far;
	return (char *)(addr - (addr & (TABLE - 1)) - PAGE_BYTES);
}

static uintptr_t make(void)
{
	char *next, *page;
	size_t i;

	next = mmap(NULL, PAGE_BYTES, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS,
		    -1, 0);
	if (next == MAP_FAILED)
		return MADE;
	munmap(next, PAGE_BYTES);
	/* Another handle has its berth where this one would have it. */
	for (i = 1; i <= TRIES; i++) {
		page = page_below(next, i * FAR);
		if (!page)
			break;
		page = mmap(page, PAGE_BYTES, PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE,
			    -1, 0);
		if (page == MAP_FAILED)
			continue;
		*(volatile char *)page = 1;
		return (uintptr_t)page;
	}
	return MADE;
}

void berth_want(struct berth *berth)
{
	uintptr_t none = NONE;

	__atomic_compare_exchange_n(&berth->end, &none, WANTED, false,
				    __ATOMIC_RELAXED, __ATOMIC_RELAXED);
}

void *berth_for(struct berth *berth, size_t pages)
{
	uintptr_t end = __atomic_load_n(&berth->end, __ATOMIC_RELAXED);
	size_t size = pages * PAGE_BYTES;
	int saved = errno;

	if (end == NONE && size >= TABLE) {
		berth_want(berth);
		end = WANTED;
	}
	if (likely(end == NONE))
		return NULL;
	if (end == WANTED &&
	    __atomic_compare_exchange_n(&berth->end, &end, MADE, false,
					__ATOMIC_RELAXED, __ATOMIC_RELAXED)) {
		end = make();
		__atomic_store_n(&berth->end, end, __ATOMIC_RELAXED);
		errno = saved;
	}
	if (end < PAGE_BYTES)
		return NULL;
	if (size > TABLE - PAGE_BYTES) {
		end += PAGE_BYTES - TABLE;
		size = (size + TABLE - 1) & ~(TABLE - 1);
	}
	return size < end ? (void *)(end - size) : NULL;
}

void berth_close(struct berth *berth)
{
	if (berth->end >= PAGE_BYTES)
		munmap((void *)berth->end, PAGE_BYTES);
}
