/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * libxendevicemodel: what a handle is, and how it asks.
 */
#ifndef STABLE_DEVICEMODEL_H
#define STABLE_DEVICEMODEL_H

/* <xenctrl.h> comes first: it says that this is a tool. */
#include <xenctrl.h>
#include <xencall.h>
#include <xendevicemodel.h>
#include <xentoollog.h>
#include <xen/hvm/dm_op.h>

#include "active.h"
#include "fast.h"

struct xendevicemodel_handle {
	xentoollog_logger *logger, *logger_tofree;
	int fd;			/* privcmd; -1: it has no DM_OP */
	xencall_handle *xcall;	/* then this, or else NULL */
	Xentoolcore__Active_Handle active;
	struct fast fast;
};

/* As xen_dm_op_buf, but with the client's own memory. */
struct dm_buf {
	void *ptr;
	size_t size;
};

/*
 * devicemodel_stock.c: privcmd, or a hypercall, asked exactly as the stock
 * library asks it (tools/libs/devicemodel, Xen 4.17). 0 or more, or -1 with
 * errno.
 */
int dm_stock_open(xendevicemodel_handle *dmod);
int dm_stock_run(xendevicemodel_handle *dmod, domid_t domid,
		 const struct dm_buf *bufs, unsigned int nr);

/*
 * devicemodel_fast.c: the module. True: done, *ret and errno are the answer.
 * False: it is a case for the stock device, and nothing was done.
 */
extern const struct fast_kind dm_fast_kind;
bool dm_fast_run(struct fast *f, domid_t domid, struct xen_dm_op *op, int *ret);

#endif /* STABLE_DEVICEMODEL_H */
