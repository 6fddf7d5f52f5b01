// SPDX-License-Identifier: GPL-2.0-or-later
/* Kinds: grants mapped and unmapped, and copied from. */
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "kinds.h"

#define RW (PROT_READ | PROT_WRITE)

static void *stock_map(struct maplib *maps, uint32_t *refs, unsigned int n)
{
	if (n == 1)
		return maps->xengnttab_map_grant_ref(maps->xgt, 0, refs[0], RW);
	return maps->xengnttab_map_domain_grant_refs(maps->xgt, n, 0, refs, RW);
}

static inline __attribute__((always_inline)) void
map_run(struct side *side, enum xenbatch_window window)
{
	uint32_t *refs = side->domains->memory->ref;
	struct maplib *maps = &side->lib->maps;
	unsigned int n = side->row->n;
	void *p;
	int ret;

	if (side->deferred)
		p = xenbatch_map_grants(maps->xb, NULL, window, 0, RW, n, refs,
					NULL);
	else
		p = stock_map(maps, refs, n);
	if (!mapped(side, p, n))
		return;
	if (side->deferred)
		ret = xenbatch_unmap(maps->xb, p, n);
	else
		ret = maps->xengnttab_unmap(maps->xgt, p, n);
	note(&side->results[1], ret);
}

static void grants_run(void *arg)
{
	map_run(arg, XENBATCH_GRANTS);
}

static void grants_dio_run(void *arg)
{
	map_run(arg, XENBATCH_GRANTS_DIO);
}

static double grants_floor(struct floor *f, const struct row *row,
			   const struct domains *domains)
{
	floor_reset(f);
	floor_grants(f, row->n, domains->memory->ref);
	return floor_measure(f);
}

const struct kind kind_grants = {
	.run = grants_run, .out_size = words_size, .calls = calls_two,
	.floor = grants_floor, .maps = pages_size, .needs = NEEDS_MEMORY,
};

const struct kind kind_grants_dio = {
	.run = grants_dio_run, .out_size = words_size, .calls = calls_two,
	.floor = grants_floor, .maps = pages_size, .needs = NEEDS_MEMORY,
};

const struct kind kind_grants_dropin = {
	.run = grants_run, .out_size = words_size, .calls = calls_two,
	.floor = grants_floor, .maps = pages_size, .needs = NEEDS_MEMORY | NEEDS_DROPINS,
};

/*
 * Copies: n segments from n grants, each to a page of its own. Buffers begin
 * on a page with both libraries, which is the best case for stock.
 */
struct copies {
	xengnttab_grant_copy_segment_t *stock;
	struct xenbatch_copy_segment *ours;
	uint16_t len;
	bool arena;
};

static size_t copy_size(unsigned int n)
{
	return (size_t)n * MEMORY_PAGE;
}

static bool copy_buffer(struct side *side, bool arena)
{
	size_t size = copy_size(side->row->n);

	free(side->out);
	if (arena)
		side->out = xenbatch_alloc(side->lib->maps.xb, size);
	else
		side->out = aligned_alloc(MEMORY_PAGE, size);
	return side->out;
}

static bool copy_setup(struct side *side, bool arena, uint16_t len)
{
	const struct memory *m = side->domains->memory;
	struct copies *c = calloc(1, sizeof(*c));
	unsigned int i, n = side->row->n;

	side->own = c;
	if (!c)
		return false;
	c->len = len;
	c->arena = arena && side->deferred;
	c->stock = calloc(n, sizeof(*c->stock));
	c->ours = calloc(n, sizeof(*c->ours));
	if (!copy_buffer(side, c->arena) || !c->stock || !c->ours)
		return false;
	for (i = 0; i < n; i++) {
		char *dest = (char *)side->out + i * MEMORY_PAGE;

		c->stock[i].source.foreign.ref = m->ref[i];
		c->stock[i].dest.virt = dest;
		c->stock[i].len = len;
		c->stock[i].flags = GNTCOPY_source_gref;
		c->ours[i].source.ref = m->ref[i];
		c->ours[i].dest.addr = dest;
		c->ours[i].dest.domid = XENBATCH_NO_DOMID;
		c->ours[i].len = len;
	}
	return true;
}

