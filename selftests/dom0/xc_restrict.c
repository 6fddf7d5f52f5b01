// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Promise: xentoolcore_restrict_all() holds for our libxenctrl as for stock's:
 * afterwards no call of a handle that was open reaches Xen, at once, in a batch
 * or by the stock libraries' handles, which ours opens only when asked.
 */
#include <dlfcn.h>
#include <sys/mman.h>
#include <sys/wait.h>

#include "kselftest_harness.h"

/* xenctrl.h comes first: it says that this is a tool. */
#include "helper/skip.h"
#include "helper/xc_domain.h"
#include "xenbatch_xc.h"

#include <xencall.h>
#include <xenforeignmemory.h>

FIXTURE(restricted)
{
	xc_interface *xch;
	uint32_t domid;
	int (*restrict_all)(domid_t domid);
};

FIXTURE_SETUP(restricted)
{
	self->xch = xc_interface_open(NULL, NULL, 0);
	if (!self->xch)
		SKIP_TEST("no Xen here");
	ASSERT_EQ(0, new_domain(self->xch, &self->domid));
	/* Its library is loaded with ours; it has no name of its own here. */
	self->restrict_all = dlsym(RTLD_DEFAULT, "xentoolcore_restrict_all");
	ASSERT_NE(NULL, self->restrict_all);
}

FIXTURE_TEARDOWN(restricted)
{
	/* All of a child's handles were restricted, and none of ours. */
	EXPECT_LT(0, xc_version(self->xch, XENVER_version, NULL));
	end_domain(self->xch, self->domid);
	xc_interface_close(self->xch);
}

/* Run in a child: the restriction is for the rest of a process's life. */
static int in_child(int (*fn)(xc_interface *xch, uint32_t domid),
		    int (*restrict_all)(domid_t), uint32_t domid)
{
	int status = -1;
	pid_t pid = fork();

	if (!pid) {
		xc_interface *xch = xc_interface_open(NULL, NULL, 0);

		if (!xch || xc_version(xch, XENVER_version, NULL) <= 0 ||
		    restrict_all(domid))
			_exit(99);
		_exit(fn(xch, domid));
	}
	waitpid(pid, &status, 0);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static int at_once(xc_interface *xch, uint32_t domid)
{
	xc_vcpuinfo_t info;
	xc_dominfo_t dom;

	return (xc_vcpu_getinfo(xch, domid, 0, &info) != -1) |
	       (xc_domain_getinfo(xch, domid, 1, &dom) != -1) << 1 |
	       (xc_domain_pause(xch, domid) != -1) << 2 |
	       (xc_version(xch, XENVER_version, NULL) != -1) << 3;
}

static int in_batch(xc_interface *xch, uint32_t domid)
{
	struct xc_batch_result r[2] = { { 0 } };
	xc_vcpuinfo_t info;
	int rc;

	if (xc_batch_begin(xch))
		return 0;
	xc_vcpu_getinfo(xch, domid, 0, &info);
	xc_domain_pause(xch, domid);
	rc = xc_batch_commit(xch, r, 2);
	return (rc != -1 && rc != 2) | (r[0].ret != -1 || !r[0].err) << 1 |
	       (r[1].ret != -1 || !r[1].err) << 2;
}

static int opened_late(xc_interface *xch, uint32_t domid)
{
	struct xenforeignmemory_handle *fmem = xc_interface_fmem_handle(xch);
	struct xencall_handle *call = xc_interface_xcall_handle(xch);
	xen_pfn_t frame = 5;
	int bad;

	(void)domid;
	bad = call && xencall2(call, __HYPERVISOR_xen_version, XENVER_version,
			       0) >= 0;
	bad |= (fmem && xenforeignmemory_map(fmem, 0, PROT_READ, 1, &frame,
					     NULL)) << 1;
	/* They are there, as stock's are, and lead nowhere. */
	return bad | !fmem << 2 | !call << 3;
}

TEST_F(restricted, at_once)
{
	EXPECT_EQ(0, in_child(at_once, self->restrict_all, self->domid));
}

TEST_F(restricted, in_a_batch)
{
	EXPECT_EQ(0, in_child(in_batch, self->restrict_all, self->domid));
}

TEST_F(restricted, handles_opened_late)
{
	EXPECT_EQ(0, in_child(opened_late, self->restrict_all, self->domid));
}

TEST_HARNESS_MAIN
