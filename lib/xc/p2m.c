// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Finding and mapping a PV domain's table of frames.
 */
#define XC_WANT_COMPAT_MAP_FOREIGN_API
#include "engine.h"

#if XC_RELEASE < 417 && (defined(__i386__) || defined(__x86_64__))

#include <limits.h>
#include <sys/mman.h>

#include "core.h"
#include "p2m.h"

const char xe_p2m_list_list[] = "p2m_frame_list_list";

static void *map_pages(xc_interface *xch, uint32_t domid, int prot,
		       const xen_pfn_t *frames, unsigned long nr)
{
	if (nr <= INT_MAX)
		return xc_map_foreign_pages(xch, domid, prot, frames, nr);
	errno = E2BIG;
	return NULL;
}

/* A copy of the first nr words that lie in these pages, as frames of ours. */
static xen_pfn_t *read_list(xc_interface *xch, uint32_t domid,
			    unsigned int width, const xen_pfn_t *pages,
			    unsigned long nr)
{
	unsigned long nr_pages = xe_word_pages(nr, width), i;
	const void *p = map_pages(xch, domid, PROT_READ, pages, nr_pages);
	xen_pfn_t *list;

	if (!p)
		return NULL;
	list = calloc(nr, sizeof(*list));
	for (i = 0; list && i < nr; i++)
		list[i] = width == 8 ? ((const uint64_t *)p)[i] :
				       ((const uint32_t *)p)[i];
	munmap((void *)p, nr_pages * XC_PAGE_SIZE);
	if (!list)
		errno = ENOMEM;
	return list;
}

void *xe_map_p2m(xc_interface *xch, uint32_t domid, int prot,
		 unsigned int width, unsigned long size, xen_pfn_t list_list,
		 const char **missing)
{
	unsigned long nr_pages = xe_word_pages(size, width);
	unsigned long nr_lists = xe_word_pages(nr_pages, width);
	xen_pfn_t *lists, *pages = NULL;
	void *p2m = NULL;

	*missing = xe_p2m_list_list;
	/* The domain says how big its table is. */
	if (xe_word_pages(nr_lists, width) > 1) {
		errno = E2BIG;
		return NULL;
	}
	lists = read_list(xch, domid, width, &list_list, nr_lists);
	if (!lists)
		return NULL;
	*missing = "p2m_frame_list";
	pages = read_list(xch, domid, width, lists, nr_pages);
	if (pages) {
		*missing = "p2m table";
		p2m = map_pages(xch, domid, prot, pages, nr_pages);
	}
	free(pages);
	free(lists);
	return p2m;
}

static int map_of(xc_interface *xch, int prot, unsigned int width,
		  const xc_dominfo_t *info, const shared_info_any_t *shared,
		  xen_pfn_t **p2m, unsigned long *size)
{
	const char *missing;
	xen_pfn_t nr, list;

	if (xc_domain_nr_gpfns(xch, info->domid, &nr) < 0) {
		xc_err(xch, "Could not get maximum GPFN!");
		return -1;
	}
	if (nr < info->nr_pages) {
		xc_err(xch, "p2m_size < nr_pages -1 (%lx < %lx", nr,
		       info->nr_pages - 1);
		return -1;
	}
	list = xe_field(shared, arch.pfn_to_mfn_frame_list_list, width);
	*p2m = xe_map_p2m(xch, info->domid, prot, width, nr, list, &missing);
	if (*p2m) {
		*size = nr;
		return 0;
	}
	if (missing == xe_p2m_list_list)
		xc_perr(xch, "Couldn't map %s (errno %d)", missing, errno);
	else
		xc_perr(xch, "Couldn't map %s", missing);
	return -1;
}

XC_API int xc_core_arch_map_p2m(xc_interface *xch, unsigned int guest_width,
				xc_dominfo_t *info,
				shared_info_any_t *live_shinfo,
				xen_pfn_t **live_p2m, unsigned long *pfnp)
{
	struct xe_batch *b = xe_pause(xch);

	return xe_resume(b, xch, map_of(xch, PROT_READ, guest_width, info,
					live_shinfo, live_p2m, pfnp));
}

XC_API int xc_core_arch_map_p2m_writable(xc_interface *xch,
					 unsigned int guest_width,
					 xc_dominfo_t *info,
					 shared_info_any_t *live_shinfo,
					 xen_pfn_t **live_p2m,
					 unsigned long *pfnp)
{
	struct xe_batch *b = xe_pause(xch);

	return xe_resume(b, xch, map_of(xch, PROT_READ | PROT_WRITE,
					guest_width, info, live_shinfo,
					live_p2m, pfnp));
}

#endif
