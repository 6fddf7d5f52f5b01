// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Grants by /dev/xen/gntdev (drivers/xen/gntdev.c, Linux 6.1). An area is
 * mapped as a whole or not at all, and of what failed it says EINVAL only: if
 * one of many fails, they are tried one by one. A part of an area may be
 * unmapped. One unmap notification is to be had an area.
 */
#include <stdint.h>
#include <stdlib.h>

#include <xen/xen.h>
#include <xen/sys/gntdev.h>

#include "arena.h"
#include "backend_stock_window.h"
#include "os.h"

#define SMALL	8

/* Opened at the first use. -ENOENT is about grants, not about devices. */
static int gntdev(struct xb_device *dev)
{
	struct xb_soft *soft = dev->soft;
	int fd = __atomic_load_n(&soft->gntdev, __ATOMIC_ACQUIRE);
	int none = -1;

	if (dev->domid >= 0)
		return -EPERM;
	if (fd >= 0)
		return fd;
	fd = xb_os_open("/dev/xen/gntdev");
	if (fd < 0)
		return fd == -ENOENT || fd == -ENXIO ? -ENODEV : fd;
	if (__atomic_compare_exchange_n(&soft->gntdev, &none, fd, false,
					__ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE))
		return fd;
	xb_os_close(fd);
	return none;
}

static void forget_area(int fd, uint64_t index, uint32_t count)
{
	struct ioctl_gntdev_unmap_grant_ref unmap = {
		.index = index,
		.count = count,
	};

	xb_os_ioctl(fd, IOCTL_GNTDEV_UNMAP_GRANT_REF, &unmap);
}

/*
 * mmap over the slots has failed: nothing is there now, and another thread may
 * have been given the addresses. If so, they are not ours any more.
 */
static void reserve_again(struct xb_stock_slot *slot, char *addr, uint32_t n)
{
	void *at = addr;
	uint32_t i;

	if (!xb_os_reserve(&at, n * XB_PAGE, XB_OS_IF_FREE))
		return;
	for (i = 0; i < n; i++, addr += XB_PAGE) {
		at = addr;
		if (xb_os_reserve(&at, XB_PAGE, XB_OS_IF_FREE))
			slot[i].kind = XB_STOCK_LOST;
	}
}

/* n grants onto n empty slots, all or nothing. */
static int fill(int fd, const struct xenbatch_op *op, uint32_t first,
		struct xb_stock_slot *slot, char *addr, uint32_t n)
{
	int prot = op->flags & XENBATCH_OPF_READONLY ? PROT_READ :
						       PROT_READ | PROT_WRITE;
	struct ioctl_gntdev_map_grant_ref *map;
	uint64_t index;
	uint32_t i;
	int err;

	map = malloc(sizeof(*map) + n * sizeof(map->refs[0]));
	if (!map)
		return -ENOMEM;
	map->count = n;
	map->pad = 0;
	for (i = 0; i < n; i++) {
		map->refs[i].domid = op->domid;
		map->refs[i].ref = xb_soft_frame(op, first + i);
	}
	err = xb_os_ioctl(fd, IOCTL_GNTDEV_MAP_GRANT_REF, map);
	index = map->index;
	free(map);
	if (err)
		return err;
	err = xb_os_mmap_at(fd, index, addr, n * XB_PAGE, prot);
	if (err) {
		forget_area(fd, index, n);
		reserve_again(slot, addr, n);
		return err;
	}
	for (i = 0; i < n; i++) {
		slot[i] = (struct xb_stock_slot){
			.kind = XB_STOCK_GRANT, .prot = prot, .place = i,
			.nr = n, .index = index, .domid = op->domid,
			.frame = xb_soft_frame(op, first + i),
		};
	}
	return 0;
}

long xb_stock_grant_map(struct xb_device *dev, const struct xenbatch_op *op,
			struct xb_stock_slot *slot, char *addr)
{
	uint32_t n = op->map.count, i, end, one;
	int fd = gntdev(dev);
	long ret = 0;
	int err;

	if (fd < 0)
		return fd;
	for (i = 0; i < n; i = end) {
		for (end = i; end < n && slot[end].kind == XB_STOCK_EMPTY;
		     end++)
			;
		if (end == i) {
			xb_soft_status(op, end++, -EBUSY, &ret);
			continue;
		}
		err = fill(fd, op, i, slot + i, addr + i * XB_PAGE, end - i);
		for (one = i; one < end; one++) {
			int e = err;

			if (err && end - i > 1 && slot[one].kind ==
			    XB_STOCK_EMPTY)
				e = fill(fd, op, one, slot + one,
					 addr + one * XB_PAGE, 1);
			xb_soft_status(op, one, e, &ret);
		}
	}
	return ret;
}

