// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdint.h>

#include <xen/xen.h>
#include <xen/sys/evtchn.h>

#include "backend.h"
#include "fake_evtchn.h"

static long op(struct xb_fake_events *ev, unsigned int opcode, uint32_t port)
{
	struct xenbatch_op o = { .opcode = opcode, .evtchn = { .port = port } };

	return xb_fake_event_op(ev, &o);
}

static long bind_port(struct xb_fake_events *ev, uint32_t type,
		      uint32_t domid, uint32_t remote)
{
	struct xenbatch_op o = {
		.opcode = XENBATCH_OP_EVTCHN_BIND,
		.domid = domid,
		.evtchn = { .type = type, .remote = remote },
	};

	return xb_fake_event_op(ev, &o);
}

void fake_evtchn_ack(struct xb_fake_events *ev, uint32_t port)
{
	op(ev, XENBATCH_OP_EVTCHN_ACK, port);
}

static long restrict_to(struct xb_fake_events *ev, domid_t domid)
{
	if (ev->domid >= 0)
		return -EACCES;
	if (!domid || domid >= DOMID_FIRST_RESERVED)
		return -EINVAL;
	ev->domid = domid;
	return 0;
}

long fake_evtchn_ioctl(struct xb_fake_events *ev, unsigned long request,
		       void *arg)
{
	const struct ioctl_evtchn_bind_interdomain *interdomain = arg;
	const struct ioctl_evtchn_bind_unbound_port *unbound = arg;
	const struct ioctl_evtchn_restrict_domid *domid = arg;
	const struct ioctl_evtchn_bind_virq *virq = arg;
	const struct ioctl_evtchn_notify *notify = arg;
	const struct ioctl_evtchn_unbind *unbind = arg;

	switch (request) {
	case IOCTL_EVTCHN_BIND_INTERDOMAIN:
		return bind_port(ev, XENBATCH_EVTCHN_INTERDOMAIN,
				 interdomain->remote_domain,
				 interdomain->remote_port);
	case IOCTL_EVTCHN_BIND_UNBOUND_PORT:
		return bind_port(ev, XENBATCH_EVTCHN_UNBOUND,
				 unbound->remote_domain, 0);
	case IOCTL_EVTCHN_BIND_VIRQ:
		return bind_port(ev, XENBATCH_EVTCHN_VIRQ, 0, virq->virq);
	case IOCTL_EVTCHN_UNBIND:
		return op(ev, XENBATCH_OP_EVTCHN_UNBIND, unbind->port);
	case IOCTL_EVTCHN_NOTIFY:
		return op(ev, XENBATCH_OP_EVTCHN_NOTIFY, notify->port);
	case IOCTL_EVTCHN_RESET:
		xb_fake_events_reset(ev);
		return 0;
	case IOCTL_EVTCHN_RESTRICT_DOMID:
		return restrict_to(ev, domid->domid);
	}
	return -ENOSYS;
}
