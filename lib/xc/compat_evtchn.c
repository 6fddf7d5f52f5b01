// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * libxenevtchn by its old names (<xenctrl_compat.h>). These have handles of
 * their own and take no part in batches. There is no old name of what came
 * later: xenevtchn_fdopen, xenevtchn_restrict.
 */
#define XC_WANT_COMPAT_EVTCHN_API
#include "handle.h"

#include <xenevtchn.h>		/* <xenctrl.h> comes first: it is a tool's */

XC_API xc_evtchn *xc_evtchn_open(xentoollog_logger *logger,
				 unsigned int open_flags)
{
	return xenevtchn_open(logger, open_flags);
}

XC_API int xc_evtchn_close(xc_evtchn *xce)
{
	return xenevtchn_close(xce);
}

XC_API int xc_evtchn_fd(xc_evtchn *xce)
{
	return xenevtchn_fd(xce);
}

XC_API int xc_evtchn_notify(xc_evtchn *xce, evtchn_port_t port)
{
	return xenevtchn_notify(xce, port);
}

XC_API xc_evtchn_port_or_error_t xc_evtchn_bind_unbound_port(xc_evtchn *xce,
							     uint32_t domid)
{
	return xenevtchn_bind_unbound_port(xce, domid);
}

XC_API xc_evtchn_port_or_error_t
xc_evtchn_bind_interdomain(xc_evtchn *xce, uint32_t domid,
			   evtchn_port_t remote_port)
{
	return xenevtchn_bind_interdomain(xce, domid, remote_port);
}

XC_API xc_evtchn_port_or_error_t xc_evtchn_bind_virq(xc_evtchn *xce,
						     unsigned int virq)
{
	return xenevtchn_bind_virq(xce, virq);
}

XC_API int xc_evtchn_unbind(xc_evtchn *xce, evtchn_port_t port)
{
	return xenevtchn_unbind(xce, port);
}

XC_API xc_evtchn_port_or_error_t xc_evtchn_pending(xc_evtchn *xce)
{
	return xenevtchn_pending(xce);
}

XC_API int xc_evtchn_unmask(xc_evtchn *xce, evtchn_port_t port)
{
	return xenevtchn_unmask(xce, port);
}
