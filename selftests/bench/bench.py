#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Runs `xenbatch bench` in the rig and judges what it measured.

Two boots under icount, where an instruction is a nanosecond and figures repeat:
Xen as it comes (XPTI on), and with `xpti=no spec-ctrl=no`, which is closer to
current hardware; and a third for whole programs (programs.txt), whose rows are
called run.*, XPTI on. All go to <build>/bench/results.json, a list of objects with
name, n, xpti, stock, xenbatch, floor (instructions an operation; floor null
for what is no hypercall), same, and syscalls and hypercalls of one whole run;
latency_ns, where a row has it, is how its single times are distributed.

Fails if answers differed, if a row misses its figure in targets.json (XPTI
on), or if xenbatch's own cost is more than 5 % above the one that recorded.json
holds while its ratio to stock is below the recorded one too: with another kernel
both sides may cost more, and where stock maps its own cost moves by several
percent from boot to boot. --record writes that file anew instead of comparing. A
goal_ratio in targets.json is wanted and not reached yet, or not in every boot:
how far a row is from it is said each time, and does not fail.
"""

import argparse
import json
import os
import shlex
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
RIG = os.path.join(HERE, "..", "rig", "run.py")
SCENARIOS = (("bench", True), ("bench-noxpti", False))
PROGRAMS = "run."       # what their rows' names begin with
SLACK = 1.05            # of the recorded cost

# What is there while programs run: the guest, and what else the tool makes.
PLACES = {"dom0": ("none", ""), "domains": ("none", "--domains"),
          "small": ("small", ""), "linux": ("linux", "")}


def load(path):
    with open(path) as f:
        return json.load(f)


def save(path, value):
    """One object a line, so that a change shows as the rows that changed."""
    with open(path + ".part", "w") as f:
        f.write("[\n" + ",\n".join(json.dumps(v) for v in value) + "\n]\n")
    os.rename(path + ".part", path)


def measure(args, scenario, commands, *options):
    """Boot, run the tool by each command, return (reports, were all well)."""
    job, outs = [], []
    for n, command in enumerate(commands):
        outs.append(os.path.join(args.build, "bench",
                                 "%s.%d.json" % (scenario, n)))
        if os.path.exists(outs[n]):
            os.unlink(outs[n])
        job += ["--run", command, "--out", outs[n]]
    done = subprocess.run([RIG, "--build", args.build, "--scenario", scenario,
                           "--ko", args.ko, *options, *job])
    # The tool's status is not 0 when answers differ; what it measured is
    # there all the same, and will be judged. Anything else ends here.
    reports = []
    for out in outs:
        if not os.path.exists(out) or not os.path.getsize(out):
            sys.exit("bench: nothing was measured in scenario %s" % scenario)
        report = load(out)
        if report["unit"] != "instructions":
            sys.exit("bench: scenario %s does not count instructions"
                     % scenario)
        if not report["backend"].startswith("module"):
            sys.exit("bench: not the module was measured: "
                     + report["backend"])
        reports.append(report)
    return reports, done.returncode == 0


def made(report, n, xpti):
    """The rows of a report; n: theirs, by name, if it is not what they say."""
    return [{"name": r["name"], "n": n.get(r["name"], r["n"]), "xpti": xpti,
             **{k: r[k] for k in ("stock", "xenbatch", "floor", "same",
                                  "syscalls", "hypercalls", "latency_ns")
                if k in r}} for r in report["rows"]]


def programs(path, wanted):
    """[(place, row, n, command)] of programs.txt; wanted: no others, or []."""
    with open(path) as f:
        lines = [l.rstrip("\n").split("\t") for l in f
                 if l.strip() and l[0] != "#"]
    return [(place, name, int(n), command) for place, name, n, command in lines
            if not wanted or name in wanted]


def measure_programs(args, table):
    """All of the table in one boot: (rows, were all well)."""
    places = list(dict.fromkeys(t[0] for t in table))
    commands, n = [], []
    for place in places:
        guest, option = PLACES[place]
        some = [t for t in table if t[0] == place]
        n.append({t[1]: t[2] for t in some})
        commands.append(" ".join(
            ["with-guest", guest, "xenbatch bench --json", option] +
            ["--run " + shlex.quote("%s=%s" % (t[1], t[3])) for t in some]))
    reports, good = measure(args, "bench-guests", commands, "--xl")
    return [row for report, names in zip(reports, n)
            for row in made(report, names, True)], good


def ratio(row):
    return row["stock"] / row["xenbatch"]


def over_floor(row):
    return row["xenbatch"] / row["floor"] if row["floor"] else None


def key(row):
    return row["name"], row["n"], row["xpti"]


def title(row):
    return "%s(%d), XPTI %s" % (row["name"], row["n"],
                                "on" if row["xpti"] else "off")


def judge_target(row, target):
    """What of the target the row misses."""
    if "min_ratio" in target and ratio(row) < target["min_ratio"]:
        yield "%.2f times fewer instructions than stock, wanted %s" % (
            ratio(row), target["min_ratio"])
    if "max_over_floor" in target:
        over = over_floor(row)
        if over is None or over > target["max_over_floor"]:
            yield "%s of the floor, wanted at most %s" % (
                "unknown" if over is None else "%.3f" % over,
                target["max_over_floor"])
    if "max_syscalls" in target:
        calls = row["syscalls"]["xenbatch"]
        if calls is None or calls > target["max_syscalls"]:
            yield "%s system calls, wanted at most %d" % (
                calls, target["max_syscalls"])


def goals(rows, targets):
    """A line for each row that is short of its goal."""
    found = {key(r): r for r in rows}
    for t in targets:
        row = found.get((t["name"], t["n"], True))
        if row and ratio(row) < t.get("goal_ratio", 0):
            yield "%s: %.2f times fewer instructions than stock, goal %s" % (
                title(row), ratio(row), t["goal_ratio"])


def worse(row, old):
    return (row["xenbatch"] > old["xenbatch"] * SLACK and
            ratio(row) < old["ratio"])


def judge(rows, targets, recorded, partial=False):
    """All complaints, each a line."""
    found = {key(r): r for r in rows}
    for r in rows:
        if r["same"] is not True:
            yield "%s: the answers differ" % title(r)
    for t in targets:
        row = found.get((t["name"], t["n"], True))
        if row:
            for miss in judge_target(row, t):
                yield "%s: %s" % (title(row), miss)
        elif not partial:
            yield "%s(%d) has a target and was not measured" % (t["name"],
                                                              t["n"])
    for old in recorded:
        row = found.get(key(old))
        if row and worse(row, old):
            yield "%s: %.0f, more than 5 %% above the recorded %.0f, and " \
                  "ratio %.2f instead of %.2f" % (
                      title(row), row["xenbatch"], old["xenbatch"],
                      ratio(row), old["ratio"])
        elif not row and not partial:
            yield "%s was recorded and not measured" % title(old)


COLUMNS = ("row", "n", "stock", "xenbatch", "floor", "stock/xb", "xb/floor",
           "system calls", "same")


def cells(row):
    over = over_floor(row)
    calls = row["syscalls"]
    return (row["name"], str(row["n"]), "%.0f" % row["stock"],
            "%.0f" % row["xenbatch"],
            "%.0f" % row["floor"] if row["floor"] else "-",
            "%.2f" % ratio(row), "%.2f" % over if over else "-",
            "%s -> %s" % (calls["stock"], calls["xenbatch"])
            if None not in calls.values() else "-",
            "yes" if row["same"] is True else "NO")


def table(rows):
    lines = [COLUMNS] + [cells(r) for r in rows]
    width = [max(len(l[c]) for l in lines) for c in range(len(COLUMNS))]
    for l in lines:
        yield "  ".join(
            text.rjust(w) if c else text.ljust(w)
            for c, (text, w) in enumerate(zip(l, width))).rstrip()


def markdown(rows):
    yield "| " + " | ".join(COLUMNS) + " |"
    yield "|---|" + "--:|" * (len(COLUMNS) - 1)
    for r in rows:
        yield "| " + " | ".join(cells(r)) + " |"


def latencies(rows):
    """A line for each side of each row whose single times were taken."""
    for r in rows:
        for side, t in r.get("latency_ns", {}).items():
            yield "%s, %s: %d times, ns: p50 %d, p90 %d, p99 %d, max %d" % (
                title(r), side, t["count"], t["p50"], t["p90"], t["p99"],
                t["max"])


def show(rows, how):
    for _, xpti in SCENARIOS:
        some = [r for r in rows if r["xpti"] is xpti]
        if not some:
            continue
        print("\nInstructions an operation, XPTI %s\n" % (
            "on" if xpti else "off (xpti=no spec-ctrl=no)"))
        print("\n".join(how(some)))


def main():
    p = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    p.add_argument("--build", default=os.path.join(HERE, "..", "..", "build"))
    p.add_argument("--ko", help="the bench build of the module")
    p.add_argument("--row", action="append", default=[],
                   help="only this row (may be given often)")
    p.add_argument("--record", action="store_true",
                   help="write recorded.json from what is measured")
    p.add_argument("--markdown", action="store_true",
                   help="measure nothing, print the last results as a table")
    args = p.parse_args()
    args.build = os.path.abspath(args.build)
    results = os.path.join(args.build, "bench", "results.json")
    if args.markdown:
        show(load(results), markdown)
        return 0
    if not args.ko:
        p.error("--ko is needed")
    if args.record and args.row:
        p.error("--record wants all rows")

    os.makedirs(os.path.dirname(results), exist_ok=True)
    rows, good = [], True
    listed = programs(os.path.join(HERE, "programs.txt"), args.row)
    calls = [r for r in args.row if not r.startswith(PROGRAMS)]
    for scenario, xpti in SCENARIOS if calls or not args.row else ():
        (report,), ok = measure(args, scenario, [" ".join(
            ["xenbatch bench --json"] + ["--row " + r for r in calls])])
        good = good and ok
        rows += made(report, {}, xpti)
    if listed:
        some, ok = measure_programs(args, listed)
        good = good and ok
        rows += some
    if not rows:
        p.error("no row is called " + ", ".join(args.row))
    save(results, rows)
    show(rows, table)
    print()
    for l in latencies(rows):
        print(l)

    path = os.path.join(HERE, "recorded.json")
    recorded = load(path) if os.path.exists(path) else []
    targets = load(os.path.join(HERE, "targets.json"))
    complaints = list(judge(rows, targets, [] if args.record else recorded,
                            bool(args.row)))
    if not good:
        complaints.append("the rig or the tool complained, see above")
    if args.record and good:
        save(path, [{"name": r["name"], "n": r["n"], "xpti": r["xpti"],
                     "xenbatch": round(r["xenbatch"]),
                     "ratio": round(ratio(r), 3)} for r in rows])
    print()
    for g in goals(rows, targets):
        print("short of its goal: " + g)
    for c in complaints:
        print("not ok bench " + c)
    if not complaints:
        print("ok bench %d rows, %s" % (
            len(rows), "recorded" if args.record else
            "answers the same, all figures that must be reached are"))
    print("all of it: " + os.path.relpath(results))
    return 1 if complaints else 0


if __name__ == "__main__":
    sys.exit(main())
