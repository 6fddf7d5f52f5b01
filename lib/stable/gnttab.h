/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * libxengnttab: what a handle is, and the two ways to do what it is asked for.
 */
#ifndef STABLE_GNTTAB_H
#define STABLE_GNTTAB_H

#include <stdbool.h>
#include <stdint.h>

#include <xen/sys/gntdev.h>
#include <xengnttab.h>
#include <xentoollog.h>

#include "active.h"
#include "fast.h"

/* Also a xengntshr_handle, which uses the first three. */
struct xengntdev_handle {
	xentoollog_logger *logger, *logger_tofree;
	int fd;			/* gntdev's, or gntalloc's */
	Xentoolcore__Active_Handle active;
	struct fast fast;
	bool fd_is_known;	/* to the client, which may use it directly */
	uint8_t copy_refusals;	/* by the module, in a row */
};

/* One request to map: refs[i] of domids[i], or all of domids[0]. */
struct gnttab_request {
	uint32_t count;
	const uint32_t *refs;
	const uint32_t *domids;
	bool one_domain;
	int prot;
	uint32_t notify_offset;		/* all ones: no byte to be cleared */
	evtchn_port_t notify_port;	/* all ones: no event to be sent */
};

/*
 * gnttab_stock.c: gntdev, asked exactly as the stock library asks it
 * (tools/libs/gnttab/linux.c, Xen 4.17). All of them set errno, and say what
 * stock says to the logger.
 */
void *gnttab_stock_map(xengnttab_handle *xgt,
		       const struct gnttab_request *request);
int gnttab_stock_unmap(xengnttab_handle *xgt, void *addr, uint32_t count);
int gnttab_stock_copy(xengnttab_handle *xgt, uint32_t count,
		      xengnttab_grant_copy_segment_t *segs);

/*
 * gnttab_fast.c: the module. True: done. False: it is a case for the stock
 * device, and nothing was done. unmap needs fast_was_on.
 */
extern const struct fast_kind gnttab_fast_kind;
bool gnttab_fast_map(struct fast *f, const struct gnttab_request *request,
		     void **ret);
bool gnttab_fast_unmap(struct fast *f, void *addr, uint32_t count, int *rc);
bool gnttab_fast_copy(xengnttab_handle *xgt, uint32_t count,
		      xengnttab_grant_copy_segment_t *segs);

#endif /* STABLE_GNTTAB_H */
