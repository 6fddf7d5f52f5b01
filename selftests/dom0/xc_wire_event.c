// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Promise: alternative views, the monitor, rings, paging, access, sharing and
 * the processor's trace ask Xen for the same as stock, field by field, at once
 * and in a batch, and make the same of its answer, whatever it is. (What a real
 * Xen says: xc_diff_event.)
 */
#include <sys/mman.h>

#include "helper/xc_diff.h"
#include "helper/xc_wire.h"
#include "helper/xc_event_calls.h"

#include <xen/hvm/hvm_op.h>
#include <xen/hvm/params.h>

/* What Xen is given, and gives */

static uint64_t sub_of(const struct wire_call *c)
{
	const struct xen_domctl *d = (void *)c->arg;

	if (c->number == __HYPERVISOR_hvm_op && c->cmd == HVMOP_altp2m)
		return ((xen_hvm_altp2m_op_t *)c->arg)->cmd;
	/* the three begin with it */
	if (c->number == __HYPERVISOR_memory_op &&
	    (c->cmd == XENMEM_sharing_op || c->cmd == XENMEM_paging_op ||
	     c->cmd == XENMEM_access_op))
		return *(uint8_t *)c->arg;
	if (c->number == __HYPERVISOR_domctl && c->cmd == XEN_DOMCTL_monitor_op)
		return d->u.monitor_op.op <= XEN_DOMCTL_MONITOR_OP_DISABLE ?
		       d->u.monitor_op.event : 100 + d->u.monitor_op.op;
	return 0;
}

static const struct wire_shape shapes[] = {
#define SHAPE xen_hvm_altp2m_op_t
#define VIEWS(name, ...) \
	{ __HYPERVISOR_hvm_op, HVMOP_altp2m, HVMOP_altp2m_##name, { \
		IN_(version), IN_(cmd), IN_(domain), IN_(pad1), IN_(pad2), \
		__VA_ARGS__ } }
	VIEWS(get_domain_state, OUT_(u.domain_state.state)),
	VIEWS(set_domain_state, IN_(u.domain_state.state)),
	VIEWS(vcpu_enable_notify, IN_(u.enable_notify.vcpu_id),
	      IN_(u.enable_notify.pad), IN_(u.enable_notify.gfn)),
	VIEWS(vcpu_disable_notify, IN_(u.disable_notify.vcpu_id)),
	VIEWS(create_p2m, IN_(u.view.view), IN_(u.view.hvmmem_default_access),
	      OUT_(u.view.view)),
	VIEWS(destroy_p2m, IN_(u.view.view)),
	VIEWS(switch_p2m, IN_(u.view.view)),
	VIEWS(set_mem_access, IN_(u.mem_access.view), IN_(u.mem_access.access),
	      IN_(u.mem_access.pad), IN_(u.mem_access.gfn)),
	VIEWS(get_mem_access, IN_(u.mem_access.view), IN_(u.mem_access.gfn),
	      IN_(u.mem_access.pad), OUT_(u.mem_access.access)),
	VIEWS(set_mem_access_multi, IN_(u.set_mem_access_multi.view),
	      IN_(u.set_mem_access_multi.pad), IN_(u.set_mem_access_multi.nr),
	      IN_(u.set_mem_access_multi.opaque),
	      LIST_IN_(u.set_mem_access_multi.pfn_list, 64),
	      LIST_IN_(u.set_mem_access_multi.access_list, 64)),
	VIEWS(change_gfn, IN_(u.change_gfn.view), IN_(u.change_gfn.pad1),
	      IN_(u.change_gfn.pad2), IN_(u.change_gfn.old_gfn),
	      IN_(u.change_gfn.new_gfn)),
	VIEWS(set_suppress_ve, IN_(u.suppress_ve.view),
	      IN_(u.suppress_ve.suppress_ve), IN_(u.suppress_ve.pad1),
	      IN_(u.suppress_ve.pad2), IN_(u.suppress_ve.gfn)),
	VIEWS(get_suppress_ve, IN_(u.suppress_ve.view), IN_(u.suppress_ve.pad1),
	      IN_(u.suppress_ve.pad2), IN_(u.suppress_ve.gfn),
	      OUT_(u.suppress_ve.suppress_ve)),
	VIEWS(set_suppress_ve_multi, IN_(u.suppress_ve_multi.view),
	      IN_(u.suppress_ve_multi.suppress_ve),
	      IN_(u.suppress_ve_multi.pad1),
	      IN_(u.suppress_ve_multi.first_error),
	      IN_(u.suppress_ve_multi.first_gfn),
	      IN_(u.suppress_ve_multi.last_gfn),
	      OUT_(u.suppress_ve_multi.first_error),
	      OUT_(u.suppress_ve_multi.first_error_gfn)),
	VIEWS(get_p2m_idx, IN_(u.get_vcpu_p2m_idx.vcpu_id),
	      OUT_(u.get_vcpu_p2m_idx.altp2m_idx)),
	VIEWS(set_visibility, IN_(u.set_visibility.altp2m_idx),
	      IN_(u.set_visibility.visible), IN_(u.set_visibility.pad)),
