/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Counters. Each is counted in its context; the machine's total is the sum
 * over the open contexts and those that ended, so that counting costs one
 * atomic addition on a line that other contexts do not write.
 */
#ifndef XB_STATS_H
#define XB_STATS_H

#include <linux/atomic.h>
#include <linux/types.h>

struct xb_context;
struct seq_file;
struct xenbatch_counter;

/* name, what it counts */
#define XB_COUNTERS(X)							\
	X(submits,	"SUBMIT calls")					\
	X(direct,	"hypercalls made one by one")			\
	X(multicalls,	"multicalls made")				\
	X(batched,	"hypercalls made inside multicalls")		\
	X(nops,		"NOP operations")				\
	X(canceled,	"operations canceled because a linked one failed") \
	X(refused,	"operations refused: malformed, busy or not permitted") \
	X(interrupted,	"SUBMIT calls that a signal ended early")	\
	X(pages,	"pages of operation array and arena created")

enum xb_counter {
#define X(name, text) XB_COUNT_##name,
	XB_COUNTERS(X)
#undef X
	XB_NR_COUNTERS
};

struct xb_stats {
	atomic64_t count[XB_NR_COUNTERS];
};

static inline void xb_count(struct xb_stats *stats, enum xb_counter which,
			    u64 n)
{
	if (n)
		atomic64_add(n, &stats->count[which]);
}

int xb_stats_get(struct xb_context *ctx, struct xenbatch_counter *counter);
void xb_stats_retire(struct xb_context *ctx);
void xb_stats_show(struct seq_file *m, struct xb_context *ctx);
void xb_stats_init(void);
void xb_stats_exit(void);

#endif /* XB_STATS_H */
