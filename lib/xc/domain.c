// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * A domain's life: made, set up, paused, shut down, destroyed.
 */
#include "engine.h"

static long create_done(struct xe_done *done, long ret)
{
	const struct xen_domctl *d = done->block;

	if (ret)
		return ret;
	*(uint32_t *)done->to[0] = d->domain;
	*(struct xen_domctl_createdomain *)done->to[1] = d->u.createdomain;
	return 0;
}

XC_API int xc_domain_create(xc_interface *xch, uint32_t *pdomid,
			    struct xen_domctl_createdomain *config)
{
	struct xe_cursor *k = xe_open(xch, XE_DONE_SIZE);
	struct xe_done *done;
	struct xen_domctl *d;

	if (!k)
		return -1;
	d = xe_domctl(k, XEN_DOMCTL_createdomain, *pdomid);
	d->u.createdomain = *config;
	done = xe_done_new(k, create_done);
	done->block = d;
	done->to[0] = pdomid;
	done->to[1] = config;
	return xe_end1_done(k, XE_DOMCTL, d, done);
}

/* Operations that say all by their name. */
static inline int plain(xc_interface *xch, uint32_t cmd, uint32_t domid)
{
	struct xe_cursor *k;
	struct xen_domctl *d = xe_open_domctl(&k, xch, cmd, domid);

	return d ? xe_end(k, XE_DOMCTL, d) : -1;
}

XC_API int xc_domain_pause(xc_interface *xch, uint32_t domid)
{
	return plain(xch, XEN_DOMCTL_pausedomain, domid);
}

XC_API int xc_domain_unpause(xc_interface *xch, uint32_t domid)
{
	return plain(xch, XEN_DOMCTL_unpausedomain, domid);
}

XC_API int xc_domain_destroy(xc_interface *xch, uint32_t domid)
{
	return plain(xch, XEN_DOMCTL_destroydomain, domid);
}

XC_API int xc_domain_soft_reset(xc_interface *xch, uint32_t domid)
{
	return plain(xch, XEN_DOMCTL_soft_reset, domid);
}

XC_API int xc_domain_max_vcpus(xc_interface *xch, uint32_t domid,
			       unsigned int max)
{
	struct xe_cursor *k;
	struct xen_domctl *d;

	d = xe_open_domctl(&k, xch, XEN_DOMCTL_max_vcpus, domid);
	if (!d)
		return -1;
	d->u.max_vcpus.max = max;
	return xe_end(k, XE_DOMCTL, d);
}

XC_API int xc_domain_setmaxmem(xc_interface *xch, uint32_t domid,
			       uint64_t max_memkb)
{
	struct xe_cursor *k;
	struct xen_domctl *d;

	d = xe_open_domctl(&k, xch, XEN_DOMCTL_max_mem, domid);
	if (!d)
		return -1;
	d->u.max_mem.max_memkb = max_memkb;
	return xe_end(k, XE_DOMCTL, d);
}

XC_API int xc_domain_sethandle(xc_interface *xch, uint32_t domid,
			       xen_domain_handle_t handle)
{
	struct xe_cursor *k;
	struct xen_domctl *d;

	d = xe_open_domctl(&k, xch, XEN_DOMCTL_setdomainhandle, domid);
	if (!d)
		return -1;
	memcpy(d->u.setdomainhandle.handle, handle,
	       sizeof(xen_domain_handle_t));
	return xe_end(k, XE_DOMCTL, d);
}

XC_API int xc_domain_setdebugging(xc_interface *xch, uint32_t domid,
				  unsigned int enable)
{
	struct xe_cursor *k;
	struct xen_domctl *d;

	d = xe_open_domctl(&k, xch, XEN_DOMCTL_setdebugging, domid);
	if (!d)
		return -1;
	d->u.setdebugging.enable = enable;
	return xe_end(k, XE_DOMCTL, d);
}

XC_API int xc_domain_set_time_offset(xc_interface *xch, uint32_t domid,
				     int32_t time_offset_seconds)
{
	struct xe_cursor *k;
	struct xen_domctl *d;

	d = xe_open_domctl(&k, xch, XEN_DOMCTL_settimeoffset, domid);
	if (!d)
		return -1;
	d->u.settimeoffset.time_offset_seconds = time_offset_seconds;
	return xe_end(k, XE_DOMCTL, d);
}

