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

const struct row rows[] = {
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
};

const unsigned int nr_rows = sizeof(rows) / sizeof(rows[0]);

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
	if (side->results && side->out)
		return true;
	tool_error("no memory");
	side_free(side);
	return false;
}

void side_free(struct side *side)
{
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
	side_run(a);
	side_run(b);
	row->kind->settle(a);
	row->kind->settle(b);
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
