// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Promise: ports are bound as asked, or refused with the reason; they move
 * between CPUs; and the end of the other side is seen.
 */
#include <pthread.h>
#include <stdbool.h>
#include <sys/wait.h>

#include "kselftest_harness.h"

#include "helper/raw.h"
#include "helper/window.h"
#include "helper/event.h"
#include "helper/target.h"

FIXTURE(bind)
{
	struct ring r;
};

FIXTURE_SETUP(bind)
{
	SKIP_WITHOUT_EVENTS();
	ASSERT_EQ(0, ring_open(&self->r, 256));
}

FIXTURE_TEARDOWN(bind)
{
	ring_close(&self->r);
}

TEST_F(bind, refused)
{
	struct ring *r = &self->r, bare;
	int64_t port, other;

	/* who, and what */
	EXPECT_EQ(-ESRCH,
		  port_bind(r, XENBATCH_EVTCHN_INTERDOMAIN, 0x7000, 1, 0));
	EXPECT_EQ(-EINVAL,
		  port_bind(r, XENBATCH_EVTCHN_INTERDOMAIN, 0, 4000, 0));
	EXPECT_EQ(-EINVAL, port_bind(r, XENBATCH_EVTCHN_VIRQ, 0, 1000, 0));
	EXPECT_EQ(-EINVAL, port_bind(r, XENBATCH_EVTCHN_VIRQ, 1, 3, 0));
	EXPECT_EQ(-EINVAL, port_bind(r, XENBATCH_EVTCHN_UNBOUND, 0, 3, 0));
	EXPECT_EQ(-EOPNOTSUPP, port_bind(r, XENBATCH_EVTCHN_STATIC, 0, 3, 0));
	EXPECT_EQ(-EINVAL, port_bind(r, 4, 0, 3, 0));
	EXPECT_EQ(-EINVAL, port_bind(r, XENBATCH_EVTCHN_UNBOUND, 0, 0,
				     XENBATCH_OPF_READONLY));
	EXPECT_EQ(-EINVAL, RUN(&r->c, .opcode = XENBATCH_OP_EVTCHN_BIND,
			       .evtchn = { .port = 1 }));
	EXPECT_EQ(-EINVAL, RUN(&r->c, .opcode = XENBATCH_OP_EVTCHN_BIND,
			       .evtchn = { .reserved = { 0, 0, 1 } }));
	EXPECT_EQ(-EINVAL, RUN(&r->c, .opcode = XENBATCH_OP_EVTCHN_NOTIFY,
			       .domid = 1, .evtchn = { .port = 1 }));
	EXPECT_EQ(-EINVAL, RUN(&r->c, .opcode = XENBATCH_OP_EVTCHN_ACK,
			       .evtchn = { .port = 1, .remote = 1 }));

	/* bound already: a port, a VIRQ */
	port = port_bind(r, XENBATCH_EVTCHN_UNBOUND, 0, 0, 0);
	ASSERT_LT(0, port);
	other = port_bind(r, XENBATCH_EVTCHN_INTERDOMAIN, 0, (uint32_t)port, 0);
	ASSERT_LT(0, other);
	EXPECT_EQ(-EBUSY, port_bind(r, XENBATCH_EVTCHN_INTERDOMAIN, 0,
				    (uint32_t)port, 0));
	port = port_bind(r, XENBATCH_EVTCHN_VIRQ, 0, VIRQ_DEBUGGER, 0);
	ASSERT_LT(0, port);
	EXPECT_EQ(-EEXIST,
		  port_bind(r, XENBATCH_EVTCHN_VIRQ, 0, VIRQ_DEBUGGER, 0));
	EXPECT_EQ(0, port_unbind(r, (uint32_t)port));
	port = port_bind(r, XENBATCH_EVTCHN_VIRQ, 0, VIRQ_DEBUGGER, 0);
	EXPECT_LT(0, port);

	/* ports of others are none of ours */
	EXPECT_EQ(-ENOTCONN, port_notify(r, 1));
	EXPECT_EQ(-ENOTCONN, port_unbind(r, 1));
	EXPECT_EQ(-ENOTCONN, port_ack(r, 0xffffffff));
	EXPECT_EQ(-ENOTCONN, port_notify(r, 0));

	/* and nothing goes without a ring, of which there is one */
	ASSERT_EQ(-1, ring_map(&self->r, 128));
	EXPECT_EQ(EBUSY, errno);
	ASSERT_EQ(0, ctx_open(&bare.c));
	EXPECT_EQ(-ENXIO, port_bind(&bare, XENBATCH_EVTCHN_UNBOUND, 0, 0, 0));
	EXPECT_EQ(-ENXIO, port_notify(&bare, 1));
	EXPECT_EQ(-ENXIO, port_ack(&bare, 1));
	EXPECT_EQ(-ENXIO, port_unbind(&bare, 1));
	EXPECT_EQ(-1, ring_map(&bare, 2 * bare.c.info.ports_max));
	EXPECT_EQ(EINVAL, errno);
	EXPECT_EQ(0, ring_map(&bare, bare.c.info.ports_max));
	EXPECT_EQ(bare.c.info.ports_max, bare.shared->nr);
	ring_close(&bare);
}

