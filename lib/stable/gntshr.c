// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * libxengnttab.so.1: pages of our own, granted to another domain. They are
 * gntalloc's; there is nothing to be had faster, as a mapping here is ordinary
 * memory.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <xen/sys/gntalloc.h>

#include "gnttab.h"
#include "log.h"

#define complain(xgs, ...) \
	xtl_log((xgs)->logger, XTL_ERROR, errno, "gntshr", __VA_ARGS__)

/* As in stock: not on libxentoolcore's list, and kept over exec. */
API xengntshr_handle *xengntshr_open(xentoollog_logger *logger,
				     unsigned int open_flags)
{
	xengntshr_handle *xgs = calloc(1, sizeof(*xgs));

	(void)open_flags;
	if (!xgs)
		return NULL;
	if (!log_open(&xgs->logger, &xgs->logger_tofree, logger))
		goto err_free;
	xgs->fd = open("/dev/xen/gntalloc", O_RDWR);
	if (xgs->fd != -1)
		return xgs;
	xtl_logger_destroy(xgs->logger_tofree);
err_free:
	free(xgs);
	return NULL;
}

API int xengntshr_close(xengntshr_handle *xgs)
{
	int rc;

	if (!xgs)
		return 0;
	rc = close(xgs->fd);
	xtl_logger_destroy(xgs->logger_tofree);
	free(xgs);
	return rc;
}

API int xengntshr_fd(xengntshr_handle *xgs)
{
	return xgs->fd;
}

static int set_notify(xengntshr_handle *xgs, uint64_t index, size_t size,
		      uint32_t offset, evtchn_port_t port)
{
	struct ioctl_gntalloc_unmap_notify notify = { .index = index };

	if (offset < size) {
		notify.index += offset;
		notify.action |= UNMAP_NOTIFY_CLEAR_BYTE;
	}
	if (port != (evtchn_port_t)-1) {
		notify.event_channel_port = port;
		notify.action |= UNMAP_NOTIFY_SEND_EVENT;
	}
	if (!notify.action)
		return 0;
	return ioctl(xgs->fd, IOCTL_GNTALLOC_SET_UNMAP_NOTIFY, &notify);
}

static void *map_shared(xengntshr_handle *xgs,
			const struct ioctl_gntalloc_alloc_gref *gref, int count,
			uint32_t *refs, uint32_t offset, evtchn_port_t port)
{
	size_t size = count * PAGE_BYTES;
	void *area;

	area = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, xgs->fd,
		    (off_t)gref->index);
	if (area == MAP_FAILED) {
		complain(xgs, "mmap failed");
		return NULL;
	}
	if (set_notify(xgs, gref->index, size, offset, port)) {
		complain(xgs, "ioctl SET_UNMAP_NOTIFY failed");
		munmap(area, size);
		area = NULL;
	}
	memcpy(refs, gref->gref_ids, count * sizeof(*refs));
	return area;
}

static void *share(xengntshr_handle *xgs, uint32_t domid, int count,
		   uint32_t *refs, int writable, uint32_t offset,
		   evtchn_port_t port)
{
	struct ioctl_gntalloc_dealloc_gref drop = { .count = count };
	struct ioctl_gntalloc_alloc_gref *gref;
	void *area = NULL;

	gref = malloc(sizeof(*gref) +
		      (count > 0 ? count : 0) * sizeof(uint32_t));
	if (!gref)
		return NULL;
	gref->domid = domid;
	gref->flags = writable ? GNTALLOC_FLAG_WRITABLE : 0;
	gref->count = count;
	if (ioctl(xgs->fd, IOCTL_GNTALLOC_ALLOC_GREF, gref)) {
		complain(xgs, "ioctl failed");
		goto out;
	}
	area = map_shared(xgs, gref, count, refs, offset, port);
	/* From here on the mapping alone keeps the pages. */
	drop.index = gref->index;
	ioctl(xgs->fd, IOCTL_GNTALLOC_DEALLOC_GREF, &drop);
out:
	free(gref);
	return area;
}

API void *xengntshr_share_pages(xengntshr_handle *xgs, uint32_t domid,
				int count, uint32_t *refs, int writable)
{
	return share(xgs, domid, count, refs, writable, -1, -1);
}

API void *xengntshr_share_page_notify(xengntshr_handle *xgs, uint32_t domid,
				      uint32_t *ref, int writable,
				      uint32_t notify_offset,
				      evtchn_port_t notify_port)
{
	return share(xgs, domid, 1, ref, writable, notify_offset, notify_port);
}

API int xengntshr_unshare(xengntshr_handle *xgs, void *start_address,
			  uint32_t count)
{
	(void)xgs;
	return munmap(start_address, count * PAGE_BYTES);
}
