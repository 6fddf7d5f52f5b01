// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Promise: our libxenevtchn binds, sends, sees and unmasks as stock's does:
 * values, errno, messages, what comes and what does not.
 * (The descriptor: drop_evtchn_fd. Processes, threads, restrictions:
 * drop_evtchn_process.)
 */
/* xenctrl.h comes first: it says that this is a tool. */
#include "helper/drop_device.h"
#include "helper/drop_diff.h"
#include "helper/drop_events.h"

/* Handles */

static void handles(struct mode *m)
{
	static const unsigned int flags[] = { 0, 1, 2, 3, 4, 0x80000000, ~0U };
	int before = open_descriptors(), fd;
	xenevtchn_handle *xce;
	unsigned int i;

	for (i = 0; i < 2 * NR(flags); i++) {
		xce = CALL_PTR(m, xenevtchn_open,
			       i & 1 ? NULL : &m->log.vtable, flags[i / 2]);
		note(m, "descriptors: %d", open_descriptors() - before);
		if (!xce)
			continue;
		called[fn_xenevtchn_fd] = true;
		fd = m->api.xenevtchn_fd(xce);
		described(m, fd);
		CLOSE(m, xce);
		note(m, "closed %d", fcntl(fd, F_GETFD));
	}
	CLOSE(m, NULL);
	note(m, "descriptors: %d", open_descriptors() - before);
}

/* What fails to open says why, and leaves nothing behind. */
static void no_descriptor(struct mode *m)
{
	descriptors_left(0);
	CALL_PTR(m, xenevtchn_open, &m->log.vtable, 0);
	CALL_PTR(m, xenevtchn_open, NULL, 0);
	CALL_PTR(m, xenevtchn_open, NULL, XENEVTCHN_NO_CLOEXEC);
}

static void no_device(struct mode *m)
{
	note(m, "chroot %d", chroot("/proc/self"));
	CALL_PTR(m, xenevtchn_open, &m->log.vtable, 0);
	CALL_PTR(m, xenevtchn_open, NULL, XENEVTCHN_NO_CLOEXEC);
}

static void no_right(struct mode *m)
{
	note(m, "setuid %d", setuid(65534));
	CALL_PTR(m, xenevtchn_open, &m->log.vtable, 0);
}

static void not_opened(struct mode *m)
{
	in_child(m, no_descriptor);
	in_child(m, no_device);
	in_child(m, no_right);
}

static void all_functions(struct mode *m, xenevtchn_handle *xce)
{
	NOTIFY(m, xce, 1);
	BIND_UNBOUND(m, xce, 0);
	BIND(m, xce, 0, 1);
	BIND_VIRQ(m, xce, VIRQ_FREE);
	UNBIND(m, xce, 1);
	CALL_PORT(m, xenevtchn_pending, xce);
	UNMASK(m, xce, 1);
	CALL(m, xenevtchn_restrict, xce, 1);
}

