// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Promise: the module may come and go between two opens, and no answer changes:
 * what is opened while it is away runs on the stock devices and goes on so when
 * it is back, what is open keeps it, and who insists on it is told in one line
 * that it is not there.
 *
 * XENBATCH_KO says which module to load again (the rig sets it). The module is
 * left loaded, as it was found.
 */
#include <dirent.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "kselftest_harness.h"

#include "../../lib/core/xenbatch.h"
#include "helper/raw.h"
#include "helper/xc_domain.h"
#include "xenbatch_xc.h"

#define NO_DOMAIN	0x7fe0

static int unload(void)
{
	return syscall(SYS_delete_module, "xenbatch", O_NONBLOCK);
}

static int load(void)
{
	int fd = open(getenv("XENBATCH_KO"), O_RDONLY | O_CLOEXEC);
	int ret = fd < 0 ? -1 : syscall(SYS_finit_module, fd, "", 0);

	if (fd >= 0)
		close(fd);
	return ret;
}

/* How many of this process's descriptors are the module's: -1 if unknown. */
static int on_module(void)
{
	char path[300], target[64];
	struct dirent *entry;
	DIR *fds = opendir("/proc/self/fd");
	int n = 0;

	if (!fds)
		return -1;
	while ((entry = readdir(fds))) {
		ssize_t size;

		snprintf(path, sizeof(path), "/proc/self/fd/%s",
			 entry->d_name);
		size = readlink(path, target, sizeof(target) - 1);
		target[size > 0 ? size : 0] = '\0';
		n += !strncmp(target, XENBATCH_DEVICE,
			      strlen(XENBATCH_DEVICE));
	}
	closedir(fds);
	return n;
}

/* Both ways into the library at once. */
struct ways {
	xenbatch *xb;
	xc_interface *xch;
};

static int ways_open(struct ways *w)
{
	w->xb = xenbatch_open(0);
	w->xch = xc_interface_open(NULL, NULL, 0);
	return w->xb && w->xch ? 0 : -1;
}

static int ways_close(struct ways *w)
{
	int ret = xenbatch_close(w->xb);

	return xc_interface_close(w->xch) || ret ? -1 : 0;
}

static bool ways_run_on(struct ways *w, enum xenbatch_backend_id id)
{
	return xenbatch_backend(w->xb, NULL) == id;
}

/* All that is asked of Xen here, about a domain that never runs. */
struct answers {
	long version, native_version;
	xen_extraversion_t extra;
	xc_vcpuinfo_t vcpu, deferred[2];
	xc_domaininfo_t list;
	xc_physinfo_t physinfo;
	int listed, no_domain, no_domain_err;
	int deferred_failed, native_failed;
	struct xc_batch_result results[4];
	struct xenbatch_result native[2];
	struct xen_domctl domctl[2];
};

static void ask_native(xenbatch *xb, uint32_t domid, struct answers *a)
{
	struct xen_domctl *d = xenbatch_alloc(xb, 2 * sizeof(*d));
	struct xenbatch_batch *b = xenbatch_batch_begin(xb);
	uint64_t args[2] = { XENVER_version, 0 };
	int i;

	a->native_version = xenbatch_hypercall(xb, __HYPERVISOR_xen_version,
					       args, 2);
	if (!d || !b) {
		a->native_failed = -2;
		return;
	}
	memset(d, 0, 2 * sizeof(*d));
	for (i = 0; i < 2; i++) {
		d[i].cmd = XEN_DOMCTL_getvcpuinfo;
		d[i].interface_version = XEN_DOMCTL_INTERFACE_VERSION;
		d[i].domain = i ? NO_DOMAIN : domid;
		args[0] = (uintptr_t)&d[i];
		xenbatch_queue(b, __HYPERVISOR_domctl, args, 1, 0, i);
	}
	a->native_failed = xenbatch_commit(b, a->native, 2);
	memcpy(a->domctl, d, sizeof(a->domctl));
	xenbatch_free(xb, d);
}

