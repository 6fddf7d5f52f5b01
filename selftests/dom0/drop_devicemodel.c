// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Promise: our libxendevicemodel tells Xen what stock's does, to the byte, and
 * gives back what Xen says: values, errno, messages, outputs; by privcmd's DM_OP
 * and on kernels that have none, restricted, over fork and in threads. Where the
 * machine has HVM domains, one is driven; elsewhere Xen only refuses.
 */
#include <pthread.h>

/* xenctrl.h comes first: it says that this is a tool. */
#include "helper/drop_device.h"
#include "helper/drop_diff.h"
#include "helper/drop_material.h"
#include "helper/recorder.h"

static int (*restrict_all)(domid_t domid);
#define OTHER 31998	/* a domain that is none */
static xendevicemodel_handle *dm;
static bool with_module;
static uint32_t hvm[NR_MODES];	/* one that only this mode changes; or none */

static xendevicemodel_handle *open_one(struct mode *m)
{
	return CALL_PTR(m, xendevicemodel_open, &m->log.vtable, 0);
}

/* Handles. Ours has fewer descriptors: see lib/stable/devicemodel_stock.c. */

static void handles(struct mode *m)
{
	static const unsigned int flags[] = { 0, 1, 0x80000000, ~0U };
	int before = open_descriptors();
	xendevicemodel_handle *h;
	unsigned int i;

	for (i = 0; i < 2 * NR(flags); i++) {
		h = CALL_PTR(m, xendevicemodel_open,
			     i & 1 ? NULL : &m->log.vtable, flags[i / 2]);
		/* What libxencall says about its buffers is not asked for. */
		call_begin(m, fn_xendevicemodel_close);
		note(m, "closed %d", m->api.xendevicemodel_close(h));
	}
	CALL(m, xendevicemodel_close, NULL);
	note(m, "descriptors: %d", open_descriptors() - before);
}

static void open_both_ways(struct mode *m)
{
	int before = open_descriptors();

	open_one(m);
	CALL_PTR(m, xendevicemodel_open, NULL, 1);
	note(m, "descriptors: %d", open_descriptors() - before);
}

static void no_descriptor(struct mode *m)
{
	descriptors_left(0);
	open_both_ways(m);
}

static void no_device(struct mode *m)
{
	note(m, "devices %d", only_devices(BUFFERS));
	open_both_ways(m);
}

static void no_right(struct mode *m)
{
	note(m, "setuid %d", setuid(65534));
	open_both_ways(m);
}

static void not_opened(struct mode *m)
{
	in_child(m, no_descriptor);
	in_child(m, no_device);
	in_child(m, no_right);
}

/* All functions, each with these numbers */

struct numbers {
	uint64_t a, b;		/* 64 bits */
	uint32_t c, d;		/* less */
	int level;
};

static const struct numbers plain[] = {
	{ 0, 0, 0, 0, 0 },
	{ 1, 1, 1, 1, 1 },
	{ 0x100, 0x1ff, 3, 2, 1 },
	{ 0xf0000, 0xfffff, 17, 9, 0 },
};

static const struct numbers odd[] = {
	{ 0x1122334455667788, 0x99aabbccddeeff00, 0x12345678, 0x9abcdef0, -1 },
	{ ~0ULL, ~0ULL, ~0U, ~0U, 256 },
	{ 1ULL << 63, 0, 0x80000000, 0x1f, 2 },
	{ 5, 4, 0x1f, 7, 0x7fffffff },
};

