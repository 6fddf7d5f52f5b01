// SPDX-License-Identifier: LGPL-2.1-or-later
#include <stdlib.h>
#include <string.h>

#include "active.h"
#include "areas.h"

#define AREAS_START	64U

static uint32_t place_of(const struct areas *areas, uintptr_t addr)
{
	uint64_t page = addr >> PAGE_SHIFT;

	/* Neighbours in the address space are not to be neighbours here. */
	return (uint32_t)(page * 0x9e3779b97f4a7c15ULL >> 40) & areas->mask;
}

bool areas_init(struct areas *areas)
{
	memset(areas, 0, sizeof(*areas));
	areas->table = calloc(AREAS_START, sizeof(*areas->table));
	areas->mask = AREAS_START - 1;
	return areas->table;
}

void areas_destroy(struct areas *areas)
{
	free(areas->table);
}

struct area *areas_find(struct areas *areas, uintptr_t addr)
{
	uint32_t i = place_of(areas, addr);

	for (; areas->table[i].addr; i = (i + 1) & areas->mask)
		if (areas->table[i].addr == addr)
			return &areas->table[i];
	return NULL;
}

/* The gap is closed by those after it that would be found before it. */
void areas_remove(struct areas *areas, struct area *area)
{
	uint32_t gap = area - areas->table, i = gap, home;

	for (;;) {
		i = (i + 1) & areas->mask;
		if (!areas->table[i].addr)
			break;
		home = place_of(areas, areas->table[i].addr);
		if (((i - home) & areas->mask) < ((i - gap) & areas->mask))
			continue;
		areas->table[gap] = areas->table[i];
		gap = i;
	}
	areas->table[gap].addr = 0;
	areas->used--;
}

static void put(struct areas *areas, const struct area *area)
{
	uint32_t i = place_of(areas, area->addr);

	while (areas->table[i].addr && areas->table[i].addr != area->addr)
		i = (i + 1) & areas->mask;
	areas->used += !areas->table[i].addr;
	areas->table[i] = *area;
}

bool areas_insert(struct areas *areas, const struct area *area)
{
	if (areas->used > areas->mask / 4 * 3)
		return false;
	put(areas, area);
	return true;
}

bool areas_grow(struct areas *areas)
{
	struct areas bigger = {
		.mask = areas->mask * 2 + 1,
	};
	uint32_t i;

	bigger.table = calloc(bigger.mask + 1, sizeof(*bigger.table));
	if (!bigger.table)
		return false;
	for (i = 0; i <= areas->mask; i++)
		if (areas->table[i].addr)
			put(&bigger, &areas->table[i]);
	free(areas->table);
	areas->table = bigger.table;
	areas->mask = bigger.mask;
	return true;
}

void areas_clear(struct areas *areas)
{
	memset(areas->table, 0, (areas->mask + 1) * sizeof(*areas->table));
	areas->used = 0;
}

static bool overlap(const struct area *area, uintptr_t addr, size_t pages)
{
	return area->addr < addr + (pages << PAGE_SHIFT) &&
	       addr < area->addr + ((size_t)area->pages << PAGE_SHIFT);
}

static void unkeep(struct areas *areas, uint32_t i)
{
	areas->kept_pages -= areas->kept[i].pages;
	areas->nr_kept--;
	memmove(&areas->kept[i], &areas->kept[i + 1],
		(areas->nr_kept - i) * sizeof(areas->kept[0]));
}

void areas_forget_kept(struct areas *areas, uintptr_t addr, size_t pages)
{
	uint32_t i;

	for (i = areas->nr_kept; i--;)
		if (overlap(&areas->kept[i], addr, pages))
			unkeep(areas, i);
}

void areas_forget(struct areas *areas, uintptr_t addr, size_t pages)
{
	uint32_t i, before;

	areas_forget_kept(areas, addr, pages);
	/* Removing moves others about: go on until there was none to remove. */
	do {
		before = areas->used;
		for (i = 0; i <= areas->mask; i++)
			if (areas->table[i].addr &&
			    overlap(&areas->table[i], addr, pages))
				areas_remove(areas, &areas->table[i]);
	} while (areas->used != before);
}

bool areas_reuse(struct areas *areas, struct area *out, size_t pages,
		 int prot)
{
	uint32_t i;

	for (i = areas->nr_kept; i--;) {
		if (areas->kept[i].pages != pages ||
		    areas->kept[i].prot != prot)
			continue;
		*out = areas->kept[i];
		unkeep(areas, i);
		return true;
	}
	return false;
}

void areas_keep(struct areas *areas, const struct area *area)
{
	areas->kept[areas->nr_kept++] = *area;
	areas->kept_pages += area->pages;
}

bool areas_overfull(struct areas *areas, size_t pages, uint32_t limit,
		    struct area *oldest)
{
	if (!areas->nr_kept || (areas->nr_kept < AREAS_KEPT &&
				areas->kept_pages + pages <= limit))
		return false;
	*oldest = areas->kept[0];
	unkeep(areas, 0);
	return true;
}
