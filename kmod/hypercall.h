/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What hypercall.c and the short way of submit.c share. Inline, since a single
 * call is measured by every instruction of it.
 */
#ifndef XB_HYPERCALL_H
#define XB_HYPERCALL_H

#include <asm/xen/hypercall.h>
#include <xen/interface/xen.h>
#include <xen/xen-ops.h>

#include "context.h"
#include "ops.h"
#include "uapi.h"

/*
 * The number of the hypercall, read once together with domid: anything above
 * 0xffff says that domid, which is reserved here, is not zero.
 */
static inline u32 xb_hypercall_number(const struct xenbatch_op *op)
{
	return READ_ONCE(*(const u32 *)&op->number);
}

static __always_inline long xb_hypercall_call(u32 number, const struct xenbatch_op *op)
{
	long result;

	xen_preemptible_hcall_begin();
	result = privcmd_call(number, READ_ONCE(op->arg[0]),
			      READ_ONCE(op->arg[1]), READ_ONCE(op->arg[2]),
			      READ_ONCE(op->arg[3]), READ_ONCE(op->arg[4]));
	xen_preemptible_hcall_end();
	return result;
}

/*
 * The short way for a SUBMIT of one plain hypercall. False: nothing was done,
 * it takes the long way.
 */
static __always_inline bool
xb_hypercall_single(struct xb_context *ctx, struct xenbatch_op *op)
{
	u32 number = xb_hypercall_number(op);
	long result;

	if (!xb_head_is_plain(xb_op_head(op)) || number > 0xffff ||
	    !(READ_ONCE(ctx->opcodes) & (1ULL << XENBATCH_OP_HYPERCALL)))
		return false;
	result = xb_hypercall_call(number, op);
	WRITE_ONCE(op->result, result);
	/* As in xb_op_done(): the result first. */
	smp_store_release(&op->state, XENBATCH_STATE_DONE);
	xb_count(&ctx->stats, XB_COUNT_SUBMITS, 1);
	xb_count(&ctx->stats, XB_COUNT_DIRECT, 1);
	return true;
}

#endif /* XB_HYPERCALL_H */
