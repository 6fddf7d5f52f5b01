// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * libxentoollog.so.1: what says something to a logger, of whatever make. Contracts
 * are in <xentoollog.h>; what is written here is what stock does besides, from 4.14
 * to 4.22. (The logger that writes to a stream: toollog_stdio.c.)
 */
#include <assert.h>
#include <errno.h>
#include <limits.h>

#include <xentoollog.h>

#include "active.h"

static const char *const level_names[XTL_NUM_LEVELS] = {
	[XTL_NONE] = "[BUG:XTL_NONE]",
	[XTL_DEBUG] = "debug",
	[XTL_VERBOSE] = "verbose",
	[XTL_DETAIL] = "detail",
	[XTL_PROGRESS] = "progress",
	[XTL_INFO] = "info",
	[XTL_NOTICE] = "notice",
	[XTL_WARN] = "warning",
	[XTL_ERROR] = "error",
	[XTL_CRITICAL] = "critical",
};

/* A level that is none ends the program, here and in xtl_logv. */
API const char *xtl_level_to_string(xentoollog_level level)
{
	assert((unsigned int)level < XTL_NUM_LEVELS);
	return level_names[level];
}

API void xtl_logv(xentoollog_logger *logger, xentoollog_level level,
		  int errnoval, const char *context, const char *format,
		  va_list al)
{
	int saved = errno;

	assert(level != XTL_NONE && (unsigned int)level < XTL_NUM_LEVELS);
	logger->vmessage(logger, level, errnoval, context, format, al);
	errno = saved;
}

API void xtl_log(xentoollog_logger *logger, xentoollog_level level,
		 int errnoval, const char *context, const char *format, ...)
{
	va_list al;

	va_start(al, format);
	xtl_logv(logger, level, errnoval, context, format, al);
	va_end(al);
}

/*
 * Rounded down, and of a total too large for that by way of its hundredth part,
 * rounded up. There stock divides by zero if the total is one of the last 99.
 */
static int percentage(unsigned long done, unsigned long total)
{
	if (!total)
		return 0;
	if (total < LONG_MAX / 100)
		return done * 100 / total;
	return done / (total / 100 + (total % 100 != 0));
}

API void xtl_progress(xentoollog_logger *logger, const char *context,
		      const char *doing_what, unsigned long done,
		      unsigned long total)
{
	if (logger->progress)
		logger->progress(logger, context, doing_what,
				 percentage(done, total), done, total);
}

API void xtl_logger_destroy(xentoollog_logger *logger)
{
	if (logger)
		logger->destroy(logger);
}
