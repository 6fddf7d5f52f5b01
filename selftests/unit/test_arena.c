// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Promise: xenbatch_alloc gives memory that nobody else has, aligned, of the
 * arena, until the arena is full; xenbatch_free makes all of it available
 * again; and a pointer that is not a live buffer ends the program instead of
 * corrupting it.
 */
#include <signal.h>

#include "unit.h"

#define MODEL_SLOTS	512
#define MODEL_STEPS	100000

struct model_slot {
	unsigned char *p;
	size_t size;
	unsigned char mark;
};

static uint64_t seed;

static uint32_t random32(void)
{
	seed = seed * 6364136223846793005ULL + 1442695040888963407ULL;
	return seed >> 33;
}

/* Mostly small, some pages, seldom large. */
static size_t random_size(void)
{
	switch (random32() % 16) {
	case 0:
		return 1 + random32() % (200 << 10);
	case 1:
	case 2:
	case 3:
		return 1 + random32() % (16 << 10);
	}
	return random32() % 2100;
}

/* The first, the last and some bytes in between carry the slot's mark. */
static void mark_set(struct model_slot *s)
{
	size_t i;

	for (i = 0; i < s->size; i += 61)
		s->p[i] = s->mark;
	if (s->size)
		s->p[s->size - 1] = s->mark;
}

static void mark_check(const struct model_slot *s)
{
	size_t i;

	for (i = 0; i < s->size; i += 61)
		assert_int_equal(s->p[i], s->mark);
	if (s->size)
		assert_int_equal(s->p[s->size - 1], s->mark);
}

static void no_overlap(const struct model_slot *slots, const struct model_slot *n)
{
	const struct model_slot *s;

	for (s = slots; s < slots + MODEL_SLOTS; s++)
		if (s != n && s->p)
			assert_true(s->p + s->size <= n->p ||
				    n->p + n->size <= s->p);
}

static void against_a_model(void **state)
{
	static struct model_slot slots[MODEL_SLOTS];
	xenbatch *xb = *state;
	struct model_slot *s;
	int step;

	seed = 42;
	memset(slots, 0, sizeof(slots));
	for (step = 0; step < MODEL_STEPS; step++) {
		s = &slots[random32() % MODEL_SLOTS];
		if (s->p) {
			mark_check(s);
			xenbatch_free(xb, s->p);
			s->p = NULL;
			continue;
		}
		s->size = random_size();
		s->mark = step;
		s->p = xenbatch_alloc(xb, s->size);
		assert_non_null(s->p);
		assert_int_equal((uintptr_t)s->p % 16, 0);
		if (s->size >= 4096)
			assert_int_equal((uintptr_t)s->p % 4096, 0);
		assert_true(xenbatch_owns(xb, s->p, s->size));
		if (step % 16 == 0)
			no_overlap(slots, s);
		mark_set(s);
	}
	for (s = slots; s < slots + MODEL_SLOTS; s++) {
		if (s->p)
			mark_check(s);
		xenbatch_free(xb, s->p);
	}
}

/* Every size up to some pages, all live together: none touches another. */
static void every_size(void **state)
{
	static unsigned char *p[9000];
	size_t size, i;

	for (size = 0; size < ARRAY_SIZE(p); size++) {
		p[size] = xenbatch_alloc(*state, size);
		assert_non_null(p[size]);
		assert_int_equal((uintptr_t)p[size] % (size < 4096 ? 16 : 4096),
				 0);
		memset(p[size], size % 251, size);
	}
	for (size = 0; size < ARRAY_SIZE(p); size++) {
		for (i = 0; i < size; i++)
			if (p[size][i] != size % 251)
				fail_msg("size %zu, byte %zu", size, i);
		xenbatch_free(*state, p[size]);
	}
}

static void nothing_is_cleared(void **state)
{
	unsigned char *p, *q;

	p = xenbatch_alloc(*state, 64);
	memset(p, 0xa5, 64);
	xenbatch_free(*state, p);
	q = xenbatch_alloc(*state, 64);
	assert_ptr_equal(p, q);
	assert_int_equal(q[33], 0xa5);
	xenbatch_free(*state, q);
}

static void exhausted_and_back(void **state)
{
	static const size_t sizes[] = { 48, 2048, 4096, 12288, 100000 };
	struct xenbatch_limits limits;
	static void *p[70000];
	size_t i, n, again, sum;
	xenbatch *xb;

	(void)state;
	xb_fake_knobs.arena_max = 2 << 20;
	xb = xenbatch_open(0);
	assert_int_equal(xenbatch_limits(xb, &limits), 0);
	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		for (again = 0, sum = 0; again < 2; again++) {
			for (n = 0; n < ARRAY_SIZE(p); n++) {
				p[n] = xenbatch_alloc(xb, sizes[i]);
				if (!p[n])
					break;
				memset(p[n], n, sizes[i]);
			}
			assert_int_equal(errno, ENOMEM);
			if (again)
				assert_int_equal(n * sizes[i], sum);
			sum = n * sizes[i];
			assert_true(sum <= limits.arena_max);
			/* Six pieces of at most so much waste each. */
			assert_true(sum >= limits.arena_max -
				    6 * sizes[i] - limits.arena_max / 8);
			while (n--)
				xenbatch_free(xb, p[n]);
		}
	}
	assert_null(xenbatch_alloc(xb, limits.arena_max + 1));
	assert_int_equal(errno, ENOMEM);
	assert_null(xenbatch_alloc(xb, SIZE_MAX));
	assert_int_equal(errno, ENOMEM);
	xenbatch_close(xb);
}

