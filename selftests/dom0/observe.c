// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Promise: what an administrator reads of the module tells what happened: the
 * context's fdinfo, the machine's counters in debugfs, the trace events.
 */
#include <stdio.h>

#include "kselftest_harness.h"

#include "helper/file.h"
#include "helper/raw.h"

#define COUNTERS "/sys/kernel/debug/xenbatch/counters"
#define TRACING  "/sys/kernel/debug/tracing/"

static int to_file(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_TRUNC);
	ssize_t n = fd < 0 ? -1 : write(fd, text, strlen(text));

	if (fd >= 0)
		close(fd);
	return n == (ssize_t)strlen(text) ? 0 : -1;
}

FIXTURE(observe)
{
	int fd;
	char fdinfo[64];
	struct xenbatch_op *ops;
};

FIXTURE_SETUP(observe)
{
	int i;

	self->fd = raw_open();
	SKIP_WITHOUT_MODULE(self->fd);
	ASSERT_LE(0, self->fd);
	snprintf(self->fdinfo, sizeof(self->fdinfo), "/proc/self/fdinfo/%d",
		 self->fd);
	self->ops = raw_map(self->fd, XENBATCH_REGION_OPS, 0, PAGE);
	ASSERT_NE(MAP_FAILED, self->ops);
	for (i = 0; i < 10; i++)
		raw_version(&self->ops[i]);
	self->ops[7].domid = 1;
}

FIXTURE_TEARDOWN(observe)
{
	close(self->fd);
}

TEST_F(observe, fdinfo)
{
	struct xenbatch_restrict r = {
		.flags = XENBATCH_RESTRICT_DOMID, .domid = 5,
	};

	EXPECT_EQ(64, from_file(self->fdinfo, "ops:"));
	EXPECT_EQ(0, from_file(self->fdinfo, "arena:"));
	ASSERT_EQ(10, raw_submit(self->fd, 0, 10));
	EXPECT_EQ(1, from_file(self->fdinfo, "submits:"));
	EXPECT_EQ(9, from_file(self->fdinfo, "batched:"));
	EXPECT_EQ(2, from_file(self->fdinfo, "multicalls:"));
	EXPECT_EQ(1, from_file(self->fdinfo, "refused:"));
	ASSERT_EQ(0, ioctl(self->fd, XENBATCH_IOC_RESTRICT, &r));
	EXPECT_EQ(5, from_file(self->fdinfo, "domid:"));
}

/* The totals go on when a context ends. */
TEST_F(observe, totals)
{
	long batched = from_file(COUNTERS, "batched ");
	long contexts = from_file(COUNTERS, "contexts ");

	if (batched < 0 && errno == ENOENT)
		SKIP(return, "no debugfs at /sys/kernel/debug");
	ASSERT_EQ(10, raw_submit(self->fd, 0, 10));
	EXPECT_EQ(batched + 9, from_file(COUNTERS, "batched "));
	munmap(self->ops, PAGE);
	close(self->fd);
	EXPECT_EQ(contexts - 1, from_file(COUNTERS, "contexts "));
	EXPECT_EQ(batched + 9, from_file(COUNTERS, "batched "));
	self->fd = raw_open();
	ASSERT_LE(0, self->fd);
}

TEST_F(observe, trace_events)
{
	char line[512];
	int submits = 0, completes = 0;
	FILE *f;

	if (access(TRACING "events/xenbatch", F_OK))
		SKIP(return, "no " TRACING "events/xenbatch");
	ASSERT_EQ(0, to_file(TRACING "trace", " "));
	ASSERT_EQ(0, to_file(TRACING "events/xenbatch/enable", "1"));
	ASSERT_EQ(10, raw_submit(self->fd, 0, 10));
	ASSERT_EQ(0, to_file(TRACING "events/xenbatch/enable", "0"));
	ASSERT_EQ(10, raw_submit(self->fd, 0, 10));

	f = fopen(TRACING "trace", "r");
	ASSERT_NE(NULL, f);
	while (fgets(line, sizeof(line), f)) {
		submits += strstr(line, "xenbatch_submit: ") &&
			   strstr(line, "first=0 count=10");
		completes += strstr(line, "xenbatch_complete: ") &&
			     strstr(line, "done=10 direct=0 multicalls=2 "
					  "batched=9 refused=1 canceled=0");
	}
	fclose(f);
	EXPECT_EQ(1, submits);
	EXPECT_EQ(1, completes);
}

TEST_HARNESS_MAIN