XC_API int xc_domain_set_target(xc_interface *xch, uint32_t domid,
				uint32_t target)
{
	struct xe_cursor *k;
	struct xen_domctl *d;

	d = xe_open_domctl(&k, xch, XEN_DOMCTL_set_target, domid);
	if (!d)
		return -1;
	d->u.set_target.target = target;
	return xe_end(k, XE_DOMCTL, d);
}

XC_API int xc_domain_subscribe_for_suspend(xc_interface *xch, uint32_t dom,
					   evtchn_port_t port)
{
	struct xe_cursor *k;
	struct xen_domctl *d;

	d = xe_open_domctl(&k, xch, XEN_DOMCTL_subscribe, dom);
	if (!d)
		return -1;
	d->u.subscribe.port = port;
	return xe_end(k, XE_DOMCTL, d);
}

XC_API int xc_domain_set_access_required(xc_interface *xch, uint32_t domid,
					 unsigned int required)
{
	struct xe_cursor *k;
	struct xen_domctl *d;

	d = xe_open_domctl(&k, xch, XEN_DOMCTL_set_access_required, domid);
	if (!d)
		return -1;
	d->u.access_required.access_required = required;
	return xe_end(k, XE_DOMCTL, d);
}

XC_API int xc_domain_set_virq_handler(xc_interface *xch, uint32_t domid,
				      int virq)
{
	struct xe_cursor *k;
	struct xen_domctl *d;

	d = xe_open_domctl(&k, xch, XEN_DOMCTL_set_virq_handler, domid);
	if (!d)
		return -1;
	d->u.set_virq_handler.virq = virq;
	return xe_end(k, XE_DOMCTL, d);
}

/* A serial port in Xen whose other end is the console's domain. */
XC_API int xc_dom_vuart_init(xc_interface *xch, uint32_t type, uint32_t domid,
			     uint32_t console_domid, xen_pfn_t gfn,
			     evtchn_port_t *evtchn)
{
	struct xe_cursor *k;
	struct xen_domctl *d;

	d = xe_open_domctl(&k, xch, XEN_DOMCTL_vuart_op, domid);
	if (!d)
		return -1;
	memset(&d->u.vuart_op, 0, sizeof(d->u.vuart_op));
	d->u.vuart_op.cmd = XEN_DOMCTL_VUART_OP_INIT;
	d->u.vuart_op.type = type;
	d->u.vuart_op.console_domid = console_domid;
	d->u.vuart_op.gfn = gfn;
	return xe_end_copy(k, XE_DOMCTL, d, evtchn,
			   offsetof(struct xen_domctl, u.vuart_op.evtchn),
			   sizeof(*evtchn));
}

XC_API int xc_domain_debug_control(xc_interface *xch, uint32_t domid,
				   uint32_t sop, uint32_t vcpu)
{
	struct xe_cursor *k;
	struct xen_domctl *d;

	d = xe_open_domctl(&k, xch, XEN_DOMCTL_debug_op, domid);
	if (!d)
		return -1;
	d->u.debug_op.op = sop;
	d->u.debug_op.vcpu = vcpu;
	return xe_end(k, XE_DOMCTL, d);
}

XC_API int xc_domain_send_trigger(xc_interface *xch, uint32_t domid,
				  uint32_t trigger, uint32_t vcpu)
{
	struct xe_cursor *k;
	struct xen_domctl *d;

	d = xe_open_domctl(&k, xch, XEN_DOMCTL_sendtrigger, domid);
	if (!d)
		return -1;
	d->u.sendtrigger.trigger = trigger;
	d->u.sendtrigger.vcpu = vcpu;
	return xe_end(k, XE_DOMCTL, d);
}

#if XC_RELEASE >= 417
XC_API int xc_set_paging_mempool_size(xc_interface *xch, uint32_t domid,
				      uint64_t size)
{
	struct xe_cursor *k;
	struct xen_domctl *d;

	d = xe_open_domctl(&k, xch, XEN_DOMCTL_set_paging_mempool_size, domid);
	if (!d)
		return -1;
	d->u.paging_mempool.size = size;
	return xe_end(k, XE_DOMCTL, d);
}

XC_API int xc_get_paging_mempool_size(xc_interface *xch, uint32_t domid,
				      uint64_t *size)
{
	struct xe_cursor *k;
	struct xen_domctl *d;

	d = xe_open_domctl(&k, xch, XEN_DOMCTL_get_paging_mempool_size, domid);
	if (!d)
		return -1;
	d->u.paging_mempool.size = 0;
	return xe_end_copy(k, XE_DOMCTL, d, size,
			   offsetof(struct xen_domctl, u.paging_mempool.size),
			   sizeof(*size));
}
#endif

