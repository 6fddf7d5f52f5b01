// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Kinds: events of dom0 to itself, sent, seen and acknowledged. Both ends of
 * each channel are in one handle, so that a round is one process's work and
 * nothing of the scheduler's.
 */
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "kinds.h"

#define PORTS_MAX	32u

struct events {
	xenevtchn_handle *xce;		/* stock's or the drop-in's; or */
	xenbatch *xb;
	uint32_t from[PORTS_MAX];
	uint32_t to[PORTS_MAX];
	uint32_t seen[PORTS_MAX];	/* in the order that they came */
};

int port_bind(const struct maplib *maps, xenevtchn_handle *xce, xenbatch *xb,
	      int remote)
{
	if (xb && remote)
		return xenbatch_evtchn_bind_interdomain(xb, 0, remote, 0);
	if (xb)
		return xenbatch_evtchn_bind_unbound(xb, 0, 0);
	if (remote)
		return maps->xenevtchn_bind_interdomain(xce, 0, remote);
	return maps->xenevtchn_bind_unbound_port(xce, 0);
}

static bool bind_pair(struct events *e, const struct maplib *maps,
		      unsigned int i)
{
	int from = port_bind(maps, e->xce, e->xb, 0);
	int to = from > 0 ? port_bind(maps, e->xce, e->xb, from) : -1;

	e->from[i] = from;
	e->to[i] = to;
	return to > 0;
}

/* Binding makes the far end fire: take that. */
static bool drain(struct events *e, const struct maplib *maps, unsigned int n)
{
	struct xenbatch_event event;
	unsigned int i;
	int port;

	for (i = 0; i < n; i++) {
		if (e->xb) {
			if (xenbatch_evtchn_wait(e->xb, &event, 1, 1000) != 1 ||
			    xenbatch_evtchn_ack(e->xb, event.port))
				return false;
			continue;
		}
		port = maps->xenevtchn_pending(e->xce);
		if (port <= 0 || maps->xenevtchn_unmask(e->xce, port))
			return false;
	}
	return true;
}

static bool events_setup(struct side *side)
{
	struct maplib *maps = &side->lib->maps;
	struct events *e = calloc(1, sizeof(*e));
	unsigned int i, n = side->row->n;

	side->own = e;
	if (!e)
		return false;
	if (side->deferred)
		e->xb = maps->xb;
	else
		e->xce = maps->xenevtchn_open(NULL, 0);
	if (!e->xb && !e->xce)
		return false;
	for (i = 0; i < n; i++)
		if (!bind_pair(e, maps, i))
			return false;
	return drain(e, maps, n);
}

static void events_finish(struct side *side)
{
	struct events *e = side->own;
	unsigned int i;

	if (!e)
		return;
	for (i = 0; e->xb && i < side->row->n; i++) {
		xenbatch_evtchn_unbind(e->xb, e->to[i]);
		xenbatch_evtchn_unbind(e->xb, e->from[i]);
	}
	if (e->xce)
		side->lib->maps.xenevtchn_close(e->xce);
	free(e);
}

/* What came, by the number of its channel. Numbers of ports differ. */
static void events_seen(struct side *side, unsigned int nr)
{
	struct events *e = side->own;
	uint64_t *word = side->out;
	unsigned int i, k;

	for (i = 0; i < nr; i++) {
		for (k = 0; k < side->row->n && e->to[k] != e->seen[i]; k++)
			;
		word[i] = k;
	}
	side->nr = nr;
}

static inline void event_seen(struct side *side, unsigned int i, uint32_t port)
{
	struct events *e = side->own;

	e->seen[i] = port;
	note(&side->results[i], port ? 0 : -1);
}

static void stock_round(struct side *side, unsigned int i)
{
	struct maplib *maps = &side->lib->maps;
	struct events *e = side->own;
	int port;

	maps->xenevtchn_notify(e->xce, e->from[i]);
	port = maps->xenevtchn_pending(e->xce);
	maps->xenevtchn_unmask(e->xce, port);
	event_seen(side, i, port);
}

