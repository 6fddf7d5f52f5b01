// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * vcpus: what they did, and their registers.
 */
#include "engine.h"

/*
 * The question, with its padding: the user gets back what was in the arena
 * there, and the same question should get the same bytes. In words, because a
 * store of bytes could be one to the cursor for all that gcc knows, which then
 * has to be read again.
 */
struct vcpuinfo_words {
	uint32_t vcpu;
	uint32_t online_blocked_running;
	uint64_t cpu_time;		/* Xen sets it: not ours to clear */
	uint32_t cpu;
	uint32_t padding;
};
_Static_assert(sizeof(struct vcpuinfo_words) == sizeof(xc_vcpuinfo_t), "");
_Static_assert(offsetof(xc_vcpuinfo_t, vcpu) == 0, "");

static inline __attribute__((always_inline)) void
ask_for(struct xen_domctl *d, uint32_t vcpu)
{
	struct vcpuinfo_words *words = (void *)&d->u;

	words->vcpu = (uint16_t)vcpu;
	words->online_blocked_running = 0;
	words->cpu = 0;
	words->padding = 0;
}

static inline __attribute__((always_inline)) int
getinfo(struct xe_cursor *k, uint32_t domid, uint32_t vcpu, xc_vcpuinfo_t *info)
{
	struct xen_domctl *d = xe_domctl(k, XEN_DOMCTL_getvcpuinfo, domid);

	ask_for(d, vcpu);
	return xe_end_copy(k, XE_DOMCTL, d, info, XE_U, sizeof(*info));
}

static __attribute__((noinline)) int
getinfo_slow(xc_interface *xch, uint32_t domid, uint32_t vcpu,
	     xc_vcpuinfo_t *info)
{
	struct xe_cursor *k = xe_open_slow(xch, 0);

	return k ? getinfo(k, domid, vcpu, info) : -1;
}

static __attribute__((noinline)) int
getinfo_now(xc_interface *xch, uint32_t domid, uint32_t vcpu,
	    xc_vcpuinfo_t *info)
{
	struct xb_lane *lane = xe_lane(xch, XE_SLOT);
	struct xen_domctl *d;
	long ret;

	if (unlikely(!lane))
		return getinfo_slow(xch, domid, vcpu, info);
	d = xe_start_domctl(lane->cur, XEN_DOMCTL_getvcpuinfo, domid);
	ask_for(d, vcpu);
	xe_head(lane->ops, XE_DOMCTL, 0);
	lane->ops[0].arg[0] = (uintptr_t)d;
	ret = xe_run_lane(lane);
	if (likely(ret >= 0))
		memcpy(info, &d->u.getvcpuinfo, sizeof(*info));
	xb_lane_put(lane);
	return likely(ret >= 0) ? ret : xe_refused(xch, XE_DOMCTL, ret);
}

/*
 * The call that agents make most of all. If Xen refuses, info is left alone;
 * stock copies then what was on its stack.
 */
XC_API int xc_vcpu_getinfo(xc_interface *xch, uint32_t domid, uint32_t vcpu,
			   xc_vcpuinfo_t *info)
{
	struct xe_cursor *k = xe_open_queued(xch);

	if (k)
		return getinfo(k, domid, vcpu, info);
	return getinfo_now(xch, domid, vcpu, info);
}

static long cpu_usage_done(struct xe_done *done, long ret)
{
	const struct xen_domctl *d = done->block;

	if (ret < 0) {
		xc_perr(done->xch, "Could not get info on domain");
		return -1;
	}
	return d->u.getvcpuinfo.cpu_time;
}

XC_API long long xc_domain_get_cpu_usage(xc_interface *xch, uint32_t domid,
					 int vcpu)
{
	struct xe_cursor *k = xe_open(xch, XE_DONE_SIZE);
	struct xe_done *done;
	struct xen_domctl *d;

	if (!k)
		return -1;
	d = xe_domctl(k, XEN_DOMCTL_getvcpuinfo, domid);
	d->u.getvcpuinfo.vcpu = (uint16_t)vcpu;
	done = xe_done_new(k, cpu_usage_done);
	done->block = d;
	return xe_end1_done(k, XE_DOMCTL, d, done);
}

