// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * What domains are there, and what is known about them.
 */
#include "engine.h"

#if XC_RELEASE < 420
/* Stock clears the user's structure first, and so its padding too. */
static void fill_dominfo(xc_dominfo_t *info, const struct xen_domctl *d)
{
	const struct xen_domctl_getdomaininfo *from = &d->u.getdomaininfo;
	uint32_t flags = from->flags;

	memset(info, 0, sizeof(*info));
	info->domid = d->domain;
	info->ssidref = from->ssidref;
	info->dying = !!(flags & XEN_DOMINF_dying);
	info->shutdown = !!(flags & XEN_DOMINF_shutdown);
	info->paused = !!(flags & XEN_DOMINF_paused);
	info->blocked = !!(flags & XEN_DOMINF_blocked);
	info->running = !!(flags & XEN_DOMINF_running);
	info->hvm = !!(flags & XEN_DOMINF_hvm_guest);
	info->debugged = !!(flags & XEN_DOMINF_debugged);
	info->xenstore = !!(flags & XEN_DOMINF_xs_domain);
	info->hap = !!(flags & XEN_DOMINF_hap);
	info->shutdown_reason = flags >> XEN_DOMINF_shutdownshift &
				XEN_DOMINF_shutdownmask;
	if (info->shutdown && info->shutdown_reason == SHUTDOWN_crash) {
		info->shutdown = 0;
		info->crashed = 1;
	}
	info->nr_pages = from->tot_pages;
	info->nr_outstanding_pages = from->outstanding_pages;
	info->nr_shared_pages = from->shr_pages;
	info->nr_paged_pages = from->paged_pages;
	info->max_memkb = from->max_pages << (XC_PAGE_SHIFT - 10);
	info->shared_info_frame = from->shared_info_frame;
	info->cpu_time = from->cpu_time;
	info->nr_online_vcpus = from->nr_online_vcpus;
	info->max_vcpu_id = from->max_vcpu_id;
	info->cpupool = from->cpupool;
#if XC_RELEASE >= 417
	info->gpaddr_bits = from->gpaddr_bits;
#endif
	info->arch_config = from->arch_config;
	memcpy(info->handle, from->handle, sizeof(info->handle));
}

static long dominfo_done(struct xe_done *done, long ret)
{
	if (ret < 0) {
		memset(done->to[0], 0, sizeof(xc_dominfo_t));
		return ret;
	}
	fill_dominfo(done->to[0], done->block);
	return 1;
}
#endif

/* One hypercall that asks for the domain at or above domid. */
static int ask(struct xe_cursor *k, uint32_t domid, void *to,
	       long (*fn)(struct xe_done *, long))
{
	struct xe_done *done;
	struct xen_domctl *d;

	if (!k)
		return -1;
	d = xe_domctl(k, XEN_DOMCTL_getdomaininfo, domid);
	done = xe_done_new(k, fn);
	done->block = d;
	done->to[0] = to;
	done->num = domid;
	return xe_end1_done(k, XE_DOMCTL, d, done);
}

#if XC_RELEASE < 420
/* Each asks for the next after what the one before found. */
static int getinfo_several(xc_interface *xch, uint32_t domid,
			   unsigned int max_doms, xc_dominfo_t *info)
{
	unsigned int nr;
	int rc = 0;

	memset(info, 0, max_doms * sizeof(*info));
	for (nr = 0; nr < max_doms; nr++, info++) {
		rc = ask(xe_open_now(xch, XE_DONE_SIZE), domid, info,
			 dominfo_done);
		if (rc < 0)
			break;
		domid = (uint16_t)info->domid + 1;
	}
	return nr ? (int)nr : rc;
}

XC_API int xc_domain_getinfo(xc_interface *xch, uint32_t first_domid,
			     unsigned int max_doms, xc_dominfo_t *info)
{
	struct xe_batch *b;

	if (likely(max_doms == 1))
		return ask(xe_open(xch, XE_DONE_SIZE), first_domid, info,
			   dominfo_done);
	if (!max_doms)
		return xe_local(xch, 0, 0);
	b = xe_pause(xch);
	return xe_resume(b, xch,
			 getinfo_several(xch, first_domid, max_doms, info));
}
#else
static long single_done(struct xe_done *done, long ret)
{
	const struct xen_domctl *d = done->block;

	if (ret < 0)
		return -1;
	if (done->to[0])
		*(xc_domaininfo_t *)done->to[0] = d->u.getdomaininfo;
	return 0;
}

XC_API int xc_domain_getinfo_single(xc_interface *xch, uint32_t domid,
				    xc_domaininfo_t *info)
{
	return ask(xe_open(xch, XE_DONE_SIZE), domid, info, single_done);
}
#endif

