# SPDX-License-Identifier: GPL-2.0-or-later
"""Debian packages for the guest: found, downloaded once, unpacked once.

Everything goes through the machine's own apt and its own sources. A package
is known by name, version and architecture (its file name), so nothing at all
is done, and no network touched, when the archive offers what is here already.
"""

import hashlib
import os
import re
import shutil
import subprocess
import sys

# Of the kernel package's 400 MB only these are wanted.
KERNEL_PARTS = ["./boot/vmlinuz-*", "./lib/modules/*/kernel/drivers/xen/*",
                "./lib/modules/*/kernel/drivers/block/brd.ko"]


class FetchError(Exception):
    pass


def say(word, what):
    print("  %-7s %s" % (word, what), flush=True)


def run(args, **kw):
    done = subprocess.run(args, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, text=True, **kw)
    if done.returncode:
        raise FetchError("%s: %s" % (" ".join(args[:3]),
                                     done.stderr.strip()[-800:]))
    return done.stdout


def read_list(path):
    with open(path) as f:
        return [w for w in (l.split("#")[0].strip() for l in f) if w]


class Apt:
    """apt-get and apt-cache, with the machine's own state or a private one."""

    def __init__(self, options=()):
        self.options = ["-q", "-o", "APT::Sandbox::User=root"] + list(options)

    def get(self, *args, **kw):
        return run(["apt-get", *self.options, *args], **kw)

    def cache(self, *args):
        return run(["apt-cache", *self.options, *args])

    def depends(self, package):
        """Names of the packages that `package` needs directly."""
        out = self.cache("depends", "--no-recommends", "--no-suggests",
                         package)
        return [l.split(":", 1)[1].strip() for l in out.splitlines()
                if l.strip().startswith("Depends:")]

    def update(self):
        say("APT", "package lists")
        prefix = []
        if os.geteuid() and not self.options[3:]:
            prefix = ["sudo", "-n"]
        run(prefix + ["apt-get", *self.options, "update"])

    def files(self, packages):
        """The .deb file name of each package as the archive offers it."""
        out = self.get("--print-uris", "download", *packages)
        return [l.split("' ", 1)[1].split()[0]
                for l in out.splitlines() if l.startswith("'")]

    def download(self, packages, directory):
        """Paths of the packages' files, downloading those not yet here."""
        try:
            names = self.files(packages)
        except FetchError:
            self.update()
            names = self.files(packages)
        os.makedirs(directory, exist_ok=True)
        missing = [n for n in names
                   if not os.path.exists(os.path.join(directory, n))]
        if missing:
            part = os.path.join(directory, "part.%d" % os.getpid())
            os.makedirs(part)
            try:
                for n in missing:
                    say("FETCH", n)
                self.get("download", *[n.split("_")[0] for n in missing],
                         cwd=part)
                for n in missing:
                    os.rename(os.path.join(part, n),
                              os.path.join(directory, n))
            finally:
                shutil.rmtree(part, ignore_errors=True)
        return [os.path.join(directory, n) for n in names]


def codename():
    with open("/etc/os-release") as f:
        found = re.search(r"^VERSION_CODENAME=(\w+)", f.read(), re.M)
    return found.group(1) if found else "stable"


def mirror():
    """Where this machine's own packages come from."""
    out = run(["apt-get", "indextargets", "--format",
                     "$(RELEASE) $(CREATED_BY) $(COMPONENT) $(REPO_URI)"])
    for line in out.splitlines():
        release, by, component, uri = line.split(" ", 3)
        if (release in (codename(), "stable") and by == "Packages" and
                component == "main"):
            return uri
    raise FetchError("apt knows no Debian mirror for " + codename())


