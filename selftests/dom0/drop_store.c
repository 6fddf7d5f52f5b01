// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Promise: our libxenstore asks the daemon that runs here what stock's asks, and
 * says the same of it: values, errno, texts, events and their order, by the
 * socket and by the kernel's device, over threads, fork and restrictions.
 */
#include <poll.h>
#include <pthread.h>

/* xenctrl.h comes first: it says that this is a tool. */
#include "helper/drop_device.h"
#include "helper/drop_diff.h"

#define ROOT	"/xenbatch-drop-store"
#define NOBODY	31000	/* no domain has this number */
#define RING	"/dev/xen/xenbus"

static int (*restrict_all)(domid_t domid);
static struct xs_handle *shared;

static void text_of(struct mode *m, const char *what, char *p, unsigned int len)
{
	unsigned int i;

	fprintf(m->out, "  %s %u:", what, len);
	for (i = 0; p && i <= len; i++)
		fprintf(m->out, " %02x", (unsigned char)p[i]);
	fputc('\n', m->out);
}

/* Those that give memory: written down, and given back. */

static void reads(struct mode *m, struct xs_handle *h, xs_transaction_t t,
		  const char *path)
{
	unsigned int len = 12345;
	char *p = CALL_PTR(m, xs_read, h, t, path, &len);

	text_of(m, path, p, len);
	free(p);
	free(CALL_PTR(m, xs_read, h, t, path, NULL));
}

static void lists(struct mode *m, struct xs_handle *h, xs_transaction_t t,
		  const char *path)
{
	unsigned int num = 12345, i;
	char **list = CALL_PTR(m, xs_directory, h, t, path, &num);

	note(m, "  %u", num);
	for (i = 0; list && i < num; i++)
		note(m, "  %s", list[i]);
	free(list);
}

static void perms(struct mode *m, struct xs_handle *h, const char *path)
{
	unsigned int num = 12345, i;
	struct xs_permissions *p =
		CALL_PTR(m, xs_get_permissions, h, XBT_NULL, path, &num);

	note(m, "  %u", num);
	for (i = 0; p && i < num; i++)
		note(m, "  %u %u", p[i].id, p[i].perms);
	free(p);
}

static void writes(struct mode *m, struct xs_handle *h, xs_transaction_t t,
		   const char *path, const char *text)
{
	CALL(m, xs_write, h, t, path, text, strlen(text));
}

static void event(struct mode *m, char **e)
{
	if (e)
		note(m, "  %s %s", e[XS_WATCH_PATH], e[XS_WATCH_TOKEN]);
	free(e);
}

/* Is the descriptor ready; within a second, if it will be? */
static int is_ready(struct mode *m, struct xs_handle *h, bool will)
{
	struct pollfd p = { m->api.xs_fileno(h), POLLIN, 0 };

	called[fn_xs_fileno] = true;
	return poll(&p, 1, will ? 10000 : 0);
}

static void events(struct mode *m, struct xs_handle *h, unsigned int n)
{
	unsigned int num;

	while (n--) {
		num = 12345;
		event(m, CALL_PTR(m, xs_read_watch, h, &num));
		note(m, "  %u", num);
	}
	note(m, "ready: %d", is_ready(m, h, false));
	event(m, CALL_PTR(m, xs_check_watch, h));
}

static struct xs_handle *opened(struct mode *m, unsigned long flags)
{
	struct xs_handle *h = CALL_PTR(m, xs_open, flags);

	if (!h)
		return h;
	m->api.xs_rm(h, XBT_NULL, ROOT);
	m->api.xs_rm(h, XBT_NULL, "relative");
	m->api.xs_rm(h, XBT_NULL, "/@not");
	m->api.xs_write(h, XBT_NULL, "/", "", 0);
	return h;
}

static void closed(struct mode *m, struct xs_handle *h)
{
	m->api.xs_rm(h, XBT_NULL, ROOT);
	m->api.xs_close(h);
	called[fn_xs_close] = true;
}

