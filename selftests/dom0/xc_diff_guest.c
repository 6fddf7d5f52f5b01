// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Promise: what libxenguest needs of libxenctrl more than others is as in
 * stock's: page types, page-table updates, HVM domains' state and parameters,
 * bitmaps, and files read and written whole.
 */
#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>

#include "helper/xc_diff.h"
#include "helper/xc_frames.h"

static uint32_t strangers[8];
static unsigned int nr_strangers;

static void types(struct mode *m)
{
	static const unsigned int counts[] = { 0, 1, 8, 1024, 1025, 5000 };
	static xen_pfn_t list[5000];
	xen_pfn_t f[8];
	unsigned int i, j;

	give(m, 8, 0, f);
	for (j = 0; j < NR(counts); j++) {
		number(list, NR(list), NO_FRAME);
		memcpy(list, f, sizeof(f));
		CALL(m, xc_get_pfn_type_batch, m->twin, counts[j], list);
		/* Where Xen wrote nothing the frames are what they were. */
		note(m, "kept %d", !memcmp(list, f, sizeof(f)));
		bytes(m, "rest", list + 8, sizeof(list) - sizeof(f));
		if (counts[j] >= 8 && counts[j] <= 1024)
			bytes(m, "first", list, sizeof(f));
		for (i = 0; i < nr_strangers; i++) {
			number(list, NR(list), NO_FRAME);
			CALL(m, xc_get_pfn_type_batch, strangers[i], counts[j],
			     list);
			bytes(m, "types", list, 64);
			CALL(m, xc_get_pfn_type_batch, strangers[i], counts[j],
			     NULL);
		}
	}
	take(m, 8, 0, f);
}

static void extended(struct mode *m)
{
	static const unsigned int cmds[] = {
		MMUEXT_TLB_FLUSH_LOCAL, MMUEXT_TLB_FLUSH_ALL,
		MMUEXT_INVLPG_LOCAL, MMUEXT_PIN_L1_TABLE, MMUEXT_UNPIN_TABLE,
		MMUEXT_CLEAR_PAGE, 99, ~0U,
	};
	struct mmuext_op op[3];
	unsigned int i, j;

	for (i = 0; i < NR(cmds); i++) {
		memset(op, 0, sizeof(op));
		for (j = 0; j < 3; j++) {
			op[j].cmd = cmds[i];
			op[j].arg1.mfn = NO_FRAME;
		}
		for (j = 0; j < nr_strangers; j++) {
			CALL(m, xc_mmuext_op, op, 1, strangers[j]);
			CALL(m, xc_mmuext_op, op, 3, strangers[j]);
			CALL(m, xc_mmuext_op, op, 0, strangers[j]);
			bytes(m, "op", op, sizeof(op));
		}
	}
	CALL(m, xc_mmuext_op, NULL, 0, DOMID_SELF);
	CALL(m, xc_mmuext_op, NULL, 1, DOMID_SELF);
}

/* That frame is the domain's page pfn, in the machine's table. */
static unsigned long long ptr_of(xen_pfn_t frame)
{
	return (unsigned long long)frame << 12 | MMU_MACHPHYS_UPDATE;
}

