// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The slots' allocator: see slots.h. Free runs are in the bin of their length.
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "context.h"
#include "fence.h"

/*
 * Slots of the first piece; those that follow double the window. Of grant
 * windows the slots are dearer to the kernel, some even have pages, and who
 * maps grants maps few.
 */
#define PIECE_FOREIGN	1024U
#define PIECE_GRANT	256U
#define PIECE_MAX	16384U	/* unless more is asked for in one */

static unsigned int bin_of(size_t run)
{
	return run < XB_SLOT_BINS ? run - 1 : XB_SLOT_BINS - 1;
}

static void set_kind(struct xb_slot *slot, enum xb_slot_kind kind)
{
	/* xb_slots_find may look at any slot, at any time. */
	__atomic_store_n(&slot->kind, kind, __ATOMIC_RELAXED);
}

static bool is_free(const struct xb_slot *slot)
{
	/* What is used becomes kept, and back, without the lock. */
	return __atomic_load_n(&slot->kind, __ATOMIC_RELAXED) == XB_SLOT_FREE;
}

static void set_run(struct xb_slot *slot, uint32_t run)
{
	__atomic_store_n(&slot->run, run, __ATOMIC_RELAXED);
}

static void run_insert(struct xb_slots *w, struct xb_slot *slot, uint32_t run)
{
	unsigned int bin = bin_of(run);

	set_kind(slot, XB_SLOT_FREE);
	set_run(slot, run);
	set_kind(&slot[run - 1], XB_SLOT_FREE);
	set_run(&slot[run - 1], run);
	slot->prev = NULL;
	slot->next = w->bins[bin];
	if (slot->next)
		slot->next->prev = slot;
	w->bins[bin] = slot;
	w->bins_used |= 1U << bin;
}

static void run_remove(struct xb_slots *w, struct xb_slot *slot)
{
	unsigned int bin = bin_of(slot->run);

	if (slot->next)
		slot->next->prev = slot->prev;
	if (slot->prev)
		slot->prev->next = slot->next;
	else
		w->bins[bin] = slot->next;
	if (!w->bins[bin])
		w->bins_used &= ~(1U << bin);
	set_kind(&slot[slot->run - 1], XB_SLOT_INNER);
	set_kind(slot, XB_SLOT_INNER);
}

/* The shortest free run of at least run slots. */
static struct xb_slot *run_find(struct xb_slots *w, size_t run)
{
	struct xb_slot *best = NULL, *slot;
	uint32_t bins = w->bins_used & (~0U << bin_of(run));

	if (!bins)
		return NULL;
	if (__builtin_ctz(bins) < XB_SLOT_BINS - 1)
		return w->bins[__builtin_ctz(bins)];
	for (slot = w->bins[XB_SLOT_BINS - 1]; slot; slot = slot->next)
		if (slot->run >= run && (!best || slot->run < best->run))
			best = slot;
	return best;
}

static void run_free(struct xb_slots *w, struct xb_slot *slot)
{
	struct xb_slot_piece *piece = slot->piece;
	const struct xb_slot *end = piece->slots +
				    (piece->size >> XB_PAGE_SHIFT);
	uint32_t run = slot->run;

	set_kind(slot, XB_SLOT_INNER);
	if (slot + run < end && is_free(&slot[run])) {
		uint32_t more = slot[run].run;

		run_remove(w, slot + run);
		run += more;
	}
	if (slot > piece->slots && is_free(&slot[-1])) {
		slot -= slot[-1].run;
		run += slot->run;
		run_remove(w, slot);
	}
	run_insert(w, slot, run);
}

/*
 * The kernel's part is done by the stock devices from now on, for some
 * addresses at least: the backend has to look at each operation.
 */
static void leave_fast_path(struct xb_conn *conn)
{
	struct xb_lane_impl *lane;

	pthread_mutex_lock(&conn->lock);
	__atomic_store_n(&conn->dev.submit_fd, -1, __ATOMIC_RELAXED);
	for (lane = &conn->lane0; lane; lane = lane->next)
		__atomic_store_n(&lane->submit_fd, -1, __ATOMIC_RELEASE);
	pthread_mutex_unlock(&conn->lock);
}

