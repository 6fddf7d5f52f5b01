/* SPDX-License-Identifier: GPL-2.0 */
/* The contract, and that this compiler lays it out as it says. */
#ifndef XB_UAPI_H
#define XB_UAPI_H

#include <asm/byteorder.h>
#include <linux/build_bug.h>
#include <linux/stddef.h>

#include <xenbatch.h>

/* Several fields are read at once: see ops.h. All of Xen's machines are. */
#ifndef __LITTLE_ENDIAN
#error "little-endian machines only"
#endif

static_assert(sizeof(struct xenbatch_op) == 64);
static_assert(offsetof(struct xenbatch_op, state) == 0);
static_assert(offsetof(struct xenbatch_op, opcode) == 4);
static_assert(offsetof(struct xenbatch_op, flags) == 6);
static_assert(offsetof(struct xenbatch_op, result) == 8);
static_assert(offsetof(struct xenbatch_op, tag) == 16);
static_assert(offsetof(struct xenbatch_op, number) == 20);
static_assert(offsetof(struct xenbatch_op, domid) == 22);
static_assert(offsetof(struct xenbatch_op, arg) == 24);
static_assert(sizeof(struct xenbatch_submit) == 32);
static_assert(sizeof(struct xenbatch_info) == 128);
static_assert(sizeof(struct xenbatch_restrict) == 32);
static_assert(sizeof(struct xenbatch_counter) == 128);

#endif /* XB_UAPI_H */
