// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Promise: our libxenctrl answers as stock's does, byte for byte, at once and
 * in a batch: handles, errors, buffers, maps, host, event channels, grants and
 * raw hypercalls. (Domains: xc_diff_domain. Schedulers: xc_diff_sched.)
 */
#include "helper/xc_diff.h"
#include "helper/xc_symbols.h"

/* Handles, errors, loggers */

static void handles(struct mode *m)
{
	/* Found as the library itself finds it. */
	__typeof__(&xencall2) call = symbol(m->dl, "xencall2");
	xc_interface *xch;

	CALL_PTR(m, xc_interface_xcall_handle);
	CALL_PTR(m, xc_interface_fmem_handle);
	CALL_PTR(m, xc_interface_dmod_handle);
	note(m, "its xencall works: %d",
	     call(m->api.xc_interface_xcall_handle(m->xch),
		      __HYPERVISOR_xen_version, XENVER_version, 0));
	xch = DO(m, xc_interface_open, NULL, NULL, XC_OPENFLAG_NON_REENTRANT);
	note(m, "non-reentrant %d", !!xch);
	note(m, "version %d", m->api.xc_version(xch, XENVER_version, NULL));
	note(m, "text '%s'", m->api.xc_strerror(xch, ENOTRECOVERABLE));
	note(m, "close %d", DO(m, xc_interface_close, xch));
	xch = DO(m, xc_interface_open, NULL, NULL, XC_OPENFLAG_DUMMY);
	note(m, "dummy %d, its handle %d", !!xch,
	     !!m->api.xc_interface_xcall_handle(xch));
	note(m, "close %d", DO(m, xc_interface_close, xch));
	note(m, "close nothing %d", DO(m, xc_interface_close, NULL));
}

static void say(struct mode *m, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	DRIVES(xc_reportv);
	called[fn_xc_reportv] = true;
	m->api.xc_reportv(m->xch, &m->log.vtable, XTL_WARN, 0, fmt, ap);
	va_end(ap);
}

static void errors(struct mode *m)
{
	const xc_error *last;
	char big[1500];
	int i;

	for (i = -2; i < 8; i++)
		note(m, "desc %d '%s'", i, DO(m, xc_error_code_to_desc, i));
	for (i = 0; i < 140; i++)
		note(m, "error %d '%s'", i, DO(m, xc_strerror, m->xch, i));
	note(m, "'%s'", DO(m, xc_strerror, m->xch, -5));
	memset(big, 'x', sizeof(big) - 1);
	big[sizeof(big) - 1] = 0;
	m->log.len = 0;
	DO(m, xc_report_error, m->xch, XC_INVALID_PARAM, "%s", big);
	DO(m, xc_report_error, m->xch, XC_ERROR_NONE, "one %d\n", 5);
	DO(m, xc_report_error, m->xch, 77, "two\n\n");
	DO(m, xc_report, m->xch, &m->log.vtable, XTL_INFO, XC_OUT_OF_MEMORY,
	   "three");
	say(m, "four %s\n", "x");
	DO(m, xc_report_progress_single, m->xch, "five");
	note(m, "prefix %d", !!DO(m, xc_set_progress_prefix, m->xch, "six"));
	DO(m, xc_report_progress_step, m->xch, 1, 7);
	note(m, "prefix '%s'", DO(m, xc_set_progress_prefix, m->xch, NULL));
	note(m, "%s", m->log.text);
	last = DO(m, xc_get_last_error, m->xch);
	note(m, "last %d '%s'", last->code, last->message);
	DO(m, xc_clear_last_error, m->xch);
	note(m, "last %d '%s'", last->code, last->message);
}

/* Buffers: addresses differ, contents and refusals do not. */

static bool all_zero(const char *p, size_t len)
{
	while (len && !*p)
		p++, len--;
	return !len;
}

static void one_buffer(struct mode *m, size_t size)
{
	DECLARE_HYPERCALL_BUFFER(char, buf);
	int round;

	for (round = 0; round < 3; round++) {
		buf = DO(m, xc__hypercall_buffer_alloc, m->xch,
			 HYPERCALL_BUFFER(buf), size);
		note(m, "%zu bytes: %d, %d, zero %d", size, !!buf,
		     buf == HYPERCALL_BUFFER(buf)->hbuf,
		     !buf || all_zero(buf, size));
		if (!buf)
			return;
		memset(buf, 0x5a, size);
		DO(m, xc__hypercall_buffer_free, m->xch, HYPERCALL_BUFFER(buf));
	}
}

