// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Copying between grants and memory.
 */
#include "copy.h"
#include "ops.h"

/* One side: its place, and in *flags how it is said. False if malformed. */
static bool side(const struct xb_conn *conn,
		 const struct xenbatch_copy_side *s, uint16_t len,
		 uint16_t gref_flag, uint16_t arena_flag, __u64 *place,
		 __u16 *flags)
{
	uint64_t offset;

	if (s->domid != XENBATCH_NO_DOMID) {
		if (s->offset + len > XB_PAGE)
			return false;
		*flags |= gref_flag;
		*place = XENBATCH_COPY_GRANT(s->domid, s->ref, s->offset);
		return true;
	}
	*place = (uintptr_t)s->addr;
	if (conn->dev.arena_copy &&
	    xb_arena_offset(&conn->arena, s->addr, len, &offset)) {
		*flags |= arena_flag;
		*place = offset;
	}
	return true;
}

static bool convert(const struct xb_conn *conn,
		    const struct xenbatch_copy_segment *seg,
		    struct xenbatch_copy *c)
{
	c->len = seg->len;
	c->flags = 0;
	c->status = 0;
	c->reserved = 0;
	return !seg->reserved &&
	       side(conn, &seg->source, seg->len, XENBATCH_COPY_SOURCE_GREF,
		    XENBATCH_COPY_SOURCE_ARENA, &c->source, &c->flags) &&
	       side(conn, &seg->dest, seg->len, XENBATCH_COPY_DEST_GREF,
		    XENBATCH_COPY_DEST_ARENA, &c->dest, &c->flags) &&
	       c->flags & (XENBATCH_COPY_SOURCE_GREF |
			   XENBATCH_COPY_DEST_GREF);
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
	for (i = 0; i < n; i++) {
		if (!convert(conn, &segments[i], &copies->copy[i])) {
			errno = EINVAL;
			return -1;
		}
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
		/* Others than these say that nothing was done. */
		for (i = 0; i < c->n && (!result || result == -EIO); i++)
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
