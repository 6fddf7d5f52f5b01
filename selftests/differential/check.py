#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Is every function of libxenctrl compared with stock's?

  check.py --stock LIBRARY [--cc COMPILER] PROGRAM...

The functions are those that the headers declare, and all else that stock's
library exports. What a PROGRAM compares its calls say themselves: the macro that
makes one, through whichever of the two libraries, leaves the function's name in
the section .differential. A name that is missing fails.

Of differences.def, beside this: a program that is said to accept a difference of a
function must at least have it. (All else is held against what is seen, by
test_xc_hostile.)
"""

import argparse
import os
import re
import subprocess
import sys

import prototypes

SECTION = ".differential"


def driven(program):
    """The functions that program has calls of, through both libraries."""
    said = subprocess.run(["objcopy", "--dump-section", SECTION + "=/dev/stdout",
                           program, "/dev/null"], capture_output=True,
                          check=False)
    names = {n.decode() for n in said.stdout.split(b"\0") if n}
    if said.returncode or not names:
        sys.exit("%s: no names in the section %s: it does not say what it calls"
                 % (program, SECTION))
    return names


def accepted(path):
    """(function, file) of each difference that is accepted by a program."""
    with open(path, encoding="utf-8") as f:
        return re.findall(r'^KEPT\((\w+), accepted, "([^"]*)"', f.read(), re.M)


def not_there(pairs):
    for function, path in pairs:
        try:
            with open(path, encoding="utf-8") as f:
                there = function in f.read()
        except OSError:
            there = False
        if not there:
            yield ("%s: accepted by %s, says differences.def, where it is not" %
                   (function, path))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--stock", required=True)
    parser.add_argument("--cc", default="gcc")
    parser.add_argument("program", nargs="+")
    args = parser.parse_args()
    exports = prototypes.exported(args.stock)
    headers = set(prototypes.of_libxenctrl(args.cc.split())) & exports
    if not headers:
        sys.exit("the headers declare nothing of %s" % args.stock)
    by_name = {}
    for program in args.program:
        for name in driven(program):
            by_name.setdefault(name, []).append(os.path.basename(program))
    wrong = ["%s: %s, and no program compares it" %
             (name, "the headers declare it" if name in headers else
              "stock exports it")
             for name in sorted(exports - by_name.keys())]
    here = os.path.dirname(os.path.abspath(__file__))
    wrong += not_there(accepted(os.path.join(here, "differences.def")))
    for line in wrong:
        print(line)
    print("%d functions of the headers, %d more that stock exports: %d compared,"
          " %d by more than one program" %
          (len(headers), len(exports - headers),
           len(exports & by_name.keys()),
           sum(len(v) > 1 for k, v in by_name.items() if k in exports)))
    sys.exit(bool(wrong))


if __name__ == "__main__":
    main()
