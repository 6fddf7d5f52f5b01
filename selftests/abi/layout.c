// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * layout LIBXENCTRL: where in an xc_interface a libxenctrl has what libxenguest
 * reads and writes there. No header says it and stock's library has no debug
 * information, so it is asked: each field is changed by the function that
 * changes it, and sought; or changed here, and the function looks. Needs no Xen:
 * the handle is a dummy.
 */
#include <dlfcn.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <xenctrl.h>
#include <xentoollog.h>

#define STOCK_SIZE 1112		/* ours goes on behind it */

static void *dl;

static void *symbol(const char *name)
{
	void *p = dlsym(dl, name);

	if (!p) {
		fprintf(stderr, "%s\n", dlerror());
		exit(1);
	}
	return p;
}

/* A field that is nowhere, or in two places, is not what this looks for. */
static void found(const char *field, size_t at, unsigned int times)
{
	printf("%s: %zu\n", field, at);
	if (times == 1)
		return;
	fprintf(stderr, "%s: seen at %u places\n", field, times);
	exit(1);
}

/* The one place of 8 bytes that holds this pointer. */
static void seek(const char *field, xc_interface *xch, const void *value)
{
	size_t at, last = 0;
	unsigned int times = 0;

	for (at = 0; at < STOCK_SIZE; at += 8) {
		if (memcmp((char *)xch + at, &value, 8))
			continue;
		last = at;
		times++;
	}
	found(field, last, times);
}

/* Which place does this function look at? */
static void seek_getter(const char *name, xc_interface *xch)
{
	void *(*get)(xc_interface *) = (void *(*)(xc_interface *))symbol(name);
	void *mark = &mark;
	unsigned int times = 0;
	size_t last = 0;
	char *at;

	for (at = (char *)xch + 1072; at < (char *)xch + STOCK_SIZE; at += 8) {
		char before[8];

		memcpy(before, at, 8);
		memcpy(at, &mark, 8);
		if (get(xch) == mark) {
			last = at - (char *)xch;
			times++;
		}
		memcpy(at, before, 8);
	}
	found(name, last, times);
}

static void quiet(xentoollog_logger *logger, xentoollog_level level,
		  int errnoval, const char *context, const char *format,
		  va_list al)
{
	(void)logger, (void)level, (void)errnoval, (void)context;
	(void)format, (void)al;
}

static void destroyed(xentoollog_logger *logger)
{
	printf(" %s", logger->vmessage ? "a logger" : "");
}

int main(int argc, char **argv)
{
	xentoollog_logger logger = { .vmessage = quiet, .destroy = destroyed };
	xentoollog_logger builder = logger, left = logger;
	xc_interface *(*xopen)(xentoollog_logger *, xentoollog_logger *,
			       unsigned int);
	void (*report)(xc_interface *, int, const char *, ...);
	const char *(*prefix)(xc_interface *, const char *);
	const xc_error *(*last)(xc_interface *);
	int (*xclose)(xc_interface *);
	const char *doing = "doing";
	xentoollog_logger *p = &left;
	xc_hypercall_buffer_t *null;
	xc_interface *xch;
	unsigned int i;

	dl = argc == 2 ? dlopen(argv[1], RTLD_NOW) : NULL;
	if (!dl) {
		fprintf(stderr, "%s\n", argc == 2 ? dlerror() : "no library");
		return 1;
	}
	xopen = symbol("xc_interface_open");
	xclose = symbol("xc_interface_close");
	report = symbol("xc_report_error");
	prefix = symbol("xc_set_progress_prefix");
	last = symbol("xc_get_last_error");
	xch = xopen(&logger, &builder, XC_OPENFLAG_DUMMY);
	if (!xch)
		return 1;
	printf("large enough: %d\n", malloc_usable_size(xch) >= STOCK_SIZE);
	printf("flags at 0: %d\n", *(int *)xch);
	seek("error_handler", xch, &logger);
	seek("dombuild_logger", xch, &builder);
	prefix(xch, doing);
	seek("currently_progress_reporting", xch, doing);
	report(xch, XC_OUT_OF_MEMORY, "text");
	printf("last_error: %td, %d bytes, message %zu\n",
	       (char *)last(xch) - (char *)xch, (int)sizeof(xc_error),
	       offsetof(xc_error, message));
	seek_getter("xc_interface_xcall_handle", xch);
	seek_getter("xc_interface_fmem_handle", xch);
	seek_getter("xc_interface_dmod_handle", xch);
	/* dombuild_logger_file: libxenguest opens it if it finds NULL. */
	printf("NULL at 1072: %d\n", !*(void **)((char *)xch + 1072));

	null = symbol("xc__hypercall_buffer_HYPERCALL_BUFFER_NULL");
	printf("buffer: %zu bytes:", sizeof(*null));
	for (i = 0; i < sizeof(*null); i++)
		printf(" %02x", ((unsigned char *)null)[i]);
	printf("\nin it: %zu %zu %zu %zu %zu\n",
	       offsetof(xc_hypercall_buffer_t, hbuf),
	       offsetof(xc_hypercall_buffer_t, param_shadow),
	       offsetof(xc_hypercall_buffer_t, dir),
	       offsetof(xc_hypercall_buffer_t, ubuf),
	       offsetof(xc_hypercall_buffer_t, sz));

	/* What libxenguest left there is destroyed. */
	memcpy((char *)xch + 32, &p, sizeof(p));
	printf("closed:");
	printf(" %d\n", xclose(xch));
	return 0;
}
