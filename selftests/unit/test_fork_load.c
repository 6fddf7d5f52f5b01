// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Promise: locks and lanes that other threads hold at fork mean nothing to the
 * child.
 *
 * A program of its own, since it cannot run under AddressSanitizer: malloc of
 * libasan 12 does not know of fork, and waits in the child for ever for a lock
 * that a thread of the parent held.
 */
#include <pthread.h>

#include "unit.h"

static bool stop;

static int use_and_close(void *xb)
{
	return unit_use(xb) ?: xenbatch_close(xb);
}

static void *busy(void *xb)
{
	while (!__atomic_load_n(&stop, __ATOMIC_RELAXED))
		if (unit_use(xb))
			return (void *)1;
	return NULL;
}

/*
 * Opening and closing hold the locks that a child needs: to get a connection of
 * its own, and libxentoolcore's, to close it.
 */
static void *opening(void *unused)
{
	xenbatch *xb;

	(void)unused;
	while (!__atomic_load_n(&stop, __ATOMIC_RELAXED)) {
		xb = xenbatch_open(0);
		if (!xb || xenbatch_close(xb))
			return (void *)1;
	}
	return NULL;
}

static void fork_under_load(void **state)
{
	pthread_t threads[3];
	void *ret;
	int i;

	stop = false;
	for (i = 0; i < 3; i++)
		assert_int_equal(pthread_create(&threads[i], NULL,
						i ? busy : opening, *state),
				 0);
	for (i = 0; i < 30; i++)
		assert_int_equal(unit_in_child(use_and_close, *state), 0);
	__atomic_store_n(&stop, true, __ATOMIC_RELAXED);
	for (i = 0; i < 3; i++) {
		pthread_join(threads[i], &ret);
		assert_null(ret);
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		opened_test(fork_under_load),
	};

	return unit_run("fork under load", tests, ARRAY_SIZE(tests), unit_all);
}
