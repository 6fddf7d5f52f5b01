// SPDX-License-Identifier: LGPL-2.1-or-later
/* Which hypercall it was, and where it says which operation of it. */
#include <errno.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <xenctrl.h>
#include <xen/hvm/dm_op.h>

#include "watch.h"

enum where {
	NOWHERE = 0,
	ARG,		/* the first argument */
	ARG_LOW,	/* ... its low six bits (MEMOP_EXTENT_SHIFT) */
	MEMORY,		/* the first word of what the first argument points to */
	LIST,		/* a multicall's entries */
	BUFFERS,	/* the first word of the first buffer of a list */
};

/* Not sched_op, event_channel_op and physdev_op: xen.h may mean the old ones. */
static const unsigned char where[64] = {
	[__HYPERVISOR_platform_op] = MEMORY,
	[__HYPERVISOR_memory_op] = ARG_LOW,
	[__HYPERVISOR_multicall] = LIST,
	[__HYPERVISOR_xen_version] = ARG,
	[__HYPERVISOR_console_io] = ARG,
	[__HYPERVISOR_grant_table_op] = ARG,
	[__HYPERVISOR_vcpu_op] = ARG,
	[__HYPERVISOR_xsm_op] = MEMORY,
	[29 /* sched_op */] = ARG,
	[32 /* event_channel_op */] = ARG,
	[33 /* physdev_op */] = ARG,
	[__HYPERVISOR_hvm_op] = ARG,
	[__HYPERVISOR_sysctl] = MEMORY,
	[__HYPERVISOR_domctl] = MEMORY,
	[__HYPERVISOR_kexec_op] = ARG,
	[__HYPERVISOR_xenpmu_op] = ARG,
	[__HYPERVISOR_dm_op] = BUFFERS,
	[__HYPERVISOR_hypfs_op] = ARG,
};

/* As Xen has it: each is a hypercall of its own. */
struct entry {
	uint64_t number;
	int64_t result;
	uint64_t args[6];
};

/*
 * The kernel reads the mask before it looks at what is to be done with it, which
 * makes no sense: so memory that is there gives EINVAL, other memory EFAULT. (A
 * hypercall buffer is no memory to process_vm_readv.)
 */
static bool is_there(uintptr_t at)
{
	return syscall(SYS_rt_sigprocmask, -1, at & ~7UL, NULL, 8) == -1 &&
	       errno == EINVAL;
}

bool watch_peek(void *to, const void *at, size_t size, bool works)
{
	uintptr_t first = (uintptr_t)at;

	if (!works)
		for (uintptr_t p = first & ~7UL; p < first + size; p += 8)
			if (!is_there(p))
				return false;
	memcpy(to, at, size);
	return true;
}

/*
 * The same by either path, and another if two change places, or one fails that did
 * not: as FNV-1a does it, of words.
 */
static void in_sequence(uint64_t number, uint32_t op, bool failed)
{
	uint64_t word = number << 33 | (uint64_t)failed << 32 | op;
	uint64_t *p = &watch_stats->sequence, old, new;

	old = __atomic_load_n(p, __ATOMIC_RELAXED);
	do {
		new = ((old ^ word) + 0x9e3779b97f4a7c15ULL) *
		      0x100000001b3ULL;
		new ^= new >> 29;
	} while (!__atomic_compare_exchange_n(p, &old, new, true,
					      __ATOMIC_RELAXED,
					      __ATOMIC_RELAXED));
}

void watch_hypercall_op(enum watch_path path, uint64_t number, uint32_t op,
			long ret)
{
	struct watch_row *row = watch_row_number(WATCH_HYPERCALL,
		WATCH_HYPERCALL_KEY(path, number & 0xffff, op));

	in_sequence(number & 0xffff, op, ret < 0);
	if (!row)
		return;
	watch_add(&row->count, 1);
	if (ret < 0)
		watch_add(&row->failed, 1);
}

static void list(enum watch_path path, const struct entry *at, uint64_t nr,
		 long ret)
{
	struct entry e;

	for (uint64_t i = 0; i < nr; i++) {
		if (!watch_peek(&e, at + i, sizeof(e), ret >= 0))
			return;
		if (e.number == __HYPERVISOR_multicall)
			continue;
		watch_hypercall(path, e.number, e.args,
				ret < 0 ? ret : e.result);
	}
}

static uint32_t word(uint64_t at, bool works)
{
	uint32_t w;

	return watch_peek(&w, (void *)(uintptr_t)at, sizeof(w), works) ?
		w : WATCH_NO_OP;
}

void watch_hypercall(enum watch_path path, uint64_t number,
		     const uint64_t *args, long ret)
{
	struct xen_dm_op_buf buf;
	uint32_t op = WATCH_NO_OP;

	switch (number < sizeof(where) ? where[number] : NOWHERE) {
	case ARG:
		op = args[0];
		break;
	case ARG_LOW:
		op = args[0] & 0x3f;
		break;
	case MEMORY:
		op = word(args[0], ret >= 0);
		break;
	case BUFFERS:
		if (watch_peek(&buf, (void *)(uintptr_t)args[2], sizeof(buf),
			       ret >= 0))
			op = word((uintptr_t)buf.h.p, ret >= 0);
		break;
	case LIST:
		list(path, (void *)(uintptr_t)args[0], args[1], ret);
		return;
	}
	watch_hypercall_op(path, number, op, ret);
}
