/* SPDX-License-Identifier: GPL-2.0 WITH Linux-syscall-note */
/*
 * xenbatch: the contract between the module xenbatch.ko and its users.
 *
 * The device is /dev/xen/batch. It exists in a dom0 only, and is root's by
 * default: whoever may open it can do what a user of /dev/xen/privcmd can do,
 * and nothing more.
 *
 *
 * Contexts
 *
 * One open file is one context. It belongs to the address space that opened
 * it: every ioctl except INFO and COUNTER, and every mmap, from another
 * address space (after fork or exec, or by a process that was handed the
 * descriptor) fails with EXDEV. A child that wants to go on opens the device
 * anew. The context ends when its descriptor is closed and its last mapping
 * is gone; the kernel frees all that it held then.
 *
 *
 * Regions
 *
 * A context has regions, which are made by mmap on the descriptor. The offset
 * names the region and the place in it, XENBATCH_MMAP_OFFSET(region, byte).
 *
 *   XENBATCH_REGION_OPS    the operation array: struct xenbatch_op, index 0
 *                          at byte 0
 *   XENBATCH_REGION_ARENA  buffers for hypercalls: memory whose pages are
 *                          always present, so that Xen may read and write it
 *                          at any time
 *
 * A region grows in pieces. Each mmap creates the pages of the range that it
 * names, zero-filled, and maps them at once; a page is created once in a
 * context's life and goes with the context, so that a running SUBMIT never
 * loses an operation under its feet. Pieces need not follow each other in the
 * address space; operation indexes do follow the offset. Mappings are shared
 * memory, read and write; they are not inherited over fork, not part of a core
 * dump, and can be given back only whole (munmap of the exact range).
 *
 * mmap errors:
 *   EINVAL  unknown region; offset not on a page of it; range beyond the
 *           region's limit (info.ops_max operations, info.arena_max bytes);
 *           MAP_PRIVATE
 *   EACCES  protection is not PROT_READ | PROT_WRITE
 *   EBUSY   some page of the range was created before
 *   EXDEV   another address space's context
 *   ENOMEM  no memory
 * Later on such an area: mprotect fails with EACCES, mremap with EINVAL
 * (growing: EFAULT), munmap of a part with EINVAL. What MADV_DONTNEED throws
 * out comes back at the next touch, with its contents, but Xen will not find
 * it until then.
 *
 *
 * Windows
 *
 * Other domains' memory is mapped into windows: stretches of the caller's
 * address space that mmap reserves and operations fill and empty. A page of a
 * window is a slot, and its name is its address. A slot that is empty gives
 * SIGBUS when it is touched; so does writing to one that was mapped read-only.
 *
 *   XENBATCH_REGION_FOREIGN      for FOREIGN_MAP and RESOURCE_MAP
 *   XENBATCH_REGION_GRANT        for GRANT_MAP
 *   XENBATCH_REGION_GRANT_PAGES  for GRANT_MAP too, where the mapped pages can
 *                                be handed to the kernel for direct I/O
 *                                (get_user_pages: O_DIRECT,
 *                                process_vm_readv, vmsplice). Each slot keeps
 *                                a struct page; the kernel's own mapping of a
 *                                grant is made when somebody asks for it.
 *                                I/O on a slot that is being emptied fails,
 *                                or finds zeros and writes nowhere
 *
 * The offset of such an mmap is XENBATCH_MMAP_OFFSET(region, 0), for each of
 * any number of areas; MAP_FIXED is welcome. Areas are not inherited over fork
 * and not part of a core dump. munmap, exit, exec and the end of the context
 * empty all slots first, in as few hypercalls as there can be; nothing needs
 * to be emptied by hand.
 *
 * mmap errors:
 *   EINVAL  offset not 0, MAP_PRIVATE
 *   EACCES  protection is neither PROT_READ nor PROT_READ | PROT_WRITE
 *   ENOSPC  the context would have more than info.slots_max slots
 *   ENODEV  not to be had in this kind of dom0 (see info.opcodes)
 *   EXDEV, ENOMEM
 * Later on such an area: mprotect fails with EACCES, munmap of a part with
 * EINVAL, mremap with EINVAL (growing: EFAULT). A mremap that moves the whole
 * area fails too, but only after the kernel has emptied all of its slots.
 * MADV_DONTNEED empties slots of GRANT_PAGES, and fails for others (EINVAL); with
 * kernels that free page tables then (6.14 and later), operations on that area
 * fail with -ENXIO from then on. A child of fork gets nothing of a window,
 * MADV_DOFORK or not.
 *
 *
 * Events
 *
 *   XENBATCH_REGION_EVENTS  the event ring: struct xenbatch_events, followed
 *                           by what it names
 *
 * is made by one mmap at offset XENBATCH_MMAP_OFFSET(region, 0), of
 * XENBATCH_EVENTS_SIZE(n) bytes for n ports, n a power of two and at most
 * info.ports_max; errors and what can be done with it as for other regions.
 * There is no BIND before it (-ENXIO).
 *
 * A bound port has a slot. Its interrupt counts, sets slot.pending, and if that
 * was 0, writes an entry, port and number of the slot, at ring[head % nr], and
 * increments head; or else adds one to `coalesced`. The user has taken the
 * entries up to tail. For each entry it increments tail, writes slot.pending = 0
 * by an atomic exchange, and after that looks at what the event is about: so a
 * port has one entry at most, none is lost, and the ring never overflows. An
 * entry whose slot.port is another was left by a port that was unbound; slots
 * are used again only when their entry was taken.
 *
 * A port that has told an event tells no other until that is acknowledged
 * (EVTCHN_ACK), so nobody can make a reader run faster than it wants to: the
 * next event waits in the kernel and is told then, those behind it in Xen, where
 * they are one. A port that is bound with KERNEL_ACK tells all of them as they
 * come, and they coalesce.
 *
 * The descriptor polls as readable (POLLIN) while head is not tail, and gives
 * POLLERR before there is a ring; EVENTFD names an eventfd to signal at each new
 * entry. A port whose other end was there and is closed, or is of a domain that
 * does not exist any more, has an event within some seconds, PEER_GONE in its
 * slot, and -EPIPE for EVTCHN_NOTIFY; if it was made by UNBOUND and the other
 * end binds it again, that ends. (Xen tells nobody, so the kernel asks once a
 * second: an end that comes and goes in between, and never sends anything, is
 * not seen.) Ports are closed by UNBIND and with the context, whatever way that
 * ends.
 *
 * open errors:
 *   ENFILE  as many contexts are open as the module allows
 *   ENOMEM  no memory
 *
 *
 * Versions
 *
 * All fields are little or big endian as the machine is, of fixed size, and
 * the same for 32-bit and 64-bit users. Fields called reserved, and bits of
 * flags that are not defined here, must be zero: anything else is refused with
 * EINVAL, so that a later version can give them a meaning. What is added later
 * is announced in info.features and info.opcodes under the same ABI number;
 * the number changes only if something here stopped being true.
 *
 * Kept free for later: a mode in which a kernel thread watches the operation
 * array, for which ABI 1 already has the operation's state and region 0 (a
 * control page: one line of flags that the kernel writes, at offset 0, and one
 * line that the user writes, at offset 64).
 */
