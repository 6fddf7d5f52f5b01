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
	const u32 *ref = m->scratch->refs;
	struct xb_area *area = m->area;
	struct xb_grant *grant;
	struct xb_part *p;
	u32 i, flags;
	u64 entry;

	xb_for_each_part(p, m) {
		flags = XB_PV_FLAGS | (p->readonly ? GNTMAP_readonly : 0);
		grant = &area->grants->grant[p->slot];
		entry = xb_pv_entry(area, p->slot);
		for (i = 0;; ref++, grant++) {
			/* Now, since one slot may be named more than once. */
			if (unlikely(test_bit(p->slot + i, area->filled))) {
				xb_map_fail(m, p->first + i, -EBUSY);
			} else if (likely(!m->bad) ||
				   !m->scratch->errs[p->first + i]) {
				op->host_addr = entry;
				op->flags = flags;
				op->ref = *ref;
				op->dom = p->domid;
				op->status = GNTST_general_error;
				op++;
				grant->ref = *ref;
				grant->domid = p->domid;
				grant->readonly = p->readonly;
				__set_bit(p->slot + i, area->filled);
			}
			if (++i == p->count)
				break;
			entry = xb_pv_next(area, entry, p->slot + i);
		}
	}
	return op - m->scratch->map;
}

/* Those that are filled by now are those that Xen was asked for. */
static void xb_pv_map_take(struct xb_map *m, unsigned int n)
{
	struct gnttab_map_grant_ref *op = m->scratch->map;
	struct xb_area *area = m->area;
	struct xb_grant *grant;
	struct xb_part *p;
	u32 i;

	area->nr_filled += n;
	xb_for_each_part(p, m) {
		grant = &area->grants->grant[p->slot];
		for (i = 0; i < p->count; i++, grant++) {
			if (unlikely(m->bad) && m->scratch->errs[p->first + i])
				continue;
			/* What Xen has paged out comes back in a while. */
			if (unlikely(op->status == GNTST_eagain))
				gnttab_batch_map(op, 1);
			if (likely(op->status == GNTST_okay)) {
				grant->handle = op->handle;
			} else {
				xb_map_fail(m, p->first + i,
					    xb_grant_errno(op->status));
				__clear_bit(p->slot + i, area->filled);
				area->nr_filled--;
			}
			op++;
		}
	}
}

void xb_pv_map_grants(struct xb_map *m)
{
	unsigned int n;

	if (m->area->grants->pages)
		xb_grants_refill(m);
	n = xb_pv_map_build(m);
	if (!n)
		return;
	WARN_ON_ONCE(xb_pv_grant_op(GNTTABOP_map_grant_ref, m->scratch->map,
				    n));
	xb_pv_map_take(m, n);
}

/*
 * Empty n slots, which do not count as filled any more, so that nobody finds
 * their pages. Those that Xen keeps count again and move to the front of slots;
 * returns how many.
 */
static unsigned int xb_pv_empty(struct xb_area *area, u32 *slots,
				unsigned int n,
				struct gnttab_unmap_grant_ref *ops)
{
	const struct xb_grant *grant = area->grants->grant;
	u64 entry = xb_pv_entry(area, slots[0]);
	unsigned int i, kept = 0;

	for (i = 0;;) {
		ops[i].host_addr = entry;
		ops[i].dev_bus_addr = 0;
		ops[i].handle = grant[slots[i]].handle;
		ops[i].status = GNTST_general_error;
		if (++i == n)
			break;
		if (likely(slots[i] == slots[i - 1] + 1))
			entry = xb_pv_next(area, entry, slots[i]);
		else
			entry = xb_pv_entry(area, slots[i]);
	}
	WARN_ON_ONCE(xb_pv_grant_op(GNTTABOP_unmap_grant_ref, ops, n));
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

/* Slots that Xen has kept: rare, so without care for the time it takes. */
static void xb_pv_keep(struct xb_map *m, const u32 *kept, unsigned int n)
{
	struct xb_part *p;
	unsigned int i;

	xb_for_each_part(p, m)
		for (i = 0; i < n; i++)
			if (kept[i] >= p->slot && kept[i] < p->slot + p->count)
				xb_map_fail(m, p->first + kept[i] - p->slot,
					    -EIO);
}

void xb_pv_unmap_grants(struct xb_map *m)
{
	struct xb_grants *grants = m->area->grants;
	u32 *slots = m->scratch->slots;
	unsigned int n;

	spin_lock(&grants->lock);
	n = xb_map_take_filled(m);
	spin_unlock(&grants->lock);
	if (n)
		n = xb_pv_empty(m->area, slots, n, m->scratch->unmap);
	if (unlikely(n))
		xb_pv_keep(m, slots, n);
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
		area->nr_filled -= n;
		spin_unlock(&area->grants->lock);
		if (n)
			WARN_ON_ONCE(xb_pv_empty(area, slots, n, ops));
	} while (n == XB_PV_FEW);
}
