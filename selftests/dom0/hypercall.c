// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Promise: SUBMIT runs hypercalls in order and gives each its own result,
 * however they are grouped into multicalls; a failure stops nothing but what
 * is linked to it; and a signal splits a batch without losing or doubling an
 * operation.
 */
#include <signal.h>
#include <sys/time.h>
#include <time.h>

#include "kselftest_harness.h"

#include "helper/raw.h"

#define NR_OPS 20032U

FIXTURE(hypercall)
{
	int fd;
	uint32_t chunk;
	struct xenbatch_op *ops;
	struct xen_domctl *domctl;	/* NR_OPS of them, in the arena */
};

FIXTURE_SETUP(hypercall)
{
	struct xenbatch_info info = { .flags = 0 };

	self->fd = raw_open();
	SKIP_WITHOUT_MODULE(self->fd);
	ASSERT_LE(0, self->fd);
	ASSERT_EQ(0, ioctl(self->fd, XENBATCH_IOC_INFO, &info));
	self->chunk = info.chunk;
	self->ops = raw_map(self->fd, XENBATCH_REGION_OPS, 0,
			    NR_OPS * sizeof(*self->ops));
	ASSERT_NE(MAP_FAILED, self->ops);
	self->domctl = raw_map(self->fd, XENBATCH_REGION_ARENA, 0,
			       (NR_OPS * sizeof(*self->domctl) + PAGE - 1) &
			       ~(PAGE - 1));
	ASSERT_NE(MAP_FAILED, self->domctl);
}

FIXTURE_TEARDOWN(hypercall)
{
	close(self->fd);
}

static void handle_domctl(struct xenbatch_op *op, struct xen_domctl *d,
			  uint8_t value)
{
	memset(d, 0, sizeof(*d));
	d->cmd = XEN_DOMCTL_setdomainhandle;
	d->interface_version = XEN_DOMCTL_INTERFACE_VERSION;
	memset(d->u.setdomainhandle.handle, value,
	       sizeof(d->u.setdomainhandle.handle));
	raw_call(op, __HYPERVISOR_domctl, (uintptr_t)d, 0);
}

static void getdomaininfo(struct xenbatch_op *op, struct xen_domctl *d)
{
	memset(d, 0, sizeof(*d));
	d->cmd = XEN_DOMCTL_getdomaininfo;
	d->interface_version = XEN_DOMCTL_INTERFACE_VERSION;
	raw_call(op, __HYPERVISOR_domctl, (uintptr_t)d, 0);
}

/* Each read of dom0's handle must see the write before it, and no other. */
TEST_F(hypercall, order)
{
	const uint32_t n = 200;
	uint32_t i;

	for (i = 0; i < n; i++) {
		handle_domctl(&self->ops[2 * i], &self->domctl[2 * i],
			      (uint8_t)(i + 1));
		getdomaininfo(&self->ops[2 * i + 1], &self->domctl[2 * i + 1]);
		/* now and then something that cuts the multicall */
		if (i % 7 == 3)
			self->ops[2 * i].flags = XENBATCH_OPF_LINK;
		if (i % 31 == 30) {
			memset(&self->ops[2 * i], 0, sizeof(*self->ops));
			self->domctl[2 * i].u.setdomainhandle.handle[0] =
				(uint8_t)i;
		}
	}
	/* from an index that is not the first of a page */
	ASSERT_EQ(0, raw_submit_all(self->fd, 0, 10));
	ASSERT_EQ(0, raw_submit_all(self->fd, 10, 2 * n - 10));
	for (i = 0; i < n; i++) {
		ASSERT_EQ(0, self->ops[2 * i].result);
		ASSERT_EQ(0, self->ops[2 * i + 1].result);
		ASSERT_EQ(self->domctl[2 * i].u.setdomainhandle.handle[0],
			  self->domctl[2 * i + 1].u.getdomaininfo.handle[0])
			TH_LOG("at %u", i);
	}
	handle_domctl(&self->ops[0], &self->domctl[0], 0);
	EXPECT_EQ(1, raw_submit(self->fd, 0, 1));
	EXPECT_EQ(0, self->ops[0].result);
}

