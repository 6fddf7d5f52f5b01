// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Promise: a slot of a grant window shows the granted page, holds the grant
 * exactly as long as it is filled, and no longer: the granter's own table,
 * looked at through stock, says so at every step. A bad reference fails alone.
 * The same with and without pages for direct I/O.
 */
#include <stdint.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <xen/sys/gntalloc.h>

#include "kselftest_harness.h"

#include "helper/raw.h"
#include "helper/target.h"
#include "helper/window.h"

#define SLOTS	64U
#define REF	16U		/* page i is granted by reference REF + i */
#define REF_RO	128U		/* ... and read-only by REF_RO + i */

FIXTURE(grant)
{
	struct ctx c;
	struct target t;
	char *w;
	int32_t status[SLOTS];
};

FIXTURE_VARIANT(grant)
{
	unsigned int region;
};

FIXTURE_VARIANT_ADD(grant, cheap)
{
	.region = XENBATCH_REGION_GRANT,
};

FIXTURE_VARIANT_ADD(grant, pages)
{
	.region = XENBATCH_REGION_GRANT_PAGES,
};

FIXTURE_SETUP(grant)
{
	int fd = raw_open();
	uint32_t i;

	SKIP_WITHOUT_MODULE(fd);
	close(fd);
	ASSERT_EQ(0, ctx_open(&self->c));
	NEED_OPCODE(&self->c, XENBATCH_OP_GRANT_MAP);
	ASSERT_TRUE(ctx_can(&self->c, XENBATCH_OP_GRANT_UNMAP));
	self->w = window_new(self->c.fd, variant->region, SLOTS);
	ASSERT_NE(MAP_FAILED, self->w);
	ASSERT_EQ(0, target_start(&self->t, SLOTS));
	target_fill(&self->t, 100);
	for (i = 0; i < SLOTS; i++) {
		target_grant(&self->t, REF + i, i, 0, 0);
		target_grant(&self->t, REF_RO + i, i, 0, GTF_readonly);
	}
}

FIXTURE_TEARDOWN(grant)
{
	munmap(self->w, SLOTS * PAGE);
	EXPECT_EQ(0, target_grants_used(&self->t));
	EXPECT_EQ(0, target_end(&self->t));
	ctx_close(&self->c);
}

TEST_F(grant, contents_from_both_sides)
{
	char *w = self->w;
	uint32_t i;

	ASSERT_EQ(0, grant_map(&self->c, self->t.domid, w, SLOTS, REF));
	for (i = 0; i < SLOTS; i++) {
		ASSERT_TRUE(page_is(w + i * PAGE, 100 + i));
		ASSERT_EQ(GTF_reading | GTF_writing,
			  target_grant_use(&self->t, REF + i));
	}
	for (i = 0; i < SLOTS; i++)
		page_fill(w + i * PAGE, 300 + i);
	for (i = 0; i < SLOTS; i++)
		ASSERT_TRUE(page_is(self->t.pages + i * PAGE, 300 + i));
	target_fill(&self->t, 400);
	for (i = 0; i < SLOTS; i++)
		ASSERT_TRUE(page_is(w + i * PAGE, 400 + i));
	EXPECT_EQ(SLOTS, grant_unmap(&self->c, w, SLOTS));
	EXPECT_EQ(0, target_grants_used(&self->t));
	EXPECT_EQ(SLOTS, slots_empty(w, SLOTS));
}

TEST_F(grant, held_as_long_as_filled)
{
	uint32_t refs[8], i, round;
	char *w = self->w;

	for (round = 0; round < 50; round++) {
		for (i = 0; i < 8; i++)
			refs[i] = REF + (round * 11 + i * 5) % SLOTS;
		ASSERT_EQ(0, grant_list(&self->c, self->t.domid,
					w + round % 32 * PAGE, 8, refs, NULL,
					0));
		ASSERT_EQ(8, target_grants_used(&self->t));
		for (i = 0; i < 8; i++) {
			ASSERT_NE(0, target_grant_use(&self->t, refs[i]));
			ASSERT_TRUE(page_is(w + (round % 32 + i) * PAGE,
					    100 + refs[i] - REF));
		}
		/* the first half, then all */
		ASSERT_EQ(4, grant_unmap(&self->c, w + round % 32 * PAGE, 4));
		for (i = 0; i < 8; i++)
			ASSERT_EQ(i >= 4, !!target_grant_use(&self->t,
							     refs[i]));
		ASSERT_EQ(4, grant_unmap(&self->c, w, SLOTS));
		ASSERT_EQ(0, target_grants_used(&self->t));
	}
	EXPECT_EQ(SLOTS, slots_empty(w, SLOTS));
	EXPECT_EQ(0, grant_unmap(&self->c, w, SLOTS));
}

