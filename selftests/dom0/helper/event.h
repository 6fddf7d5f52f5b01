/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The event ring without the library: operations on ports one by one, and a
 * reader that keeps the ring's rules. Include after raw.h and window.h.
 */
#ifndef EVENT_H
#define EVENT_H

#include <poll.h>
#include <xen/event_channel.h>

struct ring {
	struct ctx c;
	struct xenbatch_events *shared;
	uint64_t *entries;
	struct xenbatch_event_slot *slots;
	size_t size;
};

static inline int ring_map(struct ring *r, uint32_t ports)
{
	char *base;

	r->size = (XENBATCH_EVENTS_SIZE(ports) + PAGE - 1) & ~(PAGE - 1);
	base = raw_map(r->c.fd, XENBATCH_REGION_EVENTS, 0, r->size);
	if (base == MAP_FAILED)
		return -1;
	r->shared = (void *)base;
	r->entries = (void *)(base + r->shared->ring);
	r->slots = (void *)(base + r->shared->slots);
	return 0;
}

static inline int ring_open(struct ring *r, uint32_t ports)
{
	if (ctx_open(&r->c))
		return -1;
	return ring_map(r, ports);
}

static inline void ring_close(struct ring *r)
{
	munmap(r->shared, r->size);
	ctx_close(&r->c);
}

static inline int64_t port_bind(struct ring *r, uint32_t type, uint16_t domid,
				uint32_t remote, uint16_t flags)
{
	return RUN(&r->c, .opcode = XENBATCH_OP_EVTCHN_BIND, .flags = flags,
		   .domid = domid,
		   .evtchn = { .type = type, .remote = remote });
}

static inline int64_t port_op(struct ring *r, uint16_t opcode, uint32_t port)
{
	return RUN(&r->c, .opcode = opcode, .evtchn = { .port = port });
}

#define port_unbind(r, port)	port_op(r, XENBATCH_OP_EVTCHN_UNBIND, port)
#define port_notify(r, port)	port_op(r, XENBATCH_OP_EVTCHN_NOTIFY, port)
#define port_ack(r, port)	port_op(r, XENBATCH_OP_EVTCHN_ACK, port)

/* The next entry's slot (port in *port), or -1: there is none. */
static inline int ring_take(struct ring *r, uint32_t *port)
{
	uint32_t tail = r->shared->tail;
	uint64_t entry;
	uint32_t slot;

	if (__atomic_load_n(&r->shared->head, __ATOMIC_ACQUIRE) == tail)
		return -1;
	entry = r->entries[tail & (r->shared->nr - 1)];
	__atomic_store_n(&r->shared->tail, tail + 1, __ATOMIC_RELEASE);
	slot = XENBATCH_EVENT_SLOT(entry);
	__atomic_exchange_n(&r->slots[slot].pending, 0, __ATOMIC_ACQ_REL);
	*port = XENBATCH_EVENT_PORT(entry);
	return (int)slot;
}

/* The same, waiting for it. */
static inline int ring_wait(struct ring *r, uint32_t *port, int ms)
{
	struct pollfd p = { .fd = r->c.fd, .events = POLLIN };
	int slot;

	while ((slot = ring_take(r, port)) < 0)
		if (poll(&p, 1, ms) != 1)
			return -1;
	return slot;
}

/* Takes and acknowledges all there is; how many. */
static inline int ring_drain(struct ring *r, int ms)
{
	uint32_t port;
	int n = 0;

	for (; ring_wait(r, &port, ms) >= 0; n++)
		port_ack(r, port);
	return n;
}

/*
 * Two ends of a channel of dom0 to itself: events sent by `from` come at `to`,
 * and the other way round. Nothing is pending.
 */
struct pair {
	uint32_t from, to;
};

static inline int pair_bind(struct ring *from, struct ring *to, struct pair *p,
			    uint16_t flags)
{
	int64_t port = port_bind(from, XENBATCH_EVTCHN_UNBOUND, 0, 0, flags);
	uint32_t which;

	if (port <= 0)
		return -1;
	p->from = (uint32_t)port;
	port = port_bind(to, XENBATCH_EVTCHN_INTERDOMAIN, 0, p->from, flags);
	if (port <= 0)
		return -1;
	p->to = (uint32_t)port;
	/* binding makes it fire */
	if (ring_wait(to, &which, 5000) < 0 || which != p->to)
		return -1;
	return port_ack(to, p->to) ? -1 : 0;
}

/* Xen's table of dom0's ports: how many are in any state but closed. */
static inline int ports_in_use(struct ring *r)
{
	struct evtchn_status *s = (void *)r->c.arena;
	int64_t ret;
	int n = 0;
	uint32_t i;

	for (i = 1; i < 4096; i++) {
		memset(s, 0, sizeof(*s));
		s->dom = DOMID_SELF;
		s->port = i;
		raw_call(&r->c.ops[CTX_OPS - 1], __HYPERVISOR_event_channel_op,
			 EVTCHNOP_status, (uintptr_t)s);
		if (raw_submit(r->c.fd, CTX_OPS - 1, 1) != 1)
			return -1;
		ret = r->c.ops[CTX_OPS - 1].result;
		if (ret == -EINVAL)
			break;
		n += !ret && s->status != EVTCHNSTAT_closed;
	}
	return n;
}

#define SKIP_WITHOUT_EVENTS()						\
	do {								\
		int fd = raw_open();					\
									\
		SKIP_WITHOUT_MODULE(fd);				\
		close(fd);						\
	} while (0)

#endif /* EVENT_H */
