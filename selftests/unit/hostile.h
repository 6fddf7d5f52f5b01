/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A Xen for test_xc_hostile that believes nothing and writes all down. */
#ifndef HOSTILE_H
#define HOSTILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What it says to everything: 0 or more, or a negative errno. */
extern long hostile_answer;
/* What it writes to structures when it answers so. */
extern uint32_t hostile_writes;
/* xc_physinfo asks for itself; others ask once how many cpus there are. */
extern bool hostile_physinfo;

/* The text that is written down; NULL: nothing is. */
void hostile_log_to(char *at, size_t size);
size_t hostile_logged(void);
void hostile_say(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
/* A line of what a hypercall points to begins with it. */
#define HOSTILE_STRUCTURE "is"
/* Bytes, of which words that are addresses are no more than that. */
void hostile_bytes(const void *p, size_t len);

/* args[0..5) */
long hostile_hypercall(unsigned int number, const uint64_t *args);

/* A function of a stable library; what it gives, errno set. */
long hostile_function(const char *name, unsigned int nr, const uint64_t *args);
void *hostile_pointer(const char *name, unsigned int nr, const uint64_t *args);

#endif /* HOSTILE_H */
