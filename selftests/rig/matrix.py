#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Compiles kmod/ against the headers of every kernel that is supported.

  matrix.py --build build               the host's headers and the suites below
  matrix.py --build build --only sid    one of them

Header packages of other suites are unpacked under build/cache from an apt
state of its own: the machine's own mirror with the suite's name replaced. Any
warning fails. Tools of a suite whose C library is newer than this machine's
run by that suite's own ld.so.
"""

import argparse
import glob
import hashlib
import os
import re
import shutil
import subprocess
import sys
import time

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

import fetch                                            # noqa: E402

# Suite, or arm64 for this machine's own suite on other processors, and what
# make must be told because gcc 12 and no pahole build it: the options are those
# that the suite's own, newer gcc has.
SUITES = {
    "arm64": ["ARCH=arm64", "CROSS_COMPILE=aarch64-linux-gnu-",
              "CC=aarch64-linux-gnu-gcc"],
    "bookworm-backports": ["CONFIG_DEBUG_INFO_BTF_MODULES="],
    "sid": ["CONFIG_DEBUG_INFO_BTF_MODULES=",
            "CONFIG_CC_HAS_MIN_FUNCTION_ALIGNMENT=",
            "KCFLAGS=-Wno-attributes"],
}

# A kernel built by another compiler says so each time; that is the point.
HARMLESS = re.compile(r"the compiler differs from the one used|"
                      r"The kernel was built by:|You are using:|"
                      r"pahole version differs|Skipping BTF generation")
COMPLAINT = re.compile(r"warning:|error:|WARNING:|ERROR:")


def resolve(apt, suite):
    """(release, packages): the suite's headers, its kbuild, and the
    libraries that its kbuild's tools load. Of arm64, the headers alone: this
    machine's kbuild is of the same kernel."""
    arch = "arm64" if suite == "arm64" else "amd64"
    headers, = [d for d in apt.depends("linux-headers-" + arch)
                if d.startswith("linux-headers-")]
    packages = [headers]
    packages += [d for d in apt.depends(headers)
                 if re.match(r"linux-headers-" if arch == "arm64" else
                             r"linux-(headers|kbuild)-", d)]
    todo = [p for p in packages if p.startswith("linux-kbuild-")]
    while todo:
        for d in apt.depends(todo.pop()):
            # OpenSSL is for signing, which nobody does here
            if (re.match(r"(lib|zlib)", d) and d not in packages and
                    not d.startswith("libssl")):
                packages.append(d)
                todo.append(d)
    return headers[len("linux-headers-"):], packages


def host_glibc():
    return tuple(map(int, os.confstr("CS_GNU_LIBC_VERSION").split()[1]
                     .split(".")))


def mend(root):
    """Make unpacked headers usable where they lie."""
    for path in glob.glob(root + "/usr/src/linux-headers-*/Makefile"):
        if path.endswith("-common/Makefile"):
            continue
        with open(path) as f:
            text = f.read()
        text = re.sub(r"(?m)(^|[ =])/usr/src/", r"\1%s/usr/src/" % root, text)
        with open(path, "w") as f:
            f.write(text)
    for path in glob.glob(root + "/usr/src/linux-headers-*-arm64/scripts"):
        # ../../lib/linux-kbuild-<version>/scripts
        kbuild = os.path.dirname(os.readlink(path))
        os.makedirs(root + "/usr/lib", exist_ok=True)
        os.symlink("/usr/lib/" + os.path.basename(kbuild),
                   root + "/usr/lib/" + os.path.basename(kbuild))
    loader = glob.glob(root + "/usr/lib/x86_64-linux-gnu/ld-linux-x86-64.so.2")
    for folder, _, names in os.walk(root + "/usr/lib"):
        if "/linux-kbuild-" not in folder:
            continue
        for name in names:
            path = os.path.join(folder, name)
            if os.access(path, os.X_OK) and too_new(path):
                if not loader:
                    raise fetch.FetchError(
                        "%s needs a newer libc than there is" % path)
                wrap(path, loader[0])


def too_new(path):
    with open(path, "rb") as f:
        data = f.read()
    if data[:4] != b"\x7fELF":
        return False
    wants = [tuple(map(int, m.split(b".")))
             for m in re.findall(rb"GLIBC_(\d+\.\d+)", data)]
    return max(wants, default=(0,)) > host_glibc()


