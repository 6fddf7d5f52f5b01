// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Promise: the arena's limit is nobody's limit. What does not fit comes from
 * stock's allocator, Xen takes it as well, and all of it is given back. And a
 * batch keeps apart what its calls have there.
 */
#include <stdlib.h>
#include <string.h>

#include "kselftest_harness.h"

#include "helper/skip.h"
#include "helper/xc_domain.h"
#include "xenbatch_xc.h"

#define PIECE	((size_t)2 << 20)
#define PIECES	48		/* more than the 64 MiB of an arena */
#define CALLS	300

FIXTURE(memory)
{
	xc_interface *xch;
	uint32_t domid;
};

FIXTURE_SETUP(memory)
{
	self->xch = xc_interface_open(NULL, NULL, 0);
	if (!self->xch)
		SKIP_TEST("no Xen here");
	ASSERT_EQ(0, new_domain(self->xch, &self->domid));
}

FIXTURE_TEARDOWN(memory)
{
	end_domain(self->xch, self->domid);
	EXPECT_EQ(0, xc_interface_close(self->xch));
}

static bool is_zero(const char *p, size_t size)
{
	return !*p && !memcmp(p, p + 1, size - 1);
}

/* What a list of one domain in this memory says, by a raw sysctl. */
static uint32_t ask_into(xc_interface *xch, void *p, uint32_t domid)
{
	struct xen_sysctl s = { .cmd = XEN_SYSCTL_getdomaininfolist };
	xc_domaininfo_t *list = p;

	s.u.getdomaininfolist.first_domain = domid;
	s.u.getdomaininfolist.max_domains = 1;
	set_xen_guest_handle_raw(s.u.getdomaininfolist.buffer, list);
	return xc_sysctl(xch, &s) ? ~0U : list->domain;
}

static int fill(xc_interface *xch, xc_hypercall_buffer_t *bufs, uint32_t domid)
{
	int i, bad = 0;
	char *p;

	for (i = 0; i < PIECES; i++) {
		p = i & 1 ? xc__hypercall_buffer_alloc(xch, &bufs[i], PIECE) :
			    xc__hypercall_buffer_alloc_pages(xch, &bufs[i],
							     PIECE >> 12);
		if (!p)
			return -1;
		bad += !is_zero(p, PIECE);
		bad += ask_into(xch, p, domid) != domid;
		memset(p, 0x5a, PIECE);
	}
	return bad;
}

static void drop(xc_interface *xch, xc_hypercall_buffer_t *bufs)
{
	int i;

	for (i = 0; i < PIECES; i++) {
		if (i & 1)
			xc__hypercall_buffer_free(xch, &bufs[i]);
		else
			xc__hypercall_buffer_free_pages(xch, &bufs[i],
							PIECE >> 12);
	}
}

TEST_F(memory, buffers)
{
	xc_hypercall_buffer_t bufs[PIECES];
	int round;

	for (round = 0; round < 4; round++) {
		memset(bufs, 0, sizeof(bufs));
		EXPECT_EQ(0, fill(self->xch, bufs, self->domid));
		drop(self->xch, bufs);
	}
}

/* One call that needs more than the whole arena, and calls after it. */
TEST_F(memory, one_big_call)
{
	const unsigned int doms = ((size_t)80 << 20) / sizeof(xc_domaininfo_t);
	xc_domaininfo_t *list = malloc(doms * sizeof(*list));
	int round;

	ASSERT_NE(NULL, list);
	for (round = 0; round < 4; round++) {
		memset(list, 0xcc, doms * sizeof(*list));
		EXPECT_LE(1, xc_domain_getinfolist(self->xch, self->domid, doms,
						   list));
		EXPECT_EQ(self->domid, list[0].domain);
		EXPECT_TRUE(is_zero((char *)&list[1000],
				    (doms - 1000) * sizeof(*list)));
		EXPECT_LE(2, xc_domain_getinfolist(self->xch, 0, 100, list));
	}
	free(list);
}

/* The arena is full of buffers: calls go on, and so do batches. */
TEST_F(memory, full_arena)
{
	xc_hypercall_buffer_t bufs[PIECES] = { { 0 } };
	static xc_domaininfo_t list[30000];
	struct xc_batch_result r[300];
	xc_vcpuinfo_t info[300];
	int i;

	ASSERT_EQ(0, fill(self->xch, bufs, self->domid));
	EXPECT_LE(2, xc_domain_getinfolist(self->xch, 0, 30000, list));
	ASSERT_EQ(0, xc_batch_begin(self->xch));
	for (i = 0; i < 300; i++)
		EXPECT_EQ(0, xc_vcpu_getinfo(self->xch, self->domid, 1,
					     &info[i]));
	EXPECT_EQ(0, xc_batch_commit(self->xch, r, 300));
	EXPECT_EQ(1, info[299].vcpu);
	drop(self->xch, bufs);
}

/* Each call of a batch has its own list, copied when it was called. */
TEST_F(memory, deferred_populate)
{
	static xen_pfn_t frames[CALLS][16], list[16];
	struct xc_batch_result r[CALLS];
	int i, j;

	ASSERT_EQ(0, xc_domain_setmaxmem(self->xch, self->domid, 32 << 10));
	ASSERT_EQ(0, xc_batch_begin(self->xch));
	for (i = 0; i < CALLS; i++) {
		for (j = 0; j < 16; j++)
			frames[i][j] = i * 16 + j;
		EXPECT_EQ(0, xc_domain_populate_physmap_exact(self->xch,
							      self->domid, 16,
							      0, 0, frames[i]));
		EXPECT_EQ(i * 16, frames[i][0]);
	}
	EXPECT_EQ(CALLS, xc_batch_queued(self->xch));
	EXPECT_EQ(0, xc_batch_commit(self->xch, r, CALLS));
	EXPECT_EQ(CALLS * 16, xc_get_tot_pages(self->xch, self->domid));
	ASSERT_EQ(0, xc_batch_begin(self->xch));
	for (i = 0; i < CALLS; i++) {
		memcpy(list, frames[i], sizeof(list));
		EXPECT_EQ(0, xc_domain_decrease_reservation(self->xch,
							    self->domid, 16, 0,
							    list));
	}
	EXPECT_EQ(0, xc_batch_commit(self->xch, r, CALLS));
	for (i = 0; i < CALLS; i++)
		EXPECT_EQ(16, r[i].ret);
	EXPECT_EQ(0, xc_get_tot_pages(self->xch, self->domid));
}

TEST_HARNESS_MAIN
