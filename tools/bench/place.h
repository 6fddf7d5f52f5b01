/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Places in the address space. Where a mapping comes to is chance, and is part
 * of its price: with an end in a page table that no neighbour uses, the kernel
 * makes that table for it and takes it away with it, which for a mapping of
 * 256 pages of a PV dom0 is 4 % of the whole. So what maps is measured at
 * PLACES places, a PLACES-th of a page table's reach apart and each right
 * below a neighbour that is in use, as most mappings of a program are; the
 * mean is what a program can expect.
 */
#ifndef BENCH_PLACE_H
#define BENCH_PLACE_H

#include <stdbool.h>
#include <stddef.h>

#define PLACES 8

struct places {
	void *neighbour[PLACES];
	unsigned int nr;
};

/* What is mapped next, length bytes long, comes to another place. */
bool places_next(struct places *p, size_t length);

void places_end(struct places *p);

#endif /* BENCH_PLACE_H */
