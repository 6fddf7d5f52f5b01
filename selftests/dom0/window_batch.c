// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Promise: however operations on windows stand beside each other and beside
 * hypercalls in one SUBMIT, each has its own result and all is as if they had
 * run one by one; LINK holds over the families; a restricted context reaches
 * its domain and no other.
 */
#include "kselftest_harness.h"

#include "helper/raw.h"
#include "helper/target.h"
#include "helper/window.h"

#define SLOTS	64U
#define REF	16U		/* page i is granted by reference REF + i */

FIXTURE(batch)
{
	struct ctx c;
	struct target t, other;
	char *f, *g, *gp;	/* foreign, grants, with pages */
};

FIXTURE_SETUP(batch)
{
	int fd = raw_open();
	uint32_t i;

	SKIP_WITHOUT_MODULE(fd);
	close(fd);
	ASSERT_EQ(0, ctx_open(&self->c));
	NEED_OPCODE(&self->c, XENBATCH_OP_FOREIGN_MAP);
	NEED_OPCODE(&self->c, XENBATCH_OP_GRANT_MAP);
	self->f = window_new(self->c.fd, XENBATCH_REGION_FOREIGN, SLOTS);
	self->g = window_new(self->c.fd, XENBATCH_REGION_GRANT, SLOTS);
	self->gp = window_new(self->c.fd, XENBATCH_REGION_GRANT_PAGES, SLOTS);
	ASSERT_NE(MAP_FAILED, self->f);
	ASSERT_NE(MAP_FAILED, self->g);
	ASSERT_NE(MAP_FAILED, self->gp);
	ASSERT_EQ(0, target_start(&self->t, SLOTS));
	ASSERT_EQ(0, target_start(&self->other, TARGET_RUN));
	target_fill(&self->t, 100);
	target_fill(&self->other, 500);
	for (i = 0; i < SLOTS; i++)
		target_grant(&self->t, REF + i, i, 0, 0);
	target_grant(&self->other, REF, 0, 0, 0);
}

FIXTURE_TEARDOWN(batch)
{
	munmap(self->f, SLOTS * PAGE);
	munmap(self->g, SLOTS * PAGE);
	munmap(self->gp, SLOTS * PAGE);
	EXPECT_EQ(0, target_grants_used(&self->t));
	EXPECT_EQ(0, target_grants_used(&self->other));
	EXPECT_EQ(0, target_end(&self->t));
	EXPECT_EQ(0, target_end(&self->other));
	ctx_close(&self->c);
}

#define SAME(addr, tag)	(*(volatile uint32_t *)(addr) == (tag) * 2654435761U)

/* One page an operation: neighbours that the kernel may join as it likes. */
TEST_F(batch, neighbours)
{
	static const uint32_t lengths[] = { 2, 3, 63, 64 };
	struct xenbatch_op *ops = self->c.ops;
	uint32_t k, i, n, round;
	char *w;

	for (k = 0; k < 4; k++)
	for (round = 0; round < 3; round++) {
		bool frames = !round;

		n = lengths[k];
		w = round == 0 ? self->f : round == 1 ? self->g : self->gp;
		for (i = 0; i < n; i++)
			ops[i] = op_map(frames ? XENBATCH_OP_FOREIGN_MAP :
					XENBATCH_OP_GRANT_MAP, self->t.domid,
					w + i * PAGE, 1,
					frames ? self->t.frames[i] : REF + i);
		/* and a bad one */
		ops[1].map.frame = frames ? self->other.frames[0] : 2000000;
		for (i = 0; i < n; i++)
			ops[n + i] = op_unmap(frames ?
					      XENBATCH_OP_FOREIGN_UNMAP :
					      XENBATCH_OP_GRANT_UNMAP,
					      w + i * PAGE, 1);
		ASSERT_EQ(0, raw_submit_all(self->c.fd, 0, n));
		for (i = 0; i < n; i++) {
			if (i == 1) {
				ASSERT_GT(0, ops[i].result);
				ASSERT_EQ(SIGBUS, touch_read(w + PAGE));
				continue;
			}
			ASSERT_EQ(0, ops[i].result);
			ASSERT_TRUE(SAME(w + i * PAGE, 100 + i));
		}
		ASSERT_EQ(0, raw_submit_all(self->c.fd, n, n));
		for (i = 0; i < n; i++)
			ASSERT_EQ(i != 1, ops[n + i].result);
		ASSERT_EQ(SLOTS, slots_empty(w, SLOTS));
		/* all of it in one */
		ASSERT_EQ(0, raw_submit_all(self->c.fd, 0, 2 * n));
		for (i = 0; i < n; i++) {
			ASSERT_EQ(i != 1, ops[i].result == 0);
			ASSERT_EQ(i != 1, ops[n + i].result);
		}
		ASSERT_EQ(SLOTS, slots_empty(w, SLOTS));
	}
}

