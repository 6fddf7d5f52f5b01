// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Promise: a batch runs its operations in the order of the program, each with
 * its own result, whether the kernel runs it in one go or is interrupted; and
 * an error of one call is that call's alone, unless it was linked.
 */
#include "unit.h"

static uint64_t *traced;
static size_t nr_traced;

static void trace(unsigned int number, const uint64_t *args)
{
	(void)number;
	traced[nr_traced++] = args[1];
}

/* n calls that can be told from each other by their second argument. */
static void queue_numbered(struct xenbatch_batch *b, unsigned int n)
{
	unsigned int i;

	for (i = 0; i < n; i++) {
		uint64_t args[] = { XENVER_version, i };

		assert_int_equal(xenbatch_queue(b, __HYPERVISOR_xen_version,
						args, 2, 0, ~i), i);
	}
	assert_int_equal(xenbatch_queued(b), n);
}

static void run_numbered(xenbatch *xb, unsigned int n)
{
	struct xenbatch_result *results = calloc(n, sizeof(*results));
	struct xenbatch_batch *b = xenbatch_batch_begin(xb);
	unsigned int i;

	assert_non_null(b);
	traced = calloc(n, sizeof(*traced));
	nr_traced = 0;
	xb_fake_knobs.trace = trace;
	queue_numbered(b, n);
	assert_int_equal(xenbatch_commit(b, results, n), 0);
	xb_fake_knobs.trace = NULL;

	assert_int_equal(nr_traced, n);
	for (i = 0; i < n; i++) {
		assert_int_equal(traced[i], i);
		assert_int_equal(results[i].ret, XB_FAKE_VERSION);
		assert_int_equal(results[i].err, 0);
		assert_int_equal(results[i].tag, (uint32_t)~i);
	}
	free(traced);
	free(results);
}

static void order_is_kept(void **state)
{
	static const unsigned int sizes[] = { 1, 2, 63, 64, 65, 511, 512, 513 };
	size_t i;

	for (i = 0; i < ARRAY_SIZE(sizes); i++)
		run_numbered(*state, sizes[i]);
}

static void ten_thousand(void **state)
{
	run_numbered(*state, 10000);
	run_numbered(*state, 10000);
}

static void one_submit_is_enough(void **state)
{
	uint64_t submits;

	run_numbered(*state, 10000);
	submits = xb_fake_counts.submits;
	run_numbered(*state, 10000);
	assert_int_equal(xb_fake_counts.submits, submits + 1);
}

static void interrupted_and_resumed(void **state)
{
	xb_fake_knobs.interrupt_after = 7;
	run_numbered(*state, 1000);
	assert_int_equal(xb_fake_counts.submits, (1000 + 6) / 7);
	xb_fake_knobs.interrupt_after = 1;
	run_numbered(*state, 100);
}

static void errors_are_each_calls_own(void **state)
{
	xenbatch *xb = *state;
	struct xenbatch_result r[7];
	struct xen_domctl on_stack = { .cmd = XEN_DOMCTL_getvcpuinfo };
	static const int good_at[] = { 0, 2, 6 };
	struct xen_domctl *good[3], *bad_domain, *bad_vcpu;
	struct xenbatch_batch *b;
	uint64_t args[5] = { 0 };
	int i;

	for (i = 0; i < 3; i++)
		good[i] = unit_vcpuinfo(xb, 0, i % 2);
	bad_domain = unit_vcpuinfo(xb, 77, 0);
	bad_vcpu = unit_vcpuinfo(xb, 0, 2);

	b = xenbatch_batch_begin(xb);
	unit_queue(b, good[0], 0, 10);
	unit_queue(b, bad_domain, 0, 11);
	unit_queue(b, good[1], 0, 12);
	unit_queue(b, &on_stack, 0, 13);
	unit_queue(b, bad_vcpu, 0, 14);
	xenbatch_queue(b, 63, args, 5, 0, 15);
	unit_queue(b, good[2], 0, 16);
	assert_int_equal(xenbatch_commit(b, r, 7), 4);

	assert_int_equal(r[1].err, ESRCH);
	assert_int_equal(r[3].err, EFAULT);
	assert_int_equal(r[4].err, ESRCH);
	assert_int_equal(r[5].err, ENOSYS);
	for (i = 0; i < 7; i++) {
		assert_int_equal(r[i].tag, 10 + i);
		assert_int_equal(r[i].ret, r[i].err ? -1 : 0);
	}
	for (i = 0; i < 3; i++) {
		assert_int_equal(r[good_at[i]].err, 0);
		assert_int_equal(good[i]->u.getvcpuinfo.cpu_time,
				 xb_fake_cpu_time(0, i % 2));
		xenbatch_free(xb, good[i]);
	}
	xenbatch_free(xb, bad_domain);
	xenbatch_free(xb, bad_vcpu);
}

