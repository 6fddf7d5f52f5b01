// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Promise: a handle that is open when a process forks works on in both. The
 * child gets a connection of its own, with the same restriction; what belongs
 * to the parent stays the parent's. (Whatever its threads do meanwhile:
 * test_fork_load.c.)
 */
#include <fcntl.h>
#include <sys/syscall.h>

#include "unit.h"

static int use_and_close(void *xb)
{
	return unit_use(xb) ?: xenbatch_close(xb);
}

static void both_go_on(void **state)
{
	assert_int_equal(unit_in_child(unit_use, *state), 0);
	assert_int_equal(unit_use(*state), 0);
	assert_int_equal(unit_in_child(use_and_close, *state), 0);
	assert_int_equal(unit_use(*state), 0);
}

static int only_close(void *xb)
{
	return xenbatch_close(xb);
}

static void child_only_closes(void **state)
{
	assert_int_equal(unit_use(*state), 0);
	assert_int_equal(unit_in_child(only_close, *state), 0);
	assert_int_equal(unit_use(*state), 0);
}

static int use_and_fork(void *xb)
{
	if (unit_use(xb) || unit_in_child(use_and_close, xb) || unit_use(xb))
		return 1;
	return xenbatch_close(xb);
}

static void grandchild(void **state)
{
	/* One that uses the handle, and one that only forks again. */
	assert_int_equal(unit_in_child(use_and_fork, *state), 0);
	assert_int_equal(unit_use(*state), 0);
}

static struct xenbatch_batch *batch;

static int batch_is_stale(void *xb)
{
	uint64_t args[] = { XENVER_version };
	uint64_t before = xb_fake_counts.hypercalls;
	struct xenbatch_batch *b;

	if (xenbatch_queue(batch, 17, args, 1, 0, 0) != -1 || errno != ESTALE)
		return 1;
	if (xenbatch_commit(batch, NULL, 0) != -1 || errno != ESTALE)
		return 2;
	if (xb_fake_counts.hypercalls != before)
		return 3;
	/* And this thread has none open here. */
	b = xenbatch_batch_begin(xb);
	if (!b)
		return 4;
	xenbatch_cancel(b);
	return use_and_close(xb);
}

static int batch_is_canceled(void *xb)
{
	xenbatch_cancel(batch);
	return use_and_close(xb);
}

static void batch_stays_the_parents(void **state)
{
	uint64_t args[] = { XENVER_version };
	struct xenbatch_result r[2];

	batch = xenbatch_batch_begin(*state);
	xenbatch_queue(batch, __HYPERVISOR_xen_version, args, 1, 0, 7);
	assert_int_equal(unit_in_child(batch_is_stale, *state), 0);
	assert_int_equal(unit_in_child(batch_is_canceled, *state), 0);
	xenbatch_queue(batch, __HYPERVISOR_xen_version, args, 1, 0, 8);
	assert_int_equal(xenbatch_commit(batch, r, 2), 0);
	assert_int_equal(r[0].tag, 7);
	assert_int_equal(r[1].tag, 8);
	assert_int_equal(r[1].ret, XB_FAKE_VERSION);
}

static void *buffers[20];

/* Cleaning up after the parent is not an error, and frees nothing here. */
static int free_inherited(void *xb)
{
	void *mine[20];
	int i, j;

	xenbatch_free(xb, buffers[0]);
	if (unit_use(xb))
		return 1;
	for (i = 0; i < 20; i++) {
		mine[i] = xenbatch_alloc(xb, 3000);
		for (j = 0; j < 20; j++)
			if (mine[i] == buffers[j])
				return 2;
		if (xenbatch_owns(xb, buffers[i], 1))
			return 3;
		memset(mine[i], i, 3000);
	}
	for (i = 1; i < 20; i++)
		xenbatch_free(xb, buffers[i]);
	for (i = 0; i < 20; i++) {
		if (((char *)mine[i])[2999] != i)
			return 4;
		xenbatch_free(xb, mine[i]);
	}
	return xenbatch_close(xb);
}

