/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What a connection has of events, from the first bind on: the module's ring,
 * or that there is none, and /dev/xen/evtchn is asked.
 */
#ifndef XB_EVENT_H
#define XB_EVENT_H

#include "context.h"

/* Looks at the ring before sleeping, at most, if nobody says otherwise. */
#define XB_SPIN_MAX	128U

struct xb_events {
	struct xenbatch_events *shared;	/* NULL: no ring */
	const uint64_t *ring;
	struct xenbatch_event_slot *slots;
	uint32_t mask;
	int fd;				/* to be polled */
	struct xb_device *dev;
	size_t size;			/* of the mapping */
	/* Read and written by any thread: what is lost does no harm. */
	uint32_t spin;			/* looks before sleeping, now */
	uint32_t failed;		/* spins that found nothing */
};

/* Made at the first use; NULL and errno. */
struct xb_events *xb_events_get(xenbatch *xb);
/* mapped: false in a child, where the ring is not. */
void xb_events_destroy(struct xb_conn *conn, bool mapped);

#endif /* XB_EVENT_H */
