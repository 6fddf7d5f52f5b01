// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Promise: the native API of libxenbatch on a real Xen, whatever the backend:
 * the same answers, in order, from threads, over signals, in children, and
 * after restriction.
 */
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <sys/time.h>
#include <sys/wait.h>

#include "kselftest_harness.h"

#include "../../lib/core/xenbatch.h"
#include "helper/raw.h"

#define MANY 10000

FIXTURE(native)
{
	xenbatch *xb;
	bool module;
	struct xen_domctl *domctls;	/* MANY of them */
};

FIXTURE_SETUP(native)
{
	const char *why;

	self->xb = xenbatch_open(0);
	if (!self->xb && errno == ENOENT)
		SKIP_TEST("no Xen here");
	ASSERT_NE(NULL, self->xb)
		TH_LOG("xenbatch_open: %s", strerror(errno));
	self->module = xenbatch_backend(self->xb, &why) ==
		       XENBATCH_BACKEND_MODULE;
	ASSERT_NE(0, strlen(why));
	self->domctls = xenbatch_alloc(self->xb,
				       MANY * sizeof(*self->domctls));
	ASSERT_NE(NULL, self->domctls);
}

FIXTURE_TEARDOWN(native)
{
	xenbatch_free(self->xb, self->domctls);
	EXPECT_EQ(0, xenbatch_close(self->xb));
}

static void ask_vcpu(struct xen_domctl *d, domid_t domid, uint32_t vcpu)
{
	memset(d, 0, sizeof(*d));
	d->cmd = XEN_DOMCTL_getvcpuinfo;
	d->interface_version = XEN_DOMCTL_INTERFACE_VERSION;
	d->domain = domid;
	d->u.getvcpuinfo.vcpu = vcpu;
}

static int queue_domctl(struct xenbatch_batch *b, struct xen_domctl *d,
			unsigned int flags, uint32_t tag)
{
	uint64_t args[] = { (uintptr_t)d };

	return xenbatch_queue(b, __HYPERVISOR_domctl, args, 1, flags, tag);
}

static long version(xenbatch *xb)
{
	uint64_t args[] = { XENVER_version, 0 };

	return xenbatch_hypercall(xb, __HYPERVISOR_xen_version, args, 2);
}

static void read_sysfs(const char *name, char *buf, int size)
{
	char path[128];
	FILE *f;

	snprintf(path, sizeof(path), "/sys/hypervisor/version/%s", name);
	f = fopen(path, "r");
	if (!f || !fgets(buf, size, f))
		buf[0] = 0;
	buf[strcspn(buf, "\n")] = 0;
	if (f)
		fclose(f);
}

/* What Xen says through us is what it says through the kernel. */
TEST_F(native, version)
{
	char *extra = xenbatch_alloc(self->xb, sizeof(xen_extraversion_t));
	uint64_t args[] = { XENVER_extraversion, (uintptr_t)extra };
	char major[32], minor[32], want[32];

	read_sysfs("major", major, sizeof(major));
	read_sysfs("minor", minor, sizeof(minor));
	EXPECT_EQ(atoi(major) << 16 | atoi(minor), version(self->xb));

	read_sysfs("extra", want, sizeof(want));
	ASSERT_EQ(0, xenbatch_hypercall(self->xb, __HYPERVISOR_xen_version,
					args, 2));
	EXPECT_STREQ(want, extra);
	xenbatch_free(self->xb, extra);
}

TEST_F(native, hypercall_errors)
{
	uint64_t args[5] = { 0 };

	EXPECT_EQ(-1, xenbatch_hypercall(self->xb, 63, args, 5));
	EXPECT_EQ(ENOSYS, errno);
	/* An address where nothing can be. */
	args[0] = XENVER_extraversion;
	args[1] = 4096;
	EXPECT_EQ(-1, xenbatch_hypercall(self->xb, __HYPERVISOR_xen_version,
					 args, 2));
	EXPECT_EQ(EFAULT, errno);
	errno = 0;
	EXPECT_LT(0, version(self->xb));
	EXPECT_EQ(0, errno);
}

