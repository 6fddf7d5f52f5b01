// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Promise: no event is lost and none comes twice, however many there are,
 * whoever sends them and wherever their interrupts go; and whatever way a
 * reader ends, its ports are closed.
 */
#include <pthread.h>
#include <sched.h>
#include <stdbool.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "kselftest_harness.h"

#include "helper/raw.h"
#include "helper/window.h"
#include "helper/event.h"

#define PORTS		32U

/* Operations before it are for what is run one by one. */
#define FIRST		64U

static void fill(struct xenbatch_op *op, uint16_t opcode, uint32_t port)
{
	memset(op, 0, sizeof(*op));
	op->opcode = opcode;
	op->evtchn.port = port;
}

FIXTURE(many)
{
	struct ring r;
};

FIXTURE_SETUP(many)
{
	SKIP_WITHOUT_EVENTS();
	ASSERT_EQ(0, ring_open(&self->r, 128));
}

FIXTURE_TEARDOWN(many)
{
	ring_close(&self->r);
}

/* What there is to know of the first port of which no event came. */
static void log_port(struct __test_metadata *_metadata, struct ring *r,
		     const struct pair *p, uint32_t missing)
{
	uint32_t i = (uint32_t)__builtin_ctz(missing), k;

	for (k = 0; k < r->shared->nr; k++)
		if (r->slots[k].port == p[i].to)
			TH_LOG("port %u: count %u pending %u flags %u; ack %lld, notify %lld",
			       p[i].to, r->slots[k].count, r->slots[k].pending,
			       r->slots[k].flags,
			       (long long)r->c.ops[FIRST + i].result,
			       (long long)r->c.ops[FIRST + PORTS + i].result);
}

/*
 * How many events to send: XENBATCH_EVENTS, or ten million; a hundredth of that
 * where the emulator needs a hundred times as long.
 */
static uint32_t events_wanted(void)
{
	const char *asked = getenv("XENBATCH_EVENTS");
	FILE *f = fopen("/sys/hypervisor/guest_type", "r");
	char type[16] = "";

	if (f) {
		if (!fgets(type, sizeof(type), f))
			type[0] = 0;
		fclose(f);
	}
	if (asked)
		return (uint32_t)atol(asked);
	return strncmp(type, "PV\n", 3) ? 100000 : 10000000;
}

/*
 * By one who waits for all 32 before sending the next: each port must come
 * exactly once a round.
 */
TEST_F_TIMEOUT(many, each_once, 3000)
{
	struct ring *r = &self->r;
	const uint32_t events = events_wanted();
	struct timespec begin, now;
	struct xenbatch_op *ack = &self->r.c.ops[FIRST], *notify = ack + PORTS;
	uint32_t round, i, port, seen, bit_of[4096];
	struct pair p[PORTS];
	int slot;

	for (i = 0; i < PORTS; i++) {
		ASSERT_EQ(0, pair_bind(r, r, &p[i], 0));
		ASSERT_GT(4096, p[i].to);
		bit_of[p[i].to] = 1U << i;
		fill(&ack[i], XENBATCH_OP_EVTCHN_ACK, p[i].to);
		fill(&notify[i], XENBATCH_OP_EVTCHN_NOTIFY, p[i].from);
	}
	clock_gettime(CLOCK_MONOTONIC, &begin);
	for (round = 0; round < events / PORTS; round++) {
		ASSERT_EQ(0, raw_submit_all(r->c.fd, FIRST, 2 * PORTS));
		for (seen = 0, i = 0; i < PORTS; i++) {
			slot = ring_take(r, &port);
			if (slot < 0)
				slot = ring_wait(r, &port, 5000);
			ASSERT_LE(0, slot) {
				TH_LOG("round %u: %#x came", round, seen);
				log_port(_metadata, r, p, ~seen);
			}
			ASSERT_EQ(0, seen & bit_of[port]);
			seen |= bit_of[port];
		}
		ASSERT_EQ(~0U, seen);
	}
	EXPECT_EQ(-1, ring_wait(r, &port, 50));
	EXPECT_EQ(0, r->shared->coalesced);
	for (i = 0; i < PORTS; i++) {
		ASSERT_EQ(0, ack[i].result);
		ASSERT_EQ(0, notify[i].result);
	}
	/* one of them that of binding */
	for (i = 0, seen = 0; i < r->shared->nr; i++)
		if (r->slots[i].port && r->slots[i].count > 1) {
			ASSERT_EQ(round + 1, r->slots[i].count);
			seen++;
		}
	EXPECT_EQ(PORTS, seen);
	clock_gettime(CLOCK_MONOTONIC, &now);
	TH_LOG("%u events in %lld s", round * PORTS,
	       (long long)(now.tv_sec - begin.tv_sec));
}

