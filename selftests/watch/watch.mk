# SPDX-License-Identifier: GPL-2.0-or-later
# `xenbatch run` over a fake library: no Xen.

WATCHED := $(O)/selftests/watch
WATCHED_CFLAGS = $(XB_CPPFLAGS) -Iselftests/watch -std=gnu11 -Wall -Wextra \
	-Werror -O1 -g

unit: unit-watch
.PHONY: unit-watch
unit-watch: lib tools $(WATCHED)/client $(WATCHED)/noplt/client \
		$(WATCHED)/script
	$(Q)python3 selftests/watch/test_run.py $(O) >$(WATCHED)/log 2>&1; rc=$$?; \
	printf '  %-7s %-5s %s: %d passed\n' UNIT run watch \
		"$$(grep -c ' \.\.\. ok$$' $(WATCHED)/log)"; \
	[ $$rc = 0 ] || { tail -n 40 $(WATCHED)/log; exit 1; }

# As Debian builds, and as distributions that bind without the loader's asking an
# auditor (-fno-plt).
$(WATCHED)/noplt/%: NOPLT := -fno-plt
define watched_pair
$(WATCHED)/$(1)libxencall.so.1: selftests/watch/libxencall.c \
		selftests/watch/fake.h
	@mkdir -p $$(@D)
	$$(say) LD $$@
	$$(Q)$$(CC) $$(WATCHED_CFLAGS) $$(NOPLT) -fPIC -shared -Wl,-z,now \
		-Wl,-soname,$$(@F) $$< -o $$@

$(WATCHED)/$(1)client: selftests/watch/client.c $(WATCHED)/$(1)libxencall.so.1
	$$(say) LD $$@
	$$(Q)$$(CC) $$(WATCHED_CFLAGS) $$(NOPLT) -rdynamic -Wl,-z,now $$^ \
		-lpthread -o $$@
endef
$(foreach d,| |noplt/,$(eval $(call watched_pair,$(patsubst |%,%,$(d)))))

$(WATCHED)/static:
	@mkdir -p $(@D)
	$(Q)echo 'int main(void) { return 3; }' | \
		$(CC) -static -x c - -o $@

# A script is as static as what runs it.
$(WATCHED)/script: $(WATCHED)/static
	$(Q)echo '#! $(abspath $(WATCHED)/static)' >$@
	$(Q)chmod +x $@
