# SPDX-License-Identifier: GPL-2.0-or-later
"""Reads what a kselftest program prints: TAP, as kselftest_harness.h writes
it, and nested in `# ` when the kernel's runner stands between."""

import re

LINE = re.compile(r"^(not ok|ok)\b\s*(\d+)?\s*-?\s*(.*)$")
PLAN = re.compile(r"^1\.\.(\d+)")


class Tap:
    """Counts of one program's run. Feed it lines, then ask verdict()."""

    def __init__(self):
        self.planned = None
        self.passed = self.failed = self.skipped = 0
        self.notes = []             # comments since the last result
        self.trouble = []           # failed results with their comments

    def line(self, text):
        text = text.rstrip("\r\n")
        plan = PLAN.match(text)
        if plan:
            self.planned = int(plan.group(1))
            return
        m = LINE.match(text)
        if not m:
            if text.startswith("#"):
                self.notes.append(text)
            elif text:
                self.notes.append("  " + text)
            return
        if m.group(1) == "not ok":
            self.failed += 1
            self.trouble += self.notes[-12:] + [text]
        elif re.search(r"#\s*SKIP", m.group(3), re.I):
            self.skipped += 1
        else:
            self.passed += 1
        self.notes = []

    def verdict(self, code, limit):
        """(ok, one line of words). `code` is the program's exit status, None
        if that did not come."""
        words = ["%d passed" % self.passed]
        if self.failed:
            words.append("%d failed" % self.failed)
        if self.skipped:
            words.append("%d skipped" % self.skipped)
        ran = self.passed + self.failed + self.skipped
        ok = not self.failed
        if code is None:
            words.append("how it ended was not told")
            ok = False
        elif code == 137:
            words.append("killed after %d s" % limit)
            ok = False
        elif code == 4:
            if not self.skipped:
                words = ["skipped"]
        elif code > 128:
            words.append("died of signal %d" % (code - 128))
            ok = False
        elif code:
            words.append("exit status %d" % code)
            ok = False
        if self.planned is not None and ran != self.planned:
            words.append("%d planned" % self.planned)
            ok = ok and code == 4
        if not ran and code != 4:
            words.append("it tested nothing")
            ok = False
        if not ok:
            self.trouble += self.notes[-12:]
        return ok, ", ".join(words)
