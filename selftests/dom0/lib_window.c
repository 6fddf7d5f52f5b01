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
#include <sys/wait.h>

#include "kselftest_harness.h"

#include "helper/frames.h"
#include "helper/skip.h"

#include "xenbatch_xc.h"

#define N	600
#define RW	(PROT_READ | PROT_WRITE)
/*
 * No machine has that one: Xen says EPERM to it, as to all that is not RAM, or
 * EINVAL where dom0 is translated.
 */
#define NOWHERE	(1ULL << 34)

static int is_nowhere(int err)
{
	return err == EPERM || err == EINVAL;
}

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
			EXPECT_TRUE(is_nowhere(-self->errs[i]));
			EXPECT_TRUE(is_empty(at(p, i)));
		} else {
			EXPECT_EQ(0, self->errs[i]);
			EXPECT_EQ(1000 + i, *at(p, i));
		}
	}
	ASSERT_EQ(0, xenbatch_unmap(self->xb, p, 40));
	EXPECT_EQ(NULL, xenbatch_map(self->xb, NULL, self->domid, RW, 40, gfns,
				     NULL));
	EXPECT_TRUE(is_nowhere(errno));
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

/* Thousands of slots: several operations, and an area of its own. */
TEST_F(window, many)
{
	static uint64_t gfns[5000];
	void *p;
	int i;

	for (i = 0; i < 5000; i++)
		gfns[i] = self->mfns[(i * 7) % N];
	p = xenbatch_map(self->xb, NULL, self->domid, PROT_READ, 5000, gfns,
			 NULL);
	ASSERT_NE(NULL, p);
	for (i = 0; i < 5000; i++)
		ASSERT_EQ(1000 + (i * 7) % N, *at(p, i));
	ASSERT_EQ(0, xenbatch_unmap(self->xb, p, 5000));
}

/* The first grant entries of a domain, by the resource: xenstore, console. */
TEST_F(window, resource)
{
	uint32_t *table;
	int i, sum = 0;

	table = xenbatch_map_resource(self->xb, NULL, self->domid, RW,
				      XENMEM_resource_grant_table, 0, 0, 1);
	ASSERT_NE(NULL, table)
		TH_LOG("%s", strerror(errno));
	for (i = 0; i < 1024; i++)
		sum += table[i] != 0;
	EXPECT_EQ(0, sum);
	table[20] = 0x1234;
	ASSERT_EQ(0, xenbatch_unmap(self->xb, table, 1));
	table = xenbatch_map_resource(self->xb, NULL, self->domid, RW,
				      XENMEM_resource_grant_table, 0, 0, 1);
	ASSERT_NE(NULL, table);
	EXPECT_EQ(0x1234, table[20]);
	table[20] = 0;
	ASSERT_EQ(0, xenbatch_unmap(self->xb, table, 1));
	EXPECT_EQ(NULL, xenbatch_map_resource(self->xb, NULL, self->domid, RW,
					      77, 0, 0, 1));
	EXPECT_EQ(EOPNOTSUPP, errno);
	EXPECT_EQ(NULL, xenbatch_map_resource(self->xb, NULL, 0x7fe0, RW,
					      XENMEM_resource_grant_table, 0, 0,
					      1));
	EXPECT_EQ(ESRCH, errno);
}

