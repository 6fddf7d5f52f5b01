/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * For a child: an older kernel's devices, as far as programs see. It gets a
 * /dev/xen of its own, with nothing in it but what it asks for.
 */
#ifndef DROP_DEVICE_H
#define DROP_DEVICE_H

#include <sched.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "drop_diff.h"

enum {
	OLD_PRIVCMD = 1,	/* /proc/xen/privcmd */
	NEW_PRIVCMD = 2,	/* /dev/xen/privcmd */
	BUFFERS = 4,		/* /dev/xen/hypercall */
};

static inline int only_devices(unsigned int which)
{
	struct stat privcmd, hypercall;

	if (stat("/dev/xen/privcmd", &privcmd) ||
	    stat("/dev/xen/hypercall", &hypercall) || unshare(CLONE_NEWNS) ||
	    mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) ||
	    mount("xen", "/dev/xen", "tmpfs", 0, NULL) ||
	    mount("xen", "/proc/xen", "tmpfs", 0, NULL))
		return -1;
	if ((which & OLD_PRIVCMD &&
	     mknod("/proc/xen/privcmd", S_IFCHR | 0600, privcmd.st_rdev)) ||
	    (which & NEW_PRIVCMD &&
	     mknod("/dev/xen/privcmd", S_IFCHR | 0600, privcmd.st_rdev)) ||
	    (which & BUFFERS &&
	     mknod("/dev/xen/hypercall", S_IFCHR | 0600, hypercall.st_rdev)))
		return -1;
	return 0;
}

/* So many descriptors can be opened from now on. */
static inline void descriptors_left(unsigned int n)
{
	struct rlimit limit;
	int fd = dup(0);

	close(fd);
	getrlimit(RLIMIT_NOFILE, &limit);
	limit.rlim_cur = fd + n;
	setrlimit(RLIMIT_NOFILE, &limit);
}

static inline int open_descriptors(void)
{
	int fd, n = 0;

	for (fd = 0; fd < 1024; fd++)
		n += fcntl(fd, F_GETFD) >= 0;
	return n;
}

/* What a descriptor is of. */
static inline void described(struct mode *m, int fd)
{
	char path[40], name[200] = "";
	struct stat st = { 0 };

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	if (readlink(path, name, sizeof(name) - 1) < 0)
		name[0] = 0;
	note(m, "fd %d: '%s', fstat %d", fd >= 0, name, fstat(fd, &st));
	note(m, "device %d, flags %x %x", S_ISCHR(st.st_mode),
	     fcntl(fd, F_GETFD), fcntl(fd, F_GETFL));
}

#endif /* DROP_DEVICE_H */