/* Neighbours on the same slot: the order is what counts. */
TEST_F(batch, the_same_slot_again)
{
	struct xenbatch_op *ops = self->c.ops;
	const uint32_t domid = self->t.domid;
	uint32_t i;
	char *w = self->f, *g;

	for (i = 0; i < 40; i++)
		ops[i] = op_map(XENBATCH_OP_FOREIGN_MAP, domid, w, 1,
				self->t.frames[i]);
	ops[7].domid = (uint16_t)self->other.domid;	/* not its frame */
	ops[20].map.addr += PAGE;
	ops[21] = op_map(XENBATCH_OP_FOREIGN_MAP, self->other.domid, w, 1,
			 self->other.frames[3]);
	ops[40] = op_unmap(XENBATCH_OP_FOREIGN_UNMAP, w, 2);
	ops[41] = op_unmap(XENBATCH_OP_FOREIGN_UNMAP, w, 2);
	ops[42] = op_map(XENBATCH_OP_FOREIGN_MAP, domid, w + PAGE, 2,
			 self->t.frames[0]);
	ops[43] = op_map(XENBATCH_OP_FOREIGN_MAP, domid, w, 2,
			 self->t.frames[4]);
	ops[44] = op_unmap(XENBATCH_OP_FOREIGN_UNMAP, w + PAGE, 1);
	ASSERT_EQ(0, raw_submit_all(self->c.fd, 0, 45));
	for (i = 0; i < 40; i++) {
		if (i == 7) {
			ASSERT_GT(0, ops[i].result);
		} else {
			ASSERT_EQ(0, ops[i].result);
		}
	}
	EXPECT_EQ(2, ops[40].result);
	EXPECT_EQ(0, ops[41].result);
	EXPECT_EQ(0, ops[42].result);
	EXPECT_EQ(0, ops[43].result);
	EXPECT_EQ(1, ops[44].result);
	EXPECT_TRUE(page_is(w, 104));
	EXPECT_EQ(SIGBUS, touch_read(w + PAGE));
	EXPECT_TRUE(page_is(w + 2 * PAGE, 101));
	EXPECT_EQ(2, foreign_unmap(&self->c, w, SLOTS));

	/* a filled grant slot is the first one's, until it is emptied */
	for (g = self->g; g; g = g == self->g ? self->gp : NULL) {
		ops[0] = op_map(XENBATCH_OP_GRANT_MAP, domid, g, 1, REF);
		ops[1] = op_map(XENBATCH_OP_GRANT_MAP, domid, g, 1, REF + 1);
		ops[2] = op_map(XENBATCH_OP_GRANT_MAP, domid, g, 2, REF + 2);
		ops[3] = op_unmap(XENBATCH_OP_GRANT_UNMAP, g, 1);
		ops[4] = op_unmap(XENBATCH_OP_GRANT_UNMAP, g, 1);
		ops[5] = op_map(XENBATCH_OP_GRANT_MAP, domid, g, 1, REF + 5);
		ops[6] = op_map(XENBATCH_OP_GRANT_MAP, domid, g, 1, REF + 6);
		ASSERT_EQ(0, raw_submit_all(self->c.fd, 0, 7));
		EXPECT_EQ(0, ops[0].result);
		EXPECT_EQ(-EBUSY, ops[1].result);
		EXPECT_EQ(-EBUSY, ops[2].result);
		EXPECT_EQ(1, ops[3].result);
		EXPECT_EQ(0, ops[4].result);
		EXPECT_EQ(0, ops[5].result);
		EXPECT_EQ(-EBUSY, ops[6].result);
		EXPECT_TRUE(page_is(g, 105));
		EXPECT_TRUE(page_is(g + PAGE, 103));
		EXPECT_EQ(2, target_grants_used(&self->t));
		EXPECT_EQ(2, grant_unmap(&self->c, g, SLOTS));
		EXPECT_EQ(0, target_grants_used(&self->t));
	}
}

