/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Windows without the library: a context, operations on its windows run one
 * by one, and a look at slots that may be empty. Include after raw.h.
 */
#ifndef WINDOW_H
#define WINDOW_H

#include <setjmp.h>
#include <signal.h>
#include <stdbool.h>

#define CTX_OPS		4096U
#define CTX_ARENA	(64 * PAGE)

struct ctx {
	int fd;
	struct xenbatch_info info;
	struct xenbatch_op *ops;	/* CTX_OPS */
	char *arena;			/* CTX_ARENA */
};

static inline int ctx_open(struct ctx *c)
{
	memset(c, 0, sizeof(*c));
	c->fd = raw_open();
	if (c->fd < 0)
		return -1;
	c->ops = raw_map(c->fd, XENBATCH_REGION_OPS, 0,
			 CTX_OPS * sizeof(*c->ops));
	c->arena = raw_map(c->fd, XENBATCH_REGION_ARENA, 0, CTX_ARENA);
	if (c->ops == MAP_FAILED || c->arena == MAP_FAILED ||
	    ioctl(c->fd, XENBATCH_IOC_INFO, &c->info)) {
		close(c->fd);
		return -1;
	}
	return 0;
}

/* Its windows are the caller's to unmap. */
static inline void ctx_close(struct ctx *c)
{
	if (c->ops) {
		munmap(c->ops, CTX_OPS * sizeof(*c->ops));
		munmap(c->arena, CTX_ARENA);
	}
	close(c->fd);
}

static inline bool ctx_can(struct ctx *c, unsigned int opcode)
{
	return c->info.opcodes & (1ULL << opcode);
}

static inline void *window_new(int fd, unsigned int region, uint32_t slots)
{
	return raw_map(fd, region, 0, slots * PAGE);
}

#define NOT_RUN	INT64_MIN

/* Runs one operation; its result, or NOT_RUN. */
static inline int64_t ctx_run(struct ctx *c, const struct xenbatch_op *op)
{
	c->ops[0] = *op;
	if (raw_submit(c->fd, 0, 1) != 1 ||
	    c->ops[0].state != XENBATCH_STATE_DONE)
		return NOT_RUN;
	return c->ops[0].result;
}

#define RUN(c, ...)	ctx_run(c, &(struct xenbatch_op){ __VA_ARGS__ })

static inline struct xenbatch_op op_map(uint16_t opcode, uint32_t domid,
					const void *addr, uint32_t count,
					uint64_t frame)
{
	return (struct xenbatch_op){
		.opcode = opcode, .domid = (uint16_t)domid,
		.map = { .addr = (uintptr_t)addr, .count = count,
			 .frame = frame },
	};
}

static inline struct xenbatch_op op_unmap(uint16_t opcode, const void *addr,
					  uint32_t count)
{
	return op_map(opcode, 0, addr, count, 0);
}

static inline struct xenbatch_op op_list(uint16_t opcode, uint32_t domid,
					 const void *addr, uint32_t count,
					 const void *list, int32_t *status,
					 uint16_t flags)
{
	struct xenbatch_op op = op_map(opcode, domid, addr, count,
				       (uintptr_t)list);

	op.flags = XENBATCH_OPF_LIST | flags;
	op.map.status = (uintptr_t)status;
	return op;
}

static inline int64_t foreign_map(struct ctx *c, uint32_t domid,
				  const void *addr, uint32_t count,
				  uint64_t frame)
{
	struct xenbatch_op op = op_map(XENBATCH_OP_FOREIGN_MAP, domid, addr,
				       count, frame);

	return ctx_run(c, &op);
}

static inline int64_t foreign_list(struct ctx *c, uint32_t domid,
				   const void *addr, uint32_t count,
				   const uint64_t *frames, int32_t *status,
				   uint16_t flags)
{
	struct xenbatch_op op = op_list(XENBATCH_OP_FOREIGN_MAP, domid, addr,
					count, frames, status, flags);

	return ctx_run(c, &op);
}

static inline int64_t foreign_unmap(struct ctx *c, const void *addr,
				    uint32_t count)
{
	struct xenbatch_op op = op_unmap(XENBATCH_OP_FOREIGN_UNMAP, addr,
					 count);

	return ctx_run(c, &op);
}

static inline int64_t grant_map(struct ctx *c, uint32_t domid,
				const void *addr, uint32_t count,
				uint32_t ref)
{
	struct xenbatch_op op = op_map(XENBATCH_OP_GRANT_MAP, domid, addr,
				       count, ref);

	return ctx_run(c, &op);
}

