// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Kinds: hypercalls by libxencall, memory for them, and what a device model asks
 * for: stock's library and the drop-in. Nothing of it has a floor: the library's
 * own part is what is looked at.
 */
#include <stdlib.h>

#include "kinds.h"

#define TO_BE_ASKED	0	/* __HYPERVISOR_xen_version's XENVER_version */

struct handles {
	xencall_handle *xcall;
	xendevicemodel_handle *dmod;
};

static bool handles_setup(struct side *side)
{
	struct maplib *maps = &side->lib->maps;
	struct handles *h = calloc(1, sizeof(*h));

	side->own = h;
	if (!h)
		return false;
	h->xcall = maps->xencall_open(NULL, 0);
	h->dmod = maps->xendevicemodel_open(NULL, 0);
	return h->xcall && h->dmod;
}

static void handles_finish(struct side *side)
{
	struct handles *h = side->own;

	if (!h)
		return;
	side->lib->maps.xendevicemodel_close(h->dmod);
	side->lib->maps.xencall_close(h->xcall);
	free(h);
}

static void answered(struct side *side, long ret)
{
	note(&side->results[0], ret);
	*(uint64_t *)side->out = 0;
	side->nr = 1;
}

static size_t one_word(unsigned int n)
{
	(void)n;
	return sizeof(uint64_t);
}

static void call_run(void *arg)
{
	struct side *side = arg;
	struct handles *h = side->own;

	answered(side, side->lib->maps.xencall2(h->xcall,
						__HYPERVISOR_xen_version,
						TO_BE_ASKED, 0));
}

/* A buffer of almost n pages for one call, as libxc's bounce buffers are. */
static void buffer_run(void *arg)
{
	struct side *side = arg;
	struct maplib *maps = &side->lib->maps;
	struct handles *h = side->own;
	size_t size = (size_t)side->row->n * MEMORY_PAGE - 100;
	char *p = maps->xencall_alloc_buffer(h->xcall, size);

	if (p)
		p[size - 1] = 1;
	answered(side, p ? 0 : -1);
	maps->xencall_free_buffer(h->xcall, p);
}

/* Xen refuses it, since that is dom0 itself: all else is done. */
static void dm_op_run(void *arg)
{
	struct side *side = arg;
	struct handles *h = side->own;

	answered(side, side->lib->maps.xendevicemodel_set_isa_irq_level(
			       h->dmod, 0, 1, 1));
}

static void dm_open_run(void *arg)
{
	struct side *side = arg;
	struct maplib *maps = &side->lib->maps;
	xendevicemodel_handle *dmod = maps->xendevicemodel_open(NULL, 0);

	answered(side, dmod ? 0 : -1);
	maps->xendevicemodel_close(dmod);
}

static void call_open_run(void *arg)
{
	struct side *side = arg;
	struct maplib *maps = &side->lib->maps;
	xencall_handle *xcall = maps->xencall_open(NULL, 0);

	answered(side, xcall ? 0 : -1);
	maps->xencall_close(xcall);
}

#define DROPIN(name, how)						\
const struct kind kind_##name = {					\
	.run = how, .out_size = one_word, .calls = calls_one,		\
	.setup = handles_setup, .finish = handles_finish,		\
	.needs = NEEDS_CALLS | NEEDS_DROPINS,				\
}

DROPIN(xencall, call_run);
DROPIN(xencall_buffer, buffer_run);
DROPIN(xencall_open, call_open_run);
DROPIN(dm_op, dm_op_run);
DROPIN(dm_open, dm_open_run);
