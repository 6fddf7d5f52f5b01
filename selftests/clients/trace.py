#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""trace.py FILE: is this a trace as xentrace writes it? Every record is read
(xen/include/public/trace.h, 4.17); printed are the CPUs and the classes of
events that there are, since how many differs from one run to the next. The class
`general` is the tracer's own, and comes by chance."""

import struct
import sys

CPU_CHANGE = 0x0001f003
GENERAL = 0x0001f000
CLASSES = ((0x0002f000, "scheduler"),
           (0x0004f000, "dom0"), (0x0008f000, "hvm"), (0x0010f000, "memory"),
           (0x0020f000, "pv"), (0x0040f000, "shadow"), (0x0080f000, "hardware"))


def records(data):
    """(event, words) of each: a word with the event in 28 bits, the number of
    words in three, and whether a time stamp of two words comes before them."""
    at = 0
    while at < len(data):
        (head,) = struct.unpack_from("<I", data, at)
        at += 4 + (8 if head >> 31 else 0)
        words = struct.unpack_from("<%dI" % (head >> 28 & 7), data, at)
        at += 4 * len(words)
        yield head & 0xfffffff, words


def class_of(event):
    for mask, name in CLASSES:
        if event & mask & 0xfff0000:
            return name
    return "0x%x" % event


def main():
    cpus, classes = set(), set()
    with open(sys.argv[1], "rb") as f:
        data = f.read()
    for event, words in records(data):
        if event == CPU_CHANGE:
            cpus.add(words[0])
        elif not event & GENERAL & 0xfff0000:
            classes.add(class_of(event))
    print("cpus", sorted(cpus), "classes", sorted(classes))
    return 0 if cpus and classes else 1


if __name__ == "__main__":
    sys.exit(main())