TEST_F(window, scatter)
{
	static struct xenbatch_piece pieces[4000];
	static uint64_t bufs[4000];
	int i;

	for (i = 0; i < 4000; i++)
		pieces[i] = (struct xenbatch_piece){
			.gfn = self->mfns[(i * 11) % N], .offset = 8 * (i % 500),
			.len = 8, .buf = &bufs[i] };
	ASSERT_EQ(0, xenbatch_read_guest(self->xb, self->domid, pieces, 4000));
	for (i = 0; i < 4000; i++)
		ASSERT_EQ(i % 500 ? 0 : 1000 + (i * 11) % N, bufs[i]);
	/* All different places: i * 11 mod N, i mod 500 repeat after 3000. */
	for (i = 0; i < 3000; i++)
		bufs[i] = i + 7;
	ASSERT_EQ(0, xenbatch_write_guest(self->xb, self->domid, pieces, 3000));
	memset(bufs, 0, sizeof(bufs));
	ASSERT_EQ(0, xenbatch_read_guest(self->xb, self->domid, pieces, 3000));
	for (i = 0; i < 3000; i++)
		ASSERT_EQ(i + 7, bufs[i]);

	pieces[1234].gfn = NOWHERE;
	EXPECT_EQ(1, xenbatch_read_guest(self->xb, self->domid, pieces, 3000));
	EXPECT_TRUE(is_nowhere(pieces[1234].err));
	EXPECT_EQ(0, pieces[1233].err);
	EXPECT_EQ(0, pieces[1235].err);
}

TEST_F(window, cache_and_a_death)
{
	struct xenbatch_cache_limits limits = { .max_pages = 50,
						.max_idle_ms = 100 };
	struct xenbatch_cache_stats stats;
	struct xenbatch_cache *cache;
	uint64_t *p, *q;
	int i, ms = 0;

	cache = xenbatch_cache_create(self->xb, &limits);
	ASSERT_NE(NULL, cache);
	for (i = 0; i < 300; i++) {
		p = xenbatch_cache_get(cache, self->domid,
				       self->mfns[i * 7 % 70], PROT_READ);
		ASSERT_NE(NULL, p);
		ASSERT_EQ(1000 + i * 7 % 70, *p);
		xenbatch_cache_put(cache, p);
	}
	xenbatch_cache_stats(cache, &stats);
	EXPECT_EQ(300, stats.hits + stats.misses);
	EXPECT_GE(50, stats.pages);
	p = xenbatch_cache_get(cache, self->domid, self->mfns[0], RW);
	/* It dies, and goes as soon as the cache has seen that. */
	ASSERT_EQ(0, xc_domain_destroy(self->xch, self->domid));
	do {
		q = xenbatch_cache_get(cache, self->domid, self->mfns[1],
				       PROT_READ);
		if (q)
			xenbatch_cache_put(cache, q);
		usleep(10000);
	} while (q && ms++ < 500);
	EXPECT_EQ(NULL, q);
	EXPECT_EQ(1000, *p);
	for (ms = 0; ms < 500; ms++) {
		xenbatch_cache_stats(cache, &stats);
		if (stats.pages == 1)
			break;
		usleep(10000);
	}
	EXPECT_EQ(1, stats.pages);
	EXPECT_EQ(1, stats.in_use);
	xenbatch_cache_put(cache, p);
	/* Teardown sees that nothing keeps the domain, while the cache lives. */
	end_domain(self->xch, self->domid);
	{
		xc_dominfo_t info;

		EXPECT_FALSE(xc_domain_getinfo(self->xch, self->domid, 1,
					       &info) == 1 &&
			     info.domid == self->domid);
	}
	xenbatch_cache_destroy(cache);
}

