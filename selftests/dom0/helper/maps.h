/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which library it is that a process has mapped. */
#ifndef MAPS_H
#define MAPS_H

#include <stdio.h>
#include <string.h>

/*
 * Are all mappings of this library (its name from the slash on) from below this
 * folder: 1; none of them: 0; some, or it has none: -1. who: a number of /proc,
 * or "self".
 */
static inline int is_from(const char *who, const char *library,
			  const char *folder)
{
	int ours = 0, others = 0;
	char line[600], *path;
	FILE *f;

	snprintf(line, sizeof(line), "/proc/%s/maps", who);
	f = fopen(line, "r");
	while (f && fgets(line, sizeof(line), f)) {
		path = strchr(line, '/');
		if (!path || !strstr(path, library))
			continue;
		if (!strncmp(path, folder, strlen(folder)))
			ours++;
		else
			others++;
	}
	if (f)
		fclose(f);
	return ours && others ? -1 : ours ? 1 : others ? 0 : -1;
}

#endif /* MAPS_H */
