/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Event channels of a context: evtchn_bind.c has their life, evtchn_ring.c what
 * userspace sees of them, evtchn.c the operations.
 */
#ifndef XB_EVTCHN_H
#define XB_EVTCHN_H

#include <linux/atomic.h>
#include <linux/list.h>
#include <linux/mutex.h>
#include <linux/nospec.h>
#include <linux/poll.h>
#include <linux/ptrace.h>
#include <linux/spinlock.h>
#include <linux/types.h>
#include <linux/workqueue.h>
#include <xen/interface/event_channel.h>
#include <xen/interface/xen.h>

#include "uapi.h"

struct eventfd_ctx;
struct file;
struct vm_area_struct;
struct xb_context;
struct xenbatch_op;

/* A bound port. */
struct xb_evtchn {
	struct xb_events *events;
	evtchn_port_t port;
	unsigned int irq;
	u32 slot;
	u32 count;		/* events told so far */
	/*
	 * Events not acknowledged: none; one, which the user was told; two, the
	 * second of which waits here. Not counted with kernel_ack.
	 */
	atomic_t due;
	bool disabled;		/* the interrupt, since there were two */
	bool kernel_ack;
	bool gone;		/* the other end is no more */
	bool connected;		/* it was there at some time */
	bool here;		/* it is in this domain: see upcall.h */
	u32 type;		/* XENBATCH_EVTCHN_* */
	domid_t domid;		/* of the other end */
	struct list_head node;
};

/* Ports are found by their number in a table of two levels. */
#define XB_PORT_SHIFT	9	/* of XB_PORT_LEAF */
#define XB_PORT_LEAF	512U
#define XB_PORT_LEAVES	(EVTCHN_FIFO_NR_CHANNELS >> XB_PORT_SHIFT)

/* From the mmap of the ring to the context's end. */
struct xb_events {
	/* What an interrupt uses. Nothing in shared memory is believed. */
	spinlock_t ring_lock;	/* head, ring, eventfd */
	u32 head;
	u32 mask;
	u64 *ring;
	struct xenbatch_event_slot *slots;
	struct xenbatch_events *shared;
	struct eventfd_ctx *eventfd;
	u64 coalesced;
	struct xb_context *ctx;

	/* What operations use. */
	struct mutex lock;
	struct xb_evtchn **leaves[XB_PORT_LEAVES];
	struct list_head ports;
	unsigned long *used;	/* slots */
	u32 next_slot;
	u32 nr_peers;		/* ports with another end */
	const char *name;
	struct evtchn_send send;
	struct pt_regs regs;	/* upcall.h */
	struct delayed_work check;
};

/* What fits into one page. */
#define XB_PORTS_LEAST	128U

extern unsigned int xb_ports_max;

static inline struct xb_evtchn *xb_evtchn_find(const struct xb_events *ev,
					       evtchn_port_t port)
{
	struct xb_evtchn **leaf;

	if (port >= EVTCHN_FIFO_NR_CHANNELS)
		return NULL;
	port = array_index_nospec(port, EVTCHN_FIFO_NR_CHANNELS);
	leaf = ev->leaves[port >> XB_PORT_SHIFT];
	return leaf ? leaf[port % XB_PORT_LEAF] : NULL;
}

/* evtchn_ring.c */
int xb_events_mmap(struct xb_context *ctx, struct vm_area_struct *vma);
void xb_events_free(struct xb_context *ctx);
__poll_t xb_events_poll(struct xb_context *ctx, struct file *file,
			struct poll_table_struct *wait);
int xb_events_eventfd(struct xb_context *ctx,
		      const struct xenbatch_eventfd *arg);
/*
 * e has something to say: to its place in the ring, if it is not there yet.
 * ring_lock is held, interrupts are off.
 */
void xb_event_push(struct xb_evtchn *e);

/* evtchn.c */
static inline bool xb_opcode_is_short(u16 opcode)
{
	return opcode == XENBATCH_OP_EVTCHN_NOTIFY ||
	       opcode == XENBATCH_OP_EVTCHN_ACK;
}

unsigned int xb_evtchn_short(struct xb_context *ctx, struct xenbatch_op *ops,
			     unsigned int nr);

/* evtchn_bind.c; events->lock is held. */
long xb_evtchn_bind(struct xb_events *ev, u32 type, u32 remote, u16 flags,
		    domid_t domid);
void xb_evtchn_unbind(struct xb_evtchn *e);
void xb_evtchn_next(struct xb_evtchn *e);
int xb_evtchn_affinity(struct xb_evtchn *e, u32 cpu);
void xb_evtchn_init(struct xb_events *ev);
void xb_evtchn_end(struct xb_events *ev);

#endif /* XB_EVTCHN_H */
