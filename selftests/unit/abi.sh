#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# abi.sh LIBRARY LIST: does LIBRARY export exactly the symbols of LIST, lines of
# `name@@NODE` in the order of `LC_ALL=C sort`? A symbol that vanishes or changes
# its node breaks programs that were linked with it; one that is new belongs on
# the list. Nodes that end in _PRIVATE promise nothing and are not looked at.
found=$(nm -D --defined-only "$1" | awk '$2 ~ /^[TDBRVW]$/ { print $3 }' |
	grep -v '_PRIVATE$' | LC_ALL=C sort)
[ -n "$found" ] || { echo "$1: no symbols"; exit 1; }
printf '%s\n' "$found" | diff -u "$2" - || {
	echo "$1: symbols differ from $2"
	exit 1
}
