// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * See hostile.h. It stands below both libraries: in the place of libxencall and
 * libxenforeignmemory for stock's, of the kernel's side of lib/core for ours, and
 * of what the two ask of the other stable libraries.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#define XC_WANT_COMPAT_EVTCHN_API
#define XC_WANT_COMPAT_GNTTAB_API
#define XC_WANT_COMPAT_DEVICEMODEL_API
#include <xenctrl.h>
#include <xenevtchn.h>
#include <xengnttab.h>
#include <xendevicemodel.h>
#include <xenforeignmemory.h>
#include <xen/platform.h>
#include <xen/xsm/flask_op.h>
#include <xen/arch-x86/xen-mca.h>

#include "hostile.h"
#include "lib/xc/handle.h"

long hostile_answer;
uint32_t hostile_writes = 1;
bool hostile_physinfo;

static char *to;
static size_t room, len;

void hostile_log_to(char *at, size_t size)
{
	to = at;
	room = size;
	len = 0;
}

size_t hostile_logged(void)
{
	return len;
}

void hostile_say(const char *fmt, ...)
{
	va_list ap;

	if (!to)
		return;
	va_start(ap, fmt);
	len += vsnprintf(to + len, room - len, fmt, ap);
	va_end(ap);
	if (len >= room)
		abort();
}

/* Of this process, that is: a number that is none by chance. It has none low. */
static bool is_address(uint64_t word)
{
	unsigned char there;
	int saved = errno;
	bool is;

	if (word < 1UL << 40 || word >= 1UL << 47)
		return false;
	is = !mincore((void *)(word & ~4095UL), 1, &there);
	errno = saved;
	return is;
}

static void say_word(uint64_t word)
{
	if (is_address(word))
		hostile_say(" an.address......");
	else
		hostile_say(" %016lx", word);
}

void hostile_bytes(const void *p, size_t size)
{
	const unsigned char *c = p;
	uint64_t word;

	for (; size >= sizeof(word); size -= sizeof(word)) {
		memcpy(&word, c, sizeof(word));
		say_word(word);
		c += sizeof(word);
	}
	hostile_say(" ");
	for (; size; size--)
		hostile_say("%02x", *c++);
	hostile_say("\n");
}

/*
 * Its arguments; how much is there where the last points to, how much of that is
 * looked at, and from where on Xen writes to it.
 */
static const struct call {
	unsigned int number, args;
	size_t size, shown, writes;
} calls[] = {
#define ALL_OF(type) sizeof(type), sizeof(type)
	{ __HYPERVISOR_domctl, 1, ALL_OF(struct xen_domctl), 16 },
	{ __HYPERVISOR_sysctl, 1, ALL_OF(struct xen_sysctl), 16 },
	{ __HYPERVISOR_platform_op, 1, ALL_OF(struct xen_platform_op), 8 },
	/* functions that ask more than once leave there what they were told */
	{ __HYPERVISOR_xsm_op, 1, sizeof(xen_flask_op_t), 8, 8 },
	{ __HYPERVISOR_mca, 1, ALL_OF(struct xen_mc), 8 },
	{ __HYPERVISOR_hvm_op, 2, 8, 8, 8 },
	{ __HYPERVISOR_physdev_op, 2, 2, 2, 2 },
	{ __HYPERVISOR_event_channel_op, 2, 4, 4, 4 },
	{ __HYPERVISOR_sched_op, 2, 4, 4, 4 },
	{ __HYPERVISOR_memory_op, 2, 0, 0, 0 },
	{ __HYPERVISOR_xen_version, 2, 0, 0, 0 },
	{ __HYPERVISOR_kexec_op, 2, 0, 0, 0 },
	{ __HYPERVISOR_grant_table_op, 3, 0, 0, 0 },
	{ __HYPERVISOR_mmu_update, 4, 0, 0, 0 },
	{ __HYPERVISOR_mmuext_op, 4, 0, 0, 0 },
};

/* In all that it is given but addresses, and what says what is asked. */
static void write_to(unsigned char *p, const struct call *c)
{
	const uint32_t words[2] = { hostile_writes, hostile_writes };
	uint64_t word;
	size_t at;

	for (at = c->writes; at < c->size; at += sizeof(word)) {
		memcpy(&word, p + at, sizeof(word));
		if (!is_address(word))
			memcpy(p + at, words, sizeof(words));
	}
}

