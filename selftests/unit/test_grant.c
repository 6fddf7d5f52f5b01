// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Promise: a grant that is mapped is the granter's page, counted once and given
 * back; one that fails fails alone; notifications are done when a page goes;
 * copies arrive where they should. And where the module lacks some of it, the
 * stock devices do it in the same batches.
 */
#include <sys/mman.h>

#include "uapi/xenbatch.h"
#include "unit.h"

#define GUEST	7
#define RW	(PROT_READ | PROT_WRITE)
#define N	12

/* Grant 100 + i is frame 10 * i, read-only for each i = 3 modulo 4. */
static int open_with_grants(void **state)
{
	uint64_t *page;
	int i;

	if (unit_open(state))
		return -1;
	xb_fake_add_domain(GUEST, 1);
	for (i = 0; i < N; i++) {
		page = xb_fake_page(GUEST, 10 * i);
		page[0] = 1000 + i;
		xb_fake_grant(GUEST, 100 + i, 10 * i, i % 4 == 3);
	}
	return 0;
}

/* The module has no grants here, and pages for direct I/O not even by name. */
static int open_without_grants(void **state)
{
	if (open_with_grants(state))
		return -1;
	xenbatch_close(*state);
	fake_kernel.opcodes &= ~(1 << XENBATCH_OP_GRANT_MAP |
				 1 << XENBATCH_OP_GRANT_UNMAP |
				 1 << XENBATCH_OP_GRANT_NOTIFY |
				 1 << XENBATCH_OP_GRANT_COPY |
				 1 << XENBATCH_OP_RESOURCE_MAP);
	*state = xenbatch_open(0);
	return *state ? 0 : -1;
}

static int open_without_pages(void **state)
{
	if (open_with_grants(state))
		return -1;
	xb_fake_knobs.no_grant_pages = true;
	return 0;
}

static uint64_t at(const void *slots, size_t i)
{
	return *(const uint64_t *)((const char *)slots + i * 4096);
}

static unsigned int active(void)
{
	unsigned int sum = 0, i;

	for (i = 0; i < N; i++)
		sum += xb_fake_granted(GUEST, 100 + i);
	return sum;
}

static void map_and_unmap(xenbatch *xb, enum xenbatch_window window)
{
	uint32_t refs[N];
	uint64_t *p;
	int i, n;

	for (n = 1; n <= N; n++) {
		for (i = 0; i < n; i++)
			refs[i] = 100 + (i * 5) % N;
		p = xenbatch_map_grants(xb, NULL, window, GUEST, PROT_READ, n,
					refs, NULL);
		assert_non_null(p);
		assert_int_equal(active(), n);
		for (i = 0; i < n; i++)
			assert_int_equal(at(p, i), 1000 + (i * 5) % N);
		assert_int_equal(xenbatch_unmap(xb, p, n), 0);
		assert_int_equal(active(), 0);
	}
	refs[0] = 100;
	p = xenbatch_map_grants(xb, NULL, window, GUEST, RW, 1, refs, NULL);
	*p = 5;
	assert_int_equal(*(uint64_t *)xb_fake_page(GUEST, 0), 5);
	*p = 1000;
	assert_int_equal(xenbatch_unmap(xb, p, 1), 0);
}

static void mapped_and_unmapped(void **state)
{
	map_and_unmap(*state, XENBATCH_GRANTS);
	map_and_unmap(*state, XENBATCH_GRANTS_DIO);
	map_and_unmap(*state, XENBATCH_GRANTS);
}

/* gntdev says EINVAL to whatever is wrong. */
static int reason(int err)
{
	bool by_gntdev = !strcmp(unit_backend, "stock") ||
			 !(fake_kernel.opcodes >> XENBATCH_OP_GRANT_MAP & 1);

	return by_gntdev ? EINVAL : err;
}

