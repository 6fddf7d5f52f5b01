// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Promise: threads may map, replace and unmap in windows of one context at the
 * same time, areas may be made and unmapped under their feet, children forked
 * and contexts closed, and still each operation is whole: a slot shows a page
 * that somebody asked for or nothing, and in the end nothing is held.
 */
#include <pthread.h>
#include <sys/wait.h>
#include <time.h>

#include "kselftest_harness.h"

#include "helper/raw.h"
#include "helper/target.h"
#include "helper/window.h"

#define SLOTS	16U
#define PAGES	32U
#define REF	16U
#define TAG	100U
#define OPS	64U		/* of each thread */
#define MOST	8U
#define SECONDS	4

FIXTURE(thread)
{
	struct ctx c, d;
	struct target t;
	volatile int stop;
	char *shared[3];	/* one window of each kind */
	char *elsewhere;	/* room for one more */
};

static const unsigned int regions[3] = {
	XENBATCH_REGION_FOREIGN, XENBATCH_REGION_GRANT,
	XENBATCH_REGION_GRANT_PAGES,
};

FIXTURE_SETUP(thread)
{
	uint32_t i;

	self->c.fd = raw_open();
	SKIP_WITHOUT_MODULE(self->c.fd);
	close(self->c.fd);
	ASSERT_EQ(0, ctx_open(&self->c));
	ASSERT_EQ(0, ctx_open(&self->d));
	NEED_OPCODE(&self->c, XENBATCH_OP_FOREIGN_MAP);
	NEED_OPCODE(&self->c, XENBATCH_OP_GRANT_MAP);
	ASSERT_EQ(0, target_start(&self->t, PAGES));
	target_fill(&self->t, TAG);
	for (i = 0; i < PAGES; i++)
		target_grant(&self->t, REF + i, i, 0, 0);
	for (i = 0; i < 3; i++) {
		self->shared[i] = window_new(self->c.fd, regions[i], SLOTS);
		ASSERT_NE(MAP_FAILED, self->shared[i]);
	}
	self->elsewhere = mmap(NULL, SLOTS * PAGE, PROT_NONE,
			       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	ASSERT_NE(MAP_FAILED, self->elsewhere);
}

FIXTURE_TEARDOWN(thread)
{
	uint32_t i;

	for (i = 0; i < 3; i++)
		munmap(self->shared[i], SLOTS * PAGE);
	munmap(self->elsewhere, SLOTS * PAGE);
	EXPECT_EQ(0, target_grants_used(&self->t));
	EXPECT_EQ(0, target_end(&self->t));
	ctx_close(&self->c);
	ctx_close(&self->d);
}

struct job {
	FIXTURE_DATA(thread) *self;
	struct ctx *c;
	uint32_t kind;		/* of window */
	uint32_t first;		/* operation, its own from here on */
	char *own;		/* a window of its own, or NULL: shared */
	uint64_t x;
	uint32_t bad, done;
};

static uint32_t draw(struct job *j, uint32_t below)
{
	j->x ^= j->x << 13;
	j->x ^= j->x >> 7;
	j->x ^= j->x << 17;
	return (uint32_t)(j->x >> 20) % below;
}

/* -ENXIO, when the area was unmapped meanwhile, is no failure there. */
static bool may_be(struct job *j, int64_t result)
{
	return result >= 0 || (!j->own && result == -EBUSY) ||
	       (!j->own && result == -ENXIO);
}

/* A slot of a shared window: whatever it shows is a page of the target. */
static bool sane(const char *slot)
{
	const volatile uint32_t *word = (const volatile uint32_t *)slot;
	uint32_t value, i;
	int sig;

	/* not touch(): what is read is to be looked at */
	sig = sigsetjmp(touch_env, 0);
	if (sig) {
		touching = 0;
		return sig == SIGBUS || sig == SIGSEGV;
	}
	touching = 1;
	value = *word;
	touching = 0;
	for (i = 0; i < PAGES; i++)
		if (value == (TAG + i) * 2654435761U)
			return true;
	fprintf(stderr, "# thread: slot at %p shows %#x\n", slot, value);
	return false;
}

static void *work(void *data)
{
	struct job *j = data;
	struct xenbatch_op *ops = &j->c->ops[j->first];
	const bool frames = !j->kind;
	struct target *t = &j->self->t;
	char *w = j->own ? j->own : j->self->shared[j->kind];
	uint32_t i, n, slot, count, page;

	while (!j->self->stop) {
		n = 1 + draw(j, OPS);
		for (i = 0; i < n; i++) {
			slot = draw(j, SLOTS);
			count = 1 + draw(j, MOST);
			if (count > SLOTS - slot)
				count = SLOTS - slot;
			page = draw(j, PAGES / TARGET_RUN) * TARGET_RUN;
			/* a grant goes to an empty slot only */
			if (i % 2)
				ops[i] = op_map(frames ?
						XENBATCH_OP_FOREIGN_MAP :
						XENBATCH_OP_GRANT_MAP,
						t->domid, w + slot * PAGE,
						count, frames ?
						t->frames[page] : REF + page);
			else
				ops[i] = op_unmap(frames ?
						  XENBATCH_OP_FOREIGN_UNMAP :
						  XENBATCH_OP_GRANT_UNMAP, w,
						  SLOTS);
		}
		if (raw_submit_all(j->c->fd, j->first, n)) {
			j->bad++;
			break;
		}
		for (i = 0; i < n; i++) {
			if (may_be(j, ops[i].result))
				continue;
			fprintf(stderr, "# thread: opcode %u gave %lld\n",
				ops[i].opcode, (long long)ops[i].result);
			j->bad++;
		}
		for (i = 0; i < SLOTS; i++)
			j->bad += !sane(w + i * PAGE);
		j->done += n;
	}
	return NULL;
}

/* Areas of its own: made, filled, half emptied, unmapped. */
static void *make_areas(void *data)
{
	struct job *j = data;
	struct target *t = &j->self->t;
	struct xenbatch_op *op = &j->c->ops[j->first];
	char *w;

	while (!j->self->stop) {
		w = window_new(j->c->fd, regions[j->kind], SLOTS);
		if (w == MAP_FAILED) {
			j->bad++;
			break;
		}
		*op = op_map(j->kind ? XENBATCH_OP_GRANT_MAP :
			     XENBATCH_OP_FOREIGN_MAP, t->domid, w, TARGET_RUN,
			     j->kind ? REF : t->frames[0]);
		if (raw_submit(j->c->fd, j->first, 1) != 1 || op->result)
			j->bad++;
		j->bad += !sane(w) + !sane(w + 7 * PAGE);
		if (munmap(w, SLOTS * PAGE))
			j->bad++;
		j->done++;
	}
	return NULL;
}

/* The shared windows go, and come again at the same address. */
static void *replace_areas(void *data)
{
	struct job *j = data;
	char *w;
	uint32_t k;

	while (!j->self->stop) {
		k = draw(j, 3);
		w = j->self->shared[k];
		if (draw(j, 2)) {
			munmap(w, SLOTS * PAGE);
			usleep(draw(j, 3000));
		}
		if (mmap(w, SLOTS * PAGE, PROT_READ | PROT_WRITE,
			 MAP_SHARED | MAP_FIXED, j->c->fd,
			 (off_t)XENBATCH_MMAP_OFFSET(regions[k], 0)) != w)
			j->bad++;
		j->done++;
		usleep(draw(j, 3000));
	}
	return NULL;
}

/* Children that live for a moment, and memory calls on the windows. */
static void *fork_and_call(void *data)
{
	struct job *j = data;
	char *elsewhere = j->self->elsewhere;
	bool ready = true;
	int status;
	pid_t pid;
	char *w;

	while (!j->self->stop) {
		w = j->self->shared[draw(j, 3)];
		switch (draw(j, 5)) {
		case 0:
			/*
			 * mremap takes away what is there, then fails. That is
			 * never where a window is missing just now: mprotect
			 * would then show zeroes there.
			 */
			if (ready)
				mremap(w, SLOTS * PAGE, SLOTS * PAGE,
				       MREMAP_MAYMOVE | MREMAP_FIXED,
				       elsewhere);
			/* ... unless an area has come there meanwhile */
			ready = mmap(elsewhere, SLOTS * PAGE, PROT_NONE,
				     MAP_PRIVATE | MAP_ANONYMOUS |
				     MAP_FIXED_NOREPLACE, -1, 0) == elsewhere;
			break;
		case 1:
			munmap(w + PAGE, PAGE);
			break;
		case 2:
			mprotect(w, SLOTS * PAGE, PROT_READ);
			break;
		default:
			pid = fork();
			if (!pid)
				_exit(0);
			if (pid < 0 || waitpid(pid, &status, 0) != pid ||
			    status)
				j->bad++;
		}
		j->done++;
		usleep(draw(j, 2000));
	}
	return NULL;
}

#define TABLE	512U		/* slots of a page table */

/* Fills and empties whole page tables. */
static void *whole_tables(void *data)
{
	struct job *j = data;
	struct xenbatch_op *ops = &j->c->ops[j->first];
	struct target *t = &j->self->t;
	static uint64_t frames[TABLE];
	uint32_t i, page;

	for (i = 0; i < TABLE; i++)
		frames[i] = t->frames[i % PAGES];
	while (!j->self->stop) {
		page = draw(j, 2) * TABLE;
		ops[0] = op_list(XENBATCH_OP_FOREIGN_MAP, t->domid,
				 j->own + page * PAGE, TABLE, frames, NULL, 0);
		ops[1] = op_unmap(XENBATCH_OP_FOREIGN_UNMAP,
				  j->own + page * PAGE, TABLE);
		if (raw_submit_all(j->c->fd, j->first, 2) || ops[0].result ||
		    ops[1].result != TABLE)
			j->bad++;
		j->done++;
	}
	return NULL;
}

/* Touches what comes and goes. */
static void *touch_all(void *data)
{
	struct job *j = data;
	uint32_t i;

	while (!j->self->stop) {
		for (i = 0; i < 2 * TABLE && !j->self->stop; i++)
			j->bad += !sane(j->own + i * PAGE);
		j->done++;
	}
	return NULL;
}

/* Lets the kernel walk through the page tables. */
static void *walk_all(void *data)
{
	static char buffer[1 << 16];
	struct job *j = data;
	int fd;

	while (!j->self->stop) {
		fd = open("/proc/self/smaps", O_RDONLY | O_CLOEXEC);
		while (read(fd, buffer, sizeof(buffer)) > 0)
			;
		close(fd);
		fd = open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC);
		j->bad += pread(fd, buffer, 2 * TABLE * 8,
				(off_t)((uintptr_t)j->own / PAGE * 8)) < 0;
		close(fd);
		/* MADV_POPULATE_READ, _WRITE */
		madvise(j->own, 2 * TABLE * PAGE, 22);
		madvise(j->own, 2 * TABLE * PAGE, 23);
		mincore(j->own, 2 * TABLE * PAGE, (unsigned char *)buffer);
		j->done++;
	}
	return NULL;
}

