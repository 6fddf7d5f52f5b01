// SPDX-License-Identifier: GPL-2.0-or-later
/* The table of rows, and how two sides are compared. */
#include <stdlib.h>
#include <string.h>

#include "../tool.h"
#include "kinds.h"
#include "rows.h"

#define SINGLE(name, kind)	{ name, 1, false, false, 1, &kind }
#define DEFERRED(name, n, kind)	{ name ".deferred", n, true, false, n, &kind }
#define CALL(name, kind)		\
	SINGLE(name, kind),		\
	DEFERRED(name, 1, kind),	\
	DEFERRED(name, 8, kind),	\
	DEFERRED(name, 64, kind),	\
	DEFERRED(name, 256, kind),	\
	DEFERRED(name, 512, kind)

/* Ours is the native library, or the drop-in for what stock is. */
#define NATIVE(name, n, kind)	{ name, n, true, false, 1, &kind }
#define DROPIN(name, n, kind)	{ name, n, false, false, 1, &kind }

const struct row known_rows[] = {
	CALL("xc_version", kind_version),
	CALL("xc_vcpu_getinfo", kind_vcpu),
	CALL("xc_domain_getinfo", kind_domain),
	/*
	 * n is what the caller has room for. Few domains are there to be
	 * listed, as on most machines; in the last of these rows all 64 are,
	 * and then Xen's own work is the larger part with any library.
	 */
	{ "xc_domain_getinfolist",   64, false, false, 1, &kind_list },
	{ "xc_domain_getinfolist", 1024, false, false, 1, &kind_list },
	{ "xc_domain_getinfolist.full", 64, false, false, 1, &kind_list_full },
	{ "xc_physinfo",	      1, false, false, 1, &kind_physinfo },
	{ "interface.open_close",     1, false, false, 1, &kind_open_close },
	/* libxenstat over all domains: 64 paused ones, and dom0 */
	{ "sweep.64x2",	 DOMAINS, true, false, 1, &kind_sweep },
	/* the same over the domains that are here: none is created for it */
	{ "sweep",		      1, true,  true,  1, &kind_sweep },
	/* the cost is that of all n pages; two lists are mapped in turns */
	NATIVE("foreign.map_unmap", 1, kind_foreign),
	NATIVE("foreign.map_unmap", 16, kind_foreign),
	NATIVE("foreign.map_unmap", 256, kind_foreign),
	NATIVE("foreign.map_unmap", 1024, kind_foreign),
	{ "foreign.replace",	      1, true,  false, 2, &kind_replace },
	{ "foreign.replace",	     16, true,  false, 2, &kind_replace },
	{ "foreign.replace",	    256, true,  false, 2, &kind_replace },
	DROPIN("foreign.dropin_unmap", 1, kind_foreign_dropin),
	DROPIN("foreign.dropin_unmap", 16, kind_foreign_dropin),
	DROPIN("foreign.dropin_unmap", 256, kind_foreign_dropin),
	DROPIN("foreign.dropin_unmap", 1024, kind_foreign_dropin),
	DROPIN("foreign.dropin_munmap", 1, kind_foreign_munmap),
	DROPIN("foreign.dropin_munmap", 16, kind_foreign_munmap),
	DROPIN("foreign.dropin_munmap", 256, kind_foreign_munmap),
	DROPIN("foreign.dropin_munmap", 1024, kind_foreign_munmap),
	/* the cost is that of one frame */
	{ "foreign.read8",	   4096, true,  false, 4096, &kind_read8 },
	{ "foreign.read8_vs_batches", 4096, true, false, 4096,
	  &kind_read8_batches },
	NATIVE("foreign.read_cached", 1, kind_read_cached),
	NATIVE("grant.map_unmap", 1, kind_grants),
	NATIVE("grant.map_unmap", 16, kind_grants),
	NATIVE("grant.map_unmap", 128, kind_grants),
	NATIVE("grant.map_unmap_dio", 1, kind_grants_dio),
	NATIVE("grant.map_unmap_dio", 16, kind_grants_dio),
	NATIVE("grant.map_unmap_dio", 128, kind_grants_dio),
	DROPIN("grant.dropin", 1, kind_grants_dropin),
	DROPIN("grant.dropin", 16, kind_grants_dropin),
	DROPIN("grant.dropin", 128, kind_grants_dropin),
	/* n segments of 4 KiB; small: of 64 bytes */
	NATIVE("grant.copy_arena", 1, kind_copy_arena),
	NATIVE("grant.copy_arena", 64, kind_copy_arena),
	NATIVE("grant.copy_arena.small", 64, kind_copy_arena_small),
	/* the cost is that of one of n calls */
	DEFERRED("grant.copy_arena", 64, kind_copy_arena_each),
	NATIVE("grant.copy_plain", 1, kind_copy_plain),
	NATIVE("grant.copy_plain", 64, kind_copy_plain),
	NATIVE("grant.copy_plain.small", 64, kind_copy_plain_small),
	DEFERRED("grant.copy_plain", 64, kind_copy_plain_each),
	/* the cost is that of one event of n */
	NATIVE("evtchn.round_trip", 1, kind_events),
	{ "evtchn.round_trip_32", 32, true, false, 32, &kind_events },
	{ "evtchn.round_trip_32_tuned", 32, true, false, 32,
	  &kind_events_tuned },
	NATIVE("evtchn.server_loop", 1, kind_events_server),
	NATIVE("evtchn.unmask", 1, kind_events_unmask),
	/* two processes; the cost is that of one wake-up of two */
	{ "evtchn.wakeup",	      1, true,  false, 2, &kind_wakeup },
	DROPIN("evtchn.dropin", 1, kind_events_dropin),
	{ "evtchn.dropin_32_tuned", 32, false, false, 32,
	  &kind_events_dropin_tuned },
	DROPIN("xencall", 1, kind_xencall),
	/* a buffer of n pages, got and given back */
	DROPIN("xencall.buffer", 1, kind_xencall_buffer),
	DROPIN("xencall.buffer", 3, kind_xencall_buffer),
	DROPIN("xencall.buffer", 29, kind_xencall_buffer),
	DROPIN("xencall.open_close", 1, kind_xencall_open),
	DROPIN("dm_op", 1, kind_dm_op),
	DROPIN("dm_op.open_close", 1, kind_dm_open),
};

