// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Promise: whatever userspace hands to the device, each wrong thing gets the
 * errno that uapi/xenbatch.h names, harms nothing, and is forgotten; and what
 * the header leaves free for later versions is refused today.
 */
#include "kselftest_harness.h"

#include "helper/raw.h"

/* NOP to GRANT_COPY, RESOURCE_MAP, GRANT_NOTIFY */
#define OPCODES		0x3fffULL

FIXTURE(uapi)
{
	int fd;
	struct xenbatch_info info;
	struct xenbatch_op *ops;	/* one page */
	char *arena;			/* one page */
};

FIXTURE_SETUP(uapi)
{
	self->fd = raw_open();
	SKIP_WITHOUT_MODULE(self->fd);
	ASSERT_LE(0, self->fd);
	ASSERT_EQ(0, ioctl(self->fd, XENBATCH_IOC_INFO, &self->info));
	self->ops = raw_map(self->fd, XENBATCH_REGION_OPS, 0, PAGE);
	ASSERT_NE(MAP_FAILED, self->ops);
	self->arena = raw_map(self->fd, XENBATCH_REGION_ARENA, 0, PAGE);
	ASSERT_NE(MAP_FAILED, self->arena);
}

FIXTURE_TEARDOWN(uapi)
{
	close(self->fd);
}

/* After each kind of abuse the context still works. */
#define EXPECT_ALIVE()							\
	do {								\
		raw_version(&self->ops[0]);				\
		EXPECT_EQ(1, raw_submit(self->fd, 0, 1));		\
		EXPECT_LT(0x40000, self->ops[0].result);		\
	} while (0)

#define EXPECT_FAILS(err, call)						\
	do {								\
		errno = 0;						\
		EXPECT_EQ(-1, (call));					\
		EXPECT_EQ((err), errno);				\
	} while (0)

#define EXPECT_NO_MAP(err, call)					\
	do {								\
		errno = 0;						\
		EXPECT_EQ(MAP_FAILED, (call));				\
		EXPECT_EQ((err), errno);				\
	} while (0)

TEST_F(uapi, info)
{
	struct xenbatch_info info = { .flags = 0 };

	EXPECT_EQ(XENBATCH_ABI, self->info.abi);
	/* what the header defines and nothing else; in a PV dom0 all of it */
	EXPECT_EQ(3, self->info.opcodes & 3);
	EXPECT_EQ(0, self->info.opcodes & ~OPCODES);
	if (self->info.features & XENBATCH_FEATURE_PV) {
		EXPECT_EQ(OPCODES, self->info.opcodes);
	}
	EXPECT_LE(1024, self->info.slots_max);
	EXPECT_LE(128, self->info.pages_max);
	EXPECT_NE(0, self->info.features & (XENBATCH_FEATURE_PV |
					    XENBATCH_FEATURE_AUTOXLATE));
	EXPECT_EQ(0, self->info.ops_max % OPS_PER_PAGE);
	EXPECT_LE(10000, self->info.ops_max);
	EXPECT_LT(0, self->info.chunk);
	EXPECT_LE(4, self->info.xen_major);
	EXPECT_NE(0, self->info.version[0]);
	EXPECT_LT(0, self->info.nr_counters);

	info.flags = 1;
	EXPECT_FAILS(EINVAL, ioctl(self->fd, XENBATCH_IOC_INFO, &info));
	info.flags = 0;
	info.reserved[3] = 1;
	EXPECT_FAILS(EINVAL, ioctl(self->fd, XENBATCH_IOC_INFO, &info));
	EXPECT_FAILS(EFAULT, ioctl(self->fd, XENBATCH_IOC_INFO, NULL));
	EXPECT_FAILS(EFAULT, ioctl(self->fd, XENBATCH_IOC_INFO, -4096L));
}

TEST_F(uapi, unknown_ioctls)
{
	unsigned int nr;

	for (nr = 0; nr < 256; nr++) {
		if (nr >= 0xb0 && nr <= 0xb4)
			continue;
		if (nr == 0xbf && self->info.features & XENBATCH_FEATURE_BENCH)
			continue;
		EXPECT_FAILS(ENOTTY, ioctl(self->fd, _IO('x', nr), 0));
	}
	/* the right number with the wrong size is another command */
	EXPECT_FAILS(ENOTTY, ioctl(self->fd, _IOW('x', 0xb1, char[16]), 0));
	/* what libxenforeignmemory probes privcmd with */
	EXPECT_FAILS(ENOTTY, ioctl(self->fd, _IOC(_IOC_NONE, 'P', 0xff, 0), 0));
	EXPECT_ALIVE();
}

