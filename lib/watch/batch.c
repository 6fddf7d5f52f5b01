// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Operations of SUBMIT. They lie in memory that the library shares with the
 * module, so where each context's pieces are is remembered when they are mapped.
 * They belong to who submits until that returns, and are read before that.
 */
#include "uapi/xenbatch.h"
#include "watch.h"

#define NR_PIECES	256

struct piece {
	uint32_t fd1;		/* descriptor + 1; 0: free */
	uint32_t first;
	uint32_t nr;
	struct xenbatch_op *ops;
};

/* fd1 is what makes a piece known: written last, taken away first. */
static struct piece pieces[NR_PIECES];

static struct piece *piece_of(int fd, uint32_t index)
{
	for (int i = 0; i < NR_PIECES; i++) {
		struct piece *p = &pieces[i];

		if (__atomic_load_n(&p->fd1, __ATOMIC_ACQUIRE) ==
		    (uint32_t)fd + 1 && index - p->first < p->nr)
			return p;
	}
	return NULL;
}

void watch_ops_mapped(int fd, uint64_t offset, size_t size, void *p)
{
	uint64_t byte = offset - XENBATCH_MMAP_OFFSET(XENBATCH_REGION_OPS, 0);
	uint32_t first = byte / sizeof(struct xenbatch_op);
	struct piece *old;

	if (offset >> XENBATCH_REGION_SHIFT != XENBATCH_REGION_OPS)
		return;
	/* one of that number whose end was not seen */
	old = piece_of(fd, first);
	if (old)
		__atomic_store_n(&old->fd1, 0, __ATOMIC_RELEASE);
	for (int i = 0; i < NR_PIECES; i++) {
		struct piece *piece = &pieces[i];
		uint32_t none = 0;

		/* -1: being made; no descriptor is that */
		if (!__atomic_compare_exchange_n(&piece->fd1, &none, -1U, false,
						 __ATOMIC_ACQUIRE,
						 __ATOMIC_RELAXED))
			continue;
		piece->first = first;
		piece->nr = size / sizeof(struct xenbatch_op);
		piece->ops = p;
		__atomic_store_n(&piece->fd1, fd + 1, __ATOMIC_RELEASE);
		return;
	}
	watch_lost();
}

void watch_closed(int fd)
{
	for (int i = 0; i < NR_PIECES; i++) {
		uint32_t fd1 = fd + 1;

		__atomic_compare_exchange_n(&pieces[i].fd1, &fd1, 0, false,
					    __ATOMIC_RELEASE,
					    __ATOMIC_RELAXED);
	}
}

static uint64_t pages_of(const struct xenbatch_op *op)
{
	switch (op->opcode) {
	case XENBATCH_OP_FOREIGN_MAP:
	case XENBATCH_OP_GRANT_MAP:
	case XENBATCH_OP_RESOURCE_MAP:
		return op->map.count;
	case XENBATCH_OP_FOREIGN_UNMAP:
	case XENBATCH_OP_GRANT_UNMAP:
		return op->result > 0 ? op->result : 0;
	}
	return 0;
}

static void operation(const struct xenbatch_op *op)
{
	struct watch_row *row = watch_row_number(WATCH_OPERATION, op->opcode);

	if (op->opcode == XENBATCH_OP_HYPERCALL)
		watch_hypercall(WATCH_FAST, op->number, (uint64_t *)op->arg,
				op->result);
	if (!row)
		return;
	watch_add(&row->count, 1);
	watch_add(&row->pages, pages_of(op));
	if (op->result < 0)
		watch_add(&row->failed, 1);
}

void watch_operations(int fd, unsigned int first, long done)
{
	struct piece *piece = NULL;

	for (uint32_t i = first; i < first + done; i++) {
		if (!piece || i - piece->first >= piece->nr)
			piece = piece_of(fd, i);
		if (!piece) {
			watch_lost();
			return;
		}
		operation(&piece->ops[i - piece->first]);
	}
}
