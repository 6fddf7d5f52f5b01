// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Promise: our libxentoolcore visits the handles that stock's would, in stock's
 * order, ends where stock's ends, and puts /dev/null in the place of a descriptor
 * as it does. A handle's layout is what stock's libraries were built with.
 */
#include <fcntl.h>
#include <pthread.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include "tool.h"

_Static_assert(offsetof(Xentoolcore__Active_Handle, restrict_callback) == 0 &&
	       offsetof(Xentoolcore__Active_Handle, entry.le_next) == 8 &&
	       offsetof(Xentoolcore__Active_Handle, entry.le_prev) == 16 &&
	       sizeof(Xentoolcore__Active_Handle) == 24, "a handle's layout");

#define HANDLES	5

static struct tool makes[MAKES];

static int setup(void **state)
{
	(void)state;
	TOOL_OPEN(makes, TOOLCORE_FUNCTIONS, "libxentoolcore.so.1");
	return 0;
}

struct handle {
	char before[40];		/* the list is told of the middle */
	Xentoolcore__Active_Handle active;
	int answer;
};

static struct handle handles[HANDLES];
static char visits[200];

static int visited(Xentoolcore__Active_Handle *active, domid_t domid)
{
	struct handle *h = (void *)((char *)active -
				    offsetof(struct handle, active));

	sprintf(visits + strlen(visits), " %d for %d", (int)(h - handles), domid);
	if (h->answer)
		errno = 60 + h->answer;
	return h->answer;
}

/* +n registers handle n, -n takes it away, =n:a makes it answer a, * restricts */
static const struct {
	const char *steps;
	const char *visits;		/* by stock, as read in its source */
} orders[] = {
	{ "*", " ->0" },
	{ "+1*", " 1 for 7 ->0" },
	{ "+0+1+2*", " 2 for 7 1 for 7 0 for 7 ->0" },
	{ "+0+1+2-2*", " 1 for 7 0 for 7 ->0" },
	{ "+0+1+2-1*", " 2 for 7 0 for 7 ->0" },
	{ "+0+1+2-0*", " 2 for 7 1 for 7 ->0" },
	{ "+0+1+2-0-1-2*", " ->0" },
	{ "+0+1-0+0*", " 0 for 7 1 for 7 ->0" },
	{ "+0-0+1-1+2*+3*", " 2 for 7 ->0 3 for 7 2 for 7 ->0" },
	{ "+0+1+2+3+4-1-3*", " 4 for 7 2 for 7 0 for 7 ->0" },
	{ "+0+1+2+3+4-4-3-0*", " 2 for 7 1 for 7 ->0" },
	{ "+0+1+2=1:9*=1:0*",
	  " 2 for 7 1 for 7 ->9 69 2 for 7 1 for 7 0 for 7 ->0" },
	{ "+0+1+2=2:-1*", " 2 for 7 ->-1 59" },
	{ "+0+1+2=0:5*-0*", " 2 for 7 1 for 7 0 for 7 ->5 65 2 for 7 1 for 7 ->0" },
};

static void run_order(struct tool *t, const char *steps)
{
	bool on[HANDLES] = { false };
	int i, rc, len;

	visits[0] = '\0';
	for (i = 0; i < HANDLES; i++)
		handles[i] = (struct handle){
			.active.restrict_callback = visited };
	for (; *steps; steps++) {
		if (*steps == '*') {
			errno = 0;
			rc = t->xentoolcore_restrict_all(7);
			sprintf(visits + strlen(visits), errno ? " ->%d %d" :
				" ->%d", rc, errno);
			continue;
		}
		i = steps[1] - '0';
		if (*steps == '=') {
			sscanf(steps + 3, "%d%n", &handles[i].answer, &len);
			steps += 2 + len;
			continue;
		}
		on[i] = *steps++ == '+';
		if (on[i])
			t->xentoolcore__register_active_handle(
				&handles[i].active);
		else
			t->xentoolcore__deregister_active_handle(
				&handles[i].active);
	}
	for (i = 0; i < HANDLES; i++)
		if (on[i])
			t->xentoolcore__deregister_active_handle(
				&handles[i].active);
}

static void order(void **state)
{
	size_t i, m;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(orders); i++)
		for (m = 0; m < MAKES; m++) {
			run_order(&makes[m], orders[i].steps);
			assert_string_equal(orders[i].visits, visits);
		}
}

/* A program's stock libraries know the links from their own header. */
static void links(void **state)
{
	Xentoolcore__Active_Handle *a = &handles[0].active;
	Xentoolcore__Active_Handle *b = &handles[1].active;
	Xentoolcore__Active_Handle **head;
	size_t m;

	(void)state;
	for (m = 0; m < MAKES; m++) {
		makes[m].xentoolcore__register_active_handle(a);
		head = a->entry.le_prev;
		assert_ptr_equal(*head, a);
		assert_null(a->entry.le_next);
		makes[m].xentoolcore__register_active_handle(b);
		assert_ptr_equal(*head, b);
		assert_ptr_equal(b->entry.le_prev, head);
		assert_ptr_equal(b->entry.le_next, a);
		assert_ptr_equal(a->entry.le_prev, &b->entry.le_next);
		makes[m].xentoolcore__deregister_active_handle(b);
		assert_ptr_equal(*head, a);
		assert_ptr_equal(a->entry.le_prev, head);
		makes[m].xentoolcore__deregister_active_handle(a);
		assert_null(*head);
	}
}