static void some_pages(struct mode *m, int nr)
{
	DECLARE_HYPERCALL_BUFFER(char, buf);
	int round, err;

	for (round = 0; round < 2; round++) {
		errno = 0;
		buf = DO(m, xc__hypercall_buffer_alloc_pages, m->xch,
			 HYPERCALL_BUFFER(buf), nr);
		err = buf ? 0 : errno;
		note(m, "%d pages: %d, errno %d, aligned %d, zero %d", nr,
		     !!buf, err, !((uintptr_t)buf % XC_PAGE_SIZE),
		     !buf || all_zero(buf, nr * XC_PAGE_SIZE));
		if (!buf)
			return;
		memset(buf, 0xa5, nr * XC_PAGE_SIZE);
		DO(m, xc__hypercall_buffer_free_pages, m->xch,
		   HYPERCALL_BUFFER(buf), nr);
	}
}

static void bounce(struct mode *m, int dir, bool null)
{
	char user[5000];
	xc_hypercall_buffer_t b = {
		.dir = dir, .ubuf = null ? NULL : user, .sz = sizeof(user),
	};

	memset(user, 'u', sizeof(user));
	note(m, "pre %d", DO(m, xc__hypercall_bounce_pre, m->xch, &b));
	note(m, "hbuf %d", !!b.hbuf);
	if (b.hbuf) {
		bytes(m, "hbuf", b.hbuf, 16);
		memset(b.hbuf, 'h', sizeof(user));
	}
	DO(m, xc__hypercall_bounce_post, m->xch, &b);
	bytes(m, "user", user, 16);
	bytes(m, "end", user + sizeof(user) - 8, 8);
}

static void buffers(struct mode *m)
{
	static const size_t sizes[] = { 0, 1, 16, 100, 4080, 4081, 4096, 10000,
					300000 };
	xc_hypercall_buffer_array_t *array;
	DECLARE_HYPERCALL_BUFFER(char, buf);
	xc_hypercall_buffer_t got;
	unsigned int i;

	for (i = 0; i < NR(sizes); i++)
		one_buffer(m, sizes[i]);
	for (i = 1; i < 12; i += 5)
		some_pages(m, i);
	some_pages(m, -1);
	for (i = 1; i < 4; i++)
		bounce(m, i, false);
	bounce(m, 3, true);
	array = DO(m, xc_hypercall_buffer_array_create, m->xch, 3);
	for (i = 0; i < 2; i++) {
		buf = DO(m, xc__hypercall_buffer_array_alloc, m->xch, array, i,
			 HYPERCALL_BUFFER(buf), 50);
		note(m, "element %d", !!buf);
		note(m, "got %d", buf == DO(m, xc__hypercall_buffer_array_get,
					    m->xch, array, i, &got));
		note(m, "hbuf %d dir %d", got.hbuf == buf, got.dir);
	}
	DO(m, xc_hypercall_buffer_array_destroy, m->xch, array);
	DO(m, xc_hypercall_buffer_array_destroy, m->xch, NULL);
	buf = DO(m, xc_memalign, m->xch, 4096, 100);
	note(m, "memalign %d", buf && !((uintptr_t)buf % 4096));
	free(buf);
	note(m, "memalign 3: %d", !!m->api.xc_memalign(m->xch, 3, 100));
}

static void maps(struct mode *m)
{
	int size = CALL(m, xc_get_cpumap_size), i;
	unsigned char *map, bits[4] = { 0 };

	CALL(m, xc_get_max_cpus);
	CALL(m, xc_get_max_nodes);
	CALL(m, xc_get_nodemap_size);
	CALL(m, xc_get_online_cpus);
	map = CALL_PTR(m, xc_cpumap_alloc);
	bytes(m, "cpumap", map, size);
	free(map);
	map = CALL_PTR(m, xc_nodemap_alloc);
	bytes(m, "nodemap", map, 1);
	free(map);
	for (i = 0; i < 32; i += 3)
		DO(m, xc_cpumap_setcpu, i, bits);
	for (i = 0; i < 32; i += 2)
		DO(m, xc_cpumap_clearcpu, i, bits);
	for (i = 0; i < 32; i++)
		note(m, "%d", DO(m, xc_cpumap_testcpu, i, bits));
	bytes(m, "bits", bits, sizeof(bits));
}

