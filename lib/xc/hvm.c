// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The saved state of an HVM domain's devices and cpus.
 */
#include "engine.h"

XC_API int xc_domain_hvm_getcontext_partial(xc_interface *xch, uint32_t domid,
					    uint16_t typecode,
					    uint16_t instance, void *ctxt_buf,
					    uint32_t size)
{
	struct xe_cursor *k;
	struct xe_done *done;
	struct xen_domctl *d;

	/* Stock has no errno of its own here. */
	if (!ctxt_buf)
		return xe_local(xch, -1, EFAULT);
	k = xe_open(xch, XE_DONE_SIZE + xe_need(ctxt_buf, size));
	if (!k)
		return -1;
	d = xe_domctl(k, XEN_DOMCTL_gethvmcontext_partial, domid);
	done = xe_done_new(k, NULL);
	d->u.hvmcontext_partial.type = typecode;
	d->u.hvmcontext_partial.instance = instance;
	d->u.hvmcontext_partial.bufsz = size;
	set_xen_guest_handle_raw(d->u.hvmcontext_partial.buffer,
				 xe_out(k, done, ctxt_buf, size));
	return xe_end1_done(k, XE_DOMCTL, d, done);
}