TEST_F(uapi, counters)
{
	struct xenbatch_counter c;
	uint32_t i;

	for (i = 0; i < self->info.nr_counters; i++) {
		c = (struct xenbatch_counter){ .index = i };
		ASSERT_EQ(0, ioctl(self->fd, XENBATCH_IOC_COUNTER, &c));
		EXPECT_EQ(i, c.index);
		EXPECT_NE(0, c.name[0]);
		EXPECT_NE(0, c.description[0]);
		EXPECT_LE(c.context, c.total);
	}
	c = (struct xenbatch_counter){ .index = i };
	EXPECT_FAILS(EINVAL, ioctl(self->fd, XENBATCH_IOC_COUNTER, &c));
	c = (struct xenbatch_counter){ .index = ~0U };
	EXPECT_FAILS(EINVAL, ioctl(self->fd, XENBATCH_IOC_COUNTER, &c));
	c = (struct xenbatch_counter){ .reserved = 1 };
	EXPECT_FAILS(EINVAL, ioctl(self->fd, XENBATCH_IOC_COUNTER, &c));
	EXPECT_FAILS(EFAULT, ioctl(self->fd, XENBATCH_IOC_COUNTER, NULL));

	EXPECT_EQ(2, raw_counter(self->fd, "pages"));
	EXPECT_EQ(0, raw_counter(self->fd, "submits"));
	EXPECT_ALIVE();
	EXPECT_EQ(1, raw_counter(self->fd, "submits"));
	EXPECT_EQ(1, raw_counter(self->fd, "direct"));
}

TEST_F(uapi, submit_arguments)
{
	static const struct {
		struct xenbatch_submit s;
		int err;		/* 0: is done */
	} cases[] = {
		{ { .first = 0, .count = 0 }, 0 },
		{ { .first = 63, .count = 1 }, 0 },
		{ { .first = 0, .count = 1, .flags = 1 }, EINVAL },
		{ { .first = 0, .count = 1, .flags = ~0U }, EINVAL },
		{ { .first = 0, .count = 1, .reserved = 1 }, EINVAL },
		{ { .first = 0, .count = 1, .reserved2 = { 1, 0 } }, EINVAL },
		{ { .first = 0, .count = 1, .reserved2 = { 0, 1 } }, EINVAL },
		{ { .first = 0, .count = 65 }, EINVAL },
		{ { .first = 64, .count = 1 }, EINVAL },
		{ { .first = 63, .count = 2 }, EINVAL },
		{ { .first = 0, .count = ~0U }, EINVAL },
		{ { .first = ~0U, .count = 1 }, EINVAL },
		{ { .first = ~0U, .count = 2 }, EINVAL },
		{ { .first = ~0U, .count = ~0U }, EINVAL },
		{ { .first = 1U << 31, .count = 1U << 31 }, EINVAL },
		{ { .first = 1, .count = ~0U }, EINVAL },
	};
	struct xenbatch_submit s;
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		s = cases[i].s;
		raw_version(&self->ops[0]);
		self->ops[0].result = -4711;
		if (cases[i].err) {
			EXPECT_FAILS(cases[i].err, ioctl(self->fd,
					XENBATCH_IOC_SUBMIT, &s));
			EXPECT_EQ(XENBATCH_STATE_IDLE, self->ops[0].state);
			EXPECT_EQ(-4711, self->ops[0].result);
		} else {
			EXPECT_EQ(s.count, ioctl(self->fd,
					XENBATCH_IOC_SUBMIT, &s));
		}
	}
	s = (struct xenbatch_submit){ .first = self->info.ops_max, .count = 1 };
	EXPECT_FAILS(EINVAL, ioctl(self->fd, XENBATCH_IOC_SUBMIT, &s));
	s = (struct xenbatch_submit){ .first = self->info.ops_max - 1,
				      .count = 1 };
	EXPECT_FAILS(EINVAL, ioctl(self->fd, XENBATCH_IOC_SUBMIT, &s));
	EXPECT_FAILS(EFAULT, ioctl(self->fd, XENBATCH_IOC_SUBMIT, NULL));
	EXPECT_FAILS(EFAULT, ioctl(self->fd, XENBATCH_IOC_SUBMIT, -8L));
	EXPECT_ALIVE();
}

