#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Promise: the Python package gives the hypervisor's answers, each buffer its
own; holds what it must and lets go of it; and nothing that a program does to it
ends in anything but an exception. Over the simulated hypervisor."""

import array
import ctypes
import errno
import gc
import os
import signal
import struct
import sys
import threading
import time
import unittest

import xenbatch
from xenbatch import _xenbatch

FAKE = ctypes.CDLL(_xenbatch.__file__)
FAKE.test_cpu_time.restype = ctypes.c_uint64
FAKE.test_submits.restype = ctypes.c_uint64
FAKE.test_page.restype = ctypes.c_void_p
FAKE.test_page.argtypes = [ctypes.c_uint, ctypes.c_uint64]
FAKE.test_fill.argtypes = [ctypes.c_uint, ctypes.c_uint64, ctypes.c_char_p]
FAKE.test_fail_at.argtypes = [ctypes.c_uint64, ctypes.c_int]
GUEST = 7
GETVCPUINFO = _xenbatch.XEN_DOMCTL_getvcpuinfo
DOMCTL = _xenbatch.HYPERVISOR_domctl
VERSION = _xenbatch.HYPERVISOR_xen_version


def pattern(gfn):
    return bytes((gfn * 31 + i * 7 + (i >> 8)) & 255 for i in range(4096))


class Case(unittest.TestCase):
    def setUp(self):
        FAKE.test_reset()
        self.xb = xenbatch.open()
        FAKE.test_add_domain(GUEST, 3)

    def tearDown(self):
        self.xb.close()

    def assertErrno(self, err, fn, *args, **kwargs):
        with self.assertRaises(OSError) as raised:
            fn(*args, **kwargs)
        self.assertEqual(raised.exception.errno, err)

    def vcpu(self, batch, domid, vcpu):
        return batch.vcpu_getinfo(domid, vcpu, affinity=False)


class Answers(Case):
    def test_backend(self):
        self.assertEqual(self.xb.backend, os.environ["XENBATCH_BACKEND"])
        self.assertTrue(self.xb.why)
        self.assertGreater(self.xb.limits()["ops_max"], 0)
        self.assertEqual(self.xb.xen_version(), (4, 17))

    def test_domains(self):
        domains = self.xb.domain_getinfo()
        self.assertEqual([d["domid"] for d in domains], [0, GUEST])
        self.assertEqual([d["max_vcpu_id"] for d in domains], [1, 2])
        self.assertEqual([d["domid"] for d in self.xb.domain_getinfo(1, 5)],
                         [GUEST])
        self.assertEqual(len(self.xb.domain_getinfo(0, 1)), 1)
        self.assertEqual(self.xb.domain_getinfo(0, 0), [])
        self.assertErrno(errno.ESRCH, self.xb.domain_getinfo, GUEST + 1)

    def test_batch_has_each_its_own(self):
        with self.xb.batch() as b:
            calls = [self.vcpu(b, GUEST, v) for v in (2, 0, 9, 1)]
            gone = self.vcpu(b, 99, 0)
            self.assertRaises(RuntimeError, lambda: calls[0].value)
            self.assertRaises(RuntimeError, lambda: calls[0].err)
        self.assertEqual([c.err for c in calls], [0, 0, errno.ESRCH, 0])
        self.assertEqual([calls[i].value["cpu_time"] for i in (0, 1, 3)],
                         [FAKE.test_cpu_time(GUEST, v) for v in (2, 0, 1)])
        self.assertErrno(errno.ESRCH, lambda: gone.value)
        self.assertErrno(errno.ESRCH, self.xb.vcpu_getinfo, 99, 0,
                         affinity=False)

    def test_one_submit(self):
        self.xb.xen_version()
        before = FAKE.test_submits()
        with self.xb.batch() as b:
            for _ in range(200):
                b.xen_version()
        if self.xb.backend != "stock":
            self.assertEqual(FAKE.test_submits() - before, 1)
        self.assertEqual(b.result(199), (4 << 16 | 17, 0))
        self.assertRaises(IndexError, b.result, 200)

    def test_sweep(self):
        FAKE.test_add_domain(9, 1)
        before = FAKE.test_submits()
        sweep = self.xb.sweep()
        if self.xb.backend != "stock":
            self.assertEqual(FAKE.test_submits() - before, 2)
        self.assertEqual(
            [(d["domid"], [v["cpu_time"] for v in vs]) for d, vs in sweep],
            [(d, [FAKE.test_cpu_time(d, v) for v in range(n)])
             for d, n in ((0, 2), (GUEST, 3), (9, 1))])
        for n in (1, 2, 3, 4):
            self.assertEqual([d["domid"] for d in self.xb._all_domains(n)],
                             [0, GUEST, 9])
        # one that is gone between the two
        domains = self.xb.domain_getinfo()
        domains.insert(1, dict(domains[1], domid=5))
        self.xb._all_domains = lambda: domains
        self.xb._is_there = lambda domid: domid != 5
        self.assertEqual([d["domid"] for d, _ in self.xb.sweep()],
                         [0, GUEST, 9])

    def test_more_than_there_is_room_for(self):
        self.xb.close()
        FAKE.test_ops_max(64)
        with xenbatch.open() as xb, xb.batch() as b:
            calls = [self.vcpu(b, GUEST if i % 7 else 99, i % 3)
                     for i in range(300)]
        self.assertEqual([c.err for c in calls],
                         [0 if i % 7 else errno.ESRCH for i in range(300)])
        self.assertEqual([c.value["cpu_time"] for c in calls if not c.err],
                         [FAKE.test_cpu_time(GUEST, i % 3)
                          for i in range(300) if i % 7])

    def test_arena_is_full(self):
        b = self.xb.batch()
        b.queue(VERSION, (1, bytearray(1 << 29)))
        self.assertErrno(errno.ENOMEM, b.commit)
        self.xb.xen_version()


class Raw(Case):
    def test_domctl_by_hand(self):
        payload = bytearray(struct.pack("<I20x", 1))
        self.assertEqual(self.xb.domctl(GETVCPUINFO, GUEST, payload), 0)
        self.assertEqual(struct.unpack_from("<Q", payload, 8)[0],
                         FAKE.test_cpu_time(GUEST, 1))
        before = bytes(payload)
        self.assertErrno(errno.ESRCH, self.xb.domctl, GETVCPUINFO, 99, payload)
        self.assertEqual(bytes(payload), before)

    def test_buffers_in_place(self):
        text = array.array("B", bytes(16))
        self.xb.hypercall(VERSION, 1, text)
        self.assertEqual(bytes(text).split(b"\0")[0], b".7-fake")
        text = bytearray(b"x" * 48)
        self.xb.hypercall(VERSION, 1, memoryview(text)[16:32])
        self.assertEqual(text[16:23], b".7-fake")
        self.assertEqual(text[:16] + text[32:], b"x" * 32)
        constant = bytes(16)
        self.xb.hypercall(VERSION, 1, constant)
        self.assertEqual(constant, bytes(16))

    def test_pointers_stay_what_they_were(self):
        size = _xenbatch.layouts["xen_domctl_getdomaininfo"][""][1]
        raw = bytearray(4 * size)
        ask = bytearray(struct.pack("<HHIQII", 0, 0, 4, 0x1122334455667788,
                                    0, 0)[:24])
        place = _xenbatch.layouts["xen_sysctl_getdomaininfolist"]
        at = place["buffer"][0]
        was = bytes(ask[at:at + 8])
        struct.pack_into("<I", ask, place["max_domains"][0], 4)
        self.xb.sysctl(_xenbatch.XEN_SYSCTL_getdomaininfolist, ask, {at: raw})
        self.assertEqual(bytes(ask[at:at + 8]), was)
        self.assertEqual(struct.unpack_from(
            "<I", ask, place["num_domains"][0])[0], 2)
        self.assertEqual(struct.unpack_from("<H", raw, size)[0], GUEST)
        # without the pointer Xen has an address that is none
        self.assertErrno(errno.EFAULT, self.xb.sysctl,
                         _xenbatch.XEN_SYSCTL_getdomaininfolist, ask)


class Holding(Case):
    def test_until_the_commit(self):
        text = bytearray(16)
        b = self.xb.batch()
        b.hypercall(VERSION, 1, text)
        self.assertRaises(BufferError, text.extend, b"more")
        b.commit()
        text.extend(b"more")

    def test_cancelled_dropped_or_refused(self):
        text = bytearray(16)
        b = self.xb.batch()
        b.hypercall(VERSION, 1, text)
        b.cancel()
        text.extend(b"1")
        b = self.xb.batch()
        b.hypercall(VERSION, 1, text)
        del b
        gc.collect()
        text.extend(b"2")
        b = self.xb.batch()
        self.assertRaises(TypeError, b.hypercall, VERSION, 1, text, 1.5)
        text.extend(b"3")
        self.assertRaises(ValueError, b.domctl, 1, 0, text, {99: text})
        text.extend(b"4")
        self.assertEqual(len(b), 0)
        with self.assertRaises(KeyError), self.xb.batch() as b:
            b.hypercall(VERSION, 1, text)
            raise KeyError
        text.extend(b"5")

    def test_references(self):
        text = bytearray(16)

        def work():
            with self.xb.batch() as b:
                b.hypercall(VERSION, 1, text)
                self.vcpu(b, GUEST, 0)
            b.result(0)
            try:
                self.xb.batch().queue(VERSION, (text, object()))
            except TypeError:
                pass
            self.xb.read_guest(GUEST, [(0, 0, text), (1 << 40, 0, text)])
            self.xb.limits()
            xenbatch.open().close()
        seen = (text, self.xb, type(self.xb), _xenbatch.Batch,
                _xenbatch.Handle, None, 7, True)
        for _ in range(3):
            work()
        gc.collect()
        before = [sys.getrefcount(o) for o in seen]
        blocks = len(gc.get_objects())
        for _ in range(200):
            work()
        gc.collect()
        for o, n in zip(seen, before):
            self.assertLess(abs(sys.getrefcount(o) - n), 50, repr(o))
        self.assertLess(len(gc.get_objects()) - blocks, 50)


class Guests(Case):
    def setUp(self):
        super().setUp()
        for gfn in range(64):
            FAKE.test_fill(GUEST, gfn, pattern(gfn))

    def test_scatter(self):
        whole = bytearray(64 * 8)
        view = memoryview(whole)
        self.assertEqual(self.xb.read_guest(GUEST, (
            (gfn, gfn * 8, view[gfn * 8:gfn * 8 + 8])
            for gfn in range(64))), {})
        self.assertEqual(bytes(whole), b"".join(
            pattern(g)[g * 8:g * 8 + 8] for g in range(64)))
        words = array.array("Q", [0] * 700)
        self.assertEqual(self.xb.read_guest(GUEST, [(3, 4000, words)]), {})
        self.assertEqual(bytes(words), (pattern(3) + pattern(4) + pattern(5))[
            4000:9600])
        self.assertEqual(FAKE.test_mapped(GUEST), 0)

    def test_some_fail(self):
        a, b = bytearray(4), bytearray(4)
        self.assertEqual(self.xb.read_guest(GUEST, [
            (1, 0, a), (1 << 40, 0, bytearray(4)), (2, 9, b),
            (0xfffff, 0, bytearray(1))]),
            {1: errno.EINVAL, 3: errno.ENOENT})
        self.assertEqual((a, b), (pattern(1)[:4], pattern(2)[9:13]))
        self.assertEqual(self.xb.read_guest(99, [(1, 0, a)]),
                         {0: errno.ESRCH})
        self.assertEqual(self.xb.read_guest(GUEST, []), {})

    def test_write(self):
        self.assertEqual(self.xb.write_guest(GUEST, [(5, 100, b"hello")]), {})
        page = ctypes.string_at(FAKE.test_page(GUEST, 5), 4096)
        want = pattern(5)
        self.assertEqual(page, want[:100] + b"hello" + want[105:])

    def test_refused(self):
        ok = bytearray(8)
        for error, pieces in (
                (TypeError, 5), (TypeError, [5]), (TypeError, [(1, 2)]),
                (TypeError, [("x", 0, ok)]), (TypeError, [(1, 0, 5)]),
                (TypeError, [(1, 0, None)]), (TypeError, [(1, 0, "text")]),
                (ValueError, [(-1, 0, ok)]), (ValueError, [(1, 4096, ok)]),
                (ValueError, [(1, -1, ok)]), (ValueError, [(1 << 64, 0, ok)]),
                (ValueError, [(1, 0, b"constant")]),
                (ValueError, [(1, 0, memoryview(bytearray(8))[::2])])):
            with self.subTest(pieces=pieces):
                self.assertRaises(error, self.xb.read_guest, GUEST, pieces)
        self.assertRaises(ValueError, self.xb.read_guest, 65536, [])
        ok.extend(b"none of them holds it")


class Events(Case):
    def pair(self):
        a = self.xb.evtchn_bind_unbound(0)
        b = self.xb.evtchn_bind_interdomain(0, a)
        self.assertEqual({p for p, _ in self.xb.evtchn_wait(1)} | {b}, {b})
        self.xb.evtchn_ack(b)
        return a, b

    def test_to_and_fro(self):
        a, b = self.pair()
        for i in range(20):
            self.xb.evtchn_notify((a, b)[i % 2])
            other = (b, a)[i % 2]
            self.assertEqual(self.xb.evtchn_wait(5), [(other, False)])
            self.xb.evtchn_ack(other)
        self.assertEqual(self.xb.evtchn_take(), [])
        self.assertEqual(self.xb.evtchn_wait(0), [])
        self.assertEqual(self.xb.evtchn_wait(timeout=0.02), [])

    def test_queued(self):
        a, b = self.pair()
        with self.xb.batch() as batch:
            batch.evtchn_notify(a)
            batch.evtchn_notify(4000)
        self.assertEqual(batch.result(0)[1], 0)
        self.assertNotEqual(batch.result(1)[1], 0)
        self.assertEqual(self.xb.evtchn_wait(5), [(b, False)])
        with self.xb.batch() as batch:
            batch.evtchn_ack(b)
            batch.evtchn_notify(a)
        self.assertEqual(self.xb.evtchn_wait(5), [(b, False)])

    def test_others_run_while_one_waits(self):
        a, b = self.pair()
        got = []
        t = threading.Thread(target=lambda: got.extend(self.xb.evtchn_wait(30)))
        t.start()
        for _ in range(5):
            time.sleep(0.01)
            self.xb.xen_version()
        self.assertEqual(got, [])
        self.xb.evtchn_notify(a)
        t.join(30)
        self.assertEqual(got, [(b, False)])

    def test_close_while_one_waits(self):
        a, _ = self.pair()
        errors = []

        def wait():
            try:
                self.xb.evtchn_wait(0.3)
            except BaseException as e:
                errors.append(e)
        t = threading.Thread(target=wait)
        t.start()
        time.sleep(0.05)
        self.xb.close()
        self.assertRaises(ValueError, self.xb.evtchn_notify, a)
        t.join(30)
        self.assertEqual(errors, [])

    def test_signal(self):
        self.pair()

        def handler(*_):
            raise KeyboardInterrupt
        old = signal.signal(signal.SIGALRM, handler)
        signal.setitimer(signal.ITIMER_REAL, 0.05)
        try:
            self.assertRaises(KeyboardInterrupt, self.xb.evtchn_wait, 30)
        finally:
            signal.signal(signal.SIGALRM, old)

    def test_refused(self):
        self.assertErrno(errno.EINVAL, self.xb.evtchn_take)
        self.pair()
        for bad in (-1, float("nan")):
            self.assertRaises(ValueError, self.xb.evtchn_wait, bad)
        self.assertRaises(TypeError, self.xb.evtchn_wait, "soon")
        self.assertRaises(ValueError, self.xb.evtchn_take, 0)
        self.assertRaises(ValueError, self.xb.evtchn_take, 1 << 40)
        self.assertRaises(TypeError, self.xb.evtchn_notify, "a")
        self.assertRaises(ValueError, self.xb.evtchn_notify, 1 << 32)
        self.assertErrno(errno.ENOTCONN, self.xb.evtchn_unbind, 4000)


class Hostile(Case):
    def test_arguments(self):
        b = self.xb.batch()
        for error, args, block in (
                (TypeError, [1], {}), (TypeError, (1.5,), {}),
                (TypeError, ("text",), {}), (ValueError, (-1,), {}),
                (ValueError, (1 << 64,), {}), (ValueError, (0,) * 6, {}),
                (ValueError, (0,) * 5, {"payload": b"x"}),
                (ValueError, (), {"head": b"x" * 17}),
                (ValueError, (), {"head": b"1234", "payload": b"5", "size": 4}),
                (ValueError, (), {"size": -1}),
                (ValueError, (), {"size": 1 << 40}),
                (TypeError, (), {"payload": 5}),
                (TypeError, (), {"payload": b"12345678", "pointers": [1]}),
                (TypeError, (), {"payload": b"12345678", "pointers": {0: 1}}),
                (ValueError, (), {"payload": b"12345678",
                                  "pointers": {1: b""}}),
                (ValueError, (), {"payload": b"12345678",
                                  "pointers": {-1: b""}}),
                (TypeError, (), {"payload": b"12345678",
                                 "pointers": {"": b""}})):
            with self.subTest(args=args, block=block):
                self.assertRaises(error, b.queue, 17, args, **block)
        self.assertRaises(ValueError, b.queue, 65536, ())
        self.assertRaises(TypeError, b.queue)
        self.assertEqual(len(b), 0)
        self.assertEqual(b.commit(), 0)

    def test_types(self):
        self.assertRaises(TypeError, _xenbatch.Batch, 5)
        self.assertRaises(TypeError, _xenbatch.Batch)
        self.assertRaises(TypeError, _xenbatch.Handle, 5)
        self.assertRaises(ValueError, self.xb.vcpu_getinfo, 0, -1)
        self.assertRaises(TypeError, self.xb.restrict, None)

    def test_closed(self):
        b = self.xb.batch()
        text = bytearray(16)
        b.hypercall(VERSION, 1, text)
        self.xb.close()
        self.xb.close()
        self.assertTrue(self.xb.closed)
        for fn in (self.xb.xen_version, self.xb.limits, self.xb.evtchn_take,
                   self.xb.fileno, b.commit, lambda: self.xb.backend,
                   lambda: self.xb.read_guest(0, []), self.xb.__enter__):
            self.assertRaises(ValueError, fn)
        b.cancel()
        text.extend(b"free")

    def test_over(self):
        b = self.xb.batch()
        b.xen_version()
        self.assertEqual(b.commit(), 0)
        for fn in (b.commit, b.cancel, b.xen_version,
                   lambda: b.evtchn_notify(1)):
            self.assertRaises(RuntimeError, fn)
        self.assertEqual(b.result(0)[1], 0)
        self.assertRaises(ValueError, b.result, -1)

    def test_code_of_the_programs_in_between(self):
        b = self.xb.batch()

        class Index:
            def __index__(self):
                b.hypercall(VERSION, 0, None)
                return 0

        class Commits:
            def __index__(self):
                b.commit()
                return 0
        for evil in (Index(), Commits()):
            self.assertRaises(RuntimeError, b.hypercall, VERSION, 0, evil)
        pieces = []

        class Clears:
            def __index__(self):
                pieces.clear()
                return 1
        pieces += [(Clears(), 0, bytearray(4))] * 50
        self.assertEqual(self.xb.read_guest(GUEST, pieces), {})
        b.hypercall(VERSION, 0, None)
        self.assertEqual(b.commit(), 0)

    def test_fork(self):
        b = self.xb.batch()
        text = bytearray(16)
        b.hypercall(VERSION, 1, text)
        pid = os.fork()
        if not pid:
            status = 1
            try:
                assert b.commit() == 0 and text.startswith(b".7-fake")
                assert self.xb.xen_version() == (4, 17)
                self.xb.close()
                status = 0
            finally:
                os._exit(status)
        self.assertEqual(os.waitpid(pid, 0)[1], 0)
        self.assertEqual(text, bytes(16))
        b.commit()
        self.assertTrue(text.startswith(b".7-fake"))

    def test_threads(self):
        shared = self.xb.batch()
        errors, over = [], []

        def work(seed):
            try:
                for i in range(40):
                    with self.xb.batch() as b:
                        calls = [self.vcpu(b, GUEST, (seed + j) % 3)
                                 for j in range(20)]
                    for j, c in enumerate(calls):
                        assert c.value["cpu_time"] == FAKE.test_cpu_time(
                            GUEST, (seed + j) % 3)
                    try:
                        shared.xen_version()
                        if i == 20:
                            shared.commit()
                    except RuntimeError:
                        over.append(seed)
            except BaseException as e:
                errors.append(e)
        threads = [threading.Thread(target=work, args=(i,)) for i in range(6)]
        for t in threads:
            t.start()
        for t in threads:
            t.join()
        self.assertEqual(errors, [])
        self.assertTrue(over)


if __name__ == "__main__":
    unittest.main()
