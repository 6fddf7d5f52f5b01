// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Promise: what is mapped into a slot is the page that was asked for, until it
 * is unmapped; a bad page fails alone; slots that are given back can be had
 * again, and nothing stays mapped behind anybody's back.
 */
#include <sys/mman.h>

#include "unit.h"

#define GUEST	7
#define N	40
#define RW	(PROT_READ | PROT_WRITE)

static uint64_t *page(uint64_t gfn)
{
	return xb_fake_page(GUEST, gfn);
}

static int open_with_guest(void **state)
{
	uint64_t gfn;

	if (unit_open(state))
		return -1;
	xb_fake_add_domain(GUEST, 1);
	for (gfn = 0; gfn < XB_FAKE_PAGES; gfn++)
		*page(gfn) = gfn * 3 + 1;
	return 0;
}

#define window_test(f) \
	cmocka_unit_test_setup_teardown(f, open_with_guest, unit_close)

static uint64_t at(const void *slots, size_t i)
{
	return *(const uint64_t *)((const char *)slots + i * 4096);
}

/* Would touching it be a fault? The kernel is asked, by a system call. */
static bool is_empty(const void *p)
{
	int fds[2];
	ssize_t n;

	assert_int_equal(pipe(fds), 0);
	n = write(fds[1], p, 1);
	close(fds[0]);
	close(fds[1]);
	return n == -1 && errno == EFAULT;
}

static void fill(uint64_t *gfns, size_t n, uint64_t first, uint64_t step)
{
	size_t i;

	for (i = 0; i < n; i++)
		gfns[i] = first + i * step;
}

static void one_page(void **state)
{
	uint64_t gfn = 5;
	void *p = xenbatch_map(*state, NULL, GUEST, RW, 1, &gfn, NULL), *again;

	assert_non_null(p);
	assert_int_equal(at(p, 0), 16);
	*(uint64_t *)p = 99;
	assert_int_equal(*page(5), 99);
	assert_int_equal(xb_fake_mapped(GUEST), 1);
	assert_int_equal(xenbatch_unmap(*state, p, 1), 0);
	assert_int_equal(xb_fake_mapped(GUEST), 0);
	assert_true(is_empty(p));
	gfn = 6;
	again = xenbatch_map(*state, NULL, GUEST, PROT_READ, 1, &gfn, NULL);
	assert_ptr_equal(again, p);
	assert_int_equal(at(again, 0), 19);
	assert_int_equal(xenbatch_unmap(*state, again, 1), 0);
}

static void many_pages_in_any_order(void **state)
{
	uint64_t gfns[N];
	int errs[N];
	char *p;
	size_t i;

	fill(gfns, N, 1000, -7UL);
	p = xenbatch_map(*state, NULL, GUEST, RW, N, gfns, errs);
	assert_non_null(p);
	for (i = 0; i < N; i++) {
		assert_int_equal(errs[i], 0);
		assert_int_equal(at(p, i), gfns[i] * 3 + 1);
	}
	assert_int_equal(xenbatch_clear(*state, p + 4096, 3), 0);
	assert_int_equal(xb_fake_mapped(GUEST), N - 3);
	assert_int_equal(at(p, 0), 3001);
	assert_int_equal(at(p, 4), gfns[4] * 3 + 1);
	assert_true(is_empty(p + 4096));
	assert_int_equal(xenbatch_unmap(*state, p, N), 0);
	assert_int_equal(xb_fake_mapped(GUEST), 0);
}

static void read_only(void **state)
{
	uint64_t gfn = 5;
	void *p = xenbatch_map(*state, NULL, GUEST, PROT_READ, 1, &gfn, NULL);
	int fds[2];

	assert_int_equal(pipe(fds), 0);
	assert_int_equal(write(fds[1], "x", 1), 1);
	assert_int_equal(read(fds[0], p, 1), -1);
	assert_int_equal(errno, EFAULT);
	close(fds[0]);
	close(fds[1]);
	assert_int_equal(xenbatch_unmap(*state, p, 1), 0);
}

