// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Promise: the program that every introduction to libxc begins with runs on
 * our library, unchanged and without any header of ours: open, one sysctl, one
 * domctl that the library has no function for, close.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <xenctrl.h>

#include "kselftest.h"
#include "helper/xc_domain.h"

int main(void)
{
	struct xen_sysctl sysctl = { .cmd = XEN_SYSCTL_physinfo };
	/* Asks how many MSRs a vcpu has: libxenctrl has no function for it. */
	struct xen_domctl domctl = { .cmd = XEN_DOMCTL_get_vcpu_msrs };
	xc_physinfo_t info;
	xc_interface *xch;
	uint32_t domid;

	ksft_print_header();
	xch = xc_interface_open(NULL, NULL, 0);
	if (!xch)
		return ksft_exit_skip("no Xen here\n");
	ksft_set_plan(5);
	ksft_test_result(xc_sysctl(xch, &sysctl) == 0, "xc_sysctl\n");
	ksft_test_result(xc_physinfo(xch, &info) == 0 &&
			 info.nr_cpus == sysctl.u.physinfo.nr_cpus &&
			 info.total_pages == sysctl.u.physinfo.total_pages &&
			 info.nr_cpus > 0, "it is what xc_physinfo says\n");
	if (new_domain(xch, &domid))
		ksft_exit_fail_msg("no domain: %s\n", strerror(errno));
	domctl.domain = domid;
	ksft_test_result(xc_domctl(xch, &domctl) == 0 &&
			 domctl.u.vcpu_msrs.msr_count > 0,
			 "a domctl without a function\n");
	domctl.domain = 31999;
	ksft_test_result(xc_domctl(xch, &domctl) == -1 && errno == ESRCH,
			 "the same of a domain that is not there\n");
	end_domain(xch, domid);
	ksft_test_result(xc_interface_close(xch) == 0, "close\n");
	ksft_finished();
}
