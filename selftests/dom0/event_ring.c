// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Promise: a bound port's event comes to the ring once; not again before it is
 * acknowledged; and whoever sleeps in poll, epoll or on an eventfd is woken.
 */
#include <pthread.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/wait.h>

#include "kselftest_harness.h"

#include "helper/raw.h"
#include "helper/window.h"
#include "helper/event.h"

/* In which nothing more comes that is going to. */
#define QUIET_MS	50

FIXTURE(ring)
{
	struct ring r;
	struct pair p;
};

FIXTURE_SETUP(ring)
{
	SKIP_WITHOUT_EVENTS();
	ASSERT_EQ(0, ring_open(&self->r, 128));
	ASSERT_EQ(0, pair_bind(&self->r, &self->r, &self->p, 0));
}

FIXTURE_TEARDOWN(ring)
{
	ring_close(&self->r);
}

TEST_F(ring, there_and_back)
{
	struct ring *r = &self->r;
	uint32_t port = 0, i;
	int slot;

	for (i = 0; i < 1000; i++) {
		ASSERT_EQ(0, port_notify(r, self->p.from));
		slot = ring_wait(r, &port, 5000);
		ASSERT_LE(0, slot);
		ASSERT_EQ(self->p.to, port);
		ASSERT_EQ(port, r->slots[slot].port);
		/* the first was that of binding */
		ASSERT_EQ(i + 2, r->slots[slot].count);
		ASSERT_EQ(-1, ring_take(r, &port));
		ASSERT_EQ(0, port_ack(r, self->p.to));
		ASSERT_EQ(0, port_notify(r, self->p.to));
		ASSERT_LE(0, ring_wait(r, &port, 5000));
		ASSERT_EQ(self->p.from, port);
		ASSERT_EQ(0, port_ack(r, self->p.from));
	}
	EXPECT_EQ(0, r->shared->coalesced);
	EXPECT_EQ(-1, ring_wait(r, &port, QUIET_MS));
}

/* Interrupts so far of the ports that the module has. */
static uint64_t interrupts(void)
{
	FILE *f = fopen("/proc/interrupts", "r");
	uint64_t sum = 0;
	char line[512];
	char *at, *end;

	while (f && fgets(line, sizeof(line), f)) {
		if (!strstr(line, "xenbatch:"))
			continue;
		at = strchr(line, ':') + 1;
		/* a number for each CPU, and then the chip's name */
		for (;; at = end) {
			uint64_t n = strtoull(at, &end, 10);

			if (end == at)
				break;
			sum += n;
		}
	}
	if (f)
		fclose(f);
	return sum;
}

/*
 * Back-pressure: it fires again when it was acknowledged, and only then. The
 * kernel takes one more interrupt, and the port is masked.
 */
TEST_F(ring, waits_for_ack)
{
	struct ring *r = &self->r;
	uint64_t before;
	uint32_t port, i;
	int slot;

	ASSERT_EQ(0, port_notify(r, self->p.from));
	slot = ring_wait(r, &port, 5000);
	ASSERT_LE(0, slot);
	before = interrupts();
	EXPECT_LT(0, before);
	for (i = 0; i < 100; i++)
		ASSERT_EQ(0, port_notify(r, self->p.from));
	EXPECT_EQ(-1, ring_wait(r, &port, QUIET_MS));
	EXPECT_EQ(2, r->slots[slot].count);
	EXPECT_EQ(before + 1, interrupts());
	/* a hundred are two: that one, and what Xen held back */
	for (i = 3; i < 5; i++) {
		EXPECT_EQ(0, port_ack(r, self->p.to));
		EXPECT_EQ(slot, ring_wait(r, &port, 5000));
		EXPECT_EQ(-1, ring_wait(r, &port, QUIET_MS));
		EXPECT_EQ(i, r->slots[slot].count);
	}
	EXPECT_EQ(before + 2, interrupts());
	EXPECT_EQ(0, port_ack(r, self->p.to));
	/* to acknowledge more than there was does nothing */
	EXPECT_EQ(0, port_ack(r, self->p.to));
	EXPECT_EQ(-1, ring_wait(r, &port, QUIET_MS));
	EXPECT_EQ(0, r->shared->coalesced);
}

