/* SPDX-License-Identifier: GPL-2.0 */
/* PV: Xen writes page-table entries, by their machine addresses. */
#ifndef XB_PV_H
#define XB_PV_H

#include <linux/errno.h>
#include <xen/interface/xen.h>
#include <xen/interface/memory.h>

#include "area.h"
#include "map.h"

#ifdef CONFIG_XEN_PV

#include <linux/mm.h>

int xb_pv_create(struct xb_area *area);
void xb_pv_destroy(struct xb_area *area);

/* pv_frames.c */
void xb_pv_map_frames(struct xb_map *m);
int xb_pv_map_resource(struct xb_map *m, struct xen_mem_acquire_resource *r);
void xb_pv_unmap_frames(struct xb_map *m);
void xb_pv_leave_frames(struct xb_area *area, unsigned long first,
			unsigned long nr);

/*
 * One slot, for pv_alone.c. True: it is filled, or empty, and was not before (a
 * frame may replace another). False: Xen refuses, or it is no case for this, and
 * the slot is as it was.
 */
bool xb_pv_fill_frame(struct xb_area *area, u32 slot, domid_t domid, u64 frame,
		      bool readonly);
bool xb_pv_empty_frame(struct xb_area *area, u32 slot);
bool xb_pv_fill_grant(struct xb_area *area, u32 slot, domid_t domid, u64 ref,
		      bool readonly);
bool xb_pv_empty_grant(struct xb_area *area, u32 slot);

/* pv_alone.c: run op if it is of that sort. False: nothing was done. */
bool xb_pv_alone(struct xb_context *ctx, struct xenbatch_op *op);

/* pv_table.c: empty all slots of a page table that is the area's whole. */
void xb_pv_empty_table(const struct xb_area *area, unsigned int nr);
bool xb_pv_table_is_whole(const struct xb_area *area, unsigned int nr);

/* pv_grants.c: first of all, with the area's page tables known. */
void xb_pv_lay_grants(struct xb_area *area);
void xb_pv_map_grants(struct xb_map *m);
void xb_pv_unmap_grants(struct xb_map *m);
void xb_pv_leave_grants(struct xb_area *area, unsigned long first,
			unsigned long nr);

static inline void xb_pv_leave(struct xb_area *area, unsigned long first,
			       unsigned long nr)
{
	if (area->region == XENBATCH_REGION_FOREIGN)
		xb_pv_leave_frames(area, first, nr);
	else
		xb_pv_leave_grants(area, first, nr);
}

/* What a PV area has besides. */
struct xb_pv {
	u64 flags;		/* of an entry, with all rights of the area */
	u64 tables[];		/* machine address of each page-table page */
};

/* The page table that slot is in. */
static inline unsigned int xb_pv_table(const struct xb_area *area,
				       unsigned long slot)
{
	return (xb_area_addr(area, slot) >> PMD_SHIFT) -
	       (area->start >> PMD_SHIFT);
}

static inline u64 xb_pv_entry(const struct xb_area *area, unsigned long slot)
{
	const struct xb_pv *pv = area->kind;
	unsigned long addr = xb_area_addr(area, slot);

	return pv->tables[xb_pv_table(area, slot)] +
	       (addr >> PAGE_SHIFT) % PTRS_PER_PTE * sizeof(pte_t);
}

/* The entry of slot, where entry was the one of the slot before. */
static inline u64 xb_pv_next(const struct xb_area *area, u64 entry,
			     unsigned long slot)
{
	entry += sizeof(pte_t);
	return likely(entry & ~PAGE_MASK) ? entry : xb_pv_entry(area, slot);
}

#else /* there is no such dom0 */

static inline int xb_pv_create(struct xb_area *area)
{
	return -ENODEV;
}

static inline void xb_pv_destroy(struct xb_area *area)
{
}

static inline bool xb_pv_alone(struct xb_context *ctx, struct xenbatch_op *op)
{
	return false;
}

static inline void xb_pv_map_frames(struct xb_map *m)
{
}

static inline int xb_pv_map_resource(struct xb_map *m,
				     struct xen_mem_acquire_resource *r)
{
	return -ENODEV;
}

static inline void xb_pv_unmap_frames(struct xb_map *m)
{
}

static inline void xb_pv_map_grants(struct xb_map *m)
{
}

static inline void xb_pv_unmap_grants(struct xb_map *m)
{
}

static inline void xb_pv_leave(struct xb_area *area, unsigned long first,
			       unsigned long nr)
{
}

#endif /* CONFIG_XEN_PV */
#endif /* XB_PV_H */
