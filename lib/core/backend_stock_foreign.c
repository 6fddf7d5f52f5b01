// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Foreign frames by /dev/xen/privcmd (drivers/xen/privcmd.c, Linux 6.1). It
 * fills an area of its own once, as a whole, and refuses to have it split: to
 * change a part of what one call mapped, all of it goes, and the rest is mapped
 * again. For that moment the rest is not there: see xenbatch.h.
 */
#include <stdint.h>
#include <stdlib.h>

#include <xen/xen.h>
#include <xen/memory.h>
#include <xen/sys/privcmd.h>

#include "arena.h"
#include "backend_stock_window.h"
#include "os.h"

/* Back to reserved; the slots' records too. */
static int release(struct xb_stock_slot *slot, char *addr, size_t n)
{
	void *at = addr;
	size_t i;
	int err;

	err = xb_os_reserve(&at, n * XB_PAGE, MAP_FIXED);
	for (i = 0; i < n && !err; i++)
		slot[i].kind = XB_STOCK_EMPTY;
	return err;
}

/* One area over n slots, filled by an array of frames. errs: each page's. */
static int fill(struct xb_device *dev, struct xb_stock_slot *slot, char *addr,
		uint32_t n, uint16_t domid, int prot, const xen_pfn_t *frames,
		int *errs)
{
	privcmd_mmapbatch_v2_t batch = {
		.num = n,
		.dom = domid,
		.addr = (uintptr_t)addr,
		.arr = frames,
		.err = errs,
	};
	int fd = xb_soft_privcmd(dev);
	uint32_t i;
	int err;

	if (fd < 0)
		return -EPERM;
	err = xb_os_mmap_at(fd, 0, addr, n * XB_PAGE, prot);
	if (err)
		return err;
	err = xb_os_ioctl(fd, IOCTL_PRIVCMD_MMAPBATCH_V2, &batch);
	/* Some page was paged out; errs has it. */
	if (err && err != -ENOENT)
		return err;
	for (i = 0; i < n; i++) {
		slot[i].kind = errs[i] ? XB_STOCK_HOLE : XB_STOCK_FRAME;
		slot[i].prot = prot;
		slot[i].place = i;
		slot[i].nr = n;
		slot[i].frame = frames[i];
		slot[i].domid = domid;
	}
	return 0;
}

static int fill_resource(struct xb_device *dev, struct xb_stock_slot *slot,
			 char *addr, uint32_t n, uint16_t domid, int prot,
			 uint32_t type, uint32_t id, uint64_t frame)
{
	privcmd_mmap_resource_t resource = {
		.dom = domid,
		.type = type,
		.id = id,
		.idx = frame,
		.num = n,
		.addr = (uintptr_t)addr,
	};
	int fd = xb_soft_privcmd(dev);
	uint32_t i;
	int err;

	if (fd < 0)
		return -EPERM;
	if (frame > UINT32_MAX)
		return -EINVAL;
	err = xb_os_mmap_at(fd, 0, addr, n * XB_PAGE, prot);
	if (!err)
		err = xb_os_ioctl(fd, IOCTL_PRIVCMD_MMAP_RESOURCE, &resource);
	if (err)
		return err;
	for (i = 0; i < n; i++) {
		slot[i] = (struct xb_stock_slot){
			.kind = XB_STOCK_RESOURCE, .prot = prot, .place = i,
			.nr = n, .frame = frame + i, .type = type, .id = id,
			.domid = domid,
		};
	}
	return 0;
}

/* Map again n slots that were one area's, and still have their records. */
static void refill_run(struct xb_device *dev, struct xb_stock_slot *slot,
		       char *addr, uint32_t n)
{
	xen_pfn_t *frames = malloc(n * sizeof(*frames));
	int *errs = malloc(n * sizeof(*errs));
	struct xb_stock_slot first = slot[0];
	int err = -ENOMEM;
	uint32_t i;

	if (first.kind == XB_STOCK_RESOURCE) {
		err = fill_resource(dev, slot, addr, n, first.domid, first.prot,
				    first.type, first.id, first.frame);
	} else if (frames && errs) {
		for (i = 0; i < n; i++)
			frames[i] = slot[i].frame;
		err = fill(dev, slot, addr, n, first.domid, first.prot, frames,
			   errs);
	}
	if (err)
		release(slot, addr, n);
	free(errs);
	free(frames);
}

