/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The kinds that the table in rows.c is made of. */
#ifndef BENCH_KINDS_H
#define BENCH_KINDS_H

#include <errno.h>

#include "rows.h"

/* calls.c: n calls of one function, in a loop or a batch */
extern const struct kind kind_version;
extern const struct kind kind_vcpu;
extern const struct kind kind_domain;
extern const struct kind kind_list;
extern const struct kind kind_list_full;
extern const struct kind kind_physinfo;
extern const struct kind kind_open_close;

/* sweep.c */
extern const struct kind kind_sweep;

unsigned int calls_one(unsigned int n);	/* 1 whatever n */

/*
 * xc_vcpu_getinfo copies a structure with holes, which stock leaves as its
 * stack was: clear them.
 */
void settle_vcpu(xc_vcpuinfo_t *info);

/* Note one immediate call's answer, right after it, as a deferred one's. */
static inline void note(struct xc_batch_result *r, long ret)
{
	r->ret = ret;
	r->err = ret < 0 ? errno : 0;
}

#endif /* BENCH_KINDS_H */
