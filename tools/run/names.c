// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What numbers are called. Hypercalls and their operations come from Xen's own
 * headers (names.awk), the groups of libxenctrl from lib/xc/api.def.
 */
#include <string.h>
#include <sys/ioctl.h>

#include <xenctrl.h>
#include <xen/sys/evtchn.h>
#include <xen/sys/gntalloc.h>
#include <xen/sys/gntdev.h>
#include <xen/sys/privcmd.h>

#include "uapi/xenbatch.h"
#include "run.h"

#define NR(a) (sizeof(a) / sizeof((a)[0]))

static const char *const libraries[WATCH_NR_LIBRARIES] = {
	[WATCH_OTHER] = "other",
	[WATCH_XENCTRL] = "libxenctrl",
	[WATCH_XENCALL] = "libxencall",
	[WATCH_XENDEVICEMODEL] = "libxendevicemodel",
	[WATCH_XENEVTCHN] = "libxenevtchn",
	[WATCH_XENFOREIGNMEMORY] = "libxenforeignmemory",
	[WATCH_XENGNTTAB] = "libxengnttab",
	[WATCH_XENBATCH] = "libxenbatch",
};

static const struct { const char *function, *group; } groups[] = {
#define XC(name, group, hypercalls, when, since, gone)	{ #name, #group },
#define XC_OWN(name, group)				{ #name, #group },
#include "lib/xc/api.def"
};

static const char *const hypercalls[] = {
#define NUMBER(number, name)	[number] = name,
#define OP(number, op, name)
#include "run/hypercalls.inc"
#undef NUMBER
#undef OP
};

static const struct { unsigned int number, op; const char *name; } ops[] = {
#define NUMBER(number, name)
#define OP(number, op, name)	{ number, op, name },
#include "run/hypercalls.inc"
};

static const char *const operations[] = {
	[XENBATCH_OP_NOP] = "nop",
	[XENBATCH_OP_HYPERCALL] = "hypercall",
	[XENBATCH_OP_FOREIGN_MAP] = "foreign_map",
	[XENBATCH_OP_FOREIGN_UNMAP] = "foreign_unmap",
	[XENBATCH_OP_GRANT_MAP] = "grant_map",
	[XENBATCH_OP_GRANT_UNMAP] = "grant_unmap",
	[XENBATCH_OP_GRANT_COPY] = "grant_copy",
	[XENBATCH_OP_EVTCHN_NOTIFY] = "evtchn_notify",
	[XENBATCH_OP_EVTCHN_ACK] = "evtchn_ack",
	[XENBATCH_OP_RESOURCE_MAP] = "resource_map",
	[XENBATCH_OP_GRANT_NOTIFY] = "grant_notify",
	[XENBATCH_OP_EVTCHN_BIND] = "evtchn_bind",
	[XENBATCH_OP_EVTCHN_UNBIND] = "evtchn_unbind",
	[XENBATCH_OP_EVTCHN_AFFINITY] = "evtchn_affinity",
};

