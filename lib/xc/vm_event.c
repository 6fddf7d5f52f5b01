// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The rings in which Xen tells about a domain: monitor, paging, sharing.
 */
#define XC_WANT_COMPAT_MAP_FOREIGN_API
#include <sys/mman.h>

#include "engine.h"
#include "guest_abi.h"

#include <xen/hvm/params.h>

XC_API int xc_vm_event_control(xc_interface *xch, uint32_t domid,
			       unsigned int op, unsigned int mode,
			       uint32_t *port)
{
	struct xe_cursor *k;
	struct xen_domctl *d;

	d = xe_open_domctl(&k, xch, XEN_DOMCTL_vm_event_op, domid);
	if (!d)
		return -1;
	d->u.vm_event_op.op = op;
	d->u.vm_event_op.mode = mode;
	if (!port)
		return xe_end(k, XE_DOMCTL, d);
	return xe_end_copy(k, XE_DOMCTL, d, port,
			   offsetof(struct xen_domctl,
				    u.vm_event_op.u.enable.port),
			   sizeof(*port));
}

static long version_done(struct xe_done *done, long ret)
{
	const struct xen_domctl *d = done->block;

	return ret ? ret : (int)d->u.vm_event_op.u.version;
}

XC_API int xc_vm_event_get_version(xc_interface *xch)
{
	struct xe_cursor *k = xe_open(xch, XE_DONE_SIZE);
	struct xe_done *done;
	struct xen_domctl *d;

	if (!k)
		return -1;
	d = xe_domctl(k, XEN_DOMCTL_vm_event_op, DOMID_INVALID);
	d->u.vm_event_op.op = XEN_VM_EVENT_GET_VERSION;
	d->u.vm_event_op.mode = XEN_DOMCTL_VM_EVENT_OP_MONITOR;
	done = xe_done_new(k, version_done);
	done->block = d;
	return xe_end1_done(k, XE_DOMCTL, d, done);
}

/* -1: a parameter that is no ring's. */
static int mode_of(int param)
{
	switch (param) {
	case HVM_PARAM_PAGING_RING_PFN:
		return XEN_DOMCTL_VM_EVENT_OP_PAGING;
	case HVM_PARAM_MONITOR_RING_PFN:
		return XEN_DOMCTL_VM_EVENT_OP_MONITOR;
	case HVM_PARAM_SHARING_RING_PFN:
		return XEN_DOMCTL_VM_EVENT_OP_SHARING;
	}
	return -1;
}

/* The ring's page is given to the domain if it is not there. */
static int ring_exists(xc_interface *xch, uint32_t domid, xen_pfn_t *gfn)
{
	xen_pfn_t type = *gfn;

	if (!xc_get_pfn_type_batch(xch, domid, 1, &type) &&
	    !(type & XEN_DOMCTL_PFINFO_XTAB))
		return 0;
	if (!xc_domain_populate_physmap_exact(xch, domid, 1, 0, 0, gfn))
		return 0;
	xc_perr(xch, "Failed to populate ring pfn\n");
	return -1;
}

/* The mapped ring goes to the monitor, and its page from the domain. */
static int hand_over(xc_interface *xch, uint32_t domid, int param,
		     xen_pfn_t gfn, uint32_t *port)
{
	int mode = mode_of(param);

	if (mode < 0) {
		errno = EINVAL;
		return -1;
	}
	if (xc_vm_event_control(xch, domid, XEN_VM_EVENT_ENABLE, mode, port)) {
		xc_perr(xch, "Failed to enable vm_event\n");
		return -1;
	}
	if (xc_domain_decrease_reservation_exact(xch, domid, 1, 0, &gfn)) {
		xc_perr(xch, "Failed to remove ring page from guest physmap");
		return -1;
	}
	return 0;
}

/* While the domain is paused. *ring may be mapped although it failed. */
static int set_up(xc_interface *xch, uint32_t domid, int param, uint32_t *port,
		  void **ring)
{
	xen_pfn_t gfn;
	uint64_t value;

	if (xc_hvm_param_get(xch, domid, param, &value)) {
		xc_perr(xch, "Failed to get pfn of ring page\n");
		return -1;
	}
	gfn = value;
	if (ring_exists(xch, domid, &gfn))
		return -1;
	*ring = xc_map_foreign_pages(xch, domid, PROT_READ | PROT_WRITE, &gfn,
				     1);
	if (!*ring) {
		xc_perr(xch, "Could not map the ring page\n");
		/* Stock's word for it is the NULL alone. */
		return 0;
	}
	return hand_over(xch, domid, param, gfn, port);
}

static void *enable(xc_interface *xch, uint32_t domid, int param,
		    uint32_t *port)
{
	void *ring = NULL;
	int failed, err;

	if (!port) {
		errno = EINVAL;
		return NULL;
	}
	if (xc_domain_pause(xch, domid)) {
		xc_perr(xch, "Unable to pause domain\n");
		return NULL;
	}
	failed = set_up(xch, domid, param, port, &ring);
	err = errno;
	if (xc_domain_unpause(xch, domid)) {
		if (!failed)
			err = errno;
		failed = -1;
		xc_perr(xch, "Unable to unpause domain");
	}
	if (!failed)
		return ring;
	if (ring)
		xenforeignmemory_unmap(xch->fmem, ring, 1);
	errno = err;
	return NULL;
}

XC_API void *xc_vm_event_enable(xc_interface *xch, uint32_t domid, int param,
				uint32_t *port)
{
	struct xe_batch *b = xe_pause(xch);

	return xe_resume_ptr(b, xch, enable(xch, domid, param, port));
}
