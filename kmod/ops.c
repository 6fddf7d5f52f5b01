// SPDX-License-Identifier: GPL-2.0
#include <linux/bits.h>
#include <linux/cache.h>
#include <linux/init.h>
#include <linux/kernel.h>

#include "ops.h"

static unsigned int xb_nop_run(struct xb_run *run, struct xenbatch_op *op,
			       struct xb_head head, unsigned int nr)
{
	int result = 0;

	if (READ_ONCE(op->domid) || READ_ONCE(op->number)) {
		result = -EINVAL;
		run->refused++;
	} else {
		run->nops++;
	}
	xb_op_done(run, op, head.flags, result);
	return 1;
}

const struct xb_opdef xb_opdefs[] = {
	[XENBATCH_OP_NOP] = {
		.name = "nop",
		.flags = XENBATCH_OPF_LINK,
		.has_domid = true,	/* it has no target at all */
		.run = xb_nop_run,
	},
	[XENBATCH_OP_HYPERCALL] = {
		.name = "hypercall",
		.flags = XENBATCH_OPF_LINK,
		.run = xb_hypercall_run,
	},
	[XENBATCH_OP_FOREIGN_MAP] = {
		.name = "foreign_map",
		.flags = XENBATCH_OPF_LINK | XENBATCH_OPF_READONLY |
			 XENBATCH_OPF_LIST,
		.has_domid = true,
		.run = xb_foreign_map_run,
	},
	[XENBATCH_OP_FOREIGN_UNMAP] = {
		.name = "foreign_unmap",
		.flags = XENBATCH_OPF_LINK,
		.has_domid = true,
		.run = xb_foreign_unmap_run,
	},
	[XENBATCH_OP_GRANT_MAP] = {
		.name = "grant_map",
		.flags = XENBATCH_OPF_LINK | XENBATCH_OPF_READONLY |
			 XENBATCH_OPF_LIST,
		.has_domid = true,
		.run = xb_grant_map_run,
	},
	[XENBATCH_OP_GRANT_UNMAP] = {
		.name = "grant_unmap",
		.flags = XENBATCH_OPF_LINK,
		.has_domid = true,
		.run = xb_grant_unmap_run,
	},
	[XENBATCH_OP_GRANT_COPY] = {
		.name = "grant_copy",
		.flags = XENBATCH_OPF_LINK,
		.has_domid = true,
		.run = xb_grant_copy_run,
	},
	[XENBATCH_OP_RESOURCE_MAP] = {
		.name = "resource_map",
		.flags = XENBATCH_OPF_LINK | XENBATCH_OPF_READONLY,
		.has_domid = true,
		.run = xb_resource_map_run,
	},
	[XENBATCH_OP_GRANT_NOTIFY] = {
		.name = "grant_notify",
		.flags = XENBATCH_OPF_LINK,
		.has_domid = true,
		.run = xb_grant_notify_run,
	},
	[XENBATCH_OP_EVTCHN_NOTIFY] = {
		.name = "evtchn_notify",
		.flags = XENBATCH_OPF_LINK,
		.has_domid = true,
		.run = xb_evtchn_notify_run,
	},
	[XENBATCH_OP_EVTCHN_ACK] = {
		.name = "evtchn_ack",
		.flags = XENBATCH_OPF_LINK,
		.has_domid = true,
		.run = xb_evtchn_ack_run,
	},
	[XENBATCH_OP_EVTCHN_BIND] = {
		.name = "evtchn_bind",
		.flags = XENBATCH_OPF_LINK | XENBATCH_OPF_KERNEL_ACK,
		.has_domid = true,
		.run = xb_evtchn_bind_run,
	},
	[XENBATCH_OP_EVTCHN_UNBIND] = {
		.name = "evtchn_unbind",
		.flags = XENBATCH_OPF_LINK,
		.has_domid = true,
		.run = xb_evtchn_unbind_run,
	},
	[XENBATCH_OP_EVTCHN_AFFINITY] = {
		.name = "evtchn_affinity",
		.flags = XENBATCH_OPF_LINK,
		.has_domid = true,
		.run = xb_evtchn_affinity_run,
	},
};

const unsigned int xb_nr_opdefs = ARRAY_SIZE(xb_opdefs);

u64 xb_known __ro_after_init;

void __init xb_opcodes_init(void)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(xb_opdefs); i++)
		if (xb_opdefs[i].run)
			xb_known |= BIT_ULL(i);
}

u64 xb_opcodes_with_domid(void)
{
	unsigned int i;
	u64 mask = 0;

	for (i = 0; i < ARRAY_SIZE(xb_opdefs); i++)
		if (xb_opdefs[i].has_domid)
			mask |= BIT_ULL(i);
	return mask;
}