#if XC_RELEASE < 417
XC_API int xc_domain_disable_migrate(xc_interface *xch, uint32_t domid)
{
	struct xe_cursor *k;
	struct xen_domctl *d;

	d = xe_open_domctl(&k, xch, XEN_DOMCTL_disable_migrate, domid);
	if (!d)
		return -1;
	d->u.disable_migrate.disable = 1;
	return xe_end(k, XE_DOMCTL, d);
}
#endif

XC_API int xc_domain_set_tsc_info(xc_interface *xch, uint32_t domid,
				  uint32_t tsc_mode, uint64_t elapsed_nsec,
				  uint32_t gtsc_khz, uint32_t incarnation)
{
	struct xe_cursor *k;
	struct xen_domctl *d;

	d = xe_open_domctl(&k, xch, XEN_DOMCTL_settscinfo, domid);
	if (!d)
		return -1;
	d->u.tsc_info.tsc_mode = tsc_mode;
	d->u.tsc_info.elapsed_nsec = elapsed_nsec;
	d->u.tsc_info.gtsc_khz = gtsc_khz;
	d->u.tsc_info.incarnation = incarnation;
	d->u.tsc_info.pad = 0;
	return xe_end(k, XE_DOMCTL, d);
}

static long tsc_info_done(struct xe_done *done, long ret)
{
	const struct xen_domctl *d = done->block;

	if (ret == 0) {
		*(uint32_t *)done->to[0] = d->u.tsc_info.tsc_mode;
		*(uint64_t *)done->to[1] = d->u.tsc_info.elapsed_nsec;
		*(uint32_t *)done->to[2] = d->u.tsc_info.gtsc_khz;
		*(uint32_t *)done->to[3] = d->u.tsc_info.incarnation;
	}
	return ret;
}

XC_API int xc_domain_get_tsc_info(xc_interface *xch, uint32_t domid,
				  uint32_t *tsc_mode, uint64_t *elapsed_nsec,
				  uint32_t *gtsc_khz, uint32_t *incarnation)
{
	struct xe_cursor *k = xe_open(xch, XE_DONE_SIZE);
	struct xe_done *done;
	struct xen_domctl *d;

	if (!k)
		return -1;
	d = xe_domctl(k, XEN_DOMCTL_gettscinfo, domid);
	done = xe_done_new(k, tsc_info_done);
	done->block = d;
	done->to[0] = tsc_mode;
	done->to[1] = elapsed_nsec;
	done->to[2] = gtsc_khz;
	done->to[3] = incarnation;
	return xe_end1_done(k, XE_DOMCTL, d, done);
}

/*
 * x86 caches are coherent: stock spares itself a hypercall that would say
 * ENOSYS.
 */
XC_API int xc_domain_cacheflush(xc_interface *xch, uint32_t domid,
				xen_pfn_t start_pfn, xen_pfn_t nr_pfns)
{
#if defined(__i386__) || defined(__x86_64__)
	(void)domid;
	(void)start_pfn;
	(void)nr_pfns;
	return xe_local(xch, 0, 0);
#else
	struct xe_cursor *k;
	struct xen_domctl *d;

	d = xe_open_domctl(&k, xch, XEN_DOMCTL_cacheflush, domid);
	if (!d)
		return -1;
	d->u.cacheflush.start_pfn = start_pfn;
	d->u.cacheflush.nr_pfns = nr_pfns;
	return xe_end(k, XE_DOMCTL, d);
#endif
}

/* The two that are no domctl. */

XC_API int xc_domain_shutdown(xc_interface *xch, uint32_t domid, int reason)
{
	struct xe_cursor *k = xe_open(xch, 0);
	sched_remote_shutdown_t *arg;

	if (!k)
		return -1;
	arg = xe_take(k, XE_SLOT);
	arg->domain_id = domid;
	arg->reason = reason;
	return xe_end2(k, __HYPERVISOR_sched_op, SCHEDOP_remote_shutdown, arg);
}

XC_API int xc_watchdog(xc_interface *xch, uint32_t id, uint32_t timeout)
{
	struct xe_cursor *k = xe_open(xch, 0);
	sched_watchdog_t *arg;

	if (!k)
		return -1;
	arg = xe_take(k, XE_SLOT);
	arg->id = id;
	arg->timeout = timeout;
	return xe_end2(k, __HYPERVISOR_sched_op, SCHEDOP_watchdog, arg);
}
