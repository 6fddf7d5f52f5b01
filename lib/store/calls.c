// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * What can be asked. Each is a type and the strings that go with it; of most
 * answers only counts that there is one.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "store.h"

#define NUMBER	24	/* of a long, and the NUL */

/* With one string, or some numbers as strings. */

static void *ask(struct xs_handle *h, xs_transaction_t t, uint32_t type,
		 const char *string, unsigned int *len)
{
	struct iovec iov[] = {
		{ 0 }, { (char *)string, strlen(string) + 1 },
	};

	return store_ask(h, t, type, iov, 1, len);
}

static void *ask_numbers(struct xs_handle *h, uint32_t type, unsigned int nr,
			 const unsigned long *numbers)
{
	char text[3 * NUMBER];
	unsigned int i, at = 0;
	struct iovec iov[2];

	for (i = 0; i < nr; i++)
		at += sprintf(text + at, "%lu", numbers[i]) + 1;
	iov[1].iov_base = text;
	iov[1].iov_len = at;
	return store_ask(h, XBT_NULL, type, iov, 1, NULL);
}

static void *ask_domain(struct xs_handle *h, uint32_t type, unsigned int domid)
{
	return ask_numbers(h, type, 1, (unsigned long[]){ domid });
}

/* With a string, and bytes that may be none. */
static void *ask_bytes(struct xs_handle *h, xs_transaction_t t, uint32_t type,
		       const char *string, const void *data, unsigned int size,
		       unsigned int *len)
{
	struct iovec iov[] = {
		{ 0 },
		{ (char *)string, strlen(string) + 1 },
		{ (void *)data, size },
	};

	return store_ask(h, t, type, iov, 2, len);
}

static bool is_done(void *reply)
{
	const bool done = reply;

	free(reply);
	return done;
}

static void *free_keep_errno(void *p)
{
	int err = errno;

	free(p);
	errno = err;
	return NULL;
}

/* Nodes */

API void *xs_read(struct xs_handle *h, xs_transaction_t t, const char *path,
		  unsigned int *len)
{
	return ask(h, t, XS_READ, path, len);
}

API bool xs_write(struct xs_handle *h, xs_transaction_t t, const char *path,
		  const void *data, unsigned int len)
{
	return is_done(ask_bytes(h, t, XS_WRITE, path, data, len, NULL));
}

API bool xs_mkdir(struct xs_handle *h, xs_transaction_t t, const char *path)
{
	return is_done(ask(h, t, XS_MKDIR, path, NULL));
}

API bool xs_rm(struct xs_handle *h, xs_transaction_t t, const char *path)
{
	return is_done(ask(h, t, XS_RM, path, NULL));
}

/* Names behind an array of them, in one piece; takes names. */
static char **name_list(char *names, unsigned int len, unsigned int *num)
{
	unsigned int i, n = store_count(names, len);
	char **list = malloc(n * sizeof(*list) + len), *at;

	if (list) {
		at = memcpy(list + n, names, len);
		for (i = 0; i < n; i++, at += strlen(at) + 1)
			list[i] = at;
		*num = n;
	}
	free_keep_errno(names);
	return list;
}

/*
 * A folder whose names do not fit one answer: part by part, each with the number
 * of the folder's state before it. If that has changed, from the start.
 */
static char **big_directory(struct xs_handle *h, xs_transaction_t t,
			    const char *path, unsigned int *num)
{
	char state[NUMBER] = "", offset[NUMBER], *part, *names = NULL, *more;
	unsigned int at = 0, len, skip;

	for (;;) {
		len = sprintf(offset, "%u", at) + 1;
		part = ask_bytes(h, t, XS_DIRECTORY_PART, path, offset, len,
				 &len);
		if (!part) {
			if (errno == ENOSYS)
				errno = E2BIG;
			return free_keep_errno(names);
		}
		if (at && strcmp(state, part)) {
			free(part);
			at = 0;
			continue;
		}
		snprintf(state, sizeof(state), "%s", part);
		skip = strlen(part) + 1;
		len = skip < len ? len - skip : 0;
		more = realloc(names, at + len + 1);
		if (!more) {
			free_keep_errno(part);
			return free_keep_errno(names);
		}
		names = more;
		memcpy(names + at, part + skip, len);
		at += len;
		free(part);
		/* An empty name is the end. */
		if (!len || at < 2 || !names[at - 2])
			return name_list(names, at > 1 ? at - 1 : at, num);
	}
}

