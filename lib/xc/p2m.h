/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A PV domain's table of its frames: guest words, at its pfn each frame that
 * is there. Its pages are named by a list, and that one's pages by another
 * list, of one page, which the shared info page names.
 */
#ifndef XC_P2M_H
#define XC_P2M_H

#include <xenctrl.h>

/* A field of what has another layout in guests of 32 bits. */
#define xe_field(p, field, width) \
	((width) == 8 ? (p)->x64.field : (p)->x32.field)

#define XE_NO_FRAME (~(xen_pfn_t)0)

/* Pages of so many guest words. */
static inline unsigned long xe_word_pages(unsigned long words,
					  unsigned int width)
{
	unsigned long each = XC_PAGE_SIZE / width;

	return words / each + !!(words % each);
}

/* XE_NO_FRAME of either width. */
static inline xen_pfn_t xe_p2m_entry(const void *p2m, unsigned int width,
				     unsigned long pfn)
{
	uint32_t frame;

	if (width == 8)
		return ((const uint64_t *)p2m)[pfn];
	frame = ((const uint32_t *)p2m)[pfn];
	return frame == UINT32_MAX ? XE_NO_FRAME : frame;
}

/*
 * The table of `size` words, mapped: xe_word_pages() pages to munmap. NULL with
 * errno, and in *missing what could not be mapped, as messages name it.
 */
extern const char xe_p2m_list_list[];
void *xe_map_p2m(xc_interface *xch, uint32_t domid, int prot,
		 unsigned int width, unsigned long size, xen_pfn_t list_list,
		 const char **missing);

#endif /* XC_P2M_H */
