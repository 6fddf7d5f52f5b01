// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Caches and memory bandwidth that domains share: monitored (CMT) and
 * allocated (CAT, MBA).
 */
#include "call1.h"
#include "resource.h"

#if defined(__i386__) || defined(__x86_64__)

#define CMT(op, ...) \
	XE_SYSCTL_OP(psr_cmt_op, .cmd = XEN_SYSCTL_PSR_CMT_##op, ##__VA_ARGS__)
#define CMT_DOM(domid, op) \
	XE_DOMCTL_OP(domid, psr_cmt_op, .cmd = XEN_DOMCTL_PSR_CMT_OP_##op)

XC_API int xc_psr_cmt_attach(xc_interface *xch, uint32_t domid)
{
	return xe_domctl1(xch, CMT_DOM(domid, ATTACH));
}

XC_API int xc_psr_cmt_detach(xc_interface *xch, uint32_t domid)
{
	return xe_domctl1(xch, CMT_DOM(domid, DETACH));
}

XC_API int xc_psr_cmt_get_domain_rmid(xc_interface *xch, uint32_t domid,
				      uint32_t *rmid)
{
	return xe_domctl1_get(xch, rmid, psr_cmt_op.data,
			      CMT_DOM(domid, QUERY_RMID));
}

XC_API int xc_psr_cmt_get_l3_event_mask(xc_interface *xch, uint32_t *event_mask)
{
	return xe_sysctl1_get(xch, event_mask, psr_cmt_op.u.data,
			      CMT(get_l3_event_mask));
}

/*
 * What is asked once and remembered. As other such questions it never waits for
 * a batch. Threads may race here: they store the same.
 */
static int ask(xc_interface *xch, const struct xen_sysctl *question, int *val)
{
	struct xe_cursor *k = xe_open_now(xch, 0);

	if (!k)
		return -1;
	return xe_end_copy(k, XE_SYSCTL, xe_block(k, question), val,
			   offsetof(struct xen_sysctl, u.psr_cmt_op.u.data),
			   sizeof(*val));
}

/* Until it is not 0 it is not known. */
static int remembered(xc_interface *xch, int *known, uint32_t *to,
		      const struct xen_sysctl *question)
{
	int val = __atomic_load_n(known, __ATOMIC_RELAXED);

	if (!val) {
		int rc = ask(xch, question, &val);

		if (rc)
			return rc;
		__atomic_store_n(known, val, __ATOMIC_RELAXED);
	}
	*to = val;
	return 0;
}

XC_API int xc_psr_cmt_get_total_rmid(xc_interface *xch, uint32_t *total_rmid)
{
	static int known;

	return remembered(xch, &known, total_rmid, CMT(get_total_rmid));
}

XC_API int xc_psr_cmt_get_l3_upscaling_factor(xc_interface *xch,
					      uint32_t *upscaling_factor)
{
	static int known;

	return remembered(xch, &known, upscaling_factor,
			  CMT(get_l3_upscaling_factor));
}

/* Whichever cpu was asked first: it is the same for all. */
XC_API int xc_psr_cmt_get_l3_cache_size(xc_interface *xch, uint32_t cpu,
					uint32_t *l3_cache_size)
{
	static int known;

	return remembered(xch, &known, l3_cache_size,
			  CMT(get_l3_cache_size, .u.l3_cache.cpu = cpu));
}

/* 0 also if Xen refuses to say: it is asked again then. */
XC_API int xc_psr_cmt_enabled(xc_interface *xch)
{
	static int known = -1;
	int val = __atomic_load_n(&known, __ATOMIC_RELAXED);

	if (val >= 0)
		return val;
	if (ask(xch, CMT(enabled), &val))
		return 0;
	__atomic_store_n(&known, val, __ATOMIC_RELAXED);
	return val;
}

/*
 * A counter: an event is selected in one register and read from another. The
 * numbers are Intel's (SDM, volume 4).
 */
#define MSR_TSC		0x10
#define MSR_QM_EVTSEL	0xc8d
#define MSR_QM_CTR	0xc8e
#define QM_CTR_ERRORS	(3ULL << 62)

/* Value and errno apart: where the list was not done, stock sets none. */
static long data_done(struct xe_done *done, long ret)
{
	const xc_resource_entry_t *entries = done->block;

	if (ret < 0)
		return ret;
	if ((uint64_t)ret != done->num || entries[1].val & QM_CTR_ERRORS) {
		done->err = EIO;
		return -1;
	}
	*(uint64_t *)done->to[0] = entries[1].val;
	if (done->to[1])
		*(uint64_t *)done->to[1] = entries[2].val;
	return 0;
}

XC_API int xc_psr_cmt_get_data(xc_interface *xch, uint32_t rmid, uint32_t cpu,
			       xc_psr_cmt_type type, uint64_t *monitor_data,
			       uint64_t *tsc)
{
	static const uint8_t events[] = {
		[XC_PSR_CMT_L3_OCCUPANCY] = 1,
		[XC_PSR_CMT_TOTAL_MEM_COUNT] = 2,
		[XC_PSR_CMT_LOCAL_MEM_COUNT] = 3,
	};
	xc_resource_entry_t entries[] = {
		{ .u.cmd = XEN_RESOURCE_OP_MSR_WRITE, .idx = MSR_QM_EVTSEL },
		{ .u.cmd = XEN_RESOURCE_OP_MSR_READ, .idx = MSR_QM_CTR },
		{ .u.cmd = XEN_RESOURCE_OP_MSR_READ, .idx = MSR_TSC },
	};
	xc_resource_op_t op = {
		.cpu = cpu,
		.nr_entries = tsc ? 3 : 2,
		.entries = entries,
	};

	if ((unsigned int)type >= sizeof(events) / sizeof(events[0]))
		return xe_local(xch, -1, EINVAL);
	entries[0].val = (uint64_t)rmid << 32 | events[type];
	return xe_resource_list(xch, &op, NULL, data_done, monitor_data, tsc);
}

/* What of a domain's share is set and asked. */
static const struct {
	uint32_t set, get;
} shares[] = {
#define SHARE(name) { XEN_DOMCTL_PSR_SET_##name, XEN_DOMCTL_PSR_GET_##name }
	[XC_PSR_CAT_L3_CBM] = SHARE(L3_CBM),
	[XC_PSR_CAT_L3_CBM_CODE] = SHARE(L3_CODE),
	[XC_PSR_CAT_L3_CBM_DATA] = SHARE(L3_DATA),
	[XC_PSR_CAT_L2_CBM] = SHARE(L2_CBM),
	[XC_PSR_MBA_THRTL] = SHARE(MBA_THRTL),
#undef SHARE
};

static bool is_share(unsigned int type)
{
	return type && type < sizeof(shares) / sizeof(shares[0]);
}

XC_API int xc_psr_set_domain_data(xc_interface *xch, uint32_t domid,
				  xc_psr_type type, uint32_t target,
				  uint64_t data)
{
	if (!is_share(type))
		return xe_refuse(xch, EINVAL);
	return xe_domctl1(xch, XE_DOMCTL_OP(domid, psr_alloc,
					    .cmd = shares[type].set,
					    .target = target, .data = data));
}

XC_API int xc_psr_get_domain_data(xc_interface *xch, uint32_t domid,
				  xc_psr_type type, uint32_t target,
				  uint64_t *data)
{
	if (!is_share(type))
		return xe_refuse(xch, EINVAL);
	return xe_domctl1_get(xch, data, psr_alloc.data,
			      XE_DOMCTL_OP(domid, psr_alloc,
					   .cmd = shares[type].get,
					   .target = target));
}

static long cat_info_done(struct xe_done *done, long ret)
{
	const struct xen_sysctl *s = done->block;
	xc_psr_hw_info *info = done->to[0];

	if (ret)
		return ret;
	info->cat.cos_max = s->u.psr_alloc.u.cat_info.cos_max;
	info->cat.cbm_len = s->u.psr_alloc.u.cat_info.cbm_len;
	info->cat.cdp_enabled =
		s->u.psr_alloc.cmd == XEN_SYSCTL_PSR_get_l3_info &&
		s->u.psr_alloc.u.cat_info.flags & XEN_SYSCTL_PSR_CAT_L3_CDP;
	return 0;
}

static long mba_info_done(struct xe_done *done, long ret)
{
	const struct xen_sysctl *s = done->block;
	xc_psr_hw_info *info = done->to[0];

	if (ret)
		return ret;
	info->mba.cos_max = s->u.psr_alloc.u.mba_info.cos_max;
	info->mba.thrtl_max = s->u.psr_alloc.u.mba_info.thrtl_max;
	info->mba.linear =
		s->u.psr_alloc.u.mba_info.flags & XEN_SYSCTL_PSR_MBA_LINEAR;
	return 0;
}

XC_API int xc_psr_get_hw_info(xc_interface *xch, uint32_t socket,
			      xc_psr_feat_type type, xc_psr_hw_info *hw_info)
{
	static const struct {
		uint32_t cmd;
		long (*done)(struct xe_done *, long);
	} feats[] = {
		[XC_PSR_CAT_L3] = { XEN_SYSCTL_PSR_get_l3_info, cat_info_done },
		[XC_PSR_CAT_L2] = { XEN_SYSCTL_PSR_get_l2_info, cat_info_done },
		[XC_PSR_MBA] = { XEN_SYSCTL_PSR_get_mba_info, mba_info_done },
	};

	if (!hw_info)
		return xe_refuse(xch, EINVAL);
	if ((unsigned int)type >= sizeof(feats) / sizeof(feats[0]))
		return xe_refuse(xch, EOPNOTSUPP);
	return xe_sysctl1_done(xch, XE_SYSCTL_OP(psr_alloc,
						 .cmd = feats[type].cmd,
						 .target = socket),
			       feats[type].done, hw_info, NULL);
}

#endif
