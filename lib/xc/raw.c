// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Hypercalls as they are: the library need not know the operation. The
 * structure is copied in and out; what it points to is the caller's.
 */
#include "engine.h"

XC_API int xc_domctl(xc_interface *xch, struct xen_domctl *domctl)
{
	struct xe_cursor *k = xe_open(xch, 0);
	struct xen_domctl *d;

	domctl->interface_version = XEN_DOMCTL_INTERFACE_VERSION;
	if (!k)
		return -1;
	d = xe_take(k, XE_SLOT);
	*d = *domctl;
	return xe_end_back(k, XE_DOMCTL, d, domctl, sizeof(*domctl));
}

/*
 * Xen does these on another cpu, some of them always, and answers late: see
 * hotplug.c.
 */
static bool answers_late(const struct xen_sysctl *sysctl)
{
	return sysctl->cmd == XEN_SYSCTL_cpu_hotplug ||
	       sysctl->cmd == XEN_SYSCTL_cpupool_op;
}

static int sysctl_as_is(struct xe_cursor *k, struct xen_sysctl *sysctl)
{
	struct xen_sysctl *s;

	if (!k)
		return -1;
	s = xe_take(k, XE_SLOT);
	*s = *sysctl;
	return xe_end_back(k, XE_SYSCTL, s, sysctl, sizeof(*sysctl));
}

XC_API int xc_sysctl(xc_interface *xch, struct xen_sysctl *sysctl)
{
	struct xe_batch *b;

	sysctl->interface_version = XEN_SYSCTL_INTERFACE_VERSION;
	if (!answers_late(sysctl))
		return sysctl_as_is(xe_open(xch, 0), sysctl);
	b = xe_pause(xch);
	return xe_resume(b, xch, sysctl_as_is(xe_open_now(xch, 0), sysctl));
}

/* The one hypercall whose answer has 64 bits. */
static long memory_op_done(struct xe_done *done, long ret)
{
	if (XC_RELEASE < 417)
		return ret;	/* of 32 bits: no more is asked for */
	return done->val < 0 ? -1 : done->val;
}

#if XC_RELEASE < 417
long do_memory_op(xc_interface *xch, int cmd, void *arg, size_t len);
XC_API long do_memory_op(xc_interface *xch, int cmd, void *arg, size_t len)
#else
XC_API long xc_memory_op(xc_interface *xch, unsigned int cmd, void *arg,
			 size_t len)
#endif
{
	struct xe_cursor *k = xe_open(xch, XE_DONE_SIZE + xe_need(arg, len));
	struct xe_done *done;

	if (!k) {
		xc_perr(xch, "Could not bounce memory for XENMEM hypercall");
		return -1;
	}
	done = xe_done_new(k, memory_op_done);
	return xe_end2_done(k, __HYPERVISOR_memory_op, cmd,
			    xe_inout(k, done, arg, len), done);
}

static long ram_page_done(struct xe_done *done, long ret)
{
	(void)ret;
	if (done->val < 0)
		return -1;
	*(unsigned long *)done->to[0] = done->val;
	return 0;
}

XC_API int xc_maximum_ram_page(xc_interface *xch, unsigned long *max_mfn)
{
	struct xe_cursor *k = xe_open(xch, XE_DONE_SIZE);
	struct xe_done *done;

	if (!k)
		return -1;
	done = xe_done_new(k, ram_page_done);
	done->to[0] = max_mfn;
	return xe_end2_done(k, __HYPERVISOR_memory_op, XENMEM_maximum_ram_page,
			    NULL, done);
}
