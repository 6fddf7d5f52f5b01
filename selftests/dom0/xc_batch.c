// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Promise: calls between xc_batch_begin and xc_batch_commit run in the
 * program's order, each with its own result, in one system call; what cannot
 * wait does not, and order stays; and nothing that goes wrong with one call, a
 * signal, memory or a fork is taken out on the others.
 */
#include <pthread.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>

#include "kselftest_harness.h"

#include "helper/skip.h"
#include "helper/xc_domain.h"
#include "xenbatch.h"
#include "xenbatch_xc.h"

#define MANY 10000

FIXTURE(batch)
{
	xc_interface *xch;
	uint32_t domid;
	struct xc_batch_result *results;
	xc_vcpuinfo_t *vcpu;
};

FIXTURE_SETUP(batch)
{
	self->xch = xc_interface_open(NULL, NULL, 0);
	if (!self->xch)
		SKIP_TEST("no Xen here");
	ASSERT_EQ(0, new_domain(self->xch, &self->domid));
	self->results = calloc(MANY, sizeof(*self->results));
	self->vcpu = calloc(MANY, sizeof(*self->vcpu));
	ASSERT_TRUE(self->results && self->vcpu);
}

FIXTURE_TEARDOWN(batch)
{
	xc_batch_cancel(self->xch);
	end_domain(self->xch, self->domid);
	xc_interface_close(self->xch);
	free(self->results);
	free(self->vcpu);
}

static void set_handle(xc_interface *xch, uint32_t domid, uint8_t value)
{
	xen_domain_handle_t handle;

	memset(handle, value, sizeof(handle));
	xc_domain_sethandle(xch, domid, handle);
}

/* What each reads must be what the one before wrote. */
TEST_F(batch, order)
{
	xc_dominfo_t info[100];
	int i, maps = 0, max = xc_get_max_cpus(self->xch);
	uint8_t map[100][128];
	char text[100][32];

	ASSERT_LT(0, max);
	memset(map, 0, sizeof(map));
	ASSERT_EQ(0, xc_batch_begin(self->xch));
	for (i = 0; i < 100; i++) {
		set_handle(self->xch, self->domid, i);
		EXPECT_EQ(0, xc_domain_getinfo(self->xch, self->domid, 1,
					       &info[i]));
		EXPECT_EQ(0, xc_version(self->xch, XENVER_version, NULL));
		EXPECT_EQ(0, xc_version(self->xch, XENVER_extraversion,
					text[i]));
		EXPECT_EQ(0, xc_vcpu_getaffinity(self->xch, self->domid, i % 3,
						 map[i], NULL,
						 XEN_VCPUAFFINITY_HARD));
	}
	EXPECT_EQ(500, xc_batch_queued(self->xch));
	/* Every third asks for a vcpu that is not there. */
	EXPECT_EQ(33, xc_batch_commit(self->xch, self->results, MANY));
	for (i = 0; i < 100; i++) {
		EXPECT_EQ(i, info[i].handle[0]);
		EXPECT_EQ(self->domid, info[i].domid);
		EXPECT_EQ(0, self->results[5 * i].ret);
		EXPECT_EQ(1, self->results[5 * i + 1].ret);
		EXPECT_EQ(xc_version(self->xch, XENVER_version, NULL),
			  self->results[5 * i + 2].ret);
		EXPECT_STREQ(text[0], text[i]);
		EXPECT_EQ('.', text[i][0]);
		maps += map[i][0] & 1;
		EXPECT_EQ(i % 3 == 2 ? EINVAL : 0, self->results[5 * i + 4].err);
	}
	EXPECT_EQ(67, maps);
}

