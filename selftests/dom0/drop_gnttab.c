// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Promise: our libxengnttab maps and unmaps grants as stock's does: values,
 * errno, messages, contents seen from both sides, one bad reference failing
 * all, notifications, direct use of the descriptor, pages that the kernel can
 * use.
 * (Copies, DMA buffers, sharing: drop_copy.)
 */
#include <poll.h>
#include <sys/stat.h>
#include <sys/uio.h>

/* xenctrl.h comes first: it says that this is a tool. */
#include "helper/drop_diff.h"
#include "helper/drop_material.h"

#include <xen/sys/gntdev.h>
#include <xenevtchn.h>

#define MAP(m, ...) \
	CALL_PTR(m, xengnttab_map_domain_grant_refs, (m)->xgt, __VA_ARGS__)
#define MAP1(m, ...) \
	CALL_PTR(m, xengnttab_map_grant_ref, (m)->xgt, __VA_ARGS__)
#define UNMAP(m, ...)	CALL(m, xengnttab_unmap, (m)->xgt, __VA_ARGS__)

static void contents(struct mode *m, char *p, unsigned int first, size_t n)
{
	size_t i, good = 0;

	for (i = 0; i < n; i++)
		good += !faults(p + i * PAGE, false) &&
			pattern_is(p + i * PAGE, first + i);
	note(m, "  %zu of %zu pages are right", good, n);
}

static void handles(struct mode *m)
{
	xengnttab_handle *xgt;
	struct stat st;
	int fd;

	xgt = CALL_PTR(m, xengnttab_open, &m->log.vtable, 0);
	CALL(m, xengnttab_set_max_grants, xgt, 128);
	called[fn_xengnttab_fd] = true;
	fd = m->api.xengnttab_fd(xgt);
	note(m, "fd %d, %d, flags %x %x", fd >= 0, fstat(fd, &st),
	     fcntl(fd, F_GETFD), fcntl(fd, F_GETFL));
	note(m, "device %d", S_ISCHR(st.st_mode));
	CALL(m, xengnttab_close, xgt);
	note(m, "closed %d", fcntl(fd, F_GETFD));
	xgt = CALL_PTR(m, xengnttab_open, NULL, 3);
	CALL(m, xengnttab_close, xgt);
	CALL(m, xengnttab_close, NULL);
}

static void good(struct mode *m)
{
	static const uint32_t sizes[] = { 1, 2, 16, 24, 25, 128, 511, 512, 513,
					  600 };
	static const int prots[] = { PROT_READ, RW };
	uint32_t domids[NR_GRANTS] = { 0 };
	unsigned int i, round;
	uint32_t n;
	char *p;

	for (i = 0; i < 2 * NR(sizes); i++) {
		for (round = 0; round < 3; round++) {
			n = sizes[i / 2];
			if (n + round > NR_GRANTS)
				continue;
			if (round == 1)
				p = CALL_PTR(m, xengnttab_map_grant_refs,
					     m->xgt, n, domids, refs + round,
					     prots[i & 1]);
			else
				p = MAP(m, n, 0, refs + round, prots[i & 1]);
			contents(m, p, round, n);
			note(m, "  last page: read %d, write %d",
			     faults(p + n * PAGE - 1, false),
			     faults(p + n * PAGE - 1, true));
			UNMAP(m, p, n);
			note(m, "  there still: %d", !faults(p, false));
		}
	}
	p = MAP1(m, 0, refs[7], RW);
	p[5] ^= 0x5a;
	note(m, "  seen %d", shared[7 * PAGE + 5] == p[5]);
	shared[7 * PAGE + 5] ^= 0x5a;
	contents(m, p, 7, 1);
	UNMAP(m, p, 1);
}

