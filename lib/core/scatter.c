// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Reading and writing pieces of a guest's memory. Frames are mapped onto a few
 * slots, as many as there are, copied from or to, and replaced in place by the
 * next; at the end the slots are emptied. So a frame costs what it costs to be
 * replaced, and nothing stays mapped.
 *
 * A round is gone through twice, by the same steps: once to list its frames,
 * and, when these are mapped, once to copy.
 */
#include <string.h>

#include "ops.h"

/*
 * Replacing costs nearly nothing beyond the frames themselves, and emptying
 * costs as many slots as were used: more than these do not pay.
 */
#define SLOTS	256U

struct walk {
	struct xenbatch_piece *piece;	/* the next to be looked at */
	struct xenbatch_piece *end;
	uint32_t done;			/* bytes of it that are */
};

struct round {
	uint64_t gfns[SLOTS];
	int errs[SLOTS];
	uint32_t n;
};

static bool is_good(const struct xenbatch_piece *p)
{
	return p->offset < XB_PAGE && !p->reserved;
}

/*
 * List frames from where *walk is on, until there is no slot for one more.
 * Neighbours in the same frame share a slot.
 */
static void list_frames(struct walk *walk, struct round *r)
{
	struct xenbatch_piece *p = walk->piece;
	uint32_t done = walk->done, n = 0;
	uint64_t at, gfn;

	for (; p < walk->end; p++, done = 0) {
		if (unlikely(!is_good(p)))
			continue;
		while (done < p->len) {
			at = (uint64_t)p->offset + done;
			gfn = p->gfn + (at >> XB_PAGE_SHIFT);
			if (!n || r->gfns[n - 1] != gfn) {
				if (n == SLOTS)
					goto out;
				r->gfns[n++] = gfn;
			}
			at = XB_PAGE - at % XB_PAGE;
			if (at >= p->len - done)
				break;
			done += at;
		}
	}
out:
	walk->piece = p;
	walk->done = done;
	r->n = n;
}

/* Eight bytes, as most ask for, without a call. */
static inline void copy(char *to, const char *from, size_t len)
{
	if (likely(len == 8))
		memcpy(to, from, 8);
	else
		memcpy(to, from, len);
}

/* The same way again, up to end. */
static inline __attribute__((always_inline)) void
copy_frames(const struct walk *start, const struct walk *end,
	    const struct round *r, char *slots, bool write)
{
	struct xenbatch_piece *p = start->piece;
	uint32_t done = start->done, n = 0, len;
	uint64_t at, gfn;
	char *page, *buf;

	for (; p < end->piece || (p == end->piece && done < end->done);
	     p++, done = 0) {
		if (unlikely(!is_good(p)))
			continue;
		while (done < p->len && !(p == end->piece &&
					  done == end->done)) {
			at = (uint64_t)p->offset + done;
			gfn = p->gfn + (at >> XB_PAGE_SHIFT);
			if (!n || r->gfns[n - 1] != gfn)
				n++;
			at %= XB_PAGE;
			len = XB_PAGE - at;
			if (len > p->len - done)
				len = p->len - done;
			if (likely(!r->errs[n - 1])) {
				page = slots + (n - 1) * XB_PAGE + at;
				buf = (char *)p->buf + done;
				if (write)
					copy(page, buf, len);
				else
					copy(buf, page, len);
			} else if (!p->err) {
				p->err = -r->errs[n - 1];
			}
			done += len;
		}
	}
}

/*
 * Map a round's frames. Slots [0, *filled) are filled before, and after. 0, or
 * what failed as a whole: a negative errno.
 */
static int map_round(struct xb_lane *lane, char *slots, uint32_t *filled,
		     uint16_t domid, int flags, struct round *r)
{
	const struct xb_device *dev = &lane_impl(lane)->conn->dev;
	uint32_t n = r->n, more = *filled > n ? *filled - n : 0;
	struct xenbatch_op *op;

	lane->nr = 0;
	if (more) {
		/* What this round needs no more goes with it. */
		op = xb_lane_op(lane);
		if (!op)
			return -errno;
		xb_op_head(op, XENBATCH_OP_FOREIGN_UNMAP, 0, 0, 0);
		if (dev->dear_parts)
			xb_op_map(op, slots, *filled, 0, 0, NULL, 0);
		else
			xb_op_map(op, slots + n * XB_PAGE, more, 0, 0, NULL, 0);
		lane->nr++;
	}
	op = xb_lane_op(lane);
	if (!op)
		return -errno;
	r->errs[0] = 1;
	xb_op_map_list(op, XENBATCH_OP_FOREIGN_MAP, flags, 0, domid, slots, n,
		       r->gfns, r->errs);
	lane->nr++;
	if (xb_lane_run(lane))
		return -errno;
	*filled = n;
	op = &lane->ops[lane->nr - 1];
	/* Not a page's status, which all would have: see xenbatch_map. */
	return r->errs[0] > 0 ? (int)op->result : 0;
}

