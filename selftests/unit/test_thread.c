// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Promise: any thread may use any handle at any time. Threads on one handle
 * get their own results, and buffers that nobody else has; a batch of one does
 * not delay or disturb another's.
 */
#include <pthread.h>

#include "unit.h"

#define ROUNDS 60

struct worker {
	pthread_t thread;
	xenbatch *xb;
	unsigned int id;
	bool ok;
};

/* Batches of changing length, buffers and immediate calls, all checked. */
static bool work(xenbatch *xb, unsigned int id, unsigned int round)
{
	unsigned int n = 1 + (id * 7 + round * 13) % 90, i;
	struct xen_domctl *domctls[90];
	struct xenbatch_result r[90];
	struct xenbatch_batch *b;

	b = xenbatch_batch_begin(xb);
	if (!b)
		return false;
	for (i = 0; i < n; i++) {
		domctls[i] = unit_vcpuinfo(xb, id, i % 5);
		if (unit_queue(b, domctls[i], 0, id << 16 | i) != (int)i)
			return false;
	}
	if (!unit_version_works(xb))
		return false;
	/* Domain id has 4 vcpus, so each fifth fails. */
	if (xenbatch_commit(b, r, n) != (int)(n / 5))
		return false;
	for (i = 0; i < n; i++) {
		if (r[i].tag != (id << 16 | i) ||
		    r[i].err != (i % 5 == 4 ? ESRCH : 0))
			return false;
		if (!r[i].err && domctls[i]->u.getvcpuinfo.cpu_time !=
		    xb_fake_cpu_time(id, i % 5))
			return false;
		xenbatch_free(xb, domctls[i]);
	}
	return true;
}

static void *worker(void *arg)
{
	struct worker *w = arg;
	unsigned int round;

	w->ok = true;
	for (round = 0; round < ROUNDS && w->ok; round++)
		w->ok = work(w->xb, w->id, round);
	return NULL;
}

static void run_workers(xenbatch *const *xbs, unsigned int nr_xbs,
			unsigned int n)
{
	struct worker w[16];
	unsigned int i;

	for (i = 0; i < n; i++) {
		w[i].xb = xbs[i % nr_xbs];
		w[i].id = i + 1;
		assert_int_equal(pthread_create(&w[i].thread, NULL, worker,
						&w[i]), 0);
	}
	for (i = 0; i < n; i++) {
		pthread_join(w[i].thread, NULL);
		assert_true(w[i].ok);
	}
}

static void add_domains(void)
{
	unsigned int i;

	for (i = 1; i <= 16; i++)
		xb_fake_add_domain(i, 4);
}

static void two_on_one(void **state)
{
	add_domains();
	run_workers((xenbatch **)state, 1, 2);
}

static void sixteen_on_one(void **state)
{
	add_domains();
	xb_fake_knobs.interrupt_after = 5;
	run_workers((xenbatch **)state, 1, 16);
}

static void sixteen_on_sixteen(void **state)
{
	xenbatch *xbs[16];
	int i;

	(void)state;
	add_domains();
	for (i = 0; i < 16; i++) {
		xbs[i] = xenbatch_open(0);
		assert_non_null(xbs[i]);
	}
	run_workers(xbs, 16, 16);
	for (i = 0; i < 16; i++)
		xenbatch_close(xbs[i]);
}

#define HELD 70

static pthread_barrier_t held;

static void *hold_batch(void *xb)
{
	struct xenbatch_batch *b = xenbatch_batch_begin(xb);
	uint64_t args[] = { XENVER_version };
	intptr_t ok;

	ok = b && !xenbatch_queue(b, __HYPERVISOR_xen_version, args, 1, 0, 0);
	pthread_barrier_wait(&held);
	ok = ok && !xenbatch_commit(b, NULL, 0);
	return (void *)ok;
}

/* More batches open at a time than there are threads on most machines. */
static void many_batches_at_a_time(void **state)
{
	pthread_t threads[HELD];
	void *ok;
	int i;

	pthread_barrier_init(&held, NULL, HELD);
	for (i = 0; i < HELD; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, hold_batch,
						*state), 0);
	for (i = 0; i < HELD; i++) {
		pthread_join(threads[i], &ok);
		assert_non_null(ok);
	}
	pthread_barrier_destroy(&held);
	assert_int_equal(xb_fake_counts.hypercalls, HELD);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		opened_test(two_on_one),
		opened_test(sixteen_on_one),
		opened_test(sixteen_on_sixteen),
		opened_test(many_batches_at_a_time),
	};

	return unit_run("thread", tests, ARRAY_SIZE(tests), unit_all);
}