/* Cases */

static void places(struct mode *m)
{
	static const char *const paths[] = {
		"", "/", "/nowhere", "/dev/null", "/dev/full", "/etc/passwd",
		RING, "/dev/xen/evtchn",
	};
	char longer[200];
	unsigned int i;

	for (i = 0; i < 3; i++) {
		if (i == 1)
			setenv("XENSTORED_RUNDIR", "/somewhere", 1);
		if (i == 2)
			setenv("XENSTORED_PATH", "/elsewhere/socket", 1);
		note(m, "%s", m->api.xs_daemon_rundir());
		note(m, "%s", m->api.xs_daemon_socket());
		note(m, "%s", m->api.xs_daemon_socket_ro());
		m->api.xs_close(CALL_PTR(m, xs_open, 0));
	}
	called[fn_xs_daemon_rundir] = called[fn_xs_daemon_socket] =
		called[fn_xs_daemon_socket_ro] = true;
	for (i = 0; i < NR(paths); i++) {
		setenv("XENSTORED_PATH", paths[i], 1);
		m->api.xs_close(CALL_PTR(m, xs_open, 0));
	}
	/* one that is longer than a socket's name may be */
	memset(longer, 'a', sizeof(longer) - 1);
	memcpy(longer, "/tmp/", 5);
	longer[sizeof(longer) - 1] = 0;
	symlink(m->api.xs_daemon_socket(), "/tmp/xenbatch-store");
	setenv("XENSTORED_PATH", longer, 1);
	m->api.xs_close(CALL_PTR(m, xs_open, 0));
	unsetenv("XENSTORED_PATH");
	unsetenv("XENSTORED_RUNDIR");
	symlink(m->api.xs_daemon_socket(), longer);
	setenv("XENSTORED_PATH", longer, 1);
	m->api.xs_close(CALL_PTR(m, xs_open, 0));
	unlink(longer);
	unlink("/tmp/xenbatch-store");
	unsetenv("XENSTORED_PATH");
}

static void handles(struct mode *m)
{
	int before = open_descriptors();
	struct xs_handle *h[7];
	unsigned int i;

	for (i = 0; i < 4; i++)
		h[i] = CALL_PTR(m, xs_open, i == 3 ? ~0UL : 1UL << i);
	h[4] = CALL_PTR(m, xs_daemon_open);
	h[5] = CALL_PTR(m, xs_daemon_open_readonly);
	h[6] = CALL_PTR(m, xs_domain_open);
	note(m, "descriptors: %d", open_descriptors() - before);
	for (i = 0; i < 7; i++) {
		writes(m, h[i], XBT_NULL, ROOT "/a", "b");
		note(m, "flags: %d", fcntl(m->api.xs_fileno(h[i]), F_GETFD));
		CALL(m, xs_restrict, h[i], i);
		reads(m, h[i], XBT_NULL, ROOT "/a");
	}
	note(m, "descriptors: %d", open_descriptors() - before);
	m->api.xs_rm(h[0], XBT_NULL, ROOT);
	m->api.xs_daemon_close(h[0]);
	m->api.xs_daemon_destroy_postfork(h[1]);
	called[fn_xs_daemon_close] = called[fn_xs_daemon_destroy_postfork] =
		true;
	for (i = 2; i < 7; i++)
		m->api.xs_close(h[i]);
	m->api.xs_close(NULL);
	note(m, "descriptors: %d", open_descriptors() - before);
}