/* Bad calls among good ones: each gets its own, the good ones are done. */
TEST_F(native, errors_in_a_batch)
{
	struct xenbatch_batch *b = xenbatch_batch_begin(self->xb);
	struct xen_domctl *d = self->domctls;
	struct xenbatch_result r[6];
	uint64_t bad[] = { 4096 };
	int i;

	ask_vcpu(&d[0], 0, 0);
	ask_vcpu(&d[1], 0x7fe0, 0);
	ask_vcpu(&d[2], 0, 0);
	ask_vcpu(&d[4], 0, 8000);
	ask_vcpu(&d[5], 0, 0);
	for (i = 0; i < 6; i++) {
		ASSERT_EQ(i, i != 3 ? queue_domctl(b, &d[i], 0, i) :
			  xenbatch_queue(b, __HYPERVISOR_domctl, bad, 1, 0,
					 i));
	}
	ASSERT_EQ(3, xenbatch_commit(b, r, 6));
	EXPECT_EQ(ESRCH, r[1].err);
	EXPECT_EQ(EFAULT, r[3].err);
	EXPECT_NE(0, r[4].err);
	for (i = 0; i < 6; i++) {
		EXPECT_EQ(i, (int)r[i].tag);
		if (i == 0 || i == 2 || i == 5) {
			EXPECT_EQ(0, r[i].err);
			EXPECT_EQ(1, d[i].u.getvcpuinfo.online);
			EXPECT_LT(0, d[i].u.getvcpuinfo.cpu_time);
		} else {
			EXPECT_EQ(-1, r[i].ret);
		}
	}
	/* One after the other: time does not run backwards. */
	EXPECT_LE(d[0].u.getvcpuinfo.cpu_time, d[2].u.getvcpuinfo.cpu_time);
	EXPECT_LE(d[2].u.getvcpuinfo.cpu_time, d[5].u.getvcpuinfo.cpu_time);
}

TEST_F(native, links)
{
	struct xenbatch_batch *b = xenbatch_batch_begin(self->xb);
	static const int want[] = { 0, ESRCH, ECANCELED, ECANCELED, 0 };
	struct xenbatch_result r[5];
	int i;

	for (i = 0; i < 5; i++) {
		ask_vcpu(&self->domctls[i], i == 1 ? 0x7fe0 : 0, 0);
		queue_domctl(b, &self->domctls[i], i < 3 ? XENBATCH_LINK : 0,
			     i);
	}
	ASSERT_EQ(3, xenbatch_commit(b, r, 5));
	for (i = 0; i < 5; i++) {
		EXPECT_EQ(want[i], r[i].err);
		EXPECT_EQ(!want[i], self->domctls[i].u.getvcpuinfo.online);
	}
}

/* n calls, every seventh to a domain that is not: 0 if all came right. */
static int run_many(xenbatch *xb, struct xen_domctl *domctls, int n)
{
	struct xenbatch_result *r = calloc(n, sizeof(*r));
	struct xenbatch_batch *b = xenbatch_batch_begin(xb);
	int i, bad = 0, wrong = 0;

	if (!r || !b)
		return -1;
	for (i = 0; i < n; i++) {
		ask_vcpu(&domctls[i], i % 7 == 6 ? 0x7fe0 : 0, 0);
		wrong += queue_domctl(b, &domctls[i], 0, n - i) != i;
	}
	bad = xenbatch_commit(b, r, n);
	wrong += bad != n / 7;
	for (i = 0; i < n; i++) {
		wrong += r[i].tag != (uint32_t)(n - i);
		wrong += r[i].err != (i % 7 == 6 ? ESRCH : 0);
		wrong += (r[i].err == 0) !=
			 domctls[i].u.getvcpuinfo.online;
	}
	free(r);
	return wrong;
}

TEST_F(native, ten_thousand)
{
	uint64_t submits;

	ASSERT_EQ(0, run_many(self->xb, self->domctls, MANY));
	if (!self->module)
		return;
	/* The second time it has its room, and goes in one system call. */
	submits = raw_counter(xenbatch_fd(self->xb), "submits");
	ASSERT_EQ(0, run_many(self->xb, self->domctls, MANY));
	EXPECT_EQ(submits + 1,
		  raw_counter(xenbatch_fd(self->xb), "submits"));
}