static void replaced_in_place(void **state)
{
	uint64_t gfns[N];
	char *p = xenbatch_slots_alloc(*state, XENBATCH_FOREIGN, N);
	size_t i, n, first;

	/* All, then parts of changing length, here and there. */
	fill(gfns, N, 0, 1);
	assert_ptr_equal(xenbatch_map(*state, p, GUEST, RW, N, gfns, NULL), p);
	for (n = 1; n < N; n++) {
		uint64_t more[N];

		first = n * 5 % (N - n);
		fill(more, n, 100 * n, 2);
		assert_ptr_equal(xenbatch_map(*state, p + first * 4096, GUEST,
					      n % 2 ? RW : PROT_READ, n, more,
					      NULL), p + first * 4096);
		memcpy(gfns + first, more, n * sizeof(*more));
		for (i = 0; i < N; i++)
			if (at(p, i) != gfns[i] % XB_FAKE_PAGES * 3 + 1)
				fail_msg("round %zu, slot %zu", n, i);
		if (100 * (n + 1) + 2 * N > XB_FAKE_PAGES)
			break;
	}
	assert_int_equal(xb_fake_mapped(GUEST), N);
	assert_int_equal(xenbatch_slots_free(*state, p, N), 0);
	assert_int_equal(xb_fake_mapped(GUEST), 0);
}

static void a_bad_page_fails_alone(void **state)
{
	uint64_t gfns[8];
	int errs[8];
	char *p;
	int i;

	fill(gfns, 8, 20, 1);
	gfns[2] = XB_FAKE_PAGES + 5;
	gfns[5] = XB_FAKE_PAGED_OUT;
	p = xenbatch_map(*state, NULL, GUEST, RW, 8, gfns, errs);
	assert_non_null(p);
	for (i = 0; i < 8; i++) {
		assert_int_equal(errs[i], i == 2 ? -EINVAL :
				 i == 5 ? -ENOENT : 0);
		if (errs[i])
			assert_true(is_empty(p + i * 4096));
		else
			assert_int_equal(at(p, i), gfns[i] * 3 + 1);
	}
	/* The holes can be filled, and are empty again after that. */
	assert_non_null(xenbatch_map(*state, p + 2 * 4096, GUEST, RW, 1, gfns,
				     NULL));
	assert_int_equal(at(p, 2), 61);
	assert_int_equal(at(p, 1), 64);
	assert_true(is_empty(p + 5 * 4096));
	assert_int_equal(xb_fake_mapped(GUEST), 7);
	assert_int_equal(xenbatch_unmap(*state, p, 8), 0);

	/* Without errs it is all or nothing, if the slots are new. */
	assert_null(xenbatch_map(*state, NULL, GUEST, RW, 8, gfns, NULL));
	assert_int_equal(errno, EINVAL);
	assert_int_equal(xb_fake_mapped(GUEST), 0);
	/* Slots of one's own keep what could be had. */
	p = xenbatch_slots_alloc(*state, XENBATCH_FOREIGN, 8);
	assert_null(xenbatch_map(*state, p, GUEST, RW, 8, gfns, NULL));
	assert_int_equal(xb_fake_mapped(GUEST), 6);
	assert_int_equal(at(p, 7), 27 * 3 + 1);
	assert_int_equal(xenbatch_slots_free(*state, p, 8), 0);
	assert_int_equal(xb_fake_mapped(GUEST), 0);
}

static void nothing_could_be_mapped(void **state)
{
	uint64_t gfns[3] = { 1, 2, 3 };
	int errs[3] = { 0, 0, 0 };

	assert_null(xenbatch_map(*state, NULL, 99, RW, 3, gfns, errs));
	assert_int_equal(errno, ESRCH);
	assert_int_equal(errs[2], -ESRCH);
	xb_fake_knobs.map_err = ENOMEM;
	memset(errs, 0, sizeof(errs));
	assert_null(xenbatch_map(*state, NULL, GUEST, RW, 3, gfns, errs));
	assert_int_equal(errno, ENOMEM);
	assert_int_equal(errs[0], -ENOMEM);
	assert_int_equal(errs[2], -ENOMEM);
	assert_int_equal(xb_fake_mapped(0xffff), 0);
}

