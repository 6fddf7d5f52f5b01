/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The system calls that backends make. All return a negative errno and leave
 * errno alone, so that what succeeds in the end does not disturb it.
 *
 * ioctl is made here and not in libc: it is the one call on the fast path,
 * and libc's costs more around it, and cuts the 64-bit answer of a hypercall
 * down to an int. In the libraries for `xenbatch run --stats` it is made by libc's
 * syscall(), where it can be seen (XB_OS_WATCHED). The unit tests put a small
 * simulated kernel underneath (XB_TEST_OS, see selftests/unit/).
 */
#ifndef XB_OS_H
#define XB_OS_H

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#define XB_OS_IF_FREE	0x100000	/* MAP_FIXED_NOREPLACE */

#ifdef XB_TEST_OS

struct xb_os {
	int (*open)(const char *path);
	int (*close)(int fd);
	long (*ioctl)(int fd, unsigned long request, void *arg);
	int (*mmap)(int fd, uint64_t offset, size_t size, void **out);
	int (*munmap)(void *p, size_t size);
	int (*null)(int fd);
	int (*mmap_at)(int fd, uint64_t offset, void *addr, size_t size,
		       int prot);
	int (*reserve)(void **addr, size_t size, int flags);
	long (*read)(int fd, void *buf, size_t size);
	long (*write)(int fd, const void *buf, size_t size);
	int (*poll)(int fd, int timeout_ms);
};
extern const struct xb_os *xb_os;

static inline int xb_os_open(const char *path)
{
	return xb_os->open(path);
}

static inline void xb_os_close(int fd)
{
	xb_os->close(fd);
}

static inline long xb_os_ioctl(int fd, unsigned long request, void *arg)
{
	return xb_os->ioctl(fd, request, arg);
}

static inline int xb_os_mmap(int fd, uint64_t offset, size_t size, void **out)
{
	return xb_os->mmap(fd, offset, size, out);
}

static inline int xb_os_mmap_aligned(int fd, uint64_t offset, size_t size,
				     size_t align, void **out)
{
	(void)align;
	return xb_os->mmap(fd, offset, size, out);
}

static inline void xb_os_munmap(void *p, size_t size)
{
	xb_os->munmap(p, size);
}

static inline int xb_os_null(int fd)
{
	return xb_os->null(fd);
}

static inline int xb_os_mmap_at(int fd, uint64_t offset, void *addr,
				size_t size, int prot)
{
	return xb_os->mmap_at(fd, offset, addr, size, prot);
}

static inline int xb_os_reserve(void **addr, size_t size, int flags)
{
	return xb_os->reserve(addr, size, flags);
}

static inline int xb_os_open_nonblock(const char *path)
{
	return xb_os->open(path);
}

static inline long xb_os_read(int fd, void *buf, size_t size)
{
	return xb_os->read(fd, buf, size);
}

static inline long xb_os_write(int fd, const void *buf, size_t size)
{
	return xb_os->write(fd, buf, size);
}

static inline int xb_os_poll(int fd, int timeout_ms)
{
	return xb_os->poll(fd, timeout_ms);
}

#else /* the real one */

/* Map a device over what is at addr, for this process alone. */
static inline int xb_os_mmap_at(int fd, uint64_t offset, void *addr,
				size_t size, int prot)
{
	int saved = errno;
	int err = 0;

	if (mmap(addr, size, prot, MAP_SHARED | MAP_FIXED, fd,
		 (off_t)offset) == MAP_FAILED)
		err = -errno;
	else
		madvise(addr, size, MADV_DONTFORK);
	errno = saved;
	return err;
}

/*
 * Address space with nothing in it: anywhere (*addr is NULL, and set), or at
 * *addr, where flags say whether in the place of what is there (MAP_FIXED) or
 * only if nothing is (XB_OS_IF_FREE).
 */
static inline int xb_os_reserve(void **addr, size_t size, int flags)
{
	int saved = errno;
	int err = 0;
	void *p;

	p = mmap(*addr, size, PROT_NONE,
		 MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | flags, -1, 0);
	if (p == MAP_FAILED) {
		err = -errno;
	} else if (*addr && p != *addr) {
		munmap(p, size); /* before Linux 4.17: a hint */
		err = -EEXIST;
	} else {
		madvise(p, size, MADV_DONTFORK);
		*addr = p;
	}
	errno = saved;
	return err;
}

