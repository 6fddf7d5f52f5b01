/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the unit tests share. A test program runs its tests once over each
 * backend that it names: the fake one, and the two real ones with a simulated
 * kernel below.
 */
#ifndef UNIT_H
#define UNIT_H

#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "fake.h"
#include "fake_kernel.h"
#include "xenbatch.h"

#define __XEN_TOOLS__ 1
#include <xen/xen.h>
#include <xen/domctl.h>
#include <xen/sysctl.h>
#include <xen/version.h>

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

/* The backend that the tests run on now. */
extern const char *unit_backend;

/* Opens a handle on it, as *state; and closes it. */
int unit_open(void **state);
int unit_close(void **state);

#define opened_test(f) cmocka_unit_test_setup_teardown(f, unit_open, unit_close)

/* Run the group once for each backend; how many tests failed. */
int unit_run(const char *name, const struct CMUnitTest *tests, size_t nr,
	     const char *const *backends);
extern const char *const unit_all[];		/* fake, module, stock */
extern const char *const unit_batching[];	/* those with a SUBMIT */

/* fn(arg) in a child of fork: its return value, or minus its signal. */
int unit_in_child(int (*fn)(void *arg), void *arg);

/* A getvcpuinfo in arena memory. */
struct xen_domctl *unit_vcpuinfo(xenbatch *xb, uint16_t domid,
				 unsigned int vcpu);
/* Queue it; its index. */
int unit_queue(struct xenbatch_batch *b, struct xen_domctl *domctl,
	       unsigned int flags, uint32_t tag);
/* xen_version, at once: true if it is the fake's. */
bool unit_version_works(xenbatch *xb);

/*
 * A whole day's work on the handle: buffers, a batch, an immediate call. 0, or
 * which step failed.
 */
int unit_use(void *xb);

#endif /* UNIT_H */
