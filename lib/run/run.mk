# SPDX-License-Identifier: GPL-2.0-or-later
# What `xenbatch run` gives to programs: all our libraries as one, under the names
# of each. Ten libraries more to load cost a program's start more than it saves
# in a few hypercalls; the loader knows by the inode that it has this one already.
# One links with the others, of which each has its own soname.

RUN_DIR   := $(O)/lib/run
RUN_SO    := $(RUN_DIR)/libxenbatch-run.so
RUN_NAMES := $(XC_SONAME) $(STABLE_LIBS:%=%.so.1) $(STORE_NAME) libxenbatch.so.0
RUN_LINKS := $(RUN_NAMES:%=$(RUN_DIR)/%)
RUN_MAPS  := $(O)/lib/xc/libxenctrl.map $(STABLE_LIBS:%=lib/stable/%.map) \
	lib/store/libxenstore.map lib/core/libxenbatch.map
RUN_OBJ   := $(CORE_OBJ) $(STABLE_OBJ:%=$(O)/lib/stable/%.o) $(STORE_OBJ) $(XC_OBJ)

.PHONY: lib lib-run install-run
lib: lib-run
lib-run: $(RUN_LINKS)

# Nodes of one name are one: what each map says is global in it. What is not named
# is hidden, which in 4.14's libxenctrl, that has no node, the compiler sees to.
$(RUN_DIR)/libxenbatch-run.map: $(RUN_MAPS) lib/run/run.mk
	@mkdir -p $(@D)
	$(Q)awk -v local=$(if $(XC_NODE),'\tlocal:\n\t\t*;\n') ' \
		/^[A-Za-z].*{/ { node = $$1; \
			if (!(node in seen)) order[++nodes] = node; \
			seen[node] } \
		/^\t\t[A-Za-z0-9_]+;/ { names[node] = names[node] $$0 "\n" } \
		/^}/ { sub(/^} */, ""); sub(/;/, ""); \
			if ($$0 != "") after[node] = " " $$0 } \
		END { for (i = 1; i <= nodes; i++) { \
			node = order[i]; \
			printf "%s {\n\tglobal:\n%s%s}%s;\n", node, \
				names[node], i == 1 ? local : "", \
				after[node] } }' $(RUN_MAPS) >$@

$(RUN_SO): $(RUN_OBJ) $(RUN_DIR)/libxenbatch-run.map
	$(say) LD $@
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) -shared -Wl,-soname,$(@F) -Wl,-z,now \
		-Wl,-z,defs -Wl,-Bsymbolic-functions -Wl,--as-needed \
		-Wl,--version-script=$(RUN_DIR)/libxenbatch-run.map -o $@ \
		$(RUN_OBJ) -lpthread

$(RUN_LINKS): $(RUN_SO)
	$(Q)ln -sf $(<F) $@

install-run: lib-run
	$(say) INSTALL $(DESTDIR)$(LIBDIR)/xenbatch/run/$(notdir $(RUN_SO))
	$(Q)install -D -m 644 $(RUN_SO) \
		$(DESTDIR)$(LIBDIR)/xenbatch/run/$(notdir $(RUN_SO))
	$(Q)for name in $(RUN_NAMES); do \
		ln -sf $(notdir $(RUN_SO)) \
			$(DESTDIR)$(LIBDIR)/xenbatch/run/$$name || exit 1; \
	done