static inline int64_t grant_list(struct ctx *c, uint32_t domid,
				 const void *addr, uint32_t count,
				 const uint32_t *refs, int32_t *status,
				 uint16_t flags)
{
	struct xenbatch_op op = op_list(XENBATCH_OP_GRANT_MAP, domid, addr,
					count, refs, status, flags);

	return ctx_run(c, &op);
}

static inline int64_t grant_unmap(struct ctx *c, const void *addr,
				  uint32_t count)
{
	struct xenbatch_op op = op_unmap(XENBATCH_OP_GRANT_UNMAP, addr, count);

	return ctx_run(c, &op);
}

static inline int64_t grant_copy(struct ctx *c, struct xenbatch_copy *copies,
				 uint32_t count)
{
	return RUN(c, .opcode = XENBATCH_OP_GRANT_COPY,
		   .copy = { .addr = (uintptr_t)copies, .count = count });
}

static inline int64_t grant_notify(struct ctx *c, const void *addr,
				   uint32_t what, uint32_t port)
{
	return RUN(c, .opcode = XENBATCH_OP_GRANT_NOTIFY,
		   .notify = { .addr = (uintptr_t)addr, .what = what,
			       .port = port });
}

/*
 * More pages than one operation may have: several in one SUBMIT. The first
 * result that is not 0, NOT_RUN if the SUBMIT failed, or 0.
 */
static inline int64_t foreign_list_long(struct ctx *c, uint32_t domid,
					const char *addr, uint32_t count,
					const uint64_t *frames,
					int32_t *status, uint16_t flags)
{
	uint32_t most = c->info.pages_max, n = 0, done, i, now;

	for (done = 0; done < count; done += now, n++) {
		now = count - done < most ? count - done : most;
		c->ops[n] = op_list(XENBATCH_OP_FOREIGN_MAP, domid,
				    addr + done * PAGE, now, frames + done,
				    status ? status + done : NULL, flags);
	}
	if (raw_submit_all(c->fd, 0, n))
		return NOT_RUN;
	for (i = 0; i < n; i++)
		if (c->ops[i].result)
			return c->ops[i].result;
	return 0;
}

/* How many were filled, by as many operations as it takes. */
static inline int64_t window_unmap_long(struct ctx *c, uint16_t opcode,
					const char *addr, uint32_t count)
{
	uint32_t most = c->info.pages_max, done, now;
	struct xenbatch_op op;
	int64_t ret, n = 0;

	for (done = 0; done < count; done += now) {
		now = count - done < most ? count - done : most;
		op = op_unmap(opcode, addr + done * PAGE, now);
		ret = ctx_run(c, &op);
		if (ret < 0)
			return ret;
		n += ret;
	}
	return n;
}

/*
 * Touching: 0, or the signal that it raised. An access of the processor, not
 * of the kernel. The handlers stay; a signal that nobody waits for kills as
 * ever.
 */
static __thread sigjmp_buf touch_env;
static __thread volatile sig_atomic_t touching;

static inline void touch_caught(int sig)
{
	if (touching)
		siglongjmp(touch_env, sig);
	signal(sig, SIG_DFL);
	raise(sig);
}

static inline int touch(volatile uint32_t *word, bool write)
{
	/* NODEFER: no mask to be restored, which would be a system call */
	struct sigaction sa = {
		.sa_handler = touch_caught, .sa_flags = SA_NODEFER,
	};
	static volatile bool ready;
	int sig;

	if (!ready) {
		sigaction(SIGBUS, &sa, NULL);
		sigaction(SIGSEGV, &sa, NULL);
		ready = true;
	}
	sig = sigsetjmp(touch_env, 0);
	if (!sig) {
		touching = 1;
		if (write)
			*word = 0x0badf00d;
		else
			(void)*word;
	}
	touching = 0;
	return sig;
}

static inline int touch_read(const void *p)
{
	return touch((volatile uint32_t *)(uintptr_t)p, false);
}

static inline int touch_write(void *p)
{
	return touch(p, true);
}

/* How many of count slots give SIGBUS when they are read. */
static inline uint32_t slots_empty(const char *addr, uint32_t count)
{
	uint32_t i, n = 0;

	for (i = 0; i < count; i++)
		n += touch_read(addr + i * PAGE) == SIGBUS;
	return n;
}

/*
 * SKIP only for what a kind of dom0 may lack: a PV dom0 has all windows.
 */
#define NEED_OPCODE(c, code)						\
	do {								\
		if ((c)->info.features & XENBATCH_FEATURE_PV) {		\
			ASSERT_TRUE(ctx_can(c, code));			\
		} else if (!ctx_can(c, code)) {				\
			SKIP_TEST("not to be had in this dom0");	\
		}							\
	} while (0)

#endif /* WINDOW_H */
