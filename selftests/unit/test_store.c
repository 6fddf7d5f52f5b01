// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Promise: our libxenstore sends what stock's sends, byte for byte, and makes the
 * same of what a daemon says, however it comes: in one piece, byte by byte, with
 * events around it, cut off, or wrong. The daemon is a thread here; the real one
 * is in selftests/dom0 (drop_store), and is never wrong.
 */
#include <poll.h>
#include <pthread.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <xenstore.h>

#include "selftests/dom0/helper/drop_functions.h"
#include "unit.h"

/* Stock's reader closes the socket that others look at: its own affair. */
__attribute__((visibility("default")))
const char *__tsan_default_suppressions(void);
const char *__tsan_default_suppressions(void)
{
	return "race:libxenstore.so\n";
}

#define F(program, name) extern __typeof__(name) ours_##name;
XS_FUNCTIONS(F)
#undef F

static const struct api {
#define F(program, name) __typeof__(&name) name;
	XS_FUNCTIONS(F)
#undef F
} apis[2] = {
#define F(program, name) .name = name,
	{ XS_FUNCTIONS(F) },
#undef F
#define F(program, name) .name = ours_##name,
	{ XS_FUNCTIONS(F) },
#undef F
};

/* How an answer comes, or does not. */
enum way {
	WHOLE, HEADER_FIRST, BYTES, EVENT_BEFORE, EVENT_BEHIND, BOTH_TOGETHER,
	NR_GOOD,
	/* no more can be asked after one of these */
	CLOSES = NR_GOOD, HALF, NO_TEXT, TOO_LONG, OTHER_TYPE, BAD_EVENT,
	NR_WAYS,
};

/* The daemon */

static struct {
	char path[64];
	int listens;
	enum way way;
	const char *error;	/* says this to all but watches */
	unsigned int parts;	/* of a folder, by DIRECTORY_PART */
	bool changes;		/* between two of them, once */
	FILE *heard;
	pthread_t thread;
} daemon_;

static void sends(int fd, const void *data, size_t len, size_t piece)
{
	const char *at = data;

	for (; len; at += piece, len -= piece) {
		if (piece > len)
			piece = len;
		assert_int_equal(piece, send(fd, at, piece, MSG_NOSIGNAL));
		/* so that it is mostly read by itself */
		if (piece > 1)
			usleep(1000);
	}
}

static size_t message(char *to, uint32_t type, const char *text, size_t len)
{
	struct xsd_sockmsg header = { .type = type, .len = len };

	memcpy(to, &header, sizeof(header));
	memcpy(to + sizeof(header), text, len);
	return sizeof(header) + len;
}

static const char event[] = "/some/path\0token";

/* True: goes on. */
static bool answers(int fd, uint32_t type, const char *text, size_t len)
{
	char out[3 * 5000];
	enum way way = type == XS_WATCH || type == XS_UNWATCH ? WHOLE :
								daemon_.way;
	size_t n = 0, piece = sizeof(out);
	uint32_t *header = (uint32_t *)out;

	if (way == CLOSES)
		return false;
	if (way == EVENT_BEFORE || way == BOTH_TOGETHER)
		n = message(out, XS_WATCH_EVENT, event, sizeof(event));
	if (way == BAD_EVENT)
		n = message(out, XS_WATCH_EVENT, "one", 3);
	n += message(out + n, way == OTHER_TYPE ? XS_RM : type, text, len);
	if (way == EVENT_BEHIND || way == BOTH_TOGETHER)
		n += message(out + n, XS_WATCH_EVENT, event, sizeof(event));
	if (way == TOO_LONG)
		header[3] = XENSTORE_PAYLOAD_MAX + 1;
	if (way == HEADER_FIRST)
		piece = sizeof(struct xsd_sockmsg);
	if (way == BOTH_TOGETHER)
		piece = n - 5;	/* in the midst of the second event */
	if (way == BYTES)
		piece = 1;
	if (way == HALF)
		n -= len / 2 + 1;
	if (way == NO_TEXT)
		n = sizeof(struct xsd_sockmsg);
	sends(fd, out, n, piece);
	return way < NR_GOOD;
}

