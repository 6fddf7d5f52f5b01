// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Cases of the host's cpus: power, microcode, registers, shared caches: see test_xc_wire.c.
 */
#include "wire_case.h"

static void simple(void)
{
	CALL(xc_cpu_online, 3);
	CALL(xc_cpu_offline, -1);
	CALL(xc_smt_enable);
	CALL(xc_smt_disable);
	CALL(xc_enable_turbo, 3);
	CALL(xc_disable_turbo, 4);
	CALL(xc_set_sched_opt_smt, 0x12345678);
	CALL(xc_set_cpuidle_max_cstate, 5);
	CALL(xc_set_cpuidle_max_csubstate, ~0U);
	CALL(xc_set_cpufreq_para, 3, 4, -5);
	CALL(xc_pm_reset_pxstat, 7);
	CALL(xc_pm_reset_cxstat, 8);
	CALL(xc_psr_cmt_attach, 5);
	CALL(xc_psr_cmt_detach, 5);
}

static void governor(void)
{
	CALL(xc_set_cpufreq_gov, 3, "");
	CALL(xc_set_cpufreq_gov, 3, "userspace");
	CALL(xc_set_cpufreq_gov, 3, "exactly 15 long");
	CALL(xc_set_cpufreq_gov, 3, "longer than a name may be");
	CALL(xc_set_cpufreq_gov, 3, NULL);
}

/* One number. Some are remembered once they are known. */
static void numbers(void)
{
	uint64_t d;
	uint32_t v;
	int i;

#define NUMBER(n, name, ...) do { \
	UNSET(n); \
	CALL(name, ##__VA_ARGS__, &(n)); \
	OUT(n); \
} while (0)
	NUMBER(i, xc_pm_get_max_px, 3);
	NUMBER(i, xc_pm_get_max_cx, 3);
	NUMBER(i, xc_get_cpufreq_avgfreq, 3);
	NUMBER(v, xc_get_cpuidle_max_cstate);
	NUMBER(v, xc_get_cpuidle_max_csubstate);
	NUMBER(v, xc_psr_cmt_get_domain_rmid, 5);
	NUMBER(v, xc_psr_cmt_get_l3_event_mask);
	NUMBER(v, xc_psr_cmt_get_total_rmid);
	NUMBER(v, xc_psr_cmt_get_l3_upscaling_factor);
	NUMBER(v, xc_psr_cmt_get_l3_cache_size, 3);
	CALL(xc_psr_cmt_enabled);
	NUMBER(v, xc_lockprof_query_number);
	for (i = -1; i < 8; i++) {
		NUMBER(d, xc_psr_get_domain_data, 5, i, 77);
		CALL(xc_psr_set_domain_data, 5, i, 77, 0x123456789abcdefULL);
	}
#undef NUMBER
}

static void pmstat(void)
{
	uint64_t trans[16 * 16];
	struct xc_px_val pt[16];
	uint64_t a[4], b[4], c[4], d[4];
	struct xc_px_stat px;
	struct xc_cx_stat cx;

	UNSET(trans);
	UNSET(pt);
	UNSET(px);
	px.total = 16;
	px.trans_pt = trans;
	px.pt = pt;
	CALL(xc_pm_get_pxstat, 3, &px);
	px.trans_pt = NULL;
	px.pt = NULL;
	OUT(px);
	OUT(trans);
	OUT(pt);
	UNSET(a);
	UNSET(b);
	UNSET(c);
	UNSET(d);
	cx = (struct xc_cx_stat){
		.nr = 3, .nr_pc = 1, .nr_cc = 2, .triggers = a,
		.residencies = b, .pc = c, .cc = d,
	};
	CALL(xc_pm_get_cxstat, 3, &cx);
	cx.triggers = NULL;
	cx.residencies = NULL;
	cx.pc = NULL;
	cx.cc = NULL;
	OUT(cx);
	OUT(a);
	OUT(b);
	OUT(c);
	OUT(d);
	cx = (struct xc_cx_stat){ 0 };
	CALL(xc_pm_get_cxstat, 3, &cx);
	OUT(cx);
}

