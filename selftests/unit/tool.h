/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Two makes of libxentoolcore and libxentoollog, to be called alike: ours, which
 * a test program is linked with, and the distribution's, loaded from its file.
 */
#ifndef TOOL_H
#define TOOL_H

#include <dlfcn.h>

#include "unit.h"		/* first: it makes Xen's headers the tools' */

#include <xentoolcore.h>
#include <xentoollog.h>

#include "lib/stable/active.h"
#include "tool_functions.h"

struct tool {
#define MEMBER(program, name) __typeof__(&name) name;
	TOOLCORE_FUNCTIONS(MEMBER)
	TOOLLOG_FUNCTIONS(MEMBER)
#undef MEMBER
};

enum { OURS, STOCK, MAKES };

static void *tool_symbol(void *library, const char *name, void *ours)
{
	void *p = library ? dlsym(library, name) : NULL;

	if (!p || p == ours)
		fail_msg("%s: %s", name, p ? "stock's is ours" : dlerror());
	return p;
}

#define TOOL_OURS(program, name) makes[OURS].name = &name;
#define TOOL_STOCK(program, name) \
	makes[STOCK].name = (__typeof__(&name)) \
		tool_symbol(library, #name, (void *)&name);
/* Fill makes[]; LIST is one of tool_functions.h, of the library SONAME. */
#define TOOL_OPEN(makes, LIST, SONAME) do { \
	void *library = dlopen(TOOL_STOCK_DIR SONAME, RTLD_NOW | RTLD_LOCAL); \
	\
	LIST(TOOL_OURS) \
	LIST(TOOL_STOCK) \
} while (0)

#endif /* TOOL_H */