static inline int xb_os_open_as(const char *path, int flags)
{
	int saved = errno;
	int fd = open(path, flags | O_RDWR | O_CLOEXEC);

	if (fd < 0) {
		fd = -errno;
		errno = saved;
	}
	return fd;
}

static inline int xb_os_open(const char *path)
{
	return xb_os_open_as(path, 0);
}

static inline int xb_os_open_nonblock(const char *path)
{
	return xb_os_open_as(path, O_NONBLOCK);
}

static inline long xb_os_read(int fd, void *buf, size_t size)
{
	int saved = errno;
	long ret = read(fd, buf, size);

	if (ret < 0) {
		ret = -errno;
		errno = saved;
	}
	return ret;
}

static inline long xb_os_write(int fd, const void *buf, size_t size)
{
	int saved = errno;
	long ret = write(fd, buf, size);

	if (ret < 0) {
		ret = -errno;
		errno = saved;
	}
	return ret;
}

/* Until fd can be read: 1, or 0 when the time is over (-1: never). */
static inline int xb_os_poll(int fd, int timeout_ms)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };
	int saved = errno;
	int ret = poll(&p, 1, timeout_ms);

	if (ret < 0) {
		ret = -errno;
		errno = saved;
	}
	return ret;
}

static inline void xb_os_close(int fd)
{
	int saved = errno;

	close(fd);
	errno = saved;
}

static inline long xb_os_ioctl(int fd, unsigned long request, void *arg)
{
#if defined(XB_OS_WATCHED)
	int saved = errno;
	long ret = syscall(SYS_ioctl, fd, request, arg);

	if (ret == -1) {
		ret = -errno;
		errno = saved;
	}
	return ret;
#elif defined(__x86_64__) && defined(__LP64__)
	long ret;

	__asm__ volatile("syscall"
			 : "=a"(ret)
			 : "0"(16L /* ioctl */), "D"((long)fd), "S"(request),
			   "d"(arg)
			 : "rcx", "r11", "memory");
	return ret;
#elif defined(__aarch64__)
	register long x8 __asm__("x8") = 29; /* ioctl */
	register long x0 __asm__("x0") = fd;
	register long x1 __asm__("x1") = (long)request;
	register long x2 __asm__("x2") = (long)arg;

	__asm__ volatile("svc #0"
			 : "+r"(x0)
			 : "r"(x8), "r"(x1), "r"(x2)
			 : "memory");
	return x0;
#else
	int saved = errno;
	long ret = ioctl(fd, request, arg);

	if (ret == -1) {
		ret = -errno;
		errno = saved;
	}
	return ret;
#endif
}

static inline int xb_os_mmap(int fd, uint64_t offset, size_t size, void **out)
{
	int saved = errno;
	void *p = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd,
		       (off_t)offset);

	if (p == MAP_FAILED) {
		int err = -errno;

		errno = saved;
		return err;
	}
	*out = p;
	return 0;
}

/* The same, where the address is a multiple of align. */
static inline int xb_os_mmap_aligned(int fd, uint64_t offset, size_t size,
				     size_t align, void **out)
{
	int saved = errno, err = 0;
	size_t before;
	char *room;

	room = mmap(NULL, size + align, PROT_NONE,
		    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (room == MAP_FAILED)
		return xb_os_mmap(fd, offset, size, out);
	before = -(uintptr_t)room & (align - 1);
	*out = mmap(room + before, size, PROT_READ | PROT_WRITE,
		    MAP_SHARED | MAP_FIXED, fd, (off_t)offset);
	if (*out == MAP_FAILED) {
		err = -errno;
		munmap(room, size + align);
	} else {
		if (before)
			munmap(room, before);
		munmap(room + before + size, align - before);
	}
	errno = saved;
	return err;
}

static inline void xb_os_munmap(void *p, size_t size)
{
	int saved = errno;

	munmap(p, size);
	errno = saved;
}

/* From libxentoolcore, whose internal header is not packaged. */
int xentoolcore__restrict_by_dup2_null(int fd);

/* Put /dev/null in the place of fd. */
static inline int xb_os_null(int fd)
{
	int saved = errno;
	int err = 0;

	if (xentoolcore__restrict_by_dup2_null(fd)) {
		err = -errno;
		errno = saved;
	}
	return err;
}

#endif /* XB_TEST_OS */

#endif /* XB_OS_H */
