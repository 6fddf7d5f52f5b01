// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Maps of cpus and nodes, and how long they are. That is asked once in a
 * program's life, and never waits for a batch: it depends on nothing that
 * could be queued.
 */
#include "engine.h"

static int physinfo_now(xc_interface *xch, xc_physinfo_t *info)
{
	struct xe_cursor *k = xe_open_now(xch, 0);
	struct xen_sysctl *s;

	if (!k)
		return -1;
	s = xe_sysctl(k, XEN_SYSCTL_physinfo);
	return xe_end_copy(k, XE_SYSCTL, s, info, XE_SYSCTL_U, sizeof(*info));
}

/* Threads may race here: they store the same. */
XC_API int xc_get_max_cpus(xc_interface *xch)
{
	static int max_cpus;
	int n = __atomic_load_n(&max_cpus, __ATOMIC_RELAXED);
	xc_physinfo_t info;

	if (likely(n))
		return n;
	if (physinfo_now(xch, &info))
		return -1;
	n = info.max_cpu_id + 1;
	__atomic_store_n(&max_cpus, n, __ATOMIC_RELAXED);
	return n;
}

XC_API int xc_get_max_nodes(xc_interface *xch)
{
	static int max_nodes;
	int n = __atomic_load_n(&max_nodes, __ATOMIC_RELAXED);
	xc_physinfo_t info;

	if (likely(n))
		return n;
	if (physinfo_now(xch, &info))
		return -1;
	n = info.max_node_id + 1;
	__atomic_store_n(&max_nodes, n, __ATOMIC_RELAXED);
	return n;
}

XC_API int xc_get_online_cpus(xc_interface *xch)
{
	xc_physinfo_t info;

	return physinfo_now(xch, &info) ? -1 : (int)info.nr_cpus;
}

static int bytes_of(int bits)
{
	return bits < 0 ? -1 : (bits + 7) / 8;
}

XC_API int xc_get_cpumap_size(xc_interface *xch)
{
	return bytes_of(xc_get_max_cpus(xch));
}

XC_API int xc_get_nodemap_size(xc_interface *xch)
{
	return bytes_of(xc_get_max_nodes(xch));
}

XC_API xc_cpumap_t xc_cpumap_alloc(xc_interface *xch)
{
	int size = xc_get_cpumap_size(xch);

	return size > 0 ? calloc(1, size) : NULL;
}

XC_API xc_nodemap_t xc_nodemap_alloc(xc_interface *xch)
{
	int size = xc_get_nodemap_size(xch);

	return size > 0 ? calloc(1, size) : NULL;
}

XC_API void xc_cpumap_clearcpu(int cpu, xc_cpumap_t map)
{
	map[cpu / 8] &= ~(1U << cpu % 8);
}

XC_API void xc_cpumap_setcpu(int cpu, xc_cpumap_t map)
{
	map[cpu / 8] |= 1U << cpu % 8;
}

XC_API int xc_cpumap_testcpu(int cpu, xc_cpumap_t map)
{
	return map[cpu / 8] >> cpu % 8 & 1;
}
