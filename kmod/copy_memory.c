// SPDX-License-Identifier: GPL-2.0
#include <linux/mm.h>

#include <xen/page.h>

#include "copy.h"

/* Pins of one call: what lists of buffers in a row come to. */
#define XB_PIN_MANY	64U

/* What Xen has written to, Linux does not know to be dirty. */
void xb_copy_unpin(struct xb_copy *c)
{
	if (c->nr_read)
		unpin_user_pages(c->pinned, c->nr_read);
	if (c->nr_written)
		unpin_user_pages_dirty_lock(c->pinned + XB_PINNED -
					    c->nr_written, c->nr_written,
					    true);
	c->nr_read = 0;
	c->nr_written = 0;
	c->source.nr = 0;
	c->dest.nr = 0;
}

/* How many pages from addr on, in their order, the segments from `at` want. */
static unsigned int xb_copy_ahead(const struct xb_copy *c, unsigned long addr,
				  unsigned int at, bool write)
{
	const u16 other = write ? XENBATCH_COPY_DEST_GREF |
				  XENBATCH_COPY_DEST_ARENA :
				  XENBATCH_COPY_SOURCE_GREF |
				  XENBATCH_COPY_SOURCE_ARENA;
	const struct xenbatch_copy *s;
	unsigned long end = addr + PAGE_SIZE, from, to;

	for (; at < c->nr_segments; at++) {
		s = &c->segments[at];
		from = write ? s->dest : s->source;
		to = PAGE_ALIGN(from + s->len);
		if (s->flags & other || (from & PAGE_MASK) > end || from < addr)
			break;
		end = max(end, to);
	}
	return (end - addr) >> PAGE_SHIFT;
}

static u64 xb_copy_pin(struct xb_copy *c, struct xb_pins *pins,
		       unsigned long addr, unsigned int at, bool write)
{
	unsigned int room = XB_PINNED - c->nr_read - c->nr_written;
	unsigned int n = xb_copy_ahead(c, addr, at, write);
	struct page **pages;
	int got;

	n = min3(n, room, XB_PIN_MANY);
	pages = write ? c->pinned + XB_PINNED - c->nr_written - n :
			c->pinned + c->nr_read;
	got = pin_user_pages_fast(addr, n, write ? FOLL_WRITE : 0, pages);
	if (got <= 0)
		return 0;
	if (write) {
		/* They stand before those that were there. */
		memmove(pages + n - got, pages, got * sizeof(*pages));
		pages += n - got;
		c->nr_written += got;
		/* A page that was pinned to be read may be another one now. */
		c->source.nr = 0;
	} else {
		c->nr_read += got;
	}
	pins->addr = addr;
	pins->nr = got;
	pins->pages = pages;
	return xen_page_to_gfn(pages[0]);
}

static u64 xb_copy_find(struct xb_copy *c, struct xb_pins *pins,
			unsigned long addr, unsigned int at, bool write)
{
	unsigned long page = (addr - pins->addr) >> PAGE_SHIFT;

	if (addr >= pins->addr && page < pins->nr)
		return xen_page_to_gfn(pins->pages[page]);
	return xb_copy_pin(c, pins, addr & PAGE_MASK, at, write);
}

u64 xb_copy_source(struct xb_copy *c, unsigned long addr, unsigned int at)
{
	return xb_copy_find(c, &c->source, addr, at, false);
}

u64 xb_copy_dest(struct xb_copy *c, unsigned long addr, unsigned int at)
{
	return xb_copy_find(c, &c->dest, addr, at, true);
}
