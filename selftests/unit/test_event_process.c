// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Promise: a child has events of its own and takes none of its parent's; the
 * device is opened once, and a restriction holds for it whenever that is.
 */
#include "event.h"

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

int main(void)
{
	static const struct CMUnitTest tests[] = {
		opened_test(fork_and_go_on),
		opened_test(descriptors),
		opened_test(no_device),
		opened_test(restriction),
		opened_test(restricted_before),
	};
	static const struct CMUnitTest old[] = {
		old_test(fork_and_go_on),
		old_test(no_device),
		old_test(restriction),
		old_test(restricted_before),
	};
	static const char *const module[] = { "module", NULL };

	return unit_run("event process", tests, ARRAY_SIZE(tests), unit_all) +
	       unit_run("event process of old", old, ARRAY_SIZE(old), module);
}
