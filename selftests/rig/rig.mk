# SPDX-License-Identifier: GPL-2.0-or-later
#
# The rig: selftests in a real dom0 on a real Xen, in QEMU. `run.py --help`
# tells what else it can do.

RIG := selftests/rig/run.py --build $(O)

.PHONY: dom0-check dom0-shell dom0-tests kernel-source pvh-check refuse-check \
	rig-check

# What of the kernel's source the selftests and linters need, from Debian's
# linux-source package: one pass over the archive, then cached.
KERNEL_SOURCE := $(O)/cache/kernel-source
KSELFTEST_DIR ?= $(KERNEL_SOURCE)/tools/testing/selftests

# The kselftest folder builds by its own Makefile, as on any dom0.
DOM0_TESTS = $(MAKE) $(if $(filter 1,$(V)),,-s) -C selftests/dom0 OUTPUT=$(CURDIR)/$(O)/selftests/dom0 \
	KSELFTEST_DIR=$(abspath $(KSELFTEST_DIR)) V=$(V)

kernel-source:
	$(Q)selftests/rig/kernel-source.py $(KERNEL_SOURCE)

# Also installed, as `make install` of a kernel's kselftest does it, for the
# test that runs what is installed by the kernel's runner.
KSELFTEST := $(O)/selftests/kselftest

dom0-tests: kernel-source lib
	$(Q)+$(DOM0_TESTS) all
	$(Q)mkdir -p $(KSELFTEST)/xenbatch
	$(Q)+$(DOM0_TESTS) INSTALL_PATH=$(abspath $(KSELFTEST))/xenbatch install \
		>$(O)/selftests/kselftest.log
	$(Q)cp -r $(KSELFTEST_DIR)/kselftest $(KSELFTEST)/

# T=name: one test. PASS=module,absent,stock: not all the passes.
dom0-check: dom0-tests kmod tools
	$(Q)$(RIG) $(if $(T),--only $(T)) $(if $(PASS),--pass $(PASS))

# The other kind of dom0; T= and PASS= as above.
pvh-check: dom0-tests kmod tools
	$(Q)$(RIG) --scenario pvh --plan selftests/rig/pvh.txt \
		$(if $(T),--only $(T)) $(if $(PASS),--pass $(PASS))

# Where the module must not load: a machine without Xen, a domain not dom0. That
# one's dom0 also talks to a guest, saves, restores and migrates it, and has libvirt.
refuse-check: dom0-tests kmod tools
	$(Q)$(RIG) --plan selftests/rig/refuse.txt --scenario bare --pass bare
	$(Q)$(RIG) --plan selftests/rig/refuse.txt --scenario guests \
		--pass guests,beside

dom0-shell: dom0-tests kmod tools
	$(Q)$(RIG) --shell

# The rig's own judgement, without an emulator.
rig-check:
	$(say) TEST selftests/rig
	$(Q)mkdir -p $(O); selftests/rig/test_rig.py -b >$(O)/rig-check.log 2>&1 || \
		{ tail -n 40 $(O)/rig-check.log; exit 1; }
