// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Promise: when the module's limits or the kernel's memory run out, the call
 * fails with the errno that it should, everything half done is undone, and the
 * next call that can work does.
 *
 * How memory runs out here: a memory cgroup (version 1, whose OOM killer can be
 * told to stay away) with a limit that rises page by page, so that each
 * allocation on the way, the vma's, page tables' and the module's own, is the
 * first to fail once. Debian's kernel has no failslab; what is not charged to
 * the cgroup (pages for direct I/O, the notifier) does not fail here.
 *
 * XENBATCH_KO says which module to load again (the rig sets it); it is left
 * loaded with its own limits, as it was found.
 */
#include <stdio.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>

#include "kselftest_harness.h"

#include "helper/raw.h"
#include "helper/scratch.h"
#include "helper/target.h"
#include "helper/window.h"
#include "helper/filled.h"

static const unsigned int regions[3] = {
	XENBATCH_REGION_FOREIGN, XENBATCH_REGION_GRANT,
	XENBATCH_REGION_GRANT_PAGES,
};

/* Limits of the module's own, by loading it anew. */

FIXTURE(limits)
{
	bool unloaded;
	struct target t;
};

static int unload(int flags)
{
	return (int)syscall(SYS_delete_module, "xenbatch", flags);
}

static int load(const char *parameters)
{
	int fd = open(getenv("XENBATCH_KO"), O_RDONLY | O_CLOEXEC);
	int ret = fd < 0 ? -1 : (int)syscall(SYS_finit_module, fd, parameters,
					     0);

	if (fd >= 0)
		close(fd);
	return ret;
}

FIXTURE_SETUP(limits)
{
	struct ctx c;

	c.fd = raw_open();
	SKIP_WITHOUT_MODULE(c.fd);
	close(c.fd);
	if (!getenv("XENBATCH_KO"))
		SKIP_TEST("XENBATCH_KO does not say which module to load");
	ASSERT_EQ(0, ctx_open(&c));
	NEED_OPCODE(&c, XENBATCH_OP_GRANT_MAP);
	ctx_close(&c);
	ASSERT_EQ(0, filled_target(&self->t));
}

FIXTURE_TEARDOWN(limits)
{
	EXPECT_EQ(0, target_end(&self->t));
	/* with its own limits again */
	if (!access("/sys/module/xenbatch", F_OK)) {
		EXPECT_EQ(0, unload(O_NONBLOCK));
	}
	EXPECT_EQ(0, load(""));
	EXPECT_EQ(0, access(XENBATCH_DEVICE, R_OK | W_OK));
}

TEST_F(limits, slots_max)
{
	char *w[4], *v;
	struct ctx c, d;
	uint32_t i;

	ASSERT_EQ(0, unload(O_NONBLOCK));
	ASSERT_EQ(0, load("slots_max=64"));
	ASSERT_EQ(0, ctx_open(&c));
	ASSERT_EQ(64, c.info.slots_max);
	EXPECT_EQ(MAP_FAILED, window_new(c.fd, regions[0], 65));
	EXPECT_EQ(ENOSPC, errno);
	for (i = 0; i < 4; i++) {
		w[i] = window_new(c.fd, regions[i % 3], SLOTS);
		ASSERT_NE(MAP_FAILED, w[i]);
		ASSERT_EQ(0, window_fill(&c, &self->t, regions[i % 3], w[i]));
	}
	for (i = 0; i < 3; i++) {
		errno = 0;
		EXPECT_EQ(MAP_FAILED, window_new(c.fd, regions[i], 1));
		EXPECT_EQ(ENOSPC, errno);
	}
	/* a context's own limit, and no other's */
	ASSERT_EQ(0, ctx_open(&d));
	v = window_new(d.fd, regions[1], 64);
	ASSERT_NE(MAP_FAILED, v);
	EXPECT_EQ(0, munmap(v, 64 * PAGE));
	ctx_close(&d);
	/* what was refused cost nothing, what goes is given back */
	EXPECT_TRUE(window_is_filled(w[1]));
	EXPECT_EQ(0, munmap(w[1], SLOTS * PAGE));
	EXPECT_EQ(MAP_FAILED, window_new(c.fd, regions[2], SLOTS + 1));
	w[1] = window_new(c.fd, regions[2], SLOTS);
	ASSERT_NE(MAP_FAILED, w[1]);
	EXPECT_EQ(0, window_fill(&c, &self->t, regions[2], w[1]));
	for (i = 0; i < 4; i++)
		EXPECT_EQ(0, munmap(w[i], SLOTS * PAGE));
	ctx_close(&c);
	EXPECT_EQ(0, target_grants_used(&self->t));
}

