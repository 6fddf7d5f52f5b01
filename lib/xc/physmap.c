// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * What lies where in a domain's physical memory.
 */
#include "engine.h"

#define MEMORY_OP __HYPERVISOR_memory_op

XC_API int xc_domain_add_to_physmap(xc_interface *xch, uint32_t domid,
				    unsigned int space, unsigned long idx,
				    xen_pfn_t gpfn)
{
	struct xe_cursor *k = xe_open(xch, 0);
	struct xen_add_to_physmap *arg;

	if (!k)
		return -1;
	arg = xe_take(k, XE_SLOT);
	*arg = (struct xen_add_to_physmap){
		.domid = domid,
		.space = space,
		.idx = idx,
		.gpfn = gpfn,
	};
	return xe_end2(k, MEMORY_OP, XENMEM_add_to_physmap, arg);
}

XC_API int xc_domain_add_to_physmap_batch(xc_interface *xch, uint32_t domid,
					  uint32_t foreign_domid,
					  unsigned int space,
					  unsigned int size, xen_ulong_t *idxs,
					  xen_pfn_t *gpfns, int *errs)
{
	size_t idx_size = size * sizeof(*idxs);
	size_t gpfn_size = size * sizeof(*gpfns);
	size_t err_size = size * sizeof(*errs);
	struct xen_add_to_physmap_batch *arg;
	struct xe_cursor *k;
	struct xe_done *done;

	k = xe_open(xch, XE_DONE_SIZE + xe_need(idxs, idx_size) +
			 xe_need(gpfns, gpfn_size) + xe_need(errs, err_size));
	if (!k) {
		xc_perr(xch, "Could not bounce memory for"
			" XENMEM_add_to_physmap_batch");
		return -1;
	}
	arg = xe_take(k, XE_SLOT);
	done = xe_done_new(k, NULL);
	*arg = (struct xen_add_to_physmap_batch){
		.domid = domid,
		.space = space,
		.size = size,
		.u = { .foreign_domid = foreign_domid },
	};
	set_xen_guest_handle_raw(arg->idxs, xe_in(k, idxs, idx_size));
	set_xen_guest_handle_raw(arg->gpfns, xe_in(k, gpfns, gpfn_size));
	set_xen_guest_handle_raw(arg->errs, xe_out(k, done, errs, err_size));
	return xe_end2_done(k, MEMORY_OP, XENMEM_add_to_physmap_batch, arg,
			    done);
}

XC_API int xc_domain_remove_from_physmap(xc_interface *xch, uint32_t domid,
					 xen_pfn_t gpfn)
{
	struct xe_cursor *k = xe_open(xch, 0);
	struct xen_remove_from_physmap *arg;

	if (!k)
		return -1;
	arg = xe_take(k, XE_SLOT);
	*arg = (struct xen_remove_from_physmap){
		.domid = domid,
		.gpfn = gpfn,
	};
	return xe_end2(k, MEMORY_OP, XENMEM_remove_from_physmap, arg);
}

/* The highest gfn, which may have more than 31 bits; or that and one. */
static long gpfn_done(struct xe_done *done, long ret)
{
	(void)ret;
	if (done->val < 0)
		return -1;
	*(xen_pfn_t *)done->to[0] = done->val + done->num;
	return 0;
}

static int highest_gpfn(xc_interface *xch, uint32_t domid, xen_pfn_t *gpfns,
			unsigned int more)
{
	struct xe_cursor *k = xe_open(xch, XE_DONE_SIZE);
	domid_t *arg;		/* all there is in the structure */
	struct xe_done *done;

	if (!k)
		return -1;
	arg = xe_take(k, XE_SLOT);
	*arg = domid;
	done = xe_done_new(k, gpfn_done);
	done->to[0] = gpfns;
	done->num = more;
	return xe_end2_done(k, MEMORY_OP, XENMEM_maximum_gpfn, arg, done);
}

XC_API int xc_domain_maximum_gpfn(xc_interface *xch, uint32_t domid,
				  xen_pfn_t *gpfns)
{
	return highest_gpfn(xch, domid, gpfns, 0);
}

XC_API int xc_domain_nr_gpfns(xc_interface *xch, uint32_t domid,
			      xen_pfn_t *gpfns)
{
	return highest_gpfn(xch, domid, gpfns, 1);
}