#ifndef _UAPI_XENBATCH_H
#define _UAPI_XENBATCH_H

#include <linux/const.h>
#include <linux/ioctl.h>
#include <linux/types.h>

#define XENBATCH_ABI		1

#define XENBATCH_DEVICE		"/dev/xen/batch"

/* What info.features can hold. */
#define XENBATCH_FEATURE_PV		_BITULL(0) /* PV dom0 */
#define XENBATCH_FEATURE_AUTOXLATE	_BITULL(1) /* auto-translated dom0 */
#define XENBATCH_FEATURE_BENCH		_BITULL(63) /* a bench build: not for use */

/* mmap */
#define XENBATCH_REGION_CONTROL		0	/* reserved: EINVAL in ABI 1 */
#define XENBATCH_REGION_OPS		1
#define XENBATCH_REGION_ARENA		2
#define XENBATCH_REGION_FOREIGN		3
#define XENBATCH_REGION_GRANT		4
#define XENBATCH_REGION_EVENTS		5
#define XENBATCH_REGION_GRANT_PAGES	6
#define XENBATCH_REGION_SHIFT		36
#define XENBATCH_MMAP_OFFSET(region, byte) \
	(((__u64)(region) << XENBATCH_REGION_SHIFT) + (byte))

/*
 * Operations
 *
 * An operation is 64 bytes on a 64-byte boundary, one cache line.
 *
 *   state     SUBMIT takes an operation that is IDLE or DONE, and leaves it
 *             DONE, after its result was written. READY and BUSY belong to the
 *             polling mode to come; an operation found in them, or in a state
 *             that is not defined, gets the result -EBUSY and is not run.
 *   opcode    which operation this is, XENBATCH_OP_*
 *   flags     XENBATCH_OPF_*
 *   result    written by the kernel. Zero or positive: what the hypercall
 *             returned. Negative: a negative errno, Xen's own or one of
 *               -EINVAL     unknown opcode or flag, or a reserved field is
 *                           not zero
 *               -EBUSY      see state
 *               -EPERM      the context is restricted, and this operation is
 *                           not among those that it may still do
 *               -ECANCELED  an operation before this one failed, and was
 *                           linked to it
 *   tag       the user's own; the kernel neither reads nor changes it
 *   number    HYPERCALL's; reserved in all others
 *   domid     the domain that FOREIGN_MAP, GRANT_MAP, RESOURCE_MAP and
 *             EVTCHN_BIND are about; reserved in all others
 *
 * The kernel reads each operation once and works on what it read; a user who
 * changes an operation while SUBMIT runs gets either the old or the new, field
 * by field, and harms nobody else. The kernel writes state and result only.
 */
