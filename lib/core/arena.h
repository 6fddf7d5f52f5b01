/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The arena's allocator. Its memory comes from the backend in pieces of
 * growing size; everything that it knows about them lies outside, where a
 * hypercall that writes too far cannot reach it.
 */
#ifndef XB_ARENA_H
#define XB_ARENA_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "backend.h"

#define XB_PAGE_SHIFT	12
#define XB_PAGE		((size_t)1 << XB_PAGE_SHIFT)

#define XB_CLASSES	24	/* object sizes below a page */
#define XB_BINS		32	/* free runs of 1..31 pages, and the longer */

struct xb_page;			/* arena.c */
struct xb_piece;

struct xb_arena {
	struct xb_device *dev;
	pthread_mutex_t lock;
	struct xb_piece *pieces;	/* newest first; read without lock */
	uint64_t mapped;		/* bytes, all pieces */
	uint32_t bins_used;		/* bit n: bins[n] is not empty */
	struct xb_page *partial[XB_CLASSES];
	struct xb_page *bins[XB_BINS];
};

/* arena is zero. */
void xb_arena_init(struct xb_arena *arena, struct xb_device *dev);
/* Unmap all pieces. */
void xb_arena_destroy(struct xb_arena *arena);
/* In a child, where the pieces are not: forget them, unmap the fences. */
void xb_arena_forget(struct xb_arena *arena);
/*
 * In a child: keep everybody off the addresses of the parent's pieces, so that
 * a buffer of the parent's is never taken for one of the child's.
 */
void xb_arena_fence(struct xb_arena *arena);

/* NULL and errno ENOMEM. free aborts on a pointer that alloc did not give. */
void *xb_arena_alloc(struct xb_arena *arena, size_t size);
void xb_arena_free(struct xb_arena *arena, void *p);

bool xb_arena_owns(const struct xb_arena *arena, const void *p, size_t size);
/* Memory of the arena's, and where in the backend's region it lies. */
struct xb_stretch {
	uintptr_t base;
	size_t size;
	uint64_t offset;
};

/* The stretch that p lies in; false if that is not the arena. */
bool xb_arena_find(const struct xb_arena *arena, const void *p,
		   struct xb_stretch *stretch);

#endif /* XB_ARENA_H */
