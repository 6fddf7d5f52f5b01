/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Between fake_xen.c and fake_guest.c. */
#ifndef XB_FAKE_GUEST_H
#define XB_FAKE_GUEST_H

#include <stdint.h>

/* Which guest a domid is, by number; -1: there is no such domain. */
int xb_fake_guest_of(uint16_t domid);
void xb_fake_guest_reset(void);

#endif /* XB_FAKE_GUEST_H */
