// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Promise: `xenbatch run` lets a program do and say what it would without it, and
 * `--stats` counts what happened: as many calls as there were, as many hypercalls
 * and SUBMITs as the module has counted, as many pages as were mapped; and the
 * same calls, and the same hypercalls in the same order, on stock's libraries as on
 * ours.
 *
 * The program that is watched is this one (client), or one of Debian's.
 */
#include <stdio.h>

#include <json-c/json.h>
#include <xenctrl.h>
#include <xenevtchn.h>
#include <xenforeignmemory.h>

#include "kselftest_harness.h"

#include "helper/file.h"
#include "helper/raw.h"
#include "helper/said.h"
#include "helper/target.h"

#define COUNTERS "/sys/kernel/debug/xenbatch/counters"

#define NR_INFO		10U
#define NR_VERSION	3U
#define NR_LIST		2U
#define NR_MAP		20U
#define NOBODY		0x7000U
#define SWEEP		"/rig/sweep.py"
#define DOMID		"the target's number"	/* in a command */

static int map_pages(uint32_t domid, xen_pfn_t frame)
{
	xenforeignmemory_handle *fmem = xenforeignmemory_open(NULL, 0);
	unsigned int i;
	void *p;

	for (i = 0; fmem && i < NR_MAP; i++) {
		p = xenforeignmemory_map(fmem, domid, PROT_READ, 1, &frame,
					 NULL);
		if (!p || xenforeignmemory_unmap(fmem, p, 1))
			return -1;
	}
	return fmem ? xenforeignmemory_close(fmem) : -1;
}

static int bind_port(uint32_t domid)
{
	xenevtchn_handle *xce = xenevtchn_open(NULL, 0);
	int port = xce ? xenevtchn_bind_unbound_port(xce, domid) : -1;

	if (port < 0 || xenevtchn_unbind(xce, port))
		return -1;
	return xenevtchn_close(xce);
}

static int client(uint32_t domid, xen_pfn_t frame)
{
	xc_interface *xch = xc_interface_open(NULL, NULL, 0);
	xc_domaininfo_t list[16];
	xc_vcpuinfo_t info;
	unsigned int i;

	if (!xch)
		return 2;
	for (i = 0; i < NR_INFO; i++)
		if (xc_vcpu_getinfo(xch, domid, 0, &info))
			return 3;
	if (xc_vcpu_getinfo(xch, NOBODY, 0, &info) != -1 || errno != ESRCH)
		return 4;
	for (i = 0; i < NR_VERSION; i++)
		if (xc_version(xch, XENVER_version, NULL) < 0)
			return 5;
	for (i = 0; i < NR_LIST; i++)
		if (xc_domain_getinfolist(xch, 0, 16, list) < 1)
			return 6;
	if (map_pages(domid, frame) || bind_port(domid))
		return 7;
	puts("the client has done it");
	return xc_interface_close(xch) ? 8 : 9;
}

static struct json_object *at(struct json_object *o, const char *a,
			      const char *b)
{
	return json_object_object_get(json_object_object_get(o, a), b);
}

static uint64_t number(struct json_object *o, const char *a, const char *b,
		       const char *c)
{
	o = at(o, a, b);
	if (c)
		o = json_object_object_get(o, c);
	return json_object_get_uint64(o);
}

/* A number of that name's row; 0: it has none. */
static uint64_t row(struct json_object *list, const char *name,
		    const char *key)
{
	size_t i;

	for (i = 0; i < json_object_array_length(list); i++) {
		struct json_object *o = json_object_array_get_idx(list, i);

		if (!strcmp(name, json_object_get_string(
				    json_object_object_get(o, "name"))))
			return json_object_get_uint64(
				json_object_object_get(o, key));
	}
	return 0;
}

#define CALLS(o, name)	row(at(o, "calls", "functions"), name, "calls")

/* Names and numbers of a list in order of names, as a text to compare. */
static int by_name(const void *a, const void *b)
{
	return strcmp(*(char **)a, *(char **)b);
}