static void servers(struct mode *m, domid_t domid, const struct numbers *n)
{
	xen_pfn_t gfn = 0x77, buf_gfn = 0x77;
	evtchn_port_t port = 0x77;
	ioservid_t id = n->c;

	CALL(m, xendevicemodel_create_ioreq_server, dm, domid, n->level, &id);
	note(m, "id %x", id);
	CALL(m, xendevicemodel_get_ioreq_server_info, dm, domid, id, &gfn,
	     &buf_gfn, &port);
	CALL(m, xendevicemodel_get_ioreq_server_info, dm, domid, id, NULL,
	     &buf_gfn, NULL);
	note(m, "%d %d", gfn == 0x77, port == 0x77);
	CALL(m, xendevicemodel_get_ioreq_server_info, dm, domid, id, NULL, NULL,
	     NULL);
	CALL(m, xendevicemodel_map_io_range_to_ioreq_server, dm, domid, id,
	     n->level, n->a, n->b);
	CALL(m, xendevicemodel_map_io_range_to_ioreq_server, dm, domid, id,
	     !n->level, n->a, n->b);
	CALL(m, xendevicemodel_unmap_io_range_from_ioreq_server, dm, domid, id,
	     n->level, n->a, n->b);
	CALL(m, xendevicemodel_map_pcidev_to_ioreq_server, dm, domid, id, n->a,
	     n->b, n->c, n->d);
	CALL(m, xendevicemodel_unmap_pcidev_from_ioreq_server, dm, domid, id,
	     n->a, n->b, n->c, n->d);
	CALL(m, xendevicemodel_map_mem_type_to_ioreq_server, dm, domid, id,
	     HVMMEM_ioreq_server, n->c);
	CALL(m, xendevicemodel_map_mem_type_to_ioreq_server, dm, domid, id,
	     n->c, 1);
	CALL(m, xendevicemodel_set_ioreq_server_state, dm, domid, id, n->level);
	CALL(m, xendevicemodel_destroy_ioreq_server, dm, domid, id);
	CALL(m, xendevicemodel_destroy_ioreq_server, dm, domid, n->d);
}

static void interrupts(struct mode *m, domid_t domid, const struct numbers *n)
{
	CALL(m, xendevicemodel_set_pci_intx_level, dm, domid, n->a, n->b, n->c,
	     n->d, n->level);
	CALL(m, xendevicemodel_set_isa_irq_level, dm, domid, n->c, n->level);
	CALL(m, xendevicemodel_set_irq_level, dm, domid, n->c, n->level);
	CALL(m, xendevicemodel_set_pci_link_route, dm, domid, n->c, n->d);
	CALL(m, xendevicemodel_inject_msi, dm, domid, n->a, n->c);
	CALL(m, xendevicemodel_inject_event, dm, domid, n->level, n->c, n->d,
	     n->c, n->d, n->a);
}

static void memory(struct mode *m, domid_t domid, const struct numbers *n)
{
	struct xen_dm_op_modified_memory_extent extents[] = {
		{ .nr = n->c & 0xff, .first_pfn = n->a },
		{ .nr = 1, .first_pfn = n->b },
	};
	unsigned long bitmap[64];

	memset(bitmap, 0x55, sizeof(bitmap));
	CALL(m, xendevicemodel_track_dirty_vram, dm, domid, n->a, n->c & 0xfff,
	     bitmap);
	write_bytes(m, 9, bitmap, 64);
	CALL(m, xendevicemodel_modified_memory, dm, domid, n->a, n->c);
	CALL(m, xendevicemodel_modified_memory_bulk, dm, domid, extents, 2);
	write_bytes(m, 9, extents, sizeof(extents));
	CALL(m, xendevicemodel_set_mem_type, dm, domid, n->d, n->a, n->c);
	CALL(m, xendevicemodel_relocate_memory, dm, domid, n->c, n->a, n->b);
	CALL(m, xendevicemodel_pin_memory_cacheattr, dm, domid, n->a, n->b,
	     n->c);
}

static void all_functions(struct mode *m, domid_t domid,
			  const struct numbers *n)
{
	unsigned int vcpus = 77;

	note(m, "domain %x", domid);
	servers(m, domid, n);
	interrupts(m, domid, n);
	memory(m, domid, n);
	CALL(m, xendevicemodel_nr_vcpus, dm, domid, &vcpus);
	note(m, "vcpus %x", vcpus);
	CALL(m, xendevicemodel_shutdown, dm, domid, n->c);
}

static void record(struct mode *m, int err)
{
	unsigned int i;

	/* What goes to the module is not seen; it is the same. */
	setenv("XENBATCH_BACKEND", "stock", 1);
	dm = open_one(m);
	recorded = m;
	recorder_error = err;
	for (i = 0; i < NR(plain); i++)
		all_functions(m, 5 + i, &plain[i]);
	for (i = 0; i < NR(odd); i++)
		all_functions(m, 0xfff0 + i, &odd[i]);
	recorded = NULL;
	m->api.xendevicemodel_close(dm);
	if (with_module)
		setenv("XENBATCH_BACKEND", "module", 1);
}

static void told(struct mode *m)
{
	record(m, 0);
}

static void told_and_failed(struct mode *m)
{
	record(m, EBUSY);
	record(m, E2BIG);
}

/* What Xen itself says */

