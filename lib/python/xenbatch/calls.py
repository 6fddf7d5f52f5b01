# SPDX-License-Identifier: LGPL-2.1-or-later
"""Hypercalls as methods: each is what it asks, and how the answer is read."""

import errno
import os
import struct

from . import _xenbatch as xen
from .layout import Layout

PAGE_KIB = 4

DOMAININFO = Layout("xen_domctl_getdomaininfo")
VCPUINFO = Layout("xen_domctl_getvcpuinfo")
AFFINITY = Layout("xen_domctl_vcpuaffinity")
CPULIST = Layout("xen_sysctl_getcpuinfo")
CPUINFO = Layout("xen_sysctl_cpuinfo")
DOMAINLIST = Layout("xen_sysctl_getdomaininfolist")
PHYSINFO = Layout("xen_sysctl_physinfo")
SCHED_ID = Layout("xen_sysctl_sched_id")
STATUS = Layout("evtchn_status")
COMPILE = Layout("xen_compile_info")
PLATFORM = Layout("xen_platform_parameters")
DOMCTL = Layout("xen_domctl")
SYSCTL = Layout("xen_sysctl")


class Call:
    """One call of a batch. `err` is its errno, or 0; `ret` what Xen returned;
    `value` the answer, or OSError is raised. All of that after the commit, and
    RuntimeError before."""

    __slots__ = ("batch", "first", "count", "_decode")

    def __init__(self, batch, first, count, decode):
        self.batch, self.first, self.count = batch, first, count
        self._decode = decode

    def _results(self):
        return [self.batch.result(i)
                for i in range(self.first, self.first + self.count)]

    @property
    def ret(self):
        return self.batch.result(self.first)[0]

    @property
    def err(self):
        return next((err for _, err in self._results() if err), 0)

    @property
    def value(self):
        rets = []
        for ret, err in self._results():
            if err:
                raise OSError(err, os.strerror(err))
            rets.append(ret)
        return self._decode(rets)


def _text(raw):
    return bytes(raw).split(b"\0", 1)[0].decode("utf-8", "replace")


def _signed(value):
    return value - (1 << 32) if value >> 31 else value


def _domain(raw, at):
    d = DOMAININFO.read(raw, at)
    flags = d["flags"]
    reason = flags >> xen.XEN_DOMINF_shutdownshift & \
        xen.XEN_DOMINF_shutdownmask
    down = bool(flags & xen.XEN_DOMINF_shutdown)
    crashed = down and reason == xen.SHUTDOWN_crash

    def flag(bit):
        return int(bool(flags & bit))

    return {
        "domid": d["domain"],
        "online_vcpus": d["nr_online_vcpus"],
        "max_vcpu_id": _signed(d["max_vcpu_id"]),
        "hvm": flag(xen.XEN_DOMINF_hvm_guest),
        "dying": flag(xen.XEN_DOMINF_dying),
        "crashed": int(crashed),
        "shutdown": int(down and not crashed),
        "paused": flag(xen.XEN_DOMINF_paused),
        "blocked": flag(xen.XEN_DOMINF_blocked),
        "running": flag(xen.XEN_DOMINF_running),
        "mem_kb": d["tot_pages"] * PAGE_KIB,
        "cpu_time": d["cpu_time"],
        "maxmem_kb": d["max_pages"] * PAGE_KIB,
        "ssidref": _signed(d["ssidref"]),
        "shutdown_reason": reason,
        "cpupool": _signed(d["cpupool"]),
        "handle": list(d["handle"]),
    }


