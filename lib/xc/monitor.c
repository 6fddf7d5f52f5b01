// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * What of a domain's doing is told to its monitor. (The ring in which it is
 * told is vm_event.c's.)
 */
#include "engine.h"
#include "guest_abi.h"

#include <xen/hvm/params.h>

static struct xen_domctl *start(struct xe_cursor **k, xc_interface *xch,
				uint32_t domid, uint32_t op, uint32_t event)
{
	struct xen_domctl *d;

	d = xe_open_domctl(k, xch, XEN_DOMCTL_monitor_op, domid);
	if (d) {
		d->u.monitor_op.op = op;
		d->u.monitor_op.event = event;
	}
	return d;
}

static uint32_t on_off(bool enable)
{
	return enable ? XEN_DOMCTL_MONITOR_OP_ENABLE :
			XEN_DOMCTL_MONITOR_OP_DISABLE;
}

/* Events that are told or not, and that is all. */
#define EVENT(name, EVENT) \
XC_API int xc_monitor_##name(xc_interface *xch, uint32_t domid, bool enable) \
{ \
	struct xe_cursor *k; \
	struct xen_domctl *d = start(&k, xch, domid, on_off(enable), \
				     XEN_DOMCTL_MONITOR_EVENT_##EVENT); \
\
	return d ? xe_end(k, XE_DOMCTL, d) : -1; \
}

EVENT(software_breakpoint, SOFTWARE_BREAKPOINT)
EVENT(singlestep, SINGLESTEP)
EVENT(descriptor_access, DESC_ACCESS)
EVENT(cpuid, CPUID)
EVENT(privileged_call, PRIVILEGED_CALL)
EVENT(emul_unimplemented, EMUL_UNIMPLEMENTED)
/* "Enabled", this one is told no more. */
EVENT(inguest_pagefault, INGUEST_PAGEFAULT)

/* Events with options */

XC_API int xc_monitor_write_ctrlreg(xc_interface *xch, uint32_t domid,
				    uint16_t index, bool enable, bool sync,
				    uint64_t bitmask, bool onchangeonly)
{
	struct xe_cursor *k;
	struct xen_domctl *d = start(&k, xch, domid, on_off(enable),
				     XEN_DOMCTL_MONITOR_EVENT_WRITE_CTRLREG);

	if (!d)
		return -1;
	d->u.monitor_op.u.mov_to_cr.index = index;
	d->u.monitor_op.u.mov_to_cr.sync = sync;
	d->u.monitor_op.u.mov_to_cr.onchangeonly = onchangeonly;
	d->u.monitor_op.u.mov_to_cr.pad1 = 0;
	d->u.monitor_op.u.mov_to_cr.pad2 = 0;
	d->u.monitor_op.u.mov_to_cr.bitmask = bitmask;
	return xe_end(k, XE_DOMCTL, d);
}

XC_API int xc_monitor_mov_to_msr(xc_interface *xch, uint32_t domid,
				 uint32_t msr, bool enable, bool onchangeonly)
{
	struct xe_cursor *k;
	struct xen_domctl *d = start(&k, xch, domid, on_off(enable),
				     XEN_DOMCTL_MONITOR_EVENT_MOV_TO_MSR);

	if (!d)
		return -1;
	d->u.monitor_op.u.mov_to_msr.msr = msr;
	d->u.monitor_op.u.mov_to_msr.onchangeonly = onchangeonly;
	return xe_end(k, XE_DOMCTL, d);
}

XC_API int xc_monitor_guest_request(xc_interface *xch, uint32_t domid,
				    bool enable, bool sync,
				    bool allow_userspace)
{
	struct xe_cursor *k;
	struct xen_domctl *d = start(&k, xch, domid, on_off(enable),
				     XEN_DOMCTL_MONITOR_EVENT_GUEST_REQUEST);

	if (!d)
		return -1;
	d->u.monitor_op.u.guest_request.sync = sync;
	d->u.monitor_op.u.guest_request.allow_userspace =
		enable && allow_userspace;
	return xe_end(k, XE_DOMCTL, d);
}

XC_API int xc_monitor_debug_exceptions(xc_interface *xch, uint32_t domid,
				       bool enable, bool sync)
{
	struct xe_cursor *k;
	struct xen_domctl *d = start(&k, xch, domid, on_off(enable),
				     XEN_DOMCTL_MONITOR_EVENT_DEBUG_EXCEPTION);

	if (!d)
		return -1;
	d->u.monitor_op.u.debug_exception.sync = sync;
	return xe_end(k, XE_DOMCTL, d);
}

#if XC_RELEASE >= 420
EVENT(io, IO)
#endif

#if XC_RELEASE >= 417
XC_API int xc_monitor_vmexit(xc_interface *xch, uint32_t domid, bool enable,
			     bool sync)
{
	struct xe_cursor *k;
	struct xen_domctl *d = start(&k, xch, domid, on_off(enable),
				     XEN_DOMCTL_MONITOR_EVENT_VMEXIT);

	if (!d)
		return -1;
	d->u.monitor_op.u.vmexit.sync = sync;
	return xe_end(k, XE_DOMCTL, d);
}
#endif

/* The monitor as a whole */

XC_API int xc_monitor_emulate_each_rep(xc_interface *xch, uint32_t domid,
				       bool enable)
{
	struct xe_cursor *k;
	struct xen_domctl *d = start(&k, xch, domid,
				     XEN_DOMCTL_MONITOR_OP_EMULATE_EACH_REP,
				     enable);

	return d ? xe_end(k, XE_DOMCTL, d) : -1;
}

XC_API int xc_monitor_get_capabilities(xc_interface *xch, uint32_t domid,
				       uint32_t *capabilities)
{
	struct xe_cursor *k;
	struct xen_domctl *d;

	if (!capabilities) {
		errno = EINVAL;
		return xe_local(xch, -1, EINVAL);
	}
	d = start(&k, xch, domid, XEN_DOMCTL_MONITOR_OP_GET_CAPABILITIES, 0);
	if (!d)
		return -1;
	return xe_end_copy(k, XE_DOMCTL, d, capabilities,
			   offsetof(struct xen_domctl, u.monitor_op.event),
			   sizeof(*capabilities));
}

XC_API void *xc_monitor_enable(xc_interface *xch, uint32_t domid,
			       uint32_t *port)
{
	return xc_vm_event_enable(xch, domid, HVM_PARAM_MONITOR_RING_PFN, port);
}

XC_API int xc_monitor_disable(xc_interface *xch, uint32_t domid)
{
	return xc_vm_event_control(xch, domid, XEN_VM_EVENT_DISABLE,
				   XEN_DOMCTL_VM_EVENT_OP_MONITOR, NULL);
}

XC_API int xc_monitor_resume(xc_interface *xch, uint32_t domid)
{
	return xc_vm_event_control(xch, domid, XEN_VM_EVENT_RESUME,
				   XEN_DOMCTL_VM_EVENT_OP_MONITOR, NULL);
}
