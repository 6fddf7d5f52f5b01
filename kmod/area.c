// SPDX-License-Identifier: GPL-2.0
#include <linux/mm.h>
#include <linux/moduleparam.h>
#include <linux/slab.h>

#include "area.h"
#include "compat.h"
#include "context.h"
#include "grant.h"
#include "kind.h"

unsigned int xb_slots_max = 1U << 22;
module_param_named(slots_max, xb_slots_max, uint, 0444);
MODULE_PARM_DESC(slots_max, "Slots (pages) that the windows of one context may have");

void xb_areas_init(struct xb_areas *areas)
{
	spin_lock_init(&areas->lock);
	areas->tree = RB_ROOT;
	areas->last = NULL;
	atomic_long_set(&areas->slots, 0);
}

bool xb_area_is_region(unsigned int region)
{
	return region == XENBATCH_REGION_FOREIGN ||
	       region == XENBATCH_REGION_GRANT ||
	       region == XENBATCH_REGION_GRANT_PAGES;
}

/* The tree */

static void xb_area_insert(struct xb_areas *areas, struct xb_area *area)
{
	struct rb_node **link = &areas->tree.rb_node, *parent = NULL;

	spin_lock(&areas->lock);
	while (*link) {
		parent = *link;
		if (area->start < rb_entry(parent, struct xb_area, node)->start)
			link = &parent->rb_left;
		else
			link = &parent->rb_right;
	}
	rb_link_node(&area->node, parent, link);
	rb_insert_color(&area->node, &areas->tree);
	spin_unlock(&areas->lock);
}

static void xb_area_erase(struct xb_areas *areas, struct xb_area *area)
{
	spin_lock(&areas->lock);
	rb_erase(&area->node, &areas->tree);
	if (areas->last == area)
		areas->last = NULL;
	spin_unlock(&areas->lock);
}

static struct xb_area *xb_area_find(struct xb_areas *areas, unsigned long addr)
{
	struct rb_node *node = areas->tree.rb_node;
	struct xb_area *area;

	while (node) {
		area = rb_entry(node, struct xb_area, node);
		if (addr < area->start)
			node = node->rb_left;
		else if (addr >= area->end)
			node = node->rb_right;
		else
			return area;
	}
	return NULL;
}

struct xb_area *xb_area_get(struct xb_context *ctx, unsigned long addr)
{
	struct xb_areas *areas = &ctx->areas;
	struct xb_area *area;

	spin_lock(&areas->lock);
	area = areas->last;
	if (!area || addr < area->start || addr >= area->end) {
		area = xb_area_find(areas, addr);
		if (area)
			areas->last = area;
	}
	if (area)
		refcount_inc(&area->refs);
	spin_unlock(&areas->lock);
	return area;
}

static void xb_area_free(struct xb_area *area)
{
	if (area->grants)
		xb_grants_free(area->grants);
	xb_kind_destroy(area);
	atomic_long_sub(xb_area_slots(area), &area->ctx->areas.slots);
	bitmap_free(area->filled);
	mutex_destroy(&area->lock);
	kfree(area);
}

void xb_area_put(struct xb_area *area)
{
	if (refcount_dec_and_test(&area->refs))
		xb_area_free(area);
}

/* Operations */

/*
 * The kernel may throw out pages of a window that it has pages for
 * (MADV_DONTNEED): between its call to us and the end of that no slot may be
 * filled, or its entry would be lost and the grant with it. From the others it
 * takes nothing away but at their end.
 */
static int xb_area_lock_settled(struct xb_area *area)
{
	unsigned long seq;
	int err;

	for (;;) {
		seq = mmu_interval_read_begin(&area->notifier);
		err = xb_kind_lock(area);
		if (err || !mmu_interval_read_retry(&area->notifier, seq))
			return err;
		xb_kind_unlock(area);
	}
}

int xb_area_lock(struct xb_area *area)
{
	int err;

	if (area->region == XENBATCH_REGION_GRANT_PAGES)
		err = xb_area_lock_settled(area);
	else
		err = xb_kind_lock(area);
	if (unlikely(err))
		return err;
	if (likely(!area->gone && !area->moving))
		return 0;
	err = area->gone ? -ENXIO : -EBUSY;
	xb_kind_unlock(area);
	return err;
}

void xb_area_unlock(struct xb_area *area)
{
	xb_kind_unlock(area);
}

