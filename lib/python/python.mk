# SPDX-License-Identifier: GPL-2.0-or-later
# The Python package xenbatch: an extension over libxenbatch.so.0 that uses
# Python's stable ABI (3.11 and later), and what is Python of it. Without
# Python's headers (python3-dev) it is left out.

PYTHON     ?= python3
PY_ASK      = $(shell $(PYTHON) -c 'import sys, sysconfig; $1' 2>/dev/null)
PY_INCLUDE := $(call PY_ASK,print(sysconfig.get_path("include")))
PY_VERSION := $(call PY_ASK,print("%d.%d" % sys.version_info[:2]))
# Where Debian's Python looks: below /usr by another name than elsewhere.
PYTHONDIR  ?= $(if $(filter /usr,$(PREFIX)),/usr/lib/python3,$\
	$(PREFIX)/lib/python$(PY_VERSION))/dist-packages

PY_SRC  := $(wildcard lib/python/*.c)
PY_OBJ  := $(PY_SRC:%.c=$(O)/%.o)
PY_PURE := $(wildcard lib/python/xenbatch/*.py)
PY_DIR  := $(O)/lib/python/xenbatch
PY_SO   := $(PY_DIR)/_xenbatch.abi3.so
PY_ALL  := $(PY_SO) $(PY_PURE:lib/python/%=$(O)/lib/python/%)
# -isystem: that Python's headers compile without a warning is not ours.
PY_CFLAGS := $(XB_CPPFLAGS) -isystem $(PY_INCLUDE) $(XB_CFLAGS)

.PHONY: lib lib-python install-python
lib: lib-python
ifneq ($(wildcard $(PY_INCLUDE)/Python.h),)
lib-python: $(PY_ALL)
else
lib-python:
	@echo "  SKIP    lib/python: there is no Python.h (python3-dev)"
endif

$(O)/lib/python/%.o: lib/python/%.c lib/python/python.mk
	@mkdir -p $(@D)
	$(say) CC $<
	$(Q)$(CC) $(PY_CFLAGS) $(CPPFLAGS) $(CFLAGS) -MMD -MP -c -o $@ $<

-include $(PY_OBJ:.o=.d)

# libpython is the program's; its symbols are found when this is loaded.
$(PY_SO): $(PY_OBJ) $(O)/lib/libxenbatch.so
	@mkdir -p $(@D)
	$(say) LD $@
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) -shared -Wl,-z,now -o $@ $(PY_OBJ) \
		-L$(O)/lib -lxenbatch -lm

$(PY_DIR)/%.py: lib/python/xenbatch/%.py
	@mkdir -p $(@D)
	$(Q)cp $< $@

install-python: lib-python
ifneq ($(wildcard $(PY_INCLUDE)/Python.h),)
	$(say) INSTALL $(DESTDIR)$(PYTHONDIR)/xenbatch
	$(Q)install -D -m 644 -t $(DESTDIR)$(PYTHONDIR)/xenbatch $(PY_ALL)
endif
