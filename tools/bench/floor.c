// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "../tool.h"
#include "clock.h"
#include "floor.h"
#include "kmod/bench.h"

#define FLOOR_OPS   1024
#define FLOOR_ARENA (512u << 10)
#define FLOOR_SLOTS 1024u
#define PAGE	    4096u

/* NULL: not in this dom0. */
static void *window(struct floor *f, unsigned int region, unsigned int slots)
{
	void *p = mmap(NULL, slots * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED,
		       f->fd, XENBATCH_MMAP_OFFSET(region, 0));

	return p == MAP_FAILED ? NULL : p;
}

bool floor_open(struct floor *f)
{
	void *ops, *arena;

	f->fd = tool_module_open(&f->info);
	if (f->fd < 0)
		return false;
	if (!(f->info.features & XENBATCH_FEATURE_BENCH))
		goto err_close;
	ops = mmap(NULL, FLOOR_OPS * sizeof(*f->ops), PROT_READ | PROT_WRITE,
		   MAP_SHARED, f->fd,
		   XENBATCH_MMAP_OFFSET(XENBATCH_REGION_OPS, 0));
	if (ops == MAP_FAILED)
		goto err_close;
	arena = mmap(NULL, FLOOR_ARENA, PROT_READ | PROT_WRITE, MAP_SHARED,
		     f->fd, XENBATCH_MMAP_OFFSET(XENBATCH_REGION_ARENA, 0));
	if (arena == MAP_FAILED)
		goto err_unmap;
	f->ops = ops;
	f->arena = arena;
	f->foreign = window(f, XENBATCH_REGION_FOREIGN, FLOOR_SLOTS);
	f->grants = window(f, XENBATCH_REGION_GRANT, FLOOR_GRANTS);
	return true;

err_unmap:
	munmap(ops, FLOOR_OPS * sizeof(*f->ops));
err_close:
	close(f->fd);
	f->fd = -1;
	return false;
}

void floor_close(struct floor *f)
{
	if (f->fd < 0)
		return;
	if (f->foreign)
		munmap(f->foreign, FLOOR_SLOTS * PAGE);
	if (f->grants)
		munmap(f->grants, FLOOR_GRANTS * PAGE);
	munmap(f->arena, FLOOR_ARENA);
	munmap(f->ops, FLOOR_OPS * sizeof(*f->ops));
	close(f->fd);
	f->fd = -1;
}

void floor_reset(struct floor *f)
{
	f->nr = 0;
	f->weight = 0;
	f->used = 0;
}

void *floor_alloc(struct floor *f, size_t size)
{
	void *p = f->arena + f->used;

	size = (size + 15) & ~(size_t)15;
	if (size > FLOOR_ARENA - f->used)
		abort();
	f->used += size;
	return memset(p, 0, size);
}

static struct xenbatch_op *append_op(struct floor *f, unsigned int opcode,
				     unsigned int weight)
{
	struct xenbatch_op *op = &f->ops[f->nr];

	if (f->nr == FLOOR_OPS)
		abort();
	memset(op, 0, sizeof(*op));
	op->opcode = opcode;
	f->nr++;
	f->weight += weight;
	return op;
}

static void append(struct floor *f, unsigned int number, uint64_t arg0,
		   uint64_t arg1)
{
	struct xenbatch_op *op = append_op(f, XENBATCH_OP_HYPERCALL, 1);

	op->number = number;
	op->arg[0] = arg0;
	op->arg[1] = arg1;
}

void floor_version(struct floor *f, unsigned int cmd)
{
	append(f, __HYPERVISOR_xen_version, cmd, 0);
}

struct xen_domctl *floor_domctl(struct floor *f, uint32_t cmd, uint32_t domid)
{
	struct xen_domctl *domctl = floor_alloc(f, sizeof(*domctl));

	domctl->cmd = cmd;
	domctl->interface_version = XEN_DOMCTL_INTERFACE_VERSION;
	domctl->domain = domid;
	append(f, __HYPERVISOR_domctl, (uintptr_t)domctl, 0);
	return domctl;
}

