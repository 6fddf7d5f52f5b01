// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Mapping and unmapping at once. A call is one operation and, where it fits in
 * one, one system call.
 */
#include "ops.h"

static const struct {
	uint16_t region, map, unmap;
	bool no_module;
} kinds[XB_WINDOWS] = {
	[XB_WINDOW_FOREIGN] = { XENBATCH_REGION_FOREIGN,
				XENBATCH_OP_FOREIGN_MAP,
				XENBATCH_OP_FOREIGN_UNMAP, false },
	[XB_WINDOW_GRANTS] = { XENBATCH_REGION_GRANT, XENBATCH_OP_GRANT_MAP,
			       XENBATCH_OP_GRANT_UNMAP, false },
	[XB_WINDOW_GRANTS_DIO] = { XENBATCH_REGION_GRANT_PAGES,
				   XENBATCH_OP_GRANT_MAP,
				   XENBATCH_OP_GRANT_UNMAP, false },
	[XB_WINDOW_RESOURCES] = { XENBATCH_REGION_FOREIGN,
				  XENBATCH_OP_FOREIGN_MAP,
				  XENBATCH_OP_FOREIGN_UNMAP, true },
};

void xb_windows_init(struct xb_conn *conn)
{
	unsigned int i;

	for (i = 0; i < XB_WINDOWS; i++) {
		conn->windows[i].region = kinds[i].region;
		conn->windows[i].map = kinds[i].map;
		conn->windows[i].unmap = kinds[i].unmap;
		conn->windows[i].no_module = kinds[i].no_module;
		xb_slots_init(&conn->windows[i], conn);
	}
}

static __attribute__((noinline, cold)) int failed(int err)
{
	errno = err;
	return -1;
}

static __attribute__((noinline, cold)) void *failed_ptr(int err)
{
	errno = err;
	return NULL;
}

/* Slots of a piece of this connection's, of the one given window or any. */
static inline struct xb_slots *window_of(struct xb_conn *conn, const void *addr)
{
	struct xb_slot_piece *piece = xb_slots_piece(xb_pieces(conn), addr);

	return likely(piece) ? piece->window : NULL;
}

/* The process's ancestors had these; here they are nothing. */
static bool is_inherited(const struct xb_conn *conn, const void *addr)
{
	for (conn = conn->inherited; conn; conn = conn->inherited)
		if (xb_slots_piece(xb_pieces(conn), addr))
			return true;
	return false;
}

/*
 * What does not fit in one operation: several, in one SUBMIT. The first that
 * failed, as a negative errno, or the sum of what they gave.
 */
static __attribute__((noinline)) long
run_many(xenbatch *xb, const struct xenbatch_op *model, size_t n, size_t entry)
{
	struct xb_lane *lane = xb_lane_get(xb);
	size_t max, at, count;
	struct xenbatch_op *op;
	long ret = 0;
	uint32_t i;

	if (!lane)
		return -errno;
	max = lane_impl(lane)->conn->dev.pages_max;
	for (at = 0; at < n; at += count) {
		count = n - at < max ? n - at : max;
		op = xb_lane_op(lane);
		if (!op) {
			ret = -errno;
			goto out;
		}
		op->opcode = model->opcode;
		op->flags = model->flags;
		op->tag = 0;
		op->number = 0;
		op->domid = model->domid;
		op->map = model->map;
		op->map.addr += at * XB_PAGE;
		op->map.count = count;
		op->map.frame += at * entry;
		if (op->map.status)
			op->map.status += at * sizeof(int);
		lane->nr++;
	}
	if (xb_lane_run(lane)) {
		ret = -errno;
		goto out;
	}
	for (i = 0; i < lane->nr; i++) {
		int *errs = (int *)(uintptr_t)lane->ops[i].map.status;

		/* Refused as a whole: the caller gets to know by page. */
		if (errs && errs[0] > 0)
			for (at = 0; at < lane->ops[i].map.count; at++)
				errs[at] = lane->ops[i].result;
		if (lane->ops[i].result < 0 && ret >= 0)
			ret = lane->ops[i].result;
		else if (ret >= 0)
			ret += lane->ops[i].result;
	}
out:
	xb_lane_put(lane);
	return ret;
}

