// SPDX-License-Identifier: GPL-2.0
/*
 * Auto-translated, grants: each comes to a page of its own. The pages are those
 * that the user's entries lead to, so I/O can use them as they are; one that it
 * still uses when its slot is emptied stays mapped until it ends
 * (grant_page.c), and the slot gets another.
 */
#include <linux/mm.h>

#include <xen/grant_table.h>
#include <xen/page.h>

#include "auto.h"
#include "grant.h"

static unsigned long xb_auto_kaddr(struct page *page)
{
	return (unsigned long)page_address(page);
}

/*
 * Grants of this domain's own would come to a second frame, and on x86 Xen takes
 * a page away from the first one then (p2m_add_page(), 4.17): whoever still has
 * that, the kernel too, finds nothing there. A PV dom0 has no such trouble, and
 * it is dom0 that loads this module.
 */
static bool xb_auto_is_own(domid_t domid)
{
	return IS_ENABLED(CONFIG_X86) && (!domid || domid == DOMID_SELF);
}

/* As for PV: operations for those pages whose slots are empty. */
static unsigned int xb_auto_map_build(struct xb_map *m)
{
	struct gnttab_map_grant_ref *op = m->scratch->map;
	struct page **fresh = m->scratch->fresh;
	const u32 *ref = m->scratch->refs;
	struct xb_area *area = m->area;
	struct xb_auto *kind = area->kind;
	struct xb_part *p;
	u32 slot, flags;

	for (p = xb_parts(m); p < xb_parts_end(m); p++) {
		flags = GNTMAP_host_map | (p->readonly ? GNTMAP_readonly : 0);
		for (slot = p->slot; slot < p->slot + p->count; slot++, ref++) {
			/* Now, since one slot may be named more than once. */
			if (unlikely(test_bit(slot, area->filled))) {
				xb_map_fail(m, p->first + slot - p->slot,
					    -EBUSY);
				continue;
			}
			if (unlikely(xb_auto_is_own(p->domid))) {
				xb_map_fail(m, p->first + slot - p->slot,
					    -EINVAL);
				continue;
			}
			gnttab_set_map_op(op, xb_auto_kaddr(*fresh), flags,
					  *ref, p->domid);
			op->status = GNTST_general_error;
			area->grants->map[slot] = *op++;
			kind->page[slot] = *fresh++;
			__set_bit(slot, area->filled);
		}
	}
	return op - m->scratch->map;
}

/*
 * What Xen has said; fresh keeps the pages that were not used. Of those that
 * were asked for, each follows the one before it in both arrays.
 */
static void xb_auto_map_take(struct xb_map *m, unsigned int n)
{
	struct gnttab_map_grant_ref *op = m->scratch->map;
	struct page **fresh = m->scratch->fresh;
	struct xb_area *area = m->area;
	struct xb_auto *kind = area->kind;
	struct gnttab_unmap_grant_ref *unmap = area->grants->unmap;
	struct xb_part *p;
	u32 i;

	area->nr_filled += n;
	for (p = xb_parts(m); p < xb_parts_end(m); p++) {
		for (i = 0; i < p->count; i++) {
			if (unlikely(m->bad) && m->scratch->errs[p->first + i])
				continue;
			if (likely(op->status == GNTST_okay)) {
				gnttab_set_unmap_op(unmap + p->slot + i,
						    xb_auto_kaddr(*fresh),
						    GNTMAP_host_map,
						    op->handle);
				*fresh = NULL;
			} else {
				xb_map_fail(m, p->first + i,
					    xb_grant_errno(op->status));
				kind->page[p->slot + i] = NULL;
				__clear_bit(p->slot + i, area->filled);
				area->nr_filled--;
			}
			op++;
			fresh++;
		}
	}
}

