// SPDX-License-Identifier: GPL-2.0
/*
 * GRANT_COPY between grants and the arena, no segment over the end of a page:
 * what copies are that care for their cost. Such a segment is one copy for
 * Xen, and nothing of it needs to be looked up in page tables, or pinned.
 */
#include <linux/bitops.h>
#include <linux/nospec.h>
#include <linux/uaccess.h>

#include <asm/xen/hypercall.h>
#include <xen/grant_table.h>
#include <xen/xen-ops.h>

#include "context.h"
#include "copy.h"

/*
 * Of a segment: len, flags, status and reserved, read at once; of gnttab_copy:
 * len, flags and status, written at once.
 */
#define XB_LEN		0xffffULL
#define XB_FLAGS(flags)	((u64)(flags) << 16)
#define XB_KIND		(XB_FLAGS(0xffff) | 0xffffULL << 48)

#define XB_FROM		XB_FLAGS(XENBATCH_COPY_SOURCE_GREF | \
				 XENBATCH_COPY_DEST_ARENA)
#define XB_TO		XB_FLAGS(XENBATCH_COPY_SOURCE_ARENA | \
				 XENBATCH_COPY_DEST_GREF)

/* A gnttab_copy, as it is written. */
struct xb_raw_side {
	u64 frame;			/* or a reference, in its lower half */
	u32 where;			/* domid, and offset << 16 */
	u32 pad;
};

struct xb_raw_copy {
	struct xb_raw_side source;
	struct xb_raw_side dest;
	u64 how;
};

/* Both sides of one copy. False: not of this sort. */
static __always_inline bool xb_raw_sides(const u64 *gfns, unsigned long max,
					 u64 grant, u64 at, u32 len,
					 struct xb_raw_side *foreign,
					 struct xb_raw_side *own)
{
	u32 offset = at & ~PAGE_MASK;
	u64 gfn;

	at >>= PAGE_SHIFT;
	if (max_t(u32, (u16)(grant >> 32), offset) + len > PAGE_SIZE ||
	    at >= max)
		return false;
	gfn = READ_ONCE(gfns[array_index_nospec(at, max)]);
	if (!gfn)
		return false;
	foreign->frame = grant;
	foreign->where = rol32(grant >> 32, 16);
	own->frame = gfn;
	own->where = DOMID_SELF | offset << 16;
	return true;
}

/* False: some segment is not of this sort, or cannot be read. */
static bool xb_raw_fill(const struct xb_copy *c, u32 count)
{
	const struct xenbatch_copy __user *s = c->from, *end = s + count;
	struct xb_raw_copy *copy = (struct xb_raw_copy *)c->copies;
	const unsigned long max = c->ctx->arena.max;
	const u64 *gfns = c->gfns;
	u64 how, source, dest;

	BUILD_BUG_ON(sizeof(*copy) != sizeof(struct gnttab_copy));
	BUILD_BUG_ON(offsetof(struct gnttab_copy, source.domid) != 8);
	BUILD_BUG_ON(offsetof(struct gnttab_copy, source.offset) != 10);
	BUILD_BUG_ON(offsetof(struct gnttab_copy, dest) != 16);
	BUILD_BUG_ON(offsetof(struct gnttab_copy, status) != 36);
	/* Xen's flags are two of ours. */
	BUILD_BUG_ON(GNTCOPY_source_gref != XENBATCH_COPY_SOURCE_GREF);
	BUILD_BUG_ON(GNTCOPY_dest_gref != XENBATCH_COPY_DEST_GREF);

	if (!user_access_begin(s, count * sizeof(*s)))
		return false;
	for (; s < end; s++, copy++) {
		unsafe_get_user(how, (const u64 __user *)&s->len, err);
		unsafe_get_user(source, &s->source, err);
		unsafe_get_user(dest, &s->dest, err);
		if (likely((how & XB_KIND) == XB_FROM)) {
			if (!xb_raw_sides(gfns, max, source, dest, (u16)how,
					  &copy->source, &copy->dest))
				goto err;
		} else if ((how & XB_KIND) == XB_TO) {
			if (!xb_raw_sides(gfns, max, dest, source, (u16)how,
					  &copy->dest, &copy->source))
				goto err;
		} else {
			goto err;
		}
		copy->how = how & (XB_LEN | XB_FLAGS(GNTCOPY_source_gref |
						     GNTCOPY_dest_gref));
	}
	user_access_end();
	return true;

err:
	user_access_end();
	return false;
}

