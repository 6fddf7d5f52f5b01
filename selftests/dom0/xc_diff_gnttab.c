// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Promise: grant tables and grants by libxenctrl's own names are as with
 * stock's: tables mapped by hypercall, pages granted by gntalloc and mapped by
 * gntdev, written on one side and read on the other.
 *
 * dom0 grants to itself: no guest is needed. Only a PV dom0 can do so and live:
 * in an auto-translated domain Xen takes the page away from where it was when
 * the domain maps its own grant (p2m_add_page in Xen 4.17's
 * xen/arch/x86/mm/p2m.c), and nothing gives it back. There only what maps no
 * such grant is tried.
 */
#include <sys/mman.h>

#include "helper/xc_diff.h"
#include "helper/xc_frames.h"

#include <xen/features.h>

#define N 4
static uint32_t domids[8];
static unsigned int nr_domids;

static void table(struct mode *m)
{
	grant_entry_v1_t *v1;
	grant_entry_v2_t *v2;
	unsigned int i;
	int nr;

	for (i = 0; i < nr_domids; i++) {
		nr = 77;
		v1 = CALL_PTR(m, xc_gnttab_map_table_v1, domids[i], &nr);
		note(m, "%d entries", nr);
		if (v1) {
			/* A domain that never ran granted what Xen did. */
			if (domids[i] == dom_a || domids[i] == dom_b)
				bytes(m, "table", v1, nr * sizeof(*v1));
			note(m, "%d", munmap(v1, nr * sizeof(*v1)));
		}
		nr = 77;
		v2 = CALL_PTR(m, xc_gnttab_map_table_v2, domids[i], &nr);
		note(m, "%d entries", nr);
		if (v2)
			note(m, "%d", munmap(v2, nr * sizeof(*v1)));
		CALL_PTR(m, xc_gnttab_map_table_v1, domids[i], NULL);
		CALL_PTR(m, xc_gnttab_map_table_v2, domids[i], NULL);
	}
}

#define NOTE_RC(m, name, ...) ({ \
	errno = 0; \
	int rc_ = DO(m, name, __VA_ARGS__); \
	note(m, "%s = %d, errno %d", #name, rc_, rc_ ? errno : 0); \
	rc_; })

#define NOTE_PTR(m, name, ...) ({ \
	errno = 0; \
	void *p_ = DO(m, name, __VA_ARGS__); \
	note(m, "%s = %d, errno %d", #name, !!p_, p_ ? 0 : errno); \
	p_; })

/* One side's writing is the other's reading, both ways. */
static void both_ways(struct mode *m, char *a, char *b, unsigned int nr)
{
	unsigned int i;

	for (i = 0; i < nr; i++) {
		memset(a + i * PAGE, 10 + i, PAGE);
		note(m, "there %d", b[i * PAGE] == (char)(10 + i) &&
		     !memcmp(b + i * PAGE, b + i * PAGE + 1, PAGE - 1));
		memset(b + i * PAGE, 50 + i, PAGE);
		note(m, "back %d", a[i * PAGE] == (char)(50 + i) &&
		     !memcmp(a + i * PAGE, a + i * PAGE + 1, PAGE - 1));
	}
}

struct sides {
	xc_gntshr *shr;
	xc_gnttab *tab;
};

static struct sides open_sides(struct mode *m)
{
	struct sides s;

	s.shr = NOTE_PTR(m, xc_gntshr_open, &m->log.vtable, 0);
	s.tab = NOTE_PTR(m, xc_gnttab_open, &m->log.vtable, 0);
	if (!s.shr || !s.tab)
		ksft_exit_fail_msg("no grant devices: %s\n", strerror(errno));
	return s;
}

static void close_sides(struct mode *m, struct sides s)
{
	NOTE_RC(m, xc_gnttab_close, s.tab);
	NOTE_RC(m, xc_gntshr_close, s.shr);
}

static void granted(struct mode *m)
{
	struct sides s = open_sides(m);
	uint32_t refs[N], doms[N] = { 0 };
	char *mine, *p;

	NOTE_RC(m, xc_gnttab_set_max_grants, s.tab, 64);
	mine = NOTE_PTR(m, xc_gntshr_share_pages, s.shr, 0, N, refs, 1);
	if (!mine)
		goto out;
	p = NOTE_PTR(m, xc_gnttab_map_grant_ref, s.tab, 0, refs[0],
		     PROT_READ | PROT_WRITE);
	if (p) {
		both_ways(m, mine, p, 1);
		NOTE_RC(m, xc_gnttab_munmap, s.tab, p, 1);
	}
	p = NOTE_PTR(m, xc_gnttab_map_grant_refs, s.tab, N, doms, refs,
		     PROT_READ | PROT_WRITE);
	if (p) {
		both_ways(m, mine, p, N);
		NOTE_RC(m, xc_gnttab_munmap, s.tab, p, N);
	}
	p = NOTE_PTR(m, xc_gnttab_map_domain_grant_refs, s.tab, N, 0, refs,
		     PROT_READ | PROT_WRITE);
	if (p) {
		both_ways(m, mine, p, N);
		NOTE_RC(m, xc_gnttab_munmap, s.tab, p, N);
		NOTE_RC(m, xc_gnttab_munmap, s.tab, p, N);
	}
	NOTE_RC(m, xc_gntshr_munmap, s.shr, mine, N);
out:
	close_sides(m, s);
}

