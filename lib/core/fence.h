/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Fences: in a child, what the parent had mapped is not there, and the kernel
 * would give its addresses away again. A fence keeps everybody off them, so
 * that an address of the parent's is never taken for one of the child's.
 */
#ifndef XB_FENCE_H
#define XB_FENCE_H

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/mman.h>

#ifndef MAP_FIXED_NOREPLACE
#define MAP_FIXED_NOREPLACE 0x100000
#endif

/* False if something lies there already. */
static inline bool xb_fence(void *base, size_t size)
{
	int saved = errno;
	void *p;

	p = mmap(base, size, PROT_NONE,
		 MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE |
			 MAP_FIXED_NOREPLACE,
		 -1, 0);
	if (p != base && p != MAP_FAILED)
		munmap(p, size); /* before Linux 4.17: a hint */
	errno = saved;
	return p == base;
}

#endif /* XB_FENCE_H */