TEST_F(batch, errors)
{
	struct xen_sysctl bad = { .cmd = XEN_SYSCTL_getdomaininfolist };
	struct xen_domctl unknown = { .cmd = 99999 };
	struct xc_batch_result *r = self->results;
	xc_vcpuinfo_t info[4];

	memset(info, 0xcc, sizeof(info));
	bad.u.getdomaininfolist.max_domains = 5;
	set_xen_guest_handle_raw(bad.u.getdomaininfolist.buffer,
				 (xc_domaininfo_t *)4096);
	ASSERT_EQ(0, xc_batch_begin(self->xch));
	xc_vcpu_getinfo(self->xch, self->domid, 0, &info[0]);
	xc_vcpu_getinfo(self->xch, 31999, 0, &info[1]);
	xc_vcpu_getinfo(self->xch, self->domid, 7, &info[2]);
	xc_sysctl(self->xch, &bad);
	xc_domctl(self->xch, &unknown);
	EXPECT_EQ(-EINVAL, xc_version(self->xch, 77, NULL));
	xc_vcpu_getinfo(self->xch, self->domid, 1, &info[3]);
	EXPECT_EQ(5, xc_batch_commit(self->xch, r, 7));
	EXPECT_EQ(0, r[0].ret);
	EXPECT_EQ(0, r[0].err);
	EXPECT_EQ(-1, r[1].ret);
	EXPECT_EQ(ESRCH, r[1].err);
	EXPECT_EQ(-1, r[2].ret);
	EXPECT_EQ(EINVAL, r[2].err);
	EXPECT_EQ(-1, r[3].ret);
	EXPECT_EQ(EFAULT, r[3].err);
	EXPECT_EQ(-1, r[4].ret);
	EXPECT_NE(0, r[4].err);
	EXPECT_EQ(-EINVAL, r[5].ret);
	EXPECT_EQ(EINVAL, r[5].err);
	EXPECT_EQ(0, r[6].ret);
	EXPECT_EQ(0, info[0].vcpu);
	EXPECT_EQ(0, info[0].running);
	EXPECT_EQ(0xcccccccc, info[1].vcpu);
	EXPECT_EQ(1, info[3].vcpu);
}

static void queue_many(xc_interface *xch, uint32_t domid, xc_vcpuinfo_t *vcpu)
{
	int i;

	for (i = 0; i < MANY; i++)
		xc_vcpu_getinfo(xch, domid, i % 3, &vcpu[i]);
}

/* vcpu 2 of 0 and 1 is not there. */
static int many_are_right(struct xc_batch_result *r, xc_vcpuinfo_t *vcpu)
{
	int i;

	for (i = 0; i < MANY; i++) {
		if (i % 3 == 2 ? r[i].ret != -1 || r[i].err != EINVAL :
		    r[i].ret || r[i].err || vcpu[i].vcpu != (uint32_t)i % 3)
			return i;
	}
	return -1;
}

TEST_F(batch, ten_thousand)
{
	ASSERT_EQ(0, xc_batch_begin(self->xch));
	queue_many(self->xch, self->domid, self->vcpu);
	EXPECT_EQ(MANY, xc_batch_queued(self->xch));
	EXPECT_EQ(MANY / 3, xc_batch_commit(self->xch, self->results, MANY));
	EXPECT_EQ(-1, many_are_right(self->results, self->vcpu));
}

/* What needs an answer at once has it, in its place. */
TEST_F(batch, at_once)
{
	struct xc_batch_result *r = self->results;
	xc_cpupoolinfo_t *pool;
	xc_dominfo_t info[4], after;

	ASSERT_EQ(0, xc_batch_begin(self->xch));
	set_handle(self->xch, self->domid, 1);
	set_handle(self->xch, self->domid, 2);
	ASSERT_LE(1, xc_domain_getinfo(self->xch, self->domid, 4, info));
	EXPECT_EQ(2, info[0].handle[0]);
	set_handle(self->xch, self->domid, 3);
	pool = xc_cpupool_getinfo(self->xch, 0);
	ASSERT_NE(NULL, pool);
	EXPECT_LE(1, pool->n_dom);
	EXPECT_EQ(NULL, xc_cpupool_getinfo(self->xch, 4242));
	EXPECT_EQ(0, xc_domain_getinfo(self->xch, self->domid, 1, &after));
	EXPECT_EQ(7, xc_batch_queued(self->xch));
	EXPECT_EQ(1, xc_batch_commit(self->xch, r, 7));
	EXPECT_EQ(0, r[0].ret);
	EXPECT_EQ(0, r[1].ret);
	EXPECT_LE(1, r[2].ret);
	EXPECT_EQ(0, r[3].ret);
	EXPECT_EQ((long)pool, r[4].ret);
	EXPECT_EQ(0, r[4].err);
	EXPECT_EQ(0, r[5].ret);
	EXPECT_EQ(ENOENT, r[5].err);
	EXPECT_EQ(1, r[6].ret);
	EXPECT_EQ(3, after.handle[0]);
	xc_cpupool_infofree(self->xch, pool);
}

