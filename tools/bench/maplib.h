/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The stable libraries: the distribution's libxenforeignmemory, libxengnttab,
 * libxenevtchn, libxencall and libxendevicemodel, our drop-ins for them, and our
 * native library. Drop-ins and originals are called through the same table, as
 * in libxc.h.
 */
#ifndef BENCH_MAPLIB_H
#define BENCH_MAPLIB_H

#include <stdbool.h>
#include <xenctrl.h>	/* first: it says that this is a tool */
#include <xencall.h>
#include <xendevicemodel.h>
#include <xenevtchn.h>
#include <xenforeignmemory.h>
#include <xengnttab.h>

#include "xenbatch.h"

#define MAPLIB_FOREIGN_CALLS(X)		\
	X(xenforeignmemory_open)	\
	X(xenforeignmemory_close)	\
	X(xenforeignmemory_map)		\
	X(xenforeignmemory_unmap)

#define MAPLIB_GRANT_CALLS(X)		\
	X(xengnttab_open)		\
	X(xengnttab_close)		\
	X(xengnttab_map_grant_ref)	\
	X(xengnttab_map_domain_grant_refs) \
	X(xengnttab_unmap)		\
	X(xengnttab_grant_copy)		\
	X(xengntshr_open)		\
	X(xengntshr_close)		\
	X(xengntshr_share_pages)	\
	X(xengntshr_unshare)

#define MAPLIB_EVENT_CALLS(X)		\
	X(xenevtchn_open)		\
	X(xenevtchn_close)		\
	X(xenevtchn_fd)			\
	X(xenevtchn_bind_unbound_port)	\
	X(xenevtchn_bind_interdomain)	\
	X(xenevtchn_notify)		\
	X(xenevtchn_pending)		\
	X(xenevtchn_unmask)

#define MAPLIB_CALL_CALLS(X)		\
	X(xencall_open)			\
	X(xencall_close)		\
	X(xencall2)			\
	X(xencall_alloc_buffer)		\
	X(xencall_free_buffer)

#define MAPLIB_DEVICE_CALLS(X)		\
	X(xendevicemodel_open)		\
	X(xendevicemodel_close)		\
	X(xendevicemodel_set_isa_irq_level)

struct maplib {
	void *foreign;		/* libraries; NULL: not loaded */
	void *grants;
	void *events;
	void *calls;
	void *devices;
	bool native;		/* connect to libxenbatch as well */
	/* maplib_connect() */
	xenforeignmemory_handle *fmem;
	xengnttab_handle *xgt;
	xenbatch *xb;
#define X(call) __typeof__(call) *call;
	MAPLIB_FOREIGN_CALLS(X)
	MAPLIB_GRANT_CALLS(X)
	MAPLIB_EVENT_CALLS(X)
	MAPLIB_CALL_CALLS(X)
	MAPLIB_DEVICE_CALLS(X)
#undef X
};

/*
 * Load the libraries from the folder in which file lies. other, if not NULL,
 * must be other files. False after one line.
 */
bool maplib_load(struct maplib *maps, const char *file,
		 const struct maplib *other);
void maplib_unload(struct maplib *maps);

/* Open all that was loaded, and close it. False after one line. */
bool maplib_connect(struct maplib *maps);
void maplib_disconnect(struct maplib *maps);
/* What a parent opened is not for this process. */
void maplib_forget(struct maplib *maps);

#endif /* BENCH_MAPLIB_H */
