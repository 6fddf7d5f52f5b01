// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <xen/xen.h>
#include <xen/sys/gntdev.h>
#include <xen/sys/privcmd.h>

#include "fake.h"
#include "os.h"
#include "uapi/xenbatch.h"

#include "fake_kernel.h"
#include "fake_mappings.h"

#define PAGE 4096UL

enum area_kind { AREA_NONE, AREA_RESERVED, AREA_PRIVCMD, AREA_GNTDEV };

/* Page by page: whose it is, and where in its area. */
struct page {
	enum area_kind kind;
	pid_t pid;
	uintptr_t addr;
	unsigned int area;	/* a number that no other has */
	bool filled;
	int prot;
	struct xb_fake_slot slot;
	struct page *next;
};

struct grants {
	void *file;
	uint64_t index;
	uint32_t count;
	bool mapped;
	unsigned int area;
	struct ioctl_gntdev_grant_ref *refs;
	struct ioctl_gntdev_unmap_notify notify;
	struct grants *next;
};

#define BUCKETS 4096

static struct page *pages[BUCKETS];
static struct grants *all_grants;
static unsigned int nr_areas;
static uint64_t next_index = PAGE;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static void lock_all(void)
{
	pthread_mutex_lock(&lock);
}

static void unlock_all(void)
{
	pthread_mutex_unlock(&lock);
}

static void __attribute__((constructor)) init(void)
{
	pthread_atfork(lock_all, unlock_all, unlock_all);
}

static struct page **link_of(uintptr_t addr)
{
	struct page **link = &pages[addr / PAGE % BUCKETS];
	pid_t pid = getpid();

	while (*link && ((*link)->addr != addr || (*link)->pid != pid))
		link = &(*link)->next;
	return link;
}

static struct page *page_at(const void *addr)
{
	return *link_of((uintptr_t)addr);
}

/* What was at addr goes, and something else comes. */
static struct page *set_page(char *addr, enum area_kind kind, unsigned int area)
{
	struct page **link = link_of((uintptr_t)addr), *p = *link;

	if (p)
		xb_fake_empty(&p->slot, addr);
	if (kind == AREA_NONE) {
		if (p)
			*link = p->next;
		free(p);
		return NULL;
	}
	if (!p) {
		p = calloc(1, sizeof(*p));
		p->addr = (uintptr_t)addr;
		p->pid = getpid();
		*link = p;
	}
	p->kind = kind;
	p->area = area;
	p->filled = false;
	return p;
}

/* privcmd's areas may be replaced as a whole only. */
static void check_split(char *addr, size_t size)
{
	struct page *first = page_at(addr), *last = page_at(addr + size - PAGE);
	struct page *before = page_at(addr - PAGE), *after = page_at(addr + size);

	if ((first && before && first->kind == AREA_PRIVCMD &&
	     first->area == before->area) ||
	    (last && after && last->kind == AREA_PRIVCMD &&
	     last->area == after->area))
		abort();
}

/* An area of one kind; or none. Its number. */
static unsigned int set_area(char *addr, size_t size, enum area_kind kind,
			     int prot)
{
	struct page *p;
	size_t at;

	check_split(addr, size);
	nr_areas++;
	for (at = 0; at < size; at += PAGE) {
		p = set_page(addr + at, kind, nr_areas);
		if (p)
			p->prot = prot;
	}
	return nr_areas;
}

/* Addresses are in a piece that was reserved. */
static bool is_ours(char *addr, size_t size)
{
	size_t at;

	for (at = 0; at < size; at += PAGE)
		if (!page_at(addr + at))
			return false;
	return true;
}

int fake_privcmd_mmap(void *file, void *addr, size_t size, int prot)
{
	int err = 0;

	(void)file;
	lock_all();
	if (!is_ours(addr, size))
		abort();	/* would have hit something else */
	if (fake_kernel.mmap_err)
		err = -fake_kernel.mmap_err;
	else
		set_area(addr, size, AREA_PRIVCMD, prot);
	unlock_all();
	return err;
}

