// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * libxenforeignmemory.so.1: the functions that programs call. Contracts are in
 * <xenforeignmemory.h>; what is written here is what stock 4.17 does besides.
 */
#include <errno.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "foreign.h"
#include "log.h"

static int restrict_cb(Xentoolcore__Active_Handle *active, domid_t domid)
{
	xenforeignmemory_handle *fmem =
		(void *)((char *)active -
			 offsetof(xenforeignmemory_handle, active));

	/* Half-way between being known to libxentoolcore and being opened. */
	return fmem->fd < 0 ? 0 : xenforeignmemory_restrict(fmem, domid);
}

API xenforeignmemory_handle *xenforeignmemory_open(xentoollog_logger *logger,
						   unsigned int open_flags)
{
	xenforeignmemory_handle *fmem = calloc(1, sizeof(*fmem));

	(void)open_flags;
	if (!fmem)
		return NULL;
	fmem->fd = -1;
	fast_init(&fmem->fast, &foreign_fast_kind);
	fmem->active.restrict_callback = restrict_cb;
	xentoolcore__register_active_handle(&fmem->active);
	if (!log_open(&fmem->logger, &fmem->logger_tofree, logger) ||
	    foreign_stock_open(fmem))
		goto err_active;
	return fmem;

err_active:
	xentoolcore__deregister_active_handle(&fmem->active);
	fast_close(&fmem->fast);
	xtl_logger_destroy(fmem->logger_tofree);
	free(fmem);
	return NULL;
}

API int xenforeignmemory_close(xenforeignmemory_handle *fmem)
{
	int rc;

	if (!fmem)
		return 0;
	xentoolcore__deregister_active_handle(&fmem->active);
	fast_close(&fmem->fast);
	rc = close(fmem->fd);
	xtl_logger_destroy(fmem->logger_tofree);
	free(fmem);
	return rc;
}

/* Without an array of its own for errors, a caller wants all frames or none. */
static void *map_all(xenforeignmemory_handle *fmem, uint32_t domid, void *addr,
		     int prot, int flags, size_t num, const xen_pfn_t *arr)
{
	int *err = malloc(num * sizeof(*err));
	void *ret;
	size_t i;

	if (!err)
		return NULL;
	ret = foreign_stock_map(fmem, domid, addr, prot, flags, num, arr, err);
	for (i = 0; ret && i < num; i++) {
		if (!err[i])
			continue;
		errno = -err[i];
		foreign_stock_unmap(ret, num);
		ret = NULL;
	}
	free(err);
	return ret;
}

API void *xenforeignmemory_map2(xenforeignmemory_handle *fmem, uint32_t domid,
				void *addr, int prot, int flags, size_t num,
				const xen_pfn_t arr[], int err[])
{
	void *ret;

	if (likely(foreign_fast_map(&fmem->fast, domid, addr, prot, flags, num,
				    arr, err, &ret)))
		return ret;
	if (!err)
		return map_all(fmem, domid, addr, prot, flags, num, arr);
	return foreign_stock_map(fmem, domid, addr, prot, flags, num, arr, err);
}

API void *xenforeignmemory_map(xenforeignmemory_handle *fmem, uint32_t domid,
			       int prot, size_t num, const xen_pfn_t arr[],
			       int err[])
{
	return xenforeignmemory_map2(fmem, domid, NULL, prot, 0, num, arr, err);
}

API int xenforeignmemory_unmap(xenforeignmemory_handle *fmem, void *addr,
			       size_t num)
{
	int rc;

	if (likely(fast_is_on(&fmem->fast)) &&
	    fast_area_unmap(&fmem->fast, addr, num, &rc) == FAST_UNMAP_DONE)
		return rc;
	return foreign_stock_unmap(addr, num);
}

API int xenforeignmemory_restrict(xenforeignmemory_handle *fmem, domid_t domid)
{
	int rc = ioctl(fmem->fd, IOCTL_PRIVCMD_RESTRICT, &domid);

	return rc ? rc : fast_restrict(&fmem->fast, domid);
}

/*
 * Resources are mapped once in a while and kept: privcmd does that as well as
 * anybody.
 */
API xenforeignmemory_resource_handle *
xenforeignmemory_map_resource(xenforeignmemory_handle *fmem, domid_t domid,
			      unsigned int type, unsigned int id,
			      unsigned long frame, unsigned long nr_frames,
			      void **paddr, int prot, int flags)
{
	xenforeignmemory_resource_handle *fres;

	if (flags & ~(MAP_SHARED | MAP_PRIVATE)) {
		errno = EINVAL;
		return NULL;
	}
	fres = calloc(1, sizeof(*fres));
	if (!fres) {
		errno = ENOMEM;
		return NULL;
	}
	fres->domid = domid;
	fres->type = type;
	fres->id = id;
	fres->frame = frame;
	fres->nr_frames = nr_frames;
	fres->addr = *paddr;
	fres->prot = prot;
	fres->flags = flags;
	if (foreign_stock_map_resource(fmem, fres)) {
		free(fres);
		return NULL;
	}
	*paddr = fres->addr;
	return fres;
}

API int
xenforeignmemory_unmap_resource(xenforeignmemory_handle *fmem,
				xenforeignmemory_resource_handle *fres)
{
	int rc = 0;

	(void)fmem;
	if (fres)
		rc = foreign_stock_unmap(fres->addr, fres->nr_frames);
	free(fres);
	return rc;
}

API int xenforeignmemory_resource_size(xenforeignmemory_handle *fmem,
				       domid_t domid, unsigned int type,
				       unsigned int id, size_t *size)
{
	xenforeignmemory_resource_handle fres = {
		.domid = domid,
		.type = type,
		.id = id,
	};
	int rc = foreign_stock_map_resource(fmem, &fres);

	if (!rc)
		*size = fres.nr_frames << PAGE_SHIFT;
	return rc;
}
