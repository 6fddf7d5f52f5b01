// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Promise: our libxengnttab copies, shares and makes DMA buffers as stock's
 * does: values, errno, messages, the status of each segment, every byte.
 */
#include <poll.h>

#include "helper/drop_diff.h"
#include "helper/drop_material.h"

#include <xen/grant_table.h>
#include <xenevtchn.h>

typedef xengnttab_grant_copy_segment_t segment;

#define ROOM	(20 * PAGE)	/* of the client's, in the middle of a page */
static char *room;

static segment to_memory(uint32_t ref, uint16_t offset, void *p, uint16_t len)
{
	segment s;

	memset(&s, 0, sizeof(s));
	s.source.foreign.ref = ref;
	s.source.foreign.offset = offset;
	s.dest.virt = p;
	s.len = len;
	s.flags = GNTCOPY_source_gref;
	s.status = 55;
	return s;
}

static segment to_grant(uint32_t ref, uint16_t offset, void *p, uint16_t len)
{
	segment s = to_memory(ref, offset, p, len);

	s.dest = s.source;
	s.source.virt = p;
	s.flags = GNTCOPY_dest_gref;
	return s;
}

static segment grant_to_grant(uint32_t from, uint16_t at, uint32_t to,
			      uint16_t offset, uint16_t len)
{
	segment s = to_memory(from, at, NULL, len);

	s.dest.foreign.ref = to;
	s.dest.foreign.offset = offset;
	s.dest.foreign.domid = 0;
	s.flags |= GNTCOPY_dest_gref;
	return s;
}

/* Enough of a sum to tell any two contents of these tests apart. */
static uint64_t sum(const void *p, size_t size)
{
	const unsigned char *c = p;
	uint64_t h = 14695981039346656037ULL;

	while (size--)
		h = (h ^ *c++) * 1099511628211ULL;
	return h;
}

static void before(void)
{
	unsigned int i;

	memset(room, 0x11, ROOM);
	for (i = 0; i < 80; i++)
		pattern_write(shared + i * PAGE, i);
}

static int copy(struct mode *m, uint32_t n, segment *segs)
{
	int rc = CALL(m, xengnttab_grant_copy, m->xgt, n, segs);
	uint32_t i;

	for (i = 0; i < n; i++)
		if (segs[i].status)
			note(m, "  status[%u] = %d", i, segs[i].status);
	note(m, "  memory %llx, grants %llx",
	     (unsigned long long)sum(room, ROOM),
	     (unsigned long long)sum(shared, 80 * PAGE));
	return rc;
}

static int copy_one(struct mode *m, segment s)
{
	before();
	return copy(m, 1, &s);
}

/* Who copies only is no client of the module's. */
static void map_one(struct mode *m)
{
	void *p = m->api.xengnttab_map_grant_ref(m->xgt, 0, refs[0], RW);

	note(m, "unmap %d", m->api.xengnttab_unmap(m->xgt, p, 1));
}

static void without_a_mapping(struct mode *m)
{
	copy_one(m, to_memory(refs[1], 0, room, 100));
	copy_one(m, to_grant(refs[1], 0, room, 100));
}

static void directions(struct mode *m)
{
	static const uint16_t lens[] = { 0, 1, 63, 64, 4095, 4096 };
	unsigned int i;

	map_one(m);
	for (i = 0; i < NR(lens); i++) {
		uint16_t at = PAGE - lens[i];

		copy_one(m, to_memory(refs[1], 0, room, lens[i]));
		copy_one(m, to_memory(refs[1], at, room + 100, lens[i]));
		copy_one(m, to_grant(refs[2], 0, room + 4000, lens[i]));
		copy_one(m, to_grant(refs[2], at, room + PAGE, lens[i]));
		copy_one(m, grant_to_grant(refs[3], 0, refs[4], at, lens[i]));
	}
	copy_one(m, grant_to_grant(refs[3], 100, refs[3], 200, 1000));
}

