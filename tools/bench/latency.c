// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdlib.h>

#include <json-c/json.h>

#include "latency.h"

static int compare(const void *a, const void *b)
{
	const uint64_t *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

static void add(struct json_object *o, const char *key, uint64_t value)
{
	json_object_object_add(o, key, json_object_new_uint64(value));
}

static void add_bucket(struct json_object *list, uint64_t least,
		       unsigned int count)
{
	struct json_object *pair = json_object_new_array();

	json_object_array_add(pair, json_object_new_uint64(least));
	json_object_array_add(pair, json_object_new_uint64(count));
	json_object_array_add(list, pair);
}

/* Of sorted times; those that nothing fell into are left out. */
static struct json_object *buckets(const uint64_t *ns, unsigned int n)
{
	struct json_object *list = json_object_new_array();
	unsigned int i = 0, begin;
	uint64_t least;

	while (i < n) {
		for (least = 1; least <= ns[i] / 2; least *= 2)
			;
		for (begin = i; i < n && ns[i] / 2 < least; i++)
			;
		add_bucket(list, least, i - begin);
	}
	return list;
}

struct json_object *latency_json(uint64_t *ns, unsigned int n)
{
	struct json_object *o;

	if (!n)
		return NULL;
	qsort(ns, n, sizeof(*ns), compare);
	o = json_object_new_object();
	add(o, "count", n);
	add(o, "min", ns[0]);
	add(o, "p50", ns[(n - 1) / 2]);
	add(o, "p90", ns[(uint64_t)(n - 1) * 90 / 100]);
	add(o, "p99", ns[(uint64_t)(n - 1) * 99 / 100]);
	add(o, "max", ns[n - 1]);
	json_object_object_add(o, "buckets", buckets(ns, n));
	return o;
}
