// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Handles. Opening is opening libxenbatch's, and nothing else: stock opens
 * six descriptors, of which a program that asks for domains and vcpus uses
 * one. The stock libraries' handles are opened when somebody asks for them.
 *
 * libxenguest does not ask, it reads the fields of two: where it is loaded they
 * are opened early. A program that loads it after it opened its handle has to
 * ask for them (xc_interface_xcall_handle, xc_interface_fmem_handle) before it
 * uses both together.
 */
#include <link.h>
#include <stdlib.h>

#include "engine.h"

static struct xc_interface_core *of_active(struct xc_active *active)
{
	return (void *)((char *)active -
			offsetof(struct xc_interface_core, active));
}

/*
 * xentoolcore_restrict_all(). All that is open is restricted by its own
 * library; what is opened later must not be wider (open_late). No lock: the
 * caller holds libxentoolcore's, which open_late needs inside of ours.
 */
static int restrict_cb(struct xc_active *active, domid_t domid)
{
	__atomic_store_n(&of_active(active)->restricted_to, domid,
			 __ATOMIC_SEQ_CST);
	return 0;
}

static xentoollog_logger *stderr_logger(void)
{
	return (xentoollog_logger *)
		xtl_createlogger_stdiostream(stderr, XTL_PROGRESS, 0);
}

static int open_connection(xc_interface *xch)
{
	xch->restricted_to = -1;
	xch->active.restrict_callback = restrict_cb;
	xentoolcore__register_active_handle(&xch->active);
	xch->xb = xenbatch_open(0);
	if (xch->xb)
		return 0;
	/* In libxencall's name: that is where stock's message comes from. */
	xtl_log(xch->error_handler, XTL_ERROR, errno, "xencall",
		"Could not obtain handle on privileged command interface");
	xentoolcore__deregister_active_handle(&xch->active);
	return -1;
}

/*
 * So many libraries had been loaded, ever, when libxenguest was not among them.
 * Nothing was loaded since: nothing to be looked for.
 */
static unsigned long long without_libxenguest;

enum { LOOK_ON, FOUND, KNOWN };

static int is_libxenguest(struct dl_phdr_info *info, size_t size, void *adds)
{
	(void)size;
	if (info->dlpi_adds == __atomic_load_n(&without_libxenguest,
					       __ATOMIC_RELAXED))
		return KNOWN;
	*(unsigned long long *)adds = info->dlpi_adds;
	return strstr(info->dlpi_name, "libxenguest.so") ? FOUND : LOOK_ON;
}

static bool has_libxenguest(void)
{
	unsigned long long adds = 0;
	int found = dl_iterate_phdr(is_libxenguest, &adds);

	if (found == LOOK_ON)
		__atomic_store_n(&without_libxenguest, adds, __ATOMIC_RELAXED);
	return found == FOUND;
}

static int open_fields(xc_interface *xch)
{
	return xc_interface_xcall_handle(xch) && xc_interface_fmem_handle(xch) ?
	       0 : -1;
}

XC_API xc_interface *xc_interface_open(xentoollog_logger *logger,
				       xentoollog_logger *dombuild_logger,
				       unsigned int open_flags)
{
	xc_interface *xch = calloc(1, sizeof(*xch));
	int err;

	if (!xch)
		return NULL;
	xch->flags = open_flags;
	xch->dombuild_logger = dombuild_logger;
	xch->error_handler = logger;
	if (!logger) {
		xch->error_handler_tofree = stderr_logger();
		xch->error_handler = xch->error_handler_tofree;
		if (!xch->error_handler)
			goto err_free;
	}
	pthread_mutex_init(&xch->lock, NULL);
	if (open_flags & XC_OPENFLAG_DUMMY)
		return xch;
	if (open_connection(xch))
		goto err_logger;
	if (has_libxenguest() && open_fields(xch))
		goto err_close;
	return xch;

err_close:
	err = errno;
	xc_interface_close(xch);
	errno = err;
	return NULL;
err_logger:
	err = errno;
	xtl_logger_destroy(xch->error_handler_tofree);
	errno = err;
err_free:
	free(xch);
	return NULL;
}

