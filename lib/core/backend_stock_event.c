// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Events of the stock devices: /dev/xen/evtchn (drivers/xen/evtchn.c, Linux
 * 6.1). Its reader gets port numbers, and it is the library that knows which of
 * them are still bound, and which the kernel was to acknowledge.
 */
#include <stdint.h>
#include <stdlib.h>
#include <sys/stat.h>

#include <xen/xen.h>
#include <xen/sys/evtchn.h>

#include "backend_stock_window.h"
#include "os.h"

/* All that Xen can have (EVTCHN_FIFO_NR_CHANNELS); untouched, they are free. */
#define NR_PORTS	(1U << 17)

/* Of a port. */
#define BOUND		1U
#define KERNEL_ACK	2U

void xb_soft_events_init(struct xb_soft_events *ev, int domid)
{
	pthread_mutex_init(&ev->lock, NULL);
	ev->fd = -1;
	ev->domid = domid;
	ev->ports = NULL;
	ev->lost = NR_PORTS;
}

/*
 * Ports are closed with the last descriptor, so a child gives back what it
 * inherited; unless the program did already, and the number is something
 * else's by now.
 */
void xb_soft_events_end(struct xb_soft_events *ev)
{
	struct stat st;

	if (ev->fd >= 0 && !fstat(ev->fd, &st) && S_ISCHR(st.st_mode) &&
	    st.st_rdev == ev->rdev)
		xb_os_close(ev->fd);
	ev->fd = -1;
	free(ev->ports);
	ev->ports = NULL;
}

static int restrict_to(int fd, int domid)
{
	struct ioctl_evtchn_restrict_domid r = { .domid = domid };

	return xb_os_ioctl(fd, IOCTL_EVTCHN_RESTRICT_DOMID, &r);
}

static int events_open(struct xb_soft_events *ev)
{
	struct stat st;
	int fd, err = 0;

	if (!ev->ports)
		ev->ports = calloc(NR_PORTS, 1);
	if (!ev->ports)
		return -ENOMEM;
	fd = xb_os_open_nonblock("/dev/xen/evtchn");
	if (fd < 0)
		return fd;
	if (fstat(fd, &st))
		err = -errno;
	else if (ev->domid >= 0)
		err = restrict_to(fd, ev->domid);
	if (err) {
		xb_os_close(fd);
		return err;
	}
	ev->rdev = st.st_rdev;
	ev->fd = fd;
	return fd;
}

int xb_soft_events_open(struct xb_device *dev)
{
	struct xb_soft *soft = xb_soft_get(dev);
	struct xb_soft_events *ev;
	int ret;

	if (!soft)
		return -ENOMEM;
	ev = &soft->events;
	pthread_mutex_lock(&ev->lock);
	ret = ev->fd >= 0 ? ev->fd : events_open(ev);
	pthread_mutex_unlock(&ev->lock);
	return ret;
}

int xb_soft_events_restrict(struct xb_device *dev, uint16_t domid)
{
	struct xb_soft *soft = xb_soft_get(dev);
	struct xb_soft_events *ev;
	int err = 0;

	if (!soft)
		return -ENOMEM;
	ev = &soft->events;
	pthread_mutex_lock(&ev->lock);
	if (ev->domid >= 0 && ev->domid != domid)
		err = -EINVAL;
	else if (ev->domid < 0 && ev->fd >= 0)
		err = restrict_to(ev->fd, domid);
	if (!err)
		ev->domid = domid;
	pthread_mutex_unlock(&ev->lock);
	return err;
}

/* Does nothing if it is not masked. */
static long ack_port(struct xb_soft_events *ev, uint32_t port)
{
	long ret = xb_os_write(ev->fd, &port, sizeof(port));

	return ret < 0 ? ret : 0;
}

/* An event of port goes to the caller, if it is still bound. */
static unsigned int give(struct xb_soft_events *ev, uint32_t port,
			 struct xenbatch_event *event)
{
	if (port >= NR_PORTS || !(ev->ports[port] & BOUND))
		return 0;
	event->port = port;
	event->flags = 0;
	if (ev->ports[port] & KERNEL_ACK)
		ack_port(ev, port);
	return 1;
}

/*
 * The driver has an entry for each port that is bound; those that ports left
 * when they were unbound fill it up, and then it says EFBIG until all entries
 * are thrown away. Any port may have been among them, so each gets an event.
 */
static unsigned int give_lost(struct xb_soft_events *ev,
			      struct xenbatch_event *events, unsigned int n)
{
	unsigned int nr = 0;

	for (; ev->lost < NR_PORTS && nr < n; ev->lost++)
		nr += give(ev, ev->lost, &events[nr]);
	return nr;
}