/* One SUBMIT: what was seen last time is acknowledged, the next is sent. */
static void our_rounds(struct side *side)
{
	struct xenbatch_event events[PORTS_MAX];
	struct events *e = side->own;
	unsigned int i, n = side->row->n;
	struct xenbatch_batch *b;
	int got = 0;

	b = xenbatch_batch_begin(e->xb);
	for (i = 0; i < n; i++)
		xenbatch_queue_evtchn_ack(b, e->to[i], 0, 0);
	for (i = 0; i < n; i++)
		xenbatch_queue_evtchn_notify(b, e->from[i], 0, 0);
	xenbatch_commit(b, NULL, 0);
	while (got < (int)n)
		got += xenbatch_evtchn_take(e->xb, events + got, n - got);
	for (i = 0; i < n; i++)
		event_seen(side, i, events[i].port);
}

static void round_run(void *arg)
{
	struct side *side = arg;
	unsigned int i, n = side->row->n;

	if (side->deferred)
		our_rounds(side);
	else
		for (i = 0; i < n; i++)
			stock_round(side, i);
	if (side->check)
		events_seen(side, n);
}

/* As well as stock can be used: all are read, and unmasked, at once. */
static void tuned_run(void *arg)
{
	struct side *side = arg;
	struct maplib *maps = &side->lib->maps;
	unsigned int i, n = side->row->n;
	struct events *e = side->own;
	ssize_t size = n * sizeof(*e->seen), ret;
	int fd;

	if (side->deferred) {
		our_rounds(side);
	} else {
		fd = maps->xenevtchn_fd(e->xce);
		for (i = 0; i < n; i++)
			maps->xenevtchn_notify(e->xce, e->from[i]);
		ret = read(fd, e->seen, size);
		if (ret == size)
			ret = write(fd, e->seen, size);
		for (i = 0; i < n; i++)
			note(&side->results[i], ret == size ? 0 : -1);
	}
	if (side->check)
		events_seen(side, n);
}

/* A server that sleeps in poll: by its descriptor, or the library's wait. */
static void server_run(void *arg)
{
	struct side *side = arg;
	struct maplib *maps = &side->lib->maps;
	struct xenbatch_event event;
	struct events *e = side->own;
	struct pollfd p = { .events = POLLIN };
	struct xenbatch_batch *b;
	int port = -1;

	if (side->deferred) {
		b = xenbatch_batch_begin(e->xb);
		xenbatch_queue_evtchn_ack(b, e->to[0], 0, 0);
		xenbatch_queue_evtchn_notify(b, e->from[0], 0, 0);
		xenbatch_commit(b, NULL, 0);
		if (xenbatch_evtchn_wait(e->xb, &event, 1, -1) == 1)
			port = event.port;
	} else {
		maps->xenevtchn_notify(e->xce, e->from[0]);
		p.fd = maps->xenevtchn_fd(e->xce);
		if (poll(&p, 1, -1) == 1)
			port = maps->xenevtchn_pending(e->xce);
		maps->xenevtchn_unmask(e->xce, port);
	}
	event_seen(side, 0, port);
	if (side->check)
		events_seen(side, 1);
}

/* Of a port that is not masked: the price of asking. */
static void unmask_run(void *arg)
{
	struct side *side = arg;
	struct events *e = side->own;
	int ret;

	if (side->deferred)
		ret = xenbatch_evtchn_ack(e->xb, e->to[0]);
	else
		ret = side->lib->maps.xenevtchn_unmask(e->xce, e->to[0]);
	note(&side->results[0], ret);
	*(uint64_t *)side->out = 0;
	side->nr = 1;
}

static unsigned int events_calls(unsigned int n)
{
	return n;
}

static double events_floor(struct floor *f, const struct row *row,
			   const struct domains *domains)
{
	(void)domains;
	floor_reset(f);
	floor_events(f, row->n);
	return floor_measure(f);
}

#define EVENTS(name, how, more)						\
const struct kind kind_##name = {					\
	.run = how, .out_size = words_size, .calls = events_calls,	\
	.floor = events_floor, .setup = events_setup, .finish = events_finish,			\
	.needs = NEEDS_EVENTS | (more),					\
}

EVENTS(events, round_run, 0);
EVENTS(events_dropin, round_run, NEEDS_DROPINS);
EVENTS(events_tuned, tuned_run, 0);
EVENTS(events_dropin_tuned, tuned_run, NEEDS_DROPINS);
EVENTS(events_server, server_run, 0);

/* Nothing comes of it, so there is nothing to hold it against. */
const struct kind kind_events_unmask = {
	.run = unmask_run, .out_size = words_size, .calls = events_calls,
	.setup = events_setup, .finish = events_finish,
	.needs = NEEDS_EVENTS,
};
