// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Which interrupt a PCI device has: the kernel knows, and not Xen.
 */
#include "engine.h"

#if XC_RELEASE >= 420
#include <sys/ioctl.h>

#include <xencall.h>
#include <xen/sys/privcmd.h>

static int ask_kernel(xc_interface *xch, uint32_t sbdf)
{
	privcmd_pcidev_get_gsi_t ask = { .sbdf = sbdf };
	xencall_handle *xcall = xc_interface_xcall_handle(xch);

	if (!xcall)
		return -1;
	if (!ioctl(xencall_fd(xcall), IOCTL_PRIVCMD_PCIDEV_GET_GSI, &ask))
		return ask.gsi;
	if (errno != ENOENT)
		xc_perr(xch, "Failed to get gsi for dev %04x:%02x:%02x.%u",
			sbdf >> 16, sbdf >> 8 & 0xff, sbdf >> 3 & 0x1f,
			sbdf & 7);
	return -1;
}

XC_API int xc_pcidev_get_gsi(xc_interface *xch, uint32_t sbdf)
{
	struct xe_batch *b = xe_pause(xch);

	return xe_resume(b, xch, ask_kernel(xch, sbdf));
}
#endif
