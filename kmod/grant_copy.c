// SPDX-License-Identifier: GPL-2.0
/*
 * GRANT_COPY. A segment becomes one copy for Xen, or more where it crosses pages
 * of the caller's memory, which Xen knows page by page only. The arena's pages
 * are the module's own; other memory is pinned for as long as the copy takes.
 */
#include <linux/mm.h>
#include <linux/uaccess.h>
#include <linux/xarray.h>

#include <asm/xen/page.h>
#include <xen/grant_table.h>
#include <xen/interface/grant_table.h>

#include "context.h"
#include "map.h"
#include "ops.h"

#define XB_COPIES	(sizeof_field(struct xb_scratch, bytes) / \
			 sizeof(struct gnttab_copy))
#define XB_SEGMENTS	128U	/* read at a time */
#define XB_PINNED	(2 * XB_COPIES)
#define XB_COPY_FLAGS	(XENBATCH_COPY_SOURCE_GREF | XENBATCH_COPY_DEST_GREF | \
			 XENBATCH_COPY_SOURCE_ARENA | XENBATCH_COPY_DEST_ARENA)

/* What the scratch memory is to a copy. */
struct xb_copy {
	struct xb_context *ctx;
	struct gnttab_copy *copies;
	u16 *owner;			/* of a copy: its segment */
	struct page **pinned;
	struct xenbatch_copy *segments;
	struct xenbatch_copy __user *from;
	unsigned int nr;		/* copies */
	unsigned int nr_read;		/* pinned, from the array's start */
	unsigned int nr_written;	/* ... and from its end */
	unsigned int nr_segments;	/* read and not yet answered */
	bool failed;
};

struct xb_copy_memory {
	struct page *pinned[XB_PINNED];
	struct xenbatch_copy segments[XB_SEGMENTS];
	u16 owner[XB_COPIES];
};

/* One side of a segment, as far as it was copied. */
struct xb_side {
	u64 at;
	bool gref;
	bool arena;
	bool write;
	struct page *page;		/* the caller's, pinned */
	unsigned long addr;		/* ... for this page of memory */
};

/* What Xen has written to, Linux does not know to be dirty. */
static void xb_copy_unpin(struct xb_copy *c)
{
	if (c->nr_read)
		unpin_user_pages(c->pinned, c->nr_read);
	if (c->nr_written)
		unpin_user_pages_dirty_lock(c->pinned + XB_PINNED -
					    c->nr_written, c->nr_written,
					    true);
	c->nr_read = 0;
	c->nr_written = 0;
}

/* Make the copies that are queued, and let each segment know. */
static void xb_copy_flush(struct xb_copy *c)
{
	struct xenbatch_copy *segment;
	unsigned int i;

	if (c->nr)
		gnttab_batch_copy(c->copies, c->nr);
	for (i = 0; i < c->nr; i++) {
		if (likely(c->copies[i].status == GNTST_okay))
			continue;
		segment = &c->segments[c->owner[i]];
		if (segment->status == GNTST_okay)
			segment->status = c->copies[i].status;
		c->failed = true;
	}
	c->nr = 0;
	xb_copy_unpin(c);
}

/* The frame that side is in, or an errno. */
static int xb_side_frame(struct xb_copy *c, struct xb_side *side, u64 *gfn)
{
	unsigned long addr = side->at & PAGE_MASK;
	struct page *page;

	if (side->arena) {
		page = xa_load(&c->ctx->arena.pages, side->at >> PAGE_SHIFT);
		if (!page)
			return -EFAULT;
		*gfn = xen_page_to_gfn(page);
		return 0;
	}
	if (!side->page || side->addr != addr) {
		/* Room was made before the segment was begun. */
		if (pin_user_pages_fast(addr, 1, side->write ? FOLL_WRITE : 0,
					&page) != 1)
			return -EFAULT;
		if (side->write)
			c->pinned[XB_PINNED - ++c->nr_written] = page;
		else
			c->pinned[c->nr_read++] = page;
		side->page = page;
		side->addr = addr;
	}
	*gfn = xen_page_to_gfn(side->page);
	return 0;
}

/* Fill one side of a copy, and say how far it goes without a new page. */
static int xb_side_fill(struct xb_copy *c, struct xb_side *side, u32 *len,
			domid_t *domid, u16 *offset, u64 *gfn, u32 *ref)
{
	int err;

	if (side->gref) {
		*ref = (u32)side->at;
		*domid = side->at >> 48;
		*offset = (u16)(side->at >> 32);
	} else {
		err = xb_side_frame(c, side, gfn);
		if (err)
			return err;
		*domid = DOMID_SELF;
		*offset = side->at & ~PAGE_MASK;
	}
	*len = min_t(u32, *len, PAGE_SIZE - *offset);
	return 0;
}

static void xb_side_advance(struct xb_side *side, u32 len)
{
	side->at += side->gref ? (u64)len << 32 : len;
}

static int xb_copy_one(struct xb_copy *c, struct xb_side *source,
		       struct xb_side *dest, u32 *left, unsigned int segment)
{
	struct gnttab_copy *copy = &c->copies[c->nr];
	u64 source_gfn = 0, dest_gfn = 0;
	u32 len = *left;
	int err;

