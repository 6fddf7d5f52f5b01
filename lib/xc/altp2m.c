// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Alternative views of a domain's physical memory. All are one hypercall with
 * one structure, of which a function fills a member.
 */
#include "engine.h"

#include <xen/hvm/hvm_op.h>

#define HVM_OP __HYPERVISOR_hvm_op

#define OP(name, ...) (&(const xen_hvm_altp2m_op_t){ \
	.version = HVMOP_ALTP2M_INTERFACE_VERSION, \
	.cmd = HVMOP_altp2m_##name, \
	.domain = domid, \
	__VA_ARGS__ })

static int run(xc_interface *xch, const xen_hvm_altp2m_op_t *op)
{
	_Static_assert(sizeof(*op) <= XE_SLOT, "a slot");
	return xe_call2(xch, HVM_OP, HVMOP_altp2m, op, sizeof(*op));
}

/* And two bytes at off go to the user. */
static int get16(xc_interface *xch, const xen_hvm_altp2m_op_t *op,
		 uint16_t *to, size_t off)
{
	return xe_call2_copy(xch, HVM_OP, HVMOP_altp2m, op, sizeof(*op), to,
			     off, sizeof(*to));
}

/* For all else that is given back; fn finds the answer in done->block. */
static int get(xc_interface *xch, const xen_hvm_altp2m_op_t *op, void *to,
	       void *to2, long (*fn)(struct xe_done *, long))
{
	struct xe_cursor *k = xe_open(xch, XE_DONE_SIZE);
	struct xe_done *done;

	if (!k)
		return -1;
	op = memcpy(xe_take(k, XE_SLOT), op, sizeof(*op));
	done = xe_done_new(k, fn);
	done->block = (void *)op;
	done->to[0] = to;
	done->to[1] = to2;
	return xe_end2_done(k, HVM_OP, HVMOP_altp2m, op, done);
}

static long state_done(struct xe_done *done, long ret)
{
	const xen_hvm_altp2m_op_t *op = done->block;

	if (!ret)
		*(bool *)done->to[0] = op->u.domain_state.state;
	return ret;
}

XC_API int xc_altp2m_get_domain_state(xc_interface *xch, uint32_t domid,
				      bool *state)
{
	return get(xch, OP(get_domain_state), state, NULL, state_done);
}

XC_API int xc_altp2m_set_domain_state(xc_interface *xch, uint32_t domid,
				      bool state)
{
	return run(xch, OP(set_domain_state, .u.domain_state.state = state));
}

XC_API int xc_altp2m_set_vcpu_enable_notify(xc_interface *xch, uint32_t domid,
					    uint32_t vcpuid, xen_pfn_t gfn)
{
	return run(xch, OP(vcpu_enable_notify,
			   .u.enable_notify = { .vcpu_id = vcpuid,
						.gfn = gfn }));
}

XC_API int xc_altp2m_set_vcpu_disable_notify(xc_interface *xch, uint32_t domid,
					     uint32_t vcpuid)
{
	return run(xch, OP(vcpu_disable_notify,
			   .u.disable_notify.vcpu_id = vcpuid));
}

/* Views */

XC_API int xc_altp2m_create_view(xc_interface *xch, uint32_t domid,
				 xenmem_access_t default_access,
				 uint16_t *view_id)
{
	return get16(xch, OP(create_p2m,
			     .u.view = { .view = -1,
					 .hvmmem_default_access =
						default_access }),
		     view_id, offsetof(xen_hvm_altp2m_op_t, u.view.view));
}

XC_API int xc_altp2m_destroy_view(xc_interface *xch, uint32_t domid,
				  uint16_t view_id)
{
	return run(xch, OP(destroy_p2m, .u.view.view = view_id));
}

XC_API int xc_altp2m_switch_to_view(xc_interface *xch, uint32_t domid,
				    uint16_t view_id)
{
	return run(xch, OP(switch_p2m, .u.view.view = view_id));
}

XC_API int xc_altp2m_get_vcpu_p2m_idx(xc_interface *xch, uint32_t domid,
				      uint32_t vcpuid, uint16_t *altp2m_idx)
{
	return get16(xch, OP(get_p2m_idx, .u.get_vcpu_p2m_idx.vcpu_id = vcpuid),
		     altp2m_idx, offsetof(xen_hvm_altp2m_op_t,
					  u.get_vcpu_p2m_idx.altp2m_idx));
}

XC_API int xc_altp2m_set_visibility(xc_interface *xch, uint32_t domid,
				    uint16_t view_id, bool visible)
{
	return run(xch, OP(set_visibility,
			   .u.set_visibility = { .altp2m_idx = view_id,
						 .visible = visible }));
}

