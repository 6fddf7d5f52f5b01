#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Rows of test_xc_hostile: the functions of libxenctrl, from its headers.

  hostile.py --cc COMPILER --stock LIBRARY >rows.h

Each is `ROW(name, gives, (classes), (arguments))`: arguments are the words a[0],
a[1] ... as the function's own types. Behind them, those functions of the stable
libraries that one of libxenctrl's may call, as functions that are recorded.
"""

import argparse
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "../differential"))

import prototypes

STABLE = ("xenevtchn.h", "xengnttab.h", "xendevicemodel.h",
          "xenforeignmemory.h")
# What test_xc_hostile itself has in the place of these.
OWN = {"xenforeignmemory_map", "xenforeignmemory_unmap"}


def gives(kind):
    if kind == "void":
        return "NOTHING"
    if kind.endswith("char *"):
        return "TEXT"
    return "POINTER" if kind.endswith("*") or kind.endswith("map_t") \
        else "VALUE"


def classes(parameters):
    return " ".join("HANDLE," if kind == "xc_interface *" else
                    "CLASS(%s)," % kind for kind in parameters)


def arguments(parameters):
    return ", ".join("(%s)a[%d]" % (kind, i)
                     for i, kind in enumerate(parameters))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--cc", default="gcc")
    parser.add_argument("--stock", required=True)
    args = parser.parse_args()
    compiler = args.cc.split()
    exports = prototypes.exported(args.stock)
    for name, (kind, parameters) in sorted(
            prototypes.of_libxenctrl(compiler).items()):
        if name in exports:
            print("ROW(%s, %s, (%s), (%s))" %
                  (name, gives(kind), classes(parameters),
                   arguments(parameters)))
    # Before 4.17 some of it is there only behind xenctrl.h.
    source = "".join("#include <%s>\n" % header
                     for header in ("xenctrl.h", *STABLE))
    for name, (kind, parameters) in sorted(
            prototypes.declared(compiler, STABLE, source).items()):
        if name not in OWN:
            print("RECORDED(%s, %s, %s, (%s), %d, %s)" %
                  (name, gives(kind), kind,
                   ", ".join("%s a%d" % (p, i)
                             for i, p in enumerate(parameters)),
                   len(parameters),
                   ", ".join("(uint64_t)a%d" % i
                             for i in range(len(parameters)))))


if __name__ == "__main__":
    main()
