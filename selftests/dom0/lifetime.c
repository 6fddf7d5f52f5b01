// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Promise: whatever way a context's owner goes on or ends (fork, exec, exit,
 * SIGKILL in mid-batch, close before munmap), nobody else can use the context,
 * the machine is left as it was, and the module can be asked to go only when
 * nobody uses it. Threads on one context do not disturb each other.
 */
#include <dirent.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "kselftest_harness.h"

#include "helper/file.h"
#include "helper/raw.h"

#define EXEC_FD "XENBATCH_TEST_EXEC_FD"

struct context {
	int fd;
	struct xenbatch_op *ops;
	struct xen_domctl *domctl;
	uint32_t nr;
};

/* nr operations with a domctl each */
static int context_open(struct context *c, uint32_t nr)
{
	size_t bytes = (nr * sizeof(*c->domctl) + PAGE - 1) & ~(PAGE - 1);

	c->nr = nr;
	c->fd = raw_open();
	if (c->fd < 0)
		return -1;
	c->ops = raw_map(c->fd, XENBATCH_REGION_OPS, 0, nr * sizeof(*c->ops));
	c->domctl = raw_map(c->fd, XENBATCH_REGION_ARENA, 0, bytes);
	return c->ops == MAP_FAILED || c->domctl == MAP_FAILED ? -1 : 0;
}

static void context_close(struct context *c)
{
	close(c->fd);
	munmap(c->ops, c->nr * sizeof(*c->ops));
	munmap(c->domctl, (c->nr * sizeof(*c->domctl) + PAGE - 1) &
	       ~(PAGE - 1));
}

static void context_fill(struct context *c, uint32_t first, uint32_t nr)
{
	uint32_t i;

	for (i = first; i < first + nr; i++)
		raw_vcpuinfo(&c->ops[i], &c->domctl[i], 0, 0);
}

/* Runs the range; how many of its operations are not as they should be. */
static uint32_t context_run(struct context *c, uint32_t first, uint32_t nr)
{
	uint32_t i, bad = 0;

	if (raw_submit_all(c->fd, first, nr))
		return ~0U;
	for (i = first; i < first + nr; i++)
		if (c->ops[i].result || !c->domctl[i].u.getvcpuinfo.online)
			bad++;
	return bad;
}

#define open_contexts() from_file("/sys/kernel/debug/xenbatch/counters", \
				  "contexts ")
#define mem_available() from_file("/proc/meminfo", "MemFree:")

/*
 * What another address space gets: the number of wrong answers. The context's
 * memory was not inherited, so nothing here touches it.
 */
static int foreign_uses(int fd)
{
	struct xenbatch_restrict r = { .flags = XENBATCH_RESTRICT_DOMID };
	struct xenbatch_info info = { .flags = 0 };
	int wrong = 0;

	wrong += !(raw_submit(fd, 0, 1) == -1 && errno == EXDEV);
	wrong += !(raw_submit(fd, 0, 0) == -1 && errno == EXDEV);
	wrong += !(ioctl(fd, XENBATCH_IOC_RESTRICT, &r) == -1 &&
		   errno == EXDEV);
	wrong += !(raw_map(fd, XENBATCH_REGION_ARENA, 1 << 20, PAGE) ==
		   MAP_FAILED && errno == EXDEV);
	wrong += !!ioctl(fd, XENBATCH_IOC_INFO, &info);
	return wrong;
}

/* After exec this program is here again, with the descriptor. */
__attribute__((constructor)) static void after_exec(void)
{
	const char *fd = getenv(EXEC_FD);

	if (fd)
		_exit(foreign_uses(atoi(fd)));
}

static int status_of(pid_t pid)
{
	int status;

	if (waitpid(pid, &status, 0) != pid || !WIFEXITED(status))
		return -1;
	return WEXITSTATUS(status);
}

FIXTURE(lifetime)
{
	struct context c;
};

FIXTURE_SETUP(lifetime)
{
	int fd = raw_open();

	SKIP_WITHOUT_MODULE(fd);
	close(fd);
	ASSERT_EQ(0, context_open(&self->c, 4096));
	context_fill(&self->c, 0, 4096);
}

FIXTURE_TEARDOWN(lifetime)
{
	context_close(&self->c);
}

TEST_F(lifetime, fork)
{
	struct context mine;
	pid_t pid = fork();

	ASSERT_LE(0, pid);
	if (!pid) {
		int wrong = foreign_uses(self->c.fd);
		unsigned char there;

		/* DONTCOPY: the areas are not here at all */
		wrong += !(mincore(self->c.ops, PAGE, &there) == -1 &&
			   errno == ENOMEM);
		wrong += !(mincore(self->c.domctl, PAGE, &there) == -1 &&
			   errno == ENOMEM);
		/* a context of its own is what a child uses */
		wrong += !!context_open(&mine, 64);
		context_fill(&mine, 0, 64);
		wrong += !!context_run(&mine, 0, 64);
		close(self->c.fd);
		_exit(wrong);
	}
	EXPECT_EQ(0, context_run(&self->c, 0, 4096));
	EXPECT_EQ(0, status_of(pid));
	EXPECT_EQ(0, context_run(&self->c, 0, 4096));
}