static void bad_refs(struct mode *m)
{
	const uint32_t bad[] = { 0xffffffff, 0x7fffffff, 100000, 0, 1 };
	uint32_t list[20], domids[20] = { 0 }, only_read, gone;
	struct mode *s = &modes[STOCK];
	unsigned int i;
	char *p, *page;

	page = s->api.xengntshr_share_pages(share, 0, 1, &gone, 1);
	s->api.xengntshr_unshare(share, page, 1);
	page = s->api.xengntshr_share_pages(share, 0, 1, &only_read, 0);
	for (i = 0; i < NR(bad); i++) {
		p = MAP1(m, 31999, refs[i], RW);
		/* The first few references are the console's and xenstore's. */
		if (bad[i] < 2)
			continue;
		p = MAP1(m, 0, bad[i], RW);
		memcpy(list, refs, sizeof(list));
		list[i * 19 / (NR(bad) - 1)] = bad[i];
		p = MAP(m, 20, 0, list, RW);
		note(m, "  %d", !!p);
	}
	MAP1(m, 0, gone, RW);
	MAP1(m, 0, gone, PROT_READ);
	MAP1(m, 0, only_read, RW);
	p = MAP1(m, 0, only_read, PROT_READ);
	note(m, "read %d, write %d", faults(p, false), faults(p, true));
	UNMAP(m, p, 1);
	memcpy(list, refs, sizeof(list));
	list[13] = only_read;
	MAP(m, 20, 0, list, RW);
	p = MAP(m, 20, 0, list, PROT_READ);
	contents(m, p, 0, 20);
	UNMAP(m, p, 20);
	s->api.xengntshr_unshare(share, page, 1);
	/* Of several domains, one of which is none, or has no such. */
	for (i = 0; i < 3; i++) {
		domids[i * 9] = i == 1 ? dom : 31999;
		CALL_PTR(m, xengnttab_map_grant_refs, m->xgt, 20, domids, refs,
			 RW);
		domids[i * 9] = 0;
	}
	domids[0] = 0x10000;
	p = CALL_PTR(m, xengnttab_map_grant_refs, m->xgt, 20, domids, refs, RW);
	if (p)
		UNMAP(m, p, 20);
	for (i = 0x7ff0; i < 0x7ff6; i++)
		MAP1(m, i, refs[0], RW);
	/* After all that there is nothing in the way. */
	p = MAP(m, 20, 0, refs, RW);
	contents(m, p, 0, 20);
	UNMAP(m, p, 20);
}

static void prots(struct mode *m)
{
	static const int values[] = {
		PROT_NONE, PROT_WRITE, PROT_EXEC, PROT_READ | PROT_EXEC,
		RW | PROT_EXEC, PROT_READ | 0x1000, 0x8000000,
	};
	unsigned int i;
	char *p;

	for (i = 0; i < NR(values); i++) {
		p = MAP(m, 2, 0, refs, values[i]);
		if (!p)
			continue;
		if (values[i] & PROT_READ) {
			contents(m, p, 0, 2);
			note(m, "  write %d", faults(p, true));
		}
		UNMAP(m, p, 2);
	}
}

static void counts(struct mode *m)
{
	static const uint32_t sizes[] = { 0, 65537, 1 << 20 };
	uint32_t *list = calloc(1 << 20, sizeof(*list));
	unsigned int i;

	for (i = 0; i < NR(sizes); i++) {
		MAP(m, sizes[i], 0, list, RW);
		CALL_PTR(m, xengnttab_map_grant_refs, m->xgt, sizes[i], list,
			 list, RW);
	}
	free(list);
}

