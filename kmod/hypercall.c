// SPDX-License-Identifier: GPL-2.0
/*
 * HYPERCALL: neighbours become one multicall, one alone goes directly, which
 * is 190 instructions cheaper than a multicall of one (measured: Xen 4.17).
 *
 * Xen reads a multicall entry when it comes to it, and writes into it if the
 * call is preempted, so entries are the kernel's own copy, filled anew each
 * time.
 */
#include <linux/kernel.h>
#include <linux/mm.h>
#include <linux/nospec.h>
#include <linux/uaccess.h>

#include "context.h"
#include "hypercall.h"
#include "map.h"
#include "ops.h"
#include "submit.h"

/*
 * How many arguments Xen takes, of the calls that come by the hundred (Xen
 * 4.17, xen/include/hypercall-defs.c; a call's number of arguments is ABI). It
 * does not look at the others, so they need not be copied. All that is not
 * listed gets its five.
 */
static const u8 xb_hypercall_args[64] = {
	[__HYPERVISOR_platform_op] = 1,
	[__HYPERVISOR_sysctl] = 1,
	[__HYPERVISOR_domctl] = 1,
	[__HYPERVISOR_memory_op] = 2,
	[__HYPERVISOR_xen_version] = 2,
	[__HYPERVISOR_sched_op] = 2,
	[__HYPERVISOR_event_channel_op] = 2,
	[__HYPERVISOR_physdev_op] = 2,
	[__HYPERVISOR_hvm_op] = 2,
};

static unsigned int xb_hypercall_nr_args(u32 number)
{
	const u32 nr = ARRAY_SIZE(xb_hypercall_args);

	if (number >= nr)
		return 5;
	return xb_hypercall_args[array_index_nospec(number, nr)] ?: 5;
}

static __always_inline void xb_hypercall_copy(struct multicall_entry *e,
					      const struct xenbatch_op *op,
					      u32 number, unsigned int args)
{
	unsigned int i;

	e->op = number;
	for (i = 0; i < args; i++)
		e->args[i] = READ_ONCE(op->arg[i]);
}

/* Of xen/include/public/sysctl.h, which Linux does not carry. */
#define XB_SYSCTL_CPUPOOL_OP	18
#define XB_SYSCTL_CPU_HOTPLUG	11

/*
 * Not for a multicall? Xen refuses another one inside it. And what Xen does on
 * another CPU it answers late, over the answer of the whole multicall, or waits
 * there for the one before.
 */
static bool xb_hypercall_is_lone(const struct multicall_entry *e)
{
	u32 cmd;

	switch (e->op) {
	case __HYPERVISOR_multicall:
	case __HYPERVISOR_platform_op:
	case __HYPERVISOR_kexec_op:
		return true;
	case __HYPERVISOR_sysctl:
		return get_user(cmd, (u32 __user *)e->args[0]) ||
		       cmd == XB_SYSCTL_CPUPOOL_OP ||
		       cmd == XB_SYSCTL_CPU_HOTPLUG;
	}
	return false;
}

/* Copy and check: false if op cannot be part of a multicall. */
static bool xb_hypercall_take(struct multicall_entry *e,
			      const struct xenbatch_op *op)
{
	u32 number = xb_hypercall_number(op);

	if (!xb_head_is_plain(xb_op_head(op)) || number > 0xffff)
		return false;
	xb_hypercall_copy(e, op, number, 5);
	return !xb_hypercall_is_lone(e);
}

/*
 * Is op IDLE, without flags, and the same call as one that was checked? Not
 * READ_ONCE, so that it can be compared in place; nothing is kept of it.
 */
static __always_inline bool xb_hypercall_like(const struct xenbatch_op *op,
					      u32 number)
{
	return *(const u64 *)op == (u64)XENBATCH_OP_HYPERCALL << 32 &&
	       *(const u32 *)&op->number == number;
}

/*
 * As many as are alike, four at a time. This loop and the one over the results
 * are most of what a batched call costs in this module.
 */
static __always_inline unsigned int
xb_hypercall_take_alike(struct multicall_entry *e,
			const struct xenbatch_op *ops, unsigned int nr,
			u32 number, unsigned int args)
{
	const struct xenbatch_op *op = ops;

	for (; nr >= 4; nr -= 4, op += 4, e += 4) {
		if (!xb_hypercall_like(&op[0], number) ||
		    !xb_hypercall_like(&op[1], number) ||
		    !xb_hypercall_like(&op[2], number) ||
		    !xb_hypercall_like(&op[3], number))
			break;
		xb_hypercall_copy(&e[0], &op[0], number, args);
		xb_hypercall_copy(&e[1], &op[1], number, args);
		xb_hypercall_copy(&e[2], &op[2], number, args);
		xb_hypercall_copy(&e[3], &op[3], number, args);
	}
	return op - ops;
}

/*
 * Fill entries with as many of ops as can go in one multicall: up to one that
 * cannot, which is looked at again as the first of its own stretch.
 */
static unsigned int xb_hypercall_gather(struct multicall_entry *e,
					const struct xenbatch_op *ops,
					unsigned int nr)
{
	unsigned int n = 0;
	u32 number;

	while (n < nr && xb_hypercall_take(&e[n], &ops[n])) {
		number = e[n++].op;
		if (number == __HYPERVISOR_sysctl)
			continue;
		switch (xb_hypercall_nr_args(number)) {
		case 1:
			n += xb_hypercall_take_alike(&e[n], &ops[n], nr - n,
						     number, 1);
			break;
		case 2:
			n += xb_hypercall_take_alike(&e[n], &ops[n], nr - n,
						     number, 2);
			break;
		default:
			n += xb_hypercall_take_alike(&e[n], &ops[n], nr - n,
						     number, 5);
			break;
		}
	}
	return n;
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
	/* A late answer, of a sysctl that was another when we looked. */
	if (unlikely(err))
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

unsigned int xb_hypercall_run(struct xb_run *run, struct xenbatch_op *ops,
			      struct xb_head head, unsigned int nr)
{
	struct multicall_entry *entries;
	unsigned int n = 0;
	u32 number;

	/* Without memory for a multicall they go one by one. */
	if (nr > 1 && xb_head_is_plain(head) && xb_run_scratch(run)) {
		entries = run->scratch->entries;
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