/* The parent ends first, and its child holds the descriptor. */
TEST_F(lifetime, parent_ends_first)
{
	int p[2], result = -1;
	pid_t pid;

	ASSERT_EQ(0, pipe(p));
	pid = fork();
	ASSERT_LE(0, pid);
	if (!pid) {
		struct context mine;
		pid_t parent = getpid();

		if (context_open(&mine, 64))
			_exit(1);
		if (fork())
			_exit(0);
		while (getppid() == parent)
			usleep(1000);
		result = foreign_uses(mine.fd);
		_exit(write(p[1], &result, sizeof(result)) != sizeof(result));
	}
	EXPECT_EQ(0, status_of(pid));
	ASSERT_EQ(sizeof(result), read(p[0], &result, sizeof(result)));
	EXPECT_EQ(0, result);
	close(p[0]);
	close(p[1]);
}

TEST_F(lifetime, exec)
{
	char fd[16];
	pid_t pid;

	snprintf(fd, sizeof(fd), "%d", self->c.fd);
	ASSERT_EQ(0, fcntl(self->c.fd, F_SETFD, 0));
	pid = fork();
	ASSERT_LE(0, pid);
	if (!pid) {
		setenv(EXEC_FD, fd, 1);
		execl("/proc/self/exe", "lifetime", NULL);
		_exit(99);
	}
	EXPECT_EQ(0, status_of(pid));
}

TEST_F(lifetime, close_before_munmap)
{
	long before = open_contexts();
	struct context c;

	ASSERT_LE(1, before);
	ASSERT_EQ(0, context_open(&c, 64));
	context_fill(&c, 0, 64);
	EXPECT_EQ(before + 1, open_contexts());
	close(c.fd);
	/* the areas hold the context: its memory is still good */
	EXPECT_EQ(before + 1, open_contexts());
	memset(c.domctl, 0x5a, 64 * sizeof(*c.domctl));
	memset(c.ops, 0x5a, 64 * sizeof(*c.ops));
	context_close(&c);
	EXPECT_EQ(before, open_contexts());
}

/* Killed at fifty moments of a loop of long batches. */
TEST_F(lifetime, sigkill_in_mid_batch)
{
	long before = open_contexts();
	struct context c;
	int i, status;
	pid_t pid;

	for (i = 0; i < 50; i++) {
		pid = fork();
		ASSERT_LE(0, pid);
		if (!pid) {
			if (context_open(&c, 20032))
				_exit(1);
			context_fill(&c, 0, 20032);
			for (;;)
				if (context_run(&c, 0, 20032))
					_exit(2);
		}
		usleep(1000 + (unsigned int)i * 3001);
		ASSERT_EQ(0, kill(pid, SIGKILL));
		ASSERT_EQ(pid, waitpid(pid, &status, 0));
		ASSERT_TRUE(WIFSIGNALED(status)) {
			TH_LOG("exit status %d", WEXITSTATUS(status));
		}
	}
	EXPECT_EQ(before, open_contexts());
	EXPECT_EQ(0, context_run(&self->c, 0, 4096));
}

struct job {
	struct context *c;
	uint32_t first, nr, rounds, bad;
	volatile int *stop;
};

static void *run_job(void *data)
{
	struct job *job = data;
	uint32_t i;

	for (i = 0; i < job->rounds && !(job->stop && *job->stop); i++) {
		context_fill(job->c, job->first, job->nr);
		job->bad += context_run(job->c, job->first, job->nr);
	}
	return NULL;
}

/* Two, and sixteen, threads on one context, each with a range of its own. */
TEST_F(lifetime, threads_on_one_context)
{
	struct job jobs[16];
	pthread_t threads[16];
	uint32_t n, i;

	for (n = 2; n <= 16; n *= 8) {
		for (i = 0; i < n; i++) {
			/* not whole pages: neighbours share one */
			jobs[i] = (struct job){ &self->c, i * 100, 100, 50, 0,
						NULL };
			ASSERT_EQ(0, pthread_create(&threads[i], NULL,
						    run_job, &jobs[i]));
		}
		for (i = 0; i < n; i++) {
			ASSERT_EQ(0, pthread_join(threads[i], NULL));
			EXPECT_EQ(0, jobs[i].bad);
		}
	}
}

