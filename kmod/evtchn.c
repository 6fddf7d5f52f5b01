// SPDX-License-Identifier: GPL-2.0
/*
 * EVTCHN_*: neighbouring notifications are one multicall, so that what they
 * bring back to this dom0 is taken at once; the others run one by one.
 */
#include <linux/err.h>
#include <linux/mm.h>

#include <asm/xen/hypercall.h>

#include "context.h"
#include "evtchn.h"
#include "map.h"
#include "ops.h"
#include "upcall.h"

/* In one multicall, during which no interrupt is taken. */
#define XB_SENDS	64U

/* NULL: the ring was not made yet. */
static struct xb_events *xb_run_events(const struct xb_run *run)
{
	/* Pairs with the release in xb_events_create(). */
	return smp_load_acquire(&run->ctx->events);
}

/* Is all that is not the port zero? Then the port is *port. */
static bool xb_port_alone(const struct xenbatch_op *op, u32 *port)
{
	*port = READ_ONCE(op->evtchn.port);
	return !(READ_ONCE(*(const u32 *)&op->number) |
		 READ_ONCE(op->evtchn.type) | READ_ONCE(op->arg[1]) |
		 READ_ONCE(op->arg[2]) | READ_ONCE(op->arg[3]) |
		 READ_ONCE(op->arg[4]));
}

static unsigned int xb_evtchn_refuse(struct xb_run *run,
				     struct xenbatch_op *op, u16 flags, int err)
{
	run->refused++;
	xb_op_done(run, op, flags, err);
	return 1;
}

/* The port that op may notify, or an error pointer. */
static __always_inline struct xb_evtchn *
xb_notify_port(const struct xb_events *ev, const struct xenbatch_op *op)
{
	struct xb_evtchn *e;
	u32 port;

	if (!xb_port_alone(op, &port))
		return ERR_PTR(-EINVAL);
	e = xb_evtchn_find(ev, port);
	if (!e)
		return ERR_PTR(-ENOTCONN);
	return e->gone ? ERR_PTR(-EPIPE) : e;
}

static unsigned int xb_notify_many(struct xb_run *run, struct xb_events *ev,
				   struct xenbatch_op *ops, struct xb_head head,
				   unsigned int nr)
{
	struct multicall_entry *entries = run->scratch->entries;
	struct evtchn_send *sends = run->scratch->sends;
	u64 allowed = READ_ONCE(run->ctx->opcodes);
	u16 flags = head.flags;
	struct xb_evtchn *e;
	unsigned long irqs;
	bool here = false;
	unsigned int n, i;
	int err;

	BUILD_BUG_ON(XB_SENDS > XB_CHUNK);
	for (n = 0; n < nr; n++) {
		if (n && !xb_op_follows(&head, &ops[n], allowed))
			break;
		e = xb_notify_port(ev, &ops[n]);
		if (IS_ERR(e))
			break;
		flags = head.flags;
		here |= e->here;
		sends[n].port = e->port;
		entries[n].op = __HYPERVISOR_event_channel_op;
		entries[n].args[0] = EVTCHNOP_send;
		entries[n].args[1] = (unsigned long)&sends[n];
	}
	if (n < 2)
		return 0;
	/*
	 * Xen breaks a multicall off when an event is to be delivered here, and
	 * some of these may send one: not before they are all sent.
	 */
	if (here) {
		xb_upcall_begin();
		err = HYPERVISOR_multicall(entries, n);
		xb_upcall_end(&ev->regs);
	} else {
		local_irq_save(irqs);
		err = HYPERVISOR_multicall(entries, n);
		local_irq_restore(irqs);
	}
	if (WARN_ON_ONCE(err))
		for (i = 0; i < n; i++)
			entries[i].result = err;
	for (i = 0; i < n; i++)
		xb_op_done(run, &ops[i], i == n - 1 ? flags : 0,
			   (long)entries[i].result);
	run->notified += n;
	return n;
}

