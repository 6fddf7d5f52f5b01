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
	void *foreign;		/* windows; NULL: not in this dom0 */
	void *grants;
	unsigned int nr;	/* operations laid out */
	unsigned int weight;	/* ... and what pages they have */
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
 * n frames of domid to the same n slots of the window that they always come to,
 * or, where frames is NULL, the slots emptied; n grants of domain 0 mapped and
 * unmapped; len bytes of each of n grants copied, to as many pages. n is 1024
 * at most, and FLOOR_GRANTS. Lists must live until floor_measure.
 */
#define FLOOR_GRANTS 128
void floor_foreign(struct floor *f, uint32_t domid, unsigned int n,
		   const uint64_t *frames);
void floor_grants(struct floor *f, unsigned int n, const uint32_t *refs);
void floor_copy(struct floor *f, unsigned int n, const uint32_t *refs,
		uint16_t len);

/* n events sent, come and acknowledged: 32 at most. */
void floor_events(struct floor *f, unsigned int n);

/*
 * Cost of all that was laid out, run once: two or more in multicalls. NAN if
 * the kernel would not do it, or one of the hypercalls failed.
 */
double floor_measure(struct floor *f);

#endif /* BENCH_FLOOR_H */