/*
 * The kernel is about to take page-table entries of the range away, and cannot
 * do that for ours: it would drop a grant's mapping without Xen's knowing who
 * had it. So they are emptied before. At exit this is called first of all, and
 * then the page tables can still be written to by Xen; later they cannot.
 */
static bool xb_area_invalidate(struct mmu_interval_notifier *notifier,
			       const struct mmu_notifier_range *range,
			       unsigned long seq)
{
	struct xb_area *area = container_of(notifier, struct xb_area, notifier);
	unsigned long first, last;

	switch (range->event) {
	case MMU_NOTIFY_UNMAP:
	case MMU_NOTIFY_CLEAR:
	case MMU_NOTIFY_RELEASE:
		break;
	default:
		/* Entries are looked at, or made less: not ours. */
		return true;
	}
	if (mmu_notifier_range_blockable(range))
		mutex_lock(&area->lock);
	else if (!mutex_trylock(&area->lock))
		return false;

	mmu_interval_set_seq(notifier, seq);
	/* A mremap that will be refused moves entries there and back. */
	if (!area->moving &&
	    (range->event != MMU_NOTIFY_CLEAR || XB_TABLES_MAY_GO))
		area->gone = true;
	if (area->nr_filled) {
		first = max(range->start, area->start) - area->start;
		last = min(range->end, area->end) - area->start;
		xb_kind_leave(area, first >> PAGE_SHIFT,
			      (last - first) >> PAGE_SHIFT);
	}
	mutex_unlock(&area->lock);
	return true;
}

static const struct mmu_interval_notifier_ops xb_area_notifier_ops = {
	.invalidate = xb_area_invalidate,
};

/* The vma */

static vm_fault_t xb_window_fault(struct vm_fault *vmf);

/* A child's copy: there is nothing in it, and never will be. */
static const struct vm_operations_struct xb_window_lost_ops = {
	.fault = xb_window_fault,
};

static int xb_entry_clear(pte_t *pte, unsigned long addr, void *data)
{
	pte_clear((struct mm_struct *)data, addr, pte);
	return 0;
}

/*
 * fork has copied the window, which VM_DONTCOPY forbids until MADV_DOFORK takes
 * it away. The child has not run, so its page tables are still plain memory, and
 * the copied entries can be cleared; later Xen would refuse to have them. Newer
 * kernels come here before they copy, and do not when they see VM_WIPEONFORK.
 */
static void xb_window_lose(struct vm_area_struct *vma)
{
	unsigned long addr;

	vm_flags_set(vma, VM_DONTCOPY | VM_WIPEONFORK);
	vma->vm_ops = &xb_window_lost_ops;
	vma->vm_private_data = NULL;
	/* One by one: where this fails there is no table, so no entry. */
	for (addr = vma->vm_start; addr < vma->vm_end; addr += PAGE_SIZE) {
		apply_to_page_range(vma->vm_mm, addr, PAGE_SIZE,
				    xb_entry_clear, vma->vm_mm);
		cond_resched();
	}
}

/* mremap makes a copy, and there is no way to stop it before. */
static void xb_window_open(struct vm_area_struct *vma)
{
	struct xb_area *area = vma->vm_private_data;

	if (unlikely(vma->vm_mm != area->ctx->mm)) {
		xb_window_lose(vma);
		return;
	}
	mutex_lock(&area->lock);
	area->vmas++;
	area->moving = true;
	mutex_unlock(&area->lock);
}

static void xb_window_close(struct vm_area_struct *vma)
{
	struct xb_area *area = vma->vm_private_data;
	bool last;

	mutex_lock(&area->lock);
	last = !--area->vmas;
	area->moving = area->vmas > 1;
	if (last)
		area->gone = true;
	mutex_unlock(&area->lock);
	if (!last)
		return;
	xb_area_erase(&area->ctx->areas, area);
	mmu_interval_notifier_remove(&area->notifier);
	xb_area_put(area);
}

static int xb_window_may_split(struct vm_area_struct *vma, unsigned long addr)
{
	return -EINVAL;
}

static int xb_window_mremap(struct vm_area_struct *vma)
{
	return -EINVAL;
}

static int xb_window_mprotect(struct vm_area_struct *vma, unsigned long start,
			      unsigned long end, unsigned long newflags)
{
	return -EACCES;
}

/* A slot without an entry. */
static vm_fault_t xb_window_fault(struct vm_fault *vmf)
{
	return xb_kind_fault(vmf);
}

