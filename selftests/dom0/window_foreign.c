// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Promise: a slot of the foreign window shows the frame that was asked for and
 * no other, from the moment that the operation is done until the next one, and
 * what is wrong with one page stays with that page. Contents are written from
 * both sides: by the window, and by stock's mapping of the same frames. What
 * cannot be mapped gets the errno that stock gives for it.
 */
#include "kselftest_harness.h"

#include "helper/raw.h"
#include "helper/target.h"
#include "helper/window.h"

#define SLOTS	64U
#define PAGES	64U

FIXTURE(foreign)
{
	struct ctx c;
	struct target t, other;
	char *w;			/* SLOTS, to be written to */
	int32_t status[SLOTS];
};

FIXTURE_SETUP(foreign)
{
	int fd = raw_open();

	SKIP_WITHOUT_MODULE(fd);
	close(fd);
	ASSERT_EQ(0, ctx_open(&self->c));
	NEED_OPCODE(&self->c, XENBATCH_OP_FOREIGN_MAP);
	ASSERT_TRUE(ctx_can(&self->c, XENBATCH_OP_FOREIGN_UNMAP));
	self->w = window_new(self->c.fd, XENBATCH_REGION_FOREIGN, SLOTS);
	ASSERT_NE(MAP_FAILED, self->w);
	ASSERT_EQ(0, target_start(&self->t, PAGES));
	ASSERT_EQ(0, target_start(&self->other, TARGET_RUN));
	target_fill(&self->t, 1000);
	target_fill(&self->other, 2000);
}

/* Whatever the test did: nothing of the domains stays in use. */
FIXTURE_TEARDOWN(foreign)
{
	EXPECT_EQ(0, munmap(self->w, SLOTS * PAGE));
	EXPECT_EQ(0, target_end(&self->t));
	EXPECT_EQ(0, target_end(&self->other));
	ctx_close(&self->c);
}

static int64_t map_list(struct ctx *c, struct target *t, char *addr,
			uint32_t first, uint32_t count, uint16_t flags)
{
	return foreign_list(c, t->domid, addr, count, t->frames + first, NULL,
			    flags);
}

TEST_F(foreign, empty_slots_raise_sigbus)
{
	char byte;
	int p[2];

	EXPECT_EQ(SLOTS, slots_empty(self->w, SLOTS));
	EXPECT_EQ(SIGBUS, touch_write(self->w));
	/* and the kernel, asked to look there, says so */
	ASSERT_EQ(0, pipe(p));
	errno = 0;
	EXPECT_EQ(-1, write(p[1], self->w, 1));
	EXPECT_EQ(EFAULT, errno);
	ASSERT_EQ(1, write(p[1], "x", 1));
	errno = 0;
	EXPECT_EQ(-1, read(p[0], self->w, 1));
	EXPECT_EQ(EFAULT, errno);
	EXPECT_EQ(1, read(p[0], &byte, 1));
	close(p[0]);
	close(p[1]);
	EXPECT_EQ(0, foreign_unmap(&self->c, self->w, SLOTS));
}

TEST_F(foreign, contents_from_both_sides)
{
	char *w = self->w;
	uint32_t i;

	ASSERT_EQ(0, map_list(&self->c, &self->t, w, 0, PAGES, 0));
	for (i = 0; i < PAGES; i++)
		ASSERT_TRUE(page_is(w + i * PAGE, 1000 + i));
	for (i = 0; i < PAGES; i++)
		page_fill(w + i * PAGE, 3000 + i);
	for (i = 0; i < PAGES; i++)
		ASSERT_TRUE(page_is(self->t.pages + i * PAGE, 3000 + i));
	target_fill(&self->t, 4000);
	for (i = 0; i < PAGES; i++)
		ASSERT_TRUE(page_is(w + i * PAGE, 4000 + i));
	EXPECT_EQ(PAGES, foreign_unmap(&self->c, w, PAGES));
	EXPECT_EQ(SLOTS, slots_empty(w, SLOTS));
	for (i = 0; i < PAGES; i++)
		ASSERT_TRUE(page_is(self->t.pages + i * PAGE, 4000 + i));
}

/* Frames that follow each other need no list. */
TEST_F(foreign, consecutive_frames)
{
	char *w = self->w;
	uint32_t i, n;

	for (n = 1; n <= TARGET_RUN; n++) {
		ASSERT_EQ(0, foreign_map(&self->c, self->t.domid, w + 3 * PAGE,
					 n, self->t.frames[TARGET_RUN]));
		for (i = 0; i < n; i++)
			ASSERT_TRUE(page_is(w + (3 + i) * PAGE,
					    1000 + TARGET_RUN + i));
		EXPECT_EQ(3, slots_empty(w, 3));
		EXPECT_EQ(SLOTS - 3 - n, slots_empty(w + (3 + n) * PAGE,
						     SLOTS - 3 - n));
		EXPECT_EQ(n, foreign_unmap(&self->c, w, SLOTS));
	}
}