class Calls:
    """On a handle each of these asks at once and returns the answer; on a batch
    it is queued, and the Call that it returns has the answer afterwards."""

    # Any hypercall

    def hypercall(self, number, *args, payload=None, pointers=None):
        """Any hypercall: arguments are numbers, None and buffers. payload is
        one more, with {offset in it: buffer} for its pointers. The answer is
        what Xen returns."""
        return self._call([(number, args, {"payload": payload,
                                           "pointers": pointers})],
                          lambda rets: rets[0])

    def domctl(self, cmd, domid, payload=None, pointers=None):
        """XEN_DOMCTL_cmd about domid. payload is the member of its union, in
        a buffer: what Xen writes is there afterwards. pointers are {offset in
        the payload: buffer}, for its handles. The answer is what Xen returns."""
        return self._call([self._domctl(cmd, domid, payload, pointers)],
                          lambda rets: rets[0])

    def sysctl(self, cmd, payload=None, pointers=None):
        """XEN_SYSCTL_cmd, as domctl."""
        return self._call([self._sysctl(cmd, payload, pointers)],
                          lambda rets: rets[0])

    @staticmethod
    def _domctl(cmd, domid, payload, pointers=None):
        head = struct.pack("<IIHHHH", cmd, xen.XEN_DOMCTL_INTERFACE_VERSION,
                           domid, 0, 0, 0)
        return xen.HYPERVISOR_domctl, (), {
            "head": head, "payload": payload, "pointers": pointers,
            "size": DOMCTL.size}

    @staticmethod
    def _sysctl(cmd, payload, pointers=None):
        head = struct.pack("<II", cmd, xen.XEN_SYSCTL_INTERFACE_VERSION)
        return xen.HYPERVISOR_sysctl, (), {
            "head": head, "payload": payload, "pointers": pointers,
            "size": SYSCTL.size}

    # Domains and vcpus

    def domain_getinfo(self, first_dom=0, max_doms=1024):
        """Domains from first_dom on, max_doms at most: a list of dicts, as
        xen.lowlevel.xc's. ESRCH if there is none."""
        raw = bytearray(max_doms * DOMAININFO.size)
        ask = DOMAINLIST.new(first_domain=first_dom, max_domains=max_doms)

        def decode(_):
            n = DOMAINLIST.read(ask)["num_domains"]
            if max_doms and not n:
                raise OSError(errno.ESRCH, os.strerror(errno.ESRCH))
            return [_domain(raw, i * DOMAININFO.size) for i in range(n)]
        return self._call([self._sysctl(
            xen.XEN_SYSCTL_getdomaininfolist, ask,
            {DOMAINLIST.offset("buffer"): raw})], decode)

    def vcpu_getinfo(self, domid, vcpu=0, affinity=True):
        """A vcpu: a dict, as xen.lowlevel.xc's; without cpumap, which is a
        hypercall of its own, if affinity is False."""
        info = VCPUINFO.new(vcpu=vcpu)
        asked = [self._domctl(xen.XEN_DOMCTL_getvcpuinfo, domid, info)]
        nr_cpus = self._max_cpus() if affinity else 0
        cpumap = bytearray((nr_cpus + 7) // 8)
        if affinity:
            block = AFFINITY.new(vcpu=vcpu, flags=xen.XEN_VCPUAFFINITY_HARD)
            AFFINITY.set(block, "cpumap_hard.nr_bits", nr_cpus)
            asked.append(self._domctl(
                xen.XEN_DOMCTL_getvcpuaffinity, domid, block,
                {AFFINITY.offset("cpumap_hard.bitmap"): cpumap}))

        def decode(_):
            v = VCPUINFO.read(info)
            answer = {key: v[key] for key in (
                "online", "blocked", "running", "cpu_time", "cpu")}
            if affinity:
                answer["cpumap"] = [i for i in range(nr_cpus)
                                    if cpumap[i // 8] >> i % 8 & 1]
            return answer
        return self._call(asked, decode)

    # The host

    def physinfo_fields(self):
        """What XEN_SYSCTL_physinfo says, by Xen's own names."""
        block = PHYSINFO.new()
        return self._call([self._sysctl(xen.XEN_SYSCTL_physinfo, block)],
                          lambda _: PHYSINFO.read(block))

    def physinfo(self):
        """The host: a dict, as xen.lowlevel.xc's."""
        block = PHYSINFO.new()

        def decode(_):
            p = PHYSINFO.read(block)
            caps = [name for name in ("hvm", "pv") if p["capabilities"] &
                    getattr(xen, "XEN_SYSCTL_PHYSCAP_" + name)]
            if p["capabilities"] & xen.XEN_SYSCTL_PHYSCAP_directio:
                caps += [name + "_directio" for name in caps]
            return {
                "nr_nodes": p["nr_nodes"],
                "threads_per_core": p["threads_per_core"],
                "cores_per_socket": p["cores_per_socket"],
                "nr_cpus": p["nr_cpus"],
                "total_memory": p["total_pages"] * PAGE_KIB,
                "free_memory": p["free_pages"] * PAGE_KIB,
                "scrub_memory": p["scrub_pages"] * PAGE_KIB,
                "cpu_khz": p["cpu_khz"],
                "hw_caps": ":".join("%08x" % word for word in struct.unpack(
                    "<%dI" % (len(p["hw_cap"]) // 4), p["hw_cap"])),
                "virt_caps": " ".join(caps),
            }
        return self._call([self._sysctl(xen.XEN_SYSCTL_physinfo, block)],
                          decode)

    def getcpuinfo(self, max_cpus):
        """The host's cpus: a list of dicts, as xen.lowlevel.xc's."""
        raw = bytearray(max_cpus * CPUINFO.size)
        ask = CPULIST.new(max_cpus=max_cpus)

        def decode(_):
            n = CPULIST.read(ask)["nr_cpus"]
            return [{"idletime": CPUINFO.read(raw, i * CPUINFO.size)[
                "idletime"]} for i in range(n)]
        return self._call([self._sysctl(
            xen.XEN_SYSCTL_getcpuinfo, ask, {CPULIST.offset("info"): raw})],
            decode)

    def sched_id_get(self):
        """The scheduler's number."""
        block = SCHED_ID.new()
        return self._call([self._sysctl(xen.XEN_SYSCTL_sched_id, block)],
                          lambda _: SCHED_ID.read(block)["sched_id"])

    def xen_version(self):
        """(major, minor)"""
        return self._call(
            [(xen.HYPERVISOR_xen_version, (xen.XENVER_version, None), {})],
            lambda rets: (rets[0] >> 16, rets[0] & 0xffff))

    def xeninfo(self):
        """Xen itself: a dict, as xen.lowlevel.xc's. Eight hypercalls."""
        extra, caps, changeset, command = (
            bytearray(Layout("xen_%s_t" % name).size) for name in (
                "extraversion", "capabilities_info", "changeset_info",
                "commandline"))
        compiled, platform = COMPILE.new(), PLATFORM.new()
        asked = [(xen.HYPERVISOR_xen_version,
                  (getattr(xen, "XENVER_" + name), buffer), {})
                 for name, buffer in (
                     ("version", None), ("extraversion", extra),
                     ("compile_info", compiled), ("changeset", changeset),
                     ("capabilities", caps),
                     ("platform_parameters", platform),
                     ("commandline", command), ("pagesize", None))]

        def decode(rets):
            cc = COMPILE.read(compiled)
            return {
                "xen_major": rets[0] >> 16,
                "xen_minor": rets[0] & 0xffff,
                "xen_extra": _text(extra),
                "xen_caps": _text(caps),
                "xen_pagesize": rets[-1],
                "platform_params": "virt_start=0x%x" %
                                   PLATFORM.read(platform)["virt_start"],
                "xen_changeset": _text(changeset),
                "xen_commandline": _text(command),
                "cc_compiler": _text(cc["compiler"]),
                "cc_compile_by": _text(cc["compile_by"]),
                "cc_compile_domain": _text(cc["compile_domain"]),
                "cc_compile_date": _text(cc["compile_date"]),
            }
        return self._call(asked, decode)

    # Event channels

    def evtchn_status(self, domid, port):
        """A port: a dict with kind (closed, unbound, interdomain, pirq, virq,
        ipi), vcpu, and what that kind has: dom, port, pirq, virq."""
        block = STATUS.new(dom=domid, port=port)

        def decode(_):
            s = STATUS.read(block)
            kinds = ("closed", "unbound", "interdomain", "pirq", "virq", "ipi")
            kind = kinds[s["status"]]
            answer = {"kind": kind, "vcpu": s["vcpu"]}
            for name in {"unbound": ("u.unbound.dom",),
                         "interdomain": ("u.interdomain.dom",
                                         "u.interdomain.port"),
                         "pirq": ("u.pirq",), "virq": ("u.virq",),
                         }.get(kind, ()):
                answer[name.rpartition(".")[2]] = s[name]
            return answer
        return self._call([(xen.HYPERVISOR_event_channel_op,
                            (xen.EVTCHNOP_status, block), {})], decode)

    # An example: README, "Adding a hypercall"

    def domain_get_cpuid(self, domid, room=512):
        """What CPUID says in a domain: {(leaf, subleaf): (a, b, c, d)}, with
        subleaf None where a leaf has none."""
        leaves = bytearray(room * 24)
        policy = bytearray(struct.pack("<IIQQIII4x", room, 0, 0, 0, 0, 0, 0))

        def decode(_):
            n, = struct.unpack_from("<I", policy)
            return {(w[0], None if w[1] == 0xffffffff else w[1]): w[2:]
                    for w in struct.iter_unpack("<6I", leaves[:n * 24])}
        return self._call([self._domctl(
            xen.XEN_DOMCTL_get_cpu_policy, domid, policy, {8: leaves})], decode)
