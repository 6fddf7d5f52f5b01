/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A GRANT_COPY under way. What its segments name as memory is found by
 * copy_memory.c: the arena's pages are the module's own; other memory is pinned
 * for as long as the copy takes.
 */
#ifndef XB_COPY_H
#define XB_COPY_H

#include <linux/errno.h>
#include <linux/mm.h>
#include <linux/nospec.h>
#include <linux/types.h>
#include <xen/interface/grant_table.h>

#include "context.h"
#include "map.h"
#include "uapi.h"

#define XB_COPIES	(sizeof_field(struct xb_scratch, bytes) / \
			 sizeof(struct gnttab_copy))
#define XB_SEGMENTS	128U	/* read at a time */
#define XB_PINNED	(2 * XB_COPIES)

/* Pages of the caller's that follow each other. */
struct xb_pins {
	unsigned long addr;
	unsigned int nr;
	struct page **pages;
};

struct xb_copy {
	struct xb_context *ctx;
	const u64 *gfns;		/* of the arena's pages, or NULL */
	struct gnttab_copy *copies;
	u16 *owner;			/* of a copy: its segment */
	struct page **pinned;
	struct xenbatch_copy *segments;
	struct xenbatch_copy __user *from;
	unsigned int nr;		/* copies */
	unsigned int nr_read;		/* pinned, from the array's start */
	unsigned int nr_written;	/* ... and from its end */
	struct xb_pins source;		/* the newest of the first */
	struct xb_pins dest;		/* ... and of the second */
	unsigned int nr_segments;	/* segments that are here */
	bool failed;
};

/* What an operation says, read once. */
struct xb_copy_asked {
	struct xenbatch_copy __user *from;
	u32 count;
};

static inline int xb_copy_asked_read(struct xb_copy_asked *asked,
				     const struct xenbatch_op *op)
{
	u64 count = READ_ONCE(*(const u64 *)&op->copy.count);
	u32 number = READ_ONCE(*(const u32 *)&op->number);

	asked->from = (struct xenbatch_copy __user *)READ_ONCE(op->copy.addr);
	asked->count = count;
	if (number | count >> 32 | READ_ONCE(op->arg[2]) |
	    READ_ONCE(op->arg[3]) | READ_ONCE(op->arg[4]) ||
	    !count || count > XB_PAGES_MAX)
		return -EINVAL;
	return 0;
}

/* The frame of a byte in the arena, or 0: no such page was made. */
static inline u64 xb_copy_arena(const struct xb_copy *c, u64 offset)
{
	u64 page = offset >> PAGE_SHIFT;

	if (unlikely(!c->gfns))
		return xb_arena_gfn(c->ctx, page);
	if (page >= c->ctx->arena.max)
		return 0;
	/* Once in, a page's number never changes. */
	return READ_ONCE(c->gfns[array_index_nospec(page, c->ctx->arena.max)]);
}

/*
 * The frame of a byte in the caller's memory, which segment `at` is the first to
 * name; the same page, or those behind it, may be wanted by others. 0: it is not
 * there.
 */
u64 xb_copy_source(struct xb_copy *c, unsigned long addr, unsigned int at);
u64 xb_copy_dest(struct xb_copy *c, unsigned long addr, unsigned int at);

/*
 * copy_arena.c: copy all count segments, if they are of the sort that it is for.
 * -EAGAIN: they are not, and nothing was done.
 */
int xb_copy_arena_only(struct xb_copy *c, u32 count);

/*
 * As many of ops[0..nr) as are of that sort, in one hypercall: they are done. 0:
 * not even the first is, and nothing was.
 */
unsigned int xb_copy_arena_ops(struct xb_run *run, struct xenbatch_op *ops,
			       struct xb_head head, unsigned int nr);

/* Give all of them back. */
void xb_copy_unpin(struct xb_copy *c);

#endif /* XB_COPY_H */
