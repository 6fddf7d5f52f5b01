/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * xenstored and xenconsoled as they run here: found, looked at, and changed to
 * other libraries. Nothing of them is ours but what the loader gives them.
 *
 * xenstored keeps dom0's ring and all connections, and cannot be started
 * anew; but it executes itself, or another, in its place: a live update. Here
 * that is a script that sets LD_LIBRARY_PATH.
 */
#ifndef DAEMONS_H
#define DAEMONS_H

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "maps.h"
#include "scratch.h"

/* Programs of Xen's with stock's libraries, whatever is tested here. */
#define STOCK	"LD_LIBRARY_PATH= timeout 60 "

struct daemon {
	const char *name;
	pid_t pid;
	char exe[256];
	char line[512];		/* as it was found: its arguments */
	size_t length;
};

/* The one process of this name; 0: none, or several. */
static inline pid_t daemon_find(const char *name)
{
	DIR *dir = opendir("/proc");
	struct dirent *entry;
	char path[300], comm[64];
	pid_t found = 0;
	int n = 0;
	FILE *f;

	while (dir && (entry = readdir(dir))) {
		if (entry->d_name[0] < '1' || entry->d_name[0] > '9')
			continue;
		snprintf(path, sizeof(path), "/proc/%s/comm", entry->d_name);
		f = fopen(path, "r");
		if (!f)
			continue;
		if (fgets(comm, sizeof(comm), f)) {
			comm[strcspn(comm, "\n")] = 0;
			if (!strcmp(comm, name)) {
				found = atoi(entry->d_name);
				n++;
			}
		}
		fclose(f);
	}
	if (dir)
		closedir(dir);
	return n == 1 ? found : 0;
}

/* 0, or -1: it does not run here. */
static inline int daemon_know(struct daemon *d, const char *name)
{
	ssize_t n = -1;
	char path[64];
	int fd;

	d->name = name;
	d->pid = daemon_find(name);
	if (!d->pid)
		return -1;
	snprintf(path, sizeof(path), "/proc/%d/exe", d->pid);
	n = readlink(path, d->exe, sizeof(d->exe) - 1);
	if (n < 0)
		return -1;
	d->exe[n] = 0;
	snprintf(path, sizeof(path), "/proc/%d/cmdline", d->pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	n = fd < 0 ? -1 : read(fd, d->line, sizeof(d->line) - 1);
	if (fd >= 0)
		close(fd);
	d->length = n < 0 ? 0 : (size_t)n;
	return n > 0 ? 0 : -1;
}

/* Is every library of the list from this folder, and every other not? */
static inline bool daemon_has(const struct daemon *d, const char *folder,
			      const char *const *ours)
{
	static const char *const all[] = {
		"/libxenevtchn.so", "/libxengnttab.so",
		"/libxenforeignmemory.so", "/libxenctrl.so",
	};
	const char *const *wanted;
	unsigned int i;
	char who[16];
	int is, be;

	snprintf(who, sizeof(who), "%d", d->pid);
	for (i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		for (be = 0, wanted = ours; *wanted; wanted++)
			be |= !strcmp(*wanted, all[i]);
		is = is_from(who, all[i], folder);
		if (is == be)
			continue;
		printf("# %s: %s is %sfrom %s (%d)\n", d->name, all[i],
		       be ? "not " : "", folder, is);
		return false;
	}
	return true;
}

static inline int daemon_descriptors(const struct daemon *d)
{
	struct dirent *entry;
	char path[64];
	int n = 0;
	DIR *dir;

	snprintf(path, sizeof(path), "/proc/%d/fd", d->pid);
	dir = opendir(path);
	while (dir && (entry = readdir(dir)))
		n += entry->d_name[0] != '.';
	if (dir)
		closedir(dir);
	return n;
}

/* A script that starts it with the libraries of this folder ("": stock's). */
static inline int daemon_script(const struct daemon *d, const char *folder,
				char *path, size_t size)
{
	FILE *f;

	f = fopen(scratch_file(path, size, d->name), "w");
	if (!f)
		return -1;
	fprintf(f, "#!/bin/sh\nexport LD_LIBRARY_PATH=%s\n"
		"exec %s \"$@\"\n", folder, d->exe);
	return fclose(f) || chmod(path, 0700) ? -1 : 0;
}

/* xenstored into one with these libraries: 0 if it says that it has done so. */
static inline int daemon_update(const struct daemon *d, const char *folder)
{
	char script[128], command[300];

	if (daemon_script(d, folder, script, sizeof(script)))
		return -1;
	snprintf(command, sizeof(command), STOCK
		 "xenstore-control live-update %s", script);
	fflush(stdout);
	if (system(command))
		return -1;
	/* it is the new one that answers: it is there by then */
	return daemon_find(d->name) == d->pid ? 0 : -1;
}

static inline bool daemon_ends(const struct daemon *d)
{
	int i;

	kill(d->pid, SIGTERM);
	for (i = 0; i < 1000; i++) {
		if (kill(d->pid, 0))
			return true;
		usleep(10000);
	}
	return false;
}

/* Ended and started anew: with these arguments, or with those it had. */
static inline int daemon_restart(struct daemon *d, const char *folder,
				 const char *arguments)
{
	char script[128], command[900];
	size_t n, at;
	int i;

	if (daemon_script(d, folder, script, sizeof(script)) ||
	    !daemon_ends(d))
		return -1;
	n = (size_t)snprintf(command, sizeof(command), "exec %s", script);
	at = strlen(d->line) + 1;
	if (arguments)
		n += (size_t)snprintf(command + n, sizeof(command) - n, " %s",
				      arguments);
	for (; !arguments && at < d->length; at += strlen(d->line + at) + 1)
		n += (size_t)snprintf(command + n, sizeof(command) - n,
				      " '%s'", d->line + at);
	snprintf(command + n, sizeof(command) - n, " >/dev/null 2>&1");
	if (system(command))
		return -1;
	/* it is the second child: in a session of the first's, that has gone */
	for (i = 0; i < 1000; i++) {
		pid_t pid = daemon_find(d->name), session = getsid(pid);

		if (pid && session != pid && session != getsid(0)) {
			d->pid = pid;
			return 0;
		}
		usleep(10000);
	}
	return -1;
}

#endif /* DAEMONS_H */
