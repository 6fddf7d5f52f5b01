// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Promise: our libxenctrl answers as stock's does, byte for byte, at once and
 * in a batch: schedulers and cpupools. One scheduler is Xen's own; what is
 * asked of the others Xen refuses, to both in the same way.
 */
#include "helper/xc_diff.h"

static uint32_t domids[6];
static const uint32_t pools[] = { 0, 1, 77, ~0U };

static void credit(struct mode *m)
{
	struct xen_domctl_sched_credit c;
	struct xen_sysctl_credit_schedule p;
	unsigned int i;

	for (i = 0; i < NR(domids); i++) {
		memset(&c, 0xcc, sizeof(c));
		CALL(m, xc_sched_credit_domain_get, domids[i], &c);
		bytes(m, "domain", &c, sizeof(c));
		c.weight = 300;
		c.cap = 50;
		CALL(m, xc_sched_credit_domain_set, domids[i], &c);
		bytes(m, "domain", &c, sizeof(c));
	}
	for (i = 0; i < NR(pools); i++) {
		memset(&p, 0xcc, sizeof(p));
		CALL(m, xc_sched_credit_params_get, pools[i], &p);
		bytes(m, "pool", &p, sizeof(p));
		CALL(m, xc_sched_credit_params_set, pools[i], &p);
		bytes(m, "pool", &p, sizeof(p));
	}
}

static void credit2(struct mode *m)
{
	struct xen_domctl_sched_credit2 c;
	struct xen_sysctl_credit2_schedule p;
	unsigned int i, w;

	for (i = 0; i < NR(domids); i++) {
		for (w = 0; w < 600; w += 256) {
			memset(&c, 0xcc, sizeof(c));
			CALL(m, xc_sched_credit2_domain_get, domids[i], &c);
			bytes(m, "domain", &c, sizeof(c));
			c.weight = w;
			c.cap = 0;
			CALL(m, xc_sched_credit2_domain_set, domids[i], &c);
			bytes(m, "domain", &c, sizeof(c));
		}
		c.weight = 256;
		CALL(m, xc_sched_credit2_domain_set, domids[i], &c);
	}
	for (i = 0; i < NR(pools); i++) {
		memset(&p, 0xcc, sizeof(p));
		CALL(m, xc_sched_credit2_params_get, pools[i], &p);
		bytes(m, "pool", &p, sizeof(p));
		CALL(m, xc_sched_credit2_params_set, pools[i], &p);
		bytes(m, "pool", &p, sizeof(p));
		p.ratelimit_us = 7;
		CALL(m, xc_sched_credit2_params_set, pools[i], &p);
		bytes(m, "pool", &p, sizeof(p));
	}
}

static void rtds(struct mode *m)
{
	struct xen_domctl_schedparam_vcpu v[3];
	struct xen_domctl_sched_rtds r;
	unsigned int i, n;

	for (i = 0; i < NR(domids); i++) {
		memset(&r, 0xcc, sizeof(r));
		CALL(m, xc_sched_rtds_domain_get, domids[i], &r);
		bytes(m, "domain", &r, sizeof(r));
		r.period = 10000;
		r.budget = 4000;
		CALL(m, xc_sched_rtds_domain_set, domids[i], &r);
		for (n = 0; n < 4; n++) {
			memset(v, 0, sizeof(v));
			v[1].vcpuid = 1;
			CALL(m, xc_sched_rtds_vcpu_get, domids[i], v, n);
			bytes(m, "vcpus", v, sizeof(v));
			CALL(m, xc_sched_rtds_vcpu_set, domids[i], v, n);
			bytes(m, "vcpus", v, sizeof(v));
		}
	}
}

static void arinc(struct mode *m)
{
	struct xen_sysctl_arinc653_schedule s;
	unsigned int i;
	int id = -1;

	for (i = 0; i < NR(pools); i++) {
		memset(&s, 0xcc, sizeof(s));
		CALL(m, xc_sched_arinc653_schedule_get, pools[i], &s);
		bytes(m, "schedule", &s, sizeof(s));
		CALL(m, xc_sched_arinc653_schedule_set, pools[i], &s);
		bytes(m, "schedule", &s, sizeof(s));
	}
	CALL(m, xc_sched_id, &id);
	note(m, "scheduler %d", id);
}

