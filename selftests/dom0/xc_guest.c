// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Promise: libxenguest, Debian's own, runs on our libxenctrl: all that it needs
 * is there, it finds the handles that it takes from our structure, and a PV
 * domain that it builds has its memory, page tables and grant table as they
 * should be, by what our functions show of them.
 */
#include <dlfcn.h>
#include <elf.h>
#include <string.h>
#include <sys/mman.h>

#include "kselftest_harness.h"

#define XC_WANT_COMPAT_MAP_FOREIGN_API
#include <xenctrl.h>
#include <xenguest.h>
#include <xen/elfnote.h>

#include "guest_abi.h"
#include "helper/skip.h"
#include "helper/xc_domain.h"
#include "xenbatch_xc.h"

#define PAGE		4096UL
#define VIRT_BASE	0xffffffff80000000UL
#define LOAD_AT		0x100000UL
#define PAYLOAD		5
#define MEGABYTES	16

/* A kernel that will never run: notes, and pages that can be told apart. */
struct note {
	Elf64_Nhdr head;
	char name[4];
	union {
		uint64_t number;
		char text[16];
	} desc;
};

static struct image {
	Elf64_Ehdr eh;
	Elf64_Phdr ph[2];
	struct note notes[6];
	char pad[PAGE - sizeof(Elf64_Ehdr) - 2 * sizeof(Elf64_Phdr) -
		 6 * sizeof(struct note)];
	uint64_t payload[PAYLOAD][PAGE / 8];
} image;
_Static_assert(offsetof(struct image, payload) == PAGE, "page by page");

static void set_note(struct note *n, uint32_t type, const char *text,
		     uint64_t number)
{
	n->head = (Elf64_Nhdr){
		.n_namesz = 4,
		.n_descsz = sizeof(n->desc),
		.n_type = type,
	};
	memcpy(n->name, "Xen", 4);
	if (text)
		strcpy(n->desc.text, text);
	else
		n->desc.number = number;
	if (!text)
		n->head.n_descsz = 8;
}

static void make_notes(struct note *n)
{
	set_note(&n[0], XEN_ELFNOTE_GUEST_OS, "selftest", 0);
	set_note(&n[1], XEN_ELFNOTE_XEN_VERSION, "xen-3.0", 0);
	set_note(&n[2], XEN_ELFNOTE_LOADER, "generic", 0);
	set_note(&n[3], XEN_ELFNOTE_PAE_MODE, "yes", 0);
	set_note(&n[4], XEN_ELFNOTE_FEATURES, "", 0);
	/* The last: its number is shorter than the room for a text. */
	set_note(&n[5], XEN_ELFNOTE_VIRT_BASE, NULL, VIRT_BASE);
}

static void make_image(void)
{
	const size_t size = sizeof(image.payload);
	size_t i;

	memset(&image, 0, sizeof(image));
	memcpy(image.eh.e_ident, ELFMAG, SELFMAG);
	image.eh.e_ident[EI_CLASS] = ELFCLASS64;
	image.eh.e_ident[EI_DATA] = ELFDATA2LSB;
	image.eh.e_ident[EI_VERSION] = EV_CURRENT;
	image.eh.e_type = ET_EXEC;
	image.eh.e_machine = EM_X86_64;
	image.eh.e_version = EV_CURRENT;
	image.eh.e_entry = VIRT_BASE + LOAD_AT;
	image.eh.e_phoff = offsetof(struct image, ph);
	image.eh.e_ehsize = sizeof(Elf64_Ehdr);
	image.eh.e_phentsize = sizeof(Elf64_Phdr);
	image.eh.e_phnum = 2;
	image.ph[0] = (Elf64_Phdr){
		.p_type = PT_LOAD, .p_flags = PF_R | PF_W | PF_X,
		.p_offset = offsetof(struct image, payload),
		.p_vaddr = VIRT_BASE + LOAD_AT, .p_paddr = LOAD_AT,
		.p_filesz = size, .p_memsz = size, .p_align = PAGE,
	};
	image.ph[1] = (Elf64_Phdr){
		.p_type = PT_NOTE, .p_flags = PF_R,
		.p_offset = offsetof(struct image, notes),
		.p_filesz = sizeof(image.notes) - 8,
		.p_memsz = sizeof(image.notes) - 8, .p_align = 4,
	};
	make_notes(image.notes);
	for (i = 0; i < size / 8; i++)
		image.payload[i / 512][i % 512] = i * 0x9e3779b97f4a7c15;
}

FIXTURE(guest)
{
	xentoollog_logger *logger;
	xc_interface *xch;
	uint32_t domid;
};

