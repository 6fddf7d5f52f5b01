// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * libxengnttab by its old names (<xenctrl_compat.h>). These have handles of
 * their own and take no part in batches.
 */
#define XC_WANT_COMPAT_GNTTAB_API
#include "handle.h"

#include <xengnttab.h>		/* <xenctrl.h> comes first: it is a tool's */

XC_API xc_gnttab *xc_gnttab_open(xentoollog_logger *logger,
				 unsigned int open_flags)
{
	return xengnttab_open(logger, open_flags);
}

XC_API int xc_gnttab_close(xc_gnttab *xcg)
{
	return xengnttab_close(xcg);
}

XC_API void *xc_gnttab_map_grant_ref(xc_gnttab *xcg, uint32_t domid,
				     uint32_t ref, int prot)
{
	return xengnttab_map_grant_ref(xcg, domid, ref, prot);
}

XC_API void *xc_gnttab_map_grant_refs(xc_gnttab *xcg, uint32_t count,
				      uint32_t *domids, uint32_t *refs,
				      int prot)
{
	return xengnttab_map_grant_refs(xcg, count, domids, refs, prot);
}

XC_API void *xc_gnttab_map_domain_grant_refs(xc_gnttab *xcg, uint32_t count,
					     uint32_t domid, uint32_t *refs,
					     int prot)
{
	return xengnttab_map_domain_grant_refs(xcg, count, domid, refs, prot);
}

XC_API void *xc_gnttab_map_grant_ref_notify(xc_gnttab *xcg, uint32_t domid,
					    uint32_t ref, int prot,
					    uint32_t notify_offset,
					    evtchn_port_t notify_port)
{
	return xengnttab_map_grant_ref_notify(xcg, domid, ref, prot,
					      notify_offset, notify_port);
}

XC_API int xc_gnttab_munmap(xc_gnttab *xcg, void *start_address, uint32_t count)
{
	return xengnttab_unmap(xcg, start_address, count);
}

XC_API int xc_gnttab_set_max_grants(xc_gnttab *xcg, uint32_t count)
{
	return xengnttab_set_max_grants(xcg, count);
}

XC_API xc_gntshr *xc_gntshr_open(xentoollog_logger *logger,
				 unsigned int open_flags)
{
	return xengntshr_open(logger, open_flags);
}

XC_API int xc_gntshr_close(xc_gntshr *xcg)
{
	return xengntshr_close(xcg);
}

XC_API void *xc_gntshr_share_pages(xc_gntshr *xcg, uint32_t domid, int count,
				   uint32_t *refs, int writable)
{
	return xengntshr_share_pages(xcg, domid, count, refs, writable);
}

XC_API void *xc_gntshr_share_page_notify(xc_gntshr *xcg, uint32_t domid,
					 uint32_t *ref, int writable,
					 uint32_t notify_offset,
					 evtchn_port_t notify_port)
{
	return xengntshr_share_page_notify(xcg, domid, ref, writable,
					   notify_offset, notify_port);
}

XC_API int xc_gntshr_munmap(xc_gntshr *xcg, void *start_address, uint32_t count)
{
	return xengntshr_unshare(xcg, start_address, count);
}
