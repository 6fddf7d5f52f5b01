// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Promise: whatever memory calls are tried on a filled window, it stays as it
 * is or it is gone, never something in between: no part of it, no copy of it,
 * no page of it that outlives it. Nobody who looks at the process from outside
 * (/proc, ptrace, a core dump) harms it. Each with each kind of window.
 */
#include <signal.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/uio.h>
#include <sys/wait.h>

#include "kselftest_harness.h"

#include "helper/raw.h"
#include "helper/scratch.h"
#include "helper/target.h"
#include "helper/window.h"
#include "helper/filled.h"

FIXTURE(vma)
{
	struct ctx c;
	struct target t;
	char *w;
};

WINDOW_VARIANTS(vma);

FIXTURE_SETUP(vma)
{
	self->c.fd = raw_open();
	SKIP_WITHOUT_MODULE(self->c.fd);
	close(self->c.fd);
	ASSERT_EQ(0, ctx_open(&self->c));
	NEED_OPCODE(&self->c, is_foreign(variant->region) ?
		    XENBATCH_OP_FOREIGN_MAP : XENBATCH_OP_GRANT_MAP);
	ASSERT_EQ(0, filled_target(&self->t));
	self->w = window_new(self->c.fd, variant->region, SLOTS);
	ASSERT_NE(MAP_FAILED, self->w);
	ASSERT_EQ(0, window_fill(&self->c, &self->t, variant->region,
				 self->w));
}

FIXTURE_TEARDOWN(vma)
{
	munmap(self->w, SLOTS * PAGE);
	EXPECT_EQ(0, target_grants_used(&self->t));
	EXPECT_EQ(0, target_end(&self->t));
	ctx_close(&self->c);
}

/* All is as it was made, and works. */
#define EXPECT_WHOLE()							\
	do {								\
		EXPECT_TRUE(window_is_filled(self->w));			\
		EXPECT_EQ(window_holds(variant->region),		\
			  target_grants_used(&self->t));		\
		EXPECT_EQ(SLOTS, window_empty(&self->c,			\
					      variant->region,		\
					      self->w));		\
		EXPECT_EQ(SLOTS, slots_empty(self->w, SLOTS));		\
		EXPECT_EQ(0, target_grants_used(&self->t));		\
		ASSERT_EQ(0, window_fill(&self->c, &self->t,		\
					 variant->region, self->w));	\
		EXPECT_TRUE(window_is_filled(self->w));			\
	} while (0)

#define EXPECT_FAILS(err, call)						\
	do {								\
		errno = 0;						\
		EXPECT_EQ(-1, (long)(call));				\
		EXPECT_EQ((err), errno);				\
	} while (0)

TEST_F(vma, munmap_of_a_part)
{
	char *w = self->w;

	EXPECT_FAILS(EINVAL, munmap(w, PAGE));
	EXPECT_FAILS(EINVAL, munmap(w + 3 * PAGE, 2 * PAGE));
	EXPECT_FAILS(EINVAL, munmap(w + (SLOTS - 1) * PAGE, PAGE));
	/* by something else in its place */
	EXPECT_EQ(MAP_FAILED, mmap(w + PAGE, PAGE, PROT_READ,
				   MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED,
				   -1, 0));
	EXPECT_WHOLE();
}

TEST_F(vma, mprotect)
{
	static const int prots[] = {
		PROT_NONE, PROT_READ, PROT_WRITE, PROT_EXEC,
		PROT_READ | PROT_EXEC, PROT_READ | PROT_WRITE | PROT_EXEC,
	};
	char *w = self->w;
	uint32_t i;

	for (i = 0; i < sizeof(prots) / sizeof(prots[0]); i++) {
		EXPECT_FAILS(EACCES, mprotect(w, SLOTS * PAGE, prots[i]));
		EXPECT_FAILS(EACCES, mprotect(w + PAGE, PAGE, prots[i]));
		EXPECT_FAILS(EACCES, mprotect(w + PAGE, (SLOTS - 1) * PAGE,
					      prots[i]));
	}
	EXPECT_WHOLE();
	/* what it is already */
	mprotect(w, SLOTS * PAGE, PROT_READ | PROT_WRITE);
	mprotect(w + PAGE, PAGE, PROT_READ | PROT_WRITE);
	EXPECT_WHOLE();
}

