// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Promise: events of the native API on a real Xen, whatever the backend: each
 * that is sent is seen once, by one thread; none before the last of its port
 * was acknowledged; and ports are closed by whom they belong to, and no other.
 */
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/wait.h>

#include "kselftest_harness.h"

#include "../../lib/core/xenbatch.h"
#include "helper/raw.h"

#define N	64
#define SOON	2000	/* ms in which an event must come */
#define NEVER	100	/* and in which one would */

/* Two ends of a channel, both of them in this process. */
struct pair {
	int near, far;
};

FIXTURE(event)
{
	xenbatch *xb;
	bool ring;		/* the module's, or the stock driver */
	struct pair p;
};

/* Whatever comes within ms, acknowledged; how many. */
static int drain(xenbatch *xb, int ms)
{
	struct xenbatch_event e[N];
	int n, i, sum = 0;

	while ((n = xenbatch_evtchn_wait(xb, e, N, ms)) > 0) {
		for (i = 0; i < n; i++)
			if (xenbatch_evtchn_ack(xb, e[i].port))
				return -1;
		sum += n;
	}
	return n < 0 ? n : sum;
}

/* The next event's port, or -1. */
static int next(xenbatch *xb, int ms)
{
	struct xenbatch_event e = { 0 };
	int n = xenbatch_evtchn_wait(xb, &e, 1, ms);

	if (n != 1 || e.flags)
		return -1;
	return e.port;
}

/* far is the end that notifies, near the one that hears. */
static bool pair_open(xenbatch *xb, struct pair *p, unsigned int flags)
{
	p->far = xenbatch_evtchn_bind_unbound(xb, 0, 0);
	if (p->far < 0)
		return false;
	p->near = xenbatch_evtchn_bind_interdomain(xb, 0, p->far, flags);
	return p->near > 0;
}

FIXTURE_SETUP(event)
{
	struct xenbatch_event e;
	xenbatch *xb = xenbatch_open(0);

	if (!xb && errno == ENOENT)
		SKIP_TEST("no Xen here");
	ASSERT_NE(NULL, xb);
	self->xb = xb;
	EXPECT_EQ(-1, xenbatch_evtchn_take(xb, &e, 1));
	EXPECT_EQ(EINVAL, errno);
	self->ring = xenbatch_backend(xb, NULL) == XENBATCH_BACKEND_MODULE;
	ASSERT_TRUE(pair_open(xb, &self->p, 0))
		TH_LOG("bind: %s", strerror(errno));
	/* Binding makes the new port fire. */
	EXPECT_EQ(self->p.near, next(xb, SOON));
	EXPECT_EQ(0, xenbatch_evtchn_ack(xb, self->p.near));
	EXPECT_EQ(0, drain(xb, 0));
}

FIXTURE_TEARDOWN(event)
{
	if (self->xb)
		EXPECT_EQ(0, xenbatch_close(self->xb));
}

TEST_F(event, notify_wait_ack)
{
	struct xenbatch_event e[4] = { 0 };
	int i, n, ms;

	for (i = 0; i < 1000; i++) {
		ASSERT_EQ(0, xenbatch_evtchn_notify(self->xb, self->p.far));
		if (i % 2) {
			ASSERT_EQ(1, xenbatch_evtchn_wait(self->xb, e, 4,
							  SOON));
		} else {
			for (ms = n = 0; !n && ms < SOON; ms++) {
				n = xenbatch_evtchn_take(self->xb, e, 4);
				if (!n)
					usleep(1000);
			}
			ASSERT_EQ(1, n);
		}
		ASSERT_EQ(self->p.near, (int)e[0].port);
		ASSERT_EQ(0, e[0].flags);
		ASSERT_EQ(0, xenbatch_evtchn_take(self->xb, e, 4));
		ASSERT_EQ(0, xenbatch_evtchn_ack(self->xb, self->p.near));
	}
	/* and the other way */
	ASSERT_EQ(0, xenbatch_evtchn_notify(self->xb, self->p.near));
	EXPECT_EQ(self->p.far, next(self->xb, SOON));
	EXPECT_EQ(0, xenbatch_evtchn_wait(self->xb, e, 4, NEVER));
}

