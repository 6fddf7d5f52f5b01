// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The machine's ports, interrupts and memory in a domain's hands.
 */
#include "engine.h"

XC_API int xc_domain_ioport_permission(xc_interface *xch, uint32_t domid,
				       uint32_t first_port, uint32_t nr_ports,
				       uint32_t allow_access)
{
	struct xe_cursor *k;
	struct xen_domctl *d;

	d = xe_open_domctl(&k, xch, XEN_DOMCTL_ioport_permission, domid);
	if (!d)
		return -1;
	d->u.ioport_permission.first_port = first_port;
	d->u.ioport_permission.nr_ports = nr_ports;
	d->u.ioport_permission.allow_access = allow_access;
	return xe_end(k, XE_DOMCTL, d);
}

XC_API int xc_domain_ioport_mapping(xc_interface *xch, uint32_t domid,
				    uint32_t first_gport, uint32_t first_mport,
				    uint32_t nr_ports, uint32_t add_mapping)
{
	struct xe_cursor *k;
	struct xen_domctl *d;

	d = xe_open_domctl(&k, xch, XEN_DOMCTL_ioport_mapping, domid);
	if (!d)
		return -1;
	d->u.ioport_mapping.first_gport = first_gport;
	d->u.ioport_mapping.first_mport = first_mport;
	d->u.ioport_mapping.nr_ports = nr_ports;
	d->u.ioport_mapping.add_mapping = add_mapping;
	return xe_end(k, XE_DOMCTL, d);
}

XC_API int xc_domain_irq_permission(xc_interface *xch, uint32_t domid,
				    xe_pirq_t pirq, xe_bool_t allow_access)
{
	struct xe_cursor *k;
	struct xen_domctl *d;

	d = xe_open_domctl(&k, xch, XEN_DOMCTL_irq_permission, domid);
	if (!d)
		return -1;
	memset(&d->u.irq_permission, 0, sizeof(d->u.irq_permission));
	d->u.irq_permission.pirq = pirq;
	d->u.irq_permission.allow_access = allow_access;
	return xe_end(k, XE_DOMCTL, d);
}

#if XC_RELEASE >= 420
XC_API int xc_domain_gsi_permission(xc_interface *xch, uint32_t domid,
				    uint32_t gsi, uint32_t flags)
{
	struct xe_cursor *k;
	struct xen_domctl *d;

	d = xe_open_domctl(&k, xch, XEN_DOMCTL_gsi_permission, domid);
	if (!d)
		return -1;
	memset(&d->u.gsi_permission, 0, sizeof(d->u.gsi_permission));
	d->u.gsi_permission.gsi = gsi;
	d->u.gsi_permission.flags = flags;
	return xe_end(k, XE_DOMCTL, d);
}
#endif

XC_API int xc_domain_iomem_permission(xc_interface *xch, uint32_t domid,
				      unsigned long first_mfn,
				      unsigned long nr_mfns,
				      uint8_t allow_access)
{
	struct xe_cursor *k;
	struct xen_domctl *d;

	d = xe_open_domctl(&k, xch, XEN_DOMCTL_iomem_permission, domid);
	if (!d)
		return -1;
	d->u.iomem_permission.first_mfn = first_mfn;
	d->u.iomem_permission.nr_mfns = nr_mfns;
	d->u.iomem_permission.allow_access = allow_access;
	return xe_end(k, XE_DOMCTL, d);
}

/* A piece of what is to be mapped, from offset on. */
static int map_piece(xc_interface *xch, uint32_t domid, unsigned long gfn,
		     unsigned long mfn, unsigned long nr, uint32_t add)
{
	struct xe_cursor *k = xe_open_now(xch, 0);
	struct xen_domctl *d;

	if (!k)
		return -1;
	d = xe_domctl(k, XEN_DOMCTL_memory_mapping, domid);
	d->u.memory_mapping.first_gfn = gfn;
	d->u.memory_mapping.first_mfn = mfn;
	d->u.memory_mapping.nr_mfns = nr;
	d->u.memory_mapping.add_mapping = add;
	d->u.memory_mapping.padding = 0;
	return xe_end(k, XE_DOMCTL, d);
}

/*
 * Xen takes as much at once as it likes: E2BIG asks for half of it, a positive
 * answer is how far it came. The first error counts; when mappings are taken
 * away it does not end the work. What Xen never takes is no error yet.
 */
static int map_pieces(xc_interface *xch, uint32_t domid, unsigned long gfn,
		      unsigned long mfn, unsigned long nr_mfns, uint32_t add,
		      bool *any)
{
	unsigned long done = 0, most = nr_mfns, nr;
	int rc, first = 0;

	while (done < nr_mfns) {
		nr = nr_mfns - done < most ? nr_mfns - done : most;
		rc = map_piece(xch, domid, gfn + done, mfn + done, nr, add);
		if (rc < 0 && errno == E2BIG) {
			if (most <= 1)
				break;
			most >>= 1;
		} else if (rc > 0) {
			done += rc;
		} else {
			if (!first)
				first = rc;
			if (rc && add != DPCI_REMOVE_MAPPING)
				break;
			done += nr;
		}
	}
	*any = done;
	return first;
}

/* The frames of a domain that has a physical memory of its own. */
static int has_frames(xc_interface *xch, uint32_t domid)
{
	int hvm = xe_is_hvm(xch, domid);

#if defined(__i386__) || defined(__x86_64__)
	if (hvm >= 0)
		return hvm;
#else
	if (hvm >= 0)
		return 1;
#endif
#if XC_RELEASE < 420
	xc_perr(xch, "Could not get info for domain");
	return -EINVAL;
#else
	xc_perr(xch, "Could not get info for dom%u", domid);
	return -1;
#endif
}

static int memory_mapping(xc_interface *xch, uint32_t domid, unsigned long gfn,
			  unsigned long mfn, unsigned long nr_mfns,
			  uint32_t add)
{
	int rc = has_frames(xch, domid);
	bool any;

	if (rc <= 0 || !nr_mfns)
		return rc < 0 ? rc : 0;
	rc = map_pieces(xch, domid, gfn, mfn, nr_mfns, add, &any);
	/* All of it goes again: what was not there yet does no harm. */
	if (rc && add != DPCI_REMOVE_MAPPING)
		memory_mapping(xch, domid, gfn, mfn, nr_mfns,
			       DPCI_REMOVE_MAPPING);
	return rc || any ? rc : -1;
}

XC_API int xc_domain_memory_mapping(xc_interface *xch, uint32_t domid,
				    unsigned long first_gfn,
				    unsigned long first_mfn,
				    unsigned long nr_mfns, uint32_t add_mapping)
{
	struct xe_batch *b = xe_pause(xch);

	return xe_resume(b, xch,
			 memory_mapping(xch, domid, first_gfn, first_mfn,
					nr_mfns, add_mapping));
}
