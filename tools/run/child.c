// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A program that is waited for. Signals that somebody sends to this process are
 * for the program; those of the terminal it gets by itself, being in the same
 * group. It ends as if this process were not there.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "../tool.h"
#include "run.h"

static const int handed_on[] = {
	SIGHUP, SIGINT, SIGQUIT, SIGUSR1, SIGUSR2, SIGTERM, SIGALRM, SIGWINCH,
	SIGCONT,
};

static double seconds(struct timeval t)
{
	return t.tv_sec + t.tv_usec / 1e6;
}

static double since(const struct timespec *start)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec - start->tv_sec + (t.tv_nsec - start->tv_nsec) / 1e9;
}

static int wait_for(pid_t pid, const sigset_t *mask)
{
	siginfo_t info;
	int status;

	for (;;) {
		if (waitpid(pid, &status, WNOHANG) == pid)
			return status;
		if (sigwaitinfo(mask, &info) < 0 || info.si_signo == SIGCHLD)
			continue;
		if (info.si_code <= 0)	/* a process sent it */
			kill(pid, info.si_signo);
	}
}

struct ended child_run(const struct program *program, char **argv)
{
	struct ended e = { 0 };
	struct timespec start;
	struct rusage usage;
	sigset_t mask, before;
	int gone[2], code;
	pid_t pid;

	sigemptyset(&mask);
	sigaddset(&mask, SIGCHLD);
	for (size_t i = 0; i < sizeof(handed_on) / sizeof(handed_on[0]); i++)
		sigaddset(&mask, handed_on[i]);
	sigprocmask(SIG_BLOCK, &mask, &before);
	/* ignored, a child would leave no status */
	signal(SIGCHLD, SIG_DFL);
	clock_gettime(CLOCK_MONOTONIC, &start);
	if (pipe2(gone, O_CLOEXEC) || (pid = fork()) < 0) {
		tool_error("cannot start a process: %s", strerror(errno));
		e.status = RUN_FAILED << 8;
		return e;
	}
	if (pid == 0) {
		sigprocmask(SIG_SETMASK, &before, NULL);
		code = program_exec(program, argv);
		if (write(gone[1], "", 1) < 0)
			code = RUN_FAILED;
		_exit(code);
	}
	close(gone[1]);
	e.status = wait_for(pid, &mask);
	e.wall = since(&start);
	/* Nobody else has the pipe: exec closed it. */
	e.started = read(gone[0], &code, 1) == 0;
	close(gone[0]);
	sigprocmask(SIG_SETMASK, &before, NULL);
	getrusage(RUSAGE_CHILDREN, &usage);
	e.user = seconds(usage.ru_utime);
	e.system = seconds(usage.ru_stime);
	return e;
}

int child_exit(const struct ended *e)
{
	const struct rlimit none = { 0, 0 };
	sigset_t mask;
	int sig;

	if (WIFEXITED(e->status))
		return WEXITSTATUS(e->status);
	sig = WTERMSIG(e->status);
	/* The program has left its core, and this one is of no interest. */
	setrlimit(RLIMIT_CORE, &none);
	signal(sig, SIG_DFL);
	sigemptyset(&mask);
	sigaddset(&mask, sig);
	fflush(NULL);
	sigprocmask(SIG_UNBLOCK, &mask, NULL);
	raise(sig);
	return 128 + sig;
}
