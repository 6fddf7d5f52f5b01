// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * See wire.h. Which fields of a structure point to buffers, and how long these
 * are, is known here for the host's operations; all else is bytes.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include <xenctrl.h>

#include "wire.h"
#include "wire_api.h"
#include "wire_domain.h"

struct wire_script wire_script;
FILE *wire_log;

/* So much of a text is written and looked at. */
#define WIRE_TEXT 4

static unsigned int nr_calls;

void wire_record(const char *tag, const void *p, size_t len)
{
	uint32_t size = len;

	if (!wire_log)
		return;
	fwrite(tag, 1, 8, wire_log);
	fwrite(&size, sizeof(size), 1, wire_log);
	fwrite(p, 1, len, wire_log);
}

void wire_note(const char *fmt, ...)
{
	char text[2000];
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	wire_record("note\0\0\0", text, n < (int)sizeof(text) ? n :
					(int)sizeof(text) - 1);
}

void wire_begin(const struct wire_script *script)
{
	wire_script = *script;
	nr_calls = 0;
}

static unsigned char pattern(size_t i)
{
	return (i + 3) * 37 + wire_script.seed * 101 + nr_calls * 11;
}

static void fill(void *p, size_t len)
{
	unsigned char *c = p;
	size_t i;

	for (i = 0; i < len; i++)
		c[i] = pattern(i);
}

/* The buffers of one structure. */
#define MAX_BUFFERS 8
struct buffers {
	unsigned char *base;
	unsigned int nr;
	struct {
		size_t at, len;
	} b[MAX_BUFFERS];
};

static void add(struct buffers *bufs, const void *handle, size_t len)
{
	bufs->b[bufs->nr].at = (const unsigned char *)handle - bufs->base;
	bufs->b[bufs->nr++].len = len;
}

static void livepatch(struct buffers *bufs, struct xen_sysctl_livepatch_op *l)
{
	struct xen_sysctl_livepatch_list *list = &l->u.list;

	switch (l->cmd) {
	case XEN_SYSCTL_LIVEPATCH_UPLOAD:
		add(bufs, &l->u.upload.name.name, l->u.upload.name.size);
		add(bufs, &l->u.upload.payload, l->u.upload.size);
		break;
	case XEN_SYSCTL_LIVEPATCH_GET:
		add(bufs, &l->u.get.name.name, l->u.get.name.size);
		break;
	case XEN_SYSCTL_LIVEPATCH_ACTION:
		add(bufs, &l->u.action.name.name, l->u.action.name.size);
		break;
	case XEN_SYSCTL_LIVEPATCH_LIST:
		/* How long the texts are is not told. */
		add(bufs, &list->status, 8ULL * list->nr);
		add(bufs, &list->len, 4ULL * list->nr);
		add(bufs, &list->metadata_len, 4ULL * list->nr);
		add(bufs, &list->name, 0);
		add(bufs, &list->metadata, 0);
		break;
	}
}

static void pm(struct buffers *bufs, struct xen_sysctl *s)
{
	struct xen_sysctl_get_pmstat *stat = &s->u.get_pmstat;
	struct xen_get_cpufreq_para *para = &s->u.pm_op.u.get_para;
	size_t px = stat->u.getpx.total;

	if (s->cmd == XEN_SYSCTL_get_pmstat && stat->type == PMSTAT_get_pxstat) {
		add(bufs, &stat->u.getpx.trans_pt, px * px * 8);
		add(bufs, &stat->u.getpx.pt, px * 24);
	} else if (s->cmd == XEN_SYSCTL_get_pmstat &&
		   stat->type == PMSTAT_get_cxstat) {
		add(bufs, &stat->u.getcx.triggers, 8ULL * stat->u.getcx.nr);
		add(bufs, &stat->u.getcx.residencies, 8ULL * stat->u.getcx.nr);
		add(bufs, &stat->u.getcx.pc, 8ULL * stat->u.getcx.nr_pc);
		add(bufs, &stat->u.getcx.cc, 8ULL * stat->u.getcx.nr_cc);
	} else if (s->cmd == XEN_SYSCTL_pm_op &&
		   s->u.pm_op.cmd == GET_CPUFREQ_PARA && para->cpu_num &&
		   para->freq_num && para->gov_num) {
		add(bufs, &para->affected_cpus, 4ULL * para->cpu_num);
		add(bufs, &para->scaling_available_frequencies,
		    4ULL * para->freq_num);
		add(bufs, &para->scaling_available_governors,
		    para->gov_num * CPUFREQ_NAME_LEN);
	}
}

