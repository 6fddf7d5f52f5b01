// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Handles: open and close, which backend runs and why, restriction.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "event.h"

static const struct xb_backend *const backends[] = {
	&xb_backend_module,
	&xb_backend_stock,
#ifdef XB_FAKE
	&xb_backend_fake,
#endif
};

#define NR_BACKENDS (sizeof(backends) / sizeof(backends[0]))

/* Domids from here on are Xen's own (DOMID_FIRST_RESERVED). */
#define FIRST_RESERVED	0x7ff0

static int backend_open(struct xb_device *dev, const struct xb_backend *be,
			struct xb_device *parent)
{
	memset(dev, 0, sizeof(*dev));
	dev->be = be;
	dev->fd = -1;
	dev->submit_fd = -1;
	dev->buf_fd = -1;
	dev->domid = -1;
	if (parent && parent->be == be)
		return be->reopen(dev, parent);
	return be->open(dev);
}

/* The one that XENBATCH_BACKEND asks for. */
static int connect_forced(struct xb_device *dev, const char *name,
			  struct xb_device *parent)
{
	size_t i;
	int err;

	for (i = 0; i < NR_BACKENDS; i++) {
		if (strcmp(name, backends[i]->name))
			continue;
		err = backend_open(dev, backends[i], parent);
		dev->why = XB_WHY_FORCED;
		return err;
	}
	return -EINVAL;
}

/*
 * The module, or else the stock devices. A child that goes on with the stock
 * devices does not look for the module again: it keeps descriptors, and may
 * not be able to open any.
 */
static int connect_any(struct xb_device *dev, struct xb_device *parent)
{
	struct xb_device module;
	int err_module, err;

	if (parent && parent->be != &xb_backend_module) {
		err = backend_open(dev, parent->be, parent);
		dev->why = parent->why;
		dev->why_err = parent->why_err;
		dev->abi = parent->abi;
		return err;
	}
	err_module = backend_open(dev, &xb_backend_module, parent);
	if (!err_module)
		return 0;

	module = *dev;
	err = backend_open(dev, &xb_backend_stock, NULL);
	dev->why = module.why;
	dev->why_err = module.why_err;
	dev->abi = module.abi;
	/* Nothing there at all says less than why the module refused. */
	return err == -ENOENT ? err_module : err;
}

struct xb_conn *xb_conn_create(xenbatch *xb, struct xb_device *parent)
{
	const char *name = secure_getenv("XENBATCH_BACKEND");
	struct xb_conn *conn;
	int err;

	conn = malloc(sizeof(*conn));
	if (!conn)
		return NULL;
	memset(conn, 0, sizeof(*conn));
	conn->lock = (pthread_mutex_t)PTHREAD_MUTEX_INITIALIZER;

	if (name && *name)
		err = connect_forced(&conn->dev, name, parent);
	else
		err = connect_any(&conn->dev, parent);
	if (err)
		goto err_free;
	if (xb->restricted) {
		err = conn->dev.be->restrict_domid(&conn->dev, xb->domid);
		if (err)
			goto err_close;
	}
	xb_arena_init(&conn->arena, &conn->dev);
	xb_lanes_init(conn, xb);
	xb_windows_init(conn);
	return conn;

err_close:
	conn->dev.be->close(&conn->dev);
err_free:
	pthread_mutex_destroy(&conn->lock);
	free(conn);
	errno = -err;
	return NULL;
}

void xb_conn_destroy(struct xb_conn *conn)
{
	xb_events_destroy(conn, true);
	xb_slots_destroy(conn);
	xb_lanes_destroy(conn, true);
	xb_arena_destroy(&conn->arena);
	conn->dev.be->close(&conn->dev);
	pthread_mutex_destroy(&conn->lock);
	free(conn->why);
	free(conn);
}

/*
 * Another process's: its mappings are not here, and what lies at their
 * addresses is not ours. Its descriptors are dealt with in fork.c.
 */
static void conn_forget(struct xb_conn *conn)
{
	xb_events_destroy(conn, false);
	xb_slots_forget(conn);
	xb_lanes_destroy(conn, false);
	xb_arena_forget(&conn->arena);
	free(conn->why);
	free(conn);
}

static int restrict_callback(Xentoolcore__Active_Handle *handle,
			     uint16_t domid)
{
	xenbatch *xb = (xenbatch *)((char *)handle -
				    offsetof(xenbatch, active));

	return xenbatch_restrict(xb, domid);
}

xenbatch *xenbatch_open(unsigned int flags)
{
	int saved = errno;
	xenbatch *xb;

	if (flags) {
		errno = EINVAL;
		return NULL;
	}
	if (xb_fork_init())
		return NULL;
	xb = malloc(sizeof(*xb));
	if (!xb)
		return NULL;
	memset(xb, 0, sizeof(*xb));
	xb->spin_max = XB_SPIN_MAX;
	/* Known before there is anything to restrict, as xentoolcore asks. */
	xb->active.restrict_callback = restrict_callback;
	xb_active_add(&xb->active);

	if (xb_reconnect(xb)) {
		saved = errno;
		xb_active_remove(&xb->active);
		free(xb);
		errno = saved;
		return NULL;
	}
	errno = saved;
	return xb;
}

