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

#include <linux/bits.h>
#include <linux/errno.h>
#include <xen/interface/xen.h>
#include <xen/interface/memory.h>
#include <xen/xen.h>

#include "area.h"
#include "map.h"
#include "pv.h"

/* Opcodes that can be had in this kind of dom0, as a bit mask. */
static inline u64 xb_kind_opcodes(void)
{
	const u64 plain = BIT_ULL(XENBATCH_OP_NOP) |
			  BIT_ULL(XENBATCH_OP_HYPERCALL);

	return xen_pv_domain() ? ~0ULL : plain;
}

/* What an area needs besides; destroy may sleep, the slots are empty. */
static inline int xb_kind_create(struct xb_area *area,
				 struct vm_area_struct *vma)
{
	return xen_pv_domain() ? xb_pv_create(area) : -ENODEV;
}

static inline void xb_kind_destroy(struct xb_area *area)
{
	if (xen_pv_domain())
		xb_pv_destroy(area);
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
}

/* All of the resource, or nothing and an errno. */
static inline int xb_kind_map_resource(struct xb_map *m,
				       struct xen_mem_acquire_resource *r)
{
	return xen_pv_domain() ? xb_pv_map_resource(m, r) : -ENODEV;
}

/* Empty those slots that are filled; the others get XB_NOT_FILLED. */
static inline void xb_kind_unmap_frames(struct xb_map *m)
{
	if (xen_pv_domain())
		xb_pv_unmap_frames(m);
}

/* The same for grants, scratch->refs; a slot that is filled gets -EBUSY. */
static inline void xb_kind_map_grants(struct xb_map *m)
{
	if (xen_pv_domain())
		xb_pv_map_grants(m);
}

static inline void xb_kind_unmap_grants(struct xb_map *m)
{
	if (xen_pv_domain())
		xb_pv_unmap_grants(m);
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
}

#endif /* XB_KIND_H */
