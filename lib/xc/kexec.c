// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Images that the machine boots or crashes into.
 */
#include "call1.h"

#include <xen/kexec.h>

#define KEXEC __HYPERVISOR_kexec_op

/* A few bytes, and no answer but the return value. */
static int kexec(xc_interface *xch, uint64_t cmd, const void *arg, size_t size)
{
	struct xe_cursor *k = xe_open(xch, 0);

	return k ? xe_end2(k, KEXEC, cmd, xe_block_of(k, arg, size)) : -1;
}

/* Xen does it on cpu 0 and comes back only if it failed: see hotplug.c. */
XC_API int xc_kexec_exec(xc_interface *xch, int type)
{
	struct xe_batch *b = xe_pause(xch);
	struct xe_cursor *k = xe_open_now(xch, 0);
	xen_kexec_exec_t exec = { .type = type };
	int rc = -1;

	if (k)
		rc = xe_end2(k, KEXEC, KEXEC_CMD_kexec, xe_block(k, &exec));
	return xe_resume(b, xch, rc);
}

static long range_done(struct xe_done *done, long ret)
{
	const xen_kexec_range_t *range = done->block;

	*(uint64_t *)done->to[0] = range->size;
	*(uint64_t *)done->to[1] = range->start;
	return ret;
}

XC_API int xc_kexec_get_range(xc_interface *xch, int range, int nr,
			      uint64_t *size, uint64_t *start)
{
	struct xe_cursor *k = xe_open(xch, XE_DONE_SIZE);
	xen_kexec_range_t *ask;
	struct xe_done *done;

	if (!k)
		return -1;
	ask = xe_block(k, (&(const xen_kexec_range_t){
		.range = range,
		.nr = nr,
	}));
	done = xe_done_new(k, range_done);
	done->block = ask;
	done->to[0] = size;
	done->to[1] = start;
	return xe_end2_done(k, KEXEC, KEXEC_CMD_kexec_get_range, ask, done);
}

/* What the segments point to is the caller's, and must be fit for Xen. */
XC_API int xc_kexec_load(xc_interface *xch, uint8_t type, uint16_t arch,
			 uint64_t entry_maddr, uint32_t nr_segments,
			 xen_kexec_segment_t *segments)
{
	size_t size = sizeof(*segments) * nr_segments;
	struct xe_cursor *k = xe_open(xch, xe_need(segments, size));
	xen_kexec_load_t *load;

	if (!k) {
		xc_perr(xch, "Could not allocate bounce buffer for kexec load"
			" hypercall");
		return -1;
	}
	load = xe_block(k, (&(const xen_kexec_load_t){
		.type = type,
		.arch = arch,
		.entry_maddr = entry_maddr,
		.nr_segments = nr_segments,
	}));
	set_xen_guest_handle_raw(load->segments.h, xe_in(k, segments, size));
	return xe_end2(k, KEXEC, KEXEC_CMD_kexec_load, load);
}

XC_API int xc_kexec_unload(xc_interface *xch, int type)
{
	xen_kexec_unload_t unload = { .type = type };

	return kexec(xch, KEXEC_CMD_kexec_unload, &unload, sizeof(unload));
}

XC_API int xc_kexec_status(xc_interface *xch, int type)
{
	xen_kexec_status_t status = { .type = type };

	return kexec(xch, KEXEC_CMD_kexec_status, &status, sizeof(status));
}
