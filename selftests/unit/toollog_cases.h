/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What test_toollog.c does with a logger on a stream, a row a case. A step:
 *
 *	say LEVEL ERRNO CONTEXT TEXT	(a message; context NULL: none)
 *	go DONE TOTAL CONTEXT DOING	(progress)
 *	min LEVEL, flags SET CLEAR	(the functions that change it)
 */
#ifndef TOOLLOG_CASES_H
#define TOOLLOG_CASES_H

enum step_kind { END, SAY, GO, MIN, FLAGS };

struct step {
	enum step_kind kind;
	unsigned long a, b;
	const char *context, *text;
};

#define SAY(level, err, context, text) { SAY, level, (long)(err), context, text }
#define GO(done, total, context, doing) { GO, done, total, context, doing }
#define MIN(level)		{ MIN, level, 0, NULL, NULL }
#define FLAGS(set, clear)	{ FLAGS, set, clear, NULL, NULL }

#define PID	XTL_STDIOSTREAM_SHOW_PID
#define DATE	XTL_STDIOSTREAM_SHOW_DATE
#define HIDE	XTL_STDIOSTREAM_HIDE_PROGRESS
#define CR	XTL_STDIOSTREAM_PROGRESS_USE_CR
#define NO_CR	XTL_STDIOSTREAM_PROGRESS_NO_CR

#define EVERY_LEVEL \
	SAY(XTL_DEBUG, -1, "xc", "a"), SAY(XTL_VERBOSE, -1, "xc", "b"), \
	SAY(XTL_DETAIL, -1, "xc", "c"), SAY(XTL_PROGRESS, -1, "xc", "d"), \
	SAY(XTL_INFO, -1, "xc", "e"), SAY(XTL_NOTICE, -1, "xc", "f"), \
	SAY(XTL_WARN, -1, "xc", "g"), SAY(XTL_ERROR, -1, "xc", "h"), \
	SAY(XTL_CRITICAL, -1, "xc", "i")

/* From 0 to all in uneven steps, backwards, and something new after it. */
#define A_TRANSFER(context) \
	GO(0, 1000, context, "sending"), GO(1, 1000, context, "sending"), \
	GO(9, 1000, context, "sending"), GO(10, 1000, context, "sending"), \
	GO(49, 1000, context, "sending"), GO(50, 1000, context, "sending"), \
	GO(55, 1000, context, "sending"), GO(99, 1000, context, "sending"), \
	GO(500, 1000, context, "sending, with more to say"), \
	GO(540, 1000, context, "less"), GO(550, 1000, context, "less"), \
	GO(600, 1000, context, "less"), GO(300, 1000, context, "back"), \
	GO(1000, 1000, context, "sent"), GO(0, 7, context, "next"), \
	GO(7, 7, context, "next"), GO(7, 7, context, "next")

