#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Our libraries as programs see them, held against stock's.

  abi.py --differences FILE... [--functions HEADER...] OURS STOCK [OURS STOCK ...]
  abi.py --list FILE LIBRARY

Compared are sonames, version nodes and whose heirs they are, needed libraries,
and every exported symbol: its node, whether that is the default, function or
data, and the size of data. What differs must stand in FILE, and what stands
there must differ: its first lines say how. HEADER has lists `F(program, name)`
of functions that a test compares: each that we export must be in one of them.
XENBATCH lists what our libxenctrl has, and must do so to the letter.

--list holds a library that has no stock against a list of its symbols.
"""

import argparse
import json
import re
import subprocess
import sys


def readelf(*args):
    return subprocess.run(["readelf", "-W", *args], check=True, text=True,
                          capture_output=True).stdout


class Library:
    def __init__(self, path):
        self.path = path
        dynamic = readelf("-d", path)
        self.soname = re.search(r"\(SONAME\).*\[(.*)\]", dynamic).group(1)
        self.needed = set(re.findall(r"\(NEEDED\).*\[(.*)\]", dynamic))
        self.nodes = self._nodes(readelf("-V", path))
        self.symbols = dict(self._symbols(readelf("--dyn-syms", path)))

    @property
    def name(self):
        return self.soname.split(".so")[0]

    @staticmethod
    def _nodes(text):
        """Node -> the node that it inherits from, or ''."""
        nodes, last = {}, None
        text = text.partition("Version definition")[2]
        for line in text.partition("Version needs")[0].splitlines():
            if match := re.search(r"Flags: (\S+) .*Name: (\S+)", line):
                last = None if match.group(1) == "BASE" else match.group(2)
                if last:
                    nodes[last] = ""
            elif last and (match := re.search(r"Parent 1: (\S+)", line)):
                nodes[last] = match.group(1)
        return {n: p for n, p in nodes.items() if not n.endswith("_PRIVATE")}

    @staticmethod
    def _symbols(text):
        """name -> `node, kind`: all that a program's linking rests on."""
        for line in text.splitlines():
            fields = line.split()
            if len(fields) != 8 or not fields[0][:-1].isdigit():
                continue
            size, kind, _, _, section, name = fields[2:]
            if section in ("UND", "ABS"):
                continue
            name, at, node = name.partition("@")
            if node.endswith("_PRIVATE"):
                continue
            if kind != "FUNC":
                kind += " of %d bytes" % int(size, 0)
            yield name, "%s, %s" % (at + node, kind)


def differences(ours, stock):
    """(verb, subject, sentence), each once."""
    if ours.soname != stock.soname:
        yield "soname", ours.soname, "stock's is " + stock.soname
    for node in sorted(stock.nodes.keys() | ours.nodes.keys()):
        if node not in stock.nodes:
            yield "node", node, "of ours alone"
        elif node not in ours.nodes:
            yield "no-node", node, "of stock alone"
        elif ours.nodes[node] != stock.nodes[node]:
            yield "heir", node, "of %r, stock's of %r" % (ours.nodes[node],
                                                         stock.nodes[node])
    for needed in sorted(ours.needed - stock.needed):
        yield "needs", needed, "stock's does not"
    for needed in sorted(stock.needed - ours.needed):
        yield "without", needed, "stock's needs it"
    for name in sorted(stock.symbols.keys() | ours.symbols.keys()):
        if name not in ours.symbols:
            yield "not-yet", name, "missing: " + stock.symbols[name]
        elif name not in stock.symbols:
            yield "extra", name, "of ours alone: " + ours.symbols[name]
        elif ours.symbols[name] != stock.symbols[name]:
            yield "other", name, "%s, stock's %s" % (ours.symbols[name],
                                                     stock.symbols[name])


def read_list(path):
    """{(library, verb, subject)}: one a line, # begins a comment."""
    with open(path, encoding="utf-8") as f:
        lines = [line.partition("#")[0].split() for line in f]
    bad = [line for line in lines if line and len(line) != 3]
    if bad:
        sys.exit("%s: not three words: %s" % (path, " ".join(bad[0])))
    return {tuple(line) for line in lines if line}


def compare(pairs, listed):
    wrong, found = [], set()
    for ours, stock in pairs:
        for verb, subject, sentence in differences(ours, stock):
            found.add((ours.name, verb, subject))
            if (ours.name, verb, subject) not in listed:
                wrong.append("%s: %s %s: %s" % (ours.path, verb, subject,
                                                sentence))
    names = {ours.name for ours, _ in pairs}
    for library, verb, subject in sorted(listed - found):
        if library in names:
            wrong.append("%s: %s %s: listed, and no difference" %
                         (library, verb, subject))
        else:
            wrong.append("%s: listed, and not compared" % library)
    return wrong


def untested(pairs, headers, listed):
    """What stock has and we have must be compared by some test."""
    known = set()
    for header in headers:
        with open(header, encoding="utf-8") as f:
            known |= set(re.findall(r"F\(\w+, (\w+)\)", f.read()))
    for ours, _ in pairs:
        for name, what in sorted(ours.symbols.items()):
            if what.endswith("FUNC") and name not in known and \
                    (ours.name, "extra", name) not in listed:
                yield "%s: no test compares %s" % (ours.path, name)
        known -= set(ours.symbols)
    for name in sorted(known):
        yield "%s: tested, and not exported" % name


def held_against_tool(library, tool, release):
    """`xenbatch api` must list the functions that the library has."""
    said = subprocess.run([tool, "api", "--json", "--release", release],
                          check=True, text=True, capture_output=True).stdout
    listed = {row["name"] for row in json.loads(said)}
    found = {name for name, what in library.symbols.items()
             if what.endswith("FUNC")}
    for name in sorted(found ^ listed):
        yield "%s: %s: %s" % (library.path, name,
                              "not in `xenbatch api`" if name in found
                              else "in `xenbatch api`, and not exported")


def held_against_list(library, path):
    found = {name + what.partition(",")[0]
             for name, what in library.symbols.items()}
    with open(path, encoding="utf-8") as f:
        listed = set(f.read().split())
    for name in sorted(found - listed):
        yield "%s: not in %s: %s" % (library.path, path, name)
    for name in sorted(listed - found):
        yield "%s: gone: %s" % (library.path, name)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--differences", action="append", default=[])
    parser.add_argument("--functions", action="append", default=[])
    parser.add_argument("--list")
    parser.add_argument("--tool")
    parser.add_argument("library", nargs="+")
    args = parser.parse_args()
    libraries = [Library(path) for path in args.library]
    if any(not library.symbols for library in libraries):
        sys.exit("a library without symbols")
    if args.list:
        wrong = list(held_against_list(libraries[0], args.list))
    else:
        pairs = list(zip(libraries[::2], libraries[1::2]))
        listed = set().union(*map(read_list, args.differences))
        wrong = compare(pairs, listed)
        if args.functions:
            wrong += untested(pairs, args.functions, listed)
        if args.tool:
            ours, = [o for o, _ in pairs if o.name == "libxenctrl"]
            wrong += held_against_tool(ours, args.tool,
                                       ours.soname.split(".so.")[1])
    for line in wrong:
        print(line)
    sys.exit(bool(wrong))


if __name__ == "__main__":
    main()
