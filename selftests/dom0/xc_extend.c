// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Promise: a hypercall that libxenctrl has no function for can be added to the
 * library, or be made by a program itself, as README's "Adding a hypercall"
 * shows it: at once and in a batch, with the same answer, which is Xen's.
 */
#include <xenctrl.h>
#include <xenguest.h>

#include "kselftest_harness.h"

#include "helper/skip.h"
#include "helper/xc_domain.h"
#include "../../lib/core/xenbatch.h"
#include "xenbatch_xc.h"

#define ROOM	512

FIXTURE(extend)
{
	xc_interface *xch;
	uint32_t domid;
	uint32_t max, nr;
	/* What libxenguest makes of the same policy. */
	xen_cpuid_leaf_t want[ROOM];
};

FIXTURE_SETUP(extend)
{
	xen_msr_entry_t msrs[64];
	uint32_t nr_msrs = 64;
	xc_cpu_policy_t *policy;

	self->xch = xc_interface_open(NULL, NULL, 0);
	if (!self->xch)
		SKIP_TEST("no Xen here");
	ASSERT_EQ(0, new_domain(self->xch, &self->domid));
	policy = xc_cpu_policy_init();
	ASSERT_NE(NULL, policy);
	ASSERT_EQ(0, xc_cpu_policy_get_domain(self->xch, self->domid, policy));
	self->nr = ROOM;
	ASSERT_EQ(0, xc_cpu_policy_serialise(self->xch, policy, self->want,
					     &self->nr, msrs, &nr_msrs));
	xc_cpu_policy_destroy(policy);
	ASSERT_LT(8, self->nr);
	ASSERT_GT(ROOM, self->nr);
	ASSERT_EQ(0, xc_domain_get_cpuid(self->xch, self->domid, NULL,
					 &self->max));
	EXPECT_LE(self->nr, self->max);
	EXPECT_GE(ROOM, self->max);
}

FIXTURE_TEARDOWN(extend)
{
	xc_batch_cancel(self->xch);
	end_domain(self->xch, self->domid);
	xc_interface_close(self->xch);
}

static bool wanted(const xen_cpuid_leaf_t *want, const xen_cpuid_leaf_t *got,
		   uint32_t nr)
{
	return !memcmp(want, got, nr * sizeof(*got));
}

TEST_F(extend, at_once)
{
	xen_cpuid_leaf_t leaves[ROOM];
	uint32_t nr = ROOM;

	ASSERT_EQ(0, xc_domain_get_cpuid(self->xch, self->domid, leaves, &nr));
	ASSERT_EQ(self->nr, nr);
	EXPECT_TRUE(wanted(self->want, leaves, nr));
	nr = self->nr - 1;
	EXPECT_EQ(-1, xc_domain_get_cpuid(self->xch, self->domid, leaves, &nr));
	EXPECT_EQ(ENOBUFS, errno);
	EXPECT_EQ(self->nr - 1, nr);
	nr = ROOM;
	EXPECT_EQ(-1, xc_domain_get_cpuid(self->xch, 31999, leaves, &nr));
	EXPECT_EQ(ESRCH, errno);
}

TEST_F(extend, in_a_batch)
{
	static xen_cpuid_leaf_t leaves[3][ROOM];
	struct xc_batch_result results[5];
	uint32_t nr[5] = { ROOM, ROOM, 1, 0, ROOM };
	const int errs[5] = { 0, ESRCH, ENOBUFS, 0, 0 };
	const uint32_t domid = self->domid;
	int i;

	memset(leaves, 0x5a, sizeof(leaves));
	ASSERT_EQ(0, xc_batch_begin(self->xch));
	EXPECT_EQ(0, xc_domain_get_cpuid(self->xch, domid, leaves[0], &nr[0]));
	EXPECT_EQ(0, xc_domain_get_cpuid(self->xch, 31999, leaves[1], &nr[1]));
	EXPECT_EQ(0, xc_domain_get_cpuid(self->xch, domid, leaves[1], &nr[2]));
	EXPECT_EQ(0, xc_domain_get_cpuid(self->xch, domid, NULL, &nr[3]));
	EXPECT_EQ(0, xc_domain_get_cpuid(self->xch, domid, leaves[2], &nr[4]));
	EXPECT_EQ(5, xc_batch_queued(self->xch));
	EXPECT_EQ(0x5a5a5a5a, leaves[0][0].a);
	EXPECT_EQ(2, xc_batch_commit(self->xch, results, 5));
	for (i = 0; i < 5; i++) {
		EXPECT_EQ(errs[i], results[i].err);
		EXPECT_EQ(errs[i] ? -1 : 0, results[i].ret);
	}
	EXPECT_EQ(self->nr, nr[0]);
	EXPECT_EQ(ROOM, nr[1]);
	EXPECT_EQ(1, nr[2]);
	EXPECT_EQ(self->max, nr[3]);
	EXPECT_EQ(self->nr, nr[4]);
	EXPECT_TRUE(wanted(self->want, leaves[0], self->nr));
	EXPECT_TRUE(wanted(self->want, leaves[2], self->nr));
}

