// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Promise: whatever an operation on windows is given, each wrong thing gets
 * the errno that uapi/xenbatch.h names and changes nothing: what was mapped
 * stays mapped, and what was empty, empty. The same for mmap of a window and
 * what may be done to one later.
 */
#include <sys/wait.h>

#include "kselftest_harness.h"

#include "helper/raw.h"
#include "helper/target.h"
#include "helper/window.h"

#define SLOTS	16U

/* Operations of a window: those of frames, or those of grants. */
FIXTURE(args)
{
	struct ctx c;
	struct target t;
	char *w, *r;		/* SLOTS each; r is read-only */
	char *foreign, *grants;	/* the other kind, SLOTS, empty */
	char *around;		/* what w lies in */
	char *hole;		/* a page to read and write, then none */
	uint64_t first;		/* frame or reference of the first page */
	int32_t status[SLOTS];
	uint64_t list[SLOTS];
};

FIXTURE_VARIANT(args)
{
	unsigned int region;
	uint16_t map, unmap;
};

FIXTURE_VARIANT_ADD(args, foreign)
{
	.region = XENBATCH_REGION_FOREIGN,
	.map = XENBATCH_OP_FOREIGN_MAP, .unmap = XENBATCH_OP_FOREIGN_UNMAP,
};

FIXTURE_VARIANT_ADD(args, grant)
{
	.region = XENBATCH_REGION_GRANT,
	.map = XENBATCH_OP_GRANT_MAP, .unmap = XENBATCH_OP_GRANT_UNMAP,
};

FIXTURE_VARIANT_ADD(args, pages)
{
	.region = XENBATCH_REGION_GRANT_PAGES,
	.map = XENBATCH_OP_GRANT_MAP, .unmap = XENBATCH_OP_GRANT_UNMAP,
};

