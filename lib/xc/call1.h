/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Functions that are one structure of a hypercall with one argument, in a line
 * each: the structure is written down as it goes to Xen, and what is not named
 * is 0.
 *
 *	return xe_sysctl1(xch, XE_SYSCTL_OP(cpu_hotplug, .cpu = cpu,
 *		.op = XEN_SYSCTL_CPU_HOTPLUG_ONLINE));
 *	return xe_sysctl1_get(xch, value, pm_op.u.get_max_cstate,
 *		XE_SYSCTL_OP(pm_op, .cmd = XEN_SYSCTL_pm_op_get_max_cstate));
 *
 * Where there are buffers, xe_block() puts the structure into its place, and
 * the function adds the handles.
 */
#ifndef XC_CALL1_H
#define XC_CALL1_H

#include "engine.h"

/* Operations whose number and whose member of the union have one name. */
#define XE_SYSCTL_OP(name, ...) (&(const struct xen_sysctl){ \
	.cmd = XEN_SYSCTL_##name, \
	.interface_version = XEN_SYSCTL_INTERFACE_VERSION, \
	.u.name = { __VA_ARGS__ } })

#define XE_DOMCTL_OP(domid_, name, ...) (&(const struct xen_domctl){ \
	.cmd = XEN_DOMCTL_##name, \
	.interface_version = XEN_DOMCTL_INTERFACE_VERSION, \
	.domain = (domid_), \
	.u.name = { __VA_ARGS__ } })

/* A copy that Xen may write to; a cursor has room for one. */
static inline void *xe_block_of(struct xe_cursor *k, const void *block,
				size_t size)
{
	return memcpy(xe_take(k, XE_SLOT), block, size);
}

#define xe_block(k, op) ({ \
	_Static_assert(sizeof(*(op)) <= XE_SLOT, "one slot"); \
	xe_block_of(k, op, sizeof(*(op))); })

static inline int xe_call1(xc_interface *xch, unsigned int number,
			   const void *block, size_t size)
{
	struct xe_cursor *k = xe_open(xch, 0);

	return k ? xe_end(k, number, xe_block_of(k, block, size)) : -1;
}

/* If Xen agreed, len bytes at off go to the user. */
static inline int xe_call1_get(xc_interface *xch, unsigned int number,
			       const void *block, size_t size, void *to,
			       size_t off, size_t len)
{
	struct xe_cursor *k = xe_open(xch, 0);

	return k ? xe_end_copy(k, number, xe_block_of(k, block, size), to, off,
			       len) : -1;
}

/* They go to the user whatever the answer is: 0, if Xen wrote nothing. */
static inline int xe_call1_part(xc_interface *xch, unsigned int number,
				const void *block, size_t size, void *to,
				size_t off, size_t len)
{
	struct xe_cursor *k = xe_open(xch, 0);

	return k ? xe_end_part(k, number, xe_block_of(k, block, size), to, off,
			       len) : -1;
}

/* fn has the last word; it finds the answer in done->block. */
static inline int xe_call1_done(xc_interface *xch, unsigned int number,
				const void *block, size_t size,
				long (*fn)(struct xe_done *, long), void *to,
				void *to2)
{
	struct xe_cursor *k = xe_open(xch, XE_DONE_SIZE);
	struct xe_done *done;

	if (!k)
		return -1;
	block = xe_block_of(k, block, size);
	done = xe_done_new(k, fn);
	done->block = (void *)block;
	done->to[0] = to;
	done->to[1] = to2;
	return xe_end1_done(k, number, block, done);
}

static inline int xe_sysctl1(xc_interface *xch, const struct xen_sysctl *s)
{
	return xe_call1(xch, XE_SYSCTL, s, sizeof(*s));
}

static inline int xe_domctl1(xc_interface *xch, const struct xen_domctl *d)
{
	return xe_call1(xch, XE_DOMCTL, d, sizeof(*d));
}

/* A field that is wider than *to gives its low bytes, which come first. */
_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "low bytes first");

#define XE_FITS(to, type, field) \
	_Static_assert(sizeof(*(to)) <= sizeof(((type *)0)->u.field), #field)

#define xe_sysctl1_get(xch, to, field, op) ({ \
	XE_FITS(to, struct xen_sysctl, field); \
	xe_call1_get(xch, XE_SYSCTL, op, sizeof(struct xen_sysctl), to, \
		     offsetof(struct xen_sysctl, u.field), sizeof(*(to))); })

#define xe_sysctl1_part(xch, to, field, op) ({ \
	XE_FITS(to, struct xen_sysctl, field); \
	xe_call1_part(xch, XE_SYSCTL, op, sizeof(struct xen_sysctl), to, \
		      offsetof(struct xen_sysctl, u.field), sizeof(*(to))); })

#define xe_domctl1_get(xch, to, field, op) ({ \
	XE_FITS(to, struct xen_domctl, field); \
	xe_call1_get(xch, XE_DOMCTL, op, sizeof(struct xen_domctl), to, \
		     offsetof(struct xen_domctl, u.field), sizeof(*(to))); })

static inline int xe_sysctl1_done(xc_interface *xch, const struct xen_sysctl *s,
				  long (*fn)(struct xe_done *, long), void *to,
				  void *to2)
{
	return xe_call1_done(xch, XE_SYSCTL, s, sizeof(*s), fn, to, to2);
}

/* What the function itself refuses. errno is set, as stock sets it. */
static inline int xe_refuse(xc_interface *xch, int err)
{
	errno = err;
	return xe_local(xch, -1, err);
}

/* The same where stock takes a NULL handle for a wrong argument. */
static inline int xe_refuse_handle(void)
{
	errno = EINVAL;
	return -1;
}

#endif /* XC_CALL1_H */
