// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Promise: our libxenforeignmemory and libxengnttab are to processes and
 * threads what stock's are: over fork and clone, under restrictions, with
 * handles that are shared, with descriptors that a program closes, and at a sudden end.
 */
#include <pthread.h>
#include <sched.h>
#include <sys/resource.h>
#include <sys/syscall.h>

#include "helper/drop_diff.h"
#include "helper/drop_material.h"

static int (*restrict_all)(domid_t domid);

/* One mapping of each kind, looked at, given back: by whom it may be. */
static void use_both(struct mode *m)
{
	int err[3];
	char *p;

	p = CALL_PTR(m, xenforeignmemory_map, m->fmem, dom, RW, 3, frames, err);
	if (p) {
		note(m, "  right %d", pattern_is(p + 2 * PAGE, 2));
		CALL(m, xenforeignmemory_unmap, m->fmem, p, 3);
	}
	p = CALL_PTR(m, xengnttab_map_domain_grant_refs, m->xgt, 3, 0, refs,
		     RW);
	if (p) {
		note(m, "  right %d", pattern_is(p + 2 * PAGE, 2));
		CALL(m, xengnttab_unmap, m->xgt, p, 3);
	}
}

static void open_both(struct mode *m)
{
	m->fmem = m->api.xenforeignmemory_open(&m->log.vtable, 0);
	m->xgt = m->api.xengnttab_open(&m->log.vtable, 0);
}

static void close_both(struct mode *m)
{
	note(m, "close %d %d", m->api.xenforeignmemory_close(m->fmem),
	     m->api.xengnttab_close(m->xgt));
}

/* Fork. What the parent has mapped, by either library. */
static char *foreign, *grant;

static void child_uses(struct mode *m)
{
	/* Neither mapping is here, and both handles are. */
	note(m, "parent's mappings %d %d", is_mapped(foreign),
	     is_mapped(grant));
	use_both(m);
	CALL(m, xenforeignmemory_unmap, m->fmem, foreign, 5);
	CALL(m, xengnttab_unmap, m->xgt, grant, 5);
	use_both(m);
	close_both(m);
	open_both(m);
	use_both(m);
	use_both(m);
	close_both(m);
}

static void parent_has(struct mode *m)
{
	note(m, "parent: %d %d", pattern_is(foreign + 4 * PAGE, 4),
	     pattern_is(grant + 4 * PAGE, 4));
}

static void forks(struct mode *m)
{
	int round;

	foreign = NULL;
	grant = NULL;
	in_child(m, child_uses);	/* before the first mapping */
	for (round = 0; round < 2; round++) {
		foreign = CALL_PTR(m, xenforeignmemory_map, m->fmem, dom, RW, 5,
				   frames, NULL);
		grant = CALL_PTR(m, xengnttab_map_domain_grant_refs, m->xgt, 5,
				 0, refs, RW);
		in_child(m, child_uses);
		parent_has(m);
		use_both(m);
		parent_has(m);
		CALL(m, xenforeignmemory_unmap, m->fmem, foreign, 5);
		CALL(m, xengnttab_unmap, m->xgt, grant, 5);
	}
}

static void grandchild(struct mode *m)
{
	use_both(m);
	in_child(m, child_uses);
	use_both(m);
}

static void forks_of_forks(struct mode *m)
{
	foreign = CALL_PTR(m, xenforeignmemory_map, m->fmem, dom, RW, 5, frames,
			   NULL);
	grant = CALL_PTR(m, xengnttab_map_domain_grant_refs, m->xgt, 5, 0, refs,
			 RW);
	in_child(m, grandchild);
	parent_has(m);
	CALL(m, xenforeignmemory_unmap, m->fmem, foreign, 5);
	CALL(m, xengnttab_unmap, m->xgt, grant, 5);
}

/* A child that no library hears of. */
static void clones(struct mode *m)
{
	int status, fds[2];
	char text[4096];
	ssize_t n;
	pid_t pid;

	use_both(m);
	fflush(m->out);
	if (pipe(fds))
		return;
	pid = syscall(SYS_clone, SIGCHLD, NULL, NULL, NULL, 0);
	if (!pid) {
		m->out = fdopen(fds[1], "w");
		use_both(m);
		use_both(m);
		fflush(m->out);
		_exit(0);
	}
	close(fds[1]);
	while ((n = read(fds[0], text, sizeof(text))) > 0)
		fwrite(text, 1, n, m->out);
	close(fds[0]);
	waitpid(pid, &status, 0);
	note(m, "status %x", status);
	use_both(m);
}