/* Overlapping stretches in one operation's neighbours. */
TEST_F(batch, stretches_that_overlap)
{
	struct xenbatch_op *ops = self->c.ops;
	uint32_t i, slot;
	char *w = self->f;

	/* eight frames from slot i on: the last who wrote a slot has it */
	for (i = 0; i < 32; i++)
		ops[i] = op_map(XENBATCH_OP_FOREIGN_MAP, self->t.domid,
				w + i * PAGE, TARGET_RUN,
				self->t.frames[i % 8 * TARGET_RUN]);
	ASSERT_EQ(0, raw_submit_all(self->c.fd, 0, 32));
	for (i = 0; i < 32; i++)
		ASSERT_EQ(0, ops[i].result);
	for (slot = 0; slot < 31 + TARGET_RUN; slot++) {
		i = slot < 31 ? slot : 31;
		ASSERT_TRUE(page_is(w + slot * PAGE, 100 +
				    i % 8 * TARGET_RUN + slot - i));
	}
	EXPECT_EQ(31 + TARGET_RUN, foreign_unmap(&self->c, w, SLOTS));
}

TEST_F(batch, mixed_with_hypercalls)
{
	struct xenbatch_op *ops = self->c.ops;
	const uint32_t domid = self->t.domid, rounds = 60;
	uint32_t i, n = 0;

	for (i = 0; i < rounds; i++) {
		raw_version(&ops[n++]);
		raw_version(&ops[n++]);
		ops[n++] = op_map(XENBATCH_OP_FOREIGN_MAP, domid,
				  self->f + i * PAGE, 1, self->t.frames[i]);
		ops[n++] = op_map(XENBATCH_OP_GRANT_MAP, domid,
				  self->g + i * PAGE, 1, REF + i);
		raw_version(&ops[n++]);
		ops[n++] = op_map(XENBATCH_OP_GRANT_MAP, domid,
				  self->gp + i * PAGE, 1, REF + i);
		memset(&ops[n++], 0, sizeof(*ops));
		ops[n++] = op_unmap(XENBATCH_OP_FOREIGN_UNMAP,
				    self->f + (i ^ 1) * PAGE, 1);
		ops[n++] = op_map(XENBATCH_OP_FOREIGN_MAP, 0x7fe0,
				  self->f + i * PAGE, 1, 0);
		ops[n++] = op_map(XENBATCH_OP_FOREIGN_MAP, domid,
				  self->f + i * PAGE, 1,
				  self->t.frames[(i + 5) % SLOTS]);
	}
	ASSERT_EQ(0, raw_submit_all(self->c.fd, 0, n));
	for (i = 0; i < rounds; i++, ops += 10) {
		ASSERT_LT(0x40000, ops[0].result);
		ASSERT_LT(0x40000, ops[1].result);
		ASSERT_EQ(0, ops[2].result);
		ASSERT_EQ(0, ops[3].result);
		ASSERT_LT(0x40000, ops[4].result);
		ASSERT_EQ(0, ops[5].result);
		ASSERT_EQ(0, ops[6].result);
		ASSERT_EQ(i & 1, ops[7].result);
		ASSERT_EQ(-ESRCH, ops[8].result);
		ASSERT_EQ(0, ops[9].result);
		ASSERT_TRUE(SAME(self->g + i * PAGE, 100 + i));
		ASSERT_TRUE(SAME(self->gp + i * PAGE, 100 + i));
		if (i & 1) {
			ASSERT_TRUE(SAME(self->f + i * PAGE,
					 100 + (i + 5) % SLOTS));
		} else {
			ASSERT_EQ(SIGBUS, touch_read(self->f + i * PAGE));
		}
	}
	EXPECT_EQ(rounds / 2, foreign_unmap(&self->c, self->f, SLOTS));
	EXPECT_EQ(rounds, grant_unmap(&self->c, self->g, SLOTS));
	EXPECT_EQ(rounds, grant_unmap(&self->c, self->gp, SLOTS));
}

