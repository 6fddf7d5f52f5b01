/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What a cache is made of: cache.c has its pages, cache_thread.c the thread
 * that looks after them.
 */
#ifndef XB_CACHE_H
#define XB_CACHE_H

#include <pthread.h>

#include "context.h"

struct xb_cached {
	struct xb_cached *next_hash;
	struct xb_cached *next, *prev;	/* idle: the least lately used first */
	uint64_t gfn;
	uint64_t since;			/* idle: ms */
	uint32_t refs;
	uint16_t domid;
	uint8_t prot;
	bool mapped;
	bool dropped;			/* not to be got: out of the hash */
};

/* One process's. */
struct xb_cache {
	struct xenbatch_cache *owner;
	char *base;			/* max_pages slots */
	size_t max;
	uint32_t max_idle;		/* ms */
	pthread_mutex_t lock;		/* of all that follows */
	struct xb_cached idle;		/* list head */
	struct xb_cached **hash;
	size_t hash_mask;
	size_t used;			/* pages[0..used) were used before */
	struct xb_cached *free;		/* by next: of these, not mapped */
	struct xenbatch_cache_stats stats;

	pthread_cond_t wake;		/* the cache is destroyed */
	pthread_t thread;
	bool joinable;			/* thread is one, maybe ended */
	bool running;			/* and looks after pages */
	bool stop;

	struct xb_cache *inherited;	/* the parent's, not used any more */
	struct xb_cached pages[];
};

struct xenbatch_cache {
	xenbatch *xb;
	struct xenbatch_cache_limits limits;
	uint32_t generation;
	struct xb_cache *cache;
};

static inline void *xb_cache_addr(const struct xb_cache *c,
				  const struct xb_cached *page)
{
	return c->base + (page - c->pages) * XB_PAGE;
}

/*
 * Unmap idle pages, with the lock held: those that are idle since `since` (ms
 * of CLOCK_MONOTONIC) or longer, of domid or XENBATCH_NO_DOMID: of any.
 */
void xb_cache_evict(struct xb_cache *c, uint64_t since, uint16_t domid);
/* The same for a domain's pages in use: out of the hash, unmapped when put. */
void xb_cache_drop(struct xb_cache *c, uint16_t domid);

/* cache_thread.c, with the lock held. 0, or a negative errno. */
int xb_cache_watch(struct xb_cache *c);
/* With the lock not held: returns when the thread has ended. */
void xb_cache_unwatch(struct xb_cache *c);

#endif /* XB_CACHE_H */
