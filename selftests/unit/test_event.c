// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Promise: events come once each, in order, to one taker; none before its port
 * was acknowledged, none of a port that is unbound; whatever the backend, and
 * with a module from before there were events.
 */
#include <poll.h>
#include <pthread.h>
#include <sys/eventfd.h>

#include "unit.h"

/* Ports of one process: near hears what far sends. */
struct pair {
	int near, far;
};

static bool has_ring(void)
{
	return strcmp(unit_backend, "stock") &&
	       fake_kernel.opcodes & FAKE_EVENT_OPCODES;
}

static void assert_fails(int ret, int err)
{
	assert_int_equal(ret, -1);
	assert_int_equal(errno, err);
}

/* The only event that there is; acknowledged. */
static void assert_next(xenbatch *xb, int port)
{
	struct xenbatch_event e[2];

	assert_int_equal(xenbatch_evtchn_take(xb, e, 2), 1);
	assert_int_equal(e[0].port, port);
	assert_int_equal(e[0].flags, 0);
	assert_int_equal(xenbatch_evtchn_ack(xb, port), 0);
}

static void assert_none(xenbatch *xb)
{
	struct xenbatch_event e;

	assert_int_equal(xenbatch_evtchn_take(xb, &e, 1), 0);
	assert_int_equal(xenbatch_evtchn_wait(xb, &e, 1, 0), 0);
}

static struct pair open_pair(xenbatch *xb, unsigned int flags)
{
	struct pair p;

	p.far = xenbatch_evtchn_bind_unbound(xb, 0, 0);
	assert_true(p.far > 0);
	p.near = xenbatch_evtchn_bind_interdomain(xb, 0, p.far, flags);
	assert_true(p.near > 0);
	assert_next(xb, p.near);
	return p;
}

static void nothing_bound(void **state)
{
	struct xenbatch_event e;
	xenbatch *xb = *state;
	int fd;

	assert_fails(xenbatch_evtchn_take(xb, &e, 1), EINVAL);
	assert_fails(xenbatch_evtchn_wait(xb, &e, 1, 0), EINVAL);
	assert_fails(xenbatch_evtchn_notify(xb, 1), ENXIO);
	assert_fails(xenbatch_evtchn_ack(xb, 1), ENXIO);
	assert_fails(xenbatch_evtchn_unbind(xb, 1), ENXIO);
	fd = xenbatch_evtchn_fd(xb);
	assert_true(fd >= 0);
	assert_int_equal(xenbatch_evtchn_fd(xb), fd);
	assert_none(xb);
	assert_fails(xenbatch_evtchn_notify(xb, 1), ENOTCONN);
}

static void notify_take_ack(void **state)
{
	xenbatch *xb = *state;
	struct pair p = open_pair(xb, 0);
	struct xenbatch_event e;
	int i;

	/* More than the ring has entries. */
	for (i = 0; i < 300; i++) {
		assert_int_equal(xenbatch_evtchn_notify(xb, p.far), 0);
		if (i % 2)
			assert_next(xb, p.near);
		else
			assert_int_equal(xenbatch_evtchn_wait(xb, &e, 1, -1),
					 1);
		assert_int_equal(xenbatch_evtchn_ack(xb, p.near), 0);
		assert_none(xb);
	}
	assert_int_equal(xenbatch_evtchn_notify(xb, p.near), 0);
	assert_next(xb, p.far);
}

static void not_before_it_is_acknowledged(void **state)
{
	xenbatch *xb = *state;
	struct pair p = open_pair(xb, 0);
	struct xenbatch_event e;

	assert_int_equal(xenbatch_evtchn_notify(xb, p.far), 0);
	assert_int_equal(xenbatch_evtchn_take(xb, &e, 1), 1);
	assert_int_equal(xenbatch_evtchn_notify(xb, p.far), 0);
	assert_int_equal(xenbatch_evtchn_notify(xb, p.far), 0);
	assert_none(xb);
	assert_int_equal(xenbatch_evtchn_ack(xb, p.near), 0);
	assert_next(xb, p.near);
	assert_int_equal(xenbatch_evtchn_ack(xb, p.near), 0);
	assert_none(xb);
}