TEST_F(foreign, unmap_counts_what_was_filled)
{
	char *w = self->w;
	uint32_t i;

	/* every third slot */
	for (i = 0; i < SLOTS; i += 3)
		ASSERT_EQ(0, map_list(&self->c, &self->t, w + i * PAGE, i, 1,
				      0));
	EXPECT_EQ(SLOTS - (SLOTS + 2) / 3, slots_empty(w, SLOTS));
	EXPECT_EQ(1, foreign_unmap(&self->c, w, 3));
	EXPECT_EQ(0, foreign_unmap(&self->c, w, 3));
	EXPECT_EQ(0, foreign_unmap(&self->c, w + PAGE, 2));
	EXPECT_EQ(SIGBUS, touch_read(w));
	EXPECT_TRUE(page_is(w + 3 * PAGE, 1003));
	EXPECT_EQ((SLOTS + 2) / 3 - 1, foreign_unmap(&self->c, w, SLOTS));
	EXPECT_EQ(SLOTS, slots_empty(w, SLOTS));
}

/* One frame in many slots is one page. */
TEST_F(foreign, the_same_frame_twice)
{
	uint64_t frames[4] = { self->t.frames[5], self->t.frames[5],
			       self->t.frames[6], self->t.frames[5] };
	char *w = self->w;

	ASSERT_EQ(0, foreign_list(&self->c, self->t.domid, w, 4, frames, NULL,
				  0));
	page_fill(w, 77);
	EXPECT_TRUE(page_is(w + PAGE, 77));
	EXPECT_TRUE(page_is(w + 2 * PAGE, 1006));
	EXPECT_TRUE(page_is(w + 3 * PAGE, 77));
	EXPECT_EQ(1, foreign_unmap(&self->c, w, 1));
	EXPECT_TRUE(page_is(w + PAGE, 77));
	EXPECT_EQ(3, foreign_unmap(&self->c, w, 4));
}

/* No slot shows the old frame for a moment longer, nor writes to it. */
TEST_F(foreign, replaced_in_place)
{
	uint32_t i, round, first;
	char *w = self->w;

	for (round = 0; round < 100; round++) {
		first = round % 2 ? 32 : 0;
		ASSERT_EQ(0, map_list(&self->c, &self->t, w, first, 32, 0));
		for (i = 0; i < 32; i++) {
			volatile uint32_t *word = (void *)(w + i * PAGE);

			ASSERT_EQ((1000 + first + i) * 2654435761U, *word);
		}
	}
	for (i = 0; i < 32; i++)
		page_fill(w + i * PAGE, 5000 + i);
	for (i = 0; i < 32; i++) {
		ASSERT_TRUE(page_is(self->t.pages + i * PAGE, 1000 + i));
		ASSERT_TRUE(page_is(self->t.pages + (32 + i) * PAGE,
				    5000 + i));
	}
	/* in the middle, one, by another domain's */
	ASSERT_EQ(0, map_list(&self->c, &self->other, w + 7 * PAGE, 2, 1, 0));
	EXPECT_TRUE(page_is(w + 6 * PAGE, 5006));
	EXPECT_TRUE(page_is(w + 7 * PAGE, 2002));
	EXPECT_TRUE(page_is(w + 8 * PAGE, 5008));
	/* by itself */
	ASSERT_EQ(0, map_list(&self->c, &self->other, w + 7 * PAGE, 2, 1, 0));
	EXPECT_TRUE(page_is(w + 7 * PAGE, 2002));
	EXPECT_EQ(32, foreign_unmap(&self->c, w, SLOTS));
}

