// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * What a core dump asks about a domain of this processor.
 */
#include "engine.h"

#if XC_RELEASE < 417 && (defined(__i386__) || defined(__x86_64__))

#include <xen/hvm/e820.h>

#include "core.h"

XC_API int xc_core_arch_auto_translated_physmap(const xc_dominfo_t *info)
{
	return info->hvm;
}

/* Pfns of an HVM domain at which there is never memory. */
static const struct {
	uint64_t from, to;
} holes[] = {
	{ 0xa0, 0xc0 },		/* video memory */
	{ (uint64_t)HVM_BELOW_4G_MMIO_START >> XC_PAGE_SHIFT,
	  (1ull << 32) >> XC_PAGE_SHIFT },
};

XC_API int xc_core_arch_gpfn_may_present(struct xc_core_arch_context *arch_ctxt,
					 unsigned long pfn)
{
	size_t i;

	(void)arch_ctxt;
	for (i = 0; i < sizeof(holes) / sizeof(holes[0]); i++)
		if (pfn >= holes[i].from && pfn < holes[i].to)
			return 0;
	return 1;
}

/* In a batch as the hypercall is: the answer is there after the commit. */
XC_API int xc_core_arch_get_scratch_gpfn(xc_interface *xch, uint32_t domid,
					 xen_pfn_t *gpfn)
{
	return xc_domain_nr_gpfns(xch, domid, gpfn);
}

/* One range: from 0 to the highest pfn. */
static int get_map(xc_interface *xch, uint32_t domid,
		   xc_core_memory_map_t **mapp, unsigned int *nr_entries)
{
	xc_core_memory_map_t *map;
	xen_pfn_t nr;

	if (xc_domain_nr_gpfns(xch, domid, &nr) < 0)
		return -1;
	map = malloc(sizeof(*map));
	if (!map) {
		xc_perr(xch, "Could not allocate memory");
		return -1;
	}
	map->addr = 0;
	map->size = (uint64_t)nr << XC_PAGE_SHIFT;
	*mapp = map;
	*nr_entries = 1;
	return 0;
}

XC_API int xc_core_arch_memory_map_get(xc_interface *xch,
				       struct xc_core_arch_context *arch_ctxt,
				       xc_dominfo_t *info,
				       shared_info_any_t *live_shinfo,
				       xc_core_memory_map_t **mapp,
				       unsigned int *nr_entries)
{
	struct xe_batch *b = xe_pause(xch);

	(void)arch_ctxt;
	(void)live_shinfo;
	return xe_resume(b, xch, get_map(xch, info->domid, mapp, nr_entries));
}

#endif