/* Acknowledged before it is taken: the next one is not lost for that. */
static void early_ack(void **state)
{
	xenbatch *xb = *state;
	struct pair p = open_pair(xb, 0);
	struct xenbatch_event e[4];
	int n;

	assert_int_equal(xenbatch_evtchn_notify(xb, p.far), 0);
	assert_int_equal(xenbatch_evtchn_ack(xb, p.near), 0);
	assert_int_equal(xenbatch_evtchn_notify(xb, p.far), 0);
	assert_int_equal(xenbatch_evtchn_ack(xb, p.near), 0);
	n = xenbatch_evtchn_take(xb, e, 4);
	assert_int_equal(n, has_ring() ? 1 : 2);
	assert_int_equal(xenbatch_evtchn_notify(xb, p.far), 0);
	assert_next(xb, p.near);
}

static void kernel_acknowledges(void **state)
{
	xenbatch *xb = *state;
	struct pair p = open_pair(xb, XENBATCH_KERNEL_ACK);
	struct xenbatch_event e[2];
	int i;

	for (i = 0; i < 5; i++) {
		assert_int_equal(xenbatch_evtchn_notify(xb, p.far), 0);
		assert_int_equal(xenbatch_evtchn_notify(xb, p.far), 0);
		assert_int_equal(xenbatch_evtchn_take(xb, e, 2), 1);
		/* The driver keeps what comes before it is acknowledged. */
		assert_int_equal(xenbatch_evtchn_take(xb, e, 2),
				 has_ring() ? 0 : 1);
		assert_none(xb);
	}
}

static void many_in_order(void **state)
{
	struct xenbatch_event e[16];
	xenbatch *xb = *state;
	struct pair p[12];
	int i, n, round;

	for (i = 0; i < 12; i++)
		p[i] = open_pair(xb, 0);
	for (round = 0; round < 20; round++) {
		for (i = 0; i < 12; i++)
			xenbatch_evtchn_notify(xb, p[(i * 5) % 12].far);
		n = xenbatch_evtchn_take(xb, e, 5);
		assert_int_equal(n, 5);
		n += xenbatch_evtchn_wait(xb, e + n, 16 - n, 0);
		assert_int_equal(n, 12);
		for (i = 0; i < 12; i++) {
			assert_int_equal(e[i].port, p[(i * 5) % 12].near);
			assert_int_equal(xenbatch_evtchn_ack(xb, e[i].port),
					 0);
		}
		assert_none(xb);
	}
}

/* What is left of a port that was unbound is skipped, at either end. */
static void stale_entries(void **state)
{
	struct pair p[4];
	struct xenbatch_event e[8];
	xenbatch *xb = *state;
	int i;

	for (i = 0; i < 4; i++)
		p[i] = open_pair(xb, 0);
	for (i = 0; i < 4; i++)
		xenbatch_evtchn_notify(xb, p[i].far);
	assert_int_equal(xenbatch_evtchn_unbind(xb, p[0].near), 0);
	assert_int_equal(xenbatch_evtchn_unbind(xb, p[2].near), 0);
	assert_fails(xenbatch_evtchn_unbind(xb, p[2].near), ENOTCONN);
	assert_fails(xenbatch_evtchn_ack(xb, p[2].near), ENOTCONN);
	assert_fails(xenbatch_evtchn_notify(xb, p[2].near), ENOTCONN);
	/* One at a time passes over the first. */
	assert_int_equal(xenbatch_evtchn_take(xb, e, 1), 1);
	assert_int_equal(e[0].port, p[1].near);
	for (i = 0; xenbatch_evtchn_take(xb, e, 1) == 1; )
		i += (int)e[0].port == p[3].near;
	assert_int_equal(i, 1);
}

/*
 * The ring's slots are used again, and /dev/xen/evtchn's buffer overflows:
 * after that each port may have an event, but none that was sent is missing.
 */
static void bind_and_unbind(void **state)
{
	struct pair p = open_pair(*state, 0), q;
	struct xenbatch_event e[8];
	xenbatch *xb = *state;
	int i, round, n, seen = 0;

	for (round = 0; round < 10; round++) {
		for (i = 0; i < 50; i++) {
			q.far = xenbatch_evtchn_bind_unbound(xb, 0, 0);
			q.near = xenbatch_evtchn_bind_interdomain(xb, 0, q.far,
								  0);
			assert_true(q.near > 0);
			assert_int_equal(xenbatch_evtchn_unbind(xb, q.near),
					 0);
			assert_int_equal(xenbatch_evtchn_unbind(xb, q.far), 0);
		}
		assert_int_equal(xenbatch_evtchn_notify(xb, p.far), 0);
		for (seen = 0; (n = xenbatch_evtchn_take(xb, e, 1)) == 1;
		     seen++) {
			if (has_ring())
				assert_int_equal(e[0].port, p.near);
			else
				assert_true((int)e[0].port == p.near ||
					    (int)e[0].port == p.far);
			xenbatch_evtchn_ack(xb, e[0].port);
		}
		assert_int_equal(n, 0);
		assert_int_equal(seen, has_ring() ? 1 : 2);
	}
}