static void sysctl(struct buffers *bufs, struct xen_sysctl *s)
{
	struct xenctl_bitmap *mask = &s->u.tbuf_op.cpu_mask;

	if (s->cmd == XEN_SYSCTL_livepatch_op)
		livepatch(bufs, &s->u.livepatch);
	else if (s->cmd == XEN_SYSCTL_tbuf_op &&
		 s->u.tbuf_op.cmd == XEN_SYSCTL_TBUFOP_set_cpu_mask)
		add(bufs, &mask->bitmap, (mask->nr_bits + 7) / 8);
	else
		pm(bufs, s);
}

static void flask(struct buffers *bufs, xen_flask_op_t *op)
{
	switch (op->cmd) {
	case FLASK_LOAD:
		add(bufs, &op->u.load.buffer, op->u.load.size);
		break;
	case FLASK_CONTEXT_TO_SID:
	case FLASK_SID_TO_CONTEXT:
		add(bufs, &op->u.sid_context.context, op->u.sid_context.size);
		break;
	case FLASK_GETBOOL:
	case FLASK_SETBOOL:
		add(bufs, &op->u.boolean.name, op->u.boolean.size);
		break;
	}
}

static void platform(struct buffers *bufs, struct xen_platform_op *p)
{
	if (p->cmd == XENPF_resource_op)
		add(bufs, &p->u.resource_op.entries, 24ULL *
		    p->u.resource_op.nr_entries);
	else if (p->cmd == XENPF_microcode_update)
		add(bufs, &p->u.microcode.data, p->u.microcode.length);
#if XC_RELEASE >= 420
	else if (p->cmd == XENPF_microcode_update2)
		add(bufs, &p->u.microcode2.data, p->u.microcode2.length);
#endif
}

static size_t kexec_size(uint64_t cmd)
{
	switch (cmd) {
	case KEXEC_CMD_kexec:
		return sizeof(xen_kexec_exec_t);
	case KEXEC_CMD_kexec_get_range:
		return sizeof(xen_kexec_range_t);
	case KEXEC_CMD_kexec_load:
		return sizeof(xen_kexec_load_t);
	}
	return 1;
}

/* The structure of a call, and from where on Xen may write to it. */
static size_t structure(unsigned int number, const uint64_t *args,
			struct buffers *bufs, size_t *writes)
{
	xen_kexec_load_t *load;

	bufs->nr = 0;
	bufs->base = (void *)(uintptr_t)args[0];
	*writes = 12;
	switch (number) {
	case __HYPERVISOR_sysctl:
		sysctl(bufs, (void *)bufs->base);
		return sizeof(struct xen_sysctl);
	case __HYPERVISOR_domctl:
		*writes = 20;
		return sizeof(struct xen_domctl);
	case __HYPERVISOR_platform_op:
		platform(bufs, (void *)bufs->base);
		*writes = sizeof(struct xen_platform_op);
		return sizeof(struct xen_platform_op);
	case __HYPERVISOR_xsm_op:
		flask(bufs, (void *)bufs->base);
		*writes = 8;
		return sizeof(xen_flask_op_t);
	case __HYPERVISOR_mca:
		if (((struct xen_mc *)bufs->base)->cmd == XEN_MC_inject_v2)
			add(bufs, bufs->base +
			    offsetof(struct xen_mc, u.mc_inject_v2.cpumap),
			    (((struct xen_mc *)bufs->base)
			     ->u.mc_inject_v2.cpumap.nr_bits + 7) / 8);
		*writes = 8;
		return sizeof(struct xen_mc);
	case __HYPERVISOR_xen_version:
		bufs->base = (void *)(uintptr_t)args[1];
		*writes = sizeof(uint32_t);
		return bufs->base ? sizeof(uint32_t) + WIRE_TEXT : 0;
	case __HYPERVISOR_kexec_op:
		bufs->base = (void *)(uintptr_t)args[1];
		load = (void *)bufs->base;
		if (args[0] == KEXEC_CMD_kexec_load)
			add(bufs, &load->segments.h, 32ULL * load->nr_segments);
		*writes = 8;
		return kexec_size(args[0]);
	}
	fprintf(stderr, "hypercall %u is not known here\n", number);
	abort();
}