int xenbatch_close(xenbatch *xb)
{
	struct xb_conn *conn, *inherited;
	int saved = errno;

	if (!xb)
		return 0;
	xb_active_remove(&xb->active);
	conn = xb->conn;
	inherited = conn->inherited;
	if (xb_is_ours(xb)) {
		xb_conn_destroy(conn);
	} else {
		/* A child that never used it: the descriptors are all it has. */
		conn->dev.be->close(&conn->dev);
		conn_forget(conn);
	}
	while (inherited) {
		conn = inherited;
		inherited = conn->inherited;
		conn_forget(conn);
	}
	free(xb);
	errno = saved;
	return 0;
}

static char *say_why(const struct xb_device *dev)
{
	const char *reason = strerrordesc_np(dev->why_err) ?: "unknown error";
	char *why = NULL;
	int ret = -1;

	switch (dev->why) {
	case XB_WHY_PRESENT:
		ret = asprintf(&why, "module present: version %s, ABI %u",
			       dev->version, dev->abi);
		break;
	case XB_WHY_FORCED:
		ret = asprintf(&why, "forced by XENBATCH_BACKEND=%s",
			       dev->be->name);
		break;
	case XB_WHY_ABSENT:
		ret = asprintf(&why, "module absent: %s does not exist",
			       XENBATCH_DEVICE);
		break;
	case XB_WHY_NO_DEVICE:
		ret = asprintf(&why, "module absent: nothing behind %s",
			       XENBATCH_DEVICE);
		break;
	case XB_WHY_REFUSED:
		ret = asprintf(&why, "module refused: %s: %s", XENBATCH_DEVICE,
			       reason);
		break;
	case XB_WHY_ABI:
		ret = asprintf(&why,
			       "module too %s: it speaks ABI %u, this library %u",
			       dev->abi < XENBATCH_ABI ? "old" : "new",
			       dev->abi, XENBATCH_ABI);
		break;
	case XB_WHY_NO_HYPERCALL:
		ret = asprintf(&why,
			       "module unusable: it makes no hypercalls here");
		break;
	case XB_WHY_UNUSABLE:
		ret = asprintf(&why, "module unusable: %s: %s",
			       XENBATCH_DEVICE, reason);
		break;
	}
	return ret < 0 ? NULL : why;
}

enum xenbatch_backend_id xenbatch_backend(xenbatch *xb, const char **why)
{
	/* One that cannot be had in this child: what the parent has. */
	struct xb_conn *conn = xb_conn(xb) ?: xb->conn;

	if (why) {
		pthread_mutex_lock(&conn->lock);
		if (!conn->why)
			conn->why = say_why(&conn->dev);
		pthread_mutex_unlock(&conn->lock);
		*why = conn->why ?: "no memory to say why";
	}
	return conn->dev.be->id;
}

const char *xenbatch_backend_name(enum xenbatch_backend_id id)
{
	switch (id) {
	case XENBATCH_BACKEND_MODULE:
		return "module";
	case XENBATCH_BACKEND_STOCK:
		return "stock";
	case XENBATCH_BACKEND_FAKE:
		return "fake";
	}
	return "unknown";
}

int xenbatch_limits(xenbatch *xb, struct xenbatch_limits *limits)
{
	struct xb_conn *conn = xb_conn(xb);

	if (!conn)
		return -1;
	limits->ops_max = conn->dev.ops_max;
	limits->arena_max = conn->dev.arena_max;
	limits->slots_max = conn->dev.slots_max;
	limits->pages_max = conn->dev.pages_max;
	return 0;
}

int xenbatch_fd(xenbatch *xb)
{
	struct xb_conn *conn = xb_conn(xb);

	return conn ? conn->dev.fd : -1;
}

int xenbatch_restrict(xenbatch *xb, uint16_t domid)
{
	struct xb_conn *conn;
	int err = 0;

	if (domid >= FIRST_RESERVED) {
		errno = EINVAL;
		return -1;
	}
	conn = xb_conn(xb);
	if (!conn)
		return -1;

	/* No fork in between: the child must know what the device knows. */
	xb_fork_lock();
	if (xb->restricted && xb->domid != domid)
		err = -EINVAL;
	if (!err)
		err = conn->dev.be->restrict_domid(&conn->dev, domid);
	if (!err) {
		xb->restricted = true;
		xb->domid = domid;
	}
	xb_fork_unlock();
	if (err) {
		errno = -xb_fork_missed(err);
		return -1;
	}
	return 0;
}

void *xenbatch_alloc(xenbatch *xb, size_t size)
{
	struct xb_conn *conn = xb_conn(xb);

	return conn ? xb_arena_alloc(&conn->arena, size) : NULL;
}

/* Does buf lie in what an ancestor had, and this process has not? */
static bool is_inherited(const struct xb_conn *conn, const void *buf)
{
	for (; conn; conn = conn->inherited)
		if (xb_arena_owns(&conn->arena, buf, 0))
			return true;
	return false;
}

void xenbatch_free(xenbatch *xb, void *buf)
{
	struct xb_conn *conn = xb->conn;

	if (!buf)
		return;
	/* Cleaning up in a child what the parent got: nothing to be done. */
	if (unlikely(!xb_is_ours(xb)) || is_inherited(conn->inherited, buf))
		return;
	xb_arena_free(&conn->arena, buf);
}

bool xenbatch_owns(xenbatch *xb, const void *buf, size_t size)
{
	return xb_is_ours(xb) && xb_arena_owns(&xb->conn->arena, buf, size);
}
