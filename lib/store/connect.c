// SPDX-License-Identifier: LGPL-2.1-or-later
/* Where the daemon is, and a handle's beginning and end. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "store.h"

#define RUNDIR	"/var/run/xenstored"

/* The environment names places, for a daemon of one's own. */

API const char *xs_daemon_rundir(void)
{
	return getenv("XENSTORED_RUNDIR") ?: RUNDIR;
}

API const char *xs_daemon_socket(void)
{
	static char path[PATH_MAX];
	const char *given = getenv("XENSTORED_PATH");

	if (given)
		return given;
	if (snprintf(path, sizeof(path), "%s/socket", xs_daemon_rundir()) >=
	    (int)sizeof(path))
		return NULL;
	return path;
}

API const char *xs_daemon_socket_ro(void)
{
	return xs_daemon_socket();
}

static const char *store_device(void)
{
	const char *given = getenv("XENSTORED_PATH");

	if (given)
		return given;
	return access("/dev/xen/xenbus", F_OK) ? "/proc/xen/xenbus" :
						 "/dev/xen/xenbus";
}

static int store_connect(const char *path)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0), err = EINVAL;

	if (fd < 0)
		return -1;
	if (strlen(path) < sizeof(addr.sun_path)) {
		strcpy(addr.sun_path, path);
		if (!connect(fd, (struct sockaddr *)&addr, sizeof(addr)))
			return fd;
		err = errno;
	}
	close(fd);
	errno = err;
	return -1;
}

/* It becomes /dev/null: what is asked then fails. */
static int store_restrict(Xentoolcore__Active_Handle *active, uint16_t domid)
{
	struct xs_handle *h = (struct xs_handle *)
		((char *)active - offsetof(struct xs_handle, active));

	(void)domid;
	return xentoolcore__restrict_by_dup2_null(h->fd);
}

static struct xs_handle *store_open(const char *path)
{
	struct xs_handle *h = path ? malloc(sizeof(*h)) : NULL;
	struct stat st;
	int err;

	if (!h)
		return NULL;
	/* All but the buffer, which is big. */
	memset(h, 0, offsetof(struct xs_handle, buffer));
	h->fd = -1;
	h->pipe[0] = h->pipe[1] = -1;
	h->events_end = &h->events;
	h->active.restrict_callback = store_restrict;
	xentoolcore__register_active_handle(&h->active);

	if (!stat(path, &st)) {
		h->is_socket = S_ISSOCK(st.st_mode);
		h->fd = h->is_socket ? store_connect(path) :
				       open(path, O_RDWR | O_CLOEXEC);
	}
	if (h->fd < 0) {
		err = errno;
		xentoolcore__deregister_active_handle(&h->active);
		free(h);
		errno = err;
		return NULL;
	}
	pthread_mutex_init(&h->request, NULL);
	pthread_mutex_init(&h->state, NULL);
	pthread_cond_init(&h->replied, NULL);
	pthread_cond_init(&h->fired, NULL);
	return h;
}

API struct xs_handle *xs_open(unsigned long flags)
{
	struct xs_handle *h = store_open(xs_daemon_socket());

	if (!h)
		h = store_open(store_device());
	if (h)
		h->filters = flags & XS_UNWATCH_FILTER;
	return h;
}

API struct xs_handle *xs_daemon_open(void)
{
	return xs_open(0);
}

API struct xs_handle *xs_daemon_open_readonly(void)
{
	return xs_open(0);
}

API struct xs_handle *xs_domain_open(void)
{
	return xs_open(0);
}

/*
 * The descriptor stays until the handle is closed: somebody may be about to use
 * it, and the number would be another file's.
 */
void store_fail(struct xs_handle *h)
{
	pthread_mutex_lock(&h->state);
	__atomic_store_n(&h->failed, true, __ATOMIC_RELAXED);
	if (h->is_socket)
		shutdown(h->fd, SHUT_RDWR);
	pthread_cond_broadcast(&h->replied);
	pthread_cond_broadcast(&h->fired);
	pthread_mutex_unlock(&h->state);
}

/* In a child, which has its parent's connection and no reader. */
API void xs_daemon_destroy_postfork(struct xs_handle *h)
{
	store_free_events(h);
	if (h->has_reply)
		free(h->reply.text);
	if (h->pipe[0] >= 0) {
		close(h->pipe[0]);
		close(h->pipe[1]);
	}
	xentoolcore__deregister_active_handle(&h->active);
	close(h->fd);
	free(h);
}

API void xs_daemon_close(struct xs_handle *h)
{
	if (h->has_reader && h->reader_pid == getpid()) {
		/*
		 * pthread_cancel() loads a library, and is for what shutdown()
		 * does not do: the device, and what was restricted.
		 */
		if (!h->is_socket || shutdown(h->fd, SHUT_RDWR))
			pthread_cancel(h->reader);
		pthread_join(h->reader, NULL);
	}
	xs_daemon_destroy_postfork(h);
}

API void xs_close(struct xs_handle *h)
{
	if (h)
		xs_daemon_close(h);
}
