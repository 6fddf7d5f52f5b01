// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Promise: the pages of a guest that runs are seen and written by dom0 through
 * windows while the guest reads and writes them, by its own grants and by its
 * frames; and when it is destroyed with all of that mapped, it goes with the
 * last mapping and not before. The guest is helper/guest.S, started with xl.
 */
#include <stdio.h>
#include <sys/uio.h>
#include <sys/wait.h>

#include "kselftest_harness.h"

#include "helper/guest.h"
#include "helper/raw.h"
#include "helper/scratch.h"
#include "helper/target.h"
#include "helper/window.h"

static_assert(offsetof(struct start_info, mfn_list) == START_INFO_mfn_list,
	      "public/xen.h");

#define NAME		"xenbatch-test"

/* xl with stock's libraries, whatever is tested here. */
#define XL	"LD_LIBRARY_PATH= xl "

/* The guest, linked for itself. */
asm(".pushsection .rodata\n"
    "guest_image: .incbin \"" GUEST "\"\n"
    "guest_image_end:\n"
    ".popsection");
extern const char guest_image[], guest_image_end[];

FIXTURE(guest)
{
	struct ctx c;
	struct target t;	/* for domctls about it, with no pages */
	uint32_t domid;
	char *w;		/* its pages by grant, GUEST_PAGES */
};

FIXTURE_VARIANT(guest)
{
	unsigned int region;
};

FIXTURE_VARIANT_ADD(guest, cheap)
{
	.region = XENBATCH_REGION_GRANT,
};

FIXTURE_VARIANT_ADD(guest, pages)
{
	.region = XENBATCH_REGION_GRANT_PAGES,
};

static int write_file(const char *path, const char *data, size_t size)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	ssize_t n = fd < 0 ? -1 : write(fd, data, size);

	if (fd >= 0)
		close(fd);
	return n == (ssize_t)size ? 0 : -1;
}

static uint32_t guest_start(void)
{
	char image[128], config[128], text[512], command[256];
	unsigned int domid = 0;
	FILE *f;
	int n;

	scratch_file(image, sizeof(image), "image");
	scratch_file(config, sizeof(config), "config");
	n = snprintf(text, sizeof(text),
		     "name = \"" NAME "\"\n"
		     "type = \"pv\"\n"
		     "kernel = \"%s\"\n"
		     "memory = 16\n"
		     "vcpus = 1\n"
		     "on_crash = \"preserve\"\n", image);
	snprintf(command, sizeof(command), XL "create -q %s >&2", config);
	if (write_file(image, guest_image,
		       (size_t)(guest_image_end - guest_image)) ||
	    write_file(config, text, (size_t)n) || system(command))
		return 0;
	f = popen(XL "domid " NAME, "r");
	if (!f)
		return 0;
	if (fscanf(f, "%u", &domid) != 1)
		domid = 0;
	pclose(f);
	return domid;
}

static volatile uint64_t *at(const char *w, uint32_t page, uint32_t byte)
{
	return (volatile uint64_t *)(uintptr_t)(w + page * PAGE + byte);
}

static volatile uint32_t *word_at(const char *w, uint32_t page, uint32_t byte)
{
	return (volatile uint32_t *)(uintptr_t)(w + page * PAGE + byte);
}

static int64_t map_read_only(struct ctx *c, uint32_t domid, const char *addr,
			     uint32_t count, uint32_t ref)
{
	struct xenbatch_op op = op_map(XENBATCH_OP_GRANT_MAP, domid, addr,
				       count, ref);

	op.flags = XENBATCH_OPF_READONLY;
	return ctx_run(c, &op);
}

FIXTURE_SETUP(guest)
{
	int i;

	self->c.fd = raw_open();
	SKIP_WITHOUT_MODULE(self->c.fd);
	close(self->c.fd);
	if (system(XL "info >/dev/null 2>&1"))
		SKIP_TEST("xl does not work here");
	ASSERT_EQ(0, ctx_open(&self->c));
	NEED_OPCODE(&self->c, XENBATCH_OP_GRANT_MAP);
	self->w = window_new(self->c.fd, variant->region, GUEST_PAGES);
	ASSERT_NE(MAP_FAILED, self->w);
	ASSERT_EQ(0, scratch_make());
	self->domid = guest_start();
	ASSERT_LT(0, self->domid);
	ASSERT_EQ(0, target_open(&self->t));
	self->t.domid = self->domid;
	/* until it has come so far as to grant its pages */
	for (i = 0; i < 10000; i++) {
		if (!grant_map(&self->c, self->domid, self->w, GUEST_READONLY,
			       GUEST_REF))
			break;
		grant_unmap(&self->c, self->w, GUEST_PAGES);
		usleep(1000);
	}
	EXPECT_GT(10000, i);
	for (i = 0; i < 10000 && *word_at(self->w, 0, 0) != GUEST_MAGIC; i++)
		usleep(1000);
	EXPECT_EQ(GUEST_MAGIC, *word_at(self->w, 0, 0));
	ASSERT_EQ(0, map_read_only(&self->c, self->domid,
				   self->w + GUEST_READONLY * PAGE,
				   GUEST_PAGES - GUEST_READONLY,
				   GUEST_REF + GUEST_READONLY));
}

