// SPDX-License-Identifier: GPL-2.0
/*
 * The life of a port: bound, moved between CPUs, looked after, closed.
 */
#include <linux/bitmap.h>
#include <linux/cpumask.h>
#include <linux/interrupt.h>
#include <linux/sched.h>
#include <linux/slab.h>

#include <asm/xen/hypercall.h>
#include <xen/events.h>
#include <xen/xen-ops.h>

#include "compat.h"
#include "context.h"
#include "evtchn.h"
#include "upcall.h"

/*
 * Xen tells nobody when the other end of a channel is closed or its domain
 * destroyed: it makes the port an unbound one, to which events are sent in
 * vain. So the kernel asks from time to time.
 */
#define XB_CHECK_PERIOD	round_jiffies_relative(HZ)

/* ring_lock is held, interrupts are off. */
static void xb_evtchn_tell(struct xb_evtchn *e)
{
	struct xb_events *ev = e->events;

	WRITE_ONCE(ev->slots[e->slot].count, ++e->count);
	xb_event_push(e);
	xb_count(&ev->ctx->stats, XB_COUNT_EVENTS, 1);
}

/*
 * A port whose event is not acknowledged stays open until its next event, which
 * waits here: most are acknowledged before that, and then nothing is masked and
 * unmasked.
 */
static irqreturn_t xb_evtchn_interrupt(int irq, void *data)
{
	struct xb_evtchn *e = data;
	struct xb_events *ev = e->events;

	/* Somebody sent it: also who comes and goes between two checks. */
	WRITE_ONCE(e->connected, true);
	spin_lock(&ev->ring_lock);
	if (e->kernel_ack || atomic_inc_return(&e->due) == 1) {
		xb_evtchn_tell(e);
	} else {
		disable_irq_nosync(irq);
		WRITE_ONCE(e->disabled, true);
	}
	spin_unlock(&ev->ring_lock);
	return IRQ_HANDLED;
}

/*
 * An event is acknowledged that was not the only one: the turn of the one that
 * waits; or if that is it, of what Xen holds back since.
 */
void xb_evtchn_next(struct xb_evtchn *e)
{
	bool waits = atomic_read(&e->due);

	/* Whoever counted it has disabled the interrupt when it unlocks. */
	spin_lock_irq(&e->events->ring_lock);
	if (waits)
		xb_evtchn_tell(e);
	else
		WRITE_ONCE(e->disabled, false);
	spin_unlock_irq(&e->events->ring_lock);
	if (!waits)
		enable_irq(e->irq);
}

static int xb_evtchn_status(domid_t dom, evtchn_port_t port,
			    struct evtchn_status *status)
{
	status->dom = dom;
	status->port = port;
	return HYPERVISOR_event_channel_op(EVTCHNOP_status, status);
}

static bool xb_domain_is_gone(domid_t domid)
{
	struct evtchn_status status;

	return domid != DOMID_SELF &&
	       xb_evtchn_status(domid, 0, &status) == -ESRCH;
}

/* The module is in dom0 only. */
static bool xb_domain_is_this(domid_t domid)
{
	return domid == DOMID_SELF || !domid;
}

static bool xb_evtchn_peer_is_gone(struct xb_evtchn *e)
{
	struct evtchn_status status;

	if (!xb_evtchn_status(DOMID_SELF, e->port, &status) &&
	    status.status == EVTCHNSTAT_interdomain) {
		WRITE_ONCE(e->connected, true);
		return false;
	}
	return READ_ONCE(e->connected) || xb_domain_is_gone(e->domid);
}

static void xb_evtchn_check_peer(struct xb_evtchn *e)
{
	bool gone = xb_evtchn_peer_is_gone(e);

	if (gone == e->gone)
		return;
	e->gone = gone;
	WRITE_ONCE(e->events->slots[e->slot].flags,
		   gone ? XENBATCH_EVENT_PEER_GONE : 0);
	if (!gone)
		return;
	spin_lock_irq(&e->events->ring_lock);
	xb_event_push(e);
	spin_unlock_irq(&e->events->ring_lock);
}