/* One reference in two slots is held until the second is emptied. */
TEST_F(grant, the_same_reference_twice)
{
	uint32_t refs[3] = { REF, REF, REF };
	char *w = self->w;

	ASSERT_EQ(0, grant_list(&self->c, self->t.domid, w, 3, refs, NULL, 0));
	page_fill(w, 7);
	EXPECT_TRUE(page_is(w + PAGE, 7));
	EXPECT_EQ(1, grant_unmap(&self->c, w + PAGE, 1));
	EXPECT_TRUE(page_is(w + 2 * PAGE, 7));
	EXPECT_NE(0, target_grant_use(&self->t, REF));
	EXPECT_EQ(1, grant_unmap(&self->c, w, 1));
	EXPECT_NE(0, target_grant_use(&self->t, REF));
	EXPECT_EQ(1, grant_unmap(&self->c, w + 2 * PAGE, 1));
	EXPECT_EQ(0, target_grant_use(&self->t, REF));
}

TEST_F(grant, read_only)
{
	char *w = self->w;

	/* a writable grant, taken for reading */
	ASSERT_EQ(0, RUN(&self->c, .opcode = XENBATCH_OP_GRANT_MAP,
			 .flags = XENBATCH_OPF_READONLY,
			 .domid = (uint16_t)self->t.domid,
			 .map = { .addr = (uintptr_t)w, .count = 4,
				  .frame = REF }));
	EXPECT_TRUE(page_is(w + 3 * PAGE, 103));
	EXPECT_EQ(GTF_reading, target_grant_use(&self->t, REF));
	EXPECT_EQ(SIGBUS, touch_write(w));
	/* one that allows no more */
	ASSERT_EQ(0, RUN(&self->c, .opcode = XENBATCH_OP_GRANT_MAP,
			 .flags = XENBATCH_OPF_READONLY,
			 .domid = (uint16_t)self->t.domid,
			 .map = { .addr = (uintptr_t)(w + 4 * PAGE),
				  .count = 4, .frame = REF_RO + 4 }));
	EXPECT_TRUE(page_is(w + 7 * PAGE, 107));
	EXPECT_EQ(GTF_reading, target_grant_use(&self->t, REF_RO + 4));
	EXPECT_EQ(SIGBUS, touch_write(w + 4 * PAGE));
	/* beside them writable ones */
	ASSERT_EQ(0, grant_map(&self->c, self->t.domid, w + 8 * PAGE, 4, REF));
	page_fill(w + 8 * PAGE, 9);
	EXPECT_TRUE(page_is(w, 9));
	EXPECT_TRUE(page_is(self->t.pages + PAGE, 101));
	EXPECT_EQ(12, grant_unmap(&self->c, w, SLOTS));
}

