// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Contexts: opened late, run one operation at a time, shut.
 */
#include <errno.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "fast.h"
#include "lib/core/os.h"

/*
 * A page that a child finds zeroed (MADV_WIPEONFORK), even one that was made by
 * a bare clone(), of which no library hears. A counter is what a process writes
 * there: a child goes on from where its parent was, so no number comes back.
 */
struct fast_witness fast_witness __attribute__((aligned(4096)));
static uint32_t processes;
static pthread_once_t witness_once = PTHREAD_ONCE_INIT;
static bool witness_works;

static void witness_init(void)
{
	witness_works = !madvise(&fast_witness, sizeof(fast_witness),
				 MADV_WIPEONFORK);
}

/* 0: there is no telling. */
static uint32_t this_process(void)
{
	uint32_t nobody = 0, mine;

	pthread_once(&witness_once, witness_init);
	if (!witness_works)
		return 0;
	mine = __atomic_load_n(&fast_witness.process, __ATOMIC_RELAXED);
	if (mine)
		return mine;
	mine = __atomic_add_fetch(&processes, 1, __ATOMIC_RELAXED);
	if (__atomic_compare_exchange_n(&fast_witness.process, &nobody, mine,
					false, __ATOMIC_RELAXED,
					__ATOMIC_RELAXED))
		return mine;
	return nobody;	/* another thread was first: its number */
}

void fast_init(struct fast *f, const struct fast_kind *kind)
{
	memset(f, 0, sizeof(*f));
	f->kind = kind;
	f->fd = -1;
	pthread_mutex_init(&f->lock, NULL);
}

static void turn_off(struct fast *f)
{
	__atomic_store_n(&f->state, FAST_OFF, __ATOMIC_RELAXED);
}

/*
 * A mapping counts its pages and what is the same for all sizes: the third of
 * one page opens the context, or the first of many.
 */
#define EACH	7
#define WORTH	FAST_WORTH_MAPS

static bool is_wanted(struct fast *f, size_t pages)
{
	const char *name = secure_getenv("XENBATCH_BACKEND");
	size_t more = EACH + (pages < WORTH ? pages : WORTH);

	if (name && !*name)
		name = NULL;
	/* Frames are 64 bits wide in a list, whatever xen_pfn_t is. */
	if ((name && strcmp(name, "module")) ||
	    sizeof(long) != sizeof(uint64_t)) {
		turn_off(f);
		return false;
	}
	return name || __atomic_add_fetch(&f->seen, more, __ATOMIC_RELAXED) >=
			       f->kind->worth;
}

static bool is_suitable(struct fast *f)
{
	struct xenbatch_info info = { .flags = 0 };

	if (xb_os_ioctl(f->fd, XENBATCH_IOC_INFO, &info) < 0 ||
	    info.abi != XENBATCH_ABI ||
	    (info.opcodes & f->kind->opcodes) != f->kind->opcodes)
		return false;
	f->pages_max = info.pages_max;
	f->slots_max = info.slots_max;
	return f->pages_max;
}

static bool open_context(struct fast *f)
{
	void *ops = NULL, *memory = NULL;

	f->process = this_process();
	if (!f->process)
		return false;
	f->fd = xb_os_open(XENBATCH_DEVICE);
	if (f->fd < 0)
		return false;
	if (!is_suitable(f) ||
	    xb_os_mmap(f->fd, XENBATCH_MMAP_OFFSET(XENBATCH_REGION_OPS, 0),
		       PAGE_BYTES, &ops))
		goto err_close;
	if (f->kind->memory &&
	    xb_os_mmap(f->fd, XENBATCH_MMAP_OFFSET(XENBATCH_REGION_ARENA, 0),
		       PAGE_BYTES, &memory))
		goto err_ops;
	if (!areas_init(&f->areas))
		goto err_memory;
	f->ops = ops;
	f->memory = memory;
	return true;

err_memory:
	if (memory)
		xb_os_munmap(memory, PAGE_BYTES);
err_ops:
	xb_os_munmap(ops, PAGE_BYTES);
err_close:
	xb_os_close(f->fd);
	f->fd = -1;
	return false;
}

static void unmap_own(struct fast *f)
{
	xb_os_munmap(f->ops, PAGE_BYTES);
	if (f->memory)
		xb_os_munmap(f->memory, PAGE_BYTES);
}

static void close_context(struct fast *f)
{
	unmap_own(f);
	areas_destroy(&f->areas);
	xb_os_close(f->fd);
	f->fd = -1;
}

/*
 * No lock: a child must not find one that a thread of its parent's held. Others
 * who come meanwhile take the stock device.
 */
