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
#include "backend_stock_window.h"
#include "os.h"

/* Of a module from before there were windows: those of the stock devices. */
#define SLOTS_MAX (1U << 18)

static bool has(const struct xb_device *dev, unsigned int opcode)
{
	return dev->opcodes >> opcode & 1;
}

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
	dev->opcodes = info.opcodes;
	dev->slots_max = info.slots_max ?: SLOTS_MAX;
	dev->pages_max = info.pages_max;
	if (!dev->pages_max || dev->pages_max > XB_SOFT_PAGES_MAX)
		dev->pages_max = XB_SOFT_PAGES_MAX;
	dev->arena_copy = has(dev, XENBATCH_OP_GRANT_COPY);
	if (has(dev, XENBATCH_OP_EVTCHN_BIND))
		dev->ports_max = info.ports_max;
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
		/* These need no window, by which we would notice. */
		if ((!has(dev, XENBATCH_OP_GRANT_COPY) || !dev->ports_max) &&
		    xb_soft_get(dev))
			dev->submit_fd = -1;
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
	xb_soft_inherit(dev, parent);
	return module_open(dev);
}

static void module_close(struct xb_device *dev)
{
	xb_soft_close(dev);
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
	(void)region;
	if (!xb_soft_window_remove(dev, p, size))
		xb_os_munmap(p, size);
}

/*
 * What a page table maps. A foreign area that has all of one can be emptied by
 * the table, which is cheaper than slot by slot.
 */
#define TABLE_SIZE	((size_t)2 << 20)

static int window_map(struct xb_device *dev, unsigned int region, size_t size,
		      void **out)
{
	uint64_t offset = XENBATCH_MMAP_OFFSET(region, 0);

	if (region == XENBATCH_REGION_FOREIGN && size >= TABLE_SIZE)
		return xb_os_mmap_aligned(dev->fd, offset, size, TABLE_SIZE,
					  out);
	return xb_os_mmap(dev->fd, offset, size, out);
}

/* What this kind of dom0 lacks in the module, the stock devices have. */
static int module_window(struct xb_device *dev, unsigned int region,
			 bool no_module, size_t size, void **out)
{
	unsigned int opcode = region == XENBATCH_REGION_FOREIGN ?
		XENBATCH_OP_FOREIGN_MAP : XENBATCH_OP_GRANT_MAP;
	int err = -ENODEV;

	if (!no_module && has(dev, opcode))
		err = window_map(dev, region, size, out);
	if (err == -ENODEV)
		err = xb_soft_window(dev, region, size, out);
	return err;
}

static long submit(struct xb_device *dev, uint32_t first, uint32_t count)
{
	struct xenbatch_submit s = { .first = first, .count = count };

	return xb_os_ioctl(dev->fd, XENBATCH_IOC_SUBMIT, &s);
}

/* Not for the module: by what it is, or by whose the slots are. */
static bool is_soft(struct xb_device *dev, const struct xenbatch_op *op)
{
	if (xb_soft_is_event(op->opcode))
		return !dev->ports_max;
	switch (op->opcode) {
	case XENBATCH_OP_GRANT_COPY:
		return !has(dev, op->opcode);
	case XENBATCH_OP_FOREIGN_MAP:
	case XENBATCH_OP_FOREIGN_UNMAP:
	case XENBATCH_OP_GRANT_MAP:
	case XENBATCH_OP_GRANT_UNMAP:
	case XENBATCH_OP_RESOURCE_MAP:
	case XENBATCH_OP_GRANT_NOTIFY:
		return !has(dev, op->opcode) ||
		       xb_soft_has(dev, (void *)(uintptr_t)op->map.addr);
	}
	return false;
}

/*
 * Where there are windows of both kinds: the module runs its operations in
 * stretches, and those between are run here. A chain of linked ones may go on
 * across a border: the rest of a chain that is canceled is done here too.
 */
static long submit_mixed(struct xb_device *dev, uint32_t first,
			 struct xenbatch_op *ops, uint32_t count)
{
	uint32_t done = 0, end;
	bool cancel = false;
	long ret;

	while (done < count) {
		if (cancel || is_soft(dev, &ops[done])) {
			xb_soft_run(dev, &ops[done], 1, xb_soft_window_op,
				    &cancel);
			done++;
			continue;
		}
		for (end = done + 1; end < count; end++)
			if (is_soft(dev, &ops[end]))
				break;
		ret = submit(dev, first + done, end - done);
		if (ret < 0)
			return done ? (long)done : ret;
		done += ret;
		if (done < end)
			break;
		cancel = ops[end - 1].result < 0 &&
			 ops[end - 1].flags & XENBATCH_OPF_LINK;
	}
	return done;
}

static long module_submit(struct xb_device *dev, uint32_t first,
			  struct xenbatch_op *ops, uint32_t count)
{
	if (__atomic_load_n(&dev->soft, __ATOMIC_ACQUIRE))
		return submit_mixed(dev, first, ops, count);
	return submit(dev, first, count);
}

static int module_restrict_domid(struct xb_device *dev, uint16_t domid)
{
	struct xenbatch_restrict r = {
		.flags = XENBATCH_RESTRICT_DOMID,
		.domid = domid,
	};

	int err = 0;

	if (dev->soft)
		err = xb_soft_events_restrict(dev, domid);
	if (!err)
		err = xb_os_ioctl(dev->fd, XENBATCH_IOC_RESTRICT, &r);
	if (err || dev->domid == domid)
		return err;
	dev->domid = domid;
	if (dev->soft)
		xb_soft_restrict(dev);
	return 0;
}

static int module_eventfd(struct xb_device *dev, int fd)
{
	struct xenbatch_eventfd e = { .fd = fd };

	return xb_os_ioctl(dev->fd, XENBATCH_IOC_EVENTFD, &e);
}

const struct xb_backend xb_backend_module = {
	.id = XENBATCH_BACKEND_MODULE,
	.name = "module",
	.open = module_open,
	.reopen = module_reopen,
	.close = module_close,
	.map = module_map,
	.unmap = module_unmap,
	.window = module_window,
	.submit = module_submit,
	.restrict_domid = module_restrict_domid,
	.eventfd = module_eventfd,
};
