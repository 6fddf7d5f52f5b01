# SPDX-License-Identifier: GPL-2.0-or-later
#
# xenbatch: a kernel module and a library for batched hypercalls in a Xen dom0.
# `make help` says what there is to make. Everything that is built lies under
# build/; each folder's own rules are in its .mk file.

VERSION := 0.1.0

# Debian packages that building, testing and showing need: the one list.
DEPS := build-essential clang libclang-rt-14-dev cppcheck sparse pkg-config \
	linux-headers-amd64 linux-source libxen-dev libjson-c-dev \
	gcc-aarch64-linux-gnu libc6-dev-arm64-cross qemu-system-arm \
	libsmartcols-dev libcmocka-dev qemu-system-x86 python3 cpio rsync \
	xz-utils kmod file perl shellcheck pyflakes3 python3-dev

O      := build
CC     ?= gcc
CFLAGS ?= -O2 -g
PREFIX ?= /usr/local
LIBDIR ?= $(PREFIX)/lib/$(shell $(CC) -print-multiarch 2>/dev/null)

# Kernels whose headers are here, oldest first.
KRELS := $(shell ls -1v /lib/modules 2>/dev/null | while read r; do \
	[ -d /lib/modules/$$r/build ] && echo $$r; done)

# The kernel to build the module for: the running one if its headers are here,
# or else the newest whose headers are. What boots in the rig is Debian's newest
# plain kernel, whatever runs here.
RIG_GOALS := dom0-% pvh-% bench% demo% refuse-%
ifneq ($(filter $(RIG_GOALS),$(MAKECMDGOALS)),)
KREL ?= $(shell echo $(KRELS) | tr ' ' '\n' | \
	grep -E '^[0-9.]+(\+deb[0-9]+)?(-[0-9]+)?-amd64$$' | tail -n 1)
export XENBATCH_KREL := $(KREL)
else
KREL ?= $(or $(filter $(shell uname -r),$(KRELS)),$(lastword $(KRELS)))
endif
KDIR ?= /lib/modules/$(KREL)/build

XB_CPPFLAGS := -I. -Ilib/core -D_GNU_SOURCE -DXENBATCH_VERSION='"$(VERSION)"'

# The libxen-dev to build for: the installed one, or a folder in which another
# (and the libraries it needs) was unpacked by `dpkg -x`.
ifneq ($(XEN_DEV),)
XEN_LIBDIR  := $(XEN_DEV)/usr/lib/$(shell $(CC) -print-multiarch)
XB_CPPFLAGS += -isystem $(XEN_DEV)/usr/include
override LDFLAGS += -L$(XEN_LIBDIR) -Wl,-rpath-link,$(XEN_LIBDIR) \
	-Wl,--allow-shlib-undefined
endif

XB_CFLAGS   := -std=gnu11 -Wall -Wextra -Werror -fvisibility=hidden -fPIC

# `  CC lib/core/arena.c`, or with V=1 the command itself.
ifeq ($(V),1)
Q :=
say = @:
else
Q := @
say = @printf '  %-7s %s\n'
MAKEFLAGS += --no-print-directory
endif

.DEFAULT_GOAL := all
.DELETE_ON_ERROR:
.SUFFIXES:

# lib/run is made of the libraries before it.
RULES := $(sort $(wildcard kmod/*.mk lib/*/*.mk))
include $(filter-out lib/run/%,$(RULES)) lib/run/run.mk
include $(sort $(wildcard tools/*.mk selftests/*/*.mk))

.PHONY: all setup help install install-check clean check lint
all: kmod lib tools
all kmod lib tools:
	@:

# Install what is missing from DEPS, or say how.
setup:
	$(Q)missing=; for p in $(DEPS); do \
		dpkg-query -W -f '$${Status}' $$p 2>/dev/null | \
			grep -q 'ok installed' || missing="$$missing $$p"; \
	done; \
	[ -z "$$missing" ] && exit 0; \
	if [ "$$(id -u)" = 0 ]; then sudo=; \
	elif sudo -n true 2>/dev/null; then sudo=sudo; \
	else echo "xenbatch: packages are missing, please run:"; \
		echo "  apt-get install --no-install-recommends$$missing"; \
		exit 1; \
	fi; \
	mkdir -p $(O); echo "  SETUP  $$missing"; \
	{ $$sudo apt-get update && \
	  DEBIAN_FRONTEND=noninteractive $$sudo apt-get install -y \
		--no-install-recommends $$missing; } \
		>$(O)/setup.log 2>&1 </dev/null || \
	{ tail -n 40 $(O)/setup.log; echo "all of it: $(O)/setup.log"; exit 1; }

