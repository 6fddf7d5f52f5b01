/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * How an xc_* function is made.
 *
 * A function opens a cursor, fills its hypercall's structure and buffers,
 * which lie in the arena, and ends with what is to be done with the answer:
 *
 *	struct xe_cursor *k = xe_open(xch, 0);
 *	struct xen_domctl *d;
 *
 *	if (!k)
 *		return -1;
 *	d = xe_domctl(k, XEN_DOMCTL_getvcpuinfo, domid);
 *	d->u.getvcpuinfo.vcpu = vcpu;
 *	return xe_end_copy(k, XE_DOMCTL, d, info, XE_U, sizeof(*info));
 *
 * Whether that runs now, or is queued in the thread's batch, is the engine's
 * business alone. Every path from xe_open ends in one xe_end*, with no other
 * xc_* call between.
 *
 * Three ways to end, from cheap to general: xe_end (the answer is the return
 * value), xe_end_copy (and a part of the structure goes to the user), and
 * xe_end_done (buffers are copied, a function has the last word).
 *
 * What is to be done with the answer is kept in the operation itself: its tag
 * says what, and its fifth argument, which no hypercall of libxc has and Xen
 * does not look at, says where to. So a queued call is one cache line and its
 * structure, and queueing is two dozen instructions.
 *
 * Structures are not cleared: a function sets every field that Xen reads for
 * this very operation, as stock does with its uninitialised ones.
 */
#ifndef XC_ENGINE_H
#define XC_ENGINE_H

#include "handle.h"
#include "release.h"

/* Scratch memory of one structure: a domctl, the biggest. */
#define XE_SLOT		144u
_Static_assert(sizeof(struct xen_domctl) == XE_SLOT, "domctl");
_Static_assert(sizeof(struct xen_sysctl) <= XE_SLOT, "sysctl");
_Static_assert(XE_SLOT % XB_LANE_ALIGN == 0, "a slot keeps the alignment");

/* Where the union of both begins. */
#define XE_U		offsetof(struct xen_domctl, u)
#define XE_SYSCTL_U	offsetof(struct xen_sysctl, u)

/*
 * Where the next operation goes. For a batch op_end is such that every slot
 * before it has its XE_SLOT bytes of scratch memory: one comparison covers
 * both.
 */
struct xe_cursor {
	xc_interface *xch;		/* NULL: not to be found (see xe_pause) */
	struct xenbatch_op *op;
	struct xenbatch_op *op_end;
	char *cur;
	char *end;
	struct xb_lane *lane;
	bool queued;			/* a batch's, not the immediate one */
	void *big;			/* memory from beyond the arena, or NULL */
};

/* The batch that this thread used last; never NULL. */
extern __thread struct xe_cursor *xe_current
	__attribute__((tls_model("initial-exec"), visibility("hidden")));

/* What it is if there is none. */
extern struct xe_cursor xe_none __attribute__((visibility("hidden")));

struct xe_cursor *xe_open_slow(xc_interface *xch, size_t extra);
long xe_run(struct xe_cursor *k);
void xe_trim(struct xe_cursor *k);

/*
 * Begin a call that needs one structure and `extra` bytes of buffers (the sum
 * of XE_ROUND() of each). NULL with errno: there is no memory or connection;
 * the call has its place in the batch then.
 */
static inline __attribute__((always_inline)) struct xe_cursor *
xe_open(xc_interface *xch, size_t extra)
{
	struct xe_cursor *k = xe_current;

	if (k->xch == xch && k->op != k->op_end &&
	    ((__builtin_constant_p(extra) && extra == 0) ||
	     extra + XE_SLOT <= (size_t)(k->end - k->cur)))
		return k;
	return xe_open_slow(xch, extra);
}

/* The same for a question that must not wait for a batch, nor take part. */
struct xe_cursor *xe_open_now(xc_interface *xch, size_t extra);

/*
 * For the few functions that are called by the hundred thousand: the batch's
 * cursor if there is one with room, or else NULL, and then the function goes on
 * out of line. Without a call on its way the rest needs no stack frame.
 */
static inline __attribute__((always_inline)) struct xe_cursor *
xe_open_queued(xc_interface *xch)
{
	struct xe_cursor *k = xe_current;

	if (unlikely(k->xch != xch || k->op == k->op_end))
		return NULL;
	if (!k->queued)
		__builtin_unreachable();
	return k;
}

