/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A small simulated hypervisor, and the knobs that tests turn. It is in static
 * test libraries only: libxenbatch.so has neither it nor the backend on it.
 *
 * It knows xen_version (version, extraversion), domctl (getdomaininfo,
 * getvcpuinfo), sysctl (getdomaininfolist) and multicall, in the layout of the
 * installed Xen headers, and answers as Xen 4.17 does: EFAULT for a buffer
 * that is not in memory given out by xb_fake_memory_add, EACCES for another
 * interface version, ESRCH for no such domain or vcpu, ENOSYS for all else.
 */
#ifndef XB_FAKE_H
#define XB_FAKE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define XB_FAKE_VERSION		(4 << 16 | 17)
#define XB_FAKE_EXTRAVERSION	".7-fake"

/* Back to: dom0 with 2 vcpus, no limits but the defaults, no errors. */
void xb_fake_reset(void);
/* Domids in rising order, please. */
void xb_fake_add_domain(uint16_t domid, unsigned int vcpus);

/* What getvcpuinfo says about cpu_time. */
uint64_t xb_fake_cpu_time(uint16_t domid, unsigned int vcpu);

struct xb_fake_knobs {
	uint32_t ops_max;
	uint64_t arena_max;
	uint32_t slots_max;
	/* A new window, or a map as a whole, fails with this errno. */
	int window_err;
	int map_err;
	/* The kind of dom0 has no such windows: mmap gives ENODEV. */
	bool no_grant_pages;
	/* A SUBMIT comes back after so many operations; 0: never early. */
	uint32_t interrupt_after;
	/* The hypercall of this number (as counted) fails with this errno. */
	uint64_t fail_at;
	int fail_err;
	/* Take any address for a good buffer. */
	bool any_memory;
	/* Opening the fake backend fails with this errno. */
	int open_err;
	/* Is told of every hypercall before it is made. */
	void (*trace)(unsigned int number, const uint64_t *args);
	/* Is Xen, in the place of this one. */
	long (*answer)(unsigned int number, const uint64_t *args);
};
extern struct xb_fake_knobs xb_fake_knobs;

/* How often, since reset. */
struct xb_fake_counts {
	uint64_t hypercalls;
	uint64_t submits;
	uint64_t maps;
	uint64_t windows;	/* areas of slots */
	uint64_t foreign_maps;	/* FOREIGN_MAP, or MMAPBATCH, by operations */
	uint64_t events;	/* sent by notifications */
};
extern struct xb_fake_counts xb_fake_counts;

/* Xen itself. args[0..5) */
long xb_fake_hypercall(unsigned int number, const uint64_t *args);

/*
 * Memory that this process may have hypercalls read and write, as backends
 * give it out: zero-filled, not inherited over fork. A size is given back as a
 * whole. NULL if there is none.
 */
void *xb_fake_memory_add(size_t size);
void xb_fake_memory_remove(void *p, size_t size);

/*
 * Guests' memory (fake_guest.c). A domain's frames are 0 to XB_FAKE_PAGES - 1,
 * for the first XB_FAKE_GUESTS domains; all are zero until they are written.
 * XB_FAKE_PAGED_OUT gives ENOENT, any other EINVAL, no such domain ESRCH.
 */
#define XB_FAKE_GUESTS		48
#define XB_FAKE_PAGES		2048
#define XB_FAKE_PAGED_OUT	0xfffff

void *xb_fake_page(uint16_t domid, uint64_t gfn);
/* The domain ends: it is dying for as long as frames of it are mapped. */
void xb_fake_end_domain(uint16_t domid);
/* A grant of one of its frames, to us. */
void xb_fake_grant(uint16_t domid, uint32_t ref, uint64_t gfn, bool readonly);
/* How many slots hold frames of it (domid 0xffff: of all), or that grant. */
unsigned int xb_fake_mapped(uint16_t domid);
unsigned int xb_fake_granted(uint16_t domid, uint32_t ref);

/*
 * For what simulates a kernel. Fill a slot, or empty it; the slot knows what it
 * holds. A negative errno, or for empty whether it was filled.
 */
struct xb_fake_slot {
	uint8_t held;		/* 0: empty */
	uint8_t readonly;
	uint8_t what;		/* XENBATCH_NOTIFY_* */
	uint16_t domid;
	uint32_t ref;		/* of a grant */
	uint32_t port;
	uint8_t *clear;
};
int xb_fake_fill(struct xb_fake_slot *slot, void *addr, uint16_t domid,
		 uint64_t gfn, bool readonly);
int xb_fake_fill_grant(struct xb_fake_slot *slot, void *addr, uint16_t domid,
		       uint32_t ref, bool readonly);
int xb_fake_empty(struct xb_fake_slot *slot, void *addr);
/* Address space with nothing in it, not inherited over fork. */
void *xb_fake_reserve(void *addr, size_t size);
struct xenbatch_copy;
/* One segment; its memory is at source, dest where a side is none of a grant. */
int xb_fake_copy(const struct xenbatch_copy *c, void *source, void *dest);

/* The windows of one context of the module (fake_window.c). */
struct xb_soft_area;
struct xenbatch_op;
struct xb_fake_windows {
	struct xb_soft_area *areas;
	uint32_t slots;
	int domid;		/* restricted to, or -1 */
	void *owner;
	/* Where len bytes at an offset of the arena lie, or NULL. */
	void *(*arena)(void *owner, uint64_t offset, size_t len);
};
int xb_fake_window_add(struct xb_fake_windows *w, unsigned int region,
		       size_t size, void **out);
/* False if it is none. */
bool xb_fake_window_remove(struct xb_fake_windows *w, void *p, size_t size);
void xb_fake_windows_free(struct xb_fake_windows *w);
/* An operation that is neither NOP nor HYPERCALL. */
long xb_fake_window_op(struct xb_fake_windows *w, const struct xenbatch_op *op);

/*
 * Event channels between ports of this process (fake_event.c), as one driver
 * has them: the module's context, or an open /dev/xen/evtchn.
 */
#define XB_FAKE_PORTS	64
#define XB_FAKE_QUEUE	16U	/* of /dev/xen/evtchn; more is EFBIG */
struct xenbatch_events;
struct xenbatch_event_slot;
struct xb_fake_events {
	pid_t pid;
	int fd;			/* to be polled */
	int domid;		/* restricted to, or -1 */
	bool stock;
	/* the module */
	struct xenbatch_events *shared;	/* NULL: not mapped */
	uint64_t *ring;
	struct xenbatch_event_slot *slots;
	uint32_t head;
	int eventfd;
	/* stock */
	uint32_t queue[XB_FAKE_QUEUE];
	uint32_t queued;
	bool overflow;
	struct xb_fake_events *next;
};
void xb_fake_events_init(struct xb_fake_events *ev, int fd, bool stock);
void xb_fake_events_end(struct xb_fake_events *ev);
int xb_fake_events_map(struct xb_fake_events *ev, size_t size, void **out);
/* Before such memory goes; any other is none of ours. */
void xb_fake_events_unmap(void *p);
int xb_fake_events_eventfd(struct xb_fake_events *ev, int fd);
/* Is there something to read for who polls fd? */
bool xb_fake_events_ready(int fd);
long xb_fake_events_read(struct xb_fake_events *ev, uint32_t *ports, size_t n);
void xb_fake_events_reset(struct xb_fake_events *ev);
/* EVTCHN_* */
long xb_fake_event_op(struct xb_fake_events *ev, const struct xenbatch_op *op);

#endif /* XB_FAKE_H */
