// SPDX-License-Identifier: GPL-2.0
/*
 * PV, foreign frames: one mmu_update for many entries. Xen stops at a bad
 * frame, so it is marked and the rest goes on; and it flushes nothing, which is
 * needed where an entry was present before, and only there.
 */
#include <linux/mm.h>
#include <linux/slab.h>

#include <asm/xen/hypercall.h>
#include <asm/xen/page.h>
#include <xen/interface/xen.h>
#include <xen/interface/memory.h>
#include <xen/xen-ops.h>

#include "context.h"
#include "pv.h"

/* Entries of one hypercall made with no memory but the stack's. */
#define XB_PV_FEW	24

static int xb_pv_note_table(pte_t *pte, unsigned long addr, void *data)
{
	u64 *table = data;

	*table = arbitrary_virt_to_machine(pte).maddr & PAGE_MASK;
	return 0;
}

/*
 * Make the page tables, and note where they lie. They stay as long as the
 * area is mapped.
 */
int xb_pv_create(struct xb_area *area)
{
	unsigned long first = area->start >> PMD_SHIFT;
	unsigned long last = (area->end - 1) >> PMD_SHIFT;
	unsigned long i;
	struct xb_pv *pv;
	int err;

	pv = kvmalloc(struct_size(pv, tables, last - first + 1),
		      GFP_KERNEL_ACCOUNT);
	if (!pv)
		return -ENOMEM;
	pv->flags = pte_val_ma(pte_mkspecial(mfn_pte(0, area->prot))) |
		    _PAGE_ACCESSED;
	if (area->writable)
		pv->flags |= _PAGE_DIRTY;
	for (i = first; i <= last; i++) {
		err = apply_to_page_range(area->ctx->mm,
					  max(i << PMD_SHIFT, area->start),
					  PAGE_SIZE, xb_pv_note_table,
					  &pv->tables[i - first]);
		if (err)
			goto err_free;
	}
	area->kind = pv;
	return 0;

err_free:
	kvfree(pv);
	return err;
}

void xb_pv_destroy(struct xb_area *area)
{
	kvfree(area->kind);
}

static int xb_pv_mmu_update(struct mmu_update *updates, unsigned int n,
			    unsigned int *done, domid_t domid)
{
	int err, did = 0;

	xen_preemptible_hcall_begin();
	err = HYPERVISOR_mmu_update(updates, n, &did, domid);
	xen_preemptible_hcall_end();
	*done = err ? did : n;
	return err;
}

static void xb_pv_flush(struct xb_area *area, unsigned int n, u32 slot)
{
	struct mmuext_op op = { .cmd = MMUEXT_TLB_FLUSH_ALL };

	/* An address means what it does in the current address space. */
	if (n == 1 && current->mm == area->ctx->mm) {
		op.cmd = MMUEXT_INVLPG_ALL;
		op.arg1.linear_addr = xb_area_addr(area, slot);
	}
	WARN_ON_ONCE(HYPERVISOR_mmuext_op(&op, 1, NULL, DOMID_SELF));
}

/* Write zero to n entries that are in the array, and flush. */
static void xb_pv_clear(struct xb_area *area, struct mmu_update *updates,
			unsigned int n)
{
	unsigned int done;

	/* They are ours and present: Xen has no reason to refuse it. */
	WARN_ON_ONCE(xb_pv_mmu_update(updates, n, &done, DOMID_SELF));
}

/* One entry of the current address space, and its flush, in one hypercall. */
static long xb_pv_one(struct xb_area *area, u32 slot, u64 val, bool flush,
		      domid_t domid)
{
	unsigned long addr = xb_area_addr(area, slot);
	unsigned long how = flush ? UVMF_INVLPG | UVMF_ALL : UVMF_NONE;

	if (domid == DOMID_SELF)
		return HYPERVISOR_update_va_mapping(addr,
						    native_make_pte(val), how);
	return privcmd_call(__HYPERVISOR_update_va_mapping_otherdomain, addr,
			    val, how, domid, 0);
}

/* Beyond all memory: Xen says so, and it does not spill into other bits. */
#define XB_PV_NO_FRAME	((1ULL << (__PHYSICAL_MASK_SHIFT - PAGE_SHIFT)) - 1)

static u64 xb_pv_value(const struct xb_pv *pv, const struct xb_page *page)
{
	u64 val = pv->flags | min(page->frame, XB_PV_NO_FRAME) << PAGE_SHIFT;

	if (page->readonly)
		val &= ~(u64)(_PAGE_RW | _PAGE_DIRTY);
	return val;
}

static void xb_pv_fail(struct xb_map *m, struct xb_page *page, int err)
{
	m->bad = true;
	page->err = err;
}

/* Its frame could not be mapped: what was there before goes. */
static void xb_pv_drop(struct xb_area *area, u32 slot)
{
	struct mmu_update update = {
		.ptr = xb_pv_entry(area, slot) | MMU_NORMAL_PT_UPDATE,
	};

	if (!__test_and_clear_bit(slot, area->filled))
		return;
	area->nr_filled--;
	xb_pv_clear(area, &update, 1);
	xb_pv_flush(area, 1, slot);
}