static void notified(struct mode *m)
{
	struct sides s = open_sides(m);
	uint32_t ref[1];
	char *mine, *p;

	mine = NOTE_PTR(m, xc_gntshr_share_page_notify, s.shr, 0, ref, 1, 7,
			(evtchn_port_t)-1);
	if (!mine)
		goto out;
	mine[7] = mine[9] = 1;
	p = NOTE_PTR(m, xc_gnttab_map_grant_ref_notify, s.tab, 0, ref[0],
		     PROT_READ | PROT_WRITE, 9, (evtchn_port_t)-1);
	if (p) {
		both_ways(m, mine, p, 1);
		mine[7] = mine[9] = 1;
		NOTE_RC(m, xc_gnttab_munmap, s.tab, p, 1);
		/* The byte that tells that it went. */
		note(m, "%d %d", mine[7], mine[9]);
	}
	p = NOTE_PTR(m, xc_gnttab_map_grant_ref, s.tab, 0, ref[0], PROT_READ);
	NOTE_RC(m, xc_gntshr_munmap, s.shr, mine, 1);
	if (p) {
		note(m, "%d %d", p[7], p[9]);
		NOTE_RC(m, xc_gnttab_munmap, s.tab, p, 1);
	}
out:
	close_sides(m, s);
}

static void wrong(struct mode *m)
{
	struct sides s = open_sides(m);
	uint32_t refs[N] = { 0x7ffffff, 0x7fffffe, 0x7fffffd, ~0U };
	uint32_t doms[N] = { 31999, 0x7ff4, dom_a, 0xffff };
	unsigned int i;
	char page[1];

	for (i = 0; i < N; i++) {
		NOTE_PTR(m, xc_gnttab_map_grant_ref, s.tab, doms[i], refs[i],
			 PROT_READ);
		NOTE_PTR(m, xc_gnttab_map_domain_grant_refs, s.tab, N, doms[i],
			 refs, PROT_READ);
		NOTE_PTR(m, xc_gnttab_map_grant_ref_notify, s.tab, doms[i],
			 refs[i], PROT_READ, 0, (evtchn_port_t)-1);
	}
	NOTE_PTR(m, xc_gnttab_map_grant_refs, s.tab, N, doms, refs, PROT_READ);
	NOTE_PTR(m, xc_gnttab_map_grant_refs, s.tab, 0, doms, refs, PROT_READ);
	NOTE_RC(m, xc_gnttab_munmap, s.tab, NULL, 1);
	NOTE_RC(m, xc_gnttab_munmap, s.tab, NULL, 0);
	NOTE_PTR(m, xc_gntshr_share_pages, s.shr, 0, 0, refs, 1);
	NOTE_PTR(m, xc_gntshr_share_page_notify, s.shr, 0, refs, 1, 99999,
		 (evtchn_port_t)-1);
	NOTE_RC(m, xc_gntshr_munmap, s.shr, page, 0);
	close_sides(m, s);
}

static const struct diff_case cases[] = {
	{ "grant tables", table, 1 },
	{ "what is refused", wrong, 1 },
};

static const struct diff_case own_cases[] = {
	{ "granted and mapped", granted, 1 },
	{ "the other side told", notified, 1 },
};

static bool is_translated(void)
{
	xen_feature_info_t info = { .submap_idx = 0 };

	if (modes[0].api.xc_version(modes[0].xch, XENVER_get_features, &info))
		ksft_exit_fail_msg("xc_version: %s\n", strerror(errno));
	return info.submap >> XENFEAT_auto_translated_physmap & 1;
}

static void own_grants(void)
{
	size_t i;

	if (!is_translated()) {
		run_cases(own_cases, NR(own_cases));
		all_called("xc_diff_gnttab");
		return;
	}
	for (i = 0; i < NR(own_cases); i++)
		ksft_test_result_skip("%s: not a PV dom0\n", own_cases[i].name);
	ksft_test_result_skip("not every function was called\n");
}

int main(void)
{
	unsigned int i;

	ksft_print_header();
	open_modes();
	make_domains();
	domids[nr_domids++] = dom_a;
	domids[nr_domids++] = dom_b;
	domids[nr_domids++] = 0;
	for (i = 0; i < NR(bad_domids); i++)
		domids[nr_domids++] = bad_domids[i];
	ksft_set_plan(NR(cases) + NR(own_cases) + 1);
	run_cases(cases, NR(cases));
	own_grants();
	end_domains();
	ksft_finished();
}
