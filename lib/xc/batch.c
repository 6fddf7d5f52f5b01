// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Batches: begin, commit, and what happens when a batch has to run early.
 */
#include "engine.h"

struct xe_batch {
	struct xe_cursor k;		/* first: a cursor is its batch */
	xc_interface *xch;		/* whose, also while k.xch hides it */
	struct xe_batch *next;		/* this thread's other batches */
	char *base, *base_end;		/* the lane's first scratch memory */
	struct xc_batch_result *early;	/* of calls that ran before commit */
	unsigned int nr_early, cap_early;
	bool lost;			/* no memory for one of these */
	bool native;			/* xenbatch_queue_* may have queued */
	uint32_t native_from;		/* from this operation on */
};

/*
 * The thread's open batches, the last used first, which xe_current points to;
 * after fork, in the child, those that are the parent's.
 */
static __thread struct xe_batch *open_batches
	__attribute__((tls_model("initial-exec")));
static __thread struct xe_batch *stale_batches
	__attribute__((tls_model("initial-exec")));

static void set_current(void)
{
	xe_current = open_batches ? &open_batches->k : &xe_none;
}

static struct xe_batch **link_of(struct xe_batch **list, xc_interface *xch)
{
	while (*list && (*list)->xch != xch)
		list = &(*list)->next;
	return list;
}

/* Unlink the batch of xch from a list; NULL if there is none. */
static struct xe_batch *take_from(struct xe_batch **list, xc_interface *xch)
{
	struct xe_batch **link = link_of(list, xch);
	struct xe_batch *b = *link;

	if (b)
		*link = b->next;
	return b;
}

/* How far the cursor may go before it has to ask: see struct xe_cursor. */
static void set_limit(struct xe_batch *b)
{
	struct xb_lane *lane = b->k.lane;
	size_t slots = (size_t)(b->k.end - b->k.cur) / XE_SLOT;
	size_t ops = lane->cap - (b->k.op - lane->ops);

	/* Before its first use a lane has no operations: NULL stays NULL. */
	b->k.op_end = b->k.op;
	if (ops && slots)
		b->k.op_end += ops < slots ? ops : slots;
}

/* What xenbatch_queue_* queued meanwhile has its places, and the cursor is on. */
static void take_native(struct xe_batch *b)
{
	struct xb_lane *lane = b->k.lane;
	uint32_t i;

	for (i = b->native_from; i < lane->nr; i++)
		lane->ops[i].tag = XE_TAG(XE_NATIVE, 0, 0);
	b->native = false;
	b->k.xch = b->xch;
	b->k.op = lane->ops + lane->nr;
	set_limit(b);
}

/* The open batch of xch, now first in the list. */
static struct xe_batch *find(xc_interface *xch)
{
	struct xe_batch *b = take_from(&open_batches, xch);

	if (b && unlikely(b->native))
		take_native(b);
	if (b) {
		b->next = open_batches;
		open_batches = b;
		set_current();
	}
	return b;
}

/* Memory */

static void use_scratch(struct xe_batch *b, char *start, char *end)
{
	b->k.cur = start;
	b->k.end = end;
}

static void start_lane(struct xe_batch *b, struct xb_lane *lane)
{
	b->k.lane = lane;
	b->k.op = lane->ops;
	b->base = lane->cur;
	b->base_end = lane->end;
	lane->cur = lane->end;		/* now ours, to the last byte */
	use_scratch(b, b->base, b->base_end);
	set_limit(b);
}

/* Room for one call of `need` bytes: 0, or -1 with errno. */
static int make_room(struct xe_batch *b, size_t need)
{
	struct xb_lane *lane = b->k.lane;
	char *p;

	lane->nr = b->k.op - lane->ops;
	if (lane->nr == lane->cap) {
		if (xb_lane_grow_ops(lane))
			return -1;
		b->k.op = lane->ops + lane->nr;
	}
	if (need > (size_t)(b->k.end - b->k.cur)) {
		p = xb_lane_more(lane, need);
		if (!p)
			return -1;
		/* More than that was had, as a rule: all is ours. */
		use_scratch(b, p, lane->end);
		lane->cur = lane->end;
	}
	set_limit(b);
	return 0;
}

/* Begin and end */

static pthread_once_t fork_once = PTHREAD_ONCE_INIT;
static int forks_watched;

/*
 * The child has this one thread. Its batches point into memory that is not
 * inherited: nobody may come across them by xe_current again.
 */
