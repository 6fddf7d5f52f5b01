// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Promise: our libxenctrl gives memory to domains and takes it away as stock's
 * does, at once and in a batch, and Xen's own books say that it did.
 */
#include "helper/xc_diff.h"
#include "helper/xc_frames.h"

#define N 16

/*
 * Whom to try it with. Messages name the domain, so those that fail with one
 * are tried with a domain that is the same for all; it may have no memory.
 */
static uint32_t strangers[8];
static unsigned int nr_strangers;

static void pages(struct mode *m)
{
	note(m, "pages %ld", m->api.xc_get_tot_pages(m->xch, m->twin));
}

static void populate_some(struct mode *m)
{
	static const unsigned int orders[] = { 0, 1, 4, 9, 10, 11, 20, 63, 99 };
	xen_pfn_t asked[N], f[N];
	unsigned int i;

	number(asked, N, 0x1000);
	for (i = 0; i < NR(orders); i++) {
		memcpy(f, asked, sizeof(f));
		if (CALL(m, xc_domain_populate_physmap, m->twin, 2, orders[i],
			 0, f) != 2)
			continue;
		note_frames(m, m->twin, f, asked, 4);
		pages(m);
		CALL(m, xc_domain_decrease_reservation, m->twin, 2, orders[i],
		     f);
		note(m, "%d %d", belongs(m->twin, f[0]),
		     belongs(m->twin, f[1]));
		pages(m);
	}
	memcpy(f, asked, sizeof(f));
	CALL(m, xc_domain_populate_physmap_exact, m->twin, N, 0,
	     XENMEMF_exact_node(0), f);
	note_frames(m, m->twin, f, asked, N);
	CALL(m, xc_domain_decrease_reservation_exact, m->twin, N, 0, f);
	note_frames(m, m->twin, f, f, N);
	/* What is gone goes no second time. */
	CALL(m, xc_domain_decrease_reservation, m->twin, N, 0, f);
	pages(m);
}

/* More than the domain may have: as many as go, then no more. */
static void populate_all(struct mode *m)
{
	const unsigned int nr = TWIN_KB / 4 + 100;
	xen_pfn_t *f = malloc(nr * sizeof(*f));
	long n, left;

	number(f, nr, 0);
	n = CALL(m, xc_domain_populate_physmap, m->twin, nr, 0, 0, f);
	pages(m);
	note(m, "%d %lu %lu", n > 0 && belongs(m->twin, f[n - 1]), f[nr - 1],
	     n > 0 ? f[n] : 0);
	if (n > 0) {
		left = n - CALL(m, xc_domain_decrease_reservation, m->twin, n,
				0, f);
		note(m, "%ld", left);
	}
	pages(m);
	free(f);
}

static void increase(struct mode *m)
{
	xen_pfn_t asked[N] = { 0 }, f[N] = { 0 };

	CALL(m, xc_domain_increase_reservation, m->twin, N, 0, 0, f);
	note_frames(m, m->twin, f, asked, N);
	pages(m);
	CALL(m, xc_domain_decrease_reservation_exact, m->twin, N, 0, f);
	memset(f, 0, sizeof(f));
	CALL(m, xc_domain_increase_reservation_exact, m->twin, 2, 3,
	     XENMEMF_address_bits(32), f);
	note_frames(m, m->twin, f, asked, 3);
	note(m, "%d", f[0] >> 20 || f[1] >> 20);
	CALL(m, xc_domain_decrease_reservation_exact, m->twin, 2, 3, f);
	/* Xen would tell which frames, nobody listens. */
	CALL(m, xc_domain_increase_reservation, m->twin, 0, 0, 0, NULL);
	pages(m);
}

/* What must fail, the same for all: no memory is allowed there. */
static void refused(struct mode *m)
{
	static const unsigned long counts[] = {
		0, 1, 3, N, 1UL << 40, 1UL << 61, (1UL << 61) + 2,
	};
	xen_pfn_t f[N];
	unsigned int i, j;
	uint32_t d;

	for (i = 0; i < nr_strangers; i++) {
		d = strangers[i];
		for (j = 0; j < NR(counts); j++) {
			number(f, N, NO_FRAME);
			CALL(m, xc_domain_populate_physmap, d, counts[j], 0, 0,
			     f);
			CALL(m, xc_domain_populate_physmap_exact, d, counts[j],
			     0, 0, f);
			CALL(m, xc_domain_populate_physmap_exact, d, counts[j],
			     99, ~0U, f);
			CALL(m, xc_domain_increase_reservation, d, counts[j],
			     0, 0, f);
			CALL(m, xc_domain_increase_reservation_exact, d,
			     counts[j], 0, 0, f);
			CALL(m, xc_domain_increase_reservation_exact, d,
			     counts[j], 40, 77, f);
			CALL(m, xc_domain_decrease_reservation, d, counts[j],
			     0, f);
			CALL(m, xc_domain_decrease_reservation_exact, d,
			     counts[j], 0, f);
			CALL(m, xc_domain_decrease_reservation_exact, d,
			     counts[j], 50, f);
			bytes(m, "list", f, sizeof(f));
		}
	}
}

/* NULL where a list should be, and as many as cannot be. */
static void no_list(struct mode *m)
{
	static const unsigned long counts[] = { 0, 1, 1UL << 40, -1UL };
	unsigned int i, j;
	uint32_t d;

	for (i = 0; i < nr_strangers; i++) {
		d = strangers[i];
		for (j = 0; j < NR(counts); j++) {
			CALL(m, xc_domain_populate_physmap, d, counts[j], 0, 0,
			     NULL);
			CALL(m, xc_domain_populate_physmap_exact, d, counts[j],
			     0, 0, NULL);
			CALL(m, xc_domain_increase_reservation, d, counts[j],
			     0, 0, NULL);
			CALL(m, xc_domain_increase_reservation_exact, d,
			     counts[j], 0, 0, NULL);
			CALL(m, xc_domain_decrease_reservation, d, counts[j],
			     0, NULL);
			CALL(m, xc_domain_decrease_reservation_exact, d,
			     counts[j], 0, NULL);
		}
	}
}

