/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The program `xenbatch`, and what it says. XENBATCH_TOOL says which one; else it
 * is the one built next to the tests, else the one in PATH.
 */
#ifndef SAID_H
#define SAID_H

#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static inline const char *tool_path(void)
{
	static char path[PATH_MAX + 32];
	const char *asked = getenv("XENBATCH_TOOL");
	ssize_t n;

	if (asked)
		return asked;
	n = readlink("/proc/self/exe", path, PATH_MAX);
	path[n > 0 ? n : 0] = '\0';
	if (strrchr(path, '/'))
		strcpy(strrchr(path, '/'), "/../../tools/xenbatch");
	return access(path, X_OK) ? "xenbatch" : path;
}

struct said {
	int status;		/* exit status, -1: did not exit */
	char out[65536];
	char err[4096];
};

static inline void drain(int fd, char *buf, size_t size)
{
	size_t at = 0;
	ssize_t n;

	while (at < size - 1 && (n = read(fd, buf + at, size - 1 - at)) > 0)
		at += n;
	buf[at] = '\0';
	close(fd);
}

static inline pid_t start(int out, int err, const char *const argv[])
{
	pid_t pid = fork();

	if (pid != 0)
		return pid;
	dup2(out, STDOUT_FILENO);
	dup2(err, STDERR_FILENO);
	execvp(tool_path(), (char *const *)argv);
	_exit(127);
}

/* Run the tool. It says little on stderr, so the pipe holds it meanwhile. */
static inline int run(struct said *said, const char *const argv[])
{
	int out[2], err[2], status;
	pid_t pid;

	if (pipe2(out, O_CLOEXEC) || pipe2(err, O_CLOEXEC))
		return -1;
	pid = start(out[1], err[1], argv);
	close(out[1]);
	close(err[1]);
	drain(out[0], said->out, sizeof(said->out));
	drain(err[0], said->err, sizeof(said->err));
	if (pid < 0 || waitpid(pid, &status, 0) != pid)
		return -1;
	said->status = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
	return 0;
}

#define RUN(said, ...) \
	run(said, (const char *const[]){ "xenbatch", __VA_ARGS__, NULL })

static inline int lines(const char *text)
{
	int n = 0;

	for (; *text; text++)
		n += *text == '\n';
	return n;
}

#endif /* SAID_H */
