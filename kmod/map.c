// SPDX-License-Identifier: GPL-2.0
#include <linux/bitmap.h>
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

#include "context.h"
#include "map.h"

struct xb_scratch *xb_run_scratch(struct xb_run *run)
{
	if (!run->scratch)
		run->scratch = xchg(&run->ctx->spare, NULL);
	if (!run->scratch)
		run->scratch = kvmalloc(sizeof(*run->scratch),
					GFP_KERNEL_ACCOUNT);
	return run->scratch;
}

/* What an operation says, read once. */
struct xb_asked {
	unsigned long addr;
	u64 frame;
	u64 status;
	u32 count;
	domid_t domid;
};

static int xb_asked_read(struct xb_asked *asked, const struct xenbatch_op *op,
			 enum xb_map_what what)
{
	u64 count = READ_ONCE(*(const u64 *)&op->map.count);
	u32 number = READ_ONCE(*(const u32 *)&op->number);

	asked->addr = READ_ONCE(op->map.addr);
	asked->frame = READ_ONCE(op->map.frame);
	asked->status = READ_ONCE(op->map.status);
	asked->count = count;
	asked->domid = number >> 16;
	/* number, type, id and reserved */
	if ((u16)number || count >> 32 || READ_ONCE(op->arg[4]))
		return -EINVAL;
	if (!asked->count || asked->count > XB_PAGES_MAX ||
	    asked->addr & ~PAGE_MASK)
		return -EINVAL;
	if (what == XB_MAP_NOTHING &&
	    (asked->domid || asked->frame || asked->status))
		return -EINVAL;
	return 0;
}

/* Is this a mapping that the context may make? */
static int xb_asked_may(const struct xb_run *run, const struct xb_area *area,
			const struct xb_asked *asked, struct xb_head head,
			enum xb_map_what what)
{
	domid_t only = READ_ONCE(run->ctx->domid);

	if (what == XB_MAP_NOTHING)
		return 0;
	if (only != DOMID_INVALID && asked->domid != only)
		return -EPERM;
	if (!area->writable && !(head.flags & XENBATCH_OPF_READONLY))
		return -EACCES;
	return 0;
}

/* The area of the whole stretch, or, when there is one, is this the same? */
static int xb_map_area(struct xb_run *run, struct xb_map *m,
		       const struct xb_asked *asked, bool foreign)
{
	unsigned long size = (unsigned long)asked->count << PAGE_SHIFT;
	bool mine = !m->area;
	int err = 0;

	if (mine)
		m->area = xb_area_get(run->ctx, asked->addr);
	if (!m->area)
		return -ENXIO;
	if (foreign == !!m->area->grants ||
	    asked->addr < m->area->start || asked->addr >= m->area->end ||
	    size > m->area->end - asked->addr)
		err = -ENXIO;
	if (err && mine) {
		xb_area_put(m->area);
		m->area = NULL;
	}
	return err;
}

/*
 * The i-th from first on. Beyond the last there is none, and the last stands for
 * that: were it to start again from 0, somebody else's would be mapped.
 */
static u64 xb_nth(u64 first, u32 i, u64 last)
{
	return first > last - i ? last : first + i;
}

/* Frames or references of one operation. */
static int xb_frames_read(struct xb_map *m, const struct xb_asked *asked,
			  struct xb_head head)
{
	const void __user *list = (const void __user *)asked->frame;
	u64 *frames = &m->scratch->frames[m->nr];
	u32 i;

	if (head.flags & XENBATCH_OPF_LIST) {
		if (copy_from_user(frames, list,
				   asked->count * sizeof(*frames)))
			return -EFAULT;
		return 0;
	}
	for (i = 0; i < asked->count; i++)
		frames[i] = xb_nth(asked->frame, i, U64_MAX);
	return 0;
}

static int xb_refs_read(struct xb_map *m, const struct xb_asked *asked,
			struct xb_head head)
{
	const void __user *list = (const void __user *)asked->frame;
	u32 *refs = &m->scratch->refs[m->nr];
	u32 i;

