// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Grant-table hypercalls that map nothing.
 */
#include "engine.h"

static struct xe_cursor *open_op(xc_interface *xch, const void *op, size_t size)
{
	struct xe_cursor *k;

	k = xe_open(xch, XE_DONE_SIZE + xe_need(op, size));
	if (!k)
		xc_perr(xch, "Could not bounce buffer for grant table op"
			" hypercall");
	return k;
}

static int end_op(struct xe_cursor *k, unsigned int cmd, const void *arg,
		  unsigned int count, struct xe_done *done)
{
	k->op->arg[2] = count;
	return xe_end2_done(k, __HYPERVISOR_grant_table_op, cmd, arg, done);
}

/* Without memory stock says 0 here: its ret is not set yet. */
XC_API int xc_gnttab_op(xc_interface *xch, int cmd, void *op, int op_size,
			int count)
{
	size_t size = count * op_size;
	struct xe_cursor *k = open_op(xch, op, size);
	struct xe_done *done;

	if (!k)
		return 0;
	done = xe_done_new(k, NULL);
	return end_op(k, cmd, xe_inout(k, done, op, size), count, done);
}

static long query_size_done(struct xe_done *done, long ret)
{
	const struct gnttab_query_size *query = done->to[0];

	if (ret || query->status != GNTST_okay)
		xc_err(done->xch, "Could not query dom %u's grant size\n",
		       query->dom);
	return ret;
}

XC_API int xc_gnttab_query_size(xc_interface *xch,
				struct gnttab_query_size *query)
{
	struct xe_cursor *k = open_op(xch, query, sizeof(*query));
	struct xe_done *done;

	if (!k)
		return -1;
	done = xe_done_new(k, query_size_done);
	done->to[0] = query;
	return end_op(k, GNTTABOP_query_size,
		      xe_inout(k, done, query, sizeof(*query)), 1, done);
}

static long version_done(struct xe_done *done, long ret)
{
	const struct gnttab_get_version *query = done->block;

	return ret < 0 ? ret : (int)query->version;
}

XC_API int xc_gnttab_get_version(xc_interface *xch, uint32_t domid)
{
	struct gnttab_get_version *query;
	struct xe_cursor *k = open_op(xch, NULL, 0);
	struct xe_done *done;

	if (!k)
		return -1;
	query = xe_take(k, XE_SLOT);
	query->dom = domid;
	query->version = 0;
	done = xe_done_new(k, version_done);
	done->block = query;
	return end_op(k, GNTTABOP_get_version, query, 1, done);
}
