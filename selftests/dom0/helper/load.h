/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Clients of xenstored, each a process: half of them by its socket, half by the
 * kernel's ring. Each goes round and round the same things in a folder of its
 * own until it is told to stop, and every answer is checked. What a round gave
 * is written down, without the numbers that differ: it is the same text for all
 * of them, every time.
 */
#ifndef LOAD_H
#define LOAD_H

#include <errno.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "store.h"

#define NR_CLIENTS	50
#define NR_COUNTERS	10
#define LOAD_ROOT	"/xenbatch-test"
#define LOAD_TEXT	2048
#define VALUE_MAX	3000
#define EVENT_SOON	30000	/* ms; beside everybody else */

struct client {
	unsigned int rounds;	/* done */
	unsigned int counted;
	char text[LOAD_TEXT];	/* of the first round */
	char wrong[200];	/* the first answer that is */
};

static struct load {
	bool hold, stop;
	struct client clients[NR_CLIENTS];
} *load;	/* shared by all */
static pid_t load_pids[NR_CLIENTS];

/* In the client */

struct user {
	struct xs_handle *xs;
	struct client *c;
	unsigned int nr, round;
	bool ring;
	char home[40];
	char text[LOAD_TEXT];
	size_t len;
};

__attribute__((format(printf, 2, 3)))
static void user_note(struct user *u, const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	u->len += (size_t)vsnprintf(u->text + u->len, sizeof(u->text) - u->len,
				    format, ap);
	va_end(ap);
	if (u->len >= sizeof(u->text))
		u->len = sizeof(u->text) - 1;
}

static void user_wants(struct user *u, bool good, const char *what)
{
	if (good) {
		user_note(u, "%s\n", what);
		return;
	}
	snprintf(u->c->wrong, sizeof(u->c->wrong),
		 "client %u (%s), round %u: %s (errno %d)", u->nr,
		 u->ring ? "ring" : "socket", u->round, what, errno);
	_exit(1);
}

static const char *user_path(struct user *u, const char *name)
{
	static char path[128];

	snprintf(path, sizeof(path), "%s%s", u->home, name);
	return path;
}

static void user_event(struct user *u, const char *name)
{
	char **event = store_event(u->xs, EVENT_SOON), what[80];

	snprintf(what, sizeof(what), "event %s", name);
	user_wants(u, event && !strcmp(event[XS_WATCH_PATH],
				       user_path(u, name)), what);
	user_wants(u, !strcmp(event[XS_WATCH_TOKEN], u->home), "its token");
	free(event);
}

/* Is what stands there this? NULL: there is nothing. */
static void user_reads(struct user *u, xs_transaction_t t, const char *name,
		       const char *value, unsigned int size)
{
	unsigned int len = 0;
	char what[80], *got;
	bool good;

	got = store.read(u->xs, t, user_path(u, name), &len);
	snprintf(what, sizeof(what), "read %s%s", name, value ? "" : ": none");
	good = value ? got && len == size && !memcmp(got, value, len) :
		       !got && errno == ENOENT;
	user_wants(u, good, what);
	free(got);
}

/* A value that nobody else has, nor this one in another round. */
static unsigned int user_value(struct user *u, char *value)
{
	unsigned int size = 1 + (u->nr * 613 + u->round * 211) % VALUE_MAX, i;
	unsigned int seed = u->nr << 16 | u->round;

	for (i = 0; i < size; i++) {
		seed = seed * 1664525 + 1013904223;
		value[i] = (char)(seed >> 24);
	}
	return size;
}

static void user_nodes(struct user *u)
{
	unsigned int n = 0, size;
	struct xs_permissions *perms;
	char value[VALUE_MAX], **names;
	char number[24];

	user_wants(u, store.mkdir(u->xs, XBT_NULL, user_path(u, "/dir")),
		   "mkdir");
	user_event(u, "/dir");
	snprintf(number, sizeof(number), "%u.%u", u->nr, u->round);
	user_wants(u, store.write(u->xs, XBT_NULL, user_path(u, "/dir/a"),
				  number, strlen(number)), "write a");
	user_event(u, "/dir/a");
	size = user_value(u, value);
	user_wants(u, store.write(u->xs, XBT_NULL, user_path(u, "/dir/b"),
				  value, size), "write b");
	user_event(u, "/dir/b");
	user_reads(u, XBT_NULL, "/dir/a", number, strlen(number));
	user_reads(u, XBT_NULL, "/dir/b", value, size);

	names = store.directory(u->xs, XBT_NULL, user_path(u, "/dir"), &n);
	user_wants(u, names && n == 2, "directory");
	user_note(u, "%s %s\n", names[0], names[1]);
	free(names);
	perms = store.get_permissions(u->xs, XBT_NULL, user_path(u, "/dir"),
				      &n);
	user_wants(u, perms && n, "permissions");
	user_note(u, "%u: %u %d\n", n, perms->id, perms->perms);
	free(perms);

	user_wants(u, !store.write(u->xs, XBT_NULL, user_path(u, "//x"), "",
				   0) && errno == EINVAL, "a bad path");
}