static void in_child(void)
{
	struct xe_batch **end = &stale_batches;

	while (*end)
		end = &(*end)->next;
	*end = open_batches;
	open_batches = NULL;
	set_current();
}

static void watch_forks(void)
{
	pthread_atfork(NULL, NULL, in_child);
	__atomic_store_n(&forks_watched, 1, __ATOMIC_RELEASE);
}

void xe_batch_free(struct xe_batch *b)
{
	if (b)
		free(b->early);
	free(b);
}

/* Keep its memory for the next begin, or free it. */
static void give_back(struct xe_batch *b)
{
	xe_batch_free(__atomic_exchange_n(&b->xch->spare, b, __ATOMIC_ACQ_REL));
}

XC_API int xc_batch_begin(xc_interface *xch)
{
	struct xb_lane *lane;
	struct xe_batch *b;

	if (unlikely(!__atomic_load_n(&forks_watched, __ATOMIC_ACQUIRE)))
		pthread_once(&fork_once, watch_forks);
	if (unlikely(open_batches) && find(xch)) {
		errno = EBUSY;
		return -1;
	}
	b = unlikely(stale_batches) ? take_from(&stale_batches, xch) : NULL;
	if (likely(!b))
		b = __atomic_exchange_n(&xch->spare, NULL, __ATOMIC_ACQ_REL);
	if (!b)
		b = calloc(1, sizeof(*b));
	if (!b)
		return -1;
	b->xch = xch;
	lane = xb_lane_get(xch->xb);
	if (!lane) {
		int err = errno;

		give_back(b);
		errno = err;
		return -1;
	}
	b->k.xch = xch;
	b->k.queued = true;
	b->nr_early = 0;
	b->lost = false;
	b->native = false;
	start_lane(b, lane);
	b->next = open_batches;
	open_batches = b;
	set_current();
	return 0;
}

/* Run ops of the lane and complete them into result (or NULL). */
static unsigned int run(struct xe_batch *b, struct xc_batch_result *result,
			unsigned int n, int *err)
{
	struct xb_lane *lane = b->k.lane;
	unsigned int nr = b->k.op - lane->ops, failed = 0, i;
	struct xenbatch_op *op = lane->ops;

	lane->nr = nr;
	if (nr && xb_lane_run(lane)) {
		*err = errno;
		for (i = 0; i < nr; i++) {
			if (op[i].state != XENBATCH_STATE_DONE)
				op[i].result = -*err;
		}
	}
	if (!result)
		n = 0;
	if (n > nr)
		n = nr;
	if (n)
		failed = xe_complete_all(b->xch, op, op + n, result);
	if (n < nr)
		failed += xe_complete_all(b->xch, op + n, op + nr, NULL);
	return failed;
}

/* Run early. 0, or -1 with errno and nothing done. */
static int flush(struct xe_batch *b)
{
	struct xb_lane *lane = b->k.lane, *fresh;
	unsigned int nr = b->k.op - lane->ops;
	int err = 0;

	if (!nr)
		return 0;
	if (b->nr_early + nr + 1 > b->cap_early) {
		unsigned int cap = 2 * (b->nr_early + nr + 1);
		void *p = realloc(b->early, cap * sizeof(*b->early));

		if (!p)
			return -1;
		b->early = p;
		b->cap_early = cap;
	}
	run(b, b->early + b->nr_early, nr, &err);
	b->nr_early += nr;
	/*
	 * Its memory is free again. What was had beyond the first piece goes
	 * with the lane only, so change lanes then, if there is another.
	 */
	if (b->k.end != b->base_end) {
		fresh = xb_lane_get(b->xch->xb);
		if (fresh) {
			xb_lane_put(lane);
			start_lane(b, fresh);
			return 0;
		}
	}
	lane->nr = 0;
	b->k.op = lane->ops;
	use_scratch(b, b->base, b->base_end);
	set_limit(b);
	return 0;
}

static void note(struct xe_batch *b, long ret, int err)
{
	struct xc_batch_result *r;

	if (b->nr_early == b->cap_early) {
		unsigned int cap = 2 * b->cap_early + 16;

		r = realloc(b->early, cap * sizeof(*r));
		if (!r) {
			b->lost = true;
			return;
		}
		b->early = r;
		b->cap_early = cap;
	}
	r = &b->early[b->nr_early++];
	r->ret = ret;
	r->err = err;
	r->reserved = 0;
}

/*
 * The slow side of xe_open: NULL and *failed 0 if no batch of xch is open.
 */