/* What stock says of each frame is what is said here. */
TEST_F(foreign, bad_frames_alone)
{
	const uint64_t own = self->t.frames[0];
	uint64_t frames[16] = {
		own, 0x7ffffffff, self->t.frames[1], self->other.frames[0],
		self->t.frames[2], (1ULL << 40) - 1, 0xfffff, 0xfee00,
		self->t.frames[3], 1ULL << 52, ~0ULL, own | 1ULL << 52,
		~0ULL >> 1, (1ULL << 40) | own, 0, self->t.frames[4],
	};
	static const int tag[16] = {
		[0] = 1000, [2] = 1001, [4] = 1002, [8] = 1003, [15] = 1004,
	};
	int err[16] = { 0 };
	uint32_t i, round, bad = 0;
	char *w = self->w, *stock;

	/* beyond what a frame number may be, stock takes the low bits */
	stock = target_stock_map(&self->t, self->t.domid, frames, 9, err);
	ASSERT_NE(NULL, stock);
	munmap(stock, 9 * PAGE);
	for (round = 0; round < 2; round++) {
		memset(self->status, 0x5a, sizeof(self->status));
		EXPECT_GT(0, foreign_list(&self->c, self->t.domid, w, 16,
					  frames, self->status, 0));
		EXPECT_EQ(self->status[1], self->c.ops[0].result);
		for (i = 0; i < 16; i++) {
			if (tag[i]) {
				EXPECT_EQ(0, self->status[i]);
				EXPECT_TRUE(page_is(w + i * PAGE, tag[i]));
				continue;
			}
			bad++;
			EXPECT_GT(0, self->status[i]) {
				TH_LOG("frame %u", i);
			}
			EXPECT_LT(-4096, self->status[i]);
			EXPECT_EQ(SIGBUS, touch_read(w + i * PAGE));
			if (i < 9) {
				EXPECT_EQ(err[i], self->status[i]) {
					TH_LOG("frame %u", i);
				}
			}
		}
		EXPECT_EQ(0x5a5a5a5a, self->status[16]);
		/* again over filled slots: a bad frame empties its slot */
		ASSERT_EQ(0, map_list(&self->c, &self->t, w, 20, 16, 0));
	}
	EXPECT_EQ(22, bad);
	EXPECT_EQ(16, foreign_unmap(&self->c, w, SLOTS));
}

/* Without status the result alone tells, and consecutive frames run out. */
TEST_F(foreign, bad_frames_without_status)
{
	char *w = self->w;
	uint64_t frames[3] = { self->t.frames[0], self->other.frames[0],
			       self->t.frames[1] };

	EXPECT_GT(0, foreign_list(&self->c, self->t.domid, w, 3, frames, NULL,
				  0));
	EXPECT_TRUE(page_is(w, 1000));
	EXPECT_EQ(SIGBUS, touch_read(w + PAGE));
	EXPECT_TRUE(page_is(w + 2 * PAGE, 1001));
	EXPECT_EQ(2, foreign_unmap(&self->c, w, SLOTS));

	EXPECT_GT(0, foreign_map(&self->c, self->t.domid, w, SLOTS,
				 (1ULL << 40) - 3));
	EXPECT_GT(0, foreign_map(&self->c, self->t.domid, w, SLOTS,
				 ~0ULL - 3));
	EXPECT_EQ(SLOTS, slots_empty(w, SLOTS));
	EXPECT_EQ(0, foreign_unmap(&self->c, w, SLOTS));
}

TEST_F(foreign, bad_domain)
{
	static const uint16_t domids[] = { 0x7fe0, 0x7fef, 0xffff };
	char *w = self->w;
	uint32_t i, k;

	for (k = 0; k < sizeof(domids) / sizeof(domids[0]); k++) {
		ASSERT_EQ(0, map_list(&self->c, &self->t, w, 0, 4, 0));
		memset(self->status, 0x5a, sizeof(self->status));
		EXPECT_EQ(-ESRCH, foreign_list(&self->c, domids[k], w, 4,
					       self->t.frames, self->status,
					       0));
		for (i = 0; i < 4; i++)
			EXPECT_EQ(-ESRCH, self->status[i]);
		EXPECT_EQ(4, slots_empty(w, 4));
	}
	/* every frame of a domain that is not that frame's */
	EXPECT_GT(0, foreign_list(&self->c, self->other.domid, w, 4,
				  self->t.frames, self->status, 0));
	EXPECT_EQ(4, slots_empty(w, 4));
	EXPECT_EQ(0, foreign_unmap(&self->c, w, SLOTS));
}

TEST_F(foreign, read_only_operations)
{
	char *w = self->w;

	ASSERT_EQ(0, map_list(&self->c, &self->t, w, 0, 2,
			      XENBATCH_OPF_READONLY));
	EXPECT_TRUE(page_is(w, 1000));
	EXPECT_EQ(SIGBUS, touch_write(w));
	EXPECT_TRUE(page_is(w, 1000));
	EXPECT_TRUE(page_is(self->t.pages, 1000));
	/* made writable, and back */
	ASSERT_EQ(0, map_list(&self->c, &self->t, w, 0, 1, 0));
	page_fill(w, 78);
	EXPECT_TRUE(page_is(self->t.pages, 78));
	ASSERT_EQ(0, map_list(&self->c, &self->t, w, 0, 1,
			      XENBATCH_OPF_READONLY));
	EXPECT_EQ(SIGBUS, touch_write(w));
	EXPECT_TRUE(page_is(w, 78));
	EXPECT_EQ(2, foreign_unmap(&self->c, w, SLOTS));
}