static void user_transactions(struct user *u)
{
	char number[24], counter[64], *got;
	xs_transaction_t t;
	unsigned int len;

	snprintf(number, sizeof(number), "%u.%u", u->nr, u->round);
	t = store.transaction_start(u->xs);
	user_wants(u, t != XBT_NULL, "transaction");
	user_wants(u, store.write(u->xs, t, user_path(u, "/dir/t"), number,
				  strlen(number)), "write t");
	user_reads(u, t, "/dir/t", number, strlen(number));
	user_reads(u, XBT_NULL, "/dir/t", NULL, 0);
	user_wants(u, store.transaction_end(u->xs, t, false), "commit");
	user_event(u, "/dir/t");

	t = store.transaction_start(u->xs);
	user_wants(u, t != XBT_NULL, "transaction");
	user_wants(u, store.rm(u->xs, t, user_path(u, "/dir")), "rm");
	user_reads(u, t, "/dir/a", NULL, 0);
	user_wants(u, store.transaction_end(u->xs, t, true), "abort");
	user_reads(u, XBT_NULL, "/dir/a", number, strlen(number));

	/* Everybody's: who was too late does it again. */
	snprintf(counter, sizeof(counter), LOAD_ROOT "/count/%u",
		 u->nr % NR_COUNTERS);
	do {
		t = store.transaction_start(u->xs);
		got = t ? store.read(u->xs, t, counter, &len) : NULL;
		if (!got)
			break;
		snprintf(number, sizeof(number), "%u",
			 (unsigned int)atoi(got) + 1);
		free(got);
		if (!store.write(u->xs, t, counter, number, strlen(number))) {
			got = NULL;
			break;
		}
	} while (!store.transaction_end(u->xs, t, false) && errno == EAGAIN);
	user_wants(u, got, "count");
	u->c->counted++;
}

static void user_round(struct user *u)
{
	size_t nodes;

	u->len = 0;
	user_nodes(u);
	nodes = u->len;
	/*
	 * The ring is one connection: were somebody in a transaction by it all
	 * the time, xenstored would never find the time for a live update.
	 */
	if (!u->ring || u->round % 8 == 0 || u->nr % 8 == u->round % 8)
		user_transactions(u);
	if (!u->round)
		strcpy(u->c->text, u->text);
	else if (strncmp(u->c->text, u->text, u->len) ||
		 (u->len != nodes && u->c->text[u->len]))
		user_wants(u, false, "another answer than in the first round");
	user_wants(u, store.rm(u->xs, XBT_NULL, user_path(u, "/dir")), "rm");
	user_event(u, "/dir");
}

/*
 * The ring has a message of one client at a time, where every socket has its
 * own: nobody runs away from the slowest, so that all of them go on working.
 */
static bool user_waits(struct user *u)
{
	unsigned int i;

	if (__atomic_load_n(&load->hold, __ATOMIC_SEQ_CST))
		return true;
	for (i = 0; i < NR_CLIENTS; i++)
		if (__atomic_load_n(&load->clients[i].rounds,
				    __ATOMIC_SEQ_CST) + 1 < u->round)
			return true;
	return false;
}

