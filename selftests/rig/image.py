# SPDX-License-Identifier: GPL-2.0-or-later
"""The guest's initramfs: cpio archives, one behind the other.

stock  Debian's part: busybox, Xen's clients with their libraries, modules.
       Made once per set of package versions.
libvirt  more of Debian's, where the scenario wants it (libvirt.py).
ours   module, libraries, tools, selftests, init. Made at every boot, since
       that takes a tenth of a second and so can never be out of date.
job    what this boot has to do.

Linux unpacks archives that stand one behind another, and later files win.
Nothing is compressed: under TCG a byte is cheaper to copy than to inflate.
"""

import glob
import hashlib
import lzma
import os
import re
import stat
import struct
import subprocess
import zlib

import fetch

XENBIN = "usr/lib/xen-4.17/bin"
OURS = "usr/lib/xenbatch"
TESTS = "usr/lib/xenbatch/selftests"

# Xen's programs go in at Debian's own paths, which libxl has built in.
STOCK_PROGRAMS = ["%s/%s" % (XENBIN, n) for n in (
    "xl", "xenstored", "xenconsoled", "xenconsole", "xen-init-dom0",
    "libxl-save-helper", "lsevtchn", "xentop", "xenctx", "xen-diag",
    "xen-hptool", "xen-mfndump", "xenstore-control", "readnotes",
    "depriv-fd-checker", "flask-get-bool", "flask-getenforce",
    "flask-loadpolicy", "flask-set-bool", "flask-setenforce",
    "test-cpu-policy", "test-paging-mempool", "test-resource", "test-tsx",
    "verify-stream-v2", "xen-access", "xen-cpuid", "xen-hvmcrash", "xen-hvmctx", "xen-livepatch", "xen-lowmemd",
    "xen-ucode", "xen-vmtrace", "xenlockprof", "xenperf", "xenpm",
    "xentrace", "xentrace_setsize", "xenwatchdogd")] + [
    "usr/bin/xenstore-" + n for n in (
        "ls", "read", "write", "list", "rm", "exists", "watch", "chmod")] + [
    "usr/bin/xenstore", "usr/bin/xen-detect", "etc/xen/xl.conf"]

# Python, by the names that a program asks for, and Xen's bindings for it where
# it looks for such; of its library what python.txt names.
PYTHON = "usr/lib/python3.11"
PYTHON_XEN = "usr/lib/xen-4.17/lib/python/xen"
PYTHON_OURS = "usr/lib/python3/dist-packages/xenbatch"
PYTHON_LINKS = {"usr/bin/python3": "python3.11",
                "usr/lib/python3/dist-packages/xen": "/" + PYTHON_XEN}

# What runs in the guest as it lies here: folders beside this file.
SCRIPTS = ("guest", "../clients", "../python/dom0")

# In the order of loading, when they have no dependency on each other. brd is
# /dev/ram0, the one thing here that direct I/O can be done on.
MODULES = ["xenfs", "xen-privcmd", "xen-evtchn", "xen-gntdev", "xen-gntalloc",
           "brd"]

FOLDERS = ("bin sbin dev proc sys tmp run root mnt etc etc/xen var var/lib "
           "var/lib/xen var/lib/xenstored var/log var/log/xen usr usr/bin "
           "usr/sbin usr/lib").split()
LINKS = {"var/run": "/run", "var/lock": "/run/lock",
         "etc/mtab": "/proc/mounts"}


