// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <sys/mman.h>

#include "place.h"

#define REACH	(2UL << 20)	/* of a page table */
#define STEP	(REACH / PLACES)

bool places_next(struct places *p, size_t length)
{
	/* The kernel takes the same gap for the same length each time. */
	char *gap = mmap(NULL, length, PROT_NONE,
			 MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	char *at;

	if (gap == MAP_FAILED)
		return false;
	munmap(gap, length);
	at = mmap(gap + length - STEP, STEP, PROT_READ | PROT_WRITE,
		  MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
	/* A gap below STEP lies among neighbours, and is filled as it is. */
	if (at == MAP_FAILED)
		return errno == EEXIST;
	*(volatile char *)at = 1;
	p->neighbour[p->nr++] = at;
	return true;
}

void places_end(struct places *p)
{
	while (p->nr)
		munmap(p->neighbour[--p->nr], STEP);
}
