/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a piece of code costs. In an emulator that counts instructions (QEMU
 * with -icount shift=0) the processor's time stamp counter advances by one an
 * instruction; whether that holds here is found out by loops of known length.
 * Elsewhere the unit is a nanosecond.
 */
#ifndef BENCH_CLOCK_H
#define BENCH_CLOCK_H

#include <stdbool.h>
#include <stdint.h>

/* Find out what can be counted; "instructions" or "ns". */
const char *clock_calibrate(void);

/* Instructions, not nanoseconds. */
bool clock_is_exact(void);

/* A running count in that unit. */
uint64_t clock_now(void);

/*
 * Cost of one fn(arg): the cheapest of several groups of calls. Interrupts and
 * the scheduler only ever add, so the cheapest is what the code itself takes,
 * and under icount repeats to the digit.
 *
 * Two are measured at a time, in turns, so that what happens meanwhile happens
 * to both. Either may be NULL. `groups` is how many of each, fewer for what is
 * long. False if stopped by *stop.
 */
#define CLOCK_GROUPS 15

struct clock_case {
	void (*fn)(void *arg);
	void *arg;
	double cost;		/* out */
};

bool clock_measure(struct clock_case *a, struct clock_case *b, int groups,
		   const volatile int *stop);

#endif /* BENCH_CLOCK_H */
