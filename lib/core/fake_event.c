// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Event channels of the simulated hypervisor, between ports of this process,
 * and what two drivers make of them: the module's ring, /dev/xen/evtchn's queue.
 */
#include <errno.h>
#include <pthread.h>
#include <string.h>
#include <unistd.h>

#include "fake.h"
#include "soft.h"

#define NR_CHANNELS	512U
#define NR_VIRQS	24U
#define DOMID_SELF	0x7ff0

static struct channel {
	struct xb_fake_events *owner;	/* NULL: closed */
	uint32_t peer;			/* 0: none */
	uint32_t virq;			/* plus 1; 0: none */
	uint32_t slot;
	bool kernel_ack;
	bool masked;			/* until it is acknowledged */
	bool pending;			/* meanwhile */
	bool gone;			/* the peer was there */
} channels[NR_CHANNELS];		/* port 0 is none */

static struct xb_fake_events *all;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static void lock_events(void)
{
	pthread_mutex_lock(&lock);
}

static void unlock_events(void)
{
	pthread_mutex_unlock(&lock);
}

static void __attribute__((constructor)) events_init(void)
{
	pthread_atfork(lock_events, unlock_events, unlock_events);
}

/* In a child the parent's are not there. */
static bool is_ours(const struct xb_fake_events *ev)
{
	return ev->pid == getpid();
}

static void push_ring(struct xb_fake_events *ev, struct channel *c)
{
	struct xenbatch_event_slot *slot = &ev->slots[c->slot];
	uint32_t at = ev->head % ev->shared->nr;
	uint64_t one = 1;

	if (__atomic_exchange_n(&slot->pending, 1, __ATOMIC_ACQ_REL)) {
		ev->shared->coalesced++;
		return;
	}
	__atomic_store_n(&ev->ring[at],
			 (uint64_t)c->slot << 32 | (uint32_t)(c - channels),
			 __ATOMIC_RELAXED);
	__atomic_store_n(&ev->shared->head, ++ev->head, __ATOMIC_RELEASE);
	if (ev->eventfd >= 0 && write(ev->eventfd, &one, sizeof(one)) < 0)
		ev->eventfd = -1;
}

static void push_queue(struct xb_fake_events *ev, struct channel *c)
{
	if (ev->queued == XB_FAKE_QUEUE)
		ev->overflow = true;
	else
		ev->queue[ev->queued++] = c - channels;
}

static void push(struct channel *c)
{
	if (c->owner->stock)
		push_queue(c->owner, c);
	else if (c->owner->shared)
		push_ring(c->owner, c);
}

static void fire(struct channel *c)
{
	c->pending = c->masked;
	if (c->masked)
		return;
	c->masked = !c->kernel_ack;
	push(c);
}

static void peer_gone(struct channel *c)
{
	c->gone = true;
	c->peer = 0;
	if (c->owner->stock || !c->owner->shared)
		return;
	__atomic_store_n(&c->owner->slots[c->slot].flags,
			 XENBATCH_EVENT_PEER_GONE, __ATOMIC_RELAXED);
	push(c);
}

static void close_channel(struct channel *c)
{
	struct xb_fake_events *ev = c->owner;

	if (c->peer)
		peer_gone(&channels[c->peer]);
	if (ev->shared)
		__atomic_store_n(&ev->slots[c->slot].port, 0,
				 __ATOMIC_RELAXED);
	memset(c, 0, sizeof(*c));
}

void xb_fake_events_init(struct xb_fake_events *ev, int fd, bool stock)
{
	memset(ev, 0, sizeof(*ev));
	ev->pid = getpid();
	ev->fd = fd;
	ev->stock = stock;
	ev->eventfd = -1;
	ev->domid = -1;
	lock_events();
	ev->next = all;
	all = ev;
	unlock_events();
}

void xb_fake_events_end(struct xb_fake_events *ev)
{
	struct xb_fake_events **link;
	unsigned int i;

	lock_events();
	if (!is_ours(ev))
		ev->shared = NULL;
	for (i = 1; i < NR_CHANNELS; i++)
		if (channels[i].owner == ev)
			close_channel(&channels[i]);
	for (link = &all; *link; link = &(*link)->next) {
		if (*link == ev) {
			*link = ev->next;
			break;
		}
	}
	unlock_events();
}

int xb_fake_events_map(struct xb_fake_events *ev, size_t size, void **out)
{
	uint32_t nr = 1;
	char *p;

	if (ev->shared)
		return -EBUSY;
	while (XENBATCH_EVENTS_SIZE((size_t)nr * 2) <= size)
		nr *= 2;
	p = xb_fake_memory_add(size);
	if (!p)
		return -ENOMEM;
	lock_events();
	ev->shared = (void *)p;
	ev->shared->nr = nr;
	ev->shared->ring = sizeof(*ev->shared);
	ev->shared->slots = ev->shared->ring + nr * sizeof(uint64_t);
	ev->ring = (void *)(p + ev->shared->ring);
	ev->slots = (void *)(p + ev->shared->slots);
	unlock_events();
	*out = p;
	return 0;
}

void xb_fake_events_unmap(void *p)
{
	struct xb_fake_events *ev;

	lock_events();
	for (ev = all; ev; ev = ev->next)
		if ((void *)ev->shared == p)
			ev->shared = NULL;
	unlock_events();
}

int xb_fake_events_eventfd(struct xb_fake_events *ev, int fd)
{
	int err = 0;

	lock_events();
	if (!ev->shared)
		err = -ENXIO;
	else
		ev->eventfd = fd;
	unlock_events();
	return err;
}

