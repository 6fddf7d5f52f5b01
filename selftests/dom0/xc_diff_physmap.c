// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Promise: our libxenctrl answers as stock's does, byte for byte, at once and
 * in a batch: physical memory, its maps, who may use what of the machine, and
 * the watch over a domain's pages.
 */
#include "helper/xc_diff.h"
#include "helper/xc_frames.h"

static uint32_t domids[8];
static unsigned int nr_domids;

static void physmap(struct mode *m)
{
	static const unsigned int spaces[] = { 0, 1, 2, 3, 4, 5, 99 };
	xen_ulong_t idx[40];
	xen_pfn_t gfn[40];
	int errs[40];
	unsigned int i, j;
	uint32_t d;

	for (j = 0; j < NR(idx); j++)
		idx[j] = gfn[j] = j;
	for (i = 0; i < nr_domids; i++) {
		d = domids[i];
		for (j = 0; j < NR(spaces); j++) {
			CALL(m, xc_domain_add_to_physmap, d, spaces[j], 0, 5);
			CALL(m, xc_domain_add_to_physmap, d, spaces[j], -1UL,
			     NO_FRAME);
			memset(errs, 0xcc, sizeof(errs));
			CALL(m, xc_domain_add_to_physmap_batch, d, dom_b,
			     spaces[j], 3, idx, gfn, errs);
			bytes(m, "errs", errs, sizeof(errs));
			CALL(m, xc_domain_add_to_physmap_batch, d, 31999,
			     spaces[j], 40, idx, gfn, errs);
			bytes(m, "errs", errs, sizeof(errs));
		}
		CALL(m, xc_domain_add_to_physmap_batch, d, 0, 2, 0, idx, gfn,
		     errs);
		CALL(m, xc_domain_add_to_physmap_batch, d, 0, 2, 0, NULL, NULL,
		     NULL);
		CALL(m, xc_domain_add_to_physmap_batch, d, 0, 2, 1, NULL, NULL,
		     NULL);
		CALL(m, xc_domain_remove_from_physmap, d, 0);
		CALL(m, xc_domain_remove_from_physmap, d, NO_FRAME);
	}
}

static void highest(struct mode *m)
{
	xen_pfn_t gfn;
	unsigned int i;

	for (i = 0; i < nr_domids + 1; i++) {
		uint32_t d = i < nr_domids ? domids[i] : 0;

		gfn = 77;
		CALL(m, xc_domain_maximum_gpfn, d, &gfn);
		note(m, "gfn %lx", gfn);
		gfn = 77;
		CALL(m, xc_domain_nr_gpfns, d, &gfn);
		note(m, "gfn %lx", gfn);
	}
	CALL(m, xc_sharing_freed_pages);
	CALL(m, xc_sharing_used_frames);
}

static void on_demand(struct mode *m)
{
	uint64_t a, b, c;
	unsigned int i;

	for (i = 0; i < nr_domids; i++) {
		a = b = c = 77;
		CALL(m, xc_domain_get_pod_target, domids[i], &a, &b, &c);
		note(m, "%lu %lu %lu", a, b, c);
		CALL(m, xc_domain_get_pod_target, domids[i], NULL, NULL, NULL);
		a = b = c = 77;
		CALL(m, xc_domain_set_pod_target, domids[i], 100, &a, &b, &c);
		note(m, "%lu %lu %lu", a, b, c);
		CALL(m, xc_domain_set_pod_target, domids[i], -1UL, &a, NULL,
		     &c);
		note(m, "%lu %lu", a, c);
	}
}

static void guest_map(struct mode *m)
{
	static const uint32_t counts[] = { 0, 1, 2, 128, 129, 200 };
	static struct e820entry e[200];
	unsigned int i, j;

	for (j = 0; j < NR(e); j++) {
		e[j].addr = j << 20;
		e[j].size = 1 << 20;
		e[j].type = E820_RAM;
	}
	for (i = 0; i < nr_domids; i++) {
		for (j = 0; j < NR(counts); j++) {
			CALL(m, xc_domain_set_memory_map, domids[i], e,
			     counts[j]);
			CALL(m, xc_domain_set_memory_map, domids[i], NULL,
			     counts[j]);
		}
		CALL(m, xc_domain_set_memmap_limit, domids[i], 4096);
		CALL(m, xc_domain_set_memmap_limit, domids[i], 0);
		CALL(m, xc_domain_set_memmap_limit, domids[i], -1UL);
	}
}