static __always_inline int xb_notify_one(struct xb_events *ev,
					 const struct xenbatch_op *op,
					 u32 *notified)
{
	struct xb_evtchn *e = xb_notify_port(ev, op);
	int err;

	if (IS_ERR(e))
		return PTR_ERR(e);
	ev->send.port = e->port;
	++*notified;
	if (!e->here)
		return HYPERVISOR_event_channel_op(EVTCHNOP_send, &ev->send);
	xb_upcall_begin();
	err = HYPERVISOR_event_channel_op(EVTCHNOP_send, &ev->send);
	xb_upcall_end(&ev->regs);
	return err;
}

unsigned int xb_evtchn_notify_run(struct xb_run *run, struct xenbatch_op *ops,
				  struct xb_head head, unsigned int nr)
{
	struct xb_events *ev = xb_run_events(run);
	unsigned int n = 0;
	int err;

	if (!ev)
		return xb_evtchn_refuse(run, ops, head.flags, -ENXIO);
	mutex_lock(&ev->lock);
	if (nr > 1 && xb_run_scratch(run))
		n = xb_notify_many(run, ev, ops, head,
				   min_t(unsigned int, nr, XB_SENDS));
	if (!n) {
		err = xb_notify_one(ev, ops, &run->notified);
		mutex_unlock(&ev->lock);
		xb_op_done(run, ops, head.flags, err);
		return 1;
	}
	mutex_unlock(&ev->lock);
	return n;
}

static __always_inline int xb_ack_one(const struct xb_events *ev,
				      const struct xenbatch_op *op)
{
	struct xb_evtchn *e;
	u32 port;

	if (!xb_port_alone(op, &port))
		return -EINVAL;
	e = xb_evtchn_find(ev, port);
	if (!e)
		return -ENOTCONN;
	/* Nobody else takes away from it. */
	if (atomic_read(&e->due) &&
	    unlikely(atomic_dec_return(&e->due) | READ_ONCE(e->disabled)))
		xb_evtchn_next(e);
	return 0;
}

unsigned int xb_evtchn_ack_run(struct xb_run *run, struct xenbatch_op *ops,
			       struct xb_head head, unsigned int nr)
{
	u64 allowed = READ_ONCE(run->ctx->opcodes);
	struct xb_events *ev = xb_run_events(run);
	unsigned int n = 0;

	if (!ev)
		return xb_evtchn_refuse(run, ops, head.flags, -ENXIO);
	nr = min_t(unsigned int, nr, XB_CHUNK);
	mutex_lock(&ev->lock);
	do {
		xb_op_done(run, &ops[n], head.flags, xb_ack_one(ev, &ops[n]));
		n++;
	} while (n < nr && xb_op_follows(&head, &ops[n], allowed));
	mutex_unlock(&ev->lock);
	run->acked += n;
	return n;
}

/*
 * What a program does that answers events: acknowledge, notify, all of it in
 * few operations. Those of them that the SUBMIT of nr operations begins with
 * are done here, without what the long way needs for whatever else there is;
 * neighbouring notifications are left to that, since they go together. Returns
 * how many are done. If that is all, the SUBMIT is counted; if not, the long
 * way does it.
 */
unsigned int xb_evtchn_short(struct xb_context *ctx, struct xenbatch_op *ops,
			     unsigned int nr)
{
	const u64 both = 1ULL << XENBATCH_OP_EVTCHN_NOTIFY |
			 1ULL << XENBATCH_OP_EVTCHN_ACK;
	u32 acked = 0, notified = 0;
	struct xb_events *ev;
	unsigned int n;
	int err;

	/* Pairs with the release in xb_events_create(). */
	ev = smp_load_acquire(&ctx->events);
	if (!ev || (READ_ONCE(ctx->opcodes) & both) != both)
		return 0;
	mutex_lock(&ev->lock);
	for (n = 0; n < nr; n++) {
		struct xb_head head = xb_op_head(&ops[n]);

		if (xb_head_is(head, XENBATCH_OP_EVTCHN_ACK)) {
			err = xb_ack_one(ev, &ops[n]);
			acked++;
		} else if (xb_head_is(head, XENBATCH_OP_EVTCHN_NOTIFY) &&
			   (n + 1 == nr || READ_ONCE(ops[n + 1].opcode) !=
					   XENBATCH_OP_EVTCHN_NOTIFY)) {
			err = xb_notify_one(ev, &ops[n], &notified);
		} else {
			break;
		}
		WRITE_ONCE(ops[n].result, err);
		/* As in xb_op_done(). */
		smp_store_release(&ops[n].state, XENBATCH_STATE_DONE);
	}
	mutex_unlock(&ev->lock);
	xb_count(&ctx->stats, XB_COUNT_NOTIFIED, notified);
	xb_count(&ctx->stats, XB_COUNT_ACKED, acked);
	xb_count(&ctx->stats, XB_COUNT_SUBMITS, n == nr);
	return n;
}