/* Stretches of grants that do not follow each other, or are not all the same. */
TEST_F(batch, grants_in_any_order)
{
	static const uint8_t first[] = { 40, 0, 20, 44, 8, 62 };
	static const uint8_t count[] = { 4, 8, 20, 18, 12, 2 };
	const uint32_t n = ARRAY_SIZE(first);
	struct xenbatch_op *ops = self->c.ops, keep;
	uint32_t i, j, k, order;
	char *g;

	for (g = self->g; g; g = g == self->g ? self->gp : NULL)
	for (order = 0; order < n; order++) {
		for (i = 0; i < n; i++) {
			k = (i * (order & 1 ? 5 : 1) + order) % n;
			ops[i] = op_map(XENBATCH_OP_GRANT_MAP, self->t.domid,
					g + first[k] * PAGE, count[k],
					REF + first[k]);
			ops[n + n - 1 - i] = op_unmap(XENBATCH_OP_GRANT_UNMAP,
						      g + first[k] * PAGE,
						      count[k]);
		}
		ASSERT_EQ(0, raw_submit_all(self->c.fd, 0, n));
		for (i = 0; i < n; i++)
			ASSERT_EQ(0, ops[i].result);
		for (k = 0; k < n; k++)
			for (j = 0; j < count[k]; j++)
				ASSERT_TRUE(SAME(g + (first[k] + j) * PAGE,
						 100 + first[k] + j));
		ASSERT_EQ(SLOTS, target_grants_used(&self->t));
		/* one hole, somewhere; it takes the first operation's place */
		keep = ops[0];
		ASSERT_EQ(1, grant_unmap(&self->c, g + order * 10 * PAGE, 1));
		ops[0] = keep;
		ASSERT_EQ(SLOTS - 1, target_grants_used(&self->t));
		ASSERT_EQ(0, raw_submit_all(self->c.fd, n, n));
		for (i = j = 0; i < n; i++) {
			ASSERT_LE(0, ops[n + i].result);
			j += ops[n + i].result;
		}
		ASSERT_EQ(SLOTS - 1, j);
		ASSERT_EQ(0, target_grants_used(&self->t));
		ASSERT_EQ(SLOTS, slots_empty(g, SLOTS));
		/* all of it at once, and each slot twice: it is empty by then */
		ASSERT_EQ(0, raw_submit_all(self->c.fd, 0, n));
		for (i = 0; i < n; i++)
			ops[2 * n + i] = ops[n + i];
		ASSERT_EQ(0, raw_submit_all(self->c.fd, n, 2 * n));
		for (i = j = 0; i < n; i++) {
			ASSERT_EQ(0, ops[2 * n + i].result);
			j += ops[n + i].result;
		}
		ASSERT_EQ(SLOTS, j);
		ASSERT_EQ(0, target_grants_used(&self->t));
	}
}

/* A window's page as a hypercall's buffer: filled in the same SUBMIT. */
TEST_F(batch, a_mapping_is_a_hypercalls_buffer)
{
	struct xenbatch_op *ops = self->c.ops;
	char *extra = self->f;

	ops[0] = op_map(XENBATCH_OP_FOREIGN_MAP, self->t.domid, self->f, 1,
			self->t.frames[9]);
	ops[0].flags = XENBATCH_OPF_LINK;
	raw_call(&ops[1], __HYPERVISOR_xen_version, XENVER_extraversion,
		 (uintptr_t)extra);
	ops[2] = op_unmap(XENBATCH_OP_FOREIGN_UNMAP, self->f, 1);
	raw_call(&ops[3], __HYPERVISOR_xen_version, XENVER_extraversion,
		 (uintptr_t)extra);
	ASSERT_EQ(0, raw_submit_all(self->c.fd, 0, 4));
	EXPECT_EQ(0, ops[0].result);
	EXPECT_EQ(0, ops[1].result);
	EXPECT_EQ(1, ops[2].result);
	EXPECT_EQ(-EFAULT, ops[3].result);
	/* ".7" or so, as Debian's is */
	EXPECT_EQ('.', self->t.pages[9 * PAGE]);
}

/*
 * m maps a frame, M one that is none; r, R a grant; u empties, U is malformed;
 * v is a hypercall, V one that fails. Linked: l behind it.
 */
