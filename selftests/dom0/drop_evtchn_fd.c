// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Promise: the descriptor of our libxenevtchn is what stock's is to clients
 * that use it by themselves: ports are read and written, one or many, it is
 * polled by whatever can poll, it waits or does not, and it sends signals.
 */
#include <sys/epoll.h>
#include <sys/select.h>
#include <sys/time.h>

/* xenctrl.h comes first: it says that this is a tool. */
#include "helper/drop_diff.h"
#include "helper/drop_events.h"

#include <xen/sys/evtchn.h>

#define MANY 150	/* the driver's ring grows twice on the way */

static void many_ports(struct mode *m)
{
	xenevtchn_handle *a = open_quietly(m), *b = open_quietly(m);
	unsigned int i, round, seen, wrong = 0;
	int near[MANY], far[MANY], port;
	evtchn_port_t list[MANY + 1];
	ssize_t n = 0;

	for (i = 0; i < MANY; i++) {
		near[i] = m->api.xenevtchn_bind_unbound_port(a, 0);
		far[i] = m->api.xenevtchn_bind_interdomain(b, 0, near[i]);
		wrong += near[i] <= 0 || far[i] <= 0;
	}
	note(m, "not bound: %u", wrong);
	for (round = 0; round < 4; round++) {
		/* In the first round they are binding's own. */
		for (i = 0; round && i < MANY; i++)
			wrong += !!m->api.xenevtchn_notify(a, near[i]);
		bool got[MANY] = { false };

		for (seen = 0; seen < MANY && is_ready(m, b, SOON); seen++) {
			port = m->api.xenevtchn_pending(b);
			for (i = 0; i < MANY && far[i] != port; i++)
				;
			wrong += i == MANY || got[i];
			if (i < MANY)
				got[i] = true;
			list[seen] = port;
		}
		note(m, "seen %u, more %d", seen, is_ready(m, b, NEVER));
		/* All at once, among them one that is nobody's. */
		list[seen] = 0x12345;
		n = write(m->api.xenevtchn_fd(b), list, 4 * (seen + 1));
		note(m, "unmasked %zd", n);
	}
	note(m, "wrong: %u", wrong);
	CLOSE(m, a);
	CLOSE(m, b);
}

static void note_rw(struct mode *m, const char *what, ssize_t n)
{
	note(m, "%s %zd, errno %d", what, n, errno);
	errno = SAID;
}

static void reads_and_writes(struct mode *m)
{
	struct ends e = ends_make(m, true), f = { e.a, e.a, 0, 0 };
	int fd = m->api.xenevtchn_fd(e.a);
	static evtchn_port_t list[5000];

	f.near = m->api.xenevtchn_bind_unbound_port(e.a, 0);
	f.far = m->api.xenevtchn_bind_interdomain(e.a, 0, f.near);
	note(m, "first event %d", came(m, f.b, f.far, SOON));
	UNMASK(m, f.b, f.far);
	errno = SAID;
	/* Less than a port is nothing, and waits for nothing. */
	note_rw(m, "read 0", read(fd, list, 0));
	note_rw(m, "read 3", read(fd, list, 3));
	note_rw(m, "write 0", write(fd, list, 0));
	note_rw(m, "write 3", write(fd, list, 3));
	/* Two are read at once; a bad address loses none. */
	NOTIFY(m, e.a, e.near);
	note(m, "ready %d", is_ready(m, e.a, SOON));
	NOTIFY(m, e.a, f.near);
	usleep(NEVER * 1000);
	errno = SAID;
	note_rw(m, "read badly", read(fd, wild(8), 4));
	note_rw(m, "read 4000", read(fd, list, 4000));
	note(m, "both %d", list[0] == (evtchn_port_t)e.far &&
	     list[1] == (evtchn_port_t)f.far);
	note_rw(m, "write badly", write(fd, wild(8), 4));
	NOTIFY(m, e.a, e.near);
	NOTIFY(m, e.a, f.near);
	note(m, "ready %d", is_ready(m, e.a, NEVER));
	errno = SAID;
	/* Seven bytes are one port. */
	note_rw(m, "write 7", write(fd, list, 7));
	note(m, "came %d", came(m, e.a, e.far, SOON));
	note(m, "ready %d", is_ready(m, e.a, NEVER));
	note_rw(m, "write", write(fd, list + 1, sizeof(list) - 4));
	note(m, "came %d", came(m, e.a, f.far, SOON));
	errno = SAID;
	note_rw(m, "lseek", lseek(fd, 0, SEEK_SET));
	note_rw(m, "mmap", mmap(NULL, PAGE, RW, MAP_SHARED, fd, 0) ==
		MAP_FAILED);
	note_rw(m, "unknown ioctl", ioctl(fd, _IO('E', 77), 0));
	note_rw(m, "bad ioctl", ioctl(fd, IOCTL_EVTCHN_NOTIFY, wild(8)));
	/* Forget what is there, which no function of the library does. */
	list[1] = f.far;
	note_rw(m, "write", write(fd, list, 8));
	NOTIFY(m, e.a, e.near);
	note(m, "ready %d", is_ready(m, e.a, SOON));
	errno = SAID;
	note_rw(m, "reset", ioctl(fd, IOCTL_EVTCHN_RESET, 0));
	quiet(m, e);
	ends_close(m, e);
}