static void machine_maps(struct mode *m)
{
	static const uint32_t counts[] = { 0, 1, 2, 3, 5, 64, 128, 1000 };
	static struct xen_reserved_device_memory rdm[1000];
	static struct e820entry e[1000];
	static xen_pfn_t mfns[1000];
	unsigned int i;
	uint32_t n;

	for (i = 0; i < NR(counts); i++) {
		memset(e, 0xcc, sizeof(e));
		CALL(m, xc_get_machine_memory_map, e, counts[i]);
		bytes(m, "e820", e, sizeof(e));
		CALL(m, xc_get_machine_memory_map, NULL, counts[i]);

		memset(rdm, 0xcc, sizeof(rdm));
		n = counts[i];
		CALL(m, xc_reserved_device_memory_map, 1, 0, 0, 0, rdm, &n);
		note(m, "%u", n);
		bytes(m, "reserved", rdm, sizeof(rdm));
		n = counts[i];
		CALL(m, xc_reserved_device_memory_map, 0, 0xffff, 0xff, 0xff,
		     NULL, &n);
		note(m, "%u", n);
		n = counts[i];
		CALL(m, xc_reserved_device_memory_map, ~0U, 0, 0, 0, rdm, &n);
		note(m, "%u", n);

		memset(mfns, 0xcc, sizeof(mfns));
		CALL(m, xc_machphys_mfn_list, counts[i], mfns);
		bytes(m, "mfns", mfns, sizeof(mfns));
		CALL(m, xc_machphys_mfn_list, counts[i], NULL);
	}
	CALL(m, xc_machphys_mfn_list, 1UL << 40, mfns);
	CALL(m, xc_machphys_mfn_list, 1UL << 32, NULL);
}

static void permissions(struct mode *m)
{
	static const uint32_t allow[] = { 1, 0, 2, ~0U };
	unsigned int i, j;
	uint32_t d;

	for (i = 0; i < nr_domids; i++) {
		d = domids[i];
		for (j = 0; j < NR(allow); j++) {
			CALL(m, xc_domain_ioport_permission, d, 0x3f8, 8,
			     allow[j]);
			CALL(m, xc_domain_ioport_permission, d, 0xfff0, 100,
			     allow[j]);
			CALL(m, xc_domain_ioport_permission, d, 0, 0, allow[j]);
			CALL(m, xc_domain_iomem_permission, d, 0xfe000, 4,
			     allow[j]);
			CALL(m, xc_domain_iomem_permission, d, -1UL, 2,
			     allow[j]);
			CALL(m, xc_domain_iomem_permission, d, 1UL << 50, 1,
			     allow[j]);
			CALL(m, xc_domain_iomem_permission, d, 5, 0, allow[j]);
			CALL(m, xc_domain_irq_permission, d, 7, allow[j] & 1);
			CALL(m, xc_domain_irq_permission, d, 9999,
			     allow[j] & 1);
			CALL(m, xc_domain_ioport_mapping, d, 0x3f8, 0x3f8, 8,
			     allow[j]);
			CALL(m, xc_domain_ioport_mapping, d, 0, 0xffff0, 100,
			     allow[j]);
			CALL(m, xc_domain_memory_mapping, d, 0xfe000, 0xfe000,
			     4, allow[j]);
			CALL(m, xc_domain_memory_mapping, d, -1UL, -1UL, -1UL,
			     allow[j]);
			CALL(m, xc_domain_memory_mapping, d, 0, 0, 0, allow[j]);
		}
	}
}

static void shadow(struct mode *m)
{
	static const unsigned int sops[] = { 0, 1, 2, 11, 12, 30, 31, 32, 99 };
	xc_hypercall_buffer_t buf = { 0 };
	xc_shadow_op_stats_t stats;
	unsigned int i, j, mb;
	uint32_t d;

	m->api.xc__hypercall_buffer_alloc(m->xch, &buf, 4096);
	for (i = 0; i < nr_domids + 1; i++) {
		d = i < nr_domids ? domids[i] : m->twin;
		for (j = 0; j < NR(sops); j++) {
			mb = 4;
			CALL(m, xc_shadow_control, d, sops[j], &mb, 0);
			note(m, "mb %u", mb);
			CALL(m, xc_shadow_control, d, sops[j], NULL, ~0U);
			memset(&stats, 0xcc, sizeof(stats));
			CALL(m, xc_logdirty_control, d, sops[j], &buf, 1024, 0,
			     &stats);
			bytes(m, "stats", &stats, sizeof(stats));
			CALL(m, xc_logdirty_control, d, sops[j], NULL, 0, 0,
			     NULL);
			CALL(m, xc_logdirty_control, d, sops[j], NULL, -1UL,
			     ~0U, &stats);
			bytes(m, "stats", &stats, sizeof(stats));
		}
		bytes(m, "bitmap", buf.hbuf, 64);
		CALL(m, xc_set_broken_page_p2m, d, 0);
		CALL(m, xc_set_broken_page_p2m, d, NO_FRAME);
	}
	m->api.xc__hypercall_buffer_free(m->xch, &buf);
}

static const struct diff_case cases[] = {
	{ "frames put in and taken out", physmap, 1 },
	{ "how much there is", highest, 1 },
	{ "populated on demand", on_demand, 1 },
	{ "a guest's map", guest_map, 1 },
	{ "the machine's maps", machine_maps, 1 },
	{ "what of the machine is allowed", permissions, 1 },
	{ "pages watched", shadow, 1 },
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
	all_called("xc_diff_physmap");
	end_domains();
	ksft_finished();
}
