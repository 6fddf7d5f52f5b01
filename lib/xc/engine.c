// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The engine: how a call is run, and what is done with its answer.
 */
#include "engine.h"

struct xe_cursor xe_none;

__thread struct xe_cursor *xe_current
	__attribute__((tls_model("initial-exec"), visibility("hidden"))) =
		&xe_none;

/* Immediate calls: a thread makes one at a time. */
static __thread struct xe_cursor xe_immediate
	__attribute__((tls_model("initial-exec")));

/* A call with buffers has its own words for that, or none, as in stock. */
static struct xe_cursor *no_memory(xc_interface *xch, size_t extra)
{
	if (!extra)
		xc_perr(xch, "Could not bounce buffer for hypercall");
	return NULL;
}

/*
 * More than the arena has left, for one immediate call: stock's allocator has
 * no limit of its own, so a call that runs on stock must run here. Its memory
 * comes from /dev/xen/hypercall and is as good for Xen. From BIGGEST on the
 * kernel would complain about the request instead of refusing it.
 */
#define BIGGEST ((size_t)1 << 30)

static char *beyond_arena(struct xe_cursor *k, xc_interface *xch, size_t size)
{
	if (size > BIGGEST || !xc_interface_xcall_handle(xch)) {
		errno = ENOMEM;
		return NULL;
	}
	k->big = xencall_alloc_buffer(xch->xcall, size);
	return k->big;
}

static __attribute__((cold)) void free_big(struct xe_cursor *k)
{
	xencall_free_buffer(k->xch->xcall, k->big);
	k->big = NULL;
}

/* Its first use, or buffers beyond what the lane has at hand. */
static __attribute__((noinline)) struct xe_cursor *
open_now_slow(xc_interface *xch, struct xb_lane *lane, size_t extra)
{
	struct xe_cursor *k = &xe_immediate;
	int err;

	if (!lane)
		return no_memory(xch, extra);
	k->xch = xch;
	k->lane = lane;
	k->op = xb_lane_op(lane);
	k->cur = NULL;
	if (k->op && extra < XE_HUGE)
		k->cur = xb_lane_alloc(lane, extra + XE_SLOT);
	if (k->op && !k->cur)
		k->cur = beyond_arena(k, xch, extra + XE_SLOT);
	if (k->cur)
		return k;
	err = errno;
	xb_lane_put(lane);
	errno = err;
	return no_memory(xch, extra);
}

struct xe_cursor *xe_open_now(xc_interface *xch, size_t extra)
{
	struct xb_lane *lane = xb_lane_get(xch->xb);
	struct xe_cursor *k = &xe_immediate;

	if (unlikely(!lane || !lane->cap ||
		     extra + XE_SLOT > (size_t)(lane->end - lane->cur)))
		return open_now_slow(xch, lane, extra);
	/* Nobody else takes from the lane until it is put back. */
	k->xch = xch;
	k->lane = lane;
	k->op = lane->ops;
	k->cur = lane->cur;
	return k;
}

static __attribute__((noinline)) struct xe_cursor *
open_in_batch(xc_interface *xch, size_t extra)
{
	struct xe_cursor *k;
	int failed = 0;

	k = xe_batch_open(xch, extra, &failed);
	if (failed)
		return no_memory(xch, extra);
	return k ? k : xe_open_now(xch, extra);
}

struct xe_cursor *xe_open_slow(xc_interface *xch, size_t extra)
{
	if (likely(xe_current == &xe_none))
		return xe_open_now(xch, extra);
	return open_in_batch(xch, extra);
}

void xe_trim(struct xe_cursor *k)
{
	size_t slots;

	if (!k->queued)
		return;
	slots = (size_t)(k->end - k->cur) / XE_SLOT;
	if ((size_t)(k->op_end - k->op) > slots + 1)
		k->op_end = k->op + slots + 1;
}

/*
 * Buffers
 */

struct xe_done *xe_done_new(struct xe_cursor *k,
			    long (*fn)(struct xe_done *, long))
{
	struct xe_done *done = xe_take(k, sizeof(*done));

	xe_trim(k);
	done->fn = fn;
	done->xch = k->xch;
	done->err = 0;
	done->nr_out = 0;
	return done;
}

/*
 * From this size on it pays to ask whether a buffer lies in the arena, where
 * Xen can use it in place.
 */
#define WORTH_ASKING 256

static void *take_buffer(struct xe_cursor *k, size_t size)
{
	char *p;

	if (size >= XE_MIN_BUFFER) {
		p = xe_take(k, size);
	} else {
		p = xe_take(k, XE_MIN_BUFFER);
		memset(p, 0, XE_MIN_BUFFER);
	}
	xe_trim(k);
	return p;
}

static bool in_place(struct xe_cursor *k, const void *buf, size_t size)
{
	return size >= WORTH_ASKING && xenbatch_owns(k->xch->xb, buf, size);
}