	if (head.flags & XENBATCH_OPF_LIST) {
		if (copy_from_user(refs, list, asked->count * sizeof(*refs)))
			return -EFAULT;
		return 0;
	}
	for (i = 0; i < asked->count; i++)
		refs[i] = xb_nth(asked->frame, i, U32_MAX);
	return 0;
}

static int xb_map_take(struct xb_run *run, struct xb_map *m,
		       struct xenbatch_op *op, struct xb_head head,
		       enum xb_map_what what)
{
	struct xb_part *part = &m->scratch->parts[m->nr_parts];
	bool foreign = head.opcode == XENBATCH_OP_FOREIGN_MAP ||
		       head.opcode == XENBATCH_OP_FOREIGN_UNMAP;
	struct xb_asked asked;
	u32 slot;
	int err;

	err = xb_asked_read(&asked, op, what);
	if (err)
		return err;
	/* No room is no error: the operation begins the next stretch. */
	if (asked.count > XB_PAGES_MAX - m->nr)
		return -EAGAIN;
	err = xb_map_area(run, m, &asked, foreign);
	if (err)
		return err;
	err = xb_asked_may(run, m->area, &asked, head, what);
	if (err)
		return err;
	if (!m->nr_parts)
		m->domid = asked.domid;
	else if (what == XB_MAP_FRAMES && m->domid != asked.domid)
		return -EAGAIN;
	slot = (asked.addr - m->area->start) >> PAGE_SHIFT;
	/*
	 * A slot takes a grant if the operation before has left it empty, which
	 * that knows only when it is done.
	 */
	if (what == XB_MAP_REFS && m->nr_parts && slot < m->high &&
	    slot + asked.count > m->low)
		return -EAGAIN;
	if (what == XB_MAP_FRAMES)
		err = xb_frames_read(m, &asked, head);
	else if (what == XB_MAP_REFS)
		err = xb_refs_read(m, &asked, head);
	if (err)
		return err;
	part->op = op;
	part->status = asked.status;
	part->slot = slot;
	part->count = asked.count;
	part->first = m->nr;
	part->flags = head.flags;
	part->domid = asked.domid;
	part->readonly = head.flags & XENBATCH_OPF_READONLY;
	m->low = m->nr_parts ? min(m->low, slot) : slot;
	m->high = m->nr_parts ? max(m->high, slot + asked.count) :
				slot + asked.count;
	m->nr += asked.count;
	m->nr_parts++;
	return 0;
}

unsigned int xb_map_gather(struct xb_run *run, struct xb_map *m,
			   struct xenbatch_op *ops, struct xb_head head,
			   unsigned int nr, enum xb_map_what what)
{
	u64 allowed = READ_ONCE(run->ctx->opcodes);
	int err;

	m->area = NULL;
	m->nr = 0;
	m->nr_parts = 0;
	m->resource = false;
	m->bad = false;
	m->scratch = xb_run_scratch(run);
	if (unlikely(!m->scratch)) {
		xb_op_done(run, ops, head.flags, -ENOMEM);
		return 0;
	}
	for (;;) {
		err = xb_map_take(run, m, &ops[m->nr_parts], head, what);
		if (unlikely(err))
			break;
		if (m->nr_parts == nr || m->nr_parts == XB_CHUNK ||
		    !xb_op_follows(&head, &ops[m->nr_parts], allowed))
			break;
	}
	if (likely(m->nr_parts))
		return m->nr_parts;
	if (m->area)
		xb_area_put(m->area);
	run->refused++;
	xb_op_done(run, ops, head.flags, err);
	return 0;
}

static int xb_status_write(const struct xb_map *m, const struct xb_part *p)
{
	s32 __user *status = (s32 __user *)p->status;
	const s16 *errs = &m->scratch->errs[p->first];
	u32 i;

	if (likely(!m->bad))
		return clear_user(status, p->count * sizeof(*status)) ?
		       -EFAULT : 0;
	if (!user_access_begin(status, p->count * sizeof(*status)))
		return -EFAULT;
	for (i = 0; i < p->count; i++)
		unsafe_put_user(errs[i], &status[i], err_fault);
	user_access_end();
	return 0;

err_fault:
	user_access_end();
	return -EFAULT;
}

