// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Promise: every function that libxenctrl's headers declare takes wrong and
 * hostile arguments as stock's does: what it asks of Xen and of the stable
 * libraries, what it gives, errno, messages, and what it writes to the caller's
 * memory. At once and in a batch. The functions and their arguments' types are
 * the headers' own (hostile.py): one that is forgotten cannot be.
 *
 * Each argument in turn is what it should not be, the others are harmless, and
 * then all are: numbers 0, all ones, the greatest, domains that are none or are
 * special; pointers to nothing, to a few bytes before memory that is not there,
 * to something that is no structure; a handle whose neighbours are closed.
 *
 * Where stock crashes there is nothing to compare, and ours is not called. What
 * stock leaves of its stack is none of its answers: it runs twice, over different
 * stacks, and what differs does not count.
 */
#include <sys/mman.h>
#include <sys/resource.h>

#define XC_WANT_COMPAT_MAP_FOREIGN_API
#define XC_WANT_COMPAT_EVTCHN_API
#define XC_WANT_COMPAT_GNTTAB_API
#define XC_WANT_COMPAT_DEVICEMODEL_API
#include <xenctrl.h>

#include "hostile.h"
#include "hostile_kinds.h"
#include "unit.h"
#include "unit_log.h"

#include "lib/xc/handle.h"
#include "lib/xc/xenbatch_xc.h"

/* The functions */

#define RECORDED(...)
#define REST(...) __VA_ARGS__
#define GOT_VALUE(call) return (uint64_t)(int64_t)(call)
#define GOT_POINTER(call) return (uint64_t)(uintptr_t)(call)
#define GOT_TEXT GOT_POINTER
#define GOT_NOTHING(call) do { call; return 0; } while (0)

#define ROW(name, gives, classes, arguments) \
extern __typeof__(name) ours_##name; \
static uint64_t stock_call_##name(const uint64_t *a) \
{ \
	(void)a; \
	GOT_##gives(name arguments); \
} \
static uint64_t our_call_##name(const uint64_t *a) \
{ \
	(void)a; \
	GOT_##gives(ours_##name arguments); \
}
#include "hostile_rows.h"
#undef ROW