/* It goes, with I/O still under way on one of its pages: not before that. */
TEST_F(limits, unloaded_while_io_goes_on)
{
	struct iovec v = { NULL, PAGE };
	static char buffer[PAGE];
	struct ctx c;
	int p[2], status, i;
	pid_t pid;
	char *w;

	w = window_filled(&c, &self->t, XENBATCH_REGION_GRANT_PAGES);
	ASSERT_NE(NULL, w);
	ASSERT_EQ(0, pipe(p));
	v.iov_base = w + PAGE;
	ASSERT_EQ(PAGE, vmsplice(p[1], &v, 1, 0));
	EXPECT_EQ(0, munmap(w, SLOTS * PAGE));
	ctx_close(&c);
	pid = fork();
	ASSERT_LE(0, pid);
	if (!pid)
		_exit(unload(O_NONBLOCK) ? errno : 0);
	/* it has not gone by the time that it could have */
	usleep(500000);
	EXPECT_EQ(0, waitpid(pid, &status, WNOHANG));
	EXPECT_EQ(1, target_grants_used(&self->t));
	EXPECT_EQ(PAGE, read(p[0], buffer, PAGE));
	EXPECT_TRUE(page_is(buffer, TAG + 1));
	ASSERT_EQ(pid, waitpid(pid, &status, 0));
	EXPECT_EQ(0, status);
	for (i = 0; i < 1000 && target_grants_used(&self->t); i++)
		usleep(1000);
	EXPECT_EQ(0, target_grants_used(&self->t));
	close(p[0]);
	close(p[1]);
}

/* Memory that runs out. */

#define MANY	2048U		/* slots: its tables need pages of all sorts */

FIXTURE(memory)
{
	struct target t;
	int procs, limit, usage;
};

/* A file of the group, which lies where cgroups are mounted. */
static int open_group(const char *file)
{
	char name[64], path[128];

	snprintf(name, sizeof(name), "test/%s", file);
	return open(scratch_file(path, sizeof(path), name),
		    O_WRONLY | O_CLOEXEC);
}

/* What is said must be so. */
static int say(const char *file, const char *what)
{
	int fd = open_group(file), ret;

	if (fd < 0)
		return -1;
	ret = write(fd, what, strlen(what)) == (ssize_t)strlen(what) ? 0 : -1;
	close(fd);
	return ret;
}

FIXTURE_SETUP(memory)
{
	char group[128];
	struct ctx c;

	c.fd = raw_open();
	SKIP_WITHOUT_MODULE(c.fd);
	close(c.fd);
	ASSERT_EQ(0, ctx_open(&c));
	NEED_OPCODE(&c, XENBATCH_OP_GRANT_MAP);
	ctx_close(&c);
	ASSERT_EQ(0, scratch_make());
	if (mount("none", scratch_dir, "cgroup", 0, "memory")) {
		scratch_remove();
		SKIP_TEST("no memory cgroup of version 1 to be had here");
	}
	mkdir(scratch_file(group, sizeof(group), "test"), 0700);
	/* who gets no memory is told so, and not killed */
	ASSERT_EQ(0, say("memory.oom_control", "1"));
	self->procs = open_group("cgroup.procs");
	self->limit = open_group("memory.limit_in_bytes");
	ASSERT_LE(0, self->procs);
	ASSERT_LE(0, self->limit);
	ASSERT_EQ(0, filled_target(&self->t));
}

FIXTURE_TEARDOWN(memory)
{
	char group[128];
	int i;

	EXPECT_EQ(0, target_grants_used(&self->t));
	EXPECT_EQ(0, target_end(&self->t));
	close(self->procs);
	close(self->limit);
	scratch_file(group, sizeof(group), "test");
	for (i = 0; i < 1000 && rmdir(group); i++)
		usleep(1000);
	umount(scratch_dir);
	EXPECT_EQ(0, scratch_remove());
}

/* What comes back from the child. */
struct outcome {
	uint32_t refused, done;		/* calls */
	uint32_t wrong;
	int first_wrong;		/* its errno or result */
};

static void wrong(struct outcome *o, int what)
{
	if (!o->wrong++)
		o->first_wrong = what;
}

/*
 * False: that much is in use already. Without memory of its own: a page that
 * is not there yet would let this process sleep for good.
 */
static bool set_limit(FIXTURE_DATA(memory) *self, uint64_t bytes)
{
	static char text[32];
	char *p = text + sizeof(text);

	do
		*--p = (char)('0' + bytes % 10);
	while (bytes /= 10);
	return pwrite(self->limit, p, (size_t)(text + sizeof(text) - p), 0) >
	       0;
}

static void no_limit(FIXTURE_DATA(memory) *self, struct outcome *o)
{
	if (!set_limit(self, 1ULL << 40))
		wrong(o, errno);
}