class Cpio:
    """A newc archive, written in one go; owner root, times zero, so that the
    same input always gives the same bytes."""

    def __init__(self):
        self.parts = []
        self.made = {}
        self.ino = 0

    def _entry(self, name, mode, data, rdev=(0, 0)):
        name = name.strip("/")
        self.ino += 1
        raw = name.encode() + b"\0"
        head = b"070701" + b"".join(b"%08X" % v for v in (
            self.ino, mode, 0, 0, 1, 0, len(data), 0, 0, *rdev, len(raw), 0))
        out = head + raw
        out += b"\0" * (-len(out) % 4) + data
        self.parts.append(out + b"\0" * (-len(data) % 4))
        self.made[name] = True

    def folder(self, name):
        name = name.strip("/")
        if not name or name in self.made:
            return
        self.folder(os.path.dirname(name))
        self._entry(name, stat.S_IFDIR | 0o755, b"")

    def file(self, name, data, mode=0o755):
        self.folder(os.path.dirname(name.strip("/")))
        self._entry(name, stat.S_IFREG | mode, data)

    def link(self, name, target):
        self.folder(os.path.dirname(name.strip("/")))
        self._entry(name, stat.S_IFLNK | 0o777, target.encode())

    def device(self, name, major, minor):
        self._entry(name, stat.S_IFCHR | 0o600, b"", (major, minor))

    def add(self, name, path):
        """Add the host's `path`: a file, a link, or a whole folder."""
        if os.path.islink(path) and not os.path.isabs(os.readlink(path)):
            self.link(name, os.readlink(path))
        elif os.path.isdir(path):
            self.folder(name)
            for entry in sorted(os.listdir(path)):
                self.add(os.path.join(name, entry), os.path.join(path, entry))
        else:
            with open(path, "rb") as f:
                mode = 0o755 if os.access(path, os.X_OK) else 0o644
                self.file(name, f.read(), mode)

    def bytes(self):
        self._entry("TRAILER!!!", 0, b"")
        data = b"".join(self.parts)
        return data + b"\0" * (-len(data) % 512)


def needed(path):
    """The shared libraries an ELF file asks for (none if it is no ELF)."""
    with open(path, "rb") as f:
        if f.read(4) != b"\x7fELF":
            return []
    out = subprocess.run(["readelf", "-d", path], text=True,
                         capture_output=True).stdout
    return re.findall(r"\(NEEDED\).*\[(.*)\]", out)


def library(root, name):
    # one processor's packages are in a root, so this is one folder of each
    for folder in sorted(os.path.relpath(f, root)
                         for d in ("lib", "usr/lib")
                         for f in glob.glob("%s/%s/*-linux-gnu" % (root, d))):
        if os.path.exists(os.path.join(root, folder, name)):
            return os.path.join(folder, name)
    return None


def closure(root, paths, known=()):
    """Paths below root of all libraries that the files at `paths` load."""
    found, todo, missing = {}, list(paths), {}
    while todo:
        path = todo.pop()
        for name in needed(path):
            if name in found or name in known:
                continue
            where = library(root, name)
            if where:
                found[name] = where
                todo.append(os.path.join(root, where))
            else:
                missing[name] = path
    if missing:
        raise fetch.FetchError("\n".join(
            "%s needs %s: name its package in selftests/rig/packages.txt"
            % (os.path.basename(p), n) for n, p in sorted(missing.items())))
    return found


def add_library(cpio, root, where):
    """A library under its soname: links resolved, no version chains."""
    real = os.path.realpath(os.path.join(root, where))
    with open(real, "rb") as f:
        cpio.file(where, f.read())


def kernel_modules(root, release):
    """The wanted modules and their dependencies, in the order to load."""
    base = os.path.join(root, "lib/modules", release)
    where = {}
    for folder, _, names in os.walk(base):
        for n in names:
            if n.endswith(".ko"):
                where[n[:-3].replace("-", "_")] = os.path.join(folder, n)
    order = []

    def visit(name):
        path = where[name.replace("-", "_")]
        if path in order:
            return
        with open(path, "rb") as f:
            depends = re.search(rb"\0depends=([^\0]*)\0", f.read())
        for d in (depends.group(1).decode().split(",") if depends else []):
            if d:
                visit(d)
        order.append(path)

    for name in MODULES:
        visit(name)
    return ["/" + os.path.relpath(p, root) for p in order]


