/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Domains to look at: paused from birth, without memory, so that what is read
 * about them never moves. They are destroyed when the benchmark ends.
 */
#ifndef BENCH_DOMAINS_H
#define BENCH_DOMAINS_H

#include <stdbool.h>

#include "libxc.h"
#include "memory.h"

#define DOMAINS	64
#define VCPUS	2

/* One question; a sampler has a list of those. */
struct ask {
	uint32_t domid;
	uint32_t vcpu;
};

struct domains {
	unsigned int nr;
	uint32_t domid[DOMAINS];
	/* Round and round all vcpus: as many as the longest batch asks. */
	struct ask ask[512];
	const struct memory *memory;	/* NULL: no row needs it */
};

/* False after one line, with nothing left behind. */
bool domains_create(struct domains *d, struct libxc *lib);
void domains_destroy(struct domains *d, struct libxc *lib);

#endif /* BENCH_DOMAINS_H */