/* A context whose operation array was never mapped. */
TEST_F(uapi, submit_without_ops)
{
	int fd = raw_open();

	ASSERT_LE(0, fd);
	EXPECT_FAILS(EINVAL, raw_submit(fd, 0, 1));
	EXPECT_EQ(0, raw_submit(fd, 0, 0));
	close(fd);
}

/* Each malformed operation alone, and then between two good ones. */
TEST_F(uapi, malformed_operations)
{
	static const struct {
		struct xenbatch_op op;
		int err;
	} cases[] = {
		{ { .opcode = 14 }, EINVAL },
		{ { .opcode = 15 }, EINVAL },
		{ { .opcode = 7, .number = 1 }, ENXIO },
		{ { .opcode = 7 }, ENXIO },
		{ { .opcode = 11, .number = 1 }, EINVAL },
		{ { .opcode = 63 }, EINVAL },
		{ { .opcode = 64 }, EINVAL },
		{ { .opcode = 0xffff }, EINVAL },
		{ { .opcode = XENBATCH_OP_HYPERCALL, .flags = 2 }, EINVAL },
		{ { .opcode = XENBATCH_OP_HYPERCALL, .flags = 0xfffe },
		  EINVAL },
		{ { .opcode = XENBATCH_OP_HYPERCALL, .domid = 1,
		    .number = __HYPERVISOR_xen_version }, EINVAL },
		{ { .opcode = XENBATCH_OP_NOP, .domid = 1 }, EINVAL },
		{ { .opcode = XENBATCH_OP_NOP, .number = 1 }, EINVAL },
		{ { .opcode = XENBATCH_OP_NOP, .flags = 4 }, EINVAL },
		{ { .state = XENBATCH_STATE_READY }, EBUSY },
		{ { .state = XENBATCH_STATE_BUSY }, EBUSY },
		{ { .state = 4 }, EBUSY },
		{ { .state = ~0U }, EBUSY },
		{ { .state = 0x100 }, EBUSY },
		{ { .opcode = XENBATCH_OP_HYPERCALL, .number = 63 }, ENOSYS },
		{ { .opcode = XENBATCH_OP_HYPERCALL, .number = 64 }, ENOSYS },
		{ { .opcode = XENBATCH_OP_HYPERCALL, .number = 0xffff },
		  ENOSYS },
	};
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		self->ops[0] = cases[i].op;
		ASSERT_EQ(1, raw_submit(self->fd, 0, 1));
		EXPECT_EQ(-cases[i].err, self->ops[0].result) {
			TH_LOG("case %zu", i);
		}
		EXPECT_EQ(XENBATCH_STATE_DONE, self->ops[0].state);

		raw_version(&self->ops[1]);
		self->ops[2] = cases[i].op;
		raw_version(&self->ops[3]);
		raw_version(&self->ops[4]);
		ASSERT_EQ(4, raw_submit(self->fd, 1, 4));
		EXPECT_LT(0x40000, self->ops[1].result);
		EXPECT_EQ(-cases[i].err, self->ops[2].result);
		EXPECT_LT(0x40000, self->ops[3].result);
		EXPECT_LT(0x40000, self->ops[4].result);
	}
}

/* What the kernel does not write, it leaves alone. */
TEST_F(uapi, only_state_and_result_are_written)
{
	struct xenbatch_op before;
	unsigned int i;

	for (i = 0; i < 3; i++) {
		raw_version(&self->ops[i]);
		self->ops[i].tag = 0xfeed0000 + i;
		self->ops[i].arg[4] = 0x1234567890;
	}
	before = self->ops[1];
	ASSERT_EQ(3, raw_submit(self->fd, 0, 3));
	EXPECT_LT(0x40000, self->ops[1].result);
	before.result = self->ops[1].result;
	before.state = XENBATCH_STATE_DONE;
	EXPECT_EQ(0, memcmp(&before, &self->ops[1], sizeof(before)));
	/* DONE may be submitted again as it is */
	ASSERT_EQ(3, raw_submit(self->fd, 0, 3));
	EXPECT_EQ(0, memcmp(&before, &self->ops[1], sizeof(before)));
}

