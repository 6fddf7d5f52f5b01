// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Promise: what lies in a window with pages can be handed to the kernel for
 * direct I/O, and an I/O that still goes on keeps its page, and the grant, as
 * long as it takes and no longer, whatever becomes of the slot, the window,
 * the process or the granter meanwhile.
 *
 * /dev/ram0 (brd) takes O_DIRECT; a pipe keeps the pages that vmsplice gave it
 * until they are read, so it is an I/O that takes as long as one likes.
 */
#include <pthread.h>
#include <sys/uio.h>
#include <sys/wait.h>

#include "kselftest_harness.h"

#include "helper/raw.h"
#include "helper/target.h"
#include "helper/window.h"
#include "helper/filled.h"

FIXTURE(io)
{
	struct ctx c;
	struct target t;
	char *w;
	int p[2];
	char buffer[4 * PAGE] __attribute__((aligned(4096)));
};

FIXTURE_SETUP(io)
{
	self->c.fd = raw_open();
	SKIP_WITHOUT_MODULE(self->c.fd);
	close(self->c.fd);
	ASSERT_EQ(0, ctx_open(&self->c));
	NEED_OPCODE(&self->c, XENBATCH_OP_GRANT_MAP);
	ASSERT_EQ(0, filled_target(&self->t));
	self->w = window_new(self->c.fd, XENBATCH_REGION_GRANT_PAGES, SLOTS);
	ASSERT_NE(MAP_FAILED, self->w);
	ASSERT_EQ(0, grant_map(&self->c, self->t.domid, self->w, SLOTS, REF));
	ASSERT_EQ(0, pipe(self->p));
}

FIXTURE_TEARDOWN(io)
{
	munmap(self->w, SLOTS * PAGE);
	close(self->p[0]);
	close(self->p[1]);
	EXPECT_EQ(0, target_end(&self->t));
	ctx_close(&self->c);
}

/* Grants that the kernel lets go of when its I/O is over: in a while. */
static uint32_t grants_used(struct target *t, uint32_t wanted)
{
	int i;

	for (i = 0; i < 3000 && target_grants_used(t) != wanted; i++)
		usleep(1000);
	return target_grants_used(t);
}

static ssize_t to_pipe(int fd, char *page)
{
	struct iovec v = { page, PAGE };

	return vmsplice(fd, &v, 1, 0);
}

TEST_F(io, direct)
{
	int fd = open("/dev/ram0", O_RDWR | O_DIRECT | O_CLOEXEC), round, i;
	const size_t size = 4 * PAGE;

	if (fd < 0)
		SKIP_TEST("no /dev/ram0 (modprobe brd)");
	for (round = 0; round < 20; round++) {
		target_fill(&self->t, (uint32_t)(200 + round * 100));
		ASSERT_EQ(size, pwrite(fd, self->w + PAGE, size, 0));
		ASSERT_EQ(size, pread(fd, self->buffer, size, 0));
		for (i = 0; i < 4; i++)
			ASSERT_TRUE(page_is(self->buffer + i * PAGE,
				(uint32_t)(201 + round * 100 + i)));
		/* and in, to other slots */
		ASSERT_EQ(size, pread(fd, self->w + 8 * PAGE, size, 0));
		for (i = 0; i < 4; i++)
			ASSERT_TRUE(page_is(self->t.pages + (8 + i) * PAGE,
				(uint32_t)(201 + round * 100 + i)));
		/* emptied and filled in between: other pages, other grants */
		ASSERT_EQ(SLOTS, grant_unmap(&self->c, self->w, SLOTS));
		ASSERT_EQ(0, grants_used(&self->t, 0));
		ASSERT_EQ(-1, pread(fd, self->w, size, 0));
		ASSERT_EQ(EFAULT, errno);
		ASSERT_EQ(0, grant_map(&self->c, self->t.domid, self->w, SLOTS,
				       REF));
	}
	/* what was mapped read-only can be written out, not read in */
	ASSERT_EQ(1, grant_unmap(&self->c, self->w, 1));
	ASSERT_EQ(0, RUN(&self->c, .opcode = XENBATCH_OP_GRANT_MAP,
			 .flags = XENBATCH_OPF_READONLY,
			 .domid = (uint16_t)self->t.domid,
			 .map = { .addr = (uintptr_t)self->w, .count = 1,
				  .frame = REF }));
	EXPECT_EQ(PAGE, pwrite(fd, self->w, PAGE, 0));
	EXPECT_EQ(-1, pread(fd, self->w, PAGE, 0));
	close(fd);
}

