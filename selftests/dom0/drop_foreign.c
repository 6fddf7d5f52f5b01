// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Promise: our libxenforeignmemory answers as stock's does: values, errno,
 * err[], messages, what is in the pages and which of them are there, for good,
 * wrong and hostile arguments, and for clients that unmap or map over by
 * themselves.
 */
#include "helper/drop_diff.h"
#include "helper/drop_material.h"

#define MAP(m, ...) \
	CALL_PTR(m, xenforeignmemory_map, (m)->fmem, __VA_ARGS__)
#define MAP2(m, ...) \
	CALL_PTR(m, xenforeignmemory_map2, (m)->fmem, __VA_ARGS__)
#define UNMAP(m, ...) \
	CALL(m, xenforeignmemory_unmap, (m)->fmem, __VA_ARGS__)

static void errors(struct mode *m, const int *err, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (err[i])
			note(m, "  err[%zu] = %d", i, err[i]);
}

/* Are these pages first, first + 1, ... of the domain? */
static void contents(struct mode *m, char *p, unsigned int first, size_t n)
{
	size_t i, good = 0;

	for (i = 0; i < n; i++)
		good += !faults(p + i * PAGE, false) &&
			pattern_is(p + i * PAGE, first + i);
	note(m, "  %zu of %zu pages are right", good, n);
}

/* What of these pages is there. */
static void presence(struct mode *m, char *p, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		note(m, "  page %zu: read %d, write %d", i,
		     faults(p + i * PAGE, false), faults(p + i * PAGE, true));
}

static void handles(struct mode *m)
{
	xenforeignmemory_handle *fmem;

	fmem = CALL_PTR(m, xenforeignmemory_open, &m->log.vtable, 0);
	CALL(m, xenforeignmemory_close, fmem);
	fmem = CALL_PTR(m, xenforeignmemory_open, NULL, 7);
	CALL(m, xenforeignmemory_close, fmem);
	CALL(m, xenforeignmemory_close, NULL);
}

static void good(struct mode *m)
{
	static const size_t sizes[] = { 1, 2, 16, 24, 25, 511, 512, 513, 1024,
					1100 };
	static const int prots[] = { PROT_READ, RW };
	int err[NR_FRAMES];
	size_t i, round, n;
	char *p, *q;

	for (i = 0; i < 2 * NR(sizes); i++) {
		for (round = 0; round < 3; round++) {
			n = sizes[i / 2];
			if (n + round > NR_FRAMES)
				continue;
			memset(err, 0x55, sizeof(err));
			p = MAP(m, dom, prots[i & 1], n, frames + round,
				round == 2 ? NULL : err);
			if (round < 2)
				errors(m, err, n);
			note(m, "  aligned %d", !((uintptr_t)p % PAGE));
			contents(m, p, round, n);
			note(m, "  last page: read %d, write %d",
			     faults(p + n * PAGE - 1, false),
			     faults(p + n * PAGE - 1, true));
			UNMAP(m, p, n);
			note(m, "  there still: %d", !faults(p, false));
		}
	}
	/* Written here, seen there. */
	p = MAP(m, dom, RW, 3, frames, err);
	q = MAP(m, dom, PROT_READ, 3, frames, err);
	p[PAGE + 5] ^= 0x5a;
	note(m, "  seen %d", q[PAGE + 5] == p[PAGE + 5]);
	p[PAGE + 5] ^= 0x5a;
	contents(m, q, 0, 3);
	UNMAP(m, q, 3);
	UNMAP(m, p, 3);
}

static const xen_pfn_t bad_frames[] = {
	~0ULL, 1ULL << 63, 1ULL << 52, 1ULL << 40, 1ULL << 39, 0xfffffffffULL,
	0xffffffffULL, 0,
};

