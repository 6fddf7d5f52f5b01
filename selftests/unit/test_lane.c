// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Promise: lanes, as the libraries above use them: scratch memory that is one's
 * own until the lane is put back, operations that survive growing, and no
 * system call once a lane has what it needs.
 */
#include "lane.h"
#include "unit.h"

static void fill(struct xenbatch_op *op, uint64_t cmd, uint32_t tag)
{
	op->opcode = XENBATCH_OP_HYPERCALL;
	op->flags = 0;
	op->domid = 0;
	op->tag = tag;
	op->number = __HYPERVISOR_xen_version;
	op->arg[0] = cmd;
	op->arg[1] = 0;
}

static void scratch_is_ones_own(void **state)
{
	static const size_t sizes[] = { 1, 16, 144, 4096, 100, 30000, 200000 };
	struct { unsigned char *p; size_t size; } got[200];
	struct xb_lane *lane;
	size_t i, j, round;

	for (round = 0; round < 3; round++) {
		lane = xb_lane_get(*state);
		for (i = 0; i < ARRAY_SIZE(got); i++) {
			got[i].size = sizes[(i + round) % ARRAY_SIZE(sizes)];
			got[i].p = xb_lane_alloc(lane, got[i].size);
			assert_non_null(got[i].p);
			assert_int_equal((uintptr_t)got[i].p % XB_LANE_ALIGN,
					 0);
			assert_true(xenbatch_owns(*state, got[i].p,
						  got[i].size));
			memset(got[i].p, i, got[i].size);
		}
		for (i = 0; i < ARRAY_SIZE(got); i++)
			for (j = 0; j < got[i].size; j++)
				if (got[i].p[j] != i)
					fail_msg("buffer %zu, byte %zu", i, j);
		xb_lane_put(lane);
	}
}

static void operations_survive_growing(void **state)
{
	struct xb_lane *lane = xb_lane_get(*state);
	struct xenbatch_op *op;
	uint32_t i;

	for (i = 0; i < 5000; i++) {
		op = xb_lane_op(lane);
		assert_non_null(op);
		assert_ptr_equal(op, &lane->ops[i]);
		fill(op, i % 3 ? XENVER_version : 99, i);
		lane->nr++;
	}
	assert_int_equal(xb_lane_run(lane), 0);
	for (i = 0; i < 5000; i++) {
		assert_int_equal(lane->ops[i].tag, i);
		assert_int_equal(lane->ops[i].state, XENBATCH_STATE_DONE);
		assert_int_equal(lane->ops[i].result,
				 i % 3 ? XB_FAKE_VERSION : -ENOSYS);
	}
	xb_lane_put(lane);
}

/* What the first batch of a kind had to map, the next ones find. */
static void second_time_maps_nothing(void **state)
{
	struct xb_lane *lane;
	uint64_t maps = 0;
	int round, i;

	for (round = 0; round < 5; round++) {
		lane = xb_lane_get(*state);
		for (i = 0; i < 600; i++) {
			assert_non_null(xb_lane_alloc(lane, 1000));
			fill(xb_lane_op(lane), XENVER_version, i);
			lane->nr++;
		}
		assert_int_equal(xb_lane_run(lane), 0);
		xb_lane_put(lane);
		if (round >= 2)
			assert_int_equal(xb_fake_counts.maps, maps);
		maps = xb_fake_counts.maps;
	}
	/* And now its memory is one stretch, from the start. */
	lane = xb_lane_get(*state);
	assert_non_null(xb_lane_alloc(lane, 16));
	assert_true(lane->end - lane->cur >= 600 * 1000);
	xb_lane_put(lane);
}

/* A huge batch does not keep the arena from others for ever. */
static void memory_is_given_back(void **state)
{
	struct xenbatch_limits limits;
	struct xb_lane *lane;
	xenbatch *xb;
	void *p;
	int i;

	(void)state;
	xb_fake_knobs.arena_max = 8 << 20;
	xb = xenbatch_open(0);
	xenbatch_limits(xb, &limits);
	lane = xb_lane_get(xb);
	for (i = 0; xb_lane_alloc(lane, 100000); i++)
		;
	assert_int_equal(errno, ENOMEM);
	assert_true(i * 100000UL > limits.arena_max / 2);
	assert_null(xenbatch_alloc(xb, 1 << 20));
	xb_lane_put(lane);
	p = xenbatch_alloc(xb, 3 << 20);
	assert_non_null(p);
	xenbatch_free(xb, p);
	xenbatch_close(xb);

	/* And not by one huge buffer either. */
	xb = xenbatch_open(0);
	xenbatch_limits(xb, &limits);
	lane = xb_lane_get(xb);
	assert_non_null(xb_lane_alloc(lane, limits.arena_max / 2 + 4096));
	xb_lane_put(lane);
	p = xenbatch_alloc(xb, limits.arena_max / 2 + 4096);
	assert_non_null(p);
	xenbatch_free(xb, p);
	xenbatch_close(xb);
}