/* What was mapped without pages is refused, not read wrongly. */
TEST_F(io, direct_without_pages)
{
	char *g = window_new(self->c.fd, XENBATCH_REGION_GRANT, 1);
	char *f = window_new(self->c.fd, XENBATCH_REGION_FOREIGN, 1);
	int fd = open("/dev/ram0", O_RDWR | O_DIRECT | O_CLOEXEC);

	if (fd < 0)
		SKIP_TEST("no /dev/ram0 (modprobe brd)");
	ASSERT_EQ(0, grant_map(&self->c, self->t.domid, g, 1, REF));
	ASSERT_EQ(0, foreign_map(&self->c, self->t.domid, f, 1,
				 self->t.frames[1]));
	EXPECT_EQ(-1, pwrite(fd, g, PAGE, 0));
	EXPECT_EQ(EFAULT, errno);
	EXPECT_EQ(-1, pread(fd, f, PAGE, 0));
	EXPECT_EQ(EFAULT, errno);
	EXPECT_TRUE(page_is(self->t.pages + PAGE, TAG + 1));
	close(fd);
	EXPECT_EQ(0, munmap(g, PAGE));
	EXPECT_EQ(0, munmap(f, PAGE));
}

/* The slot is emptied, and filled with another: the pipe has the first. */
TEST_F(io, slot_emptied_meanwhile)
{
	ASSERT_EQ(PAGE, to_pipe(self->p[1], self->w));
	ASSERT_EQ(PAGE, to_pipe(self->p[1], self->w + PAGE));
	EXPECT_EQ(SLOTS, grant_unmap(&self->c, self->w, SLOTS));
	EXPECT_EQ(SLOTS, slots_empty(self->w, SLOTS));
	EXPECT_EQ(2, target_grants_used(&self->t));
	EXPECT_NE(0, target_grant_use(&self->t, REF));
	EXPECT_EQ(0, grant_map(&self->c, self->t.domid, self->w, 2, REF + 8));
	EXPECT_TRUE(page_is(self->w, TAG + 8));
	/* its owner goes on writing to it meanwhile */
	page_fill(self->t.pages + PAGE, 7);
	usleep(300000);
	EXPECT_EQ(4, target_grants_used(&self->t));
	EXPECT_EQ(PAGE, read(self->p[0], self->buffer, PAGE));
	EXPECT_TRUE(page_is(self->buffer, TAG));
	EXPECT_EQ(3, grants_used(&self->t, 3));
	EXPECT_EQ(PAGE, read(self->p[0], self->buffer, PAGE));
	EXPECT_TRUE(page_is(self->buffer, 7));
	EXPECT_EQ(2, grants_used(&self->t, 2));
	EXPECT_TRUE(page_is(self->w + PAGE, TAG + 9));
	EXPECT_EQ(2, grant_unmap(&self->c, self->w, SLOTS));
	EXPECT_EQ(0, grants_used(&self->t, 0));
}

/* Again and again in the same slot: each I/O has a page of its own. */
TEST_F(io, slot_used_again)
{
	uint32_t i;

	for (i = 0; i < 12; i++) {
		EXPECT_LE(0, grant_unmap(&self->c, self->w, 1));
		ASSERT_EQ(0, grant_map(&self->c, self->t.domid, self->w, 1,
				       REF + i));
		ASSERT_EQ(PAGE, to_pipe(self->p[1], self->w));
	}
	EXPECT_EQ(SLOTS, grant_unmap(&self->c, self->w, SLOTS));
	EXPECT_EQ(12, grants_used(&self->t, 12));
	for (i = 0; i < 12; i++) {
		ASSERT_EQ(PAGE, read(self->p[0], self->buffer, PAGE));
		EXPECT_TRUE(page_is(self->buffer, TAG + i));
	}
	EXPECT_EQ(0, grants_used(&self->t, 0));
}

TEST_F(io, window_unmapped_meanwhile)
{
	ASSERT_EQ(PAGE, to_pipe(self->p[1], self->w + 2 * PAGE));
	EXPECT_EQ(0, munmap(self->w, SLOTS * PAGE));
	ctx_close(&self->c);
	EXPECT_EQ(1, grants_used(&self->t, 1));
	usleep(300000);
	EXPECT_EQ(1, target_grants_used(&self->t));
	EXPECT_EQ(PAGE, read(self->p[0], self->buffer, PAGE));
	EXPECT_TRUE(page_is(self->buffer, TAG + 2));
	EXPECT_EQ(0, grants_used(&self->t, 0));
	ASSERT_EQ(0, ctx_open(&self->c));
}

TEST_F(io, process_gone_meanwhile)
{
	int status;
	pid_t pid;

	EXPECT_EQ(SLOTS, grant_unmap(&self->c, self->w, SLOTS));
	pid = fork();
	ASSERT_LE(0, pid);
	if (!pid) {
		struct ctx c;
		char *w = window_filled(&c, &self->t,
					XENBATCH_REGION_GRANT_PAGES);

		if (!w || to_pipe(self->p[1], w + 3 * PAGE) != (ssize_t)PAGE)
			_exit(1);
		raise(SIGKILL);
	}
	ASSERT_EQ(pid, waitpid(pid, &status, 0));
	ASSERT_TRUE(WIFSIGNALED(status));
	EXPECT_EQ(1, grants_used(&self->t, 1));
	EXPECT_EQ(PAGE, read(self->p[0], self->buffer, PAGE));
	EXPECT_TRUE(page_is(self->buffer, TAG + 3));
	EXPECT_EQ(0, grants_used(&self->t, 0));
}

