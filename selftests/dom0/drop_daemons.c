// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Promise: Debian's xenstored and xenconsoled, unmodified, run on our
 * libxenevtchn, alone and with all our other libraries, as they do on stock's:
 * under 50 clients, with a guest's console and a guest's ring, and through live
 * updates of xenstored, in which its ports and its descriptors go over to
 * whatever is executed. No answer is lost, none is another than with stock's.
 *
 * The daemons are those that run here: xenstored is updated to one on the
 * libraries of a round, under way, and again, and at the end back to stock's;
 * xenconsoled is started anew. So nothing else may depend on them: this is
 * skipped where there are other domains.
 *
 * The guest is helper/bridge.S: by its console one speaks to xenstored.
 */
#include "kselftest.h"

#include "helper/daemons.h"
#include "helper/load.h"
#include "helper/talk.h"

#define NAME	"xenbatch-bridge"
#define ALIVE	60	/* seconds in which everybody goes on */

/* The guest, linked for itself. */
asm(".pushsection .rodata\n"
    "guest_image: .incbin \"" GUEST "\"\n"
    "guest_image_end:\n"
    ".popsection");
extern const char guest_image[], guest_image_end[];

static const struct round {
	const char *name;
	const char *ours[5];	/* libraries, which NULL ends */
} rounds[] = {
	{ "stock", { NULL } },
	{ "libxenevtchn", { "/libxenevtchn.so" } },
	/* libxenctrl needs libxenforeignmemory, whoever is the program */
	{ "all", { "/libxenevtchn.so", "/libxengnttab.so",
		   "/libxenforeignmemory.so", "/libxenctrl.so" } },
};

#define NR_ROUNDS (sizeof(rounds) / sizeof(rounds[0]))

static const char *libdir;	/* where ours are */
static struct daemon stored, consoled;
static char logs[128];

/* What a round gave, to be held against stock's. */
static char clients_text[NR_ROUNDS][LOAD_TEXT];
static struct talk talks[NR_ROUNDS];

/* The guest */

static unsigned int guest_domid(void)
{
	FILE *f = popen(STOCK "xl domid " NAME " 2>/dev/null", "r");
	unsigned int domid = 0;

	if (f && fscanf(f, "%u", &domid) != 1)
		domid = 0;
	if (f)
		pclose(f);
	return domid;
}

static bool write_file(const char *path, const char *data, size_t size)
{
	FILE *f = fopen(path, "w");
	bool good = f && fwrite(data, 1, size, f) == size;

	return f && !fclose(f) && good;
}

/* 0: there is none. */
static unsigned int guest_start(void)
{
	char image[128], config[128], text[512], command[256];
	int n;

	scratch_file(image, sizeof(image), "image");
	scratch_file(config, sizeof(config), "config");
	n = snprintf(text, sizeof(text),
		     "name = \"" NAME "\"\n"
		     "type = \"pv\"\n"
		     "kernel = \"%s\"\n"
		     "memory = 16\n"
		     "vcpus = 1\n", image);
	snprintf(command, sizeof(command), STOCK "xl create -q -e %s >&2",
		 config);
	if (!write_file(image, guest_image,
			(size_t)(guest_image_end - guest_image)) ||
	    !write_file(config, text, (size_t)n) || system(command))
		return 0;
	return guest_domid();
}

/* xenconsoled's name for its console, as soon as there is one. */
static void guest_talk(struct talk *t, struct xs_handle *xs,
		       unsigned int domid)
{
	char path[64], *tty = NULL;
	unsigned int len;
	int i;

	snprintf(path, sizeof(path), "/local/domain/%u/console/tty", domid);
	for (i = 0; i < 1000 && (!tty || !*tty); i++) {
		free(tty);
		usleep(20000);
		tty = store.read(xs, XBT_NULL, path, &len);
	}
	talk_begin(t, tty ? tty : "none");
	free(tty);
}

/* It turns itself off. Only Xen tells xenstored so, by VIRQ_DOM_EXC. */
static bool guest_ends(struct talk *t)
{
	struct xs_handle *xs = store_open(false);
	char off = (char)BRIDGE_OFF, **event;
	bool said = false;

	if (!xs || !store.watch(xs, "@releaseDomain", "end"))
		return false;
	/* the first is for the watch itself */
	event = store_event(xs, EVENT_SOON);
	free(event);
	if (event && talk_bytes(t, true, &off, 1)) {
		event = store_event(xs, EVENT_SOON);
		said = event && !strcmp(event[XS_WATCH_PATH],
					"@releaseDomain");
		free(event);
	}
	store.close(xs);
	return said;
}

