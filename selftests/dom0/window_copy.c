// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Promise: GRANT_COPY moves exactly the bytes that each segment names, in
 * every direction and across pages, into memory as the process sees it (copied
 * on write, not yet touched, read-only); a segment that fails has its reason,
 * a malformed one stops all before anything is done.
 */
#include <sys/wait.h>

#include "kselftest_harness.h"

#include "helper/raw.h"
#include "helper/target.h"
#include "helper/window.h"

#define PAGES	16U
#define REF	16U		/* page i is granted by reference REF + i */
#define REF_RO	64U		/* ... and read-only by REF_RO + i */

#define FROM_GREF	XENBATCH_COPY_SOURCE_GREF
#define TO_GREF		XENBATCH_COPY_DEST_GREF
#define FROM_ARENA	XENBATCH_COPY_SOURCE_ARENA
#define TO_ARENA	XENBATCH_COPY_DEST_ARENA

FIXTURE(copy)
{
	struct ctx c;
	struct target t, other;
	char *mem;		/* 16 pages, between two that are not there */
	struct xenbatch_copy s[2048];
};

FIXTURE_SETUP(copy)
{
	int fd = raw_open();
	char *p;
	uint32_t i;

	SKIP_WITHOUT_MODULE(fd);
	close(fd);
	ASSERT_EQ(0, ctx_open(&self->c));
	NEED_OPCODE(&self->c, XENBATCH_OP_GRANT_COPY);
	p = mmap(NULL, 18 * PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1,
		 0);
	ASSERT_NE(MAP_FAILED, p);
	self->mem = p + PAGE;
	ASSERT_EQ(0, mprotect(self->mem, 16 * PAGE, PROT_READ | PROT_WRITE));
	ASSERT_EQ(0, target_start(&self->t, PAGES));
	ASSERT_EQ(0, target_start(&self->other, TARGET_RUN));
	target_fill(&self->t, 100);
	target_fill(&self->other, 500);
	for (i = 0; i < PAGES; i++) {
		target_grant(&self->t, REF + i, i, 0, 0);
		target_grant(&self->t, REF_RO + i, i, 0, GTF_readonly);
	}
	for (i = 0; i < TARGET_RUN; i++)
		target_grant(&self->other, REF + i, i, 0, 0);
}

FIXTURE_TEARDOWN(copy)
{
	EXPECT_EQ(0, target_grants_used(&self->t));
	EXPECT_EQ(0, target_grants_used(&self->other));
	EXPECT_EQ(0, target_end(&self->t));
	EXPECT_EQ(0, target_end(&self->other));
	ctx_close(&self->c);
}

static uint64_t at(const struct target *t, uint32_t ref, uint32_t offset)
{
	return XENBATCH_COPY_GRANT(t->domid, ref, offset);
}

/* Segments of one operation here: as many as there may be, within reason. */
static uint32_t segments(const struct ctx *c)
{
	return c->info.pages_max < 1024 ? c->info.pages_max : 1024;
}

/* One segment; its status must be as the result. */
static int64_t copy_one(struct ctx *c, uint64_t source, uint64_t dest,
			uint16_t len, uint16_t flags)
{
	struct xenbatch_copy s = {
		.source = source, .dest = dest, .len = len, .flags = flags,
		.status = 99,
	};
	int64_t ret = grant_copy(c, &s, 1);

	if ((ret == 0 && s.status) || (ret == -EIO && s.status >= 0) ||
	    (ret != 0 && ret != -EIO && s.status != 99))
		return NOT_RUN;
	return ret;
}