/* The same calls alone and in multicalls of every length. */
TEST_F(hypercall, alone_as_together)
{
	struct xen_domctl_getvcpuinfo alone, *together;
	uint32_t n, i;
	int64_t version;

	raw_version(&self->ops[0]);
	raw_vcpuinfo(&self->ops[1], &self->domctl[0], 0, 0);
	ASSERT_EQ(1, raw_submit(self->fd, 0, 1));
	ASSERT_EQ(1, raw_submit(self->fd, 1, 1));
	version = self->ops[0].result;
	ASSERT_EQ(0, self->ops[1].result);
	alone = self->domctl[0].u.getvcpuinfo;
	EXPECT_EQ(0, raw_counter(self->fd, "multicalls"));
	EXPECT_EQ(2, raw_counter(self->fd, "direct"));

	for (n = 1; n < 200; n += n < 10 ? 1 : 63) {
		for (i = 0; i < n; i++)
			if (i % 2)
				raw_version(&self->ops[i]);
			else
				raw_vcpuinfo(&self->ops[i], &self->domctl[i],
					     0, 0);
		ASSERT_EQ(0, raw_submit_all(self->fd, 0, n));
		for (i = 0; i < n; i++) {
			ASSERT_EQ(XENBATCH_STATE_DONE, self->ops[i].state);
			if (i % 2) {
				ASSERT_EQ(version, self->ops[i].result);
				continue;
			}
			ASSERT_EQ(0, self->ops[i].result);
			together = &self->domctl[i].u.getvcpuinfo;
			ASSERT_EQ(alone.online, together->online);
			/* it runs on */
			ASSERT_LE(alone.cpu_time, together->cpu_time);
		}
	}
}

TEST_F(hypercall, errors_stay_with_their_call)
{
	struct xen_domctl *d = self->domctl;
	uint32_t i;

	for (i = 0; i < 100; i++)
		raw_vcpuinfo(&self->ops[i], &d[i], 0, 0);
	raw_vcpuinfo(&self->ops[10], &d[10], 32000, 0);		/* bad domid */
	raw_vcpuinfo(&self->ops[20], &d[20], 0, 100000);	/* bad vcpu */
	self->ops[30].arg[0] = 0x10;				/* bad buffer */
	self->ops[40].arg[0] = 0xffff800000000000;		/* Xen's own */
	d[50].interface_version = 1;
	d[60].cmd = 9999;
	self->ops[70].number = 60;
	ASSERT_EQ(0, raw_submit_all(self->fd, 0, 100));
	for (i = 0; i < 100; i++) {
		switch (i) {
		case 10:
			EXPECT_EQ(-ESRCH, self->ops[i].result);
			break;
		case 20:
			EXPECT_EQ(-EINVAL, self->ops[i].result);
			break;
		case 30:
		case 40:
			EXPECT_EQ(-EFAULT, self->ops[i].result);
			break;
		case 50:
			EXPECT_EQ(-EACCES, self->ops[i].result);
			break;
		case 60:
		case 70:
			EXPECT_EQ(-ENOSYS, self->ops[i].result);
			break;
		default:
			EXPECT_EQ(0, self->ops[i].result);
			EXPECT_EQ(1, d[i].u.getvcpuinfo.online);
		}
	}
}

TEST_F(hypercall, link)
{
	static const struct {
		const char *ops;	/* g good, b bad, n NOP, x malformed;
					 * capitals are linked to the next
					 */
		const char *results;	/* + ran well, - failed, c canceled */
	} cases[] = {
		{ "Gg", "++" },
		{ "Bg", "-c" },
		{ "Bgg", "-c+" },
		{ "BGg", "-cc" },
		{ "BGGgg", "-ccc+" },
		{ "gBGbg", "+-cc+" },
		{ "GBg", "+-c" },
		{ "GGGGBGgg", "++++-cc+" },
		{ "bg", "-+" },
		{ "B", "-" },
		{ "XgG", "-c+" },
		{ "Xn", "-c" },
		{ "NNBNn", "++-cc" },
		{ "BBBb", "-ccc" },
		{ "BgBg", "-c-c" },
	};
	const char *ops, *results;
	uint32_t start, i, k, n;

	/* at the start of a page, and across two */
	for (start = 0; start <= OPS_PER_PAGE - 2; start += OPS_PER_PAGE - 2)
	for (k = 0; k < sizeof(cases) / sizeof(cases[0]); k++) {
		ops = cases[k].ops;
		results = cases[k].results;
		n = (uint32_t)strlen(ops);
		for (i = 0; i < n; i++) {
			struct xenbatch_op *op = &self->ops[start + i];
			char what = ops[i] | 0x20;

			if (what == 'n') {
				memset(op, 0, sizeof(*op));
			} else {
				raw_version(op);
				if (what == 'b')
					op->number = 60;
				if (what == 'x')
					op->domid = 1;
			}
			op->flags = ops[i] & 0x20 ? 0 : XENBATCH_OPF_LINK;
		}
		ASSERT_EQ(n, raw_submit(self->fd, start, n));
		for (i = 0; i < n; i++) {
			int64_t ret = self->ops[start + i].result;
			char got = ret >= 0 ? '+' : ret == -ECANCELED ? 'c' :
				   '-';

			EXPECT_EQ(results[i], got) {
				TH_LOG("%s at %u: %lld", ops, i,
				       (long long)ret);
			}
		}
	}
	/* LINK at the end of a SUBMIT is forgotten by the next */
	raw_version(&self->ops[0]);
	self->ops[0].number = 60;
	self->ops[0].flags = XENBATCH_OPF_LINK;
	raw_version(&self->ops[1]);
	ASSERT_EQ(1, raw_submit(self->fd, 0, 1));
	ASSERT_EQ(1, raw_submit(self->fd, 1, 1));
	EXPECT_LT(0, self->ops[1].result);
}

