// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * A domain's grant table, mapped.
 */
#define XC_WANT_COMPAT_MAP_FOREIGN_API
#include <sys/mman.h>

#include "engine.h"

static int query_frames(xc_interface *xch, uint32_t domid, uint32_t *nr)
{
	struct gnttab_query_size query = { .dom = domid };

	if (xc_gnttab_op(xch, GNTTABOP_query_size, &query, sizeof(query), 1) ||
	    query.status != GNTST_okay) {
		xc_err(xch, "Could not query dom%d's grant size\n", domid);
		return -1;
	}
	*nr = query.nr_frames;
	return 0;
}

/* The table's frames into list: how many, or -1. */
static int setup(xc_interface *xch, uint32_t domid, unsigned long *list,
		 uint32_t nr)
{
	struct gnttab_setup_table setup = { .dom = domid, .nr_frames = nr };

	set_xen_guest_handle_raw(setup.frame_list, list);
	if (xc_gnttab_op(xch, GNTTABOP_setup_table, &setup, sizeof(setup), 1) ||
	    setup.status != GNTST_okay) {
		xc_err(xch, "Could not get grant table frame list\n");
		return -1;
	}
	return setup.nr_frames;
}

static void *map_frames(xc_interface *xch, uint32_t domid, unsigned long *list,
			uint32_t nr)
{
	xen_pfn_t *frames = malloc(nr * sizeof(*frames));
	void *table = NULL;
	int i, n;

	if (!frames) {
		xc_err(xch, "Could not allocate pfn_list in"
		       " xc_gnttab_map_table\n");
		return NULL;
	}
	n = setup(xch, domid, list, nr);
	for (i = 0; i < n; i++)
		frames[i] = list[i];
	if (n >= 0) {
		table = xc_map_foreign_pages(xch, domid, PROT_READ, frames, n);
		if (!table)
			xc_err(xch, "Could not map grant table\n");
	}
	free(frames);
	return table;
}

static void *map_table(xc_interface *xch, uint32_t domid, int *gnt_num)
{
	DECLARE_HYPERCALL_BUFFER(unsigned long, list);
	uint32_t nr;
	void *table;
	int err;

	if (!gnt_num || query_frames(xch, domid, &nr))
		return NULL;
	/* Counted in entries of version 1, whatever it is, as stock does. */
	*gnt_num = nr * (XC_PAGE_SIZE / sizeof(grant_entry_v1_t));
	list = xc_hypercall_buffer_alloc(xch, list, nr * sizeof(*list));
	if (!list) {
		xc_err(xch, "Could not allocate frame_list in"
		       " xc_gnttab_map_table\n");
		return NULL;
	}
	table = map_frames(xch, domid, list, nr);
	err = errno;
	xc_hypercall_buffer_free(xch, list);
	errno = err;
	return table;
}

/* One with version 2, the other with any but that (also if it is unknown). */
static void *map_version(xc_interface *xch, uint32_t domid, int *gnt_num,
			 bool v2)
{
	struct xe_batch *b = xe_pause(xch);
	void *table = NULL;

	if ((xc_gnttab_get_version(xch, domid) == 2) == v2)
		table = map_table(xch, domid, gnt_num);
	return xe_resume_ptr(b, xch, table);
}

XC_API grant_entry_v1_t *xc_gnttab_map_table_v1(xc_interface *xch,
						uint32_t domid, int *gnt_num)
{
	return map_version(xch, domid, gnt_num, false);
}

XC_API grant_entry_v2_t *xc_gnttab_map_table_v2(xc_interface *xch,
						uint32_t domid, int *gnt_num)
{
	return map_version(xch, domid, gnt_num, true);
}