static void bad_pages(struct mode *m)
{
	xen_pfn_t list[NR(bad_frames) + 3], many[600];
	int err[600];
	size_t i;
	char *p;

	for (i = 0; i < NR(bad_frames); i++) {
		memset(err, 0x55, sizeof(err));
		p = MAP(m, dom, RW, 1, &bad_frames[i], err);
		errors(m, err, 1);
		if (p) {
			presence(m, p, 1);
			UNMAP(m, p, 1);
		}
		MAP(m, dom, PROT_READ, 1, &bad_frames[i], NULL);
	}
	/* Among good ones: first, last and between. */
	for (i = 0; i < NR(list); i++)
		list[i] = i < NR(bad_frames) ? bad_frames[i] : frames[i];
	list[2] = frames[2];
	list[4] = frames[4];
	memset(err, 0x55, sizeof(err));
	p = MAP(m, dom, RW, NR(list), list, err);
	errors(m, err, NR(list));
	if (p) {
		presence(m, p, NR(list));
		contents(m, p, 0, NR(list));
		UNMAP(m, p, NR(list));
	}
	MAP(m, dom, RW, NR(list), list, NULL);
	/* More than one operation takes, with one of the second part bad. */
	memcpy(many, frames, sizeof(many));
	many[555] = ~0ULL;
	memset(err, 0x55, sizeof(err));
	p = MAP(m, dom, RW, 600, many, err);
	errors(m, err, 600);
	if (p) {
		contents(m, p, 0, 600);
		UNMAP(m, p, 600);
	}
	MAP(m, dom, RW, 600, many, NULL);
	/* A place that had a bad page takes a good one. */
	p = MAP(m, dom, RW, 600, frames, NULL);
	contents(m, p, 0, 600);
	UNMAP(m, p, 600);
}

static void domids(struct mode *m)
{
	const uint32_t ids[] = {
		0, 31999, 0x7fef, 0x7ff0, 0x7ff1, 0x7ff2, 0x7ff3, 0x7ff4,
		0x7fff, 0xffff, 0x10000 | dom, 0xffffffff,
	};
	const xen_pfn_t list[] = { frames[0], 0xb8, 1, 0xfee00, frames[1] };
	int err[NR(list)];
	size_t i;
	char *p;

	for (i = 0; i < NR(ids); i++) {
		memset(err, 0x55, sizeof(err));
		p = MAP(m, ids[i], PROT_READ, NR(list), list, err);
		errors(m, err, NR(list));
		if (p)
			UNMAP(m, p, NR(list));
		/* A number of 17 bits is cut to one that there is. */
		p = MAP(m, ids[i], PROT_READ, 1, list, NULL);
		if (p)
			UNMAP(m, p, 1);
	}
}

static void prots(struct mode *m)
{
	static const int values[] = {
		PROT_NONE, PROT_WRITE, PROT_EXEC, PROT_READ | PROT_EXEC,
		RW | PROT_EXEC, PROT_READ | 0x1000, 0x8000000,
	};
	int err[2];
	size_t i;
	char *p;

	for (i = 0; i < NR(values); i++) {
		memset(err, 0x55, sizeof(err));
		p = MAP(m, dom, values[i], 2, frames, err);
		errors(m, err, 2);
		if (!p)
			continue;
		if (values[i] & PROT_READ) {
			contents(m, p, 0, 2);
			presence(m, p, 2);
		}
		UNMAP(m, p, 2);
	}
}

