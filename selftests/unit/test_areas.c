// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Promise: the drop-ins' memory of areas (lib/stable/areas.c) says of an
 * address what was said last, loses nothing when it grows or when others are
 * removed, and of what is kept gives back the newest of a shape, never what
 * something new lies over, and never more than the limit.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "lib/stable/areas.c"

#define PLACES		4096	/* addresses of the model, 16 pages apart */
#define STEPS		200000

static uint64_t seed = 1;

static uint32_t random32(void)
{
	seed = seed * 6364136223846793005ULL + 1442695040888963407ULL;
	return seed >> 33;
}

static uintptr_t addr_of(uint32_t place)
{
	return 0x7f0000000000UL + ((uintptr_t)place << (PAGE_SHIFT + 4));
}

static void insert(struct areas *areas, const struct area *area)
{
	if (!areas_insert(areas, area)) {
		assert_true(areas_grow(areas));
		assert_true(areas_insert(areas, area));
	}
}

/* The table, against an array that has a place for each address. */
static uint32_t model[PLACES];

static void same_as_model(struct areas *areas)
{
	struct area *found;
	uint32_t i, used = 0;

	for (i = 0; i < PLACES; i++) {
		found = areas_find(areas, addr_of(i));
		assert_int_equal(!!found, !!model[i]);
		if (found)
			assert_int_equal(found->pages, model[i]);
		used += !!model[i];
	}
	assert_int_equal(areas->used, used);
}

static void forget(struct areas *areas, uint32_t place, uint32_t places)
{
	uint32_t i;

	areas_forget(areas, addr_of(place), (size_t)places * 16);
	for (i = place; i < place + places && i < PLACES; i++)
		model[i] = 0;
}

static void against_a_model(void **state)
{
	struct areas areas;
	struct area *found;
	uint32_t i, place;

	(void)state;
	assert_true(areas_init(&areas));
	memset(model, 0, sizeof(model));
	for (i = 0; i < STEPS; i++) {
		struct area area;

		place = random32() % PLACES;
		/* Grows until it is nearly full, and shrinks again. */
		if (random32() % 100 < (i / 40000 & 1 ? 30U : 70U)) {
			area.addr = addr_of(place);
			area.pages = 1 + random32() % 16;
			area.prot = 3;
			insert(&areas, &area);
			model[place] = area.pages;
		} else if (random32() % 200 == 0) {
			forget(&areas, place, 1 + random32() % 64);
		} else {
			found = areas_find(&areas, addr_of(place));
			assert_int_equal(!!found, !!model[place]);
			if (found)
				areas_remove(&areas, found);
			model[place] = 0;
		}
		if (i % 5000 == 0)
			same_as_model(&areas);
	}
	same_as_model(&areas);
	areas_clear(&areas);
	memset(model, 0, sizeof(model));
	same_as_model(&areas);
	areas_destroy(&areas);
}

static void keep(struct areas *areas, uint32_t place, uint32_t pages, int prot)
{
	const struct area area = { addr_of(place), pages, prot };

	areas_keep(areas, &area);
}

static void newest_of_a_shape(void **state)
{
	struct areas areas;
	struct area got;

	(void)state;
	assert_true(areas_init(&areas));
	keep(&areas, 1, 4, 3);
	keep(&areas, 2, 4, 1);
	keep(&areas, 3, 4, 3);
	keep(&areas, 4, 5, 3);
	assert_false(areas_reuse(&areas, &got, 6, 3));
	assert_true(areas_reuse(&areas, &got, 4, 3));
	assert_int_equal(got.addr, addr_of(3));
	assert_true(areas_reuse(&areas, &got, 4, 3));
	assert_int_equal(got.addr, addr_of(1));
	assert_false(areas_reuse(&areas, &got, 4, 3));
	assert_true(areas_reuse(&areas, &got, 4, 1));
	assert_true(areas_reuse(&areas, &got, 5, 3));
	assert_int_equal(areas.nr_kept, 0);
	assert_int_equal(areas.kept_pages, 0);
	areas_destroy(&areas);
}

static void forgotten_where_overlapped(void **state)
{
	struct areas areas;
	struct area got;

	(void)state;
	assert_true(areas_init(&areas));
	keep(&areas, 0, 16, 3);
	keep(&areas, 1, 16, 3);
	keep(&areas, 2, 16, 3);
	/* The last page of the first, and the first of the second. */
	areas_forget_kept(&areas, addr_of(1) - PAGE_BYTES, 2);
	assert_int_equal(areas.nr_kept, 1);
	/* Neighbours are no overlap. */
	areas_forget_kept(&areas, addr_of(2) - PAGE_BYTES, 1);
	areas_forget_kept(&areas, addr_of(3), 1);
	assert_true(areas_reuse(&areas, &got, 16, 3));
	assert_int_equal(got.addr, addr_of(2));
	areas_destroy(&areas);
}

static void never_more_than_the_limit(void **state)
{
	struct areas areas;
	struct area oldest;
	uint32_t i, pages, gone = 0;

	(void)state;
	assert_true(areas_init(&areas));
	for (i = 0; i < 1000; i++) {
		pages = 1 + random32() % 50;
		while (areas_overfull(&areas, pages, 100, &oldest)) {
			/* First come, first go. */
			assert_int_equal(oldest.addr, addr_of(gone));
			gone++;
		}
		keep(&areas, i, pages, 3);
		assert_in_range(areas.nr_kept, 1, AREAS_KEPT);
		assert_in_range(areas.kept_pages, 1, 100);
	}
	while (areas_overfull(&areas, 1, 0, &oldest))
		gone++;
	assert_int_equal(gone, 1000);
	areas_destroy(&areas);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(against_a_model),
		cmocka_unit_test(newest_of_a_shape),
		cmocka_unit_test(forgotten_where_overlapped),
		cmocka_unit_test(never_more_than_the_limit),
	};

	return cmocka_run_group_tests_name("areas", tests, NULL, NULL);
}