/* What was freed in pieces can be had as a whole. */
static void neighbours_are_joined(void **state)
{
	uint64_t maps;
	char *p[256];
	void *whole;
	int i;

	/* Four pieces: 16 KiB, 64 KiB, 256 KiB, 1 MiB. */
	for (i = 0; i < 256; i++)
		p[i] = xenbatch_alloc(*state, 4096);
	maps = xb_fake_counts.maps;
	for (i = 1; i < 256; i += 2)
		xenbatch_free(*state, p[i]);
	for (i = 0; i < 256; i += 2)
		xenbatch_free(*state, p[i]);
	whole = xenbatch_alloc(*state, 1 << 20);
	assert_non_null(whole);
	assert_int_equal(xb_fake_counts.maps, maps);
	xenbatch_free(*state, whole);
}

/* Of several long stretches, the shortest that will do is cut. */
static void best_fit(void **state)
{
	char *long_run, *short_run, *keep[3], *p;

	xenbatch_free(*state, xenbatch_alloc(*state, 4 << 20));
	keep[0] = xenbatch_alloc(*state, 40 * 4096);
	short_run = xenbatch_alloc(*state, 40 * 4096);
	keep[1] = xenbatch_alloc(*state, 40 * 4096);
	long_run = xenbatch_alloc(*state, 100 * 4096);
	keep[2] = xenbatch_alloc(*state, 4096);
	/* In both orders: neither is found only for being first. */
	xenbatch_free(*state, long_run);
	xenbatch_free(*state, short_run);
	p = xenbatch_alloc(*state, 36 * 4096);
	assert_ptr_equal(p, short_run);
	xenbatch_free(*state, p);
	p = xenbatch_alloc(*state, 90 * 4096);
	assert_ptr_equal(p, long_run);
	xenbatch_free(*state, p);
	p = xenbatch_alloc(*state, 36 * 4096);
	assert_ptr_equal(p, short_run);
	xenbatch_free(*state, p);
	xenbatch_free(*state, keep[0]);
	xenbatch_free(*state, keep[1]);
	xenbatch_free(*state, keep[2]);
}

static void owns(void **state)
{
	xenbatch *xb = *state;
	char local = 0, *p;

	assert_false(xenbatch_owns(xb, &local, 1));
	assert_false(xenbatch_owns(xb, NULL, 0));
	p = xenbatch_alloc(xb, 4096);
	assert_true(xenbatch_owns(xb, p, 4096));
	assert_true(xenbatch_owns(xb, p + 4095, 1));
	assert_false(xenbatch_owns(xb, p, SIZE_MAX));
	assert_false(xenbatch_owns(xb, p, 64 << 20));
	assert_false(xenbatch_owns(xb, &local, 1));
	xenbatch_free(xb, p);
	xenbatch_free(xb, NULL);
}

static xenbatch *abort_xb;

static int bad_free(void *p)
{
	signal(SIGABRT, SIG_DFL);
	close(STDERR_FILENO);
	xenbatch_free(abort_xb, p);
	return 0;
}

static int double_free(void *p)
{
	xenbatch_free(abort_xb, p);
	return bad_free(p);
}

/*
 * In a child of fork the handle is a new one, where all pointers from before
 * are ignored: so the child makes its own.
 */
static int in_child(void *arg)
{
	static char local[64];
	char *small, *pages, *p;
	xenbatch *xb = abort_xb = xenbatch_open(0);

	small = xenbatch_alloc(xb, 100);
	xenbatch_alloc(xb, 100);
	pages = xenbatch_alloc(xb, 3 * 4096);
	switch ((intptr_t)arg) {
	case 0:
		p = local + 16;
		break;
	case 1:
		p = small + 16;
		break;
	case 2:
		p = pages + 4096;
		break;
	case 3:
		p = pages + 16;
		break;
	case 4:
		return double_free(small);
	case 5:
		return double_free(pages);
	default:
		p = xenbatch_alloc(xb, 512) + 512; /* free, same page */
		break;
	}
	return bad_free(p);
}

static void bad_frees_abort(void **state)
{
	intptr_t i;

	(void)state;
	for (i = 0; i < 7; i++)
		assert_int_equal(unit_in_child(in_child, (void *)i), -SIGABRT);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		opened_test(every_size),
		opened_test(nothing_is_cleared),
		opened_test(exhausted_and_back),
		opened_test(neighbours_are_joined),
		opened_test(best_fit),
		opened_test(owns),
		opened_test(bad_frees_abort),
		opened_test(against_a_model),
	};
	static const char *const fake[] = { "fake", NULL };
	static const char *const others[] = { "module", "stock", NULL };

	return unit_run("arena", tests, ARRAY_SIZE(tests), fake) +
	       unit_run("arena", tests + ARRAY_SIZE(tests) - 1, 1, others);
}
