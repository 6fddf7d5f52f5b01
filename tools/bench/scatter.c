// SPDX-License-Identifier: GPL-2.0-or-later
/* Kinds: a few bytes from each of many frames, and from the same one again. */
#include <stdlib.h>
#include <sys/mman.h>

#include "kinds.h"

#define BATCH		256	/* of stock: what QEMU's cache maps at a time */
#define FLOOR_BATCH	256

static bool read8_setup(struct side *side)
{
	const struct memory *m = side->domains->memory;
	uint64_t *word = side->out;
	struct xenbatch_piece *p;

	if (!side->deferred)
		return true;
	p = calloc(side->row->n, sizeof(*p));
	side->own = p;
	for (unsigned int i = 0; p && i < side->row->n; i++) {
		p[i].gfn = m->gfn[i];
		p[i].offset = word_at(i) * sizeof(uint64_t);
		p[i].len = sizeof(uint64_t);
		p[i].buf = &word[i];
	}
	return p;
}

static void read8_finish(struct side *side)
{
	free(side->own);
}

static void read8_ours(struct side *side)
{
	const struct memory *m = side->domains->memory;

	side->nr = 1;
	note(&side->results[0],
	     xenbatch_read_guest(side->lib->maps.xb, m->domid, side->own,
				 side->row->n));
}

/* By so many frames at a time; the result is how many could not be read. */
static inline __attribute__((always_inline)) void
read8_stock(struct side *side, unsigned int batch)
{
	const struct memory *m = side->domains->memory;
	struct maplib *maps = &side->lib->maps;
	uint64_t *word = side->out;
	int failed = 0;
	char *p;

	for (unsigned int i = 0; i < side->row->n; i += batch) {
		p = maps->xenforeignmemory_map(maps->fmem, m->domid, PROT_READ,
					       batch, (xen_pfn_t *)&m->gfn[i],
					       NULL);
		if (!p) {
			failed += batch;
			continue;
		}
		for (unsigned int j = 0; j < batch; j++)
			word[i + j] = ((uint64_t *)(p + j * MEMORY_PAGE))
					[word_at(i + j)];
		maps->xenforeignmemory_unmap(maps->fmem, p, batch);
	}
	side->nr = 1;
	note(&side->results[0], failed);
}

static void read8_run(void *arg)
{
	struct side *side = arg;

	if (side->deferred)
		read8_ours(side);
	else
		read8_stock(side, 1);
}

static void read8_batches_run(void *arg)
{
	struct side *side = arg;

	if (side->deferred)
		read8_ours(side);
	else
		read8_stock(side, BATCH);
}

/* The same few slots over and over, replaced in place. */
static double read8_floor(struct floor *f, const struct row *row,
			  const struct domains *domains)
{
	const struct memory *m = domains->memory;

	floor_reset(f);
	for (unsigned int i = 0; i < row->n; i += FLOOR_BATCH)
		floor_foreign(f, m->domid, FLOOR_BATCH, &m->gfn[i]);
	return floor_measure(f);
}

const struct kind kind_read8 = {
	.run = read8_run, .out_size = words_size, .calls = calls_one,
	.floor = read8_floor, .setup = read8_setup, .finish = read8_finish,
	.needs = NEEDS_MEMORY,
};

const struct kind kind_read8_batches = {
	.run = read8_batches_run, .out_size = words_size, .calls = calls_one,
	.floor = read8_floor, .setup = read8_setup, .finish = read8_finish,
	.needs = NEEDS_MEMORY,
};

static bool cached_setup(struct side *side)
{
	if (side->deferred)
		side->own = xenbatch_cache_create(side->lib->maps.xb, NULL);
	return side->own || !side->deferred;
}

static void cached_finish(struct side *side)
{
	xenbatch_cache_destroy(side->own);
}

static void cached_run(void *arg)
{
	struct side *side = arg;
	const struct memory *m = side->domains->memory;
	struct xenbatch_cache *cache = side->own;
	uint64_t *word = side->out;
	void *p;

	if (!side->deferred) {
		read8_stock(side, 1);
		return;
	}
	p = xenbatch_cache_get(cache, m->domid, m->gfn[0], PROT_READ);
	if (p) {
		word[0] = word_of(p, 0);
		xenbatch_cache_put(cache, p);
	}
	side->nr = 1;
	note(&side->results[0], !p);
}

const struct kind kind_read_cached = {
	.run = cached_run, .out_size = words_size, .calls = calls_one,
	.setup = cached_setup, .finish = cached_finish, .needs = NEEDS_MEMORY,
};
