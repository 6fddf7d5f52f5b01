// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Other domains' memory, mapped. The mapping is libxenforeignmemory's, and the
 * caller's to munmap.
 */
#define XC_WANT_COMPAT_MAP_FOREIGN_API
#include <sys/mman.h>

#include "engine.h"
#include "guest_abi.h"

/* In its place in a batch, as all that maps. */
static void *map(xc_interface *xch, uint32_t dom, int prot,
		 const xen_pfn_t *frames, int *err, size_t num)
{
	struct xe_batch *b = xe_pause(xch);
	xenforeignmemory_handle *fmem = xc_interface_fmem_handle(xch);
	void *p = NULL;

	if (fmem)
		p = xenforeignmemory_map(fmem, dom, prot, num, frames, err);
	return xe_resume_ptr(b, xch, p);
}

static void *no_memory(xc_interface *xch)
{
	struct xe_batch *b = xe_pause(xch);

	errno = ENOMEM;
	return xe_resume_ptr(b, xch, NULL);
}

XC_API void *xc_map_foreign_pages(xc_interface *xch, uint32_t dom, int prot,
				  const xen_pfn_t *arr, int num)
{
	struct xe_batch *b;

	if (num >= 0)
		return map(xch, dom, prot, arr, NULL, num);
	b = xe_pause(xch);
	errno = EINVAL;
	return xe_resume_ptr(b, xch, NULL);
}

XC_API void *xc_map_foreign_bulk(xc_interface *xch, uint32_t dom, int prot,
				 const xen_pfn_t *arr, int *err,
				 unsigned int num)
{
	return map(xch, dom, prot, arr, err, num);
}

/* Runs of frames: nr of them, each from the mfn of an entry on. */
static void *map_runs(xc_interface *xch, uint32_t dom, int prot,
		      const privcmd_mmap_entry_t *entries, int nr, int each)
{
	xen_pfn_t *frames = calloc(nr * each, sizeof(*frames));
	int i, j, err;
	void *p;

	if (!frames)
		return no_memory(xch);
	for (i = 0; i < nr; i++) {
		for (j = 0; j < each; j++)
			frames[i * each + j] = entries[i].mfn + j;
	}
	p = xc_map_foreign_pages(xch, dom, prot, frames, nr * each);
	err = errno;
	free(frames);
	errno = err;
	return p;
}

/* Stock's own arithmetic, for sizes that no caller should have. */
XC_API void *xc_map_foreign_range(xc_interface *xch, uint32_t dom, int size,
				  int prot, unsigned long mfn)
{
	privcmd_mmap_entry_t run = { .mfn = mfn };
	int num = (size + XC_PAGE_SIZE - 1) >> XC_PAGE_SHIFT;

	return map_runs(xch, dom, prot, &run, 1, num);
}

XC_API void *xc_map_foreign_ranges(xc_interface *xch, uint32_t dom, size_t size,
				   int prot, size_t chunksize,
				   privcmd_mmap_entry_t entries[], int nentries)
{
	(void)size;
	return map_runs(xch, dom, prot, entries, nentries,
			chunksize >> XC_PAGE_SHIFT);
}

/*
 * Pages filled
 */

static void *map_to_write(xc_interface *xch, uint32_t domid, unsigned long pfn,
			  size_t size)
{
	return xc_map_foreign_range(xch, domid, size, PROT_WRITE, pfn);
}

static int end_write(xc_interface *xch, uint32_t domid, unsigned long pfn,
		     void *p, size_t size)
{
	munmap(p, size);
	xc_domain_cacheflush(xch, domid, pfn, size >> XC_PAGE_SHIFT);
	return 0;
}

XC_API int xc_copy_to_domain_page(xc_interface *xch, uint32_t domid,
				  unsigned long dst_pfn, const char *src_page)
{
	struct xe_batch *b = xe_pause(xch);
	void *p = map_to_write(xch, domid, dst_pfn, XC_PAGE_SIZE);
	int rc = -1;

	if (p) {
		memcpy(p, src_page, XC_PAGE_SIZE);
		rc = end_write(xch, domid, dst_pfn, p, XC_PAGE_SIZE);
	}
	return xe_resume(b, xch, rc);
}

XC_API int xc_clear_domain_pages(xc_interface *xch, uint32_t domid,
				 unsigned long dst_pfn, int num)
{
	struct xe_batch *b = xe_pause(xch);
	size_t size = num * XC_PAGE_SIZE;
	void *p = map_to_write(xch, domid, dst_pfn, size);
	int rc = -1;

	if (p) {
		memset(p, 0, size);
		rc = end_write(xch, domid, dst_pfn, p, size);
	}
	return xe_resume(b, xch, rc);
}
