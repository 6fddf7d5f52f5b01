// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Cases of functions that look into a domain: see test_xc_wire.c.
 */
#include "wire_case.h"
#include "wire_domain.h"

#if XC_RELEASE < 417

#include <sys/mman.h>

#include "lib/xc/p2m.h"

#define DOMID 7

#define SUSPENDED (XEN_DOMINF_shutdown | \
		   SHUTDOWN_suspend << XEN_DOMINF_shutdownshift)
#define X86_64 "xen-3.0-x86_64 xen-3.0-x86_32p hvm-3.0-x86_32"

/* Seed and number say which: each is met by every answer of Xen's. */
static const struct wire_domain domains[] = {
	{ .width = 8, .flags = SUSPENDED, .max_vcpu_id = 2, .nr_pages = 12,
	  .max_gpfn = 19, .caps = X86_64 },
	{ .width = 4, .flags = SUSPENDED, .max_vcpu_id = 1, .nr_pages = 9,
	  .max_gpfn = 16, .caps = X86_64 },
	{ .hvm = true, .width = 8, .flags = SUSPENDED, .max_vcpu_id = 1,
	  .nr_pages = 11, .max_gpfn = 20, .callback_irq = 3, .caps = X86_64,
	  .shared_info = 1 },
	{ .hvm = true, .width = 8, .flags = SUSPENDED, .nr_pages = 7,
	  .max_gpfn = 8, .caps = X86_64, .shared_info = 3 },
	/* another domain than the one asked for */
	{ .width = 8, .domid = DOMID + 1, .flags = SUSPENDED, .nr_pages = 10,
	  .max_gpfn = 12, .caps = X86_64 },
	/* gave memory back, lost a vcpu */
	{ .width = 8, .flags = SUSPENDED, .max_vcpu_id = 3, .lost = 5,
	  .nr_pages = 14, .max_gpfn = 14, .caps = X86_64 },
	/* did not suspend itself */
	{ .width = 8, .flags = XEN_DOMINF_shutdown | SHUTDOWN_reboot <<
	  XEN_DOMINF_shutdownshift, .nr_pages = 5, .max_gpfn = 11,
	  .caps = "xen-3.0-x86_32p" },
	{ .width = 4, .flags = XEN_DOMINF_running, .nr_pages = 5,
	  .max_gpfn = 11, .caps = "xen-3.0-x86_32p" },
	{ .hvm = true, .width = 8, .flags = SUSPENDED, .nr_pages = 5,
	  .max_gpfn = 6, .callback_irq = 1, .caps = "hvm-3.0-x86_32" },
	/* without vcpus, without shared info; more memory than it can have */
	{ .width = 4, .flags = SUSPENDED, .lost = 1, .nr_pages = 5,
	  .max_gpfn = 11, .caps = "xen-3.0-x86_32" },
	{ .width = 8, .flags = SUSPENDED, .nr_pages = 5, .max_gpfn = 11,
	  .caps = "xen-3.0-ia64", .shared_info = WIRE_NO_FRAME },
	{ .width = 8, .flags = SUSPENDED, .nr_pages = 13, .max_gpfn = 11,
	  .caps = X86_64 },
};

/* Tables of several pages, and their lists too. */
static const struct wire_domain large[] = {
	{ .width = 8, .flags = SUSPENDED, .nr_pages = 700, .max_gpfn = 1800,
	  .caps = X86_64 },
	{ .width = 4, .flags = SUSPENDED, .nr_pages = 700, .max_gpfn = 3100,
	  .caps = X86_64 },
	{ .width = 8, .flags = SUSPENDED, .nr_pages = 700,
	  .max_gpfn = 512 * 512 + 900, .caps = X86_64 },
};

/*
 * Once with Xen's answer at each question in turn: a fourth of them, by how many
 * calls the script has go well. 0 is no answer of its own.
 */
static void at_each_question(const struct wire_domain *d,
			     void (*run)(const struct wire_domain *d))
{
	unsigned int when = script.good;

	if (!script.then && when)
		return;
	do {
		wire_domain_begin(d, when, script.then);
		run(d);
		wire_domain_end();
		when += 4;
	} while (script.then && wire_domain_questions() > when - 4);
}

static void with_domains(void (*run)(const struct wire_domain *d))
{
	size_t i;

	for (i = script.seed; i < ARRAY_SIZE(domains); i += 6)
		at_each_question(&domains[i], run);
	if (script.then || script.good || script.seed >= ARRAY_SIZE(large))
		return;
	at_each_question(&large[script.seed], run);
}

