// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Events: the ring that the module fills, taken without a system call, and
 * sleeping where it is empty. Consumers take no lock: they claim entries by
 * moving the ring's tail.
 */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "backend_stock_window.h"
#include "event.h"

/* After so many spins in vain, one as long as it may be: times change. */
#define PROBE_PERIOD	64U

#define NSEC_PER_MSEC	1000000LL

static __attribute__((noinline, cold)) int failed(int err)
{
	errno = err;
	return -1;
}

static int ring_map(struct xb_events *ev)
{
	struct xb_device *dev = ev->dev;
	size_t page = sysconf(_SC_PAGESIZE);
	void *p;
	int err;

	ev->size = (XENBATCH_EVENTS_SIZE((size_t)dev->ports_max) + page - 1) &
		   ~(page - 1);
	err = dev->be->map(dev, XENBATCH_REGION_EVENTS, 0, ev->size, &p);
	if (err)
		return err;
	ev->shared = p;
	ev->ring = (void *)((char *)p + ev->shared->ring);
	ev->slots = (void *)((char *)p + ev->shared->slots);
	ev->mask = ev->shared->nr - 1;
	ev->fd = dev->fd;
	return 0;
}

static int events_create(struct xb_conn *conn)
{
	struct xb_events *ev = malloc(sizeof(*ev));
	int err;

	if (!ev)
		return -ENOMEM;
	memset(ev, 0, sizeof(*ev));
	ev->dev = &conn->dev;
	ev->spin = XB_SPIN_MAX;
	if (conn->dev.ports_max) {
		err = ring_map(ev);
	} else {
		ev->fd = xb_soft_events_open(&conn->dev);
		err = ev->fd < 0 ? ev->fd : 0;
	}
	if (err) {
		free(ev);
		return err;
	}
	__atomic_store_n(&conn->events, ev, __ATOMIC_RELEASE);
	return 0;
}

struct xb_events *xb_events_get(xenbatch *xb)
{
	struct xb_conn *conn = xb_conn(xb);
	struct xb_events *ev;
	int err = 0;

	if (!conn)
		return NULL;
	ev = __atomic_load_n(&conn->events, __ATOMIC_ACQUIRE);
	if (likely(ev))
		return ev;
	pthread_mutex_lock(&conn->lock);
	if (!conn->events)
		err = events_create(conn);
	ev = conn->events;
	pthread_mutex_unlock(&conn->lock);
	if (err)
		errno = -xb_fork_missed(err);
	return ev;
}

void xb_events_destroy(struct xb_conn *conn, bool mapped)
{
	struct xb_events *ev = conn->events;

	if (ev && ev->shared && mapped)
		conn->dev.be->unmap(&conn->dev, XENBATCH_REGION_EVENTS,
				    ev->shared, ev->size);
	free(ev);
	conn->events = NULL;
}

/* Those that this process has. NULL: it has bound nothing. */
static inline struct xb_events *events_of(xenbatch *xb)
{
	if (unlikely(!xb_is_ours(xb)))
		return NULL;
	return __atomic_load_n(&xb->conn->events, __ATOMIC_ACQUIRE);
}

static inline bool ring_has(const struct xb_events *ev)
{
	return __atomic_load_n(&ev->shared->head, __ATOMIC_RELAXED) !=
	       __atomic_load_n(&ev->shared->tail, __ATOMIC_RELAXED);
}

/*
 * The event of an entry, which is ours now. Until pending is taken back the
 * slot is not given to another port: so before that is when to see whether its
 * port was unbound. After that is when to look at what happened, because what
 * happens from then on has an entry of its own.
 */
static inline bool slot_take(struct xenbatch_event_slot *slot, uint32_t port,
			     struct xenbatch_event *event)
{
	uint32_t now = __atomic_load_n(&slot->port, __ATOMIC_RELAXED);

	__atomic_exchange_n(&slot->pending, 0, __ATOMIC_ACQ_REL);
	event->port = port;
	event->flags = __atomic_load_n(&slot->flags, __ATOMIC_RELAXED);
	return likely(now == port);
}

/* How many there are, n at most, from *tail on. */
static inline uint32_t ring_look(const struct xb_events *ev, uint32_t *tail,
				 unsigned int n)
{
	uint32_t k;

	/* The tail first: it must not be ahead of a head from before. */
	*tail = __atomic_load_n(&ev->shared->tail, __ATOMIC_ACQUIRE);
	k = __atomic_load_n(&ev->shared->head, __ATOMIC_ACQUIRE) - *tail;
	return k < n ? k : n;
}

static inline uint64_t ring_entry(const struct xb_events *ev, uint32_t at)
{
	return __atomic_load_n(&ev->ring[at & ev->mask], __ATOMIC_RELAXED);
}

/* Entries from tail on are ours, if no other thread was faster. */
static inline bool ring_claim(struct xb_events *ev, uint32_t tail, uint32_t k)
{
	return likely(__atomic_compare_exchange_n(&ev->shared->tail, &tail,
						  tail + k, false,
						  __ATOMIC_ACQ_REL,
						  __ATOMIC_RELAXED));
}

/*
 * Entries stay as they are until the tail has passed them, so they are read
 * before they are claimed.
 */