XC_API int xc_vcpu_setcontext(xc_interface *xch, uint32_t domid, uint32_t vcpu,
			      vcpu_guest_context_any_t *ctxt)
{
	struct xe_cursor *k = xe_open(xch, xe_need(ctxt, sizeof(*ctxt)));
	struct xen_domctl *d;

	if (!k)
		return -1;
	d = xe_domctl(k, XEN_DOMCTL_setvcpucontext, domid);
	d->u.vcpucontext.vcpu = vcpu;
	set_xen_guest_handle_raw(d->u.vcpucontext.ctxt,
				 xe_in(k, ctxt, sizeof(*ctxt)));
	return xe_end(k, XE_DOMCTL, d);
}

XC_API int xc_vcpu_getcontext(xc_interface *xch, uint32_t domid, uint32_t vcpu,
			      vcpu_guest_context_any_t *ctxt)
{
	struct xe_cursor *k;
	struct xe_done *done;
	struct xen_domctl *d;

	k = xe_open(xch, XE_DONE_SIZE + xe_need(ctxt, sizeof(*ctxt)));
	if (!k)
		return -1;
	d = xe_domctl(k, XEN_DOMCTL_getvcpucontext, domid);
	d->u.vcpucontext.vcpu = (uint16_t)vcpu;
	done = xe_done_new(k, NULL);
	set_xen_guest_handle_raw(d->u.vcpucontext.ctxt,
				 xe_out(k, done, ctxt, sizeof(*ctxt)));
	return xe_end1_done(k, XE_DOMCTL, d, done);
}

/* num: how much of the state was asked for; 0 asks what there is. */
static long extstate_done(struct xe_done *done, long ret)
{
	const struct xen_domctl *d = done->block;
	xc_vcpu_extstate_t *state = done->to[0];

	if (ret)
		return ret;
	if (done->num)
		memcpy(done->to[1], done->to[2], done->num);
	else if (!state->xfeature_mask && !state->size) {
		state->xfeature_mask = d->u.vcpuextstate.xfeature_mask;
		state->size = d->u.vcpuextstate.size;
	}
	return 0;
}

XC_API int xc_vcpu_get_extstate(xc_interface *xch, uint32_t domid,
				uint32_t vcpu, xc_vcpu_extstate_t *extstate)
{
	struct xe_cursor *k;
	struct xe_done *done;
	struct xen_domctl *d;
	void *buf;
	size_t size;

	if (!extstate)
		return xe_local(xch, -EINVAL, EINVAL);
	size = extstate->size;
	k = xe_open(xch, XE_DONE_SIZE + xe_need(extstate, size));
	if (!k) {
		if (!size)
			return -1;
		xc_perr(xch, "Unable to allocate memory for vcpu%u's"
			" xsave context", vcpu);
		return -ENOMEM;
	}
	d = xe_domctl(k, XEN_DOMCTL_getvcpuextstate, domid);
	done = xe_done_new(k, extstate_done);
	/*
	 * NULL is a question, which stock asks since 4.20: what it had here
	 * before was not NULL.
	 */
	buf = XC_RELEASE < 420 ? d : NULL;
	if (size) {
		buf = xe_take(k, size);
		xe_trim(k);
		memset(buf, 0, size);
	}
	d->u.vcpuextstate.vcpu = (uint16_t)vcpu;
	d->u.vcpuextstate.xfeature_mask = extstate->xfeature_mask;
	d->u.vcpuextstate.size = size;
	set_xen_guest_handle_raw(d->u.vcpuextstate.buffer, buf);
	done->block = d;
	done->to[0] = extstate;
	done->to[1] = extstate->buffer;
	done->to[2] = buf;
	done->num = size;
	return xe_end1_done(k, XE_DOMCTL, d, done);
}
