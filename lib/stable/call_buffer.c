// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * libxencall.so.1: memory for hypercalls. It is what stock's is: pages of
 * /dev/xen/hypercall, which are always present, or where that is missing, pages
 * that are locked; cleared whenever they are given out.
 *
 * Stock keeps four single pages, and maps and unmaps all that is larger each
 * time, which costs more than the hypercall: here some of that is kept as well.
 *
 * Fork: the device's pages are shared with the child. So a child uses none of
 * those that its parent had kept or had given out: two processes would make
 * their hypercalls in one page.
 */
#include <errno.h>
#include <limits.h>
#include <pthread.h>
#include <stdbool.h>
#include <string.h>
#include <sys/mman.h>

#include "call.h"

/*
 * Which process this is, counted from its ancestors on. The lock is held over
 * fork, so that no child finds it taken.
 */
static uint32_t process = 1;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_once_t once = PTHREAD_ONCE_INIT;
static int once_err;

static void fork_prepare(void)
{
	pthread_mutex_lock(&lock);
}

static void forked(void)
{
	pthread_mutex_unlock(&lock);
}

static void forked_child(void)
{
	process++;
	forked();
}

static void init_once(void)
{
	once_err = pthread_atfork(fork_prepare, forked, forked_child);
}

/* Nothing here changes errno: what a hypercall left there must be seen. */
static void cache_lock(const xencall_handle *xcall)
{
	if (!(xcall->flags & XENCALL_OPENFLAG_NON_REENTRANT))
		pthread_mutex_lock(&lock);
}

static void cache_unlock(const xencall_handle *xcall)
{
	if (!(xcall->flags & XENCALL_OPENFLAG_NON_REENTRANT))
		pthread_mutex_unlock(&lock);
}

/* Pages */

static void *map_device(xencall_handle *xcall, size_t pages)
{
	void *p = mmap(NULL, pages * PAGE_BYTES, PROT_READ | PROT_WRITE,
		       MAP_SHARED, xcall->buf_fd, 0);

	if (p != MAP_FAILED)
		return p;
	call_complain(xcall, "alloc_pages: mmap (,%zu*%lu,...) [bufdev] failed",
		      pages, (unsigned long)PAGE_BYTES);
	return NULL;
}

/*
 * Locked pages. A child must not get them: they would be copied when either
 * writes, and Xen would write to the wrong one. A fork in between by another
 * thread has begun with that: writing to each page ends it.
 */
static void *map_locked(xencall_handle *xcall, size_t pages)
{
	size_t i, size = pages * PAGE_BYTES;
	int saved;
	char *p;

	p = mmap(NULL, size, PROT_READ | PROT_WRITE,
		 MAP_PRIVATE | MAP_ANONYMOUS | MAP_LOCKED, -1, 0);
	if (p == MAP_FAILED) {
		call_complain(xcall,
			      "alloc_pages: mmap(,%zu,...) [nobufdev] failed",
			      size);
		return NULL;
	}
	if (madvise(p, size, MADV_DONTFORK) < 0) {
		call_complain(xcall, "alloc_pages: madvise (,%zu*%lu,) "
			      "[nobufdev] failed", pages,
			      (unsigned long)PAGE_BYTES);
		saved = errno;
		munmap(p, size);
		errno = saved;
		return NULL;
	}
	for (i = 0; i < pages; i++)
		*(volatile char *)(p + i * PAGE_BYTES) = 0;
	return p;
}

static void *map_pages(xencall_handle *xcall, size_t pages)
{
	return xcall->buf_fd >= 0 ? map_device(xcall, pages) :
				    map_locked(xcall, pages);
}

static void unmap_pages(void *p, size_t pages)
{
	int saved = errno;

	munmap(p, pages * PAGE_BYTES);
	errno = saved;
}

/* What is kept */

/* In a child: locked pages are not there, the device's must not be used. */
static void forget_inherited(xencall_handle *xcall)
{
	struct call_cache *c = &xcall->cache;
	unsigned int i;

	c->process = process;
	for (i = 0; i < c->nr_pages && xcall->buf_fd >= 0; i++)
		unmap_pages(c->page[i], 1);
	for (i = 0; i < c->nr_runs && xcall->buf_fd >= 0; i++)
		unmap_pages(c->run[i].addr, c->run[i].pages);
	c->nr_pages = 0;
	c->nr_runs = 0;
	c->run_pages = 0;
}

static void remove_run(struct call_cache *c, unsigned int i)
{
	c->run_pages -= c->run[i].pages;
	c->nr_runs--;
	memmove(&c->run[i], &c->run[i + 1],
		(c->nr_runs - i) * sizeof(c->run[0]));
}

/* The newest of this size: its pages are in the processor's caches. */
static void *take_run(struct call_cache *c, size_t pages)
{
	unsigned int i;
	void *p;

	for (i = c->nr_runs; i-- > 0;) {
		if (c->run[i].pages != pages)
			continue;
		p = c->run[i].addr;
		remove_run(c, i);
		return p;
	}
	return NULL;
}

