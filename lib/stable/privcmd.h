/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The privileged command device, opened as all stock libraries open it.
 */
#ifndef STABLE_PRIVCMD_H
#define STABLE_PRIVCMD_H

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>

#define PRIVCMD_MESSAGE \
	"Could not obtain handle on privileged command interface"

/* Is this an errno of a device that is not there? */
static inline bool is_missing(int err)
{
	return err == ENOENT || err == ENXIO || err == ENODEV;
}

/* Where there is only the old one, that. -1 with errno if there is none. */
static inline int privcmd_open(void)
{
	int fd = open("/dev/xen/privcmd", O_RDWR | O_CLOEXEC);

	if (fd == -1 && is_missing(errno))
		fd = open("/proc/xen/privcmd", O_RDWR | O_CLOEXEC);
	return fd;
}

#endif /* STABLE_PRIVCMD_H */
