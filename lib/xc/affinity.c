// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Where domains and vcpus may run: nodes, cpus, and virtual NUMA.
 */
#include "engine.h"

static void set_map(struct xenctl_bitmap *to, void *map, int bytes)
{
	set_xen_guest_handle_raw(to->bitmap, map);
	to->nr_bits = bytes * 8;
}

static int no_size(xc_interface *xch, const char *what)
{
	int err = errno;

	xc_perr(xch, "Could not get number of %s", what);
	xe_local(xch, -1, err);
	return -1;
}

XC_API int xc_domain_node_setaffinity(xc_interface *xch, uint32_t domid,
				      xc_nodemap_t nodemap)
{
	int bytes = xc_get_nodemap_size(xch);
	struct xe_cursor *k;
	struct xen_domctl *d;

	if (bytes <= 0)
		return no_size(xch, "nodes");
	k = xe_open(xch, xe_need(nodemap, bytes));
	if (!k) {
		xc_perr(xch, "Could not allocate memory for setnodeaffinity"
			" domctl hypercall");
		return -1;
	}
	d = xe_domctl(k, XEN_DOMCTL_setnodeaffinity, domid);
	set_map(&d->u.nodeaffinity.nodemap, xe_in(k, nodemap, bytes), bytes);
	return xe_end(k, XE_DOMCTL, d);
}

XC_API int xc_domain_node_getaffinity(xc_interface *xch, uint32_t domid,
				      xc_nodemap_t nodemap)
{
	int bytes = xc_get_nodemap_size(xch);
	struct xe_cursor *k;
	struct xe_done *done;
	struct xen_domctl *d;

	if (bytes <= 0)
		return no_size(xch, "nodes");
	k = xe_open(xch, XE_DONE_SIZE + xe_need(nodemap, bytes));
	if (!k) {
		xc_perr(xch, "Could not allocate memory for getnodeaffinity"
			" domctl hypercall");
		return -1;
	}
	d = xe_domctl(k, XEN_DOMCTL_getnodeaffinity, domid);
	done = xe_done_new(k, NULL);
	set_map(&d->u.nodeaffinity.nodemap, xe_out(k, done, nodemap, bytes),
		bytes);
	return xe_end1_done(k, XE_DOMCTL, d, done);
}

/* Both directions of a vcpu's maps, which may be NULL. */
static int vcpu_affinity(xc_interface *xch, uint32_t cmd, const char *name,
			 void *(*buffer)(struct xe_cursor *, struct xe_done *,
					 void *, size_t),
			 uint32_t domid, int vcpu, xc_cpumap_t hard,
			 xc_cpumap_t soft, uint32_t flags)
{
	int bytes = xc_get_cpumap_size(xch);
	struct xe_cursor *k;
	struct xe_done *done;
	struct xen_domctl *d;

	if (bytes <= 0)
		return no_size(xch, "cpus");
	k = xe_open(xch, XE_DONE_SIZE + xe_need(hard, bytes) +
			 xe_need(soft, bytes));
	if (!k) {
		xc_perr(xch, "Could not allocate hcall buffers for DOMCTL_%s",
			name);
		return -1;
	}
	d = xe_domctl(k, cmd, domid);
	d->u.vcpuaffinity.vcpu = vcpu;
	d->u.vcpuaffinity.flags = flags;
	done = xe_done_new(k, NULL);
	set_map(&d->u.vcpuaffinity.cpumap_hard, buffer(k, done, hard, bytes),
		bytes);
	set_map(&d->u.vcpuaffinity.cpumap_soft, buffer(k, done, soft, bytes),
		bytes);
	return xe_end1_done(k, XE_DOMCTL, d, done);
}

XC_API int xc_vcpu_setaffinity(xc_interface *xch, uint32_t domid, int vcpu,
			       xc_cpumap_t cpumap_hard_inout,
			       xc_cpumap_t cpumap_soft_inout, uint32_t flags)
{
	return vcpu_affinity(xch, XEN_DOMCTL_setvcpuaffinity, "setvcpuaffinity",
			     xe_inout, domid, vcpu, cpumap_hard_inout,
			     cpumap_soft_inout, flags);
}

XC_API int xc_vcpu_getaffinity(xc_interface *xch, uint32_t domid, int vcpu,
			       xc_cpumap_t cpumap_hard, xc_cpumap_t cpumap_soft,
			       uint32_t flags)
{
	return vcpu_affinity(xch, XEN_DOMCTL_getvcpuaffinity, "getvcpuaffinity",
			     xe_out, domid, vcpu, cpumap_hard, cpumap_soft,
			     flags);
}

