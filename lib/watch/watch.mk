# SPDX-License-Identifier: GPL-2.0-or-later
# What `xenbatch run --stats` puts under a program: the auditor watch.so, and
# those of our libraries that make a system call without libc once more, in which
# they make it by libc, where it is seen (lib/core/os.h).

WATCH_DIR  := $(O)/lib/watch
WATCH_SRC  := $(wildcard lib/watch/*.c)
WATCH_LIBS := libxendevicemodel libxenforeignmemory libxengnttab
WATCH_SO   := $(WATCH_DIR)/libxenbatch.so.0 $(WATCH_LIBS:%=$(WATCH_DIR)/%.so.1)
WATCH_CPPFLAGS := $(STABLE_CPPFLAGS) -DXB_OS_WATCHED

# Its thunks are machine code.
ifneq ($(filter x86_64-%,$(shell $(CC) -dumpmachine)),)
WATCH_SO += $(WATCH_DIR)/watch.so
endif

.PHONY: lib lib-watch install-watch
lib: lib-watch
lib-watch: $(WATCH_SO)

$(WATCH_DIR)/%.o: lib/%.c lib/watch/watch.mk
	@mkdir -p $(@D)
	$(say) CC '$< (watched)'
	$(Q)$(CC) $(WATCH_CPPFLAGS) $(CPPFLAGS) $(XB_CFLAGS) $(CFLAGS) -MMD \
		-MP -c -o $@ $<

-include $(wildcard $(WATCH_DIR)/*/*.d)

$(WATCH_DIR)/watch.so: $(WATCH_SRC:lib/%.c=$(WATCH_DIR)/%.o)
	$(say) LD $@
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) -shared -Wl,-z,now -Wl,-z,defs -o $@ $^

$(WATCH_DIR)/libxenbatch.so.0: $(CORE_SRC:lib/%.c=$(WATCH_DIR)/%.o) \
		lib/core/libxenbatch.map
	$(say) LD $@
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) $(CORE_LD) -o $@ $(filter %.o,$^) \
		$(CORE_LIBS)

define watch_so
$(WATCH_DIR)/$(1).so.1: $(STABLE_OBJ_$(1):%=$(WATCH_DIR)/stable/%.o) \
		lib/stable/$(1).map
	$$(say) LD $$@
	$$(Q)$$(CC) $$(CFLAGS) $$(LDFLAGS) $$(STABLE_LD) \
		-Wl,--version-script=lib/stable/$(1).map -o $$@ \
		$$(filter %.o,$$^) $$(STABLE_LDLIBS_$(1)) $$(STABLE_LDLIBS)
endef
$(foreach l,$(WATCH_LIBS),$(eval $(call watch_so,$(l))))

install-watch: lib-watch
	$(Q)for so in $(WATCH_SO); do \
		printf '  INSTALL %s\n' \
			$(DESTDIR)$(LIBDIR)/xenbatch/watch/$${so##*/}; \
		install -D -m 644 $$so \
			$(DESTDIR)$(LIBDIR)/xenbatch/watch/$${so##*/} || exit 1; \
	done