/* The same question gets the same bytes, at once and in a batch. */
TEST_F(batch, same_bytes)
{
	xc_vcpuinfo_t now, later[3];
	int i;

	memset(&now, 0xcc, sizeof(now));
	memset(later, 0x33, sizeof(later));
	ASSERT_EQ(0, xc_vcpu_getinfo(self->xch, self->domid, 1, &now));
	ASSERT_EQ(0, xc_batch_begin(self->xch));
	for (i = 0; i < 3; i++) {
		/* Leaves something else in the memory that is used next. */
		set_handle(self->xch, self->domid, 0xee);
		xc_vcpu_getinfo(self->xch, self->domid, 1, &later[i]);
	}
	EXPECT_EQ(0, xc_batch_commit(self->xch, NULL, 0));
	for (i = 0; i < 3; i++)
		EXPECT_EQ(0, memcmp(&now, &later[i], sizeof(now)));
}

/* A structure may be changed when it was queued; its copy was. */
TEST_F(batch, copied_when_queued)
{
	struct xen_domctl d = { .cmd = XEN_DOMCTL_setdomainhandle };
	xc_dominfo_t info;

	d.domain = self->domid;
	memset(d.u.setdomainhandle.handle, 9, 16);
	ASSERT_EQ(0, xc_batch_begin(self->xch));
	EXPECT_EQ(0, xc_domctl(self->xch, &d));
	memset(&d, 0xff, sizeof(d));
	EXPECT_EQ(0, xc_batch_commit(self->xch, NULL, 0));
	EXPECT_EQ(XEN_DOMCTL_setdomainhandle, d.cmd);
	ASSERT_EQ(1, xc_domain_getinfo(self->xch, self->domid, 1, &info));
	EXPECT_EQ(9, info.handle[15]);
}

TEST_F(batch, cancel_and_mistakes)
{
	struct xc_batch_result r[2] = { { 7, 7, 7 }, { 7, 7, 7 } };
	xc_dominfo_t info;

	EXPECT_EQ(-1, xc_batch_commit(self->xch, r, 2));
	EXPECT_EQ(EINVAL, errno);
	EXPECT_EQ(-1, xc_batch_cancel(self->xch));
	EXPECT_EQ(EINVAL, errno);
	EXPECT_EQ(-1, xc_batch_queued(self->xch));
	EXPECT_EQ(EINVAL, errno);

	set_handle(self->xch, self->domid, 5);
	ASSERT_EQ(0, xc_batch_begin(self->xch));
	EXPECT_EQ(-1, xc_batch_begin(self->xch));
	EXPECT_EQ(EBUSY, errno);
	set_handle(self->xch, self->domid, 6);
	EXPECT_EQ(1, xc_batch_queued(self->xch));
	EXPECT_EQ(0, xc_batch_cancel(self->xch));
	ASSERT_EQ(1, xc_domain_getinfo(self->xch, self->domid, 1, &info));
	EXPECT_EQ(5, info.handle[0]);

	ASSERT_EQ(0, xc_batch_begin(self->xch));
	EXPECT_EQ(0, xc_batch_commit(self->xch, r, 2));
	EXPECT_EQ(7, r[0].ret);
	/* Fewer results than calls, and more. */
	ASSERT_EQ(0, xc_batch_begin(self->xch));
	set_handle(self->xch, 31999, 1);
	set_handle(self->xch, self->domid, 1);
	EXPECT_EQ(1, xc_batch_commit(self->xch, r, 1));
	EXPECT_EQ(ESRCH, r[0].err);
	EXPECT_EQ(7, r[1].err);
	ASSERT_EQ(0, xc_batch_begin(self->xch));
	set_handle(self->xch, 31999, 1);
	EXPECT_EQ(1, xc_batch_commit(self->xch, NULL, 5));
}

