/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * libxenbatch: batched hypercalls for programs in a Xen dom0.
 *
 * A handle (xenbatch *) is one connection to the hypervisor: through the
 * module xenbatch.ko if it is there, or else through the stock devices, with
 * the same answers. Buffers that Xen is to read or write come from the
 * handle's arena; hypercalls are queued in a batch and go to Xen together.
 *
 *	xenbatch *xb = xenbatch_open(0);
 *	struct xenbatch_batch *b = xenbatch_batch_begin(xb);
 *	uint64_t args[] = { XENVER_version, 0 };
 *
 *	xenbatch_queue(b, __HYPERVISOR_xen_version, args, 2, 0, 0);
 *	xenbatch_commit(b, results, 1);
 *
 * Errors: functions that return int give 0 or -1 with errno, those that
 * return a pointer give NULL with errno.
 *
 * Threads: every function may be called by any thread on the same handle at
 * the same time, unless it says otherwise. A batch belongs to the thread that
 * began it.
 *
 * Fork: a handle may be used in the child, which gets a connection of its own
 * at its first use, with the same restriction. Buffers of the arena are not
 * inherited: the child must not touch those that it got before fork. A batch
 * begun before fork stays the parent's. With the module, the child must be able
 * to open the device: use the handle once before giving up the right to. To
 * free in the child what the parent got does nothing. A child made by clone(2)
 * itself, past libc, should leave the parent's handles alone.
 *
 * Restriction: handles are known to xentoolcore_restrict_all().
 */
#ifndef XENBATCH_LIB_H
#define XENBATCH_LIB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#pragma GCC visibility push(default)

typedef struct xenbatch_handle xenbatch;
struct xenbatch_batch;

enum xenbatch_backend_id {
	XENBATCH_BACKEND_MODULE = 1,	/* /dev/xen/batch */
	XENBATCH_BACKEND_STOCK = 2,	/* /dev/xen/privcmd and its fellows */
	XENBATCH_BACKEND_FAKE = 3,	/* simulated: test builds only */
};

/*
 * Open a connection. flags: none defined, 0.
 *
 * Which backend: the module if its device is there and speaks our ABI, or else
 * the stock devices. The environment variable XENBATCH_BACKEND (`module` or
 * `stock`; empty is as unset) asks for one and no other. It is not looked at
 * in a set-user-ID program.
 *
 * errno: EINVAL flags, or XENBATCH_BACKEND names no backend; ENOMEM; what
 * open(2) of the device said, if no backend could be had: ENOENT (no such
 * device: not a dom0, or modules not loaded), EACCES (not root), ...
 * Where XENBATCH_BACKEND asks for the module: EPROTONOSUPPORT it speaks
 * another ABI, EOPNOTSUPP it makes no hypercalls.
 */
xenbatch *xenbatch_open(unsigned int flags);

/* Close. xb may be NULL. No other thread may be using it. Returns 0. */
int xenbatch_close(xenbatch *xb);

/*
 * Which backend runs, and in *why (if why is not NULL) a sentence that says
 * why, e.g. "module absent: /dev/xen/batch does not exist". The string lives
 * as long as the handle.
 */
enum xenbatch_backend_id xenbatch_backend(xenbatch *xb, const char **why);
const char *xenbatch_backend_name(enum xenbatch_backend_id id);

struct xenbatch_limits {
	unsigned int ops_max;	/* operations, of all threads together */
	size_t arena_max;	/* bytes of arena */
	size_t slots_max;	/* slots of all windows */
	size_t pages_max;	/* pages of one queued operation */
};
int xenbatch_limits(xenbatch *xb, struct xenbatch_limits *limits);

/* The descriptor of the backend's device (for fstat, fdinfo); never read it. */
int xenbatch_fd(xenbatch *xb);

/*
 * Give up rights: from now on only operations that are visibly about domid are
 * possible (raw hypercalls are not). Holds for every descriptor of the handle
 * and in children. errno: EINVAL other domid before; what the device said.
 */
int xenbatch_restrict(xenbatch *xb, uint16_t domid);

/*
 * A buffer that Xen may always touch; contents undefined. Aligned to 16
 * bytes, from 4096 bytes on to a page. xenbatch_free(xb, NULL) does nothing.
 * errno: ENOMEM the arena (see xenbatch_limits) or memory is used up.
 */
