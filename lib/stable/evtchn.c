// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * libxenevtchn.so.1: events by /dev/xen/evtchn. Contracts are in <xenevtchn.h>;
 * what is written here is what stock does besides (tools/libs/evtchn, Xen 4.15
 * to 4.22 do the same).
 *
 * All of it is the stock device's own answer. A handle here is a descriptor
 * that clients poll, read and write by themselves, hand to a child or keep over
 * exec: a context of the module belongs to one address space, and has none of
 * that.
 *
 * Threads: a handle has no state but its descriptor; the kernel's locks are
 * all that is needed. Fork: a child has the parent's ports, and may close.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <xenevtchn.h>

#include <xen/sys/evtchn.h>	/* after <xenevtchn.h>, which has the types */

#include "active.h"
#include "log.h"

#define DEVICE "/dev/xen/evtchn"

struct xenevtchn_handle {
	/* No function says anything to it; NULL makes one on stderr. */
	xentoollog_logger *logger, *logger_tofree;
	int fd; /* -1: none yet, or fdopen() was given that */
	Xentoolcore__Active_Handle active;
};

static int restrict_cb(Xentoolcore__Active_Handle *active, uint16_t domid)
{
	xenevtchn_handle *xce = (void *)((char *)active -
					 offsetof(xenevtchn_handle, active));

	return xce->fd < 0 ? 0 : xenevtchn_restrict(xce, domid);
}

/* A handle that has no descriptor yet. */
static xenevtchn_handle *handle_make(xentoollog_logger *logger)
{
	xenevtchn_handle *xce = calloc(1, sizeof(*xce));

	if (!xce)
		return NULL;
	xce->fd = -1;
	xce->active.restrict_callback = restrict_cb;
	xentoolcore__register_active_handle(&xce->active);
	if (log_open(&xce->logger, &xce->logger_tofree, logger))
		return xce;
	xenevtchn_close(xce);
	return NULL;
}

#ifndef XENEVTCHN_NO_CLOEXEC	/* Xen 4.14 */
#define XENEVTCHN_NO_CLOEXEC (1 << 0)
#endif

API xenevtchn_handle *xenevtchn_open(xentoollog_logger *logger,
				     unsigned int flags)
{
	xenevtchn_handle *xce;

	if (flags & ~XENEVTCHN_NO_CLOEXEC) {
		errno = EINVAL;
		return NULL;
	}
	xce = handle_make(logger);
	if (!xce)
		return NULL;
	xce->fd = open(DEVICE, flags & XENEVTCHN_NO_CLOEXEC ?
				       O_RDWR : O_RDWR | O_CLOEXEC);
	if (xce->fd != -1)
		return xce;
	xenevtchn_close(xce);
	return NULL;
}

/*
 * What the descriptor is, nobody asks: a wrong one fails at its first use. It
 * belongs to the handle from here on, and no flag of it is changed.
 */
API xenevtchn_handle *xenevtchn_fdopen(xentoollog_logger *logger, int fd,
				       unsigned int flags)
{
	xenevtchn_handle *xce;

	if (flags) {
		errno = EINVAL;
		return NULL;
	}
	xce = handle_make(logger);
	if (xce)
		xce->fd = fd;
	return xce;
}

API int xenevtchn_close(xenevtchn_handle *xce)
{
	int rc;

	if (!xce)
		return 0;
	/* Off the list first: restrict_all must not meet a closed one. */
	xentoolcore__deregister_active_handle(&xce->active);
	rc = xce->fd == -1 ? 0 : close(xce->fd);
	xtl_logger_destroy(xce->logger_tofree);
	free(xce);
	return rc;
}

API int xenevtchn_fd(xenevtchn_handle *xce)
{
	return xce->fd;
}

API int xenevtchn_restrict(xenevtchn_handle *xce, domid_t domid)
{
	struct ioctl_evtchn_restrict_domid to = { .domid = domid };

	return ioctl(xce->fd, IOCTL_EVTCHN_RESTRICT_DOMID, &to);
}

API int xenevtchn_notify(xenevtchn_handle *xce, evtchn_port_t port)
{
	struct ioctl_evtchn_notify notify = { .port = port };

	return ioctl(xce->fd, IOCTL_EVTCHN_NOTIFY, &notify);
}

API xenevtchn_port_or_error_t xenevtchn_bind_unbound_port(xenevtchn_handle *xce,
							  uint32_t domid)
{
	struct ioctl_evtchn_bind_unbound_port bind = {
		.remote_domain = domid,
	};

	return ioctl(xce->fd, IOCTL_EVTCHN_BIND_UNBOUND_PORT, &bind);
}

API xenevtchn_port_or_error_t
xenevtchn_bind_interdomain(xenevtchn_handle *xce, uint32_t domid,
			   evtchn_port_t remote_port)
{
	struct ioctl_evtchn_bind_interdomain bind = {
		.remote_domain = domid,
		.remote_port = remote_port,
	};

	return ioctl(xce->fd, IOCTL_EVTCHN_BIND_INTERDOMAIN, &bind);
}

API xenevtchn_port_or_error_t xenevtchn_bind_virq(xenevtchn_handle *xce,
						  unsigned int virq)
{
	struct ioctl_evtchn_bind_virq bind = { .virq = virq };

	return ioctl(xce->fd, IOCTL_EVTCHN_BIND_VIRQ, &bind);
}

API int xenevtchn_unbind(xenevtchn_handle *xce, evtchn_port_t port)
{
	struct ioctl_evtchn_unbind unbind = { .port = port };

	return ioctl(xce->fd, IOCTL_EVTCHN_UNBIND, &unbind);
}

/* A part of a port is an error that has no errno: the device never gives it. */
API xenevtchn_port_or_error_t xenevtchn_pending(xenevtchn_handle *xce)
{
	evtchn_port_t port;

	if (read(xce->fd, &port, sizeof(port)) != sizeof(port))
		return -1;
	return (xenevtchn_port_or_error_t)port;
}

API int xenevtchn_unmask(xenevtchn_handle *xce, evtchn_port_t port)
{
	if (write(xce->fd, &port, sizeof(port)) != sizeof(port))
		return -1;
	return 0;
}
