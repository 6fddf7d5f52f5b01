// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Maps of physical memory: a guest's e820, the machine's, what is reserved for
 * devices, and the frames of the machine-to-physical table.
 *
 * Where stock fails without an errno of its own, so does this; only a batch's
 * result has one (EFAULT for no room, ERANGE for too few entries), so that it
 * counts as failed.
 */
#include "engine.h"

#define MEMORY_OP __HYPERVISOR_memory_op

#if defined(__i386__) || defined(__x86_64__)
XC_API int xc_domain_set_memory_map(xc_interface *xch, uint32_t domid,
				    struct e820entry entries[],
				    uint32_t nr_entries)
{
	size_t size = nr_entries * sizeof(*entries);
	struct xen_foreign_memory_map *arg;
	struct xe_cursor *k;

	if (!entries)
		return xe_local(xch, -1, EFAULT);
	k = xe_open(xch, xe_need(entries, size));
	if (!k)
		return -1;
	arg = xe_take(k, XE_SLOT);
	*arg = (struct xen_foreign_memory_map){
		.domid = domid,
		.map = { .nr_entries = nr_entries },
	};
	set_xen_guest_handle_raw(arg->map.buffer, xe_in(k, entries, size));
	return xe_end2(k, MEMORY_OP, XENMEM_set_memory_map, arg);
}

XC_API int xc_domain_set_memmap_limit(xc_interface *xch, uint32_t domid,
				      unsigned long map_limitkb)
{
	struct e820entry ram = {
		.addr = 0,
		.size = (uint64_t)map_limitkb << 10,
		.type = E820_RAM,
	};

	return xc_domain_set_memory_map(xch, domid, &ram, 1);
}

static long machine_map_done(struct xe_done *done, long ret)
{
	const struct xen_memory_map *arg = done->block;

	return ret ? ret : (int)arg->nr_entries;
}

XC_API int xc_get_machine_memory_map(xc_interface *xch,
				     struct e820entry entries[],
				     uint32_t max_entries)
{
	size_t size = max_entries * sizeof(*entries);
	struct xen_memory_map *arg;
	struct xe_cursor *k;
	struct xe_done *done;

	if (!entries || max_entries <= 1)
		return xe_local(xch, -1, EFAULT);
	k = xe_open(xch, XE_DONE_SIZE + xe_need(entries, size));
	if (!k)
		return -1;
	arg = xe_take(k, XE_SLOT);
	done = xe_done_new(k, machine_map_done);
	arg->nr_entries = max_entries;
	set_xen_guest_handle_raw(arg->buffer, xe_out(k, done, entries, size));
	done->block = arg;
	return xe_end2_done(k, MEMORY_OP, XENMEM_machine_memory_map, arg, done);
}
#else
XC_API int xc_domain_set_memmap_limit(xc_interface *xch, uint32_t domid,
				      unsigned long map_limitkb)
{
	(void)domid;
	(void)map_limitkb;
	xc_perr(xch, "Function not implemented");
	errno = ENOSYS;
	return xe_local(xch, -1, ENOSYS);
}
#endif

static long reserved_done(struct xe_done *done, long ret)
{
	const struct xen_reserved_device_memory_map *arg = done->block;

	*(uint32_t *)done->to[0] = arg->nr_entries;
	return ret;
}

XC_API int
xc_reserved_device_memory_map(xc_interface *xch, uint32_t flags, uint16_t seg,
			      uint8_t bus, uint8_t devfn,
			      struct xen_reserved_device_memory entries[],
			      uint32_t *max_entries)
{
	size_t size = *max_entries * sizeof(*entries);
	struct xen_reserved_device_memory_map *arg;
	struct xe_cursor *k;
	struct xe_done *done;

	k = xe_open(xch, XE_DONE_SIZE + xe_need(entries, size));
	if (!k)
		return -1;
	arg = xe_take(k, XE_SLOT);
	done = xe_done_new(k, reserved_done);
	*arg = (struct xen_reserved_device_memory_map){
		.flags = flags,
		.nr_entries = *max_entries,
		.dev.pci = { .seg = seg, .bus = bus, .devfn = devfn },
	};
	set_xen_guest_handle_raw(arg->buffer, xe_out(k, done, entries, size));
	done->block = arg;
	done->to[0] = max_entries;
	return xe_end2_done(k, MEMORY_OP, XENMEM_reserved_device_memory_map,
			    arg, done);
}

/* Fewer than asked for is a failure, too. */
static long machphys_done(struct xe_done *done, long ret)
{
	const struct xen_machphys_mfn_list *arg = done->block;

	if (!ret && arg->nr_extents == done->num)
		return 0;
	if (ret >= 0)
		done->err = ERANGE;
	return -1;
}

XC_API int xc_machphys_mfn_list(xc_interface *xch, unsigned long max_extents,
				xen_pfn_t *extent_start)
{
	size_t size = max_extents * sizeof(*extent_start);
	struct xen_machphys_mfn_list *arg;
	struct xe_cursor *k;
	struct xe_done *done;

	k = xe_open(xch, XE_DONE_SIZE + xe_need(extent_start, size));
	if (!k) {
		xc_perr(xch, "Could not bounce memory for"
			" XENMEM_machphys_mfn_list hypercall");
		return -1;
	}
	arg = xe_take(k, XE_SLOT);
	done = xe_done_new(k, machphys_done);
	*arg = (struct xen_machphys_mfn_list){ .max_extents = max_extents };
	set_xen_guest_handle_raw(arg->extent_start,
				 xe_out(k, done, extent_start, size));
	done->block = arg;
	done->num = max_extents;
	return xe_end2_done(k, MEMORY_OP, XENMEM_machphys_mfn_list, arg, done);
}