/* An area that nobody filled, from its first page to its last. */
static bool is_fresh(char *addr, size_t n)
{
	struct page *first = page_at(addr), *p;
	size_t i;

	for (i = 0; i < n; i++) {
		p = page_at(addr + i * PAGE);
		if (!p || p->kind != AREA_PRIVCMD || p->filled ||
		    p->area != first->area)
			return false;
		p->filled = true;
	}
	p = page_at(addr + n * PAGE);
	if (p && p->area == first->area)
		return false;
	p = page_at(addr - PAGE);
	return !p || p->area != first->area;
}

static long mmapbatch(int domid, const privcmd_mmapbatch_v2_t *b)
{
	char *addr = (char *)(uintptr_t)b->addr;
	bool paged = false;
	struct page *p;
	unsigned int i;

	if (domid >= 0 && domid != b->dom)
		return -EPERM;
	if (xb_fake_knobs.map_err)
		return -xb_fake_knobs.map_err;
	if (!b->num || !is_fresh(addr, b->num))
		return -EINVAL;
	xb_fake_counts.foreign_maps++;
	for (i = 0; i < b->num; i++, addr += PAGE) {
		p = page_at(addr);
		b->err[i] = xb_fake_fill(&p->slot, addr, b->dom, b->arr[i],
					 !(p->prot & PROT_WRITE));
		paged = paged || b->err[i] == -ENOENT;
	}
	return paged ? -ENOENT : 0;
}

static long resource(int domid, const privcmd_mmap_resource_t *r)
{
	char *addr = (char *)(uintptr_t)r->addr;
	struct page *p;
	unsigned int i;
	int err = 0;

	if (domid >= 0 && domid != r->dom)
		return -EPERM;
	if (!is_fresh(addr, r->num))
		return -EINVAL;
	if (r->type > 2)
		return -EOPNOTSUPP;
	for (i = 0; i < r->num && !err; i++, addr += PAGE) {
		p = page_at(addr);
		err = xb_fake_fill(&p->slot, addr, r->dom, 1024 + r->idx + i,
				   !(p->prot & PROT_WRITE));
	}
	return err;
}

long fake_privcmd_ioctl(int domid, unsigned long request, void *arg)
{
	long ret = -ENOTTY;

	lock_all();
	if (request == IOCTL_PRIVCMD_MMAPBATCH_V2)
		ret = mmapbatch(domid, arg);
	else if (request == IOCTL_PRIVCMD_MMAP_RESOURCE)
		ret = resource(domid, arg);
	unlock_all();
	return ret;
}

static struct grants **grants_link(void *file, uint64_t offset, bool exact)
{
	struct grants **link = &all_grants;

	while (*link && ((*link)->file != file ||
			 (exact ? offset != (*link)->index :
			  offset - (*link)->index >= (*link)->count * PAGE)))
		link = &(*link)->next;
	return link;
}

int fake_gntdev_mmap(void *file, uint64_t offset, void *addr, size_t size,
		     int prot)
{
	struct grants *g;
	char *at = addr;
	uint32_t i;
	int err = 0;

	lock_all();
	g = *grants_link(file, offset, true);
	if (!g || g->mapped || g->count != size / PAGE || !is_ours(addr, size))
		abort();
	if (fake_kernel.mmap_err)
		err = -fake_kernel.mmap_err;
	if (!err)
		g->area = set_area(addr, size, AREA_GNTDEV, prot);
	for (i = 0; i < g->count && !err; i++, at += PAGE)
		err = xb_fake_fill_grant(&page_at(at)->slot, at,
					 g->refs[i].domid, g->refs[i].ref,
					 !(prot & PROT_WRITE)) ? -EINVAL : 0;
	g->mapped = !err;
	/* As the kernel leaves it: nothing is there. */
	if (err && err != -fake_kernel.mmap_err) {
		set_area(addr, size, AREA_NONE, 0);
		munmap(addr, size);
	}
	unlock_all();
	return err;
}

static long add_grants(void *file, struct ioctl_gntdev_map_grant_ref *map)
{
	struct grants *g = calloc(1, sizeof(*g));

	g->file = file;
	g->count = map->count;
	g->index = next_index;
	next_index += (map->count + 1) * PAGE;
	g->refs = calloc(map->count, sizeof(*g->refs));
	memcpy(g->refs, map->refs, map->count * sizeof(*g->refs));
	g->next = all_grants;
	all_grants = g;
	map->index = g->index;
	return 0;
}

