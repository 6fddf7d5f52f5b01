/* SPDX-License-Identifier: GPL-2.0 */
#ifndef XB_SUBMIT_H
#define XB_SUBMIT_H

#include <linux/compiler_types.h>

struct xb_context;

/* Operations of a stretch at most, and so between two looks at signals. */
#define XB_CHUNK (PAGE_SIZE / sizeof(struct multicall_entry))

long xb_submit(struct xb_context *ctx, void __user *arg);

#endif /* XB_SUBMIT_H */
