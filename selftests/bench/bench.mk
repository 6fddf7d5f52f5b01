# SPDX-License-Identifier: GPL-2.0-or-later
#
# Instructions an operation, in the rig under icount: stock libxenctrl, ours,
# and the hypercalls alone. ROW=name: only that row.

BENCH = selftests/bench/bench.py --build $(O) --ko $(BENCH_KO) \
	$(addprefix --row ,$(ROW))

.PHONY: bench bench-record bench-markdown bench-check

bench: kmod-bench lib tools dom0-tests
	$(Q)$(BENCH)

# The same, and what was measured becomes what later runs are held against.
bench-record: kmod-bench lib tools dom0-tests
	$(Q)$(BENCH) --record

# Would a worse figure be noticed? Needs no emulator.
bench-check:
	$(Q)selftests/bench/test_bench.py -q

# The last results again, for README.md.
bench-markdown:
	$(Q)selftests/bench/bench.py --build $(O) --markdown
