/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Regions: memory of the kernel's that a context's user maps, in pieces.
 *
 * A page is created by the mmap that first names it and stays until the
 * context ends, whatever the user unmaps meanwhile. So SUBMIT reads the
 * operation array without a lock: a page that it found there will not go.
 */
#ifndef XB_REGION_H
#define XB_REGION_H

#include <linux/types.h>
#include <linux/xarray.h>

#include "uapi.h"

struct xb_context;
struct vm_area_struct;

struct xb_region {
	struct xarray pages;	/* by page number in the region */
	unsigned long max;	/* pages, at most */
	unsigned long nr;	/* pages created */
};

#define XB_REGION_PAGES (1UL << (XENBATCH_REGION_SHIFT - PAGE_SHIFT))
#define XB_OPS_PER_PAGE (PAGE_SIZE / sizeof(struct xenbatch_op))

extern unsigned int xb_ops_max;
extern unsigned int xb_arena_max_mb;

void xb_regions_init(struct xb_context *ctx);
void xb_regions_free(struct xb_context *ctx);
int xb_region_mmap(struct xb_context *ctx, struct vm_area_struct *vma);

u64 xb_arena_gfn(struct xb_context *ctx, u64 nr);
const u64 *xb_arena_gfns(struct xb_context *ctx);

#endif /* XB_REGION_H */
