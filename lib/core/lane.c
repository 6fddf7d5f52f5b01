// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Lanes: see lane.h. The first one is part of the connection and serves all
 * that a program with one thread does; others are made when all are taken, and
 * stay.
 *
 * A lane without operations has nr == cap == 0, one without scratch memory has
 * cur == end: it is in the slow sides of the inlines of lane.h that memory is
 * mapped, when it is needed for the first time.
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "context.h"

#define CACHE_LINE	((size_t)64)
#define OPS_FIRST	64U		/* one page */
#define OPS_SECOND	512U
#define CHUNK_FIRST	((size_t)16 << 10)
#define CHUNK_KEEP	((size_t)1 << 20)	/* what a lane keeps at put */

_Static_assert(offsetof(struct xb_lane_impl, pub) == 0, "lane_impl()");

static void lane_init(struct xb_lane_impl *lane, struct xb_conn *conn,
		      xenbatch *xb)
{
	lane->pub.xb = xb;
	lane->conn = conn;
	lane->generation = xb_generation_now();
	lane->submit_fd = conn->dev.submit_fd;
	lane->want = CHUNK_FIRST;
}

void xb_lanes_init(struct xb_conn *conn, xenbatch *xb)
{
	lane_init(&conn->lane0, conn, xb);
}

static void chunks_free(struct xb_lane_impl *lane)
{
	struct xb_chunk *chunk;

	while ((chunk = lane->chunks)) {
		lane->chunks = chunk->next;
		free(chunk);
	}
}

/* mapped: false in a child, where the operations are not. */
void xb_lanes_destroy(struct xb_conn *conn, bool mapped)
{
	struct xb_lane_impl *lane;
	struct xb_range *range;

	chunks_free(&conn->lane0);
	while ((lane = conn->lane0.next)) {
		conn->lane0.next = lane->next;
		chunks_free(lane);
		free(lane);
	}
	while ((range = conn->ranges)) {
		conn->ranges = range->next;
		if (mapped)
			conn->dev.be->unmap(&conn->dev, XENBATCH_REGION_OPS,
					    range->ops,
					    range->count * sizeof(*range->ops));
		free(range);
	}
}

/* All are taken up to last: make one more, or find what another made. */
static struct xb_lane_impl *lane_add(xenbatch *xb, struct xb_lane_impl *last)
{
	struct xb_conn *conn = last->conn;
	struct xb_lane_impl *lane;

	/* Another thread's: on cache lines of its own. */
	lane = aligned_alloc(CACHE_LINE, (sizeof(*lane) + CACHE_LINE - 1) &
			     ~(CACHE_LINE - 1));
	if (!lane)
		return NULL;
	memset(lane, 0, sizeof(*lane));
	lane_init(lane, conn, xb);
	lane->busy = 1;

	pthread_mutex_lock(&conn->lock);
	while (last->next)
		last = last->next;
	__atomic_store_n(&last->next, lane, __ATOMIC_RELEASE);
	pthread_mutex_unlock(&conn->lock);
	return lane;
}

struct xb_lane *xb_lane_get_slow(xenbatch *xb)
{
	struct xb_lane_impl *lane, *next;

	if (!xb_is_ours(xb) && xb_reconnect(xb))
		return NULL;
	for (lane = xb->lanes;; lane = next) {
		/* Look before writing: others' lines stay where they are. */
		if (!__atomic_load_n(&lane->busy, __ATOMIC_RELAXED) &&
		    lane_take(lane))
			return &lane->pub;
		next = __atomic_load_n(&lane->next, __ATOMIC_ACQUIRE);
		if (!next)
			break;
	}
	lane = lane_add(xb, lane);
	return lane ? &lane->pub : NULL;
}

struct xb_lane *xb_lane_get(xenbatch *xb)
{
	struct xb_lane_impl *lane;

	if (xb_is_ours(xb)) {
		lane = xb->lanes;
		if (lane_take(lane))
			return &lane->pub;
	}
	return xb_lane_get_slow(xb);
}

/*
 * More than one chunk, or one too big to be kept: give all back, and ask for
 * their sum as one chunk the next time.
 */
static __attribute__((noinline)) void lane_trim(struct xb_lane_impl *lane)
{
	struct xb_arena *arena = &lane->conn->arena;
	struct xb_chunk *chunk;
	size_t sum = 0;

	if (lane_is_stale(lane))
		return;	/* for good: it is of no use to this process */
	while ((chunk = lane->chunks)) {
		lane->chunks = chunk->next;
		sum += chunk->size;
		xb_arena_free(arena, chunk->base);
		free(chunk);
	}
	lane->want = sum < CHUNK_KEEP ? sum : CHUNK_KEEP;
	lane->base = NULL;
	lane->pub.cur = NULL;
	lane->pub.end = NULL;
	lane->trim = false;
	lane_leave(lane);
}

void xb_lane_put(struct xb_lane *pub)
{
	struct xb_lane_impl *lane = lane_impl(pub);

	lane->pub.nr = 0;
	lane->copies = NULL;
	if (unlikely(lane->trim)) {
		lane_trim(lane);
		return;
	}
	lane->pub.cur = lane->base;
	lane_leave(lane);
}

int xb_lane_stale(const struct xb_lane *lane)
{
	return lane_is_stale(lane_impl(lane));
}

static int stale(void)
{
	errno = ESTALE;
	return -1;
}

