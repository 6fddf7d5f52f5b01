// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A program that is watched: each word of its command line is something to do. It
 * stands in for the kernel, so that requests need no device.
 */
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <xenctrl.h>
#include <xen/sys/privcmd.h>

#include "uapi/xenbatch.h"
#include "fake.h"

/* What the library asks comes here. */
int ioctl(int fd, unsigned long request, ...)
{
	const struct xenbatch_submit *submit;
	const privcmd_hypercall_t *call;
	va_list ap;
	void *arg;

	va_start(ap, request);
	arg = va_arg(ap, void *);
	va_end(ap);
	(void)fd;
	call = arg;
	submit = arg;
	if (request == IOCTL_PRIVCMD_HYPERCALL && call->arg[1] == FAKE_FAIL)
		return -1;
	if (request == XENBATCH_IOC_SUBMIT)
		return submit->count < 5 ? submit->count : 5;
	return 0;
}

long syscall(long number, ...)
{
	(void)number;
	return 1;
}

static void *hundred_thousand(void *unused)
{
	for (int i = 0; i < 100000; i++)
		fake_nothing();
	return unused;
}

static void threads(void)
{
	pthread_t t[4];

	for (int i = 0; i < 4; i++)
		pthread_create(&t[i], NULL, hundred_thousand, NULL);
	for (int i = 0; i < 4; i++)
		pthread_join(t[i], NULL);
}

static void arguments(void)
{
	double sum = fake_sum(1, 2, 3.5, 4, 5, 6, 7, 8.25);

	printf("%g %d\n", sum, fake_vsum(7, 1, 2, 3, 4, 5, 6, 7));
}

/* Three processes of one program; the second calls before it is killed. */
static void forks(void)
{
	for (int i = 0; i < 3; i++) {
		pid_t pid = fork();

		if (pid == 0) {
			fake_nothing();
			if (i == 1)
				raise(SIGKILL);
			_exit(0);
		}
		waitpid(pid, NULL, 0);
	}
}

static const char *self;

static void execs(void)
{
	fake_nothing();
	fflush(stdout);
	execl("/proc/self/exe", self, "nothing", "arguments", NULL);
}

static void term(int sig)
{
	_exit(sig == SIGTERM ? 42 : 43);
}

/* Until a signal comes; says that it is ready for one. */
static void waits(void)
{
	signal(SIGTERM, term);
	puts("ready");
	fflush(stdout);
	for (;;)
		pause();
}

static void killed(void)
{
	fake_nothing();
	raise(SIGKILL);
}

static void seven(void)
{
	exit(7);
}

/* Called here; that of `pointer` is by the function's address. */
#define CALLS(name) \
	static void name(void) \
	{ \
		fake_##name(); \
	}
CALLS(nothing)
CALLS(hypercalls)
CALLS(mappings)
CALLS(batch)

static const struct {
	const char *word;
	void (*act)(void);
} acts[] = {
	{ "nothing", nothing }, { "threads", threads },
	{ "arguments", arguments }, { "forks", forks }, { "execs", execs },
	{ "waits", waits }, { "killed", killed }, { "seven", seven },
	{ "hypercalls", hypercalls }, { "mappings", mappings },
	{ "batch", batch },
	/* the library's own, by its address */
	{ "pointer", fake_nothing },
};

int main(int argc, char **argv)
{
	self = argv[0];
	for (int i = 1; i < argc; i++)
		for (size_t j = 0; j < sizeof(acts) / sizeof(acts[0]); j++)
			if (!strcmp(argv[i], acts[j].word))
				acts[j].act();
	return 0;
}