/* A part of a folder: its state's number, then names; an empty one at the end. */
static bool answers_part(int fd, const char *request)
{
	char all[400], text[5000];
	unsigned int offset = atoi(request + strlen(request) + 1), i, at = 0;
	unsigned int part = sizeof(all) / daemon_.parts + 1, n;

	for (i = 0; i < 50; i++)
		at += sprintf(all + at, "n%u", i) + 1;
	all[at++] = 0;
	n = sprintf(text, "%u", daemon_.changes && offset ? 8 : 7) + 1;
	if (daemon_.changes && offset)
		daemon_.changes = false;
	if (part > at - offset)
		part = at - offset;
	memcpy(text + n, all + offset, part);
	return answers(fd, XS_DIRECTORY_PART, text, n + part);
}

static bool hears(int fd, struct xsd_sockmsg *header, const char *text)
{
	static const struct {
		uint32_t type, len;
		const char *text;
	} answer[] = {
		{ XS_READ, 9, "the value" },
		{ XS_DIRECTORY, 11, "one\0two\0\0x\0" },
		{ XS_GET_PERMS, 9, "n0\0r12\0b3" },
		{ XS_TRANSACTION_START, 3, "77" },
		{ XS_GET_DOMAIN_PATH, 16, "/local/domain/5" },
		{ XS_IS_DOMAIN_INTRODUCED, 2, "T" },
		{ XS_CONTROL, 0, "" },
	};
	size_t i;

	fprintf(daemon_.heard, "heard %u %u %u %u:", header->type,
		header->req_id, header->tx_id, header->len);
	for (i = 0; i < header->len; i++)
		fprintf(daemon_.heard, " %02x", (unsigned char)text[i]);
	fputc('\n', daemon_.heard);
	if (header->type == XS_DIRECTORY_PART && daemon_.parts)
		return answers_part(fd, text);
	if (daemon_.parts && header->type == XS_DIRECTORY)
		return answers(fd, XS_ERROR, "E2BIG", 6);
	if (daemon_.error && header->type != XS_WATCH)
		return answers(fd, XS_ERROR, daemon_.error,
			       strlen(daemon_.error) + 1);
	for (i = 0; i < ARRAY_SIZE(answer); i++)
		if (answer[i].type == header->type)
			return answers(fd, header->type, answer[i].text,
				       answer[i].len);
	return answers(fd, header->type, "OK", 3);
}

static bool takes(int fd, void *to, size_t len)
{
	return !len || recv(fd, to, len, MSG_WAITALL) == (ssize_t)len;
}

/* One client. */
static void *serves(void *unused)
{
	struct xsd_sockmsg header;
	int fd = accept4(daemon_.listens, NULL, NULL, SOCK_CLOEXEC);
	char text[XENSTORE_PAYLOAD_MAX];

	(void)unused;
	while (takes(fd, &header, sizeof(header)) &&
	       takes(fd, text, header.len) && hears(fd, &header, text))
		;
	close(fd);
	return NULL;
}

static struct xs_handle *begins(const struct api *api, enum way way,
				unsigned long flags)
{
	daemon_.way = way;
	assert_int_equal(0, pthread_create(&daemon_.thread, NULL, serves,
					   NULL));
	return api->xs_open(flags);
}

static void ends(const struct api *api, struct xs_handle *h)
{
	api->xs_close(h);
	pthread_join(daemon_.thread, NULL);
}

/* The client: what came of its calls is written down between what was heard. */

#define SAID	77
#define TOLD(out, call) do { \
	errno = SAID; \
	long told_ = (long)(call); \
	int err_ = errno; \
	fprintf(out, "%s = %ld, errno %d\n", #call, told_, err_); \
} while (0)
#define TOLD_PTR(out, call) ({ \
	errno = SAID; \
	__auto_type ptr_ = (call); \
	int err_ = errno; \
	fprintf(out, "%s = %d, errno %d\n", #call, !!ptr_, err_); \
	ptr_; })

