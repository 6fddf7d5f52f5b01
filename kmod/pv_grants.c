// SPDX-License-Identifier: GPL-2.0
/*
 * PV, grants: Xen writes the user's page-table entries itself, and flushes what
 * it takes away. Slots that follow each other, all empty or all filled, are one
 * hypercall on what the area has of them; others are gathered first.
 */
#include <linux/mm.h>

#include <asm/xen/hypercall.h>
#include <xen/grant_table.h>
#include <xen/xen-ops.h>

#include "grant.h"
#include "pv.h"

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
 * Few slots that follow each other are bits of one word, nearly always: where
 * that is, and which. False: they are not.
 */
static __always_inline bool xb_pv_word(const struct xb_area *area, u32 slot,
				       unsigned int n, unsigned long **word,
				       unsigned long *mask)
{
	*word = &area->filled[BIT_WORD(slot)];
	slot %= BITS_PER_LONG;
	if (n > BITS_PER_LONG - slot)
		return false;
	*mask = (~0UL >> (BITS_PER_LONG - n)) << slot;
	return true;
}

static __always_inline bool xb_pv_are(const struct xb_area *area, u32 slot,
				      unsigned int n, bool filled)
{
	unsigned long *word, mask;

	if (xb_pv_word(area, slot, n, &word, &mask))
		return (*word & mask) == (filled ? mask : 0);
	return filled ?
	       find_next_zero_bit(area->filled, slot + n, slot) >= slot + n :
	       find_next_bit(area->filled, slot + n, slot) >= slot + n;
}

/*
 * Do the slots of the stretch follow each other, in this order, and is none of
 * them in the other state? Nearly always.
 */
static bool xb_pv_is_run(const struct xb_map *m, bool filled)
{
	u32 slot = xb_parts(m)->slot;
	const struct xb_part *p;

	for (p = xb_parts(m); p < xb_parts_end(m); p++) {
		if (p->slot != slot)
			return false;
		slot += p->count;
	}
	return xb_pv_are(m->area, slot - m->nr, m->nr, filled);
}

static __always_inline void xb_pv_assign(struct xb_area *area, u32 slot,
					 unsigned int n, bool filled)
{
	unsigned long *word, mask;

	if (xb_pv_word(area, slot, n, &word, &mask))
		*word = filled ? *word | mask : *word & ~mask;
	else if (filled)
		bitmap_set(area->filled, slot, n);
	else
		bitmap_clear(area->filled, slot, n);
}

/* n slots become filled, or empty, for all who look: nobody, without pages. */
static void xb_pv_mark(struct xb_area *area, u32 slot, unsigned int n,
		       bool filled)
{
	if (area->grants->pages) {
		spin_lock(&area->grants->lock);
		xb_pv_assign(area, slot, n, filled);
		spin_unlock(&area->grants->lock);
	} else {
		xb_pv_assign(area, slot, n, filled);
	}
	if (filled)
		area->nr_filled += n;
	else
		area->nr_filled -= n;
}

static u32 xb_pv_map_flags(bool readonly)
{
	return XB_PV_FLAGS | (readonly ? GNTMAP_readonly : 0);
}

static __always_inline void xb_pv_tell(struct gnttab_map_grant_ref *op,
				       u32 flags, u32 ref, domid_t domid)
{
	op->flags = flags;
	op->ref = ref;
	op->dom = domid;
}

/*
 * What is said of a slot, here and below, is true as soon as Xen has written its
 * entry, which is before we hear of it, and so before somebody may look for its
 * page.
 */
static struct gnttab_map_grant_ref *xb_pv_map_run(struct xb_map *m)
{
	u32 slot = xb_parts(m)->slot;
	struct gnttab_map_grant_ref *op = &m->area->grants->map[slot];
	const u32 *ref = m->scratch->refs;
	const struct xb_part *p;

	for (p = xb_parts(m); p < xb_parts_end(m); p++) {
		const u32 flags = xb_pv_map_flags(p->readonly);
		const u32 *end = ref + p->count;
		const domid_t domid = p->domid;

		for (; ref + 4 <= end; op += 4, ref += 4) {
			xb_pv_tell(&op[0], flags, ref[0], domid);
			xb_pv_tell(&op[1], flags, ref[1], domid);
			xb_pv_tell(&op[2], flags, ref[2], domid);
			xb_pv_tell(&op[3], flags, ref[3], domid);
		}
		for (; ref < end; op++, ref++)
			xb_pv_tell(op, flags, *ref, domid);
	}
	xb_pv_mark(m->area, slot, m->nr, true);
	return op - m->nr;
}