FIXTURE_SETUP(args)
{
	int fd = raw_open();
	uint32_t i;

	SKIP_WITHOUT_MODULE(fd);
	close(fd);
	ASSERT_EQ(0, ctx_open(&self->c));
	NEED_OPCODE(&self->c, variant->map);
	ASSERT_TRUE(ctx_can(&self->c, variant->unmap));
	/* with nothing of ours before it or behind it */
	self->around = mmap(NULL, 3 * SLOTS * PAGE, PROT_NONE,
			    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	ASSERT_NE(MAP_FAILED, self->around);
	self->w = mmap(self->around + SLOTS * PAGE, SLOTS * PAGE,
		       PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED,
		       self->c.fd,
		       (off_t)XENBATCH_MMAP_OFFSET(variant->region, 0));
	self->foreign = window_new(self->c.fd, XENBATCH_REGION_FOREIGN, SLOTS);
	self->grants = window_new(self->c.fd, XENBATCH_REGION_GRANT, SLOTS);
	self->r = mmap(NULL, SLOTS * PAGE, PROT_READ, MAP_SHARED, self->c.fd,
		       (off_t)XENBATCH_MMAP_OFFSET(variant->region, 0));
	self->hole = mmap(NULL, 2 * PAGE, PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	ASSERT_NE(MAP_FAILED, self->w);
	ASSERT_NE(MAP_FAILED, self->foreign);
	ASSERT_NE(MAP_FAILED, self->grants);
	ASSERT_NE(MAP_FAILED, self->r);
	ASSERT_NE(MAP_FAILED, self->hole);
	ASSERT_EQ(0, mprotect(self->hole + PAGE, PAGE, PROT_NONE));
	ASSERT_EQ(0, target_start(&self->t, SLOTS));
	target_fill(&self->t, 100);
	for (i = 0; i < SLOTS; i++)
		target_grant(&self->t, 16 + i, i, 0, 0);
	self->first = 16;
	if (variant->region == XENBATCH_REGION_FOREIGN)
		self->first = self->t.frames[0];
	for (i = 0; i < SLOTS; i++)
		if (variant->region == XENBATCH_REGION_FOREIGN)
			self->list[i] = self->t.frames[i];
		else
			((uint32_t *)self->list)[i] = 16 + i;
}

FIXTURE_TEARDOWN(args)
{
	munmap(self->around, 3 * SLOTS * PAGE);
	munmap(self->r, SLOTS * PAGE);
	munmap(self->foreign, SLOTS * PAGE);
	munmap(self->grants, SLOTS * PAGE);
	EXPECT_EQ(0, target_grants_used(&self->t));
	EXPECT_EQ(0, target_end(&self->t));
	ctx_close(&self->c);
}

/* Two slots of the first four are filled, at 0 and 1, by pages 0 and 1. */
#define FILL()								\
	do {								\
		struct xenbatch_op fill = op_map(variant->map,		\
			self->t.domid, self->w, 2, self->first);	\
		ASSERT_EQ(0, ctx_run(&self->c, &fill));			\
	} while (0)

#define EXPECT_UNTOUCHED()						\
	do {								\
		EXPECT_TRUE(page_is(self->w, 100));			\
		EXPECT_TRUE(page_is(self->w + PAGE, 101));		\
		EXPECT_EQ(SLOTS - 2, slots_empty(self->w + 2 * PAGE,	\
						 SLOTS - 2));		\
		EXPECT_EQ(SLOTS, slots_empty(self->r, SLOTS));		\
		EXPECT_EQ(SLOTS, slots_empty(self->foreign, SLOTS));	\
		EXPECT_EQ(SLOTS, slots_empty(self->grants, SLOTS));	\
	} while (0)

struct slots_case {
	const char *what;
	const void *addr;
	uint32_t count;
	int err;
};

/* Addresses and counts that are wrong for MAP and for UNMAP alike. */
TEST_F(args, addresses_and_counts)
{
	char *w = self->w, *end = self->w + SLOTS * PAGE;
	const uint32_t most = self->c.info.pages_max;
	const struct slots_case cases[] = {
		{ "count 0", w + 2 * PAGE, 0, EINVAL },
		{ "count beyond pages_max", w, most + 1, EINVAL },
		{ "count of 31 bits", w, 1U << 31, EINVAL },
		{ "count of all bits", w, ~0U, EINVAL },
		{ "addr one byte off", w + 2 * PAGE + 1, 1, EINVAL },
		{ "addr half a page off", w + 2 * PAGE + 2048, 1, EINVAL },
		{ "addr one byte before", w - 1, 1, EINVAL },
		{ "one slot too many", w, SLOTS + 1, ENXIO },
		{ "the last and one more", end - PAGE, 2, ENXIO },
		{ "behind the end", end, 1, ENXIO },
		{ "before the start", w - PAGE, 1, ENXIO },
		{ "over the start", w - PAGE, 2, ENXIO },
		{ "no address", NULL, 1, ENXIO },
		{ "the operations", self->c.ops, 1, ENXIO },
		{ "the arena", self->c.arena, 1, ENXIO },
		{ "plain memory", self->hole, 1, ENXIO },
		{ "nothing there", self->hole + PAGE, 1, ENXIO },
		{ "Xen's own", (void *)0xffff800000000000, 1, ENXIO },
		{ "the kernel's", (void *)0xffffffff81000000, 1, ENXIO },
		{ "the last page there is", (void *)-PAGE, 1, ENXIO },
		{ "and around", (void *)-PAGE, 2, ENXIO },
		{ "not canonical", (void *)0x8000000000000000, 1, ENXIO },
	};
	struct xenbatch_op op;
	uint32_t i;

	FILL();
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		op = op_map(variant->map, self->t.domid, cases[i].addr,
			    cases[i].count, self->first);
		op.flags = XENBATCH_OPF_READONLY;
		EXPECT_EQ(-cases[i].err, ctx_run(&self->c, &op)) {
			TH_LOG("map: %s", cases[i].what);
		}
		op = op_unmap(variant->unmap, cases[i].addr, cases[i].count);
		EXPECT_EQ(-cases[i].err, ctx_run(&self->c, &op)) {
			TH_LOG("unmap: %s", cases[i].what);
		}
	}
	EXPECT_UNTOUCHED();
}

/* The right operation on the wrong kind of window. */
TEST_F(args, wrong_region)
{
	char *wrong = variant->region == XENBATCH_REGION_FOREIGN ?
		      self->grants : self->foreign;
	struct xenbatch_op op;

	FILL();
	op = op_map(variant->map, self->t.domid, wrong, 1, self->first);
	EXPECT_EQ(-ENXIO, ctx_run(&self->c, &op));
	op = op_unmap(variant->unmap, wrong, 1);
	EXPECT_EQ(-ENXIO, ctx_run(&self->c, &op));
	/* and the wrong operation on the right one */
	op = op_unmap(variant->region == XENBATCH_REGION_FOREIGN ?
		      XENBATCH_OP_GRANT_UNMAP : XENBATCH_OP_FOREIGN_UNMAP,
		      self->w, 1);
	EXPECT_EQ(-ENXIO, ctx_run(&self->c, &op));
	EXPECT_UNTOUCHED();
}

TEST_F(args, reserved_fields)
{
	const struct xenbatch_op map = op_map(variant->map, self->t.domid,
					      self->w + 2 * PAGE, 1,
					      self->first);
	const struct xenbatch_op unmap = op_unmap(variant->unmap, self->w, 1);
	struct xenbatch_op op;
	unsigned int bit;

#define EXPECT_REFUSED(err, from, field, value)				\
	do {								\
		op = from;						\
		op.field = value;					\
		EXPECT_EQ(-(err), ctx_run(&self->c, &op)) {		\
			TH_LOG(#from ": " #field " = %#llx",		\
			       (unsigned long long)(value));		\
		}							\
	} while (0)

	FILL();
	for (bit = 3; bit < 16; bit++) {
		EXPECT_REFUSED(EINVAL, map, flags, 1U << bit);
		EXPECT_REFUSED(EINVAL, unmap, flags, 1U << bit);
	}
	EXPECT_REFUSED(EINVAL, unmap, flags, XENBATCH_OPF_LIST);
	EXPECT_REFUSED(EINVAL, unmap, flags, XENBATCH_OPF_READONLY);
	for (bit = 0; bit < 16; bit++) {
		EXPECT_REFUSED(EINVAL, map, number, 1U << bit);
		EXPECT_REFUSED(EINVAL, unmap, number, 1U << bit);
		EXPECT_REFUSED(EINVAL, unmap, domid, 1U << bit);
	}
	for (bit = 0; bit < 32; bit++) {
		EXPECT_REFUSED(EINVAL, map, map.type, 1U << bit);
		EXPECT_REFUSED(EINVAL, map, map.id, 1U << bit);
		EXPECT_REFUSED(EINVAL, map, map.reserved, 1U << bit);
		EXPECT_REFUSED(EINVAL, unmap, map.type, 1U << bit);
		EXPECT_REFUSED(EINVAL, unmap, map.id, 1U << bit);
		EXPECT_REFUSED(EINVAL, unmap, map.reserved, 1U << bit);
	}
	for (bit = 0; bit < 64; bit++) {
		EXPECT_REFUSED(EINVAL, unmap, map.frame, 1ULL << bit);
		EXPECT_REFUSED(EINVAL, unmap, map.status, 1ULL << bit);
	}
	EXPECT_REFUSED(EBUSY, map, state, XENBATCH_STATE_READY);
	EXPECT_REFUSED(EBUSY, unmap, state, XENBATCH_STATE_BUSY);
	EXPECT_UNTOUCHED();
}

TEST_F(args, read_only_area)
{
	struct xenbatch_op op;

	FILL();
	op = op_map(variant->map, self->t.domid, self->r, 2, self->first);
	EXPECT_EQ(-EACCES, ctx_run(&self->c, &op));
	EXPECT_UNTOUCHED();
	op.flags = XENBATCH_OPF_READONLY;
	EXPECT_EQ(0, ctx_run(&self->c, &op));
	EXPECT_TRUE(page_is(self->r + PAGE, 101));
	EXPECT_NE(0, touch_write(self->r));
	EXPECT_TRUE(page_is(self->r, 100));
	op = op_unmap(variant->unmap, self->r, SLOTS);
	EXPECT_EQ(2, ctx_run(&self->c, &op));
	EXPECT_UNTOUCHED();
}

/* Lists and statuses in memory that is not there, or half of it. */
TEST_F(args, lists_and_statuses)
{
	const size_t entry = variant->region == XENBATCH_REGION_FOREIGN ? 8 : 4;
	char *hole = self->hole;
	struct xenbatch_op op;
	const void *bad[] = {
		NULL, (void *)1, hole + PAGE, hole + PAGE - entry,
		(void *)0xffff800000000000, (void *)0xffffffff81000000,
		(void *)-4096L, (void *)-1L,
	};
	uint32_t i;

	FILL();
	memset(hole, 0, PAGE);
	memcpy(hole + PAGE - entry, self->list, entry);
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		op = op_list(variant->map, self->t.domid, self->w + 2 * PAGE,
			     2, bad[i], NULL, 0);
		EXPECT_EQ(-EFAULT, ctx_run(&self->c, &op)) {
			TH_LOG("list at %p", bad[i]);
		}
	}
	EXPECT_UNTOUCHED();
	/* a list to the very end of its page, and at an odd address */
	op = op_list(variant->map, self->t.domid, self->w + 2 * PAGE, 1,
		     hole + PAGE - entry, self->status, 0);
	EXPECT_EQ(0, ctx_run(&self->c, &op));
	EXPECT_TRUE(page_is(self->w + 2 * PAGE, 100));
	op = op_unmap(variant->unmap, self->w + 2 * PAGE, 1);
	EXPECT_EQ(1, ctx_run(&self->c, &op));
	memcpy(hole + 3, self->list, 4 * entry);
	op = op_list(variant->map, self->t.domid, self->w + 2 * PAGE, 4,
		     hole + 3, (int32_t *)(hole + 1001), 0);
	EXPECT_EQ(0, ctx_run(&self->c, &op));
	EXPECT_TRUE(page_is(self->w + 5 * PAGE, 103));
	op = op_unmap(variant->unmap, self->w + 2 * PAGE, 4);
	EXPECT_EQ(4, ctx_run(&self->c, &op));
	EXPECT_UNTOUCHED();

	/* status cannot be written: everything is done all the same */
	for (i = 1; i < sizeof(bad) / sizeof(bad[0]); i++) {
		op = op_list(variant->map, self->t.domid, self->w + 2 * PAGE,
			     3, self->list, (int32_t *)bad[i], 0);
		EXPECT_EQ(-EFAULT, ctx_run(&self->c, &op)) {
			TH_LOG("status at %p", bad[i]);
		}
		EXPECT_TRUE(page_is(self->w + 4 * PAGE, 102));
		op = op_unmap(variant->unmap, self->w + 2 * PAGE, 3);
		EXPECT_EQ(3, ctx_run(&self->c, &op));
	}
	/* memory that may be read only */
	ASSERT_EQ(0, mprotect(hole, PAGE, PROT_READ));
	op = op_list(variant->map, self->t.domid, self->w + 2 * PAGE, 1,
		     self->list, (int32_t *)hole, 0);
	EXPECT_EQ(-EFAULT, ctx_run(&self->c, &op));
	op = op_unmap(variant->unmap, self->w + 2 * PAGE, 1);
	EXPECT_EQ(1, ctx_run(&self->c, &op));
	/* or not even that */
	ASSERT_EQ(0, mprotect(hole, PAGE, PROT_NONE));
	op = op_list(variant->map, self->t.domid, self->w + 2 * PAGE, 1, hole,
		     NULL, 0);
	EXPECT_EQ(-EFAULT, ctx_run(&self->c, &op));
	EXPECT_UNTOUCHED();
}

