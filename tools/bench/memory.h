/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Memory to map: a paused PV domain's, and pages that dom0 has granted to
 * itself (which costs within 2 % of what another domain's grants do). Every
 * page has words of its own, so that a mix-up shows.
 */
#ifndef BENCH_MEMORY_H
#define BENCH_MEMORY_H

#include <stdbool.h>
#include <stdint.h>
#include <xengnttab.h>

struct libxc;

#define MEMORY_PAGE	4096
#define MEMORY_FRAMES	4096
#define MEMORY_GRANTS	128

struct memory {
	uint32_t domid;		/* 0: there is none */
	uint64_t gfn[MEMORY_FRAMES];	/* all distinct */
	xengntshr_handle *shr;
	void *shared;
	uint32_t *ref;		/* of domain 0 */
	uint32_t refs[MEMORY_GRANTS];
};

/* With a stock library that is connected. False after one line. */
bool memory_create(struct memory *m, struct libxc *lib);
void memory_destroy(struct memory *m, struct libxc *lib);

#endif /* BENCH_MEMORY_H */
