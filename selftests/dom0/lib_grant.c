// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Promise: the grant windows of the native API show what was granted, as it is
 * on a real Xen and whatever the backend: a reference that is bad fails alone,
 * notifications come, copies arrive, pages for direct I/O are good for that;
 * and a granter can take back what was unmapped.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/uio.h>

#include "kselftest_harness.h"

#include <xenevtchn.h>
#include <xengnttab.h>

#include "helper/skip.h"
#include "../../lib/core/xenbatch.h"

#define N	64
#define RW	(PROT_READ | PROT_WRITE)

FIXTURE(grant)
{
	xenbatch *xb;
	bool module;
	xengntshr_handle *gs;
	char *shared, *readonly;
	uint32_t refs[N], readonly_ref;
	int errs[N];
};

static uint64_t *at(void *slots, size_t i)
{
	return (uint64_t *)((char *)slots + i * 4096);
}

FIXTURE_SETUP(grant)
{
	int i;

	self->xb = xenbatch_open(0);
	if (!self->xb && errno == ENOENT)
		SKIP_TEST("no Xen here");
	ASSERT_NE(NULL, self->xb);
	self->module = xenbatch_backend(self->xb, NULL) ==
		       XENBATCH_BACKEND_MODULE;
	self->gs = xengntshr_open(NULL, 0);
	ASSERT_NE(NULL, self->gs);
	self->shared = xengntshr_share_pages(self->gs, 0, N, self->refs, 1);
	ASSERT_NE(NULL, self->shared);
	self->readonly = xengntshr_share_pages(self->gs, 0, 1,
					       &self->readonly_ref, 0);
	ASSERT_NE(NULL, self->readonly);
	for (i = 0; i < N; i++)
		*at(self->shared, i) = 500 + i;
	*at(self->readonly, 0) = 900;
}

FIXTURE_TEARDOWN(grant)
{
	/* gntalloc frees what nobody maps; the rig looks if it did. */
	EXPECT_EQ(0, xengntshr_unshare(self->gs, self->shared, N));
	EXPECT_EQ(0, xengntshr_unshare(self->gs, self->readonly, 1));
	EXPECT_EQ(0, xengntshr_close(self->gs));
	EXPECT_EQ(0, xenbatch_close(self->xb));
}

TEST_F(grant, both_windows)
{
	enum xenbatch_window window;
	uint32_t refs[N];
	void *p;
	int i, n;

	for (window = XENBATCH_GRANTS; window <= XENBATCH_GRANTS_DIO;
	     window++) {
		for (n = 1; n <= N; n = n * 3 + 1) {
			for (i = 0; i < n; i++)
				refs[i] = self->refs[(i * 5) % N];
			p = xenbatch_map_grants(self->xb, NULL, window, 0, RW,
						n, refs, NULL);
			ASSERT_NE(NULL, p)
				TH_LOG("%d: %s", n, strerror(errno));
			for (i = 0; i < n; i++) {
				EXPECT_EQ(500 + (i * 5) % N, *at(p, i));
				at(p, i)[1] = n + i;
				EXPECT_EQ(n + i, at(self->shared,
						    (i * 5) % N)[1]);
			}
			ASSERT_EQ(0, xenbatch_unmap(self->xb, p, n));
		}
	}
}

