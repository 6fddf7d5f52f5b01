// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Cpus of the host, brought up and down, and their microcode.
 *
 * Xen continues these on another cpu and writes the answer into the register
 * of the hypercall that it finds when it is done (continue_hypercall_on_cpu in
 * common/domain.c, 4.17). In a multicall that is not the call's own, so none is
 * queued: each runs by itself.
 */
#include "call1.h"

static int alone(struct xe_cursor *k, unsigned int number, const void *block)
{
	return k ? xe_end(k, number, block) : -1;
}

static int hotplug(xc_interface *xch, uint32_t cpu, uint32_t op)
{
	struct xe_batch *b = xe_pause(xch);
	struct xe_cursor *k = xe_open_now(xch, 0);
	struct xen_sysctl *s = NULL;

	if (k)
		s = xe_block(k, XE_SYSCTL_OP(cpu_hotplug, .cpu = cpu,
					     .op = op));
	return xe_resume(b, xch, alone(k, XE_SYSCTL, s));
}

XC_API int xc_cpu_online(xc_interface *xch, int cpu)
{
	return hotplug(xch, cpu, XEN_SYSCTL_CPU_HOTPLUG_ONLINE);
}

XC_API int xc_cpu_offline(xc_interface *xch, int cpu)
{
	return hotplug(xch, cpu, XEN_SYSCTL_CPU_HOTPLUG_OFFLINE);
}

XC_API int xc_smt_enable(xc_interface *xch)
{
	return hotplug(xch, 0, XEN_SYSCTL_CPU_HOTPLUG_SMT_ENABLE);
}

XC_API int xc_smt_disable(xc_interface *xch)
{
	return hotplug(xch, 0, XEN_SYSCTL_CPU_HOTPLUG_SMT_DISABLE);
}

#if XC_RELEASE < 420
#define MICROCODE	microcode
#define MICROCODE_OP	.cmd = XENPF_microcode_update
#else
#define MICROCODE	microcode2
#define MICROCODE_OP	.cmd = XENPF_microcode_update2, \
			.u.microcode2.flags = flags
#endif

/* Stock copies buf as it is: NULL is not taken. */
#if XC_RELEASE < 420
XC_API int xc_microcode_update(xc_interface *xch, const void *buf, size_t len)
#else
XC_API int xc_microcode_update(xc_interface *xch, const void *buf, size_t len,
			       unsigned int flags)
#endif
{
	struct xe_batch *b = xe_pause(xch);
	struct xe_cursor *k = xe_open_now(xch, xe_need(buf, len));
	struct xen_platform_op *p = NULL;

	if (k) {
		p = xe_block(k, (&(const struct xen_platform_op){
			.interface_version = XENPF_INTERFACE_VERSION,
			MICROCODE_OP,
			.u.MICROCODE.length = len,
		}));
		set_xen_guest_handle_raw(p->u.MICROCODE.data,
					 xe_in(k, buf, len));
	}
	return xe_resume(b, xch, alone(k, __HYPERVISOR_platform_op, p));
}

#if XC_RELEASE >= 420
/* Any answer but 0 is a refusal. */
static long cpu_done(struct xe_done *done, long ret)
{
	const struct xen_platform_op *p = done->block;

	if (!ret)
		memcpy(done->to[0], &p->u, (size_t)done->to[1]);
	return ret;
}

static int ask_cpu(xc_interface *xch, const struct xen_platform_op *p, void *to,
		   size_t size)
{
	return xe_call1_done(xch, __HYPERVISOR_platform_op, p, sizeof(*p),
			     cpu_done, to, (void *)size);
}

XC_API int xc_get_cpu_version(xc_interface *xch,
			      struct xenpf_pcpu_version *cpu_ver)
{
	return ask_cpu(xch, &(const struct xen_platform_op){
		.cmd = XENPF_get_cpu_version,
		.interface_version = XENPF_INTERFACE_VERSION,
		.u.pcpu_version.xen_cpuid = cpu_ver->xen_cpuid,
	}, cpu_ver, sizeof(*cpu_ver));
}

XC_API int xc_get_ucode_revision(xc_interface *xch,
				 struct xenpf_ucode_revision *ucode_rev)
{
	return ask_cpu(xch, &(const struct xen_platform_op){
		.cmd = XENPF_get_ucode_revision,
		.interface_version = XENPF_INTERFACE_VERSION,
		.u.ucode_revision.cpu = ucode_rev->cpu,
	}, ucode_rev, sizeof(*ucode_rev));
}
#endif
