/* SPDX-License-Identifier: GPL-2.0 */
#ifndef XB_CONTEXT_H
#define XB_CONTEXT_H

#include <linux/atomic.h>
#include <linux/mm_types.h>
#include <linux/mutex.h>
#include <linux/wait.h>

#include <xen/interface/xen.h>

#include "area.h"
#include "region.h"
#include "stats.h"

struct seq_file;
struct xb_events;
struct xb_scratch;

/* One open of the device. Lives from open to release. */
struct xb_context {
	/* What every SUBMIT reads; set at open, or narrowed by RESTRICT. */
	struct mm_struct *mm;
	u64 opcodes;
	struct xenbatch_op **op_pages;
	unsigned int ops_max;

	/* What is kept from one SUBMIT to the next. */
	struct xb_scratch *spare;

	struct xb_areas areas;
	u64 *arena_gfns;	/* for GRANT_COPY; NULL: not needed yet */

	struct xb_events *events;	/* NULL: no ring yet */
	wait_queue_head_t event_wait;

	struct xb_stats stats;

	/* Guards what follows, and the creation of pages. */
	struct mutex lock;
	domid_t domid;		/* DOMID_INVALID: not restricted */
	struct xb_region ops;
	struct xb_region arena;
};

extern unsigned int xb_contexts_max;

struct xb_context *xb_context_create(void);
void xb_context_destroy(struct xb_context *ctx);
int xb_context_restrict(struct xb_context *ctx,
			const struct xenbatch_restrict *r);
void xb_context_show(struct seq_file *m, struct xb_context *ctx);

#endif /* XB_CONTEXT_H */
