/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The guest of window_guest.c: a PV guest that grants sixteen of its pages to
 * dom0, references GUEST_REF on, the last four read-only, and then works in
 * them, a thousand times a second, while dom0 does.
 *
 *   page 0  magic (the last thing that is written), how often it has gone
 *           round, and from GUEST_FRAMES on the machine frames of all pages
 *   page 1  a counter that both sides add to
 *   page 2  what dom0 writes here, and a number
 *   page 3  ... comes back here turned over, and the same number
 *   all     their number at GUEST_TAG
 *
 * Xen starts the vcpu with start_info in %rsi (public/xen.h), in 64-bit mode,
 * with all memory mapped. A PV guest's hypercall is the instruction syscall,
 * which takes %rcx and %r11. No address in here is absolute.
 */
#include <xen/elfnote.h>

#include "guest.h"

#define HYPERVISOR_update_va_mapping	14
#define HYPERVISOR_grant_table_op	20
#define HYPERVISOR_sched_op		29
#define GNTTABOP_setup_table		2
#define SCHEDOP_poll			3
#define UVMF_INVLPG			2
#define PTE_FLAGS			0x67	/* present, writable, user,
						 * accessed, dirty
						 */
#define GTF_permit_access		1
#define GTF_readonly			4
#define PERIOD				1000000	/* ns */

	.text
	.globl	_start
_start:
	mov	START_INFO_mfn_list(%rsi), %rbp

	/* The grant table's frame, in place of the page at table. */
	lea	frame(%rip), %rax
	mov	%rax, frame_list(%rip)
	mov	$HYPERVISOR_grant_table_op, %eax
	mov	$GNTTABOP_setup_table, %edi
	lea	setup(%rip), %rsi
	mov	$1, %edx
	syscall
	mov	$HYPERVISOR_update_va_mapping, %eax
	lea	table(%rip), %rdi
	mov	frame(%rip), %rsi
	shl	$12, %rsi
	or	$PTE_FLAGS, %rsi
	mov	$UVMF_INVLPG, %edx
	syscall

	/* Grant the pages: %rbx the page, %r12 its entry, %r13 its number. */
	lea	pages(%rip), %rbx
	lea	table + GUEST_REF * 8(%rip), %r12
	lea	pages + GUEST_FRAMES(%rip), %r14
	xor	%r13d, %r13d
1:	movl	%r13d, GUEST_TAG(%rbx)
	mov	%rbx, %rax
	shr	$12, %rax
	mov	(%rbp, %rax, 8), %rax
	mov	%rax, (%r14, %r13, 8)
	movw	$0, 2(%r12)
	movl	%eax, 4(%r12)
	mov	$GTF_permit_access, %eax
	cmp	$GUEST_READONLY, %r13d
	jb	2f
	or	$GTF_readonly, %eax
2:	mfence
	movw	%ax, (%r12)
	add	$4096, %rbx
	add	$8, %r12
	inc	%r13d
	cmp	$GUEST_PAGES, %r13d
	jb	1b

	lea	pages(%rip), %rbx
	movl	$GUEST_MAGIC, (%rbx)

3:	lock incq 4096 + GUEST_COUNTER(%rbx)
	lock incq GUEST_COUNTER(%rbx)
	mov	2 * 4096(%rbx), %rax
	mov	2 * 4096 + 8(%rbx), %rdx
	not	%rax
	mov	%rax, 3 * 4096(%rbx)
	mov	%rdx, 3 * 4096 + 8(%rbx)
	/* Times gone by return at once, so the first rounds catch up. */
	addq	$PERIOD, timeout(%rip)
	mov	$HYPERVISOR_sched_op, %eax
	mov	$SCHEDOP_poll, %edi
	lea	poll(%rip), %rsi
	syscall
	jmp	3b

	.data
	.balign	8
setup:	.short	0x7ff0, 0	/* DOMID_SELF */
	.long	1		/* frames */
	.quad	0		/* status */
frame_list:
	.quad	0
frame:	.quad	0
poll:	.quad	0		/* ports: none */
	.quad	0
timeout:
	.quad	0		/* ns since boot */

	.bss
	.balign	4096
table:	.zero	4096
pages:	.zero	GUEST_PAGES * 4096

	.macro	elfnote type, desc:vararg
	.balign	4
	.long	4, 2f - 1f, \type
	.asciz	"Xen"
1:	\desc
2:	.balign	4
	.endm

	.section .note.xen, "a", @note
	elfnote	XEN_ELFNOTE_GUEST_OS, .asciz "xenbatch test"
	elfnote	XEN_ELFNOTE_XEN_VERSION, .asciz "xen-3.0"
	elfnote	XEN_ELFNOTE_LOADER, .asciz "generic"
	elfnote	XEN_ELFNOTE_VIRT_BASE, .quad 0
	elfnote	XEN_ELFNOTE_ENTRY, .quad _start

	.section .note.GNU-stack, "", @progbits
