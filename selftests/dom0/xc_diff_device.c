// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Promise: our libxenctrl answers as stock's does, byte for byte, at once and
 * in a batch: interrupts mapped and bound, and devices given to domains. What
 * dom0 uses is left alone: devices that do not exist, interrupts that nothing
 * has, and domains that end with the test.
 */
#include "helper/xc_diff.h"
#include "helper/xc_device_calls.h"
#include "helper/xc_hvm.h"

static uint32_t domids[8];
static unsigned int nr_domids;

static bool given_back(long ret)
{
	return !ret;
}

/* Every call for each domain, and for the mode's own. */
#define EACH(name) \
static void each_##name(struct mode *m) \
{ \
	unsigned int i; \
\
	for (i = 0; i < nr_domids; i++) \
		name(m, domids[i]); \
	name(m, m->twin); \
}
EACH(pirqs)
EACH(pci)
EACH(group)
EACH(paths)
EACH(irqs)
EACH(uart)

/* An interrupt that nothing has, the mode's own domain's for a moment. */
#define SPARE_GSI 19

static void mapped(struct mode *m)
{
	int pirq, i;

	for (i = -1; i < 3; i++) {
		pirq = i < 2 ? i : SPARE_GSI;
		if (CALL(m, xc_physdev_map_pirq, m->twin, SPARE_GSI, &pirq)) {
			note(m, "pirq %d", pirq);
			continue;
		}
		note(m, "pirq %d", pirq);
		CALL(m, xc_domain_bind_pt_pci_irq, m->twin, pirq, 0, 3, 0);
		CALL(m, xc_domain_unbind_pt_irq, m->twin, pirq, PT_IRQ_TYPE_PCI,
		     0, 3, 0, 0);
		CALL(m, xc_domain_bind_pt_isa_irq, m->twin, pirq);
		CALL(m, xc_domain_unbind_pt_irq, m->twin, pirq, PT_IRQ_TYPE_ISA,
		     0, 0, 0, pirq);
		CALL(m, xc_physdev_unmap_pirq, m->twin, pirq);
		CALL(m, xc_physdev_unmap_pirq, m->twin, pirq);
	}
}

/* dom0 is only asked. */
static void dom0(struct mode *m)
{
	uint32_t n = 0x7777, list[4] = { 0 };

	CALL(m, xc_test_assign_device, 0, 0xffff);
	if (!CALL(m, xc_get_device_group, 0, 0xffff, 4, &n, list))
		note(m, "%x", n);
	bytes(m, "list", list, sizeof(list));
}

static const struct diff_case cases[] = {
	{ "physical interrupts", each_pirqs, 1 },
	{ "one of them mapped", mapped, 1 },
	{ "PCI devices", each_pci, 1 },
	{ "a device's group", each_group, 1 },
	{ "devices of a tree", each_paths, 1 },
	{ "interrupts bound", each_irqs, 1 },
	{ "a virtual UART", each_uart, 1 },
	{ "dom0", dom0, 1 },
};

int main(void)
{
	unsigned int i;

	ksft_print_header();
	open_modes();
	make_domains();
	if (have_hvm())
		make_hvm_twins();
	domids[nr_domids++] = dom_a;
	domids[nr_domids++] = dom_b;
	for (i = 0; i < NR(bad_domids); i++) {
		/* Not DOMID_SELF: that is dom0. */
		if (bad_domids[i] != 0x7ff0)
			domids[nr_domids++] = bad_domids[i];
	}
	ksft_set_plan(NR(cases) + 1);
	run_cases(cases, NR(cases));
	all_called("xc_diff_device");
	end_domains();
	ksft_finished();
}
