#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# run.sh DIR KIND TEST...: run DIR/KIND/test_TEST each, one line each, all else in
# DIR/KIND/TEST.log. Fails if any fails, and shows the end of its log. The limit is
# for what hangs; under load and ThreadSanitizer a program takes a minute.
dir=$1/$2; kind=$2
shift 2
failed=0
for test; do
	log=$dir/$test.log
	timeout 300 "$dir/test_$test" >"$log" 2>&1
	rc=$?
	printf '  %-7s %-5s %s: %d passed\n' UNIT "$kind" "$test" \
		"$(grep -c '^\[       OK \]' "$log")"
	if [ $rc -ne 0 ]; then
		failed=1
		printf '  %-7s %-5s %s (exit %d)\n' FAILED "$kind" "$test" $rc
		tail -n 40 "$log"
		echo "all of it: $log"
	fi
done
exit $failed
