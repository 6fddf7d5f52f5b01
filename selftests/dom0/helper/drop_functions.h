/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Every function of the drop-ins, with the program that compares it with
 * stock. That the lists are whole is tested by `make abi-check`.
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

#define CALL_FUNCTIONS(F) \
	F(drop_call, xencall_open) \
	F(drop_call, xencall_close) \
	F(drop_call, xencall_fd) \
	F(drop_call, xencall0) \
	F(drop_call, xencall1) \
	F(drop_call, xencall2) \
	F(drop_call, xencall2L) \
	F(drop_call, xencall3) \
	F(drop_call, xencall4) \
	F(drop_call, xencall5) \
	F(drop_call, xencall_alloc_buffer_pages) \
	F(drop_call, xencall_free_buffer_pages) \
	F(drop_call, xencall_alloc_buffer) \
	F(drop_call, xencall_free_buffer) \
	F(drop_call, xencall_buffers_never_fault)

#define DEVICEMODEL_FUNCTIONS(F) \
	F(drop_devicemodel, xendevicemodel_open) \
	F(drop_devicemodel, xendevicemodel_close) \
	F(drop_devicemodel, xendevicemodel_restrict) \
	F(drop_devicemodel, xendevicemodel_create_ioreq_server) \
	F(drop_devicemodel, xendevicemodel_get_ioreq_server_info) \
	F(drop_devicemodel, xendevicemodel_map_io_range_to_ioreq_server) \
	F(drop_devicemodel, xendevicemodel_unmap_io_range_from_ioreq_server) \
	F(drop_devicemodel, xendevicemodel_map_mem_type_to_ioreq_server) \
	F(drop_devicemodel, xendevicemodel_map_pcidev_to_ioreq_server) \
	F(drop_devicemodel, xendevicemodel_unmap_pcidev_from_ioreq_server) \
	F(drop_devicemodel, xendevicemodel_destroy_ioreq_server) \
	F(drop_devicemodel, xendevicemodel_set_ioreq_server_state) \
	F(drop_devicemodel, xendevicemodel_set_pci_intx_level) \
	F(drop_devicemodel, xendevicemodel_set_isa_irq_level) \
	F(drop_devicemodel, xendevicemodel_set_irq_level) \
	F(drop_devicemodel, xendevicemodel_set_pci_link_route) \
	F(drop_devicemodel, xendevicemodel_inject_msi) \
	F(drop_devicemodel, xendevicemodel_inject_event) \
	F(drop_devicemodel, xendevicemodel_track_dirty_vram) \
	F(drop_devicemodel, xendevicemodel_modified_memory) \
	F(drop_devicemodel, xendevicemodel_modified_memory_bulk) \
	F(drop_devicemodel, xendevicemodel_set_mem_type) \
	F(drop_devicemodel, xendevicemodel_relocate_memory) \
	F(drop_devicemodel, xendevicemodel_pin_memory_cacheattr) \
	F(drop_devicemodel, xendevicemodel_shutdown) \
	F(drop_devicemodel, xendevicemodel_nr_vcpus)

#define XS_FUNCTIONS(F) \
	F(drop_store, xs_check_watch) \
	F(drop_store, xs_close) \
	F(drop_store, xs_control_command) \
	F(drop_store, xs_daemon_close) \
	F(drop_store, xs_daemon_destroy_postfork) \
	F(drop_store, xs_daemon_open) \
	F(drop_store, xs_daemon_open_readonly) \
	F(drop_store, xs_daemon_rundir) \
	F(drop_store, xs_daemon_socket) \
	F(drop_store, xs_daemon_socket_ro) \
	F(drop_store, xs_debug_command) \
	F(drop_store, xs_directory) \
	F(drop_store, xs_domain_open) \
	F(drop_store, xs_fileno) \
	F(drop_store, xs_get_domain_path) \
	F(drop_store, xs_get_permissions) \
	F(drop_store, xs_introduce_domain) \
	F(drop_store, xs_is_domain_introduced) \
	F(drop_store, xs_mkdir) \
	F(drop_store, xs_open) \
	F(drop_store, xs_path_is_subpath) \
	F(drop_store, xs_read) \
	F(drop_store, xs_read_watch) \
	F(drop_store, xs_release_domain) \
	F(drop_store, xs_restrict) \
	F(drop_store, xs_resume_domain) \
	F(drop_store, xs_rm) \
	F(drop_store, xs_set_permissions) \
	F(drop_store, xs_set_target) \
	F(drop_store, xs_strings_to_perms) \
	F(drop_store, xs_suspend_evtchn_port) \
	F(drop_store, xs_transaction_end) \
	F(drop_store, xs_transaction_start) \
	F(drop_store, xs_unwatch) \
	F(drop_store, xs_watch) \
	F(drop_store, xs_write) \
	F(drop_store, xs_write_all)

#define DROP_FUNCTIONS(F) \
	FOREIGN_FUNCTIONS(F) GNTTAB_FUNCTIONS(F) EVTCHN_FUNCTIONS(F) \
	CALL_FUNCTIONS(F) DEVICEMODEL_FUNCTIONS(F) XS_FUNCTIONS(F)

#endif /* DROP_FUNCTIONS_H */