bool fast_open(struct fast *f, size_t pages)
{
	enum fast_state state = FAST_UNTRIED;
	int saved = errno;
	bool good;

	if (!is_wanted(f, pages))
		return false;
	if (!__atomic_compare_exchange_n(&f->state, &state, FAST_OPENING, false,
					 __ATOMIC_ACQUIRE, __ATOMIC_RELAXED))
		return false;
	good = open_context(f);
	state = FAST_OPENING;
	if (!__atomic_compare_exchange_n(&f->state, &state,
					 good ? FAST_ON : FAST_OFF, false,
					 __ATOMIC_RELEASE, __ATOMIC_RELAXED) &&
	    good) {
		/* It was restricted just now. */
		close_context(f);
		good = false;
	}
	errno = saved;
	return good;
}

/* Operations */

unsigned int fast_take(struct fast *f)
{
	uint64_t busy = __atomic_load_n(&f->busy, __ATOMIC_RELAXED);
	unsigned int i;

	for (;;) {
		if (unlikely(busy == ~0ULL)) {
			sched_yield();
			busy = __atomic_load_n(&f->busy, __ATOMIC_RELAXED);
			continue;
		}
		i = __builtin_ctzll(~busy);
		if (__atomic_compare_exchange_n(&f->busy, &busy,
						busy | 1ULL << i, true,
						__ATOMIC_ACQUIRE,
						__ATOMIC_RELAXED))
			return i;
	}
}

_Static_assert(PAGE_BYTES / sizeof(struct xenbatch_op) == 64,
	       "a bit of busy for each operation of the page");

int64_t fast_run_at(struct fast *f, unsigned int n,
		    const struct xenbatch_op *op)
{
	struct xenbatch_submit submit = { .first = n, .count = 1 };

	f->ops[n] = *op;
	if (likely(xb_os_ioctl(f->fd, XENBATCH_IOC_SUBMIT, &submit) == 1))
		return f->ops[n].result;
	turn_off(f);
	return FAST_BROKEN;
}

void fast_put(struct fast *f, unsigned int n)
{
	__atomic_fetch_and(&f->busy, ~(1ULL << n), __ATOMIC_RELEASE);
}

int64_t fast_run(struct fast *f, const struct xenbatch_op *op)
{
	unsigned int n = fast_take(f);
	int64_t result = fast_run_at(f, n, op);

	fast_put(f, n);
	return result;
}

int64_t fast_empty(struct fast *f, uintptr_t addr, size_t pages)
{
	struct xenbatch_op op = { .opcode = f->kind->unmap };
	int64_t n, all = 0;

	while (pages) {
		op.map.addr = addr;
		op.map.count = pages < f->pages_max ? pages : f->pages_max;
		n = fast_run(f, &op);
		if (unlikely(n < 0))
			return n;
		all += n;
		addr += (uintptr_t)op.map.count << PAGE_SHIFT;
		pages -= op.map.count;
	}
	return all;
}

/* The end */

/* Unmap an area that was kept, if it is ours still. */
static void release(struct fast *f, const struct area *area)
{
	if (fast_empty(f, area->addr, area->pages) >= 0)
		xb_os_munmap((void *)area->addr,
			     (size_t)area->pages << PAGE_SHIFT);
}

static void release_kept(struct fast *f)
{
	struct area oldest;
	bool more;

	for (;;) {
		pthread_mutex_lock(&f->lock);
		more = areas_overfull(&f->areas, 1, 0, &oldest);
		pthread_mutex_unlock(&f->lock);
		if (!more)
			return;
		release(f, &oldest);
	}
}

/*
 * A program that closes descriptors which it did not open (a daemon's start)
 * may have closed ours, and have opened something else under that number.
 */
static bool is_our_fd(const struct fast *f)
{
	struct xenbatch_info info = { .flags = 0 };

	return xb_os_ioctl(f->fd, XENBATCH_IOC_INFO, &info) == 0;
}

void fast_close(struct fast *f)
{
	if (f->fd >= 0) {
		if (this_process() == f->process) {
			release_kept(f);
			unmap_own(f);
		}
		berth_close(&f->berth);
		areas_destroy(&f->areas);
		if (f->nulled || is_our_fd(f))
			xb_os_close(f->fd);
	}
	pthread_mutex_destroy(&f->lock);
}

int fast_shut(struct fast *f)
{
	bool on = fast_is_on(f);
	enum fast_state was =
		__atomic_exchange_n(&f->state, FAST_OFF, __ATOMIC_ACQ_REL);
	int err;

	/* Whoever is opening it will see that, and close it. */
	if (was == FAST_OPENING || f->fd < 0)
		return 0;
	if (on)
		release_kept(f);
	/* Closing would give the number away under another thread's feet. */
	err = xb_os_null(f->fd);
	if (err) {
		errno = -err;
		return -1;
	}
	f->nulled = true;
	return 0;
}

int fast_restrict(struct fast *f, uint16_t domid)
{
	struct xenbatch_restrict r = {
		.flags = XENBATCH_RESTRICT_DOMID,
		.domid = domid,
	};

	if (fast_ready(f, WORTH) &&
	    xb_os_ioctl(f->fd, XENBATCH_IOC_RESTRICT, &r) >= 0)
		return 0;
	return fast_shut(f);
}

