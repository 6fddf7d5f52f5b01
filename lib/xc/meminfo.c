// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * A PV domain's memory at a glance: its table of frames, mapped, and the type
 * of each frame.
 */
#define XC_WANT_COMPAT_MAP_FOREIGN_API
#include "engine.h"

#if XC_RELEASE < 417 && (defined(__i386__) || defined(__x86_64__))

#include <sys/mman.h>

#include <xenguest.h>

#include "core.h"
#include "guest_abi.h"
#include "p2m.h"

/* So many types are asked for at once. */
#define TYPES 1024ul

/* What Xen can run, and how many levels its page tables have. */
static const struct {
	const char *can;
	unsigned int levels, levels_64;
} tables[] = {
	{ "xen-3.0-x86_64", 3, 4 },
	{ "xen-3.0-x86_32p", 3, 3 },
	{ "xen-3.0-x86_32", 2, 2 },
};

static int find_levels(xc_interface *xch, struct xc_domain_meminfo *minfo)
{
	xen_capabilities_info_t caps = "";
	size_t i;

	if (xc_version(xch, XENVER_capabilities, &caps)) {
		xc_perr(xch, "Could not get Xen capabilities (for page table levels)");
		return -1;
	}
	for (i = 0; i < sizeof(tables) / sizeof(tables[0]); i++) {
		if (!strstr(caps, tables[i].can))
			continue;
		minfo->pt_levels = minfo->guest_width == 8 ?
			tables[i].levels_64 : tables[i].levels;
		return 0;
	}
	errno = EFAULT;
	return -1;
}

static int map_table(xc_interface *xch, uint32_t domid, xc_dominfo_t *info,
		     struct xc_domain_meminfo *minfo)
{
	shared_info_any_t *shared;
	int rc;

	shared = xc_map_foreign_range(xch, domid, XC_PAGE_SIZE, PROT_READ,
				      info->shared_info_frame);
	if (!shared) {
		xc_perr(xch, "Could not map the shared info frame (MFN 0x%lx)",
			info->shared_info_frame);
		return -1;
	}
	rc = xc_core_arch_map_p2m_writable(xch, minfo->guest_width, info,
					   shared, &minfo->p2m_table,
					   &minfo->p2m_size);
	if (rc)
		xc_perr(xch, "Could not map the P2M table");
	munmap(shared, XC_PAGE_SIZE);
	return rc ? -1 : 0;
}

static int get_types(xc_interface *xch, uint32_t domid,
		     struct xc_domain_meminfo *minfo)
{
	unsigned long i, left;

	minfo->pfn_type = calloc(minfo->p2m_size, sizeof(*minfo->pfn_type));
	if (!minfo->pfn_type) {
		xc_perr(xch, "Could not allocate memory for the PFN types");
		return -1;
	}
	for (i = 0; i < minfo->p2m_size; i++)
		minfo->pfn_type[i] = xe_p2m_entry(minfo->p2m_table,
						  minfo->guest_width, i);
	for (i = 0; i < minfo->p2m_size; i += TYPES) {
		left = minfo->p2m_size - i;
		if (!xc_get_pfn_type_batch(xch, domid,
					   left < TYPES ? left : TYPES,
					   minfo->pfn_type + i))
			continue;
		xc_perr(xch, "Could not get %lu-eth batch of PFN types",
			(i + 1) / TYPES);
		return -1;
	}
	return 0;
}

static void forget(struct xc_domain_meminfo *minfo)
{
	unsigned long pages;

	free(minfo->pfn_type);
	if (minfo->p2m_table) {
		pages = xe_word_pages(minfo->p2m_size, minfo->guest_width);
		munmap(minfo->p2m_table, pages * XC_PAGE_SIZE);
	}
	minfo->p2m_table = NULL;
}

static int map(xc_interface *xch, uint32_t domid,
	       struct xc_domain_meminfo *minfo)
{
	xc_dominfo_t info;

	if (minfo->pfn_type || minfo->p2m_table) {
		errno = EINVAL;
		return -1;
	}
	if (xc_domain_getinfo(xch, domid, 1, &info) != 1) {
		xc_perr(xch, "Could not get domain info");
		return -1;
	}
	if (xc_domain_get_guest_width(xch, domid, &minfo->guest_width)) {
		xc_perr(xch, "Could not get domain address size");
		return -1;
	}
	if (find_levels(xch, minfo) || map_table(xch, domid, &info, minfo))
		return -1;
	if (!get_types(xch, domid, minfo))
		return 0;
	forget(minfo);
	minfo->pfn_type = NULL;
	return -1;
}

XC_API int xc_map_domain_meminfo(xc_interface *xch, uint32_t domid,
				 struct xc_domain_meminfo *minfo)
{
	struct xe_batch *b = xe_pause(xch);

	return xe_resume(b, xch, map(xch, domid, minfo));
}

XC_API int xc_unmap_domain_meminfo(xc_interface *xch,
				   struct xc_domain_meminfo *minfo)
{
	forget(minfo);
	return xe_local(xch, 0, 0);
}

#endif
