// SPDX-License-Identifier: GPL-2.0
/* Auto-translated: pages without memory, and the user's page-table entries. */
#include <linux/mm.h>
#include <linux/slab.h>

#include <asm/tlbflush.h>
#include <asm/xen/hypercall.h>
#include <xen/grant_table.h>
#include <xen/page.h>
#include <xen/xen.h>

#include "auto.h"
#include "context.h"
#include "grant.h"

/* A slot is what the user's tables map and what Xen does. */
static_assert(PAGE_SIZE == XEN_PAGE_SIZE);

static int xb_auto_no_action(pte_t *pte, unsigned long addr, void *data)
{
	return 0;
}

/*
 * Make the page tables now, so that nothing needs memory later: area->lock is
 * taken when memory is short, too.
 */
static int xb_auto_tables(struct xb_area *area)
{
	unsigned long addr, next;
	int err;

	for (addr = area->start; addr < area->end; addr = next) {
		next = min(ALIGN(addr + 1, PMD_SIZE), area->end);
		err = apply_to_page_range(area->ctx->mm, addr, PAGE_SIZE,
					  xb_auto_no_action, NULL);
		if (err)
			return err;
	}
	return 0;
}

int xb_auto_create(struct xb_area *area)
{
	struct xb_auto *kind = kzalloc(sizeof(*kind), GFP_KERNEL_ACCOUNT);
	int err = -ENOMEM;

	if (!kind)
		return err;
	if (area->grants)
		kind->page = area->grants->pages;
	else
		kind->page = kvcalloc(xb_area_slots(area),
				      sizeof(*kind->page), GFP_KERNEL_ACCOUNT);
	if (!kind->page)
		goto err_kind;
	err = xb_auto_tables(area);
	if (err)
		goto err_page;
	area->kind = kind;
	return 0;

err_page:
	if (!area->grants)
		kvfree(kind->page);
err_kind:
	kfree(kind);
	return err;
}

void xb_auto_destroy(struct xb_area *area)
{
	struct xb_auto *kind = area->kind;

	if (!area->grants)
		kvfree(kind->page);
	kfree(kind);
}

int xb_auto_begin(struct xb_map *m)
{
	struct page **fresh = m->scratch->fresh;
	int err;

	err = m->area->grants ? gnttab_alloc_pages(m->nr, fresh) :
				xen_alloc_unpopulated_pages(m->nr, fresh);
	return err ? -ENOMEM : 0;
}

void xb_auto_end(struct xb_map *m)
{
	struct page **fresh = m->scratch->fresh;
	unsigned int i, n = 0;

	for (i = 0; i < m->nr; i++)
		if (fresh[i])
			fresh[n++] = fresh[i];
	if (n && m->area->grants)
		gnttab_free_pages(n, fresh);
	else if (n)
		xen_free_unpopulated_pages(n, fresh);
}

/*
 * Somebody has the slot in hand just now, and its entry is away for a moment;
 * or it is empty. The entry of a filled one is there again when we have the
 * lock.
 */
vm_fault_t xb_auto_fault(struct vm_fault *vmf)
{
	struct xb_area *area = vmf->vma->vm_private_data;
	bool filled = false;
	unsigned long slot;

	/* A child's copy, which has nothing. */
	if (!area)
		return VM_FAULT_SIGBUS;
	slot = (vmf->address - area->start) >> PAGE_SHIFT;
	mutex_lock(&area->lock);
	if (!area->gone && slot < xb_area_slots(area))
		filled = test_bit(slot, area->filled);
	mutex_unlock(&area->lock);
	return filled ? VM_FAULT_NOPAGE : VM_FAULT_SIGBUS;
}

/*
 * A write to a slot whose entry does not let it: it was mapped so; or somebody
 * has cleared soft-dirty bits, which the kernel does where it has pages.
 */
vm_fault_t xb_auto_mkwrite(struct vm_fault *vmf)
{
	struct xb_area *area = vmf->vma->vm_private_data;
	unsigned long slot = (vmf->address - area->start) >> PAGE_SHIFT;
	vm_fault_t fault = VM_FAULT_SIGBUS;

	if (area->region != XENBATCH_REGION_GRANT_PAGES)
		return fault;
	mutex_lock(&area->lock);
	if (!area->gone && !area->moving && slot < xb_area_slots(area) &&
	    test_bit(slot, area->filled) &&
	    !xb_grant_is_readonly(area->grants, slot)) {
		xb_auto_set(area, slot, 1, false);
		fault = VM_FAULT_NOPAGE;
	}
	mutex_unlock(&area->lock);
	return fault;
}

struct xb_auto_entries {
	struct xb_area *area;
	bool readonly;
};

static int xb_auto_set_one(pte_t *pte, unsigned long addr, void *data)
{
	const struct xb_auto_entries *e = data;
	const struct xb_auto *kind = e->area->kind;
	struct page *page = kind->page[(addr - e->area->start) >> PAGE_SHIFT];
	struct mm_struct *mm = e->area->ctx->mm;
	pte_t entry;

	if (unlikely(!page)) {
		pte_clear(mm, addr, pte);
		return 0;
	}
	entry = pte_mkspecial(pfn_pte(page_to_pfn(page), e->area->prot));
	/* Dirty from the start, or the first write would fault. */
	if (e->readonly || !e->area->writable)
		entry = pte_wrprotect(entry);
	else
		entry = pte_mkdirty(entry);
	set_pte_at(mm, addr, pte, entry);
	return 0;
}

static int xb_auto_clear_one(pte_t *pte, unsigned long addr, void *data)
{
	pte_clear((struct mm_struct *)data, addr, pte);
	return 0;
}

static void xb_auto_apply(struct xb_area *area, u32 first, u32 nr, pte_fn_t fn,
			  void *data)
{
	/* The tables are there, so it cannot fail. */
	WARN_ON_ONCE(apply_to_page_range(area->ctx->mm,
					 xb_area_addr(area, first),
					 (unsigned long)nr << PAGE_SHIFT, fn,
					 data));
}

void xb_auto_set(struct xb_area *area, u32 first, u32 nr, bool readonly)
{
	struct xb_auto_entries e = { .area = area, .readonly = readonly };

	xb_auto_apply(area, first, nr, xb_auto_set_one, &e);
}

void xb_auto_break(struct xb_area *area, u32 first, u32 nr)
{
	if (!IS_ENABLED(CONFIG_ARM64))
		return;
	xb_auto_apply(area, first, nr, xb_auto_clear_one,
		      area->ctx->mm);
	xb_auto_flush(area);
}

void xb_auto_clear(struct xb_area *area, const u32 *slots, unsigned int nr)
{
	unsigned int i, n;

	for (i = 0; i < nr; i += n) {
		for (n = 1; i + n < nr && slots[i + n] == slots[i] + n; n++)
			;
		xb_auto_apply(area, slots[i], n, xb_auto_clear_one,
			      area->ctx->mm);
	}
	if (IS_ENABLED(CONFIG_ARM64))
		xb_auto_flush(area);
}

#ifdef CONFIG_X86
/* Linux's headers do not have it (public/hvm/hvm_op.h). */
#define XB_HVMOP_FLUSH_TLBS	5

/* A module cannot flush another processor's, but Xen can. */
void xb_auto_flush(struct xb_area *area)
{
	int err;

	do {
		err = HYPERVISOR_hvm_op(XB_HVMOP_FLUSH_TLBS, NULL);
	} while (err == -ERESTART);
	WARN_ON_ONCE(err);
}
#else
void xb_auto_flush(struct xb_area *area)
{
	flush_tlb_mm(area->ctx->mm);
}
#endif
