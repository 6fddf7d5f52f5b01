// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Two layers. Below, runs of pages: a piece is cut into runs, each free run
 * is in the bin of its length, neighbours that are free are one run. Above,
 * objects of less than a page: a page holds objects of one size, and a bit for
 * each of them says whether it is free. Neither layer ever touches the memory
 * that it gives out.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "arena.h"
#include "fence.h"
#include "poison.h"

#define PIECE_FIRST	((size_t)16 << 10)
#define PIECE_QUICK	((size_t)1 << 20)	/* up to here: times four */
#define SMALL_MAX	2048
#define WORDS		(XB_PAGE / 16 / 64)

enum page_kind {
	PAGE_INNER,	/* not the end of anything (or the tail of a used run) */
	PAGE_FREE,	/* first or last of a free run */
	PAGE_RUN,	/* first of a used run */
	PAGE_SMALL,	/* objects of one class */
};

struct xb_page {
	uint64_t free[WORDS];		/* PAGE_SMALL */
	char *addr;
	struct xb_page *next, *prev;	/* in bins[] or partial[] */
	uint32_t run;			/* pages: PAGE_FREE, PAGE_RUN */
	uint16_t nr_free;		/* PAGE_SMALL */
	uint8_t kind;
	uint8_t class;
};

struct xb_piece {
	char *base;
	size_t size;
	uint64_t offset;		/* of base, in the region */
	bool fenced;			/* our PROT_NONE is in its place */
	struct xb_piece *next;
	struct xb_page pages[];
};

/* 16, 32, .. 128, then four steps to each doubling, up to 2048. */
static unsigned int class_of(size_t size)
{
	unsigned int s = size ? (unsigned int)size - 1 : 0;
	unsigned int log;

	if (s < 128)
		return s >> 4;
	log = 31 - __builtin_clz(s);
	return 8 + (log - 7) * 4 + ((s >> (log - 2)) & 3);
}

static unsigned int class_size(unsigned int class)
{
	unsigned int log;

	if (class < 8)
		return (class + 1) * 16;
	log = 7 + (class - 8) / 4;
	return (1U << log) + ((class - 8) % 4 + 1) * (1U << (log - 2));
}

static void list_push(struct xb_page **head, struct xb_page *page)
{
	page->prev = NULL;
	page->next = *head;
	if (*head)
		(*head)->prev = page;
	*head = page;
}

static void list_remove(struct xb_page **head, struct xb_page *page)
{
	if (page->next)
		page->next->prev = page->prev;
	if (page->prev)
		page->prev->next = page->next;
	else
		*head = page->next;
}

static unsigned int bin_of(size_t run)
{
	return run < XB_BINS ? run - 1 : XB_BINS - 1;
}

static void run_insert(struct xb_arena *arena, struct xb_page *page, size_t run)
{
	unsigned int bin = bin_of(run);

	page->kind = PAGE_FREE;
	page->run = run;
	page[run - 1].kind = PAGE_FREE;
	page[run - 1].run = run;
	list_push(&arena->bins[bin], page);
	arena->bins_used |= 1U << bin;
}

static void run_remove(struct xb_arena *arena, struct xb_page *page)
{
	unsigned int bin = bin_of(page->run);

	list_remove(&arena->bins[bin], page);
	if (!arena->bins[bin])
		arena->bins_used &= ~(1U << bin);
	page[page->run - 1].kind = PAGE_INNER;
	page->kind = PAGE_INNER;
}

/* The shortest free run of at least run pages. */
static struct xb_page *run_find(struct xb_arena *arena, size_t run)
{
	struct xb_page *best = NULL, *page;
	uint32_t bins = arena->bins_used & (~0U << bin_of(run));

	if (!bins)
		return NULL;
	if (__builtin_ctz(bins) < XB_BINS - 1)
		return arena->bins[__builtin_ctz(bins)];
	for (page = arena->bins[XB_BINS - 1]; page; page = page->next)
		if (page->run >= run && (!best || page->run < best->run))
			best = page;
	return best;
}

/* Lengths of pieces: 16 KiB, 64 KiB, 256 KiB, 1 MiB, then doubling the arena. */
static size_t piece_size(const struct xb_arena *arena)
{
	const struct xb_piece *last = arena->pieces;

	if (!last)
		return PIECE_FIRST;
	return last->size < PIECE_QUICK ? last->size * 4 : arena->mapped;
}

