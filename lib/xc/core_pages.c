// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * A domain's pages, written into a core dump.
 */
#define XC_WANT_COMPAT_MAP_FOREIGN_API
#include "engine.h"

#if XC_RELEASE < 417 && (defined(__i386__) || defined(__x86_64__))

#include <sys/mman.h>

#include "core_dump.h"
#include "p2m.h"

/* So many pages are mapped, and written, at once. */
#define MAPPED	1024u
#define WRITTEN	4096u

struct pages {
	const struct xe_dump *d;
	uint64_t *table;
	unsigned long done;		/* of d->info.nr_pages */
	char *buf;
	unsigned int in_buf;
	/* what is to be mapped next */
	unsigned int nr;
	xen_pfn_t pfns[MAPPED], frames[MAPPED];
	int err[MAPPED];
};

static unsigned long smaller(unsigned long a, unsigned long b)
{
	return a < b ? a : b;
}

/* How many can be taken at once. */
static unsigned int room(const struct pages *p)
{
	return smaller(smaller(MAPPED, WRITTEN - p->in_buf),
		       p->d->info.nr_pages - p->done);
}

static void enter(struct pages *p, xen_pfn_t pfn, xen_pfn_t frame)
{
	unsigned int words = xe_core_table_words(p->d);
	uint64_t *t = p->table + p->done++ * words;

	t[0] = pfn;
	if (words > 1)
		t[1] = frame;
}

static int write_buf(struct pages *p)
{
	size_t size = (size_t)p->in_buf * XC_PAGE_SIZE;

	p->in_buf = 0;
	return xe_core_write(p->d, p->buf, size);
}

/*
 * Of those to be mapped all that can be. At once they may be too many: a dom0
 * that is not PV needs pages of its own to map others in their place.
 */
static void copy(struct pages *p, unsigned int first, unsigned int nr)
{
	char *from = xc_map_foreign_bulk(p->d->xch, p->d->domid, PROT_READ,
					 p->frames + first, p->err + first, nr);
	unsigned int i;

	if (!from && nr > 1) {
		copy(p, first, nr / 2);
		copy(p, first + nr / 2, nr - nr / 2);
	}
	if (!from)
		return;
	for (i = 0; i < nr; i++) {
		if (p->err[first + i])
			continue;
		memcpy(p->buf + (size_t)p->in_buf++ * XC_PAGE_SIZE,
		       from + (size_t)i * XC_PAGE_SIZE, XC_PAGE_SIZE);
		enter(p, p->pfns[first + i], p->frames[first + i]);
	}
	munmap(from, (size_t)nr * XC_PAGE_SIZE);
}

static int take(struct pages *p)
{
	if (p->nr)
		copy(p, 0, p->nr);
	p->nr = 0;
	return p->in_buf == WRITTEN ? write_buf(p) : 0;
}

/* The domain may have said meanwhile that it has more than was mapped. */
static xen_pfn_t frame_of(const struct xe_dump *d, xen_pfn_t pfn)
{
	if (d->p2m)
		return pfn < d->p2m_size ?
			xe_p2m_entry(d->p2m, d->width, pfn) : XE_NO_FRAME;
	return xc_core_arch_gpfn_may_present(NULL, pfn) ? pfn : XE_NO_FRAME;
}

/* All pfns of a range: 0, or what ends the dump. */
static int take_range(struct pages *p, const xc_core_memory_map_t *range,
		      bool *full)
{
	xen_pfn_t pfn = range->addr >> XC_PAGE_SHIFT, frame;
	xen_pfn_t end = pfn + (range->size >> XC_PAGE_SHIFT);
	int rc;

	for (; pfn < end; pfn++) {
		if (p->nr == room(p)) {
			rc = take(p);
			if (rc)
				return rc;
			*full = !room(p);
			if (*full)
				return 0;
		}
		frame = frame_of(p->d, pfn);
		if (frame == XE_NO_FRAME)
			continue;
		p->pfns[p->nr] = pfn;
		p->frames[p->nr++] = frame;
	}
	return 0;
}

static int write_missing(struct pages *p)
{
	unsigned long nr_pages = p->d->info.nr_pages;
	int rc = 0;

	if (p->done == nr_pages)
		return 0;
	xc_detail(p->d->xch, "j (%ld) != nr_pages (%ld)", p->done, nr_pages);
	memset(p->buf, 0, XC_PAGE_SIZE);
	while (p->done < nr_pages && !rc) {
		rc = xe_core_write(p->d, p->buf, XC_PAGE_SIZE);
		enter(p, XE_NO_FRAME, XE_NO_FRAME);
	}
	return rc;
}

static int write_pages(struct pages *p)
{
	const struct xe_dump *d = p->d;
	bool full = false;
	unsigned int i;
	int rc;

	for (i = 0; i < d->nr_ranges && !full; i++) {
		rc = take_range(p, &d->ranges[i], &full);
		if (rc)
			return rc;
	}
	if (full)
		xc_report(d->xch, d->xch->error_handler, XTL_INFO, 0,
			  "exceeded nr_pages (%ld) losing pages",
			  d->info.nr_pages);
	rc = take(p);
	if (!rc)
		rc = write_buf(p);
	return rc ? rc : write_missing(p);
}

int xe_core_write_pages(const struct xe_dump *d, uint64_t *table)
{
	struct pages *p = malloc(sizeof(*p));
	char *buf = malloc((size_t)WRITTEN * XC_PAGE_SIZE);
	int rc = -1;

	if (p && buf) {
		*p = (struct pages){ .d = d, .table = table, .buf = buf };
		rc = write_pages(p);
	} else {
		xc_perr(d->xch, "Could not allocate dump_mem");
	}
	free(buf);
	free(p);
	return rc;
}

#endif