static void tells_event(FILE *out, char **e)
{
	if (e)
		fprintf(out, "  %s %s\n", e[XS_WATCH_PATH], e[XS_WATCH_TOKEN]);
	free(e);
}

#define ASKED	17	/* requests that this makes */
static void asks_all(const struct api *api, struct xs_handle *h, FILE *out)
{
	struct xs_permissions perm[2] = { { 0, XS_PERM_NONE },
					  { 0x80000001, XS_PERM_READ } };
	struct xs_permissions *perms;
	unsigned int num = 5, i;
	char **list, *text;

	text = TOLD_PTR(out, api->xs_read(h, 3, "/a", &num));
	fprintf(out, "  %u '%s'\n", num, text ?: "");
	free(text);
	list = TOLD_PTR(out, api->xs_directory(h, 0, "", &num));
	for (i = 0; list && i < num; i++)
		fprintf(out, "  '%s'\n", list[i]);
	free(list);
	perms = TOLD_PTR(out, api->xs_get_permissions(h, 0, "/p", &num));
	for (i = 0; perms && i < num; i++)
		fprintf(out, "  %u %u\n", perms[i].id, perms[i].perms);
	free(perms);
	TOLD(out, api->xs_write(h, 4, "/w", "\0\1\2", 3));
	TOLD(out, api->xs_write(h, 4, "/w", NULL, 0));
	TOLD(out, api->xs_set_permissions(h, 0, "/p", perm, 2));
	TOLD(out, api->xs_mkdir(h, 0, "/m"));
	TOLD(out, api->xs_rm(h, 0, "/r"));
	TOLD(out, api->xs_transaction_start(h));
	TOLD(out, api->xs_transaction_end(h, 9, true));
	TOLD(out, api->xs_introduce_domain(h, 1, ~0UL, ~0U));
	TOLD(out, api->xs_set_target(h, 1, ~0U));
	TOLD(out, api->xs_resume_domain(h, 2));
	TOLD(out, api->xs_release_domain(h, 3));
	TOLD(out, api->xs_is_domain_introduced(h, 3));
	free(TOLD_PTR(out, api->xs_get_domain_path(h, 3)));
	free(TOLD_PTR(out, api->xs_control_command(h, "c", "data", 4)));
}

/* Both texts of what was heard and told. */
static void both(void (*run)(const struct api *api, FILE *out))
{
	char *text[2];
	bool same;
	size_t len;
	int i;

	for (i = 0; i < 2; i++) {
		FILE *out = open_memstream(&text[i], &len);

		daemon_.heard = out;
		run(&apis[i], out);
		fclose(out);
		assert_true(len > 0);
	}
	for (len = 0; text[0][len] && text[0][len] == text[1][len]; len++)
		;
	while (len && text[0][len - 1] != '\n')
		len--;
	same = !strcmp(text[0], text[1]);
	if (!same)
		print_message("stock: %.*s\nours:  %.*s\n",
			      (int)strcspn(text[0] + len, "\n"), text[0] + len,
			      (int)strcspn(text[1] + len, "\n"), text[1] + len);
	free(text[0]);
	free(text[1]);
	assert_true(same);
}

static void every_way(const struct api *api, FILE *out)
{
	struct xs_handle *h;
	enum way way;

	for (way = 0; way < NR_WAYS; way++) {
		/* without a reader no event comes, and stock takes none */
		if (way == EVENT_BEFORE || way == EVENT_BEHIND ||
		    way == BOTH_TOGETHER || way == BAD_EVENT)
			continue;
		fprintf(out, "way %d\n", way);
		h = begins(api, way, 0);
		asks_all(api, h, out);
		ends(api, h);
	}
}