static void updates(struct mode *m)
{
	xen_pfn_t f[8];
	struct xc_mmu *mmu;
	unsigned int i, j;

	give(m, 8, 0, f);
	mmu = CALL_PTR(m, xc_alloc_mmu_updates, m->twin);
	note(m, "idx %d, %d", mmu->idx, mmu->subject == m->twin);
	CALL(m, xc_flush_mmu_updates, mmu);
	for (i = 0; i < 8; i++)
		CALL(m, xc_add_mmu_update, mmu, ptr_of(f[i]), 100 + i);
	note(m, "idx %d", mmu->idx);
	CALL(m, xc_flush_mmu_updates, mmu);
	note(m, "idx %d", mmu->idx);
	/* The last of them submits. */
	for (i = 0; i < XC_MMU_UPDATES; i++) {
		note(m, "idx %d", mmu->idx);
		CALL(m, xc_add_mmu_update, mmu, ptr_of(f[i % 8]), i);
	}
	note(m, "idx %d", mmu->idx);
	for (i = 0; i < XC_MMU_UPDATES; i++)
		CALL(m, xc_add_mmu_update, mmu, ptr_of(i < 3 ? f[i] : NO_FRAME),
		     i);
	note(m, "idx %d", mmu->idx);
	CALL(m, xc_add_mmu_update, mmu, ptr_of(f[0]) | 2, 0);
	CALL(m, xc_flush_mmu_updates, mmu);
	free(mmu);
	for (j = 0; j < nr_strangers; j++) {
		mmu = CALL_PTR(m, xc_alloc_mmu_updates, strangers[j]);
		CALL(m, xc_add_mmu_update, mmu, ptr_of(NO_FRAME), 0);
		CALL(m, xc_flush_mmu_updates, mmu);
		note(m, "idx %d", mmu->idx);
		free(mmu);
	}
	take(m, 8, 0, f);
}

/* Flushed, freed, and submitted after that: libxenguest frees it at once. */
static void updates_freed(struct mode *m)
{
	struct xc_batch_result r = { 0 };
	struct xc_mmu *mmu;
	xen_pfn_t f[1];
	int n = 0;

	give(m, 1, 0, f);
	if (m->batched && m->begin(m->xch))
		ksft_exit_fail_msg("xc_batch_begin: %s\n", strerror(errno));
	mmu = m->api.xc_alloc_mmu_updates(m->xch, m->twin);
	m->api.xc_add_mmu_update(m->xch, mmu, ptr_of(f[0]), 5);
	r.ret = m->api.xc_flush_mmu_updates(m->xch, mmu);
	memset(mmu, 0xff, sizeof(*mmu));
	free(mmu);
	if (m->batched)
		n = m->commit(m->xch, &r, 1);
	/* A dom0 that is not PV cannot do it: 1, and that counts as failed. */
	note(m, "%ld, %d", r.ret, n == (m->batched && r.ret));
	take(m, 1, 0, f);
}

/* None of the domains is HVM, and Xen says so; sizes and buffers matter yet. */
static void hvm(struct mode *m)
{
	static uint8_t data[4096];
	unsigned long old;
	uint64_t value;
	unsigned int i, j;
	uint32_t d;

	for (i = 0; i < nr_strangers; i++) {
		d = strangers[i];
		memset(data, 0xcc, sizeof(data));
		CALL(m, xc_domain_hvm_getcontext, d, data, sizeof(data));
		bytes(m, "state", data, sizeof(data));
		CALL(m, xc_domain_hvm_getcontext, d, NULL, 0);
		CALL(m, xc_domain_hvm_getcontext, d, data, 0);
		CALL(m, xc_domain_hvm_setcontext, d, data, sizeof(data));
		CALL(m, xc_domain_hvm_setcontext, d, NULL, 0);
		memset(data, 0xcc, sizeof(data));
		CALL(m, xc_domain_hvm_getcontext_partial, d, 2, 0, data, 512);
		bytes(m, "state", data, 512);
		CALL(m, xc_domain_hvm_getcontext_partial, d, 99, 99, data, 0);
		CALL(m, xc_domain_hvm_getcontext_partial, d, 2, 0, NULL, 8);
		for (j = 0; j < 60; j += 7) {
			value = old = 77;
			CALL(m, xc_hvm_param_set, d, j, 5);
			CALL(m, xc_set_hvm_param, d, j, 5);
			CALL(m, xc_hvm_param_get, d, j, &value);
			CALL(m, xc_get_hvm_param, d, j, &old);
			note(m, "%lu %lu", value, old);
		}
	}
}

