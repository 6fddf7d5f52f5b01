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

/*
 * So many slots of one page table are cheaper emptied by the table: that is
 * 25,000 instructions and 180 a slot, an entry by itself is 510 (Xen 4.17).
 */
#define XB_PV_MANY	96

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
	if (area->grants)
		xb_pv_lay_grants(area);
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

/*
 * One entry of the current address space, and a flush of what it was or of
 * everything, in one hypercall. If it fails, nothing is flushed.
 */
static long xb_pv_one(struct xb_area *area, u32 slot, u64 val,
		      unsigned long how, domid_t domid)
{
	unsigned long addr = xb_area_addr(area, slot);

	if (domid == DOMID_SELF)
		return HYPERVISOR_update_va_mapping(addr,
						    native_make_pte(val), how);
	return privcmd_call(__HYPERVISOR_update_va_mapping_otherdomain, addr,
			    val, how, domid, 0);
}

/* Beyond all memory: Xen says so, and it does not spill into other bits. */
#define XB_PV_NO_FRAME	((1ULL << (__PHYSICAL_MASK_SHIFT - PAGE_SHIFT)) - 1)

static u64 xb_pv_flags(const struct xb_area *area, bool readonly)
{
	const struct xb_pv *pv = area->kind;

	if (readonly)
		return pv->flags & ~(u64)(_PAGE_RW | _PAGE_DIRTY);
	return pv->flags;
}

