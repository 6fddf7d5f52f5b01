/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * SUBMIT in userspace, for backends without the module: the rules of
 * uapi/xenbatch.h about state, flags, LINK and reserved fields, in one place.
 */
#ifndef XB_SOFT_H
#define XB_SOFT_H

#include <errno.h>
#include <stdbool.h>

#include "backend.h"

/* Run one operation that was found good, and is not NOP: its result. */
typedef long xb_soft_call(struct xb_device *dev, const struct xenbatch_op *op);

/* soft.c: 0, or what is wrong with an operation. */
int xb_soft_check(const struct xenbatch_op *op);

/* Leave op with a result, as a SUBMIT does. */
static inline void xb_soft_done(struct xenbatch_op *op, long ret)
{
	op->result = ret;
	__atomic_store_n(&op->state, XENBATCH_STATE_DONE, __ATOMIC_RELEASE);
}

/*
 * *cancel carries over from one call to the next: the operation before ops[0]
 * failed, and was linked to it.
 */
static inline void xb_soft_run(struct xb_device *dev, struct xenbatch_op *ops,
			       uint32_t count, xb_soft_call *call, bool *cancel)
{
	struct xenbatch_op *op;
	long ret;

	for (op = ops; op < ops + count; op++) {
		if (*cancel) {
			ret = -ECANCELED;
		} else {
			ret = xb_soft_check(op);
			if (!ret && op->opcode != XENBATCH_OP_NOP)
				ret = call(dev, op);
		}
		*cancel = ret < 0 && op->flags & XENBATCH_OPF_LINK;
		xb_soft_done(op, ret);
	}
}

static inline bool xb_soft_is_event(unsigned int opcode)
{
	return opcode == XENBATCH_OP_EVTCHN_NOTIFY ||
	       opcode == XENBATCH_OP_EVTCHN_ACK ||
	       (opcode >= XENBATCH_OP_EVTCHN_BIND &&
		opcode <= XENBATCH_OP_EVTCHN_AFFINITY);
}

/*
 * Windows in userspace: which addresses are slots, and of what. An area is
 * zero but for what xb_soft_add fills; what its slots hold is its owner's.
 */
struct xb_soft_area {
	char *base;
	size_t size;
	unsigned int region;
	void *slots;			/* the owner's, an element a slot */
	struct xb_soft_area *next;
};

/* Of the operations that name slots, what the contract says of all of them. */
#define XB_SOFT_PAGES_MAX	1024U

/*
 * The area that op's slots lie in, and the number of the first: 0, or -EINVAL
 * or -ENXIO as the contract has it.
 */
int xb_soft_slots(struct xb_soft_area *areas, const struct xenbatch_op *op,
		  struct xb_soft_area **area, size_t *first);

/* Entry i of a map's list (or not list): a frame or a reference. */
uint64_t xb_soft_frame(const struct xenbatch_op *op, uint32_t i);

/*
 * Are n segments of a copy well-formed, with no flags but these? 0 or -EINVAL:
 * one that is not stops all.
 */
int xb_soft_copies(const struct xenbatch_copy *c, uint32_t n, uint16_t flags);

/* Write page i's status, and remember in *ret the first that is not 0. */
static inline void xb_soft_status(const struct xenbatch_op *op, uint32_t i,
				  int status, long *ret)
{
	if (op->map.status)
		((__s32 *)(uintptr_t)op->map.status)[i] = status;
	if (status && !*ret)
		*ret = status;
}

#endif /* XB_SOFT_H */
