// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The simulated hypervisor: see fake.h.
 */
#include <errno.h>
#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define __XEN_TOOLS__ 1
#include <xen/xen.h>
#include <xen/domctl.h>
#include <xen/sysctl.h>
#include <xen/version.h>

#include "fake.h"
#include "fake_guest.h"

#define MAX_DOMAINS	1024
#define MAX_MEMORY	4096

struct fake_domain {
	uint16_t domid;
	unsigned int vcpus;
	bool dying;
};

struct fake_memory {
	char *base;
	size_t size;
	pid_t pid;
};

struct xb_fake_knobs xb_fake_knobs;
struct xb_fake_counts xb_fake_counts;

static struct fake_domain domains[MAX_DOMAINS];
static unsigned int nr_domains;

static pthread_mutex_t memory_lock = PTHREAD_MUTEX_INITIALIZER;
static struct fake_memory memory[MAX_MEMORY];
static int nr_memory;

static bool is_dying(const struct fake_domain *d)
{
	return __atomic_load_n(&d->dying, __ATOMIC_RELAXED);
}

static void lock_memory(void)
{
	pthread_mutex_lock(&memory_lock);
}

static void unlock_memory(void)
{
	pthread_mutex_unlock(&memory_lock);
}

static void __attribute__((constructor)) fake_init(void)
{
	pthread_atfork(lock_memory, unlock_memory, unlock_memory);
	xb_fake_reset();
}

void xb_fake_reset(void)
{
	memset(&xb_fake_knobs, 0, sizeof(xb_fake_knobs));
	memset(&xb_fake_counts, 0, sizeof(xb_fake_counts));
	xb_fake_knobs.ops_max = 65536;
	xb_fake_knobs.arena_max = 64 << 20;
	xb_fake_knobs.slots_max = 1 << 16;
	nr_domains = 0;
	xb_fake_guest_reset();
	xb_fake_add_domain(0, 2);
}

void xb_fake_add_domain(uint16_t domid, unsigned int vcpus)
{
	if (nr_domains == MAX_DOMAINS)
		abort();
	domains[nr_domains].domid = domid;
	domains[nr_domains].dying = false;
	domains[nr_domains++].vcpus = vcpus;
}

int xb_fake_guest_of(uint16_t domid)
{
	unsigned int i;

	for (i = 0; i < nr_domains && i < XB_FAKE_GUESTS; i++)
		if (domains[i].domid == domid)
			return is_dying(&domains[i]) ? -1 : (int)i;
	return -1;
}

void xb_fake_end_domain(uint16_t domid)
{
	unsigned int i;

	for (i = 0; i < nr_domains; i++)
		if (domains[i].domid == domid)
			__atomic_store_n(&domains[i].dying, true,
					 __ATOMIC_RELAXED);
}

uint64_t xb_fake_cpu_time(uint16_t domid, unsigned int vcpu)
{
	return 1000003ULL * (domid + 1) + 17 * vcpu;
}

