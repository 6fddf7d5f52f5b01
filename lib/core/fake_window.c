// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Windows as the module has them, over the simulated guests.
 */
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/mman.h>

#include "arena.h"
#include "fake.h"
#include "soft.h"

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static void lock_windows(void)
{
	pthread_mutex_lock(&lock);
}

static void unlock_windows(void)
{
	pthread_mutex_unlock(&lock);
}

static void __attribute__((constructor)) fake_window_init(void)
{
	pthread_atfork(lock_windows, unlock_windows, unlock_windows);
}

int xb_fake_window_add(struct xb_fake_windows *w, unsigned int region,
		       size_t size, void **out)
{
	size_t n = size / XB_PAGE;
	struct xb_soft_area *area;

	if (xb_fake_knobs.window_err)
		return -xb_fake_knobs.window_err;
	if (region == XENBATCH_REGION_GRANT_PAGES &&
	    xb_fake_knobs.no_grant_pages)
		return -ENODEV;
	if (!n || size % XB_PAGE)
		return -EINVAL;
	lock_windows();
	area = NULL;
	if (w->slots + n <= xb_fake_knobs.slots_max) {
		w->slots += n;
		area = calloc(1, sizeof(*area));
		area->base = xb_fake_reserve(NULL, size);
		area->size = size;
		area->region = region;
		area->slots = calloc(n, sizeof(struct xb_fake_slot));
		area->next = w->areas;
		w->areas = area;
		*out = area->base;
		xb_fake_counts.windows++;
	}
	unlock_windows();
	return area ? 0 : -ENOSPC;
}

static void empty_all(struct xb_soft_area *area)
{
	struct xb_fake_slot *slots = area->slots;
	size_t i;

	for (i = 0; i < area->size / XB_PAGE; i++)
		xb_fake_empty(&slots[i], area->base + i * XB_PAGE);
}

bool xb_fake_window_remove(struct xb_fake_windows *w, void *p, size_t size)
{
	struct xb_soft_area **link, *area;

	lock_windows();
	for (link = &w->areas; (area = *link); link = &area->next)
		if (area->base == p && area->size == size)
			break;
	if (area) {
		*link = area->next;
		w->slots -= size / XB_PAGE;
		empty_all(area);
		munmap(area->base, area->size);
		free(area->slots);
		free(area);
	}
	unlock_windows();
	return area;
}

void xb_fake_windows_free(struct xb_fake_windows *w)
{
	struct xb_soft_area *area;

	while ((area = w->areas)) {
		w->areas = area->next;
		free(area->slots);
		free(area);
	}
}

static long fill(const struct xenbatch_op *op, struct xb_fake_slot *slots,
		 char *addr)
{
	bool readonly = op->flags & XENBATCH_OPF_READONLY;
	long ret = 0;
	uint32_t i;
	int err;

	for (i = 0; i < op->map.count; i++, addr += XB_PAGE) {
		uint64_t frame = xb_soft_frame(op, i);

		err = op->opcode == XENBATCH_OP_GRANT_MAP ?
			xb_fake_fill_grant(&slots[i], addr, op->domid, frame,
					   readonly) :
			xb_fake_fill(&slots[i], addr, op->domid, frame,
				     readonly);
		xb_soft_status(op, i, err, &ret);
	}
	if (op->opcode == XENBATCH_OP_FOREIGN_MAP)
		xb_fake_counts.foreign_maps++;
	return ret;
}

/* Frames of a resource are guest frames from 1024 on. */
static long fill_resource(const struct xenbatch_op *op,
			  struct xb_fake_slot *slots, char *addr)
{
	uint64_t frame = op->map.frame + 1024;
	uint32_t i;
	int err = 0;

	if (op->map.type > 2)
		return -EOPNOTSUPP;
	if (frame + op->map.count > XB_FAKE_PAGES)
		return -EINVAL;
	for (i = 0; i < op->map.count && !err; i++)
		err = xb_fake_fill(&slots[i], addr + i * XB_PAGE, op->domid,
				   frame + i,
				   op->flags & XENBATCH_OPF_READONLY);
	return err;
}

static long empty(const struct xenbatch_op *op, struct xb_fake_slot *slots,
		  char *addr)
{
	long ret = 0;
	uint32_t i;

	for (i = 0; i < op->map.count; i++)
		ret += xb_fake_empty(&slots[i], addr + i * XB_PAGE);
	return ret;
}

static long notify(const struct xenbatch_op *op, struct xb_fake_slot *slot)
{
	if (op->notify.what & ~3U ||
	    (op->notify.what & XENBATCH_NOTIFY_CLEAR_BYTE && slot->readonly))
		return -EINVAL;
	if (!slot->held)
		return -ENOENT;
	slot->what = op->notify.what;
	slot->clear = (uint8_t *)(uintptr_t)op->notify.addr;
	slot->port = op->notify.port;
	return 0;
}

static long copy(struct xb_fake_windows *w, const struct xenbatch_op *op)
{
	struct xenbatch_copy *c = (void *)(uintptr_t)op->copy.addr;
	uint32_t i, n = op->copy.count;
	long ret = xb_soft_copies(c, n, 15);

	if (ret)
		return ret;
	if (w->domid >= 0)
		return -EPERM;
	for (i = 0; i < n; i++, c++) {
		void *source = (void *)(uintptr_t)c->source;
		void *dest = (void *)(uintptr_t)c->dest;

		if (c->flags & XENBATCH_COPY_SOURCE_ARENA)
			source = w->arena(w->owner, c->source, c->len);
		if (c->flags & XENBATCH_COPY_DEST_ARENA)
			dest = w->arena(w->owner, c->dest, c->len);
		c->status = xb_fake_copy(c, source, dest);
		if (c->status)
			ret = -EIO;
	}
	return ret;
}

static long slots_op(struct xb_fake_windows *w, const struct xenbatch_op *op)
{
	struct xb_soft_area *area;
	struct xb_fake_slot *slot;
	char *addr;
	size_t at;
	int err;

	err = xb_soft_slots(w->areas, op, &area, &at);
	if (err)
		return err;
	slot = (struct xb_fake_slot *)area->slots + at;
	addr = area->base + at * XB_PAGE;
	if (op->opcode == XENBATCH_OP_GRANT_NOTIFY)
		return notify(op, slot);
	if (op->opcode == XENBATCH_OP_FOREIGN_UNMAP ||
	    op->opcode == XENBATCH_OP_GRANT_UNMAP)
		return empty(op, slot, addr);
	if (w->domid >= 0 && w->domid != op->domid)
		return -EPERM;
	if (xb_fake_knobs.map_err)
		return -xb_fake_knobs.map_err;
	if (op->opcode == XENBATCH_OP_RESOURCE_MAP)
		return fill_resource(op, slot, addr);
	return fill(op, slot, addr);
}

long xb_fake_window_op(struct xb_fake_windows *w, const struct xenbatch_op *op)
{
	long ret;

	lock_windows();
	ret = op->opcode == XENBATCH_OP_GRANT_COPY ? copy(w, op) :
						     slots_op(w, op);
	unlock_windows();
	return ret;
}
