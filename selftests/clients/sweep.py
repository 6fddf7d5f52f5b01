#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Every method of Debian's bindings xen.lowlevel.xc and xen.lowlevel.xs, called
right and wrong; a line for each call, with what it returned or raised. What
changes something has a domain and a pool of its own. A method of theirs that
was not called fails the sweep, so none can be forgotten.
"""

import os
import sys

from xen.lowlevel import xc, xs

NOBODY = 31000          # no domain has this number
PCI = "0x0,0x0,0x1f,0x0"

# What differs from one moment to the next is shown by its type alone.
MOVES = {"cpu_time", "idletime", "free_memory", "scrub_memory", "node_memfree",
         "node_to_dma32_mem", "blocked", "running", "cpu"}


class Named(int):
    """A number given by Xen, shown by its name."""

    def __new__(cls, value, name):
        self = super().__new__(cls, value)
        self.name = name
        return self

    def __repr__(self):
        return self.name


class Sweep:
    def __init__(self, word, handle):
        self.word = word
        self.handle = handle
        self.called = set()
        self.names = {}

    def show(self, value, key=None):
        if key in MOVES:
            return type(value).__name__
        if isinstance(value, dict):
            return "{%s}" % ", ".join("%s: %s" % (k, self.show(v, k))
                                      for k, v in sorted(value.items()))
        if isinstance(value, (list, tuple)):
            return "[%s]" % ", ".join(map(self.show, value))
        if key in ("domid", "cpupool") and (key, value) in self.names:
            return self.names[key, value]
        return repr(value)

    def __call__(self, name, *args, quiet=False, **keys):
        """Call a method; what it returned, None if it raised."""
        self.called.add(name)
        given = [repr(a) for a in args] + ["%s=%r" % k for k in keys.items()]
        try:
            result = getattr(self.handle, name)(*args, **keys)
            said = "= " + ("%s, %s" % (type(result).__name__, bool(result))
                           if quiet else self.show(result))
        except Exception as e:
            result = None
            said = "! %s %s" % (type(e).__name__, self.show(e.args))
        print("%s.%s(%s) %s" % (self.word, name, ", ".join(given), said))
        return result

    def name(self, key, value, name):
        """From now on the number is shown so."""
        if value is not None:
            self.names[key, value] = name
        return Named(NOBODY if value is None else value, name)

    def forgotten(self):
        return sorted(n for n in dir(self.handle)
                      if not n.startswith("_") and n not in self.called)


def host(call):
    for name in ("xeninfo", "buildid", "physinfo", "topologyinfo", "numainfo",
                 "sched_id_get", "cpupool_getinfo", "cpupool_freeinfo",
                 "flask_getenforce"):
        call(name)
        call(name, 1)
    call("domain_getinfo")
    call("domain_getinfo", 0, 1)
    call("domain_getinfo", first_dom=0, max_doms=0)
    call("domain_getinfo", NOBODY, 5)
    call("getcpuinfo", 8)
    call("getcpuinfo", max_cpus=1)
    call("pages_to_kib", 5)
    call("vcpu_getinfo", 0, 0)
    call("vcpu_getinfo", domid=0, vcpu=1)
    call("vcpu_getinfo", 0, 99)
    call("send_debug_keys", "I")
    call("send_debug_keys", keys="")
    call("readconsolering", quiet=True)
    call("readconsolering", clear=0, index=0, incremental=1, quiet=True)
    call("get_device_group", 0, 0, 0, 31, 0)
    call("flask_context_to_sid", "system_u:system_r:dom0_t")
    call("flask_sid_to_context", 1)
    call("flask_load", "no policy")
    call("flask_setenforce", 1)
    call("flask_access", "a", "b", 1, 1)


def domain(call):
    """One with vcpus and no memory: nothing of it can run."""
    call("domain_create", handle=[1, 2])
    call("domain_create", max_vcpus=0)
    call("domain_create", 0, 0, list(range(16)), 0, NOBODY, 1)
    made = [d["domid"] for d in xc.xc().domain_getinfo()
            if d["handle"] == list(range(16))]
    for d in made:      # it is there, though its target is not
        xc.xc().domain_destroy(d)
    dom = call.name("domid", xc.xc().domain_create(
        handle=list(range(100, 116)), max_vcpus=2), "DOM")
    call("domain_max_vcpus", dom, 2)
    call("domain_max_vcpus", dom, 1)
    call("domain_setmaxmem", dom, 4096)
    call("domain_getinfo", dom, 1)
    call("domain_sethandle", dom, list(range(16, 32)))
    call("domain_getinfo", dom, 1)
    call("vcpu_setaffinity", dom, 0, [1])
    call("vcpu_setaffinity", domid=dom, vcpu=1, cpumap=[0, 1])
    call("vcpu_setaffinity", dom, 0, [999])
    call("vcpu_setaffinity", dom, 0, [])
    call("vcpu_getinfo", dom, 0)
    call("vcpu_getinfo", dom, 1)
    call("vcpu_setaffinity", dom, 0, [0, 1])
    call("domain_pause", dom)
    call("domain_unpause", dom)
    call("sched_credit2_domain_set", dom, 300)
    call("sched_credit2_domain_set", domid=dom, weight=300, cap=10)
    call("sched_credit2_domain_get", dom)
    call("sched_credit_domain_set", dom, weight=10)
    call("sched_credit_domain_get", dom)
    call("evtchn_alloc_unbound", dom, 0)
    call("evtchn_alloc_unbound", domid=dom, remote_dom=dom)
    call("evtchn_alloc_unbound", dom, NOBODY)
    call("evtchn_reset", dom)
    call("evtchn_alloc_unbound", dom, 0)
    call("domain_set_memmap_limit", dom, 4096)
    call("domain_set_target_mem", dom, 4096)
    call("domain_set_time_offset", dom, 3600)
    call("domain_set_tsc_info", dom, 1)
    call("domain_set_tsc_info", dom, 77)
    call("domain_send_trigger", dom, 0, 0)
    call("domain_send_trigger", domid=dom, trigger=77)
    call("domain_ioport_permission", dom, 0x3f8, 8, 1)
    call("domain_ioport_permission", dom, 0x3f8, 8, 0)
    call("domain_ioport_permission", dom, 65535, 8, 1)
    call("domain_iomem_permission", dom, 0xfeb00, 1, 1)
    call("domain_iomem_permission", dom, 0xfeb00, 1, 0)
    call("domain_irq_permission", dom, 4, 1)
    call("physdev_map_pirq", dom, 9999, -1)
    call("physdev_pci_access_modify", dom, 0, 1, 0, 1)
    call("hvm_get_param", dom, 1)
    call("hvm_set_param", dom, 1, 5)
    call("gnttab_hvm_seed", dom, 1, 2, 0, 0)
    call("shadow_control", dom)
    call("shadow_control", dom, 77)
    call("shadow_mem_control", dom, quiet=True)
    call("shadow_mem_control", dom, 1)
    call("dom_set_memshr", dom, 1)
    call("test_assign_device", dom, PCI)
    call("assign_device", dom, PCI)
    call("deassign_device", dom, PCI)
    call("get_device_group", dom, 0, 0, 31, 0)
    call("domain_dumpcore", dom, "/tmp/sweep.core")
    call("domain_dumpcore", dom, "/nowhere/sweep.core")
    call("domain_shutdown", dom, 2)
    call("domain_getinfo", dom, 1)
    call("domain_resume", dom, 1)
    call("domain_resume", dom, 0)
    call("domain_getinfo", dom, 1)
    if os.path.exists("/tmp/sweep.core"):
        os.unlink("/tmp/sweep.core")
    return dom


def pools(call, dom):
    pool = call.name("cpupool", call("cpupool_create", sched=6), "POOL")
    call("cpupool_create", pool, 6)
    call("cpupool_create", sched=77)
    call("cpupool_removecpu", 0, 1)
    call("cpupool_freeinfo")
    call("cpupool_addcpu", cpupool=pool, cpu=1)
    call("cpupool_addcpu", pool, 77)
    call("cpupool_movedomain", pool, dom)
    call("cpupool_getinfo")
    call("cpupool_destroy", pool)
    call("cpupool_movedomain", cpupool=0, domid=dom)
    call("cpupool_removecpu", pool)
    call("cpupool_destroy", pool)
    call("cpupool_destroy", pool)
    call("cpupool_addcpu", 0)
    call("cpupool_getinfo")


# Methods of a domain, with what else they want.
OF_NOBODY = {
    "domain_max_vcpus": (1,), "domain_dumpcore": ("/tmp/sweep.core",),
    "domain_pause": (), "domain_unpause": (), "domain_destroy": (),
    "domain_destroy_hook": (), "domain_resume": (1,), "domain_shutdown": (0,),
    "vcpu_setaffinity": (0, [0]), "domain_sethandle": (list(range(16)),),
    "vcpu_getinfo": (), "gnttab_hvm_seed": (1, 2, 0, 0), "hvm_get_param": (1,),
    "hvm_set_param": (1, 5), "get_device_group": (0, 0, 31, 0),
    "test_assign_device": (PCI,), "assign_device": (PCI,),
    "deassign_device": (PCI,), "sched_credit_domain_set": (1,),
    "sched_credit_domain_get": (), "sched_credit2_domain_set": (1,),
    "sched_credit2_domain_get": (), "evtchn_alloc_unbound": (0,),
    "evtchn_reset": (), "physdev_map_pirq": (1, 1),
    "physdev_pci_access_modify": (0, 1, 0, 1), "shadow_control": (),
    "shadow_mem_control": (1,), "domain_setmaxmem": (4096,),
    "domain_set_target_mem": (4096,), "domain_set_memmap_limit": (4096,),
    "domain_ioport_permission": (1, 1, 1), "domain_irq_permission": (1, 1),
    "domain_iomem_permission": (1, 1, 1), "domain_set_time_offset": (1,),
    "domain_set_tsc_info": (1,), "domain_send_trigger": (0,),
    "dom_set_memshr": (1,),
}


def control():
    call = Sweep("xc", xc.xc())
    host(call)
    dom = domain(call)
    pools(call, dom)
    call("domain_destroy", dom)
    for name, rest in OF_NOBODY.items():
        call(name, NOBODY, *rest)
        call(name)
        call(name, "a string", *rest)
    call("cpupool_movedomain", 0, NOBODY)
    call("cpupool_movedomain", 77, 0)
    return call.forgotten()


def store():
    call = Sweep("xs", xs.xs())
    base = "/sweep"
    dom = call.name("domid", xc.xc().domain_create(max_vcpus=1), "DOM")
    call("rm", "", base)
    call("mkdir", "", base)
    call("write", "", base + "/a", "one")
    call("read", "", base + "/a")
    call("read", "", base + "/none")
    call("read", "", "no path")
    call("read", "")
    call("ls", "", base)
    call("ls", "", base + "/none")
    call("set_permissions", "", base + "/a", [{"dom": 0}, {"dom": 5, "read": 1}])
    call("set_permissions", "", base + "/a", "no list")
    call("get_permissions", "", base + "/a")
    call("get_permissions", "", base + "/none")
    for abort in (0, 1):
        # its number is the store's next
        at = Text(call("transaction_start", quiet=True), "TRANSACTION")
        call("write", at, base + "/b", "of %d" % abort)
        call("read", "", base + "/b")
        call("transaction_end", at, abort)
        call("read", "", base + "/b")
    call("transaction_end", "7777")
    call("watch", base, "token")
    call("read_watch")
    call("write", "", base + "/c", "")
    call("read_watch")
    call("check_watch")
    call("unwatch", base, "token")
    call("unwatch", base, "token")
    call("fileno", quiet=True)
    call("get_domain_path", 5)
    for name in ("introduce_domain", "set_target"):
        call(name, dom, *(0, 0) if name == "introduce_domain" else (0,))
        call(name)
    for name in ("resume_domain", "release_domain"):
        call(name, dom)
        call(name, "a string")
    call("rm", "", base)
    call("rm", "", base)
    call("close")
    call("close")
    call("read", "", base)
    xc.xc().domain_destroy(dom)
    return call.forgotten()


class Text(str):
    """A word of the store's, shown by its name."""

    def __new__(cls, value, name):
        self = super().__new__(cls, value)
        self.name = name
        return self

    def __repr__(self):
        return self.name


if __name__ == "__main__":
    left = control() + store()
    for name in left:
        print("not called: " + name)
    sys.exit(1 if left else 0)
