// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Kind: a program, run to its end on the distribution's libraries or on ours, as
 * `xenbatch run` does it. Its cost is all that is executed meanwhile, in it and
 * in others, user, kernel and Xen.
 */
#include <fcntl.h>
#include <ctype.h>
#include <libgen.h>
#include <math.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/personality.h>
#include <sys/wait.h>
#include <unistd.h>
#include <wordexp.h>

#include "../run/run.h"
#include "../tool.h"
#include "clock.h"
#include "kinds.h"

#define PATHS	"LD_LIBRARY_PATH"
#define OUTPUT	((size_t)64 << 10)	/* of it is compared */
#define CPUS	64	/* more than the one that counts */

/* So many runs of what takes less than so many units; the last: of the rest. */
static const struct { double below; int rounds; } rounds[] = {
	{ 3e6, 25 }, { 3e7, 11 }, { 1e8, 5 }, { INFINITY, 2 },
};

struct program_row {
	struct row row;
	char *command;
	char name[];
};

struct program_side {
	wordexp_t words;
	char *paths;		/* its LD_LIBRARY_PATH; NULL: none */
	int out;		/* what it prints */
	posix_spawn_file_actions_t actions;
};

static const char *command_of(const struct row *row)
{
	return ((const struct program_row *)row)->command;
}

static bool split(const char *command, wordexp_t *words)
{
	if (wordexp(command, words, WRDE_NOCMD | WRDE_UNDEF) == 0 &&
	    words->we_wordc)
		return true;
	tool_error("'%s' is no command: quote what a shell would treat in a special way",
		   command);
	errno = EINVAL;
	return false;
}

/* What place_env makes of the paths that there are. */
static bool find_paths(struct program_side *p, const struct side *side)
{
	const char *old = getenv(PATHS);
	char *saved = old ? strdup(old) : NULL;
	bool stock = !side->lib->xc_batch_begin;
	struct place place;
	char *ours;

	if (!stock) {
		ours = strdup(side->lib->path);
		if (!ours || !place_find(&place, dirname(ours))) {
			free(ours);
			free(saved);
			errno = ENOENT;
			return false;
		}
		free(ours);
	}
	place_env(stock ? NULL : &place, stock, false);
	if (getenv(PATHS))
		p->paths = strdup(getenv(PATHS));
	if (saved)
		setenv(PATHS, saved, 1);
	else
		unsetenv(PATHS);
	free(saved);
	return true;
}

static bool program_setup(struct side *side)
{
	struct program_side *p = calloc(1, sizeof(*p));

	side->own = p;
	if (!p)
		return false;
	p->out = -1;
	posix_spawn_file_actions_init(&p->actions);
	if (!split(command_of(side->row), &p->words) || !find_paths(p, side))
		return false;
	p->out = memfd_create("xenbatch-bench", MFD_CLOEXEC);
	if (p->out < 0)
		return false;
	posix_spawn_file_actions_addopen(&p->actions, 0, "/dev/null", O_RDONLY,
					 0);
	posix_spawn_file_actions_adddup2(&p->actions, p->out, 1);
	posix_spawn_file_actions_adddup2(&p->actions, p->out, 2);
	/* Where things are mapped is not to be another place each time. */
	personality(personality(0xffffffff) | ADDR_NO_RANDOMIZE);
	return true;
}

static void program_finish(struct side *side)
{
	struct program_side *p = side->own;

	if (!p)
		return;
	if (p->out >= 0)
		close(p->out);
	posix_spawn_file_actions_destroy(&p->actions);
	wordfree(&p->words);
	free(p->paths);
	free(p);
}

/* Numbers move by themselves, and so does the width of what they stand in. */
static size_t flatten(char *text, size_t size)
{
	char *to = text, last = 0;

	for (size_t i = 0; i < size; i++) {
		char c = text[i];

		c = isdigit((unsigned char)c) ? '0' : c == '\t' ? ' ' : c;
		if (c == last && (c == '0' || c == ' '))
			continue;
		last = *to++ = c;
	}
	return to - text;
}