/* Acknowledged by the kernel it fires as it likes, and has one entry still. */
TEST_F(ring, coalesces)
{
	struct ring *r = &self->r;
	uint32_t port, before, entries, i;
	struct pair p;
	int slot;

	ASSERT_EQ(0, pair_bind(r, r, &p, XENBATCH_OPF_KERNEL_ACK));
	ASSERT_EQ(0, port_notify(r, p.from));
	slot = ring_wait(r, &port, 5000);
	ASSERT_LE(0, slot);
	ASSERT_EQ(p.to, port);
	before = r->slots[slot].count;
	for (i = 0; i < 1000; i++)
		ASSERT_EQ(0, port_notify(r, p.from));
	/* Xen may join some itself; what came is in the ring or counted */
	EXPECT_EQ(slot, ring_wait(r, &port, 5000));
	for (entries = 1; ring_wait(r, &port, QUIET_MS) >= 0; entries++)
		EXPECT_EQ(p.to, port);
	EXPECT_EQ(r->slots[slot].count - before,
		  r->shared->coalesced + entries);
	EXPECT_GT(10, entries);
	EXPECT_EQ(0, port_ack(r, p.to));
}

TEST_F(ring, polls)
{
	struct ring *r = &self->r;
	struct epoll_event e = { .events = EPOLLIN };
	struct pollfd p = { .fd = r->c.fd, .events = POLLIN };
	int ep = epoll_create1(EPOLL_CLOEXEC);
	uint32_t port;

	ASSERT_LE(0, ep);
	ASSERT_EQ(0, epoll_ctl(ep, EPOLL_CTL_ADD, r->c.fd, &e));
	EXPECT_EQ(0, poll(&p, 1, 0));
	EXPECT_EQ(0, epoll_wait(ep, &e, 1, 0));
	ASSERT_EQ(0, port_notify(r, self->p.from));
	EXPECT_EQ(1, poll(&p, 1, 5000));
	EXPECT_EQ(POLLIN, p.revents);
	EXPECT_EQ(1, epoll_wait(ep, &e, 1, 1000));
	EXPECT_EQ(EPOLLIN, e.events);
	ASSERT_LE(0, ring_take(r, &port));
	EXPECT_EQ(0, poll(&p, 1, 0));
	EXPECT_EQ(0, epoll_wait(ep, &e, 1, 0));
	close(ep);
}

static void *sender(void *arg)
{
	FIXTURE_DATA(ring) *self = arg;
	/* not the operation that the other thread may be using */
	struct xenbatch_op *op = &self->r.c.ops[100];

	usleep(100000);
	memset(op, 0, sizeof(*op));
	op->opcode = XENBATCH_OP_EVTCHN_NOTIFY;
	op->evtchn.port = self->p.from;
	return raw_submit(self->r.c.fd, 100, 1) == 1 && !op->result ? NULL : op;
}

TEST_F(ring, wakes)
{
	struct pollfd p = { .fd = self->r.c.fd, .events = POLLIN };
	pthread_t thread;
	uint32_t port;
	void *failed;

	ASSERT_EQ(0, pthread_create(&thread, NULL, sender, self));
	EXPECT_EQ(1, poll(&p, 1, 5000));
	EXPECT_LE(0, ring_take(&self->r, &port));
	EXPECT_EQ(self->p.to, port);
	ASSERT_EQ(0, pthread_join(thread, &failed));
	EXPECT_EQ(NULL, failed);
}

static int set_eventfd(struct ring *r, int fd)
{
	struct xenbatch_eventfd e = { .fd = fd };

	return ioctl(r->c.fd, XENBATCH_IOC_EVENTFD, &e);
}

