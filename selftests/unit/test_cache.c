// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Promise: a cached page is the frame that was asked for, for as long as
 * somebody has it; it is mapped once; and it does not stay longer than its
 * limits say: for want of room, of use, or of its domain.
 */
#include <pthread.h>
#include <sys/mman.h>
#include <unistd.h>

#include "unit.h"

#define GUEST	7
#define OTHER	9
#define RW	(PROT_READ | PROT_WRITE)

static struct xenbatch_cache *cache;

static uint64_t *page(uint16_t domid, uint64_t gfn)
{
	return xb_fake_page(domid, gfn);
}

static int open_with_guests(void **state)
{
	uint64_t gfn;

	if (unit_open(state))
		return -1;
	xb_fake_add_domain(GUEST, 1);
	xb_fake_add_domain(OTHER, 1);
	for (gfn = 0; gfn < XB_FAKE_PAGES; gfn++) {
		*page(GUEST, gfn) = gfn * 3 + 1;
		*page(OTHER, gfn) = gfn * 5 + 2;
	}
	return 0;
}

#define cache_test(f) \
	cmocka_unit_test_setup_teardown(f, open_with_guests, unit_close)

static void make(xenbatch *xb, size_t pages, unsigned int ms)
{
	struct xenbatch_cache_limits limits = { pages, ms };

	cache = xenbatch_cache_create(xb, &limits);
	assert_non_null(cache);
}

static uint64_t *get(uint16_t domid, uint64_t gfn)
{
	return xenbatch_cache_get(cache, domid, gfn, PROT_READ);
}

static struct xenbatch_cache_stats stats(void)
{
	struct xenbatch_cache_stats s;

	xenbatch_cache_stats(cache, &s);
	return s;
}

/* Threads of this process. */
static int nr_threads(void)
{
	char line[200];
	FILE *f = fopen("/proc/self/status", "r");
	int n = 0;

	while (fgets(line, sizeof(line), f))
		sscanf(line, "Threads: %d", &n);
	fclose(f);
	return n;
}

/* Until cond, or five seconds are over. */
#define eventually(cond)						\
	do {								\
		int _ms = 0;						\
		while (!(cond) && _ms++ < 5000)				\
			usleep(1000);					\
		assert_true(cond);					\
	} while (0)

static void hits_and_misses(void **state)
{
	uint64_t *p, *q, *w;

	make(*state, 8, 100000);
	p = get(GUEST, 5);
	assert_non_null(p);
	assert_int_equal(*p, 16);
	q = get(GUEST, 5);
	assert_ptr_equal(p, q);
	xenbatch_cache_put(cache, p);
	xenbatch_cache_put(cache, p);
	assert_ptr_equal(get(GUEST, 5), p);
	assert_int_equal(*get(OTHER, 5), 27);
	/* To be written to is another mapping. */
	w = xenbatch_cache_get(cache, GUEST, 5, RW);
	assert_ptr_not_equal(w, p);
	*w = 1000;
	assert_int_equal(*p, 1000);
	assert_int_equal(stats().hits, 2);
	assert_int_equal(stats().misses, 3);
	assert_int_equal(stats().pages, 3);
	assert_int_equal(stats().in_use, 3);
	assert_int_equal(xb_fake_mapped(0xffff), 3);
	xenbatch_cache_put(cache, p);
	assert_int_equal(stats().in_use, 2);
	xenbatch_cache_destroy(cache);
	assert_int_equal(xb_fake_mapped(0xffff), 0);
}

static void the_least_lately_used_goes(void **state)
{
	void *p[4];
	int i;

	make(*state, 4, 100000);
	for (i = 0; i < 4; i++)
		p[i] = get(GUEST, i);
	assert_null(get(GUEST, 4));
	assert_int_equal(errno, ENOSPC);
	for (i = 0; i < 4; i++)
		xenbatch_cache_put(cache, p[(i + 2) % 4]);
	/* Idle: 2, 3, 0, 1. */
	assert_int_equal(*get(GUEST, 10), 31);
	assert_int_equal(*get(GUEST, 3), 10);
	assert_int_equal(*get(GUEST, 11), 34);
	assert_int_equal(stats().hits, 1);
	assert_int_equal(stats().evicted, 2);
	assert_int_equal(*get(GUEST, 1), 4);
	assert_int_equal(stats().hits, 2);
	assert_int_equal(xb_fake_mapped(GUEST), 4);
	assert_null(get(GUEST, 2));
	xenbatch_cache_destroy(cache);
	assert_int_equal(xb_fake_mapped(GUEST), 0);
}

