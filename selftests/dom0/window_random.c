// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Promise: after any sequence of operations on windows each slot shows what a
 * simple model says, and in the end nothing is held. 100,000 operations, frames
 * and grants, good ones and bad, in batches of any length; the seed is printed,
 * and XENBATCH_SEED runs a sequence again.
 */
#include "kselftest_harness.h"

#include "helper/raw.h"
#include "helper/target.h"
#include "helper/window.h"

#define SLOTS	24U		/* of each window */
#define WINDOWS	3U
#define PAGES	32U
#define REF	16U		/* page i is granted by reference REF + i */
#define REF_RO	64U		/* ... and read-only by REF_RO + i */
#define MOST	100U		/* operations of one SUBMIT */
#define EMPTY	-1

struct slot {
	int page;		/* or EMPTY */
	bool readonly;
};

/* What one operation of the batch should give. */
struct expected {
	bool exact;		/* result is this, or else: is negative */
	int64_t result;
	uint32_t count;		/* statuses that are given */
	bool bad[8];
};

FIXTURE(random)
{
	struct ctx c;
	struct target t;
	char *w[WINDOWS];
	struct slot model[WINDOWS][SLOTS];
	struct expected expected[MOST];
	uint64_t lists[MOST][8];
	int32_t statuses[MOST][8];
	uint64_t x, seed;
};

static const unsigned int regions[WINDOWS] = {
	XENBATCH_REGION_FOREIGN, XENBATCH_REGION_GRANT,
	XENBATCH_REGION_GRANT_PAGES,
};

FIXTURE_SETUP(random)
{
	const char *seed = getenv("XENBATCH_SEED");
	int fd = raw_open();
	uint32_t i, k;

	SKIP_WITHOUT_MODULE(fd);
	close(fd);
	ASSERT_EQ(0, ctx_open(&self->c));
	NEED_OPCODE(&self->c, XENBATCH_OP_FOREIGN_MAP);
	NEED_OPCODE(&self->c, XENBATCH_OP_GRANT_MAP);
	for (i = 0; i < WINDOWS; i++) {
		self->w[i] = window_new(self->c.fd, regions[i], SLOTS);
		ASSERT_NE(MAP_FAILED, self->w[i]);
		for (k = 0; k < SLOTS; k++)
			self->model[i][k].page = EMPTY;
	}
	ASSERT_EQ(0, target_start(&self->t, PAGES));
	target_fill(&self->t, 100);
	for (i = 0; i < PAGES; i++) {
		target_grant(&self->t, REF + i, i, 0, 0);
		target_grant(&self->t, REF_RO + i, i, 0, GTF_readonly);
	}
	self->seed = seed ? strtoull(seed, NULL, 0) : 88172645463325252ULL;
	self->x = self->seed;
}

FIXTURE_TEARDOWN(random)
{
	uint32_t i;

	for (i = 0; i < WINDOWS; i++)
		munmap(self->w[i], SLOTS * PAGE);
	EXPECT_EQ(0, target_grants_used(&self->t));
	EXPECT_EQ(0, target_end(&self->t));
	ctx_close(&self->c);
}

static uint32_t draw(FIXTURE_DATA(random) *self, uint32_t below)
{
	self->x ^= self->x << 13;
	self->x ^= self->x >> 7;
	self->x ^= self->x << 17;
	return (uint32_t)(self->x >> 20) % below;
}

/* Maps count pages to slots from first on, in the model too. */
static void make_map(FIXTURE_DATA(random) *self, uint32_t n, uint32_t w,
		     uint32_t first, uint32_t count)
{
	const bool frames = !w, readonly = !draw(self, 4);
	struct expected *e = &self->expected[n];
	uint64_t *list = self->lists[n];
	uint32_t i, page, bad;

	*e = (struct expected){ .exact = true, .count = count };
	for (i = 0; i < count; i++) {
		struct slot *s = &self->model[w][first + i];

		page = draw(self, PAGES);
		bad = draw(self, 16);
		if (!frames && s->page != EMPTY) {
			e->bad[i] = true;
		} else if (!bad) {
			e->bad[i] = true;
			s->page = EMPTY;
		} else {
			s->page = (int)page;
			s->readonly = readonly;
		}
		if (e->bad[i])
			e->exact = false;
		if (frames)
			list[i] = bad ? self->t.frames[page] : 0x7ffffff0;
		else
			((uint32_t *)list)[i] = !bad ? 5000000 :
						readonly ? REF_RO + page :
						REF + page;
	}
	self->c.ops[n] = op_list(frames ? XENBATCH_OP_FOREIGN_MAP :
				 XENBATCH_OP_GRANT_MAP, self->t.domid,
				 self->w[w] + first * PAGE, count, list,
				 self->statuses[n],
				 readonly ? XENBATCH_OPF_READONLY : 0);
}

static void make_unmap(FIXTURE_DATA(random) *self, uint32_t n, uint32_t w,
		       uint32_t first, uint32_t count)
{
	struct expected *e = &self->expected[n];
	uint32_t i;

	*e = (struct expected){ .exact = true };
	for (i = 0; i < count; i++) {
		e->result += self->model[w][first + i].page != EMPTY;
		self->model[w][first + i].page = EMPTY;
	}
	self->c.ops[n] = op_unmap(w ? XENBATCH_OP_GRANT_UNMAP :
				  XENBATCH_OP_FOREIGN_UNMAP,
				  self->w[w] + first * PAGE, count);
}