static int open_descriptors(void)
{
	int n = 0, fd;

	for (fd = 0; fd < 1024; fd++)
		n += fcntl(fd, F_GETFD) != -1;
	return n;
}

/* Which descriptor: none, one that is closed, far too high, or an open one. */
static const struct {
	const char *name;
	int fd;				/* or, 0, a new one, made so: */
	unsigned int flags;
	bool closed, none_left;
} nulls[] = {
	{ "none", -1, 0, false, false },
	{ "least", INT32_MIN, 0, false, false },
	{ "too high", 1 << 24, 0, false, false },
	{ "kept over exec", 0, 0, false, false },
	{ "not kept over exec", 0, MFD_CLOEXEC, false, false },
	{ "closed, the lowest", 0, 0, true, false },
	{ "no other left", 0, 0, false, true },
	{ "none, and none left", -1, 0, false, true },
};

static void null_case(struct tool *t, size_t i, char *out)
{
	struct rlimit old, low;
	struct stat st = { 0 };
	int before, fd, rc;

	fd = nulls[i].fd ?: memfd_create("test", nulls[i].flags);
	if (nulls[i].closed)
		close(fd);
	before = open_descriptors();
	getrlimit(RLIMIT_NOFILE, &old);
	low = (struct rlimit){ 0, old.rlim_max };
	if (nulls[i].none_left)
		setrlimit(RLIMIT_NOFILE, &low);
	errno = 0;
	rc = t->xentoolcore__restrict_by_dup2_null(fd);
	out += sprintf(out, "%s: %d, errno %d", nulls[i].name, rc, errno);
	setrlimit(RLIMIT_NOFILE, &old);
	out += sprintf(out, ", %d more", open_descriptors() - before);
	if (fd >= 0 && !fstat(fd, &st))
		sprintf(out, ", device %d, flags %x, %x",
			S_ISCHR(st.st_mode) ? (int)st.st_rdev : -1,
			(unsigned int)fcntl(fd, F_GETFL),
			(unsigned int)fcntl(fd, F_GETFD));
	if (fd >= 0)
		close(fd);
}

static void null(void **state)
{
	char out[MAKES][200];
	size_t i, m;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(nulls); i++) {
		for (m = 0; m < MAKES; m++)
			null_case(&makes[m], i, out[m]);
		assert_string_equal(out[STOCK], out[OURS]);
	}
}

/* While the list is walked none gets on it or off it: a callback looks for one. */
static struct tool *walked;
static pthread_t other;
static int other_done;

static void *other_thread(void *handle)
{
	walked->xentoolcore__deregister_active_handle(handle);
	walked->xentoolcore__register_active_handle(handle);
	__atomic_store_n(&other_done, 1, __ATOMIC_SEQ_CST);
	return NULL;
}

static int start_other(Xentoolcore__Active_Handle *active, domid_t domid)
{
	(void)active;
	(void)domid;
	if (pthread_create(&other, NULL, other_thread, &handles[1].active))
		return -1;
	usleep(50000);
	return __atomic_load_n(&other_done, __ATOMIC_SEQ_CST) ? -2 : 0;
}

static void walk_is_locked(void **state)
{
	size_t m;

	(void)state;
	for (m = 0; m < MAKES; m++) {
		walked = &makes[m];
		other_done = 0;
		handles[0].active.restrict_callback = start_other;
		handles[1] = (struct handle){
			.active.restrict_callback = visited };
		visits[0] = '\0';
		walked->xentoolcore__register_active_handle(&handles[1].active);
		walked->xentoolcore__register_active_handle(&handles[0].active);
		assert_int_equal(walked->xentoolcore_restrict_all(3), 0);
		assert_string_equal(visits, " 1 for 3");
		assert_int_equal(pthread_join(other, NULL), 0);
		assert_int_equal(other_done, 1);
		walked->xentoolcore__deregister_active_handle(&handles[0].active);
		walked->xentoolcore__deregister_active_handle(&handles[1].active);
	}
}

/* Several threads at once: ThreadSanitizer sees a lock that is not taken. */
static int nothing(Xentoolcore__Active_Handle *active, domid_t domid)
{
	(void)active;
	(void)domid;
	return 0;
}

static void *come_and_go(void *mine_)
{
	Xentoolcore__Active_Handle *mine = mine_;
	int i;

	for (i = 0; i < 2000; i++) {
		xentoolcore__register_active_handle(&mine[0]);
		xentoolcore__register_active_handle(&mine[1]);
		if (xentoolcore_restrict_all(i))
			return mine;
		xentoolcore__deregister_active_handle(&mine[0]);
		xentoolcore__deregister_active_handle(&mine[1]);
	}
	return NULL;
}

static void threads(void **state)
{
	Xentoolcore__Active_Handle their[3][2];
	pthread_t thread[ARRAY_SIZE(their)];
	void *wrong;
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(thread); i++) {
		their[i][0].restrict_callback = nothing;
		their[i][1].restrict_callback = nothing;
		assert_int_equal(pthread_create(&thread[i], NULL, come_and_go,
						their[i]), 0);
	}
	for (i = 0; i < ARRAY_SIZE(thread); i++) {
		pthread_join(thread[i], &wrong);
		assert_null(wrong);
	}
	run_order(&makes[OURS], "*");
	assert_string_equal(visits, " ->0");
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(order),
		cmocka_unit_test(links),
		cmocka_unit_test(null),
		cmocka_unit_test(walk_is_locked),
		cmocka_unit_test(threads),
	};

	return cmocka_run_group_tests_name("toolcore", tests, setup, NULL);
}
