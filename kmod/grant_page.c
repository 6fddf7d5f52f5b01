// SPDX-License-Identifier: GPL-2.0
/*
 * Granted pages that the kernel can use.
 *
 * gntdev maps every grant twice, for the user and for the kernel, in case that
 * somebody does I/O on it. Here the second mapping is made when get_user_pages
 * comes for the page, which it does by vm_ops->find_special_page, so a page that
 * nobody does I/O on costs nothing but its struct page.
 *
 * get_user_pages holds the page-table lock from reading the entry until it has
 * its reference to the page. So, once the user's entry is gone, whoever has
 * taken that lock afterwards sees all references that there will ever be.
 */
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/wait_bit.h>

#include <xen/grant_table.h>
#include <xen/xen.h>

#include "compat.h"
#include "context.h"
#include "grant.h"

struct xb_kmap {
	struct gntab_unmap_queue_data queue;
	struct gnttab_unmap_grant_ref unmap;
	struct page *page;
};

/* Those that were dropped and are not gone yet. */
static atomic_t xb_kmaps_leaving = ATOMIC_INIT(0);

void xb_kmaps_wait(void)
{
	wait_var_event(&xb_kmaps_leaving, !atomic_read(&xb_kmaps_leaving));
}

void *xb_kmap_address(struct xb_kmap *kmap)
{
	return page_address(kmap->page);
}

struct xb_kmap *xb_kmap_create(struct page *page, domid_t domid,
			       grant_ref_t ref, bool readonly)
{
	const u32 flags = GNTMAP_host_map | (readonly ? GNTMAP_readonly : 0);
	unsigned long addr = (unsigned long)page_address(page);
	struct gnttab_map_grant_ref map;
	struct xb_kmap *kmap;

	kmap = kzalloc(sizeof(*kmap), GFP_ATOMIC);
	if (!kmap)
		return NULL;
	gnttab_set_map_op(&map, addr, flags, ref, domid);
	/*
	 * The user's mapping exists, so the page is not paged out, and this
	 * does not wait for that.
	 */
	if (gnttab_map_refs(&map, NULL, &page, 1) || map.status != GNTST_okay) {
		kfree(kmap);
		return NULL;
	}
	kmap->page = page;
	gnttab_set_unmap_op(&kmap->unmap, addr, flags, map.handle);
	return kmap;
}

/* The same where the page is what the user has mapped too. */
static struct xb_kmap *xb_kmap_adopt(struct page *page, grant_handle_t handle)
{
	struct xb_kmap *kmap = kzalloc(sizeof(*kmap), GFP_ATOMIC);

	if (!kmap)
		return NULL;
	kmap->page = page;
	gnttab_set_unmap_op(&kmap->unmap, (unsigned long)page_address(page),
			    GNTMAP_host_map, handle);
	return kmap;
}

static void xb_kmap_done(int result, struct gntab_unmap_queue_data *queue)
{
	struct xb_kmap *kmap = container_of(queue, struct xb_kmap, queue);

	WARN_ON_ONCE(result || kmap->unmap.status != GNTST_okay);
	gnttab_free_pages(1, &kmap->page);
	kfree(kmap);
	if (atomic_dec_and_test(&xb_kmaps_leaving))
		wake_up_var(&xb_kmaps_leaving);
}

void xb_kmap_drop(struct xb_kmap *kmap)
{
	kmap->queue.unmap_ops = &kmap->unmap;
	kmap->queue.pages = &kmap->page;
	kmap->queue.count = 1;
	kmap->queue.done = xb_kmap_done;
	atomic_inc(&xb_kmaps_leaving);
	/* At once, or again and again until there is no other reference. */
	gnttab_unmap_refs_async(&kmap->queue);
}

/* Under ->lock. NULL: no memory, or Xen refused. */
static struct xb_kmap *xb_kmap_of(const struct xb_grants *grants,
				  unsigned long slot)
{
	const struct gnttab_map_grant_ref *map = &grants->map[slot];
	struct page *page = grants->pages[slot];

	if (!xen_pv_domain())
		return xb_kmap_adopt(page, grants->unmap[slot].handle);
	return xb_kmap_create(page, map->dom, map->ref,
			      xb_grant_is_readonly(grants, slot));
}

/*
 * get_user_pages comes with mmap_lock held for reading. Who holds it for writing
 * wants to change the entry: clear_refs to make it old, fork to copy it. Neither
 * can be had of Xen, and the kernel dies of trying; without a page they leave
 * the entry alone, or do not count the copy, which xb_window_open() takes away.
 *
 * If the slot was emptied after its entry was read, this must not be NULL: then
 * get_user_pages would make the entry "young" that is not there any more. Who
 * races with that does his I/O on a page of zeros that is nobody's.
 */
struct page *xb_grant_find_page(struct vm_area_struct *vma, unsigned long addr)
{
	struct xb_area *area = vma->vm_private_data;
	struct xb_grants *grants = area->grants;
	unsigned long slot = (addr - area->start) >> PAGE_SHIFT;
	struct page *page = grants->nobody;

