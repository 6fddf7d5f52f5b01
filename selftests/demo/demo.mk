# SPDX-License-Identifier: GPL-2.0-or-later
#
# A real Xen in an emulator, some guests, and one sweep over them both ways.

DEMO_DIR := $(O)/selftests/demo
DEMO_OBJ := $(DEMO_DIR)/demo.o $(O)/tools/error.o $(O)/tools/module.o \
	$(patsubst %.c,$(O)/%.o,$(filter-out %/program.c,\
	$(wildcard tools/bench/*.c)))

.PHONY: demo demo-programs

# Packages first: without them nothing of the rest can be made.
demo: setup
	$(Q)+$(MAKE) demo-programs kmod lib tools
	$(Q)selftests/demo/demo.sh $(O)

demo-programs: $(DEMO_DIR)/demo $(DEMO_DIR)/guest

$(DEMO_DIR)/demo.o: selftests/demo/demo.c selftests/demo/demo.mk
	$(say) CC $<
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) $(XB_CPPFLAGS) $(CPPFLAGS) $(XB_CFLAGS) $(CFLAGS) \
		-MMD -MP -c $< -o $@

$(DEMO_DIR)/demo: $(DEMO_OBJ) | lib
	$(say) LD $@
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) $^ -o $@ $(TOOL_LIBS) \
		-Wl,-rpath,'$$ORIGIN/../../lib'

# Linked at 1 MiB with its notes right behind, so that it fits a small guest.
$(DEMO_DIR)/guest: selftests/demo/guest.S selftests/demo/demo.mk
	$(say) AS $@
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) -nostdlib -static -Wl,--build-id=none -Wl,-Ttext=0x100000 \
		-Wl,--section-start=.note.xen=0x102000 $< -o $@

-include $(DEMO_DIR)/demo.d
