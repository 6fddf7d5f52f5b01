// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Promise: Debian's libxenvchan, unmodified, works on our libxenevtchn and
 * libxengnttab as it does on stock's: with a peer in a real guest that has
 * stock's, as server and as client, blocking and not, to whichever end.
 *
 * One program is both peers. rig/guest/vchan-guest starts the guest and runs
 *
 *	drop_vchan host DOMID	in dom0
 *	drop_vchan guest	in the guest
 *
 * which do the same rounds one after another, each a vchan of its own in a
 * process of its own. In dom0 that is executed, so that the loader takes ours
 * or stock's for it. What came of a round is written down, and must be the same
 * text with both.
 */
#include <dlfcn.h>
#include <errno.h>
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <libxenvchan.h>

#include "kselftest.h"

#include "helper/maps.h"

#define SOON	20000	/* ms in which what is to come has come */
#define QUIET	300	/* ms after which a ring that is full stays so */
#define LIMIT	180	/* seconds of a round; the first waits for the boot */
#define PACKETS	32
#define PACKET	200U
#define CHUNK	5000U

#define VCHAN_FUNCTIONS(F) \
	F(server_init) F(client_init) F(close) F(recv) F(read) F(send) \
	F(write) F(wait) F(fd_for_select) F(is_open) F(data_ready) \
	F(buffer_space)

static struct {
#define F(name) __typeof__(&libxenvchan_##name) name;
	VCHAN_FUNCTIONS(F)
#undef F
} vchan;

enum end { GUEST_CLOSES, GUEST_DIES, HOST_CLOSES, HOST_DIES };

static const struct round {
	const char *name;
	bool host_serves;
	enum end end;
	unsigned int ring;	/* bytes, at least */
} rounds[] = {
	{ "dom0 serves, guest closes", true, GUEST_CLOSES, 1024 },
	{ "dom0 serves, guest dies", true, GUEST_DIES, 2048 },
	{ "dom0 serves and closes", true, HOST_CLOSES, 32768 },
	{ "dom0 serves and dies", true, HOST_DIES, 8192 },
	{ "guest serves and closes", false, GUEST_CLOSES, 1024 },
	{ "guest serves and dies", false, GUEST_DIES, 2048 },
	{ "guest serves, dom0 closes", false, HOST_CLOSES, 32768 },
	{ "guest serves, dom0 dies", false, HOST_DIES, 8192 },
};
#define NR_ROUNDS (sizeof(rounds) / sizeof(rounds[0]))

static const char *const libraries[] = { "ours", "stock" };

#define FAIL(...) do { \
	printf("failed: " __VA_ARGS__); \
	printf(" (line %d, errno %d)\n", __LINE__, errno); \
	fflush(stdout); \
	_exit(1); \
} while (0)

/* Data: every stream another, and no period that a ring's size divides. */

enum { TO_GUEST, TO_HOST, ECHO };

static uint8_t byte_of(unsigned int stream, uint32_t at)
{
	return (uint8_t)((at * 2654435761U + stream * 40503U) >> 19);
}

static void fill(uint8_t *p, unsigned int stream, uint32_t at, uint32_t n)
{
	uint32_t i;

	for (i = 0; i < n; i++)
		p[i] = byte_of(stream, at + i);
}

static void check(const uint8_t *p, unsigned int stream, uint32_t at,
		  uint32_t n)
{
	uint32_t i;

	for (i = 0; i < n; i++)
		if (p[i] != byte_of(stream, at + i))
			FAIL("stream %u: byte %u is wrong", stream, at + i);
}

static uint32_t min(uint32_t a, uint32_t b)
{
	return a < b ? a : b;
}

/* Sizes of 1 to CHUNK, by turns. */
static uint32_t some(uint32_t at, uint32_t left)
{
	return min(1 + (at * 2246822519U >> 7) % CHUNK, left);
}

/* A small ring is an event for each few bytes: 40 KiB to 1.25 MiB. */
static uint32_t stream_size(const struct round *r)
{
	return 40 * r->ring;
}

static void stream_out(struct libxenvchan *v, unsigned int stream,
		       uint32_t size)
{
	uint8_t buffer[CHUNK];
	uint32_t at, n;

	for (at = 0; at < size; at += n) {
		n = some(at, size - at);
		fill(buffer, stream, at, n);
		if (vchan.write(v, buffer, n) != (int)n)
			FAIL("write at %u", at);
	}
}

static void stream_in(struct libxenvchan *v, unsigned int stream,
		      uint32_t size)
{
	uint8_t buffer[CHUNK];
	uint32_t at;
	int n;

	for (at = 0; at < size; at += (uint32_t)n) {
		n = vchan.read(v, buffer, some(at, size - at));
		if (n <= 0)
			FAIL("read at %u: %d", at, n);
		check(buffer, stream, at, (uint32_t)n);
	}
}