/* The same, where some may have been empty: they stay so. */
static void refill(struct xb_device *dev, struct xb_stock_slot *slot,
		   char *addr, size_t n)
{
	size_t i, end;

	for (i = 0; i < n; i = end) {
		end = i + 1;
		if (slot[i].kind == XB_STOCK_HOLE) {
			slot[i].kind = XB_STOCK_EMPTY;
			continue;
		}
		while (end < n && slot[end].kind == slot[i].kind)
			end++;
		refill_run(dev, slot + i, addr + i * XB_PAGE, end - i);
	}
}

/*
 * Take n slots out of the areas that they are in: what lies in there beyond
 * them is mapped anew. The n slots themselves are left for the caller to be
 * mapped over. Returns how many were filled, or a negative errno.
 */
static long vacate(struct xb_device *dev, struct xb_stock_slot *slot,
		   char *addr, long n)
{
	long filled = 0, i, start, end;

	for (i = 0; i < n;) {
		if (slot[i].kind == XB_STOCK_EMPTY) {
			i++;
			continue;
		}
		start = i - (long)slot[i].place;
		end = start + slot[i].nr;
		if (start < 0 || end > n) {
			void *at = addr + start * (long)XB_PAGE;
			int err = xb_os_reserve(&at, (end - start) * XB_PAGE,
						MAP_FIXED);

			if (err)
				return err;
			if (start < 0)
				refill(dev, slot + start, at, -start);
			if (end > n)
				refill(dev, slot + n, addr + n * XB_PAGE,
				       end - n);
		}
		for (; i < n && i < end; i++) {
			filled += slot[i].kind != XB_STOCK_HOLE;
			slot[i].kind = XB_STOCK_EMPTY;
		}
	}
	return filled;
}

static int prot_of(const struct xenbatch_op *op)
{
	return op->flags & XENBATCH_OPF_READONLY ? PROT_READ :
						   PROT_READ | PROT_WRITE;
}

long xb_stock_foreign_map(struct xb_device *dev, const struct xenbatch_op *op,
			  struct xb_stock_slot *slot, char *addr)
{
	uint32_t n = op->map.count, i, bad = 0;
	xen_pfn_t small_frames[16], *frames = small_frames;
	int small_errs[16], *errs = small_errs;
	long ret = -ENOMEM;

	if (n > 16) {
		frames = malloc(n * sizeof(*frames));
		errs = malloc(n * sizeof(*errs));
		if (!frames || !errs)
			goto out;
	}
	for (i = 0; i < n; i++)
		frames[i] = xb_soft_frame(op, i);
	ret = vacate(dev, slot, addr, n);
	if (ret < 0)
		goto out;
	ret = fill(dev, slot, addr, n, op->domid, prot_of(op), frames, errs);
	if (ret) {
		release(slot, addr, n);
		goto out;
	}
	for (i = 0; i < n; i++) {
		bad += errs[i] != 0;
		xb_soft_status(op, i, errs[i], &ret);
	}
	if (bad == n)
		release(slot, addr, n);
out:
	if (n > 16) {
		free(errs);
		free(frames);
	}
	return ret;
}

long xb_stock_resource_map(struct xb_device *dev, const struct xenbatch_op *op,
			   struct xb_stock_slot *slot, char *addr)
{
	uint32_t n = op->map.count;
	long ret = vacate(dev, slot, addr, n);

	if (ret < 0)
		return ret;
	ret = fill_resource(dev, slot, addr, n, op->domid, prot_of(op),
			    op->map.type, op->map.id, op->map.frame);
	if (ret)
		release(slot, addr, n);
	return ret;
}

long xb_stock_foreign_unmap(struct xb_device *dev, const struct xenbatch_op *op,
			    struct xb_stock_slot *slot, char *addr)
{
	uint32_t n = op->map.count, i;
	long filled;
	int err;

	for (i = 0; i < n && slot[i].kind == XB_STOCK_EMPTY; i++)
		;
	if (i == n)
		return 0;
	filled = vacate(dev, slot, addr, n);
	err = filled < 0 ? filled : release(slot, addr, n);
	return err ? err : filled;
}
