# SPDX-License-Identifier: GPL-2.0-or-later
# Xen's other releases: libxenctrl built for each, and with the stable libraries
# of the one build held against what that release has. Its libxen-dev is fetched
# and unpacked, not installed.

RELEASES     := 4.14 4.20
RELEASE_LIBS  = $(STABLE_LIBS:%=%.so.1) \
	$(notdir $(wildcard $(XEN_LIBDIR)/$(STORE_NAME)))
# A release whose libraries want a newer C library brings it.
RELEASE_LD   := $(wildcard $(XEN_LIBDIR)/ld-linux-*.so.*)
RELEASE_RUN  := $(if $(RELEASE_LD),$(RELEASE_LD) --library-path \
	$(XEN_LIBDIR):$(dir $(shell $(CC) -print-file-name=libc.so.6)),\
	env LD_LIBRARY_PATH=$(XEN_LIBDIR))
RELEASE_TESTS := $(O)/selftests/unit/plain/test_xc_
# What a name leaves on the stack that is bound at its first call, differs.
# $(call release_test,name,what it says at its end)
define release_test
	$(Q)LD_BIND_NOW=1 $(RELEASE_RUN) $(RELEASE_TESTS)$1 \
		>$(RELEASE_TESTS)$1.log 2>&1 || \
		{ tail -n 40 $(RELEASE_TESTS)$1.log; exit 1; }
	$(Q)grep -h '$2' $(RELEASE_TESTS)$1.log
endef

.PHONY: releases $(RELEASES:%=release-%) release-check
releases: $(RELEASES:%=release-%)

$(RELEASES:%=release-%): release-%: lib-stable lib-store tools
	$(Q)root=$$(selftests/abi/releases.py --build $(O) $*) && \
		$(MAKE) O=$(O)/releases/$* XEN_DEV=$${root#* } \
			ONE_BUILD=$(O) release-check

# In the make of one release.
release-check: lib $(ABI_LAYOUT) $(RELEASE_TESTS)wire $(RELEASE_TESTS)hostile
	$(say) ABI "Xen $(XC_RELEASE)"
	$(Q)selftests/abi/abi.py --differences selftests/abi/differences.txt \
		--differences selftests/abi/differences-$(XC_RELEASE).txt \
		--tool $(ONE_BUILD)/tools/xenbatch \
		$(O)/lib/$(XC_SONAME) $(XEN_LIBDIR)/$(XC_SONAME) \
		$(foreach n,$(RELEASE_LIBS),$(ONE_BUILD)/lib/$(n) \
			$(XEN_LIBDIR)/$(n))
	$(Q)$(RELEASE_RUN) $(ABI_LAYOUT) $(XEN_LIBDIR)/$(XC_SONAME) \
		>$(ABI_LAYOUT).stock
	$(Q)$(RELEASE_RUN) $(ABI_LAYOUT) $(O)/lib/$(XC_SONAME) \
		>$(ABI_LAYOUT).ours
	$(Q)diff -u $(ABI_LAYOUT).stock $(ABI_LAYOUT).ours
	$(say) WIRE "Xen $(XC_RELEASE)"
	$(call release_test,wire,records compared)
	$(say) HOSTILE "Xen $(XC_RELEASE)"
	$(call release_test,hostile,rows compared)
