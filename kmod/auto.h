/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Auto-translated dom0, PVH or arm: Xen knows this domain by guest frames, and
 * the kernel's page tables are its own affair. What is mapped comes to a frame
 * that has no memory of its own (an unpopulated page), and that to the user's
 * page tables.
 *
 * A slot is filled in this order: the frame gets its contents, then the entry
 * is written; and emptied in the reverse one, so that an entry never leads to a
 * frame with nothing behind it. When Xen takes a frame away it flushes all
 * translations that lead there; so on x86 nobody else has to. On arm the
 * architecture wants a flush between the two, and between two contents of one
 * entry.
 */
#ifndef XB_AUTO_H
#define XB_AUTO_H

#include <linux/mm_types.h>
#include <xen/interface/xen.h>
#include <xen/interface/memory.h>
#include <xen/interface/grant_table.h>

#include "area.h"
#include "map.h"

/* Pages that go away with no memory but the area's own. */
#define XB_AUTO_FEW	32U

/* What an auto-translated area has besides; under area->lock. */
struct xb_auto {
	struct page **page;		/* one a slot; NULL: it is empty */
	struct page *leaving[XB_AUTO_FEW];
	u32 slots[XB_AUTO_FEW];
	union {
		struct {
			struct multicall_entry entries[XB_AUTO_FEW];
			struct xen_remove_from_physmap gone[XB_AUTO_FEW];
		};
		struct gnttab_unmap_grant_ref unmap[XB_AUTO_FEW];
	};
};

int xb_auto_create(struct xb_area *area);
void xb_auto_destroy(struct xb_area *area);

/* Before area->lock, and after it: pages for what is to be mapped. */
int xb_auto_begin(struct xb_map *m);
void xb_auto_end(struct xb_map *m);

/* vm_ops: a slot was touched that has no entry, or none to write by. */
vm_fault_t xb_auto_fault(struct vm_fault *vmf);
vm_fault_t xb_auto_mkwrite(struct vm_fault *vmf);

/* The entries of slots [first, first + nr) become what kind->page says. */
void xb_auto_set(struct xb_area *area, u32 first, u32 nr, bool readonly);
/* The same slots before that, if some are filled with something else. */
void xb_auto_break(struct xb_area *area, u32 first, u32 nr);
/* The entries of slots go. */
void xb_auto_clear(struct xb_area *area, const u32 *slots, unsigned int nr);
/* Flush, where Xen takes nothing away for now. */
void xb_auto_flush(struct xb_area *area);

/* auto_frames.c */
void xb_auto_map_frames(struct xb_map *m);
int xb_auto_map_resource(struct xb_map *m, struct xen_mem_acquire_resource *r);
void xb_auto_unmap_frames(struct xb_map *m);
void xb_auto_leave_frames(struct xb_area *area, unsigned long first,
			  unsigned long nr);

/* auto_grants.c */
void xb_auto_map_grants(struct xb_map *m);
void xb_auto_unmap_grants(struct xb_map *m);
void xb_auto_leave_grants(struct xb_area *area, unsigned long first,
			  unsigned long nr);

static inline void xb_auto_leave(struct xb_area *area, unsigned long first,
				 unsigned long nr)
{
	if (area->region == XENBATCH_REGION_FOREIGN)
		xb_auto_leave_frames(area, first, nr);
	else
		xb_auto_leave_grants(area, first, nr);
}

#endif /* XB_AUTO_H */