/* What unmapping said. */
static inline __attribute__((always_inline)) long
empty(xenbatch *xb, const struct xb_slots *w, void *addr, size_t n)
{
	struct xb_lane_impl *lane;
	struct xenbatch_op *op, model;

	if (unlikely(n > w->conn->dev.pages_max)) {
		xb_op_head(&model, w->unmap, 0, 0, 0);
		xb_op_map(&model, addr, n, 0, 0, NULL, 0);
		return run_many(xb, &model, n, 0);
	}
	op = xb_one(xb, &lane);
	if (unlikely(!op))
		return -errno;
	xb_op_head(op, w->unmap, 0, 0, 0);
	xb_op_map(op, addr, n, 0, 0, NULL, 0);
	return xb_one_run(lane);
}

/*
 * A map said ret, a negative errno; or could not be tried at all. fresh: the
 * slots are new. Some pages may be there: what the caller is to get.
 */
static __attribute__((noinline)) void *
map_failed(xenbatch *xb, struct xb_slots *w, bool fresh, void *addr, size_t n,
	   int *errs, long ret)
{
	struct xb_slot *slot;
	size_t i;

	if (errs) {
		/* Nothing was written: it failed as a whole. */
		for (i = 0; errs[0] > 0 && i < n; i++)
			errs[n - 1 - i] = ret;
		for (i = 0; i < n; i++)
			if (!errs[i])
				return addr;
	}
	if (fresh) {
		slot = xb_slots_find(xb_pieces(w->conn), addr, n);
		if (xb_is_ours(xb) && slot && empty(xb, w, addr, n) >= 0)
			xb_slots_put(slot);
	}
	return failed_ptr(-ret);
}

/* Frames or grants: opcode is known where this is called. */
static inline __attribute__((always_inline)) void *
map(xenbatch *xb, void *addr, unsigned int window, unsigned int opcode,
    uint16_t domid, int prot, size_t n, const void *list, int *errs)
{
	int flags = xb_prot_flags(prot);
	struct xenbatch_op *op, model;
	struct xb_lane_impl *lane;
	struct xb_conn *conn;
	struct xb_slots *w;
	void *slots = addr;
	long ret;

	if (unlikely(flags < 0 || !n || window >= XB_WINDOWS))
		return failed_ptr(EINVAL);
	conn = xb_conn(xb);
	if (unlikely(!conn))
		return NULL;
	w = &conn->windows[window];
	if (!addr) {
		slots = xb_slots_get(w, n);
		if (unlikely(!slots))
			return NULL;
	}
	if (errs)
		errs[0] = 1;
	if (unlikely(n > conn->dev.pages_max)) {
		if (errs)
			for (size_t i = 0; i < n; i++)
				errs[i] = 1;
		xb_op_map_list(&model, opcode, flags, 0, domid, slots, n, list,
			       errs);
		ret = run_many(xb, &model, n, xb_list_entry(opcode));
	} else {
		op = xb_one(xb, &lane);
		if (likely(op)) {
			xb_op_map_list(op, opcode, flags, 0, domid, slots, n,
				       list, errs);
			ret = xb_one_run(lane);
		} else {
			ret = -errno;
		}
	}
	if (likely(ret >= 0))
		return slots;
	return map_failed(xb, w, !addr, slots, n, errs, ret);
}

void *xenbatch_map(xenbatch *xb, void *addr, uint16_t domid, int prot, size_t n,
		   const uint64_t *gfns, int *errs)
{
	return map(xb, addr, XB_WINDOW_FOREIGN, XENBATCH_OP_FOREIGN_MAP, domid,
		   prot, n, gfns, errs);
}