static const struct {
	const char *name;
	xentoollog_level min;
	unsigned int flags;
	struct step steps[32];
} cases[] = {
	{ "every level", XTL_DEBUG, 0, { EVERY_LEVEL } },
	{ "from none", XTL_NONE, 0, { EVERY_LEVEL } },
	{ "from warning", XTL_WARN, 0, { EVERY_LEVEL } },
	{ "from critical", XTL_CRITICAL, 0, { EVERY_LEVEL } },
	{ "beyond all", XTL_NUM_LEVELS, 0, { EVERY_LEVEL } },
	{ "errnos", XTL_DEBUG, 0, {
		SAY(XTL_ERROR, 0, "xc", "none"),
		SAY(XTL_ERROR, ENOENT, "xc", "a file"),
		SAY(XTL_ERROR, ENOSYS, NULL, "a call"),
		SAY(XTL_ERROR, 4095, "xc", "unknown"),
		SAY(XTL_ERROR, INT32_MAX, "xc", "greatest"),
		SAY(XTL_ERROR, -1, "xc", "no errno"),
		SAY(XTL_ERROR, -2, "xc", "nor this"),
		SAY(XTL_ERROR, INT32_MIN, "xc", "nor the least") } },
	{ "texts", XTL_DEBUG, 0, {
		SAY(XTL_INFO, -1, "", ""), SAY(XTL_INFO, -1, NULL, ""),
		SAY(XTL_INFO, 5, "a longer context: with a colon", "100%"),
		SAY(XTL_INFO, 5, "%s", "%d\n%n"),
		SAY(XTL_INFO, -1, "xl", "two\nlines\r") } },
	{ "pid", XTL_DEBUG, PID, { EVERY_LEVEL, A_TRANSFER("xc") } },
	{ "date", XTL_DEBUG, DATE, { EVERY_LEVEL, A_TRANSFER("xc") } },
	{ "date and pid", XTL_DEBUG, DATE | PID, { EVERY_LEVEL } },
	{ "date and pid, one line", XTL_DEBUG, DATE | PID | CR, {
		A_TRANSFER("xc"), SAY(XTL_INFO, 2, "xc", "now") } },
	{ "progress", XTL_PROGRESS, 0, { A_TRANSFER("xc") } },
	{ "progress of nobody", XTL_PROGRESS, 0, { A_TRANSFER(NULL) } },
	{ "progress in detail", XTL_DETAIL, 0, { A_TRANSFER("xc") } },
	{ "progress, from info", XTL_INFO, 0, { A_TRANSFER("xc") } },
	{ "progress in one line", XTL_PROGRESS, CR, { A_TRANSFER("xc") } },
	{ "in one line, detail", XTL_DEBUG, CR, { A_TRANSFER("xc") } },
	{ "in one line, nobody", XTL_DEBUG, CR, { A_TRANSFER(NULL) } },
	{ "in one line, from info", XTL_INFO, CR, { A_TRANSFER("xc") } },
	{ "in lines", XTL_DEBUG, NO_CR, { A_TRANSFER("xc") } },
	{ "both ways", XTL_DEBUG, CR | NO_CR, { A_TRANSFER("xc") } },
	{ "hidden", XTL_DEBUG, HIDE, { A_TRANSFER("xc"), EVERY_LEVEL } },
	{ "hidden, one line", XTL_DEBUG, HIDE | CR, { A_TRANSFER("xc") } },
	{ "unknown flags", XTL_DEBUG, ~(CR | NO_CR | HIDE | DATE), {
		A_TRANSFER("xc"), EVERY_LEVEL } },
	{ "messages amid", XTL_DEBUG, CR, {
		GO(0, 100, "xc", "a"), GO(10, 100, "xc", "doing a lot"),
		SAY(XTL_ERROR, 5, "xc", "amid"), SAY(XTL_ERROR, 5, "xc", "twice"),
		GO(20, 100, "xc", "b"), SAY(XTL_DEBUG, -1, NULL, "short"),
		GO(100, 100, "xc", "c"), SAY(XTL_DEBUG, -1, NULL, "after") } },
	{ "messages too low amid", XTL_ERROR, CR, {
		MIN(XTL_DEBUG), GO(10, 100, "xc", "doing a lot"),
		MIN(XTL_ERROR), SAY(XTL_WARN, 5, "xc", "not said"),
		SAY(XTL_ERROR, 5, "xc", "said") } },
	{ "left amid", XTL_DEBUG, CR, { GO(10, 100, "xc", "doing a lot") } },
	{ "level changed", XTL_DEBUG, 0, {
		MIN(XTL_WARN), EVERY_LEVEL, A_TRANSFER("xc"), MIN(XTL_NONE),
		SAY(XTL_DEBUG, -1, "xc", "again") } },
	{ "hidden by and by", XTL_DEBUG, CR, {
		GO(10, 100, "xc", "doing a lot"), FLAGS(HIDE, 0),
		GO(20, 100, "xc", "not seen"), FLAGS(0, 0),
		SAY(XTL_INFO, -1, "xc", "amid"), FLAGS(0, HIDE),
		GO(30, 100, "xc", "seen"), GO(0, 100, "xc", "anew") } },
	{ "flags changed", XTL_DEBUG, PID, {
		SAY(XTL_INFO, -1, "xc", "pid"), FLAGS(DATE, 0),
		SAY(XTL_INFO, -1, "xc", "both"), FLAGS(0, PID),
		SAY(XTL_INFO, -1, "xc", "date"), FLAGS(DATE, DATE),
		SAY(XTL_INFO, -1, "xc", "date yet"), FLAGS(PID, ~0u),
		SAY(XTL_INFO, -1, "xc", "pid"), FLAGS(HIDE, HIDE),
		GO(50, 100, "xc", "hidden") } },
	{ "changed to one line", XTL_DEBUG, NO_CR, {
		FLAGS(CR, NO_CR), A_TRANSFER("xc") } },
	{ "changed to lines", XTL_DEBUG, CR, {
		FLAGS(NO_CR, CR), A_TRANSFER("xc") } },
	{ "more than all", XTL_DEBUG, CR, {
		GO(300, 100, "xc", "a"), GO(300, 100, "xc", "a"),
		GO(5, 0, "xc", "of nothing"), GO(0, 0, "xc", "of nothing"),
		GO(-1UL, 3, "xc", "a lot"), GO(-1UL, -200UL, "xc", "all") } },
};

/* Done and total, whose percentage a logger is told. */
static const unsigned long percentages[][2] = {
	{ 0, 0 }, { 5, 0 }, { 0, 1 }, { 1, 1 }, { 2, 1 }, { 1, 3 }, { 2, 3 },
	{ 199, 200 }, { 999, 1000 }, { 12345, 100 }, { -1UL, 1 }, { -1UL, 100 },
	{ LONG_MAX / 100 - 1, LONG_MAX / 100 - 1 },
	{ LONG_MAX / 200, LONG_MAX / 100 - 1 },
	{ LONG_MAX / 100 - 2, LONG_MAX / 100 - 1 },
	{ LONG_MAX / 100, LONG_MAX / 100 },
	{ LONG_MAX / 200, LONG_MAX / 100 },
	{ LONG_MAX / 100 - 1, LONG_MAX / 100 },
	{ LONG_MAX / 100, LONG_MAX / 100 + 1 },
	{ LONG_MAX / 100 + 50, LONG_MAX / 100 + 60 },
	{ LONG_MAX / 50, LONG_MAX / 25 + 99 }, { LONG_MAX / 2, LONG_MAX },
	{ LONG_MAX, LONG_MAX }, { 1UL << 63, 1UL << 63 },
	{ 1UL << 62, 1UL << 63 }, { 5, 1UL << 63 }, { -101UL, -101UL },
	{ -150UL, -101UL }, { -1UL, -100UL }, { 1, -100UL },
};

/* When it is said, where. The last is in no calendar. */
static const struct {
	const char *zone;
	time_t when;
} dates[] = {
	{ "UTC", 0 }, { "UTC", 1700000000 }, { "UTC", 951782399 },
	{ "CET-1CEST,M3.5.0,M10.5.0/3", 1688169599 },
	{ "CET-1CEST,M3.5.0,M10.5.0/3", 1704067199 },
	{ "<+0545>-5:45", 1700000000 }, { "EST5", -1 }, { "EST5", 253402318800 },
	{ "UTC", 4000000000000 }, { "UTC", INT64_MAX }, { "UTC", INT64_MIN },
};

#endif /* TOOLLOG_CASES_H */
