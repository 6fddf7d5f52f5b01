// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * xenbatch info: module, library and Xen, and which of the ways to Xen is
 * used and why. Everything is first put into one JSON object; the text for
 * people is made from that, so that the two cannot differ.
 */
#include <errno.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <json-c/json.h>
#include <libsmartcols/libsmartcols.h>

#include "tool.h"

struct bit {
	uint64_t mask;
	const char *name;
};

static const struct bit features[] = {
	{ XENBATCH_FEATURE_PV, "pv" },
	{ XENBATCH_FEATURE_AUTOXLATE, "autoxlate" },
	{ XENBATCH_FEATURE_BENCH, "bench" },
	{ 0 },
};

static const struct bit opcodes[] = {
	{ 1ULL << XENBATCH_OP_NOP, "nop" },
	{ 1ULL << XENBATCH_OP_HYPERCALL, "hypercall" },
	{ 1ULL << XENBATCH_OP_FOREIGN_MAP, "foreign_map" },
	{ 1ULL << XENBATCH_OP_FOREIGN_UNMAP, "foreign_unmap" },
	{ 1ULL << XENBATCH_OP_GRANT_MAP, "grant_map" },
	{ 1ULL << XENBATCH_OP_GRANT_UNMAP, "grant_unmap" },
	{ 1ULL << XENBATCH_OP_GRANT_COPY, "grant_copy" },
	{ 1ULL << XENBATCH_OP_RESOURCE_MAP, "resource_map" },
	{ 1ULL << XENBATCH_OP_GRANT_NOTIFY, "grant_notify" },
	{ 0 },
};

/* The names of the bits set; `bit 7` for one that this program is too old for. */
static struct json_object *bits(uint64_t value, const struct bit *names)
{
	struct json_object *list = json_object_new_array();

	for (unsigned int n = 0; n < 64; n++) {
		const struct bit *b = names;
		char unknown[16];

		if (!(value & 1ULL << n))
			continue;
		while (b->name && b->mask != 1ULL << n)
			b++;
		snprintf(unknown, sizeof(unknown), "bit %u", n);
		json_object_array_add(list, json_object_new_string(
			b->name ? b->name : unknown));
	}
	return list;
}

static void add_string(struct json_object *to, const char *key,
		       const char *value)
{
	json_object_object_add(to, key, json_object_new_string(value));
}

static void add_number(struct json_object *to, const char *key, uint64_t value)
{
	json_object_object_add(to, key, json_object_new_uint64(value));
}

static struct json_object *counters(int fd, const struct xenbatch_info *info)
{
	struct json_object *list = json_object_new_array();

	for (uint32_t i = 0; i < info->nr_counters; i++) {
		struct xenbatch_counter c = { .index = i };
		struct json_object *o;

		if (ioctl(fd, XENBATCH_IOC_COUNTER, &c) != 0)
			break;
		o = json_object_new_object();
		add_string(o, "name", c.name);
		add_number(o, "total", c.total);
		add_string(o, "description", c.description);
		json_object_array_add(list, o);
	}
	return list;
}

/* The module as it says itself, or why it cannot be asked. */
static struct json_object *module(struct json_object **counts)
{
	struct json_object *o = json_object_new_object();
	struct json_object *limits;
	struct xenbatch_info info;
	int fd = tool_module_open(&info);

	json_object_object_add(o, "present", json_object_new_boolean(fd >= 0));
	if (fd < 0) {
		add_string(o, "error", strerror(errno));
		*counts = json_object_new_array();
		return o;
	}
	add_string(o, "version", info.version);
	add_number(o, "abi", info.abi);
	json_object_object_add(o, "features", bits(info.features, features));
	json_object_object_add(o, "opcodes", bits(info.opcodes, opcodes));
	limits = json_object_new_object();
	add_number(limits, "operations", info.ops_max);
	add_number(limits, "arena_bytes", info.arena_max);
	add_number(limits, "contexts", info.contexts_max);
	add_number(limits, "chunk", info.chunk);
	add_number(limits, "slots", info.slots_max);
	add_number(limits, "pages", info.pages_max);
	json_object_object_add(o, "limits", limits);
	*counts = counters(fd, &info);
	close(fd);
	return o;
}

static struct json_object *gather(xenbatch *xb)
{
	struct json_object *o = json_object_new_object();
	struct json_object *sub, *counts;
	struct xenbatch_limits limits;
	const char *why = "";
	char xen[64];

	/* First of all: what follows counts too. */
	json_object_object_add(o, "module", module(&counts));

	sub = json_object_new_object();
	add_string(sub, "name", xenbatch_backend_name(xenbatch_backend(xb,
								       &why)));
	add_string(sub, "why", why);
	if (xenbatch_limits(xb, &limits) == 0) {
		add_number(sub, "operations", limits.ops_max);
		add_number(sub, "arena_bytes", limits.arena_max);
		add_number(sub, "slots", limits.slots_max);
		add_number(sub, "pages", limits.pages_max);
	}
	json_object_object_add(o, "backend", sub);

	sub = json_object_new_object();
	add_string(sub, "version", XENBATCH_VERSION);
	add_number(sub, "abi", XENBATCH_ABI);
	json_object_object_add(o, "library", sub);

	if (tool_xen_version(xb, xen, sizeof(xen)))
		add_string(o, "xen", xen);
	else
		json_object_object_add(o, "xen", NULL);
	json_object_object_add(o, "counters", counts);
	return o;
}

/* Text for people */

static struct json_object *get(struct json_object *o, const char *key)
{
	return json_object_object_get(o, key);
}

