// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * libxendevicemodel.so.1: what a device model asks of Xen for its domain.
 * Contracts are in <xendevicemodel.h>; what is written here is what stock 4.17
 * does besides. Each function is one operation: a structure, and what goes
 * into it; numbers are cut down to its fields without a word.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "devicemodel.h"
#include "log.h"

#include <xen/sys/privcmd.h>

/* Handles */

static int restrict_cb(Xentoolcore__Active_Handle *active, uint16_t domid)
{
	xendevicemodel_handle *dmod =
		(void *)((char *)active -
			 offsetof(xendevicemodel_handle, active));

	/* What there is then is libxencall's, which is on the list itself. */
	return dmod->fd < 0 ? 0 : xendevicemodel_restrict(dmod, domid);
}

static void free_handle(xendevicemodel_handle *dmod)
{
	xentoolcore__deregister_active_handle(&dmod->active);
	fast_close(&dmod->fast);
	xencall_close(dmod->xcall);
	xtl_logger_destroy(dmod->logger_tofree);
	free(dmod);
}

API xendevicemodel_handle *xendevicemodel_open(xentoollog_logger *logger,
					       unsigned int open_flags)
{
	xendevicemodel_handle *dmod = calloc(1, sizeof(*dmod));

	(void)open_flags;
	if (!dmod)
		return NULL;
	dmod->fd = -1;
	fast_init(&dmod->fast, &dm_fast_kind);
	dmod->active.restrict_callback = restrict_cb;
	xentoolcore__register_active_handle(&dmod->active);
	if (log_open(&dmod->logger, &dmod->logger_tofree, logger) &&
	    !dm_stock_open(dmod))
		return dmod;
	free_handle(dmod);
	return NULL;
}

API int xendevicemodel_close(xendevicemodel_handle *dmod)
{
	int rc;

	if (!dmod)
		return 0;
	rc = dmod->fd < 0 ? 0 : close(dmod->fd);
	free_handle(dmod);
	return rc;
}

API int xendevicemodel_restrict(xendevicemodel_handle *dmod, domid_t domid)
{
	int rc;

	if (dmod->fd < 0) {
		errno = EOPNOTSUPP;
		return -1;
	}
	rc = ioctl(dmod->fd, IOCTL_PRIVCMD_RESTRICT, &domid);
	return rc ? rc : fast_shut(&dmod->fast);
}

/* Operations */

static int run(xendevicemodel_handle *dmod, domid_t domid, struct xen_dm_op *op)
{
	const struct dm_buf buf = { op, sizeof(*op) };
	int ret;

	/* What privcmd does not have is not to be had otherwise either. */
	if (likely(dmod->fd >= 0) &&
	    dm_fast_run(&dmod->fast, domid, op, &ret))
		return ret;
	return dm_stock_run(dmod, domid, &buf, 1);
}

/* With a buffer of the client's besides. */
static int run_with(xendevicemodel_handle *dmod, domid_t domid,
		    struct xen_dm_op *op, void *ptr, size_t size)
{
	const struct dm_buf bufs[] = { { op, sizeof(*op) }, { ptr, size } };

	return dm_stock_run(dmod, domid, bufs, 2);
}

static int refuse(void)
{
	errno = EINVAL;
	return -1;
}

/* I/O request servers */

API int xendevicemodel_create_ioreq_server(xendevicemodel_handle *dmod,
					   domid_t domid, int handle_bufioreq,
					   ioservid_t *id)
{
	struct xen_dm_op op = {
		.op = XEN_DMOP_create_ioreq_server,
		.u.create_ioreq_server.handle_bufioreq = handle_bufioreq,
	};
	int rc = run(dmod, domid, &op);

	if (!rc)
		*id = op.u.create_ioreq_server.id;
	return rc;
}

