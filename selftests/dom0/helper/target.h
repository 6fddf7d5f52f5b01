/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A domain to map from: paused, with memory and a grant table, made by raw
 * hypercalls through the stock devices, so that nothing of ours vouches for
 * itself. Its pages and its grant table are mapped by stock privcmd: that is
 * the other side, from which contents are written and looked at.
 *
 * Stock's mappings are not inherited: a child of fork may name the target, and
 * must not look at its pages and grants.
 *
 * It is a PV domain, so a frame of it is a machine frame; on arm, where there
 * are none, a translated one, whose frames are numbered as we have asked.
 * Include after raw.h.
 */
#ifndef TARGET_H
#define TARGET_H

#include <xen/grant_table.h>
#include <xen/memory.h>
#include <xen/sys/privcmd.h>

/* Frames follow each other in runs of so many: one extent of order 3. */
#define TARGET_RUN	8U
#define TARGET_BUFFER	(16 * PAGE)
#define TARGET_GRANTS	(PAGE / sizeof(struct grant_entry_v1))

struct target {
	int privcmd;
	int hypercall;		/* the device whose memory Xen may write */
	void *buffer;		/* TARGET_BUFFER of it */
	uint32_t domid;
	uint32_t nr;		/* pages */
	uint64_t *frames;
	char *pages;		/* as stock maps them; NULL: not now */
	struct grant_entry_v1 *grants;	/* TARGET_GRANTS of them */
};

static inline long target_call(struct target *t, uint64_t op, uint64_t a0,
			       uint64_t a1)
{
	privcmd_hypercall_t call = { .op = op, .arg = { a0, a1 } };

	return ioctl(t->privcmd, IOCTL_PRIVCMD_HYPERCALL, &call);
}

/* The domctl lies in the buffer. */
static inline struct xen_domctl *target_domctl(struct target *t, uint32_t cmd)
{
	struct xen_domctl *d = t->buffer;

	memset(d, 0, sizeof(*d));
	d->cmd = cmd;
	d->interface_version = XEN_DOMCTL_INTERFACE_VERSION;
	d->domain = (domid_t)t->domid;
	return d;
}

static inline long target_do(struct target *t, struct xen_domctl *d)
{
	return target_call(t, __HYPERVISOR_domctl, (uintptr_t)d, 0);
}

static inline int target_new(struct target *t)
{
	struct xen_domctl *d = target_domctl(t, XEN_DOMCTL_createdomain);

	d->domain = 0;
	d->u.createdomain.max_vcpus = 1;
	d->u.createdomain.max_evtchn_port = 127;
	d->u.createdomain.max_grant_frames = 4;
	d->u.createdomain.max_maptrack_frames = 4;
	d->u.createdomain.grant_opts = XEN_DOMCTL_GRANT_version(1);
#ifdef __aarch64__
	d->u.createdomain.flags = XEN_DOMCTL_CDF_hvm | XEN_DOMCTL_CDF_hap;
#endif
	if (target_do(t, d))
		return -1;
	t->domid = d->domain;
	d = target_domctl(t, XEN_DOMCTL_max_vcpus);
	d->u.max_vcpus.max = 1;
	return target_do(t, d) ? -1 : 0;
}

/* Pages, eight a call's extent; their frames are written down. */
static inline int target_populate(struct target *t)
{
	const uint32_t most = TARGET_BUFFER / 2 / sizeof(xen_pfn_t);
	struct xen_memory_reservation *r = t->buffer;
	xen_pfn_t *extents = (void *)((char *)t->buffer + TARGET_BUFFER / 2);
	struct xen_domctl *d = target_domctl(t, XEN_DOMCTL_max_mem);
	uint32_t done, i, n, base = 0;

#ifdef __aarch64__
	/* what a frame number means differs from one domain to the next */
	base = t->domid % 64 * 0x10000 + 0x10000;
#endif
	d->u.max_mem.max_memkb = (t->nr + 64) * 4;
	if (target_do(t, d))
		return -1;
	for (done = 0; done < t->nr; done += n * TARGET_RUN) {
		n = (t->nr - done) / TARGET_RUN;
		n = n < most ? n : most;
		for (i = 0; i < n; i++)
			extents[i] = base + done + i * TARGET_RUN;
		memset(r, 0, sizeof(*r));
		set_xen_guest_handle_raw(r->extent_start, extents);
		r->nr_extents = n;
		r->extent_order = 3;
		r->domid = (domid_t)t->domid;
		if (target_call(t, __HYPERVISOR_memory_op,
				XENMEM_populate_physmap, (uintptr_t)r) !=
		    (long)n)
			return -1;
		for (i = 0; i < n * TARGET_RUN; i++)
			t->frames[done + i] = extents[i / TARGET_RUN] +
					      i % TARGET_RUN;
	}
	return 0;
}

