// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * A domain that suspended itself goes on: it is told so, if it can take that,
 * or else is made to believe that it was restored.
 */
#define XC_WANT_COMPAT_MAP_FOREIGN_API
#include "engine.h"

#if XC_RELEASE < 417 && (defined(__i386__) || defined(__x86_64__))

#include <sys/mman.h>

#include <xenguest.h>
#include <xen/hvm/params.h>

#include "core.h"
#include "p2m.h"

static int go_on(xc_interface *xch, uint32_t domid)
{
	struct xe_cursor *k;
	struct xen_domctl *d;

	d = xe_open_domctl(&k, xch, XEN_DOMCTL_resumedomain, domid);
	return d ? xe_end(k, XE_DOMCTL, d) : -1;
}

/*
 * It is told: its call to suspend returns 1
 */

/* How wide its registers are; 0: an HVM domain that made no such call. */
static int registers(xc_interface *xch, uint32_t domid, bool hvm,
		     unsigned int *width)
{
	xen_capabilities_info_t caps;
	uint64_t irq = 0;

	if (!hvm)
		return xc_domain_get_guest_width(xch, domid, width) ? -1 : 0;
	*width = 0;
	xc_hvm_param_get(xch, domid, HVM_PARAM_CALLBACK_IRQ, &irq);
	if (!irq)
		return 0;
	if (xc_version(xch, XENVER_capabilities, &caps)) {
		xc_perr(xch, "Could not get Xen capabilities");
		return -1;
	}
	*width = strstr(caps, "x86_64") ? 8 : 4;
	return 0;
}

static int answer_suspend(xc_interface *xch, uint32_t domid)
{
	vcpu_guest_context_any_t ctx;
	unsigned int width;
	xc_dominfo_t info;
	int rc;

	if (xc_domain_getinfo(xch, domid, 1, &info) != 1 ||
	    info.domid != domid) {
		xc_perr(xch, "Could not get domain info");
		return -1;
	}
	if (!info.shutdown || info.shutdown_reason != SHUTDOWN_suspend) {
		xc_err(xch, "Dom %d not suspended: (shutdown %d, reason %d)",
		       domid, info.shutdown, info.shutdown_reason);
		errno = EINVAL;
		return -1;
	}
	if (registers(xch, domid, info.hvm, &width))
		return -1;
	if (!width)
		return 0;
	rc = xc_vcpu_getcontext(xch, domid, 0, &ctx);
	if (rc)
		return rc;
	if (width == 8)
		ctx.x64.user_regs.eax = 1;
	else
		ctx.x32.user_regs.eax = 1;
	return xc_vcpu_setcontext(xch, domid, 0, &ctx);
}

static int resume_told(xc_interface *xch, uint32_t domid)
{
	int rc = answer_suspend(xch, domid);

	return rc ? rc : go_on(xch, domid);
}

/*
 * It believes that it was restored: the frames of its start info page, which it
 * made pfns of, are frames again, and its other vcpus were never started
 */

struct table {
	const xen_pfn_t *p2m;
	unsigned long nr_pages;
};

/* The domain wrote these: what is beyond its table is not looked up. */
static int to_frame(xc_interface *xch, const struct table *t,
		    unsigned long *pfn)
{
	unsigned long n = *pfn;

	if (n / (XC_PAGE_SIZE / sizeof(*t->p2m)) >= t->nr_pages) {
		xc_err(xch, "pfn 0x%lx of start_info is not in the p2m table",
		       n);
		errno = EINVAL;
		return -1;
	}
	*pfn = t->p2m[n];
	return 0;
}

static int mend_start_info(xc_interface *xch, uint32_t domid,
			   const struct table *t)
{
	vcpu_guest_context_any_t ctx;
	unsigned long store, console;
	start_info_t *start;
	int rc = -1;

	if (xc_vcpu_getcontext(xch, domid, 0, &ctx)) {
		xc_err(xch, "Could not get vcpu context");
		return -1;
	}
	/* Where it lies was the argument of the domain's call. */
	start = xc_map_foreign_range(xch, domid, XC_PAGE_SIZE,
				     PROT_READ | PROT_WRITE,
				     ctx.x64.user_regs.edx);
	if (!start) {
		xc_err(xch, "Couldn't map start_info");
		return -1;
	}
	store = start->store_mfn;
	console = start->console.domU.mfn;
	if (!to_frame(xch, t, &store) && !to_frame(xch, t, &console)) {
		start->store_mfn = store;
		start->console.domU.mfn = console;
		rc = 0;
	}
	munmap(start, XC_PAGE_SIZE);
	return rc;
}

static int mend_frames(xc_interface *xch, uint32_t domid,
		       unsigned long shared_info_frame)
{
	unsigned long size, list;
	const char *missing;
	shared_info_t *shared;
	struct table t;
	int rc;

	shared = xc_map_foreign_range(xch, domid, XC_PAGE_SIZE, PROT_READ,
				      shared_info_frame);
	if (!shared) {
		xc_err(xch, "Couldn't map shared info");
		return -1;
	}
	size = shared->arch.max_pfn;
	list = shared->arch.pfn_to_mfn_frame_list_list;
	munmap(shared, XC_PAGE_SIZE);
	t.p2m = xe_map_p2m(xch, domid, PROT_READ, sizeof(long), size, list,
			   &missing);
	if (!t.p2m) {
		xc_err(xch, "Couldn't map %s", missing);
		return -1;
	}
	t.nr_pages = xe_word_pages(size, sizeof(long));
	rc = mend_start_info(xch, domid, &t);
	munmap((void *)t.p2m, t.nr_pages * XC_PAGE_SIZE);
	return rc;
}

static int resume_restored(xc_interface *xch, uint32_t domid)
{
	xc_dominfo_t info;
	unsigned int width, i;

	if (xc_domain_getinfo(xch, domid, 1, &info) != 1) {
		xc_perr(xch, "Could not get domain info");
		return -1;
	}
	/* Its drivers find out for themselves. */
	if (info.hvm)
		return go_on(xch, domid);
	if (xc_domain_get_guest_width(xch, domid, &width)) {
		xc_perr(xch, "Could not get domain width");
		return -1;
	}
	if (width != sizeof(long)) {
		xc_err(xch, "Cannot resume uncooperative cross-address-size guests");
		return -1;
	}
	if (mend_frames(xch, domid, info.shared_info_frame))
		return -1;
	for (i = 1; i <= info.max_vcpu_id; i++) {
		if (xc_vcpu_setcontext(xch, domid, i, NULL)) {
			xc_err(xch, "Couldn't reset vcpu state");
			return -1;
		}
	}
	return go_on(xch, domid);
}

XC_API int xc_domain_resume(xc_interface *xch, uint32_t domid, int fast)
{
	struct xe_batch *b = xe_pause(xch);

	return xe_resume(b, xch, fast ? resume_told(xch, domid) :
					resume_restored(xch, domid));
}

#endif