#define XE_ROUND(size) \
	(((size_t)(size) + XB_LANE_ALIGN - 1) & ~(size_t)(XB_LANE_ALIGN - 1))

/* More than can be had; a few of them can still be added up. */
#define XE_HUGE ((size_t)PTRDIFF_MAX / 16)

/* Scratch memory, of what xe_open was told. */
static inline void *xe_take(struct xe_cursor *k, size_t size)
{
	char *p = k->cur;

	k->cur = p + XE_ROUND(size);
	return p;
}

static inline __attribute__((always_inline)) struct xen_domctl *
xe_start_domctl(void *block, uint32_t cmd, uint32_t domid)
{
	struct xen_domctl *d = block;

	d->cmd = cmd;
	d->interface_version = XEN_DOMCTL_INTERFACE_VERSION;
	d->domain = domid;
	return d;
}

static inline __attribute__((always_inline)) struct xen_domctl *
xe_domctl(struct xe_cursor *k, uint32_t cmd, uint32_t domid)
{
	return xe_start_domctl(xe_take(k, XE_SLOT), cmd, domid);
}

static inline __attribute__((always_inline)) struct xen_sysctl *
xe_sysctl(struct xe_cursor *k, uint32_t cmd)
{
	struct xen_sysctl *s = xe_take(k, XE_SLOT);

	s->cmd = cmd;
	s->interface_version = XEN_SYSCTL_INTERFACE_VERSION;
	return s;
}

/* Both in one, for calls without buffers. NULL as xe_open. */
static inline __attribute__((always_inline)) struct xen_domctl *
xe_open_domctl(struct xe_cursor **k, xc_interface *xch, uint32_t cmd,
	       uint32_t domid)
{
	*k = xe_open(xch, 0);
	return *k ? xe_domctl(*k, cmd, domid) : NULL;
}

static inline __attribute__((always_inline)) struct xen_sysctl *
xe_open_sysctl(struct xe_cursor **k, xc_interface *xch, uint32_t cmd)
{
	*k = xe_open(xch, 0);
	return *k ? xe_sysctl(*k, cmd) : NULL;
}

/* What a tag says. */
enum xe_kind {
	XE_PLAIN,	/* nothing to be done */
	XE_COPY,	/* if it went well, len bytes at off of the structure
			   that arg[0] points to go to arg[4] */
	XE_COPY_ALWAYS,	/* even if it did not */
	XE_COPY1,	/* both the same with arg[1] */
	XE_COPY1_ALWAYS,
	XE_DONE,	/* arg[4] points to a struct xe_done */
	XE_LOCAL,	/* no hypercall: ret is arg[4], errno arg[3] */
	XE_NATIVE,	/* queued by xenbatch_queue_*: nothing to be done */
};

#define XE_TAG(kind, off, len) \
	((uint32_t)(kind) | (uint32_t)(off) << 4 | (uint32_t)(len) << 16)
#define XE_TAG_KIND(tag)	((tag) & 15)
#define XE_TAG_OFF(tag)		((tag) >> 4 & 0xfff)
#define XE_TAG_LEN(tag)		((tag) >> 16)

#define XE_DOMCTL	__HYPERVISOR_domctl
#define XE_SYSCTL	__HYPERVISOR_sysctl

static inline __attribute__((always_inline)) void
xe_head(struct xenbatch_op *op, unsigned int number, uint32_t tag)
{
	op->state = XENBATCH_STATE_IDLE;
	op->opcode = XENBATCH_OP_HYPERCALL;
	op->flags = 0;
	op->tag = tag;
	op->domid = 0;
	op->number = number;
}

/* The operation is complete: run it, or count it. */
static inline __attribute__((always_inline)) long
xe_finish(struct xe_cursor *k, unsigned int number, uint32_t tag,
	  const void *to)
{
	struct xenbatch_op *op = k->op;

	xe_head(op, number, tag);
	op->arg[4] = (uintptr_t)to;
	if (likely(k->queued)) {
		k->op = op + 1;
		return 0;
	}
	return xe_run(k);
}

/* One argument: a domctl, a sysctl. */
static inline __attribute__((always_inline)) int
xe_end(struct xe_cursor *k, unsigned int number, const void *block)
{
	k->op->arg[0] = (uintptr_t)block;
	return xe_finish(k, number, XE_TAG(XE_PLAIN, 0, 0), NULL);
}

