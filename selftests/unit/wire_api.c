// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What lib/xc/api.def says of a function, held against what the function asks of
 * Xen, and when. Runs are processes of their own, so what was seen is shared.
 */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <xenctrl.h>
#include <xen/hvm/hvm_op.h>
#include <xen/kexec.h>
#include <xen/platform.h>
#include <xen/xsm/flask_op.h>

#include "wire_api.h"

struct operation {
	unsigned int number;
	bool any;		/* whichever operation */
	uint32_t op;
};

#define NONE
#define OTHER(x)	{ .number = __HYPERVISOR_##x, .any = true },
#define ANY(x)		OTHER(x)
#define STABLE(x)	/* of no hypercall that is seen here */
#define OF(number_, op_) { .number = __HYPERVISOR_##number_, .op = op_ },
#define DOMCTL(x)	OF(domctl, XEN_DOMCTL_##x)
#define SYSCTL(x)	OF(sysctl, XEN_SYSCTL_##x)
#define PLATFORM(x)	OF(platform_op, XENPF_##x)
#define MEMORY(x)	OF(memory_op, XENMEM_##x)
#define HVM(x)		OF(hvm_op, HVMOP_##x)
#define XENVER(x)	OF(xen_version, XENVER_##x)
#define EVTCHN(x)	OF(event_channel_op, EVTCHNOP_##x)
#define GNTTAB(x)	OF(grant_table_op, GNTTABOP_##x)
#define PHYSDEV(x)	OF(physdev_op, PHYSDEVOP_##x)
#define SCHED(x)	OF(sched_op, SCHEDOP_##x)
#define KEXEC(x)	OF(kexec_op, KEXEC_CMD_##x)
#define FLASK(x)	OF(xsm_op, FLASK_##x)

#define MAX_OPERATIONS 12

static const struct row {
	const char *name, *when;
	struct operation operations[MAX_OPERATIONS + 1];
} rows[] = {
#define XC(name_, calls, when_) { #name_, #when_, { calls { 0 } } },
#include "api_rows.h"
#undef XC
};

#define NR_ROWS (sizeof(rows) / sizeof(rows[0]))

/* By row and operation. */
static bool (*asked)[MAX_OPERATIONS];
static const struct row *row;		/* the call that is going on */
static bool committing, batched;

void wire_api_share(void)
{
	asked = mmap(NULL, NR_ROWS * sizeof(*asked), PROT_READ | PROT_WRITE,
		     MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (asked == MAP_FAILED)
		abort();
}

static const struct row *find(const char *name)
{
	size_t i;

	for (i = 0; i < NR_ROWS; i++)
		if (!strcmp(rows[i].name, name))
			return &rows[i];
	return NULL;
}

void wire_api_begin(const char *name, bool in_batch)
{
	row = find(name);
	batched = in_batch;
	committing = false;
	if (!row) {
		fprintf(stderr, "%s: not in api.def\n", name);
		_exit(97);
	}
}

void wire_api_commit(void)
{
	committing = true;
}

/* In a batch: what waits for the commit must be asked in it, all else before. */
static bool in_time(void)
{
	return !batched || committing == !strcmp(row->when, "queued");
}

void wire_api_asked(unsigned int number, uint32_t op)
{
	const struct operation *o;

	if (!row)
		return;
	for (o = row->operations; o->number || o->op || o->any; o++) {
		if (o->number != number || (!o->any && o->op != op))
			continue;
		asked[row - rows][o - row->operations] = true;
		if (in_time())
			return;
		fprintf(stderr, "%s: %s by api.def, and asked %s commit\n",
			row->name, row->when, committing ? "in" : "before");
		_exit(97);
	}
	fprintf(stderr, "%s: hypercall %u, %u, not by api.def\n", row->name,
		number, op);
	_exit(97);
}

void wire_api_end(void)
{
	row = NULL;
}

bool wire_api_all_asked(const char *name)
{
	const struct row *r = find(name);
	unsigned int i;
	bool all = true;

	for (i = 0; r->operations[i].number; i++) {
		if (asked[r - rows][i])
			continue;
		fprintf(stderr, "%s: hypercall %u, %u, by api.def, and not asked\n",
			name, r->operations[i].number, r->operations[i].op);
		all = false;
	}
	return all;
}
