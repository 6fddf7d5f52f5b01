// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Names that the loader binds without a word to auditors: of functions whose
 * address is taken, and of all functions in what is built with -fno-plt. When the
 * program and its libraries are bound, and before anything of them runs, their
 * relocations are gone through, and what leads to a function that is to be
 * counted is bent. What dlopen() brings later is not looked at.
 */
#include <link.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/mman.h>

#include "watch.h"

#define PAGE		4096UL

struct range {
	uintptr_t start, end;
};

struct object {
	uintptr_t base;
	const Elf64_Phdr *phdr;
	size_t nr_phdr;
	const Elf64_Rela *rela;
	size_t nr_rela;
	const Elf64_Sym *symbols;
	const char *strings;
	struct range relro;
};

/* Code of the libraries that are watched. */
static struct range watched[WATCH_NR_LIBRARIES];

/* The loader has put addresses in place of offsets, where it may write. */
static uintptr_t address(const struct object *o, uintptr_t p)
{
	return p < o->base ? o->base + p : p;
}

/* A library begins with its header; the kernel knows the program's. */
static bool headers(struct object *o, const struct link_map *map)
{
	const Elf64_Ehdr *elf = (void *)map->l_addr;
	Elf64_Ehdr copy;

	if (!*map->l_name) {
		o->phdr = (void *)getauxval(AT_PHDR);
		o->nr_phdr = getauxval(AT_PHNUM);
		return o->phdr;
	}
	if (!watch_peek(&copy, elf, sizeof(copy), false) ||
	    memcmp(copy.e_ident, ELFMAG, SELFMAG))
		return false;
	o->phdr = (void *)(map->l_addr + copy.e_phoff);
	o->nr_phdr = copy.e_phnum;
	return true;
}

static void dynamic(struct object *o, const Elf64_Dyn *d)
{
	for (; d->d_tag != DT_NULL; d++)
		switch (d->d_tag) {
		case DT_RELA:
			o->rela = (void *)address(o, d->d_un.d_ptr);
			break;
		case DT_RELASZ:
			o->nr_rela = d->d_un.d_val / sizeof(*o->rela);
			break;
		case DT_SYMTAB:
			o->symbols = (void *)address(o, d->d_un.d_ptr);
			break;
		case DT_STRTAB:
			o->strings = (void *)address(o, d->d_un.d_ptr);
			break;
		}
}

static bool look_at(struct object *o, const struct link_map *map)
{
	memset(o, 0, sizeof(*o));
	o->base = map->l_addr;
	if (!headers(o, map))
		return false;
	dynamic(o, map->l_ld);
	for (size_t i = 0; i < o->nr_phdr; i++)
		if (o->phdr[i].p_type == PT_GNU_RELRO) {
			o->relro.start = o->base + o->phdr[i].p_vaddr;
			o->relro.end = o->relro.start + o->phdr[i].p_memsz;
		}
	return o->rela && o->symbols && o->strings;
}

static bool within(const struct range *r, uintptr_t p)
{
	return p >= r->start && p < r->end;
}

static bool is_watched(uintptr_t p, enum watch_library *library)
{
	for (int i = WATCH_OTHER + 1; i < WATCH_NR_LIBRARIES; i++)
		if (within(&watched[i], p)) {
			*library = i;
			return true;
		}
	return false;
}

static void bend(const struct object *o, uintptr_t *slot, uintptr_t to)
{
	uintptr_t page = (uintptr_t)slot & ~(PAGE - 1);
	bool guarded = within(&o->relro, (uintptr_t)slot);

	if (to == *slot)
		return;
	if (guarded && mprotect((void *)page, PAGE, PROT_READ | PROT_WRITE))
		return;
	*slot = to;
	if (guarded)
		mprotect((void *)page, PAGE, PROT_READ);
}

static void relocations(const struct object *o, enum watch_library from)
{
	for (size_t i = 0; i < o->nr_rela; i++) {
		const Elf64_Rela *r = &o->rela[i];
		const Elf64_Sym *s = &o->symbols[ELF64_R_SYM(r->r_info)];
		uintptr_t *slot = (void *)(o->base + r->r_offset);
		enum watch_library to = WATCH_OTHER;
		uint32_t type = ELF64_R_TYPE(r->r_info);

		if ((type != R_X86_64_GLOB_DAT && type != R_X86_64_64) ||
		    r->r_addend || s->st_shndx != SHN_UNDEF ||
		    ELF64_ST_TYPE(s->st_info) != STT_FUNC || !*slot)
			continue;
		if (is_watched(*slot, &to) != (from == WATCH_OTHER))
			continue;
		bend(o, slot, watch_bound(o->strings + s->st_name, *slot, from,
					  to));
	}
}

static void code_of(const struct object *o, enum watch_library library)
{
	for (size_t i = 0; i < o->nr_phdr; i++) {
		const Elf64_Phdr *p = &o->phdr[i];

		if (p->p_type == PT_LOAD && p->p_flags & PF_X) {
			watched[library].start = o->base + p->p_vaddr;
			watched[library].end = o->base + p->p_vaddr +
					       p->p_memsz;
		}
	}
}

void watch_pointers(const struct link_map *first)
{
	const struct link_map *map;
	struct object o;

	for (map = first; map; map = map->l_next)
		if (watch_library_of(map->l_name) && look_at(&o, map))
			code_of(&o, watch_library_of(map->l_name));
	for (map = first; map; map = map->l_next)
		if (look_at(&o, map))
			relocations(&o, watch_library_of(map->l_name));
}
