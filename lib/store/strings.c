// SPDX-License-Identifier: LGPL-2.1-or-later
/* What stands in messages. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "store.h"

/* A letter for each right. */
static const struct {
	char letter;
	unsigned int perms;
} rights[] = {
	{ 'r', XS_PERM_READ },
	{ 'w', XS_PERM_WRITE },
	{ 'b', XS_PERM_READ | XS_PERM_WRITE },
	{ 'n', XS_PERM_NONE },
};
#define NR_RIGHTS	(sizeof(rights) / sizeof(rights[0]))

API bool xs_strings_to_perms(struct xs_permissions *perms, unsigned int num,
			     const char *strings)
{
	const char *at = strings;
	unsigned int i;
	size_t r;
	char *end;

	for (i = 0; i < num; i++, at = end + 1) {
		for (r = 0; r < NR_RIGHTS && rights[r].letter != *at; r++)
			;
		if (r == NR_RIGHTS) {
			errno = EINVAL;
			return false;
		}
		perms[i].perms = rights[r].perms;
		perms[i].id = strtol(at + 1, &end, 0);
		if (*end || !at[1]) {
			errno = EINVAL;
			return false;
		}
	}
	return true;
}

bool store_perm_text(const struct xs_permissions *perm, char *text)
{
	unsigned int perms = perm->perms & ~XS_PERM_IGNORE;
	size_t r;

	for (r = 0; r < NR_RIGHTS; r++) {
		if (rights[r].perms != perms)
			continue;
		text[0] = rights[r].letter;
		snprintf(text + 1, STORE_PERM - 1, "%i", (int)perm->id);
		return true;
	}
	errno = EINVAL;
	return false;
}

unsigned int store_count(const char *strings, unsigned int len)
{
	unsigned int i, n = 0;

	for (i = 0; i < len; i++)
		n += !strings[i];
	return n;
}

API bool xs_path_is_subpath(const char *parent, const char *child)
{
	size_t len = strlen(parent);

	return !strncmp(parent, child, len) &&
	       (!child[len] || child[len] == '/');
}

API bool xs_write_all(int fd, const void *data, unsigned int len)
{
	const char *at = data;
	ssize_t n;

	while (len) {
		n = write(fd, at, len);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return false;
		at += n;
		len -= n;
	}
	return true;
}