static void user_run(unsigned int nr)
{
	struct user u = { .c = &load->clients[nr], .nr = nr, .ring = nr & 1 };
	char path[64];

	snprintf(u.home, sizeof(u.home), LOAD_ROOT "/%u", nr);
	u.xs = store_open(u.ring);
	user_wants(&u, u.xs, "open");
	user_wants(&u, store.mkdir(u.xs, XBT_NULL, u.home), "home");
	strcpy(path, user_path(&u, "/dir"));
	user_wants(&u, store.watch(u.xs, path, u.home), "watch");
	user_event(&u, "/dir");
	while (!__atomic_load_n(&load->stop, __ATOMIC_SEQ_CST)) {
		if (user_waits(&u)) {
			usleep(20000);
			continue;
		}
		user_round(&u);
		u.round++;
		__atomic_store_n(&u.c->rounds, u.round, __ATOMIC_SEQ_CST);
	}
	user_wants(&u, store.unwatch(u.xs, path, u.home), "unwatch");
	store.close(u.xs);
	_exit(0);
}

/* In the test */

static inline double seconds_now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

static inline void load_hold(bool hold)
{
	__atomic_store_n(&load->hold, hold, __ATOMIC_SEQ_CST);
}

/* 0, or -1 if they cannot be. */
static inline int load_start(struct xs_handle *xs)
{
	char path[64];
	unsigned int i;

	if (!load)
		load = mmap(NULL, sizeof(*load), PROT_READ | PROT_WRITE,
			    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (load == MAP_FAILED)
		return -1;
	memset(load, 0, sizeof(*load));
	for (i = 0; i < NR_COUNTERS; i++) {
		snprintf(path, sizeof(path), LOAD_ROOT "/count/%u", i);
		if (!store.write(xs, XBT_NULL, path, "0", 1))
			return -1;
	}
	fflush(stdout);
	for (i = 0; i < NR_CLIENTS; i++) {
		load_pids[i] = fork();
		if (!load_pids[i])
			user_run(i);
		if (load_pids[i] < 0)
			return -1;
	}
	return 0;
}

static inline unsigned int load_rounds(void)
{
	unsigned int i, n = 0;

	for (i = 0; i < NR_CLIENTS; i++)
		n += __atomic_load_n(&load->clients[i].rounds,
				     __ATOMIC_SEQ_CST);
	return n;
}

/* Everybody has gone round this often more; with 0: some have, once. */
static inline bool load_goes_on(unsigned int rounds, unsigned int seconds)
{
	double end = seconds_now() + seconds;
	unsigned int from[NR_CLIENTS], before = load_rounds(), i;

	for (i = 0; i < NR_CLIENTS; i++)
		from[i] = load->clients[i].rounds;
	while (load_rounds() < before + 3) {
		if (seconds_now() > end)
			return false;
		usleep(20000);
	}
	for (i = 0; i < NR_CLIENTS;) {
		struct client *c = &load->clients[i];

		if (__atomic_load_n(&c->rounds, __ATOMIC_SEQ_CST) >=
		    from[i] + rounds)
			i++;
		else if (c->wrong[0] || seconds_now() > end)
			return false;
		else
			usleep(20000);
	}
	return true;
}

/* Ends them all; how many of them did not end well. */
static inline unsigned int load_stop(unsigned int seconds)
{
	double end = seconds_now() + seconds;
	unsigned int i, bad = 0;
	int status;

	__atomic_store_n(&load->stop, true, __ATOMIC_SEQ_CST);
	for (i = 0; i < NR_CLIENTS; i++) {
		pid_t pid = load_pids[i], done = -1;

		load_pids[i] = 0;
		status = -1;
		while (pid > 0 && !(done = waitpid(pid, &status, WNOHANG))) {
			if (seconds_now() > end)
				kill(pid, SIGKILL);
			if (seconds_now() > end + 2)
				break;
			usleep(10000);
		}
		if (done != pid || status) {
			printf("# client %u: status %x after %u rounds. %s\n",
			       i, status, load->clients[i].rounds,
			       load->clients[i].wrong);
			bad++;
		}
	}
	return bad;
}

/* Everyone's count, and what it should be. */
static inline bool load_counted(struct xs_handle *xs, unsigned int *count)
{
	unsigned int i, len, wanted = 0;
	char path[64], *got;

	*count = 0;
	for (i = 0; i < NR_CLIENTS; i++)
		wanted += load->clients[i].counted;
	for (i = 0; i < NR_COUNTERS; i++) {
		snprintf(path, sizeof(path), LOAD_ROOT "/count/%u", i);
		got = store.read(xs, XBT_NULL, path, &len);
		if (!got)
			return false;
		*count += (unsigned int)atoi(got);
		free(got);
	}
	return *count == wanted;
}

#endif /* LOAD_H */
