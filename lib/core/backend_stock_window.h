/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Windows made of the stock devices: address space that is reserved, over which
 * /dev/xen/privcmd and /dev/xen/gntdev are mapped. Used by the backend stock,
 * and by the backend module for what the kernel's module does not have in this
 * kind of dom0.
 */
#ifndef XB_BACKEND_STOCK_WINDOW_H
#define XB_BACKEND_STOCK_WINDOW_H

#include <pthread.h>
#include <sys/types.h>

#include "soft.h"

/*
 * What a slot holds. Pages that one call mapped are one area of the kernel's:
 * nr of them, this one at place `place`.
 */
struct xb_stock_slot {
	enum {
		XB_STOCK_EMPTY,
		XB_STOCK_FRAME,
		XB_STOCK_RESOURCE,
		XB_STOCK_GRANT,
		XB_STOCK_HOLE,	/* empty, but in the midst of an area */
		XB_STOCK_LOST,	/* another thread's mmap was faster here */
	} kind;
	int prot;
	uint32_t place;
	uint32_t nr;
	uint64_t frame;
	uint64_t index;		/* GRANT: of the area, in gntdev's file */
	uint32_t type, id;	/* RESOURCE */
	uint16_t domid;
};

/* /dev/xen/evtchn. */
struct xb_soft_events {
	pthread_mutex_t lock;
	int fd;			/* -1: not opened */
	int domid;		/* restricted to, or -1 */
	dev_t rdev;
	uint8_t *ports;		/* of each port, what the library knows */
	uint32_t lost;		/* ports from here on may have lost an event */
};

struct xb_soft {
	struct xb_soft_events events;
	pthread_mutex_t lock;
	struct xb_soft_area *areas;
	int privcmd;		/* -1: none of its own */
	int gntdev;		/* -1: not opened */
};

/* Made at the first use; NULL: no memory. */
struct xb_soft *xb_soft_get(struct xb_device *dev);
/* Descriptors go from parent to dev, where they are of use; and it ends. */
void xb_soft_inherit(struct xb_device *dev, struct xb_device *parent);
void xb_soft_close(struct xb_device *dev);

/* The privcmd that maps frames, or -1. */
int xb_soft_privcmd(const struct xb_device *dev);

/* dev->domid was set: foreign frames of that domain are all that is left. */
void xb_soft_restrict(struct xb_device *dev);

int xb_soft_window(struct xb_device *dev, unsigned int region, size_t size,
		   void **out);
/* False if it is none of these. */
bool xb_soft_window_remove(struct xb_device *dev, void *p, size_t size);
bool xb_soft_has(struct xb_device *dev, const void *addr);
/* An operation that is neither NOP nor HYPERCALL. */
long xb_soft_window_op(struct xb_device *dev, const struct xenbatch_op *op);

/*
 * Events (backend_stock_event.c). open: the descriptor, opened once. take: how
 * many, without waiting. All give a negative errno otherwise.
 */
int xb_soft_events_open(struct xb_device *dev);
int xb_soft_events_take(struct xb_device *dev, struct xenbatch_event *events,
			unsigned int n);
int xb_soft_events_restrict(struct xb_device *dev, uint16_t domid);
/* Not inherited: a child has no ports of its parent's. */
void xb_soft_events_init(struct xb_soft_events *ev, int domid);
void xb_soft_events_end(struct xb_soft_events *ev);
long xb_soft_event_op(struct xb_device *dev, const struct xenbatch_op *op);

/* Between the files of this: the first slot of op's, and their address. */
typedef long xb_stock_op(struct xb_device *dev, const struct xenbatch_op *op,
			 struct xb_stock_slot *slot, char *addr);
xb_stock_op xb_stock_foreign_map, xb_stock_resource_map, xb_stock_foreign_unmap;
xb_stock_op xb_stock_grant_map, xb_stock_grant_unmap, xb_stock_grant_notify;
long xb_stock_grant_copy(struct xb_device *dev, const struct xenbatch_op *op);

#endif /* XB_BACKEND_STOCK_WINDOW_H */
