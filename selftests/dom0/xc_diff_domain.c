// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Promise: our libxenctrl answers as stock's does, byte for byte, at once and
 * in a batch: domains, vcpus and where they may run. What changes a domain for
 * good is done to a domain of each library's own.
 */
#include "helper/xc_diff.h"

/* Good and bad ones; dom0 comes only where nothing is changed. */
static uint32_t domids[8];
static unsigned int nr_domids;

#define NEW_DOMID 30000

static void info_of(struct mode *m, uint32_t domid, unsigned int max)
{
	xc_dominfo_t info[8];
	unsigned int i;
	long n;

	memset(info, 0xcc, sizeof(info));
	n = CALL(m, xc_domain_getinfo, domid, max, info);
	/* dom0 runs: what it did, on how many cpus, and its balloon move. */
	for (i = 0; (long)i < n; i++) {
		/* Each domain that was made for this has another frame. */
		if (info[i].domid == NEW_DOMID)
			info[i].shared_info_frame = 0;
		if (info[i].domid)
			continue;
		info[i].cpu_time = 0;
		info[i].running = info[i].blocked = 0;
		info[i].nr_pages = 0;
	}
	bytes(m, "info", info, sizeof(info));
}

static void getinfo(struct mode *m)
{
	unsigned int i;

	info_of(m, 0, 1);
	for (i = 0; i < nr_domids; i++) {
		info_of(m, domids[i], 1);
		info_of(m, domids[i], 3);
		info_of(m, domids[i], 0);
	}
	info_of(m, 0, 8);
	info_of(m, 0x10000, 1);		/* 0, in 16 bits */
}

static void list_of(struct mode *m, uint32_t first, unsigned int max, bool null)
{
	static xc_domaininfo_t list[2000];
	unsigned int i;
	long n;

	memset(list, 0xcc, sizeof(list));
	n = CALL(m, xc_domain_getinfolist, first, max, null ? NULL : list);
	for (i = 0; (long)i < n && !null; i++) {
		if (list[i].domain)
			continue;
		list[i].cpu_time = 0;
		list[i].flags = 0;
		list[i].tot_pages = 0;
	}
	bytes(m, "list", list, sizeof(list));
}

static void getinfolist(struct mode *m)
{
	static const unsigned int sizes[] = { 0, 1, 2, 7, 64, 1024, 2000 };
	unsigned int i, j;

	for (i = 0; i < NR(sizes); i++) {
		list_of(m, 0, sizes[i], false);
		for (j = 0; j < nr_domids; j++)
			list_of(m, domids[j], sizes[i], false);
		list_of(m, 0, sizes[i], true);
	}
}

static void asked(struct mode *m)
{
	unsigned int i, width;
	uint32_t mode, khz, inc;
	uint64_t a, b, c, size;

	for (i = 0; i < nr_domids; i++) {
		width = 77;
		CALL(m, xc_domain_get_guest_width, domids[i], &width);
		note(m, "width %u", width);
		CALL(m, xc_get_tot_pages, domids[i]);
		mode = khz = inc = 77;
		a = 77;
		CALL(m, xc_domain_get_tsc_info, domids[i], &mode, &a, &khz,
		     &inc);
		/* Elapsed time moves: only whether there is any. */
		note(m, "tsc %u %d %u %u", mode, a == 77, khz, inc);
		/* Where Xen refuses, stock gives what was on its stack. */
		if (!CALL(m, xc_domain_p2m_audit, domids[i], &a, &b, &c))
			note(m, "audit %lu %lu %lu", a, b, c);
		size = 77;
		CALL(m, xc_get_paging_mempool_size, domids[i], &size);
		note(m, "pool %lu", size);
		CALL(m, xc_domain_get_cpu_usage, domids[i], 0);
		CALL(m, xc_domain_get_cpu_usage, domids[i], 1);
		CALL(m, xc_domain_get_cpu_usage, domids[i], 65537);
		CALL(m, xc_domain_get_cpu_usage, domids[i], 9000);
		CALL(m, xc_domain_cacheflush, domids[i], 0, 1);
	}
	CALL(m, xc_domain_get_guest_width, 0, &width);
	note(m, "width %u", width);
}