static void xb_pv_map_one(struct xb_map *m)
{
	struct xb_area *area = m->area;
	struct xb_page *page = m->pages;
	bool filled = test_bit(page->slot, area->filled);
	long err;

	err = xb_pv_one(area, page->slot, xb_pv_value(area->kind, page),
			filled, m->domid);
	if (unlikely(err)) {
		xb_pv_fail(m, page, err);
		xb_pv_drop(area, page->slot);
	} else if (!filled) {
		__set_bit(page->slot, area->filled);
		area->nr_filled++;
	}
}

/* Pages [first, first + n) are there now: how many replaced another. */
static unsigned int xb_pv_filled(struct xb_area *area,
				 const struct xb_page *page, unsigned int n)
{
	unsigned int i, replaced = 0;

	for (i = 0; i < n; i++)
		if (__test_and_set_bit(page[i].slot, area->filled))
			replaced++;
	area->nr_filled += n - replaced;
	return replaced;
}

static void xb_pv_map_many(struct xb_map *m)
{
	const u64 cmd = m->resource ? MMU_PT_UPDATE_NO_TRANSLATE :
				      MMU_NORMAL_PT_UPDATE;
	struct mmu_update *updates = m->scratch->updates;
	struct xb_area *area = m->area;
	struct xb_page *page = m->pages;
	unsigned int i, done, replaced = 0;
	int err;

	for (i = 0; i < m->nr; i++) {
		updates[i].ptr = xb_pv_entry(area, page[i].slot) | cmd;
		updates[i].val = xb_pv_value(area->kind, &page[i]);
	}
	for (i = 0; i < m->nr; i++) {
		err = xb_pv_mmu_update(&updates[i], m->nr - i, &done, m->domid);
		replaced += xb_pv_filled(area, &page[i], done);
		if (likely(!err))
			break;
		/* In order, since one slot may be named more than once. */
		i += done;
		xb_pv_fail(m, &page[i], err);
		xb_pv_drop(area, page[i].slot);
	}
	if (replaced)
		xb_pv_flush(area, m->nr, page->slot);
}

void xb_pv_map_frames(struct xb_map *m)
{
	if (m->nr == 1 && !m->resource)
		xb_pv_map_one(m);
	else
		xb_pv_map_many(m);
}

/*
 * For a PV domain Xen says in which of its own frames the resource lies. They
 * belong to the domain, or, with older hypervisors that say so, to us.
 */
int xb_pv_map_resource(struct xb_map *m, struct xen_mem_acquire_resource *r)
{
	xen_pfn_t *frames = m->scratch->frames;
	unsigned int i;
	int err;

	set_xen_guest_handle(r->frame_list, frames);
	xen_preemptible_hcall_begin();
	err = HYPERVISOR_memory_op(XENMEM_acquire_resource, r);
	xen_preemptible_hcall_end();
	if (err)
		return err;
	for (i = 0; i < m->nr; i++)
		m->pages[i].frame = frames[i];
	if (r->flags & XENMEM_rsrc_acq_caller_owned)
		m->domid = DOMID_SELF;
	xb_pv_map_frames(m);
	for (i = 0; m->bad && i < m->nr; i++) {
		err = err ?: m->pages[i].err;
		xb_pv_drop(m->area, m->pages[i].slot);
	}
	return err;
}

/* Empty n slots, which are filled: their bits are cleared already. */
static void xb_pv_empty(struct xb_area *area, const u32 *slots, unsigned int n,
			struct mmu_update *updates)
{
	unsigned int i;

	for (i = 0; i < n; i++) {
		updates[i].ptr = xb_pv_entry(area, slots[i]) |
				 MMU_NORMAL_PT_UPDATE;
		updates[i].val = 0;
	}
	area->nr_filled -= n;
	xb_pv_clear(area, updates, n);
}

void xb_pv_unmap_frames(struct xb_map *m)
{
	struct xb_area *area = m->area;
	u32 *slots = m->scratch->slots;
	struct xb_page *page = m->pages;
	unsigned int i, n = 0;

	for (i = 0; i < m->nr; i++, page++) {
		if (likely(__test_and_clear_bit(page->slot, area->filled))) {
			slots[n++] = page->slot;
			continue;
		}
		m->bad = true;
		page->err = XB_NOT_FILLED;
	}
	if (n == 1) {
		area->nr_filled--;
		WARN_ON_ONCE(xb_pv_one(area, slots[0], 0, true, DOMID_SELF));
	} else if (n) {
		xb_pv_empty(area, slots, n, m->scratch->updates);
		xb_pv_flush(area, n, 0);
	}
}

void xb_pv_leave_frames(struct xb_area *area, unsigned long first,
			unsigned long nr)
{
	struct mmu_update updates[XB_PV_FEW];
	unsigned long end = first + nr;
	u32 slots[XB_PV_FEW];
	unsigned int n = 0, all = 0;

	for_each_set_bit_from(first, area->filled, end) {
		__clear_bit(first, area->filled);
		slots[n] = first;
		all++;
		if (++n == XB_PV_FEW) {
			xb_pv_empty(area, slots, n, updates);
			n = 0;
		}
	}
	if (n)
		xb_pv_empty(area, slots, n, updates);
	if (all)
		xb_pv_flush(area, all, slots[0]);
}
