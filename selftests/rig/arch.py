# SPDX-License-Identifier: GPL-2.0-or-later
"""Processors that a rig can be of: where Debian's packages for one put things,
and what compiles for it here."""

import os
from dataclasses import dataclass


@dataclass(frozen=True)
class Arch:
    name: str               # Debian's
    triple: str             # GNU's
    loader: str             # of shared programs
    links: tuple = ()       # (link, target) that the loader's path needs
    packages: tuple = ()    # for the guest, besides those of packages.txt
    cross: bool = False

    @property
    def lib(self):
        return "usr/lib/" + self.triple

    @property
    def cc(self):
        return (self.triple + "-gcc" if self.cross
                else os.environ.get("CC", "cc"))

    def out(self, build):
        """Where programs for it are built."""
        return os.path.join(build, self.name) if self.cross else build


AMD64 = Arch("amd64", "x86_64-linux-gnu", "ld-linux-x86-64.so.2",
             (("lib64", "/lib/x86_64-linux-gnu"),))
ARM64 = Arch("arm64", "aarch64-linux-gnu", "ld-linux-aarch64.so.1",
             (("lib/ld-linux-aarch64.so.1",
               "/lib/aarch64-linux-gnu/ld-linux-aarch64.so.1"),),
             packages=("libfdt1",), cross=True)
