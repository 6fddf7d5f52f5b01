// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Promise: our libxenctrl answers as stock's does, byte for byte, at once and
 * in a batch: alternative views, the monitor, rings, paging, access, sharing,
 * the processor's trace; of PV domains, of HVM ones where the machine has them,
 * of dom0 where it is only asked, and of domains that do not exist.
 */
#include <sys/mman.h>

#include "helper/xc_diff.h"
#include "helper/xc_event_calls.h"
#include "helper/xc_hvm.h"

#include <xen/hvm/params.h>

static bool hvm;
static uint32_t domids[8];
static unsigned int nr_domids;

/* Every call for each domain, and for the mode's own. */
#define EACH(name) \
static void each_##name(struct mode *m) \
{ \
	unsigned int i; \
\
	for (i = 0; i < nr_domids; i++) \
		name(m, domids[i]); \
	name(m, m->twin); \
}
EACH(views)
EACH(lists)
EACH(monitor)
EACH(rings)
EACH(pages)
EACH(sharing)
EACH(trace)

/* A domain whose ring could be enabled has one. */
static void enable_one(struct mode *m, uint32_t d)
{
	static const int params[] = {
		HVM_PARAM_PAGING_RING_PFN, HVM_PARAM_MONITOR_RING_PFN,
		HVM_PARAM_SHARING_RING_PFN, HVM_PARAM_STORE_PFN, 9999, -1,
	};
	uint32_t port = 0x7777;
	unsigned int i;
	void *ring;

	for (i = 0; i < NR(params); i++) {
		ring = CALL_PTR(m, xc_vm_event_enable, d, params[i], &port);
		if (ring)
			munmap(ring, 4096);
		CALL_PTR(m, xc_vm_event_enable, d, params[i], NULL);
	}
	ring = CALL_PTR(m, xc_monitor_enable, d, &port);
	if (ring)
		munmap(ring, 4096);
	note(m, "port %x", port);
	CALL(m, xc_monitor_disable, d);
}
EACH(enable_one)

/* What a monitor asks for, of an HVM domain: told, told again, no more. */
#define CR3 1
#define SYSENTER_CS 0x174

static void monitored(struct mode *m)
{
	unsigned int on = 1, i;
	uint32_t port = 0x7777;
	void *ring;

	ring = CALL_PTR(m, xc_monitor_enable, m->twin, &port);
	note(m, "port %x", port);
	for (i = 0; i < 4; i++) {
		CALL(m, xc_monitor_write_ctrlreg, m->twin, CR3, on, 1, 0xff, 1);
		CALL(m, xc_monitor_mov_to_msr, m->twin, SYSENTER_CS, on, 1);
		CALL(m, xc_monitor_guest_request, m->twin, on, 1, 1);
		CALL(m, xc_monitor_cpuid, m->twin, on);
		CALL(m, xc_monitor_vmexit, m->twin, on, 1);
		if (i == 1)
			on = 0;
	}
	if (ring)
		munmap(ring, 4096);
	CALL(m, xc_monitor_disable, m->twin);
}

/* What a domain with memory can be asked for in earnest. */
static void in_earnest(struct mode *m)
{
	xenmem_access_t access = 0x7777;
	uint64_t some[] = { 0, 1, 2, 1 << 30 };
	uint8_t to[] = { XENMEM_access_r, XENMEM_access_rw, 99, 0 };
	uint64_t handle = 0x7777;
	xen_pfn_t frames[64];
	int i;

	number(frames, NR(frames), 0);
	m->api.xc_domain_populate_physmap_exact(m->xch, m->twin, NR(frames), 0,
						0, frames);
	if (hvm)
		m->api.xc_hvm_param_set(m->xch, m->twin,
					HVM_PARAM_MONITOR_RING_PFN, 5);
	enable_one(m, m->twin);
	monitored(m);
	for (i = 0; i < 4; i++) {
		CALL(m, xc_get_mem_access, m->twin, some[i], &access);
		CALL(m, xc_set_mem_access, m->twin, to[i], some[i], 1);
		CALL(m, xc_get_mem_access, m->twin, some[i], &access);
		CALL(m, xc_mem_paging_nominate, m->twin, some[i]);
		CALL(m, xc_memshr_nominate_gfn, m->twin, some[i], &handle);
	}
	CALL(m, xc_set_mem_access_multi, m->twin, to, some, 4);
	CALL(m, xc_get_mem_access, m->twin, ~0UL, &access);
	CALL(m, xc_set_mem_access, m->twin, XENMEM_access_rwx, ~0UL, 0);
	note(m, "access %x, handle %lx", access, handle);
}

/* dom0 is only asked. */
static void dom0(struct mode *m)
{
	xenmem_access_t access = 0x7777;
	uint32_t caps = 0x7777;
	uint64_t value = 0x7777;
	uint16_t idx = 0x7777;
	bool on = true;

	CALL(m, xc_altp2m_get_domain_state, 0, &on);
	CALL(m, xc_altp2m_get_vcpu_p2m_idx, 0, 0, &idx);
	CALL(m, xc_altp2m_get_mem_access, 0, 0, 1, &access);
	CALL(m, xc_altp2m_get_suppress_ve, 0, 0, 1, &on);
	CALL(m, xc_get_mem_access, 0, 1, &access);
	CALL(m, xc_monitor_get_capabilities, 0, &caps);
	CALL(m, xc_vmtrace_output_position, 0, 0, &value);
	CALL(m, xc_vmtrace_get_option, 0, 0, 1, &value);
	note(m, "%d %x %x %x %lx", on, idx, access, caps, value);
	CALL(m, xc_vm_event_get_version);
}

static const struct diff_case cases[] = {
	{ "alternative views", each_views, 1 },
	{ "access of many pages", each_lists, 1 },
	{ "the monitor's events", each_monitor, 1 },
	{ "rings", each_rings, 1 },
	{ "rings enabled", each_enable_one, 1 },
	{ "paging and access", each_pages, 1 },
	{ "sharing", each_sharing, 1 },
	{ "the processor's trace", each_trace, 1 },
	{ "a domain with memory", in_earnest, 1 },
	{ "dom0", dom0, 1 },
};

int main(void)
{
	unsigned int i;

	ksft_print_header();
	open_modes();
	make_domains();
	hvm = have_hvm();
	ksft_print_msg("the domains of each library are %s\n",
		       hvm ? "HVM" : "PV");
	if (hvm)
		make_hvm_twins();
	allow_memory();
	number_lists();
	domids[nr_domids++] = dom_a;
	domids[nr_domids++] = dom_b;
	for (i = 0; i < NR(bad_domids); i++) {
		/* Not DOMID_SELF: some of this would be done to dom0. */
		if (bad_domids[i] != 0x7ff0)
			domids[nr_domids++] = bad_domids[i];
	}
	ksft_set_plan(NR(cases) + 1);
	run_cases(cases, NR(cases));
	all_called("xc_diff_event");
	end_domains();
	ksft_finished();
}