/* What is no question to Xen has no place in a batch. */
TEST_F(batch, outside)
{
	DECLARE_HYPERCALL_BUFFER(char, buf);
	xc_cpumap_t map;

	ASSERT_EQ(0, xc_batch_begin(self->xch));
	EXPECT_LT(0, xc_get_max_cpus(self->xch));
	EXPECT_LT(0, xc_get_online_cpus(self->xch));
	map = xc_cpumap_alloc(self->xch);
	EXPECT_NE(NULL, map);
	free(map);
	buf = xc_hypercall_buffer_alloc(self->xch, buf, 100);
	EXPECT_NE(NULL, buf);
	xc_hypercall_buffer_free(self->xch, buf);
	EXPECT_EQ(0, xc_batch_queued(self->xch));
	EXPECT_EQ(0, xc_batch_commit(self->xch, NULL, 0));
}

static volatile sig_atomic_t ticks;

static void tick(int sig)
{
	(void)sig;
	ticks++;
}

TEST_F(batch, signals)
{
	struct itimerval often = { { 0, 500 }, { 0, 500 } }, never = { 0 };
	int round;

	signal(SIGALRM, tick);
	for (round = 0; round < 50 && (ticks < 5 || round < 3); round++) {
		ASSERT_EQ(0, xc_batch_begin(self->xch));
		queue_many(self->xch, self->domid, self->vcpu);
		ASSERT_EQ(0, setitimer(ITIMER_REAL, &often, NULL));
		EXPECT_EQ(MANY / 3,
			  xc_batch_commit(self->xch, self->results, MANY));
		ASSERT_EQ(0, setitimer(ITIMER_REAL, &never, NULL));
		EXPECT_EQ(-1, many_are_right(self->results, self->vcpu));
	}
	EXPECT_LE(5, ticks);
}

/*
 * More than the arena holds at a time: it takes more than one system call, and
 * nothing else changes. More than it holds at all: that one call fails.
 */
TEST_F(batch, arena_exhausted)
{
	const unsigned int doms = (1 << 20) / sizeof(xc_domaininfo_t);
	xc_domaininfo_t *list = malloc(doms * sizeof(*list));
	xc_dominfo_t info[300];
	int i;

	ASSERT_NE(NULL, list);
	ASSERT_EQ(0, xc_batch_begin(self->xch));
	for (i = 0; i < 300; i++) {
		set_handle(self->xch, self->domid, i);
		EXPECT_EQ(0, xc_domain_getinfolist(self->xch, 0, doms, list));
		EXPECT_EQ(0, xc_domain_getinfo(self->xch, self->domid, 1,
					       &info[i]));
	}
	EXPECT_EQ(-1, xc_domain_getinfolist(self->xch, 0, 0xfffffff0, list));
	EXPECT_EQ(ENOMEM, errno);
	set_handle(self->xch, self->domid, 77);
	EXPECT_EQ(902, xc_batch_queued(self->xch));
	EXPECT_EQ(1, xc_batch_commit(self->xch, self->results, MANY));
	for (i = 0; i < 300; i++) {
		EXPECT_EQ((uint8_t)i, info[i].handle[0]);
		EXPECT_LE(2, self->results[3 * i + 1].ret);
	}
	EXPECT_EQ(-1, self->results[900].ret);
	EXPECT_EQ(ENOMEM, self->results[900].err);
	EXPECT_EQ(0, self->results[901].err);
	/* All of it was given back. */
	EXPECT_LE(2, xc_domain_getinfolist(self->xch, 0, doms, list));
	free(list);
}

/* The child has no batch; the parent's is as it was. */
TEST_F(batch, fork)
{
	xc_dominfo_t info;
	int status;
	pid_t pid;

	ASSERT_EQ(0, xc_batch_begin(self->xch));
	set_handle(self->xch, self->domid, 11);
	queue_many(self->xch, self->domid, self->vcpu);
	pid = fork();
	ASSERT_LE(0, pid);
	if (!pid) {
		int bad = 0;

		bad |= xc_domain_getinfo(self->xch, self->domid, 1, &info) != 1;
		bad |= (info.handle[0] == 11) << 1;
		bad |= (xc_batch_queued(self->xch) != -1 ||
			errno != ESTALE) << 2;
		bad |= (xc_batch_commit(self->xch, self->results, 5) != -1 ||
			errno != ESTALE) << 3;
		bad |= (xc_batch_commit(self->xch, self->results, 5) != -1 ||
			errno != EINVAL) << 4;
		bad |= xc_batch_begin(self->xch) << 5;
		set_handle(self->xch, self->domid, 12);
		xc_domain_getinfo(self->xch, self->domid, 1, &info);
		bad |= (xc_batch_commit(self->xch, self->results, 2) != 0 ||
			info.handle[0] != 12) << 6;
		_exit(bad);
	}
	ASSERT_EQ(pid, waitpid(pid, &status, 0));
	EXPECT_EQ(0, status);
	ASSERT_EQ(0, xc_domain_getinfo(self->xch, self->domid, 1, &info));
	EXPECT_EQ(MANY / 3, xc_batch_commit(self->xch, self->results, MANY));
	EXPECT_EQ(11, info.handle[0]);
}

