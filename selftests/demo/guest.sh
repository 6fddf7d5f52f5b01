#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# The demo inside dom0. What is printed goes to the terminal line by line.

DEMO=/usr/lib/xenbatch/demo

fail()
{
	echo "demo: $*"
	exit 1
}

echo
echo "2. xenbatch.ko is loaded. 'xenbatch info' says:"
echo
xenbatch info | sed 's/^/   /' || fail "xenbatch info failed"

echo
echo "3. Start guests with xl, as one would"
echo
while read -r name memory; do
	cat >/tmp/guest.cfg <<-END
		name = "$name"
		type = "pv"
		kernel = "$DEMO/guest"
		memory = $memory
		vcpus = 2
	END
	xl create -q -e /tmp/guest.cfg >/tmp/xl.log 2>&1 ||
		fail "xl create $name: $(tail -n 1 /tmp/xl.log)"
	printf '   %-8s %3d MiB, 2 vcpus\n' "$name" "$memory"
done <<END
web-1 16
web-2 16
mail 24
db 48
cache 32
build 64
END
# let them do something
sleep 2

echo
echo "4. Look at all domains as xentop does: the host, the list of domains, each vcpu;"
echo "   by Debian's libxenctrl, then by xenbatch's, where the calls are put off"
echo "   (xc_batch_begin) and then made together (xc_batch_commit)"
echo
xenbatch-demo here || fail "the sweep failed"

echo
echo "5. The same on a bigger host: 64 more domains of two vcpus each"
echo
xenbatch-demo many || fail "the big sweep failed"

for name in web-1 web-2 mail db cache build; do
	xl destroy $name
done
