/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What goes to Xen, written down, and answers that no Xen gave.
 *
 * Xen refuses much before it looks at every field, and much of it cannot be
 * had in an emulator. So hypercalls are stopped at the kernel's door (seccomp
 * sends SIGSYS for the ioctl), each is written down field by field, and
 * answered as the test likes: both libraries must have asked the same, and must
 * make the same of the answer. No domain is needed, and none is touched.
 *
 * It sees the ioctls of /dev/xen/privcmd: ours uses that with the backend
 * "stock", which wire_start asks for. Include after xc_diff.h.
 */
#ifndef XC_WIRE_H
#define XC_WIRE_H

#include <signal.h>
#include <stddef.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <ucontext.h>

#include <linux/filter.h>
#include <linux/seccomp.h>
#include <xen/sys/privcmd.h>

/* A structure of Xen's: what is looked at, and what is written. */
enum wire_kind { WIRE_END, WIRE_IN, WIRE_OUT, WIRE_LIST_IN, WIRE_LIST_OUT };

struct wire_field {
	enum wire_kind kind;
	const char *name;
	size_t off;
	size_t len;		/* of a list: bytes of it */
};

/* SHAPE is the structure's type where these are used. */
#define IN_(m) { WIRE_IN, #m, offsetof(SHAPE, m), sizeof(((SHAPE *)0)->m) }
#define OUT_(m) { WIRE_OUT, #m, offsetof(SHAPE, m), sizeof(((SHAPE *)0)->m) }
/* Handles: short lists lie in buffers that are 0 behind them, up to 64. */
#define LIST_IN_(m, bytes) { WIRE_LIST_IN, #m, offsetof(SHAPE, m), bytes }
#define LIST_OUT_(m, bytes) { WIRE_LIST_OUT, #m, offsetof(SHAPE, m), bytes }

/* Operation, its command, and what else says which of a union's it is. */
struct wire_shape {
	uint64_t number, cmd, sub;
	struct wire_field fields[14];
};

struct wire_call {
	unsigned int nr;	/* the function's first is 0 */
	uint64_t number, cmd, sub;
	char *arg;
	const struct wire_shape *shape;
};

static struct {
	const struct wire_shape *shapes;
	size_t nr_shapes;
	uint64_t (*sub)(const struct wire_call *c);
	/* What Xen says; fill is for it to call. */
	long (*answer)(struct wire_call *c);
	FILE *out;		/* NULL: nothing is stopped */
	unsigned int nr;
	unsigned int total;
	unsigned int unknown;
} wire;

/* In a sixth argument, of which ioctl has none: let it through. */
#define WIRE_THROUGH 0x77697265U

static void wire_data(const void *p, size_t len)
{
	const unsigned char *c = p;
	uint64_t sum = 14695981039346656037U;
	size_t i;

	for (i = 0; i < len; i++) {
		if (len <= 8)
			fprintf(wire.out, "%02x", c[i]);
		sum = (sum ^ c[i]) * 1099511628211U;
	}
	if (len > 8)
		fprintf(wire.out, "sum %016lx", (unsigned long)sum);
}

static void wire_field(const struct wire_field *f, char *arg)
{
	void *list = *(void **)(arg + f->off);

	if (f->kind == WIRE_OUT)
		return;
	fprintf(wire.out, " %s=", f->name);
	if (f->kind == WIRE_IN)
		wire_data(arg + f->off, f->len);
	else if (!list || f->kind == WIRE_LIST_OUT)
		fprintf(wire.out, "%s", list ? "a list" : "NULL");
	else
		wire_data(list, f->len);
}

/* What Xen gives back: each field another pattern, or 0 for 0. */
static void wire_fill(struct wire_call *c, unsigned char pattern)
{
	const struct wire_field *f = c->shape ? c->shape->fields : NULL;
	char *to;

	for (; f && f->kind; f++) {
		to = c->arg + f->off;
		if (f->kind == WIRE_LIST_OUT)
			to = *(char **)to;
		if (to && (f->kind == WIRE_OUT || f->kind == WIRE_LIST_OUT))
			memset(to, pattern, f->len);
		pattern += !!pattern;
	}
}

