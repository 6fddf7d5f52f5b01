// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The host: Xen's version, memory, cpus, nodes, and its console.
 */
#include "engine.h"

static const uint16_t version_size[] = {
	[XENVER_version] = 0,
	[XENVER_extraversion] = sizeof(xen_extraversion_t),
	[XENVER_compile_info] = sizeof(xen_compile_info_t),
	[XENVER_capabilities] = sizeof(xen_capabilities_info_t),
	[XENVER_changeset] = sizeof(xen_changeset_info_t),
	[XENVER_platform_parameters] = sizeof(xen_platform_parameters_t),
	[XENVER_get_features] = sizeof(xen_feature_info_t),
	[XENVER_pagesize] = 0,
	[XENVER_guest_handle] = sizeof(xen_domain_handle_t),
	[XENVER_commandline] = sizeof(xen_commandline_t),
	[XENVER_build_id] = sizeof(xen_build_id_t),	/* and its buffer */
};

/* Stock gives errors of its own as the return value here. */
static int unknown_version(xc_interface *xch, int cmd)
{
	xc_err(xch, "xc_version: unknown command %d\n", cmd);
	return xe_local(xch, -EINVAL, EINVAL);
}

static __attribute__((noinline)) int
version_buffer(xc_interface *xch, int cmd, void *arg)
{
	size_t size = version_size[cmd];
	struct xe_cursor *k;
	struct xe_done *done;

	if (cmd == XENVER_build_id)
		size += ((xen_build_id_t *)arg)->len;
	k = xe_open(xch, XE_DONE_SIZE + xe_need(arg, size));
	if (!k) {
		xc_perr(xch, "Could not bounce buffer for version hypercall");
		return -ENOMEM;
	}
	done = xe_done_new(k, NULL);
	arg = cmd == XENVER_build_id ? xe_inout(k, done, arg, size) :
				       xe_out(k, done, arg, size);
	return xe_end2_done(k, __HYPERVISOR_xen_version, cmd, arg, done);
}

static __attribute__((noinline)) int
version_slow(xc_interface *xch, int cmd, void *arg)
{
	struct xe_cursor *k;

	if ((unsigned int)cmd >= sizeof(version_size) / sizeof(version_size[0]))
		return unknown_version(xch, cmd);
	if (version_size[cmd])
		return version_buffer(xch, cmd, arg);
	k = xe_open_slow(xch, 0);
	if (!k)
		return -1;
	return xe_end2(k, __HYPERVISOR_xen_version, cmd, NULL);
}

static __attribute__((noinline)) int version_now(xc_interface *xch, int cmd)
{
	struct xb_lane *lane = xe_lane(xch, 0);
	long ret;

	if (unlikely(!lane))
		return version_slow(xch, cmd, NULL);
	xe_head(lane->ops, __HYPERVISOR_xen_version, 0);
	lane->ops[0].arg[0] = cmd;
	lane->ops[0].arg[1] = 0;
	ret = xe_run_lane(lane);
	xb_lane_put(lane);
	return likely(ret >= 0) ? ret :
	       xe_refused(xch, __HYPERVISOR_xen_version, ret);
}

XC_API int xc_version(xc_interface *xch, int cmd, void *arg)
{
	struct xe_cursor *k;

	if (cmd != XENVER_version && cmd != XENVER_pagesize)
		return version_slow(xch, cmd, arg);
	/* The two without a buffer take a few instructions. */
	k = xe_open_queued(xch);
	if (k)
		return xe_end2(k, __HYPERVISOR_xen_version, cmd, NULL);
	return version_now(xch, cmd);
}

XC_API int xc_physinfo(xc_interface *xch, xc_physinfo_t *put_info)
{
	struct xe_cursor *k;
	struct xen_sysctl *s = xe_open_sysctl(&k, xch, XEN_SYSCTL_physinfo);

	if (!s)
		return -1;
	return xe_end_copy(k, XE_SYSCTL, s, put_info, XE_SYSCTL_U,
			   sizeof(*put_info));
}

