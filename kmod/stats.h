/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Counters. Each is counted in its context; the machine's total is the sum
 * over the open contexts and those that ended, so that counting costs one
 * atomic addition on a line that other contexts do not write.
 */
#ifndef XB_STATS_H
#define XB_STATS_H

#include <linux/atomic.h>
#include <linux/list.h>
#include <linux/types.h>

struct seq_file;
struct xenbatch_counter;

/* Their names and meanings: xb_counters[] in stats.c. */
enum xb_counter {
	XB_COUNT_SUBMITS,
	XB_COUNT_DIRECT,
	XB_COUNT_MULTICALLS,
	XB_COUNT_BATCHED,
	XB_COUNT_NOPS,
	XB_COUNT_CANCELED,
	XB_COUNT_REFUSED,
	XB_COUNT_INTERRUPTED,
	XB_COUNT_PAGES,
	XB_COUNT_MAPPED,
	XB_COUNT_UNMAPPED,
	XB_COUNT_COPIED,
	XB_COUNT_NOTIFIED,
	XB_COUNT_ACKED,
	XB_COUNT_EVENTS,
	XB_COUNT_COALESCED,
	XB_NR_COUNTERS
};

struct xb_stats {
	atomic64_t count[XB_NR_COUNTERS];
	struct list_head node;
};

static inline void xb_count(struct xb_stats *stats, enum xb_counter which,
			    u64 n)
{
	if (n)
		atomic64_add(n, &stats->count[which]);
}

/* A context's counters begin, and end. */
void xb_stats_add(struct xb_stats *stats);
void xb_stats_remove(struct xb_stats *stats);

int xb_stats_get(struct xb_stats *stats, struct xenbatch_counter *counter);
void xb_stats_show(struct seq_file *m, struct xb_stats *stats);
void xb_stats_init(void);
void xb_stats_exit(void);

#endif /* XB_STATS_H */