TEST_F(ring, eventfd)
{
	int fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	struct xenbatch_eventfd e = { .fd = fd };
	struct ring *r = &self->r;
	struct pollfd p = { .fd = fd, .events = POLLIN };
	uint64_t n;

	ASSERT_LE(0, fd);
	ASSERT_EQ(0, set_eventfd(r, fd));
	EXPECT_EQ(-1, read(fd, &n, sizeof(n)));
	ASSERT_EQ(0, port_notify(r, self->p.from));
	ASSERT_EQ(1, poll(&p, 1, 5000));
	ASSERT_EQ(sizeof(n), read(fd, &n, sizeof(n)));
	EXPECT_EQ(1, n);
	/* what is there when it is set is told too */
	ASSERT_EQ(0, set_eventfd(r, -1));
	ASSERT_EQ(0, set_eventfd(r, fd));
	ASSERT_EQ(sizeof(n), read(fd, &n, sizeof(n)));
	ASSERT_EQ(1, ring_drain(r, 0));
	ASSERT_EQ(0, set_eventfd(r, -1));
	ASSERT_EQ(0, port_notify(r, self->p.from));
	ASSERT_EQ(1, ring_drain(r, 1000));
	EXPECT_EQ(-1, read(fd, &n, sizeof(n)));

	EXPECT_EQ(-1, set_eventfd(r, -2));
	EXPECT_EQ(EINVAL, errno);
	EXPECT_EQ(-1, set_eventfd(r, 999));
	EXPECT_EQ(EBADF, errno);
	EXPECT_EQ(-1, set_eventfd(r, r->c.fd));
	EXPECT_EQ(EINVAL, errno);
	e.flags = 1;
	EXPECT_EQ(-1, ioctl(r->c.fd, XENBATCH_IOC_EVENTFD, &e));
	EXPECT_EQ(EINVAL, errno);
	/* it may be closed before the context is */
	ASSERT_EQ(0, set_eventfd(r, fd));
	close(fd);
	ASSERT_EQ(0, port_notify(r, self->p.from));
	EXPECT_EQ(1, ring_drain(r, 1000));
}

/* A batch of both: neighbours are one multicall, a bad one stops nobody. */
TEST_F(ring, batch)
{
	struct ring *r = &self->r;
	struct xenbatch_op *ops = r->c.ops;
	struct pair p[32];
	uint64_t before;
	uint32_t i, port;

	for (i = 0; i < 32; i++)
		ASSERT_EQ(0, pair_bind(r, r, &p[i], 0));
	before = raw_counter(r->c.fd, "notified");
	memset(ops, 0, 70 * sizeof(*ops));
	for (i = 0; i < 33; i++) {
		ops[i].opcode = XENBATCH_OP_EVTCHN_NOTIFY;
		ops[i].evtchn.port = i == 16 ? 99999 : p[i - (i > 16)].from;
	}
	ASSERT_EQ(0, raw_submit_all(r->c.fd, 0, 33));
	for (i = 0; i < 33; i++)
		EXPECT_EQ(i == 16 ? -ENOTCONN : 0, ops[i].result);
	EXPECT_EQ(before + 32, raw_counter(r->c.fd, "notified"));
	for (i = 0; i < 32; i++) {
		ASSERT_LE(0, ring_wait(r, &port, 5000));
		memset(&ops[i], 0, sizeof(*ops));
		ops[i].opcode = XENBATCH_OP_EVTCHN_ACK;
		ops[i].evtchn.port = port;
	}
	EXPECT_EQ(-1, ring_take(r, &port));
	/* acknowledge and send anew: what a server's loop does */
	for (i = 0; i < 32; i++) {
		memset(&ops[32 + i], 0, sizeof(*ops));
		ops[32 + i].opcode = XENBATCH_OP_EVTCHN_NOTIFY;
		ops[32 + i].evtchn.port = p[i].from;
	}
	ASSERT_EQ(0, raw_submit_all(r->c.fd, 0, 64));
	for (i = 0; i < 64; i++)
		EXPECT_EQ(0, ops[i].result);
	for (i = 0; i < 32; i++) {
		ASSERT_LE(0, ring_wait(r, &port, 5000));
		ASSERT_EQ(0, port_ack(r, port));
	}
	EXPECT_EQ(-1, ring_wait(r, &port, QUIET_MS));
	/* linked: the rest is not sent */
	memset(ops, 0, 3 * sizeof(*ops));
	for (i = 0; i < 3; i++) {
		ops[i].opcode = XENBATCH_OP_EVTCHN_NOTIFY;
		ops[i].flags = XENBATCH_OPF_LINK;
		ops[i].evtchn.port = i ? p[i].from : 99999;
	}
	ASSERT_EQ(0, raw_submit_all(r->c.fd, 0, 3));
	EXPECT_EQ(-ENOTCONN, ops[0].result);
	EXPECT_EQ(-ECANCELED, ops[1].result);
	EXPECT_EQ(-ECANCELED, ops[2].result);
	EXPECT_EQ(0, ring_drain(r, QUIET_MS));
}

