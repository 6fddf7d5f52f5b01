# SPDX-License-Identifier: GPL-2.0-or-later
# Our libxenctrl, made for the libxen-dev that is installed or lies in XEN_DEV:
# soname and version node are those of the stock library there. 4.14 has no node.
XC_SRC   := $(wildcard lib/xc/*.c)
XC_OBJ   := $(XC_SRC:%.c=$(O)/%.o)
XC_STOCK := $(or $(XEN_DEV:%=$(XEN_LIBDIR)/libxenctrl.so),\
	$(shell $(CC) -print-file-name=libxenctrl.so))
XC_ELF   := $(shell readelf -W -d -V $(XC_STOCK) 2>/dev/null | \
	sed -n -e 's/.*SONAME.*\[\(.*\)\].*/\1/p' \
	       -e 's/.*Index: 2 .*Name: \(.*\)/\1/p' | head -n 2)
XC_SONAME := $(firstword $(XC_ELF))
XC_NODE   := $(word 2,$(XC_ELF))
XC_RELEASE := $(XC_SONAME:libxenctrl.so.%=%)
XB_CPPFLAGS += -DXC_RELEASE=$(or $(subst .,,$(XC_RELEASE)),0)
XC_SO     := $(O)/lib/$(XC_SONAME)
XC_LIBS   := -lxencall -lxenevtchn -lxenforeignmemory -lxengnttab \
	-lxendevicemodel -lxentoolcore -lxentoollog -lpthread
# One folder to look into: each more costs a program's start a dozen failing
# system calls. libxenbatch is there too (a link, where it is installed).
# libxenguest relies on our needing these, whether we call them or not.
XC_LD     := -shared -Wl,-soname,$(XC_SONAME) -Wl,-z,now -Wl,-z,defs \
	-Wl,-Bsymbolic-functions -Wl,--no-as-needed \
	-Wl,--version-script=$(O)/lib/xc/libxenctrl.map \
	-Wl,-rpath,'$$ORIGIN'

.PHONY: lib lib-xc install-xc
lib: lib-xc
lib-xc: $(O)/lib/libxenctrl.so $(O)/lib/xenbatch-xc.pc

$(O)/lib/xc/%.o: lib/xc/%.c lib/xc/xc.mk
	@mkdir -p $(@D)
	$(say) CC $<
	$(Q)$(CC) $(XB_CPPFLAGS) $(CPPFLAGS) $(XB_CFLAGS) $(CFLAGS) -MMD -MP \
		-c -o $@ $<

-include $(XC_OBJ:.o=.d)

# Stock's functions of this release under stock's own node, and ours. Without a
# node what is not named is global; all but XC_API is hidden anyway.
XC_ROWS = $(CC) -E -P -x c '-DXC(n,g,h,w,s,e)=n s e' '-DXC_DATA(n,s,e)=n s e' \
	'-DXC_OWN(n,g)=n own -' lib/xc/api.def
$(O)/lib/xc/libxenctrl.symbols: lib/xc/api.def lib/xc/xc.mk
	@mkdir -p $(@D)
	$(Q)test -n "$(XC_SONAME)" || { echo "xenbatch: $(XC_STOCK) has no" \
		"soname: is libxen-dev installed?"; exit 1; }
	$(Q)$(XC_ROWS) | awk -v release=$(XC_RELEASE) '$$2 == "own" || \
		$$2 <= release && ($$3 == "-" || release < $$3) \
		{ print $$1, $$2 == "own" ? "own" : "stock" }' >$@

$(O)/lib/xc/libxenctrl.map: $(O)/lib/xc/libxenctrl.symbols
	$(Q)awk -v node=$(XC_NODE) ' \
		{ list[$$2] = list[$$2] "\t\t" $$1 ";\n" } \
		END { form = "%s {\n\tglobal:\n%s%s};\n"; \
			if (node) printf form, node, list["stock"], \
				"\tlocal:\n\t\t*;\n"; \
			printf form, "XENBATCH_XC_0", list["own"], "" }' \
		$< >$@

$(XC_SO): $(XC_OBJ) $(O)/lib/xc/libxenctrl.map $(O)/lib/libxenbatch.so
	@mkdir -p $(@D)
	$(say) LD $@
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) $(XC_LD) -o $@ $(XC_OBJ) \
		-L$(O)/lib -lxenbatch $(XC_LIBS)

$(O)/lib/libxenctrl.so: $(XC_SO)
	$(Q)ln -sf $(<F) $@

$(O)/lib/xenbatch-xc.pc: lib/xc/xenbatch-xc.pc.in FORCE
	@mkdir -p $(@D)
	$(Q)sed -e 's|@PREFIX@|$(PREFIX)|' -e 's|@LIBDIR@|$(LIBDIR)|' \
		-e 's|@VERSION@|$(VERSION)|' $< >$@.new
	$(Q)if cmp -s $@.new $@; then rm $@.new; else mv $@.new $@; fi

# A folder of its own: the distribution's library stays what programs get.
install-xc: lib-xc
	$(say) INSTALL $(DESTDIR)$(LIBDIR)/xenbatch/$(XC_SONAME)
	$(Q)install -D -m 644 $(XC_SO) \
		$(DESTDIR)$(LIBDIR)/xenbatch/$(XC_SONAME)
	$(Q)ln -sf $(XC_SONAME) $(DESTDIR)$(LIBDIR)/xenbatch/libxenctrl.so
	$(Q)ln -sf ../libxenbatch.so.0 $(DESTDIR)$(LIBDIR)/xenbatch/
	$(Q)install -D -m 644 lib/xc/xenbatch_xc.h \
		$(DESTDIR)$(PREFIX)/include/xenbatch_xc.h
	$(Q)install -D -m 644 $(O)/lib/xenbatch-xc.pc \
		$(DESTDIR)$(LIBDIR)/pkgconfig/xenbatch-xc.pc