static void more_than_one_operation_holds(void **state)
{
	struct xenbatch_limits limits;
	uint64_t *gfns, submits;
	size_t n, i;
	int *errs;
	char *p;

	assert_int_equal(xenbatch_limits(*state, &limits), 0);
	n = 2 * limits.pages_max + 100;
	gfns = calloc(n, sizeof(*gfns));
	errs = calloc(n, sizeof(*errs));
	for (i = 0; i < n; i++)
		gfns[i] = (i * 7) % XB_FAKE_PAGES;
	gfns[n - 1] = XB_FAKE_PAGES;
	submits = xb_fake_counts.submits;
	p = xenbatch_map(*state, NULL, GUEST, PROT_READ, n, gfns, errs);
	assert_non_null(p);
	assert_true(xb_fake_counts.submits <= submits + 1);
	for (i = 0; i < n - 1; i++)
		if (errs[i] || at(p, i) != gfns[i] * 3 + 1)
			fail_msg("page %zu", i);
	assert_int_equal(errs[n - 1], -EINVAL);
	assert_int_equal(xb_fake_mapped(GUEST), n - 1);
	assert_int_equal(xenbatch_unmap(*state, p, n), 0);
	assert_int_equal(xb_fake_mapped(GUEST), 0);

	xb_fake_knobs.map_err = ENOMEM;
	assert_null(xenbatch_map(*state, NULL, GUEST, PROT_READ, n, gfns,
				 errs));
	for (i = 0; i < n; i++)
		assert_int_equal(errs[i], -ENOMEM);
	free(errs);
	free(gfns);
}

static void bad_arguments(void **state)
{
	uint64_t gfn = 1;
	uint32_t ref = 1;
	char *p;

	assert_null(xenbatch_map(*state, NULL, GUEST, RW, 0, &gfn, NULL));
	assert_int_equal(errno, EINVAL);
	assert_null(xenbatch_map(*state, NULL, GUEST, PROT_NONE, 1, &gfn,
				 NULL));
	assert_int_equal(errno, EINVAL);
	assert_null(xenbatch_map(*state, NULL, GUEST, PROT_EXEC | PROT_READ, 1,
				 &gfn, NULL));
	assert_int_equal(errno, EINVAL);
	assert_null(xenbatch_slots_alloc(*state, 0, 1));
	assert_int_equal(errno, EINVAL);
	assert_null(xenbatch_slots_alloc(*state, 4, 1));
	assert_null(xenbatch_slots_alloc(*state, XENBATCH_FOREIGN, 0));
	assert_int_equal(errno, EINVAL);
	assert_null(xenbatch_map_grants(*state, NULL, XENBATCH_FOREIGN, GUEST,
					RW, 1, &ref, NULL));
	assert_int_equal(errno, EINVAL);
	assert_int_equal(xenbatch_unmap(*state, &gfn, 1), -1);
	assert_int_equal(errno, EINVAL);
	assert_int_equal(xenbatch_clear(*state, &gfn, 1), -1);
	assert_int_equal(errno, EINVAL);
	assert_int_equal(xenbatch_unmap(*state, NULL, 1), 0);

	p = xenbatch_map(*state, NULL, GUEST, RW, 1, &gfn, NULL);
	assert_int_equal(xenbatch_unmap(*state, p, 2), -1);
	assert_int_equal(xenbatch_unmap(*state, p + 8, 1), -1);
	assert_int_equal(xenbatch_unmap(*state, p + 4096, 1), -1);
	assert_int_equal(xb_fake_mapped(GUEST), 1);
	assert_int_equal(xenbatch_unmap(*state, p, 1), 0);
	assert_int_equal(xenbatch_unmap(*state, p, 1), -1);
	assert_int_equal(errno, EINVAL);

	/* Foreign frames do not go onto a grant window's slots. */
	p = xenbatch_slots_alloc(*state, XENBATCH_GRANTS, 1);
	assert_null(xenbatch_map(*state, p, GUEST, RW, 1, &gfn, NULL));
	assert_int_equal(errno, ENXIO);
	assert_int_equal(xenbatch_slots_free(*state, p, 1), 0);
}