static void cpufreq_with(uint32_t cpus, uint32_t freqs, uint32_t govs)
{
	struct xc_get_cpufreq_para p;
	uint32_t a[4], b[4];
	char c[80];

	UNSET(p);
	UNSET(a);
	UNSET(b);
	UNSET(c);
	p.cpu_num = cpus;
	p.freq_num = freqs;
	p.gov_num = govs;
	p.affected_cpus = a;
	p.scaling_available_frequencies = b;
	p.scaling_available_governors = c;
	CALL(xc_get_cpufreq_para, 3, &p);
	p.affected_cpus = NULL;
	p.scaling_available_frequencies = NULL;
	p.scaling_available_governors = NULL;
	OUT(p);
	OUT(a);
	OUT(b);
	OUT(c);
}

static void cpufreq(void)
{
	cpufreq_with(1, 2, 3);
	cpufreq_with(4, 4, 5);
	cpufreq_with(0, 2, 3);
	cpufreq_with(1, 0, 3);
	cpufreq_with(1, 2, 0);
	cpufreq_with(0, 0, 0);
	/* The product has 32 bits. */
	cpufreq_with(1, 2, 0x10000001);
}

static void microcode(void)
{
	static unsigned char image[9000];

	UNSET(image);
	CALL(xc_microcode_update, image, sizeof(image) ALSO_420(1));
	CALL(xc_microcode_update, image, 10 ALSO_420(0));
	CALL(xc_microcode_update, image, 0 ALSO_420(~0U));
}

#if XC_RELEASE >= 420
static void cpus_420(void)
{
	struct xenpf_ucode_revision ucode;
	struct xenpf_pcpu_version version;
	xc_set_cppc_para_t cppc;

	UNSET(version);
	CALL(xc_get_cpu_version, &version);
	OUT(version);
	UNSET(ucode);
	CALL(xc_get_ucode_revision, &ucode);
	OUT(ucode);
	UNSET(cppc);
	CALL(xc_set_cpufreq_cppc, 3, &cppc);
	OUT(cppc);
}

/* What Xen says is longer than it said before is not taken: stock reads on. */
static void texts_420(void)
{
	char *text;

	if (script.then > 0 && script.good)
		return;
#define TEXT(name) do { \
	call_begin(#name); \
	fill_stack(); \
	text = api->name(xch); \
	call_end_text(text); \
	free(text); \
} while (0)
	TEXT(xc_xenver_buildid);
	TEXT(xc_xenver_capabilities);
	TEXT(xc_xenver_changeset);
	TEXT(xc_xenver_commandline);
	TEXT(xc_xenver_extraversion);
#undef TEXT
}
#endif

static void resources(void)
{
	xc_resource_entry_t entries[3][4];
	xc_resource_op_t ops[3];
	unsigned int nr, i;

	for (nr = 0; nr < 4; nr++) {
		UNSET(entries);
		UNSET(ops);
		for (i = 0; i < 3; i++) {
			ops[i].cpu = 5 + i;
			ops[i].nr_entries = (i + nr) % 4;
			ops[i].entries = entries[i];
		}
		CALL(xc_resource_op, nr, ops);
		for (i = 0; i < 3; i++)
			ops[i].entries = NULL;
		OUT(ops);
		OUT(entries);
	}
	ops[0].nr_entries = 2;
	CALL(xc_resource_op, 1, ops);
	OUT(ops);
}

static void caches(void)
{
	uint64_t data, tsc;
	xc_psr_hw_info info;
	int type;

	for (type = -1; type < 5; type++) {
		UNSET(data);
		UNSET(tsc);
		CALL(xc_psr_cmt_get_data, 0x12345678, 3, type, &data, &tsc);
		OUT(data);
		OUT(tsc);
		CALL(xc_psr_cmt_get_data, 0x12345678, 3, type, &data, NULL);
		OUT(data);
		UNSET(info);
		CALL(xc_psr_get_hw_info, 3, type, &info);
		OUT(info);
		CALL(xc_psr_get_hw_info, 3, type, NULL);
	}
}

const struct wire_case wire_host[] = {
	{ "cpus", simple, true },
	{ "governor", governor, false },
	{ "numbers", numbers, false },
	{ "pmstat", pmstat, false },
	{ "cpufreq", cpufreq, false },
	{ "microcode", microcode, false },
	{ "resources", resources, true },
	{ "caches", caches, true },
#if XC_RELEASE >= 420
	{ "cpus of 4.20", cpus_420, true },
	{ "texts of 4.20", texts_420, true },
#endif
	{ NULL, NULL, false },
};
