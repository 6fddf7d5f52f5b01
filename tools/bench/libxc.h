/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Two libxenctrl in one process: the distribution's and ours. Both are opened
 * by path and called through the same table, so that nothing but the library
 * differs. The prototypes are those of Debian's xenctrl.h.
 */
#ifndef BENCH_LIBXC_H
#define BENCH_LIBXC_H

#include <stdbool.h>
#include <xenctrl.h>

#include "lib/xc/xenbatch_xc.h"
#include "maplib.h"

/* What the rows call. */
#define LIBXC_CALLS(X)		\
	X(xc_interface_open)	\
	X(xc_interface_close)	\
	X(xc_version)		\
	X(xc_vcpu_getinfo)	\
	X(xc_domain_getinfo)	\
	X(xc_domain_getinfolist)\
	X(xc_physinfo)		\
	X(xc_getcpuinfo)	\
	X(xc_domain_create)	\
	X(xc_domain_max_vcpus)	\
	X(xc_domain_destroy)

/* What the stock library alone is used for. NULL in ours. */
#define LIBXC_STOCK_CALLS(X)	\
	X(xc_domain_setmaxmem)	\
	X(xc_domain_populate_physmap_exact)

/* What ours has besides. NULL in the stock library. */
#define LIBXC_BATCH_CALLS(X)	\
	X(xc_batch_begin)	\
	X(xc_batch_commit)

struct libxc {
	const char *name;	/* "stock", "xenbatch" */
	char path[4096];	/* the file that was loaded */
	char call_path[4096];	/* ... and the libxencall that it uses */
	void *handle;
	xc_interface *xch;	/* libxc_connect() */
	struct maplib maps;	/* what goes with it; often not loaded */
#define X(call) __typeof__(call) *call;
	LIBXC_CALLS(X)
	LIBXC_STOCK_CALLS(X)
	LIBXC_BATCH_CALLS(X)
#undef X
};

/*
 * Load a library; file says which, NULL: look where it is installed, or lies
 * after a build. Ours is told from stock by xc_batch_begin. False after one
 * line that says what is missing.
 */
bool libxc_load_stock(struct libxc *lib, const char *file);
bool libxc_load_ours(struct libxc *lib, const char *file);
void libxc_unload(struct libxc *lib);

/* Open and close lib->xch, and lib->maps. False after one line. */
bool libxc_connect(struct libxc *lib);
void libxc_disconnect(struct libxc *lib);
/* What a parent opened is not for this process. */
void libxc_forget(struct libxc *lib);

#endif /* BENCH_LIBXC_H */
