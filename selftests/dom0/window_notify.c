// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Promise: whoever asked to be told that a granted page was let go is told,
 * once, in whatever way the slot is emptied: by the operation, munmap, exit,
 * SIGKILL, exec or the end of the context.
 */
#include <sys/wait.h>

#include "kselftest_harness.h"

#include "helper/raw.h"
#include "helper/evtchn.h"
#include "helper/target.h"
#include "helper/window.h"

#define SLOTS	8U
#define REF	16U
#define BOTH	(XENBATCH_NOTIFY_CLEAR_BYTE | XENBATCH_NOTIFY_SEND_EVENT)

FIXTURE(notify)
{
	struct ctx c;
	struct target t;
	struct evtchn e;
	char *w;
};

FIXTURE_VARIANT(notify)
{
	unsigned int region;
};

FIXTURE_VARIANT_ADD(notify, cheap)
{
	.region = XENBATCH_REGION_GRANT,
};

FIXTURE_VARIANT_ADD(notify, pages)
{
	.region = XENBATCH_REGION_GRANT_PAGES,
};

FIXTURE_SETUP(notify)
{
	int fd = raw_open();
	uint32_t i;

	SKIP_WITHOUT_MODULE(fd);
	close(fd);
	ASSERT_EQ(0, ctx_open(&self->c));
	NEED_OPCODE(&self->c, XENBATCH_OP_GRANT_NOTIFY);
	self->w = window_new(self->c.fd, variant->region, SLOTS);
	ASSERT_NE(MAP_FAILED, self->w);
	ASSERT_EQ(0, target_start(&self->t, SLOTS));
	memset(self->t.pages, 0x77, SLOTS * PAGE);
	for (i = 0; i < SLOTS; i++)
		target_grant(&self->t, REF + i, i, 0, 0);
	ASSERT_EQ(0, evtchn_open(&self->e));
	ASSERT_EQ(0, evtchn_drain(&self->e, 0));
	ASSERT_EQ(0, grant_map(&self->c, self->t.domid, self->w, SLOTS - 1,
			       REF));
}

FIXTURE_TEARDOWN(notify)
{
	munmap(self->w, SLOTS * PAGE);
	EXPECT_EQ(0, target_grants_used(&self->t));
	EXPECT_EQ(0, target_end(&self->t));
	evtchn_close(&self->e);
	ctx_close(&self->c);
}

/* How many bytes of the pages are not as they were. */
static uint32_t changed(struct target *t)
{
	uint32_t i, n = 0;

	for (i = 0; i < SLOTS * PAGE; i++)
		n += t->pages[i] != 0x77;
	return n;
}

TEST_F(notify, clear_byte)
{
	EXPECT_EQ(0, grant_notify(&self->c, self->w + 2 * PAGE + 1234,
				  XENBATCH_NOTIFY_CLEAR_BYTE, 0));
	/* others go, or their page: nothing happens */
	EXPECT_EQ(2, grant_unmap(&self->c, self->w, 2));
	EXPECT_EQ(0, changed(&self->t));
	EXPECT_EQ(1, grant_unmap(&self->c, self->w + 2 * PAGE, 1));
	EXPECT_EQ(1, changed(&self->t));
	EXPECT_EQ(0, self->t.pages[2 * PAGE + 1234]);
	EXPECT_EQ(0, evtchn_drain(&self->e, 100));
}

TEST_F(notify, send_event)
{
	EXPECT_EQ(0, grant_notify(&self->c, self->w + 3 * PAGE,
				  XENBATCH_NOTIFY_SEND_EVENT, self->e.port));
	EXPECT_EQ(3, grant_unmap(&self->c, self->w, 3));
	EXPECT_EQ(0, evtchn_drain(&self->e, 100));
	EXPECT_EQ(1, grant_unmap(&self->c, self->w + 3 * PAGE, 1));
	EXPECT_EQ(1, evtchn_drain(&self->e, 2000));
	EXPECT_EQ(0, changed(&self->t));
}

