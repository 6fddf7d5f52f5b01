// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Kind: one sample as libxenstat takes it (tools/libs/stat/xenstat.c of Xen
 * 4.17, xenstat_get_node() with XENSTAT_VCPU): physical information, the list
 * of all domains in chunks of 256, then information about each vcpu of each
 * domain. With a library that can batch, the first two go together, and then
 * all vcpus. Names come from xenstore and are left out.
 */
#include <string.h>

#include "kinds.h"
#include "sweep.h"

static size_t sweep_size(unsigned int n)
{
	(void)n;
	return sizeof(struct sample);
}

static unsigned int sweep_calls(unsigned int n)
{
	(void)n;
	return 2 + SAMPLE_VCPUS;
}

static unsigned int vcpus_of(const xc_domaininfo_t *d)
{
	return d->max_vcpu_id == XEN_INVALID_MAX_VCPU_ID ? 0 :
							   d->max_vcpu_id + 1;
}

static void sweep_now(struct side *side)
{
	struct xc_batch_result *r = side->results;
	struct sample *s = side->out;
	struct libxc *lib = side->lib;
	unsigned int d, v;

	note(r++, lib->xc_physinfo(lib->xch, &s->physinfo));
	note(r, lib->xc_domain_getinfolist(lib->xch, 0, SAMPLE_DOMAINS, s->domain));
	s->nr_domains = r->ret < 0 ? 0 : r->ret;
	r++;
	for (d = 0, s->nr_vcpus = 0; d < s->nr_domains; d++) {
		for (v = 0; v < vcpus_of(&s->domain[d]); v++) {
			if (s->nr_vcpus == SAMPLE_VCPUS)
				break;
			note(r++, lib->xc_vcpu_getinfo(lib->xch,
						       s->domain[d].domain, v,
						       &s->vcpu[s->nr_vcpus]));
			s->nr_vcpus++;
		}
	}
	side->nr = r - side->results;
}

static void sweep_deferred(struct side *side)
{
	struct xc_batch_result *r = side->results;
	struct sample *s = side->out;
	struct libxc *lib = side->lib;
	unsigned int d, v;

	lib->xc_batch_begin(lib->xch);
	lib->xc_physinfo(lib->xch, &s->physinfo);
	lib->xc_domain_getinfolist(lib->xch, 0, SAMPLE_DOMAINS, s->domain);
	lib->xc_batch_commit(lib->xch, r, 2);
	s->nr_domains = r[1].ret < 0 ? 0 : r[1].ret;

	lib->xc_batch_begin(lib->xch);
	for (d = 0, s->nr_vcpus = 0; d < s->nr_domains; d++) {
		for (v = 0; v < vcpus_of(&s->domain[d]); v++) {
			if (s->nr_vcpus == SAMPLE_VCPUS)
				break;
			lib->xc_vcpu_getinfo(lib->xch, s->domain[d].domain, v,
					     &s->vcpu[s->nr_vcpus]);
			s->nr_vcpus++;
		}
	}
	lib->xc_batch_commit(lib->xch, r + 2, s->nr_vcpus);
	side->nr = 2 + s->nr_vcpus;
}

static void sweep_run(void *arg)
{
	struct side *side = arg;

	if (side->deferred)
		sweep_deferred(side);
	else
		sweep_now(side);
}

/*
 * A domain that runs goes on running while it is looked at, dom0 first of all:
 * the time that it had, and whether and where each vcpu runs at this moment,
 * are other ones at the second look. A paused domain stands still, and all
 * about it is compared.
 */
static void sweep_settle(struct side *side)
{
	struct sample *s = side->out;
	unsigned int d, v, at = 0;

	for (d = 0; d < s->nr_domains; d++) {
		xc_domaininfo_t *info = &s->domain[d];
		bool paused = info->flags & XEN_DOMINF_paused;

		for (v = 0; v < vcpus_of(info) && at < s->nr_vcpus; v++) {
			xc_vcpuinfo_t *vcpu = &s->vcpu[at++];

			settle_vcpu(vcpu);
			if (paused)
				continue;
			vcpu->cpu_time = 0;
			vcpu->running = 0;
			vcpu->blocked = 0;
			vcpu->cpu = 0;
		}
		if (paused)
			continue;
		info->cpu_time = 0;
		info->flags &= ~(XEN_DOMINF_running | XEN_DOMINF_blocked);
	}
}

/* As the deferred sweep: a multicall of two, then one batch of all vcpus. */
static double sweep_floor(struct floor *f, const struct row *row,
			  const struct domains *domains)
{
	struct xen_sysctl *sysctl;
	xc_domaininfo_t *list;
	unsigned int d, v, nr;
	double cost;

	(void)row;
	(void)domains;
	floor_reset(f);
	floor_sysctl(f, XEN_SYSCTL_physinfo);
	sysctl = floor_sysctl(f, XEN_SYSCTL_getdomaininfolist);
	list = floor_alloc(f, SAMPLE_DOMAINS * sizeof(*list));
	sysctl->u.getdomaininfolist.max_domains = SAMPLE_DOMAINS;
	set_xen_guest_handle_raw(sysctl->u.getdomaininfolist.buffer, list);
	cost = floor_measure(f);

	/* The list stays where it is; the operations are laid out anew. */
	nr = sysctl->u.getdomaininfolist.num_domains;
	f->nr = 0;
	for (d = 0; d < nr; d++)
		for (v = 0; v < vcpus_of(&list[d]); v++)
			floor_domctl(f, XEN_DOMCTL_getvcpuinfo, list[d].domain)
				->u.getvcpuinfo.vcpu = v;
	return cost + floor_measure(f);
}

const struct kind kind_sweep = {
	.run = sweep_run, .out_size = sweep_size, .calls = sweep_calls,
	.settle = sweep_settle, .floor = sweep_floor,
};
