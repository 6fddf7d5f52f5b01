// SPDX-License-Identifier: GPL-2.0
/*
 * SUBMIT: walk over the operations, hand each stretch of neighbours to its
 * family, and look at signals and the scheduler in between.
 */
#include <linux/mm.h>
#include <linux/nospec.h>
#include <linux/sched.h>
#include <linux/sched/signal.h>
#include <linux/uaccess.h>

#include "context.h"
#include "evtchn.h"
#include "hypercall.h"
#include "kind.h"
#include "ops.h"
#include "submit.h"
#include "trace.h"

/*
 * The operation at index, and in *room how many follow it in memory (itself
 * included) as far as its page goes. NULL if its page was not created.
 */
static __always_inline struct xenbatch_op *
xb_op_at(struct xb_context *ctx, u32 index, unsigned int *room)
{
	struct xenbatch_op **table, *page;

	/* Pairs with the releases in xb_region_create(), as does the other. */
	table = smp_load_acquire(&ctx->op_pages);
	if (unlikely(!table))
		return NULL;
	index = array_index_nospec(index, ctx->ops_max);
	/* See above. */
	page = smp_load_acquire(&table[index / XB_OPS_PER_PAGE]);
	if (unlikely(!page))
		return NULL;
	*room = XB_OPS_PER_PAGE - index % XB_OPS_PER_PAGE;
	return page + index % XB_OPS_PER_PAGE;
}

/*
 * The same, and *room, if it is less than wanted, goes on over pages that happen
 * to follow each other.
 */
static struct xenbatch_op *xb_ops_at(struct xb_context *ctx, u32 index,
				     u32 wanted, unsigned int *room)
{
	struct xenbatch_op *op = xb_op_at(ctx, index, room);
	unsigned int more;

	while (op && *room < wanted && *room < XB_CHUNK &&
	       xb_op_at(ctx, index + *room, &more) == op + *room)
		*room += more;
	return op;
}

/* Pages are never taken away, so this holds for the whole SUBMIT. */
static bool xb_ops_present(struct xb_context *ctx, u32 index, u32 left)
{
	unsigned int room;

	while (left) {
		if (!xb_op_at(ctx, index, &room))
			return false;
		if (left <= room)
			break;
		left -= room;
		index += room;
	}
	return true;
}

static unsigned int xb_run_one(struct xb_run *run, struct xenbatch_op *op,
			       unsigned int nr)
{
	u64 allowed = READ_ONCE(run->ctx->opcodes);
	struct xb_head head = xb_op_head(op);
	unsigned int opcode;
	int err;

	if (unlikely(run->cancel)) {
		run->cancel = false;
		run->canceled++;
		xb_op_done(run, op, head.flags, -ECANCELED);
		return 1;
	}
	/* What nearly all are, without an indirect call. */
	if (likely(xb_head_is_plain(head) &&
		   allowed & (1ULL << XENBATCH_OP_HYPERCALL)))
		return xb_hypercall_run(run, op, head, nr);

	err = xb_op_check(allowed, head);
	if (err) {
		run->refused++;
		xb_op_done(run, op, head.flags, err);
		return 1;
	}
	opcode = array_index_nospec(head.opcode, xb_nr_opdefs);
	return xb_opdefs[opcode].run(run, op, head, nr);
}

static void xb_run_end(struct xb_run *run)
{
	struct xb_stats *stats = &run->ctx->stats;

	/* Keep one for the next time; of two, free this one. */
	if (run->scratch && cmpxchg(&run->ctx->spare, NULL, run->scratch))
		kvfree(run->scratch);

	xb_count(stats, XB_COUNT_SUBMITS, 1);
	xb_count(stats, XB_COUNT_DIRECT, run->direct);
	xb_count(stats, XB_COUNT_MULTICALLS, run->multicalls);
	xb_count(stats, XB_COUNT_BATCHED, run->batched);
	if (unlikely(run->nops | run->canceled | run->refused)) {
		xb_count(stats, XB_COUNT_NOPS, run->nops);
		xb_count(stats, XB_COUNT_CANCELED, run->canceled);
		xb_count(stats, XB_COUNT_REFUSED, run->refused);
	}
	xb_count(stats, XB_COUNT_MAPPED, run->mapped);
	xb_count(stats, XB_COUNT_UNMAPPED, run->unmapped);
	xb_count(stats, XB_COUNT_COPIED, run->copied);
	xb_count(stats, XB_COUNT_NOTIFIED, run->notified);
	xb_count(stats, XB_COUNT_ACKED, run->acked);
}

