// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Promise: where the machine has HVM domains, what only they have is as with
 * stock, at once and in a batch: a physical memory that is put together piece
 * by piece, the log of dirty pages, saved state, and addresses of a vcpu that
 * has paging. In a dom0 whose Xen has no HVM there is nothing to test.
 */
#include <sys/mman.h>

#include "helper/xc_diff.h"
#include "helper/xc_hvm.h"

#include <xen/hvm/params.h>
#include <xen/hvm/save.h>

#define PAGES 1024u		/* each twin has gfns 0 to that */
#define HOLE 0x4000u		/* here is nothing */

static void note_gpfns(struct mode *m)
{
	xen_pfn_t top = 77, nr = 77;

	CALL(m, xc_domain_maximum_gpfn, m->twin, &top);
	CALL(m, xc_domain_nr_gpfns, m->twin, &nr);
	note(m, "%lx %lx, pages %ld", top, nr,
	     m->api.xc_get_tot_pages(m->xch, m->twin));
}

/* First: the others use what is there then. */
static void populate(struct mode *m)
{
	static xen_pfn_t f[PAGES];
	static char page[4096];
	xen_pfn_t big[2] = { 0x8000, 0x8200 };
	char *p;

	note_gpfns(m);
	number(f, PAGES, 0);
	CALL(m, xc_domain_populate_physmap_exact, m->twin, PAGES, 0, 0, f);
	bytes(m, "frames", f, 64);
	note_gpfns(m);
	CALL(m, xc_domain_populate_physmap_exact, m->twin, 2, 9, 0, big);
	bytes(m, "frames", big, sizeof(big));
	note_gpfns(m);
	CALL(m, xc_domain_decrease_reservation_exact, m->twin, 2, 9, big);
	note_gpfns(m);
	memset(page, 0x5a, sizeof(page));
	CALL(m, xc_copy_to_domain_page, m->twin, 7, page);
	CALL(m, xc_copy_to_domain_page, m->twin, 9, page);
	CALL(m, xc_clear_domain_pages, m->twin, 8, 2);
	CALL(m, xc_copy_to_domain_page, m->twin, HOLE, page);
	p = CALL_PTR(m, xc_map_foreign_range, m->twin, 3 * 4096, PROT_READ, 7);
	note(m, "%d %d %d", p[0], p[4096], p[8192]);
	munmap(p, 3 * 4096);
}

static void physmap(struct mode *m)
{
	xen_ulong_t idx[40];
	xen_pfn_t gfn[40];
	int errs[40], i;

	CALL(m, xc_domain_add_to_physmap, m->twin, XENMAPSPACE_shared_info, 0,
	     0x5000);
	CALL(m, xc_domain_add_to_physmap, m->twin, XENMAPSPACE_grant_table, 0,
	     0x5001);
	CALL(m, xc_domain_add_to_physmap, m->twin, XENMAPSPACE_grant_table, 999,
	     0x5002);
	CALL(m, xc_domain_add_to_physmap, m->twin, XENMAPSPACE_gmfn, 20,
	     0x5003);
	CALL(m, xc_domain_add_to_physmap, m->twin, XENMAPSPACE_gmfn, HOLE,
	     0x5004);
	note_gpfns(m);
	for (i = 0; i < 40; i++) {
		idx[i] = i % 5 ? 100u + i : HOLE + i;
		gfn[i] = 0x6000 + i;
	}
	memset(errs, 0xcc, sizeof(errs));
	CALL(m, xc_domain_add_to_physmap_batch, m->twin, 0, XENMAPSPACE_gmfn,
	     40, idx, gfn, errs);
	bytes(m, "errs", errs, sizeof(errs));
	CALL(m, xc_domain_add_to_physmap_batch, m->twin, dom_b,
	     XENMAPSPACE_gmfn_foreign, 3, idx, gfn, errs);
	bytes(m, "errs", errs, sizeof(errs));
	for (i = 0; i < 5; i++) {
		CALL(m, xc_domain_remove_from_physmap, m->twin, 0x5000 + i);
		CALL(m, xc_domain_remove_from_physmap, m->twin, 0x5000 + i);
	}
	CALL(m, xc_set_broken_page_p2m, m->twin, HOLE);
	note_gpfns(m);
}

