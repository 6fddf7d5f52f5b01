/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the subcommands of `xenbatch` share. */
#ifndef TOOL_H
#define TOOL_H

#include <argp.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "xenbatch.h"		/* lib/core */
#include "uapi/xenbatch.h"	/* the contract */

/* Exit codes. */
enum {
	TOOL_OK = 0,
	TOOL_FAILED = 1,	/* something is missing, or did not work */
	TOOL_USAGE = 2,		/* what was asked for makes no sense */
};

/* One row for each subcommand; the table is in xenbatch.c. */
struct tool {
	const char *name;
	const char *help;	/* one line */
	int (*run)(int argc, char **argv); /* argv[0] is `xenbatch NAME` */
};

int tool_info(int argc, char **argv);
int tool_bench(int argc, char **argv);
int tool_run(int argc, char **argv);
int tool_api(int argc, char **argv);

/*
 * Parse the arguments of a subcommand. --help and --usage are added to what
 * argp knows, print and exit. Anything wrong gives one line and ends the
 * program with TOOL_USAGE: the parser of argp itself never prints.
 */
void tool_parse(const struct argp *argp, int argc, char **argv, void *input);

/* `xenbatch`, then `xenbatch NAME`: what errors and usage begin with. */
extern char tool_name[64];

/* One line on stderr, `xenbatch bench: ...`; the second exits, TOOL_USAGE. */
void tool_error(const char *format, ...)
	__attribute__((format(printf, 1, 2)));
void tool_usage(const char *format, ...)
	__attribute__((format(printf, 1, 2), noreturn));

/*
 * A connection, or NULL after one line that says what is missing and what to
 * do about it.
 */
xenbatch *tool_open(void);

/* `4.17.6` in buf. False if Xen did not answer. */
bool tool_xen_version(xenbatch *xb, char *buf, size_t size);

/*
 * The module asked directly, whatever backend the library would use:
 * descriptor of the device or -1 with errno, info filled in.
 */
int tool_module_open(struct xenbatch_info *info);

/* The value of a counter over all contexts, by name. */
bool tool_counter(int fd, const struct xenbatch_info *info, const char *name,
		  uint64_t *value);

#endif /* TOOL_H */