static void vcpuinfo(struct mode *m)
{
	static const uint32_t vcpus[] = { 0, 1, 2, 8191, 8192, 65536, ~0U };
	xc_vcpuinfo_t info;
	unsigned int i, j;

	for (i = 0; i < nr_domids; i++) {
		for (j = 0; j < NR(vcpus); j++) {
			memset(&info, 0xcc, sizeof(info));
			/*
			 * Where Xen refuses, stock gives its stack; and in the
			 * last four bytes, which are padding, always.
			 */
			if (!CALL(m, xc_vcpu_getinfo, domids[i], vcpus[j],
				  &info))
				bytes(m, "vcpu", &info,
				      offsetof(xc_vcpuinfo_t, cpu) +
				      sizeof(info.cpu));
		}
	}
	/* dom0's own vcpus run: only what stands still. */
	CALL(m, xc_vcpu_getinfo, 0, 0, &info);
	note(m, "online %u", info.online);
}

/* What stays the same when it is done again. */
static void set_up(struct mode *m)
{
	xen_domain_handle_t handle = { 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12,
				       13, 14, 15, 16 };
	unsigned int i;
	uint32_t d;

	for (i = 0; i < nr_domids; i++) {
		d = domids[i];
		handle[0] = i;
		CALL(m, xc_domain_pause, d);
		CALL(m, xc_domain_unpause, d);
		CALL(m, xc_domain_max_vcpus, d, d == dom_a ? 2 : 0);
		CALL(m, xc_domain_max_vcpus, d, 5000);
		CALL(m, xc_domain_setmaxmem, d, 4096);
		CALL(m, xc_domain_setmaxmem, d, 8192 + i);
		CALL(m, xc_domain_sethandle, d, handle);
		CALL(m, xc_domain_setdebugging, d, 1);
		CALL(m, xc_domain_setdebugging, d, 0);
		CALL(m, xc_domain_set_time_offset, d, -3600);
		CALL(m, xc_domain_set_tsc_info, d, 1, 1000, 2000000, 0);
		CALL(m, xc_domain_set_tsc_info, d, 99, 0, 0, 0);
		CALL(m, xc_domain_set_tsc_info, d, 0, 0, 0, 0);
		CALL(m, xc_domain_set_access_required, d, 1);
		CALL(m, xc_domain_set_access_required, d, 0);
		CALL(m, xc_domain_debug_control, d, 0, 0);
		CALL(m, xc_domain_debug_control, d, 99, 7);
		CALL(m, xc_domain_send_trigger, d, 0, 0);
		CALL(m, xc_domain_send_trigger, d, 0, 77);
		CALL(m, xc_domain_send_trigger, d, 99, 0);
		CALL(m, xc_set_paging_mempool_size, d, 1 << 20);
		CALL(m, xc_set_paging_mempool_size, d, 5);
		CALL(m, xc_domain_set_virq_handler, d, 99);
		CALL(m, xc_domain_set_virq_handler, d, 0);
		CALL(m, xc_domain_subscribe_for_suspend, d, 99);
		CALL(m, xc_domain_set_target, d, d);
		CALL(m, xc_domain_set_target, d, 31999);
		info_of(m, d, 1);
	}
	CALL(m, xc_domain_pause, 0);
	CALL(m, xc_domain_destroy, 0);
}

/* What can be done once: each library has a domain of its own. */
static void once(struct mode *m)
{
	int port = m->api.xc_evtchn_alloc_unbound(m->xch, m->twin, 0);

	CALL(m, xc_domain_subscribe_for_suspend, m->twin, port);
	CALL(m, xc_domain_subscribe_for_suspend, m->twin, 0);
	CALL(m, xc_domain_set_target, m->twin, dom_b);
	CALL(m, xc_domain_set_target, m->twin, dom_b);
	CALL(m, xc_domain_soft_reset, m->twin);
	/* 10: VIRQ_MEM_EVENT, global, and dom0's own until the twin ends. */
	CALL(m, xc_domain_set_virq_handler, m->twin, 10);
	CALL(m, xc_domain_shutdown, m->twin, SHUTDOWN_crash);
	CALL(m, xc_domain_shutdown, m->twin, SHUTDOWN_reboot);
	CALL(m, xc_domain_shutdown, m->twin, 999);
	CALL(m, xc_domain_shutdown, 31999, SHUTDOWN_poweroff);
	CALL(m, xc_domain_shutdown, 0xffff, SHUTDOWN_poweroff);
	CALL(m, xc_domain_soft_reset, 31999);
}

