# SPDX-License-Identifier: GPL-2.0-or-later
"""What counts as a complaint, and what as a leak.

A test that passes while the kernel warns or a grant stays mapped has not
passed. The patterns are wide on purpose; what a clean run prints all the same
stands in allow/kernel.txt and allow/xen.txt, each with its reason.
"""

import os
import re

KERNEL = re.compile(
    r"WARNING|\bBUG\b|Oops|KASAN|UBSAN|KFENCE|lockdep|possible|Call Trace|"
    r"INFO: task|INFO: rcu|\bstall|soft lockup|hung|refcount_t|leaked|"
    r"general protection|page fault|unable to handle|bad page|Bad page|"
    r"use-after-free|out of bounds|scheduling while atomic|"
    r"sleeping function|m2p|p2m|Xen: .*fail|xenbatch.*(error|fail)|panic")

XEN = re.compile(
    r"\(XEN\) .*(d\d+v\d+|\bd0\b|dom0|Dom0|WARN|BUG|ASSERT|Assertion|"
    r"[Pp]anic|\bmm\.c|grant_table\.c|event_channel\.c|traps\.c|common\.c|"
    r"[Ee]rror|[Ff]ail|[Bb]ad |[Ii]nvalid|leak|stuck|Xen call trace)")

# The machine is gone when the console shows one of these.
FATAL = re.compile(r"Panic on CPU|Kernel panic - not syncing|"
                   r"Hardware Dom0 (crashed|shutdown|halted)|"
                   r"\(XEN\) Domain 0 (crashed|shutdown|halted)|"
                   r"Attempted to kill init|Reboot in five seconds")


def allow_list(path):
    """The regular expressions of an allow-list, as one."""
    with open(path) as f:
        rows = [l.rstrip("\n") for l in f]
    rows = [l for l in rows if l.strip() and not l.startswith("#")]
    return re.compile("|".join("(?:%s)" % r for r in rows) or r"(?!)")


class Checker:
    """Finds complaints in logs, and leaks between two readings of tables."""

    def __init__(self, rig):
        self.kernel_ok = allow_list(os.path.join(rig, "allow/kernel.txt"))
        self.xen_ok = allow_list(os.path.join(rig, "allow/xen.txt"))
        self.used = None

    def kernel(self, text):
        return ["kernel: " + l for l in text.splitlines()
                if KERNEL.search(l) and not self.kernel_ok.search(l)]

    def xen(self, text):
        return ["xen: " + l for l in text.splitlines()
                if XEN.search(l) and not self.xen_ok.search(l)]

    def tables(self, text, settled=True):
        """Compare with the reading before; `settled` is False where a change
        is expected (boot, the module's coming and going)."""
        before, self.used = self.used, in_use(text)
        found = []
        if not self.used["complete"]:
            found.append("xen: the debug keys' output is incomplete")
        if before is None or not settled:
            return found
        for what in ("grants", "ports", "domains"):
            more = self.used[what] - before[what]
            if more:
                found.append("leak: %d %s in use more than before: %s" % (
                    len(more), what, "; ".join(sorted(more)[:6])))
        return found


GRANT = re.compile(r"\[0x([0-9a-f]+)\]\s+(\d+) 0x([0-9a-f]+) 0x([0-9a-f]+)")
TABLE = re.compile(r"grant-table for remote d(\d+)")
PORT = re.compile(r"^\s+(\d+) \[\d/\d/[^\]]*\]: s=(\d+)( n=\d+)?(.*)$")
PORTS_OF = re.compile(r"Event channel information for domain (\d+)")


def in_use(text):
    """What the debug keys g and e and the oracle's own lines show in use."""
    grants, ports, domains = set(), set(), set()
    owner = table = None
    complete = "gnttab_usage_print_all ] done" in text
    for line in text.splitlines():
        line = re.sub(r"^\(XEN\) ", "", line)
        m = TABLE.search(line)
        if m:
            table = m.group(1)
            continue
        m = PORTS_OF.search(line)
        if m:
            owner = m.group(1)
            continue
        m = GRANT.match(line)
        if m and table is not None:
            grants.add("d%s ref 0x%s for d%s pin 0x%s"
                       % (table, m.group(1), m.group(2), m.group(4)))
            continue
        m = PORT.match(line)
        if m and owner is not None:
            # n= is the vcpu it is bound to, which the kernel moves about
            ports.add("d%s port %s s=%s%s" % (owner, m.group(1), m.group(2),
                                              m.group(4)))
            continue
        if line.startswith("domain "):
            domains.add(line)
    return {"grants": grants, "ports": ports, "domains": domains,
            "complete": complete and bool(domains) and owner is not None}