TEST_F(copy, every_direction)
{
	struct ctx *c = &self->c;
	struct target *t = &self->t;
	char *mem = self->mem;

	/* grant to plain memory, which nobody has touched yet */
	ASSERT_EQ(0, copy_one(c, at(t, REF + 1, 0), (uintptr_t)mem, 4096,
			      FROM_GREF));
	EXPECT_TRUE(page_is(mem, 101));
	/* a read-only grant will do */
	ASSERT_EQ(0, copy_one(c, at(t, REF_RO + 2, 0), (uintptr_t)mem, 4096,
			      FROM_GREF));
	EXPECT_TRUE(page_is(mem, 102));
	/* plain memory to grant */
	page_fill(mem, 7);
	ASSERT_EQ(0, copy_one(c, (uintptr_t)mem, at(t, REF + 3, 0), 4096,
			      TO_GREF));
	EXPECT_TRUE(page_is(t->pages + 3 * PAGE, 7));
	/* never touched: zeros, as a read gives */
	ASSERT_EQ(0, copy_one(c, (uintptr_t)(mem + 9 * PAGE),
			      at(t, REF + 3, 0), 4096, TO_GREF));
	EXPECT_EQ(0, t->pages[3 * PAGE]);
	EXPECT_EQ(0, memcmp(t->pages + 3 * PAGE, t->pages + 3 * PAGE + 1,
			    PAGE - 1));
	/* grant to grant, of two domains and of one */
	ASSERT_EQ(0, copy_one(c, at(t, REF + 4, 0), at(&self->other, REF, 0),
			      4096, FROM_GREF | TO_GREF));
	EXPECT_TRUE(page_is(self->other.pages, 104));
	ASSERT_EQ(0, copy_one(c, at(t, REF + 4, 0), at(t, REF + 5, 0), 4096,
			      FROM_GREF | TO_GREF));
	EXPECT_TRUE(page_is(t->pages + 5 * PAGE, 104));
	/* arena */
	ASSERT_EQ(0, copy_one(c, at(t, REF + 6, 0), 3 * PAGE, 4096,
			      FROM_GREF | TO_ARENA));
	EXPECT_TRUE(page_is(c->arena + 3 * PAGE, 106));
	page_fill(c->arena + 4 * PAGE, 8);
	ASSERT_EQ(0, copy_one(c, 4 * PAGE, at(t, REF + 7, 0), 4096,
			      TO_GREF | FROM_ARENA));
	EXPECT_TRUE(page_is(t->pages + 7 * PAGE, 8));
	/* the arena's own address is an address of the caller's too */
	ASSERT_EQ(0, copy_one(c, at(t, REF + 8, 0),
			      (uintptr_t)(c->arena + 5 * PAGE), 4096,
			      FROM_GREF));
	EXPECT_TRUE(page_is(c->arena + 5 * PAGE, 108));
	/* nothing else was written */
	EXPECT_TRUE(page_is(t->pages, 100));
	EXPECT_TRUE(page_is(t->pages + 9 * PAGE, 109));
	EXPECT_TRUE(page_is(self->other.pages + PAGE, 501));
}

/* Offsets and lengths of all kinds, checked to the byte against a model. */
TEST_F(copy, any_piece)
{
	struct target *t = &self->t;
	static uint8_t model[3 * PAGE];
	uint64_t x = 88172645463325252ULL;
	uint32_t round, from, to, len;
	char *side;

	for (round = 0; round < 600; round++) {
		x ^= x << 13;
		x ^= x >> 7;
		x ^= x << 17;
		len = x % 4097;
		from = (x >> 16) % (4097 - len);
		to = (x >> 32) % (2 * PAGE - len);
		memset(self->mem, 0x11, 3 * PAGE);
		memset(model, 0x11, 3 * PAGE);
		memset(self->c.arena, 0x11, 3 * PAGE);
		side = round & 1 ? self->c.arena : self->mem;
		/* in, across a page of ours */
		memcpy(model + to, t->pages + from, len);
		ASSERT_EQ(0, copy_one(&self->c, at(t, REF, from),
				      round & 1 ? to : (uintptr_t)side + to,
				      (uint16_t)len, FROM_GREF |
				      (round & 1 ? TO_ARENA : 0)));
		ASSERT_EQ(0, memcmp(model, side, 3 * PAGE)) {
			TH_LOG("from %u to %u, %u bytes", from, to, len);
		}
		/* and out */
		memset(t->pages + PAGE, 0x22, PAGE);
		memset(model, 0x22, PAGE);
		memcpy(model + from, side + to, len);
		ASSERT_EQ(0, copy_one(&self->c,
				      round & 1 ? to : (uintptr_t)side + to,
				      at(t, REF + 1, from), (uint16_t)len,
				      TO_GREF | (round & 1 ? FROM_ARENA : 0)));
		ASSERT_EQ(0, memcmp(model, t->pages + PAGE, PAGE)) {
			TH_LOG("from %u to %u, %u bytes", to, from, len);
		}
	}
}