/* Exactly so much, or nothing: there and back. */
static void packets(struct libxenvchan *v, bool host)
{
	uint8_t buffer[PACKET];
	uint32_t i;

	for (i = 0; i < PACKETS; i++) {
		if (host) {
			fill(buffer, TO_GUEST, i, PACKET);
			if (vchan.send(v, buffer, PACKET) != PACKET)
				FAIL("send %u", i);
		}
		if (vchan.recv(v, buffer, PACKET) != PACKET)
			FAIL("recv %u", i);
		check(buffer, host ? TO_HOST : TO_GUEST, i, PACKET);
		if (!host) {
			fill(buffer, TO_HOST, i, PACKET);
			if (vchan.send(v, buffer, PACKET) != PACKET)
				FAIL("send %u", i);
		}
	}
}

static uint32_t echo_size(const struct round *r)
{
	return 6 * r->ring + (16U << 10);
}

/* The guest's part: gives back what it gets, and stands still when it can't. */
static void echo(struct libxenvchan *v, const struct round *r)
{
	uint32_t at, left = echo_size(r);
	uint8_t buffer[CHUNK];
	int n;

	for (at = 0; at < left; at += (uint32_t)n) {
		n = vchan.read(v, buffer, min(CHUNK, left - at));
		if (n <= 0 || vchan.write(v, buffer, (size_t)n) != n)
			FAIL("echo at %u: %d", at, n);
	}
}

static bool ready(struct libxenvchan *v, int ms)
{
	struct pollfd p = { vchan.fd_for_select(v), POLLIN, 0 };

	return poll(&p, 1, ms) == 1 && p.revents & POLLIN;
}

/* Sends what goes without blocking. */
static uint32_t push(struct libxenvchan *v, uint32_t at, uint32_t size)
{
	uint8_t buffer[CHUNK];
	uint32_t n = some(at, size - at);
	int sent;

	if (!n)
		return 0;
	fill(buffer, ECHO, at, n);
	sent = vchan.write(v, buffer, n);
	if (sent < 0)
		FAIL("write at %u", at);
	return (uint32_t)sent;
}

/* Dom0's part: first it only sends, until both rings are full. */
static void no_blocking(struct libxenvchan *v, const struct round *r)
{
	uint32_t out = 0, in = 0, size = echo_size(r), n;
	uint8_t buffer[CHUNK];
	int got;

	v->blocking = 0;
	printf("nothing there: read %d", vchan.read(v, buffer, CHUNK));
	printf(", recv %d\n", vchan.recv(v, buffer, PACKET));
	do {
		while ((n = push(v, out, size)))
			out += n;
		if (ready(v, QUIET))
			vchan.wait(v);
		else
			break;
	} while (out < size);
	printf("full: all sent %d, room %d, there %d\n", out == size,
	       vchan.buffer_space(v), vchan.data_ready(v) >= (int)r->ring);
	while (in < size) {
		got = vchan.read(v, buffer, min(CHUNK, size - in));
		if (got < 0)
			FAIL("read at %u", in);
		check(buffer, ECHO, in, (uint32_t)got);
		in += (uint32_t)got;
		n = push(v, out, size);
		out += n;
		if (got || n)
			continue;
		if (!ready(v, SOON))
			FAIL("no event: %u of %u back", in, out);
		vchan.wait(v);
	}
	v->blocking = 1;
	printf("all came back\n");
}

/* The other end goes: that is an event, and seen in all that one can call. */
static void sees_the_end(struct libxenvchan *v)
{
	char c = 0;

	while (vchan.is_open(v)) {
		if (!ready(v, SOON))
			FAIL("the end is no event");
		vchan.wait(v);
	}
	printf("ended: read %d", vchan.read(v, &c, 1));
	printf(", recv %d", vchan.recv(v, &c, 1));
	printf(", write %d", vchan.write(v, &c, 1));
	v->blocking = 0;
	printf(", read %d\n", vchan.read(v, &c, 1));
}

static struct libxenvchan *start(const struct round *r, bool host, int domid,
				 const char *path)
{
	struct libxenvchan *v = NULL;
	int i;

	if (r->host_serves == host) {
		v = vchan.server_init(NULL, domid, path, r->ring, r->ring);
		if (!v)
			FAIL("server_init");
		printf("served: open %d\n", vchan.is_open(v));
	} else {
		for (i = 0; !v && i < LIMIT * 20; i++) {
			v = vchan.client_init(NULL, domid, path);
			if (!v)
				usleep(50000);
		}
		if (!v)
			FAIL("client_init");
	}
	v->blocking = 1;
	return v;
}

static void play(const struct round *r, bool host, int domid, const char *path)
{
	struct libxenvchan *v;
	char bye = 'b';

	alarm(LIMIT);
	v = start(r, host, domid, path);
	if (host) {
		stream_out(v, TO_GUEST, stream_size(r));
		stream_in(v, TO_HOST, stream_size(r));
	} else {
		stream_in(v, TO_GUEST, stream_size(r));
		stream_out(v, TO_HOST, stream_size(r));
	}
	packets(v, host);
	printf("open %d\n", vchan.is_open(v));
	if (host)
		no_blocking(v, r);
	else
		echo(v, r);
	/* One byte more, so that nobody goes with data on its way. */
	if (host ? vchan.write(v, &bye, 1) != 1 : vchan.read(v, &bye, 1) != 1)
		FAIL("bye");
	if (host == (r->end == GUEST_CLOSES || r->end == GUEST_DIES))
		sees_the_end(v);
	if (r->end != (host ? HOST_DIES : GUEST_DIES))
		vchan.close(v);
	printf("done\n");
	fflush(stdout);
	_exit(0);
}