static void one_fails_alone(void **state)
{
	uint32_t refs[8] = { 100, 101, 999, 103, 104, 105, 107, 106 };
	int errs[8], i;
	char *p;

	p = xenbatch_map_grants(*state, NULL, XENBATCH_GRANTS, GUEST, RW, 8,
				refs, errs);
	assert_non_null(p);
	for (i = 0; i < 8; i++) {
		if (i == 2)
			assert_int_equal(errs[i], -reason(ENOENT));
		else if (i == 3 || i == 6)
			assert_int_equal(errs[i], -reason(EIO));
		else
			assert_int_equal(errs[i], 0);
		if (!errs[i])
			assert_int_equal(at(p, i), refs[i] + 900);
	}
	assert_int_equal(active(), 5);
	/* A filled slot is not filled again; an empty one beside it is. */
	refs[2] = 102;
	assert_non_null(xenbatch_map_grants(*state, p + 4096, 0, GUEST, RW, 2,
					    refs + 1, errs));
	assert_int_equal(errs[0], -EBUSY);
	assert_int_equal(errs[1], 0);
	assert_int_equal(at(p, 2), 1002);
	assert_int_equal(active(), 6);
	/* Parts go, here and there. */
	assert_int_equal(xenbatch_clear(*state, p + 4 * 4096, 1), 0);
	assert_int_equal(xenbatch_clear(*state, p, 2), 0);
	assert_int_equal(at(p, 2), 1002);
	assert_int_equal(at(p, 5), 1005);
	assert_int_equal(active(), 3);
	assert_int_equal(xenbatch_unmap(*state, p, 8), 0);
	assert_int_equal(active(), 0);

	refs[0] = 999;
	assert_null(xenbatch_map_grants(*state, NULL, XENBATCH_GRANTS, GUEST,
					RW, 2, refs, NULL));
	assert_int_equal(errno, reason(ENOENT));
	assert_null(xenbatch_map_grants(*state, NULL, XENBATCH_GRANTS, 99, RW,
					2, refs, NULL));
	assert_int_equal(errno, reason(ESRCH));
	assert_int_equal(active(), 0);
}

static void notified(void **state)
{
	uint32_t refs[3] = { 100, 101, 103 };
	unsigned char *page = xb_fake_page(GUEST, 10);
	char *p;

	p = xenbatch_map_grants(*state, NULL, XENBATCH_GRANTS, GUEST, RW, 2,
				refs, NULL);
	page[77] = 1;
	page[78] = 1;
	assert_int_equal(xenbatch_grant_notify(*state, p + 4096 + 78,
					       XENBATCH_CLEAR_BYTE, 0), 0);
	assert_int_equal(xenbatch_grant_notify(*state, p + 4096 + 77,
					       XENBATCH_CLEAR_BYTE |
					       XENBATCH_SEND_EVENT, 3), 0);
	assert_int_equal(xenbatch_grant_notify(*state, p, 4, 0), -1);
	assert_int_equal(errno, EINVAL);
	assert_int_equal(page[77], 1);
	assert_int_equal(xenbatch_unmap(*state, p, 2), 0);
	assert_int_equal(page[77], 0);
	assert_int_equal(page[78], 1);
	assert_int_equal(xb_fake_counts.events, 1);
	assert_int_equal(xenbatch_grant_notify(*state, p, 1, 0), -1);
	assert_int_equal(errno, ENOENT);

	p = xenbatch_map_grants(*state, NULL, XENBATCH_GRANTS, GUEST,
				PROT_READ, 1, refs + 2, NULL);
	assert_int_equal(xenbatch_grant_notify(*state, p, XENBATCH_CLEAR_BYTE,
					       0), -1);
	assert_int_equal(errno, EINVAL);
	assert_int_equal(xenbatch_unmap(*state, p, 1), 0);
	/* Not on foreign frames. */
	p = xenbatch_slots_alloc(*state, XENBATCH_FOREIGN, 1);
	assert_int_equal(xenbatch_grant_notify(*state, p, 1, 0), -1);
	assert_int_equal(errno, ENXIO);
	assert_int_equal(xenbatch_slots_free(*state, p, 1), 0);
}