/* It never tells of more domains than there is room for. */
static void write_sysctl(struct xen_sysctl *s)
{
	struct xen_sysctl_getdomaininfolist *l = &s->u.getdomaininfolist;

	if (s->cmd == XEN_SYSCTL_getdomaininfolist && !l->max_domains)
		l->num_domains = 0;
}

/* Where the port comes, an address of stock's stack may lie. */
static void write_domctl(struct xen_domctl *d)
{
	if (d->cmd == XEN_DOMCTL_vm_event_op)
		d->u.vm_event_op.u.enable.port = 1;
}

static void write_grant_table(uint64_t cmd, void *p)
{
	switch (cmd) {
	case GNTTABOP_get_version:
		((struct gnttab_get_version *)p)->version = 1;
		break;
	case GNTTABOP_query_size:
		((struct gnttab_query_size *)p)->nr_frames = 1;
		((struct gnttab_query_size *)p)->max_nr_frames = 1;
		((struct gnttab_query_size *)p)->status = GNTST_okay;
		break;
	case GNTTABOP_setup_table:
		((struct gnttab_setup_table *)p)->status = GNTST_okay;
		break;
	}
}

static void write_answer(const uint64_t *args, const struct call *c)
{
	void *p = (void *)(uintptr_t)args[c->args - 1];

	if (c->number == __HYPERVISOR_grant_table_op && args[1] && args[2] == 1)
		write_grant_table(args[0], (void *)(uintptr_t)args[1]);
	if (c->size && p)
		write_to(p, c);
	if (c->number == __HYPERVISOR_sysctl)
		write_sysctl(p);
	else if (c->number == __HYPERVISOR_domctl)
		write_domctl(p);
}

static void say_call(unsigned int number, const uint64_t *args)
{
	unsigned int call, i;
	void *structure;

	for (call = 0; calls[call].number != number; call++)
		if (call + 1 == sizeof(calls) / sizeof(calls[0])) {
			fprintf(stderr, "hypercall %u is unknown\n", number);
			abort();
		}
	hostile_say("hypercall %u", number);
	for (i = 0; i < calls[call].args; i++)
		say_word(args[i]);
	hostile_say("\n");
	structure = (void *)(uintptr_t)args[calls[call].args - 1];
	if (structure && calls[call].shown) {
		hostile_say(HOSTILE_STRUCTURE);
		hostile_bytes(structure, calls[call].shown);
	}
	if (hostile_answer >= 0)
		write_answer(args, &calls[call]);
}

static long multicall(multicall_entry_t *entries, uint64_t nr)
{
	uint64_t i;

	/* One is how stock asks for an answer of 64 bits. */
	if (nr > 1)
		hostile_say("multicall of %lu\n", nr);
	for (i = 0; i < nr; i++) {
		uint64_t args[6];

		memcpy(args, entries[i].args, sizeof(args));
		entries[i].result = hostile_hypercall(entries[i].op, args);
	}
	return nr > 1 && hostile_answer < 0 ? hostile_answer : 0;
}

static bool asks_for_cpus(unsigned int number, const uint64_t *args)
{
	struct xen_sysctl *s = (void *)(uintptr_t)args[0];

	if (number != __HYPERVISOR_sysctl || hostile_physinfo ||
	    s->cmd != XEN_SYSCTL_physinfo)
		return false;
	memset(&s->u, 0, sizeof(s->u));
	s->u.physinfo.max_cpu_id = 9;
	s->u.physinfo.max_node_id = 1;
	return true;
}

long hostile_hypercall(unsigned int number, const uint64_t *args)
{
	if (number == __HYPERVISOR_multicall)
		return multicall((void *)(uintptr_t)args[0], args[1]);
	if (asks_for_cpus(number, args))
		return 0;
	say_call(number, args);
	return hostile_answer;
}

long hostile_function(const char *name, unsigned int nr, const uint64_t *args)
{
	unsigned int i;

	hostile_say("%s", name);
	for (i = 0; i < nr; i++)
		say_word(args[i]);
	hostile_say("\n");
	if (hostile_answer >= 0)
		return hostile_answer;
	errno = -hostile_answer;
	return -1;
}

void *hostile_pointer(const char *name, unsigned int nr, const uint64_t *args)
{
	static char there[4096];

	return hostile_function(name, nr, args) < 0 ? NULL : there;
}

/* libxencall, for stock */

static int answered(unsigned int number, uint64_t a, uint64_t b, uint64_t c,
		    uint64_t d, uint64_t e)
{
	const uint64_t args[6] = { a, b, c, d, e };
	long ret = hostile_hypercall(number, args);

	if (ret >= 0)
		return ret;
	errno = -ret;
	return -1;
}

