/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The watcher: an auditor (rtld-audit(7)) that sees each name a program or a
 * library binds, and puts something that counts in between.
 *
 * It lives in a namespace of its own, with its own libc, under programs that know
 * nothing of it: so it takes no lock, allocates nothing, prints nothing, and when
 * it runs out of room counts less.
 */
#ifndef WATCH_H
#define WATCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "stats.h"

/* NULL: nobody wants to know. */
extern struct watch_stats *watch_stats;

/* rows.c: the row of that key, made if need be; NULL: no room. */
struct watch_row *watch_row_name(enum watch_kind kind, const char *name,
				 enum watch_library library);
struct watch_row *watch_row_number(enum watch_kind kind, uint64_t number);
void watch_lost(void);

static inline void watch_add(uint64_t *to, uint64_t n)
{
	__atomic_add_fetch(to, n, __ATOMIC_RELAXED);
}

/* audit.c: of the file at path; and what to bind name to in target's place. */
enum watch_library watch_library_of(const char *path);
uintptr_t watch_bound(const char *name, uintptr_t target,
		      enum watch_library from, enum watch_library to);

/* pointers.c: what was bound without asking, first and those behind it. */
struct link_map;
void watch_pointers(const struct link_map *first);

/* thunk.c: count in row, and go on to target. target itself: no room. */
uintptr_t watch_thunk(struct watch_row *row, uintptr_t target);

/*
 * calls.c: functions of libc that are looked at more closely than by their
 * number: what to call in target's place. target itself if it cannot be.
 */
uintptr_t watch_call(const char *name, uintptr_t target,
		     struct watch_row *row);

/* A request was made, and what came of it: decode.c. */
void watch_request(int fd, unsigned long request, const void *arg, long ret,
		   uint64_t ns);

/*
 * size bytes at `at`, which are there for sure if `works` is true; else they are
 * asked of the kernel, and false says that they are not.
 */
bool watch_peek(void *to, const void *at, size_t size, bool works);

/* hypercall.c */
void watch_hypercall(enum watch_path path, uint64_t number,
		     const uint64_t *args, long ret);
void watch_hypercall_op(enum watch_path path, uint64_t number, uint32_t op,
			long ret);

/* batch.c: the operations of contexts of the module. */
void watch_operations(int fd, unsigned int first, long done);
void watch_ops_mapped(int fd, uint64_t offset, size_t size, void *p);
void watch_closed(int fd);

/* mapped.c: frames that are mapped by the stock devices. */
void watch_mapped(uint64_t addr);
void watch_unmapped(uint64_t addr, size_t size);

#endif /* WATCH_H */
