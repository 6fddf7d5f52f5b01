// SPDX-License-Identifier: GPL-2.0
/*
 * The event ring: shared memory that interrupts write and the user reads.
 *
 * A port has a slot, and a slot at most one entry in the ring: its word
 * `pending` says that the entry is there, until the user takes that back. There
 * are as many entries as slots, so the ring cannot overflow. A user who breaks
 * the rules loses events of its own.
 */
#include <linux/bitmap.h>
#include <linux/eventfd.h>
#include <linux/log2.h>
#include <linux/mm.h>
#include <linux/moduleparam.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/vmalloc.h>

#include "compat.h"
#include "context.h"
#include "evtchn.h"
#include "region.h"

unsigned int xb_ports_max = 4096;
module_param_named(ports_max, xb_ports_max, uint, 0444);
MODULE_PARM_DESC(ports_max, "Event channels that one context may have");

static void xb_event_wake(struct xb_events *ev)
{
	struct xb_context *ctx = ev->ctx;

	/* A full barrier: whoever is not seen here will see head. */
	if (wq_has_sleeper(&ctx->event_wait))
		wake_up_interruptible_poll(&ctx->event_wait,
					   EPOLLIN | EPOLLRDNORM);
}

void xb_event_push(struct xb_evtchn *e)
{
	struct xb_events *ev = e->events;
	struct xenbatch_event_slot *slot = &ev->slots[e->slot];

	/*
	 * The user clears pending before it looks at what the event is about:
	 * if the entry is not taken yet, it will be seen with it.
	 */
	if (xchg(&slot->pending, 1)) {
		WRITE_ONCE(ev->shared->coalesced, ++ev->coalesced);
		xb_count(&ev->ctx->stats, XB_COUNT_COALESCED, 1);
		return;
	}
	WRITE_ONCE(ev->ring[ev->head & ev->mask],
		   (u64)e->slot << 32 | e->port);
	/* The entry before its number. */
	smp_store_release(&ev->shared->head, ++ev->head);
	if (ev->eventfd)
		xb_eventfd_signal(ev->eventfd);
	xb_event_wake(ev);
}

__poll_t xb_events_poll(struct xb_context *ctx, struct file *file,
			struct poll_table_struct *wait)
{
	struct xb_events *ev;

	poll_wait(file, &ctx->event_wait, wait);
	/* Pairs with the release in xb_events_create(). */
	ev = smp_load_acquire(&ctx->events);
	if (!ev)
		return EPOLLERR;
	if (READ_ONCE(ev->head) != READ_ONCE(ev->shared->tail))
		return EPOLLIN | EPOLLRDNORM;
	return 0;
}

int xb_events_eventfd(struct xb_context *ctx,
		      const struct xenbatch_eventfd *arg)
{
	struct eventfd_ctx *fresh = NULL, *old;
	struct xb_events *ev;

	if (arg->flags || arg->reserved[0] || arg->reserved[1] || arg->fd < -1)
		return -EINVAL;
	/* As above. */
	ev = smp_load_acquire(&ctx->events);
	if (!ev)
		return -ENXIO;
	if (arg->fd >= 0) {
		fresh = eventfd_ctx_fdget(arg->fd);
		if (IS_ERR(fresh))
			return PTR_ERR(fresh);
	}
	spin_lock_irq(&ev->ring_lock);
	old = ev->eventfd;
	ev->eventfd = fresh;
	/* What is there already has told nobody. */
	if (fresh && ev->head != READ_ONCE(ev->shared->tail))
		xb_eventfd_signal(fresh);
	spin_unlock_irq(&ev->ring_lock);
	if (old)
		eventfd_ctx_put(old);
	return 0;
}

static vm_fault_t xb_events_fault(struct vm_fault *vmf)
{
	struct xb_context *ctx = vmf->vma->vm_file->private_data;
	unsigned long page = vmf->pgoff % XB_REGION_PAGES;

	/* Whole from the start: the user had it thrown out. */
	vmf->page = vmalloc_to_page((void *)ctx->events->shared +
				    (page << PAGE_SHIFT));
	get_page(vmf->page);
	return 0;
}

static int xb_events_may_split(struct vm_area_struct *vma, unsigned long addr)
{
	return -EINVAL;
}

