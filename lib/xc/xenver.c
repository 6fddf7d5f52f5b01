// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Xen's texts about itself, however long. The caller frees them.
 */
#include "engine.h"

#if XC_RELEASE >= 420

static int ask_size(xc_interface *xch, unsigned int what)
{
	struct xe_cursor *k = xe_open_now(xch, 0);

	return k ? xe_end2(k, __HYPERVISOR_xen_version, what, NULL) : -1;
}

/* How long the text is, or -1. */
static int ask_text(xc_interface *xch, unsigned int what, xen_varbuf_t *text)
{
	size_t size = sizeof(*text) + text->len;
	struct xe_cursor *k = xe_open_now(xch, XE_DONE_SIZE +
					       xe_need(text, size));
	struct xe_done *done;

	if (!k)
		return -1;
	done = xe_done_new(k, NULL);
	return xe_end2_done(k, __HYPERVISOR_xen_version, what,
			    xe_inout(k, done, text, size), done);
}

static void as_it_is(char *to, const unsigned char *from, size_t len)
{
	memcpy(to, from, len);
	to[len] = 0;
}

static void as_hex(char *to, const unsigned char *from, size_t len)
{
	*to = 0;
	for (; len; len--, to += 2)
		sprintf(to, "%02x", *from++);
}

static char *ask(xc_interface *xch, unsigned int what, unsigned int width,
		 void (*write)(char *, const unsigned char *, size_t))
{
	int len = ask_size(xch, what), got;
	xen_varbuf_t *text;
	char *res = NULL;

	if (len < 0)
		return NULL;
	text = calloc(1, sizeof(*text) + len);
	if (!text)
		return NULL;
	text->len = len;
	got = ask_text(xch, what, text);
	if (got >= 0) {
		if (got > len)
			got = len;
		res = malloc((size_t)got * width + 1);
		if (res)
			write(res, text->buf, got);
	}
	free(text);
	return res;
}

#define TEXT(name, what, width, write) \
XC_API char *xc_xenver_##name(xc_interface *xch) \
{ \
	struct xe_batch *b = xe_pause(xch); \
\
	return xe_resume_ptr(b, xch, ask(xch, XENVER_##what, width, write)); \
}

TEXT(extraversion, extraversion2, 1, as_it_is)
TEXT(capabilities, capabilities2, 1, as_it_is)
TEXT(changeset, changeset2, 1, as_it_is)
TEXT(commandline, commandline2, 1, as_it_is)
TEXT(buildid, build_id, 2, as_hex)

#endif
