/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Batches of libxc calls: many xc_* functions, one system call.
 *
 *	xc_batch_begin(xch);
 *	for (v = 0; v < n; v++)
 *		xc_vcpu_getinfo(xch, domid, v, &info[v]);
 *	failed = xc_batch_commit(xch, results, n);
 *
 * These functions are in xenbatch's own libxenctrl (pkg-config xenbatch-xc),
 * next to all that <xenctrl.h> declares.
 *
 *
 * What happens between begin and commit
 *
 * Every xc_* function that the thread calls on that handle takes one place in
 * the batch, in program order, and is one of two kinds:
 *
 *   queued   one hypercall. What it reads (structures, buffers, maps) is
 *            copied when it is called, and may be changed afterwards. It
 *            returns 0 (or at once its error, if its arguments are refused or
 *            there is no memory). What it writes, it writes in commit: its
 *            output pointers must stay valid until then, and show nothing
 *            before. A buffer that lies in the handle's arena is used in
 *            place, and must be left alone until commit.
 *   at once  needs an earlier answer, a mapping or several hypercalls, or
 *            returns a pointer. Whatever is queued runs first, then the
 *            function, which returns its real value. Order is always the
 *            program's order. These are: xc_domain_getinfo of more than one
 *            domain, xc_sched_rtds_vcpu_get and _set, xc_pcitopoinfo, all
 *            xc_cpupool_* functions, xc_domain_memory_mapping,
 *            xc_make_page_below_4G, all that a device model asks for
 *            (libxendevicemodel's old names: xc_hvm_*_ioreq_server and the
 *            like), and all that maps: xc_map_foreign_*,
 *            xc_copy_to_domain_page, xc_clear_domain_pages,
 *            xc_translate_foreign_address, xc_gnttab_map_table_v1 and _v2,
 *            xc_monitor_enable. Of the host's: xc_pm_get_pxstat,
 *            xc_livepatch_list, xc_flask_add_*, xc_flask_access,
 *            xc_flask_avc_cachestats, xc_tbuf_enable, xc_tbuf_get_size; and what Xen does on another
 *            cpu, and answers late: xc_cpu_online and _offline, xc_smt_enable
 *            and _disable, xc_microcode_update, xc_kexec_exec, and xc_sysctl
 *            with XEN_SYSCTL_cpu_hotplug or _cpupool_op. Of Xen 4.14's:
 *            xc_domain_resume, xc_map_domain_meminfo, xc_domain_dumpcore and
 *            _via_callback, xc_core_arch_map_p2m, _map_p2m_writable and
 *            _memory_map_get.
 *
 * Outside of the batch, and without a place in it, are functions that are no
 * question to the hypervisor (handles, errors and loggers, hypercall buffers,
 * and what is asked once and remembered: xc_get_max_cpus, xc_cpumap_alloc and
 * their like, xc_psr_cmt_enabled, xc_psr_cmt_get_total_rmid,
 * _get_l3_upscaling_factor and _get_l3_cache_size), those whose handle is another (all that take an xc_gnttab or an
 * xc_gntshr), and xc_add_mmu_update as long as it only collects: it is queued
 * when it submits.
 *
 * In xc_domctl, xc_sysctl and xc_memory_op the structure is copied when it is
 * called, and copied back in commit. Buffers that the structure points to are
 * the caller's: they must live until commit. So must the bitmap of
 * xc_logdirty_control, the buffers of xc_perfc_query and xc_lockprof_query, and
 * what the segments of xc_kexec_load point to.
 *
 * If memory for what is queued runs out (arena, operations), what is queued
 * runs early, and the batch goes on: it then costs more than one system call,
 * and nothing else changes. Only a call whose own buffers are more than the
 * arena can hold fails in a batch, with ENOMEM; made outside of one it runs.
 *
 *
 * Threads: a batch belongs to the thread that began it; calls of other threads
 * on the same handle stay immediate, and may have a batch of their own. A
 * thread must commit or cancel before it ends, and before the handle is
 * closed by another.
 *
 * Fork: a batch stays the parent's. In the child calls are immediate again,
 * and xc_batch_commit, _cancel and _queued give ESTALE once, or until the
 * child begins a batch of its own.
 */