void *xenbatch_alloc(xenbatch *xb, size_t size);
void xenbatch_free(xenbatch *xb, void *buf);

/* Does [buf, buf + size) lie in this handle's arena? */
bool xenbatch_owns(xenbatch *xb, const void *buf, size_t size);

/*
 * One hypercall at once: number is __HYPERVISOR_*, args[0..nr_args) are its
 * arguments (the rest are 0), addresses among them lie in the arena.
 * Returns Xen's answer if not negative, or else -1 with errno (Xen's own, or
 * EPERM restricted, EINVAL nr_args above 5).
 */
long xenbatch_hypercall(xenbatch *xb, unsigned int number,
			const uint64_t *args, unsigned int nr_args);

/* Flags of a queued operation. */
#define XENBATCH_LINK	1U	/* if this one fails, cancel the next: ECANCELED */

struct xenbatch_result {
	int64_t ret;	/* what the call returned: -1 if it failed */
	int err;	/* 0, or the errno of the failure */
	uint32_t tag;
};

/*
 * Begin a batch on this thread. errno: EBUSY this thread has one open on this
 * handle; ENOMEM.
 */
struct xenbatch_batch *xenbatch_batch_begin(xenbatch *xb);

/*
 * Queue one hypercall. Returns its index in the batch (0, 1, ...), or -1 with
 * errno: EINVAL nr_args above 5 or unknown flags; ENOSPC as many operations
 * are queued as the backend takes (the batch is as it was and can be
 * committed); ENOMEM; ESTALE b was begun by the parent before fork.
 *
 * A batch grows by doubling, and its operations lie in one stretch: one batch
 * alone gets half of xenbatch_limits' ops_max at least.
 */
int xenbatch_queue(struct xenbatch_batch *b, unsigned int number,
		   const uint64_t *args, unsigned int nr_args,
		   unsigned int flags, uint32_t tag);

/* How many operations are queued. */
unsigned int xenbatch_queued(const struct xenbatch_batch *b);

/*
 * Run all that is queued, in order, and end the batch (whatever is returned,
 * b is gone). With the module this is one system call, unless signals
 * interrupt it. results[0..n) get the first n results; results may be NULL.
 * Returns how many operations failed (0: all is well), or -1 with errno if the
 * batch could not be run to its end: ENODEV the module is gone, ENOMEM,
 * EPERM, ESTALE b was begun by the parent before fork.
 */
int xenbatch_commit(struct xenbatch_batch *b, struct xenbatch_result *results,
		    unsigned int n);

/* Forget all that is queued, and end the batch. */
void xenbatch_cancel(struct xenbatch_batch *b);


/*
 * Windows
 *
 * Memory of other domains is mapped into slots: pages of address space that the
 * library keeps in reserve (with the module, /dev/xen/batch's windows; mapping
 * and unmapping takes no mmap and no munmap). A slot that is not filled gives
 * SIGBUS (with the stock devices: SIGSEGV).
 *
 * prot is PROT_READ or PROT_READ | PROT_WRITE. gfn is a guest frame number as
 * the domain knows it, or a machine frame number if the domain is PV. errs,
 * where a function has it, may be NULL; else errs[i] gets page i's 0 or
 * negative errno.
 *
 * With the stock devices, for what the kernel's module is not there (or has not,
 * in this kind of dom0), the same is done by mmap, and costs as much. Then
 *   - where a part of what one call mapped is replaced or cleared, the rest of
 *     it is mapped anew, and is not there for a moment: other threads must not
 *     touch it meanwhile;
 *   - the errno of a grant that cannot be mapped is EINVAL, whatever Xen said;
 *   - of the pages that one call of xenbatch_map_grants mapped, one at a time
 *     can have a notification, and its event is sent when the last of them goes;
 *   - a restricted handle can map frames and resources of its domain, if it
 *     could open /dev/xen/privcmd when it was restricted, but no grants.
 *
 * Threads: different slots may be mapped and unmapped by different threads at
 * the same time. Fork: slots are not inherited; the child must not touch those
 * that it got before.
 */

