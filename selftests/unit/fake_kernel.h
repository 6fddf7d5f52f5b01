/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A simulated kernel below the backends module and stock: /dev/xen/batch,
 * /dev/xen/privcmd and /dev/xen/hypercall over the simulated hypervisor of
 * lib/core/fake.h, whose knobs hold here too (limits, interruption, failures).
 */
#ifndef FAKE_KERNEL_H
#define FAKE_KERNEL_H

#include <stdbool.h>
#include <stdint.h>

struct fake_kernel {
	/* errno of open, or 0 */
	int no_batch;
	int no_privcmd;
	int no_proc_privcmd;
	int no_hypercall;
	int no_gntdev;
	int no_evtchn;
	/* INFO */
	int info_err;
	uint32_t abi;
	uint64_t opcodes;
	/* SUBMIT fails as a whole */
	int submit_err;
	/* errno of poll, where there is nothing */
	int poll_err;
	/* errno of mmap of privcmd or gntdev, and of nothing, over slots */
	int mmap_err;
	int reserve_err;
	/* Where an mmap failed, another thread's takes the place. */
	bool lose_pages;
	/* counted */
	unsigned int opens;
	unsigned int closes;
	unsigned int ioctls;
	unsigned int mmaps;
	unsigned int polls;
};

/* EVTCHN_*: a module without them is from before there were events. */
#define FAKE_EVENT_OPCODES	(0x180ULL | 0x3800ULL)

extern struct fake_kernel fake_kernel;

/* All devices are there, and well. */
void fake_kernel_reset(void);

#endif /* FAKE_KERNEL_H */
