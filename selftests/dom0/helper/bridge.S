/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The guest of drop_daemons.c: a PV guest that says what it is on its console
 * and then carries bytes: what comes in on the console goes into xenstored's
 * ring, and what xenstored says goes out on the console. So who has the console
 * speaks with xenstored as this guest. The byte BRIDGE_OFF, which no message
 * has in it, turns the guest off.
 *
 * Between bytes it sleeps until an event comes, with no time limit: an event
 * that is lost stops it.
 *
 * Xen starts the vcpu with start_info in %rsi and a stack (public/xen.h), in
 * 64-bit mode, with all memory mapped, from address 0 on. A PV guest's
 * hypercall is the instruction syscall, which takes %rcx and %r11.
 */
#include <xen/elfnote.h>

#include "bridge.h"

#define HYPERVISOR_update_va_mapping	14
#define HYPERVISOR_sched_op		29
#define HYPERVISOR_event_channel_op	32
#define SCHEDOP_shutdown		2
#define SCHEDOP_poll			3
#define EVTCHNOP_send			4
#define UVMF_INVLPG			2
#define PTE_FLAGS			0x67	/* present, writable, user,
						 * accessed, dirty
						 */
#define M2P				0xffff800000000000

/* %rdi: the ring that the frame in this field of start_info is. */
	.macro	ring field
	mov	\field(%r12), %rax
	movabs	$M2P, %rdi
	mov	(%rdi, %rax, 8), %rdi
	shl	$12, %rdi
	.endm

	.text
	.globl	_start
_start:
	mov	%rsi, %r12

	/* Which events have come is read in the page that they come to. */
	mov	$HYPERVISOR_update_va_mapping, %eax
	lea	shared(%rip), %rdi
	mov	START_INFO_shared_info(%r12), %rsi
	or	$PTE_FLAGS, %rsi
	mov	$UVMF_INVLPG, %edx
	syscall
	movb	$1, shared + SHARED_upcall_mask(%rip)

	ring	START_INFO_console_mfn
	mov	%rdi, %r14
	ring	START_INFO_store_mfn
	mov	%rdi, %r15
	mov	START_INFO_console_evtchn(%r12), %eax
	mov	%eax, console(%rip)
	mov	START_INFO_store_evtchn(%r12), %eax
	mov	%eax, store(%rip)

	/* The console is empty, and longer than that. */
	xor	%ecx, %ecx
	lea	hello(%rip), %rsi
1:	mov	(%rsi, %rcx), %al
	mov	%al, CONSOLE_out(%r14, %rcx)
	inc	%ecx
	cmp	$hello_end - hello, %ecx
	jb	1b
	mov	%ecx, CONSOLE_out_cons + 4(%r14)
	lea	console(%rip), %rsi
	call	send

2:	mov	console(%rip), %eax
	lock btrl %eax, shared + SHARED_evtchn_pending(%rip)
	mov	store(%rip), %eax
	lock btrl %eax, shared + SHARED_evtchn_pending(%rip)

	lea	(%r14), %rdi
	lea	CONSOLE_in_cons(%r14), %rsi
	mov	$CONSOLE_in_size - 1, %edx
	lea	(%r15), %r8
	lea	STORE_req_cons(%r15), %r9
	mov	$STORE_size - 1, %r10d
	call	carry
	mov	%eax, %ebp

	lea	STORE_rsp(%r15), %rdi
	lea	STORE_rsp_cons(%r15), %rsi
	mov	$STORE_size - 1, %edx
	lea	CONSOLE_out(%r14), %r8
	lea	CONSOLE_out_cons(%r14), %r9
	mov	$CONSOLE_out_size - 1, %r10d
	call	carry

	or	%eax, %ebp
	jz	3f
	/* To both: there is something for one, and room for the other. */
	lea	console(%rip), %rsi
	call	send
	lea	store(%rip), %rsi
	call	send
	jmp	2b

	/* What came since is pending: then this returns at once. */
3:	mov	$HYPERVISOR_sched_op, %eax
	mov	$SCHEDOP_poll, %edi
	lea	poll(%rip), %rsi
	lea	console(%rip), %rcx
	mov	%rcx, (%rsi)
	syscall
	jmp	2b

/*
 * carry: from the ring's bytes at %rdi, with its indices (consumer, producer)
 * at %rsi and its mask in %edx, to those of %r8, %r9, %r10d, what there is and
 * fits. %eax: how many. Stores are seen in their order.
 */
carry:	xor	%eax, %eax
1:	mov	(%rsi), %ecx
	cmp	4(%rsi), %ecx
	je	2f
	mov	4(%r9), %r11d
	mov	%r11d, %ebx
	sub	(%r9), %ebx
	cmp	%r10d, %ebx
	ja	2f
	and	%edx, %ecx
	and	%r10d, %r11d
	mov	(%rdi, %rcx), %bl
	cmp	$BRIDGE_OFF, %bl
	je	off
	mov	%bl, (%r8, %r11)
	incl	4(%r9)
	incl	(%rsi)
	inc	%eax
	jmp	1b
2:	ret

/* send: an event to the port at %rsi. */
send:	mov	$HYPERVISOR_event_channel_op, %eax
	mov	$EVTCHNOP_send, %edi
	syscall
	ret

off:	mov	$HYPERVISOR_sched_op, %eax
	mov	$SCHEDOP_shutdown, %edi
	lea	reason(%rip), %rsi
	syscall

	.data
	.balign	8
poll:	.quad	0		/* ports: console, store */
	.long	2, 0
	.quad	0		/* no time limit */
console:
	.long	0
store:	.long	0
reason:	.long	0		/* power off */
hello:	.ascii	BRIDGE_HELLO "\r\n"
hello_end:

	.bss
	.balign	4096
shared:	.zero	4096

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