static const struct function functions[] = {
#define ROW(name, gives, classes, arguments) \
	{ #name, gives, { REST classes END }, stock_call_##name, \
	  our_call_##name },
#include "hostile_rows.h"
#undef ROW
};

extern __typeof__(xc_batch_begin) ours_xc_batch_begin;
extern __typeof__(xc_batch_commit) ours_xc_batch_commit;
extern __typeof__(xc_batch_queued) ours_xc_batch_queued;

/* What may differ: differences.def */

enum kept {
	KEPT_HOSTILE, KEPT_UNREAD, KEPT_NO_ERRNO, KEPT_AN_ERRNO, KEPT_CRASHES
};

static struct difference {
	const char *function;
	enum kept kept;
	const char *row;	/* "any", or what the row is called */
	int err;
	bool used;
} differences[] = {
#define KEPT_hostile(f, row) { #f, KEPT_HOSTILE, row, 0, false },
#define KEPT_unread(f, detail) { #f, KEPT_UNREAD, "any", 0, false },
#define KEPT_no_errno(f, err) { #f, KEPT_NO_ERRNO, "any", err, false },
#define KEPT_an_errno(f, err) { #f, KEPT_AN_ERRNO, "any", err, false },
#define KEPT_crashes(f, detail) { #f, KEPT_CRASHES, "any", 0, false },
#include "selftests/differential/differences.def"
};

/* Is it in the table, for a row of that name? */
static struct difference *kept(const struct function *f, enum kept kind,
			       const char *row, int err)
{
	struct difference *d = differences;

	for (; d < differences + ARRAY_SIZE(differences); d++)
		if (d->kept == kind && !strcmp(d->function, f->name) &&
		    (!strcmp(d->row, "any") || !strcmp(d->row, row)) &&
		    d->err == err)
			return d;
	return NULL;
}

/* A caller's memory: some pages, and none behind them. */
#define SIZE	8192UL
#define FEW	8UL

static unsigned char *memory[MOST_ARGS];

static void make_memory(void)
{
	unsigned int i;

	for (i = 0; i < MOST_ARGS; i++) {
		memory[i] = mmap(NULL, SIZE + 4096, PROT_READ | PROT_WRITE,
				 MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		assert_int_equal(0, mprotect(memory[i] + SIZE, 4096,
					     PROT_NONE));
	}
}

/* What lies there now: as long whatever it is, so that bytes can be compared. */
static void say_memory(unsigned int i, uint64_t at, unsigned char was)
{
	size_t end = SIZE;

	if (!at)
		return;
	hostile_bytes((void *)at, at == (uintptr_t)memory[i] ? 128 : FEW);
	while (end > 128 && memory[i][end - 1] == was)
		end--;
	if (end > 128 && at == (uintptr_t)memory[i])
		hostile_say("written up to %zu\n", end);
}

/* Runs */

enum { STOCK, STOCK_AGAIN, OURS, BATCHED, NR_RUNS };
static const char *const run_names[] = { "stock", "stock", "at once",
					 "in a batch" };

/* Shared with the processes that make the calls. */
#define LOG_SIZE	(1 << 20)
static struct shared {
	bool crashed[MOST_ROWS];	/* stock does */
	unsigned int now;		/* the row that is being run */
	size_t at[MOST_ROWS], len[MOST_ROWS];
	int err[MOST_ROWS];		/* where it failed */
	char log[LOG_SIZE];
} *shared[NR_RUNS];

static int run;
static xc_interface *xch;

extern __typeof__(xc_interface_xcall_handle) ours_xc_interface_xcall_handle;
extern __typeof__(xc_interface_fmem_handle) ours_xc_interface_fmem_handle;
extern __typeof__(xc_interface_dmod_handle) ours_xc_interface_dmod_handle;

static xc_interface *open_one(void)
{
	xc_interface *h;

	if (run <= STOCK_AGAIN)
		return xc_interface_open(&logger, NULL, 0);
	h = ours_xc_interface_open(&logger, NULL, 0);
	/* Stock has all of them from the beginning. */
	if (!h || !ours_xc_interface_xcall_handle(h) ||
	    !ours_xc_interface_fmem_handle(h) ||
	    !ours_xc_interface_dmod_handle(h))
		_exit(99);
	return h;
}

static void open_run(void)
{
	hostile_answer = 0;
	if (run >= OURS) {
		setenv("XENBATCH_BACKEND", "fake", 1);
		xb_fake_reset();
		xb_fake_knobs.answer = hostile_hypercall;
	}
	xch = open_one();
	if (!xch)
		_exit(99);
}

/* A handle between two that are closed. */
static xc_interface *between(void)
{
	__typeof__(&xc_interface_close) close_one = run <= STOCK_AGAIN ?
		xc_interface_close : ours_xc_interface_close;
	xc_interface *before = open_one(), *h = open_one(), *after = open_one();

	close_one(before);
	close_one(after);
	return h;
}

#define ON_ITS_OWN \
	__attribute__((noinline, no_sanitize("address", "undefined")))

/* Where the called function's frame will be. */
ON_ITS_OWN static void fill_stack(void)
{
	volatile unsigned char frame[16384];
	size_t i;

	for (i = 0; i < sizeof(frame); i++)
		frame[i] = run == STOCK ? 0xa5 : 0x5a;
}

/* Below what filling itself has left there. */
ON_ITS_OWN static long call_below(uint64_t (*call)(const uint64_t *a),
				  const uint64_t *a)
{
	volatile unsigned char above[512];

	above[0] = 0;
	return call(a) + above[0];
}

/*
 * What ours leaves unset has what an earlier call left there, as stock's has what
 * is on the stack: neither is said to Xen, which looks at neither. What of it
 * a structure can lie over becomes 0, as later releases of stock's begin.
 */
static void forget(void)
{
	struct xen_domctl none = { .cmd = 0 };
	struct xc_batch_result r[4];
	size_t i;

	hostile_answer = 0;
	if (run <= STOCK_AGAIN)
		return;
	hostile_writes = 0;
	/* What a function would ask by itself, over what is zero by then. */
	ours_xc_get_max_cpus(xch);
	ours_xc_get_max_nodes(xch);
	ours_xc_domctl(xch, &none);
	if (run == BATCHED) {
		if (ours_xc_batch_begin(xch))
			_exit(98);
		/* That one runs at once, beside the batch. */
		ours_xc_domain_memory_mapping(xch, 0, 0, 0, 0, 0);
		for (i = 0; i < ARRAY_SIZE(r); i++)
			ours_xc_domctl(xch, &none);
		ours_xc_batch_commit(xch, r, ARRAY_SIZE(r));
	}
	hostile_writes = 1;
}

static uint64_t argument(const struct function *f, const struct row *row,
			 unsigned int i)
{
	bool wrong = row->arg == i && kinds[row->kind].class == f->classes[i];
	enum wrong how = kinds[row->kind].wrong;

	if (f->classes[i] == HANDLE) {
		/* One that is closed is another's no more. */
		if (how == NEIGHBOUR || !strcmp(f->name, "xc_interface_close"))
			return (uintptr_t)between();
		return (uintptr_t)xch;
	}
	if (f->classes[i] == NUMBER)
		return how == ALL || wrong ? kinds[row->kind].value : 1;
	if (how == ALL && !kinds[row->kind].value)
		return 0;
	if (!wrong)
		return (uintptr_t)memory[i];
	return how == IS ? 0 :
	       (uintptr_t)(memory[i] + (how == SHORT ? SIZE - FEW : 0));
}

static void make_call(const struct function *f, const struct row *row)
{
	bool full = kinds[row->kind].wrong == FULL;
	struct xc_batch_result r;
	uint64_t a[MOST_ARGS];
	unsigned int i, n;
	long ret;
	int err;

	forget();
	for (i = 0; f->classes[i]; i++) {
		memset(memory[i], full && row->arg == i ? 'A' : 0, SIZE);
		a[i] = argument(f, row, i);
	}
	if (f->classes[0] == HANDLE)
		xch = (xc_interface *)(uintptr_t)a[0];
	forget();
	if (full)
		memory[row->arg][SIZE - 1] = 0;
	message[0] = 0;
	hostile_physinfo = !strcmp(f->name, "xc_physinfo");
	hostile_answer = answers[row->answer];
	hostile_log_to(shared[run]->log + shared[run]->at[row - rows],
		       LOG_SIZE - shared[run]->at[row - rows]);
	if (run == BATCHED && ours_xc_batch_begin(xch))
		_exit(98);
	errno = 0;
	fill_stack();
	ret = call_below(run <= STOCK_AGAIN ? f->stock : f->ours, a);
	err = errno;
	if (run == BATCHED && strcmp(f->name, "xc_interface_close")) {
		n = ours_xc_batch_queued(xch);
		ours_xc_batch_commit(xch, &r, 1);
		if (n == 1) {
			ret = r.ret;
			err = r.err;
		}
	}
	if (f->gives == TEXT && ret)
		hostile_say("'%s'\n", (char *)ret);
	if (f->gives >= POINTER)
		ret = ret ? 0 : -1;
	hostile_say("%016lx '%s'\n", ret, message);
	shared[run]->err[row - rows] = ret == -1 ? err : 0;
	for (i = 0; f->classes[i]; i++)
		if (f->classes[i] == ADDRESS)
			say_memory(i, a[i], full && row->arg == i ? 'A' : 0);
	shared[run]->len[row - rows] = hostile_logged();
	hostile_log_to(NULL, 0);
	if (!strcmp(f->name, "xc_interface_close"))
		open_run();
}

/* From that row on, up to one that stock does not survive. */
static void some_rows(const struct function *f, unsigned int first)
{
	unsigned int i;
	size_t at = first ? shared[run]->at[first - 1] +
			    shared[run]->len[first - 1] : 0;

	open_run();
	for (i = first; i < nr_rows; i++) {
		shared[run]->now = i;
		shared[run]->at[i] = at;
		shared[run]->len[i] = 0;
		if (run != STOCK && shared[STOCK]->crashed[i])
			_exit(0);
		alarm(5);
		make_call(f, &rows[i]);
		at += shared[run]->len[i];
	}
	shared[run]->now = nr_rows;
	_exit(0);
}

/* cmocka would go on with its next test. */
static void die_plainly(void)
{
	static const int signals[] = { SIGSEGV, SIGBUS, SIGFPE, SIGILL };
	struct rlimit none = { 0, 0 };
	size_t i;

	for (i = 0; i < ARRAY_SIZE(signals); i++)
		signal(signals[i], SIG_DFL);
	setrlimit(RLIMIT_CORE, &none);
}

/* False if a row that stock survives was the end of ours. */
static bool all_rows(const struct function *f, FILE *said)
{
	unsigned int first = 0;
	int status;
	pid_t pid;

	while (first < nr_rows) {
		fflush(NULL);
		pid = fork();
		assert_true(pid >= 0);
		if (!pid) {
			dup2(fileno(said), STDERR_FILENO);
			die_plainly();
			some_rows(f, first);
		}
		assert_int_equal(waitpid(pid, &status, 0), pid);
		first = shared[run]->now;
		if (first == nr_rows)
			return true;
		if (run == STOCK && status) {
			shared[run]->crashed[first] = true;
		} else if (status) {
			print_error("%s, %s of argument %u, Xen says %ld: %s "
				    "ends with status %x\n", f->name,
				    kinds[rows[first].kind].name,
				    rows[first].arg,
				    answers[rows[first].answer],
				    run_names[run], status);
			return false;
		}
		first++;
	}
	return true;
}

static void show_file(FILE *file)
{
	char line[500];

	rewind(file);
	while (fgets(line, sizeof(line), file))
		fputs(line, stderr);
}

/* Comparison */

static unsigned int nr_compared, nr_crashes;

static const char *text(int r, unsigned int row, size_t *len)
{
	*len = shared[r]->len[row];
	return shared[r]->log + shared[r]->at[row];
}

static bool same_text(unsigned int row, int which, bool structures)
{
	size_t a_len, b_len, o_len, i;
	const char *a = text(STOCK, row, &a_len);
	const char *b = text(STOCK_AGAIN, row, &b_len);
	const char *o = text(which, row, &o_len);
	bool first = true, skip = false;

	if (a_len != b_len || a_len != o_len)
		return false;
	for (i = 0; i < a_len; i++) {
		if (first)
			skip = !structures &&
			       !strncmp(a + i, HOSTILE_STRUCTURE " ", 3);
		first = a[i] == '\n';
		if (a[i] == b[i] && a[i] != o[i] && !skip)
			return false;
	}
	return true;
}

static bool use(struct difference *d)
{
	if (d)
		d->used = true;
	return d;
}

static bool same_errno(const struct function *f, unsigned int row, int which)
{
	int a = shared[STOCK]->err[row], b = shared[STOCK_AGAIN]->err[row];
	int ours = shared[which]->err[row];

	return a != b || a == ours ||
	       (!a && use(kept(f, KEPT_NO_ERRNO, "any", ours))) ||
	       (ours && use(kept(f, KEPT_AN_ERRNO, "any", a)));
}

static bool same(const struct function *f, unsigned int row, int which)
{
	const char *name = kinds[rows[row].kind].name;
	bool text = same_text(row, which, true);

	if (!text && same_text(row, which, false))
		text = use(kept(f, KEPT_UNREAD, "any", 0));
	return (text && same_errno(f, row, which)) ||
	       use(kept(f, KEPT_HOSTILE, name, 0));
}

static void show(const struct function *f, unsigned int row, int which)
{
	const int runs[] = { STOCK, STOCK_AGAIN, which };
	const char *p;
	size_t i, len;

	fprintf(stderr, "%s, %s of argument %u, Xen says %ld, %s:\n", f->name,
		kinds[rows[row].kind].name, rows[row].arg,
		answers[rows[row].answer], run_names[which]);
	for (i = 0; i < ARRAY_SIZE(runs); i++) {
		p = text(runs[i], row, &len);
		fprintf(stderr, "%s: errno %d, ", i < 2 ? "stock" : "ours",
			shared[runs[i]]->err[row]);
		fwrite(p, 1, len, stderr);
	}
}

static bool function_is_same(const struct function *f)
{
	unsigned int row, hostile = 0, differ = 0;
	FILE *said = tmpfile();
	bool lives = true;

	memset(shared[STOCK]->crashed, 0, sizeof(shared[STOCK]->crashed));
	make_rows(f);
	for (run = 0; run < NR_RUNS; run++)
		lives = all_rows(f, said) && lives;
	if (!lives)
		show_file(said);
	fclose(said);
	if (!lives)
		return false;
	for (row = 0; row < nr_rows; row++) {
		if (shared[STOCK]->crashed[row]) {
			nr_crashes++;
			continue;
		}
		nr_compared++;
		hostile += kinds[rows[row].kind].wrong != HARMLESS;
		for (run = OURS; run < NR_RUNS; run++)
			if (!same(f, row, run) && !differ++)
				show(f, row, run);
	}
	if (!hostile && use(kept(f, KEPT_CRASHES, "any", 0)))
		return true;
	if (!hostile)
		print_error("%s: no row that stock survives\n", f->name);
	if (differ)
		print_error("%s: %u rows differ\n", f->name, differ);
	return hostile && !differ;
}

static void same_of_all(void **state)
{
	unsigned int wrong = 0;
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(functions); i++)
		wrong += !function_is_same(&functions[i]);
	print_message("%zu functions, %u rows compared, in %u more stock crashes\n",
		      ARRAY_SIZE(functions), nr_compared, nr_crashes);
	assert_int_equal(0, wrong);
}

/* A line of the table that is no difference any more has to go. */
static void table_is_true(void **state)
{
	unsigned int wrong = 0;
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(differences); i++) {
		if (differences[i].used)
			continue;
		wrong++;
		print_error("%s (%s, errno %d): in differences.def, and no "
			    "difference was seen\n", differences[i].function,
			    differences[i].row, differences[i].err);
	}
	assert_int_equal(0, wrong);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(same_of_all),
		cmocka_unit_test(table_is_true),
	};
	int i;

	(void)argc;
	/* A name that is bound at its first call leaves more than that on it. */
	if (!getenv("LD_BIND_NOW")) {
		setenv("LD_BIND_NOW", "1", 1);
		execv("/proc/self/exe", argv);
	}

	for (i = 0; i < NR_RUNS; i++)
		shared[i] = mmap(NULL, sizeof(*shared[i]),
				 PROT_READ | PROT_WRITE,
				 MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	make_memory();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
