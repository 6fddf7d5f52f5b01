// SPDX-License-Identifier: GPL-2.0
#include <linux/ktime.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

#include "bench.h"
#include "context.h"
#include "hypercall.h"
#include "ops.h"
#include "submit.h"

#define XB_BENCH_MAX 1024

struct xenbatch_op *xb_bench_op(struct xb_context *ctx, u32 index)
{
	struct xenbatch_op *page;

	if (index >= ctx->ops_max || !ctx->op_pages)
		return NULL;
	page = ctx->op_pages[index / XB_OPS_PER_PAGE];
	return page ? page + index % XB_OPS_PER_PAGE : NULL;
}

static int xb_bench_fill(struct xb_context *ctx, struct multicall_entry *e,
			 const struct xenbatch_bench *bench)
{
	struct xenbatch_op *op;
	u32 i, j;

	for (i = 0; i < bench->count; i++) {
		op = xb_bench_op(ctx, bench->first + i);
		if (!op || !xb_head_is_plain(xb_op_head(op)))
			return -EINVAL;
		e[i].op = xb_hypercall_number(op);
		if (e[i].op > 0xffff || e[i].op == __HYPERVISOR_multicall)
			return -EINVAL;
		for (j = 0; j < 5; j++)
			e[i].args[j] = op->arg[j];
	}
	return 0;
}

static void xb_bench_loop(struct multicall_entry *e, u32 count)
{
	u32 i;

	if (count == 1) {
		e->result = privcmd_call(e->op, e->args[0], e->args[1],
					 e->args[2], e->args[3], e->args[4]);
		return;
	}
	for (i = 0; i < count; i += XB_CHUNK)
		privcmd_call(__HYPERVISOR_multicall, (unsigned long)&e[i],
			     min_t(u32, count - i, XB_CHUNK), 0, 0, 0);
}

long xb_ioctl_bench(struct xb_context *ctx, void __user *arg)
{
	struct xenbatch_bench bench;
	struct multicall_entry *e;
	struct xenbatch_op *op;
	ktime_t start;
	long err;
	u64 n;
	u32 i;

	if (copy_from_user(&bench, arg, sizeof(bench)))
		return -EFAULT;
	if (!bench.count || bench.count > XB_BENCH_MAX || bench.reserved[0] ||
	    bench.reserved[1] || bench.first > ctx->ops_max)
		return -EINVAL;
	if (!(READ_ONCE(ctx->opcodes) & BIT(XENBATCH_OP_HYPERCALL)))
		return -EPERM;
	op = xb_bench_op(ctx, bench.first);
	if (op && op->opcode != XENBATCH_OP_HYPERCALL) {
		err = op->opcode == XENBATCH_OP_EVTCHN_NOTIFY ?
		      xb_bench_event(ctx, &bench) :
		      xb_bench_window(ctx, &bench);
		if (!err && copy_to_user(arg, &bench, sizeof(bench)))
			err = -EFAULT;
		return err;
	}
	e = kvcalloc(bench.count, sizeof(*e), GFP_KERNEL);
	if (!e)
		return -ENOMEM;
	err = xb_bench_fill(ctx, e, &bench);
	if (err)
		goto err_free;

	start = ktime_get();
	for (n = 0; n < bench.loops; n++) {
		xb_bench_loop(e, bench.count);
		if (signal_pending(current)) {
			err = -EINTR;
			goto err_free;
		}
	}
	bench.elapsed_ns = ktime_to_ns(ktime_sub(ktime_get(), start));
	for (i = 0; i < bench.count; i++)
		xb_bench_op(ctx, bench.first + i)->result = e[i].result;
	err = copy_to_user(arg, &bench, sizeof(bench)) ? -EFAULT : 0;

err_free:
	kvfree(e);
	return err;
}
