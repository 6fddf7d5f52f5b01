/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A handle's logger: the client's, or one of our own on stderr.
 */
#ifndef STABLE_LOG_H
#define STABLE_LOG_H

#include <stdbool.h>
#include <stdio.h>

#include <xentoollog.h>

/* False with errno if there is none. *tofree is for xtl_logger_destroy. */
static inline bool log_open(xentoollog_logger **logger,
			    xentoollog_logger **tofree,
			    xentoollog_logger *given)
{
	*logger = given;
	*tofree = NULL;
	if (!given)
		*logger = *tofree = (xentoollog_logger *)
			xtl_createlogger_stdiostream(stderr, XTL_PROGRESS, 0);
	return *logger;
}

#endif /* STABLE_LOG_H */