static void the_ring_is_full(void **state)
{
	xenbatch *xb = *state;
	int i, port;

	for (i = 0; i < 1000; i++) {
		port = xenbatch_evtchn_bind_unbound(xb, 0, 0);
		if (port < 0)
			break;
	}
	assert_fails(port, ENOSPC);
	assert_true(i >= XB_FAKE_PORTS);
}

static void bad_arguments(void **state)
{
	struct pair p = open_pair(*state, 0);
	struct xenbatch_event e;
	xenbatch *xb = *state;

	assert_fails(xenbatch_evtchn_bind_unbound(xb, 0, 2), EINVAL);
	assert_fails(xenbatch_evtchn_bind_interdomain(xb, 0, 400, 0), EINVAL);
	assert_fails(xenbatch_evtchn_bind_interdomain(xb, 5, 1, 0), ESRCH);
	assert_fails(xenbatch_evtchn_bind_interdomain(xb, 0, p.far, 0),
		     has_ring() ? EBUSY : EINVAL);
	assert_fails(xenbatch_evtchn_bind_virq(xb, 24, 0), EINVAL);
	assert_fails(xenbatch_evtchn_take(xb, &e, 0), EINVAL);
	assert_fails(xenbatch_evtchn_wait(xb, &e, 0, -1), EINVAL);
	assert_fails(xenbatch_evtchn_notify(xb, 0), ENOTCONN);
	assert_fails(xenbatch_evtchn_notify(xb, 0xffffffff), ENOTCONN);
	assert_fails(xenbatch_evtchn_ack(xb, 1 << 17), ENOTCONN);
	if (has_ring()) {
		assert_int_equal(xenbatch_evtchn_affinity(xb, p.near, 0), 0);
		assert_fails(xenbatch_evtchn_affinity(xb, p.near, 99), EINVAL);
	} else {
		assert_fails(xenbatch_evtchn_affinity(xb, p.near, 0),
			     EOPNOTSUPP);
	}
	assert_fails(xenbatch_evtchn_affinity(xb, 400, 0), ENOTCONN);
}

static void virq(void **state)
{
	xenbatch *xb = *state;
	int port = xenbatch_evtchn_bind_virq(xb, 6, 0);

	assert_true(port > 0);
	assert_fails(xenbatch_evtchn_bind_virq(xb, 6, 0), EEXIST);
	assert_int_equal(xenbatch_evtchn_unbind(xb, port), 0);
	assert_true(xenbatch_evtchn_bind_virq(xb, 6, 0) > 0);
}

static void peer_gone(void **state)
{
	xenbatch *xb = *state;
	struct pair p = open_pair(xb, 0);
	struct xenbatch_event e;

	assert_int_equal(xenbatch_evtchn_unbind(xb, p.far), 0);
	if (has_ring()) {
		assert_int_equal(xenbatch_evtchn_wait(xb, &e, 1, 0), 1);
		assert_int_equal(e.port, p.near);
		assert_int_equal(e.flags, XENBATCH_PEER_GONE);
		assert_fails(xenbatch_evtchn_notify(xb, p.near), EPIPE);
	} else {
		assert_none(xb);
		assert_int_equal(xenbatch_evtchn_notify(xb, p.near), 0);
	}
}