TEST_F(foreign, read_only_area)
{
	char *r = mmap(NULL, 4 * PAGE, PROT_READ, MAP_SHARED, self->c.fd,
		       (off_t)XENBATCH_MMAP_OFFSET(XENBATCH_REGION_FOREIGN,
						   0));

	ASSERT_NE(MAP_FAILED, r);
	EXPECT_EQ(-EACCES, map_list(&self->c, &self->t, r, 0, 1, 0));
	EXPECT_EQ(4, slots_empty(r, 4));
	EXPECT_EQ(0, map_list(&self->c, &self->t, r, 0, 4,
			      XENBATCH_OPF_READONLY));
	EXPECT_EQ(-EACCES, map_list(&self->c, &self->t, r, 4, 4, 0));
	EXPECT_TRUE(page_is(r + 3 * PAGE, 1003));
	EXPECT_NE(0, touch_write(r));
	EXPECT_TRUE(page_is(self->t.pages, 1000));
	EXPECT_EQ(4, foreign_unmap(&self->c, r, 4));
	EXPECT_EQ(0, munmap(r, 4 * PAGE));
}

/* As many as one operation may have, and several of those in one SUBMIT. */
TEST_F_TIMEOUT(foreign, large_batches, 60)
{
	const uint32_t all = 2048;
	uint32_t most = self->c.info.pages_max, i, n, round;
	struct target big = { .nr = 0 };
	uint64_t frames[all];
	int32_t status[all];
	int64_t ret;
	char *w;

	ASSERT_LE(128, most);
	ASSERT_EQ(0, target_start(&big, 1024));
	target_fill(&big, 0);
	w = window_new(self->c.fd, XENBATCH_REGION_FOREIGN, all);
	ASSERT_NE(MAP_FAILED, w);
	for (round = 0; round < 4; round++) {
		n = round == 0 ? 700 : round == 1 ? most : all;
		n = n > all ? all : n;
		/* scattered, with a bad one here and there */
		for (i = 0; i < n; i++) {
			frames[i] = big.frames[(i + round) * 7 % 1024];
			if (i % 701 == 700)
				frames[i] = self->other.frames[0];
		}
		if (round == 1)
			frames[n - 1] = self->other.frames[0];
		ret = foreign_list_long(&self->c, big.domid, w, n, frames,
					status, 0);
		ASSERT_NE(NOT_RUN, ret);
		if (round) {
			EXPECT_GT(0, ret);
		} else {
			EXPECT_EQ(0, ret);
		}
		for (i = 0; i < n; i++) {
			if (frames[i] == self->other.frames[0]) {
				ASSERT_GT(0, status[i]);
				ASSERT_EQ(SIGBUS, touch_read(w + i * PAGE));
				continue;
			}
			ASSERT_EQ(0, status[i]);
			ASSERT_EQ((i + round) * 7 % 1024 * 2654435761U,
				  *(uint32_t *)(w + i * PAGE));
		}
	}
	EXPECT_EQ(all - all / 701,
		  window_unmap_long(&self->c, XENBATCH_OP_FOREIGN_UNMAP, w,
				    all));
	EXPECT_EQ(SIGBUS, touch_read(w));
	EXPECT_EQ(SIGBUS, touch_read(w + (all - 1) * PAGE));
	/* and emptied by munmap, all at once */
	EXPECT_EQ(0, foreign_list_long(&self->c, big.domid, w, 700, frames,
				       NULL, 0));
	EXPECT_EQ(0, munmap(w, all * PAGE));
	EXPECT_EQ(0, target_end(&big));
}

/* Slots of [from, to) are filled and no others: those that are not so. */
static uint32_t not_so(char *w, uint32_t slots, uint32_t from, uint32_t to)
{
	uint32_t i, wrong = 0;

	for (i = 0; i < slots; i++)
		wrong += touch_read(w + i * PAGE) !=
			 (i >= from && i < to ? 0 : SIGBUS);
	return wrong;
}

/*
 * Stretches that have page tables of the processor's for themselves, 512 slots
 * on a border of 2 MiB, and such that miss that by one slot.
 */
