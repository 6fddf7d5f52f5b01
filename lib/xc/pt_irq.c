// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * A machine's interrupt bound to a guest's, of whatever kind that is.
 */
#include "engine.h"

typedef struct xen_domctl_bind_pt_irq pt_irq_t;

static int run(xc_interface *xch, uint32_t cmd, uint32_t domid,
	       const pt_irq_t *bind)
{
	struct xe_cursor *k;
	struct xen_domctl *d = xe_open_domctl(&k, xch, cmd, domid);

	if (!d)
		return -1;
	d->u.bind_pt_irq = *bind;
	return xe_end(k, XE_DOMCTL, d);
}

/* An SPI's own number is 0 for those who come this way. */
static int pt_irq(xc_interface *xch, uint32_t cmd, uint32_t domid,
		  uint8_t machine_irq, uint8_t irq_type, uint8_t bus,
		  uint8_t device, uint8_t intx, uint8_t isa_irq)
{
	pt_irq_t bind = { .machine_irq = machine_irq, .irq_type = irq_type };

	switch (irq_type) {
	case PT_IRQ_TYPE_PCI:
	case PT_IRQ_TYPE_MSI_TRANSLATE:
		bind.u.pci.bus = bus;
		bind.u.pci.device = device;
		bind.u.pci.intx = intx;
		break;
	case PT_IRQ_TYPE_ISA:
		bind.u.isa.isa_irq = isa_irq;
		break;
	case PT_IRQ_TYPE_SPI:
		break;
	default:
		errno = EINVAL;
		return xe_local(xch, -1, EINVAL);
	}
	return run(xch, cmd, domid, &bind);
}

XC_API int xc_domain_bind_pt_irq(xc_interface *xch, uint32_t domid,
				 uint8_t machine_irq, uint8_t irq_type,
				 uint8_t bus, uint8_t device, uint8_t intx,
				 uint8_t isa_irq)
{
	return pt_irq(xch, XEN_DOMCTL_bind_pt_irq, domid, machine_irq, irq_type,
		      bus, device, intx, isa_irq);
}

XC_API int xc_domain_unbind_pt_irq(xc_interface *xch, uint32_t domid,
				   uint8_t machine_irq, uint8_t irq_type,
				   uint8_t bus, uint8_t device, uint8_t intx,
				   uint8_t isa_irq)
{
	return pt_irq(xch, XEN_DOMCTL_unbind_pt_irq, domid, machine_irq,
		      irq_type, bus, device, intx, isa_irq);
}

XC_API int xc_domain_bind_pt_pci_irq(xc_interface *xch, uint32_t domid,
				     uint8_t machine_irq, uint8_t bus,
				     uint8_t device, uint8_t intx)
{
	return xc_domain_bind_pt_irq(xch, domid, machine_irq, PT_IRQ_TYPE_PCI,
				     bus, device, intx, 0);
}

XC_API int xc_domain_bind_pt_isa_irq(xc_interface *xch, uint32_t domid,
				     uint8_t machine_irq)
{
	return xc_domain_bind_pt_irq(xch, domid, machine_irq, PT_IRQ_TYPE_ISA,
				     0, 0, 0, machine_irq);
}

/* ARM's, whose numbers are wider. */

XC_API int xc_domain_bind_pt_spi_irq(xc_interface *xch, uint32_t domid,
				     uint16_t vspi, uint16_t spi)
{
	return run(xch, XEN_DOMCTL_bind_pt_irq, domid, &(const pt_irq_t){
			.machine_irq = vspi,
			.irq_type = PT_IRQ_TYPE_SPI,
			.u.spi.spi = spi,
		});
}

/* Stock has eight bits of spi here: that is what Xen is asked for. */
XC_API int xc_domain_unbind_pt_spi_irq(xc_interface *xch, uint32_t domid,
				       uint16_t vspi, uint16_t spi)
{
	return run(xch, XEN_DOMCTL_unbind_pt_irq, domid, &(const pt_irq_t){
			.machine_irq = vspi,
			.irq_type = PT_IRQ_TYPE_SPI,
			.u.spi.spi = (uint8_t)spi,
		});
}

/* Messages */

XC_API int xc_domain_update_msi_irq(xc_interface *xch, uint32_t domid,
				    uint32_t gvec, uint32_t pirq,
				    uint32_t gflags, uint64_t gtable)
{
	pt_irq_t bind;

	/* With every field set, what is between them would be the stack's. */
	memset(&bind, 0, sizeof(bind));
	bind.machine_irq = pirq;
	bind.irq_type = PT_IRQ_TYPE_MSI;
	bind.u.msi.gvec = gvec;
	bind.u.msi.gflags = gflags;
	bind.u.msi.gtable = gtable;
	return run(xch, XEN_DOMCTL_bind_pt_irq, domid, &bind);
}

XC_API int xc_domain_unbind_msi_irq(xc_interface *xch, uint32_t domid,
				    uint32_t gvec, uint32_t pirq,
				    uint32_t gflags)
{
	return run(xch, XEN_DOMCTL_unbind_pt_irq, domid, &(const pt_irq_t){
			.machine_irq = pirq,
			.irq_type = PT_IRQ_TYPE_MSI,
			.u.msi = { .gvec = gvec, .gflags = gflags },
		});
}
