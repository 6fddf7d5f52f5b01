// SPDX-License-Identifier: GPL-2.0
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

static int xb_pages_fill(struct xb_page *page, const struct xb_asked *asked,
			 u32 slot, struct xb_head head, enum xb_map_what what)
{
	u16 readonly = !!(head.flags & XENBATCH_OPF_READONLY);
	const u64 high = what == XB_MAP_REFS ? (u64)asked->domid << 32 : 0;
	const u64 __user *frames = (const u64 __user *)asked->frame;
	const u32 __user *refs = (const u32 __user *)asked->frame;
	u32 i, count = asked->count;
	u64 frame;
	u32 ref;

	if (what == XB_MAP_NOTHING || !(head.flags & XENBATCH_OPF_LIST)) {
		for (i = 0; i < count; i++, page++) {
			page->frame = high | (what == XB_MAP_REFS ?
					      (u32)(asked->frame + i) :
					      asked->frame + i);
			page->slot = slot + i;
			page->err = 0;
			page->readonly = readonly;
		}
		return 0;
	}
	if (what == XB_MAP_FRAMES) {
		if (!user_access_begin(frames, count * sizeof(*frames)))
			return -EFAULT;
		for (i = 0; i < count; i++, page++) {
			unsafe_get_user(frame, &frames[i], err_fault);
			page->frame = frame;
			page->slot = slot + i;
			page->err = 0;
			page->readonly = readonly;
		}
	} else {
		if (!user_access_begin(refs, count * sizeof(*refs)))
			return -EFAULT;
		for (i = 0; i < count; i++, page++) {
			unsafe_get_user(ref, &refs[i], err_fault);
			page->frame = high | ref;
			page->slot = slot + i;
			page->err = 0;
			page->readonly = readonly;
		}
	}
	user_access_end();
	return 0;

err_fault:
	user_access_end();
	return -EFAULT;
}

static int xb_map_take(struct xb_run *run, struct xb_map *m,
		       struct xenbatch_op *op, struct xb_head head,
		       enum xb_map_what what)
{
	struct xb_part *part = &m->scratch->parts[m->nr_parts];
	bool foreign = head.opcode == XENBATCH_OP_FOREIGN_MAP ||
		       head.opcode == XENBATCH_OP_FOREIGN_UNMAP;
	struct xb_asked asked;
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
	err = xb_pages_fill(&m->pages[m->nr], &asked,
			    (asked.addr - m->area->start) >> PAGE_SHIFT, head,
			    what);
	if (err)
		return err;
	part->op = op;
	part->count = asked.count;
	part->flags = head.flags;
	part->status = asked.status;
	m->nr += asked.count;
	m->nr_parts++;
	return 0;
}

unsigned int xb_map_gather(struct xb_run *run, struct xb_map *m,
			   struct xenbatch_op *ops, struct xb_head head,
			   unsigned int nr, enum xb_map_what what)
{
	u64 allowed = READ_ONCE(run->ctx->opcodes);
	u16 opcode = head.opcode;
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
	m->pages = m->scratch->pages;
	for (;;) {
		err = xb_map_take(run, m, &ops[m->nr_parts], head, what);
		if (unlikely(err))
			break;
		/* What is linked to this one must know how it ends. */
		if (m->nr_parts == nr || m->nr_parts == XB_CHUNK ||
		    head.flags & XENBATCH_OPF_LINK)
			break;
		head = xb_op_head(&ops[m->nr_parts]);
		if (head.opcode != opcode || xb_op_check(allowed, head))
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

static int xb_status_write(const struct xb_page *page, const struct xb_part *p)
{
	s32 __user *status = (s32 __user *)p->status;
	u32 i;

	if (!user_access_begin(status, p->count * sizeof(*status)))
		return -EFAULT;
	for (i = 0; i < p->count; i++)
		unsafe_put_user(page[i].err, &status[i], err_fault);
	user_access_end();
	return 0;

err_fault:
	user_access_end();
	return -EFAULT;
}

/* As in frames or grants that are one by one good: the first error. */
static int xb_part_error(const struct xb_page *page, u32 count)
{
	u32 i;

	for (i = 0; i < count; i++)
		if (page[i].err)
			return page[i].err;
	return 0;
}

void xb_map_finish(struct xb_run *run, struct xb_map *m, int err)
{
	const struct xb_page *page = m->pages;
	const struct xb_part *p = m->scratch->parts;
	unsigned int i;
	int result;

	xb_area_put(m->area);
	for (i = 0; i < m->nr_parts; i++, page += p->count, p++) {
		result = err;
		if (unlikely(m->bad) && !err)
			result = xb_part_error(page, p->count);
		/* A whole operation that failed has done nothing. */
		if (p->status && !err && xb_status_write(page, p))
			result = -EFAULT;
		xb_op_done(run, p->op, p->flags, result);
	}
	if (err)
		run->refused += m->nr_parts;
	else
		run->mapped += m->nr;
}

static s64 xb_part_emptied(const struct xb_page *page, u32 count)
{
	s64 n = 0;
	u32 i;

	for (i = 0; i < count; i++) {
		if (page[i].err < 0)
			return page[i].err;
		n += !page[i].err;
	}
	return n;
}

void xb_unmap_finish(struct xb_run *run, struct xb_map *m, int err)
{
	const struct xb_page *page = m->pages;
	const struct xb_part *p = m->scratch->parts;
	unsigned int i;
	s64 result;

	xb_area_put(m->area);
	for (i = 0; i < m->nr_parts; i++, page += p->count, p++) {
		result = err ?: m->bad ? xb_part_emptied(page, p->count) :
					 p->count;
		xb_op_done(run, p->op, p->flags, result);
	}
	if (err)
		run->refused += m->nr_parts;
	else
		run->unmapped += m->nr;
}