enum xenbatch_window {
	XENBATCH_FOREIGN = 1,	/* guest frames and resources */
	XENBATCH_GRANTS = 2,	/* grants */
	XENBATCH_GRANTS_DIO = 3,/* grants, in pages good for direct I/O:
				   O_DIRECT, process_vm_readv, vmsplice */
};

/* n slots that follow each other, empty. NULL: ENOMEM, EINVAL n is 0. */
void *xenbatch_slots_alloc(xenbatch *xb, enum xenbatch_window window, size_t n);

/*
 * Give back n slots from addr on, as they were allocated; those that are still
 * filled are emptied. addr may be NULL. 0, or -1 and errno: EINVAL these are
 * not slots; what unmapping said (the slots are lost then).
 */
int xenbatch_slots_free(xenbatch *xb, void *addr, size_t n);

/*
 * Map n frames of domid onto n slots of the foreign window, where addr is NULL
 * onto new ones. Slots that are filled are replaced in place: that is how a
 * few slots are used for many frames, at a fourth of what unmapping and mapping
 * would cost.
 *
 * Returns the address of the first slot, or NULL with errno of the first page
 * that failed: then new slots are given back, and in slots of the caller's
 * those pages that could be mapped are, the others are empty. If errs is given,
 * pages may fail one by one: the address is returned as long as one page was
 * mapped, and errs says which.
 * errno: ESRCH no such domain; EINVAL no such frame, or bad arguments; ENOENT
 * paged out; ENXIO these are not slots; EPERM restricted to another domain, or no
 * memory at all (a machine frame number beyond it); ENOMEM.
 *
 * n may be anything: beyond pages_max it is several operations, and one system
 * call still.
 */
void *xenbatch_map(xenbatch *xb, void *addr, uint16_t domid, int prot, size_t n,
		   const uint64_t *gfns, int *errs);

/* Unmap n slots and give them back: xenbatch_slots_free. */
int xenbatch_unmap(xenbatch *xb, void *addr, size_t n);

/* Empty n slots, which stay the caller's. errno: EINVAL these are not slots. */
int xenbatch_clear(xenbatch *xb, void *addr, size_t n);

/*
 * The same for n grants of domid, onto empty slots of one of the grant windows;
 * where addr is NULL onto new ones of `window`, else window is not looked at.
 * errno besides: ENOENT no such grant, EPERM not granted to us, EIO not for
 * writing (or what else Xen does not explain), EBUSY a slot is filled, ENOSPC Xen's maptrack is full, ENODEV there
 * is no /dev/xen/gntdev (and the module is not there).
 */
void *xenbatch_map_grants(xenbatch *xb, void *addr, enum xenbatch_window window,
			  uint16_t domid, int prot, size_t n,
			  const uint32_t *refs, int *errs);

/*
 * n frames, from frame on, of a resource of domid: XENMEM_resource_*. errno:
 * what Xen said. addr as above. All or nothing, up to pages_max at a time.
 */
void *xenbatch_map_resource(xenbatch *xb, void *addr, uint16_t domid, int prot,
			    unsigned int type, unsigned int id, uint64_t frame,
			    size_t n);

/*
 * When the granted page that addr lies in is unmapped, in whatever way (the
 * process may be killed): clear the byte at addr, then send an event by port,
 * which must be bound by /dev/xen/evtchn or xenbatch_evtchn_bind_*. Replaces
 * what was said for that page.
 * errno: EINVAL, ENOENT nothing is mapped there, ENXIO, ENOMEM.
 */
#define XENBATCH_CLEAR_BYTE	1U
#define XENBATCH_SEND_EVENT	2U
int xenbatch_grant_notify(xenbatch *xb, void *addr, unsigned int what,
			  uint32_t port);

/*
 * Copy between grants, or grants and memory. A side is a grant if its domid is
 * not XENBATCH_NO_DOMID, or else memory: anywhere, but in the handle's arena
 * (xenbatch_alloc) it is cheapest. At least one side is a grant; there offset +
 * len is 4096 at most.
 *
 * Returns 0, or -1 with errno EIO if some segment failed (its status says why,
 * GNTST_*; the others were copied), or any other errno: EINVAL a segment is
 * malformed, and nothing was done; EFAULT memory that is not there, ENOMEM,
 * EPERM restricted: with nothing done, if there are no more than pages_max
 * segments.
 */
