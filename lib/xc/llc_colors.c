// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The parts of the last level cache that a domain's memory may use.
 */
#include "engine.h"

#if XC_RELEASE >= 420
XC_API int xc_domain_set_llc_colors(xc_interface *xch, uint32_t domid,
				    const uint32_t *llc_colors,
				    uint32_t num_llc_colors)
{
	size_t size = num_llc_colors * sizeof(*llc_colors);
	const uint32_t *colors = num_llc_colors ? llc_colors : NULL;
	struct xe_cursor *k = xe_open(xch, xe_need(colors, size));
	struct xen_domctl *d;

	if (!k) {
		xc_perr(xch,
			"Could not allocate LLC colors for set_llc_colors");
		return -1;
	}
	d = xe_domctl(k, XEN_DOMCTL_set_llc_colors, domid);
	memset(&d->u.set_llc_colors, 0, sizeof(d->u.set_llc_colors));
	d->u.set_llc_colors.num_llc_colors = num_llc_colors;
	set_xen_guest_handle_raw(d->u.set_llc_colors.llc_colors,
				 xe_in(k, colors, size));
	return xe_end(k, XE_DOMCTL, d);
}
#endif