TEST_F(copy, to_the_edges_of_memory)
{
	struct target *t = &self->t;
	char *end = self->mem + 16 * PAGE;

	EXPECT_EQ(0, copy_one(&self->c, at(t, REF, 0), (uintptr_t)end - 4096,
			      4096, FROM_GREF));
	EXPECT_EQ(0, copy_one(&self->c, at(t, REF, 0), (uintptr_t)end - 1, 1,
			      FROM_GREF));
	EXPECT_EQ(-EFAULT, copy_one(&self->c, at(t, REF, 0),
				    (uintptr_t)end - 1, 2, FROM_GREF));
	EXPECT_EQ(-EFAULT, copy_one(&self->c, at(t, REF, 0),
				    (uintptr_t)self->mem - 1, 2, FROM_GREF));
	EXPECT_EQ(-EFAULT, copy_one(&self->c, (uintptr_t)end - 1,
				    at(t, REF, 0), 2, TO_GREF));
	EXPECT_EQ(-EFAULT, copy_one(&self->c, at(t, REF, 0), 0, 1, FROM_GREF));
	EXPECT_EQ(-EFAULT, copy_one(&self->c, at(t, REF, 0),
				    0xffff800000000000, 8, FROM_GREF));
	EXPECT_EQ(-EFAULT, copy_one(&self->c, 0xffffffff81000000,
				    at(t, REF, 0), 8, TO_GREF));
	EXPECT_EQ(-EFAULT, copy_one(&self->c, at(t, REF, 0), -8ULL, 64,
				    FROM_GREF));
	/* the arena ends where mmap has stopped */
	EXPECT_EQ(0, copy_one(&self->c, at(t, REF, 0), CTX_ARENA - 1, 1,
			      FROM_GREF | TO_ARENA));
	EXPECT_GT(0, copy_one(&self->c, at(t, REF, 0), CTX_ARENA - 1, 2,
			      FROM_GREF | TO_ARENA));
	EXPECT_GT(0, copy_one(&self->c, at(t, REF, 0), CTX_ARENA, 1,
			      FROM_GREF | TO_ARENA));
	EXPECT_GT(0, copy_one(&self->c, at(t, REF, 0),
			      self->c.info.arena_max, 1,
			      FROM_GREF | TO_ARENA));
	EXPECT_GT(0, copy_one(&self->c, -1ULL, at(t, REF, 0), 1,
			      TO_GREF | FROM_ARENA));
	EXPECT_GT(0, copy_one(&self->c, -1ULL, at(t, REF, 0), 8,
			      TO_GREF | FROM_ARENA));
	EXPECT_GT(0, copy_one(&self->c, 1ULL << 44, at(t, REF, 0), 8,
			      TO_GREF | FROM_ARENA));
	EXPECT_TRUE(page_is(t->pages, 100));
}

