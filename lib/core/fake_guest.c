// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Memory of the simulated guests, and the grants that they gave: see fake.h.
 * All of it is one file in memory, of which slots map pages.
 */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "arena.h"
#include "fake.h"
#include "uapi/xenbatch.h"
#include "fake_guest.h"

#define MEMORY		((size_t)XB_FAKE_GUESTS * XB_FAKE_PAGES * XB_PAGE)
#define MAX_GRANTS	512

#define HELD_FRAME	1
#define HELD_GRANT	2

static struct grant {
	uint16_t domid;
	uint32_t ref;
	uint64_t gfn;
	bool readonly;
	unsigned int active;
} grants[MAX_GRANTS];

static unsigned int nr_grants;
static unsigned int mapped[65536];	/* by domid; 0xffff: of all */
static int memory_fd = -1;
static char *memory;

static void count(unsigned int *counter, int by)
{
	__atomic_add_fetch(counter, by, __ATOMIC_RELAXED);
}

void xb_fake_guest_reset(void)
{
	if (memory_fd < 0) {
		memory_fd = memfd_create("guests", MFD_CLOEXEC);
		if (memory_fd < 0 || ftruncate(memory_fd, MEMORY))
			abort();
		memory = mmap(NULL, MEMORY, PROT_READ | PROT_WRITE,
			      MAP_SHARED | MAP_NORESERVE, memory_fd, 0);
		if (memory == MAP_FAILED)
			abort();
	}
	if (fallocate(memory_fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0,
		      MEMORY))
		abort();
	nr_grants = 0;
	memset(mapped, 0, sizeof(mapped));
}

static off_t offset_of(uint16_t domid, uint64_t gfn)
{
	int guest = xb_fake_guest_of(domid);

	if (guest < 0)
		return -ESRCH;
	if (gfn == XB_FAKE_PAGED_OUT)
		return -ENOENT;
	if (gfn >= XB_FAKE_PAGES)
		return -EINVAL;
	return ((off_t)guest * XB_FAKE_PAGES + gfn) * XB_PAGE;
}

void *xb_fake_page(uint16_t domid, uint64_t gfn)
{
	off_t offset = offset_of(domid, gfn);

	if (offset < 0)
		abort();
	return memory + offset;
}

static struct grant *grant_of(uint16_t domid, uint32_t ref)
{
	unsigned int i;

	for (i = 0; i < nr_grants; i++)
		if (grants[i].domid == domid && grants[i].ref == ref)
			return &grants[i];
	return NULL;
}

void xb_fake_grant(uint16_t domid, uint32_t ref, uint64_t gfn, bool readonly)
{
	if (nr_grants == MAX_GRANTS || grant_of(domid, ref))
		abort();
	grants[nr_grants++] = (struct grant){ domid, ref, gfn, readonly, 0 };
}

unsigned int xb_fake_mapped(uint16_t domid)
{
	return __atomic_load_n(&mapped[domid], __ATOMIC_RELAXED);
}

unsigned int xb_fake_granted(uint16_t domid, uint32_t ref)
{
	struct grant *g = grant_of(domid, ref);

	return g ? __atomic_load_n(&g->active, __ATOMIC_RELAXED) : 0;
}

void *xb_fake_reserve(void *addr, size_t size)
{
	void *p = mmap(addr, size, PROT_NONE,
		       MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE |
			       (addr ? MAP_FIXED : 0),
		       -1, 0);

	if (p == MAP_FAILED)
		return NULL;
	madvise(p, size, MADV_DONTFORK);
	return p;
}

static int show(void *addr, off_t offset, bool readonly)
{
	if (mmap(addr, XB_PAGE, PROT_READ | (readonly ? 0 : PROT_WRITE),
		 MAP_SHARED | MAP_FIXED, memory_fd, offset) != addr)
		return -ENOMEM;
	madvise(addr, XB_PAGE, MADV_DONTFORK);
	return 0;
}

static void held(struct xb_fake_slot *slot, int by)
{
	struct grant *g;

	count(&mapped[slot->domid], by);
	count(&mapped[0xffff], by);
	if (slot->held != HELD_GRANT)
		return;
	g = grant_of(slot->domid, slot->ref);
	if (g)
		count(&g->active, by);
}

int xb_fake_fill(struct xb_fake_slot *slot, void *addr, uint16_t domid,
		 uint64_t gfn, bool readonly)
{
	off_t offset = offset_of(domid, gfn);
	int err = offset < 0 ? (int)offset : 0;

	if (slot->held)
		xb_fake_empty(slot, addr);
	if (!err)
		err = show(addr, offset, readonly);
	if (err)
		return err;
	*slot = (struct xb_fake_slot){ .held = HELD_FRAME, .domid = domid,
				       .readonly = readonly };
	held(slot, 1);
	return 0;
}

int xb_fake_fill_grant(struct xb_fake_slot *slot, void *addr, uint16_t domid,
		       uint32_t ref, bool readonly)
{
	struct grant *g;
	off_t offset;
	int err;

	if (slot->held)
		return -EBUSY;
	if (xb_fake_guest_of(domid) < 0)
		return -ESRCH;
	g = grant_of(domid, ref);
	if (!g)
		return -ENOENT;
	if (g->readonly && !readonly)
		return -EIO;	/* GNTST_general_error, in Xen's words */
	offset = offset_of(domid, g->gfn);
	err = offset < 0 ? (int)offset : show(addr, offset, readonly);
	if (err)
		return err;
	*slot = (struct xb_fake_slot){ .held = HELD_GRANT, .domid = domid,
				       .ref = ref, .readonly = readonly };
	held(slot, 1);
	return 0;
}

int xb_fake_empty(struct xb_fake_slot *slot, void *addr)
{
	if (!slot->held)
		return 0;
	if (slot->what & 1)
		*slot->clear = 0;
	if (slot->what & 2)
		__atomic_add_fetch(&xb_fake_counts.events, 1,
				   __ATOMIC_RELAXED);
	held(slot, -1);
	memset(slot, 0, sizeof(*slot));
	return xb_fake_reserve(addr, XB_PAGE) ? 1 : -ENOMEM;
}

static char *copy_side(__u64 place, bool gref, bool write, void *addr,
		       size_t len)
{
	struct grant *g;

	if (!gref)
		return addr;
	g = grant_of(place >> 48, (uint32_t)place);
	if (!g || (write && g->readonly) || (place >> 32 & 0xffff) + len >
	    XB_PAGE)
		return NULL;
	return (char *)xb_fake_page(g->domid, g->gfn) + (place >> 32 & 0xffff);
}

/* GNTST_bad_gntref, for whatever is wrong. */
int xb_fake_copy(const struct xenbatch_copy *c, void *source, void *dest)
{
	char *from = copy_side(c->source,
			       c->flags & XENBATCH_COPY_SOURCE_GREF, false,
			       source, c->len);
	char *to = copy_side(c->dest, c->flags & XENBATCH_COPY_DEST_GREF, true,
			     dest, c->len);

	if (!from || !to)
		return -3;
	memmove(to, from, c->len);
	return 0;
}
