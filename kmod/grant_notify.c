// SPDX-License-Identifier: GPL-2.0
/*
 * GRANT_NOTIFY: what to do when a slot is emptied, whoever does it. A byte is
 * cleared through a mapping of the kernel's own, made in advance, so that
 * nothing can fail when the time has come.
 */
#include <linux/mm.h>
#include <linux/slab.h>

#include <xen/events.h>
#include <xen/evtchn.h>
#include <xen/grant_table.h>

#include "context.h"
#include "grant.h"
#include "kind.h"
#include "ops.h"

static void xb_notify_free(struct xb_notify *notify)
{
	if (notify->kmap)
		xb_kmap_drop(notify->kmap);
	if (notify->what & XENBATCH_NOTIFY_SEND_EVENT)
		evtchn_put(notify->port);
	kfree(notify);
}

/*
 * Who gets the event looks for the byte, and may want to revoke the grant: the
 * mapping goes before. Its page is nobody else's, so it goes at once.
 */
static void xb_notify_do(struct xb_notify *notify)
{
	if (notify->kmap) {
		((u8 *)xb_kmap_address(notify->kmap))[notify->offset] = 0;
		xb_kmap_drop(notify->kmap);
		notify->kmap = NULL;
	}
	/* The byte is clear before the event is seen. */
	wmb();
	if (notify->what & XENBATCH_NOTIFY_SEND_EVENT)
		notify_remote_via_evtchn(notify->port);
}

void xb_notifies_run(struct xb_area *area, u32 slot, unsigned int n)
{
	struct xb_notify *notify, *next;

	list_for_each_entry_safe(notify, next, &area->grants->notifies, list) {
		if (notify->slot < slot || notify->slot - slot >= n)
			continue;
		list_del(&notify->list);
		xb_notify_do(notify);
		xb_notify_free(notify);
	}
}

static void xb_notify_forget(struct xb_area *area, u32 slot)
{
	struct xb_notify *notify;

	list_for_each_entry(notify, &area->grants->notifies, list) {
		if (notify->slot != slot)
			continue;
		list_del(&notify->list);
		xb_notify_free(notify);
		return;
	}
}

/* The byte's own page; it is the notification's from then on. */
static int xb_notify_map(struct xb_area *area, struct xb_notify *notify)
{
	const struct gnttab_map_grant_ref *map =
		&area->grants->map[notify->slot];
	struct page *page;

	if (map->flags & GNTMAP_readonly)
		return -EINVAL;
	if (gnttab_alloc_pages(1, &page))
		return -ENOMEM;
	notify->kmap = xb_kmap_create(page, map->dom, map->ref, false);
	if (notify->kmap)
		return 0;
	gnttab_free_pages(1, &page);
	return -ENOMEM;
}

/* Under area->lock. */
static int xb_notify_set(struct xb_area *area, struct xb_notify *notify)
{
	int err;

	if (!test_bit(notify->slot, area->filled))
		return -ENOENT;
	if (!notify->what) {
		xb_notify_forget(area, notify->slot);
		return 0;
	}
	if (notify->what & XENBATCH_NOTIFY_CLEAR_BYTE) {
		err = xb_notify_map(area, notify);
		if (err)
			return err;
	}
	xb_notify_forget(area, notify->slot);
	list_add_tail(&notify->list, &area->grants->notifies);
	return 0;
}

static int xb_grant_notify(struct xb_run *run, unsigned long addr,
			   const struct xb_notify *asked)
{
	struct xb_notify *notify;
	struct xb_area *area;
	int err = -ENXIO;

	area = xb_area_get(run->ctx, addr);
	if (!area)
		return -ENXIO;
	if (!area->grants)
		goto out_put;
	err = -ENOMEM;
	notify = kmemdup(asked, sizeof(*asked), GFP_KERNEL_ACCOUNT);
	if (!notify)
		goto out_put;
	notify->slot = (addr - area->start) >> PAGE_SHIFT;
	notify->offset = addr & ~PAGE_MASK;
	err = -EINVAL;
	if (notify->what & XENBATCH_NOTIFY_SEND_EVENT &&
	    evtchn_get(notify->port)) {
		kfree(notify);
		goto out_put;
	}
	err = xb_area_lock(area);
	if (!err) {
		err = xb_notify_set(area, notify);
		xb_area_unlock(area);
	}
	/* With what = 0 it was only asked to forget another. */
	if (err || !asked->what)
		xb_notify_free(notify);
out_put:
	xb_area_put(area);
	return err;
}

unsigned int xb_grant_notify_run(struct xb_run *run, struct xenbatch_op *op,
				 struct xb_head head, unsigned int nr)
{
	struct xb_notify asked = {
		.what = READ_ONCE(op->notify.what),
		.port = READ_ONCE(op->notify.port),
	};
	unsigned long addr = READ_ONCE(op->notify.addr);
	u32 number = READ_ONCE(*(const u32 *)&op->number);
	int err;

	if (number || READ_ONCE(op->arg[2]) || READ_ONCE(op->arg[3]) ||
	    READ_ONCE(op->arg[4]) ||
	    asked.what & ~(XENBATCH_NOTIFY_CLEAR_BYTE |
			   XENBATCH_NOTIFY_SEND_EVENT))
		err = -EINVAL;
	else if (asked.what & XENBATCH_NOTIFY_SEND_EVENT &&
		 READ_ONCE(run->ctx->domid) != DOMID_INVALID)
		err = -EPERM;
	else
		err = xb_grant_notify(run, addr, &asked);
	if (err)
		run->refused++;
	xb_op_done(run, op, head.flags, err);
	return 1;
}
