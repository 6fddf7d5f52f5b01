// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Promise: our libxenctrl maps other domains' memory as stock's does, the right
 * frames with the right rights, at once and in a batch, in its place among the
 * calls that are queued.
 */
#include <sched.h>
#include <sys/mman.h>

#include "helper/xc_diff.h"
#include "helper/xc_frames.h"

#define N 8
static uint32_t strangers[8];
static unsigned int nr_strangers;

static void fill(void *p, unsigned int nr, uint64_t seed)
{
	uint64_t *w = p;
	size_t i;

	for (i = 0; i < nr * PAGE / sizeof(*w); i++)
		w[i] = seed + i * 0x9e3779b97f4a7c15;
}

static bool filled(const void *p, unsigned int nr, uint64_t seed)
{
	const uint64_t *w = p;
	size_t i;

	for (i = 0; i < nr * PAGE / sizeof(*w); i++)
		if (w[i] != seed + i * 0x9e3779b97f4a7c15)
			return false;
	return true;
}

/* What lies in the frames, by stock's eyes. */
static bool holds(uint32_t domid, const xen_pfn_t *f, unsigned int nr,
		  uint64_t seed)
{
	struct mode *s = &modes[0];
	void *p = s->api.xc_map_foreign_pages(s->xch, domid, PROT_READ, f, nr);
	bool yes = p && filled(p, nr, seed);

	if (p)
		munmap(p, nr * PAGE);
	return yes;
}

/* A mapping: read what stock wrote, write what stock reads. */
static void use(struct mode *m, void *p, const xen_pfn_t *f, unsigned int nr,
		uint64_t seed)
{
	if (!p)
		return;
	note(m, "aligned %d", !((uintptr_t)p & (PAGE - 1)));
	fill(p, nr, seed);
	note(m, "written %d", holds(m->twin, f, nr, seed));
	note(m, "unmapped %d", munmap(p, nr * PAGE));
}

static void pages(struct mode *m)
{
	xen_pfn_t f[N], back[N];
	void *p;
	int i;

	give(m, N, 0, f);
	p = CALL_PTR(m, xc_map_foreign_pages, m->twin, PROT_READ | PROT_WRITE,
		     f, N);
	use(m, p, f, N, 1);
	/* In the order that was asked for. */
	for (i = 0; i < N; i++)
		back[i] = f[N - 1 - i];
	p = CALL_PTR(m, xc_map_foreign_pages, m->twin, PROT_READ | PROT_WRITE,
		     back, N);
	use(m, p, back, N, 2);
	p = CALL_PTR(m, xc_map_foreign_pages, m->twin, PROT_READ, back, N);
	note(m, "read %d", p && filled(p, N, 2));
	if (p)
		munmap(p, N * PAGE);
	/* One of them twice: what is written here shows there. */
	back[1] = back[0];
	p = CALL_PTR(m, xc_map_foreign_pages, m->twin, PROT_READ | PROT_WRITE,
		     back, 2);
	if (p) {
		fill(p, 1, 3);
		note(m, "twice %d", filled((char *)p + PAGE, 1, 3));
		munmap(p, 2 * PAGE);
	}
	/* One bad frame spoils them all. */
	back[3] = NO_FRAME;
	CALL_PTR(m, xc_map_foreign_pages, m->twin, PROT_READ, back, N);
	CALL_PTR(m, xc_map_foreign_pages, m->twin, PROT_READ, f, 0);
	CALL_PTR(m, xc_map_foreign_pages, m->twin, PROT_READ, f, -1);
	CALL_PTR(m, xc_map_foreign_pages, m->twin, PROT_READ, NULL, 1);
	/* Frames of somebody else. */
	CALL_PTR(m, xc_map_foreign_pages, dom_a, PROT_READ, f, N);
	take(m, N, 0, f);
	/* And nobody's. */
	CALL_PTR(m, xc_map_foreign_pages, m->twin, PROT_READ, f, N);
}