static void adopts(struct mode *m)
{
	static const unsigned int flags[] = { 1, 2, 0x80000000, ~0U };
	static const struct {
		const char *path;
		int fd;		/* or how to open the path */
	} kinds[] = {
		{ NULL, -1 },
		{ NULL, -2 },
		{ NULL, 1023 },
		{ "/dev/null", O_RDWR },
		{ "/dev/zero", O_RDWR },
		{ "/proc/self", O_RDONLY },
	};
	int before = open_descriptors(), fd, pipes[2];
	struct ends e = ends_make(m, false);
	xenevtchn_handle *xce;
	unsigned int i;

	for (i = 0; i < NR(flags); i++)
		CALL_PTR(m, xenevtchn_fdopen, &m->log.vtable,
			 m->api.xenevtchn_fd(e.a), flags[i]);
	/* One more descriptor of the same device; the first is closed. */
	fd = dup(m->api.xenevtchn_fd(e.a));
	xce = CALL_PTR(m, xenevtchn_fdopen, NULL, fd, 0);
	note(m, "as given %d, flags %x", m->api.xenevtchn_fd(xce) == fd,
	     fcntl(fd, F_GETFD));
	NOTIFY(m, xce, e.near);
	note(m, "came %d", came(m, e.b, e.far, SOON));
	UNMASK(m, e.b, e.far);
	CLOSE(m, e.a);
	NOTIFY(m, e.b, e.far);
	note(m, "came %d", came(m, xce, e.near, SOON));
	UNMASK(m, xce, e.near);
	e.a = xce;
	ends_close(m, e);
	note(m, "closed %d", fcntl(fd, F_GETFD));
	/* No descriptor, none that is open, and some of another kind. */
	for (i = 0; i < NR(kinds); i++) {
		fd = kinds[i].path ? open(kinds[i].path, kinds[i].fd) :
				     kinds[i].fd;
		xce = CALL_PTR(m, xenevtchn_fdopen, &m->log.vtable, fd, 0);
		note(m, "as given %d", m->api.xenevtchn_fd(xce) == fd);
		all_functions(m, xce);
		CLOSE(m, xce);
	}
	/* A part of a port, and the end of a file. */
	if (pipe(pipes) || write(pipes[1], "abc", 3) != 3)
		return;
	close(pipes[1]);
	xce = CALL_PTR(m, xenevtchn_fdopen, &m->log.vtable, pipes[0], 0);
	CALL_PORT(m, xenevtchn_pending, xce);
	CALL_PORT(m, xenevtchn_pending, xce);
	CLOSE(m, xce);
	note(m, "descriptors: %d", open_descriptors() - before);
}

/* A client has closed it: everything fails, and nothing else is touched. */
static void closed_below(struct mode *m)
{
	xenevtchn_handle *xce = open_quietly(m);

	close(m->api.xenevtchn_fd(xce));
	all_functions(m, xce);
	CLOSE(m, xce);
}

/* Binding */

static void bad_domains(struct mode *m)
{
	static const uint32_t domids[] = {
		31999, 0x7fef, 0x7ff0, 0x7ff1, 0x7ff2, 0x7ff4, 0x7fff, 0x8000,
		0xffff, 0x10000, 0xffffffff,
	};
	static const evtchn_port_t ports[] = { 0, 1, 4000, 0x20000,
					       0x7fffffff, 0xffffffff };
	xenevtchn_handle *xce = open_quietly(m);
	unsigned int i, j;
	int port;

	for (i = 0; i < NR(domids); i++) {
		note(m, "domain %x", domids[i]);
		port = BIND_UNBOUND(m, xce, domids[i]);
		if (port > 0)
			UNBIND(m, xce, port);
		for (j = 0; j < NR(ports); j++) {
			port = BIND(m, xce, domids[i], ports[j]);
			if (port > 0)
				UNBIND(m, xce, port);
		}
	}
	for (j = 0; j < NR(ports); j++)
		BIND(m, xce, 0, ports[j]);
	CLOSE(m, xce);
}

static void bound_already(struct mode *m)
{
	struct ends e = ends_make(m, false);
	int port;

	/* An end that has its other: nobody else gets it. */
	BIND(m, e.a, 0, e.near);
	BIND(m, e.b, 0, e.near);
	BIND(m, e.a, 0, e.far);
	/* Kept for another domain, which is none. */
	port = BIND_UNBOUND(m, e.a, 0x7ff0);
	if (port > 0) {
		/* DOMID_SELF: that is dom0's own. */
		BIND(m, e.b, 0x7ff0, port);
		BIND(m, e.b, 0, port);
	}
	/* The far end goes, and comes back. */
	UNBIND(m, e.b, e.far);
	NOTIFY(m, e.a, e.near);
	e.far = BIND(m, e.b, 0, e.near);
	note(m, "first event %d", came(m, e.b, e.far, SOON));
	UNMASK(m, e.b, e.far);
	NOTIFY(m, e.a, e.near);
	note(m, "came %d", came(m, e.b, e.far, SOON));
	/* The near end goes: the far one has nobody to tell. */
	UNBIND(m, e.a, e.near);
	NOTIFY(m, e.b, e.far);
	ends_close(m, e);
}

