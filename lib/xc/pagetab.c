// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * A virtual address of a domain's vcpu, looked up in its page tables.
 */
#if defined(__i386__) || defined(__x86_64__)

#include <sys/mman.h>

#include "engine.h"

#include <xen/foreign/x86_32.h>
#include <xen/foreign/x86_64.h>
#include <xen/hvm/save.h>

#define CR0_PG		0x80000000u
#define CR4_PAE		0x20u
#define EFER_LMA	0x400u
#define PTE_PRESENT	1u
#define PTE_BIG		0x80u
#define PTE_FRAME	0x000ffffffffff000ull

/* How a vcpu's tables are made; levels 0: it has none. */
struct paging {
	unsigned int levels;
	uint64_t root;
};

/* Bits of the address that each level looks at, the last level's first. */
struct format {
	unsigned int bits[4];
	unsigned int entry;		/* bytes */
	uint64_t addresses;		/* mask of what is translated */
};

static const struct format formats[] = {
	[2] = { { 10, 10 }, 4, 0xffffffff },
	[3] = { { 9, 9, 9 }, 8, 0xffffffff },
	[4] = { { 9, 9, 9, 9 }, 8, 0x0000ffffffffffff },
};

static int hvm_paging(xc_interface *xch, uint32_t dom, int vcpu,
		      struct paging *p)
{
	struct hvm_hw_cpu cpu;

	if (xc_domain_hvm_getcontext_partial(xch, dom, HVM_SAVE_CODE(CPU), vcpu,
					     &cpu, sizeof(cpu)))
		return -1;
	p->levels = 0;
	if (!(cpu.cr0 & CR0_PG))
		return 0;
	p->levels = cpu.msr_efer & EFER_LMA ? 4 : cpu.cr4 & CR4_PAE ? 3 : 2;
	p->root = cpu.cr3 & ~(p->levels == 3 ? 0x1full : 0xfffull);
	return 0;
}

static int pv_paging(xc_interface *xch, uint32_t dom, int vcpu,
		     struct paging *p)
{
	vcpu_guest_context_any_t ctx;
	unsigned int width;

	if (xc_vcpu_getcontext(xch, dom, vcpu, &ctx) ||
	    xc_domain_get_guest_width(xch, dom, &width))
		return -1;
	p->levels = width == 8 ? 4 : 3;
	if (width == 8)
		p->root = xen_cr3_to_pfn_x86_64(ctx.x64.ctrlreg[3]);
	else
		p->root = xen_cr3_to_pfn_x86_32(ctx.x32.ctrlreg[3]);
	p->root <<= XC_PAGE_SHIFT;
	return 0;
}

/*
 * The tables that are looked into, one after the other in the place of the one
 * before, which costs less than a mapping of its own for each.
 */
struct tables {
	xenbatch *xb;
	uint32_t dom;
	char *page;
};

/* The entry at a machine (HVM: guest) address. 0 or -1 with errno. */
static int read_entry(const struct tables *t, uint64_t at, unsigned int size,
		      uint64_t *entry)
{
	uint64_t gfn = at >> XC_PAGE_SHIFT;

	if (!xenbatch_map(t->xb, t->page, t->dom, PROT_READ, 1, &gfn, NULL))
		return -1;
	*entry = 0;
	memcpy(entry, t->page + (at & (XC_PAGE_SIZE - 1)), size);
	return 0;
}

/* An entry of this level may stand for all that is below it. */
static bool may_be_big(unsigned int level, unsigned int levels)
{
	return level == 2 || (level == 3 && levels == 4);
}

static unsigned long walk(const struct tables *t, const struct paging *p,
			  uint64_t virt)
{
	const struct format *f = &formats[p->levels];
	unsigned int level, shift = XC_PAGE_SHIFT;
	uint64_t table = p->root, entry = 0, below;

	virt &= f->addresses;
	for (level = 1; level < p->levels; level++)
		shift += f->bits[level - 1];
	for (level = p->levels; level; level--) {
		/* A page directory pointer table has no page of its own. */
		table += (virt >> shift & ((1u << f->bits[level - 1]) - 1)) *
			 f->entry;
		if (read_entry(t, table, f->entry, &entry))
			return 0;
		if (!(entry & PTE_PRESENT)) {
			errno = EADDRNOTAVAIL;
			return 0;
		}
		table = entry & PTE_FRAME;
		if (may_be_big(level, p->levels) && entry & PTE_BIG) {
			below = (1ull << shift) - 1;
			return ((table & ~below) | (virt & below)) >>
			       XC_PAGE_SHIFT;
		}
		if (level > 1)
			shift -= f->bits[level - 2];
	}
	return table >> XC_PAGE_SHIFT;
}

static unsigned long translate(xc_interface *xch, uint32_t dom, int vcpu,
			       uint64_t virt)
{
	struct tables t = { xch->xb, dom, NULL };
	int hvm = xe_is_hvm(xch, dom), err;
	struct paging paging;
	unsigned long frame;

	if (hvm < 0)
		return 0;
	if (hvm ? hvm_paging(xch, dom, vcpu, &paging) :
		       pv_paging(xch, dom, vcpu, &paging))
		return 0;
	if (!paging.levels)
		return virt >> XC_PAGE_SHIFT;
	t.page = xenbatch_slots_alloc(t.xb, XENBATCH_FOREIGN, 1);
	if (!t.page)
		return 0;
	frame = walk(&t, &paging, virt);
	err = errno;
	xenbatch_unmap(t.xb, t.page, 1);
	errno = err;
	return frame;
}

XC_API unsigned long xc_translate_foreign_address(xc_interface *xch,
						  uint32_t dom, int vcpu,
						  unsigned long long virt)
{
	struct xe_batch *b = xe_pause(xch);

	return xe_resume_value(b, xch, translate(xch, dom, vcpu, virt));
}

#endif