static void resumed(const struct wire_domain *d)
{
	int fast;

	(void)d;
	for (fast = 0; fast < 2; fast++) {
		CALL(xc_domain_resume, DOMID, fast);
		wire_record("start\0\0", wire_domain_frame(WIRE_START_INFO),
			    XC_PAGE_SIZE);
	}
}

static void resume(void)
{
	with_domains(resumed);
}

static void write_table(const xen_pfn_t *p2m, unsigned int width,
			unsigned long size)
{
	unsigned long i;
	xen_pfn_t frame;

	for (i = 0; i < size; i++) {
		frame = xe_p2m_entry(p2m, width, i);
		OUT(frame);
	}
}

static void looked_at(const struct wire_domain *d)
{
	struct xc_domain_meminfo m = { 0 };

	CALL(xc_map_domain_meminfo, DOMID, &m);
	if (m.pfn_type) {
		OUT(m.guest_width);
		OUT(m.pt_levels);
		OUT(m.p2m_size);
		write_table(m.p2m_table, d->width, m.p2m_size);
		wire_record("types\0\0", m.pfn_type,
			    m.p2m_size * sizeof(*m.pfn_type));
		m.p2m_table[0] = 5;
		/* It is there already. */
		CALL(xc_map_domain_meminfo, DOMID, &m);
		CALL(xc_unmap_domain_meminfo, &m);
	}
	m.pfn_type = (void *)(uintptr_t)!!m.pfn_type;
	OUT(m.pfn_type);
	OUT(m.p2m_table);
}

static void meminfo(void)
{
	with_domains(looked_at);
}

static xc_dominfo_t *info_of(const struct wire_domain *d)
{
	static xc_dominfo_t info;

	memset(&info, 0, sizeof(info));
	info.domid = DOMID + 2;
	info.hvm = d->hvm;
	info.nr_pages = d->nr_pages;
	return &info;
}

static void mapped(const struct wire_domain *d)
{
	shared_info_any_t *shared = (void *)wire_domain_frame(0);
	xc_dominfo_t *info = info_of(d);
	xen_pfn_t *p2m = NULL;
	unsigned long nr = 0;

#define MAPPED(name) do { \
	CALL(name, d->width, info, shared, &p2m, &nr); \
	OUT(nr); \
	if (p2m) { \
		write_table(p2m, d->width, nr); \
		munmap(p2m, xe_word_pages(nr, d->width) * XC_PAGE_SIZE); \
	} \
	p2m = NULL; \
} while (0)
	if (d->hvm)
		return;
	MAPPED(xc_core_arch_map_p2m);
	MAPPED(xc_core_arch_map_p2m_writable);
#undef MAPPED
}

static void tables(void)
{
	with_domains(mapped);
}

static void answered(const struct wire_domain *d)
{
	xc_core_memory_map_t *map = NULL;
	unsigned int nr = 0;
	xen_pfn_t gpfn = 0;

	CALL(xc_core_arch_get_scratch_gpfn, DOMID, &gpfn);
	OUT(gpfn);
	CALL(xc_core_arch_memory_map_get, NULL, info_of(d), NULL, &map, &nr);
	OUT(nr);
	if (map)
		wire_record("map\0\0\0\0", map, nr * sizeof(*map));
	free(map);
}

/* They have no handle. */
static void known(const struct wire_domain *d)
{
	static const unsigned long pfns[] = {
		0, 0x9f, 0xa0, 0xbf, 0xc0, 0xeffff, 0xf0000, 0xfffff, 0x100000,
		~0ul,
	};
	size_t i;

	call_begin("xc_core_arch_auto_translated_physmap");
	call_end("xc_core_arch_auto_translated_physmap",
		 api->xc_core_arch_auto_translated_physmap(info_of(d)));
	for (i = 0; i < ARRAY_SIZE(pfns); i++) {
		call_begin("xc_core_arch_gpfn_may_present");
		call_end("xc_core_arch_gpfn_may_present",
			 api->xc_core_arch_gpfn_may_present(NULL, pfns[i]));
	}
}

static void memory(void)
{
	with_domains(answered);
	with_domains(known);
}

const struct wire_case wire_guest[] = {
	{ "resume", resume, true },
	{ "meminfo", meminfo, true },
	{ "p2m tables", tables, true },
	{ "memory maps", memory, true },
	{ NULL, NULL, false },
};

#else

const struct wire_case wire_guest[] = { { NULL, NULL, false } };

#endif