static const struct wire_shape *wire_find(const struct wire_call *c)
{
	const struct wire_shape *s = wire.shapes;

	for (; s < wire.shapes + wire.nr_shapes; s++) {
		if (s->number == c->number && s->cmd == c->cmd &&
		    s->sub == c->sub)
			return s;
	}
	return NULL;
}

static long wire_hypercall(uint64_t number, const uint64_t *arg)
{
	struct wire_call c = { .nr = wire.nr++, .number = number };
	const struct wire_field *f;
	const struct xen_domctl *d;

	if (number == __HYPERVISOR_domctl) {
		d = (void *)(uintptr_t)arg[0];
		c.arg = (void *)d;
		c.cmd = d->cmd;
		fprintf(wire.out, "  domctl %u version %x domain %u", d->cmd,
			d->interface_version, d->domain);
	} else {
		c.cmd = arg[0];
		c.arg = (void *)(uintptr_t)arg[1];
		fprintf(wire.out, "  hypercall %lu cmd %lu",
			(unsigned long)number, (unsigned long)c.cmd);
	}
	if (wire.sub)
		c.sub = wire.sub(&c);
	c.shape = wire_find(&c);
	wire.total++;
	wire.unknown += !c.shape;
	for (f = c.shape ? c.shape->fields : NULL; f && f->kind; f++)
		wire_field(f, c.arg);
	fputc('\n', wire.out);
	return wire.answer(&c);
}

/* Stock asks for 64 bits of an answer by a multicall of one. */
static long wire_privcmd(const privcmd_hypercall_t *call)
{
	multicall_entry_t *e;
	uint64_t arg[2];

	if (call->op != __HYPERVISOR_multicall || call->arg[1] != 1) {
		arg[0] = call->arg[0];
		arg[1] = call->arg[1];
		return wire_hypercall(call->op, arg);
	}
	e = (void *)(uintptr_t)call->arg[0];
	arg[0] = e->args[0];
	arg[1] = e->args[1];
	e->result = wire_hypercall(e->op, arg);
	return 0;
}

/* A mapping is a call too; there is nothing behind what it maps. */
#define WIRE_MAP 1000
static long wire_map(const privcmd_mmapbatch_v2_t *map)
{
	struct wire_call c = { .nr = wire.nr++, .number = WIRE_MAP };

	fprintf(wire.out, "  map %u of %u: %lx\n", map->num, map->dom,
		(unsigned long)map->arr[0]);
	memset(map->err, 0, map->num * sizeof(*map->err));
	return wire.answer(&c);
}

static long wire_ioctl(long fd, unsigned int request, void *arg)
{
	long ret;

	if (wire.out && request == (unsigned int)IOCTL_PRIVCMD_HYPERCALL)
		return wire_privcmd(arg);
	if (wire.out && request == (unsigned int)IOCTL_PRIVCMD_MMAPBATCH_V2)
		return wire_map(arg);
	ret = syscall(SYS_ioctl, fd, request, arg, 0, 0, WIRE_THROUGH);
	return ret < 0 ? -errno : ret;
}

static void wire_caught(int sig, siginfo_t *info, void *context)
{
	ucontext_t *u = context;
	int saved = errno;

	(void)sig;
	(void)info;
#if defined(__x86_64__)
	greg_t *r = u->uc_mcontext.gregs;

	r[REG_RAX] = wire_ioctl(r[REG_RDI], r[REG_RSI], (void *)r[REG_RDX]);
#elif defined(__aarch64__)
	__u64 *r = u->uc_mcontext.regs;

	r[0] = wire_ioctl(r[0], r[1], (void *)r[2]);
#endif
	errno = saved;
}

/* 32 bits of it: the low ones, or those from `from` bytes on. */
#define WIRE_LOAD(field, from) \
	BPF_STMT(BPF_LD | BPF_W | BPF_ABS, \
		 offsetof(struct seccomp_data, field) + (from))