static void nodes_of(struct mode *m, struct xs_handle *h)
{
	static const char *const paths[] = {
		"", "/", ROOT, ROOT "/", ROOT "//a", ROOT "/a/b/c", "relative",
		"/@not", ROOT "/a b", ROOT "/\xc3\xa4", "@releaseDomain",
	};
	static const unsigned int sizes[] = {
		0, 1, 15, 16, 255, 1024, 2048, 2049, 4000, 4074, 4075, 4076,
		5000,
	};
	static const unsigned int lengths[] = {
		2047, 2048, 2049, 3071, 3072, 3073, 4094, 4095, 4096, 5000,
	};
	static char big[8192];
	unsigned int i;

	for (i = 0; i < NR(paths); i++) {
		reads(m, h, XBT_NULL, paths[i]);
		lists(m, h, XBT_NULL, paths[i]);
		CALL(m, xs_mkdir, h, XBT_NULL, paths[i]);
		writes(m, h, XBT_NULL, paths[i], "some text");
		reads(m, h, XBT_NULL, paths[i]);
		perms(m, h, paths[i]);
	}
	lists(m, h, XBT_NULL, ROOT);
	CALL(m, xs_rm, h, XBT_NULL, ROOT "/a/b");
	CALL(m, xs_rm, h, XBT_NULL, ROOT "/a/b");
	CALL(m, xs_rm, h, XBT_NULL, "/");
	CALL(m, xs_rm, h, XBT_NULL, "");
	for (i = 0; i < sizeof(big); i++)
		big[i] = i * 7;
	for (i = 0; i < NR(sizes); i++) {
		CALL(m, xs_write, h, XBT_NULL, ROOT "/s", big, sizes[i]);
		reads(m, h, XBT_NULL, ROOT "/s");
	}
	memset(big, 'x', sizeof(big));
	memcpy(big, ROOT "/", sizeof(ROOT));
	for (i = 0; i < NR(lengths); i++) {
		big[lengths[i]] = 0;
		CALL(m, xs_mkdir, h, XBT_NULL, big);
		reads(m, h, XBT_NULL, big);
		CALL(m, xs_rm, h, XBT_NULL, big);
		big[lengths[i]] = 'x';
	}
}

static void nodes(struct mode *m)
{
	struct xs_handle *h = opened(m, 0);

	nodes_of(m, h);
	closed(m, h);
}

static void nodes_by_device(struct mode *m)
{
	struct xs_handle *h;

	setenv("XENSTORED_PATH", RING, 1);
	h = opened(m, 0);
	unsetenv("XENSTORED_PATH");
	if (!h)
		return;
	writes(m, h, XBT_NULL, ROOT "/d", "1");
	reads(m, h, XBT_NULL, ROOT "/d");
	lists(m, h, XBT_NULL, ROOT "/none");
	CALL(m, xs_watch, h, ROOT, "by device");
	events(m, h, 1);
	writes(m, h, XBT_NULL, ROOT "/w", "1");
	events(m, h, 1);
	nodes_of(m, h);
	CALL(m, xs_unwatch, h, ROOT, "by device");
	closed(m, h);
}

/* Names that one answer has no room for. */
static void big_folder(struct mode *m)
{
	struct xs_handle *h = opened(m, 0);
	char path[200];
	unsigned int i;

	for (i = 0; i < 300; i++) {
		snprintf(path, sizeof(path), ROOT "/d/%u-%.*s", i, i % 60,
			 "a-name-that-is-longer-than-others-and-even-longer-so-it-is");
		m->api.xs_write(h, XBT_NULL, path, "", 0);
		if (i == 50 || i == 150 || i == 299)
			lists(m, h, XBT_NULL, ROOT "/d");
	}
	closed(m, h);
}