static void show_pool(struct mode *m, uint32_t id)
{
	xc_cpupoolinfo_t *info = CALL_PTR(m, xc_cpupool_getinfo, id);

	if (!info)
		return;
	note(m, "pool %u scheduler %u domains %u", info->cpupool_id,
	     info->sched_id, info->n_dom);
	bytes(m, "cpus", info->cpumap, m->api.xc_get_cpumap_size(m->xch));
	DO(m, xc_cpupool_infofree, m->xch, info);
}

static void show_free(struct mode *m)
{
	unsigned char *map = CALL_PTR(m, xc_cpupool_freeinfo);

	if (map)
		bytes(m, "free", map, m->api.xc_get_cpumap_size(m->xch));
	free(map);
}

static void cpupools(struct mode *m)
{
	uint32_t id = XC_CPUPOOL_POOLID_ANY, same;
	unsigned int i;
	long rc;

	for (i = 0; i < NR(pools); i++)
		show_pool(m, pools[i]);
	show_free(m);
	rc = CALL(m, xc_cpupool_create, &id, XEN_SCHEDULER_CREDIT2);
	note(m, "id %u", id);
	if (rc)
		return;
	same = id;
	CALL(m, xc_cpupool_create, &same, XEN_SCHEDULER_CREDIT2);
	same = XC_CPUPOOL_POOLID_ANY;
	CALL(m, xc_cpupool_create, &same, 99);
	note(m, "id %u", same);
	CALL(m, xc_cpupool_movedomain, id, dom_b);
	CALL(m, xc_cpupool_movedomain, id, 31999);
	CALL(m, xc_cpupool_movedomain, 77, dom_b);
	CALL(m, xc_cpupool_addcpu, id, 500);
	CALL(m, xc_cpupool_addcpu, id, -1);
	CALL(m, xc_cpupool_removecpu, id, 0);
	CALL(m, xc_cpupool_removecpu, id, -1);
	/*
	 * A cpu of Pool-0 goes over, with a domain, and back. Not -1: when a
	 * vcpu is pinned for a moment, Xen leaves that cpu half-way, and the
	 * library's next try for any cpu is about another, cpu 0, which must
	 * stay: EINVAL (cpupool_unassign_cpu in common/sched/cpupool.c, 4.17).
	 */
	if (!CALL(m, xc_cpupool_removecpu, 0, 1)) {
		show_free(m);
		CALL(m, xc_cpupool_addcpu, id, -1);
		show_pool(m, id);
		show_pool(m, 0);
		CALL(m, xc_cpupool_movedomain, id, dom_b);
		show_pool(m, id);
		CALL(m, xc_cpupool_destroy, id);
		CALL(m, xc_cpupool_movedomain, 0, dom_b);
		CALL(m, xc_cpupool_removecpu, id, -1);
		CALL(m, xc_cpupool_addcpu, 0, -1);
		show_free(m);
	}
	CALL(m, xc_cpupool_destroy, id);
	CALL(m, xc_cpupool_destroy, 0);
	CALL(m, xc_cpupool_destroy, 77);
	show_pool(m, 0);
}

static const struct diff_case cases[] = {
	{ "credit", credit, 1 },
	{ "credit2", credit2, 1 },
	{ "rtds", rtds, 1 },
	{ "arinc653", arinc, 1 },
	{ "cpupools", cpupools, 1 },
};

int main(void)
{
	unsigned int i, n = 0;

	ksft_print_header();
	open_modes();
	make_domains();
	domids[n++] = dom_a;
	domids[n++] = dom_b;
	for (i = 0; i < NR(bad_domids); i++)
		domids[n++] = bad_domids[i];
	ksft_set_plan(NR(cases) + 1);
	run_cases(cases, NR(cases));
	all_called("xc_diff_sched");
	end_domains();
	ksft_finished();
}
