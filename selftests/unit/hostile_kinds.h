/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What test_xc_hostile calls a function with. For that file alone. */
#ifndef HOSTILE_KINDS_H
#define HOSTILE_KINDS_H

#include <xenctrl.h>

#include "unit.h"

/* A function: what it gives, its arguments, and how to call it. */

enum gives { NOTHING, VALUE, POINTER, TEXT };
enum class { END, HANDLE, ADDRESS, NUMBER };
#define CLASS(type) \
	(__builtin_classify_type((type)0) == 5 ? ADDRESS : NUMBER)
#define MOST_ARGS 13

struct function {
	const char *name;
	enum gives gives;
	enum class classes[MOST_ARGS + 1];
	uint64_t (*stock)(const uint64_t *a);
	uint64_t (*ours)(const uint64_t *a);
};

/* Rows: arguments that are not as they should be */

enum wrong { HARMLESS, IS, SHORT, FULL, ALL, NEIGHBOUR };

static const struct {
	const char *name;
	enum class class;
	enum wrong wrong;
	uint64_t value;
} kinds[] = {
	{ "harmless", END, HARMLESS, 0 },
	{ "neighbours closed", HANDLE, NEIGHBOUR, 0 },
	{ "zero", NUMBER, IS, 0 },
	{ "all ones", NUMBER, IS, ~0UL },
	{ "greatest", NUMBER, IS, 0x7fffffff },
	{ "no such domain", NUMBER, IS, 31999 },
	{ "itself", NUMBER, IS, DOMID_SELF },
	{ "more than 16 bits", NUMBER, IS, 0x10007 },
	{ "NULL", ADDRESS, IS, 0 },
	{ "too short", ADDRESS, SHORT, 0 },
	{ "full of letters", ADDRESS, FULL, 0 },
	{ "everything zero", END, ALL, 0 },
	{ "everything ones", END, ALL, ~0UL },
};

static const long answers[] = { 0, -ESRCH, -EFAULT };

struct row {
	unsigned int kind, arg, answer;
};

#define MOST_ROWS	1024
static struct row rows[MOST_ROWS];
static unsigned int nr_rows;

static void add_rows(unsigned int kind, unsigned int arg)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(answers); i++) {
		assert_true(nr_rows < MOST_ROWS);
		rows[nr_rows++] = (struct row){ kind, arg, i };
	}
}

static void make_rows(const struct function *f)
{
	unsigned int kind, arg;

	nr_rows = 0;
	for (kind = 0; kind < ARRAY_SIZE(kinds); kind++) {
		if (kinds[kind].class == END)
			add_rows(kind, 0);
		for (arg = 0; f->classes[arg]; arg++)
			if (f->classes[arg] == kinds[kind].class)
				add_rows(kind, arg);
	}
}

#endif /* HOSTILE_KINDS_H */