#define WIRE_IF(value, yes, no) \
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (unsigned int)(value), yes, no)

/*
 * Instead of open_modes. A buffer of 4 GiB is refused here: the kernel would
 * refuse it too, and complain.
 */
static void wire_start(const struct wire_shape *shapes, size_t nr_shapes,
		       uint64_t (*sub)(const struct wire_call *c))
{
	/* jumps are counted from the next one */
	struct sock_filter code[] = {
		WIRE_LOAD(nr, 0),
		WIRE_IF(SYS_mmap, 0, 2),
		WIRE_LOAD(args[1], 4),
		WIRE_IF(0, 6, 8),
		WIRE_IF(SYS_ioctl, 0, 5),
		WIRE_LOAD(args[5], 0),
		WIRE_IF(WIRE_THROUGH, 3, 0),
		WIRE_LOAD(args[1], 0),
		WIRE_IF(IOCTL_PRIVCMD_HYPERCALL, 2, 0),
		WIRE_IF(IOCTL_PRIVCMD_MMAPBATCH_V2, 1, 0),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_TRAP),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ENOMEM),
	};
	struct sock_fprog program = { .len = NR(code), .filter = code };
	struct sigaction act = {
		.sa_sigaction = wire_caught,
		.sa_flags = SA_SIGINFO | SA_NODEFER,
	};

	setenv("XENBATCH_BACKEND", "stock", 1);
	if (sigaction(SIGSYS, &act, NULL) ||
	    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) ||
	    prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program))
		ksft_exit_skip("no seccomp here: %s\n", strerror(errno));
	wire.shapes = shapes;
	wire.nr_shapes = nr_shapes;
	wire.sub = sub;
	open_modes();
}

/* Calls, with all that they asked */

static void wire_begin(struct mode *m)
{
	wire.nr = 0;
	wire.out = m->out;
}

#undef CALL
#define CALL(m, name, ...) ({ \
	DRIVES(name); \
	call_begin(m, fn_##name); \
	wire_begin(m); \
	long ret_ = (long)(m)->api.name((m)->xch, ##__VA_ARGS__); \
	ret_ = call_end(m, #name, ret_, false); \
	wire.out = NULL; \
	ret_; })

#undef CALL_PTR
#define CALL_PTR(m, name, ...) ({ \
	DRIVES(name); \
	call_begin(m, fn_##name); \
	wire_begin(m); \
	__auto_type ptr_ = (m)->api.name((m)->xch, ##__VA_ARGS__); \
	call_end(m, #name, (long)ptr_, true); \
	wire.out = NULL; \
	ptr_; })

/* What is not in the table was not compared. */
static void wire_all_known(void)
{
	if (wire.unknown)
		ksft_print_msg("%u of %u hypercalls\n", wire.unknown,
			       wire.total);
	ksft_test_result(wire.total && !wire.unknown,
			 "every hypercall was looked at\n");
}

/* The answers that every function must cope with. */
static const struct wire_answer {
	long ret;
	int fill;	/* -1: nothing is written */
} wire_answers[] = {
	{ 0, 0x81 }, { 0, 0 }, { -ESRCH, -1 }, { -EACCES, 0xa1 },
};
static const struct wire_answer *wire_now;

static long wire_plain(struct wire_call *c)
{
	if (wire_now->fill >= 0)
		wire_fill(c, wire_now->fill);
	return wire_now->ret;
}

/* The last is 7 in Xen's 16 bits. */
static const uint32_t wire_domids[] = { 7, 0x7ff0, 0xffff, 0x50007 };

/* name(m, domid) for each answer and domain: a case, each_name. */
#define WIRE_EACH(name) \
static void each_##name(struct mode *m) \
{ \
	unsigned int i, j; \
\
	wire.answer = wire_plain; \
	for (i = 0; i < NR(wire_answers); i++) { \
		wire_now = &wire_answers[i]; \
		for (j = 0; j < NR(wire_domids); j++) \
			name(m, wire_domids[j]); \
	} \
}

#endif /* XC_WIRE_H */
