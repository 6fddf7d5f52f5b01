# SPDX-License-Identifier: LGPL-2.1-or-later
"""Xen's structures: read, and made. Where fields lie is what the headers say
that the extension was built with."""

import struct

from . import _xenbatch

CODES = {1: "B", 2: "H", 4: "I", 8: "Q"}


class Layout:
    """One structure. Fields of a number's size are numbers, others bytes."""

    def __init__(self, name):
        fields = dict(_xenbatch.layouts[name])
        self.size = fields.pop("")[1]
        self.fields = {f: (at, struct.Struct(
            "<" + CODES.get(size, "%ds" % size)))
            for f, (at, size) in fields.items()}

    def offset(self, field):
        return self.fields[field][0]

    def set(self, block, field, value):
        at, code = self.fields[field]
        try:
            code.pack_into(block, at, value)
        except struct.error as e:
            raise ValueError("%s: %s" % (field, e)) from None

    def new(self, **values):
        block = bytearray(self.size)
        for field, value in values.items():
            self.set(block, field, value)
        return block

    def read(self, block, at=0):
        return {f: code.unpack_from(block, at + offset)[0]
                for f, (offset, code) in self.fields.items()}
