// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Promise: the program `xenbatch` tells the truth about what is here, with the
 * module, without it and without any way to Xen; answers what makes no sense
 * by one line and exit status 2; and its benchmark measures two libraries that
 * give the same answers and leaves no domain behind, even when it is killed
 * gently.
 */
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <sys/mount.h>

#include <xenctrl.h>

#include "kselftest_harness.h"

#include "helper/raw.h"
#include "helper/said.h"

static int nr_domains(void)
{
	static xc_domaininfo_t list[1024];
	xc_interface *xch = xc_interface_open(NULL, NULL, 0);
	int n = -1, i, alive = 0;

	if (!xch)
		return -1;
	n = xc_domain_getinfolist(xch, 0, 1024, list);
	for (i = 0; i < n; i++)
		alive += !(list[i].flags & XEN_DOMINF_dying);
	xc_interface_close(xch);
	return n < 0 ? -1 : alive;
}

FIXTURE(tool)
{
	struct said *said;
	bool module;		/* is what the library is to use */
	bool loaded;
};

FIXTURE_SETUP(tool)
{
	const char *backend = getenv("XENBATCH_BACKEND");

	self->said = calloc(1, sizeof(*self->said));
	ASSERT_NE(NULL, self->said);
	self->loaded = access(XENBATCH_DEVICE, F_OK) == 0;
	self->module = self->loaded && !(backend && !strcmp(backend, "stock"));
}

FIXTURE_TEARDOWN(tool)
{
	free(self->said);
}

TEST_F(tool, version_and_help)
{
	static const char *const asked[][3] = {
		{ "--version" }, { "--help" }, { "--usage" },
		{ "info", "--help" }, { "bench", "--help" },
		{ "bench", "--usage" }, { "bench", "--list" },
	};

	for (size_t i = 0; i < sizeof(asked) / sizeof(asked[0]); i++) {
		ASSERT_EQ(0, RUN(self->said, asked[i][0], asked[i][1]));
		EXPECT_EQ(0, self->said->status);
		EXPECT_STREQ("", self->said->err);
		EXPECT_LE(1, lines(self->said->out));
	}
	ASSERT_EQ(0, RUN(self->said, "--version"));
	EXPECT_EQ(0, strncmp(self->said->out, "xenbatch ", 9));
}

TEST_F(tool, nonsense_is_one_line_and_2)
{
	static const char *const asked[][4] = {
		{ NULL }, { "nothing" }, { "--nothing" }, { "-x" },
		{ "info", "--nothing" }, { "info", "more" },
		{ "info", "--json=1" }, { "bench", "more" },
		{ "bench", "--row" }, { "bench", "--row", "nothing" },
		{ "bench", "-jx" }, { "bench", "--stock" },
		{ "api", "--nothing" }, { "api", "--release", "new" },
	};

	for (size_t i = 0; i < sizeof(asked) / sizeof(asked[0]); i++) {
		ASSERT_EQ(0, RUN(self->said, asked[i][0], asked[i][1],
				 asked[i][2]));
		EXPECT_EQ(2, self->said->status) {
			TH_LOG("case %zu: %s", i, self->said->err);
		}
		EXPECT_EQ(1, lines(self->said->err));
		EXPECT_STREQ("", self->said->out);
	}
}

TEST_F(tool, info_tells_what_is_here)
{
	ASSERT_EQ(0, RUN(self->said, "info"));
	EXPECT_EQ(0, self->said->status);
	EXPECT_STREQ("", self->said->err);
	EXPECT_EQ(self->module,
		  strstr(self->said->out, "\nbackend     module (") != NULL ||
		  strstr(self->said->out, "\nbackend  module (") != NULL);
	EXPECT_EQ(self->loaded, strstr(self->said->out, "\nsubmits") != NULL);
	EXPECT_EQ(!self->loaded, strstr(self->said->out, "none: ") != NULL);

	ASSERT_EQ(0, RUN(self->said, "info", "--json"));
	EXPECT_EQ(0, self->said->status);
	EXPECT_EQ(self->loaded,
		  strstr(self->said->out, "\"present\": true") != NULL);
	EXPECT_EQ(self->module,
		  strstr(self->said->out, "\"name\": \"module\"") != NULL);
	EXPECT_EQ(!self->module,
		  strstr(self->said->out, "\"name\": \"stock\"") != NULL);
	EXPECT_NE(NULL, strstr(self->said->out, "\"xen\": \""));
}