def files_below(path):
    """A file, or all files of a folder, at any depth."""
    if not os.path.isdir(path):
        return [path]
    return sorted(os.path.join(folder, n)
                  for folder, _, names in os.walk(path) for n in names)


def add_python(cpio, root, parts):
    """Python with the wanted parts; returns its ELF files' paths."""
    base = os.path.join(root, PYTHON)
    found = []
    for part in parts:
        paths = glob.glob(os.path.join(base, part))
        if not paths:
            raise fetch.FetchError("python.txt names %s, which Debian's "
                                   "Python has not" % part)
        found += [f for p in paths for f in files_below(p)]
    found += files_below(os.path.join(root, PYTHON_XEN))
    found.append(os.path.join(root, "usr/bin/python3.11"))
    for path in found:
        cpio.add(os.path.relpath(path, root), path)
    for name, target in PYTHON_LINKS.items():
        cpio.folder(os.path.dirname(name))
        cpio.link(name, target)
    return [f for f in found if not f.endswith(".py")]


def stock(build, root, arch, release, key):
    """Path of Debian's part of the initramfs."""
    python = os.path.join(os.path.dirname(__file__), "python.txt")
    return kept(build, "stock", key, (__file__, python),
                lambda: stock_bytes(root, arch, release, python))


def kept(build, name, key, sources, make):
    """Path of an archive that stays while key and sources are the same."""
    digest = hashlib.sha256(key.encode())
    for source in sources:
        with open(source, "rb") as f:
            digest.update(f.read())
    path = os.path.join(build, "rig", "%s-%s.cpio" % (
        name, digest.hexdigest()[:16]))
    if not os.path.exists(path):
        fetch.tidy(os.path.join(build, "rig"), name + "-")
        fetch.say("CPIO", os.path.basename(path))
        with open(path + ".part", "wb") as f:
            f.write(make())
        os.rename(path + ".part", path)
    return path


def stock_bytes(root, arch, release, python):
    cpio = Cpio()
    for f in FOLDERS:
        cpio.folder(f)
    for name, target in [*LINKS.items(), *arch.links]:
        cpio.link(name, target)
    cpio.device("dev/console", 5, 1)
    cpio.device("dev/null", 1, 3)
    cpio.add("bin/busybox", os.path.join(root, "bin/busybox"))
    cpio.link("bin/sh", "busybox")
    # some of them Debian has for one kind of processor only
    names = [n for n in STOCK_PROGRAMS
             if not arch.cross or os.path.exists(os.path.join(root, n))]
    full = [os.path.join(root, n) for n in names]
    for name, p in zip(names, full):
        with open(os.path.realpath(p), "rb") as f:
            cpio.file(name, f.read())
    if not arch.cross:
        full += add_python(cpio, root, fetch.read_list(python))
    # Every Xen library, also those that only ours load or compare with.
    libs = {n: "%s/%s" % (arch.lib, n)
            for n in os.listdir(os.path.join(root, arch.lib))
            if re.match(r"libxen.*\.so\.[0-9.]+$", n)}
    full += [os.path.join(root, p) for p in libs.values()]
    extra = ["libjson-c.so.5", "libsmartcols.so.1", "libgcc_s.so.1",
             "libpthread.so.0", "libdl.so.2", "librt.so.1", "libm.so.6",
             arch.loader]
    libs.update({n: library(root, n) for n in extra})
    full += [os.path.join(root, library(root, n)) for n in extra]
    libs.update(closure(root, full))
    for where in sorted(set(libs.values())):
        add_library(cpio, root, where)
    modules = kernel_modules(root, release)
    for m in modules:
        cpio.add(m, root + m)
    cpio.file("rig/modules", ("\n".join(modules) + "\n").encode(), 0o644)
    return cpio.bytes()