/* The entries of what was mapped, and of nothing that was there before. */
static void xb_auto_map_set(struct xb_map *m)
{
	struct xb_part *p;
	u32 i, n;

	for (p = xb_parts(m); p < xb_parts_end(m); p++) {
		for (i = 0; i < p->count; i += n) {
			n = 1;
			if (unlikely(m->bad)) {
				if (m->scratch->errs[p->first + i])
					continue;
			} else {
				n = p->count;
			}
			xb_auto_set(m->area, p->slot + i, n, p->readonly);
		}
	}
}

void xb_auto_map_grants(struct xb_map *m)
{
	unsigned int n = xb_auto_map_build(m);

	if (!n)
		return;
	WARN_ON_ONCE(gnttab_map_refs(m->scratch->map, NULL, m->scratch->fresh,
				     n));
	xb_auto_map_take(m, n);
	xb_auto_map_set(m);
}

/* Xen keeps it: as it was before. */
static void xb_auto_keep(struct xb_area *area, u32 slot, struct page *page)
{
	struct xb_auto *kind = area->kind;

	kind->page[slot] = page;
	__set_bit(slot, area->filled);
	area->nr_filled++;
	xb_auto_set(area, slot, 1, xb_grant_is_readonly(area->grants, slot));
}

/*
 * Empty n slots, which do not count as filled any more, so that nobody finds
 * their pages. Those that Xen keeps count again and move to the front of slots;
 * returns how many.
 */
static unsigned int xb_auto_empty(struct xb_area *area, u32 *slots,
				  unsigned int n, struct page **pages,
				  struct gnttab_unmap_grant_ref *ops)
{
	struct xb_grants *grants = area->grants;
	struct xb_auto *kind = area->kind;
	unsigned int i, mine = 0, kept = 0;

	xb_auto_clear(area, slots, n);
	/* Those whose page somebody has had are last: they go by themselves. */
	for (i = 0; i < n; i++) {
		if (unlikely(grants->kmap[slots[i]]))
			continue;
		swap(slots[i], slots[mine]);
		mine++;
	}
	if (unlikely(mine < n))
		xb_auto_flush(area);
	for (i = 0; i < mine; i++) {
		pages[i] = kind->page[slots[i]];
		kind->page[slots[i]] = NULL;
		ops[i] = grants->unmap[slots[i]];
		ops[i].status = GNTST_general_error;
	}
	if (mine)
		WARN_ON_ONCE(gnttab_unmap_refs(ops, NULL, pages, mine));
	for (i = 0; i < mine; i++) {
		if (likely(ops[i].status == GNTST_okay))
			continue;
		xb_auto_keep(area, slots[i], pages[i]);
		swap(slots[i], slots[kept]);
		swap(pages[i], pages[kept]);
		kept++;
	}
	for (i = kept; i < n; i++)
		xb_grants_emptied(area, slots[i], 1);
	if (mine > kept)
		gnttab_free_pages(mine - kept, pages + kept);
	return kept;
}

void xb_auto_unmap_grants(struct xb_map *m)
{
	struct xb_grants *grants = m->area->grants;
	struct xb_scratch *scratch = m->scratch;
	unsigned int n;

	spin_lock(&grants->lock);
	n = xb_map_take_filled(m);
	spin_unlock(&grants->lock);
	if (n)
		n = xb_auto_empty(m->area, scratch->slots, n, scratch->fresh,
				  scratch->unmap);
	if (unlikely(n))
		xb_map_keep(m, n);
}

void xb_auto_leave_grants(struct xb_area *area, unsigned long first,
			  unsigned long nr)
{
	struct xb_auto *kind = area->kind;
	unsigned long end = first + nr;
	unsigned int n;

	do {
		n = 0;
		spin_lock(&area->grants->lock);
		for_each_set_bit_from(first, area->filled, end) {
			__clear_bit(first, area->filled);
			kind->slots[n] = first;
			if (++n == XB_AUTO_FEW)
				break;
		}
		area->nr_filled -= n;
		spin_unlock(&area->grants->lock);
		if (n)
			WARN_ON_ONCE(xb_auto_empty(area, kind->slots, n,
						   kind->leaving,
						   kind->unmap));
	} while (n == XB_AUTO_FEW);
}