static struct xenbatch_copy_side grant(uint32_t ref, uint16_t offset)
{
	return (struct xenbatch_copy_side){ .ref = ref, .offset = offset,
					    .domid = GUEST };
}

static struct xenbatch_copy_side memory(void *p)
{
	return (struct xenbatch_copy_side){ .addr = p,
					    .domid = XENBATCH_NO_DOMID };
}

static void copied(void **state)
{
	char *arena = xenbatch_alloc(*state, 5000), plain[200] = "plain";
	struct xenbatch_copy_segment s[5] = {
		{ .source = grant(101, 0), .dest = memory(arena), .len = 8 },
		{ .source = memory(plain), .dest = grant(102, 4090), .len = 6 },
		{ .source = grant(104, 0), .dest = grant(102, 8), .len = 8 },
		{ .source = memory(arena), .dest = grant(102, 16), .len = 8 },
		{ .source = grant(102, 8), .dest = memory(plain), .len = 16 },
	};
	uint64_t *page = xb_fake_page(GUEST, 20);
	int i;

	for (i = 0; i < 5; i++)
		s[i].status = 99;
	memset(arena, 0, 5000);
	assert_int_equal(xenbatch_grant_copy(*state, s, 5), 0);
	for (i = 0; i < 5; i++)
		assert_int_equal(s[i].status, 0);
	assert_int_equal(*(uint64_t *)arena, 1001);
	assert_memory_equal((char *)page + 4090, "plain", 6);
	assert_int_equal(page[1], 1004);
	assert_int_equal(page[2], 1001);
	assert_int_equal(((uint64_t *)plain)[0], 1004);
	assert_int_equal(((uint64_t *)plain)[1], 1001);
	assert_int_equal(xenbatch_grant_copy(*state, s, 0), 0);

	/* A bad one among good ones. */
	s[1].dest.ref = 999;
	page[1] = 0;
	assert_int_equal(xenbatch_grant_copy(*state, s, 3), -1);
	assert_int_equal(errno, EIO);
	assert_int_equal(s[0].status, 0);
	assert_int_equal(s[1].status, -3);
	assert_int_equal(s[2].status, 0);
	assert_int_equal(page[1], 1004);
	xenbatch_free(*state, arena);
}

static void malformed_copies(void **state)
{
	char buf[8];
	struct xenbatch_copy_segment s[2] = {
		{ .source = grant(101, 0), .dest = memory(buf), .len = 8 },
		{ .source = grant(101, 0), .dest = memory(buf), .len = 8 },
	};

	memset(buf, 0, sizeof(buf));
	s[1].source.offset = 4089;
	assert_int_equal(xenbatch_grant_copy(*state, s, 2), -1);
	assert_int_equal(errno, EINVAL);
	s[1].source = memory(buf);
	assert_int_equal(xenbatch_grant_copy(*state, s, 2), -1);
	assert_int_equal(errno, EINVAL);
	s[1].source = grant(101, 0);
	s[1].reserved = 1;
	assert_int_equal(xenbatch_grant_copy(*state, s, 2), -1);
	assert_int_equal(errno, EINVAL);
	assert_int_equal(buf[0], 0);
}

static void many_copies(void **state)
{
	static struct xenbatch_copy_segment s[2500];
	static uint64_t bufs[2500];
	int i;

	for (i = 0; i < 2500; i++) {
		s[i].source = grant(100 + i % N, 0);
		s[i].dest = memory(&bufs[i]);
		s[i].len = 8;
	}
	assert_int_equal(xenbatch_grant_copy(*state, s, 2500), 0);
	for (i = 0; i < 2500; i++)
		assert_int_equal(bufs[i], 1000 + i % N);
}