/* An entry that a closed port left, and slots that come back. */
TEST_F(ring, stale)
{
	struct ring *r = &self->r;
	struct pollfd there = { .fd = r->c.fd, .events = POLLIN };
	uint32_t port, i, first;
	struct pair p;
	int slot;

	ASSERT_EQ(0, pair_bind(r, r, &p, 0));
	ASSERT_EQ(0, port_notify(r, p.from));
	/* there, before the port goes */
	ASSERT_EQ(1, poll(&there, 1, 5000));
	ASSERT_EQ(0, port_unbind(r, p.to));
	ASSERT_EQ(0, port_unbind(r, p.from));
	EXPECT_EQ(-ENOTCONN, port_unbind(r, p.from));
	EXPECT_EQ(-ENOTCONN, port_notify(r, p.from));
	EXPECT_EQ(-ENOTCONN, port_ack(r, p.to));
	slot = ring_wait(r, &port, 5000);
	ASSERT_LE(0, slot);
	EXPECT_EQ(p.to, port);
	EXPECT_EQ(0, r->slots[slot].port);
	/* all slots are had, and again when they are given back */
	first = self->p.to;
	for (i = 2; i < r->shared->nr; i++)
		ASSERT_LT(0, port_bind(r, XENBATCH_EVTCHN_UNBOUND, 0, 0, 0));
	EXPECT_EQ(-ENOSPC, port_bind(r, XENBATCH_EVTCHN_UNBOUND, 0, 0, 0));
	ASSERT_EQ(0, port_unbind(r, first));
	EXPECT_LT(0, port_bind(r, XENBATCH_EVTCHN_UNBOUND, 0, 0, 0));
	EXPECT_EQ(-ENOSPC, port_bind(r, XENBATCH_EVTCHN_UNBOUND, 0, 0, 0));
}

/* A user that breaks the ring's rules harms itself: events, not the kernel. */
TEST_F(ring, spoiled)
{
	struct ring *r = &self->r;
	uint32_t i, port;

	memset(r->shared, 0xff, r->size);
	for (i = 0; i < 100; i++) {
		EXPECT_EQ(0, port_notify(r, self->p.from));
		EXPECT_EQ(0, port_ack(r, self->p.to));
	}
	memset(r->shared, 0, r->size);
	for (i = 0; i < 1000; i++) {
		/* never taken, always cleared */
		memset(r->shared, 0, r->size);
		EXPECT_EQ(0, port_notify(r, self->p.from));
		EXPECT_EQ(0, port_ack(r, self->p.to));
	}
	port = self->p.to;
	EXPECT_EQ(0, port_unbind(r, port));
}

TEST_HARNESS_MAIN
