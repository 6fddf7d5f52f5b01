// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Promise: events come once each, in order, to one taker; none before its port
 * was acknowledged, none of a port that is unbound; whatever the backend, and
 * with a module from before there were events.
 */
#include "event.h"

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
	};
	static const struct CMUnitTest old[] = {
		old_test(nothing_bound),
		old_test(notify_take_ack),
		old_test(bind_and_unbind),
		old_test(in_a_batch),
	};
	static const char *const module[] = { "module", NULL };

	return unit_run("event", tests, ARRAY_SIZE(tests), unit_all) +
	       unit_run("event of old", old, ARRAY_SIZE(old), module);
}
