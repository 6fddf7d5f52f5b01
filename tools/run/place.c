// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Where our libraries are: beside this program, installed or just built, then
 * where they were to be installed, as the benchmark looks for them too. A folder
 * may have stock's libxenctrl, if that was built from Xen's source.
 */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../tool.h"
#include "run.h"

#define VARIABLE "LD_LIBRARY_PATH"

static const char *const sonames[] = {
	XENCTRL_SONAME, "libxencall.so.1", "libxendevicemodel.so.1",
	"libxenevtchn.so.1", "libxenforeignmemory.so.1", "libxengnttab.so.1",
	"libxenstore.so.4", "libxentoolcore.so.1", "libxentoollog.so.1",
};

static bool has(const char *dir, const char *name)
{
	char path[PATH_MAX + 64];

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	return access(path, R_OK) == 0;
}

/*
 * It has a function that stock's does not. It is not loaded for that: what it
 * needs would come from wherever LD_LIBRARY_PATH leads.
 */
static bool is_ours(const char *dir)
{
	static const char ours[] = "xc_batch_begin";
	char path[PATH_MAX + 64];
	void *p = MAP_FAILED;
	struct stat st;
	bool found;
	int fd;

	snprintf(path, sizeof(path), "%s/%s", dir, XENCTRL_SONAME);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return false;
	if (fstat(fd, &st) == 0)
		p = mmap(NULL, st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
	close(fd);
	if (p == MAP_FAILED)
		return false;
	found = memmem(p, st.st_size, ours, sizeof(ours)) != NULL;
	munmap(p, st.st_size);
	return found;
}

static bool complete(const char *dir)
{
	for (size_t i = 0; i < sizeof(sonames) / sizeof(sonames[0]); i++)
		if (!has(dir, sonames[i])) {
			tool_error("%s is not in %s: 'make install' puts all of them there",
				   sonames[i], dir);
			return false;
		}
	return true;
}

static bool search(char *dir)
{
	static const char *const places[] = {
		XENBATCH_DROPIN_BESIDE, "../lib/xenbatch/", "../lib/",
	};
	char self[PATH_MAX], path[2 * PATH_MAX];
	ssize_t len = readlink("/proc/self/exe", self, sizeof(self) - 1);

	self[len > 0 ? len : 0] = '\0';
	if (strrchr(self, '/'))
		strrchr(self, '/')[1] = '\0';
	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		snprintf(path, sizeof(path), "%s%s", self, places[i]);
		if (realpath(path, dir) && is_ours(dir))
			return true;
	}
	return realpath(XENBATCH_DROPIN_DIR, dir) && is_ours(dir);
}

bool place_find(struct place *place, const char *dir)
{
	if (dir && (!realpath(dir, place->dir) || !is_ours(place->dir))) {
		tool_error("--libdir %s: there is no %s of xenbatch's that could be loaded",
			   dir, XENCTRL_SONAME);
		return false;
	}
	if (!dir && !search(place->dir)) {
		tool_error("xenbatch's %s is neither beside this program nor in %s: 'make install' it, or say --libdir DIR",
			   XENCTRL_SONAME, XENBATCH_DROPIN_DIR);
		return false;
	}
	snprintf(place->watch, sizeof(place->watch), "%s/watch", place->dir);
	snprintf(place->run, sizeof(place->run), "%s/run", place->dir);
	return complete(place->dir) && complete(place->run);
}

bool place_can_watch(const struct place *place)
{
	if (has(place->watch, "watch.so"))
		return true;
	tool_error("--stats needs %s/watch.so, which is not there (it is made for x86-64 only, by 'make install')",
		   place->watch);
	return false;
}

/* list without dirs of ours */
static void without_ours(const char *list, FILE *to)
{
	const char *end, *comma = "";
	char dir[PATH_MAX];

	for (; *list; list = *end ? end + 1 : end) {
		int len;

		end = strchrnul(list, ':');
		len = end - list;
		snprintf(dir, sizeof(dir), "%.*s", len, list);
		if (!len || is_ours(dir))
			continue;
		fprintf(to, "%s%.*s", comma, len, list);
		comma = ":";
	}
}

static char *path_list(const struct place *place, bool stock, bool watched)
{
	const char *old = getenv(VARIABLE);
	size_t size;
	char *out;
	FILE *to = open_memstream(&out, &size);

	if (!to)
		return NULL;
	/* Calls between our libraries are counted where each is its own. */
	if (!stock && watched)
		fprintf(to, "%s:%s", place->watch, place->dir);
	else if (!stock)
		fputs(place->run, to);
	if (old && stock)
		without_ours(old, to);
	else if (old && *old)
		fprintf(to, ":%s", old);
	fclose(to);
	return out;
}

void place_env(const struct place *place, bool stock, bool watched)
{
	const char *auditors = getenv("LD_AUDIT");
	char *list = path_list(place, stock, watched);
	char audit[2 * PATH_MAX];

	if (list && *list)
		setenv(VARIABLE, list, 1);
	else
		unsetenv(VARIABLE);
	free(list);
	if (!watched)
		return;
	snprintf(audit, sizeof(audit), "%s/watch.so%s%s", place->watch,
		 auditors && *auditors ? ":" : "", auditors ? auditors : "");
	setenv("LD_AUDIT", audit, 1);
}

void place_print(const struct place *place)
{
	printf("%s=%s\n", VARIABLE, place->run);
}
