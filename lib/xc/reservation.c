// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Memory given to domains and taken away.
 */
#include "engine.h"

/*
 * The three that take a list of extents, and what they say if not all of them
 * were done where all had to be.
 */
struct kind {
	unsigned int cmd;
	const char *name;
	const char *what;
	bool tells_flags;
	int partial;		/* errno */
};

static const struct kind increase = {
	XENMEM_increase_reservation, "increase_reservation", "allocation", true,
	ENOMEM,
};
static const struct kind decrease = {
	XENMEM_decrease_reservation, "decrease_reservation", "deallocation",
	false, EINVAL,
};
static const struct kind populate = {
	XENMEM_populate_physmap, "populate_physmap", "allocation", false, EBUSY,
};

/* In the slot; Xen sees the first member. */
struct ask {
	struct xen_memory_reservation r;
	const struct kind *kind;
	uint32_t domid;		/* all of it, for messages */
};
_Static_assert(sizeof(struct ask) <= XE_SLOT, "a slot");

/* Stock compares an int with an unsigned long, and so does this. */
static long exact_done(struct xe_done *done, long ret)
{
	const struct ask *ask = done->block;
	const struct kind *kind = ask->kind;

	if ((unsigned long)ret == ask->r.nr_extents)
		return 0;
	if (ret < 0)
		return ret;
	if (kind->tells_flags)
		xc_detail(done->xch, "Failed %s for dom %d: %ld extents of"
			  " order %d, mem_flags %x\n", kind->what,
			  (int)ask->domid, (long)ask->r.nr_extents,
			  (int)ask->r.extent_order, ask->r.mem_flags);
	else
		xc_detail(done->xch, "Failed %s for dom %d: %ld extents of"
			  " order %d\n", kind->what, (int)ask->domid,
			  (long)ask->r.nr_extents, (int)ask->r.extent_order);
	errno = done->err = kind->partial;
	return -1;
}

static int reserve(xc_interface *xch, const struct kind *kind, uint32_t domid,
		   unsigned long nr_extents, unsigned int order,
		   unsigned int mem_flags, xen_pfn_t *extents,
		   long (*fn)(struct xe_done *, long))
{
	size_t size = nr_extents * sizeof(*extents);
	struct xe_cursor *k;
	struct xe_done *done;
	struct ask *ask;

	k = xe_open(xch, XE_DONE_SIZE + xe_need(extents, size));
	if (!k) {
		xc_perr(xch, "Could not bounce memory for XENMEM_%s hypercall",
			kind->name);
		return -1;
	}
	ask = xe_take(k, XE_SLOT);
	done = xe_done_new(k, fn);
	done->block = ask;
	ask->kind = kind;
	ask->domid = domid;
	ask->r = (struct xen_memory_reservation){
		.nr_extents = nr_extents,
		.extent_order = order,
		.mem_flags = mem_flags,
		.domid = domid,
	};
	set_xen_guest_handle_raw(ask->r.extent_start,
				 xe_inout(k, done, extents, size));
	return xe_end2_done(k, __HYPERVISOR_memory_op, kind->cmd, &ask->r,
			    done);
}

XC_API int xc_domain_increase_reservation(xc_interface *xch, uint32_t domid,
					  unsigned long nr_extents,
					  unsigned int extent_order,
					  unsigned int mem_flags,
					  xen_pfn_t *extent_start)
{
	return reserve(xch, &increase, domid, nr_extents, extent_order,
		       mem_flags, extent_start, NULL);
}

XC_API int xc_domain_increase_reservation_exact(xc_interface *xch,
						uint32_t domid,
						unsigned long nr_extents,
						unsigned int extent_order,
						unsigned int mem_flags,
						xen_pfn_t *extent_start)
{
	return reserve(xch, &increase, domid, nr_extents, extent_order,
		       mem_flags, extent_start, exact_done);
}

XC_API int xc_domain_populate_physmap(xc_interface *xch, uint32_t domid,
				      unsigned long nr_extents,
				      unsigned int extent_order,
				      unsigned int mem_flags,
				      xen_pfn_t *extent_start)
{
	return reserve(xch, &populate, domid, nr_extents, extent_order,
		       mem_flags, extent_start, NULL);
}

XC_API int xc_domain_populate_physmap_exact(xc_interface *xch, uint32_t domid,
					    unsigned long nr_extents,
					    unsigned int extent_order,
					    unsigned int mem_flags,
					    xen_pfn_t *extent_start)
{
	return reserve(xch, &populate, domid, nr_extents, extent_order,
		       mem_flags, extent_start, exact_done);
}