/* Host */

static void version(struct mode *m)
{
	char buf[sizeof(xen_commandline_t) + 64];
	xen_build_id_t *id = (void *)buf;
	int cmd;

	for (cmd = -1; cmd < 13; cmd++) {
		memset(buf, 0xcc, sizeof(buf));
		if (cmd == XENVER_build_id)
			id->len = 20;
		CALL(m, xc_version, cmd, buf);
		bytes(m, "buf", buf, sizeof(buf));
	}
	id->len = 0;
	CALL(m, xc_version, XENVER_build_id, buf);
	id->len = 3;
	CALL(m, xc_version, XENVER_build_id, buf);
	bytes(m, "too short", buf, 16);
	for (cmd = 0; cmd < 10; cmd++)
		CALL(m, xc_version, cmd, NULL);
}

static void host(struct mode *m)
{
	static const int widths[][2] = {
		{ 0, 0 }, { 0, 32 }, { 32, 64 }, { 64, 0 }, { 200, 300 },
		{ 5, 1 }, { -1, -1 },
	};
	xc_physinfo_t info;
	uint64_t heap;
	unsigned int i;
	int node;

	memset(&info, 0xcc, sizeof(info));
	CALL(m, xc_physinfo, &info);
	bytes(m, "physinfo", &info, sizeof(info));
	for (i = 0; i < NR(widths); i++) {
		for (node = -1; node < 3; node++) {
			heap = 0;
			CALL(m, xc_availheap, widths[i][0], widths[i][1], node,
			     &heap);
			bytes(m, "heap", &heap, sizeof(heap));
		}
	}
}

static void topology(struct mode *m)
{
	static const unsigned int sizes[] = { 0, 1, 2, 5, 64 };
	xc_cputopo_t cpus[64];
	xc_meminfo_t mem[64];
	uint32_t dist[64 * 64];
	physdev_pci_device_t devs[3] = { { 0, 0, 0 }, { 0, 0, 8 },
					 { 77, 3, 5 } };
	uint32_t nodes[3] = { 7, 8, 9 };
	unsigned int i, n;

	for (i = 0; i < NR(sizes); i++) {
		memset(cpus, 0xcc, sizeof(cpus));
		n = sizes[i];
		CALL(m, xc_cputopoinfo, &n, cpus);
		note(m, "n %u", n);
		bytes(m, "cpus", cpus, sizeof(cpus));
		n = sizes[i];
		CALL(m, xc_cputopoinfo, &n, NULL);
		note(m, "n %u", n);

		memset(mem, 0xcc, sizeof(mem));
		memset(dist, 0xcc, sizeof(dist));
		n = sizes[i];
		CALL(m, xc_numainfo, &n, mem, dist);
		note(m, "n %u", n);
		/* How much is free moves when anybody allocates. */
		for (n = 0; n < 64 && mem[n].memsize != ~0ULL / 0xff * 0xcc;
		     n++)
			mem[n].memfree = 0;
		bytes(m, "mem", mem, sizeof(mem));
		bytes(m, "dist", dist, sizeof(dist));
		n = sizes[i];
		CALL(m, xc_numainfo, &n, NULL, NULL);
		note(m, "n %u", n);
	}
	for (i = 0; i < 4; i++)
		CALL(m, xc_pcitopoinfo, i, devs, nodes);
	bytes(m, "nodes", nodes, sizeof(nodes));
	CALL(m, xc_pcitopoinfo, 2, NULL, NULL);
}

static void cpuinfo(struct mode *m)
{
	static const int sizes[] = { 0, 1, 2, 64 };
	xc_cpuinfo_t info[64];
	unsigned int i, j;
	int nr;

	for (i = 0; i < NR(sizes); i++) {
		memset(info, 0xcc, sizeof(info));
		nr = -5;
		CALL(m, xc_getcpuinfo, sizes[i], info, &nr);
		note(m, "nr %d", nr);
		/* Idle time moves: only whether there is any. */
		for (j = 0; j < 64; j++)
			note(m, "%u: %d", j, info[j].idletime == 0 ? 0 :
			     info[j].idletime == ~0ULL / 0xff * 0xcc ? 2 : 1);
		CALL(m, xc_getcpuinfo, sizes[i], info, NULL);
	}
	/* Not -1: stock's sum overflows, and it copies until it crashes. */
	CALL(m, xc_getcpuinfo, 2, NULL, NULL);
}

