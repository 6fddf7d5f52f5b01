// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Cases of Xen itself: images, live patches, traces, counters, machine checks: see test_xc_wire.c.
 */
#include "wire_case.h"

static void simple(void)
{
	CALL(xc_perfc_reset);
	CALL(xc_lockprof_reset);
	CALL(xc_tbuf_set_size, 0x123456789aUL);
	CALL(xc_tbuf_disable);
	CALL(xc_tbuf_set_evt_mask, 0xdeadbeef);
	CALL(xc_kexec_exec, 0x123);
	CALL(xc_kexec_status, 0x123);
	CALL(xc_kexec_unload, 0x124);
}

static void kexec(void)
{
	xen_kexec_segment_t segments[2];
	uint64_t size, start;

	UNSET(size);
	UNSET(start);
	CALL(xc_kexec_get_range, 3, 4, &size, &start);
	OUT(size);
	OUT(start);
	UNSET(segments);
	CALL(xc_kexec_load, 3, 4, 0x123456789a, 2, segments);
	CALL(xc_kexec_load, 3, 4, 0x123456789a, 0, segments);
	CALL(xc_kexec_load, 3, 4, 0x123456789a, 5, NULL);
}

static void patches(void)
{
	struct xen_livepatch_status status;
	unsigned char payload[100];
	char name[XEN_LIVEPATCH_NAME_SIZE + 1];
	unsigned int nr;
	uint32_t a, b;
	size_t i;

	UNSET(payload);
	for (i = 0; i < sizeof(name); i += 64) {
		memset(name, 'n', sizeof(name));
		name[i] = 0;
		if (i)
			name[i - 1] = 'm';
		CALL(xc_livepatch_upload, name, payload, sizeof(payload)
		     ALSO_420(true));
		CALL(xc_livepatch_upload, name, payload, 0 ALSO_420(false));
		UNSET(status);
		CALL(xc_livepatch_get, name, &status);
		OUT(status);
		CALL(xc_livepatch_apply, name, 1, 2);
		CALL(xc_livepatch_revert, name, 3, 4);
		CALL(xc_livepatch_unload, name, 5, 6);
		CALL(xc_livepatch_replace, name, 7, 8);
	}
	UNSET(nr);
	UNSET(a);
	UNSET(b);
	CALL(xc_livepatch_list_get_sizes, &nr, &a, &b);
	OUT(nr);
	OUT(a);
	OUT(b);
}

static void list_with(unsigned int max, unsigned int start, uint32_t names,
		      uint32_t metadata)
{
	struct {
		struct xen_livepatch_status info[10];
		uint32_t len[10], metadata_len[10];
		char name[300], metadata[300];
		unsigned int done, left;
	} l;

	UNSET(l);
	CALL(xc_livepatch_list, max, start, l.info, l.name, l.len, names,
	     l.metadata, l.metadata_len, metadata, &l.done, &l.left);
	OUT(l);
}

static void list(void)
{
	unsigned int i;

	for (i = 0; i < 10; i++) {
		/* Beyond what was said stock writes, and far. */
		list_with(i, 0, 200, 210);
		list_with(i, 1, 220, 190);
		list_with(i, 5, 60, 0);
		list_with(i, 6, 0, 90);
		list_with(i, 6, 10, 90);
	}
}

static void trace(void)
{
	unsigned long mfn, size;
	uint8_t mask[2] = { 0x55, 0x03 };

	UNSET(mfn);
	UNSET(size);
	CALL(xc_tbuf_enable, 3, &mfn, &size);
	OUT(mfn);
	OUT(size);
	CALL(xc_tbuf_set_cpu_mask, mask);
	CALL(xc_tbuf_set_cpu_mask, NULL);
	UNSET(size);
	CALL(xc_tbuf_get_size, &size);
	OUT(size);
}

static void counters(void)
{
	static xc_perfc_desc_t descs[2];
	static xc_perfc_val_t vals[2];
	static xc_lockprof_data_t locks[2];
	/* The caller's own hypercall buffers. */
	struct xc_hypercall_buffer desc = { .hbuf = descs };
	struct xc_hypercall_buffer val = { .hbuf = vals };
	struct xc_hypercall_buffer lock = { .hbuf = locks };
	uint64_t time;
	uint32_t n;
	int a, b;

	UNSET(a);
	UNSET(b);
	CALL(xc_perfc_query_number, &a, &b);
	OUT(a);
	OUT(b);
	CALL(xc_perfc_query_number, NULL, &b);
	OUT(b);
	CALL(xc_perfc_query_number, &a, NULL);
	OUT(a);
	CALL(xc_perfc_query, &desc, &val);
	n = 3;
	UNSET(time);
	CALL(xc_lockprof_query, &n, &time, &lock);
	OUT(n);
	OUT(time);
}

static void machine_checks(void)
{
	uint8_t map[3] = { 0x11, 0x22, 0x33 };
	struct xen_mc mc;

	UNSET(mc);
	CALL(xc_mca_op, &mc);
	OUT(mc);
	CALL(xc_mca_op_inject_v2, 0x12345, map, 20);
	CALL(xc_mca_op_inject_v2, 0x12345, map, 24);
	CALL(xc_mca_op_inject_v2, 0x12345, map, 0);
	CALL(xc_mca_op_inject_v2, 0x12345, NULL, 24);
}

const struct wire_case wire_hyper[] = {
	{ "hypervisor", simple, true },
	{ "kexec", kexec, true },
	{ "patches", patches, false },
	{ "list", list, false },
	{ "trace", trace, false },
	{ "counters", counters, false },
	{ "machine checks", machine_checks, false },
	{ NULL, NULL, false },
};