	copy->flags = (source->gref ? GNTCOPY_source_gref : 0) |
		      (dest->gref ? GNTCOPY_dest_gref : 0);
	err = xb_side_fill(c, source, &len, &copy->source.domid,
			   &copy->source.offset, &source_gfn,
			   &copy->source.u.ref) ?:
	      xb_side_fill(c, dest, &len, &copy->dest.domid,
			   &copy->dest.offset, &dest_gfn, &copy->dest.u.ref);
	if (err)
		return err;
	if (!source->gref)
		copy->source.u.gmfn = source_gfn;
	if (!dest->gref)
		copy->dest.u.gmfn = dest_gfn;
	copy->len = len;
	copy->status = GNTST_general_error;
	c->owner[c->nr] = segment;
	c->nr++;
	xb_side_advance(source, len);
	xb_side_advance(dest, len);
	*left -= len;
	return 0;
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

static int xb_segments_check(const struct xb_copy *c, unsigned int nr)
{
	unsigned int i;
	int err = 0;

	for (i = 0; i < nr && !err; i++)
		err = xb_segment_check(c, &c->segments[i]);
	return err;
}

static int xb_segment_copy(struct xb_copy *c, struct xenbatch_copy *s,
			   unsigned int index)
{
	struct xb_side source = {
		.at = s->source,
		.gref = s->flags & XENBATCH_COPY_SOURCE_GREF,
		.arena = s->flags & XENBATCH_COPY_SOURCE_ARENA,
	};
	struct xb_side dest = {
		.at = s->dest,
		.gref = s->flags & XENBATCH_COPY_DEST_GREF,
		.arena = s->flags & XENBATCH_COPY_DEST_ARENA,
		.write = true,
	};
	/* len is below 64 KiB: 17 pages of memory at most, on each side. */
	const unsigned int most = 2 * (0x10000 / PAGE_SIZE + 2);
	u32 left = s->len;
	int err;

	if (c->nr + most > XB_COPIES ||
	    c->nr_read + c->nr_written + most > XB_PINNED)
		xb_copy_flush(c);
	s->status = GNTST_okay;
	do {
		err = xb_copy_one(c, &source, &dest, &left, index);
	} while (!err && left);
	return err;
}

static int xb_statuses_write(struct xb_copy *c)
{
	unsigned int i;

	if (!user_access_begin(c->from, c->nr_segments * sizeof(*c->from)))
		return -EFAULT;
	for (i = 0; i < c->nr_segments; i++)
		unsafe_put_user(c->segments[i].status, &c->from[i].status,
				err_fault);
	user_access_end();
	return 0;

err_fault:
	user_access_end();
	return -EFAULT;
}

/* Segments [0, nr) that are there: all of them, or up to one that is wrong. */
static int xb_segments_copy(struct xb_copy *c, unsigned int nr)
{
	int err = 0;

	for (c->nr_segments = 0; c->nr_segments < nr; c->nr_segments++) {
		err = xb_segment_copy(c, &c->segments[c->nr_segments],
				      c->nr_segments);
		if (err)
			break;
	}
	if (err)
		/* It may have queued something before it was found wrong. */
		while (c->nr && c->owner[c->nr - 1] == c->nr_segments)
			c->nr--;
	xb_copy_flush(c);
	return xb_statuses_write(c) ?: err;
}

/* The next of count segments, and whether each is well formed. */
static int xb_segments_read(struct xb_copy *c, u32 count, unsigned int *nr)
{
	*nr = min(count, XB_SEGMENTS);
	if (copy_from_user(c->segments, c->from, *nr * sizeof(*c->segments)))
		return -EFAULT;
	return xb_segments_check(c, *nr);
}

/* Of more than can be read at once: nothing is done if one is malformed. */
static int xb_segments_check_all(struct xb_copy *c, u32 count)
{
	struct xenbatch_copy __user *from = c->from;
	unsigned int n;
	int err = 0;

	while (count && !err) {
		err = xb_segments_read(c, count, &n);
		c->from += n;
		count -= n;
	}
	c->from = from;
	return err;
}

static int xb_grant_copy(struct xb_run *run, u64 addr, u32 count)
{
	struct xb_scratch *scratch = xb_run_scratch(run);
	struct xb_copy_memory *memory;
	struct xb_copy c = { .ctx = run->ctx };
	unsigned int n;
	int err;

	BUILD_BUG_ON(sizeof(*memory) > sizeof(*scratch) -
				       offsetof(struct xb_scratch, frames));
	if (!scratch)
		return -ENOMEM;
	memory = (struct xb_copy_memory *)scratch->frames;
	c.copies = (struct gnttab_copy *)scratch->bytes;
	c.owner = memory->owner;
	c.pinned = memory->pinned;
	c.segments = memory->segments;
	c.from = (struct xenbatch_copy __user *)addr;
	if (count > XB_SEGMENTS) {
		err = xb_segments_check_all(&c, count);
		if (err)
			return err;
	}
	while (count) {
		/* Checked again: it is the caller's memory. */
		err = xb_segments_read(&c, count, &n);
		if (err)
			return err;
		err = xb_segments_copy(&c, n);
		run->copied += c.nr_segments;
		if (err)
			return err;
		c.from += n;
		count -= n;
	}
	return c.failed ? -EIO : 0;
}

unsigned int xb_grant_copy_run(struct xb_run *run, struct xenbatch_op *op,
			       struct xb_head head, unsigned int nr)
{
	u64 addr = READ_ONCE(op->copy.addr);
	u64 count = READ_ONCE(*(const u64 *)&op->copy.count);
	u64 number = READ_ONCE(*(const u32 *)&op->number);
	int err;

	if (number | count >> 32 | READ_ONCE(op->arg[2]) |
	    READ_ONCE(op->arg[3]) | READ_ONCE(op->arg[4]) ||
	    !count || count > XB_PAGES_MAX) {
		run->refused++;
		err = -EINVAL;
	} else {
		err = xb_grant_copy(run, addr, count);
	}
	xb_op_done(run, op, head.flags, err);
	return 1;
}
