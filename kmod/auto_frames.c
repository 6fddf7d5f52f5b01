// SPDX-License-Identifier: GPL-2.0
/*
 * Auto-translated, foreign frames: one hypercall brings many to pages, of which
 * each slot gets a new one, so that a slot that is replaced leads to the old
 * contents or to the new at any time. What was there before goes one by one,
 * which is one multicall.
 */
#include <linux/mm.h>

#include <asm/xen/hypercall.h>
#include <xen/interface/memory.h>
#include <xen/page.h>
#include <xen/xen-ops.h>
#include <xen/xen.h>

#include "auto.h"

/* Take what is in pages [0, nr) from them, 32 at most, and give them back. */
static void xb_auto_remove_few(struct xb_auto *kind, struct page **pages,
			       unsigned int nr)
{
	struct multicall_entry *e = kind->entries;
	unsigned int i, n = 0;
	long err;

	for (i = 0; i < nr; i++, e++) {
		kind->gone[i].domid = DOMID_SELF;
		kind->gone[i].gpfn = xen_page_to_gfn(pages[i]);
		e->op = __HYPERVISOR_memory_op;
		e->args[0] = XENMEM_remove_from_physmap;
		e->args[1] = (unsigned long)&kind->gone[i];
		e->result = -EIO;
	}
	xen_preemptible_hcall_begin();
	err = privcmd_call(__HYPERVISOR_multicall,
			   (unsigned long)kind->entries, nr, 0, 0, 0);
	xen_preemptible_hcall_end();
	WARN_ON_ONCE(err);
	for (i = 0; i < nr; i++) {
		err = kind->entries[i].result;
		/* One that Xen keeps can never be used again. */
		if (WARN_ON_ONCE(err && err != -ENOENT))
			continue;
		pages[n++] = pages[i];
	}
	if (n)
		xen_free_unpopulated_pages(n, pages);
}

/* The same for those that are not NULL; they are NULL afterwards. */
static void xb_auto_remove(struct xb_auto *kind, struct page **pages,
			   unsigned int nr)
{
	unsigned int i, n = 0;

	for (i = 0; i < nr; i++) {
		if (!pages[i])
			continue;
		kind->leaving[n++] = pages[i];
		pages[i] = NULL;
		if (n == XB_AUTO_FEW) {
			xb_auto_remove_few(kind, kind->leaving, n);
			n = 0;
		}
	}
	if (n)
		xb_auto_remove_few(kind, kind->leaving, n);
}

/*
 * Pages that have their contents change places with those in the slots; is one
 * of these not NULL?
 */
static bool xb_auto_swap(struct xb_map *m)
{
	struct page **fresh = m->scratch->fresh;
	struct xb_area *area = m->area;
	struct xb_auto *kind = area->kind;
	bool replaced = false;
	struct xb_part *p;
	u32 i, slot;

	for (p = xb_parts(m); p < xb_parts_end(m); p++) {
		for (i = p->first; i < (u32)p->first + p->count; i++) {
			slot = p->slot + i - p->first;
			if (unlikely(m->bad && m->scratch->errs[i])) {
				/* Nothing came, and what was there goes. */
				xen_free_unpopulated_pages(1, &fresh[i]);
				fresh[i] = NULL;
				if (__test_and_clear_bit(slot, area->filled))
					area->nr_filled--;
			} else if (!__test_and_set_bit(slot, area->filled)) {
				area->nr_filled++;
			}
			swap(fresh[i], kind->page[slot]);
			replaced |= !!fresh[i];
		}
	}
	return replaced;
}

/* Pages have their contents, or an err: the slots change to them. */
static void xb_auto_take(struct xb_map *m)
{
	bool replaced = xb_auto_swap(m);
	struct xb_part *p;

	for (p = xb_parts(m); p < xb_parts_end(m); p++) {
		if (replaced)
			xb_auto_break(m->area, p->slot, p->count);
		xb_auto_set(m->area, p->slot, p->count, p->readonly);
	}
	if (replaced)
		xb_auto_remove(m->area->kind, m->scratch->fresh, m->nr);
}

