// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Promise: a virtual interrupt that Xen raises comes as an event of the native
 * API, whatever the backend: once, not again before it was acknowledged, to
 * who sleeps for it too, and to nobody but the handle that it is bound to.
 *
 * Two that can be provoked: CON_RING, which Xen raises for what it writes on
 * its console, and DOM_EXC, once for each domain that is shut down. xenstored,
 * if it runs, has the latter for itself. What provokes them are raw hypercalls
 * through the stock devices.
 */
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>

#include "kselftest_harness.h"

#include "../../lib/core/xenbatch.h"
#include "helper/raw.h"
#include "helper/target.h"

#include <xen/sched.h>
#include <xen/sysctl.h>

#define SOON	5000	/* ms in which an event must come */
#define NEVER	150	/* and in which one would */
#define ROUNDS	10
#define DOMAINS	32	/* at most, in one test */

struct source {
	struct target t;	/* for hypercalls, with no domain of its own */
	uint32_t domids[DOMAINS];
	int nr;
	long (*raise)(struct source *s);
};

/* Xen tells how much memory is free: some ten lines. */
static long write_console(struct source *s)
{
	struct xen_sysctl *ctl = s->t.buffer;
	char *key = (char *)s->t.buffer + PAGE;

	memset(ctl, 0, sizeof(*ctl));
	*key = 'm';
	ctl->cmd = XEN_SYSCTL_debug_keys;
	ctl->interface_version = XEN_SYSCTL_INTERFACE_VERSION;
	set_xen_guest_handle_raw(ctl->u.debug_keys.keys, key);
	ctl->u.debug_keys.nr_keys = 1;
	return target_call(&s->t, __HYPERVISOR_sysctl, (uintptr_t)ctl, 0);
}

/* A domain that is new is shut down. It stays until the test is over. */
static long shut_domain(struct source *s)
{
	struct sched_remote_shutdown *r = s->t.buffer;

	if (s->nr == DOMAINS || target_new(&s->t))
		return -1;
	s->domids[s->nr++] = s->t.domid;
	r->domain_id = (domid_t)s->t.domid;
	r->reason = SHUTDOWN_poweroff;
	return target_call(&s->t, __HYPERVISOR_sched_op,
			   SCHEDOP_remote_shutdown, (uintptr_t)r);
}

/* 0: Xen has forgotten them all. */
static int source_end(struct source *s)
{
	int i, bad = 0;

	for (i = 0; i < s->nr; i++) {
		s->t.domid = s->domids[i];
		bad |= target_kill(&s->t) || target_vanishes(&s->t);
	}
	target_close(&s->t);
	return bad;
}

FIXTURE(virq)
{
	xenbatch *xb;
	int port;
	struct source s;
};

FIXTURE_VARIANT(virq)
{
	unsigned int nr;
	long (*raise)(struct source *s);
	bool exact;		/* nobody else raises it */
};

FIXTURE_VARIANT_ADD(virq, con_ring)
{
	.nr = VIRQ_CON_RING,
	.raise = write_console,
};

FIXTURE_VARIANT_ADD(virq, dom_exc)
{
	.nr = VIRQ_DOM_EXC,
	.raise = shut_domain,
	.exact = true,
};

/* The next event's port, or -1. */
static int next(xenbatch *xb, int ms)
{
	struct xenbatch_event e = { 0 };

	if (xenbatch_evtchn_wait(xb, &e, 1, ms) != 1 || e.flags)
		return -1;
	return (int)e.port;
}

/* All that comes until nothing does, acknowledged; how many. */
static int drain(xenbatch *xb)
{
	int port, n = 0;

	for (; (port = next(xb, NEVER)) > 0; n++)
		if (xenbatch_evtchn_ack(xb, (uint32_t)port))
			return -1;
	return n;
}

FIXTURE_SETUP(virq)
{
	xenbatch *xb;

	SKIP_WITHOUT_XEN();
	xb = xenbatch_open(0);
	ASSERT_NE(NULL, xb);
	self->port = xenbatch_evtchn_bind_virq(xb, variant->nr, 0);
	if (self->port < 0 && errno == EEXIST && variant->exact) {
		xenbatch_close(xb);
		SKIP_TEST("xenstored has this one");
	}
	ASSERT_LT(0, self->port)
		TH_LOG("bind: %s", strerror(errno));
	self->xb = xb;
	self->s.raise = variant->raise;
	ASSERT_EQ(0, target_open(&self->s.t));
	/* What was raised before. */
	ASSERT_LE(0, drain(xb));
}

FIXTURE_TEARDOWN(virq)
{
	if (!self->xb)
		return;
	EXPECT_EQ(0, xenbatch_close(self->xb));
	EXPECT_EQ(0, source_end(&self->s));
}

TEST_F(virq, comes)
{
	int i, n;

	for (i = 0; i < ROUNDS; i++) {
		ASSERT_EQ(0, self->s.raise(&self->s))
			TH_LOG("%s", strerror(errno));
		ASSERT_EQ(self->port, next(self->xb, SOON));
		ASSERT_EQ(0, xenbatch_evtchn_ack(self->xb, self->port));
		/* The console may still be written to. */
		n = drain(self->xb);
		ASSERT_LE(0, n);
		if (variant->exact)
			ASSERT_EQ(0, n);
	}
}

