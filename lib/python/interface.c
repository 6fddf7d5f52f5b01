// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Xen's interface as the installed headers have it, for the part in Python:
 * numbers, and where the fields of structures lie.
 */
#include <stddef.h>

#include "xbpy.h"

#define __XEN_TOOLS__ 1
#include <xen/xen.h>
#include <xen/domctl.h>
#include <xen/event_channel.h>
#include <xen/sched.h>
#include <xen/sysctl.h>
#include <xen/version.h>

static const struct {
	const char *name;
	long value;
} numbers[] = {
#define H(name)	{ "HYPERVISOR_" #name, __HYPERVISOR_##name }
#define N(name)	{ #name, name }
	/* Python has its own idea of names with two underscores in front. */
	H(domctl),
	H(event_channel_op),
	H(sysctl),
	H(xen_version),
	N(XEN_DOMCTL_INTERFACE_VERSION),
	N(XEN_DOMCTL_getvcpuaffinity),
	N(XEN_DOMCTL_getvcpuinfo),
	N(XEN_DOMCTL_get_cpu_policy),
	N(XEN_DOMINF_blocked),
	N(XEN_DOMINF_dying),
	N(XEN_DOMINF_hvm_guest),
	N(XEN_DOMINF_paused),
	N(XEN_DOMINF_running),
	N(XEN_DOMINF_shutdown),
	N(XEN_DOMINF_shutdownmask),
	N(XEN_DOMINF_shutdownshift),
	N(XEN_SYSCTL_INTERFACE_VERSION),
	N(XEN_SYSCTL_PHYSCAP_directio),
	N(XEN_SYSCTL_PHYSCAP_hvm),
	N(XEN_SYSCTL_PHYSCAP_pv),
	N(XEN_SYSCTL_getcpuinfo),
	N(XEN_SYSCTL_getdomaininfolist),
	N(XEN_SYSCTL_physinfo),
	N(XEN_SYSCTL_sched_id),
	N(XEN_VCPUAFFINITY_HARD),
	N(EVTCHNOP_status),
	N(SHUTDOWN_crash),
	N(XENVER_capabilities),
	N(XENVER_changeset),
	N(XENVER_commandline),
	N(XENVER_compile_info),
	N(XENVER_extraversion),
	N(XENVER_pagesize),
	N(XENVER_platform_parameters),
	N(XENVER_version),
#undef H
#undef N
};

