// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Promise: our libxenevtchn is to processes and threads what stock's is: over
 * fork, over exec with the descriptor kept or not, under restrictions, with
 * handles that are shared, and at a sudden end.
 */
#include <pthread.h>

/* xenctrl.h comes first: it says that this is a tool. */
#include "helper/drop_diff.h"
#include "helper/drop_events.h"
#include "helper/drop_material.h"

static int (*restrict_all)(domid_t domid);

static struct ends shared_ends;

static void once(struct mode *m, struct ends e)
{
	NOTIFY(m, e.a, e.near);
	note(m, "came %d", came(m, e.b, e.far, SOON));
	UNMASK(m, e.b, e.far);
}

/* Fork: one device, two processes; a close of one's own is nobody else's. */

static void child_uses(struct mode *m)
{
	once(m, shared_ends);
	CLOSE(m, shared_ends.a);
	shared_ends.a = open_quietly(m);
	/* A handle of its own, and the parent's other end. */
	NOTIFY(m, shared_ends.a, shared_ends.near);
	ends_close(m, shared_ends);
	shared_ends = ends_make(m, true);
	once(m, shared_ends);
}

static void child_exits(struct mode *m)
{
	once(m, shared_ends);
}

static void forks(struct mode *m)
{
	shared_ends = ends_make(m, false);
	once(m, shared_ends);
	in_child(m, child_uses);
	once(m, shared_ends);
	in_child(m, child_exits);
	once(m, shared_ends);
	/* A child sends, its parent sees. */
	NOTIFY(m, shared_ends.b, shared_ends.far);
	note(m, "came %d", came(m, shared_ends.a, shared_ends.near, SOON));
	ends_close(m, shared_ends);
}

/* The parent goes; what its child holds works on. */
static void outlived(struct mode *m)
{
	int fd, ready[2];
	char c = 0;
	pid_t pid;

	if (pipe(ready))
		return;
	fflush(m->out);
	pid = fork();
	if (pid) {
		/* Its pipe to us is what in_child() waits for. */
		close(ready[0]);
		CLOSE(m, shared_ends.a);
		fflush(m->out);
		if (write(ready[1], &c, 1) != 1)
			note(m, "no child");
		_exit(0);
	}
	if (read(ready[0], &c, 1) != 1)
		note(m, "no parent");
	once(m, shared_ends);
	fd = m->api.xenevtchn_fd(shared_ends.a);
	note(m, "open %d", fcntl(fd, F_GETFD));
	ends_close(m, shared_ends);
}

static void outlives(struct mode *m)
{
	shared_ends = ends_make(m, false);
	in_child(m, outlived);
	ends_close(m, shared_ends);
}

/* Exec */

/* The program that was executed: is the descriptor there, and the ports? */
static int executed(char **argv)
{
	int fd = atoi(argv[2]);
	struct mode *m = &modes[atoi(argv[1])];
	struct ends e = { .near = atoi(argv[3]), .far = atoi(argv[4]) };
	xenevtchn_handle *xce;

	open_modes();
	m->out = stdout;
	note(m, "there %d", fcntl(fd, F_GETFD));
	xce = CALL_PTR(m, xenevtchn_fdopen, &m->log.vtable, fd, 0);
	e.a = xce;
	e.b = xce;
	/* One event was sent before, and none is lost. */
	note(m, "came %d", fcntl(fd, F_GETFD) < 0 ? -1 :
	     came(m, xce, e.far, SOON));
	UNMASK(m, xce, e.far);
	NOTIFY(m, xce, e.near);
	note(m, "came %d", fcntl(fd, F_GETFD) < 0 ? -1 :
	     came(m, xce, e.far, SOON));
	UNMASK(m, xce, e.far);
	CALL_PORT(m, xenevtchn_bind_unbound_port, xce, 0);
	UNBIND(m, xce, e.far);
	UNBIND(m, xce, e.far);
	CLOSE(m, xce);
	fflush(stdout);
	return 0;
}