static void age(void **state)
{
	uint64_t *used;
	int i, threads = nr_threads();

	make(*state, 100, 20);
	assert_int_equal(nr_threads(), threads);
	used = get(GUEST, 99);
	assert_int_equal(nr_threads(), threads + 1);
	for (i = 0; i < 50; i++)
		xenbatch_cache_put(cache, get(GUEST, i));
	eventually(xb_fake_mapped(GUEST) == 1);
	usleep(50000);
	assert_int_equal(*used, 298);
	assert_int_equal(stats().pages, 1);
	assert_int_equal(stats().evicted, 50);
	xenbatch_cache_put(cache, used);
	/* With the last page the thread goes; and comes with the next. */
	eventually(nr_threads() == threads);
	assert_int_equal(xb_fake_mapped(GUEST), 0);
	for (i = 0; i < 3; i++) {
		used = get(GUEST, i);
		assert_int_equal(*used, 3 * i + 1);
		assert_int_equal(nr_threads(), threads + 1);
		xenbatch_cache_put(cache, used);
		eventually(nr_threads() == threads);
	}
	xenbatch_cache_destroy(cache);
}

static void what_is_used_stays(void **state)
{
	uint64_t maps;
	int i;

	make(*state, 10, 60);
	xenbatch_cache_put(cache, get(GUEST, 1));
	maps = xb_fake_counts.foreign_maps;
	for (i = 0; i < 40; i++) {
		xenbatch_cache_put(cache, get(GUEST, 1));
		usleep(5000);
	}
	/* Unless this machine stood still for 60 ms. */
	assert_true(xb_fake_counts.foreign_maps - maps <= 2);
	xenbatch_cache_destroy(cache);
}

static void dropped(void **state)
{
	uint64_t *used, *other, *again;
	int i;

	make(*state, 20, 100000);
	used = get(GUEST, 0);
	other = get(OTHER, 0);
	for (i = 1; i < 6; i++) {
		xenbatch_cache_put(cache, get(GUEST, i));
		xenbatch_cache_put(cache, get(OTHER, i));
	}
	xenbatch_cache_drop(cache, GUEST);
	assert_int_equal(xb_fake_mapped(GUEST), 1);
	assert_int_equal(xb_fake_mapped(OTHER), 6);
	/* The one in use is still the same, but nobody gets it any more. */
	assert_int_equal(*used, 1);
	again = get(GUEST, 0);
	assert_ptr_not_equal(again, used);
	xenbatch_cache_put(cache, used);
	assert_int_equal(xb_fake_mapped(GUEST), 1);
	assert_ptr_equal(get(GUEST, 0), again);
	xenbatch_cache_drop(cache, XENBATCH_NO_DOMID);
	assert_int_equal(xb_fake_mapped(0xffff), 2);
	xenbatch_cache_put(cache, other);
	xenbatch_cache_put(cache, again);
	assert_int_equal(xb_fake_mapped(0xffff), 1);
	xenbatch_cache_put(cache, again);
	assert_int_equal(xb_fake_mapped(0xffff), 0);
	assert_int_equal(stats().pages, 0);
	assert_int_equal(stats().in_use, 0);
	xenbatch_cache_destroy(cache);
}

/* Idle pages go for their age too: not to be had any more is what tells. */
static bool is_gone(uint16_t domid, uint64_t gfn)
{
	void *p = get(domid, gfn);

	if (p)
		xenbatch_cache_put(cache, p);
	return !p;
}

static void a_domain_dies(void **state)
{
	uint64_t *p, *q;
	int i;

	make(*state, 40, 100);
	p = get(GUEST, 0);
	q = get(OTHER, 0);
	for (i = 0; i < 10; i++)
		xenbatch_cache_put(cache, get(GUEST, i));
	xb_fake_end_domain(GUEST);
	eventually(is_gone(GUEST, 0));
	assert_int_equal(xb_fake_mapped(GUEST), 1);
	assert_int_equal(*p, 1);
	/* Those of others are still there, and got. */
	assert_ptr_equal(get(OTHER, 0), q);
	assert_null(get(GUEST, 0));
	assert_int_equal(errno, ESRCH);
	xenbatch_cache_put(cache, p);
	assert_int_equal(xb_fake_mapped(GUEST), 0);
	xenbatch_cache_destroy(cache);
}