static void permissions(struct mode *m)
{
	static struct xs_permissions many[2000];
	struct xs_handle *h = opened(m, 0);
	unsigned int i;
	bool good;

	for (i = 0; i < NR(many); i++)
		many[i] = (struct xs_permissions){ i, i % 4 };
	writes(m, h, XBT_NULL, ROOT "/p", "");
	for (i = 0; i < 40; i++) {
		struct xs_permissions p[2] = { { 0, i }, { i * i, i / 2 } };

		CALL(m, xs_set_permissions, h, XBT_NULL, ROOT "/p", p, i % 3);
		perms(m, h, ROOT "/p");
	}
	many[5].id = 0x80000000;
	many[6].id = ~0U;
	for (i = 1; i <= NR(many); i += i < 10 ? 1 : 330) {
		CALL(m, xs_set_permissions, h, XBT_NULL, ROOT "/p", many, i);
		perms(m, h, ROOT "/p");
	}
	many[NR(many) - 1].perms = 77;
	CALL(m, xs_set_permissions, h, XBT_NULL, ROOT "/p", many, NR(many));
	CALL(m, xs_set_permissions, h, XBT_NULL, ROOT "/none", many, 1);
	closed(m, h);

	for (i = 0; i < 7; i++) {
		static const char *const texts[] = {
			"r1\0w2\0b3\0n4", "r0x10\0w010\0b-1\0n", "x1", "r", "",
			"r1x", "r 1\0w+2\0b99999999999\0n0",
		};
		struct xs_permissions p[4] = { 0 };
		unsigned int j;

		good = CALL(m, xs_strings_to_perms, p, i == 0 || i == 6 ? 4 : 1,
			    texts[i]);
		for (j = 0; good && j < 4; j++)
			note(m, "  %u %u", p[j].id, p[j].perms);
	}
}

static void transactions(struct mode *m)
{
	struct xs_handle *h = opened(m, 0), *other = opened(m, 0);
	xs_transaction_t t;
	unsigned int i;

	for (i = 0; i < 4; i++) {
		errno = SAID;
		called[fn_xs_transaction_start] = true;
		t = m->api.xs_transaction_start(h);
		note(m, "transaction %d, errno %d", t != XBT_NULL, errno);
		writes(m, h, t, ROOT "/t", i ? "again" : "first");
		lists(m, h, t, ROOT);
		reads(m, other, XBT_NULL, ROOT "/t");
		if (i == 2)
			writes(m, other, XBT_NULL, ROOT "/t", "between");
		CALL(m, xs_transaction_end, h, t, i == 1);
		CALL(m, xs_transaction_end, h, t, false);
		reads(m, other, XBT_NULL, ROOT "/t");
	}
	reads(m, h, 12345, ROOT "/t");
	m->api.xs_close(other);
	closed(m, h);
}

static void watches(struct mode *m)
{
	unsigned int flags, i;

	for (flags = 0; flags <= XS_UNWATCH_FILTER; flags += XS_UNWATCH_FILTER) {
		struct xs_handle *h = opened(m, flags);

		event(m, CALL_PTR(m, xs_check_watch, h));
		CALL(m, xs_watch, h, ROOT "/w", "one");
		note(m, "ready: %d", is_ready(m, h, true));
		events(m, h, 1);
		CALL(m, xs_watch, h, ROOT "/w", "one");
		CALL(m, xs_watch, h, ROOT "/w", "two");
		CALL(m, xs_watch, h, "@releaseDomain", "three");
		CALL(m, xs_watch, h, "", "four");
		CALL(m, xs_watch, h, "relative", "");
		CALL(m, xs_unwatch, h, ROOT "/w", "never");
		events(m, h, 3);
		for (i = 0; i < 5; i++)
			writes(m, h, XBT_NULL, i & 1 ? ROOT "/w" : ROOT "/w/x",
			       "1");
		note(m, "ready: %d", is_ready(m, h, true));
		/* what it fired stays, unless one has said otherwise */
		CALL(m, xs_unwatch, h, ROOT "/w", "one");
		events(m, h, flags ? 5 : 10);
		for (i = 0; i < 3; i++)
			writes(m, h, XBT_NULL, ROOT "/w", "2");
		CALL(m, xs_unwatch, h, ROOT "/w", "two");
		if (!flags)
			events(m, h, 3);
		note(m, "ready: %d", is_ready(m, h, false));
		event(m, CALL_PTR(m, xs_check_watch, h));
		closed(m, h);
	}
}