# What `make check` is made of, in this order.
CHECKS := all lint abi-check releases kmod-check kmod-matrix unit differential \
	python-check rig-check bench-check install-check dom0-check pvh-check \
	arm64-check refuse-check bench demo

check: setup
	@MAKE="$(MAKE)" selftests/check.sh $(O) $(CHECKS)

install: install-kmod install-core install-xc install-stable install-store \
	install-run install-watch install-python install-tools

# Everything installed to an empty folder, and a stranger's program built from
# there with nothing but pkg-config.
install-check: all
	$(Q)selftests/install-check.sh $(O) "$(MAKE)"

# -Wall -Wextra -Werror of the other compiler too, and the tools for the rest.
lint:
	$(say) LINT C
	$(Q)mkdir -p $(O)
	$(Q)$(MAKE) O=$(O)/lint CC=clang lib tools demo-programs \
		>$(O)/lint.log 2>&1 || \
		{ tail -n 40 $(O)/lint.log; exit 1; }
	$(Q)cppcheck --quiet --error-exitcode=1 --std=c11 --inline-suppr \
		--enable=warning,portability --suppress=missingInclude \
		-j 2 -I. -Ilib/core -i lib/python lib tools
	$(Q)cppcheck --quiet --error-exitcode=1 --std=c11 \
		--enable=warning,portability --suppress=missingInclude \
		-D'Py_RETURN_NONE=return 0' -D'Py_BEGIN_ALLOW_THREADS={' \
		-D'Py_END_ALLOW_THREADS=}' -Ilib/core lib/python
	$(say) LINT sh
	$(Q)shellcheck $$(git ls-files 2>/dev/null | xargs grep -lE \
		'^#! ?/(usr/)?bin/(env )?(ba)?sh') || exit 1
	$(say) LINT python
	$(Q)pyflakes3 $$(git ls-files '*.py')

# Downloads are kept: `rm -r build` throws them away too.
clean:
	$(say) CLEAN $(O)
	$(Q)for f in $(O)/*; do case $$f in */cache) ;; *) rm -rf $$f;; esac; done

help:
	@echo 'To see it:'
	@echo '  make demo          a real Xen in an emulator, stock and xenbatch'
	@echo '                     side by side'
	@echo '  make check         build everything, run every test'
	@echo 'To use it on a dom0:'
	@echo '  make               the module, the libraries, the tool'
	@echo '                     XEN_DEV=folder for a libxen-dev unpacked there'
	@echo '  make install       DESTDIR=, PREFIX=$(PREFIX), LIBDIR='
	@echo 'To work on it:'
	@echo '  make unit          tests over a simulated hypervisor: seconds'
	@echo '  make differential  is every function of libxenctrl compared with stock'"'"'s?'
	@echo '  make python-check  the same of the Python package'
	@echo '  make abi-check     our libraries beside stock'"'"'s: symbols,'
	@echo '                     versions, sonames, layouts'
	@echo '  make releases      libxenctrl for other releases of Xen, beside'
	@echo '                     theirs'
	@echo '  make dom0-check    tests in a real dom0; T=name for one of them,'
	@echo '                     PASS=module,absent,stock for some passes'
	@echo '  make dom0-shell    a shell in that dom0'
	@echo '  make pvh-check     some of them in a PVH dom0; T=, PASS= too'
	@echo '  make arm64-check   the contract in a dom0 of another processor'
	@echo '  make refuse-check  the module where it must not load; dom0 and a guest'
	@echo '                     over libxenvchan, by xl save and restore, by libvirt'
	@echo '  make bench         instructions a call: stock, xenbatch, Xen alone;'
	@echo '                     ROW=name for one row'
	@echo '  make kmod-check    sparse and checkpatch'
	@echo '  make kmod-matrix   the module against other kernels'
	@echo '  make lint          the linters'
	@echo '  make setup         install the Debian packages that all this needs'
	@echo '  make clean         V=1 shows commands'