/* Against a model: what is whose, for any pattern of lengths. */
static void slots_are_ones_own(void **state)
{
	struct { char *p; size_t n; } runs[64] = { { 0 } };
	unsigned int seed = 1, round;
	size_t i, j;

	for (round = 0; round < 20000; round++) {
		i = rand_r(&seed) % 64;
		if (runs[i].p) {
			assert_int_equal(xenbatch_slots_free(*state, runs[i].p,
							     runs[i].n), 0);
			runs[i].p = NULL;
			continue;
		}
		runs[i].n = 1 + rand_r(&seed) % (rand_r(&seed) % 8 ? 4 : 300);
		runs[i].p = xenbatch_slots_alloc(*state, XENBATCH_FOREIGN,
						 runs[i].n);
		assert_non_null(runs[i].p);
		for (j = 0; j < 64; j++)
			if (j != i && runs[j].p &&
			    runs[j].p < runs[i].p + runs[i].n * 4096 &&
			    runs[i].p < runs[j].p + runs[j].n * 4096)
				fail_msg("round %u: overlap", round);
	}
	for (i = 0; i < 64; i++)
		if (runs[i].p)
			xenbatch_slots_free(*state, runs[i].p, runs[i].n);
	/* All that was had is one stretch again, piece by piece. */
	runs[0].p = xenbatch_slots_alloc(*state, XENBATCH_FOREIGN, 1024);
	assert_non_null(runs[0].p);
	assert_int_equal(xenbatch_slots_free(*state, runs[0].p, 1024), 0);
}

static void slots_come_to_an_end(void **state)
{
	struct xenbatch_limits limits;
	void *p[100], *big;
	xenbatch *xb;
	int i, n;

	(void)state;
	if (!strcmp(unit_backend, "stock"))
		skip();		/* its limit is 2^18 */
	xb_fake_knobs.slots_max = 3000;
	xb = xenbatch_open(0);
	xenbatch_limits(xb, &limits);
	assert_int_equal(limits.slots_max, 3000);
	for (n = 0; n < 100; n++) {
		p[n] = xenbatch_slots_alloc(xb, XENBATCH_FOREIGN, 70 + n % 3);
		if (!p[n])
			break;
	}
	assert_int_equal(errno, ENOMEM);
	assert_in_range(n, 35, 43);
	assert_null(xenbatch_slots_alloc(xb, XENBATCH_GRANTS, 3000));
	assert_int_equal(errno, ENOMEM);
	/* What is kept for the next of that length is found, if need be. */
	for (i = 0; i < n; i++)
		assert_int_equal(xenbatch_slots_free(xb, p[i], 70 + i % 3), 0);
	big = xenbatch_slots_alloc(xb, XENBATCH_FOREIGN, 1024);
	assert_non_null(big);
	assert_int_equal(xenbatch_slots_free(xb, big, 1024), 0);
	xenbatch_close(xb);
}

static void no_window_to_be_had(void **state)
{
	uint64_t gfn = 1;

	xb_fake_knobs.window_err = ENOMEM;
	fake_kernel.reserve_err = ENOMEM;
	assert_null(xenbatch_map(*state, NULL, GUEST, RW, 1, &gfn, NULL));
	assert_int_equal(errno, ENOMEM);
	xb_fake_knobs.window_err = 0;
	fake_kernel.reserve_err = 0;
	assert_non_null(xenbatch_map(*state, NULL, GUEST, RW, 1, &gfn, NULL));
}

/* What maps and unmaps again and again maps no new area, and takes one SUBMIT
 * for each.
 */
