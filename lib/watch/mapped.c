// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Where frames of other domains are mapped by privcmd: so that of all that a
 * library unmaps, these are told from its own buffers. What a program unmaps by
 * itself is never seen, and its place here taken by the next one.
 */
#include "watch.h"

#define NR_PLACES	16384
#define NEAR		16

static uint64_t places[NR_PLACES];

static uint32_t home(uint64_t addr)
{
	return (addr >> 12) * 0x9e3779b97f4a7c15ULL >> 50;
}

static uint64_t *place(uint64_t addr, uint64_t what)
{
	for (int i = 0; i < NEAR; i++) {
		uint64_t *p = &places[(home(addr) + i) % NR_PLACES];

		if (__atomic_load_n(p, __ATOMIC_RELAXED) == what)
			return p;
	}
	return NULL;
}

void watch_mapped(uint64_t addr)
{
	uint64_t *p = place(addr, addr);

	if (p)
		return;		/* more of it, or its end was not seen */
	p = place(addr, 0);
	if (!p)
		p = &places[home(addr)];
	__atomic_store_n(p, addr, __ATOMIC_RELAXED);
}

void watch_unmapped(uint64_t addr, size_t size)
{
	uint64_t *p = addr ? place(addr, addr) : NULL;
	struct watch_row *row;

	if (!p)
		return;
	__atomic_store_n(p, 0, __ATOMIC_RELAXED);
	row = watch_row_number(WATCH_UNMAP, 0);
	if (!row)
		return;
	watch_add(&row->count, 1);
	watch_add(&row->pages, (size + 4095) >> 12);
}
