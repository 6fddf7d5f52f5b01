/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What this release's functions have in common and another's do not. XC_RELEASE
 * is 414 for Xen 4.14, and so on: xc.mk finds it. What one function does alone
 * stands at the function.
 */
#ifndef XC_RELEASE_H
#define XC_RELEASE_H

#include <stdbool.h>

#include <xenctrl.h>

#ifndef XC_RELEASE
#error "XC_RELEASE: which Xen's libxenctrl?"
#endif

/* Is this domain HVM? -1 and an errno: there is none, or Xen does not say. */
static inline int xe_is_hvm(xc_interface *xch, uint32_t domid)
{
#if XC_RELEASE < 420
	xc_dominfo_t info;

	if (xc_domain_getinfo(xch, domid, 1, &info) != 1 || info.domid != domid)
		return -1;
	return info.hvm;
#else
	xc_domaininfo_t info;

	if (xc_domain_getinfo_single(xch, domid, &info))
		return -1;
	return !!(info.flags & XEN_DOMINF_hvm_guest);
#endif
}

#if XC_RELEASE < 417
typedef uint8_t xe_pirq_t, xe_bool_t;
#else
typedef uint32_t xe_pirq_t;
typedef bool xe_bool_t;
#endif

#endif /* XC_RELEASE_H */