/* A malformed segment, wherever it stands: nothing at all is done. */
TEST_F(copy, malformed_segments)
{
	struct target *t = &self->t;
	const uint64_t mem = (uintptr_t)self->mem;
	const struct xenbatch_copy cases[] = {
		/* no grant at all */
		{ .source = mem, .dest = mem + PAGE, .len = 8 },
		{ .source = mem, .dest = 0, .len = 8, .flags = TO_ARENA },
		{ .source = 0, .dest = 64, .len = 8,
		  .flags = TO_ARENA | FROM_ARENA },
		/* two things at once */
		{ .source = at(t, REF, 0), .dest = mem, .len = 8,
		  .flags = FROM_GREF | FROM_ARENA },
		{ .source = at(t, REF, 0), .dest = at(t, REF, 0), .len = 8,
		  .flags = FROM_GREF | TO_GREF | TO_ARENA },
		/* beyond the grant's page */
		{ .source = at(t, REF, 4095), .dest = mem, .len = 2,
		  .flags = FROM_GREF },
		{ .source = at(t, REF, 4096), .dest = mem, .len = 1,
		  .flags = FROM_GREF },
		{ .source = at(t, REF, 1), .dest = mem, .len = 4096,
		  .flags = FROM_GREF },
		{ .source = at(t, REF, 0xffff), .dest = mem, .len = 1,
		  .flags = FROM_GREF },
		{ .source = mem, .dest = at(t, REF, 4000), .len = 97,
		  .flags = TO_GREF },
		{ .source = mem, .dest = at(t, REF, 0), .len = 4097,
		  .flags = TO_GREF },
		{ .source = mem, .dest = at(t, REF, 0), .len = 0xffff,
		  .flags = TO_GREF },
		/* for later versions */
		{ .source = at(t, REF, 0), .dest = mem, .len = 8,
		  .flags = FROM_GREF, .reserved = 1 },
		{ .source = at(t, REF, 0), .dest = mem, .len = 8,
		  .flags = FROM_GREF | 0x10 },
		{ .source = at(t, REF, 0), .dest = mem, .len = 8,
		  .flags = FROM_GREF | 0x8000 },
	};
	const uint32_t places[] = { 0, 3, 99 };
	uint32_t k, i, n;

	memset(self->mem, 0x33, PAGE);
	for (k = 0; k < sizeof(cases) / sizeof(cases[0]); k++)
	for (n = 0; n < 3; n++) {
		for (i = 0; i < 100; i++)
			self->s[i] = (struct xenbatch_copy){
				.source = at(t, REF, 0),
				.dest = mem + i * 8, .len = 8,
				.flags = FROM_GREF, .status = 99,
			};
		self->s[places[n]] = cases[k];
		self->s[places[n]].status = 99;
		EXPECT_EQ(-EINVAL, grant_copy(&self->c, self->s, 100)) {
			TH_LOG("case %u at %u", k, places[n]);
		}
		for (i = 0; i < 800; i++)
			ASSERT_EQ(0x33, self->mem[i]);
		EXPECT_EQ(99, self->s[50].status);
	}
	EXPECT_TRUE(page_is(t->pages, 100));
}

TEST_F(copy, malformed_operations)
{
	struct ctx *c = &self->c;
	struct xenbatch_copy *s = self->s;
	unsigned int bit;

	s[0] = (struct xenbatch_copy){
		.source = at(&self->t, REF, 0), .dest = (uintptr_t)self->mem,
		.len = 8, .flags = FROM_GREF,
	};
	EXPECT_EQ(-EINVAL, grant_copy(c, s, 0));
	EXPECT_EQ(-EINVAL, grant_copy(c, s, c->info.pages_max + 1));
	EXPECT_EQ(-EINVAL, grant_copy(c, s, ~0U));
	EXPECT_EQ(-EFAULT, grant_copy(c, NULL, 1));
	EXPECT_EQ(-EFAULT, grant_copy(c, (void *)(self->mem - PAGE), 1));
	EXPECT_EQ(-EFAULT, grant_copy(c, (void *)0xffff800000000000, 1));
	EXPECT_EQ(-EFAULT, grant_copy(c, (void *)-8L, 1));
	/* the list half there */
	memcpy(self->mem + 16 * PAGE - sizeof(*s), s, sizeof(*s));
	EXPECT_EQ(-EFAULT, grant_copy(c, (void *)(self->mem + 16 * PAGE -
						  sizeof(*s)), 2));
	EXPECT_EQ(0, self->mem[0]);
	EXPECT_EQ(0, grant_copy(c, (void *)(self->mem + 16 * PAGE -
					    sizeof(*s)), 1));
	for (bit = 0; bit < 7; bit++) {
		struct xenbatch_op op = {
			.opcode = XENBATCH_OP_GRANT_COPY,
			.copy = { .addr = (uintptr_t)s, .count = 1 },
		};

		op.copy.reserved[bit] = 1U << (bit * 4);
		EXPECT_EQ(-EINVAL, ctx_run(c, &op));
	}
	EXPECT_EQ(-EINVAL, RUN(c, .opcode = XENBATCH_OP_GRANT_COPY,
			       .domid = 1,
			       .copy = { .addr = (uintptr_t)s, .count = 1 }));
	EXPECT_EQ(-EINVAL, RUN(c, .opcode = XENBATCH_OP_GRANT_COPY,
			       .number = 1,
			       .copy = { .addr = (uintptr_t)s, .count = 1 }));
	EXPECT_EQ(-EINVAL, RUN(c, .opcode = XENBATCH_OP_GRANT_COPY,
			       .flags = XENBATCH_OPF_LIST,
			       .copy = { .addr = (uintptr_t)s, .count = 1 }));
	EXPECT_EQ(-EINVAL, RUN(c, .opcode = XENBATCH_OP_GRANT_COPY,
			       .flags = XENBATCH_OPF_READONLY,
			       .copy = { .addr = (uintptr_t)s, .count = 1 }));
}