enum xenbatch_state {
	XENBATCH_STATE_IDLE = 0,
	XENBATCH_STATE_READY = 1,
	XENBATCH_STATE_BUSY = 2,
	XENBATCH_STATE_DONE = 3,
};

enum xenbatch_opcode {
	/* Does nothing; the result is 0. Allowed in a restricted context. */
	XENBATCH_OP_NOP = 0,
	/*
	 * One hypercall: number (__HYPERVISOR_*) and its first five
	 * arguments. A pointer among them, or in what they point to, is an
	 * address in the caller's address space, which must be present when
	 * Xen looks at it: keep such data in the arena. Xen answers EFAULT
	 * otherwise. Neighbours go to Xen as one multicall, one alone goes
	 * directly. A number that Xen does not know gives -ENOSYS. A
	 * multicall (number 13) is taken too, and runs on its own.
	 *
	 * Not visible to the kernel is which domain the call is about, so a
	 * context restricted to a domain may not use it (-EPERM).
	 */
	XENBATCH_OP_HYPERCALL = 1,
	/*
	 * Map count frames of domid onto count slots from addr on. Without
	 * LIST they are frames frame, frame + 1, ...; with LIST, frame is the
	 * address of __u64[count]. Frames are guest frame numbers as the
	 * domain knows them if it is translated (HVM, PVH, arm), machine frame
	 * numbers if it is PV. READONLY: not to be written to. Slots that are
	 * filled are replaced in place.
	 *
	 * Every page stands for itself: a bad one leaves its own slot empty,
	 * and the others are mapped. status, if not 0, is the address of
	 * __s32[count], which get 0 or a negative errno each (Xen's: EINVAL or
	 * EPERM no such frame or not to be had so, ESRCH no such domain,
	 * ENOENT paged out, ...). The result is 0 or the first of them that is
	 * not. Lists of neighbouring operations may be read before the statuses
	 * of the first of them are written.
	 *
	 * For the whole operation, and then nothing was done:
	 *   -EINVAL  addr not on a page; count 0 or above info.pages_max
	 *   -ENXIO   the slots do not lie in one area of the right region
	 *   -EACCES  the area is not for writing, and READONLY is missing
	 *   -EBUSY   mremap is moving the area
	 *   -EFAULT  the list cannot be read (or, with everything done, status
	 *            cannot be written)
	 *   -EPERM   restricted to another domain
	 *   -ENOMEM
	 */
	XENBATCH_OP_FOREIGN_MAP = 2,
	/*
	 * Empty count slots from addr on, of the foreign window. The result is
	 * how many were filled: empty ones are passed over. Errors: -EINVAL,
	 * -ENXIO, -EBUSY as above.
	 */
	XENBATCH_OP_FOREIGN_UNMAP = 3,
	/*
	 * Map count grants of domid onto count slots of a grant window; as
	 * FOREIGN_MAP, with references in the place of frames: frame, frame +
	 * 1, ..., or with LIST __u32[count]. A slot must be empty. status:
	 *   -EBUSY   the slot is filled (and stays so)
	 *   -ESRCH   no such domain          (GNTST_bad_domain)
	 *   -ENOENT  no such grant           (GNTST_bad_gntref)
	 *   -EPERM   not granted to us        (GNTST_permission_denied)
	 *   -EIO     what Xen gives no reason for; also a grant for reading
	 *            only that is to be mapped for writing
	 *                                    (GNTST_general_error)
	 *   -ENOSPC  no maptrack entry left  (GNTST_no_space)
	 *   -EAGAIN  paged out for seconds   (GNTST_eagain)
	 *   -EINVAL  what else Xen says; also a PVH dom0's own grants, whose
	 *            pages Xen would take away from it
	 */
	XENBATCH_OP_GRANT_MAP = 4,
	/*
	 * Empty count slots of a grant window; as FOREIGN_UNMAP. Does not wait
	 * for direct I/O that still uses a page: such a grant stays in use, by
	 * the kernel, until that is over. -EIO: Xen would not let go of a
	 * grant, which stays mapped.
	 */
	XENBATCH_OP_GRANT_UNMAP = 5,
	/*
	 * Copy from, to or between grants: addr is that of count
	 * struct xenbatch_copy. The result is 0 if all of them were copied, or
	 * else -EIO and the reasons are in their statuses; or, with nothing
	 * done: -EINVAL (count as above; a segment malformed), -EFAULT (the
	 * list), -EPERM, -ENOMEM. -EFAULT is also the end of a list at a
	 * segment whose memory is not there: those before it were copied. Lists
	 * of neighbouring operations may be read before the first of them has
	 * run, so none may bring another its list.
	 */
	XENBATCH_OP_GRANT_COPY = 6,
	/*
	 * Send an event by port, which this context has bound. Neighbours are
	 * one multicall. Errors: -ENOTCONN not bound here, -EPIPE there is
	 * nobody at the other end any more, -ENXIO no ring.
	 */
	XENBATCH_OP_EVTCHN_NOTIFY = 7,
	/*
	 * Acknowledge: port may fire again. Does nothing if it has not fired,
	 * or is KERNEL_ACK. -ENOTCONN, -ENXIO.
	 */
	XENBATCH_OP_EVTCHN_ACK = 8,
	/*
	 * Map count frames of a resource of domid (XENMEM_acquire_resource:
	 * grant table, ioreq server, vmtrace buffer) onto slots of the foreign
	 * window, replacing what is there. frame is the first frame of the
	 * resource, type and id say which. Emptied by FOREIGN_UNMAP. All or
	 * nothing; errors as FOREIGN_MAP's whole, or what Xen says
	 * (-EOPNOTSUPP, -EINVAL, -ESRCH, ...).
	 */
	XENBATCH_OP_RESOURCE_MAP = 9,
	/*
	 * When the slot that addr (to the byte) lies in is emptied, in whatever
	 * way: with CLEAR_BYTE, write 0 to that byte; then, when the grant is
	 * not mapped here any more, with SEND_EVENT, notify port. It is done
	 * once, and forgotten. What was said for that slot before is replaced;
	 * what = 0 only forgets it. Errors: -EINVAL unknown bits, CLEAR_BYTE on
	 * a read-only mapping, a port that is bound neither by /dev/xen/evtchn
	 * nor by EVTCHN_BIND;
	 * -ENXIO not a grant window; -ENOENT the slot is empty; -EPERM the
	 * context is restricted, and SEND_EVENT; -ENOMEM.
	 */
	XENBATCH_OP_GRANT_NOTIFY = 10,
	/*
	 * Bind a port; the result is its number. type says what to:
	 *   UNBOUND      a new one that domid may bind; remote is 0
	 *   INTERDOMAIN  port `remote` of domid, which it has for us. The new
	 *                port fires once at once
	 *   VIRQ         virtual interrupt `remote`, of vcpu 0; domid is 0
	 *   STATIC       ports that Xen made at boot: -EOPNOTSUPP
	 * Errors: -EBUSY somebody has bound that port of domid's already;
	 * -EEXIST that VIRQ; -EINVAL no such port, not for us, or no such
	 * type; -ESRCH no such domain (of an UNBOUND Xen does not look at
	 * that); -ENOSPC the ring has no free slot, or Xen no port; -ENXIO no
	 * ring; -EPERM the context is restricted, and this is not an
	 * INTERDOMAIN of its domain; -ENOMEM.
	 */
	XENBATCH_OP_EVTCHN_BIND = 11,
	/* Close a port. What is in the ring of it stays. -ENOTCONN, -ENXIO */
	XENBATCH_OP_EVTCHN_UNBIND = 12,
	/*
	 * Let port's interrupts come on that CPU of dom0's. -EINVAL there is
	 * none online of that number, -EIO it cannot be moved, -ENOTCONN,
	 * -ENXIO
	 */
	XENBATCH_OP_EVTCHN_AFFINITY = 13,
};