/* Areas */

bool fast_area_get(struct fast *f, struct fast_area *got, size_t pages,
		   int prot, void *addr, int flags)
{
	int saved = errno;
	void *p;

	if (unlikely(pages - 1 >= f->slots_max))
		return false;
	got->placed = addr || flags;
	if (!got->placed) {
		pthread_mutex_lock(&f->lock);
		got->kept = areas_reuse(&f->areas, &got->area, pages, prot);
		pthread_mutex_unlock(&f->lock);
		if (got->kept)
			return true;
		addr = berth_for(&f->berth, pages);
	}
	p = mmap(addr, pages << PAGE_SHIFT, prot, flags | MAP_SHARED, f->fd,
		 (off_t)XENBATCH_MMAP_OFFSET(f->kind->region, 0));
	if (unlikely(p == MAP_FAILED)) {
		/* This kind of dom0 has no such areas: it never will. */
		if (errno == ENODEV || errno == EBADF)
			turn_off(f);
		errno = saved;
		return false;
	}
	got->kept = false;
	got->area = (struct area){
		.addr = (uintptr_t)p,
		.pages = pages,
		.prot = prot,
	};
	return true;
}

/* Is there anything of ours at addr? For grants, the one gentle question. */
static bool is_gone(struct fast *f, uintptr_t addr)
{
	struct xenbatch_op op = { .opcode = XENBATCH_OP_GRANT_NOTIFY };

	op.notify.addr = addr;
	return fast_run(f, &op) == -ENXIO;
}

#define FOREIGN_AREAS_MAX	4095U	/* remembered; a power of two less 1 */

/*
 * The table is full, maybe of areas that clients have unmapped themselves. A
 * foreign area that is forgotten is unmapped by munmap, which is right; one of
 * grants must be known as long as it is there.
 */
static bool make_room(struct fast *f)
{
	struct areas *areas = &f->areas;
	uint32_t i;

	if (f->kind->region == XENBATCH_REGION_FOREIGN) {
		if (areas->mask < FOREIGN_AREAS_MAX)
			return areas_grow(areas);
		areas_clear(areas);
		return true;
	}
	/* One that a removal moves may be missed: it is met the next time. */
	for (i = 0; i <= areas->mask; i++)
		if (areas->table[i].addr && is_gone(f, areas->table[i].addr))
			areas_remove(areas, &areas->table[i]);
	return areas->used < areas->mask / 2 || areas_grow(areas);
}

void fast_area_give(struct fast *f, const struct fast_area *got)
{
	pthread_mutex_lock(&f->lock);
	if (got->placed)
		areas_forget(&f->areas, got->area.addr, got->area.pages);
	else if (!got->kept) {
		areas_forget_kept(&f->areas, got->area.addr, got->area.pages);
		/* One that we know lay here: it was unmapped behind our back. */
		if (areas_find(&f->areas, got->area.addr))
			berth_want(&f->berth);
	}
	if (!got->placed)
		while (!areas_insert(&f->areas, &got->area))
			if (!make_room(f))
				break;
	pthread_mutex_unlock(&f->lock);
}

/* Keep an area that is empty; the oldest go if there are too many. */
static bool keep(struct fast *f, const struct area *area)
{
	uint32_t limit = f->kind->kept_pages;
	struct area oldest;
	bool more;

	if (area->pages > limit / 2)
		return false;
	do {
		pthread_mutex_lock(&f->lock);
		more = areas_overfull(&f->areas, area->pages, limit, &oldest);
		if (!more)
			areas_keep(&f->areas, area);
		pthread_mutex_unlock(&f->lock);
		if (unlikely(more))
			release(f, &oldest);
	} while (unlikely(more));
	return true;
}

void fast_area_drop(struct fast *f, const struct fast_area *got, bool broken)
{
	if (!broken && !got->placed && keep(f, &got->area))
		return;
	xb_os_munmap((void *)got->area.addr,
		     (size_t)got->area.pages << PAGE_SHIFT);
}

enum fast_unmap fast_area_unmap(struct fast *f, void *addr, size_t pages,
				int *rc)
{
	struct area *found, area = { .pages = 0 };
	int64_t n;

	pthread_mutex_lock(&f->lock);
	found = areas_find(&f->areas, (uintptr_t)addr);
	if (found) {
		area = *found;
		if (area.pages == pages)
			areas_remove(&f->areas, found);
	}
	pthread_mutex_unlock(&f->lock);
	if (!found)
		return FAST_UNMAP_NONE;
	if (area.pages != pages)
		return FAST_UNMAP_OTHER;
	n = fast_empty(f, area.addr, pages);
	if (n == -ENXIO)
		return FAST_UNMAP_NONE;	/* the client unmapped it before */
	*rc = n >= 0 && keep(f, &area) ? 0 : munmap(addr, pages << PAGE_SHIFT);
	return FAST_UNMAP_DONE;
}