int xb_lane_run_on(struct xb_lane_impl *lane, long done)
{
	struct xb_device *dev = &lane->conn->dev;
	uint32_t at = 0;

	while (done > 0) {
		at += done;
		if (at == lane->pub.nr) {
			if (lane->copies)
				xb_copies_finish(lane);
			return 0;
		}
		done = dev->be->submit(dev, lane->pub.first + at,
				       lane->pub.ops + at, lane->pub.nr - at);
	}
	lane->copies = NULL;
	errno = -xb_fork_missed(done);
	return -1;
}

int xb_lane_run(struct xb_lane *pub)
{
	struct xb_lane_impl *lane = lane_impl(pub);
	long done;

	if (unlikely(lane_is_stale(lane)))
		return stale();
	if (unlikely(!pub->nr))
		return 0;
	done = lane_submit(lane, pub->nr);
	if (unlikely(done != pub->nr || lane->copies))
		return xb_lane_run_on(lane, done);
	return 0;
}

/* The shortest free stretch of count operations at least. */
static struct xb_range *range_take(struct xb_conn *conn, uint32_t count)
{
	struct xb_range **best = NULL, **p, *range;

	for (p = &conn->free_ranges; *p; p = &(*p)->next_free)
		if ((*p)->count >= count &&
		    (!best || (*p)->count < (*best)->count))
			best = p;
	if (!best)
		return NULL;
	range = *best;
	*best = range->next_free;
	return range;
}

static struct xb_range *range_map(struct xb_conn *conn, uint32_t count)
{
	struct xb_range *range;
	void *ops;
	int err;

	range = malloc(sizeof(*range));
	if (!range)
		return NULL;
	err = conn->dev.be->map(&conn->dev, XENBATCH_REGION_OPS,
				(uint64_t)conn->ops_mapped * sizeof(*range->ops),
				count * sizeof(*range->ops), &ops);
	if (err) {
		free(range);
		errno = -xb_fork_missed(err);
		return NULL;
	}
	range->ops = ops;
	range->first = conn->ops_mapped;
	range->count = count;
	range->next = conn->ranges;
	conn->ranges = range;
	conn->ops_mapped += count;
	return range;
}

/* A stretch longer than have: of the wanted length, or what there is. */
static struct xb_range *range_get(struct xb_conn *conn, uint32_t have,
				  uint32_t want)
{
	uint32_t page = sysconf(_SC_PAGESIZE) / sizeof(struct xenbatch_op);
	uint32_t left = conn->dev.ops_max - conn->ops_mapped;
	struct xb_range *range;

	want = (want + page - 1) / page * page;
	left = left / page * page;
	range = range_take(conn, want);
	if (range)
		return range;
	if (want <= left)
		return range_map(conn, want);
	range = range_take(conn, have + 1);
	if (range)
		return range;
	if (left > have)
		return range_map(conn, left);
	errno = ENOSPC;
	return NULL;
}

int xb_lane_grow_ops(struct xb_lane *pub)
{
	struct xb_lane_impl *lane = lane_impl(pub);
	struct xb_conn *conn = lane->conn;
	uint32_t cap = pub->cap;
	struct xb_range *range;
	uint32_t want;

	if (lane_is_stale(lane))
		return stale();
	want = !cap ? OPS_FIRST : cap < OPS_SECOND ? OPS_SECOND : cap * 2;
	pthread_mutex_lock(&conn->lock);
	range = range_get(conn, cap, want);
	if (range && lane->range) {
		memcpy(range->ops, pub->ops, pub->nr * sizeof(*pub->ops));
		lane->range->next_free = conn->free_ranges;
		conn->free_ranges = lane->range;
	}
	pthread_mutex_unlock(&conn->lock);
	if (!range)
		return -1;
	lane->range = range;
	pub->ops = range->ops;
	pub->first = range->first;
	lane->submit.first = range->first;
	pub->cap = range->count;
	return 0;
}

/*
 * As much as there is already, so that there will be few chunks; or half of
 * that, and so on, if the arena is nearly full.
 */
static bool chunk_alloc(struct xb_lane_impl *lane, struct xb_chunk *chunk,
			size_t size)
{
	struct xb_arena *arena = &lane->conn->arena;
	size_t want = lane->want;
	const struct xb_chunk *c;

	for (c = lane->chunks; c; c = c->next)
		want += c->size;
	for (;; want /= 2) {
		if (want < size)
			want = size;
		want = (want + XB_PAGE - 1) & ~(XB_PAGE - 1);
		chunk->base = xb_arena_alloc(arena, want);
		chunk->size = want;
		if (chunk->base)
			return true;
		if (errno != ENOMEM || want - size < XB_PAGE)
			return false;
	}
}

void *xb_lane_more(struct xb_lane *pub, size_t size)
{
	struct xb_lane_impl *lane = lane_impl(pub);
	struct xb_chunk *chunk;
	int saved = errno;

	if (lane_is_stale(lane)) {
		stale();
		return NULL;
	}
	chunk = malloc(sizeof(*chunk));
	if (!chunk)
		return NULL;
	if (!chunk_alloc(lane, chunk, size)) {
		free(chunk);
		return NULL;
	}
	errno = saved;

	lane->trim = lane->chunks || chunk->size > CHUNK_KEEP;
	chunk->next = lane->chunks;
	lane->chunks = chunk;
	lane->base = chunk->base;
	pub->cur = chunk->base + size;
	pub->end = chunk->base + chunk->size;
	return chunk->base;
}