XC_API int xc_availheap(xc_interface *xch, int min_width, int max_width,
			int node, uint64_t *bytes)
{
	struct xe_cursor *k;
	struct xen_sysctl *s = xe_open_sysctl(&k, xch, XEN_SYSCTL_availheap);

	if (!s)
		return -1;
	s->u.availheap.min_bitwidth = min_width;
	s->u.availheap.max_bitwidth = max_width;
	s->u.availheap.node = node;
	s->u.availheap.avail_bytes = 0;		/* if Xen refuses */
	return xe_end_part(k, XE_SYSCTL, s, bytes,
			   offsetof(struct xen_sysctl, u.availheap.avail_bytes),
			   sizeof(*bytes));
}

static long cputopo_done(struct xe_done *done, long ret)
{
	const struct xen_sysctl *s = done->block;

	if (!ret)
		*(unsigned int *)done->to[0] = s->u.cputopoinfo.num_cpus;
	return ret;
}

XC_API int xc_cputopoinfo(xc_interface *xch, unsigned int *max_cpus,
			  xc_cputopo_t *cputopo)
{
	size_t size = *max_cpus * sizeof(*cputopo);
	struct xe_cursor *k;
	struct xe_done *done;
	struct xen_sysctl *s;

	k = xe_open(xch, XE_DONE_SIZE + xe_need(cputopo, size));
	if (!k)
		return -1;
	s = xe_sysctl(k, XEN_SYSCTL_cputopoinfo);
	done = xe_done_new(k, cputopo_done);
	s->u.cputopoinfo.num_cpus = *max_cpus;
	set_xen_guest_handle_raw(s->u.cputopoinfo.cputopo,
				 xe_out(k, done, cputopo, size));
	done->block = s;
	done->to[0] = max_cpus;
	return xe_end1_done(k, XE_SYSCTL, s, done);
}

static long numa_done(struct xe_done *done, long ret)
{
	const struct xen_sysctl *s = done->block;

	if (!ret)
		*(unsigned int *)done->to[0] = s->u.numainfo.num_nodes;
	return ret;
}

XC_API int xc_numainfo(xc_interface *xch, unsigned int *max_nodes,
		       xc_meminfo_t *meminfo, uint32_t *distance)
{
	size_t mem = *max_nodes * sizeof(*meminfo);
	/* 32 bits for the product, as in stock. */
	size_t dist = *max_nodes * *max_nodes * sizeof(*distance);
	struct xe_cursor *k;
	struct xe_done *done;
	struct xen_sysctl *s;

	k = xe_open(xch, XE_DONE_SIZE + xe_need(meminfo, mem) +
			 xe_need(distance, dist));
	if (!k)
		return -1;
	s = xe_sysctl(k, XEN_SYSCTL_numainfo);
	done = xe_done_new(k, numa_done);
	s->u.numainfo.num_nodes = *max_nodes;
	set_xen_guest_handle_raw(s->u.numainfo.meminfo,
				 xe_out(k, done, meminfo, mem));
	set_xen_guest_handle_raw(s->u.numainfo.distance,
				 xe_out(k, done, distance, dist));
	done->block = s;
	done->to[0] = max_nodes;
	return xe_end1_done(k, XE_SYSCTL, s, done);
}

/* One call; *nr is how many were asked for, and then how many Xen did. */
static int pcitopo_once(xc_interface *xch, physdev_pci_device_t *devs,
			uint32_t *nodes, uint32_t *nr)
{
	size_t dev_size = *nr * sizeof(*devs), node_size = *nr * sizeof(*nodes);
	struct xe_cursor *k;
	struct xe_done *done;
	struct xen_sysctl *s;
	struct xe_out *out;

	k = xe_open_now(xch, XE_DONE_SIZE + xe_need(devs, dev_size) +
			     xe_need(nodes, node_size));
	if (!k)
		return -1;
	s = xe_sysctl(k, XEN_SYSCTL_pcitopoinfo);
	done = xe_done_new(k, NULL);
	s->u.pcitopoinfo.num_devs = *nr;
	set_xen_guest_handle_raw(s->u.pcitopoinfo.devs,
				 xe_in(k, devs, dev_size));
	set_xen_guest_handle_raw(s->u.pcitopoinfo.nodes,
				 xe_inout(k, done, nodes, node_size));
	out = &done->out[done->nr_out++];
	out->user = nr;
	out->xen = &s->u.pcitopoinfo.num_devs;
	out->size = sizeof(*nr);
	return xe_end1_done(k, XE_SYSCTL, s, done);
}