static void flags(struct mode *m)
{
	static const int values[] = {
		0, MAP_SHARED, MAP_PRIVATE, MAP_FIXED, MAP_FIXED | MAP_SHARED,
		MAP_FIXED_NOREPLACE, MAP_POPULATE, MAP_LOCKED, MAP_NORESERVE,
		MAP_ANONYMOUS, MAP_HUGETLB, MAP_32BIT, MAP_GROWSDOWN, -1,
	};
	const size_t size = 16 * PAGE;
	char *room, *p;
	int err[4];
	size_t i;

	for (i = 0; i < NR(values); i++) {
		room = mmap(NULL, size, RW, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		memset(room, 1, size);
		memset(err, 0x55, sizeof(err));
		p = MAP2(m, dom, room + 4 * PAGE, RW, values[i], 4, frames,
			 err);
		errors(m, err, 4);
		note(m, "  where asked %d, around %d %d", p == room + 4 * PAGE,
		     room[4 * PAGE - 1], room[8 * PAGE]);
		if (p && !err[0]) {
			contents(m, p, 0, 4);
			presence(m, p, 1);
		}
		if (p) {
			UNMAP(m, p, 4);
			note(m, "  there still: %d", !faults(p, false));
		}
		/* Not on a page, and without an address. */
		p = MAP2(m, dom, room + 5, RW, values[i], 1, frames, err);
		if (p)
			UNMAP(m, p, 1);
		p = MAP2(m, dom, NULL, PROT_READ, values[i] & ~MAP_FIXED, 2,
			 frames, NULL);
		if (p)
			UNMAP(m, p, 2);
		/* With MAP_FIXED_NOREPLACE that was address 0, as asked. */
		munmap(NULL, 2 * PAGE);
		munmap(room, size);
	}
	p = MAP2(m, dom, (void *)0x7ffffffff000UL, RW, MAP_FIXED, 4, frames,
		 err);
	note(m, "  %d", !!p);
}

static void counts(struct mode *m)
{
	static const size_t sizes[] = {
		0, 1UL << 20, 1UL << 31, 1UL << 36, 1UL << 52, ~0UL,
	};
	/* The list ends where memory ends, and nobody can map anything there. */
	char *room = mmap(NULL, 2 * PAGE, RW, MAP_PRIVATE | MAP_ANONYMOUS, -1,
			  0);
	xen_pfn_t *list = (void *)(room + PAGE - 4 * sizeof(*list));
	int err[16], i;
	size_t s;
	void *p;

	mprotect(room + PAGE, PAGE, PROT_NONE);
	for (i = 0; i < 4; i++)
		list[i] = frames[i];
	for (s = 0; s < NR(sizes); s++) {
		p = MAP(m, dom, RW, sizes[s], list, err);
		if (p)
			UNMAP(m, p, sizes[s]);
	}
	MAP(m, dom, RW, 0, NULL, NULL);
	MAP(m, dom, RW, ~0UL, list, NULL);
	memset(err, 0x55, sizeof(err));
	MAP(m, dom, RW, 16, list, err);
	errors(m, err, 16);
	MAP(m, dom, RW, 4, NULL, err);
	MAP(m, dom, RW, 4, wild(~7UL), err);
	MAP(m, dom, RW, 4, frames, wild(8));
	MAP(m, dom, RW, 4, frames, wild(~3UL));
	MAP(m, dom, RW, 4, frames, wild((uintptr_t)room + PAGE - 8));
	munmap(room, 2 * PAGE);
}

/* Clients that call munmap themselves, in whole and in part. */
static void client_unmaps(struct mode *m)
{
	size_t i, n;
	char *p, *q;

	for (i = 0; i < 8; i++) {
		n = i & 1 ? 600 : 4;
		p = MAP(m, dom, RW, n, frames, NULL);
		note(m, "munmap %d", munmap(p, n * PAGE));
		note(m, "there still: %d", !faults(p, false));
		UNMAP(m, p, n);
	}
	p = MAP(m, dom, RW, 8, frames, NULL);
	errno = SAID;
	note(m, "front %d %d", munmap(p, PAGE), errno);
	note(m, "back %d %d", munmap(p + 7 * PAGE, PAGE), errno);
	note(m, "between %d %d", munmap(p + 2 * PAGE, PAGE), errno);
	contents(m, p, 0, 8);
	UNMAP(m, p, 7);
	UNMAP(m, p + PAGE, 7);
	UNMAP(m, p + 3, 8);
	contents(m, p, 0, 8);
	UNMAP(m, p, 8);
	UNMAP(m, p, 8);
	UNMAP(m, NULL, 1);
	UNMAP(m, p, 0);
	UNMAP(m, p + 1, 1);
	/* Stock unmaps whatever it is. */
	p = mmap(NULL, 2 * PAGE, RW, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	UNMAP(m, p, 2);
	note(m, "mapped %d", is_mapped(p));
	/* Two neighbours by one call. */
	q = mmap(NULL, 8 * PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	MAP2(m, dom, q, RW, MAP_FIXED, 4, frames, NULL);
	MAP2(m, dom, q + 4 * PAGE, RW, MAP_FIXED, 4, frames + 4, NULL);
	contents(m, q, 0, 8);
	UNMAP(m, q, 8);
	note(m, "mapped %d %d", is_mapped(q), is_mapped(q + 4 * PAGE));
}

/* What was given back is the client's to map over, and never ours again. */
static void client_maps_over(struct mode *m)
{
	char *mine[6], *p;
	size_t i;

	for (i = 0; i < NR(mine); i++) {
		p = MAP(m, dom, RW, 4, frames, NULL);
		UNMAP(m, p, 4);
		if (i & 1)
			note(m, "munmap %d", munmap(p, 4 * PAGE));
		mine[i] = mmap(p, 4 * PAGE, RW,
			       MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
		note(m, "mapped over %d", mine[i] == p);
		memset(mine[i], i + 1, 4 * PAGE);
		p = MAP(m, dom, RW, 4, frames, NULL);
		note(m, "elsewhere %d", p != mine[i]);
		contents(m, p, 0, 4);
		UNMAP(m, p, 4);
	}
	for (i = 0; i < 12; i++) {
		p = MAP(m, dom, RW, i + 1, frames, NULL);
		UNMAP(m, p, i + 1);
	}
	m->api.xenforeignmemory_close(m->fmem);
	m->fmem = m->api.xenforeignmemory_open(&m->log.vtable, 0);
	for (i = 0; i < NR(mine); i++) {
		note(m, "mine %d %d", mine[i][0], mine[i][4 * PAGE - 1]);
		munmap(mine[i], 4 * PAGE);
	}
}

/* A place that mappings of a shape come to again and again is the client's. */
static void client_takes_place(struct mode *m)
{
	const size_t sizes[] = { 4, 511, 512, 600 };
	char *mine[NR(sizes)], *p;
	size_t i, j;

	for (i = 0; i < NR(sizes); i++) {
		for (j = 0; j < 4; j++) {
			p = MAP(m, dom, RW, sizes[i], frames, NULL);
			munmap(p, sizes[i] * PAGE);
		}
		mine[i] = mmap(p, sizes[i] * PAGE, RW,
			       MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
		memset(mine[i], i + 1, sizes[i] * PAGE);
		for (j = 0; j < 3; j++) {
			p = MAP(m, dom, RW, sizes[i], frames, NULL);
			contents(m, p, 0, sizes[i]);
			munmap(p, sizes[i] * PAGE);
		}
	}
	m->api.xenforeignmemory_close(m->fmem);
	m->fmem = m->api.xenforeignmemory_open(&m->log.vtable, 0);
	for (i = 0; i < NR(sizes); i++) {
		for (j = 0; j < sizes[i] * PAGE; j++)
			if (mine[i][j] != (char)(i + 1))
				break;
		note(m, "mine %d", j == sizes[i] * PAGE);
		munmap(mine[i], sizes[i] * PAGE);
	}
}

/* One mapping over another, over what was given back, by another handle. */
static void maps_over_maps(struct mode *m)
{
	xenforeignmemory_handle *other =
		m->api.xenforeignmemory_open(&m->log.vtable, 0);
	char *p, *q;
	int i;

	p = MAP(m, dom, RW, 8, frames, NULL);
	q = MAP2(m, dom, p, PROT_READ, MAP_FIXED, 8, frames + 8, NULL);
	note(m, "same place %d", p == q);
	contents(m, p, 8, 8);
	MAP2(m, dom, p + PAGE, RW, MAP_FIXED, 2, frames, NULL);
	contents(m, p, 8, 8);
	UNMAP(m, p, 8);
	for (i = 0; i < 3; i++) {
		p = MAP(m, dom, RW, 8, frames, NULL);
		UNMAP(m, p, 8);
		q = CALL_PTR(m, xenforeignmemory_map2, i ? m->fmem : other,
			     dom, p, RW, MAP_FIXED, 8, frames + 16, NULL);
		note(m, "same place %d", p == q);
		p = MAP(m, dom, RW, 8, frames, NULL);
		note(m, "elsewhere %d", p != q);
		contents(m, q, 16, 8);
		contents(m, p, 0, 8);
		UNMAP(m, p, 8);
		contents(m, q, 16, 8);
		if (i == 2)
			UNMAP(m, q, 8);
		else
			note(m, "munmap %d", munmap(q, 8 * PAGE));
	}
	/* A handle's mappings outlive it, and any other unmaps them. */
	p = CALL_PTR(m, xenforeignmemory_map, other, dom, RW, 4, frames, NULL);
	CALL(m, xenforeignmemory_close, other);
	contents(m, p, 0, 4);
	UNMAP(m, p, 4);
	note(m, "there still: %d", !faults(p, false));
}

/* What the kernel will do with such pages. */
static void kernel_uses(struct mode *m)
{
	char buf[64], *p = MAP(m, dom, RW, 2, frames, NULL);
	int fds[2];

	if (pipe(fds))
		return;
	errno = SAID;
	note(m, "write %zd %d", write(fds[1], p, 64), errno);
	note(m, "read %zd, same %d", read(fds[0], buf, 64),
	     !memcmp(buf, p, 64));
	note(m, "write back %zd", write(fds[1], buf, 64));
	note(m, "read into %zd %d", read(fds[0], p + 64, 64), errno);
	note(m, "same %d", !memcmp(p + 64, p, 64));
	pattern_write(p, 0);
	close(fds[0]);
	close(fds[1]);
	errno = SAID;
	note(m, "mlock %d", mlock(p, 2 * PAGE));
	note(m, "msync %d %d", msync(p, 2 * PAGE, MS_SYNC), errno);
	note(m, "dontneed %d %d", madvise(p, PAGE, MADV_DONTNEED), errno);
	contents(m, p, 0, 2);
	UNMAP(m, p, 2);
}

static void resources(struct mode *m)
{
	static const unsigned int types[] = { 0, 1, 2, 3, 77 };
	xenforeignmemory_resource_handle *fres;
	unsigned int i, nr;
	size_t size;
	void *addr;

	for (i = 0; i < NR(types); i++) {
		size = 0x5555;
		CALL(m, xenforeignmemory_resource_size, m->fmem, dom, types[i],
		     0, &size);
		note(m, "  size %zx", size);
		CALL(m, xenforeignmemory_resource_size, m->fmem, 31999,
		     types[i], 0, &size);
		for (nr = 0; nr < 6; nr++) {
			addr = NULL;
			fres = CALL_PTR(m, xenforeignmemory_map_resource,
					m->fmem, dom, types[i], nr == 5, 0, nr,
					&addr, nr & 1 ? RW : PROT_READ, 0);
			note(m, "  addr %d", !!addr);
			if (fres && addr)
				note(m, "  first %d", faults(addr, false));
			if (fres)
				CALL(m, xenforeignmemory_unmap_resource,
				     m->fmem, fres);
		}
	}
	addr = NULL;
	CALL_PTR(m, xenforeignmemory_map_resource, m->fmem, dom, 1, 0, 0, 1,
		 &addr, RW, MAP_FIXED);
	CALL_PTR(m, xenforeignmemory_map_resource, m->fmem, dom, 1, 0, 900, 1,
		 &addr, RW, 0);
	CALL_PTR(m, xenforeignmemory_map_resource, m->fmem, 0x7ff0, 1, 0, 0, 1,
		 &addr, RW, MAP_PRIVATE);
	CALL(m, xenforeignmemory_unmap_resource, m->fmem, NULL);
}

/* Many at a time, unmapped in another order, by whom it may be. */
static void many_maps(struct mode *m)
{
	static char *p[400];
	unsigned int i, round, wrong = 0;
	size_t n;

	called[fn_xenforeignmemory_map] = true;
	for (round = 0; round < 3; round++) {
		for (i = 0; i < NR(p); i++) {
			p[i] = m->api.xenforeignmemory_map(m->fmem, dom, RW,
							   1 + i % 3,
							   frames + i, NULL);
			if (!p[i])
				wrong++;
		}
		for (i = 0; i < NR(p); i++)
			wrong += !pattern_is(p[i], i);
		for (i = 0; i < NR(p); i++) {
			unsigned int j = i * 7 % NR(p);

			n = 1 + j % 3;
			if ((i + round) % 4 == 0)
				wrong += !!munmap(p[j], n * PAGE);
			else
				wrong += !!m->api.xenforeignmemory_unmap(
					m->fmem, p[j], n);
		}
	}
	note(m, "wrong: %u", wrong);
}

static const struct diff_case cases[] = {
	{ "handles", handles },
	{ "good mappings", good },
	{ "bad frames", bad_pages },
	{ "domids", domids },
	{ "protections", prots },
	{ "flags and addresses", flags },
	{ "counts and pointers", counts },
	{ "clients that unmap", client_unmaps },
	{ "clients that map over", client_maps_over },
	{ "clients that map where we did", client_takes_place },
	{ "mappings over mappings", maps_over_maps },
	{ "the kernel's use of pages", kernel_uses },
	{ "resources", resources },
	{ "400 mappings", many_maps },
};

int main(void)
{
	uint64_t before;

	ksft_print_header();
	open_modes();
	domain_make();
	ksft_set_plan(NR(cases) + 3);
	before = module_counter("mapped");
	run_cases(cases, NR(cases));
	module_was_used("mapped", before);
	all_called("drop_foreign");
	domain_end();
	ksft_finished();
}