static void many(struct mode *m)
{
	static segment segs[700];
	static const uint32_t sizes[] = { 2, 16, 17, 64, 512, 513, 700 };
	unsigned int i, k;
	uint16_t len;

	map_one(m);
	for (k = 0; k < NR(sizes); k++) {
		before();
		for (i = 0; i < sizes[k]; i++) {
			len = 1 + i * 37 % 600;
			if (i % 3 == 0)
				segs[i] = to_memory(refs[i % 80], i, room +
						    i * 113, len);
			else if (i % 3 == 1)
				segs[i] = to_grant(refs[i % 80], 2 * i, room +
						   i * 109, len);
			else
				segs[i] = grant_to_grant(refs[i % 80], i,
							 refs[i * 7 % 80],
							 3 * i % 3000, len);
		}
		copy(m, sizes[k], segs);
		/* Two that fail: the others are copied. */
		before();
		segs[sizes[k] / 2].flags = GNTCOPY_source_gref;
		segs[sizes[k] / 2].source.foreign.ref = 0xfffff;
		segs[sizes[k] / 2].source.foreign.offset = 0;
		segs[sizes[k] / 2].dest.virt = room;
		copy(m, sizes[k], segs);
	}
}

static void wrong(struct mode *m)
{
	struct mode *s = &modes[STOCK];
	char *read_only, *page, *none;
	segment segs[5], one;
	uint32_t ref;
	int i;

	map_one(m);
	read_only = mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS,
			 -1, 0);
	none = mmap(NULL, PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	page = s->api.xengntshr_share_pages(share, 0, 1, &ref, 0);
	memset(page, 0, PAGE);
	copy_one(m, to_memory(refs[1], 4000, room, 97));
	copy_one(m, to_memory(refs[1], 4096, room, 1));
	copy_one(m, to_memory(refs[1], 60000, room, 10000));
	copy_one(m, to_memory(refs[1], 0, room, 4097));
	copy_one(m, to_memory(0xffffff, 0, room, 10));
	copy_one(m, to_memory(refs[1], 0, read_only, 10));
	copy_one(m, to_grant(refs[1], 0, read_only, 10));
	copy_one(m, to_memory(refs[1], 0, none, 10));
	/* Not at the very end: there gntdev of 6.1 follows a null pointer. */
	copy_one(m, to_memory(refs[1], 0, wild(16), 10));
	copy_one(m, to_grant(refs[1], 0, wild(16), 10));
	copy_one(m, to_grant(ref, 0, room, 10));
	copy_one(m, to_memory(ref, 0, room, 10));
	one = to_memory(refs[1], 0, room, 10);
	one.source.foreign.domid = 31999;
	copy_one(m, one);
	for (i = 0; i < 8; i++) {
		one = to_memory(refs[1], 0, room, 10);
		one.flags = i == 1 ? 0 : 1 << i;
		copy_one(m, one);
	}
	/* Nobody ever said what is in the padding. */
	for (i = 0; i < 10; i++) {
		one = to_memory(refs[1], 0, room, 10 + i);
		memset((char *)&one + sizeof(one) - 2, 0xee, 2);
		copy_one(m, one);
	}
	copy_one(m, to_memory(refs[1], 0, room, 10));
	/* One of several is malformed: the ones before it may be done. */
	for (i = 0; i < 5; i++) {
		segs[i] = to_memory(refs[i], 0, room + i * PAGE, 4096);
		segs[i].len += i == 3;
	}
	before();
	CALL(m, xengnttab_grant_copy, m->xgt, 5, segs);
	note(m, "  memory %llx", (unsigned long long)sum(room, ROOM));
	CALL(m, xengnttab_grant_copy, m->xgt, 0, segs);
	CALL(m, xengnttab_grant_copy, m->xgt, 0, NULL);
	CALL(m, xengnttab_grant_copy, m->xgt, 1, NULL);
	CALL(m, xengnttab_grant_copy, m->xgt, 3, wild(24));
	CALL(m, xengnttab_grant_copy, m->xgt, 1, wild((uintptr_t)read_only));
	munmap(none, PAGE);
	munmap(read_only, PAGE);
	s->api.xengntshr_unshare(share, page, 1);
}

