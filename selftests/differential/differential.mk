# SPDX-License-Identifier: GPL-2.0-or-later
# Is every function of libxenctrl compared with stock's? Without an emulator: what
# the programs compare is written in them.

DIFFERENTIAL := selftests/differential
DIFFERENTIAL_DOM0 := $(patsubst selftests/dom0/%.c,$(O)/selftests/dom0/%,\
	$(wildcard selftests/dom0/xc_diff*.c selftests/dom0/xc_wire*.c))
DIFFERENTIAL_UNIT := $(O)/selftests/unit/gcc/test_xc_wire

.PHONY: differential
differential: dom0-tests $(DIFFERENTIAL_UNIT)
	$(say) TEST $(DIFFERENTIAL)
	$(Q)$(DIFFERENTIAL)/check.py --cc "$(CC)" --stock $(XC_STOCK) \
		$(DIFFERENTIAL_DOM0) $(DIFFERENTIAL_UNIT)