void *xenbatch_map_grants(xenbatch *xb, void *addr, enum xenbatch_window window,
			  uint16_t domid, int prot, size_t n,
			  const uint32_t *refs, int *errs)
{
	unsigned int kind = (unsigned int)window - 1;

	if (addr)
		kind = XB_WINDOW_GRANTS;
	else if (kind != XB_WINDOW_GRANTS && kind != XB_WINDOW_GRANTS_DIO)
		return failed_ptr(EINVAL);
	return map(xb, addr, kind, XENBATCH_OP_GRANT_MAP, domid, prot, n, refs,
		   errs);
}

void *xenbatch_map_resource(xenbatch *xb, void *addr, uint16_t domid, int prot,
			    unsigned int type, unsigned int id, uint64_t frame,
			    size_t n)
{
	int flags = xb_prot_flags(prot);
	struct xenbatch_op model;
	struct xb_conn *conn;
	struct xb_slots *w;
	void *slots = addr;
	long ret;

	if (flags < 0 || !n)
		return failed_ptr(EINVAL);
	conn = xb_conn(xb);
	if (!conn)
		return NULL;
	w = &conn->windows[conn->dev.opcodes >> XENBATCH_OP_RESOURCE_MAP & 1 ?
				   XB_WINDOW_FOREIGN : XB_WINDOW_RESOURCES];
	if (!addr)
		slots = xb_slots_get(w, n);
	if (!slots)
		return NULL;
	xb_op_head(&model, XENBATCH_OP_RESOURCE_MAP, flags, 0, domid);
	xb_op_map(&model, slots, n, type, frame, NULL, id);
	ret = run_many(xb, &model, n, 1);
	if (ret >= 0)
		return slots;
	return map_failed(xb, w, !addr, slots, n, NULL, ret);
}

int xenbatch_clear(xenbatch *xb, void *addr, size_t n)
{
	struct xb_conn *conn = xb_conn(xb);
	struct xb_slots *w;
	long ret;

	if (unlikely(!conn))
		return -1;
	w = window_of(conn, addr);
	if (unlikely(!w || !n))
		return failed(EINVAL);
	ret = empty(xb, w, addr, n);
	return likely(ret >= 0) ? 0 : failed(-ret);
}

void *xenbatch_slots_alloc(xenbatch *xb, enum xenbatch_window window, size_t n)
{
	unsigned int kind = (unsigned int)window - 1;
	struct xb_conn *conn = xb_conn(xb);

	if (!conn)
		return NULL;
	if (kind > XB_WINDOW_GRANTS_DIO)
		return failed_ptr(EINVAL);
	return xb_slots_get(&conn->windows[kind], n);
}

/* The first of these is not a slot of this process's, got as n. */
static __attribute__((noinline, cold)) int not_found(const xenbatch *xb,
						     const void *addr)
{
	if (!addr || !xb_is_ours(xb) || is_inherited(xb->conn, addr))
		return 0;
	return failed(EINVAL);
}

int xenbatch_unmap(xenbatch *xb, void *addr, size_t n)
{
	struct xb_slot *slot;
	long ret;

	if (unlikely(!xb_is_ours(xb)))
		return not_found(xb, addr);
	slot = xb_slots_find(xb_pieces(xb->conn), addr, n);
	if (unlikely(!slot))
		return not_found(xb, addr);
	ret = empty(xb, slot->piece->window, addr, n);
	if (unlikely(ret < 0))
		return failed(-ret);
	return likely(xb_slots_put(slot)) ? 0 : failed(EINVAL);
}

int xenbatch_slots_free(xenbatch *xb, void *addr, size_t n)
{
	return xenbatch_unmap(xb, addr, n);
}

int xenbatch_grant_notify(xenbatch *xb, void *addr, unsigned int what,
			  uint32_t port)
{
	struct xb_lane_impl *lane;
	struct xenbatch_op *op = xb_one(xb, &lane);
	long ret;

	if (!op)
		return -1;
	xb_op_notify(op, 0, 0, addr, what, port);
	ret = xb_one_run(lane);
	return ret >= 0 ? 0 : failed(-ret);
}
