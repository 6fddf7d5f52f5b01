# SPDX-License-Identifier: GPL-2.0-or-later
# `xenbatch run` over a fake library: no Xen.

WATCHED := $(O)/selftests/watch
WATCHED_CFLAGS = $(XB_CPPFLAGS) -Iselftests/watch -std=gnu11 -Wall -Wextra \
	-Werror -O1 -g

unit: unit-watch
.PHONY: unit-watch
unit-watch: lib tools $(WATCHED)/client $(WATCHED)/script
	$(Q)python3 selftests/watch/test_run.py $(O) >$(WATCHED)/log 2>&1; rc=$$?; \
	printf '  %-7s %-5s %s: %d passed\n' UNIT run watch \
		"$$(grep -c ' \.\.\. ok$$' $(WATCHED)/log)"; \
	[ $$rc = 0 ] || { tail -n 40 $(WATCHED)/log; exit 1; }

$(WATCHED)/libxencall.so.1: selftests/watch/libxencall.c selftests/watch/fake.h
	@mkdir -p $(@D)
	$(say) LD $@
	$(Q)$(CC) $(WATCHED_CFLAGS) -fPIC -shared -Wl,-soname,$(@F) $< -o $@

$(WATCHED)/client: selftests/watch/client.c $(WATCHED)/libxencall.so.1
	$(say) LD $@
	$(Q)$(CC) $(WATCHED_CFLAGS) -rdynamic $^ -lpthread -o $@

$(WATCHED)/static:
	@mkdir -p $(@D)
	$(Q)echo 'int main(void) { return 3; }' | \
		$(CC) -static -x c - -o $@

# A script is as static as what runs it.
$(WATCHED)/script: $(WATCHED)/static
	$(Q)echo '#! $(abspath $(WATCHED)/static)' >$@
	$(Q)chmod +x $@
