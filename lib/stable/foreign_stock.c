// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Foreign memory by privcmd: the system calls that the stock library makes, in
 * its order, so that every answer is the kernel's own.
 */
#include <errno.h>
#include <stdbool.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "foreign.h"
#include "privcmd.h"

#define PAGED_WAIT_US	100	/* between two looks at pages in paging state */

#define complain(fmem, errnoval, ...) \
	xtl_log((fmem)->logger, XTL_ERROR, errnoval, "xenforeignmemory", \
		__VA_ARGS__)

int foreign_stock_open(xenforeignmemory_handle *fmem)
{
	int fd = privcmd_open();

	if (fd == -1) {
		complain(fmem, errno, PRIVCMD_MESSAGE);
		return -1;
	}
	/* Old kernels say EINVAL to what they do not know, others ENOTTY. */
	if (ioctl(fd, IOCTL_PRIVCMD_UNIMPLEMENTED, NULL) >= 0) {
		complain(fmem, -1, "privcmd ioctl should not be implemented");
		close(fd);
		return -1;
	}
	fmem->unimplemented = errno;
	errno = 0;	/* stock's callers see this too */
	fmem->fd = fd;
	return 0;
}

int foreign_stock_unmap(void *addr, size_t num)
{
	return munmap(addr, num << PAGE_SHIFT);
}

/* A mapping that failed half-way is not worth its errno. */
static void unmap_quietly(void *addr, size_t num)
{
	int saved = errno;

	foreign_stock_unmap(addr, num);
	errno = saved;
}

static int batch_v2(int fd, uint32_t domid, char *addr, size_t num,
		    const xen_pfn_t *arr, int *err)
{
	privcmd_mmapbatch_v2_t batch = {
		.num = num,
		.dom = domid,
		.addr = (uintptr_t)addr,
		.arr = arr,
		.err = err,
	};

	return ioctl(fd, IOCTL_PRIVCMD_MMAPBATCH_V2, &batch);
}

/*
 * Ask again for each run of frames that were paged out. Returns how many there
 * were, or -1 if asking failed for another reason than that they still are.
 */
static int retry_paged(int fd, uint32_t domid, char *addr, size_t num,
		       const xen_pfn_t *arr, int *err)
{
	size_t i = 0, run;
	int runs = 0;

	while (i < num) {
		for (run = 0; i + run < num && err[i + run] == -ENOENT; run++)
			;
		if (!run) {
			i++;
			continue;
		}
		runs++;
		if (batch_v2(fd, domid, addr + (i << PAGE_SHIFT), run, arr + i,
			     err + i) < 0 && errno != ENOENT)
			return -1;
		i += run;
	}
	return runs;
}

/* One frame that the first interface called paged out. */
static int batch_v1_single(int fd, uint32_t domid, char *addr, xen_pfn_t *pfn)
{
	privcmd_mmapbatch_t batch = {
		.num = 1,
		.dom = domid,
		.addr = (uintptr_t)addr,
		.arr = pfn,
	};
	int rc;

	do {
		*pfn ^= PRIVCMD_MMAPBATCH_PAGED_ERROR;
		usleep(PAGED_WAIT_US);
		rc = ioctl(fd, IOCTL_PRIVCMD_MMAPBATCH, &batch);
	} while (rc < 0 && errno == ENOENT);
	return rc < 0 ? -errno : 0;
}

/*
 * What the first interface left in pfn, where its errors are bits of the frame
 * numbers, into err. rc is its answer. Returns 0 or a negative errno.
 */
