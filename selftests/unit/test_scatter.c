// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Promise: read_guest and write_guest move just the bytes that were named, of
 * pieces of any length and in any order; a frame that cannot be had fails its
 * own pieces only; and nothing stays mapped.
 */
#include <pthread.h>

#include "unit.h"

#define GUEST	7

static unsigned char *page(uint64_t gfn)
{
	return xb_fake_page(GUEST, gfn);
}

static unsigned char byte_of(uint64_t gfn, uint32_t offset)
{
	return (unsigned char)(gfn * 31 + offset * 7 + (offset >> 8));
}

static int open_with_guest(void **state)
{
	uint64_t gfn;
	uint32_t i;

	if (unit_open(state))
		return -1;
	xb_fake_add_domain(GUEST, 1);
	for (gfn = 0; gfn < XB_FAKE_PAGES; gfn++)
		for (i = 0; i < 4096; i++)
			page(gfn)[i] = byte_of(gfn, i);
	return 0;
}

#define scatter_test(f) \
	cmocka_unit_test_setup_teardown(f, open_with_guest, unit_close)

static struct xenbatch_piece piece(uint64_t gfn, uint32_t offset, uint32_t len,
				   void *buf)
{
	return (struct xenbatch_piece){ .gfn = gfn, .offset = offset,
					.len = len, .buf = buf, .err = 77 };
}

static void check(const struct xenbatch_piece *p)
{
	const unsigned char *buf = p->buf;
	uint32_t i, at;

	for (i = 0; i < p->len; i++) {
		at = p->offset + i;
		if (buf[i] != byte_of(p->gfn + at / 4096, at % 4096))
			fail_msg("gfn %llu offset %u, byte %u",
				 (unsigned long long)p->gfn, p->offset, i);
	}
}

static void eight_bytes_of_each(void **state)
{
	static struct xenbatch_piece p[2000];
	static uint64_t bufs[2000];
	uint64_t submits = xb_fake_counts.submits;
	int i;

	for (i = 0; i < 2000; i++)
		p[i] = piece(i * 7 % 2039, i * 13 % 4089, 8, &bufs[i]);
	assert_int_equal(xenbatch_read_guest(*state, GUEST, p, 2000), 0);
	for (i = 0; i < 2000; i++) {
		assert_int_equal(p[i].err, 0);
		check(&p[i]);
	}
	assert_int_equal(xb_fake_mapped(GUEST), 0);
	/* Eight rounds of 256, and one to empty. */
	assert_true(xb_fake_counts.submits - submits <= 9);
}

static void long_pieces(void **state)
{
	static const struct { uint64_t gfn; uint32_t offset, len; } cases[] = {
		{ 0, 0, 4096 }, { 3, 4095, 1 }, { 3, 4095, 2 }, { 9, 17, 4096 },
		{ 20, 0, 1000000 }, { 500, 4000, 2000000 }, { 7, 0, 0 },
		{ 40, 100, 12188 }, { 43, 0, 100 }, { 43, 50, 100 },
	};
	struct xenbatch_piece p[ARRAY_SIZE(cases)];
	size_t i;

	for (i = 0; i < ARRAY_SIZE(cases); i++)
		p[i] = piece(cases[i].gfn, cases[i].offset, cases[i].len,
			     malloc(cases[i].len + 1));
	assert_int_equal(xenbatch_read_guest(*state, GUEST, p,
					     ARRAY_SIZE(cases)), 0);
	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		check(&p[i]);
		free(p[i].buf);
	}
	assert_int_equal(xb_fake_mapped(GUEST), 0);
}

/* Thousands of random ones, against a copy of the guest. */
static void writing(void **state)
{
	static unsigned char model[XB_FAKE_PAGES * 4096], bufs[1 << 20];
	static struct xenbatch_piece p[1200];
	unsigned int seed = 3, round, i, used;
	uint64_t gfn;

	for (gfn = 0; gfn < XB_FAKE_PAGES; gfn++)
		memcpy(model + gfn * 4096, page(gfn), 4096);
	for (round = 0; round < 6; round++) {
		used = 0;
		for (i = 0; i < 1200; i++) {
			uint32_t len = rand_r(&seed) % (i % 50 ? 30 : 20000);
			uint32_t b;

			if (used + len > sizeof(bufs))
				len = 0;
			p[i] = piece(rand_r(&seed) % (XB_FAKE_PAGES - 8),
				     rand_r(&seed) % 4096, len, bufs + used);
			for (b = 0; b < len; b++)
				bufs[used + b] = rand_r(&seed);
			memcpy(model + p[i].gfn * 4096 + p[i].offset,
			       p[i].buf, len);
			used += len;
		}
		assert_int_equal(xenbatch_write_guest(*state, GUEST, p, 1200),
				 0);
	}
	for (gfn = 0; gfn < XB_FAKE_PAGES; gfn++)
		if (memcmp(model + gfn * 4096, page(gfn), 4096))
			fail_msg("frame %llu", (unsigned long long)gfn);
	assert_int_equal(xb_fake_mapped(GUEST), 0);
}

