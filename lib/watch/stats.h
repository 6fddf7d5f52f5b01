/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the watcher (watch.so) counts and `xenbatch run --stats` reads: one piece
 * of memory that all watched processes share, so that what was counted is there
 * however a process ends.
 *
 * It is a hash table of rows that are only ever added. A row is free, being made
 * or there; once there, its kind and key stay, and its numbers are added to
 * atomically. Zeros are an empty table.
 */
#ifndef WATCH_STATS_H
#define WATCH_STATS_H

#include <stdint.h>

/* Names the file to map; set by `xenbatch run`. */
#define WATCH_ENV	"XENBATCH_WATCH"

/* Both come from one build, but a stale one may lie around. */
#define WATCH_MAGIC	0x7862776400000002ULL

enum watch_kind {
	WATCH_CALL = 1,		/* a library's function, called from outside */
	WATCH_SYSCALL,		/* libc's function, called by a library */
	WATCH_IOCTL,		/* a device's request; key is a number */
	WATCH_HYPERCALL,	/* key is WATCH_HYPERCALL_KEY() */
	WATCH_OPERATION,	/* of a SUBMIT: key is the opcode */
	WATCH_LIBRARY,		/* key is the path of one that was loaded */
	WATCH_UNMAP,		/* frames that a library unmapped; key is 0 */
};

/* The libraries that are watched: the group of a WATCH_CALL, and more. */
enum watch_library {
	WATCH_OTHER,
	WATCH_XENCTRL,
	WATCH_XENCALL,
	WATCH_XENDEVICEMODEL,
	WATCH_XENEVTCHN,
	WATCH_XENFOREIGNMEMORY,
	WATCH_XENGNTTAB,
	WATCH_XENBATCH,
	WATCH_NR_LIBRARIES
};

enum watch_path { WATCH_STOCK, WATCH_FAST };

#define WATCH_NO_OP	0xffffffffU
#define WATCH_HYPERCALL_KEY(path, number, op) \
	((uint64_t)(path) << 63 | (uint64_t)(number) << 32 | (uint32_t)(op))

enum watch_state { WATCH_FREE, WATCH_MAKING, WATCH_THERE };

#define WATCH_KEY_SIZE	104

struct watch_row {
	uint64_t count;		/* first: what a thunk adds to */
	uint32_t state;
	uint16_t kind;
	uint16_t library;
	uint64_t failed;
	uint64_t pages;
	uint64_t ns;
	union {
		char name[WATCH_KEY_SIZE];	/* with its NUL, then zeros */
		uint64_t number;
	} key;
} __attribute__((aligned(16)));

#define WATCH_NR_ROWS	4096

struct watch_stats {
	uint64_t magic;
	uint64_t images;	/* programs started, each exec for itself */
	uint64_t lost;		/* names and mappings that found no room */
	uint64_t sequence;	/* of hypercalls, which and in which order */
	uint64_t reserved[4];
	struct watch_row row[WATCH_NR_ROWS];
};

#endif /* WATCH_STATS_H */
