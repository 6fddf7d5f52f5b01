// SPDX-License-Identifier: GPL-2.0
/*
 * PV, many frames emptied at once: by their page table.
 *
 * To clear an entry by mmu_update is 500 instructions of Xen's. To take the
 * whole page table away, so that Xen drops what it holds, and give it back
 * cleared, is 170 an entry. The order is what Xen's rules ask for (xen/arch/x86/
 * mm.c, 4.17): unpin the table; take it out of the table above, and with that
 * goes its type and every reference it has; clear it; hook it in again, which
 * validates 512 empty entries; pin it.
 *
 * This is done only where a table belongs to one area, the area has all of its
 * 512 slots, and none of them stays filled. Then nobody misses it meanwhile: who
 * touches a slot gets what an empty slot gives, since our fault handler puts no
 * table there; who walks page tables finds nothing, as afterwards.
 */
#include <linux/mm.h>

#include <asm/xen/hypercall.h>
#include <asm/xen/page.h>
#include <xen/interface/xen.h>

#include "context.h"
#include "pv.h"

#define XB_PV_STEPS	5

static void xb_pv_step_mmuext(struct multicall_entry *step, struct mmuext_op *op,
			      unsigned int n)
{
	step->op = __HYPERVISOR_mmuext_op;
	step->args[0] = (unsigned long)op;
	step->args[1] = n;
	step->args[2] = 0;
	step->args[3] = DOMID_SELF;
}

static void xb_pv_step_update(struct multicall_entry *step,
			      struct mmu_update *update)
{
	step->op = __HYPERVISOR_mmu_update;
	step->args[0] = (unsigned long)update;
	step->args[1] = 1;
	step->args[2] = 0;
	step->args[3] = DOMID_SELF;
}

/* The entry above table nr of the area. */
static pmd_t *xb_pv_pmd(const struct xb_area *area, unsigned int nr)
{
	unsigned long addr = (area->start & PMD_MASK) +
			     ((unsigned long)nr << PMD_SHIFT);
	pud_t *pud = pud_offset(p4d_offset(pgd_offset(area->ctx->mm, addr),
					   addr), addr);

	return pmd_offset(pud, addr);
}

void xb_pv_empty_table(const struct xb_area *area, unsigned int nr)
{
	const struct xb_pv *pv = area->kind;
	pmd_t *pmd = xb_pv_pmd(area, nr);
	u64 entry = arbitrary_virt_to_machine(pmd).maddr;
	xen_pfn_t table = pv->tables[nr] >> PAGE_SHIFT;
	struct multicall_entry steps[XB_PV_STEPS];
	struct mmu_update out = { .ptr = entry, .val = 0 };
	struct mmu_update in = { .ptr = entry, .val = native_pmd_val(*pmd) };
	struct mmuext_op unpin = {
		.cmd = MMUEXT_UNPIN_TABLE, .arg1.mfn = table,
	};
	struct mmuext_op clear = {
		.cmd = MMUEXT_CLEAR_PAGE, .arg1.mfn = table,
	};
	struct mmuext_op end[] = {
		{ .cmd = MMUEXT_PIN_L1_TABLE, .arg1.mfn = table },
		{ .cmd = MMUEXT_TLB_FLUSH_ALL },
	};
	unsigned int i;
	int err;

	xb_pv_step_mmuext(&steps[0], &unpin, 1);
	xb_pv_step_update(&steps[1], &out);
	xb_pv_step_mmuext(&steps[2], &clear, 1);
	xb_pv_step_update(&steps[3], &in);
	xb_pv_step_mmuext(&steps[4], end, ARRAY_SIZE(end));
	err = HYPERVISOR_multicall(steps, XB_PV_STEPS);
	for (i = 0; !err && i < XB_PV_STEPS; i++)
		err = (long)steps[i].result;
	WARN_ON_ONCE(err);
}

/* Does table nr belong to the area whole? */
bool xb_pv_table_is_whole(const struct xb_area *area, unsigned int nr)
{
	unsigned long start = (area->start & PMD_MASK) +
			      ((unsigned long)nr << PMD_SHIFT);

	return start >= area->start && start + PMD_SIZE <= area->end;
}