static void xb_evtchn_check(struct work_struct *work)
{
	struct xb_events *ev = container_of(to_delayed_work(work),
					    struct xb_events, check);
	struct xb_evtchn *e;

	mutex_lock(&ev->lock);
	list_for_each_entry(e, &ev->ports, node) {
		if (e->type != XENBATCH_EVTCHN_VIRQ)
			xb_evtchn_check_peer(e);
		cond_resched();
	}
	if (ev->nr_peers)
		schedule_delayed_work(&ev->check, XB_CHECK_PERIOD);
	mutex_unlock(&ev->lock);
}

/*
 * A free slot. One whose port is closed may still have an entry in the ring: it
 * is free when the user has taken that.
 */
static int xb_slot_get(struct xb_events *ev)
{
	u32 nr = ev->mask + 1, tried, slot = ev->next_slot;

	for (tried = 0; tried < nr; tried++, slot++) {
		slot &= ev->mask;
		if (test_bit(slot, ev->used) ||
		    READ_ONCE(ev->slots[slot].pending))
			continue;
		__set_bit(slot, ev->used);
		ev->next_slot = slot + 1;
		return slot;
	}
	return -ENOSPC;
}

/* What INTERDOMAIN's EINVAL means: somebody has that port already? */
static int xb_evtchn_why(domid_t domid, evtchn_port_t port)
{
	struct evtchn_status status;

	if (!xb_evtchn_status(domid, port, &status) &&
	    status.status != EVTCHNSTAT_unbound &&
	    status.status != EVTCHNSTAT_closed)
		return -EBUSY;
	return -EINVAL;
}

/* A port of Xen's, as asked for. */
static int xb_port_open(u32 type, domid_t domid, u32 remote,
			evtchn_port_t *port)
{
	struct evtchn_alloc_unbound unbound = {
		.dom = DOMID_SELF,
		.remote_dom = domid,
	};
	struct evtchn_bind_interdomain interdomain = {
		.remote_dom = domid,
		.remote_port = remote,
	};
	struct evtchn_bind_virq virq = {
		.virq = remote,
		.vcpu = xen_vcpu_nr(0),
	};
	int err;

	switch (type) {
	case XENBATCH_EVTCHN_UNBOUND:
		if (remote)
			return -EINVAL;
		err = HYPERVISOR_event_channel_op(EVTCHNOP_alloc_unbound,
						  &unbound);
		*port = unbound.port;
		return err;
	case XENBATCH_EVTCHN_INTERDOMAIN:
		err = HYPERVISOR_event_channel_op(EVTCHNOP_bind_interdomain,
						  &interdomain);
		*port = interdomain.local_port;
		return err == -EINVAL ? xb_evtchn_why(domid, remote) : err;
	case XENBATCH_EVTCHN_VIRQ:
		if (domid)
			return -EINVAL;
		err = HYPERVISOR_event_channel_op(EVTCHNOP_bind_virq, &virq);
		*port = virq.port;
		return err;
	case XENBATCH_EVTCHN_STATIC:
		return -EOPNOTSUPP;
	default:
		return -EINVAL;
	}
}

static void xb_port_close(evtchn_port_t port)
{
	struct evtchn_close close = { .port = port };

	/* If it was closed with its interrupt, this finds nothing. */
	HYPERVISOR_event_channel_op(EVTCHNOP_close, &close);
}

/* Room for the port in the table. */
static int xb_port_room(struct xb_events *ev, evtchn_port_t port)
{
	struct xb_evtchn ***leaf;

	if (port >= EVTCHN_FIFO_NR_CHANNELS)
		return -ENOSPC;
	leaf = &ev->leaves[port >> XB_PORT_SHIFT];
	if (!*leaf)
		*leaf = kcalloc(XB_PORT_LEAF, sizeof(**leaf),
				GFP_KERNEL_ACCOUNT);
	return *leaf ? 0 : -ENOMEM;
}

static void xb_evtchn_enter(struct xb_evtchn *e, struct xb_evtchn *what)
{
	e->events->leaves[e->port >> XB_PORT_SHIFT][e->port % XB_PORT_LEAF] =
		what;
}

