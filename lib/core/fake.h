/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A small simulated hypervisor, and the knobs that tests turn. It is in static
 * test libraries only: libxenbatch.so has neither it nor the backend on it.
 *
 * It knows xen_version (version, extraversion), domctl (getdomaininfo,
 * getvcpuinfo), sysctl (getdomaininfolist) and multicall, in the layout of the
 * installed Xen headers, and answers as Xen 4.17 does: EFAULT for a buffer
 * that is not in memory given out by xb_fake_memory_add, EACCES for another
 * interface version, ESRCH for no such domain or vcpu, ENOSYS for all else.
 */
#ifndef XB_FAKE_H
#define XB_FAKE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define XB_FAKE_VERSION		(4 << 16 | 17)
#define XB_FAKE_EXTRAVERSION	".7-fake"

/* Back to: dom0 with 2 vcpus, no limits but the defaults, no errors. */
void xb_fake_reset(void);
/* Domids in rising order, please. */
void xb_fake_add_domain(uint16_t domid, unsigned int vcpus);

/* What getvcpuinfo says about cpu_time. */
uint64_t xb_fake_cpu_time(uint16_t domid, unsigned int vcpu);

struct xb_fake_knobs {
	uint32_t ops_max;
	uint64_t arena_max;
	/* A SUBMIT comes back after so many operations; 0: never early. */
	uint32_t interrupt_after;
	/* The hypercall of this number (as counted) fails with this errno. */
	uint64_t fail_at;
	int fail_err;
	/* Take any address for a good buffer. */
	bool any_memory;
	/* Opening the fake backend fails with this errno. */
	int open_err;
	/* Is told of every hypercall before it is made. */
	void (*trace)(unsigned int number, const uint64_t *args);
};
extern struct xb_fake_knobs xb_fake_knobs;

/* How often, since reset. */
struct xb_fake_counts {
	uint64_t hypercalls;
	uint64_t submits;
	uint64_t maps;
};
extern struct xb_fake_counts xb_fake_counts;

/* Xen itself. args[0..5) */
long xb_fake_hypercall(unsigned int number, const uint64_t *args);

/*
 * Memory that this process may have hypercalls read and write, as backends
 * give it out: zero-filled, not inherited over fork. A size is given back as a
 * whole. NULL if there is none.
 */
void *xb_fake_memory_add(size_t size);
void xb_fake_memory_remove(void *p, size_t size);

#endif /* XB_FAKE_H */