static void taken_and_put_back(void **state)
{
	struct xb_lane *a, *b, *c;

	a = xb_lane_get(*state);
	b = xb_lane_get(*state);
	assert_ptr_not_equal(a, b);
	assert_int_equal(a->nr, 0);
	fill(xb_lane_op(a), XENVER_version, 0);
	a->nr++;
	assert_false(xb_lane_stale(a));
	xb_lane_put(a);
	c = xb_lane_get(*state);
	assert_ptr_equal(a, c);
	assert_int_equal(c->nr, 0);
	xb_lane_put(b);
	xb_lane_put(c);
}

static void many_lanes_share_the_array(void **state)
{
	struct xb_lane *lanes[40];
	int i, n;

	for (i = 0; i < 40; i++) {
		lanes[i] = xb_lane_get(*state);
		for (n = 0; n < 20 * i; n++) {
			fill(xb_lane_op(lanes[i]), n % 2, n << 8 | i);
			lanes[i]->nr++;
		}
	}
	for (i = 39; i >= 0; i--) {
		assert_int_equal(xb_lane_run(lanes[i]), 0);
		for (n = 0; n < 20 * i; n++) {
			assert_int_equal(lanes[i]->ops[n].tag, n << 8 | i);
			assert_int_equal(lanes[i]->ops[n].result,
					 n % 2 ? -EFAULT : XB_FAKE_VERSION);
		}
		xb_lane_put(lanes[i]);
	}
}

static void queue_to(struct xb_lane *lane, uint32_t n)
{
	while (lane->nr < n) {
		fill(xb_lane_op(lane), XENVER_version, lane->nr);
		lane->nr++;
	}
}

/* What one lane outgrew serves the next. */
static void outgrown_stretches_are_used(void **state)
{
	struct xb_lane *a = xb_lane_get(*state), *b;
	uint64_t maps;

	queue_to(a, 2000);
	maps = xb_fake_counts.maps;
	b = xb_lane_get(*state);
	queue_to(b, 1000);
	assert_int_equal(xb_fake_counts.maps, maps);
	assert_int_equal(xb_lane_run(b), 0);
	assert_int_equal(xb_lane_run(a), 0);
	assert_int_equal(xb_fake_counts.hypercalls, 3000);
	assert_int_equal(b->ops[999].tag, 999);
	assert_int_equal(a->ops[999].tag, 999);
	xb_lane_put(a);
	xb_lane_put(b);
}

/* The contract's rules for operations hold with the stock devices too. */
static void malformed_operations(void **state)
{
	static const struct {
		uint32_t state;
		uint16_t opcode, flags, domid, number;
		int64_t result;
	} cases[] = {
		{ 0, XENBATCH_OP_HYPERCALL, 0, 0, 17, XB_FAKE_VERSION },
		{ 3, XENBATCH_OP_HYPERCALL, 0, 0, 17, XB_FAKE_VERSION },
		{ 0, XENBATCH_OP_NOP, 0, 0, 0, 0 },
		{ 0, XENBATCH_OP_NOP, XENBATCH_OPF_LINK, 0, 0, 0 },
		{ 0, XENBATCH_OP_NOP, 0, 0, 17, -EINVAL },
		{ 0, XENBATCH_OP_NOP, 0, 1, 0, -EINVAL },
		{ 0, XENBATCH_OP_HYPERCALL, 0, 1, 17, -EINVAL },
		{ 0, XENBATCH_OP_HYPERCALL, 2, 0, 17, -EINVAL },
		{ 0, XENBATCH_OP_HYPERCALL, 0x8000, 0, 17, -EINVAL },
		{ 0, 2, 0, 0, 17, -EINVAL },
		{ 0, 0xffff, 0, 0, 17, -EINVAL },
		{ XENBATCH_STATE_READY, XENBATCH_OP_HYPERCALL, 0, 0, 17,
		  -EBUSY },
		{ XENBATCH_STATE_BUSY, XENBATCH_OP_HYPERCALL, 0, 0, 17,
		  -EBUSY },
		{ 4, XENBATCH_OP_HYPERCALL, 0, 0, 17, -EBUSY },
	};
	struct xb_lane *lane = xb_lane_get(*state);
	struct xenbatch_op *op;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		op = xb_lane_op(lane);
		fill(op, XENVER_version, i);
		op->state = cases[i].state;
		op->opcode = cases[i].opcode;
		op->flags = cases[i].flags;
		op->domid = cases[i].domid;
		op->number = cases[i].number;
		lane->nr++;
	}
	assert_int_equal(xb_lane_run(lane), 0);
	for (i = 0; i < ARRAY_SIZE(cases); i++)
		if (lane->ops[i].result != cases[i].result)
			fail_msg("case %zu: %lld", i,
				 (long long)lane->ops[i].result);
	xb_lane_put(lane);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		opened_test(scratch_is_ones_own),
		opened_test(operations_survive_growing),
		opened_test(memory_is_given_back),
		opened_test(taken_and_put_back),
		opened_test(many_lanes_share_the_array),
		opened_test(malformed_operations),
	};
	static const struct CMUnitTest fake_tests[] = {
		opened_test(second_time_maps_nothing),
		opened_test(outgrown_stretches_are_used),
	};
	static const char *const fake[] = { "fake", NULL };

	return unit_run("lane", tests, ARRAY_SIZE(tests), unit_all) +
	       unit_run("lane", fake_tests, ARRAY_SIZE(fake_tests), fake);
}