/* Operation at fails; which are canceled because of it? */
static void link_case(xenbatch *xb, const char *links, int at,
		      const char *canceled)
{
	struct xenbatch_batch *b = xenbatch_batch_begin(xb);
	int n = strlen(links), fails = 1, i;
	struct xenbatch_result r[16];
	uint64_t args[1] = { XENVER_version };

	xb_fake_knobs.fail_at = xb_fake_counts.hypercalls + at;
	xb_fake_knobs.fail_err = EIO;
	for (i = 0; i < n; i++)
		xenbatch_queue(b, __HYPERVISOR_xen_version, args, 1,
			       links[i] == 'l' ? XENBATCH_LINK : 0, i);
	for (i = 0; i < n; i++)
		fails += canceled[i] == 'c';
	assert_int_equal(xenbatch_commit(b, r, 16), fails);
	for (i = 0; i < n; i++)
		assert_int_equal(r[i].err, i == at ? EIO :
				 canceled[i] == 'c' ? ECANCELED : 0);
}

static void links_cancel_what_follows(void **state)
{
	link_case(*state, "ll.l.", 0, " cc  ");
	link_case(*state, "ll.l.", 1, "  c  ");
	link_case(*state, "ll.l.", 2, "     ");
	link_case(*state, "ll.l.", 3, "    c");
	link_case(*state, "llll", 0, " ccc");
	link_case(*state, "l", 0, " ");
	/* An interruption in mid-chain does not cut the chain. */
	xb_fake_knobs.interrupt_after = 1;
	link_case(*state, "ll.l.", 0, " cc  ");
	link_case(*state, "..lll.", 3, "    cc");
}

static void full_batch_stays_as_it_was(void **state)
{
	struct xenbatch_limits limits;
	struct xenbatch_batch *b;
	struct xenbatch_result *r;
	uint64_t args[] = { XENVER_version, 0 };
	unsigned int n = 0, i;
	xenbatch *xb;

	(void)state;
	xb_fake_knobs.ops_max = 2048;
	xb = xenbatch_open(0);
	assert_int_equal(xenbatch_limits(xb, &limits), 0);
	b = xenbatch_batch_begin(xb);
	while (xenbatch_queue(b, __HYPERVISOR_xen_version, args, 2, 0, n) >= 0)
		n++;
	assert_int_equal(errno, ENOSPC);
	assert_int_equal(xenbatch_queued(b), n);
	assert_true(n >= limits.ops_max / 2);
	/* Again: the same. */
	assert_int_equal(xenbatch_queue(b, 17, args, 2, 0, 0), -1);
	assert_int_equal(errno, ENOSPC);

	r = calloc(n, sizeof(*r));
	assert_int_equal(xenbatch_commit(b, r, n), 0);
	for (i = 0; i < n; i++) {
		assert_int_equal(r[i].ret, XB_FAKE_VERSION);
		assert_int_equal(r[i].tag, i);
	}
	free(r);
	xenbatch_close(xb);
}

static void cancel_forgets(void **state)
{
	struct xenbatch_batch *b = xenbatch_batch_begin(*state);

	queue_numbered(b, 100);
	xenbatch_cancel(b);
	assert_int_equal(xb_fake_counts.hypercalls, 0);
	run_numbered(*state, 3);
}

static void empty_commit(void **state)
{
	struct xenbatch_batch *b = xenbatch_batch_begin(*state);

	errno = 0;
	assert_int_equal(xenbatch_commit(b, NULL, 0), 0);
	assert_int_equal(errno, 0);
	assert_int_equal(xb_fake_counts.submits, 0);
}

static void results_are_optional(void **state)
{
	struct xenbatch_result r[3] = { { .tag = 0 } };
	struct xenbatch_batch *b = xenbatch_batch_begin(*state);

	queue_numbered(b, 5);
	assert_int_equal(xenbatch_commit(b, NULL, 5), 0);
	b = xenbatch_batch_begin(*state);
	queue_numbered(b, 5);
	assert_int_equal(xenbatch_commit(b, r, 2), 0);
	assert_int_equal(r[1].tag, ~1U);
	assert_int_equal(r[2].tag, 0);
}

static void one_batch_a_thread(void **state)
{
	struct xenbatch_batch *b = xenbatch_batch_begin(*state);

	queue_numbered(b, 2);
	assert_null(xenbatch_batch_begin(*state));
	assert_int_equal(errno, EBUSY);
	/* Immediate calls go on meanwhile, past the batch. */
	assert_true(unit_version_works(*state));
	assert_int_equal(xenbatch_queued(b), 2);
	assert_int_equal(xenbatch_commit(b, NULL, 0), 0);
	b = xenbatch_batch_begin(*state);
	assert_non_null(b);
	xenbatch_cancel(b);
}

