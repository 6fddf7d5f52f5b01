// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Promise: a program cannot tell our libxentoollog from stock's. Both do every row
 * of toollog_cases.h on every kind of stream, and what they wrote is compared to
 * the byte, with how much of it had left the stream, and errno, after each step.
 * A logger of a program's own is told by both the same.
 */
#include <fcntl.h>
#include <limits.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <termios.h>
#include <time.h>

#include "tool.h"
#include "toollog_cases.h"

#define TRACE	65536

static struct tool makes[MAKES];
static time_t now = 1700000000;

/* In place of libc's, for both. */
API time_t time(time_t *to)
{
	if (to)
		*to = now;
	return now;
}

static int setup(void **state)
{
	(void)state;
	TOOL_OPEN(makes, TOOLLOG_FUNCTIONS, "libxentoollog.so.1");
	return 0;
}

/* A file in memory, or a terminal's two ends. */
struct place {
	int master, fd;
	FILE *f;
};

static const struct {
	const char *name;
	bool terminal;
	int buffering;
} kinds[] = {
	{ "file", false, _IOFBF }, { "file by line", false, _IOLBF },
	{ "file without buffer", false, _IONBF },
	{ "terminal", true, _IOLBF }, { "terminal like stderr", true, _IONBF },
};

static void place_open(struct place *p, size_t kind)
{
	struct termios raw;

	p->master = -1;
	if (kinds[kind].terminal) {
		p->master = posix_openpt(O_RDWR | O_NOCTTY | O_NONBLOCK);
		assert_return_code(p->master, errno);
		assert_int_equal(grantpt(p->master), 0);
		assert_int_equal(unlockpt(p->master), 0);
		p->fd = open(ptsname(p->master), O_RDWR | O_NOCTTY);
		assert_return_code(p->fd, errno);
		assert_int_equal(tcgetattr(p->fd, &raw), 0);
		cfmakeraw(&raw);
		assert_int_equal(tcsetattr(p->fd, TCSANOW, &raw), 0);
	} else {
		p->fd = memfd_create("log", MFD_CLOEXEC);
	}
	p->f = fdopen(p->fd, "w");
	assert_non_null(p->f);
	setvbuf(p->f, NULL, kinds[kind].buffering, BUFSIZ);
}

static void place_close(struct place *p)
{
	fclose(p->f);
	if (p->master >= 0)
		close(p->master);
}

/* What has left the stream since *at, as text. */
static char *drain(struct place *p, off_t *at, char *out, char *end)
{
	char text[4096];
	ssize_t n, i;

	for (;;) {
		n = p->master >= 0 ? read(p->master, text, sizeof(text)) :
		    pread(p->fd, text, sizeof(text), *at);
		if (n <= 0)
			return out;
		*at += n;
		for (i = 0; i < n; i++) {
			assert_true(end - out > 8);
			out += sprintf(out, text[i] == '\r' ? "\\r" : "%c",
				       text[i]);
		}
	}
}

static void step(struct tool *t, xentoollog_logger_stdiostream *lg,
		 const struct step *s)
{
	xentoollog_logger *logger = (xentoollog_logger *)lg;

	switch (s->kind) {
	case SAY:
		t->xtl_log(logger, s->a, s->b, s->context, "%s <%d>", s->text, 5);
		break;
	case GO:
		t->xtl_progress(logger, s->context, s->text, s->a, s->b);
		break;
	case MIN:
		t->xtl_stdiostream_set_minlevel(lg, s->a);
		break;
	case FLAGS:
		t->xtl_stdiostream_adjust_flags(lg, s->a, s->b);
		break;
	case END:
		break;
	}
}

static void run_case(struct tool *t, size_t c, size_t kind, char *out)
{
	xentoollog_logger_stdiostream *lg;
	const struct step *s = cases[c].steps;
	char *end = out + TRACE;
	struct place p;
	off_t at = 0;

	place_open(&p, kind);
	errno = 0;
	lg = t->xtl_createlogger_stdiostream(p.f, cases[c].min, cases[c].flags);
	out += sprintf(out, "%s, %s: %s, errno %d\n", cases[c].name,
		       kinds[kind].name, lg ? "made" : "NULL", errno);
	for (; lg && s->kind != END; s++) {
		errno = EXDEV;
		step(t, lg, s);
		out += sprintf(out, "errno %d: ", errno);
		out = drain(&p, &at, out, end);
	}
	t->xtl_logger_destroy((xentoollog_logger *)lg);
	out = drain(&p, &at, out, end);
	out += sprintf(out, "at the end: ");
	fflush(p.f);
	drain(&p, &at, out, end);
	place_close(&p);
}

