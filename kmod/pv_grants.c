// SPDX-License-Identifier: GPL-2.0
/*
 * PV, grants: Xen writes the user's page-table entries itself, and flushes what
 * it takes away.
 */
#include <linux/mm.h>

#include <asm/xen/hypercall.h>
#include <xen/grant_table.h>
#include <xen/xen-ops.h>

#include "grant.h"
#include "pv.h"

/* Slots of one hypercall made with no memory but the stack's. */
#define XB_PV_FEW	24

/* The bit that says to Linux that an entry is special. */
#define XB_PV_SPECIAL	BIT(_GNTMAP_guest_avail0)
#define XB_PV_FLAGS	(GNTMAP_host_map | GNTMAP_application_map | \
			 GNTMAP_contains_pte | XB_PV_SPECIAL)

static int xb_pv_grant_op(unsigned int cmd, void *ops, unsigned int n)
{
	int err;

	xen_preemptible_hcall_begin();
	err = HYPERVISOR_grant_table_op(cmd, ops, n);
	xen_preemptible_hcall_end();
	return err;
}

/*
 * Operations for those pages that can be tried; the others have an err. What is
 * said of a slot here is true as soon as Xen has written its entry, which is
 * before we hear of it, and so before somebody may look for its page.
 */
static unsigned int xb_pv_map_build(struct xb_map *m)
{
	struct gnttab_map_grant_ref *op = m->scratch->map;
	struct xb_area *area = m->area;
	struct xb_grant *grant;
	struct xb_page *page;

	for (page = m->pages; page < m->pages + m->nr; page++) {
		if (unlikely(page->err))
			continue;
		/* Now, since one slot may be named more than once. */
		if (unlikely(test_bit(page->slot, area->filled))) {
			page->err = -EBUSY;
			m->bad = true;
			continue;
		}
		op->host_addr = xb_pv_entry(area, page->slot);
		op->flags = XB_PV_FLAGS | (page->readonly ? GNTMAP_readonly : 0);
		op->ref = (u32)page->frame;
		op->dom = page->frame >> 32;
		op->status = GNTST_general_error;
		grant = &area->grants->grant[page->slot];
		grant->ref = op->ref;
		grant->domid = op->dom;
		grant->readonly = page->readonly;
		__set_bit(page->slot, area->filled);
		op++;
	}
	return op - m->scratch->map;
}

static void xb_pv_map_take(struct xb_map *m)
{
	struct gnttab_map_grant_ref *op = m->scratch->map;
	struct xb_area *area = m->area;
	struct xb_page *page;

	for (page = m->pages; page < m->pages + m->nr; page++) {
		if (unlikely(page->err))
			continue;
		/* What Xen has paged out comes back in a while. */
		if (unlikely(op->status == GNTST_eagain))
			gnttab_batch_map(op, 1);
		if (likely(op->status == GNTST_okay)) {
			area->grants->grant[page->slot].handle = op->handle;
			area->nr_filled++;
		} else {
			page->err = xb_grant_errno(op->status);
			m->bad = true;
			__clear_bit(page->slot, area->filled);
		}
		op++;
	}
}

void xb_pv_map_grants(struct xb_map *m)
{
	unsigned int n;

	if (m->area->grants->pages)
		xb_grants_refill(m);
	n = xb_pv_map_build(m);
	if (n)
		WARN_ON_ONCE(xb_pv_grant_op(GNTTABOP_map_grant_ref,
					    m->scratch->map, n));
	xb_pv_map_take(m);
}

/*
 * Empty n slots, whose bits are cleared already, so that nobody finds their
 * pages any more. Those that Xen keeps get their bits back and move to the front
 * of slots; returns how many.
 */
static unsigned int xb_pv_empty(struct xb_area *area, u32 *slots,
				unsigned int n,
				struct gnttab_unmap_grant_ref *ops)
{
	struct xb_grants *grants = area->grants;
	unsigned int i, kept = 0;

	for (i = 0; i < n; i++) {
		ops[i].host_addr = xb_pv_entry(area, slots[i]);
		ops[i].dev_bus_addr = 0;
		ops[i].handle = grants->grant[slots[i]].handle;
		ops[i].status = GNTST_general_error;
	}
	WARN_ON_ONCE(xb_pv_grant_op(GNTTABOP_unmap_grant_ref, ops, n));
	area->nr_filled -= n;
	for (i = 0; i < n; i++)
		kept += ops[i].status != GNTST_okay;
	if (likely(!kept)) {
		xb_grants_emptied(area, slots, n);
		return 0;
	}
	area->nr_filled += kept;
	for (i = 0, kept = 0; i < n; i++) {
		if (ops[i].status == GNTST_okay) {
			xb_grants_emptied(area, &slots[i], 1);
			continue;
		}
		__set_bit(slots[i], area->filled);
		slots[kept++] = slots[i];
	}
	return kept;
}

void xb_pv_unmap_grants(struct xb_map *m)
{
	struct xb_area *area = m->area;
	u32 *slots = m->scratch->slots;
	struct xb_page *page;
	unsigned int i, n = 0;

	spin_lock(&area->grants->lock);
	for (page = m->pages; page < m->pages + m->nr; page++) {
		if (likely(__test_and_clear_bit(page->slot, area->filled))) {
			slots[n++] = page->slot;
			continue;
		}
		page->err = XB_NOT_FILLED;
		m->bad = true;
	}
	spin_unlock(&area->grants->lock);
	if (!n)
		return;
	n = xb_pv_empty(area, slots, n, m->scratch->unmap);
	if (likely(!n))
		return;
	m->bad = true;
	for (page = m->pages; page < m->pages + m->nr; page++)
		for (i = 0; i < n; i++)
			if (slots[i] == page->slot)
				page->err = -EIO;
}

void xb_pv_leave_grants(struct xb_area *area, unsigned long first,
			unsigned long nr)
{
	struct gnttab_unmap_grant_ref ops[XB_PV_FEW];
	unsigned long end = first + nr;
	u32 slots[XB_PV_FEW];
	unsigned int n;

	do {
		n = 0;
		spin_lock(&area->grants->lock);
		for_each_set_bit_from(first, area->filled, end) {
			__clear_bit(first, area->filled);
			slots[n++] = first;
			if (n == XB_PV_FEW)
				break;
		}
		spin_unlock(&area->grants->lock);
		if (n)
			WARN_ON_ONCE(xb_pv_empty(area, slots, n, ops));
	} while (n == XB_PV_FEW);
}
