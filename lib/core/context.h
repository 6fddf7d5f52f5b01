/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What a handle is made of. A handle has one connection for each process that
 * uses it; a connection has a device, an arena, the stretches of the operation
 * array that were mapped so far, and lanes.
 */
#ifndef XB_CONTEXT_H
#define XB_CONTEXT_H

#include <errno.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include "arena.h"
#include "backend.h"
#include "lane.h"
#include "os.h"
#include "slots.h"

#define likely(x)	__builtin_expect(!!(x), 1)
#define unlikely(x)	__builtin_expect(!!(x), 0)

/* A stretch of the operation array, mapped until the connection ends. */
struct xb_range {
	struct xenbatch_op *ops;
	uint32_t first;
	uint32_t count;
	struct xb_range *next_free;
	struct xb_range *next;		/* of all */
};

/* A stretch of scratch memory. */
struct xb_chunk {
	char *base;
	size_t size;
	struct xb_chunk *next;
};

/* enum xenbatch_window less 1, and one of our own. */
enum xb_window {
	XB_WINDOW_FOREIGN,
	XB_WINDOW_GRANTS,
	XB_WINDOW_GRANTS_DIO,
	XB_WINDOW_RESOURCES,	/* where the module has no RESOURCE_MAP */
	XB_WINDOWS,
};

struct xb_copies;
struct xb_events;

struct xb_lane_impl {
	struct xb_lane pub;		/* first: see lane_impl() */
	struct xb_conn *conn;
	char *base;			/* of the newest chunk, or NULL */
	uint32_t busy;
	uint32_t generation;
	int submit_fd;			/* the device's */
	struct xenbatch_submit submit;	/* filled but for count */
	bool trim;			/* put has more to do than to reset */
	struct xb_copies *copies;	/* queued, to be finished after a run */

	/* not on the way of an immediate call */
	uintptr_t batch_thread;		/* who has a batch here, or 0 */
	struct xb_lane_impl *next;
	struct xb_range *range;
	size_t want;			/* bytes that the first chunk should be */
	struct xb_chunk *chunks;	/* newest first */
};

struct xb_conn {
	struct xb_lane_impl lane0;
	struct xb_device dev;
	struct xb_arena arena;
	pthread_mutex_t lock;		/* what follows, and adding lanes */
	struct xb_range *ranges, *free_ranges;
	uint32_t ops_mapped;
	uint32_t slots_mapped;		/* of all windows */
	struct xb_slot_piece *pieces;	/* newest first; read without lock */
	struct xb_slots windows[XB_WINDOWS];
	struct xb_events *events;	/* read without lock */
	struct xb_conn *inherited;	/* the parent's, not used any more */
	char *why;			/* in words, once asked for */
};

/* tools/include/xentoolcore_internal.h, Xen 4.17: exported, not packaged. */
typedef struct Xentoolcore__Active_Handle Xentoolcore__Active_Handle;
struct Xentoolcore__Active_Handle {
	int (*restrict_callback)(Xentoolcore__Active_Handle *handle,
				 uint16_t domid);
	struct {
		Xentoolcore__Active_Handle *le_next;
		Xentoolcore__Active_Handle **le_prev;
	} entry;
};
void xentoolcore__register_active_handle(Xentoolcore__Active_Handle *handle);
void xentoolcore__deregister_active_handle(Xentoolcore__Active_Handle *handle);

struct xenbatch_handle {
	uint32_t generation;		/* of the process that conn belongs to */
	struct xb_lane_impl *lanes;	/* the first: conn->lane0 */
	struct xb_conn *conn;
	bool restricted;
	uint16_t domid;
	uint32_t spin_max;		/* looks at the event ring */
	Xentoolcore__Active_Handle active;
};

/*
 * How many forks lie between the program's start and this process: what
 * belongs to a process carries the number, and a child sees that it is
 * another's.
 */
extern uint32_t xb_generation __attribute__((visibility("hidden")));

static inline uint32_t xb_generation_now(void)
{
	return __atomic_load_n(&xb_generation, __ATOMIC_RELAXED);
}

static inline bool xb_is_ours(const xenbatch *xb)
{
	return likely(__atomic_load_n(&xb->generation, __ATOMIC_ACQUIRE) ==
		      xb_generation_now());
}

static inline struct xb_lane_impl *lane_impl(const struct xb_lane *lane)
{
	return (struct xb_lane_impl *)lane;
}

static inline bool lane_is_stale(const struct xb_lane_impl *lane)
{
	return unlikely(lane->generation != xb_generation_now());
}

static inline bool lane_take(struct xb_lane_impl *lane)
{
	return likely(!__atomic_exchange_n(&lane->busy, 1, __ATOMIC_ACQUIRE));
}

static inline void lane_leave(struct xb_lane_impl *lane)
{
	__atomic_store_n(&lane->busy, 0, __ATOMIC_RELEASE);
}

/*
 * Submit the first count operations of a lane: how many are done, or a
 * negative errno. With the module this is the system call itself, on a
 * structure that is ready but for one field.
 */
static inline long lane_submit(struct xb_lane_impl *lane, uint32_t count)
{
	struct xb_device *dev;

	int fd = __atomic_load_n(&lane->submit_fd, __ATOMIC_RELAXED);

	if (likely(fd >= 0)) {
		lane->submit.count = count;
		return xb_os_ioctl(fd, XENBATCH_IOC_SUBMIT, &lane->submit);
	}
	dev = &lane->conn->dev;
	return dev->be->submit(dev, lane->pub.first, lane->pub.ops, count);
}

/* fork.c: 0, or -1 and errno. */
int xb_fork_init(void);
void xb_fork_lock(void);
void xb_fork_unlock(void);
int xb_reconnect(xenbatch *xb);
/* Made known to xentoolcore_restrict_all(), and forgotten. */
void xb_active_add(Xentoolcore__Active_Handle *active);
void xb_active_remove(Xentoolcore__Active_Handle *active);

/* context.c: a connection that no process uses yet; NULL and errno. */
struct xb_conn *xb_conn_create(xenbatch *xb, struct xb_device *parent);
void xb_conn_destroy(struct xb_conn *conn);

static inline struct xb_slot_piece *xb_pieces(const struct xb_conn *conn)
{
	return __atomic_load_n(&conn->pieces, __ATOMIC_ACQUIRE);
}

/* In a child, a handle is as good as unopened until it is used. */
static inline struct xb_conn *xb_conn(xenbatch *xb)
{
	if (unlikely(!xb_is_ours(xb)) && xb_reconnect(xb))
		return NULL;
	return xb->conn;
}

/* window.c */
void xb_windows_init(struct xb_conn *conn);

/* copy.c: statuses to where the callers want them. */
void xb_copies_finish(struct xb_lane_impl *lane);

/* lane.c */
void xb_lanes_init(struct xb_conn *conn, xenbatch *xb);
void xb_lanes_destroy(struct xb_conn *conn, bool mapped);
/* Not the first lane at the first try. */
struct xb_lane *xb_lane_get_slow(xenbatch *xb);
/* submit said done, which is not the count: go on, or -1 and errno. */
int xb_lane_run_on(struct xb_lane_impl *lane, long done);

#endif /* XB_CONTEXT_H */