/* Handles are opened by a parent, used by a daemon, which outlives it. */
static void daemons(struct mode *m)
{
	use_both(m);
	in_child(m, use_both);
	in_child(m, close_both);
	use_both(m);
}

/* Restrictions */

static void restricted_to(struct mode *m, bool used_before)
{
	const uint32_t domids[] = { dom, 0, 31999, 0x7ff0, 0x10000 | dom };
	int err[2];
	unsigned int i;
	char *p;

	if (used_before)
		use_both(m);
	CALL(m, xenforeignmemory_restrict, m->fmem, dom);
	CALL(m, xenforeignmemory_restrict, m->fmem, dom);
	CALL(m, xenforeignmemory_restrict, m->fmem, dom + 1);
	for (i = 0; i < NR(domids); i++) {
		memset(err, 0x55, sizeof(err));
		p = CALL_PTR(m, xenforeignmemory_map, m->fmem, domids[i], RW, 2,
			     frames, err);
		note(m, "  err %d %d", err[0], err[1]);
		if (!p)
			continue;
		note(m, "  right %d", pattern_is(p + PAGE, 1));
		CALL(m, xenforeignmemory_unmap, m->fmem, p, 2);
	}
}

static void restricts(struct mode *m)
{
	restricted_to(m, false);
	m->api.xenforeignmemory_close(m->fmem);
	m->fmem = m->api.xenforeignmemory_open(&m->log.vtable, 0);
	restricted_to(m, true);
	m->api.xenforeignmemory_close(m->fmem);
	m->fmem = m->api.xenforeignmemory_open(&m->log.vtable, 0);
	/* Not a plain domain's. */
	CALL(m, xenforeignmemory_restrict, m->fmem, 0x7ff0);
	use_both(m);
	CALL(m, xenforeignmemory_restrict, m->fmem, dom);
}

static void restricted_all(struct mode *m, bool used_before)
{
	xengnttab_grant_copy_segment_t seg = { .len = 0 };
	char *a = NULL, *b = NULL;

	m->api.xenforeignmemory_close(m->fmem);
	m->api.xengnttab_close(m->xgt);
	open_both(m);
	if (used_before) {
		use_both(m);
		a = m->api.xenforeignmemory_map(m->fmem, dom, RW, 2, frames,
						NULL);
		b = m->api.xengnttab_map_domain_grant_refs(m->xgt, 2, 0, refs,
							   RW);
	}
	errno = SAID;
	note(m, "restrict_all %d %d", restrict_all(dom), errno);
	use_both(m);
	CALL_PTR(m, xenforeignmemory_map, m->fmem, 0, RW, 1, frames, NULL);
	CALL(m, xengnttab_grant_copy, m->xgt, 1, &seg);
	CALL(m, xengnttab_set_max_grants, m->xgt, 1);
	if (used_before) {
		note(m, "mapped still %d %d", pattern_is(a + PAGE, 1),
		     pattern_is(b + PAGE, 1));
		CALL(m, xenforeignmemory_unmap, m->fmem, a, 2);
		CALL(m, xengnttab_unmap, m->xgt, b, 2);
		note(m, "munmap %d", munmap(b, 2 * PAGE));
	}
	note(m, "restrict_all %d", restrict_all(dom));
	note(m, "restrict_all another %d", restrict_all(dom + 1));
	close_both(m);
}

static void restricted_unused(struct mode *m)
{
	restricted_all(m, false);
}

static void restricted_used(struct mode *m)
{
	restricted_all(m, true);
}

