/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The device without the library: what the tests of the contract itself use.
 * Include after kselftest_harness.h.
 */
#ifndef RAW_H
#define RAW_H

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#define __XEN_TOOLS__ 1
#include <xen/xen.h>
#include <xen/domctl.h>
#include <xen/sysctl.h>
#include <xen/version.h>

#include "../../../uapi/xenbatch.h"
#include "skip.h"

#define PAGE 4096UL
#define OPS_PER_PAGE (PAGE / sizeof(struct xenbatch_op))

static inline int raw_open(void)
{
	return open(XENBATCH_DEVICE, O_RDWR | O_CLOEXEC);
}

static inline void *raw_map(int fd, unsigned int region, uint64_t byte,
			    size_t size)
{
	return mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd,
		    (off_t)XENBATCH_MMAP_OFFSET(region, byte));
}

static inline int raw_submit(int fd, uint32_t first, uint32_t count)
{
	struct xenbatch_submit s = { .first = first, .count = count };

	return ioctl(fd, XENBATCH_IOC_SUBMIT, &s);
}

/* SUBMIT until all is done, as a caller does whom signals interrupt. */
static inline int raw_submit_all(int fd, uint32_t first, uint32_t count)
{
	uint32_t done = 0;
	int ret;

	while (done < count) {
		ret = raw_submit(fd, first + done, count - done);
		if (ret <= 0)
			return -1;
		done += (uint32_t)ret;
	}
	return 0;
}

static inline uint64_t raw_counter(int fd, const char *name)
{
	struct xenbatch_counter c = { .index = 0 };

	for (; !ioctl(fd, XENBATCH_IOC_COUNTER, &c);
	     c = (struct xenbatch_counter){ .index = c.index + 1 })
		if (!strcmp(c.name, name))
			return c.context;
	return ~0ULL;
}

static inline void raw_call(struct xenbatch_op *op, uint16_t number,
			    uint64_t a0, uint64_t a1)
{
	memset(op, 0, sizeof(*op));
	op->opcode = XENBATCH_OP_HYPERCALL;
	op->number = number;
	op->arg[0] = a0;
	op->arg[1] = a1;
}

static inline void raw_version(struct xenbatch_op *op)
{
	raw_call(op, __HYPERVISOR_xen_version, XENVER_version, 0);
}

/* domctl, in the arena, is filled to ask for a vcpu of a domain. */
static inline void raw_vcpuinfo(struct xenbatch_op *op,
				struct xen_domctl *domctl, domid_t domid,
				uint32_t vcpu)
{
	memset(domctl, 0, sizeof(*domctl));
	domctl->cmd = XEN_DOMCTL_getvcpuinfo;
	domctl->interface_version = XEN_DOMCTL_INTERFACE_VERSION;
	domctl->domain = domid;
	domctl->u.getvcpuinfo.vcpu = vcpu;
	raw_call(op, __HYPERVISOR_domctl, (uintptr_t)domctl, 0);
}

#define SKIP_WITHOUT_MODULE(fd)						\
	do {								\
		if ((fd) < 0 && (errno == ENOENT || errno == ENODEV ||	\
				 errno == ENXIO))			\
			SKIP_TEST("the module is not loaded");		\
	} while (0)

#endif /* RAW_H */