TEST_F(event, not_before_it_is_acknowledged)
{
	int i, n = 0;

	ASSERT_EQ(0, xenbatch_evtchn_notify(self->xb, self->p.far));
	ASSERT_EQ(self->p.near, next(self->xb, SOON));
	for (i = 0; i < 10; i++)
		ASSERT_EQ(0, xenbatch_evtchn_notify(self->xb, self->p.far));
	EXPECT_EQ(-1, next(self->xb, NEVER));
	/* Ten are one or two, one at a time, and not lost. */
	ASSERT_EQ(0, xenbatch_evtchn_ack(self->xb, self->p.near));
	for (; next(self->xb, n ? NEVER : SOON) == self->p.near; n++) {
		EXPECT_EQ(-1, next(self->xb, NEVER));
		ASSERT_EQ(0, xenbatch_evtchn_ack(self->xb, self->p.near));
	}
	EXPECT_LE(1, n);
	EXPECT_GE(2, n);
	ASSERT_EQ(0, xenbatch_evtchn_ack(self->xb, self->p.near));
	EXPECT_EQ(-1, next(self->xb, NEVER));
}

TEST_F(event, kernel_acknowledges)
{
	struct pair p;
	int i;

	ASSERT_TRUE(pair_open(self->xb, &p, XENBATCH_KERNEL_ACK));
	EXPECT_EQ(p.near, next(self->xb, SOON));
	for (i = 0; i < 100; i++) {
		ASSERT_EQ(0, xenbatch_evtchn_notify(self->xb, p.far));
		ASSERT_EQ(p.near, next(self->xb, SOON));
	}
	EXPECT_EQ(0, xenbatch_evtchn_ack(self->xb, p.near));
	EXPECT_EQ(-1, next(self->xb, NEVER));
}

/* Every bit of `seen` set once by n events; as many as there are. */
static int see(xenbatch *xb, const struct pair *p, uint64_t *seen)
{
	struct xenbatch_event e[N];
	int n, i, k, sum = 0;

	while (sum < N) {
		n = xenbatch_evtchn_wait(xb, e, N, SOON);
		if (n <= 0)
			break;
		for (i = 0; i < n; i++) {
			for (k = 0; k < N && p[k].near != (int)e[i].port; k++)
				;
			if (k == N || *seen & 1ULL << k)
				return -1;
			*seen |= 1ULL << k;
		}
		sum += n;
	}
	return sum;
}

TEST_F(event, many_in_a_batch)
{
	struct xenbatch_result r[2 * N];
	struct xenbatch_batch *b;
	struct pair p[N];
	uint64_t seen;
	int i, round;

	for (i = 0; i < N; i++)
		ASSERT_TRUE(pair_open(self->xb, &p[i], 0));
	ASSERT_EQ(N, drain(self->xb, NEVER));
	for (round = 0; round < 50; round++) {
		b = xenbatch_batch_begin(self->xb);
		for (i = 0; i < N; i++)
			ASSERT_EQ(i, xenbatch_queue_evtchn_notify(b, p[i].far,
								  0, i));
		ASSERT_EQ(0, xenbatch_commit(b, r, N));
		seen = 0;
		ASSERT_EQ(N, see(self->xb, p, &seen));
		ASSERT_EQ(~0ULL, seen);
		/* Acknowledged together, with the next notification. */
		b = xenbatch_batch_begin(self->xb);
		for (i = 0; i < N; i++)
			xenbatch_queue_evtchn_ack(b, p[i].near, 0, i);
		for (i = 0; i < N; i++)
			xenbatch_queue_evtchn_notify(b, p[i].far, 0, N + i);
		ASSERT_EQ(0, xenbatch_commit(b, r, 2 * N));
		ASSERT_EQ(2 * N - 1, (int)r[2 * N - 1].tag);
		ASSERT_EQ(N, drain(self->xb, NEVER));
	}
}

