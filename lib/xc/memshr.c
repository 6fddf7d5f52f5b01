// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Pages that domains share, and domains that begin as a copy of another. Most
 * are one hypercall with one structure, of which a function fills a member.
 */
#include "engine.h"
#include "guest_abi.h"

#define OP(name, ...) (&(const xen_mem_sharing_op_t){ \
	.op = XENMEM_sharing_op_##name, __VA_ARGS__ })

static int run(xc_interface *xch, const xen_mem_sharing_op_t *op)
{
	_Static_assert(sizeof(*op) <= XE_SLOT, "a slot");
	return xe_call2(xch, __HYPERVISOR_memory_op, XENMEM_sharing_op, op,
			sizeof(*op));
}

XC_API int xc_memshr_control(xc_interface *xch, uint32_t domid, int enable)
{
	struct xe_cursor *k;
	struct xen_domctl *d;

	d = xe_open_domctl(&k, xch, XEN_DOMCTL_mem_sharing_op, domid);
	if (!d)
		return -1;
	d->u.mem_sharing_op.op = XEN_DOMCTL_MEM_SHARING_CONTROL;
	d->u.mem_sharing_op.u.enable = enable;
	return xe_end(k, XE_DOMCTL, d);
}

/* The ring in which Xen says that there is no memory for a page of one's own */

static int ring(xc_interface *xch, uint32_t domid, unsigned int op,
		uint32_t *port)
{
	return xc_vm_event_control(xch, domid, op,
				   XEN_DOMCTL_VM_EVENT_OP_SHARING, port);
}

XC_API int xc_memshr_ring_enable(xc_interface *xch, uint32_t domid,
				 uint32_t *port)
{
	if (port)
		return ring(xch, domid, XEN_VM_EVENT_ENABLE, port);
	errno = EINVAL;
	return xe_local(xch, -1, EINVAL);
}

XC_API int xc_memshr_ring_disable(xc_interface *xch, uint32_t domid)
{
	return ring(xch, domid, XEN_VM_EVENT_DISABLE, NULL);
}

XC_API int xc_memshr_domain_resume(xc_interface *xch, uint32_t domid)
{
	return ring(xch, domid, XEN_VM_EVENT_RESUME, NULL);
}

/* Sharing */

static int nominate(xc_interface *xch, const xen_mem_sharing_op_t *op,
		    uint64_t *handle)
{
	return xe_call2_copy(xch, __HYPERVISOR_memory_op, XENMEM_sharing_op, op,
			     sizeof(*op), handle,
			     offsetof(xen_mem_sharing_op_t, u.nominate.handle),
			     sizeof(*handle));
}

XC_API int xc_memshr_nominate_gfn(xc_interface *xch, uint32_t domid,
				  unsigned long gfn, uint64_t *handle)
{
	return nominate(xch, OP(nominate_gfn, .domain = domid,
				.u.nominate.u.gfn = gfn), handle);
}

XC_API int xc_memshr_nominate_gref(xc_interface *xch, uint32_t domid,
				   grant_ref_t gref, uint64_t *handle)
{
	return nominate(xch, OP(nominate_gref, .domain = domid,
				.u.nominate.u.grant_ref = gref), handle);
}

XC_API int xc_memshr_share_gfns(xc_interface *xch, uint32_t source_domain,
				unsigned long source_gfn,
				uint64_t source_handle, uint32_t client_domain,
				unsigned long client_gfn,
				uint64_t client_handle)
{
	return run(xch, OP(share, .domain = source_domain,
			   .u.share = { .source_gfn = source_gfn,
					.source_handle = source_handle,
					.client_gfn = client_gfn,
					.client_handle = client_handle,
					.client_domain = client_domain }));
}

/* Says that a frame's number is a grant's. */
static uint64_t by_grant(grant_ref_t gref)
{
	uint64_t gfn;

	XENMEM_SHARING_OP_FIELD_MAKE_GREF(gfn, gref);
	return gfn;
}

XC_API int xc_memshr_share_grefs(xc_interface *xch, uint32_t source_domain,
				 grant_ref_t source_gref,
				 uint64_t source_handle, uint32_t client_domain,
				 grant_ref_t client_gref,
				 uint64_t client_handle)
{
	return xc_memshr_share_gfns(xch, source_domain, by_grant(source_gref),
				    source_handle, client_domain,
				    by_grant(client_gref), client_handle);
}

XC_API int xc_memshr_add_to_physmap(xc_interface *xch, uint32_t source_domain,
				    unsigned long source_gfn,
				    uint64_t source_handle,
				    uint32_t client_domain,
				    unsigned long client_gfn)
{
	return run(xch, OP(add_physmap, .domain = source_domain,
			   .u.share = { .source_gfn = source_gfn,
					.source_handle = source_handle,
					.client_gfn = client_gfn,
					.client_domain = client_domain }));
}

XC_API int xc_memshr_range_share(xc_interface *xch, uint32_t source_domain,
				 uint32_t client_domain, uint64_t first_gfn,
				 uint64_t last_gfn)
{
	return run(xch, OP(range_share, .domain = source_domain,
			   .u.range = { .first_gfn = first_gfn,
					.last_gfn = last_gfn,
					.client_domain = client_domain }));
}

/* Forks */

XC_API int xc_memshr_fork(xc_interface *xch, uint32_t source_domain,
			  uint32_t client_domain, bool allow_with_iommu,
			  bool block_interrupts)
{
	uint16_t flags =
		(allow_with_iommu ? XENMEM_FORK_WITH_IOMMU_ALLOWED : 0) |
		(block_interrupts ? XENMEM_FORK_BLOCK_INTERRUPTS : 0);

	return run(xch, OP(fork, .domain = client_domain,
			   .u.fork = { .parent_domain = source_domain,
				       .flags = flags }));
}

#if XC_RELEASE < 417
XC_API int xc_memshr_fork_reset(xc_interface *xch, uint32_t forked_domain)
{
	return run(xch, OP(fork_reset, .domain = forked_domain));
}
#else
XC_API int xc_memshr_fork_reset(xc_interface *xch, uint32_t forked_domain,
				bool reset_state, bool reset_memory)
{
	uint16_t flags = (reset_state ? XENMEM_FORK_RESET_STATE : 0) |
			 (reset_memory ? XENMEM_FORK_RESET_MEMORY : 0);

	return run(xch, OP(fork_reset, .domain = forked_domain,
			   .u.fork.flags = flags));
}
#endif

/* Looking at it */

XC_API int xc_memshr_debug_gfn(xc_interface *xch, uint32_t domid,
			       unsigned long gfn)
{
	return run(xch, OP(debug_gfn, .domain = domid, .u.debug.u.gfn = gfn));
}

XC_API int xc_memshr_debug_gref(xc_interface *xch, uint32_t domid,
				grant_ref_t gref)
{
	return run(xch, OP(debug_gref, .domain = domid,
			   .u.debug.u.gref = gref));
}

XC_API int xc_memshr_audit(xc_interface *xch)
{
	return run(xch, OP(audit));
}