typedef void *(*thread_fn)(void *);

static void run_jobs(struct __test_metadata *_metadata,
		     FIXTURE_DATA(thread) *self, struct job *jobs,
		     const thread_fn *fns, uint32_t n)
{
	pthread_t threads[16];
	uint32_t i;

	/* the handlers */
	touch_read(self->shared[0]);
	for (i = 0; i < n; i++) {
		jobs[i].self = self;
		jobs[i].x = 88172645463325252ULL + i * 7919;
		ASSERT_EQ(0, pthread_create(&threads[i], NULL, fns[i],
					    &jobs[i]));
	}
	sleep(SECONDS);
	self->stop = 1;
	for (i = 0; i < n; i++) {
		ASSERT_EQ(0, pthread_join(threads[i], NULL));
		EXPECT_EQ(0, jobs[i].bad) {
			TH_LOG("thread %u", i);
		}
		EXPECT_LT(0, jobs[i].done) {
			TH_LOG("thread %u", i);
		}
	}
}

/* Two threads on each window, filling and emptying the same slots. */
TEST_F(thread, the_same_slots)
{
	struct job jobs[6] = {
		{ .c = &self->c, .kind = 0, .first = 0 * OPS },
		{ .c = &self->c, .kind = 0, .first = 1 * OPS },
		{ .c = &self->c, .kind = 1, .first = 2 * OPS },
		{ .c = &self->c, .kind = 1, .first = 3 * OPS },
		{ .c = &self->c, .kind = 2, .first = 4 * OPS },
		{ .c = &self->c, .kind = 2, .first = 5 * OPS },
	};
	const thread_fn fns[6] = { work, work, work, work, work, work };

	run_jobs(_metadata, self, jobs, fns, 6);
}

