#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""restricted.py DOMID PROGRAM ...: runs it with /dev/xen/evtchn as descriptor 9,
restricted to a domain as a device model's is (include/uapi/xen/evtchn.h, Linux
6.1)."""

import fcntl
import os
import struct
import sys

RESTRICT_DOMID = 0x4506 | 2 << 16

fd = os.open("/dev/xen/evtchn", os.O_RDWR)
fcntl.ioctl(fd, RESTRICT_DOMID, struct.pack("=H", int(sys.argv[1])))
os.dup2(fd, 9)
os.execvp(sys.argv[2], sys.argv[2:])