static void neighbours_share(void **state)
{
	static struct xenbatch_piece p[512];
	static unsigned char bufs[512][16];
	uint64_t maps = xb_fake_counts.foreign_maps;
	int i;

	for (i = 0; i < 512; i++)
		p[i] = piece(i / 2, i % 2 * 100, 16, bufs[i]);
	assert_int_equal(xenbatch_read_guest(*state, GUEST, p, 512), 0);
	for (i = 0; i < 512; i++)
		check(&p[i]);
	assert_int_equal(xb_fake_counts.foreign_maps - maps, 1);
}

static void bad_frames(void **state)
{
	static struct xenbatch_piece p[900];
	static unsigned char bufs[900][16];
	unsigned char big[10000];
	int i, bad = 0;

	for (i = 0; i < 900; i++)
		p[i] = piece(i % 10 == 4 ? XB_FAKE_PAGES + i : i, 7, 16,
			     bufs[i]);
	p[3] = piece(XB_FAKE_PAGED_OUT, 0, 16, bufs[3]);
	p[5].offset = 4096;
	p[6].reserved = 1;
	/* Its end is beyond the guest's memory. */
	p[899] = piece(XB_FAKE_PAGES - 2, 0, sizeof(big), big);
	assert_int_equal(xenbatch_read_guest(*state, GUEST, p, 900), 94);
	for (i = 0; i < 899; i++) {
		if (p[i].err) {
			bad++;
			assert_int_equal(p[i].err, i == 3 ? ENOENT : EINVAL);
			assert_true(i % 10 == 4 || i == 3 || i == 5 || i == 6);
		} else {
			check(&p[i]);
		}
	}
	assert_int_equal(bad, 93);
	assert_int_equal(p[899].err, EINVAL);
	p[899].len = 8192;
	check(&p[899]);
	assert_int_equal(xb_fake_mapped(GUEST), 0);
}

static void nothing_at_all(void **state)
{
	char buf[8];
	struct xenbatch_piece p[2] = { piece(1, 0, 8, buf), piece(2, 0, 8, buf) };

	assert_int_equal(xenbatch_read_guest(*state, GUEST, p, 0), 0);
	xb_fake_knobs.map_err = ENOMEM;
	assert_int_equal(xenbatch_read_guest(*state, GUEST, p, 2), -1);
	assert_int_equal(errno, ENOMEM);
	xb_fake_knobs.map_err = 0;
	assert_int_equal(xenbatch_read_guest(*state, 99, p, 2), 2);
	assert_int_equal(p[0].err, ESRCH);
	assert_int_equal(xenbatch_restrict(*state, 8), 0);
	assert_int_equal(xenbatch_read_guest(*state, GUEST, p, 2), -1);
	assert_int_equal(errno, EPERM);
	assert_int_equal(xb_fake_mapped(GUEST), 0);
}

struct reader {
	pthread_t thread;
	xenbatch *xb;
	unsigned int id;
	bool ok;
};

static void *reader(void *arg)
{
	struct reader *r = arg;
	struct xenbatch_piece p[300];
	unsigned char bufs[300][8];
	unsigned int round, i;

	r->ok = true;
	for (round = 0; round < 30; round++) {
		for (i = 0; i < 300; i++)
			p[i] = piece((r->id * 100 + i * 3 + round) % 2000,
				     r->id * 8, 8, bufs[i]);
		if (xenbatch_read_guest(r->xb, GUEST, p, 300))
			r->ok = false;
		for (i = 0; i < 300; i++)
			if (bufs[i][3] != byte_of(p[i].gfn, p[i].offset + 3))
				r->ok = false;
	}
	return NULL;
}

static void threads(void **state)
{
	struct reader r[5];
	unsigned int i;

	for (i = 0; i < 5; i++) {
		r[i].xb = *state;
		r[i].id = i;
		pthread_create(&r[i].thread, NULL, reader, &r[i]);
	}
	for (i = 0; i < 5; i++) {
		pthread_join(r[i].thread, NULL);
		assert_true(r[i].ok);
	}
	assert_int_equal(xb_fake_mapped(GUEST), 0);
}

static int child(void *xb)
{
	unsigned char buf[8];
	struct xenbatch_piece p = piece(44, 8, 8, buf);

	if (xenbatch_read_guest(xb, GUEST, &p, 1) ||
	    buf[0] != byte_of(44, 8))
		return 1;
	return xenbatch_close(xb);
}

static void in_a_child(void **state)
{
	child(xenbatch_open(0));
	assert_int_equal(unit_in_child(child, *state), 0);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		scatter_test(eight_bytes_of_each),
		scatter_test(long_pieces),
		scatter_test(writing),
		scatter_test(neighbours_share),
		scatter_test(bad_frames),
		scatter_test(nothing_at_all),
		scatter_test(threads),
		scatter_test(in_a_child),
	};

	return unit_run("scatter", tests, ARRAY_SIZE(tests), unit_all);
}
