// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * See wire_domain.h. The domain's frames are pages of a file, so that what is
 * written to one mapping of a frame is read in another.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define __XEN_TOOLS__ 1
#include <xenctrl.h>
#include <xen/domctl.h>
#include <xen/memory.h>
#include <xen/hvm/hvm_op.h>

#include "wire.h"
#include "wire_api.h"
#include "wire_domain.h"

#define PAGE	4096u
#define FRAMES	32u

/* Which frame is what. Behind the start info there is plain memory. */
enum { LIST_LIST = 1, LISTS = 2, P2M = 4, PLAIN = WIRE_START_INFO + 1 };

static const struct wire_domain *domain;
static unsigned char (*memory)[PAGE];
static int memory_fd;
static unsigned int nr_asked, when;
static long then;

static void fill(void *p, size_t len, unsigned int seed)
{
	unsigned char *c = p;
	size_t i;

	for (i = 0; i < len; i++)
		c[i] = i * 29 + i / 256 + seed * 71 + 1;
}

static void put_word(unsigned int frame, unsigned long i, uint64_t value)
{
	memcpy(memory[frame] + i * domain->width, &value, domain->width);
}

/* Where a pfn's memory is: some have none, some a frame that is gone. */
static uint64_t frame_of(unsigned long pfn)
{
	if (pfn % 7 == 3)
		return ~0ull;
	if (pfn % 11 == 5)
		return WIRE_NO_FRAME + pfn;
	return PLAIN + pfn % (FRAMES - PLAIN);
}

/* A table that is longer than its pages are many has the last one often. */
static void make_table(void)
{
	unsigned long each = PAGE / domain->width, i;
	unsigned long pages = domain->max_gpfn / each + 1;
	const unsigned int most = WIRE_START_INFO - P2M;

	for (i = 0; i < each; i++)
		put_word(LIST_LIST, i, i < 2 ? LISTS + i : WIRE_NO_FRAME);
	for (i = 0; i < 2 * each; i++)
		put_word(LISTS + i / each, i % each, i >= pages ? 0 :
			 P2M + (i < most ? i : most - 1));
	for (i = 0; i < most * each; i++)
		put_word(P2M + i / each, i % each, frame_of(i));
}

static void make_shared_info(void)
{
	shared_info_any_t *s = (void *)memory[WIRE_SHARED_INFO];

	if (domain->width == 8) {
		s->x64.arch.max_pfn = domain->max_gpfn + 1;
		s->x64.arch.pfn_to_mfn_frame_list_list = LIST_LIST;
	} else {
		s->x32.arch.max_pfn = domain->max_gpfn + 1;
		s->x32.arch.pfn_to_mfn_frame_list_list = LIST_LIST;
	}
}

static void make_start_info(void)
{
	start_info_x86_64_t *s = (void *)memory[WIRE_START_INFO];

	s->store_mfn = domain->max_gpfn;
	s->console.domU.mfn = 9;
}

static void make_memory(void)
{
	memory_fd = memfd_create("domain", 0);
	if (memory_fd < 0 || ftruncate(memory_fd, FRAMES * PAGE))
		abort();
	memory = mmap(NULL, FRAMES * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED,
		      memory_fd, 0);
	if (memory == MAP_FAILED)
		abort();
}

void wire_domain_begin(const struct wire_domain *d, unsigned int at, long how)
{
	unsigned int i;

	if (!memory)
		make_memory();
	domain = d;
	when = at;
	then = how;
	nr_asked = 0;
	for (i = 0; i < FRAMES; i++)
		fill(memory[i], PAGE, i);
	make_shared_info();
	make_start_info();
	if (!domain->hvm)
		make_table();
}

void wire_domain_end(void)
{
	domain = NULL;
}

bool wire_domain_is_there(void)
{
	return domain;
}

long wire_domain_asked(void)
{
	return nr_asked++ == when ? then : 0;
}

