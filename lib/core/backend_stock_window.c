// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Windows of the stock devices: areas, and who does what. One lock: the kernel
 * has but one for a process's mappings either.
 */
#include <stdint.h>
#include <stdlib.h>

#include <xen/xen.h>
#include <xen/sys/privcmd.h>

#include "arena.h"
#include "backend_stock_window.h"
#include "os.h"

struct xb_soft *xb_soft_get(struct xb_device *dev)
{
	struct xb_soft *soft = __atomic_load_n(&dev->soft, __ATOMIC_ACQUIRE);
	struct xb_soft *other = NULL;

	if (soft)
		return soft;
	soft = calloc(1, sizeof(*soft));
	if (!soft)
		return NULL;
	pthread_mutex_init(&soft->lock, NULL);
	soft->privcmd = -1;
	soft->gntdev = -1;
	xb_soft_events_init(&soft->events, dev->domid);
	if (__atomic_compare_exchange_n(&dev->soft, &other, soft, false,
					__ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE))
		return soft;
	pthread_mutex_destroy(&soft->lock);
	free(soft);
	return other;
}

static void areas_free(struct xb_soft *soft)
{
	struct xb_soft_area *area;

	while ((area = soft->areas)) {
		soft->areas = area->next;
		free(area->slots);
		free(area);
	}
}

/* The parent's areas are not here; its lock may be held for ever. */
void xb_soft_inherit(struct xb_device *dev, struct xb_device *parent)
{
	struct xb_soft *old = parent->soft, *soft;

	if (!old)
		return;
	dev->domid = parent->domid;
	soft = xb_soft_get(dev);
	if (soft) {
		soft->privcmd = old->privcmd;
		soft->gntdev = old->gntdev;
	} else {
		if (old->privcmd >= 0)
			xb_os_close(old->privcmd);
		if (old->gntdev >= 0)
			xb_os_close(old->gntdev);
	}
	xb_soft_events_end(&old->events);
	areas_free(old);
	free(old);
	parent->soft = NULL;
}

void xb_soft_close(struct xb_device *dev)
{
	struct xb_soft *soft = dev->soft;

	if (!soft)
		return;
	if (soft->privcmd >= 0)
		xb_os_close(soft->privcmd);
	if (soft->gntdev >= 0)
		xb_os_close(soft->gntdev);
	xb_soft_events_end(&soft->events);
	areas_free(soft);
	free(soft);
	dev->soft = NULL;
}

static int open_privcmd(void)
{
	int fd = xb_os_open("/dev/xen/privcmd");

	if (fd == -ENOENT || fd == -ENXIO || fd == -ENODEV)
		fd = xb_os_open("/proc/xen/privcmd");
	return fd;
}

int xb_soft_privcmd(const struct xb_device *dev)
{
	if (dev->soft->privcmd >= 0)
		return dev->soft->privcmd;
	if (dev->be == &xb_backend_stock && dev->domid < 0)
		return dev->fd;
	return -1;
}

/*
 * The ioctl restricts the open file, which a forked parent or child may share:
 * so it is done to a file of our own. Where that cannot be opened any more
 * nothing is left, which is on the safe side of what was asked for.
 */
void xb_soft_restrict(struct xb_device *dev)
{
	struct xb_soft *soft = xb_soft_get(dev);
	domid_t domid = dev->domid;
	int fd;

	if (!soft)
		return;
	pthread_mutex_lock(&soft->lock);
	fd = open_privcmd();
	if (fd >= 0 && xb_os_ioctl(fd, IOCTL_PRIVCMD_RESTRICT, &domid)) {
		xb_os_close(fd);
		fd = -1;
	}
	if (soft->privcmd >= 0)
		xb_os_close(soft->privcmd);
	soft->privcmd = fd < 0 ? -1 : fd;
	/* gntdev knows no restriction; libxengnttab gives it up too. */
	if (soft->gntdev >= 0)
		xb_os_close(soft->gntdev);
	soft->gntdev = -1;
	pthread_mutex_unlock(&soft->lock);
}