static bool guest_gone(void)
{
	int i;

	if (system(STOCK "xl destroy " NAME))
		return false;
	for (i = 0; i < 100; i++) {
		if (!guest_domid())
			return true;
		usleep(50000);
	}
	return false;
}

/* Logs of xenconsoled's */

static bool log_has(const char *name, const char *what, size_t from)
{
	char path[200], line[400];
	bool has = false;
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", logs, name);
	f = fopen(path, "r");
	if (f && !fseek(f, (long)from, SEEK_SET))
		while (!has && fgets(line, sizeof(line), f))
			has = strstr(line, what);
	if (f)
		fclose(f);
	return has;
}

/* Xen's own, whose every line is announced by VIRQ_CON_RING. */
static bool log_follows(void)
{
	static const char name[] = "hypervisor.log";
	struct stat st = { 0 };
	char path[200];
	int i;

	snprintf(path, sizeof(path), "%s/%s", logs, name);
	if (stat(path, &st) || system(STOCK "xl debug-keys m")) {
		ksft_print_msg("%s: %ld bytes, or no xl debug-keys\n", path,
			       (long)st.st_size);
		return false;
	}
	for (i = 0; i < 500; i++) {
		if (log_has(name, "Physical memory", (size_t)st.st_size))
			return true;
		usleep(20000);
	}
	return false;
}

/* Rounds */

static const char *folder_of(unsigned int nr, char *buf, size_t size)
{
	char path[200];

	switch (nr) {
	case 0:
		return "";
	case 1:
		snprintf(path, sizeof(path), "%s/libxenevtchn.so.1", libdir);
		mkdir(scratch_file(buf, size, "one"), 0700);
		strncat(buf, "/libxenevtchn.so.1", size - strlen(buf) - 1);
		if (symlink(path, buf) && errno != EEXIST)
			return "";
		*strrchr(buf, '/') = 0;
		return buf;
	default:
		return libdir;
	}
}

/* Everybody's first round, which all the others were held against. */
static unsigned int clients_differ(const char *text)
{
	unsigned int i, n = 0;

	for (i = 0; i < NR_CLIENTS; i++) {
		if (!strcmp(load->clients[i].text, text))
			continue;
		if (!n++)
			printf("# client %u:\n%s# client 0:\n%s", i,
			       load->clients[i].text, text);
	}
	return n;
}

/* The first half of a message, an update, and the other half. */
static bool update_in_message(struct talk *t, const char *folder)
{
	struct message m, answer;
	size_t n = talk_message(t, &m, XS_READ, 0, "data/x", sizeof("data/x"));
	bool good;

	talk_bytes(t, true, &m, n / 2);
	good = !daemon_update(&stored, folder);
	talk_bytes(t, true, (char *)&m + n / 2, n - n / 2);
	talk_answer(t, "half before, half behind", &answer);
	return good;
}

/* A watch of the guest's outlives the updates: dom0 writes what it watches. */
static void watch_fires(struct talk *t, struct xs_handle *xs,
			unsigned int domid)
{
	struct message m;
	char path[64];

	snprintf(path, sizeof(path), "/local/domain/%u/data/w", domid);
	talk_note(t, "written: %d\n", store.write(xs, XBT_NULL, path, "", 0));
	talk_answer(t, "what is watched", &m);
}

