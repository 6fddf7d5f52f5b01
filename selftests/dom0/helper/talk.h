/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Speaking with xenstored as the guest of bridge.S, by its console: messages of
 * xenstore's protocol, and what they are answered is written down.
 */
#ifndef TALK_H
#define TALK_H

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include <xen/io/xs_wire.h>

#include "bridge.h"

#define TALK_SOON	20000	/* ms */
#define TALK_LONG	2000	/* bytes: more than a ring has */

struct message {
	struct xsd_sockmsg head;
	char body[XENSTORE_PAYLOAD_MAX + 1];
};

struct talk {
	int tty;
	uint32_t id;
	bool failed;
	size_t len;
	char text[4096];
};

__attribute__((format(printf, 2, 3)))
static inline void talk_note(struct talk *t, const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	t->len += (size_t)vsnprintf(t->text + t->len, sizeof(t->text) - t->len,
				    format, ap);
	va_end(ap);
	if (t->len >= sizeof(t->text))
		t->len = sizeof(t->text) - 1;
}

/* So many bytes out or in; a failure is noted, and nothing is tried again. */
static inline bool talk_bytes(struct talk *t, bool out, void *bytes, size_t n)
{
	struct pollfd p = { t->tty, out ? POLLOUT : POLLIN, 0 };
	char *at = bytes;
	ssize_t done;

	while (n && !t->failed) {
		if (poll(&p, 1, TALK_SOON) != 1) {
			talk_note(t, "%s: nothing goes on, %zu bytes left\n",
				  out ? "out" : "in", n);
			t->failed = true;
			break;
		}
		done = out ? write(t->tty, at, n) : read(t->tty, at, n);
		if (done > 0) {
			at += done;
			n -= (size_t)done;
		} else if (done == 0 || errno != EAGAIN) {
			talk_note(t, "the console: errno %d\n", errno);
			t->failed = true;
		}
	}
	return !t->failed;
}

static inline bool talk_hear(struct talk *t, struct message *m)
{
	if (!talk_bytes(t, false, &m->head, sizeof(m->head)))
		return false;
	if (m->head.len > XENSTORE_PAYLOAD_MAX) {
		talk_note(t, "no message: type %u, %u bytes\n", m->head.type,
			  m->head.len);
		t->failed = true;
		return false;
	}
	m->body[m->head.len] = 0;
	return talk_bytes(t, false, m->body, m->head.len);
}

/* A message, strings and all, in m; its size. */
static inline size_t talk_message(struct talk *t, struct message *m,
				  uint32_t type, uint32_t tx, const void *body,
				  size_t len)
{
	m->head = (struct xsd_sockmsg){ type, ++t->id, tx, (uint32_t)len };
	memcpy(m->body, body, len);
	return sizeof(m->head) + len;
}

static inline void talk_answer(struct talk *t, const char *what,
			       struct message *m)
{
	uint32_t i;

	if (!talk_hear(t, m))
		return;
	/* what stands between strings */
	for (i = 0; i + 1 < m->head.len; i++)
		if (!m->body[i])
			m->body[i] = ' ';
	talk_note(t, "%s: type %u, id %d, %u bytes", what, m->head.type,
		  m->head.type == XS_WATCH_EVENT ? 0 :
		  (int)(m->head.req_id - t->id), m->head.len);
	if (m->head.len < 100 && m->head.type != XS_TRANSACTION_START)
		talk_note(t, ": %s", m->body);
	talk_note(t, "\n");
}

static inline void talk_ask(struct talk *t, const char *what, uint32_t type,
			    uint32_t tx, const void *body, size_t len,
			    struct message *m)
{
	size_t n = talk_message(t, m, type, tx, body, len);

	if (talk_bytes(t, true, m, n))
		talk_answer(t, what, m);
}

/* The text with its last zero, and a value without. */
#define TALK_ASK(t, type, string, m) \
	talk_ask(t, #type, type, 0, string, sizeof(string), m)
#define TALK_WRITE(t, tx, string, m) \
	talk_ask(t, "XS_WRITE", XS_WRITE, tx, string, sizeof(string) - 1, m)

/* The guest's first words. */
static inline void talk_begin(struct talk *t, const char *tty)
{
	char hello[sizeof(BRIDGE_HELLO "\r\n")] = "";
	struct termios how;

	t->tty = open(tty, O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
	if (t->tty < 0 || tcgetattr(t->tty, &how)) {
		talk_note(t, "no console: errno %d\n", errno);
		t->failed = true;
		return;
	}
	cfmakeraw(&how);
	tcsetattr(t->tty, TCSANOW, &how);
	if (talk_bytes(t, false, hello, sizeof(hello) - 1))
		talk_note(t, "%s", hello);
}

static inline void talk_store(struct talk *t)
{
	char value[sizeof("data/long") + TALK_LONG] = "data/long";
	struct message m;
	uint32_t tx;
	size_t i;

	TALK_ASK(t, XS_READ, "name", &m);
	TALK_WRITE(t, 0, "data/x\0one", &m);
	TALK_ASK(t, XS_READ, "data/x", &m);
	TALK_ASK(t, XS_READ, "data/none", &m);
	TALK_ASK(t, XS_DIRECTORY, "data", &m);
	TALK_WRITE(t, 0, "/local/domain/0/x\0two", &m);

	TALK_ASK(t, XS_TRANSACTION_START, "", &m);
	tx = (uint32_t)strtoul(m.body, NULL, 10);
	TALK_WRITE(t, tx, "data/x\0three", &m);
	TALK_ASK(t, XS_READ, "data/x", &m);
	talk_ask(t, "XS_TRANSACTION_END", XS_TRANSACTION_END, tx, "T", 2, &m);
	TALK_ASK(t, XS_READ, "data/x", &m);
	talk_ask(t, "an old one", XS_READ, tx, "data/x", sizeof("data/x"), &m);

	for (i = 0; i < TALK_LONG; i++)
		value[sizeof("data/long") + i] = (char)('a' + i % 23);
	talk_ask(t, "XS_WRITE", XS_WRITE, 0, value, sizeof(value), &m);
	TALK_ASK(t, XS_READ, "data/long", &m);
	talk_note(t, "the same: %d\n", m.head.len == TALK_LONG &&
		  !memcmp(m.body, value + sizeof("data/long"), TALK_LONG));
}

#endif /* TALK_H */
