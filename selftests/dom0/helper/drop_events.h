/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Two ends of an event channel of dom0 to itself, made by the library that is
 * under test, and what can be seen of the events that come. Port numbers are
 * Xen's choice: they are never written down, only whose they are.
 */
#ifndef DROP_EVENTS_H
#define DROP_EVENTS_H

#include <poll.h>

#include "drop_device.h"
#include "drop_diff.h"

#define SOON	1500	/* ms in which what is to come has come */
#define NEVER	100	/* ms in which what must not come would have */

#define VIRQ_FREE 4	/* VIRQ_TBUF: nobody here traces */

/* A call that gives a port: 1 if it did. */
#define CALL_PORT(m, name, ...) ({ \
	call_begin(m, fn_##name); \
	int port_ = (m)->api.name(__VA_ARGS__); \
	call_end(m, #name, port_ > 0 ? 1 : port_); \
	port_; })

#define BIND_UNBOUND(m, ...)	CALL_PORT(m, xenevtchn_bind_unbound_port, \
					  __VA_ARGS__)
#define BIND(m, ...)	CALL_PORT(m, xenevtchn_bind_interdomain, __VA_ARGS__)
#define BIND_VIRQ(m, ...) CALL_PORT(m, xenevtchn_bind_virq, __VA_ARGS__)
#define NOTIFY(m, ...)	CALL(m, xenevtchn_notify, __VA_ARGS__)
#define UNMASK(m, ...)	CALL(m, xenevtchn_unmask, __VA_ARGS__)
#define UNBIND(m, ...)	CALL(m, xenevtchn_unbind, __VA_ARGS__)
#define CLOSE(m, ...)	CALL(m, xenevtchn_close, __VA_ARGS__)

struct ends {
	xenevtchn_handle *a, *b;	/* may be the same */
	int near, far;			/* ports: a's and b's */
};

static inline xenevtchn_handle *open_quietly(struct mode *m)
{
	return m->api.xenevtchn_open(&m->log.vtable, 0);
}

static inline bool is_ready(struct mode *m, xenevtchn_handle *xce, int wait_ms)
{
	struct pollfd p = { m->api.xenevtchn_fd(xce), POLLIN, 0 };

	return poll(&p, 1, wait_ms) == 1 && p.revents & POLLIN;
}

/* What comes in this time: 0 nothing, 1 this port, 2 something else. */
static inline int came(struct mode *m, xenevtchn_handle *xce, int port,
		       int wait_ms)
{
	if (!is_ready(m, xce, wait_ms))
		return 0;
	return m->api.xenevtchn_pending(xce) == port ? 1 : 2;
}

/* Bound to each other, and quiet: binding raises the far end once. */
static inline struct ends ends_make(struct mode *m, bool one_handle)
{
	struct ends e;

	e.a = open_quietly(m);
	e.b = one_handle ? e.a : open_quietly(m);
	if (!e.a || !e.b)
		ksft_exit_fail_msg("/dev/xen/evtchn: %s\n", strerror(errno));
	e.near = m->api.xenevtchn_bind_unbound_port(e.a, 0);
	e.far = m->api.xenevtchn_bind_interdomain(e.b, 0, e.near);
	if (e.near < 0 || e.far < 0)
		ksft_exit_fail_msg("no ports: %s\n", strerror(errno));
	note(m, "ends: first event %d", came(m, e.b, e.far, SOON));
	note(m, "ends: unmasked %d", m->api.xenevtchn_unmask(e.b, e.far));
	return e;
}

static inline void ends_close(struct mode *m, struct ends e)
{
	note(m, "ends closed: %d %d", m->api.xenevtchn_close(e.a),
	     e.b == e.a ? 0 : m->api.xenevtchn_close(e.b));
}

static inline void quiet(struct mode *m, struct ends e)
{
	note(m, "quiet: %d %d", !is_ready(m, e.a, NEVER),
	     !is_ready(m, e.b, 0));
}

#endif /* DROP_EVENTS_H */