def wrap(path, loader):
    os.rename(path, path + ".elf")
    with open(path, "w") as f:
        f.write('#!/bin/sh\nexec %s --library-path %s %s.elf "$@"\n'
                % (loader, os.path.dirname(loader), path))
    os.chmod(path, 0o755)


def headers_of(build, suite):
    """(release, kernel build folder) of a suite, fetched if need be."""
    folder = os.path.join(build, "cache", "matrix-" + suite)
    if suite == "arm64":
        apt = fetch.private_apt(folder, fetch.codename(), suite)
    else:
        apt = fetch.private_apt(folder, suite)
    try:
        release, packages = resolve(apt, suite)
    except (fetch.FetchError, ValueError):
        apt.update()
        release, packages = resolve(apt, suite)
    debs = apt.download(packages, os.path.join(build, "cache", "debs"))
    # mended files name the folder they lie in, so that is part of the key
    key = "\n".join(sorted(map(os.path.basename, debs)) + [folder])
    root = os.path.join(folder, "root-" +
                        hashlib.sha256(key.encode()).hexdigest()[:16])
    if not os.path.isdir(root):
        fetch.tidy(folder, "root-")
        fetch.say("UNPACK", "headers of %s" % release)
        try:
            for deb in debs:
                fetch.unpack(deb, root)
            mend(root)
        except BaseException:
            shutil.rmtree(root, ignore_errors=True)
            raise
    return release, os.path.join(root, "usr/src/linux-headers-" + release)


def compile_for(build, source, release, kdir, args):
    """Build the module; the lines that are wrong with it."""
    tree = os.path.join(build, "kmod-matrix", release)
    shutil.rmtree(tree, ignore_errors=True)
    shutil.copytree(os.path.join(source, "kmod"), os.path.join(tree, "kmod"))
    shutil.copytree(os.path.join(source, "uapi"), os.path.join(tree, "uapi"))
    log = os.path.join(tree, "log")
    with open(log, "w") as f:
        done = subprocess.run(
            ["make", "-j%d" % os.cpu_count(), "-C", kdir, "M=" + os.path.join(tree, "kmod"), "W=1",
             "CC=" + os.environ.get("CC", "gcc"), *args, "modules"],
            stdout=f, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL)
    with open(log) as f:
        lines = f.read().splitlines()
    wrong = [l for l in lines
             if COMPLAINT.search(l) and not HARMLESS.search(l)]
    ko = os.path.join(tree, "kmod", "xenbatch.ko")
    if done.returncode and not wrong:
        wrong = lines[-20:]
    if not wrong and not os.path.exists(ko):
        wrong = ["no xenbatch.ko was made"]
    if not wrong:
        with open(ko, "rb") as f:
            if b"vermagic=%s " % release.encode() not in f.read():
                wrong = ["xenbatch.ko is not for " + release]
    return wrong, log


def main():
    p = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    p.add_argument("--build", default="build", help="the build folder")
    p.add_argument("--source", default=".", help="the folder of kmod/, uapi/")
    p.add_argument("--kdir", help="the host's headers")
    p.add_argument("--version", default="0", help="the project's version")
    p.add_argument("--only", choices=["host", *SUITES])
    args = p.parse_args()
    build = os.path.abspath(args.build)
    failed = 0
    for suite in ["host", *SUITES]:
        if args.only not in (None, suite):
            continue
        start = time.monotonic()
        if suite == "host":
            kdir, more = args.kdir, []
            with open(kdir + "/include/generated/utsrelease.h") as f:
                release = f.read().split('"')[1]
        else:
            release, kdir = headers_of(build, suite)
            more = SUITES[suite]
        wrong, log = compile_for(build, args.source, release, kdir,
                                 more + ["XENBATCH_VERSION=" + args.version])
        fetch.say("MATRIX", "%s %s (%s, %.0f s)" % (
            release, "FAILED" if wrong else "ok", suite,
            time.monotonic() - start))
        for l in wrong:
            print("    " + l)
        if wrong:
            print("    all of it: " + os.path.relpath(log))
        failed += bool(wrong)
    return 1 if failed else 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except fetch.FetchError as e:
        sys.exit("matrix: %s" % e)
