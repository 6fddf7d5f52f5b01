// SPDX-License-Identifier: GPL-2.0
/*
 * The floor of operations on windows: what Xen is asked is laid out once, as
 * pv_frames.c and pv_grants.c would do it, and then only the hypercalls are
 * made, again and again. No bookkeeping, and no check but of the last results.
 */
#include <linux/ktime.h>
#include <linux/mm.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include <linux/uaccess.h>
#include <linux/xarray.h>

#include <asm/xen/hypercall.h>
#include <xen/interface/grant_table.h>
#include <xen/page.h>
#include <xen/xen.h>

#include "bench.h"
#include "context.h"
#include "map.h"
#include "pv.h"

#define XB_BENCH_STEPS	32

/* One hypercall of the loop, or one and a flush. */
struct xb_bench_step {
	struct xenbatch_op *op;
	u16 opcode;
	domid_t domid;
	bool flush;
	u32 n;
	unsigned long addr;	/* its first slot */
	union {
		void *memory;
		struct mmu_update *updates;
		struct gnttab_map_grant_ref *map;
		struct gnttab_unmap_grant_ref *unmap;
		struct gnttab_copy *copies;
	};
};

struct xb_bench_loop {
	struct xb_context *ctx;
	struct xb_area *area;	/* locked; NULL: there are only copies */
	bool replace;		/* there is no FOREIGN_UNMAP */
	u32 nr;
	struct xb_bench_step steps[XB_BENCH_STEPS];
};

static int xb_bench_flush(void)
{
	struct mmuext_op op = { .cmd = MMUEXT_TLB_FLUSH_ALL };

	return HYPERVISOR_mmuext_op(&op, 1, NULL, DOMID_SELF);
}

static int xb_bench_updates(struct xb_bench_step *step, domid_t domid)
{
	int err, done;

	err = HYPERVISOR_mmu_update(step->updates, step->n, &done, domid);
	if (step->flush)
		xb_bench_flush();
	return err;
}

static int xb_bench_frames(struct xb_bench_step *step)
{
	unsigned long how = step->flush ? UVMF_INVLPG | UVMF_ALL : UVMF_NONE;

	if (step->n > 1)
		return xb_bench_updates(step, step->domid);
	return privcmd_call(__HYPERVISOR_update_va_mapping_otherdomain,
			    step->addr, step->updates->val, how, step->domid,
			    0);
}

static int xb_bench_no_frames(struct xb_bench_step *step)
{
	if (step->n > 1)
		return xb_bench_updates(step, DOMID_SELF);
	return HYPERVISOR_update_va_mapping(step->addr, __pte(0),
					    UVMF_INVLPG | UVMF_ALL);
}

static int xb_bench_grants(struct xb_bench_step *step)
{
	return HYPERVISOR_grant_table_op(GNTTABOP_map_grant_ref, step->map,
					 step->n);
}

/* Handles are new ones every time. */
static int xb_bench_no_grants(struct xb_bench_step *step)
{
	const struct gnttab_map_grant_ref *map = step[-1].map;
	u32 i;

	for (i = 0; i < step->n; i++)
		step->unmap[i].handle = map[i].handle;
	return HYPERVISOR_grant_table_op(GNTTABOP_unmap_grant_ref, step->unmap,
					 step->n);
}

static int xb_bench_copies(struct xb_bench_step *step)
{
	return HYPERVISOR_grant_table_op(GNTTABOP_copy, step->copies, step->n);
}

static int xb_bench_step(struct xb_bench_step *step)
{
	switch (step->opcode) {
	case XENBATCH_OP_FOREIGN_MAP:
		return xb_bench_frames(step);
	case XENBATCH_OP_FOREIGN_UNMAP:
		return xb_bench_no_frames(step);
	case XENBATCH_OP_GRANT_MAP:
		return xb_bench_grants(step);
	case XENBATCH_OP_GRANT_UNMAP:
		return xb_bench_no_grants(step);
	default:
		return xb_bench_copies(step);
	}
}

static int xb_bench_once(struct xb_bench_loop *loop)
{
	int err = 0;
	u32 i;

	for (i = 0; i < loop->nr; i++)
		err |= xb_bench_step(&loop->steps[i]);
	return err ? -EIO : 0;
}

/* Did each of step's pages go well, the last time? */
static bool xb_bench_good(const struct xb_bench_step *step)
{
	u32 i;

	for (i = 0; i < step->n; i++) {
		if (step->opcode == XENBATCH_OP_GRANT_MAP &&
		    step->map[i].status != GNTST_okay)
			return false;
		if (step->opcode == XENBATCH_OP_GRANT_UNMAP &&
		    step->unmap[i].status != GNTST_okay)
			return false;
		if (step->opcode == XENBATCH_OP_GRANT_COPY &&
		    step->copies[i].status != GNTST_okay)
			return false;
	}
	return true;
}

