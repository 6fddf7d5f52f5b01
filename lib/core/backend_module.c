// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Backend module: /dev/xen/batch.
 *
 * Opening is an open and one INFO. Nothing is mapped before it is needed: an
 * mmap with its munmap is 18000 instructions in a PV dom0, which is more than
 * many a program does with its handle.
 */
#include <string.h>

#include "backend.h"
#include "os.h"

static int module_info(struct xb_device *dev)
{
	struct xenbatch_info info = { .flags = 0 };
	long ret;

	ret = xb_os_ioctl(dev->fd, XENBATCH_IOC_INFO, &info);
	if (ret < 0)
		return ret;
	dev->abi = info.abi;
	dev->ops_max = info.ops_max;
	dev->arena_max = info.arena_max;
	_Static_assert(sizeof(dev->version) == sizeof(info.version), "");
	memcpy(dev->version, info.version, sizeof(dev->version));
	dev->version[sizeof(dev->version) - 1] = 0;
	if (info.abi != XENBATCH_ABI) {
		dev->why = XB_WHY_ABI;
		return -EPROTONOSUPPORT;
	}
	if (!(info.opcodes & 1ULL << XENBATCH_OP_HYPERCALL)) {
		dev->why = XB_WHY_NO_HYPERCALL;
		return -EOPNOTSUPP;
	}
	return 0;
}

static int module_open(struct xb_device *dev)
{
	int err;

	dev->buf_fd = -1;
	dev->why = XB_WHY_PRESENT;
	dev->fd = xb_os_open(XENBATCH_DEVICE);
	err = dev->fd < 0 ? dev->fd : module_info(dev);
	if (!err) {
		dev->submit_fd = dev->fd;
		return 0;
	}

	dev->why_err = -err;
	if (dev->why == XB_WHY_PRESENT)
		dev->why = XB_WHY_UNUSABLE;
	if (dev->fd < 0) {
		if (err == -ENOENT)
			dev->why = XB_WHY_ABSENT;
		else if (err == -ENXIO || err == -ENODEV)
			dev->why = XB_WHY_NO_DEVICE;
		else if (err == -EACCES || err == -EPERM)
			dev->why = XB_WHY_REFUSED;
		return err;
	}
	xb_os_close(dev->fd);
	dev->fd = -1;
	return err;
}

/* A context belongs to one address space: the child needs one of its own. */
static int module_reopen(struct xb_device *dev, struct xb_device *parent)
{
	(void)parent;
	return module_open(dev);
}

static void module_close(struct xb_device *dev)
{
	if (dev->fd >= 0)
		xb_os_close(dev->fd);
}

static int module_map(struct xb_device *dev, unsigned int region,
		      uint64_t offset, size_t size, void **out)
{
	return xb_os_mmap(dev->fd, XENBATCH_MMAP_OFFSET(region, offset), size,
			  out);
}

static void module_unmap(struct xb_device *dev, unsigned int region, void *p,
			 size_t size)
{
	(void)dev;
	(void)region;
	xb_os_munmap(p, size);
}

static long module_submit(struct xb_device *dev, uint32_t first,
			  struct xenbatch_op *ops, uint32_t count)
{
	struct xenbatch_submit submit = { .first = first, .count = count };

	(void)ops;
	return xb_os_ioctl(dev->fd, XENBATCH_IOC_SUBMIT, &submit);
}

static int module_restrict_domid(struct xb_device *dev, uint16_t domid)
{
	struct xenbatch_restrict r = {
		.flags = XENBATCH_RESTRICT_DOMID,
		.domid = domid,
	};

	return xb_os_ioctl(dev->fd, XENBATCH_IOC_RESTRICT, &r);
}

const struct xb_backend xb_backend_module = {
	.id = XENBATCH_BACKEND_MODULE,
	.name = "module",
	.open = module_open,
	.reopen = module_reopen,
	.close = module_close,
	.map = module_map,
	.unmap = module_unmap,
	.submit = module_submit,
	.restrict_domid = module_restrict_domid,
};
