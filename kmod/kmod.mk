# SPDX-License-Identifier: GPL-2.0-or-later
# kbuild wants its output beside the sources, so they are copied to build/.

KMOD_SRC := $(wildcard kmod/*.c kmod/*.h) kmod/Kbuild uapi/xenbatch.h
KMOD_KO  := $(O)/kmod/$(KREL)/xenbatch.ko
BENCH_KO := $(O)/kmod-bench/$(KREL)/xenbatch.ko

KBUILD_ARGS = W=1 XENBATCH_VERSION=$(VERSION)

.PHONY: kmod kmod-bench kmod-check install-kmod
kmod: $(KMOD_KO)
kmod-bench: $(BENCH_KO)

# $(call kmod_tree,dir): the sources as kbuild is to see them.
define kmod_tree
$(Q)mkdir -p $1/kmod $1/uapi
$(Q)cp -u $(filter kmod/%,$(KMOD_SRC)) $1/kmod/
$(Q)cp -u uapi/xenbatch.h $1/uapi/
endef

# $(call kmod_make,dir,more arguments): quiet unless it fails.
define kmod_make
$(Q)$(MAKE) -C $(KDIR) M=$(abspath $1)/kmod $(KBUILD_ARGS) $2 modules \
	>$1/log 2>&1 || { tail -n 40 $1/log; echo "all of it: $1/log"; exit 1; }
$(Q)! grep -E '\.[ch]:.*(warning|error):|WARNING:' $1/log || \
	{ echo "all of it: $1/log"; exit 1; }
endef

$(KMOD_KO): $(KMOD_SRC) kmod/kmod.mk
	$(say) KMOD $@
	$(call kmod_tree,$(@D)/tree)
	$(call kmod_make,$(@D)/tree)
	$(Q)cp $(@D)/tree/kmod/xenbatch.ko $@

$(BENCH_KO): $(KMOD_SRC) kmod/kmod.mk
	$(say) KMOD $@
	$(call kmod_tree,$(@D)/tree)
	$(call kmod_make,$(@D)/tree,XENBATCH_BENCH=y)
	$(Q)cp $(@D)/tree/kmod/xenbatch.ko $@

install-kmod: kmod
	$(Q)install -D -m 644 $(KMOD_KO) \
		$(DESTDIR)/lib/modules/$(KREL)/updates/xenbatch.ko
	$(Q)[ -n "$(DESTDIR)" ] || depmod $(KREL)

# sparse over everything, and the kernel's own style check. compat.h is where
# version tests belong, which checkpatch would not have in the kernel itself.
CHECK_DIR := $(O)/kmod-check
CHECKPATCH = cd $(CHECK_DIR) && perl \
	$(abspath $(KERNEL_SOURCE))/scripts/checkpatch.pl --no-tree --strict \
	--terse --no-summary

kmod-check: $(KMOD_SRC) kernel-source
	$(say) SPARSE kmod
	$(call kmod_tree,$(CHECK_DIR))
	$(call kmod_make,$(CHECK_DIR),XENBATCH_BENCH=y C=2)
	$(say) STYLE kmod
	$(Q)$(CHECKPATCH) -f \
		$(filter-out %compat.h %Kbuild uapi/%,$(KMOD_SRC))
	$(Q)$(CHECKPATCH) --ignore LINUX_VERSION_CODE,CONSTANT_COMPARISON \
		-f kmod/compat.h
	$(say) STYLE uapi
	$(Q)mkdir -p $(CHECK_DIR)/include/uapi
	$(Q)cp uapi/xenbatch.h $(CHECK_DIR)/include/uapi/
	$(Q)$(CHECKPATCH) -f include/uapi/xenbatch.h
