/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Operation families: a new operation is a row in ops.c and a function in its
 * family's file, and nothing anywhere else.
 */
#ifndef XB_OPS_H
#define XB_OPS_H

#include <linux/errno.h>
#include <linux/types.h>

#include "uapi.h"

struct xb_context;

/* One SUBMIT under way. */
struct xb_run {
	struct xb_context *ctx;
	struct xb_scratch *scratch;	/* map.h; NULL: not needed yet */
	bool cancel;		/* a linked operation has failed */
	u32 direct;		/* counted here, added to the context once */
	u32 multicalls;
	u32 batched;
	u32 nops;
	u32 canceled;
	u32 refused;
	u32 mapped;
	u32 unmapped;
	u32 copied;
	u32 notified;
	u32 acked;
};

/* What is checked of an operation, read once: it lies in shared memory. */
struct xb_head {
	union {
		u64 raw;
		struct {
			u32 state;
			u16 opcode;
			u16 flags;
		};
	};
};

struct xb_opdef {
	const char *name;
	u16 flags;		/* that it knows */
	bool has_domid;		/* its target can be seen in op->domid */
	/*
	 * Run the operation at op, whose checked head is given, and as many of
	 * its neighbours, up to nr in all, as can go along. Returns how many
	 * are done: at least one.
	 */
	unsigned int (*run)(struct xb_run *run, struct xenbatch_op *op,
			    struct xb_head head, unsigned int nr);
};

extern const struct xb_opdef xb_opdefs[];
extern const unsigned int xb_nr_opdefs;

/* As bit masks: the opcodes there are here, and those with has_domid. */
extern u64 xb_known;
void xb_opcodes_init(void);
u64 xb_opcodes_with_domid(void);

/* Is this of opcode, with no flag and a state from which it may run? */
static __always_inline bool xb_head_is(struct xb_head head, u16 opcode)
{
	const u64 idle = (u64)opcode << 32;

	return head.raw == (idle | XENBATCH_STATE_IDLE) ||
	       head.raw == (idle | XENBATCH_STATE_DONE);
}

/* ... and a hypercall: what nearly all are? */
static __always_inline bool xb_head_is_plain(struct xb_head head)
{
	return xb_head_is(head, XENBATCH_OP_HYPERCALL);
}

static inline struct xb_head xb_op_head(const struct xenbatch_op *op)
{
	return (struct xb_head){ .raw = READ_ONCE(*(const u64 *)op) };
}

/*
 * 0 if the operation may run, or the errno that is its result.
 */
static inline int xb_op_check(u64 allowed, struct xb_head head)
{
	if (head.state != XENBATCH_STATE_IDLE &&
	    head.state != XENBATCH_STATE_DONE)
		return -EBUSY;
	if (head.opcode >= xb_nr_opdefs ||
	    !(xb_known & (1ULL << head.opcode)) ||
	    head.flags & ~xb_opdefs[head.opcode].flags)
		return -EINVAL;
	if (!(allowed & (1ULL << head.opcode)))
		return -EPERM;
	return 0;
}

/*
 * Does next go along with the operation of head, which is before it? Not if it
 * is linked to that, and so must know how it ends. *head becomes next's.
 */
static inline bool xb_op_follows(struct xb_head *head,
				 const struct xenbatch_op *next, u64 allowed)
{
	u16 opcode = head->opcode;

	if (head->flags & XENBATCH_OPF_LINK)
		return false;
	*head = xb_op_head(next);
	return head->opcode == opcode && !xb_op_check(allowed, *head);
}

static inline void xb_op_done(struct xb_run *run, struct xenbatch_op *op,
			      u16 flags, s64 result)
{
	WRITE_ONCE(op->result, result);
	/* A reader that sees DONE sees the result too. */
	smp_store_release(&op->state, XENBATCH_STATE_DONE);
	if (flags & XENBATCH_OPF_LINK)
		run->cancel = result < 0;
}

typedef unsigned int xb_run_fn(struct xb_run *run, struct xenbatch_op *op,
			       struct xb_head head, unsigned int nr);

xb_run_fn xb_hypercall_run;
xb_run_fn xb_foreign_map_run;
xb_run_fn xb_foreign_unmap_run;
xb_run_fn xb_resource_map_run;
xb_run_fn xb_grant_map_run;
xb_run_fn xb_grant_unmap_run;
xb_run_fn xb_grant_copy_run;
xb_run_fn xb_grant_notify_run;
xb_run_fn xb_evtchn_bind_run;
xb_run_fn xb_evtchn_unbind_run;
xb_run_fn xb_evtchn_notify_run;
xb_run_fn xb_evtchn_ack_run;
xb_run_fn xb_evtchn_affinity_run;

#endif /* XB_OPS_H */