static void domains(struct mode *m)
{
	static const unsigned int domids[] = { 0, 1, NOBODY, 0x7ff0, ~0U };
	struct xs_handle *h = opened(m, 0);
	unsigned int i;
	char *p;

	for (i = 0; i < NR(domids); i++) {
		p = CALL_PTR(m, xs_get_domain_path, h, domids[i]);
		note(m, "  %s", p ?: "");
		free(p);
		CALL(m, xs_is_domain_introduced, h, domids[i]);
		if (!domids[i])
			continue;
		CALL(m, xs_introduce_domain, h, domids[i], ~0UL, 1);
		CALL(m, xs_release_domain, h, domids[i]);
		CALL(m, xs_resume_domain, h, domids[i]);
		CALL(m, xs_set_target, h, domids[i], NOBODY);
		CALL(m, xs_suspend_evtchn_port, (int)domids[i]);
	}
	writes(m, h, XBT_NULL,
	       "/local/domain/31000/device/suspend/event-channel", "17");
	CALL(m, xs_suspend_evtchn_port, NOBODY);
	m->api.xs_rm(h, XBT_NULL, "/local/domain/31000");
	closed(m, h);
}

static void control(struct mode *m)
{
	static const char *const commands[] = {
		"", "help", "print", "check", "quota", "memreport", "no such",
	};
	struct xs_handle *h = opened(m, 0);
	unsigned int i;
	char *p;

	for (i = 0; i < NR(commands); i++) {
		p = CALL_PTR(m, xs_control_command, h, commands[i], NULL, 0);
		note(m, "  %s", p ?: "");
		free(p);
		p = CALL_PTR(m, xs_debug_command, h, commands[i], "a\0b", 4);
		free(p);
	}
	closed(m, h);
}

static void strings(struct mode *m)
{
	static const char *const paths[] = {
		"", "/", "/a", "/a/", "/a/b", "/ab", "a",
	};
	unsigned int i, j;
	int fds[2];
	char text[8];

	for (i = 0; i < NR(paths); i++)
		for (j = 0; j < NR(paths); j++)
			CALL(m, xs_path_is_subpath, paths[i], paths[j]);
	if (pipe(fds))
		return;
	CALL(m, xs_write_all, fds[1], "text", 5);
	CALL(m, xs_write_all, fds[1], NULL, 0);
	CALL(m, xs_write_all, -1, "text", 5);
	CALL(m, xs_write_all, -1, "text", 0);
	note(m, "%zd %s", read(fds[0], text, sizeof(text)), text);
	close(fds[0]);
	signal(SIGPIPE, SIG_IGN);
	CALL(m, xs_write_all, fds[1], "text", 5);
	signal(SIGPIPE, SIG_DFL);
	close(fds[1]);
}

/* Threads on one handle, and one that waits for what they fire. */
#define THREADS	4
#define TIMES	25

struct asker {
	struct mode *m;
	unsigned int i, wrong;
};

static void *asks(void *data)
{
	struct asker *a = data;
	char path[100], text[20], *p;
	unsigned int n, len;

	snprintf(path, sizeof(path), ROOT "/%u", a->i);
	for (n = 0; n < TIMES; n++) {
		sprintf(text, "%u-%u", a->i, n);
		a->wrong += !a->m->api.xs_write(shared, XBT_NULL, path, text,
						strlen(text));
		p = a->m->api.xs_read(shared, XBT_NULL, path, &len);
		a->wrong += !p || strcmp(p, text) || len != strlen(text);
		free(p);
	}
	return NULL;
}

