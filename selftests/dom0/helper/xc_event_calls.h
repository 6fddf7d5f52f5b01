/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Every call of the groups that watch a domain and its memory, with values of
 * which no two bytes are alike: for xc_diff_event, which asks Xen, and
 * xc_wire_event, which looks at what is asked. Include after xc_diff.h or
 * xc_wire.h.
 */
#ifndef XC_EVENT_CALLS_H
#define XC_EVENT_CALLS_H

static uint8_t accesses[50000];
static uint64_t gfns[50000];

static void number_lists(void)
{
	size_t i;

	for (i = 0; i < NR(gfns); i++) {
		gfns[i] = 0x1000000000 + i;
		accesses[i] = i + i / 256;
	}
}

static void views(struct mode *m, uint32_t d)
{
	xenmem_access_t access = 0x77777777;
	uint16_t id = 0x7777, idx = 0x7777;
	xen_pfn_t bad = 0x7777;
	int32_t code = 0x7777;
	bool on = true;
	int i;

	CALL(m, xc_altp2m_get_domain_state, d, &on);
	note(m, "state %d", on);
	CALL(m, xc_altp2m_set_vcpu_enable_notify, d, 0x12345678,
	     0x123456789abcdef0);
	CALL(m, xc_altp2m_set_vcpu_disable_notify, d, 0x12345678);
	CALL(m, xc_altp2m_create_view, d, 0x13579, &id);
	CALL(m, xc_altp2m_destroy_view, d, 0x8765);
	CALL(m, xc_altp2m_switch_to_view, d, 0x8765);
	CALL(m, xc_altp2m_get_suppress_ve, d, 0x8765, 0x123456789abcdef0, &on);
	note(m, "suppress %d", on);
	CALL(m, xc_altp2m_get_mem_access, d, 0x8765, 0x123456789abcdef0,
	     &access);
	CALL(m, xc_altp2m_set_mem_access, d, 0x8765, 0x123456789abcdef0,
	     0x2468a);
	CALL(m, xc_altp2m_change_gfn, d, 0x8765, 0x123456789abcdef0,
	     0xfedcba9876543210);
	CALL(m, xc_altp2m_get_vcpu_p2m_idx, d, 0x12345678, &idx);
	note(m, "view %x, access %x, index %x", id, access, idx);
	for (i = 0; i < 2; i++) {
		CALL(m, xc_altp2m_set_domain_state, d, i);
		CALL(m, xc_altp2m_set_visibility, d, 0x8765, i);
		CALL(m, xc_altp2m_set_suppress_ve, d, 0x8765,
		     0x123456789abcdef0, i);
		CALL(m, xc_altp2m_set_supress_ve_multi, d, 0x8765,
		     0x123456789abcdef0, 0xfedcba9876543210, i, &bad, &code);
		note(m, "first %lx %x", bad, code);
	}
}

static void lists(struct mode *m, uint32_t d)
{
	static const uint32_t counts[] = { 0, 1, 3, 64, 50000 };
	unsigned int i;

	for (i = 0; i < NR(counts); i++) {
		CALL(m, xc_altp2m_set_mem_access_multi, d, 0x8765, accesses,
		     gfns, counts[i]);
		CALL(m, xc_altp2m_set_mem_access_multi, d, 0x8765, NULL, gfns,
		     counts[i]);
		CALL(m, xc_altp2m_set_mem_access_multi, d, 0x8765, accesses,
		     NULL, counts[i]);
		CALL(m, xc_set_mem_access_multi, d, accesses, gfns, counts[i]);
		CALL(m, xc_set_mem_access_multi, d, NULL, gfns, counts[i]);
		CALL(m, xc_set_mem_access_multi, d, accesses, NULL, counts[i]);
	}
	CALL(m, xc_altp2m_set_mem_access_multi, d, 1, NULL, NULL, ~0U);
	CALL(m, xc_set_mem_access_multi, d, NULL, NULL, ~0U);
}

static void monitor(struct mode *m, uint32_t d)
{
	uint32_t caps = 0x7777;
	int i;

	for (i = 0; i < 8; i++) {
		CALL(m, xc_monitor_write_ctrlreg, d, 0x1234, i & 1, i >> 1 & 1,
		     0x123456789abcdef0, i >> 2 & 1);
		CALL(m, xc_monitor_guest_request, d, i & 1, i >> 1 & 1,
		     i >> 2 & 1);
	}
	for (i = 0; i < 4; i++) {
		CALL(m, xc_monitor_mov_to_msr, d, 0x12345678, i & 1, i >> 1);
		CALL(m, xc_monitor_debug_exceptions, d, i & 1, i >> 1);
		CALL(m, xc_monitor_vmexit, d, i & 1, i >> 1);
	}
	for (i = 0; i < 2; i++) {
		CALL(m, xc_monitor_software_breakpoint, d, i);
		CALL(m, xc_monitor_singlestep, d, i);
		CALL(m, xc_monitor_descriptor_access, d, i);
		CALL(m, xc_monitor_inguest_pagefault, d, i);
		CALL(m, xc_monitor_emulate_each_rep, d, i);
		CALL(m, xc_monitor_cpuid, d, i);
		CALL(m, xc_monitor_privileged_call, d, i);
		CALL(m, xc_monitor_emul_unimplemented, d, i);
	}
	CALL(m, xc_monitor_get_capabilities, d, &caps);
	note(m, "capabilities %x", caps);
	CALL(m, xc_monitor_get_capabilities, d, NULL);
}

