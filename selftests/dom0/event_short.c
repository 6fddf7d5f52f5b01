// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Promise: a SUBMIT that begins with acknowledgements and notifications, for
 * which the kernel has a short way, gives what each of them by itself gives;
 * what that way is not for, and all that is behind it, is done as ever.
 */
#include "kselftest_harness.h"

#include "helper/raw.h"
#include "helper/window.h"
#include "helper/event.h"

#define MANY 200U

FIXTURE(brief)
{
	struct ring r;
	struct pair p;
	uint64_t submits, notified, acked;
};

FIXTURE_SETUP(brief)
{
	struct ring *r = &self->r;

	SKIP_WITHOUT_EVENTS();
	ASSERT_EQ(0, ring_open(r, 1024));
	ASSERT_EQ(0, pair_bind(r, r, &self->p, 0));
	self->submits = raw_counter(r->c.fd, "submits");
	self->notified = raw_counter(r->c.fd, "notified");
	self->acked = raw_counter(r->c.fd, "acked");
}

FIXTURE_TEARDOWN(brief)
{
	ring_close(&self->r);
}

static void put(struct ring *r, unsigned int i, uint16_t opcode, uint32_t port)
{
	memset(&r->c.ops[i], 0, sizeof(r->c.ops[i]));
	r->c.ops[i].opcode = opcode;
	r->c.ops[i].evtchn.port = port;
}

#define put_ack(r, i, port)	put(r, i, XENBATCH_OP_EVTCHN_ACK, port)
#define put_notify(r, i, port)	put(r, i, XENBATCH_OP_EVTCHN_NOTIFY, port)

#define EXPECT_COUNTED(s, n, a) do {					\
	EXPECT_EQ(self->submits + (s),					\
		  raw_counter(self->r.c.fd, "submits"));		\
	EXPECT_EQ(self->notified + (n),					\
		  raw_counter(self->r.c.fd, "notified"));		\
	EXPECT_EQ(self->acked + (a), raw_counter(self->r.c.fd, "acked")); \
} while (0)

/* All of it is done in the short way, what is wrong too; it is one SUBMIT. */
TEST_F(brief, all)
{
	struct xenbatch_op *ops = self->r.c.ops;
	struct ring *r = &self->r;
	uint32_t port;

	put_ack(r, 0, self->p.to);
	put_notify(r, 1, self->p.from);
	put_ack(r, 2, 99999);
	put_notify(r, 3, 99999);
	put_ack(r, 4, self->p.to);
	ops[4].evtchn.remote = 1;
	ASSERT_EQ(0, raw_submit_all(r->c.fd, 0, 5));
	EXPECT_EQ(0, ops[0].result);
	EXPECT_EQ(0, ops[1].result);
	EXPECT_EQ(-ENOTCONN, ops[2].result);
	EXPECT_EQ(-ENOTCONN, ops[3].result);
	EXPECT_EQ(-EINVAL, ops[4].result);
	EXPECT_COUNTED(1, 1, 3);
	ASSERT_LE(0, ring_wait(r, &port, 5000));
	EXPECT_EQ(self->p.to, port);
	EXPECT_EQ(-1, ring_take(r, &port));
}

/* Behind what is not for the short way everything goes on, in order. */
TEST_F(brief, and_more)
{
	struct xenbatch_op *ops = self->r.c.ops;
	struct ring *r = &self->r;
	uint32_t port;

	put_ack(r, 0, self->p.to);
	put_notify(r, 1, self->p.from);
	put(r, 2, XENBATCH_OP_NOP, 0);
	put_ack(r, 3, self->p.from);
	put_notify(r, 4, self->p.to);
	put(r, 5, XENBATCH_OP_EVTCHN_UNBIND, self->p.from);
	put_notify(r, 6, self->p.from);
	ASSERT_EQ(0, raw_submit_all(r->c.fd, 0, 7));
	EXPECT_EQ(0, ops[0].result);
	EXPECT_EQ(0, ops[1].result);
	EXPECT_EQ(0, ops[2].result);
	EXPECT_EQ(0, ops[3].result);
	EXPECT_EQ(0, ops[4].result);
	EXPECT_EQ(0, ops[5].result);
	EXPECT_EQ(-ENOTCONN, ops[6].result);
	EXPECT_COUNTED(1, 2, 2);
	EXPECT_LE(0, ring_wait(r, &port, 5000));
}

