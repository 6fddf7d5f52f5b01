// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Registers of cpus, read and written by Xen: lists of accesses, each list on
 * the cpu that it names. One list is a platform operation, more of them are one
 * multicall.
 */
#include "call1.h"
#include "resource.h"

#define ENTRIES(nr) (sizeof(xc_resource_entry_t) * (size_t)(nr))

/* The operation, in its slot; its entries are still to be had. */
static struct xen_platform_op *list(struct xe_cursor *k,
				    const xc_resource_op_t *op)
{
	return xe_block(k, (&(const struct xen_platform_op){
		.cmd = XENPF_resource_op,
		.interface_version = XENPF_INTERFACE_VERSION,
		.u.resource_op.nr_entries = op->nr_entries,
		.u.resource_op.cpu = op->cpu,
	}));
}

int xe_resource_list(xc_interface *xch, const xc_resource_op_t *op,
		     xc_resource_entry_t *user,
		     long (*fn)(struct xe_done *, long), void *to, void *to2)
{
	size_t size = ENTRIES(op->nr_entries);
	struct xe_cursor *k = xe_open(xch, XE_DONE_SIZE +
				      xe_need(op->entries, size));
	struct xen_platform_op *p;
	struct xe_done *done;

	if (!k)
		return -1;
	p = list(k, op);
	done = xe_done_new(k, fn);
	done->block = user ? xe_inout(k, done, user, size) :
			     xe_in(k, op->entries, size);
	done->num = op->nr_entries;
	done->to[0] = to;
	done->to[1] = to2;
	set_xen_guest_handle_raw(p->u.resource_op.entries, done->block);
	return xe_end1_done(k, __HYPERVISOR_platform_op, p, done);
}

static long one_done(struct xe_done *done, long ret)
{
	xc_resource_op_t *op = done->to[0];

	op->result = ret;
	return ret;
}

/* Where a list's entries lie between its multicall entry and the user's. */
struct multi {
	multicall_entry_t *calls;
	xc_resource_op_t *ops;
	struct xen_platform_op *lists[];
};

static long multi_done(struct xe_done *done, long ret)
{
	struct multi *m = done->block;
	uint64_t i;

	for (i = 0; i < done->num; i++) {
		const struct xenpf_resource_op *list =
			&m->lists[i]->u.resource_op;
		size_t size = ENTRIES(list->nr_entries);

		m->ops[i].result = m->calls[i].result;
		if (size)
			memcpy(m->ops[i].entries, list->entries.p, size);
	}
	return ret;
}

static size_t multi_size(uint32_t nr, const xc_resource_op_t *ops)
{
	size_t size = XE_DONE_SIZE;
	uint32_t i;

	size += XE_ROUND(sizeof(struct multi) +
			 nr * sizeof(struct xen_platform_op *));
	size += XE_ROUND(nr * sizeof(multicall_entry_t));
	for (i = 0; i < nr; i++)
		size += XE_SLOT + XE_ROUND(ENTRIES(ops[i].nr_entries));
	return size;
}

static int run_multi(xc_interface *xch, uint32_t nr, xc_resource_op_t *ops)
{
	struct xe_cursor *k = xe_open(xch, multi_size(nr, ops));
	struct xe_done *done;
	struct multi *m;
	uint32_t i;

	if (!k)
		return -1;
	m = xe_take(k, sizeof(*m) + nr * sizeof(m->lists[0]));
	m->ops = ops;
	m->calls = xe_take(k, nr * sizeof(*m->calls));
	memset(m->calls, 0, nr * sizeof(*m->calls));
	for (i = 0; i < nr; i++) {
		size_t size = ENTRIES(ops[i].nr_entries);
		void *entries;

		m->lists[i] = list(k, &ops[i]);
		entries = xe_take(k, size);
		if (size)
			memcpy(entries, ops[i].entries, size);
		set_xen_guest_handle_raw(m->lists[i]->u.resource_op.entries,
					 entries);
		m->calls[i].op = __HYPERVISOR_platform_op;
		m->calls[i].args[0] = (uintptr_t)m->lists[i];
	}
	done = xe_done_new(k, multi_done);
	done->block = m;
	done->num = nr;
	k->op->arg[0] = (uintptr_t)m->calls;
	k->op->arg[1] = nr;
	return xe_end_done(k, __HYPERVISOR_multicall, done);
}

/* Of no list stock says -1, and no errno. */
XC_API int xc_resource_op(xc_interface *xch, uint32_t nr_ops,
			  xc_resource_op_t *ops)
{
	if (!nr_ops)
		return xe_local(xch, -1, EINVAL);
	/* Before a list is looked at, as stock has no memory for so many. */
	if (nr_ops > ~0U / sizeof(multicall_entry_t)) {
		errno = ENOMEM;
		return -1;
	}
	if (nr_ops == 1)
		return xe_resource_list(xch, ops, ops->entries, one_done, ops,
					NULL);
	return run_multi(xch, nr_ops, ops);
}
