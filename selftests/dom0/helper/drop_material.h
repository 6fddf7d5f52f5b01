/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What there is to map: a paused domain with frames, and pages of our own that
 * are granted to ourselves. Made by stock's libraries; page n of either holds
 * pattern n.
 */
#ifndef DROP_MATERIAL_H
#define DROP_MATERIAL_H

#include <glob.h>

#include "drop_diff.h"

#define NR_FRAMES	1100
#define NR_GRANTS	600

static uint32_t dom;
static xen_pfn_t frames[NR_FRAMES];

static struct {
	xc_interface *xch;
	__typeof__(&xc_interface_open) open;
	__typeof__(&xc_interface_close) close;
	__typeof__(&xc_domain_create) create;
	__typeof__(&xc_domain_setmaxmem) setmaxmem;
	__typeof__(&xc_domain_max_vcpus) max_vcpus;
	__typeof__(&xc_domain_populate_physmap_exact) populate;
	__typeof__(&xc_shadow_control) shadow;
	__typeof__(&xc_domain_destroy) destroy;
	__typeof__(&xc_domain_getinfo) getinfo;
	__typeof__(&xc_evtchn_alloc_unbound) alloc_unbound;
} ctrl;

static inline void ctrl_open(void)
{
	glob_t found;
	void *dl;

	if (glob("/usr/lib/*/libxenctrl.so.4.*", 0, NULL, &found))
		ksft_exit_fail_msg("stock's libxenctrl is not found\n");
	dl = dlopen(found.gl_pathv[0], RTLD_NOW | RTLD_LOCAL);
	globfree(&found);
	if (!dl)
		ksft_exit_fail_msg("%s\n", dlerror());
	ctrl.open = symbol(dl, "xc_interface_open");
	ctrl.close = symbol(dl, "xc_interface_close");
	ctrl.create = symbol(dl, "xc_domain_create");
	ctrl.setmaxmem = symbol(dl, "xc_domain_setmaxmem");
	ctrl.max_vcpus = symbol(dl, "xc_domain_max_vcpus");
	ctrl.populate = symbol(dl, "xc_domain_populate_physmap_exact");
	ctrl.shadow = symbol(dl, "xc_shadow_control");
	ctrl.destroy = symbol(dl, "xc_domain_destroy");
	ctrl.getinfo = symbol(dl, "xc_domain_getinfo");
	ctrl.alloc_unbound = symbol(dl, "xc_evtchn_alloc_unbound");
	ctrl.xch = ctrl.open(NULL, NULL, 0);
	if (!ctrl.xch)
		ksft_exit_fail_msg("xc_interface_open: %s\n", strerror(errno));
}

static inline void frames_fill(void)
{
	struct mode *m = &modes[STOCK];
	xenforeignmemory_handle *fmem = m->api.xenforeignmemory_open(NULL, 0);
	unsigned int i;
	char *p;

	p = m->api.xenforeignmemory_map(fmem, dom, RW, NR_FRAMES, frames, NULL);
	if (!p)
		ksft_exit_fail_msg("frames to test with: %s\n",
				   strerror(errno));
	for (i = 0; i < NR_FRAMES; i++)
		pattern_write(p + i * PAGE, i);
	m->api.xenforeignmemory_unmap(fmem, p, NR_FRAMES);
	m->api.xenforeignmemory_close(fmem);
}

static inline void domain_make(void)
{
	struct xen_domctl_createdomain config = {
		.max_vcpus = 1,
		.max_evtchn_port = 127,
		.max_grant_frames = 4,
		.max_maptrack_frames = 4,
		.grant_opts = XEN_DOMCTL_GRANT_version(1),
	};
	unsigned int i;

	ctrl_open();
	for (i = 0; i < NR_FRAMES; i++)
		frames[i] = i;
	if (ctrl.create(ctrl.xch, &dom, &config) ||
	    ctrl.setmaxmem(ctrl.xch, dom, (NR_FRAMES + 64) * 4) ||
	    ctrl.populate(ctrl.xch, dom, NR_FRAMES, 0, 0, frames))
		ksft_exit_fail_msg("no domain to test with: %s\n",
				   strerror(errno));
	frames_fill();
}

static inline void domain_end(void)
{
	xc_dominfo_t info;
	int i;

	ctrl.destroy(ctrl.xch, dom);
	for (i = 0; i < 3000; i++) {
		if (ctrl.getinfo(ctrl.xch, dom, 1, &info) != 1 ||
		    info.domid != dom)
			break;
		usleep(1000);
	}
	ksft_test_result(i < 3000, "the domain is gone: nothing holds it\n");
	ctrl.close(ctrl.xch);
}

/* Grants to domain 0, that is to ourselves */

static xengntshr_handle *share;
static char *shared;
static uint32_t refs[NR_GRANTS];

static inline void grants_make(void)
{
	struct mode *m = &modes[STOCK];
	FILE *limit = fopen("/sys/module/xen_gntalloc/parameters/limit", "w");
	unsigned int i;

	if (limit) {
		fputs("4096", limit);
		fclose(limit);
	}
	share = m->api.xengntshr_open(NULL, 0);
	shared = share ? m->api.xengntshr_share_pages(share, 0, NR_GRANTS,
						      refs, 1) : NULL;
	if (!shared)
		ksft_exit_fail_msg("no grants to test with: %s\n",
				   strerror(errno));
	for (i = 0; i < NR_GRANTS; i++)
		pattern_write(shared + i * PAGE, i);
}

static inline void grants_end(void)
{
	struct mode *m = &modes[STOCK];

	m->api.xengntshr_unshare(share, shared, NR_GRANTS);
	m->api.xengntshr_close(share);
}

#endif /* DROP_MATERIAL_H */