#ifndef XENBATCH_XC_H
#define XENBATCH_XC_H

#include <stdint.h>
#include <xenctrl.h>

#ifdef __cplusplus
extern "C" {
#endif

/* What one call of a batch returned. */
struct xc_batch_result {
	long ret;	/* what the function returns when it is not queued; a
			   pointer is converted */
	int err;	/* 0, or the errno that it failed with */
	uint32_t reserved;	/* 0 */
};

/*
 * Begin a batch on this thread and this handle.
 * Returns 0, or -1 with errno: EBUSY one is open; ENOMEM; what opening the
 * device said (in a child, which gets its own connection here).
 */
int xc_batch_begin(xc_interface *xch);

/*
 * Run what is queued, in order, and end the batch. With the module this is one
 * system call, if nothing ran earlier (see above) and no signal came between.
 *
 * results[0..n) get the results of the first n calls; entries beyond the last
 * call are left alone. results may be NULL.
 *
 * Returns how many calls failed (err is not 0); 0: all is well. Or -1 with
 * errno, the batch is gone too:
 *   EINVAL  no batch is open here
 *   ESTALE  it was begun by the parent, before fork
 *   ENOMEM  results of calls that ran early could not be kept: all was run
 *   others  the device refused the whole (ENODEV, EPERM): calls that were not
 *           run have ret -1 and this errno in results
 */
int xc_batch_commit(xc_interface *xch, struct xc_batch_result *results,
		    unsigned int n);

/*
 * Forget what is queued, and end the batch. What ran early is done.
 * Returns 0, or -1 with errno EINVAL or ESTALE, as xc_batch_commit.
 */
int xc_batch_cancel(xc_interface *xch);

/*
 * How many calls the batch has by now, run early or not: as many results are
 * there to be had. -1 with errno EINVAL or ESTALE, as xc_batch_commit.
 */
int xc_batch_queued(xc_interface *xch);

/*
 * Operations of the native API in the same batch, between xc_* calls:
 *
 *	xc_batch_begin(xch);
 *	xc_domain_pause(xch, domid);
 *	xenbatch_queue_map(xc_batch_native(xch), slots, domid, PROT_READ, n,
 *			   gfns, errs, 0, 0);
 *	xc_vcpu_getinfo(xch, domid, 0, &info);
 *	failed = xc_batch_commit(xch, results, 3);
 *
 * xc_batch_native gives the thread's open batch as xenbatch_queue and the other
 * xenbatch_queue_* functions (xenbatch.h) want it, and nothing else may be done
 * with it. It holds until the next function of this header or xc_* function on
 * this handle: ask anew after one. What is queued by it has its place in the
 * batch and in the results, where ret is Xen's answer, or -1; its tag is not
 * kept, and the index that queueing returns is the place only if nothing ran
 * early (xc_batch_queued less 1 is, always). XENBATCH_LINK cancels a queued xc_*
 * call that follows, too, which then fails with ECANCELED, but not one that
 * runs at once.
 * NULL with errno EINVAL or ESTALE, as xc_batch_commit.
 *
 * xc_batch_handle gives the native handle that is below xch: to get slots from,
 * and for all else that is not batched. It is closed with xch, and not
 * otherwise.
 */
struct xenbatch_batch;
struct xenbatch_handle;
struct xenbatch_batch *xc_batch_native(xc_interface *xch);
struct xenbatch_handle *xc_batch_handle(xc_interface *xch);

/*
 * What the CPUID instruction says in a domain, leaf by leaf
 * (XEN_DOMCTL_get_cpu_policy): *nr is how many leaves there is room for, and
 * then how many there are. Where leaves is NULL, it is how many there can be at
 * most. In a batch both are written in commit, and must live until then.
 * errno: ENOBUFS there are more, ESRCH no such domain, ENOMEM.
 */
int xc_domain_get_cpuid(xc_interface *xch, uint32_t domid,
			xen_cpuid_leaf_t *leaves, uint32_t *nr);

#ifdef __cplusplus
}
#endif
#endif