	if (unlikely(xb_mmap_is_write_locked(vma->vm_mm)))
		return NULL;
	spin_lock(&grants->lock);
	if (test_bit(slot, area->filled)) {
		page = grants->pages[slot];
		if (!grants->kmap[slot])
			grants->kmap[slot] = xb_kmap_of(grants, slot);
		if (!grants->kmap[slot])
			page = NULL;
	}
	spin_unlock(&grants->lock);
	return page;
}

static int xb_take_no_action(pte_t *pte, unsigned long addr, void *data)
{
	return 0;
}

/* The slot's entry is gone: wait for those who have read it before. */
static void xb_grant_settle(struct xb_area *area, u32 slot)
{
	apply_to_page_range(area->ctx->mm, xb_area_addr(area, slot), PAGE_SIZE,
			    xb_take_no_action, NULL);
}

void xb_grants_emptied(struct xb_area *area, u32 slot, unsigned int n)
{
	struct xb_grants *grants = area->grants;
	struct xb_kmap *kmap;
	u32 i;

	for (i = slot; grants->pages && i < slot + n; i++) {
		kmap = grants->kmap[i];
		if (likely(!kmap))
			continue;
		grants->kmap[i] = NULL;
		grants->pages[i] = NULL;
		xb_grant_settle(area, i);
		xb_kmap_drop(kmap);
	}
	if (unlikely(!list_empty(&grants->notifies)))
		xb_notifies_run(area, slot, n);
}

/*
 * Slots of m are about to be mapped read-only. Who has found one writable, in
 * the entry that was there before, must have his page of that before the slot
 * gets another, or the kernel would write where it may not.
 */
void xb_grants_settle(struct xb_map *m)
{
	const struct xb_grants *grants = m->area->grants;
	struct xb_part *p;
	u32 slot;

	for (p = xb_parts(m); p < xb_parts_end(m); p++) {
		if (!p->readonly)
			continue;
		for (slot = p->slot; slot < p->slot + p->count; slot++)
			if (!xb_grant_is_readonly(grants, slot))
				xb_grant_settle(m->area, slot);
	}
}

void xb_grants_refill(struct xb_map *m)
{
	struct page **page;
	struct xb_part *p;
	u32 i;

	for (p = xb_parts(m); p < xb_parts_end(m); p++) {
		page = &m->area->grants->pages[p->slot];
		for (i = 0; i < p->count; i++, page++) {
			if (likely(*page) || !gnttab_alloc_pages(1, page))
				continue;
			*page = NULL;
			xb_map_fail(m, p->first + i, -ENOMEM);
		}
	}
}

struct xb_grants *xb_grants_alloc(unsigned long nr, bool pages)
{
	struct xb_grants *grants;

	grants = kzalloc(sizeof(*grants), GFP_KERNEL_ACCOUNT);
	if (!grants)
		return NULL;
	spin_lock_init(&grants->lock);
	INIT_LIST_HEAD(&grants->notifies);
	grants->nr = nr;
	grants->map = kvcalloc(nr, sizeof(*grants->map), GFP_KERNEL_ACCOUNT);
	grants->unmap = kvcalloc(nr, sizeof(*grants->unmap),
				 GFP_KERNEL_ACCOUNT);
	if (!grants->map || !grants->unmap)
		goto err_grants;
	if (!pages)
		return grants;
	grants->kmap = kvcalloc(nr, sizeof(*grants->kmap), GFP_KERNEL_ACCOUNT);
	if (!grants->kmap)
		goto err_grants;
	grants->pages = kvcalloc(nr, sizeof(*grants->pages), GFP_KERNEL_ACCOUNT);
	if (!grants->pages)
		goto err_grants;
	grants->nobody = alloc_page(GFP_KERNEL_ACCOUNT | __GFP_ZERO);
	if (!grants->nobody)
		goto err_pages;
	/* Elsewhere they come with what is mapped, and go with it. */
	if (xen_pv_domain() && gnttab_alloc_pages(nr, grants->pages))
		goto err_nobody;
	return grants;

err_nobody:
	put_page(grants->nobody);
err_pages:
	kvfree(grants->pages);
err_grants:
	kvfree(grants->kmap);
	kvfree(grants->unmap);
	kvfree(grants->map);
	kfree(grants);
	return NULL;
}

void xb_grants_free(struct xb_grants *grants)
{
	unsigned long i = 0, n;

	/* In runs: some may be with I/O that goes on. */
	while (grants->pages && i < grants->nr) {
		for (n = 0; i + n < grants->nr && grants->pages[i + n]; n++)
			;
		if (n)
			gnttab_free_pages(n, &grants->pages[i]);
		i += n + 1;
	}
	if (grants->nobody)
		put_page(grants->nobody);
	kvfree(grants->pages);
	kvfree(grants->kmap);
	kvfree(grants->unmap);
	kvfree(grants->map);
	kfree(grants);
}
