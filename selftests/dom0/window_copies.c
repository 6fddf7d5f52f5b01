// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Promise: GRANT_COPY operations beside each other in one SUBMIT, which the
 * kernel may join as it likes, have each its own result and statuses, and run in
 * order, whatever stands between them and however one of them fails.
 */
#include "kselftest_harness.h"

#include "helper/raw.h"
#include "helper/target.h"
#include "helper/window.h"

#define PAGES	40U
#define REF	16U		/* page i is granted by reference REF + i */

FIXTURE(copies)
{
	struct ctx c;
	struct target t, other;
};

FIXTURE_SETUP(copies)
{
	int fd = raw_open();
	uint32_t i;

	SKIP_WITHOUT_MODULE(fd);
	close(fd);
	ASSERT_EQ(0, ctx_open(&self->c));
	NEED_OPCODE(&self->c, XENBATCH_OP_GRANT_COPY);
	ASSERT_EQ(0, target_start(&self->t, PAGES));
	ASSERT_EQ(0, target_start(&self->other, TARGET_RUN));
	target_fill(&self->t, 100);
	for (i = 0; i < PAGES; i++)
		target_grant(&self->t, REF + i, i, 0, 0);
	target_grant(&self->other, REF, 0, 0, 0);
}

FIXTURE_TEARDOWN(copies)
{
	EXPECT_EQ(0, target_grants_used(&self->t));
	EXPECT_EQ(0, target_grants_used(&self->other));
	EXPECT_EQ(0, target_end(&self->t));
	EXPECT_EQ(0, target_end(&self->other));
	ctx_close(&self->c);
}

/* To the arena, by offset or by the address that it has. */
static void lay(struct ctx *c, uint32_t domid, struct xenbatch_copy *s,
		uint32_t n, uint32_t each, bool arena)
{
	uint32_t i;

	for (i = 0; i < n * each; i++) {
		uint64_t at = i / each * PAGE + i % each * 16;

		s[i] = (struct xenbatch_copy){
			.source = XENBATCH_COPY_GRANT(domid, REF + i / each,
						      i % each * 16),
			.dest = arena ? at : (uintptr_t)(c->arena + at),
			.len = 16, .status = 99,
			.flags = XENBATCH_COPY_SOURCE_GREF |
				 (arena ? XENBATCH_COPY_DEST_ARENA : 0),
		};
	}
	for (i = 0; i < n; i++)
		c->ops[i] = (struct xenbatch_op){
			.opcode = XENBATCH_OP_GRANT_COPY,
			.copy = { .addr = (uintptr_t)&s[i * each],
				  .count = each },
		};
}

static void turn(struct xenbatch_copy *s, uint64_t source, uint64_t dest)
{
	s->source = source;
	s->dest = dest;
	s->flags = (s->flags & XENBATCH_COPY_DEST_ARENA ?
		    XENBATCH_COPY_SOURCE_ARENA : 0) | XENBATCH_COPY_DEST_GREF;
}

static const int64_t results[PAGES] = {
	[4] = -EIO, [12] = -EINVAL, [15] = -EINVAL, [18] = -EFAULT,
	[20] = -EINVAL, [21] = -ECANCELED, [26] = -EFAULT, [28] = -EIO,
	[29] = -ECANCELED,
};

TEST_F(copies, neighbours)
{
	const uint32_t n = ARRAY_SIZE(results), each = 3;
	struct xenbatch_op *ops = self->c.ops;
	static struct xenbatch_copy s[PAGES * 3];
	static char plain[PAGE];
	uint32_t i, j, round;

	for (round = 0; round < 2; round++) {
		lay(&self->c, self->t.domid, s, n, each, !round);
		s[4 * each + 1].source = XENBATCH_COPY_GRANT(self->t.domid,
							     1000000, 0);
		s[9 * each].dest = (uintptr_t)plain;	/* never the arena */
		s[9 * each].flags = XENBATCH_COPY_SOURCE_GREF;
		ops[12].copy.count = 0;
		s[15 * each + 2].flags = 0xffff;
		ops[18].copy.addr = 8;			/* no list there */
		ops[20] = ops[12];		/* what is linked to a bad one */
		ops[20].flags = XENBATCH_OPF_LINK;
		ops[24] = (struct xenbatch_op){ .opcode = XENBATCH_OP_NOP };
		s[26 * each + 1].dest = 8;		/* no memory there */
		s[26 * each + 1].flags = XENBATCH_COPY_SOURCE_GREF;
		ops[28].flags = XENBATCH_OPF_LINK;	/* ... to a failed one */
		s[28 * each].source = XENBATCH_COPY_GRANT(self->t.domid,
							  2000000, 0);
		ops[30].flags = XENBATCH_OPF_LINK;	/* ... to a good one */
		/* what one has brought, the next gives to the other domain */
		for (j = 0; j < each; j++)
			turn(&s[33 * each + j], s[32 * each + j].dest,
			     XENBATCH_COPY_GRANT(self->other.domid, REF,
						 j * 16));
		memset(self->c.arena, 0x77, n * PAGE);
		memset(self->other.pages, 0, PAGE);
		ASSERT_EQ(0, raw_submit_all(self->c.fd, 0, n));
		for (i = 0; i < n; i++) {
			ASSERT_EQ(results[i], ops[i].result)
				TH_LOG("operation %u", i);
			for (j = 0; i != 24 && j < each; j++) {
				const char *at = i == 9 && !j ? plain :
					self->c.arena + i * PAGE + j * 16;
				const bool bad = (i == 4 && j == 1) ||
						 (i == 28 && !j);
				const bool done = i == 26 ? !j :
					!results[i] || results[i] == -EIO;

				ASSERT_EQ(!done ? 99 : bad ?
					  GNTST_bad_gntref : 0,
					  s[i * each + j].status)
					TH_LOG("operation %u, %u", i, j);
				if (done && !bad && i != 33) {
					ASSERT_EQ(0, memcmp(at, self->t.pages +
							    i * PAGE + j * 16,
							    16));
				} else {
					ASSERT_EQ(0x77, *at);
				}
			}
		}
		EXPECT_EQ(0, memcmp(self->other.pages,
				    self->t.pages + 32 * PAGE, 48));
		/* more than goes into one hypercall */
		for (i = 0; i < 512; i++)
			ops[i] = (struct xenbatch_op){
				.opcode = XENBATCH_OP_GRANT_COPY,
				.copy = { .addr = (uintptr_t)s, .count = each },
			};
		ASSERT_EQ(0, raw_submit_all(self->c.fd, 0, 512));
		for (i = 0; i < 512; i++)
			ASSERT_EQ(0, ops[i].result);
	}
}

TEST_HARNESS_MAIN