/* Operations for those pages that can be tried; the others have an err. */
static unsigned int xb_pv_map_gather(struct xb_map *m)
{
	struct gnttab_map_grant_ref *map, *op = m->scratch->map;
	struct xb_area *area = m->area;
	const struct xb_part *p;
	u32 slot, page;

	for (p = xb_parts(m); p < xb_parts_end(m); p++) {
		for (slot = p->slot; slot < p->slot + p->count; slot++) {
			page = p->first + slot - p->slot;
			if (m->bad && m->scratch->errs[page])
				continue;
			/* Now, since one slot may be named more than once. */
			if (test_bit(slot, area->filled)) {
				xb_map_fail(m, page, -EBUSY);
				continue;
			}
			map = &area->grants->map[slot];
			xb_pv_tell(map, xb_pv_map_flags(p->readonly),
				   m->scratch->refs[page], p->domid);
			*op++ = *map;
			xb_pv_mark(area, slot, 1, true);
		}
	}
	return op - m->scratch->map;
}

/*
 * Nothing came to slot. Somebody who does I/O by the entry that was there before
 * may have seen it as filled, and had the kernel's mapping made.
 */
static noinline void xb_pv_refused(struct xb_area *area, u32 slot)
{
	xb_pv_mark(area, slot, 1, false);
	xb_grants_emptied(area, slot, 1);
}

/* What Xen has refused it may give at another time, or is empty again. */
static bool xb_pv_map_again(struct xb_map *m, u32 slot, unsigned int page,
			    struct gnttab_map_grant_ref *op)
{
	/* What Xen has paged out comes back in a while. */
	if (op->status == GNTST_eagain)
		gnttab_batch_map(op, 1);
	if (op->status == GNTST_okay)
		return true;
	xb_map_fail(m, page, xb_grant_errno(op->status));
	xb_pv_refused(m->area, slot);
	return false;
}

/* Those without an err are those that Xen was asked for. */
static noinline void xb_pv_map_look(struct xb_map *m,
				    struct gnttab_map_grant_ref *op)
{
	struct gnttab_unmap_grant_ref *unmap = m->area->grants->unmap;
	const struct xb_part *p;
	u32 i;

	for (p = xb_parts(m); p < xb_parts_end(m); p++) {
		for (i = 0; i < p->count; i++) {
			if (m->bad && m->scratch->errs[p->first + i])
				continue;
			if (op->status == GNTST_okay ||
			    xb_pv_map_again(m, p->slot + i, p->first + i, op))
				unmap[p->slot + i].handle = op->handle;
			op++;
		}
	}
}

/* Handles, for the time when the n slots are emptied. False: look at each. */
static __always_inline bool
xb_pv_map_take(const struct gnttab_map_grant_ref *op,
	       struct gnttab_unmap_grant_ref *unmap, unsigned int n)
{
	const struct gnttab_map_grant_ref *end = op + n;
	s16 bad = 0;

	for (; op + 4 <= end; op += 4, unmap += 4) {
		bad |= op[0].status | op[1].status | op[2].status |
		       op[3].status;
		unmap[0].handle = op[0].handle;
		unmap[1].handle = op[1].handle;
		unmap[2].handle = op[2].handle;
		unmap[3].handle = op[3].handle;
	}
	for (; op < end; op++, unmap++) {
		bad |= op->status;
		unmap->handle = op->handle;
	}
	return !bad;
}

void xb_pv_map_grants(struct xb_map *m)
{
	struct xb_grants *grants = m->area->grants;
	struct gnttab_map_grant_ref *op = m->scratch->map;
	unsigned int i, n = m->nr;
	bool run;

	if (grants->pages)
		xb_grants_refill(m);
	run = likely(!m->bad) && likely(xb_pv_is_run(m, false));
	if (likely(run))
		op = xb_pv_map_run(m);
	else
		n = xb_pv_map_gather(m);
	if (unlikely(!n))
		return;
	if (WARN_ON_ONCE(xb_pv_grant_op(GNTTABOP_map_grant_ref, op, n)))
		for (i = 0; i < n; i++)
			op[i].status = GNTST_general_error;
	if (unlikely(!run) ||
	    unlikely(!xb_pv_map_take(op, &grants->unmap[xb_parts(m)->slot], n)))
		xb_pv_map_look(m, op);
}

static __always_inline bool
xb_pv_all_unmapped(const struct gnttab_unmap_grant_ref *op, unsigned int n)
{
	const struct gnttab_unmap_grant_ref *end = op + n;
	s16 bad = 0;

	for (; op + 4 <= end; op += 4)
		bad |= op[0].status | op[1].status | op[2].status |
		       op[3].status;
	for (; op < end; op++)
		bad |= op->status;
	return !bad;
}

