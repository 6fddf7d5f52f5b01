// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Promise: events by libxenctrl's own names are as with stock's: the same
 * values and errors, the same descriptor, and an event that is sent comes.
 * What libxenevtchn itself does is compared by drop_evtchn.
 *
 * dom0 binds to itself: no guest is needed.
 */
#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>

#include "helper/xc_diff.h"

#define VIRQ_FREE 4	/* VIRQ_TBUF: nobody here traces */

#define SAY(m, name, ...) ({ \
	errno = 0; \
	int rc_ = DO(m, name, __VA_ARGS__); \
	note(m, "%s = %d, errno %d", #name, rc_, rc_ ? errno : 0); \
	rc_; })

/* A port is written down as 1: its number is Xen's choice. */
#define SAY_PORT(m, name, ...) ({ \
	errno = 0; \
	int port_ = DO(m, name, __VA_ARGS__); \
	note(m, "%s = %d, errno %d", #name, port_ > 0 ? 1 : port_, \
	     port_ > 0 ? 0 : errno); \
	port_; })

static xc_evtchn *make(struct mode *m, unsigned int flags)
{
	xc_evtchn *xce;

	errno = 0;
	xce = DO(m, xc_evtchn_open, &m->log.vtable, flags);
	note(m, "xc_evtchn_open(%x) = %d, errno %d", flags, !!xce,
	     xce ? 0 : errno);
	return xce;
}

/* Does an event come? Then it is taken, and was of this port. */
static bool came(struct mode *m, xc_evtchn *xce, int port, int wait_ms)
{
	struct pollfd p = { DO(m, xc_evtchn_fd, xce), POLLIN, 0 };
	int got;

	if (poll(&p, 1, wait_ms) != 1)
		return false;
	got = DO(m, xc_evtchn_pending, xce);
	note(m, "  came: its own %d", got == port);
	return true;
}

static void handles(struct mode *m)
{
	static const unsigned int flags[] = { 0, 1, 2, 3, 0x80000000 };
	xc_evtchn *xce;
	struct stat st;
	unsigned int i;
	int fd;

	for (i = 0; i < NR(flags); i++) {
		xce = make(m, flags[i]);
		if (!xce)
			continue;
		fd = DO(m, xc_evtchn_fd, xce);
		note(m, "fd %d, fstat %d", fd >= 0, fstat(fd, &st));
		note(m, "device %d, flags %x %x", S_ISCHR(st.st_mode),
		     fcntl(fd, F_GETFD), fcntl(fd, F_GETFL));
		SAY(m, xc_evtchn_close, xce);
		note(m, "closed %d", fcntl(fd, F_GETFD));
	}
	SAY(m, xc_evtchn_close, NULL);
}

static void events(struct mode *m)
{
	xc_evtchn *a = make(m, 0), *b = make(m, 0);
	int near, far;

	near = SAY_PORT(m, xc_evtchn_bind_unbound_port, a, 0);
	far = SAY_PORT(m, xc_evtchn_bind_interdomain, b, 0, near);
	/* Binding raises it once. */
	note(m, "at first %d", came(m, b, far, 1000));
	SAY(m, xc_evtchn_notify, a, near);
	note(m, "masked %d", came(m, b, far, 100));
	SAY(m, xc_evtchn_unmask, b, far);
	note(m, "unmasked %d", came(m, b, far, 1000));
	SAY(m, xc_evtchn_notify, b, far);
	note(m, "back %d", came(m, a, near, 1000));
	SAY(m, xc_evtchn_unbind, b, far);
	SAY(m, xc_evtchn_notify, b, far);
	SAY(m, xc_evtchn_unbind, b, far);
	SAY(m, xc_evtchn_close, a);
	SAY(m, xc_evtchn_close, b);
}

static void wrong(struct mode *m)
{
	xc_evtchn *a = make(m, 0), *b = make(m, 0);
	unsigned int i;
	int port;

	for (i = 0; i < NR(bad_domids); i++) {
		SAY_PORT(m, xc_evtchn_bind_unbound_port, a, bad_domids[i]);
		SAY_PORT(m, xc_evtchn_bind_interdomain, a, bad_domids[i], 1);
	}
	SAY_PORT(m, xc_evtchn_bind_interdomain, a, 0, 0xffffffff);
	SAY(m, xc_evtchn_notify, a, 0);
	SAY(m, xc_evtchn_unbind, a, 0xffffffff);
	SAY(m, xc_evtchn_unmask, a, 0xffffffff);
	port = SAY_PORT(m, xc_evtchn_bind_virq, a, VIRQ_FREE);
	SAY_PORT(m, xc_evtchn_bind_virq, a, VIRQ_FREE);
	SAY_PORT(m, xc_evtchn_bind_virq, b, VIRQ_FREE);
	SAY_PORT(m, xc_evtchn_bind_virq, b, 1000);
	SAY(m, xc_evtchn_unbind, a, port);
	SAY_PORT(m, xc_evtchn_bind_virq, b, VIRQ_FREE);
	/* Nothing there, and not to be waited for. */
	fcntl(DO(m, xc_evtchn_fd, a), F_SETFL, O_RDWR | O_NONBLOCK);
	SAY_PORT(m, xc_evtchn_pending, a);
	SAY(m, xc_evtchn_close, a);
	SAY(m, xc_evtchn_close, b);
}

static const struct diff_case cases[] = {
	{ "handles", handles, 1 },
	{ "events", events, 1 },
	{ "what is refused", wrong, 1 },
};

int main(void)
{
	ksft_print_header();
	open_modes();
	ksft_set_plan(NR(cases) + 1);
	run_cases(cases, NR(cases));
	all_called("xc_diff_evtchn");
	ksft_finished();
}
