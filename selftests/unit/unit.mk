# SPDX-License-Identifier: GPL-2.0-or-later
# Unit tests of lib/core over the simulated hypervisor: seconds, no Xen. Each
# program runs under AddressSanitizer and UBSan, built by gcc and by clang, and
# those with threads under ThreadSanitizer too. What AddressSanitizer cannot run
# is 'plain', under UBSan alone.
#
# $(O)/selftests/unit/<kind>/libxenbatch-fake.a is lib/core with the backend
# fake and the simulated kernel, for the tests of libraries above.

UNIT_DIR   := $(O)/selftests/unit
UNIT_SRC   := $(CORE_SRC) $(CORE_FAKE) selftests/unit/fake_kernel.c \
	selftests/unit/fake_mappings.c selftests/unit/fake_evtchn.c
UNIT_TESTS := $(patsubst selftests/unit/test_%.c,%,\
	$(wildcard selftests/unit/test_*.c))
OBJCOPY    ?= objcopy
UNIT_WIRE  := $(wildcard selftests/unit/wire*.c)
UNIT_HOSTILE := $(wildcard selftests/unit/*hostile*.c)
UNIT_OURS  := xc_wire xc_hostile
UNIT_STORE := $(O)/selftests/unit/store.syms
UNIT_LIBS  := -lcmocka -lxentoolcore -lpthread
UNIT_CFLAGS := -O1 -g -fno-omit-frame-pointer -DXB_FAKE -DXB_TEST_OS \
	-Iselftests/unit -I$(UNIT_DIR)

# Why: see test_fork_load.c. Hostile arguments are for what has no guards around.
UNIT_TESTS_plain := fork_load xc_hostile
UNIT_KINDS := gcc clang tsan plain
UNIT_gcc   := gcc -fsanitize=address,undefined -fno-sanitize-recover=all
UNIT_clang := clang -fsanitize=address,undefined -fno-sanitize-recover=all
UNIT_tsan  := gcc -fsanitize=thread
UNIT_plain := gcc -fsanitize=undefined -fno-sanitize-recover=all
UNIT_TESTS_gcc   := $(filter-out $(UNIT_TESTS_plain),$(UNIT_TESTS))
UNIT_TESTS_clang := $(UNIT_TESTS_gcc)
UNIT_TESTS_tsan  := thread window grant scatter cache event event_process \
	event_wait store toolcore

# The table's rows that this release of Xen has, each in a line.
$(UNIT_DIR)/api_rows.h: lib/xc/api.def $(O)/lib/xc/libxenctrl.symbols
	@mkdir -p $(@D)
	$(Q)$(CC) -E -P -x c '-DXC(n,g,h,w,s,e)=s e XC(n, h, w)' $< | \
		awk -v release=$(XC_RELEASE) '/XC/ && $$1 <= release && \
		($$2 == "-" || release < $$2) { $$1 = $$2 = ""; print }' >$@

# Rows of the functions that the headers declare.
$(UNIT_DIR)/hostile_rows.h: selftests/unit/hostile.py \
		selftests/differential/prototypes.py $(XC_STOCK)
	@mkdir -p $(@D)
	$(Q)selftests/unit/hostile.py --cc "$(CC) $(XB_CPPFLAGS)" \
		--stock $(XC_STOCK) >$@

# Our libxenstore's functions as ours_*, next to stock's.
$(UNIT_STORE): lib/store/libxenstore.map
	@mkdir -p $(@D)
	$(Q)sed -n 's/^\t\t\(xs_[a-z_]*\);/\1 ours_\1/p' $< >$@

# $(call unit_kind,kind)
define unit_kind
$$(UNIT_DIR)/$1/%.o: %.c
	@mkdir -p $$(@D)
	$$(Q)$$(UNIT_$1) $$(XB_CPPFLAGS) $$(XB_CFLAGS) $$(UNIT_CFLAGS) \
		-MMD -MP -c -o $$@ $$<

$$(UNIT_DIR)/$1/libxenbatch-fake.a: $$(UNIT_SRC:%.c=$$(UNIT_DIR)/$1/%.o)
	$$(say) AR $$@
	$$(Q)rm -f $$@ && ar rcs $$@ $$^

$$(UNIT_DIR)/$1/test_%: $$(UNIT_DIR)/$1/selftests/unit/test_%.o \
		$$(UNIT_DIR)/$1/selftests/unit/unit.o \
		$$(UNIT_DIR)/$1/libxenbatch-fake.a
	$$(say) LD $$@
	$$(Q)$$(UNIT_$1) $$(LDFLAGS) -o $$@ $$^ $$(UNIT_LIBS)

# These compare what they include of lib/xc with stock's library.
$$(UNIT_DIR)/$1/test_xc_%: UNIT_LIBS += -lxenctrl

# All of lib/xc, its exported functions as ours_*, next to stock's.
$$(UNIT_DIR)/$1/ours.syms: $(O)/lib/xc/libxenctrl.symbols
	@mkdir -p $$(@D)
	$$(Q)sed 's/\([^ ]*\) .*/\1 ours_\1/' $$< >$$@

$$(UNIT_DIR)/$1/ours.o: $$(XC_SRC:%.c=$$(UNIT_DIR)/$1/%.o) \
		$$(UNIT_DIR)/$1/ours.syms
	$$(say) LD $$@
	$$(Q)$$(LD) -r -o $$@.all $$(filter %.o,$$^)
	$$(Q)$$(OBJCOPY) --redefine-syms=$$(UNIT_DIR)/$1/ours.syms $$@.all $$@

$$(UNIT_DIR)/$1/store.o: $$(STORE_SRC:%.c=$$(UNIT_DIR)/$1/%.o) $(UNIT_STORE)
	$$(say) LD $$@
	$$(Q)$$(LD) -r -o $$@.all $$(filter %.o,$$^)
	$$(Q)$$(OBJCOPY) --redefine-syms=$(UNIT_STORE) $$@.all $$@

$$(STORE_SRC:%.c=$$(UNIT_DIR)/$1/%.o): XB_CPPFLAGS += -Ilib/stable
$$(UNIT_DIR)/$1/test_store: $$(UNIT_DIR)/$1/store.o
$$(UNIT_DIR)/$1/test_store: UNIT_LIBS += -lxenstore \
	-Wl,--wrap=sendmsg,--wrap=read

$$(UNIT_DIR)/$1/selftests/unit/wire_api.o: $$(UNIT_DIR)/api_rows.h

$$(UNIT_HOSTILE:%.c=$$(UNIT_DIR)/$1/%.o): $$(UNIT_DIR)/hostile_rows.h

$$(UNIT_DIR)/$1/test_xc_wire: $$(UNIT_WIRE:%.c=$$(UNIT_DIR)/$1/%.o)
$$(UNIT_DIR)/$1/test_xc_hostile: \
	$$(UNIT_DIR)/$1/selftests/unit/hostile_xen.o
$$(UNIT_OURS:%=$$(UNIT_DIR)/$1/test_%): $$(UNIT_DIR)/$1/ours.o
$$(UNIT_OURS:%=$$(UNIT_DIR)/$1/test_%): UNIT_LIBS += -lxencall -lxenevtchn \
	-lxenforeignmemory -lxengnttab -lxendevicemodel -lxentoollog

# These compare a library of lib/stable with the distribution's, which they load.
$$(UNIT_DIR)/$1/selftests/unit/test_tool%.o: XB_CPPFLAGS += \
	-DTOOL_STOCK_DIR='"$$(dir $$(abspath $$(XC_STOCK)))"'
$$(UNIT_DIR)/$1/test_toolcore: \
	$$(STABLE_OBJ_libxentoolcore:%=$$(UNIT_DIR)/$1/lib/stable/%.o)
$$(UNIT_DIR)/$1/test_toollog: \
	$$(STABLE_OBJ_libxentoollog:%=$$(UNIT_DIR)/$1/lib/stable/%.o)

unit-$1: $$(UNIT_TESTS_$1:%=$$(UNIT_DIR)/$1/test_%)
	$$(Q)sh selftests/unit/run.sh $$(UNIT_DIR) $1 $$(UNIT_TESTS_$1)

.PHONY: unit-$1
unit: unit-$1
-include $$(wildcard $$(UNIT_DIR)/$1/lib/core/*.d \
	$$(UNIT_DIR)/$1/lib/xc/*.d $$(UNIT_DIR)/$1/lib/store/*.d \
	$$(UNIT_DIR)/$1/lib/stable/*.d \
	$$(UNIT_DIR)/$1/selftests/unit/*.d)
endef
$(foreach kind,$(UNIT_KINDS),$(eval $(call unit_kind,$(kind))))

.PHONY: unit
.SECONDARY:
