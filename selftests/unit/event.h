/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the tests of events share: pairs of ports in one process, and a module
 * without events.
 */
#ifndef UNIT_EVENT_H
#define UNIT_EVENT_H

#include "unit.h"

/* Ports of one process: near hears what far sends. */
struct pair {
	int near, far;
};

static inline bool has_ring(void)
{
	return strcmp(unit_backend, "stock") &&
	       fake_kernel.opcodes & FAKE_EVENT_OPCODES;
}

static inline void assert_fails(int ret, int err)
{
	assert_int_equal(ret, -1);
	assert_int_equal(errno, err);
}

/* The only event that there is; acknowledged. */
static inline void assert_next(xenbatch *xb, int port)
{
	struct xenbatch_event e[2];

	assert_int_equal(xenbatch_evtchn_take(xb, e, 2), 1);
	assert_int_equal(e[0].port, port);
	assert_int_equal(e[0].flags, 0);
	assert_int_equal(xenbatch_evtchn_ack(xb, port), 0);
}

static inline void assert_none(xenbatch *xb)
{
	struct xenbatch_event e;

	assert_int_equal(xenbatch_evtchn_take(xb, &e, 1), 0);
	assert_int_equal(xenbatch_evtchn_wait(xb, &e, 1, 0), 0);
}

static inline struct pair open_pair(xenbatch *xb, unsigned int flags)
{
	struct pair p;

	p.far = xenbatch_evtchn_bind_unbound(xb, 0, 0);
	assert_true(p.far > 0);
	p.near = xenbatch_evtchn_bind_interdomain(xb, 0, p.far, flags);
	assert_true(p.near > 0);
	assert_next(xb, p.near);
	return p;
}

/* A module from before there were events. */
static inline int open_old(void **state)
{
	if (unit_open(state) || xenbatch_close(*state))
		return -1;
	fake_kernel.opcodes &= ~FAKE_EVENT_OPCODES;
	*state = xenbatch_open(0);
	return *state ? 0 : -1;
}

#define old_test(f) cmocka_unit_test_setup_teardown(f, open_old, unit_close)

#endif /* UNIT_EVENT_H */
