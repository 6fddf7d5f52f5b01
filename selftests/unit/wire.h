/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A Xen that writes down what it is asked, and answers what it is told to: for
 * tests that compare two libraries by what they say to it. Whether a field was
 * set at all is seen by asking twice, over stacks filled with other bytes.
 */
#ifndef WIRE_H
#define WIRE_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/* How it answers. */
struct wire_script {
	unsigned int good;	/* so many calls go well, with 0 */
	long then;		/* what the next ones give */
	unsigned int seed;	/* of what it writes */
};
extern struct wire_script wire_script;

/* Where it writes down; NULL: nowhere. */
extern FILE *wire_log;

/* Records of the log: a tag, and bytes that may be compared one by one. */
void wire_record(const char *tag, const void *p, size_t len);
void wire_note(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* Another call begins: it counts anew. */
void wire_begin(const struct wire_script *script);

/* Xen. args[0..5) */
long wire_hypercall(unsigned int number, const uint64_t *args);

#endif /* WIRE_H */
