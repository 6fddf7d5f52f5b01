// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Promise: what is mapped stays what it was for as long as it is mapped,
 * whatever becomes of its owner: a domain that is destroyed stays dying with
 * exactly these pages and goes with the last of them; frames that are taken
 * from it, or are to be exchanged, do not become somebody else's under a
 * mapping. And the module does not leave while anything is mapped.
 */
#include <sys/syscall.h>
#include <sys/wait.h>

#include "kselftest_harness.h"

#include "helper/raw.h"
#include "helper/target.h"
#include "helper/window.h"
#include "helper/filled.h"

FIXTURE(gone)
{
	struct ctx c;
	struct target t;
	char *w;
};

WINDOW_VARIANTS(gone);

FIXTURE_SETUP(gone)
{
	self->c.fd = raw_open();
	SKIP_WITHOUT_MODULE(self->c.fd);
	close(self->c.fd);
	ASSERT_EQ(0, ctx_open(&self->c));
	NEED_OPCODE(&self->c, is_foreign(variant->region) ?
		    XENBATCH_OP_FOREIGN_MAP : XENBATCH_OP_GRANT_MAP);
	ASSERT_EQ(0, filled_target(&self->t));
	self->w = window_new(self->c.fd, variant->region, SLOTS);
	ASSERT_NE(MAP_FAILED, self->w);
	ASSERT_EQ(0, window_fill(&self->c, &self->t, variant->region,
				 self->w));
	/* from here on only the window has them */
	target_unmap_pages(&self->t);
}

FIXTURE_TEARDOWN(gone)
{
	munmap(self->w, SLOTS * PAGE);
	EXPECT_EQ(0, target_end(&self->t));
	ctx_close(&self->c);
}

/* Until the domain has let go of all that nobody else has. */
static uint64_t pages_held(struct target *t, uint64_t wanted)
{
	uint64_t held;
	int i;

	for (i = 0; i < 3000; i++) {
		target_is_gone(t, &held);
		if (held == wanted)
			break;
		usleep(1000);
	}
	return held;
}

static int64_t unmap(struct ctx *c, unsigned int region, char *w,
		     uint32_t count)
{
	struct xenbatch_op op = op_unmap(is_foreign(region) ?
					 XENBATCH_OP_FOREIGN_UNMAP :
					 XENBATCH_OP_GRANT_UNMAP, w, count);

	return ctx_run(c, &op);
}

TEST_F(gone, domain_destroyed)
{
	struct xenbatch_op op;

	target_unmap_grants(&self->t);
	EXPECT_EQ(0, target_kill(&self->t));
	EXPECT_EQ(SLOTS, pages_held(&self->t, SLOTS));
	/* dying, it is read and written to as before */
	EXPECT_TRUE(window_is_filled(self->w));
	page_fill(self->w + 3 * PAGE, 7);
	EXPECT_TRUE(page_is(self->w + 3 * PAGE, 7));
	/* nothing more can be had of it */
	op = op_map(is_foreign(variant->region) ? XENBATCH_OP_FOREIGN_MAP :
		    XENBATCH_OP_GRANT_MAP, self->t.domid, self->w, 1,
		    is_foreign(variant->region) ? 0x7ffffff : REF);
	EXPECT_GT(0, ctx_run(&self->c, &op));
	/* page by page */
	EXPECT_LE(4, unmap(&self->c, variant->region, self->w, 5));
	EXPECT_EQ(SLOTS - 5, pages_held(&self->t, SLOTS - 5));
	EXPECT_FALSE(target_is_gone(&self->t, NULL));
	EXPECT_TRUE(page_is(self->w + (SLOTS - 1) * PAGE, TAG + SLOTS - 1));
	EXPECT_EQ(SLOTS - 6, unmap(&self->c, variant->region, self->w,
				   SLOTS - 1));
	EXPECT_EQ(1, pages_held(&self->t, 1));
	EXPECT_EQ(1, unmap(&self->c, variant->region, self->w, SLOTS));
	EXPECT_EQ(0, target_vanishes(&self->t));
}