static void every_way_with_a_reader(const struct api *api, FILE *out)
{
	static const unsigned int events[NR_GOOD] = {
		[EVENT_BEFORE] = 1, [EVENT_BEHIND] = 1, [BOTH_TOGETHER] = 2,
	};
	struct pollfd p = { .events = POLLIN };
	struct xs_handle *h;
	unsigned int i;
	enum way way;
	char **e;

	for (way = 0; way < NR_GOOD; way++) {
		fprintf(out, "way %d\n", way);
		h = begins(api, way, 0);
		TOLD(out, api->xs_watch(h, "/some", "token"));
		asks_all(api, h, out);
		/* behind the last answer they may be on their way still */
		p.fd = api->xs_fileno(h);
		for (i = 0; i < ASKED * events[way]; i++) {
			assert_int_equal(1, poll(&p, 1, -1));
			e = api->xs_check_watch(h);
			assert_non_null(e);
			tells_event(out, e);
		}
		assert_int_equal(0, poll(&p, 1, 0));
		TOLD_PTR(out, api->xs_check_watch(h));
		TOLD(out, api->xs_unwatch(h, "/some", "token"));
		ends(api, h);
	}
}

/*
 * Which errno the first call has depends on who of two threads is first, with
 * stock's too: only that it fails, and how all do from then on.
 */
static void it_ends_with_a_reader(const struct api *api, FILE *out)
{
	struct xs_handle *h;
	unsigned int num;
	enum way way;

	for (way = NR_GOOD; way < BAD_EVENT; way++) {
		fprintf(out, "way %d\n", way);
		h = begins(api, way, 0);
		TOLD(out, api->xs_watch(h, "/some", "token"));
		fprintf(out, "%d\n", !!api->xs_read(h, 0, "/a", NULL));
		pthread_join(daemon_.thread, NULL);
		TOLD_PTR(out, api->xs_read_watch(h, &num));
		TOLD_PTR(out, api->xs_check_watch(h));
		TOLD(out, api->xs_write(h, 0, "/a", "b", 1));
		api->xs_close(h);
	}
}

static void each_error(const struct api *api, FILE *out)
{
	static const char *const odd[] = { "", "E", "EFAULT", "EINVAL " };
	struct xs_handle *h;
	size_t i, n = ARRAY_SIZE(xsd_errors);

	for (i = 0; i < n + ARRAY_SIZE(odd); i++) {
		daemon_.error = i < n ? xsd_errors[i].errstring : odd[i - n];
		fprintf(out, "error %s\n", daemon_.error);
		h = begins(api, WHOLE, 0);
		/* of E2BIG a folder is asked in parts, which is E2BIG, too */
		asks_all(api, h, out);
		ends(api, h);
	}
	daemon_.error = NULL;
}

static void folders_in_parts(const struct api *api, FILE *out)
{
	unsigned int num, i, changes;
	struct xs_handle *h;
	char **list;

	for (changes = 0; changes < 2; changes++) {
		for (daemon_.parts = 1; daemon_.parts < 150;
		     daemon_.parts += 1 + daemon_.parts / 3) {
			daemon_.changes = changes;
			h = begins(api, daemon_.parts % 2 ? WHOLE : BYTES, 0);
			list = TOLD_PTR(out, api->xs_directory(h, 0, "/", &num));
			for (i = 0; list && i < num; i++)
				fprintf(out, "  '%s'\n", list[i]);
			free(list);
			ends(api, h);
		}
	}
	daemon_.parts = 0;
}

#define BOTH(name) \
static void name##_is_the_same(void **state) \
{ \
	(void)state; \
	both(name); \
}
BOTH(every_way)
BOTH(every_way_with_a_reader)
BOTH(it_ends_with_a_reader)
BOTH(each_error)
BOTH(folders_in_parts)

