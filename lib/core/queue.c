// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The deferred forms of window.c and copy.c: places in a batch.
 */
#include "copy.h"
#include "ops.h"

static __attribute__((noinline, cold)) int failed(int err)
{
	errno = err;
	return -1;
}

static inline struct xb_lane_impl *batch_lane(const struct xenbatch_batch *b)
{
	return (struct xb_lane_impl *)b;
}

/* Where the next operation goes, if it is a good one. NULL with errno. */
static inline struct xenbatch_op *next(struct xenbatch_batch *b, size_t n,
				       unsigned int flags)
{
	struct xb_lane_impl *lane = batch_lane(b);

	if (unlikely(lane_is_stale(lane))) {
		errno = ESTALE;
		return NULL;
	}
	if (unlikely(!n || n > lane->conn->dev.pages_max ||
		     flags & ~XENBATCH_LINK)) {
		errno = EINVAL;
		return NULL;
	}
	return xb_lane_op(&lane->pub);
}

static inline __attribute__((always_inline)) int
queue_map(struct xenbatch_batch *b, unsigned int opcode, void *addr,
	  uint16_t domid, int prot, size_t n, const void *list, int *errs,
	  unsigned int flags, uint32_t tag)
{
	struct xenbatch_op *op = next(b, n, flags);
	int more = xb_prot_flags(prot);

	if (unlikely(!op))
		return -1;
	if (unlikely(more < 0))
		return failed(EINVAL);
	xb_op_map_list(op, opcode, flags | more, tag, domid, addr, n, list,
		       errs);
	return batch_lane(b)->pub.nr++;
}

int xenbatch_queue_map(struct xenbatch_batch *b, void *addr, uint16_t domid,
		       int prot, size_t n, const uint64_t *gfns, int *errs,
		       unsigned int flags, uint32_t tag)
{
	return queue_map(b, XENBATCH_OP_FOREIGN_MAP, addr, domid, prot, n,
			 gfns, errs, flags, tag);
}

int xenbatch_queue_map_grants(struct xenbatch_batch *b, void *addr,
			      uint16_t domid, int prot, size_t n,
			      const uint32_t *refs, int *errs,
			      unsigned int flags, uint32_t tag)
{
	return queue_map(b, XENBATCH_OP_GRANT_MAP, addr, domid, prot, n, refs,
			 errs, flags, tag);
}

int xenbatch_queue_map_resource(struct xenbatch_batch *b, void *addr,
				uint16_t domid, int prot, unsigned int type,
				unsigned int id, uint64_t frame, size_t n,
				unsigned int flags, uint32_t tag)
{
	struct xenbatch_op *op = next(b, n, flags);
	int more = xb_prot_flags(prot);

	if (!op)
		return -1;
	if (more < 0)
		return failed(EINVAL);
	xb_op_head(op, XENBATCH_OP_RESOURCE_MAP, flags | more, tag, domid);
	xb_op_map(op, addr, n, type, frame, NULL, id);
	return batch_lane(b)->pub.nr++;
}

int xenbatch_queue_clear(struct xenbatch_batch *b, void *addr, size_t n,
			 unsigned int flags, uint32_t tag)
{
	struct xenbatch_op *op = next(b, n, flags);
	struct xb_slot_piece *piece;

	if (unlikely(!op))
		return -1;
	piece = xb_slots_piece(xb_pieces(batch_lane(b)->conn), addr);
	if (unlikely(!piece))
		return failed(EINVAL);
	xb_op_head(op, piece->window->unmap, flags, tag, 0);
	xb_op_map(op, addr, n, 0, 0, NULL, 0);
	return batch_lane(b)->pub.nr++;
}

int xenbatch_queue_grant_notify(struct xenbatch_batch *b, void *addr,
				unsigned int what, uint32_t port,
				unsigned int flags, uint32_t tag)
{
	struct xenbatch_op *op = next(b, 1, flags);

	if (!op)
		return -1;
	xb_op_notify(op, flags, tag, addr, what, port);
	return batch_lane(b)->pub.nr++;
}

int xenbatch_queue_grant_copy(struct xenbatch_batch *b,
			      struct xenbatch_copy_segment *segments, size_t n,
			      unsigned int flags, uint32_t tag)
{
	if (!next(b, n, flags))
		return -1;
	return xb_copies_queue(&batch_lane(b)->pub, segments, n, flags, tag);
}