static void console(struct mode *m)
{
	static const unsigned int sizes[] = { 0, 1, 77, 6000, 65536 };
	static char buf[65536];
	uint32_t index;
	unsigned int i, n;

	for (i = 0; i < NR(sizes); i++) {
		memset(buf, 0xcc, sizeof(buf));
		n = sizes[i];
		CALL(m, xc_readconsolering, buf, &n, 0, 0, NULL);
		note(m, "n %u", n);
		bytes(m, "ring", buf, sizeof(buf));
		index = 5;
		n = sizes[i];
		CALL(m, xc_readconsolering, buf, &n, 0, 1, &index);
		note(m, "n %u index %u", n, index);
		bytes(m, "ring", buf, 200);
	}
	n = 100;
	CALL(m, xc_readconsolering, NULL, &n, 0, 0, NULL);
	/* Keys that Xen has no handler for, so that it says nothing. */
	CALL(m, xc_send_debug_keys, "");
	CALL(m, xc_send_debug_keys, "~");
	CALL(m, xc_send_debug_keys, "~~~~");
}

/* A watchdog that barks would end dom0: armed for long, and disarmed. */
static void watchdog(struct mode *m)
{
	long id = CALL(m, xc_watchdog, 0, 1000);

	CALL(m, xc_watchdog, id, 2000);
	CALL(m, xc_watchdog, id, 0);
	CALL(m, xc_watchdog, 99, 1000);
	CALL(m, xc_watchdog, 2, 0);
}

/* Event channels and grants */

static void evtchn(struct mode *m)
{
	xc_evtchn_status_t s;
	unsigned int i;
	uint32_t port;

	/* Ports are counted from the first again. */
	CALL(m, xc_evtchn_reset, m->twin);
	for (i = 0; i < 3; i++)
		CALL(m, xc_evtchn_alloc_unbound, m->twin, 0);
	CALL(m, xc_evtchn_alloc_unbound, m->twin, dom_a);
	CALL(m, xc_evtchn_alloc_unbound, m->twin, 31999);
	for (i = 0; i < NR(bad_domids); i++) {
		if (bad_domids[i] != 0x7ff0) {
			CALL(m, xc_evtchn_reset, bad_domids[i]);
			CALL(m, xc_evtchn_alloc_unbound, bad_domids[i], 0);
		}
	}
	for (port = 0; port < 12; port++) {
		memset(&s, 0, sizeof(s));
		s.dom = m->twin;
		s.port = port;
		CALL(m, xc_evtchn_status, &s);
		s.dom = 0;
		bytes(m, "status", &s, sizeof(s));
	}
	for (i = 0; i < NR(bad_domids); i++) {
		s.dom = bad_domids[i];
		s.port = 100000;
		CALL(m, xc_evtchn_status, &s);
		bytes(m, "status", &s, sizeof(s));
	}
	CALL(m, xc_evtchn_reset, m->twin);
}

static void grants(struct mode *m)
{
	const uint32_t domids[] = { 0, dom_a, 31999, 0x7ff0, 0xffff };
	struct gnttab_query_size q[4];
	struct gnttab_get_version v;
	unsigned int i, j;

	for (i = 0; i < NR(domids); i++) {
		memset(q, 0xcc, sizeof(q));
		q[0].dom = domids[i];
		CALL(m, xc_gnttab_query_size, &q[0]);
		/* dom0's own table may grow meanwhile. */
		if (domids[i] && domids[i] != 0x7ff0)
			bytes(m, "size", &q[0], sizeof(q[0]));
		CALL(m, xc_gnttab_get_version, domids[i]);
		memset(&v, 0xcc, sizeof(v));
		v.dom = domids[i];
		CALL(m, xc_gnttab_op, GNTTABOP_get_version, &v, sizeof(v), 1);
		bytes(m, "version", &v, sizeof(v));
		for (j = 0; j < 4; j++)
			q[j].dom = dom_a;
		CALL(m, xc_gnttab_op, GNTTABOP_query_size, q, sizeof(q[0]), i);
		bytes(m, "sizes", q, sizeof(q));
	}
	CALL(m, xc_gnttab_op, 9999, &v, sizeof(v), 1);
	CALL(m, xc_gnttab_op, GNTTABOP_get_version, NULL, 0, 1);
	CALL(m, xc_gnttab_op, GNTTABOP_get_version, &v, 0, 0);
}

