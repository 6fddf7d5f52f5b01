// SPDX-License-Identifier: GPL-2.0
/*
 * GRANT_COPY. A segment becomes one copy for Xen, or more where it crosses pages
 * of memory, which Xen knows page by page only. Neighbours with short lists are
 * one hypercall.
 */
#include <linux/mm.h>
#include <linux/uaccess.h>

#include <asm/xen/hypercall.h>
#include <xen/grant_table.h>
#include <xen/xen-ops.h>

#include "context.h"
#include "copy.h"
#include "map.h"
#include "ops.h"

#define XB_COPY_FLAGS	(XENBATCH_COPY_SOURCE_GREF | XENBATCH_COPY_DEST_GREF | \
			 XENBATCH_COPY_SOURCE_ARENA | XENBATCH_COPY_DEST_ARENA)

/* One operation of several: segments [first, first + nr) are its. */
struct xb_copy_list {
	struct xenbatch_copy __user *from;
	u16 first;
	u16 nr;			/* up to one whose memory is not there */
	u16 flags;
	s16 err;
};

/* What the scratch memory is to a copy. */
struct xb_copy_memory {
	struct xb_copy_list lists[XB_SEGMENTS];
	struct page *pinned[XB_PINNED];
	struct xenbatch_copy segments[XB_SEGMENTS];
	u16 owner[XB_COPIES];
};

/* Some copies did not go well: again those that Xen asks for, then who it was. */
static noinline void xb_copy_look(struct xb_copy *c)
{
	struct xenbatch_copy *segment;
	unsigned int i;

	for (i = 0; i < c->nr; i++) {
		if (c->copies[i].status == GNTST_eagain)
			gnttab_batch_copy(&c->copies[i], 1);
		if (c->copies[i].status == GNTST_okay)
			continue;
		segment = &c->segments[c->owner[i]];
		if (segment->status == GNTST_okay)
			segment->status = c->copies[i].status;
		c->failed = true;
	}
}

/* Make the copies that are queued, and let each segment know. */
static void xb_copy_flush(struct xb_copy *c)
{
	int err = 0, bad = 0;
	unsigned int i;

	if (c->nr) {
		xen_preemptible_hcall_begin();
		err = HYPERVISOR_grant_table_op(GNTTABOP_copy, c->copies,
						c->nr);
		xen_preemptible_hcall_end();
	}
	for (i = 0; WARN_ON_ONCE(err) && i < c->nr; i++)
		c->copies[i].status = GNTST_general_error;
	for (i = 0; i < c->nr; i++)
		bad |= c->copies[i].status;
	if (unlikely(bad))
		xb_copy_look(c);
	c->nr = 0;
	if (c->nr_read | c->nr_written)
		xb_copy_unpin(c);
}

/* Xen's side of a copy. */
#define xb_side typeof_member(struct gnttab_copy, source)

/* Two flags are passed on as they are. */
static_assert(GNTCOPY_source_gref == XENBATCH_COPY_SOURCE_GREF);
static_assert(GNTCOPY_dest_gref == XENBATCH_COPY_DEST_GREF);

/* A grant, as XENBATCH_COPY_GRANT says it; how far its page goes. */
static __always_inline u32 xb_side_grant(xb_side *side, u64 at)
{
	side->u.ref = at;
	side->offset = at >> 32;
	side->domid = at >> 48;
	return PAGE_SIZE - side->offset;
}

static __always_inline u32 xb_side_memory(xb_side *side, u64 at, u64 gfn)
{
	side->u.gmfn = gfn;
	side->offset = at & ~PAGE_MASK;
	side->domid = DOMID_SELF;
	return PAGE_SIZE - side->offset;
}

/*
 * One copy, from as much of the segment as lies in one page on both sides.
 * Returns its length, or 0: there is no such memory.
 */
static __always_inline u32 xb_copy_one(struct xb_copy *c, u64 source, u64 dest,
				       u16 flags, u32 len, unsigned int at)
{
	struct gnttab_copy *copy = &c->copies[c->nr];
	u32 room;
	u64 gfn;

	if (flags & XENBATCH_COPY_SOURCE_GREF) {
		room = xb_side_grant(&copy->source, source);
	} else {
		gfn = flags & XENBATCH_COPY_SOURCE_ARENA ?
		      xb_copy_arena(c, source) : xb_copy_source(c, source, at);
		if (unlikely(!gfn))
			return 0;
		room = xb_side_memory(&copy->source, source, gfn);
	}
	len = min(len, room);
	if (flags & XENBATCH_COPY_DEST_GREF) {
		room = xb_side_grant(&copy->dest, dest);
	} else {
		gfn = flags & XENBATCH_COPY_DEST_ARENA ?
		      xb_copy_arena(c, dest) : xb_copy_dest(c, dest, at);
		if (unlikely(!gfn))
			return 0;
		room = xb_side_memory(&copy->dest, dest, gfn);
	}
	len = min(len, room);
	copy->len = len;
	copy->flags = flags & (GNTCOPY_source_gref | GNTCOPY_dest_gref);
	c->owner[c->nr++] = at;
	return len;
}