/* The last to hold it goes by itself. */
TEST_F(gone, domain_destroyed_then_munmap)
{
	target_unmap_grants(&self->t);
	EXPECT_EQ(0, target_kill(&self->t));
	EXPECT_EQ(SLOTS, pages_held(&self->t, SLOTS));
	EXPECT_TRUE(window_is_filled(self->w));
	EXPECT_EQ(0, munmap(self->w, SLOTS * PAGE));
	EXPECT_EQ(0, target_vanishes(&self->t));
}

TEST_F(gone, domain_destroyed_then_killed)
{
	int p[2], status;
	pid_t pid;
	char byte;

	ASSERT_EQ(0, munmap(self->w, SLOTS * PAGE));
	ASSERT_EQ(0, pipe(p));
	pid = fork();
	ASSERT_LE(0, pid);
	if (!pid) {
		struct ctx c;
		char *w = window_filled(&c, &self->t, variant->region);

		if (!w || write(p[1], "", 1) != 1)
			_exit(1);
		for (;;)
			pause();
	}
	ASSERT_EQ(1, read(p[0], &byte, 1));
	target_unmap_grants(&self->t);
	EXPECT_EQ(0, target_kill(&self->t));
	EXPECT_EQ(SLOTS, pages_held(&self->t, SLOTS));
	EXPECT_FALSE(target_is_gone(&self->t, NULL));
	kill(pid, SIGKILL);
	ASSERT_EQ(pid, waitpid(pid, &status, 0));
	EXPECT_EQ(0, target_vanishes(&self->t));
	close(p[0]);
	close(p[1]);
}

/* Domains come and go while a batch maps: each its own pages or none. */
TEST_F_TIMEOUT(gone, domain_destroyed_in_mid_batch, 60)
{
	struct xenbatch_op *ops = self->c.ops;
	struct target u;
	uint32_t round, i;
	int status;
	pid_t pid;

	EXPECT_EQ(SLOTS, unmap(&self->c, variant->region, self->w, SLOTS));
	for (round = 0; round < 8; round++) {
		memset(&u, 0, sizeof(u));
		ASSERT_EQ(0, filled_target(&u));
		target_unmap_pages(&u);
		pid = fork();
		ASSERT_LE(0, pid);
		if (!pid) {
			usleep(round * 1701);
			_exit(target_kill(&u) != 0);
		}
		target_unmap_grants(&u);
		for (i = 0; i < 200; i++) {
			if (i % 2)
				ops[i] = op_unmap(is_foreign(variant->region) ?
						  XENBATCH_OP_FOREIGN_UNMAP :
						  XENBATCH_OP_GRANT_UNMAP,
						  self->w, SLOTS);
			else if (is_foreign(variant->region))
				ops[i] = op_list(XENBATCH_OP_FOREIGN_MAP,
						 u.domid, self->w, SLOTS,
						 u.frames, NULL, 0);
			else
				ops[i] = op_map(XENBATCH_OP_GRANT_MAP, u.domid,
						self->w, SLOTS, REF);
		}
		ASSERT_EQ(0, raw_submit_all(self->c.fd, 0, 200));
		for (i = 0; i < 200; i += 2) {
			ASSERT_GE(0, ops[i].result);
			ASSERT_LE(0, ops[i + 1].result);
			if (!ops[i].result) {
				ASSERT_EQ(SLOTS, ops[i + 1].result);
			}
		}
		EXPECT_EQ(SLOTS, slots_empty(self->w, SLOTS));
		ASSERT_EQ(pid, waitpid(pid, &status, 0));
		EXPECT_EQ(0, status);
		EXPECT_EQ(0, target_vanishes(&u));
		u.domid = 0;
		target_end(&u);
	}
}