static void unmaps(struct mode *m)
{
	char *p, *q;
	int i;

	UNMAP(m, NULL, 1);
	UNMAP(m, NULL, 0);
	p = MAP(m, 8, 0, refs, RW);
	UNMAP(m, p, 7);
	UNMAP(m, p, 9);
	UNMAP(m, p, 0);
	contents(m, p, 0, 8);
	UNMAP(m, p, 8);
	UNMAP(m, p, 8);
	for (i = 0; i < 6; i++) {
		p = MAP(m, i & 1 ? 300 : 8, 0, refs, RW);
		note(m, "munmap %d", munmap(p, (i & 1 ? 300 : 8) * PAGE));
		note(m, "there still: %d", !faults(p, false));
		UNMAP(m, p, i & 1 ? 300 : 8);
	}
	/* Memory of ours is no grant. */
	q = mmap(NULL, 2 * PAGE, RW, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	memset(q, 7, 2 * PAGE);
	UNMAP(m, q, 2);
	note(m, "mine %d", q[PAGE]);
	munmap(q, 2 * PAGE);
	/* Given back, mapped over by us: ours for good. */
	for (i = 0; i < 4; i++) {
		p = MAP(m, 4, 0, refs, RW);
		if (i & 1)
			note(m, "munmap %d", munmap(p, 4 * PAGE));
		else
			UNMAP(m, p, 4);
		q = mmap(p, 4 * PAGE, RW,
			 MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
		note(m, "mapped over %d", p == q);
		memset(q, i + 1, 4 * PAGE);
		p = MAP(m, 4, 0, refs, RW);
		note(m, "elsewhere %d", p != q);
		UNMAP(m, p, 4);
		UNMAP(m, q, 4);
		note(m, "mine %d %d", q[0], q[4 * PAGE - 1]);
		munmap(q, 4 * PAGE);
	}
	/* A mapping outlives its handle. */
	p = MAP(m, 3, 0, refs, RW);
	m->api.xengnttab_close(m->xgt);
	m->xgt = m->api.xengnttab_open(&m->log.vtable, 0);
	contents(m, p, 0, 3);
	note(m, "munmap %d", munmap(p, 3 * PAGE));
}

/* Of what the descriptor is asked, everything is gntdev's own answer. */
static void descriptor(struct mode *m)
{
	struct ioctl_gntdev_get_offset_for_vaddr get = { .vaddr = 0 };
	struct ioctl_gntdev_map_grant_ref map = { .count = 1 };
	struct ioctl_gntdev_unmap_grant_ref forget = { .count = 1 };
	int fd = m->api.xengnttab_fd(m->xgt);
	char *p;

	map.refs[0].ref = refs[3];
	errno = SAID;
	note(m, "MAP_GRANT_REF %d %d", ioctl(fd, IOCTL_GNTDEV_MAP_GRANT_REF,
					     &map), errno);
	p = mmap(NULL, PAGE, RW, MAP_SHARED, fd, map.index);
	note(m, "mmap %d", p != MAP_FAILED);
	contents(m, p, 3, 1);
	UNMAP(m, p, 1);
	note(m, "there still: %d", !faults(p, false));
	/* Mapped by the library, looked at and unmapped by hand. */
	p = MAP(m, 1, 0, refs + 4, RW);
	get.vaddr = (uintptr_t)p;
	note(m, "GET_OFFSET %d %d, count %u",
	     ioctl(fd, IOCTL_GNTDEV_GET_OFFSET_FOR_VADDR, &get), errno,
	     get.count);
	contents(m, p, 4, 1);
	note(m, "munmap %d", munmap(p, PAGE));
	forget.index = get.offset;
	note(m, "UNMAP_GRANT_REF %d %d",
	     ioctl(fd, IOCTL_GNTDEV_UNMAP_GRANT_REF, &forget), errno);
	errno = SAID;
	note(m, "unknown %d %d", ioctl(fd, _IO('G', 77), NULL), errno);
}

/* Notifications: a byte of the page, and an event */

static xenevtchn_handle *evtchn;
static evtchn_port_t sender, receiver;

static bool event_came(void)
{
	struct pollfd wait = { xenevtchn_fd(evtchn), POLLIN, 0 };
	int port;

	/* Another vcpu may be the one that takes it. */
	if (poll(&wait, 1, 300) != 1)
		return false;
	port = xenevtchn_pending(evtchn);
	xenevtchn_unmask(evtchn, port);
	return (evtchn_port_t)port == receiver || event_came();
}

static void said(struct mode *m, char *byte)
{
	note(m, "  event %d, byte %d", event_came(), *byte);
	*byte = 9;
}

static void die_mapped(struct mode *m)
{
	xengnttab_handle *xgt = m->api.xengnttab_open(NULL, 0);

	CALL_PTR(m, xengnttab_map_grant_ref_notify, xgt, 0, refs[5], RW, 3,
		 sender);
	fflush(m->out);
	raise(SIGKILL);
}

static void notifies(struct mode *m)
{
	char *byte = shared + 5 * PAGE + 3, *p;
	unsigned int i;

	*byte = 9;
	event_came();
	for (i = 0; i < 4; i++) {
		p = CALL_PTR(m, xengnttab_map_grant_ref_notify, m->xgt, 0,
			     refs[5], RW, i & 1 ? 3 : -1,
			     i & 2 ? sender : (evtchn_port_t)-1);
		said(m, byte);
		UNMAP(m, p, 1);
		said(m, byte);
	}
	/* Unmapped by the client; forgotten when the handle is closed. */
	p = CALL_PTR(m, xengnttab_map_grant_ref_notify, m->xgt, 0, refs[5], RW,
		     3, sender);
	note(m, "munmap %d", munmap(p, PAGE));
	said(m, byte);
	m->api.xengnttab_close(m->xgt);
	said(m, byte);
	m->xgt = m->api.xengnttab_open(&m->log.vtable, 0);
	in_child(m, die_mapped);
	said(m, byte);
	/* Wrong: no such port, a byte that is not to be written, no grant. */
	CALL_PTR(m, xengnttab_map_grant_ref_notify, m->xgt, 0, refs[5], RW, 3,
		 1000);
	CALL_PTR(m, xengnttab_map_grant_ref_notify, m->xgt, 0, refs[5],
		 PROT_READ, 3, sender);
	CALL_PTR(m, xengnttab_map_grant_ref_notify, m->xgt, 0, 0xffffff, RW, 3,
		 sender);
	p = CALL_PTR(m, xengnttab_map_grant_ref_notify, m->xgt, 0, refs[5],
		     PROT_READ, 4096, sender);
	said(m, byte);
	UNMAP(m, p, 1);
	said(m, byte);
	pattern_write(shared + 5 * PAGE, 5);
}

static void evtchn_open(void)
{
	evtchn = xenevtchn_open(NULL, 0);
	receiver = xenevtchn_bind_unbound_port(evtchn, 0);
	sender = xenevtchn_bind_interdomain(evtchn, 0, receiver);
	if ((int)sender < 0)
		ksft_exit_fail_msg("no events: %s\n", strerror(errno));
}

/* Pages of grants are pages to the kernel: it can do I/O on them. */
static void direct_io(struct mode *m)
{
	char *p = MAP(m, 4, 0, refs, RW), buf[2 * PAGE];
	struct iovec local = { buf, sizeof(buf) };
	struct iovec remote = { p + PAGE, sizeof(buf) };
	struct iovec whole = { p, 2 * PAGE };
	int fds[2];

	errno = SAID;
	note(m, "process_vm_readv %zd %d",
	     process_vm_readv(getpid(), &local, 1, &remote, 1, 0), errno);
	contents(m, buf, 1, 2);
	note(m, "process_vm_writev %zd %d",
	     process_vm_writev(getpid(), &local, 1, &whole, 1, 0), errno);
	note(m, "seen %d %d", pattern_is(shared, 1),
	     pattern_is(shared + PAGE, 2));
	pattern_write(p, 0);
	pattern_write(p + PAGE, 1);
	if (!pipe(fds)) {
		errno = SAID;
		note(m, "vmsplice %zd %d", vmsplice(fds[1], &whole, 1, 0),
		     errno);
		note(m, "read %zd", read(fds[0], buf, sizeof(buf)));
		contents(m, buf, 0, 2);
		close(fds[0]);
		close(fds[1]);
	}
	UNMAP(m, p, 4);
	contents(m, shared, 0, 4);
}

static void many_maps(struct mode *m)
{
	static char *p[400];
	unsigned int i, j, round, wrong = 0;

	for (round = 0; round < 3; round++) {
		for (i = 0; i < NR(p); i++) {
			p[i] = m->api.xengnttab_map_domain_grant_refs(
				m->xgt, 1 + i % 3, 0, refs + i, RW);
			wrong += !p[i] || !pattern_is(p[i], i);
		}
		for (i = 0; i < NR(p); i++) {
			j = i * 7 % NR(p);
			if ((i + round) % 4 == 0)
				wrong += !!munmap(p[j], (1 + j % 3) * PAGE);
			else
				wrong += !!m->api.xengnttab_unmap(
					m->xgt, p[j], 1 + j % 3);
		}
	}
	note(m, "wrong: %u", wrong);
}

/*
 * The one thing in which the module's areas differ: a part of one cannot be
 * unmapped. It is refused, and all of it stays as it was.
 */
static void unmap_part(struct mode *m)
{
	bool whole = m == &modes[OURS] && module_is_used();
	char *p = MAP(m, 8, 0, refs, RW);

	errno = SAID;
	if (munmap(p + 3 * PAGE, PAGE) == (whole ? -1 : 0) &&
	    errno == (whole ? EINVAL : SAID))
		note(m, "as expected");
	note(m, "the rest %d %d", pattern_is(p + 2 * PAGE, 2),
	     pattern_is(p + 4 * PAGE, 4));
	note(m, "munmap %d", munmap(p, 8 * PAGE));
	note(m, "there still: %d", !faults(p, false));
}

static const struct diff_case cases[] = {
	{ "handles", handles },
	{ "good mappings", good },
	{ "bad references and domains", bad_refs },
	{ "protections", prots },
	{ "counts", counts },
	{ "unmapping", unmaps },
	{ "the descriptor", descriptor },
	{ "notifications", notifies },
	{ "I/O by the kernel", direct_io },
	{ "400 mappings", many_maps },
	{ "a part is unmapped", unmap_part },
};

int main(void)
{
	uint64_t before;

	ksft_print_header();
	open_modes();
	domain_make();
	grants_make();
	evtchn_open();
	ksft_set_plan(NR(cases) + 3);
	before = module_counter("mapped");
	run_cases(cases, NR(cases));
	module_was_used("mapped", before);
	all_called("drop_gnttab");
	xenevtchn_close(evtchn);
	grants_end();
	domain_end();
	ksft_finished();
}