/* Copies of the client's file must reach the file. */
static void to_a_file(struct mode *m)
{
	char name[] = "/tmp/drop_copy.XXXXXX", buf[PAGE];
	int fd = mkstemp(name);
	segment s;
	char *p;

	if (fd < 0 || ftruncate(fd, PAGE))
		return;
	map_one(m);
	p = mmap(NULL, PAGE, RW, MAP_SHARED, fd, 0);
	before();
	s = to_memory(refs[9], 0, p, PAGE);
	copy(m, 1, &s);
	munmap(p, PAGE);
	note(m, "file %zd %d", pread(fd, buf, PAGE, 0), pattern_is(buf, 9));
	close(fd);
	unlink(name);
}

static void dmabufs(struct mode *m)
{
	uint32_t fd = 0x5555, list[4] = { 0 };
	uint32_t domids[] = { 0, 31999 };
	unsigned int i;

	for (i = 0; i < NR(domids); i++) {
		CALL(m, xengnttab_dmabuf_exp_from_refs, m->xgt, domids[i], 0, 0,
		     refs, &fd);
		CALL(m, xengnttab_dmabuf_exp_from_refs, m->xgt, domids[i], 0, 2,
		     refs, &fd);
		CALL(m, xengnttab_dmabuf_exp_from_refs, m->xgt, domids[i],
		     GNTDEV_DMA_FLAG_WC, 1, refs, &fd);
		note(m, "fd %x", fd);
		CALL(m, xengnttab_dmabuf_imp_to_refs, m->xgt, domids[i], 0, 0,
		     list);
		CALL(m, xengnttab_dmabuf_imp_to_refs, m->xgt, domids[i], 0, 3,
		     list);
		CALL(m, xengnttab_dmabuf_imp_to_refs, m->xgt, domids[i], 9999,
		     3, list);
	}
	CALL(m, xengnttab_dmabuf_exp_wait_released, m->xgt, 0, 10);
	CALL(m, xengnttab_dmabuf_exp_wait_released, m->xgt, 9999, 10);
	CALL(m, xengnttab_dmabuf_imp_release, m->xgt, 0);
	CALL(m, xengnttab_dmabuf_imp_release, m->xgt, 9999);
}

/* Sharing */

static void shared_pages(struct mode *m, xengntshr_handle *xgs, int count,
			 int writable)
{
	uint32_t list[32];
	char *p, *q;
	int i;

	memset(list, 0, sizeof(list));
	p = CALL_PTR(m, xengntshr_share_pages, xgs, 0, count, list, writable);
	if (!p)
		return;
	for (i = 0; i < count; i++)
		pattern_write(p + i * PAGE, i);
	q = m->api.xengnttab_map_domain_grant_refs(m->xgt, count, 0, list,
						   PROT_READ);
	for (i = 0; q && i < count; i++)
		note(m, "  %d %d", !!list[i], pattern_is(q + i * PAGE, i));
	if (q)
		m->api.xengnttab_unmap(m->xgt, q, count);
	q = m->api.xengnttab_map_grant_ref(m->xgt, 0, list[0], RW);
	note(m, "  to be written %d", !!q);
	/* The pages go when nobody has them any more. */
	CALL(m, xengntshr_unshare, xgs, p, count);
	if (q) {
		note(m, "  there still %d", pattern_is(q, 0));
		m->api.xengnttab_unmap(m->xgt, q, 1);
	}
}