static int xb_gref_check(const struct xb_copy *c, u64 at, u16 len)
{
	domid_t only = READ_ONCE(c->ctx->domid);

	if ((u16)(at >> 32) + len > PAGE_SIZE)
		return -EINVAL;
	if (only != DOMID_INVALID && at >> 48 != only)
		return -EPERM;
	return 0;
}

/* Is it well formed, and about whom the context may be? */
static int xb_segment_check(const struct xb_copy *c,
			    const struct xenbatch_copy *s)
{
	const u16 source = XENBATCH_COPY_SOURCE_GREF |
			   XENBATCH_COPY_SOURCE_ARENA;
	const u16 dest = XENBATCH_COPY_DEST_GREF | XENBATCH_COPY_DEST_ARENA;
	int err = 0;

	if (s->flags & ~XB_COPY_FLAGS || s->reserved ||
	    (s->flags & source) == source || (s->flags & dest) == dest ||
	    !(s->flags & (XENBATCH_COPY_SOURCE_GREF | XENBATCH_COPY_DEST_GREF)))
		return -EINVAL;
	if (s->flags & XENBATCH_COPY_SOURCE_GREF)
		err = xb_gref_check(c, s->source, s->len);
	if (!err && s->flags & XENBATCH_COPY_DEST_GREF)
		err = xb_gref_check(c, s->dest, s->len);
	return err;
}

static int xb_segments_check(const struct xb_copy *c, unsigned int first,
			     unsigned int nr)
{
	unsigned int i;
	int err = 0;

	for (i = first; i < first + nr && !err; i++)
		err = xb_segment_check(c, &c->segments[i]);
	return err;
}

/* len is below 64 KiB: 17 pages of memory at most, on each side. */
#define XB_COPY_MOST	(2 * (0x10000 / PAGE_SIZE + 2))

static int xb_segment_copy(struct xb_copy *c, unsigned int at)
{
	struct xenbatch_copy *s = &c->segments[at];
	u64 source = s->source, dest = s->dest;
	u32 left = s->len, len;

	if (unlikely(c->nr + XB_COPY_MOST > XB_COPIES ||
		     c->nr_read + c->nr_written + XB_COPY_MOST > XB_PINNED))
		xb_copy_flush(c);
	s->status = GNTST_okay;
	if (unlikely(!left))
		return 0;
	for (;;) {
		len = xb_copy_one(c, source, dest, s->flags, left, at);
		if (unlikely(!len))
			return -EFAULT;
		left -= len;
		if (likely(!left))
			return 0;
		/* A grant's offset lies higher up in its number. */
		source += s->flags & XENBATCH_COPY_SOURCE_GREF ?
			  (u64)len << 32 : len;
		dest += s->flags & XENBATCH_COPY_DEST_GREF ?
			(u64)len << 32 : len;
	}
}

static int xb_statuses_write(const struct xenbatch_copy *segments,
			     struct xenbatch_copy __user *to, unsigned int nr)
{
	unsigned int i;

	if (!user_access_begin(to, nr * sizeof(*to)))
		return -EFAULT;
	for (i = 0; i < nr; i++)
		unsafe_put_user(segments[i].status, &to[i].status, err_fault);
	user_access_end();
	return 0;

err_fault:
	user_access_end();
	return -EFAULT;
}

/*
 * Queue all of the segments from first on, or up to one whose memory is not
 * there, which is the last then.
 */
static int xb_segments_queue(struct xb_copy *c, unsigned int first)
{
	unsigned int nr = c->nr_segments, i;
	int err = 0;

	for (i = first; i < nr && !err; i++)
		err = xb_segment_copy(c, i);
	if (unlikely(err)) {
		/* It may have queued something before it was found so. */
		c->nr_segments = i - 1;
		while (c->nr && c->owner[c->nr - 1] == c->nr_segments)
			c->nr--;
	}
	return err;
}

static int xb_segments_copy(struct xb_copy *c)
{
	int err = xb_segments_queue(c, 0);

	xb_copy_flush(c);
	return xb_statuses_write(c->segments, c->from, c->nr_segments) ?: err;
}

/* The next of count segments, and whether each is well formed. */
static int xb_segments_read(struct xb_copy *c, u32 count)
{
	c->nr_segments = min(count, XB_SEGMENTS);
	if (copy_from_user(c->segments, c->from,
			   c->nr_segments * sizeof(*c->segments)))
		return -EFAULT;
	return xb_segments_check(c, 0, c->nr_segments);
}

/* Of more than can be read at once: nothing is done if one is malformed. */
static int xb_segments_check_all(struct xb_copy *c, u32 count)
{
	struct xenbatch_copy __user *from = c->from;
	int err = 0;

	while (count && !err) {
		err = xb_segments_read(c, count);
		c->from += c->nr_segments;
		count -= c->nr_segments;
	}
	c->from = from;
	return err;
}