/* Each in a window of its own, beside threads that make and unmap others. */
TEST_F(thread, areas_come_and_go)
{
	struct job jobs[6] = {
		{ .c = &self->c, .kind = 0, .first = 0 * OPS },
		{ .c = &self->c, .kind = 1, .first = 1 * OPS },
		{ .c = &self->c, .kind = 2, .first = 2 * OPS },
		{ .c = &self->c, .kind = 0, .first = 3 * OPS },
		{ .c = &self->c, .kind = 1, .first = 4 * OPS },
		{ .c = &self->c, .kind = 2, .first = 5 * OPS },
	};
	const thread_fn fns[6] = { work, work, work, make_areas, make_areas,
				   make_areas };

	run_jobs(_metadata, self, jobs, fns, 6);
}

/* Unmapped and mapped anew while others fill them, forked, moved. */
TEST_F(thread, areas_replaced_in_use)
{
	struct job jobs[6] = {
		{ .c = &self->c, .kind = 0, .first = 0 * OPS },
		{ .c = &self->c, .kind = 1, .first = 1 * OPS },
		{ .c = &self->c, .kind = 2, .first = 2 * OPS },
		{ .c = &self->c, .kind = 2, .first = 3 * OPS },
		{ .c = &self->c },
		{ .c = &self->c },
	};
	const thread_fn fns[6] = { work, work, work, work, replace_areas,
				   fork_and_call };

	run_jobs(_metadata, self, jobs, fns, 6);
}