/* mmap of each kind of window, and a map, with more memory each time. */
static void try_mmaps(FIXTURE_DATA(memory) *self, struct ctx *c,
		      struct outcome *o)
{
	uint64_t pages;
	uint32_t k;
	char *w = MAP_FAILED;

	for (k = 0; k < 3; k++) {
		for (pages = 0; pages < 512; pages++) {
			if (!set_limit(self, pages * PAGE))
				continue;
			w = window_new(c->fd, regions[k], MANY);
			if (w != MAP_FAILED)
				break;
			if (errno != ENOMEM)
				wrong(o, errno);
			o->refused++;
		}
		no_limit(self, o);
		if (w == MAP_FAILED) {
			wrong(o, -1);
			continue;
		}
		if (window_fill(c, &self->t, regions[k], w))
			wrong(o, -2);
		if (window_empty(c, regions[k], w) != SLOTS)
			wrong(o, -3);
		if (munmap(w, MANY * PAGE))
			wrong(o, -4);
		o->done++;
	}
}

/* Operations of contexts that have not yet had any memory for them. */
static void try_operations(FIXTURE_DATA(memory) *self, struct ctx *all,
			   char **w, uint32_t n, struct outcome *o)
{
	uint32_t i;

	for (i = 0; i < n; i++) {
		struct ctx *c = &all[i];
		uint32_t k = i % 3;
		int64_t ret = -1;
		uint64_t pages;

		for (pages = 0; pages < 512 && ret; pages++) {
			if (!set_limit(self, pages * PAGE))
				continue;
			ret = window_fill(c, &self->t, regions[k], w[i]);
			if (ret && ret != -ENOMEM)
				wrong(o, (int)ret);
			o->refused += !!ret;
		}
		no_limit(self, o);
		if (ret)
			wrong(o, -5);
		if (k && grant_notify(c, w[i] + 5, XENBATCH_NOTIFY_CLEAR_BYTE,
				      0))
			wrong(o, -6);
		if (window_empty(c, regions[k], w[i]) != SLOTS)
			wrong(o, -7);
		o->done++;
	}
}

TEST_F_TIMEOUT(memory, runs_out, 100)
{
	struct outcome *o = mmap(NULL, PAGE, PROT_READ | PROT_WRITE,
				 MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	int status;
	pid_t pid;

	ASSERT_NE(MAP_FAILED, o);
	memset(o, 0, sizeof(*o));
	pid = fork();
	ASSERT_LE(0, pid);
	if (!pid) {
		volatile char stack[16384];
		struct ctx c, all[6];
		char *w[6];
		uint32_t i;

		memset((char *)stack, 1, sizeof(stack));
		if (ctx_open(&c))
			_exit(91);
		for (i = 0; i < 6; i++) {
			if (ctx_open(&all[i]))
				_exit(92);
			w[i] = window_new(all[i].fd, regions[i % 3], SLOTS);
			if (w[i] == MAP_FAILED)
				_exit(93);
		}
		if (mlockall(MCL_CURRENT) || write(self->procs, "0", 1) != 1)
			_exit(94);
		try_mmaps(self, &c, o);
		try_operations(self, all, w, 6, o);
		_exit(0);
	}
	ASSERT_EQ(pid, waitpid(pid, &status, 0));
	EXPECT_EQ(0, status);
	EXPECT_EQ(0, o->wrong) {
		TH_LOG("the first was %d", o->first_wrong);
	}
	EXPECT_EQ(9, o->done);
	/* each of the three has at least its vma, itself and a page table */
	EXPECT_LE(9, o->refused);
	TH_LOG("%u calls were refused for want of memory", o->refused);
}

/* And of the address space. */
TEST_F(memory, address_space)
{
	struct rlimit limit, old;
	uint32_t k;
	struct ctx c;
	char *w;

	ASSERT_EQ(0, ctx_open(&c));
	ASSERT_EQ(0, getrlimit(RLIMIT_AS, &old));
	limit = old;
	limit.rlim_cur = 1 << 20;
	ASSERT_EQ(0, setrlimit(RLIMIT_AS, &limit));
	for (k = 0; k < 3; k++) {
		errno = 0;
		EXPECT_EQ(MAP_FAILED, window_new(c.fd, regions[k], SLOTS));
		EXPECT_EQ(ENOMEM, errno);
	}
	ASSERT_EQ(0, setrlimit(RLIMIT_AS, &old));
	w = window_new(c.fd, regions[0], SLOTS);
	ASSERT_NE(MAP_FAILED, w);
	EXPECT_EQ(0, munmap(w, SLOTS * PAGE));
	ctx_close(&c);
}

TEST_HARNESS_MAIN