static void *buffer(const struct buffers *bufs, unsigned int i)
{
	void *p;

	memcpy(&p, bufs->base + bufs->b[i].at, sizeof(p));
	return p;
}

/*
 * What Xen only writes, or does not look at: functions that make several calls
 * have there what the one before left.
 */
static void forget(unsigned int number, void *copy)
{
	struct xen_sysctl *s = copy;
	xen_flask_op_t *op = copy;
	uint32_t cmd;

	if (number == __HYPERVISOR_sysctl && s->cmd == XEN_SYSCTL_tbuf_op) {
		cmd = s->u.tbuf_op.cmd;
		if (cmd != XEN_SYSCTL_TBUFOP_get_info &&
		    cmd != XEN_SYSCTL_TBUFOP_enable)
			return;
		memset(&s->u, 0, sizeof(s->u));
		s->u.tbuf_op.cmd = cmd;
	} else if (number == __HYPERVISOR_xsm_op &&
		   op->cmd == FLASK_AVC_CACHESTATS) {
		cmd = op->u.cache_stats.cpu;
		memset(&op->u, 0, sizeof(op->u));
		op->u.cache_stats.cpu = cmd;
	} else if (number == __HYPERVISOR_xsm_op &&
		   op->cmd == FLASK_CONTEXT_TO_SID) {
		cmd = op->u.sid_context.size;
		memset(&op->u, 0, sizeof(op->u));
		op->u.sid_context.size = cmd;
	} else if (number == __HYPERVISOR_xsm_op && op->cmd == FLASK_ACCESS) {
		op->u.access.allowed = 0;
		op->u.access.audit_allow = 0;
		op->u.access.audit_deny = 0;
		op->u.access.seqno = 0;
	}
}

/* Addresses differ: only whether there is one is written down. */
static void write_down(unsigned int number, const uint64_t *args,
		       const struct buffers *bufs, size_t size)
{
	unsigned char copy[256];
	unsigned int i;
	uint64_t is;

	if (size)
		memcpy(copy, bufs->base, size);
	forget(number, copy);
	for (i = 0; i < bufs->nr; i++) {
		is = buffer(bufs, i) != NULL;
		memcpy(copy + bufs->b[i].at, &is, sizeof(is));
	}
	wire_note("hypercall %u, %d", number,
		  number == __HYPERVISOR_kexec_op ||
		  number == __HYPERVISOR_xen_version ? (int)args[0] : 0);
	wire_record("struct\0", copy, size);
	for (i = 0; i < bufs->nr; i++) {
		if (buffer(bufs, i))
			wire_record("buffer\0", buffer(bufs, i),
				    bufs->b[i].len);
	}
}

/* Handles stay: Xen writes none. */
static void write_answer(const struct buffers *bufs, size_t size, size_t from)
{
	unsigned char copy[256];
	unsigned int i;

	if (!size)
		return;
	memcpy(copy, bufs->base, size);
	if (from < size)
		fill(copy + from, size - from);
	for (i = 0; i < bufs->nr; i++)
		memcpy(copy + bufs->b[i].at, bufs->base + bufs->b[i].at, 8);
	for (i = 0; i < bufs->nr; i++) {
		if (buffer(bufs, i))
			fill(buffer(bufs, i), bufs->b[i].len);
	}
	memcpy(bufs->base, copy, size);
}

/*
 * The list of patches is one: five, two at once at most, names and metadata of
 * several lengths. The seed makes Xen say E2BIG, and change the list.
 */
#define PATCHES 5u