/* As many ends as there may be: Xen's table is as before. */
TEST_F_TIMEOUT(bind, ten_thousand, 500)
{
	int before = ports_in_use(&self->r), i;
	struct ring *r = &self->r;
	struct pair p;

	ASSERT_LT(0, before);
	for (i = 0; i < 10000; i++) {
		ASSERT_EQ(0, pair_bind(r, r, &p, i % 3 ? 0 :
				       XENBATCH_OPF_KERNEL_ACK));
		if (i == 5000) {
			EXPECT_EQ(before + 2, ports_in_use(r));
		}
		/* with something pending, or not; either end first */
		if (i % 2)
			ASSERT_EQ(0, port_notify(r, p.from));
		ASSERT_EQ(0, port_unbind(r, i % 4 < 2 ? p.from : p.to));
		ASSERT_EQ(0, port_unbind(r, i % 4 < 2 ? p.to : p.from));
		ring_drain(r, 0);
	}
	EXPECT_EQ(before, ports_in_use(r));
}

TEST_F(bind, affinity)
{
	struct ring *r = &self->r;
	unsigned int cpus = (unsigned int)sysconf(_SC_NPROCESSORS_ONLN), cpu;
	struct pair p;
	uint32_t port, i;

	ASSERT_EQ(0, pair_bind(r, r, &p, 0));
	for (i = 0; i < 200; i++) {
		cpu = i % cpus;
		/* also while it has fired and is not acknowledged */
		ASSERT_EQ(0, port_notify(r, p.from));
		ASSERT_EQ(0, RUN(&r->c, .opcode = XENBATCH_OP_EVTCHN_AFFINITY,
				 .evtchn = { .port = p.to, .cpu = cpu }));
		ASSERT_LE(0, ring_wait(r, &port, 1000));
		ASSERT_EQ(p.to, port);
		ASSERT_EQ(-1, ring_take(r, &port));
		ASSERT_EQ(0, port_ack(r, p.to));
	}
	EXPECT_EQ(-EINVAL, RUN(&r->c, .opcode = XENBATCH_OP_EVTCHN_AFFINITY,
			       .evtchn = { .port = p.to, .cpu = 1000 }));
	EXPECT_EQ(-ENOTCONN, RUN(&r->c, .opcode = XENBATCH_OP_EVTCHN_AFFINITY,
				 .evtchn = { .port = 1 }));
}

/* Restricted: events of its domain, and what was bound before. */
TEST_F(bind, restricted)
{
	struct xenbatch_restrict restrict0 = {
		.flags = XENBATCH_RESTRICT_DOMID, .domid = 0,
	};
	struct ring *r = &self->r, other;
	struct pair p;
	int64_t port;
	uint32_t which;

	ASSERT_EQ(0, ring_open(&other, 128));
	port = port_bind(&other, XENBATCH_EVTCHN_UNBOUND, 0, 0, 0);
	ASSERT_LT(0, port);
	ASSERT_EQ(0, pair_bind(r, r, &p, 0));
	ASSERT_EQ(0, ioctl(r->c.fd, XENBATCH_IOC_RESTRICT, &restrict0));
	EXPECT_EQ(-EPERM, port_bind(r, XENBATCH_EVTCHN_UNBOUND, 0, 0, 0));
	EXPECT_EQ(-EPERM, port_bind(r, XENBATCH_EVTCHN_VIRQ, 0, 3, 0));
	EXPECT_EQ(-EPERM, port_bind(r, XENBATCH_EVTCHN_INTERDOMAIN, 1, 1, 0));
	EXPECT_LT(0, port_bind(r, XENBATCH_EVTCHN_INTERDOMAIN, 0,
			       (uint32_t)port, 0));
	EXPECT_EQ(0, port_notify(r, p.from));
	EXPECT_LE(0, ring_wait(r, &which, 1000));
	EXPECT_EQ(0, port_ack(r, which));
	EXPECT_EQ(0, port_unbind(r, p.to));
	ring_close(&other);
}

