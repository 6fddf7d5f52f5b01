// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Device-model operations by the module: the hypercall itself, in memory that
 * is always present, where privcmd pins the client's pages each time.
 *
 * Only those of one buffer, which is all that a device model does by the
 * thousand, and never for a handle that is restricted: to the module they are raw
 * hypercalls.
 */
#include <errno.h>

#include "devicemodel.h"

/* Opening costs as much as some seven operations save: from the 32nd on. */
#define EACH_COUNTS	8
#define WORTH		(32 * EACH_COUNTS)

const struct fast_kind dm_fast_kind = {
	.opcodes = 1ULL << XENBATCH_OP_HYPERCALL,
	.worth = WORTH,
	.memory = true,
};

struct room {
	struct xen_dm_op op;
	struct xen_dm_op_buf buf;
};

_Static_assert(sizeof(struct room) <= FAST_PIECE, "it fits the piece");

bool dm_fast_run(struct fast *f, domid_t domid, struct xen_dm_op *op, int *ret)
{
	struct xenbatch_op call = {
		.opcode = XENBATCH_OP_HYPERCALL,
		.number = __HYPERVISOR_dm_op,
		.arg = { domid, 1 },
	};
	struct room *room;
	int64_t result;
	unsigned int n;

	if (!fast_ready(f, 1))
		return false;
	n = fast_take(f);
	room = (void *)(f->memory + n * FAST_PIECE);
	room->op = *op;
	set_xen_guest_handle_raw(room->buf.h, &room->op);
	room->buf.size = sizeof(room->op);
	call.arg[2] = (uintptr_t)&room->buf;
	result = fast_run_at(f, n, &call);
	*op = room->op;
	fast_put(f, n);
	if (unlikely(result == FAST_BROKEN))
		return false;
	*ret = 0;
	if (result < 0) {
		errno = -result;
		*ret = -1;
	}
	return true;
}
