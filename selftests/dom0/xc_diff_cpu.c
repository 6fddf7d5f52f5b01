// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Promise: our libxenctrl answers as stock's does, byte for byte, at once and
 * in a batch: the host's cpus, their power management, microcode, registers,
 * and shared caches. What this machine has not Xen refuses, to both in the same
 * way; the same with a Xen that agrees: selftests/unit/test_xc_wire.c.
 */
#include "helper/xc_diff.h"

static const int cpus[] = { 0, 1, 200, 5000, -1 };

static void pmstat(struct mode *m)
{
	uint64_t trans[16], triggers[8], residencies[8], pc[8], cc[8];
	struct xc_px_val pt[16];
	struct xc_px_stat px;
	struct xc_cx_stat cx;
	unsigned int i;
	int max;

	for (i = 0; i < NR(cpus); i++) {
		max = 0x77777777;
		CALL(m, xc_pm_get_max_px, cpus[i], &max);
		CALL(m, xc_pm_get_max_cx, cpus[i], &max);
		note(m, "max %d", max);
		memset(&px, 0xcc, sizeof(px));
		px.trans_pt = trans;
		px.pt = pt;
		CALL(m, xc_pm_get_pxstat, cpus[i], &px);
		px.pt = NULL;
		CALL(m, xc_pm_get_pxstat, cpus[i], &px);
		px.pt = pt;
		px.trans_pt = NULL;
		CALL(m, xc_pm_get_pxstat, cpus[i], &px);
		note(m, "px %u %u %u %u", px.total, px.usable, px.last, px.cur);
		memset(triggers, 0xcc, sizeof(triggers));
		memset(residencies, 0xcc, sizeof(residencies));
		memset(pc, 0xcc, sizeof(pc));
		memset(cc, 0xcc, sizeof(cc));
		cx = (struct xc_cx_stat){
			.nr = 5, .triggers = triggers,
			.residencies = residencies, .nr_pc = 6, .nr_cc = 7,
			.pc = pc, .cc = cc,
		};
		CALL(m, xc_pm_get_cxstat, cpus[i], &cx);
		note(m, "cx %u %u %u", cx.nr, cx.nr_pc, cx.nr_cc);
		/* Times of cpus that are there move. */
		if (cpus[i] < 0 || cpus[i] > 1) {
			bytes(m, "triggers", triggers, sizeof(triggers));
			bytes(m, "residencies", residencies,
			      sizeof(residencies));
		}
		bytes(m, "pc", &pc[5], sizeof(pc) - 5 * sizeof(pc[0]));
		bytes(m, "cc", &cc[6], sizeof(cc) - 6 * sizeof(cc[0]));
		cx = (struct xc_cx_stat){ 0 };
		CALL(m, xc_pm_get_cxstat, cpus[i], &cx);
		note(m, "cx %u %u %u", cx.nr, cx.nr_pc, cx.nr_cc);
		CALL(m, xc_pm_reset_pxstat, cpus[i]);
		CALL(m, xc_pm_reset_cxstat, cpus[i]);
	}
}

static void para(struct mode *m, int cpu, unsigned int n, bool arrays)
{
	uint32_t affected[8], freqs[8];
	char govs[200];
	struct xc_get_cpufreq_para p;

	memset(&p, 0xcc, sizeof(p));
	memset(affected, 0xcc, sizeof(affected));
	memset(freqs, 0xcc, sizeof(freqs));
	memset(govs, 0xcc, sizeof(govs));
	p.cpu_num = n;
	p.freq_num = n;
	p.gov_num = n;
	p.affected_cpus = arrays ? affected : NULL;
	p.scaling_available_frequencies = freqs;
	p.scaling_available_governors = govs;
	CALL(m, xc_get_cpufreq_para, cpu, &p);
	p.affected_cpus = NULL;
	p.scaling_available_frequencies = NULL;
	p.scaling_available_governors = NULL;
	bytes(m, "para", &p, sizeof(p));
	bytes(m, "cpus", affected, sizeof(affected));
	bytes(m, "frequencies", freqs, sizeof(freqs));
	bytes(m, "governors", govs, sizeof(govs));
}

