// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Promise: our libxencall makes hypercalls and gives memory for them as stock's
 * does: values, errno, messages, contents, descriptors, over fork, exec,
 * restrictions and threads, with the device for that memory and without.
 */
#include <pthread.h>

/* xenctrl.h comes first: it says that this is a tool. */
#include "helper/drop_device.h"
#include "helper/drop_diff.h"

#include <xen/sys/privcmd.h>
#include <xen/version.h>

#define VERSION	__HYPERVISOR_xen_version
#define EXTRA	sizeof(xen_extraversion_t)

static int (*restrict_all)(domid_t domid);
static xencall_handle *shared;

static xencall_handle *open_flags(struct mode *m, unsigned int flags)
{
	return CALL_PTR(m, xencall_open, &m->log.vtable, flags);
}

/* Neither has a value to write down. */
#define FREE(m, name, ...) do { \
	call_begin(m, fn_##name); \
	(m)->api.name(__VA_ARGS__); \
	call_end(m, #name, 0); \
} while (0)

/* Handles */

static void handles(struct mode *m)
{
	static const unsigned int flags[] = { 0, 1, 2, 3, 0x80000000, ~0U };
	int before = open_descriptors(), fd;
	xencall_handle *xcall;
	unsigned int i;

	for (i = 0; i < 2 * NR(flags); i++) {
		xcall = CALL_PTR(m, xencall_open,
				 i & 1 ? NULL : &m->log.vtable, flags[i / 2]);
		note(m, "descriptors: %d", open_descriptors() - before);
		called[fn_xencall_fd] = true;
		fd = m->api.xencall_fd(xcall);
		described(m, fd);
		CALL(m, xencall_buffers_never_fault, xcall);
		/* What it says at its end is said to the logger. */
		CALL(m, xencall_close, xcall);
		note(m, "closed %d", fcntl(fd, F_GETFD));
	}
	CALL(m, xencall_close, NULL);
	note(m, "descriptors: %d", open_descriptors() - before);
}

static void open_both_ways(struct mode *m)
{
	xencall_handle *xcall = open_flags(m, 0);

	CALL_PTR(m, xencall_open, NULL, 1);
	if (xcall)
		described(m, m->api.xencall_fd(xcall));
}

static void no_descriptor(struct mode *m)
{
	descriptors_left(0);
	open_both_ways(m);
}

static void one_descriptor(struct mode *m)
{
	int before = open_descriptors();

	descriptors_left(1);
	open_both_ways(m);
	note(m, "descriptors: %d", open_descriptors() - before);
}

static void no_device(struct mode *m)
{
	note(m, "devices %d", only_devices(BUFFERS));
	open_both_ways(m);
}

static void no_right(struct mode *m)
{
	note(m, "setuid %d", setuid(65534));
	open_both_ways(m);
}

/* privcmd may be opened, the other not. */
static void half_a_right(struct mode *m)
{
	note(m, "devices %d", only_devices(NEW_PRIVCMD | BUFFERS));
	note(m, "chmod %d %d", chmod("/dev/xen", 0755),
	     chmod("/dev/xen/privcmd", 0666));
	note(m, "setuid %d", setuid(65534));
	open_both_ways(m);
}

static void old_device(struct mode *m)
{
	note(m, "devices %d", only_devices(OLD_PRIVCMD));
	open_both_ways(m);
}

static void not_opened(struct mode *m)
{
	in_child(m, no_descriptor);
	in_child(m, one_descriptor);
	in_child(m, no_device);
	in_child(m, no_right);
	in_child(m, half_a_right);
	in_child(m, old_device);
}

/* Hypercalls */

static void versions(struct mode *m, xencall_handle *xcall)
{
	char *extra = m->api.xencall_alloc_buffer(xcall, EXTRA);
	unsigned int cmd;

	CALL(m, xencall2, xcall, VERSION, XENVER_version, 0);
	CALL(m, xencall2, xcall, VERSION, XENVER_extraversion,
	     (uintptr_t)extra);
	note(m, "'%.*s'", (int)EXTRA, extra ? extra : "");
	for (cmd = 0; cmd < 14; cmd++) {
		CALL(m, xencall2, xcall, VERSION, cmd, 0);
		CALL(m, xencall2L, xcall, VERSION, cmd, 4096);
	}
	m->api.xencall_free_buffer(xcall, extra);
}

static void calls(struct mode *m)
{
	static const unsigned int numbers[] = { 38, 39, 55, 63, 64, 1000,
						0x7fffffff, 0xffffffff };
	xencall_handle *xcall = open_flags(m, 0);
	unsigned int i;

	versions(m, xcall);
	for (i = 0; i < NR(numbers); i++) {
		CALL(m, xencall0, xcall, numbers[i]);
		CALL(m, xencall5, xcall, numbers[i], 1, 2, 3, 4, 5);
	}
	CALL(m, xencall1, xcall, __HYPERVISOR_domctl, 0);
	CALL(m, xencall1, xcall, __HYPERVISOR_sysctl, 1);
	CALL(m, xencall1, xcall, __HYPERVISOR_platform_op, ~0ULL);
	CALL(m, xencall2, xcall, __HYPERVISOR_memory_op, 1000, 0);
	CALL(m, xencall2L, xcall, __HYPERVISOR_memory_op,
	     XENMEM_maximum_ram_page, 0);
	CALL(m, xencall2, xcall, __HYPERVISOR_memory_op,
	     XENMEM_maximum_ram_page, 0);
	CALL(m, xencall3, xcall, __HYPERVISOR_console_io, 1000, 0, 0);
	CALL(m, xencall3, xcall, __HYPERVISOR_grant_table_op, 1000, 0, 1);
	CALL(m, xencall4, xcall, __HYPERVISOR_mmuext_op, 0, 0, 0, 0x7ff0);
	CALL(m, xencall4, xcall, __HYPERVISOR_mmuext_op, 0, 1, 0, 31999);
	/* All five arrive: a port of dom0 that is none. */
	CALL(m, xencall5, xcall, VERSION, XENVER_version, 7, 7, 7, 7);
	CALL(m, xencall_close, xcall);
}

/* The descriptor is privcmd's, for whatever privcmd does. */
static void descriptor(struct mode *m)
{
	privcmd_hypercall_t call = { .op = VERSION };
	xencall_handle *xcall = open_flags(m, 0);
	int fd = m->api.xencall_fd(xcall), err = 0;
	xen_pfn_t none = ~0UL >> 24;
	privcmd_mmapbatch_v2_t batch = {
		.num = 1, .dom = 0x7fef, .arr = &none, .err = &err,
	};
	void *p;

	note(m, "version %x", ioctl(fd, IOCTL_PRIVCMD_HYPERCALL, &call));
	p = mmap(NULL, PAGE, PROT_READ, MAP_SHARED, fd, 0);
	batch.addr = (uintptr_t)p;
	note(m, "mmap %d", p != MAP_FAILED);
	note(m, "batch %d", ioctl(fd, IOCTL_PRIVCMD_MMAPBATCH_V2, &batch));
	note(m, "errno %d, err %d", errno, err);
	munmap(p, PAGE);
	/* The client closes it: that is nobody else's matter. */
	close(fd);
	CALL(m, xencall2, xcall, VERSION, XENVER_version, 0);
	CALL(m, xencall_fd, xcall);
	CALL(m, xencall_close, xcall);
}

/* Memory */

/* Is all of it 0? Then it is filled. */
static bool clear(void *p, size_t size)
{
	size_t i;
	char *c = p;

	for (i = 0; i < size; i++)
		if (c[i])
			return false;
	memset(p, 0xa5, size);
	return true;
}

static void sizes(struct mode *m, unsigned int flags)
{
	static const size_t bytes[] = {
		0, 1, 15, 16, 4079, 4080, 4081, 8176, 8177, 20000, 29 * PAGE,
		64 * PAGE, 65 * PAGE, 1 << 20,
	};
	static const size_t pages[] = { 1, 2, 3, 29, 64, 65, 300 };
	xencall_handle *xcall = open_flags(m, flags);
	unsigned int i, round;
	char *p;

	for (round = 0; round < 3; round++) {
		for (i = 0; i < NR(bytes); i++) {
			p = CALL_PTR(m, xencall_alloc_buffer, xcall, bytes[i]);
			note(m, "%zu: clear %d, at %lx", bytes[i],
			     clear(p, bytes[i]), (uintptr_t)p & (PAGE - 1));
			FREE(m, xencall_free_buffer, xcall, p);
		}
		for (i = 0; i < NR(pages); i++) {
			p = CALL_PTR(m, xencall_alloc_buffer_pages, xcall,
				     pages[i]);
			note(m, "%zu: clear %d, at %lx", pages[i],
			     clear(p, pages[i] * PAGE),
			     (uintptr_t)p & (PAGE - 1));
			FREE(m, xencall_free_buffer_pages, xcall, p, pages[i]);
		}
	}
	FREE(m, xencall_free_buffer, xcall, NULL);
	FREE(m, xencall_free_buffer_pages, xcall, NULL, 5);
	CALL(m, xencall_close, xcall);
}

/*
 * Sizes that nobody has. (Not those that are many pages and less than an address
 * space: the kernel itself warns of them.)
 */
static void wrong_sizes(struct mode *m)
{
	static const size_t bytes[] = {
		(size_t)-1, (size_t)-15, (size_t)-16, (size_t)-17,
		(size_t)-5000, (size_t)1 << 44, ((size_t)1 << 44) + 100,
		((size_t)1 << 44) + 3 * PAGE, (size_t)3 << 43, (size_t)1 << 63,
	};
	static const size_t pages[] = {
		0, (size_t)-1, (size_t)1 << 52, ((size_t)1 << 52) + 1,
		((size_t)1 << 52) - 1, (size_t)1 << 63,
	};
	xencall_handle *xcall = open_flags(m, 0);
	unsigned int i, round;
	void *p;

	/* With nothing kept, and with a page. */
	for (round = 0; round < 2; round++) {
		for (i = 0; i < NR(bytes); i++) {
			note(m, "%zx bytes", bytes[i]);
			p = CALL_PTR(m, xencall_alloc_buffer, xcall, bytes[i]);
			if (p)
				FREE(m, xencall_free_buffer, xcall, p);
		}
		for (i = 0; i < NR(pages); i++) {
			note(m, "%zx pages", pages[i]);
			p = CALL_PTR(m, xencall_alloc_buffer_pages, xcall,
				     pages[i]);
			if (p)
				FREE(m, xencall_free_buffer_pages, xcall, p,
				     pages[i]);
		}
		p = m->api.xencall_alloc_buffer_pages(xcall, 1);
		m->api.xencall_free_buffer_pages(xcall, p, 1);
	}
	CALL(m, xencall_close, xcall);
}

/* Some at a time, given back in any order, none of them touched meanwhile. */
static void many(struct mode *m)
{
	xencall_handle *xcall = open_flags(m, 0);
	struct {
		unsigned char *p;
		size_t size;
	} held[16] = { 0 };
	unsigned int i, j, k, wrong = 0;
	uint32_t seed = 1;

	for (i = 0; i < 1500; i++) {
		seed = seed * 1103515245 + 12345;
		j = seed >> 8 & 15;
		for (k = 0; held[j].p && k < held[j].size; k += 97)
			wrong += held[j].p[k] != j + 1;
		m->api.xencall_free_buffer(xcall, held[j].p);
		held[j].size = (seed >> 12) % (seed & 0x800000 ? 4000 : 50000);
		held[j].p = m->api.xencall_alloc_buffer(xcall, held[j].size);
		for (k = 0; k < held[j].size; k++)
			wrong += held[j].p[k];
		memset(held[j].p, j + 1, held[j].size);
	}
	note(m, "wrong: %u", wrong);
	/* With these on loan: their memory outlives the handle. */
	CALL(m, xencall_close, xcall);
	for (j = 0; j < 16; j++)
		wrong += held[j].size && held[j].p[held[j].size - 1] != j + 1;
	note(m, "wrong: %u", wrong);
}

/* Given back piece by piece, what was got as a whole. */
static void in_pieces(struct mode *m)
{
	xencall_handle *xcall = open_flags(m, 0);
	char *p = m->api.xencall_alloc_buffer_pages(xcall, 8);
	int i;

	FREE(m, xencall_free_buffer_pages, xcall, p + 2 * PAGE, 3);
	for (i = 0; i < 8; i++)
		note(m, "%d: %d", i, is_mapped(p + i * PAGE));
	FREE(m, xencall_free_buffer_pages, xcall, p + 7 * PAGE, 1);
	note(m, "%d", is_mapped(p + 7 * PAGE));
	FREE(m, xencall_free_buffer_pages, xcall, p, 2);
	FREE(m, xencall_free_buffer_pages, xcall, p + 5 * PAGE, 2);
	for (i = 0; i < 8; i++)
		note(m, "%d: %d", i, is_mapped(p + i * PAGE));
	CALL(m, xencall_close, xcall);
	note(m, "%d", is_mapped(p + 7 * PAGE));
}

static void memory(struct mode *m)
{
	sizes(m, 0);
	sizes(m, XENCALL_OPENFLAG_NON_REENTRANT);
}

static void without_device(struct mode *m)
{
	xencall_handle *xcall;

	note(m, "devices %d", only_devices(NEW_PRIVCMD));
	xcall = open_flags(m, 0);
	CALL(m, xencall_buffers_never_fault, xcall);
	versions(m, xcall);
	CALL(m, xencall_close, xcall);
	memory(m);
	wrong_sizes(m);
	many(m);
}

static void locked_memory(struct mode *m)
{
	in_child(m, without_device);
}

/* Processes */

static void child_uses(struct mode *m)
{
	versions(m, shared);
	sizes(m, 0);
	/* Ours counts a miss more: see children_have_their_own. */
	note(m, "closed %d", m->api.xencall_close(shared));
	shared = open_flags(m, 0);
	versions(m, shared);
	CALL(m, xencall_close, shared);
}

static void forks(struct mode *m)
{
	char *p;

	shared = open_flags(m, 0);
	versions(m, shared);
	p = m->api.xencall_alloc_buffer(shared, 9000);
	memset(p, 0x77, 9000);
	in_child(m, child_uses);
	note(m, "untouched %d %d", p[0] == 0x77, p[8999] == 0x77);
	m->api.xencall_free_buffer(shared, p);
	versions(m, shared);
	CALL(m, xencall_close, shared);
}

static void restricted(struct mode *m)
{
	char *p;

	shared = open_flags(m, 0);
	p = m->api.xencall_alloc_buffer_pages(shared, 1);
	CALL(m, xencall2, shared, VERSION, XENVER_version, 0);
	note(m, "restricted %d", restrict_all(1));
	CALL(m, xencall2, shared, VERSION, XENVER_version, 0);
	CALL(m, xencall0, shared, 1000);
	CALL(m, xencall_fd, shared);
	described(m, m->api.xencall_fd(shared));
	/* One page is kept still, more is not to be had. */
	m->api.xencall_free_buffer_pages(shared, p, 1);
	CALL_PTR(m, xencall_alloc_buffer, shared, 10);
	CALL_PTR(m, xencall_alloc_buffer, shared, 10);
	CALL_PTR(m, xencall_alloc_buffer_pages, shared, 3);
	CALL(m, xencall_buffers_never_fault, shared);
	CALL(m, xencall_close, shared);
	/* Who comes later is not meant. */
	shared = open_flags(m, 0);
	CALL(m, xencall2, shared, VERSION, XENVER_version, 0);
	CALL(m, xencall_close, shared);
}

static void restricts_all(struct mode *m)
{
	in_child(m, restricted);
}

/* Threads */

#define NR_THREADS 6

struct worker {
	pthread_t thread;
	struct mode *m;
	unsigned int nr, wrong;
};

static void *work(void *arg)
{
	struct worker *w = arg;
	const struct api *api = &w->m->api;
	unsigned int i, j, size;
	unsigned char *p;

	for (i = 0; i < 300; i++) {
		size = i % 7 * 3000 + EXTRA;
		p = api->xencall_alloc_buffer(shared, size);
		for (j = 0; j < size; j++)
			w->wrong += p[j];
		memset(p, w->nr, size);
		w->wrong += api->xencall2(shared, VERSION, XENVER_extraversion,
					  (uintptr_t)p) != 0;
		for (j = EXTRA; j < size; j++)
			w->wrong += p[j] != w->nr;
		api->xencall_free_buffer(shared, p);
	}
	return NULL;
}

static void threads(struct mode *m)
{
	struct worker w[NR_THREADS];
	unsigned int i;

	shared = open_flags(m, 0);
	for (i = 0; i < NR_THREADS; i++) {
		w[i] = (struct worker){ .m = m, .nr = i + 1 };
		pthread_create(&w[i].thread, NULL, work, &w[i]);
	}
	for (i = 0; i < NR_THREADS; i++) {
		pthread_join(w[i].thread, NULL);
		note(m, "wrong: %u", w[i].wrong);
	}
	/* What it counted depends on who came first. */
	m->api.xencall_close(shared);
}

/* What is ours alone */

/*
 * A child does not get the pages that its parent kept or holds: stock gives
 * both the same one.
 */
static bool has_own_pages(bool held, size_t size)
{
	const struct api *api = &modes[OURS].api;
	xencall_handle *xcall = api->xencall_open(NULL, 0);
	char *p = api->xencall_alloc_buffer(xcall, size), *q;
	int status = 0;
	pid_t pid;

	if (!held)
		api->xencall_free_buffer(xcall, p);
	pid = fork();
	if (!pid) {
		if (held)
			api->xencall_free_buffer(xcall, p);
		q = api->xencall_alloc_buffer(xcall, size);
		memset(q, 0x5a, size);
		_exit(0);
	}
	if (!held)
		p = api->xencall_alloc_buffer(xcall, size);
	memset(p, 1, size);
	waitpid(pid, &status, 0);
	q = memchr(p, 0x5a, size);
	api->xencall_free_buffer(xcall, p);
	api->xencall_close(xcall);
	return !q && !status;
}

static void children_have_their_own(void)
{
	ksft_test_result(has_own_pages(false, 100) && has_own_pages(true, 100),
			 "a child has pages of its own\n");
	ksft_test_result(has_own_pages(false, 9000) &&
			 has_own_pages(true, 9000),
			 "a child has larger buffers of its own\n");
}

/* Several pages are kept, some: what was given back comes again, not all. */
static void larger_ones_are_kept(void)
{
	const struct api *api = &modes[OURS].api;
	xencall_handle *xcall = api->xencall_open(NULL, 0);
	char *first = api->xencall_alloc_buffer(xcall, 9000), *p, *all[40];
	unsigned int i, kept = 0;
	bool same;

	api->xencall_free_buffer(xcall, first);
	p = api->xencall_alloc_buffer(xcall, 9000);
	same = p == first;
	api->xencall_free_buffer(xcall, p);
	for (i = 0; i < NR(all); i++)
		all[i] = api->xencall_alloc_buffer(xcall, 50000);
	for (i = 0; i < NR(all); i++)
		api->xencall_free_buffer(xcall, all[i]);
	for (i = 0; i < NR(all); i++)
		kept += is_mapped((void *)((uintptr_t)all[i] & ~(PAGE - 1)));
	api->xencall_close(xcall);
	for (i = 0; i < NR(all); i++)
		same &= !is_mapped((void *)((uintptr_t)all[i] & ~(PAGE - 1)));
	ksft_print_msg("kept: %u\n", kept);
	ksft_test_result(same && kept > 0 && kept < 9,
			 "larger buffers are kept, within limits\n");
}

static const struct diff_case cases[] = {
	{ "handles", handles },
	{ "handles that cannot be had", not_opened },
	{ "hypercalls", calls },
	{ "the descriptor", descriptor },
	{ "memory", memory },
	{ "sizes that nobody has", wrong_sizes },
	{ "many buffers", many },
	{ "given back in pieces", in_pieces },
	{ "without /dev/xen/hypercall", locked_memory },
	{ "fork", forks },
	{ "xentoolcore_restrict_all", restricts_all },
	{ "threads that share a handle", threads },
};

int main(void)
{
	ksft_print_header();
	open_modes();
	restrict_all = symbol(dlopen("libxentoolcore.so.1", RTLD_NOW),
			      "xentoolcore_restrict_all");
	ksft_set_plan(NR(cases) + 4);
	run_cases(cases, NR(cases));
	all_called("drop_call");
	children_have_their_own();
	larger_ones_are_kept();
	ksft_finished();
}
