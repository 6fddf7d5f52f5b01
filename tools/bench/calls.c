// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Kinds: one function of libxenctrl, called n times. The n calls go round the
 * benchmark's domains, vcpu by vcpu, by a list as a sampler would have it.
 */
#include <string.h>

#include "kinds.h"

unsigned int calls_one(unsigned int n)
{
	(void)n;
	return 1;
}

unsigned int calls_two(unsigned int n)
{
	(void)n;
	return 2;
}

static unsigned int calls_n(unsigned int n)
{
	return n;
}

size_t words_size(unsigned int n)
{
	return n * sizeof(uint64_t);
}

static size_t no_output(unsigned int n)
{
	(void)n;
	return 1;
}

/*
 * The loop itself must weigh nothing beside the calls, the cheapest of which
 * is 200 instructions in a batch: so each function has loops of its own, made
 * here. CALL is an expression of i.
 */
#define RUN(CALL)							\
	do {								\
		struct libxc *lib = side->lib;				\
		struct xc_batch_result *r = side->results;		\
		unsigned int i, n = side->row->n;			\
									\
		side->nr = n;						\
		if (!side->deferred) {					\
			for (i = 0; i < n; i++)				\
				note(&r[i], (CALL));		\
			break;						\
		}							\
		lib->xc_batch_begin(lib->xch);				\
		for (i = 0; i < n; i++)					\
			(void)(CALL);					\
		lib->xc_batch_commit(lib->xch, r, n);			\
	} while (0)

static void version_run(void *arg)
{
	struct side *side = arg;

	RUN(lib->xc_version(lib->xch, XENVER_version, NULL));
}

static double version_floor(struct floor *f, const struct row *row,
			    const struct domains *domains)
{
	(void)domains;
	floor_reset(f);
	for (unsigned int i = 0; i < row->n; i++)
		floor_version(f, XENVER_version);
	return floor_measure(f);
}

const struct kind kind_version = {
	.run = version_run, .out_size = no_output, .calls = calls_n,
	.floor = version_floor,
};

static size_t vcpu_size(unsigned int n)
{
	return n * sizeof(xc_vcpuinfo_t);
}

static void vcpu_run(void *arg)
{
	struct side *side = arg;
	const struct ask *ask = side->domains->ask;
	xc_vcpuinfo_t *info = side->out;

	RUN(lib->xc_vcpu_getinfo(lib->xch, ask[i].domid, ask[i].vcpu,
				 &info[i]));
}

void settle_vcpu(xc_vcpuinfo_t *info)
{
	xc_vcpuinfo_t clean;

	memset(&clean, 0, sizeof(clean));
	clean.vcpu = info->vcpu;
	clean.online = info->online;
	clean.blocked = info->blocked;
	clean.running = info->running;
	clean.cpu_time = info->cpu_time;
	clean.cpu = info->cpu;
	memcpy(info, &clean, sizeof(clean));
}

static void vcpu_settle(struct side *side)
{
	xc_vcpuinfo_t *info = side->out;

	for (unsigned int i = 0; i < side->row->n; i++)
		settle_vcpu(&info[i]);
}

static double vcpu_floor(struct floor *f, const struct row *row,
			 const struct domains *domains)
{
	floor_reset(f);
	for (unsigned int i = 0; i < row->n; i++)
		floor_domctl(f, XEN_DOMCTL_getvcpuinfo, domains->ask[i].domid)
			->u.getvcpuinfo.vcpu = domains->ask[i].vcpu;
	return floor_measure(f);
}

const struct kind kind_vcpu = {
	.run = vcpu_run, .out_size = vcpu_size, .calls = calls_n,
	.settle = vcpu_settle, .floor = vcpu_floor,
};

static size_t domain_size(unsigned int n)
{
	return n * sizeof(xc_dominfo_t);
}

