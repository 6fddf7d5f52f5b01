// SPDX-License-Identifier: GPL-2.0
#include <linux/moduleparam.h>
#include <linux/sched.h>
#include <linux/sched/mm.h>
#include <linux/seq_file.h>
#include <linux/slab.h>

#include "context.h"
#include "ops.h"
#include "uapi.h"

unsigned int xb_contexts_max = 1024;
module_param_named(contexts_max, xb_contexts_max, uint, 0444);
MODULE_PARM_DESC(contexts_max, "Contexts that may be open at a time");

static LIST_HEAD(xb_contexts);
static DEFINE_MUTEX(xb_contexts_lock);
static unsigned int xb_nr_contexts;

struct xb_context *xb_context_create(void)
{
	struct xb_context *ctx;

	ctx = kzalloc(sizeof(*ctx), GFP_KERNEL_ACCOUNT);
	if (!ctx)
		return ERR_PTR(-ENOMEM);
	mutex_init(&ctx->lock);
	ctx->domid = DOMID_INVALID;
	ctx->opcodes = xb_opcodes();
	xb_regions_init(ctx);

	mutex_lock(&xb_contexts_lock);
	if (xb_nr_contexts >= xb_contexts_max) {
		mutex_unlock(&xb_contexts_lock);
		kfree(ctx);
		return ERR_PTR(-ENFILE);
	}
	xb_nr_contexts++;
	list_add_tail(&ctx->node, &xb_contexts);
	mutex_unlock(&xb_contexts_lock);

	/* Keeps the address of the mm from being used again, not the mm. */
	mmgrab(current->mm);
	ctx->mm = current->mm;
	return ctx;
}

void xb_context_destroy(struct xb_context *ctx)
{
	mutex_lock(&xb_contexts_lock);
	xb_stats_retire(ctx);
	list_del(&ctx->node);
	xb_nr_contexts--;
	mutex_unlock(&xb_contexts_lock);

	xb_regions_free(ctx);
	kvfree(ctx->spare);
	mmdrop(ctx->mm);
	mutex_destroy(&ctx->lock);
	kfree(ctx);
}

void xb_contexts_visit(xb_context_fn fn, void *data)
{
	struct xb_context *ctx;

	mutex_lock(&xb_contexts_lock);
	list_for_each_entry(ctx, &xb_contexts, node)
		fn(ctx, data);
	mutex_unlock(&xb_contexts_lock);
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
	mutex_unlock(&ctx->lock);
	xb_stats_show(m, ctx);
}