static int xb_evtchn_irq(struct xb_evtchn *e)
{
	const char *name = e->events->name;
	int irq, err;

	irq = bind_evtchn_to_irqhandler(e->port, xb_evtchn_interrupt, 0, name,
					e);
	if (irq < 0)
		return irq;
	e->irq = irq;
	/* So that others may hold on to it: GRANT_NOTIFY, gntdev. */
	err = xb_evtchn_make_refcounted(e->port);
	if (err)
		unbind_from_irqhandler(irq, e);
	return err;
}

/* The port, or a negative errno. */
long xb_evtchn_bind(struct xb_events *ev, u32 type, u32 remote, u16 flags,
		    domid_t domid)
{
	struct xenbatch_event_slot *slot;
	struct xb_evtchn *e;
	int err, nr;

	nr = xb_slot_get(ev);
	if (nr < 0)
		return nr;
	err = -ENOMEM;
	e = kzalloc(sizeof(*e), GFP_KERNEL_ACCOUNT);
	if (!e)
		goto err_slot;
	err = xb_port_open(type, domid, remote, &e->port);
	if (err)
		goto err_free;
	err = xb_port_room(ev, e->port);
	if (err)
		goto err_close;

	e->events = ev;
	e->slot = nr;
	e->type = type;
	e->domid = domid;
	e->kernel_ack = flags & XENBATCH_OPF_KERNEL_ACK;
	e->connected = type == XENBATCH_EVTCHN_INTERDOMAIN;
	e->here = type != XENBATCH_EVTCHN_VIRQ && xb_domain_is_this(domid) &&
		  xb_upcall_works();
	slot = &ev->slots[nr];
	WRITE_ONCE(slot->count, 0);
	WRITE_ONCE(slot->flags, 0);
	WRITE_ONCE(slot->port, e->port);
	err = xb_evtchn_irq(e);
	if (err)
		goto err_port;

	xb_evtchn_enter(e, e);
	list_add_tail(&e->node, &ev->ports);
	if (type != XENBATCH_EVTCHN_VIRQ && !ev->nr_peers++)
		schedule_delayed_work(&ev->check, XB_CHECK_PERIOD);
	return e->port;

err_port:
	WRITE_ONCE(slot->port, 0);
err_close:
	xb_port_close(e->port);
err_free:
	kfree(e);
err_slot:
	__clear_bit(nr, ev->used);
	return err;
}

void xb_evtchn_unbind(struct xb_evtchn *e)
{
	struct xb_events *ev = e->events;

	disable_irq(e->irq);
	unbind_from_irqhandler(e->irq, e);
	/* An entry that is still in the ring belongs to nobody now. */
	WRITE_ONCE(ev->slots[e->slot].port, 0);
	__clear_bit(e->slot, ev->used);
	xb_evtchn_enter(e, NULL);
	list_del(&e->node);
	if (e->type != XENBATCH_EVTCHN_VIRQ)
		ev->nr_peers--;
	kfree(e);
}

int xb_evtchn_affinity(struct xb_evtchn *e, u32 cpu)
{
	int err;

	if (cpu >= nr_cpu_ids || !cpu_online(cpu))
		return -EINVAL;
	err = irq_set_affinity(e->irq, cpumask_of(cpu));
	/* irqchips say -1 */
	return err == -1 ? -EIO : err;
}

void xb_evtchn_init(struct xb_events *ev)
{
	mutex_init(&ev->lock);
	INIT_LIST_HEAD(&ev->ports);
	INIT_DELAYED_WORK(&ev->check, xb_evtchn_check);
}

void xb_evtchn_end(struct xb_events *ev)
{
	struct xb_evtchn *e, *next;
	unsigned int i;

	mutex_lock(&ev->lock);
	list_for_each_entry_safe(e, next, &ev->ports, node) {
		xb_evtchn_unbind(e);
		cond_resched();
	}
	mutex_unlock(&ev->lock);
	cancel_delayed_work_sync(&ev->check);
	for (i = 0; i < XB_PORT_LEAVES; i++)
		kfree(ev->leaves[i]);
	mutex_destroy(&ev->lock);
}
