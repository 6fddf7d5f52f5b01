// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * xenbatch bench: the same calls through the distribution's libraries and
 * through ours, in one process, and their hypercalls in the kernel alone. What
 * is measured is the table in bench/rows.c, how in bench/clock.c.
 */
#include <errno.h>
#include <math.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>

#include <json-c/json.h>
#include <libsmartcols/libsmartcols.h>

#include "tool.h"
#include "bench/clock.h"
#include "bench/count.h"
#include "bench/kinds.h"
#include "bench/latency.h"
#include "bench/place.h"
#include "bench/rows.h"

/* Times that a distribution is made of. */
#define SAMPLES 4000u

struct args {
	bool json;
	bool domains;		/* to be there for programs too */
	struct rows rows;	/* none asked for: all */
	const char *stock;
	const char *ours;
};

struct measured {
	double stock;
	double ours;
	double floor;		/* NAN: none */
	bool same;
	struct count count[2];
	struct json_object *latency[2];	/* NULL: not looked at */
};

struct bench {
	struct libxc stock;
	struct libxc ours;
	struct domains domains;
	struct memory memory;
	struct floor floor;
	const char *unit;
	char xen[64];
	char backend[256];
	struct count (*counts)[2];
};

/* Set by a signal: domains must be destroyed before the program ends. */
static volatile sig_atomic_t stop;

static void on_signal(int signal)
{
	stop = signal;
}

/* At several places: the mean. */
static bool measure_places(struct clock_case *stock, struct clock_case *ours,
			   size_t length)
{
	struct places places = { .nr = 0 };
	double sum[2] = { 0, 0 };
	bool ok = true;

	for (int i = 0; ok && i < PLACES; i++) {
		ok = places_next(&places, length) &&
		     clock_measure(stock, ours, CLOCK_GROUPS / 3, &stop);
		sum[0] += stock->cost;
		sum[1] += ours->cost;
	}
	places_end(&places);
	stock->cost = sum[0] / PLACES;
	ours->cost = sum[1] / PLACES;
	return ok;
}

static bool measure_otherwise(struct clock_case *stock, struct clock_case *ours)
{
	struct side *side = stock->arg;
	double cost[2];
	bool ok = side->row->kind->measure(side, ours->arg, cost, &stop);

	stock->cost = cost[0];
	ours->cost = cost[1];
	return ok;
}

static struct json_object *sample(struct side *side)
{
	uint64_t *ns = calloc(SAMPLES, sizeof(*ns));
	struct json_object *o = NULL;

	if (ns)
		o = latency_json(ns, side->row->kind->samples(side, ns,
							      SAMPLES));
	free(ns);
	return o;
}

static bool measure(struct bench *b, const struct row *row, struct measured *m)
{
	struct clock_case stock = { .fn = row->kind->run };
	struct clock_case ours = { .fn = row->kind->run };
	struct side s, o;
	bool ok;

	if (!side_init(&s, row, &b->stock, false, &b->domains))
		return false;
	if (!side_init(&o, row, &b->ours, true, &b->domains)) {
		side_free(&s);
		return false;
	}
	stock.arg = &s;
	ours.arg = &o;
	m->same = sides_same(&s, &o);
	if (row->kind->measure)
		ok = m->same && measure_otherwise(&stock, &ours);
	else if (row->kind->maps)
		ok = measure_places(&stock, &ours, row->kind->maps(row->n));
	else
		ok = clock_measure(&stock, &ours, CLOCK_GROUPS, &stop);
	/* and once more, with everything warm and the other way round */
	if (!row->kind->measure)
		m->same = sides_same(&o, &s) && m->same;
	m->latency[0] = m->latency[1] = NULL;
	if (ok && row->kind->samples) {
		m->latency[0] = sample(&s);
		m->latency[1] = sample(&o);
	}
	m->stock = stock.cost / row->operations;
	m->ours = ours.cost / row->operations;
	m->floor = NAN;
	if (row->kind->floor && b->floor.fd >= 0)
		m->floor = row->kind->floor(&b->floor, row, &b->domains) /
			   row->operations;
	side_free(&s);
	side_free(&o);
	if (ok && !stop)
		return true;
	json_object_put(m->latency[0]);
	json_object_put(m->latency[1]);
	return false;
}

/* Output */

static void add_string(struct json_object *o, const char *key,
		       const char *value)
{
	json_object_object_add(o, key, json_object_new_string(value));
}