/* Done once, and forgotten. */
TEST_F(notify, once)
{
	EXPECT_EQ(0, grant_notify(&self->c, self->w + 5, BOTH, self->e.port));
	EXPECT_EQ(1, grant_unmap(&self->c, self->w, 1));
	EXPECT_EQ(1, evtchn_drain(&self->e, 2000));
	EXPECT_EQ(0, self->t.pages[5]);
	self->t.pages[5] = 0x77;
	EXPECT_EQ(0, grant_map(&self->c, self->t.domid, self->w, 1, REF));
	EXPECT_EQ(1, grant_unmap(&self->c, self->w, 1));
	EXPECT_EQ(0, evtchn_drain(&self->e, 100));
	EXPECT_EQ(0, changed(&self->t));
}

/* What was said before is replaced; 0 forgets it. */
TEST_F(notify, replaced_and_forgotten)
{
	EXPECT_EQ(0, grant_notify(&self->c, self->w + 5, BOTH, self->e.port));
	EXPECT_EQ(0, grant_notify(&self->c, self->w + 6,
				  XENBATCH_NOTIFY_CLEAR_BYTE, 0));
	EXPECT_EQ(0, grant_notify(&self->c, self->w + PAGE, BOTH,
				  self->e.port));
	EXPECT_EQ(0, grant_notify(&self->c, self->w + PAGE + 77, 0, 0));
	EXPECT_EQ(7, grant_unmap(&self->c, self->w, SLOTS));
	EXPECT_EQ(0, evtchn_drain(&self->e, 100));
	EXPECT_EQ(1, changed(&self->t));
	EXPECT_EQ(0, self->t.pages[6]);
}

/* The port may be closed in between: nobody is told, nobody is harmed. */
TEST_F(notify, port_closed_before)
{
	EXPECT_EQ(0, grant_notify(&self->c, self->w, BOTH, self->e.port));
	evtchn_close(&self->e);
	EXPECT_EQ(1, grant_unmap(&self->c, self->w, 1));
	EXPECT_EQ(0, self->t.pages[0]);
	ASSERT_EQ(0, evtchn_open(&self->e));
}

TEST_F(notify, errors)
{
	char *w = self->w, *foreign, *heap = malloc(PAGE);
	struct ctx *c = &self->c;
	unsigned int bit;

	foreign = window_new(c->fd, XENBATCH_REGION_FOREIGN, 1);
	ASSERT_NE(MAP_FAILED, foreign);
	for (bit = 2; bit < 32; bit++)
		EXPECT_EQ(-EINVAL, grant_notify(c, w, 1U << bit, 0));
	EXPECT_EQ(-EINVAL, grant_notify(c, w, XENBATCH_NOTIFY_SEND_EVENT, 0));
	EXPECT_EQ(-EINVAL, grant_notify(c, w, XENBATCH_NOTIFY_SEND_EVENT,
					1000000));
	EXPECT_EQ(-EINVAL, grant_notify(c, w, BOTH, ~0U));
	EXPECT_EQ(-ENXIO, grant_notify(c, foreign, 1, 0));
	EXPECT_EQ(-ENXIO, grant_notify(c, heap, 1, 0));
	EXPECT_EQ(-ENXIO, grant_notify(c, NULL, 1, 0));
	EXPECT_EQ(-ENXIO, grant_notify(c, (void *)-1L, 1, 0));
	EXPECT_EQ(-ENXIO, grant_notify(c, w + SLOTS * PAGE + 4096 * PAGE, 1,
				       0));
	EXPECT_EQ(-ENOENT, grant_notify(c, w + (SLOTS - 1) * PAGE, 1, 0));
	for (bit = 0; bit < 64; bit++) {
		struct xenbatch_op op = {
			.opcode = XENBATCH_OP_GRANT_NOTIFY,
			.notify = { .addr = (uintptr_t)w, .what = 1 },
		};

		op.notify.reserved[bit % 3] = 1ULL << bit;
		EXPECT_EQ(-EINVAL, ctx_run(c, &op));
	}
	EXPECT_EQ(-EINVAL, RUN(c, .opcode = XENBATCH_OP_GRANT_NOTIFY,
			       .domid = 1,
			       .notify = { .addr = (uintptr_t)w, .what = 1 }));
	EXPECT_EQ(-EINVAL, RUN(c, .opcode = XENBATCH_OP_GRANT_NOTIFY,
			       .number = 1,
			       .notify = { .addr = (uintptr_t)w, .what = 1 }));
	EXPECT_EQ(-EINVAL, RUN(c, .opcode = XENBATCH_OP_GRANT_NOTIFY,
			       .flags = XENBATCH_OPF_LIST,
			       .notify = { .addr = (uintptr_t)w, .what = 1 }));
	/* a mapping that cannot be written to */
	EXPECT_EQ(0, RUN(c, .opcode = XENBATCH_OP_GRANT_MAP,
			 .flags = XENBATCH_OPF_READONLY,
			 .domid = (uint16_t)self->t.domid,
			 .map = { .addr = (uintptr_t)(w + (SLOTS - 1) * PAGE),
				  .count = 1, .frame = REF + SLOTS - 1 }));
	EXPECT_EQ(-EINVAL, grant_notify(c, w + (SLOTS - 1) * PAGE, 1, 0));
	EXPECT_EQ(0, grant_notify(c, w + (SLOTS - 1) * PAGE,
				  XENBATCH_NOTIFY_SEND_EVENT, self->e.port));
	EXPECT_EQ(SLOTS, grant_unmap(c, w, SLOTS));
	EXPECT_EQ(1, evtchn_drain(&self->e, 2000));
	EXPECT_EQ(0, changed(&self->t));
	EXPECT_EQ(0, munmap(foreign, PAGE));
	free(heap);
}

