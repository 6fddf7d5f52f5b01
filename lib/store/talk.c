// SPDX-License-Identifier: LGPL-2.1-or-later
/* Requests and their answers. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "store.h"

/* More of what the daemon has to say into the buffer. */
static bool store_fill(struct xs_handle *h)
{
	ssize_t n;

	if (h->from) {
		memmove(h->buffer, h->buffer + h->from, h->to - h->from);
		h->to -= h->from;
		h->from = 0;
	}
	do {
		n = read(h->fd, h->buffer + h->to, sizeof(h->buffer) - h->to);
	} while (n < 0 && errno == EINTR);
	if (n > 0)
		h->to += n;
	else if (!n)
		errno = EBADF;
	return n > 0;
}

static bool store_have(struct xs_handle *h, uint32_t bytes)
{
	while (h->to - h->from < bytes)
		if (!store_fill(h))
			return false;
	return true;
}

bool store_receive(struct xs_handle *h, struct store_message *m)
{
	struct xsd_sockmsg header;

	if (!store_have(h, sizeof(header)))
		return false;
	memcpy(&header, h->buffer + h->from, sizeof(header));
	if (header.len > XENSTORE_PAYLOAD_MAX) {
		errno = E2BIG;
		return false;
	}
	if (!store_have(h, sizeof(header) + header.len))
		return false;
	m->type = header.type;
	m->len = header.len;
	m->text = malloc((size_t)header.len + 1);
	if (!m->text)
		return false;
	memcpy(m->text, h->buffer + h->from + sizeof(header), header.len);
	m->text[header.len] = '\0';
	h->from += sizeof(header) + header.len;
	if (h->from == h->to)
		h->from = h->to = 0;
	return true;
}

/* All of it, in one system call if the other side has room. */
static bool store_send(struct xs_handle *h, struct iovec *iov, unsigned int nr)
{
	struct msghdr msg = { .msg_iov = iov, .msg_iovlen = nr };
	ssize_t n;

	while (msg.msg_iovlen) {
		if (h->is_socket)
			n = sendmsg(h->fd, &msg, MSG_NOSIGNAL);
		else
			n = writev(h->fd, msg.msg_iov, (int)msg.msg_iovlen);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0) {
			/* It was restricted: /dev/null takes, and says nothing. */
			if (n < 0 && errno == ENOTSOCK)
				errno = EBADF;
			return false;
		}
		while (msg.msg_iovlen && (size_t)n >= msg.msg_iov->iov_len) {
			n -= msg.msg_iov->iov_len;
			msg.msg_iov++;
			msg.msg_iovlen--;
		}
		if (n) {
			msg.msg_iov->iov_base =
				(char *)msg.msg_iov->iov_base + n;
			msg.msg_iov->iov_len -= n;
		}
	}
	return true;
}

static bool store_reply_of_reader(struct xs_handle *h, struct store_message *m)
{
	bool has;

	pthread_mutex_lock(&h->state);
	while (!h->has_reply && !h->failed)
		pthread_cond_wait(&h->replied, &h->state);
	has = h->has_reply;
	*m = h->reply;
	h->has_reply = false;
	pthread_mutex_unlock(&h->state);
	if (!has)
		errno = EINVAL;
	return has;
}

static bool store_reply(struct xs_handle *h, struct store_message *m)
{
	if (h->has_reader)
		return store_reply_of_reader(h, m);
	for (;;) {
		if (!store_receive(h, m))
			return false;
		if (m->type != XS_WATCH_EVENT) {
			errno = 0;	/* as stock's, which the reader spares */
			return true;
		}
		if (!store_add_event(h, m))
			return false;
	}
}

/* The daemon's word for an errno. */
static int store_errno(const char *word)
{
	size_t i;

	for (i = 0; i < sizeof(xsd_errors) / sizeof(xsd_errors[0]); i++)
		if (!strcmp(word, xsd_errors[i].errstring))
			return xsd_errors[i].errnum;
	return EINVAL;
}

void *store_ask(struct xs_handle *h, uint32_t transaction, uint32_t type,
		struct iovec *iov, unsigned int nr, unsigned int *len)
{
	struct xsd_sockmsg header = { .type = type, .tx_id = transaction };
	struct store_message m;
	size_t total = 0;
	unsigned int i;
	bool good;
	int err;

	for (i = 1; i <= nr; i++)
		total += iov[i].iov_len;
	if (total > XENSTORE_PAYLOAD_MAX) {
		errno = E2BIG;
		return NULL;
	}
	header.len = total;
	iov[0].iov_base = &header;
	iov[0].iov_len = sizeof(header);

	pthread_mutex_lock(&h->request);
	good = !__atomic_load_n(&h->failed, __ATOMIC_RELAXED);
	if (!good)
		errno = EBADF;
	good = good && store_send(h, iov, nr + 1) && store_reply(h, &m);
	/* Also of an error's name, or of what was not asked for: as stock's. */
	if (good && len)
		*len = m.len;
	if (good && m.type != type && m.type != XS_ERROR) {
		free(m.text);
		errno = EBADF;
		good = false;
	}
	if (!good) {
		err = errno;
		store_fail(h);
		errno = err;
	}
	pthread_mutex_unlock(&h->request);
	if (!good)
		return NULL;

	if (m.type == XS_ERROR) {
		err = store_errno(m.text);
		free(m.text);
		errno = err;
		return NULL;
	}
	return m.text;
}