static void look(struct side *side, struct program_side *p)
{
	char *text = side->out;
	ssize_t len = pread(p->out, text, OUTPUT, 0);
	size_t used = flatten(text, len > 0 ? len : 0);

	memset(text + used, 0, OUTPUT - used);
}

static void program_run(void *arg)
{
	struct side *side = arg;
	struct program_side *p = side->own;
	int status, err;
	pid_t pid;

	if (ftruncate(p->out, 0) || lseek(p->out, 0, SEEK_SET))
		return;
	if (p->paths)
		setenv(PATHS, p->paths, 1);
	else
		unsetenv(PATHS);
	err = posix_spawnp(&pid, p->words.we_wordv[0], &p->actions, NULL,
			   p->words.we_wordv, environ);
	if (err) {
		errno = err;
		note(&side->results[0], -1);
	} else {
		while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
			;
		note(&side->results[0], status);
	}
	side->nr = 1;
	if (side->check)
		look(side, p);
}

static size_t program_out(unsigned int n)
{
	(void)n;
	return OUTPUT;
}

/* Time that no processor spent doing anything, if there is one and it counts. */
static uint64_t idle(const struct side *side)
{
	static xc_cpuinfo_t info[CPUS];
	const struct libxc *lib = side->lib;
	int nr = 0;

	if (clock_is_exact() &&
	    lib->xc_getcpuinfo(lib->xch, CPUS, info, &nr) == 0 && nr == 1)
		return info[0].idletime;
	return 0;
}

static double once(struct side *side)
{
	uint64_t rested = idle(side), start = clock_now(), took;

	program_run(side);
	took = clock_now() - start;
	return (double)(took - (idle(side) - rested));
}

static bool works(const struct side *side)
{
	const struct xc_batch_result *r = &side->results[0];
	const char *text = side->out;

	if (r->ret == 0)
		return true;
	if (r->ret < 0)
		tool_error("%s: '%s' cannot be run: %s", side->row->name,
			   command_of(side->row), strerror(r->err));
	else
		tool_error("%s: '%s' failed with status %#lx: %.*s",
			   side->row->name, command_of(side->row), r->ret,
			   (int)strcspn(text, "\n"), text);
	return false;
}

/* In turns; the cheapest of each. It was run before, to be compared. */
static bool program_measure(struct side *stock, struct side *ours,
			    double cost[2], const volatile int *stop)
{
	struct side *sides[] = { stock, ours };
	unsigned int i = 0;

	cost[0] = cost[1] = INFINITY;
	if (!works(stock) || !works(ours))
		return false;
	for (int r = 0; !*stop && (r == 0 || r < rounds[i].rounds); r++) {
		/* neither is always the first */
		for (int s = 0; !*stop && s < 2; s++) {
			int at = (s + r) % 2;

			cost[at] = fmin(cost[at], once(sides[at]));
		}
		while (cost[0] >= rounds[i].below)
			i++;
	}
	return !*stop && works(stock) && works(ours);
}

static const struct kind kind_program = {
	.run = program_run, .out_size = program_out, .calls = calls_one,
	.setup = program_setup, .finish = program_finish,
	.measure = program_measure,
};

struct row *program_row(const char *arg)
{
	const char *end = strchr(arg, '=');
	struct program_row *p;

	if (!end || end == arg || !end[1])
		return NULL;
	p = calloc(1, sizeof(*p) + strlen(arg) + 1);
	if (!p)
		return NULL;
	strcpy(p->name, arg);
	p->name[end - arg] = '\0';
	p->command = p->name + (end - arg) + 1;
	p->row = (struct row){ p->name, 1, false, true, 1, &kind_program };
	return &p->row;
}

void program_row_free(const struct row *row)
{
	if (row->kind == &kind_program)
		free((struct program_row *)row);
}