/* All kinds in one batch: what the module does, and what it does not. */
static void deferred(void **state)
{
	char *g = xenbatch_slots_alloc(*state, XENBATCH_GRANTS, 3);
	char *f = xenbatch_slots_alloc(*state, XENBATCH_FOREIGN, 2);
	uint64_t args[] = { XENVER_version }, gfns[2] = { 20, 30 }, buf = 0;
	uint32_t refs[3] = { 100, 104, 999 };
	struct xenbatch_copy_segment s = {
		.source = grant(105, 0), .dest = memory(&buf), .len = 8,
		.status = 99,
	};
	struct xenbatch_result r[11];
	struct xenbatch_batch *b;
	unsigned char *byte = (unsigned char *)xb_fake_page(GUEST, 0) + 100;
	int errs[3], round;

	for (round = 0; round < 3; round++) {
		/* As a whole, and interrupted after each few. */
		xb_fake_knobs.interrupt_after = round;
		*byte = 1;
		b = xenbatch_batch_begin(*state);
		xenbatch_queue_map_grants(b, g, GUEST, RW, 3, refs, errs, 0, 0);
		xenbatch_queue(b, __HYPERVISOR_xen_version, args, 1, 0, 1);
		xenbatch_queue_map(b, f, GUEST, PROT_READ, 2, gfns, NULL, 0, 2);
		xenbatch_queue_grant_notify(b, g + 100, XENBATCH_CLEAR_BYTE, 0,
					    0, 3);
		xenbatch_queue_grant_copy(b, &s, 1, 0, 4);
		xenbatch_queue_clear(b, g, 1, XENBATCH_LINK, 5);
		/* A chain across the border, canceled in its midst. */
		xenbatch_queue_map_grants(b, g + 4096, 99, RW, 1, refs, NULL,
					  XENBATCH_LINK, 6);
		xenbatch_queue(b, __HYPERVISOR_xen_version, args, 1,
			       XENBATCH_LINK, 7);
		xenbatch_queue_clear(b, g + 4096, 2, 0, 8);
		xenbatch_queue(b, 63, args, 1, XENBATCH_LINK, 9);
		xenbatch_queue_clear(b, g + 4096, 2, 0, 10);
		assert_int_equal(xenbatch_queued(b), 11);
		assert_int_equal(xenbatch_commit(b, r, 11), 6);

		assert_int_equal(r[0].err, reason(ENOENT));
		assert_int_equal(errs[0], 0);
		assert_int_equal(errs[1], 0);
		assert_int_equal(r[1].ret, XB_FAKE_VERSION);
		assert_int_equal(r[2].err, 0);
		assert_int_equal(at(f, 1), 1003);
		assert_int_equal(r[3].err, 0);
		assert_int_equal(r[4].err, 0);
		assert_int_equal(s.status, 0);
		assert_int_equal(buf, 1005);
		assert_int_equal(r[5].ret, 1);
		assert_int_equal(*byte, 0);
		assert_true(r[6].err == EBUSY);
		assert_int_equal(r[7].err, ECANCELED);
		assert_int_equal(r[8].err, ECANCELED);
		assert_int_equal(r[9].err, ENOSYS);
		assert_int_equal(r[10].err, ECANCELED);
		assert_int_equal(at(g, 1), 1004);
		assert_int_equal(xenbatch_clear(*state, g, 3), 0);
		assert_int_equal(xenbatch_clear(*state, f, 2), 0);
		assert_int_equal(active(), 0);
	}
	assert_int_equal(xenbatch_slots_free(*state, g, 3), 0);
	assert_int_equal(xenbatch_slots_free(*state, f, 2), 0);
}

static void resources(void **state)
{
	char *p = xenbatch_map_resource(*state, NULL, GUEST, RW, 1, 0, 2, 3);

	assert_non_null(p);
	*(uint64_t *)(p + 4096) = 55;
	assert_int_equal(*(uint64_t *)xb_fake_page(GUEST, 1027), 55);
	assert_int_equal(xenbatch_unmap(*state, p, 3), 0);
	assert_int_equal(xb_fake_mapped(0xffff), 0);
}