TEST_F(event, links)
{
	struct xenbatch_batch *b = xenbatch_batch_begin(self->xb);
	struct xenbatch_result r[3];

	xenbatch_queue_evtchn_ack(b, 100000, XENBATCH_LINK, 0);
	xenbatch_queue_evtchn_notify(b, self->p.far, 0, 1);
	xenbatch_queue_evtchn_notify(b, self->p.near, 0, 2);
	ASSERT_EQ(2, xenbatch_commit(b, r, 3));
	EXPECT_EQ(ENOTCONN, r[0].err);
	EXPECT_EQ(ECANCELED, r[1].err);
	EXPECT_EQ(0, r[2].err);
	EXPECT_EQ(self->p.far, next(self->xb, SOON));
	EXPECT_EQ(-1, next(self->xb, NEVER));
}

struct waiter {
	pthread_t thread;
	xenbatch *xb;
	int stop;		/* its port's event is the end */
	int wrong;
	unsigned int seen;
};

static unsigned int events_sent, events_seen;

static void *wait_for_events(void *arg)
{
	struct waiter *w = arg;
	struct xenbatch_event e;
	int n;

	while ((n = xenbatch_evtchn_wait(w->xb, &e, 1, 10 * SOON)) == 1) {
		if ((int)e.port == w->stop) {
			/* For the others too. */
			w->wrong += xenbatch_evtchn_ack(w->xb, e.port) != 0;
			return NULL;
		}
		w->seen++;
		__atomic_add_fetch(&events_seen, 1, __ATOMIC_SEQ_CST);
		w->wrong += xenbatch_evtchn_ack(w->xb, e.port) != 0;
	}
	w->wrong++;
	return NULL;
}

/* One event at a time, and whoever gets it: as many are seen as were sent. */
TEST_F(event, two_threads_wait)
{
	struct waiter w[2] = { { .xb = self->xb }, { .xb = self->xb } };
	struct pair stop;
	int i, looks;

	events_sent = events_seen = 0;
	ASSERT_TRUE(pair_open(self->xb, &stop, 0));
	ASSERT_EQ(1, drain(self->xb, NEVER));
	for (i = 0; i < 2; i++) {
		w[i].stop = stop.near;
		ASSERT_EQ(0, pthread_create(&w[i].thread, NULL,
					    wait_for_events, &w[i]));
	}
	for (i = 0; i < 500; i++) {
		ASSERT_EQ(0, xenbatch_evtchn_notify(self->xb, self->p.far));
		events_sent++;
		/* To sleep can take long in an emulator: yield first. */
		for (looks = 0; looks < 1000 + SOON; looks++) {
			if (__atomic_load_n(&events_seen, __ATOMIC_SEQ_CST) ==
			    events_sent)
				break;
			if (looks < 1000)
				sched_yield();
			else
				usleep(1000);
		}
		ASSERT_EQ(events_sent, events_seen);
	}
	for (i = 0; i < 2; i++) {
		/* The second is sent when the first was taken. */
		ASSERT_EQ(0, xenbatch_evtchn_notify(self->xb, stop.far));
		usleep(20000);
	}
	for (i = 0; i < 2; i++) {
		pthread_join(w[i].thread, NULL);
		EXPECT_EQ(0, w[i].wrong);
	}
	EXPECT_EQ(events_sent, w[0].seen + w[1].seen);
	EXPECT_EQ(0, drain(self->xb, NEVER));
}

TEST_F(event, spin_or_not)
{
	static const unsigned int max[] = { 0, 1, 1000000, 128 };
	struct xenbatch_event e;
	unsigned int i, k;

	for (i = 0; i < 4; i++) {
		EXPECT_EQ(0, xenbatch_evtchn_spin(self->xb, max[i]));
		for (k = 0; k < 20; k++) {
			ASSERT_EQ(0, xenbatch_evtchn_wait(self->xb, &e, 1, 1));
			ASSERT_EQ(0, xenbatch_evtchn_notify(self->xb,
							    self->p.far));
			ASSERT_EQ(self->p.near, next(self->xb, SOON));
			ASSERT_EQ(0, xenbatch_evtchn_ack(self->xb,
							 self->p.near));
		}
	}
}