/* The domain's frames are given up under the mapping (ballooning). */
TEST_F(gone, frames_decreased)
{
	struct xen_memory_reservation *r = self->t.buffer;
	xen_pfn_t *extents = (void *)((char *)self->t.buffer + PAGE);
	uint32_t i;

	for (i = 0; i < SLOTS; i++)
		extents[i] = self->t.frames[i];
	memset(r, 0, sizeof(*r));
	set_xen_guest_handle_raw(r->extent_start, extents);
	r->nr_extents = SLOTS;
	r->domid = (domid_t)self->t.domid;
	ASSERT_EQ(SLOTS, target_call(&self->t, __HYPERVISOR_memory_op,
				     XENMEM_decrease_reservation,
				     (uintptr_t)r));
	/* they are nobody else's yet */
	EXPECT_EQ(SLOTS, pages_held(&self->t, SLOTS));
	EXPECT_TRUE(window_is_filled(self->w));
	page_fill(self->w, 9);
	EXPECT_TRUE(page_is(self->w, 9));
	EXPECT_EQ(4, unmap(&self->c, variant->region, self->w, 4));
	EXPECT_EQ(SLOTS - 4, pages_held(&self->t, SLOTS - 4));
	/* and once let go they are gone */
	if (is_foreign(variant->region)) {
		EXPECT_GT(0, foreign_map(&self->c, self->t.domid, self->w, 1,
					 self->t.frames[0]));
	} else {
		EXPECT_GT(0, grant_map(&self->c, self->t.domid, self->w, 1,
				       REF));
	}
	EXPECT_TRUE(page_is(self->w + 4 * PAGE, TAG + 4));
	EXPECT_EQ(SLOTS - 4, unmap(&self->c, variant->region, self->w,
				   SLOTS));
	EXPECT_EQ(0, pages_held(&self->t, 0));
}

/* Frames that are mapped cannot be exchanged for others; then they can. */
TEST_F(gone, frames_exchanged)
{
	struct xen_memory_exchange *x = self->t.buffer;
	xen_pfn_t *in = (void *)((char *)self->t.buffer + PAGE);
	xen_pfn_t *out = (void *)((char *)self->t.buffer + 2 * PAGE);
	uint32_t round, i;
	long ret;

	for (round = 0; round < 2; round++) {
		for (i = 0; i < 4; i++) {
			in[i] = self->t.frames[i];
			out[i] = i;
		}
		memset(x, 0, sizeof(*x));
		set_xen_guest_handle_raw(x->in.extent_start, in);
		x->in.nr_extents = 4;
		x->in.domid = (domid_t)self->t.domid;
		set_xen_guest_handle_raw(x->out.extent_start, out);
		x->out.nr_extents = 4;
		x->out.domid = (domid_t)self->t.domid;
		ret = target_call(&self->t, __HYPERVISOR_memory_op,
				  XENMEM_exchange, (uintptr_t)x);
		if (round) {
			EXPECT_EQ(0, ret);
			EXPECT_EQ(4, x->nr_exchanged);
			break;
		}
		EXPECT_EQ(-1, ret);
		EXPECT_EQ(0, x->nr_exchanged);
		EXPECT_TRUE(window_is_filled(self->w));
		EXPECT_EQ(4, unmap(&self->c, variant->region, self->w, 4));
	}
	EXPECT_TRUE(page_is(self->w + 4 * PAGE, TAG + 4));
	/*
	 * The new frames are the domain's, and the old ones are not: the last
	 * of them, that is, which no other can have been exchanged for.
	 */
	if (is_foreign(variant->region)) {
		EXPECT_GT(0, foreign_map(&self->c, self->t.domid, self->w, 1,
					 self->t.frames[3]));
		EXPECT_EQ(0, foreign_map(&self->c, self->t.domid, self->w, 1,
					 out[0]));
		EXPECT_EQ(0, touch_read(self->w));
	} else {
		EXPECT_GT(0, grant_map(&self->c, self->t.domid, self->w, 1,
				       REF + 3));
	}
}

TEST_F(gone, module_stays)
{
	errno = 0;
	EXPECT_EQ(-1, syscall(SYS_delete_module, "xenbatch", O_NONBLOCK));
	EXPECT_EQ(EWOULDBLOCK, errno);
	EXPECT_TRUE(window_is_filled(self->w));
	ctx_close(&self->c);
	EXPECT_EQ(-1, syscall(SYS_delete_module, "xenbatch", O_NONBLOCK));
	EXPECT_EQ(EWOULDBLOCK, errno);
	EXPECT_TRUE(window_is_filled(self->w));
	EXPECT_EQ(0, munmap(self->w, SLOTS * PAGE));
	ASSERT_EQ(0, ctx_open(&self->c));
}

TEST_HARNESS_MAIN