/* The other ways to empty a slot, each in a child with a context of its own. */
static void leave_munmap(struct ctx *c, char *w)
{
	(void)c;
	if (munmap(w, SLOTS * PAGE))
		_exit(10);
	pause();
}

static void leave_exit(struct ctx *c, char *w)
{
	(void)c;
	(void)w;
	_exit(0);
}

static void leave_close_first(struct ctx *c, char *w)
{
	(void)w;
	ctx_close(c);
	_exit(0);
}

static void leave_exec(struct ctx *c, char *w)
{
	(void)c;
	(void)w;
	execl("/bin/sleep", "sleep", "60", NULL);
	_exit(11);
}

static void leave_kill(struct ctx *c, char *w)
{
	(void)c;
	(void)w;
	raise(SIGKILL);
}

static void leave_segv(struct ctx *c, char *w)
{
	(void)c;
	(void)w;
	raise(SIGSEGV);
}

TEST_F_TIMEOUT(notify, every_way_to_leave, 60)
{
	static const struct {
		const char *name;
		void (*leave)(struct ctx *c, char *w);
	} ways[] = {
		{ "munmap", leave_munmap }, { "exit", leave_exit },
		{ "close before exit", leave_close_first },
		{ "exec", leave_exec }, { "SIGKILL", leave_kill },
		{ "a crash", leave_segv },
	};
	uint32_t k;
	pid_t pid;

	for (k = 0; k < sizeof(ways) / sizeof(ways[0]); k++) {
		self->t.pages[7 * PAGE + 99] = 0x77;
		pid = fork();
		ASSERT_LE(0, pid);
		if (!pid) {
			struct ctx c;
			char *w;

			if (ctx_open(&c))
				_exit(1);
			w = window_new(c.fd, variant->region, SLOTS);
			if (w == MAP_FAILED ||
			    grant_map(&c, self->t.domid, w + PAGE, 1, REF + 7))
				_exit(2);
			if (grant_notify(&c, w + PAGE + 99, BOTH,
					 self->e.port))
				_exit(3);
			ways[k].leave(&c, w);
			_exit(4);
		}
		EXPECT_EQ(1, evtchn_drain(&self->e, 5000)) {
			TH_LOG("no event after %s", ways[k].name);
		}
		EXPECT_EQ(0, self->t.pages[7 * PAGE + 99]) {
			TH_LOG("byte not cleared after %s", ways[k].name);
		}
		EXPECT_EQ(0, target_grant_use(&self->t, REF + 7)) {
			TH_LOG("grant still held after %s", ways[k].name);
		}
		kill(pid, SIGKILL);
		ASSERT_EQ(pid, waitpid(pid, NULL, 0));
	}
	self->t.pages[7 * PAGE + 99] = 0x77;
	EXPECT_EQ(0, changed(&self->t));
}

TEST_HARNESS_MAIN
