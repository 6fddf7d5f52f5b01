// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What every other test takes for granted: this is a dom0, its devices are
 * there, a hypercall made by hand through privcmd is answered by the Xen that
 * sysfs tells of, and xenbatch.ko is loaded or absent as whoever runs the
 * tests says. If this fails, look at nothing else first.
 *
 * XENBATCH_MODULE=loaded|absent says what to expect (the rig sets it).
 */
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include <xen/xen.h>
#include <xen/version.h>
#include <xen/sys/privcmd.h>
#include "kselftest_harness.h"

static ssize_t read_file(const char *path, char *buf, size_t size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n;

	if (fd < 0)
		return -1;
	n = read(fd, buf, size - 1);
	close(fd);
	buf[n < 0 ? 0 : n] = '\0';
	return n;
}

static long number_in(const char *path)
{
	char buf[32];

	return read_file(path, buf, sizeof(buf)) < 0 ? -1 : atol(buf);
}

static int xen_version(int fd, unsigned long cmd, void *arg)
{
	privcmd_hypercall_t call = {
		.op = __HYPERVISOR_xen_version,
		.arg = { cmd, (unsigned long)arg },
	};

	return ioctl(fd, IOCTL_PRIVCMD_HYPERCALL, &call);
}

TEST(this_is_dom0)
{
	char buf[256];

	ASSERT_LT(0, read_file("/sys/hypervisor/type", buf, sizeof(buf)));
	EXPECT_STREQ("xen\n", buf);
	ASSERT_LT(0, read_file("/proc/xen/capabilities", buf, sizeof(buf)));
	EXPECT_NE(NULL, strstr(buf, "control_d"));
}

TEST(stock_devices)
{
	EXPECT_EQ(0, access("/dev/xen/privcmd", R_OK | W_OK));
	EXPECT_EQ(0, access("/dev/xen/hypercall", R_OK | W_OK));
	EXPECT_EQ(0, access("/dev/xen/evtchn", R_OK | W_OK));
	EXPECT_EQ(0, access("/dev/xen/gntdev", R_OK | W_OK));
	EXPECT_EQ(0, access("/dev/xen/gntalloc", R_OK | W_OK));
}

TEST(version_is_the_one_of_sysfs)
{
	int fd = open("/dev/xen/privcmd", O_RDWR | O_CLOEXEC), version;

	ASSERT_LE(0, fd);
	version = xen_version(fd, XENVER_version, NULL);
	EXPECT_EQ(number_in("/sys/hypervisor/version/major"), version >> 16);
	EXPECT_EQ(number_in("/sys/hypervisor/version/minor"),
		  version & 0xffff);
	close(fd);
}

TEST(hypercall_writes_to_this_process)
{
	int fd = open("/dev/xen/privcmd", O_RDWR | O_CLOEXEC);
	xen_extraversion_t extra;
	char sysfs[64];

	memset(extra, 0x5a, sizeof(extra));
	ASSERT_LE(0, fd);
	ASSERT_EQ(0, xen_version(fd, XENVER_extraversion, extra));
	ASSERT_LT(0, read_file("/sys/hypervisor/version/extra", sysfs,
			       sizeof(sysfs)));
	sysfs[strcspn(sysfs, "\n")] = '\0';
	EXPECT_STREQ(sysfs, extra);
	close(fd);
}

TEST(module_is_as_expected)
{
	const char *expect = getenv("XENBATCH_MODULE");

	if (!expect)
		SKIP(return, "XENBATCH_MODULE is not set");
	if (!strcmp(expect, "loaded")) {
		EXPECT_EQ(0, access("/sys/module/xenbatch", F_OK));
		EXPECT_EQ(0, access("/dev/xen/batch", R_OK | W_OK));
	} else {
		EXPECT_STREQ("absent", expect);
		EXPECT_EQ(-1, access("/sys/module/xenbatch", F_OK));
		EXPECT_EQ(-1, access("/dev/xen/batch", F_OK));
		EXPECT_EQ(ENOENT, errno);
	}
}

TEST_HARNESS_MAIN