/*
 * If this operation fails (its result is negative), the next one is not run
 * but gets -ECANCELED, and so on as long as the canceled one has LINK too.
 * LINK on the last operation of a SUBMIT has no effect.
 */
#define XENBATCH_OPF_LINK	_BITUL(0)
#define XENBATCH_OPF_READONLY	_BITUL(1) /* *_MAP */
#define XENBATCH_OPF_LIST	_BITUL(2) /* FOREIGN_MAP, GRANT_MAP */
#define XENBATCH_OPF_KERNEL_ACK	_BITUL(3) /* EVTCHN_BIND */

/* evtchn.type of EVTCHN_BIND */
#define XENBATCH_EVTCHN_UNBOUND		0
#define XENBATCH_EVTCHN_INTERDOMAIN	1
#define XENBATCH_EVTCHN_VIRQ		2
#define XENBATCH_EVTCHN_STATIC		3

#define XENBATCH_NOTIFY_CLEAR_BYTE	_BITUL(0)
#define XENBATCH_NOTIFY_SEND_EVENT	_BITUL(1)

struct xenbatch_op {
	__u32 state;
	__u16 opcode;
	__u16 flags;
	__s64 result;
	__u32 tag;
	__u16 number;
	__u16 domid;
	union {
		__u64 arg[5];	/* HYPERCALL; ignored in NOP */
		__u64 pad[5];
		struct {	/* FOREIGN_*, GRANT_MAP, _UNMAP, RESOURCE_MAP */
			__u64 addr;
			__u32 count;
			__u32 type;	/* RESOURCE_MAP, else reserved */
			__u64 frame;	/* *_MAP, else reserved */
			__u64 status;	/* FOREIGN_MAP, GRANT_MAP, else
					 * reserved
					 */
			__u32 id;	/* RESOURCE_MAP, else reserved */
			__u32 reserved;
		} map;
		struct {	/* GRANT_COPY */
			__u64 addr;
			__u32 count;
			__u32 reserved[7];
		} copy;
		struct {	/* GRANT_NOTIFY */
			__u64 addr;
			__u32 what;	/* XENBATCH_NOTIFY_* */
			__u32 port;
			__u64 reserved[3];
		} notify;
		struct {	/* EVTCHN_* */
			__u32 port;	/* BIND: reserved */
			__u32 type;	/* BIND, else reserved */
			__u32 remote;	/* BIND, else reserved */
			__u32 cpu;	/* AFFINITY, else reserved */
			__u64 reserved[3];
		} evtchn;
	};
} __attribute__((aligned(64)));

