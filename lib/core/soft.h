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

/* Run one hypercall that was found good: Xen's answer. */
typedef long xb_soft_call(struct xb_device *dev, const struct xenbatch_op *op);

static inline int xb_soft_check(const struct xenbatch_op *op)
{
	if (op->state != XENBATCH_STATE_IDLE &&
	    op->state != XENBATCH_STATE_DONE)
		return -EBUSY;
	if (op->flags & ~XENBATCH_OPF_LINK || op->domid)
		return -EINVAL;
	if (op->opcode == XENBATCH_OP_HYPERCALL)
		return 0;
	if (op->opcode == XENBATCH_OP_NOP && !op->number)
		return 0;
	return -EINVAL;
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
			if (!ret && op->opcode == XENBATCH_OP_HYPERCALL)
				ret = call(dev, op);
		}
		*cancel = ret < 0 && op->flags & XENBATCH_OPF_LINK;
		op->result = ret;
		__atomic_store_n(&op->state, XENBATCH_STATE_DONE,
				 __ATOMIC_RELEASE);
	}
}

#endif /* XB_SOFT_H */