TEST_F(uapi, mmap_arguments)
{
	const int rw = PROT_READ | PROT_WRITE;
	const off_t ops = (off_t)XENBATCH_MMAP_OFFSET(XENBATCH_REGION_OPS,
						      PAGE);
	const size_t ops_bytes = self->info.ops_max *
				 sizeof(struct xenbatch_op);
	unsigned int region;
	int fd = self->fd;

	EXPECT_NO_MAP(EINVAL, mmap(NULL, PAGE, rw, MAP_PRIVATE, fd, ops));
	EXPECT_NO_MAP(EACCES, mmap(NULL, PAGE, PROT_READ, MAP_SHARED, fd,
				   ops));
	EXPECT_NO_MAP(EACCES, mmap(NULL, PAGE, PROT_NONE, MAP_SHARED, fd,
				   ops));
	EXPECT_NO_MAP(EACCES, mmap(NULL, PAGE, rw | PROT_EXEC, MAP_SHARED, fd,
				   ops));
	/* regions that are kept for later, and those that never will be */
	for (region = 0; region < 256; region++) {
		if (region != XENBATCH_REGION_CONTROL &&
		    region <= XENBATCH_REGION_GRANT_PAGES)
			continue;
		EXPECT_NO_MAP(EINVAL, raw_map(fd, region, 0, PAGE));
	}
	EXPECT_NO_MAP(EINVAL, raw_map(fd, XENBATCH_REGION_OPS, ops_bytes,
				      PAGE));
	EXPECT_NO_MAP(EINVAL, raw_map(fd, XENBATCH_REGION_OPS,
				      ops_bytes - PAGE, 2 * PAGE));
	EXPECT_NO_MAP(EINVAL, raw_map(fd, XENBATCH_REGION_OPS, PAGE,
				      1UL << 40));
	EXPECT_NO_MAP(EINVAL, raw_map(fd, XENBATCH_REGION_ARENA,
				      self->info.arena_max, PAGE));
	EXPECT_NO_MAP(EINVAL, raw_map(fd, XENBATCH_REGION_ARENA, PAGE,
				      self->info.arena_max));
	EXPECT_NO_MAP(EINVAL, mmap(NULL, PAGE, rw, MAP_SHARED, fd, ops + 8));
	/* each page once, be it by a range that only touches it */
	EXPECT_NO_MAP(EBUSY, raw_map(fd, XENBATCH_REGION_OPS, 0, PAGE));
	EXPECT_NO_MAP(EBUSY, raw_map(fd, XENBATCH_REGION_OPS, 0, 2 * PAGE));
	EXPECT_NO_MAP(EBUSY, raw_map(fd, XENBATCH_REGION_ARENA, 0, PAGE));
	EXPECT_EQ(2, raw_counter(fd, "pages"));
	/* a refused range left nothing behind, and the last page is there */
	EXPECT_NE(MAP_FAILED, raw_map(fd, XENBATCH_REGION_OPS, PAGE, PAGE));
	EXPECT_NE(MAP_FAILED, raw_map(fd, XENBATCH_REGION_OPS,
				      ops_bytes - PAGE, PAGE));
	EXPECT_EQ(1, raw_submit(fd, self->info.ops_max - 1, 1));
	EXPECT_FAILS(EINVAL, raw_submit(fd, self->info.ops_max - 1, 2));
	EXPECT_ALIVE();
}

