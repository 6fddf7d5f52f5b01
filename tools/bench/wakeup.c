// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Kind: an event wakes another process, which sleeps until it comes, and that
 * one answers in the same way. One run is a wake-up there and one here.
 */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "../tool.h"
#include "kinds.h"

#define READY_MS 10000

/* One process's end of the channel. */
struct end {
	const struct maplib *maps;
	xenevtchn_handle *xce;		/* stock's, or */
	xenbatch *xb;
	int port;
};

/* What both processes see. */
struct shared {
	int port;			/* the parent's */
	int timing;
	uint64_t sent;			/* when the child last notified, ns */
};

struct wakeup {
	struct end end;
	struct shared *shared;
	pid_t pid;			/* 0: there is none */
};

static uint64_t now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

/* Both libraries sleep at once: looking around before is another matter. */
static bool end_open(struct end *end, const struct side *side)
{
	end->maps = &side->lib->maps;
	if (!side->deferred) {
		end->xce = end->maps->xenevtchn_open(NULL, 0);
		return end->xce;
	}
	end->xb = xenbatch_open(0);
	return end->xb && xenbatch_evtchn_spin(end->xb, 0) == 0;
}

static void end_close(struct end *end)
{
	if (end->xce)
		end->maps->xenevtchn_close(end->xce);
	if (end->xb)
		xenbatch_close(end->xb);
}

static bool end_bind(struct end *end, int remote)
{
	end->port = port_bind(end->maps, end->xce, end->xb, remote);
	return end->port > 0;
}

/* With ours, what was heard last is acknowledged along with it. */
static inline void say(struct end *end)
{
	struct xenbatch_batch *b;

	if (!end->xb) {
		end->maps->xenevtchn_notify(end->xce, end->port);
		return;
	}
	b = xenbatch_batch_begin(end->xb);
	xenbatch_queue_evtchn_ack(b, end->port, 0, 0);
	xenbatch_queue_evtchn_notify(b, end->port, 0, 0);
	xenbatch_commit(b, NULL, 0);
}

/* Sleeps; the port, or -1. */
static inline int hear(struct end *end)
{
	struct xenbatch_event event;

	if (!end->xb)
		return end->maps->xenevtchn_pending(end->xce);
	if (xenbatch_evtchn_wait(end->xb, &event, 1, -1) != 1)
		return -1;
	return event.port;
}

static inline void heard(struct end *end, int port)
{
	if (!end->xb)
		end->maps->xenevtchn_unmask(end->xce, port);
}

/* Until it is killed. */
static void child(const struct side *side, struct shared *shared, pid_t parent)
{
	struct end end = { 0 };
	int port;

	signal(SIGTERM, SIG_DFL);
	signal(SIGINT, SIG_DFL);
	signal(SIGHUP, SIG_DFL);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent || !end_open(&end, side) ||
	    !end_bind(&end, shared->port))
		_exit(TOOL_FAILED);
	/* Binding has made it fire: that wakes this end first. */
	for (;;) {
		port = hear(&end);
		if (port < 0)
			_exit(TOOL_FAILED);
		heard(&end, port);
		if (__atomic_load_n(&shared->timing, __ATOMIC_RELAXED))
			shared->sent = now_ns();
		say(&end);
	}
}

/* The child's first word. */
static bool ready(struct end *end)
{
	struct pollfd p = { .events = POLLIN };
	int port;

	p.fd = end->xb ? xenbatch_evtchn_fd(end->xb) :
			 end->maps->xenevtchn_fd(end->xce);
	if (poll(&p, 1, READY_MS) != 1) {
		errno = ETIMEDOUT;
		return false;
	}
	port = hear(end);
	heard(end, port);
	return port == end->port;
}

static bool wakeup_setup(struct side *side)
{
	struct wakeup *w = calloc(1, sizeof(*w));
	pid_t self = getpid();

	side->own = w;
	if (!w)
		return false;
	w->shared = mmap(NULL, sizeof(*w->shared), PROT_READ | PROT_WRITE,
			 MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (w->shared == MAP_FAILED) {
		w->shared = NULL;
		return false;
	}
	if (!end_open(&w->end, side) || !end_bind(&w->end, 0))
		return false;
	w->shared->port = w->end.port;
	w->pid = fork();
	if (w->pid == 0)
		child(side, w->shared, self);
	return w->pid > 0 && ready(&w->end);
}

static void wakeup_finish(struct side *side)
{
	struct wakeup *w = side->own;

	if (!w)
		return;
	if (w->pid > 0) {
		kill(w->pid, SIGKILL);
		while (waitpid(w->pid, NULL, 0) < 0 && errno == EINTR)
			;
	}
	end_close(&w->end);
	if (w->shared)
		munmap(w->shared, sizeof(*w->shared));
	free(w);
}

static void wakeup_run(void *arg)
{
	struct side *side = arg;
	struct wakeup *w = side->own;
	int port;

	say(&w->end);
	port = hear(&w->end);
	heard(&w->end, port);
	note(&side->results[0], port == w->end.port ? 0 : -1);
	*(uint64_t *)side->out = 0;
	side->nr = 1;
}

/*
 * From before the child notifies until it is seen here. With ours that has the
 * acknowledgement in it, which goes along; with stock it was made before.
 */
static unsigned int wakeup_samples(struct side *side, uint64_t *ns,
				   unsigned int n)
{
	struct wakeup *w = side->own;
	unsigned int i;
	int port;

	__atomic_store_n(&w->shared->timing, 1, __ATOMIC_RELAXED);
	for (i = 0; i < n; i++) {
		say(&w->end);
		port = hear(&w->end);
		if (port < 0)
			break;
		ns[i] = now_ns() - w->shared->sent;
		heard(&w->end, port);
	}
	__atomic_store_n(&w->shared->timing, 0, __ATOMIC_RELAXED);
	return i;
}

const struct kind kind_wakeup = {
	.run = wakeup_run, .out_size = words_size, .calls = calls_one,
	.setup = wakeup_setup, .finish = wakeup_finish,
	.samples = wakeup_samples, .needs = NEEDS_EVENTS,
};
