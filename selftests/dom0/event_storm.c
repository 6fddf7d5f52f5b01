// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Promise: no event is lost and none comes twice, however many there are,
 * whoever sends them and wherever their interrupts go; and whatever way a
 * reader ends, its ports are closed.
 */
#include <pthread.h>
#include <sched.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "kselftest_harness.h"

#include "helper/raw.h"
#include "helper/window.h"
#include "helper/event.h"

#define PORTS		32U
#define MILLION		1000000U

FIXTURE(storm)
{
	struct ring r;			/* reads */
	struct ring s;			/* sends, or is the same */
	struct pair p[PORTS];
};

FIXTURE_SETUP(storm)
{
	SKIP_WITHOUT_EVENTS();
	ASSERT_EQ(0, ring_open(&self->r, 128));
	ASSERT_EQ(0, ring_open(&self->s, 128));
}

FIXTURE_TEARDOWN(storm)
{
	ring_close(&self->s);
	ring_close(&self->r);
}

static int pairs_bind(FIXTURE_DATA(storm) *self, uint16_t flags)
{
	uint32_t i;

	for (i = 0; i < PORTS; i++)
		if (pair_bind(&self->s, &self->r, &self->p[i], flags))
			return -1;
	return 0;
}

static void fill(struct xenbatch_op *op, uint16_t opcode, uint32_t port)
{
	memset(op, 0, sizeof(*op));
	op->opcode = opcode;
	op->evtchn.port = port;
}

/*
 * Ten million, by one who waits for all 32 before sending the next: each port
 * must come exactly once a round.
 */
TEST_F_TIMEOUT(storm, ten_million, 900)
{
	uint32_t round, i, port, seen, bit_of[4096];
	struct ring *r = &self->s;
	struct pair p[PORTS];
	int slot;

	for (i = 0; i < PORTS; i++) {
		ASSERT_EQ(0, pair_bind(r, r, &p[i], 0));
		ASSERT_GT(4096, p[i].to);
		bit_of[p[i].to] = 1U << i;
		fill(&r->c.ops[i], XENBATCH_OP_EVTCHN_ACK, p[i].to);
		fill(&r->c.ops[PORTS + i], XENBATCH_OP_EVTCHN_NOTIFY,
		     p[i].from);
	}
	for (round = 0; round < 10 * MILLION / PORTS; round++) {
		ASSERT_EQ(0, raw_submit_all(r->c.fd, 0, 2 * PORTS));
		for (seen = 0, i = 0; i < PORTS; i++) {
			slot = ring_take(r, &port);
			if (slot < 0)
				slot = ring_wait(r, &port, 5000);
			ASSERT_LE(0, slot);
			ASSERT_EQ(0, seen & bit_of[port]);
			seen |= bit_of[port];
		}
		ASSERT_EQ(~0U, seen);
	}
	EXPECT_EQ(-1, ring_wait(r, &port, 50));
	EXPECT_EQ(0, r->shared->coalesced);
	for (i = 0; i < PORTS; i++) {
		ASSERT_EQ(0, r->c.ops[i].result);
		ASSERT_EQ(0, r->c.ops[PORTS + i].result);
	}
	/* one of them that of binding */
	for (i = 0, seen = 0; i < r->shared->nr; i++)
		if (r->slots[i].port && r->slots[i].count > 1) {
			ASSERT_EQ(round + 1, r->slots[i].count);
			seen++;
		}
	EXPECT_EQ(PORTS, seen);
}

/* What a sender has done before it sends, of each port. */
static uint32_t sequence[PORTS];

struct sender {
	FIXTURE_DATA(storm) *self;
	uint32_t first;			/* of its operations and ports */
	uint32_t nr;
	uint32_t rounds;
	bool failed;
};

static void *send_all(void *arg)
{
	struct sender *s = arg;
	struct ring *r = &s->self->s;
	uint32_t i, round;

	for (i = s->first; i < s->first + s->nr; i++)
		fill(&r->c.ops[i], XENBATCH_OP_EVTCHN_NOTIFY,
		     s->self->p[i].from);
	for (round = 1; round <= s->rounds; round++) {
		for (i = s->first; i < s->first + s->nr; i++)
			__atomic_store_n(&sequence[i], round, __ATOMIC_RELEASE);
		if (raw_submit_all(r->c.fd, s->first, s->nr))
			s->failed = true;
	}
	return NULL;
}

FIXTURE_VARIANT(storm)
{
	uint16_t flags;
	bool migrate;
};

FIXTURE_VARIANT_ADD(storm, acknowledged)
{
	.flags = 0,
};

FIXTURE_VARIANT_ADD(storm, by_kernel)
{
	.flags = XENBATCH_OPF_KERNEL_ACK,
};

FIXTURE_VARIANT_ADD(storm, migrating)
{
	.flags = 0,
	.migrate = true,
};

FIXTURE_VARIANT_ADD(storm, migrating_by_kernel)
{
	.flags = XENBATCH_OPF_KERNEL_ACK,
	.migrate = true,
};

TEST_HARNESS_MAIN