static void execute(struct mode *m, unsigned int flags)
{
	struct ends e;
	char which[8], fd[12], near[12], far[12];

	e.a = m->api.xenevtchn_open(&m->log.vtable, flags);
	e.b = e.a;
	e.near = m->api.xenevtchn_bind_unbound_port(e.a, 0);
	e.far = m->api.xenevtchn_bind_interdomain(e.a, 0, e.near);
	note(m, "came %d", came(m, e.a, e.far, SOON));
	UNMASK(m, e.a, e.far);
	NOTIFY(m, e.a, e.near);
	note(m, "ready %d", is_ready(m, e.a, SOON));
	snprintf(which, sizeof(which), "%d", (int)(m - modes));
	snprintf(fd, sizeof(fd), "%d", m->api.xenevtchn_fd(e.a));
	snprintf(near, sizeof(near), "%d", e.near);
	snprintf(far, sizeof(far), "%d", e.far);
	fflush(m->out);
	dup2(fileno(m->out), 1);
	execl("/proc/self/exe", "executed", which, fd, near, far, NULL);
	note(m, "execl: %s", strerror(errno));
}

static void exec_kept(struct mode *m)
{
	execute(m, XENEVTCHN_NO_CLOEXEC);
}

static void exec_closed(struct mode *m)
{
	execute(m, 0);
}

static void execs(struct mode *m)
{
	in_child(m, exec_kept);
	in_child(m, exec_closed);
}

/* Restrictions */

static evtchn_port_t peer_port(void)
{
	int port = ctrl.alloc_unbound(ctrl.xch, dom, 0);

	if (port < 0)
		ksft_exit_fail_msg("no port of the domain: %s\n",
				   strerror(errno));
	return port;
}

/* remote is a port of the domain that waits for one of ours. */
static void try_all(struct mode *m, struct ends e, evtchn_port_t remote)
{
	int port;

	BIND_UNBOUND(m, e.a, dom);
	BIND_UNBOUND(m, e.a, 0);
	BIND_VIRQ(m, e.a, VIRQ_FREE);
	BIND(m, e.a, 0, e.near);
	BIND(m, e.a, dom + 1, 1);
	BIND(m, e.a, dom, 100);
	port = BIND(m, e.a, dom, remote);
	if (port > 0) {
		note(m, "first event %d", came(m, e.a, port, SOON));
		UNMASK(m, e.a, port);
		NOTIFY(m, e.a, port);
		UNBIND(m, e.a, port);
	}
	/* What was bound before is there still. */
	once(m, e);
}

static void restricts(struct mode *m)
{
	static const domid_t bad[] = { 0, 0x7ff0, 0x7ff4, 0x7fff, 0xffff };
	struct ends e = ends_make(m, true);
	xenevtchn_handle *again;
	unsigned int i;

	for (i = 0; i < NR(bad); i++)
		CALL(m, xenevtchn_restrict, e.a, bad[i]);
	try_all(m, e, peer_port());
	CALL(m, xenevtchn_restrict, e.a, dom);
	try_all(m, e, peer_port());
	CALL(m, xenevtchn_restrict, e.a, dom);
	CALL(m, xenevtchn_restrict, e.a, dom + 1);
	CALL(m, xenevtchn_restrict, e.a, 0);
	/* It is the device that is restricted, whoever has it. */
	again = m->api.xenevtchn_fdopen(NULL, dup(m->api.xenevtchn_fd(e.a)), 0);
	CALL(m, xenevtchn_restrict, again, dom);
	BIND_UNBOUND(m, again, 0);
	NOTIFY(m, again, e.near);
	note(m, "came %d", came(m, again, e.far, SOON));
	CLOSE(m, again);
	ends_close(m, e);
	/* A domain need not be there. */
	e = ends_make(m, true);
	CALL(m, xenevtchn_restrict, e.a, 0x7fef);
	once(m, e);
	ends_close(m, e);
}

static void all_restricted(struct mode *m)
{
	struct ends e = ends_make(m, false);
	/* Before: the handle by which it is made is restricted, too. */
	evtchn_port_t remote = peer_port();
	xenevtchn_handle *none = m->api.xenevtchn_fdopen(NULL, -1, 0);
	xenevtchn_handle *below = m->api.xenevtchn_fdopen(NULL, -2, 0);

	errno = SAID;
	note(m, "restrict_all %d %d", restrict_all(dom), errno);
	try_all(m, e, remote);
	CALL(m, xenevtchn_restrict, e.b, dom);
	CLOSE(m, none);
	CLOSE(m, below);
	errno = SAID;
	note(m, "restrict_all %d %d", restrict_all(dom), errno);
	ends_close(m, e);
	/* Those that are closed are off the list. */
	errno = SAID;
	note(m, "restrict_all %d %d", restrict_all(dom), errno);
}