bool xb_fake_events_ready(int fd)
{
	struct xb_fake_events *ev;
	bool ready = false;

	lock_events();
	for (ev = all; ev; ev = ev->next) {
		if (ev->fd != fd || !is_ours(ev))
			continue;
		ready = ev->queued || ev->overflow ||
			(ev->shared &&
			 ev->head != __atomic_load_n(&ev->shared->tail,
						     __ATOMIC_RELAXED));
	}
	unlock_events();
	return ready;
}

long xb_fake_events_read(struct xb_fake_events *ev, uint32_t *ports, size_t n)
{
	long ret = -EAGAIN;

	lock_events();
	if (ev->overflow) {
		ret = -EFBIG;
	} else if (ev->queued) {
		n = n < ev->queued ? n : ev->queued;
		memcpy(ports, ev->queue, n * sizeof(*ports));
		ev->queued -= n;
		memmove(ev->queue, ev->queue + n,
			ev->queued * sizeof(*ports));
		ret = n * sizeof(*ports);
	}
	unlock_events();
	return ret;
}

void xb_fake_events_reset(struct xb_fake_events *ev)
{
	lock_events();
	ev->queued = 0;
	ev->overflow = false;
	unlock_events();
}

/* A slot with no port, and no entry of an old one's. */
static bool find_slot(const struct xb_fake_events *ev, uint32_t *slot)
{
	for (*slot = 0; ev->shared && *slot < ev->shared->nr; (*slot)++)
		if (!ev->slots[*slot].port &&
		    !__atomic_load_n(&ev->slots[*slot].pending,
				     __ATOMIC_ACQUIRE))
			return true;
	return !ev->shared;
}

static int check_bind(const struct xb_fake_events *ev, uint32_t type,
		      uint16_t domid, uint32_t remote)
{
	uint32_t i;

	if (ev->domid >= 0 && (type != XENBATCH_EVTCHN_INTERDOMAIN ||
			       domid != ev->domid))
		return ev->stock ? -EACCES : -EPERM;
	switch (type) {
	case XENBATCH_EVTCHN_UNBOUND:
		return remote ? -EINVAL : 0;
	case XENBATCH_EVTCHN_INTERDOMAIN:
		if (domid && domid != DOMID_SELF)
			return -ESRCH;
		if (remote >= NR_CHANNELS || !channels[remote].owner ||
		    channels[remote].virq)
			return -EINVAL;
		if (channels[remote].peer)
			return ev->stock ? -EINVAL : -EBUSY;
		return 0;
	case XENBATCH_EVTCHN_VIRQ:
		if (domid || remote >= NR_VIRQS)
			return -EINVAL;
		for (i = 1; i < NR_CHANNELS; i++)
			if (channels[i].virq == remote + 1)
				return -EEXIST;
		return 0;
	}
	return type == XENBATCH_EVTCHN_STATIC ? -EOPNOTSUPP : -EINVAL;
}

static long bind_channel(struct xb_fake_events *ev, uint32_t type,
			 uint16_t domid, uint32_t remote, bool kernel_ack)
{
	int err = check_bind(ev, type, domid, remote);
	struct channel *c;
	uint32_t slot;

	if (err)
		return err;
	for (c = channels + 1; c < channels + NR_CHANNELS && c->owner; c++)
		;
	if (c == channels + NR_CHANNELS || !find_slot(ev, &slot))
		return -ENOSPC;
	c->owner = ev;
	c->kernel_ack = kernel_ack;
	c->slot = slot;
	if (ev->shared) {
		__atomic_store_n(&ev->slots[slot].flags, 0, __ATOMIC_RELAXED);
		__atomic_store_n(&ev->slots[slot].port, c - channels,
				 __ATOMIC_RELAXED);
	}
	if (type == XENBATCH_EVTCHN_VIRQ)
		c->virq = remote + 1;
	if (type == XENBATCH_EVTCHN_INTERDOMAIN) {
		c->peer = remote;
		channels[remote].peer = c - channels;
		channels[remote].gone = false;
		fire(c);
	}
	return c - channels;
}

static int notify_channel(struct channel *c)
{
	if (c->peer)
		fire(&channels[c->peer]);
	else if (c->gone && !c->owner->stock)
		return -EPIPE;
	return 0;
}

static int ack_channel(struct channel *c)
{
	if (c->masked) {
		c->masked = false;
		if (c->pending)
			fire(c);
	}
	return 0;
}

static long event_op(struct xb_fake_events *ev, const struct xenbatch_op *op)
{
	uint32_t port = op->evtchn.port;
	struct channel *c;

	if (!ev->stock && !ev->shared)
		return -ENXIO;
	if (op->opcode == XENBATCH_OP_EVTCHN_BIND)
		return bind_channel(ev, op->evtchn.type, op->domid,
				    op->evtchn.remote,
				    op->flags & XENBATCH_OPF_KERNEL_ACK);
	if (!port || port >= NR_CHANNELS || channels[port].owner != ev)
		return -ENOTCONN;
	c = &channels[port];
	switch (op->opcode) {
	case XENBATCH_OP_EVTCHN_NOTIFY:
		return notify_channel(c);
	case XENBATCH_OP_EVTCHN_ACK:
		return ack_channel(c);
	case XENBATCH_OP_EVTCHN_UNBIND:
		close_channel(c);
		return 0;
	case XENBATCH_OP_EVTCHN_AFFINITY:
		return op->evtchn.cpu ? -EINVAL : 0;
	}
	return -EINVAL;
}

long xb_fake_event_op(struct xb_fake_events *ev, const struct xenbatch_op *op)
{
	long ret;

	lock_events();
	ret = event_op(ev, op);
	unlock_events();
	return ret;
}