FIXTURE(storm)
{
	struct ring r;			/* reads */
	struct ring s;			/* sends, or is the same */
	struct pair p[PORTS];
};

FIXTURE_VARIANT(storm)
{
	uint16_t flags;
	bool migrate;
};

FIXTURE_VARIANT_ADD(storm, acknowledged)
{
	.flags = 0,
};

FIXTURE_VARIANT_ADD(storm, by_kernel)
{
	.flags = XENBATCH_OPF_KERNEL_ACK,
};

FIXTURE_VARIANT_ADD(storm, migrating)
{
	.flags = 0,
	.migrate = true,
};

FIXTURE_VARIANT_ADD(storm, migrating_by_kernel)
{
	.flags = XENBATCH_OPF_KERNEL_ACK,
	.migrate = true,
};

FIXTURE_SETUP(storm)
{
	SKIP_WITHOUT_EVENTS();
	ASSERT_EQ(0, ring_open(&self->r, 128));
	ASSERT_EQ(0, ring_open(&self->s, 128));
}

FIXTURE_TEARDOWN(storm)
{
	ring_close(&self->s);
	ring_close(&self->r);
}

static int pairs_bind(FIXTURE_DATA(storm) *self, uint16_t flags)
{
	uint32_t i;

	for (i = 0; i < PORTS; i++)
		if (pair_bind(&self->s, &self->r, &self->p[i], flags))
			return -1;
	return 0;
}

/* What a sender has done before it sends, of each port. */
static uint32_t sequence[PORTS];

struct sender {
	FIXTURE_DATA(storm) *self;
	uint32_t first;			/* of its operations and ports */
	uint32_t nr;
	uint32_t rounds;
	bool failed;
};

static void *send_all(void *arg)
{
	struct sender *s = arg;
	struct ring *r = &s->self->s;
	uint32_t i, round;

	for (i = s->first; i < s->first + s->nr; i++)
		fill(&r->c.ops[FIRST + i], XENBATCH_OP_EVTCHN_NOTIFY,
		     s->self->p[i].from);
	for (round = 1; round <= s->rounds; round++) {
		for (i = s->first; i < s->first + s->nr; i++)
			__atomic_store_n(&sequence[i], round, __ATOMIC_RELEASE);
		if (raw_submit_all(r->c.fd, FIRST + s->first, s->nr))
			s->failed = true;
	}
	return NULL;
}

/*
 * Senders that wait for nobody, a reader that is slower than they are. All
 * interrupts are in the ring or counted as coalesced, and the last thing that
 * a sender did is seen.
 */
TEST_F_TIMEOUT(storm, from_all_sides, 300)
{
	const uint32_t rounds = 3000;
	struct sender senders[2] = {
		{ self, 0, PORTS / 2, rounds, false },
		{ self, PORTS / 2, PORTS / 2, rounds, false },
	};
	uint64_t taken = 0, fired = 0, begun = 0;
	uint32_t last[4096] = { 0 }, who[4096], port, i, n = 0;
	struct ring *r = &self->r;
	pthread_t threads[2];

	if (variant->migrate && sysconf(_SC_NPROCESSORS_ONLN) < 2)
		SKIP(return, "one CPU: nowhere to migrate to");
	memset(sequence, 0, sizeof(sequence));
	ASSERT_EQ(0, pairs_bind(self, variant->flags));
	for (i = 0; i < PORTS; i++) {
		ASSERT_GT(4096, self->p[i].to);
		who[self->p[i].to] = i;
	}
	for (i = 0; i < r->shared->nr; i++)
		begun += r->slots[i].count;
	for (i = 0; i < 2; i++)
		ASSERT_EQ(0, pthread_create(&threads[i], NULL, send_all,
					    &senders[i]));
	while (ring_wait(r, &port, 3000) >= 0) {
		taken++;
		i = who[port];
		last[i] = __atomic_load_n(&sequence[i], __ATOMIC_ACQUIRE);
		if (variant->migrate && !(++n % 16))
			ASSERT_EQ(0, RUN(&r->c,
					 .opcode = XENBATCH_OP_EVTCHN_AFFINITY,
					 .evtchn = { .port = port,
						     .cpu = n / 16 % 2 }));
		if (!(taken % 64))
			sched_yield();
		ASSERT_EQ(0, port_ack(r, port));
	}
	for (i = 0; i < 2; i++) {
		ASSERT_EQ(0, pthread_join(threads[i], NULL));
		EXPECT_FALSE(senders[i].failed);
	}
	for (i = 0; i < PORTS; i++)
		EXPECT_EQ(rounds, last[i]);
	for (i = 0; i < r->shared->nr; i++)
		fired += r->slots[i].count;
	EXPECT_EQ(fired - begun, taken + r->shared->coalesced);
	EXPECT_LE(PORTS, taken);
	/* ports that wait for us have one event at a time */
	if (!variant->flags) {
		EXPECT_EQ(0, r->shared->coalesced);
	}
}

