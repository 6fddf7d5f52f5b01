// SPDX-License-Identifier: LGPL-2.1-or-later
/* Watches: the thread that reads, and what has fired. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "store.h"

#define READER_STACK	(256 * 1024)

/* state is held. */
static void store_pipe_full(struct xs_handle *h)
{
	char c = 0;

	if (h->pipe[1] >= 0)
		while (write(h->pipe[1], &c, 1) != 1)
			;
}

/* state is held. */
static void store_pipe_empty(struct xs_handle *h)
{
	char c;

	if (!h->events && h->pipe[0] >= 0)
		while (read(h->pipe[0], &c, 1) != 1)
			;
}

static void store_event_free(struct store_event *e)
{
	free(e->text);
	free(e);
}

void store_free_events(struct xs_handle *h)
{
	struct store_event *e;

	while ((e = h->events)) {
		h->events = e->next;
		store_event_free(e);
	}
}

bool store_add_event(struct xs_handle *h, struct store_message *m)
{
	struct store_event *e = NULL;

	/* Path and token: the daemon says no less. */
	if (store_count(m->text, m->len) < 2)
		errno = EINVAL;
	else
		e = malloc(sizeof(*e));
	if (!e) {
		free(m->text);
		return false;
	}
	*e = (struct store_event){
		.path = m->text, .token = m->text + strlen(m->text) + 1,
		.text = m->text, .len = m->len,
	};
	pthread_mutex_lock(&h->state);
	if (!h->events) {
		store_pipe_full(h);
		h->events_end = &h->events;
	}
	*h->events_end = e;
	h->events_end = &e->next;
	pthread_cond_signal(&h->fired);
	pthread_mutex_unlock(&h->state);
	return true;
}

/* One at a time is asked for, so one at a time can wait. */
static bool store_add_reply(struct xs_handle *h, struct store_message *m)
{
	bool first;

	pthread_mutex_lock(&h->state);
	first = !h->has_reply;
	if (first) {
		h->reply = *m;
		h->has_reply = true;
		pthread_cond_signal(&h->replied);
	}
	pthread_mutex_unlock(&h->state);
	if (!first)
		free(m->text);
	return first;
}

static void *store_read(void *data)
{
	struct xs_handle *h = data;
	struct store_message m;
	bool good;
	int old;

	do {
		/* it is cancelled where it holds nothing */
		pthread_setcancelstate(PTHREAD_CANCEL_ENABLE, &old);
		good = store_receive(h, &m);
		pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &old);
		if (good)
			good = m.type == XS_WATCH_EVENT ?
			       store_add_event(h, &m) : store_add_reply(h, &m);
	} while (good);
	store_fail(h);
	return NULL;
}

/* request is held. */
bool store_start_reader(struct xs_handle *h)
{
	sigset_t all, before;
	pthread_attr_t attr;
	int err;

	if (h->has_reader)
		return true;
	err = pthread_attr_init(&attr);
	if (err) {
		errno = err;
		return false;
	}
	/* It needs little; thread-local data of whoever is there is in it. */
	pthread_attr_setstacksize(&attr, READER_STACK);
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	err = pthread_create(&h->reader, &attr, store_read, h);
	if (err == EINVAL)
		err = pthread_create(&h->reader, NULL, store_read, h);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	pthread_attr_destroy(&attr);
	if (err)
		errno = err;
	h->has_reader = !err;
	h->reader_pid = getpid();
	return !err;
}

API int xs_fileno(struct xs_handle *h)
{
	pthread_mutex_lock(&h->state);
	if (h->pipe[0] < 0 && !pipe2(h->pipe, O_CLOEXEC) && h->events)
		store_pipe_full(h);
	pthread_mutex_unlock(&h->state);
	return h->pipe[0];
}

/* The oldest event, or NULL with errno. */
static struct store_event *store_take_event(struct xs_handle *h, bool waits)
{
	struct store_event *e;

	pthread_mutex_lock(&h->state);
	while (waits && !h->events && !h->failed)
		pthread_cond_wait(&h->fired, &h->state);
	e = h->events;
	if (e) {
		h->events = e->next;
		store_pipe_empty(h);
	} else {
		errno = h->failed ? EINVAL : EAGAIN;
	}
	pthread_mutex_unlock(&h->state);
	return e;
}

/* The strings of an event behind an array of them, in one piece. */
static char **store_event_strings(struct xs_handle *h, bool waits,
				  unsigned int *num)
{
	struct store_event *e = store_take_event(h, waits);
	unsigned int i, n;
	char **strings;

	if (!e)
		return NULL;
	n = store_count(e->text, e->len);
	strings = malloc(n * sizeof(*strings) + e->len);
	if (strings) {
		strings[0] = memcpy(strings + n, e->text, e->len);
		for (i = 1; i < n; i++)
			strings[i] = strings[i - 1] + strlen(strings[i - 1]) +
				     1;
		*num = n;
	}
	store_event_free(e);
	return strings;
}

API char **xs_read_watch(struct xs_handle *h, unsigned int *num)
{
	return store_event_strings(h, true, num);
}

API char **xs_check_watch(struct xs_handle *h)
{
	unsigned int num;

	return store_event_strings(h, false, &num);
}

static void *store_ask_watch(struct xs_handle *h, uint32_t type,
			     const char *path, const char *token)
{
	struct iovec iov[] = {
		{ 0 },
		{ (char *)path, strlen(path) + 1 },
		{ (char *)token, strlen(token) + 1 },
	};

	return store_ask(h, XBT_NULL, type, iov, 2, NULL);
}

API bool xs_watch(struct xs_handle *h, const char *path, const char *token)
{
	void *reply = NULL;
	bool reads, done;

	pthread_mutex_lock(&h->request);
	reads = store_start_reader(h);
	pthread_mutex_unlock(&h->request);
	if (reads)
		reply = store_ask_watch(h, XS_WATCH, path, token);
	done = reply;
	free(reply);
	return done;
}

/* What a watch that is gone has fired before. */
static void store_forget(struct xs_handle *h, const char *path,
			 const char *token)
{
	struct store_event **link = &h->events, *e;

	pthread_mutex_lock(&h->state);
	if (h->events) {
		while ((e = *link)) {
			if (!strcmp(token, e->token) &&
			    xs_path_is_subpath(path, e->path)) {
				*link = e->next;
				store_event_free(e);
			} else {
				link = &e->next;
			}
		}
		h->events_end = link;
		store_pipe_empty(h);
	}
	pthread_mutex_unlock(&h->state);
}

API bool xs_unwatch(struct xs_handle *h, const char *path, const char *token)
{
	void *reply = store_ask_watch(h, XS_UNWATCH, path, token);
	const bool done = reply;
	const int err = errno;

	free(reply);
	if (h->filters)
		store_forget(h, path, token);
	errno = err;
	return done;
}