static void refused(struct mode *m)
{
	static const domid_t domids[] = { 0, 31999, 0x7fef, 0x7ff0, 0x7ff1,
					  0x7ff2, 0x7ff4, 0x7fff, 0xffff };
	unsigned int i;

	dm = open_one(m);
	for (i = 0; i < NR(domids); i++)
		all_functions(m, domids[i], &plain[1]);
	for (i = 0; i < NR(odd); i++)
		all_functions(m, dom, &odd[i]);
	m->api.xendevicemodel_close(dm);
}

/* Buffers of sizes that nobody has, and at places where nothing is. */
static void hostile_buffers(struct mode *m)
{
	static const uint32_t numbers[] = {
		0, 1, 256, 257, 32768, 32769, 0x40000, 0x40001, 0x10000000,
		0xfffffff8, 0xfffffff9, 0xffffffff,
	};
	static char bytes[3 * PAGE];
	void *places[] = {
		NULL, wild(8), bytes + 3, wild(1UL << 46), wild(~0UL << 12),
	};
	unsigned int i, j;

	for (j = 0; j < NR(places); j++) {
		for (i = 0; i < NR(numbers); i++) {
			note(m, "%x at place %u", numbers[i], j);
			/* No more than is there: this one Xen would write. */
			if (j != 2 || (numbers[i] + 7) / 8 < sizeof(bytes) - 3)
				CALL(m, xendevicemodel_track_dirty_vram, dm,
				     dom, 0, numbers[i], places[j]);
			CALL(m, xendevicemodel_modified_memory_bulk, dm, dom,
			     places[j], numbers[i]);
		}
	}
}

static void hostile(struct mode *m)
{
	dm = open_one(m);
	hostile_buffers(m);
	m->api.xendevicemodel_close(dm);
}

/* Without DM_OP: the buffers are libxencall's. */

static void on_old_kernel(struct mode *m)
{
	int before = open_descriptors();
	struct xen_dm_op_modified_memory_extent extents[300] = { { 0 } };

	note(m, "devices %d", only_devices(OLD_PRIVCMD | BUFFERS));
	record(m, 0);
	record(m, EBUSY);
	dm = open_one(m);
	note(m, "descriptors %d", open_descriptors() - before);
	all_functions(m, dom, &plain[1]);
	all_functions(m, 31999, &plain[1]);
	CALL(m, xendevicemodel_modified_memory_bulk, dm, dom, extents, 300);
	CALL(m, xendevicemodel_modified_memory_bulk, dm, dom, NULL, 0);
	/* A page of it goes, and not more than that. */
	CALL(m, xendevicemodel_track_dirty_vram, dm, dom, 0, 0xffffffff, NULL);
	CALL(m, xendevicemodel_restrict, dm, dom);
	CALL(m, xendevicemodel_close, dm);
	dm = open_one(m);
	note(m, "restricted %d", restrict_all(dom));
	all_functions(m, dom, &plain[1]);
	m->api.xendevicemodel_close(dm);
}

static void old_kernel(struct mode *m)
{
	in_child(m, on_old_kernel);
}

/* Restrictions */

static void restrict_one(struct mode *m)
{
	dm = open_one(m);
	all_functions(m, dom, &plain[1]);
	CALL(m, xendevicemodel_restrict, dm, dom);
	CALL(m, xendevicemodel_restrict, dm, dom);
	CALL(m, xendevicemodel_restrict, dm, OTHER);
	all_functions(m, dom, &plain[1]);
	all_functions(m, 0, &plain[1]);
	all_functions(m, OTHER, &plain[1]);
	m->api.xendevicemodel_close(dm);
	/* Another is not meant. */
	dm = open_one(m);
	all_functions(m, OTHER, &plain[1]);
	m->api.xendevicemodel_close(dm);
}

static void restrict_every(struct mode *m)
{
	dm = open_one(m);
	note(m, "restricted %d", restrict_all(dom));
	all_functions(m, dom, &plain[1]);
	all_functions(m, 0, &plain[1]);
	note(m, "again %d", restrict_all(dom));
	note(m, "another %d", restrict_all(OTHER));
	m->api.xendevicemodel_close(dm);
}

static void restricts(struct mode *m)
{
	in_child(m, restrict_one);
	in_child(m, restrict_every);
	called[fn_xendevicemodel_restrict] = true;
}

/* Processes and threads */

static void child_uses(struct mode *m)
{
	all_functions(m, dom, &plain[1]);
	note(m, "closed %d", m->api.xendevicemodel_close(dm));
	dm = open_one(m);
	all_functions(m, dom, &plain[1]);
}