static char *outline(struct json_object *list, const char *a, const char *b)
{
	size_t nr = json_object_array_length(list), i, size;
	char **lines = calloc(nr + 1, sizeof(*lines)), *text;
	FILE *f = open_memstream(&text, &size);

	for (i = 0; i < nr; i++) {
		struct json_object *o = json_object_array_get_idx(list, i);
		uint64_t n = json_object_get_uint64(
				json_object_object_get(o, a));

		if (b)
			n += json_object_get_uint64(
				json_object_object_get(o, b));
		if (asprintf(&lines[i], "%s %llu\n", json_object_get_string(
				     json_object_object_get(o, "name")),
			     (unsigned long long)n) < 0)
			abort();
	}
	qsort(lines, nr, sizeof(*lines), by_name);
	for (i = 0; i < nr; i++) {
		fputs(lines[i], f);
		free(lines[i]);
	}
	free(lines);
	fclose(f);
	return text;
}

FIXTURE(run)
{
	struct said said;
	struct json_object *o;
	struct target t;
	char file[64], domid[16], frame[24];
	bool module;		/* is what the libraries are to use */
};

FIXTURE_SETUP(run)
{
	const char *backend = getenv("XENBATCH_BACKEND");

	self->module = access(XENBATCH_DEVICE, F_OK) == 0 &&
		       !(backend && !strcmp(backend, "stock"));
	ASSERT_EQ(0, target_start(&self->t, TARGET_RUN));
	snprintf(self->domid, sizeof(self->domid), "%u", self->t.domid);
	snprintf(self->frame, sizeof(self->frame), "%llu",
		 (unsigned long long)self->t.frames[0]);
	snprintf(self->file, sizeof(self->file), "/tmp/tool_run.%d",
		 getpid());
}

FIXTURE_TEARDOWN(run)
{
	json_object_put(self->o);
	unlink(self->file);
	EXPECT_EQ(0, target_end(&self->t));
}

/* The report of a command; NULL: there is none. */
static struct json_object *watch(FIXTURE_DATA(run) *self, bool stock,
				 const char *const command[])
{
	const char *argv[16] = { "xenbatch", "run", "--json" };
	char stats[80];
	int n = 3;

	snprintf(stats, sizeof(stats), "--stats=%s", self->file);
	argv[n++] = stats;
	if (stock)
		argv[n++] = "--stock";
	argv[n++] = "--";
	for (; *command && n < 15; command++)
		argv[n++] = strcmp(*command, DOMID) ? *command : self->domid;
	json_object_put(self->o);
	self->o = NULL;
	if (!run(&self->said, argv))
		self->o = json_object_from_file(self->file);
	return self->o;
}


static const char *myself(void)
{
	static char path[PATH_MAX];
	ssize_t n = readlink("/proc/self/exe", path, sizeof(path) - 1);

	path[n > 0 ? n : 0] = '\0';
	return path;
}

static struct json_object *watch_client(FIXTURE_DATA(run) *self, bool stock)
{
	const char *const command[] = { myself(), "client", self->domid,
					self->frame, NULL };

	return watch(self, stock, command);
}