/* What Xen said of each. All of it in one, or -EFAULT. */
static int xb_raw_answer(const struct xb_copy *c, u32 count)
{
	struct xenbatch_copy __user *s = c->from, *end = s + count;
	const struct gnttab_copy *copy = c->copies;
	s16 all = 0;

	if (!user_access_begin(s, count * sizeof(*s)))
		return -EFAULT;
	for (; s + 4 <= end; s += 4, copy += 4) {
		all |= copy[0].status | copy[1].status | copy[2].status |
		       copy[3].status;
		unsafe_put_user(copy[0].status, &s[0].status, err);
		unsafe_put_user(copy[1].status, &s[1].status, err);
		unsafe_put_user(copy[2].status, &s[2].status, err);
		unsafe_put_user(copy[3].status, &s[3].status, err);
	}
	for (; s < end; s++, copy++) {
		all |= copy->status;
		unsafe_put_user(copy->status, &s->status, err);
	}
	user_access_end();
	return all ? -EIO : 0;

err:
	user_access_end();
	return -EFAULT;
}

/* Those that did not go well: Xen asks to try some again. */
static noinline int xb_raw_again(const struct xb_copy *c, u32 count)
{
	u32 i;

	for (i = 0; i < count; i++)
		if (c->copies[i].status == GNTST_eagain)
			gnttab_batch_copy(&c->copies[i], 1);
	return xb_raw_answer(c, count);
}

static __always_inline bool xb_raw_may(const struct xb_copy *c)
{
	return c->gfns && READ_ONCE(c->ctx->domid) == DOMID_INVALID;
}

static __always_inline void xb_raw_run(struct gnttab_copy *copies, u32 count)
{
	int err;
	u32 i;

	xen_preemptible_hcall_begin();
	err = HYPERVISOR_grant_table_op(GNTTABOP_copy, copies, count);
	xen_preemptible_hcall_end();
	for (i = 0; WARN_ON_ONCE(err) && i < count; i++)
		copies[i].status = GNTST_general_error;
}

int xb_copy_arena_only(struct xb_copy *c, u32 count)
{
	int err;

	if (unlikely(count > XB_COPIES || !xb_raw_may(c) ||
		     !xb_raw_fill(c, count)))
		return -EAGAIN;
	xb_raw_run(c->copies, count);
	err = xb_raw_answer(c, count);
	return likely(!err) ? 0 : xb_raw_again(c, count);
}

/* One more operation, if all of it is of this sort and there is room for it. */
static bool xb_raw_take(struct xb_copy *c, const struct xenbatch_op *op,
			struct xb_part *part)
{
	struct xb_copy_asked asked;

	if (xb_copy_asked_read(&asked, op) || asked.count > XB_COPIES - c->nr)
		return false;
	c->from = asked.from;
	if (!xb_raw_fill(c, asked.count))
		return false;
	part->status = (unsigned long)asked.from;
	part->count = asked.count;
	c->copies += asked.count;
	c->nr += asked.count;
	return true;
}

unsigned int xb_copy_arena_ops(struct xb_run *run, struct xenbatch_op *ops,
			       struct xb_head head, unsigned int nr)
{
	struct xb_scratch *scratch = xb_run_scratch(run);
	u64 allowed = READ_ONCE(run->ctx->opcodes);
	struct xb_copy c = { .ctx = run->ctx };
	struct xb_part *p;
	unsigned int n;
	int err;

	c.gfns = xb_arena_gfns(run->ctx);
	if (!scratch || !xb_raw_may(&c))
		return 0;
	c.copies = (struct gnttab_copy *)scratch->bytes;
	for (n = 0; n < nr && n < XB_CHUNK; n++) {
		p = &scratch->parts[n];
		if (n && !xb_op_follows(&head, &ops[n], allowed))
			break;
		if (!xb_raw_take(&c, &ops[n], p))
			break;
		p->flags = head.flags;
	}
	if (!n)
		return 0;
	c.copies = (struct gnttab_copy *)scratch->bytes;
	xb_raw_run(c.copies, c.nr);
	run->copied += c.nr;
	for (p = scratch->parts; p < scratch->parts + n; p++, ops++) {
		c.from = (struct xenbatch_copy __user *)p->status;
		err = xb_raw_answer(&c, p->count);
		if (unlikely(err))
			err = xb_raw_again(&c, p->count);
		xb_op_done(run, ops, p->flags, err);
		c.copies += p->count;
	}
	return n;
}
