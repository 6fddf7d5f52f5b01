// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Promise: what our libxenctrl says to Xen about the host, and 4.14's about a
 * domain that it looks into, is, byte for byte, what stock's says, and what it
 * makes of the answer too: of success, of every kind of refusal, at whichever of
 * its hypercalls, at once and in a batch. Values, errno, messages, outputs. Which
 * hypercalls those are, and when they are made in a batch, is what api.def says.
 *
 * Stock's library runs over the Xen of wire.c by finding the functions of
 * libxencall that this program has; ours is all of lib/xc with other names, over
 * lib/core and its fake backend. Stock leaves fields that Xen does not look at
 * as they were on its stack: it runs twice, over different stacks, and what
 * differs does not count.
 */
#include <sys/mman.h>

#include "wire_api.h"
#include "wire_case.h"
#include "unit_log.h"
#include "wire_domain.h"

#include "lib/xc/handle.h"

#include <xen/trace.h>

/* lib/xc with other names: see unit.mk. */
#define F(name) extern __typeof__(name) ours_##name;
WIRE(F)
#undef F
extern __typeof__(xc_interface_open) ours_xc_interface_open;
extern __typeof__(xc_batch_begin) ours_xc_batch_begin;
extern __typeof__(xc_batch_commit) ours_xc_batch_commit;
extern __typeof__(xc_batch_queued) ours_xc_batch_queued;

static const struct api stock_api = {
#define F(name) .name = name,
	WIRE(F)
#undef F
};

static const char *const names[] = {
#define F(name) #name,
	WIRE(F)
#undef F
};

static const struct api our_api = {
#define F(name) .name = ours_##name,
	WIRE(F)
#undef F
};

/* libxencall, for stock */

static int answered(unsigned int number, uint64_t a0, uint64_t a1)
{
	uint64_t args[5] = { a0, a1 };
	long ret = wire_hypercall(number, args);

	if (ret >= 0)
		return ret;
	errno = -ret;
	return -1;
}

XC_API int xencall1(xencall_handle *xcall, unsigned int op, uint64_t a0)
{
	(void)xcall;
	return answered(op, a0, 0);
}

XC_API int xencall2(xencall_handle *xcall, unsigned int op, uint64_t a0,
		    uint64_t a1)
{
	(void)xcall;
	return answered(op, a0, a1);
}

XC_API void *xencall_alloc_buffer(xencall_handle *xcall, size_t size)
{
	(void)xcall;
	/* A page, as in truth: lists of texts rely on it. */
	return calloc(1, size + 4096);
}

XC_API void xencall_free_buffer(xencall_handle *xcall, void *p)
{
	int saved = errno;

	(void)xcall;
	free(p);
	errno = saved;
}

XC_API int xencall_buffers_never_fault(xencall_handle *xcall)
{
	(void)xcall;
	return 1;
}

/* libxenforeignmemory, for both: Xen's own frames, which are gone at times. */

XC_API xenforeignmemory_handle *xenforeignmemory_open(xentoollog_logger *lg,
						      unsigned int flags)
{
	(void)lg;
	(void)flags;
	return (void *)1;
}

XC_API int xenforeignmemory_close(xenforeignmemory_handle *fmem)
{
	(void)fmem;
	return 0;
}

XC_API void *xenforeignmemory_map(xenforeignmemory_handle *fmem, uint32_t dom,
				  int prot, size_t pages,
				  const xen_pfn_t frames[/*pages*/],
				  int err[/*pages*/])
{
	struct t_info *info;

	(void)fmem;
	if (wire_domain_is_there())
		return wire_domain_map(dom, prot, pages, frames, err);
	assert_null(err);
	wire_note("map %u, %d, %zu", dom, prot, pages);
	wire_record("frames\0", frames, pages * sizeof(*frames));
	if (wire_script.seed == 5 || !pages) {
		errno = wire_script.seed ? EPERM : EINVAL;
		return NULL;
	}
	info = mmap(NULL, pages * 4096, prot, MAP_PRIVATE | MAP_ANONYMOUS, -1,
		    0);
	info->tbuf_size = wire_script.seed == 4 ? 0 : 0x1234;
	return info;
}

/* Not done: stock gives bytes for pages, and would take away more. */
XC_API int xenforeignmemory_unmap(xenforeignmemory_handle *fmem, void *p,
				  size_t pages)
{
	(void)fmem;
	(void)p;
	(void)pages;
	return 0;
}

