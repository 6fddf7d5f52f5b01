# SPDX-License-Identifier: GPL-2.0-or-later
# A drop-in for libxenstore, by which programs that manage machines ask more than
# by any other library: one build for Xen 4.17 to 4.22, whose maps are the same.

STORE_NAME := libxenstore.so.4
STORE_SO   := $(O)/lib/$(STORE_NAME)
STORE_SRC  := $(wildcard lib/store/*.c)
STORE_OBJ  := $(STORE_SRC:%.c=$(O)/%.o)

.PHONY: lib lib-store install-store
lib: lib-store
lib-store: $(STORE_SO)

$(O)/lib/store/%.o: lib/store/%.c lib/store/store.mk
	@mkdir -p $(@D)
	$(say) CC $<
	$(Q)$(CC) $(STABLE_CPPFLAGS) $(CPPFLAGS) $(XB_CFLAGS) $(CFLAGS) -MMD \
		-MP -c -o $@ $<

-include $(STORE_OBJ:.o=.d)

$(STORE_SO): $(STORE_OBJ) lib/store/libxenstore.map
	$(say) LD $@
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) $(STABLE_LD) \
		-Wl,--version-script=lib/store/libxenstore.map -o $@ \
		$(STORE_OBJ) -lxentoolcore -lpthread

install-store: lib-store
	$(say) INSTALL $(DESTDIR)$(LIBDIR)/xenbatch/$(STORE_NAME)
	$(Q)install -D -m 644 $(STORE_SO) \
		$(DESTDIR)$(LIBDIR)/xenbatch/$(STORE_NAME)