/* Stock's word on each frame: what a mapping must give here too. */
static inline char *target_stock_map(struct target *t, uint32_t domid,
				     const uint64_t *frames, uint32_t nr,
				     int *err)
{
	privcmd_mmapbatch_v2_t batch = {
		.num = nr, .dom = (domid_t)domid, .arr = frames, .err = err,
	};
	char *p = mmap(NULL, nr * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED,
		       t->privcmd, 0);

	if (p == MAP_FAILED)
		return NULL;
	batch.addr = (uintptr_t)p;
	/* ENOENT: some frame was paged out, and err says which */
	if (ioctl(t->privcmd, IOCTL_PRIVCMD_MMAPBATCH_V2, &batch) &&
	    errno != ENOENT) {
		munmap(p, nr * PAGE);
		return NULL;
	}
	return p;
}

/* 0 if all could be mapped */
static inline int target_map_pages(struct target *t)
{
	int *err = calloc(t->nr, sizeof(*err));
	uint32_t i;
	int bad = 0;

	if (!err)
		return -1;
	t->pages = target_stock_map(t, t->domid, t->frames, t->nr, err);
	for (i = 0; i < t->nr; i++)
		bad |= err[i];
	free(err);
	return t->pages && !bad ? 0 : -1;
}

static inline void target_unmap_pages(struct target *t)
{
	if (t->pages)
		munmap(t->pages, t->nr * PAGE);
	t->pages = NULL;
}

static inline int target_map_grants(struct target *t)
{
	privcmd_mmap_resource_t r = {
		.dom = (domid_t)t->domid,
		.type = XENMEM_resource_grant_table,
		.id = XENMEM_resource_grant_table_id_shared,
		.num = 1,
	};
	void *p = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED,
		       t->privcmd, 0);

	if (p == MAP_FAILED)
		return -1;
	r.addr = (uintptr_t)p;
	if (ioctl(t->privcmd, IOCTL_PRIVCMD_MMAP_RESOURCE, &r)) {
		munmap(p, PAGE);
		return -1;
	}
	t->grants = p;
	return 0;
}

static inline void target_unmap_grants(struct target *t)
{
	if (t->grants)
		munmap((void *)t->grants, PAGE);
	t->grants = NULL;
}

/* Are all pages and the domain itself gone? Pages that it still has: *held. */
static inline int target_is_gone(struct target *t, uint64_t *held)
{
	struct xen_domctl *d = target_domctl(t, XEN_DOMCTL_getdomaininfo);
	int gone = target_do(t, d) || d->domain != t->domid;

	if (held)
		*held = gone ? 0 : d->u.getdomaininfo.tot_pages;
	return gone;
}

/* Destroys it; what is mapped stays mapped, and the domain dying with it. */
static inline int target_kill(struct target *t)
{
	long ret;

	do {
		ret = target_do(t, target_domctl(t, XEN_DOMCTL_destroydomain));
	} while (ret && (errno == EAGAIN || errno == EINTR));
	return (int)ret;
}

/*
 * Three seconds for what is freed late. 0: the domain is gone, so nobody holds
 * a page or a grant of it.
 */
static inline int target_vanishes(struct target *t)
{
	int i;

	for (i = 0; i < 3000; i++) {
		if (target_is_gone(t, NULL))
			return 0;
		usleep(1000);
	}
	return -1;
}