/* No pages are one page, if one is there: stock's arithmetic. */
static void *take(xencall_handle *xcall, size_t pages)
{
	struct call_cache *c = &xcall->cache;
	void *p = NULL;

	cache_lock(xcall);
	if (unlikely(c->process != process))
		forget_inherited(xcall);
	c->allocations++;
	c->current++;
	if (c->current > c->maximum)
		c->maximum = c->current;
	if (pages > 1) {
		c->toobig++;
		p = take_run(c, pages);
	} else if (c->nr_pages) {
		p = c->page[--c->nr_pages];
		c->hits++;
	} else {
		c->misses++;
	}
	cache_unlock(xcall);
	return p;
}

static bool keep_run(struct call_cache *c, void *p, size_t pages)
{
	if (pages > CALL_RUN_PAGES)
		return false;
	while (c->nr_runs == CALL_RUNS ||
	       c->run_pages + pages > CALL_RUN_PAGES) {
		unmap_pages(c->run[0].addr, c->run[0].pages);
		remove_run(c, 0);
	}
	c->run[c->nr_runs++] = (struct call_run){ p, pages };
	c->run_pages += pages;
	return true;
}

/*
 * One more is given back. owner is the process that got it, 0 if nobody knows:
 * then a run may be only a part of what was mapped, and is not kept.
 */
static void give(xencall_handle *xcall, void *p, size_t pages, uint32_t owner)
{
	struct call_cache *c = &xcall->cache;
	bool kept = false;

	cache_lock(xcall);
	if (unlikely(c->process != process))
		forget_inherited(xcall);
	c->releases++;
	c->current--;
	if (pages == 1 && (!owner || owner == process) &&
	    c->nr_pages < CALL_PAGES) {
		c->page[c->nr_pages++] = p;
		kept = true;
	} else if (pages > 1 && owner == process) {
		kept = keep_run(c, p, pages);
	}
	cache_unlock(xcall);
	if (!kept)
		unmap_pages(p, pages);
}

int call_cache_init(xencall_handle *xcall)
{
	pthread_once(&once, init_once);
	if (once_err) {
		errno = once_err;
		return -1;
	}
	xcall->cache.process = process;
	return 0;
}

#define tell(xcall, ...) \
	xtl_log((xcall)->logger, XTL_DEBUG, -1, "xencall:buffer", __VA_ARGS__)

void call_cache_release(xencall_handle *xcall)
{
	struct call_cache *c = &xcall->cache;

	cache_lock(xcall);
	tell(xcall, "total allocations:%d total releases:%d", c->allocations,
	     c->releases);
	tell(xcall, "current allocations:%d maximum allocations:%d", c->current,
	     c->maximum);
	tell(xcall, "cache current size:%d", c->nr_pages);
	tell(xcall, "cache hits:%d misses:%d toobig:%d", c->hits, c->misses,
	     c->toobig);
	if (c->process != process)
		forget_inherited(xcall);
	while (c->nr_pages)
		unmap_pages(c->page[--c->nr_pages], 1);
	while (c->nr_runs) {
		c->nr_runs--;
		unmap_pages(c->run[c->nr_runs].addr, c->run[c->nr_runs].pages);
	}
	cache_unlock(xcall);
}

/* Buffers */

API void *xencall_alloc_buffer_pages(xencall_handle *xcall, size_t nr_pages)
{
	void *p = take(xcall, nr_pages);

	/* What was mapped just now is clear. */
	return p ? memset(p, 0, nr_pages * PAGE_BYTES) :
		   map_pages(xcall, nr_pages);
}

API void xencall_free_buffer_pages(xencall_handle *xcall, void *p,
				   size_t nr_pages)
{
	if (p)
		give(xcall, p, nr_pages, 0);
}

/* In front of a buffer, in its first page. */
struct header {
	int pages;		/* as in stock's, which cuts it down to that */
	uint32_t owner;
	uint32_t pad[2];
};

_Static_assert(sizeof(struct header) == 16, "buffers are as aligned as stock's");

API void *xencall_alloc_buffer(xencall_handle *xcall, size_t size)
{
	size_t whole = (size + sizeof(struct header) + PAGE_BYTES - 1) &
		       ~(PAGE_BYTES - 1);
	int pages = whole >> PAGE_SHIFT;
	struct header *h = xencall_alloc_buffer_pages(xcall, pages);

	if (!h)
		return NULL;
	h->pages = pages;
	h->owner = process;
	return h + 1;
}

API void xencall_free_buffer(xencall_handle *xcall, void *p)
{
	const struct header *h = p;

	if (!p)
		return;
	h--;
	give(xcall, (void *)h, h->pages, h->owner);
}

API int xencall_buffers_never_fault(xencall_handle *xcall)
{
	return xcall->buf_fd >= 0;
}