/*
 * One segment of a GRANT_COPY: len bytes, from source to dest. Each side is
 * one of these:
 *
 *   _GREF flag   a grant: XENBATCH_COPY_GRANT(domid, ref, offset in its page);
 *                offset + len is 4096 at most
 *   _ARENA flag  the context's own arena: the byte's offset in
 *                XENBATCH_REGION_ARENA, in pages that mmap has created. The
 *                cheapest: nothing is looked up in page tables
 *   neither      an address of the caller's
 *
 * and at least one is a grant. status is written by the kernel: GNTST_*, 0
 * (GNTST_okay) if all of it was copied.
 */
struct xenbatch_copy {
	__u64 source;
	__u64 dest;
	__u16 len;
	__u16 flags;
	__s16 status;
	__u16 reserved;
};

#define XENBATCH_COPY_SOURCE_GREF	_BITUL(0)
#define XENBATCH_COPY_DEST_GREF		_BITUL(1)
#define XENBATCH_COPY_SOURCE_ARENA	_BITUL(2)
#define XENBATCH_COPY_DEST_ARENA	_BITUL(3)
#define XENBATCH_COPY_GRANT(domid, ref, offset) \
	((__u64)(__u32)(ref) | (__u64)(__u16)(offset) << 32 | \
	 (__u64)(__u16)(domid) << 48)

