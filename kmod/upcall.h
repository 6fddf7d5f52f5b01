/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Taking pending events without being interrupted.
 *
 * An event that a PV dom0 sends to itself is pending when the hypercall
 * returns. For the upcall that brings it, Xen makes a frame on the kernel's
 * stack, and the kernel's way back from it is one more hypercall: some 450
 * instructions. Who sent it with interrupts off can take it there and then: the
 * kernel's own loop over what is pending is exported, and what it needs around
 * it is what an interrupt's entry gives it: the context of a hard interrupt,
 * registers to look at, and its softirqs run afterwards.
 */
#ifndef XB_UPCALL_H
#define XB_UPCALL_H

#include <linux/types.h>

#if defined(CONFIG_XEN_PV) && defined(XB_HAVE_UPCALL) && \
	!defined(CONFIG_PREEMPT_RT)

#include <linux/bottom_half.h>
#include <linux/hardirq.h>
#include <linux/instruction_pointer.h>
#include <linux/irqflags.h>
#include <linux/preempt.h>

#include <asm/irq_regs.h>
#include <asm/ptrace.h>
#include <xen/events.h>
#include <xen/xen.h>

static inline bool xb_upcall_works(void)
{
	return xen_pv_domain();
}

/* Between begin and end something is sent. May sleep before and after. */
static inline void xb_upcall_begin(void)
{
	preempt_disable();
	local_irq_disable();
}

/* regs: the caller's own for this time; zero, but for what is written here. */
static inline void xb_upcall_end(struct pt_regs *regs)
{
	struct pt_regs *old;

	regs->ip = _THIS_IP_;
	regs->sp = current_stack_pointer;
	regs->cs = __KERNEL_CS;
	old = set_irq_regs(regs);
	__irq_enter_raw();
	xen_evtchn_do_upcall();
	__irq_exit_raw();
	set_irq_regs(old);
	local_irq_enable();
	if (unlikely(local_softirq_pending())) {
		local_bh_disable();
		local_bh_enable();
	}
	preempt_enable();
}

#else

static inline bool xb_upcall_works(void)
{
	return false;
}

static inline void xb_upcall_begin(void)
{
}

static inline void xb_upcall_end(struct pt_regs *regs)
{
}

#endif

#endif /* XB_UPCALL_H */
