// SPDX-License-Identifier: GPL-2.0
#include <linux/build_bug.h>
#include <linux/debugfs.h>
#include <linux/kernel.h>
#include <linux/module.h>
#include <linux/seq_file.h>
#include <linux/string.h>

#include "context.h"
#include "stats.h"
#include "uapi.h"

static const struct {
	const char *name;
	const char *text;
} xb_counters[] = {
	[XB_COUNT_SUBMITS] = { "submits", "SUBMIT calls" },
	[XB_COUNT_DIRECT] = { "direct", "hypercalls made one by one" },
	[XB_COUNT_MULTICALLS] = { "multicalls", "multicalls made" },
	[XB_COUNT_BATCHED] = { "batched", "hypercalls made in multicalls" },
	[XB_COUNT_NOPS] = { "nops", "NOP operations" },
	[XB_COUNT_CANCELED] = {
		"canceled", "operations canceled because a linked one failed"
	},
	[XB_COUNT_REFUSED] = {
		"refused", "operations malformed, busy or not permitted"
	},
	[XB_COUNT_INTERRUPTED] = {
		"interrupted", "SUBMIT calls that a signal ended early"
	},
	[XB_COUNT_PAGES] = {
		"pages", "pages of operation array and arena created"
	},
};

static_assert(ARRAY_SIZE(xb_counters) == XB_NR_COUNTERS);

/* What the contexts counted that are closed by now. */
static struct xb_stats xb_retired;
static struct dentry *xb_debugfs;

static u64 xb_value(const struct xb_stats *stats, unsigned int i)
{
	return atomic64_read(&stats->count[i]);
}

static void xb_add_context(struct xb_context *ctx, void *data)
{
	u64 *sums = data;
	unsigned int i;

	for (i = 0; i < XB_NR_COUNTERS; i++)
		sums[i] += xb_value(&ctx->stats, i);
	sums[XB_NR_COUNTERS]++;
}

/* sums[XB_NR_COUNTERS] is the number of open contexts. */
static void xb_totals(u64 *sums)
{
	unsigned int i;

	for (i = 0; i < XB_NR_COUNTERS; i++)
		sums[i] = xb_value(&xb_retired, i);
	sums[XB_NR_COUNTERS] = 0;
	xb_contexts_visit(xb_add_context, sums);
}

int xb_stats_get(struct xb_context *ctx, struct xenbatch_counter *counter)
{
	u64 sums[XB_NR_COUNTERS + 1];
	unsigned int i = counter->index;

	if (i >= XB_NR_COUNTERS || counter->reserved)
		return -EINVAL;
	xb_totals(sums);
	memset(counter, 0, sizeof(*counter));
	counter->index = i;
	counter->context = xb_value(&ctx->stats, i);
	counter->total = sums[i];
	strscpy(counter->name, xb_counters[i].name, sizeof(counter->name));
	strscpy(counter->description, xb_counters[i].text,
		sizeof(counter->description));
	return 0;
}

/* The context leaves: called with the list of contexts locked. */
void xb_stats_retire(struct xb_context *ctx)
{
	unsigned int i;

	for (i = 0; i < XB_NR_COUNTERS; i++)
		xb_count(&xb_retired, i, xb_value(&ctx->stats, i));
}

void xb_stats_show(struct seq_file *m, struct xb_context *ctx)
{
	unsigned int i;

	for (i = 0; i < XB_NR_COUNTERS; i++)
		seq_printf(m, "%s:\t%llu\n", xb_counters[i].name,
			   xb_value(&ctx->stats, i));
}

static int counters_show(struct seq_file *m, void *unused)
{
	u64 sums[XB_NR_COUNTERS + 1];
	unsigned int i;

	xb_totals(sums);
	seq_printf(m, "contexts %llu\n", sums[XB_NR_COUNTERS]);
	for (i = 0; i < XB_NR_COUNTERS; i++)
		seq_printf(m, "%s %llu\n", xb_counters[i].name, sums[i]);
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(counters);

void xb_stats_init(void)
{
	/* Without debugfs, or under lockdown, the file is just not there. */
	xb_debugfs = debugfs_create_dir(KBUILD_MODNAME, NULL);
	debugfs_create_file("counters", 0400, xb_debugfs, NULL,
			    &counters_fops);
}

void xb_stats_exit(void)
{
	debugfs_remove_recursive(xb_debugfs);
}