TEST_F(vma, mremap_in_place)
{
	char *w = self->w;

	EXPECT_FAILS(EFAULT, mremap(w, SLOTS * PAGE, 2 * SLOTS * PAGE, 0));
	EXPECT_FAILS(EFAULT, mremap(w, SLOTS * PAGE, 2 * SLOTS * PAGE,
				    MREMAP_MAYMOVE));
	EXPECT_FAILS(EINVAL, mremap(w, SLOTS * PAGE, PAGE, 0));
	EXPECT_FAILS(EINVAL, mremap(w, SLOTS * PAGE, PAGE, MREMAP_MAYMOVE));
	EXPECT_WHOLE();
}

/* It fails, and the slots are empty then; the window can be used again. */
TEST_F(vma, mremap_to_another_place)
{
	char *w = self->w, *dest = mmap(NULL, 2 * SLOTS * PAGE, PROT_NONE,
					MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	uint32_t round;

	ASSERT_NE(MAP_FAILED, dest);
	/* a part of it is not moved at all */
	EXPECT_FAILS(EINVAL, mremap(w, PAGE, PAGE,
				    MREMAP_MAYMOVE | MREMAP_FIXED, dest));
	EXPECT_FAILS(EINVAL, mremap(w + PAGE, PAGE, PAGE,
				    MREMAP_MAYMOVE | MREMAP_FIXED, dest));
	EXPECT_WHOLE();
	for (round = 0; round < 10; round++) {
		EXPECT_EQ(MAP_FAILED, mremap(w, SLOTS * PAGE, SLOTS * PAGE,
					     MREMAP_MAYMOVE | MREMAP_FIXED,
					     dest));
		EXPECT_EQ(EINVAL, errno);
		EXPECT_EQ(SLOTS, slots_empty(w, SLOTS));
		EXPECT_EQ(0, target_grants_used(&self->t));
		ASSERT_EQ(0, window_fill(&self->c, &self->t, variant->region,
					 w));
		EXPECT_WHOLE();
	}
	/* a second view of it, as System V allowed */
	EXPECT_EQ(MAP_FAILED, mremap(w, 0, SLOTS * PAGE,
				     MREMAP_MAYMOVE | MREMAP_FIXED, dest));
	/* MREMAP_DONTUNMAP */
	EXPECT_EQ(MAP_FAILED, mremap(w, SLOTS * PAGE, SLOTS * PAGE,
				     MREMAP_MAYMOVE | 4, 0));
	window_empty(&self->c, variant->region, w);
	ASSERT_EQ(0, window_fill(&self->c, &self->t, variant->region, w));
	EXPECT_WHOLE();
}

/*
 * All advice but that which breaks memory on purpose (100 and 101). What the
 * kernel has pages for it may throw out when it is told to.
 */
TEST_F(vma, madvise)
{
	const bool pages = variant->region == XENBATCH_REGION_GRANT_PAGES;
	int advice;

	for (advice = 0; advice < 32; advice++) {
		if (advice == MADV_DOFORK)
			continue;
		madvise(self->w + PAGE, PAGE, advice);
		madvise(self->w + PAGE, (SLOTS - 1) * PAGE, advice);
		madvise(self->w, SLOTS * PAGE, advice);
		if (pages && (advice == MADV_DONTNEED ||
			      advice == MADV_DONTNEED_LOCKED)) {
			EXPECT_EQ(SLOTS, slots_empty(self->w, SLOTS));
			EXPECT_EQ(0, target_grants_used(&self->t));
			ASSERT_EQ(0, window_fill(&self->c, &self->t,
						 variant->region, self->w));
		}
		EXPECT_TRUE(window_is_filled(self->w)) {
			TH_LOG("after advice %d", advice);
		}
	}
	EXPECT_FAILS(EINVAL, madvise(self->w, SLOTS * PAGE, MADV_DODUMP));
	EXPECT_WHOLE();
}

/* A child gets nothing of it, although its parent wants that. */
TEST_F(vma, madvise_dofork)
{
	const bool pages = variant->region == XENBATCH_REGION_GRANT_PAGES;
	int status, ret = madvise(self->w, SLOTS * PAGE, MADV_DOFORK);
	char *dest = mmap(NULL, SLOTS * PAGE, PROT_NONE,
			  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	pid_t pid;

	if (!pages) {
		EXPECT_EQ(-1, ret);
		EXPECT_EQ(EINVAL, errno);
	}
	pid = fork();
	ASSERT_LE(0, pid);
	if (!pid) {
		uint32_t i, wrong = 0;

		for (i = 0; i < SLOTS; i++)
			wrong += !touch_read(self->w + i * PAGE);
		wrong += !touch_write(self->w);
		mremap(self->w, SLOTS * PAGE, SLOTS * PAGE,
		       MREMAP_MAYMOVE | MREMAP_FIXED, dest);
		/* and may do the same to a child of its own */
		pid = fork();
		if (!pid)
			_exit(!touch_read(self->w));
		wrong += waitpid(pid, &status, 0) != pid || status;
		munmap(self->w, SLOTS * PAGE);
		_exit((int)wrong);
	}
	ASSERT_EQ(pid, waitpid(pid, &status, 0));
	EXPECT_EQ(0, status);
	madvise(self->w, SLOTS * PAGE, MADV_DONTFORK);
	EXPECT_WHOLE();
}

TEST_F(vma, mlock)
{
	char *w = self->w, *v;
	unsigned char there[SLOTS];

	mlock(w, SLOTS * PAGE);
	mlock2(w + PAGE, PAGE, MLOCK_ONFAULT);
	EXPECT_TRUE(window_is_filled(w));
	munlock(w, SLOTS * PAGE);
	munlock(w + PAGE, PAGE);
	EXPECT_TRUE(window_is_filled(w));
	EXPECT_EQ(0, mlockall(MCL_CURRENT | MCL_FUTURE));
	/* a new one, under the promise that all is present */
	v = window_new(self->c.fd, variant->region, SLOTS);
	ASSERT_NE(MAP_FAILED, v);
	EXPECT_EQ(SLOTS, slots_empty(v, SLOTS));
	EXPECT_EQ(0, window_fill(&self->c, &self->t, variant->region, v));
	EXPECT_TRUE(window_is_filled(v));
	EXPECT_EQ(0, munlockall());
	EXPECT_EQ(0, munmap(v, SLOTS * PAGE));
	v = mmap(NULL, SLOTS * PAGE, PROT_READ | PROT_WRITE,
		 MAP_SHARED | MAP_POPULATE | MAP_LOCKED, self->c.fd,
		 (off_t)XENBATCH_MMAP_OFFSET(variant->region, 0));
	if (v != MAP_FAILED) {
		EXPECT_EQ(0, window_fill(&self->c, &self->t, variant->region,
					 v));
		EXPECT_TRUE(window_is_filled(v));
		EXPECT_EQ(0, munmap(v, SLOTS * PAGE));
	}
	mincore(w, SLOTS * PAGE, there);
	msync(w, SLOTS * PAGE, MS_SYNC);
	msync(w + PAGE, PAGE, MS_ASYNC | MS_INVALIDATE);
	EXPECT_WHOLE();
}

/*
 * An old call that maps the file anew over what is there. Whatever it does, a
 * slot that cannot be read holds nothing.
 */
TEST_F(vma, remap_file_pages)
{
	char *w = self->w;

	EXPECT_EQ(-1, remap_file_pages(w + PAGE, PAGE, 0, 0, 0));
	EXPECT_WHOLE();
	remap_file_pages(w, SLOTS * PAGE, 0, 0, 0);
	if (touch_read(w)) {
		EXPECT_EQ(0, target_grants_used(&self->t));
	} else {
		EXPECT_TRUE(window_is_filled(w));
	}
	remap_file_pages(w, SLOTS * PAGE, 0, 3, 0);
	if (touch_read(w)) {
		EXPECT_EQ(0, target_grants_used(&self->t));
	}
	munmap(w, SLOTS * PAGE);
	EXPECT_EQ(0, target_grants_used(&self->t));
	self->w = window_new(self->c.fd, variant->region, SLOTS);
	ASSERT_EQ(0, window_fill(&self->c, &self->t, variant->region,
				 self->w));
	EXPECT_WHOLE();
}

/* Read to its end; how many bytes that were. */
static long read_all(const char *path)
{
	static char buffer[65536];
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	long all = 0;
	ssize_t n;

	if (fd < 0)
		return -1;
	while ((n = read(fd, buffer, sizeof(buffer))) > 0)
		all += n;
	close(fd);
	return n < 0 ? -1 : all;
}

TEST_F(vma, proc)
{
	static const char *const files[] = {
		"maps", "smaps", "smaps_rollup", "numa_maps", "status",
		"statm", "oom_score",
	};
	const bool pages = variant->region == XENBATCH_REGION_GRANT_PAGES;
	uint64_t entry[SLOTS];
	char path[64];
	uint32_t i;
	int fd;

	for (i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		snprintf(path, sizeof(path), "/proc/self/%s", files[i]);
		if (!access(path, R_OK)) {
			EXPECT_LT(0, read_all(path)) {
				TH_LOG("%s", path);
			}
		}
	}
	fd = open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC);
	ASSERT_LE(0, fd);
	EXPECT_EQ(sizeof(entry), pread(fd, entry, sizeof(entry),
				       (off_t)((uintptr_t)self->w / PAGE *
					       sizeof(entry[0]))));
	close(fd);
	for (i = 1; i <= 5; i++) {
		/*
		 * Not the soft-dirty bits where the kernel has pages: it goes
		 * on when Xen refuses to change an entry, but complains.
		 */
		if (pages && i == 4)
			continue;
		fd = open("/proc/self/clear_refs", O_WRONLY | O_CLOEXEC);
		ASSERT_LE(0, fd);
		EXPECT_EQ(1, write(fd, &"012345"[i], 1));
		close(fd);
		EXPECT_TRUE(window_is_filled(self->w)) {
			TH_LOG("after clear_refs %u", i);
		}
		page_fill(self->w, TAG);
	}
	EXPECT_WHOLE();
}

/* Its memory as others see it. */
TEST_F(vma, looked_at_from_outside)
{
	const bool pages = variant->region == XENBATCH_REGION_GRANT_PAGES;
	static char buffer[PAGE], at_start[PAGE];
	struct iovec here = { buffer, PAGE }, there = { self->w, PAGE };
	pid_t me = getpid(), pid;
	char path[32];
	int fd, status;

	page_fill(at_start, TAG);
	snprintf(path, sizeof(path), "/proc/%d/mem", me);
	pid = fork();
	ASSERT_LE(0, pid);
	if (!pid) {
		int wrong = 0;
		ssize_t n;

		/* all the same whether it can: as long as it is the truth */
		n = process_vm_readv(me, &here, 1, &there, 1, 0);
		wrong += pages ? n != (ssize_t)PAGE : n > 0;
		wrong += n > 0 && memcmp(buffer, at_start, PAGE);
		memset(buffer, 0, PAGE);
		fd = open(path, O_RDWR | O_CLOEXEC);
		n = pread(fd, buffer, PAGE, (off_t)(uintptr_t)self->w);
		wrong += pages && n != (ssize_t)PAGE;
		wrong += n > 0 && memcmp(buffer, at_start, (size_t)n);
		pwrite(fd, at_start, PAGE, (off_t)(uintptr_t)self->w);
		if (ptrace(PTRACE_ATTACH, me, 0, 0))
			_exit(100);
		waitpid(me, &status, __WALL);
		errno = 0;
		n = ptrace(PTRACE_PEEKDATA, me, self->w + 8, 0);
		wrong += pages && errno;
		wrong += !errno && n != *(long *)(at_start + 8);
		ptrace(PTRACE_POKEDATA, me, self->w + 8,
		       *(long *)(at_start + 8));
		/* and a thing that works, so that the above was tried */
		errno = 0;
		ptrace(PTRACE_PEEKDATA, me, buffer, 0);
		wrong += !!errno;
		ptrace(PTRACE_DETACH, me, 0, 0);
		_exit(wrong);
	}
	while (waitpid(pid, &status, 0) == -1 && errno == EINTR)
		;
	EXPECT_EQ(0, status) {
		TH_LOG("exit status %d", WEXITSTATUS(status));
	}
	EXPECT_WHOLE();
}

/* FOLL_FORCE does not make a read-only slot writable. */
TEST_F(vma, poked_at_from_outside)
{
	const uint16_t op = is_foreign(variant->region) ?
			    XENBATCH_OP_FOREIGN_MAP : XENBATCH_OP_GRANT_MAP;
	uint64_t first = is_foreign(variant->region) ? self->t.frames[0] : REF;
	struct xenbatch_op map = op_map(op, self->t.domid, self->w, 1, first);
	static char buffer[PAGE];
	int fd;

	EXPECT_EQ(SLOTS, window_empty(&self->c, variant->region, self->w));
	map.flags = XENBATCH_OPF_READONLY;
	ASSERT_EQ(0, ctx_run(&self->c, &map));
	fd = open("/proc/self/mem", O_RDWR | O_CLOEXEC);
	ASSERT_LE(0, fd);
	memset(buffer, 1, PAGE);
	EXPECT_GT(1, pwrite(fd, buffer, PAGE, (off_t)(uintptr_t)self->w));
	EXPECT_TRUE(page_is(self->t.pages, TAG));
	/* and an empty one is nothing to write to */
	EXPECT_GT(1, pwrite(fd, buffer, PAGE,
			    (off_t)(uintptr_t)self->w + (off_t)PAGE));
	EXPECT_GT(1, pread(fd, buffer, PAGE,
			   (off_t)(uintptr_t)self->w + (off_t)PAGE));
	close(fd);
	EXPECT_EQ(1, window_empty(&self->c, variant->region, self->w));
	ASSERT_EQ(0, window_fill(&self->c, &self->t, variant->region,
				 self->w));
}

/* 1: needle is in the file. */
static int file_has(const char *path, const char *needle, size_t size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	off_t end = fd < 0 ? 0 : lseek(fd, 0, SEEK_END);
	void *p;
	int ret;

	if (end <= 0)
		return -1;
	p = mmap(NULL, (size_t)end, PROT_READ, MAP_PRIVATE, fd, 0);
	close(fd);
	if (p == MAP_FAILED)
		return -1;
	ret = !!memmem(p, (size_t)end, needle, size);
	munmap(p, (size_t)end);
	return ret;
}

static int core_to(const char *pattern, char *old, size_t size)
{
	int fd = open("/proc/sys/kernel/core_pattern", O_RDWR | O_CLOEXEC);
	ssize_t n;

	if (fd < 0)
		return -1;
	if (old) {
		n = read(fd, old, size - 1);
		old[n > 0 ? n : 0] = '\0';
		lseek(fd, 0, SEEK_SET);
	}
	n = write(fd, pattern, strlen(pattern));
	close(fd);
	return n == (ssize_t)strlen(pattern) ? 0 : -1;
}

/* It dumps core: without what is in windows, which is not its memory. */
TEST_F(vma, core_dump)
{
	struct rlimit limit = { RLIM_INFINITY, RLIM_INFINITY };
	char path[128], old[256], *heap, mine[32], theirs[32];
	int status, fd;
	pid_t pid;

	ASSERT_EQ(0, scratch_make());
	scratch_file(path, sizeof(path), "core");
	ASSERT_EQ(0, core_to(path, old, sizeof(old)));
	pid = fork();
	if (!pid) {
		struct ctx c;
		char *w = window_filled(&c, &self->t, variant->region);

		if (!w || setrlimit(RLIMIT_CORE, &limit))
			_exit(1);
		/* memory of all sorts */
		fd = open("/proc/self/coredump_filter", O_WRONLY);
		if (fd < 0 || write(fd, "0x1ff", 5) != 5)
			_exit(3);
		heap = malloc(4096);
		snprintf(heap, 4096, "a mark %d", 4711 + getppid());
		raise(SIGQUIT);
		_exit(2);
	}
	ASSERT_EQ(pid, waitpid(pid, &status, 0));
	EXPECT_TRUE(WIFSIGNALED(status));
	EXPECT_TRUE(WCOREDUMP(status));
	EXPECT_EQ(0, core_to(old, NULL, 0));
	snprintf(mine, sizeof(mine), "a mark %d", 4711 + getpid());
	EXPECT_EQ(1, file_has(path, mine, strlen(mine)));
	memcpy(theirs, self->t.pages + 64, sizeof(theirs));
	EXPECT_EQ(0, file_has(path, theirs, sizeof(theirs)));
	unlink(path);
	EXPECT_EQ(0, scratch_remove());
	EXPECT_WHOLE();
}

TEST_HARNESS_MAIN
