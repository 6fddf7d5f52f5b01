// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <linux/ptrace.h>

#include "../tool.h"
#include "count.h"

#include <xen/sys/privcmd.h>	/* wants the types of xenctrl.h */

/*
 * The child marks begin and end by a system call that nothing else makes with
 * such arguments.
 */
#define MARK 0x78656e6261746368UL
enum { BEGIN = 1, END = 2 };

static void mark(int what)
{
	syscall(SYS_getppid, MARK, what);
}

static bool count_side(const struct row *row, struct libxc *lib, bool deferred,
		       const struct domains *domains)
{
	struct side side;

	if (!side_init(&side, row, lib, deferred, domains))
		return false;
	/* What is done once (buffers, first use) is not the row's. */
	side_run(&side);
	side_run(&side);
	mark(BEGIN);
	side_run(&side);
	mark(END);
	side_free(&side);
	return true;
}

/* A program's own system calls would not be seen. */
static bool counts(const struct row *row)
{
	return !row->kind->measure;
}

static void child(const struct rows *rows, struct libxc *stock,
		  struct libxc *ours, const struct domains *domains)
{
	libxc_forget(stock);
	libxc_forget(ours);
	if (ptrace(PTRACE_TRACEME, 0, 0, 0) != 0 || raise(SIGSTOP) != 0)
		_exit(TOOL_FAILED);
	if (!libxc_connect(stock) || !libxc_connect(ours))
		_exit(TOOL_FAILED);
	for (unsigned int i = 0; i < rows->nr; i++) {
		const struct row *row = rows->row[i];

		if (counts(row) && (!count_side(row, stock, false, domains) ||
				    !count_side(row, ours, true, domains)))
			_exit(TOOL_FAILED);
	}
	libxc_disconnect(stock);
	libxc_disconnect(ours);
	_exit(TOOL_OK);
}

/* What the module says that it made, in all contexts; 0 if it is absent. */
static long module_hypercalls(int fd, const struct xenbatch_info *info)
{
	uint64_t direct = 0, batched = 0;

	if (fd >= 0 && (!tool_counter(fd, info, "direct", &direct) ||
			!tool_counter(fd, info, "batched", &batched)))
		return 0;
	return direct + batched;
}

struct tracer {
	pid_t pid;
	const volatile int *stop;
	int fd;			/* of the module, -1: absent */
	struct xenbatch_info info;
	struct count count;
	bool counting;
};

/* Run the child to its next system call's entry. False: it is over, or stop. */
static bool next_call(const struct tracer *t, struct ptrace_syscall_info *call)
{
	int status, deliver = 0;

	while (!*t->stop) {
		if (ptrace(PTRACE_SYSCALL, t->pid, 0, deliver) != 0 ||
		    waitpid(t->pid, &status, __WALL) != t->pid ||
		    !WIFSTOPPED(status))
			return false;
		deliver = 0;
		if (WSTOPSIG(status) != (SIGTRAP | 0x80)) {
			deliver = WSTOPSIG(status);
			continue;
		}
		if (ptrace(PTRACE_GET_SYSCALL_INFO, t->pid, sizeof(*call),
			   call) <= 0)
			return false;
		if (call->op == PTRACE_SYSCALL_INFO_ENTRY)
			return true;
	}
	return false;
}

/* Count to the child's next END. */
static bool count_one(struct tracer *t)
{
	struct ptrace_syscall_info call;
	bool counting = false;
	long before = 0;

	t->count = (struct count){ 0, 0 };
	while (next_call(t, &call)) {
		if (call.entry.nr == SYS_getppid &&
		    call.entry.args[0] == MARK) {
			if (call.entry.args[1] == BEGIN) {
				before = module_hypercalls(t->fd, &t->info);
				counting = true;
				continue;
			}
			t->count.hypercalls +=
				module_hypercalls(t->fd, &t->info) - before;
			return true;
		}
		if (!counting)
			continue;
		t->count.syscalls++;
		if (call.entry.nr == SYS_ioctl &&
		    call.entry.args[1] == IOCTL_PRIVCMD_HYPERCALL)
			t->count.hypercalls++;
	}
	return false;
}

void count_rows(const struct rows *rows, struct libxc *stock,
		struct libxc *ours, const struct domains *domains,
		struct count (*count)[2], const volatile int *stop)
{
	struct tracer t = { .stop = stop };
	int status;

	for (unsigned int i = 0; i < rows->nr; i++)
		for (int s = 0; s < 2; s++)
			count[i][s] = (struct count){ -1, -1 };
	fflush(NULL);
	t.pid = fork();
	if (t.pid == 0)
		child(rows, stock, ours, domains);
	if (t.pid < 0)
		return;
	t.fd = tool_module_open(&t.info);
	if (waitpid(t.pid, &status, __WALL) != t.pid || !WIFSTOPPED(status))
		goto out;	/* may not be traced here */
	if (ptrace(PTRACE_SETOPTIONS, t.pid, 0,
		   PTRACE_O_TRACESYSGOOD | PTRACE_O_EXITKILL) != 0)
		goto out_kill;
	for (unsigned int i = 0; i < rows->nr; i++) {
		for (int s = 0; counts(rows->row[i]) && s < 2; s++) {
			if (!count_one(&t))
				goto out_kill;
			count[i][s] = t.count;
			/* Nobody counts those that map, the module neither. */
			if (rows->row[i]->kind->needs & NEEDS_MAPS)
				count[i][s].hypercalls = -1;
		}
	}
out_kill:
	kill(t.pid, SIGKILL);
	waitpid(t.pid, &status, __WALL);
out:
	if (t.fd >= 0)
		close(t.fd);
}
