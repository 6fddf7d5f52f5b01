// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The knobs of the simulated hypervisor, for a test in Python that finds them by
 * ctypes in the very extension it tests.
 */
#include <string.h>

#include "fake.h"
#include "fake_kernel.h"

#define EXPORT __attribute__((visibility("default")))

EXPORT void test_reset(void);
void test_reset(void)
{
	xb_fake_reset();
	fake_kernel_reset();
}

EXPORT void test_add_domain(unsigned int domid, unsigned int vcpus);
void test_add_domain(unsigned int domid, unsigned int vcpus)
{
	xb_fake_add_domain(domid, vcpus);
}

EXPORT uint64_t test_cpu_time(unsigned int domid, unsigned int vcpu);
uint64_t test_cpu_time(unsigned int domid, unsigned int vcpu)
{
	return xb_fake_cpu_time(domid, vcpu);
}

EXPORT void test_fill(unsigned int domid, uint64_t gfn, const void *page);
void test_fill(unsigned int domid, uint64_t gfn, const void *page)
{
	memcpy(xb_fake_page(domid, gfn), page, 4096);
}

EXPORT const void *test_page(unsigned int domid, uint64_t gfn);
const void *test_page(unsigned int domid, uint64_t gfn)
{
	return xb_fake_page(domid, gfn);
}

EXPORT unsigned int test_mapped(unsigned int domid);
unsigned int test_mapped(unsigned int domid)
{
	return xb_fake_mapped(domid);
}

EXPORT uint64_t test_submits(void);
uint64_t test_submits(void)
{
	return xb_fake_counts.submits;
}

EXPORT void test_ops_max(unsigned int n);
void test_ops_max(unsigned int n)
{
	xb_fake_knobs.ops_max = n;
}

EXPORT void test_fail_at(uint64_t hypercall, int err);
void test_fail_at(uint64_t hypercall, int err)
{
	xb_fake_knobs.fail_at = hypercall;
	xb_fake_knobs.fail_err = err;
}