TEST_F(run, calls_are_as_many_as_were_made)
{
	int stock;

	for (stock = 0; stock < 2; stock++) {
		struct json_object *o = watch_client(self, stock), *names;
		const char *path = self->module && !stock ? "fast" : "stock";

		ASSERT_NE(NULL, o);
		EXPECT_EQ(9, self->said.status);
		EXPECT_STREQ("the client has done it\n", self->said.out);
		EXPECT_STREQ("", self->said.err);
		EXPECT_EQ(9, json_object_get_int(
				json_object_object_get(o, "status")));
		EXPECT_EQ(1, CALLS(o, "xc_interface_open"));
		EXPECT_EQ(NR_INFO + 1, CALLS(o, "xc_vcpu_getinfo"));
		EXPECT_EQ(NR_VERSION, CALLS(o, "xc_version"));
		EXPECT_EQ(NR_LIST, CALLS(o, "xc_domain_getinfolist"));
		EXPECT_EQ(NR_MAP, CALLS(o, "xenforeignmemory_map"));
		EXPECT_EQ(NR_MAP, CALLS(o, "xenforeignmemory_unmap"));
		EXPECT_EQ(NR_INFO + NR_VERSION + NR_LIST + 2 * NR_MAP + 9,
			  number(o, "calls", "total", NULL));
		EXPECT_EQ(0, json_object_get_int(
				json_object_object_get(o, "not_counted")));

		names = at(o, "hypercalls", "names");
		EXPECT_EQ(NR_INFO + 1, row(names, "domctl.getvcpuinfo", path));
		EXPECT_EQ(1, row(names, "domctl.getvcpuinfo", "failed"));
		EXPECT_EQ(NR_VERSION, row(names, "xen_version.version", path));
		EXPECT_EQ(NR_LIST,
			  row(names, "sysctl.getdomaininfolist", path));
		EXPECT_EQ(NR_INFO + 1 + NR_VERSION + NR_LIST,
			  number(o, "hypercalls", path, "hypercalls"));
		EXPECT_EQ(1, row(at(o, "system_calls", "requests"),
				 "evtchn.bind_unbound_port", "calls"));

		/* by whatever way: the drop-in begins with the stock one */
		EXPECT_EQ(NR_MAP, number(o, "mappings", "stock",
					 "mapped_pages") +
				  number(o, "mappings", "fast",
					 "mapped_pages"));
		EXPECT_EQ(NR_MAP, number(o, "mappings", "stock",
					 "unmapped_pages") +
				  number(o, "mappings", "fast",
					 "unmapped_pages"));
		EXPECT_EQ(strcmp(path, "fast") == 0,
			  number(o, "mappings", "fast", "mapped_pages") != 0);
	}
}

/* The module has counted too, and nobody else uses it meanwhile. */
TEST_F(run, the_module_says_the_same)
{
	long submits = from_file(COUNTERS, "submits ");
	long hypercalls = from_file(COUNTERS, "direct ") +
			  from_file(COUNTERS, "batched ");
	struct json_object *o;

	if (submits < 0)
		SKIP(return, "no module, or no debugfs at /sys/kernel/debug");
	o = watch_client(self, false);
	ASSERT_NE(NULL, o);
	EXPECT_EQ(from_file(COUNTERS, "submits ") - submits,
		  number(o, "hypercalls", "fast", "system_calls"));
	EXPECT_EQ(from_file(COUNTERS, "direct ") +
		  from_file(COUNTERS, "batched ") - hypercalls,
		  number(o, "hypercalls", "fast", "hypercalls"));
	EXPECT_EQ(self->module, from_file(COUNTERS, "submits ") != submits);
}

static unsigned int nr_ports(void)
{
	xc_interface *xch = xc_interface_open(NULL, NULL, 0);
	xc_evtchn_status_t status = { .dom = 0 };

	while (xch && !xc_evtchn_status(xch, &status))
		status.port++;
	xc_interface_close(xch);
	return status.port;
}

TEST_F(run, lsevtchn_asks_for_each_port)
{
	static const char *const command[] = { "lsevtchn", "0", NULL };
	struct json_object *o = watch(self, false, command);

	ASSERT_NE(NULL, o);
	if (self->said.status == 127)
		SKIP(return, "there is no lsevtchn");
	EXPECT_EQ(nr_ports() + 1, CALLS(o, "xc_evtchn_status"));
	EXPECT_EQ(nr_ports() + 1, row(at(o, "hypercalls", "names"),
				      "event_channel_op.status",
				      self->module ? "fast" : "stock"));
}

