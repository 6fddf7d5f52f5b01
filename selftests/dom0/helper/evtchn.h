/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Two ends of an event channel of dom0 to itself, by /dev/xen/evtchn.
 * Include after raw.h, which says what xen.h is to define.
 */
#ifndef EVTCHN_H
#define EVTCHN_H

#include <fcntl.h>
#include <poll.h>
#include <stdint.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include <xen/sys/evtchn.h>

struct evtchn {
	int near, far;			/* descriptors */
	uint32_t port, far_port;	/* port is near's */
};

/* Takes what is pending; how many events that were. */
static inline int evtchn_drain(struct evtchn *e, int wait_ms)
{
	struct pollfd p = { .fd = e->far, .events = POLLIN };
	uint32_t port;
	int n = 0;

	while (poll(&p, 1, wait_ms) == 1 &&
	       read(e->far, &port, sizeof(port)) == sizeof(port)) {
		n += port == e->far_port;
		if (write(e->far, &port, sizeof(port)) != sizeof(port))
			return -1;
		wait_ms = 0;
	}
	return n;
}

static inline int evtchn_open(struct evtchn *e)
{
	struct ioctl_evtchn_bind_unbound_port unbound = { .remote_domain = 0 };
	struct ioctl_evtchn_bind_interdomain bind = { .remote_domain = 0 };
	int port;

	e->near = open("/dev/xen/evtchn", O_RDWR | O_CLOEXEC);
	e->far = open("/dev/xen/evtchn", O_RDWR | O_CLOEXEC | O_NONBLOCK);
	if (e->near < 0 || e->far < 0)
		return -1;
	port = ioctl(e->near, IOCTL_EVTCHN_BIND_UNBOUND_PORT, &unbound);
	if (port <= 0)
		return -1;
	e->port = (uint32_t)port;
	bind.remote_port = e->port;
	port = ioctl(e->far, IOCTL_EVTCHN_BIND_INTERDOMAIN, &bind);
	if (port <= 0)
		return -1;
	e->far_port = (uint32_t)port;
	/* binding raises it once */
	evtchn_drain(e, 200);
	return 0;
}

static inline void evtchn_close(struct evtchn *e)
{
	close(e->far);
	close(e->near);
}

#endif /* EVTCHN_H */