unsigned int wire_domain_questions(void)
{
	return nr_asked;
}

void *wire_domain_frame(unsigned int frame)
{
	return memory[frame];
}

/*
 * Xen
 */

static long getinfo(struct xen_domctl *d)
{
	struct xen_domctl_getdomaininfo *info = &d->u.getdomaininfo;

	if (domain->domid)
		d->domain = domain->domid;
	fill(info, sizeof(*info), 3);
	info->flags = domain->flags |
		      (domain->hvm ? XEN_DOMINF_hvm_guest : 0);
	info->tot_pages = domain->nr_pages;
	info->max_vcpu_id = domain->max_vcpu_id;
	info->shared_info_frame = domain->shared_info;
	return 0;
}

/* The start info's frame is an argument of its last hypercall. */
static long getcontext(struct xen_domctl *d)
{
	vcpu_guest_context_any_t *ctx = (void *)d->u.vcpucontext.ctxt.p;

	if (domain->lost >> d->u.vcpucontext.vcpu & 1)
		return -EINVAL;
	fill(ctx, sizeof(*ctx), d->u.vcpucontext.vcpu);
	if (domain->width == 8)
		ctx->x64.user_regs.edx = WIRE_START_INFO;
	else
		ctx->x32.user_regs.edx = WIRE_START_INFO;
	return 0;
}

static long frame_types(struct xen_domctl *d)
{
	uint64_t *types = (void *)d->u.getpageframeinfo3.array.p;
	uint64_t i;

	for (i = 0; i < d->u.getpageframeinfo3.num; i++)
		types[i] = types[i] == ~0ull ? 0xf0000000 :
			   (types[i] % 5) << 28 | types[i];
	return 0;
}

static long address_size(struct xen_domctl *d)
{
	d->u.address_size.size = domain->width * 8;
	return 0;
}

static long agree(struct xen_domctl *d)
{
	(void)d;
	return 0;
}

/* What of the union Xen looks at: a number, and a buffer. */
static const struct operation {
	uint32_t cmd;
	long (*answer)(struct xen_domctl *d);
	size_t number;			/* its size */
	size_t handle, size;
} operations[] = {
#define HANDLE(field) offsetof(struct xen_domctl, u.field)
#define CONTEXT 4, HANDLE(vcpucontext.ctxt), sizeof(vcpu_guest_context_any_t)
	{ XEN_DOMCTL_getdomaininfo, getinfo, 0, 0, 0 },
	{ XEN_DOMCTL_get_address_size, address_size, 0, 0, 0 },
	{ XEN_DOMCTL_getvcpucontext, getcontext, CONTEXT },
	{ XEN_DOMCTL_setvcpucontext, agree, CONTEXT },
	{ XEN_DOMCTL_resumedomain, agree, 0, 0, 0 },
	{ XEN_DOMCTL_getpageframeinfo3, frame_types, 8,
	  HANDLE(getpageframeinfo3.array), 0 },
};

static const struct operation *find(uint32_t cmd)
{
	size_t i;

	for (i = 0; i < sizeof(operations) / sizeof(operations[0]); i++)
		if (operations[i].cmd == cmd)
			return &operations[i];
	fprintf(stderr, "domctl %u is not known here\n", cmd);
	abort();
}

static void write_down(const struct operation *o, const struct xen_domctl *d)
{
	size_t size = o->size;
	const void *p = NULL;

	wire_record("domctl\0", d, offsetof(struct xen_domctl, domain) +
				   sizeof(d->domain));
	wire_record("number\0", &d->u, o->number);
	if (o->handle)
		memcpy(&p, (const char *)d + o->handle, sizeof(p));
	if (d->cmd == XEN_DOMCTL_getpageframeinfo3)
		size = d->u.getpageframeinfo3.num * sizeof(uint64_t);
	if (p)
		wire_record("buffer\0", p, size);
}