void *xb_fake_memory_add(size_t size)
{
	pid_t pid = getpid();
	void *p;
	int i;

	p = mmap(NULL, size, PROT_READ | PROT_WRITE,
		 MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (p == MAP_FAILED)
		return NULL;
	madvise(p, size, MADV_DONTFORK);
	lock_memory();
	for (i = 0; i < nr_memory; i++)
		if (!memory[i].base || memory[i].pid != pid)
			break;
	if (i == MAX_MEMORY)
		abort();
	if (i == nr_memory)
		nr_memory++;
	memory[i].base = p;
	memory[i].size = size;
	memory[i].pid = pid;
	unlock_memory();
	return p;
}

void xb_fake_memory_remove(void *p, size_t size)
{
	pid_t pid = getpid();
	int i;

	lock_memory();
	for (i = 0; i < nr_memory; i++)
		if (memory[i].base == p && memory[i].size == size &&
		    memory[i].pid == pid)
			break;
	if (i == nr_memory)
		abort(); /* not as a whole, or twice */
	memory[i].base = NULL;
	unlock_memory();
	munmap(p, size);
}

static bool memory_has(uint64_t addr, size_t size)
{
	bool found = xb_fake_knobs.any_memory;
	pid_t pid = getpid();
	int i;

	lock_memory();
	for (i = 0; i < nr_memory && !found; i++)
		found = memory[i].base && memory[i].pid == pid &&
			addr - (uintptr_t)memory[i].base < memory[i].size &&
			size <= memory[i].size -
				(addr - (uintptr_t)memory[i].base);
	unlock_memory();
	return found;
}

static int copy_in(void *to, uint64_t addr, size_t size)
{
	if (!memory_has(addr, size))
		return -EFAULT;
	memcpy(to, (void *)(uintptr_t)addr, size);
	return 0;
}

static int copy_out(uint64_t addr, const void *from, size_t size)
{
	if (!memory_has(addr, size))
		return -EFAULT;
	memcpy((void *)(uintptr_t)addr, from, size);
	return 0;
}

static struct fake_domain *domain_from(unsigned int domid)
{
	unsigned int i;

	for (i = 0; i < nr_domains; i++)
		if (domains[i].domid >= domid &&
		    (!is_dying(&domains[i]) ||
		     xb_fake_mapped(domains[i].domid)))
			return &domains[i];
	return NULL;
}

static void domain_info(const struct fake_domain *d,
			struct xen_domctl_getdomaininfo *info)
{
	unsigned int v;

	memset(info, 0, sizeof(*info));
	info->domain = d->domid;
	if (is_dying(d))
		info->flags |= XEN_DOMINF_dying;
	info->nr_online_vcpus = d->vcpus;
	info->max_vcpu_id = d->vcpus - 1;
	info->tot_pages = 1024 + d->domid;
	for (v = 0; v < d->vcpus; v++)
		info->cpu_time += xb_fake_cpu_time(d->domid, v);
}

static long do_version(uint64_t cmd, uint64_t buf)
{
	static const xen_extraversion_t extra = XB_FAKE_EXTRAVERSION;

	switch (cmd) {
	case XENVER_version:
		return XB_FAKE_VERSION;
	case XENVER_extraversion:
		return copy_out(buf, extra, sizeof(extra));
	}
	return -ENOSYS;
}

static long do_domctl(uint64_t addr)
{
	struct xen_domctl op;
	struct fake_domain *d;
	long ret;

	ret = copy_in(&op, addr, sizeof(op));
	if (ret)
		return ret;
	if (op.interface_version != XEN_DOMCTL_INTERFACE_VERSION)
		return -EACCES;
	d = domain_from(op.domain);
	switch (op.cmd) {
	case XEN_DOMCTL_getdomaininfo:
		if (!d)
			return -ESRCH;
		domain_info(d, &op.u.getdomaininfo);
		op.domain = d->domid;
		break;
	case XEN_DOMCTL_getvcpuinfo:
		if (!d || d->domid != op.domain ||
		    op.u.getvcpuinfo.vcpu >= d->vcpus)
			return -ESRCH;
		op.u.getvcpuinfo.online = 1;
		op.u.getvcpuinfo.blocked = 0;
		op.u.getvcpuinfo.running = op.u.getvcpuinfo.vcpu == 0;
		op.u.getvcpuinfo.cpu = op.u.getvcpuinfo.vcpu % 2;
		op.u.getvcpuinfo.cpu_time =
			xb_fake_cpu_time(d->domid, op.u.getvcpuinfo.vcpu);
		break;
	default:
		return -ENOSYS;
	}
	return copy_out(addr, &op, sizeof(op));
}

static long do_sysctl(uint64_t addr)
{
	struct xen_sysctl op;
	struct xen_sysctl_getdomaininfolist *list = &op.u.getdomaininfolist;
	struct xen_domctl_getdomaininfo info;
	struct fake_domain *d;
	uint64_t buf;
	long ret;

	ret = copy_in(&op, addr, sizeof(op));
	if (ret)
		return ret;
	if (op.interface_version != XEN_SYSCTL_INTERFACE_VERSION)
		return -EACCES;
	if (op.cmd != XEN_SYSCTL_getdomaininfolist)
		return -ENOSYS;
	buf = (uintptr_t)list->buffer.p;
	list->num_domains = 0;
	for (d = domain_from(list->first_domain);
	     d && d < domains + nr_domains &&
	     list->num_domains < list->max_domains;
	     d++) {
		domain_info(d, &info);
		ret = copy_out(buf + list->num_domains * sizeof(info), &info,
			       sizeof(info));
		if (ret)
			return ret;
		list->num_domains++;
	}
	return copy_out(addr, &op, sizeof(op));
}

static long do_multicall(uint64_t addr, uint64_t nr)
{
	struct multicall_entry entry;
	uint64_t args[5];
	uint64_t i;
	long ret;
	int a;

	for (i = 0; i < nr; i++, addr += sizeof(entry)) {
		ret = copy_in(&entry, addr, sizeof(entry));
		if (ret)
			return ret;
		for (a = 0; a < 5; a++)
			args[a] = entry.args[a];
		if (entry.op == __HYPERVISOR_multicall)
			entry.result = -EINVAL;
		else
			entry.result = xb_fake_hypercall(entry.op, args);
		ret = copy_out(addr, &entry, sizeof(entry));
		if (ret)
			return ret;
	}
	return 0;
}

long xb_fake_hypercall(unsigned int number, const uint64_t *args)
{
	uint64_t nth = __atomic_fetch_add(&xb_fake_counts.hypercalls, 1,
					  __ATOMIC_RELAXED);

	if (xb_fake_knobs.trace)
		xb_fake_knobs.trace(number, args);
	if (xb_fake_knobs.fail_err && nth == xb_fake_knobs.fail_at)
		return -xb_fake_knobs.fail_err;
	if (xb_fake_knobs.answer)
		return xb_fake_knobs.answer(number, args);
	switch (number) {
	case __HYPERVISOR_xen_version:
		return do_version(args[0], args[1]);
	case __HYPERVISOR_domctl:
		return do_domctl(args[0]);
	case __HYPERVISOR_sysctl:
		return do_sysctl(args[0]);
	case __HYPERVISOR_multicall:
		return do_multicall(args[0], args[1]);
	}
	return -ENOSYS;
}
