// SPDX-License-Identifier: GPL-2.0
/*
 * The floor of events: sent, and taken by a handler that only counts, with
 * nothing else around. Taken as evtchn.c takes them: see upcall.h.
 */
#include <linux/interrupt.h>
#include <linux/ktime.h>
#include <linux/ptrace.h>
#include <linux/sched.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>

#include <asm/xen/hypercall.h>
#include <xen/events.h>

#include "bench.h"
#include "context.h"
#include "hypercall.h"
#include "upcall.h"

#define XB_BENCH_PORTS	32U

struct xb_bench_port {
	evtchn_port_t from;
	int irq;		/* of the other end */
	atomic_t *came;
};

struct xb_bench_events {
	unsigned int nr;
	atomic_t came;
	struct pt_regs regs;
	struct xb_bench_port ports[XB_BENCH_PORTS];
	struct evtchn_send sends[XB_BENCH_PORTS];
	struct multicall_entry entries[XB_BENCH_PORTS];
};

static irqreturn_t xb_bench_interrupt(int irq, void *data)
{
	struct xb_bench_port *p = data;

	atomic_inc(p->came);
	return IRQ_HANDLED;
}

static void xb_bench_close(evtchn_port_t port)
{
	struct evtchn_close close = { .port = port };

	HYPERVISOR_event_channel_op(EVTCHNOP_close, &close);
}

static int xb_bench_bind(struct xb_bench_events *b, struct xb_bench_port *p)
{
	struct evtchn_alloc_unbound unbound = {
		.dom = DOMID_SELF,
		.remote_dom = DOMID_SELF,
	};
	struct evtchn_bind_interdomain to = { .remote_dom = DOMID_SELF };
	int err;

	p->came = &b->came;
	err = HYPERVISOR_event_channel_op(EVTCHNOP_alloc_unbound, &unbound);
	if (err)
		return err;
	p->from = unbound.port;
	to.remote_port = p->from;
	err = HYPERVISOR_event_channel_op(EVTCHNOP_bind_interdomain, &to);
	if (err)
		goto err_close;
	p->irq = bind_evtchn_to_irqhandler(to.local_port, xb_bench_interrupt, 0,
					   "xenbatch-bench", p);
	if (p->irq >= 0)
		return 0;
	err = p->irq;
	xb_bench_close(to.local_port);
err_close:
	xb_bench_close(p->from);
	return err;
}

static void xb_bench_send_all(struct xb_bench_events *b)
{
	if (b->nr == 1)
		HYPERVISOR_event_channel_op(EVTCHNOP_send, &b->sends[0]);
	else
		HYPERVISOR_multicall(b->entries, b->nr);
}

/* Several are not to be broken off by what they bring. */
static void xb_bench_send(struct xb_bench_events *b)
{
	unsigned long irqs;

	if (xb_upcall_works()) {
		xb_upcall_begin();
		xb_bench_send_all(b);
		xb_upcall_end(&b->regs);
		return;
	}
	local_irq_save(irqs);
	xb_bench_send_all(b);
	local_irq_restore(irqs);
}

/* All of the last round have come, or a signal. */
static int xb_bench_wait(struct xb_bench_events *b)
{
	while (atomic_read(&b->came) < b->nr) {
		if (signal_pending(current))
			return -EINTR;
		cond_resched();
	}
	atomic_set(&b->came, 0);
	return 0;
}

static int xb_bench_rounds(struct xb_bench_events *b,
			   struct xenbatch_bench *bench)
{
	ktime_t start;
	int err;
	u64 n;

	/* Binding has made each of them fire. */
	err = xb_bench_wait(b);
	start = ktime_get();
	for (n = 0; !err && n < bench->loops; n++) {
		xb_bench_send(b);
		err = xb_bench_wait(b);
	}
	bench->elapsed_ns = ktime_to_ns(ktime_sub(ktime_get(), start));
	return err;
}

long xb_bench_event(struct xb_context *ctx, struct xenbatch_bench *bench)
{
	struct xb_bench_events *b;
	struct xenbatch_op *op;
	int err = 0;
	u32 i;

	if (bench->count > XB_BENCH_PORTS)
		return -EINVAL;
	for (i = 0; i < bench->count; i++) {
		op = xb_bench_op(ctx, bench->first + i);
		if (!op || op->opcode != XENBATCH_OP_EVTCHN_NOTIFY)
			return -EINVAL;
	}
	b = kzalloc(sizeof(*b), GFP_KERNEL);
	if (!b)
		return -ENOMEM;
	for (i = 0; i < bench->count; i++) {
		err = xb_bench_bind(b, &b->ports[i]);
		if (err)
			break;
		b->nr++;
		b->sends[i].port = b->ports[i].from;
		b->entries[i].op = __HYPERVISOR_event_channel_op;
		b->entries[i].args[0] = EVTCHNOP_send;
		b->entries[i].args[1] = (unsigned long)&b->sends[i];
	}
	if (!err)
		err = xb_bench_rounds(b, bench);
	for (i = 0; i < b->nr; i++) {
		unbind_from_irqhandler(b->ports[i].irq, &b->ports[i]);
		xb_bench_close(b->ports[i].from);
	}
	for (i = 0; !err && i < bench->count; i++)
		xb_bench_op(ctx, bench->first + i)->result = 0;
	kfree(b);
	return err;
}