/* errno is EINVAL afterwards even if all went well: so it is in stock. */
XC_API int xc_domain_setvnuma(xc_interface *xch, uint32_t domid,
			      uint32_t nr_vnodes, uint32_t nr_vmemranges,
			      uint32_t nr_vcpus, xen_vmemrange_t *vmemrange,
			      unsigned int *vdistance,
			      unsigned int *vcpu_to_vnode,
			      unsigned int *vnode_to_pnode)
{
	size_t ranges = sizeof(*vmemrange) * nr_vmemranges;
	size_t distances = sizeof(*vdistance) * nr_vnodes * nr_vnodes;
	size_t vcpus = sizeof(*vcpu_to_vnode) * nr_vcpus;
	size_t nodes = sizeof(*vnode_to_pnode) * nr_vnodes;
	struct xe_cursor *k;
	struct xe_done *done;
	struct xen_domctl_vnuma *v;
	struct xen_domctl *d;

	errno = EINVAL;
	if (!nr_vnodes || !nr_vmemranges || !nr_vcpus)
		return xe_local(xch, -1, EINVAL);
	if (!vdistance || !vcpu_to_vnode || !vmemrange || !vnode_to_pnode) {
		xc_perr(xch, "%s: Cant set vnuma without initializing topology",
			__func__);
		return xe_local(xch, -1, EINVAL);
	}
	k = xe_open(xch, XE_DONE_SIZE + xe_need(vmemrange, ranges) +
			 xe_need(vdistance, distances) +
			 xe_need(vcpu_to_vnode, vcpus) +
			 xe_need(vnode_to_pnode, nodes));
	if (!k)
		return -1;
	d = xe_domctl(k, XEN_DOMCTL_setvnumainfo, domid);
	done = xe_done_new(k, NULL);
	v = &d->u.vnuma;
	v->nr_vnodes = nr_vnodes;
	v->nr_vmemranges = nr_vmemranges;
	v->nr_vcpus = nr_vcpus;
	v->pad = 0;
	set_xen_guest_handle_raw(v->vmemrange,
				 xe_inout(k, done, vmemrange, ranges));
	set_xen_guest_handle_raw(v->vdistance,
				 xe_inout(k, done, vdistance, distances));
	set_xen_guest_handle_raw(v->vcpu_to_vnode,
				 xe_inout(k, done, vcpu_to_vnode, vcpus));
	set_xen_guest_handle_raw(v->vnode_to_pnode,
				 xe_inout(k, done, vnode_to_pnode, nodes));
	return xe_end1_done(k, XE_DOMCTL, d, done);
}

static long getvnuma_done(struct xe_done *done, long ret)
{
	const struct xen_vnuma_topology_info *v = done->block;

	*(uint32_t *)done->to[0] = v->nr_vnodes;
	*(uint32_t *)done->to[1] = v->nr_vcpus;
	*(uint32_t *)done->to[2] = v->nr_vmemranges;
	return ret;
}

XC_API int xc_domain_getvnuma(xc_interface *xch, uint32_t domid,
			      uint32_t *nr_vnodes, uint32_t *nr_vmemranges,
			      uint32_t *nr_vcpus, xen_vmemrange_t *vmemrange,
			      unsigned int *vdistance,
			      unsigned int *vcpu_to_vnode)
{
	size_t ranges = sizeof(*vmemrange) * *nr_vmemranges;
	size_t distances = sizeof(*vdistance) * *nr_vnodes * *nr_vnodes;
	size_t vcpus = sizeof(*vcpu_to_vnode) * *nr_vcpus;
	struct xen_vnuma_topology_info *v;
	struct xe_cursor *k;
	struct xe_done *done;

	k = xe_open(xch, XE_DONE_SIZE + xe_need(vmemrange, ranges) +
			 xe_need(vdistance, distances) +
			 xe_need(vcpu_to_vnode, vcpus));
	if (!k) {
		errno = ENOMEM;
		return -1;
	}
	v = xe_take(k, XE_SLOT);
	done = xe_done_new(k, getvnuma_done);
	v->domid = domid;
	v->pad = 0;
	v->nr_vnodes = *nr_vnodes;
	v->nr_vcpus = *nr_vcpus;
	v->nr_vmemranges = *nr_vmemranges;
	set_xen_guest_handle_raw(v->vmemrange.h,
				 xe_out(k, done, vmemrange, ranges));
	set_xen_guest_handle_raw(v->vdistance.h,
				 xe_out(k, done, vdistance, distances));
	set_xen_guest_handle_raw(v->vcpu_to_vnode.h,
				 xe_out(k, done, vcpu_to_vnode, vcpus));
	done->block = v;
	done->to[0] = nr_vnodes;
	done->to[1] = nr_vcpus;
	done->to[2] = nr_vmemranges;
	return xe_end2_done(k, __HYPERVISOR_memory_op, XENMEM_get_vnumainfo, v,
			    done);
}