static void machine(struct mode *m)
{
	uint32_t add;

	CALL(m, xc_domain_iomem_permission, m->twin, 0xfed00, 64, 1);
	CALL(m, xc_domain_ioport_permission, m->twin, 0x3f8, 8, 1);
	for (add = DPCI_ADD_MAPPING; ; add = DPCI_REMOVE_MAPPING) {
		CALL(m, xc_domain_memory_mapping, m->twin, 0x7000, 0xfed00, 1,
		     add);
		CALL(m, xc_domain_memory_mapping, m->twin, 0x7001, 0xfed01, 63,
		     add);
		CALL(m, xc_domain_memory_mapping, m->twin, 0x7100, 0xfec00, 300,
		     add);
		CALL(m, xc_domain_memory_mapping, m->twin, 0x7100, 1UL << 50, 4,
		     add);
		CALL(m, xc_domain_ioport_mapping, m->twin, 0x3f8, 0x3f8, 8,
		     add);
		note_gpfns(m);
		if (add == DPCI_REMOVE_MAPPING)
			break;
	}
}

static void on_demand(struct mode *m)
{
	xen_pfn_t big[1] = { 0x9000 };
	uint64_t a = 77, b = 77, c = 77;

	CALL(m, xc_domain_get_pod_target, m->twin, &a, &b, &c);
	note(m, "%lu %lu %lu", a, b, c);
	CALL(m, xc_domain_populate_physmap, m->twin, 1, 9,
	     XENMEMF_populate_on_demand, big);
	CALL(m, xc_domain_set_pod_target, m->twin, PAGES + 100, &a, &b, &c);
	note(m, "%lu %lu %lu", a, b, c);
	CALL(m, xc_domain_get_pod_target, m->twin, &a, NULL, &c);
	note(m, "%lu %lu", a, c);
	note_gpfns(m);
}

static void log_dirty(struct mode *m)
{
	static const unsigned int sops[] = {
		XEN_DOMCTL_SHADOW_OP_GET_ALLOCATION,
		XEN_DOMCTL_SHADOW_OP_PEEK,
		XEN_DOMCTL_SHADOW_OP_ENABLE_LOGDIRTY,
		XEN_DOMCTL_SHADOW_OP_PEEK,
		XEN_DOMCTL_SHADOW_OP_CLEAN,
		XEN_DOMCTL_SHADOW_OP_CLEAN,
		XEN_DOMCTL_SHADOW_OP_OFF,
	};
	xc_hypercall_buffer_t buf = { 0 };
	xc_shadow_op_stats_t stats;
	unsigned int i, mb;

	m->api.xc__hypercall_buffer_alloc(m->xch, &buf, 8192);
	for (i = 0; i < NR(sops); i++) {
		mb = 0;
		CALL(m, xc_shadow_control, m->twin, sops[i], &mb, 0);
		note(m, "mb %u", mb);
		m->api.xc_clear_domain_pages(m->xch, m->twin, 10 + i, 1);
		memset(buf.hbuf, 0xcc, 8192);
		memset(&stats, 0xcc, sizeof(stats));
		CALL(m, xc_logdirty_control, m->twin, sops[i], &buf, 32768, 0,
		     &stats);
		bytes(m, "stats", &stats, sizeof(stats));
		bytes(m, "bitmap", buf.hbuf, 4096);
	}
	m->api.xc__hypercall_buffer_free(m->xch, &buf);
}

/* The state of a vcpu that has paging, behind Xen's own header. */
struct state {
	struct hvm_save_descriptor header_d;
	struct hvm_save_header header;
	struct hvm_save_descriptor cpu_d;
	struct hvm_hw_cpu cpu;
	struct hvm_save_descriptor end_d;
} __attribute__((packed));

static void set_state(struct state *s)
{
	s->cpu_d = (struct hvm_save_descriptor){
		.typecode = HVM_SAVE_CODE(CPU), .length = sizeof(s->cpu),
	};
	s->end_d = (struct hvm_save_descriptor){
		.typecode = HVM_SAVE_CODE(END),
	};
	memset(&s->cpu, 0, sizeof(s->cpu));
	s->cpu.cs_limit = s->cpu.ds_limit = s->cpu.es_limit = ~0u;
	s->cpu.ss_limit = ~0u;
	s->cpu.tr_limit = 0x67;
	s->cpu.cs_arbytes = 0xc9b;
	s->cpu.ds_arbytes = s->cpu.es_arbytes = s->cpu.ss_arbytes = 0xc93;
	s->cpu.tr_arbytes = 0x8b;
	s->cpu.cr0 = 0x80000011;	/* paging, protected mode */
	s->cpu.cr4 = 0x20;		/* of three levels */
	s->cpu.cr3 = 1 << 12;
	s->cpu.rip = 0x123456;
	s->cpu.dr6 = 0xffff0ff0;
	s->cpu.dr7 = 0x400;
}

