# SPDX-License-Identifier: GPL-2.0-or-later
# The program `xenbatch`.

TOOL_SRC := $(wildcard tools/*.c tools/*/*.c)
TOOL_OBJ := $(TOOL_SRC:%.c=$(O)/%.o)
TOOL_BIN := $(O)/tools/xenbatch

# What the drop-in and the library that it stands in for are called, and where
# the linker (and so the loader) finds the latter.
XENCTRL_STOCK  = $(shell $(CC) -print-file-name=libxenctrl.so)
XENCTRL_SONAME = $(shell readelf -d $(XENCTRL_STOCK) | \
	sed -n 's/.*(SONAME).*\[\(.*\)\]/\1/p')

# LIBDIR as seen from PREFIX/bin, so that a whole installation can be moved.
TOOL_LIBDIR = ../$(patsubst $(PREFIX)/%,%,$(LIBDIR))

TOOL_CPPFLAGS = $(XB_CPPFLAGS) -I$(O)/tools -DXENCTRL_SONAME='"$(XENCTRL_SONAME)"' \
	-DXENCTRL_RELEASE='"$(XENCTRL_SONAME:libxenctrl.so.%=%)"' \
	-DXENCTRL_STOCK_DIR='"$(abspath $(dir $(XENCTRL_STOCK)))"' \
	-DXENBATCH_DROPIN_DIR='"$(LIBDIR)/xenbatch"' \
	-DXENBATCH_DROPIN_BESIDE='"$(TOOL_LIBDIR)/xenbatch/"'
TOOL_LIBS = -L$(O)/lib -lxenbatch -ljson-c -lsmartcols -ldl -lm

.PHONY: tools install-tools
tools: $(TOOL_BIN)

$(O)/tools/%.o: tools/%.c tools/tools.mk
	$(say) CC $<
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(TOOL_CPPFLAGS) $(CPPFLAGS) $(XB_CFLAGS) $(CFLAGS) \
		-MMD -MP -c $< -o $@

# What hypercalls are called, from the headers of Xen that are installed.
$(O)/tools/run/names.o: $(O)/tools/run/hypercalls.inc
$(O)/tools/run/hypercalls.inc: tools/run/headers.h tools/run/names.awk
	@mkdir -p $(@D)
	$(Q)$(CC) -E -dD tools/run/headers.h >$@.headers
	$(Q)awk -f tools/run/names.awk $@.headers >$@

# $$ORIGIN: runs from build/ as it is, and installed without ldconfig.
$(TOOL_BIN): $(TOOL_OBJ) | lib
	$(say) LD $@
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) $(TOOL_OBJ) -o $@ $(TOOL_LIBS) \
		-Wl,-rpath,'$$ORIGIN/../lib:$$ORIGIN/$(TOOL_LIBDIR)' \
		-Wl,--enable-new-dtags

install-tools: tools
	$(Q)install -D -m 755 $(TOOL_BIN) $(DESTDIR)$(PREFIX)/bin/xenbatch

-include $(TOOL_OBJ:.o=.d)
