// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * cpupools. Xen may answer EAGAIN, and then the same call is made again: that
 * is not one hypercall, so none of these is queued.
 */
#include "engine.h"

typedef struct xen_sysctl_cpupool_op pool_op_t;

/* One call; map (of bytes) may be NULL. What Xen wrote is in op. */
static int call_once(xc_interface *xch, pool_op_t *op, void *map, int bytes)
{
	struct xe_cursor *k;
	struct xe_done *done;
	struct xen_sysctl *s;
	struct xe_out *out;

	k = xe_open_now(xch, XE_DONE_SIZE + xe_need(map, bytes));
	if (!k)
		return -1;
	s = xe_sysctl(k, XEN_SYSCTL_cpupool_op);
	done = xe_done_new(k, NULL);
	s->u.cpupool_op = *op;
	set_xen_guest_handle_raw(s->u.cpupool_op.cpumap.bitmap,
				 xe_out(k, done, map, bytes));
	s->u.cpupool_op.cpumap.nr_bits = bytes * 8;
	out = &done->out[done->nr_out++];
	out->user = op;
	out->xen = &s->u.cpupool_op;
	out->size = sizeof(*op);
	return xe_end1_done(k, XE_SYSCTL, s, done);
}

static int call(xc_interface *xch, pool_op_t *op, void *map, int bytes)
{
	pool_op_t ask = *op;
	int rc;

	do {
		*op = ask;
		rc = call_once(xch, op, map, bytes);
	} while (rc < 0 && errno == EAGAIN);
	return rc;
}

/* One that has no map, in its place in a batch. */
static int simple(xc_interface *xch, pool_op_t op)
{
	struct xe_batch *b = xe_pause(xch);

	return xe_resume(b, xch, call(xch, &op, NULL, 0));
}

XC_API int xc_cpupool_create(xc_interface *xch, uint32_t *ppoolid,
			     uint32_t sched_id)
{
	struct xe_batch *b = xe_pause(xch);
	pool_op_t op = {
		.op = XEN_SYSCTL_CPUPOOL_OP_CREATE,
		.cpupool_id = *ppoolid == XC_CPUPOOL_POOLID_ANY ?
			      XEN_SYSCTL_CPUPOOL_PAR_ANY : *ppoolid,
		.sched_id = sched_id,
	};
	int rc = call(xch, &op, NULL, 0);

	if (!rc)
		*ppoolid = op.cpupool_id;
	return xe_resume(b, xch, rc);
}

XC_API int xc_cpupool_destroy(xc_interface *xch, uint32_t poolid)
{
	return simple(xch, (pool_op_t){
		.op = XEN_SYSCTL_CPUPOOL_OP_DESTROY,
		.cpupool_id = poolid,
	});
}

static uint32_t cpu_or_any(int cpu)
{
	return cpu < 0 ? XEN_SYSCTL_CPUPOOL_PAR_ANY : (uint32_t)cpu;
}

XC_API int xc_cpupool_addcpu(xc_interface *xch, uint32_t poolid, int cpu)
{
	return simple(xch, (pool_op_t){
		.op = XEN_SYSCTL_CPUPOOL_OP_ADDCPU,
		.cpupool_id = poolid,
		.cpu = cpu_or_any(cpu),
	});
}

/*
 * EADDRINUSE: a vcpu is pinned there for a moment. Stock tries five times.
 */
XC_API int xc_cpupool_removecpu(xc_interface *xch, uint32_t poolid, int cpu)
{
	struct xe_batch *b = xe_pause(xch);
	int tries, rc = 0;

	for (tries = 0; tries < 5; tries++) {
		pool_op_t op = {
			.op = XEN_SYSCTL_CPUPOOL_OP_RMCPU,
			.cpupool_id = poolid,
			.cpu = cpu_or_any(cpu),
		};

		rc = call(xch, &op, NULL, 0);
		if (!rc || errno != EADDRINUSE)
			break;
	}
	return xe_resume(b, xch, rc);
}

XC_API int xc_cpupool_movedomain(xc_interface *xch, uint32_t poolid,
				 uint32_t domid)
{
	return simple(xch, (pool_op_t){
		.op = XEN_SYSCTL_CPUPOOL_OP_MOVEDOMAIN,
		.cpupool_id = poolid,
		.domid = domid,
	});
}

static xc_cpupoolinfo_t *getinfo(xc_interface *xch, uint32_t poolid)
{
	pool_op_t op = {
		.op = XEN_SYSCTL_CPUPOOL_OP_INFO,
		.cpupool_id = poolid,
	};
	int bytes = xc_get_cpumap_size(xch);
	xc_cpupoolinfo_t *info;

	if (bytes <= 0) {
		xc_perr(xch, "Could not get number of cpus");
		return NULL;
	}
	info = calloc(1, sizeof(*info));
	if (!info)
		return NULL;
	info->cpumap = calloc(1, bytes);
	if (!info->cpumap || call(xch, &op, info->cpumap, bytes) < 0) {
		int err = errno;

		xc_cpupool_infofree(xch, info);
		errno = err;
		return NULL;
	}
	info->cpupool_id = op.cpupool_id;
	info->sched_id = op.sched_id;
	info->n_dom = op.n_dom;
	return info;
}

XC_API xc_cpupoolinfo_t *xc_cpupool_getinfo(xc_interface *xch, uint32_t poolid)
{
	struct xe_batch *b = xe_pause(xch);

	return xe_resume_ptr(b, xch, getinfo(xch, poolid));
}

XC_API void xc_cpupool_infofree(xc_interface *xch, xc_cpupoolinfo_t *info)
{
	(void)xch;
	free(info->cpumap);
	free(info);
}

static xc_cpumap_t freeinfo(xc_interface *xch)
{
	pool_op_t op = { .op = XEN_SYSCTL_CPUPOOL_OP_FREEINFO };
	int bytes = xc_get_cpumap_size(xch);
	xc_cpumap_t map;

	if (bytes <= 0)
		return NULL;
	map = calloc(1, bytes);
	if (map && call(xch, &op, map, bytes) < 0) {
		int err = errno;

		free(map);
		errno = err;
		return NULL;
	}
	return map;
}

XC_API xc_cpumap_t xc_cpupool_freeinfo(xc_interface *xch)
{
	struct xe_batch *b = xe_pause(xch);

	return xe_resume_ptr(b, xch, freeinfo(xch));
}
