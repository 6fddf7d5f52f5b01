// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What the watcher counted, as one JSON object; its keys are what README says of
 * `--json`. Lists are sorted by their first number, most first, then by name.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include "uapi/xenbatch.h"
#include "run.h"

static struct json_object *object(struct json_object *to, const char *key)
{
	struct json_object *o = json_object_new_object();

	json_object_object_add(to, key, o);
	return o;
}

static struct json_object *array(struct json_object *to, const char *key)
{
	struct json_object *o = json_object_new_array();

	json_object_object_add(to, key, o);
	return o;
}

static void text(struct json_object *to, const char *key, const char *value)
{
	json_object_object_add(to, key, json_object_new_string(value));
}

static void number(struct json_object *to, const char *key, uint64_t value)
{
	json_object_object_add(to, key, json_object_new_uint64(value));
}

static void seconds(struct json_object *to, const char *key, double value)
{
	char buf[32];

	snprintf(buf, sizeof(buf), "%.6f", value);
	json_object_object_add(to, key, json_object_new_double_s(value, buf));
}

static uint64_t of(struct json_object *o, const char *key)
{
	return json_object_get_uint64(json_object_object_get(o, key));
}

/* Add to a number that may not be there yet. */
static void add(struct json_object *o, const char *key, uint64_t value)
{
	number(o, key, of(o, key) + value);
}

/* The object of that name in a list, made if need be. */
static struct json_object *named(struct json_object *list, const char *name)
{
	struct json_object *o;

	for (size_t i = 0; i < json_object_array_length(list); i++) {
		o = json_object_array_get_idx(list, i);
		if (!strcmp(json_object_get_string(
				    json_object_object_get(o, "name")), name))
			return o;
	}
	o = json_object_new_object();
	text(o, "name", name);
	json_object_array_add(list, o);
	return o;
}

static uint64_t weight(struct json_object *o)
{
	return of(o, "calls") + of(o, "stock") + of(o, "fast");
}

static int more_first(const void *a, const void *b)
{
	struct json_object *x = *(struct json_object **)a;
	struct json_object *y = *(struct json_object **)b;

	if (weight(x) != weight(y))
		return weight(x) < weight(y) ? 1 : -1;
	return strcmp(json_object_get_string(json_object_object_get(x, "name")),
		      json_object_get_string(json_object_object_get(y,
								    "name")));
}

struct gathering {
	struct json_object *loaded;
	struct json_object *calls, *groups, *functions;
	struct json_object *stock, *fast, *hypercalls;	/* hypercalls.* */
	struct json_object *system_calls, *names, *requests;
	struct json_object *operations;
	struct json_object *mapped, *windows;		/* mappings.* */
	uint64_t ns[2];
};

static void call(struct gathering *g, const struct watch_row *row)
{
	const char *group = name_of_group(row->key.name, row->library);
	struct json_object *o;

	if (!row->count)
		return;		/* bound, and never called */
	add(g->calls, "total", row->count);
	add(named(g->groups, group), "calls", row->count);
	/* libxenbatch and libxenctrl do not share names */
	o = named(g->functions, row->key.name);
	text(o, "group", group);
	text(o, "library", name_of_library(row->library));
	add(o, "calls", row->count);
}

static void system_call(struct gathering *g, const struct watch_row *row)
{
	if (!row->count)
		return;
	add(g->system_calls, "total", row->count);
	add(named(g->names, row->key.name), "calls", row->count);
}

static const struct { const char *request, *key; } maps[] = {
	{ "privcmd.mmapbatch", "mapped_pages" },
	{ "privcmd.mmapbatch_v2", "mapped_pages" },
	{ "privcmd.mmap_resource", "mapped_pages" },
	{ "gntdev.map_grant_ref", "mapped_pages" },
	{ "gntdev.unmap_grant_ref", "unmapped_pages" },
	{ "foreign_map", "mapped_pages" },
	{ "grant_map", "mapped_pages" },
	{ "resource_map", "mapped_pages" },
	{ "foreign_unmap", "unmapped_pages" },
	{ "grant_unmap", "unmapped_pages" },
};

static void pages(struct json_object *to, const char *name,
		  const struct watch_row *row)
{
	for (size_t i = 0; i < sizeof(maps) / sizeof(maps[0]); i++)
		if (!strcmp(maps[i].request, name))
			add(to, maps[i].key, row->pages);
}

static void request(struct gathering *g, const struct watch_row *row)
{
	bool fast = !strncmp(name_of_request(row->key.number, (char[32]){ 0 },
					     32), "batch.", 6);
	char buf[32];
	const char *name = name_of_request(row->key.number, buf, sizeof(buf));
	struct json_object *o = named(g->requests, name);

	text(o, "path", fast ? "fast" : "stock");
	add(o, "calls", row->count);
	add(o, "failed", row->failed);
	add(o, "pages", row->pages);
	seconds(o, "seconds", row->ns / 1e9);
	g->ns[fast] += row->ns;
	pages(g->mapped, name, row);
	if (row->key.number == XENBATCH_IOC_SUBMIT)
		add(g->fast, "system_calls", row->count);
	else if (!strcmp(name, "privcmd.hypercall") ||
		 !strcmp(name, "privcmd.dm_op"))
		add(g->stock, "system_calls", row->count);
}