static int take(struct xb_soft_events *ev, struct xenbatch_event *events,
		unsigned int n)
{
	unsigned int nr = 0, want, i;
	uint32_t ports[64];
	long ret;

	while (nr < n) {
		nr += give_lost(ev, events + nr, n - nr);
		want = n - nr < 64 ? n - nr : 64;
		if (!want)
			break;
		ret = xb_os_read(ev->fd, ports, want * sizeof(ports[0]));
		if (ret == -EFBIG) {
			ret = xb_os_ioctl(ev->fd, IOCTL_EVTCHN_RESET, NULL);
			ev->lost = 0;
			if (!ret)
				continue;
		}
		if (ret < 0)
			return nr || ret == -EAGAIN ? (int)nr : (int)ret;
		for (i = 0; i < ret / sizeof(ports[0]); i++)
			nr += give(ev, ports[i], &events[nr]);
		/* All that there was; the next read would only say so. */
		if (nr && i < want)
			break;
	}
	return nr;
}

int xb_soft_events_take(struct xb_device *dev, struct xenbatch_event *events,
			unsigned int n)
{
	struct xb_soft_events *ev = &dev->soft->events;
	int ret;

	pthread_mutex_lock(&ev->lock);
	ret = take(ev, events, n);
	pthread_mutex_unlock(&ev->lock);
	return ret;
}

static long bind_port(struct xb_soft_events *ev, const struct xenbatch_op *op)
{
	struct ioctl_evtchn_bind_unbound_port unbound = {
		.remote_domain = op->domid,
	};
	struct ioctl_evtchn_bind_interdomain interdomain = {
		.remote_domain = op->domid,
		.remote_port = op->evtchn.remote,
	};
	struct ioctl_evtchn_bind_virq virq = { .virq = op->evtchn.remote };
	const struct {
		unsigned long request;
		void *arg;
		bool good;
	} types[] = {
		[XENBATCH_EVTCHN_UNBOUND] = { IOCTL_EVTCHN_BIND_UNBOUND_PORT,
					      &unbound, !op->evtchn.remote },
		[XENBATCH_EVTCHN_INTERDOMAIN] = { IOCTL_EVTCHN_BIND_INTERDOMAIN,
						  &interdomain, true },
		[XENBATCH_EVTCHN_VIRQ] = { IOCTL_EVTCHN_BIND_VIRQ, &virq,
					   !op->domid },
	};
	uint32_t type = op->evtchn.type;
	long port;

	if (type == XENBATCH_EVTCHN_STATIC)
		return -EOPNOTSUPP;
	if (type > XENBATCH_EVTCHN_VIRQ)
		return -EINVAL;
	if (ev->domid >= 0 && (type != XENBATCH_EVTCHN_INTERDOMAIN ||
			       op->domid != ev->domid))
		return -EPERM;
	if (!types[type].good)
		return -EINVAL;
	port = xb_os_ioctl(ev->fd, types[type].request, types[type].arg);
	if (port < 0)
		return port == -EACCES ? -EPERM : port;
	ev->ports[port] = BOUND;
	if (op->flags & XENBATCH_OPF_KERNEL_ACK)
		ev->ports[port] |= KERNEL_ACK;
	return port;
}

static long unbind_port(struct xb_soft_events *ev, uint32_t port)
{
	struct ioctl_evtchn_unbind u = { .port = port };

	ev->ports[port] = 0;
	return xb_os_ioctl(ev->fd, IOCTL_EVTCHN_UNBIND, &u);
}

static long notify_port(struct xb_soft_events *ev, uint32_t port)
{
	struct ioctl_evtchn_notify n = { .port = port };

	return xb_os_ioctl(ev->fd, IOCTL_EVTCHN_NOTIFY, &n);
}

/* The CPU is the driver's own choice. */
static long affinity(struct xb_soft_events *ev, uint32_t port)
{
	(void)ev;
	(void)port;
	return -EOPNOTSUPP;
}

/* What is done to a port that is bound. */
static long (*const ops[])(struct xb_soft_events *ev, uint32_t port) = {
	[XENBATCH_OP_EVTCHN_NOTIFY] = notify_port,
	[XENBATCH_OP_EVTCHN_ACK] = ack_port,
	[XENBATCH_OP_EVTCHN_UNBIND] = unbind_port,
	[XENBATCH_OP_EVTCHN_AFFINITY] = affinity,
};

static long event_op(struct xb_soft_events *ev, const struct xenbatch_op *op)
{
	uint32_t port = op->evtchn.port;

	if (ev->fd < 0)
		return -ENXIO;
	if (op->opcode == XENBATCH_OP_EVTCHN_BIND)
		return bind_port(ev, op);
	if (port >= NR_PORTS || !(ev->ports[port] & BOUND))
		return -ENOTCONN;
	return ops[op->opcode](ev, port);
}

long xb_soft_event_op(struct xb_device *dev, const struct xenbatch_op *op)
{
	struct xb_soft_events *ev = &dev->soft->events;
	long ret;

	pthread_mutex_lock(&ev->lock);
	ret = event_op(ev, op);
	pthread_mutex_unlock(&ev->lock);
	return ret;
}