/* What Xen refuses fails alone, with Xen's reason. */
TEST_F(copy, refused_segments_alone)
{
	struct target *t = &self->t;
	struct target nobody = { .domid = 0x7fe0 };
	struct xenbatch_copy *s = self->s;
	uint32_t i, n = segments(&self->c);

	memset(self->mem, 0, 16 * PAGE);
	for (i = 0; i < n; i++)
		s[i] = (struct xenbatch_copy){
			.source = at(t, REF + i % PAGES, 0),
			.dest = (uintptr_t)self->mem + i * 16, .len = 16,
			.flags = FROM_GREF, .status = 99,
		};
	s[5].source = at(t, 1000000, 0);		/* no such grant */
	s[40].source = at(&nobody, REF, 0);
	s[77].source = at(t, 300, 0);			/* not granted */
	/* not for writing */
	s[78].source = (uintptr_t)self->mem;
	s[78].dest = at(t, REF_RO, 0);
	s[78].flags = TO_GREF;
	EXPECT_EQ(-EIO, grant_copy(&self->c, s, n));
	for (i = 0; i < n; i++) {
		switch (i) {
		case 5:
			EXPECT_EQ(GNTST_bad_gntref, s[i].status);
			break;
		case 40:
			EXPECT_EQ(GNTST_bad_domain, s[i].status);
			break;
		case 77:
		case 78:
			EXPECT_GT(0, s[i].status);
			break;
		default:
			ASSERT_EQ(0, s[i].status);
			ASSERT_EQ(0, memcmp(self->mem + i * 16, t->pages +
					    i % PAGES * PAGE, 16));
			continue;
		}
		ASSERT_EQ(0, self->mem[i * 16]);
	}
	EXPECT_TRUE(page_is(t->pages, 100));
}

/* Segments run in order: one may take what one before it has brought. */
TEST_F(copy, in_order)
{
	struct target *t = &self->t;
	struct xenbatch_copy *s = self->s;
	uint32_t i;

	/* page 0 wanders through all others, by way of memory and arena */
	for (i = 0; i < 15; i++) {
		s[2 * i] = (struct xenbatch_copy){
			.source = at(t, REF + i, 0),
			.dest = i & 1 ? 0 : (uintptr_t)self->mem, .len = 4096,
			.flags = FROM_GREF | (i & 1 ? TO_ARENA : 0),
		};
		s[2 * i + 1] = (struct xenbatch_copy){
			.source = i & 1 ? 0 : (uintptr_t)self->mem,
			.dest = at(t, REF + i + 1, 0), .len = 4096,
			.flags = TO_GREF | (i & 1 ? FROM_ARENA : 0),
		};
	}
	ASSERT_EQ(0, grant_copy(&self->c, s, 30));
	for (i = 0; i < 16; i++)
		EXPECT_TRUE(page_is(t->pages + i * PAGE, 100));
}

/* Memory as the process sees it: its own copy, and not its parent's. */
TEST_F(copy, copied_on_write)
{
	struct target *t = &self->t;
	char *mem = self->mem;
	int status;
	pid_t pid;

	memset(mem, 0x44, 2 * PAGE);
	pid = fork();
	ASSERT_LE(0, pid);
	if (!pid) {
		struct ctx c;
		int wrong = 0;

		if (ctx_open(&c))
			_exit(1);
		/* read: what the parent wrote; write: the child's own */
		wrong += copy_one(&c, (uintptr_t)mem, at(t, REF, 0), 4096,
				  TO_GREF) != 0;
		wrong += copy_one(&c, at(t, REF + 1, 0), (uintptr_t)mem, 4096,
				  FROM_GREF) != 0;
		wrong += !page_is(mem, 101);
		_exit(wrong);
	}
	ASSERT_EQ(pid, waitpid(pid, &status, 0));
	EXPECT_EQ(0, status);
	EXPECT_EQ(0x44, t->pages[77]);
	EXPECT_EQ(0x44, mem[0]);
	EXPECT_EQ(0x44, mem[4095]);
	/* and the parent's, after the child */
	EXPECT_EQ(0, copy_one(&self->c, at(t, REF + 2, 0), (uintptr_t)mem,
			      4096, FROM_GREF));
	EXPECT_TRUE(page_is(mem, 102));
}