TEST_F(event, epoll)
{
	struct epoll_event ev = { .events = EPOLLIN, .data.u32 = 7 }, got;
	int fd = xenbatch_evtchn_fd(self->xb), ep = epoll_create1(0), i;

	ASSERT_LE(0, fd);
	ASSERT_EQ(0, epoll_ctl(ep, EPOLL_CTL_ADD, fd, &ev));
	for (i = 0; i < 20; i++) {
		EXPECT_EQ(0, epoll_wait(ep, &got, 1, 10));
		ASSERT_EQ(0, xenbatch_evtchn_notify(self->xb, self->p.far));
		ASSERT_EQ(1, epoll_wait(ep, &got, 1, SOON));
		EXPECT_EQ(7, got.data.u32);
		/* Until it is taken. */
		EXPECT_EQ(1, epoll_wait(ep, &got, 1, 0));
		ASSERT_EQ(self->p.near, next(self->xb, 0));
		EXPECT_EQ(0, epoll_wait(ep, &got, 1, 0));
		ASSERT_EQ(0, xenbatch_evtchn_ack(self->xb, self->p.near));
	}
	close(ep);
}

TEST_F(event, eventfd)
{
	int fd = eventfd(0, EFD_CLOEXEC);
	struct pollfd p = { .fd = fd, .events = POLLIN };
	uint64_t n = 0;

	if (!self->ring) {
		EXPECT_EQ(-1, xenbatch_evtchn_eventfd(self->xb, fd));
		EXPECT_EQ(EOPNOTSUPP, errno);
		close(fd);
		return;
	}
	EXPECT_EQ(-1, xenbatch_evtchn_eventfd(self->xb, 0));
	EXPECT_EQ(EINVAL, errno);
	ASSERT_EQ(0, xenbatch_evtchn_eventfd(self->xb, fd));
	EXPECT_EQ(0, poll(&p, 1, 10));
	ASSERT_EQ(0, xenbatch_evtchn_notify(self->xb, self->p.far));
	ASSERT_EQ(1, poll(&p, 1, SOON));
	ASSERT_EQ(8, read(fd, &n, 8));
	EXPECT_EQ(1, n);
	ASSERT_EQ(self->p.near, next(self->xb, 0));
	ASSERT_EQ(0, xenbatch_evtchn_ack(self->xb, self->p.near));
	ASSERT_EQ(0, xenbatch_evtchn_eventfd(self->xb, -1));
	ASSERT_EQ(0, xenbatch_evtchn_notify(self->xb, self->p.far));
	ASSERT_EQ(self->p.near, next(self->xb, SOON));
	EXPECT_EQ(0, poll(&p, 1, 10));
	close(fd);
}

/* What waits in the ring of a port that is unbound is of nobody. */
TEST_F(event, unbind)
{
	struct pair p;
	int i;

	for (i = 0; i < 300; i++) {
		ASSERT_TRUE(pair_open(self->xb, &p, 0));
		ASSERT_EQ(0, xenbatch_evtchn_unbind(self->xb, p.near));
		ASSERT_EQ(0, xenbatch_evtchn_unbind(self->xb, p.far));
		EXPECT_EQ(-1, xenbatch_evtchn_unbind(self->xb, p.near));
		EXPECT_EQ(ENOTCONN, errno);
		EXPECT_EQ(-1, xenbatch_evtchn_notify(self->xb, p.near));
		EXPECT_EQ(ENOTCONN, errno);
		EXPECT_EQ(-1, xenbatch_evtchn_ack(self->xb, p.near));
		EXPECT_EQ(ENOTCONN, errno);
	}
	/*
	 * In the stock driver's buffer they were too many: then every port that
	 * is there has an event, and only those.
	 */
	EXPECT_GE(self->ring ? 0 : 2, drain(self->xb, NEVER));
	ASSERT_EQ(0, xenbatch_evtchn_notify(self->xb, self->p.far));
	EXPECT_EQ(self->p.near, next(self->xb, SOON));
	EXPECT_EQ(-1, next(self->xb, NEVER));
}