static void errors(void **state)
{
	struct xenbatch_cache_limits huge = { 1 << 20, 0 };
	int i;

	xenbatch_cache_destroy(NULL);
	assert_null(xenbatch_cache_create(*state, &huge));
	assert_int_equal(errno, ENOMEM);
	make(*state, 2, 100000);
	for (i = 0; i < 5; i++) {
		assert_null(get(GUEST, XB_FAKE_PAGES));
		assert_int_equal(errno, EINVAL);
		assert_null(get(99, 0));
		assert_int_equal(errno, ESRCH);
		assert_null(xenbatch_cache_get(cache, GUEST, 0, PROT_NONE));
		assert_int_equal(errno, EINVAL);
	}
	assert_int_equal(stats().pages, 0);
	/* An old page is given up for one that cannot be had. */
	xenbatch_cache_put(cache, get(GUEST, 0));
	xenbatch_cache_put(cache, get(GUEST, 1));
	xb_fake_knobs.map_err = ENOMEM;
	assert_null(get(GUEST, 2));
	assert_int_equal(errno, ENOMEM);
	xb_fake_knobs.map_err = 0;
	assert_int_equal(xb_fake_mapped(GUEST), 1);
	assert_int_equal(*get(GUEST, 2), 7);
	assert_int_equal(*get(GUEST, 1), 4);
	xenbatch_cache_destroy(cache);
	assert_int_equal(xb_fake_mapped(GUEST), 0);
}

static uint64_t *inherited;

static int child(void *xb)
{
	uint64_t *p;

	xenbatch_cache_put(cache, inherited);
	if (stats().pages)
		return 1;
	p = get(GUEST, 7);
	if (!p || p == inherited || *p != 22)
		return 2;
	xenbatch_cache_put(cache, inherited);
	xenbatch_cache_drop(cache, OTHER);
	if (stats().in_use != 1 || get(GUEST, 7) != p)
		return 3;
	xenbatch_cache_destroy(cache);
	return xenbatch_close(xb);
}

static int child_only_destroys(void *xb)
{
	xenbatch_cache_destroy(cache);
	return xenbatch_close(xb);
}

static void fork_starts_anew(void **state)
{
#ifdef __SANITIZE_THREAD__
	skip();		/* it knows no threads after such a fork */
#endif
	make(*state, 20, 100000);
	inherited = get(GUEST, 7);
	assert_int_equal(unit_in_child(child, *state), 0);
	assert_int_equal(unit_in_child(child_only_destroys, *state), 0);
	assert_int_equal(*inherited, 22);
	assert_int_equal(stats().in_use, 1);
	xenbatch_cache_destroy(cache);
	assert_int_equal(xb_fake_mapped(GUEST), 0);
}

struct user {
	pthread_t thread;
	unsigned int id;
	bool ok;
};

static void *user(void *arg)
{
	struct user *u = arg;
	unsigned int seed = u->id, i;
	uint64_t gfn, *p;

	u->ok = true;
	for (i = 0; i < 2000; i++) {
		gfn = rand_r(&seed) % 60;
		p = get(GUEST, gfn);
		if (!p || *p != gfn * 3 + 1)
			u->ok = false;
		if (i % 300 == 299)
			xenbatch_cache_drop(cache, GUEST);
		if (p)
			xenbatch_cache_put(cache, p);
	}
	return NULL;
}

static void threads(void **state)
{
	struct user u[6];
	unsigned int i;

	/* Less room than frames, and a thread that evicts all the time. */
	make(*state, 40, 1);
	for (i = 0; i < 6; i++) {
		u[i].id = i;
		pthread_create(&u[i].thread, NULL, user, &u[i]);
	}
	for (i = 0; i < 6; i++) {
		pthread_join(u[i].thread, NULL);
		assert_true(u[i].ok);
	}
	assert_int_equal(stats().in_use, 0);
	xenbatch_cache_destroy(cache);
	assert_int_equal(xb_fake_mapped(GUEST), 0);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cache_test(hits_and_misses),
		cache_test(the_least_lately_used_goes),
		cache_test(age),
		cache_test(what_is_used_stays),
		cache_test(dropped),
		cache_test(a_domain_dies),
		cache_test(errors),
		cache_test(fork_starts_anew),
		cache_test(threads),
	};

	return unit_run("cache", tests, ARRAY_SIZE(tests), unit_all);
}
