/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The floor: the same hypercalls looped inside the kernel, which the bench
 * build of the module does (kmod/bench.h). Operations and buffers are laid out
 * here, by hand on the module's own regions: nothing of our libraries.
 */
#ifndef BENCH_FLOOR_H
#define BENCH_FLOOR_H

#include <stdbool.h>
#include <stddef.h>
#include <xenctrl.h>

#include "uapi/xenbatch.h"

struct floor {
	int fd;			/* -1: there is none to measure */
	struct xenbatch_info info;
	struct xenbatch_op *ops;
	char *arena;
	unsigned int nr;	/* operations laid out */
	size_t used;		/* bytes of arena */
};

/* False, and fd -1, if the module is absent or not a bench build. */
bool floor_open(struct floor *f);
void floor_close(struct floor *f);

/* Begin anew: no operations, the arena empty. */
void floor_reset(struct floor *f);

/* Memory that Xen may touch; zeroed, never NULL: the rows fit by design. */
void *floor_alloc(struct floor *f, size_t size);

/* Append one hypercall. */
void floor_version(struct floor *f, unsigned int cmd);
struct xen_domctl *floor_domctl(struct floor *f, uint32_t cmd, uint32_t domid);
struct xen_sysctl *floor_sysctl(struct floor *f, uint32_t cmd);

/*
 * Cost of all that was laid out, run once: two or more in multicalls. NAN if
 * the kernel would not do it, or one of the hypercalls failed.
 */
double floor_measure(struct floor *f);

#endif /* BENCH_FLOOR_H */