static void in_a_batch(void **state)
{
	xenbatch *xb = *state;
	struct pair p[3] = { open_pair(xb, 0), open_pair(xb, 0),
			     open_pair(xb, 0) };
	struct xenbatch_batch *b = xenbatch_batch_begin(xb);
	struct xenbatch_result r[7];
	struct xenbatch_event e[4];
	uint64_t args[] = { XENVER_version, 0 };
	int i;

	assert_fails(xenbatch_queue_evtchn_notify(b, 1, 2, 0), EINVAL);
	assert_int_equal(xenbatch_queue_evtchn_notify(b, p[0].far, 0, 10), 0);
	xenbatch_queue(b, __HYPERVISOR_xen_version, args, 2, 0, 11);
	xenbatch_queue_evtchn_notify(b, p[1].far, 0, 12);
	xenbatch_queue_evtchn_notify(b, 400, XENBATCH_LINK, 13);
	xenbatch_queue_evtchn_notify(b, p[2].far, 0, 14);
	xenbatch_queue_evtchn_ack(b, p[0].near, 0, 15);
	assert_int_equal(xenbatch_queue_evtchn_notify(b, p[0].far, 0, 16), 6);
	/* An immediate call in between is not in its way. */
	assert_int_equal(xenbatch_evtchn_notify(xb, p[2].near), 0);
	assert_next(xb, p[2].far);
	assert_int_equal(xenbatch_commit(b, r, 7), 2);
	for (i = 0; i < 7; i++) {
		assert_int_equal(r[i].tag, 10 + i);
		assert_int_equal(r[i].err, i == 3 ? ENOTCONN :
				 i == 4 ? ECANCELED : 0);
	}
	assert_int_equal(r[1].ret, XB_FAKE_VERSION);
	/* Acknowledged and sent again before it was taken. */
	assert_int_equal(xenbatch_evtchn_take(xb, e, 4), has_ring() ? 2 : 3);
	assert_int_equal(e[0].port, p[0].near);
	assert_int_equal(e[1].port, p[1].near);
}

static int child(void *arg)
{
	xenbatch *xb = arg;
	struct xenbatch_event e;
	int far, near;

	if (xenbatch_evtchn_take(xb, &e, 1) != -1 || errno != EINVAL)
		return 1;
	if (xenbatch_evtchn_notify(xb, 1) != -1 || errno != ENXIO)
		return 2;
	if (xenbatch_evtchn_wait(xb, &e, 1, -1) != -1 || errno != EINVAL)
		return 3;
	far = xenbatch_evtchn_bind_unbound(xb, 0, 0);
	near = xenbatch_evtchn_bind_interdomain(xb, 0, far, 0);
	if (far < 0 || near < 0 || xenbatch_evtchn_wait(xb, &e, 1, -1) != 1 ||
	    (int)e.port != near)
		return 4;
	if (xenbatch_evtchn_notify(xb, 200) != -1 || errno != ENOTCONN)
		return 5;
	return xenbatch_close(xb) ? 6 : 0;
}

static int child_closes(void *arg)
{
	return xenbatch_close(arg) ? 1 : 0;
}

static void fork_and_go_on(void **state)
{
	xenbatch *xb = *state;
	struct pair p = open_pair(xb, 0);
	struct xenbatch_batch *b;
	int i;

	for (i = 0; i < 3; i++) {
		assert_int_equal(xenbatch_evtchn_notify(xb, p.far), 0);
		assert_int_equal(unit_in_child(i ? child : child_closes, xb),
				 0);
		assert_next(xb, p.near);
	}
	b = xenbatch_batch_begin(xb);
	if (!fork())
		_exit(xenbatch_queue_evtchn_ack(b, p.near, 0, 0) != -1 ||
		      errno != ESTALE);
	assert_true(wait(&i) > 0);
	assert_int_equal(i, 0);
	xenbatch_cancel(b);
}

/* Once in each process: how often the device is opened, and closed. */
static void descriptors(void **state)
{
	unsigned int opens = fake_kernel.opens;
	xenbatch *xb = *state;

	open_pair(xb, 0);
	open_pair(xb, 0);
	if (strcmp(unit_backend, "fake"))
		assert_int_equal(fake_kernel.opens - opens,
				 has_ring() ? 0 : 1);
	xenbatch_close(xb);
	assert_int_equal(fake_kernel.opens, fake_kernel.closes);
	assert_int_equal(unit_open(state), 0);
}

static void no_device(void **state)
{
	xenbatch *xb = *state;

	if (has_ring())
		return;
	fake_kernel.no_evtchn = EACCES;
	assert_fails(xenbatch_evtchn_bind_unbound(xb, 0, 0), EACCES);
	assert_fails(xenbatch_evtchn_fd(xb), EACCES);
	fake_kernel.no_evtchn = 0;
	open_pair(xb, 0);
}