TEST_F(batch, two_handles)
{
	xc_interface *other = xc_interface_open(NULL, NULL, 0);
	struct xc_batch_result r[4];
	xc_dominfo_t a, b;

	ASSERT_NE(NULL, other);
	ASSERT_EQ(0, xc_batch_begin(self->xch));
	ASSERT_EQ(0, xc_batch_begin(other));
	set_handle(self->xch, self->domid, 21);
	set_handle(other, self->domid, 22);
	xc_domain_getinfo(self->xch, self->domid, 1, &a);
	xc_domain_getinfo(other, self->domid, 1, &b);
	EXPECT_EQ(2, xc_batch_queued(self->xch));
	EXPECT_EQ(2, xc_batch_queued(other));
	EXPECT_EQ(0, xc_batch_commit(self->xch, r, 2));
	EXPECT_EQ(21, a.handle[0]);
	EXPECT_EQ(0, xc_batch_commit(other, r, 2));
	EXPECT_EQ(22, b.handle[0]);
	EXPECT_EQ(0, xc_interface_close(other));
}

struct worker {
	pthread_t thread;
	xc_interface *xch;
	uint32_t domid;
	int rounds;
	int bad;
};

static void *work(void *arg)
{
	struct worker *w = arg;
	struct xc_batch_result r[64];
	xc_vcpuinfo_t info[64], one;
	int i, round;

	for (round = 0; round < w->rounds; round++) {
		memset(info, 0xcc, sizeof(info));
		w->bad += xc_batch_begin(w->xch) != 0;
		for (i = 0; i < 64; i++)
			w->bad += xc_vcpu_getinfo(w->xch, w->domid, i % 3,
						  &info[i]) != 0;
		w->bad += xc_batch_commit(w->xch, r, 64) != 21;
		for (i = 0; i < 64; i++)
			w->bad += i % 3 == 2 ? r[i].err != EINVAL :
				  r[i].err || info[i].vcpu != (uint32_t)i % 3;
		w->bad += xc_vcpu_getinfo(w->xch, w->domid, 1, &one) != 0;
		w->bad += one.vcpu != 1;
	}
	return NULL;
}

static int work_together(xc_interface *xch, uint32_t domid, int nr, int rounds,
			 bool own)
{
	struct worker w[16];
	int i, bad = 0;

	for (i = 0; i < nr; i++) {
		w[i] = (struct worker){ .xch = xch, .domid = domid,
					.rounds = rounds };
		if (own)
			w[i].xch = xc_interface_open(NULL, NULL, 0);
		if (!w[i].xch || pthread_create(&w[i].thread, NULL, work,
						&w[i]))
			return -1;
	}
	for (i = 0; i < nr; i++) {
		pthread_join(w[i].thread, NULL);
		bad += w[i].bad;
		if (own)
			xc_interface_close(w[i].xch);
	}
	return bad;
}

TEST_F(batch, two_threads_one_handle)
{
	EXPECT_EQ(0, work_together(self->xch, self->domid, 2, 500, false));
}

TEST_F(batch, sixteen_threads_one_handle)
{
	EXPECT_EQ(0, work_together(self->xch, self->domid, 16, 50, false));
}

TEST_F(batch, sixteen_threads_sixteen_handles)
{
	EXPECT_EQ(0, work_together(self->xch, self->domid, 16, 50, true));
}

/* Another thread's calls are immediate while this one has a batch. */
static void *call_now(void *arg)
{
	struct worker *w = arg;
	xc_vcpuinfo_t info = { 0 };

	w->bad = xc_batch_queued(w->xch) != -1 || errno != EINVAL;
	w->bad |= xc_vcpu_getinfo(w->xch, w->domid, 1, &info) || info.vcpu != 1;
	return NULL;
}

