// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Promise: devices given to domains and their interrupts: ours asks Xen for the
 * same as stock, field by field, at once and in a batch, and makes the same of
 * its answer, whatever it is. No device is touched: nothing of this gets to
 * Xen. (What a real Xen says: xc_diff_device.)
 */
#include "helper/xc_diff.h"
#include "helper/xc_wire.h"
#include "helper/xc_device_calls.h"

/* What Xen is given, and gives */

static uint64_t sub_of(const struct wire_call *c)
{
	const struct xen_domctl *d = (void *)c->arg;

	if (c->number != __HYPERVISOR_domctl)
		return 0;
	switch (c->cmd) {
	case XEN_DOMCTL_bind_pt_irq:
	case XEN_DOMCTL_unbind_pt_irq:
		return d->u.bind_pt_irq.irq_type;
	case XEN_DOMCTL_assign_device:
	case XEN_DOMCTL_test_assign_device:
	case XEN_DOMCTL_deassign_device:
		return d->u.assign_device.dev;
	}
	return 0;
}

static const struct wire_shape shapes[] = {
#define SHAPE struct physdev_map_pirq
	{ __HYPERVISOR_physdev_op, PHYSDEVOP_map_pirq, 0, {
		IN_(domid), IN_(type), IN_(index), IN_(pirq), IN_(bus),
		IN_(devfn), IN_(entry_nr), IN_(table_base), OUT_(pirq) } },
#undef SHAPE
#define SHAPE struct physdev_unmap_pirq
	{ __HYPERVISOR_physdev_op, PHYSDEVOP_unmap_pirq, 0, {
		IN_(domid), IN_(pirq) } },
#undef SHAPE
#define SHAPE struct xen_domctl
#define DOMCTL(name, sub, ...) \
	{ __HYPERVISOR_domctl, XEN_DOMCTL_##name, sub, { __VA_ARGS__ } }
#define ASSIGN(name) \
	DOMCTL(name, XEN_DOMCTL_DEV_PCI, IN_(u.assign_device.dev), \
	       IN_(u.assign_device.flags), \
	       IN_(u.assign_device.u.pci.machine_sbdf)), \
	DOMCTL(name, XEN_DOMCTL_DEV_DT, IN_(u.assign_device.dev), \
	       IN_(u.assign_device.flags), IN_(u.assign_device.u.dt.size), \
	       LIST_IN_(u.assign_device.u.dt.path, 64))
	ASSIGN(assign_device),
	ASSIGN(test_assign_device),
	ASSIGN(deassign_device),
	DOMCTL(get_device_group, 0, IN_(u.get_device_group.machine_sbdf),
	       IN_(u.get_device_group.max_sdevs),
	       LIST_OUT_(u.get_device_group.sdev_array, 8),
	       OUT_(u.get_device_group.num_sdevs)),
#define IRQ() IN_(u.bind_pt_irq.machine_irq), IN_(u.bind_pt_irq.irq_type)
#define PIN IN_(u.bind_pt_irq.u.pci.bus), IN_(u.bind_pt_irq.u.pci.device), \
	    IN_(u.bind_pt_irq.u.pci.intx)
#define MSI IN_(u.bind_pt_irq.u.msi.gvec), IN_(u.bind_pt_irq.u.msi.gflags)
#define IRQS(name) \
	DOMCTL(name, PT_IRQ_TYPE_PCI, IRQ(), PIN), \
	DOMCTL(name, PT_IRQ_TYPE_MSI_TRANSLATE, IRQ(), PIN), \
	DOMCTL(name, PT_IRQ_TYPE_ISA, IRQ(), \
	       IN_(u.bind_pt_irq.u.isa.isa_irq)), \
	DOMCTL(name, PT_IRQ_TYPE_SPI, IRQ(), IN_(u.bind_pt_irq.u.spi.spi))
	IRQS(bind_pt_irq),
	IRQS(unbind_pt_irq),
	DOMCTL(bind_pt_irq, PT_IRQ_TYPE_MSI, IRQ(), MSI,
	       IN_(u.bind_pt_irq.u.msi.gtable)),
	/* the table is not asked for here, and stock does not fill it */
	DOMCTL(unbind_pt_irq, PT_IRQ_TYPE_MSI, IRQ(), MSI),
	DOMCTL(vuart_op, 0, IN_(u.vuart_op.cmd), IN_(u.vuart_op.type),
	       IN_(u.vuart_op.gfn), IN_(u.vuart_op.console_domid),
	       IN_(u.vuart_op.pad), OUT_(u.vuart_op.evtchn)),
#undef SHAPE
};

/* Cases */

static bool given_back(long ret)
{
	(void)ret;
	return wire_now->fill >= 0;
}

/* A list for which there is no memory: nothing is asked. */
static void too_long(struct mode *m)
{
	uint32_t n = 0x7777;

	wire.answer = wire_plain;
	wire_now = &wire_answers[0];
	CALL(m, xc_get_device_group, 7, 0x12345678, ~0U, &n, &n);
	note(m, "%x", n);
}

WIRE_EACH(pirqs)
WIRE_EACH(pci)
WIRE_EACH(group)
WIRE_EACH(paths)
WIRE_EACH(irqs)
WIRE_EACH(uart)

static const struct diff_case cases[] = {
	{ "physical interrupts", each_pirqs, 1 },
	{ "PCI devices", each_pci, 1 },
	{ "a device's group", each_group, 1 },
	{ "a greater one", too_long, 1 },
	{ "devices of a tree", each_paths, 1 },
	{ "interrupts bound", each_irqs, 1 },
	{ "a virtual UART", each_uart, 1 },
};

int main(void)
{
	ksft_print_header();
	wire_start(shapes, NR(shapes), sub_of);
	ksft_set_plan(NR(cases) + 2);
	run_cases(cases, NR(cases));
	wire_all_known();
	all_called("xc_diff_device");
	ksft_finished();
}