/* May this context bind such a port? As /dev/xen/evtchn, where restricted. */
static int xb_bind_check(const struct xb_run *run, const struct xenbatch_op *op,
			 u32 type, domid_t domid)
{
	domid_t only = READ_ONCE(run->ctx->domid);

	if (READ_ONCE(op->number) || READ_ONCE(op->evtchn.port) ||
	    READ_ONCE(op->evtchn.cpu) || READ_ONCE(op->arg[2]) ||
	    READ_ONCE(op->arg[3]) || READ_ONCE(op->arg[4]))
		return -EINVAL;
	if (only == DOMID_INVALID)
		return 0;
	if (type != XENBATCH_EVTCHN_INTERDOMAIN || domid != only)
		return -EPERM;
	return 0;
}

unsigned int xb_evtchn_bind_run(struct xb_run *run, struct xenbatch_op *op,
				struct xb_head head, unsigned int nr)
{
	struct xb_events *ev = xb_run_events(run);
	u32 remote = READ_ONCE(op->evtchn.remote);
	u32 type = READ_ONCE(op->evtchn.type);
	domid_t domid = READ_ONCE(op->domid);
	long ret = xb_bind_check(run, op, type, domid);

	if (ret)
		return xb_evtchn_refuse(run, op, head.flags, ret);
	if (!ev)
		return xb_evtchn_refuse(run, op, head.flags, -ENXIO);
	mutex_lock(&ev->lock);
	ret = xb_evtchn_bind(ev, type, remote, head.flags, domid);
	mutex_unlock(&ev->lock);
	xb_op_done(run, op, head.flags, ret);
	return 1;
}

unsigned int xb_evtchn_unbind_run(struct xb_run *run, struct xenbatch_op *op,
				  struct xb_head head, unsigned int nr)
{
	struct xb_events *ev = xb_run_events(run);
	struct xb_evtchn *e;
	int err = 0;
	u32 port;

	if (!xb_port_alone(op, &port))
		return xb_evtchn_refuse(run, op, head.flags, -EINVAL);
	if (!ev)
		return xb_evtchn_refuse(run, op, head.flags, -ENXIO);
	mutex_lock(&ev->lock);
	e = xb_evtchn_find(ev, port);
	if (e)
		xb_evtchn_unbind(e);
	else
		err = -ENOTCONN;
	mutex_unlock(&ev->lock);
	xb_op_done(run, op, head.flags, err);
	return 1;
}

unsigned int xb_evtchn_affinity_run(struct xb_run *run, struct xenbatch_op *op,
				    struct xb_head head, unsigned int nr)
{
	struct xb_events *ev = xb_run_events(run);
	u32 port = READ_ONCE(op->evtchn.port);
	u32 cpu = READ_ONCE(op->evtchn.cpu);
	struct xb_evtchn *e;
	int err;

	if (READ_ONCE(*(const u32 *)&op->number) ||
	    READ_ONCE(op->evtchn.type) || READ_ONCE(op->evtchn.remote) ||
	    READ_ONCE(op->arg[2]) || READ_ONCE(op->arg[3]) ||
	    READ_ONCE(op->arg[4]))
		return xb_evtchn_refuse(run, op, head.flags, -EINVAL);
	if (!ev)
		return xb_evtchn_refuse(run, op, head.flags, -ENXIO);
	mutex_lock(&ev->lock);
	e = xb_evtchn_find(ev, port);
	err = e ? xb_evtchn_affinity(e, cpu) : -ENOTCONN;
	mutex_unlock(&ev->lock);
	xb_op_done(run, op, head.flags, err);
	return 1;
}