static u64 xb_pv_value(u64 frame, u64 flags)
{
	return min(frame, XB_PV_NO_FRAME) << PAGE_SHIFT | flags;
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

/*
 * The page of the stretch comes to slot by a hypercall of its own, which flushes
 * if it did: what was in the slot, or everything. False: it could not be mapped.
 */
static bool xb_pv_map_one(struct xb_map *m, unsigned int page,
			  const struct xb_part *p, u32 slot, unsigned long how)
{
	struct xb_area *area = m->area;
	u64 val = xb_pv_value(m->scratch->frames[page],
			      xb_pv_flags(area, p->readonly));
	long err = xb_pv_one(area, slot, val, how, m->domid);

	if (unlikely(err)) {
		xb_map_fail(m, page, err);
		xb_pv_drop(area, slot);
		return false;
	}
	if (!__test_and_set_bit(slot, area->filled))
		area->nr_filled++;
	return true;
}

bool xb_pv_fill_frame(struct xb_area *area, u32 slot, domid_t domid, u64 frame,
		      bool readonly)
{
	u64 val = xb_pv_value(frame, xb_pv_flags(area, readonly));
	bool filled = test_bit(slot, area->filled);

	if (unlikely(xb_pv_one(area, slot, val,
			       filled ? UVMF_INVLPG | UVMF_ALL : UVMF_NONE,
			       domid)))
		return false;
	if (!filled) {
		__set_bit(slot, area->filled);
		area->nr_filled++;
	}
	return true;
}

bool xb_pv_empty_frame(struct xb_area *area, u32 slot)
{
	if (unlikely(!__test_and_clear_bit(slot, area->filled)))
		return false;
	area->nr_filled--;
	/* It is ours and present: Xen has no reason to refuse it. */
	WARN_ON_ONCE(xb_pv_one(area, slot, 0, UVMF_INVLPG | UVMF_ALL,
			       DOMID_SELF));
	return true;
}

/* The first slot beyond slot's page table. */
static u32 xb_pv_table_end(const struct xb_area *area, u32 slot)
{
	unsigned long addr = xb_area_addr(area, slot);

	return slot + PTRS_PER_PTE - (addr >> PAGE_SHIFT) % PTRS_PER_PTE;
}

/* Numbers that are no frames' become one that Xen refuses. */
static noinline void xb_pv_clamp(struct mmu_update *update, const u64 *frame,
				 u32 n, u64 flags)
{
	for (; n; n--, update++, frame++)
		update->val = xb_pv_value(*frame, flags);
}

/* n updates of entries that follow each other in one table. */
static __always_inline void xb_pv_build_run(struct mmu_update *update, u64 ptr,
					    const u64 *frame, u32 n, u64 flags)
{
	u64 all = 0;
	u32 i;

	for (i = 0; i < n; i++, ptr += sizeof(pte_t)) {
		all |= frame[i];
		update[i].ptr = ptr;
		update[i].val = frame[i] << PAGE_SHIFT | flags;
	}
	if (unlikely(all > XB_PV_NO_FRAME))
		xb_pv_clamp(update, frame, n, flags);
}

static void xb_pv_build(struct xb_map *m)
{
	const u64 cmd = m->resource ? MMU_PT_UPDATE_NO_TRANSLATE :
				      MMU_NORMAL_PT_UPDATE;
	struct mmu_update *update = m->scratch->updates;
	const u64 *frame = m->scratch->frames;
	struct xb_area *area = m->area;
	struct xb_part *p;
	u32 slot, left, n;

	for (p = xb_parts(m); p < xb_parts_end(m); p++) {
		slot = p->slot;
		for (left = p->count; left; left -= n) {
			n = min(left, xb_pv_table_end(area, slot) - slot);
			xb_pv_build_run(update, xb_pv_entry(area, slot) | cmd,
					frame, n, xb_pv_flags(area,
							      p->readonly));
			update += n;
			frame += n;
			slot += n;
		}
	}
}

/* The slot of a page of the stretch. */
static u32 xb_pv_slot(const struct xb_map *m, unsigned int page)
{
	const struct xb_part *p = m->scratch->parts;

	while (page >= p->first + p->count)
		p++;
	return p->slot + page - p->first;
}

static void xb_pv_map_many(struct xb_map *m)
{
	const struct xb_part *p = &m->scratch->parts[m->nr_parts - 1];
	struct mmu_update *updates = m->scratch->updates;
	u32 slot, last = p->slot + p->count - 1;
	/* One that replaces another comes last, and flushes for all. */
	bool flushes = !m->resource && test_bit(last, m->area->filled);
	unsigned int i, done, replaced = 0;
	unsigned int nr = m->nr - flushes;
	int err;

	xb_pv_build(m);
	for (i = 0; i < nr; i++) {
		err = xb_pv_mmu_update(&updates[i], nr - i, &done, m->domid);
		replaced += xb_map_filled(m, i, i + done);
		if (likely(!err))
			break;
		/* In order, since one slot may be named more than once. */
		i += done;
		slot = xb_pv_slot(m, i);
		xb_map_fail(m, i, err);
		xb_pv_drop(m->area, slot);
	}
	if (flushes && xb_pv_map_one(m, nr, p, last,
				     UVMF_TLB_FLUSH | UVMF_ALL))
		return;
	if (replaced)
		xb_pv_flush(m->area, m->nr, m->scratch->parts->slot);
}

void xb_pv_map_frames(struct xb_map *m)
{
	const struct xb_part *p = m->scratch->parts;

	if (m->nr == 1 && !m->resource)
		xb_pv_map_one(m, 0, p, p->slot,
			      test_bit(p->slot, m->area->filled) ?
			      UVMF_INVLPG | UVMF_ALL : UVMF_NONE);
	else
		xb_pv_map_many(m);
}

/*
 * For a PV domain Xen says in which of its own frames the resource lies. They
 * belong to the domain, or, with older hypervisors that say so, to us.
 */
int xb_pv_map_resource(struct xb_map *m, struct xen_mem_acquire_resource *r)
{
	const struct xb_part *p = m->scratch->parts;
	xen_pfn_t *pfns = m->scratch->pfns;
	unsigned int i;
	int err;

	set_xen_guest_handle(r->frame_list, pfns);
	xen_preemptible_hcall_begin();
	err = HYPERVISOR_memory_op(XENMEM_acquire_resource, r);
	xen_preemptible_hcall_end();
	if (err)
		return err;
	for (i = 0; i < m->nr; i++)
		m->scratch->frames[i] = pfns[i];
	if (r->flags & XENMEM_rsrc_acq_caller_owned)
		m->domid = DOMID_SELF;
	xb_pv_map_frames(m);
	for (i = 0; m->bad && i < m->nr; i++) {
		err = err ?: m->scratch->errs[i];
		xb_pv_drop(m->area, p->slot + i);
	}
	return err;
}

/* Empty n slots, which do not count as filled any more. */
static void xb_pv_empty(struct xb_area *area, const u32 *slots, unsigned int n,
			struct mmu_update *updates)
{
	u64 entry = xb_pv_entry(area, slots[0]);
	unsigned int i;

	for (i = 0;;) {
		updates[i].ptr = entry | MMU_NORMAL_PT_UPDATE;
		updates[i].val = 0;
		if (++i == n)
			break;
		if (likely(slots[i] == slots[i - 1] + 1))
			entry = xb_pv_next(area, entry, slots[i]);
		else
			entry = xb_pv_entry(area, slots[i]);
	}
	xb_pv_clear(area, updates, n);
}

/*
 * Of n slots, which do not count as filled any more, empty those whose page
 * table has no others; the rest moves to the front of slots. Returns how many
 * are left.
 */
static unsigned int xb_pv_empty_tables(struct xb_area *area, u32 *slots,
				       unsigned int n)
{
	unsigned int i, next, table, left = 0;
	u32 end;

	for (i = 0; i < n; i = next) {
		table = xb_pv_table(area, slots[i]);
		end = xb_pv_table_end(area, slots[i]);
		for (next = i + 1; next < n && slots[next] < end &&
		     slots[next] > slots[i]; next++)
			;
		if (next - i >= XB_PV_MANY &&
		    xb_pv_table_is_whole(area, table) &&
		    find_next_bit(area->filled, end, end - PTRS_PER_PTE) >=
		    end) {
			xb_pv_empty_table(area, table);
			continue;
		}
		memmove(&slots[left], &slots[i], (next - i) * sizeof(*slots));
		left += next - i;
	}
	return left;
}

void xb_pv_unmap_frames(struct xb_map *m)
{
	u32 *slots = m->scratch->slots;
	struct xb_area *area = m->area;
	unsigned int n;

	n = xb_map_take_filled(m);
	if (n >= XB_PV_MANY)
		n = xb_pv_empty_tables(area, slots, n);
	if (!n)
		return;
	/* The last one's hypercall flushes for all. */
	if (n > 1)
		xb_pv_empty(area, slots, n - 1, m->scratch->updates);
	WARN_ON_ONCE(xb_pv_one(area, slots[n - 1], 0,
			       (n > 1 ? UVMF_TLB_FLUSH : UVMF_INVLPG) |
			       UVMF_ALL, DOMID_SELF));
}

/* All slots of whole page tables of [first, end) where that is cheaper. */
static void xb_pv_leave_tables(struct xb_area *area, unsigned long first,
			       unsigned long end)
{
	unsigned long slot, next, bit, n;

	for (slot = first; slot < end; slot = next) {
		next = xb_pv_table_end(area, slot);
		if (next > end || next - slot < PTRS_PER_PTE ||
		    !xb_pv_table_is_whole(area, xb_pv_table(area, slot)))
			continue;
		n = 0;
		bit = slot;
		for_each_set_bit_from(bit, area->filled, next)
			n++;
		if (n < XB_PV_MANY)
			continue;
		bitmap_clear(area->filled, slot, PTRS_PER_PTE);
		area->nr_filled -= n;
		xb_pv_empty_table(area, xb_pv_table(area, slot));
	}
}

void xb_pv_leave_frames(struct xb_area *area, unsigned long first,
			unsigned long nr)
{
	struct mmu_update updates[XB_PV_FEW];
	unsigned long end = first + nr;
	u32 slots[XB_PV_FEW];
	unsigned int n = 0, all = 0;

	xb_pv_leave_tables(area, first, end);
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
	area->nr_filled -= all;
	if (all)
		xb_pv_flush(area, all, slots[0]);
}
