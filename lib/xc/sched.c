// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Schedulers. What differs between them is a number, a member of two unions,
 * and that structure's size.
 */
#include "engine.h"

#define DOM_PARAMS offsetof(struct xen_domctl, u.scheduler_op.u)
#define POOL_PARAMS offsetof(struct xen_sysctl, u.scheduler_op.u)

static inline struct xen_domctl *dom_op(struct xe_cursor *k, uint32_t domid,
					uint32_t sched, uint32_t cmd)
{
	struct xen_domctl *d = xe_domctl(k, XEN_DOMCTL_scheduler_op, domid);

	d->u.scheduler_op.sched_id = sched;
	d->u.scheduler_op.cmd = cmd;
	return d;
}

static inline struct xen_sysctl *pool_op(struct xe_cursor *k, uint32_t pool,
					 uint32_t sched, uint32_t cmd)
{
	struct xen_sysctl *s = xe_sysctl(k, XEN_SYSCTL_scheduler_op);

	s->u.scheduler_op.cpupool_id = pool;
	s->u.scheduler_op.sched_id = sched;
	s->u.scheduler_op.cmd = cmd;
	return s;
}

static int dom_set(xc_interface *xch, uint32_t domid, uint32_t sched,
		   const void *params, size_t size)
{
	struct xe_cursor *k = xe_open(xch, 0);
	struct xen_domctl *d;

	if (!k)
		return -1;
	d = dom_op(k, domid, sched, XEN_DOMCTL_SCHEDOP_putinfo);
	memcpy((char *)d + DOM_PARAMS, params, size);
	return xe_end(k, XE_DOMCTL, d);
}

static int dom_get(xc_interface *xch, uint32_t domid, uint32_t sched,
		   void *params, size_t size)
{
	struct xe_cursor *k = xe_open(xch, 0);
	struct xen_domctl *d;

	if (!k)
		return -1;
	d = dom_op(k, domid, sched, XEN_DOMCTL_SCHEDOP_getinfo);
	return xe_end_copy(k, XE_DOMCTL, d, params, DOM_PARAMS, size);
}

/* What Xen made of them comes back, also from setting. */
static int pool_set(xc_interface *xch, uint32_t pool, uint32_t sched,
		    void *params, size_t size)
{
	struct xe_cursor *k = xe_open(xch, 0);
	struct xen_sysctl *s;

	if (!k)
		return -1;
	s = pool_op(k, pool, sched, XEN_SYSCTL_SCHEDOP_putinfo);
	memcpy((char *)s + POOL_PARAMS, params, size);
	return xe_end_copy(k, XE_SYSCTL, s, params, POOL_PARAMS, size);
}

static int pool_get(xc_interface *xch, uint32_t pool, uint32_t sched,
		    void *params, size_t size)
{
	struct xe_cursor *k = xe_open(xch, 0);
	struct xen_sysctl *s;

	if (!k)
		return -1;
	s = pool_op(k, pool, sched, XEN_SYSCTL_SCHEDOP_getinfo);
	return xe_end_copy(k, XE_SYSCTL, s, params, POOL_PARAMS, size);
}

XC_API int xc_sched_credit_domain_set(xc_interface *xch, uint32_t domid,
				      struct xen_domctl_sched_credit *sdom)
{
	return dom_set(xch, domid, XEN_SCHEDULER_CREDIT, sdom, sizeof(*sdom));
}

XC_API int xc_sched_credit_domain_get(xc_interface *xch, uint32_t domid,
				      struct xen_domctl_sched_credit *sdom)
{
	return dom_get(xch, domid, XEN_SCHEDULER_CREDIT, sdom, sizeof(*sdom));
}

XC_API int
xc_sched_credit_params_set(xc_interface *xch, uint32_t cpupool_id,
			   struct xen_sysctl_credit_schedule *schedule)
{
	return pool_set(xch, cpupool_id, XEN_SCHEDULER_CREDIT, schedule,
			sizeof(*schedule));
}

XC_API int
xc_sched_credit_params_get(xc_interface *xch, uint32_t cpupool_id,
			   struct xen_sysctl_credit_schedule *schedule)
{
	return pool_get(xch, cpupool_id, XEN_SCHEDULER_CREDIT, schedule,
			sizeof(*schedule));
}

XC_API int xc_sched_credit2_domain_set(xc_interface *xch, uint32_t domid,
				       struct xen_domctl_sched_credit2 *sdom)
{
	return dom_set(xch, domid, XEN_SCHEDULER_CREDIT2, sdom, sizeof(*sdom));
}

XC_API int xc_sched_credit2_domain_get(xc_interface *xch, uint32_t domid,
				       struct xen_domctl_sched_credit2 *sdom)
{
	return dom_get(xch, domid, XEN_SCHEDULER_CREDIT2, sdom, sizeof(*sdom));
}

XC_API int
xc_sched_credit2_params_set(xc_interface *xch, uint32_t cpupool_id,
			    struct xen_sysctl_credit2_schedule *schedule)
{
	return pool_set(xch, cpupool_id, XEN_SCHEDULER_CREDIT2, schedule,
			sizeof(*schedule));
}

XC_API int
xc_sched_credit2_params_get(xc_interface *xch, uint32_t cpupool_id,
			    struct xen_sysctl_credit2_schedule *schedule)
{
	return pool_get(xch, cpupool_id, XEN_SCHEDULER_CREDIT2, schedule,
			sizeof(*schedule));
}