static volatile sig_atomic_t alarms;

static void on_alarm(int sig)
{
	(void)sig;
	alarms++;
}

/* A timer that strikes in mid-batch, again and again. */
TEST_F(native, signals)
{
	struct itimerval every = { { 0, 2000 }, { 0, 2000 } }, none = { 0 };
	struct sigaction sa = { .sa_handler = on_alarm };
	uint64_t interrupted = 0;
	int round;

	sigaction(SIGALRM, &sa, NULL);
	for (round = 0; round < 200; round++) {
		setitimer(ITIMER_REAL, &every, NULL);
		ASSERT_EQ(0, run_many(self->xb, self->domctls, MANY));
		setitimer(ITIMER_REAL, &none, NULL);
		if (self->module)
			interrupted = raw_counter(xenbatch_fd(self->xb),
						  "interrupted");
		if (alarms > 20 && (interrupted || !self->module))
			break;
	}
	EXPECT_LT(20, alarms);
	if (self->module) {
		EXPECT_LT(0, interrupted);
	}
}

struct worker {
	pthread_t thread;
	xenbatch *xb;
	int wrong;
};

static void *work(void *arg)
{
	struct worker *w = arg;
	struct xen_domctl *domctls;
	int round;

	for (round = 0; round < 20; round++) {
		int n = 1 + (round * 37) % 300;

		domctls = xenbatch_alloc(w->xb, n * sizeof(*domctls));
		if (!domctls) {
			w->wrong++;
			break;
		}
		w->wrong += run_many(w->xb, domctls, n) != 0;
		w->wrong += version(w->xb) <= 0;
		xenbatch_free(w->xb, domctls);
	}
	return NULL;
}

static int work_all(struct worker *w, int n)
{
	int i, wrong = 0;

	for (i = 0; i < n; i++)
		if (pthread_create(&w[i].thread, NULL, work, &w[i]))
			abort();
	for (i = 0; i < n; i++) {
		pthread_join(w[i].thread, NULL);
		wrong += w[i].wrong;
	}
	return wrong;
}

TEST_F(native, two_threads_on_one)
{
	struct worker w[2] = { { .xb = self->xb }, { .xb = self->xb } };

	EXPECT_EQ(0, work_all(w, 2));
}

TEST_F(native, sixteen_threads_on_one)
{
	struct worker w[16] = { 0 };
	int i;

	for (i = 0; i < 16; i++)
		w[i].xb = self->xb;
	EXPECT_EQ(0, work_all(w, 16));
}

TEST_F(native, sixteen_threads_on_sixteen)
{
	struct worker w[16] = { 0 };
	int i;

	for (i = 0; i < 16; i++) {
		w[i].xb = xenbatch_open(0);
		ASSERT_NE(NULL, w[i].xb);
	}
	EXPECT_EQ(0, work_all(w, 16));
	for (i = 0; i < 16; i++)
		xenbatch_close(w[i].xb);
}

