// SPDX-License-Identifier: GPL-2.0-or-later
/* The report for people: tables made from the JSON object, empty ones left out. */
#include <stdlib.h>
#include <string.h>

#include <libsmartcols/libsmartcols.h>

#include "run.h"

static struct json_object *get(struct json_object *o, const char *path)
{
	char key[64];

	for (; *path; path += strspn(path, ".")) {
		size_t len = strcspn(path, ".");

		snprintf(key, sizeof(key), "%.*s", (int)len, path);
		o = json_object_object_get(o, key);
		path += len;
	}
	return o;
}

static const char *string(struct json_object *o, const char *path)
{
	const char *s = json_object_get_string(get(o, path));

	return s ? s : "";
}

static uint64_t number(struct json_object *o, const char *path)
{
	return json_object_get_uint64(get(o, path));
}

struct column {
	const char *heading;
	const char *key;
	bool left;
};

static void table(FILE *to, struct json_object *list,
		  const struct column *columns)
{
	struct libscols_table *t;

	if (!json_object_array_length(list))
		return;
	t = scols_new_table();
	scols_table_set_stream(t, to);
	scols_table_set_column_separator(t, "  ");
	scols_table_enable_maxout(t, 0);
	scols_table_set_termwidth(t, 1000);
	scols_table_set_termforce(t, SCOLS_TERMFORCE_NEVER);
	for (const struct column *c = columns; c->heading; c++)
		scols_table_new_column(t, c->heading, 0,
				       c->left ? 0 : SCOLS_FL_RIGHT);
	for (size_t i = 0; i < json_object_array_length(list); i++) {
		struct libscols_line *line = scols_table_new_line(t, NULL);
		struct json_object *o = json_object_array_get_idx(list, i);
		int n = 0;

		for (const struct column *c = columns; c->heading; c++)
			scols_line_set_data(line, n++, string(o, c->key));
	}
	fputc('\n', to);
	scols_print_table(t);
	scols_unref_table(t);
}

static const struct column groups[] = {
	{ "GROUP", "name", true }, { "CALLS", "calls", false }, { 0 },
};

static const struct column functions[] = {
	{ "FUNCTION", "name", true }, { "GROUP", "group", true },
	{ "CALLS", "calls", false }, { 0 },
};

static const struct column hypercalls[] = {
	{ "HYPERCALL", "name", true }, { "STOCK", "stock", false },
	{ "FAST", "fast", false }, { "FAILED", "failed", false }, { 0 },
};

static const struct column operations[] = {
	{ "OPERATION", "name", true }, { "CALLS", "calls", false },
	{ "FAILED", "failed", false }, { "PAGES", "pages", false }, { 0 },
};

static const struct column names[] = {
	{ "SYSTEM CALL", "name", true }, { "CALLS", "calls", false }, { 0 },
};

static const struct column requests[] = {
	{ "REQUEST", "name", true }, { "PATH", "path", true },
	{ "CALLS", "calls", false }, { "FAILED", "failed", false },
	{ "PAGES", "pages", false }, { "SECONDS", "seconds", false }, { 0 },
};

static const struct column loaded[] = {
	{ "LIBRARY", "name", true }, { "PROCESSES", "processes", false }, { 0 },
};

static void paths(FILE *to, struct json_object *o, const char *path)
{
	char key[64];

#define AT(end) (snprintf(key, sizeof(key), end, path), number(o, key))
	fprintf(to, "%-8s  %llu hypercalls", path,
		(unsigned long long)AT("hypercalls.%s.hypercalls"));
	if (!strcmp(path, "fast"))
		fprintf(to, " among %llu operations",
			(unsigned long long)AT("hypercalls.%s.operations"));
	fprintf(to, ", by %llu system calls",
		(unsigned long long)AT("hypercalls.%s.system_calls"));
	fprintf(to, "; %llu pages mapped",
		(unsigned long long)AT("mappings.%s.mapped_pages"));
	fprintf(to, ", %llu unmapped",
		(unsigned long long)AT("mappings.%s.unmapped_pages"));
	snprintf(key, sizeof(key), "time.in_%s_requests", path);
	fprintf(to, "; %s s in requests\n", string(o, key));
#undef AT
}

void print_stats(FILE *to, struct json_object *o)
{
	bool stock = !strcmp(string(o, "libraries"), "stock");
	struct json_object *list = get(o, "command");

	fprintf(to, "command ");
	for (size_t i = 0; i < json_object_array_length(list); i++)
		fprintf(to, " %s", json_object_get_string(
				json_object_array_get_idx(list, i)));
	if (get(o, "signal"))
		fprintf(to, ": signal %s", string(o, "signal"));
	else
		fprintf(to, ": status %s", string(o, "status"));
	fprintf(to, ", on %s libraries\n", stock ? "stock's" : "xenbatch's");
	fprintf(to, "time      %s s, user %s s, system %s s\n",
		string(o, "time.wall"), string(o, "time.user"),
		string(o, "time.system"));
	fprintf(to, "calls     %s from %s programs; the libraries made %s system calls\n",
		string(o, "calls.total"), string(o, "processes"),
		string(o, "system_calls.total"));
	paths(to, o, "stock");
	paths(to, o, "fast");
	if (number(o, "not_counted"))
		fprintf(to, "lost      %s calls or mappings found no room to be counted\n",
			string(o, "not_counted"));
	if (!json_object_array_length(get(o, "loaded")))
		fprintf(to, "No program loaded a library that is watched.\n");
	table(to, get(o, "calls.groups"), groups);
	table(to, get(o, "calls.functions"), functions);
	table(to, get(o, "hypercalls.names"), hypercalls);
	table(to, get(o, "operations"), operations);
	table(to, get(o, "system_calls.names"), names);
	table(to, get(o, "system_calls.requests"), requests);
	table(to, get(o, "loaded"), loaded);
}