/* Populate on demand: guests that start with less memory than they may use. */

#if defined(__i386__) || defined(__x86_64__)
struct pod {
	struct xen_pod_target arg;	/* first: what Xen sees */
	bool set;
	uint32_t domid;
};
_Static_assert(sizeof(struct pod) <= XE_SLOT, "a slot");

static long pod_done(struct xe_done *done, long ret)
{
	const struct pod *pod = done->block;
	const uint64_t from[] = {
		pod->arg.tot_pages, pod->arg.pod_cache_pages,
		pod->arg.pod_entries,
	};
	int i;

	if (ret < 0)
		xc_detail(done->xch, "Failed %s_pod_target dom %d\n",
			  pod->set ? "set" : "get", (int)pod->domid);
	for (i = 0; i < 3; i++) {
		if (done->to[i])
			*(uint64_t *)done->to[i] = from[i];
	}
	return ret < 0 ? ret : 0;
}

static int pod_target(xc_interface *xch, unsigned int cmd, uint32_t domid,
		      uint64_t target_pages, uint64_t *tot_pages,
		      uint64_t *pod_cache_pages, uint64_t *pod_entries)
{
	struct xe_cursor *k = xe_open(xch, XE_DONE_SIZE);
	struct xe_done *done;
	struct pod *pod;

	if (!k)
		return -1;
	pod = xe_take(k, XE_SLOT);
	*pod = (struct pod){
		.arg = { .domid = domid, .target_pages = target_pages },
		.set = cmd == XENMEM_set_pod_target,
		.domid = domid,
	};
	done = xe_done_new(k, pod_done);
	done->block = pod;
	done->to[0] = tot_pages;
	done->to[1] = pod_cache_pages;
	done->to[2] = pod_entries;
	return xe_end2_done(k, MEMORY_OP, cmd, &pod->arg, done);
}

XC_API int xc_domain_set_pod_target(xc_interface *xch, uint32_t domid,
				    uint64_t target_pages, uint64_t *tot_pages,
				    uint64_t *pod_cache_pages,
				    uint64_t *pod_entries)
{
	return pod_target(xch, XENMEM_set_pod_target, domid, target_pages,
			  tot_pages, pod_cache_pages, pod_entries);
}

XC_API int xc_domain_get_pod_target(xc_interface *xch, uint32_t domid,
				    uint64_t *tot_pages,
				    uint64_t *pod_cache_pages,
				    uint64_t *pod_entries)
{
	return pod_target(xch, XENMEM_get_pod_target, domid, -1, tot_pages,
			  pod_cache_pages, pod_entries);
}
#else
/* As in stock: there is no such thing elsewhere. */
XC_API int xc_domain_set_pod_target(xc_interface *xch, uint32_t domid,
				    uint64_t target_pages, uint64_t *tot_pages,
				    uint64_t *pod_cache_pages,
				    uint64_t *pod_entries)
{
	(void)domid;
	(void)target_pages;
	(void)tot_pages;
	(void)pod_cache_pages;
	(void)pod_entries;
	return xe_local(xch, 0, 0);
}

XC_API int xc_domain_get_pod_target(xc_interface *xch, uint32_t domid,
				    uint64_t *tot_pages,
				    uint64_t *pod_cache_pages,
				    uint64_t *pod_entries)
{
	(void)domid;
	(void)tot_pages;
	(void)pod_cache_pages;
	(void)pod_entries;
	errno = EOPNOTSUPP;
	return xe_local(xch, -1, EOPNOTSUPP);
}
#endif

/* How much sharing saves: answers of 64 bits. */

static long sharing_done(struct xe_done *done, long ret)
{
	(void)ret;
	return done->val < 0 ? -1 : done->val;
}

static long sharing(xc_interface *xch, unsigned int cmd)
{
	struct xe_cursor *k = xe_open(xch, XE_DONE_SIZE);

	if (!k)
		return -1;
	return xe_end2_done(k, MEMORY_OP, cmd, NULL,
			    xe_done_new(k, sharing_done));
}

XC_API long xc_sharing_freed_pages(xc_interface *xch)
{
	return sharing(xch, XENMEM_get_sharing_freed_pages);
}

XC_API long xc_sharing_used_frames(xc_interface *xch)
{
	return sharing(xch, XENMEM_get_sharing_shared_pages);
}