static void rings(struct mode *m, uint32_t d)
{
	uint32_t a = 0x7777, b = 0x7777, c = 0x7777;

	CALL(m, xc_monitor_disable, d);
	CALL(m, xc_monitor_resume, d);
	CALL(m, xc_mem_paging_enable, d, &a);
	CALL(m, xc_mem_paging_enable, d, NULL);
	CALL(m, xc_mem_paging_disable, d);
	CALL(m, xc_mem_paging_resume, d);
	CALL(m, xc_memshr_ring_enable, d, &b);
	CALL(m, xc_memshr_ring_enable, d, NULL);
	CALL(m, xc_memshr_ring_disable, d);
	CALL(m, xc_memshr_domain_resume, d);
	CALL(m, xc_vm_event_control, d, 0x12345678, 0x9abcdef0, &c);
	CALL(m, xc_vm_event_control, d, 0x12345678, 0x9abcdef0, NULL);
	CALL(m, xc_vm_event_get_version);
	note(m, "ports %x %x %x", a, b, c);
}

static void pages(struct mode *m, uint32_t d)
{
	xenmem_access_t access = 0x77777777;
	static char page[4096];

	memset(page, 0x5a, sizeof(page));
	page[4095] = 1;
	CALL(m, xc_mem_paging_nominate, d, 0x123456789abcdef0);
	CALL(m, xc_mem_paging_evict, d, 0x123456789abcdef0);
	CALL(m, xc_mem_paging_prep, d, 0x123456789abcdef0);
	CALL(m, xc_mem_paging_load, d, 0x123456789abcdef0, page);
	CALL(m, xc_mem_paging_load, d, 0x123456789abcdef0, NULL);
	CALL(m, xc_set_mem_access, d, 0x13579, 0x123456789abcdef0, 0x2468ace0);
	CALL(m, xc_get_mem_access, d, 0x123456789abcdef0, &access);
	note(m, "access %x", access);
}

static void sharing(struct mode *m, uint32_t d)
{
	uint64_t a = 0x7777, b = 0x7777;
	int i;

	for (i = 0; i < 4; i++) {
		CALL(m, xc_memshr_control, d, i ? -i : 0x101);
		CALL(m, xc_memshr_fork, 0x10009, d, i & 1, i >> 1);
		CALL(m, xc_memshr_fork_reset, d, i & 1, i >> 1);
	}
	CALL(m, xc_memshr_nominate_gfn, d, 0x123456789abcdef0, &a);
	CALL(m, xc_memshr_nominate_gref, d, 0x12345678, &b);
	note(m, "handles %lx %lx", a, b);
	CALL(m, xc_memshr_share_gfns, d, 0x123456789abcdef0, 0x111111111, 9,
	     0x222222222, 0x333333333);
	CALL(m, xc_memshr_share_grefs, d, 0x9abcdef0, 0x111111111, 0x10009,
	     0x222222, 0x333333333);
	CALL(m, xc_memshr_add_to_physmap, d, 0x123456789abcdef0, 0x111111111, 9,
	     0x222222222);
	CALL(m, xc_memshr_range_share, d, 0x10009, 0x123456789abcdef0,
	     0x111111111);
	CALL(m, xc_memshr_debug_gfn, d, 0x123456789abcdef0);
	CALL(m, xc_memshr_debug_gref, d, 0x12345678);
	CALL(m, xc_memshr_audit);
}

static void trace(struct mode *m, uint32_t d)
{
	uint64_t pos = 0x7777, value = 0x7777;

	CALL(m, xc_vmtrace_enable, d, 0x12345678);
	CALL(m, xc_vmtrace_disable, d, 0x12345678);
	CALL(m, xc_vmtrace_reset_and_enable, d, 0x12345678);
	CALL(m, xc_vmtrace_output_position, d, 0x12345678, &pos);
	CALL(m, xc_vmtrace_get_option, d, 0x12345678, 0x111111111, &value);
	CALL(m, xc_vmtrace_set_option, d, 0x12345678, 0x111111111, 0x222222222);
	note(m, "values %lx %lx", pos, value);
}

#endif /* XC_EVENT_CALLS_H */