/* Places among xc_* calls, in their order, and in one system call. */
TEST_F(window, in_a_batch_of_libxc)
{
	xenbatch *xb = xc_batch_handle(self->xch);
	char *slots = xenbatch_slots_alloc(xb, XENBATCH_FOREIGN, 8);
	uint64_t args[] = { XENVER_version };
	struct xenbatch_batch *b;
	struct xc_batch_result r[12];
	xc_vcpuinfo_t info[2];
	int i;

	EXPECT_EQ(NULL, xc_batch_native(self->xch));
	EXPECT_EQ(EINVAL, errno);
	ASSERT_NE(NULL, slots);
	ASSERT_EQ(0, xc_batch_begin(self->xch));
	xc_vcpu_getinfo(self->xch, self->domid, 0, &info[0]);
	b = xc_batch_native(self->xch);
	ASSERT_NE(NULL, b);
	EXPECT_EQ(1, xenbatch_queue_map(b, slots, self->domid, RW, 4,
					self->mfns, self->errs, 0, 99));
	EXPECT_EQ(2, xenbatch_queue(b, __HYPERVISOR_xen_version, args, 1, 0,
				    98));
	xc_vcpu_getinfo(self->xch, self->domid, 1, &info[1]);
	xenbatch_queue_map(xc_batch_native(self->xch), slots + 4 * 4096,
			   0x7fe0, RW, 1, self->mfns, NULL, XENBATCH_LINK, 0);
	xc_domain_unpause(self->xch, 0x7fe0);
	xc_version(self->xch, XENVER_version, NULL);
	xenbatch_queue_clear(xc_batch_native(self->xch), slots, 1, 0, 0);
	EXPECT_EQ(8, xc_batch_queued(self->xch));
	EXPECT_EQ(2, xc_batch_commit(self->xch, r, 12));
	EXPECT_EQ(0, r[0].err);
	EXPECT_EQ(0, r[1].err);
	EXPECT_EQ(r[2].ret, xc_version(self->xch, XENVER_version, NULL));
	EXPECT_EQ(0, r[3].err);
	EXPECT_EQ(ESRCH, r[4].err);
	EXPECT_EQ(-1, r[4].ret);
	EXPECT_EQ(ECANCELED, r[5].err);
	EXPECT_EQ(r[2].ret, r[6].ret);
	EXPECT_EQ(1, r[7].ret);
	EXPECT_TRUE(is_empty(slots));
	for (i = 1; i < 4; i++)
		EXPECT_EQ(1000 + i, *at(slots, i));

	/* More than a lane begins with, and canceled at last. */
	ASSERT_EQ(0, xc_batch_begin(self->xch));
	for (i = 0; i < 3000; i++) {
		if (i % 3)
			xc_vcpu_getinfo(self->xch, self->domid, i % 2,
					&info[i % 2]);
		else
			xenbatch_queue_map(xc_batch_native(self->xch),
					   slots + i % 8 * 4096, self->domid,
					   PROT_READ, 1, &self->mfns[i % N],
					   NULL, 0, 0);
	}
	EXPECT_EQ(3000, xc_batch_queued(self->xch));
	EXPECT_EQ(0, xc_batch_commit(self->xch, r, 12));
	EXPECT_EQ(1000 + 2997 % N, *at(slots, 2997 % 8));
	ASSERT_EQ(0, xc_batch_begin(self->xch));
	xenbatch_queue_clear(xc_batch_native(self->xch), slots, 8, 0, 0);
	EXPECT_EQ(0, xc_batch_cancel(self->xch));
	EXPECT_EQ(1000 + 2997 % N, *at(slots, 2997 % 8));
	ASSERT_EQ(0, xenbatch_slots_free(xb, slots, 8));
}

TEST_F(window, a_child_has_its_own)
{
	char *p = xenbatch_map(self->xb, NULL, self->domid, RW, 4, self->mfns,
			       NULL);
	int status, bad = 0;
	pid_t pid;
	char *q;

	ASSERT_NE(NULL, p);
	pid = fork();
	if (!pid) {
		bad |= !is_empty(p);
		bad |= xenbatch_unmap(self->xb, p, 4) << 1;
		q = xenbatch_map(self->xb, NULL, self->domid, RW, 4,
				 self->mfns + 4, NULL);
		bad |= (!q || q == p || *at(q, 3) != 1007) << 2;
		if (q)
			*at(q, 3) = 1;
		/* And leaves them to the kernel. */
		_exit(bad);
	}
	waitpid(pid, &status, 0);
	EXPECT_EQ(0, status);
	EXPECT_EQ(1003, *at(p, 3));
	ASSERT_NE(NULL, xenbatch_map(self->xb, p, self->domid, RW, 1,
				     self->mfns + 7, NULL));
	EXPECT_EQ(1, *at(p, 0));
	ASSERT_EQ(0, xenbatch_unmap(self->xb, p, 4));
}

TEST_HARNESS_MAIN
