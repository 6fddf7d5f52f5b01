#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""The judge is judged: what the rig must call a failure, it does.

A rig that calls everything good passes every test of the project, so each
kind of failure is put before it here. Needs no emulator.
"""

import io
import os
import subprocess
import sys
import tempfile
import types
import unittest
import unittest.mock

RIG = os.path.dirname(os.path.abspath(__file__))
sys.dont_write_bytecode = True
sys.path.insert(0, RIG)

import check                                            # noqa: E402
import image                                            # noqa: E402
import job                                              # noqa: E402
import run                                              # noqa: E402
from scenario import SCENARIOS                          # noqa: E402
from tap import Tap                                     # noqa: E402

TABLES = """(XEN) gnttab_usage_print_all [ key 'g' pressed
(XEN) grant-table for remote d0 (v1)
(XEN)   1 frames (64 max), 0 maptrack frames (1024 max)
%s(XEN) gnttab_usage_print_all ] done
(XEN) 'e' pressed -> dumping event-channel info
(XEN) Event channel information for domain 0:
(XEN)     port [p/m/s]
(XEN)        1 [%d/0/  -   ]: s=5 n=%d x=0 v=0
%sdomain 0
%s"""


def tables(grants="", pending=0, vcpu=0, ports="", domains=""):
    return TABLES % (grants, pending, vcpu, ports, domains)


class Leaks(unittest.TestCase):
    def setUp(self):
        self.check = check.Checker(RIG)
        self.assertEqual([], self.check.tables(tables()))

    def leaks(self, **more):
        return self.check.tables(tables(**more))

    def test_nothing(self):
        self.assertEqual([], self.leaks())

    def test_pending_and_vcpu_are_no_leak(self):
        self.assertEqual([], self.leaks(pending=1, vcpu=1))

    def test_grant(self):
        grant = ("(XEN) [0x008]      0 0x07c81e 0x00000002          0 "
                 "0x07c81e 0x19\n")
        found = self.leaks(grants=grant)
        self.assertEqual(1, len(found))
        self.assertIn("d0 ref 0x008 for d0", found[0])
        # it stays, and is not complained of twice; once gone, nor then
        self.assertEqual([], self.leaks(grants=grant))
        self.assertEqual([], self.leaks())

    def test_port(self):
        found = self.leaks(
            ports="(XEN)       22 [0/1/  -   ]: s=2 n=0 x=0 d=0\n")
        self.assertEqual(1, len(found))
        self.assertIn("d0 port 22", found[0])

    def test_domain(self):
        self.assertIn("domain 7 dying",
                      self.leaks(domains="domain 7 dying\n")[0])

    def test_pages_of_a_domain_that_was_destroyed(self):
        found = self.leaks(domains="domain 7 dying, 3 pages held\n")
        self.assertEqual(1, len(found))
        self.assertIn("domain 7 dying, 3 pages held", found[0])

    def test_a_grant_mapped_once_more(self):
        grant = ("(XEN) [0x008]      0 0x07c81e 0x%08x          0 "
                 "0x07c81e 0x19\n")
        self.assertTrue(self.leaks(grants=grant % 1))
        # maptrack has an entry for each time, and so has the pin
        self.assertIn("pin 0x00000002", self.leaks(grants=grant % 2)[0])

    def test_grants_of_a_domain_that_was_destroyed(self):
        grant = ("(XEN) grant-table for remote d9 (v1)\n"
                 "(XEN)   4 frames (4 max), 0 maptrack frames (4 max)\n"
                 "(XEN) [0x010]      0 0x07c81e 0x00000001          0 "
                 "0x07c81e 0x19\n")
        self.assertIn("d9 ref 0x010 for d0", self.leaks(grants=grant)[0])

    def test_half_a_table_is_no_table(self):
        for cut in ("] done", "Event channel", "domain 0\n"):
            self.assertTrue(self.check.tables(tables().replace(cut, "")), cut)


class Complaints(unittest.TestCase):
    def setUp(self):
        self.check = check.Checker(RIG)

    def test_kernel(self):
        for line in ("WARNING: CPU: 0 PID: 1 at mm/memory.c:1",
                     "BUG: Bad page map in process x",
                     "Oops: 0002 [#1] PREEMPT SMP",
                     "BUG: KASAN: use-after-free in xb_submit",
                     "WARNING: possible circular locking dependency detected",
                     "INFO: task t:12 blocked for more than 120 seconds.",
                     "rcu: INFO: rcu_preempt detected stalls on CPUs/tasks:",
                     "Call Trace:",
                     "refcount_t: underflow; use-after-free."):
            self.assertTrue(self.check.kernel("[    1.000000] " + line), line)

    def test_kernel_chatter(self):
        for line in ("xenbatch: loading out-of-tree module taints kernel.",
                     "xen:xen_evtchn: Event-channel device installed",
                     "installing Xen timer for CPU 0",
                     "kprobes: kprobe jump-optimization is enabled. All "
                     "kprobes are optimized if possible."):
            self.assertEqual([], self.check.kernel("[    1.000000] " + line))

    def test_xen(self):
        for line in ("(XEN) mm.c:2134:d0v1 Bad L1 flags 800000",
                     "(XEN) grant_table.c:1870:d0v0 Bad handle 0x7",
                     "(XEN) Assertion 'x' failed at common.c:1",
                     "(XEN) d0v0 Unhandled page fault"):
            self.assertTrue(self.check.xen(line), line)

    def test_xen_chatter(self):
        for line in ("(XEN) Dom0 has maximum 2 VCPUs",
                     "(XEN) d0 has maximum 416 PIRQs",
                     "a line of dom0's that only tells of an error"):
            self.assertEqual([], self.check.xen(line), line)


class Taps(unittest.TestCase):
    def verdict(self, text, code=0):
        tap = Tap()
        for line in io.StringIO(text):
            tap.line(line)
        return tap.verdict(code, 60)

    def test_good(self):
        self.assertEqual((True, "2 passed"),
                         self.verdict("TAP version 13\n1..2\nok 1 a\nok 2 b"))

    def test_skip_counts_apart(self):
        self.assertEqual((True, "1 passed, 1 skipped"), self.verdict(
            "1..2\nok 1 a\nok 2 # SKIP not here"))
        self.assertEqual((True, "skipped"), self.verdict("", 4))

    def test_not_ok(self):
        self.assertFalse(self.verdict("1..2\nok 1 a\nnot ok 2 b", 1)[0])
        self.assertFalse(self.verdict("1..2\nok 1 a\nnot ok 2 b", 0)[0])

    def test_lost_tests(self):
        self.assertFalse(self.verdict("1..3\nok 1 a\nok 2 b")[0])

    def test_exit_status(self):
        self.assertFalse(self.verdict("1..1\nok 1 a", 1)[0])
        self.assertFalse(self.verdict("1..1\nok 1 a", 137)[0])
        self.assertEqual((False, "1 passed, died of signal 11"),
                         self.verdict("1..1\nok 1 a", 139))

    def test_exit_status_lost(self):
        self.assertFalse(self.verdict("1..1\nok 1 a", None)[0])

    def test_nothing_tested(self):
        self.assertFalse(self.verdict("")[0])
        self.assertFalse(self.verdict("1..0\n")[0])


class Told(unittest.TestCase):
    def session(self, results):
        args = types.SimpleNamespace(run=[])
        with unittest.mock.patch("builtins.print"):
            s = run.Session(None, None, args)
            for name, text in results:
                s.current = run.TestRun(name, "module", 60)
                s.current.code = 0
                for l in text.split("\n"):
                    s.current.line(l)
                s.finish([])
        return s

    def test_what_is_bad_is_told_again(self):
        s = self.session([("a", "1..1\n# why\nnot ok 1 x"),
                          ("b", "1..1\nok 1 y")])
        self.assertEqual((1, 1), (s.good, s.bad))
        self.assertEqual(["not ok dom0 a: 0 passed, 1 failed", "  # why",
                          "  not ok 1 x"], s.again())

    def test_what_is_good_is_not(self):
        self.assertEqual([], self.session([("b", "1..1\nok 1 y")]).again())

    def test_not_all_of_a_flood(self):
        lines = self.session([("a", "1..1\n# why\nnot ok 1 x")] * 20).again()
        self.assertEqual(run.TROUBLE + 1, len(lines))
        self.assertEqual("  ... and 30 lines more, above", lines[-1])


class Plans(unittest.TestCase):
    def test_star_takes_the_rest(self):
        rows = job.rows_for([["a", "all", "9", False],
                             ["*", "all", "5", False]], ["c", "b", "a"])
        self.assertEqual([("a", 9), ("b", 5), ("c", 5)],
                         [(r[0], r[2]) for r in rows])

    def test_a_test_that_is_not_built_is_an_error(self):
        with self.assertRaises(job.PlanError):
            job.rows_for([["gone", "all", "9", False]], ["a"])

    def test_scripts_run_only_where_named(self):
        rows = job.rows_for([["s", "all", "9", False],
                             ["*", "all", "5", False]], ["a"], ["s", "t"])
        self.assertEqual(["s", "a"], [r[0] for r in rows])

    def test_the_other_plan_reads(self):
        passes, tests = job.read_plan(os.path.join(RIG, "refuse.txt"))
        for name, where, _, _ in tests:
            self.assertIn(name, job.scripts())
            self.assertIn(where, [p[0] for p in passes])
        for name, module, _ in passes:
            # those that are no scenario's are of the dom0 that has the module
            self.assertEqual("absent" if name in SCENARIOS else "loaded",
                             module)

    def test_without_xen_there_is_none(self):
        args = SCENARIOS["bare"].boot_args("XEN", "KERNEL", "INITRD")
        self.assertNotIn("XEN", " ".join(args))
        self.assertIn("XEN", SCENARIOS["normal"].boot_args("XEN", "K", "I"))

    def test_the_plan_reads(self):
        passes, tests = job.read_plan(os.path.join(RIG, "plan.txt"))
        self.assertEqual(["module", "absent", "stock"],
                         [p[0] for p in passes])
        self.assertIn("*", [t[0] for t in tests])
        for name, where, seconds, _ in tests:
            known = {"all"} | {p[0] for p in passes}
            self.assertLessEqual(set(where.split(",")), known, name)
            self.assertGreater(int(seconds), 0)

    def test_commands_are_quoted(self):
        args = types.SimpleNamespace(
            shell=False, run=[["echo 'a b'; x", None]], xl=False, live=False,
            module="loaded", timeout=7)
        text = job.write(args, SCENARIOS["normal"])
        out = subprocess.run(
            ["sh", "-c", "rig_run() { printf '%s|' \"$@\"; }\n" + "\n".join(
                l for l in text.splitlines() if l.startswith("rig_run"))],
            capture_output=True, text=True, check=True).stdout
        self.assertEqual("data|7|echo 'a b'; x|", out)


class Archives(unittest.TestCase):
    def test_cpio_reads_it(self):
        cpio = image.Cpio()
        cpio.file("a/b/run", b"#!/bin/sh\n", 0o755)
        cpio.file("a/odd", b"12345", 0o644)
        cpio.link("a/link", "odd")
        with tempfile.TemporaryDirectory() as d:
            subprocess.run(["cpio", "-i", "--quiet"], cwd=d, check=True,
                           input=cpio.bytes())
            with open(os.path.join(d, "a/link"), "rb") as f:
                self.assertEqual(b"12345", f.read())
            self.assertTrue(os.access(os.path.join(d, "a/b/run"), os.X_OK))
            self.assertFalse(os.access(os.path.join(d, "a/odd"), os.X_OK))


if __name__ == "__main__":
    unittest.main()
