// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Functions of libc that Xen's libraries call, in their place: what they are
 * asked, how long it takes and what comes of it. errno is the program's libc's,
 * which is not ours, so nothing here disturbs it.
 *
 * Each stands for one function. If a program has two libcs (dlmopen), calls of
 * the second are counted by name alone.
 */
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>

#include "watch.h"

enum which { IOCTL, SYSCALL, MMAP, MUNMAP, CLOSE, NR_WHICH };

static uintptr_t real[NR_WHICH];
static struct watch_row *rows[NR_WHICH];

static uint64_t now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000000ULL + t.tv_nsec;
}

static int seen_ioctl(int fd, unsigned long request, void *arg)
{
	int (*call)(int, unsigned long, ...) = (void *)real[IOCTL];
	uint64_t start = now();
	int ret = call(fd, request, arg);
	uint64_t end = now();

	watch_add(&rows[IOCTL]->count, 1);
	watch_request(fd, request, arg, ret, end - start);
	return ret;
}

static long seen_syscall(long number, long a, long b, long c, long d, long e,
			 long f)
{
	long (*call)(long, ...) = (void *)real[SYSCALL];
	uint64_t start, end;
	long ret;

	if (number != SYS_ioctl)
		return call(number, a, b, c, d, e, f);
	start = now();
	ret = call(number, a, b, c);
	end = now();
	watch_add(&rows[SYSCALL]->count, 1);
	watch_request(a, b, (void *)c, ret, end - start);
	return ret;
}

static void *seen_mmap(void *addr, size_t size, int prot, int flags, int fd,
		       off_t offset)
{
	void *(*call)(void *, size_t, int, int, int, off_t) =
		(void *)real[MMAP];
	void *p = call(addr, size, prot, flags, fd, offset);

	watch_add(&rows[MMAP]->count, 1);
	if (p != MAP_FAILED && fd >= 0)
		watch_ops_mapped(fd, offset, size, p);
	return p;
}

static int seen_munmap(void *addr, size_t size)
{
	int (*call)(void *, size_t) = (void *)real[MUNMAP];

	watch_add(&rows[MUNMAP]->count, 1);
	/* before: another thread may get the address at once */
	watch_unmapped((uintptr_t)addr, size);
	return call(addr, size);
}

static int seen_close(int fd)
{
	int (*call)(int) = (void *)real[CLOSE];

	watch_add(&rows[CLOSE]->count, 1);
	watch_closed(fd);
	return call(fd);
}

static const struct {
	const char *name;
	enum which which;
	uintptr_t ours;
} table[] = {
	{ "ioctl", IOCTL, (uintptr_t)seen_ioctl },
	{ "syscall", SYSCALL, (uintptr_t)seen_syscall },
	{ "mmap", MMAP, (uintptr_t)seen_mmap },
	{ "mmap64", MMAP, (uintptr_t)seen_mmap },
	{ "munmap", MUNMAP, (uintptr_t)seen_munmap },
	{ "close", CLOSE, (uintptr_t)seen_close },
};

uintptr_t watch_call(const char *name, uintptr_t target, struct watch_row *row)
{
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		uintptr_t none = 0;

		if (strcmp(name, table[i].name))
			continue;
		rows[table[i].which] = row;
		if (__atomic_compare_exchange_n(&real[table[i].which], &none,
						target, false,
						__ATOMIC_RELEASE,
						__ATOMIC_ACQUIRE) ||
		    none == target)
			return table[i].ours;
		break;
	}
	return watch_thunk(row, target);
}