XC_API int xc_pcitopoinfo(xc_interface *xch, unsigned int num_devs,
			  physdev_pci_device_t *devs, uint32_t *nodes)
{
	struct xe_batch *b = xe_pause(xch);
	unsigned int processed = 0;
	int rc = 0;

	while (processed < num_devs) {
		uint32_t nr = num_devs - processed;

		rc = pcitopo_once(xch, devs ? devs + processed : NULL,
				  nodes ? nodes + processed : NULL, &nr);
		if (rc)
			break;
		processed += nr;
	}
	return xe_resume(b, xch, rc);
}

static long cpuinfo_done(struct xe_done *done, long ret)
{
	const struct xen_sysctl *s = done->block;

	/* If Xen refused, too: 0. */
	if (done->to[0])
		*(int *)done->to[0] = s->u.getcpuinfo.nr_cpus;
	return ret;
}

XC_API int xc_getcpuinfo(xc_interface *xch, int max_cpus, xc_cpuinfo_t *info,
			 int *nr_cpus)
{
	size_t size = max_cpus * sizeof(*info);
	struct xe_cursor *k;
	struct xe_done *done;
	struct xen_sysctl *s;

	k = xe_open(xch, XE_DONE_SIZE + xe_need(info, size));
	if (!k)
		return -1;
	s = xe_sysctl(k, XEN_SYSCTL_getcpuinfo);
	done = xe_done_new(k, cpuinfo_done);
	s->u.getcpuinfo.max_cpus = max_cpus;
	s->u.getcpuinfo.nr_cpus = 0;
	set_xen_guest_handle_raw(s->u.getcpuinfo.info,
				 xe_out(k, done, info, size));
	done->block = s;
	done->to[0] = nr_cpus;
	return xe_end1_done(k, XE_SYSCTL, s, done);
}

static long console_done(struct xe_done *done, long ret)
{
	const struct xen_sysctl *s = done->block;

	if (!ret) {
		*(unsigned int *)done->to[0] = s->u.readconsole.count;
		if (done->to[1])
			*(uint32_t *)done->to[1] = s->u.readconsole.index;
	}
	return ret;
}

XC_API int xc_readconsolering(xc_interface *xch, char *buffer,
			      unsigned int *pnr_chars, int clear,
			      int incremental, uint32_t *pindex)
{
	unsigned int nr_chars = *pnr_chars;
	struct xe_cursor *k;
	struct xe_done *done;
	struct xen_sysctl *s;

	k = xe_open(xch, XE_DONE_SIZE + xe_need(buffer, nr_chars));
	if (!k)
		return -1;
	s = xe_sysctl(k, XEN_SYSCTL_readconsole);
	done = xe_done_new(k, console_done);
	s->u.readconsole.clear = clear;
	s->u.readconsole.incremental = pindex ? incremental : 0;
	s->u.readconsole.pad0 = 0;
	s->u.readconsole.pad1 = 0;
	s->u.readconsole.index = pindex ? *pindex : 0;
	s->u.readconsole.count = nr_chars;
	set_xen_guest_handle_raw(s->u.readconsole.buffer,
				 xe_out(k, done, buffer, nr_chars));
	done->block = s;
	done->to[0] = pnr_chars;
	done->to[1] = pindex;
	return xe_end1_done(k, XE_SYSCTL, s, done);
}

XC_API int xc_send_debug_keys(xc_interface *xch, const char *keys)
{
	size_t len = strlen(keys);
	struct xe_cursor *k = xe_open(xch, xe_need(keys, len));
	struct xen_sysctl *s;

	if (!k)
		return -1;
	s = xe_sysctl(k, XEN_SYSCTL_debug_keys);
	set_xen_guest_handle_raw(s->u.debug_keys.keys, xe_in(k, keys, len));
	s->u.debug_keys.nr_keys = len;
	return xe_end(k, XE_SYSCTL, s);
}
