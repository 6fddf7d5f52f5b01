/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What is behind an xc_interface, and how it complains.
 *
 * The first 1112 bytes are stock libxenctrl's: libxenguest was compiled with
 * that layout in it, reads and writes these fields directly (the loggers, the
 * progress text, and the xencall and foreign-memory handles), and has them at
 * the same offsets in 4.14, 4.17 and 4.20. Ours comes after that.
 */
#ifndef XC_HANDLE_H
#define XC_HANDLE_H

#include <errno.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <xenctrl.h>
#include <xencall.h>
#include <xendevicemodel.h>
#include <xenforeignmemory.h>
#include <xentoolcore.h>
#include <xentoollog.h>

#include "xenbatch.h"
#include "lane.h"
#include "xenbatch_xc.h"

#define XC_API		__attribute__((visibility("default")))
#define likely(x)	__builtin_expect(!!(x), 1)
#define unlikely(x)	__builtin_expect(!!(x), 0)

/*
 * libxentoolcore's list of handles that xentoolcore_restrict_all() visits. Its
 * header is not in libxen-dev; structure and functions are as in 4.7 to 4.22
 * (tools/include/xentoolcore_internal.h).
 */
struct xc_active {
	int (*restrict_callback)(struct xc_active *active, domid_t domid);
	struct {
		struct xc_active *next;
		struct xc_active **pprev;
	} entry;
};
void xentoolcore__register_active_handle(struct xc_active *active);
void xentoolcore__deregister_active_handle(struct xc_active *active);
int xentoolcore__restrict_by_dup2_null(int fd);

struct xe_batch;

struct xc_interface_core {
	int flags;
	xentoollog_logger *error_handler, *error_handler_tofree;
	xentoollog_logger *dombuild_logger, *dombuild_logger_tofree;
	struct xc_error last_error;
	FILE *dombuild_logger_file;
	const char *currently_progress_reporting;
	xencall_handle *xcall;			/* NULL until asked for */
	xenforeignmemory_handle *fmem;		/* likewise */
	xendevicemodel_handle *dmod;		/* likewise */

	/* ours */
	xenbatch *xb;
	struct xe_batch *spare;		/* a batch's memory, kept for the next */
	pthread_mutex_t lock;		/* held to open one of the three */
	struct xc_active active;
	int restricted_to;		/* a domid, or -1; never locked */
};

_Static_assert(offsetof(struct xc_interface_core, error_handler) == 8, "");
_Static_assert(offsetof(struct xc_interface_core, dombuild_logger) == 24, "");
_Static_assert(offsetof(struct xc_interface_core, last_error) == 40, "");
_Static_assert(sizeof(struct xc_error) == 1028, "");
_Static_assert(offsetof(struct xc_interface_core, dombuild_logger_file) == 1072,
	       "");
_Static_assert(offsetof(struct xc_interface_core,
			currently_progress_reporting) == 1080, "");
_Static_assert(offsetof(struct xc_interface_core, xcall) == 1088, "");
_Static_assert(offsetof(struct xc_interface_core, fmem) == 1096, "");
_Static_assert(offsetof(struct xc_interface_core, dmod) == 1104, "");
_Static_assert(offsetof(struct xc_interface_core, xb) == 1112, "");

/* Exported by stock libxenctrl, without a header; libxenguest calls them. */
void xc_report_error(xc_interface *xch, int code, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
void xc_reportv(xc_interface *xch, xentoollog_logger *lg,
		xentoollog_level level, int code, const char *fmt, va_list args)
	__attribute__((format(printf, 5, 0)));
void xc_report(xc_interface *xch, xentoollog_logger *lg, xentoollog_level level,
	       int code, const char *fmt, ...)
	__attribute__((format(printf, 5, 6)));
const char *xc_set_progress_prefix(xc_interface *xch, const char *doing);
void xc_report_progress_single(xc_interface *xch, const char *doing);
void xc_report_progress_step(xc_interface *xch, unsigned long done,
			     unsigned long total);
int xc__hypercall_bounce_pre(xc_interface *xch, xc_hypercall_buffer_t *bounce);
void xc__hypercall_bounce_post(xc_interface *xch,
			       xc_hypercall_buffer_t *bounce);

/* The two tones of stock's messages. errno is as it was afterwards. */
#define xc_err(xch, fmt, ...) \
	xc_report_error(xch, XC_INTERNAL_ERROR, fmt, ##__VA_ARGS__)
#define xc_perr(xch, fmt, ...) \
	xc_report_error(xch, XC_INTERNAL_ERROR, fmt " (%d = %s)", \
			##__VA_ARGS__, errno, xc_strerror(xch, errno))
#define xc_detail(xch, fmt, ...) \
	xc_report(xch, (xch)->error_handler, XTL_DETAIL, 0, fmt, ##__VA_ARGS__)


#endif /* XC_HANDLE_H */