/* The run that is going on */

enum { STOCK, STOCK_AGAIN, OURS, BATCHED, NR_RUNS };

static int run;
const struct api *api;
xc_interface *xch;
struct wire_script script;
static struct xc_interface_core stock_handle;

static void open_run(void)
{
	if (run <= STOCK_AGAIN) {
		stock_handle.error_handler = &logger;
		api = &stock_api;
		xch = &stock_handle;
		return;
	}
	setenv("XENBATCH_BACKEND", "fake", 1);
	xb_fake_reset();
	xb_fake_knobs.answer = wire_hypercall;
	api = &our_api;
	xch = ours_xc_interface_open(&logger, NULL, 0);
	if (!xch)
		_exit(99);
}

__attribute__((noinline, no_sanitize("address", "undefined"))) void
fill_stack(void)
{
	volatile unsigned char frame[16384];
	size_t i;

	for (i = 0; i < sizeof(frame); i++)
		frame[i] = run == STOCK ? 0xa5 : 0x5a;
}

void call_begin(const char *name)
{
	wire_note("%s: %u good, then %ld, seed %u", name, script.good,
		  script.then, script.seed);
	wire_begin(&script);
	message[0] = 0;
	if (run >= OURS)
		wire_api_begin(name, run == BATCHED);
	if (run == BATCHED && ours_xc_batch_begin(xch))
		_exit(98);
	errno = 0;
}

/* Functions whose -1 may come without an errno of its own. */
static bool without_errno(const char *name)
{
	static const char *const list[] = {
#define KEPT_no_errno(function, err) #function,
#include "selftests/differential/differences.def"
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(list); i++)
		if (!strcmp(name, list[i]))
			return true;
	return false;
}

void call_end(const char *name, long ret)
{
	struct xc_batch_result r;
	int err = errno, n;

	if (run == BATCHED) {
		n = ours_xc_batch_queued(xch);
		wire_api_commit();
		ours_xc_batch_commit(xch, &r, 1);
		if (n == 1) {
			ret = r.ret;
			err = r.err;
		}
	}
	wire_api_end();
	if (ret != -1 || without_errno(name))
		err = 0;
	wire_note("%ld, errno %d, '%s'", ret, err, message);
}

#if XC_RELEASE >= 420
/* In a batch the call's value is the pointer, and it is there at once. */
void call_end_text(const char *text)
{
	struct xc_batch_result r;
	int err = errno;

	if (run == BATCHED) {
		assert_int_equal(1, ours_xc_batch_queued(xch));
		wire_api_commit();
		ours_xc_batch_commit(xch, &r, 1);
		assert_ptr_equal(text, r.ret);
		err = r.err;
	}
	wire_api_end();
	wire_note("%s, errno %d, '%s'", text ? text : "nothing",
		  text ? 0 : err, message);
}
#endif

/* Runs, each in a process of its own: some answers are remembered. */

static const long answers[] = {
	-EACCES, -EINVAL, -EAGAIN, -ENOENT, -E2BIG, 1, 2, 3, 0,
};

struct log {
	char *p;
	size_t len, at;
};

static void run_case(const struct wire_case *c, FILE *to)
{
	size_t i;

	wire_log = to;
	open_run();
	for (script.good = 0; script.good < 4; script.good++) {
		for (i = 0; i < ARRAY_SIZE(answers); i++) {
			script.then = answers[i];
			if (script.then > 0 && !c->positive)
				continue;
			for (script.seed = 0; script.seed < 6; script.seed++)
				c->run();
		}
	}
	fflush(to);
}

static void show_file(FILE *file)
{
	char line[500];

	rewind(file);
	while (fgets(line, sizeof(line), file))
		fputs(line, stderr);
}