static void domain_run(void *arg)
{
	struct side *side = arg;
	const struct ask *ask = side->domains->ask;
	xc_dominfo_t *info = side->out;

	RUN(lib->xc_domain_getinfo(lib->xch, ask[i].domid, 1, &info[i]));
}

static double domain_floor(struct floor *f, const struct row *row,
			   const struct domains *domains)
{
	floor_reset(f);
	for (unsigned int i = 0; i < row->n; i++)
		floor_domctl(f, XEN_DOMCTL_getdomaininfo,
			     domains->ask[i].domid);
	return floor_measure(f);
}

const struct kind kind_domain = {
	.run = domain_run, .out_size = domain_size, .calls = calls_n,
	.floor = domain_floor,
};

/* From here on n is the length of the list: one call. */

static size_t list_size(unsigned int n)
{
	return n * sizeof(xc_domaininfo_t);
}

/* Domains from the first or from the fourth last on: ids only go up. */
#define LIST_FEW 4

static void list_from(struct side *side, uint32_t first)
{
	struct libxc *lib = side->lib;

	side->nr = 1;
	note(side->results,
	     lib->xc_domain_getinfolist(lib->xch, first, side->row->n,
					side->out));
}

static double list_floor_from(struct floor *f, const struct row *row,
			      uint32_t first)
{
	struct xen_sysctl *sysctl;
	void *buf;

	floor_reset(f);
	sysctl = floor_sysctl(f, XEN_SYSCTL_getdomaininfolist);
	buf = floor_alloc(f, list_size(row->n));
	sysctl->u.getdomaininfolist.first_domain = first;
	sysctl->u.getdomaininfolist.max_domains = row->n;
	set_xen_guest_handle_raw(sysctl->u.getdomaininfolist.buffer, buf);
	return floor_measure(f);
}

static void list_run(void *arg)
{
	struct side *side = arg;

	list_from(side, side->domains->domid[DOMAINS - LIST_FEW]);
}

static double list_floor(struct floor *f, const struct row *row,
			 const struct domains *domains)
{
	return list_floor_from(f, row, domains->domid[DOMAINS - LIST_FEW]);
}

const struct kind kind_list = {
	.run = list_run, .out_size = list_size, .calls = calls_one,
	.floor = list_floor,
};

static void list_full_run(void *arg)
{
	struct side *side = arg;

	list_from(side, side->domains->domid[0]);
}

static double list_full_floor(struct floor *f, const struct row *row,
			      const struct domains *domains)
{
	return list_floor_from(f, row, domains->domid[0]);
}

const struct kind kind_list_full = {
	.run = list_full_run, .out_size = list_size, .calls = calls_one,
	.floor = list_full_floor,
};

static size_t physinfo_size(unsigned int n)
{
	(void)n;
	return sizeof(xc_physinfo_t);
}

static void physinfo_run(void *arg)
{
	struct side *side = arg;
	struct libxc *lib = side->lib;

	side->nr = 1;
	note(side->results, lib->xc_physinfo(lib->xch, side->out));
}

static double physinfo_floor(struct floor *f, const struct row *row,
			     const struct domains *domains)
{
	(void)row;
	(void)domains;
	floor_reset(f);
	floor_sysctl(f, XEN_SYSCTL_physinfo);
	return floor_measure(f);
}

const struct kind kind_physinfo = {
	.run = physinfo_run, .out_size = physinfo_size, .calls = calls_one,
	.floor = physinfo_floor,
};

static void open_close_run(void *arg)
{
	struct side *side = arg;
	struct xc_batch_result *r = side->results;
	struct libxc *lib = side->lib;
	xc_interface *xch = lib->xc_interface_open(NULL, NULL, 0);

	side->nr = 2;
	note(&r[0], xch ? 0 : -1);
	note(&r[1], xch ? lib->xc_interface_close(xch) : 0);
}

const struct kind kind_open_close = {
	.run = open_close_run, .out_size = no_output, .calls = calls_two,
};
