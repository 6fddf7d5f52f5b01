// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * What the loader calls: for each library that is loaded, and for each name that
 * one of them binds to another, at start, at the first call or by dlsym.
 *
 * A call of a Xen library is counted if it comes from outside of them, and what
 * they ask of the kernel if it leaves them for libc, or for whatever stands in
 * libc's place. Names that a library binds to itself never come here.
 */
#include <fcntl.h>
#include <link.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "watch.h"

#define SHOWN __attribute__((visibility("default")))

struct watch_stats *watch_stats;

static const struct link_map *program;	/* before its libraries */

static const char *const libraries[WATCH_NR_LIBRARIES] = {
	[WATCH_XENCTRL] = "libxenctrl",
	[WATCH_XENCALL] = "libxencall",
	[WATCH_XENDEVICEMODEL] = "libxendevicemodel",
	[WATCH_XENEVTCHN] = "libxenevtchn",
	[WATCH_XENFOREIGNMEMORY] = "libxenforeignmemory",
	[WATCH_XENGNTTAB] = "libxengnttab",
	[WATCH_XENBATCH] = "libxenbatch",
};

/* libc's functions that are a system call each; `syscall` is ioctl of ours. */
static const char *const calls[] = {
	"close", "dup", "dup2", "dup3", "eventfd", "fcntl", "fcntl64", "fstat",
	"fsync", "getpid", "ioctl", "lseek", "lseek64", "madvise", "mlock",
	"mmap", "mmap64", "mprotect", "mremap", "munlock", "munmap", "nanosleep",
	"open", "open64", "__open_2", "__open64_2", "openat", "openat64",
	"poll", "posix_fadvise", "posix_fadvise64", "ppoll", "pread", "pread64",
	"pwrite", "pwrite64", "read", "sched_yield", "syscall", "usleep",
	"write", "writev",
};

/* The same system call under another name. */
static const char *const aliases[][2] = {
	{ "fcntl64", "fcntl" }, { "lseek64", "lseek" }, { "mmap64", "mmap" },
	{ "open64", "open" }, { "__open_2", "open" }, { "__open64_2", "open" },
	{ "openat", "open" }, { "openat64", "open" }, { "pread64", "pread" },
	{ "posix_fadvise64", "posix_fadvise" }, { "pwrite64", "pwrite" },
	{ "usleep", "nanosleep" }, { "syscall", "ioctl" },
};

#define NR(a) (sizeof(a) / sizeof((a)[0]))

static const char *plain_name(const char *name)
{
	for (size_t i = 0; i < NR(aliases); i++)
		if (!strcmp(name, aliases[i][0]))
			return aliases[i][1];
	return name;
}

enum watch_library watch_library_of(const char *path)
{
	const char *name = strrchr(path, '/');

	name = name ? name + 1 : path;
	for (int i = WATCH_OTHER + 1; i < WATCH_NR_LIBRARIES; i++) {
		size_t len = strlen(libraries[i]);

		if (!strncmp(name, libraries[i], len) &&
		    !strncmp(name + len, ".so", 3))
			return i;
	}
	return WATCH_OTHER;
}

static struct watch_stats *share(void)
{
	const char *path = getenv(WATCH_ENV);
	struct watch_stats *s = MAP_FAILED;
	struct stat st;
	int fd = path ? open(path, O_RDWR | O_CLOEXEC) : -1;

	if (fd < 0)
		return NULL;
	if (!fstat(fd, &st) && st.st_size >= (off_t)sizeof(*s))
		s = mmap(NULL, sizeof(*s), PROT_READ | PROT_WRITE, MAP_SHARED,
			 fd, 0);
	close(fd);
	if (s == MAP_FAILED)
		return NULL;
	if (s->magic == WATCH_MAGIC)
		return s;
	munmap(s, sizeof(*s));
	return NULL;
}

/* 0: the loader forgets about us. */
SHOWN unsigned int la_version(unsigned int version)
{
	watch_stats = share();
	if (!watch_stats)
		return 0;
	watch_add(&watch_stats->images, 1);
	return version < LAV_CURRENT ? version : LAV_CURRENT;
}

SHOWN unsigned int la_objopen(struct link_map *map, Lmid_t lmid,
			      uintptr_t *cookie)
{
	if (lmid == LM_ID_BASE && !program)
		program = map;
	*cookie = watch_library_of(map->l_name);
	if (*cookie != WATCH_OTHER) {
		struct watch_row *row = watch_row_name(WATCH_LIBRARY,
						       map->l_name, *cookie);

		if (row)
			watch_add(&row->count, 1);
	}
	return LA_FLG_BINDFROM | LA_FLG_BINDTO;
}

static uintptr_t from_library(const char *name, uintptr_t target)
{
	struct watch_row *row;

	for (size_t i = 0; i < NR(calls); i++) {
		if (strcmp(name, calls[i]))
			continue;
		row = watch_row_name(WATCH_SYSCALL, plain_name(name),
				     WATCH_OTHER);
		return row ? watch_call(name, target, row) : target;
	}
	return target;
}

uintptr_t watch_bound(const char *name, uintptr_t target,
		      enum watch_library from, enum watch_library to)
{
	struct watch_row *row;

	if (from != WATCH_OTHER && to == WATCH_OTHER)
		return from_library(name, target);
	if (from != WATCH_OTHER || to == WATCH_OTHER)
		return target;
	row = watch_row_name(WATCH_CALL, name, to);
	return row ? watch_thunk(row, target) : target;
}

SHOWN uintptr_t la_symbind64(Elf64_Sym *sym, unsigned int ndx,
			     uintptr_t *from, uintptr_t *to,
			     unsigned int *flags, const char *name)
{
	(void)ndx;
	(void)flags;
	if (ELF64_ST_TYPE(sym->st_info) != STT_FUNC)
		return sym->st_value;
	return watch_bound(name, sym->st_value, *from, *to);
}

/* All is bound, and nothing has run. */
SHOWN void la_preinit(uintptr_t *cookie)
{
	(void)cookie;
	watch_pointers(program);
}