TEST_F(batch, link)
{
	static const struct {
		const char *ops, *results;
	} cases[] = {
		{ "mlvlu", "+++" },
		{ "Mlvlu", "-cc" },
		{ "Rlm", "-c" },
		{ "Vlmlrlu", "-ccc" },
		{ "mlMlrlvu", "+-cc+" },
		{ "MMlvv", "--c+" },
		{ "Ulm", "-c" },
		{ "mlUlmlvm", "+-cc+" },
		{ "rlRlrlm", "+-cc" },
		{ "mmMlmm", "++-c+" },
		{ "MlMlMlM", "-ccc" },
		{ "rrRr", "++-+" },
	};
	struct xenbatch_op *ops = self->c.ops;
	const char *p;
	uint32_t k, i, n;

	for (k = 0; k < sizeof(cases) / sizeof(cases[0]); k++) {
		for (p = cases[k].ops, n = 0; *p; p++) {
			char *f = self->f + n * PAGE, *g = self->g + n * PAGE;

			if (*p == 'l') {
				ops[n - 1].flags |= XENBATCH_OPF_LINK;
				continue;
			}
			switch (*p) {
			case 'm':
			case 'M':
				ops[n] = op_map(XENBATCH_OP_FOREIGN_MAP,
						self->t.domid, f, 1,
						*p == 'm' ? self->t.frames[n] :
						self->other.frames[0]);
				break;
			case 'r':
			case 'R':
				ops[n] = op_map(XENBATCH_OP_GRANT_MAP,
						self->t.domid, g, 1,
						*p == 'r' ? REF + n : 3000000);
				break;
			case 'u':
			case 'U':
				ops[n] = op_unmap(XENBATCH_OP_FOREIGN_UNMAP, f,
						  *p == 'u');
				break;
			default:
				raw_version(&ops[n]);
				if (*p == 'V')
					ops[n].number = 60;
			}
			n++;
		}
		ASSERT_EQ(0, raw_submit_all(self->c.fd, 0, n));
		for (i = 0; i < n; i++) {
			int64_t ret = ops[i].result;
			char got = ret >= 0 ? '+' : ret == -ECANCELED ? 'c' :
				   '-';

			EXPECT_EQ(cases[k].results[i], got) {
				TH_LOG("%s at %u: %lld", cases[k].ops, i,
				       (long long)ret);
			}
			/* who was canceled did nothing */
			if (ops[i].opcode == XENBATCH_OP_FOREIGN_MAP) {
				EXPECT_EQ(got == '+' ? 0 : SIGBUS,
					  touch_read(self->f + i * PAGE));
			}
			if (ops[i].opcode == XENBATCH_OP_GRANT_MAP) {
				EXPECT_EQ(got == '+' ? 0 : SIGBUS,
					  touch_read(self->g + i * PAGE));
			}
		}
		ASSERT_LE(0, foreign_unmap(&self->c, self->f, SLOTS));
		ASSERT_LE(0, grant_unmap(&self->c, self->g, SLOTS));
	}
}