static void virqs(struct mode *m)
{
	static const unsigned int numbers[] = {
		0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 15, 16, 23, 24,
		31, 32, 1000, 0x80000000, 0xffffffff,
	};
	xenevtchn_handle *a = open_quietly(m), *b = open_quietly(m);
	unsigned int i;
	int port;

	for (i = 0; i < NR(numbers); i++) {
		note(m, "VIRQ %x", numbers[i]);
		port = BIND_VIRQ(m, a, numbers[i]);
		if (port > 0)
			UNBIND(m, a, port);
	}
	/* One of a kind, whoever asks; free again when it is unbound. */
	port = BIND_VIRQ(m, a, VIRQ_FREE);
	BIND_VIRQ(m, a, VIRQ_FREE);
	BIND_VIRQ(m, b, VIRQ_FREE);
	/* It has no other end. */
	NOTIFY(m, a, port);
	BIND(m, b, 0, port);
	UNBIND(m, b, port);
	UNBIND(m, a, port);
	BIND_VIRQ(m, b, VIRQ_FREE);
	BIND_VIRQ(m, a, VIRQ_FREE);
	CLOSE(m, b);
	BIND_VIRQ(m, a, VIRQ_FREE);
	CLOSE(m, a);
}

static void not_bound(struct mode *m)
{
	static const evtchn_port_t ports[] = { 0, 1, 5000, 0x1ffff, 0x20000,
					       0x7fffffff, 0xffffffff };
	struct ends e = ends_make(m, false);
	unsigned int i;

	for (i = 0; i < NR(ports); i++) {
		note(m, "port %x", ports[i]);
		NOTIFY(m, e.a, ports[i]);
		UNMASK(m, e.a, ports[i]);
		UNBIND(m, e.a, ports[i]);
	}
	/* Bound, but to another handle. */
	NOTIFY(m, e.b, e.near);
	UNMASK(m, e.b, e.near);
	UNBIND(m, e.b, e.near);
	quiet(m, e);
	UNBIND(m, e.a, e.near);
	UNBIND(m, e.a, e.near);
	NOTIFY(m, e.a, e.near);
	UNMASK(m, e.a, e.near);
	ends_close(m, e);
}

/* What was in the ring before unbind is there still. */
static void unbound_while_pending(struct mode *m)
{
	struct ends e = ends_make(m, false);

	NOTIFY(m, e.a, e.near);
	note(m, "ready %d", is_ready(m, e.b, SOON));
	UNBIND(m, e.b, e.far);
	note(m, "came %d", came(m, e.b, e.far, 0));
	UNMASK(m, e.b, e.far);
	quiet(m, e);
	ends_close(m, e);
}

static void bind_loop(struct mode *m)
{
	xenevtchn_handle *a = open_quietly(m), *b = open_quietly(m);
	unsigned int i, wrong = 0;
	int near, far, highest = 0;

	for (i = 0; i < 400; i++) {
		near = m->api.xenevtchn_bind_unbound_port(a, 0);
		far = m->api.xenevtchn_bind_interdomain(b, 0, near);
		wrong += near <= 0 || far <= 0 || near == far;
		wrong += i & 1 && came(m, b, far, SOON) != 1;
		wrong += !!m->api.xenevtchn_unbind(i & 2 ? a : b,
						   i & 2 ? near : far);
		wrong += !!m->api.xenevtchn_unbind(i & 2 ? b : a,
						   i & 2 ? far : near);
		while (is_ready(m, b, 0))
			m->api.xenevtchn_pending(b);
		highest = highest > near ? highest : near;
	}
	/* Ports are used again: they were really closed. */
	note(m, "wrong: %u, low %d", wrong, highest < 300);
	CLOSE(m, a);
	CLOSE(m, b);
}

/* Events */

