// SPDX-License-Identifier: GPL-2.0
#include <linux/log2.h>
#include <linux/mm.h>
#include <linux/moduleparam.h>
#include <linux/slab.h>

#include <xen/page.h>

#include "compat.h"
#include "context.h"
#include "region.h"
#include "submit.h"
#include "uapi.h"

unsigned int xb_ops_max = 65536;
module_param_named(ops_max, xb_ops_max, uint, 0444);
MODULE_PARM_DESC(ops_max, "Operations that one context may have (64 bytes each)");

unsigned int xb_arena_max_mb = 64;
module_param_named(arena_max_mb, xb_arena_max_mb, uint, 0444);
MODULE_PARM_DESC(arena_max_mb, "MiB of buffer arena that one context may have");

void xb_regions_init(struct xb_context *ctx)
{
	xa_init(&ctx->ops.pages);
	xa_init(&ctx->arena.pages);
	ctx->ops.max = xb_ops_max / XB_OPS_PER_PAGE;
	ctx->ops_max = xb_ops_max;
	ctx->arena.max = ((u64)xb_arena_max_mb << 20) >> PAGE_SHIFT;
}

static void xb_region_drop(struct xb_region *region, unsigned long first,
			   unsigned long nr)
{
	struct page *page;
	unsigned long i;

	for (i = first; i < first + nr; i++) {
		page = xa_erase(&region->pages, i);
		if (page)
			put_page(page);
	}
}

static void xb_region_free(struct xb_region *region)
{
	struct page *page;
	unsigned long i;

	xa_for_each(&region->pages, i, page)
		put_page(page);
	xa_destroy(&region->pages);
}

/* No mapping is left: each holds the file, and the file the context. */
void xb_regions_free(struct xb_context *ctx)
{
	xb_region_free(&ctx->ops);
	xb_region_free(&ctx->arena);
	kvfree(ctx->op_pages);
	kvfree(ctx->arena_gfns);
}

/* Page nr of the arena, by Xen's number of it; 0: there is none. */
u64 xb_arena_gfn(struct xb_context *ctx, u64 nr)
{
	struct page *page;

	page = nr < ctx->arena.max ? xa_load(&ctx->arena.pages, nr) : NULL;
	return page ? xen_page_to_gfn(page) : 0;
}

/*
 * The same of all pages as a table, made when it is first asked for, and kept up
 * to date from then on. NULL: no memory for it.
 */
const u64 *xb_arena_gfns(struct xb_context *ctx)
{
	u64 *gfns = smp_load_acquire(&ctx->arena_gfns);	/* Filled before. */
	struct page *page;
	unsigned long i;

	if (likely(gfns))
		return gfns;
	mutex_lock(&ctx->lock);
	gfns = ctx->arena_gfns;
	if (gfns)
		goto out;
	gfns = kvcalloc(ctx->arena.max, sizeof(*gfns), GFP_KERNEL_ACCOUNT);
	if (!gfns)
		goto out;
	xa_for_each(&ctx->arena.pages, i, page)
		gfns[i] = xen_page_to_gfn(page);
	/* Filled before it is seen: see above. */
	smp_store_release(&ctx->arena_gfns, gfns);
out:
	mutex_unlock(&ctx->lock);
	return gfns;
}

static struct xb_region *xb_region_of(struct xb_context *ctx,
				      unsigned long pgoff)
{
	switch (pgoff / XB_REGION_PAGES) {
	case XENBATCH_REGION_OPS:
		return &ctx->ops;
	case XENBATCH_REGION_ARENA:
		return &ctx->arena;
	default:
		return NULL;
	}
}

/*
 * The pages are mapped whole from the start, so a fault means that the user
 * had them thrown out (MADV_DONTNEED). The memory is still the context's.
 */
static vm_fault_t xb_area_fault(struct vm_fault *vmf)
{
	struct xb_context *ctx = vmf->vma->vm_file->private_data;
	struct xb_region *region = xb_region_of(ctx, vmf->pgoff);
	struct page *page;

	page = xa_load(&region->pages, vmf->pgoff % XB_REGION_PAGES);
	if (!page)
		return VM_FAULT_SIGBUS;
	get_page(page);
	vmf->page = page;
	return 0;
}

static int xb_area_may_split(struct vm_area_struct *vma, unsigned long addr)
{
	return -EINVAL;
}

static int xb_area_mremap(struct vm_area_struct *vma)
{
	return -EINVAL;
}

static int xb_area_mprotect(struct vm_area_struct *vma, unsigned long start,
			    unsigned long end, unsigned long newflags)
{
	return -EACCES;
}

static const struct vm_operations_struct xb_area_ops = {
	.fault = xb_area_fault,
	.may_split = xb_area_may_split,
	.mremap = xb_area_mremap,
	.mprotect = xb_area_mprotect,
};

static bool xb_region_overlaps(struct xb_region *region, unsigned long first,
			       unsigned long nr)
{
	unsigned long i = first;

	return xa_find(&region->pages, &i, first + nr - 1, XA_PRESENT);
}

