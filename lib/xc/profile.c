// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Xen's performance counters, and how long its locks were held. The buffers
 * are hypercall buffers of the caller, and must live until commit.
 *
 * The numbers are written if Xen refused, too: in stock what was on its stack.
 */
#include "call1.h"

#define PERFC(name) XE_SYSCTL_OP(perfc_op, .cmd = XEN_SYSCTL_PERFCOP_##name)
#define LOCKPROF(name, ...) \
	XE_SYSCTL_OP(lockprof_op, .cmd = XEN_SYSCTL_LOCKPROF_##name, \
		     ##__VA_ARGS__)

XC_API int xc_perfc_reset(xc_interface *xch)
{
	return xe_sysctl1(xch, PERFC(reset));
}

static long perfc_done(struct xe_done *done, long ret)
{
	const struct xen_sysctl *s = done->block;

	if (done->to[0])
		*(int *)done->to[0] = s->u.perfc_op.nr_counters;
	if (done->to[1])
		*(int *)done->to[1] = s->u.perfc_op.nr_vals;
	return ret;
}

XC_API int xc_perfc_query_number(xc_interface *xch, int *nbr_desc, int *nbr_val)
{
	return xe_sysctl1_done(xch, PERFC(query), perfc_done, nbr_desc,
			       nbr_val);
}

XC_API int xc_perfc_query(xc_interface *xch, struct xc_hypercall_buffer *desc,
			  struct xc_hypercall_buffer *val)
{
	DECLARE_HYPERCALL_BUFFER_ARGUMENT(desc);
	DECLARE_HYPERCALL_BUFFER_ARGUMENT(val);
	struct xen_sysctl s = *PERFC(query);

	set_xen_guest_handle(s.u.perfc_op.desc, desc);
	set_xen_guest_handle(s.u.perfc_op.val, val);
	return xe_sysctl1(xch, &s);
}

XC_API int xc_lockprof_reset(xc_interface *xch)
{
	return xe_sysctl1(xch, LOCKPROF(reset));
}

XC_API int xc_lockprof_query_number(xc_interface *xch, uint32_t *n_elems)
{
	return xe_sysctl1_part(xch, n_elems, lockprof_op.nr_elem,
			       LOCKPROF(query));
}

XC_API int xc_lockprof_query(xc_interface *xch, uint32_t *n_elems,
			     uint64_t *time, struct xc_hypercall_buffer *data)
{
	DECLARE_HYPERCALL_BUFFER_ARGUMENT(data);
	struct xen_sysctl s = *LOCKPROF(query, .max_elem = *n_elems);

	(void)time;	/* nor does stock write it */
	set_xen_guest_handle(s.u.lockprof_op.data, data);
	return xe_sysctl1_part(xch, n_elems, lockprof_op.nr_elem, &s);
}