/* A list or status that lies in a window, full or empty, is memory too. */
TEST_F(args, lists_in_windows)
{
	const size_t entry = variant->region == XENBATCH_REGION_FOREIGN ? 8 : 4;
	struct xenbatch_op op;

	FILL();
	memcpy(self->w, self->list, SLOTS * entry);
	op = op_list(variant->map, self->t.domid, self->w + 8 * PAGE, 4,
		     self->w, (int32_t *)(self->w + PAGE), 0);
	EXPECT_EQ(0, ctx_run(&self->c, &op));
	EXPECT_TRUE(page_is(self->w + 11 * PAGE, 103));
	EXPECT_EQ(0, *(int32_t *)(self->w + PAGE + 12));
	/* in empty slots, of this window even */
	op = op_list(variant->map, self->t.domid, self->w + 4 * PAGE, 4,
		     self->w + 4 * PAGE, NULL, 0);
	EXPECT_EQ(-EFAULT, ctx_run(&self->c, &op));
	EXPECT_EQ(4, slots_empty(self->w + 4 * PAGE, 4));
	op = op_list(variant->map, self->t.domid, self->w + 4 * PAGE, 2,
		     self->list, (int32_t *)(self->w + 14 * PAGE), 0);
	EXPECT_EQ(-EFAULT, ctx_run(&self->c, &op));
	EXPECT_EQ(0, memcmp(self->w + 5 * PAGE, self->t.pages + PAGE, PAGE));
	op = op_unmap(variant->unmap, self->w, SLOTS);
	EXPECT_EQ(8, ctx_run(&self->c, &op));
}

