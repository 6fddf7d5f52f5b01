// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Promise: RESOURCE_MAP shows a domain's resource (here its grant table, as
 * stock's mapping of it shows it too) in slots of the foreign window, all of
 * it or nothing, and the same slots take frames before and after.
 */
#include "kselftest_harness.h"

#include "helper/raw.h"
#include "helper/target.h"
#include "helper/window.h"

#define SLOTS	8U
#define GRANT_TABLE	XENMEM_resource_grant_table

FIXTURE(resource)
{
	struct ctx c;
	struct target t;
	char *w;
};

FIXTURE_SETUP(resource)
{
	int fd = raw_open();

	SKIP_WITHOUT_MODULE(fd);
	close(fd);
	ASSERT_EQ(0, ctx_open(&self->c));
	NEED_OPCODE(&self->c, XENBATCH_OP_RESOURCE_MAP);
	self->w = window_new(self->c.fd, XENBATCH_REGION_FOREIGN, SLOTS);
	ASSERT_NE(MAP_FAILED, self->w);
	ASSERT_EQ(0, target_start(&self->t, TARGET_RUN));
	target_fill(&self->t, 100);
}

FIXTURE_TEARDOWN(resource)
{
	munmap(self->w, SLOTS * PAGE);
	EXPECT_EQ(0, target_end(&self->t));
	ctx_close(&self->c);
}

static int64_t resource_map(struct ctx *c, uint32_t domid, const void *addr,
			    uint32_t count, uint32_t type, uint32_t id,
			    uint64_t frame, uint16_t flags)
{
	return RUN(c, .opcode = XENBATCH_OP_RESOURCE_MAP, .flags = flags,
		   .domid = (uint16_t)domid,
		   .map = { .addr = (uintptr_t)addr, .count = count,
			    .type = type, .id = id, .frame = frame });
}

TEST_F(resource, grant_table)
{
	struct grant_entry_v1 *e = (void *)self->w;
	uint32_t i;

	for (i = 0; i < TARGET_GRANTS; i++)
		target_grant(&self->t, i, i % TARGET_RUN, (uint16_t)i, 0);
	ASSERT_EQ(0, resource_map(&self->c, self->t.domid, self->w, 1,
				  GRANT_TABLE, 0, 0, 0));
	EXPECT_EQ(0, memcmp(e, self->t.grants, PAGE));
	/* written here, seen there */
	e[77].domid = 4711;
	EXPECT_EQ(4711, self->t.grants[77].domid);
	self->t.grants[78].domid = 4712;
	EXPECT_EQ(4712, e[78].domid);
	EXPECT_EQ(1, foreign_unmap(&self->c, self->w, SLOTS));
	EXPECT_EQ(SLOTS, slots_empty(self->w, SLOTS));
}

TEST_F(resource, more_frames_and_a_later_one)
{
	struct grant_entry_v1 *e = (void *)self->w;

	self->t.grants[5].domid = 4711;
	/* it grows as far as the domain may */
	ASSERT_EQ(0, resource_map(&self->c, self->t.domid, self->w, 4,
				  GRANT_TABLE, 0, 0, 0));
	EXPECT_EQ(4711, e[5].domid);
	EXPECT_EQ(0, touch_write(self->w + 3 * PAGE));
	ASSERT_EQ(0, resource_map(&self->c, self->t.domid, self->w + 4 * PAGE,
				  2, GRANT_TABLE, 0, 2, 0));
	EXPECT_EQ(0x0badf00d, *(uint32_t *)(self->w + 5 * PAGE));
	EXPECT_EQ(6, foreign_unmap(&self->c, self->w, SLOTS));
}

TEST_F(resource, read_only)
{
	self->t.grants[5].domid = 4711;
	ASSERT_EQ(0, resource_map(&self->c, self->t.domid, self->w, 1,
				  GRANT_TABLE, 0, 0, XENBATCH_OPF_READONLY));
	EXPECT_EQ(4711, ((struct grant_entry_v1 *)self->w)[5].domid);
	EXPECT_EQ(SIGBUS, touch_write(self->w));
	EXPECT_EQ(1, foreign_unmap(&self->c, self->w, SLOTS));
}

