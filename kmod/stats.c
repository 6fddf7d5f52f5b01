// SPDX-License-Identifier: GPL-2.0
#include <linux/build_bug.h>
#include <linux/debugfs.h>
#include <linux/kernel.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/nospec.h>
#include <linux/seq_file.h>
#include <linux/string.h>

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
	[XB_COUNT_MAPPED] = {
		"mapped", "pages asked to be mapped by operations"
	},
	[XB_COUNT_UNMAPPED] = {
		"unmapped", "pages asked to be unmapped by operations"
	},
	[XB_COUNT_COPIED] = {
		"copied", "segments of grant copies"
	},
	[XB_COUNT_NOTIFIED] = { "notified", "events sent by operations" },
	[XB_COUNT_ACKED] = { "acked", "events acknowledged by operations" },
	[XB_COUNT_EVENTS] = { "events", "event interrupts" },
	[XB_COUNT_COALESCED] = {
		"coalesced", "events whose port was in the ring already"
	},
};

static_assert(ARRAY_SIZE(xb_counters) == XB_NR_COUNTERS);

static LIST_HEAD(xb_open);
static DEFINE_MUTEX(xb_open_lock);
static unsigned int xb_nr_open;

/* What was counted by contexts that are closed by now. */
static struct xb_stats xb_retired;
static struct dentry *xb_debugfs;

static u64 xb_value(const struct xb_stats *stats, unsigned int i)
{
	return atomic64_read(&stats->count[i]);
}

void xb_stats_add(struct xb_stats *stats)
{
	mutex_lock(&xb_open_lock);
	list_add_tail(&stats->node, &xb_open);
	xb_nr_open++;
	mutex_unlock(&xb_open_lock);
}

void xb_stats_remove(struct xb_stats *stats)
{
	unsigned int i;

	mutex_lock(&xb_open_lock);
	for (i = 0; i < XB_NR_COUNTERS; i++)
		xb_count(&xb_retired, i, xb_value(stats, i));
	list_del(&stats->node);
	xb_nr_open--;
	mutex_unlock(&xb_open_lock);
}

/* Returns how many contexts are open. */
static unsigned int xb_totals(u64 *sums)
{
	struct xb_stats *stats;
	unsigned int i, nr;

	mutex_lock(&xb_open_lock);
	for (i = 0; i < XB_NR_COUNTERS; i++)
		sums[i] = xb_value(&xb_retired, i);
	list_for_each_entry(stats, &xb_open, node)
		for (i = 0; i < XB_NR_COUNTERS; i++)
			sums[i] += xb_value(stats, i);
	nr = xb_nr_open;
	mutex_unlock(&xb_open_lock);
	return nr;
}

int xb_stats_get(struct xb_stats *stats, struct xenbatch_counter *counter)
{
	u64 sums[XB_NR_COUNTERS];
	unsigned int i = counter->index;

	if (i >= XB_NR_COUNTERS || counter->reserved)
		return -EINVAL;
	i = array_index_nospec(i, XB_NR_COUNTERS);
	xb_totals(sums);
	memset(counter, 0, sizeof(*counter));
	counter->index = i;
	counter->context = xb_value(stats, i);
	counter->total = sums[i];
	strscpy(counter->name, xb_counters[i].name, sizeof(counter->name));
	strscpy(counter->description, xb_counters[i].text,
		sizeof(counter->description));
	return 0;
}

void xb_stats_show(struct seq_file *m, struct xb_stats *stats)
{
	unsigned int i;

	for (i = 0; i < XB_NR_COUNTERS; i++)
		seq_printf(m, "%s:\t%llu\n", xb_counters[i].name,
			   xb_value(stats, i));
}

static int counters_show(struct seq_file *m, void *unused)
{
	u64 sums[XB_NR_COUNTERS];
	unsigned int i;

	seq_printf(m, "contexts %u\n", xb_totals(sums));
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
