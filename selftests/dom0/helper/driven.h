/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a program compares with stock, left in it by the very macro that makes the
 * call: names, each once, in a section that selftests/differential/check.py reads.
 */
#ifndef DRIVEN_H
#define DRIVEN_H

#define DRIVES(name) \
	__asm__ volatile(".pushsection .differential,\"MS\",%progbits,1\n" \
			 ".asciz \"" #name "\"\n" \
			 ".popsection")

#endif /* DRIVEN_H */
