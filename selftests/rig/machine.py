# SPDX-License-Identifier: GPL-2.0-or-later
"""One emulator: started, listened to on both of its serial ports, ended.

The first port is Xen's console with dom0's mixed into it; the second belongs
to the guest's agent alone. Everything from both goes to the log with the time
since the start.
"""

import ctypes
import fcntl
import os
import selectors
import signal
import socket
import subprocess
import time
import zlib

import check


# What the console shows when a stage of the boot begins.
STAGES = (("(XEN) Xen version", "Xen starts"),
          ("Building a PV", "Xen builds dom0"),
          ("about to get started", "dom0's kernel starts"),
          ("PCI add device", "dom0's kernel finds its devices"))


class Hang(Exception):
    pass


def lock(build, wait):
    """Hold build/rig for this process: one emulator at a time, since two on
    two processors would both time out. wait() is called if one must."""
    f = open(os.path.join(build, "rig", "emulator.lock"), "w")
    try:
        fcntl.flock(f, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        wait()
        fcntl.flock(f, fcntl.LOCK_EX)
    return f


def die_with_parent():
    """PR_SET_PDEATHSIG: no emulator outlives the rig, however that ends."""
    ctypes.CDLL(None).prctl(1, signal.SIGKILL)


class Machine:
    def __init__(self, scenario, xen, kernel, initrd, log,
                 interactive=False):
        ours, theirs = socket.socketpair()
        args = scenario.qemu_args() + scenario.boot_args(
            xen, kernel, initrd) + [
            # signal=off: in a shell, Ctrl-C belongs to the guest
            "-chardev", "stdio,id=console,signal=%s" % (
                "off" if interactive else "on"),
            "-serial", "chardev:console",
            "-chardev", "socket,id=report,fd=%d" % theirs.fileno(),
            *scenario.report]
        self.start = time.monotonic()
        self.log = open(log, "wb")
        self.log.write((" ".join(args) + "\n").encode())
        self.interactive = interactive
        self.process = subprocess.Popen(
            args, pass_fds=[theirs.fileno()], preexec_fn=die_with_parent,
            stdin=None if interactive else subprocess.DEVNULL,
            stdout=None if interactive else subprocess.PIPE,
            stderr=None if interactive else subprocess.STDOUT)
        theirs.close()
        self.report = ours
        self.buffer = {"con": b"", "rep": b""}
        self.stage = "the emulator starts"
        self.fatal = None
        self.selector = selectors.DefaultSelector()
        self.selector.register(ours, selectors.EVENT_READ, "rep")
        if not interactive:
            self.selector.register(self.process.stdout,
                                   selectors.EVENT_READ, "con")
        self.open = set(self.buffer) if not interactive else {"rep"}

    def seconds(self):
        return time.monotonic() - self.start

    def note(self, source, line):
        self.log.write(b"[%7.2f] %s %s\n" % (self.seconds(), source.encode(),
                                             line.rstrip(b"\r")))

    def _read(self, seconds):
        """Take in what comes within `seconds`; False when all is closed."""
        for key, _ in self.selector.select(seconds):
            data = os.read(key.fileobj.fileno(), 65536)
            if not data:
                self.selector.unregister(key.fileobj)
                self.open.discard(key.data)
                continue
            self.buffer[key.data] += data
            if key.data == "con":
                self._console()
        return bool(self.open)

    def _console(self):
        *lines, self.buffer["con"] = self.buffer["con"].split(b"\n")
        for line in lines:
            self.note("con", line)
            text = line.decode(errors="replace").strip()
            for sign, stage in STAGES:
                if sign in text:
                    self.stage = stage
            if check.FATAL.search(text) and not self.fatal:
                self.fatal = text

    def _wait(self, have, deadline, what, tick):
        """Read until have() or the deadline."""
        while not have():
            now = time.monotonic()
            if self.fatal:
                # let the rest of the last words arrive
                end = now + 3
                while time.monotonic() < end and self._read(0.2):
                    pass
                raise Hang("dom0 or Xen died: " + self.fatal)
            if now > deadline:
                raise Hang("no end in sight: %s" % what)
            if not self._read(min(0.25, max(0.01, deadline - now))):
                raise Hang("the emulator ended: %s" % what)
            if tick:
                tick()

    def line(self, deadline, what, tick=None):
        """The report's next line, without its end."""
        self._wait(lambda: b"\n" in self.buffer["rep"], deadline, what, tick)
        line, self.buffer["rep"] = self.buffer["rep"].split(b"\n", 1)
        self.note("rep", line)
        return line.decode(errors="replace").rstrip("\r")

    def bytes(self, n, deadline, what):
        """What the report's next n bytes are the gzip form of."""
        self._wait(lambda: len(self.buffer["rep"]) >= n, deadline, what, None)
        data = self.buffer["rep"][:n]
        self.buffer["rep"] = self.buffer["rep"][n:]
        data = zlib.decompress(data, 31)
        for l in data.split(b"\n"):
            self.note("dat", l)
        return data

    def wait_for_end(self):
        """Keep the report in the log while a person works at the console."""
        while self._read(None):
            *lines, self.buffer["rep"] = self.buffer["rep"].split(b"\n")
            for line in lines:
                self.note("rep", line)
        self.process.wait()

    def kill(self):
        """End the emulator whatever it is doing."""
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        while self.open and self._read(0):
            pass
        for source, rest in self.buffer.items():
            if rest:
                self.note(source, rest)
        self.log.close()
        self.report.close()