static long domctl(struct xen_domctl *d)
{
	const struct operation *o = find(d->cmd);
	long how, ret;

	wire_api_asked(__HYPERVISOR_domctl, d->cmd);
	write_down(o, d);
	how = wire_domain_asked();
	if (how < 0)
		return how;
	ret = o->answer(d);
	return ret ? ret : how;
}

static long version(unsigned int cmd, char *to)
{
	static const size_t sizes[] = {
		[XENVER_extraversion] = sizeof(xen_extraversion_t),
		[XENVER_compile_info] = sizeof(xen_compile_info_t),
		[XENVER_capabilities] = sizeof(xen_capabilities_info_t),
		[XENVER_changeset] = sizeof(xen_changeset_info_t),
		[XENVER_platform_parameters] =
			sizeof(xen_platform_parameters_t),
		[XENVER_pagesize] = 0,
	};

	fill(to, sizes[cmd], cmd);
	if (cmd == XENVER_capabilities)
		strcpy(to, domain->caps);
	return cmd == XENVER_version ? 4 << 16 | 14 :
	       cmd == XENVER_pagesize ? PAGE : 0;
}

long wire_domain_hypercall(unsigned int number, const uint64_t *args)
{
	struct xen_hvm_param *param = (void *)(uintptr_t)args[1];
	long how;

	wire_note("hypercall %u", number);
	if (number == __HYPERVISOR_domctl)
		return domctl((void *)(uintptr_t)args[0]);
	wire_api_asked(number, args[0]);
	wire_record("command", &args[0], sizeof(args[0]));
	if (number == __HYPERVISOR_memory_op &&
	    args[0] == XENMEM_maximum_gpfn) {
		wire_record("domid\0\0", param, sizeof(domid_t));
		how = wire_domain_asked();
		return how ? how : (long)domain->max_gpfn;
	}
	if (number == __HYPERVISOR_hvm_op && args[0] == HVMOP_get_param) {
		wire_record("param\0\0", param,
			    offsetof(struct xen_hvm_param, value));
		how = wire_domain_asked();
		if (how >= 0)
			param->value = domain->callback_irq;
		return how;
	}
	if (number == __HYPERVISOR_xen_version) {
		how = wire_domain_asked();
		return how ? how : version(args[0], (void *)param);
	}
	fprintf(stderr, "hypercall %u, %lu is not known here\n", number,
		(unsigned long)args[0]);
	abort();
}

/*
 * libxenforeignmemory. Frames are written down one by one: how many are mapped
 * at once is not the question.
 */
static int map_frame(unsigned char *at, uint32_t domid, int prot,
		     uint64_t frame)
{
	struct {
		uint64_t domid, prot, frame;
	} asked = { domid, prot, frame };
	long how;

	wire_record("frame\0\0", &asked, sizeof(asked));
	how = wire_domain_asked();
	if (how < 0)
		return how;
	if (domain->hvm ? frame % 5 == 3 : frame >= WIRE_NO_FRAME)
		return -EINVAL;
	if (mmap(at, PAGE, prot, MAP_SHARED | MAP_FIXED, memory_fd,
		 frame % FRAMES * PAGE) == MAP_FAILED)
		abort();
	return 0;
}

void *wire_domain_map(uint32_t domid, int prot, size_t nr,
		      const uint64_t *frames, int *err)
{
	unsigned char *p;
	int failed = 0, e;
	size_t i;

	/* Only who asks for each frame's error asks for many. */
	if (err && domain->at_once && nr > domain->at_once) {
		errno = ENOMEM;
		return NULL;
	}
	p = mmap(NULL, nr * PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1,
		 0);
	if (p == MAP_FAILED)
		return NULL;
	for (i = 0; i < nr; i++) {
		e = map_frame(p + i * PAGE, domid, prot, frames[i]);
		if (err)
			err[i] = e;
		else if (!failed)
			failed = e;
	}
	if (!failed)
		return p;
	munmap(p, nr * PAGE);
	errno = -failed;
	return NULL;
}