static void sharing(struct mode *m)
{
	static const int counts[] = { 1, 2, 32 }, bad[] = { 0, -1, 1 << 20 };
	xengntshr_handle *xgs;
	uint32_t list[2];
	unsigned int i;
	char *p;
	int fd;

	xgs = CALL_PTR(m, xengntshr_open, &m->log.vtable, 0);
	called[fn_xengntshr_fd] = true;
	fd = m->api.xengntshr_fd(xgs);
	note(m, "fd %d, flags %x %x", fd >= 0, fcntl(fd, F_GETFD),
	     fcntl(fd, F_GETFL));
	for (i = 0; i < 2 * NR(counts); i++)
		shared_pages(m, xgs, counts[i / 2], i & 1);
	for (i = 0; i < NR(bad); i++)
		CALL_PTR(m, xengntshr_share_pages, xgs, 0, bad[i], list, 1);
	p = CALL_PTR(m, xengntshr_share_pages, xgs, 31999, 1, list, 1);
	CALL(m, xengntshr_unshare, xgs, p, 1);
	CALL(m, xengntshr_unshare, xgs, p + 1, 1);
	CALL(m, xengntshr_unshare, xgs, p, 0);
	/* Outlives its handle. */
	p = CALL_PTR(m, xengntshr_share_pages, xgs, 0, 2, list, 1);
	CALL(m, xengntshr_close, xgs);
	memset(p, 3, 2 * PAGE);
	CALL(m, xengntshr_unshare, NULL, p, 2);
	xgs = CALL_PTR(m, xengntshr_open, NULL, 0);
	CALL(m, xengntshr_close, xgs);
	CALL(m, xengntshr_close, NULL);
}

static void share_notify(struct mode *m)
{
	xenevtchn_handle *evtchn = xenevtchn_open(NULL, 0);
	xengntshr_handle *xgs = m->api.xengntshr_open(&m->log.vtable, 0);
	int receiver = xenevtchn_bind_unbound_port(evtchn, 0);
	int sender = xenevtchn_bind_interdomain(evtchn, 0, receiver);
	struct pollfd wait = { xenevtchn_fd(evtchn), POLLIN, 0 };
	uint32_t ref;
	char *p, *q;

	/* A port that was bound has an event already. */
	while (poll(&wait, 1, 100) == 1)
		xenevtchn_unmask(evtchn, xenevtchn_pending(evtchn));
	p = CALL_PTR(m, xengntshr_share_page_notify, xgs, 0, &ref, 1, 100,
		     sender);
	q = m->api.xengnttab_map_grant_ref(m->xgt, 0, ref, RW);
	memset(p, 6, PAGE);
	CALL(m, xengntshr_unshare, xgs, p, 1);
	note(m, "event %d, bytes %d %d",
	     poll(&wait, 1, 1000) == 1 &&
		     xenevtchn_pending(evtchn) == receiver, q[100], q[101]);
	m->api.xengnttab_unmap(m->xgt, q, 1);
	CALL_PTR(m, xengntshr_share_page_notify, xgs, 0, &ref, 1, 100, 1000);
	p = CALL_PTR(m, xengntshr_share_page_notify, xgs, 0, &ref, 0, 4096, -1);
	CALL(m, xengntshr_unshare, xgs, p, 1);
	m->api.xengntshr_close(xgs);
	xenevtchn_close(evtchn);
}

static const struct diff_case cases[] = {
	{ "copies and nothing else", without_a_mapping },
	{ "copies in all directions", directions },
	{ "many segments", many },
	{ "wrong segments", wrong },
	{ "copies to a file", to_a_file },
	{ "DMA buffers", dmabufs },
	{ "sharing", sharing },
	{ "sharing with a notification", share_notify },
};

int main(void)
{
	uint64_t copied;

	ksft_print_header();
	open_modes();
	grants_make();
	room = mmap(NULL, ROOM, RW, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	ksft_set_plan(NR(cases) + 2);
	copied = module_counter("copied");
	run_cases(cases, NR(cases));
	module_was_used("copied", copied);
	all_called("drop_copy");
	grants_end();
	ksft_finished();
}
