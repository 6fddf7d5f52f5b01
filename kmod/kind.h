/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The two kinds of dom0, behind one set of functions:
 *
 *   PV               Xen writes the user's page-table entries (pv_*.c)
 *   auto-translated  PVH and arm: frames come to the kernel's unpopulated
 *                    pages, and those to the user's page tables
 *
 * No table of functions: a test of a variable is cheaper than an indirect
 * call, and one map and unmap is measured by every instruction.
 */
#ifndef XB_KIND_H
#define XB_KIND_H

#include <linux/errno.h>
#include <linux/mm.h>
#include <xen/interface/xen.h>
#include <xen/interface/memory.h>
#include <xen/xen.h>

#include "area.h"
#include "auto.h"
#include "map.h"
#include "pv.h"

/* What an area needs besides; destroy may sleep, the slots are empty. */
static inline int xb_kind_create(struct xb_area *area,
				 struct vm_area_struct *vma)
{
	return xen_pv_domain() ? xb_pv_create(area) : xb_auto_create(area);
}

static inline void xb_kind_destroy(struct xb_area *area)
{
	if (xen_pv_domain())
		xb_pv_destroy(area);
	else
		xb_auto_destroy(area);
}

/*
 * An operation alone in its SUBMIT, if there is a short way for it. False: there
 * is none, and nothing was done.
 */
static inline bool xb_kind_alone(struct xb_context *ctx, struct xenbatch_op *op)
{
	u16 opcode = READ_ONCE(op->opcode);

	return opcode >= XENBATCH_OP_FOREIGN_MAP &&
	       opcode <= XENBATCH_OP_GRANT_UNMAP &&
	       xen_pv_domain() && xb_pv_alone(ctx, op);
}

/* area->lock, for an operation. */
static inline int xb_kind_lock(struct xb_area *area)
{
	mutex_lock(&area->lock);
	return 0;
}

static inline void xb_kind_unlock(struct xb_area *area)
{
	mutex_unlock(&area->lock);
}

/*
 * Before a mapping takes area->lock: what needs memory; and after it. An errno
 * means that there is no memory, and no end either.
 */
static inline int xb_kind_begin(struct xb_map *m)
{
	return xen_pv_domain() ? 0 : xb_auto_begin(m);
}

static inline void xb_kind_end(struct xb_map *m)
{
	if (!xen_pv_domain())
		xb_auto_end(m);
}

/* vm_ops->fault */
static inline vm_fault_t xb_kind_fault(struct vm_fault *vmf)
{
	return xen_pv_domain() ? VM_FAULT_SIGBUS : xb_auto_fault(vmf);
}

/* vm_ops->page_mkwrite and pfn_mkwrite */
static inline vm_fault_t xb_kind_mkwrite(struct vm_fault *vmf)
{
	return xen_pv_domain() ? VM_FAULT_SIGBUS : xb_auto_mkwrite(vmf);
}

/*
 * Under area->lock, in the context's address space unless it says otherwise.
 *
 * map_frames: scratch->frames[0..m->nr), of m->domid, come to the slots of the
 * parts, filled or not; one that fails gets an err (xb_map_fail) and leaves its
 * slot empty.
 */
static inline void xb_kind_map_frames(struct xb_map *m)
{
	if (xen_pv_domain())
		xb_pv_map_frames(m);
	else
		xb_auto_map_frames(m);
}

/* All of the resource, or nothing and an errno. */
static inline int xb_kind_map_resource(struct xb_map *m,
				       struct xen_mem_acquire_resource *r)
{
	return xen_pv_domain() ? xb_pv_map_resource(m, r) :
				 xb_auto_map_resource(m, r);
}

/* Empty those slots that are filled; the others get XB_NOT_FILLED. */
static inline void xb_kind_unmap_frames(struct xb_map *m)
{
	if (xen_pv_domain())
		xb_pv_unmap_frames(m);
	else
		xb_auto_unmap_frames(m);
}

/* The same for grants, scratch->refs; a slot that is filled gets -EBUSY. */
static inline void xb_kind_map_grants(struct xb_map *m)
{
	if (xen_pv_domain())
		xb_pv_map_grants(m);
	else
		xb_auto_map_grants(m);
}

static inline void xb_kind_unmap_grants(struct xb_map *m)
{
	if (xen_pv_domain())
		xb_pv_unmap_grants(m);
	else
		xb_auto_unmap_grants(m);
}

/*
 * Empty all slots of [first, first + nr), foreign or grants. The address space
 * may be at its end, and another one the current; nothing can fail.
 */
static inline void xb_kind_leave(struct xb_area *area, unsigned long first,
				 unsigned long nr)
{
	if (xen_pv_domain())
		xb_pv_leave(area, first, nr);
	else
		xb_auto_leave(area, first, nr);
}

/*
 * A family's operations: as many of ops[0..nr) as go together, by its map or
 * unmap of the above. Inlined, with a function that is known then.
 */
static __always_inline unsigned int
xb_map_run(struct xb_run *run, struct xenbatch_op *ops, struct xb_head head,
	   unsigned int nr, enum xb_map_what what, void (*map)(struct xb_map *))
{
	struct xb_map m;
	unsigned int n = xb_map_gather(run, &m, ops, head, nr, what);
	int err;

	if (unlikely(!n))
		return 1;
	err = xb_kind_begin(&m);
	if (likely(!err)) {
		err = xb_area_lock(m.area);
		if (likely(!err)) {
			map(&m);
			xb_area_unlock(m.area);
		}
		xb_kind_end(&m);
	}
	xb_map_finish(run, &m, err);
	return n;
}

static __always_inline unsigned int
xb_unmap_run(struct xb_run *run, struct xenbatch_op *ops, struct xb_head head,
	     unsigned int nr, void (*unmap)(struct xb_map *))
{
	struct xb_map m;
	unsigned int n = xb_map_gather(run, &m, ops, head, nr, XB_MAP_NOTHING);
	int err;

	if (unlikely(!n))
		return 1;
	err = xb_area_lock(m.area);
	if (likely(!err)) {
		unmap(&m);
		xb_area_unlock(m.area);
	}
	xb_unmap_finish(run, &m, err);
	return n;
}

#endif /* XB_KIND_H */