/*
 * What Xen does on another CPU it answers late, over the answer of a multicall
 * that it is part of: so it is none, and its neighbours are as ever.
 */
TEST_F(hypercall, answered_late)
{
	struct xen_sysctl *s = (struct xen_sysctl *)self->domctl;
	uint32_t i;

	for (i = 0; i < 12; i++)
		raw_version(&self->ops[i]);
	for (i = 0; i < 3; i++) {
		memset(&s[i], 0, sizeof(s[i]));
		s[i].interface_version = XEN_SYSCTL_INTERFACE_VERSION;
		s[i].cmd = XEN_SYSCTL_cpu_hotplug;
		s[i].u.cpu_hotplug.cpu = 4095;
		s[i].u.cpu_hotplug.op = XEN_SYSCTL_CPU_HOTPLUG_ONLINE;
		raw_call(&self->ops[4 + i], __HYPERVISOR_sysctl,
			 (uintptr_t)&s[i], 0);
	}
	/* one that is not late, and one that cannot be looked at */
	s[2].cmd = XEN_SYSCTL_sched_id;
	raw_call(&self->ops[7], __HYPERVISOR_sysctl, 16, 0);
	ASSERT_EQ(0, raw_submit_all(self->fd, 0, 12));
	EXPECT_EQ(-EINVAL, self->ops[4].result);
	EXPECT_EQ(-EINVAL, self->ops[5].result);
	EXPECT_EQ(0, self->ops[6].result);
	EXPECT_EQ(-EFAULT, self->ops[7].result);
	for (i = 0; i < 12; i++)
		if (i < 4 || i > 7)
			EXPECT_LT(0x40000, self->ops[i].result);
}

/* A multicall of the user's own runs as itself, alone or in a batch. */
TEST_F(hypercall, users_multicall)
{
	struct multicall_entry *e = (struct multicall_entry *)self->domctl;
	uint32_t n;

	for (n = 1; n <= 3; n += 2) {
		memset(e, 0, 3 * sizeof(*e));
		e[0].op = __HYPERVISOR_xen_version;
		e[1].op = 60;
		e[2].op = __HYPERVISOR_xen_version;
		raw_version(&self->ops[0]);
		raw_version(&self->ops[2]);
		raw_call(&self->ops[n / 2], __HYPERVISOR_multicall,
			 (uintptr_t)e, 3);
		ASSERT_EQ(n, raw_submit(self->fd, 0, n));
		EXPECT_EQ(0, self->ops[n / 2].result);
		EXPECT_LT(0x40000, (long)e[0].result);
		EXPECT_EQ(-ENOSYS, (long)e[1].result);
		EXPECT_EQ(e[0].result, e[2].result);
	}
}

TEST_F(hypercall, ten_thousand_in_one_submit)
{
	uint64_t before, n = 10000;
	uint32_t i;

	for (i = 0; i < n; i++)
		raw_vcpuinfo(&self->ops[i], &self->domctl[i],
			     i % 100 == 99 ? 32000 : 0, 0);
	before = raw_counter(self->fd, "submits");
	ASSERT_EQ(n, raw_submit(self->fd, 0, (uint32_t)n));
	EXPECT_EQ(before + 1, raw_counter(self->fd, "submits"));
	for (i = 0; i < n; i++)
		ASSERT_EQ(i % 100 == 99 ? -ESRCH : 0, self->ops[i].result);
	EXPECT_EQ(n, raw_counter(self->fd, "batched"));
	EXPECT_EQ((n + self->chunk - 1) / self->chunk,
		  raw_counter(self->fd, "multicalls"));
}

