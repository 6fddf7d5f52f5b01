#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Boots a real Xen with a real dom0 in QEMU and runs things in it.

  run.py                                all of plan.txt, three passes, one boot
  run.py --only hypercall               one selftest, in all its passes
  run.py --shell                        a shell in dom0 on this terminal
  run.py --scenario bench --run 'xenbatch bench --json' --out raw.json
                                        a command in dom0, its output to a file

--run may be given often; the commands run in order in one boot by `sh -c`,
as root, in /tmp, with the module loaded (--module absent: without it). Each
--out belongs to the --run before it and gets the command's standard output
byte by byte, written when the command is over; without --out the output
goes to ours. With --live it comes line by line, standard error mixed in.
PATH has `xenbatch` and Xen's own clients; our libraries that do not shadow
Debian's are found by the loader, all of them lie in /usr/lib/xenbatch
(XENBATCH_LIBDIR), the selftests in /usr/lib/xenbatch/selftests, the module
at $XENBATCH_KO. --xl starts xenstored and what xl needs besides.

The exit status is 0 only if all tests or commands succeeded, nothing hung,
neither dom0's kernel nor Xen complained (allow/*.txt says what is no
complaint), and Xen's tables show no grant, port or domain that was not in
use before. The full log is <build>/rig/log/<scenario>.log.

What each file is for: scenario.py the table of machines, arch.py their
processors, plan.txt the table of tests, packages.txt, python.txt and fetch.py
what the guest has of Debian, image.py the initramfs, guest/ and oracle.c what
runs in it, machine.py the emulator, check.py and tap.py the judgement.
"""

import argparse
import os
import signal
import sys
import time

RIG = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, RIG)
sys.dont_write_bytecode = True

import check                                            # noqa: E402
import fetch                                            # noqa: E402
import image                                            # noqa: E402
import job                                              # noqa: E402
import libvirt                                          # noqa: E402
import machine                                          # noqa: E402
from scenario import SCENARIOS                          # noqa: E402
from tap import Tap                                     # noqa: E402

TROUBLE = 30    # lines of what was bad that are repeated at the end
SLACK = 90      # seconds that the agent may take around a test's own limit


class Progress:
    """A line that is written over while one waits at a terminal."""

    def __init__(self):
        self.on = sys.stdout.isatty()
        self.width = 0
        self.at = 0

    def show(self, text):
        if self.on and time.monotonic() - self.at >= 0.2:
            self.at = time.monotonic()
            text = text[:78]
            sys.stdout.write("\r" + text.ljust(self.width))
            sys.stdout.flush()
            self.width = len(text)

    def clear(self):
        if self.on and self.width:
            sys.stdout.write("\r" + " " * self.width + "\r")
            sys.stdout.flush()
            self.width = 0


class Session:
    """Follows the agent's report and judges it."""

    def __init__(self, guest, scenario, args):
        self.m = guest
        self.scenario = scenario
        self.args = args
        self.check = check.Checker(RIG)
        self.progress = Progress()
        self.outs = [out for _, out in args.run]
        self.good = self.bad = 0
        self.trouble = []           # what was said of all that is bad
        self.tests = 0
        self.current = None         # what runs now
        self.what = ""

    def print(self, text):
        self.progress.clear()
        print(text, flush=True)

    def complaints(self, word, data):
        if word == "dmesg":
            return self.check.kernel(data)
        if word == "xen-said":
            return self.check.xen(data)
        if word == "xen-used":
            settled = self.current is not None
            return self.check.tables(data, settled)
        return []

    def boot(self):
        limit = self.m.start + self.scenario.boot_seconds
        name = self.args.scenario

        def tick():
            self.progress.show("  BOOT    %s: %d s, %s" % (
                name, self.m.seconds(), self.m.stage))

        what = "dom0 said nothing in %d s" % self.scenario.boot_seconds
        while self.m.line(limit, what, tick) != "@@ ready":
            pass
        self.progress.clear()
        if not self.args.quiet:
            fetch.say("BOOT", "%s: %.0f s" % (name, self.m.seconds()))

    def follow(self):
        """Read the report to its end."""
        found, pas = [], ""
        limit = time.monotonic() + SLACK
        while True:
            line = self.m.line(limit, self.what or "between tests", self.tick)
            if not line.startswith("@@ "):
                if self.current:
                    self.current.line(line)
                continue
            word, *rest = line[3:].split(" ")
            if word == "data":
                data = self.m.bytes(int(rest[1]), limit, rest[0])
                if rest[0] in ("stdout", "stderr"):
                    self.current.data(rest[0], data)
                else:
                    found += self.complaints(rest[0],
                                             data.decode(errors="replace"))
            elif word == "pass":
                pas = rest[0]
            elif word in ("test", "run"):
                self.between(found)
                found = []
                self.current = (TestRun(rest[0], pas, int(rest[1]))
                                if word == "test" else
                                Command(self, rest[0], int(rest[1])))
                self.what = self.current.title
                limit = time.monotonic() + self.current.limit + SLACK
            elif word == "exit":
                self.current.code = int(rest[0])
                limit = time.monotonic() + SLACK
            elif word == "oops":
                found.append("rig: " + " ".join(rest))
            elif word == "done":
                if rest and self.current.code is None:
                    self.current.code = int(rest[0])
                self.finish(found)
                found = []
                limit = time.monotonic() + SLACK
            elif word == "between":
                limit = time.monotonic() + SLACK
            elif word == "end":
                self.between(found)
                return

    def tick(self):
        if self.current and not self.current.streams:
            self.progress.show("  RUN     %s: %d s" % (
                self.what, time.monotonic() - self.current.start))

    def between(self, found):
        """Judge what was said while no test ran."""
        if found:
            self.bad += 1
            self.tell(False, ["not ok dom0 %s" % (
                "between tests" if self.tests else "boot"
            )] + ["  " + l for l in found])

    def finish(self, found):
        self.tests += 1
        self.progress.clear()
        ok, lines = self.current.judge(found)
        if ok:
            self.good += 1
        else:
            self.bad += 1
        self.tell(ok, lines)
        self.current = None
        self.what = ""

    def tell(self, ok, lines):
        for l in lines:
            self.print(l)
        if not ok:
            self.trouble += lines

    def again(self):
        """What was bad once more, at the end, where one looks for it."""
        lines = self.trouble[:TROUBLE]
        if len(self.trouble) > TROUBLE:
            lines.append("  ... and %d lines more, above"
                         % (len(self.trouble) - TROUBLE))
        return lines