/* Xen maps the pages when it is asked for their numbers: not for nobody. */
API int xendevicemodel_get_ioreq_server_info(xendevicemodel_handle *dmod,
					     domid_t domid, ioservid_t id,
					     xen_pfn_t *ioreq_gfn,
					     xen_pfn_t *bufioreq_gfn,
					     evtchn_port_t *bufioreq_port)
{
	bool gfns = ioreq_gfn || bufioreq_gfn;
	struct xen_dm_op op = {
		.op = XEN_DMOP_get_ioreq_server_info,
		.u.get_ioreq_server_info = {
			.id = id,
			.flags = gfns ? 0 : XEN_DMOP_no_gfns,
		},
	};
	int rc = run(dmod, domid, &op);

	if (rc)
		return rc;
	if (ioreq_gfn)
		*ioreq_gfn = op.u.get_ioreq_server_info.ioreq_gfn;
	if (bufioreq_gfn)
		*bufioreq_gfn = op.u.get_ioreq_server_info.bufioreq_gfn;
	if (bufioreq_port)
		*bufioreq_port = op.u.get_ioreq_server_info.bufioreq_port;
	return 0;
}

/* To an ioreq server or from it: both operations have the same structure. */
static int range(xendevicemodel_handle *dmod, domid_t domid, uint32_t which,
		 ioservid_t id, uint32_t type, uint64_t start, uint64_t end)
{
	struct xen_dm_op op = {
		.op = which,
		.u.map_io_range_to_ioreq_server = {
			.id = id,
			.type = type,
			.start = start,
			.end = end,
		},
	};

	return run(dmod, domid, &op);
}

static int io_range(xendevicemodel_handle *dmod, domid_t domid, uint32_t which,
		    ioservid_t id, int is_mmio, uint64_t start, uint64_t end)
{
	return range(dmod, domid, which, id,
		     is_mmio ? XEN_DMOP_IO_RANGE_MEMORY :
			       XEN_DMOP_IO_RANGE_PORT,
		     start, end);
}

API int xendevicemodel_map_io_range_to_ioreq_server(xendevicemodel_handle *dmod,
						    domid_t domid,
						    ioservid_t id, int is_mmio,
						    uint64_t start,
						    uint64_t end)
{
	return io_range(dmod, domid, XEN_DMOP_map_io_range_to_ioreq_server, id,
			is_mmio, start, end);
}

API int
xendevicemodel_unmap_io_range_from_ioreq_server(xendevicemodel_handle *dmod,
						domid_t domid, ioservid_t id,
						int is_mmio, uint64_t start,
						uint64_t end)
{
	return io_range(dmod, domid, XEN_DMOP_unmap_io_range_from_ioreq_server,
			id, is_mmio, start, end);
}

static int pcidev(xendevicemodel_handle *dmod, domid_t domid, uint32_t which,
		  ioservid_t id, uint64_t segment, uint64_t bus,
		  uint64_t device, uint64_t function)
{
	uint64_t sbdf = XEN_DMOP_PCI_SBDF(segment, bus, device, function);

	if (device > 0x1f || function > 0x7)
		return refuse();
	return range(dmod, domid, which, id, XEN_DMOP_IO_RANGE_PCI, sbdf, sbdf);
}

API int xendevicemodel_map_pcidev_to_ioreq_server(xendevicemodel_handle *dmod,
						  domid_t domid, ioservid_t id,
						  uint16_t segment, uint8_t bus,
						  uint8_t device,
						  uint8_t function)
{
	return pcidev(dmod, domid, XEN_DMOP_map_io_range_to_ioreq_server, id,
		      segment, bus, device, function);
}

API int
xendevicemodel_unmap_pcidev_from_ioreq_server(xendevicemodel_handle *dmod,
					      domid_t domid, ioservid_t id,
					      uint16_t segment, uint8_t bus,
					      uint8_t device, uint8_t function)
{
	return pcidev(dmod, domid, XEN_DMOP_unmap_io_range_from_ioreq_server,
		      id, segment, bus, device, function);
}