/* Laying out */

static int xb_bench_lay_frames(struct xb_bench_loop *loop,
			       struct xb_bench_step *step)
{
	const u64 __user *list = (const u64 __user *)step->op->map.frame;
	const struct xb_pv *pv = loop->area->kind;
	unsigned long slot = (step->addr - loop->area->start) >> PAGE_SHIFT;
	bool map = step->opcode == XENBATCH_OP_FOREIGN_MAP;
	u64 frame;
	u32 i;

	step->flush = !map || loop->replace;
	step->memory = kvcalloc(step->n, sizeof(*step->updates), GFP_KERNEL);
	if (!step->memory)
		return -ENOMEM;
	for (i = 0; i < step->n; i++) {
		step->updates[i].ptr = xb_pv_entry(loop->area, slot + i) |
				       MMU_NORMAL_PT_UPDATE;
		if (!map)
			continue;
		if (get_user(frame, &list[i]))
			return -EFAULT;
		step->updates[i].val = pv->flags | frame << PAGE_SHIFT;
		if (step->op->flags & XENBATCH_OPF_READONLY)
			step->updates[i].val &= ~(u64)(_PAGE_RW | _PAGE_DIRTY);
	}
	return 0;
}

static int xb_bench_lay_grants(struct xb_bench_loop *loop,
			       struct xb_bench_step *step)
{
	const u32 __user *list = (const u32 __user *)step->op->map.frame;
	unsigned long slot = (step->addr - loop->area->start) >> PAGE_SHIFT;
	u32 i;

	step->memory = kvcalloc(step->n, sizeof(*step->map), GFP_KERNEL);
	if (!step->memory)
		return -ENOMEM;
	for (i = 0; i < step->n; i++) {
		struct gnttab_map_grant_ref *map = &step->map[i];

		map->host_addr = xb_pv_entry(loop->area, slot + i);
		map->flags = GNTMAP_host_map | GNTMAP_application_map |
			     GNTMAP_contains_pte |
			     BIT(_GNTMAP_guest_avail0);
		if (step->op->flags & XENBATCH_OPF_READONLY)
			map->flags |= GNTMAP_readonly;
		if (get_user(map->ref, &list[i]))
			return -EFAULT;
		map->dom = step->domid;
	}
	return 0;
}

/* Of the grants that the operation before maps. */
static int xb_bench_lay_no_grants(struct xb_bench_loop *loop,
				  struct xb_bench_step *step)
{
	u32 i;

	if (step == loop->steps ||
	    step[-1].opcode != XENBATCH_OP_GRANT_MAP ||
	    step[-1].addr != step->addr || step[-1].n != step->n)
		return -EINVAL;
	step->memory = kvcalloc(step->n, sizeof(*step->unmap), GFP_KERNEL);
	if (!step->memory)
		return -ENOMEM;
	for (i = 0; i < step->n; i++)
		step->unmap[i].host_addr = step[-1].map[i].host_addr;
	return 0;
}

static int xb_bench_lay_copies(struct xb_bench_loop *loop,
			       struct xb_bench_step *step)
{
	const struct xenbatch_copy __user *list =
		(const struct xenbatch_copy __user *)step->addr;
	struct xenbatch_copy s;
	struct page *page;
	u32 i;

	step->memory = kvcalloc(step->n, sizeof(*step->copies), GFP_KERNEL);
	if (!step->memory)
		return -ENOMEM;
	for (i = 0; i < step->n; i++) {
		struct gnttab_copy *copy = &step->copies[i];

		if (copy_from_user(&s, &list[i], sizeof(s)))
			return -EFAULT;
		if (s.flags != (XENBATCH_COPY_SOURCE_GREF |
				XENBATCH_COPY_DEST_ARENA) ||
		    (s.dest & ~PAGE_MASK) + s.len > PAGE_SIZE)
			return -EINVAL;
		page = xa_load(&loop->ctx->arena.pages, s.dest >> PAGE_SHIFT);
		if (!page)
			return -EFAULT;
		copy->source.u.ref = (u32)s.source;
		copy->source.offset = (u16)(s.source >> 32);
		copy->source.domid = s.source >> 48;
		copy->dest.u.gmfn = xen_page_to_gfn(page);
		copy->dest.offset = s.dest & ~PAGE_MASK;
		copy->dest.domid = DOMID_SELF;
		copy->len = s.len;
		copy->flags = GNTCOPY_source_gref;
	}
	return 0;
}

