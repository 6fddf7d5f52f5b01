// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Backend stock: the devices that every dom0 kernel has. One system call a
 * hypercall, the same answers.
 *
 * The choice of devices is that of libxencall (tools/libs/call/linux.c, Xen
 * 4.17): a program that ran on it must run here, in the same environments.
 */
#include <sched.h>
#include <stdint.h>
#include <stdlib.h>
#include <unistd.h>

#include <xen/xen.h>
#include <xen/sys/privcmd.h>

#include "backend.h"
#include "backend_stock_window.h"
#include "os.h"

#define STOCK_OPS_MAX	65536U
#define STOCK_ARENA_MAX	(64ULL << 20)
#define STOCK_SLOTS_MAX	(1U << 18)

static void stock_limits(struct xb_device *dev)
{
	dev->ops_max = STOCK_OPS_MAX;
	dev->arena_max = STOCK_ARENA_MAX;
	dev->slots_max = STOCK_SLOTS_MAX;
	dev->pages_max = XB_SOFT_PAGES_MAX;
	dev->opcodes = ~0ULL;
	dev->dear_parts = true;
}

static int stock_open(struct xb_device *dev)
{
	int err;

	dev->fd = xb_os_open("/dev/xen/privcmd");
	if (dev->fd == -ENOENT || dev->fd == -ENXIO || dev->fd == -ENODEV)
		dev->fd = xb_os_open("/proc/xen/privcmd");
	if (dev->fd < 0)
		return dev->fd;

	dev->buf_fd = xb_os_open("/dev/xen/hypercall");
	if (dev->buf_fd < 0 && dev->buf_fd != -ENOENT) {
		err = dev->buf_fd;
		xb_os_close(dev->fd);
		dev->fd = -1;
		return err;
	}
	stock_limits(dev);
	return 0;
}

/*
 * privcmd gives back an int (drivers/xen/privcmd.c, Linux 6.1), and memory_op
 * answers with numbers of frames. So that one goes as a multicall of its own,
 * as in libxc, with its answer in memory. This is a page of entries for them,
 * which of these are in use, and whose page it is: a child has it not.
 */
struct stock_wide {
	multicall_entry_t *entry;
	uint64_t busy;
	pid_t owner;
};

#define WIDE_ENTRIES	64
#define WIDE_BYTES	4096

_Static_assert(WIDE_ENTRIES * sizeof(multicall_entry_t) == WIDE_BYTES, "");

static void stock_wide_free(struct stock_wide *wide)
{
	if (wide && wide->owner == getpid())
		xb_os_munmap(wide->entry, WIDE_BYTES);
	free(wide);
}

/*
 * privcmd does not care which process calls, so the child keeps what it has,
 * as with stock libraries: it may have no right left to open the devices.
 */
static int stock_reopen(struct xb_device *dev, struct xb_device *parent)
{
	dev->fd = parent->fd;
	dev->buf_fd = parent->buf_fd;
	stock_limits(dev);
	dev->denied = parent->denied;
	xb_soft_inherit(dev, parent);
	parent->fd = -1;
	parent->buf_fd = -1;
	stock_wide_free(parent->private);
	parent->private = NULL;
	return 0;
}

static void stock_close(struct xb_device *dev)
{
	stock_wide_free(dev->private);
	xb_soft_close(dev);
	if (dev->buf_fd >= 0)
		xb_os_close(dev->buf_fd);
	if (dev->fd >= 0)
		xb_os_close(dev->fd);
}

/* Operations are read by us alone: any memory will do. */
static int stock_map_ops(size_t size, void **out)
{
	struct xenbatch_op *ops = aligned_alloc(sizeof(*ops), size);
	size_t i;

	if (!ops)
		return -ENOMEM;
	for (i = 0; i < size / sizeof(*ops); i++)
		ops[i].state = XENBATCH_STATE_IDLE;
	*out = ops;
	return 0;
}

/* Without a buffer device: locked memory, which is present nearly always. */
static int stock_map_locked(size_t size, void **out)
{
	size_t i;
	char *p;

	p = mmap(NULL, size, PROT_READ | PROT_WRITE,
		 MAP_PRIVATE | MAP_ANONYMOUS | MAP_LOCKED, -1, 0);
	if (p == MAP_FAILED)
		return -errno;
	/*
	 * After fork a page would be shared, and copied under Xen's feet when
	 * it is written to. Touch them once more, in case that another thread
	 * forked before the advice was given.
	 */
	if (madvise(p, size, MADV_DONTFORK)) {
		int err = -errno;

		munmap(p, size);
		return err;
	}
	for (i = 0; i < size; i += 4096)
		((volatile char *)p)[i] = 0;
	*out = p;
	return 0;
}

static int stock_map_arena(struct xb_device *dev, size_t size, void **out)
{
	int err;

	if (dev->buf_fd < 0)
		return stock_map_locked(size, out);
	err = xb_os_mmap(dev->buf_fd, 0, size, out);
	/*
	 * The device's memory would stay shared with a child; the module's is
	 * not inherited, and a program should not be able to tell.
	 */
	if (!err)
		madvise(*out, size, MADV_DONTFORK);
	return err;
}