API int xendevicemodel_map_mem_type_to_ioreq_server(xendevicemodel_handle *dmod,
						    domid_t domid,
						    ioservid_t id,
						    uint16_t type,
						    uint32_t flags)
{
	struct xen_dm_op op = {
		.op = XEN_DMOP_map_mem_type_to_ioreq_server,
		.u.map_mem_type_to_ioreq_server = {
			.id = id,
			.type = type,
			.flags = flags,
		},
	};

	if (type != HVMMEM_ioreq_server ||
	    flags & ~XEN_DMOP_IOREQ_MEM_ACCESS_WRITE)
		return refuse();
	return run(dmod, domid, &op);
}

API int xendevicemodel_destroy_ioreq_server(xendevicemodel_handle *dmod,
					    domid_t domid, ioservid_t id)
{
	struct xen_dm_op op = {
		.op = XEN_DMOP_destroy_ioreq_server,
		.u.destroy_ioreq_server.id = id,
	};

	return run(dmod, domid, &op);
}

API int xendevicemodel_set_ioreq_server_state(xendevicemodel_handle *dmod,
					      domid_t domid, ioservid_t id,
					      int enabled)
{
	struct xen_dm_op op = {
		.op = XEN_DMOP_set_ioreq_server_state,
		.u.set_ioreq_server_state = {
			.id = id,
			.enabled = !!enabled,
		},
	};

	return run(dmod, domid, &op);
}

/* Interrupts and events */

API int xendevicemodel_set_pci_intx_level(xendevicemodel_handle *dmod,
					  domid_t domid, uint16_t segment,
					  uint8_t bus, uint8_t device,
					  uint8_t intx, unsigned int level)
{
	struct xen_dm_op op = {
		.op = XEN_DMOP_set_pci_intx_level,
		.u.set_pci_intx_level = {
			.domain = segment,
			.bus = bus,
			.device = device,
			.intx = intx,
			.level = level,
		},
	};

	return run(dmod, domid, &op);
}

API int xendevicemodel_set_isa_irq_level(xendevicemodel_handle *dmod,
					 domid_t domid, uint8_t irq,
					 unsigned int level)
{
	struct xen_dm_op op = {
		.op = XEN_DMOP_set_isa_irq_level,
		.u.set_isa_irq_level = { .isa_irq = irq, .level = level },
	};

	return run(dmod, domid, &op);
}

/* The headers of Xen 4.14 have neither, and build the same library. */
enum { SET_IRQ_LEVEL = 19, NR_VCPUS = 20 };

API int xendevicemodel_set_irq_level(xendevicemodel_handle *dmod, domid_t domid,
				     uint32_t irq, unsigned int level)
{
	struct xen_dm_op op = { .op = SET_IRQ_LEVEL };
	const struct {
		uint32_t irq;
		uint8_t level;
		uint8_t pad[3];
	} arg = { .irq = irq, .level = level };

	memcpy(&op.u, &arg, sizeof(arg));
	return run(dmod, domid, &op);
}

API int xendevicemodel_set_pci_link_route(xendevicemodel_handle *dmod,
					  domid_t domid, uint8_t link,
					  uint8_t irq)
{
	struct xen_dm_op op = {
		.op = XEN_DMOP_set_pci_link_route,
		.u.set_pci_link_route = { .link = link, .isa_irq = irq },
	};

	return run(dmod, domid, &op);
}

API int xendevicemodel_inject_msi(xendevicemodel_handle *dmod, domid_t domid,
				  uint64_t msi_addr, uint32_t msi_data)
{
	struct xen_dm_op op = {
		.op = XEN_DMOP_inject_msi,
		.u.inject_msi = { .addr = msi_addr, .data = msi_data },
	};

	return run(dmod, domid, &op);
}