static void bad_arguments(void **state)
{
	struct xenbatch_batch *b = xenbatch_batch_begin(*state);
	uint64_t args[6] = { 0 };

	assert_int_equal(xenbatch_queue(b, 17, args, 6, 0, 0), -1);
	assert_int_equal(errno, EINVAL);
	assert_int_equal(xenbatch_queue(b, 17, args, 1, 2, 0), -1);
	assert_int_equal(errno, EINVAL);
	assert_int_equal(xenbatch_queue(b, 17 + 65536, args, 1, 0, 0), -1);
	assert_int_equal(errno, EINVAL);
	assert_int_equal(xenbatch_queued(b), 0);
	xenbatch_cancel(b);
	assert_int_equal(xenbatch_hypercall(*state, 17, args, 6), -1);
	assert_int_equal(errno, EINVAL);
	assert_int_equal(xb_fake_counts.hypercalls, 0);
}

static void immediate_calls(void **state)
{
	xenbatch *xb = *state;
	char *buf = xenbatch_alloc(xb, sizeof(xen_extraversion_t));
	uint64_t args[] = { XENVER_extraversion, (uintptr_t)buf };

	errno = 0;
	assert_true(unit_version_works(xb));
	assert_int_equal(xenbatch_hypercall(xb, __HYPERVISOR_xen_version, args,
					    2), 0);
	assert_string_equal(buf, XB_FAKE_EXTRAVERSION);
	assert_int_equal(errno, 0);
	args[1] = (uintptr_t)args;
	assert_int_equal(xenbatch_hypercall(xb, __HYPERVISOR_xen_version, args,
					    2), -1);
	assert_int_equal(errno, EFAULT);
	xenbatch_free(xb, buf);
}

/* The rest of args is 0 and not what an earlier call left there. */
static void missing_arguments_are_zero(void **state)
{
	uint64_t args[] = { 99, 1, 2, 3, 4 };
	uint64_t seen[2];

	traced = seen;
	nr_traced = 0;
	xb_fake_knobs.trace = trace;
	xenbatch_hypercall(*state, __HYPERVISOR_xen_version, args, 5);
	xenbatch_hypercall(*state, __HYPERVISOR_xen_version, args, 1);
	xb_fake_knobs.trace = NULL;
	assert_int_equal(seen[0], 1);
	assert_int_equal(seen[1], 0);
}

static void multicall_is_taken(void **state)
{
	xenbatch *xb = *state;
	struct multicall_entry *m = xenbatch_alloc(xb, 2 * sizeof(*m));
	uint64_t args[] = { (uintptr_t)m, 2 };

	memset(m, 0, 2 * sizeof(*m));
	m[0].op = __HYPERVISOR_xen_version;
	m[1].op = __HYPERVISOR_multicall;
	assert_int_equal(xenbatch_hypercall(xb, __HYPERVISOR_multicall, args,
					    2), 0);
	assert_int_equal(m[0].result, XB_FAKE_VERSION);
	assert_int_equal(m[1].result, (unsigned long)-EINVAL);
	xenbatch_free(xb, m);
}

static void whole_submit_refused(void **state)
{
	struct xenbatch_batch *b = xenbatch_batch_begin(*state);
	uint64_t args[] = { XENVER_version };

	queue_numbered(b, 2);
	fake_kernel.submit_err = ENOMEM;
	assert_int_equal(xenbatch_commit(b, NULL, 0), -1);
	assert_int_equal(errno, ENOMEM);
	assert_int_equal(xenbatch_hypercall(*state, 17, args, 1), -1);
	assert_int_equal(errno, ENOMEM);
	fake_kernel.submit_err = 0;
	run_numbered(*state, 2);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		opened_test(order_is_kept),
		opened_test(ten_thousand),
		opened_test(errors_are_each_calls_own),
		opened_test(links_cancel_what_follows),
		opened_test(full_batch_stays_as_it_was),
		opened_test(cancel_forgets),
		opened_test(empty_commit),
		opened_test(results_are_optional),
		opened_test(one_batch_a_thread),
		opened_test(bad_arguments),
		opened_test(immediate_calls),
		opened_test(missing_arguments_are_zero),
		opened_test(multicall_is_taken),
	};
	static const struct CMUnitTest submit_tests[] = {
		opened_test(one_submit_is_enough),
		opened_test(interrupted_and_resumed),
	};

	static const struct CMUnitTest module_tests[] = {
		opened_test(whole_submit_refused),
	};
	static const char *const module[] = { "module", NULL };

	return unit_run("batch", tests, ARRAY_SIZE(tests), unit_all) +
	       unit_run("submit", submit_tests, ARRAY_SIZE(submit_tests),
			unit_batching) +
	       unit_run("module", module_tests, ARRAY_SIZE(module_tests),
			module);
}