/* What is refused whole, and a hypercall or a NOP in between. */
static void make_other(FIXTURE_DATA(random) *self, uint32_t n, uint32_t w)
{
	struct expected *e = &self->expected[n];
	struct xenbatch_op *op = &self->c.ops[n];

	*e = (struct expected){ .exact = false };
	*op = op_map(w ? XENBATCH_OP_GRANT_MAP : XENBATCH_OP_FOREIGN_MAP,
		     self->t.domid, self->w[w], 1, 0);
	switch (draw(self, 5)) {
	case 0:
		op->map.count = 0;
		break;
	case 1:
		op->map.addr += 8;
		break;
	case 2:
		op->map.count = SLOTS + 1;
		break;
	case 3:
		raw_call(op, 60, 0, 0);
		break;
	default:
		memset(op, 0, sizeof(*op));
		e->exact = true;
	}
}

/*
 * Windows are whole things here: the whole of one is looked at, and by turns
 * written to.
 */
static uint32_t look(FIXTURE_DATA(random) *self, uint32_t w)
{
	uint32_t i, wrong = 0;

	for (i = 0; i < SLOTS; i++) {
		struct slot *s = &self->model[w][i];
		uint32_t *word = (uint32_t *)(self->w[w] + i * PAGE);

		if (s->page == EMPTY) {
			wrong += touch_read(word) != SIGBUS;
			continue;
		}
		wrong += *(volatile uint32_t *)word !=
			 (100U + (uint32_t)s->page) * 2654435761U;
		if (draw(self, 8))
			continue;
		if (s->readonly) {
			wrong += touch_write(word + 9) != SIGBUS;
			continue;
		}
		/* the last word is for this */
		word[1023] = draw(self, 1U << 30);
		wrong += word[1023] != ((volatile uint32_t *)self->t.pages)
				       [s->page * 1024 + 1023];
	}
	return wrong;
}

static uint32_t in_use(FIXTURE_DATA(random) *self)
{
	bool used[2][PAGES] = { 0 };
	uint32_t w, i, n = 0;

	for (w = 1; w < WINDOWS; w++)
		for (i = 0; i < SLOTS; i++) {
			struct slot *s = &self->model[w][i];

			if (s->page != EMPTY)
				used[s->readonly][s->page] = true;
		}
	for (i = 0; i < PAGES; i++)
		n += used[0][i] + used[1][i];
	return n;
}

/* In a batch all are done before one looks: what each gave, first. */
static uint32_t judge(FIXTURE_DATA(random) *self, uint32_t n)
{
	uint32_t i, k, wrong = 0;

	for (i = 0; i < n; i++) {
		struct expected *e = &self->expected[i];
		int64_t result = self->c.ops[i].result;

		if (e->exact ? result != e->result : result >= 0) {
			fprintf(stderr, "# operation %u, opcode %u: %lld\n", i,
			       self->c.ops[i].opcode, (long long)result);
			wrong++;
		}
		for (k = 0; k < e->count; k++)
			wrong += e->bad[k] != (self->statuses[i][k] < 0);
	}
	return wrong;
}

TEST_F_TIMEOUT(random, hundred_thousand, 270)
{
	uint32_t done, n, i, w = 0, first, count, kind = 0, round = 0;

	fprintf(stderr, "# XENBATCH_SEED=%llu\n",
		(unsigned long long)self->seed);
	for (done = 0; done < 100000; done += n, round++) {
		n = 1 + draw(self, MOST);
		for (i = 0; i < n; i++) {
			/*
			 * Stay with a window and with what is done to it for
			 * a while: neighbours, that go to Xen together.
			 */
			if (!i || !draw(self, 8))
				w = draw(self, WINDOWS);
			if (!i || !draw(self, 6))
				kind = draw(self, 10);
			first = draw(self, SLOTS);
			count = 1 + draw(self, 8);
			if (count > SLOTS - first)
				count = SLOTS - first;
			switch (kind) {
			case 0:
				make_other(self, i, w);
				break;
			case 1:
			case 2:
			case 3:
			case 4:
				make_unmap(self, i, w, first, count);
				break;
			default:
				make_map(self, i, w, first, count);
			}
		}
		memset(self->statuses, 0x5a, sizeof(self->statuses));
		ASSERT_EQ(0, raw_submit_all(self->c.fd, 0, n));
		ASSERT_EQ(0, judge(self, n)) {
			TH_LOG("in round %u", round);
		}
		ASSERT_EQ(0, look(self, round % WINDOWS)) {
			TH_LOG("in round %u, window %u", round,
			       round % WINDOWS);
		}
		ASSERT_EQ(in_use(self), target_grants_used(&self->t)) {
			TH_LOG("in round %u", round);
		}
	}
	for (w = 0; w < WINDOWS; w++)
		EXPECT_EQ(0, look(self, w));
}

TEST_HARNESS_MAIN
