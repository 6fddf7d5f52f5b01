/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Stock's libxenforeignmemory, libxengnttab, libxenevtchn, libxencall,
 * libxendevicemodel and libxenstore and ours in one program, and what they say
 * compared.
 *
 * A case makes calls and writes down what came of them, once with stock's and
 * once with ours. The two texts must be the same, byte for byte. Every call
 * writes down its value (of a pointer: whether there is one), errno, which is
 * SAID before it, and what the logger was told.
 */
#ifndef DROP_DIFF_H
#define DROP_DIFF_H

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <xenctrl.h>
#include <xencall.h>
#include <xendevicemodel.h>
#include <xenevtchn.h>
#include <xenforeignmemory.h>
#include <xengnttab.h>
#include <xenstore.h>
#include <xentoollog.h>

#include "kselftest.h"
#include "xenbatch.h"
#include "../../../uapi/xenbatch.h"
#include "drop_functions.h"

#define NR(a)	(sizeof(a) / sizeof((a)[0]))
#define PAGE	4096UL
#define RW	(PROT_READ | PROT_WRITE)
#define SAID	77	/* errno before each call */

struct api {
#define F(program, name) __typeof__(&name) name;
	DROP_FUNCTIONS(F)
#undef F
};

enum fn {
#define F(program, name) fn_##name,
	DROP_FUNCTIONS(F)
#undef F
	NR_FN
};

struct catcher {
	xentoollog_logger vtable;
	char text[4096];
	size_t len;
};

enum { STOCK, OURS, NR_MODES };
struct mode {
	const char *name;
	struct api api;
	struct catcher log;
	FILE *out;		/* what is written down */
	/* Opened anew for each case. */
	xenforeignmemory_handle *fmem;
	xengnttab_handle *xgt;
};

/* libxencall first: stock's others need one, and take which is loaded. */
static const char *const libraries[] = {
	"libxencall.so.1", "libxendevicemodel.so.1", "libxenforeignmemory.so.1",
	"libxengnttab.so.1", "libxenevtchn.so.1", "libxenstore.so.4",
};
#define NR_LIBRARIES 6
static struct mode modes[NR_MODES];
static char paths[NR_MODES][NR_LIBRARIES][512];
static bool called[NR_FN];

/* Writing down */