/* A tenth of an instruction is enough; null if there is no such figure. */
static struct json_object *figure(double value)
{
	char text[32];

	if (!isfinite(value))
		return NULL;
	snprintf(text, sizeof(text), "%.1f", value);
	return json_object_new_double_s(value, text);
}

static struct json_object *pair(long stock, long ours)
{
	struct json_object *o = json_object_new_object();

	json_object_object_add(o, "stock", stock < 0 ? NULL :
			       json_object_new_int64(stock));
	json_object_object_add(o, "xenbatch", ours < 0 ? NULL :
			       json_object_new_int64(ours));
	return o;
}

static struct json_object *row_json(const struct row *row,
				    const struct measured *m)
{
	struct json_object *o = json_object_new_object(), *latency;

	add_string(o, "name", row->name);
	json_object_object_add(o, "n", json_object_new_int(row->n));
	json_object_object_add(o, "stock", figure(m->stock));
	json_object_object_add(o, "xenbatch", figure(m->ours));
	json_object_object_add(o, "floor", figure(m->floor));
	json_object_object_add(o, "same", json_object_new_boolean(m->same));
	/* these two are of one run, which may be many operations */
	json_object_object_add(o, "syscalls", pair(m->count[0].syscalls,
						   m->count[1].syscalls));
	json_object_object_add(o, "hypercalls", pair(m->count[0].hypercalls,
						     m->count[1].hypercalls));
	if (m->latency[0] && m->latency[1]) {
		latency = json_object_new_object();
		json_object_object_add(latency, "stock", m->latency[0]);
		json_object_object_add(latency, "xenbatch", m->latency[1]);
		json_object_object_add(o, "latency_ns", latency);
	}
	return o;
}

static void print_json(const struct bench *b, struct json_object *list)
{
	struct json_object *o = json_object_new_object();
	struct utsname name;

	add_string(o, "version", XENBATCH_VERSION);
	add_string(o, "unit", b->unit);
	add_string(o, "xen", b->xen);
	if (uname(&name) == 0)
		add_string(o, "kernel", name.release);
	add_string(o, "backend", b->backend);
	add_string(o, "stock_libxenctrl", b->stock.path);
	add_string(o, "stock_libxencall", b->stock.call_path);
	add_string(o, "xenbatch_libxenctrl", b->ours.path);
	json_object_object_add(o, "rows", json_object_get(list));
	puts(json_object_to_json_string_ext(o,
		JSON_C_TO_STRING_PRETTY | JSON_C_TO_STRING_SPACED |
		JSON_C_TO_STRING_NOSLASHESCAPE));
	json_object_put(o);
}

enum { NAME, N, STOCK, OURS, FLOOR, RATIO, OVER, CALLS, SAME };

static struct libscols_table *new_table(void)
{
	static const char *const columns[] = {
		[NAME] = "ROW", [N] = "N", [STOCK] = "STOCK",
		[OURS] = "XENBATCH", [FLOOR] = "FLOOR",
		[RATIO] = "STOCK/XENBATCH", [OVER] = "XENBATCH/FLOOR",
		[CALLS] = "SYSCALLS", [SAME] = "SAME",
	};
	struct libscols_table *table = scols_new_table();

	scols_table_enable_maxout(table, 0);
	scols_table_set_column_separator(table, "  ");
	for (int i = 0; i <= SAME; i++)
		scols_table_new_column(table, columns[i], 0,
				       i == NAME ? 0 : SCOLS_FL_RIGHT);
	return table;
}

static void cell(struct libscols_line *line, int column, const char *format,
		 double value)
{
	char text[32] = "-";

	if (isfinite(value))
		snprintf(text, sizeof(text), format, value);
	scols_line_set_data(line, column, text);
}

static void row_print(struct libscols_table *table, const struct row *row,
		      const struct measured *m)
{
	struct libscols_line *line = scols_table_new_line(table, NULL);
	char text[64] = "-";

	scols_line_set_data(line, NAME, row->name);
	cell(line, N, "%.0f", row->n);
	cell(line, STOCK, "%.0f", m->stock);
	cell(line, OURS, "%.0f", m->ours);
	cell(line, FLOOR, "%.0f", m->floor);
	cell(line, RATIO, "%.2f", m->stock / m->ours);
	cell(line, OVER, "%.2f", m->ours / m->floor);
	if (m->count[0].syscalls >= 0 && m->count[1].syscalls >= 0)
		snprintf(text, sizeof(text), "%ld -> %ld",
			 m->count[0].syscalls, m->count[1].syscalls);
	scols_line_set_data(line, CALLS, text);
	scols_line_set_data(line, SAME, m->same ? "yes" : "NO");
}

