// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The thread of a cache: it is there as long as the cache has pages, unmaps
 * those that nobody used for too long, and drops domains that died: as long as
 * we map a page of it, a domain cannot go. It sleeps max_idle milliseconds at
 * most, so that a page that is put meanwhile need not wake it.
 */
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define __XEN_TOOLS__ 1
#include <xen/xen.h>
#include <xen/domctl.h>

#include "cache.h"
#include "ops.h"

/*
 * The number that Xen wants to see in a domctl. What is asked here looked the
 * same in all versions of Xen: so if it is not ours, it is found by trying.
 */
#define VERSION_FIRST	0x0cU
#define VERSION_LAST	0x2fU

static uint32_t version = XEN_DOMCTL_INTERFACE_VERSION;	/* 0: none will do */

static uint64_t now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* Queue the question after one domain. False if there is no memory. */
static bool ask(struct xb_lane *lane, uint16_t domid, uint32_t v)
{
	struct xen_domctl *d = xb_lane_alloc(lane, sizeof(*d));
	struct xenbatch_op *op = d ? xb_lane_op(lane) : NULL;

	if (!op)
		return false;
	memset(d, 0, sizeof(*d));
	d->cmd = XEN_DOMCTL_getdomaininfo;
	d->interface_version = v;
	d->domain = domid;
	xb_op_head(op, XENBATCH_OP_HYPERCALL, 0, domid, 0);
	op->number = __HYPERVISOR_domctl;
	memset(op->arg, 0, sizeof(op->arg));
	op->arg[0] = (uintptr_t)d;
	lane->nr++;
	return true;
}

/* For an absent domain Xen tells about the next one. */
static bool is_dead(const struct xenbatch_op *op)
{
	const struct xen_domctl *d = (void *)(uintptr_t)op->arg[0];

	if (op->result == -ESRCH)
		return true;
	return !op->result && (d->u.getdomaininfo.domain != op->tag ||
			       d->u.getdomaininfo.flags & XEN_DOMINF_dying);
}

/* Ask after all domains that have pages: -EACCES if Xen wants another v. */
static int check_domains(struct xb_cache *c, uint32_t v)
{
	struct xb_lane *lane = xb_lane_get(c->owner->xb);
	uint64_t seen[65536 / 64] = { 0 };
	int ret = 0;
	uint32_t i;
	size_t n;

	if (!lane)
		return 0;
	for (n = 0; n < c->used; n++) {
		const struct xb_cached *page = &c->pages[n];
		uint64_t bit = 1ULL << page->domid % 64;

		if (!page->mapped || page->dropped ||
		    seen[page->domid / 64] & bit)
			continue;
		seen[page->domid / 64] |= bit;
		if (!ask(lane, page->domid, v))
			break;
	}
	if (lane->nr && !xb_lane_run(lane)) {
		for (i = 0; i < lane->nr; i++) {
			if (lane->ops[i].result == -EACCES)
				ret = -EACCES;
			else if (is_dead(&lane->ops[i]))
				xb_cache_drop(c, lane->ops[i].tag);
		}
	}
	xb_lane_put(lane);
	return ret;
}

static void drop_dead(struct xb_cache *c)
{
	uint32_t v = __atomic_load_n(&version, __ATOMIC_RELAXED);

	if (!v || check_domains(c, v) != -EACCES)
		return;
	for (v = VERSION_FIRST; v <= VERSION_LAST; v++)
		if (check_domains(c, v) != -EACCES)
			break;
	__atomic_store_n(&version, v <= VERSION_LAST ? v : 0, __ATOMIC_RELAXED);
}

static void sleep_until(struct xb_cache *c, uint64_t ms)
{
	struct timespec t = {
		.tv_sec = ms / 1000,
		.tv_nsec = ms % 1000 * 1000000,
	};

	pthread_cond_timedwait(&c->wake, &c->lock, &t);
}

static void *watcher(void *arg)
{
	struct xb_cache *c = arg;
	uint64_t check, next, t;

	pthread_mutex_lock(&c->lock);
	check = now() + c->max_idle;
	while (!c->stop) {
		t = now();
		if (t >= c->max_idle)
			xb_cache_evict(c, t - c->max_idle, XENBATCH_NO_DOMID);
		if (t >= check) {
			drop_dead(c);
			check = now() + c->max_idle;
		}
		if (!c->stats.pages)
			break;
		next = check;
		if (c->idle.next != &c->idle &&
		    c->idle.next->since + c->max_idle < next)
			next = c->idle.next->since + c->max_idle;
		sleep_until(c, next);
	}
	c->running = false;
	pthread_mutex_unlock(&c->lock);
	return NULL;
}

int xb_cache_watch(struct xb_cache *c)
{
	sigset_t all, old;
	int err;

	if (likely(c->running))
		return 0;
	/* Its last deed was to say that it is not running any more. */
	if (c->joinable)
		pthread_join(c->thread, NULL);
	/* Signals are the program's, and its threads'. */
	sigfillset(&all);
	pthread_sigmask(SIG_BLOCK, &all, &old);
	err = pthread_create(&c->thread, NULL, watcher, c);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	c->joinable = !err;
	c->running = !err;
	return -err;
}

void xb_cache_unwatch(struct xb_cache *c)
{
	pthread_mutex_lock(&c->lock);
	c->stop = true;
	pthread_cond_signal(&c->wake);
	pthread_mutex_unlock(&c->lock);
	if (c->joinable)
		pthread_join(c->thread, NULL);
}