/* A row without a field is the whole structure. */
static const struct {
	const char *structure;
	const char *field;
	size_t offset;
	size_t size;
} layouts[] = {
#define S(name)	{ #name, "", 0, sizeof(struct name) }
#define T(name)	{ #name, "", 0, sizeof(name) }
#define F(name, field) \
	{ #name, #field, offsetof(struct name, field), \
	  sizeof(((struct name *)0)->field) }
	S(xen_domctl),
	F(xen_domctl, u),
	S(xen_domctl_cpu_policy),
	F(xen_domctl_cpu_policy, nr_leaves),
	F(xen_domctl_cpu_policy, leaves),
	S(xen_domctl_getdomaininfo),
	F(xen_domctl_getdomaininfo, domain),
	F(xen_domctl_getdomaininfo, flags),
	F(xen_domctl_getdomaininfo, tot_pages),
	F(xen_domctl_getdomaininfo, max_pages),
	F(xen_domctl_getdomaininfo, cpu_time),
	F(xen_domctl_getdomaininfo, nr_online_vcpus),
	F(xen_domctl_getdomaininfo, max_vcpu_id),
	F(xen_domctl_getdomaininfo, ssidref),
	F(xen_domctl_getdomaininfo, handle),
	F(xen_domctl_getdomaininfo, cpupool),
	S(xen_domctl_getvcpuinfo),
	F(xen_domctl_getvcpuinfo, vcpu),
	F(xen_domctl_getvcpuinfo, online),
	F(xen_domctl_getvcpuinfo, blocked),
	F(xen_domctl_getvcpuinfo, running),
	F(xen_domctl_getvcpuinfo, cpu_time),
	F(xen_domctl_getvcpuinfo, cpu),
	S(xen_domctl_vcpuaffinity),
	F(xen_domctl_vcpuaffinity, vcpu),
	F(xen_domctl_vcpuaffinity, flags),
	F(xen_domctl_vcpuaffinity, cpumap_hard.bitmap),
	F(xen_domctl_vcpuaffinity, cpumap_hard.nr_bits),
	S(xen_sysctl),
	F(xen_sysctl, u),
	S(xen_sysctl_getcpuinfo),
	F(xen_sysctl_getcpuinfo, max_cpus),
	F(xen_sysctl_getcpuinfo, info),
	F(xen_sysctl_getcpuinfo, nr_cpus),
	S(xen_sysctl_cpuinfo),
	F(xen_sysctl_cpuinfo, idletime),
	S(xen_sysctl_getdomaininfolist),
	F(xen_sysctl_getdomaininfolist, first_domain),
	F(xen_sysctl_getdomaininfolist, max_domains),
	F(xen_sysctl_getdomaininfolist, buffer),
	F(xen_sysctl_getdomaininfolist, num_domains),
	S(xen_sysctl_physinfo),
	F(xen_sysctl_physinfo, threads_per_core),
	F(xen_sysctl_physinfo, cores_per_socket),
	F(xen_sysctl_physinfo, nr_cpus),
	F(xen_sysctl_physinfo, max_cpu_id),
	F(xen_sysctl_physinfo, nr_nodes),
	F(xen_sysctl_physinfo, cpu_khz),
	F(xen_sysctl_physinfo, capabilities),
	F(xen_sysctl_physinfo, total_pages),
	F(xen_sysctl_physinfo, free_pages),
	F(xen_sysctl_physinfo, scrub_pages),
	F(xen_sysctl_physinfo, hw_cap),
	S(xen_sysctl_sched_id),
	F(xen_sysctl_sched_id, sched_id),
	S(evtchn_status),
	F(evtchn_status, dom),
	F(evtchn_status, port),
	F(evtchn_status, status),
	F(evtchn_status, vcpu),
	F(evtchn_status, u.unbound.dom),
	F(evtchn_status, u.interdomain.dom),
	F(evtchn_status, u.interdomain.port),
	F(evtchn_status, u.pirq),
	F(evtchn_status, u.virq),
	S(xen_compile_info),
	F(xen_compile_info, compiler),
	F(xen_compile_info, compile_by),
	F(xen_compile_info, compile_domain),
	F(xen_compile_info, compile_date),
	S(xen_platform_parameters),
	F(xen_platform_parameters, virt_start),
	T(xen_capabilities_info_t),
	T(xen_changeset_info_t),
	T(xen_commandline_t),
	T(xen_extraversion_t),
#undef S
#undef T
#undef F
};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* dict[key], made if it is not there; borrowed. */
static PyObject *dict_of(PyObject *dict, const char *key)
{
	PyObject *inner = PyDict_GetItemString(dict, key);

	if (inner)
		return inner;
	inner = PyDict_New();
	if (inner && PyDict_SetItemString(dict, key, inner))
		Py_CLEAR(inner);
	Py_XDECREF(inner);
	return inner;
}

static int add_layouts(PyObject *module)
{
	PyObject *dict = PyDict_New(), *inner, *place;
	size_t i;
	int ret;

	if (!dict)
		return -1;
	for (i = 0; i < COUNT(layouts); i++) {
		inner = dict_of(dict, layouts[i].structure);
		place = Py_BuildValue("nn", (Py_ssize_t)layouts[i].offset,
				      (Py_ssize_t)layouts[i].size);
		ret = !inner || !place ? -1 :
		      PyDict_SetItemString(inner, layouts[i].field, place);
		Py_XDECREF(place);
		if (ret)
			goto out;
	}
	ret = PyModule_AddObjectRef(module, "layouts", dict);
out:
	Py_DECREF(dict);
	return ret;
}

int xbpy_add_interface(PyObject *module)
{
	size_t i;

	for (i = 0; i < COUNT(numbers); i++)
		if (PyModule_AddIntConstant(module, numbers[i].name,
					    numbers[i].value))
			return -1;
	return add_layouts(module);
}