/* The event ring: see "Events" above. */
struct xenbatch_events {
	/* The kernel's. */
	__u32 head;
	__u32 nr;		/* entries, and slots: a power of two */
	__u32 ring;		/* where __u64 ring[nr] is, in bytes from here */
	__u32 slots;		/* and struct xenbatch_event_slot[nr] */
	__u64 coalesced;
	__u64 reserved[5];
	/* The user's. */
	__u32 tail;
	__u32 reserved2[15];
};

struct xenbatch_event_slot {
	__u32 port;		/* 0: none */
	__u32 pending;		/* 1: it is in the ring. The user clears it */
	__u32 count;		/* interrupts since BIND */
	__u32 flags;		/* XENBATCH_EVENT_* */
};

#define XENBATCH_EVENT_PEER_GONE	_BITUL(0)

/* An entry of the ring. */
#define XENBATCH_EVENT_PORT(entry)	((__u32)(entry))
#define XENBATCH_EVENT_SLOT(entry)	((__u32)((__u64)(entry) >> 32))

#define XENBATCH_EVENTS_SIZE(nr) \
	(sizeof(struct xenbatch_events) + \
	 (nr) * (sizeof(__u64) + sizeof(struct xenbatch_event_slot)))

/*
 * SUBMIT: run operations [first, first + count) in order.
 *
 * Returns how many are done, counted from first. This is less than count if a
 * signal came in between: the operations that are done have their results, the
 * others are untouched, and the caller goes on by another SUBMIT from there.
 * At least one operation is done if count is not 0, so a loop comes to its
 * end. An operation that fails counts as done: look at its result.
 *
 * Any number of threads may run SUBMIT on one context at the same time, each
 * with operations of its own. If ranges overlap, each SUBMIT runs the common
 * operations, and which result stays is not defined.
 *
 * errors (nothing was run):
 *   EINVAL  flags or reserved not zero; first + count beyond info.ops_max, or
 *           over operations whose page was not created by mmap
 *   EFAULT  the argument cannot be read
 *   EXDEV   another address space's context
 */
struct xenbatch_submit {
	__u32 first;
	__u32 count;
	__u32 flags;		/* none defined */
	__u32 reserved;
	__u64 reserved2[2];
};

/*
 * INFO: what this module is and can do. Everything is written by the kernel
 * except flags and reserved, which the caller sets to zero.
 *
 * errors: EINVAL flags or reserved not zero, EFAULT
 */
struct xenbatch_info {
	__u32 flags;		/* in: none defined */
	__u32 abi;		/* XENBATCH_ABI of the module */
	__u64 features;		/* XENBATCH_FEATURE_* */
	__u64 opcodes;		/* bit n: opcode n can be used here */
	__u32 ops_max;		/* operations in REGION_OPS, at most */
	__u32 chunk;		/* operations between two looks at signals */
	__u64 arena_max;	/* bytes in REGION_ARENA, at most */
	__u32 contexts_max;	/* contexts on this machine, at most */
	__u32 nr_counters;	/* see COUNTER */
	__u32 xen_major;
	__u32 xen_minor;
	char version[24];	/* of the module, NUL-terminated */
	__u32 slots_max;	/* slots in all windows of a context, at most */
	__u32 pages_max;	/* count of one operation, at most */
	__u32 ports_max;	/* slots of the event ring, at most */
	__u32 reserved2;
	__u64 reserved[4];
};

