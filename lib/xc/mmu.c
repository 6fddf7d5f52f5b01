// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Page tables of PV domains: extended operations and updates.
 */
#include "engine.h"
#include "guest_abi.h"

XC_API int xc_mmuext_op(xc_interface *xch, struct mmuext_op *op,
			unsigned int nr_ops, uint32_t dom)
{
	size_t size = nr_ops * sizeof(*op);
	struct xe_cursor *k;
	struct xe_done *done;

	k = xe_open(xch, XE_DONE_SIZE + xe_need(op, size));
	if (!k) {
		xc_perr(xch, "Could not bounce memory for mmuext op hypercall");
		return -1;
	}
	done = xe_done_new(k, NULL);
	k->op->arg[0] = (uintptr_t)xe_inout(k, done, op, size);
	k->op->arg[1] = nr_ops;
	k->op->arg[2] = 0;
	k->op->arg[3] = dom;
	return xe_end_done(k, __HYPERVISOR_mmuext_op, done);
}

XC_API struct xc_mmu *xc_alloc_mmu_updates(xc_interface *xch,
					   unsigned int subject)
{
	struct xc_mmu *mmu = malloc(sizeof(*mmu));

	(void)xch;
	if (mmu) {
		mmu->idx = 0;
		mmu->subject = subject;
	}
	return mmu;
}

static long updates_done(struct xe_done *done, long ret)
{
	if (ret >= 0)
		return 0;
	xc_err(done->xch, "Failure when submitting mmu updates");
	return 1;
}

/*
 * What is collected goes to Xen, and is forgotten, whatever Xen says. Nothing
 * comes back into it: the caller may free it before a batch's commit.
 */
static int submit(xc_interface *xch, struct xc_mmu *mmu)
{
	size_t size = mmu->idx * sizeof(mmu->updates[0]);
	struct xe_cursor *k = xe_open(xch, XE_DONE_SIZE +
					   xe_need(mmu->updates, size));
	struct xe_done *done;

	if (!k) {
		xc_perr(xch, "flush_mmu_updates: bounce buffer failed");
		return 1;
	}
	done = xe_done_new(k, updates_done);
	k->op->arg[0] = (uintptr_t)xe_in(k, mmu->updates, size);
	k->op->arg[1] = mmu->idx;
	k->op->arg[2] = 0;
	k->op->arg[3] = mmu->subject;
	mmu->idx = 0;
	return xe_end_done(k, __HYPERVISOR_mmu_update, done);
}

XC_API int xc_add_mmu_update(xc_interface *xch, struct xc_mmu *mmu,
			     unsigned long long ptr, unsigned long long val)
{
	mmu->updates[mmu->idx].ptr = ptr;
	mmu->updates[mmu->idx].val = val;
	return ++mmu->idx == XC_MMU_UPDATES ? submit(xch, mmu) : 0;
}

XC_API int xc_flush_mmu_updates(xc_interface *xch, struct xc_mmu *mmu)
{
	return mmu->idx ? submit(xch, mmu) : xe_local(xch, 0, 0);
}