/* A flag that there is not, a state that it cannot run from, and a link. */
TEST_F(brief, is_not_for_these)
{
	struct xenbatch_op *ops = self->r.c.ops;
	struct ring *r = &self->r;
	unsigned int i;

	for (i = 0; i < 6; i++)
		put_ack(r, i, self->p.to);
	ops[1].flags = 0x8000;
	ops[2].state = XENBATCH_STATE_BUSY;
	ops[3].flags = XENBATCH_OPF_LINK;
	ops[3].evtchn.port = 99999;
	ASSERT_EQ(0, raw_submit_all(r->c.fd, 0, 6));
	EXPECT_EQ(0, ops[0].result);
	EXPECT_EQ(-EINVAL, ops[1].result);
	EXPECT_EQ(-EBUSY, ops[2].result);
	EXPECT_EQ(-ENOTCONN, ops[3].result);
	EXPECT_EQ(-ECANCELED, ops[4].result);
	EXPECT_EQ(0, ops[5].result);
	/* and alone */
	for (i = 1; i < 4; i++) {
		ops[i].state = i == 2 ? XENBATCH_STATE_BUSY :
					XENBATCH_STATE_IDLE;
		ASSERT_EQ(0, raw_submit_all(r->c.fd, i, 1));
	}
	EXPECT_EQ(-EINVAL, ops[1].result);
	EXPECT_EQ(-EBUSY, ops[2].result);
	EXPECT_EQ(-ENOTCONN, ops[3].result);
}

/* A context that gave up an opcode has not got it here. */
TEST_F(brief, keeps_to_restrictions)
{
	struct xenbatch_restrict only = {
		.flags = XENBATCH_RESTRICT_OPCODES,
		.opcodes = 1ULL << XENBATCH_OP_EVTCHN_ACK,
	};
	struct xenbatch_op *ops = self->r.c.ops;
	struct ring *r = &self->r;
	uint32_t port;

	ASSERT_EQ(0, ioctl(r->c.fd, XENBATCH_IOC_RESTRICT, &only));
	EXPECT_EQ(-EPERM, port_notify(r, self->p.from));
	EXPECT_EQ(0, port_ack(r, self->p.to));
	put_ack(r, 0, self->p.to);
	put_notify(r, 1, self->p.from);
	put_ack(r, 2, self->p.to);
	ASSERT_EQ(0, raw_submit_all(r->c.fd, 0, 3));
	EXPECT_EQ(0, ops[0].result);
	EXPECT_EQ(-EPERM, ops[1].result);
	EXPECT_EQ(0, ops[2].result);
	EXPECT_EQ(-1, ring_wait(r, &port, 200));
}

/* More neighbours than are sent at a time, and over pages: each comes once. */
TEST_F(brief, many)
{
	struct ring *r = &self->r;
	uint32_t i, n, port, times[4096] = { 0 };
	static struct pair p[MANY];

	for (i = 0; i < MANY; i++) {
		ASSERT_EQ(0, pair_bind(r, r, &p[i], 0));
		ASSERT_GT(4096, p[i].to);
	}
	for (n = 0; n < 3; n++) {
		for (i = 0; i < MANY; i++) {
			put_ack(r, i, p[i].to);
			put_notify(r, MANY + i, p[i].from);
		}
		ASSERT_EQ(0, raw_submit_all(r->c.fd, 0, 2 * MANY));
		for (i = 0; i < 2 * MANY; i++)
			ASSERT_EQ(0, r->c.ops[i].result);
		for (i = 0; i < MANY; i++) {
			ASSERT_LE(0, ring_wait(r, &port, 5000));
			ASSERT_GT(4096, port);
			times[port]++;
		}
	}
	EXPECT_EQ(-1, ring_take(r, &port));
	for (i = 0; i < MANY; i++)
		EXPECT_EQ(3, times[p[i].to]);
}

TEST_HARNESS_MAIN