static void bulk(struct mode *m)
{
	static xen_pfn_t many[3000];
	static int errs[3000];
	xen_pfn_t f[N], mixed[N];
	int err[N + 1];
	unsigned int i;
	char *p;

	give(m, N, 0, f);
	memset(err, 0xcc, sizeof(err));
	p = CALL_PTR(m, xc_map_foreign_bulk, m->twin, PROT_READ | PROT_WRITE, f,
		     err, N);
	bytes(m, "err", err, sizeof(err));
	use(m, p, f, N, 4);
	memcpy(mixed, f, sizeof(f));
	mixed[2] = NO_FRAME;
	mixed[5] = -1UL;
	memset(err, 0xcc, sizeof(err));
	p = CALL_PTR(m, xc_map_foreign_bulk, m->twin, PROT_READ | PROT_WRITE,
		     mixed, err, N);
	bytes(m, "err", err, sizeof(err));
	if (p) {
		/* What is there can be used. */
		fill(p + 6 * PAGE, 2, 5);
		note(m, "rest %d", holds(m->twin, f + 6, 2, 5));
		munmap(p, N * PAGE);
	}
	for (i = 0; i < NR(many); i++)
		many[i] = i % 7 ? f[i % N] : NO_FRAME + i;
	memset(errs, 0xcc, sizeof(errs));
	p = CALL_PTR(m, xc_map_foreign_bulk, m->twin, PROT_READ, many, errs,
		     NR(many));
	bytes(m, "errs", errs, sizeof(errs));
	if (p)
		munmap(p, NR(many) * PAGE);
	CALL_PTR(m, xc_map_foreign_bulk, m->twin, PROT_READ, f, err, 0);
	CALL_PTR(m, xc_map_foreign_bulk, m->twin, PROT_READ, mixed, NULL, N);
	CALL_PTR(m, xc_map_foreign_bulk, m->twin, PROT_READ, NULL, err, N);
	for (i = 0; i < nr_strangers; i++) {
		memset(err, 0xcc, sizeof(err));
		p = CALL_PTR(m, xc_map_foreign_bulk, strangers[i], PROT_READ, f,
			     err, N);
		bytes(m, "err", err, sizeof(err));
		if (p)
			munmap(p, N * PAGE);
	}
	take(m, N, 0, f);
}

static void ranges(struct mode *m)
{
	static const int sizes[] = { 0, 1, 4095, 4096, 4097, 16384 };
	privcmd_mmap_entry_t e[4];
	xen_pfn_t base[1], f[4];
	unsigned int i, nr;
	void *p;

	give(m, 1, 2, base);	/* four in a row */
	number(f, 4, base[0]);
	for (i = 0; i < NR(sizes); i++) {
		nr = (sizes[i] + PAGE - 1) / PAGE;
		p = CALL_PTR(m, xc_map_foreign_range, m->twin, sizes[i],
			     PROT_READ | PROT_WRITE, base[0]);
		use(m, p, f, nr, 10 + i);
	}
	CALL_PTR(m, xc_map_foreign_range, m->twin, -1, PROT_READ, base[0]);
	CALL_PTR(m, xc_map_foreign_range, m->twin, -5000, PROT_READ, base[0]);
	CALL_PTR(m, xc_map_foreign_range, m->twin, 4096, PROT_READ, NO_FRAME);
	for (i = 0; i < nr_strangers; i++)
		CALL_PTR(m, xc_map_foreign_range, strangers[i], 4096, PROT_READ,
			 base[0]);
	memset(e, 0, sizeof(e));
	e[0].mfn = base[0] + 2;
	e[1].mfn = base[0];
	f[0] = base[0] + 2;
	f[1] = base[0] + 3;
	f[2] = base[0];
	f[3] = base[0] + 1;
	p = CALL_PTR(m, xc_map_foreign_ranges, m->twin, 4 * PAGE,
		     PROT_READ | PROT_WRITE, 2 * PAGE, e, 2);
	use(m, p, f, 4, 20);
	/* Its size is not looked at. */
	p = CALL_PTR(m, xc_map_foreign_ranges, m->twin, 0,
		     PROT_READ | PROT_WRITE, PAGE, e, 1);
	use(m, p, f, 1, 21);
	CALL_PTR(m, xc_map_foreign_ranges, m->twin, PAGE, PROT_READ, 0, e, 2);
	CALL_PTR(m, xc_map_foreign_ranges, m->twin, PAGE, PROT_READ, PAGE, e,
		 -1);
	e[1].mfn = NO_FRAME;
	CALL_PTR(m, xc_map_foreign_ranges, m->twin, PAGE, PROT_READ, PAGE, e,
		 2);
	number(f, 4, base[0]);
	take(m, 1, 2, base);
}

static void filled_pages(struct mode *m)
{
	static char page[4096];
	static const uint64_t zero[512];
	struct mode *s = &modes[0];
	xen_pfn_t base[1], f[4];
	unsigned int i;
	char *p;

	give(m, 1, 2, base);
	number(f, 4, base[0]);
	for (i = 0; i < 4; i++) {
		fill(page, 1, 30 + i);
		CALL(m, xc_copy_to_domain_page, m->twin, f[i], page);
		note(m, "copied %d", holds(m->twin, &f[i], 1, 30 + i));
	}
	CALL(m, xc_clear_domain_pages, m->twin, f[1], 2);
	p = s->api.xc_map_foreign_pages(s->xch, m->twin, PROT_READ, f, 4);
	if (p) {
		note(m, "cleared %d", !memcmp(p + PAGE, zero, PAGE) &&
		     !memcmp(p + 2 * PAGE, zero, PAGE));
		note(m, "kept %d", filled(p, 1, 30) &&
		     filled(p + 3 * PAGE, 1, 33));
		munmap(p, 4 * PAGE);
	}
	CALL(m, xc_clear_domain_pages, m->twin, f[0], 0);
	CALL(m, xc_clear_domain_pages, m->twin, f[0], -1);
	for (i = 0; i < nr_strangers; i++) {
		CALL(m, xc_clear_domain_pages, strangers[i], NO_FRAME, 1);
		CALL(m, xc_copy_to_domain_page, strangers[i], NO_FRAME, page);
	}
	take(m, 1, 2, base);
}

