/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A domain of the Xen of wire.c, with vcpus, memory and a table of its frames:
 * for functions that look into one. While it is there, all that is asked is
 * about it.
 */
#ifndef WIRE_DOMAIN_H
#define WIRE_DOMAIN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct wire_domain {
	bool hvm;
	unsigned int width;		/* bytes of its words */
	uint32_t domid;		/* of the answer; 0: the one asked for */
	uint32_t flags;			/* XEN_DOMINF_* */
	unsigned int max_vcpu_id;
	unsigned int lost;		/* vcpus without a context: a mask */
	unsigned long nr_pages, max_gpfn;
	uint64_t shared_info;		/* its frame */
	uint64_t callback_irq;
	const char *caps;
	unsigned int at_once;		/* so many can be mapped; 0: all */
};

#define WIRE_SHARED_INFO	0
#define WIRE_START_INFO		16
#define WIRE_NO_FRAME		5000	/* from here on there are none */

/*
 * It is there, and its memory as it was at first. Counted from 0, question
 * `when` is answered by `then`, unless that is 0: hypercalls, frames that are
 * mapped, and wire_domain_asked().
 */
void wire_domain_begin(const struct wire_domain *domain, unsigned int when,
		       long then);
void wire_domain_end(void);
bool wire_domain_is_there(void);

/* The next question: 0, or how it is answered. */
long wire_domain_asked(void);
/* How many there were, since it began. */
unsigned int wire_domain_questions(void);

void *wire_domain_frame(unsigned int frame);

/* Xen and libxenforeignmemory. */
long wire_domain_hypercall(unsigned int number, const uint64_t *args);
void *wire_domain_map(uint32_t domid, int prot, size_t nr,
		      const uint64_t *frames, int *err);

#endif /* WIRE_DOMAIN_H */