void *xe_in(struct xe_cursor *k, const void *buf, size_t size)
{
	if (!buf || in_place(k, buf, size))
		return (void *)buf;
	return memcpy(take_buffer(k, size), buf, size);
}

static void *take_out(struct xe_cursor *k, struct xe_done *done, void *buf,
		      size_t size)
{
	struct xe_out *out = &done->out[done->nr_out++];

	out->user = buf;
	out->size = size;
	out->xen = take_buffer(k, size);
	return (void *)out->xen;
}

void *xe_out(struct xe_cursor *k, struct xe_done *done, void *buf, size_t size)
{
	void *p = buf;

	if (!buf)
		return NULL;
	if (!in_place(k, buf, size))
		p = take_out(k, done, buf, size);
	/* What Xen does not write, the user gets as 0: stock's buffers are. */
	return memset(p, 0, size);
}

void *xe_inout(struct xe_cursor *k, struct xe_done *done, void *buf,
	       size_t size)
{
	if (!buf || in_place(k, buf, size))
		return buf;
	return memcpy(take_out(k, done, buf, size), buf, size);
}

/*
 * Answers
 */

/* Stock's hint, which an error handler sees at its level "detail". */
static void hint(xc_interface *xch, unsigned int number, long result)
{
	const char *what = NULL;

	switch (number) {
	case __HYPERVISOR_xsm_op:
		/* Not by the logger. */
		if (result == -EACCES)
			fprintf(stderr, "XSM operation failed!\n");
		break;
	case __HYPERVISOR_multicall:
		what = "multicall";
		break;
	case __HYPERVISOR_platform_op:
		what = "platform";
		break;
	case __HYPERVISOR_domctl:
		what = "domctl";
		break;
	case __HYPERVISOR_sysctl:
		what = "sysctl";
		break;
	case __HYPERVISOR_physdev_op:
		what = "physdev";
		break;
	}
	if (what && result == -EACCES)
		xc_detail(xch, "%s operation failed -- need to"
			  " rebuild the user-space tool set?\n", what);
}

__attribute__((cold)) int xe_refused(xc_interface *xch, unsigned int number,
				     long result)
{
	errno = -result;
	hint(xch, number, result);
	return -1;
}

static long complete_done(struct xe_done *done, long ret, int *err)
{
	unsigned int i;

	for (i = 0; i < done->nr_out; i++)
		memcpy(done->out[i].user, done->out[i].xen, done->out[i].size);
	if (done->fn)
		ret = done->fn(done, ret);
	if (done->err)
		*err = done->err == XE_WELL ? 0 : done->err;
	return ret;
}

/* Out of line, so that what happens 99 times of 100 needs no stack frame. */
static __attribute__((noinline)) long
complete_slow(xc_interface *xch, struct xenbatch_op *op, int *err)
{
	void *to = (void *)(uintptr_t)op->arg[4];
	uint32_t tag = op->tag;
	long ret = (int)op->result;

	if (XE_TAG_KIND(tag) == XE_LOCAL) {
		*err = (int)op->arg[3];
		return (long)op->arg[4];
	}
	if (XE_TAG_KIND(tag) == XE_NATIVE) {
		*err = op->result < 0 ? (int)-op->result : 0;
		return *err ? -1 : op->result;
	}
	if (op->result < 0) {
		errno = *err = (int)-op->result;
		hint(xch, op->number, op->result);
		ret = -1;
	}
	switch (XE_TAG_KIND(tag)) {
	case XE_COPY:
		if (ret < 0)
			break;
		/* fallthrough */
	case XE_COPY_ALWAYS:
		memcpy(to, (char *)(uintptr_t)op->arg[0] + XE_TAG_OFF(tag),
		       XE_TAG_LEN(tag));
		break;
	case XE_COPY1:
		if (ret < 0)
			break;
		/* fallthrough */
	case XE_COPY1_ALWAYS:
		memcpy(to, (char *)(uintptr_t)op->arg[1] + XE_TAG_OFF(tag),
		       XE_TAG_LEN(tag));
		break;
	case XE_DONE:
		((struct xe_done *)to)->val = op->result;
		ret = complete_done(to, ret, err);
		break;
	}
	return ret;
}

#define TAG_VCPUINFO	XE_TAG(XE_COPY, XE_U, sizeof(xc_vcpuinfo_t))
#define TAG_PLAIN	XE_TAG(XE_PLAIN, 0, 0)

/*
 * The two cases that come by the hundred: true if op was one of them and went
 * well; what the call returns is (int)ret then.
 */
static inline __attribute__((always_inline)) void
copy_vcpuinfo(const struct xenbatch_op *op)
{
	memcpy((void *)(uintptr_t)op->arg[4],
	       (char *)(uintptr_t)op->arg[0] + XE_U, sizeof(xc_vcpuinfo_t));
}