static int piece_map(struct xb_arena *arena, size_t size)
{
	size_t i, nr = size >> XB_PAGE_SHIFT;
	struct xb_piece *piece;
	void *base;
	int err;

	piece = calloc(1, sizeof(*piece) + nr * sizeof(piece->pages[0]));
	if (!piece)
		return -ENOMEM;
	err = arena->dev->be->map(arena->dev, XENBATCH_REGION_ARENA,
				  arena->mapped, size, &base);
	if (err) {
		free(piece);
		return err;
	}
	piece->base = base;
	piece->size = size;
	piece->offset = arena->mapped;
	for (i = 0; i < nr; i++)
		piece->pages[i].addr = piece->base + i * XB_PAGE;
	arena->mapped += size;
	xb_poison(base, size);
	run_insert(arena, piece->pages, nr);
	piece->next = arena->pieces;
	__atomic_store_n(&arena->pieces, piece, __ATOMIC_RELEASE);
	return 0;
}

/* Another piece, with room for a run of this many pages at least. */
static int arena_grow(struct xb_arena *arena, size_t run)
{
	size_t granule = sysconf(_SC_PAGESIZE);
	size_t need = (run * XB_PAGE + granule - 1) & ~(granule - 1);
	uint64_t left = arena->dev->arena_max - arena->mapped;
	size_t want = (piece_size(arena) + granule - 1) & ~(granule - 1);
	int err;

	if (need > left)
		return -ENOMEM;
	if (want > left)
		want = left & ~(granule - 1);
	if (want < need)
		want = need;
	err = piece_map(arena, want);
	if (err == -ENOMEM && want > need)
		err = piece_map(arena, need);
	return err;
}

static struct xb_page *run_alloc(struct xb_arena *arena, size_t run, int *err)
{
	struct xb_page *page = run_find(arena, run);
	size_t have;

	if (!page) {
		*err = arena_grow(arena, run);
		if (*err)
			return NULL;
		page = run_find(arena, run);
	}
	have = page->run;
	run_remove(arena, page);
	if (have > run)
		run_insert(arena, page + run, have - run);
	page->kind = PAGE_RUN;
	page->run = run;
	return page;
}

static void run_free(struct xb_arena *arena, struct xb_piece *piece,
		     struct xb_page *page, size_t run)
{
	const struct xb_page *end = piece->pages + (piece->size >> XB_PAGE_SHIFT);

	page->kind = PAGE_INNER;
	if (page + run < end && page[run].kind == PAGE_FREE) {
		size_t more = page[run].run;

		run_remove(arena, page + run);
		run += more;
	}
	if (page > piece->pages && page[-1].kind == PAGE_FREE) {
		size_t more = page[-1].run;

		page -= more;
		run_remove(arena, page);
		run += more;
	}
	run_insert(arena, page, run);
}

static void *small_alloc(struct xb_arena *arena, unsigned int class, int *err)
{
	struct xb_page *page = arena->partial[class];
	unsigned int size = class_size(class);
	unsigned int i, bit, nr;

	if (!page) {
		page = run_alloc(arena, 1, err);
		if (!page)
			return NULL;
		nr = XB_PAGE / size;
		page->kind = PAGE_SMALL;
		page->class = class;
		page->nr_free = nr;
		for (i = 0; i < WORDS; i++, nr -= nr < 64 ? nr : 64)
			page->free[i] = nr < 64 ? (1ULL << nr) - 1 : ~0ULL;
		list_push(&arena->partial[class], page);
	}
	for (i = 0; !page->free[i]; i++)
		;
	bit = __builtin_ctzll(page->free[i]);
	page->free[i] &= page->free[i] - 1;
	if (!--page->nr_free)
		list_remove(&arena->partial[class], page);
	return page->addr + (i * 64 + bit) * size;
}

/* As glibc does: going on would corrupt what others rely on. */
static void __attribute__((noreturn)) arena_abort(const char *what)
{
	static const char head[] = "xenbatch_free(): ";
	ssize_t ret;

	ret = write(STDERR_FILENO, head, sizeof(head) - 1);
	ret = write(STDERR_FILENO, what, strlen(what));
	ret = write(STDERR_FILENO, "\n", 1);
	(void)ret;
	abort();
}

static void small_free(struct xb_arena *arena, struct xb_piece *piece,
		       struct xb_page *page, const char *p)
{
	unsigned int size = class_size(page->class);
	unsigned int offset = p - page->addr;
	unsigned int i = offset / size;
	uint64_t mask = 1ULL << i % 64;

