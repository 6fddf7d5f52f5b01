// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Cases of functions that look into a domain: see test_xc_wire.c.
 */
#include "wire_case.h"
#include "wire_domain.h"

#if XC_RELEASE < 417

#include <fcntl.h>
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
	  .shared_info = 1, .at_once = 1 },
	{ .hvm = true, .width = 8, .flags = SUSPENDED, .nr_pages = 7,
	  .max_gpfn = 8, .caps = X86_64, .shared_info = 3 },
	/* another domain than the one asked for */
	{ .width = 8, .domid = DOMID + 1, .flags = SUSPENDED, .nr_pages = 10,
	  .max_gpfn = 12, .caps = X86_64 },
	/* gave memory back, lost a vcpu */
	{ .width = 8, .flags = SUSPENDED, .max_vcpu_id = 3, .lost = 5,
	  .nr_pages = 15, .max_gpfn = 14, .caps = X86_64 },
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
	/* a table that fills its page */
	{ .width = 8, .flags = SUSPENDED, .nr_pages = 100, .max_gpfn = 511,
	  .caps = X86_64 },
	/* over the hole for video memory */
	{ .hvm = true, .width = 8, .flags = SUSPENDED, .nr_pages = 170,
	  .max_gpfn = 0xc5, .callback_irq = 1, .caps = X86_64 },
	/* more pages than are written at once */
	{ .hvm = true, .width = 8, .flags = SUSPENDED, .nr_pages = 4700,
	  .max_gpfn = 6000, .callback_irq = 1, .caps = X86_64 },
	{ .width = 8, .flags = SUSPENDED, .nr_pages = 5000, .max_gpfn = 6000,
	  .caps = X86_64, .at_once = 700 },
};

/*
 * Once with Xen's answer at each question in turn: a fourth of them, by how
 * many calls the script has go well. 0 is no answer of its own.
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
	if (script.then || script.good)
		return;
	for (i = script.seed; i < ARRAY_SIZE(large); i += 6)
		at_each_question(&large[i], run);
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
	xen_pfn_t *frames = malloc(size * sizeof(*frames));
	unsigned long i;

	for (i = 0; i < size; i++)
		frames[i] = xe_p2m_entry(p2m, width, i);
	wire_record("table\0\0", frames, size * sizeof(*frames));
	free(frames);
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
	shared_info_any_t *shared = wire_domain_frame(WIRE_SHARED_INFO);
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

/*
 * Core dumps
 */

static int write_down(xc_interface *x, void *arg, char *buffer,
		      unsigned int length)
{
	(void)x;
	(void)arg;
	wire_record("written", buffer, length);
	return wire_domain_asked();
}

static void dumped(const struct wire_domain *d)
{
	(void)d;
	CALL(xc_domain_dumpcore_via_callback, DOMID, NULL, write_down);
}

static void dump(void)
{
	/* Two ways to fail will do: all that was written is in the log. */
	if (!script.then || script.then == 1 || script.then == -EACCES)
		with_domains(dumped);
}

static void dumped_to(const char *name)
{
	CALL(xc_domain_dumpcore, DOMID, name);
}

static void dumped_to_file(const struct wire_domain *d)
{
	int fd = memfd_create("dump", 0);
	char name[40];
	size_t size;
	void *p;

	(void)d;
	/* It is truncated. */
	assert_int_equal(0, ftruncate(fd, 1 << 26));
	snprintf(name, sizeof(name), "/proc/self/fd/%d", fd);
	dumped_to(name);
	size = lseek(fd, 0, SEEK_END);
	p = malloc(size + 1);
	assert_int_equal(size, pread(fd, p, size, 0));
	wire_record("file\0\0\0", p, size);
	free(p);
	close(fd);
	dumped_to("/dev/full");
	dumped_to("/proc/self/nothing/here");
}

static void dump_to_file(void)
{
	if (!script.then)
		with_domains(dumped_to_file);
}

/* As long as there is room, and then. */
static void sections(void)
{
	struct xc_core_section_headers s = { .num_max = 1 };
	struct xc_core_strtab names = { .length = 1, .max = 64 };
	Elf64_Shdr *shdr = NULL;
	char name[300];
	unsigned int i;

	if (script.seed || script.good || script.then)
		return;
	s.shdrs = malloc(sizeof(*s.shdrs));
	names.strings = calloc(1, names.max);
	memset(name, 'a', sizeof(name));
	for (i = 0; i < 70000; i++) {
		call_begin("xc_core_shdr_get");
		shdr = api->xc_core_shdr_get(xch, &s);
		call_end("xc_core_shdr_get", shdr ? 0 : -1);
		OUT(s.num);
		OUT(s.num_max);
		if (!shdr)
			break;
		wire_record("section", shdr, sizeof(*shdr));
		/* One that starts another page of names, and a short one. */
		name[i % 60] = 0;
		CALL(xc_core_shdr_set, shdr, &names, name, i, i + 1, i + 2,
		     i + 3, i + 4);
		name[i % 60] = 'a';
		wire_record("section", shdr, sizeof(*shdr));
		OUT(names.length);
		OUT(names.max);
	}
	wire_record("names\0\0", names.strings, names.length);
	free(s.shdrs);
	free(names.strings);
}

const struct wire_case wire_guest[] = {
	{ "resume", resume, true },
	{ "meminfo", meminfo, true },
	{ "p2m tables", tables, true },
	{ "memory maps", memory, true },
	{ "dump", dump, true },
	{ "dump to a file", dump_to_file, false },
	{ "sections", sections, false },
	{ NULL, NULL, false },
};

static void refused(const struct wire_domain *d, unsigned long store, int err)
{
	start_info_t *start;

	wire_domain_begin(d, 0, 0);
	start = wire_domain_frame(WIRE_START_INFO);
	start->store_mfn = store;
	assert_int_equal(-1, api->xc_domain_resume(xch, DOMID, 0));
	assert_int_equal(err, errno);
	assert_int_equal(store, start->store_mfn);
	assert_int_equal(9, start->console.domU.mfn);
	wire_domain_end();
}

void wire_guest_alone(void)
{
	struct wire_domain d = domains[0];
	xen_pfn_t *p2m = NULL;
	unsigned long nr = 0;

	refused(&d, 512, EINVAL);
	refused(&d, ~0ul, EINVAL);
	d.max_gpfn = 512ul * 512 * 512;
	refused(&d, 0, E2BIG);
	wire_domain_begin(&d, 0, 0);
	assert_int_equal(-1, api->xc_core_arch_map_p2m(xch, 8, info_of(&d),
			 wire_domain_frame(WIRE_SHARED_INFO), &p2m, &nr));
	assert_int_equal(E2BIG, errno);
	assert_null(p2m);
	wire_domain_end();
}

#else

const struct wire_case wire_guest[] = { { NULL, NULL, false } };

void wire_guest_alone(void)
{
}

#endif
