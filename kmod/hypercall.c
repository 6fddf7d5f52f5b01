// SPDX-License-Identifier: GPL-2.0
/*
 * HYPERCALL: neighbours become one multicall, one alone goes directly, which
 * is 190 instructions cheaper than a multicall of one (measured: Xen 4.17).
 *
 * Xen reads a multicall entry when it comes to it, and writes into it if the
 * call is preempted, so entries are the kernel's own copy, filled anew each
 * time.
 */
#include <linux/mm.h>
#include <linux/slab.h>

#include "context.h"
#include "hypercall.h"
#include "ops.h"
#include "submit.h"

/* The context's spare ones, or, if another thread has them, new ones. */
static struct multicall_entry *xb_run_entries(struct xb_run *run)
{
	if (!run->entries)
		run->entries = xchg(&run->ctx->spare, NULL);
	if (!run->entries)
		run->entries = kvmalloc_array(XB_CHUNK, sizeof(*run->entries),
					      GFP_KERNEL_ACCOUNT);
	return run->entries;
}

static __always_inline u32 xb_hypercall_copy(struct multicall_entry *e,
					     const struct xenbatch_op *op)
{
	u32 number = xb_hypercall_number(op);

	e->op = number;
	e->args[0] = READ_ONCE(op->arg[0]);
	e->args[1] = READ_ONCE(op->arg[1]);
	e->args[2] = READ_ONCE(op->arg[2]);
	e->args[3] = READ_ONCE(op->arg[3]);
	e->args[4] = READ_ONCE(op->arg[4]);
	return number;
}

/* Copy and check: false if op cannot be part of a multicall. */
static bool xb_hypercall_take(struct multicall_entry *e,
			      const struct xenbatch_op *op)
{
	u32 number;

	if (!xb_head_is_plain(xb_op_head(op)))
		return false;
	number = xb_hypercall_copy(e, op);
	/* Xen refuses a multicall inside a multicall. */
	return number <= 0xffff && number != __HYPERVISOR_multicall;
}

/* Not READ_ONCE, so that it can be compared in place; nothing is kept of it. */
static __always_inline u64 xb_op_raw(const struct xenbatch_op *op)
{
	return *(const u64 *)op;
}

/*
 * The common case of the above, four at a time: operations that are IDLE and
 * whose numbers are above multicall's, which is one comparison for all four.
 * This loop and the one over the results are most of what a batched call costs
 * in this module.
 */
static __always_inline bool xb_hypercall_take4(struct multicall_entry *e,
					       const struct xenbatch_op *op)
{
	const u64 idle = (u64)XENBATCH_OP_HYPERCALL << 32;
	const u32 first = __HYPERVISOR_multicall + 1;
	u32 odd;

	if (unlikely(xb_op_raw(&op[0]) != idle || xb_op_raw(&op[1]) != idle ||
		     xb_op_raw(&op[2]) != idle || xb_op_raw(&op[3]) != idle))
		return false;
	odd = xb_hypercall_copy(&e[0], &op[0]) - first;
	odd |= xb_hypercall_copy(&e[1], &op[1]) - first;
	odd |= xb_hypercall_copy(&e[2], &op[2]) - first;
	odd |= xb_hypercall_copy(&e[3], &op[3]) - first;
	return likely(odd <= 0xffff);
}

/*
 * Fill entries with as many of ops as can go in one multicall: up to one that
 * cannot, which is looked at again as the first of its own stretch.
 */
static unsigned int xb_hypercall_gather(struct multicall_entry *e,
					const struct xenbatch_op *ops,
					unsigned int nr)
{
	const struct xenbatch_op *op = ops, *end = ops + nr;

	while (op + 4 <= end && xb_hypercall_take4(e, op)) {
		op += 4;
		e += 4;
	}
	while (op < end && xb_hypercall_take(e, op)) {
		op++;
		e++;
	}
	return op - ops;
}

static __always_inline void xb_hypercall_done(struct xenbatch_op *op,
					      long result)
{
	WRITE_ONCE(op->result, result);
	/* As in xb_op_done(): the result first. */
	smp_store_release(&op->state, XENBATCH_STATE_DONE);
}

static void xb_hypercall_multicall(struct xb_run *run, struct xenbatch_op *ops,
				   struct multicall_entry *entries,
				   unsigned int n)
{
	unsigned int i;
	long err;

	/* privcmd_call(), since HYPERVISOR_multicall() has no stac on x86. */
	xen_preemptible_hcall_begin();
	err = privcmd_call(__HYPERVISOR_multicall, (unsigned long)entries, n,
			   0, 0, 0);
	xen_preemptible_hcall_end();
	/* Our own page and a sane count: Xen has no reason to refuse it. */
	if (WARN_ON_ONCE(err))
		for (i = 0; i < n; i++)
			entries[i].result = err;

	for (i = n / 4; i; i--, ops += 4, entries += 4) {
		xb_hypercall_done(&ops[0], entries[0].result);
		xb_hypercall_done(&ops[1], entries[1].result);
		xb_hypercall_done(&ops[2], entries[2].result);
		xb_hypercall_done(&ops[3], entries[3].result);
	}
	for (i = 0; i < n % 4; i++)
		xb_hypercall_done(&ops[i], entries[i].result);
	run->multicalls++;
	run->batched += n;
}

int xb_hypercall_run(struct xb_run *run, struct xenbatch_op *ops,
		     struct xb_head head, unsigned int nr)
{
	struct multicall_entry *entries;
	unsigned int n = 0;
	u32 number;

	if (nr > 1 && xb_head_is_plain(head)) {
		entries = xb_run_entries(run);
		if (!entries)
			return -ENOMEM;
		n = xb_hypercall_gather(entries, ops,
					min_t(unsigned int, nr, XB_CHUNK));
		if (n > 1) {
			xb_hypercall_multicall(run, ops, entries, n);
			return n;
		}
	}

	number = xb_hypercall_number(ops);
	if (number > 0xffff) {
		run->refused++;
		xb_op_done(run, ops, head.flags, -EINVAL);
	} else {
		run->direct++;
		xb_op_done(run, ops, head.flags, xb_hypercall_call(number, ops));
	}
	return 1;
}