/* What may be done to a page, and where it is */

static long suppress_done(struct xe_done *done, long ret)
{
	const xen_hvm_altp2m_op_t *op = done->block;

	if (!ret)
		*(bool *)done->to[0] = op->u.suppress_ve.suppress_ve;
	return ret;
}

XC_API int xc_altp2m_get_suppress_ve(xc_interface *xch, uint32_t domid,
				     uint16_t view_id, xen_pfn_t gfn, bool *sve)
{
	return get(xch, OP(get_suppress_ve,
			   .u.suppress_ve = { .view = view_id, .gfn = gfn }),
		   sve, NULL, suppress_done);
}

XC_API int xc_altp2m_set_suppress_ve(xc_interface *xch, uint32_t domid,
				     uint16_t view_id, xen_pfn_t gfn, bool sve)
{
	return run(xch, OP(set_suppress_ve,
			   .u.suppress_ve = { .view = view_id, .gfn = gfn,
					      .suppress_ve = sve }));
}

/* Whatever the call itself says. */
static long first_error_done(struct xe_done *done, long ret)
{
	const xen_hvm_altp2m_op_t *op = done->block;

	if (op->u.suppress_ve_multi.first_error) {
		*(xen_pfn_t *)done->to[0] =
			op->u.suppress_ve_multi.first_error_gfn;
		*(int32_t *)done->to[1] = op->u.suppress_ve_multi.first_error;
	}
	return ret;
}

XC_API int xc_altp2m_set_supress_ve_multi(xc_interface *xch, uint32_t domid,
					  uint16_t view_id, xen_pfn_t first_gfn,
					  xen_pfn_t last_gfn, bool sve,
					  xen_pfn_t *error_gfn,
					  int32_t *error_code)
{
	return get(xch, OP(set_suppress_ve_multi,
			   .u.suppress_ve_multi = { .view = view_id,
						    .first_gfn = first_gfn,
						    .last_gfn = last_gfn,
						    .suppress_ve = sve }),
		   error_gfn, error_code, first_error_done);
}

static long access_done(struct xe_done *done, long ret)
{
	const xen_hvm_altp2m_op_t *op = done->block;

	if (!ret)
		*(xenmem_access_t *)done->to[0] = op->u.mem_access.access;
	return ret;
}

XC_API int xc_altp2m_get_mem_access(xc_interface *xch, uint32_t domid,
				    uint16_t view_id, xen_pfn_t gfn,
				    xenmem_access_t *access)
{
	return get(xch, OP(get_mem_access,
			   .u.mem_access = { .view = view_id, .gfn = gfn }),
		   access, NULL, access_done);
}

XC_API int xc_altp2m_set_mem_access(xc_interface *xch, uint32_t domid,
				    uint16_t view_id, xen_pfn_t gfn,
				    xenmem_access_t access)
{
	return run(xch, OP(set_mem_access,
			   .u.mem_access = { .view = view_id, .access = access,
					     .gfn = gfn }));
}

XC_API int xc_altp2m_set_mem_access_multi(xc_interface *xch, uint32_t domid,
					  uint16_t view_id, uint8_t *access,
					  uint64_t *gfns, uint32_t nr)
{
	size_t access_size = nr * sizeof(*access);
	size_t gfns_size = nr * sizeof(*gfns);
	xen_hvm_altp2m_op_t *op;
	struct xe_cursor *k;

	k = xe_open(xch, xe_need(access, access_size) +
			 xe_need(gfns, gfns_size));
	if (!k) {
		xc_perr(xch, "Could not bounce memory for"
			" HVMOP_altp2m_set_mem_access_multi");
		return -1;
	}
	op = memcpy(xe_take(k, XE_SLOT),
		    OP(set_mem_access_multi,
		       .u.set_mem_access_multi = { .view = view_id,
						   .nr = nr }),
		    sizeof(*op));
	set_xen_guest_handle_raw(op->u.set_mem_access_multi.pfn_list,
				 xe_in(k, gfns, gfns_size));
	set_xen_guest_handle_raw(op->u.set_mem_access_multi.access_list,
				 xe_in(k, access, access_size));
	return xe_end2(k, HVM_OP, HVMOP_altp2m, op);
}

XC_API int xc_altp2m_change_gfn(xc_interface *xch, uint32_t domid,
				uint16_t view_id, xen_pfn_t old_gfn,
				xen_pfn_t new_gfn)
{
	return run(xch, OP(change_gfn,
			   .u.change_gfn = { .view = view_id,
					     .old_gfn = old_gfn,
					     .new_gfn = new_gfn }));
}