TEST_F(grant, one_fails_alone)
{
	uint32_t refs[5];
	char *p;
	int i;

	memcpy(refs, self->refs, sizeof(refs));
	refs[1] = 0x3fffff;
	refs[3] = self->readonly_ref;
	p = xenbatch_map_grants(self->xb, NULL, XENBATCH_GRANTS, 0, RW, 5, refs,
				self->errs);
	ASSERT_NE(NULL, p);
	for (i = 0; i < 5; i++) {
		if (i % 2) {
			EXPECT_GT(0, self->errs[i]);
		} else {
			EXPECT_EQ(0, self->errs[i]);
			EXPECT_EQ(500 + i, *at(p, i));
		}
	}
	/* Filled slots stay; the others can be filled. */
	EXPECT_EQ(p, xenbatch_map_grants(self->xb, p, 0, 0, PROT_READ, 4,
					 self->refs, self->errs));
	EXPECT_EQ(-EBUSY, self->errs[0]);
	EXPECT_EQ(0, self->errs[1]);
	EXPECT_EQ(-EBUSY, self->errs[2]);
	EXPECT_EQ(0, self->errs[3]);
	EXPECT_EQ(503, *at(p, 3));
	ASSERT_EQ(0, xenbatch_clear(self->xb, p + 4096, 2));
	EXPECT_EQ(504, *at(p, 4));
	EXPECT_EQ(500, *at(p, 0));
	ASSERT_EQ(0, xenbatch_unmap(self->xb, p, 5));

	EXPECT_EQ(NULL, xenbatch_map_grants(self->xb, NULL, XENBATCH_GRANTS, 0,
					    RW, 5, refs, NULL));
	p = xenbatch_map_grants(self->xb, NULL, XENBATCH_GRANTS, 0, PROT_READ,
				1, &self->readonly_ref, NULL);
	ASSERT_NE(NULL, p);
	EXPECT_EQ(900, *at(p, 0));
	ASSERT_EQ(0, xenbatch_unmap(self->xb, p, 1));
	/* What Xen says of bad ones, word for word, only the module passes on. */
	if (self->module) {
		EXPECT_EQ(NULL, xenbatch_map_grants(self->xb, NULL,
						    XENBATCH_GRANTS, 0, RW, 1,
						    &self->readonly_ref, NULL));
		EXPECT_EQ(EIO, errno);
		EXPECT_EQ(NULL, xenbatch_map_grants(self->xb, NULL,
						    XENBATCH_GRANTS, 0x7fe0,
						    RW, 1, refs, NULL));
		EXPECT_EQ(ESRCH, errno);
	}
}

TEST_F(grant, direct_io)
{
	char buf[16] = "";
	struct iovec local = { buf, 8 }, remote;
	void *p;

	p = xenbatch_map_grants(self->xb, NULL, XENBATCH_GRANTS_DIO, 0, RW, 3,
				self->refs, NULL);
	ASSERT_NE(NULL, p);
	remote.iov_base = at(p, 2);
	remote.iov_len = 8;
	EXPECT_EQ(8, process_vm_readv(getpid(), &local, 1, &remote, 1, 0));
	EXPECT_EQ(502, *(uint64_t *)buf);
	*(uint64_t *)buf = 77;
	EXPECT_EQ(8, process_vm_writev(getpid(), &local, 1, &remote, 1, 0));
	EXPECT_EQ(77, *at(self->shared, 2));
	ASSERT_EQ(0, xenbatch_unmap(self->xb, p, 3));
}

TEST_F(grant, notified)
{
	xenevtchn_handle *ev = xenevtchn_open(NULL, 0);
	struct pollfd pfd;
	int port, remote;
	char *p;

	ASSERT_NE(NULL, ev);
	port = xenevtchn_bind_unbound_port(ev, 0);
	ASSERT_LT(0, port);
	remote = xenevtchn_bind_interdomain(ev, 0, port);
	ASSERT_LT(0, remote);
	pfd.fd = xenevtchn_fd(ev);
	pfd.events = POLLIN;
	while (poll(&pfd, 1, 100) == 1)
		xenevtchn_unmask(ev, xenevtchn_pending(ev));

	p = xenbatch_map_grants(self->xb, NULL, XENBATCH_GRANTS, 0, RW, 2,
				self->refs, NULL);
	ASSERT_NE(NULL, p);
	self->shared[4096 + 100] = 1;
	ASSERT_EQ(0, xenbatch_grant_notify(self->xb, p + 4096 + 100,
					   XENBATCH_CLEAR_BYTE |
					   XENBATCH_SEND_EVENT, remote));
	EXPECT_EQ(0, poll(&pfd, 1, 50));
	EXPECT_EQ(1, self->shared[4096 + 100]);
	ASSERT_EQ(0, xenbatch_unmap(self->xb, p, 2));
	EXPECT_EQ(0, self->shared[4096 + 100]);
	EXPECT_EQ(1, poll(&pfd, 1, 2000));
	EXPECT_EQ(port, xenevtchn_pending(ev));

	p = xenbatch_slots_alloc(self->xb, XENBATCH_GRANTS, 1);
	EXPECT_EQ(-1, xenbatch_grant_notify(self->xb, p, XENBATCH_CLEAR_BYTE,
					    0));
	EXPECT_EQ(ENOENT, errno);
	ASSERT_EQ(0, xenbatch_slots_free(self->xb, p, 1));
	xenevtchn_close(ev);
}