static void take_log(struct log *log, const struct wire_case *c)
{
	FILE *to = tmpfile(), *said = tmpfile();
	int status;
	pid_t pid;

	assert_true(to && said);
	fflush(NULL);
	pid = fork();
	assert_true(pid >= 0);
	if (!pid) {
		/* What xc_flask_op says there is not looked at. */
		dup2(fileno(said), STDERR_FILENO);
		run_case(c, to);
		_exit(0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	if (status)
		show_file(said);
	assert_int_equal(0, status);
	fclose(said);
	log->at = 0;
	log->len = lseek(fileno(to), 0, SEEK_END);
	log->p = malloc(log->len);
	assert_non_null(log->p);
	assert_int_equal(log->len, pread(fileno(to), log->p, log->len, 0));
	fclose(to);
}

struct record {
	const char *tag;
	const unsigned char *p;
	uint32_t len;
};

static bool next_record(struct log *log, struct record *r)
{
	if (log->at == log->len)
		return false;
	r->tag = log->p + log->at;
	memcpy(&r->len, r->tag + 8, sizeof(r->len));
	r->p = (void *)(r->tag + 12);
	log->at += 12 + r->len;
	return true;
}

static bool same_kind(const struct record *a, const struct record *b)
{
	return a->len == b->len && !strcmp(a->tag, b->tag);
}

static void show(const char *name, const struct record *r)
{
	uint32_t i;

	fprintf(stderr, "%s %s: ", name, r->tag);
	if (!strcmp(r->tag, "note"))
		fprintf(stderr, "%.*s", (int)r->len, (const char *)r->p);
	else
		for (i = 0; i < r->len && i < 160; i++)
			fprintf(stderr, "%02x%s", r->p[i], i % 8 == 7 ? " " :
								       "");
	fprintf(stderr, "\n");
}

static bool seen[ARRAY_SIZE(names)];

static void see(const struct record *note)
{
	size_t i, len = strcspn((const char *)note->p, ":");

	for (i = 0; i < ARRAY_SIZE(names); i++) {
		if (strlen(names[i]) == len && !memcmp(names[i], note->p, len))
			seen[i] = true;
	}
}

static unsigned int nr_records;

/* True if ours says what stock says, wherever stock always says the same. */
static bool compare(struct log *stock, struct log *again, struct log *ours)
{
	struct record a, b, o, call = { "", NULL, 0 };
	uint32_t i;

	while (next_record(stock, &a)) {
		if (!next_record(again, &b) || !same_kind(&a, &b)) {
			show("stock", &a);
			show("stock again", &b);
			return false;
		}
		if (!strcmp(a.tag, "note") && memchr(a.p, ':', a.len)) {
			call = a;
			see(&call);
		}
		if (!next_record(ours, &o))
			o = (struct record){ "nothing", NULL, 0 };
		for (i = 0; same_kind(&a, &o) && i < a.len; i++) {
			if (a.p[i] == b.p[i] && a.p[i] != o.p[i])
				break;
		}
		if (!same_kind(&a, &o) || i < a.len) {
			show("in", &call);
			show("stock", &a);
			show("ours ", &o);
			return false;
		}
		nr_records++;
	}
	return !next_record(ours, &o);
}

static void same_words(void **state)
{
	const struct wire_case *c = *state;
	struct log log[NR_RUNS];
	bool same = true;

	for (; c->name; c++) {
		for (run = 0; run < NR_RUNS; run++)
			take_log(&log[run], c);
		for (run = OURS; run < NR_RUNS; run++) {
			log[STOCK].at = 0;
			log[STOCK_AGAIN].at = 0;
			if (compare(&log[STOCK], &log[STOCK_AGAIN], &log[run]))
				continue;
			same = false;
			fprintf(stderr, "%s differs, %s\n", c->name,
				run == OURS ? "at once" : "in a batch");
		}
		for (run = 0; run < NR_RUNS; run++)
			free(log[run].p);
	}
	assert_true(same);
}

static void ours_alone(void **state)
{
	(void)state;
	run = OURS;
	open_run();
	wire_guest_alone();
}

static void all_were_called(void **state)
{
	size_t i;

	(void)state;
	print_message("%u records compared\n", nr_records);
	for (i = 0; i < ARRAY_SIZE(names); i++) {
		if (!seen[i])
			fail_msg("not called: %s", names[i]);
		assert_true(wire_api_all_asked(names[i]));
	}
}

#define GROUP(name) { #name, same_words, NULL, NULL, (void *)wire_##name }

int main(void)
{
	const struct CMUnitTest tests[] = {
		GROUP(host),
		GROUP(hyper),
		GROUP(flask),
		GROUP(guest),
		cmocka_unit_test(ours_alone),
		cmocka_unit_test(all_were_called),
	};

	wire_api_share();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