/*
 * A write to a page that was mapped read-only. It must not be left to the
 * kernel, which would make the entry writable.
 */
static vm_fault_t xb_window_mkwrite(struct vm_fault *vmf)
{
	return xb_kind_mkwrite(vmf);
}

static const struct vm_operations_struct xb_window_ops = {
	.open = xb_window_open,
	.close = xb_window_close,
	.may_split = xb_window_may_split,
	.mremap = xb_window_mremap,
	.mprotect = xb_window_mprotect,
	.fault = xb_window_fault,
	.page_mkwrite = xb_window_mkwrite,
	.pfn_mkwrite = xb_window_mkwrite,
};

/* The same for XENBATCH_REGION_GRANT_PAGES. */
static const struct vm_operations_struct xb_window_pages_ops = {
	.open = xb_window_open,
	.close = xb_window_close,
	.may_split = xb_window_may_split,
	.mremap = xb_window_mremap,
	.mprotect = xb_window_mprotect,
	.fault = xb_window_fault,
	.page_mkwrite = xb_window_mkwrite,
	.pfn_mkwrite = xb_window_mkwrite,
	XB_FIND_PAGE(xb_grant_find_page),
};

static struct xb_area *xb_area_alloc(struct xb_context *ctx,
				     struct vm_area_struct *vma,
				     unsigned int region)
{
	struct xb_area *area = kzalloc(sizeof(*area), GFP_KERNEL_ACCOUNT);

	if (!area)
		return NULL;
	area->filled = bitmap_zalloc(vma_pages(vma), GFP_KERNEL_ACCOUNT);
	if (!area->filled) {
		kfree(area);
		return NULL;
	}
	area->ctx = ctx;
	area->start = vma->vm_start;
	area->end = vma->vm_end;
	refcount_set(&area->refs, 1);
	area->region = region;
	area->writable = vma->vm_flags & VM_WRITE;
	/*
	 * Not vma->vm_page_prot: since we have a page_mkwrite, that will be
	 * without the right to write.
	 */
	area->prot = vm_get_page_prot(vma->vm_flags);
	area->vmas = 1;
	mutex_init(&area->lock);
	return area;
}

int xb_area_mmap(struct xb_context *ctx, struct vm_area_struct *vma,
		 unsigned int region)
{
	const bool pages = region == XENBATCH_REGION_GRANT_PAGES;
	unsigned long nr = vma_pages(vma);
	struct xb_area *area;
	int err;

	if (!(vma->vm_flags & VM_SHARED))
		return -EINVAL;
	if (!(vma->vm_flags & VM_READ) || vma->vm_flags & VM_EXEC)
		return -EACCES;
	if (atomic_long_add_return(nr, &ctx->areas.slots) > xb_slots_max) {
		err = -ENOSPC;
		goto err_slots;
	}

	vm_flags_set(vma, VM_DONTCOPY | VM_DONTEXPAND | VM_DONTDUMP |
			  (pages ? VM_MIXEDMAP : VM_IO | VM_PFNMAP));
	vm_flags_clear(vma, VM_MAYEXEC |
			    (vma->vm_flags & VM_WRITE ? 0 : VM_MAYWRITE));
	err = -ENOMEM;
	area = xb_area_alloc(ctx, vma, region);
	if (!area)
		goto err_slots;
	if (region != XENBATCH_REGION_FOREIGN) {
		area->grants = xb_grants_alloc(nr, pages || !xen_pv_domain());
		if (!area->grants)
			goto err_area;
	}
	err = xb_kind_create(area, vma);
	if (err)
		goto err_grants;
	err = mmu_interval_notifier_insert_locked(&area->notifier, ctx->mm,
						  area->start,
						  area->end - area->start,
						  &xb_area_notifier_ops);
	if (err)
		goto err_kind;
	vma->vm_private_data = area;
	vma->vm_ops = pages ? &xb_window_pages_ops : &xb_window_ops;
	xb_area_insert(&ctx->areas, area);
	return 0;

err_kind:
	xb_kind_destroy(area);
err_grants:
	if (area->grants)
		xb_grants_free(area->grants);
err_area:
	bitmap_free(area->filled);
	mutex_destroy(&area->lock);
	kfree(area);
err_slots:
	atomic_long_sub(nr, &ctx->areas.slots);
	return err;
}
