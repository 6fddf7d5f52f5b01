// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Xen's trace buffers. Their size can be set once in Xen's life.
 */
#define XC_WANT_COMPAT_MAP_FOREIGN_API
#include <sys/mman.h>

#include "call1.h"

#include <xen/trace.h>

#define TBUF(name, ...) \
	XE_SYSCTL_OP(tbuf_op, .cmd = XEN_SYSCTL_TBUFOP_##name, ##__VA_ARGS__)

XC_API int xc_tbuf_set_size(xc_interface *xch, unsigned long size)
{
	return xe_sysctl1(xch, TBUF(set_size, .size = size));
}

XC_API int xc_tbuf_disable(xc_interface *xch)
{
	return xe_sysctl1(xch, TBUF(disable));
}

XC_API int xc_tbuf_set_evt_mask(xc_interface *xch, uint32_t mask)
{
	return xe_sysctl1(xch, TBUF(set_evt_mask, .evt_mask = mask));
}

XC_API int xc_tbuf_set_cpu_mask(xc_interface *xch, xc_cpumap_t mask)
{
	int size = xc_get_cpumap_size(xch);
	struct xe_cursor *k;
	struct xen_sysctl *s;

	if (size <= 0) {
		xc_perr(xch, "Could not get number of cpus");
		return xe_local(xch, -1, errno);
	}
	k = xe_open(xch, xe_need(mask, size));
	if (!k) {
		xc_perr(xch, "Could not allocate memory for"
			" xc_tbuf_set_cpu_mask hypercall");
		return -1;
	}
	s = xe_block(k, TBUF(set_cpu_mask));
	s->u.tbuf_op.cpu_mask.nr_bits = xc_get_max_cpus(xch);
	set_xen_guest_handle_raw(s->u.tbuf_op.cpu_mask.bitmap,
				 xe_in(k, mask, size));
	return xe_end(k, XE_SYSCTL, s);
}

/* Where the buffers are described: a frame, and that many bytes. */
static long info_done(struct xe_done *done, long ret)
{
	const struct xen_sysctl *s = done->block;

	if (!ret) {
		*(unsigned long *)done->to[0] = s->u.tbuf_op.buffer_mfn;
		*(unsigned long *)done->to[1] = s->u.tbuf_op.size;
	}
	return ret;
}

static int get_info(xc_interface *xch, unsigned long *mfn, unsigned long *size)
{
	return xe_sysctl1_done(xch, TBUF(get_info), info_done, mfn, size);
}

/*
 * Stock takes the description away by its size in bytes, as if that were
 * pages, and much else with it. Here it is what was mapped.
 */
static int get_size(xc_interface *xch, unsigned long *size)
{
	unsigned long mfn, bytes;
	struct t_info *info;
	int rc = get_info(xch, &mfn, &bytes);

	if (rc)
		return rc;
	info = xc_map_foreign_range(xch, DOMID_XEN, bytes,
				    PROT_READ | PROT_WRITE, mfn);
	if (!info)
		return -1;
	if (info->tbuf_size)
		*size = info->tbuf_size;
	else
		rc = -1;
	munmap(info, bytes);
	return rc;
}

XC_API int xc_tbuf_get_size(xc_interface *xch, unsigned long *size)
{
	struct xe_batch *b = xe_pause(xch);

	return xe_resume(b, xch, get_size(xch, size));
}

/* The size may be set already, so what Xen says to that does not count. */
XC_API int xc_tbuf_enable(xc_interface *xch, unsigned long pages,
			  unsigned long *mfn, unsigned long *size)
{
	struct xe_batch *b = xe_pause(xch);
	int rc = -1;

	xc_tbuf_set_size(xch, pages);
	if (!xe_sysctl1(xch, TBUF(enable))) {
		get_info(xch, mfn, size);
		rc = 0;
	}
	return xe_resume(b, xch, rc);
}
