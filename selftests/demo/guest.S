/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The smallest PV guest that has something to show: ten times a second it
 * works a little, the more the more memory it has, and sleeps. It maps
 * nothing, handles no event, and prints nothing, so all that it needs of Xen
 * is one hypercall, sched_op(SCHEDOP_poll) without ports: sleep until a time.
 *
 * Xen starts the first vcpu here with start_info in %rsi (public/xen.h), in
 * 64-bit mode, with all of its memory mapped; a PV guest's hypercall is the
 * instruction syscall. Other vcpus stay down.
 */
#include <xen/elfnote.h>

#define HYPERVISOR_sched_op	29
#define SCHEDOP_poll		3
#define START_INFO_nr_pages	32
#define PERIOD			100000000	/* ns */

	.text
	.globl	_start
_start:
	mov	START_INFO_nr_pages(%rsi), %rbx
	shl	$4, %rbx
1:	mov	%rbx, %rcx
2:	dec	%rcx
	jnz	2b
	/* Times gone by return at once, so the first ones catch up. */
	addq	$PERIOD, timeout(%rip)
	mov	$HYPERVISOR_sched_op, %eax
	mov	$SCHEDOP_poll, %edi
	lea	poll(%rip), %rsi
	syscall
	jmp	1b

	.data
	.balign	8
poll:	.quad	0	/* ports: none */
	.quad	0	/* nr_ports, padding */
timeout:
	.quad	0	/* ns since boot */

	.macro	elfnote type, desc:vararg
	.balign	4
	.long	4, 2f - 1f, \type
	.asciz	"Xen"
1:	\desc
2:	.balign	4
	.endm

	.section .note.xen, "a", @note
	elfnote	XEN_ELFNOTE_GUEST_OS, .asciz "xenbatch demo"
	elfnote	XEN_ELFNOTE_XEN_VERSION, .asciz "xen-3.0"
	elfnote	XEN_ELFNOTE_LOADER, .asciz "generic"
	elfnote	XEN_ELFNOTE_VIRT_BASE, .quad 0
	elfnote	XEN_ELFNOTE_ENTRY, .quad _start

	.section .note.GNU-stack, "", @progbits
