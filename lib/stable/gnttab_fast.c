// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Grants by the module: pages that the kernel can do I/O on, as gntdev's are.
 *
 * What fails here is tried anew with gntdev, which fails a request of many for
 * one bad reference, and says so to the logger: an error's text and number are
 * always its. It also keeps all requests with a notification, as it sends the
 * event not when the pages are unmapped but when they are forgotten.
 */
#include <errno.h>
#include <sys/mman.h>

#include "gnttab.h"

#define BIT(n)	(1ULL << (n))

const struct fast_kind gnttab_fast_kind = {
	.opcodes = BIT(XENBATCH_OP_GRANT_MAP) | BIT(XENBATCH_OP_GRANT_UNMAP) |
		   BIT(XENBATCH_OP_GRANT_COPY) | BIT(XENBATCH_OP_GRANT_NOTIFY),
	.region = XENBATCH_REGION_GRANT_PAGES,
	.unmap = XENBATCH_OP_GRANT_UNMAP,
	/* Each keeps a page of the kernel's that memory could be mapped to. */
	.kept_pages = 512,
	.worth = FAST_WORTH_MAPS,
};

/* References [first, first + n) of the request are of one domain. */
static int64_t map_some(struct fast *f, const struct fast_area *got,
			const struct gnttab_request *req, uint32_t first,
			uint32_t n)
{
	struct xenbatch_op op = {
		.opcode = XENBATCH_OP_GRANT_MAP,
		.domid = req->domids[req->one_domain ? 0 : first],
	};

	if (!(req->prot & PROT_WRITE))
		op.flags |= XENBATCH_OPF_READONLY;
	op.map.addr = got->area.addr + ((size_t)first << PAGE_SHIFT);
	op.map.count = n;
	if (n == 1) {
		op.map.frame = req->refs[first];
	} else {
		op.flags |= XENBATCH_OPF_LIST;
		op.map.frame = (uintptr_t)(req->refs + first);
	}
	return fast_run(f, &op);
}

/* How many from first on can go in one operation. */
static uint32_t run_of(const struct fast *f, const struct gnttab_request *req,
		       uint32_t first)
{
	uint32_t max = req->count - first, n = 1;

	if (max > f->pages_max)
		max = f->pages_max;
	if (req->one_domain)
		return max;
	while (n < max && req->domids[first + n] == req->domids[first])
		n++;
	return n;
}

static int64_t map_all(struct fast *f, const struct fast_area *got,
		       const struct gnttab_request *req)
{
	int64_t result = 0;
	uint32_t i, n;

	for (i = 0; i < req->count && !result; i += n) {
		n = run_of(f, req, i);
		result = map_some(f, got, req, i, n);
	}
	return result;
}

bool gnttab_fast_map(struct fast *f, const struct gnttab_request *req,
		     void **ret)
{
	struct fast_area got;
	int64_t result;

	if (req->prot != PROT_READ && req->prot != (PROT_READ | PROT_WRITE))
		return false;
	if (req->notify_offset < PAGE_BYTES * req->count ||
	    req->notify_port != (evtchn_port_t)-1 || !fast_ready(f, req->count))
		return false;
	do {
		if (!fast_area_get(f, &got, req->count, req->prot, NULL, 0))
			return false;
		result = map_all(f, &got, req);
		/* A kept area that is gone: the client has unmapped it. */
	} while (unlikely(result == -ENXIO && got.kept));
	if (unlikely(result)) {
		fast_area_drop(f, &got,
			       fast_empty(f, got.area.addr, req->count) < 0);
		return false;
	}
	fast_area_give(f, &got);
	*ret = (void *)got.area.addr;
	return true;
}

bool gnttab_fast_unmap(struct fast *f, void *addr, uint32_t count, int *rc)
{
	switch (fast_area_unmap(f, addr, count, rc)) {
	case FAST_UNMAP_DONE:
		return true;
	case FAST_UNMAP_OTHER:
		errno = EINVAL;
		*rc = -1;
		return true;
	default:
		return false;
	}
}

/* Refusals in a row after which copying by the module is given up. */
#define COPY_REFUSALS	4

/* A segment is to both what it is to the API, but for padding. */
_Static_assert(sizeof(struct xenbatch_copy) ==
	       sizeof(xengnttab_grant_copy_segment_t), "");
_Static_assert(offsetof(struct xenbatch_copy, dest) ==
	       offsetof(xengnttab_grant_copy_segment_t, dest), "");
_Static_assert(offsetof(struct xenbatch_copy, flags) ==
	       offsetof(xengnttab_grant_copy_segment_t, flags), "");
_Static_assert(offsetof(struct xenbatch_copy, status) ==
	       offsetof(xengnttab_grant_copy_segment_t, status), "");
_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__,
	       "a reference is the low half of its word");

/*
 * A copy is not what a context would be opened for: it saves little where the
 * client's memory is plain memory. The module takes no garbage in the padding,
 * and gntdev does not mind it. So what it refuses goes the stock way; if that
 * is all that comes, at once.
 */
bool gnttab_fast_copy(xengnttab_handle *xgt, uint32_t count,
		      xengnttab_grant_copy_segment_t *segs)
{
	struct xenbatch_op op = { .opcode = XENBATCH_OP_GRANT_COPY };
	struct fast *f = &xgt->fast;
	int64_t result;

	if (!fast_is_on(f) || !count || count > f->pages_max ||
	    xgt->copy_refusals >= COPY_REFUSALS)
		return false;
	op.copy.addr = (uintptr_t)segs;
	op.copy.count = count;
	result = fast_run(f, &op);
	/* Not all were copied: statuses say so, and stock says no more. */
	if (likely(!result || result == -EIO)) {
		xgt->copy_refusals = 0;
		return true;
	}
	xgt->copy_refusals++;
	return false;
}
