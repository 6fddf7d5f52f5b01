/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A backend: how operations reach Xen, and where memory comes from that Xen
 * may touch. All functions return 0 or a negative errno and leave errno alone.
 */
#ifndef XB_BACKEND_H
#define XB_BACKEND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "xenbatch.h"
#include "uapi/xenbatch.h"

/* Why the backend is the one that it is, or why another one is not. */
enum xb_why {
	XB_WHY_PRESENT,		/* the module, at its best */
	XB_WHY_FORCED,		/* XENBATCH_BACKEND */
	XB_WHY_ABSENT,		/* no device node */
	XB_WHY_NO_DEVICE,	/* a node, and nothing behind it */
	XB_WHY_REFUSED,		/* not ours to open */
	XB_WHY_ABI,		/* another ABI than ours */
	XB_WHY_NO_HYPERCALL,	/* the operation that all else builds on */
	XB_WHY_UNUSABLE,	/* anything else */
};

/* What a backend holds for one connection. */
struct xb_device {
	const struct xb_backend *be;
	int fd;
	int submit_fd;		/* takes XENBATCH_IOC_SUBMIT; -1: be->submit */
	int buf_fd;		/* stock: the hypercall buffer device, or -1 */
	uint32_t ops_max;
	uint64_t arena_max;
	uint32_t slots_max;
	uint32_t pages_max;
	uint32_t ports_max;	/* of the event ring; 0: there is none */
	uint64_t opcodes;	/* that the backend runs itself: bit n */
	bool arena_copy;	/* XENBATCH_COPY_*_ARENA may be used */
	bool dear_parts;	/* changing a part of a mapping redoes the rest */
	bool denied;		/* stock: restricted, no hypercall is left */
	int domid;		/* restricted to, or -1 */
	struct xb_soft *soft;	/* windows of the stock devices, or NULL */
	void *private;		/* the backend's own */

	enum xb_why why;	/* set by open, also where it fails */
	int why_err;		/* errno, where that is the reason */
	uint32_t abi;
	char version[24];
};

struct xb_backend {
	enum xenbatch_backend_id id;
	const char *name;

	/* In: dev is zero but for be. */
	int (*open)(struct xb_device *dev);
	/*
	 * In a child: a connection for it, where parent is what it inherited.
	 * The descriptors that are still needed have moved to dev (and are -1
	 * in parent), those left in parent will be closed.
	 */
	int (*reopen)(struct xb_device *dev, struct xb_device *parent);
	/* Mapped memory is gone by then. */
	void (*close)(struct xb_device *dev);

	/*
	 * size bytes at offset of a region, both in whole pages. Operations
	 * come with state IDLE. Each stretch is mapped once at most; the event
	 * ring as a whole.
	 */
	int (*map)(struct xb_device *dev, unsigned int region, uint64_t offset,
		   size_t size, void **out);
	void (*unmap)(struct xb_device *dev, unsigned int region, void *p,
		      size_t size);

	/*
	 * size bytes of a window, empty. no_module: from the stock devices in
	 * any case. If that makes dev->soft, submit_fd is not to be used any
	 * more. Given back by unmap, which empties it.
	 */
	int (*window)(struct xb_device *dev, unsigned int region,
		      bool no_module, size_t size, void **out);

	/*
	 * Run ops[0..count), which is index first on. Returns how many are
	 * done, more than 0. count is not 0.
	 */
	long (*submit)(struct xb_device *dev, uint32_t first,
		       struct xenbatch_op *ops, uint32_t count);

	int (*restrict_domid)(struct xb_device *dev, uint16_t domid);

	/* Where there is an event ring: signal fd, or -1 none, for it. */
	int (*eventfd)(struct xb_device *dev, int fd);
};

extern const struct xb_backend xb_backend_module;
extern const struct xb_backend xb_backend_stock;
#ifdef XB_FAKE
extern const struct xb_backend xb_backend_fake;
#endif

/*
 * What a backend's errno is to the caller. -EXDEV means that this is a child
 * which was made without our knowing, by clone(2) itself: what it tried to use
 * is its parent's, which is -ESTALE; its next use of a handle will find its
 * own connection. (fork.c)
 */
int xb_fork_missed(int err);

#endif /* XB_BACKEND_H */