static void claim(struct mode *m)
{
	static const unsigned long counts[] = {
		1, 100, TWIN_KB / 4, 1UL << 40, -1UL, 0,
	};
	xc_dominfo_t info;
	xen_pfn_t f[N];
	unsigned int i, j;

	give(m, N, 0, f);
	for (i = 0; i < NR(counts); i++) {
		CALL(m, xc_domain_claim_pages, m->twin, counts[i]);
		m->api.xc_domain_getinfo(m->xch, m->twin, 1, &info);
		note(m, "outstanding %lu of %lu", info.nr_outstanding_pages,
		     info.nr_pages);
		for (j = 0; j < nr_strangers; j++)
			CALL(m, xc_domain_claim_pages, strangers[j], counts[i]);
	}
	take(m, N, 0, f);
}

static void exchange(struct mode *m)
{
	xen_pfn_t in[N], out[N], zero[N] = { 0 }, bad[N];
	unsigned int i;

	give(m, 8, 0, in);
	memset(out, 0xcc, sizeof(out));
	CALL(m, xc_domain_memory_exchange_pages, m->twin, 8, 0, in, 2, 2, out);
	note_frames(m, m->twin, out, zero, 2);
	note(m, "%d %d", belongs(m->twin, in[0]), belongs(m->twin, in[7]));
	pages(m);
	/* Back to single ones. */
	memcpy(in, out, 2 * sizeof(*in));
	CALL(m, xc_domain_memory_exchange_pages, m->twin, 2, 2, in, 8, 0, out);
	note_frames(m, m->twin, out, zero, 8);
	take(m, 8, 0, out);
	CALL(m, xc_domain_memory_exchange_pages, m->twin, 2, 2, in, 7, 0, out);
	CALL(m, xc_domain_memory_exchange_pages, m->twin, 2, 2, in, 8, 0, out);
	note_frames(m, m->twin, out, zero, 8);
	CALL(m, xc_domain_memory_exchange_pages, m->twin, 0, 0, in, 0, 0, out);
	CALL(m, xc_domain_memory_exchange_pages, m->twin, 1, 0, NULL, 1, 0,
	     NULL);
	number(bad, N, NO_FRAME);
	for (i = 0; i < nr_strangers; i++) {
		memset(out, 0xcc, sizeof(out));
		CALL(m, xc_domain_memory_exchange_pages, strangers[i], 4, 0,
		     bad, 1, 2, out);
		bytes(m, "out", out, sizeof(out));
		CALL(m, xc_domain_memory_exchange_pages, strangers[i],
		     1UL << 40, 0, bad, 1UL << 40, 0, out);
		CALL(m, xc_domain_memory_exchange_pages, strangers[i], 0, 0,
		     NULL, 0, 0, NULL);
	}
	pages(m);
}

static void below_4g(struct mode *m)
{
	xen_pfn_t f[1], frame;
	unsigned int i;

	give(m, 1, 0, f);
	frame = CALL_PTR(m, xc_make_page_below_4G, m->twin, f[0]);
	note(m, "%d %d", belongs(m->twin, frame), frame >> 20 != 0);
	pages(m);
	take(m, 1, 0, &frame);
	for (i = 0; i < nr_strangers; i++)
		CALL_PTR(m, xc_make_page_below_4G, strangers[i], NO_FRAME);
}

/*
 * A list that is large enough for Xen to be used in place, in memory of the
 * library's own, and one of more than a lane holds.
 */
static void big_lists(struct mode *m)
{
	xc_hypercall_buffer_t buf = { 0 };
	const unsigned int nr = 2000;
	xen_pfn_t *f, *asked;

	asked = malloc(nr * sizeof(*asked));
	number(asked, nr, 0);
	f = m->api.xc__hypercall_buffer_alloc(m->xch, &buf, nr * sizeof(*f));
	number(f, nr, 0);
	CALL(m, xc_domain_populate_physmap_exact, m->twin, nr, 0, 0, f);
	note_frames(m, m->twin, f, asked, 100);
	pages(m);
	memcpy(asked, f, nr * sizeof(*asked));
	m->api.xc__hypercall_buffer_free(m->xch, &buf);
	CALL(m, xc_domain_decrease_reservation_exact, m->twin, nr, 0, asked);
	pages(m);
	free(asked);
}

static const struct diff_case cases[] = {
	{ "populated, and given back", populate_some, 1 },
	{ "populated to the limit", populate_all, 1 },
	{ "increased", increase, 1 },
	{ "what Xen refuses", refused, 1 },
	{ "no list", no_list, 1 },
	{ "claimed", claim, 1 },
	{ "exchanged", exchange, 1 },
	{ "below 4 GiB", below_4g, 1 },
	{ "long lists, and lists in place", big_lists, 1 },
};

int main(void)
{
	unsigned int i;

	ksft_print_header();
	open_modes();
	make_domains();
	allow_memory();
	strangers[nr_strangers++] = dom_a;
	for (i = 0; i < NR(bad_domids); i++) {
		/* Not DOMID_SELF: that is dom0. */
		if (bad_domids[i] != 0x7ff0)
			strangers[nr_strangers++] = bad_domids[i];
	}
	ksft_set_plan(NR(cases) + 1);
	run_cases(cases, NR(cases));
	all_called("xc_diff_memory");
	end_domains();
	ksft_finished();
}
