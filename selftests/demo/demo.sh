#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# demo.sh BUILD: the demo on the host's side: says what comes, boots, says how
# long it took. What happens in dom0 is in guest.sh.

build=$1
here=$(dirname "$0")
start=$(date +%s)

cat <<END

xenbatch: what it takes to look at the domains of a Xen host, without and with it.
All happens in an emulator; nothing of this machine is changed.

1. Boot Xen and Debian's kernel as its dom0, on a machine that counts instructions

END
"$here/../rig/run.py" --build "$build" --scenario bench --log demo --xl \
	--live --timeout 150 \
	--add "$build/selftests/demo/demo:/usr/bin/xenbatch-demo" \
	--add "$build/selftests/demo/guest:/usr/lib/xenbatch/demo/guest" \
	--add "$here/guest.sh:/usr/lib/xenbatch/demo/guest.sh" \
	--run 'sh /usr/lib/xenbatch/demo/guest.sh' || exit 1
cat <<END

That took $(($(date +%s) - start)) s. 'make dom0-shell' lets you look around there yourself,
'make bench' measures each call, 'make check' tries everything.
END