XC_API int xc_interface_close(xc_interface *xch)
{
	int rc = 0;

	if (!xch)
		return 0;
	xe_batch_close(xch);
	if (xch->xb) {
		xentoolcore__deregister_active_handle(&xch->active);
		rc = xenbatch_close(xch->xb);
	}
	if (xencall_close(xch->xcall)) {
		xc_perr(xch, "Could not close xencall interface");
		rc = -1;
	}
	if (xenforeignmemory_close(xch->fmem)) {
		xc_perr(xch, "Could not close foreign memory interface");
		rc = -1;
	}
	if (xendevicemodel_close(xch->dmod)) {
		xc_perr(xch, "Could not close device model interface");
		rc = -1;
	}
	xtl_logger_destroy(xch->dombuild_logger_tofree);
	xtl_logger_destroy(xch->error_handler_tofree);
	pthread_mutex_destroy(&xch->lock);
	free(xch);
	return rc;
}

/*
 * The stock libraries' handles
 */

struct late {
	void *(*open)(xc_interface *xch);
	int (*restrict_to)(void *handle, domid_t domid);
	void (*close)(void *handle);
};

static void *xcall_open(xc_interface *xch)
{
	bool alone = xch->flags & XC_OPENFLAG_NON_REENTRANT;

	return xencall_open(xch->error_handler,
			    alone ? XENCALL_OPENFLAG_NON_REENTRANT : 0);
}

static int xcall_restrict(void *handle, domid_t domid)
{
	/* As stock's own restriction: it can do nothing any more. */
	(void)domid;
	return xentoolcore__restrict_by_dup2_null(xencall_fd(handle));
}

static void xcall_close(void *handle)
{
	xencall_close(handle);
}

static void *fmem_open(xc_interface *xch)
{
	return xenforeignmemory_open(xch->error_handler, 0);
}

static int fmem_restrict(void *handle, domid_t domid)
{
	return xenforeignmemory_restrict(handle, domid);
}

static void fmem_close(void *handle)
{
	xenforeignmemory_close(handle);
}

static void *dmod_open(xc_interface *xch)
{
	return xendevicemodel_open(xch->error_handler, 0);
}

static int dmod_restrict(void *handle, domid_t domid)
{
	return xendevicemodel_restrict(handle, domid);
}

static void dmod_close(void *handle)
{
	xendevicemodel_close(handle);
}

static const struct late late_xcall = {
	xcall_open, xcall_restrict, xcall_close
};
static const struct late late_fmem = {
	fmem_open, fmem_restrict, fmem_close
};
static const struct late late_dmod = {
	dmod_open, dmod_restrict, dmod_close
};

/* If all was restricted before its library knew of it, it is restricted here. */
static void *open_restricted(xc_interface *xch, const struct late *late)
{
	void *handle = late->open(xch);
	int domid, err;

	domid = __atomic_load_n(&xch->restricted_to, __ATOMIC_SEQ_CST);
	if (!handle || domid < 0 || !late->restrict_to(handle, domid))
		return handle;
	err = errno;
	late->close(handle);
	errno = err;
	return NULL;
}

/* The handle in *slot, opened if nobody did before. */
static void *open_late(xc_interface *xch, void *slot, const struct late *late)
{
	void **p = slot;
	void *handle = __atomic_load_n(p, __ATOMIC_ACQUIRE);

	if (handle || xch->flags & XC_OPENFLAG_DUMMY)
		return handle;
	pthread_mutex_lock(&xch->lock);
	if (!*p)
		__atomic_store_n(p, open_restricted(xch, late),
				 __ATOMIC_RELEASE);
	handle = *p;
	pthread_mutex_unlock(&xch->lock);
	return handle;
}

XC_API xencall_handle *xc_interface_xcall_handle(xc_interface *xch)
{
	return open_late(xch, &xch->xcall, &late_xcall);
}

XC_API struct xenforeignmemory_handle *
xc_interface_fmem_handle(xc_interface *xch)
{
	return open_late(xch, &xch->fmem, &late_fmem);
}

XC_API struct xendevicemodel_handle *
xc_interface_dmod_handle(xc_interface *xch)
{
	return open_late(xch, &xch->dmod, &late_dmod);
}
