// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * HVM domains: the saved state of devices and cpus, and parameters.
 */
#include "engine.h"

#include <xen/hvm/hvm_op.h>

/* How large it is, also if there is no buffer. */
static long getcontext_done(struct xe_done *done, long ret)
{
	const struct xen_domctl *d = done->block;

	return ret < 0 ? -1 : (int)d->u.hvmcontext.size;
}

XC_API int xc_domain_hvm_getcontext(xc_interface *xch, uint32_t domid,
				    uint8_t *ctxt_buf, uint32_t size)
{
	struct xe_cursor *k;
	struct xe_done *done;
	struct xen_domctl *d;

	k = xe_open(xch, XE_DONE_SIZE + xe_need(ctxt_buf, size));
	if (!k)
		return -1;
	d = xe_domctl(k, XEN_DOMCTL_gethvmcontext, domid);
	done = xe_done_new(k, getcontext_done);
	d->u.hvmcontext.size = size;
	set_xen_guest_handle_raw(d->u.hvmcontext.buffer,
				 xe_out(k, done, ctxt_buf, size));
	done->block = d;
	return xe_end1_done(k, XE_DOMCTL, d, done);
}

XC_API int xc_domain_hvm_setcontext(xc_interface *xch, uint32_t domid,
				    uint8_t *ctxt_buf, uint32_t size)
{
	struct xe_cursor *k = xe_open(xch, xe_need(ctxt_buf, size));
	struct xen_domctl *d;

	if (!k)
		return -1;
	d = xe_domctl(k, XEN_DOMCTL_sethvmcontext, domid);
	d->u.hvmcontext.size = size;
	set_xen_guest_handle_raw(d->u.hvmcontext.buffer,
				 xe_in(k, ctxt_buf, size));
	return xe_end(k, XE_DOMCTL, d);
}

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

/* Parameters */

static xen_hvm_param_t *param(struct xe_cursor *k, uint32_t dom, uint32_t index,
			      uint64_t value)
{
	xen_hvm_param_t *arg = xe_take(k, XE_SLOT);

	*arg = (xen_hvm_param_t){
		.domid = dom,
		.index = index,
		.value = value,
	};
	return arg;
}

XC_API int xc_hvm_param_set(xc_interface *xch, uint32_t dom, uint32_t index,
			    uint64_t value)
{
	struct xe_cursor *k = xe_open(xch, 0);

	if (!k)
		return -1;
	return xe_end2(k, __HYPERVISOR_hvm_op, HVMOP_set_param,
		       param(k, dom, index, value));
}

static long param_done(struct xe_done *done, long ret)
{
	const xen_hvm_param_t *arg = done->block;

	/* The new function writes it whatever Xen says, the old one not. */
	if (ret >= 0 || done->num)
		*(uint64_t *)done->to[0] = arg->value;
	return ret >= 0 && !done->num ? 0 : ret;
}

static int get_param(xc_interface *xch, uint32_t dom, uint32_t index,
		     uint64_t *value, bool always)
{
	struct xe_cursor *k = xe_open(xch, XE_DONE_SIZE);
	struct xe_done *done;
	xen_hvm_param_t *arg;

	if (!k)
		return -1;
	arg = param(k, dom, index, 0);
	done = xe_done_new(k, param_done);
	done->block = arg;
	done->to[0] = value;
	done->num = always;
	return xe_end2_done(k, __HYPERVISOR_hvm_op, HVMOP_get_param, arg, done);
}

XC_API int xc_hvm_param_get(xc_interface *xch, uint32_t dom, uint32_t index,
			    uint64_t *value)
{
	return get_param(xch, dom, index, value, true);
}

XC_API int xc_set_hvm_param(xc_interface *xch, uint32_t dom, int index,
			    unsigned long value)
{
	return xc_hvm_param_set(xch, dom, index, value);
}

XC_API int xc_get_hvm_param(xc_interface *xch, uint32_t dom, int index,
			    unsigned long *value)
{
	_Static_assert(sizeof(*value) == sizeof(uint64_t), "one to[0]");
	return get_param(xch, dom, index, (uint64_t *)value, false);
}