static void buffers_stay_the_parents(void **state)
{
	int i;

	for (i = 0; i < 20; i++) {
		buffers[i] = xenbatch_alloc(*state, 3000);
		memset(buffers[i], 0x40 + i, 3000);
	}
	assert_int_equal(unit_in_child(free_inherited, *state), 0);
	for (i = 0; i < 20; i++) {
		assert_int_equal(((char *)buffers[i])[2999], 0x40 + i);
		xenbatch_free(*state, buffers[i]);
	}
}

static int fd_is_own(void *xb)
{
	int inherited = *(int *)buffers[0], fd = xenbatch_fd(xb);

	free(buffers[0]);
	if (fd < 0 || fcntl(fd, F_GETFD) != FD_CLOEXEC)
		return 1;
	if (strcmp(unit_backend, "stock") &&
	    (fd == inherited || fcntl(inherited, F_GETFD) != -1))
		return 2;
	return xenbatch_close(xb);
}

/* The inherited descriptor is gone, so that the parent's context can end. */
static void descriptor_is_not_kept(void **state)
{
	int *fd = malloc(sizeof(*fd));

	*fd = xenbatch_fd(*state);
	buffers[0] = fd;
	assert_int_equal(unit_in_child(fd_is_own, *state), 0);
	free(fd);
}

static int number_reused(void *xb)
{
	int fd = *(int *)buffers[0];
	int own;

	/* A daemon closes what it does not know, and opens its own. */
	close(fd);
	own = open("/dev/zero", O_RDONLY);
	if (own < 0 || (own != fd && dup2(own, fd) != fd))
		return 1;
	if (unit_use(xb))
		return 2;
	if (fcntl(fd, F_GETFD) == -1)
		return 3;
	return 0;
}

static void reused_number_is_left_alone(void **state)
{
	int fd = xenbatch_fd(*state);

	buffers[0] = &fd;
	assert_int_equal(unit_in_child(number_reused, *state), 0);
}

static int restricted_child(void *xb)
{
	uint64_t args[] = { XENVER_version };

	if (xenbatch_hypercall(xb, __HYPERVISOR_xen_version, args, 1) != -1 ||
	    errno != EPERM)
		return 1;
	if (xenbatch_restrict(xb, 4) != -1 || errno != EINVAL)
		return 2;
	return xenbatch_restrict(xb, 3) || xenbatch_close(xb);
}

static void restriction_is_inherited(void **state)
{
	assert_true(unit_version_works(*state));
	assert_int_equal(xenbatch_restrict(*state, 3), 0);
	assert_int_equal(unit_in_child(restricted_child, *state), 0);
}

static int restrict_me(void *xb)
{
	return xenbatch_restrict(xb, 3) || restricted_child(xb);
}

static void child_restricts_itself_alone(void **state)
{
	assert_int_equal(unit_in_child(restrict_me, *state), 0);
	assert_true(unit_version_works(*state));
}

/* A child made without libc's knowing: told so once, and then served. */
static void clone_without_atfork(void **state)
{
	xenbatch *xb = *state;
	int status, ret = 0;
	uint64_t args[] = { XENVER_version };
	pid_t pid;

	fflush(NULL);
	pid = syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0);
	assert_true(pid >= 0);
	if (!pid) {
		if (xenbatch_hypercall(xb, 17, args, 1) != -1 ||
		    errno != ESTALE)
			ret = 1;
		_exit(ret ?: use_and_close(xb));
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	assert_int_equal(unit_use(xb), 0);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		opened_test(both_go_on),
		opened_test(child_only_closes),
		opened_test(grandchild),
		opened_test(batch_stays_the_parents),
		opened_test(buffers_stay_the_parents),
		opened_test(descriptor_is_not_kept),
		opened_test(reused_number_is_left_alone),
		opened_test(restriction_is_inherited),
	};
	/* Not stock: privcmd knows no owner, as with the stock libraries. */
	static const struct CMUnitTest owned[] = {
		opened_test(child_restricts_itself_alone),
		opened_test(clone_without_atfork),
	};

	return unit_run("fork", tests, ARRAY_SIZE(tests), unit_all) +
	       unit_run("fork, owned", owned, ARRAY_SIZE(owned),
			unit_batching);
}
