// SPDX-License-Identifier: GPL-2.0
/*
 * PV, one page by an operation that is alone in its SUBMIT: what a program does
 * that maps, looks and unmaps, and so what it waits for. Nothing is gathered for
 * it, and nothing reported here but that all went well; whatever else there is
 * to say, the long way (map.c) comes to it and says it.
 */
#include <linux/mm.h>
#include <linux/uaccess.h>

#include "context.h"
#include "grant.h"
#include "map.h"
#include "pv.h"
#include "stats.h"

/* The operation, read once. */
struct xb_alone {
	unsigned long addr;
	u64 frame;
	u64 status;
	u32 number;
	u16 opcode;
	bool readonly;
};

/* False: it is of another sort, or somebody has to have a closer look at it. */
static __always_inline bool xb_alone_read(struct xb_alone *a,
					  const struct xb_context *ctx,
					  const struct xenbatch_op *op)
{
	struct xb_head head = xb_op_head(op);

	/* The four between these two, which are all of the sort. */
	BUILD_BUG_ON(XENBATCH_OP_GRANT_UNMAP - XENBATCH_OP_FOREIGN_MAP != 3);
	a->opcode = head.opcode;
	a->readonly = head.flags & XENBATCH_OPF_READONLY;
	a->addr = READ_ONCE(op->map.addr);
	a->frame = READ_ONCE(op->map.frame);
	a->status = READ_ONCE(op->map.status);
	a->number = READ_ONCE(*(const u32 *)&op->number);
	return a->opcode >= XENBATCH_OP_FOREIGN_MAP &&
	       a->opcode <= XENBATCH_OP_GRANT_UNMAP &&
	       /* count is 1, type, id and reserved are 0 */
	       READ_ONCE(*(const u64 *)&op->map.count) == 1 &&
	       !READ_ONCE(op->arg[4]) && !(u16)a->number &&
	       !(a->addr & ~PAGE_MASK) &&
	       READ_ONCE(ctx->domid) == DOMID_INVALID &&
	       !xb_op_check(READ_ONCE(ctx->opcodes), head) &&
	       !(head.flags & ~XENBATCH_OPF_READONLY);
}

/* Under area->lock. */
static __always_inline bool xb_alone_do(struct xb_area *area, u32 slot,
					const struct xb_alone *a)
{
	domid_t domid = a->number >> 16;

	switch (a->opcode) {
	case XENBATCH_OP_FOREIGN_MAP:
		return xb_pv_fill_frame(area, slot, domid, a->frame,
					a->readonly);
	case XENBATCH_OP_FOREIGN_UNMAP:
		return xb_pv_empty_frame(area, slot);
	case XENBATCH_OP_GRANT_MAP:
		return xb_pv_fill_grant(area, slot, domid, a->frame,
					a->readonly);
	default:
		return xb_pv_empty_grant(area, slot);
	}
}

static __always_inline bool xb_alone_is_map(const struct xb_alone *a)
{
	return a->opcode == XENBATCH_OP_FOREIGN_MAP ||
	       a->opcode == XENBATCH_OP_GRANT_MAP;
}

static __always_inline bool xb_alone_is_foreign(const struct xb_alone *a)
{
	return a->opcode == XENBATCH_OP_FOREIGN_MAP ||
	       a->opcode == XENBATCH_OP_FOREIGN_UNMAP;
}

/* Is it for this area? */
static __always_inline bool xb_alone_fits(const struct xb_area *area,
					  const struct xb_alone *a)
{
	if (xb_alone_is_foreign(a) == !!area->grants)
		return false;
	if (xb_alone_is_map(a))
		return area->writable || a->readonly;
	return !(a->number | a->frame | a->status);
}

bool xb_pv_alone(struct xb_context *ctx, struct xenbatch_op *op)
{
	struct xb_area *area;
	struct xb_alone a;
	bool done = false;
	s64 result;

	if (!xb_alone_read(&a, ctx, op))
		return false;
	area = xb_area_get(ctx, a.addr);
	if (unlikely(!area))
		return false;
	if (likely(xb_alone_fits(area, &a)) && likely(!xb_area_lock(area))) {
		done = xb_alone_do(area, (a.addr - area->start) >> PAGE_SHIFT,
				   &a);
		xb_area_unlock(area);
	}
	xb_area_put(area);
	if (unlikely(!done))
		return false;
	result = xb_alone_is_map(&a) ? 0 : 1;
	if (a.status && put_user(0, (s32 __user *)a.status))
		result = -EFAULT;
	WRITE_ONCE(op->result, result);
	/* As xb_op_done(): a reader that sees DONE sees the result too. */
	smp_store_release(&op->state, XENBATCH_STATE_DONE);
	xb_count(&ctx->stats, XB_COUNT_SUBMITS, 1);
	xb_count(&ctx->stats, xb_alone_is_map(&a) ? XB_COUNT_MAPPED :
						    XB_COUNT_UNMAPPED, 1);
	return true;
}