static struct xenbatch_copy_side memory(void *p)
{
	return (struct xenbatch_copy_side){ .addr = p,
					    .domid = XENBATCH_NO_DOMID };
}

static struct xenbatch_copy_side granted(uint32_t ref, uint16_t offset)
{
	return (struct xenbatch_copy_side){ .ref = ref, .offset = offset };
}

TEST_F(grant, copied)
{
	static char plain[N * 4096] __attribute__((aligned(4096)));
	struct xenbatch_copy_segment s[N + 1];
	char *arena = xenbatch_alloc(self->xb, N * 4096), *bufs[2];
	int i, round;

	ASSERT_NE(NULL, arena);
	bufs[0] = arena;
	bufs[1] = plain;
	memset(s, 0, sizeof(s));
	memset(plain, 1, sizeof(plain));
	for (round = 0; round < 2; round++) {
		for (i = 0; i < N; i++) {
			s[i].source = granted(self->refs[i], 0);
			s[i].dest = memory(bufs[round] + i * 4096);
			s[i].len = 4096;
			at(self->shared, i)[511] = 3 * i + round;
		}
		ASSERT_EQ(0, xenbatch_grant_copy(self->xb, s, N));
		for (i = 0; i < N; i++) {
			EXPECT_EQ(500 + i, *at(bufs[round], i));
			EXPECT_EQ(3 * i + round, at(bufs[round], i)[511]);
		}
		/* Back, to odd places, over the end of a page of ours. */
		for (i = 0; i < N - 1; i++) {
			s[i].source = memory(bufs[round] + i * 4096 + 4090);
			s[i].dest = granted(self->refs[i], 1001);
			s[i].len = 14;
		}
		ASSERT_EQ(0, xenbatch_grant_copy(self->xb, s, N - 1));
		for (i = 0; i < N - 1; i++)
			EXPECT_EQ(0, memcmp(self->shared + i * 4096 + 1001,
					    bufs[round] + i * 4096 + 4090, 14));
	}
	/* Between grants; and a bad one among good ones. */
	s[0].source = granted(self->refs[5], 0);
	s[0].dest = granted(self->refs[6], 2000);
	s[1].source = granted(self->refs[7], 0);
	s[1].dest = granted(self->readonly_ref, 0);
	s[2].source = granted(self->refs[7], 0);
	s[2].dest = granted(self->refs[8], 2000);
	s[0].len = s[1].len = s[2].len = 8;
	EXPECT_EQ(-1, xenbatch_grant_copy(self->xb, s, 3));
	EXPECT_EQ(EIO, errno);
	EXPECT_EQ(0, s[0].status);
	EXPECT_GT(0, s[1].status);
	EXPECT_EQ(0, s[2].status);
	EXPECT_EQ(505, at(self->shared, 6)[250]);
	EXPECT_EQ(507, at(self->shared, 8)[250]);
	EXPECT_EQ(900, *at(self->readonly, 0));
	xenbatch_free(self->xb, arena);
}

TEST_F(grant, in_a_batch)
{
	char *slots = xenbatch_slots_alloc(self->xb, XENBATCH_GRANTS, 10);
	struct xenbatch_batch *b = xenbatch_batch_begin(self->xb);
	struct xenbatch_result r[5];
	uint64_t buf = 0;
	struct xenbatch_copy_segment s = {
		.source = granted(self->refs[9], 0), .dest = memory(&buf),
		.len = 8,
	};

	self->shared[100] = 1;
	xenbatch_queue_map_grants(b, slots, 0, RW, 10, self->refs, self->errs,
				  0, 0);
	xenbatch_queue_grant_notify(b, slots + 100, XENBATCH_CLEAR_BYTE, 0, 0,
				    1);
	xenbatch_queue_grant_copy(b, &s, 1, 0, 2);
	xenbatch_queue_clear(b, slots, 1, 0, 3);
	xenbatch_queue_clear(b, slots, 2, 0, 4);
	ASSERT_EQ(0, xenbatch_commit(b, r, 5));
	EXPECT_EQ(509, buf);
	EXPECT_EQ(1, r[3].ret);
	EXPECT_EQ(1, r[4].ret);
	EXPECT_EQ(502, *at(slots, 2));
	EXPECT_EQ(0, self->shared[100]);
	ASSERT_EQ(0, xenbatch_slots_free(self->xb, slots, 10));
}

TEST_HARNESS_MAIN