/* A reader in the midst of it all, for the tests of how it may end. */
static void read_on(struct ring *r, const struct pair *p)
{
	uint32_t port;
	int i;

	for (;;) {
		for (i = 0; i < 4; i++)
			port_notify(r, p[i].from);
		while (ring_take(r, &port) >= 0)
			if (port % 3)
				port_ack(r, port);
	}
}

static void child(void)
{
	struct pair p[4];
	struct ring r;
	int i;

	if (ring_open(&r, 128))
		_exit(1);
	for (i = 0; i < 4; i++)
		if (pair_bind(&r, &r, &p[i], i % 2 ? XENBATCH_OPF_KERNEL_ACK :
						     0))
			_exit(2);
	read_on(&r, p);
}

FIXTURE(end)
{
	struct ring r;
	int before;
};

FIXTURE_SETUP(end)
{
	SKIP_WITHOUT_EVENTS();
	ASSERT_EQ(0, ring_open(&self->r, 128));
	self->before = ports_in_use(&self->r);
	ASSERT_LT(0, self->before);
}

FIXTURE_TEARDOWN(end)
{
	EXPECT_EQ(self->before, ports_in_use(&self->r));
	ring_close(&self->r);
}

/* Killed at any step, from before its first port on. */
TEST_F_TIMEOUT(end, killed, 120)
{
	int status, i;
	pid_t pid;

	for (i = 0; i < 60; i++) {
		pid = fork();
		ASSERT_LE(0, pid);
		if (!pid)
			child();
		usleep((useconds_t)(i * 700));
		ASSERT_EQ(0, kill(pid, SIGKILL));
		ASSERT_EQ(pid, waitpid(pid, &status, 0));
		ASSERT_TRUE(WIFSIGNALED(status));
	}
}

/* The module stays while a port is bound, and is asked in vain. */
TEST_F(end, unload_refused)
{
	struct pair p;
	uint32_t port;

	ASSERT_EQ(0, pair_bind(&self->r, &self->r, &p, 0));
	ASSERT_EQ(0, port_notify(&self->r, p.from));
	EXPECT_EQ(-1, syscall(SYS_delete_module, "xenbatch", O_NONBLOCK));
	EXPECT_EQ(EAGAIN, errno);
	EXPECT_LE(0, ring_wait(&self->r, &port, 1000));
	EXPECT_EQ(0, port_unbind(&self->r, p.from));
	EXPECT_EQ(0, port_unbind(&self->r, p.to));
}

/* A child has the descriptor, and nothing of what it stands for. */
TEST_F(end, fork_and_exec)
{
	struct pollfd poll_fd = { .fd = self->r.c.fd, .events = POLLIN };
	struct ring *r = &self->r;
	uint32_t port;
	struct pair p;
	int status;
	pid_t pid;

	ASSERT_EQ(0, pair_bind(r, r, &p, 0));
	pid = fork();
	ASSERT_LE(0, pid);
	if (!pid) {
		if (raw_submit(r->c.fd, 0, 1) != -1 || errno != EXDEV)
			_exit(1);
		if (raw_map(r->c.fd, XENBATCH_REGION_EVENTS, 0, PAGE) !=
			    MAP_FAILED || errno != EXDEV)
			_exit(2);
		if (poll(&poll_fd, 1, 0))
			_exit(3);
		_exit(0);
	}
	ASSERT_EQ(pid, waitpid(pid, &status, 0));
	EXPECT_EQ(0, status);
	EXPECT_EQ(0, port_notify(r, p.from));
	EXPECT_LE(0, ring_wait(r, &port, 1000));
	EXPECT_EQ(0, port_unbind(r, p.from));
	EXPECT_EQ(0, port_unbind(r, p.to));

	/* exec ends the address space, and with it the context */
	pid = fork();
	ASSERT_LE(0, pid);
	if (!pid) {
		struct ring own;

		if (ring_open(&own, 128) || pair_bind(&own, &own, &p, 0))
			_exit(1);
		execl("/bin/true", "true", NULL);
		_exit(2);
	}
	ASSERT_EQ(pid, waitpid(pid, &status, 0));
	EXPECT_EQ(0, status);
}

TEST_HARNESS_MAIN
