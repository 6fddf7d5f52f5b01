#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# check.sh BUILD TARGET...: makes each target, says one line for each and at the
# end `N passed, N failed`. What a target prints goes to BUILD/check/TARGET.log;
# of one that fails, the last 40 lines are shown. Exits 1 if any failed.
set -u

build=$1
shift
mkdir -p "$build/check"
passed=0
failed=0

for target in "$@"; do
	log=$build/check/$target.log
	start=$(date +%s)
	[ -t 1 ] && printf '  RUN     %s ...\r' "$target"
	if "${MAKE:-make}" "$target" >"$log" 2>&1 </dev/null; then
		passed=$((passed + 1))
		word=ok
	else
		failed=$((failed + 1))
		word='not ok'
	fi
	printf '%s %s (%d s)        \n' "$word" "$target" \
		$(($(date +%s) - start))
	# what the step itself counted
	grep -E '^(dom0: |unit: |clients: )' "$log" | sed 's/^/    /'
	if [ "$word" != ok ]; then
		tail -n 40 "$log" | sed 's/^/    /'
		echo "    all of it: $log"
	fi
done

echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