TEST_F(grant, bad_references_alone)
{
	const uint32_t other = 200, none = 201, revoked = 202;
	uint32_t refs[10] = {
		REF, REF_RO, REF + 1, other, none, REF + 2, 1000000, ~0U,
		revoked, REF + 3,
	};
	char *w = self->w;
	uint32_t i;

	target_grant(&self->t, other, 0, 0x7fe0, 0);
	target_grant(&self->t, revoked, 0, 0, 0);
	target_revoke(&self->t, revoked);
	memset(self->status, 0x5a, sizeof(self->status));
	EXPECT_GT(0, grant_list(&self->c, self->t.domid, w, 10, refs,
				self->status, 0));
	EXPECT_EQ(self->status[1], self->c.ops[0].result);
	for (i = 0; i < 10; i++) {
		switch (refs[i]) {
		case 1000000:
		case ~0U:
			EXPECT_EQ(-ENOENT, self->status[i]);
			EXPECT_EQ(SIGBUS, touch_read(w + i * PAGE));
			break;
		case REF_RO:
		case other:
		case none:
		case revoked:
			/* GNTST_general_error, in Xen 4.17 */
			EXPECT_TRUE(self->status[i] == -EPERM ||
				    self->status[i] == -EINVAL ||
				    self->status[i] == -EIO) {
				TH_LOG("reference %u: %d", refs[i],
				       self->status[i]);
			}
			EXPECT_EQ(SIGBUS, touch_read(w + i * PAGE));
			EXPECT_EQ(0, target_grant_use(&self->t, refs[i]));
			break;
		default:
			EXPECT_EQ(0, self->status[i]);
			EXPECT_TRUE(page_is(w + i * PAGE,
					    100 + refs[i] - REF));
		}
	}
	EXPECT_EQ(0x5a5a5a5a, self->status[10]);
	EXPECT_EQ(4, target_grants_used(&self->t));
	EXPECT_EQ(4, grant_unmap(&self->c, w, SLOTS));

	/* all bad; a reference of more than 32 bits is none */
	EXPECT_GT(0, grant_map(&self->c, self->t.domid, w, 8, 1000000));
	EXPECT_EQ(-ESRCH, grant_list(&self->c, 0x7fe0, w, 8, refs,
				     self->status, 0));
	for (i = 0; i < 8; i++)
		EXPECT_EQ(-ESRCH, self->status[i]);
	EXPECT_GT(0, RUN(&self->c, .opcode = XENBATCH_OP_GRANT_MAP,
			 .domid = (uint16_t)self->t.domid,
			 .map = { .addr = (uintptr_t)w, .count = 1,
				  .frame = (1ULL << 32) + REF }));
	EXPECT_GT(0, RUN(&self->c, .opcode = XENBATCH_OP_GRANT_MAP,
			 .domid = (uint16_t)self->t.domid,
			 .map = { .addr = (uintptr_t)w, .count = SLOTS,
				  .frame = (1ULL << 32) - 2 }));
	EXPECT_GT(0, RUN(&self->c, .opcode = XENBATCH_OP_GRANT_MAP,
			 .domid = (uint16_t)self->t.domid,
			 .map = { .addr = (uintptr_t)w, .count = SLOTS,
				  .frame = ~0ULL - 1 }));
	EXPECT_EQ(SLOTS, slots_empty(w, SLOTS));
	EXPECT_EQ(0, target_grants_used(&self->t));
}

TEST_F(grant, filled_slots_are_busy)
{
	uint32_t i, refs[8];
	char *w = self->w;

	ASSERT_EQ(0, grant_map(&self->c, self->t.domid, w + 2 * PAGE, 1, REF));
	ASSERT_EQ(0, grant_map(&self->c, self->t.domid, w + 5 * PAGE, 1,
			       REF + 1));
	for (i = 0; i < 8; i++)
		refs[i] = REF + 10 + i;
	EXPECT_EQ(-EBUSY, grant_list(&self->c, self->t.domid, w, 8, refs,
				     self->status, 0));
	for (i = 0; i < 8; i++)
		EXPECT_EQ(i == 2 || i == 5 ? -EBUSY : 0, self->status[i]);
	EXPECT_TRUE(page_is(w + 2 * PAGE, 100));
	EXPECT_TRUE(page_is(w + 5 * PAGE, 101));
	EXPECT_TRUE(page_is(w + 4 * PAGE, 114));
	EXPECT_EQ(0, target_grant_use(&self->t, REF + 12));
	EXPECT_EQ(8, target_grants_used(&self->t));
	EXPECT_EQ(8, grant_unmap(&self->c, w, SLOTS));
}

/* What the granter takes back while it is mapped is held, to the end. */
TEST_F(grant, revoked_while_mapped)
{
	char *w = self->w;
	uint32_t i;

	ASSERT_EQ(0, grant_map(&self->c, self->t.domid, w, 8, REF));
	for (i = 0; i < 8; i += 2)
		target_revoke(&self->t, REF + i);
	for (i = 0; i < 8; i++) {
		EXPECT_TRUE(page_is(w + i * PAGE, 100 + i));
		page_fill(w + i * PAGE, 600 + i);
		EXPECT_TRUE(page_is(self->t.pages + i * PAGE, 600 + i));
	}
	/* granted anew with another page meanwhile: Xen knows which it was */
	target_grant(&self->t, REF + 2, 20, 0, 0);
	EXPECT_TRUE(page_is(w + 2 * PAGE, 602));
	EXPECT_EQ(8, grant_unmap(&self->c, w, 8));
	EXPECT_EQ(0, target_grants_used(&self->t));
	EXPECT_GT(0, grant_map(&self->c, self->t.domid, w, 1, REF));
	EXPECT_EQ(0, grant_map(&self->c, self->t.domid, w, 1, REF + 2));
	EXPECT_TRUE(page_is(w, 120));
	EXPECT_EQ(1, grant_unmap(&self->c, w, 8));
}

