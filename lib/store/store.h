/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A connection to xenstored. A request goes out in one system call, and what
 * has come is read as far as it goes: the daemon is woken once, and not for the
 * header and again for the text, and neither is the client.
 *
 * Who may touch what:
 *	request	the socket's sending side; its receiving side and `buffer` too,
 *		as long as there is no reader
 *	state	the reply that waits, the events, the pipe
 * request is taken before state. The reader, a thread, is there from the first
 * watch on; before, whoever asks reads the answer himself.
 */
#ifndef STORE_H
#define STORE_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>
#include <sys/uio.h>

#include <xenstore.h>

#include "active.h"

struct store_message {
	uint32_t type;		/* XS_* */
	uint32_t len;		/* bytes of text, without the NUL behind it */
	char *text;		/* malloc'ed */
};

struct store_event {
	struct store_event *next;
	char *path, *token;	/* in text */
	char *text;
	uint32_t len;
};

struct xs_handle {
	int fd;
	bool is_socket;		/* or the kernel's device */
	bool filters;		/* XS_UNWATCH_FILTER */
	bool failed;		/* nothing more will come; atomic */
	Xentoolcore__Active_Handle active;

	pthread_mutex_t request;
	pthread_mutex_t state;
	pthread_cond_t replied, fired;

	bool has_reader;
	pid_t reader_pid;	/* in whose child there is none */
	pthread_t reader;

	bool has_reply;
	struct store_message reply;
	struct store_event *events, **events_end;
	int pipe[2];		/* a byte is in it while there are events */

	uint32_t from, to;	/* what of buffer has been read, and not taken */
	char buffer[2 * (sizeof(struct xsd_sockmsg) + XENSTORE_PAYLOAD_MAX)];
};

/* connect.c */
/* No more: whoever waits is told, and requests get EBADF. */
void store_fail(struct xs_handle *h);

/* talk.c */
/*
 * Ask, and wait for the answer: malloc'ed text with a NUL behind it, its length
 * in *len if len is not NULL. iov[0] is for the header; the caller's are from
 * iov[1] to iov[nr]. NULL with errno: E2BIG for more than XENSTORE_PAYLOAD_MAX
 * bytes, what the daemon says, EBADF if it is gone.
 */
void *store_ask(struct xs_handle *h, uint32_t transaction, uint32_t type,
		struct iovec *iov, unsigned int nr, unsigned int *len);
/* The next message, whatever it is: by the reader, or by who has request. */
bool store_receive(struct xs_handle *h, struct store_message *m);

/* events.c */
bool store_start_reader(struct xs_handle *h);
/* Takes the message. False, with errno, if that is no event. */
bool store_add_event(struct xs_handle *h, struct store_message *m);
void store_free_events(struct xs_handle *h);

/* strings.c */
unsigned int store_count(const char *strings, unsigned int len);
/* "r5": at most STORE_PERM bytes with the NUL. False with EINVAL. */
#define STORE_PERM	12
bool store_perm_text(const struct xs_permissions *perm, char *text);

#endif /* STORE_H */
