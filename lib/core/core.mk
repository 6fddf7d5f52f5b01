# SPDX-License-Identifier: GPL-2.0-or-later
# libxenbatch.so.0: the native API, and the lanes that libraries above build on.

# The simulated hypervisor is for tests only: selftests/unit/unit.mk.
CORE_FAKE := lib/core/backend_fake.c $(wildcard lib/core/fake_*.c)
CORE_SRC  := $(filter-out $(CORE_FAKE),$(wildcard lib/core/*.c))
CORE_OBJ  := $(CORE_SRC:%.c=$(O)/%.o)
CORE_SO   := $(O)/lib/libxenbatch.so.$(VERSION)
CORE_LIBS := -lxentoolcore -lpthread
CORE_LD   := -shared -Wl,-soname,libxenbatch.so.0 -Wl,-z,now -Wl,-z,defs \
	-Wl,-Bsymbolic-functions -Wl,--version-script=lib/core/libxenbatch.map

.PHONY: lib lib-core install-core
lib: lib-core
lib-core: $(O)/lib/libxenbatch.so $(O)/lib/libxenbatch.so.0 $(O)/lib/xenbatch.pc

$(O)/lib/core/%.o: lib/core/%.c lib/core/core.mk
	@mkdir -p $(@D)
	$(say) CC $<
	$(Q)$(CC) $(XB_CPPFLAGS) $(CPPFLAGS) $(XB_CFLAGS) $(CFLAGS) -MMD -MP \
		-c -o $@ $<

-include $(CORE_OBJ:.o=.d)

$(CORE_SO): $(CORE_OBJ) lib/core/libxenbatch.map
	@mkdir -p $(@D)
	$(say) LD $@
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) $(CORE_LD) -o $@ $(CORE_OBJ) $(CORE_LIBS)

$(O)/lib/libxenbatch.so.0: $(CORE_SO)
	$(Q)ln -sf $(<F) $@

$(O)/lib/libxenbatch.so: $(O)/lib/libxenbatch.so.0
	$(Q)ln -sf $(<F) $@

# Depends on where it will be installed: made anew each time, moved if changed.
$(O)/lib/xenbatch.pc: lib/core/xenbatch.pc.in FORCE
	@mkdir -p $(@D)
	$(Q)sed -e 's|@PREFIX@|$(PREFIX)|' -e 's|@LIBDIR@|$(LIBDIR)|' \
		-e 's|@VERSION@|$(VERSION)|' $< >$@.new
	$(Q)if cmp -s $@.new $@; then rm $@.new; else mv $@.new $@; fi

.PHONY: FORCE
FORCE:

install-core: lib-core
	$(say) INSTALL $(DESTDIR)$(LIBDIR)/libxenbatch.so.0
	$(Q)install -D -m 644 $(CORE_SO) $(DESTDIR)$(LIBDIR)/$(notdir $(CORE_SO))
	$(Q)ln -sf $(notdir $(CORE_SO)) $(DESTDIR)$(LIBDIR)/libxenbatch.so.0
	$(Q)ln -sf libxenbatch.so.0 $(DESTDIR)$(LIBDIR)/libxenbatch.so
	$(Q)install -D -m 644 lib/core/xenbatch.h \
		$(DESTDIR)$(PREFIX)/include/xenbatch.h
	$(Q)install -D -m 644 uapi/xenbatch.h \
		$(DESTDIR)$(PREFIX)/include/linux/xenbatch.h
	$(Q)install -D -m 644 $(O)/lib/xenbatch.pc \
		$(DESTDIR)$(LIBDIR)/pkgconfig/xenbatch.pc
