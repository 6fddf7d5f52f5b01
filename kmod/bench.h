/* SPDX-License-Identifier: GPL-2.0 WITH Linux-syscall-note */
/*
 * The floor: what the hypercalls of a batch cost when the kernel makes them in
 * a loop, with nothing else around. Compiled in only by `make kmod-bench`; such
 * a module says XENBATCH_FEATURE_BENCH and is not for use.
 *
 * BENCH runs operations [first, first + count), which must be HYPERCALLs,
 * loops times: count 1 directly, more as multicalls of info.chunk entries that
 * are filled once. Results are those of the last loop. A signal ends it with
 * EINTR.
 *
 * errors: EINVAL as for SUBMIT, no operations or more than 1024, or one that
 * is not a good HYPERCALL; EPERM restricted; EFAULT; ENOMEM; EXDEV; ENOTTY not
 * a bench build.
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
#else
#define IS_ENABLED_XB_BENCH 0
static inline long xb_ioctl_bench(struct xb_context *ctx, void __user *arg)
{
	return -ENOTTY;
}
#endif
#endif /* __KERNEL__ */

#endif /* _UAPI_XENBATCH_BENCH_H */
