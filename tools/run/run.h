/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The parts of `xenbatch run`. */
#ifndef RUN_H
#define RUN_H

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include <json-c/json.h>

#include "lib/watch/stats.h"

/* Exit codes, those of env and nice. */
enum {
	RUN_FAILED = 125,
	RUN_CANNOT = 126,
	RUN_NOT_FOUND = 127,
};

/* place.c: where our libraries are, and the environment that leads there. */
struct place {
	char dir[PATH_MAX];
	char run[PATH_MAX + 16];	/* all of them as one */
	char watch[PATH_MAX + 16];	/* what --stats needs */
};

/* False after one line that says what is missing. dir: NULL, or asked for. */
bool place_find(struct place *place, const char *dir);
bool place_can_watch(const struct place *place);

/*
 * Ours first, or with stock none of ours; watched: the auditor's environment.
 * place may be NULL for stock's that are not watched.
 */
void place_env(const struct place *place, bool stock, bool watched);
void place_print(const struct place *place);

/* program.c */
struct program {
	char path[PATH_MAX];
};

/* 0, or one line and an exit code. */
int program_find(struct program *program, const char *name);

/* One line if the loader will not give the program what it is asked for. */
void program_warn(const struct program *program);

/* Runs it in the place of this process: returns an exit code after one line. */
int program_exec(const struct program *program, char **argv);

/* child.c */
struct ended {
	bool started;
	int status;			/* as wait() has it */
	double wall, user, system;	/* seconds; of all that it waited for */
};

/* Runs it and waits, and hands on the signals that others send. */
struct ended child_run(const struct program *program, char **argv);

/* How it ended is how this process ends. */
int child_exit(const struct ended *ended);

/* names.c */
const char *name_of_library(unsigned int library);
const char *name_of_group(const char *function, unsigned int library);
const char *name_of_hypercall(unsigned int number, uint32_t op, char *buf,
			      size_t size);
const char *name_of_operation(unsigned int opcode, char *buf, size_t size);
const char *name_of_request(uint32_t request, char *buf, size_t size);

/* gather.c: what was counted as JSON, print.c: that as text. */
struct json_object *gather(const struct watch_stats *stats,
			   const struct ended *ended, char **argv, bool stock);
void print_stats(FILE *to, struct json_object *o);

#endif /* RUN_H */