static inline __attribute__((always_inline)) int
xe_end_copy(struct xe_cursor *k, unsigned int number, const void *block,
	    void *to, size_t off, size_t len)
{
	k->op->arg[0] = (uintptr_t)block;
	return xe_finish(k, number, XE_TAG(XE_COPY, off, len), to);
}

/* The structure is the user's: all of it goes back, whatever the answer is. */
static inline int xe_end_back(struct xe_cursor *k, unsigned int number,
			      const void *block, void *to, size_t len)
{
	k->op->arg[0] = (uintptr_t)block;
	return xe_finish(k, number, XE_TAG(XE_COPY_ALWAYS, 0, len), to);
}

/* A part of a domctl goes to the user, whatever the answer is. */
static inline int xe_end_part(struct xe_cursor *k, unsigned int number,
			      const void *block, void *to, size_t off,
			      size_t len)
{
	k->op->arg[0] = (uintptr_t)block;
	return xe_finish(k, number, XE_TAG(XE_COPY_ALWAYS, off, len), to);
}

/* A sub-command and a structure: the other hypercalls. */
static inline __attribute__((always_inline)) int
xe_end2(struct xe_cursor *k, unsigned int number, uint64_t cmd,
	const void *block)
{
	k->op->arg[0] = cmd;
	k->op->arg[1] = (uintptr_t)block;
	return xe_finish(k, number, XE_TAG(XE_PLAIN, 0, 0), NULL);
}

static inline int xe_end2_back(struct xe_cursor *k, unsigned int number,
			       uint64_t cmd, const void *block, void *to,
			       size_t len)
{
	k->op->arg[0] = cmd;
	k->op->arg[1] = (uintptr_t)block;
	return xe_finish(k, number, XE_TAG(XE_COPY1_ALWAYS, 0, len), to);
}

static inline __attribute__((always_inline)) int
xe_end2_copy(struct xe_cursor *k, unsigned int number, uint64_t cmd,
	     const void *block, void *to, size_t off, size_t len)
{
	k->op->arg[0] = cmd;
	k->op->arg[1] = (uintptr_t)block;
	return xe_finish(k, number, XE_TAG(XE_COPY1, off, len), to);
}

/*
 * Whole calls, for groups of functions that differ in a few fields: a
 * sub-command and its structure, which is copied; and the same where a part of
 * it goes to the user if Xen agreed.
 */
static inline __attribute__((always_inline)) int
xe_call2(xc_interface *xch, unsigned int number, uint64_t cmd, const void *arg,
	 size_t size)
{
	struct xe_cursor *k = xe_open(xch, 0);

	if (!k)
		return -1;
	return xe_end2(k, number, cmd, memcpy(xe_take(k, XE_SLOT), arg, size));
}

static inline __attribute__((always_inline)) int
xe_call2_copy(xc_interface *xch, unsigned int number, uint64_t cmd,
	      const void *arg, size_t size, void *to, size_t off, size_t len)
{
	struct xe_cursor *k = xe_open(xch, 0);

	if (!k)
		return -1;
	return xe_end2_copy(k, number, cmd,
			    memcpy(xe_take(k, XE_SLOT), arg, size), to, off,
			    len);
}

/*
 * The general end. It lies in scratch memory too, made by xe_done_new.
 *
 * When the answer is there: `out` buffers are copied to the user, whatever the
 * answer is (stock does so too), then fn is called with ret as stock's
 * xencall* would have returned it, and errno set if that is -1; what it
 * returns is the call's value. If fn fails a call that Xen did not, it sets
 * done->err for the batch's results; if it makes good what Xen refused, it sets
 * it to XE_WELL, and errno is 0 then.
 */
#define XE_WELL (-1)

struct xe_done {
	long (*fn)(struct xe_done *done, long ret);	/* or NULL */
	xc_interface *xch;
	void *block;		/* fn's own use: the structure, where to */
	void *to[4];
	uint64_t num;
	long val;		/* Xen's answer in full */
	int err;
	unsigned int nr_out;
	struct xe_out {
		void *user;
		const void *xen;
		size_t size;
	} out[4];
};

#define XE_DONE_SIZE XE_ROUND(sizeof(struct xe_done))

struct xe_done *xe_done_new(struct xe_cursor *k,
			    long (*fn)(struct xe_done *, long));

/*
 * A user's buffer for Xen: `in` is copied now, `out` is cleared now and
 * copied when done. User pointers may be NULL, which gives NULL. The size to
 * be told to xe_open is xe_need(buf, size). If the caller gave less than Xen
 * reads, Xen finds 0 behind it, as it does in stock's buffers, and not what
 * was there before.
 */
