// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Power management: how long cpus were in which P and C states.
 */
#include "call1.h"

#define PMSTAT(kind, cpu) \
	XE_SYSCTL_OP(get_pmstat, .type = PMSTAT_##kind, .cpuid = (cpu))

/* A byte, of which the caller has an int. */
static long max_px_done(struct xe_done *done, long ret)
{
	const struct xen_sysctl *s = done->block;

	if (!ret)
		*(int *)done->to[0] = s->u.get_pmstat.u.getpx.total;
	return ret;
}

XC_API int xc_pm_get_max_px(xc_interface *xch, int cpuid, int *max_px)
{
	return xe_sysctl1_done(xch, PMSTAT(get_max_px, cpuid), max_px_done,
			       max_px, NULL);
}

XC_API int xc_pm_get_max_cx(xc_interface *xch, int cpuid, int *max_cx)
{
	return xe_sysctl1_get(xch, max_cx, get_pmstat.u.getcx.nr,
			      PMSTAT(get_max_cx, cpuid));
}

XC_API int xc_pm_reset_pxstat(xc_interface *xch, int cpuid)
{
	return xe_sysctl1(xch, PMSTAT(reset_pxstat, cpuid));
}

XC_API int xc_pm_reset_cxstat(xc_interface *xch, int cpuid)
{
	return xe_sysctl1(xch, PMSTAT(reset_cxstat, cpuid));
}

static long pxstat_done(struct xe_done *done, long ret)
{
	const struct xen_sysctl *s = done->block;
	struct xc_px_stat *px = done->to[0];

	if (!ret) {
		px->total = s->u.get_pmstat.u.getpx.total;
		px->usable = s->u.get_pmstat.u.getpx.usable;
		px->last = s->u.get_pmstat.u.getpx.last;
		px->cur = s->u.get_pmstat.u.getpx.cur;
	}
	return ret;
}

static int pxstat_now(xc_interface *xch, int cpuid, struct xc_px_stat *px,
		      int max)
{
	size_t trans = max * max * sizeof(*px->trans_pt);
	size_t pt = max * sizeof(*px->pt);
	struct xe_cursor *k;
	struct xe_done *done;
	struct xen_sysctl *s;

	k = xe_open_now(xch, XE_DONE_SIZE + xe_need(px->trans_pt, trans) +
			     xe_need(px->pt, pt));
	if (!k)
		return -1;
	s = xe_block(k, PMSTAT(get_pxstat, cpuid));
	done = xe_done_new(k, pxstat_done);
	s->u.get_pmstat.u.getpx.total = max;
	set_xen_guest_handle_raw(s->u.get_pmstat.u.getpx.trans_pt,
				 xe_inout(k, done, px->trans_pt, trans));
	set_xen_guest_handle_raw(s->u.get_pmstat.u.getpx.pt,
				 xe_inout(k, done, px->pt, pt));
	done->block = s;
	done->to[0] = px;
	return xe_end1_done(k, XE_SYSCTL, s, done);
}

/* How big the tables are is asked first; later on the caller says it. */
XC_API int xc_pm_get_pxstat(xc_interface *xch, int cpuid,
			    struct xc_px_stat *pxpt)
{
	struct xe_batch *b;
	int max_px, rc;

	if (!pxpt->trans_pt || !pxpt->pt)
		return xe_refuse(xch, EINVAL);
	b = xe_pause(xch);
#if XC_RELEASE < 420
	rc = xc_pm_get_max_px(xch, cpuid, &max_px);
#else
	max_px = pxpt->total;
	rc = 0;
#endif
	if (!rc)
		rc = pxstat_now(xch, cpuid, pxpt, max_px);
	return xe_resume(b, xch, rc);
}

static long cxstat_done(struct xe_done *done, long ret)
{
	const struct xen_sysctl *s = done->block;
	struct xc_cx_stat *cx = done->to[0];

	if (!ret) {
		cx->nr = s->u.get_pmstat.u.getcx.nr;
		cx->last = s->u.get_pmstat.u.getcx.last;
		cx->idle_time = s->u.get_pmstat.u.getcx.idle_time;
		cx->nr_pc = s->u.get_pmstat.u.getcx.nr_pc;
		cx->nr_cc = s->u.get_pmstat.u.getcx.nr_cc;
	}
	return ret;
}

XC_API int xc_pm_get_cxstat(xc_interface *xch, int cpuid,
			    struct xc_cx_stat *cxpt)
{
	size_t nr = cxpt->nr * sizeof(*cxpt->triggers);
	size_t pc = cxpt->nr_pc * sizeof(*cxpt->pc);
	size_t cc = cxpt->nr_cc * sizeof(*cxpt->cc);
	struct pm_cx_stat *cx;
	struct xe_cursor *k;
	struct xe_done *done;
	struct xen_sysctl *s;

	k = xe_open(xch, XE_DONE_SIZE + xe_need(cxpt->triggers, nr) +
			 xe_need(cxpt->residencies, nr) +
			 xe_need(cxpt->pc, pc) + xe_need(cxpt->cc, cc));
	if (!k)
		return -1;
	s = xe_block(k, PMSTAT(get_cxstat, cpuid));
	done = xe_done_new(k, cxstat_done);
	cx = &s->u.get_pmstat.u.getcx;
	cx->nr = cxpt->nr;
	cx->nr_pc = cxpt->nr_pc;
	cx->nr_cc = cxpt->nr_cc;
	set_xen_guest_handle_raw(cx->triggers,
				 xe_out(k, done, cxpt->triggers, nr));
	set_xen_guest_handle_raw(cx->residencies,
				 xe_out(k, done, cxpt->residencies, nr));
	set_xen_guest_handle_raw(cx->pc, xe_out(k, done, cxpt->pc, pc));
	set_xen_guest_handle_raw(cx->cc, xe_out(k, done, cxpt->cc, cc));
	done->block = s;
	done->to[0] = cxpt;
	return xe_end1_done(k, XE_SYSCTL, s, done);
}