static void streams(void **state)
{
	static char out[MAKES][TRACE];
	size_t c, kind, m, bytes = 0;

	(void)state;
	for (c = 0; c < ARRAY_SIZE(cases); c++)
		for (kind = 0; kind < ARRAY_SIZE(kinds); kind++) {
			for (m = 0; m < MAKES; m++) {
				memset(out[m], 0, TRACE);
				run_case(&makes[m], c, kind, out[m]);
			}
			assert_string_equal(out[STOCK], out[OURS]);
			bytes += strlen(out[OURS]);
		}
	print_message("%zu cases, %zu bytes compared\n",
		      ARRAY_SIZE(cases) * ARRAY_SIZE(kinds), bytes);
}

/* One line of known bytes: what is compared is not two times nothing. */
static void known(void **state)
{
	char want[200], *out;
	size_t size, m;

	(void)state;
	now = 1700000000;
	setenv("TZ", "UTC", 1);
	sprintf(want, "2023-11-14 22:13:20 UTC [%d] xl: error: no <5>: "
		"No such file or directory\n", getpid());
	for (m = 0; m < MAKES; m++) {
		FILE *f = open_memstream(&out, &size);
		xentoollog_logger_stdiostream *lg =
			makes[m].xtl_createlogger_stdiostream(f, XTL_INFO,
				DATE | PID | CR);

		makes[m].xtl_log((xentoollog_logger *)lg, XTL_ERROR, ENOENT,
				 "xl", "%s <%d>", "no", 5);
		makes[m].xtl_logger_destroy((xentoollog_logger *)lg);
		fclose(f);
		assert_string_equal(out, want);
		free(out);
	}
}

static void date(void **state)
{
	char *out[MAKES];
	size_t i, m, size;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(dates); i++) {
		now = dates[i].when;
		for (m = 0; m < MAKES; m++) {
			FILE *f = open_memstream(&out[m], &size);
			xentoollog_logger_stdiostream *lg;

			/* Whoever makes a logger has to look at TZ. */
			setenv("TZ", "XYZ3", 1);
			tzset();
			setenv("TZ", dates[i].zone, 1);
			lg = makes[m].xtl_createlogger_stdiostream(f, XTL_DEBUG,
				DATE | NO_CR);
			makes[m].xtl_log((xentoollog_logger *)lg, XTL_INFO, -1,
					 NULL, "then");
			makes[m].xtl_logger_destroy((xentoollog_logger *)lg);
			fclose(f);
		}
		assert_string_equal(out[STOCK], out[OURS]);
		assert_true(strlen(out[OURS]) > 20);
		for (m = 0; m < MAKES; m++)
			free(out[m]);
	}
}

/* No stream: nobody asks whether it is a terminal, and nothing is written. */
static void no_stream(void **state)
{
	static const unsigned int flags[] = { CR, NO_CR, CR | NO_CR, NO_CR | DATE };
	size_t i, m;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(flags); i++)
		for (m = 0; m < MAKES; m++) {
			xentoollog_logger *lg;

			errno = 0;
			lg = (void *)makes[m].xtl_createlogger_stdiostream(NULL,
				XTL_ERROR, flags[i]);
			assert_int_equal(!lg, flags[i] == (CR | NO_CR));
			assert_int_equal(errno, lg ? 0 : EINVAL);
			if (!lg)
				continue;
			makes[m].xtl_log(lg, XTL_WARN, -1, "xc", "not said");
			makes[m].xtl_logger_destroy(lg);
		}
	for (m = 0; m < MAKES; m++)
		makes[m].xtl_logger_destroy(NULL);
}

/* A program's own logger, and what it was told. */
struct own {
	xentoollog_logger vtable;
	char *told;
};

static void __attribute__((format(printf, 5, 0)))
own_vmessage(xentoollog_logger *logger, xentoollog_level level, int errnoval,
	     const char *context, const char *format, va_list al)
{
	struct own *own = (struct own *)logger;

	own->told += sprintf(own->told, "%d %d %s %s ", (int)level, errnoval,
			     context ? context : "NULL", format);
	own->told += vsprintf(own->told, format, al);
	errno = EBADF;
}

static void own_progress(xentoollog_logger *logger, const char *context,
			 const char *doing, int percent, unsigned long done,
			 unsigned long total)
{
	struct own *own = (struct own *)logger;

	own->told += sprintf(own->told, "%s %s %d%% %lu %lu",
			     context ? context : "NULL", doing, percent, done,
			     total);
	errno = EBADF;
}

