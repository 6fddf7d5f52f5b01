/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the libraries of this folder have in common: visible functions, and
 * libxentoolcore's list of handles that xentoolcore_restrict_all() visits. Its
 * header is not packaged; structure and functions are as in Xen 4.7 to 4.22
 * (tools/include/xentoolcore_internal.h). Stock's libraries put theirs there
 * too, so it is in the one libxentoolcore.so.1 that a program has, stock's or
 * ours (toolcore.c): a second list would hide handles from it.
 */
#ifndef STABLE_ACTIVE_H
#define STABLE_ACTIVE_H

#include <stddef.h>
#include <stdint.h>

#define API		__attribute__((visibility("default")))
#define likely(x)	__builtin_expect(!!(x), 1)
#define unlikely(x)	__builtin_expect(!!(x), 0)

#define PAGE_SHIFT	12
#define PAGE_BYTES	((size_t)1 << PAGE_SHIFT)

typedef struct Xentoolcore__Active_Handle Xentoolcore__Active_Handle;
struct Xentoolcore__Active_Handle {
	int (*restrict_callback)(Xentoolcore__Active_Handle *handle,
				 uint16_t domid);
	struct {
		Xentoolcore__Active_Handle *le_next;
		Xentoolcore__Active_Handle **le_prev;
	} entry;
};
void xentoolcore__register_active_handle(Xentoolcore__Active_Handle *handle);
void xentoolcore__deregister_active_handle(Xentoolcore__Active_Handle *handle);
int xentoolcore__restrict_by_dup2_null(int fd);

#endif /* STABLE_ACTIVE_H */
