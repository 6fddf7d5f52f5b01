# SPDX-License-Identifier: GPL-2.0-or-later
# What programs were linked with: our libraries against those that are installed.

ABI_NAMES := $(STABLE_LIBS:%=%.so.1) $(STORE_NAME) $(XC_SONAME)
ABI_STOCK  = $(dir $(shell readlink -f $(XC_STOCK)))
ABI_LAYOUT := $(O)/selftests/abi/layout
# `name@@NODE T` of each that is exported.
ABI_VERSIONED = nm -D --defined-only --with-symbol-versions --format=posix \
	$(1) | awk '$$2 ~ /[TDBRW]/ { print $$1, $$2 }' | sort -u

.PHONY: abi-check
abi-check: lib tools $(ABI_LAYOUT)
	$(say) ABI "libxenbatch.so.0"
	$(Q)selftests/abi/abi.py --list lib/core/libxenbatch.symbols \
		$(O)/lib/libxenbatch.so.0
	$(say) ABI "$(ABI_NAMES)"
	$(Q)selftests/abi/abi.py --differences selftests/abi/differences.txt \
		--tool $(TOOL_BIN) \
		--functions selftests/dom0/helper/drop_functions.h \
		--functions selftests/dom0/helper/xc_functions.h \
		--functions selftests/unit/tool_functions.h \
		$(foreach n,$(ABI_NAMES),$(O)/lib/$(n) $(ABI_STOCK)$(n))
	$(say) ABI "$(notdir $(RUN_SO))"
	$(Q)$(call ABI_VERSIONED,$(RUN_NAMES:%=$(O)/lib/%)) \
		>$(ABI_LAYOUT).each
	$(Q)$(call ABI_VERSIONED,$(RUN_SO)) | \
		diff -u $(ABI_LAYOUT).each -
	$(Q)$(ABI_LAYOUT) $(ABI_STOCK)$(XC_SONAME) >$(ABI_LAYOUT).stock
	$(Q)$(ABI_LAYOUT) $(O)/lib/$(XC_SONAME) >$(ABI_LAYOUT).ours
	$(Q)diff -u $(ABI_LAYOUT).stock $(ABI_LAYOUT).ours

$(ABI_LAYOUT): selftests/abi/layout.c selftests/abi/abi.mk
	@mkdir -p $(@D)
	$(say) CC $<
	$(Q)$(CC) $(XB_CPPFLAGS) $(CPPFLAGS) $(XB_CFLAGS) $(CFLAGS) -o $@ $<