TEST_F(lifetime, sixteen_threads_on_sixteen_contexts)
{
	struct context contexts[16];
	struct job jobs[16];
	pthread_t threads[16];
	uint32_t i;

	for (i = 0; i < 16; i++) {
		ASSERT_EQ(0, context_open(&contexts[i], 256));
		jobs[i] = (struct job){ &contexts[i], 0, 256, 30, 0, NULL };
		ASSERT_EQ(0, pthread_create(&threads[i], NULL, run_job,
					    &jobs[i]));
	}
	for (i = 0; i < 16; i++) {
		ASSERT_EQ(0, pthread_join(threads[i], NULL));
		EXPECT_EQ(0, jobs[i].bad);
		context_close(&contexts[i]);
	}
}

/* Threads that submit the same operations harm nobody. */
TEST_F(lifetime, threads_on_the_same_operations)
{
	pthread_t threads[4];
	struct job jobs[4];
	uint32_t i;

	for (i = 0; i < 4; i++) {
		jobs[i] = (struct job){ &self->c, 0, 256, 50, 0, NULL };
		ASSERT_EQ(0, pthread_create(&threads[i], NULL, run_job,
					    &jobs[i]));
	}
	for (i = 0; i < 4; i++)
		ASSERT_EQ(0, pthread_join(threads[i], NULL));
	/* alone again, all is as it should be */
	context_fill(&self->c, 0, 4096);
	EXPECT_EQ(0, context_run(&self->c, 0, 4096));
}

/* One thread makes new pieces of both regions while another submits. */
TEST_F(lifetime, grow_while_submitting)
{
	volatile int stop = 0;
	struct job job = { &self->c, 0, 1024, ~0U, 0, &stop };
	struct xenbatch_op *ops;
	pthread_t thread;
	uint32_t page;

	ASSERT_EQ(0, pthread_create(&thread, NULL, run_job, &job));
	for (page = 64; page < 264; page++) {
		ops = raw_map(self->c.fd, XENBATCH_REGION_OPS, page * PAGE,
			      PAGE);
		ASSERT_NE(MAP_FAILED, ops);
		raw_version(&ops[63]);
		ASSERT_EQ(64, raw_submit(self->c.fd,
					 page * OPS_PER_PAGE, 64));
		EXPECT_LT(0, ops[63].result);
		ASSERT_NE(MAP_FAILED,
			  raw_map(self->c.fd, XENBATCH_REGION_ARENA,
				  (uint64_t)(page + 4096) * PAGE, PAGE));
	}
	stop = 1;
	ASSERT_EQ(0, pthread_join(thread, NULL));
	EXPECT_EQ(0, job.bad);
}

/*
 * Two hundred contexts with 320 KiB each, opened and closed while another one
 * works; were they kept, four rounds would cost 250 MiB.
 */
TEST_F_TIMEOUT(lifetime, two_hundred_contexts_under_load, 150)
{
	volatile int stop = 0;
	struct job job = { &self->c, 0, 1024, ~0U, 0, &stop };
	static struct context contexts[200];
	long before = open_contexts(), free_before = 0, free_after;
	pthread_t thread;
	uint32_t i, round;

	ASSERT_EQ(0, pthread_create(&thread, NULL, run_job, &job));
	for (round = 0; round < 5; round++) {
		for (i = 0; i < 200; i++) {
			ASSERT_EQ(0, context_open(&contexts[i], 1024));
			context_fill(&contexts[i], 1000, 24);
			ASSERT_EQ(0, context_run(&contexts[i], 1000, 24));
		}
		EXPECT_EQ(before + 200, open_contexts());
		for (i = 0; i < 200; i++)
			context_close(&contexts[i]);
		EXPECT_EQ(before, open_contexts());
		if (!round)	/* caches are warm from here on */
			free_before = mem_available();
	}
	stop = 1;
	ASSERT_EQ(0, pthread_join(thread, NULL));
	EXPECT_EQ(0, job.bad);
	free_after = mem_available();
	EXPECT_GT(16 << 10, free_before - free_after) {
		TH_LOG("%ld KiB free before, %ld after", free_before,
		       free_after);
	}
}

TEST_F(lifetime, contexts_are_limited)
{
	struct rlimit limit = { 4096, 4096 };
	long max = from_file("/sys/module/xenbatch/parameters/contexts_max",
			     "");
	long before = open_contexts(), n = 0;
	static int fds[4096];

	ASSERT_LT(0, max);
	ASSERT_GT(4000, max);
	ASSERT_EQ(0, setrlimit(RLIMIT_NOFILE, &limit));
	while (n < max && (fds[n] = raw_open()) >= 0)
		n++;
	EXPECT_EQ(ENFILE, errno);
	EXPECT_EQ(max - before, n);
	while (n--)
		close(fds[n]);
	EXPECT_EQ(before, open_contexts());
}

/* Who has a context keeps the module. */
TEST_F(lifetime, module_stays_while_used)
{
	errno = 0;
	EXPECT_EQ(-1, syscall(SYS_delete_module, "xenbatch", O_NONBLOCK));
	EXPECT_EQ(EWOULDBLOCK, errno);
	EXPECT_EQ(0, context_run(&self->c, 0, 64));
}

TEST_HARNESS_MAIN
