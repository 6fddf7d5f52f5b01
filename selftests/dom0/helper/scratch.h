/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Files of one test, in a folder of its own that nobody else can have made. */
#ifndef SCRATCH_H
#define SCRATCH_H

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static char scratch_dir[64];

/* 0, or -1 and errno */
static inline int scratch_make(void)
{
	const char *tmp = getenv("TMPDIR");

	snprintf(scratch_dir, sizeof(scratch_dir), "%s/xenbatch.XXXXXX",
		 tmp && *tmp ? tmp : P_tmpdir);
	return mkdtemp(scratch_dir) ? 0 : -1;
}

/* The name of a file in it, in buf. */
static inline const char *scratch_file(char *buf, size_t size,
				       const char *name)
{
	snprintf(buf, size, "%s/%s", scratch_dir, name);
	return buf;
}

/* It must be empty by then. */
static inline int scratch_remove(void)
{
	return rmdir(scratch_dir);
}

#endif /* SCRATCH_H */