static void steady_state(void **state)
{
	uint64_t gfns[256], submits, windows;
	size_t n;
	int i;

	fill(gfns, 256, 0, 1);
	for (n = 1; n <= 256; n *= 4)
		xenbatch_unmap(*state, xenbatch_map(*state, NULL, GUEST, RW, n,
						    gfns, NULL), n);
	windows = xb_fake_counts.windows;
	submits = xb_fake_counts.submits;
	for (i = 0; i < 50; i++) {
		for (n = 1; n <= 256; n *= 4) {
			void *p = xenbatch_map(*state, NULL, GUEST, RW, n, gfns,
					       NULL);

			assert_non_null(p);
			assert_int_equal(xenbatch_unmap(*state, p, n), 0);
		}
	}
	assert_int_equal(xb_fake_counts.windows, windows);
	if (strcmp(unit_backend, "stock"))
		assert_int_equal(xb_fake_counts.submits - submits, 500);
}

static void resources(void **state)
{
	char *p = xenbatch_map_resource(*state, NULL, GUEST, RW, 1, 0, 2, 3);
	uint64_t gfn = 5;

	assert_non_null(p);
	assert_int_equal(at(p, 0), 1026 * 3 + 1);
	assert_int_equal(at(p, 2), 1028 * 3 + 1);
	/* A frame in the place of the one in the middle. */
	assert_non_null(xenbatch_map(*state, p + 4096, GUEST, RW, 1, &gfn,
				     NULL));
	assert_int_equal(at(p, 0), 1026 * 3 + 1);
	assert_int_equal(at(p, 1), 16);
	assert_int_equal(at(p, 2), 1028 * 3 + 1);
	assert_non_null(xenbatch_map_resource(*state, p, GUEST, PROT_READ, 0, 0,
					      7, 2));
	assert_int_equal(at(p, 1), 1032 * 3 + 1);
	assert_int_equal(xenbatch_unmap(*state, p, 3), 0);
	assert_null(xenbatch_map_resource(*state, NULL, GUEST, RW, 9, 0, 0, 1));
	assert_int_equal(errno, EOPNOTSUPP);
	assert_int_equal(xb_fake_mapped(0xffff), 0);
}

static void deferred(void **state)
{
	struct xenbatch_batch *b = xenbatch_batch_begin(*state);
	char *p = xenbatch_slots_alloc(*state, XENBATCH_FOREIGN, 4);
	uint64_t gfns[4] = { 1, 2, XB_FAKE_PAGES, 4 }, one = 9;
	uint64_t args[] = { XENVER_version };
	struct xenbatch_result r[6];
	int errs[4];

	assert_int_equal(xenbatch_queue_map(b, p, GUEST, RW, 4, gfns, errs, 0,
					    10), 0);
	assert_int_equal(xenbatch_queue(b, __HYPERVISOR_xen_version, args, 1,
					0, 11), 1);
	assert_int_equal(xenbatch_queue_map(b, p + 2 * 4096, GUEST, PROT_READ,
					    1, &one, NULL, XENBATCH_LINK, 12),
			 2);
	assert_int_equal(xenbatch_queue_clear(b, p, 1, 0, 13), 3);
	one = XB_FAKE_PAGES;	/* one frame is taken when it is queued */
	assert_int_equal(xenbatch_queue_map(b, p, 99, PROT_READ, 1, &one, NULL,
					    XENBATCH_LINK, 14), 4);
	assert_int_equal(xenbatch_queue_clear(b, p, 4, 0, 15), 5);
	assert_int_equal(xenbatch_queue_map(b, p, GUEST, RW, 0, gfns, NULL, 0,
					    0), -1);
	assert_int_equal(errno, EINVAL);
	assert_int_equal(xenbatch_queue_map(b, p, GUEST, RW, 1, gfns, NULL, 2,
					    0), -1);
	assert_int_equal(errno, EINVAL);
	assert_int_equal(xenbatch_queue_clear(b, &one, 1, 0, 0), -1);
	assert_int_equal(errno, EINVAL);
	assert_int_equal(xb_fake_mapped(GUEST), 0);

	assert_int_equal(xenbatch_commit(b, r, 6), 3);
	assert_int_equal(r[0].err, EINVAL);
	assert_int_equal(errs[0], 0);
	assert_int_equal(errs[2], -EINVAL);
	assert_int_equal(r[1].ret, XB_FAKE_VERSION);
	assert_int_equal(r[2].err, 0);
	assert_int_equal(r[3].ret, 1);
	assert_int_equal(r[4].err, ESRCH);
	assert_int_equal(r[5].err, ECANCELED);
	assert_int_equal(r[5].tag, 15);
	assert_true(is_empty(p));
	assert_int_equal(at(p, 1), 7);
	assert_int_equal(at(p, 2), 28);
	assert_int_equal(at(p, 3), 13);
	assert_int_equal(xenbatch_unmap(*state, p, 4), 0);
}