/* After an unmapping that did not go well: does Xen keep slot? */
static bool xb_pv_is_kept(struct xb_area *area, u32 slot,
			  const struct gnttab_unmap_grant_ref *op, int err)
{
	if (!err && op->status == GNTST_okay) {
		xb_grants_emptied(area, slot, 1);
		return false;
	}
	xb_pv_mark(area, slot, 1, true);
	return true;
}

/*
 * Empty n slots that follow each other, all filled. Those that Xen keeps are
 * filled still; returns how many.
 */
static unsigned int xb_pv_empty_run(struct xb_area *area, u32 slot,
				    unsigned int n)
{
	struct gnttab_unmap_grant_ref *ops = &area->grants->unmap[slot], *op;
	unsigned int kept = 0;
	int err;

	/* Before, so that nobody finds their pages. */
	xb_pv_mark(area, slot, n, false);
	err = xb_pv_grant_op(GNTTABOP_unmap_grant_ref, ops, n);
	if (!WARN_ON_ONCE(err) && likely(xb_pv_all_unmapped(ops, n))) {
		xb_grants_emptied(area, slot, n);
		return 0;
	}
	for (op = ops; op < ops + n; op++, slot++)
		kept += xb_pv_is_kept(area, slot, op, err);
	return kept;
}

/* The same for slots that lie anywhere: those kept move to the front. */
static unsigned int xb_pv_empty(struct xb_area *area, u32 *slots,
				unsigned int n,
				struct gnttab_unmap_grant_ref *ops)
{
	unsigned int i, kept = 0;
	int err;

	for (i = 0; i < n; i++)
		ops[i] = area->grants->unmap[slots[i]];
	err = xb_pv_grant_op(GNTTABOP_unmap_grant_ref, ops, n);
	WARN_ON_ONCE(err);
	for (i = 0; i < n; i++)
		if (unlikely(xb_pv_is_kept(area, slots[i], &ops[i], err)))
			slots[kept++] = slots[i];
	return kept;
}

static noinline void xb_pv_unmap_gather(struct xb_map *m)
{
	u32 *slots = m->scratch->slots;
	unsigned int n;

	spin_lock(&m->area->grants->lock);
	n = xb_map_take_filled(m);
	spin_unlock(&m->area->grants->lock);
	if (n)
		n = xb_pv_empty(m->area, slots, n, m->scratch->unmap);
	if (unlikely(n))
		xb_map_keep(m, n);
}

void xb_pv_unmap_grants(struct xb_map *m)
{
	u32 slot = xb_parts(m)->slot, i;

	if (unlikely(!xb_pv_is_run(m, true))) {
		xb_pv_unmap_gather(m);
		return;
	}
	if (likely(!xb_pv_empty_run(m->area, slot, m->nr)))
		return;
	for (i = 0; i < m->nr; i++)
		if (test_bit(slot + i, m->area->filled))
			xb_map_fail(m, i, -EIO);
}

bool xb_pv_fill_grant(struct xb_area *area, u32 slot, domid_t domid, u64 ref,
		      bool readonly)
{
	struct xb_grants *grants = area->grants;
	struct gnttab_map_grant_ref *op = &grants->map[slot];

	if (unlikely(test_bit(slot, area->filled)))
		return false;
	/* What xb_grants_refill and xb_grants_settle are for is not done here. */
	if (grants->pages && (readonly || !grants->pages[slot]))
		return false;
	xb_pv_tell(op, xb_pv_map_flags(readonly), min_t(u64, ref, U32_MAX),
		   domid);
	xb_pv_mark(area, slot, 1, true);
	if (unlikely(xb_pv_grant_op(GNTTABOP_map_grant_ref, op, 1) ||
		     op->status != GNTST_okay)) {
		xb_pv_refused(area, slot);
		return false;
	}
	grants->unmap[slot].handle = op->handle;
	return true;
}

bool xb_pv_empty_grant(struct xb_area *area, u32 slot)
{
	return likely(test_bit(slot, area->filled)) &&
	       likely(!xb_pv_empty_run(area, slot, 1));
}

void xb_pv_leave_grants(struct xb_area *area, unsigned long first,
			unsigned long nr)
{
	unsigned long end = first + nr, next;

	for (;;) {
		first = find_next_bit(area->filled, end, first);
		if (first >= end)
			break;
		next = find_next_zero_bit(area->filled, end, first);
		WARN_ON_ONCE(xb_pv_empty_run(area, first, next - first));
		first = next;
	}
}

/* Where Xen finds the entries of slots does not change. */
void xb_pv_lay_grants(struct xb_area *area)
{
	struct xb_grants *grants = area->grants;
	unsigned long slot;

	for (slot = 0; slot < grants->nr; slot++) {
		grants->map[slot].host_addr = xb_pv_entry(area, slot);
		grants->unmap[slot].host_addr = grants->map[slot].host_addr;
	}
}