/* An area may lie right behind another: an operation is about one. */
TEST_F(args, areas_side_by_side)
{
	char *a = mmap(NULL, 4 * SLOTS * PAGE, PROT_NONE,
		       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	const off_t offset = (off_t)XENBATCH_MMAP_OFFSET(variant->region, 0);
	struct xenbatch_op op;
	uint32_t i;

	ASSERT_NE(MAP_FAILED, a);
	for (i = 0; i < 4; i++)
		ASSERT_EQ(a + i * SLOTS * PAGE,
			  mmap(a + i * SLOTS * PAGE, SLOTS * PAGE,
			       PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED,
			       self->c.fd, offset));
	for (i = 1; i < 4; i++) {
		op = op_map(variant->map, self->t.domid,
			    a + (i * SLOTS - 1) * PAGE, 2, self->first);
		EXPECT_EQ(-ENXIO, ctx_run(&self->c, &op));
		op = op_unmap(variant->unmap, a + (i * SLOTS - 1) * PAGE, 2);
		EXPECT_EQ(-ENXIO, ctx_run(&self->c, &op));
	}
	for (i = 0; i < 4; i++) {
		op = op_list(variant->map, self->t.domid, a + i * SLOTS * PAGE,
			     SLOTS, self->list, NULL, 0);
		EXPECT_EQ(0, ctx_run(&self->c, &op));
	}
	for (i = 0; i < 4 * SLOTS; i++)
		ASSERT_TRUE(page_is(a + i * PAGE, 100 + i % SLOTS));
	/* one of them goes, the others stay */
	EXPECT_EQ(0, munmap(a + SLOTS * PAGE, SLOTS * PAGE));
	for (i = 0; i < SLOTS; i++) {
		ASSERT_TRUE(page_is(a + i * PAGE, 100 + i));
		ASSERT_TRUE(page_is(a + (2 * SLOTS + i) * PAGE, 100 + i));
		ASSERT_EQ(SIGSEGV, touch_read(a + (SLOTS + i) * PAGE));
	}
	op = op_map(variant->map, self->t.domid, a + SLOTS * PAGE, 1,
		    self->first);
	EXPECT_EQ(-ENXIO, ctx_run(&self->c, &op));
	/* what is mapped over an area takes it away as munmap does */
	ASSERT_EQ(a, mmap(a, SLOTS * PAGE, PROT_READ | PROT_WRITE,
			  MAP_SHARED | MAP_FIXED, self->c.fd, offset));
	EXPECT_EQ(SLOTS, slots_empty(a, SLOTS));
	/* the last two at once */
	EXPECT_EQ(0, munmap(a, 4 * SLOTS * PAGE));
	EXPECT_EQ(0, target_grants_used(&self->t));
}

#define EXPECT_NO_MAP(err, call)					\
	do {								\
		errno = 0;						\
		EXPECT_EQ(MAP_FAILED, (call));				\
		EXPECT_EQ((err), errno);				\
	} while (0)

TEST_F(args, mmap_arguments)
{
	const off_t offset = (off_t)XENBATCH_MMAP_OFFSET(variant->region, 0);
	const int rw = PROT_READ | PROT_WRITE;
	const uint32_t slots = self->c.info.slots_max;
	int fd = self->c.fd, status;
	struct ctx c;
	pid_t pid;
	void *p;

	EXPECT_NO_MAP(EINVAL, mmap(NULL, PAGE, rw, MAP_PRIVATE, fd, offset));
	EXPECT_NO_MAP(EINVAL, raw_map(fd, variant->region, PAGE, PAGE));
	EXPECT_NO_MAP(EINVAL, raw_map(fd, variant->region, 1UL << 35, PAGE));
	EXPECT_NO_MAP(EACCES, mmap(NULL, PAGE, PROT_NONE, MAP_SHARED, fd,
				   offset));
	EXPECT_NO_MAP(EACCES, mmap(NULL, PAGE, PROT_WRITE, MAP_SHARED, fd,
				   offset));
	EXPECT_NO_MAP(EACCES, mmap(NULL, PAGE, rw | PROT_EXEC, MAP_SHARED, fd,
				   offset));
	EXPECT_NO_MAP(EACCES, mmap(NULL, PAGE, PROT_READ | PROT_EXEC,
				   MAP_SHARED, fd, offset));
	/* all regions count, and what went is given back */
	ASSERT_LE(1024, slots);
	EXPECT_NO_MAP(ENOSPC, window_new(fd, variant->region, slots + 1));
	EXPECT_NO_MAP(ENOSPC, window_new(fd, variant->region, slots));
	EXPECT_NO_MAP(ENOSPC, window_new(fd, variant->region,
					 slots - 4 * SLOTS + 1));
	ASSERT_EQ(0, ctx_open(&c));
	p = window_new(c.fd, variant->region, 1024);
	ASSERT_NE(MAP_FAILED, p);
	EXPECT_NO_MAP(ENOSPC, window_new(c.fd, XENBATCH_REGION_FOREIGN,
					 slots - 1023));
	EXPECT_EQ(0, munmap(p, 1024 * PAGE));
	ctx_close(&c);
	/* another address space's */
	pid = fork();
	ASSERT_LE(0, pid);
	if (!pid)
		_exit(window_new(fd, variant->region, 1) != MAP_FAILED ||
		      errno != EXDEV);
	ASSERT_EQ(pid, waitpid(pid, &status, 0));
	EXPECT_EQ(0, status);
}

TEST_HARNESS_MAIN