static void xb_auto_gfns(struct xb_map *m, xen_pfn_t *gfns)
{
	unsigned int i;

	for (i = 0; i < m->nr; i++)
		gfns[i] = xen_page_to_gfn(m->scratch->fresh[i]);
}

/*
 * Has this domain frames that can be mapped? Of Xen's own ones the hypervisor
 * has pages to share; the others are none, but Xen 4.17 on arm looks for their
 * tables and dies of it.
 */
static bool xb_auto_has_frames(domid_t domid)
{
	return domid <= DOMID_SELF || domid == DOMID_XEN;
}

void xb_auto_map_frames(struct xb_map *m)
{
	struct xen_add_to_physmap_range add = {
		.domid = DOMID_SELF,
		.space = XENMAPSPACE_gmfn_foreign,
		.size = m->nr,
		.foreign_domid = m->domid,
	};
	s32 *results = m->scratch->add.results;
	unsigned int i;
	int err = -ESRCH;

	BUILD_BUG_ON(sizeof(xen_ulong_t) != sizeof(*m->scratch->frames));
	xb_auto_gfns(m, m->scratch->add.gfns);
	set_xen_guest_handle(add.idxs, (xen_ulong_t *)m->scratch->frames);
	set_xen_guest_handle(add.gpfns, m->scratch->add.gfns);
	set_xen_guest_handle(add.errs, results);
	memset(results, 0xff, m->nr * sizeof(*results));
	xen_preemptible_hcall_begin();
	if (likely(xb_auto_has_frames(m->domid)))
		err = HYPERVISOR_memory_op(XENMEM_add_to_physmap_range, &add);
	xen_preemptible_hcall_end();
	/* Even if all of it failed: what has come is known page by page. */
	for (i = 0; i < m->nr; i++)
		if (unlikely(results[i]))
			xb_map_fail(m, i, err ?: results[i]);
	xb_auto_take(m);
}

int xb_auto_map_resource(struct xb_map *m, struct xen_mem_acquire_resource *r)
{
	xen_pfn_t *gfns = m->scratch->add.gfns;
	int err;

	xb_auto_gfns(m, gfns);
	set_xen_guest_handle(r->frame_list, gfns);
	xen_preemptible_hcall_begin();
	err = HYPERVISOR_memory_op(XENMEM_acquire_resource, r);
	xen_preemptible_hcall_end();
	if (!err)
		xb_auto_take(m);
	else
		/* Some of it may have come. */
		xb_auto_remove(m->area->kind, m->scratch->fresh, m->nr);
	return err;
}

void xb_auto_unmap_frames(struct xb_map *m)
{
	unsigned int i, n = xb_map_take_filled(m);
	struct page **pages = m->scratch->fresh;
	const u32 *slots = m->scratch->slots;
	struct xb_auto *kind = m->area->kind;

	if (!n)
		return;
	for (i = 0; i < n; i++) {
		pages[i] = kind->page[slots[i]];
		kind->page[slots[i]] = NULL;
	}
	xb_auto_clear(m->area, slots, n);
	xb_auto_remove(kind, pages, n);
}

void xb_auto_leave_frames(struct xb_area *area, unsigned long first,
			  unsigned long nr)
{
	struct xb_auto *kind = area->kind;
	unsigned long end = first + nr;
	unsigned int n;

	do {
		n = 0;
		for_each_set_bit_from(first, area->filled, end) {
			__clear_bit(first, area->filled);
			kind->slots[n] = first;
			kind->leaving[n] = kind->page[first];
			kind->page[first] = NULL;
			if (++n == XB_AUTO_FEW)
				break;
		}
		area->nr_filled -= n;
		if (!n)
			break;
		xb_auto_clear(area, kind->slots, n);
		xb_auto_remove_few(kind, kind->leaving, n);
	} while (n == XB_AUTO_FEW);
}
