/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How long things took, one by one: the distribution, which a mean hides.
 */
#ifndef BENCH_LATENCY_H
#define BENCH_LATENCY_H

#include <stdint.h>

struct json_object;

/*
 * Of n times in nanoseconds, which are sorted by this: count, min, p50, p90,
 * p99, max, and buckets as [least, count], each of which goes up to twice its
 * least. NULL if there are none.
 */
struct json_object *latency_json(uint64_t *ns, unsigned int n);

#endif /* BENCH_LATENCY_H */
