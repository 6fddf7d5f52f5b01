// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The native calls: one hypercall at once, or queued in a batch. A batch is a
 * lane that its thread keeps from begin to commit.
 */
#include "context.h"

static inline struct xb_lane_impl *batch_lane(const struct xenbatch_batch *b)
{
	return (struct xb_lane_impl *)b;
}

static inline void op_fill(struct xenbatch_op *op, unsigned int number,
			   const uint64_t *args, unsigned int nr_args,
			   unsigned int flags, uint32_t tag)
{
	op->opcode = XENBATCH_OP_HYPERCALL;
	op->flags = flags;
	op->tag = tag;
	op->domid = 0;
	op->number = number;
	op->arg[0] = nr_args > 0 ? args[0] : 0;
	op->arg[1] = nr_args > 1 ? args[1] : 0;
	op->arg[2] = nr_args > 2 ? args[2] : 0;
	op->arg[3] = nr_args > 3 ? args[3] : 0;
	op->arg[4] = nr_args > 4 ? args[4] : 0;
}

static inline int failed(int err)
{
	errno = err;
	return -1;
}

long xenbatch_hypercall(xenbatch *xb, unsigned int number,
			const uint64_t *args, unsigned int nr_args)
{
	struct xenbatch_op *op;
	struct xb_lane *lane;
	long ret = -1;

	if (unlikely(nr_args > 5 || number > UINT16_MAX))
		return failed(EINVAL);
	lane = xb_lane_get(xb);
	if (unlikely(!lane))
		return -1;
	op = xb_lane_op(lane);
	if (unlikely(!op))
		goto out;
	op_fill(op, number, args, nr_args, 0, 0);
	lane->nr = 1;
	if (unlikely(xb_lane_run(lane)))
		goto out;
	ret = op->result;
	if (unlikely(ret < 0)) {
		errno = -ret;
		ret = -1;
	}
out:
	xb_lane_put(lane);
	return ret;
}

struct xenbatch_batch *xenbatch_batch_begin(xenbatch *xb)
{
	uintptr_t self = (uintptr_t)pthread_self();
	struct xb_lane_impl *lane;

	/* In a child the lanes are the parent's, and so are the batches. */
	if (xb_is_ours(xb)) {
		for (lane = xb->lanes; lane;
		     lane = __atomic_load_n(&lane->next, __ATOMIC_ACQUIRE)) {
			if (__atomic_load_n(&lane->batch_thread,
					    __ATOMIC_RELAXED) == self) {
				errno = EBUSY;
				return NULL;
			}
		}
	}
	lane = lane_impl(xb_lane_get(xb));
	if (!lane)
		return NULL;
	__atomic_store_n(&lane->batch_thread, self, __ATOMIC_RELAXED);
	return (struct xenbatch_batch *)lane;
}

static void batch_end(struct xb_lane_impl *lane)
{
	__atomic_store_n(&lane->batch_thread, 0, __ATOMIC_RELAXED);
	xb_lane_put(&lane->pub);
}

int xenbatch_queue(struct xenbatch_batch *b, unsigned int number,
		   const uint64_t *args, unsigned int nr_args,
		   unsigned int flags, uint32_t tag)
{
	struct xb_lane_impl *lane = batch_lane(b);
	struct xenbatch_op *op;

	_Static_assert(XENBATCH_LINK == XENBATCH_OPF_LINK, "flags are passed");
	if (unlikely(nr_args > 5 || number > UINT16_MAX ||
		     flags & ~XENBATCH_LINK))
		return failed(EINVAL);
	if (unlikely(lane_is_stale(lane)))
		return failed(ESTALE);
	op = xb_lane_op(&lane->pub);
	if (unlikely(!op))
		return -1;
	op_fill(op, number, args, nr_args, flags, tag);
	return lane->pub.nr++;
}

unsigned int xenbatch_queued(const struct xenbatch_batch *b)
{
	return batch_lane(b)->pub.nr;
}

int xenbatch_commit(struct xenbatch_batch *b, struct xenbatch_result *results,
		    unsigned int n)
{
	struct xb_lane_impl *lane = batch_lane(b);
	const struct xenbatch_op *op = lane->pub.ops;
	const struct xenbatch_op *end = op + lane->pub.nr;
	int ret;

	ret = xb_lane_run(&lane->pub);
	if (ret)
		goto out;
	if (!results)
		n = 0;
	for (; op < end; op++) {
		int64_t result = op->result;

		ret += result < 0;
		if (n) {
			n--;
			results->ret = result < 0 ? -1 : result;
			results->err = result < 0 ? -result : 0;
			results->tag = op->tag;
			results++;
		}
	}
out:
	batch_end(lane);
	return ret;
}

void xenbatch_cancel(struct xenbatch_batch *b)
{
	batch_end(batch_lane(b));
}