static void hypercall(struct gathering *g, const struct watch_row *row)
{
	bool fast = row->key.number >> 63;
	char buf[64];
	struct json_object *o = named(g->hypercalls,
		name_of_hypercall(row->key.number >> 32 & 0xffff,
				  row->key.number, buf, sizeof(buf)));

	add(fast ? g->fast : g->stock, "hypercalls", row->count);
	add(o, "stock", fast ? 0 : row->count);
	add(o, "fast", fast ? row->count : 0);
	add(o, "failed", row->failed);
}

static void operation(struct gathering *g, const struct watch_row *row)
{
	char buf[32];
	const char *name = name_of_operation(row->key.number, buf,
					     sizeof(buf));
	struct json_object *o = named(g->operations, name);

	add(g->fast, "operations", row->count);
	add(o, "calls", row->count);
	add(o, "failed", row->failed);
	add(o, "pages", row->pages);
	pages(g->windows, name, row);
}

static void library(struct gathering *g, const struct watch_row *row)
{
	struct json_object *o = json_object_new_object();

	text(o, "name", row->key.name);
	number(o, "processes", row->count);
	json_object_array_add(g->loaded, o);
}

static void unmap(struct gathering *g, const struct watch_row *row)
{
	add(g->mapped, "unmapped_pages", row->pages);
}

static void (*const kinds[])(struct gathering *g,
			     const struct watch_row *row) = {
	[WATCH_CALL] = call,
	[WATCH_SYSCALL] = system_call,
	[WATCH_IOCTL] = request,
	[WATCH_HYPERCALL] = hypercall,
	[WATCH_OPERATION] = operation,
	[WATCH_LIBRARY] = library,
	[WATCH_UNMAP] = unmap,
};

static void start(struct gathering *g, struct json_object *o)
{
	struct json_object *hypercalls, *mappings;

	g->loaded = array(o, "loaded");
	g->calls = object(o, "calls");
	number(g->calls, "total", 0);
	g->groups = array(g->calls, "groups");
	g->functions = array(g->calls, "functions");
	hypercalls = object(o, "hypercalls");
	g->stock = object(hypercalls, "stock");
	number(g->stock, "hypercalls", 0);
	number(g->stock, "system_calls", 0);
	g->fast = object(hypercalls, "fast");
	number(g->fast, "hypercalls", 0);
	number(g->fast, "system_calls", 0);
	number(g->fast, "operations", 0);
	g->hypercalls = array(hypercalls, "names");
	g->operations = array(o, "operations");
	g->system_calls = object(o, "system_calls");
	number(g->system_calls, "total", 0);
	g->names = array(g->system_calls, "names");
	g->requests = array(g->system_calls, "requests");
	mappings = object(o, "mappings");
	g->mapped = object(mappings, "stock");
	g->windows = object(mappings, "fast");
	for (int i = 0; i < 2; i++) {
		struct json_object *to = i ? g->windows : g->mapped;

		number(to, "mapped_pages", 0);
		number(to, "unmapped_pages", 0);
	}
}

static void sort(struct gathering *g)
{
	struct json_object *const lists[] = {
		g->loaded, g->groups, g->functions, g->hypercalls,
		g->operations, g->names, g->requests,
	};

	for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++)
		json_object_array_sort(lists[i], more_first);
}

static void ending(struct json_object *o, const struct ended *e)
{
	if (WIFEXITED(e->status))
		number(o, "status", WEXITSTATUS(e->status));
	else
		number(o, "signal", WTERMSIG(e->status));
}

struct json_object *gather(const struct watch_stats *stats,
			   const struct ended *ended, char **argv, bool stock)
{
	struct json_object *o = json_object_new_object(), *time, *command;
	struct gathering g = { 0 };
	char sequence[17];

	command = array(o, "command");
	for (; *argv; argv++)
		json_object_array_add(command, json_object_new_string(*argv));
	ending(o, ended);
	text(o, "libraries", stock ? "stock" : "xenbatch");
	number(o, "processes", stats->images);
	number(o, "not_counted", stats->lost);
	start(&g, o);
	snprintf(sequence, sizeof(sequence), "%016llx",
		 (unsigned long long)stats->sequence);
	text(json_object_object_get(o, "hypercalls"), "sequence", sequence);
	for (int i = 0; i < WATCH_NR_ROWS; i++) {
		const struct watch_row *row = &stats->row[i];

		if (__atomic_load_n(&row->state, __ATOMIC_ACQUIRE) ==
		    WATCH_THERE && row->kind &&
		    row->kind < sizeof(kinds) / sizeof(kinds[0]))
			kinds[row->kind](&g, row);
	}
	sort(&g);
	time = object(o, "time");
	seconds(time, "wall", ended->wall);
	seconds(time, "user", ended->user);
	seconds(time, "system", ended->system);
	seconds(time, "in_stock_requests", g.ns[0] / 1e9);
	seconds(time, "in_fast_requests", g.ns[1] / 1e9);
	return o;
}
