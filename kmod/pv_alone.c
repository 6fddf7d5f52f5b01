// SPDX-License-Identifier: GPL-2.0
/*
 * PV, an operation on a window that is alone in its SUBMIT: what a program does
 * that maps, looks and unmaps, and so what it waits for. Nothing is gathered for
 * it. What is wrong with an operation as a whole is not said here: the long way
 * (map.c) comes to it and says it.
 */
#include <linux/mm.h>
#include <linux/slab.h>
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
	u32 count;
	u16 opcode;
	u16 flags;
};

/* False: it is of another sort, or somebody has to have a closer look at it. */
static __always_inline bool xb_alone_read(struct xb_alone *a,
					  const struct xb_context *ctx,
					  const struct xenbatch_op *op)
{
	u64 count = READ_ONCE(*(const u64 *)&op->map.count);
	struct xb_head head = xb_op_head(op);

	/* The four between these two, which are all of the sort. */
	BUILD_BUG_ON(XENBATCH_OP_GRANT_UNMAP - XENBATCH_OP_FOREIGN_MAP != 3);
	a->opcode = head.opcode;
	a->flags = head.flags;
	a->addr = READ_ONCE(op->map.addr);
	a->frame = READ_ONCE(op->map.frame);
	a->status = READ_ONCE(op->map.status);
	a->number = READ_ONCE(*(const u32 *)&op->number);
	a->count = count;
	return a->opcode >= XENBATCH_OP_FOREIGN_MAP &&
	       a->opcode <= XENBATCH_OP_GRANT_UNMAP &&
	       /* type is 0, and so are id and reserved */
	       count - 1 < XB_PAGES_MAX &&
	       !READ_ONCE(op->arg[4]) && !(u16)a->number &&
	       !(a->addr & ~PAGE_MASK) &&
	       READ_ONCE(ctx->domid) == DOMID_INVALID &&
	       !xb_op_check(READ_ONCE(ctx->opcodes), head) &&
	       !(a->flags & XENBATCH_OPF_LINK);
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

static __always_inline bool xb_alone_is_readonly(const struct xb_alone *a)
{
	return a->flags & XENBATCH_OPF_READONLY;
}

/* Is it for this area, and is it one page, or a list of them? */
static __always_inline bool xb_alone_fits(const struct xb_area *area,
					  const struct xb_alone *a)
{
	if (xb_alone_is_foreign(a) == !!area->grants ||
	    a->count > (area->end - a->addr) >> PAGE_SHIFT)
		return false;
	if (!xb_alone_is_map(a))
		return !(a->number | a->frame | a->status);
	return !(a->flags & XENBATCH_OPF_LIST) == (a->count == 1) &&
	       (area->writable || xb_alone_is_readonly(a));
}

static __always_inline u32 xb_alone_slot(const struct xb_area *area,
					 const struct xb_alone *a)
{
	return (a->addr - area->start) >> PAGE_SHIFT;
}

/* All of it is done; what is left is to say so. */
static __always_inline void xb_alone_done(struct xb_context *ctx,
					  struct xenbatch_op *op,
					  const struct xb_alone *a)
{
	s64 result = xb_alone_is_map(a) ? 0 : a->count;

	if (a->status && clear_user((void __user *)a->status,
				    a->count * sizeof(s32)))
		result = -EFAULT;
	WRITE_ONCE(op->result, result);
	/* As xb_op_done(): a reader that sees DONE sees the result too. */
	smp_store_release(&op->state, XENBATCH_STATE_DONE);
	xb_count(&ctx->stats, XB_COUNT_SUBMITS, 1);
	xb_count(&ctx->stats, xb_alone_is_map(a) ? XB_COUNT_MAPPED :
						   XB_COUNT_UNMAPPED, a->count);
}

/* One page. True: all is well. */
static __always_inline bool xb_alone_one(struct xb_area *area,
					 const struct xb_alone *a)
{
	u32 slot = xb_alone_slot(area, a);
	domid_t domid = a->number >> 16;

	switch (a->opcode) {
	case XENBATCH_OP_FOREIGN_MAP:
		return xb_pv_fill_frame(area, slot, domid, a->frame,
					xb_alone_is_readonly(a));
	case XENBATCH_OP_FOREIGN_UNMAP:
		return xb_pv_empty_frame(area, slot);
	case XENBATCH_OP_GRANT_MAP:
		return xb_pv_fill_grant(area, slot, domid, a->frame,
					xb_alone_is_readonly(a));
	default:
		return xb_pv_empty_grant(area, slot);
	}
}

static __always_inline void xb_alone_many(struct xb_map *m,
					  const struct xb_alone *a)
{
	switch (a->opcode) {
	case XENBATCH_OP_FOREIGN_MAP:
		xb_pv_map_frames(m);
		break;
	case XENBATCH_OP_FOREIGN_UNMAP:
		xb_pv_unmap_frames(m);
		break;
	case XENBATCH_OP_GRANT_MAP:
		if (m->area->grants->pages)
			xb_grants_settle(m);
		xb_pv_map_grants(m);
		break;
	default:
		xb_pv_unmap_grants(m);
	}
}

static __always_inline bool xb_alone_list(struct xb_scratch *scratch,
					  const struct xb_alone *a)
{
	const void __user *list = (const void __user *)a->frame;

	if (!xb_alone_is_map(a))
		return true;
	if (xb_alone_is_foreign(a))
		return !copy_from_user(scratch->frames, list,
				       a->count * sizeof(*scratch->frames));
	return !copy_from_user(scratch->refs, list,
			       a->count * sizeof(*scratch->refs));
}

/* Some pages were not to be had: as after the long way. */
static noinline void xb_alone_report(struct xb_map *m, const struct xb_alone *a)
{
	struct xb_context *ctx = m->area->ctx;
	struct xb_run run = { .ctx = ctx };

	/* It puts the area. */
	refcount_inc(&m->area->refs);
	if (xb_alone_is_map(a))
		xb_map_finish(&run, m, 0);
	else
		xb_unmap_finish(&run, m, 0);
	xb_count(&ctx->stats, XB_COUNT_SUBMITS, 1);
	xb_count(&ctx->stats, XB_COUNT_MAPPED, run.mapped);
	xb_count(&ctx->stats, XB_COUNT_UNMAPPED, run.unmapped);
}

/* Many pages: a stretch of one part. False: nothing was done. */
static noinline bool xb_alone_stretch(struct xb_context *ctx,
				      struct xenbatch_op *op,
				      struct xb_area *area,
				      const struct xb_alone asked)
{
	const struct xb_alone *a = &asked;
	struct xb_scratch *scratch = xchg(&ctx->spare, NULL);
	struct xb_map m = {
		.area = area, .scratch = scratch, .nr = a->count, .nr_parts = 1,
		.domid = a->number >> 16,
	};
	bool done = false;

	if (unlikely(!scratch))
		return false;
	if (unlikely(!xb_alone_list(scratch, a)))
		goto out;
	scratch->parts[0] = (struct xb_part){
		.op = op, .status = a->status, .slot = xb_alone_slot(area, a),
		.count = a->count, .flags = a->flags, .domid = m.domid,
		.readonly = xb_alone_is_readonly(a),
	};
	if (unlikely(xb_area_lock(area)))
		goto out;
	xb_alone_many(&m, a);
	xb_area_unlock(area);
	done = true;
	if (likely(!m.bad))
		xb_alone_done(ctx, op, a);
	else
		xb_alone_report(&m, a);
out:
	if (unlikely(cmpxchg(&ctx->spare, NULL, scratch)))
		kvfree(scratch);
	return done;
}

bool xb_pv_alone(struct xb_context *ctx, struct xenbatch_op *op)
{
	struct xb_area *area;
	struct xb_alone a;
	bool done = false;

	if (!xb_alone_read(&a, ctx, op))
		return false;
	area = xb_area_get(ctx, a.addr);
	if (unlikely(!area))
		return false;
	if (unlikely(!xb_alone_fits(area, &a)))
		goto out;
	if (a.count > 1) {
		done = xb_alone_stretch(ctx, op, area, a);
	} else if (likely(!xb_area_lock(area))) {
		done = xb_alone_one(area, &a);
		xb_area_unlock(area);
		if (likely(done))
			xb_alone_done(ctx, op, &a);
	}
out:
	xb_area_put(area);
	return done;
}