static void cpufreq(struct mode *m)
{
	static char long_name[] = "a governor that is not there";
	unsigned int i;
	int freq;

	for (i = 0; i < NR(cpus); i++) {
		para(m, cpus[i], 0, true);
		para(m, cpus[i], 0, false);
		para(m, cpus[i], 4, true);
		para(m, cpus[i], 4, false);
		CALL(m, xc_set_cpufreq_gov, cpus[i], "");
		CALL(m, xc_set_cpufreq_gov, cpus[i], long_name);
		CALL(m, xc_set_cpufreq_gov, cpus[i], NULL);
		CALL(m, xc_set_cpufreq_para, cpus[i], SCALING_MAX_FREQ, 1);
		CALL(m, xc_set_cpufreq_para, cpus[i], 77, -1);
		/* If Xen refuses, stock gives what was on its stack. */
		if (!CALL(m, xc_get_cpufreq_avgfreq, cpus[i], &freq))
			note(m, "average %d", freq);
		CALL(m, xc_get_cpufreq_avgfreq, cpus[i], NULL);
		CALL(m, xc_enable_turbo, cpus[i]);
		CALL(m, xc_disable_turbo, cpus[i]);
	}
}

static void show_cstates(struct mode *m)
{
	uint32_t a = 7, b = 8;

	CALL(m, xc_get_cpuidle_max_cstate, &a);
	CALL(m, xc_get_cpuidle_max_csubstate, &b);
	note(m, "states %u %u", a, b);
}

static void cpuidle(struct mode *m)
{
	static const uint32_t values[] = { 0, 3, XEN_SYSCTL_CX_UNLIMITED };
	uint32_t state, substate;
	unsigned int i;

	m->api.xc_get_cpuidle_max_cstate(m->xch, &state);
	m->api.xc_get_cpuidle_max_csubstate(m->xch, &substate);
	show_cstates(m);
	for (i = 0; i < NR(values); i++) {
		CALL(m, xc_set_cpuidle_max_cstate, values[i]);
		show_cstates(m);
		CALL(m, xc_set_cpuidle_max_csubstate, values[i]);
		show_cstates(m);
	}
	CALL(m, xc_set_cpuidle_max_cstate, state);
	CALL(m, xc_set_cpuidle_max_csubstate, substate);
	show_cstates(m);
	CALL(m, xc_get_cpuidle_max_cstate, NULL);
	CALL(m, xc_get_cpuidle_max_csubstate, NULL);
	CALL(m, xc_set_sched_opt_smt, 1);
	CALL(m, xc_set_sched_opt_smt, 0);
}

