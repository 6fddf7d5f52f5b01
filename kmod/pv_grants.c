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

/* One page of part p comes to slot. */
static __always_inline void
xb_pv_map_op(struct gnttab_map_grant_ref *op, struct xb_grant *grant, u64 entry,
	     const struct xb_part *p, u32 flags, u32 ref)
{
	op->host_addr = entry;
	op->flags = flags;
	op->ref = ref;
	op->dom = p->domid;
	grant->ref = ref;
	grant->domid = p->domid;
	grant->readonly = p->readonly;
}

/*
 * Operations for the pages of a part that can be tried; the others have an err.
 * What is said of a slot here is true as soon as Xen has written its entry, which
 * is before we hear of it, and so before somebody may look for its page.
 */
static struct gnttab_map_grant_ref *
xb_pv_map_build(struct xb_map *m, const struct xb_part *p,
		struct gnttab_map_grant_ref *op)
{
	const u32 flags = XB_PV_FLAGS | (p->readonly ? GNTMAP_readonly : 0);
	struct xb_grant *grant = &m->area->grants->grant[p->slot];
	const u32 *ref = &m->scratch->refs[p->first];
	unsigned long *filled = m->area->filled;
	u64 entry = xb_pv_entry(m->area, p->slot);
	u32 slot, end = p->slot + p->count;

	/* All of them empty, and good so far: what nearly all are. */
	if (p->count > 1 && likely(!m->bad) &&
	    find_next_bit(filled, end, p->slot) >= end) {
		bitmap_set(filled, p->slot, p->count);
		for (slot = p->slot;; grant++) {
			xb_pv_map_op(op++, grant, entry, p, flags, *ref++);
			if (++slot == end)
				return op;
			entry = xb_pv_next(m->area, entry, slot);
		}
	}
	for (slot = p->slot; slot < end; slot++, grant++, ref++) {
		u32 page = p->first + slot - p->slot;

		if (m->bad && m->scratch->errs[page])
			continue;
		/* Now, since one slot may be named more than once. */
		if (test_bit(slot, filled)) {
			xb_map_fail(m, page, -EBUSY);
			continue;
		}
		__set_bit(slot, filled);
		xb_pv_map_op(op++, grant, xb_pv_entry(m->area, slot), p, flags,
			     *ref);
	}
	return op;
}

/* Those without an err are those that Xen was asked for. */
static struct gnttab_map_grant_ref *
xb_pv_map_take(struct xb_map *m, const struct xb_part *p,
	       struct gnttab_map_grant_ref *op)
{
	struct xb_area *area = m->area;
	struct xb_grant *grant = &area->grants->grant[p->slot];
	u32 i;

	for (i = 0; i < p->count; i++, grant++) {
		if (unlikely(m->bad) && m->scratch->errs[p->first + i])
			continue;
		grant->handle = op->handle;
		if (likely(op++->status == GNTST_okay))
			continue;
		/* What Xen has paged out comes back in a while. */
		if (op[-1].status == GNTST_eagain) {
			gnttab_batch_map(&op[-1], 1);
			grant->handle = op[-1].handle;
		}
		if (op[-1].status == GNTST_okay)
			continue;
		xb_map_fail(m, p->first + i, xb_grant_errno(op[-1].status));
		__clear_bit(p->slot + i, area->filled);
		area->nr_filled--;
	}
	return op;
}

void xb_pv_map_grants(struct xb_map *m)
{
	struct gnttab_map_grant_ref *op = m->scratch->map;
	struct xb_part *p;
	unsigned int i, n;

	if (m->area->grants->pages)
		xb_grants_refill(m);
	for (p = xb_parts(m); p < xb_parts_end(m); p++)
		op = xb_pv_map_build(m, p, op);
	n = op - m->scratch->map;
	if (!n)
		return;
	op = m->scratch->map;
	if (WARN_ON_ONCE(xb_pv_grant_op(GNTTABOP_map_grant_ref, op, n)))
		for (i = 0; i < n; i++)
			op[i].status = GNTST_general_error;
	m->area->nr_filled += n;
	for (p = xb_parts(m); p < xb_parts_end(m); p++)
		op = xb_pv_map_take(m, p, op);
}

static void xb_pv_unmap_build(const struct xb_area *area, const u32 *slots,
			      unsigned int n,
			      struct gnttab_unmap_grant_ref *op)
{
	const struct xb_grant *grant = area->grants->grant;
	const u32 *end = slots + n;
	u64 entry = xb_pv_entry(area, *slots);
	u32 slot = *slots;

	for (;; op++) {
		op->host_addr = entry;
		op->dev_bus_addr = 0;
		op->handle = grant[slot].handle;
		if (++slots == end)
			break;
		if (likely(*slots == ++slot)) {
			entry = xb_pv_next(area, entry, slot);
		} else {
			slot = *slots;
			entry = xb_pv_entry(area, slot);
		}
	}
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
	unsigned int i, kept = 0;
	bool failed;
	int bad = 0;

	xb_pv_unmap_build(area, slots, n, ops);
	failed = WARN_ON_ONCE(xb_pv_grant_op(GNTTABOP_unmap_grant_ref, ops, n));
	for (i = 0; i < n; i++)
		bad |= ops[i].status;
	if (likely(!failed && !bad)) {
		xb_grants_emptied(area, slots, n);
		return 0;
	}
	for (i = 0; i < n; i++) {
		if (!failed && ops[i].status == GNTST_okay) {
			xb_grants_emptied(area, &slots[i], 1);
			continue;
		}
		__set_bit(slots[i], area->filled);
		slots[kept++] = slots[i];
	}
	area->nr_filled += kept;
	return kept;
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
		xb_map_keep(m, n);
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