static void set_entry(struct mode *m, unsigned int gfn, unsigned int nr,
		      uint64_t value)
{
	uint64_t *p = m->api.xc_map_foreign_range(m->xch, m->twin, 4096,
						  PROT_READ | PROT_WRITE, gfn);

	p[nr] = value;
	munmap(p, 4096);
}

static void paging(struct mode *m)
{
	static const unsigned long long virt[] = {
		0, 0x80e09123, 0x80e0a000, 0x80a00000, 0xffffffff, 0x180e09123,
	};
	unsigned int i;

	m->api.xc_clear_domain_pages(m->xch, m->twin, 1, 3);
	set_entry(m, 1, 2, 2 << 12 | 1);
	set_entry(m, 2, 7, 3 << 12 | 1);
	set_entry(m, 2, 5, 0x600000 | 0x80 | 1);
	set_entry(m, 3, 9, 0x77 << 12 | 1);
	for (i = 0; i < NR(virt); i++)
		note(m, "%llx is %lx", virt[i], (unsigned long)
		     CALL_PTR(m, xc_translate_foreign_address, m->twin, 0,
			      virt[i]));
	CALL_PTR(m, xc_translate_foreign_address, m->twin, 1, virt[1]);
}

static void state(struct mode *m)
{
	uint8_t *all, data[2048];
	struct state s;
	long n;

	n = CALL(m, xc_domain_hvm_getcontext, m->twin, NULL, 0);
	all = calloc(1, n > 0 ? n : 1);
	CALL(m, xc_domain_hvm_getcontext, m->twin, all, 100);
	if (CALL(m, xc_domain_hvm_getcontext, m->twin, all, n) <=
	    (long)offsetof(struct state, cpu_d))
		return;
	memcpy(&s, all, offsetof(struct state, cpu_d));
	free(all);
	set_state(&s);
	CALL(m, xc_domain_hvm_setcontext, m->twin, (uint8_t *)&s, sizeof(s));
	CALL(m, xc_domain_hvm_setcontext, m->twin, (uint8_t *)&s, 20);
	memset(data, 0xcc, sizeof(data));
	CALL(m, xc_domain_hvm_getcontext_partial, m->twin, HVM_SAVE_CODE(CPU),
	     0, data, sizeof(data));
	/* Its clock moves. */
	((struct hvm_hw_cpu *)data)->tsc = 0;
	bytes(m, "cpu", data, sizeof(data));
	CALL(m, xc_domain_hvm_getcontext_partial, m->twin, HVM_SAVE_CODE(CPU),
	     1, data, sizeof(data));
	CALL(m, xc_domain_hvm_getcontext_partial, m->twin, HVM_SAVE_CODE(CPU),
	     0, data, 10);
	CALL(m, xc_domain_hvm_getcontext_partial, m->twin, 77, 0, data, 10);
	paging(m);
}

static void parameters(struct mode *m)
{
	unsigned long old;
	uint64_t value;
	uint32_t i;

	for (i = 0; i < HVM_NR_PARAMS + 2; i++) {
		value = old = 77;
		CALL(m, xc_hvm_param_set, m->twin, i, 0x1000 + i);
		CALL(m, xc_hvm_param_get, m->twin, i, &value);
		CALL(m, xc_set_hvm_param, m->twin, i, 0x2000 + i);
		CALL(m, xc_get_hvm_param, m->twin, i, &old);
		note(m, "%lx %lx", value, old);
	}
}

static const struct diff_case cases[] = {
	{ "memory", populate, 1 },
	{ "frames put in and taken out", physmap, 1 },
	/* not for one that has devices: before the next */
	{ "populated on demand", on_demand, 1 },
	{ "the machine's memory and ports", machine, 1 },
	{ "dirty pages", log_dirty, 1 },
	{ "state, and addresses with paging", state, 1 },
	{ "parameters", parameters, 1 },
};

int main(void)
{
	ksft_print_header();
	open_modes();
	if (!have_hvm())
		ksft_exit_skip("no HVM domains here\n");
	make_domains();
	make_hvm_twins();
	ksft_set_plan(NR(cases));
	run_cases(cases, NR(cases));
	end_domains();
	ksft_finished();
}