int xb_soft_window(struct xb_device *dev, unsigned int region, size_t size,
		   void **out)
{
	struct xb_soft *soft = xb_soft_get(dev);
	struct xb_soft_area *area;
	void *base = NULL;
	int err = 0;

	if (!soft)
		return -ENOMEM;
	area = calloc(1, sizeof(*area));
	if (!area)
		return -ENOMEM;
	area->slots = calloc(size / XB_PAGE, sizeof(struct xb_stock_slot));
	if (!area->slots) {
		err = -ENOMEM;
		goto err_area;
	}
	err = xb_os_reserve(&base, size, 0);
	if (err)
		goto err_slots;

	pthread_mutex_lock(&soft->lock);
	if (region == XENBATCH_REGION_FOREIGN && dev->domid < 0 &&
	    xb_soft_privcmd(dev) < 0) {
		err = open_privcmd();
		soft->privcmd = err < 0 ? -1 : err;
	}
	if (err >= 0) {
		area->base = base;
		area->size = size;
		area->region = region;
		area->next = soft->areas;
		__atomic_store_n(&soft->areas, area, __ATOMIC_RELEASE);
	}
	pthread_mutex_unlock(&soft->lock);
	if (err >= 0) {
		*out = base;
		return 0;
	}
	xb_os_munmap(base, size);
err_slots:
	free(area->slots);
err_area:
	free(area);
	return err;
}

/* Unmapping is what empties: all but the slots that became another's. */
static void unmap_but_lost(const struct xb_soft_area *area)
{
	const struct xb_stock_slot *slots = area->slots;
	size_t n = area->size / XB_PAGE, i, end;

	for (i = 0; i < n; i = end + 1) {
		for (end = i; end < n && slots[end].kind != XB_STOCK_LOST;
		     end++)
			;
		if (end > i)
			xb_os_munmap(area->base + i * XB_PAGE,
				     (end - i) * XB_PAGE);
	}
}

bool xb_soft_window_remove(struct xb_device *dev, void *p, size_t size)
{
	struct xb_soft_area **link, *area;
	struct xb_soft *soft = dev->soft;

	if (!soft)
		return false;
	pthread_mutex_lock(&soft->lock);
	for (link = &soft->areas; (area = *link); link = &area->next)
		if (area->base == p && area->size == size)
			break;
	if (area)
		*link = area->next;
	pthread_mutex_unlock(&soft->lock);
	if (!area)
		return false;
	unmap_but_lost(area);
	free(area->slots);
	free(area);
	return true;
}

bool xb_soft_has(struct xb_device *dev, const void *addr)
{
	struct xb_soft_area *area;

	area = __atomic_load_n(&dev->soft->areas, __ATOMIC_ACQUIRE);
	for (; area; area = area->next)
		if ((size_t)((uintptr_t)addr - (uintptr_t)area->base) <
		    area->size)
			return true;
	return false;
}

static const struct {
	xb_stock_op *fn;
	bool maps;
} stock_ops[] = {
	[XENBATCH_OP_FOREIGN_MAP] = { xb_stock_foreign_map, true },
	[XENBATCH_OP_FOREIGN_UNMAP] = { xb_stock_foreign_unmap, false },
	[XENBATCH_OP_GRANT_MAP] = { xb_stock_grant_map, true },
	[XENBATCH_OP_GRANT_UNMAP] = { xb_stock_grant_unmap, false },
	[XENBATCH_OP_RESOURCE_MAP] = { xb_stock_resource_map, true },
	[XENBATCH_OP_GRANT_NOTIFY] = { xb_stock_grant_notify, false },
};

static long slots_op(struct xb_device *dev, const struct xenbatch_op *op)
{
	struct xb_stock_slot *slot;
	struct xb_soft_area *area;
	size_t at, i;
	int err;

	err = xb_soft_slots(dev->soft->areas, op, &area, &at);
	if (err)
		return err;
	slot = (struct xb_stock_slot *)area->slots + at;
	if (op->opcode != XENBATCH_OP_GRANT_NOTIFY)
		for (i = 0; i < op->map.count; i++)
			if (slot[i].kind == XB_STOCK_LOST)
				return -ENXIO;
	if (stock_ops[op->opcode].maps && dev->domid >= 0 &&
	    dev->domid != op->domid)
		return -EPERM;
	return stock_ops[op->opcode].fn(dev, op, slot,
					area->base + at * XB_PAGE);
}

long xb_soft_window_op(struct xb_device *dev, const struct xenbatch_op *op)
{
	struct xb_soft *soft = xb_soft_get(dev);
	long ret;

	if (!soft)
		return -ENOMEM;
	if (xb_soft_is_event(op->opcode))
		return xb_soft_event_op(dev, op);
	/* Copies of others may run at the same time. */
	if (op->opcode == XENBATCH_OP_GRANT_COPY)
		return xb_stock_grant_copy(dev, op);
	pthread_mutex_lock(&soft->lock);
	ret = slots_op(dev, op);
	pthread_mutex_unlock(&soft->lock);
	return ret;
}
