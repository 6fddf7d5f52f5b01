/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Where areas are put that the client unmaps itself, and large ones.
 *
 * The former are made anew each time, and if a page table of such an area has
 * no other user, it is made and taken away with it: 29,000 instructions in a PV
 * dom0. So there is a page of ours, in use for as long as the handle is open,
 * and areas lie right below it in the page table that it keeps. An area that
 * needs more than a table begins where a table does: the module takes whole
 * tables away at once, which is a third of the price of emptying them.
 *
 * All that is far below where mappings come to by themselves, and only asked
 * for: what else lies there is never touched, and an area that cannot have its
 * berth goes where any mapping would.
 */
#ifndef STABLE_BERTH_H
#define STABLE_BERTH_H

#include <stddef.h>
#include <stdint.h>

struct berth {
	uintptr_t end;	/* the page of ours; below a page: see berth.c */
};

/* The client unmaps areas itself: from now on there is one. */
void berth_want(struct berth *berth);

/* The address to ask for; NULL: none. */
void *berth_for(struct berth *berth, size_t pages);

void berth_close(struct berth *berth);

#endif /* STABLE_BERTH_H */
