/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A domain to ask about: paused, with two vcpus and no memory. */
#ifndef XC_DOMAIN_H
#define XC_DOMAIN_H

#include <unistd.h>
#include <xenctrl.h>

static inline int new_domain(xc_interface *xch, uint32_t *domid)
{
	struct xen_domctl_createdomain config = {
		.max_vcpus = 2,
		.max_evtchn_port = 127,
		.max_grant_frames = 4,
		.max_maptrack_frames = 4,
		.grant_opts = XEN_DOMCTL_GRANT_version(1),
	};

	*domid = 0;
	if (xc_domain_create(xch, domid, &config))
		return -1;
	return xc_domain_max_vcpus(xch, *domid, 2);
}

/* Returns when Xen has forgotten it, so that nobody counts it as a leak. */
static inline void end_domain(xc_interface *xch, uint32_t domid)
{
	xc_dominfo_t info;
	int i;

	if (!domid)
		return;
	xc_domain_destroy(xch, domid);
	for (i = 0; i < 2000; i++) {
		if (xc_domain_getinfo(xch, domid, 1, &info) != 1 ||
		    info.domid != domid)
			return;
		usleep(1000);
	}
}

#endif /* XC_DOMAIN_H */
