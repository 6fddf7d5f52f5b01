// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * What a core dump is of: the domain's vcpus, its shared info, and where its
 * memory is.
 */
#define XC_WANT_COMPAT_MAP_FOREIGN_API
#include "engine.h"

#if XC_RELEASE < 417 && (defined(__i386__) || defined(__x86_64__))

#include <sys/mman.h>

#include "core_dump.h"
#include "p2m.h"

/* It may have vcpus that were never started. */
static int get_vcpus(struct xe_dump *d)
{
	unsigned int nr = d->info.max_vcpu_id + 1, i;

	d->vcpus = calloc(nr, sizeof(*d->vcpus));
	if (!d->vcpus) {
		xc_perr(d->xch, "Could not allocate vcpu context array");
		return -1;
	}
	for (i = 0; i < nr; i++)
		if (!xc_vcpu_getcontext(d->xch, d->domid, i,
					&d->vcpus[d->nr_vcpus]))
			d->nr_vcpus++;
	if (d->nr_vcpus)
		return 0;
	xc_perr(d->xch, "No VCPU context could be grabbed");
	return -1;
}

static int get_info(struct xe_dump *d)
{
	xc_interface *xch = d->xch;

	if (xc_domain_getinfo(xch, d->domid, 1, &d->info) != 1) {
		xc_perr(xch, "Could not get info for domain");
		return -1;
	}
	d->shared = xc_map_foreign_range(xch, d->domid, XC_PAGE_SIZE, PROT_READ,
					 d->info.shared_info_frame);
	if (!d->shared && !d->info.hvm) {
		xc_perr(xch, "Couldn't map live_shinfo");
		return -1;
	}
	d->width = sizeof(long);
	if (!xc_core_arch_auto_translated_physmap(&d->info) &&
	    xc_domain_get_guest_width(xch, d->domid, &d->width)) {
		xc_perr(xch, "Could not get address size for domain");
		return -1;
	}
	if (d->info.domid == d->domid)
		return 0;
	xc_perr(xch, "Domain %d does not exist", d->domid);
	return -1;
}

int xe_core_look(struct xe_dump *d)
{
	if (get_info(d) || get_vcpus(d))
		return -1;
	if (xc_core_arch_memory_map_get(d->xch, NULL, &d->info, d->shared,
					&d->ranges, &d->nr_ranges))
		return -1;
	if (xc_core_arch_auto_translated_physmap(&d->info))
		return 0;
	return xc_core_arch_map_p2m(d->xch, d->width, &d->info, d->shared,
				    &d->p2m, &d->p2m_size);
}

void xe_core_forget(struct xe_dump *d)
{
	if (d->p2m)
		munmap(d->p2m, xe_word_pages(d->p2m_size, d->width) *
			       XC_PAGE_SIZE);
	if (d->shared)
		munmap(d->shared, XC_PAGE_SIZE);
	free(d->ranges);
	free(d->vcpus);
}

#endif