def ours(build, rig, root, arch, release, module, extra, job):
    """The bytes of our own part and of the job. `extra`: (host, guest)."""
    cpio = Cpio()
    elf = []
    for folder in SCRIPTS:
        folder = os.path.join(rig, folder)
        for name in sorted(os.listdir(folder)):
            cpio.add("init" if name == "init" else "rig/" + name,
                     os.path.join(folder, name))
    cpio.add("rig/oracle", os.path.join(build, "rig", "oracle"))
    if module:
        cpio.add("lib/modules/%s/extra/xenbatch.ko" % release, module)
    known = {}
    libdir = os.path.join(build, "lib")
    cpio.folder(OURS)
    for name in sorted(os.listdir(libdir)) if os.path.isdir(libdir) else []:
        path = os.path.join(libdir, name)
        if ".so" not in name:
            continue
        known[name] = True
        cpio.add("%s/%s" % (OURS, name), path)
        elf.append(path)
        # Names that Debian does not have can be found by everybody, those
        # that shadow Debian's only by who asks for them.
        if not library(root, name):
            cpio.link("%s/%s" % (arch.lib, name), "/%s/%s" % (OURS, name))
    for sub in "run", "watch":
        path = os.path.join(libdir, sub)
        for name in sorted(os.listdir(path)) if os.path.isdir(path) else []:
            if ".so" in name:
                cpio.add("%s/%s/%s" % (OURS, sub, name),
                         os.path.join(path, name))
    package = os.path.join(libdir, "python", "xenbatch")
    if os.path.isdir(package) and not arch.cross:
        cpio.add(PYTHON_OURS, package)
        elf += glob.glob(package + "/*.so")
    tool = os.path.join(build, "tools", "xenbatch")
    if os.path.exists(tool):
        cpio.add("usr/bin/xenbatch", tool)
        elf.append(tool)
    tests = os.path.join(build, "selftests", "dom0")
    cpio.folder(TESTS)
    for name in sorted(os.listdir(tests)) if os.path.isdir(tests) else []:
        path = os.path.join(tests, name)
        if os.path.isfile(path) and os.access(path, os.X_OK):
            cpio.add("%s/%s" % (TESTS, name), path)
            elf.append(path)
    guests = os.path.join(tests, "guest")
    if os.path.isdir(guests):
        cpio.add(TESTS + "/guest", guests)
    for host, guest in extra:
        cpio.add(guest, host)
        if os.path.isfile(host):
            elf.append(host)
    closure(root, elf, known)
    cpio.file("rig/job", job.encode())
    return cpio.bytes()


def hypervisor(build, root, arch, key):
    """Xen as QEMU's multiboot loader takes it: uncompressed."""
    if arch.cross:
        return os.path.join(root, "boot/xen-4.17-" + arch.name)
    path = os.path.join(build, "rig", "xen-" + key)
    if not os.path.exists(path):
        fetch.tidy(os.path.join(build, "rig"), "xen-")
        with open(os.path.join(root, "boot/xen-4.17-amd64.gz"), "rb") as f:
            data = zlib.decompress(f.read(), 31)
        with open(path, "wb") as f:
            f.write(data)
    return path


def kernel(build, root, arch, release, key):
    """The kernel's ELF out of its bzImage. Xen would unpack it itself, but
    xz under TCG takes seconds that this does not. On arm it comes unpacked."""
    if arch.cross:
        return os.path.join(root, "boot/vmlinuz-" + release)
    path = os.path.join(build, "rig", "vmlinux-" + key)
    if os.path.exists(path):
        return path
    fetch.tidy(os.path.join(build, "rig"), "vmlinux-")
    with open(os.path.join(root, "boot/vmlinuz-" + release), "rb") as f:
        image = f.read()
    # Documentation/x86/boot.rst: setup_sects, payload_offset and _length
    start = (image[0x1f1] + 1) * 512
    offset, length = struct.unpack_from("<II", image, 0x248)
    payload = image[start + offset:start + offset + length]
    data = lzma.LZMADecompressor().decompress(payload)
    with open(path, "wb") as f:
        f.write(data)
    return path
