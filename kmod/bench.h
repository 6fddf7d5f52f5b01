/* SPDX-License-Identifier: GPL-2.0 WITH Linux-syscall-note */
/*
 * The floor: what the hypercalls of a batch cost when the kernel makes them in
 * a loop, with nothing else around. Compiled in only by `make kmod-bench`; such
 * a module says XENBATCH_FEATURE_BENCH and is not for use.
 *
 * BENCH runs operations [first, first + count) loops times. They are one of
 *   HYPERCALLs      count 1 directly, more as multicalls of info.chunk entries
 *                   that are filled once
 *   FOREIGN_MAPs and FOREIGN_UNMAPs of one area: each operation one hypercall,
 *                   and a flush where Xen does none. Without any UNMAP the maps
 *                   replace each other, and flush too
 *   GRANT_MAPs of one area, each with the GRANT_UNMAP of the same slots behind
 *                   it
 *   GRANT_COPYs     from grants to the arena, no segment over the end of a page
 *   EVTCHN_NOTIFYs  one a port, 32 at most, of ports that are made for it: each
 *                   loop acknowledges what came, sends, in one multicall if
 *                   there are more than one, and waits for all. No ring
 * MAPs have lists. Results are those of the last loop (of windows: 0 or -EIO,
 * whatever went wrong). What was mapped is unmapped at the end. A signal ends it
 * with EINTR.
 *
 * errors: EINVAL as for SUBMIT, no operations or more than 1024 (of windows:
 * 32), or they are not as above; EBUSY there are filled slots in the area; EIO
 * Xen refused a whole hypercall; ENODEV windows, in another dom0 than a PV one;
 * EPERM restricted; EFAULT; ENOMEM; EXDEV; ENOTTY not a bench build.
 */
#ifndef _UAPI_XENBATCH_BENCH_H
#define _UAPI_XENBATCH_BENCH_H

#include <linux/ioctl.h>
#include <linux/types.h>

struct xenbatch_bench {
	__u32 first;
	__u32 count;
	__u64 loops;
	__u64 elapsed_ns;	/* out */
	__u64 reserved[2];
};

#define XENBATCH_IOC_BENCH	_IOWR('x', 0xbf, struct xenbatch_bench)

#ifdef __KERNEL__
#include <linux/errno.h>

struct xb_context;

#ifdef XENBATCH_BENCH
#define IS_ENABLED_XB_BENCH 1
long xb_ioctl_bench(struct xb_context *ctx, void __user *arg);

struct xenbatch_op *xb_bench_op(struct xb_context *ctx, u32 index);

long xb_bench_event(struct xb_context *ctx, struct xenbatch_bench *bench);

#ifdef CONFIG_XEN_PV
long xb_bench_window(struct xb_context *ctx, struct xenbatch_bench *bench);
#else
static inline long xb_bench_window(struct xb_context *ctx,
				   struct xenbatch_bench *bench)
{
	return -ENODEV;
}
#endif

#else
#define IS_ENABLED_XB_BENCH 0
static inline long xb_ioctl_bench(struct xb_context *ctx, void __user *arg)
{
	return -ENOTTY;
}
#endif
#endif /* __KERNEL__ */

#endif /* _UAPI_XENBATCH_BENCH_H */