static int piece_map(struct xb_slots *w, uint32_t nr)
{
	struct xb_conn *conn = w->conn;
	struct xb_device *dev = &conn->dev;
	struct xb_slot_piece *piece;
	void *base;
	uint32_t i;
	int err;

	piece = calloc(1, sizeof(*piece) + nr * sizeof(piece->slots[0]));
	if (!piece)
		return -ENOMEM;
	err = dev->be->window(dev, w->region, w->no_module, nr * XB_PAGE,
			      &base);
	if (err) {
		free(piece);
		return err;
	}
	if (dev->soft && dev->submit_fd >= 0)
		leave_fast_path(conn);
	piece->base = base;
	piece->size = nr * XB_PAGE;
	piece->window = w;
	for (i = 0; i < nr; i++)
		piece->slots[i].piece = piece;
	w->mapped += nr;
	run_insert(w, piece->slots, nr);

	pthread_mutex_lock(&conn->lock);
	piece->next = conn->pieces;
	conn->slots_mapped += nr;
	__atomic_store_n(&conn->pieces, piece, __ATOMIC_RELEASE);
	pthread_mutex_unlock(&conn->lock);
	return 0;
}

/* Another piece, with room for a run of so many slots. */
static int grow(struct xb_slots *w, size_t need)
{
	struct xb_conn *conn = w->conn;
	uint32_t granule = sysconf(_SC_PAGESIZE) >> XB_PAGE_SHIFT;
	uint32_t first = w->region == XENBATCH_REGION_FOREIGN ? PIECE_FOREIGN :
								PIECE_GRANT;
	uint32_t want = w->mapped < PIECE_MAX ? w->mapped : PIECE_MAX;
	uint32_t left;
	int err;

	pthread_mutex_lock(&conn->lock);
	left = conn->dev.slots_max - conn->slots_mapped;
	pthread_mutex_unlock(&conn->lock);
	left -= left % granule;
	if (need > left)
		return -ENOMEM;
	if (want < first)
		want = first;
	if (want > left)
		want = left;
	if (want < need)
		want = (need + granule - 1) / granule * granule;
	err = piece_map(w, want);
	/* Windows growing at once have only the kernel between them. */
	if ((err == -ENOMEM || err == -ENOSPC) && want > need)
		err = piece_map(w, (need + granule - 1) / granule * granule);
	return err == -ENOSPC ? -ENOMEM : err;
}

/* Room may be in what is kept. True if there was any. */
static bool drain(struct xb_slots *w)
{
	struct xb_slot *slot;
	bool any = false;
	int i;

	for (i = 0; i < XB_SLOT_KEPT; i++) {
		slot = __atomic_exchange_n(&w->kept[i], NULL, __ATOMIC_ACQUIRE);
		if (slot) {
			run_free(w, slot);
			any = true;
		}
	}
	return any;
}

void *xb_slots_get_slow(struct xb_slots *w, size_t n)
{
	struct xb_slot *slot;
	int err = -ENOMEM;
	uint32_t have;

	if (!n || n > UINT32_MAX / 2) {
		errno = n ? ENOMEM : EINVAL;
		return NULL;
	}
	pthread_mutex_lock(&w->lock);
	slot = run_find(w, n);
	if (!slot && (err = grow(w, n)) == 0)
		slot = run_find(w, n);
	if (!slot && drain(w))
		slot = run_find(w, n);
	if (slot) {
		have = slot->run;
		run_remove(w, slot);
		if (have > n)
			run_insert(w, slot + n, have - n);
		set_run(slot, n);
		set_kind(slot, XB_SLOT_USED);
	}
	pthread_mutex_unlock(&w->lock);
	if (slot)
		return xb_slot_addr(slot);
	errno = -xb_fork_missed(err);
	return NULL;
}

void xb_slots_release(struct xb_slot *slot)
{
	struct xb_slots *w = slot->piece->window;

	pthread_mutex_lock(&w->lock);
	run_free(w, slot);
	pthread_mutex_unlock(&w->lock);
}

void xb_slots_init(struct xb_slots *w, struct xb_conn *conn)
{
	w->conn = conn;
	w->lock = (pthread_mutex_t)PTHREAD_MUTEX_INITIALIZER;
}

void xb_slots_destroy(struct xb_conn *conn)
{
	struct xb_slot_piece *piece;
	size_t i;

	while ((piece = conn->pieces)) {
		conn->pieces = piece->next;
		conn->dev.be->unmap(&conn->dev, piece->window->region,
				    piece->base, piece->size);
		free(piece);
	}
	for (i = 0; i < XB_WINDOWS; i++)
		pthread_mutex_destroy(&conn->windows[i].lock);
}

void xb_slots_fence(struct xb_conn *conn)
{
	struct xb_slot_piece *piece;

	for (piece = conn->pieces; piece; piece = piece->next)
		piece->fenced = xb_fence(piece->base, piece->size);
}

/* Locks may be held, for ever, by threads that the child has not. */
void xb_slots_forget(struct xb_conn *conn)
{
	struct xb_slot_piece *piece;

	while ((piece = conn->pieces)) {
		conn->pieces = piece->next;
		if (piece->fenced)
			munmap(piece->base, piece->size);
		free(piece);
	}
}
