// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * libxencall.so.1: hypercalls by privcmd. Contracts are in <xencall.h>; what is
 * written here is what stock 4.17 does besides. (Memory for them:
 * call_buffer.c.)
 *
 * A call by itself is one system call, whoever makes it: the module has nothing
 * to offer here, and the client may use the descriptor itself.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <xenctrl.h>
#include <xen/sys/privcmd.h>

#include "call.h"
#include "log.h"
#include "privcmd.h"

/* Neither device can be told which domain it is for: both are shut. */
static int restrict_cb(Xentoolcore__Active_Handle *active, uint16_t domid)
{
	xencall_handle *xcall = (void *)((char *)active -
					 offsetof(xencall_handle, active));
	int rc = xentoolcore__restrict_by_dup2_null(xcall->buf_fd);

	(void)domid;
	return rc ? rc : xentoolcore__restrict_by_dup2_null(xcall->fd);
}

static int open_devices(xencall_handle *xcall)
{
	xcall->fd = privcmd_open();
	if (xcall->fd == -1) {
		call_complain(xcall, PRIVCMD_MESSAGE);
		return -1;
	}
	/* It came with Linux 4.18. */
	xcall->buf_fd = open("/dev/xen/hypercall", O_RDWR | O_CLOEXEC);
	if (xcall->buf_fd == -1 && errno != ENOENT) {
		call_complain(xcall,
			      "Error on trying to open hypercall buffer device");
		return -1;
	}
	return 0;
}

static void close_devices(xencall_handle *xcall)
{
	if (xcall->buf_fd >= 0)
		close(xcall->buf_fd);
	if (xcall->fd >= 0)
		close(xcall->fd);
}

API xencall_handle *xencall_open(xentoollog_logger *logger,
				 unsigned int open_flags)
{
	xencall_handle *xcall = calloc(1, sizeof(*xcall));

	if (!xcall)
		return NULL;
	xcall->fd = -1;
	xcall->buf_fd = -1;
	xcall->flags = open_flags;
	if (call_cache_init(xcall))
		goto err_free;
	xcall->active.restrict_callback = restrict_cb;
	xentoolcore__register_active_handle(&xcall->active);
	if (!log_open(&xcall->logger, &xcall->logger_tofree, logger) ||
	    open_devices(xcall))
		goto err_active;
	return xcall;

err_active:
	xentoolcore__deregister_active_handle(&xcall->active);
	close_devices(xcall);
	xtl_logger_destroy(xcall->logger_tofree);
err_free:
	free(xcall);
	return NULL;
}

API int xencall_close(xencall_handle *xcall)
{
	if (!xcall)
		return 0;
	/* Off the list first: restrict_all must not meet a closed one. */
	xentoolcore__deregister_active_handle(&xcall->active);
	close_devices(xcall);
	call_cache_release(xcall);
	xtl_logger_destroy(xcall->logger_tofree);
	free(xcall);
	return 0;
}

API int xencall_fd(xencall_handle *xcall)
{
	return xcall->fd;
}

/* What does not fit an int is cut off by ioctl itself, for xencall2L too. */
static inline __attribute__((always_inline)) int
hypercall(xencall_handle *xcall, unsigned int op, uint64_t a, uint64_t b,
	  uint64_t c, uint64_t d, uint64_t e)
{
	privcmd_hypercall_t call = { .op = op, .arg = { a, b, c, d, e } };

	return ioctl(xcall->fd, IOCTL_PRIVCMD_HYPERCALL, &call);
}

API int xencall0(xencall_handle *xcall, unsigned int op)
{
	return hypercall(xcall, op, 0, 0, 0, 0, 0);
}

API int xencall1(xencall_handle *xcall, unsigned int op, uint64_t arg1)
{
	return hypercall(xcall, op, arg1, 0, 0, 0, 0);
}

API int xencall2(xencall_handle *xcall, unsigned int op, uint64_t arg1,
		 uint64_t arg2)
{
	return hypercall(xcall, op, arg1, arg2, 0, 0, 0);
}

API long xencall2L(xencall_handle *xcall, unsigned int op, uint64_t arg1,
		   uint64_t arg2)
{
	return hypercall(xcall, op, arg1, arg2, 0, 0, 0);
}

API int xencall3(xencall_handle *xcall, unsigned int op, uint64_t arg1,
		 uint64_t arg2, uint64_t arg3)
{
	return hypercall(xcall, op, arg1, arg2, arg3, 0, 0);
}

API int xencall4(xencall_handle *xcall, unsigned int op, uint64_t arg1,
		 uint64_t arg2, uint64_t arg3, uint64_t arg4)
{
	return hypercall(xcall, op, arg1, arg2, arg3, arg4, 0);
}

API int xencall5(xencall_handle *xcall, unsigned int op, uint64_t arg1,
		 uint64_t arg2, uint64_t arg3, uint64_t arg4, uint64_t arg5)
{
	return hypercall(xcall, op, arg1, arg2, arg3, arg4, arg5);
}