static void note(struct mode *m, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
static inline void note(struct mode *m, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vfprintf(m->out, fmt, ap);
	va_end(ap);
	fputc('\n', m->out);
}

static inline void catch_message(xentoollog_logger *logger,
				 xentoollog_level level, int errnoval,
				 const char *context, const char *fmt,
				 va_list al)
{
	struct catcher *c = (struct catcher *)logger;
	int saved = errno;
	char text[1000];

	vsnprintf(text, sizeof(text), fmt, al);
	c->len += snprintf(c->text + c->len, sizeof(c->text) - c->len,
			   "[%d %d %s %s]", level, errnoval, context, text);
	if (c->len >= sizeof(c->text))
		c->len = sizeof(c->text) - 1;
	errno = saved;
}

static inline void catch_destroy(xentoollog_logger *logger)
{
	(void)logger;
}

/* Calls */

static inline void call_begin(struct mode *m, enum fn fn)
{
	called[fn] = true;
	m->log.len = 0;
	m->log.text[0] = 0;
	errno = SAID;
}

static inline void call_end(struct mode *m, const char *name, long ret)
{
	note(m, "%s = %ld, errno %d, log '%s'", name, ret, errno, m->log.text);
}

#define CALL(m, name, ...) ({ \
	call_begin(m, fn_##name); \
	int ret_ = (m)->api.name(__VA_ARGS__); \
	call_end(m, #name, ret_); \
	ret_; })

#define CALL_PTR(m, name, ...) ({ \
	call_begin(m, fn_##name); \
	__auto_type ptr_ = (m)->api.name(__VA_ARGS__); \
	call_end(m, #name, !!ptr_); \
	ptr_; })

/* Memory */

static sigjmp_buf fault_back;
static volatile sig_atomic_t fault_awaited;
static bool fault_ready;

static inline void on_fault(int sig)
{
	if (fault_awaited)
		siglongjmp(fault_back, sig);
	signal(sig, SIG_DFL);
	raise(sig);
}

/* Which signal does a look at this byte raise (0: none), or a write to it? */
static inline int faults(volatile void *p, bool write)
{
	const struct sigaction action = {
		.sa_handler = on_fault,
		.sa_flags = SA_NODEFER,	/* so that no mask is to be saved */
	};
	volatile char *c = p;
	int sig;

	if (!fault_ready) {
		sigaction(SIGSEGV, &action, NULL);
		sigaction(SIGBUS, &action, NULL);
		fault_ready = true;
	}
	sig = sigsetjmp(fault_back, 0);
	if (!sig) {
		fault_awaited = 1;
		if (write)
			*c = *c;
		else
			(void)*c;
	}
	fault_awaited = 0;
	return sig;
}

/* Page number n of the material holds this, from side to side. */
static inline uint32_t word_of(uint32_t n, uint32_t i)
{
	return n * 0x01000193U ^ i * 0x9e3779b1U;
}

static inline void pattern_write(void *page, uint32_t n)
{
	uint32_t *w = page, i;

	for (i = 0; i < PAGE / 4; i++)
		w[i] = word_of(n, i);
}

static inline bool pattern_is(const void *page, uint32_t n)
{
	const uint32_t *w = page;
	uint32_t i;

	/* Some of it, from end to end: this is emulated, and done often. */
	for (i = 0; i < PAGE / 4; i += 31)
		if (w[i] != word_of(n, i))
			return false;
	return true;
}

/* An address that the compiler knows nothing of: it warns of bad ones. */
static inline void *wild(uintptr_t addr)
{
	__asm__ volatile("" : "+r"(addr));
	return (void *)addr;
}

/* Is there anything mapped at this place? */
static inline bool is_mapped(void *addr)
{
	unsigned char vec;

	return !mincore(addr, PAGE, &vec) || errno != ENOMEM;
}

/* Run fn in a child, and write down what it does, and how it ends. */
static inline void in_child(struct mode *m, void (*fn)(struct mode *m))
{
	char text[8192];
	int fds[2], status;
	ssize_t n;
	pid_t pid;

	fflush(m->out);
	if (pipe(fds))
		return;
	pid = fork();
	if (!pid) {
		m->out = fdopen(fds[1], "w");
		fn(m);
		fflush(m->out);
		_exit(0);
	}
	close(fds[1]);
	while ((n = read(fds[0], text, sizeof(text))) > 0)
		fwrite(text, 1, n, m->out);
	close(fds[0]);
	waitpid(pid, &status, 0);
	note(m, "child: status %x", status);
}

/* The module */

static inline bool module_is_used(void)
{
	const char *name = getenv("XENBATCH_BACKEND");

	return (!name || !*name || !strcmp(name, "module")) &&
	       !access(XENBATCH_DEVICE, R_OK | W_OK);
}

/* What a counter of the module says for all contexts together; 0 without it. */
static inline uint64_t module_counter(const char *name)
{
	struct xenbatch_counter c = { .index = 0 };
	int fd = open(XENBATCH_DEVICE, O_RDWR | O_CLOEXEC);
	uint64_t total = 0;

	if (fd < 0)
		return 0;
	for (; !ioctl(fd, XENBATCH_IOC_COUNTER, &c);
	     c = (struct xenbatch_counter){ .index = c.index + 1 })
		if (!strcmp(c.name, name))
			total = c.total;
	close(fd);
	return total;
}

/* The program */

static inline void *symbol(void *dl, const char *name)
{
	void *p = dlsym(dl, name);

	if (!p)
		ksft_exit_fail_msg("%s\n", dlerror());
	return p;
}

/* The first of these folders that has the library. */
static inline bool in_folders(const char *list, const char *name, char *path)
{
	size_t len;

	while (list && *list) {
		len = strcspn(list, ":");
		snprintf(path, 512, "%.*s/%s", (int)len, list, name);
		if (!access(path, R_OK))
			return true;
		list += len + (list[len] == ':');
	}
	return false;
}

/* Ours: on LD_LIBRARY_PATH or in build/lib. Stock's: the distribution's. */
static inline void find_libraries(void)
{
	char exe[400];
	ssize_t n = readlink("/proc/self/exe", exe, sizeof(exe) - 20);
	int i;

	exe[n > 0 ? n : 0] = 0;
	if (strrchr(exe, '/'))
		strcpy(strrchr(exe, '/'), "/../../lib");
	for (i = 0; i < NR_LIBRARIES; i++) {
		if (!in_folders(getenv("LD_LIBRARY_PATH"), libraries[i],
				paths[OURS][i]) &&
		    !in_folders(exe, libraries[i], paths[OURS][i]))
			ksft_exit_fail_msg("our %s is not found\n",
					   libraries[i]);
		if (!in_folders("/usr/lib/x86_64-linux-gnu:"
				"/usr/lib/aarch64-linux-gnu:/usr/lib64:"
				"/usr/lib", libraries[i], paths[STOCK][i]))
			ksft_exit_fail_msg("stock's %s is not found\n",
					   libraries[i]);
	}
}

static inline void open_mode(struct mode *m, const char *name, int which)
{
	void *dl[NR_LIBRARIES];
	int i;

	m->name = name;
	for (i = 0; i < NR_LIBRARIES; i++) {
		dl[i] = dlopen(paths[which][i], RTLD_NOW | RTLD_LOCAL);
		if (!dl[i])
			ksft_exit_fail_msg("%s\n", dlerror());
	}
#define F(program, fn) m->api.fn = symbol(dl[0], #fn);
	CALL_FUNCTIONS(F)
#undef F
#define F(program, fn) m->api.fn = symbol(dl[1], #fn);
	DEVICEMODEL_FUNCTIONS(F)
#undef F
#define F(program, fn) m->api.fn = symbol(dl[2], #fn);
	FOREIGN_FUNCTIONS(F)
#undef F
#define F(program, fn) m->api.fn = symbol(dl[3], #fn);
	GNTTAB_FUNCTIONS(F)
#undef F
#define F(program, fn) m->api.fn = symbol(dl[4], #fn);
	EVTCHN_FUNCTIONS(F)
#undef F
#define F(program, fn) m->api.fn = symbol(dl[5], #fn);
	XS_FUNCTIONS(F)
#undef F
	m->log.vtable = (xentoollog_logger){
		.vmessage = catch_message,
		.destroy = catch_destroy,
	};
}

static inline void open_modes(void)
{
	/* From the first mapping on, and not only from where it is worth it. */
	if (module_is_used())
		setenv("XENBATCH_BACKEND", "module", 1);
	find_libraries();
	open_mode(&modes[STOCK], "stock", STOCK);
	open_mode(&modes[OURS], "ours", OURS);
#define F(program, fn) \
	if (modes[STOCK].api.fn == modes[OURS].api.fn) \
		ksft_exit_fail_msg("%s is the same in both\n", #fn);
	DROP_FUNCTIONS(F)
#undef F
	if (access("/dev/xen/privcmd", R_OK))
		ksft_exit_skip("no Xen here: %s\n", strerror(errno));
}

/* The first line in which a and b differ. */
static inline void show_difference(const char *a, const char *b)
{
	while (*a && *b) {
		size_t la = strcspn(a, "\n"), lb = strcspn(b, "\n");

		if (la != lb || memcmp(a, b, la)) {
			ksft_print_msg("stock: %.*s\n", (int)la, a);
			ksft_print_msg("ours:  %.*s\n", (int)lb, b);
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
};

static inline void run_mode(const struct diff_case *c, struct mode *m,
			    char **text)
{
	size_t len;

	m->out = open_memstream(text, &len);
	m->fmem = m->api.xenforeignmemory_open(&m->log.vtable, 0);
	m->xgt = m->api.xengnttab_open(&m->log.vtable, 0);
	if (m->fmem && m->xgt)
		c->run(m);
	else
		note(m, "not opened: %s", strerror(errno));
	note(m, "closed: %d %d", m->api.xenforeignmemory_close(m->fmem),
	     m->api.xengnttab_close(m->xgt));
	fclose(m->out);
}

static inline void run_cases(const struct diff_case *cases, size_t nr)
{
	char *text[NR_MODES];
	bool same;
	size_t i;

	for (i = 0; i < nr; i++) {
		run_mode(&cases[i], &modes[STOCK], &text[STOCK]);
		run_mode(&cases[i], &modes[OURS], &text[OURS]);
		same = !strcmp(text[STOCK], text[OURS]);
		if (!same)
			show_difference(text[STOCK], text[OURS]);
		if (getenv("XENBATCH_DIFF_SHOW"))
			printf("%s", text[OURS]);
		ksft_test_result(same, "%s\n", cases[i].name);
		free(text[STOCK]);
		free(text[OURS]);
	}
}

/* Was every function that is this program's called? */
static inline void all_called(const char *program)
{
	static const struct {
		const char *program, *name;
	} list[] = {
#define F(program, name) { #program, #name },
		DROP_FUNCTIONS(F)
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

/* With the module it must have been what ours used, and not without. */
static inline void module_was_used(const char *counter, uint64_t before)
{
	uint64_t n = module_counter(counter) - before;

	ksft_test_result(module_is_used() ? n > 0 : !n,
			 "the module was used as it should be: %s %llu\n",
			 counter, (unsigned long long)n);
}

#endif /* DROP_DIFF_H */