/* Measure what was chosen and print it. False if stopped. */
static bool run(struct bench *b, const struct args *args, bool *same)
{
	struct json_object *list = json_object_new_array();
	struct libscols_table *table = new_table();
	bool ok = true;

	*same = true;
	for (unsigned int i = 0; i < args->rows.nr; i++) {
		const struct row *row = args->rows.row[i];
		struct measured m;

		ok = measure(b, row, &m);
		if (!ok)
			break;
		memcpy(m.count, b->counts[i], sizeof(m.count));
		*same = *same && m.same;
		json_object_array_add(list, row_json(row, &m));
		row_print(table, row, &m);
	}
	if (ok && args->json) {
		print_json(b, list);
	} else if (ok) {
		printf("%s an operation; Xen %s, %s\n\n",
		       strcmp(b->unit, "ns") ? b->unit : "nanoseconds", b->xen,
		       b->backend);
		scols_print_table(table);
	}
	scols_unref_table(table);
	json_object_put(list);
	return ok;
}

/* Load what the rows need. */
static bool load(struct bench *b, const struct args *args, unsigned int needs)
{
	if (!libxc_load_stock(&b->stock, args->stock) ||
	    !libxc_load_ours(&b->ours, args->ours))
		return false;
	if (!(needs & NEEDS_MAPS))
		return true;
	b->ours.maps.native = true;
	return maplib_load(&b->stock.maps, b->stock.path, NULL) &&
	       (!(needs & NEEDS_DROPINS) ||
		maplib_load(&b->ours.maps, b->ours.path, &b->stock.maps));
}

/* Create what they look at. */
static bool create(struct bench *b, const struct args *args,
		   unsigned int needs)
{
	bool domains = args->domains;

	for (unsigned int i = 0; i < args->rows.nr; i++) {
		const struct row *row = args->rows.row[i];

		domains |= !row->asked && !(row->kind->needs & NEEDS_MAPS);
	}
	if (domains && !domains_create(&b->domains, &b->stock))
		return false;
	if (!(needs & NEEDS_MEMORY))
		return true;
	b->domains.memory = &b->memory;
	return memory_create(&b->memory, &b->stock);
}

/* Set up, run, and take down in reverse. */
static int bench(struct bench *b, const struct args *args)
{
	unsigned int needs = 0;
	int rc = TOOL_FAILED;
	bool same = false;

	b->unit = clock_calibrate();
	for (unsigned int i = 0; i < args->rows.nr; i++)
		needs |= args->rows.row[i]->kind->needs;
	if (!load(b, args, needs) || !libxc_connect(&b->stock))
		goto out_unload;
	if (!create(b, args, needs))
		goto out_destroy;
	count_rows(&args->rows, &b->stock, &b->ours, &b->domains, b->counts,
		   &stop);
	if (!libxc_connect(&b->ours))
		goto out_destroy;
	floor_open(&b->floor);
	if (run(b, args, &same))
		rc = same ? TOOL_OK : TOOL_FAILED;
	else if (stop)
		tool_error("stopped by a signal: nothing was measured");
	floor_close(&b->floor);
out_destroy:
	if (b->domains.memory)
		memory_destroy(&b->memory, &b->stock);
	domains_destroy(&b->domains, &b->stock);
out_unload:
	libxc_unload(&b->ours);
	libxc_unload(&b->stock);
	return rc;
}

enum { KEY_JSON = 'j', KEY_ROW = 'r', KEY_LIST = 'l', KEY_STOCK = 0x1100,
       KEY_OURS, KEY_RUN, KEY_DOMAINS };

static void list_rows(void)
{
	const struct row *row = known_rows;

	for (unsigned int i = 0; i < nr_known_rows; i++, row++)
		if (!i || strcmp(row->name, row[-1].name) != 0)
			puts(row->name);
}

static void add_row(struct args *args, const struct row *row)
{
	struct rows *rows = &args->rows;

	for (unsigned int i = 0; i < rows->nr; i++)
		if (rows->row[i] == row)
			return;
	rows->row = reallocarray(rows->row, rows->nr + 1, sizeof(*rows->row));
	if (!rows->row)
		tool_usage("no memory");
	rows->row[rows->nr++] = row;
}