#define XENBATCH_NO_DOMID	0xffffU
struct xenbatch_copy_side {
	void *addr;		/* memory */
	uint32_t ref;		/* grant */
	uint16_t offset;
	uint16_t domid;		/* the granter, or XENBATCH_NO_DOMID: memory */
};
struct xenbatch_copy_segment {
	struct xenbatch_copy_side source;
	struct xenbatch_copy_side dest;
	uint16_t len;
	int16_t status;		/* out: GNTST_* */
	uint32_t reserved;	/* 0 */
};
int xenbatch_grant_copy(xenbatch *xb, struct xenbatch_copy_segment *segments,
			size_t n);

/*
 * Read or write pieces of a guest's memory, by mapping their frames onto a few
 * slots, hundreds at a time. A piece may be of any length: it goes on in gfn +
 * 1 and so on.
 *
 * Returns how many pieces failed (0: all is well), each with its errno in err
 * (and its buffer, or the guest's memory, in part written): as xenbatch_map's, or
 * EINVAL if offset or reserved is out of range. Or -1 with errno if nothing could
 * be done at all: ENOMEM, EPERM.
 */
struct xenbatch_piece {
	uint64_t gfn;
	uint32_t offset;	/* in that page: 0 to 4095 */
	uint32_t len;		/* bytes */
	void *buf;
	int err;		/* out: 0, or an errno */
	int reserved;		/* 0 */
};
int xenbatch_read_guest(xenbatch *xb, uint16_t domid,
			struct xenbatch_piece *pieces, size_t n);
int xenbatch_write_guest(xenbatch *xb, uint16_t domid,
			 struct xenbatch_piece *pieces, size_t n);

/*
 * A cache of foreign mappings, for those who come back to the same frames. It
 * holds max_pages at most, and a page that nobody uses for max_idle_ms
 * milliseconds is unmapped, also if the program sleeps. A thread of the cache's
 * own sees to that, and to domains that die: their pages go within max_idle_ms,
 * so that the domain can go (on a restricted handle, which may not ask after
 * domains, age alone unmaps them). The thread is there as long as there are
 * pages, with all signals blocked. A frame that is in use is never unmapped.
 * What a frame number means can change (ballooning, PV page tables): a cached
 * mapping goes on showing the page that it was mapped to.
 *
 * Threads: as handles. Fork: in the child the cache is empty, and begins anew;
 * to put a page of the parent's does nothing. A cache is destroyed before its
 * handle is closed.
 */
struct xenbatch_cache;
struct xenbatch_cache_limits {
	size_t max_pages;	/* 0: 256; slots are reserved for as many */
	unsigned int max_idle_ms;	/* 0: 1000 */
};
struct xenbatch_cache *
xenbatch_cache_create(xenbatch *xb, const struct xenbatch_cache_limits *limits);
/* All pages must have been put back. NULL does nothing. */
void xenbatch_cache_destroy(struct xenbatch_cache *cache);

/*
 * The page of frame gfn of domid, mapped with prot, until it is put back as
 * often as it was got. NULL: errno as xenbatch_map; ENOSPC all max_pages pages
 * are in use; EAGAIN the thread could not be made.
 */
void *xenbatch_cache_get(struct xenbatch_cache *cache, uint16_t domid,
			 uint64_t gfn, int prot);
void xenbatch_cache_put(struct xenbatch_cache *cache, void *page);

/*
 * Forget all of a domain's pages (XENBATCH_NO_DOMID: of all domains). Those in
 * use are unmapped as soon as they are put back, and not got any more.
 */
void xenbatch_cache_drop(struct xenbatch_cache *cache, uint16_t domid);

struct xenbatch_cache_stats {
	size_t pages;		/* mapped now */
	size_t in_use;
	uint64_t hits;
	uint64_t misses;
	uint64_t evicted;	/* for room, for age, for a domain's end */
};
void xenbatch_cache_stats(struct xenbatch_cache *cache,
			  struct xenbatch_cache_stats *stats);

