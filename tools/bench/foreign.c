// SPDX-License-Identifier: GPL-2.0-or-later
/* Kinds: frames of a domain mapped and unmapped. */
#include <stdlib.h>
#include <sys/mman.h>

#include "kinds.h"

#define RW (PROT_READ | PROT_WRITE)

size_t pages_size(unsigned int n)
{
	return (size_t)n * MEMORY_PAGE;
}

bool mapped(struct side *side, const void *p, unsigned int n)
{
	note(&side->results[0], p ? 0 : -1);
	side->nr = p ? 2 : 1;
	if (side->check)
		look_at(side, p, 0, n);
	return p;
}

void look_at(struct side *side, const void *pages, unsigned int at,
	     unsigned int n)
{
	uint64_t *word = (uint64_t *)side->out + at;

	for (unsigned int i = 0; pages && i < n; i++)
		word[i] = word_of(pages, i);
}

static void map_run(void *arg)
{
	struct side *side = arg;
	const struct memory *m = side->domains->memory;
	struct maplib *maps = &side->lib->maps;
	unsigned int n = side->row->n;
	void *p;
	int ret;

	if (side->deferred)
		p = xenbatch_map(maps->xb, NULL, m->domid, RW, n, m->gfn, NULL);
	else
		p = maps->xenforeignmemory_map(maps->fmem, m->domid, RW, n,
					       (xen_pfn_t *)m->gfn, NULL);
	if (!mapped(side, p, n))
		return;
	if (side->deferred)
		ret = xenbatch_unmap(maps->xb, p, n);
	else
		ret = maps->xenforeignmemory_unmap(maps->fmem, p, n);
	note(&side->results[1], ret);
}

static void munmap_run(void *arg)
{
	struct side *side = arg;
	const struct memory *m = side->domains->memory;
	struct maplib *maps = &side->lib->maps;
	unsigned int n = side->row->n;
	void *p;

	p = maps->xenforeignmemory_map(maps->fmem, m->domid, RW, n,
				       (xen_pfn_t *)m->gfn, NULL);
	if (mapped(side, p, n))
		note(&side->results[1], munmap(p, n * MEMORY_PAGE));
}

static double map_floor(struct floor *f, const struct row *row,
			const struct domains *domains)
{
	const struct memory *m = domains->memory;

	floor_reset(f);
	floor_foreign(f, m->domid, row->n, m->gfn);
	floor_foreign(f, m->domid, row->n, NULL);
	return floor_measure(f);
}

const struct kind kind_foreign = {
	.run = map_run, .out_size = words_size, .calls = calls_two,
	.floor = map_floor, .maps = pages_size, .needs = NEEDS_MEMORY,
};

const struct kind kind_foreign_dropin = {
	.run = map_run, .out_size = words_size, .calls = calls_two,
	.floor = map_floor, .maps = pages_size, .needs = NEEDS_MEMORY | NEEDS_DROPINS,
};

const struct kind kind_foreign_munmap = {
	.run = munmap_run, .out_size = words_size, .calls = calls_two,
	.floor = map_floor, .maps = pages_size, .needs = NEEDS_MEMORY | NEEDS_DROPINS,
};

/*
 * Two lists of frames in turns, both in one run: with us onto the same slots,
 * which are the row's from beginning to end.
 */
#define OTHER (MEMORY_FRAMES / 2)

static size_t replace_size(unsigned int n)
{
	return 2 * words_size(n);
}

static bool replace_setup(struct side *side)
{
	if (side->deferred)
		side->own = xenbatch_slots_alloc(side->lib->maps.xb,
						 XENBATCH_FOREIGN,
						 side->row->n);
	return side->own || !side->deferred;
}

static void replace_finish(struct side *side)
{
	if (side->deferred)
		xenbatch_slots_free(side->lib->maps.xb, side->own,
				    side->row->n);
}

static void replace_ours(struct side *side, unsigned int which)
{
	const struct memory *m = side->domains->memory;
	unsigned int n = side->row->n;
	void *p;

	p = xenbatch_map(side->lib->maps.xb, side->own, m->domid, RW, n,
			 &m->gfn[which * OTHER], NULL);
	look_at(side, p, which * n, n);
	note(&side->results[which], p ? 0 : -1);
}

static void replace_stock(struct side *side, unsigned int which)
{
	const struct memory *m = side->domains->memory;
	struct maplib *maps = &side->lib->maps;
	unsigned int n = side->row->n;
	void *p;

	p = maps->xenforeignmemory_map(maps->fmem, m->domid, RW, n,
				       (xen_pfn_t *)&m->gfn[which * OTHER],
				       NULL);
	look_at(side, p, which * n, n);
	note(&side->results[which],
	     p ? maps->xenforeignmemory_unmap(maps->fmem, p, n) : -1);
}

static void replace_run(void *arg)
{
	struct side *side = arg;

	side->nr = 2;
	for (unsigned int which = 0; which < 2; which++) {
		if (side->deferred)
			replace_ours(side, which);
		else
			replace_stock(side, which);
	}
}

static double replace_floor(struct floor *f, const struct row *row,
			    const struct domains *domains)
{
	const struct memory *m = domains->memory;

	floor_reset(f);
	floor_foreign(f, m->domid, row->n, m->gfn);
	floor_foreign(f, m->domid, row->n, &m->gfn[OTHER]);
	return floor_measure(f);
}

const struct kind kind_replace = {
	.run = replace_run, .out_size = replace_size, .calls = calls_two,
	.floor = replace_floor, .setup = replace_setup,
	.finish = replace_finish, .maps = pages_size, .needs = NEEDS_MEMORY,
};