#undef SHAPE
#define SHAPE xen_hvm_param_t
	{ __HYPERVISOR_hvm_op, HVMOP_get_param, 0, {
		IN_(domid), IN_(index), OUT_(value) } },
#undef SHAPE
#define SHAPE struct xen_domctl
#define DOMCTL(name, ...) \
	{ __HYPERVISOR_domctl, XEN_DOMCTL_##name, 0, { __VA_ARGS__ } }
	DOMCTL(pausedomain),
	DOMCTL(unpausedomain),
	DOMCTL(getpageframeinfo3, IN_(u.getpageframeinfo3.num),
	       LIST_IN_(u.getpageframeinfo3.array, 8)),
	DOMCTL(vm_event_op, IN_(u.vm_event_op.op), IN_(u.vm_event_op.mode),
	       OUT_(u.vm_event_op.u.enable.port)),
	DOMCTL(mem_sharing_op, IN_(u.mem_sharing_op.op),
	       IN_(u.mem_sharing_op.u.enable)),
	DOMCTL(vmtrace_op, IN_(u.vmtrace_op.cmd), IN_(u.vmtrace_op.vcpu),
	       IN_(u.vmtrace_op.key), IN_(u.vmtrace_op.value),
	       OUT_(u.vmtrace_op.value)),
#define TELLS(sub, ...) \
	{ __HYPERVISOR_domctl, XEN_DOMCTL_monitor_op, sub, { \
		IN_(u.monitor_op.op), __VA_ARGS__ } }
#define EVENT(name, ...) \
	TELLS(XEN_DOMCTL_MONITOR_EVENT_##name, IN_(u.monitor_op.event), \
	      __VA_ARGS__)
	EVENT(SINGLESTEP), EVENT(SOFTWARE_BREAKPOINT), EVENT(CPUID),
	EVENT(PRIVILEGED_CALL), EVENT(DESC_ACCESS), EVENT(EMUL_UNIMPLEMENTED),
	EVENT(INGUEST_PAGEFAULT),
	EVENT(WRITE_CTRLREG, IN_(u.monitor_op.u.mov_to_cr.index),
	      IN_(u.monitor_op.u.mov_to_cr.sync),
	      IN_(u.monitor_op.u.mov_to_cr.onchangeonly),
	      IN_(u.monitor_op.u.mov_to_cr.pad1),
	      IN_(u.monitor_op.u.mov_to_cr.pad2),
	      IN_(u.monitor_op.u.mov_to_cr.bitmask)),
	EVENT(MOV_TO_MSR, IN_(u.monitor_op.u.mov_to_msr.msr),
	      IN_(u.monitor_op.u.mov_to_msr.onchangeonly)),
	EVENT(GUEST_REQUEST, IN_(u.monitor_op.u.guest_request.sync),
	      IN_(u.monitor_op.u.guest_request.allow_userspace)),
	EVENT(DEBUG_EXCEPTION, IN_(u.monitor_op.u.debug_exception.sync)),
	EVENT(VMEXIT, IN_(u.monitor_op.u.vmexit.sync)),
	TELLS(100 + XEN_DOMCTL_MONITOR_OP_GET_CAPABILITIES,
	      OUT_(u.monitor_op.event)),
	TELLS(100 + XEN_DOMCTL_MONITOR_OP_EMULATE_EACH_REP,
	      IN_(u.monitor_op.event)),
#undef SHAPE
#define MEMORY(cmd, sub, ...) \
	{ __HYPERVISOR_memory_op, XENMEM_##cmd, sub, { __VA_ARGS__ } }
#define SHAPE struct xen_memory_reservation
#define EXTENTS IN_(nr_extents), IN_(extent_order), IN_(mem_flags), \
		IN_(domid), LIST_IN_(extent_start, 8)
	MEMORY(populate_physmap, 0, EXTENTS),
	MEMORY(decrease_reservation, 0, EXTENTS),
#undef SHAPE
#define SHAPE xen_mem_paging_op_t
#define PAGING(name) \
	MEMORY(paging_op, XENMEM_paging_op_##name, IN_(op), IN_(domain), \
	       IN_(gfn), LIST_IN_(buffer, 4096))
	PAGING(nominate), PAGING(evict), PAGING(prep),
#undef SHAPE
#define SHAPE xen_mem_access_op_t
#define ACCESS(name, ...) \
	MEMORY(access_op, XENMEM_access_op_##name, IN_(op), IN_(domid), \
	       IN_(pfn), LIST_IN_(pfn_list, 64), LIST_IN_(access_list, 64), \
	       __VA_ARGS__)
	ACCESS(set_access, IN_(access), IN_(nr)),
	ACCESS(set_access_multi, IN_(access), IN_(nr)),
	ACCESS(get_access, OUT_(access)),
#undef SHAPE
#define SHAPE xen_mem_sharing_op_t
#define SHARING(name, ...) \
	MEMORY(sharing_op, XENMEM_sharing_op_##name, IN_(op), IN_(domain), \
	       __VA_ARGS__)
	SHARING(nominate_gfn, IN_(u.nominate.u.gfn), OUT_(u.nominate.handle)),
	SHARING(nominate_gref, IN_(u.nominate.u.grant_ref),
		OUT_(u.nominate.handle)),
#define PAIR IN_(u.share.source_gfn), IN_(u.share.source_handle), \
	     IN_(u.share.client_gfn), IN_(u.share.client_handle), \
	     IN_(u.share.client_domain)
	SHARING(share, PAIR),
	SHARING(add_physmap, PAIR),
	SHARING(range_share, IN_(u.range.first_gfn), IN_(u.range.last_gfn),
		IN_(u.range.opaque), IN_(u.range.client_domain),
		IN_(u.range._pad)),
	SHARING(debug_gfn, IN_(u.debug.u.gfn)),
	SHARING(debug_gref, IN_(u.debug.u.gref)),
	SHARING(fork, IN_(u.fork.parent_domain), IN_(u.fork.flags),
		IN_(u.fork.pad)),
	SHARING(fork_reset, IN_(u.fork.parent_domain), IN_(u.fork.flags),
		IN_(u.fork.pad)),
	SHARING(audit),
#undef SHAPE
};

/* Cases */

/* A ring is enabled in several steps: each may fail. */
static struct {
	unsigned int fails;	/* this step */
	bool unpause_fails;
	bool there;		/* the ring's page is the domain's */
	bool extents_fail;
} script;

static long scripted(struct wire_call *c)
{
	struct xen_domctl *d = (void *)c->arg;

	if (c->nr == script.fails)
		return c->nr % 2 ? -ESRCH : -EBUSY;
	if (c->number == __HYPERVISOR_hvm_op)
		((xen_hvm_param_t *)c->arg)->value = 0x123456789;
	if (c->number == __HYPERVISOR_memory_op)
		return !script.extents_fail;
	if (c->number != __HYPERVISOR_domctl)
		return 0;
	if (d->cmd == XEN_DOMCTL_unpausedomain && script.unpause_fails)
		return -EPERM;
	if (d->cmd == XEN_DOMCTL_getpageframeinfo3)
		**(uint64_t **)&d->u.getpageframeinfo3.array =
			script.there ? 0 : XEN_DOMCTL_PFINFO_XTAB;
	if (d->cmd == XEN_DOMCTL_vm_event_op)
		d->u.vm_event_op.u.enable.port = 0x8001;
	return 0;
}

static void enable_one(struct mode *m, int param)
{
	uint32_t port = 0x7777;
	void *ring;

	ring = param == HVM_PARAM_MONITOR_RING_PFN && script.there ?
	       CALL_PTR(m, xc_monitor_enable, 7, &port) :
	       CALL_PTR(m, xc_vm_event_enable, 7, param, &port);
	note(m, "port %x", port);
	if (ring)
		munmap(ring, 4096);
}

static void enable(struct mode *m)
{
	static const int params[] = {
		HVM_PARAM_PAGING_RING_PFN, HVM_PARAM_MONITOR_RING_PFN,
		HVM_PARAM_SHARING_RING_PFN, HVM_PARAM_STORE_PFN, 9999, -1,
	};
	unsigned int i, mode;

	wire.answer = scripted;
	for (i = 0; i < NR(params); i++) {
		for (mode = 0; mode < 8; mode++) {
			script.unpause_fails = mode & 1;
			script.there = mode & 2;
			script.extents_fail = mode & 4;
			for (script.fails = 0; script.fails < 9; script.fails++)
				enable_one(m, params[i]);
		}
	}
	CALL_PTR(m, xc_vm_event_enable, 7, HVM_PARAM_PAGING_RING_PFN, NULL);
	CALL_PTR(m, xc_monitor_enable, 7, NULL);
}

/* Lists for which there is no memory: nothing is asked. */
static void too_long(struct mode *m)
{
	wire.answer = wire_plain;
	wire_now = &wire_answers[0];
	CALL(m, xc_altp2m_set_mem_access_multi, 7, 1, accesses, gfns, ~0U);
	CALL(m, xc_set_mem_access_multi, 7, accesses, gfns, ~0U);
	CALL(m, xc_altp2m_set_mem_access_multi, 7, 1, accesses, NULL, ~0U);
	CALL(m, xc_set_mem_access_multi, 7, accesses, NULL, ~0U);
}

WIRE_EACH(views)
WIRE_EACH(lists)
WIRE_EACH(monitor)
WIRE_EACH(rings)
WIRE_EACH(pages)
WIRE_EACH(sharing)
WIRE_EACH(trace)

static const struct diff_case cases[] = {
	{ "alternative views", each_views, 1 },
	{ "access of many pages", each_lists, 1 },
	{ "access of more", too_long, 1 },
	{ "the monitor's events", each_monitor, 1 },
	{ "rings", each_rings, 1 },
	{ "rings enabled", enable, 1 },
	{ "paging and access", each_pages, 1 },
	{ "sharing", each_sharing, 1 },
	{ "the processor's trace", each_trace, 1 },
};

int main(void)
{
	ksft_print_header();
	number_lists();
	wire_start(shapes, NR(shapes), sub_of);
	ksft_set_plan(NR(cases) + 2);
	run_cases(cases, NR(cases));
	wire_all_known();
	all_called("xc_diff_event");
	ksft_finished();
}