TEST_F(resource, replaces_and_is_replaced)
{
	struct ctx *c = &self->c;
	const uint32_t domid = self->t.domid;
	char *w = self->w;

	self->t.grants[0].domid = 4711;
	ASSERT_EQ(0, foreign_map(c, domid, w, SLOTS, self->t.frames[0]));
	ASSERT_EQ(0, resource_map(c, domid, w + 2 * PAGE, 1, GRANT_TABLE, 0,
				  0, 0));
	EXPECT_TRUE(page_is(w + PAGE, 101));
	EXPECT_EQ(4711, ((struct grant_entry_v1 *)(w + 2 * PAGE))->domid);
	EXPECT_TRUE(page_is(w + 3 * PAGE, 103));
	ASSERT_EQ(0, foreign_map(c, domid, w + 2 * PAGE, 1,
				 self->t.frames[7]));
	EXPECT_TRUE(page_is(w + 2 * PAGE, 107));
	/* what fails changes nothing: all or nothing */
	EXPECT_GT(0, resource_map(c, domid, w, 2, GRANT_TABLE, 0, 3, 0));
	EXPECT_TRUE(page_is(w, 100));
	EXPECT_TRUE(page_is(w + PAGE, 101));
	EXPECT_EQ(SLOTS, foreign_unmap(c, w, SLOTS));
}

/* Neighbours: resources and frames in one SUBMIT. */
TEST_F(resource, beside_others)
{
	struct xenbatch_op *ops = self->c.ops;
	uint32_t i;

	self->t.grants[0].domid = 4711;
	for (i = 0; i < 6; i++)
		ops[i] = (struct xenbatch_op){
			.opcode = XENBATCH_OP_RESOURCE_MAP,
			.domid = (uint16_t)self->t.domid,
			.map = { .addr = (uintptr_t)self->w + i * PAGE,
				 .count = 1, .type = GRANT_TABLE },
		};
	ops[2] = op_map(XENBATCH_OP_FOREIGN_MAP, self->t.domid,
			self->w + 2 * PAGE, 1, self->t.frames[2]);
	ops[4].domid = 0x7fe0;
	raw_version(&ops[6]);
	ASSERT_EQ(0, raw_submit_all(self->c.fd, 0, 7));
	for (i = 0; i < 6; i++) {
		if (i == 4) {
			EXPECT_EQ(-ESRCH, ops[i].result);
			continue;
		}
		EXPECT_EQ(0, ops[i].result);
		if (i != 2) {
			EXPECT_EQ(4711, ((struct grant_entry_v1 *)
					 (self->w + i * PAGE))->domid);
		}
	}
	EXPECT_TRUE(page_is(self->w + 2 * PAGE, 102));
	EXPECT_EQ(5, foreign_unmap(&self->c, self->w, SLOTS));
}

TEST_F(resource, errors)
{
	struct ctx *c = &self->c;
	const uint32_t domid = self->t.domid;
	char *w = self->w;
	int32_t status = 99;

	EXPECT_EQ(-ESRCH, resource_map(c, 0x7fe0, w, 1, GRANT_TABLE, 0, 0, 0));
	/* Xen's own words */
	EXPECT_EQ(-EOPNOTSUPP, resource_map(c, domid, w, 1, 99, 0, 0, 0));
	EXPECT_EQ(-EINVAL, resource_map(c, domid, w, 1, GRANT_TABLE, 99, 0,
					0));
	EXPECT_EQ(-EINVAL, resource_map(c, domid, w, 1, GRANT_TABLE, 0, 1000,
					0));
	EXPECT_GT(0, resource_map(c, domid, w, 1, GRANT_TABLE, 0, 1ULL << 33,
				  0));
	EXPECT_GT(0, resource_map(c, domid, w, 5, GRANT_TABLE, 0, 0, 0));
	/* the module's */
	EXPECT_EQ(-EINVAL, resource_map(c, domid, w, 0, GRANT_TABLE, 0, 0, 0));
	EXPECT_EQ(-EINVAL, resource_map(c, domid, w + 1, 1, GRANT_TABLE, 0, 0,
					0));
	EXPECT_EQ(-ENXIO, resource_map(c, domid, w, SLOTS + 1, GRANT_TABLE, 0,
				       0, 0));
	EXPECT_EQ(-ENXIO, resource_map(c, domid, c->arena, 1, GRANT_TABLE, 0,
				       0, 0));
	EXPECT_EQ(-EINVAL, resource_map(c, domid, w, 1, GRANT_TABLE, 0, 0,
					XENBATCH_OPF_LIST));
	EXPECT_EQ(-EINVAL, RUN(c, .opcode = XENBATCH_OP_RESOURCE_MAP,
			       .domid = (uint16_t)domid,
			       .map = { .addr = (uintptr_t)w, .count = 1,
					.type = GRANT_TABLE,
					.status = (uintptr_t)&status }));
	EXPECT_EQ(-EINVAL, RUN(c, .opcode = XENBATCH_OP_RESOURCE_MAP,
			       .domid = (uint16_t)domid,
			       .map = { .addr = (uintptr_t)w, .count = 1,
					.type = GRANT_TABLE, .reserved = 1 }));
	EXPECT_EQ(99, status);
	EXPECT_EQ(SLOTS, slots_empty(w, SLOTS));
}

TEST_HARNESS_MAIN
