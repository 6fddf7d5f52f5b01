// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * libxendevicemodel by its old names (<xenctrl_compat.h>), on the handle's own
 * device-model handle. There is no old name of what came later.
 *
 * In a batch all of them run at once, in their place: privcmd's DM_OP, which
 * works for a handle that is restricted to the domain, is no hypercall that
 * could be queued.
 */
#define XC_WANT_COMPAT_DEVICEMODEL_API
#include "engine.h"

/* A handle that could not be had has set errno. */
#define DM(xch, name, ...) ({ \
	struct xe_batch *b_ = xe_pause(xch); \
	xendevicemodel_handle *dmod_ = xc_interface_dmod_handle(xch); \
	xe_resume(b_, xch, \
		  dmod_ ? xendevicemodel_##name(dmod_, __VA_ARGS__) : -1); })

XC_API int xc_hvm_create_ioreq_server(xc_interface *xch, uint32_t domid,
				      int handle_bufioreq, ioservid_t *id)
{
	return DM(xch, create_ioreq_server, domid, handle_bufioreq, id);
}

XC_API int xc_hvm_get_ioreq_server_info(xc_interface *xch, uint32_t domid,
					ioservid_t id, xen_pfn_t *ioreq_pfn,
					xen_pfn_t *bufioreq_pfn,
					evtchn_port_t *bufioreq_port)
{
	return DM(xch, get_ioreq_server_info, domid, id, ioreq_pfn,
		  bufioreq_pfn, bufioreq_port);
}

XC_API int xc_hvm_map_io_range_to_ioreq_server(xc_interface *xch,
					       uint32_t domid, ioservid_t id,
					       int is_mmio, uint64_t start,
					       uint64_t end)
{
	return DM(xch, map_io_range_to_ioreq_server, domid, id, is_mmio, start,
		  end);
}

XC_API int xc_hvm_unmap_io_range_from_ioreq_server(xc_interface *xch,
						   uint32_t domid,
						   ioservid_t id, int is_mmio,
						   uint64_t start, uint64_t end)
{
	return DM(xch, unmap_io_range_from_ioreq_server, domid, id, is_mmio,
		  start, end);
}

XC_API int xc_hvm_map_pcidev_to_ioreq_server(xc_interface *xch, uint32_t domid,
					     ioservid_t id, uint16_t segment,
					     uint8_t bus, uint8_t device,
					     uint8_t function)
{
	return DM(xch, map_pcidev_to_ioreq_server, domid, id, segment, bus,
		  device, function);
}

XC_API int xc_hvm_unmap_pcidev_from_ioreq_server(xc_interface *xch,
						 uint32_t domid, ioservid_t id,
						 uint16_t segment, uint8_t bus,
						 uint8_t device,
						 uint8_t function)
{
	return DM(xch, unmap_pcidev_from_ioreq_server, domid, id, segment, bus,
		  device, function);
}

XC_API int xc_hvm_destroy_ioreq_server(xc_interface *xch, uint32_t domid,
				       ioservid_t id)
{
	return DM(xch, destroy_ioreq_server, domid, id);
}

XC_API int xc_hvm_set_ioreq_server_state(xc_interface *xch, uint32_t domid,
					 ioservid_t id, int enabled)
{
	return DM(xch, set_ioreq_server_state, domid, id, enabled);
}

XC_API int xc_hvm_set_pci_intx_level(xc_interface *xch, uint32_t domid,
				     uint16_t segment, uint8_t bus,
				     uint8_t device, uint8_t intx,
				     unsigned int level)
{
	return DM(xch, set_pci_intx_level, domid, segment, bus, device, intx,
		  level);
}

XC_API int xc_hvm_set_isa_irq_level(xc_interface *xch, uint32_t domid,
				    uint8_t irq, unsigned int level)
{
	return DM(xch, set_isa_irq_level, domid, irq, level);
}

XC_API int xc_hvm_set_pci_link_route(xc_interface *xch, uint32_t domid,
				     uint8_t link, uint8_t irq)
{
	return DM(xch, set_pci_link_route, domid, link, irq);
}

XC_API int xc_hvm_inject_msi(xc_interface *xch, uint32_t domid,
			     uint64_t msi_addr, uint32_t msi_data)
{
	return DM(xch, inject_msi, domid, msi_addr, msi_data);
}

XC_API int xc_hvm_track_dirty_vram(xc_interface *xch, uint32_t domid,
				   uint64_t first_pfn, uint32_t nr,
				   unsigned long *dirty_bitmap)
{
	return DM(xch, track_dirty_vram, domid, first_pfn, nr, dirty_bitmap);
}

XC_API int xc_hvm_modified_memory(xc_interface *xch, uint32_t domid,
				  uint64_t first_pfn, uint32_t nr)
{
	return DM(xch, modified_memory, domid, first_pfn, nr);
}

XC_API int xc_hvm_set_mem_type(xc_interface *xch, uint32_t domid,
			       hvmmem_type_t type, uint64_t first_pfn,
			       uint32_t nr)
{
	return DM(xch, set_mem_type, domid, type, first_pfn, nr);
}

XC_API int xc_hvm_inject_trap(xc_interface *xch, uint32_t domid, int vcpu,
			      uint8_t vector, uint8_t type, uint32_t error_code,
			      uint8_t insn_len, uint64_t cr2)
{
	return DM(xch, inject_event, domid, vcpu, vector, type, error_code,
		  insn_len, cr2);
}

XC_API int xc_domain_pin_memory_cacheattr(xc_interface *xch, uint32_t domid,
					  uint64_t start, uint64_t end,
					  uint32_t type)
{
	return DM(xch, pin_memory_cacheattr, domid, start, end, type);
}