TEST_F_TIMEOUT(foreign, whole_page_tables, 60)
{
	static const struct {
		uint32_t from, to, unmap_from, unmap_to;
	} cases[] = {
		{ 0, 1024, 0, 1024 }, { 0, 512, 0, 512 },
		{ 512, 1024, 512, 1024 }, { 0, 1024, 0, 512 },
		{ 0, 1024, 512, 1024 }, { 0, 512, 0, 511 },
		{ 0, 512, 1, 512 }, { 1, 512, 0, 512 },
		{ 0, 1024, 256, 768 }, { 0, 1030, 1, 1029 },
		{ 100, 101, 0, 512 }, { 500, 530, 0, 1030 },
		{ 0, 1030, 0, 1030 },
	};
	const uint32_t slots = 1030;
	const size_t size = (4 << 20) + slots * PAGE;
	const off_t offset = (off_t)XENBATCH_MMAP_OFFSET(
			XENBATCH_REGION_FOREIGN, 0);
	uint64_t frames[slots];
	uint32_t k, i, from, to, a, b, round;
	char *around, *w;

	for (i = 0; i < slots; i++)
		frames[i] = self->t.frames[i % PAGES];
	/* up to 4 MiB before the window, and the window */
	around = mmap(NULL, size, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1,
		      0);
	ASSERT_NE(MAP_FAILED, around);
	/* on the border, and one page before it */
	for (round = 0; round < 2; round++) {
		w = (char *)(((uintptr_t)around + (4 << 20)) &
			     ~((uintptr_t)(2 << 20) - 1)) - round * PAGE;
		ASSERT_EQ(w, mmap(w, slots * PAGE, PROT_READ | PROT_WRITE,
				  MAP_SHARED | MAP_FIXED, self->c.fd, offset));
		for (k = 0; k < sizeof(cases) / sizeof(cases[0]); k++) {
			from = cases[k].from;
			to = cases[k].to;
			ASSERT_EQ(0, foreign_list_long(&self->c, self->t.domid,
						       w + from * PAGE,
						       to - from, frames,
						       NULL, 0));
			ASSERT_EQ(0, not_so(w, slots, from, to));
			a = cases[k].unmap_from;
			b = cases[k].unmap_to;
			EXPECT_EQ((to < b ? to : b) - (from > a ? from : a),
				  window_unmap_long(&self->c,
						    XENBATCH_OP_FOREIGN_UNMAP,
						    w + a * PAGE, b - a));
			for (i = from; i < to; i++)
				ASSERT_EQ(i >= a && i < b ? SIGBUS : 0,
					  touch_read(w + i * PAGE)) {
					TH_LOG("case %u, slot %u", k, i);
				}
			EXPECT_LE(0, window_unmap_long(&self->c,
					XENBATCH_OP_FOREIGN_UNMAP, w, slots));
			ASSERT_EQ(0, not_so(w, slots, 0, 0));
		}
		/* all of it at once by munmap */
		ASSERT_EQ(0, foreign_list_long(&self->c, self->t.domid, w,
					       slots, frames, NULL, 0));
		ASSERT_EQ(w, mmap(w, slots * PAGE, PROT_NONE, MAP_PRIVATE |
				  MAP_ANONYMOUS | MAP_FIXED, -1, 0));
	}
	EXPECT_EQ(0, munmap(around, size));
}

/* Dom0 has no business with its own frames in this way: as stock says. */
TEST_F(foreign, own_domain)
{
	uint64_t frames[2] = { 0, 0xfee00 };
	/* DOMID_IO not on arm: Xen 4.17 dies of stock's trying */
	static const uint16_t domids[] = {
		0, DOMID_SELF, DOMID_XEN,
#ifndef __aarch64__
		DOMID_IO,
#endif
	};
	char *w = self->w, *stock;
	int err[2];
	uint32_t k;

	for (k = 0; k < sizeof(domids) / sizeof(domids[0]); k++) {
		/* another's frame as one's own: Xen would complain of that */
		frames[0] = domids[k] == DOMID_SELF ? 0x7ffffffff :
			    self->t.frames[0];
		memset(err, 0, sizeof(err));
		stock = target_stock_map(&self->t, domids[k], frames, 2, err);
		if (stock)
			munmap(stock, 2 * PAGE);
		foreign_list(&self->c, domids[k], w, 2, frames, self->status,
			     0);
		EXPECT_NE(0, self->status[0]);
		/* a frame that is no memory is the module's to refuse */
		if (stock && self->status[1]) {
			EXPECT_EQ(err[0], self->status[0]) {
				TH_LOG("domain %#x", domids[k]);
			}
		}
		foreign_unmap(&self->c, w, 2);
	}
}

TEST_HARNESS_MAIN