static void load(void)
{
	char name[40];
	void *dl = NULL;
	int minor;

	for (minor = 14; !dl && minor < 40; minor++) {
		snprintf(name, sizeof(name), "libxenvchan.so.4.%d", minor);
		dl = dlopen(name, RTLD_NOW);
	}
	if (!dl)
		FAIL("no libxenvchan");
#define F(name) \
	vchan.name = (__typeof__(vchan.name))dlsym(dl, "libxenvchan_" #name); \
	if (!vchan.name) \
		FAIL("no libxenvchan_" #name);
	VCHAN_FUNCTIONS(F)
#undef F
}

/* argv: round, ours or stock, its number, domid, path, our folder */
static int play_host(char **argv)
{
	bool ours = !strcmp(argv[2], "ours");

	load();
	if (is_from("self", "/libxenevtchn.so", argv[6]) != ours ||
	    is_from("self", "/libxengnttab.so", argv[6]) != ours ||
	    is_from("self", "/libxenvchan.so", argv[6]))
		FAIL("not the libraries that were to be");
	play(&rounds[atoi(argv[3])], true, atoi(argv[4]), argv[5]);
	return 1;
}

/* What the round wrote down; its exit status. */
static int run_round(unsigned int which, unsigned int nr, const char *domid,
		     char *text, size_t size)
{
	const char *folder = getenv("XENBATCH_LIBDIR");
	size_t len = 0;
	int fds[2], status = -1;
	ssize_t n;
	pid_t pid;

	if (!folder || pipe(fds))
		ksft_exit_fail_msg("no XENBATCH_LIBDIR, or no pipe\n");
	fflush(stdout);
	pid = fork();
	if (!pid) {
		char path[80], number[12];

		snprintf(path, sizeof(path), "/local/domain/%s/data/vchan-%zu",
			 domid, which * NR_ROUNDS + nr);
		snprintf(number, sizeof(number), "%u", nr);
		if (which)
			unsetenv("LD_LIBRARY_PATH");
		else
			setenv("LD_LIBRARY_PATH", folder, 1);
		dup2(fds[1], 1);
		execl("/proc/self/exe", "drop_vchan", "round", libraries[which],
		      number, domid, path, folder, NULL);
		_exit(1);
	}
	close(fds[1]);
	while (len < size - 1 &&
	       (n = read(fds[0], text + len, size - 1 - len)) > 0)
		len += (size_t)n;
	text[len] = 0;
	close(fds[0]);
	waitpid(pid, &status, 0);
	return status;
}

static int host(const char *domid)
{
	char text[2][NR_ROUNDS][2048];
	unsigned int i, k;
	int status;

	ksft_print_header();
	ksft_set_plan(3 * NR_ROUNDS);
	for (k = 0; k < 2; k++) {
		for (i = 0; i < NR_ROUNDS; i++) {
			status = run_round(k, i, domid, text[k][i],
					   sizeof(text[k][i]));
			if (status)
				ksft_print_msg("status %x: %s\n", status,
					       text[k][i]);
			ksft_test_result(!status, "%s: %s\n", libraries[k],
					 rounds[i].name);
		}
	}
	for (i = 0; i < NR_ROUNDS; i++) {
		bool same = !strcmp(text[0][i], text[1][i]);

		if (!same)
			ksft_print_msg("ours: %s|stock: %s\n", text[0][i],
				       text[1][i]);
		if (getenv("XENBATCH_DIFF_SHOW"))
			printf("%s", text[0][i]);
		ksft_test_result(same, "the same text: %s\n", rounds[i].name);
	}
	ksft_finished();
	return 1;
}

/* As many rounds as dom0's side does; how many went well is its report. */
static int guest(void)
{
	unsigned int i, good = 0;
	char path[40];
	int status;

	load();
	for (i = 0; i < 2 * NR_ROUNDS; i++) {
		pid_t pid;

		snprintf(path, sizeof(path), "data/vchan-%u", i);
		fflush(stdout);
		pid = fork();
		if (!pid)
			play(&rounds[i % NR_ROUNDS], false, 0, path);
		status = -1;
		waitpid(pid, &status, 0);
		good += !status;
		printf("round %u: %x\n", i, status);
	}
	printf("guest: %u of %zu\n", good, 2 * NR_ROUNDS);
	return good != 2 * NR_ROUNDS;
}

int main(int argc, char **argv)
{
	if (argc == 7 && !strcmp(argv[1], "round"))
		return play_host(argv);
	if (argc == 2 && !strcmp(argv[1], "guest"))
		return guest();
	if (argc == 3 && !strcmp(argv[1], "host"))
		return host(argv[2]);
	ksft_exit_skip("a guest is needed: rig/guest/vchan-guest runs this\n");
}