static void to_and_fro(struct mode *m, bool one_handle)
{
	struct ends e = ends_make(m, one_handle);
	unsigned int i, wrong = 0;

	quiet(m, e);
	NOTIFY(m, e.a, e.near);
	note(m, "ready %d", is_ready(m, e.b, SOON));
	call_begin(m, fn_xenevtchn_pending);
	i = m->api.xenevtchn_pending(e.b);
	call_end(m, "pending", i == (unsigned int)e.far);
	UNMASK(m, e.b, e.far);
	NOTIFY(m, e.b, e.far);
	note(m, "came %d", came(m, e.a, e.near, SOON));
	UNMASK(m, e.a, e.near);
	quiet(m, e);
	for (i = 0; i < 300; i++) {
		wrong += !!m->api.xenevtchn_notify(e.a, e.near);
		wrong += came(m, e.b, e.far, SOON) != 1;
		wrong += !!m->api.xenevtchn_unmask(e.b, e.far);
		wrong += !!m->api.xenevtchn_notify(e.b, e.far);
		wrong += came(m, e.a, e.near, SOON) != 1;
		wrong += !!m->api.xenevtchn_unmask(e.a, e.near);
	}
	note(m, "wrong: %u", wrong);
	quiet(m, e);
	ends_close(m, e);
}

static void two_handles(struct mode *m)
{
	to_and_fro(m, false);
}

static void one_handle(struct mode *m)
{
	to_and_fro(m, true);
}

/*
 * The same with unmask and without: nothing comes before it, and then one,
 * however many were sent. (More than one that is sent to an open port may be
 * two: the first can be on its way when the next is sent.)
 */
static void unmasked_or_not(struct mode *m, bool unmask)
{
	struct ends e = ends_make(m, false);
	int i;

	NOTIFY(m, e.a, e.near);
	note(m, "came %d", came(m, e.b, e.far, SOON));
	if (unmask)
		UNMASK(m, e.b, e.far);
	for (i = 0; i < (unmask ? 1 : 3); i++)
		NOTIFY(m, e.a, e.near);
	note(m, "came %d", came(m, e.b, e.far, unmask ? SOON : 3 * NEVER));
	UNMASK(m, e.b, e.far);
	note(m, "came %d", came(m, e.b, e.far, unmask ? NEVER : SOON));
	UNMASK(m, e.b, e.far);
	quiet(m, e);
	ends_close(m, e);
}

static void masked(struct mode *m)
{
	unmasked_or_not(m, false);
}

static void unmasked(struct mode *m)
{
	unmasked_or_not(m, true);
}

/* Unmask is for one port, and of no use to one that is not masked. */
static void unmasked_another(struct mode *m)
{
	struct ends e = ends_make(m, true), f = ends_make(m, true);

	NOTIFY(m, e.a, e.near);
	note(m, "came %d", came(m, e.b, e.far, SOON));
	NOTIFY(m, e.a, e.near);
	UNMASK(m, e.b, e.near);
	UNMASK(m, f.b, e.far);
	UNMASK(m, f.b, f.far);
	quiet(m, e);
	UNMASK(m, e.b, e.far);
	note(m, "came %d", came(m, e.b, e.far, SOON));
	UNMASK(m, e.b, e.far);
	UNMASK(m, e.b, e.far);
	quiet(m, e);
	ends_close(m, e);
	ends_close(m, f);
}

static const struct diff_case cases[] = {
	{ "handles", handles },
	{ "handles that cannot be had", not_opened },
	{ "descriptors that are given", adopts },
	{ "a descriptor that the client has closed", closed_below },
	{ "bad domains and ports", bad_domains },
	{ "ports that are bound already", bound_already },
	{ "VIRQs", virqs },
	{ "ports that are not bound", not_bound },
	{ "unbound while an event waits", unbound_while_pending },
	{ "400 times bound and unbound", bind_loop },
	{ "to and fro, two handles", two_handles },
	{ "to and fro, one handle", one_handle },
	{ "not unmasked: nothing comes", masked },
	{ "unmasked: one comes", unmasked },
	{ "unmask is for one port", unmasked_another },
};

int main(void)
{
	ksft_print_header();
	open_modes();
	ksft_set_plan(NR(cases) + 1);
	run_cases(cases, NR(cases));
	all_called("drop_evtchn");
	ksft_finished();
}