static void forks(struct mode *m)
{
	dm = open_one(m);
	all_functions(m, dom, &plain[1]);
	in_child(m, child_uses);
	all_functions(m, dom, &plain[1]);
	m->api.xendevicemodel_close(dm);
}

struct worker {
	pthread_t thread;
	struct mode *m;
	domid_t domid;
	int expected;
	unsigned int wrong;
};

static void *work(void *arg)
{
	struct worker *w = arg;
	unsigned int i, vcpus;

	for (i = 0; i < 500; i++) {
		errno = 0;
		vcpus = 77;
		w->m->api.xendevicemodel_nr_vcpus(dm, w->domid, &vcpus);
		w->wrong += errno != w->expected || (errno && vcpus != 77);
	}
	return NULL;
}

static void threads(struct mode *m)
{
	uint32_t its = hvm[m - modes];
	struct worker w[4] = {
		{ .domid = its ? its : dom, .expected = its ? 0 : EINVAL },
		{ .domid = 31999, .expected = ESRCH },
		{ .domid = 0, .expected = EPERM },
		{ .domid = dom, .expected = EINVAL },
	};
	unsigned int i;

	dm = open_one(m);
	for (i = 0; i < NR(w); i++) {
		w[i].m = m;
		pthread_create(&w[i].thread, NULL, work, &w[i]);
	}
	for (i = 0; i < NR(w); i++) {
		pthread_join(w[i].thread, NULL);
		note(m, "wrong: %u", w[i].wrong);
	}
	m->api.xendevicemodel_close(dm);
}

/* HVM: a domain for each mode, to which the same is done. */

static uint32_t make_hvm(void)
{
	struct xen_domctl_createdomain config = {
		.flags = XEN_DOMCTL_CDF_hvm | XEN_DOMCTL_CDF_hap,
		.max_vcpus = 2,
		.max_evtchn_port = 127,
		.max_grant_frames = 4,
		.max_maptrack_frames = 4,
		.grant_opts = XEN_DOMCTL_GRANT_version(1),
		.arch = { .emulation_flags = XEN_X86_EMU_ALL &
					     ~XEN_X86_EMU_VPCI },
	};
	xen_pfn_t gfns[256];
	uint32_t domid = 0;
	unsigned int i, mb = 2;

	for (i = 0; i < NR(gfns); i++)
		gfns[i] = i;
	if (ctrl.create(ctrl.xch, &domid, &config)) {
		ksft_print_msg("no HVM domains: %s\n", strerror(errno));
		return 0;
	}
	if (ctrl.max_vcpus(ctrl.xch, domid, 2) ||
	    ctrl.setmaxmem(ctrl.xch, domid, 8192) ||
	    ctrl.shadow(ctrl.xch, domid, XEN_DOMCTL_SHADOW_OP_SET_ALLOCATION,
			&mb, 0) ||
	    ctrl.populate(ctrl.xch, domid, NR(gfns), 0, 0, gfns))
		ksft_exit_fail_msg("no HVM domain: %s\n", strerror(errno));
	return domid;
}

/* A server's life. Its pages and port are Xen's choice. */
static void served(struct mode *m, domid_t domid)
{
	xen_pfn_t gfn = 77, buf_gfn = 77;
	evtchn_port_t port = 77;
	ioservid_t id = 77;

	CALL(m, xendevicemodel_create_ioreq_server, dm, domid, 1, &id);
	note(m, "id %d", id);
	CALL(m, xendevicemodel_get_ioreq_server_info, dm, domid, id, NULL, NULL,
	     &port);
	note(m, "port %d", port != 77);
	CALL(m, xendevicemodel_get_ioreq_server_info, dm, domid, id, &gfn,
	     &buf_gfn, &port);
	note(m, "gfns %lx %lx", gfn, buf_gfn);
	CALL(m, xendevicemodel_map_io_range_to_ioreq_server, dm, domid, id, 0,
	     0x100, 0x1ff);
	CALL(m, xendevicemodel_map_io_range_to_ioreq_server, dm, domid, id, 0,
	     0x180, 0x2ff);
	CALL(m, xendevicemodel_map_io_range_to_ioreq_server, dm, domid, id, 1,
	     0xf0000000, 0xf0000fff);
	CALL(m, xendevicemodel_map_io_range_to_ioreq_server, dm, domid, id, 1,
	     2, 1);
	CALL(m, xendevicemodel_map_pcidev_to_ioreq_server, dm, domid, id, 0, 0,
	     3, 0);
	CALL(m, xendevicemodel_map_pcidev_to_ioreq_server, dm, domid, id, 0, 0,
	     3, 0);
	CALL(m, xendevicemodel_set_ioreq_server_state, dm, domid, id, 7);
	CALL(m, xendevicemodel_set_ioreq_server_state, dm, domid, id, 0);
	CALL(m, xendevicemodel_unmap_pcidev_from_ioreq_server, dm, domid, id, 0,
	     0, 3, 0);
	CALL(m, xendevicemodel_unmap_io_range_from_ioreq_server, dm, domid, id,
	     0, 0x100, 0x1ff);
	CALL(m, xendevicemodel_unmap_io_range_from_ioreq_server, dm, domid, id,
	     0, 0x100, 0x1ff);
	CALL(m, xendevicemodel_map_mem_type_to_ioreq_server, dm, domid, id,
	     HVMMEM_ioreq_server, 1);
	CALL(m, xendevicemodel_destroy_ioreq_server, dm, domid, id);
	CALL(m, xendevicemodel_destroy_ioreq_server, dm, domid, id);
}