static int stock_map(struct xb_device *dev, unsigned int region,
		     uint64_t offset, size_t size, void **out)
{
	int saved = errno;
	int err;

	(void)offset;
	if (region == XENBATCH_REGION_OPS)
		err = stock_map_ops(size, out);
	else
		err = stock_map_arena(dev, size, out);
	errno = saved;
	return err;
}

static void stock_unmap(struct xb_device *dev, unsigned int region, void *p,
			size_t size)
{
	if (region == XENBATCH_REGION_OPS)
		free(p);
	else if (!xb_soft_window_remove(dev, p, size))
		xb_os_munmap(p, size);
}

static int stock_window(struct xb_device *dev, unsigned int region,
			bool no_module, size_t size, void **out)
{
	(void)no_module;
	return xb_soft_window(dev, region, size, out);
}

static long stock_privcmd(struct xb_device *dev, uint64_t number,
			  const __u64 *arg)
{
	privcmd_hypercall_t call = {
		.op = number,
		.arg = { arg[0], arg[1], arg[2], arg[3], arg[4] },
	};

	return xb_os_ioctl(dev->fd, IOCTL_PRIVCMD_HYPERCALL, &call);
}

static struct stock_wide *stock_wide_new(struct xb_device *dev)
{
	struct stock_wide *wide = malloc(sizeof(*wide)), *other = NULL;
	void *entry;

	if (!wide)
		return NULL;
	if (stock_map_arena(dev, WIDE_BYTES, &entry)) {
		free(wide);
		return NULL;
	}
	wide->entry = entry;
	wide->busy = 0;
	wide->owner = getpid();
	if (__atomic_compare_exchange_n((struct stock_wide **)&dev->private,
					&other, wide, false, __ATOMIC_ACQ_REL,
					__ATOMIC_ACQUIRE))
		return wide;
	/* Another thread was faster. */
	stock_wide_free(wide);
	return other;
}

static unsigned int stock_wide_take(struct stock_wide *wide)
{
	uint64_t busy = __atomic_load_n(&wide->busy, __ATOMIC_RELAXED);
	unsigned int i;

	for (;;) {
		if (busy == ~0ULL) {
			sched_yield();
			busy = __atomic_load_n(&wide->busy, __ATOMIC_RELAXED);
			continue;
		}
		i = __builtin_ctzll(~busy);
		if (__atomic_compare_exchange_n(&wide->busy, &busy,
						busy | 1ULL << i, true,
						__ATOMIC_ACQUIRE,
						__ATOMIC_RELAXED))
			return i;
	}
}

static long stock_memory_op(struct xb_device *dev, const struct xenbatch_op *op)
{
	struct stock_wide *wide = __atomic_load_n(
		(struct stock_wide **)&dev->private, __ATOMIC_ACQUIRE);
	__u64 arg[5] = { 0, 1, 0, 0, 0 };
	multicall_entry_t *e;
	unsigned int i;
	long ret;

	if (!wide)
		wide = stock_wide_new(dev);
	if (!wide)
		return -ENOMEM;
	i = stock_wide_take(wide);
	e = &wide->entry[i];
	e->op = __HYPERVISOR_memory_op;
	e->args[0] = op->arg[0];
	e->args[1] = op->arg[1];
	arg[0] = (uintptr_t)e;
	ret = stock_privcmd(dev, __HYPERVISOR_multicall, arg);
	if (!ret)
		ret = e->result;
	__atomic_fetch_and(&wide->busy, ~(1ULL << i), __ATOMIC_RELEASE);
	return ret;
}

static long stock_call(struct xb_device *dev, const struct xenbatch_op *op)
{
	if (op->opcode != XENBATCH_OP_HYPERCALL)
		return xb_soft_window_op(dev, op);
	if (dev->denied)
		return -EPERM;
	if (op->number == __HYPERVISOR_memory_op)
		return stock_memory_op(dev, op);
	return stock_privcmd(dev, op->number, op->arg);
}

static long stock_submit(struct xb_device *dev, uint32_t first,
			 struct xenbatch_op *ops, uint32_t count)
{
	bool cancel = false;

	(void)first;
	xb_soft_run(dev, ops, count, stock_call, &cancel);
	return count;
}

/*
 * Of a raw hypercall the kernel cannot see the target, so none is left. The
 * ioctl RESTRICT would say so too, but to the open file, which parent and child
 * share: libxencall puts /dev/null in the descriptor's place, which concerns
 * this process only, and so do we. Foreign frames of that domain can still be
 * mapped, as with libxenforeignmemory: by a descriptor of their own.
 */
static int stock_restrict_domid(struct xb_device *dev, uint16_t domid)
{
	int err;

	if (dev->denied && dev->domid == domid)
		return 0;	/* in a child: inherited with the descriptors */
	err = xb_soft_events_restrict(dev, domid);
	if (!err)
		err = xb_os_null(dev->fd);
	if (err)
		return err;
	dev->denied = true;
	dev->domid = domid;
	xb_soft_restrict(dev);
	return 0;
}

const struct xb_backend xb_backend_stock = {
	.id = XENBATCH_BACKEND_STOCK,
	.name = "stock",
	.open = stock_open,
	.reopen = stock_reopen,
	.close = stock_close,
	.map = stock_map,
	.unmap = stock_unmap,
	.window = stock_window,
	.submit = stock_submit,
	.restrict_domid = stock_restrict_domid,
};
