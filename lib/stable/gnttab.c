// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * libxengnttab.so.1: the functions that programs call to map other domains'
 * grants and to copy. Contracts are in <xengnttab.h>; what is written here is
 * what stock 4.17 does besides. (DMA buffers: dmabuf.c. Sharing: gntshr.c.)
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "gnttab.h"
#include "log.h"

/* gntdev cannot be told which domain it is for: it is shut. */
static int restrict_cb(Xentoolcore__Active_Handle *active, uint16_t domid)
{
	xengnttab_handle *xgt = (void *)((char *)active -
					 offsetof(xengnttab_handle, active));

	int rc = xentoolcore__restrict_by_dup2_null(xgt->fd);

	(void)domid;
	return rc ? rc : fast_shut(&xgt->fast);
}

API xengnttab_handle *xengnttab_open(xentoollog_logger *logger,
				     unsigned int open_flags)
{
	xengnttab_handle *xgt = calloc(1, sizeof(*xgt));

	(void)open_flags;
	if (!xgt)
		return NULL;
	xgt->fd = -1;
	fast_init(&xgt->fast, &gnttab_fast_kind);
	xgt->active.restrict_callback = restrict_cb;
	xentoolcore__register_active_handle(&xgt->active);
	if (!log_open(&xgt->logger, &xgt->logger_tofree, logger))
		goto err_active;
	xgt->fd = open("/dev/xen/gntdev", O_RDWR | O_CLOEXEC);
	if (xgt->fd != -1)
		return xgt;

err_active:
	xentoolcore__deregister_active_handle(&xgt->active);
	fast_close(&xgt->fast);
	xtl_logger_destroy(xgt->logger_tofree);
	free(xgt);
	return NULL;
}

API int xengnttab_close(xengnttab_handle *xgt)
{
	int rc;

	if (!xgt)
		return 0;
	xentoolcore__deregister_active_handle(&xgt->active);
	fast_close(&xgt->fast);
	rc = close(xgt->fd);
	xtl_logger_destroy(xgt->logger_tofree);
	free(xgt);
	return rc;
}

/*
 * Who asks for the descriptor may do things to mappings with it that only
 * gntdev knows of (the Qubes gui-daemon does): from now on all are its.
 */
API int xengnttab_fd(xengnttab_handle *xgt)
{
	xgt->fd_is_known = true;
	return xgt->fd;
}

/* No kernel of today has this ioctl, and stock does not mind. */
API int xengnttab_set_max_grants(xengnttab_handle *xgt, uint32_t count)
{
	struct ioctl_gntdev_set_max_grants max = { .count = count };
	int rc = ioctl(xgt->fd, IOCTL_GNTDEV_SET_MAX_GRANTS, &max);

	if (!rc || errno == ENOTTY)
		return 0;
	xtl_log(xgt->logger, XTL_ERROR, errno, "gnttab",
		"ioctl SET_MAX_GRANTS failed");
	return rc;
}

static void *map(xengnttab_handle *xgt, const struct gnttab_request *request)
{
	void *ret;

	if (likely(!xgt->fd_is_known) &&
	    likely(gnttab_fast_map(&xgt->fast, request, &ret)))
		return ret;
	return gnttab_stock_map(xgt, request);
}

API void *xengnttab_map_grant_ref(xengnttab_handle *xgt, uint32_t domid,
				  uint32_t ref, int prot)
{
	return xengnttab_map_grant_ref_notify(xgt, domid, ref, prot, -1, -1);
}

API void *xengnttab_map_grant_refs(xengnttab_handle *xgt, uint32_t count,
				   uint32_t *domids, uint32_t *refs, int prot)
{
	struct gnttab_request request = {
		.count = count,
		.refs = refs,
		.domids = domids,
		.prot = prot,
		.notify_offset = -1,
		.notify_port = -1,
	};

	return map(xgt, &request);
}

API void *xengnttab_map_domain_grant_refs(xengnttab_handle *xgt, uint32_t count,
					  uint32_t domid, uint32_t *refs,
					  int prot)
{
	struct gnttab_request request = {
		.count = count,
		.refs = refs,
		.domids = &domid,
		.one_domain = true,
		.prot = prot,
		.notify_offset = -1,
		.notify_port = -1,
	};

	return map(xgt, &request);
}

API void *xengnttab_map_grant_ref_notify(xengnttab_handle *xgt, uint32_t domid,
					 uint32_t ref, int prot,
					 uint32_t notify_offset,
					 evtchn_port_t notify_port)
{
	struct gnttab_request request = {
		.count = 1,
		.refs = &ref,
		.domids = &domid,
		.one_domain = true,
		.prot = prot,
		.notify_offset = notify_offset,
		.notify_port = notify_port,
	};

	return map(xgt, &request);
}

API int xengnttab_unmap(xengnttab_handle *xgt, void *start_address,
			uint32_t count)
{
	int rc;

	if (likely(fast_was_on(&xgt->fast)) &&
	    likely(gnttab_fast_unmap(&xgt->fast, start_address, count, &rc)))
		return rc;
	return gnttab_stock_unmap(xgt, start_address, count);
}

API int xengnttab_grant_copy(xengnttab_handle *xgt, uint32_t count,
			     xengnttab_grant_copy_segment_t *segs)
{
	if (likely(gnttab_fast_copy(xgt, count, segs)))
		return 0;
	return gnttab_stock_copy(xgt, count, segs);
}