/* After close the ports are free, and belong to nobody. */
TEST_F(event, close)
{
	xenbatch *other = xenbatch_open(0);
	int far, near;

	ASSERT_NE(NULL, other);
	far = xenbatch_evtchn_bind_unbound(other, 0, 0);
	ASSERT_LT(0, far);
	/* Another handle's is not ours. */
	EXPECT_EQ(-1, xenbatch_evtchn_notify(self->xb, far));
	EXPECT_EQ(ENOTCONN, errno);
	near = xenbatch_evtchn_bind_interdomain(self->xb, 0, far, 0);
	ASSERT_LT(0, near);
	ASSERT_EQ(1, drain(self->xb, NEVER));
	ASSERT_EQ(0, xenbatch_evtchn_notify(other, far));
	EXPECT_EQ(near, next(self->xb, SOON));
	EXPECT_EQ(-1, xenbatch_evtchn_bind_interdomain(self->xb, 0, far, 0));
	EXPECT_EQ(self->ring ? EBUSY : EINVAL, errno);
	EXPECT_EQ(0, xenbatch_close(other));
	/* Closed: there is nothing to bind to. */
	EXPECT_EQ(-1, xenbatch_evtchn_bind_interdomain(self->xb, 0, far, 0));
	EXPECT_EQ(EINVAL, errno);
}

TEST_F(event, peer_gone)
{
	struct xenbatch_event e = { 0 };

	ASSERT_EQ(0, xenbatch_evtchn_unbind(self->xb, self->p.far));
	if (!self->ring) {
		EXPECT_EQ(0, xenbatch_evtchn_wait(self->xb, &e, 1, 3000));
		EXPECT_EQ(0, xenbatch_evtchn_notify(self->xb, self->p.near));
		return;
	}
	ASSERT_EQ(1, xenbatch_evtchn_wait(self->xb, &e, 1, 3000));
	EXPECT_EQ(self->p.near, (int)e.port);
	EXPECT_EQ(XENBATCH_PEER_GONE, e.flags);
	EXPECT_EQ(-1, xenbatch_evtchn_notify(self->xb, self->p.near));
	EXPECT_EQ(EPIPE, errno);
	EXPECT_EQ(0, xenbatch_evtchn_unbind(self->xb, self->p.near));
}

TEST_F(event, virq)
{
	int port = xenbatch_evtchn_bind_virq(self->xb, VIRQ_DEBUGGER, 0);

	ASSERT_LT(0, port)
		TH_LOG("%s", strerror(errno));
	EXPECT_EQ(-1, xenbatch_evtchn_bind_virq(self->xb, VIRQ_DEBUGGER, 0));
	EXPECT_EQ(EEXIST, errno);
	EXPECT_EQ(-1, xenbatch_evtchn_bind_virq(self->xb, 1000, 0));
	EXPECT_EQ(EINVAL, errno);
	EXPECT_EQ(0, xenbatch_evtchn_unbind(self->xb, port));
	port = xenbatch_evtchn_bind_virq(self->xb, VIRQ_DEBUGGER, 0);
	EXPECT_LT(0, port);
}

TEST_F(event, affinity)
{
	long i, cpus = sysconf(_SC_NPROCESSORS_ONLN);

	if (!self->ring) {
		EXPECT_EQ(-1, xenbatch_evtchn_affinity(self->xb, self->p.near,
						       0));
		EXPECT_EQ(EOPNOTSUPP, errno);
		return;
	}
	for (i = 0; i < 50; i++) {
		ASSERT_EQ(0, xenbatch_evtchn_affinity(self->xb, self->p.near,
						      i % cpus))
			TH_LOG("%s", strerror(errno));
		ASSERT_EQ(0, xenbatch_evtchn_notify(self->xb, self->p.far));
		ASSERT_EQ(self->p.near, next(self->xb, SOON));
		ASSERT_EQ(0, xenbatch_evtchn_ack(self->xb, self->p.near));
	}
	EXPECT_EQ(-1, xenbatch_evtchn_affinity(self->xb, self->p.near, 4000));
	EXPECT_EQ(EINVAL, errno);
	EXPECT_EQ(-1, xenbatch_evtchn_affinity(self->xb, 100000, 0));
	EXPECT_EQ(ENOTCONN, errno);
}

