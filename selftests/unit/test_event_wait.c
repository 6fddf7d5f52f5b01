// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Promise: who waits for events is woken by them, in the library, in poll and
 * on an eventfd, spinning or not; of several threads one gets each.
 */
#include <poll.h>
#include <pthread.h>
#include <sys/eventfd.h>

#include "event.h"

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

int main(void)
{
	static const struct CMUnitTest tests[] = {
		opened_test(waiting),
		opened_test(spinning),
		opened_test(signal_an_eventfd),
		opened_test(threads_take),
	};
	static const struct CMUnitTest old[] = {
		old_test(signal_an_eventfd),
		old_test(threads_take),
	};
	static const char *const module[] = { "module", NULL };

	return unit_run("event wait", tests, ARRAY_SIZE(tests), unit_all) +
	       unit_run("event wait of old", old, ARRAY_SIZE(old), module);
}