XC_API xencall_handle *xencall_open(xentoollog_logger *logger, unsigned int f)
{
	(void)logger;
	(void)f;
	return malloc(1);
}

XC_API int xencall_close(xencall_handle *xcall)
{
	free(xcall);
	return 0;
}

XC_API int xencall_fd(xencall_handle *xcall)
{
	(void)xcall;
	return -1;
}

XC_API int xencall0(xencall_handle *xcall, unsigned int op)
{
	(void)xcall;
	return answered(op, 0, 0, 0, 0, 0);
}

XC_API int xencall1(xencall_handle *xcall, unsigned int op, uint64_t a)
{
	(void)xcall;
	return answered(op, a, 0, 0, 0, 0);
}

XC_API int xencall2(xencall_handle *xcall, unsigned int op, uint64_t a,
		    uint64_t b)
{
	(void)xcall;
	return answered(op, a, b, 0, 0, 0);
}

XC_API long xencall2L(xencall_handle *xcall, unsigned int op, uint64_t a,
		      uint64_t b)
{
	(void)xcall;
	return answered(op, a, b, 0, 0, 0);
}

XC_API int xencall3(xencall_handle *xcall, unsigned int op, uint64_t a,
		    uint64_t b, uint64_t c)
{
	(void)xcall;
	return answered(op, a, b, c, 0, 0);
}

XC_API int xencall4(xencall_handle *xcall, unsigned int op, uint64_t a,
		    uint64_t b, uint64_t c, uint64_t d)
{
	(void)xcall;
	return answered(op, a, b, c, d, 0);
}

XC_API int xencall5(xencall_handle *xcall, unsigned int op, uint64_t a,
		    uint64_t b, uint64_t c, uint64_t d, uint64_t e)
{
	(void)xcall;
	return answered(op, a, b, c, d, e);
}

/* As much as the kernel gives at once; whole pages, which are zero. */
#define MOST (64UL << 20)

XC_API void *xencall_alloc_buffer_pages(xencall_handle *xcall, size_t nr)
{
	(void)xcall;
	/* No page is one, as long as there is one at hand. */
	if (nr <= MOST / 4096)
		return calloc(nr ? nr : 1, 4096);
	errno = ENOMEM;
	return NULL;
}

XC_API void xencall_free_buffer_pages(xencall_handle *xcall, void *p, size_t nr)
{
	int saved = errno;

	(void)xcall;
	(void)nr;
	free(p);
	errno = saved;
}

XC_API void *xencall_alloc_buffer(xencall_handle *xcall, size_t size)
{
	(void)xcall;
	if (size <= MOST)
		return calloc(1, size + 4096);
	errno = ENOMEM;
	return NULL;
}

XC_API void xencall_free_buffer(xencall_handle *xcall, void *p)
{
	int saved = errno;

	(void)xcall;
	free(p);
	errno = saved;
}

/* libxenforeignmemory, for both: lists are not read, they may be anything. */

XC_API void *xenforeignmemory_map(xenforeignmemory_handle *fmem, uint32_t dom,
				  int prot, size_t pages,
				  const xen_pfn_t frames[/*pages*/],
				  int err[/*pages*/])
{
	void *p;

	(void)fmem;
	hostile_say("map %u %d %zu%s%s\n", dom, prot, pages,
		    frames ? " of a list" : "", err ? " with errors" : "");
	if (hostile_answer < 0 || !pages || pages > MOST / 4096) {
		errno = hostile_answer < 0 ? -hostile_answer : EINVAL;
		return NULL;
	}
	p = mmap(NULL, pages * 4096, prot, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (err)
		memset(err, 0, pages * sizeof(*err));
	return p == MAP_FAILED ? NULL : p;
}

XC_API int xenforeignmemory_unmap(xenforeignmemory_handle *fmem, void *p,
				  size_t pages)
{
	(void)fmem;
	hostile_say("unmap %zu\n", pages);
	return pages > MOST / 4096 ? 0 : munmap(p, pages * 4096);
}

/* What else libxenctrl's functions may call */

#define GIVE_VALUE	hostile_function
#define GIVE_POINTER	hostile_pointer
#define RECORDED(name, gives, kind, parameters, nr, ...) \
XC_API kind name parameters \
{ \
	const uint64_t words[] = { __VA_ARGS__ }; \
\
	return (kind)GIVE_##gives(#name, nr, words); \
}
#define ROW(name, gives, classes, arguments)
#include "hostile_rows.h"