static void bits(struct mode *m)
{
	static const uint64_t words[] = { 0x0123456789abcdef, ~0UL, 0,
					  0xfedcba9876543210 };
	uint64_t w[5], x;
	uint8_t b[40];
	int n, i;

	for (n = -9; n <= 256; n++) {
		memset(b, 0xcc, sizeof(b));
		DO(m, bitmap_64_to_byte, b, words, n);
		bytes(m, "bytes", b, sizeof(b));
		memset(w, 0xcc, sizeof(w));
		DO(m, bitmap_byte_to_64, w, (const uint8_t *)words, n);
		bytes(m, "words", w, sizeof(w));
	}
	for (i = 0; i < 64; i++) {
		x = 0x8000000000000001 << i | 1UL << 63 >> (i % 7);
		note(m, "%d %d %d %d", DO(m, xc_ffs8, x), DO(m, xc_ffs16, x),
		     DO(m, xc_ffs32, x), DO(m, xc_ffs64, x));
		x = 1UL << i;
		note(m, "%d %d %d %d", DO(m, xc_ffs8, x), DO(m, xc_ffs16, x),
		     DO(m, xc_ffs32, x), DO(m, xc_ffs64, x));
	}
	note(m, "%d %d %d %d", DO(m, xc_ffs8, 0), DO(m, xc_ffs16, 0),
	     DO(m, xc_ffs32, 0), DO(m, xc_ffs64, 0));
}

static int temp_file(void)
{
	char name[] = "/tmp/xc_diff_guest.XXXXXX";
	int fd = mkstemp(name);

	if (fd < 0)
		ksft_exit_fail_msg("%s: %s\n", name, strerror(errno));
	unlink(name);
	return fd;
}

