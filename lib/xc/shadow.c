// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * A domain's pages, watched: shadow operations, the log of dirty pages, page
 * types, broken pages.
 */
#include "engine.h"
#include "guest_abi.h"

#if XC_RELEASE >= 417
XC_API int xc_shadow_control(xc_interface *xch, uint32_t domid,
			     unsigned int sop, unsigned int *mb,
			     unsigned int mode)
{
	struct xe_cursor *k;
	struct xen_domctl *d;

	d = xe_open_domctl(&k, xch, XEN_DOMCTL_shadow_op, domid);
	if (!d)
		return -1;
	memset(&d->u, 0, sizeof(d->u));
	d->u.shadow_op.op = sop;
	d->u.shadow_op.mb = mb ? *mb : 0;
	d->u.shadow_op.mode = mode;
	if (!mb)
		return xe_end(k, XE_DOMCTL, d);
	return xe_end_part(k, XE_DOMCTL, d, mb,
			   offsetof(struct xen_domctl, u.shadow_op.mb),
			   sizeof(*mb));
}
#endif

static long logdirty_done(struct xe_done *done, long ret)
{
	const struct xen_domctl *d = done->block;

	if (done->to[0])
		memcpy(done->to[0], &d->u.shadow_op.stats,
		       sizeof(xc_shadow_op_stats_t));
	if (done->to[1])
		*(unsigned long *)done->to[1] = d->u.shadow_op.mb;
	if (ret)
		return ret;
	/* 4.14's xc_shadow_control is an int, in a batch too. */
	return XC_RELEASE < 417 ? (int)d->u.shadow_op.pages :
	       (long)d->u.shadow_op.pages;
}

static long long shadow_op(xc_interface *xch, uint32_t domid, unsigned int sop,
			   xc_hypercall_buffer_t *dirty_bitmap,
			   unsigned long pages, unsigned long *mb,
			   unsigned int mode, xc_shadow_op_stats_t *stats)
{
	DECLARE_HYPERCALL_BUFFER_ARGUMENT(dirty_bitmap);
	struct xe_cursor *k = xe_open(xch, XE_DONE_SIZE);
	struct xe_done *done;
	struct xen_domctl *d;

	if (!k)
		return -1;
	d = xe_domctl(k, XEN_DOMCTL_shadow_op, domid);
	memset(&d->u, 0, sizeof(d->u));
	d->u.shadow_op.op = sop;
	d->u.shadow_op.pages = pages;
	d->u.shadow_op.mb = mb ? *mb : 0;
	d->u.shadow_op.mode = mode;
	if (dirty_bitmap)
		set_xen_guest_handle(d->u.shadow_op.dirty_bitmap, dirty_bitmap);
	done = xe_done_new(k, logdirty_done);
	done->block = d;
	done->to[0] = stats;
	done->to[1] = mb;
	return xe_end1_done(k, XE_DOMCTL, d, done);
}

#if XC_RELEASE < 417
XC_API int xc_shadow_control(xc_interface *xch, uint32_t domid,
			     unsigned int sop,
			     xc_hypercall_buffer_t *dirty_bitmap,
			     unsigned long pages, unsigned long *mb,
			     uint32_t mode, xc_shadow_op_stats_t *stats)
{
	return shadow_op(xch, domid, sop, dirty_bitmap, pages, mb, mode, stats);
}
#else
XC_API long long xc_logdirty_control(xc_interface *xch, uint32_t domid,
				     unsigned int sop,
				     xc_hypercall_buffer_t *dirty_bitmap,
				     unsigned long pages, unsigned int mode,
				     xc_shadow_op_stats_t *stats)
{
	return shadow_op(xch, domid, sop, dirty_bitmap, pages, NULL, mode,
			 stats);
}
#endif

/* Stock tries again where its buffers may fault. The arena's do not. */
XC_API int xc_get_pfn_type_batch(xc_interface *xch, uint32_t dom,
				 unsigned int num, xen_pfn_t *arr)
{
	size_t size = num * sizeof(*arr);
	struct xe_cursor *k;
	struct xe_done *done;
	struct xen_domctl *d;

	k = xe_open(xch, XE_DONE_SIZE + xe_need(arr, size));
	if (!k)
		return -1;
	d = xe_domctl(k, XEN_DOMCTL_getpageframeinfo3, dom);
	done = xe_done_new(k, NULL);
	d->u.getpageframeinfo3.num = num;
	set_xen_guest_handle_raw(d->u.getpageframeinfo3.array,
				 xe_inout(k, done, arr, size));
	return xe_end1_done(k, XE_DOMCTL, d, done);
}

XC_API int xc_set_broken_page_p2m(xc_interface *xch, uint32_t domid,
				  unsigned long pfn)
{
	struct xe_cursor *k;
	struct xen_domctl *d;

	d = xe_open_domctl(&k, xch, XEN_DOMCTL_set_broken_page_p2m, domid);
	if (!d)
		return -1;
	d->u.set_broken_page_p2m.pfn = pfn;
	return xe_end(k, XE_DOMCTL, d);
}
