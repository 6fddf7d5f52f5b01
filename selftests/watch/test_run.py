# SPDX-License-Identifier: GPL-2.0-or-later
"""Promise: `xenbatch run` runs a program as if it were not there, on the libraries
that were asked for, and counts all that the program's processes do, exactly,
however they end. No Xen: the library is a fake that has a watched one's name, and
the program stands in for the kernel."""

import json
import os
import signal
import subprocess
import sys
import tempfile
import unittest

BUILD = os.path.abspath(sys.argv.pop(1))
TOOL = os.path.join(BUILD, "tools", "xenbatch")
HERE = os.path.join(BUILD, "selftests", "watch")
CLIENT = os.path.join(HERE, "client")
LIB = os.path.join(BUILD, "lib")
RUN = os.path.join(LIB, "run")


def environment(**more):
    env = {k: v for k, v in os.environ.items() if not k.startswith("LD_")}
    env["LD_LIBRARY_PATH"] = HERE
    env.update(more)
    return env


def run(*args, **kw):
    kw.setdefault("env", environment())
    return subprocess.run([TOOL, "run", *args], text=True, timeout=60,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, **kw)


def counted(*args, tool=("--stock",), **kw):
    """(the report, the process) of a command."""
    with tempfile.NamedTemporaryFile() as f:
        p = run(*tool, "--json", "--stats=" + f.name, "--", *args, **kw)
        return json.load(f), p


def numbers(rows, key="calls"):
    return {r["name"]: r[key] for r in rows}