static int in_child(int (*fn)(xenbatch *xb, void *arg), xenbatch *xb, void *arg)
{
	int status;
	pid_t pid = fork();

	if (!pid)
		_exit(fn(xb, arg));
	if (pid < 0 || waitpid(pid, &status, 0) != pid)
		return -1;
	return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

static int child_works(xenbatch *xb, void *arg)
{
	struct worker w = { .xb = xb };

	xenbatch_free(xb, arg);	/* the parent's: nothing happens */
	work(&w);
	if (w.wrong)
		return 1;
	xenbatch_free(xb, arg);
	work(&w);
	return w.wrong ? 2 : xenbatch_close(xb);
}

TEST_F(native, fork_both_go_on)
{
	ASSERT_EQ(0, run_many(self->xb, self->domctls, 100));
	EXPECT_EQ(0, in_child(child_works, self->xb, self->domctls));
	EXPECT_EQ(0, run_many(self->xb, self->domctls, MANY));
	EXPECT_EQ(0, in_child(child_works, self->xb, self->domctls));
	EXPECT_EQ(0, run_many(self->xb, self->domctls, MANY));
}

static int child_is_late(xenbatch *xb, void *batch)
{
	if (xenbatch_commit(batch, NULL, 0) != -1 || errno != ESTALE)
		return 1;
	return child_works(xb, NULL);
}

TEST_F(native, fork_with_a_batch)
{
	struct xenbatch_batch *b = xenbatch_batch_begin(self->xb);
	struct xenbatch_result r[1];

	ask_vcpu(&self->domctls[0], 0, 0);
	queue_domctl(b, &self->domctls[0], 0, 5);
	EXPECT_EQ(0, in_child(child_is_late, self->xb, b));
	ASSERT_EQ(0, xenbatch_commit(b, r, 1));
	EXPECT_EQ(5, (int)r[0].tag);
	EXPECT_EQ(1, self->domctls[0].u.getvcpuinfo.online);
}

static int child_is_restricted(xenbatch *xb, void *arg)
{
	(void)arg;
	if (version(xb) != -1 || errno != EPERM)
		return 1;
	return xenbatch_restrict(xb, 8) != -1 || xenbatch_restrict(xb, 7);
}

static int child_restricts_itself(xenbatch *xb, void *arg)
{
	return xenbatch_restrict(xb, 7) || child_is_restricted(xb, arg);
}

/* privcmd's open file is shared with the parent: its rights must not be. */
TEST_F(native, child_restricts_itself_alone)
{
	EXPECT_EQ(0, in_child(child_restricts_itself, self->xb, NULL));
	EXPECT_LT(0, version(self->xb));
	EXPECT_EQ(0, run_many(self->xb, self->domctls, 100));
}

TEST_F(native, restriction)
{
	struct xenbatch_batch *b;
	struct xenbatch_result r[1];

	EXPECT_EQ(-1, xenbatch_restrict(self->xb, 0x7ff0));
	EXPECT_EQ(EINVAL, errno);
	EXPECT_LT(0, version(self->xb));
	ASSERT_EQ(0, xenbatch_restrict(self->xb, 7));
	EXPECT_EQ(-1, version(self->xb));
	EXPECT_EQ(EPERM, errno);
	b = xenbatch_batch_begin(self->xb);
	ask_vcpu(&self->domctls[0], 7, 0);
	queue_domctl(b, &self->domctls[0], 0, 0);
	EXPECT_EQ(1, xenbatch_commit(b, r, 1));
	EXPECT_EQ(EPERM, r[0].err);
	EXPECT_EQ(-1, xenbatch_restrict(self->xb, 8));
	EXPECT_EQ(EINVAL, errno);
	EXPECT_EQ(0, xenbatch_restrict(self->xb, 7));
	EXPECT_EQ(0, in_child(child_is_restricted, self->xb, NULL));
}

TEST_F(native, arena_exhausted)
{
	struct xenbatch_limits limits;
	char *p[256];
	int round, n, was = 0;

	ASSERT_EQ(0, xenbatch_limits(self->xb, &limits));
	for (round = 0; round < 2; round++) {
		for (n = 0; n < 256; n++) {
			p[n] = xenbatch_alloc(self->xb, 1 << 20);
			if (!p[n])
				break;
			memset(p[n], n, 1 << 20);
		}
		EXPECT_EQ(ENOMEM, errno);
		EXPECT_LT(limits.arena_max / 2, (size_t)n << 20);
		if (round) {
			EXPECT_EQ(was, n);
		}
		was = n;
		/* Calls do not need what is used up. */
		EXPECT_LT(0, version(self->xb));
		while (n--)
			xenbatch_free(self->xb, p[n]);
	}
	EXPECT_EQ(0, run_many(self->xb, self->domctls, MANY));
}

TEST_F(native, many_handles)
{
	xenbatch *xb[200];
	int i, n;

	for (n = 0; n < 200; n++) {
		xb[n] = xenbatch_open(0);
		ASSERT_NE(NULL, xb[n]);
		EXPECT_LT(0, version(xb[n]));
	}
	for (i = 0; i < n; i++)
		EXPECT_EQ(0, xenbatch_close(xb[i]));
}

TEST_HARNESS_MAIN