struct xe_cursor *xe_batch_open(xc_interface *xch, size_t extra, int *failed)
{
	struct xe_batch *b = find(xch);
	size_t need = extra + XE_SLOT;
	int err;

	if (!b || !b->k.xch)
		return NULL;
	if (b->k.op != b->k.op_end && need <= (size_t)(b->k.end - b->k.cur))
		return &b->k;
	if (extra >= XE_HUGE) {
		/* No flush brings that: the call is refused in its place. */
		*failed = 1;
		xe_local(xch, -1, ENOMEM);
		errno = ENOMEM;
		return NULL;
	}
	if (!make_room(b, need))
		return &b->k;
	err = errno;
	if (b->k.op != b->k.lane->ops && !flush(b) &&
	    (need <= (size_t)(b->k.end - b->k.cur) || !make_room(b, need)))
		return &b->k;
	if (b->k.op == b->k.lane->ops)
		note(b, -1, err);
	else
		b->lost = true;
	errno = err;
	*failed = 1;
	return NULL;
}

struct xe_batch *xe_pause_slow(xc_interface *xch)
{
	struct xe_batch *b = find(xch);

	if (!b || !b->k.xch)
		return NULL;
	if (flush(b)) {
		/* Order matters more than a result: see lost. */
		int err = 0;

		run(b, NULL, 0, &err);
		b->lost = true;
		b->k.op = b->k.lane->ops;
	}
	b->k.xch = NULL;
	return b;
}

void xe_resume_slow(struct xe_batch *b, xc_interface *xch, long ret, int err)
{
	int saved = errno;

	b->k.xch = xch;
	note(b, ret, err);
	errno = saved;
}

/* The batch, taken out of the list; or NULL with errno. */
static struct xe_batch *end_batch(xc_interface *xch)
{
	struct xe_batch *b = take_from(&open_batches, xch);

	if (b) {
		if (unlikely(b->native))
			take_native(b);
		set_current();
		return b;
	}
	b = take_from(&stale_batches, xch);
	if (b)
		give_back(b);
	errno = b ? ESTALE : EINVAL;
	return NULL;
}

XC_API int xc_batch_commit(xc_interface *xch, struct xc_batch_result *results,
			   unsigned int n)
{
	struct xe_batch *b = end_batch(xch);
	unsigned int failed = 0, i;
	int err = 0;

	if (!b)
		return -1;
	for (i = 0; i < b->nr_early; i++) {
		failed += b->early[i].err != 0;
		if (results && i < n)
			results[i] = b->early[i];
	}
	if (results && n > b->nr_early)
		failed += run(b, results + b->nr_early, n - b->nr_early, &err);
	else
		failed += run(b, NULL, 0, &err);
	xb_lane_put(b->k.lane);
	if (b->lost && !err)
		err = ENOMEM;
	give_back(b);
	if (err) {
		errno = err;
		return -1;
	}
	return failed;
}

XC_API int xc_batch_cancel(xc_interface *xch)
{
	struct xe_batch *b = end_batch(xch);

	if (!b)
		return -1;
	xb_lane_put(b->k.lane);
	give_back(b);
	return 0;
}

XC_API int xc_batch_queued(xc_interface *xch)
{
	struct xe_batch *b = find(xch);

	if (b)
		return b->nr_early + (b->k.op - b->k.lane->ops);
	errno = *link_of(&stale_batches, xch) ? ESTALE : EINVAL;
	return -1;
}

/*
 * The cursor is hidden, as between xe_pause and xe_resume, so that the next
 * xc_* function comes by find(), which looks what was queued.
 */
XC_API struct xenbatch_batch *xc_batch_native(xc_interface *xch)
{
	struct xe_batch *b = find(xch);

	if (!b || !b->k.xch) {
		errno = *link_of(&stale_batches, xch) ? ESTALE : EINVAL;
		return NULL;
	}
	b->k.lane->nr = b->k.op - b->k.lane->ops;
	b->native_from = b->k.lane->nr;
	b->native = true;
	b->k.xch = NULL;
	return (struct xenbatch_batch *)b->k.lane;
}

XC_API xenbatch *xc_batch_handle(xc_interface *xch)
{
	return xch->xb;
}

/* The handle goes away. */
void xe_batch_close(xc_interface *xch)
{
	struct xe_batch *b = end_batch(xch);

	if (b) {
		xb_lane_put(b->k.lane);
		give_back(b);
	}
	xe_batch_free(__atomic_exchange_n(&xch->spare, NULL, __ATOMIC_ACQ_REL));
}
