// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Promise: our libxenctrl answers as stock's does, byte for byte, at once and
 * in a batch: what looks at Xen itself or changes it. Live patches, images to
 * boot into, trace buffers, counters, machine checks. Nothing here succeeds
 * that would not leave Xen as it is.
 */
#include "helper/xc_diff.h"

#define NAME XEN_LIVEPATCH_NAME_SIZE

static void patches(struct mode *m)
{
	static unsigned char garbage[9000];
	static const uint32_t sizes[] = { 0, 1, 64, sizeof(garbage) };
	char longest[NAME], too_long[NAME + 1];
	char *names[] = { "", "nothing", longest, too_long };
	struct xen_livepatch_status status;
	unsigned int i, j;

	memset(longest, 'n', sizeof(longest));
	longest[NAME - 1] = 0;
	memset(too_long, 'n', sizeof(too_long));
	too_long[NAME] = 0;
	memset(garbage, 0x7f, sizeof(garbage));
	for (i = 0; i < NR(names); i++) {
		for (j = 0; j < NR(sizes); j++)
			CALL(m, xc_livepatch_upload, names[i], garbage,
			     sizes[j]);
		CALL(m, xc_livepatch_upload, names[i], NULL, 5);
		memset(&status, 0xcc, sizeof(status));
		CALL(m, xc_livepatch_get, names[i], &status);
		bytes(m, "status", &status, sizeof(status));
		CALL(m, xc_livepatch_apply, names[i], 0, 0);
		CALL(m, xc_livepatch_revert, names[i], ~0U, 0);
		CALL(m, xc_livepatch_unload, names[i], 1, ~0U);
		CALL(m, xc_livepatch_replace, names[i], 0, 1);
	}
	memset(&status, 0xcc, sizeof(status));
	CALL(m, xc_livepatch_upload, NULL, garbage, 5);
	CALL(m, xc_livepatch_get, NULL, &status);
	bytes(m, "status", &status, sizeof(status));
}

struct patch_list {
	struct xen_livepatch_status info[3];
	uint32_t len[3], metadata_len[3];
	char name[100], metadata[100];
	unsigned int done, left;
};

static void list_patches(struct mode *m)
{
	static const unsigned int max[] = { 0, 1, 3, 3 };
	static const uint32_t texts[] = { 0, 1, 64, 100 };
	unsigned int nr = 7, i, j;
	uint32_t a = 8, b = 9;
	struct patch_list l;

	CALL(m, xc_livepatch_list_get_sizes, &nr, &a, &b);
	note(m, "%u %u %u", nr, a, b);
	CALL(m, xc_livepatch_list_get_sizes, NULL, &a, &b);
	CALL(m, xc_livepatch_list_get_sizes, &nr, NULL, &b);
	CALL(m, xc_livepatch_list_get_sizes, &nr, &a, NULL);
	for (i = 0; i < NR(max); i++) {
		for (j = 0; j < NR(texts); j++) {
			memset(&l, 0xcc, sizeof(l));
			CALL(m, xc_livepatch_list, max[i], i, l.info, l.name,
			     l.len, texts[j], l.metadata, l.metadata_len,
			     texts[NR(texts) - 1 - j], &l.done, &l.left);
			bytes(m, "list", &l, sizeof(l));
		}
	}
	memset(&l, 0xcc, sizeof(l));
	/* Each of its pointers, missing. */
	for (i = 0; i < 7; i++) {
		CALL(m, xc_livepatch_list, 3, 0, i == 0 ? NULL : l.info,
		     i == 1 ? NULL : l.name, i == 2 ? NULL : l.len, 100,
		     i == 3 ? NULL : l.metadata,
		     i == 4 ? NULL : l.metadata_len, 100,
		     i == 5 ? NULL : &l.done, i == 6 ? NULL : &l.left);
		bytes(m, "list", &l, sizeof(l));
	}
}