/*
 * The same in a batch: queued, run by xenbatch_commit in the order of the
 * program, between hypercalls and xc_* calls. Slots are allocated before
 * (xenbatch_slots_alloc). Lists, errs and segments are the caller's, and must
 * live until commit. Each returns its index in the batch, as xenbatch_queue,
 * with the same errno; n is at most xenbatch_limits' pages_max (EINVAL). If n is
 * 1, the list is read when it is queued.
 * The result's ret is 0 (clear: how many slots were filled), err the errno of
 * the first page that failed. errs is written only if the operation as a whole
 * was not refused: set errs[0] to a positive number to see that.
 *
 * In a batch of libxc calls: xc_batch_native (xenbatch_xc.h).
 */
int xenbatch_queue_map(struct xenbatch_batch *b, void *addr, uint16_t domid,
		       int prot, size_t n, const uint64_t *gfns, int *errs,
		       unsigned int flags, uint32_t tag);
int xenbatch_queue_map_grants(struct xenbatch_batch *b, void *addr,
			      uint16_t domid, int prot, size_t n,
			      const uint32_t *refs, int *errs,
			      unsigned int flags, uint32_t tag);
int xenbatch_queue_map_resource(struct xenbatch_batch *b, void *addr,
				uint16_t domid, int prot, unsigned int type,
				unsigned int id, uint64_t frame, size_t n,
				unsigned int flags, uint32_t tag);
int xenbatch_queue_clear(struct xenbatch_batch *b, void *addr, size_t n,
			 unsigned int flags, uint32_t tag);
int xenbatch_queue_grant_notify(struct xenbatch_batch *b, void *addr,
				unsigned int what, uint32_t port,
				unsigned int flags, uint32_t tag);
int xenbatch_queue_grant_copy(struct xenbatch_batch *b,
			      struct xenbatch_copy_segment *segments, size_t n,
			      unsigned int flags, uint32_t tag);


/*
 * Events
 *
 * A port is this domain's end of an event channel, and bound to the handle.
 * When it fires, one event of it waits in the handle's ring until somebody
 * takes it; what comes meanwhile is the same event. A port that has fired does
 * so again when it was acknowledged, and not before; what came in between is
 * not lost, but fires then, as one event or as two. Unless it was bound with
 * XENBATCH_KERNEL_ACK: then the kernel acknowledges, and interrupts come as they
 * are sent.
 *
 *	int port = xenbatch_evtchn_bind_interdomain(xb, domid, remote, 0);
 *	struct xenbatch_event e[32];
 *
 *	while ((n = xenbatch_evtchn_wait(xb, e, 32, -1)) > 0)
 *		for (i = 0; i < n; i++) {
 *			xenbatch_evtchn_ack(xb, e[i].port);
 *			serve(e[i].port);
 *		}
 *
 * Acknowledge before you look at what the event is about, or what comes after
 * the look is an event that nobody sees until later.
 *
 * With the stock devices (/dev/xen/evtchn), for what the kernel's module is not
 * there or is too old, the same is done by its system calls. Then
 *   - each take is a system call, and waiting does not spin;
 *   - it is not noticed that the other end goes: no XENBATCH_PEER_GONE, and a
 *     notification is sent in vain;
 *   - KERNEL_ACK: the library acknowledges when it takes the event;
 *   - in the place of EBUSY Xen's EINVAL is given;
 *   - a port may have an event that nobody sent, if many ports were unbound
 *     with theirs not taken.
 *
 * Threads: any number may take and wait on one handle; each event goes to one
 * of them. Fork: ports stay the parent's. The child has none, and nothing of
 * the ring; it binds its own. What xenbatch_evtchn_fd gave the parent is of no
 * use to it. End: all ports are closed with the handle, and with the process.
 */

#define XENBATCH_KERNEL_ACK	1U

/*
 * Bind a port; its number, or -1 with errno. flags: 0 or XENBATCH_KERNEL_ACK.
 *
 *   unbound      a new one that domid may bind (EVTCHNOP_alloc_unbound)
 *   interdomain  to port remote_port of domid, which it has for us
 *                (EVTCHNOP_bind_interdomain). The new port fires once at once
 *   virq         to a virtual interrupt VIRQ_*, of vcpu 0 (EVTCHNOP_bind_virq)
 *
 * domid is 0 or DOMID_SELF for two ends in this dom0.
 * errno: EINVAL flags; no such port, or not for us; no such VIRQ. EBUSY the
 * port is bound already. EEXIST the VIRQ is. ESRCH no such domain. EPERM the
 * handle is restricted, and this is not an interdomain of its domain. ENOSPC no
 * port, or no room in the ring. ENOMEM; what open(2) of /dev/xen/evtchn said.
 */