FIXTURE_TEARDOWN(guest)
{
	char path[128];
	munmap(self->w, GUEST_PAGES * PAGE);
	if (!target_is_gone(&self->t, NULL)) {
		EXPECT_EQ(0, system(XL "destroy " NAME));
	}
	EXPECT_EQ(0, target_vanishes(&self->t));
	target_close(&self->t);
	ctx_close(&self->c);
	unlink(scratch_file(path, sizeof(path), "image"));
	unlink(scratch_file(path, sizeof(path), "config"));
	EXPECT_EQ(0, scratch_remove());
}

/* It goes round, and its pages are what it says that they are. */
static bool guest_runs(const char *w)
{
	uint64_t before = *at(w, 0, GUEST_COUNTER);
	int i;

	for (i = 0; i < 5000; i++) {
		if (*at(w, 0, GUEST_COUNTER) >= before + 3)
			return true;
		usleep(1000);
	}
	return false;
}

/* What dom0 says comes back turned over. */
static bool guest_answers(const char *say, const char *hear, uint64_t what)
{
	int i;

	*at(say, 2, 0) = what * 0x9e3779b97f4a7c15;
	*at(say, 2, 8) = what;
	for (i = 0; i < 5000; i++) {
		if (*at(hear, 3, 8) == what)
			return true;
		usleep(200);
	}
	return false;
}

TEST_F_TIMEOUT(guest, both_read_and_write, 90)
{
	char *w = self->w, *f;
	uint64_t frames[GUEST_PAGES], mine = 0, before, i;
	int32_t status[GUEST_PAGES];
	uint32_t page;

	for (page = 0; page < GUEST_PAGES; page++)
		EXPECT_EQ(page, *word_at(w, page, GUEST_TAG));
	EXPECT_TRUE(guest_runs(w));
	EXPECT_EQ(SIGBUS, touch_write(w + GUEST_READONLY * PAGE));
	/* a grant for reading is none for writing */
	ASSERT_EQ(1, grant_unmap(&self->c, w + GUEST_READONLY * PAGE, 1));
	EXPECT_GT(0, grant_map(&self->c, self->domid, w + GUEST_READONLY *
			       PAGE, 1, GUEST_REF + GUEST_READONLY));
	ASSERT_EQ(0, map_read_only(&self->c, self->domid,
				   w + GUEST_READONLY * PAGE, 1,
				   GUEST_REF + GUEST_READONLY));

	/* the same pages by their frames */
	for (page = 0; page < GUEST_PAGES; page++)
		frames[page] = *at(w, 0, GUEST_FRAMES + page * 8);
	f = window_new(self->c.fd, XENBATCH_REGION_FOREIGN, GUEST_PAGES);
	ASSERT_NE(MAP_FAILED, f);
	ASSERT_EQ(0, foreign_list(&self->c, self->domid, f, GUEST_PAGES,
				  frames, status, 0));
	for (page = 0; page < GUEST_PAGES; page++)
		EXPECT_EQ(page, *word_at(f, page, GUEST_TAG));
	EXPECT_TRUE(guest_runs(f));

	/* to and fro, by one view and by the other */
	for (i = 1; i <= 60; i++) {
		char *say = i & 1 ? w : f, *hear = i & 2 ? w : f;

		ASSERT_TRUE(guest_answers(say, hear, i)) {
			TH_LOG("the guest does not answer, at %u",
			       (unsigned int)i);
		}
		ASSERT_EQ(~(i * 0x9e3779b97f4a7c15), *at(hear, 3, 0));
	}

	/* one counter, two who add to it at the same time: none is lost */
	before = *at(w, 0, GUEST_COUNTER);
	while (*at(w, 0, GUEST_COUNTER) < before + 300) {
		__atomic_fetch_add(at(mine & 1 ? w : f, 1, GUEST_COUNTER), 1,
				   __ATOMIC_SEQ_CST);
		mine++;
	}
	ASSERT_EQ(0, system(XL "pause " NAME));
	/* it adds to the shared one first, and may have been paused then */
	before = *at(w, 1, GUEST_COUNTER) - mine - *at(w, 0, GUEST_COUNTER);
	EXPECT_TRUE(before == 0 || before == 1) {
		TH_LOG("of %llu there are %lld too many",
		       (unsigned long long)mine, (long long)before);
	}
	ASSERT_EQ(0, system(XL "unpause " NAME));
	EXPECT_TRUE(guest_runs(w));

	/* mapped and replaced all the time, with the guest at it */
	for (i = 0; i < 200; i++) {
		page = i % GUEST_PAGES;
		ASSERT_EQ(0, foreign_list(&self->c, self->domid, f, 1,
					  &frames[page], NULL, 0));
		ASSERT_EQ(page, *word_at(f, 0, GUEST_TAG));
		ASSERT_EQ(1, grant_unmap(&self->c, w + 5 * PAGE, 1));
		ASSERT_EQ(0, grant_map(&self->c, self->domid, w + 5 * PAGE, 1,
				       GUEST_REF + page % GUEST_READONLY));
		ASSERT_EQ(page % GUEST_READONLY, *word_at(w, 5, GUEST_TAG));
	}
	EXPECT_TRUE(guest_runs(w));
	EXPECT_EQ(GUEST_PAGES, foreign_unmap(&self->c, f, GUEST_PAGES));
	EXPECT_EQ(0, munmap(f, GUEST_PAGES * PAGE));
	EXPECT_EQ(GUEST_PAGES, grant_unmap(&self->c, w, GUEST_PAGES));
}