/* One handle is none of the device's: that is found, and said. */
static void all_but_one(struct mode *m)
{
	xenevtchn_handle *xce =
		m->api.xenevtchn_fdopen(NULL, open("/dev/null", O_RDWR), 0);

	errno = SAID;
	note(m, "restrict_all %d %d", restrict_all(dom), errno);
	CLOSE(m, xce);
	errno = SAID;
	note(m, "restrict_all %d %d", restrict_all(dom), errno);
}

/* Foreign memory's and grants' handles would answer for themselves. */
static void alone(struct mode *m, void (*fn)(struct mode *m))
{
	m->api.xenforeignmemory_close(m->fmem);
	m->api.xengnttab_close(m->xgt);
	in_child(m, fn);
	m->fmem = m->api.xenforeignmemory_open(&m->log.vtable, 0);
	m->xgt = m->api.xengnttab_open(&m->log.vtable, 0);
}

static void restricts_all(struct mode *m)
{
	alone(m, all_restricted);
	alone(m, all_but_one);
}

/* Threads */

#define NR_THREADS	6
#define ROUNDS		400

struct worker {
	struct mode *m;
	struct ends e;
	pthread_t thread;
	unsigned int wrong;
};

/* Everyone has ports of its own; the handle that sends is everyone's. */
static void *send_and_see(void *arg)
{
	struct worker *w = arg;
	struct mode *m = w->m;
	unsigned int i;

	for (i = 0; i < ROUNDS; i++) {
		w->wrong += !!m->api.xenevtchn_notify(w->e.a, w->e.near);
		w->wrong += came(m, w->e.b, w->e.far, 5000) != 1;
		w->wrong += !!m->api.xenevtchn_unmask(w->e.b, w->e.far);
	}
	return NULL;
}

static void threads(struct mode *m)
{
	xenevtchn_handle *sender = open_quietly(m);
	struct worker w[NR_THREADS] = { 0 };
	unsigned int i, wrong = 0;

	for (i = 0; i < NR_THREADS; i++) {
		w[i].m = m;
		w[i].e.a = sender;
		w[i].e.b = open_quietly(m);
		w[i].e.near = m->api.xenevtchn_bind_unbound_port(sender, 0);
		w[i].e.far = m->api.xenevtchn_bind_interdomain(w[i].e.b, 0,
							       w[i].e.near);
		wrong += came(m, w[i].e.b, w[i].e.far, SOON) != 1;
		wrong += !!m->api.xenevtchn_unmask(w[i].e.b, w[i].e.far);
	}
	for (i = 0; i < NR_THREADS; i++)
		pthread_create(&w[i].thread, NULL, send_and_see, w + i);
	for (i = 0; i < NR_THREADS; i++) {
		pthread_join(w[i].thread, NULL);
		wrong += w[i].wrong;
		wrong += !!m->api.xenevtchn_close(w[i].e.b);
	}
	note(m, "wrong: %u", wrong);
	CLOSE(m, sender);
}

/* Handles come and go in all of them: the list of open ones stays whole. */
static void *open_and_close(void *arg)
{
	struct worker *w = arg;
	struct mode *m = w->m;
	xenevtchn_handle *xce;
	unsigned int i;
	int port;

	for (i = 0; i < ROUNDS; i++) {
		xce = m->api.xenevtchn_open(NULL, i & 1);
		port = xce ? m->api.xenevtchn_bind_unbound_port(xce, 0) : -1;
		w->wrong += port <= 0;
		/* Ports that nobody unbinds go with the handle. */
		w->wrong += i & 2 && m->api.xenevtchn_unbind(xce, port);
		w->wrong += !!m->api.xenevtchn_close(xce);
	}
	return NULL;
}