static void threads(struct mode *m)
{
	unsigned int i, fired[THREADS] = { 0 }, num, watched;
	struct asker askers[THREADS];
	pthread_t threads[THREADS];
	char **e;

	for (watched = 0; watched < 2; watched++) {
		shared = opened(m, 0);
		if (watched)
			CALL(m, xs_watch, shared, ROOT, "t");
		for (i = 0; i < THREADS; i++) {
			askers[i] = (struct asker){ m, i, 0 };
			pthread_create(&threads[i], NULL, asks, &askers[i]);
		}
		for (i = 0; watched && i < 1 + THREADS * TIMES; i++) {
			e = m->api.xs_read_watch(shared, &num);
			if (strlen(e[0]) > strlen(ROOT))
				fired[atoi(e[0] + strlen(ROOT) + 1)]++;
			free(e);
		}
		for (i = 0; i < THREADS; i++) {
			pthread_join(threads[i], NULL);
			note(m, "wrong %u, fired %u", askers[i].wrong,
			     fired[i]);
		}
		event(m, CALL_PTR(m, xs_check_watch, shared));
		closed(m, shared);
	}
}

static void child_of_owner(struct mode *m)
{
	struct xs_handle *h;

	m->api.xs_daemon_destroy_postfork(shared);
	h = CALL_PTR(m, xs_open, 0);
	reads(m, h, XBT_NULL, ROOT "/f");
	CALL(m, xs_watch, h, ROOT, "child");
	events(m, h, 1);
	m->api.xs_close(h);
}

static void forks(struct mode *m)
{
	unsigned int watched;

	for (watched = 0; watched < 2; watched++) {
		shared = opened(m, 0);
		writes(m, shared, XBT_NULL, ROOT "/f", "parent's");
		if (watched) {
			CALL(m, xs_watch, shared, ROOT, "f");
			events(m, shared, 1);
			writes(m, shared, XBT_NULL, ROOT "/f", "fires");
			note(m, "ready: %d", is_ready(m, shared, true));
		}
		in_child(m, child_of_owner);
		reads(m, shared, XBT_NULL, ROOT "/f");
		if (watched)
			events(m, shared, 1);
		closed(m, shared);
	}
}

static void restricted_child(struct mode *m)
{
	struct xs_handle *h = CALL_PTR(m, xs_open, 0);
	struct xs_handle *watched = CALL_PTR(m, xs_open, 0);

	reads(m, h, XBT_NULL, ROOT);
	CALL(m, xs_watch, watched, ROOT, "restricted");
	events(m, watched, 1);
	note(m, "restricted %d", restrict_all(1));
	reads(m, h, XBT_NULL, ROOT);
	reads(m, h, XBT_NULL, ROOT);
	event(m, CALL_PTR(m, xs_check_watch, h));
	m->api.xs_close(h);
	/* its reader still waits, for what the daemon says to nobody */
	m->api.xs_close(watched);
}

static void restricted(struct mode *m)
{
	in_child(m, restricted_child);
}

static const struct diff_case cases[] = {
	{ "places", places },
	{ "handles", handles },
	{ "nodes", nodes },
	{ "nodes by the kernel's device", nodes_by_device },
	{ "a folder of more names than fit an answer", big_folder },
	{ "permissions", permissions },
	{ "transactions", transactions },
	{ "watches", watches },
	{ "domains", domains },
	{ "control", control },
	{ "strings", strings },
	{ "threads", threads },
	{ "forks", forks },
	{ "restricted", restricted },
};

int main(void)
{
	struct xs_handle *h;

	ksft_print_header();
	open_modes();
	restrict_all = symbol(dlopen("libxentoolcore.so.1", RTLD_NOW),
			      "xentoolcore_restrict_all");
	h = modes[STOCK].api.xs_open(0);
	if (!h)
		ksft_exit_skip("no xenstored runs here: %s\n", strerror(errno));
	modes[STOCK].api.xs_close(h);
	ksft_set_plan(NR(cases) + 1);
	run_cases(cases, NR(cases));
	all_called("drop_store");
	ksft_finished();
}