TEST_F(uapi, areas_stay_as_they_are)
{
	char *a = raw_map(self->fd, XENBATCH_REGION_ARENA, 4 * PAGE, 4 * PAGE);
	char *dest;
	size_t i;

	ASSERT_NE(MAP_FAILED, a);
	for (i = 0; i < 4 * PAGE; i++)
		ASSERT_EQ(0, a[i]);
	memset(a, 0x5a, 4 * PAGE);

	EXPECT_FAILS(EINVAL, munmap(a, PAGE));
	EXPECT_FAILS(EINVAL, munmap(a + PAGE, PAGE));
	EXPECT_FAILS(EINVAL, munmap(a + 3 * PAGE, PAGE));
	EXPECT_FAILS(EACCES, mprotect(a, 4 * PAGE, PROT_READ));
	EXPECT_FAILS(EACCES, mprotect(a, PAGE, PROT_READ));
	EXPECT_FAILS(EACCES, mprotect(a, 4 * PAGE,
				      PROT_READ | PROT_WRITE | PROT_EXEC));
	EXPECT_NO_MAP(EFAULT, mremap(a, 4 * PAGE, 8 * PAGE, MREMAP_MAYMOVE));
	EXPECT_NO_MAP(EINVAL, mremap(a, 4 * PAGE, 2 * PAGE, 0));
	dest = mmap(NULL, 4 * PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS,
		    -1, 0);
	ASSERT_NE(MAP_FAILED, dest);
	EXPECT_NO_MAP(EINVAL, mremap(a, 4 * PAGE, 4 * PAGE,
				     MREMAP_MAYMOVE | MREMAP_FIXED, dest));
	EXPECT_NO_MAP(EINVAL, mremap(a, PAGE, PAGE,
				     MREMAP_MAYMOVE | MREMAP_FIXED, dest));
	for (i = 0; i < 4 * PAGE; i++)
		ASSERT_EQ(0x5a, a[i]);

	/* thrown out, it comes back with what was in it */
	EXPECT_EQ(0, madvise(a, 4 * PAGE, MADV_DONTNEED));
	for (i = 0; i < 4 * PAGE; i++)
		ASSERT_EQ(0x5a, a[i]);

	/* given back whole: the pages stay the context's, and are not given
	 * out again
	 */
	EXPECT_EQ(0, munmap(a, 4 * PAGE));
	EXPECT_NO_MAP(EBUSY, raw_map(self->fd, XENBATCH_REGION_ARENA, 4 * PAGE,
				     4 * PAGE));
	EXPECT_EQ(0, munmap(self->ops, PAGE));
	EXPECT_EQ(1, raw_submit(self->fd, 0, 1));
}

/* The kernel's own access to a buffer works as to any memory. */
TEST_F(uapi, arena_is_good_for_system_calls)
{
	int p[2];

	ASSERT_EQ(0, pipe(p));
	strcpy(self->arena, "through the arena");
	EXPECT_EQ(18, write(p[1], self->arena, 18));
	EXPECT_EQ(18, read(p[0], self->arena + 100, 18));
	EXPECT_STREQ("through the arena", self->arena + 100);
	close(p[0]);
	close(p[1]);
}

TEST_F(uapi, restrict_arguments)
{
	static const struct {
		struct xenbatch_restrict r;
		int err;
	} cases[] = {
		{ { .flags = 0 }, EINVAL },
		{ { .flags = 4, .domid = 1 }, EINVAL },
		{ { .flags = ~0U, .domid = 1 }, EINVAL },
		{ { .flags = XENBATCH_RESTRICT_DOMID, .reserved = 1 },
		  EINVAL },
		{ { .flags = XENBATCH_RESTRICT_DOMID, .reserved2 = { 1 } },
		  EINVAL },
		{ { .flags = XENBATCH_RESTRICT_DOMID, .domid = 0x7ff0 },
		  EINVAL },
		{ { .flags = XENBATCH_RESTRICT_DOMID, .domid = 0xffff },
		  EINVAL },
		{ { .flags = XENBATCH_RESTRICT_DOMID, .opcodes = 1 }, EINVAL },
		{ { .flags = XENBATCH_RESTRICT_OPCODES, .domid = 1 }, EINVAL },
	};
	struct xenbatch_restrict r;
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		r = cases[i].r;
		EXPECT_FAILS(cases[i].err, ioctl(self->fd,
				XENBATCH_IOC_RESTRICT, &r));
	}
	EXPECT_FAILS(EFAULT, ioctl(self->fd, XENBATCH_IOC_RESTRICT, NULL));
	/* none of these took anything away */
	EXPECT_ALIVE();
}

