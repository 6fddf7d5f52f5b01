// SPDX-License-Identifier: GPL-2.0
#include <linux/moduleparam.h>
#include <linux/sched.h>
#include <linux/sched/mm.h>
#include <linux/seq_file.h>
#include <linux/slab.h>

#include "context.h"
#include "evtchn.h"
#include "ops.h"
#include "uapi.h"

unsigned int xb_contexts_max = 1024;
module_param_named(contexts_max, xb_contexts_max, uint, 0444);
MODULE_PARM_DESC(contexts_max, "Contexts that may be open at a time");

static atomic_t xb_nr_contexts = ATOMIC_INIT(0);

struct xb_context *xb_context_create(void)
{
	struct xb_context *ctx;
	int err = -ENFILE;

	if (atomic_inc_return(&xb_nr_contexts) > xb_contexts_max)
		goto err_count;
	err = -ENOMEM;
	ctx = kzalloc(sizeof(*ctx), GFP_KERNEL_ACCOUNT);
	if (!ctx)
		goto err_count;
	mutex_init(&ctx->lock);
	init_waitqueue_head(&ctx->event_wait);
	ctx->domid = DOMID_INVALID;
	ctx->opcodes = xb_known;
	xb_regions_init(ctx);
	xb_areas_init(&ctx->areas);

	xb_stats_add(&ctx->stats);

	/* Keeps the address of the mm from being used again, not the mm. */
	mmgrab(current->mm);
	ctx->mm = current->mm;
	return ctx;

err_count:
	atomic_dec(&xb_nr_contexts);
	return ERR_PTR(err);
}

void xb_context_destroy(struct xb_context *ctx)
{
	xb_events_free(ctx);
	xb_stats_remove(&ctx->stats);
	xb_regions_free(ctx);
	kvfree(ctx->spare);
	mmdrop(ctx->mm);
	mutex_destroy(&ctx->lock);
	kfree(ctx);
	atomic_dec(&xb_nr_contexts);
}

int xb_context_restrict(struct xb_context *ctx,
			const struct xenbatch_restrict *r)
{
	u64 opcodes = ~0ULL;
	int err = 0;

	if (!r->flags || r->reserved || r->reserved2[0] || r->reserved2[1] ||
	    r->flags & ~(XENBATCH_RESTRICT_DOMID | XENBATCH_RESTRICT_OPCODES))
		return -EINVAL;
	if (r->flags & XENBATCH_RESTRICT_OPCODES)
		opcodes = r->opcodes;
	else if (r->opcodes)
		return -EINVAL;
	if (r->flags & XENBATCH_RESTRICT_DOMID) {
		if (r->domid >= DOMID_FIRST_RESERVED)
			return -EINVAL;
		opcodes &= xb_opcodes_with_domid();
	} else if (r->domid) {
		return -EINVAL;
	}

	mutex_lock(&ctx->lock);
	if (r->flags & XENBATCH_RESTRICT_DOMID) {
		if (ctx->domid == DOMID_INVALID)
			ctx->domid = r->domid;
		else if (ctx->domid != r->domid)
			err = -EINVAL;
	}
	if (!err)
		WRITE_ONCE(ctx->opcodes, ctx->opcodes & opcodes);
	mutex_unlock(&ctx->lock);
	return err;
}

void xb_context_show(struct seq_file *m, struct xb_context *ctx)
{
	mutex_lock(&ctx->lock);
	if (ctx->domid == DOMID_INVALID)
		seq_puts(m, "domid:\tany\n");
	else
		seq_printf(m, "domid:\t%u\n", ctx->domid);
	seq_printf(m, "opcodes:\t0x%llx\n", ctx->opcodes);
	seq_printf(m, "ops:\t%lu\n", ctx->ops.nr * XB_OPS_PER_PAGE);
	seq_printf(m, "arena:\t%lu\n", ctx->arena.nr << PAGE_SHIFT);
	seq_printf(m, "slots:\t%ld\n", atomic_long_read(&ctx->areas.slots));
	mutex_unlock(&ctx->lock);
	xb_stats_show(m, &ctx->stats);
}
