/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * libxencall: what a handle is.
 */
#ifndef STABLE_CALL_H
#define STABLE_CALL_H

#include <stdint.h>

#include <xencall.h>
#include <xentoollog.h>

#include "active.h"

#define CALL_PAGES	4	/* single pages that are kept */
#define CALL_RUNS	8	/* buffers of several pages that are kept, */
#define CALL_RUN_PAGES	64	/* ... and their pages, all together */

/*
 * Buffers that were given back, for the next who wants one. The counters are
 * what stock has: how it did is said at the end, to who listens.
 */
struct call_cache {
	uint32_t process;	/* in which all of it was mapped */
	unsigned int nr_pages, nr_runs, run_pages;
	void *page[CALL_PAGES];
	struct call_run {
		void *addr;
		unsigned int pages;
	} run[CALL_RUNS];	/* oldest first */
	int allocations, releases;
	int current, maximum;
	int hits, misses, toobig;
};

struct xencall_handle {
	xentoollog_logger *logger, *logger_tofree;
	unsigned int flags;
	int fd;			/* privcmd */
	int buf_fd;		/* memory for hypercalls; -1: no such device */
	Xentoolcore__Active_Handle active;
	struct call_cache cache;
};

#define call_complain(xcall, ...) \
	xtl_log((xcall)->logger, XTL_ERROR, errno, "xencall", __VA_ARGS__)

/* call_buffer.c. init: 0, or -1 with errno. release: all that is kept. */
int call_cache_init(xencall_handle *xcall);
void call_cache_release(xencall_handle *xcall);

#endif /* STABLE_CALL_H */