static void create_one(struct mode *m, uint32_t domid,
		       struct xen_domctl_createdomain *config)
{
	uint32_t id = domid;

	if (!CALL(m, xc_domain_create, &id, config)) {
		note(m, "id %u", id);
		bytes(m, "config", config, sizeof(*config));
		info_of(m, id, 1);
		CALL(m, xc_domain_destroy, id);
		end_domain(id);
	}
	note(m, "id %u", id);
}

static void life(struct mode *m)
{
	struct xen_domctl_createdomain good = {
		.max_vcpus = 2, .max_evtchn_port = 127, .max_grant_frames = 4,
		.max_maptrack_frames = 4,
		.grant_opts = XEN_DOMCTL_GRANT_version(1),
		.handle = { 9, 8, 7 },
	}, bad;
	unsigned int i;

	create_one(m, NEW_DOMID, &good);
	create_one(m, dom_a, &good);
	bad = good;
	bad.flags = ~0U;
	create_one(m, NEW_DOMID, &bad);
	bad = good;
	bad.max_vcpus = 0;
	create_one(m, NEW_DOMID, &bad);
	bad = good;
	bad.grant_opts = 0;
	create_one(m, NEW_DOMID, &bad);
	bad = good;
	bad.cpupool_id = 77;
	create_one(m, NEW_DOMID, &bad);
	for (i = 0; i < NR(bad_domids); i++) {
		CALL(m, xc_domain_destroy, bad_domids[i]);
		CALL(m, xc_domain_pause, bad_domids[i]);
		CALL(m, xc_domain_unpause, bad_domids[i]);
	}
}

static void contexts(struct mode *m)
{
	static vcpu_guest_context_any_t ctxt;
	static char state[16384];
	xc_vcpu_extstate_t ext;
	unsigned int i, v;

	for (i = 0; i < nr_domids; i++) {
		for (v = 0; v < 4; v++) {
			memset(&ctxt, 0xcc, sizeof(ctxt));
			CALL(m, xc_vcpu_getcontext, domids[i], v, &ctxt);
			bytes(m, "context", &ctxt, sizeof(ctxt));
			memset(&ctxt, 0xcc, sizeof(ctxt));
			CALL(m, xc_vcpu_setcontext, domids[i], v, &ctxt);

			memset(&ext, 0, sizeof(ext));
			CALL(m, xc_vcpu_get_extstate, domids[i], v, &ext);
			note(m, "mask %lx size %lu", ext.xfeature_mask,
			     ext.size);
			memset(state, 0xcc, sizeof(state));
			ext.buffer = state;
			if (ext.size > sizeof(state))
				ext.size = sizeof(state);
			CALL(m, xc_vcpu_get_extstate, domids[i], v, &ext);
			bytes(m, "state", state, sizeof(state));
			ext.size = 100;
			CALL(m, xc_vcpu_get_extstate, domids[i], v, &ext);
			bytes(m, "state", state, 128);
			ext.size = 0;
			CALL(m, xc_vcpu_get_extstate, domids[i], v, &ext);
			note(m, "mask %lx size %lu", ext.xfeature_mask,
			     ext.size);
		}
	}
	CALL(m, xc_vcpu_get_extstate, dom_a, 0, NULL);
	CALL(m, xc_vcpu_getcontext, dom_a, 65536, &ctxt);
	CALL(m, xc_vcpu_getcontext, dom_a, 0, NULL);
	CALL(m, xc_vcpu_setcontext, dom_a, 0, NULL);
	CALL(m, xc_vcpu_setcontext, dom_a, 65536, &ctxt);
}

