// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Promise: a restricted handle makes no raw hypercall any more, in no way, and
 * there is no way back; xentoolcore_restrict_all reaches every open handle.
 */
#include "unit.h"

#include <xentoolcore.h>

static int version_errno(xenbatch *xb)
{
	uint64_t args[] = { XENVER_version };

	if (xenbatch_hypercall(xb, __HYPERVISOR_xen_version, args, 1) >= 0)
		return 0;
	return errno;
}

static void hypercalls_are_refused(void **state)
{
	xenbatch *xb = *state;
	uint64_t args[] = { XENVER_version };
	struct xenbatch_result r[3];
	struct xenbatch_batch *b;
	int i;

	assert_int_equal(version_errno(xb), 0);
	assert_int_equal(xenbatch_restrict(xb, 5), 0);
	assert_int_equal(version_errno(xb), EPERM);

	b = xenbatch_batch_begin(xb);
	for (i = 0; i < 3; i++)
		xenbatch_queue(b, __HYPERVISOR_xen_version, args, 1,
			       i == 1 ? XENBATCH_LINK : 0, i);
	assert_int_equal(xenbatch_commit(b, r, 3), 3);
	assert_int_equal(r[0].err, EPERM);
	assert_int_equal(r[1].err, EPERM);
	assert_int_equal(r[2].err, ECANCELED);
	assert_int_equal(xb_fake_counts.hypercalls, 1);
}

static void no_way_back(void **state)
{
	xenbatch *xb = *state;

	assert_int_equal(xenbatch_restrict(xb, 5), 0);
	assert_int_equal(xenbatch_restrict(xb, 5), 0);
	assert_int_equal(xenbatch_restrict(xb, 6), -1);
	assert_int_equal(errno, EINVAL);
	assert_int_equal(version_errno(xb), EPERM);
}

static void reserved_domids(void **state)
{
	static const uint16_t reserved[] = { 0x7ff0, 0x7fff, 0x8000, 0xffff };
	size_t i;

	for (i = 0; i < ARRAY_SIZE(reserved); i++) {
		assert_int_equal(xenbatch_restrict(*state, reserved[i]), -1);
		assert_int_equal(errno, EINVAL);
	}
	assert_int_equal(version_errno(*state), 0);
	assert_int_equal(xenbatch_restrict(*state, 0x7fef), 0);
}

/* Those opened before, all of them; and none of those opened after. */
static void through_xentoolcore(void **state)
{
	xenbatch *xb[3], *later;
	int i;

	(void)state;
	for (i = 0; i < 3; i++)
		xb[i] = xenbatch_open(0);
	xenbatch_close(xb[1]);
	assert_int_equal(xentoolcore_restrict_all(9), 0);
	assert_int_equal(version_errno(xb[0]), EPERM);
	assert_int_equal(version_errno(xb[2]), EPERM);
	assert_int_equal(xenbatch_restrict(xb[2], 8), -1);
	later = xenbatch_open(0);
	assert_int_equal(version_errno(later), 0);
	xenbatch_close(later);
	xenbatch_close(xb[2]);
	xenbatch_close(xb[0]);
}

static void memory_is_still_there(void **state)
{
	char *p = xenbatch_alloc(*state, 100);

	assert_int_equal(xenbatch_restrict(*state, 5), 0);
	memset(p, 1, 100);
	xenbatch_free(*state, p);
	p = xenbatch_alloc(*state, 1 << 20);
	assert_non_null(p);
	xenbatch_free(*state, p);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		opened_test(hypercalls_are_refused),
		opened_test(no_way_back),
		opened_test(reserved_domids),
		opened_test(through_xentoolcore),
		opened_test(memory_is_still_there),
	};

	return unit_run("restrict", tests, ARRAY_SIZE(tests), unit_all);
}