API int xendevicemodel_inject_event(xendevicemodel_handle *dmod, domid_t domid,
				    int vcpu, uint8_t vector, uint8_t type,
				    uint32_t error_code, uint8_t insn_len,
				    uint64_t extra)
{
	struct xen_dm_op op = {
		.op = XEN_DMOP_inject_event,
		.u.inject_event = {
			.vcpuid = vcpu,
			.vector = vector,
			.type = type,
			.error_code = error_code,
			.insn_len = insn_len,
			.cr2 = extra,
		},
	};

	return run(dmod, domid, &op);
}

/* Memory */

/* The bitmap's size is a sum of 32 bits: of the largest nr nothing is left. */
API int xendevicemodel_track_dirty_vram(xendevicemodel_handle *dmod,
					domid_t domid, uint64_t first_pfn,
					uint32_t nr,
					unsigned long *dirty_bitmap)
{
	struct xen_dm_op op = {
		.op = XEN_DMOP_track_dirty_vram,
		.u.track_dirty_vram = { .nr = nr, .first_pfn = first_pfn },
	};

	return run_with(dmod, domid, &op, dirty_bitmap, (size_t)(nr + 7) / 8);
}

API int
xendevicemodel_modified_memory_bulk(xendevicemodel_handle *dmod, domid_t domid,
				    struct xen_dm_op_modified_memory_extent *ext,
				    uint32_t nr)
{
	struct xen_dm_op op = {
		.op = XEN_DMOP_modified_memory,
		.u.modified_memory.nr_extents = nr,
	};

	return run_with(dmod, domid, &op, ext, nr * sizeof(*ext));
}

API int xendevicemodel_modified_memory(xendevicemodel_handle *dmod,
				       domid_t domid, uint64_t first_pfn,
				       uint32_t nr)
{
	struct xen_dm_op_modified_memory_extent extent = {
		.first_pfn = first_pfn,
		.nr = nr,
	};

	return xendevicemodel_modified_memory_bulk(dmod, domid, &extent, 1);
}

API int xendevicemodel_set_mem_type(xendevicemodel_handle *dmod, domid_t domid,
				    hvmmem_type_t mem_type, uint64_t first_pfn,
				    uint32_t nr)
{
	struct xen_dm_op op = {
		.op = XEN_DMOP_set_mem_type,
		.u.set_mem_type = {
			.nr = nr,
			.mem_type = mem_type,
			.first_pfn = first_pfn,
		},
	};

	return run(dmod, domid, &op);
}

API int xendevicemodel_relocate_memory(xendevicemodel_handle *dmod,
				       domid_t domid, uint32_t size,
				       uint64_t src_gfn, uint64_t dst_gfn)
{
	struct xen_dm_op op = {
		.op = XEN_DMOP_relocate_memory,
		.u.relocate_memory = {
			.size = size,
			.src_gfn = src_gfn,
			.dst_gfn = dst_gfn,
		},
	};

	return run(dmod, domid, &op);
}

API int xendevicemodel_pin_memory_cacheattr(xendevicemodel_handle *dmod,
					    domid_t domid, uint64_t start,
					    uint64_t end, uint32_t type)
{
	struct xen_dm_op op = {
		.op = XEN_DMOP_pin_memory_cacheattr,
		.u.pin_memory_cacheattr = {
			.start = start,
			.end = end,
			.type = type,
		},
	};

	return run(dmod, domid, &op);
}

/* The domain itself */

API int xendevicemodel_shutdown(xendevicemodel_handle *dmod, domid_t domid,
				unsigned int reason)
{
	struct xen_dm_op op = {
		.op = XEN_DMOP_remote_shutdown,
		.u.remote_shutdown.reason = reason,
	};

	return run(dmod, domid, &op);
}

API int xendevicemodel_nr_vcpus(xendevicemodel_handle *dmod, domid_t domid,
				unsigned int *vcpus)
{
	struct xen_dm_op op = { .op = NR_VCPUS };
	int rc = run(dmod, domid, &op);

	uint32_t answer;

	memcpy(&answer, &op.u, sizeof(answer));
	if (!rc)
		*vcpus = answer;
	return rc;
}