static void affinity(struct mode *m)
{
	unsigned char hard[64], soft[64], nodes[64];
	unsigned int i, flags;
	int vcpu;

	for (i = 0; i < nr_domids; i++) {
		memset(nodes, 0xcc, sizeof(nodes));
		CALL(m, xc_domain_node_getaffinity, domids[i], nodes);
		bytes(m, "nodes", nodes, sizeof(nodes));
		nodes[0] = 1;
		CALL(m, xc_domain_node_setaffinity, domids[i], nodes);
		CALL(m, xc_domain_node_getaffinity, domids[i], nodes);
		bytes(m, "nodes", nodes, sizeof(nodes));
		nodes[0] = 0;
		CALL(m, xc_domain_node_setaffinity, domids[i], nodes);
		/* All: as it was in the beginning. */
		memset(nodes, 0xff, sizeof(nodes));
		CALL(m, xc_domain_node_setaffinity, domids[i], nodes);
		for (vcpu = -1; vcpu < 3; vcpu++) {
			for (flags = 0; flags < 8; flags++) {
				memset(hard, 0xcc, sizeof(hard));
				memset(soft, 0xcc, sizeof(soft));
				CALL(m, xc_vcpu_getaffinity, domids[i], vcpu,
				     hard, soft, flags);
				bytes(m, "hard", hard, sizeof(hard));
				bytes(m, "soft", soft, sizeof(soft));
				hard[0] = soft[0] = 1;
				CALL(m, xc_vcpu_setaffinity, domids[i], vcpu,
				     hard, soft, flags);
				bytes(m, "hard", hard, sizeof(hard));
				bytes(m, "soft", soft, sizeof(soft));
				hard[0] = 0;
				CALL(m, xc_vcpu_setaffinity, domids[i], vcpu,
				     hard, NULL, flags);
				CALL(m, xc_vcpu_getaffinity, domids[i], vcpu,
				     NULL, soft, flags);
				bytes(m, "soft", soft, sizeof(soft));
				memset(hard, 0xff, sizeof(hard));
				CALL(m, xc_vcpu_setaffinity, domids[i], vcpu,
				     hard, hard, flags);
				bytes(m, "hard", hard, sizeof(hard));
			}
		}
	}
}

static void vnuma(struct mode *m)
{
	xen_vmemrange_t range = { .start = 0, .end = 1 << 20, .nid = 0 };
	unsigned int dist = 10, vcpu_node[2] = { 0, 0 }, pnode = 0;
	uint32_t nodes, ranges, vcpus;
	unsigned int i, d2[4];

	for (i = 0; i < nr_domids; i++) {
		CALL(m, xc_domain_setvnuma, domids[i], 1, 1, 2, &range, &dist,
		     vcpu_node, &pnode);
		bytes(m, "vcpus", vcpu_node, sizeof(vcpu_node));
		nodes = ranges = 1;
		vcpus = 2;
		memset(d2, 0xcc, sizeof(d2));
		CALL(m, xc_domain_getvnuma, domids[i], &nodes, &ranges, &vcpus,
		     &range, d2, vcpu_node);
		note(m, "%u %u %u", nodes, ranges, vcpus);
		bytes(m, "range", &range, sizeof(range));
		bytes(m, "distance", d2, sizeof(d2));
		nodes = ranges = vcpus = 0;
		CALL(m, xc_domain_getvnuma, domids[i], &nodes, &ranges, &vcpus,
		     NULL, NULL, NULL);
		note(m, "%u %u %u", nodes, ranges, vcpus);
	}
	CALL(m, xc_domain_setvnuma, dom_a, 0, 1, 2, &range, &dist, vcpu_node,
	     &pnode);
	CALL(m, xc_domain_setvnuma, dom_a, 1, 1, 2, &range, NULL, vcpu_node,
	     &pnode);
	CALL(m, xc_domain_setvnuma, dom_a, 1, 1, 77, &range, &dist, vcpu_node,
	     &pnode);
}

static const struct diff_case cases[] = {
	{ "xc_domain_getinfo", getinfo, 3 },
	{ "xc_domain_getinfolist", getinfolist, 3 },
	{ "what is asked about domains", asked, 1 },
	{ "xc_vcpu_getinfo", vcpuinfo, 1 },
	{ "what is set again", set_up, 1 },
	{ "created and destroyed", life, 1 },
	{ "registers", contexts, 1 },
	/* a new domain has no affinity of its own yet; later rounds find one */
	{ "affinity", affinity, 2 },
	{ "virtual NUMA", vnuma, 1 },
	{ "what is done once", once, 1 },
};

int main(void)
{
	unsigned int i;

	ksft_print_header();
	open_modes();
	make_domains();
	domids[nr_domids++] = dom_a;
	domids[nr_domids++] = dom_b;
	for (i = 0; i < NR(bad_domids); i++) {
		/* Not DOMID_SELF: some of this would be done to dom0. */
		if (bad_domids[i] != 0x7ff0)
			domids[nr_domids++] = bad_domids[i];
	}
	ksft_set_plan(NR(cases) + 1);
	run_cases(cases, NR(cases));
	all_called("xc_diff_domain");
	end_domains();
	ksft_finished();
}
