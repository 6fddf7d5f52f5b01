// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Files that images of domains are read from and written to.
 */
#include <fcntl.h>
#include <limits.h>
#include <unistd.h>

#include "handle.h"
#include "guest_abi.h"

XC_API int read_exact(int fd, void *data, size_t size)
{
	char *p = data;
	ssize_t n;

	while (size) {
		n = read(fd, p, size);
		if (n > 0) {
			p += n;
			size -= (size_t)n;
		} else if (!n) {
			errno = 0;
			return -1;
		} else if (errno != EINTR) {
			return -1;
		}
	}
	return 0;
}

XC_API int write_exact(int fd, const void *data, size_t size)
{
	const char *p = data;
	ssize_t n;

	while (size) {
		n = write(fd, p, size);
		if (n > 0) {
			p += n;
			size -= (size_t)n;
		} else if (!n || errno != EINTR) {
			return -1;
		}
	}
	return 0;
}

/* Step over n bytes: how many entries are done, with those of no length. */
static int step(struct iovec *iov, int i, int nr, size_t n)
{
	while (i < nr && n >= iov[i].iov_len)
		n -= iov[i++].iov_len;
	if (i < nr) {
		iov[i].iov_base = (char *)iov[i].iov_base + n;
		iov[i].iov_len -= n;
	}
	return i;
}

/*
 * errno is what the last write left, or 0. What has no length is never given
 * to writev alone: its 0 would look like the end of the file.
 */
XC_API int writev_exact(int fd, const struct iovec *iov, int iovcnt)
{
	struct iovec *left;
	int i, err = 0;
	ssize_t n;

	if (iovcnt <= 0) {
		errno = 0;
		return 0;
	}
	/* Its entries change as they are written. */
	left = malloc((size_t)iovcnt * sizeof(*left));
	if (!left)
		return -1;
	memcpy(left, iov, (size_t)iovcnt * sizeof(*left));
	i = step(left, 0, iovcnt, 0);
	while (i < iovcnt) {
		n = writev(fd, &left[i],
			   iovcnt - i < IOV_MAX ? iovcnt - i : IOV_MAX);
		if (n > 0) {
			i = step(left, i, iovcnt, (size_t)n);
		} else if (!n || errno != EINTR) {
			err = errno;
			break;
		}
	}
	free(left);
	errno = err;
	return i < iovcnt ? -1 : 0;
}

XC_API void discard_file_cache(xc_interface *xch, int fd, int flush)
{
	int saved = errno;
	off_t end = 0;		/* to the end of the file */

	(void)xch;
	if (flush) {
		if (fsync(fd) < 0)
			goto out;
	} else {
		end = lseek(fd, 0, SEEK_CUR);
		if (end < 0)
			end = 0;
		end &= ~(off_t)(XC_PAGE_SIZE - 1);
	}
	posix_fadvise(fd, 0, end, POSIX_FADV_DONTNEED);
out:
	errno = saved;
}