static void kexec(struct mode *m)
{
	/*
	 * By their lowest byte the first four are two kinds of images, twice
	 * each: Xen's status turns with every unload, loaded or not
	 * (kexec_swap_images in common/kexec.c, 4.17).
	 */
	static const int types[] = { 0, 1, 256, 257, 2, 77, -1 };
	xen_kexec_segment_t segments[20];
	uint64_t size, start;
	unsigned int i, j;

	memset(segments, 0, sizeof(segments));
	for (i = 0; i < 12; i++) {
		for (j = 0; j < 3; j++) {
			size = 0xcc;
			start = 0xdd;
			CALL(m, xc_kexec_get_range, (int)i - 1, (int)j * 100,
			     &size, &start);
			note(m, "%#llx %#llx", (long long)size,
			     (long long)start);
		}
	}
	for (i = 0; i < NR(types); i++) {
		/* Too many segments, and none where they should be. */
		CALL(m, xc_kexec_load, types[i], 77, 0x100000, 20, segments);
		CALL(m, xc_kexec_load, types[i], 62, ~0ULL, 3, NULL);
		CALL(m, xc_kexec_status, types[i]);
		CALL(m, xc_kexec_unload, types[i]);
	}
	/* No kinds: nothing to boot into. */
	for (i = 2; i < NR(types); i++) {
		CALL(m, xc_kexec_load, 2, 62, 0x100000, i, segments);
		CALL(m, xc_kexec_exec, types[i]);
	}
}

static void counters(struct mode *m)
{
	DECLARE_HYPERCALL_BUFFER(xc_perfc_desc_t, desc);
	DECLARE_HYPERCALL_BUFFER(xc_perfc_val_t, val);
	DECLARE_HYPERCALL_BUFFER(xc_lockprof_data_t, locks);
	int a, b;
	uint32_t n;
	uint64_t t = 5;

	CALL(m, xc_perfc_reset);
	/* If Xen refuses, stock gives what was on its stack. */
	if (!CALL(m, xc_perfc_query_number, &a, &b))
		note(m, "%d %d", a, b);
	CALL(m, xc_perfc_query_number, NULL, NULL);
	desc = m->api.xc__hypercall_buffer_alloc_pages(
		m->xch, HYPERCALL_BUFFER(desc), 1);
	val = m->api.xc__hypercall_buffer_alloc_pages(
		m->xch, HYPERCALL_BUFFER(val), 1);
	locks = m->api.xc__hypercall_buffer_alloc_pages(
		m->xch, HYPERCALL_BUFFER(locks), 1);
	CALL(m, xc_perfc_query, HYPERCALL_BUFFER(desc), HYPERCALL_BUFFER(val));
	CALL(m, xc_lockprof_reset);
	if (!CALL(m, xc_lockprof_query_number, &n))
		note(m, "%u", n);
	n = 3;
	if (!CALL(m, xc_lockprof_query, &n, &t, HYPERCALL_BUFFER(locks)))
		note(m, "%u", n);
	note(m, "%llu", (long long)t);
	bytes(m, "counters", desc, 64);
	bytes(m, "values", val, 64);
	bytes(m, "locks", locks, 64);
	m->api.xc__hypercall_buffer_free_pages(m->xch, HYPERCALL_BUFFER(desc),
					       1);
	m->api.xc__hypercall_buffer_free_pages(m->xch, HYPERCALL_BUFFER(val),
					       1);
	m->api.xc__hypercall_buffer_free_pages(m->xch, HYPERCALL_BUFFER(locks),
					       1);
}

static void machine_checks(struct mode *m)
{
	uint8_t none[16] = { 0 }, cpu0[16] = { 1 };
	struct xen_mc mc;
	unsigned int i;

	for (i = 0; i < 3; i++) {
		/* The version is the caller's own, or Xen refuses. */
		memset(&mc, 0, sizeof(mc));
		mc.interface_version = i ? XEN_MCA_INTERFACE_VERSION : 5;
		mc.cmd = i == 2 ? 99 : XEN_MC_physcpuinfo;
		CALL(m, xc_mca_op, &mc);
		bytes(m, "mc", &mc, sizeof(mc));
	}
	/* 7 is no kind of check, and the last cpu is not there. */
	none[15] = 0x80;
	CALL(m, xc_mca_op_inject_v2, 7, cpu0, 8);
	CALL(m, xc_mca_op_inject_v2, 7, cpu0, 128);
	CALL(m, xc_mca_op_inject_v2, 7, none, 128);
	CALL(m, xc_mca_op_inject_v2, 0, none, 128);
	CALL(m, xc_mca_op_inject_v2, 0, none, 0);
	CALL(m, xc_mca_op_inject_v2, 0, NULL, 0);
	CALL(m, xc_mca_op_inject_v2, 1, NULL, 55);
	CALL(m, xc_mca_op_inject_v2, XEN_MC_INJECT_CPU_BROADCAST | 7, NULL, 0);
}

