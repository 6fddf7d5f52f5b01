#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Xen's libraries of another release: fetched and unpacked, not installed.

  releases.py --build build 4.14 4.20     a line for each: RELEASE ROOT

The packages come from an apt state of its own: the machine's own mirror with
the suite's name replaced.
"""

import argparse
import glob
import hashlib
import os
import shutil
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                "../rig"))

import fetch                                            # noqa: E402

# Where the release is, and what of it is not in each: 4.14's libxenstore has
# another soname; 4.20's libraries run with a newer C library than this machine's.
SUITES = {"4.14": ("bullseye", []),
          "4.20": ("trixie", ["libc6", "libxenstore4"])}
STABLE = ["call", "devicemodel", "evtchn", "foreignmemory", "gnttab",
          "toolcore", "toollog"]


def packages(release):
    return (["libxen-dev", "libxenmisc" + release, *SUITES[release][1]] +
            ["libxen%s1" % name for name in STABLE])


def root_of(build, release):
    folder = os.path.join(build, "cache", "xen-" + release)
    apt = fetch.private_apt(folder, SUITES[release][0])
    debs = apt.download(packages(release), os.path.join(build, "cache", "debs"))
    key = "\n".join(sorted(map(os.path.basename, debs)))
    root = os.path.join(folder, "root-" +
                        hashlib.sha256(key.encode()).hexdigest()[:16])
    if os.path.isdir(root):
        return root
    fetch.tidy(folder, "root-")
    part = os.path.join(folder, "part.%d" % os.getpid())
    try:
        for deb in debs:
            fetch.unpack(deb, part)
        for path in glob.glob(part + "/usr/lib/*/libxenctrl.so"):
            if release not in os.readlink(path):
                raise fetch.FetchError("%s has Xen %s, not %s" % (
                    SUITES[release][0], os.readlink(path), release))
        os.rename(part, root)
    finally:
        shutil.rmtree(part, ignore_errors=True)
    return root


def main():
    p = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    p.add_argument("--build", default="build", help="the build folder")
    p.add_argument("release", nargs="+", choices=sorted(SUITES))
    args = p.parse_args()
    out, sys.stdout = sys.stdout, sys.stderr
    for release in args.release:
        print(release, root_of(os.path.abspath(args.build), release), file=out)


if __name__ == "__main__":
    try:
        sys.exit(main())
    except fetch.FetchError as e:
        sys.exit("releases: %s" % e)