static int empty(struct xb_lane *lane, char *slots, uint32_t filled)
{
	int saved = errno;
	struct xenbatch_op *op;

	lane->nr = 0;
	op = xb_lane_op(lane);
	if (!op)
		return -errno;
	xb_op_head(op, XENBATCH_OP_FOREIGN_UNMAP, 0, 0, 0);
	xb_op_map(op, slots, filled, 0, 0, NULL, 0);
	lane->nr++;
	if (xb_lane_run(lane))
		return -errno;
	errno = saved;
	return op->result < 0 ? (int)op->result : 0;
}

/* All from *walk on fail alike: -1 with errno if these are all there are. */
static int give_up(struct walk *walk, const struct xenbatch_piece *first,
		   int err)
{
	if (walk->piece == first && !walk->done) {
		errno = -err;
		return -1;
	}
	for (; walk->piece < walk->end; walk->piece++)
		if (walk->piece->len && !walk->piece->err)
			walk->piece->err = -err;
	return 0;
}

/* *lost: the slots could not be emptied. */
static int run(struct xb_lane *lane, char *slots, uint16_t domid,
	       struct xenbatch_piece *pieces, size_t n, bool write, bool *lost)
{
	struct walk walk = { pieces, pieces + n, 0 }, start;
	int flags = write ? 0 : XENBATCH_OPF_READONLY;
	uint32_t filled = 0;
	struct round r;
	int ret = 0, err;

	while (walk.piece < walk.end) {
		start = walk;
		list_frames(&walk, &r);
		if (!r.n)
			break;
		err = map_round(lane, slots, &filled, domid, flags, &r);
		if (err) {
			ret = give_up(&start, pieces, err);
			break;
		}
		if (write)
			copy_frames(&start, &walk, &r, slots, true);
		else
			copy_frames(&start, &walk, &r, slots, false);
	}
	*lost = filled && empty(lane, slots, filled);
	return ret;
}

static int count_failed(const struct xenbatch_piece *pieces, size_t n)
{
	int failed = 0;
	size_t i;

	for (i = 0; i < n; i++)
		failed += pieces[i].err != 0;
	return failed;
}

static int access_guest(xenbatch *xb, uint16_t domid,
			struct xenbatch_piece *pieces, size_t n, bool write)
{
	struct xb_lane *lane;
	struct xb_conn *conn;
	struct xb_slots *w;
	struct xb_slot *slot;
	char *slots;
	bool lost;
	size_t i;
	int ret;

	for (i = 0; i < n; i++)
		pieces[i].err = is_good(&pieces[i]) ? 0 : EINVAL;
	lane = xb_lane_get(xb);
	if (!lane)
		return -1;
	conn = lane_impl(lane)->conn;
	w = &conn->windows[XB_WINDOW_FOREIGN];
	slots = xb_slots_get(w, SLOTS);
	if (!slots) {
		xb_lane_put(lane);
		return -1;
	}
	ret = run(lane, slots, domid, pieces, n, write, &lost);
	slot = xb_slots_find(xb_pieces(conn), slots, SLOTS);
	if (slot && !lost)
		xb_slots_put(slot);
	xb_lane_put(lane);
	return ret ? -1 : count_failed(pieces, n);
}

int xenbatch_read_guest(xenbatch *xb, uint16_t domid,
			struct xenbatch_piece *pieces, size_t n)
{
	return access_guest(xb, domid, pieces, n, false);
}

int xenbatch_write_guest(xenbatch *xb, uint16_t domid,
			 struct xenbatch_piece *pieces, size_t n)
{
	return access_guest(xb, domid, pieces, n, true);
}
