// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * xenbatch: looks at the module and the library, and measures them.
 *
 * The program is a table of subcommands. Each lives in its own file, parses
 * its own arguments with tool_parse(), and returns an exit code.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "tool.h"

static const struct tool tools[] = {
	{ "info",  "what module, library and Xen are here, and which is used",
	  tool_info },
	{ "bench", "what calls cost: stock libxenctrl, xenbatch, Xen's floor",
	  tool_bench },
	{ "run",   "runs a program on xenbatch's libraries; says what it did",
	  tool_run },
	{ "api",   "what libxenctrl has: functions, hypercalls, releases",
	  tool_api },
};

#define NR_TOOLS (sizeof(tools) / sizeof(tools[0]))

/*
 * argp prints two lines and more when an option is unknown, and exits with a
 * code of its own. So it is told to be silent (ARGP_NO_ERRS), which silences
 * its --help too, and help is asked for by the options below.
 */
enum { KEY_HELP = '?', KEY_USAGE = 0x1001 };

static const struct argp_option help_options[] = {
	{ "help", KEY_HELP, NULL, 0, "Print this help", -1 },
	{ "usage", KEY_USAGE, NULL, 0, "Print a short summary", -1 },
	{ 0 },
};

struct parse {
	const struct argp *argp;	/* the whole, with help_options */
	void *input;
	int at;				/* argument that was not understood */
};

static error_t help_parser(int key, char *arg, struct argp_state *state)
{
	struct parse *parse = state->input;

	(void)arg;
	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = parse->input;
		return 0;
	case ARGP_KEY_ERROR:
		/* getopt stands behind it, or still in it (-xyz) */
		parse->at = state->next;
		if (parse->at > 1 && state->argv[parse->at - 1][0] == '-')
			parse->at--;
		return 0;
	case KEY_HELP:
		argp_help(parse->argp, stdout, ARGP_HELP_STD_HELP, tool_name);
		exit(TOOL_OK);
	case KEY_USAGE:
		argp_help(parse->argp, stdout, ARGP_HELP_USAGE, tool_name);
		exit(TOOL_OK);
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

void tool_parse(const struct argp *argp, int argc, char **argv, void *input)
{
	const struct argp_child children[] = { { argp, 0, NULL, 0 }, { 0 } };
	const struct argp whole = {
		.options = help_options,
		.parser = help_parser,
		.children = children,
	};
	struct parse parse = { &whole, input, 0 };

	if (argp_parse(&whole, argc, argv,
		       ARGP_NO_ERRS | ARGP_NO_HELP | ARGP_IN_ORDER, NULL,
		       &parse) != 0)
		tool_usage("cannot make sense of '%s' (unknown, or its value is amiss): see '%s --help'",
			   argv[parse.at < argc ? parse.at : argc - 1], tool_name);
}

struct main_args {
	int at;		/* index of the subcommand, 0 if there is none */
};

enum { KEY_VERSION = 'V' };

static error_t main_parser(int key, char *arg, struct argp_state *state)
{
	struct main_args *args = state->input;

	(void)arg;
	switch (key) {
	case KEY_VERSION:
		printf("xenbatch %s, ABI %d\n", XENBATCH_VERSION, XENBATCH_ABI);
		exit(TOOL_OK);
	case ARGP_KEY_ARG:
		/* the rest is the subcommand's */
		args->at = state->next - 1;
		state->next = state->argc;
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

/* The list of subcommands in --help comes from the table. */
static char *main_filter(int key, const char *text, void *input)
{
	char *out;
	size_t size;
	FILE *f;

	(void)input;
	if (key != ARGP_KEY_HELP_POST_DOC)
		return (char *)text;
	f = open_memstream(&out, &size);
	if (!f)
		return (char *)text;
	fputs("Commands:\n", f);
	for (size_t i = 0; i < NR_TOOLS; i++)
		fprintf(f, "  %-8s %s\n", tools[i].name, tools[i].help);
	fputs("\n'xenbatch COMMAND --help' tells more about one.", f);
	fclose(f);
	return out;
}

int main(int argc, char **argv)
{
	static const struct argp_option options[] = {
		{ "version", KEY_VERSION, NULL, 0, "Print the version", -1 },
		{ 0 },
	};
	static const struct argp argp = {
		.options = options,
		.parser = main_parser,
		.args_doc = "COMMAND [ARGUMENT...]",
		.doc = "Batched hypercalls for programs in a Xen dom0.\v",
		.help_filter = main_filter,
	};
	struct main_args args = { 0 };
	const char *name;

	tool_parse(&argp, argc, argv, &args);
	if (!args.at)
		tool_usage("which command? See 'xenbatch --help'");
	name = argv[args.at];
	for (size_t i = 0; i < NR_TOOLS; i++) {
		if (strcmp(name, tools[i].name) != 0)
			continue;
		snprintf(tool_name, sizeof(tool_name), "xenbatch %s", name);
		argv[args.at] = tool_name;
		i = tools[i].run(argc - args.at, argv + args.at);
		if (fflush(stdout) || ferror(stdout)) {
			tool_error("cannot write: %s", strerror(errno));
			return TOOL_FAILED;
		}
		return i;
	}
	tool_usage("no command is called '%s': see 'xenbatch --help'", name);
}