static long list_patches(struct xen_sysctl_livepatch_list *l)
{
	static const char texts[] = "abcdefghijklmnopqrstuvwxyz";
	struct xen_livepatch_status *status = (void *)l->status.p;
	uint32_t *len = (void *)l->len.p, *metadata_len;
	uint32_t i, n, name = 0, metadata = 0;

	metadata_len = (void *)l->metadata_len.p;
	if (l->nr > 3 && wire_script.seed & 1)
		return -E2BIG;
	if (l->idx > PATCHES)
		return -EINVAL;
	for (i = l->idx, n = 0; i < PATCHES && n < 2 && n < l->nr;
	     i++, n++) {
		status[n].state = 1 + i;
		status[n].rc = -(int)i;
		len[n] = 3 + i;
		metadata_len[n] = 2 * i;
		memcpy((char *)l->name.p + name, texts + i, len[n]);
		memcpy((char *)l->metadata.p + metadata, texts + 10 + i,
		       metadata_len[n]);
		name += len[n];
		metadata += metadata_len[n];
	}
	l->version = wire_script.seed & 2 ? 7 + nr_calls / 2 :
		     wire_script.seed & 4 ? 7 + nr_calls : 7;
	l->nr = PATCHES - i;
	l->name_total_size = name;
	l->metadata_total_size = metadata;
	return n;
}

/* Tables of as many rows and columns follow; as many bytes are mapped. */
static void be_small(struct xen_sysctl *s)
{
	if (s->cmd == XEN_SYSCTL_tbuf_op)
		s->u.tbuf_op.size = wire_script.seed * 2048;
	if (s->cmd == XEN_SYSCTL_get_pmstat &&
	    s->u.get_pmstat.type == PMSTAT_get_max_px)
		s->u.get_pmstat.u.getpx.total %= 16;
}

static long say(void)
{
	return nr_calls++ < wire_script.good ? 0 : wire_script.then;
}

/* The number in the structure, or beside it. */
static uint32_t operation(unsigned int number, const uint64_t *args)
{
	switch (number) {
	case __HYPERVISOR_domctl:
	case __HYPERVISOR_sysctl:
	case __HYPERVISOR_platform_op:
	case __HYPERVISOR_xsm_op:
		return *(const uint32_t *)(uintptr_t)args[0];
	default:
		return args[0];
	}
}

static long multicall(multicall_entry_t *calls, uint64_t nr)
{
	uint64_t i;

	wire_api_asked(__HYPERVISOR_multicall, 0);
	for (i = 0; i < nr; i++) {
		uint64_t args[6];

		memcpy(args, calls[i].args, sizeof(args));
		wire_hypercall(calls[i].op, args);
		calls[i].result = 1000 + i;
	}
	return say();
}

long wire_hypercall(unsigned int number, const uint64_t *args)
{
	struct buffers bufs;
	struct xen_sysctl *s;
	size_t size, writes;
	long ret;

	if (wire_domain_is_there())
		return wire_domain_hypercall(number, args);
	if (number == __HYPERVISOR_multicall)
		return multicall((void *)(uintptr_t)args[0], args[1]);
	size = structure(number, args, &bufs, &writes);
	s = (void *)bufs.base;
	/* How many cpus there are is asked once, by either in its own way. */
	if (number == __HYPERVISOR_sysctl && s->cmd == XEN_SYSCTL_physinfo) {
		memset(&s->u, 0, sizeof(s->u));
		s->u.physinfo.max_cpu_id = 9;
		return 0;
	}
	wire_api_asked(number, operation(number, args));
	write_down(number, args, &bufs, size);
	if (number == __HYPERVISOR_sysctl &&
	    s->cmd == XEN_SYSCTL_livepatch_op &&
	    s->u.livepatch.cmd == XEN_SYSCTL_LIVEPATCH_LIST &&
	    s->u.livepatch.u.list.nr) {
		ret = say();
		return ret < 0 ? ret : list_patches(&s->u.livepatch.u.list);
	}
	/* EACCES: it did not come that far. */
	ret = say();
	if (ret != -EACCES)
		write_answer(&bufs, size, writes);
	if (number == __HYPERVISOR_sysctl && ret != -EACCES)
		be_small(s);
	return ret;
}
