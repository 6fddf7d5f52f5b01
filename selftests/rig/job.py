# SPDX-License-Identifier: GPL-2.0-or-later
"""Writes what one boot has to do, as a shell text for the guest's agent."""

import os
from shlex import quote

import image

RIG = os.path.dirname(os.path.abspath(__file__))


class PlanError(Exception):
    pass


def scripts():
    """What can be run in the guest as it lies here."""
    return [n for f in image.SCRIPTS for n in os.listdir(os.path.join(RIG, f))]


def read_plan(path):
    """(passes, tests): [name, module, backend], [name, passes, seconds, xl]"""
    passes, tests = [], []
    with open(path) as f:
        for number, line in enumerate(f, 1):
            words = line.split("#")[0].split()
            if not words:
                continue
            if words[0] == "pass" and len(words) == 4:
                passes.append(words[1:])
            elif words[0] == "test" and len(words) in (4, 5):
                tests.append(words[1:4] + [words[4:] == ["xl"]])
            else:
                raise PlanError("%s:%d: what is this?" % (path, number))
    return passes, tests


def rows_for(tests, programs, scripts=()):
    """The plan's rows with `*` replaced by the programs that have none."""
    named = {t[0] for t in tests}
    for name in sorted(named - set(programs) - set(scripts) - {"*"}):
        raise PlanError("the plan names %s, which is not built" % name)
    out = []
    for name, passes, seconds, xl in tests:
        for n in [name] if name != "*" else sorted(set(programs) - named):
            out.append((n, passes, int(seconds), xl))
    return out


def plan_job(args):
    folder = os.path.join(args.out, "selftests", "dom0")
    programs = [n for n in (os.listdir(folder) if os.path.isdir(folder)
                            else [])
                if os.path.isfile(os.path.join(folder, n)) and
                os.access(os.path.join(folder, n), os.X_OK)]
    there = scripts()
    passes, tests = read_plan(args.plan)
    rows = rows_for(tests, programs, there)
    if args.only:
        rows = [r for r in rows if r[0] == args.only]
        if not rows:
            raise PlanError("there is no selftest %s; there are: %s" % (
                args.only, " ".join(sorted(programs)) or "none"))
    wanted = args.passes.split(",") if args.passes else [p[0] for p in passes]
    text = []
    for name, module, backend in passes:
        mine = [r for r in rows if r[1] == "all" or name in r[1].split(",")]
        if name not in wanted or not mine:
            continue
        text.append("rig_pass %s %s %s" % (name, module, backend))
        for test, _, seconds, xl in mine:
            if xl:
                text.append("rig_xl")
            text.append("rig_test %s %d /%s/%s" % (
                quote(test), seconds,
                "rig" if test in there else image.TESTS, quote(test)))
    if not text:
        raise PlanError("nothing to run")
    return text


def write(args, scenario):
    text = ["rig_open " + scenario.port]
    if args.shell:
        return "\n".join(text + ["rig_shell " + args.module, ""])
    if not scenario.hypervisor:
        text.append("RIG_XEN=no")
    text.append("rig_settle boot")
    if args.run:
        if args.xl:
            text.append("rig_xl")
        text.append("rig_pass run %s -" % args.module)
        text += ["rig_run %s %d %s" % ("live" if args.live else "data",
                                       args.timeout, quote(command))
                 for command, _ in args.run]
    else:
        text += plan_job(args)
    return "\n".join(text + ["rig_end", ""])