FIXTURE_SETUP(guest)
{
	self->logger = (xentoollog_logger *)
		xtl_createlogger_stdiostream(stderr, XTL_ERROR, 0);
	self->xch = xc_interface_open(self->logger, self->logger, 0);
	if (!self->xch)
		SKIP_TEST("no Xen here");
	ASSERT_EQ(0, new_domain(self->xch, &self->domid));
	ASSERT_EQ(0, xc_domain_setmaxmem(self->xch, self->domid,
					 (MEGABYTES + 8) << 10));
}

FIXTURE_TEARDOWN(guest)
{
	end_domain(self->xch, self->domid);
	EXPECT_EQ(0, xc_interface_close(self->xch));
	xtl_logger_destroy(self->logger);
}

/* It makes sysctls of its own, by the xencall handle. */
TEST_F(guest, xencall_field)
{
	uint32_t status[2] = { 77, 77 };

	ASSERT_NE(NULL, dlsym(RTLD_DEFAULT, "xc_batch_begin"));
	EXPECT_EQ(0, xc_query_page_offline_status(self->xch, 0x1000, 0x1001,
						  status));
	/* Neither offline nor on the way there. */
	EXPECT_EQ(0, status[0]);
	EXPECT_EQ(0, status[1]);
}

/* And maps resources by the other. */
TEST_F(guest, foreignmemory_field)
{
	grant_entry_v1_t *table;
	int nr = 0;

	ASSERT_EQ(0, xc_dom_gnttab_seed(self->xch, self->domid, false, 0x1234,
					0x5678, 0, 7));
	table = xc_gnttab_map_table_v1(self->xch, self->domid, &nr);
	ASSERT_NE(NULL, table);
	EXPECT_LE(8, nr);
	EXPECT_EQ(0x1234, table[GNTTAB_RESERVED_CONSOLE].frame);
	EXPECT_EQ(0x5678, table[GNTTAB_RESERVED_XENSTORE].frame);
	EXPECT_EQ(7, table[GNTTAB_RESERVED_XENSTORE].domid);
	EXPECT_EQ(GTF_permit_access, table[GNTTAB_RESERVED_CONSOLE].flags);
	EXPECT_EQ(0, munmap(table, PAGE * (nr / 512)));
}

static int build(xc_interface *xch, uint32_t domid)
{
	struct xc_dom_image *dom = xc_dom_allocate(xch, "hello", NULL);
	int rc;

	if (!dom)
		return -1;
	make_image();
	dom->container_type = XC_DOM_PV_CONTAINER;
	dom->max_vcpus = 1;
	dom->claim_enabled = 1;
	rc = xc_dom_kernel_mem(dom, &image, sizeof(image)) ? 1 :
	     xc_dom_boot_xen_init(dom, xch, domid) ? 2 :
	     xc_dom_parse_image(dom) ? 3 :
	     xc_dom_mem_init(dom, MEGABYTES) ? 4 :
	     xc_dom_boot_mem_init(dom) ? 5 :
	     xc_dom_build_image(dom) ? 6 :
	     xc_dom_boot_image(dom) ? 7 :
	     xc_dom_gnttab_init(dom) ? 8 : 0;
	xc_dom_release(dom);
	return rc;
}

static bool page_is(xc_interface *xch, uint32_t domid, unsigned long frame,
		    const void *what)
{
	void *p = xc_map_foreign_range(xch, domid, PAGE, PROT_READ, frame);
	bool same = p && !memcmp(p, what, PAGE);

	if (p)
		munmap(p, PAGE);
	return same;
}

TEST_F(guest, built)
{
	vcpu_guest_context_any_t ctx;
	unsigned long frame;
	xen_pfn_t l4;
	unsigned int i;

	ASSERT_EQ(0, build(self->xch, self->domid));
	EXPECT_EQ(MEGABYTES << 8, xc_get_tot_pages(self->xch, self->domid));
	for (i = 0; i < PAYLOAD; i++) {
		frame = xc_translate_foreign_address(self->xch, self->domid, 0,
						     VIRT_BASE + LOAD_AT +
						     i * PAGE + 8 * i);
		ASSERT_NE(0, frame);
		EXPECT_TRUE(page_is(self->xch, self->domid, frame,
				    image.payload[i]));
	}
	EXPECT_EQ(0, xc_translate_foreign_address(self->xch, self->domid, 0,
						  VIRT_BASE - PAGE));
	EXPECT_EQ(EADDRNOTAVAIL, errno);

	ASSERT_EQ(0, xc_vcpu_getcontext(self->xch, self->domid, 0, &ctx));
	EXPECT_EQ(VIRT_BASE + LOAD_AT, ctx.x64.user_regs.rip);
	l4 = ctx.x64.ctrlreg[3] >> 12;
	ASSERT_EQ(0, xc_get_pfn_type_batch(self->xch, self->domid, 1, &l4));
	EXPECT_EQ(XEN_DOMCTL_PFINFO_L4TAB | XEN_DOMCTL_PFINFO_LPINTAB, l4);
}

TEST_HARNESS_MAIN
