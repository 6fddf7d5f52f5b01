// SPDX-License-Identifier: GPL-2.0-or-later
/* Connections: to the hypervisor by the library, to the module directly. */
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <xen/xen.h>
#include <xen/version.h>

#include "tool.h"

xenbatch *tool_open(void)
{
	const char *forced = getenv("XENBATCH_BACKEND");
	xenbatch *xb = xenbatch_open(0);

	if (xb)
		return xb;
	if (errno == EINVAL && forced)
		tool_error("XENBATCH_BACKEND=%s names no backend: say 'module' or 'stock', or unset it",
			   forced);
	else if (errno == EACCES || errno == EPERM)
		tool_error("the hypervisor's device may not be opened (%s): run this as root",
			   strerror(errno));
	else if (access("/sys/hypervisor/type", F_OK) != 0)
		tool_error("no Xen here: boot this machine under Xen and run this in its dom0");
	else if (forced && !strcmp(forced, "module"))
		tool_error("%s cannot be opened (%s): load it with 'modprobe xenbatch', or unset XENBATCH_BACKEND",
			   XENBATCH_DEVICE, strerror(errno));
	else
		tool_error("no way to the hypervisor (%s): run this in dom0, after 'modprobe xen-privcmd' or 'modprobe xenbatch'",
			   strerror(errno));
	return NULL;
}

bool tool_xen_version(xenbatch *xb, char *buf, size_t size)
{
	uint64_t args[2] = { XENVER_version, 0 };
	long version = xenbatch_hypercall(xb, __HYPERVISOR_xen_version, args,
					  2);
	xen_extraversion_t *extra;
	bool known = false;

	if (version < 0)
		return false;
	extra = xenbatch_alloc(xb, sizeof(*extra));
	if (extra) {
		args[0] = XENVER_extraversion;
		args[1] = (uintptr_t)extra;
		known = xenbatch_hypercall(xb, __HYPERVISOR_xen_version, args,
					   2) >= 0;
	}
	snprintf(buf, size, "%ld.%ld%.*s", version >> 16, version & 0xffff,
		 known ? (int)sizeof(*extra) : 0, known ? *extra : "");
	xenbatch_free(xb, extra);
	return true;
}

int tool_module_open(struct xenbatch_info *info)
{
	int fd = open(XENBATCH_DEVICE, O_RDWR | O_CLOEXEC);

	if (fd < 0)
		return -1;
	memset(info, 0, sizeof(*info));
	if (ioctl(fd, XENBATCH_IOC_INFO, info) != 0) {
		int err = errno;

		close(fd);
		errno = err;
		return -1;
	}
	return fd;
}

bool tool_counter(int fd, const struct xenbatch_info *info, const char *name,
		  uint64_t *value)
{
	for (uint32_t i = 0; i < info->nr_counters; i++) {
		struct xenbatch_counter counter = { .index = i };

		if (ioctl(fd, XENBATCH_IOC_COUNTER, &counter) != 0)
			return false;
		if (strcmp(counter.name, name) == 0) {
			*value = counter.total;
			return true;
		}
	}
	return false;
}
