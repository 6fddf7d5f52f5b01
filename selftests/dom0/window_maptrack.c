// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Promise: when Xen has no handle left for another mapping of a grant, the page
 * that wanted one has ENOSPC and the others stay; a handle that comes free can
 * be had; and a window with all that there are goes in one munmap.
 */
#include "kselftest_harness.h"

#include "helper/raw.h"
#include "helper/target.h"
#include "helper/window.h"

/* Xen's own limit (gnttab_max_maptrack_frames), if nobody said another. */
#define HANDLES		(1024U * 256)
#define SLOTS		(HANDLES + 1024)

/* Xen counts how often a reference is mapped in few bits: several domains. */
#define TARGETS		6U

FIXTURE(maptrack)
{
	struct ctx c;
	struct target t[TARGETS];
	uint32_t refs[TARGET_GRANTS];
	int32_t status[TARGET_GRANTS];
	char *w;
};

FIXTURE_SETUP(maptrack)
{
	int fd = raw_open();
	uint32_t i, k;

	SKIP_WITHOUT_MODULE(fd);
	close(fd);
	ASSERT_EQ(0, ctx_open(&self->c));
	NEED_OPCODE(&self->c, XENBATCH_OP_GRANT_MAP);
	self->w = window_new(self->c.fd, XENBATCH_REGION_GRANT, SLOTS);
	ASSERT_NE(MAP_FAILED, self->w);
	for (k = 0; k < TARGETS; k++) {
		ASSERT_EQ(0, target_start(&self->t[k], TARGET_RUN));
		target_fill(&self->t[k], 100 * (k + 1));
		for (i = 0; i < TARGET_GRANTS; i++)
			target_grant(&self->t[k], i, i % TARGET_RUN, 0, 0);
	}
	for (i = 0; i < TARGET_GRANTS; i++)
		self->refs[i] = i;
}

FIXTURE_TEARDOWN(maptrack)
{
	uint32_t k;

	for (k = 0; k < TARGETS; k++) {
		EXPECT_EQ(0, target_grants_used(&self->t[k]));
		EXPECT_EQ(0, target_end(&self->t[k]));
	}
	ctx_close(&self->c);
}

TEST_F_TIMEOUT(maptrack, ends, 120)
{
	const uint32_t most = TARGET_GRANTS;
	struct ctx *c = &self->c;
	uint32_t at, i, good = 0;
	int64_t ret = 0;
	char *w;

	for (at = 0; at + most <= SLOTS && !ret; at += most)
		ret = grant_list(c, self->t[at / most % TARGETS].domid,
				 self->w + at * PAGE, most, self->refs,
				 self->status, 0);
	ASSERT_EQ(-ENOSPC, ret);
	w = self->w + (at - most) * PAGE;
	for (i = 0; i < most; i++) {
		if (!self->status[i]) {
			good++;
			continue;
		}
		ASSERT_EQ(-ENOSPC, self->status[i]);
		ASSERT_EQ(SIGBUS, touch_read(w + i * PAGE));
	}
	ASSERT_LT(good, most);
	EXPECT_LT(10000, at);
	/* one page by itself; then there is room for one, and one only */
	w = self->w + at * PAGE;
	EXPECT_EQ(-ENOSPC, grant_map(c, self->t[0].domid, w, 1, 3));
	EXPECT_EQ(SIGBUS, touch_read(w));
	EXPECT_EQ(1, grant_unmap(c, self->w + 5 * PAGE, 1));
	EXPECT_EQ(0, grant_map(c, self->t[0].domid, w, 1, 3));
	EXPECT_TRUE(page_is(w, 103));
	EXPECT_EQ(-ENOSPC, grant_map(c, self->t[0].domid, w + PAGE, 1, 3));
	/* what was there is there */
	EXPECT_TRUE(page_is(self->w, 100));
	EXPECT_TRUE(page_is(self->w + (most + 7) * PAGE, 207));

	ASSERT_EQ(0, munmap(self->w, SLOTS * PAGE));
	for (i = 0; i < TARGETS; i++)
		ASSERT_EQ(0, target_grants_used(&self->t[i]));
	w = window_new(c->fd, XENBATCH_REGION_GRANT, most);
	ASSERT_NE(MAP_FAILED, w);
	EXPECT_EQ(0, grant_list(c, self->t[1].domid, w, most, self->refs,
				self->status, 0));
	EXPECT_EQ(most, grant_unmap(c, w, most));
	EXPECT_EQ(0, munmap(w, most * PAGE));
}

TEST_HARNESS_MAIN
