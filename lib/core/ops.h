/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * How operations are filled, and how one is run at once.
 */
#ifndef XB_OPS_H
#define XB_OPS_H

#include "context.h"

static inline __attribute__((always_inline)) void
xb_op_head(struct xenbatch_op *op, unsigned int opcode, unsigned int flags,
	   uint32_t tag, uint16_t domid)
{
	op->opcode = opcode;
	op->flags = flags;
	op->tag = tag;
	op->number = 0;
	op->domid = domid;
}

/* The five words behind the head: those not used are reserved. */
static inline __attribute__((always_inline)) void
xb_op_map(struct xenbatch_op *op, const void *addr, uint32_t count,
	  uint32_t type, uint64_t frame, const void *status, uint32_t id)
{
	op->map.addr = (uintptr_t)addr;
	op->map.count = count;
	op->map.type = type;
	op->map.frame = frame;
	op->map.status = (uintptr_t)status;
	op->map.id = id;
	op->map.reserved = 0;
}

/* The frames or references of a map: a list, or where it is one, itself. */
static inline __attribute__((always_inline)) void
xb_op_map_list(struct xenbatch_op *op, unsigned int opcode, unsigned int flags,
	       uint32_t tag, uint16_t domid, const void *addr, size_t n,
	       const void *list, int *errs)
{
	uint64_t frame = (uintptr_t)list;

	if (n != 1)
		flags |= XENBATCH_OPF_LIST;
	else if (opcode == XENBATCH_OP_FOREIGN_MAP)
		frame = *(const uint64_t *)list;
	else
		frame = *(const uint32_t *)list;
	xb_op_head(op, opcode, flags, tag, domid);
	xb_op_map(op, addr, n, 0, frame, errs, 0);
}

static inline __attribute__((always_inline)) size_t
xb_list_entry(unsigned int opcode)
{
	return opcode == XENBATCH_OP_FOREIGN_MAP ? sizeof(uint64_t) :
						   sizeof(uint32_t);
}

static inline void xb_op_notify(struct xenbatch_op *op, unsigned int flags,
				uint32_t tag, const void *addr,
				unsigned int what, uint32_t port)
{
	_Static_assert(XENBATCH_CLEAR_BYTE == XENBATCH_NOTIFY_CLEAR_BYTE &&
		       XENBATCH_SEND_EVENT == XENBATCH_NOTIFY_SEND_EVENT, "");
	xb_op_head(op, XENBATCH_OP_GRANT_NOTIFY, flags, tag, 0);
	op->notify.addr = (uintptr_t)addr;
	op->notify.what = what;
	op->notify.port = port;
	op->notify.reserved[0] = 0;
	op->notify.reserved[1] = 0;
	op->notify.reserved[2] = 0;
}

static inline __attribute__((always_inline)) void
xb_op_evtchn(struct xenbatch_op *op, unsigned int opcode, unsigned int flags,
	     uint32_t tag, uint16_t domid, uint32_t port, uint32_t type,
	     uint32_t remote, uint32_t cpu)
{
	xb_op_head(op, opcode, flags, tag, domid);
	op->evtchn.port = port;
	op->evtchn.type = type;
	op->evtchn.remote = remote;
	op->evtchn.cpu = cpu;
	op->evtchn.reserved[0] = 0;
	op->evtchn.reserved[1] = 0;
	op->evtchn.reserved[2] = 0;
}

/* XENBATCH_OPF_* of a protection, or -1. */
static inline int xb_prot_flags(int prot)
{
	if (prot == (PROT_READ | PROT_WRITE))
		return 0;
	return prot == PROT_READ ? (int)XENBATCH_OPF_READONLY : -1;
}

/* batch.c: the first lane is taken, or has no operations yet. */
struct xenbatch_op *xb_one_slow(xenbatch *xb, struct xb_lane_impl **lane);

/*
 * One operation, to be filled and then run by xb_one_run, on a lane of this
 * thread's; what xb_lane_get, _op, _run and _put would do. NULL with errno.
 */
static inline __attribute__((always_inline)) struct xenbatch_op *
xb_one(xenbatch *xb, struct xb_lane_impl **lane)
{
	struct xb_lane_impl *first;

	if (unlikely(!xb_is_ours(xb)))
		return xb_one_slow(xb, lane);
	first = xb->lanes;
	if (!lane_take(first))
		return xb_one_slow(xb, lane);
	if (unlikely(!first->pub.cap)) {
		lane_leave(first);
		return xb_one_slow(xb, lane);
	}
	*lane = first;
	return first->pub.ops;
}

/* Its result: Xen's answer or a negative errno. Leaves the lane. */
static inline __attribute__((always_inline)) long
xb_one_run(struct xb_lane_impl *lane)
{
	long ret = lane_submit(lane, 1);

	if (likely(ret == 1))
		ret = lane->pub.ops->result;
	else
		ret = xb_fork_missed(ret);
	lane_leave(lane);
	return ret;
}

#endif /* XB_OPS_H */
