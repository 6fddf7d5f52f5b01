# SPDX-License-Identifier: GPL-2.0-or-later
"""What can be booted: one row a scenario, each the difference to `normal`.

Facts that the rows rest on, all tried with QEMU 7.2 and Xen 4.17: the CPU
models `max` and `EPYC` crash a PV dom0 early. Under icount one instruction is
one nanosecond of guest time; ERMS must be off there, since each iteration of
`rep movsb` counts as an instruction.
"""

from dataclasses import dataclass, replace

from arch import AMD64, ARM64, Arch


@dataclass(frozen=True)
class Scenario:
    arch: Arch = AMD64
    qemu: str = "qemu-system-x86_64"
    machine: tuple = ("-accel", "tcg")
    cpu: str = "Haswell-noTSX"
    smp: int = 2
    memory: int = 2048              # MiB of the machine
    dom0_memory: int = 1024         # MiB of dom0
    xen: str = ""                   # more options for Xen
    kernel: str = ""                # more options for dom0's kernel
    console: str = "com1=115200,8n1 console=com1"
    report: tuple = ("-serial", "chardev:report")
    port: str = "/dev/ttyS1"        # where the guest reports to
    boot_seconds: int = 240         # until the guest's agent speaks
    hypervisor: bool = True         # False: the kernel alone, no Xen below
    guest_kernel: bool = False      # dom0 has /boot/vmlinux, to run as guest
    libvirt: bool = False           # dom0 has libvirtd

    def xen_line(self):
        # bootscrub costs seconds under TCG; the ring must hold what Xen says
        # during one test, with the debug keys' tables.
        return ("%s loglvl=all guest_loglvl=all conring_size=256k "
                "bootscrub=0 dom0_mem=%dM %s"
                % (self.console, self.dom0_memory, self.xen)).strip()

    def kernel_line(self):
        # What the kernel logs is read with dmesg after every test; the
        # console gets errors only, since each letter traps into Xen.
        return ("console=%s quiet log_buf_len=1M %s" % (
            "hvc0" if self.hypervisor else "ttyS0", self.kernel)).strip()

    def boot_args(self, xen, kernel, initrd):
        if not self.hypervisor:
            return ["-kernel", kernel, "-append", self.kernel_line(),
                    "-initrd", initrd]
        if self.arch == ARM64:
            # QEMU writes these into the device tree; commas part options.
            return ["-kernel", xen, "-append", self.xen_line(),
                    "-device", "guest-loader,addr=0x60000000,kernel=%s,"
                    "bootargs=%s" % (kernel, self.kernel_line().replace(
                        ",", ",,")),
                    "-device",
                    "guest-loader,addr=0x68000000,initrd=" + initrd]
        # What multiboot calls modules; commas part them.
        return ["-kernel", xen, "-append", self.xen_line(), "-initrd",
                "%s %s,%s" % (kernel, self.kernel_line().replace(",", ",,"),
                              initrd)]

    def qemu_args(self):
        return [self.qemu, *self.machine, "-cpu", self.cpu, "-smp",
                str(self.smp), "-m", str(self.memory), "-nodefaults",
                "-display", "none", "-no-reboot", "-monitor", "none"]


NORMAL = Scenario()
BENCH = replace(NORMAL, cpu="Haswell-noTSX,-erms", smp=1,
                machine=("-accel", "tcg", "-icount", "shift=0,sleep=off"))

SCENARIOS = {
    # two processors, as a person's machine would be
    "normal": NORMAL,
    # the same for a person to look at: guests run beside dom0
    "demo": NORMAL,
    # instructions are counted; Xen as it comes, with its page-table isolation
    "bench": BENCH,
    # ... with a guest that has a kernel, for what is done to guests
    "bench-guests": replace(BENCH, guest_kernel=True),
    # ... and without what current hardware no longer needs
    "bench-noxpti": replace(BENCH, xen="xpti=no spec-ctrl=no"),
    # Debian's kernel on a machine without Xen
    "bare": replace(NORMAL, hypervisor=False),
    # ... and in a guest: a dom0 that can run it, by xl and by libvirt
    "guests": replace(NORMAL, guest_kernel=True, libvirt=True),
    # an auto-translated dom0; Xen has it only with an IOMMU, and the emulator
    # needs three times as long for a guest in nested page tables
    "pvh": replace(NORMAL, machine=("-accel", "tcg", "-M", "q35", "-device",
                                    "amd-iommu"),
                   cpu="qemu64,+svm,+npt", smp=1, xen="dom0=pvh",
                   kernel="clocksource=xen tsc=unstable nowatchdog",
                   boot_seconds=400),
    # the same on arm; its second serial port is on the PCI bus
    "arm64": replace(NORMAL, arch=ARM64, qemu="qemu-system-aarch64",
                     machine=("-accel", "tcg", "-M",
                              "virt,gic-version=2,virtualization=on"),
                     cpu="cortex-a57", dom0_memory=768,
                     console="console=dtuart dtuart=/pl011@9000000",
                     xen="dom0_max_vcpus=1", port="/dev/ttyS0",
                     report=("-device", "pci-serial,chardev=report")),
}