static int xb_events_mremap(struct vm_area_struct *vma)
{
	return -EINVAL;
}

static int xb_events_mprotect(struct vm_area_struct *vma, unsigned long start,
			      unsigned long end, unsigned long newflags)
{
	return -EACCES;
}

static const struct vm_operations_struct xb_events_ops = {
	.fault = xb_events_fault,
	.may_split = xb_events_may_split,
	.mremap = xb_events_mremap,
	.mprotect = xb_events_mprotect,
};

static void xb_events_destroy(struct xb_events *ev)
{
	bitmap_free(ev->used);
	vfree(ev->shared);
	kfree(ev->name);
	kfree(ev);
}

/* The most slots that fit into size bytes, in powers of two. */
static struct xb_events *xb_events_new(struct xb_context *ctx, size_t size)
{
	const size_t each = sizeof(u64) + sizeof(struct xenbatch_event_slot);
	u32 nr = rounddown_pow_of_two((size - sizeof(struct xenbatch_events)) /
				      each);
	struct xb_events *ev;

	ev = kzalloc(sizeof(*ev), GFP_KERNEL_ACCOUNT);
	if (!ev)
		return NULL;
	xb_evtchn_init(ev);
	spin_lock_init(&ev->ring_lock);
	ev->ctx = ctx;
	ev->mask = nr - 1;
	ev->shared = __vmalloc(size, GFP_KERNEL_ACCOUNT | __GFP_ZERO);
	ev->used = bitmap_zalloc(nr, GFP_KERNEL_ACCOUNT);
	ev->name = kasprintf(GFP_KERNEL_ACCOUNT, "xenbatch:%s", current->comm);
	if (!ev->shared || !ev->used || !ev->name) {
		xb_events_destroy(ev);
		return NULL;
	}
	ev->ring = (void *)ev->shared + sizeof(*ev->shared);
	ev->slots = (void *)(ev->ring + nr);
	ev->shared->nr = nr;
	ev->shared->ring = sizeof(*ev->shared);
	ev->shared->slots = ev->shared->ring + nr * sizeof(u64);
	return ev;
}

static int xb_events_create(struct xb_context *ctx, struct vm_area_struct *vma)
{
	size_t size = vma->vm_end - vma->vm_start, at;
	struct xb_events *ev;
	int err = 0;

	if (ctx->events)
		return -EBUSY;
	ev = xb_events_new(ctx, size);
	if (!ev)
		return -ENOMEM;
	/* On failure the caller's mmap unmaps what was inserted. */
	for (at = 0; at < size && !err; at += PAGE_SIZE)
		err = vm_insert_page(vma, vma->vm_start + at,
				     vmalloc_to_page((void *)ev->shared + at));
	if (err) {
		xb_events_destroy(ev);
		return err;
	}
	/* Filled before it is seen. */
	smp_store_release(&ctx->events, ev);
	return 0;
}

int xb_events_mmap(struct xb_context *ctx, struct vm_area_struct *vma)
{
	size_t size = vma->vm_end - vma->vm_start;
	int err;

	if (vma->vm_pgoff % XB_REGION_PAGES || !(vma->vm_flags & VM_SHARED) ||
	    size > PAGE_ALIGN(XENBATCH_EVENTS_SIZE((size_t)xb_ports_max)))
		return -EINVAL;
	if ((vma->vm_flags & (VM_READ | VM_WRITE | VM_EXEC)) !=
	    (VM_READ | VM_WRITE))
		return -EACCES;
	vm_flags_set(vma, VM_DONTCOPY | VM_DONTEXPAND | VM_DONTDUMP |
			  VM_MIXEDMAP);
	vm_flags_clear(vma, VM_MAYEXEC);
	vma->vm_ops = &xb_events_ops;

	mutex_lock(&ctx->lock);
	err = xb_events_create(ctx, vma);
	mutex_unlock(&ctx->lock);
	return err;
}

/* Nobody else uses the context by now, but for interrupts and the check. */
void xb_events_free(struct xb_context *ctx)
{
	struct xb_events *ev = ctx->events;

	if (!ev)
		return;
	xb_evtchn_end(ev);
	if (ev->eventfd)
		eventfd_ctx_put(ev->eventfd);
	xb_events_destroy(ev);
}