static void ask_xc(xc_interface *xch, uint32_t domid, struct answers *a)
{
	xc_vcpuinfo_t none;

	a->version = xc_version(xch, XENVER_version, NULL);
	xc_version(xch, XENVER_extraversion, a->extra);
	xc_vcpu_getinfo(xch, domid, 1, &a->vcpu);
	a->listed = xc_domain_getinfolist(xch, domid, 1, &a->list);
	xc_physinfo(xch, &a->physinfo);
	/* Memory comes and goes by itself. */
	a->physinfo.free_pages = 0;
	a->physinfo.scrub_pages = 0;
	errno = 0;
	a->no_domain = xc_vcpu_getinfo(xch, NO_DOMAIN, 0, &none);
	a->no_domain_err = errno;

	xc_batch_begin(xch);
	xc_vcpu_getinfo(xch, domid, 0, &a->deferred[0]);
	xc_vcpu_getinfo(xch, NO_DOMAIN, 0, &none);
	xc_version(xch, XENVER_version, NULL);
	xc_vcpu_getinfo(xch, domid, 1, &a->deferred[1]);
	a->deferred_failed = xc_batch_commit(xch, a->results, 4);
}

static void ask(struct ways *w, uint32_t domid, struct answers *a)
{
	memset(a, 0, sizeof(*a));
	ask_native(w->xb, domid, a);
	ask_xc(w->xch, domid, a);
}

/* How many of the answers are not what they must be, whoever gives them. */
static int wrong(const struct answers *a, uint32_t domid)
{
	return (a->version < 4 << 16) + (a->version != a->native_version) +
	       (a->vcpu.vcpu != 1) + (a->listed != 1) +
	       (a->list.domain != domid) + (a->list.max_vcpu_id != 1) +
	       (a->physinfo.nr_cpus < 1) + (a->physinfo.total_pages < 1) +
	       (a->no_domain != -1) + (a->no_domain_err != ESRCH) +
	       (a->deferred_failed != 1) + (a->native_failed != 1) +
	       (a->results[1].err != ESRCH) +
	       (a->results[2].ret != a->version) +
	       (a->deferred[1].vcpu != 1) + (a->native[1].err != ESRCH);
}

FIXTURE(reload)
{
	uint32_t domid;
	struct ways w;
	struct answers before, now;
};

FIXTURE_SETUP(reload)
{
	const char *backend = getenv("XENBATCH_BACKEND");

	if (!getenv("XENBATCH_KO"))
		SKIP_TEST("XENBATCH_KO does not say which module to load");
	if (access(XENBATCH_DEVICE, F_OK) || (backend && *backend))
		SKIP_TEST("the module is not loaded, or not to be used");

	ASSERT_EQ(0, ways_open(&self->w));
	ASSERT_EQ(0, new_domain(self->w.xch, &self->domid));
	ASSERT_TRUE(ways_run_on(&self->w, XENBATCH_BACKEND_MODULE));
	ASSERT_EQ(2, on_module());
	ask(&self->w, self->domid, &self->before);
	ASSERT_EQ(0, wrong(&self->before, self->domid));
}

FIXTURE_TEARDOWN(reload)
{
	xc_interface *xch;

	if (access("/sys/module/xenbatch", F_OK)) {
		EXPECT_EQ(0, load());
	}
	/* A test that failed may have left its handles in any state. */
	xch = xc_interface_open(NULL, NULL, 0);
	ASSERT_NE(NULL, xch);
	end_domain(xch, self->domid);
	xc_interface_close(xch);
	EXPECT_EQ(0, access(XENBATCH_DEVICE, R_OK | W_OK));
}

/* The first byte of the answers that is not as it was; -1: there is none. */
static int differs(const struct answers *a, const struct answers *b)
{
	size_t i;

	for (i = 0; i < sizeof(*a); i++)
		if (((const char *)a)[i] != ((const char *)b)[i])
			return i;
	return -1;
}

#define EXPECT_SAME(s)							\
	do {								\
		ask(&(s)->w, (s)->domid, &(s)->now);			\
		EXPECT_EQ(-1, differs(&(s)->before, &(s)->now));	\
	} while (0)

TEST_F(reload, unloaded_between_opens)
{
	const char *why;
	int round;

	for (round = 0; round < 3; round++) {
		ASSERT_EQ(0, ways_close(&self->w));
		ASSERT_EQ(0, on_module());
		ASSERT_EQ(0, unload());
		ASSERT_EQ(-1, access(XENBATCH_DEVICE, F_OK));

		ASSERT_EQ(0, ways_open(&self->w));
		ASSERT_EQ(XENBATCH_BACKEND_STOCK,
			  xenbatch_backend(self->w.xb, &why));
		EXPECT_STREQ("module absent: " XENBATCH_DEVICE
			     " does not exist", why);
		EXPECT_SAME(self);

		ASSERT_EQ(0, ways_close(&self->w));
		ASSERT_EQ(0, load());
		ASSERT_EQ(0, ways_open(&self->w));
		EXPECT_TRUE(ways_run_on(&self->w, XENBATCH_BACKEND_MODULE));
		EXPECT_EQ(2, on_module());
		EXPECT_SAME(self);
	}
	EXPECT_EQ(0, ways_close(&self->w));
}

