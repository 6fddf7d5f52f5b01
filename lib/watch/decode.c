// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Requests to Xen's devices. A row of the table says what else is to be counted
 * of one; of others there is how many, how many failed and how long they took.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/ioctl.h>

#include <xenctrl.h>
#include <xen/sys/gntdev.h>
#include <xen/sys/privcmd.h>

#include "uapi/xenbatch.h"
#include "watch.h"

union request {
	privcmd_hypercall_t hypercall;
	privcmd_mmapbatch_v2_t batch2;
	privcmd_mmapbatch_t batch;
	privcmd_mmap_resource_t resource;
	privcmd_dm_op_t dm_op;
	struct ioctl_gntdev_map_grant_ref map_grant;
	struct ioctl_gntdev_unmap_grant_ref unmap_grant;
	struct xenbatch_submit submit;
};

/* What came of it: pages are those asked for. */
struct outcome {
	int fd;
	long ret;
	uint64_t pages;
	bool failed;
};

static void hypercall(const union request *r, struct outcome *o)
{
	uint64_t args[5];

	for (int i = 0; i < 5; i++)
		args[i] = r->hypercall.arg[i];
	watch_hypercall(WATCH_STOCK, r->hypercall.op, args, o->ret);
}

static void dm_op(const union request *r, struct outcome *o)
{
	privcmd_dm_op_buf_t buf;
	uint32_t op = WATCH_NO_OP;

	if (!r->dm_op.num)
		return;		/* a question whether there is DM_OP */
	if (!watch_peek(&buf, r->dm_op.ubufs, sizeof(buf), o->ret >= 0) ||
	    !watch_peek(&op, buf.uptr, sizeof(op), o->ret >= 0))
		op = WATCH_NO_OP;
	watch_hypercall_op(WATCH_STOCK, __HYPERVISOR_dm_op, op, o->ret);
}

static void batch2(const union request *r, struct outcome *o)
{
	o->pages = r->batch2.num;
	for (unsigned int i = 0; i < r->batch2.num && o->ret >= 0; i++)
		o->failed |= r->batch2.err[i] != 0;
	watch_mapped(r->batch2.addr);
}

static void batch(const union request *r, struct outcome *o)
{
	o->pages = r->batch.num;
	watch_mapped(r->batch.addr);
}

static void resource(const union request *r, struct outcome *o)
{
	o->pages = r->resource.num;
	if (r->resource.addr && o->ret >= 0)
		watch_mapped(r->resource.addr);
}

static void map_grant(const union request *r, struct outcome *o)
{
	o->pages = r->map_grant.count;
}

static void unmap_grant(const union request *r, struct outcome *o)
{
	o->pages = r->unmap_grant.count;
}

static void submit(const union request *r, struct outcome *o)
{
	if (o->ret > 0)
		watch_operations(o->fd, r->submit.first, o->ret);
}

static const struct kind {
	unsigned long request;
	uint16_t size;
	void (*decode)(const union request *r, struct outcome *o);
} kinds[] = {
	{ XENBATCH_IOC_SUBMIT, sizeof(struct xenbatch_submit), submit },
	{ IOCTL_PRIVCMD_HYPERCALL, sizeof(privcmd_hypercall_t), hypercall },
	{ IOCTL_PRIVCMD_DM_OP, sizeof(privcmd_dm_op_t), dm_op },
	{ IOCTL_PRIVCMD_MMAPBATCH_V2, sizeof(privcmd_mmapbatch_v2_t), batch2 },
	{ IOCTL_PRIVCMD_MMAPBATCH, sizeof(privcmd_mmapbatch_t), batch },
	{ IOCTL_PRIVCMD_MMAP_RESOURCE, sizeof(privcmd_mmap_resource_t),
	  resource },
	{ IOCTL_GNTDEV_MAP_GRANT_REF,
	  sizeof(struct ioctl_gntdev_map_grant_ref), map_grant },
	{ IOCTL_GNTDEV_UNMAP_GRANT_REF,
	  sizeof(struct ioctl_gntdev_unmap_grant_ref), unmap_grant },
};

static void decode(unsigned long request, const void *arg, struct outcome *o)
{
	union request r;

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (kinds[i].request == request) {
			if (watch_peek(&r, arg, kinds[i].size, o->ret >= 0))
				kinds[i].decode(&r, o);
			return;
		}
}

void watch_request(int fd, unsigned long request, const void *arg, long ret,
		   uint64_t ns)
{
	/* Some libraries give it as an int, and its sign comes along. */
	struct watch_row *row = watch_row_number(WATCH_IOCTL,
						 (uint32_t)request);
	struct outcome o = { fd, ret, 0, ret < 0 };

	decode((uint32_t)request, arg, &o);
	if (!row)
		return;
	watch_add(&row->count, 1);
	watch_add(&row->ns, ns);
	watch_add(&row->pages, o.pages);
	if (o.failed)
		watch_add(&row->failed, 1);
}
