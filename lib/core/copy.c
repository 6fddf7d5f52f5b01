// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Copying between grants and memory.
 */
#include <string.h>

#include "copy.h"
#include "ops.h"

_Static_assert(offsetof(struct xenbatch_copy_side, offset) ==
		       offsetof(struct xenbatch_copy_side, ref) + 4 &&
	       offsetof(struct xenbatch_copy_side, domid) ==
		       offsetof(struct xenbatch_copy_side, ref) + 6,
	       "as XENBATCH_COPY_GRANT has them");

/*
 * One side: its place, and how it is said. Buffers of one list mostly lie in one
 * stretch of the arena, so the last one is remembered.
 */
static inline __attribute__((always_inline)) int
side(const struct xb_conn *conn, struct xb_stretch *stretch,
     const struct xenbatch_copy_side *s, uint16_t len, int gref_flag,
     int arena_flag, __u64 *place)
{
	uintptr_t addr = (uintptr_t)s->addr;

	if (s->domid != XENBATCH_NO_DOMID) {
		memcpy(place, (const char *)s + offsetof(typeof(*s), ref),
		       sizeof(*place));
		return gref_flag;
	}
	if (likely(addr - stretch->base < stretch->size) ||
	    (conn->dev.arena_copy &&
	     xb_arena_find(&conn->arena, s->addr, stretch))) {
		*place = addr - stretch->base + stretch->offset;
		if (likely(len <= stretch->size - (addr - stretch->base)))
			return arena_flag;
	}
	*place = addr;
	return 0;
}

static inline __attribute__((always_inline)) bool
convert(const struct xb_conn *conn, struct xb_stretch *stretch,
	const struct xenbatch_copy_segment *seg, struct xenbatch_copy *c)
{
	const int grants = XENBATCH_COPY_SOURCE_GREF | XENBATCH_COPY_DEST_GREF;
	int source, dest;
	uint64_t tail;

	source = side(conn, stretch, &seg->source, seg->len,
		      XENBATCH_COPY_SOURCE_GREF, XENBATCH_COPY_SOURCE_ARENA, &c->source);
	dest = side(conn, stretch, &seg->dest, seg->len,
		    XENBATCH_COPY_DEST_GREF, XENBATCH_COPY_DEST_ARENA, &c->dest);
	/* len, flags, status and reserved in one */
	tail = seg->len | (uint64_t)(source | dest) << 16;
	memcpy((char *)c + offsetof(struct xenbatch_copy, len), &tail,
	       sizeof(tail));
	return likely((source | dest) & grants && !seg->reserved);
}

/*
 * The same for what most are, reads from a grant to this stretch, as many of
 * s[0..n) as follow each other: how many.
 */
static size_t convert_reads(const struct xb_stretch *stretch,
			    struct xenbatch_copy_segment *s, size_t n,
			    struct xenbatch_copy *c)
{
	const uint64_t flags = XENBATCH_COPY_SOURCE_GREF |
			       XENBATCH_COPY_DEST_ARENA;
	const uint64_t base = stretch->base, size = stretch->size;
	const uint64_t offset = stretch->offset - base;
	size_t i;

	if (size < UINT16_MAX)
		return 0;	/* less than a segment may have */
	for (i = 0; i < n; i++, s++, c++) {
		uint64_t addr = (uintptr_t)s->dest.addr, len = s->len;

		if (unlikely(s->reserved ||
			     s->source.domid == XENBATCH_NO_DOMID ||
			     s->dest.domid != XENBATCH_NO_DOMID ||
			     addr - base > size - len))
			break;
		memcpy(&c->source, (const char *)&s->source +
		       offsetof(struct xenbatch_copy_side, ref),
		       sizeof(c->source));
		c->dest = addr + offset;
		len |= flags << 16;
		memcpy((char *)c + offsetof(struct xenbatch_copy, len), &len,
		       sizeof(len));
		s->status = 0;
	}
	return i;
}

static bool convert_all(const struct xb_conn *conn,
			struct xenbatch_copy_segment *segments, size_t n,
			struct xenbatch_copy *copies)
{
	struct xb_stretch stretch = { .size = 0 };
	size_t i = 0;

	if (conn->dev.arena_copy)
		xb_arena_find(&conn->arena, segments[0].dest.addr, &stretch);
	for (;;) {
		i += convert_reads(&stretch, segments + i, n - i, copies + i);
		if (i == n)
			return true;
		if (unlikely(!convert(conn, &stretch, &segments[i],
				      &copies[i])))
			return false;
		segments[i].status = 0;
		i++;
	}
}

int xb_copies_queue(struct xb_lane *lane,
		    struct xenbatch_copy_segment *segments, size_t n,
		    unsigned int flags, uint32_t tag)
{
	struct xb_lane_impl *impl = lane_impl(lane);
	const struct xb_conn *conn = impl->conn;
	struct xb_copies *copies;
	struct xenbatch_op *op;
	size_t i;

	copies = xb_lane_alloc(lane, sizeof(*copies) +
			       n * sizeof(copies->copy[0]));
	if (!copies)
		return -1;
	if (!convert_all(conn, segments, n, copies->copy)) {
		errno = EINVAL;
		return -1;
	}
	op = xb_lane_op(lane);
	if (!op)
		return -1;
	xb_op_head(op, XENBATCH_OP_GRANT_COPY, flags, tag, 0);
	op->copy.addr = (uintptr_t)copies->copy;
	op->copy.count = n;
	for (i = 0; i < sizeof(op->copy.reserved) / sizeof(__u32); i++)
		op->copy.reserved[i] = 0;

	copies->segments = segments;
	copies->n = n;
	copies->op = lane->nr;
	copies->next = impl->copies;
	impl->copies = copies;
	return lane->nr++;
}

void xb_copies_finish(struct xb_lane_impl *lane)
{
	struct xb_copies *c;
	int64_t result;
	uint32_t i;

	while ((c = lane->copies)) {
		lane->copies = c->next;
		result = lane->pub.ops[c->op].result;
		/* They are 0 already; other errors say that nothing was done. */
		for (i = 0; result == -EIO && i < c->n; i++)
			c->segments[i].status = c->copy[i].status;
	}
}

int xenbatch_grant_copy(xenbatch *xb, struct xenbatch_copy_segment *segments,
			size_t n)
{
	struct xb_lane *lane;
	size_t at, count, max;
	int err = 0;
	uint32_t i;

	if (!n)
		return 0;
	lane = xb_lane_get(xb);
	if (!lane)
		return -1;
	max = lane_impl(lane)->conn->dev.pages_max;
	for (at = 0; at < n && !err; at += count) {
		count = n - at < max ? n - at : max;
		if (xb_copies_queue(lane, segments + at, count, 0, 0) < 0)
			err = errno;
	}
	if (!err && xb_lane_run(lane))
		err = errno;
	/* Of several, one that was not done at all says the most. */
	for (i = 0; i < lane->nr && (!err || err == EIO); i++)
		if (lane->ops[i].result < 0)
			err = -lane->ops[i].result;
	xb_lane_put(lane);
	if (!err)
		return 0;
	errno = err;
	return -1;
}
