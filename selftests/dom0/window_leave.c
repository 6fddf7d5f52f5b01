// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Promise: whatever way a process with filled windows goes, nothing stays
 * mapped and no grant in use, at once; while it lives nobody takes its
 * mappings away. The oracle is Xen: the granter's own table, and the domain,
 * which is destroyed after each test and vanishes only if no page of it is
 * held. Each way with each kind of window.
 */
#include <pthread.h>
#include <spawn.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "kselftest_harness.h"

#include "helper/raw.h"
#include "helper/target.h"
#include "helper/window.h"
#include "helper/filled.h"

FIXTURE(leave)
{
	struct target t;
};

WINDOW_VARIANTS(leave);

FIXTURE_SETUP(leave)
{
	struct ctx c;

	c.fd = raw_open();
	SKIP_WITHOUT_MODULE(c.fd);
	close(c.fd);
	ASSERT_EQ(0, ctx_open(&c));
	NEED_OPCODE(&c, is_foreign(variant->region) ?
		    XENBATCH_OP_FOREIGN_MAP : XENBATCH_OP_GRANT_MAP);
	ctx_close(&c);
	ASSERT_EQ(0, filled_target(&self->t));
}

FIXTURE_TEARDOWN(leave)
{
	EXPECT_EQ(0, target_grants_used(&self->t));
	EXPECT_EQ(0, target_end(&self->t));
}

static int status_of(pid_t pid)
{
	int status;

	return waitpid(pid, &status, 0) == pid ? status : -1;
}

/* A child with a filled window; in it, c and w are set and the result is 0. */
#define CHILD(c, w)							\
	({								\
		pid_t child = fork();					\
		if (!child) {						\
			w = window_filled(&(c), &self->t,		\
					  variant->region);		\
			if (!w)						\
				_exit(99);				\
		}							\
		child;							\
	})

/* Until the child has filled its window. */
#define AWAIT_FILLED()							\
	do {								\
		int ms = 0;						\
		while (target_grants_used(&self->t) !=			\
		       window_holds(variant->region) && ms++ < 5000)	\
			usleep(1000);					\
		EXPECT_GT(5000, ms);					\
	} while (0)

/* Now, while whoever had it mapped is still there. */
#define EXPECT_NOTHING_HELD()						\
	do {								\
		EXPECT_EQ(0, target_grants_used(&self->t));		\
		EXPECT_EQ(0, target_end(&self->t));			\
		memset(&self->t, 0, sizeof(self->t));			\
		ASSERT_EQ(0, filled_target(&self->t));			\
	} while (0)

TEST_F(leave, exit)
{
	struct ctx c;
	char *w = NULL;
	pid_t pid = CHILD(c, w);

	if (!pid)
		_exit(window_is_filled(w) ? 0 : 1);
	EXPECT_EQ(0, status_of(pid));
}

TEST_F(leave, killed)
{
	struct ctx c;
	char *w = NULL;
	pid_t pid = CHILD(c, w);

	if (!pid)
		for (;;)
			pause();
	AWAIT_FILLED();
	usleep(20000);
	kill(pid, SIGKILL);
	EXPECT_EQ(SIGKILL, status_of(pid));
}

TEST_F(leave, munmap)
{
	struct ctx c;
	char *w = window_filled(&c, &self->t, variant->region);

	ASSERT_NE(NULL, w);
	EXPECT_TRUE(window_is_filled(w));
	EXPECT_EQ(window_holds(variant->region),
		  target_grants_used(&self->t));
	EXPECT_EQ(0, munmap(w, SLOTS * PAGE));
	EXPECT_EQ(0, target_grants_used(&self->t));
	EXPECT_EQ(SIGSEGV, touch_read(w));
	/* the context goes on */
	w = window_new(c.fd, variant->region, SLOTS);
	ASSERT_NE(MAP_FAILED, w);
	EXPECT_EQ(0, window_fill(&c, &self->t, variant->region, w));
	EXPECT_TRUE(window_is_filled(w));
	EXPECT_EQ(0, munmap(w, SLOTS * PAGE));
	ctx_close(&c);
}

