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

#pragma GCC visibility pop

#ifdef __cplusplus
}
#endif
#endif