/* What the domain of can be seen is allowed for that domain alone. */
TEST_F(batch, restricted_to_a_domain)
{
	struct xenbatch_restrict r = { .flags = XENBATCH_RESTRICT_DOMID };
	char buffer[64] = "";
	struct xenbatch_copy copy = {
		.source = XENBATCH_COPY_GRANT(self->t.domid, REF, 0),
		.dest = (uintptr_t)buffer, .len = 64,
		.flags = XENBATCH_COPY_SOURCE_GREF,
	};
	struct ctx *c = &self->c;

	/* before: both */
	ASSERT_EQ(0, foreign_map(c, self->other.domid, self->f + 9 * PAGE, 1,
				 self->other.frames[0]));
	r.domid = (uint16_t)self->t.domid;
	ASSERT_EQ(0, ioctl(c->fd, XENBATCH_IOC_RESTRICT, &r));

	EXPECT_EQ(0, foreign_map(c, self->t.domid, self->f, 1,
				 self->t.frames[0]));
	EXPECT_EQ(-EPERM, foreign_map(c, self->other.domid, self->f, 1,
				      self->other.frames[0]));
	EXPECT_EQ(-EPERM, foreign_map(c, DOMID_SELF, self->f, 1,
				      self->t.frames[0]));
	EXPECT_EQ(-EPERM, foreign_map(c, 0, self->f, 1, self->t.frames[0]));
	EXPECT_TRUE(page_is(self->f, 100));
	EXPECT_EQ(0, grant_map(c, self->t.domid, self->g, 1, REF));
	EXPECT_EQ(-EPERM, grant_map(c, self->other.domid, self->g + PAGE, 1,
				    REF));
	EXPECT_EQ(SIGBUS, touch_read(self->g + PAGE));
	EXPECT_EQ(0, target_grants_used(&self->other));
	EXPECT_EQ(-EPERM, RUN(c, .opcode = XENBATCH_OP_RESOURCE_MAP,
			      .domid = (uint16_t)self->other.domid,
			      .map = { .addr = (uintptr_t)self->f, .count = 1,
				       .type = XENMEM_resource_grant_table }));
	EXPECT_EQ(0, RUN(c, .opcode = XENBATCH_OP_RESOURCE_MAP,
			 .domid = (uint16_t)self->t.domid,
			 .map = { .addr = (uintptr_t)(self->f + PAGE),
				  .count = 1,
				  .type = XENMEM_resource_grant_table }));

	EXPECT_EQ(0, grant_copy(c, &copy, 1));
	EXPECT_EQ(0, memcmp(buffer, self->t.pages, 64));
	memset(buffer, 0, 64);
	copy.source = XENBATCH_COPY_GRANT(self->other.domid, REF, 0);
	EXPECT_EQ(-EPERM, grant_copy(c, &copy, 1));
	/* from the one to the other */
	copy.dest = XENBATCH_COPY_GRANT(self->t.domid, REF, 0);
	copy.flags |= XENBATCH_COPY_DEST_GREF;
	EXPECT_EQ(-EPERM, grant_copy(c, &copy, 1));
	copy.dest = copy.source;
	copy.source = XENBATCH_COPY_GRANT(self->t.domid, REF, 0);
	EXPECT_EQ(-EPERM, grant_copy(c, &copy, 1));
	EXPECT_TRUE(page_is(self->t.pages, 100));
	EXPECT_TRUE(page_is(self->other.pages, 500));
	EXPECT_EQ(0, buffer[0]);

	EXPECT_EQ(0, grant_notify(c, self->g + 5, XENBATCH_NOTIFY_CLEAR_BYTE,
				  0));
	EXPECT_EQ(-EPERM, grant_notify(c, self->g + 5,
				       XENBATCH_NOTIFY_SEND_EVENT, 1));

	/* what it has it may let go */
	EXPECT_EQ(3, foreign_unmap(c, self->f, SLOTS));
	EXPECT_EQ(1, grant_unmap(c, self->g, SLOTS));
	EXPECT_EQ(0, self->t.pages[5]);
}

/* Opcodes that were given up, the windows' among them. */
TEST_F(batch, restricted_to_opcodes)
{
	struct xenbatch_restrict r = {
		.flags = XENBATCH_RESTRICT_OPCODES,
		.opcodes = 1ULL << XENBATCH_OP_FOREIGN_UNMAP,
	};
	struct ctx *c = &self->c;

	ASSERT_EQ(0, foreign_map(c, self->t.domid, self->f, 1,
				 self->t.frames[0]));
	ASSERT_EQ(0, grant_map(c, self->t.domid, self->g, 1, REF));
	ASSERT_EQ(0, ioctl(c->fd, XENBATCH_IOC_RESTRICT, &r));
	EXPECT_EQ(-EPERM, foreign_map(c, self->t.domid, self->f, 1,
				      self->t.frames[1]));
	EXPECT_EQ(-EPERM, grant_map(c, self->t.domid, self->g + PAGE, 1, REF));
	EXPECT_EQ(-EPERM, grant_unmap(c, self->g, 1));
	EXPECT_EQ(-EPERM, grant_notify(c, self->g, 0, 0));
	EXPECT_TRUE(page_is(self->f, 100));
	EXPECT_TRUE(page_is(self->g, 100));
	EXPECT_EQ(1, foreign_unmap(c, self->f, SLOTS));
}

TEST_HARNESS_MAIN
