// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Backend fake: the simulated hypervisor of fake.h, for XENBATCH_BACKEND=fake
 * in test builds. It behaves as the module does, with its checks: a context is
 * one process's, and SUBMIT runs only what was mapped.
 */
#include <stdlib.h>
#include <unistd.h>

#include "backend.h"
#include "fake.h"
#include "os.h"
#include "soft.h"

#define MAX_PIECES 64

struct fake_context {
	pid_t pid;
	uint64_t mapped[3];	/* bytes, by region */
	int domid;		/* restricted to, or -1 */
	struct xb_fake_windows windows;
	struct xb_fake_events events;
	unsigned int nr_pieces;
	struct {
		uint64_t offset;
		size_t size;
		char *base;
	} pieces[MAX_PIECES];	/* of the arena */
};

static void *fake_arena(void *owner, uint64_t offset, size_t len)
{
	struct fake_context *ctx = owner;
	uint64_t at;
	unsigned int i;

	for (i = 0; i < ctx->nr_pieces; i++) {
		at = offset - ctx->pieces[i].offset;
		if (at < ctx->pieces[i].size && len <= ctx->pieces[i].size - at)
			return ctx->pieces[i].base + at;
	}
	return NULL;
}

static int fake_open(struct xb_device *dev)
{
	struct fake_context *ctx;

	if (xb_fake_knobs.open_err)
		return -xb_fake_knobs.open_err;
	ctx = calloc(1, sizeof(*ctx));
	if (!ctx)
		return -ENOMEM;
	ctx->pid = getpid();
	ctx->domid = -1;
	ctx->windows.domid = -1;
	ctx->windows.owner = ctx;
	ctx->windows.arena = fake_arena;
	/* Some character device, to see what becomes of descriptors. */
	dev->fd = open("/dev/null", O_RDWR | O_CLOEXEC);
	xb_fake_events_init(&ctx->events, dev->fd, false);
	dev->ops_max = xb_fake_knobs.ops_max;
	dev->arena_max = xb_fake_knobs.arena_max;
	dev->slots_max = xb_fake_knobs.slots_max;
	dev->pages_max = XB_SOFT_PAGES_MAX;
	dev->opcodes = ~0ULL;
	dev->ports_max = XB_FAKE_PORTS;
	dev->arena_copy = true;
	dev->private = ctx;
	return 0;
}

static void fake_context_free(struct xb_device *dev)
{
	struct fake_context *ctx = dev->private;

	if (ctx) {
		xb_fake_events_end(&ctx->events);
		xb_fake_windows_free(&ctx->windows);
	}
	free(ctx);
	dev->private = NULL;
}

static int fake_reopen(struct xb_device *dev, struct xb_device *parent)
{
	fake_context_free(parent);
	return fake_open(dev);
}

static void fake_close(struct xb_device *dev)
{
	if (dev->fd >= 0)
		close(dev->fd);
	fake_context_free(dev);
}

static int fake_map(struct xb_device *dev, unsigned int region,
		    uint64_t offset, size_t size, void **out)
{
	struct fake_context *ctx = dev->private;
	uint64_t max = region == XENBATCH_REGION_OPS ?
		dev->ops_max * sizeof(struct xenbatch_op) : dev->arena_max;

	if (ctx->pid != getpid())
		return -EXDEV;
	if (region == XENBATCH_REGION_EVENTS)
		return xb_fake_events_map(&ctx->events, size, out);
	if (offset != ctx->mapped[region] || !size || size % 4096 ||
	    size > max - offset)
		abort(); /* the library's own mistake */
	*out = xb_fake_memory_add(size);
	if (!*out)
		return -ENOMEM;
	if (region == XENBATCH_REGION_ARENA && ctx->nr_pieces < MAX_PIECES) {
		ctx->pieces[ctx->nr_pieces].offset = offset;
		ctx->pieces[ctx->nr_pieces].size = size;
		ctx->pieces[ctx->nr_pieces++].base = *out;
	}
	__atomic_add_fetch(&ctx->mapped[region], size, __ATOMIC_RELAXED);
	__atomic_add_fetch(&xb_fake_counts.maps, 1, __ATOMIC_RELAXED);
	return 0;
}

static void fake_unmap(struct xb_device *dev, unsigned int region, void *p,
		       size_t size)
{
	struct fake_context *ctx = dev->private;

	if (region == XENBATCH_REGION_EVENTS)
		xb_fake_events_unmap(p);
	if (!xb_fake_window_remove(&ctx->windows, p, size))
		xb_fake_memory_remove(p, size);
}

static int fake_window(struct xb_device *dev, unsigned int region,
		       bool no_module, size_t size, void **out)
{
	struct fake_context *ctx = dev->private;

	(void)no_module;
	if (ctx->pid != getpid())
		return -EXDEV;
	return xb_fake_window_add(&ctx->windows, region, size, out);
}

static long fake_call(struct xb_device *dev, const struct xenbatch_op *op)
{
	struct fake_context *ctx = dev->private;
	uint64_t args[5] = { op->arg[0], op->arg[1], op->arg[2], op->arg[3],
			     op->arg[4] };

	if (xb_soft_is_event(op->opcode))
		return xb_fake_event_op(&ctx->events, op);
	if (op->opcode != XENBATCH_OP_HYPERCALL)
		return xb_fake_window_op(&ctx->windows, op);
	if (__atomic_load_n(&ctx->domid, __ATOMIC_RELAXED) >= 0)
		return -EPERM;
	return xb_fake_hypercall(op->number, args);
}

static long fake_submit(struct xb_device *dev, uint32_t first,
			struct xenbatch_op *ops, uint32_t count)
{
	struct fake_context *ctx = dev->private;
	uint32_t stop = xb_fake_knobs.interrupt_after;
	bool cancel = false;
	uint32_t done = 0;

	if (ctx->pid != getpid())
		return -EXDEV;
	if ((first + (uint64_t)count) * sizeof(*ops) >
	    __atomic_load_n(&ctx->mapped[XENBATCH_REGION_OPS],
			    __ATOMIC_RELAXED))
		return -EINVAL;
	__atomic_add_fetch(&xb_fake_counts.submits, 1, __ATOMIC_RELAXED);
	/* A chain that is being canceled is finished, as in kmod/submit.c. */
	do {
		xb_soft_run(dev, ops + done, 1, fake_call, &cancel);
		done++;
	} while (done < count && (!stop || done < stop || cancel));
	return done;
}

static int fake_restrict_domid(struct xb_device *dev, uint16_t domid)
{
	struct fake_context *ctx = dev->private;

	if (ctx->pid != getpid())
		return -EXDEV;
	if (ctx->domid >= 0 && ctx->domid != domid)
		return -EINVAL;
	__atomic_store_n(&ctx->domid, domid, __ATOMIC_RELAXED);
	__atomic_store_n(&ctx->windows.domid, domid, __ATOMIC_RELAXED);
	__atomic_store_n(&ctx->events.domid, domid, __ATOMIC_RELAXED);
	return 0;
}

static int fake_eventfd(struct xb_device *dev, int fd)
{
	struct fake_context *ctx = dev->private;

	return xb_fake_events_eventfd(&ctx->events, fd);
}

const struct xb_backend xb_backend_fake = {
	.id = XENBATCH_BACKEND_FAKE,
	.name = "fake",
	.open = fake_open,
	.reopen = fake_reopen,
	.close = fake_close,
	.map = fake_map,
	.unmap = fake_unmap,
	.window = fake_window,
	.submit = fake_submit,
	.restrict_domid = fake_restrict_domid,
	.eventfd = fake_eventfd,
};
