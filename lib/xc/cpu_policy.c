// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * What CPUID says in a domain. Stock's libxenctrl has no function for this
 * domctl; README, "Adding a hypercall", goes through this one.
 */
#include "engine.h"
#include "xenbatch_xc.h"

/* When the answer is there. The leaves are with the caller by then. */
static long got_leaves(struct xe_done *done, long ret)
{
	const struct xen_domctl *d = done->block;

	if (ret == 0)
		*(uint32_t *)done->to[0] = d->u.cpu_policy.nr_leaves;
	return ret;
}

XC_API int xc_domain_get_cpuid(xc_interface *xch, uint32_t domid,
			       xen_cpuid_leaf_t *leaves, uint32_t *nr)
{
	size_t size = *nr * sizeof(*leaves);
	struct xe_cursor *k = xe_open(xch, XE_DONE_SIZE + xe_need(leaves, size));
	struct xe_done *done;
	struct xen_domctl *d;

	if (!k)
		return -1;
	d = xe_domctl(k, XEN_DOMCTL_get_cpu_policy, domid);
	done = xe_done_new(k, got_leaves);
	done->block = d;
	done->to[0] = nr;
	d->u.cpu_policy = (struct xen_domctl_cpu_policy){ .nr_leaves = *nr };
	d->u.cpu_policy.leaves.p = xe_out(k, done, leaves, size);
	return xe_end1_done(k, XE_DOMCTL, d, done);
}
