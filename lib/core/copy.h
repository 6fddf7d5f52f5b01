/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Grant copies of a lane: the kernel's form of the caller's segments, in the
 * lane's scratch memory until the lane is put back.
 */
#ifndef XB_COPY_H
#define XB_COPY_H

#include "context.h"

struct xb_copies {
	struct xb_copies *next;
	struct xenbatch_copy_segment *segments;
	uint32_t n;
	uint32_t op;			/* its index in the lane */
	struct xenbatch_copy copy[];
};

/*
 * Queue one operation for 1 to pages_max segments: its index, or -1 with errno
 * (EINVAL a segment is malformed: nothing was queued).
 */
int xb_copies_queue(struct xb_lane *lane,
		    struct xenbatch_copy_segment *segments, size_t n,
		    unsigned int flags, uint32_t tag);

#endif /* XB_COPY_H */