XC_API int xc_sched_rtds_domain_set(xc_interface *xch, uint32_t domid,
				    struct xen_domctl_sched_rtds *sdom)
{
	/* The caller may have no more: stock does not look at the flags. */
	return dom_set(xch, domid, XEN_SCHEDULER_RTDS, sdom,
		       offsetof(struct xen_domctl_sched_rtds, flags));
}

XC_API int xc_sched_rtds_domain_get(xc_interface *xch, uint32_t domid,
				    struct xen_domctl_sched_rtds *sdom)
{
	return dom_get(xch, domid, XEN_SCHEDULER_RTDS, sdom, sizeof(*sdom));
}

/*
 * Xen takes as many vcpus at a time as it likes, and says how many: the next
 * call goes on from there. Returns the call's value, with *nr what Xen did.
 */
static int rtds_vcpus(xc_interface *xch, uint32_t domid, uint32_t cmd,
		      struct xen_domctl_schedparam_vcpu *vcpus, uint32_t *nr)
{
	size_t size = sizeof(*vcpus) * *nr;
	bool set = cmd == XEN_DOMCTL_SCHEDOP_putvcpuinfo;
	struct xe_cursor *k;
	struct xe_done *done;
	struct xen_domctl *d;
	struct xe_out *out;

	k = xe_open_now(xch, XE_DONE_SIZE + xe_need(vcpus, size));
	if (!k)
		return -1;
	d = dom_op(k, domid, XEN_SCHEDULER_RTDS, cmd);
	done = xe_done_new(k, NULL);
	d->u.scheduler_op.u.v.nr_vcpus = *nr;
	d->u.scheduler_op.u.v.padding = 0;
	set_xen_guest_handle_raw(d->u.scheduler_op.u.v.vcpus,
				 set ? xe_in(k, vcpus, size) :
				       xe_inout(k, done, vcpus, size));
	out = &done->out[done->nr_out++];
	out->user = nr;
	out->xen = &d->u.scheduler_op.u.v.nr_vcpus;
	out->size = sizeof(*nr);
	return xe_end1_done(k, XE_DOMCTL, d, done);
}

static int rtds_all_vcpus(xc_interface *xch, uint32_t domid, uint32_t cmd,
			  struct xen_domctl_schedparam_vcpu *vcpus,
			  uint32_t num_vcpus)
{
	struct xe_batch *b = xe_pause(xch);
	uint32_t processed = 0, nr;
	int rc = 0;

	while (processed < num_vcpus) {
		nr = num_vcpus - processed;
		rc = rtds_vcpus(xch, domid, cmd, vcpus ? vcpus + processed :
							 NULL, &nr);
		if (rc)
			break;
		processed += nr;
	}
	return xe_resume(b, xch, rc);
}

XC_API int xc_sched_rtds_vcpu_set(xc_interface *xch, uint32_t domid,
				  struct xen_domctl_schedparam_vcpu *vcpus,
				  uint32_t num_vcpus)
{
	return rtds_all_vcpus(xch, domid, XEN_DOMCTL_SCHEDOP_putvcpuinfo, vcpus,
			      num_vcpus);
}

XC_API int xc_sched_rtds_vcpu_get(xc_interface *xch, uint32_t domid,
				  struct xen_domctl_schedparam_vcpu *vcpus,
				  uint32_t num_vcpus)
{
	return rtds_all_vcpus(xch, domid, XEN_DOMCTL_SCHEDOP_getvcpuinfo, vcpus,
			      num_vcpus);
}

XC_API int
xc_sched_arinc653_schedule_set(xc_interface *xch, uint32_t cpupool_id,
			       struct xen_sysctl_arinc653_schedule *schedule)
{
	struct xe_cursor *k = xe_open(xch, xe_need(schedule,
						   sizeof(*schedule)));
	struct xen_sysctl *s;

	if (!k)
		return -1;
	s = pool_op(k, cpupool_id, XEN_SCHEDULER_ARINC653,
		    XEN_SYSCTL_SCHEDOP_putinfo);
	set_xen_guest_handle_raw(s->u.scheduler_op.u.sched_arinc653.schedule,
				 xe_in(k, schedule, sizeof(*schedule)));
	return xe_end(k, XE_SYSCTL, s);
}

XC_API int
xc_sched_arinc653_schedule_get(xc_interface *xch, uint32_t cpupool_id,
			       struct xen_sysctl_arinc653_schedule *schedule)
{
	struct xe_cursor *k;
	struct xe_done *done;
	struct xen_sysctl *s;

	k = xe_open(xch, XE_DONE_SIZE + xe_need(schedule, sizeof(*schedule)));
	if (!k)
		return -1;
	s = pool_op(k, cpupool_id, XEN_SCHEDULER_ARINC653,
		    XEN_SYSCTL_SCHEDOP_getinfo);
	done = xe_done_new(k, NULL);
	set_xen_guest_handle_raw(s->u.scheduler_op.u.sched_arinc653.schedule,
				 xe_out(k, done, schedule, sizeof(*schedule)));
	return xe_end1_done(k, XE_SYSCTL, s, done);
}

XC_API int xc_sched_id(xc_interface *xch, int *sched_id)
{
	struct xe_cursor *k;
	struct xen_sysctl *s = xe_open_sysctl(&k, xch, XEN_SYSCTL_sched_id);

	if (!s)
		return -1;
	return xe_end_copy(k, XE_SYSCTL, s, sched_id,
			   offsetof(struct xen_sysctl, u.sched_id.sched_id),
			   sizeof(*sched_id));
}
