# SPDX-License-Identifier: GPL-2.0-or-later
#
# xenbatch: a kernel module and a library for batched hypercalls in a Xen dom0.
# `make help` says what there is to make. Everything that is built lies under
# build/; each folder's own rules are in its .mk file.

VERSION := 0.1.0

# Debian packages that building, testing and showing need: the one list.
DEPS := build-essential clang libclang-rt-14-dev cppcheck sparse pkg-config \
	linux-headers-amd64 linux-source libxen-dev libjson-c-dev \
	libsmartcols-dev libcmocka-dev qemu-system-x86 python3 cpio rsync \
	xz-utils kmod file perl

O      := build
CC     ?= gcc
CFLAGS ?= -O2 -g
PREFIX ?= /usr/local
LIBDIR ?= $(PREFIX)/lib/$(shell $(CC) -print-multiarch 2>/dev/null)

# The kernel to build the module for: the running one if its headers are here,
# or else the newest whose headers are.
KREL ?= $(shell if [ -d /lib/modules/$$(uname -r)/build ]; then uname -r; \
	else ls -1v /lib/modules 2>/dev/null | while read r; do \
	[ -d /lib/modules/$$r/build ] && echo $$r; done | tail -n 1; fi)
KDIR ?= /lib/modules/$(KREL)/build

XB_CPPFLAGS := -I. -Ilib/core -D_GNU_SOURCE -DXENBATCH_VERSION='"$(VERSION)"'
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

include $(sort $(wildcard kmod/*.mk lib/*/*.mk tools/*.mk selftests/*/*.mk))

.PHONY: all setup help install uninstall clean check lint
all: kmod lib tools

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

clean:
	$(say) CLEAN $(O)
	$(Q)for d in $(O)/*; do case $$d in */cache) ;; *) rm -rf $$d;; \
	esac; done