/* With its neighbours, and what is mapped in its place. */
TEST_F(leave, munmap_of_more)
{
	const off_t offset = (off_t)XENBATCH_MMAP_OFFSET(variant->region, 0);
	const int rw = PROT_READ | PROT_WRITE;
	struct ctx c;
	char *w, *p;

	ASSERT_EQ(0, ctx_open(&c));
	p = mmap(NULL, 3 * SLOTS * PAGE, rw, MAP_PRIVATE | MAP_ANONYMOUS, -1,
		 0);
	ASSERT_NE(MAP_FAILED, p);
	memset(p, 1, 3 * SLOTS * PAGE);
	w = p + SLOTS * PAGE;
	ASSERT_EQ(w, mmap(w, SLOTS * PAGE, rw, MAP_SHARED | MAP_FIXED, c.fd,
			  offset));
	ASSERT_EQ(0, window_fill(&c, &self->t, variant->region, w));
	EXPECT_EQ(1, w[-1]);
	EXPECT_EQ(1, w[SLOTS * PAGE]);
	EXPECT_EQ(0, munmap(p, 3 * SLOTS * PAGE));
	EXPECT_EQ(0, target_grants_used(&self->t));

	w = window_new(c.fd, variant->region, SLOTS);
	ASSERT_NE(MAP_FAILED, w);
	ASSERT_EQ(0, window_fill(&c, &self->t, variant->region, w));
	ASSERT_EQ(w, mmap(w, SLOTS * PAGE, rw,
			  MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0));
	EXPECT_EQ(0, target_grants_used(&self->t));
	EXPECT_EQ(0, w[5]);
	EXPECT_TRUE(page_is(self->t.pages, TAG));
	EXPECT_EQ(0, munmap(w, SLOTS * PAGE));
	ctx_close(&c);
}

TEST_F(leave, exec)
{
	struct ctx c;
	char *w = NULL, byte;
	int p[2];
	pid_t pid;

	ASSERT_EQ(0, pipe2(p, O_CLOEXEC));
	pid = CHILD(c, w);
	if (!pid) {
		/* the descriptor lives on, too */
		fcntl(c.fd, F_SETFD, 0);
		execl("/bin/sleep", "sleep", "60", NULL);
		_exit(1);
	}
	close(p[1]);
	/* its other end was closed by exec */
	EXPECT_EQ(0, read(p[0], &byte, 1));
	EXPECT_NOTHING_HELD();
	kill(pid, SIGKILL);
	EXPECT_EQ(SIGKILL, status_of(pid));
	close(p[0]);
}

/* The mapping holds the context: it is good without the descriptor. */
TEST_F(leave, closed_before_munmap)
{
	struct ctx c;
	char *w = window_filled(&c, &self->t, variant->region);

	ASSERT_NE(NULL, w);
	ctx_close(&c);
	EXPECT_TRUE(window_is_filled(w));
	page_fill(w, 7);
	EXPECT_TRUE(page_is(self->t.pages, 7));
	EXPECT_EQ(window_holds(variant->region),
		  target_grants_used(&self->t));
	/* and the module stays */
	errno = 0;
	EXPECT_EQ(-1, syscall(SYS_delete_module, "xenbatch", O_NONBLOCK));
	EXPECT_EQ(EWOULDBLOCK, errno);
	EXPECT_EQ(0, munmap(w, SLOTS * PAGE));
	EXPECT_EQ(0, target_grants_used(&self->t));
}

TEST_F(leave, closed_before_exit)
{
	struct ctx c;
	char *w = NULL;
	pid_t pid = CHILD(c, w);

	if (!pid) {
		ctx_close(&c);
		_exit(window_is_filled(w) ? 0 : 1);
	}
	EXPECT_EQ(0, status_of(pid));
}

/* What a child gets: no mapping, no right. */
static int child_sees(struct ctx *c, char *w, unsigned int region)
{
	struct xenbatch_submit s = { .first = 0, .count = 1 };
	unsigned char there;
	int wrong = 0;

	wrong += !(mincore(w, PAGE, &there) == -1 && errno == ENOMEM);
	wrong += touch_read(w) != SIGSEGV;
	wrong += !(ioctl(c->fd, XENBATCH_IOC_SUBMIT, &s) == -1 &&
		   errno == EXDEV);
	wrong += !(window_new(c->fd, region, 1) == MAP_FAILED &&
		   errno == EXDEV);
	return wrong;
}

TEST_F(leave, fork_and_the_child_ends_first)
{
	struct ctx c, mine;
	char *w = window_filled(&c, &self->t, variant->region), *v;
	pid_t pid;

	ASSERT_NE(NULL, w);
	pid = fork();
	ASSERT_LE(0, pid);
	if (!pid) {
		int wrong = child_sees(&c, w, variant->region);

		/* at the same address, in a context of its own */
		if (ctx_open(&mine))
			_exit(50);
		v = mmap(w, SLOTS * PAGE, PROT_READ | PROT_WRITE,
			 MAP_SHARED | MAP_FIXED, mine.fd,
			 (off_t)XENBATCH_MMAP_OFFSET(variant->region, 0));
		if (v != w || window_fill(&mine, &self->t, variant->region, v))
			_exit(51);
		wrong += !window_is_filled(v);
		_exit(wrong);
	}
	EXPECT_EQ(0, status_of(pid));
	EXPECT_TRUE(window_is_filled(w));
	EXPECT_EQ(window_holds(variant->region),
		  target_grants_used(&self->t));
	EXPECT_EQ(SLOTS, window_empty(&c, variant->region, w));
	EXPECT_EQ(0, munmap(w, SLOTS * PAGE));
	ctx_close(&c);
}

