/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * /dev/xen/evtchn over the simulated hypervisor's channels.
 */
#ifndef FAKE_EVTCHN_H
#define FAKE_EVTCHN_H

#include "fake.h"

long fake_evtchn_ioctl(struct xb_fake_events *ev, unsigned long request,
		       void *arg);
/* write(2): a port that is not of this file is passed over. */
void fake_evtchn_ack(struct xb_fake_events *ev, uint32_t port);

#endif /* FAKE_EVTCHN_H */
