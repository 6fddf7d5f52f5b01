// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Promise: what a device model asks for by libxenctrl's own names reaches Xen as
 * with stock, to the byte, and what Xen says comes back, at once and in a
 * batch. (libxendevicemodel itself, and HVM domains: drop_devicemodel.)
 */
#include "helper/xc_diff.h"
#include "helper/recorder.h"

struct numbers {
	uint64_t a, b;		/* 64 bits */
	uint32_t c, d;		/* less */
	int level;
};

static const struct numbers numbers[] = {
	{ 0, 0, 0, 0, 0 },
	{ 1, 1, 1, 1, 1 },
	{ 0xf0000, 0xfffff, 17, 9, 0 },
	{ 0x1122334455667788, 0x99aabbccddeeff00, 0x12345678, 0x9abcdef0, -1 },
	{ ~0ULL, ~0ULL, ~0U, ~0U, 256 },
	{ 5, 4, 0x1f, 7, 0x7fffffff },
};

static void servers(struct mode *m, uint32_t domid, const struct numbers *n)
{
	xen_pfn_t gfn = 0x77, buf_gfn = 0x77;
	evtchn_port_t port = 0x77;
	ioservid_t id = n->c;

	CALL(m, xc_hvm_create_ioreq_server, domid, n->level, &id);
	note(m, "id %x", id);
	CALL(m, xc_hvm_get_ioreq_server_info, domid, id, &gfn, &buf_gfn, &port);
	note(m, "%lx %lx %x", gfn, buf_gfn, port);
	CALL(m, xc_hvm_get_ioreq_server_info, domid, id, NULL, NULL, NULL);
	CALL(m, xc_hvm_map_io_range_to_ioreq_server, domid, id, n->level, n->a,
	     n->b);
	CALL(m, xc_hvm_unmap_io_range_from_ioreq_server, domid, id, n->level,
	     n->a, n->b);
	CALL(m, xc_hvm_map_pcidev_to_ioreq_server, domid, id, n->a, n->b, n->c,
	     n->d);
	CALL(m, xc_hvm_unmap_pcidev_from_ioreq_server, domid, id, n->a, n->b,
	     n->c, n->d);
	CALL(m, xc_hvm_set_ioreq_server_state, domid, id, n->level);
	CALL(m, xc_hvm_destroy_ioreq_server, domid, id);
}

static void others(struct mode *m, uint32_t domid, const struct numbers *n)
{
	unsigned long bitmap[64];

	CALL(m, xc_hvm_set_pci_intx_level, domid, n->a, n->b, n->c, n->d,
	     n->level);
	CALL(m, xc_hvm_set_isa_irq_level, domid, n->c, n->level);
	CALL(m, xc_hvm_set_pci_link_route, domid, n->c, n->d);
	CALL(m, xc_hvm_inject_msi, domid, n->a, n->c);
	CALL(m, xc_hvm_inject_trap, domid, n->level, n->c, n->d, n->c, n->d,
	     n->a);
	memset(bitmap, 0x55, sizeof(bitmap));
	CALL(m, xc_hvm_track_dirty_vram, domid, n->a, n->c & 0xfff, bitmap);
	bytes(m, "bitmap", bitmap, sizeof(bitmap));
	CALL(m, xc_hvm_track_dirty_vram, domid, 0, ~0U, NULL);
	CALL(m, xc_hvm_modified_memory, domid, n->a, n->c);
	CALL(m, xc_hvm_set_mem_type, domid, n->d, n->a, n->c);
	CALL(m, xc_domain_pin_memory_cacheattr, domid, n->a, n->b, n->c);
}

static void told(struct mode *m)
{
	unsigned int i, err;

	for (err = 0; err < 2; err++) {
		recorded = m;
		recorder_error = err ? EBUSY : 0;
		for (i = 0; i < NR(numbers); i++) {
			servers(m, 0x10000 * i + 5, &numbers[i]);
			others(m, 0x10000 * i + 5, &numbers[i]);
		}
		recorded = NULL;
	}
}

static void refused(struct mode *m)
{
	unsigned int i;

	for (i = 0; i < NR(bad_domids); i++) {
		servers(m, bad_domids[i], &numbers[1]);
		others(m, bad_domids[i], &numbers[1]);
	}
	servers(m, 0, &numbers[1]);
	others(m, 0, &numbers[1]);
	for (i = 0; i < NR(numbers); i++) {
		servers(m, m->twin, &numbers[i]);
		others(m, m->twin, &numbers[i]);
	}
}

/* Xen reads or writes where nothing is: of a page and of more than it takes. */
static void hostile(struct mode *m)
{
	static const uint32_t sizes[] = { 0, 1, 32768, 32769, 0xfffffff8,
					  0xfffffff9 };
	unsigned int i;

	for (i = 0; i < NR(sizes); i++) {
		CALL(m, xc_hvm_track_dirty_vram, m->twin, 0, sizes[i], NULL);
		CALL(m, xc_hvm_track_dirty_vram, m->twin, 0, sizes[i],
		     (unsigned long *)-4096L);
	}
}

/* Between calls that are queued it has its place, and what is before it ran. */
static void in_order(struct mode *m)
{
	struct xc_batch_result r[3] = { { 0 } };
	xc_dominfo_t info = { 0 };

	if (!m->batched || m->begin(m->xch))
		return;
	m->api.xc_domain_pause(m->xch, m->twin);
	m->api.xc_hvm_set_isa_irq_level(m->xch, m->twin, 1, 1);
	m->api.xc_domain_getinfo(m->xch, m->twin, 1, &info);
	if (m->commit(m->xch, r, 3) != 1 || r[0].ret || r[1].ret != -1 ||
	    r[1].err != EINVAL || r[2].ret != 1 || info.domid != m->twin)
		note(m, "not in order: %ld %ld %d %ld", r[0].ret, r[1].ret,
		     r[1].err, r[2].ret);
	m->api.xc_domain_unpause(m->xch, m->twin);
}

static const struct diff_case cases[] = {
	{ "what Xen is told", told, 1 },
	{ "what Xen refuses", refused, 1 },
	{ "hostile buffers", hostile, 1 },
	{ "in a batch with others", in_order, 1 },
};

int main(void)
{
	ksft_print_header();
	open_modes();
	/* libxendevicemodel's own way: the module is not recorded. */
	setenv("XENBATCH_BACKEND", "stock", 1);
	make_domains();
	ksft_set_plan(NR(cases) + 1);
	run_cases(cases, NR(cases));
	all_called("xc_diff_devicemodel");
	end_domains();
	ksft_finished();
}