/* One open handle keeps the module, whichever of the two it is. */
TEST_F(reload, refused_while_open)
{
	ASSERT_EQ(-1, unload());
	EXPECT_EQ(EWOULDBLOCK, errno);
	EXPECT_EQ(0, access(XENBATCH_DEVICE, R_OK | W_OK));
	EXPECT_SAME(self);

	EXPECT_EQ(0, xenbatch_close(self->w.xb));
	ASSERT_EQ(-1, unload());
	EXPECT_EQ(EWOULDBLOCK, errno);
	self->w.xb = xenbatch_open(0);
	ASSERT_NE(NULL, self->w.xb);
	EXPECT_SAME(self);

	EXPECT_EQ(0, xc_interface_close(self->w.xch));
	ASSERT_EQ(-1, unload());
	EXPECT_EQ(EWOULDBLOCK, errno);
	EXPECT_EQ(0, xenbatch_close(self->w.xb));
	ASSERT_EQ(0, unload());
	ASSERT_EQ(0, load());
}

/* Opened while the module was away: stays as it is when it comes back. */
TEST_F(reload, stock_handle_goes_on)
{
	struct ways newer;

	ASSERT_EQ(0, ways_close(&self->w));
	ASSERT_EQ(0, unload());
	ASSERT_EQ(0, ways_open(&self->w));
	EXPECT_SAME(self);
	ASSERT_EQ(0, load());

	EXPECT_TRUE(ways_run_on(&self->w, XENBATCH_BACKEND_STOCK));
	EXPECT_EQ(0, on_module());
	EXPECT_SAME(self);
	/* beside it, who opens now has the module */
	ASSERT_EQ(0, ways_open(&newer));
	EXPECT_TRUE(ways_run_on(&newer, XENBATCH_BACKEND_MODULE));
	EXPECT_EQ(2, on_module());
	EXPECT_SAME(self);
	ask(&newer, self->domid, &self->now);
	EXPECT_EQ(-1, differs(&self->before, &self->now));
	EXPECT_EQ(0, ways_close(&newer));
	/* and what runs on stock does not keep the module */
	EXPECT_EQ(0, unload());
	EXPECT_SAME(self);
	EXPECT_EQ(0, load());
	EXPECT_EQ(0, ways_close(&self->w));
}

/* A child in step with its parent: each waits for the other's word. */
struct child {
	pid_t pid;
	int to, from;
};

static void say(int fd)
{
	if (write(fd, "", 1) != 1)
		_exit(90);
}

static void wait_for_word(int fd)
{
	char c;

	if (read(fd, &c, 1) != 1)
		_exit(91);
}

static int child_start(struct child *c)
{
	int to[2], from[2];

	if (pipe2(to, O_CLOEXEC) || pipe2(from, O_CLOEXEC))
		return -1;
	c->pid = fork();
	c->to = c->pid ? to[1] : from[1];
	c->from = c->pid ? from[0] : to[0];
	close(c->pid ? to[0] : to[1]);
	close(c->pid ? from[1] : from[0]);
	return c->pid < 0 ? -1 : 0;
}

static int child_status(struct child *c)
{
	int status;

	close(c->to);
	close(c->from);
	if (waitpid(c->pid, &status, 0) != c->pid || !WIFEXITED(status))
		return -1;
	return WEXITSTATUS(status);
}

/*
 * The child has not used its handles yet: their descriptors are the parent's
 * still, and keep the module when the parent has closed. Then it gets its own,
 * closes, and the module may go; what it opens next runs on stock.
 */
