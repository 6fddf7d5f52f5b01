/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A core dump of a domain: an ELF file without segments, of these sections, in
 * this order:
 *
 *	.note.Xen		what and how much is in it, and of which Xen
 *	.xen_prstatus		vcpu_guest_context_any_t of each vcpu
 *	.xen_shared_info	its page, unless an HVM domain has none
 *	.xen_pages		its pages, from the next multiple of 4096 on
 *	.xen_p2m		of a PV domain: of each page pfn and frame; or
 *	.xen_pfn		the pfn, of others
 *	.shstrtab		the sections' names
 *
 * A domain that runs on may have given pages back: those at the end are 0 then,
 * and their pfn and frame all ones. What it has got meanwhile is left out.
 */
#ifndef XC_CORE_DUMP_H
#define XC_CORE_DUMP_H

#include <elf.h>

#include "engine.h"
#include "core.h"

struct xe_dump {
	xc_interface *xch;
	uint32_t domid;
	dumpcore_rtn_t *write;
	void *arg;

	/* core_guest.c: the domain, as it was found */
	xc_dominfo_t info;
	unsigned int width;
	shared_info_any_t *shared;	/* or NULL */
	vcpu_guest_context_any_t *vcpus;
	unsigned int nr_vcpus;
	xc_core_memory_map_t *ranges;
	unsigned int nr_ranges;
	xen_pfn_t *p2m;		/* NULL: its frames are its pfns */
	unsigned long p2m_size;
};

/* 0; else what the dump ends with. */
int xe_core_write(const struct xe_dump *d, const void *p, size_t size);

/* Fills it in: 0, or -1 with a message. To be forgotten in any case. */
int xe_core_look(struct xe_dump *d);
void xe_core_forget(struct xe_dump *d);

/* core_note.c */
size_t xe_core_note_size(void);
int xe_core_write_notes(const struct xe_dump *d);

/*
 * core_pages.c: the pages, whose table is filled in meanwhile: of each page so
 * many words.
 */
static inline unsigned int xe_core_table_words(const struct xe_dump *d)
{
	return d->p2m ? 2 : 1;
}
int xe_core_write_pages(const struct xe_dump *d, uint64_t *table);

/*
 * core_elf.c: what the file begins and ends with. The names and the sections
 * are as the two functions that stock exports know them.
 */
struct xc_core_strtab {
	char *strings;
	uint16_t length, max;
};

struct xc_core_section_headers {
	uint16_t num, num_max;
	Elf64_Shdr *shdrs;
};

struct xe_core_elf {
	Elf64_Ehdr head;
	struct xc_core_section_headers sections;
	struct xc_core_strtab names;
	size_t pad;			/* bytes before the pages */
};

/* 0, or -1 with a message; it is to be freed in any case. */
int xe_core_elf_make(const struct xe_dump *d, struct xe_core_elf *elf);
void xe_core_elf_free(struct xe_core_elf *elf);

/* Another one, all 0. NULL with errno. */
Elf64_Shdr *xc_core_shdr_get(xc_interface *xch,
			     struct xc_core_section_headers *sheaders);
/* 0, or -1 with errno: all names together are shorter than 64 KiB. */
int xc_core_shdr_set(xc_interface *xch, Elf64_Shdr *shdr,
		     struct xc_core_strtab *strtab, const char *name,
		     uint32_t type, uint64_t offset, uint64_t size,
		     uint64_t addralign, uint64_t entsize);

#endif /* XC_CORE_DUMP_H */