static __attribute__((noinline)) int
ring_take_many(struct xb_events *ev, struct xenbatch_event *events,
	       unsigned int n)
{
	uint32_t tail, k, i, nr = 0;
	uint64_t entry;

	do {
		k = ring_look(ev, &tail, n);
		if (!k)
			return 0;
		for (i = 0; i < k; i++) {
			entry = ring_entry(ev, tail + i);
			events[i].port = XENBATCH_EVENT_PORT(entry);
			events[i].flags = XENBATCH_EVENT_SLOT(entry);
		}
		if (!ring_claim(ev, tail, k))
			continue;
		for (i = 0; i < k; i++)
			nr += slot_take(&ev->slots[events[i].flags],
					events[i].port, &events[nr]);
	} while (unlikely(!nr));
	return nr;
}

static inline __attribute__((always_inline)) int
ring_take(struct xb_events *ev, struct xenbatch_event *events, unsigned int n)
{
	uint32_t tail, k = ring_look(ev, &tail, n);
	uint64_t entry;

	_Static_assert(XENBATCH_PEER_GONE == XENBATCH_EVENT_PEER_GONE, "");
	if (!k)
		return 0;
	if (k > 1)
		return ring_take_many(ev, events, n);
	entry = ring_entry(ev, tail);
	if (ring_claim(ev, tail, 1) &&
	    slot_take(&ev->slots[XENBATCH_EVENT_SLOT(entry)],
		      XENBATCH_EVENT_PORT(entry), events))
		return 1;
	return ring_take_many(ev, events, n);
}

static __attribute__((noinline)) int soft_take(struct xb_events *ev,
					       struct xenbatch_event *events,
					       unsigned int n)
{
	int ret = xb_soft_events_take(ev->dev, events, n);

	return ret < 0 ? failed(-ret) : ret;
}

static inline __attribute__((always_inline)) int
take(struct xb_events *ev, struct xenbatch_event *events, unsigned int n)
{
	if (likely(ev->shared))
		return ring_take(ev, events, n);
	return soft_take(ev, events, n);
}

int xenbatch_evtchn_take(xenbatch *xb, struct xenbatch_event *events,
			 unsigned int n)
{
	struct xb_events *ev = events_of(xb);

	if (unlikely(!ev || !n))
		return failed(EINVAL);
	return take(ev, events, n);
}

static inline void relax(void)
{
#if defined(__x86_64__) || defined(__i386__)
	__builtin_ia32_pause();
#elif defined(__aarch64__)
	__asm__ volatile("yield" ::: "memory");
#endif
}

/*
 * Look at the ring for a while. As long as that finds something the while
 * grows; if it does not, it shrinks to one look.
 */
static bool spin(xenbatch *xb, struct xb_events *ev)
{
	uint32_t max = __atomic_load_n(&xb->spin_max, __ATOMIC_RELAXED);
	uint32_t bound, misses, i;

	if (!max || !ev->shared)
		return false;
	bound = __atomic_load_n(&ev->spin, __ATOMIC_RELAXED);
	misses = __atomic_load_n(&ev->failed, __ATOMIC_RELAXED);
	if (misses % PROBE_PERIOD == PROBE_PERIOD - 1 || bound > max)
		bound = max;
	for (i = 0; i <= bound && i < max; i++) {
		if (ring_has(ev)) {
			bound = bound < max / 2 ? 2 * bound + 1 : max;
			__atomic_store_n(&ev->spin, bound, __ATOMIC_RELAXED);
			return true;
		}
		relax();
	}
	__atomic_store_n(&ev->spin, bound / 2, __ATOMIC_RELAXED);
	__atomic_store_n(&ev->failed, misses + 1, __ATOMIC_RELAXED);
	return false;
}

static int64_t now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000 * NSEC_PER_MSEC + ts.tv_nsec;
}

/* There was nothing to take. */
static __attribute__((noinline)) int
wait_slow(xenbatch *xb, struct xb_events *ev, struct xenbatch_event *events,
	  unsigned int n, int timeout_ms)
{
	int64_t end = 0, left = -1;
	int ret;

	while (timeout_ms) {
		if (!spin(xb, ev)) {
			if (timeout_ms > 0) {
				left = now();
				if (!end)
					end = left + timeout_ms * NSEC_PER_MSEC;
				left = (end - left + NSEC_PER_MSEC - 1) /
				       NSEC_PER_MSEC;
				if (left <= 0)
					return 0;
			}
			ret = xb_os_poll(ev->fd, left);
			if (ret < 0)
				return failed(-ret);
			if (!ret)
				timeout_ms = 0;
		}
		/* Another thread may have been faster. */
		ret = take(ev, events, n);
		if (ret)
			return ret;
	}
	return 0;
}

int xenbatch_evtchn_wait(xenbatch *xb, struct xenbatch_event *events,
			 unsigned int n, int timeout_ms)
{
	struct xb_events *ev = events_of(xb);
	int ret;

	if (unlikely(!ev || !n))
		return failed(EINVAL);
	ret = take(ev, events, n);
	if (likely(ret))
		return ret;
	return wait_slow(xb, ev, events, n, timeout_ms);
}

int xenbatch_evtchn_spin(xenbatch *xb, unsigned int max)
{
	__atomic_store_n(&xb->spin_max, max, __ATOMIC_RELAXED);
	return 0;
}

int xenbatch_evtchn_fd(xenbatch *xb)
{
	struct xb_events *ev = xb_events_get(xb);

	return ev ? ev->fd : -1;
}

int xenbatch_evtchn_eventfd(xenbatch *xb, int fd)
{
	struct xb_events *ev = xb_events_get(xb);
	int err = -EOPNOTSUPP;

	if (!ev)
		return -1;
	if (ev->shared)
		err = ev->dev->be->eventfd(ev->dev, fd);
	return err ? failed(-xb_fork_missed(err)) : 0;
}