/* The program's own, over xc_domctl, with a buffer that Xen may touch. */
static int own(xc_interface *xch, uint32_t domid, struct xen_domctl *d,
	       void *leaves, uint32_t nr)
{
	memset(d, 0, sizeof(*d));
	d->cmd = XEN_DOMCTL_get_cpu_policy;
	d->domain = domid;
	d->u.cpu_policy.nr_leaves = nr;
	d->u.cpu_policy.leaves.p = leaves;
	return xc_domctl(xch, d);
}

TEST_F(extend, by_a_program_itself)
{
	xenbatch *xb = xc_batch_handle(self->xch);
	struct xc_batch_result results[2];
	struct xen_domctl d[2];
	xen_cpuid_leaf_t *leaves;

	ASSERT_NE(NULL, xb);
	leaves = xenbatch_alloc(xb, ROOM * sizeof(*leaves));
	ASSERT_NE(NULL, leaves);
	ASSERT_EQ(0, own(self->xch, self->domid, d, leaves, ROOM));
	EXPECT_EQ(self->nr, d->u.cpu_policy.nr_leaves);
	EXPECT_TRUE(wanted(self->want, leaves, self->nr));

	memset(leaves, 0x5a, ROOM * sizeof(*leaves));
	ASSERT_EQ(0, xc_batch_begin(self->xch));
	EXPECT_EQ(0, own(self->xch, self->domid, &d[0], leaves, ROOM));
	EXPECT_EQ(0, own(self->xch, 31999, &d[1], NULL, 0));
	EXPECT_EQ(1, xc_batch_commit(self->xch, results, 2));
	EXPECT_EQ(ESRCH, results[1].err);
	EXPECT_EQ(self->nr, d[0].u.cpu_policy.nr_leaves);
	EXPECT_TRUE(wanted(self->want, leaves, self->nr));
	xenbatch_free(xb, leaves);
}

/* ... and over the native API, where the domctl lies in such memory too. */
TEST_F(extend, over_the_native_api)
{
	struct xenbatch_result results[2];
	struct { struct xen_domctl d; xen_cpuid_leaf_t leaves[ROOM]; } *m;
	struct xenbatch_batch *b;
	uint64_t arg;
	xenbatch *xb;
	int i;

	xb = xenbatch_open(0);
	ASSERT_NE(NULL, xb);
	m = xenbatch_alloc(xb, sizeof(*m));
	ASSERT_NE(NULL, m);
	arg = (uintptr_t)&m->d;
	for (i = 0; i < 2; i++) {
		memset(m, 0, sizeof(*m));
		m->d.cmd = XEN_DOMCTL_get_cpu_policy;
		m->d.interface_version = XEN_DOMCTL_INTERFACE_VERSION;
		m->d.domain = self->domid;
		m->d.u.cpu_policy.nr_leaves = ROOM;
		m->d.u.cpu_policy.leaves.p = m->leaves;
		if (i) {
			b = xenbatch_batch_begin(xb);
			ASSERT_NE(NULL, b);
			EXPECT_EQ(0, xenbatch_queue(b, __HYPERVISOR_domctl,
						    &arg, 1, 0, 7));
			EXPECT_EQ(0, xenbatch_commit(b, results, 1));
			EXPECT_EQ(0, results[0].err);
		} else {
			EXPECT_EQ(0, xenbatch_hypercall(xb, __HYPERVISOR_domctl,
							&arg, 1));
		}
		EXPECT_EQ(self->nr, m->d.u.cpu_policy.nr_leaves);
		EXPECT_TRUE(wanted(self->want, m->leaves, self->nr));
	}
	xenbatch_free(xb, m);
	xenbatch_close(xb);
}

TEST_HARNESS_MAIN
