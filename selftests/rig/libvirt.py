# SPDX-License-Identifier: GPL-2.0-or-later
"""Debian's libvirtd with its driver for Xen: an archive of its own, since it is
three times as big as the rest, and few boots want it."""

import os

import image

LIB = "usr/lib/x86_64-linux-gnu"
PROGRAMS = ("usr/sbin/libvirtd", "usr/bin/virsh",
            LIB + "/libvirt/connection-driver/libvirt_driver_libxl.so")
DATA = ("usr/share/libvirt/cpu_map",)
# It wants to know by name who it is.
FILES = {"etc/passwd": b"root:x:0:0:root:/root:/bin/sh\n",
         "etc/group": b"root:x:0:\n"}


def archive(build, root, key):
    return image.kept(build, "libvirt", key, (__file__, image.__file__),
                      lambda: archive_bytes(root))


def archive_bytes(root):
    cpio = image.Cpio()
    full = [os.path.join(root, p) for p in PROGRAMS]
    for name, path in zip(PROGRAMS, full):
        cpio.add(name, path)
    for where in sorted(set(image.closure(root, full).values())):
        image.add_library(cpio, root, where)
    for name in DATA:
        cpio.add(name, os.path.join(root, name))
    for name, data in FILES.items():
        cpio.file(name, data, 0o644)
    return cpio.bytes()
