/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What guest.S and window_guest.c agree upon. */
#ifndef GUEST_H
#define GUEST_H

#define START_INFO_mfn_list	104
#define GUEST_MAGIC		0x67726e74
#define GUEST_REF		8
#define GUEST_PAGES		16
#define GUEST_READONLY		12	/* from this page on */
/* Bytes in a page */
#define GUEST_COUNTER		16
#define GUEST_TAG		32
#define GUEST_FRAMES		64

#endif /* GUEST_H */