static struct xb_copy_memory *xb_copy_memory(struct xb_copy *c,
					     struct xb_scratch *scratch)
{
	struct xb_copy_memory *memory = (void *)scratch->frames;

	BUILD_BUG_ON(sizeof(*memory) > sizeof(*scratch) -
				       offsetof(struct xb_scratch, frames));
	c->owner = memory->owner;
	c->pinned = memory->pinned;
	c->segments = memory->segments;
	return memory;
}

static int xb_grant_copy(struct xb_run *run, struct xenbatch_copy __user *from,
			 u32 count)
{
	struct xb_scratch *scratch = xb_run_scratch(run);
	struct xb_copy c = { .ctx = run->ctx, .from = from };
	int err;

	if (!scratch)
		return -ENOMEM;
	c.gfns = xb_arena_gfns(run->ctx);
	c.copies = (struct gnttab_copy *)scratch->bytes;
	err = xb_copy_arena_only(&c, count);
	if (likely(err != -EAGAIN)) {
		run->copied += count;
		return err;
	}
	xb_copy_memory(&c, scratch);
	if (count > XB_SEGMENTS) {
		err = xb_segments_check_all(&c, count);
		if (err)
			return err;
	}
	while (count) {
		/* Checked again: it is the caller's memory. */
		err = xb_segments_read(&c, count) ?: xb_segments_copy(&c);
		if (err)
			return err;
		run->copied += c.nr_segments;
		c.from += c.nr_segments;
		count -= c.nr_segments;
	}
	return c.failed ? -EIO : 0;
}

/* One more operation, behind those that are here. False: it is none of them. */
static bool xb_list_take(struct xb_copy *c, const struct xenbatch_op *op,
			 struct xb_copy_list *list)
{
	unsigned int first = c->nr_segments;
	struct xb_copy_asked asked;

	if (xb_copy_asked_read(&asked, op) ||
	    asked.count > XB_SEGMENTS - first ||
	    copy_from_user(&c->segments[first], asked.from,
			   asked.count * sizeof(*c->segments)) ||
	    xb_segments_check(c, first, asked.count))
		return false;
	c->nr_segments += asked.count;
	list->err = xb_segments_queue(c, first);
	list->from = asked.from;
	list->first = first;
	list->nr = c->nr_segments - first;
	return true;
}

static int xb_list_answer(const struct xb_copy *c,
			  const struct xb_copy_list *list)
{
	const struct xenbatch_copy *segments = &c->segments[list->first];
	unsigned int i;
	int err;

	err = xb_statuses_write(segments, list->from, list->nr) ?: list->err;
	for (i = 0; i < list->nr && !err; i++)
		if (segments[i].status != GNTST_okay)
			err = -EIO;
	return err;
}

/*
 * As many of ops[0..nr) as go together: they are done. 0: not even the first
 * does, and nothing was done.
 */
static noinline unsigned int xb_copy_ops(struct xb_run *run,
					 struct xenbatch_op *ops,
					 struct xb_head head, unsigned int nr)
{
	struct xb_scratch *scratch = xb_run_scratch(run);
	u64 allowed = READ_ONCE(run->ctx->opcodes);
	struct xb_copy c = { .ctx = run->ctx };
	struct xb_copy_list *list;
	unsigned int n, i;

	if (!scratch)
		return 0;
	c.gfns = xb_arena_gfns(run->ctx);
	c.copies = (struct gnttab_copy *)scratch->bytes;
	list = xb_copy_memory(&c, scratch)->lists;
	for (n = 0; n < nr && n < XB_SEGMENTS; n++) {
		if (n && (list[n - 1].err ||
			  !xb_op_follows(&head, &ops[n], allowed)))
			break;
		if (!xb_list_take(&c, &ops[n], &list[n]))
			break;
		list[n].flags = head.flags;
	}
	if (!n)
		return 0;
	xb_copy_flush(&c);
	for (i = 0; i < n; i++) {
		run->copied += list[i].nr;
		xb_op_done(run, &ops[i], list[i].flags,
			   xb_list_answer(&c, &list[i]));
	}
	return n;
}

unsigned int xb_grant_copy_run(struct xb_run *run, struct xenbatch_op *op,
			       struct xb_head head, unsigned int nr)
{
	struct xb_copy_asked asked;
	unsigned int done;
	int err;

	if (nr > 1) {
		done = xb_copy_arena_ops(run, op, head, nr) ?:
		       xb_copy_ops(run, op, head, nr);
		if (done)
			return done;
	}
	err = xb_copy_asked_read(&asked, op);
	if (unlikely(err))
		run->refused++;
	else
		err = xb_grant_copy(run, asked.from, asked.count);
	xb_op_done(run, op, head.flags, err);
	return 1;
}
