// SPDX-License-Identifier: GPL-2.0
/* The module and its device: what is opened, mapped, and asked. */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/err.h>
#include <linux/fs.h>
#include <linux/log2.h>
#include <linux/miscdevice.h>
#include <linux/module.h>
#include <linux/sched.h>
#include <linux/string.h>
#include <linux/uaccess.h>

#include <asm/xen/hypercall.h>
#include <xen/features.h>
#include <xen/interface/version.h>
#include <xen/xen.h>

#include "area.h"
#include "bench.h"
#include "context.h"
#include "evtchn.h"
#include "grant.h"
#include "map.h"
#include "ops.h"
#include "region.h"
#include "submit.h"
#include "uapi.h"

static int xb_open(struct inode *inode, struct file *file)
{
	struct xb_context *ctx = xb_context_create();

	if (IS_ERR(ctx))
		return PTR_ERR(ctx);
	file->private_data = ctx;
	return 0;
}

static int xb_release(struct inode *inode, struct file *file)
{
	xb_context_destroy(file->private_data);
	return 0;
}

static int xb_mmap(struct file *file, struct vm_area_struct *vma)
{
	unsigned long region = vma->vm_pgoff / XB_REGION_PAGES;
	struct xb_context *ctx = file->private_data;

	if (current->mm != ctx->mm)
		return -EXDEV;
	if (region == XENBATCH_REGION_EVENTS)
		return xb_events_mmap(ctx, vma);
	if (!xb_area_is_region(region))
		return xb_region_mmap(ctx, vma);
	if (vma->vm_pgoff % XB_REGION_PAGES)
		return -EINVAL;
	return xb_area_mmap(ctx, vma, region);
}

static long xb_ioctl_info(struct xb_context *ctx, void __user *arg)
{
	struct xenbatch_info info;
	int xen;

	if (copy_from_user(&info, arg, sizeof(info)))
		return -EFAULT;
	if (info.flags || info.reserved2 ||
	    memchr_inv(info.reserved, 0, sizeof(info.reserved)))
		return -EINVAL;

	memset(&info, 0, sizeof(info));
	info.abi = XENBATCH_ABI;
	info.features = xen_feature(XENFEAT_auto_translated_physmap) ?
			XENBATCH_FEATURE_AUTOXLATE : XENBATCH_FEATURE_PV;
	if (IS_ENABLED_XB_BENCH)
		info.features |= XENBATCH_FEATURE_BENCH;
	info.opcodes = xb_known;
	info.ops_max = xb_ops_max;
	info.chunk = XB_CHUNK;
	info.arena_max = (u64)xb_arena_max_mb << 20;
	info.contexts_max = xb_contexts_max;
	info.slots_max = xb_slots_max;
	info.pages_max = XB_PAGES_MAX;
	info.ports_max = xb_ports_max;
	info.nr_counters = XB_NR_COUNTERS;
	xen = HYPERVISOR_xen_version(XENVER_version, NULL);
	info.xen_major = xen >> 16;
	info.xen_minor = xen & 0xffff;
	strscpy(info.version, XENBATCH_VERSION, sizeof(info.version));

	return copy_to_user(arg, &info, sizeof(info)) ? -EFAULT : 0;
}

static long xb_ioctl_restrict(struct xb_context *ctx, void __user *arg)
{
	struct xenbatch_restrict r;

	if (copy_from_user(&r, arg, sizeof(r)))
		return -EFAULT;
	return xb_context_restrict(ctx, &r);
}

static long xb_ioctl_counter(struct xb_context *ctx, void __user *arg)
{
	struct xenbatch_counter counter;
	int err;

	if (copy_from_user(&counter, arg,
			   offsetof(struct xenbatch_counter, context)))
		return -EFAULT;
	err = xb_stats_get(&ctx->stats, &counter);
	if (err)
		return err;
	return copy_to_user(arg, &counter, sizeof(counter)) ? -EFAULT : 0;
}

static long xb_ioctl_eventfd(struct xb_context *ctx, void __user *arg)
{
	struct xenbatch_eventfd e;

	if (copy_from_user(&e, arg, sizeof(e)))
		return -EFAULT;
	return xb_events_eventfd(ctx, &e);
}

static __poll_t xb_poll(struct file *file, struct poll_table_struct *wait)
{
	return xb_events_poll(file->private_data, file, wait);
}

