// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Pages taken out of a domain and put back, and what it may do with them.
 */
#include "engine.h"
#include "guest_abi.h"

#define MEMORY_OP __HYPERVISOR_memory_op

/* Paging */

static int paging_ring(xc_interface *xch, uint32_t domid, unsigned int op,
		       uint32_t *port)
{
	return xc_vm_event_control(xch, domid, op,
				   XEN_DOMCTL_VM_EVENT_OP_PAGING, port);
}

XC_API int xc_mem_paging_enable(xc_interface *xch, uint32_t domid,
				uint32_t *port)
{
	if (port)
		return paging_ring(xch, domid, XEN_VM_EVENT_ENABLE, port);
	errno = EINVAL;
	return xe_local(xch, -1, EINVAL);
}

XC_API int xc_mem_paging_disable(xc_interface *xch, uint32_t domid)
{
	return paging_ring(xch, domid, XEN_VM_EVENT_DISABLE, NULL);
}

XC_API int xc_mem_paging_resume(xc_interface *xch, uint32_t domid)
{
	return paging_ring(xch, domid, XEN_VM_EVENT_RESUME, NULL);
}

/* page: NULL, or what is to be in it. */
static int paging(xc_interface *xch, uint32_t domid, unsigned int op,
		  uint64_t gfn, const void *page)
{
	struct xe_cursor *k = xe_open(xch, xe_need(page, XC_PAGE_SIZE));
	xen_mem_paging_op_t *arg;

	if (!k) {
		if (page)
			xc_perr(xch, "Could not bounce memory for"
				" XENMEM_paging_op %u", op);
		return -1;
	}
	arg = xe_take(k, XE_SLOT);
	*arg = (xen_mem_paging_op_t){ .op = op, .domain = domid, .gfn = gfn };
	set_xen_guest_handle_raw(arg->buffer, xe_in(k, page, XC_PAGE_SIZE));
	return xe_end2(k, MEMORY_OP, XENMEM_paging_op, arg);
}

XC_API int xc_mem_paging_nominate(xc_interface *xch, uint32_t domid,
				  uint64_t gfn)
{
	return paging(xch, domid, XENMEM_paging_op_nominate, gfn, NULL);
}

XC_API int xc_mem_paging_evict(xc_interface *xch, uint32_t domid, uint64_t gfn)
{
	return paging(xch, domid, XENMEM_paging_op_evict, gfn, NULL);
}

XC_API int xc_mem_paging_prep(xc_interface *xch, uint32_t domid, uint64_t gfn)
{
	return paging(xch, domid, XENMEM_paging_op_prep, gfn, NULL);
}

XC_API int xc_mem_paging_load(xc_interface *xch, uint32_t domid, uint64_t gfn,
			      void *buffer)
{
	/* As stock: it stays, if all is well. */
	errno = EINVAL;
	if (!buffer)
		return xe_local(xch, -1, EINVAL);
	return paging(xch, domid, XENMEM_paging_op_prep, gfn, buffer);
}

/* Access */

XC_API int xc_set_mem_access(xc_interface *xch, uint32_t domid,
			     xenmem_access_t access, uint64_t first_pfn,
			     uint32_t nr)
{
	const xen_mem_access_op_t arg = {
		.op = XENMEM_access_op_set_access,
		.access = access,
		.domid = domid,
		.nr = nr,
		.pfn = first_pfn,
	};

	return xe_call2(xch, MEMORY_OP, XENMEM_access_op, &arg, sizeof(arg));
}

XC_API int xc_set_mem_access_multi(xc_interface *xch, uint32_t domid,
				   uint8_t *access, uint64_t *pages,
				   uint32_t nr)
{
	size_t pages_size = nr * sizeof(*pages);
	xen_mem_access_op_t *arg;
	struct xe_cursor *k;

	k = xe_open(xch, xe_need(pages, pages_size) + xe_need(access, nr));
	if (!k) {
		xc_perr(xch, "Could not bounce memory for"
			" XENMEM_access_op_set_access_multi");
		return -1;
	}
	arg = xe_take(k, XE_SLOT);
	*arg = (xen_mem_access_op_t){
		.op = XENMEM_access_op_set_access_multi,
		/* both are in the lists, and not to be taken from here */
		.access = XENMEM_access_default + 1,
		.pfn = ~0UL,
		.domid = domid,
		.nr = nr,
	};
	set_xen_guest_handle_raw(arg->pfn_list, xe_in(k, pages, pages_size));
	set_xen_guest_handle_raw(arg->access_list, xe_in(k, access, nr));
	return xe_end2(k, MEMORY_OP, XENMEM_access_op, arg);
}

static long access_done(struct xe_done *done, long ret)
{
	const xen_mem_access_op_t *arg = done->block;

	if (!ret)
		*(xenmem_access_t *)done->to[0] = arg->access;
	return ret;
}

XC_API int xc_get_mem_access(xc_interface *xch, uint32_t domid, uint64_t pfn,
			     xenmem_access_t *access)
{
	struct xe_cursor *k = xe_open(xch, XE_DONE_SIZE);
	xen_mem_access_op_t *arg;
	struct xe_done *done;

	if (!k)
		return -1;
	arg = xe_take(k, XE_SLOT);
	*arg = (xen_mem_access_op_t){
		.op = XENMEM_access_op_get_access,
		.domid = domid,
		.pfn = pfn,
	};
	done = xe_done_new(k, access_done);
	done->block = arg;
	done->to[0] = access;
	return xe_end2_done(k, MEMORY_OP, XENMEM_access_op, arg, done);
}