/* The parent is gone, its child has the descriptor: nothing is held. */
TEST_F(leave, fork_and_the_parent_ends_first)
{
	int p[2], told[2] = { -1, 0 };	/* what is wrong, and who says so */
	struct ctx c;
	char *w = NULL;
	pid_t pid;

	ASSERT_EQ(0, pipe(p));
	pid = CHILD(c, w);
	if (!pid) {
		pid_t parent = getpid();

		if (fork())
			_exit(0);
		while (getppid() == parent)
			usleep(1000);
		told[0] = child_sees(&c, w, variant->region);
		told[1] = getpid();
		if (write(p[1], told, sizeof(told)) != sizeof(told))
			_exit(1);
		pause();
	}
	EXPECT_EQ(0, status_of(pid));
	ASSERT_EQ(sizeof(told), read(p[0], told, sizeof(told)));
	EXPECT_EQ(0, told[0]);
	EXPECT_NOTHING_HELD();
	kill(told[1], SIGKILL);
	close(p[0]);
	close(p[1]);
}

static void ignore(int sig)
{
	(void)sig;
}

/* A child is made, and becomes another program, while all is mapped. */
TEST_F(leave, spawn)
{
	char *argv[] = { "true", NULL }, *envp[] = { NULL };
	struct ctx c;
	char *w = window_filled(&c, &self->t, variant->region);
	uint32_t i;
	pid_t pid;

	ASSERT_NE(NULL, w);
	for (i = 0; i < 5; i++) {
		ASSERT_EQ(0, posix_spawn(&pid, "/bin/true", NULL, NULL, argv,
					 envp));
		EXPECT_EQ(0, status_of(pid));
		EXPECT_TRUE(window_is_filled(w));
	}
	EXPECT_EQ(window_holds(variant->region),
		  target_grants_used(&self->t));
	EXPECT_EQ(0, munmap(w, SLOTS * PAGE));
	ctx_close(&c);
}

struct thread_arg {
	struct ctx *c;
	struct target *t;
	unsigned int region;
	char *w;
	int64_t result;
};

static void *map_and_exit(void *data)
{
	struct thread_arg *a = data;

	a->w = window_new(a->c->fd, a->region, SLOTS);
	a->result = a->w == MAP_FAILED ? NOT_RUN :
		    window_fill(a->c, a->t, a->region, a->w);
	return NULL;
}

/* A thread maps and ends: the process has it. */
TEST_F(leave, thread_exits)
{
	struct thread_arg a = { .t = &self->t, .region = variant->region };
	pthread_t thread;
	struct ctx c;

	ASSERT_EQ(0, ctx_open(&c));
	a.c = &c;
	ASSERT_EQ(0, pthread_create(&thread, NULL, map_and_exit, &a));
	ASSERT_EQ(0, pthread_join(thread, NULL));
	ASSERT_EQ(0, a.result);
	EXPECT_TRUE(window_is_filled(a.w));
	EXPECT_EQ(SLOTS, window_empty(&c, variant->region, a.w));
	EXPECT_EQ(0, munmap(a.w, SLOTS * PAGE));
	ctx_close(&c);
}

/* The first thread ends, the second lives on with the mappings, then exits. */
static void *outlive(void *data)
{
	struct thread_arg *a = data;

	usleep(50000);
	_exit(window_is_filled(a->w) ? 0 : 1);
}

TEST_F(leave, first_thread_exits_first)
{
	struct ctx c;
	char *w = NULL;
	pid_t pid = CHILD(c, w);

	if (!pid) {
		static struct thread_arg a;
		pthread_t thread;

		a.w = w;
		if (pthread_create(&thread, NULL, outlive, &a))
			_exit(2);
		pthread_exit(NULL);
	}
	EXPECT_EQ(0, status_of(pid));
}

/* SUBMITs of fills and empties, without an end. */
static void *churn(void *data)
{
	struct thread_arg *a = data;
	struct xenbatch_op *ops = a->c->ops;
	const bool foreign = is_foreign(a->region);
	uint32_t i, n = CTX_OPS - 1;

	for (i = 0; i < n; i++)
		if (i % 3 < 2)
			ops[i] = op_map(foreign ? XENBATCH_OP_FOREIGN_MAP :
					XENBATCH_OP_GRANT_MAP, a->t->domid,
					a->w + i % 3 * 8 * PAGE, 8,
					foreign ? a->t->frames[i % 3 * 8] :
					REF + i % 3 * 8);
		else
			ops[i] = op_unmap(foreign ? XENBATCH_OP_FOREIGN_UNMAP :
					  XENBATCH_OP_GRANT_UNMAP, a->w,
					  SLOTS);
	for (;;)
		raw_submit(a->c->fd, 0, n);
	return NULL;
}

