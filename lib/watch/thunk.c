// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Thunks: pieces of code that add one to a row and jump on, with all arguments
 * where they were. They are there from the beginning, each with a pair of words
 * that says what to add to and where to go, since memory that is both written
 * and run is not to be had everywhere.
 */
#include "watch.h"

#define NR_THUNKS	2048
#define THUNK_SIZE	32

#define STRING(x)	STRING_(x)
#define STRING_(x)	#x

struct aim {
	uint64_t *count;
	uintptr_t target;
};

/* Used by the code below alone. */
struct aim watch_aim[NR_THUNKS] __attribute__((visibility("hidden")));
extern const char watch_thunks[] __attribute__((visibility("hidden")));

#ifdef __x86_64__
/* A callee may change r11, and a caller knows that. */
__asm__(".pushsection .text\n"
	".balign " STRING(THUNK_SIZE) "\n"
	".hidden watch_thunks\n"
	".globl watch_thunks\n"
	"watch_thunks:\n"
	".set watch_i, 0\n"
	".rept " STRING(NR_THUNKS) "\n"
	"	endbr64\n"
	"	mov watch_aim + 16 * watch_i(%rip), %r11\n"
	"	lock incq (%r11)\n"
	"	jmp *watch_aim + 16 * watch_i + 8(%rip)\n"
	"	.balign " STRING(THUNK_SIZE) "\n"
	"	.set watch_i, watch_i + 1\n"
	".endr\n"
	".popsection\n");
#else
#error "the watcher has thunks for x86-64 only"
#endif

static uint32_t nr_used;

/* What several objects bind is one address for all of them. */
static uintptr_t existing(const struct watch_row *row, uintptr_t target,
			  uint32_t nr)
{
	for (uint32_t i = 0; i < nr && i < NR_THUNKS; i++)
		if (__atomic_load_n(&watch_aim[i].target, __ATOMIC_ACQUIRE) ==
		    target && watch_aim[i].count == &row->count)
			return (uintptr_t)watch_thunks + i * THUNK_SIZE;
	return 0;
}

uintptr_t watch_thunk(struct watch_row *row, uintptr_t target)
{
	uint32_t nr = __atomic_load_n(&nr_used, __ATOMIC_RELAXED);
	uintptr_t thunk = existing(row, target, nr);

	if (thunk)
		return thunk;
	if (nr < NR_THUNKS)
		nr = __atomic_fetch_add(&nr_used, 1, __ATOMIC_RELAXED);
	if (nr >= NR_THUNKS) {
		watch_lost();
		return target;
	}
	watch_aim[nr].count = &row->count;
	__atomic_store_n(&watch_aim[nr].target, target, __ATOMIC_RELEASE);
	return (uintptr_t)watch_thunks + nr * THUNK_SIZE;
}