/* What Debian's programs do and say on ours is what they do on stock's. */
static const struct command {
	const char *const argv[6];
	bool same_output;
	const char *wants;	/* a file that not every dom0 has */
	/*
	 * How often it is compared at most until it is the same: Xen may be
	 * busy with a processor for a moment, and xc_cpupool_removecpu() then
	 * asks once more.
	 */
	unsigned int tries;
} commands[] = {
	{ { "lsevtchn", "0" }, true, NULL, 1 },
	{ { "xl", "list" }, false, NULL, 1 },		/* has seconds */
	{ { "xl", "vcpu-list" }, false, NULL, 1 },
	{ { "xl", "cpupool-list" }, true, NULL, 1 },
	{ { "xl", "sched-credit2" }, true, NULL, 1 },
	{ { "xl", "pause", "31000" }, true, NULL, 1 },
	{ { "xenpm", "get-cpu-topology" }, true, NULL, 1 },
	{ { "xen-livepatch", "list" }, true, NULL, 1 },
	{ { "xl", "info" }, false, NULL, 1 },
	{ { "xentop", "-b", "-i", "1" }, false, NULL, 1 },
	{ { "xenctx", "-a", DOMID }, true, NULL, 1 },
	/* each method of Python's bindings, right and wrong */
	{ { "sh", "-c", "exec " SWEEP " 2>/dev/null" }, false, SWEEP, 4 },
	{ { "sh", "-c", "xl domname 0; lsevtchn 0 | wc -l; exit 3" }, true,
	  NULL, 1 },
};

/* What one run of a command did. */
struct deed {
	int status;
	char *out, *calls, *hypercalls, *sequence;
};

static bool deed_of(FIXTURE_DATA(run) *self, bool stock,
		    const struct command *command, struct deed *deed)
{
	struct json_object *o = watch(self, stock, command->argv);

	if (!o)
		return false;
	deed->status = self->said.status;
	deed->out = strdup(self->said.out);
	deed->calls = outline(at(o, "calls", "functions"), "calls", NULL);
	deed->hypercalls = outline(at(o, "hypercalls", "names"), "stock",
				   "fast");
	deed->sequence = strdup(json_object_get_string(
					at(o, "hypercalls", "sequence")));
	return true;
}

static void deeds_free(struct deed *deed)
{
	for (int stock = 0; stock < 2; stock++, deed++) {
		free(deed->out);
		free(deed->calls);
		free(deed->hypercalls);
		free(deed->sequence);
	}
}

TEST_F_TIMEOUT(run, stock_and_ours_do_the_same, 260)
{
	struct deed deed[2];
	unsigned int tries;
	size_t i;

	for (i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
		const char *name = commands[i].argv[0];

		if (commands[i].wants && access(commands[i].wants, X_OK) != 0)
			continue;
		for (tries = 1;; tries++) {
			ASSERT_TRUE(deed_of(self, false, &commands[i], deed));
			ASSERT_TRUE(deed_of(self, true, &commands[i],
					    deed + 1));
			if (deed->status == 127)
				SKIP(return, "there is no %s", name);
			if (tries == commands[i].tries ||
			    !strcmp(deed[0].sequence, deed[1].sequence))
				break;
			deeds_free(deed);
		}
		EXPECT_EQ(deed[0].status, deed[1].status);
		EXPECT_LT(0, strlen(deed[0].calls));
		EXPECT_LT(0, strlen(deed[0].hypercalls));
		EXPECT_STREQ(deed[0].calls, deed[1].calls);
		EXPECT_STREQ(deed[0].hypercalls, deed[1].hypercalls)
			TH_LOG("%s %s", name, commands[i].argv[1] ?: "");
		EXPECT_STREQ(deed[0].sequence, deed[1].sequence);
		if (commands[i].same_output)
			EXPECT_STREQ(deed[0].out, deed[1].out);
		deeds_free(deed);
	}
}

int main(int argc, char **argv)
{
	if (argc == 4 && !strcmp(argv[1], "client"))
		return client(strtoul(argv[2], NULL, 10),
			      strtoull(argv[3], NULL, 10));
	return test_harness_run(argc, argv);
}