static noinline long xb_submit_run(struct xb_context *ctx, u32 first,
				   u32 count)
{
	struct xb_run run = { .ctx = ctx };
	struct xenbatch_op *op;
	unsigned int room;
	u32 done = 0;

	if (!xb_ops_present(ctx, first, count))
		return -EINVAL;

	trace_xenbatch_submit(ctx, first, count);
	while (done < count) {
		op = xb_ops_at(ctx, first + done, count - done, &room);
		done += xb_run_one(&run, op, min(room, count - done));
		if (done == count)
			break;
		cond_resched();
		/*
		 * A chain that is being canceled has no memory of that in its
		 * operations, so it cannot be resumed: finish it, which takes
		 * no hypercall.
		 */
		if (signal_pending(current) && !run.cancel) {
			xb_count(&ctx->stats, XB_COUNT_INTERRUPTED, 1);
			break;
		}
	}
	xb_run_end(&run);
	trace_xenbatch_complete(ctx, done, &run);
	return done;
}

static bool xb_submit_traced(void)
{
	return trace_xenbatch_submit_enabled() ||
	       trace_xenbatch_complete_enabled();
}

/* One operation that is no plain hypercall: without what is for many. */
static noinline long xb_submit_alone(struct xb_context *ctx,
				     struct xenbatch_op *op)
{
	struct xb_run run = { .ctx = ctx };

	xb_run_one(&run, op, 1);
	xb_run_end(&run);
	return 1;
}

/* How many of the SUBMIT that begins with op were done in the short way. */
static __always_inline u32 xb_submit_short(struct xb_context *ctx,
					   struct xenbatch_op *op, u32 count)
{
	if (!xb_opcode_is_short(READ_ONCE(op->opcode)))
		return 0;
	return xb_evtchn_short(ctx, op, count);
}

static noinline long xb_submit_other(struct xb_context *ctx,
				     struct xenbatch_op *op)
{
	if (xb_kind_alone(ctx, op) || xb_submit_short(ctx, op, 1))
		return 1;
	return xb_submit_alone(ctx, op);
}

static long xb_submit_several(struct xb_context *ctx, u32 first, u32 count)
{
	struct xenbatch_op *op;
	unsigned int room;
	u32 done = 0;

	op = xb_op_at(ctx, first, &room);
	if (op && count && count <= room && !xb_submit_traced())
		done = xb_submit_short(ctx, op, count);
	if (done && done == count)
		return done;
	return done + xb_submit_run(ctx, first + done, count - done);
}

/* What single calls are measured by. The long way does it too. */
static __always_inline long xb_submit_single(struct xb_context *ctx, u32 index)
{
	struct xenbatch_op *op;
	unsigned int room;

	if (xb_submit_traced())
		return xb_submit_run(ctx, index, 1);
	op = xb_op_at(ctx, index, &room);
	if (unlikely(!op))
		return -EINVAL;
	return likely(xb_hypercall_single(ctx, op)) ? 1 :
						      xb_submit_other(ctx, op);
}

long xb_submit(struct xb_context *ctx, void __user *arg)
{
	struct xenbatch_submit __user *from = arg;
	u64 reserved, reserved2, reserved3;
	u32 first, count;

	if (!user_access_begin(from, sizeof(*from)))
		return -EFAULT;
	unsafe_get_user(first, &from->first, err_fault);
	unsafe_get_user(count, &from->count, err_fault);
	/* flags and reserved in one */
	unsafe_get_user(reserved, (__u64 __user *)&from->flags, err_fault);
	unsafe_get_user(reserved2, &from->reserved2[0], err_fault);
	unsafe_get_user(reserved3, &from->reserved2[1], err_fault);
	user_access_end();

	if (reserved | reserved2 | reserved3)
		return -EINVAL;
	if (first > ctx->ops_max || count > ctx->ops_max - first)
		return -EINVAL;
	if (count == 1)
		return xb_submit_single(ctx, first);
	return xb_submit_several(ctx, first, count);

err_fault:
	user_access_end();
	return -EFAULT;
}
