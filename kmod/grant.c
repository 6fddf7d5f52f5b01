// SPDX-License-Identifier: GPL-2.0
/* GRANT_MAP, GRANT_UNMAP. */
#include <linux/errno.h>
#include <linux/kernel.h>

#include <xen/interface/grant_table.h>

#include "grant.h"
#include "kind.h"
#include "map.h"
#include "ops.h"

int xb_grant_errno(s16 status)
{
	static const s16 errnos[] = {
		[-GNTST_general_error] = -EIO,
		[-GNTST_bad_domain] = -ESRCH,
		[-GNTST_bad_gntref] = -ENOENT,
		[-GNTST_bad_handle] = -EINVAL,
		[-GNTST_bad_virt_addr] = -EINVAL,
		[-GNTST_bad_dev_addr] = -EINVAL,
		[-GNTST_no_device_space] = -ENOSPC,
		[-GNTST_permission_denied] = -EPERM,
		[-GNTST_bad_page] = -EINVAL,
		[-GNTST_bad_copy_arg] = -EINVAL,
		[-GNTST_address_too_big] = -EINVAL,
		[-GNTST_eagain] = -EAGAIN,
		[-GNTST_no_space] = -ENOSPC,
	};

	if (status >= 0)
		return 0;
	if (-status >= (int)ARRAY_SIZE(errnos))
		return -EIO;
	return errnos[-status];
}

static __always_inline void xb_grants_map(struct xb_map *m)
{
	if (m->area->grants->pages)
		xb_grants_settle(m);
	xb_kind_map_grants(m);
}

unsigned int xb_grant_map_run(struct xb_run *run, struct xenbatch_op *ops,
			      struct xb_head head, unsigned int nr)
{
	return xb_map_run(run, ops, head, nr, XB_MAP_REFS, xb_grants_map);
}

unsigned int xb_grant_unmap_run(struct xb_run *run, struct xenbatch_op *ops,
				struct xb_head head, unsigned int nr)
{
	return xb_unmap_run(run, ops, head, nr, xb_kind_unmap_grants);
}