/* Stock's looks at an event that has no token when it is asked for one. */
static void an_event_without_token_is_refused(void **state)
{
	const struct api *api = &apis[1];
	struct xs_handle *h;
	FILE *out = fopen("/dev/null", "w");

	(void)state;
	daemon_.heard = out;
	h = begins(api, BAD_EVENT, 0);
	assert_true(api->xs_watch(h, "/some", "token"));
	assert_null(api->xs_read(h, 0, "/a", NULL));
	assert_null(api->xs_check_watch(h));
	assert_int_equal(EINVAL, errno);
	assert_null(api->xs_read(h, 0, "/a", NULL));
	assert_int_equal(EBADF, errno);
	ends(api, h);
	fclose(out);
}

/* Ours are linked into this program, and call these in the place of libc's. */
static unsigned int nr_sendmsg, nr_read;

ssize_t __real_sendmsg(int fd, const struct msghdr *msg, int flags);
ssize_t __wrap_sendmsg(int fd, const struct msghdr *msg, int flags);
ssize_t __wrap_sendmsg(int fd, const struct msghdr *msg, int flags)
{
	__atomic_add_fetch(&nr_sendmsg, 1, __ATOMIC_RELAXED);
	return __real_sendmsg(fd, msg, flags);
}

ssize_t __real_read(int fd, void *buf, size_t n);
ssize_t __wrap_read(int fd, void *buf, size_t n);
ssize_t __wrap_read(int fd, void *buf, size_t n)
{
	__atomic_add_fetch(&nr_read, 1, __ATOMIC_RELAXED);
	return __real_read(fd, buf, n);
}

/* One there, and one back. */
static void a_request_is_two_system_calls(void **state)
{
	FILE *out = fopen("/dev/null", "w");
	struct xs_handle *h;

	(void)state;
	daemon_.heard = out;
	h = begins(&apis[1], WHOLE, 0);
	nr_sendmsg = nr_read = 0;
	asks_all(&apis[1], h, out);
	assert_int_equal(ASKED, nr_sendmsg);
	assert_int_equal(ASKED, nr_read);
	ends(&apis[1], h);
	fclose(out);
}

/* A child that ends its parent's handle leaves the connection to it. */
static int closes_parents(void *h)
{
	ours_xs_close(h);
	return 0;
}

static void a_child_leaves_its_parents_connection(void **state)
{
	const struct api *api = &apis[1];
	struct xs_handle *h;
	FILE *out = fopen("/dev/null", "w");
	char *text;

	(void)state;
	daemon_.heard = out;
	h = begins(api, WHOLE, 0);
	assert_true(api->xs_watch(h, "/some", "token"));
	assert_int_equal(0, unit_in_child(closes_parents, h));
	text = api->xs_read(h, 0, "/a", NULL);
	assert_string_equal("the value", text);
	free(text);
	ends(api, h);
	fclose(out);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_way_is_the_same),
		cmocka_unit_test(every_way_with_a_reader_is_the_same),
		cmocka_unit_test(it_ends_with_a_reader_is_the_same),
		cmocka_unit_test(each_error_is_the_same),
		cmocka_unit_test(folders_in_parts_is_the_same),
		cmocka_unit_test(an_event_without_token_is_refused),
		cmocka_unit_test(a_request_is_two_system_calls),
		cmocka_unit_test(a_child_leaves_its_parents_connection),
	};
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	int failed;

	snprintf(daemon_.path, sizeof(daemon_.path), "/tmp/xenbatch-store-%d",
		 getpid());
	strcpy(addr.sun_path, daemon_.path);
	daemon_.listens = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (bind(daemon_.listens, (struct sockaddr *)&addr, sizeof(addr)) ||
	    listen(daemon_.listens, 5)) {
		perror(daemon_.path);
		return 1;
	}
	setenv("XENSTORED_PATH", daemon_.path, 1);
	signal(SIGALRM, SIG_DFL);
	alarm(120);
	failed = cmocka_run_group_tests_name("store", tests, NULL, NULL);
	unlink(daemon_.path);
	return failed;
}