/*
 * RESTRICT: give up rights of this context. There is no way back: a second
 * call can only take away more.
 *
 * With XENBATCH_RESTRICT_DOMID the context may from now on do only operations
 * whose target the kernel can see and finds to be domid. With
 * XENBATCH_RESTRICT_OPCODES it may use only opcodes whose bit is set (and was
 * not taken away before). Refused operations get -EPERM. SUBMITs that run in
 * another thread meanwhile may end under the old rights.
 *
 * errors:
 *   EINVAL  flags unknown or none; reserved not zero; domid not a plain
 *           domain's (0x7ff0 and above); restricted to another domid before;
 *           a field given without its flag
 *   EFAULT, EXDEV
 */
#define XENBATCH_RESTRICT_DOMID		_BITUL(0)
#define XENBATCH_RESTRICT_OPCODES	_BITUL(1)

struct xenbatch_restrict {
	__u32 flags;
	__u16 domid;
	__u16 reserved;
	__u64 opcodes;
	__u64 reserved2[2];
};

/*
 * COUNTER: the value of counter number index, 0 <= index < info.nr_counters,
 * with its name and what it counts. context is this context's share, total
 * the machine's since the module was loaded.
 *
 * errors: EINVAL index out of range or reserved not zero, EFAULT
 */
struct xenbatch_counter {
	__u32 index;		/* in */
	__u32 reserved;
	__u64 context;
	__u64 total;
	char name[24];		/* NUL-terminated, [a-z_] */
	char description[80];	/* NUL-terminated */
};

/*
 * EVENTFD: signal fd (see eventfd(2)) at each new entry of the ring, and now if
 * there is one; -1: no more. One at a time.
 *
 * errors: EINVAL flags or reserved not zero, or fd is no eventfd; EBADF; ENXIO
 * no ring yet; EFAULT, EXDEV
 */
struct xenbatch_eventfd {
	__s32 fd;
	__u32 flags;		/* none defined */
	__u64 reserved[2];
};

#define XENBATCH_IOC_INFO	_IOWR('x', 0xb0, struct xenbatch_info)
#define XENBATCH_IOC_SUBMIT	_IOW('x', 0xb1, struct xenbatch_submit)
#define XENBATCH_IOC_RESTRICT	_IOW('x', 0xb2, struct xenbatch_restrict)
#define XENBATCH_IOC_COUNTER	_IOWR('x', 0xb3, struct xenbatch_counter)
#define XENBATCH_IOC_EVENTFD	_IOW('x', 0xb4, struct xenbatch_eventfd)
/* 0xbf belongs to the bench build, see kmod/bench.h. Others: ENOTTY. */

#if !defined(__KERNEL__) && __STDC_VERSION__ + 0 >= 201112L
#include <assert.h>
#include <stddef.h>
static_assert(sizeof(struct xenbatch_op) == 64, "one cache line");
static_assert(offsetof(struct xenbatch_op, result) == 8, "layout");
static_assert(offsetof(struct xenbatch_op, tag) == 16, "layout");
static_assert(offsetof(struct xenbatch_op, number) == 20, "layout");
static_assert(offsetof(struct xenbatch_op, arg) == 24, "layout");
static_assert(offsetof(struct xenbatch_op, map.count) == 32, "layout");
static_assert(offsetof(struct xenbatch_op, map.frame) == 40, "layout");
static_assert(offsetof(struct xenbatch_op, map.status) == 48, "layout");
static_assert(offsetof(struct xenbatch_op, evtchn.remote) == 32, "layout");
static_assert(sizeof(struct xenbatch_events) == 128, "size");
static_assert(offsetof(struct xenbatch_events, tail) == 64, "layout");
static_assert(sizeof(struct xenbatch_event_slot) == 16, "size");
static_assert(sizeof(struct xenbatch_eventfd) == 24, "size");
static_assert(sizeof(struct xenbatch_copy) == 24, "size");
static_assert(sizeof(struct xenbatch_submit) == 32, "size");
static_assert(sizeof(struct xenbatch_info) == 128, "size");
static_assert(offsetof(struct xenbatch_info, slots_max) == 80, "layout");
static_assert(sizeof(struct xenbatch_restrict) == 32, "size");
static_assert(sizeof(struct xenbatch_counter) == 128, "size");
#endif

#endif /* _UAPI_XENBATCH_H */
