// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Grants by gntdev: the system calls that the stock library makes, in its
 * order, so that every answer is the kernel's own.
 */
#include <errno.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "gnttab.h"

#define SWAPPED_WAIT_US	1000	/* between two tries for a page on disk */

#define complain(xgt, ...) \
	xtl_log((xgt)->logger, XTL_ERROR, errno, "gnttab", __VA_ARGS__)

union map_room {
	struct ioctl_gntdev_map_grant_ref map;
	char bytes[PAGE_BYTES];
};

static size_t map_size(uint32_t count)
{
	size_t size = offsetof(struct ioctl_gntdev_map_grant_ref, refs) +
		      count * sizeof(struct ioctl_gntdev_grant_ref);

	return size > sizeof(union map_room) ? size : sizeof(union map_room);
}

/* Room for a request of this size: on the caller's stack if it is there. */
static struct ioctl_gntdev_map_grant_ref *map_take(union map_room *here,
						   uint32_t count)
{
	void *p;

	if (map_size(count) <= sizeof(*here))
		return &here->map;
	p = mmap(NULL, map_size(count), PROT_READ | PROT_WRITE,
		 MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
	return p == MAP_FAILED ? NULL : p;
}

static void map_drop(union map_room *here,
		     struct ioctl_gntdev_map_grant_ref *map, uint32_t count)
{
	if (map != &here->map)
		munmap(map, map_size(count));
}

static int set_notify(xengnttab_handle *xgt, uint64_t index,
		      const struct gnttab_request *req)
{
	struct ioctl_gntdev_unmap_notify notify = { .index = index };

	if (req->notify_offset < PAGE_BYTES * req->count) {
		notify.index += req->notify_offset;
		notify.action |= UNMAP_NOTIFY_CLEAR_BYTE;
	}
	if (req->notify_port != (evtchn_port_t)-1) {
		notify.event_channel_port = req->notify_port;
		notify.action |= UNMAP_NOTIFY_SEND_EVENT;
	}
	if (!notify.action)
		return 0;
	return ioctl(xgt->fd, IOCTL_GNTDEV_SET_UNMAP_NOTIFY, &notify);
}

/* The grants that gntdev knows by this index, mapped. */
static void *map_index(xengnttab_handle *xgt, uint64_t index,
		       const struct gnttab_request *req)
{
	struct ioctl_gntdev_unmap_grant_ref forget = {
		.index = index,
		.count = req->count,
	};
	size_t size = PAGE_BYTES * req->count;
	void *addr;
	int saved;

	for (;;) {
		addr = mmap(NULL, size, req->prot, MAP_SHARED, xgt->fd,
			    (off_t)index);
		if (addr != MAP_FAILED || errno != EAGAIN)
			break;
		usleep(SWAPPED_WAIT_US);
	}
	if (addr != MAP_FAILED) {
		if (!set_notify(xgt, index, req))
			return addr;
		complain(xgt, "ioctl SET_UNMAP_NOTIFY failed");
		munmap(addr, size);
	}
	saved = errno;
	complain(xgt, "mmap failed");
	ioctl(xgt->fd, IOCTL_GNTDEV_UNMAP_GRANT_REF, &forget);
	errno = saved;
	return NULL;
}

void *gnttab_stock_map(xengnttab_handle *xgt, const struct gnttab_request *req)
{
	struct ioctl_gntdev_map_grant_ref *map;
	union map_room here;
	void *addr = NULL;
	uint32_t i;

	map = map_take(&here, req->count);
	if (!map) {
		complain(xgt, "mmap of map failed");
		return NULL;
	}
	for (i = 0; i < req->count; i++) {
		map->refs[i].domid = req->domids[req->one_domain ? 0 : i];
		map->refs[i].ref = req->refs[i];
	}
	map->count = req->count;
	if (ioctl(xgt->fd, IOCTL_GNTDEV_MAP_GRANT_REF, map))
		complain(xgt, "ioctl MAP_GRANT_REF failed");
	else
		addr = map_index(xgt, map->index, req);
	map_drop(&here, map, req->count);
	return addr;
}

int gnttab_stock_unmap(xengnttab_handle *xgt, void *addr, uint32_t count)
{
	struct ioctl_gntdev_get_offset_for_vaddr get = {
		.vaddr = (uintptr_t)addr,
	};
	struct ioctl_gntdev_unmap_grant_ref forget = { .count = count };
	int rc;

	if (!addr) {
		errno = EINVAL;
		return -1;
	}
	rc = ioctl(xgt->fd, IOCTL_GNTDEV_GET_OFFSET_FOR_VADDR, &get);
	if (rc)
		return rc;
	if (get.count != count) {
		errno = EINVAL;
		return -1;
	}
	rc = munmap(addr, count * PAGE_BYTES);
	if (rc)
		return rc;
	forget.index = get.offset;
	return ioctl(xgt->fd, IOCTL_GNTDEV_UNMAP_GRANT_REF, &forget);
}

int gnttab_stock_copy(xengnttab_handle *xgt, uint32_t count,
		      xengnttab_grant_copy_segment_t *segs)
{
	struct ioctl_gntdev_grant_copy copy = {
		.count = count,
		.segments = (void *)segs,
	};
	int rc = ioctl(xgt->fd, IOCTL_GNTDEV_GRANT_COPY, &copy);

	_Static_assert(sizeof(struct ioctl_gntdev_grant_copy_segment) ==
		       sizeof(*segs), "the API's segments are the device's");
	_Static_assert(offsetof(struct ioctl_gntdev_grant_copy_segment,
				status) ==
		       offsetof(xengnttab_grant_copy_segment_t, status), "");
	if (rc)
		complain(xgt, "ioctl GRANT COPY failed %d ", errno);
	return rc;
}
