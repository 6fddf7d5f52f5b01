/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A stretch of neighbouring operations on one area, taken apart into pages:
 * what foreign.c and grant.c have in common. Operations and lists are read once,
 * before area->lock is taken; results and statuses are written after it.
 */
#ifndef XB_MAP_H
#define XB_MAP_H

#include <linux/string.h>
#include <linux/types.h>
#include <xen/interface/event_channel.h>
#include <xen/interface/grant_table.h>
#include <xen/interface/xen.h>

#include "area.h"
#include "ops.h"
#include "submit.h"

/* Pages of one hypercall, and so of one operation. */
#define XB_PAGES_MAX	512U

/* In an err, where slots are emptied: there was nothing to do. */
#define XB_NOT_FILLED	1

/* One operation of the stretch: slots that follow each other. */
struct xb_part {
	struct xenbatch_op *op;
	u64 status;		/* user address, or 0 */
	u32 slot;
	u32 count;
	u16 first;		/* its first page, of the stretch's */
	u16 flags;
	domid_t domid;
	bool readonly;
};

/* Memory of a run for all that: kept by the context from one to the next. */
struct xb_scratch {
	union {			/* what Xen gets */
		struct multicall_entry entries[XB_CHUNK];
		struct mmu_update updates[XB_PAGES_MAX];
		struct gnttab_map_grant_ref map[XB_PAGES_MAX];
		struct gnttab_unmap_grant_ref unmap[XB_PAGES_MAX];
		xen_pfn_t pfns[XB_PAGES_MAX];
		struct {
			xen_pfn_t gfns[XB_PAGES_MAX];
			s32 results[XB_PAGES_MAX];
		} add;
		u8 bytes[XB_PAGES_MAX * 32];
	};
	union {			/* page by page */
		u64 frames[XB_PAGES_MAX];
		u32 refs[XB_PAGES_MAX];
		struct evtchn_send sends[XB_CHUNK];
	};
	u32 slots[XB_PAGES_MAX];
	s16 errs[XB_PAGES_MAX];
	struct page *fresh[XB_PAGES_MAX];	/* auto.h */
	struct xb_part parts[XB_CHUNK];
};

struct xb_map {
	struct xb_area *area;
	struct xb_scratch *scratch;
	unsigned int nr;	/* pages */
	unsigned int nr_parts;
	u32 low, high;		/* all its slots are in [low, high) */
	domid_t domid;
	bool resource;		/* frames are Xen's own numbers */
	bool bad;		/* scratch->errs is filled, and one is not 0 */
};

static inline void xb_map_fail(struct xb_map *m, unsigned int page, int err)
{
	if (!m->bad)
		memset(m->scratch->errs, 0, m->nr * sizeof(s16));
	m->bad = true;
	m->scratch->errs[page] = err;
}

static inline struct xb_part *xb_parts(const struct xb_map *m)
{
	return m->scratch->parts;
}

static inline struct xb_part *xb_parts_end(const struct xb_map *m)
{
	return m->scratch->parts + m->nr_parts;
}

/*
 * Pages [from, to) of the stretch are in their slots now: how many have
 * replaced another.
 */
unsigned int xb_map_filled(struct xb_map *m, unsigned int from,
			   unsigned int to);
/*
 * The slots of the stretch that are filled come to scratch->slots, and are
 * filled no more; the others get XB_NOT_FILLED. Returns how many.
 */
unsigned int xb_map_take_filled(struct xb_map *m);
/* The first n of scratch->slots could not be emptied: rare. */
void xb_map_keep(struct xb_map *m, unsigned int n);

/* What the operations of a family have in their arguments. */
enum xb_map_what {
	XB_MAP_FRAMES,		/* frames, all of one domain */
	XB_MAP_REFS,		/* references, of any domain */
	XB_MAP_NOTHING,		/* slots alone */
};

/*
 * Take as many of ops[0..nr) as go along with the first. Returns their number
 * and a reference to m->area; or 0, and the first is done: it was wrong.
 */
unsigned int xb_map_gather(struct xb_run *run, struct xb_map *m,
			   struct xenbatch_op *ops, struct xb_head head,
			   unsigned int nr, enum xb_map_what what);

/* Write statuses and results, drop the reference. err: all of it failed. */
void xb_map_finish(struct xb_run *run, struct xb_map *m, int err);
/* The same, where the results are how many pages have err 0. */
void xb_unmap_finish(struct xb_run *run, struct xb_map *m, int err);

/* NULL: no memory. */
struct xb_scratch *xb_run_scratch(struct xb_run *run);

#endif /* XB_MAP_H */