static long tot_pages_done(struct xe_done *done, long ret)
{
	const struct xen_domctl *d = done->block;

	if (ret < 0)
		return -1;
	if (XC_RELEASE < 420 && d->domain != done->num) {
		done->err = ESRCH;	/* stock has no errno for that */
		return -1;
	}
	return d->u.getdomaininfo.tot_pages;
}

XC_API long xc_get_tot_pages(xc_interface *xch, uint32_t domid)
{
	struct xe_cursor *k = xe_open(xch, XE_DONE_SIZE);
	struct xe_done *done;
	struct xen_domctl *d;

	if (!k)
		return -1;
	d = xe_domctl(k, XEN_DOMCTL_getdomaininfo, domid);
	done = xe_done_new(k, tot_pages_done);
	done->block = d;
	done->num = domid;
	return xe_end1_done(k, XE_DOMCTL, d, done);
}

/*
 * The user gets max_domains entries, those after the last domain cleared; so
 * only what Xen wrote is copied.
 */
static long infolist_done(struct xe_done *done, long ret)
{
	const struct xen_sysctl *s = done->block;
	xc_domaininfo_t *user = done->to[0];
	size_t n = ret < 0 ? 0 : s->u.getdomaininfolist.num_domains;

	if (user) {
		if (done->to[1] != user)
			memcpy(user, done->to[1], n * sizeof(*user));
		memset(user + n, 0, (done->num - n) * sizeof(*user));
	}
	return ret < 0 ? -1 : (int)n;
}

XC_API int xc_domain_getinfolist(xc_interface *xch, uint32_t first_domain,
				 unsigned int max_domains,
				 xc_domaininfo_t *info)
{
	size_t size = max_domains * sizeof(*info);
	bool owned = info && xenbatch_owns(xch->xb, info, size);
	xc_domaininfo_t *buf = info;
	struct xe_cursor *k;
	struct xe_done *done;
	struct xen_sysctl *s;

	k = xe_open(xch, XE_DONE_SIZE + (owned ? 0 : xe_need(info, size)));
	if (!k)
		return -1;
	s = xe_sysctl(k, XEN_SYSCTL_getdomaininfolist);
	done = xe_done_new(k, infolist_done);
	if (info && !owned) {
		buf = xe_take(k, size);
		xe_trim(k);
	}
	s->u.getdomaininfolist.first_domain = first_domain;
	s->u.getdomaininfolist.max_domains = max_domains;
	set_xen_guest_handle_raw(s->u.getdomaininfolist.buffer, buf);
	done->block = s;
	done->to[0] = info;
	done->to[1] = buf;
	done->num = max_domains;
	return xe_end1_done(k, XE_SYSCTL, s, done);
}

static long guest_width_done(struct xe_done *done, long ret)
{
	const struct xen_domctl *d = done->block;

	if (ret)
		return 1;
	*(unsigned int *)done->to[0] = d->u.address_size.size / 8;
	return 0;
}

XC_API int xc_domain_get_guest_width(xc_interface *xch, uint32_t domid,
				     unsigned int *guest_width)
{
	struct xe_cursor *k = xe_open(xch, XE_DONE_SIZE);
	struct xe_done *done;
	struct xen_domctl *d;

	if (!k)
		return 1;
	d = xe_domctl(k, XEN_DOMCTL_get_address_size, domid);
	d->u.address_size.size = 0;
	done = xe_done_new(k, guest_width_done);
	done->block = d;
	done->to[0] = guest_width;
	return xe_end1_done(k, XE_DOMCTL, d, done);
}

static long audit_done(struct xe_done *done, long ret)
{
	const struct xen_domctl *d = done->block;

	*(uint64_t *)done->to[0] = d->u.audit_p2m.orphans;
	*(uint64_t *)done->to[1] = d->u.audit_p2m.m2p_bad;
	*(uint64_t *)done->to[2] = d->u.audit_p2m.p2m_bad;
	return ret;
}

XC_API int xc_domain_p2m_audit(xc_interface *xch, uint32_t domid,
			       uint64_t *orphans, uint64_t *m2p_bad,
			       uint64_t *p2m_bad)
{
	struct xe_cursor *k = xe_open(xch, XE_DONE_SIZE);
	struct xe_done *done;
	struct xen_domctl *d;

	if (!k)
		return -1;
	d = xe_domctl(k, XEN_DOMCTL_audit_p2m, domid);
	memset(&d->u.audit_p2m, 0, sizeof(d->u.audit_p2m));
	done = xe_done_new(k, audit_done);
	done->block = d;
	done->to[0] = orphans;
	done->to[1] = m2p_bad;
	done->to[2] = p2m_bad;
	return xe_end1_done(k, XE_DOMCTL, d, done);
}
