// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * xenbatch run: a program on our libraries, which do not stand in the place of
 * the distribution's and so have to be asked for; and on request what it did with
 * them. Counting is the watcher's (lib/watch), which the loader puts into every
 * process of the program's; what it counts lies in a file in memory that they
 * find under /proc, and that is gone with this process.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "run/run.h"
#include "tool.h"

struct args {
	const char *libdir;
	const char *file;	/* NULL: stderr */
	bool stats, json, stock, env;
	int at;			/* index of the command, 0 if there is none */
};

enum { KEY_STATS = 0x1001, KEY_JSON = 'j', KEY_STOCK = 0x1002,
       KEY_LIBDIR, KEY_ENV };

static error_t parser(int key, char *arg, struct argp_state *state)
{
	struct args *a = state->input;

	switch (key) {
	case KEY_STATS:
		a->stats = true;
		a->file = arg;
		return 0;
	case KEY_JSON:
		a->json = a->stats = true;
		return 0;
	case KEY_STOCK:
		a->stock = true;
		return 0;
	case KEY_LIBDIR:
		a->libdir = arg;
		return 0;
	case KEY_ENV:
		a->env = true;
		return 0;
	case ARGP_KEY_ARG:
		/* the rest is the command's */
		a->at = state->next - 1;
		state->next = state->argc;
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static struct watch_stats *share(void)
{
	struct watch_stats *s = MAP_FAILED;
	int fd = memfd_create("xenbatch-run", MFD_CLOEXEC);
	char path[64];

	if (fd >= 0 && !ftruncate(fd, sizeof(*s)))
		s = mmap(NULL, sizeof(*s), PROT_READ | PROT_WRITE, MAP_SHARED,
			 fd, 0);
	if (s == MAP_FAILED) {
		tool_error("no memory to count in: %s", strerror(errno));
		return NULL;
	}
	s->magic = WATCH_MAGIC;
	/* fd stays open: it is what the path leads to */
	snprintf(path, sizeof(path), "/proc/%d/fd/%d", getpid(), fd);
	setenv(WATCH_ENV, path, 1);
	return s;
}

static void report(const struct args *a, FILE *to,
		   const struct watch_stats *stats, const struct ended *ended,
		   char **argv)
{
	struct json_object *o = gather(stats, ended, argv, a->stock);

	if (a->json)
		fprintf(to, "%s\n", json_object_to_json_string_ext(o,
			JSON_C_TO_STRING_PRETTY | JSON_C_TO_STRING_SPACED |
			JSON_C_TO_STRING_NOSLASHESCAPE));
	else
		print_stats(to, o);
	json_object_put(o);
	if (fflush(to) || ferror(to))
		tool_error("cannot write %s: %s", a->file ? a->file : "stderr",
			   strerror(errno));
}

static int watched(const struct args *a, const struct place *place,
		   const struct program *program, char **argv)
{
	struct watch_stats *stats;
	struct ended ended;
	FILE *to = stderr;

	if (!place_can_watch(place))
		return RUN_FAILED;
	if (a->file) {
		to = fopen(a->file, "we");
		if (!to) {
			tool_error("cannot write %s: %s", a->file,
				   strerror(errno));
			return RUN_FAILED;
		}
	}
	stats = share();
	if (!stats)
		return RUN_FAILED;
	place_env(place, a->stock, true);
	ended = child_run(program, argv);
	if (ended.started)
		report(a, to, stats, &ended, argv);
	return child_exit(&ended);
}

int tool_run(int argc, char **argv)
{
	static const struct argp_option options[] = {
		{ "stats", KEY_STATS, "FILE", OPTION_ARG_OPTIONAL,
		  "Say afterwards what it did, on stderr or in FILE", 0 },
		{ "json", KEY_JSON, NULL, 0, "Say it in JSON", 0 },
		{ "stock", KEY_STOCK, NULL, 0,
		  "Run on the distribution's libraries, to compare", 0 },
		{ "libdir", KEY_LIBDIR, "DIR", 0,
		  "Where xenbatch's libraries are", 0 },
		{ "print-env", KEY_ENV, NULL, 0,
		  "Run nothing: print what a daemon's environment must have, "
		  "as systemd's EnvironmentFile= takes it", 0 },
		{ 0 },
	};
	static const struct argp argp = {
		.options = options,
		.parser = parser,
		.args_doc = "[--] COMMAND [ARGUMENT...]",
		.doc = "Run a program, and all that it starts, on xenbatch's "
		       "libraries.\v"
		       "--stats counts calls of the libraries by name and "
		       "group, hypercalls, system calls, mappings and time, "
		       "of all processes: those by the stock devices and those "
		       "by the module (fast). What one library calls of "
		       "itself, and what programs ask of the devices without "
		       "a library, is not seen.\n\n"
		       "Ends as the command does; with 127 if there is no such "
		       "command, 126 if it cannot be run, 125 if anything is "
		       "missing.",
	};
	struct args a = { 0 };
	struct program program;
	struct place place;
	int err;

	tool_parse(&argp, argc, argv, &a);
	if (a.env == (a.at != 0))
		tool_usage(a.env ? "--print-env runs nothing: leave out '%s'" :
			   "which command? See 'xenbatch run --help'%s",
			   a.env ? argv[a.at] : "");
	if (!place_find(&place, a.libdir))
		return RUN_FAILED;
	if (a.env) {
		place_print(&place);
		return TOOL_OK;
	}
	argv += a.at;
	err = program_find(&program, argv[0]);
	if (err)
		return err;
	if (!a.stock || a.stats)
		program_warn(&program);
	if (a.stats)
		return watched(&a, &place, &program, argv);
	place_env(&place, a.stock, false);
	return program_exec(&program, argv);
}
