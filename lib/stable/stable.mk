# SPDX-License-Identifier: GPL-2.0-or-later
# Drop-ins for the stable Xen libraries, under stock's sonames and versions. One
# build serves every Xen from 4.14 to 4.22: their maps are the same, but for
# xenevtchn_fdopen, which came with 4.15.

# The others name the first two as what they need; which one is loaded, ours or
# stock's, is the same to them.
STABLE_BASE := libxentoolcore libxentoollog
STABLE_LIBS := $(STABLE_BASE) libxencall libxendevicemodel libxenevtchn \
	libxenforeignmemory libxengnttab
STABLE_SO   := $(STABLE_LIBS:%=$(O)/lib/%.so.1)
STABLE_CPPFLAGS := $(XB_CPPFLAGS) -Ilib/stable
STABLE_LD   = -shared -Wl,-soname,$(@F) -Wl,-z,now -Wl,-z,defs \
	-Wl,-Bsymbolic-functions -Wl,--as-needed
STABLE_LDLIBS = $(if $(filter $(STABLE_BASE:%=%.so.1),$(@F)),,-lxentoollog \
	-lxentoolcore) -lpthread

STABLE_OBJ_libxentoolcore := toolcore
STABLE_OBJ_libxentoollog := toollog toollog_stdio
STABLE_OBJ_libxenforeignmemory := foreignmemory foreign_stock \
	foreign_fast fast areas berth
STABLE_OBJ_libxengnttab := gnttab gnttab_stock \
	gnttab_fast dmabuf gntshr fast areas berth
STABLE_OBJ_libxenevtchn := evtchn
STABLE_OBJ_libxencall := call call_buffer
STABLE_OBJ_libxendevicemodel := devicemodel devicemodel_stock \
	devicemodel_fast fast areas berth
# Ours or stock's, likewise.
STABLE_LDLIBS_libxendevicemodel := -lxencall
STABLE_OBJ := $(sort $(foreach l,$(STABLE_LIBS),$(STABLE_OBJ_$(l))))

.PHONY: lib lib-stable install-stable
lib: lib-stable
lib-stable: $(STABLE_SO)

$(O)/lib/stable/%.o: lib/stable/%.c lib/stable/stable.mk
	@mkdir -p $(@D)
	$(say) CC $<
	$(Q)$(CC) $(STABLE_CPPFLAGS) $(CPPFLAGS) $(XB_CFLAGS) $(CFLAGS) -MMD \
		-MP -c -o $@ $<

-include $(STABLE_OBJ:%=$(O)/lib/stable/%.d)

define stable_so
$(O)/lib/$(1).so.1: $(STABLE_OBJ_$(1):%=$(O)/lib/stable/%.o) lib/stable/$(1).map
	$$(say) LD $$@
	$$(Q)$$(CC) $$(CFLAGS) $$(LDFLAGS) $$(STABLE_LD) \
		-Wl,--version-script=lib/stable/$(1).map -o $$@ \
		$$(filter %.o,$$^) $$(STABLE_LDLIBS_$(1)) $$(STABLE_LDLIBS)
endef
$(foreach l,$(STABLE_LIBS),$(eval $(call stable_so,$(l))))

# A folder of its own: the distribution's libraries stay what programs get.
install-stable: lib-stable
	$(Q)for so in $(STABLE_SO); do \
		printf '  INSTALL %s\n' \
			$(DESTDIR)$(LIBDIR)/xenbatch/$${so##*/}; \
		install -D -m 644 $$so \
			$(DESTDIR)$(LIBDIR)/xenbatch/$${so##*/} || exit 1; \
	done