static void copy_finish(struct side *side)
{
	struct copies *c = side->own;

	if (c && c->arena) {
		xenbatch_free(side->lib->maps.xb, side->out);
		side->out = NULL;
	}
	if (c) {
		free(c->stock);
		free(c->ours);
	}
	free(c);
}

static bool copy_arena_setup(struct side *side)
{
	return copy_setup(side, true, MEMORY_PAGE);
}

static bool copy_plain_setup(struct side *side)
{
	return copy_setup(side, false, MEMORY_PAGE);
}

static bool copy_arena_small_setup(struct side *side)
{
	return copy_setup(side, true, 64);
}

static bool copy_plain_small_setup(struct side *side)
{
	return copy_setup(side, false, 64);
}

/* Statuses of segments are compared as if each were a call. */
static void copy_statuses(struct side *side)
{
	struct copies *c = side->own;
	unsigned int i, n = side->row->n;

	for (i = 0; i < n; i++) {
		side->results[1 + i].ret = side->deferred ? c->ours[i].status :
							    c->stock[i].status;
		side->results[1 + i].err = 0;
	}
	side->nr = 1 + n;
}

static unsigned int copy_calls(unsigned int n)
{
	return 1 + n;
}

static void copy_run(void *arg)
{
	struct side *side = arg;
	struct maplib *maps = &side->lib->maps;
	struct copies *c = side->own;
	unsigned int n = side->row->n;
	int ret;

	if (side->deferred)
		ret = xenbatch_grant_copy(maps->xb, c->ours, n);
	else
		ret = maps->xengnttab_grant_copy(maps->xgt, n, c->stock);
	note(&side->results[0], ret);
	if (side->check)
		copy_statuses(side);
}

/* Each segment a call of its own: with ours, of a batch. */
static void copy_each_run(void *arg)
{
	struct side *side = arg;
	struct maplib *maps = &side->lib->maps;
	unsigned int i, n = side->row->n;
	struct copies *c = side->own;
	struct xenbatch_batch *b;

	if (side->deferred) {
		b = xenbatch_batch_begin(maps->xb);
		for (i = 0; i < n; i++)
			xenbatch_queue_grant_copy(b, &c->ours[i], 1, 0, 0);
		note(&side->results[0], xenbatch_commit(b, NULL, 0));
	} else {
		for (i = 0; i < n; i++)
			note(&side->results[0],
			     maps->xengnttab_grant_copy(maps->xgt, 1,
							&c->stock[i]));
	}
	if (side->check)
		copy_statuses(side);
}

static double copy_floor_of(struct floor *f, const struct row *row,
			    const struct domains *domains, uint16_t len)
{
	floor_reset(f);
	floor_copy(f, row->n, domains->memory->ref, len);
	return floor_measure(f);
}

static double copy_floor(struct floor *f, const struct row *row,
			 const struct domains *domains)
{
	return copy_floor_of(f, row, domains, MEMORY_PAGE);
}

static double copy_small_floor(struct floor *f, const struct row *row,
			       const struct domains *domains)
{
	return copy_floor_of(f, row, domains, 64);
}

#define COPY(name, where, which, how)					\
const struct kind kind_copy_##name = {					\
	.run = how, .out_size = copy_size, .calls = copy_calls,	\
	.floor = copy_##which, .setup = copy_##where##_setup,		\
	.finish = copy_finish, .needs = NEEDS_MEMORY,			\
}

COPY(arena, arena, floor, copy_run);
COPY(plain, plain, floor, copy_run);
COPY(arena_small, arena_small, small_floor, copy_run);
COPY(plain_small, plain_small, small_floor, copy_run);
COPY(arena_each, arena, floor, copy_each_run);
COPY(plain_each, plain, floor, copy_each_run);
