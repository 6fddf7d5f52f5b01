/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What bridge.S and drop_daemons.c agree upon. */
#ifndef BRIDGE_H
#define BRIDGE_H

#define BRIDGE_HELLO	"a bridge from the console to the store"
#define BRIDGE_OFF	0xff

/* Xen's public headers, whose structures an assembler cannot read */
#define START_INFO_shared_info		40
#define START_INFO_store_mfn		56
#define START_INFO_store_evtchn		64
#define START_INFO_console_mfn		72
#define START_INFO_console_evtchn	80
#define SHARED_upcall_mask		1
#define SHARED_evtchn_pending		2048
#define CONSOLE_in_size			1024
#define CONSOLE_out			1024
#define CONSOLE_out_size		2048
#define CONSOLE_in_cons			3072
#define CONSOLE_out_cons		3080
#define STORE_size			1024
#define STORE_rsp			1024
#define STORE_req_cons			2048
#define STORE_rsp_cons			2056

#ifndef __ASSEMBLER__
#include <assert.h>
#include <stddef.h>
#include <stdint.h>

#include <xen/xen.h>
#include <xen/io/console.h>
#include <xen/io/xs_wire.h>

#define AT(type, field, offset) \
	static_assert(offsetof(struct type, field) == (offset), #field)
AT(start_info, shared_info, START_INFO_shared_info);
AT(start_info, store_mfn, START_INFO_store_mfn);
AT(start_info, store_evtchn, START_INFO_store_evtchn);
AT(start_info, console.domU.mfn, START_INFO_console_mfn);
AT(start_info, console.domU.evtchn, START_INFO_console_evtchn);
AT(shared_info, vcpu_info[0].evtchn_upcall_mask, SHARED_upcall_mask);
AT(shared_info, evtchn_pending, SHARED_evtchn_pending);
AT(xencons_interface, out, CONSOLE_out);
AT(xencons_interface, in_cons, CONSOLE_in_cons);
AT(xencons_interface, out_cons, CONSOLE_out_cons);
AT(xenstore_domain_interface, rsp, STORE_rsp);
AT(xenstore_domain_interface, req_cons, STORE_req_cons);
AT(xenstore_domain_interface, rsp_cons, STORE_rsp_cons);
#undef AT
#endif

#endif /* BRIDGE_H */
