/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The one place that knows kernel versions. The rest of kmod/ reads as if it
 * were written for the newest kernel.
 */
#ifndef XB_COMPAT_H
#define XB_COMPAT_H

#include <linux/eventfd.h>
#include <linux/mm.h>
#include <linux/rwsem.h>
#include <linux/version.h>

#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 1, 0)
#error "xenbatch needs Linux 6.1 or newer"
#endif

#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 3, 0)
/* Debian and others carry these in 6.1 already: take another name. */
static inline void xb_vm_flags_set(struct vm_area_struct *vma,
				   unsigned long flags)
{
	vma->vm_flags |= flags;
}

static inline void xb_vm_flags_clear(struct vm_area_struct *vma,
				     unsigned long flags)
{
	vma->vm_flags &= ~flags;
}

#define vm_flags_set	xb_vm_flags_set
#define vm_flags_clear	xb_vm_flags_clear
#endif

/* Since 6.8 it always adds one. */
static inline void xb_eventfd_signal(struct eventfd_ctx *ctx)
{
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 8, 0)
	eventfd_signal(ctx, 1);
#else
	eventfd_signal(ctx);
#endif
}

/* Since 6.6 it asks whether Xen made the port at boot. */
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 6, 0)
#define xb_evtchn_make_refcounted(port)	evtchn_make_refcounted(port)
#else
#define xb_evtchn_make_refcounted(port)	evtchn_make_refcounted(port, false)
#endif

/*
 * Does somebody hold mmap_lock for writing (kernel/locking/rwsem.c,
 * RWSEM_WRITER_LOCKED)? 6.7 has rwsem_is_write_locked(), only for itself.
 */
static inline bool xb_mmap_is_write_locked(struct mm_struct *mm)
{
#ifdef CONFIG_PREEMPT_RT
	return false;
#else
	return atomic_long_read(&mm->mmap_lock.count) & 1;
#endif
}

/*
 * Since 6.14 a page table that MADV_DONTNEED has emptied may be freed with it
 * (mm/pt_reclaim.c). Whoever has noted where it lay must not use that any more.
 */
#define XB_TABLES_MAY_GO	IS_ENABLED(CONFIG_PT_RECLAIM)

/*
 * The struct page of an entry that is marked special, a member of vm_ops that
 * changed its name in 6.18 and is there for gntdev's sake only.
 */
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 18, 0)
#define XB_FIND_PAGE(fn)	.find_special_page = (fn)
#elif defined(CONFIG_FIND_NORMAL_PAGE)
#define XB_FIND_PAGE(fn)	.find_normal_page = (fn)
#else
#define XB_FIND_PAGE(fn)	.name = NULL
#endif

#endif /* XB_COMPAT_H */