/* A call without a handle: nothing can be queued, or have a message. */
#define NO_HANDLE(m, name, ...) do { \
	DRIVES(name); \
	called[fn_##name] = true; \
	errno = 0; \
	note(m, #name " = %d", (int)(m)->api.name(NULL, ##__VA_ARGS__)); \
	note(m, "errno %d", errno); \
} while (0)

static void no_handle(struct mode *m)
{
	uint32_t value = 5;
	int freq = 6;

	NO_HANDLE(m, xc_set_cpufreq_gov, 0, "performance");
	NO_HANDLE(m, xc_set_cpufreq_gov, 0, NULL);
	NO_HANDLE(m, xc_set_cpufreq_para, 0, SCALING_MAX_FREQ, 1);
	NO_HANDLE(m, xc_get_cpufreq_avgfreq, 0, &freq);
	NO_HANDLE(m, xc_get_cpuidle_max_cstate, &value);
	NO_HANDLE(m, xc_get_cpuidle_max_csubstate, NULL);
	NO_HANDLE(m, xc_set_cpuidle_max_cstate, 1);
	NO_HANDLE(m, xc_set_cpuidle_max_csubstate, 1);
	NO_HANDLE(m, xc_enable_turbo, 0);
	NO_HANDLE(m, xc_disable_turbo, 0);
	note(m, "%u %d", value, freq);
}

static void hotplug(struct mode *m)
{
	unsigned int i;

	note(m, "%d cpus", m->api.xc_get_online_cpus(m->xch));
	for (i = 2; i < NR(cpus); i++) {
		CALL(m, xc_cpu_online, cpus[i]);
		CALL(m, xc_cpu_offline, cpus[i]);
	}
	/* There already; not to be had. */
	CALL(m, xc_cpu_online, 1);
	CALL(m, xc_cpu_offline, 0);
	/* Gone, and back. */
	CALL(m, xc_cpu_offline, 1);
	note(m, "%d cpus", m->api.xc_get_online_cpus(m->xch));
	CALL(m, xc_cpu_offline, 1);
	CALL(m, xc_cpu_online, 1);
	note(m, "%d cpus", m->api.xc_get_online_cpus(m->xch));
	CALL(m, xc_smt_enable);
	CALL(m, xc_smt_disable);
}

/*
 * As it is, with a neighbour behind it: together they would be a multicall, and
 * what Xen says of the cpu, late, would not be the call's.
 */
static void hotplug_raw(struct mode *m)
{
	struct xen_sysctl offline = {
		.cmd = XEN_SYSCTL_cpu_hotplug,
		.u.cpu_hotplug = { .cpu = 5000,
				   .op = XEN_SYSCTL_CPU_HOTPLUG_OFFLINE },
	};
	struct xen_sysctl sched = { .cmd = XEN_SYSCTL_sched_id };
	struct xc_batch_result r[2] = { { 0, 0, 0 }, { 0, 0, 0 } };

	if (m->batched)
		m->begin(m->xch);
	r[0].ret = m->api.xc_sysctl(m->xch, &offline);
	r[0].err = errno;
	r[1].ret = m->api.xc_sysctl(m->xch, &sched);
	if (m->batched)
		m->commit(m->xch, r, 2);
	note(m, "%ld %d, %ld", r[0].ret, r[0].err, r[1].ret);
	note(m, "scheduler %u", sched.u.sched_id.sched_id);
}

static void microcode(struct mode *m)
{
	static char garbage[70000];
	static const size_t sizes[] = { 0, 1, 48, 4096, sizeof(garbage) };
	unsigned int i;

	memset(garbage, 0x5a, sizeof(garbage));
	for (i = 0; i < NR(sizes); i++)
		CALL(m, xc_microcode_update, garbage, sizes[i]);
}

static void show_list(struct mode *m, const xc_resource_op_t *op)
{
	uint32_t i;

	note(m, "result %lld cpu %u nr %u", (long long)op->result, op->cpu,
	     op->nr_entries);
	/* The time stamp counter moves; that it was read can be seen. */
	for (i = 0; op->entries && i < op->nr_entries; i++)
		note(m, "  %#x %#x %#llx %#llx", op->entries[i].u.cmd,
		     op->entries[i].rsvd, (long long)op->entries[i].idx,
		     op->entries[i].idx == 0x10 ? !op->entries[i].val :
		     (long long)op->entries[i].val);
}

#define TSC { .u.cmd = XEN_RESOURCE_OP_MSR_READ, .idx = 0x10 }
static const xc_resource_entry_t lists[][5] = {
	{ TSC, TSC, TSC },
	{ { .u.cmd = XEN_RESOURCE_OP_MSR_READ, .idx = 0x1b }, TSC },
	{ TSC, { .u.cmd = XEN_RESOURCE_OP_MSR_WRITE, .idx = 0x10, .val = 5 } },
	{ TSC, { .u.cmd = 77, .idx = 0x10, .val = 6 } },
	{ { .u.cmd = XEN_RESOURCE_OP_MSR_READ, .idx = 0x10, .rsvd = 1 } },
	{ { .u.cmd = XEN_RESOURCE_OP_MSR_WRITE, .idx = 0xc8d, .val = 1 }, TSC },
};

static void resources(struct mode *m)
{
	xc_resource_entry_t entries[NR(lists)][5];
	xc_resource_op_t ops[NR(lists)];
	unsigned int i, j, nr;

	for (nr = 0; nr < 6; nr++) {
		for (i = 0; i < NR(lists); i++) {
			memcpy(entries[i], lists[i], sizeof(lists[i]));
			ops[i] = (xc_resource_op_t){
				.result = 0xcccccccc, .cpu = cpus[i % 3],
				.nr_entries = nr, .entries = entries[i],
			};
			CALL(m, xc_resource_op, 1, &ops[i]);
			show_list(m, &ops[i]);
		}
		for (j = 0; j <= NR(lists); j++) {
			for (i = 0; i < NR(lists); i++) {
				memcpy(entries[i], lists[i], sizeof(lists[i]));
				ops[i].result = 0xcccccccc;
				ops[i].nr_entries = (nr + i) % 6;
			}
			CALL(m, xc_resource_op, j, ops);
			for (i = 0; i < NR(lists); i++)
				show_list(m, &ops[i]);
		}
	}
	ops[0].nr_entries = 2;
	ops[0].entries = NULL;
	CALL(m, xc_resource_op, 1, ops);
	show_list(m, ops);
}

static void monitored_cache(struct mode *m)
{
	uint64_t data = 0xcccccccc, tsc = 0xcccccccc;
	uint32_t v[5];
	unsigned int i;
	int type;

	memset(v, 0xcc, sizeof(v));
	CALL(m, xc_psr_cmt_attach, dom_a);
	CALL(m, xc_psr_cmt_get_domain_rmid, dom_a, &v[0]);
	CALL(m, xc_psr_cmt_detach, dom_a);
	for (i = 0; i < NR(bad_domids); i++) {
		CALL(m, xc_psr_cmt_attach, bad_domids[i]);
		CALL(m, xc_psr_cmt_get_domain_rmid, bad_domids[i], &v[0]);
		CALL(m, xc_psr_cmt_detach, bad_domids[i]);
	}
	CALL(m, xc_psr_cmt_enabled);
	CALL(m, xc_psr_cmt_get_total_rmid, &v[1]);
	CALL(m, xc_psr_cmt_get_l3_upscaling_factor, &v[2]);
	CALL(m, xc_psr_cmt_get_l3_event_mask, &v[3]);
	CALL(m, xc_psr_cmt_get_l3_cache_size, 0, &v[4]);
	CALL(m, xc_psr_cmt_get_l3_cache_size, 5000, &v[4]);
	bytes(m, "values", v, sizeof(v));
	for (type = -1; type < 5; type++) {
		CALL(m, xc_psr_cmt_get_data, 1, 0, type, &data, NULL);
		CALL(m, xc_psr_cmt_get_data, 1, 0, type, &data, &tsc);
		CALL(m, xc_psr_cmt_get_data, 1, 5000, type, &data, &tsc);
		note(m, "%#llx %#llx", (long long)data, (long long)tsc);
	}
}

static void allocated_cache(struct mode *m)
{
	xc_psr_hw_info info;
	uint64_t data;
	unsigned int i;
	int type;

	for (type = -1; type < 8; type++) {
		data = 0xcccccccc;
		memset(&info, 0xcc, sizeof(info));
		CALL(m, xc_psr_get_domain_data, dom_a, type, 0, &data);
		CALL(m, xc_psr_get_domain_data, dom_a, type, 77, &data);
		CALL(m, xc_psr_set_domain_data, dom_a, type, 0, 1);
		for (i = 0; i < NR(bad_domids); i++) {
			CALL(m, xc_psr_get_domain_data, bad_domids[i], type, 0,
			     &data);
			CALL(m, xc_psr_set_domain_data, bad_domids[i], type, 0,
			     ~0ULL);
		}
		CALL(m, xc_psr_get_hw_info, 0, type, &info);
		CALL(m, xc_psr_get_hw_info, 77, type, &info);
		CALL(m, xc_psr_get_hw_info, 0, type, NULL);
		note(m, "%#llx", (long long)data);
		bytes(m, "info", &info, sizeof(info));
	}
}

static const struct diff_case cases[] = {
	{ "times in P and C states", pmstat, 3 },
	{ "frequencies and governors", cpufreq, 1 },
	{ "depth of sleep", cpuidle, 1 },
	{ "no handle", no_handle, 1 },
	{ "cpus gone and back", hotplug, 1 },
	{ "a cpu and a neighbour, as they are", hotplug_raw, 1 },
	{ "microcode that is none", microcode, 1 },
	{ "registers", resources, 1 },
	{ "caches monitored", monitored_cache, 1 },
	{ "caches allocated", allocated_cache, 1 },
};

int main(void)
{
	ksft_print_header();
	open_modes();
	make_domains();
	ksft_set_plan(NR(cases) + 1);
	run_cases(cases, NR(cases));
	all_called("xc_diff_cpu");
	end_domains();
	ksft_finished();
}
