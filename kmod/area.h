/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Areas of windows: what one mmap of a window region made. The user fills and
 * empties its slots by operations (foreign.c, grant.c); how a slot is filled
 * depends on the kind of dom0 (kind.h).
 *
 * Locking: mmap_lock, then area->lock. munmap holds the first when it comes to
 * us and takes the second, so nothing that may fault, as a copy from user
 * memory does, is done under area->lock.
 *
 * An area is found by address and held by a reference, which keeps its memory
 * and not its mapping: who has area->lock looks at `gone` first.
 */
#ifndef XB_AREA_H
#define XB_AREA_H

#include <linux/bitops.h>
#include <linux/mm_types.h>
#include <linux/mmu_notifier.h>
#include <linux/mutex.h>
#include <linux/rbtree.h>
#include <linux/refcount.h>
#include <linux/spinlock.h>
#include <linux/types.h>

#include "uapi.h"

struct xb_context;
struct xb_grants;

struct xb_area {
	struct rb_node node;		/* context's areas, by start */
	struct xb_context *ctx;
	unsigned long start;
	unsigned long end;
	refcount_t refs;		/* the mapping, and operations */
	u8 region;			/* XENBATCH_REGION_* */
	bool writable;
	pgprot_t prot;			/* of a filled slot */

	struct mutex lock;		/* what follows */
	bool gone;			/* unmapped, or about to be */
	bool moving;			/* mremap has made a copy of the vma */
	unsigned int vmas;
	unsigned long nr_filled;
	unsigned long *filled;		/* bit n: slot n */
	struct xb_grants *grants;	/* grant.h; NULL: a foreign window */
	void *kind;			/* the kind's own */

	struct mmu_interval_notifier notifier;
};

/* What a context has of them. */
struct xb_areas {
	spinlock_t lock;		/* tree, last */
	struct rb_root tree;
	struct xb_area *last;		/* the one found last, or NULL */
	atomic_long_t slots;
};

extern unsigned int xb_slots_max;

static inline unsigned long xb_area_slots(const struct xb_area *area)
{
	return (area->end - area->start) >> PAGE_SHIFT;
}

static inline unsigned long xb_area_addr(const struct xb_area *area,
					 unsigned long slot)
{
	return area->start + (slot << PAGE_SHIFT);
}

void xb_areas_init(struct xb_areas *areas);

bool xb_area_is_region(unsigned int region);
int xb_area_mmap(struct xb_context *ctx, struct vm_area_struct *vma,
		 unsigned int region);

/* The area that addr lies in, with a reference, or NULL. */
struct xb_area *xb_area_get(struct xb_context *ctx, unsigned long addr);
void xb_area_put(struct xb_area *area);

/*
 * Take area->lock for an operation: 0, or an errno and it is not held. While
 * the kernel takes page-table entries away, this waits.
 */
int xb_area_lock(struct xb_area *area);
void xb_area_unlock(struct xb_area *area);

#endif /* XB_AREA_H */