TEST_F(thread, whole_page_tables)
{
	char *around = mmap(NULL, 8 << 20, PROT_NONE,
			    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	char *w = (char *)(((uintptr_t)around + (2 << 20)) &
			   ~((uintptr_t)(2 << 20) - 1));
	struct job jobs[5] = {
		{ .c = &self->c, .first = 0 * OPS, .own = w },
		{ .c = &self->c, .own = w },
		{ .c = &self->c, .own = w },
		{ .c = &self->c },
		{ .c = &self->c, .kind = 1, .first = 1 * OPS },
	};
	const thread_fn fns[5] = { whole_tables, touch_all, walk_all,
				   fork_and_call, work };

	ASSERT_NE(MAP_FAILED, around);
	ASSERT_EQ(w, mmap(w, 2 * TABLE * PAGE, PROT_READ | PROT_WRITE,
			  MAP_SHARED | MAP_FIXED, self->c.fd,
			  (off_t)XENBATCH_MMAP_OFFSET(XENBATCH_REGION_FOREIGN,
						      0)));
	run_jobs(_metadata, self, jobs, fns, 5);
	EXPECT_EQ(2 * TABLE, slots_empty(w, 2 * TABLE));
	EXPECT_EQ(0, munmap(around, 8 << 20));
}

/* Two contexts of one process do not know each other's windows. */
TEST_F(thread, two_contexts)
{
	char *w = window_new(self->d.fd, regions[0], SLOTS);
	char *v = window_new(self->d.fd, regions[2], SLOTS);
	struct job jobs[5] = {
		{ .c = &self->c, .kind = 0, .first = 0 * OPS },
		{ .c = &self->c, .kind = 2, .first = 1 * OPS },
		{ .c = &self->d, .kind = 0, .first = 0 * OPS, .own = w },
		{ .c = &self->d, .kind = 0, .first = 1 * OPS },
		{ .c = &self->d },
	};
	const thread_fn fns[5] = { work, work, work, make_areas,
				   fork_and_call };

	ASSERT_NE(MAP_FAILED, w);
	ASSERT_NE(MAP_FAILED, v);
	EXPECT_EQ(-ENXIO, foreign_map(&self->c, self->t.domid, w, 1,
				      self->t.frames[0]));
	EXPECT_EQ(-ENXIO, foreign_map(&self->d, self->t.domid,
				      self->shared[0], 1, self->t.frames[0]));
	EXPECT_EQ(-ENXIO, grant_unmap(&self->c, v, 1));
	EXPECT_EQ(0, foreign_map(&self->c, self->t.domid, self->shared[0], 1,
				 self->t.frames[0]));
	EXPECT_EQ(-ENXIO, foreign_unmap(&self->d, self->shared[0], 1));
	EXPECT_TRUE(page_is(self->shared[0], TAG));
	run_jobs(_metadata, self, jobs, fns, 5);
	EXPECT_EQ(0, munmap(w, SLOTS * PAGE));
	EXPECT_EQ(0, munmap(v, SLOTS * PAGE));
}

TEST_HARNESS_MAIN
