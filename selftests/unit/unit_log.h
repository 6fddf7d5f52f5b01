/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A logger that keeps what libxenctrl says in `message`, and no progress. */
#ifndef UNIT_LOG_H
#define UNIT_LOG_H

#include <stdio.h>
#include <string.h>

#include <xentoollog.h>

static char message[4096];

static void catch_message(xentoollog_logger *logger, xentoollog_level level,
			  int errnoval, const char *context, const char *fmt,
			  va_list al)
{
	size_t len = strlen(message);

	(void)logger;
	(void)errnoval;
	if (level > XTL_DEBUG && !strncmp(context, "xc", 3))
		vsnprintf(message + len, sizeof(message) - len, fmt, al);
}

static void catch_progress(xentoollog_logger *logger, const char *context,
			   const char *doing, int percent, unsigned long done,
			   unsigned long total)
{
	(void)logger;
	(void)context;
	(void)doing;
	(void)percent;
	(void)done;
	(void)total;
}

static void catch_destroy(xentoollog_logger *logger)
{
	(void)logger;
}

static xentoollog_logger logger = {
	.vmessage = catch_message,
	.progress = catch_progress,
	.destroy = catch_destroy,
};

#endif /* UNIT_LOG_H */
