/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What client.c calls of the library that is watched. */
#ifndef FAKE_H
#define FAKE_H

#define FAKE_FAIL 0xfa11	/* a hypercall with this fails */

double fake_sum(int a, long b, double c, int d, int e, int f, long g, double h);
int fake_vsum(int nr, ...);
void fake_nothing(void);
void fake_hypercalls(void);
void fake_mappings(void);
void fake_batch(void);

#endif /* FAKE_H */