static void restricted(void **state)
{
	uint32_t ref = 100;
	void *p;

	p = xenbatch_map_grants(*state, NULL, XENBATCH_GRANTS, GUEST, RW, 1,
				&ref, NULL);
	assert_int_equal(xenbatch_restrict(*state, 8), 0);
	assert_null(xenbatch_map_grants(*state, NULL, XENBATCH_GRANTS, GUEST,
					RW, 1, &ref, NULL));
	assert_int_equal(errno, EPERM);
	assert_int_equal(at(p, 0), 1000);
	assert_int_equal(xenbatch_unmap(*state, p, 1), 0);
	assert_int_equal(active(), 0);
}

/* gntdev's mmap failed, and another thread's mmap took the place. */
static void a_place_is_lost(void **state)
{
	uint32_t refs[3] = { 100, 999, 101 };
	int errs[3];
	char *p;

	if (strcmp(unit_backend, "stock"))
		skip();
	p = xenbatch_slots_alloc(*state, XENBATCH_GRANTS, 3);
	fake_kernel.lose_pages = true;
	assert_null(xenbatch_map_grants(*state, p, 0, GUEST, RW, 1, refs + 1,
					errs));
	assert_int_equal(errno, EINVAL);
	fake_kernel.lose_pages = false;
	/* It is not touched again; its neighbours are well. */
	assert_null(xenbatch_map_grants(*state, p, 0, GUEST, RW, 1, refs,
					NULL));
	assert_int_equal(errno, ENXIO);
	assert_non_null(xenbatch_map_grants(*state, p + 4096, 0, GUEST, RW, 1,
					    refs + 2, NULL));
	assert_int_equal(at(p, 1), 1001);
	assert_int_equal(xenbatch_clear(*state, p + 4096, 1), 0);
	assert_int_equal(xenbatch_slots_free(*state, p, 3), -1);
	assert_int_equal(active(), 0);
}

static void no_gntdev(void **state)
{
	uint32_t ref = 100;
	char buf[8];
	struct xenbatch_copy_segment s = {
		.source = grant(100, 0), .dest = memory(buf), .len = 8,
	};

	fake_kernel.no_gntdev = ENOENT;
	assert_null(xenbatch_map_grants(*state, NULL, XENBATCH_GRANTS, GUEST,
					RW, 1, &ref, NULL));
	assert_int_equal(errno, ENODEV);
	assert_int_equal(xenbatch_grant_copy(*state, &s, 1), -1);
	assert_int_equal(errno, ENODEV);
	fake_kernel.no_gntdev = 0;
	assert_non_null(xenbatch_map_grants(*state, NULL, XENBATCH_GRANTS,
					    GUEST, RW, 1, &ref, NULL));
}

#define grant_test(f) \
	cmocka_unit_test_setup_teardown(f, open_with_grants, unit_close)
#define fallback_test(f) \
	cmocka_unit_test_setup_teardown(f, open_without_grants, unit_close)

int main(void)
{
	static const struct CMUnitTest tests[] = {
		grant_test(mapped_and_unmapped),
		grant_test(one_fails_alone),
		grant_test(notified),
		grant_test(copied),
		grant_test(malformed_copies),
		grant_test(many_copies),
		grant_test(deferred),
		grant_test(restricted),
		grant_test(a_place_is_lost),
	};
	static const struct CMUnitTest fallback[] = {
		fallback_test(mapped_and_unmapped),
		fallback_test(one_fails_alone),
		fallback_test(notified),
		fallback_test(copied),
		fallback_test(many_copies),
		fallback_test(deferred),
		fallback_test(resources),
		fallback_test(restricted),
		fallback_test(no_gntdev),
		cmocka_unit_test_setup_teardown(mapped_and_unmapped,
						open_without_pages, unit_close),
	};
	static const char *const module[] = { "module", NULL };

	return unit_run("grant", tests, ARRAY_SIZE(tests), unit_all) +
	       unit_run("grant, by the stock devices", fallback,
			ARRAY_SIZE(fallback), module);
}