/* Of all descriptors that a process has, none may do more than stock's. */
static void descriptors_left(struct mode *m)
{
	struct xenbatch_submit submit = { .count = 0 };
	int fd, open = 0;

	restricted_used(m);
	open_both(m);
	use_both(m);
	restrict_all(dom);
	for (fd = 3; fd < 200; fd++) {
		if (ioctl(fd, XENBATCH_IOC_SUBMIT, &submit) != 0)
			continue;
		/* Foreign memory's own: it can be restricted, and is. */
		struct xenbatch_restrict r = {
			.flags = XENBATCH_RESTRICT_DOMID, .domid = dom + 1,
		};
		if (!ioctl(fd, XENBATCH_IOC_RESTRICT, &r) || errno != EINVAL)
			open++;
	}
	note(m, "contexts that are not restricted: %d", open);
}

static void restricts_all(struct mode *m)
{
	in_child(m, restricted_unused);
	in_child(m, restricted_used);
	in_child(m, descriptors_left);
	use_both(m);
}

/*
 * Threads. They share both handles while nobody forks, and under forks that of
 * foreign memory only: gntdev of 6.1 writes an ioctl's result with the lock
 * held that its mmap takes under mmap_lock. If a fork has just made the page
 * of that result read-only, two threads on one gntdev wait for each other,
 * for ever and beyond SIGKILL.
 */
struct worker {
	struct mode *m;
	xengnttab_handle *xgt;
	pthread_t thread;
	unsigned int number, wrong;
};

static void *work(void *arg)
{
	struct worker *w = arg;
	struct mode *m = w->m;
	unsigned int i, n, first;
	int err[40];
	char *p;

	for (i = 0; i < 300; i++) {
		n = 1 + (i + w->number) % 8 * (i % 5);
		first = (i * 17 + w->number * 100) % 500;
		if (i & 1) {
			p = m->api.xengnttab_map_domain_grant_refs(
				w->xgt, n, 0, refs + first, RW);
			w->wrong += !p || !pattern_is(p, first) ||
				    !pattern_is(p + (n - 1) * PAGE,
						first + n - 1);
			if (i % 3 == 0)
				w->wrong += !!munmap(p, n * PAGE);
			else
				w->wrong += !!m->api.xengnttab_unmap(w->xgt, p,
								     n);
		} else {
			p = m->api.xenforeignmemory_map(m->fmem, dom, PROT_READ,
							n, frames + first,
							i & 2 ? err : NULL);
			w->wrong += !p || !pattern_is(p, first) ||
				    !pattern_is(p + (n - 1) * PAGE,
						first + n - 1);
			if (i % 3 == 0)
				w->wrong += !!munmap(p, n * PAGE);
			else
				w->wrong += !!m->api.xenforeignmemory_unmap(
					m->fmem, p, n);
		}
	}
	return NULL;
}

/* Forks while they run: a child finds no lock that a thread held. */
static unsigned int fork_under(struct mode *m)
{
	unsigned int i, wrong = 0;

	for (i = 0; i < 20; i++) {
		int status = -1;
		pid_t pid = fork();

		if (!pid) {
			char *p = m->api.xenforeignmemory_map(
				m->fmem, dom, RW, 1, frames, NULL);

			alarm(20);
			_exit(!p || !pattern_is(p, 0) ||
			      m->api.xenforeignmemory_unmap(m->fmem, p, 1) ||
			      m->api.xengnttab_close(m->xgt));
		}
		waitpid(pid, &status, 0);
		wrong += !!status;
		usleep(2000);
	}
	return wrong;
}

static void run_threads(struct mode *m, bool forking)
{
	struct worker w[6] = { 0 };
	unsigned int i, wrong = 0;

	for (i = 0; i < NR(w); i++) {
		w[i].m = m;
		w[i].xgt = forking ? m->api.xengnttab_open(NULL, 0) : m->xgt;
		w[i].number = i;
		pthread_create(&w[i].thread, NULL, work, &w[i]);
	}
	if (forking)
		wrong += fork_under(m);
	for (i = 0; i < NR(w); i++) {
		pthread_join(w[i].thread, NULL);
		wrong += w[i].wrong;
		if (forking)
			wrong += !!m->api.xengnttab_close(w[i].xgt);
	}
	note(m, "wrong: %u", wrong);
}

static void threads(struct mode *m)
{
	run_threads(m, false);
}

static void threads_and_forks(struct mode *m)
{
	run_threads(m, true);
}

