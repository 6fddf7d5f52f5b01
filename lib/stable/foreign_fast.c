// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Foreign memory by the module: one operation fills an area, one empties it.
 *
 * What is not sure to end as privcmd would end it is left to privcmd:
 * protections and flags that areas do not have, Xen's own domids, errors of an
 * operation as a whole, pages that are paged out for a caller who wants all or
 * none.
 */
#include <errno.h>
#include <sys/mman.h>
#include <unistd.h>

#include "foreign.h"

#define BIT(n)			(1ULL << (n))
#define FIRST_RESERVED_DOMID	0x7ff0
#define PAGED_WAIT_US		100
#define FRAME_BITS		40

const struct fast_kind foreign_fast_kind = {
	.opcodes = BIT(XENBATCH_OP_FOREIGN_MAP) |
		   BIT(XENBATCH_OP_FOREIGN_UNMAP),
	.region = XENBATCH_REGION_FOREIGN,
	.unmap = XENBATCH_OP_FOREIGN_UNMAP,
	.kept_pages = 4096,
	.worth = FAST_WORTH_MAPS,
};

/*
 * Is this the result of a page? Of the two errors below the operation as a
 * whole cannot be meant: what it could complain about is right by construction.
 */
static bool is_pages_own(int64_t result)
{
	return !result || result == -EINVAL || result == -ESRCH ||
	       result == -ENOENT;
}

/*
 * Does one of these have bits beyond a page-table entry's? privcmd shifts them
 * away or into other fields, and what is left may even be a frame: ask it.
 */
static bool has_wild_frame(const xen_pfn_t *arr, size_t num)
{
	size_t i;

	for (i = 0; i < num; i++)
		if ((uint64_t)arr[i] >> FRAME_BITS)
			return true;
	return false;
}

static int64_t map_some(struct fast *f, const struct fast_area *got,
			uint16_t domid, size_t first, size_t num,
			const xen_pfn_t *arr, int *err)
{
	struct xenbatch_op op = {
		.opcode = XENBATCH_OP_FOREIGN_MAP,
		.flags = XENBATCH_OPF_LIST,
		.domid = domid,
	};

	if (!(got->area.prot & PROT_WRITE))
		op.flags |= XENBATCH_OPF_READONLY;
	op.map.addr = got->area.addr + (first << PAGE_SHIFT);
	op.map.count = num;
	op.map.frame = (uintptr_t)(arr + first);
	op.map.status = err ? (uintptr_t)(err + first) : 0;
	return fast_run(f, &op);
}

/*
 * All pages; *bad gets the first error of one, or 0. Returns 0 as long as only
 * pages were bad. Without err[] the first is enough.
 */
static int64_t map_all(struct fast *f, const struct fast_area *got,
		       uint16_t domid, const xen_pfn_t *arr, int *err, int *bad)
{
	size_t num = got->area.pages, i, n;
	int64_t result;

	*bad = 0;
	for (i = 0; i < num && (err || !*bad); i += n) {
		n = num - i < f->pages_max ? num - i : f->pages_max;
		result = map_some(f, got, domid, i, n, arr, err);
		if (likely(!result))
			continue;
		if (!is_pages_own(result))
			return result;
		if (has_wild_frame(arr + i, n))
			return -EINVAL;
		if (!*bad)
			*bad = result;
	}
	return 0;
}

/* Those that are paged out come back in a while: Xen was told to see to it. */
static int64_t wait_for_paged(struct fast *f, const struct fast_area *got,
			      uint16_t domid, const xen_pfn_t *arr, int *err)
{
	size_t num = got->area.pages, i, run;
	int64_t result;
	bool paged;

	for (;;) {
		paged = false;
		for (i = 0; i < num; i += run ? run : 1) {
			for (run = 0; i + run < num && run < f->pages_max &&
				      err[i + run] == -ENOENT; run++)
				;
			if (!run)
				continue;
			if (!paged)
				usleep(PAGED_WAIT_US);
			paged = true;
			result = map_some(f, got, domid, i, run, arr, err);
			if (!is_pages_own(result))
				return result;
		}
		if (!paged)
			return 0;
	}
}

/* With errors in err[]: a partial mapping is a mapping. */
static int64_t fill(struct fast *f, const struct fast_area *got,
		    uint16_t domid, const xen_pfn_t *arr, int *err, int *bad)
{
	int64_t result = map_all(f, got, domid, arr, err, bad);

	if (likely(!result && !*bad) || result)
		return result;
	if (!err)
		return *bad == -ENOENT ? *bad : 0;
	return wait_for_paged(f, got, domid, arr, err);
}

bool foreign_fast_map(struct fast *f, uint32_t domid, void *addr, int prot,
		      int flags, size_t num, const xen_pfn_t *arr, int *err,
		      void **ret)
{
	struct fast_area got;
	int64_t result;
	int bad;

	if ((prot != PROT_READ && prot != (PROT_READ | PROT_WRITE)) ||
	    flags & ~(MAP_FIXED | MAP_SHARED) ||
	    (uint16_t)domid >= FIRST_RESERVED_DOMID || !fast_ready(f, num))
		return false;
	do {
		if (!fast_area_get(f, &got, num, prot, addr, flags))
			return false;
		result = fill(f, &got, domid, arr, err, &bad);
		/* A kept area that is gone: the client has unmapped it. */
	} while (unlikely(result == -ENXIO && got.kept));
	if (unlikely(result)) {
		fast_area_drop(f, &got, true);
		return false;
	}
	if (unlikely(bad && !err)) {
		fast_area_drop(f, &got,
			       fast_empty(f, got.area.addr, num) < 0);
		errno = -bad;
		*ret = NULL;
		return true;
	}
	fast_area_give(f, &got);
	*ret = (void *)got.area.addr;
	return true;
}
