# SPDX-License-Identifier: GPL-2.0-or-later
#
# An auto-translated dom0 on another processor: the module and those selftests
# that need no library, cross-compiled, in an emulated arm64 machine.

ARM64 := $(O)/arm64
ARM64_CC := aarch64-linux-gnu-gcc
ARM64_TESTS := uapi window_args window_foreign window_grant window_resource \
	window_vma
ARM64_PROGS := $(ARM64_TESTS:%=$(ARM64)/selftests/dom0/%)

.PHONY: arm64-check
# T=, PASS= as for dom0-check.
arm64-check: $(ARM64)/kmod/stamp $(ARM64_PROGS)
	$(Q)$(RIG) --scenario arm64 --plan selftests/rig/arm64.txt \
		$(if $(T),--only $(T)) $(if $(PASS),--pass $(PASS))

# matrix.py knows where that kernel's headers are to be had.
$(ARM64)/kmod/stamp: $(KMOD_SRC) selftests/rig/matrix.py
	$(Q)selftests/rig/matrix.py --build $(O) --only arm64 --version $(VERSION)
	$(Q)for d in $(O)/kmod-matrix/*-arm64; do \
		install -D -m 644 $$d/kmod/xenbatch.ko \
			$(@D)/$${d##*/}/xenbatch.ko || exit 1; \
	done
	$(Q)touch $@

# Xen's headers are the same for all processors; of this machine's others none
# must be found.
ARM64_CFLAGS = -O2 -g -std=gnu11 -Wall -Wextra -Werror -D_GNU_SOURCE -Iuapi \
	-isystem $(KSELFTEST_DIR) -isystem $(ARM64)/include

$(ARM64)/include:
	$(Q)mkdir -p $@ && ln -sfn /usr/include/xen $@/xen

$(ARM64_PROGS): $(ARM64)/selftests/dom0/%: selftests/dom0/%.c \
		$(wildcard selftests/dom0/helper/*.h) uapi/xenbatch.h \
		| kernel-source $(ARM64)/include
	$(say) CC $@
	$(Q)mkdir -p $(@D)
	$(Q)$(ARM64_CC) $(ARM64_CFLAGS) $< -o $@ -lpthread