static void driven(struct mode *m)
{
	domid_t domid = hvm[m - modes];
	unsigned int i, level, vcpus = 0;

	dm = open_one(m);
	served(m, domid);
	for (i = 0; i < 18; i++) {
		for (level = 0; level < 3; level++) {
			CALL(m, xendevicemodel_set_isa_irq_level, dm, domid, i,
			     level);
			CALL(m, xendevicemodel_set_irq_level, dm, domid, i,
			     level);
			CALL(m, xendevicemodel_set_pci_intx_level, dm, domid, 0,
			     0, i, i % 5, level);
		}
		CALL(m, xendevicemodel_set_pci_link_route, dm, domid, i % 6, i);
	}
	CALL(m, xendevicemodel_inject_msi, dm, domid, 0xfee00000, 0x41);
	CALL(m, xendevicemodel_inject_event, dm, domid, 0, 14, 3, 0, 0, 0x1000);
	CALL(m, xendevicemodel_inject_event, dm, domid, 0, 14, 3, 0, 0, 0x1000);
	CALL(m, xendevicemodel_inject_event, dm, domid, 9, 14, 3, 0, 0, 0);
	for (i = 0; i < NR(plain); i++)
		memory(m, domid, &plain[i]);
	CALL(m, xendevicemodel_set_mem_type, dm, domid, HVMMEM_ram_ro, 5, 100);
	CALL(m, xendevicemodel_set_mem_type, dm, domid, HVMMEM_ram_rw, 5, 100);
	CALL(m, xendevicemodel_nr_vcpus, dm, domid, &vcpus);
	note(m, "vcpus %u", vcpus);
	CALL(m, xendevicemodel_shutdown, dm, domid, 2);
	m->api.xendevicemodel_close(dm);
}

static void destroy_hvm(void)
{
	int i;

	for (i = 0; i < NR_MODES; i++)
		if (hvm[i])
			ctrl.destroy(ctrl.xch, hvm[i]);
}

static const struct diff_case cases[] = {
	{ "handles", handles },
	{ "handles that cannot be had", not_opened },
	{ "what Xen is told", told },
	{ "what Xen is told, and does not do", told_and_failed },
	{ "what Xen refuses", refused },
	{ "hostile buffers", hostile },
	{ "a kernel without DM_OP", old_kernel },
	{ "restricted", restricts },
	{ "fork", forks },
	{ "threads that share a handle", threads },
};
static const struct diff_case hvm_case = { "an HVM domain", driven };

int main(void)
{
	uint64_t before;
	int i;

	ksft_print_header();
	open_modes();
	with_module = module_is_used();
	before = module_counter("direct");
	restrict_all = symbol(dlopen("libxentoolcore.so.1", RTLD_NOW),
			      "xentoolcore_restrict_all");
	domain_make();
	for (i = 0; i < NR_MODES; i++)
		hvm[i] = make_hvm();
	ksft_set_plan(NR(cases) + 4);
	run_cases(cases, NR(cases));
	if (hvm[STOCK] && hvm[OURS])
		run_cases(&hvm_case, 1);
	else
		ksft_test_result_skip("%s: none here\n", hvm_case.name);
	all_called("drop_devicemodel");
	module_was_used("direct", before);
	destroy_hvm();
	domain_end();
	ksft_finished();
}
