#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# install-check.sh BUILD MAKE: everything is installed to an empty folder, and
# the programs of a stranger, who has only that folder and pkg-config, build,
# link to what they should, and run as far as a machine without Xen lets them.
set -eu

build=$1
make=$2
root=$(pwd)/$build/install-check
libdir=/opt/xb/lib
fail() { echo "install-check: $*"; exit 1; }

rm -rf "$root"
mkdir -p "$root/work"
$make install DESTDIR="$root/dest" PREFIX=/opt/xb LIBDIR=$libdir >"$root/log" 2>&1 ||
	{ cat "$root/log"; fail "make install failed"; }

dest=$root/dest
for f in bin/xenbatch lib/libxenbatch.so.0 lib/libxenbatch.so \
	lib/xenbatch/libxenctrl.so lib/xenbatch/libxengnttab.so.1 \
	lib/xenbatch/libxenbatch.so.0 \
	lib/xenbatch/libxenforeignmemory.so.1 \
	lib/xenbatch/libxencall.so.1 lib/xenbatch/libxendevicemodel.so.1 \
	lib/xenbatch/libxenevtchn.so.1 lib/xenbatch/run/libxencall.so.1 \
	lib/xenbatch/libxentoolcore.so.1 lib/xenbatch/libxentoollog.so.1 \
	lib/xenbatch/run/libxentoolcore.so.1 \
	lib/xenbatch/run/libxentoollog.so.1 lib/xenbatch/libxenstore.so.4 \
	lib/xenbatch/run/libxenstore.so.4 lib/xenbatch/watch/watch.so \
	lib/xenbatch/watch/libxenbatch.so.0 lib/pkgconfig/xenbatch.pc \
	lib/pkgconfig/xenbatch-xc.pc include/xenbatch.h \
	include/xenbatch_xc.h include/linux/xenbatch.h; do
	[ -e "$dest/opt/xb/$f" ] || fail "not installed: $f"
done
find "$dest/lib/modules" -name xenbatch.ko | grep -q . ||
	fail "not installed: xenbatch.ko"
[ ! -e "$dest/opt/xb/lib/libxenctrl.so" ] ||
	fail "our libxenctrl lies where it would shadow the distribution's"

# Nothing of the source tree may be needed from here on.
cd "$root/work"
export PKG_CONFIG_PATH="$dest$libdir/pkgconfig"
export PKG_CONFIG_SYSROOT_DIR="$dest"
export LD_LIBRARY_PATH="$dest$libdir:$dest$libdir/xenbatch"

cat >native.c <<'END'
#include <xenbatch.h>
#include <linux/xenbatch.h>
#include <stdio.h>
int main(void)
{
	xenbatch *xb = xenbatch_open(0);

	if (!xb) {
		perror("xenbatch_open");
		return 3;
	}
	printf("%s\n", xenbatch_backend_name(xenbatch_backend(xb, NULL)));
	return xenbatch_close(xb);
}
END
cat >deferred.c <<'END'
#include <xenctrl.h>
#include <xenbatch_xc.h>
#include <stdio.h>
int main(void)
{
	xc_interface *xch = xc_interface_open(NULL, NULL, 0);

	if (!xch)
		return 3;
	xc_batch_begin(xch);
	xc_batch_cancel(xch);
	return xc_interface_close(xch);
}
END
# shellcheck disable=SC2046 # the flags are words
{
	cc -std=c99 -Wall -Werror native.c -o native $(pkg-config --cflags --libs xenbatch)
	c++ -Wall -Werror -x c++ native.c -o native-c++ $(pkg-config --cflags --libs xenbatch)
	cc -Wall -Werror deferred.c -o deferred $(pkg-config --cflags --libs xenbatch-xc)
}

ldd ./native | grep -q "$dest$libdir/libxenbatch.so.0" ||
	fail "native does not run on the installed library"
ldd ./deferred | grep -q "$dest$libdir/xenbatch/libxenctrl.so" ||
	fail "deferred does not run on the installed libxenctrl"

# Python's package, by the Python that it was built for.
python=$(find "$dest/opt/xb" -path '*/dist-packages/xenbatch/__init__.py')
[ -n "$python" ] || fail "not installed: the Python package"
cat >sweep <<'END'
#!/usr/bin/env python3
import sys
import xenbatch
try:
    with xenbatch.open() as xb:
        print(xb.backend, len(xb.sweep()))
except OSError as e:
    print(e)
    sys.exit(3)
END
chmod +x sweep
export PYTHONPATH="${python%/xenbatch/*}"

# Without Xen all of them say so and end; with it they work.
for p in ./native ./native-c++ ./deferred ./sweep; do
	status=0
	$p >out 2>&1 || status=$?
	[ $status = 0 ] || [ $status = 3 ] || { cat out; fail "$p: $status"; }
	[ -s out ] || [ $status = 0 ] || fail "$p failed and said nothing"
done

# The tool finds the libraries that were installed with it.
unset LD_LIBRARY_PATH
run="$dest/opt/xb/bin/xenbatch run"
[ "$($run --print-env)" = "LD_LIBRARY_PATH=$dest$libdir/xenbatch/run" ] ||
	fail "xenbatch run does not find the libraries"
"$dest/opt/xb/bin/xenbatch" run ldd ./deferred >out 2>&1
grep -q "=> $dest$libdir/xenbatch/run/libxenctrl" out ||
	fail "a program under xenbatch run does not get the libraries in run"
readelf -d "$dest$libdir/xenbatch/run/libxenbatch-run.so" | grep NEEDED |
	grep 'libxen' && fail "the library in run needs another"
$run --json --stats=stats -- ./deferred >out 2>&1 || true
grep -q "$dest$libdir/xenbatch/watch/libxenbatch.so.0" stats ||
	fail "a program under xenbatch run is not on the installed libraries"
grep -q '"xc_interface_open"' stats ||
	fail "xenbatch run --stats does not count what a program calls"
"$dest/opt/xb/bin/xenbatch" --version | grep -q '[0-9]' ||
	fail "xenbatch --version does not run"
echo "install-check: ok"
