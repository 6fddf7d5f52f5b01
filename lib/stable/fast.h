/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The fast way: a context of /dev/xen/batch (uapi/xenbatch.h) behind a handle
 * of a stable library.
 *
 * It is opened when a handle has mapped enough to be worth it: opening costs as
 * much as two mappings of a page, and a program that maps one and ends should
 * cost what it costs with stock's library. And it is never needed: whatever
 * happens here, the caller goes on with the stock device. Nothing here changes
 * errno.
 *
 * A mapping is an area of its own, because clients call munmap themselves. An
 * area that is given back through the API is emptied and kept for the next
 * mapping of the same shape (areas.h).
 *
 * Threads may share a handle. After fork the child has neither the context nor
 * its areas, and goes on with the stock device, as with stock's library.
 */
#ifndef STABLE_FAST_H
#define STABLE_FAST_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include "uapi/xenbatch.h"

#include "active.h"
#include "areas.h"
#include "berth.h"

enum fast_state {
	FAST_UNTRIED,
	FAST_OPENING,	/* by some thread */
	FAST_ON,
	FAST_OFF,	/* for good */
};

/* For kinds that map: from the third mapping of a page on. */
#define FAST_WORTH_MAPS	24

/* What a library wants of the module. */
struct fast_kind {
	uint64_t opcodes;	/* bit n: opcode n must be there */
	unsigned int region;	/* of its areas */
	uint16_t unmap;		/* the opcode that empties them */
	uint32_t kept_pages;	/* in areas that are kept, at most */
	uint32_t worth;		/* when it is opened: fast.c */
	bool memory;		/* a piece of it for each operation */
};

/* That piece: memory that Xen may always touch. */
#define FAST_PIECE	(PAGE_BYTES / 64)

struct fast {
	const struct fast_kind *kind;
	enum fast_state state;
	uint32_t process;	/* which one opened it: fast_process */
	int fd;
	uint32_t pages_max;	/* of one operation */
	uint32_t slots_max;	/* of all areas */
	uint32_t seen;		/* what was mapped before it was opened */
	uint64_t busy;		/* bit n: ops[n] is in use */
	bool nulled;		/* /dev/null is in its place */
	struct xenbatch_op *ops;
	char *memory;		/* or NULL; of operation n: n * FAST_PIECE */
	pthread_mutex_t lock;	/* areas */
	struct areas areas;
	struct berth berth;	/* of new areas, if clients unmap them */
};

/* As a result: there is no use in trying again. No operation gives this. */
#define FAST_BROKEN	(-ENOTCONN)

void fast_init(struct fast *f, const struct fast_kind *kind);
/* Areas that are in use stay mapped, as stock's mappings do. */
void fast_close(struct fast *f);

/*
 * xentoolcore_restrict_all and its like: shut for good, or for all but a domain
 * (opened now if it was not, as later there may be no right to). 0, or -1 with
 * errno if it is open as wide as it was.
 */
int fast_shut(struct fast *f);
int fast_restrict(struct fast *f, uint16_t domid);

/* Open it, if it is worth it with so many pages more. */
bool fast_open(struct fast *f, size_t pages);

/* Which process this is: it changes over fork, however that was done. */
struct fast_witness {
	uint32_t process;
	char rest[PAGE_BYTES - sizeof(uint32_t)];
};
extern struct fast_witness fast_witness __attribute__((visibility("hidden")));

/* Can areas of this process have been made with it? It may be off by now. */
static inline bool fast_was_on(const struct fast *f)
{
	return __atomic_load_n(&f->state, __ATOMIC_ACQUIRE) >= FAST_ON &&
	       f->fd >= 0 && !f->nulled &&
	       __atomic_load_n(&fast_witness.process, __ATOMIC_RELAXED) ==
		       f->process;
}

/* Is it open, and ours? */
static inline bool fast_is_on(const struct fast *f)
{
	return __atomic_load_n(&f->state, __ATOMIC_ACQUIRE) == FAST_ON &&
	       __atomic_load_n(&fast_witness.process, __ATOMIC_RELAXED) ==
		       f->process;
}

/* The same, for a mapping of so many pages. */
static inline bool fast_ready(struct fast *f, size_t pages)
{
	if (likely(fast_is_on(f)))
		return true;
	if (__atomic_load_n(&f->state, __ATOMIC_RELAXED) != FAST_UNTRIED)
		return false;
	return fast_open(f, pages);
}

/*
 * Run one operation. op is copied; state and result are nobody's business.
 * Returns the operation's result, or FAST_BROKEN.
 */
int64_t fast_run(struct fast *f, const struct xenbatch_op *op);

/*
 * The same in three steps, for an operation that needs its piece of memory: take
 * a number, fill memory + n * FAST_PIECE, run, look at it, and put it back.
 */
unsigned int fast_take(struct fast *f);
int64_t fast_run_at(struct fast *f, unsigned int n,
		    const struct xenbatch_op *op);
void fast_put(struct fast *f, unsigned int n);

/* An area of the kind's region for a mapping. */
struct fast_area {
	struct area area;
	bool kept;	/* it was there: it may be gone by now */
	bool placed;	/* by the client, with an address: never kept */
};

/*
 * One that was kept, or a new one. addr and flags as for mmap: with an address
 * it is always new. False: none can be had.
 */
bool fast_area_get(struct fast *f, struct fast_area *got, size_t pages,
		   int prot, void *addr, int flags);
/* The mapping is there: the area is the client's from now on. */
void fast_area_give(struct fast *f, const struct fast_area *got);
/*
 * Nothing came of it, and the caller has emptied it, or `broken`: nobody knows.
 */
void fast_area_drop(struct fast *f, const struct fast_area *got, bool broken);

/*
 * The client gives what it calls an area of this size back.
 *   NONE   there is no such area here
 *   OTHER  there is, of another size; nothing was done
 *   DONE   it is unmapped, *rc and errno are munmap's
 */
enum fast_unmap { FAST_UNMAP_NONE, FAST_UNMAP_OTHER, FAST_UNMAP_DONE };
enum fast_unmap fast_area_unmap(struct fast *f, void *addr, size_t pages,
				int *rc);

/* Empty pages of an area. A count, or a negative errno. */
int64_t fast_empty(struct fast *f, uintptr_t addr, size_t pages);

#endif /* STABLE_FAST_H */
