/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * HVM domains instead of PV ones, where the machine has them: what of Xen is
 * for these alone. Include after xc_diff.h.
 */
#ifndef XC_HVM_H
#define XC_HVM_H

#include "xc_frames.h"

static bool have_hvm(void)
{
	const unsigned int wanted = XEN_SYSCTL_PHYSCAP_hvm |
				    XEN_SYSCTL_PHYSCAP_hap;
	xc_physinfo_t info = { 0 };

	return !modes[0].api.xc_physinfo(modes[0].xch, &info) &&
	       (info.capabilities & wanted) == wanted;
}

static void make_hvm(uint32_t *domid)
{
	struct xen_domctl_createdomain config = {
		.flags = XEN_DOMCTL_CDF_hvm | XEN_DOMCTL_CDF_hap,
		.max_vcpus = 2,
		.max_evtchn_port = 127,
		.max_grant_frames = 4,
		.max_maptrack_frames = 4,
		.grant_opts = XEN_DOMCTL_GRANT_version(1),
		.arch = { .emulation_flags = XEN_X86_EMU_LAPIC },
	};
	struct mode *m = &modes[0];
	unsigned int mb = 4;

	*domid = 0;
	if (m->api.xc_domain_create(m->xch, domid, &config) ||
	    m->api.xc_domain_max_vcpus(m->xch, *domid, 2) ||
	    m->api.xc_domain_setmaxmem(m->xch, *domid, TWIN_KB) ||
	    m->api.xc_shadow_control(m->xch, *domid,
				     XEN_DOMCTL_SHADOW_OP_SET_ALLOCATION, &mb,
				     0))
		ksft_exit_fail_msg("no HVM domain: %s\n", strerror(errno));
}

/* After make_domains: each mode's own domain becomes one, without memory. */
static void make_hvm_twins(void)
{
	int i;

	for (i = 0; i < NR_MODES; i++) {
		end_domain(modes[i].twin);
		make_hvm(&modes[i].twin);
	}
}

#endif /* XC_HVM_H */
