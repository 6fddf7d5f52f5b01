# SPDX-License-Identifier: GPL-2.0-or-later
#
# The module against the headers of every kernel that is supported.
# SUITE=host, arm64, bookworm-backports or sid: only that one.

.PHONY: kmod-matrix
kmod-matrix:
	$(Q)selftests/rig/matrix.py --build $(O) --kdir $(KDIR) \
		--version $(VERSION) $(if $(SUITE),--only $(SUITE))
