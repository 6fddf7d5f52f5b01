// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Errors and messages, with stock's words and stock's last_error.
 */
#include <assert.h>

#include "handle.h"

XC_API const xc_error *xc_get_last_error(xc_interface *xch)
{
	return &xch->last_error;
}

XC_API void xc_clear_last_error(xc_interface *xch)
{
	xch->last_error.code = XC_ERROR_NONE;
	xch->last_error.message[0] = 0;
}

XC_API const char *xc_error_code_to_desc(int code)
{
	static const char *const desc[] = {
		[XC_ERROR_NONE] = "No error details",
		[XC_INTERNAL_ERROR] = "Internal error",
		[XC_INVALID_KERNEL] = "Invalid kernel",
		[XC_INVALID_PARAM] = "Invalid configuration",
		[XC_OUT_OF_MEMORY] = "Out of memory",
	};

	if ((unsigned int)code < sizeof(desc) / sizeof(desc[0]))
		return desc[code];
	return "Unknown error code";
}

/* Stock's buffer is that short, and cuts longer texts. */
#define STRERROR_SIZE 32

XC_API const char *xc_strerror(xc_interface *xch, int errcode)
{
	static __thread char text[STRERROR_SIZE]
		__attribute__((tls_model("initial-exec")));
	char whole[128];
	const char *p;

	if (xch->flags & XC_OPENFLAG_NON_REENTRANT)
		return strerror(errcode);
	p = strerror_r(errcode, whole, sizeof(whole));
	memcpy(text, p, strnlen(p, sizeof(text) - 1) + 1);
	text[sizeof(text) - 1] = 0;
	return text;
}

XC_API void xc_reportv(xc_interface *xch, xentoollog_logger *lg,
		       xentoollog_level level, int code, const char *fmt,
		       va_list args)
{
	char own[XC_MAX_ERROR_MSG_LEN], cut[512], *msg = own;
	size_t len = strlen(fmt);
	int saved = errno;

	/* One newline at the end goes: the logger writes its own. */
	if (len && fmt[len - 1] == '\n' && len < sizeof(cut)) {
		memcpy(cut, fmt, len - 1);
		cut[len - 1] = 0;
		fmt = cut;
	}
	if (level >= XTL_ERROR) {
		msg = xch->last_error.message;
		xch->last_error.code = code;
	}
	vsnprintf(msg, XC_MAX_ERROR_MSG_LEN - 1, fmt, args);
	msg[XC_MAX_ERROR_MSG_LEN - 1] = 0;
	xtl_log(lg, level, -1, "xc", "%s%s%s", msg, code ? ": " : "",
		code ? xc_error_code_to_desc(code) : "");
	errno = saved;
}

XC_API void xc_report(xc_interface *xch, xentoollog_logger *lg,
		      xentoollog_level level, int code, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	xc_reportv(xch, lg, level, code, fmt, args);
	va_end(args);
}

XC_API void xc_report_error(xc_interface *xch, int code, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	xc_reportv(xch, xch->error_handler, XTL_ERROR, code, fmt, args);
	va_end(args);
}

XC_API const char *xc_set_progress_prefix(xc_interface *xch, const char *doing)
{
	const char *old = xch->currently_progress_reporting;

	xch->currently_progress_reporting = doing;
	return old;
}

XC_API void xc_report_progress_single(xc_interface *xch, const char *doing)
{
	assert(doing);
	xtl_progress(xch->error_handler, "xc", doing, 0, 0);
}

XC_API void xc_report_progress_step(xc_interface *xch, unsigned long done,
				    unsigned long total)
{
	assert(xch->currently_progress_reporting);
	xtl_progress(xch->error_handler, "xc",
		     xch->currently_progress_reporting, done, total);
}
