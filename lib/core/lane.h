/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Lanes: what a thread needs to run calls without asking anybody.
 *
 * A lane is a stretch of the operation array, and scratch memory of the arena
 * that lives until the lane is put back. A thread takes a lane for one
 * immediate call, or for a batch from begin to commit; meanwhile it is its
 * own, and what is done here a million times takes no lock: one exchange to
 * take the lane, one store to put it back.
 *
 * This header is not installed. It is shared by the libraries of one build:
 * the symbols are exported under XENBATCH_PRIVATE, which promises nothing.
 */
#ifndef XB_LANE_H
#define XB_LANE_H

#include <stddef.h>
#include <stdint.h>

#include "xenbatch.h"		/* lib/core */
#include "uapi/xenbatch.h"	/* the contract: -I of the top folder */

#define XB_EXPORT __attribute__((visibility("default")))

struct xb_lane {
	struct xenbatch_op *ops;	/* queued: ops[0..nr), room for cap */
	uint32_t nr;
	uint32_t cap;
	uint32_t first;			/* index of ops[0] in the array */
	char *cur;			/* free scratch memory: [cur, end) */
	char *end;
	xenbatch *xb;
	/* the rest is lib/core's own: see lib/core/lane.c */
};

/*
 * Take a lane of xb: nr is 0, scratch memory is free. After fork this is where
 * the child gets its own connection. NULL with errno if there is no memory or
 * no connection.
 */
XB_EXPORT struct xb_lane *xb_lane_get(xenbatch *xb);
/* Put it back: what is queued is forgotten, its scratch memory is free. */
XB_EXPORT void xb_lane_put(struct xb_lane *lane);

/*
 * Run ops[0..nr) to the end, going on after signals. 0, or -1 with errno if
 * the backend refused the whole. Sets nothing but the operations' results;
 * afterwards the lane still has its operations and its memory.
 */
XB_EXPORT int xb_lane_run(struct xb_lane *lane);

/* Room for more: the slow sides of the two inlines below. 0 or -1 and errno. */
XB_EXPORT int xb_lane_grow_ops(struct xb_lane *lane);
XB_EXPORT void *xb_lane_more(struct xb_lane *lane, size_t size);

/* True in a child of the process that the lane was taken in. */
XB_EXPORT int xb_lane_stale(const struct xb_lane *lane);

#define XB_LANE_ALIGN 16

/*
 * Scratch memory of the arena, not cleared, until the lane is put back.
 * NULL with errno (ENOMEM).
 */
static inline void *xb_lane_alloc(struct xb_lane *lane, size_t size)
{
	char *p = lane->cur;

	size = (size + XB_LANE_ALIGN - 1) & ~(size_t)(XB_LANE_ALIGN - 1);
	if (__builtin_expect(size > (size_t)(lane->end - p), 0))
		return xb_lane_more(lane, size);
	lane->cur = p + size;
	return p;
}

/*
 * The next operation, state IDLE, flags, domid and arguments not set: the
 * caller fills it and then counts it by lane->nr++. NULL with errno (ENOSPC,
 * ENOMEM). Growing moves ops: keep indexes, not pointers.
 */
static inline struct xenbatch_op *xb_lane_op(struct xb_lane *lane)
{
	if (__builtin_expect(lane->nr == lane->cap, 0) &&
	    xb_lane_grow_ops(lane))
		return NULL;
	return &lane->ops[lane->nr];
}

#endif /* XB_LANE_H */