static int v1_errors(int fd, uint32_t domid, char *addr, size_t num,
		     const xen_pfn_t *arr, xen_pfn_t *pfn, int *err, int rc)
{
	size_t i;

	for (i = 0; i < num; i++) {
		xen_pfn_t bits = pfn[i] ^ arr[i];
		int single;

		if (!bits) {
			err[i] = rc == -ENOENT ? 0 : rc;
		} else if (bits != PRIVCMD_MMAPBATCH_PAGED_ERROR) {
			err[i] = -EINVAL;
		} else if (rc != -ENOENT) {
			err[i] = rc ? rc : -EINVAL;
		} else {
			single = batch_v1_single(fd, domid,
						 addr + (i << PAGE_SHIFT),
						 pfn + i);
			if (single)
				return single;
		}
	}
	return rc == -ENOENT ? 0 : rc;
}

/* For a kernel without MMAPBATCH_V2, or one that found EINVAL in it. */
static int map_v1(xenforeignmemory_handle *fmem, uint32_t domid, char *addr,
		  size_t num, const xen_pfn_t *arr, int *err)
{
	xen_pfn_t here[PAGE_BYTES / sizeof(xen_pfn_t)], *pfn = here;
	size_t size = num * sizeof(*arr);
	privcmd_mmapbatch_t batch = {
		.num = num,
		.dom = domid,
		.addr = (uintptr_t)addr,
	};
	int rc;

	if (size > sizeof(here)) {
		pfn = mmap(NULL, size, PROT_READ | PROT_WRITE,
			   MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
		if (pfn == MAP_FAILED) {
			complain(fmem, errno, "mmap of pfn array failed");
			return -1;
		}
	}
	memcpy(pfn, arr, size);
	batch.arr = pfn;
	rc = ioctl(fmem->fd, IOCTL_PRIVCMD_MMAPBATCH, &batch);
	rc = v1_errors(fmem->fd, domid, addr, num, arr, pfn, err,
		       rc < 0 ? -errno : 0);
	if (pfn != here)
		munmap(pfn, size);
	if (rc) {
		errno = -rc;
		rc = -1;
	}
	return rc;
}

void *foreign_stock_map(xenforeignmemory_handle *fmem, uint32_t domid,
			void *addr, int prot, int flags, size_t num,
			const xen_pfn_t *arr, int *err)
{
	int rc;

	addr = mmap(addr, num << PAGE_SHIFT, prot, flags | MAP_SHARED, fmem->fd,
		    0);
	if (addr == MAP_FAILED)
		return NULL;
	rc = batch_v2(fmem->fd, domid, addr, num, arr, err);
	if (rc < 0 && errno == ENOENT) {
		do {
			usleep(PAGED_WAIT_US);
			rc = retry_paged(fmem->fd, domid, addr, num, arr, err);
		} while (rc > 0);
	} else if (rc < 0 && errno == EINVAL && (int)num > 0) {
		rc = map_v1(fmem, domid, addr, num, arr, err);
	}
	if (rc < 0) {
		unmap_quietly(addr, num);
		return NULL;
	}
	return addr;
}

int foreign_stock_map_resource(xenforeignmemory_handle *fmem,
			       xenforeignmemory_resource_handle *fres)
{
	bool size_only = !fres->addr && !fres->nr_frames;
	privcmd_mmap_resource_t resource = {
		.dom = fres->domid,
		.type = fres->type,
		.id = fres->id,
		.idx = fres->frame,
		.num = fres->nr_frames,
	};

	if (!size_only) {
		fres->addr = mmap(fres->addr, fres->nr_frames << PAGE_SHIFT,
				  fres->prot, fres->flags | MAP_SHARED,
				  fmem->fd, 0);
		if (fres->addr == MAP_FAILED)
			return -1;
		resource.addr = (uintptr_t)fres->addr;
	}
	if (ioctl(fmem->fd, IOCTL_PRIVCMD_MMAP_RESOURCE, &resource)) {
		if (errno == fmem->unimplemented)
			errno = EOPNOTSUPP;
		if (fres->addr)
			unmap_quietly(fres->addr, fres->nr_frames);
		return -1;
	}
	if (!fres->addr)
		fres->nr_frames = resource.num;
	return 0;
}
