/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Device-model operations as they leave a library: while a mode is recorded, its
 * operations do not reach Xen. What Xen would have been told is written down,
 * byte for byte, and answered: with this error, or 0 and a pattern in all that
 * follows the operation's number.
 *
 * Comes after drop_diff.h or xc_diff.h: it writes down as they do.
 */
#ifndef RECORDER_H
#define RECORDER_H

#include <stdarg.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <xen/hvm/dm_op.h>
#include <xen/sys/privcmd.h>

static struct mode *recorded;
static int recorder_error;

static inline void write_bytes(struct mode *m, unsigned int buf, const void *p,
			       size_t size)
{
	const unsigned char *c = p;
	size_t i;

	fprintf(m->out, "  buffer %u:", buf);
	for (i = 0; i < size && i < 64; i++)
		fprintf(m->out, "%s%02x", i % 8 ? "" : " ", c[i]);
	fprintf(m->out, ", %zu bytes\n", size);
}

static inline int answer(struct xen_dm_op *op)
{
	unsigned char *u = (unsigned char *)&op->u;
	unsigned int i;

	if (recorder_error) {
		errno = recorder_error;
		return -1;
	}
	for (i = 0; i < sizeof(op->u); i++)
		u[i] = 0x11 + i;
	return 0;
}

static inline int record_privcmd(const privcmd_dm_op_t *call)
{
	const privcmd_dm_op_buf_t *bufs = call->ubufs;
	unsigned int i;

	note(recorded, "  DM_OP to %x, %u", call->dom, call->num);
	for (i = 0; i < call->num; i++)
		write_bytes(recorded, i, bufs[i].uptr, bufs[i].size);
	return answer(bufs[0].uptr);
}

static inline int record_hypercall(const privcmd_hypercall_t *call)
{
	const struct xen_dm_op_buf *bufs = (void *)(uintptr_t)call->arg[2];
	unsigned int i;

	note(recorded, "  dm_op to %llx, %llu", (long long)call->arg[0],
	     (long long)call->arg[1]);
	for (i = 0; i < call->arg[1]; i++)
		write_bytes(recorded, i, bufs[i].h.p, bufs[i].size);
	return answer(bufs[0].h.p);
}

/* In the place of libc's, for all libraries. */
int ioctl(int fd, unsigned long request, ...)
{
	const privcmd_hypercall_t *hypercall;
	const privcmd_dm_op_t *dm_op;
	va_list ap;
	void *arg;

	va_start(ap, request);
	arg = va_arg(ap, void *);
	va_end(ap);
	dm_op = arg;
	hypercall = arg;
	if (recorded && request == IOCTL_PRIVCMD_DM_OP && dm_op->num)
		return record_privcmd(dm_op);
	if (recorded && request == IOCTL_PRIVCMD_HYPERCALL &&
	    hypercall->op == __HYPERVISOR_dm_op)
		return record_hypercall(hypercall);
	return syscall(SYS_ioctl, fd, request, arg);
}

#endif /* RECORDER_H */
