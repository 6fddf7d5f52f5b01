#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Is every function of libxenctrl compared with stock's?

  check.py --stock LIBRARY [--cc COMPILER] PROGRAM...

The functions are those that the headers declare, and all else that stock's
library exports. What a PROGRAM compares its calls say themselves: the macro that
makes one, through whichever of the two libraries, leaves the function's name in
the section .differential. A name that is missing fails.
"""

import argparse
import os
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
