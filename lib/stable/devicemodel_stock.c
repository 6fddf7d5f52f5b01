// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Device-model operations by privcmd's DM_OP, which takes the client's own
 * memory; on kernels before 4.13 by the hypercall, which wants buffers.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "devicemodel.h"
#include "privcmd.h"

#include <xen/sys/privcmd.h>

#define MAX_BUFS 2	/* more than that no operation has */

/* privcmd answers 0 to no buffers at all, if it knows DM_OP. */
static bool knows_dm_op(int fd)
{
	privcmd_dm_op_t nothing = { .dom = DOMID_INVALID };

	return ioctl(fd, IOCTL_PRIVCMD_DM_OP, &nothing) >= 0;
}

/*
 * Stock opens a libxencall handle besides, always, and uses it only without
 * DM_OP. Here it is opened if it is needed; or if privcmd is refused, as then
 * it is what says so, and fails first.
 */
int dm_stock_open(xendevicemodel_handle *dmod)
{
	int err, fd = open("/dev/xen/privcmd", O_RDWR | O_CLOEXEC);

	if (likely(fd >= 0 && knows_dm_op(fd))) {
		dmod->fd = fd;
		return 0;
	}
	err = errno;
	if (fd >= 0)
		close(fd);
	dmod->xcall = xencall_open(dmod->logger, 0);
	if (!dmod->xcall)
		return -1;
	if (fd >= 0 || is_missing(err))
		return 0;
	errno = err;
	xtl_log(dmod->logger, XTL_ERROR, errno, "xendevicemodel",
		PRIVCMD_MESSAGE);
	return -1;
}

static int by_privcmd(int fd, domid_t domid, const struct dm_buf *bufs,
		      unsigned int nr)
{
	privcmd_dm_op_buf_t ubufs[MAX_BUFS];
	privcmd_dm_op_t op = { .dom = domid, .num = nr, .ubufs = ubufs };
	unsigned int i;

	for (i = 0; i < nr; i++) {
		ubufs[i].uptr = bufs[i].ptr;
		ubufs[i].size = bufs[i].size;
	}
	return ioctl(fd, IOCTL_PRIVCMD_DM_OP, &op) < 0 ? -1 : 0;
}

/* Copies of the client's buffers, that Xen may touch: as many as there are. */
static unsigned int copy_in(xencall_handle *xcall, const struct dm_buf *bufs,
			    unsigned int nr, void **copy,
			    struct xen_dm_op_buf *to)
{
	unsigned int i;

	for (i = 0; i < nr; i++) {
		copy[i] = xencall_alloc_buffer(xcall, bufs[i].size);
		if (!copy[i])
			break;
		memcpy(copy[i], bufs[i].ptr, bufs[i].size);
		set_xen_guest_handle_raw(to[i].h, copy[i]);
		to[i].size = bufs[i].size;
	}
	return i;
}

static int by_hypercall(xencall_handle *xcall, domid_t domid,
			const struct dm_buf *bufs, unsigned int nr)
{
	struct xen_dm_op_buf *xbufs;
	void *copy[MAX_BUFS];
	unsigned int i, have;
	int ret = -1;

	xbufs = xencall_alloc_buffer(xcall, nr * sizeof(*xbufs));
	if (!xbufs)
		return -1;
	have = copy_in(xcall, bufs, nr, copy, xbufs);
	if (have == nr)
		ret = xencall3(xcall, __HYPERVISOR_dm_op, domid, nr,
			       (uintptr_t)xbufs);
	for (i = 0; i < have; i++) {
		if (ret >= 0)
			memcpy(bufs[i].ptr, copy[i], bufs[i].size);
		xencall_free_buffer(xcall, copy[i]);
	}
	xencall_free_buffer(xcall, xbufs);
	return ret;
}

int dm_stock_run(xendevicemodel_handle *dmod, domid_t domid,
		 const struct dm_buf *bufs, unsigned int nr)
{
	if (likely(dmod->fd >= 0))
		return by_privcmd(dmod->fd, domid, bufs, nr);
	return by_hypercall(dmod->xcall, domid, bufs, nr);
}
