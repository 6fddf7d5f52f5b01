// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Machine checks.
 */
#include "call1.h"

#if defined(__i386__) || defined(__x86_64__)

/* The structure is more than a slot. map (of bytes) may be NULL. */
static int mca(xc_interface *xch, struct xen_mc *mc, xc_cpumap_t map,
	       size_t bytes, bool back)
{
	struct xe_cursor *k = xe_open(xch, XE_DONE_SIZE + XE_ROUND(sizeof(*mc)) +
				      xe_need(map, bytes));
	struct xe_done *done;
	struct xen_mc *block;

	if (!k) {
		if (map)
			xc_perr(xch, "Could not bounce cpumap memory buffer");
		else
			xc_perr(xch, "Could not bounce xen_mc memory buffer");
		return -1;
	}
	done = xe_done_new(k, NULL);
	block = back ? xe_inout(k, done, mc, sizeof(*mc)) :
		       xe_in(k, mc, sizeof(*mc));
	if (map)
		set_xen_guest_handle_raw(block->u.mc_inject_v2.cpumap.bitmap,
					 xe_in(k, map, bytes));
	return xe_end1_done(k, __HYPERVISOR_mca, block, done);
}

/*
 * The version is the caller's: stock sets it in a structure that Xen does not
 * get, and that Xen's then overwrites.
 */
XC_API int xc_mca_op(xc_interface *xch, struct xen_mc *mc)
{
	return mca(xch, mc, NULL, 0, true);
}

XC_API int xc_mca_op_inject_v2(xc_interface *xch, unsigned int flags,
			       xc_cpumap_t cpumap, unsigned int nr_bits)
{
	struct xen_mc mc;

	if (cpumap && !nr_bits)
		return xe_refuse(xch, EINVAL);
	memset(&mc, 0, sizeof(mc));
	mc.cmd = XEN_MC_inject_v2;
	mc.interface_version = XEN_MCA_INTERFACE_VERSION;
	mc.u.mc_inject_v2.flags = flags;
	mc.u.mc_inject_v2.cpumap.nr_bits = cpumap ? nr_bits : 0;
	return mca(xch, &mc, cpumap, (nr_bits + 7) / 8, false);
}

#endif
