/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Which areas a handle has: those that are the client's, by address, and those
 * that were given back and are kept.
 *
 * What is written here is a memory, not the truth: a client may call munmap, or
 * map something else over an area, and nobody tells us. So whoever finds an
 * area here asks the module whether it is there still; a kept one is not
 * unmapped without asking either. No locks: the caller has one.
 */
#ifndef STABLE_AREAS_H
#define STABLE_AREAS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct area {
	uintptr_t addr;
	uint32_t pages;
	int prot;
};

#define AREAS_KEPT	8

struct areas {
	struct area *table;	/* addr 0: free; by hash, then the next free */
	uint32_t mask;		/* its size less 1 */
	uint32_t used;
	uint32_t nr_kept;
	uint32_t kept_pages;
	struct area kept[AREAS_KEPT];	/* oldest first */
};

bool areas_init(struct areas *areas);
void areas_destroy(struct areas *areas);

/* The client's area at addr; NULL: none. */
struct area *areas_find(struct areas *areas, uintptr_t addr);
void areas_remove(struct areas *areas, struct area *area);
/*
 * It is the client's now; what was known of that address before is forgotten.
 * False: there is no room, and areas_grow makes some.
 */
bool areas_insert(struct areas *areas, const struct area *area);
bool areas_grow(struct areas *areas);
void areas_clear(struct areas *areas);

/* Something new lies here: forget all that was here, or was kept here. */
void areas_forget(struct areas *areas, uintptr_t addr, size_t pages);
void areas_forget_kept(struct areas *areas, uintptr_t addr, size_t pages);

/* Take a kept area of this shape, the newest first. */
bool areas_reuse(struct areas *areas, struct area *out, size_t pages,
		 int prot);
/* Keep it; to be called while areas_overfull is false. */
void areas_keep(struct areas *areas, const struct area *area);
/* Must one go before `pages` more can be kept? That is *oldest. */
bool areas_overfull(struct areas *areas, size_t pages, uint32_t limit,
		    struct area *oldest);

#endif /* STABLE_AREAS_H */