static int xb_region_store(struct xb_region *region, unsigned long first,
			   struct page **pages, unsigned long nr)
{
	unsigned long i;
	int err;

	for (i = 0; i < nr; i++) {
		err = xa_err(xa_store(&region->pages, first + i, pages[i],
				      GFP_KERNEL_ACCOUNT));
		if (err)
			return err;
	}
	return 0;
}

/*
 * Pages that follow each other, if they can be had without effort: then a
 * multicall can take a whole chunk of operations. Returns their number, or 0.
 */
static unsigned long xb_block_alloc(struct page **pages, unsigned long nr)
{
	const unsigned int order = ilog2(XB_CHUNK / XB_OPS_PER_PAGE);
	struct page *block = NULL;
	unsigned long i;

	if (nr >= 1UL << order)
		block = alloc_pages(GFP_KERNEL_ACCOUNT | __GFP_ZERO |
				    __GFP_NORETRY | __GFP_NOWARN, order);
	if (block) {
		split_page(block, order);
		for (i = 0; i < 1UL << order; i++)
			pages[i] = block + i;
		return i;
	}
	pages[0] = alloc_page(GFP_KERNEL_ACCOUNT | __GFP_ZERO);
	return pages[0] ? 1 : 0;
}

static int xb_pages_alloc(struct page **pages, unsigned long nr)
{
	unsigned long i, got;

	for (i = 0; i < nr; i += got) {
		got = xb_block_alloc(&pages[i], nr - i);
		if (!got)
			goto err_pages;
		cond_resched();
	}
	return 0;

err_pages:
	while (i--)
		put_page(pages[i]);
	return -ENOMEM;
}

/*
 * Create pages [first, first + nr) of the region and map them by vma. SUBMIT
 * must not see an operation page that the failure of a later step takes away
 * again, so the table that it reads is written last.
 */
static int xb_region_create(struct xb_context *ctx, struct xb_region *region,
			    struct vm_area_struct *vma, unsigned long first,
			    unsigned long nr)
{
	unsigned long left = nr, i;
	struct page **pages;
	int err;

	if (region == &ctx->ops && !ctx->op_pages) {
		struct xenbatch_op **table;

		table = kvcalloc(region->max, sizeof(*table),
				 GFP_KERNEL_ACCOUNT);
		if (!table)
			return -ENOMEM;
		/* Cleared before it is seen: see xb_op_at(). */
		smp_store_release(&ctx->op_pages, table);
	}
	pages = kvmalloc_array(nr, sizeof(*pages), GFP_KERNEL);
	if (!pages)
		return -ENOMEM;
	err = xb_pages_alloc(pages, nr);
	if (err)
		goto err_array;
	err = xb_region_store(region, first, pages, nr);
	if (err)
		goto err_store;
	/* On failure the caller's mmap unmaps what was inserted. */
	err = vm_insert_pages(vma, vma->vm_start, pages, &left);
	if (err)
		goto err_store;
	if (region == &ctx->ops)
		for (i = 0; i < nr; i++)
			/* Zeroed before it is seen: see xb_op_at(). */
			smp_store_release(&ctx->op_pages[first + i],
					  page_address(pages[i]));
	if (region == &ctx->arena && ctx->arena_gfns)
		for (i = 0; i < nr; i++)
			WRITE_ONCE(ctx->arena_gfns[first + i],
				   xen_page_to_gfn(pages[i]));
	region->nr += nr;
	xb_count(&ctx->stats, XB_COUNT_PAGES, nr);
	kvfree(pages);
	return 0;

err_store:
	/* What was stored is dropped by its entry, the rest by hand. */
	for (i = 0; i < nr; i++)
		if (!xa_load(&region->pages, first + i))
			put_page(pages[i]);
	xb_region_drop(region, first, nr);
err_array:
	kvfree(pages);
	return err;
}

int xb_region_mmap(struct xb_context *ctx, struct vm_area_struct *vma)
{
	struct xb_region *region = xb_region_of(ctx, vma->vm_pgoff);
	unsigned long first = vma->vm_pgoff % XB_REGION_PAGES;
	unsigned long nr = vma_pages(vma);
	int err;

	if (!region || !(vma->vm_flags & VM_SHARED))
		return -EINVAL;
	if (first >= region->max || nr > region->max - first)
		return -EINVAL;
	if ((vma->vm_flags & (VM_READ | VM_WRITE | VM_EXEC)) !=
	    (VM_READ | VM_WRITE))
		return -EACCES;

	vm_flags_set(vma, VM_DONTCOPY | VM_DONTEXPAND | VM_DONTDUMP |
			  VM_MIXEDMAP);
	vm_flags_clear(vma, VM_MAYEXEC);
	vma->vm_ops = &xb_area_ops;

	mutex_lock(&ctx->lock);
	if (xb_region_overlaps(region, first, nr))
		err = -EBUSY;
	else
		err = xb_region_create(ctx, region, vma, first, nr);
	mutex_unlock(&ctx->lock);
	return err;
}
