// SPDX-License-Identifier: GPL-2.0
/* FOREIGN_MAP, FOREIGN_UNMAP, RESOURCE_MAP. */
#include <linux/mm.h>

#include "context.h"
#include "kind.h"
#include "map.h"
#include "ops.h"

unsigned int xb_foreign_map_run(struct xb_run *run, struct xenbatch_op *ops,
				struct xb_head head, unsigned int nr)
{
	return xb_map_run(run, ops, head, nr, XB_MAP_FRAMES,
			  xb_kind_map_frames);
}

unsigned int xb_foreign_unmap_run(struct xb_run *run, struct xenbatch_op *ops,
				  struct xb_head head, unsigned int nr)
{
	return xb_unmap_run(run, ops, head, nr, xb_kind_unmap_frames);
}

/* What RESOURCE_MAP says, read once. */
static int xb_resource_read(struct xb_run *run, struct xb_map *m,
			    struct xen_mem_acquire_resource *r,
			    struct xenbatch_op *op, struct xb_head head)
{
	domid_t only = READ_ONCE(run->ctx->domid);
	u32 number = READ_ONCE(*(const u32 *)&op->number);
	u64 count = READ_ONCE(*(const u64 *)&op->map.count);
	u64 id = READ_ONCE(op->arg[4]);
	unsigned long addr = READ_ONCE(op->map.addr);

	memset(r, 0, sizeof(*r));
	r->domid = number >> 16;
	r->type = count >> 32;
	r->id = id;
	r->nr_frames = count;
	r->frame = READ_ONCE(op->map.frame);
	if ((u16)number || id >> 32 || READ_ONCE(op->map.status) ||
	    !r->nr_frames || r->nr_frames > XB_PAGES_MAX || addr & ~PAGE_MASK)
		return -EINVAL;
	if (only != DOMID_INVALID && only != r->domid)
		return -EPERM;

	memset(m, 0, sizeof(*m));
	m->scratch = xb_run_scratch(run);
	if (!m->scratch)
		return -ENOMEM;
	m->area = xb_area_get(run->ctx, addr);
	if (!m->area)
		return -ENXIO;
	if (m->area->region != XENBATCH_REGION_FOREIGN ||
	    (unsigned long)r->nr_frames << PAGE_SHIFT > m->area->end - addr)
		return -ENXIO;
	if (!m->area->writable && !(head.flags & XENBATCH_OPF_READONLY))
		return -EACCES;
	m->nr = r->nr_frames;
	m->nr_parts = 1;
	m->domid = r->domid;
	m->resource = true;
	m->scratch->parts[0] = (struct xb_part){
		.op = op,
		.slot = (addr - m->area->start) >> PAGE_SHIFT,
		.count = r->nr_frames,
		.domid = r->domid,
		.readonly = head.flags & XENBATCH_OPF_READONLY,
	};
	return 0;
}

unsigned int xb_resource_map_run(struct xb_run *run, struct xenbatch_op *op,
				 struct xb_head head, unsigned int nr)
{
	struct xen_mem_acquire_resource r;
	struct xb_map m = { .area = NULL };
	int err;

	err = xb_resource_read(run, &m, &r, op, head);
	if (err) {
		run->refused++;
		goto out;
	}
	err = xb_kind_begin(&m);
	if (err)
		goto out;
	err = xb_area_lock(m.area);
	if (err)
		goto out_end;
	err = xb_kind_map_resource(&m, &r);
	xb_area_unlock(m.area);
	if (!err)
		run->mapped += m.nr;
out_end:
	xb_kind_end(&m);
out:
	if (m.area)
		xb_area_put(m.area);
	xb_op_done(run, op, head.flags, err);
	return 1;
}