static long drop_grants(void *file, const struct ioctl_gntdev_unmap_grant_ref *u)
{
	struct grants **link = grants_link(file, u->index, true), *g = *link;
	struct page *p;
	size_t i;

	if (!g || g->count != u->count)
		return -ENOENT;
	/* The library forgets an area when all of it is unmapped. */
	for (i = 0; i < BUCKETS && g->mapped; i++)
		for (p = pages[i]; p; p = p->next)
			if (p->kind == AREA_GNTDEV && p->area == g->area &&
			    p->slot.held)
				abort();
	*link = g->next;
	free(g->refs);
	free(g);
	return 0;
}

static long set_notify(void *file, const struct ioctl_gntdev_unmap_notify *n)
{
	struct grants *g = *grants_link(file, n->index, false);
	struct page *p;
	uint32_t place;
	size_t i;

	if (!g)
		return -ENOENT;
	place = (n->index - g->index) / PAGE;
	for (i = 0; i < BUCKETS; i++) {
		for (p = pages[i]; p; p = p->next) {
			if (p->kind != AREA_GNTDEV || p->area != g->area)
				continue;
			p->slot.what = 0;	/* one an area */
			if (p->slot.domid != g->refs[place].domid ||
			    p->slot.ref != g->refs[place].ref)
				continue;
			if (n->action & 1 && p->slot.readonly)
				return -EINVAL;
			p->slot.what = n->action;
			p->slot.port = n->event_channel_port;
			p->slot.clear = (uint8_t *)p->addr + n->index % PAGE;
		}
	}
	return 0;
}

static long grant_copy(struct ioctl_gntdev_grant_copy *copy)
{
	struct ioctl_gntdev_grant_copy_segment *s = copy->segments;
	struct xenbatch_copy c;
	unsigned int i;

	for (i = 0; i < copy->count; i++, s++) {
		c.flags = s->flags;
		c.len = s->len;
		c.source = XENBATCH_COPY_GRANT(s->source.foreign.domid,
					       s->source.foreign.ref,
					       s->source.foreign.offset);
		c.dest = XENBATCH_COPY_GRANT(s->dest.foreign.domid,
					     s->dest.foreign.ref,
					     s->dest.foreign.offset);
		s->status = xb_fake_copy(&c, s->source.virt, s->dest.virt);
	}
	return 0;
}

long fake_gntdev_ioctl(void *file, unsigned long request, void *arg)
{
	long ret = -ENOTTY;

	lock_all();
	if (request == IOCTL_GNTDEV_MAP_GRANT_REF)
		ret = add_grants(file, arg);
	else if (request == IOCTL_GNTDEV_UNMAP_GRANT_REF)
		ret = drop_grants(file, arg);
	else if (request == IOCTL_GNTDEV_SET_UNMAP_NOTIFY)
		ret = set_notify(file, arg);
	else if (request == IOCTL_GNTDEV_GRANT_COPY)
		ret = grant_copy(arg);
	unlock_all();
	return ret;
}

int fake_reserve(void **addr, size_t size, int flags)
{
	void *p;

	if (fake_kernel.reserve_err)
		return -fake_kernel.reserve_err;
	lock_all();
	if (flags & XB_OS_IF_FREE && fake_kernel.lose_pages) {
		/* Another thread was faster. */
		unlock_all();
		return -EEXIST;
	}
	/* What was there is emptied while it is there: bytes are cleared. */
	if (*addr)
		set_area(*addr, size, AREA_RESERVED, 0);
	p = xb_fake_reserve(*addr, size);
	if (!*addr)
		set_area(p, size, AREA_RESERVED, 0);
	unlock_all();
	*addr = p;
	return 0;
}

bool fake_unreserve(void *addr, size_t size)
{
	bool found;

	lock_all();
	found = page_at(addr);
	if (found) {
		set_area(addr, size, AREA_NONE, 0);
		munmap(addr, size);
	}
	unlock_all();
	return found;
}