/* The last page of its area? Then gntdev may forget it. */
static void leave_area(int fd, struct xb_stock_slot *slot)
{
	const struct xb_stock_slot *area = slot - slot->place;
	uint32_t i;

	slot->kind = XB_STOCK_EMPTY;
	for (i = 0; i < slot->nr; i++)
		if (area[i].kind == XB_STOCK_GRANT &&
		    area[i].index == slot->index)
			return;
	forget_area(fd, slot->index, slot->nr);
}

long xb_stock_grant_unmap(struct xb_device *dev, const struct xenbatch_op *op,
			  struct xb_stock_slot *slot, char *addr)
{
	uint32_t n = op->map.count, i, filled = 0;
	void *at = addr;
	int err;

	for (i = 0; i < n; i++)
		filled += slot[i].kind == XB_STOCK_GRANT;
	if (!filled)
		return 0;
	err = xb_os_reserve(&at, n * XB_PAGE, MAP_FIXED);
	if (err)
		return err;
	for (i = 0; i < n; i++)
		if (slot[i].kind == XB_STOCK_GRANT)
			leave_area(dev->soft->gntdev, &slot[i]);
	return filled;
}

long xb_stock_grant_notify(struct xb_device *dev, const struct xenbatch_op *op,
			   struct xb_stock_slot *slot, char *addr)
{
	struct ioctl_gntdev_unmap_notify notify = {
		.index = slot->index + slot->place * XB_PAGE +
			 op->notify.addr % XB_PAGE,
		.action = op->notify.what,
		.event_channel_port = op->notify.port,
	};
	int fd = gntdev(dev);

	(void)addr;
	if (op->notify.what & ~(XENBATCH_NOTIFY_CLEAR_BYTE |
				XENBATCH_NOTIFY_SEND_EVENT))
		return -EINVAL;
	if (slot->kind != XB_STOCK_GRANT)
		return -ENOENT;
	if (fd < 0)
		return fd;
	return xb_os_ioctl(fd, IOCTL_GNTDEV_SET_UNMAP_NOTIFY, &notify);
}

static void convert(struct ioctl_gntdev_grant_copy_segment *seg,
		    const struct xenbatch_copy *c)
{
	seg->len = c->len;
	seg->flags = c->flags;
	seg->status = 0;
	if (c->flags & XENBATCH_COPY_SOURCE_GREF) {
		seg->source.foreign.ref = (__u32)c->source;
		seg->source.foreign.offset = c->source >> 32;
		seg->source.foreign.domid = c->source >> 48;
	} else {
		seg->source.virt = (void *)(uintptr_t)c->source;
	}
	if (c->flags & XENBATCH_COPY_DEST_GREF) {
		seg->dest.foreign.ref = (__u32)c->dest;
		seg->dest.foreign.offset = c->dest >> 32;
		seg->dest.foreign.domid = c->dest >> 48;
	} else {
		seg->dest.virt = (void *)(uintptr_t)c->dest;
	}
}

/* Its flags are GNTCOPY_source_gref and _dest_gref, as are our first two. */
long xb_stock_grant_copy(struct xb_device *dev, const struct xenbatch_op *op)
{
	struct xenbatch_copy *c = (void *)(uintptr_t)op->copy.addr;
	struct ioctl_gntdev_grant_copy_segment small[SMALL], *segs = small;
	struct ioctl_gntdev_grant_copy copy;
	uint32_t n = op->copy.count, i;
	int fd = gntdev(dev);
	long ret;

	if (fd < 0)
		return fd;
	ret = xb_soft_copies(c, n, XENBATCH_COPY_SOURCE_GREF |
				   XENBATCH_COPY_DEST_GREF);
	if (ret)
		return ret;
	if (n > SMALL)
		segs = malloc(n * sizeof(*segs));
	if (!segs)
		return -ENOMEM;
	for (i = 0; i < n; i++)
		convert(&segs[i], &c[i]);
	copy.count = n;
	copy.segments = segs;
	ret = xb_os_ioctl(fd, IOCTL_GNTDEV_GRANT_COPY, &copy);
	for (i = 0; i < n && !ret; i++)
		c[i].status = segs[i].status;
	for (i = 0; i < n && !ret; i++)
		ret = c[i].status ? -EIO : 0;
	if (segs != small)
		free(segs);
	return ret;
}
