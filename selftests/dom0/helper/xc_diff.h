/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Two libxenctrl in one program, and what they say compared.
 *
 * A case makes calls and writes down what came of them, three times: with the
 * stock library, with ours, and with ours in a batch of one call each. The
 * three texts must be the same, byte for byte. What moves by itself is left
 * out by the case, which says why.
 *
 * Every call writes down: its value, errno if it failed, last_error, and what
 * the logger was told.
 */
#ifndef XC_DIFF_H
#define XC_DIFF_H

#include <dlfcn.h>
#include <errno.h>
#include <glob.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define XC_WANT_COMPAT_MAP_FOREIGN_API
#define XC_WANT_COMPAT_EVTCHN_API
#define XC_WANT_COMPAT_GNTTAB_API
#define XC_WANT_COMPAT_DEVICEMODEL_API
#include <xenctrl.h>
#include <xencall.h>
#include <xengnttab.h>

#include "guest_abi.h"
#include "driven.h"
#include "kselftest.h"
#include "xenbatch_xc.h"
#include "xc_functions.h"

/* Exported, and in no header. */
void xc_report_error(xc_interface *xch, int code, const char *fmt, ...);
void xc_reportv(xc_interface *xch, xentoollog_logger *lg,
		xentoollog_level level, int code, const char *fmt,
		va_list args);
void xc_report(xc_interface *xch, xentoollog_logger *lg, xentoollog_level level,
	       int code, const char *fmt, ...);
const char *xc_set_progress_prefix(xc_interface *xch, const char *doing);
void xc_report_progress_single(xc_interface *xch, const char *doing);
void xc_report_progress_step(xc_interface *xch, unsigned long done,
			     unsigned long total);
int xc__hypercall_bounce_pre(xc_interface *xch, xc_hypercall_buffer_t *bounce);
void xc__hypercall_bounce_post(xc_interface *xch,
			       xc_hypercall_buffer_t *bounce);

struct api {
#define F(program, name) __typeof__(&name) name;
	XC_FUNCTIONS(F)
#undef F
};

enum fn {
#define F(program, name) fn_##name,
	XC_FUNCTIONS(F)
#undef F
	NR_FN
};

struct catcher {
	xentoollog_logger vtable;
	char text[4096];
	size_t len;
};

#define NR_MODES 3
struct mode {
	const char *name;
	void *dl;
	bool batched;
	struct api api;
	xc_interface *xch;
	struct catcher log;
	FILE *out;		/* what is written down */
	uint32_t twin;		/* a domain that only this mode changes */
	__typeof__(&xc_batch_begin) begin;
	__typeof__(&xc_batch_commit) commit;
	__typeof__(&xc_batch_queued) queued;
};

static struct mode modes[NR_MODES];
static bool called[NR_FN];
static const char *our_library;
/* Paused domains, the same for all: A has two vcpus, B has none. */
static uint32_t dom_a, dom_b;

static const uint32_t bad_domids[] = { 31999, 0x7ff0, 0x7ff4, 0xffff };
#define NR(a) (sizeof(a) / sizeof((a)[0]))

/* Writing down */