/* The devices and a buffer, for domctls about any domain. t is zeroed. */
static inline int target_open(struct target *t)
{
	t->privcmd = open("/dev/xen/privcmd", O_RDWR | O_CLOEXEC);
	t->hypercall = open("/dev/xen/hypercall", O_RDWR | O_CLOEXEC);
	if (t->privcmd < 0 || t->hypercall < 0)
		return -1;
	t->buffer = mmap(NULL, TARGET_BUFFER, PROT_READ | PROT_WRITE,
			 MAP_SHARED, t->hypercall, 0);
	if (t->buffer == MAP_FAILED)
		t->buffer = NULL;
	return t->buffer ? 0 : -1;
}

static inline void target_close(struct target *t)
{
	if (t->privcmd > 0)
		close(t->privcmd);
	if (t->buffer)
		munmap(t->buffer, TARGET_BUFFER);
	t->buffer = NULL;
	if (t->hypercall > 0)
		close(t->hypercall);
}

/* 0: nothing of it was left in use by anybody. */
static inline int target_end(struct target *t)
{
	int ret = 0;

	target_unmap_pages(t);
	target_unmap_grants(t);
	if (t->domid) {
		/* the test may have destroyed it itself */
		if (target_kill(t) && errno != ESRCH)
			ret = -1;
		if (target_vanishes(t))
			ret = -1;
	}
	t->domid = 0;
	free(t->frames);
	t->frames = NULL;
	target_close(t);
	return ret;
}

/* nr pages, a multiple of TARGET_RUN. t is zeroed. */
static inline int target_start(struct target *t, uint32_t nr)
{
	t->nr = nr;
	if (target_open(t))
		return -1;
	t->frames = calloc(nr, sizeof(*t->frames));
	if (!t->frames)
		return -1;
	if (target_new(t) || target_populate(t) || target_map_pages(t) ||
	    target_map_grants(t)) {
		target_end(t);
		return -1;
	}
	return 0;
}

/*
 * Grant page to domid by reference ref; flags: GTF_readonly or 0.
 * The rest must be there before the flag that makes it good (public/
 * grant_table.h, "Introducing a valid entry").
 */
static inline void target_grant(struct target *t, uint32_t ref, uint32_t page,
				uint16_t domid, uint16_t flags)
{
	t->grants[ref].domid = domid;
	t->grants[ref].frame = (uint32_t)t->frames[page];
	__atomic_store_n(&t->grants[ref].flags, GTF_permit_access | flags,
			 __ATOMIC_SEQ_CST);
}

/* GTF_reading, GTF_writing: how somebody has it mapped now */
static inline uint16_t target_grant_use(struct target *t, uint32_t ref)
{
	return __atomic_load_n(&t->grants[ref].flags, __ATOMIC_SEQ_CST) &
	       (GTF_reading | GTF_writing);
}

static inline void target_revoke(struct target *t, uint32_t ref)
{
	__atomic_store_n(&t->grants[ref].flags, 0, __ATOMIC_SEQ_CST);
}

/* How many of the grant table's entries are in use. */
static inline uint32_t target_grants_used(struct target *t)
{
	uint32_t ref, n = 0;

	for (ref = 0; ref < TARGET_GRANTS; ref++)
		n += !!target_grant_use(t, ref);
	return n;
}

/*
 * What a page holds tells which it is: every word another, all of them of
 * this tag.
 */
static inline void page_fill(void *page, uint32_t tag)
{
	volatile uint32_t *word = page;
	uint32_t i;

	for (i = 0; i < PAGE / sizeof(*word); i++)
		word[i] = tag * 2654435761U + i;
}

static inline bool page_is(const void *page, uint32_t tag)
{
	const volatile uint32_t *word = page;
	uint32_t i;

	for (i = 0; i < PAGE / sizeof(*word); i++)
		if (word[i] != tag * 2654435761U + i)
			return false;
	return true;
}

/* Each page is filled with tag first, first + 1, ... */
static inline void target_fill(struct target *t, uint32_t first)
{
	uint32_t i;

	for (i = 0; i < t->nr; i++)
		page_fill(t->pages + i * PAGE, first + i);
}

#define SKIP_WITHOUT_XEN()						\
	do {								\
		if (access("/dev/xen/privcmd", R_OK | W_OK))		\
			SKIP_TEST("no Xen here");			\
	} while (0)

#endif /* TARGET_H */
