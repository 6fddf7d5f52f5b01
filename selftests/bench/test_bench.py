#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Proves that a benchmark that got worse, or went wrong, is not passed."""

import os
import sys
import unittest

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

import bench                                            # noqa: E402

HERE = os.path.dirname(os.path.abspath(__file__))
TARGET = {"name": "a", "n": 8, "min_ratio": 2.0, "max_over_floor": 1.15,
          "max_syscalls": 4}


def row(**changes):
    r = {"name": "a", "n": 8, "xpti": True, "stock": 220.0, "xenbatch": 110.0,
         "floor": 100.0, "same": True, "syscalls": {"stock": 8, "xenbatch": 4}}
    r.update(changes)
    return r


def judge(r, cost=110, recorded=2.0, **kw):
    return list(bench.judge([r], [TARGET], [
        {"name": "a", "n": 8, "xpti": True, "xenbatch": cost,
         "ratio": recorded}], **kw))


class Judge(unittest.TestCase):
    def test_good(self):
        self.assertEqual(judge(row()), [])

    def test_answers_differ(self):
        self.assertEqual(len(judge(row(same=False))), 1)
        self.assertEqual(len(judge(row(same=None))), 1)

    def test_below_figure(self):
        self.assertEqual(len(judge(row(stock=219.0))), 1)

    def test_above_floor(self):
        self.assertEqual(len(judge(row(floor=95.0))), 1)
        self.assertEqual(len(judge(row(floor=None))), 1)

    def test_too_many_syscalls(self):
        calls = {"stock": 8, "xenbatch": 5}
        self.assertEqual(len(judge(row(syscalls=calls))), 1)
        calls = {"stock": 8, "xenbatch": None}
        self.assertEqual(len(judge(row(syscalls=calls))), 1)

    def test_worse_than_recorded(self):
        self.assertEqual(judge(row(), cost=105, recorded=2.1), [])
        self.assertEqual(len(judge(row(), cost=104, recorded=2.1)), 1)

    def test_stock_moves(self):
        self.assertEqual(judge(row(), cost=110, recorded=3.0), [])

    def test_all_costs_more(self):
        self.assertEqual(judge(row(), cost=50, recorded=2.0), [])

    def test_missing_rows(self):
        other = row(name="b")
        self.assertEqual(len(judge(other)), 2)
        self.assertEqual(judge(other, partial=True), [])

    def test_goal_is_said_and_does_not_fail(self):
        goal = {"name": row()["name"], "n": row()["n"], "goal_ratio": 3.0}
        self.assertEqual(len(list(bench.goals([row()], [goal]))), 1)
        self.assertEqual(list(bench.judge([row()], [goal], [])), [])
        goal["goal_ratio"] = 1.5
        self.assertEqual(list(bench.goals([row()], [goal])), [])

    def test_no_xpti_has_no_target(self):
        found = list(bench.judge([row(xpti=False, stock=111.0)], [], []))
        self.assertEqual(found, [])


class Files(unittest.TestCase):
    """The figures of the issue are the ones that are held."""

    def test_targets(self):
        targets = {(t["name"], t["n"]): t for t in bench.load(
            os.path.join(HERE, "targets.json"))}
        self.assertEqual(len(targets), len(bench.load(
            os.path.join(HERE, "targets.json"))))
        known = {"name", "n", "min_ratio", "goal_ratio", "max_over_floor",
                 "max_syscalls"}
        for t in targets.values():
            self.assertLessEqual(set(t), known)
        sweep = targets["sweep.64x2", 64]
        self.assertEqual((sweep["min_ratio"], sweep["max_syscalls"]), (5, 4))

    def test_programs(self):
        listed = bench.programs(os.path.join(HERE, "programs.txt"), [])
        rows = [(name, n) for _, name, n, _ in listed]
        self.assertEqual(len(set(rows)), len(rows))
        for place, name, _, command in listed:
            self.assertIn(place, bench.PLACES)
            self.assertTrue(name.startswith(bench.PROGRAMS))
            self.assertTrue(command)
        wanted = [(t["name"], t["n"]) for t in bench.load(
            os.path.join(HERE, "targets.json"))
            if t["name"].startswith(bench.PROGRAMS)]
        self.assertLessEqual(set(wanted), set(rows))
        # all but the one that says how far the others can be wrong
        self.assertEqual(set(rows) - set(wanted), {
            ("run.control", 1)})

    def test_latencies(self):
        times = {"count": 3, "p50": 5, "p90": 6, "p99": 7, "max": 8}
        lines = list(bench.latencies([row(), row(latency_ns={
            "stock": times, "xenbatch": times})]))
        self.assertEqual(len(lines), 2)
        self.assertIn("p99 7, max 8", lines[1])


if __name__ == "__main__":
    unittest.main()
