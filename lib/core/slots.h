/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Slots: pages of address space in which other domains' memory is mapped. They
 * come from the backend in pieces; a piece is cut into runs, and neighbours
 * that are free are one run. What is known about slots lies outside of them.
 *
 * A run that is given back is kept as it is, one for each of a few lengths, for
 * the next who asks for as many: who maps and unmaps again and again takes no
 * lock.
 */
#ifndef XB_SLOTS_H
#define XB_SLOTS_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "arena.h"

#define XB_SLOT_KEPT	8	/* runs that are kept, by length modulo this */
#define XB_SLOT_BINS	32	/* free runs of 1..31 slots, and the longer */

enum xb_slot_kind {
	XB_SLOT_INNER,		/* not the first of anything */
	XB_SLOT_FREE,		/* first or last of a free run */
	XB_SLOT_USED,		/* first of a run that is somebody's */
	XB_SLOT_KEEP,		/* first of a run that is kept */
};

struct xb_slot_piece;
struct xb_conn;

struct xb_slot {
	struct xb_slot_piece *piece;
	struct xb_slot *next, *prev;	/* in bins[] */
	uint32_t run;			/* slots: all but INNER */
	uint8_t kind;
};

struct xb_slots {
	struct xb_slot *kept[XB_SLOT_KEPT];
	struct xb_conn *conn;
	uint16_t region;		/* XENBATCH_REGION_* */
	uint16_t map;			/* XENBATCH_OP_*, that fills these */
	uint16_t unmap;			/* and that empties them */
	bool no_module;			/* from the stock devices always */
	/* not on the way of what is kept */
	pthread_mutex_t lock;
	uint32_t mapped;		/* slots, all pieces */
	uint32_t bins_used;		/* bit n: bins[n] is not empty */
	struct xb_slot *bins[XB_SLOT_BINS];
};

/* Pieces of all windows are in one list of the connection, newest first. */
struct xb_slot_piece {
	char *base;
	size_t size;			/* bytes */
	struct xb_slots *window;
	struct xb_slot_piece *next;
	bool fenced;			/* our PROT_NONE is in its place */
	struct xb_slot slots[];
};

/* window is zero but for what it is: region, map, unmap. */
void xb_slots_init(struct xb_slots *window, struct xb_conn *conn);
/* All pieces of a connection: unmapped; or in a child, see arena.h. */
void xb_slots_destroy(struct xb_conn *conn);
void xb_slots_forget(struct xb_conn *conn);
void xb_slots_fence(struct xb_conn *conn);

/* What is not kept: n slots, or NULL with errno. */
void *xb_slots_get_slow(struct xb_slots *window, size_t n);
/* Back to the free ones. */
void xb_slots_release(struct xb_slot *slot);

/* The piece that p lies in, of a list. */
static inline struct xb_slot_piece *
xb_slots_piece(struct xb_slot_piece *piece, const void *p)
{
	for (; piece; piece = piece->next)
		if ((size_t)((uintptr_t)p - (uintptr_t)piece->base) <
		    piece->size)
			break;
	return piece;
}

static inline void *xb_slot_addr(const struct xb_slot *slot)
{
	const struct xb_slot_piece *piece = slot->piece;

	return piece->base + (slot - piece->slots) * XB_PAGE;
}

/*
 * n slots that follow each other, with nothing in them. NULL with errno: EINVAL
 * n is 0, ENOMEM, or what the backend said.
 */
static inline void *xb_slots_get(struct xb_slots *window, size_t n)
{
	struct xb_slot **kept = &window->kept[n % XB_SLOT_KEPT];
	struct xb_slot *slot;

	if (!__atomic_load_n(kept, __ATOMIC_RELAXED))
		return xb_slots_get_slow(window, n);
	slot = __atomic_exchange_n(kept, NULL, __ATOMIC_ACQUIRE);
	if (__builtin_expect(!slot || slot->run != n, 0)) {
		if (slot)
			xb_slots_release(slot);
		return xb_slots_get_slow(window, n);
	}
	__atomic_store_n(&slot->kind, XB_SLOT_USED, __ATOMIC_RELAXED);
	return xb_slot_addr(slot);
}

/* The first of n slots as they were got, or NULL. */
static inline struct xb_slot *xb_slots_find(struct xb_slot_piece *pieces,
					    const void *p, size_t n)
{
	struct xb_slot_piece *piece = xb_slots_piece(pieces, p);
	struct xb_slot *slot;
	size_t at;

	if (__builtin_expect(!piece, 0))
		return NULL;
	at = (uintptr_t)p - (uintptr_t)piece->base;
	slot = &piece->slots[at >> XB_PAGE_SHIFT];
	if (__builtin_expect(at % XB_PAGE ||
			     __atomic_load_n(&slot->run, __ATOMIC_RELAXED) != n ||
			     __atomic_load_n(&slot->kind, __ATOMIC_RELAXED) !=
				     XB_SLOT_USED, 0))
		return NULL;
	return slot;
}

/* Give back what xb_slots_find found, emptied. False: another was faster. */
static inline bool xb_slots_put(struct xb_slot *slot)
{
	struct xb_slots *window = slot->piece->window;
	struct xb_slot **kept = &window->kept[slot->run % XB_SLOT_KEPT];

	if (__builtin_expect(__atomic_exchange_n(&slot->kind, XB_SLOT_KEEP,
						 __ATOMIC_RELAXED) !=
				     XB_SLOT_USED, 0))
		return false;
	slot = __atomic_exchange_n(kept, slot, __ATOMIC_ACQ_REL);
	if (__builtin_expect(slot != NULL, 0))
		xb_slots_release(slot);
	return true;
}

#endif /* XB_SLOTS_H */