int xenbatch_evtchn_bind_unbound(xenbatch *xb, uint16_t domid,
				 unsigned int flags);
int xenbatch_evtchn_bind_interdomain(xenbatch *xb, uint16_t domid,
				     uint32_t remote_port, unsigned int flags);
int xenbatch_evtchn_bind_virq(xenbatch *xb, unsigned int virq,
			      unsigned int flags);

/*
 * Close a port. Its event, if it waits in the ring, is never seen.
 *
 * errno, of this and of all that name a port: ENOTCONN it is not bound to this
 * handle (in a child: the parent's are not); ENXIO nothing was ever bound.
 */
int xenbatch_evtchn_unbind(xenbatch *xb, uint32_t port);

/*
 * Send an event to the other end (EVTCHNOP_send). errno besides: EPIPE nobody
 * is there any more.
 */
int xenbatch_evtchn_notify(xenbatch *xb, uint32_t port);

/* Acknowledge: see above. Nothing happens if the port has not fired. */
int xenbatch_evtchn_ack(xenbatch *xb, uint32_t port);

/*
 * Have the port's interrupts on that CPU of dom0's, which is where its event is
 * written and a waiting thread woken. errno besides: EINVAL no such CPU is
 * online; EIO it cannot be moved; EOPNOTSUPP with the stock devices.
 */
int xenbatch_evtchn_affinity(xenbatch *xb, uint32_t port, unsigned int cpu);

#define XENBATCH_PEER_GONE	1U	/* nobody is at the other end any more */
struct xenbatch_event {
	uint32_t port;
	uint32_t flags;			/* 0 or XENBATCH_PEER_GONE */
};

/*
 * Take up to n events, in the order in which they came; how many, 0 if there is
 * none. With the module this is no system call.
 *
 * PEER_GONE comes within some seconds of the other end's closing its port, as
 * when its domain is destroyed; where the port was bound as unbound and is
 * bound by the other end again, it ends.
 *
 * -1 with errno: EINVAL n is 0, or there are no events on this handle (nothing
 * was bound, and no xenbatch_evtchn_fd asked for).
 */
int xenbatch_evtchn_take(xenbatch *xb, struct xenbatch_event *events,
			 unsigned int n);

/*
 * The same, but if there is none wait for one, timeout_ms milliseconds at most
 * (-1: for ever; 0: not at all): first by looking at the ring for a while,
 * which saves a wake-up if the event comes soon, then in poll(2). 0: the time
 * is over. -1 with errno besides: EINTR a signal came.
 */
int xenbatch_evtchn_wait(xenbatch *xb, struct xenbatch_event *events,
			 unsigned int n, int timeout_ms);

/*
 * How often to look at most (128 if this is not called); 0: sleep at once. It
 * is less where looking did not help before: down to one look, but for an
 * attempt at all of it every 64 times. Returns 0. Inherited by children.
 */
int xenbatch_evtchn_spin(xenbatch *xb, unsigned int max);

/*
 * A descriptor that poll, select and epoll find readable while there is an
 * event to be taken (which may turn out to be of a port that was unbound).
 * Never read or close it. -1 with errno: what opening said; ENOMEM.
 */
int xenbatch_evtchn_fd(xenbatch *xb);

/*
 * Signal fd, an eventfd(2), at each event that comes, and now if there is one;
 * -1: no more. The handle has one at a time; the descriptor stays the
 * caller's. errno: EINVAL it is no eventfd, EBADF, EOPNOTSUPP with the stock
 * devices, ENOMEM.
 */
int xenbatch_evtchn_eventfd(xenbatch *xb, int fd);

/*
 * In a batch, as the operations of windows above. With the module, those
 * notifications that follow each other are one multicall.
 */
int xenbatch_queue_evtchn_notify(struct xenbatch_batch *b, uint32_t port,
				 unsigned int flags, uint32_t tag);
int xenbatch_queue_evtchn_ack(struct xenbatch_batch *b, uint32_t port,
			      unsigned int flags, uint32_t tag);

#pragma GCC visibility pop

#ifdef __cplusplus
}
#endif
#endif