/* Memory that may be read only is no place to copy to. */
TEST_F(copy, protections)
{
	struct target *t = &self->t;
	char *mem = self->mem;

	memset(mem, 0x55, PAGE);
	ASSERT_EQ(0, mprotect(mem, PAGE, PROT_READ));
	EXPECT_EQ(-EFAULT, copy_one(&self->c, at(t, REF, 0), (uintptr_t)mem, 8,
				    FROM_GREF));
	EXPECT_EQ(0x55, mem[0]);
	EXPECT_EQ(0, copy_one(&self->c, (uintptr_t)mem, at(t, REF + 1, 0), 8,
			      TO_GREF));
	EXPECT_EQ(0x55, t->pages[PAGE]);
	ASSERT_EQ(0, mprotect(mem, PAGE, PROT_NONE));
	EXPECT_EQ(-EFAULT, copy_one(&self->c, (uintptr_t)mem,
				    at(t, REF + 1, 0), 8, TO_GREF));
	/* this program's text, and its constants */
	EXPECT_EQ(-EFAULT, copy_one(&self->c, at(t, REF, 0),
				    (uintptr_t)copy_one, 8, FROM_GREF));
	EXPECT_EQ(0, copy_one(&self->c, (uintptr_t)"constant",
			      at(t, REF + 2, 0), 9, TO_GREF));
	EXPECT_STREQ("constant", t->pages + 2 * PAGE);
}

/* Windows as the other side: what has pages works, what has none fails. */
TEST_F(copy, windows)
{
	struct target *t = &self->t;
	char *g = window_new(self->c.fd, XENBATCH_REGION_GRANT, 2);
	char *f = window_new(self->c.fd, XENBATCH_REGION_FOREIGN, 2);
	char *w;

	ASSERT_NE(MAP_FAILED, g);
	ASSERT_NE(MAP_FAILED, f);
	ASSERT_EQ(0, grant_map(&self->c, t->domid, g, 1, REF));
	ASSERT_EQ(0, foreign_map(&self->c, t->domid, f, 1, t->frames[1]));
	for (w = g; w; w = w == g ? f : NULL) {
		int64_t ret = copy_one(&self->c, at(t, REF + 2, 0),
				       (uintptr_t)w, 4096, FROM_GREF);

		if (ret) {
			EXPECT_EQ(-EFAULT, ret);
			EXPECT_TRUE(page_is(w, w == g ? 100 : 101));
		} else {
			EXPECT_TRUE(page_is(w, 102));
		}
		EXPECT_EQ(-EFAULT, copy_one(&self->c, at(t, REF + 2, 0),
					    (uintptr_t)(w + PAGE), 4096,
					    FROM_GREF));
	}
	EXPECT_EQ(0, munmap(g, 2 * PAGE));
	EXPECT_EQ(0, munmap(f, 2 * PAGE));
}

TEST_F(copy, many)
{
	struct target *t = &self->t;
	uint32_t i, round, n = segments(&self->c);

	for (round = 0; round < 20; round++) {
		memset(self->mem, 0, 16 * PAGE);
		for (i = 0; i < n; i++)
			self->s[i] = (struct xenbatch_copy){
				.source = at(t, REF + (i + round) % PAGES,
					     i % 64 * 64),
				.dest = (uintptr_t)self->mem + i * 50,
				.len = 50, .flags = FROM_GREF, .status = 99,
			};
		ASSERT_EQ(0, grant_copy(&self->c, self->s, n));
		for (i = 0; i < n; i++) {
			ASSERT_EQ(0, self->s[i].status);
			ASSERT_EQ(0, memcmp(self->mem + i * 50, t->pages +
					    (i + round) % PAGES * PAGE +
					    i % 64 * 64, 50));
		}
	}
}

TEST_HARNESS_MAIN
