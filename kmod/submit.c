// SPDX-License-Identifier: GPL-2.0
/*
 * SUBMIT: walk over the operations, hand each stretch of neighbours to its
 * family, and look at signals and the scheduler in between.
 */
#include <linux/mm.h>
#include <linux/nospec.h>
#include <linux/sched.h>
#include <linux/sched/signal.h>

#include <xen/interface/xen.h>

#include "context.h"
#include "ops.h"
#include "submit.h"
#include "trace.h"

/*
 * The operation at index, and in *room how many follow it in its page (itself
 * included). NULL if its page was not created.
 */
static struct xenbatch_op *xb_op_at(struct xb_context *ctx, u32 index,
				    unsigned int *room)
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

/* Pages are never taken away, so this holds for the whole SUBMIT. */
static int xb_submit_check(struct xb_context *ctx,
			   const struct xenbatch_submit *submit)
{
	u32 index = submit->first;
	u32 left = submit->count;
	unsigned int room;

	if (submit->flags || submit->reserved || submit->reserved2[0] ||
	    submit->reserved2[1])
		return -EINVAL;
	if (index > ctx->ops_max || left > ctx->ops_max - index)
		return -EINVAL;
	while (left) {
		if (!xb_op_at(ctx, index, &room))
			return -EINVAL;
		if (left <= room)
			break;
		left -= room;
		index += room;
	}
	return 0;
}

static int xb_run_one(struct xb_run *run, struct xenbatch_op *op,
		      unsigned int nr)
{
	struct xb_head head = xb_op_head(op);
	int err;

	if (unlikely(run->cancel)) {
		run->cancel = false;
		run->canceled++;
		xb_op_done(run, op, head.flags, -ECANCELED);
		return 1;
	}
	err = xb_op_check(READ_ONCE(run->ctx->opcodes), head);
	if (unlikely(err)) {
		run->refused++;
		xb_op_done(run, op, head.flags, err);
		return 1;
	}
	return xb_opdefs[head.opcode].run(run, op, head, nr);
}

static void xb_run_count(const struct xb_run *run)
{
	struct xb_stats *stats = &run->ctx->stats;

	xb_count(stats, XB_COUNT_SUBMITS, 1);
	xb_count(stats, XB_COUNT_DIRECT, run->direct);
	xb_count(stats, XB_COUNT_MULTICALLS, run->multicalls);
	xb_count(stats, XB_COUNT_BATCHED, run->batched);
	xb_count(stats, XB_COUNT_NOPS, run->nops);
	xb_count(stats, XB_COUNT_CANCELED, run->canceled);
	xb_count(stats, XB_COUNT_REFUSED, run->refused);
}

long xb_submit(struct xb_context *ctx, const struct xenbatch_submit *submit)
{
	struct xb_run run = { .ctx = ctx };
	struct xenbatch_op *op;
	unsigned int room;
	u32 done = 0;
	int ret;

	ret = xb_submit_check(ctx, submit);
	if (ret)
		return ret;

	trace_xenbatch_submit(ctx, submit->first, submit->count);
	while (done < submit->count) {
		op = xb_op_at(ctx, submit->first + done, &room);
		ret = xb_run_one(&run, op, min(room, submit->count - done));
		if (ret < 0)
			break;
		done += ret;
		if (done == submit->count)
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
	if (run.page) {
		/* Keep one for the next time; of two, free this one. */
		if (cmpxchg(&ctx->spare_page, NULL, run.page))
			free_page((unsigned long)run.page);
	}
	xb_run_count(&run);
	trace_xenbatch_complete(ctx, done, &run);
	return done ? done : ret;
}