def private_apt(folder, suite, arch=None):
    """An apt that knows one suite only and keeps its state in `folder`; of
    another processor's packages, if it is told so."""
    os.makedirs(os.path.join(folder, "lists", "partial"), exist_ok=True)
    os.makedirs(os.path.join(folder, "cache"), exist_ok=True)
    open(os.path.join(folder, "status"), "a").close()
    key = "/usr/share/keyrings/debian-archive-keyring.gpg"
    with open(os.path.join(folder, "sources.list"), "w") as f:
        f.write("deb %s%s %s main\n" % (
            "[signed-by=%s] " % key if os.path.exists(key) else "",
            mirror(), suite))
    if arch:
        args = ["-o", "APT::Architecture=" + arch,
                "-o", "APT::Architectures=" + arch]
    else:
        args = []
    options = {"Dir::Etc::sourcelist": "sources.list",
               "Dir::State::lists": "lists", "Dir::Cache": "cache",
               "Dir::State::status": "status"}
    args += ["-o", "Dir::Etc::sourceparts=/dev/null",
             "-o", "Acquire::Languages=none"]
    for option, name in options.items():
        args += ["-o", "%s=%s" % (option, os.path.join(folder, name))]
    return Apt(args)


def kernel_package(apt, arch):
    """The package that linux-image-<arch> stands for, and so the release that
    linux-headers-<arch> stands for: module and kernel must agree."""
    try:
        found = [d for d in apt.depends("linux-image-" + arch.name)
                 if d.startswith("linux-image-")]
    except FetchError:
        found = []
    if not found:
        apt.update()
        found = [d for d in apt.depends("linux-image-" + arch.name)
                 if d.startswith("linux-image-")]
    return found[0]


def unpack(deb, root, parts=None):
    """Unpack a package, or only the parts that match, below `root`."""
    os.makedirs(root, exist_ok=True)
    if not parts:
        run(["dpkg-deb", "-x", deb, root])
        return
    ar = subprocess.Popen(["dpkg-deb", "--fsys-tarfile", deb],
                          stdout=subprocess.PIPE)
    run(["tar", "-x", "-C", root, "--wildcards", *parts], stdin=ar.stdout)
    ar.stdout.close()
    if ar.wait():
        raise FetchError("dpkg-deb cannot read " + deb)


def guest_root(build, packages_txt, arch, release=None):
    """Unpack the guest's packages; return (root folder, kernel release, key).

    `release` asks for a certain kernel, else it is the archive's current one.
    """
    cache = os.path.join(build, "cache")
    apt = (private_apt(os.path.join(cache, "apt-" + arch.name), codename(),
                       arch.name) if arch.cross else Apt())
    kernel = ("linux-image-" + release if release
              else kernel_package(apt, arch))
    rows = [row.split() for row in read_list(packages_txt)]
    packages = [p.replace("amd64", arch.name)
                for p in [*(row[0] for row in rows
                            if not row[1:] or arch.name in row[1:]),
                          *arch.packages]]
    debs = apt.download([kernel] + packages, os.path.join(cache, "debs"))
    build = arch.out(build)
    names = "\n".join(sorted(map(os.path.basename, debs)) + KERNEL_PARTS)
    key = hashlib.sha256(names.encode()).hexdigest()[:16]
    root = os.path.join(build, "rig", "root-" + key)
    if not os.path.isdir(root):
        tidy(os.path.join(build, "rig"), "root-")
        say("UNPACK", "%d packages for the guest" % len(debs))
        part = root + ".part"
        shutil.rmtree(part, ignore_errors=True)
        for deb in debs:
            is_kernel = os.path.basename(deb).startswith("linux-image-")
            unpack(deb, part, KERNEL_PARTS if is_kernel else None)
        os.rename(part, root)
    return root, kernel[len("linux-image-"):], key


def tidy(folder, prefix):
    """Remove what an older key left behind."""
    if not os.path.isdir(folder):
        return
    for name in os.listdir(folder):
        if name.startswith(prefix):
            path = os.path.join(folder, name)
            if os.path.isdir(path):
                shutil.rmtree(path)
            else:
                os.unlink(path)


if __name__ == "__main__":
    sys.exit("fetch.py is a part of run.py, see run.py --help")