static void waited_for(struct mode *m, struct ends e, bool is_there)
{
	int fd = m->api.xenevtchn_fd(e.b), ep = epoll_create1(0);
	struct pollfd p = { fd, POLLIN | POLLOUT | POLLPRI, 0 };
	struct epoll_event ev = { .events = EPOLLIN | EPOLLET };
	struct timeval tv = { .tv_usec = NEVER * 1000 };
	fd_set in;

	note(m, "poll %d, %x", poll(&p, 1, NEVER), p.revents);
	FD_ZERO(&in);
	FD_SET(fd, &in);
	note(m, "select %d", select(fd + 1, &in, NULL, NULL, &tv));
	note(m, "epoll_ctl %d", epoll_ctl(ep, EPOLL_CTL_ADD, fd, &ev));
	note(m, "epoll %d, %d", epoll_wait(ep, &ev, 1, is_there ? SOON :
					   NEVER), ev.events == EPOLLIN);
	note(m, "epoll again %d", epoll_wait(ep, &ev, 1, 0));
	close(ep);
}

static void polls(struct mode *m)
{
	struct ends e = ends_make(m, false);

	waited_for(m, e, false);
	NOTIFY(m, e.a, e.near);
	note(m, "ready %d", is_ready(m, e.b, SOON));
	waited_for(m, e, true);
	note(m, "came %d", came(m, e.b, e.far, SOON));
	waited_for(m, e, false);
	ends_close(m, e);
}

static volatile sig_atomic_t signals;
static void on_signal(int sig)
{
	(void)sig;
	signals++;
}

static void waits(struct mode *m)
{
	/* No SA_RESTART: a signal is to end a read. */
	const struct sigaction action = { .sa_handler = on_signal };
	const struct itimerval soon = { .it_value.tv_usec = NEVER * 1000 };
	struct ends e = ends_make(m, false);
	int fd = m->api.xenevtchn_fd(e.b), i;

	/* Non-blocking: nothing there is an error, something is taken. */
	note(m, "O_NONBLOCK %d", fcntl(fd, F_SETFL, O_RDWR | O_NONBLOCK));
	CALL_PORT(m, xenevtchn_pending, e.b);
	NOTIFY(m, e.a, e.near);
	note(m, "ready %d", is_ready(m, e.b, SOON));
	CALL_PORT(m, xenevtchn_pending, e.b);
	CALL_PORT(m, xenevtchn_pending, e.b);
	UNMASK(m, e.b, e.far);
	note(m, "blocking %d", fcntl(fd, F_SETFL, O_RDWR));
	/* Blocking: it sleeps, and a signal ends that. */
	sigaction(SIGALRM, &action, NULL);
	signals = 0;
	setitimer(ITIMER_REAL, &soon, NULL);
	CALL_PORT(m, xenevtchn_pending, e.b);
	note(m, "signals %d", signals);
	/* A signal for who has asked for it. */
	sigaction(SIGIO, &action, NULL);
	signals = 0;
	note(m, "F_SETOWN %d, O_ASYNC %d", fcntl(fd, F_SETOWN, getpid()),
	     fcntl(fd, F_SETFL, O_RDWR | O_ASYNC));
	NOTIFY(m, e.a, e.near);
	for (i = 0; i < SOON && !signals; i++)
		usleep(1000);
	note(m, "signals %d, came %d", signals, came(m, e.b, e.far, SOON));
	signal(SIGALRM, SIG_DFL);
	fcntl(fd, F_SETFL, O_RDWR);
	signal(SIGIO, SIG_DFL);
	ends_close(m, e);
}

static const struct diff_case cases[] = {
	{ "150 ports", many_ports },
	{ "read and write", reads_and_writes },
	{ "poll, select, epoll", polls },
	{ "waiting", waits },
};

int main(void)
{
	ksft_print_header();
	open_modes();
	ksft_set_plan(NR(cases));
	run_cases(cases, NR(cases));
	ksft_finished();
}