class TestRun:
    """One selftest on its way."""

    streams = False

    def __init__(self, name, pas, limit):
        self.title = "dom0 %s" % name
        if pas not in ("", "module"):
            self.title += " (%s)" % pas
        self.limit = limit
        self.start = time.monotonic()
        self.tap = Tap()
        self.code = None

    def line(self, text):
        self.tap.line(text)

    def judge(self, found):
        ok, words = self.tap.verdict(self.code, self.limit)
        if found:
            words += ", %d complaint%s" % (len(found), "s"[len(found) < 2:])
        ok = ok and not found
        lines = ["%s %s: %s" % ("ok" if ok else "not ok", self.title, words)]
        if not ok:
            lines += ["  " + l for l in self.tap.trouble + found]
        return ok, lines


class Command:
    """One command of --run on its way."""

    def __init__(self, session, how, limit):
        self.number = session.tests
        self.title = "run %d" % (self.number + 1)
        self.session = session
        self.streams = how == "live"
        self.limit = limit
        self.start = time.monotonic()
        self.errors = ""
        self.code = None
        self.blank = 0

    def line(self, text):
        # The agent puts an empty line before each of its own.
        if not text:
            self.blank += 1
            return
        for _ in range(self.blank):
            self.session.print("")
        self.blank = 0
        self.session.print(text)

    def data(self, word, data):
        if word == "stderr":
            self.errors = data.decode(errors="replace")
            return
        out = self.session.outs[self.number]
        if out:
            os.makedirs(os.path.dirname(os.path.abspath(out)), exist_ok=True)
            with open(out, "wb") as f:
                f.write(data)
        else:
            self.session.progress.clear()
            sys.stdout.buffer.write(data)
            sys.stdout.flush()

    def judge(self, found):
        lines = []
        if self.errors:
            lines += self.errors.rstrip("\n").split("\n")
        if self.code == 137:
            lines.append("not ok %s: killed after %d s" % (self.title,
                                                           self.limit))
        elif self.code is None:
            lines.append("not ok %s: how it ended was not told" % self.title)
        elif self.code:
            lines.append("not ok %s: exit status %d" % (self.title, self.code))
        elif found:
            lines.append("not ok %s: complaints" % self.title)
        lines += ["  " + l for l in found]
        return self.code == 0 and not found, lines


def build_oracle(build, root, arch):
    path = os.path.join(build, "rig", "oracle")
    source = os.path.join(RIG, "oracle.c")
    if (os.path.exists(path) and
            os.path.getmtime(path) >= os.path.getmtime(source)):
        return
    fetch.say("CC", "selftests/rig/oracle.c")
    library = ["-lxenctrl"]
    if arch.cross:
        # the headers are the same for all, and so this machine's
        folder = os.path.join(root, arch.lib)
        library = ["-idirafter", "/usr/include", "-L" + folder,
                   "-Wl,-rpath-link," + folder, "-l:libxenctrl.so.4.17"]
    fetch.run([arch.cc, "-O2", "-Wall", "-Wextra", "-Werror", source,
               "-o", path, *library])


