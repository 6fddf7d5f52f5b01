/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Debian's libxenstore, which nothing here is linked with: store.read() is its
 * xs_read(), and so on.
 */
#ifndef STORE_H
#define STORE_H

#include <dlfcn.h>
#include <poll.h>
#include <stdbool.h>
#include <stdlib.h>

#include <xenstore.h>

#define STORE_DEVICE	"/dev/xen/xenbus"	/* the kernel's own ring */

#define STORE_FUNCTIONS(F) \
	F(open) F(close) F(directory) F(read) F(write) F(mkdir) F(rm) \
	F(get_permissions) F(set_permissions) F(watch) F(unwatch) F(fileno) \
	F(check_watch) F(transaction_start) F(transaction_end)

static struct {
#define F(name) __typeof__(&xs_##name) name;
	STORE_FUNCTIONS(F)
#undef F
} store;

/* 0, or -1: this machine has none. */
static inline int store_load(void)
{
	void *dl = dlopen("libxenstore.so.4", RTLD_NOW);

	if (!dl)
		return -1;
#define F(name) \
	store.name = (__typeof__(store.name))dlsym(dl, "xs_" #name); \
	if (!store.name) \
		return -1;
	STORE_FUNCTIONS(F)
#undef F
	return 0;
}

/* By the socket, or by the kernel's ring, whose bytes are told by events. */
static inline struct xs_handle *store_open(bool ring)
{
	struct xs_handle *xs;

	if (ring)
		setenv("XENSTORED_PATH", STORE_DEVICE, 1);
	xs = store.open(0);
	unsetenv("XENSTORED_PATH");
	return xs;
}

/* The next event of a watch: path and token, to be freed; NULL: none came. */
static inline char **store_event(struct xs_handle *xs, int wait_ms)
{
	struct pollfd p = { store.fileno(xs), POLLIN, 0 };
	char **event = store.check_watch(xs);

	/* what it polls may be ready for an event that was taken already */
	while (!event && poll(&p, 1, wait_ms) == 1)
		event = store.check_watch(xs);
	return event;
}

#endif /* STORE_H */