/*
 * dom0's own addresses: those of its kernel are the same on every vcpu. Xen
 * shows the registers of any vcpu but the one that asks, so the test stays on
 * the first and asks about the second.
 */
static void addresses(struct mode *m)
{
	static const unsigned long long virt[] = {
		0xffffffff81000000, 0xffffffff81000fff, 0xffffffff81234567,
		0xffffffff82000000, 0xffff800000000000, 0xffff880000000000,
		0xffffc90000000000, 0x1000, 0,
	};
	unsigned int i;
	unsigned long f;
	int v;

	for (v = 0; v < 4; v++) {
		for (i = 0; i < NR(virt); i++) {
			f = CALL_PTR(m, xc_translate_foreign_address, 0, v,
				     virt[i]);
			/* Low addresses are whose that runs there. */
			if (virt[i] >> 63)
				note(m, "%llx is %lx", virt[i], f);
		}
	}
	for (i = 0; i < nr_strangers; i++) {
		for (v = -1; v < 3; v++)
			CALL_PTR(m, xc_translate_foreign_address, strangers[i],
				 v, 0xffffffff81000000);
	}
}

/*
 * Several calls in one batch, each needing what the one before did: a mapping
 * runs what is queued, takes its place, and queueing goes on.
 */
static void together(struct mode *m)
{
	struct xc_batch_result r[6] = { { 0 } };
	xen_pfn_t f[4], types[4], gone[4];
	void *p, *q;
	int n;

	number(f, 4, 0);
	if (m->batched && m->begin(m->xch))
		ksft_exit_fail_msg("xc_batch_begin: %s\n", strerror(errno));
	r[0].ret = m->api.xc_domain_populate_physmap_exact(m->xch, m->twin, 4,
							   0, 0, f);
	p = m->api.xc_map_foreign_pages(m->xch, m->twin, PROT_READ | PROT_WRITE,
					f, 4);
	r[1].ret = !!p;
	memcpy(types, f, sizeof(f));
	memcpy(gone, f, sizeof(f));
	r[2].ret = m->api.xc_get_pfn_type_batch(m->xch, m->twin, 4, types);
	if (p) {
		fill(p, 4, 40);
		munmap(p, 4 * PAGE);
	}
	q = m->api.xc_map_foreign_pages(m->xch, m->twin, PROT_READ, f, 4);
	r[3].ret = !!q;
	note(m, "read %d", q && filled(q, 4, 40));
	if (q)
		munmap(q, 4 * PAGE);
	r[4].ret = m->api.xc_domain_decrease_reservation_exact(m->xch, m->twin,
							       4, 0, gone);
	r[5].ret = m->api.xc_get_tot_pages(m->xch, m->twin);
	if (m->batched) {
		n = m->queued(m->xch);
		note(m, "%d calls", n == 6 ? 6 : n);
		n = m->commit(m->xch, r, 6);
		note(m, "%d failed", n);
		r[1].ret = !!r[1].ret;
		r[3].ret = !!r[3].ret;
	} else {
		note(m, "6 calls");
		note(m, "0 failed");
	}
	for (n = 0; n < 6; n++)
		note(m, "%d: %ld", n, r[n].ret);
	bytes(m, "types", types, sizeof(types));
}

static const struct diff_case cases[] = {
	{ "xc_map_foreign_pages", pages, 1 },
	{ "xc_map_foreign_bulk", bulk, 1 },
	{ "xc_map_foreign_range and _ranges", ranges, 1 },
	{ "pages copied and cleared", filled_pages, 1 },
	{ "addresses translated", addresses, 3 },
	{ "mappings among queued calls", together, 1 },
};

int main(void)
{
	cpu_set_t first;
	unsigned int i;

	CPU_ZERO(&first);
	CPU_SET(0, &first);
	sched_setaffinity(0, sizeof(first), &first);
	ksft_print_header();
	open_modes();
	make_domains();
	allow_memory();
	strangers[nr_strangers++] = dom_a;
	for (i = 0; i < NR(bad_domids); i++) {
		/* Not DOMID_SELF: dom0 may map any address of the machine. */
		if (bad_domids[i] != DOMID_SELF)
			strangers[nr_strangers++] = bad_domids[i];
	}
	ksft_set_plan(NR(cases) + 1);
	run_cases(cases, NR(cases));
	all_called("xc_diff_foreign");
	end_domains();
	ksft_finished();
}