def prepare(args, text):
    """Everything a boot needs: (xen, kernel, initrd)."""
    arch = SCENARIOS[args.scenario].arch
    root, release, key = fetch.guest_root(
        args.build, os.path.join(RIG, "packages.txt"), arch, args.release)
    build_oracle(args.out, root, arch)
    module = args.ko or os.path.join(args.out, "kmod", release,
                                     "xenbatch.ko")
    if not os.path.exists(module):
        if args.ko or not args.without_ko:
            raise fetch.FetchError(
                "there is no %s: the guest's kernel is %s, so the module must "
                "be built for it (linux-headers-%s, make KREL=%s)"
                % (os.path.relpath(module), release, release, release))
        module = None
    extra = [a.split(":", 1) for a in args.add]
    installed = os.path.join(args.out, "selftests", "kselftest")
    if not args.run and os.path.isdir(installed):
        extra.append([installed, "kselftest"])
    kernel = image.kernel(args.out, root, arch, release, key)
    if SCENARIOS[args.scenario].guest_kernel:
        extra.append([kernel, "boot/vmlinux"])
    initrd = os.path.join(args.out, "rig", "initrd")
    with open(initrd, "wb") as f:
        parts = [image.stock(args.out, root, arch, release, key)]
        if SCENARIOS[args.scenario].libvirt:
            parts.append(libvirt.archive(args.out, root, key))
        for part in parts:
            with open(part, "rb") as s:
                f.write(s.read())
        f.write(image.ours(args.out, RIG, root, arch, release, module,
                           extra, text))
    return image.hypervisor(args.out, root, arch, key), kernel, initrd


def arguments():
    p = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    commands = []

    class Run(argparse.Action):
        def __call__(self, parser, space, value, option=None):
            if option == "--run":
                commands.append([value, None])
            elif not commands or commands[-1][1]:
                parser.error("--out belongs behind a --run")
            else:
                commands[-1][1] = value

    add = p.add_argument
    add("--scenario", default="normal", choices=sorted(SCENARIOS),
        help="the machine to boot (default: normal)")
    add("--only", metavar="TEST", help="run one selftest of the plan")
    add("--pass", dest="passes", metavar="NAMES",
        help="only these passes of the plan (a,b)")
    add("--plan", default=os.path.join(RIG, "plan.txt"), help="the plan")
    add("--run", action=Run, metavar="CMD", help="run a command instead")
    add("--out", action=Run, metavar="FILE", help="where its output goes")
    add("--live", action="store_true", help="show output line by line")
    add("--xl", action="store_true", help="start what xl needs first")
    add("--module", choices=("loaded", "absent"), default="loaded",
        help="for --run and --shell: with xenbatch.ko or without")
    add("--shell", action="store_true", help="a shell in dom0")
    add("--timeout", type=int, default=600, metavar="S",
        help="seconds for each command of --run (default: 600)")
    add("--ko", metavar="FILE", help="another xenbatch.ko to load")
    add("--without-ko", action="store_true",
        help="boot even when no xenbatch.ko is built")
    add("--add", action="append", default=[], metavar="HOST:GUEST",
        help="one more file or folder for the initramfs")
    add("--release", default=os.environ.get("XENBATCH_KREL"),
        help="the kernel release to boot, such as 6.1.0-56-amd64 "
             "(default: XENBATCH_KREL, or the archive's newest)")
    add("--log", metavar="NAME", help="name of the log (default: scenario)")
    add("--build", default=os.path.join(RIG, "..", "..", "build"),
        help="the build folder")
    add("--quiet", action="store_true", help="do not report the boot")
    args = p.parse_args()
    if args.live and any(out for _, out in commands):
        p.error("--live shows what --out would write: take one of them")
    args.run = commands
    args.build = os.path.abspath(args.build)
    arch = SCENARIOS[args.scenario].arch
    args.out = arch.out(args.build)
    if args.release and not args.release.endswith("-" + arch.name):
        args.release = None     # another processor's, from XENBATCH_KREL
    return args


def main():
    args = arguments()
    scenario = SCENARIOS[args.scenario]
    log = os.path.join(args.build, "rig", "log",
                       (args.log or args.scenario) + ".log")
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    os.makedirs(os.path.dirname(log), exist_ok=True)
    try:
        text = job.write(args, scenario)
        lock = machine.lock(args.build, lambda: fetch.say(
            "WAIT", "for another emulator to end"))
        xen, kernel, initrd = prepare(args, text)
        guest = machine.Machine(scenario, xen, kernel, initrd, log,
                                args.shell)
    except (fetch.FetchError, job.PlanError, OSError) as e:
        print("rig: %s" % e, file=sys.stderr)
        return 2
    session = Session(guest, scenario, args)
    hung = False
    try:
        if args.shell:
            guest.wait_for_end()
            return 0
        session.boot()
        session.follow()
    except machine.Hang as e:
        session.bad += 1
        session.tell(False, ["not ok %s: %s" % (session.what or "dom0", e)])
        hung = True
    except KeyboardInterrupt:
        session.print("interrupted")
        session.bad += 1
    finally:
        guest.kill()
        lock.close()
    if hung:
        with open(log, errors="replace") as f:
            for l in f.readlines()[-40:]:
                print("    " + l.rstrip("\n"))
    if not args.run and session.tests > 1:
        for l in session.again():
            print(l)
    if not args.run or session.bad:
        print("dom0: %d ok, %d not ok, %.0f s; log %s" % (
            session.good, session.bad, guest.seconds(),
            os.path.relpath(log)))
    return 1 if session.bad else 0


if __name__ == "__main__":
    sys.exit(main())
