# SPDX-License-Identifier: GPL-2.0-or-later
# The Python package over the simulated hypervisor: the extension, linked with
# it, under AddressSanitizer and UBSan. See selftests/unit/unit.mk.

PY_TEST    := $(O)/selftests/python
PY_UNIT    := $(O)/selftests/unit/gcc
PY_TEST_SO := $(PY_TEST)/xenbatch/_xenbatch.abi3.so
PY_TEST_OBJ := $(PY_SRC:%.c=$(PY_UNIT)/%.o) \
	$(PY_UNIT)/selftests/python/fake.o
PY_SANITIZER = $(shell $(firstword $(UNIT_gcc)) -print-file-name=libasan.so)

.PHONY: python-check
python-check: $(PY_TEST_SO) $(PY_PURE:lib/python/%=$(PY_TEST)/%)
	$(Q)for backend in fake module stock; do \
		if LD_PRELOAD=$(PY_SANITIZER) ASAN_OPTIONS=detect_leaks=0 \
			PYTHONPATH=$(PY_TEST) XENBATCH_BACKEND=$$backend \
			PYTHONDONTWRITEBYTECODE=1 PYTHONMALLOC=malloc \
			timeout 300 $(PYTHON) selftests/python/test_python.py \
			>$(PY_TEST)/$$backend.log 2>&1; then \
			printf '  %-7s python over %s: %s\n' UNIT $$backend \
				"$$(grep '^Ran' $(PY_TEST)/$$backend.log)"; \
		else tail -n 40 $(PY_TEST)/$$backend.log; \
			echo "all of it: $(PY_TEST)/$$backend.log"; exit 1; \
		fi; done

$(PY_SRC:%.c=$(PY_UNIT)/%.o): XB_CPPFLAGS += -isystem $(PY_INCLUDE)

$(PY_TEST_SO): $(PY_TEST_OBJ) $(PY_UNIT)/libxenbatch-fake.a
	@mkdir -p $(@D)
	$(say) LD $@
	$(Q)$(UNIT_gcc) -shared -o $@ $^ -lxentoolcore -lpthread -lm

$(PY_TEST)/xenbatch/%.py: lib/python/xenbatch/%.py
	@mkdir -p $(@D)
	$(Q)cp $< $@
-include $(PY_TEST_OBJ:.o=.d)
