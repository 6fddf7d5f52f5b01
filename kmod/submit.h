/* SPDX-License-Identifier: GPL-2.0 */
#ifndef XB_SUBMIT_H
#define XB_SUBMIT_H

#include <linux/compiler_types.h>

struct xb_context;

/*
 * Operations of a stretch at most, and so between two looks at signals: some
 * 150,000 instructions of Xen's for typical calls. A multicall costs 270 by
 * itself, so that beyond this there is nothing left to gain.
 */
#define XB_CHUNK 256U

long xb_submit(struct xb_context *ctx, void __user *arg);

#endif /* XB_SUBMIT_H */
