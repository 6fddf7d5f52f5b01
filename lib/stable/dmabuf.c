// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * libxengnttab.so.1: DMA buffers made of grants, and grants made of DMA
 * buffers. Both are gntdev's, and its alone.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>

#include "gnttab.h"

/* An ioctl, and stock's message if it fails: `ioctl NAME failed`. */
static int ask(xengnttab_handle *xgt, unsigned long request, void *arg,
	       const char *name)
{
	int rc = ioctl(xgt->fd, request, arg);

	if (rc)
		xtl_log(xgt->logger, XTL_ERROR, errno, "gnttab",
			"ioctl %s failed", name);
	return rc;
}

/* A request with count numbers behind it; NULL with errno. */
static void *request_new(size_t header, uint32_t count)
{
	void *request;

	if (!count) {
		errno = EINVAL;
		return NULL;
	}
	request = calloc(1, header + count * sizeof(uint32_t));
	if (!request)
		errno = ENOMEM;
	return request;
}

API int xengnttab_dmabuf_exp_from_refs(xengnttab_handle *xgt, uint32_t domid,
				       uint32_t flags, uint32_t count,
				       const uint32_t *refs, uint32_t *fd)
{
	struct ioctl_gntdev_dmabuf_exp_from_refs *request;
	int rc;

	request = request_new(sizeof(*request), count);
	if (!request)
		return -1;
	request->flags = flags;
	request->count = count;
	request->domid = domid;
	memcpy(request->refs, refs, count * sizeof(*refs));
	rc = ask(xgt, IOCTL_GNTDEV_DMABUF_EXP_FROM_REFS, request,
		 "DMABUF_EXP_FROM_REFS");
	if (!rc)
		*fd = request->fd;
	free(request);
	return rc;
}

API int xengnttab_dmabuf_exp_wait_released(xengnttab_handle *xgt, uint32_t fd,
					   uint32_t wait_to_ms)
{
	struct ioctl_gntdev_dmabuf_exp_wait_released request = {
		.fd = fd,
		.wait_to_ms = wait_to_ms,
	};
	int rc = ioctl(xgt->fd, IOCTL_GNTDEV_DMABUF_EXP_WAIT_RELEASED,
		       &request);

	if (rc && errno == ENOENT) {
		/* Released already: what was waited for. */
		errno = 0;
		rc = 0;
	} else if (rc) {
		xtl_log(xgt->logger, XTL_ERROR, errno, "gnttab",
			"ioctl DMABUF_EXP_WAIT_RELEASED failed");
	}
	return rc;
}

API int xengnttab_dmabuf_imp_to_refs(xengnttab_handle *xgt, uint32_t domid,
				     uint32_t fd, uint32_t count,
				     uint32_t *refs)
{
	struct ioctl_gntdev_dmabuf_imp_to_refs *request;
	int rc;

	request = request_new(sizeof(*request), count);
	if (!request)
		return -1;
	request->fd = fd;
	request->count = count;
	request->domid = domid;
	rc = ask(xgt, IOCTL_GNTDEV_DMABUF_IMP_TO_REFS, request,
		 "DMABUF_IMP_TO_REFS");
	if (!rc)
		memcpy(refs, request->refs, count * sizeof(*refs));
	free(request);
	return rc;
}

API int xengnttab_dmabuf_imp_release(xengnttab_handle *xgt, uint32_t fd)
{
	struct ioctl_gntdev_dmabuf_imp_release request = { .fd = fd };

	return ask(xgt, IOCTL_GNTDEV_DMABUF_IMP_RELEASE, &request,
		   "DMABUF_IMP_RELEASE");
}