const unsigned int nr_known_rows = sizeof(known_rows) / sizeof(known_rows[0]);

bool side_init(struct side *side, const struct row *row, struct libxc *lib,
	       bool deferred, const struct domains *domains)
{
	*side = (struct side){
		.row = row, .lib = lib, .domains = domains,
		.deferred = deferred && row->deferred,
	};
	side->results = calloc(row->kind->calls(row->n),
			       sizeof(*side->results));
	side->out = malloc(row->kind->out_size(row->n));
	if (!side->results || !side->out) {
		tool_error("no memory");
		side_free(side);
		return false;
	}
	if (row->kind->setup && !row->kind->setup(side)) {
		tool_error("%s(%u) cannot be set up with %s: %s", row->name,
			   row->n, lib->name, strerror(errno));
		side_free(side);
		return false;
	}
	return true;
}

void side_free(struct side *side)
{
	if (side->row->kind->finish)
		side->row->kind->finish(side);
	free(side->results);
	free(side->out);
	side->results = NULL;
	side->out = NULL;
}

void side_run(struct side *side)
{
	side->row->kind->run(side);
}

static void prepare(struct side *side)
{
	const struct kind *kind = side->row->kind;
	unsigned int n = side->row->n;

	/* What nobody writes stays alike, what one writes and one not does
	 * not.
	 */
	memset(side->results, 0xa5, kind->calls(n) * sizeof(*side->results));
	memset(side->out, 0xa5, kind->out_size(n));
	side->nr = 0;
}

bool sides_same(struct side *a, struct side *b)
{
	const struct row *row = a->row;
	const unsigned char *x = a->out, *y = b->out;
	size_t size = row->kind->out_size(row->n);

	prepare(a);
	prepare(b);
	a->check = b->check = true;
	side_run(a);
	side_run(b);
	a->check = b->check = false;
	if (row->kind->settle) {
		row->kind->settle(a);
		row->kind->settle(b);
	}
	if (a->nr != b->nr) {
		tool_error("%s(%u): %u calls with %s, %u with %s", row->name,
			   row->n, a->nr, a->lib->name, b->nr, b->lib->name);
		return false;
	}
	for (unsigned int i = 0; i < a->nr; i++) {
		const struct xc_batch_result *r = &a->results[i];
		const struct xc_batch_result *s = &b->results[i];

		if (r->ret == s->ret && r->err == s->err)
			continue;
		tool_error("%s(%u): call %u: %s gives %ld (errno %d), %s %ld (errno %d)",
			   row->name, row->n, i, a->lib->name, r->ret, r->err,
			   b->lib->name, s->ret, s->err);
		return false;
	}
	for (size_t i = 0; i < size; i++) {
		if (x[i] == y[i])
			continue;
		tool_error("%s(%u): byte %zu of %zu: %s gives %#x, %s %#x",
			   row->name, row->n, i, size, a->lib->name, x[i],
			   b->lib->name, y[i]);
		return false;
	}
	return true;
}