static volatile sig_atomic_t alarms;

static void on_alarm(int sig)
{
	(void)sig;
	alarms++;
}

/*
 * A timer interrupts a long SUBMIT. What it says is done is done, the rest was
 * not touched, going on from there ends it, and as many calls were made as
 * were asked for.
 */
TEST_F(hypercall, interrupted_and_resumed)
{
	struct sigaction sa = { .sa_handler = on_alarm };
	struct itimerval timer = { { 0, 2000 }, { 0, 2000 } };
	struct itimerval off = { { 0, 0 }, { 0, 0 } };
	unsigned int round, split = 0;
	uint32_t done, i;
	uint64_t made;
	int ret;

	ASSERT_EQ(0, sigaction(SIGALRM, &sa, NULL));
	for (round = 0; round < 20 && !split; round++) {
		for (i = 0; i < NR_OPS; i++)
			raw_vcpuinfo(&self->ops[i], &self->domctl[i], 0, 0);
		made = raw_counter(self->fd, "batched") +
		       raw_counter(self->fd, "direct");
		ASSERT_EQ(0, setitimer(ITIMER_REAL, &timer, NULL));
		for (done = 0; done < NR_OPS; done += (uint32_t)ret) {
			ret = raw_submit(self->fd, done, NR_OPS - done);
			ASSERT_LT(0, ret);
			ASSERT_GE(NR_OPS - done, (uint32_t)ret);
			if ((uint32_t)ret == NR_OPS - done)
				continue;
			split++;
			for (i = 0; i < NR_OPS; i++)
				ASSERT_EQ(i < done + (uint32_t)ret ?
					  XENBATCH_STATE_DONE :
					  XENBATCH_STATE_IDLE,
					  self->ops[i].state);
		}
		ASSERT_EQ(0, setitimer(ITIMER_REAL, &off, NULL));
		for (i = 0; i < NR_OPS; i++) {
			ASSERT_EQ(0, self->ops[i].result);
			ASSERT_EQ(1, self->domctl[i].u.getvcpuinfo.online);
		}
		EXPECT_EQ(made + NR_OPS, raw_counter(self->fd, "batched") +
					 raw_counter(self->fd, "direct"));
	}
	EXPECT_LT(0, alarms);
	EXPECT_LT(0, split);
	EXPECT_EQ(split, raw_counter(self->fd, "interrupted"));
}

/* A chain that is being canceled is not split, whatever signals come. */
TEST_F(hypercall, canceled_chain_is_not_split)
{
	struct sigaction sa = { .sa_handler = on_alarm };
	struct itimerval timer = { { 0, 500 }, { 0, 500 } };
	struct itimerval off = { { 0, 0 }, { 0, 0 } };
	time_t end = time(NULL) + 8;
	unsigned int round;
	uint32_t done, i;
	int ret;

	ASSERT_EQ(0, sigaction(SIGALRM, &sa, NULL));
	for (i = 0; i < NR_OPS; i++) {
		raw_version(&self->ops[i]);
		self->ops[i].flags = XENBATCH_OPF_LINK;
	}
	self->ops[500].number = 60;
	ASSERT_EQ(0, setitimer(ITIMER_REAL, &timer, NULL));
	/* A slow machine may get a signal with every operation before 500. */
	for (round = 0; round < 20 && (!round || time(NULL) < end); round++) {
		for (done = 0; done < NR_OPS; done += (uint32_t)ret) {
			ret = raw_submit(self->fd, done, NR_OPS - done);
			ASSERT_LT(0, ret);
		}
		for (i = 0; i < 500; i++)
			ASSERT_LT(0, self->ops[i].result);
		ASSERT_EQ(-ENOSYS, self->ops[500].result);
		for (i = 501; i < NR_OPS; i++)
			ASSERT_EQ(-ECANCELED, self->ops[i].result);
	}
	ASSERT_EQ(0, setitimer(ITIMER_REAL, &off, NULL));
	/* without signals this would have shown nothing */
	EXPECT_LT(0, alarms);
}

TEST_HARNESS_MAIN