#define NOTE_RC(m, name, ...) ({ \
	errno = 0; \
	int rc_ = DO(m, name, __VA_ARGS__); \
	note(m, "%s = %d, errno %d", #name, rc_, rc_ ? errno : 0); })

static void files(struct mode *m)
{
	char data[1000], back[1000];
	int fd = temp_file(), i;

	for (i = 0; i < (int)sizeof(data); i++)
		data[i] = i * 7;
	NOTE_RC(m, write_exact, fd, data, sizeof(data));
	NOTE_RC(m, write_exact, fd, data, 0);
	note(m, "at %ld", (long)lseek(fd, 0, SEEK_CUR));
	errno = 77;
	DO(m, discard_file_cache, m->xch, fd, 0);
	note(m, "errno %d", errno);
	DO(m, discard_file_cache, m->xch, fd, 1);
	DO(m, discard_file_cache, m->xch, -1, 1);
	DO(m, discard_file_cache, m->xch, -1, 0);
	note(m, "errno %d", errno);
	lseek(fd, 0, SEEK_SET);
	memset(back, 0xcc, sizeof(back));
	NOTE_RC(m, read_exact, fd, back, sizeof(back));
	note(m, "same %d", !memcmp(data, back, sizeof(back)));
	NOTE_RC(m, read_exact, fd, back, 1);
	NOTE_RC(m, read_exact, fd, back, 0);
	lseek(fd, 990, SEEK_SET);
	memset(back, 0xcc, sizeof(back));
	NOTE_RC(m, read_exact, fd, back, 100);
	bytes(m, "back", back, 100);
	close(fd);
	NOTE_RC(m, read_exact, fd, back, 1);
	NOTE_RC(m, write_exact, fd, back, 1);
	fd = open("/dev/full", O_WRONLY);
	NOTE_RC(m, write_exact, fd, back, 1);
	close(fd);
}

/* Vectors of every shape, to a file and to a pipe that takes a bit at once. */
static void vectors(struct mode *m, int fd)
{
	static char data[70000];
	static const size_t lens[] = { 0, 1, 0, 0, 5000, 65536, 0, 7, 4096, 0 };
	static struct iovec v[2000];
	unsigned int i;

	for (i = 0; i < sizeof(data); i++)
		data[i] = i * 13;
	for (i = 0; i < NR(v); i++) {
		v[i].iov_base = data + i;
		v[i].iov_len = lens[i % NR(lens)] / (i < NR(lens) ? 1 : 64);
	}
	NOTE_RC(m, writev_exact, fd, v, 0);
	NOTE_RC(m, writev_exact, fd, v, 1);
	NOTE_RC(m, writev_exact, fd, v, 2);
	NOTE_RC(m, writev_exact, fd, v, NR(lens));
	NOTE_RC(m, writev_exact, fd, v, NR(v));
	NOTE_RC(m, writev_exact, fd, v + 2, 2);
}

static void to_file(struct mode *m)
{
	uint64_t sum = 0;
	int fd = temp_file();
	char c[4096];
	ssize_t n;
	int i;

	vectors(m, fd);
	lseek(fd, 0, SEEK_SET);
	while ((n = read(fd, c, sizeof(c))) > 0)
		for (i = 0; i < n; i++)
			sum = sum * 31 + (unsigned char)c[i];
	note(m, "%ld bytes, sum %lx", (long)lseek(fd, 0, SEEK_CUR), sum);
	close(fd);
	vectors(m, fd);
	fd = open("/dev/full", O_WRONLY);
	vectors(m, fd);
	close(fd);
}

/* The other end of a pipe: how much, and which bytes; by its exit code. */
static pid_t reader(int fd[2], int result)
{
	struct { uint64_t n, sum; } r = { 0, 0 };
	pid_t pid = fork();
	char c[1000];
	ssize_t n;
	int i;

	if (pid)
		return pid;
	close(fd[1]);
	while ((n = read(fd[0], c, sizeof(c))) > 0) {
		for (i = 0; i < n; i++)
			r.sum = r.sum * 31 + (unsigned char)c[i];
		r.n += n;
	}
	_exit(write(result, &r, sizeof(r)) != sizeof(r));
}

static void nothing(int sig)
{
	(void)sig;
}

/* Signals all the while: neither lost nor written twice. */
static void to_pipe(struct mode *m)
{
	struct sigaction sa = { .sa_handler = nothing }, old;
	struct { uint64_t n, sum; } r = { 0, 0 };
	int fd[2], out = temp_file(), status;
	pid_t pid, ticker, parent = getpid();

	sigaction(SIGUSR1, &sa, &old);
	if (pipe(fd))
		ksft_exit_fail_msg("pipe: %s\n", strerror(errno));
	pid = reader(fd, out);
	close(fd[0]);
	ticker = fork();
	if (!ticker) {
		close(fd[1]);
		while (getppid() == parent && !kill(parent, SIGUSR1))
			usleep(200);
		_exit(0);
	}
	vectors(m, fd[1]);
	kill(ticker, SIGKILL);
	waitpid(ticker, &status, 0);
	close(fd[1]);
	waitpid(pid, &status, 0);
	sigaction(SIGUSR1, &old, NULL);
	note(m, "status %d, %ld", status,
	     (long)pread(out, &r, sizeof(r), 0));
	note(m, "%lu bytes, sum %lx", r.n, r.sum);
	close(out);
}

static const struct diff_case cases[] = {
	{ "types of pages", types, 1 },
	{ "extended operations", extended, 1 },
	{ "updates", updates, 1 },
	{ "updates freed before they are made", updates_freed, 1 },
	{ "HVM state and parameters", hvm, 1 },
	{ "bits", bits, 1 },
	{ "files", files, 1 },
	{ "vectors to a file", to_file, 1 },
	{ "vectors to a pipe, under signals", to_pipe, 1 },
};

int main(void)
{
	unsigned int i;

	ksft_print_header();
	open_modes();
	make_domains();
	allow_memory();
	strangers[nr_strangers++] = dom_a;
	for (i = 0; i < NR(bad_domids); i++)
		strangers[nr_strangers++] = bad_domids[i];
	ksft_set_plan(NR(cases) + 1);
	run_cases(cases, NR(cases));
	all_called("xc_diff_guest");
	end_domains();
	ksft_finished();
}