/* Raw hypercalls */

static void domctl(struct mode *m)
{
	static const uint32_t cmds[] = {
		XEN_DOMCTL_getdomaininfo, XEN_DOMCTL_getvcpuinfo,
		XEN_DOMCTL_get_address_size, XEN_DOMCTL_max_vcpus, 0, 99999,
	};
	const uint32_t domids[] = { dom_a, dom_b, 31999, 0x7fff };
	struct xen_domctl d;
	unsigned int i, j;

	for (i = 0; i < NR(cmds); i++) {
		for (j = 0; j < NR(domids); j++) {
			memset(&d, 0, sizeof(d));
			d.cmd = cmds[i];
			d.domain = domids[j];
			d.interface_version = 3;
			CALL(m, xc_domctl, &d);
			bytes(m, "domctl", &d, sizeof(d));
		}
	}
}

static void sysctl(struct mode *m)
{
	struct xen_sysctl s;
	unsigned int cmd;

	for (cmd = 0; cmd < 120; cmd += 13) {
		memset(&s, 0, sizeof(s));
		s.cmd = cmd;
		s.interface_version = 77;
		CALL(m, xc_sysctl, &s);
		bytes(m, "sysctl", &s, sizeof(s));
	}
	memset(&s, 0, sizeof(s));
	s.cmd = XEN_SYSCTL_sched_id;
	CALL(m, xc_sysctl, &s);
	bytes(m, "sysctl", &s, sizeof(s));
}

static void memory_op(struct mode *m)
{
	const uint32_t domids[] = { dom_a, dom_b, 0x7ff0, 31999, 0xffff };
	struct xen_memory_map map = { .nr_entries = 0 };
	unsigned long page = 5;
	unsigned int i;
	domid_t domid;

	CALL(m, xc_memory_op, XENMEM_maximum_ram_page, NULL, 0);
	CALL(m, xc_maximum_ram_page, &page);
	note(m, "page %lx", page);
	for (i = 0; i < NR(domids); i++) {
		domid = domids[i];
		CALL(m, xc_memory_op, XENMEM_maximum_reservation, &domid,
		     sizeof(domid));
		CALL(m, xc_memory_op, XENMEM_maximum_gpfn, &domid,
		     sizeof(domid));
		bytes(m, "domid", &domid, sizeof(domid));
	}
	CALL(m, xc_memory_op, XENMEM_memory_map, &map, sizeof(map));
	bytes(m, "map", &map, sizeof(map));
	CALL(m, xc_memory_op, 60, &domid, sizeof(domid));
	CALL(m, xc_memory_op, XENMEM_maximum_gpfn, NULL, 0);
	CALL(m, xc_memory_op, XENMEM_maximum_gpfn, &domid, 0);
}

static const struct diff_case cases[] = {
	{ "handles", handles, 1 },
	{ "errors and messages", errors, 1 },
	{ "hypercall buffers", buffers, 1 },
	{ "maps and maxima", maps, 1 },
	{ "xc_version", version, 1 },
	/* free memory moves when anybody allocates */
	{ "physinfo and heap", host, 20 },
	{ "topology", topology, 1 },
	{ "cpus' idle time", cpuinfo, 1 },
	/* somebody may print in between */
	{ "console", console, 5 },
	{ "watchdog", watchdog, 1 },
	{ "event channels", evtchn, 1 },
	{ "grants", grants, 1 },
	{ "xc_domctl", domctl, 1 },
	{ "xc_sysctl", sysctl, 1 },
	{ "xc_memory_op", memory_op, 1 },
};

int main(void)
{
	ksft_print_header();
	open_modes();
	make_domains();
	ksft_set_plan(NR(cases) + 3);
	run_cases(cases, NR(cases));
	all_called("xc_diff");
	list_is_whole();
	versions_are_stocks();
	end_domains();
	ksft_finished();
}
