/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Every call about devices given to domains, with values of which no two bytes
 * are alike, and no device that exists: for xc_diff_device, which asks Xen, and
 * xc_wire_device, which looks at what is asked. Include after xc_diff.h or
 * xc_wire.h.
 */
#ifndef XC_DEVICE_CALLS_H
#define XC_DEVICE_CALLS_H

/* Did Xen write the structure? If not, stock gives what was on its stack. */
static bool given_back(long ret);

static void pirqs(struct mode *m, uint32_t d)
{
	static const int given[] = { -1, 0, 77, -0x7fffffff - 1, 0x7fffffff };
	unsigned int i;
	int a, b;

	for (i = 0; i < NR(given); i++) {
		a = b = given[i];
		CALL(m, xc_physdev_map_pirq, d, 0x1234567, &a);
		CALL(m, xc_physdev_map_pirq_msi, d, -0x1234567, &b, 0x2345678,
		     0x3456789, 0x456789a, 0x123456789abcdef0);
		note(m, "pirqs %x %x", a, b);
		CALL(m, xc_physdev_unmap_pirq, d, given[i]);
	}
	CALL(m, xc_physdev_map_pirq, d, 5, NULL);
	CALL(m, xc_physdev_map_pirq_msi, d, 5, NULL, 1, 2, 3, 4);
	CALL(m, xc_physdev_pci_access_modify, d, 1, 2, 3, 4);
}

static void pci(struct mode *m, uint32_t d)
{
	CALL(m, xc_assign_device, d, 0x12345678, 0x9abcdef0);
	CALL(m, xc_test_assign_device, d, 0x12345678);
	CALL(m, xc_deassign_device, d, 0x12345678);
}

static void group(struct mode *m, uint32_t d)
{
	static const uint32_t counts[] = { 0, 1, 2, 15, 16, 17, 1000, 100000 };
	static uint32_t list[100000];
	unsigned int i;
	uint32_t n;
	long ret;

	for (i = 0; i < NR(counts); i++) {
		memset(list, 0xcc, sizeof(list));
		n = 0x7777;
		ret = CALL(m, xc_get_device_group, d, 0x12345678, counts[i], &n,
			   list);
		if (given_back(ret))
			note(m, "%x", n);
		bytes(m, "group", list, 80);
		ret = CALL(m, xc_get_device_group, d, 0x12345678, counts[i], &n,
			   NULL);
		if (given_back(ret))
			note(m, "%x", n);
	}
	CALL(m, xc_get_device_group, d, 1, ~0U, &n, NULL);
}

static void paths(struct mode *m, uint32_t d)
{
	static char longest[5000];
	char *const list[] = { "", "/", "/soc/uart@12345", longest };
	unsigned int i;

	memset(longest, 'x', sizeof(longest) - 1);
	for (i = 0; i < NR(list); i++) {
		CALL(m, xc_assign_dt_device, d, list[i]);
		CALL(m, xc_test_assign_dt_device, d, list[i]);
		CALL(m, xc_deassign_dt_device, d, list[i]);
	}
}

static void irqs(struct mode *m, uint32_t d)
{
	uint32_t type;

	for (type = 0; type < 12; type++) {
		CALL(m, xc_domain_bind_pt_irq, d, 0x81, type, 0x92, 0xa3, 0xb4,
		     0xc5);
		CALL(m, xc_domain_unbind_pt_irq, d, 0x81, type, 0x92, 0xa3,
		     0xb4, 0xc5);
	}
	CALL(m, xc_domain_bind_pt_irq, d, 1, 255, 2, 3, 4, 5);
	CALL(m, xc_domain_unbind_pt_irq, d, 1, 255, 2, 3, 4, 5);
	CALL(m, xc_domain_bind_pt_pci_irq, d, 0x81, 0x92, 0xa3, 0xb4);
	CALL(m, xc_domain_bind_pt_isa_irq, d, 0x81);
	CALL(m, xc_domain_bind_pt_spi_irq, d, 0x8192, 0xa3b4);
	CALL(m, xc_domain_unbind_pt_spi_irq, d, 0x8192, 0xa3b4);
	CALL(m, xc_domain_update_msi_irq, d, 0x12345678, 0x9abcdef0, 0x13579bdf,
	     0x123456789abcdef0);
	CALL(m, xc_domain_unbind_msi_irq, d, 0x12345678, 0x9abcdef0,
	     0x13579bdf);
}

static void uart(struct mode *m, uint32_t d)
{
	evtchn_port_t port = 0x7777;

	CALL(m, xc_dom_vuart_init, 0x12345678, d, 0x50009, 0x123456789abcdef0,
	     &port);
	note(m, "port %x", port);
}

#endif /* XC_DEVICE_CALLS_H */