/* Pages are pages to the kernel only where they were asked for. */
TEST_F(grant, get_user_pages)
{
	const bool pages = variant->region == XENBATCH_REGION_GRANT_PAGES;
	static char buffer[4 * PAGE];
	struct iovec here = { buffer, sizeof(buffer) };
	struct iovec there = { self->w, sizeof(buffer) };
	char *w = self->w;
	ssize_t n;
	int p[2];

	ASSERT_EQ(0, grant_map(&self->c, self->t.domid, w, 4, REF));
	n = process_vm_readv(getpid(), &here, 1, &there, 1, 0);
	if (!pages) {
		EXPECT_EQ(-1, n);
		EXPECT_EQ(EFAULT, errno);
	} else {
		EXPECT_EQ(4 * PAGE, n);
		EXPECT_EQ(0, memcmp(buffer, self->t.pages, 4 * PAGE));
		page_fill(buffer, 55);
		there.iov_base = w + PAGE + 100;
		there.iov_len = here.iov_len = PAGE;
		EXPECT_EQ(PAGE, process_vm_writev(getpid(), &here, 1, &there,
						  1, 0));
		EXPECT_EQ(0, memcmp(self->t.pages + PAGE + 100, buffer, PAGE));
		EXPECT_TRUE(page_is(self->t.pages, 100));
	}
	ASSERT_EQ(0, pipe(p));
	there.iov_base = w;
	there.iov_len = PAGE;
	n = vmsplice(p[1], &there, 1, 0);
	if (!pages) {
		EXPECT_EQ(-1, n);
		EXPECT_EQ(EFAULT, errno);
	} else {
		ASSERT_EQ(PAGE, n);
		EXPECT_EQ(PAGE, read(p[0], buffer, PAGE));
		EXPECT_TRUE(page_is(buffer, 100));
	}
	/* a copy by the kernel works for both */
	EXPECT_EQ(100, write(p[1], w + 4 * PAGE - 100, 100));
	EXPECT_EQ(100, read(p[0], w + 5, 100));
	EXPECT_EQ(0, memcmp(self->t.pages + 5, self->t.pages + 4 * PAGE - 100,
			    100));
	close(p[0]);
	close(p[1]);
	EXPECT_EQ(4, grant_unmap(&self->c, w, SLOTS));
}

/* An empty or read-only slot is no page to write to. */
TEST_F(grant, get_user_pages_refused)
{
	static char buffer[PAGE];
	struct iovec here = { buffer, PAGE }, there = { self->w, PAGE };

	errno = 0;
	EXPECT_EQ(-1, process_vm_readv(getpid(), &here, 1, &there, 1, 0));
	EXPECT_EQ(EFAULT, errno);
	ASSERT_EQ(0, RUN(&self->c, .opcode = XENBATCH_OP_GRANT_MAP,
			 .flags = XENBATCH_OPF_READONLY,
			 .domid = (uint16_t)self->t.domid,
			 .map = { .addr = (uintptr_t)self->w, .count = 1,
				  .frame = REF_RO }));
	errno = 0;
	EXPECT_EQ(-1, process_vm_writev(getpid(), &here, 1, &there, 1, 0));
	EXPECT_EQ(EFAULT, errno);
	EXPECT_TRUE(page_is(self->t.pages, 100));
	EXPECT_EQ(1, grant_unmap(&self->c, self->w, SLOTS));
	errno = 0;
	EXPECT_EQ(-1, process_vm_readv(getpid(), &here, 1, &there, 1, 0));
	EXPECT_EQ(EFAULT, errno);
}