/* That it is the whole of the library is `make abi-check`'s to know. */
TEST_F(tool, api_tells_functions_and_groups)
{
	ASSERT_EQ(0, RUN(self->said, "api", "xc_vcpu_getinfo"));
	EXPECT_EQ(0, self->said->status);
	EXPECT_EQ(2, lines(self->said->out));
	EXPECT_NE(NULL, strstr(self->said->out,
			       "  vcpu   queued  domctl getvcpuinfo\n"));

	ASSERT_EQ(0, RUN(self->said, "api", "--json", "cpupool",
			 "xc_*_pages"));
	EXPECT_EQ(0, self->said->status);
	EXPECT_NE(NULL, strstr(self->said->out, "\"xc_cpupool_create\""));
	EXPECT_NE(NULL, strstr(self->said->out, "\"xc_map_foreign_pages\""));
	EXPECT_EQ(NULL, strstr(self->said->out, "\"xc_vcpu_getinfo\""));

	ASSERT_EQ(0, RUN(self->said, "api", "xc_nothing"));
	EXPECT_EQ(1, self->said->status);
	EXPECT_EQ(1, lines(self->said->err));
	EXPECT_STREQ("", self->said->out);
}

TEST_F(tool, no_way_to_xen_is_one_line_and_1)
{
	/* The devices are hidden from this process and its children only. */
	ASSERT_EQ(0, unshare(CLONE_NEWNS));
	ASSERT_EQ(0, mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL));
	ASSERT_EQ(0, mount("none", "/dev/xen", "tmpfs", 0, NULL));
	ASSERT_EQ(0, mount("none", "/proc/xen", "tmpfs", 0, NULL));
	ASSERT_EQ(0, RUN(self->said, "info"));
	EXPECT_EQ(1, self->said->status);
	EXPECT_EQ(1, lines(self->said->err));
	EXPECT_STREQ("", self->said->out);
	ASSERT_EQ(0, RUN(self->said, "bench"));
	EXPECT_EQ(1, self->said->status);
	EXPECT_EQ(1, lines(self->said->err));
}

TEST_F(tool, backend_that_does_not_exist)
{
	ASSERT_EQ(0, setenv("XENBATCH_BACKEND", "nothing", 1));
	ASSERT_EQ(0, RUN(self->said, "info"));
	EXPECT_EQ(1, self->said->status);
	EXPECT_EQ(1, lines(self->said->err));
}

/* In an emulator a benchmark takes a minute and more: the rig has it once. */
static bool one_pass_of_many(void)
{
	const char *pass = getenv("XENBATCH_PASS");

	return pass && strcmp(pass, "module");
}

TEST_F_TIMEOUT(tool, bench_compares_and_cleans_up, 300)
{
	int before = nr_domains();

	if (one_pass_of_many())
		SKIP(return, "only in pass module");
	ASSERT_LE(1, before);
	ASSERT_EQ(0, RUN(self->said, "bench", "--json",
			 "--row=xc_vcpu_getinfo.deferred", "--row=sweep.64x2",
			 "--row=evtchn.wakeup"));
	EXPECT_EQ(0, self->said->status) {
		TH_LOG("%s", self->said->err);
	}
	EXPECT_NE(NULL, strstr(self->said->out, "\"same\": true"));
	EXPECT_EQ(NULL, strstr(self->said->out, "\"same\": false"));
	EXPECT_NE(NULL, strstr(self->said->out, "\"sweep.64x2\""));
	EXPECT_NE(NULL, strstr(self->said->out, "\"evtchn.wakeup\""));
	/* how long each wake-up took: no other row has it */
	EXPECT_NE(NULL, strstr(self->said->out, "\"latency_ns\""));
	EXPECT_EQ(before, nr_domains());
}

TEST_F_TIMEOUT(tool, bench_stopped_by_a_signal, 300)
{
	static const char *const argv[] = { "xenbatch", "bench", NULL };
	/* 64 without memory, and one that has some to be mapped */
	int before = nr_domains(), all = before + 65, status, i;
	pid_t pid;

	if (one_pass_of_many())
		SKIP(return, "only in pass module");
	pid = start(STDERR_FILENO, STDERR_FILENO, argv);
	ASSERT_LT(0, pid);
	/* Until it has all its domains: measuring takes seconds from there. */
	for (i = 0; i < 1000 && nr_domains() != all; i++)
		usleep(20000);
	EXPECT_EQ(all, nr_domains());
	ASSERT_EQ(0, kill(pid, SIGTERM));
	ASSERT_EQ(pid, waitpid(pid, &status, 0));
	EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 1);
	EXPECT_EQ(before, nr_domains());
}

TEST_HARNESS_MAIN
