/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How many system calls and hypercalls a row takes. A child runs the rows, with
 * connections of its own, and is traced; since tracing costs, nothing is
 * measured there.
 */
#ifndef BENCH_COUNT_H
#define BENCH_COUNT_H

#include <stdbool.h>

#include "rows.h"

struct count {
	long syscalls;		/* -1: could not be counted */
	long hypercalls;
};

/*
 * Count one run of row i with stock in count[i][0], with ours in count[i][1],
 * until *stop. Call it before any connection is opened that would be inherited.
 */
void count_rows(const struct rows *rows, struct libxc *stock,
		struct libxc *ours, const struct domains *domains,
		struct count (*count)[2], const volatile int *stop);

#endif /* BENCH_COUNT_H */
