/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * libxenforeignmemory: what a handle is, and the two ways to do what it is
 * asked for.
 */
#ifndef STABLE_FOREIGN_H
#define STABLE_FOREIGN_H

#include <xenctrl.h>
#include <xen/sys/privcmd.h>
#include <xenforeignmemory.h>
#include <xentoollog.h>

#include "active.h"
#include "fast.h"

struct xenforeignmemory_handle {
	xentoollog_logger *logger, *logger_tofree;
	int fd;			/* privcmd */
	int unimplemented;	/* its errno for ioctls that it does not know */
	Xentoolcore__Active_Handle active;
	struct fast fast;
};

struct xenforeignmemory_resource_handle {
	domid_t domid;
	unsigned int type;
	unsigned int id;
	unsigned long frame;
	unsigned long nr_frames;
	void *addr;
	int prot;
	int flags;
};

/*
 * foreign_stock.c: privcmd, asked exactly as the stock library asks it
 * (tools/libs/foreignmemory/linux.c, Xen 4.17).
 */

/* 0, or -1 with errno and a message. */
int foreign_stock_open(xenforeignmemory_handle *fmem);
/* The mapping, or NULL with errno. err[] is written as far as stock does. */
void *foreign_stock_map(xenforeignmemory_handle *fmem, uint32_t domid,
			void *addr, int prot, int flags, size_t num,
			const xen_pfn_t *arr, int *err);
/* Without addr and nr_frames it asks for the size, and sets nr_frames. */
int foreign_stock_map_resource(xenforeignmemory_handle *fmem,
			       xenforeignmemory_resource_handle *fres);
int foreign_stock_unmap(void *addr, size_t num);

/*
 * foreign_fast.c: the module. True: done, *ret and errno are the answer. False:
 * it is a case for the stock device, and nothing was done.
 */
extern const struct fast_kind foreign_fast_kind;
bool foreign_fast_map(struct fast *f, uint32_t domid, void *addr, int prot,
		      int flags, size_t num, const xen_pfn_t *arr, int *err,
		      void **ret);

#endif /* STABLE_FOREIGN_H */