/* A restricted context tries everything. */
TEST_F(uapi, restricted_to_a_domain)
{
	struct xenbatch_restrict r = {
		.flags = XENBATCH_RESTRICT_DOMID, .domid = 7,
	};
	unsigned int number, i;

	ASSERT_EQ(0, ioctl(self->fd, XENBATCH_IOC_RESTRICT, &r));
	EXPECT_EQ(0, ioctl(self->fd, XENBATCH_IOC_RESTRICT, &r));
	r.domid = 8;
	EXPECT_FAILS(EINVAL, ioctl(self->fd, XENBATCH_IOC_RESTRICT, &r));
	r.domid = 0;
	EXPECT_FAILS(EINVAL, ioctl(self->fd, XENBATCH_IOC_RESTRICT, &r));
	/* asking for all operations again gives nothing back */
	r = (struct xenbatch_restrict){ .flags = XENBATCH_RESTRICT_OPCODES,
					.opcodes = ~0ULL };
	EXPECT_EQ(0, ioctl(self->fd, XENBATCH_IOC_RESTRICT, &r));

	/* every hypercall, alone and in company */
	for (number = 0; number < 64; number++) {
		raw_call(&self->ops[0], (uint16_t)number, 7,
			 (uintptr_t)self->arena);
		ASSERT_EQ(1, raw_submit(self->fd, 0, 1));
		ASSERT_EQ(-EPERM, self->ops[0].result);
	}
	for (number = 0; number < 64; number++)
		raw_call(&self->ops[number], (uint16_t)number, 7,
			 (uintptr_t)self->arena);
	ASSERT_EQ(64, raw_submit(self->fd, 0, 64));
	for (number = 0; number < 64; number++)
		ASSERT_EQ(-EPERM, self->ops[number].result);
	/* every opcode */
	for (i = 0; i < 64; i++)
		self->ops[i] = (struct xenbatch_op){
			.opcode = (uint16_t)i,
			.number = i == 1 ? __HYPERVISOR_xen_version : 0,
		};
	ASSERT_EQ(64, raw_submit(self->fd, 0, 64));
	EXPECT_EQ(0, self->ops[0].result);
	EXPECT_EQ(-EPERM, self->ops[1].result);
	for (i = 2; i < 64; i++) {
		EXPECT_GT(0, self->ops[i].result);
		if (!(OPCODES >> i & 1)) {
			EXPECT_EQ(-EINVAL, self->ops[i].result);
		}
	}
	EXPECT_EQ(0, raw_counter(self->fd, "direct"));
	EXPECT_EQ(0, raw_counter(self->fd, "multicalls"));
}

TEST_F(uapi, restricted_to_opcodes)
{
	struct xenbatch_restrict r = {
		.flags = XENBATCH_RESTRICT_OPCODES,
		.opcodes = 1ULL << XENBATCH_OP_HYPERCALL,
	};

	ASSERT_EQ(0, ioctl(self->fd, XENBATCH_IOC_RESTRICT, &r));
	memset(&self->ops[0], 0, sizeof(self->ops[0]));
	raw_version(&self->ops[1]);
	raw_version(&self->ops[2]);
	ASSERT_EQ(3, raw_submit(self->fd, 0, 3));
	EXPECT_EQ(-EPERM, self->ops[0].result);
	EXPECT_LT(0x40000, self->ops[1].result);
	EXPECT_LT(0x40000, self->ops[2].result);
	r.opcodes = 0;
	ASSERT_EQ(0, ioctl(self->fd, XENBATCH_IOC_RESTRICT, &r));
	ASSERT_EQ(3, raw_submit(self->fd, 0, 3));
	EXPECT_EQ(-EPERM, self->ops[1].result);
}

/* 200,000 operations of random bits, none of them a good hypercall. */
TEST_F(uapi, random_operations)
{
	unsigned int round, i, j;
	uint64_t x = 88172645463325252ULL;
	uint32_t *word;

	for (round = 0; round < 200000 / OPS_PER_PAGE; round++) {
		for (i = 0; i < OPS_PER_PAGE; i++) {
			word = (uint32_t *)&self->ops[i];
			for (j = 0; j < 16; j++) {
				x ^= x << 13;
				x ^= x >> 7;
				x ^= x << 17;
				word[j] = (uint32_t)x;
			}
			self->ops[i].state &= 3;
			self->ops[i].opcode &= 15;
			self->ops[i].flags &= x & 1 ? 1 : 7;
			/* a good one could do anything to this machine */
			if (self->ops[i].opcode == XENBATCH_OP_HYPERCALL)
				self->ops[i].domid |= 1;
			self->ops[i].result = 1;
		}
		ASSERT_EQ(OPS_PER_PAGE, raw_submit(self->fd, 0, OPS_PER_PAGE));
		for (i = 0; i < OPS_PER_PAGE; i++) {
			ASSERT_EQ(XENBATCH_STATE_DONE, self->ops[i].state);
			ASSERT_GE(0, self->ops[i].result);
		}
	}
	EXPECT_EQ(0, raw_counter(self->fd, "direct"));
	EXPECT_EQ(0, raw_counter(self->fd, "batched"));
	EXPECT_ALIVE();
}

TEST_HARNESS_MAIN
