// SPDX-License-Identifier: GPL-2.0-or-later
#include "unit.h"

const char *unit_backend;

const char *const unit_all[] = { "fake", "module", "stock", NULL };
const char *const unit_batching[] = { "fake", "module", NULL };

int unit_open(void **state)
{
	xb_fake_reset();
	fake_kernel_reset();
	setenv("XENBATCH_BACKEND", unit_backend, 1);
	*state = xenbatch_open(0);
	return *state ? 0 : -1;
}

int unit_close(void **state)
{
	return xenbatch_close(*state);
}

int unit_run(const char *name, const struct CMUnitTest *tests, size_t nr,
	     const char *const *backends)
{
	char group[64];
	int failed = 0;

	for (; *backends; backends++) {
		unit_backend = *backends;
		snprintf(group, sizeof(group), "%s over %s", name, *backends);
		failed += _cmocka_run_group_tests(group, tests, nr, NULL, NULL);
	}
	return failed;
}

int unit_in_child(int (*fn)(void *arg), void *arg)
{
	int status;
	pid_t pid;

	fflush(NULL);
	pid = fork();
	assert_true(pid >= 0);
	if (!pid)
		_exit(fn(arg));
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

struct xen_domctl *unit_vcpuinfo(xenbatch *xb, uint16_t domid,
				 unsigned int vcpu)
{
	struct xen_domctl *domctl = xenbatch_alloc(xb, sizeof(*domctl));

	assert_non_null(domctl);
	memset(domctl, 0, sizeof(*domctl));
	domctl->cmd = XEN_DOMCTL_getvcpuinfo;
	domctl->interface_version = XEN_DOMCTL_INTERFACE_VERSION;
	domctl->domain = domid;
	domctl->u.getvcpuinfo.vcpu = vcpu;
	return domctl;
}

int unit_queue(struct xenbatch_batch *b, struct xen_domctl *domctl,
	       unsigned int flags, uint32_t tag)
{
	uint64_t args[] = { (uintptr_t)domctl };

	return xenbatch_queue(b, __HYPERVISOR_domctl, args, 1, flags, tag);
}

bool unit_version_works(xenbatch *xb)
{
	uint64_t args[] = { XENVER_version, 0 };

	return xenbatch_hypercall(xb, __HYPERVISOR_xen_version, args, 2) ==
	       XB_FAKE_VERSION;
}

int unit_use(void *arg)
{
	struct xen_domctl *domctls[100];
	struct xenbatch_batch *b;
	xenbatch *xb = arg;
	int i;

	b = xenbatch_batch_begin(xb);
	if (!b)
		return 1;
	for (i = 0; i < 100; i++) {
		domctls[i] = unit_vcpuinfo(xb, 0, i % 2);
		if (unit_queue(b, domctls[i], 0, i) != i)
			return 2;
	}
	if (xenbatch_commit(b, NULL, 0))
		return 3;
	for (i = 0; i < 100; i++) {
		if (domctls[i]->u.getvcpuinfo.cpu_time !=
		    xb_fake_cpu_time(0, i % 2))
			return 4;
		xenbatch_free(xb, domctls[i]);
	}
	return unit_version_works(xb) ? 0 : 5;
}