/* Copies go to pages that the guest is about to read. */
TEST_F_TIMEOUT(guest, copies, 60)
{
	struct xenbatch_copy s[2];
	uint64_t say[2], hear[2];
	int tries;
	uint32_t i;

	for (i = 1; i <= 30; i++) {
		say[0] = i * 0x123456789abcdef;
		say[1] = i;
		s[0] = (struct xenbatch_copy){
			.source = (uintptr_t)say,
			.dest = XENBATCH_COPY_GRANT(self->domid, GUEST_REF + 2,
						    0),
			.len = sizeof(say), .flags = XENBATCH_COPY_DEST_GREF,
		};
		ASSERT_EQ(0, grant_copy(&self->c, s, 1));
		for (tries = 0; tries < 5000; tries++) {
			s[1] = (struct xenbatch_copy){
				.source = XENBATCH_COPY_GRANT(self->domid,
							      GUEST_REF + 3,
							      0),
				.dest = (uintptr_t)hear, .len = sizeof(hear),
				.flags = XENBATCH_COPY_SOURCE_GREF,
			};
			ASSERT_EQ(0, grant_copy(&self->c, &s[1], 1));
			if (hear[1] == i)
				break;
			usleep(200);
		}
		ASSERT_EQ(i, hear[1]);
	}
	/* not to what it granted for reading */
	s[0].dest = XENBATCH_COPY_GRANT(self->domid, GUEST_REF +
					GUEST_READONLY, 0);
	EXPECT_EQ(-EIO, grant_copy(&self->c, s, 1));
	EXPECT_GT(0, s[0].status);
}

/* The guest is destroyed with its pages mapped both ways, and one in I/O. */
TEST_F_TIMEOUT(guest, destroyed_while_mapped, 60)
{
	const bool pages = variant->region == XENBATCH_REGION_GRANT_PAGES;
	struct iovec v = { self->w + 6 * PAGE, PAGE };
	static char buffer[PAGE];
	uint64_t frames[2], held = 0;
	char *w = self->w, *f;
	int p[2], i;

	f = window_new(self->c.fd, XENBATCH_REGION_FOREIGN, 2);
	ASSERT_NE(MAP_FAILED, f);
	for (i = 0; i < 2; i++)
		frames[i] = *at(w, 0, GUEST_FRAMES + (uint32_t)i * 8);
	ASSERT_EQ(0, foreign_list(&self->c, self->domid, f, 2, frames, NULL,
				  0));
	ASSERT_EQ(0, pipe(p));
	if (pages) {
		ASSERT_EQ(PAGE, vmsplice(p[1], &v, 1, 0));
	}
	*at(w, 7, 8) = 4711;
	ASSERT_EQ(0, system(XL "destroy " NAME));
	for (i = 0; i < 5000 && held != GUEST_PAGES; i++) {
		ASSERT_FALSE(target_is_gone(&self->t, &held));
		usleep(1000);
	}
	EXPECT_EQ(GUEST_PAGES, held);
	/* it has stopped, and is still there */
	EXPECT_EQ(GUEST_MAGIC, *word_at(w, 0, 0));
	EXPECT_EQ(4711, *at(w, 7, 8));
	EXPECT_EQ(*at(w, 0, GUEST_COUNTER), *at(f, 0, GUEST_COUNTER));
	*at(f, 1, 8) = 4712;
	EXPECT_EQ(4712, *at(w, 1, 8));
	EXPECT_EQ(GUEST_PAGES, grant_unmap(&self->c, w, GUEST_PAGES));
	for (i = 0; i < 5000 && held != 2U + pages; i++) {
		ASSERT_FALSE(target_is_gone(&self->t, &held));
		usleep(1000);
	}
	EXPECT_EQ(2U + pages, held);
	EXPECT_EQ(4712, *at(f, 1, 8));
	if (pages) {
		EXPECT_EQ(PAGE, read(p[0], buffer, PAGE));
		EXPECT_EQ(6, *word_at(buffer, 0, GUEST_TAG));
	}
	EXPECT_EQ(0, munmap(f, 2 * PAGE));
	EXPECT_EQ(0, target_vanishes(&self->t));
	close(p[0]);
	close(p[1]);
}

TEST_HARNESS_MAIN