static void choose(struct args *args, const char *name)
{
	bool found = false;

	for (unsigned int i = 0; i < nr_known_rows; i++) {
		if (strcmp(known_rows[i].name, name) != 0)
			continue;
		add_row(args, &known_rows[i]);
		found = true;
	}
	if (!found)
		tool_usage("no row is called '%s': 'xenbatch bench --list' shows those that exist",
			   name);
}

static void choose_program(struct args *args, const char *arg)
{
	const struct row *row = program_row(arg);

	if (!row)
		tool_usage("--run '%s': wanted is NAME=COMMAND, such as 'list=xl list'",
			   arg);
	add_row(args, row);
}

static error_t parser(int key, char *arg, struct argp_state *state)
{
	struct args *args = state->input;

	switch (key) {
	case KEY_JSON:
		args->json = true;
		return 0;
	case KEY_ROW:
		choose(args, arg);
		return 0;
	case KEY_LIST:
		list_rows();
		exit(TOOL_OK);
	case KEY_RUN:
		choose_program(args, arg);
		return 0;
	case KEY_DOMAINS:
		args->domains = true;
		return 0;
	case KEY_STOCK:
		args->stock = arg;
		return 0;
	case KEY_OURS:
		args->ours = arg;
		return 0;
	case ARGP_KEY_ARG:
		tool_usage("'%s' is one argument too many: did you mean --row %s?",
			   arg, arg);
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

int tool_bench(int argc, char **argv)
{
	static const struct argp_option options[] = {
		{ "json", KEY_JSON, NULL, 0, "Print JSON", 0 },
		{ "row", KEY_ROW, "NAME", 0,
		  "Measure this row (may be given often; else all)", 0 },
		{ "run", KEY_RUN, "NAME=COMMAND", 0,
		  "Measure a program, run to its end on the distribution's "
		  "libraries and on xenbatch's (may be given often)", 0 },
		{ "domains", KEY_DOMAINS, NULL, 0,
		  "Create the 64 domains for --run too", 0 },
		{ "list", KEY_LIST, NULL, 0, "List the rows", 0 },
		{ "stock", KEY_STOCK, "FILE", 0,
		  "The stock libxenctrl (else the distribution's)", 0 },
		{ "ours", KEY_OURS, "FILE", 0,
		  "xenbatch's libxenctrl (else the one installed or built)",
		  0 },
		{ 0 },
	};
	static const struct argp argp = {
		.options = options,
		.parser = parser,
		.doc = "What calls of libxenctrl, libxenforeignmemory and "
		       "libxengnttab cost: through the distribution's "
		       "libraries, through xenbatch's, and their "
		       "hypercalls alone (the floor; needs the bench build of "
		       "the module). Results are compared.\v"
		       "Creates 64 paused domains for the time that it runs, "
		       "and one with 16 MiB of memory for the rows that map "
		       "(foreign and grant), except for the row 'sweep', which "
		       "looks at the domains that are here and runs only if "
		       "asked for, and for --run. Of a program its status is "
		       "compared and what it prints, but for numbers; in "
		       "COMMAND '...' and \"...\" quote as in a shell. Figures "
		       "are instructions in an emulator that counts them, of "
		       "all that runs meanwhile, else nanoseconds. Exit "
		       "status 1: something failed, or results differed.",
	};
	const struct sigaction action = { .sa_handler = on_signal };
	struct bench b = { .floor = { .fd = -1 } };
	struct args args = { 0 };
	const char *backend, *why;
	xenbatch *xb;
	int rc = TOOL_FAILED;

	tool_parse(&argp, argc, argv, &args);
	if (!args.rows.nr)
		for (unsigned int i = 0; i < nr_known_rows; i++)
			if (!known_rows[i].asked)
				add_row(&args, &known_rows[i]);
	b.counts = calloc(args.rows.nr, sizeof(*b.counts));
	if (!b.counts)
		tool_usage("no memory");

	xb = tool_open();
	if (!xb)
		goto out;
	if (!tool_xen_version(xb, b.xen, sizeof(b.xen)))
		strcpy(b.xen, "unknown");
	backend = xenbatch_backend_name(xenbatch_backend(xb, &why));
	snprintf(b.backend, sizeof(b.backend), "%s backend (%s)", backend, why);
	xenbatch_close(xb);

	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
	sigaction(SIGHUP, &action, NULL);
	rc = bench(&b, &args);
out:
	for (unsigned int i = 0; i < args.rows.nr; i++)
		program_row_free(args.rows.row[i]);
	free(args.rows.row);
	free(b.counts);
	return rc;
}
