/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A paused domain whose memory can be mapped: a PV one, so frames have machine
 * frame numbers. Include after kselftest_harness.h.
 */
#ifndef FRAMES_H
#define FRAMES_H

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "../../../lib/core/xenbatch.h"
#include "xc_domain.h"

#include <xen/memory.h>

/* n frames of memory for domid: their numbers in mfns. 0, or -1 and errno. */
static inline int add_frames(xenbatch *xb, xc_interface *xch, uint32_t domid,
			     size_t n, uint64_t *mfns)
{
	struct xen_memory_reservation *r;
	xen_pfn_t *frames;
	uint64_t args[2];
	int ret = -1;
	size_t i;

	if (xc_domain_setmaxmem(xch, domid, 4 * n + 1024))
		return -1;
	r = xenbatch_alloc(xb, sizeof(*r));
	frames = xenbatch_alloc(xb, n * sizeof(*frames));
	if (r && frames) {
		memset(r, 0, sizeof(*r));
		for (i = 0; i < n; i++)
			frames[i] = i;
		set_xen_guest_handle_raw(r->extent_start, frames);
		r->nr_extents = n;
		r->domid = domid;
		args[0] = XENMEM_populate_physmap;
		args[1] = (uintptr_t)r;
		if (xenbatch_hypercall(xb, __HYPERVISOR_memory_op, args, 2) ==
		    (long)n)
			ret = 0;
		for (i = 0; i < n; i++)
			mfns[i] = frames[i];
	}
	xenbatch_free(xb, frames);
	xenbatch_free(xb, r);
	return ret;
}

#endif /* FRAMES_H */
