/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Every function of the drop-ins, with the program that compares it with
 * stock. That the lists are whole is tested against the stock libraries
 * themselves (drop_symbols.h): one that is missing here fails there.
 */
#ifndef DROP_FUNCTIONS_H
#define DROP_FUNCTIONS_H

#define FOREIGN_FUNCTIONS(F) \
	F(drop_foreign, xenforeignmemory_open) \
	F(drop_foreign, xenforeignmemory_close) \
	F(drop_foreign, xenforeignmemory_map) \
	F(drop_foreign, xenforeignmemory_map2) \
	F(drop_foreign, xenforeignmemory_unmap) \
	F(drop_process, xenforeignmemory_restrict) \
	F(drop_foreign, xenforeignmemory_map_resource) \
	F(drop_foreign, xenforeignmemory_unmap_resource) \
	F(drop_foreign, xenforeignmemory_resource_size)

#define GNTTAB_FUNCTIONS(F) \
	F(drop_gnttab, xengnttab_open) \
	F(drop_gnttab, xengnttab_close) \
	F(drop_gnttab, xengnttab_fd) \
	F(drop_gnttab, xengnttab_set_max_grants) \
	F(drop_gnttab, xengnttab_map_grant_ref) \
	F(drop_gnttab, xengnttab_map_grant_refs) \
	F(drop_gnttab, xengnttab_map_domain_grant_refs) \
	F(drop_gnttab, xengnttab_map_grant_ref_notify) \
	F(drop_gnttab, xengnttab_unmap) \
	F(drop_copy, xengnttab_grant_copy) \
	F(drop_copy, xengnttab_dmabuf_exp_from_refs) \
	F(drop_copy, xengnttab_dmabuf_exp_wait_released) \
	F(drop_copy, xengnttab_dmabuf_imp_to_refs) \
	F(drop_copy, xengnttab_dmabuf_imp_release) \
	F(drop_copy, xengntshr_open) \
	F(drop_copy, xengntshr_close) \
	F(drop_copy, xengntshr_fd) \
	F(drop_copy, xengntshr_share_pages) \
	F(drop_copy, xengntshr_share_page_notify) \
	F(drop_copy, xengntshr_unshare)

#define EVTCHN_FUNCTIONS(F) \
	F(drop_evtchn, xenevtchn_open) \
	F(drop_evtchn, xenevtchn_fdopen) \
	F(drop_evtchn, xenevtchn_close) \
	F(drop_evtchn, xenevtchn_fd) \
	F(drop_evtchn, xenevtchn_notify) \
	F(drop_evtchn, xenevtchn_bind_unbound_port) \
	F(drop_evtchn, xenevtchn_bind_interdomain) \
	F(drop_evtchn, xenevtchn_bind_virq) \
	F(drop_evtchn, xenevtchn_unbind) \
	F(drop_evtchn, xenevtchn_pending) \
	F(drop_evtchn, xenevtchn_unmask) \
	F(drop_evtchn_process, xenevtchn_restrict)

#define DROP_FUNCTIONS(F) \
	FOREIGN_FUNCTIONS(F) GNTTAB_FUNCTIONS(F) EVTCHN_FUNCTIONS(F)

#endif /* DROP_FUNCTIONS_H */
