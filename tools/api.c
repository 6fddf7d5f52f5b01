// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * xenbatch api: what libxenctrl has, and which hypercall each function is. All
 * of it is lib/xc/api.def, as the library was built from it; nothing is asked
 * of Xen.
 */
#include <ctype.h>
#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>

#include <json-c/json.h>
#include <libsmartcols/libsmartcols.h>

#include "tool.h"

static const struct row {
	const char *name, *group;
	const char *calls;	/* `DOMCTL(pausedomain) HVM(get_param)`, or NONE */
	const char *when;
	const char *since, *gone;
} rows[] = {
#define XC(name, group, calls, when, since, gone) \
	{ #name, #group, #calls, #when, #since, #gone },
#define XC_OWN(name, group) { #name, #group, "NONE", "outside", "-", "-" },
#include "lib/xc/api.def"
};

#define NR_ROWS (sizeof(rows) / sizeof(rows[0]))

/* What Xen calls the hypercall; NULL: the table's word stands for itself. */
static const struct kind {
	const char *word, *hypercall;
} kinds[] = {
	{ "DOMCTL", "domctl" },
	{ "SYSCTL", "sysctl" },
	{ "PLATFORM", "platform_op" },
	{ "MEMORY", "memory_op" },
	{ "HVM", "hvm_op" },
	{ "XENVER", "xen_version" },
	{ "EVTCHN", "event_channel_op" },
	{ "GNTTAB", "grant_table_op" },
	{ "PHYSDEV", "physdev_op" },
	{ "SCHED", "sched_op" },
	{ "KEXEC", "kexec_op" },
	{ "FLASK", "xsm_op" },
	{ 0 },
};

static void add(struct json_object *to, const char *key, const char *value)
{
	json_object_object_add(to, key, value && strcmp(value, "-") ?
			       json_object_new_string(value) : NULL);
}

/* `DOMCTL(pausedomain)` */
static struct json_object *one_call(const char *word, const char *operation)
{
	struct json_object *o = json_object_new_object();
	const struct kind *k = kinds;

	if (!strcmp(word, "STABLE")) {
		add(o, "library_function", operation);
		return o;
	}
	while (k->word && strcmp(word, k->word))
		k++;
	if (k->word) {
		add(o, "hypercall", k->hypercall);
		add(o, "operation", operation);
	} else {
		add(o, "hypercall", operation);
		add(o, "operation", strcmp(word, "ANY") ? NULL : "any");
	}
	return o;
}

static struct json_object *all_calls(const char *calls)
{
	struct json_object *list = json_object_new_array();
	char *text = strdup(calls), *rest = text, *word, *operation;

	while (rest && (word = strtok_r(NULL, "(", &rest)) &&
	       (operation = strtok_r(NULL, ")", &rest))) {
		while (isspace((unsigned char)*word))
			word++;
		json_object_array_add(list, one_call(word, operation));
	}
	free(text);
	return list;
}

static struct json_object *function(const struct row *row)
{
	struct json_object *o = json_object_new_object();

	add(o, "name", row->name);
	add(o, "group", row->group);
	json_object_object_add(o, "calls", all_calls(row->calls));
	add(o, "batch", row->when);
	add(o, "since", row->since);
	add(o, "gone", row->gone);
	return o;
}

/* `4.17` as 417, `-` as what comes for it */
static unsigned int release(const char *text, unsigned int otherwise)
{
	unsigned int major, minor;
	char end;

	if (sscanf(text, "%u.%2u%c", &major, &minor, &end) != 2)
		return otherwise;
	return major * 100 + minor;
}

static bool has(const struct row *row, unsigned int of)
{
	return release(row->since, 0) <= of && of < release(row->gone, ~0U);
}

struct args {
	bool json;
	unsigned int of;	/* release; 0: whichever */
	char **wanted;
	unsigned int nr_wanted;
};

static bool matches(const struct row *row, const char *wanted)
{
	return !strcmp(row->group, wanted) || !fnmatch(wanted, row->name, 0);
}

static bool is_wanted(const struct args *a, const struct row *row)
{
	if (a->of && !has(row, a->of))
		return false;
	for (unsigned int i = 0; i < a->nr_wanted; i++)
		if (matches(row, a->wanted[i]))
			return true;
	return !a->nr_wanted;
}

/* What is asked for and not there at all is a mistake. */
static bool all_known(const struct args *a)
{
	for (unsigned int i = 0; i < a->nr_wanted; i++) {
		size_t r = 0;

		while (r < NR_ROWS && !((!a->of || has(&rows[r], a->of)) &&
					matches(&rows[r], a->wanted[i])))
			r++;
		if (r == NR_ROWS) {
			tool_error("no function and no group is called '%s': 'xenbatch api' lists all%s",
				   a->wanted[i], a->of ? ", --all those of other releases too" : "");
			return false;
		}
	}
	return true;
}

/* Text for people */

static const char *string(struct json_object *o, const char *key)
{
	const char *s = json_object_get_string(json_object_object_get(o, key));

	return s ? s : "";
}

static char *joined(struct json_object *calls)
{
	size_t nr = json_object_array_length(calls), size;
	char *text;
	FILE *f = open_memstream(&text, &size);

	for (size_t i = 0; f && i < nr; i++) {
		struct json_object *c = json_object_array_get_idx(calls, i);
		const char *library = string(c, "library_function");
		const char *operation = string(c, "operation");

		fprintf(f, "%s%s%s%s", i ? ", " : "",
			*library ? library : string(c, "hypercall"),
			*operation ? " " : "", operation);
	}
	return f && !fclose(f) ? text : NULL;
}

static void print(struct json_object *list, bool releases)
{
	struct libscols_table *table = scols_new_table();
	size_t nr = json_object_array_length(list);

	scols_table_enable_maxout(table, 0);
	scols_table_set_column_separator(table, "  ");
	scols_table_new_column(table, "FUNCTION", 0, 0);
	scols_table_new_column(table, "GROUP", 0, 0);
	scols_table_new_column(table, "BATCH", 0, 0);
	if (releases) {
		scols_table_new_column(table, "SINCE", 0, 0);
		scols_table_new_column(table, "GONE", 0, 0);
	}
	scols_table_new_column(table, "CALLS", 0, 0);
	for (size_t i = 0; i < nr; i++) {
		struct json_object *o = json_object_array_get_idx(list, i);
		struct libscols_line *line = scols_table_new_line(table, NULL);
		unsigned int c = 0;

		scols_line_set_data(line, c++, string(o, "name"));
		scols_line_set_data(line, c++, string(o, "group"));
		scols_line_set_data(line, c++, string(o, "batch"));
		if (releases) {
			scols_line_set_data(line, c++, string(o, "since"));
			scols_line_set_data(line, c++, string(o, "gone"));
		}
		scols_line_refer_data(line, c,
				      joined(json_object_object_get(o,
								    "calls")));
	}
	scols_print_table(table);
	scols_unref_table(table);
}

enum { KEY_JSON = 'j', KEY_ALL = 'a', KEY_RELEASE = 'r' };

static error_t parser(int key, char *arg, struct argp_state *state)
{
	struct args *a = state->input;

	switch (key) {
	case KEY_JSON:
		a->json = true;
		return 0;
	case KEY_ALL:
		a->of = 0;
		return 0;
	case KEY_RELEASE:
		a->of = release(arg, 0);
		if (!a->of)
			tool_usage("'%s' is no release of Xen: 4.17 would be one",
				   arg);
		return 0;
	case ARGP_KEY_ARG:
		a->wanted[a->nr_wanted++] = arg;
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

int tool_api(int argc, char **argv)
{
	static const struct argp_option options[] = {
		{ "json", KEY_JSON, NULL, 0, "Print JSON", 0 },
		{ "all", KEY_ALL, NULL, 0,
		  "Functions of all releases of Xen, and since when and until "
		  "when they are there", 0 },
		{ "release", KEY_RELEASE, "VERSION", 0,
		  "Those of this release, instead of " XENCTRL_RELEASE
		  ", which the library was built for", 0 },
		{ 0 },
	};
	static const struct argp argp = {
		.options = options,
		.parser = parser,
		.args_doc = "[FUNCTION|GROUP...]",
		.doc = "What libxenctrl has: which hypercalls each function "
		       "makes, and what becomes of it in a batch.\v"
		       "FUNCTION may have wildcards. BATCH: `queued` waits for "
		       "the commit; `at_once` makes what is queued run, and "
		       "then itself; `local` needs no hypercall, and has its "
		       "place in the results; `outside` has none.",
	};
	struct args a = { .of = release(XENCTRL_RELEASE, 0) };
	struct json_object *list;

	a.wanted = calloc(argc, sizeof(*a.wanted));
	if (!a.wanted) {
		tool_error("out of memory");
		return TOOL_FAILED;
	}
	tool_parse(&argp, argc, argv, &a);
	if (!all_known(&a)) {
		free(a.wanted);
		return TOOL_FAILED;
	}
	list = json_object_new_array();
	for (size_t r = 0; r < NR_ROWS; r++)
		if (is_wanted(&a, &rows[r]))
			json_object_array_add(list, function(&rows[r]));
	free(a.wanted);
	if (a.json)
		puts(json_object_to_json_string_ext(list,
			JSON_C_TO_STRING_PRETTY | JSON_C_TO_STRING_SPACED |
			JSON_C_TO_STRING_NOSLASHESCAPE));
	else
		print(list, !a.of);
	json_object_put(list);
	return TOOL_OK;
}
