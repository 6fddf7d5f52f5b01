// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The native calls: one hypercall at once, or queued in a batch. A batch is a
 * lane that its thread keeps from begin to commit.
 */
#include "ops.h"

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

static __attribute__((noinline, cold)) int failed(int err)
{
	errno = err;
	return -1;
}

__attribute__((noinline)) struct xenbatch_op *
xb_one_slow(xenbatch *xb, struct xb_lane_impl **lane)
{
	struct xb_lane *pub = xb_lane_get_slow(xb);
	struct xenbatch_op *op;

	if (!pub)
		return NULL;
	op = xb_lane_op(pub);
	if (!op) {
		xb_lane_put(pub);
		return NULL;
	}
	*lane = lane_impl(pub);
	return op;
}

long xenbatch_hypercall(xenbatch *xb, unsigned int number,
			const uint64_t *args, unsigned int nr_args)
{
	struct xb_lane_impl *lane;
	struct xenbatch_op *op;
	long ret;

	if (unlikely(nr_args > 5 || number > UINT16_MAX))
		return failed(EINVAL);
	op = xb_one(xb, &lane);
	if (unlikely(!op))
		return -1;
	op_fill(op, number, args, nr_args, 0, 0);
	ret = xb_one_run(lane);
	return likely(ret >= 0) ? ret : failed(-ret);
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

static __attribute__((noinline)) int
queue_slow(struct xenbatch_batch *b, unsigned int number, const uint64_t *args,
	   unsigned int nr_args, unsigned int flags, uint32_t tag)
{
	if (xb_lane_grow_ops(&batch_lane(b)->pub))
		return -1;
	return xenbatch_queue(b, number, args, nr_args, flags, tag);
}

int xenbatch_queue(struct xenbatch_batch *b, unsigned int number,
		   const uint64_t *args, unsigned int nr_args,
		   unsigned int flags, uint32_t tag)
{
	struct xb_lane_impl *lane = batch_lane(b);
	struct xb_lane *pub = &lane->pub;

	_Static_assert(XENBATCH_LINK == XENBATCH_OPF_LINK, "flags are passed");
	if (unlikely(nr_args > 5) || unlikely(number > UINT16_MAX) ||
	    unlikely(flags & ~XENBATCH_LINK))
		return failed(EINVAL);
	if (unlikely(lane_is_stale(lane)))
		return failed(ESTALE);
	if (unlikely(pub->nr == pub->cap))
		return queue_slow(b, number, args, nr_args, flags, tag);
	op_fill(&pub->ops[pub->nr], number, args, nr_args, flags, tag);
	return pub->nr++;
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
	uint32_t i, nr = lane->pub.nr;
	int ret;

	ret = xb_lane_run(&lane->pub);
	if (ret)
		goto out;
	if (!results)
		n = 0;
	else if (n > nr)
		n = nr;
	for (i = 0; i < n; i++, op++, results++) {
		results->ret = op->result;
		results->err = 0;
		results->tag = op->tag;
		if (unlikely(op->result < 0)) {
			results->ret = -1;
			results->err = -op->result;
			ret++;
		}
	}
	for (; i < nr; i++, op++)
		ret += op->result < 0;
out:
	batch_end(lane);
	return ret;
}

void xenbatch_cancel(struct xenbatch_batch *b)
{
	batch_end(batch_lane(b));
}
