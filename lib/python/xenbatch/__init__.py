# SPDX-License-Identifier: LGPL-2.1-or-later
"""Batched hypercalls, guests' memory and events, from Python in a Xen dom0.

    import xenbatch

    with xenbatch.open() as xb:
        print(xb.backend, xb.why)
        for d in xb.domain_getinfo():
            with xb.batch() as b:
                vcpus = [b.vcpu_getinfo(d["domid"], v)
                         for v in range(d["max_vcpu_id"] + 1)]
            for v in vcpus:             # all asked with one system call
                print(v.value["cpu_time"] if not v.err else v.err)

Each call of calls.Calls is a method of the handle, which asks at once, and of a
batch, which queues it. Where xen.lowlevel.xc has the method too, the answer has
the same keys and values.

What fails raises OSError with Xen's errno. Handles and batches may be used by
several threads; a batch is committed by one of them. After fork the child may
use the handle: it gets a connection of its own. Ports stay the parent's.
"""

import errno

from . import _xenbatch
from .calls import Call, Calls

__all__ = ["Batch", "Call", "Handle", "open"]


class Batch(Calls, _xenbatch.Batch):
    """What was queued, to go to Xen together: see Handle.batch()."""

    def _call(self, asked, decode):
        first = len(self)
        for number, args, block in asked:
            self.queue(number, args, **block)
        return Call(self, first, len(asked), decode)

    def _max_cpus(self):
        return self.handle._max_cpus()

    def __enter__(self):
        return self

    def __exit__(self, kind, *_):
        if kind is None:
            self.commit()
        else:
            self.cancel()


class Handle(Calls, _xenbatch.Handle):
    """A connection to the hypervisor: see open()."""

    _cpus = None

    def batch(self):
        """An empty batch. `with xb.batch() as b:` commits it at the end, or
        cancels it if an exception goes through."""
        b = Batch(self)
        b.handle = self
        return b

    def _call(self, asked, decode):
        b = self.batch()
        call = b._call(asked, decode)
        b.commit()
        return call.value

    def _max_cpus(self):
        if self._cpus is None:
            self._cpus = self.physinfo_fields()["max_cpu_id"] + 1
        return self._cpus

    def sweep(self, affinity=False):
        """All domains and their vcpus, in two system calls (one more for each
        further 1024 domains): a list of (what domain_getinfo says, [what
        vcpu_getinfo says, or None where a vcpu is not there]). Domains that end
        meanwhile are left out."""
        domains = self._all_domains()
        if affinity:
            self._max_cpus()
        with self.batch() as b:
            asked = [[b.vcpu_getinfo(d["domid"], v, affinity=affinity)
                      for v in range(d["max_vcpu_id"] + 1)]
                     for d in domains if d["max_vcpu_id"] >= 0]
        answers = iter(asked)
        out = []
        for d in domains:
            calls = next(answers) if d["max_vcpu_id"] >= 0 else []
            if calls and all(c.err == errno.ESRCH for c in calls) and \
                    not self._is_there(d["domid"]):
                continue
            out.append((d, [None if c.err else c.value for c in calls]))
        return out

    def _all_domains(self, at_once=1024):
        domains, n, first = [], at_once, 0
        while n == at_once:
            try:
                more = self.domain_getinfo(first, at_once)
            except OSError as e:
                if not domains or e.errno != errno.ESRCH:
                    raise
                break
            domains += more
            n, first = len(more), domains[-1]["domid"] + 1
        return domains

    def _is_there(self, domid):
        try:
            return self.domain_getinfo(domid, 1)[0]["domid"] == domid
        except OSError:
            return False


def open():
    """A connection: by the module if it is there, or else by the stock devices,
    with the same answers. The environment's XENBATCH_BACKEND (module, stock)
    asks for one and no other."""
    return Handle()
