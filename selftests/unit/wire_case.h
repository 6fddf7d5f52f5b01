/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Cases of test_xc_wire: calls, and what they wrote, made with stock's library
 * and with ours, whichever `api` is.
 */
#ifndef WIRE_CASE_H
#define WIRE_CASE_H

#include <xenctrl.h>

#include "selftests/dom0/helper/driven.h"
#include "unit.h"
#include "wire.h"

#if XC_RELEASE < 417
#include <xenguest.h>
#include "lib/xc/core_dump.h"
#define WIRE_414(F) \
	F(xc_core_arch_auto_translated_physmap) \
	F(xc_core_arch_get_scratch_gpfn) F(xc_core_arch_gpfn_may_present) \
	F(xc_core_arch_map_p2m) F(xc_core_arch_map_p2m_writable) \
	F(xc_core_arch_memory_map_get) F(xc_core_shdr_get) \
	F(xc_core_shdr_set) F(xc_domain_dumpcore) \
	F(xc_domain_dumpcore_via_callback) F(xc_domain_resume) \
	F(xc_map_domain_meminfo) F(xc_unmap_domain_meminfo)
#else
#define WIRE_414(F)
#endif

#if XC_RELEASE < 420
#define WIRE_420(F)
#define ALSO_420(arg)
#else
#define WIRE_420(F) \
	F(xc_get_cpu_version) F(xc_get_ucode_revision) \
	F(xc_set_cpufreq_cppc) F(xc_xenver_buildid) \
	F(xc_xenver_capabilities) F(xc_xenver_changeset) \
	F(xc_xenver_commandline) F(xc_xenver_extraversion)
/* An argument that a function has since then. */
#define ALSO_420(arg) , arg
#endif

/* Every function that is compared here. */
#define WIRE(F) \
	F(xc_cpu_offline) F(xc_cpu_online) F(xc_disable_turbo) \
	F(xc_enable_turbo) F(xc_flask_access) F(xc_flask_add_device) \
	F(xc_flask_add_iomem) F(xc_flask_add_ioport) F(xc_flask_add_pirq) \
	F(xc_flask_avc_cachestats) F(xc_flask_avc_hashstats) \
	F(xc_flask_context_to_sid) F(xc_flask_del_device) \
	F(xc_flask_del_iomem) F(xc_flask_del_ioport) F(xc_flask_del_pirq) \
	F(xc_flask_getavc_threshold) F(xc_flask_getbool_byid) \
	F(xc_flask_getbool_byname) F(xc_flask_getenforce) F(xc_flask_load) \
	F(xc_flask_op) F(xc_flask_policyvers) F(xc_flask_relabel_domain) \
	F(xc_flask_setavc_threshold) F(xc_flask_setbool) \
	F(xc_flask_setenforce) F(xc_flask_sid_to_context) \
	F(xc_get_cpufreq_avgfreq) F(xc_get_cpufreq_para) \
	F(xc_get_cpuidle_max_cstate) F(xc_get_cpuidle_max_csubstate) \
	F(xc_kexec_exec) F(xc_kexec_get_range) F(xc_kexec_load) \
	F(xc_kexec_status) F(xc_kexec_unload) F(xc_livepatch_apply) \
	F(xc_livepatch_get) F(xc_livepatch_list) \
	F(xc_livepatch_list_get_sizes) F(xc_livepatch_replace) \
	F(xc_livepatch_revert) F(xc_livepatch_unload) F(xc_livepatch_upload) \
	F(xc_lockprof_query) F(xc_lockprof_query_number) F(xc_lockprof_reset) \
	F(xc_mca_op) F(xc_mca_op_inject_v2) F(xc_microcode_update) \
	F(xc_perfc_query) F(xc_perfc_query_number) F(xc_perfc_reset) \
	F(xc_pm_get_cxstat) F(xc_pm_get_max_cx) F(xc_pm_get_max_px) \
	F(xc_pm_get_pxstat) F(xc_pm_reset_cxstat) F(xc_pm_reset_pxstat) \
	F(xc_psr_cmt_attach) F(xc_psr_cmt_detach) F(xc_psr_cmt_enabled) \
	F(xc_psr_cmt_get_data) F(xc_psr_cmt_get_domain_rmid) \
	F(xc_psr_cmt_get_l3_cache_size) F(xc_psr_cmt_get_l3_event_mask) \
	F(xc_psr_cmt_get_l3_upscaling_factor) F(xc_psr_cmt_get_total_rmid) \
	F(xc_psr_get_domain_data) F(xc_psr_get_hw_info) \
	F(xc_psr_set_domain_data) F(xc_resource_op) F(xc_set_cpufreq_gov) \
	F(xc_set_cpufreq_para) F(xc_set_cpuidle_max_cstate) \
	F(xc_set_cpuidle_max_csubstate) F(xc_set_sched_opt_smt) \
	F(xc_smt_disable) F(xc_smt_enable) F(xc_tbuf_disable) \
	F(xc_tbuf_enable) F(xc_tbuf_get_size) F(xc_tbuf_set_cpu_mask) \
	F(xc_tbuf_set_evt_mask) F(xc_tbuf_set_size) WIRE_414(F) WIRE_420(F)

struct api {
#define F(name) __typeof__(&name) name;
	WIRE(F)
#undef F
};

/* The run that is going on. */
extern const struct api *api;
extern xc_interface *xch;
extern struct wire_script script;

void call_begin(const char *name);
void call_end(const char *name, long ret);
/* Of a function that gives a text, or NULL. */
void call_end_text(const char *text);
/* Where the called function's frame will be. */
void fill_stack(void);

#define CALL(name, ...) do { \
	long ret_; \
	DRIVES(name); \
	call_begin(#name); \
	fill_stack(); \
	ret_ = (long)api->name(xch, ##__VA_ARGS__); \
	call_end(#name, ret_); \
} while (0)

#define OUT(v) wire_record("output\0", &(v), sizeof(v))
#define UNSET(v) memset(&(v), 0xcc, sizeof(v))

struct wire_case {
	const char *name;
	void (*run)(void);
	bool positive;		/* Xen may say more than 0 */
};

/* Ended by one without a name. */
extern const struct wire_case wire_host[], wire_hyper[], wire_flask[],
	wire_guest[];

/* Ours alone: where a domain's words have stock read what is not there. */
void wire_guest_alone(void);

#endif /* WIRE_CASE_H */
