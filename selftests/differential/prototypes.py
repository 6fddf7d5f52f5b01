# SPDX-License-Identifier: GPL-2.0-or-later
"""What headers declare, as the compiler says it (gcc -aux-info)."""

import re
import subprocess
import tempfile

# All of libxenctrl's two headers: the second is for programs of old.
XENCTRL = """
#define XC_WANT_COMPAT_MAP_FOREIGN_API
#define XC_WANT_COMPAT_EVTCHN_API
#define XC_WANT_COMPAT_GNTTAB_API
#define XC_WANT_COMPAT_DEVICEMODEL_API
#include <xenctrl.h>
"""
LINE = re.compile(r"/\* (\S+?):\d+:.*?\*/ extern (.*?)(\w+) \((.*)\);$")


def split(parameters):
    """At the commas that are in no parentheses."""
    parts, depth, last = [], 0, 0
    for i, c in enumerate(parameters):
        depth += (c == "(") - (c == ")")
        if c == "," and not depth:
            parts.append(parameters[last:i].strip())
            last = i + 1
    parts.append(parameters[last:].strip())
    return [] if parts == ["void"] else parts


def declared(compiler, headers, source):
    """{name: (what it gives, [parameters' types])} of the named headers."""
    with tempfile.NamedTemporaryFile("r") as said:
        subprocess.run([*compiler, "-D_GNU_SOURCE", "-fsyntax-only", "-x", "c",
                        "-aux-info", said.name, "-"], check=True, text=True,
                       input=source)
        lines = said.read().splitlines()
    found = {}
    for line in lines:
        match = LINE.match(line)
        if match and match[1].rsplit("/", 1)[-1] in headers:
            found[match[3]] = match[2].strip(), split(match[4])
    return found


def of_libxenctrl(compiler):
    return declared(compiler, ("xenctrl.h", "xenctrl_compat.h"), XENCTRL)


def exported(library):
    """Functions of a shared library."""
    said = subprocess.run(["readelf", "-W", "--dyn-syms", library], check=True,
                          text=True, capture_output=True).stdout
    rows = [line.split() for line in said.splitlines()]
    return {r[7].partition("@")[0] for r in rows
            if len(r) == 8 and r[3] == "FUNC" and r[6] not in ("UND", "ABS")}