static bool flip_stop;

/* The operation is in memory that its owner can write at any time. */
static void *flip(void *arg)
{
	volatile uint32_t *type = arg;

	while (!__atomic_load_n(&flip_stop, __ATOMIC_RELAXED)) {
		*type = XENBATCH_EVTCHN_INTERDOMAIN;
		*type = XENBATCH_EVTCHN_UNBOUND;
	}
	return NULL;
}

/* What is checked is what is done, whatever changes in between. */
TEST_F(bind, restricted_race)
{
	struct xenbatch_restrict restrict0 = {
		.flags = XENBATCH_RESTRICT_DOMID, .domid = 0,
	};
	struct xenbatch_op *op = &self->r.c.ops[OPS_PER_PAGE];
	int64_t denied = 0, invalid = 0;
	pthread_t thread;
	int i;

	ASSERT_EQ(0, ioctl(self->r.c.fd, XENBATCH_IOC_RESTRICT, &restrict0));
	memset(op, 0, sizeof(*op));
	op->opcode = XENBATCH_OP_EVTCHN_BIND;
	flip_stop = false;
	ASSERT_EQ(0, pthread_create(&thread, NULL, flip, &op->evtchn.type));
	for (i = 0; i < 20000; i++) {
		ASSERT_EQ(1, raw_submit(self->r.c.fd, OPS_PER_PAGE, 1));
		/* port 0 is nobody's */
		denied += op->result == -EPERM;
		invalid += op->result == -EINVAL;
	}
	__atomic_store_n(&flip_stop, true, __ATOMIC_RELAXED);
	ASSERT_EQ(0, pthread_join(thread, NULL));
	EXPECT_EQ(20000, denied + invalid);
}

/* The other end goes: an event, a mark, and an error where one sends. */
TEST_F_TIMEOUT(bind, peer_closes, 60)
{
	struct ring *r = &self->r, other;
	uint32_t port;
	struct pair p;
	int slot;

	ASSERT_EQ(0, ring_open(&other, 128));
	ASSERT_EQ(0, pair_bind(r, &other, &p, 0));
	/* seen by what it sent, whenever it goes */
	EXPECT_EQ(0, port_notify(&other, p.to));
	EXPECT_EQ(1, ring_drain(r, 1000));
	ring_close(&other);
	slot = ring_wait(r, &port, 10000);
	ASSERT_LE(0, slot);
	EXPECT_EQ(p.from, port);
	EXPECT_EQ(XENBATCH_EVENT_PEER_GONE, r->slots[slot].flags);
	EXPECT_EQ(-EPIPE, port_notify(r, p.from));
	/* told once */
	EXPECT_EQ(-1, ring_wait(r, &port, 2500));
	/* and there is another one */
	ASSERT_EQ(0, ring_open(&other, 128));
	ASSERT_LT(0, port_bind(&other, XENBATCH_EVTCHN_INTERDOMAIN, 0, p.from,
			       0));
	sleep(5);
	EXPECT_EQ(0, r->slots[slot].flags);
	EXPECT_EQ(0, port_notify(r, p.from));
	EXPECT_EQ(0, port_unbind(r, p.from));
	ring_close(&other);
}

/* The same where the domain goes, which had never bound it. */
TEST_F_TIMEOUT(bind, domain_dies, 60)
{
	struct ring *r = &self->r;
	struct target t = { .nr = 0 };
	uint32_t port;
	int64_t bound;
	int slot;

	ASSERT_EQ(0, target_start(&t, TARGET_RUN));
	bound = port_bind(r, XENBATCH_EVTCHN_UNBOUND, (uint16_t)t.domid, 0, 0);
	ASSERT_LT(0, bound);
	EXPECT_EQ(0, port_notify(r, (uint32_t)bound));
	EXPECT_EQ(-1, ring_wait(r, &port, 2500));
	ASSERT_EQ(0, target_end(&t));
	slot = ring_wait(r, &port, 10000);
	ASSERT_LE(0, slot);
	EXPECT_EQ(bound, port);
	EXPECT_EQ(XENBATCH_EVENT_PEER_GONE, r->slots[slot].flags);
	EXPECT_EQ(-EPIPE, port_notify(r, (uint32_t)bound));
}

TEST_HARNESS_MAIN