static const struct { uint32_t request; const char *name; } requests[] = {
	{ XENBATCH_IOC_INFO, "batch.info" },
	{ XENBATCH_IOC_SUBMIT, "batch.submit" },
	{ XENBATCH_IOC_RESTRICT, "batch.restrict" },
	{ XENBATCH_IOC_COUNTER, "batch.counter" },
	{ XENBATCH_IOC_EVENTFD, "batch.eventfd" },
	{ IOCTL_PRIVCMD_HYPERCALL, "privcmd.hypercall" },
	{ IOCTL_PRIVCMD_MMAP, "privcmd.mmap" },
	{ IOCTL_PRIVCMD_MMAPBATCH, "privcmd.mmapbatch" },
	{ IOCTL_PRIVCMD_MMAPBATCH_V2, "privcmd.mmapbatch_v2" },
	{ IOCTL_PRIVCMD_DM_OP, "privcmd.dm_op" },
	{ IOCTL_PRIVCMD_RESTRICT, "privcmd.restrict" },
	{ IOCTL_PRIVCMD_MMAP_RESOURCE, "privcmd.mmap_resource" },
	{ IOCTL_PRIVCMD_UNIMPLEMENTED, "privcmd.unimplemented" },
	{ IOCTL_EVTCHN_BIND_VIRQ, "evtchn.bind_virq" },
	{ IOCTL_EVTCHN_BIND_INTERDOMAIN, "evtchn.bind_interdomain" },
	{ IOCTL_EVTCHN_BIND_UNBOUND_PORT, "evtchn.bind_unbound_port" },
	{ IOCTL_EVTCHN_UNBIND, "evtchn.unbind" },
	{ IOCTL_EVTCHN_NOTIFY, "evtchn.notify" },
	{ IOCTL_EVTCHN_RESET, "evtchn.reset" },
	{ IOCTL_EVTCHN_RESTRICT_DOMID, "evtchn.restrict" },
	{ IOCTL_GNTDEV_MAP_GRANT_REF, "gntdev.map_grant_ref" },
	{ IOCTL_GNTDEV_UNMAP_GRANT_REF, "gntdev.unmap_grant_ref" },
	{ IOCTL_GNTDEV_GET_OFFSET_FOR_VADDR, "gntdev.get_offset_for_vaddr" },
	{ IOCTL_GNTDEV_SET_MAX_GRANTS, "gntdev.set_max_grants" },
	{ IOCTL_GNTDEV_SET_UNMAP_NOTIFY, "gntdev.set_unmap_notify" },
	{ IOCTL_GNTDEV_GRANT_COPY, "gntdev.grant_copy" },
	{ IOCTL_GNTDEV_DMABUF_EXP_FROM_REFS, "gntdev.dmabuf_exp_from_refs" },
	{ IOCTL_GNTDEV_DMABUF_EXP_WAIT_RELEASED,
	  "gntdev.dmabuf_exp_wait_released" },
	{ IOCTL_GNTDEV_DMABUF_IMP_TO_REFS, "gntdev.dmabuf_imp_to_refs" },
	{ IOCTL_GNTDEV_DMABUF_IMP_RELEASE, "gntdev.dmabuf_imp_release" },
	{ IOCTL_GNTALLOC_ALLOC_GREF, "gntalloc.alloc_gref" },
	{ IOCTL_GNTALLOC_DEALLOC_GREF, "gntalloc.dealloc_gref" },
	{ IOCTL_GNTALLOC_SET_UNMAP_NOTIFY, "gntalloc.set_unmap_notify" },
};

const char *name_of_library(unsigned int library)
{
	return libraries[library < NR(libraries) ? library : 0];
}

const char *name_of_group(const char *function, unsigned int library)
{
	if (library != WATCH_XENCTRL)
		return name_of_library(library);
	for (size_t i = 0; i < NR(groups); i++)
		if (!strcmp(groups[i].function, function))
			return groups[i].group;
	return name_of_library(library);
}

static const char *known(const char *const *names, size_t nr, unsigned int n)
{
	return n < nr ? names[n] : NULL;
}

const char *name_of_hypercall(unsigned int number, uint32_t op, char *buf,
			      size_t size)
{
	const char *name = known(hypercalls, NR(hypercalls), number);
	char unknown[32];

	snprintf(unknown, sizeof(unknown), "hypercall_%u", number);
	if (!name)
		name = unknown;
	if (op == WATCH_NO_OP) {
		snprintf(buf, size, "%s", name);
		return buf;
	}
	for (size_t i = 0; i < NR(ops); i++)
		if (ops[i].number == number && ops[i].op == op) {
			snprintf(buf, size, "%s.%s", name, ops[i].name);
			return buf;
		}
	snprintf(buf, size, "%s.%u", name, op);
	return buf;
}

const char *name_of_operation(unsigned int opcode, char *buf, size_t size)
{
	const char *name = known(operations, NR(operations), opcode);

	snprintf(buf, size, "operation_%u", opcode);
	return name ? name : buf;
}

const char *name_of_request(uint32_t request, char *buf, size_t size)
{
	for (size_t i = 0; i < NR(requests); i++)
		if (requests[i].request == request)
			return requests[i].name;
	snprintf(buf, size, "request_%#x", request);
	return buf;
}