/* More than fit one call of Xen's, a bad one here and there. */
TEST_F(grant, large_batches)
{
	const uint32_t all = 1500;
	uint32_t refs[all], i, n, round;
	int32_t status[all];
	char *w = window_new(self->c.fd, variant->region, all);

	ASSERT_NE(MAP_FAILED, w);
	for (i = 0; i < all; i++)
		refs[i] = i % 101 == 100 ? 1000000 : REF + i % SLOTS;
	for (round = 0; round < 2; round++) {
		uint32_t most = self->c.info.pages_max, ops = 0;

		for (i = 0; i < all; i += n, ops++) {
			n = all - i < most ? all - i : most;
			self->c.ops[ops] = op_list(XENBATCH_OP_GRANT_MAP,
						   self->t.domid, w + i * PAGE,
						   n, refs + i, status + i, 0);
		}
		ASSERT_EQ(0, raw_submit_all(self->c.fd, 0, ops));
		for (i = 0; i < all; i++) {
			if (i % 101 == 100) {
				ASSERT_EQ(-ENOENT, status[i]);
				continue;
			}
			ASSERT_EQ(0, status[i]);
			ASSERT_EQ((100 + i % SLOTS) * 2654435761U,
				  *(uint32_t *)(w + i * PAGE));
		}
		EXPECT_EQ(SLOTS, target_grants_used(&self->t));
		if (!round) {
			EXPECT_EQ(all - all / 101, window_unmap_long(&self->c,
					XENBATCH_OP_GRANT_UNMAP, w, all));
			EXPECT_EQ(0, target_grants_used(&self->t));
		}
	}
	EXPECT_EQ(0, munmap(w, all * PAGE));
}

/* What dom0 grants to itself, by stock's gntalloc: a vchan in one domain. */
TEST_F(grant, own_grants)
{
	union {
		struct ioctl_gntalloc_alloc_gref arg;
		char room[sizeof(struct ioctl_gntalloc_alloc_gref) + 32];
	} alloc = { .arg = { .domid = 0, .flags = GNTALLOC_FLAG_WRITABLE,
			     .count = 4 } };
	const bool pages = variant->region == XENBATCH_REGION_GRANT_PAGES;
	int fd = open("/dev/xen/gntalloc", O_RDWR | O_CLOEXEC);
	struct ioctl_gntalloc_dealloc_gref dealloc;
	static char buffer[PAGE];
	struct iovec here = { buffer, PAGE }, there = { self->w + PAGE, PAGE };
	char *own, *w = self->w;
	uint32_t i, round, rounds = 3;

	if (fd < 0)
		SKIP_TEST("no /dev/xen/gntalloc");
	ASSERT_EQ(0, ioctl(fd, IOCTL_GNTALLOC_ALLOC_GREF, &alloc.arg));
	own = mmap(NULL, 4 * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd,
		   (off_t)alloc.arg.index);
	ASSERT_NE(MAP_FAILED, own);
#ifdef __x86_64__
	/* A page cannot be at two places there: Xen would take it from one. */
	if (!(self->c.info.features & XENBATCH_FEATURE_PV)) {
		page_fill(own, 900);
		EXPECT_EQ(-EINVAL, grant_list(&self->c, 0, w, 4,
					      alloc.arg.gref_ids, NULL, 0));
		EXPECT_EQ(SLOTS, slots_empty(w, SLOTS));
		EXPECT_TRUE(page_is(own, 900));
		rounds = 0;
	}
#endif
	for (round = 0; round < rounds; round++) {
		for (i = 0; i < 4; i++)
			page_fill(own + i * PAGE, 900 + round * 10 + i);
		ASSERT_EQ(0, grant_list(&self->c, 0, w, 4, alloc.arg.gref_ids,
					NULL, 0));
		for (i = 0; i < 4; i++) {
			EXPECT_TRUE(page_is(w + i * PAGE,
					    900 + round * 10 + i));
			page_fill(w + i * PAGE, 950 + i);
			EXPECT_TRUE(page_is(own + i * PAGE, 950 + i));
		}
		if (pages) {
			EXPECT_EQ(PAGE, process_vm_readv(getpid(), &here, 1,
							 &there, 1, 0));
			EXPECT_TRUE(page_is(buffer, 951));
		}
		EXPECT_EQ(0, grant_notify(&self->c, w + 2 * PAGE + 5,
					  XENBATCH_NOTIFY_CLEAR_BYTE, 0));
		EXPECT_NE(0, own[2 * PAGE + 5]);
		EXPECT_EQ(4, grant_unmap(&self->c, w, SLOTS));
		EXPECT_EQ(0, own[2 * PAGE + 5]);
	}
	/* its own pages are as they were, and are taken back */
	if (rounds)
		EXPECT_TRUE(page_is(own + PAGE, 951));
	EXPECT_EQ(0, munmap(own, 4 * PAGE));
	dealloc.index = alloc.arg.index;
	dealloc.count = 4;
	EXPECT_EQ(0, ioctl(fd, IOCTL_GNTALLOC_DEALLOC_GREF, &dealloc));
	close(fd);
}

TEST_HARNESS_MAIN