static const char *string(struct json_object *o, const char *key)
{
	return json_object_get_string(get(o, key));
}

static unsigned long long number(struct json_object *o, const char *key)
{
	return json_object_get_uint64(get(o, key));
}

static void line(struct libscols_table *table, const char *key,
		 const char *value)
{
	struct libscols_line *l = scols_table_new_line(table, NULL);

	scols_line_set_data(l, 0, key);
	scols_line_set_data(l, 1, value);
}

static const char *joined(struct json_object *list, char *buf, size_t size)
{
	size_t at = 0;

	buf[0] = '\0';
	for (size_t i = 0; i < json_object_array_length(list) && at < size; i++)
		at += snprintf(buf + at, size - at, "%s%s", i ? ", " : "",
			json_object_get_string(
				json_object_array_get_idx(list, i)));
	return buf;
}

/* 67108864 as `64 MiB` */
static const char *bytes(unsigned long long n, char *buf, size_t size)
{
	static const char *const unit[] = { "B", "KiB", "MiB", "GiB" };
	unsigned int u = 0;

	while (u < 3 && n >= 1024 && n % 1024 == 0) {
		n /= 1024;
		u++;
	}
	snprintf(buf, size, "%llu %s", n, unit[u]);
	return buf;
}

static void print_module(struct libscols_table *table, struct json_object *m)
{
	struct json_object *limits = get(m, "limits");
	char buf[256], arena[32];

	if (!json_object_get_boolean(get(m, "present"))) {
		snprintf(buf, sizeof(buf), "none: %s: %s (is it loaded? modprobe xenbatch)",
			 XENBATCH_DEVICE, string(m, "error"));
		line(table, "module", buf);
		return;
	}
	snprintf(buf, sizeof(buf), "%s, ABI %llu", string(m, "version"),
		 number(m, "abi"));
	line(table, "module", buf);
	line(table, "features", joined(get(m, "features"), buf, sizeof(buf)));
	line(table, "operations", joined(get(m, "opcodes"), buf, sizeof(buf)));
	snprintf(buf, sizeof(buf),
		 "%llu contexts; in each %llu operations, %s of arena, %llu slots",
		 number(limits, "contexts"), number(limits, "operations"),
		 bytes(number(limits, "arena_bytes"), arena, sizeof(arena)),
		 number(limits, "slots"));
	line(table, "limits", buf);
}

static struct libscols_table *new_table(void)
{
	struct libscols_table *table = scols_new_table();

	scols_table_enable_maxout(table, 0);
	scols_table_set_column_separator(table, "  ");
	return table;
}

static void print(struct json_object *o)
{
	struct json_object *counts = get(o, "counters");
	struct json_object *b = get(o, "backend");
	struct json_object *l = get(o, "library");
	struct libscols_table *table = new_table();
	char buf[512];

	scols_table_enable_noheadings(table, 1);
	scols_table_new_column(table, "what", 0, 0);
	scols_table_new_column(table, "value", 0, 0);
	print_module(table, get(o, "module"));
	snprintf(buf, sizeof(buf), "%s, ABI %llu", string(l, "version"),
		 number(l, "abi"));
	line(table, "library", buf);
	snprintf(buf, sizeof(buf), "%s (%s)", string(b, "name"),
		 string(b, "why"));
	line(table, "backend", buf);
	line(table, "Xen", get(o, "xen") ? string(o, "xen") : "unknown");
	scols_print_table(table);
	scols_unref_table(table);

	if (json_object_array_length(counts) == 0)
		return;
	table = new_table();
	scols_table_new_column(table, "COUNTER", 0, 0);
	scols_table_new_column(table, "TOTAL", 0, SCOLS_FL_RIGHT);
	scols_table_new_column(table, "COUNTS", 0, 0);
	for (size_t i = 0; i < json_object_array_length(counts); i++) {
		struct json_object *c = json_object_array_get_idx(counts, i);
		struct libscols_line *row = scols_table_new_line(table, NULL);

		scols_line_set_data(row, 0, string(c, "name"));
		scols_line_set_data(row, 1, string(c, "total"));
		scols_line_set_data(row, 2, string(c, "description"));
	}
	putchar('\n');
	scols_print_table(table);
	scols_unref_table(table);
}

enum { KEY_JSON = 'j' };

static error_t parser(int key, char *arg, struct argp_state *state)
{
	bool *json = state->input;

	switch (key) {
	case KEY_JSON:
		*json = true;
		return 0;
	case ARGP_KEY_ARG:
		tool_usage("'%s' is one argument too many: see 'xenbatch info --help'",
			   arg);
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

int tool_info(int argc, char **argv)
{
	static const struct argp_option options[] = {
		{ "json", KEY_JSON, NULL, 0, "Print JSON", 0 },
		{ 0 },
	};
	static const struct argp argp = {
		.options = options,
		.parser = parser,
		.doc = "What module, library and Xen are here, which way to the "
		       "hypervisor is used, and why that one.\v"
		       "Needs to be run in a Xen dom0, as root. Works with and "
		       "without the module.",
	};
	struct json_object *o;
	bool json = false;
	xenbatch *xb;

	tool_parse(&argp, argc, argv, &json);
	xb = tool_open();
	if (!xb)
		return TOOL_FAILED;
	o = gather(xb);
	xenbatch_close(xb);
	if (json)
		puts(json_object_to_json_string_ext(o,
			JSON_C_TO_STRING_PRETTY | JSON_C_TO_STRING_SPACED |
			JSON_C_TO_STRING_NOSLASHESCAPE));
	else
		print(o);
	json_object_put(o);
	return TOOL_OK;
}