static void open_in_threads(struct mode *m)
{
	int before = open_descriptors();
	struct worker w[NR_THREADS] = { 0 };
	unsigned int i, wrong = 0;

	for (i = 0; i < NR_THREADS; i++) {
		w[i].m = m;
		pthread_create(&w[i].thread, NULL, open_and_close, w + i);
	}
	for (i = 0; i < NR_THREADS; i++) {
		pthread_join(w[i].thread, NULL);
		wrong += w[i].wrong;
	}
	note(m, "wrong: %u, descriptors %d", wrong,
	     open_descriptors() - before);
}

/* Of readers of one handle, each event has one. */
static int taken;

static void *take(void *arg)
{
	struct worker *w = arg;

	while (w->m->api.xenevtchn_pending(w->e.b) == w->e.far) {
		__atomic_fetch_add(&taken, 1, __ATOMIC_SEQ_CST);
		w->wrong += !!w->m->api.xenevtchn_unmask(w->e.b, w->e.far);
	}
	return NULL;
}

static void readers(struct mode *m)
{
	struct worker w = { .m = m, .e = ends_make(m, false) };
	pthread_t thread[3];
	unsigned int i, j;
	int last_port;

	taken = 0;
	for (i = 0; i < NR(thread); i++)
		pthread_create(&thread[i], NULL, take, &w);
	for (i = 0; i < 200; i++) {
		w.wrong += !!m->api.xenevtchn_notify(w.e.a, w.e.near);
		for (j = 0; j < 5000; j++) {
			if (__atomic_load_n(&taken, __ATOMIC_SEQ_CST) ==
			    (int)i + 1)
				break;
			usleep(200);
		}
	}
	usleep(NEVER * 1000);
	note(m, "taken %d, wrong %u", taken, w.wrong);
	/* Another port's event ends a reader. */
	for (i = 0; i < NR(thread); i++) {
		last_port = m->api.xenevtchn_bind_unbound_port(w.e.a, 0);
		BIND(m, w.e.b, 0, last_port);
	}
	for (i = 0; i < NR(thread); i++)
		pthread_join(thread[i], NULL);
	ends_close(m, w.e);
}

/* The end: ports are closed whatever way their owner goes. */

static void is_killed(struct mode *m)
{
	xenevtchn_handle *xce = open_quietly(m);

	BIND_VIRQ(m, xce, VIRQ_FREE);
	shared_ends.far = BIND(m, xce, 0, shared_ends.near);
	fflush(m->out);
	raise(SIGKILL);
}

static void exits(struct mode *m)
{
	xenevtchn_handle *xce = open_quietly(m);

	BIND_VIRQ(m, xce, VIRQ_FREE);
	BIND(m, xce, 0, shared_ends.near);
}

static void ends_suddenly(struct mode *m)
{
	xenevtchn_handle *a = open_quietly(m), *b = open_quietly(m);
	int i, far;

	shared_ends.near = m->api.xenevtchn_bind_unbound_port(a, 0);
	for (i = 0; i < 4; i++)
		in_child(m, i & 1 ? exits : is_killed);
	/* Both are to be had again. */
	BIND_VIRQ(m, b, VIRQ_FREE);
	far = BIND(m, b, 0, shared_ends.near);
	note(m, "first event %d", came(m, b, far, SOON));
	CLOSE(m, a);
	CLOSE(m, b);
}

static const struct diff_case cases[] = {
	{ "fork", forks },
	{ "a child that outlives its parent", outlives },
	{ "exec, the descriptor kept or closed", execs },
	{ "restricted to a domain", restricts },
	{ "xentoolcore_restrict_all", restricts_all },
	{ "threads that share a handle", threads },
	{ "threads that open and close", open_in_threads },
	{ "readers of one handle", readers },
	{ "sudden ends", ends_suddenly },
};

int main(int argc, char **argv)
{
	if (argc == 5)
		return executed(argv);
	ksft_print_header();
	open_modes();
	restrict_all = symbol(dlopen("libxentoolcore.so.1", RTLD_NOW),
			      "xentoolcore_restrict_all");
	domain_make();
	/* An event to a domain that has no vcpu is the end of Xen 4.17. */
	if (ctrl.max_vcpus(ctrl.xch, dom, 1))
		ksft_exit_fail_msg("no vcpu: %s\n", strerror(errno));
	ksft_set_plan(NR(cases) + 2);
	run_cases(cases, NR(cases));
	all_called("drop_evtchn_process");
	domain_end();
	ksft_finished();
}