static void restriction(void **state)
{
	xenbatch *xb = *state;
	struct pair p = open_pair(xb, 0);

	assert_int_equal(xenbatch_restrict(xb, 7), 0);
	assert_fails(xenbatch_evtchn_bind_unbound(xb, 7, 0), EPERM);
	assert_fails(xenbatch_evtchn_bind_virq(xb, 6, 0), EPERM);
	assert_fails(xenbatch_evtchn_bind_interdomain(xb, 0, p.far, 0), EPERM);
	assert_fails(xenbatch_evtchn_bind_interdomain(xb, 7, 1, 0), ESRCH);
	assert_int_equal(xenbatch_evtchn_notify(xb, p.far), 0);
	assert_next(xb, p.near);
	assert_int_equal(xenbatch_restrict(xb, 7), 0);
	assert_fails(xenbatch_restrict(xb, 8), EINVAL);
}

static int child_is_restricted(void *arg)
{
	return xenbatch_evtchn_bind_unbound(arg, 7, 0) != -1 ||
	       errno != EPERM ||
	       xenbatch_evtchn_bind_interdomain(arg, 7, 1, 0) != -1 ||
	       errno != ESRCH;
}

/* The device is opened when it is restricted already. */
static void restricted_before(void **state)
{
	xenbatch *xb = *state;

	assert_int_equal(xenbatch_restrict(xb, 7), 0);
	assert_int_equal(unit_in_child(child_is_restricted, xb), 0);
	assert_int_equal(child_is_restricted(xb), 0);
	assert_int_equal(unit_in_child(child_is_restricted, xb), 0);
}

static void waiting(void **state)
{
	xenbatch *xb = *state;
	struct pair p = open_pair(xb, 0);
	unsigned int polls = fake_kernel.polls;
	struct xenbatch_event e;

	assert_int_equal(xenbatch_evtchn_wait(xb, &e, 1, 0), 0);
	assert_int_equal(fake_kernel.polls, polls);
	assert_int_equal(xenbatch_evtchn_wait(xb, &e, 1, 20), 0);
	assert_int_equal(fake_kernel.polls, polls + 1);
	fake_kernel.poll_err = EINTR;
	assert_fails(xenbatch_evtchn_wait(xb, &e, 1, -1), EINTR);
	fake_kernel.poll_err = 0;
	xenbatch_evtchn_notify(xb, p.far);
	polls = fake_kernel.polls;
	assert_int_equal(xenbatch_evtchn_wait(xb, &e, 1, 1000), 1);
	assert_int_equal(fake_kernel.polls, polls);
}

static void *notify_later(void *arg)
{
	struct pair *p = ((void **)arg)[1];

	usleep(20000);
	xenbatch_evtchn_notify(((void **)arg)[0], p->far);
	return NULL;
}

/* With no end to the spin, nobody sleeps; with none, all do. */
static void spinning(void **state)
{
	xenbatch *xb = *state;
	struct pair p = open_pair(xb, 0);
	void *arg[] = { xb, &p };
	unsigned int polls, i;
	struct xenbatch_event e;
	pthread_t thread;

	/* An attempt at all of it comes within 64 of those that fail. */
	for (i = 0; i < 63; i++)
		assert_int_equal(xenbatch_evtchn_wait(xb, &e, 1, 1), 0);
	for (i = 0; i < 2; i++) {
		assert_int_equal(xenbatch_evtchn_spin(xb, i ? 0 : UINT32_MAX),
				 0);
		polls = fake_kernel.polls;
		pthread_create(&thread, NULL, notify_later, arg);
		assert_int_equal(xenbatch_evtchn_wait(xb, &e, 1, 5000), 1);
		pthread_join(thread, NULL);
		assert_int_equal(xenbatch_evtchn_ack(xb, e.port), 0);
		if (i || !has_ring())
			assert_true(fake_kernel.polls > polls);
		else
			assert_int_equal(fake_kernel.polls, polls);
	}
}

static void signal_an_eventfd(void **state)
{
	xenbatch *xb = *state;
	struct pair p = open_pair(xb, 0);
	int fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	uint64_t n = 0;

	if (!has_ring()) {
		assert_fails(xenbatch_evtchn_eventfd(xb, fd), EOPNOTSUPP);
		close(fd);
		return;
	}
	assert_int_equal(xenbatch_evtchn_eventfd(xb, fd), 0);
	assert_int_equal(xenbatch_evtchn_notify(xb, p.far), 0);
	assert_int_equal(read(fd, &n, 8), 8);
	assert_int_equal(n, 1);
	assert_next(xb, p.near);
	assert_int_equal(xenbatch_evtchn_eventfd(xb, -1), 0);
	assert_int_equal(xenbatch_evtchn_notify(xb, p.far), 0);
	assert_int_equal(read(fd, &n, 8), -1);
	close(fd);
}

