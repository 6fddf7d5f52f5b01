#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""kernel-source.py FOLDER: unpacks into FOLDER what this project needs of the
kernel's source: kselftest (lib.mk, the harness, the runner) and checkpatch.

It comes from Debian's linux-source package: the installed archive below
/usr/src, or else the package downloaded into FOLDER/../debs. One pass over
the whole archive takes half a minute, so the result is kept until the
package's version changes.
"""

import glob
import os
import shutil
import subprocess
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

import fetch                                            # noqa: E402

WANTED = ["tools/testing/selftests/lib.mk",
          "tools/testing/selftests/kselftest.h",
          "tools/testing/selftests/kselftest_harness.h",
          "tools/testing/selftests/kselftest/*",
          "scripts/checkpatch.pl", "scripts/spelling.txt",
          "scripts/const_structs.checkpatch", "scripts/subarch.include"]


def installed():
    """(version, archive) of the newest linux-source on the machine."""
    found = sorted(glob.glob("/usr/src/linux-source-*.tar.xz"))
    for archive in reversed(found):
        name = os.path.basename(archive)[:-len(".tar.xz")]
        try:
            version = fetch.run(["dpkg-query", "-W", "-f", "${Version}",
                                 name])
        except fetch.FetchError:
            continue
        return "%s %s" % (name, version), archive
    return None, None


def downloaded(folder):
    apt = fetch.Apt()
    try:
        name = apt.depends("linux-source")[0]
    except (fetch.FetchError, IndexError):
        apt.update()
        name = apt.depends("linux-source")[0]
    deb, = apt.download([name], os.path.join(folder, "..", "debs"))
    return os.path.basename(deb), deb


def main():
    folder = sys.argv[1]
    mark = os.path.join(folder, "version")
    version, archive = installed()
    if not version:
        version, archive = downloaded(folder)
    if os.path.exists(mark):
        with open(mark) as f:
            if f.read() == version:
                return
    fetch.say("UNPACK", "%s: kselftest and checkpatch" % version)
    part = folder + ".part"
    shutil.rmtree(part, ignore_errors=True)
    os.makedirs(part)
    untar = ["tar", "-xJ", "-C", part, "--strip-components=1", "--wildcards",
             *["*/" + w for w in WANTED]]
    env = dict(os.environ, XZ_OPT="-T0")
    if archive.endswith(".tar.xz"):
        fetch.run([*untar, "-f", archive], env=env)
    else:
        # the archive inside the package, without putting 130 MB on disk
        deb = subprocess.Popen(["dpkg-deb", "--fsys-tarfile", archive],
                               stdout=subprocess.PIPE)
        inner = subprocess.Popen(
            ["tar", "-xO", "--wildcards", "*/linux-source-*.tar.xz"],
            stdin=deb.stdout, stdout=subprocess.PIPE)
        fetch.run([*untar, "-f", "-"], env=env, stdin=inner.stdout)
    with open(os.path.join(part, "version"), "w") as f:
        f.write(version)
    shutil.rmtree(folder, ignore_errors=True)
    os.rename(part, folder)


if __name__ == "__main__":
    try:
        main()
    except fetch.FetchError as e:
        sys.exit("kernel-source: %s" % e)