static noinline long xb_ioctl_other(struct xb_context *ctx, unsigned int cmd,
				    void __user *arg)
{
	switch (cmd) {
	case XENBATCH_IOC_RESTRICT:
		return xb_ioctl_restrict(ctx, arg);
	case XENBATCH_IOC_EVENTFD:
		return xb_ioctl_eventfd(ctx, arg);
	case XENBATCH_IOC_BENCH:
		return xb_ioctl_bench(ctx, arg);
	default:
		return -ENOTTY;
	}
}

static long xb_ioctl(struct file *file, unsigned int cmd, unsigned long data)
{
	struct xb_context *ctx = file->private_data;
	void __user *arg = (void __user *)data;

	/* Addresses in operations mean those of the context's owner. */
	if (likely(cmd == XENBATCH_IOC_SUBMIT && current->mm == ctx->mm))
		return xb_submit(ctx, arg);

	if (cmd == XENBATCH_IOC_INFO)
		return xb_ioctl_info(ctx, arg);
	if (cmd == XENBATCH_IOC_COUNTER)
		return xb_ioctl_counter(ctx, arg);
	if (current->mm != ctx->mm)
		return -EXDEV;
	return xb_ioctl_other(ctx, cmd, arg);
}

static void xb_show_fdinfo(struct seq_file *m, struct file *file)
{
	xb_context_show(m, file->private_data);
}

static const struct file_operations xb_fops = {
	.owner = THIS_MODULE,
	.open = xb_open,
	.release = xb_release,
	.mmap = xb_mmap,
	.poll = xb_poll,
	.unlocked_ioctl = xb_ioctl,
	.compat_ioctl = compat_ptr_ioctl,
	.show_fdinfo = xb_show_fdinfo,
	.llseek = noop_llseek,
};

static struct miscdevice xb_device = {
	.minor = MISC_DYNAMIC_MINOR,
	.name = "xen/batch",
	.fops = &xb_fops,
	.mode = 0600,
};

static int __init xb_init(void)
{
	int err;

	/*
	 * Nobody gets here what privcmd would not give: an unprivileged
	 * domain's privcmd is pinned to one target domain (XSA-482), and has
	 * no use for raw hypercalls, so there the module does not load. With
	 * that, and no parameter that widens rights, there is nothing left
	 * for lockdown to refuse: it does not restrict privcmd in dom0 either
	 * (drivers/xen/privcmd.c, Linux 6.1.192).
	 */
	if (!xen_initial_domain()) {
		pr_err("%s: not loaded\n",
		       xen_domain() ? "this domain is not dom0" :
				      "this kernel does not run on Xen");
		return -ENODEV;
	}
	if (!xb_ops_max || xb_ops_max % XB_OPS_PER_PAGE ||
	    xb_ops_max > 1U << 24) {
		pr_err("ops_max=%u: give a multiple of %zu up to %u\n",
		       xb_ops_max, (size_t)XB_OPS_PER_PAGE, 1U << 24);
		return -EINVAL;
	}
	if (!xb_arena_max_mb || xb_arena_max_mb > 4096) {
		pr_err("arena_max_mb=%u: give 1 to 4096\n", xb_arena_max_mb);
		return -EINVAL;
	}

	if (!is_power_of_2(xb_ports_max) || xb_ports_max < XB_PORTS_LEAST ||
	    xb_ports_max > EVTCHN_FIFO_NR_CHANNELS) {
		pr_err("ports_max=%u: give a power of two from %u to %lu\n",
		       xb_ports_max, XB_PORTS_LEAST,
		       (unsigned long)EVTCHN_FIFO_NR_CHANNELS);
		return -EINVAL;
	}

	xb_opcodes_init();
	xb_stats_init();
	err = misc_register(&xb_device);
	if (err) {
		pr_err("cannot register %s (%d)\n", XENBATCH_DEVICE, err);
		xb_stats_exit();
		return err;
	}
	return 0;
}

static void __exit xb_exit(void)
{
	misc_deregister(&xb_device);
	/* I/O on pages of contexts that are gone may still go on. */
	xb_kmaps_wait();
	xb_stats_exit();
}

module_init(xb_init);
module_exit(xb_exit);

MODULE_DESCRIPTION("Batched hypercalls for a Xen dom0");
MODULE_VERSION(XENBATCH_VERSION);
MODULE_LICENSE("GPL");
