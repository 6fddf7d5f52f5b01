// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The logger that writes to a stdio stream, as stock's does to the byte: a line a
 * message, and progress in lines, or in one line that the next text overwrites.
 * Messages are flushed, progress is left to the stream.
 */
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <xentoollog.h>

#include "active.h"

#define CR_FLAGS (XTL_STDIOSTREAM_PROGRESS_USE_CR | \
		  XTL_STDIOSTREAM_PROGRESS_NO_CR)
#define STEP	5	/* percents that are worth more than XTL_DETAIL */

struct xentoollog_logger_stdiostream {
	xentoollog_logger vtable;
	FILE *f;
	xentoollog_level min_level;
	unsigned int flags;
	bool one_line;		/* for progress */
	int width;		/* what the last progress there took, for good */
	int percent;
};

static xentoollog_logger_stdiostream *stream_of(xentoollog_logger *logger)
{
	return (xentoollog_logger_stdiostream *)logger;
}

static void erase(xentoollog_logger_stdiostream *to)
{
	if (to->width)
		fprintf(to->f, "\r%*s\r", to->width, "");
}

static void write_date(FILE *f)
{
	time_t now = time(NULL);
	struct tm tm;

	if (!localtime_r(&now, &tm)) {
		fprintf(f, "[localtime_r failed: %d] ", errno);
		return;
	}
	fprintf(f, "%04d-%02d-%02d %02d:%02d:%02d %s ", tm.tm_year + 1900,
		tm.tm_mon + 1, tm.tm_mday, tm.tm_hour, tm.tm_min, tm.tm_sec,
		tzname[!!tm.tm_isdst]);
}

static void __attribute__((format(printf, 5, 0)))
stdiostream_vmessage(xentoollog_logger *logger, xentoollog_level level,
		     int errnoval, const char *context, const char *format,
		     va_list al)
{
	xentoollog_logger_stdiostream *to = stream_of(logger);

	if (level < to->min_level)
		return;
	erase(to);
	if (to->flags & XTL_STDIOSTREAM_SHOW_DATE)
		write_date(to->f);
	if (to->flags & XTL_STDIOSTREAM_SHOW_PID)
		fprintf(to->f, "[%lu] ", (unsigned long)getpid());
	if (context)
		fprintf(to->f, "%s: ", context);
	fprintf(to->f, "%s: ", xtl_level_to_string(level));
	vfprintf(to->f, format, al);
	if (errnoval >= 0)
		fprintf(to->f, ": %s", strerror(errnoval));
	putc('\n', to->f);
	fflush(to->f);
}

static void __attribute__((format(printf, 4, 5)))
message(xentoollog_logger *logger, xentoollog_level level, const char *context,
	const char *format, ...)
{
	va_list al;

	va_start(al, format);
	stdiostream_vmessage(logger, level, -1, context, format, al);
	va_end(al);
}

static void stdiostream_progress(xentoollog_logger *logger, const char *context,
				 const char *doing_what, int percent,
				 unsigned long done, unsigned long total)
{
	xentoollog_logger_stdiostream *to = stream_of(logger);
	xentoollog_level level = XTL_PROGRESS;
	int width;

	if (to->flags & XTL_STDIOSTREAM_HIDE_PROGRESS ||
	    percent == to->percent)
		return;
	if (percent > to->percent && percent < to->percent + STEP)
		level = XTL_DETAIL;
	if (level < to->min_level)
		return;
	to->percent = percent;
	if (!to->one_line) {
		message(logger, level, context, "%s: %lu/%lu  %3d%%",
			doing_what, done, total, percent);
		return;
	}
	if (to->width)
		putc('\r', to->f);
	width = fprintf(to->f, "%s%s%s: %lu/%lu  %3d%%%s",
			context ? context : "", context ? ": " : "", doing_what,
			done, total, percent, done == total ? "\n" : "");
	if (to->width > width)
		fprintf(to->f, "%*s\r", to->width - width, "");
	to->width = width;
}

static void stdiostream_destroy(xentoollog_logger *logger)
{
	erase(stream_of(logger));
	free(logger);
}

API void xtl_stdiostream_set_minlevel(xentoollog_logger_stdiostream *to,
				      xentoollog_level min_level)
{
	to->min_level = min_level;
}

/* Where progress goes was settled when the logger was made. */
API void xtl_stdiostream_adjust_flags(xentoollog_logger_stdiostream *to,
				      unsigned int set_flags,
				      unsigned int clear_flags)
{
	unsigned int flags = (to->flags & ~clear_flags) | set_flags;

	if (flags & XTL_STDIOSTREAM_HIDE_PROGRESS)
		erase(to);
	to->flags = flags;
}

API xentoollog_logger_stdiostream *
xtl_createlogger_stdiostream(FILE *f, xentoollog_level min_level,
			     unsigned int flags)
{
	xentoollog_logger_stdiostream to = {
		.f = f, .min_level = min_level, .flags = flags,
	};

	if ((flags & CR_FLAGS) == CR_FLAGS) {
		errno = EINVAL;
		return NULL;
	}
	if (flags & CR_FLAGS)
		to.one_line = flags & XTL_STDIOSTREAM_PROGRESS_USE_CR;
	else
		to.one_line = isatty(fileno(f));
	if (flags & XTL_STDIOSTREAM_SHOW_DATE)
		tzset();
	return XTL_NEW_LOGGER(stdiostream, to);
}