/* The granter is destroyed: the page of the pipe keeps it from vanishing. */
TEST_F(io, granter_gone_meanwhile)
{
	uint64_t held = 0;
	int i;

	ASSERT_EQ(PAGE, to_pipe(self->p[1], self->w + 4 * PAGE));
	EXPECT_EQ(SLOTS, grant_unmap(&self->c, self->w, SLOTS));
	EXPECT_EQ(1, grants_used(&self->t, 1));
	target_unmap_pages(&self->t);
	target_unmap_grants(&self->t);
	EXPECT_EQ(0, target_kill(&self->t));
	for (i = 0; i < 3000 && held != 1; i++) {
		EXPECT_FALSE(target_is_gone(&self->t, &held));
		usleep(1000);
	}
	EXPECT_EQ(1, held);
	EXPECT_EQ(PAGE, read(self->p[0], self->buffer, PAGE));
	EXPECT_TRUE(page_is(self->buffer, TAG + 4));
	EXPECT_EQ(0, target_vanishes(&self->t));
}

/* A page that is thrown out of the pipe unread is let go as well. */
TEST_F(io, pipe_closed)
{
	ASSERT_EQ(PAGE, to_pipe(self->p[1], self->w));
	EXPECT_EQ(SLOTS, grant_unmap(&self->c, self->w, SLOTS));
	EXPECT_EQ(1, grants_used(&self->t, 1));
	close(self->p[0]);
	close(self->p[1]);
	EXPECT_EQ(0, grants_used(&self->t, 0));
	ASSERT_EQ(0, pipe(self->p));
}

static const char zeros[PAGE];

struct pump {
	char *w;
	volatile int *stop;
	uint32_t good, refused, bad;
	long first_bad;		/* -errno, or what came */
	char page[PAGE] __attribute__((aligned(4096)));
};

/*
 * A page of slot 0 is of one grant or of the other, whole; or zeros, where the
 * slot was emptied while its page was looked for.
 */
static void pumped(struct pump *p, ssize_t n)
{
	if (n < 0 && errno == EFAULT)
		p->refused++;
	else if (n == (ssize_t)PAGE && (page_is(p->page, TAG) ||
					page_is(p->page, TAG + 8)))
		p->good++;
	else if (n == (ssize_t)PAGE && !memcmp(p->page, zeros, PAGE))
		p->refused++;
	else if (!p->bad++)
		p->first_bad = n < 0 ? -errno : n;
}

static void *pump_memory(void *data)
{
	struct pump *p = data;
	struct iovec here = { p->page, PAGE }, there = { p->w, PAGE };

	while (!*p->stop)
		pumped(p, process_vm_readv(getpid(), &here, 1, &there, 1, 0));
	return NULL;
}

static void *pump_pipe(void *data)
{
	struct pump *p = data;
	int fds[2];
	ssize_t n;

	if (pipe(fds))
		return NULL;
	while (!*p->stop) {
		n = to_pipe(fds[1], p->w);
		if (n > 0)
			n = read(fds[0], p->page, PAGE);
		pumped(p, n);
	}
	close(fds[0]);
	close(fds[1]);
	return NULL;
}

static void *pump_disk(void *data)
{
	int fd = open("/dev/ram0", O_RDWR | O_DIRECT | O_CLOEXEC);
	struct pump *p = data;
	ssize_t n;

	while (!*p->stop && fd >= 0) {
		n = pwrite(fd, p->w, PAGE, 0);
		if (n > 0)
			n = pread(fd, p->page, PAGE, 0);
		pumped(p, n);
	}
	close(fd);
	return NULL;
}

/* The slot is emptied and filled all the time under three kinds of I/O. */
TEST_F(io, slot_changes_all_the_time)
{
	void *(*const fns[3])(void *) = { pump_memory, pump_pipe, pump_disk };
	static struct pump pumps[3];
	const bool disk = !access("/dev/ram0", W_OK);
	pthread_t threads[3];
	volatile int stop = 0;
	uint32_t i, round, n = disk ? 3 : 2;

	for (i = 0; i < n; i++) {
		pumps[i].w = self->w;
		pumps[i].stop = &stop;
		ASSERT_EQ(0, pthread_create(&threads[i], NULL, fns[i],
					    &pumps[i]));
	}
	for (round = 0; round < 400; round++) {
		ASSERT_EQ(1, grant_unmap(&self->c, self->w, 1));
		ASSERT_EQ(0, grant_map(&self->c, self->t.domid, self->w, 1,
				       round & 1 ? REF : REF + 8));
		usleep(round % 7 * 500);
	}
	stop = 1;
	for (i = 0; i < n; i++) {
		ASSERT_EQ(0, pthread_join(threads[i], NULL));
		EXPECT_EQ(0, pumps[i].bad) {
			TH_LOG("I/O of kind %u gave %ld", i,
			       pumps[i].first_bad);
		}
		EXPECT_LT(0, pumps[i].good) {
			TH_LOG("I/O of kind %u", i);
		}
	}
	EXPECT_EQ(SLOTS, grant_unmap(&self->c, self->w, SLOTS));
	EXPECT_EQ(0, grants_used(&self->t, 0));
}

TEST_HARNESS_MAIN