static void close_empties(void **state)
{
	uint64_t gfns[5] = { 1, 2, 3, 4, 5 };
	xenbatch *xb = xenbatch_open(0);

	(void)state;
	assert_non_null(xenbatch_map(xb, NULL, GUEST, RW, 5, gfns, NULL));
	assert_int_equal(xb_fake_mapped(GUEST), 5);
	xenbatch_close(xb);
	assert_int_equal(xb_fake_mapped(GUEST), 0);
}

static char *inherited;

static int child(void *xb)
{
	uint64_t gfns[3] = { 30, 31, 32 };
	char *p;

	if (xenbatch_unmap(xb, inherited, 3))
		return 1;
	p = xenbatch_map(xb, NULL, GUEST, RW, 3, gfns, NULL);
	if (!p || at(p, 2) != 97)
		return 2;
	if (p < inherited + 3 * 4096 && inherited < p + 3 * 4096)
		return 3;
	if (xenbatch_unmap(xb, inherited, 3) || at(p, 2) != 97)
		return 4;
	if (xenbatch_clear(xb, inherited, 3) != -1 || errno != EINVAL)
		return 5;
	if (xenbatch_map(xb, inherited, GUEST, RW, 3, gfns, NULL) ||
	    errno != ENXIO)
		return 6;
#ifndef __SANITIZE_THREAD__	/* which has memory of its own to place */
	if (!is_empty(inherited))
		return 7;
#endif
	*(uint64_t *)p = 12345;
	return xenbatch_unmap(xb, p, 3) ? 8 : xenbatch_close(xb);
}

static void fork_does_not_inherit(void **state)
{
	uint64_t gfns[3] = { 10, 11, 12 };

	inherited = xenbatch_map(*state, NULL, GUEST, RW, 3, gfns, NULL);
	assert_int_equal(unit_in_child(child, *state), 0);
	assert_int_equal(at(inherited, 1), 34);
	assert_int_equal(*page(30), 12345);
	assert_int_equal(xenbatch_unmap(*state, inherited, 3), 0);
	assert_int_equal(xb_fake_mapped(GUEST), 0);
}

static void restricted(void **state)
{
	uint64_t gfn = 8;
	void *p;

	xb_fake_add_domain(8, 1);
	p = xenbatch_map(*state, NULL, 8, RW, 1, &gfn, NULL);
	assert_int_equal(xenbatch_restrict(*state, GUEST), 0);
	assert_null(xenbatch_map(*state, NULL, 8, RW, 1, &gfn, NULL));
	assert_int_equal(errno, EPERM);
	/* What was mapped before stays, and can go. */
	assert_int_equal(at(p, 0), 0);
	assert_int_equal(xenbatch_unmap(*state, p, 1), 0);
	p = xenbatch_map(*state, NULL, GUEST, RW, 1, &gfn, NULL);
	assert_non_null(p);
	assert_int_equal(at(p, 0), 25);
	assert_int_equal(xenbatch_unmap(*state, p, 1), 0);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		window_test(one_page),
		window_test(many_pages_in_any_order),
		window_test(read_only),
		window_test(replaced_in_place),
		window_test(a_bad_page_fails_alone),
		window_test(nothing_could_be_mapped),
		window_test(more_than_one_operation_holds),
		window_test(bad_arguments),
		window_test(slots_are_ones_own),
		window_test(slots_come_to_an_end),
		window_test(no_window_to_be_had),
		window_test(steady_state),
		window_test(resources),
		window_test(deferred),
		window_test(close_empties),
		window_test(fork_does_not_inherit),
		window_test(restricted),
	};

	return unit_run("window", tests, ARRAY_SIZE(tests), unit_all);
}