/* 0, or which step went wrong. */
static int child(xenbatch *xb, const struct pair *parents)
{
	struct xenbatch_event e;
	struct pair p;

	if (xenbatch_evtchn_take(xb, &e, 1) != -1 || errno != EINVAL)
		return 1;
	if (xenbatch_evtchn_notify(xb, parents->far) != -1 || errno != ENXIO)
		return 2;
	if (!pair_open(xb, &p, 0) || next(xb, SOON) != p.near ||
	    xenbatch_evtchn_ack(xb, p.near))
		return 3;
	if (xenbatch_evtchn_notify(xb, parents->far) != -1 ||
	    errno != ENOTCONN)
		return 4;
	if (xenbatch_evtchn_unbind(xb, parents->near) != -1 ||
	    errno != ENOTCONN)
		return 5;
	if (xenbatch_evtchn_notify(xb, p.far) || next(xb, SOON) != p.near)
		return 6;
	return xenbatch_close(xb) ? 7 : 0;
}

TEST_F(event, fork)
{
	int i, status;
	pid_t pid;

	for (i = 0; i < 5; i++) {
		ASSERT_EQ(0, xenbatch_evtchn_notify(self->xb, self->p.far));
		pid = fork();
		if (!pid)
			_exit(child(self->xb, &self->p));
		ASSERT_EQ(pid, waitpid(pid, &status, 0));
		EXPECT_EQ(0, status);
		EXPECT_EQ(self->p.near, next(self->xb, SOON));
		EXPECT_EQ(-1, next(self->xb, 0));
		EXPECT_EQ(0, xenbatch_evtchn_ack(self->xb, self->p.near));
	}
}

TEST_F(event, restriction)
{
	ASSERT_EQ(0, xenbatch_restrict(self->xb, 7));
	EXPECT_EQ(-1, xenbatch_evtchn_bind_unbound(self->xb, 7, 0));
	EXPECT_EQ(EPERM, errno);
	EXPECT_EQ(-1, xenbatch_evtchn_bind_virq(self->xb, VIRQ_DEBUGGER, 0));
	EXPECT_EQ(EPERM, errno);
	EXPECT_EQ(-1, xenbatch_evtchn_bind_interdomain(self->xb, 0,
						       self->p.far, 0));
	EXPECT_EQ(EPERM, errno);
	/* Its own: there is no such domain. */
	EXPECT_EQ(-1, xenbatch_evtchn_bind_interdomain(self->xb, 7, 1, 0));
	EXPECT_EQ(ESRCH, errno);
	/* Those that are bound go on. */
	ASSERT_EQ(0, xenbatch_evtchn_notify(self->xb, self->p.far));
	EXPECT_EQ(self->p.near, next(self->xb, SOON));
	EXPECT_EQ(0, xenbatch_evtchn_ack(self->xb, self->p.near));
}

TEST_F(event, errors)
{
	struct xenbatch_event e;

	EXPECT_EQ(-1, xenbatch_evtchn_bind_unbound(self->xb, 0, 2));
	EXPECT_EQ(EINVAL, errno);
	EXPECT_EQ(-1, xenbatch_evtchn_bind_interdomain(self->xb, 0x7fe0, 1, 0));
	EXPECT_EQ(ESRCH, errno);
	EXPECT_EQ(-1, xenbatch_evtchn_bind_interdomain(self->xb, 0, 130000, 0));
	EXPECT_EQ(EINVAL, errno);
	EXPECT_EQ(-1, xenbatch_evtchn_take(self->xb, &e, 0));
	EXPECT_EQ(EINVAL, errno);
	EXPECT_EQ(-1, xenbatch_evtchn_wait(self->xb, &e, 0, 0));
	EXPECT_EQ(EINVAL, errno);
	EXPECT_EQ(-1, xenbatch_evtchn_notify(self->xb, 0xffffffff));
	EXPECT_EQ(ENOTCONN, errno);
}

TEST_HARNESS_MAIN