struct xen_sysctl *floor_sysctl(struct floor *f, uint32_t cmd)
{
	struct xen_sysctl *sysctl = floor_alloc(f, sizeof(*sysctl));

	sysctl->cmd = cmd;
	sysctl->interface_version = XEN_SYSCTL_INTERFACE_VERSION;
	append(f, __HYPERVISOR_sysctl, (uintptr_t)sysctl, 0);
	return sysctl;
}

void floor_foreign(struct floor *f, uint32_t domid, unsigned int n,
		   const uint64_t *frames)
{
	for (unsigned int at = 0, count; at < n; at += count) {
		struct xenbatch_op *op;

		count = n - at < f->info.pages_max ? n - at : f->info.pages_max;
		op = append_op(f, frames ? XENBATCH_OP_FOREIGN_MAP :
					   XENBATCH_OP_FOREIGN_UNMAP, count);
		op->map.addr = (uintptr_t)f->foreign + at * PAGE;
		op->map.count = count;
		if (!frames)
			continue;
		op->flags = XENBATCH_OPF_LIST;
		op->domid = domid;
		op->map.frame = (uintptr_t)&frames[at];
	}
}

void floor_grants(struct floor *f, unsigned int n, const uint32_t *refs)
{
	struct xenbatch_op *op = append_op(f, XENBATCH_OP_GRANT_MAP, n);

	op->flags = XENBATCH_OPF_LIST;
	op->map.addr = (uintptr_t)f->grants;
	op->map.count = n;
	op->map.frame = (uintptr_t)refs;
	op = append_op(f, XENBATCH_OP_GRANT_UNMAP, n);
	op->map.addr = (uintptr_t)f->grants;
	op->map.count = n;
}

void floor_copy(struct floor *f, unsigned int n, const uint32_t *refs,
		uint16_t len)
{
	struct xenbatch_op *op = append_op(f, XENBATCH_OP_GRANT_COPY, n);
	struct xenbatch_copy *copies;
	uint64_t pages;

	f->used = (f->used + PAGE - 1) & ~(size_t)(PAGE - 1);
	pages = (char *)floor_alloc(f, (size_t)n * PAGE) - f->arena;
	copies = floor_alloc(f, n * sizeof(*copies));
	for (unsigned int i = 0; i < n; i++) {
		copies[i].source = XENBATCH_COPY_GRANT(0, refs[i], 0);
		copies[i].dest = pages + (uint64_t)i * PAGE;
		copies[i].len = len;
		copies[i].flags = XENBATCH_COPY_SOURCE_GREF |
				  XENBATCH_COPY_DEST_ARENA;
	}
	op->copy.addr = (uintptr_t)copies;
	op->copy.count = n;
}

void floor_events(struct floor *f, unsigned int n)
{
	while (n--)
		append_op(f, XENBATCH_OP_EVTCHN_NOTIFY, 1);
}

/* The cheapest of some runs of the kernel's loop, the system call included. */
static double run(struct floor *f, uint64_t loops)
{
	double best = INFINITY;

	for (int i = 0; i < 9; i++) {
		struct xenbatch_bench bench = { .count = f->nr, .loops = loops };
		uint64_t start = clock_now();

		if (ioctl(f->fd, XENBATCH_IOC_BENCH, &bench) != 0)
			return NAN;
		best = fmin(best, clock_now() - start);
	}
	return best;
}

/* The system call is in both runs, and so is not in their difference. */
double floor_measure(struct floor *f)
{
	uint64_t loops = f->weight < 64 ? 512 / f->weight : 4;
	double cost;

	cost = (run(f, 2 * loops) - run(f, loops)) / loops;
	for (unsigned int i = 0; i < f->nr; i++) {
		if (f->ops[i].result >= 0)
			continue;
		tool_error("floor: hypercall %u of %u: %s", i, f->nr,
			   strerror((int)-f->ops[i].result));
		return NAN;
	}
	return cost;
}
