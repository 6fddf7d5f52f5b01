// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Devices given to domains, and their interrupts.
 */
#include "engine.h"

#define PHYSDEV_OP __HYPERVISOR_physdev_op

/* Physical interrupts */

XC_API int xc_physdev_pci_access_modify(xc_interface *xch, uint32_t domid,
					int bus, int dev, int func, int enable)
{
	(void)domid;
	(void)bus;
	(void)dev;
	(void)func;
	(void)enable;
	errno = ENOSYS;
	return xe_local(xch, -1, ENOSYS);
}

static int map_pirq(xc_interface *xch, const struct physdev_map_pirq *map,
		    int *pirq)
{
	return xe_call2_copy(xch, PHYSDEV_OP, PHYSDEVOP_map_pirq, map,
			     sizeof(*map), pirq,
			     offsetof(struct physdev_map_pirq, pirq),
			     sizeof(*pirq));
}

XC_API int xc_physdev_map_pirq(xc_interface *xch, uint32_t domid, int index,
			       int *pirq)
{
	if (!pirq) {
		errno = EINVAL;
		return xe_local(xch, -1, EINVAL);
	}
	return map_pirq(xch, &(const struct physdev_map_pirq){
			.domid = domid,
			.type = MAP_PIRQ_TYPE_GSI,
			.index = index,
			.pirq = *pirq < 0 ? index : *pirq,
		}, pirq);
}

XC_API int xc_physdev_map_pirq_msi(xc_interface *xch, uint32_t domid, int index,
				   int *pirq, int devfn, int bus, int entry_nr,
				   uint64_t table_base)
{
	if (!pirq) {
		errno = EINVAL;
		return xe_local(xch, -1, EINVAL);
	}
	return map_pirq(xch, &(const struct physdev_map_pirq){
			.domid = domid,
			.type = XC_RELEASE < 420 ? MAP_PIRQ_TYPE_MSI :
						   MAP_PIRQ_TYPE_MSI_SEG,
			.index = index,
			.pirq = *pirq,
			.bus = bus,
			.devfn = devfn,
			.entry_nr = entry_nr,
			.table_base = table_base,
		}, pirq);
}

#if XC_RELEASE >= 420
XC_API int xc_physdev_map_pirq_gsi(xc_interface *xch, uint32_t domid, int gsi,
				   int *pirq)
{
	if (!pirq) {
		errno = EINVAL;
		return xe_local(xch, -1, EINVAL);
	}
	return map_pirq(xch, &(const struct physdev_map_pirq){
			.domid = domid,
			.type = MAP_PIRQ_TYPE_GSI,
			.index = gsi,
			.pirq = *pirq,
		}, pirq);
}
#endif

XC_API int xc_physdev_unmap_pirq(xc_interface *xch, uint32_t domid, int pirq)
{
	const struct physdev_unmap_pirq unmap = {
		.domid = domid,
		.pirq = pirq,
	};

	return xe_call2(xch, PHYSDEV_OP, PHYSDEVOP_unmap_pirq, &unmap,
			sizeof(unmap));
}

/* PCI devices */

static int pci(xc_interface *xch, uint32_t cmd, uint32_t domid,
	       uint32_t machine_sbdf, uint32_t flags)
{
	struct xe_cursor *k;
	struct xen_domctl *d;

	d = xe_open_domctl(&k, xch, cmd, domid);
	if (!d)
		return -1;
	d->u.assign_device.dev = XEN_DOMCTL_DEV_PCI;
	d->u.assign_device.flags = flags;
	d->u.assign_device.u.pci.machine_sbdf = machine_sbdf;
	return xe_end(k, XE_DOMCTL, d);
}

XC_API int xc_assign_device(xc_interface *xch, uint32_t domid,
			    uint32_t machine_sbdf, uint32_t flags)
{
	return pci(xch, XEN_DOMCTL_assign_device, domid, machine_sbdf, flags);
}

XC_API int xc_test_assign_device(xc_interface *xch, uint32_t domid,
				 uint32_t machine_sbdf)
{
	return pci(xch, XEN_DOMCTL_test_assign_device, domid, machine_sbdf, 0);
}

XC_API int xc_deassign_device(xc_interface *xch, uint32_t domid,
			      uint32_t machine_sbdf)
{
	return pci(xch, XEN_DOMCTL_deassign_device, domid, machine_sbdf, 0);
}

static long group_done(struct xe_done *done, long ret)
{
	const struct xen_domctl *d = done->block;

	*(uint32_t *)done->to[0] = d->u.get_device_group.num_sdevs;
	return ret;
}

XC_API int xc_get_device_group(xc_interface *xch, uint32_t domid,
			       uint32_t machine_sbdf, uint32_t max_sdevs,
			       uint32_t *num_sdevs, uint32_t *sdev_array)
{
	size_t size = max_sdevs * sizeof(*sdev_array);
	struct xe_cursor *k;
	struct xe_done *done;
	struct xen_domctl *d;

	k = xe_open(xch, XE_DONE_SIZE + xe_need(sdev_array, size));
	if (!k) {
		xc_perr(xch, "Could not bounce buffer for xc_get_device_group");
		return -1;
	}
	d = xe_domctl(k, XEN_DOMCTL_get_device_group, domid);
	done = xe_done_new(k, group_done);
	d->u.get_device_group.machine_sbdf = machine_sbdf;
	d->u.get_device_group.max_sdevs = max_sdevs;
	/* If Xen refuses, this is the answer; stock's is what was there. */
	d->u.get_device_group.num_sdevs = 0;
#if XC_RELEASE < 417		/* whose stock does not copy them back */
	set_xen_guest_handle_raw(d->u.get_device_group.sdev_array,
				 xe_in(k, sdev_array, size));
#else
	set_xen_guest_handle_raw(d->u.get_device_group.sdev_array,
				 xe_out(k, done, sdev_array, size));
#endif
	done->block = d;
	done->to[0] = num_sdevs;
	return xe_end1_done(k, XE_DOMCTL, d, done);
}

/* Devices of a device tree */

static int dt(xc_interface *xch, uint32_t cmd, uint32_t domid, const char *path)
{
	size_t size = strlen(path);
	struct xe_cursor *k = xe_open(xch, xe_need(path, size));
	struct xen_domctl *d;

	if (!k)
		return -1;
	d = xe_domctl(k, cmd, domid);
	d->u.assign_device.dev = XEN_DOMCTL_DEV_DT;
	d->u.assign_device.flags = 0;
	d->u.assign_device.u.dt.size = size;
	set_xen_guest_handle_raw(d->u.assign_device.u.dt.path,
				 xe_in(k, path, size));
	return xe_end(k, XE_DOMCTL, d);
}

XC_API int xc_assign_dt_device(xc_interface *xch, uint32_t domid, char *path)
{
	return dt(xch, XEN_DOMCTL_assign_device, domid, path);
}

XC_API int xc_test_assign_dt_device(xc_interface *xch, uint32_t domid,
				    char *path)
{
	return dt(xch, XEN_DOMCTL_test_assign_device, domid, path);
}

XC_API int xc_deassign_dt_device(xc_interface *xch, uint32_t domid, char *path)
{
	return dt(xch, XEN_DOMCTL_deassign_device, domid, path);
}
