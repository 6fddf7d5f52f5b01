// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A library that has the name of one that is watched, and does what the tests
 * want: takes arguments of all kinds, calls itself, and asks devices.
 */
#include <fcntl.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <xenctrl.h>
#include <xen/sys/gntdev.h>
#include <xen/sys/privcmd.h>

#include "uapi/xenbatch.h"
#include "fake.h"

double fake_sum(int a, long b, double c, int d, int e, int f, long g, double h)
{
	return a + b + c + d + e + f + g + h;
}

int fake_vsum(int nr, ...)
{
	va_list ap;
	int sum = 0;

	va_start(ap, nr);
	while (nr--)
		sum += va_arg(ap, int);
	va_end(ap);
	return sum;
}

void fake_nothing(void)
{
}

static int hypercall(int op, uint64_t arg0, uint64_t arg1)
{
	privcmd_hypercall_t call = { op, { arg0, arg1 } };

	return ioctl(-1, IOCTL_PRIVCMD_HYPERCALL, &call);
}

void fake_hypercalls(void)
{
	static uint32_t domctl[64] = { XEN_DOMCTL_getvcpuinfo };
	static uint64_t list[2][8] = {
		{ __HYPERVISOR_memory_op, 0, XENMEM_current_reservation },
		{ __HYPERVISOR_xen_version, -22, XENVER_pagesize },
	};

	hypercall(__HYPERVISOR_domctl, (uintptr_t)domctl, 0);
	hypercall(__HYPERVISOR_domctl, (uintptr_t)domctl, 0);
	hypercall(__HYPERVISOR_xen_version, XENVER_version, 0);
	hypercall(__HYPERVISOR_multicall, (uintptr_t)list, 2);
	/* fails (fake_fail), and its memory is there, or nowhere */
	hypercall(__HYPERVISOR_sysctl, (uintptr_t)domctl, FAKE_FAIL);
	hypercall(__HYPERVISOR_sysctl, 16, FAKE_FAIL);
}

void fake_mappings(void)
{
	size_t size = 8 * 4096;
	char *p = mmap(NULL, size, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1,
		       0);
	int err[8] = { 0, 0, -1 };
	privcmd_mmapbatch_v2_t batch = {
		.num = 8, .addr = (uintptr_t)p, .err = err,
	};
	struct ioctl_gntdev_map_grant_ref map = { .count = 3 };
	struct ioctl_gntdev_unmap_grant_ref unmap = { .count = 2 };

	ioctl(-1, IOCTL_PRIVCMD_MMAPBATCH_V2, &batch);
	munmap(p, size);
	/* no frames of anybody */
	munmap(mmap(NULL, size, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0),
	       size);
	ioctl(-1, IOCTL_GNTDEV_MAP_GRANT_REF, &map);
	ioctl(-1, IOCTL_GNTDEV_UNMAP_GRANT_REF, &unmap);
}

/* As the module would have left them. */
static void fill(struct xenbatch_op *op, uint32_t *sysctl)
{
	op[0].opcode = XENBATCH_OP_HYPERCALL;
	op[0].number = __HYPERVISOR_sysctl;
	op[0].arg[0] = (uintptr_t)sysctl;
	op[1] = op[0];
	op[2].opcode = XENBATCH_OP_FOREIGN_MAP;
	op[2].map.count = 100;
	op[3].opcode = XENBATCH_OP_FOREIGN_UNMAP;
	op[3].map.count = 100;
	op[3].result = 60;
	op[4].opcode = XENBATCH_OP_GRANT_MAP;
	op[4].map.count = 5;
	op[4].result = -1;
	op[5].opcode = 200;	/* of a module to come; and what is not run */
}

void fake_batch(void)
{
	off_t at = XENBATCH_MMAP_OFFSET(XENBATCH_REGION_OPS, 4096);
	struct xenbatch_submit submit = { .first = 64, .count = 6 };
	static uint32_t sysctl[64] = { XEN_SYSCTL_physinfo };
	int fd = memfd_create("ops", MFD_CLOEXEC);
	struct xenbatch_op *op;

	if (fd < 0 || ftruncate(fd, at + 4096))
		abort();
	op = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, at);
	fill(op, sysctl);
	ioctl(fd, XENBATCH_IOC_SUBMIT, &submit);	/* five are done */
	submit.first = 69;
	submit.count = 1;
	syscall(16 /* ioctl */, fd, XENBATCH_IOC_SUBMIT, &submit);
	/* unknown from here on */
	close(fd);
	submit.first = 64;
	ioctl(fd, XENBATCH_IOC_SUBMIT, &submit);
}
