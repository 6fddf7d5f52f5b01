// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Other domains' event channels, by hypercall.
 */
#include "engine.h"

static void complain(struct xe_done *done, long ret)
{
	if (ret < 0)
		xc_err(done->xch, "do_evtchn_op: HYPERVISOR_event_channel_op"
		       " failed: %d", (int)ret);
}

static long alloc_unbound_done(struct xe_done *done, long ret)
{
	const struct evtchn_alloc_unbound *arg = done->block;

	complain(done, ret);
	return ret ? ret : (int)arg->port;
}

XC_API xc_evtchn_port_or_error_t
xc_evtchn_alloc_unbound(xc_interface *xch, uint32_t dom, uint32_t remote_dom)
{
	struct xe_cursor *k = xe_open(xch, XE_DONE_SIZE);
	struct evtchn_alloc_unbound *arg;
	struct xe_done *done;

	if (!k)
		return -1;
	arg = xe_take(k, XE_SLOT);
	arg->dom = dom;
	arg->remote_dom = remote_dom;
	arg->port = 0;
	done = xe_done_new(k, alloc_unbound_done);
	done->block = arg;
	return xe_end2_done(k, __HYPERVISOR_event_channel_op,
			    EVTCHNOP_alloc_unbound, arg, done);
}

static long reset_done(struct xe_done *done, long ret)
{
	complain(done, ret);
	return ret;
}

XC_API int xc_evtchn_reset(xc_interface *xch, uint32_t dom)
{
	struct xe_cursor *k = xe_open(xch, XE_DONE_SIZE);
	struct evtchn_reset *arg;

	if (!k)
		return -1;
	arg = xe_take(k, XE_SLOT);
	arg->dom = dom;
	return xe_end2_done(k, __HYPERVISOR_event_channel_op, EVTCHNOP_reset,
			    arg, xe_done_new(k, reset_done));
}

/* No complaint here: lsevtchn asks until it fails. */
XC_API int xc_evtchn_status(xc_interface *xch, xc_evtchn_status_t *status)
{
	struct xe_cursor *k = xe_open(xch, 0);
	xc_evtchn_status_t *arg;

	if (!k)
		return -1;
	if (!status)
		return xe_end2(k, __HYPERVISOR_event_channel_op,
			       EVTCHNOP_status, NULL);
	arg = xe_take(k, XE_SLOT);
	*arg = *status;
	return xe_end2_back(k, __HYPERVISOR_event_channel_op, EVTCHNOP_status,
			    arg, status, sizeof(*status));
}