/* Trace buffers: their size is set once after a boot, and never again. */

static struct xen_sysctl_tbuf_op tbuf(void)
{
	struct xen_sysctl s = {
		.cmd = XEN_SYSCTL_tbuf_op,
		.u.tbuf_op.cmd = XEN_SYSCTL_TBUFOP_get_info,
	};

	if (modes[0].api.xc_sysctl(modes[0].xch, &s))
		ksft_exit_fail_msg("XEN_SYSCTL_tbuf_op: %s\n", strerror(errno));
	return s.u.tbuf_op;
}

static void no_trace_yet(struct mode *m)
{
	unsigned long size = 77, mfn = 88;

	if (!tbuf().size)
		CALL(m, xc_tbuf_get_size, &size);
	if (!tbuf().size)
		CALL(m, xc_tbuf_enable, 0, &mfn, &size);
	note(m, "%lu %lu", size, mfn);
	CALL(m, xc_tbuf_disable);
}

#define TRACE_PAGES 2

/* After a boot the one who sets it is ours, in a batch. */
static bool set_size(void)
{
	struct xc_batch_result r = { 0, 0, 0 };
	struct mode *m = &modes[2];

	if (tbuf().size)
		return true;
	if (m->begin(m->xch) ||
	    m->api.xc_tbuf_set_size(m->xch, TRACE_PAGES) ||
	    m->commit(m->xch, &r, 1))
		return false;
	return !r.ret && tbuf().size;
}

static void trace(struct mode *m)
{
	unsigned long mfn = 77, size = 88;
	uint8_t *mask = m->api.xc_cpumap_alloc(m->xch);

	CALL(m, xc_tbuf_set_size, TRACE_PAGES + 1);
	CALL(m, xc_tbuf_set_size, ~0UL);
	CALL(m, xc_tbuf_set_size, TRACE_PAGES);
	CALL(m, xc_tbuf_set_evt_mask, 0x10000000);
	note(m, "events %#x", tbuf().evt_mask);
	mask[0] = 2;
	CALL(m, xc_tbuf_set_cpu_mask, mask);
	CALL(m, xc_tbuf_set_cpu_mask, NULL);
	CALL(m, xc_tbuf_enable, 5, &mfn, &size);
	note(m, "at %lu size %lu", mfn, size);
	/*
	 * Refused: Xen shares that frame read-only, and it is mapped for
	 * writing. (If it were not, stock would unmap 4096 times as much.)
	 */
	CALL(m, xc_tbuf_get_size, &size);
	note(m, "size %lu", size);
	CALL(m, xc_tbuf_disable);
	memset(mask, 0xff, m->api.xc_get_cpumap_size(m->xch));
	CALL(m, xc_tbuf_set_cpu_mask, mask);
	CALL(m, xc_tbuf_set_evt_mask, 0);
	note(m, "events %#x", tbuf().evt_mask);
	free(mask);
}

static const struct diff_case cases[] = {
	{ "live patches", patches, 1 },
	{ "the list of live patches", list_patches, 1 },
	{ "images to boot into", kexec, 1 },
	{ "counters and locks", counters, 1 },
	{ "machine checks", machine_checks, 1 },
	{ "no trace buffers yet", no_trace_yet, 1 },
};

static const struct diff_case trace_cases[] = {
	{ "trace buffers", trace, 1 },
};

int main(void)
{
	ksft_print_header();
	open_modes();
	ksft_set_plan(NR(cases) + NR(trace_cases) + 2);
	run_cases(cases, NR(cases));
	ksft_test_result(set_size(), "trace buffers are made\n");
	run_cases(trace_cases, NR(trace_cases));
	all_called("xc_diff_hyper");
	ksft_finished();
}
