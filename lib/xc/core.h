/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What libxenctrl exported for core dumps without a header, up to Xen 4.14.
 * Later it is libxenguest's.
 */
#ifndef XC_CORE_H
#define XC_CORE_H

#include <xenctrl.h>

/* An HVM domain's or PVH's: its frames are its pfns. */
int xc_core_arch_auto_translated_physmap(const xc_dominfo_t *info);

/* Nothing is kept for x86; these take one, and do not look at it. */
struct xc_core_arch_context;

/* Whether such a domain may have memory at this pfn. */
int xc_core_arch_gpfn_may_present(struct xc_core_arch_context *arch_ctxt,
				  unsigned long pfn);

/* The ranges of its memory, in bytes. *mapp is the caller's to free. 0, -1. */
typedef struct xc_core_memory_map {
	uint64_t addr;
	uint64_t size;
} xc_core_memory_map_t;
int xc_core_arch_memory_map_get(xc_interface *xch,
				struct xc_core_arch_context *arch_ctxt,
				xc_dominfo_t *info,
				shared_info_any_t *live_shinfo,
				xc_core_memory_map_t **mapp,
				unsigned int *nr_entries);

/* A pfn behind all that the domain has. */
int xc_core_arch_get_scratch_gpfn(xc_interface *xch, uint32_t domid,
				  xen_pfn_t *gpfn);

/*
 * A PV domain's table of frames, and how many entries that are. The caller
 * munmaps it: see p2m.h. 0, or -1 with a message.
 */
int xc_core_arch_map_p2m(xc_interface *xch, unsigned int guest_width,
			 xc_dominfo_t *info, shared_info_any_t *live_shinfo,
			 xen_pfn_t **live_p2m, unsigned long *pfnp);
int xc_core_arch_map_p2m_writable(xc_interface *xch, unsigned int guest_width,
				  xc_dominfo_t *info,
				  shared_info_any_t *live_shinfo,
				  xen_pfn_t **live_p2m, unsigned long *pfnp);

#endif /* XC_CORE_H */
