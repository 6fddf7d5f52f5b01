/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What privcmd and gntdev do with a process's address space, over the simulated
 * guests: areas that they map, refuse to split, fill and empty. A file is
 * anything that has an address.
 */
#ifndef FAKE_MAPPINGS_H
#define FAKE_MAPPINGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

int fake_privcmd_mmap(void *file, void *addr, size_t size, int prot);
/* -ENOTTY if it is none of theirs. domid: what the file is restricted to. */
long fake_privcmd_ioctl(int domid, unsigned long request, void *arg);

int fake_gntdev_mmap(void *file, uint64_t offset, void *addr, size_t size,
		     int prot);
long fake_gntdev_ioctl(void *file, unsigned long request, void *arg);

/* mmap of nothing: *addr as xb_os_reserve. */
int fake_reserve(void **addr, size_t size, int flags);
/* False if nothing of theirs, nor reserved, is there. */
bool fake_unreserve(void *addr, size_t size);

#endif /* FAKE_MAPPINGS_H */