TEST_F(reload, child_keeps_it_and_lets_go)
{
	struct child c;

	ASSERT_EQ(0, child_start(&c));
	if (!c.pid) {
		wait_for_word(c.from);
		ask(&self->w, self->domid, &self->now);
		if (differs(&self->before, &self->now) >= 0 ||
		    !ways_run_on(&self->w, XENBATCH_BACKEND_MODULE) ||
		    on_module() != 2)
			_exit(1);
		say(c.to);
		wait_for_word(c.from);
		if (ways_close(&self->w) || on_module())
			_exit(2);
		say(c.to);
		wait_for_word(c.from);
		if (ways_open(&self->w) ||
		    !ways_run_on(&self->w, XENBATCH_BACKEND_STOCK))
			_exit(3);
		ask(&self->w, self->domid, &self->now);
		if (differs(&self->before, &self->now) >= 0)
			_exit(4);
		_exit(ways_close(&self->w) ? 5 : 0);
	}
	ASSERT_EQ(0, ways_close(&self->w));
	EXPECT_EQ(-1, unload());
	EXPECT_EQ(EWOULDBLOCK, errno);
	say(c.to);
	wait_for_word(c.from);
	EXPECT_EQ(-1, unload());
	EXPECT_EQ(EWOULDBLOCK, errno);
	say(c.to);
	wait_for_word(c.from);
	EXPECT_EQ(0, unload());
	say(c.to);
	EXPECT_EQ(0, child_status(&c));
	EXPECT_EQ(0, load());
}

/*
 * A child that closed all descriptors it knew nothing of, as daemons do, finds
 * the module gone when it first uses its handles: they go on, on stock.
 */
TEST_F(reload, child_finds_it_gone)
{
	struct child c;

	ASSERT_EQ(0, child_start(&c));
	if (!c.pid) {
		int fd;

		for (fd = 3; fd < 256; fd++)
			if (fd != c.to && fd != c.from)
				close(fd);
		say(c.to);
		wait_for_word(c.from);
		ask(&self->w, self->domid, &self->now);
		if (differs(&self->before, &self->now) >= 0)
			_exit(1);
		if (!ways_run_on(&self->w, XENBATCH_BACKEND_STOCK))
			_exit(2);
		say(c.to);
		wait_for_word(c.from);
		ask(&self->w, self->domid, &self->now);
		if (differs(&self->before, &self->now) >= 0)
			_exit(3);
		_exit(ways_close(&self->w) ? 4 : 0);
	}
	wait_for_word(c.from);
	ASSERT_EQ(0, ways_close(&self->w));
	ASSERT_EQ(0, unload());
	say(c.to);
	wait_for_word(c.from);
	/* back again under the child's feet */
	EXPECT_EQ(0, load());
	say(c.to);
	EXPECT_EQ(0, child_status(&c));
}

/* Who asks for the module and no other gets no other. */
TEST_F(reload, insisting_on_it)
{
	char said[512];
	ssize_t size;
	int err[2], keep, native_err;

	ASSERT_EQ(0, ways_close(&self->w));
	ASSERT_EQ(0, unload());
	ASSERT_EQ(0, setenv("XENBATCH_BACKEND", "module", 1));
	ASSERT_EQ(0, pipe2(err, O_CLOEXEC));
	keep = dup(STDERR_FILENO);
	dup2(err[1], STDERR_FILENO);
	errno = 0;
	self->w.xb = xenbatch_open(0);
	native_err = errno;
	errno = 0;
	self->w.xch = xc_interface_open(NULL, NULL, 0);
	dup2(keep, STDERR_FILENO);
	EXPECT_EQ(ENOENT, errno);
	EXPECT_EQ(NULL, self->w.xch);
	EXPECT_EQ(ENOENT, native_err);
	EXPECT_EQ(NULL, self->w.xb);

	close(err[1]);
	size = read(err[0], said, sizeof(said) - 1);
	ASSERT_LT(0, size);
	said[size] = '\0';
	/* one line, and that is the last of it */
	EXPECT_EQ(said + size - 1, strchr(said, '\n')) {
		TH_LOG("%s", said);
	}
	EXPECT_NE(NULL, strstr(said, "No such file or directory"));
	EXPECT_NE(NULL, strstr(said, "Could not obtain handle"));

	/* and with it back, they open */
	ASSERT_EQ(0, load());
	ASSERT_EQ(0, ways_open(&self->w));
	EXPECT_TRUE(ways_run_on(&self->w, XENBATCH_BACKEND_MODULE));
	EXPECT_SAME(self);
	EXPECT_EQ(0, ways_close(&self->w));
	ASSERT_EQ(0, unsetenv("XENBATCH_BACKEND"));
}

TEST_HARNESS_MAIN