/* The one that does not take NULL. */
static int no_list(xc_interface *xch, long ret)
{
	xc_detail(xch, "decrease_reservation extent_start is NULL!\n");
	errno = EINVAL;
	return xe_local(xch, ret, ret < 0 ? EINVAL : 0);
}

XC_API int xc_domain_decrease_reservation(xc_interface *xch, uint32_t domid,
					  unsigned long nr_extents,
					  unsigned int extent_order,
					  xen_pfn_t *extent_start)
{
	if (!extent_start)
		return no_list(xch, -1);
	return reserve(xch, &decrease, domid, nr_extents, extent_order, 0,
		       extent_start, NULL);
}

XC_API int xc_domain_decrease_reservation_exact(xc_interface *xch,
						uint32_t domid,
						unsigned long nr_extents,
						unsigned int extent_order,
						xen_pfn_t *extent_start)
{
	/* -1 is as many as were asked for: see exact_done. */
	if (!extent_start)
		return no_list(xch, nr_extents == -1UL ? 0 : -1);
	return reserve(xch, &decrease, domid, nr_extents, extent_order, 0,
		       extent_start, exact_done);
}

/* A Xen that cannot do it has nothing to refuse. */
static long claim_done(struct xe_done *done, long ret)
{
	if (ret >= 0 || errno != ENOSYS)
		return ret;
	done->err = XE_WELL;
	return 0;
}

XC_API int xc_domain_claim_pages(xc_interface *xch, uint32_t domid,
				 unsigned long nr_pages)
{
	struct xe_cursor *k = xe_open(xch, XE_DONE_SIZE);
	struct xen_memory_reservation *arg;

	if (!k)
		return -1;
	arg = xe_take(k, XE_SLOT);
	*arg = (struct xen_memory_reservation){
		.nr_extents = nr_pages,
		.domid = domid,
	};
	return xe_end2_done(k, __HYPERVISOR_memory_op, XENMEM_claim_pages, arg,
			    xe_done_new(k, claim_done));
}

XC_API int xc_domain_memory_exchange_pages(xc_interface *xch, uint32_t domid,
					   unsigned long nr_in_extents,
					   unsigned int in_order,
					   xen_pfn_t *in_extents,
					   unsigned long nr_out_extents,
					   unsigned int out_order,
					   xen_pfn_t *out_extents)
{
	size_t in = nr_in_extents * sizeof(*in_extents);
	size_t out = nr_out_extents * sizeof(*out_extents);
	struct xen_memory_exchange *arg;
	struct xe_cursor *k;
	struct xe_done *done;

	k = xe_open(xch, XE_DONE_SIZE + xe_need(in_extents, in) +
			 xe_need(out_extents, out));
	if (!k)
		return -1;
	arg = xe_take(k, XE_SLOT);
	done = xe_done_new(k, NULL);
	*arg = (struct xen_memory_exchange){
		.in = {
			.nr_extents = nr_in_extents,
			.extent_order = in_order,
			.domid = domid,
		},
		.out = {
			.nr_extents = nr_out_extents,
			.extent_order = out_order,
			.domid = domid,
		},
	};
	set_xen_guest_handle_raw(arg->in.extent_start,
				 xe_in(k, in_extents, in));
	set_xen_guest_handle_raw(arg->out.extent_start,
				 xe_out(k, done, out_extents, out));
	return xe_end2_done(k, __HYPERVISOR_memory_op, XENMEM_exchange, arg,
			    done);
}

/* Give the frame back, and take one that 32 bits can address. */
static unsigned long exchange_below_4g(xc_interface *xch, uint32_t domid,
				       unsigned long mfn)
{
	xen_pfn_t frame = mfn;

	if (xc_domain_decrease_reservation_exact(xch, domid, 1, 0, &frame)) {
		xc_detail(xch, "xc_make_page_below_4G decrease failed."
			  " mfn=%lx\n", mfn);
		return 0;
	}
	if (xc_domain_increase_reservation_exact(xch, domid, 1, 0,
						 XENMEMF_address_bits(32),
						 &frame)) {
		xc_detail(xch, "xc_make_page_below_4G increase failed."
			  " mfn=%lx\n", mfn);
		return 0;
	}
	return frame;
}

XC_API unsigned long xc_make_page_below_4G(xc_interface *xch, uint32_t domid,
					   unsigned long mfn)
{
	struct xe_batch *b = xe_pause(xch);

	return xe_resume_value(b, xch, exchange_below_4g(xch, domid, mfn));
}
