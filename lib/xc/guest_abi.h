/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What libxenctrl exports without a header of <xenctrl.h>'s, mostly because
 * libxenguest, the other half of libxc, uses it. (The messages' functions are
 * in handle.h.)
 */
#ifndef XC_GUEST_ABI_H
#define XC_GUEST_ABI_H

#include <stddef.h>
#include <stdint.h>
#include <sys/uio.h>

#include <xenctrl.h>
#include <xen/sys/privcmd.h>

/* Updates of page tables, collected; the caller frees it with free(). */
#define XC_MMU_UPDATES 1024
struct xc_mmu {
	mmu_update_t updates[XC_MMU_UPDATES];
	int idx;
	unsigned int subject;
};
struct xc_mmu *xc_alloc_mmu_updates(xc_interface *xch, unsigned int subject);
/* Both: 0, or 1 with a message. Adding submits when it is full. */
int xc_add_mmu_update(xc_interface *xch, struct xc_mmu *mmu,
		      unsigned long long ptr, unsigned long long val);
int xc_flush_mmu_updates(xc_interface *xch, struct xc_mmu *mmu);

/* arr: frames, and then their types (XEN_DOMCTL_PFINFO_*) too. */
int xc_get_pfn_type_batch(xc_interface *xch, uint32_t dom, unsigned int num,
			  xen_pfn_t *arr);

/* chunksize bytes from each entry's mfn on, one behind the other. */
void *xc_map_foreign_ranges(xc_interface *xch, uint32_t dom, size_t size,
			    int prot, size_t chunksize,
			    privcmd_mmap_entry_t entries[], int nentries);

/*
 * All of it, or -1 with errno; the end of a file is -1 with errno 0. A write
 * that went well leaves errno 0 in writev_exact.
 */
int read_exact(int fd, void *data, size_t size);
int write_exact(int fd, const void *data, size_t size);
int writev_exact(int fd, const struct iovec *iov, int iovcnt);
/* Drop from the page cache what was read or written so far. errno is kept. */
void discard_file_cache(xc_interface *xch, int fd, int flush);

/*
 * The rings of monitor, paging and sharing. op: XEN_VM_EVENT_*, mode:
 * XEN_DOMCTL_VM_EVENT_OP_*, port may be NULL; 0, or -1 with errno. Enabling by
 * its HVM_PARAM_* gives the mapped ring, which is the caller's, or NULL with
 * errno and a message.
 */
int xc_vm_event_control(xc_interface *xch, uint32_t domain_id, unsigned int op,
			unsigned int mode, uint32_t *port);
void *xc_vm_event_enable(xc_interface *xch, uint32_t domain_id, int param,
			 uint32_t *port);

/* Bitmaps of Xen's bytes and of 64-bit words. */
void bitmap_64_to_byte(uint8_t *bp, const uint64_t *lp, int nbits);
void bitmap_byte_to_64(uint64_t *lp, const uint8_t *bp, int nbits);

/* The lowest bit set, from 1 on; 0: none. */
int xc_ffs8(uint8_t x);
int xc_ffs16(uint16_t x);
int xc_ffs32(uint32_t x);
int xc_ffs64(uint64_t x);

#endif /* XC_GUEST_ABI_H */