API char **xs_directory(struct xs_handle *h, xs_transaction_t t,
			const char *path, unsigned int *num)
{
	unsigned int len;
	char *names = ask(h, t, XS_DIRECTORY, path, &len);

	if (names)
		return name_list(names, len, num);
	return errno == E2BIG ? big_directory(h, t, path, num) : NULL;
}

/* Permissions */

API struct xs_permissions *xs_get_permissions(struct xs_handle *h,
					      xs_transaction_t t,
					      const char *path,
					      unsigned int *num)
{
	struct xs_permissions *perms;
	unsigned int len;
	char *text = ask(h, t, XS_GET_PERMS, path, &len);

	if (!text)
		return NULL;
	*num = store_count(text, len);
	perms = malloc(*num * sizeof(*perms));
	if (perms && !xs_strings_to_perms(perms, *num, text))
		perms = free_keep_errno(perms);
	free_keep_errno(text);
	return perms;
}

API bool xs_set_permissions(struct xs_handle *h, xs_transaction_t t,
			    const char *path, struct xs_permissions *perms,
			    unsigned int num)
{
	char text[XENSTORE_PAYLOAD_MAX], one[STORE_PERM];
	unsigned int i, len, at = 0;
	bool fits = true;

	for (i = 0; i < num; i++) {
		if (!store_perm_text(&perms[i], one))
			return false;
		len = strlen(one) + 1;
		fits = fits && len <= sizeof(text) - at;
		if (fits) {
			memcpy(text + at, one, len);
			at += len;
		}
	}
	if (!fits) {
		errno = E2BIG;
		return false;
	}
	return is_done(ask_bytes(h, t, XS_SET_PERMS, path, text, at, NULL));
}

/* It went with Xen 4.9. */
API bool xs_restrict(struct xs_handle *h, unsigned int domid)
{
	(void)h;
	(void)domid;
	return false;
}

/* Transactions */

API xs_transaction_t xs_transaction_start(struct xs_handle *h)
{
	char *text = ask(h, XBT_NULL, XS_TRANSACTION_START, "", NULL);
	xs_transaction_t t = text ? strtoul(text, NULL, 0) : XBT_NULL;

	free_keep_errno(text);
	return t;
}

API bool xs_transaction_end(struct xs_handle *h, xs_transaction_t t, bool abort)
{
	return is_done(ask(h, t, XS_TRANSACTION_END, abort ? "F" : "T", NULL));
}

/* Domains */

API bool xs_introduce_domain(struct xs_handle *h, unsigned int domid,
			     unsigned long mfn, unsigned int eventchn)
{
	const unsigned long numbers[] = { domid, mfn, eventchn };

	return is_done(ask_numbers(h, XS_INTRODUCE, 3, numbers));
}

API bool xs_set_target(struct xs_handle *h, unsigned int domid,
		       unsigned int target)
{
	const unsigned long numbers[] = { domid, target };

	return is_done(ask_numbers(h, XS_SET_TARGET, 2, numbers));
}

API bool xs_resume_domain(struct xs_handle *h, unsigned int domid)
{
	return is_done(ask_domain(h, XS_RESUME, domid));
}

API bool xs_release_domain(struct xs_handle *h, unsigned int domid)
{
	return is_done(ask_domain(h, XS_RELEASE, domid));
}

API char *xs_get_domain_path(struct xs_handle *h, unsigned int domid)
{
	return ask_domain(h, XS_GET_DOMAIN_PATH, domid);
}

API bool xs_is_domain_introduced(struct xs_handle *h, unsigned int domid)
{
	char *word = ask_domain(h, XS_IS_DOMAIN_INTRODUCED, domid);
	bool is = word && strcmp(word, "F") != 0;

	free_keep_errno(word);
	return is;
}

API int xs_suspend_evtchn_port(int domid)
{
	struct xs_handle *h = xs_open(0);
	unsigned int len;
	char path[64], *text;
	int port = -1;

	if (!h)
		return -1;
	snprintf(path, sizeof(path),
		 "/local/domain/%d/device/suspend/event-channel", domid);
	text = xs_read(h, XBT_NULL, path, &len);
	xs_close(h);
	if (text && len)
		port = atoi(text);
	free(text);
	return port;
}

/* The daemon itself */

API char *xs_control_command(struct xs_handle *h, const char *cmd, void *data,
			     unsigned int len)
{
	return ask_bytes(h, XBT_NULL, XS_CONTROL, cmd, data, len, NULL);
}

API char *xs_debug_command(struct xs_handle *h, const char *cmd, void *data,
			   unsigned int len)
{
	return xs_control_command(h, cmd, data, len);
}