/* False: something stands still, and would in every other round, too. */
static bool play(unsigned int nr)
{
	const struct round *r = &rounds[nr];
	unsigned int domid, before, during = 0, bad, count;
	char buf[200], arguments[160];
	const char *folder = folder_of(nr, buf, sizeof(buf));
	struct xs_handle *xs = store_open(false);
	struct talk *t = &talks[nr];
	bool updated, again, goes_on;
	struct message m;
	int descriptors;

	snprintf(arguments, sizeof(arguments), "--log=all --log-dir=%s", logs);
	ksft_test_result(!daemon_restart(&consoled, folder, arguments) &&
			 daemon_has(&consoled, libdir, r->ours),
			 "%s: xenconsoled\n", r->name);

	/* Into this round's libraries, with everybody at work. */
	goes_on = xs && !load_start(xs) && load_goes_on(1, ALIVE);
	before = goes_on ? load_rounds() : 0;
	updated = goes_on && !daemon_update(&stored, folder);
	ksft_test_result(updated && daemon_has(&stored, libdir, r->ours),
			 "%s: xenstored, by a live update\n", r->name);
	goes_on = updated && load_goes_on(1, ALIVE);
	ksft_print_msg("%u rounds before, %u now\n", before, load_rounds());

	load_hold(true);
	domid = goes_on ? guest_start() : 0;
	ksft_test_result(domid, "%s: xl create\n", r->name);
	if (domid) {
		guest_talk(t, xs, domid);
		talk_store(t);
		TALK_ASK(t, XS_WATCH, "data/w\0token", &m);
		talk_answer(t, "at once", &m);
	}
	load_hold(false);
	goes_on = goes_on && load_goes_on(0, ALIVE);

	/* Once more, in the midst of the guest's message. */
	descriptors = daemon_descriptors(&stored);
	again = goes_on && domid && update_in_message(t, folder);
	ksft_test_result(again && daemon_has(&stored, libdir, r->ours),
			 "%s: xenstored, by another\n", r->name);
	ksft_test_result(daemon_descriptors(&stored) == descriptors,
			 "%s: it has as many descriptors\n", r->name);
	if (again) {
		watch_fires(t, xs, domid);
		talk_store(t);
		during = load_rounds();
		goes_on = load_goes_on(1, ALIVE);
		ksft_print_msg("%u rounds at the end\n", load_rounds());
	}
	ksft_test_result(domid && !t->failed && log_has("guest-" NAME ".log",
							BRIDGE_HELLO, 0),
			 "%s: the guest's console, and its ring\n", r->name);

	bad = load_stop(goes_on ? ALIVE : 5);
	strcpy(clients_text[nr], load->clients[0].text);
	bad += clients_differ(clients_text[nr]);
	ksft_test_result(during && goes_on && !bad,
			 "%s: every answer of %d clients\n", r->name,
			 NR_CLIENTS);
	ksft_test_result(load_counted(xs, &count) && count >= NR_CLIENTS,
			 "%s: their transactions: %u\n", r->name, count);

	ksft_test_result(log_follows(), "%s: Xen's log\n", r->name);
	ksft_test_result(domid && guest_ends(t), "%s: the guest's end\n",
			 r->name);
	if (domid)
		close(t->tty);
	ksft_test_result(guest_gone(), "%s: xl destroy\n", r->name);
	if (xs) {
		/* what clients left that were killed, too */
		store.rm(xs, XBT_NULL, LOAD_ROOT);
		store.close(xs);
	}
	snprintf(buf, sizeof(buf), "rm -f %s/*.log", logs);
	ksft_test_result(!system(buf), "%s: done\n", r->name);
	return during && goes_on;
}

static void compare(const char *what, const char *name, const char *is,
		    const char *be)
{
	bool same = *be && !strcmp(is, be);

	if (!same)
		printf("# %s:\n%s# stock:\n%s", name, is, be);
	ksft_test_result(same, "%s: as stock's: %s\n", name, what);
}

static void skip(const char *why)
{
	ksft_exit_skip("%s\n", why);
}

int main(void)
{
	static const char *const none[] = { NULL };
	unsigned int i;

	setvbuf(stdout, NULL, _IOLBF, 0);
	ksft_print_header();
	libdir = getenv("XENBATCH_LIBDIR");
	if (!libdir)
		skip("no XENBATCH_LIBDIR: which libraries are ours?");
	if (store_load())
		skip("there is no libxenstore");
	if (daemon_know(&stored, "xenstored") ||
	    daemon_know(&consoled, "xenconsoled"))
		skip("no xenstored and xenconsoled of C run here");
	if (system(STOCK "xl list 2>/dev/null | wc -l | grep -q '^ *2$'"))
		skip("there are other domains, or no xl");
	if (scratch_make())
		ksft_exit_fail_msg("no scratch folder\n");
	mkdir(scratch_file(logs, sizeof(logs), "log"), 0700);

	ksft_set_plan(NR_ROUNDS * 12 + (NR_ROUNDS - 1) * 2 + 2);
	for (i = 0; i < NR_ROUNDS && play(i); i++)
		;
	for (i = 1; i < NR_ROUNDS; i++) {
		compare("the clients'", rounds[i].name, clients_text[i],
			clients_text[0]);
		compare("the guest's", rounds[i].name, talks[i].text,
			talks[0].text);
	}
	if (getenv("XENBATCH_DIFF_SHOW"))
		printf("%s%s", clients_text[0], talks[0].text);

	/* As they were. */
	ksft_test_result(!daemon_update(&stored, "") &&
			 daemon_has(&stored, libdir, none), "xenstored back\n");
	ksft_test_result(!daemon_restart(&consoled, "", NULL) &&
			 daemon_has(&consoled, libdir, none),
			 "xenconsoled back\n");
	ksft_finished();
}