TEST_F(virq, not_before_it_is_acknowledged)
{
	int n = 0;

	ASSERT_EQ(0, self->s.raise(&self->s));
	ASSERT_EQ(self->port, next(self->xb, SOON));
	ASSERT_EQ(0, self->s.raise(&self->s));
	ASSERT_EQ(0, self->s.raise(&self->s));
	EXPECT_EQ(-1, next(self->xb, NEVER));
	/* Two are one or two, one at a time, and not lost. */
	ASSERT_EQ(0, xenbatch_evtchn_ack(self->xb, self->port));
	for (; next(self->xb, n ? NEVER : SOON) == self->port; n++) {
		EXPECT_EQ(-1, next(self->xb, NEVER));
		ASSERT_EQ(0, xenbatch_evtchn_ack(self->xb, self->port));
	}
	EXPECT_LE(1, n);
	EXPECT_GE(2, n);
}

TEST_F(virq, kernel_acknowledges)
{
	int i;

	ASSERT_EQ(0, xenbatch_evtchn_unbind(self->xb, self->port));
	self->port = xenbatch_evtchn_bind_virq(self->xb, variant->nr,
					       XENBATCH_KERNEL_ACK);
	ASSERT_LT(0, self->port);
	for (i = 0; i < ROUNDS; i++) {
		while (next(self->xb, NEVER) > 0)
			ASSERT_FALSE(variant->exact);
		ASSERT_EQ(0, self->s.raise(&self->s));
		ASSERT_EQ(self->port, next(self->xb, SOON));
	}
}

static void *raise_later(void *arg)
{
	struct source *s = arg;

	usleep(100000);
	return (void *)s->raise(s);
}

/* It wakes who sleeps in the library, and who sleeps in poll. */
TEST_F(virq, wakes)
{
	struct pollfd p = { xenbatch_evtchn_fd(self->xb), POLLIN, 0 };
	pthread_t thread;
	void *failed;
	int i;

	ASSERT_EQ(0, xenbatch_evtchn_spin(self->xb, 0));
	for (i = 0; i < 4; i++) {
		EXPECT_EQ(0, poll(&p, 1, 0));
		ASSERT_EQ(0, pthread_create(&thread, NULL, raise_later,
					    &self->s));
		if (i % 2)
			EXPECT_EQ(1, poll(&p, 1, SOON));
		EXPECT_EQ(self->port, next(self->xb, i % 2 ? 0 : SOON));
		pthread_join(thread, &failed);
		EXPECT_EQ(NULL, failed);
		ASSERT_EQ(0, xenbatch_evtchn_ack(self->xb, self->port));
		ASSERT_LE(0, drain(self->xb));
	}
}

/* One handle has it; after that the next, with nothing of the first's. */
TEST_F(virq, of_one_handle)
{
	xenbatch *other = xenbatch_open(0);
	int port;

	ASSERT_NE(NULL, other);
	EXPECT_EQ(-1, xenbatch_evtchn_bind_virq(other, variant->nr, 0));
	EXPECT_EQ(EEXIST, errno);
	ASSERT_EQ(0, self->s.raise(&self->s));
	ASSERT_EQ(self->port, next(self->xb, SOON));
	/* Closed with its event taken and never acknowledged. */
	ASSERT_EQ(0, xenbatch_close(self->xb));
	self->xb = other;
	port = xenbatch_evtchn_bind_virq(other, variant->nr, 0);
	ASSERT_LT(0, port);
	self->port = port;
	if (variant->exact)
		EXPECT_EQ(-1, next(other, NEVER));
	ASSERT_LE(0, drain(other));
	ASSERT_EQ(0, self->s.raise(&self->s));
	EXPECT_EQ(port, next(other, SOON));
	EXPECT_EQ(0, xenbatch_evtchn_ack(other, (uint32_t)port));
	ASSERT_LE(0, drain(other));
}

TEST_F(virq, unbound)
{
	ASSERT_EQ(0, xenbatch_evtchn_unbind(self->xb, self->port));
	ASSERT_EQ(0, self->s.raise(&self->s));
	EXPECT_EQ(-1, next(self->xb, NEVER));
	/* What was raised for nobody is lost, what comes now is not. */
	self->port = xenbatch_evtchn_bind_virq(self->xb, variant->nr, 0);
	ASSERT_LT(0, self->port);
	EXPECT_EQ(-1, next(self->xb, NEVER));
	ASSERT_EQ(0, self->s.raise(&self->s));
	EXPECT_EQ(self->port, next(self->xb, SOON));
}

/* Domains that go raise DOM_EXC too: when they are dead, and when forgotten. */
TEST_F(virq, domain_destroyed)
{
	if (!variant->exact)
		SKIP_TEST("of DOM_EXC only");
	ASSERT_EQ(0, self->s.raise(&self->s));
	ASSERT_EQ(1, drain(self->xb));
	ASSERT_EQ(0, target_kill(&self->s.t));
	ASSERT_EQ(self->port, next(self->xb, SOON));
	ASSERT_EQ(0, xenbatch_evtchn_ack(self->xb, self->port));
	ASSERT_EQ(0, target_vanishes(&self->s.t));
	EXPECT_GE(1, drain(self->xb));
	self->s.nr = 0;
}

TEST_HARNESS_MAIN