static inline __attribute__((always_inline)) bool
complete_fast(const struct xenbatch_op *op, int64_t ret)
{
	uint32_t tag = op->tag;

	if (unlikely(ret < 0))
		return false;
	if (likely(tag == TAG_VCPUINFO)) {
		copy_vcpuinfo(op);
		return true;
	}
	return tag == TAG_PLAIN;
}

/* ret, and err and reserved as one store: it comes by the hundred too. */
static inline void set_result(struct xc_batch_result *result, long ret,
			      uint64_t err)
{
	_Static_assert(offsetof(struct xc_batch_result, reserved) ==
		       offsetof(struct xc_batch_result, err) + 4, "");
	result->ret = ret;
	memcpy(&result->err, &err, sizeof(err));
}

static inline __attribute__((always_inline)) bool
four_alike(const struct xenbatch_op *op, uint32_t tag)
{
	return op[0].tag == tag && op[1].tag == tag && op[2].tag == tag &&
	       op[3].tag == tag;
}

/* Negative if one of them is, 0 if all are. */
static inline __attribute__((always_inline)) int64_t
four_results(const struct xenbatch_op *op)
{
	return op[0].result | op[1].result | op[2].result | op[3].result;
}

/* A domctl that went well gives 0, so its result need not be read again. */
static inline __attribute__((always_inline)) void
complete_four(const struct xenbatch_op *op, struct xc_batch_result *result,
	      ptrdiff_t step, bool vcpuinfo)
{
	int i;

#pragma GCC unroll 4
	for (i = 0; i < 4; i++) {
		if (vcpuinfo)
			copy_vcpuinfo(&op[i]);
		set_result(&result[i * step], vcpuinfo ? 0 : (int)op[i].result,
			   0);
	}
}

/*
 * result may be NULL. Returns how many failed. Four at a time where they are
 * alike: next to Xen's own work this loop is a tenth of what a queued
 * xc_vcpu_getinfo costs.
 */
static inline __attribute__((always_inline)) unsigned int
complete_all(xc_interface *xch, struct xenbatch_op *op, struct xenbatch_op *end,
	     struct xc_batch_result *result, ptrdiff_t step)
{
	unsigned int failed = 0;
	int64_t ret;
	int err;

	while (op < end) {
		while (end - op >= 4) {
			if (four_alike(op, TAG_VCPUINFO) && !four_results(op))
				complete_four(op, result, step, true);
			else if (four_alike(op, TAG_PLAIN) &&
				 four_results(op) >= 0)
				complete_four(op, result, step, false);
			else
				break;
			op += 4;
			result += 4 * step;
		}
		if (op == end)
			break;
		ret = op->result;
		err = 0;
		if (!complete_fast(op, ret))
			ret = complete_slow(xch, op, &err);
		set_result(result, ret, (uint32_t)err);
		failed += err != 0;
		op++;
		result += step;
	}
	return failed;
}

unsigned int xe_complete_all(xc_interface *xch, struct xenbatch_op *op,
			     struct xenbatch_op *end,
			     struct xc_batch_result *result)
{
	struct xc_batch_result nobody;

	return result ? complete_all(xch, op, end, result, 1) :
			complete_all(xch, op, end, &nobody, 0);
}

/* An immediate call, from the filled operation to its return value. */
long xe_run(struct xe_cursor *k)
{
	struct xb_lane *lane = k->lane;
	int err = 0;
	long ret;

	lane->nr = 1;
	if (unlikely(xb_lane_run(lane)))
		k->op->result = -errno;
	ret = k->op->result;
	if (likely(complete_fast(k->op, ret) && !k->big)) {
		xb_lane_put(lane);
		return (int)ret;
	}
	ret = complete_slow(k->xch, k->op, &err);
	if (k->op->result >= 0)
		err = errno;
	if (unlikely(k->big))
		free_big(k);
	xb_lane_put(lane);
	errno = err;
	return ret;
}

long xe_end_done(struct xe_cursor *k, unsigned int number, struct xe_done *done)
{
	return xe_finish(k, number, XE_TAG(XE_DONE, 0, 0), done);
}

long xe_local(xc_interface *xch, long ret, int err)
{
	int saved = errno;
	struct xe_cursor *k;

	/* Not worth a lane if there is no batch. */
	if (xe_current != &xe_none) {
		int failed = 0;

		k = xe_batch_open(xch, 0, &failed);
		if (k) {
			struct xenbatch_op *op = k->op;

			memset(op, 0, sizeof(*op));
			op->opcode = XENBATCH_OP_NOP;
			op->tag = XE_TAG(XE_LOCAL, 0, 0);
			op->arg[3] = err;
			op->arg[4] = ret;
			k->op++;
		}
	}
	errno = saved;
	return ret;
}
