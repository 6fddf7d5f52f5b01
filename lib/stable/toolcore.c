// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * libxentoolcore.so.1: the list of all open handles of Xen's libraries, stock's
 * and ours, and what xentoolcore_restrict_all() does with them. What is written
 * here is what stock does from 4.14 to 4.22 (tools/libs/toolcore/handlereg.c).
 */
#include <fcntl.h>
#include <pthread.h>
#include <unistd.h>

#include <xentoolcore.h>

#include "active.h"

/* Held over the callbacks too, which must not add or remove a handle. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static Xentoolcore__Active_Handle *first;

API void xentoolcore__register_active_handle(Xentoolcore__Active_Handle *handle)
{
	pthread_mutex_lock(&lock);
	handle->entry.le_next = first;
	handle->entry.le_prev = &first;
	if (first)
		first->entry.le_prev = &handle->entry.le_next;
	first = handle;
	pthread_mutex_unlock(&lock);
}

API void
xentoolcore__deregister_active_handle(Xentoolcore__Active_Handle *handle)
{
	Xentoolcore__Active_Handle *next;

	pthread_mutex_lock(&lock);
	next = handle->entry.le_next;
	if (next)
		next->entry.le_prev = handle->entry.le_prev;
	*handle->entry.le_prev = next;
	pthread_mutex_unlock(&lock);
}

/* The newest comes first. One that fails ends it, and errno is of its making. */
API int xentoolcore_restrict_all(domid_t domid)
{
	Xentoolcore__Active_Handle *handle;
	int rc = 0;

	pthread_mutex_lock(&lock);
	for (handle = first; handle && !rc; handle = handle->entry.le_next)
		rc = handle->restrict_callback(handle, domid);
	pthread_mutex_unlock(&lock);
	return rc;
}

/* As with dup2: what is then in the place of fd lives over exec. */
API int xentoolcore__restrict_by_dup2_null(int fd)
{
	int null, rc;

	if (fd < 0)
		return 0;
	null = open("/dev/null", O_RDONLY | O_CLOEXEC);
	if (null < 0)
		return -1;
	rc = dup2(null, fd);
	close(null);
	return rc < 0 ? -1 : 0;
}
