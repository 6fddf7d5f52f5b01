/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What a grant window knows of its slots, and the kernel's own mappings of
 * grants (grant_page.c).
 *
 * The kernel maps a granted page for itself only where it must: when somebody
 * wants to do I/O on it (get_user_pages asks for its struct page), or when a
 * byte of it is to be cleared at the end.
 */
#ifndef XB_GRANT_H
#define XB_GRANT_H

#include <linux/list.h>
#include <linux/spinlock.h>
#include <linux/types.h>
#include <xen/grant_table.h>

#include "area.h"
#include "map.h"

struct page;
struct vm_area_struct;
struct xb_kmap;

/* What is to be done when a slot is emptied: grant_notify.c. */
struct xb_notify {
	struct list_head list;
	u32 slot;
	u32 what;
	u32 port;
	u16 offset;
	struct xb_kmap *kmap;
};

/*
 * Of each slot, in the form that Xen takes: what it was told to map, and what to
 * tell it to have that unmapped. So slots that follow each other are the argument
 * of one hypercall as they lie here. Where it is Xen that writes the user's
 * entries, host_addr is the slot's for ever.
 *
 * Written under area->lock. Where there are pages, ->lock is for those who come
 * without that: under it the bits of area->filled change, after what is said of
 * a slot that becomes filled, and kmap is made. It nests inside of page-table
 * locks.
 */
struct xb_grants {
	spinlock_t lock;		/* see above */
	unsigned long nr;
	struct gnttab_map_grant_ref *map;
	struct gnttab_unmap_grant_ref *unmap;
	struct page **pages;		/* one a slot, or NULL: for no I/O */
	struct xb_kmap **kmap;		/* with pages: the kernel's, or NULL */
	struct page *nobody;		/* with pages: see xb_grant_find_page */
	struct list_head notifies;
};

static inline bool xb_grant_is_readonly(const struct xb_grants *grants,
					unsigned long slot)
{
	return grants->map[slot].flags & GNTMAP_readonly;
}

/* pages: each slot gets a struct page. NULL: no memory. */
struct xb_grants *xb_grants_alloc(unsigned long nr, bool pages);
void xb_grants_free(struct xb_grants *grants);

/*
 * The slots of m are about to be filled: those that lost their page to I/O
 * that goes on get another one, or -ENOMEM.
 */
void xb_grants_refill(struct xb_map *m);
void xb_grants_settle(struct xb_map *m);

/* The user mappings of n slots are gone: what else there was goes too. */
void xb_grants_emptied(struct xb_area *area, u32 slot, unsigned int n);

/* vm_ops->find_special_page, called with the page-table lock held. */
struct page *xb_grant_find_page(struct vm_area_struct *vma, unsigned long addr);

/*
 * A kernel mapping of a grant in page, which comes with it. NULL: no memory,
 * or Xen refused. May be called under spinlocks.
 */
struct xb_kmap *xb_kmap_create(struct page *page, domid_t domid,
			       grant_ref_t ref, bool readonly);
/* Unmap it and free the page, when nobody uses the page any more. */
void xb_kmap_drop(struct xb_kmap *kmap);
void *xb_kmap_address(struct xb_kmap *kmap);
/* Wait until all that were dropped are gone. */
void xb_kmaps_wait(void);

int xb_grant_errno(s16 status);

/* grant_notify.c */
void xb_notifies_run(struct xb_area *area, u32 slot, unsigned int n);

#endif /* XB_GRANT_H */