static void own_destroy(xentoollog_logger *logger)
{
	struct own *own = (struct own *)logger;

	own->told += sprintf(own->told, "destroyed");
}

static void __attribute__((format(printf, 3, 4)))
by_list(struct tool *t, struct own *own, const char *format, ...)
{
	va_list al;

	va_start(al, format);
	t->xtl_logv(&own->vtable, XTL_NOTICE, 7, NULL, format, al);
	va_end(al);
}

static void tell(struct tool *t, char *told)
{
	struct own own = { { own_vmessage, own_progress, own_destroy }, told };
	struct own silent = { { own_vmessage, NULL, own_destroy }, told };
	size_t i;
	int level;

	for (level = XTL_DEBUG; level < XTL_NUM_LEVELS; level++) {
		errno = EXDEV;
		t->xtl_log(&own.vtable, level, level - 2, level % 2 ? "xc" : NULL,
			   "%d, %s, %lld, %g", level, "text", -1LL, 0.5);
		own.told += sprintf(own.told, " errno %d\n", errno);
	}
	errno = EXDEV;
	by_list(t, &own, "%c %s", 'c', "by list");
	own.told += sprintf(own.told, " errno %d\n", errno);
	for (i = 0; i < ARRAY_SIZE(percentages); i++) {
		errno = EXDEV;
		t->xtl_progress(&own.vtable, i % 2 ? "xc" : NULL, "doing",
				percentages[i][0], percentages[i][1]);
		own.told += sprintf(own.told, " errno %d\n", errno);
	}
	t->xtl_progress(&silent.vtable, "xc", "not told", 1, 2);
	t->xtl_logger_destroy(&own.vtable);
	for (level = XTL_NONE; level < XTL_NUM_LEVELS; level++)
		own.told += sprintf(own.told, " %s",
				    t->xtl_level_to_string(level));
}

static void own_logger(void **state)
{
	static char told[MAKES][16384];
	size_t m;

	(void)state;
	for (m = 0; m < MAKES; m++)
		tell(&makes[m], told[m]);
	assert_string_equal(told[STOCK], told[OURS]);
	assert_non_null(strstr(told[OURS], "NULL doing 66% 2 3"));
}

/* Stock divides by zero there: the one thing that is not as in stock. */
static void last_totals(void **state)
{
	static char told[16384];
	struct own own = { { own_vmessage, own_progress, own_destroy }, told };

	(void)state;
	makes[OURS].xtl_progress(&own.vtable, "xc", "doing", -1UL, -1UL);
	own.told += sprintf(own.told, "\n");
	makes[OURS].xtl_progress(&own.vtable, "xc", "doing", -1UL / 4, -99UL);
	assert_non_null(strstr(told, "doing 99% "));
	assert_non_null(strstr(told, "doing 25% "));
}

/* No level: the program is ended. */
static const struct wrong {
	bool name;
	unsigned int level;
} wrongs[] = {
	{ true, XTL_NUM_LEVELS }, { true, -1 }, { true, INT_MIN },
	{ false, XTL_NONE }, { false, XTL_NUM_LEVELS }, { false, -1 },
	{ false, INT_MIN },
};

static struct {
	struct tool *tool;
	const struct wrong *wrong;
} dying;

static int die(void *told)
{
	struct own own = { { own_vmessage, own_progress, own_destroy }, told };

	signal(SIGABRT, SIG_DFL);
	if (!freopen("/dev/null", "w", stderr))
		return 1;
	if (dying.wrong->name)
		dying.tool->xtl_level_to_string(dying.wrong->level);
	else
		dying.tool->xtl_log(&own.vtable, dying.wrong->level, -1, "xc",
				    "text");
	return 0;
}

static void wrong_levels(void **state)
{
	char told[200];
	size_t i, m;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(wrongs); i++)
		for (m = 0; m < MAKES; m++) {
			dying.tool = &makes[m];
			dying.wrong = &wrongs[i];
			assert_int_equal(unit_in_child(die, told), -SIGABRT);
		}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(streams),
		cmocka_unit_test(known),
		cmocka_unit_test(date),
		cmocka_unit_test(no_stream),
		cmocka_unit_test(own_logger),
		cmocka_unit_test(last_totals),
		cmocka_unit_test(wrong_levels),
	};

	return cmocka_run_group_tests_name("toollog", tests, setup, NULL);
}