/* Programs that close descriptors which they do not know */

static void closed_below(struct mode *m)
{
	xenforeignmemory_handle *fmem;
	int known, fd, mine[64], i, n = 0;
	char *p, *q, c;

	known = m->api.xengnttab_fd(m->xgt);
	fmem = m->api.xenforeignmemory_open(NULL, 0);
	p = m->api.xenforeignmemory_map(fmem, dom, RW, 2, frames, NULL);
	q = m->api.xenforeignmemory_map(fmem, dom, RW, 3, frames, NULL);
	m->api.xenforeignmemory_unmap(fmem, q, 3);
	for (fd = 3; fd < 100; fd++)
		if (fd != known && fd != fileno(m->out))
			close(fd);
	while (n < 64 && (mine[n] = open("/dev/zero", O_RDONLY)) >= 0)
		n++;
	note(m, "mapping %d", pattern_is(p + PAGE, 1));
	CALL(m, xenforeignmemory_unmap, fmem, p, 2);
	/* Stock closes one descriptor, whatever it is by now; so do we. */
	note(m, "close %d", m->api.xenforeignmemory_close(fmem));
	for (i = 0, fd = 0; i < n; i++)
		fd += read(mine[i], &c, 1) != 1;
	note(m, "of mine closed %d", fd);
}

static void closes(struct mode *m)
{
	in_child(m, closed_below);
}

/* Nothing is left of a process that ends with mappings: see the oracle. */
static void end_mapped(struct mode *m, int how)
{
	m->api.xenforeignmemory_map(m->fmem, dom, RW, 600, frames, NULL);
	m->api.xengnttab_map_domain_grant_refs(m->xgt, 300, 0, refs, RW);
	use_both(m);
	fflush(m->out);
	if (how)
		raise(how);
}

static void exits(struct mode *m)
{
	end_mapped(m, 0);
}

static void is_killed(struct mode *m)
{
	open_both(m);
	end_mapped(m, SIGKILL);
}

static void aborts(struct mode *m)
{
	const struct rlimit none = { 0, 0 };

	setrlimit(RLIMIT_CORE, &none);
	open_both(m);
	end_mapped(m, SIGABRT);
}

static void executes(struct mode *m)
{
	open_both(m);
	end_mapped(m, 0);
	execl("/bin/true", "true", NULL);
}

static void ends(struct mode *m)
{
	int i;

	for (i = 0; i < 3; i++) {
		in_child(m, exits);
		in_child(m, is_killed);
		in_child(m, aborts);
		in_child(m, executes);
	}
	use_both(m);
}

/* No room for one more descriptor: the stock one does. */
static void no_descriptor(struct mode *m)
{
	struct rlimit limit;
	int fd;

	m->api.xenforeignmemory_close(m->fmem);
	m->api.xengnttab_close(m->xgt);
	open_both(m);
	fd = dup(0);
	close(fd);
	getrlimit(RLIMIT_NOFILE, &limit);
	limit.rlim_cur = fd;
	setrlimit(RLIMIT_NOFILE, &limit);
	use_both(m);
	use_both(m);
	close_both(m);
}

static void exhausted(struct mode *m)
{
	in_child(m, no_descriptor);
}

static const struct diff_case cases[] = {
	{ "fork", forks },
	{ "children of children", forks_of_forks },
	{ "a bare clone", clones },
	{ "handles of a parent", daemons },
	{ "restricted to a domain", restricts },
	{ "xentoolcore_restrict_all", restricts_all },
	{ "threads that share handles", threads },
	{ "forks under threads", threads_and_forks },
	{ "descriptors that a program closes", closes },
	{ "sudden ends", ends },
	{ "no descriptor left", exhausted },
};

int main(void)
{
	uint64_t before;

	ksft_print_header();
	open_modes();
	restrict_all = symbol(dlopen("libxentoolcore.so.1", RTLD_NOW),
			      "xentoolcore_restrict_all");
	domain_make();
	grants_make();
	ksft_set_plan(NR(cases) + 3);
	before = module_counter("mapped");
	run_cases(cases, NR(cases));
	module_was_used("mapped", before);
	all_called("drop_process");
	grants_end();
	domain_end();
	ksft_finished();
}
