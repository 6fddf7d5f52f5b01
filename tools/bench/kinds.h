/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The kinds that the table in rows.c is made of. */
#ifndef BENCH_KINDS_H
#define BENCH_KINDS_H

#include <errno.h>

#include "rows.h"

/* calls.c: n calls of one function, in a loop or a batch */
extern const struct kind kind_version;
extern const struct kind kind_vcpu;
extern const struct kind kind_domain;
extern const struct kind kind_list;
extern const struct kind kind_list_full;
extern const struct kind kind_physinfo;
extern const struct kind kind_open_close;

/* sweep.c */
extern const struct kind kind_sweep;

/* foreign.c */
extern const struct kind kind_foreign;
extern const struct kind kind_foreign_dropin;
extern const struct kind kind_foreign_munmap;
extern const struct kind kind_replace;

/* scatter.c */
extern const struct kind kind_read8;
extern const struct kind kind_read8_batches;
extern const struct kind kind_read_cached;

/* grants.c */
extern const struct kind kind_grants;
extern const struct kind kind_grants_dio;
extern const struct kind kind_grants_dropin;
extern const struct kind kind_copy_arena;
extern const struct kind kind_copy_plain;
extern const struct kind kind_copy_arena_each;
extern const struct kind kind_copy_plain_each;
extern const struct kind kind_copy_arena_small;
extern const struct kind kind_copy_plain_small;

/* events.c */
extern const struct kind kind_events;
extern const struct kind kind_events_dropin;
extern const struct kind kind_events_tuned;
extern const struct kind kind_events_dropin_tuned;
extern const struct kind kind_events_server;
extern const struct kind kind_events_unmask;

/*
 * An end of dom0's channel to itself, in one of the two libraries (xb is NULL or
 * xce is): of the port remote, or one that waits for its other end.
 */
int port_bind(const struct maplib *maps, xenevtchn_handle *xce, xenbatch *xb,
	      int remote);

/* dropins.c */
extern const struct kind kind_xencall;
extern const struct kind kind_xencall_buffer;
extern const struct kind kind_xencall_open;
extern const struct kind kind_dm_op;
extern const struct kind kind_dm_open;

/* wakeup.c */
extern const struct kind kind_wakeup;

/* program.c: not in the table, but made of "NAME=COMMAND"; NULL: it is not that */
struct row *program_row(const char *arg);
void program_row_free(const struct row *row);	/* any row: nothing if in the table */

unsigned int calls_one(unsigned int n);	/* 1 whatever n */
unsigned int calls_two(unsigned int n);
size_t words_size(unsigned int n);	/* n words of 64 bits */
size_t pages_size(unsigned int n);	/* n pages */

/*
 * xc_vcpu_getinfo copies a structure with holes, which stock leaves as its
 * stack was: clear them.
 */
void settle_vcpu(xc_vcpuinfo_t *info);

/* Note one immediate call's answer, right after it, as a deferred one's. */
static inline void note(struct xc_batch_result *r, long ret)
{
	r->ret = ret;
	r->err = ret < 0 ? errno : 0;
}

/* Which word of the i-th page is looked at, and what it is. */
static inline unsigned int word_at(unsigned int i)
{
	return i % (MEMORY_PAGE / sizeof(uint64_t));
}

static inline uint64_t word_of(const void *pages, unsigned int i)
{
	const volatile uint64_t *page = (const uint64_t *)
		((const char *)pages + (size_t)i * MEMORY_PAGE);

	return page[word_at(i)];
}

/* A word of each of n pages to the output, from its at-th word on. */
void look_at(struct side *side, const void *pages, unsigned int at,
	     unsigned int n);

/* Note where n pages came to, the first of two calls; is there a second? */
bool mapped(struct side *side, const void *p, unsigned int n);

#endif /* BENCH_KINDS_H */