	if (offset % size || i >= XB_PAGE / size)
		arena_abort("invalid pointer");
	if (page->free[i / 64] & mask)
		arena_abort("double free detected");
	page->free[i / 64] |= mask;
	if (!page->nr_free++)
		list_push(&arena->partial[page->class], page);
	xb_poison(p, size);
	/* Keep one page a class: or else a single buffer would come and go. */
	if (page->nr_free == XB_PAGE / size && (page->next || page->prev)) {
		list_remove(&arena->partial[page->class], page);
		run_free(arena, piece, page, 1);
	}
}

/* Newest first: it is the largest. */
static struct xb_piece *piece_find(const struct xb_arena *arena, const void *p)
{
	struct xb_piece *piece;

	for (piece = __atomic_load_n(&arena->pieces, __ATOMIC_ACQUIRE); piece;
	     piece = piece->next)
		if ((size_t)((uintptr_t)p - (uintptr_t)piece->base) <
		    piece->size)
			break;
	return piece;
}

void *xb_arena_alloc(struct xb_arena *arena, size_t size)
{
	struct xb_page *page;
	void *p = NULL;
	int err = -ENOMEM;

	if (size > arena->dev->arena_max)
		goto out;
	pthread_mutex_lock(&arena->lock);
	if (size <= SMALL_MAX) {
		p = small_alloc(arena, class_of(size), &err);
	} else {
		page = run_alloc(arena, (size + XB_PAGE - 1) >> XB_PAGE_SHIFT,
				 &err);
		if (page)
			p = page->addr;
	}
	if (p)
		xb_unpoison(p, size);
	pthread_mutex_unlock(&arena->lock);
out:
	if (!p)
		errno = -xb_fork_missed(err);
	return p;
}

void xb_arena_free(struct xb_arena *arena, void *p)
{
	struct xb_piece *piece = piece_find(arena, p);
	struct xb_page *page;

	if (!piece)
		arena_abort("not a buffer of this handle");
	page = piece->pages + (((char *)p - piece->base) >> XB_PAGE_SHIFT);
	pthread_mutex_lock(&arena->lock);
	if (page->kind == PAGE_SMALL) {
		small_free(arena, piece, page, p);
	} else if (page->kind == PAGE_RUN && p == page->addr) {
		xb_poison(p, page->run * XB_PAGE);
		run_free(arena, piece, page, page->run);
	} else if (page->kind == PAGE_FREE) {
		arena_abort("double free detected");
	} else {
		arena_abort("invalid pointer");
	}
	pthread_mutex_unlock(&arena->lock);
}

bool xb_arena_owns(const struct xb_arena *arena, const void *p, size_t size)
{
	const struct xb_piece *piece = piece_find(arena, p);

	return piece &&
	       size <= piece->size - (size_t)((const char *)p - piece->base);
}

bool xb_arena_find(const struct xb_arena *arena, const void *p,
		   struct xb_stretch *stretch)
{
	const struct xb_piece *piece = piece_find(arena, p);

	if (!piece)
		return false;
	stretch->base = (uintptr_t)piece->base;
	stretch->size = piece->size;
	stretch->offset = piece->offset;
	return true;
}

void xb_arena_init(struct xb_arena *arena, struct xb_device *dev)
{
	arena->dev = dev;
	arena->lock = (pthread_mutex_t)PTHREAD_MUTEX_INITIALIZER;
}

void xb_arena_destroy(struct xb_arena *arena)
{
	struct xb_piece *piece;

	while ((piece = arena->pieces)) {
		arena->pieces = piece->next;
		xb_unpoison(piece->base, piece->size);
		arena->dev->be->unmap(arena->dev, XENBATCH_REGION_ARENA,
				      piece->base, piece->size);
		free(piece);
	}
	pthread_mutex_destroy(&arena->lock);
}

void xb_arena_fence(struct xb_arena *arena)
{
	struct xb_piece *piece;

	for (piece = arena->pieces; piece; piece = piece->next)
		piece->fenced = xb_fence(piece->base, piece->size);
}

/* Its lock may be held, for ever, by a thread that the child has not. */
void xb_arena_forget(struct xb_arena *arena)
{
	struct xb_piece *piece;

	while ((piece = arena->pieces)) {
		arena->pieces = piece->next;
		if (piece->fenced)
			munmap(piece->base, piece->size);
		free(piece);
	}
}
