// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * What the processor itself writes down of a vcpu's way.
 */
#include "engine.h"

#if XC_RELEASE >= 417

/* to: NULL, or where Xen's value goes. */
static int vmtrace(xc_interface *xch, uint32_t domid, uint32_t vcpu,
		   uint32_t cmd, uint64_t key, uint64_t value, uint64_t *to)
{
	struct xe_cursor *k;
	struct xen_domctl *d;

	d = xe_open_domctl(&k, xch, XEN_DOMCTL_vmtrace_op, domid);
	if (!d)
		return -1;
	d->u.vmtrace_op.cmd = cmd;
	d->u.vmtrace_op.vcpu = vcpu;
	d->u.vmtrace_op.key = key;
	d->u.vmtrace_op.value = value;
	if (!to)
		return xe_end(k, XE_DOMCTL, d);
	return xe_end_copy(k, XE_DOMCTL, d, to,
			   offsetof(struct xen_domctl, u.vmtrace_op.value),
			   sizeof(*to));
}

XC_API int xc_vmtrace_enable(xc_interface *xch, uint32_t domid, uint32_t vcpu)
{
	return vmtrace(xch, domid, vcpu, XEN_DOMCTL_vmtrace_enable, 0, 0, NULL);
}

XC_API int xc_vmtrace_disable(xc_interface *xch, uint32_t domid, uint32_t vcpu)
{
	return vmtrace(xch, domid, vcpu, XEN_DOMCTL_vmtrace_disable, 0, 0,
		       NULL);
}

XC_API int xc_vmtrace_reset_and_enable(xc_interface *xch, uint32_t domid,
				       uint32_t vcpu)
{
	return vmtrace(xch, domid, vcpu, XEN_DOMCTL_vmtrace_reset_and_enable, 0,
		       0, NULL);
}

XC_API int xc_vmtrace_output_position(xc_interface *xch, uint32_t domid,
				      uint32_t vcpu, uint64_t *pos)
{
	return vmtrace(xch, domid, vcpu, XEN_DOMCTL_vmtrace_output_position, 0,
		       0, pos);
}

XC_API int xc_vmtrace_get_option(xc_interface *xch, uint32_t domid,
				 uint32_t vcpu, uint64_t key, uint64_t *value)
{
	return vmtrace(xch, domid, vcpu, XEN_DOMCTL_vmtrace_get_option, key, 0,
		       value);
}

XC_API int xc_vmtrace_set_option(xc_interface *xch, uint32_t domid,
				 uint32_t vcpu, uint64_t key, uint64_t value)
{
	return vmtrace(xch, domid, vcpu, XEN_DOMCTL_vmtrace_set_option, key,
		       value, NULL);
}
#endif