class Passes(unittest.TestCase):
    """What the program is and says goes through."""

    def test_status(self):
        for options in ([], ["--stats"], ["--stock"]):
            p = run(*options, "sh", "-c", "cat; echo e >&2; exit 7",
                    input="in")
            self.assertEqual((p.returncode, p.stdout), (7, "in"))
            self.assertEqual(p.stderr[:2], "e\n")

    def test_without_stats_nothing_is_added(self):
        self.assertEqual(run("sh", "-c", "exit 0").stderr, "")

    def test_signal(self):
        for options in ([], ["--stats"]):
            p = run(*options, "sh", "-c", "kill -9 $$")
            self.assertEqual(p.returncode, -signal.SIGKILL)

    def test_no_such_command(self):
        for options in ([], ["--stats"]):
            for name in ("no-such-command", "/no/such", ""):
                p = run(*options, "--", name)
                self.assertEqual(p.returncode, 127)
                self.assertEqual(p.stderr.count("\n"), 1)

    def test_what_cannot_be_run(self):
        for options in ([], ["--stats"]):
            for name in ("/etc/passwd", "/etc"):
                p = run(*options, name)
                self.assertEqual(p.returncode, 126)
                self.assertEqual(p.stderr.count("\n"), 1)

    def test_signals_are_handed_on(self):
        p = subprocess.Popen([TOOL, "run", "--stock", "--stats", CLIENT,
                              "waits"], env=environment(), text=True,
                             stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self.assertEqual(p.stdout.readline(), "ready\n")
        p.send_signal(signal.SIGTERM)
        p.communicate(timeout=60)
        self.assertEqual(p.returncode, 42)

    def test_the_command_keeps_its_options(self):
        p = run("echo", "--stats", "-x", "--", "y")
        self.assertEqual(p.stdout, "--stats -x -- y\n")

    def test_nonsense(self):
        for args in ([], ["--nothing", "true"], ["--print-env", "true"]):
            p = run(*args)
            self.assertEqual(p.returncode, 2)
            self.assertEqual(p.stderr.count("\n"), 1)

    def test_report_that_cannot_be_written(self):
        p = run("--stats=/no/where", "echo", "x")
        self.assertEqual((p.returncode, p.stdout), (125, ""))
        self.assertEqual(p.stderr.count("\n"), 1)


class Libraries(unittest.TestCase):
    SHOW = ["sh", "-c", 'echo "$LD_LIBRARY_PATH"']

    def test_ours_come_first(self):
        self.assertEqual(run(*self.SHOW).stdout, RUN + ":" + HERE + "\n")
        p = run(*self.SHOW, env=environment(LD_LIBRARY_PATH=""))
        self.assertEqual(p.stdout, RUN + "\n")

    def test_stock_has_none_of_ours(self):
        env = environment(LD_LIBRARY_PATH="%s:/x:%s" % (LIB, RUN))
        self.assertEqual(run("--stock", *self.SHOW, env=env).stdout, "/x\n")

    def test_print_env(self):
        self.assertEqual(run("--print-env").stdout,
                         "LD_LIBRARY_PATH=%s\n" % RUN)

    def test_libdir(self):
        p = run("--libdir", HERE, "true")
        self.assertEqual(p.returncode, 125)
        self.assertEqual(p.stderr.count("\n"), 1)
        self.assertEqual(run("--libdir", LIB, "true").returncode, 0)

    def test_static_program_is_told(self):
        for program in (os.path.join(HERE, "static"),
                        os.path.join(HERE, "script")):
            p = run(program)
            self.assertEqual((p.returncode, p.stderr.count("\n")), (3, 1))
            self.assertIn("statically", p.stderr)

    def test_the_program_loads_ours(self):
        code = ("import ctypes; lib = ctypes.CDLL('%s'); "
                "lib.xc_clear_last_error; lib.xc_get_cpumap_size; "
                "lib.xc_error_code_to_desc(1); lib.xc_error_code_to_desc(2)")
        name = next(n for n in os.listdir(LIB)
                    if n.startswith("libxenctrl.so."))
        r, p = counted(sys.executable, "-c", code % name, tool=())
        self.assertEqual((p.returncode, p.stderr), (0, ""))
        loaded = numbers(r["loaded"], "processes")
        self.assertEqual(loaded[os.path.join(LIB, name)], 1)
        self.assertEqual(loaded[LIB + "/watch/libxenbatch.so.0"], 1)
        self.assertEqual(loaded[LIB + "/watch/libxengnttab.so.1"], 1)
        # dlsym alone is no call
        self.assertEqual(r["calls"]["functions"], [
            {"name": "xc_error_code_to_desc", "group": "error",
             "library": "libxenctrl", "calls": 2}])
        self.assertEqual(numbers(r["calls"]["groups"]), {"error": 2})


class Counts(unittest.TestCase):
    here = HERE

    def setUp(self):
        self.client = os.path.join(self.here, "client")
        self.env = environment(LD_LIBRARY_PATH=self.here)

    def counted(self, *args):
        return counted(*args, env=self.env)

    def test_pointer(self):
        r, p = self.counted(self.client, "pointer", "nothing", "pointer")
        self.assertEqual(r["calls"]["total"], 3)

    def test_threads(self):
        r, p = self.counted(self.client, "threads")
        self.assertEqual(numbers(r["calls"]["functions"]),
                         {"fake_nothing": 400000})
        self.assertEqual(numbers(r["calls"]["groups"]), {"libxencall": 400000})
        self.assertEqual(r["calls"]["total"], 400000)
        self.assertEqual(r["processes"], 1)
        self.assertEqual(r["not_counted"], 0)

    def test_arguments_and_results(self):
        r, p = self.counted(self.client, "arguments", "arguments")
        self.assertEqual(p.stdout, "36.75 28\n" * 2)
        self.assertEqual(numbers(r["calls"]["functions"]),
                         {"fake_sum": 2, "fake_vsum": 2})

    def test_processes(self):
        r, p = self.counted("sh", "-c", "%s forks; %s execs; exit 5" %
                       (self.client, self.client))
        self.assertEqual(p.returncode, 5)
        self.assertEqual(p.stdout, "36.75 28\n")
        # three children, then before and behind exec
        self.assertEqual(numbers(r["calls"]["functions"]),
                         {"fake_nothing": 5, "fake_sum": 1, "fake_vsum": 1})
        # sh, the client, the client twice
        self.assertEqual(r["processes"], 4)
        self.assertEqual(numbers(r["loaded"], "processes"),
                         {self.here + "/libxencall.so.1": 3})

    def test_killed(self):
        r, p = self.counted(self.client, "nothing", "killed")
        self.assertEqual(p.returncode, -signal.SIGKILL)
        self.assertEqual(r["signal"], signal.SIGKILL)
        self.assertNotIn("status", r)
        self.assertEqual(r["calls"]["total"], 2)

    def test_status_is_in_the_report(self):
        r, p = self.counted(self.client, "seven")
        self.assertEqual((r["status"], r["command"]), (7, [self.client, "seven"]))

    def test_hypercalls(self):
        r, p = self.counted(self.client, "hypercalls")
        h = r["hypercalls"]
        self.assertEqual(numbers(h["names"], "stock"), {
            "domctl.getvcpuinfo": 2, "xen_version.version": 1,
            "memory_op.current_reservation": 1, "xen_version.pagesize": 1,
            # 14 is no operation of sysctl's; and one that cannot be read
            "sysctl.page_offline_op": 1, "sysctl": 1})
        self.assertEqual({k: v for k, v in
                          numbers(h["names"], "failed").items() if v},
                         {"xen_version.pagesize": 1, "sysctl": 1,
                          "sysctl.page_offline_op": 1})
        self.assertEqual(h["stock"], {"hypercalls": 7, "system_calls": 6})
        self.assertEqual(h["fast"], {"hypercalls": 0, "system_calls": 0,
                                     "operations": 0})
        self.assertEqual(numbers(r["system_calls"]["names"]), {"ioctl": 6})
        self.assertEqual(numbers(r["system_calls"]["requests"], "failed"),
                         {"privcmd.hypercall": 2})

    def test_sequence(self):
        def sequence(*args):
            return self.counted(self.client, *args)[0]["hypercalls"]["sequence"]
        orders = [sequence(*words) for words in (
            [], ["hypercalls"], ["hypercalls", "hypercalls"],
            ["hypercalls", "batch"], ["batch", "hypercalls"])]
        self.assertEqual(len(set(orders)), len(orders))
        self.assertEqual(orders[3], sequence("hypercalls", "batch"))

    def test_mappings(self):
        r, p = self.counted(self.client, "mappings")
        self.assertEqual(r["mappings"]["stock"],
                         {"mapped_pages": 8 + 3, "unmapped_pages": 8 + 2})
        self.assertEqual(numbers(r["system_calls"]["names"]),
                         {"ioctl": 3, "mmap": 2, "munmap": 2})
        self.assertEqual(
            numbers(r["system_calls"]["requests"], "failed"),
            {"privcmd.mmapbatch_v2": 1, "gntdev.map_grant_ref": 0,
             "gntdev.unmap_grant_ref": 0})

    def test_batch(self):
        r, p = self.counted(self.client, "batch")
        h = r["hypercalls"]
        self.assertEqual(numbers(h["names"], "fast"), {"sysctl.physinfo": 2})
        self.assertEqual(h["fast"], {"hypercalls": 2, "system_calls": 3,
                                     "operations": 6})
        self.assertEqual(numbers(r["operations"]), {
            "hypercall": 2, "foreign_map": 1, "foreign_unmap": 1,
            "grant_map": 1, "operation_200": 1})
        self.assertEqual(r["mappings"]["fast"],
                         {"mapped_pages": 105, "unmapped_pages": 60})
        self.assertEqual(numbers(r["system_calls"]["names"]),
                         {"ioctl": 3, "mmap": 1, "close": 1})
        # the SUBMIT on a descriptor that was closed
        self.assertEqual(r["not_counted"], 1)

    def test_text(self):
        p = run("--stock", "--stats", self.client, "hypercalls", "batch",
                env=self.env)
        self.assertEqual(p.returncode, 0)
        for line in ("stock     7 hypercalls, by 6 system calls",
                     "fast      2 hypercalls among 6 operations, by 3 system",
                     "libxencall      2\n", "domctl.getvcpuinfo "):
            self.assertIn(line, p.stderr)


class CountsWithoutPlt(Counts):
    """What is built with -fno-plt binds without asking the auditor."""
    here = os.path.join(HERE, "noplt")


if __name__ == "__main__":
    unittest.main(verbosity=2)
