// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Promise: the windows of the native API show the very frames and grants that
 * were asked for, on a real Xen and whatever the backend: read and written from
 * both sides, replaced in place, one by one or thousands at a time, in batches
 * with hypercalls; and nothing of a domain is held when it is unmapped.
 */
#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/uio.h>
#include <sys/wait.h>

#include "kselftest_harness.h"

#include "helper/frames.h"
#include "helper/skip.h"

#include <xengnttab.h>

#define N	600
#define RW	(PROT_READ | PROT_WRITE)
/* No machine has that one: Xen says EPERM to it, as to all that is not RAM. */
#define NOWHERE	(1ULL << 34)

FIXTURE(window)
{
	xenbatch *xb;
	xc_interface *xch;
	uint32_t domid;
	bool module;
	uint64_t mfns[N];
	int errs[N];
};

static uint64_t *at(void *slots, size_t i)
{
	return (uint64_t *)((char *)slots + i * 4096);
}

FIXTURE_SETUP(window)
{
	void *p;
	int i;

	self->xb = xenbatch_open(0);
	if (!self->xb && errno == ENOENT)
		SKIP_TEST("no Xen here");
	ASSERT_NE(NULL, self->xb);
	self->module = xenbatch_backend(self->xb, NULL) ==
		       XENBATCH_BACKEND_MODULE;
	self->xch = xc_interface_open(NULL, NULL, 0);
	ASSERT_NE(NULL, self->xch);
	ASSERT_EQ(0, new_domain(self->xch, &self->domid));
	ASSERT_EQ(0, add_frames(self->xb, self->xch, self->domid, N,
				self->mfns));
	/* Each frame's number is in it. */
	p = xenbatch_map(self->xb, NULL, self->domid, RW, N, self->mfns, NULL);
	ASSERT_NE(NULL, p)
		TH_LOG("map: %s", strerror(errno));
	for (i = 0; i < N; i++)
		*at(p, i) = 1000 + i;
	ASSERT_EQ(0, xenbatch_unmap(self->xb, p, N));
}

FIXTURE_TEARDOWN(window)
{
	xc_dominfo_t info;

	/* Whatever is still held keeps the domain from going. */
	end_domain(self->xch, self->domid);
	EXPECT_FALSE(xc_domain_getinfo(self->xch, self->domid, 1, &info) == 1 &&
		     info.domid == self->domid);
	EXPECT_EQ(0, xc_interface_close(self->xch));
	EXPECT_EQ(0, xenbatch_close(self->xb));
}

static bool is_empty(const void *p)
{
	int fds[2], err;
	ssize_t n;

	if (pipe(fds))
		return false;
	n = write(fds[1], p, 1);
	err = errno;
	close(fds[0]);
	close(fds[1]);
	return n == -1 && err == EFAULT;
}

/*
 * Not by a system call: if the kernel itself writes to such a page, Xen
 * complains, with the stock devices too.
 */
static sigjmp_buf refused;

static void on_fault(int sig)
{
	siglongjmp(refused, sig);
}

static bool can_write(void *p)
{
	struct sigaction act = { .sa_handler = on_fault }, bus, segv;
	bool ok = false;

	sigaction(SIGBUS, &act, &bus);
	sigaction(SIGSEGV, &act, &segv);
	if (!sigsetjmp(refused, 1)) {
		*(volatile char *)p = 1;
		ok = true;
	}
	sigaction(SIGBUS, &bus, NULL);
	sigaction(SIGSEGV, &segv, NULL);
	return ok;
}

TEST_F(window, one_page)
{
	void *p;
	int i;

	for (i = 0; i < 20; i++) {
		p = xenbatch_map(self->xb, NULL, self->domid, RW, 1,
				 &self->mfns[i], NULL);
		ASSERT_NE(NULL, p);
		EXPECT_EQ(1000 + i, *at(p, 0));
		*at(p, 0) = i;
		ASSERT_EQ(0, xenbatch_unmap(self->xb, p, 1));
		EXPECT_TRUE(is_empty(p));
	}
	p = xenbatch_map(self->xb, NULL, self->domid, PROT_READ, 20,
			 self->mfns, NULL);
	for (i = 0; i < 20; i++)
		EXPECT_EQ(i, *at(p, i));
	ASSERT_EQ(0, xenbatch_unmap(self->xb, p, 20));
}

TEST_F(window, replaced_in_place)
{
	char *p = xenbatch_slots_alloc(self->xb, XENBATCH_FOREIGN, 64);
	uint64_t now[64], more[64];
	size_t n, first, i;

	for (i = 0; i < 64; i++)
		now[i] = 0;
	ASSERT_EQ(p, xenbatch_map(self->xb, p, self->domid, RW, 64,
				  self->mfns, NULL));
	for (i = 0; i < 64; i++)
		now[i] = i;
	for (n = 1; n <= 64; n++) {
		first = (n * 5) % (65 - n);
		for (i = 0; i < n; i++)
			more[i] = self->mfns[(n * 8 + i * 3) % N];
		ASSERT_EQ(p + first * 4096,
			  xenbatch_map(self->xb, p + first * 4096, self->domid,
				       n % 2 ? PROT_READ : RW, n, more, NULL));
		for (i = 0; i < n; i++)
			now[first + i] = (n * 8 + i * 3) % N;
		for (i = 0; i < 64; i++)
			ASSERT_EQ(1000 + now[i], *at(p, i));
	}
	ASSERT_EQ(0, xenbatch_clear(self->xb, p + 4096, 62));
	EXPECT_EQ(1000 + now[0], *at(p, 0));
	EXPECT_EQ(1000 + now[63], *at(p, 63));
	EXPECT_TRUE(is_empty(at(p, 1)));
	EXPECT_TRUE(is_empty(at(p, 62)));
	ASSERT_EQ(0, xenbatch_slots_free(self->xb, p, 64));
}

TEST_F(window, bad_frames_fail_alone)
{
	uint64_t gfns[40];
	char *p;
	int i;

	for (i = 0; i < 40; i++)
		gfns[i] = i % 7 == 3 ? NOWHERE + i : self->mfns[i];
	p = xenbatch_map(self->xb, NULL, self->domid, RW, 40, gfns,
			 self->errs);
	ASSERT_NE(NULL, p);
	for (i = 0; i < 40; i++) {
		if (i % 7 == 3) {
			EXPECT_EQ(-EPERM, self->errs[i]);
			EXPECT_TRUE(is_empty(at(p, i)));
		} else {
			EXPECT_EQ(0, self->errs[i]);
			EXPECT_EQ(1000 + i, *at(p, i));
		}
	}
	ASSERT_EQ(0, xenbatch_unmap(self->xb, p, 40));
	EXPECT_EQ(NULL, xenbatch_map(self->xb, NULL, self->domid, RW, 40, gfns,
				     NULL));
	EXPECT_EQ(EPERM, errno);
	EXPECT_EQ(NULL, xenbatch_map(self->xb, NULL, 0x7fe0, RW, 1,
				     self->mfns, NULL));
	EXPECT_EQ(ESRCH, errno);
	/* Not writable for whom it was not mapped so. */
	p = xenbatch_map(self->xb, NULL, self->domid, PROT_READ, 1, self->mfns,
			 NULL);
	ASSERT_NE(NULL, p);
	EXPECT_FALSE(can_write(p));
	EXPECT_EQ(1000, *at(p, 0));
	ASSERT_EQ(0, xenbatch_unmap(self->xb, p, 1));
}

TEST_HARNESS_MAIN