struct taker {
	pthread_t thread;
	xenbatch *xb;
	uint32_t stop;
	unsigned int seen;
	unsigned int wrong;
};

static unsigned int all_seen;

static void *take_events(void *arg)
{
	struct taker *t = arg;
	struct xenbatch_event e[3];
	bool stop = false;
	int n, i;

	while (!stop) {
		n = xenbatch_evtchn_wait(t->xb, e, 3, 5000);
		if (n <= 0) {
			t->wrong++;
			break;
		}
		for (i = 0; i < n; i++) {
			if (e[i].port == t->stop)
				stop = true;
			else
				t->seen++;
			t->wrong += xenbatch_evtchn_ack(t->xb, e[i].port) != 0;
			if (e[i].port != t->stop)
				__atomic_add_fetch(&all_seen, 1,
						   __ATOMIC_SEQ_CST);
		}
	}
	return NULL;
}

/* Several take and wait on one handle: each event goes to one of them. */
static void threads_take(void **state)
{
	xenbatch *xb = *state;
	struct pair p[8], stop = open_pair(xb, 0);
	struct taker t[3] = { 0 };
	unsigned int i, k, sum = 0;

	all_seen = 0;
	for (i = 0; i < 8; i++)
		p[i] = open_pair(xb, 0);
	for (i = 0; i < 3; i++) {
		t[i].xb = xb;
		t[i].stop = stop.near;
		assert_int_equal(pthread_create(&t[i].thread, NULL,
						take_events, &t[i]), 0);
	}
	for (k = 1; k <= 300; k++) {
		for (i = 0; i < 8; i++)
			assert_int_equal(xenbatch_evtchn_notify(xb, p[i].far),
					 0);
		for (i = 0; i < 50000; i++) {
			if (__atomic_load_n(&all_seen, __ATOMIC_SEQ_CST) ==
			    k * 8)
				break;
			usleep(100);
		}
		assert_int_equal(all_seen, k * 8);
	}
	for (i = 0; i < 3; i++) {
		xenbatch_evtchn_notify(xb, stop.far);
		usleep(50000);
	}
	for (i = 0; i < 3; i++) {
		pthread_join(t[i].thread, NULL);
		assert_int_equal(t[i].wrong, 0);
		sum += t[i].seen;
	}
	assert_int_equal(sum, 300 * 8);
	assert_none(xb);
}

/* A module from before there were events. */
static int open_old(void **state)
{
	if (unit_open(state) || xenbatch_close(*state))
		return -1;
	fake_kernel.opcodes &= ~FAKE_EVENT_OPCODES;
	*state = xenbatch_open(0);
	return *state ? 0 : -1;
}

#define old_test(f) cmocka_unit_test_setup_teardown(f, open_old, unit_close)

int main(void)
{
	static const struct CMUnitTest tests[] = {
		opened_test(nothing_bound),
		opened_test(notify_take_ack),
		opened_test(not_before_it_is_acknowledged),
		opened_test(early_ack),
		opened_test(kernel_acknowledges),
		opened_test(many_in_order),
		opened_test(stale_entries),
		opened_test(bind_and_unbind),
		opened_test(the_ring_is_full),
		opened_test(bad_arguments),
		opened_test(virq),
		opened_test(peer_gone),
		opened_test(in_a_batch),
		opened_test(fork_and_go_on),
		opened_test(descriptors),
		opened_test(no_device),
		opened_test(restriction),
		opened_test(restricted_before),
		opened_test(waiting),
		opened_test(spinning),
		opened_test(signal_an_eventfd),
		opened_test(threads_take),
	};
	static const struct CMUnitTest old[] = {
		old_test(nothing_bound),
		old_test(notify_take_ack),
		old_test(bind_and_unbind),
		old_test(in_a_batch),
		old_test(fork_and_go_on),
		old_test(no_device),
		old_test(restriction),
		old_test(restricted_before),
		old_test(signal_an_eventfd),
		old_test(threads_take),
	};
	static const char *const module[] = { "module", NULL };

	return unit_run("event", tests, ARRAY_SIZE(tests), unit_all) +
	       unit_run("event of old", old, ARRAY_SIZE(old), module);
}
