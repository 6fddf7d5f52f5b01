// SPDX-License-Identifier: GPL-2.0
#include <linux/bits.h>
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
};

const unsigned int xb_nr_opdefs = ARRAY_SIZE(xb_opdefs);

u64 xb_opcodes(void)
{
	return GENMASK_ULL(ARRAY_SIZE(xb_opdefs) - 1, 0);
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