/* Killed at many moments of long batches, with one thread and with two. */
TEST_F_TIMEOUT(leave, killed_at_any_point, 120)
{
	uint32_t round;
	struct ctx c;
	pid_t pid;
	char *w = NULL;

	for (round = 0; round < 60; round++) {
		pid = CHILD(c, w);
		ASSERT_LE(0, pid);
		if (!pid) {
			struct thread_arg a = {
				.c = &c, .t = &self->t, .w = w,
				.region = variant->region,
			};
			pthread_t thread;

			window_empty(&c, variant->region, w);
			if (round % 3 == 2)
				pthread_create(&thread, NULL, churn, &a);
			churn(&a);
		}
		usleep(3000 + round * 1013);
		ASSERT_EQ(0, kill(pid, SIGKILL));
		ASSERT_EQ(SIGKILL, status_of(pid));
		ASSERT_EQ(0, target_grants_used(&self->t)) {
			TH_LOG("in round %u", round);
		}
	}
}

/* exit() in one thread while another is in the middle of a batch. */
TEST_F_TIMEOUT(leave, exits_at_any_point, 120)
{
	uint32_t round;
	struct ctx c;
	pid_t pid;
	char *w = NULL;

	for (round = 0; round < 20; round++) {
		pid = CHILD(c, w);
		ASSERT_LE(0, pid);
		if (!pid) {
			struct thread_arg a = {
				.c = &c, .t = &self->t, .w = w,
				.region = variant->region,
			};
			pthread_t thread;

			window_empty(&c, variant->region, w);
			pthread_create(&thread, NULL, churn, &a);
			usleep(1000 + round * 2011);
			/* by turns: exit, close, munmap, exec */
			/* its operations stay: the thread still writes them */
			if (round % 4 == 1)
				close(c.fd);
			if (round % 4 == 2)
				munmap(w, SLOTS * PAGE);
			if (round % 4 == 3)
				execl("/bin/true", "true", NULL);
			_exit(0);
		}
		ASSERT_EQ(0, status_of(pid)) {
			TH_LOG("in round %u", round);
		}
		ASSERT_EQ(0, target_grants_used(&self->t)) {
			TH_LOG("in round %u", round);
		}
	}
}

/* A signal in the middle of a long batch: it is cut, and nothing is lost. */
TEST_F_TIMEOUT(leave, interrupted_batches, 60)
{
	struct sigaction sa = { .sa_handler = ignore };
	struct xenbatch_op *ops;
	uint32_t i, done, cut = 0, round, n = 600;
	const bool foreign = is_foreign(variant->region);
	struct ctx c;
	char *w = window_filled(&c, &self->t, variant->region);
	pid_t pid;
	int ret;

	ASSERT_NE(NULL, w);
	ASSERT_EQ(0, sigaction(SIGUSR1, &sa, NULL));
	pid = fork();
	if (!pid) {
		for (;;) {
			kill(getppid(), SIGUSR1);
			usleep(1000);
		}
	}
	ops = c.ops;
	/* each takes Xen an interrupt to all processors: not too many */
	for (round = 0; round < 2; round++) {
		for (i = 0; i < n; i++)
			if (i % 2)
				ops[i] = op_map(foreign ?
						XENBATCH_OP_FOREIGN_MAP :
						XENBATCH_OP_GRANT_MAP,
						self->t.domid, w, 8, foreign ?
						self->t.frames[0] : REF);
			else
				ops[i] = op_unmap(foreign ?
						  XENBATCH_OP_FOREIGN_UNMAP :
						  XENBATCH_OP_GRANT_UNMAP, w,
						  8);
		for (done = 0; done < n; done += (uint32_t)ret) {
			ret = raw_submit(c.fd, done, n - done);
			ASSERT_LT(0, ret);
			cut += (uint32_t)ret < n - done;
		}
		for (i = 0; i < n; i++)
			ASSERT_EQ(i % 2 ? 0 : 8, ops[i].result);
		ASSERT_TRUE(window_is_filled(w));
	}
	kill(pid, SIGKILL);
	status_of(pid);
	EXPECT_LT(0, cut);
	EXPECT_EQ(0, munmap(w, SLOTS * PAGE));
	ctx_close(&c);
}

TEST_HARNESS_MAIN