#define XE_MIN_BUFFER 64

static inline size_t xe_need(const void *buf, size_t size)
{
	if (!buf)
		return 0;
	if (size < XE_MIN_BUFFER)
		return XE_MIN_BUFFER;
	return size < XE_HUGE ? XE_ROUND(size) : XE_HUGE;
}

void *xe_in(struct xe_cursor *k, const void *buf, size_t size);
void *xe_out(struct xe_cursor *k, struct xe_done *done, void *buf, size_t size);
void *xe_inout(struct xe_cursor *k, struct xe_done *done, void *buf,
	       size_t size);

/* Ends for calls with a struct xe_done, of any number of arguments. */
long xe_end_done(struct xe_cursor *k, unsigned int number,
		 struct xe_done *done);
static inline long xe_end1_done(struct xe_cursor *k, unsigned int number,
				const void *a0, struct xe_done *done)
{
	k->op->arg[0] = (uintptr_t)a0;
	return xe_end_done(k, number, done);
}
static inline long xe_end2_done(struct xe_cursor *k, unsigned int number,
				uint64_t a0, const void *a1,
				struct xe_done *done)
{
	k->op->arg[0] = a0;
	k->op->arg[1] = (uintptr_t)a1;
	return xe_end_done(k, number, done);
}

/* A call that is over without a hypercall: takes its place in a batch. */
long xe_local(xc_interface *xch, long ret, int err);

/*
 * A call that cannot be queued. xe_pause runs what is queued and hides the
 * batch from the xc_* functions that are called until xe_resume, which gives
 * the call its place. xe_pause returns NULL if there is no batch.
 */
struct xe_batch *xe_pause_slow(xc_interface *xch);
void xe_resume_slow(struct xe_batch *b, xc_interface *xch, long ret, int err);

static inline struct xe_batch *xe_pause(xc_interface *xch)
{
	return likely(xe_current == &xe_none) ? NULL : xe_pause_slow(xch);
}

static inline int xe_resume(struct xe_batch *b, xc_interface *xch, int ret)
{
	if (unlikely(b))
		xe_resume_slow(b, xch, ret, ret < 0 ? errno : 0);
	return ret;
}

/* For what returns 0 when it fails. */
static inline unsigned long xe_resume_value(struct xe_batch *b,
					    xc_interface *xch,
					    unsigned long ret)
{
	if (unlikely(b))
		xe_resume_slow(b, xch, (long)ret, ret ? 0 : errno);
	return ret;
}

static inline void *xe_resume_ptr(struct xe_batch *b, xc_interface *xch,
				  void *ret)
{
	return (void *)xe_resume_value(b, xch, (unsigned long)ret);
}

/*
 * A single call by hand, for the two whose own cost is most of what they cost:
 * a lane with room for `room` bytes at cur, its first operation at ops. NULL
 * if that is not at hand: the way by xe_open then makes it so, or complains.
 * xe_run_lane runs that operation, which must be filled, and leaves the lane;
 * a negative result is for xe_refused then, which sets errno and returns -1.
 */
int xe_refused(xc_interface *xch, unsigned int number, long result);

static inline __attribute__((always_inline)) struct xb_lane *
xe_lane(xc_interface *xch, ptrdiff_t room)
{
	struct xb_lane *lane;

	if (unlikely(xe_current != &xe_none))
		return NULL;
	lane = xb_lane_get(xch->xb);
	if (unlikely(!lane))
		return NULL;
	if (unlikely(!lane->cap || (room && lane->end - lane->cur < room))) {
		xb_lane_put(lane);
		return NULL;
	}
	return lane;
}

static inline __attribute__((always_inline)) long
xe_run_lane(struct xb_lane *lane)
{
	lane->nr = 1;
	if (unlikely(xb_lane_run(lane)))
		return -errno;
	return lane->ops[0].result;
}

/* Between engine.c and batch.c. */
unsigned int xe_complete_all(xc_interface *xch, struct xenbatch_op *op,
			     struct xenbatch_op *end,
			     struct xc_batch_result *result);
struct xe_cursor *xe_batch_open(xc_interface *xch, size_t extra, int *failed);
void xe_batch_free(struct xe_batch *b);
void xe_batch_close(xc_interface *xch);

#endif /* XC_ENGINE_H */