static void note(struct mode *m, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
static void note(struct mode *m, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vfprintf(m->out, fmt, ap);
	va_end(ap);
	fputc('\n', m->out);
}

static inline void bytes(struct mode *m, const char *name, const void *p,
			 size_t len)
{
	const unsigned char *c = p;
	size_t i;

	fprintf(m->out, "  %s", name);
	for (i = 0; i < len; i++)
		fprintf(m->out, "%s%02x", i % 8 ? "" : " ", c[i]);
	fputc('\n', m->out);
}

static void catch_message(xentoollog_logger *logger, xentoollog_level level,
			  int errnoval, const char *context, const char *fmt,
			  va_list al)
{
	struct catcher *c = (struct catcher *)logger;
	char text[1500];
	int n;

	/* Stock's libxencall tells at this level how it is doing. */
	if (level <= XTL_DEBUG || strncmp(context, "xc", 3))
		return;
	vsnprintf(text, sizeof(text), fmt, al);
	n = snprintf(c->text + c->len, sizeof(c->text) - c->len, "[%d %d %s %s]",
		     level, errnoval, context, text);
	c->len += n;
	if (c->len >= sizeof(c->text))
		c->len = sizeof(c->text) - 1;
}

static void catch_progress(xentoollog_logger *logger, const char *context,
			   const char *doing, int percent, unsigned long done,
			   unsigned long total)
{
	struct catcher *c = (struct catcher *)logger;

	c->len += snprintf(c->text + c->len, sizeof(c->text) - c->len,
			   "[%s %s %d %lu %lu]", context, doing, percent, done,
			   total);
}

static void catch_destroy(xentoollog_logger *logger)
{
	(void)logger;
}

/* Calls */

static inline void call_begin(struct mode *m, enum fn fn)
{
	called[fn] = true;
	m->log.len = 0;
	m->log.text[0] = 0;
	m->api.xc_clear_last_error(m->xch);
	if (m->batched && m->begin(m->xch))
		ksft_exit_fail_msg("xc_batch_begin: %s\n", strerror(errno));
	errno = 0;
}

/*
 * Of these -1 may come without any errno of its own: stock leaves what was
 * there, and a batch's result says this, so that the call counts as failed.
 */
static bool without_errno(const char *name, int err)
{
	static const struct {
		const char *name;
		int err;
	} list[] = {
#define KEPT_no_errno(function, err) { #function, err },
#include "differences.def"
	};
	size_t i;

	for (i = 0; i < NR(list); i++) {
		if (!strcmp(name, list[i].name) &&
		    (!err || err == list[i].err))
			return true;
	}
	return false;
}

static inline long call_end(struct mode *m, const char *name, long ret,
			    bool pointer)
{
	struct xc_batch_result r = { .ret = -77 };
	const xc_error *last;
	int err = errno, n = 0, failed = 0;
	bool bad;

	if (m->batched) {
		n = m->queued(m->xch);
		failed = m->commit(m->xch, &r, 1);
	}
	if (n == 1) {
		ret = r.ret;
		err = r.err;
		if (failed != !!err)
			note(m, "commit says %d, err %d", failed, err);
	} else if (n || failed) {
		note(m, "batch of %d, commit says %d", n, failed);
	}
	/* Less than -1 is an error by itself: stock sets no errno then. */
	bad = ret == -1 || (pointer && !ret) ||
	      !strcmp(name, "xc_domain_get_guest_width");
	bad = bad && !without_errno(name, err);
	if (pointer)
		ret = !!ret;
	last = m->api.xc_get_last_error(m->xch);
	note(m, "%s = %ld, errno %d, last %d '%s', log '%s'", name, ret,
	     bad ? err : 0, last->code, last->message, m->log.text);
	return ret;
}

/* Values may be anything that converts to long. */
#define CALL(m, name, ...) ({ \
	DRIVES(name); \
	call_begin(m, fn_##name); \
	long ret_ = (long)(m)->api.name((m)->xch, ##__VA_ARGS__); \
	call_end(m, #name, ret_, false); })

/* A pointer is written down as 0 or 1. */
#define CALL_PTR(m, name, ...) ({ \
	DRIVES(name); \
	call_begin(m, fn_##name); \
	__auto_type ptr_ = (m)->api.name((m)->xch, ##__VA_ARGS__); \
	call_end(m, #name, (long)ptr_, true); \
	ptr_; })

/* No return value, no batch, nothing to write down. */
#define DO(m, name, ...) ({ \
	DRIVES(name); \
	called[fn_##name] = true; \
	(m)->api.name(__VA_ARGS__); })

/* Domains */

static int make_domain(uint32_t *domid, unsigned int vcpus)
{
	struct xen_domctl_createdomain config = {
		.max_vcpus = 2,
		.max_evtchn_port = 127,
		.max_grant_frames = 4,
		.max_maptrack_frames = 4,
		.grant_opts = XEN_DOMCTL_GRANT_version(1),
	};
	struct mode *m = &modes[0];

	if (m->api.xc_domain_create(m->xch, domid, &config))
		return -1;
	return vcpus ? m->api.xc_domain_max_vcpus(m->xch, *domid, vcpus) : 0;
}

/* Destroyed, and really gone: its number can be had again. */
static void end_domain(uint32_t domid)
{
	struct mode *m = &modes[0];
	xc_dominfo_t info;
	int i;

	m->api.xc_domain_destroy(m->xch, domid);
	for (i = 0; i < 2000; i++) {
		if (m->api.xc_domain_getinfo(m->xch, domid, 1, &info) != 1 ||
		    info.domid != domid)
			return;
		usleep(1000);
	}
	ksft_print_msg("domain %u does not go away\n", domid);
}

/* The program */

static void *open_library(const char *path, const char *what)
{
	void *dl = dlopen(path, RTLD_NOW | RTLD_LOCAL);

	if (!dl)
		ksft_exit_fail_msg("%s: %s\n", what, dlerror());
	return dl;
}

static void *symbol(void *dl, const char *name)
{
	void *p = dlsym(dl, name);

	if (!p)
		ksft_exit_fail_msg("%s\n", dlerror());
	return p;
}

/* All calls are made on a handle whose neighbours are closed. */
static xc_interface *open_between(struct mode *m)
{
	xc_interface *h[3];
	int i;

	for (i = 0; i < 3; i++)
		h[i] = m->api.xc_interface_open(&m->log.vtable, NULL, 0);
	m->api.xc_interface_close(h[0]);
	m->api.xc_interface_close(h[2]);
	return h[1];
}

static void open_mode(struct mode *m, const char *name, void *dl, bool ours,
		      bool batched)
{
	m->name = name;
	m->dl = dl;
	m->batched = batched;
#define F(program, fn) m->api.fn = symbol(dl, #fn);
	XC_FUNCTIONS(F)
#undef F
	if (ours) {
		m->begin = symbol(dl, "xc_batch_begin");
		m->commit = symbol(dl, "xc_batch_commit");
		m->queued = symbol(dl, "xc_batch_queued");
	}
	m->log.vtable = (xentoollog_logger){
		.vmessage = catch_message,
		.progress = catch_progress,
		.destroy = catch_destroy,
	};
	m->xch = open_between(m);
	if (!m->xch)
		ksft_exit_skip("no Xen here: %s\n", strerror(errno));
}

/* The first libxenctrl in a folder; NULL if there is none. */
static char *in_folder(const char *folder, size_t len)
{
	char pattern[512], *path = NULL;
	glob_t found;

	snprintf(pattern, sizeof(pattern), "%.*s/libxenctrl.so.4.*", (int)len,
		 folder);
	if (glob(pattern, 0, NULL, &found))
		return NULL;
	path = strdup(found.gl_pathv[0]);
	globfree(&found);
	return path;
}

static char *in_folders(const char *list)
{
	char *path = NULL;
	size_t len;

	while (list && *list && !path) {
		len = strcspn(list, ":");
		path = in_folder(list, len);
		list += len + (list[len] == ':');
	}
	return path;
}

/*
 * XENBATCH_LIBXENCTRL and XENBATCH_STOCK_LIBXENCTRL are paths. Without them:
 * ours is on LD_LIBRARY_PATH or in build/lib, stock's is the distribution's.
 */
static void open_modes(void)
{
	char *ours = getenv("XENBATCH_LIBXENCTRL");
	char *stock = getenv("XENBATCH_STOCK_LIBXENCTRL");
	char exe[400];
	ssize_t n;
	void *a, *b;

	if (!ours)
		ours = in_folders(getenv("LD_LIBRARY_PATH"));
	n = readlink("/proc/self/exe", exe, sizeof(exe) - 20);
	if (!ours && n > 0) {
		exe[n] = 0;
		strcpy(strrchr(exe, '/'), "/../../lib");
		ours = in_folder(exe, strlen(exe));
	}
	if (!stock)
		stock = in_folders("/usr/lib/x86_64-linux-gnu:"
				   "/usr/lib/aarch64-linux-gnu:/usr/lib64:"
				   "/usr/lib");
	if (!ours || !stock)
		ksft_exit_fail_msg("%s libxenctrl is not found\n",
				   ours ? "stock's" : "our");
	a = open_library(stock, "stock libxenctrl");
	b = open_library(ours, "our libxenctrl");
	if (dlsym(a, "xc_batch_begin") || !dlsym(b, "xc_batch_begin"))
		ksft_exit_fail_msg("%s and %s are not stock and ours\n", stock,
				   ours);
	our_library = ours;
	open_mode(&modes[0], "stock", a, false, false);
	open_mode(&modes[1], "ours", b, true, false);
	open_mode(&modes[2], "ours in a batch", b, true, true);
}

static inline void make_domains(void)
{
	int i, err = make_domain(&dom_a, 2) | make_domain(&dom_b, 0);

	for (i = 0; i < NR_MODES; i++)
		err |= make_domain(&modes[i].twin, 2);
	if (err)
		ksft_exit_fail_msg("no domains to test with: %s\n",
				   strerror(errno));
}

static inline void end_domains(void)
{
	int i;

	end_domain(dom_a);
	end_domain(dom_b);
	for (i = 0; i < NR_MODES; i++)
		end_domain(modes[i].twin);
}

/* The first line in which a and b differ. */
static void show_difference(const char *name, const char *a, const char *other,
			    const char *b)
{
	while (*a && *b) {
		size_t la = strcspn(a, "\n"), lb = strcspn(b, "\n");

		if (la != lb || memcmp(a, b, la)) {
			ksft_print_msg("%s: %.*s\n", name, (int)la, a);
			ksft_print_msg("%s: %.*s\n", other, (int)lb, b);
			return;
		}
		a += la + !!a[la];
		b += lb + !!b[lb];
	}
	ksft_print_msg("one text is longer: %s|%s\n", a, b);
}

struct diff_case {
	const char *name;
	void (*run)(struct mode *m);
	int tries;	/* more than one where something may move in between */
};

/* True if the three say the same. */
static bool run_case(const struct diff_case *c, bool show)
{
	char *text[NR_MODES];
	size_t len[NR_MODES];
	bool same = true;
	int i;

	for (i = 0; i < NR_MODES; i++) {
		modes[i].out = open_memstream(&text[i], &len[i]);
		c->run(&modes[i]);
		fclose(modes[i].out);
	}
	for (i = 1; i < NR_MODES; i++) {
		if (!strcmp(text[0], text[i]))
			continue;
		same = false;
		if (show)
			show_difference(modes[0].name, text[0], modes[i].name,
					text[i]);
	}
	if (same && getenv("XENBATCH_DIFF_SHOW"))
		printf("%s", text[0]);
	for (i = 0; i < NR_MODES; i++)
		free(text[i]);
	return same;
}

static void run_cases(const struct diff_case *cases, size_t nr)
{
	bool same;
	size_t i;
	int left;

	for (i = 0; i < nr; i++) {
		for (left = cases[i].tries ? cases[i].tries : 1; left; left--) {
			same = run_case(&cases[i], left == 1);
			if (same)
				break;
		}
		ksft_test_result(same, "%s\n", cases[i].name);
	}
}

/* Was every function that is this program's called? */
static inline void all_called(const char *program)
{
	static const struct {
		const char *program, *name;
	} list[] = {
#define F(program, name) { #program, #name },
		XC_FUNCTIONS(F)
#undef F
	};
	bool all = true;
	size_t i;

	for (i = 0; i < NR_FN; i++) {
		if (strcmp(list[i].program, program) || called[i])
			continue;
		ksft_print_msg("not called: %s\n", list[i].name);
		all = false;
	}
	ksft_test_result(all, "every function of %s was called\n", program);
}

#endif /* XC_DIFF_H */
