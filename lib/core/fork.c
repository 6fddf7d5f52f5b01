// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Fork. A connection belongs to one address space, so a child makes its own,
 * at its first use of a handle. Nothing of the parent's is reused: threads
 * that the child does not have may hold its locks and lanes, and its memory is
 * not mapped here.
 *
 * One mutex serialises that. It is taken around fork too, so no child finds it
 * held, or a handle half-way between two connections.
 *
 * libxentoolcore has a mutex of its own, and no thought of fork: a child that
 * finds it held waits for ever when it closes a handle. So our threads hold it
 * under a second one here, which fork takes as well. That comes before either:
 * xentoolcore_restrict_all holds its own while it calls us back.
 */
#include <stdlib.h>
#include <sys/stat.h>

#include "context.h"
#include "os.h"

uint32_t xb_generation = 1;

static pthread_mutex_t fork_lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_mutex_t active_lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_once_t fork_once = PTHREAD_ONCE_INIT;
static int fork_err;

void xb_fork_lock(void)
{
	pthread_mutex_lock(&fork_lock);
}

void xb_fork_unlock(void)
{
	pthread_mutex_unlock(&fork_lock);
}

void xb_active_add(Xentoolcore__Active_Handle *active)
{
	pthread_mutex_lock(&active_lock);
	xentoolcore__register_active_handle(active);
	pthread_mutex_unlock(&active_lock);
}

void xb_active_remove(Xentoolcore__Active_Handle *active)
{
	pthread_mutex_lock(&active_lock);
	xentoolcore__deregister_active_handle(active);
	pthread_mutex_unlock(&active_lock);
}

static void fork_prepare(void)
{
	pthread_mutex_lock(&active_lock);
	xb_fork_lock();
}

static void forked(void)
{
	xb_fork_unlock();
	pthread_mutex_unlock(&active_lock);
}

static void forked_child(void)
{
	__atomic_add_fetch(&xb_generation, 1, __ATOMIC_RELAXED);
	forked();
}

static void fork_register(void)
{
	fork_err = pthread_atfork(fork_prepare, forked, forked_child);
}

int xb_fork_init(void)
{
	pthread_once(&fork_once, fork_register);
	if (fork_err) {
		errno = fork_err;
		return -1;
	}
	return 0;
}

int xb_fork_missed(int err)
{
	if (err != -EXDEV)
		return err;
	__atomic_add_fetch(&xb_generation, 1, __ATOMIC_RELAXED);
	return -ESTALE;
}

/*
 * Close what the child inherited, so that the parent's context can end with
 * the parent; unless the program closed it before, and the number is something
 * else's by now.
 */
static void close_inherited(struct xb_device *old, const struct xb_device *dev)
{
	struct stat a, b;

	if (old->fd < 0 || dev->fd < 0)
		return;
	if (!fstat(old->fd, &a) && !fstat(dev->fd, &b) &&
	    S_ISCHR(a.st_mode) && S_ISCHR(b.st_mode) &&
	    a.st_rdev == b.st_rdev && old->fd != dev->fd)
		xb_os_close(old->fd);
	old->fd = -1;
}

/* Also makes the first connection, where there is nothing to inherit. */
int xb_reconnect(xenbatch *xb)
{
	struct xb_conn *conn, *old;
	int saved = errno;
	int ret = 0;

	xb_fork_lock();
	old = xb->conn;
	if (xb_is_ours(xb))
		goto out;
	conn = xb_conn_create(xb, old ? &old->dev : NULL);
	if (!conn) {
		saved = errno;
		ret = -1;
		goto out;
	}
	if (old) {
		xb_arena_fence(&old->arena);
		xb_slots_fence(old);
		close_inherited(&old->dev, &conn->dev);
	}
	conn->inherited = old;
	xb->conn = conn;
	xb->lanes = &conn->lane0;
	__atomic_store_n(&xb->generation, xb_generation_now(),
			 __ATOMIC_RELEASE);
out:
	xb_fork_unlock();
	errno = saved;
	return ret;
}
