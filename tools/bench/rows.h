/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The rows of the benchmark. A row is what a program does with libxenctrl: it
 * is run with one library, then with the other, and what came out is compared.
 * The one table is in rows.c; a new row is a line there, and a kind if none of
 * those that exist does it.
 */
#ifndef BENCH_ROWS_H
#define BENCH_ROWS_H

#include <stdbool.h>
#include <stdint.h>

#include "domains.h"
#include "floor.h"
#include "libxc.h"

struct row;

/* One row with one library. */
struct side {
	const struct row *row;
	struct libxc *lib;
	const struct domains *domains;
	bool deferred;		/* ours, and the row says deferred */
	bool check;		/* this run is to be compared, not measured */
	unsigned int nr;	/* results that the last run gave */
	struct xc_batch_result *results; /* one for each call */
	void *out;		/* what the calls wrote, row->kind->out_size */
	void *own;		/* kind->setup's */
};

/* What must be there for a kind. */
#define NEEDS_MEMORY	1U	/* domains->memory, and side->lib->maps */
#define NEEDS_DROPINS	2U	/* our libraries in lib->maps too */
#define NEEDS_EVENTS	4U	/* side->lib->maps */
#define NEEDS_CALLS	8U	/* likewise */
#define NEEDS_MAPS	(NEEDS_MEMORY | NEEDS_EVENTS | NEEDS_CALLS)

/* What a row does. */
struct kind {
	/*
	 * Do it once. The argument is a struct side: this is what
	 * clock_measure() calls, with nothing between that would be measured.
	 */
	void (*run)(void *side);
	/* Bytes that it writes, and calls that it makes at most, for n. */
	size_t (*out_size)(unsigned int n);
	unsigned int (*calls)(unsigned int n);
	/* Clear what moves by itself, and bytes that are nobody's, or NULL. */
	void (*settle)(struct side *side);
	/* Cost of its hypercalls in the kernel. NULL: it has no floor. */
	double (*floor)(struct floor *f, const struct row *row,
			const struct domains *domains);
	/* Before the first run and after the last, or NULL. */
	bool (*setup)(struct side *side);
	void (*finish)(struct side *side);
	/*
	 * Bytes that stock maps at a time, for n: it is measured at several
	 * places. NULL: where they come to is not its price.
	 */
	size_t (*maps)(unsigned int n);
	/*
	 * How long each of n took, in nanoseconds; returns how many did. NULL:
	 * the mean says it all.
	 */
	unsigned int (*samples)(struct side *side, uint64_t *ns,
				unsigned int n);
	/*
	 * Costs of both in place of the clock's: of what is not of this
	 * process. False after one line, or if stopped by *stop. NULL: run by
	 * the clock.
	 */
	bool (*measure)(struct side *stock, struct side *ours, double cost[2],
			const volatile int *stop);
	unsigned int needs;	/* NEEDS_* */
};

struct row {
	const char *name;
	unsigned int n;		/* batch length, or number of entries */
	bool deferred;		/* ours: one batch, or the native library */
	bool asked;		/* only if asked for by name */
	unsigned int operations;/* one run is so many operations */
	const struct kind *kind;
};

extern const struct row known_rows[];
extern const unsigned int nr_known_rows;

/* Those to be measured, in order. */
struct rows {
	const struct row **row;
	unsigned int nr;
};

/* False after one line if there is no memory. */
bool side_init(struct side *side, const struct row *row, struct libxc *lib,
	       bool deferred, const struct domains *domains);
void side_free(struct side *side);

void side_run(struct side *side);

/*
 * Run both, fill their buffers with a pattern before, and compare all results,
 * errnos and output. If they differ, says what in one line.
 */
bool sides_same(struct side *a, struct side *b);

#endif /* BENCH_ROWS_H */
