// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The operations on ports: at once, or places in a batch.
 */
#include "event.h"
#include "ops.h"

static __attribute__((noinline, cold)) int failed(int err)
{
	errno = err;
	return -1;
}

static inline __attribute__((always_inline)) int
run_now(xenbatch *xb, unsigned int opcode, unsigned int flags, uint16_t domid,
	uint32_t port, uint32_t type, uint32_t remote, uint32_t cpu)
{
	struct xb_lane_impl *lane;
	struct xenbatch_op *op = xb_one(xb, &lane);
	long ret;

	if (unlikely(!op))
		return -1;
	xb_op_evtchn(op, opcode, flags, 0, domid, port, type, remote, cpu);
	ret = xb_one_run(lane);
	return unlikely(ret < 0) ? failed(-ret) : (int)ret;
}

static int bind_port(xenbatch *xb, uint32_t type, uint16_t domid,
		     uint32_t remote, unsigned int flags)
{
	if (flags & ~XENBATCH_KERNEL_ACK)
		return failed(EINVAL);
	if (!xb_events_get(xb))
		return -1;
	return run_now(xb, XENBATCH_OP_EVTCHN_BIND,
		       flags & XENBATCH_KERNEL_ACK ? XENBATCH_OPF_KERNEL_ACK :
						     0,
		       domid, 0, type, remote, 0);
}

int xenbatch_evtchn_bind_unbound(xenbatch *xb, uint16_t domid,
				 unsigned int flags)
{
	return bind_port(xb, XENBATCH_EVTCHN_UNBOUND, domid, 0, flags);
}

int xenbatch_evtchn_bind_interdomain(xenbatch *xb, uint16_t domid,
				     uint32_t remote_port, unsigned int flags)
{
	return bind_port(xb, XENBATCH_EVTCHN_INTERDOMAIN, domid, remote_port,
			 flags);
}

int xenbatch_evtchn_bind_virq(xenbatch *xb, unsigned int virq,
			      unsigned int flags)
{
	return bind_port(xb, XENBATCH_EVTCHN_VIRQ, 0, virq, flags);
}

int xenbatch_evtchn_unbind(xenbatch *xb, uint32_t port)
{
	return run_now(xb, XENBATCH_OP_EVTCHN_UNBIND, 0, 0, port, 0, 0, 0);
}

int xenbatch_evtchn_notify(xenbatch *xb, uint32_t port)
{
	return run_now(xb, XENBATCH_OP_EVTCHN_NOTIFY, 0, 0, port, 0, 0, 0);
}

int xenbatch_evtchn_ack(xenbatch *xb, uint32_t port)
{
	return run_now(xb, XENBATCH_OP_EVTCHN_ACK, 0, 0, port, 0, 0, 0);
}

int xenbatch_evtchn_affinity(xenbatch *xb, uint32_t port, unsigned int cpu)
{
	return run_now(xb, XENBATCH_OP_EVTCHN_AFFINITY, 0, 0, port, 0, 0, cpu);
}

static inline __attribute__((always_inline)) int
queue_at(struct xb_lane *pub, unsigned int opcode, uint32_t port,
	 unsigned int flags, uint32_t tag)
{
	xb_op_evtchn(&pub->ops[pub->nr], opcode, flags, tag, 0, port, 0, 0, 0);
	return pub->nr++;
}

/* Not out of line for its own sake: the way that all go needs no frame so. */
static __attribute__((noinline, cold)) int
queue_slow(struct xenbatch_batch *b, unsigned int opcode, uint32_t port,
	   unsigned int flags, uint32_t tag)
{
	struct xb_lane_impl *lane = (struct xb_lane_impl *)b;

	if (lane_is_stale(lane))
		return failed(ESTALE);
	if (flags & ~XENBATCH_LINK)
		return failed(EINVAL);
	if (!xb_lane_op(&lane->pub))
		return -1;
	return queue_at(&lane->pub, opcode, port, flags, tag);
}

static inline __attribute__((always_inline)) int
queue(struct xenbatch_batch *b, unsigned int opcode, uint32_t port,
      unsigned int flags, uint32_t tag)
{
	struct xb_lane_impl *lane = (struct xb_lane_impl *)b;

	if (unlikely(lane_is_stale(lane) || flags & ~XENBATCH_LINK ||
		     lane->pub.nr == lane->pub.cap))
		return queue_slow(b, opcode, port, flags, tag);
	return queue_at(&lane->pub, opcode, port, flags, tag);
}

int xenbatch_queue_evtchn_notify(struct xenbatch_batch *b, uint32_t port,
				 unsigned int flags, uint32_t tag)
{
	return queue(b, XENBATCH_OP_EVTCHN_NOTIFY, port, flags, tag);
}

int xenbatch_queue_evtchn_ack(struct xenbatch_batch *b, uint32_t port,
			      unsigned int flags, uint32_t tag)
{
	return queue(b, XENBATCH_OP_EVTCHN_ACK, port, flags, tag);
}