static int xb_bench_lay(struct xb_bench_loop *loop, struct xb_bench_step *step)
{
	switch (step->opcode) {
	case XENBATCH_OP_FOREIGN_MAP:
	case XENBATCH_OP_FOREIGN_UNMAP:
		return xb_bench_lay_frames(loop, step);
	case XENBATCH_OP_GRANT_MAP:
		return xb_bench_lay_grants(loop, step);
	case XENBATCH_OP_GRANT_UNMAP:
		return xb_bench_lay_no_grants(loop, step);
	default:
		return xb_bench_lay_copies(loop, step);
	}
}

/* Are these operations, all of one area or copies all of them? */
static int xb_bench_read(struct xb_bench_loop *loop, u32 first)
{
	bool copies, foreign, lists;
	u32 i;

	loop->replace = true;
	for (i = 0; i < loop->nr; i++) {
		struct xb_bench_step *step = &loop->steps[i];

		step->op = xb_bench_op(loop->ctx, first + i);
		if (!step->op)
			return -EINVAL;
		step->opcode = step->op->opcode;
		step->domid = step->op->domid;
		step->addr = step->op->map.addr;
		step->n = step->op->map.count;
		copies = step->opcode == XENBATCH_OP_GRANT_COPY;
		foreign = step->opcode == XENBATCH_OP_FOREIGN_MAP ||
			  step->opcode == XENBATCH_OP_FOREIGN_UNMAP;
		lists = step->opcode == XENBATCH_OP_FOREIGN_MAP ||
			step->opcode == XENBATCH_OP_GRANT_MAP;
		if (!copies && !foreign &&
		    step->opcode != XENBATCH_OP_GRANT_MAP &&
		    step->opcode != XENBATCH_OP_GRANT_UNMAP)
			return -EINVAL;
		if (!step->n || step->n > XB_PAGES_MAX ||
		    lists != !!(step->op->flags & XENBATCH_OPF_LIST))
			return -EINVAL;
		if (step->opcode == XENBATCH_OP_FOREIGN_UNMAP)
			loop->replace = false;
		if (!i && !copies)
			loop->area = xb_area_get(loop->ctx, step->addr);
		if (copies != !loop->area)
			return -EINVAL;
		if (copies)
			continue;
		if (foreign == !!loop->area->grants ||
		    step->addr < loop->area->start ||
		    step->addr >= loop->area->end ||
		    step->n > (loop->area->end - step->addr) >> PAGE_SHIFT)
			return -EINVAL;
	}
	return 0;
}

/* Nothing of ours stays in the area. */
static void xb_bench_clear(struct xb_bench_loop *loop)
{
	struct mmu_update update = { .val = 0 };
	u32 i, j;

	for (i = 0; i < loop->nr; i++) {
		struct xb_bench_step *step = &loop->steps[i];

		if (step->opcode != XENBATCH_OP_FOREIGN_MAP)
			continue;
		for (j = 0; j < step->n; j++) {
			update.ptr = step->updates[j].ptr;
			WARN_ON_ONCE(HYPERVISOR_mmu_update(&update, 1, NULL,
							   DOMID_SELF));
		}
	}
	xb_bench_flush();
}

static long xb_bench_loops(struct xb_bench_loop *loop,
			   struct xenbatch_bench *bench)
{
	ktime_t start = ktime_get();
	long err = 0;
	u64 n;
	u32 i;

	for (n = 0; !err && n < bench->loops; n++) {
		err = xb_bench_once(loop);
		if (signal_pending(current))
			err = -EINTR;
	}
	bench->elapsed_ns = ktime_to_ns(ktime_sub(ktime_get(), start));
	for (i = 0; i < loop->nr; i++)
		loop->steps[i].op->result =
			xb_bench_good(&loop->steps[i]) ? 0 : -EIO;
	return err;
}

long xb_bench_window(struct xb_context *ctx, struct xenbatch_bench *bench)
{
	struct xb_bench_loop *loop;
	long err;
	u32 i;

	if (!xen_pv_domain())
		return -ENODEV;
	if (bench->count > XB_BENCH_STEPS)
		return -EINVAL;
	loop = kzalloc(sizeof(*loop), GFP_KERNEL);
	if (!loop)
		return -ENOMEM;
	loop->ctx = ctx;
	loop->nr = bench->count;
	err = xb_bench_read(loop, bench->first);
	for (i = 0; !err && i < loop->nr; i++)
		err = xb_bench_lay(loop, &loop->steps[i]);
	if (err)
		goto out;
	if (!loop->area) {
		err = xb_bench_loops(loop, bench);
		goto out;
	}
	err = xb_area_lock(loop->area);
	if (err)
		goto out;
	if (loop->area->nr_filled) {
		err = -EBUSY;
	} else {
		err = xb_bench_loops(loop, bench);
		xb_bench_clear(loop);
	}
	xb_area_unlock(loop->area);
out:
	for (i = 0; i < loop->nr; i++)
		kvfree(loop->steps[i].memory);
	if (loop->area)
		xb_area_put(loop->area);
	kfree(loop);
	return err;
}