static int xb_part_error(const struct xb_map *m, const struct xb_part *p)
{
	const s16 *errs = &m->scratch->errs[p->first];
	u32 i;

	for (i = 0; i < p->count; i++)
		if (errs[i])
			return errs[i];
	return 0;
}

void xb_map_finish(struct xb_run *run, struct xb_map *m, int err)
{
	struct xb_part *p;
	int result;

	xb_area_put(m->area);
	for (p = xb_parts(m); p < xb_parts_end(m); p++) {
		result = err;
		if (unlikely(m->bad) && !err)
			result = xb_part_error(m, p);
		/* A whole operation that failed has done nothing. */
		if (p->status && !err && xb_status_write(m, p))
			result = -EFAULT;
		xb_op_done(run, p->op, p->flags, result);
	}
	if (unlikely(err))
		run->refused += m->nr_parts;
	else
		run->mapped += m->nr;
}

static s64 xb_part_emptied(const struct xb_map *m, const struct xb_part *p)
{
	const s16 *errs = &m->scratch->errs[p->first];
	s64 n = 0;
	u32 i;

	for (i = 0; i < p->count; i++) {
		if (errs[i] < 0)
			return errs[i];
		n += !errs[i];
	}
	return n;
}

void xb_unmap_finish(struct xb_run *run, struct xb_map *m, int err)
{
	struct xb_part *p;
	s64 result;

	xb_area_put(m->area);
	for (p = xb_parts(m); p < xb_parts_end(m); p++) {
		result = err ?: m->bad ? xb_part_emptied(m, p) : p->count;
		xb_op_done(run, p->op, p->flags, result);
	}
	if (unlikely(err))
		run->refused += m->nr_parts;
	else
		run->unmapped += m->nr;
}

/* Which slots are filled */

/* Slots [first, end) are filled now: how many were before. */
static unsigned int xb_area_fill(struct xb_area *area, u32 first, u32 end)
{
	unsigned int n = 0;
	unsigned long bit;

	if (end - first == 1)
		return __test_and_set_bit(first, area->filled);
	/* All of them, or none: what nearly all are. */
	if (find_next_zero_bit(area->filled, end, first) >= end)
		return end - first;
	bit = find_next_bit(area->filled, end, first);
	for_each_set_bit_from(bit, area->filled, end)
		n++;
	bitmap_set(area->filled, first, end - first);
	return n;
}

unsigned int xb_map_filled(struct xb_map *m, unsigned int from,
			   unsigned int to)
{
	unsigned int first, end, replaced = 0;
	struct xb_part *p;

	for (p = xb_parts(m); p < xb_parts_end(m); p++) {
		first = max_t(unsigned int, from, p->first);
		end = min_t(unsigned int, to, p->first + p->count);
		if (first < end)
			replaced += xb_area_fill(m->area,
						 p->slot + first - p->first,
						 p->slot + end - p->first);
	}
	m->area->nr_filled += to - from - replaced;
	return replaced;
}

unsigned int xb_map_take_filled(struct xb_map *m)
{
	unsigned long *filled = m->area->filled;
	u32 *slots = m->scratch->slots;
	unsigned int n = 0, i;
	struct xb_part *p;

	for (p = xb_parts(m); p < xb_parts_end(m); p++) {
		if (p->count > 1 &&
		    find_next_zero_bit(filled, p->slot + p->count, p->slot) >=
		    p->slot + p->count) {
			bitmap_clear(filled, p->slot, p->count);
			for (i = 0; i < p->count; i++)
				slots[n++] = p->slot + i;
			continue;
		}
		for (i = 0; i < p->count; i++) {
			if (__test_and_clear_bit(p->slot + i, filled))
				slots[n++] = p->slot + i;
			else
				xb_map_fail(m, p->first + i, XB_NOT_FILLED);
		}
	}
	m->area->nr_filled -= n;
	return n;
}

void xb_map_keep(struct xb_map *m, unsigned int n)
{
	const u32 *kept = m->scratch->slots;
	struct xb_part *p;
	unsigned int i;

	for (p = xb_parts(m); p < xb_parts_end(m); p++)
		for (i = 0; i < n; i++)
			if (kept[i] >= p->slot && kept[i] < p->slot + p->count)
				xb_map_fail(m, p->first + kept[i] - p->slot,
					    -EIO);
}
