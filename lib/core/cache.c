// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * A cache of foreign mappings. Each page has a slot, at the same place in a
 * stretch of max_pages slots as its record in pages[]. A page is in use, and
 * counted; or idle, and in the list of idle ones, the least lately used first;
 * or free. One lock: misses are made under it, so that no two threads map the
 * same frame twice.
 */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "cache.h"
#include "ops.h"

#define MAX_PAGES	256
#define MAX_IDLE	1000

static uint64_t now(void)
{
	struct timespec t;

	/* A few milliseconds are all the same to us, and it is the cheapest. */
	clock_gettime(CLOCK_MONOTONIC_COARSE, &t);
	return (uint64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static struct xb_cached **bucket(struct xb_cache *c, uint16_t domid,
				 uint64_t gfn)
{
	uint64_t key = (gfn ^ (uint64_t)domid << 48) * 0x9e3779b97f4a7c15ULL;

	return &c->hash[key >> 32 & c->hash_mask];
}

static void hash_remove(struct xb_cache *c, struct xb_cached *page)
{
	struct xb_cached **link = bucket(c, page->domid, page->gfn);

	while (*link != page)
		link = &(*link)->next_hash;
	*link = page->next_hash;
}

static void idle_remove(struct xb_cached *page)
{
	page->next->prev = page->prev;
	page->prev->next = page->next;
}

static void idle_append(struct xb_cache *c, struct xb_cached *page)
{
	page->next = &c->idle;
	page->prev = c->idle.prev;
	page->prev->next = page;
	page->next->prev = page;
}

static void page_free(struct xb_cache *c, struct xb_cached *page)
{
	page->mapped = false;
	page->next = c->free;
	c->free = page;
	c->stats.pages--;
	c->stats.evicted++;
}

/*
 * Empty the slots of a list of pages, by as few operations as there can be
 * without sorting it: neighbours in the list that are neighbours.
 */
static int unmap(struct xb_cache *c, struct xb_cached *list)
{
	struct xb_lane *lane = xb_lane_get(c->owner->xb);
	struct xenbatch_op *op = NULL;
	uint32_t max, i;
	int ret = 0;

	if (!lane)
		return -1;
	max = lane_impl(lane)->conn->dev.pages_max;
	for (; list; list = list->next) {
		uintptr_t addr = (uintptr_t)xb_cache_addr(c, list);

		if (op && op->map.count < max &&
		    op->map.addr + op->map.count * XB_PAGE == addr) {
			op->map.count++;
			continue;
		}
		op = xb_lane_op(lane);
		if (!op) {
			/* The operations are used up: run these first. */
			ret |= xb_lane_run(lane);
			lane->nr = 0;
			op = lane->ops;
		}
		xb_op_head(op, XENBATCH_OP_FOREIGN_UNMAP, 0, 0, 0);
		xb_op_map(op, (void *)addr, 1, 0, 0, NULL, 0);
		lane->nr++;
	}
	ret |= xb_lane_run(lane);
	for (i = 0; i < lane->nr && !ret; i++)
		ret = lane->ops[i].result < 0 ? -1 : 0;
	xb_lane_put(lane);
	return ret;
}

void xb_cache_evict(struct xb_cache *c, uint64_t since, uint16_t domid)
{
	struct xb_cached *page, *next, *list = NULL, **end = &list;
	int saved = errno;

	for (page = c->idle.next; page != &c->idle && page->since <= since;
	     page = next) {
		next = page->next;
		if (domid != XENBATCH_NO_DOMID && page->domid != domid)
			continue;
		idle_remove(page);
		hash_remove(c, page);
		page->next = NULL;
		*end = page;
		end = &page->next;
	}
	if (list && !unmap(c, list)) {
		for (page = list; page; page = next) {
			next = page->next;
			page_free(c, page);
		}
	}
	/* Slots that could not be emptied are out of use, as if in use. */
	errno = saved;
}

void xb_cache_drop(struct xb_cache *c, uint16_t domid)
{
	size_t i;

	for (i = 0; i < c->used; i++) {
		struct xb_cached *page = &c->pages[i];

		if (!page->mapped || !page->refs || page->dropped ||
		    (domid != XENBATCH_NO_DOMID && page->domid != domid))
			continue;
		hash_remove(c, page);
		page->dropped = true;
	}
	xb_cache_evict(c, UINT64_MAX, domid);
}

/* What a process needs. NULL with errno. */
static struct xb_cache *cache_new(struct xenbatch_cache *owner)
{
	size_t max = owner->limits.max_pages, buckets = 16;
	pthread_condattr_t attr;
	struct xb_cache *c;

	while (buckets < max)
		buckets *= 2;
	c = calloc(1, sizeof(*c) + max * sizeof(c->pages[0]));
	if (!c)
		return NULL;
	c->hash = calloc(buckets, sizeof(*c->hash));
	if (!c->hash)
		goto err_cache;
	c->base = xenbatch_slots_alloc(owner->xb, XENBATCH_FOREIGN, max);
	if (!c->base)
		goto err_hash;
	c->owner = owner;
	c->max = max;
	c->max_idle = owner->limits.max_idle_ms;
	c->hash_mask = buckets - 1;
	c->idle.next = &c->idle;
	c->idle.prev = &c->idle;
	pthread_mutex_init(&c->lock, NULL);
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&c->wake, &attr);
	pthread_condattr_destroy(&attr);
	return c;

err_hash:
	free(c->hash);
err_cache:
	free(c);
	return NULL;
}

/* In a child that has not used it: the parent's pages are not there. */
static __attribute__((noinline)) struct xb_cache *
cache_renew(struct xenbatch_cache *owner)
{
	struct xb_cache *c;

	/* Has locks of its own to take: not under the one of forks. */
	if (!xb_conn(owner->xb))
		return NULL;
	c = cache_new(owner);
	if (!c)
		return NULL;
	xb_fork_lock();
	if (owner->generation != xb_generation_now()) {
		c->inherited = owner->cache;
		owner->cache = c;
		__atomic_store_n(&owner->generation, xb_generation_now(),
				 __ATOMIC_RELEASE);
		c = NULL;
	}
	xb_fork_unlock();
	if (c) {
		/* Another thread was faster. */
		xenbatch_slots_free(owner->xb, c->base, c->max);
		free(c->hash);
		free(c);
	}
	return owner->cache;
}

static inline bool is_ours(const struct xenbatch_cache *cache)
{
	return likely(__atomic_load_n(&cache->generation, __ATOMIC_ACQUIRE) ==
		      xb_generation_now());
}

struct xenbatch_cache *
xenbatch_cache_create(xenbatch *xb, const struct xenbatch_cache_limits *limits)
{
	struct xenbatch_cache *cache = calloc(1, sizeof(*cache));

	if (!cache)
		return NULL;
	cache->xb = xb;
	if (limits)
		cache->limits = *limits;
	if (!cache->limits.max_pages)
		cache->limits.max_pages = MAX_PAGES;
	if (!cache->limits.max_idle_ms)
		cache->limits.max_idle_ms = MAX_IDLE;
	cache->cache = cache_new(cache);
	if (!cache->cache) {
		free(cache);
		return NULL;
	}
	cache->generation = xb_generation_now();
	return cache;
}

void xenbatch_cache_destroy(struct xenbatch_cache *cache)
{
	struct xb_cache *c, *next;

	if (!cache)
		return;
	c = cache->cache;
	if (is_ours(cache)) {
		xb_cache_unwatch(c);
		xenbatch_slots_free(cache->xb, c->base, c->max);
		pthread_cond_destroy(&c->wake);
		pthread_mutex_destroy(&c->lock);
	}
	for (; c; c = next) {
		next = c->inherited;
		free(c->hash);
		free(c);
	}
	free(cache);
}

/* A slot for one more page: free, new, or that of the page idle longest. */
static struct xb_cached *page_take(struct xb_cache *c)
{
	struct xb_cached *page = c->free;

	if (page) {
		c->free = page->next;
	} else if (c->used < c->max) {
		page = &c->pages[c->used++];
	} else if (c->idle.next != &c->idle) {
		page = c->idle.next;
		idle_remove(page);
		hash_remove(c, page);
		c->stats.evicted++;
		return page;
	} else {
		errno = ENOSPC;
		return NULL;
	}
	c->stats.pages++;
	return page;
}

/* It could not be mapped: nothing is to be there, nor what was before. */
static void page_give_back(struct xb_cache *c, struct xb_cached *page)
{
	int saved = errno;

	xenbatch_clear(c->owner->xb, xb_cache_addr(c, page), 1);
	errno = saved;
	page->mapped = false;
	page->next = c->free;
	c->free = page;
	c->stats.pages--;
}

static __attribute__((noinline)) void *miss(struct xb_cache *c, uint16_t domid,
					    uint64_t gfn, int prot)
{
	struct xb_cached *page = page_take(c), **link;
	void *addr;
	int err;

	if (!page)
		return NULL;
	addr = xb_cache_addr(c, page);
	if (!xenbatch_map(c->owner->xb, addr, domid, prot, 1, &gfn, NULL)) {
		page_give_back(c, page);
		return NULL;
	}
	err = xb_cache_watch(c);
	if (err) {
		errno = -err;
		page_give_back(c, page);
		return NULL;
	}
	page->gfn = gfn;
	page->domid = domid;
	page->prot = prot;
	page->mapped = true;
	page->dropped = false;
	page->refs = 1;
	link = bucket(c, domid, gfn);
	page->next_hash = *link;
	*link = page;
	c->stats.misses++;
	c->stats.in_use++;
	return addr;
}

void *xenbatch_cache_get(struct xenbatch_cache *cache, uint16_t domid,
			 uint64_t gfn, int prot)
{
	struct xb_cache *c = cache->cache;
	struct xb_cached *page;
	void *addr;

	if (unlikely(!is_ours(cache))) {
		c = cache_renew(cache);
		if (!c)
			return NULL;
	}
	pthread_mutex_lock(&c->lock);
	for (page = *bucket(c, domid, gfn); page; page = page->next_hash)
		if (page->gfn == gfn && page->domid == domid &&
		    page->prot == prot)
			break;
	if (likely(page)) {
		if (!page->refs++) {
			idle_remove(page);
			c->stats.in_use++;
		}
		c->stats.hits++;
		addr = xb_cache_addr(c, page);
	} else {
		addr = miss(c, domid, gfn, prot);
	}
	pthread_mutex_unlock(&c->lock);
	return addr;
}

/* The last user of a page that was dropped: it goes. */
static void put_dropped(struct xb_cache *c, struct xb_cached *page)
{
	int saved = errno;

	if (!xenbatch_clear(c->owner->xb, xb_cache_addr(c, page), 1))
		page_free(c, page);
	errno = saved;
}

void xenbatch_cache_put(struct xenbatch_cache *cache, void *addr)
{
	struct xb_cache *c = cache->cache;
	struct xb_cached *page;
	size_t at;

	/* The parent's page, or the child has not got any yet. */
	if (unlikely(!is_ours(cache)))
		return;
	at = (size_t)((char *)addr - c->base) / XB_PAGE;
	if (unlikely(at >= c->max))
		return;
	page = &c->pages[at];
	pthread_mutex_lock(&c->lock);
	if (likely(page->refs) && !--page->refs) {
		c->stats.in_use--;
		if (unlikely(page->dropped)) {
			put_dropped(c, page);
		} else {
			page->since = now();
			idle_append(c, page);
		}
	}
	pthread_mutex_unlock(&c->lock);
}

void xenbatch_cache_drop(struct xenbatch_cache *cache, uint16_t domid)
{
	struct xb_cache *c = cache->cache;

	if (!is_ours(cache))
		return;
	pthread_mutex_lock(&c->lock);
	xb_cache_drop(c, domid);
	pthread_mutex_unlock(&c->lock);
}

void xenbatch_cache_stats(struct xenbatch_cache *cache,
			  struct xenbatch_cache_stats *stats)
{
	struct xb_cache *c = cache->cache;

	memset(stats, 0, sizeof(*stats));
	if (!is_ours(cache))
		return;
	pthread_mutex_lock(&c->lock);
	*stats = c->stats;
	pthread_mutex_unlock(&c->lock);
}