TEST_F(batch, others_stay_immediate)
{
	struct worker w = { .xch = self->xch, .domid = self->domid };
	xc_vcpuinfo_t info;

	ASSERT_EQ(0, xc_batch_begin(self->xch));
	xc_vcpu_getinfo(self->xch, self->domid, 0, &info);
	ASSERT_EQ(0, pthread_create(&w.thread, NULL, call_now, &w));
	pthread_join(w.thread, NULL);
	EXPECT_EQ(0, w.bad);
	EXPECT_EQ(1, xc_batch_queued(self->xch));
	EXPECT_EQ(0, xc_batch_commit(self->xch, NULL, 0));
}

/* A buffer of the arena is Xen's to write: nothing is copied. */
TEST_F(batch, arena_buffer)
{
	DECLARE_HYPERCALL_BUFFER(xc_domaininfo_t, list);
	struct xc_batch_result r;

	list = xc_hypercall_buffer_alloc(self->xch, list, 64 * sizeof(*list));
	ASSERT_NE(NULL, list);
	memset(list, 0xcc, 64 * sizeof(*list));
	ASSERT_EQ(0, xc_batch_begin(self->xch));
	EXPECT_EQ(0, xc_domain_getinfolist(self->xch, self->domid, 64, list));
	EXPECT_EQ(0, xc_batch_commit(self->xch, &r, 1));
	EXPECT_LE(1, r.ret);
	EXPECT_EQ(self->domid, list[0].domain);
	EXPECT_EQ(0, list[63].max_vcpu_id);
	xc_hypercall_buffer_free(self->xch, list);
}

/* Between two getppid: begin, MANY calls and commit, in a handle used before. */
static int traced(uint32_t domid)
{
	xc_vcpuinfo_t *vcpu = calloc(MANY, sizeof(*vcpu));
	xc_interface *xch = xc_interface_open(NULL, NULL, 0);
	int round, rc = 0;

	if (!vcpu || !xch || ptrace(PTRACE_TRACEME, 0, NULL, NULL))
		return 1;
	raise(SIGSTOP);
	for (round = 0; round < 3; round++) {
		syscall(SYS_getppid);
		rc |= xc_batch_begin(xch);
		queue_many(xch, domid, vcpu);
		rc |= xc_batch_commit(xch, NULL, 0) != MANY / 3;
		syscall(SYS_getppid);
	}
	return rc;
}

/* With the module, a batch is one system call, once its memory is there. */
TEST_F(batch, one_system_call)
{
	int status, calls = 0, marks = 0, inside = 0;
	struct __ptrace_syscall_info info;
	pid_t pid;

	if (access("/dev/xen/batch", F_OK) ||
	    (getenv("XENBATCH_BACKEND") &&
	     !strcmp(getenv("XENBATCH_BACKEND"), "stock")))
		SKIP(return, "without the module each call is its own");
	pid = fork();
	ASSERT_LE(0, pid);
	if (!pid)
		_exit(traced(self->domid));
	ASSERT_EQ(pid, waitpid(pid, &status, 0));
	ASSERT_TRUE(WIFSTOPPED(status));
	ptrace(PTRACE_SETOPTIONS, pid, NULL, PTRACE_O_TRACESYSGOOD);
	for (;;) {
		ptrace(PTRACE_SYSCALL, pid, NULL, NULL);
		ASSERT_EQ(pid, waitpid(pid, &status, 0));
		if (!WIFSTOPPED(status))
			break;
		if (WSTOPSIG(status) != (SIGTRAP | 0x80))
			continue;
		ptrace(PTRACE_GET_SYSCALL_INFO, pid, sizeof(info), &info);
		if (info.op != PTRACE_SYSCALL_INFO_ENTRY)
			continue;
		if (info.entry.nr == SYS_getppid) {
			inside = ++marks & 1;
			if (inside)
				calls = 0;
			continue;
		}
		calls += inside;
	}
	EXPECT_TRUE(WIFEXITED(status) && !WEXITSTATUS(status));
	EXPECT_EQ(6, marks);
	EXPECT_EQ(1, calls);
}

TEST_HARNESS_MAIN
