// SPDX-License-Identifier: GPL-2.0-or-later
#include <math.h>
#include <time.h>

#include "clock.h"

#define FEW	 3		/* groups of what takes more than LONG units */
#define LONG	 20000000
#define GROUP	 150000		/* a group takes about this many units */
#define GROUP_MAX 256

static bool instructions;

#ifdef __x86_64__
static uint64_t tsc(void)
{
	uint32_t lo, hi;

	asm volatile("rdtsc" : "=a"(lo), "=d"(hi) : : "memory");
	return (uint64_t)hi << 32 | lo;
}

#define LOOPS 20000

/* 2 and 9 instructions a turn, which no real processor runs at one rate. */
static uint64_t loop_short(void)
{
	uint64_t n = LOOPS, start = tsc();

	asm volatile("1: dec %0\n\tjnz 1b" : "+r"(n) : : "cc");
	return tsc() - start;
}

static uint64_t loop_long(void)
{
	uint64_t n = LOOPS, x = 3, start = tsc();

	asm volatile("1: imul %1, %1\n\timul %1, %1\n\timul %1, %1\n\t"
		     "imul %1, %1\n\timul %1, %1\n\timul %1, %1\n\t"
		     "imul %1, %1\n\tdec %0\n\tjnz 1b"
		     : "+r"(n), "+r"(x) : : "cc");
	return tsc() - start;
}

static bool holds(uint64_t (*loop)(void), unsigned int length)
{
	uint64_t best = UINT64_MAX, expect = (uint64_t)LOOPS * length;

	for (int i = 0; i < 9; i++) {
		uint64_t took = loop();

		if (took < best)
			best = took;
	}
	/* reading the counter is some instructions itself */
	return best >= expect && best - expect < expect / 500 + 50;
}

const char *clock_calibrate(void)
{
	instructions = holds(loop_short, 2) && holds(loop_long, 9);
	return instructions ? "instructions" : "ns";
}
#else
static uint64_t tsc(void)
{
	return 0;
}

const char *clock_calibrate(void)
{
	return "ns";
}
#endif

bool clock_is_exact(void)
{
	return instructions;
}

uint64_t clock_now(void)
{
	struct timespec t;

	if (instructions)
		return tsc();
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

static double sample(const struct clock_case *c, unsigned int group)
{
	uint64_t start = clock_now();

	for (unsigned int i = 0; i < group; i++)
		c->fn(c->arg);
	return (double)(clock_now() - start) / group;
}

/*
 * How many calls make a group, and how many groups there are; the calls it
 * takes to find out warm up.
 */
static unsigned int group_size(const struct clock_case *c, int *groups)
{
	double once = 0;

	for (int i = 0; i < 3; i++)
		once = sample(c, 1);
	if (once > LONG && *groups > FEW)
		*groups = FEW;
	if (once * GROUP_MAX < GROUP)
		return GROUP_MAX;
	return once < GROUP ? (unsigned int)(GROUP / once) : 1;
}

bool clock_measure(struct clock_case *a, struct clock_case *b, int groups,
		   const volatile int *stop)
{
	struct clock_case *cases[] = { a, b };
	unsigned int group[2];

	for (int c = 0; c < 2; c++) {
		if (!cases[c])
			continue;
		group[c] = group_size(cases[c], &groups);
		cases[c]->cost = INFINITY;
	}
	for (int s = 0; s < groups; s++) {
		for (int c = 0; c < 2; c++) {
			if (!cases[c] || *stop)
				continue;
			cases[c]->cost = fmin(cases[c]->cost,
					      sample(cases[c], group[c]));
		}
	}
	return !*stop;
}
