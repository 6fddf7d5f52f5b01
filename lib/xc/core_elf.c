// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * A core dump's ELF header, sections and their names.
 */
#include "engine.h"

#if XC_RELEASE < 417 && (defined(__i386__) || defined(__x86_64__))

#include "core_dump.h"

/* How many there is room for at first, and how many more at a time. */
#define SECTIONS	16
#define MORE_SECTIONS	4
#define NAMES		XC_PAGE_SIZE

XC_API Elf64_Shdr *xc_core_shdr_get(xc_interface *xch,
				    struct xc_core_section_headers *sheaders)
{
	Elf64_Shdr *more;

	(void)xch;
	if (sheaders->num == sheaders->num_max) {
		if (sheaders->num_max > UINT16_MAX - MORE_SECTIONS) {
			errno = E2BIG;
			return NULL;
		}
		more = realloc(sheaders->shdrs, sizeof(*more) *
			       (sheaders->num_max + MORE_SECTIONS));
		if (!more)
			return NULL;
		sheaders->shdrs = more;
		sheaders->num_max += MORE_SECTIONS;
	}
	more = &sheaders->shdrs[sheaders->num++];
	memset(more, 0, sizeof(*more));
	return more;
}

/* Room for len bytes more: 0, or -1 with a message. */
static int have_room(xc_interface *xch, struct xc_core_strtab *names,
		     size_t len)
{
	size_t max = names->max;
	char *more;

	if (len > (size_t)UINT16_MAX - names->length) {
		xc_perr(xch, "too long string table");
		errno = E2BIG;
		return -1;
	}
	if (names->length + len <= max)
		return 0;
	while (max < names->length + len)
		max *= 2;
	if (max > UINT16_MAX) {
		xc_perr(xch, "too long string table");
		errno = ENOMEM;
		return -1;
	}
	more = realloc(names->strings, max);
	if (!more) {
		xc_perr(xch, "Could not allocate string table");
		return -1;
	}
	names->strings = more;
	names->max = max;
	return 0;
}

XC_API int xc_core_shdr_set(xc_interface *xch, Elf64_Shdr *shdr,
			    struct xc_core_strtab *strtab, const char *name,
			    uint32_t type, uint64_t offset, uint64_t size,
			    uint64_t addralign, uint64_t entsize)
{
	size_t len = strlen(name) + 1;

	if (have_room(xch, strtab, len))
		return -1;
	shdr->sh_name = strtab->length;
	memcpy(strtab->strings + strtab->length, name, len);
	strtab->length += len;
	shdr->sh_type = type;
	shdr->sh_offset = offset;
	shdr->sh_size = size;
	shdr->sh_addralign = addralign;
	shdr->sh_entsize = entsize;
	return 0;
}

static const Elf64_Ehdr head = {
	.e_ident = {
		ELFMAG0, ELFMAG1, ELFMAG2, ELFMAG3, ELFCLASS64, ELFDATA2LSB,
		EV_CURRENT, ELFOSABI_SYSV, EV_CURRENT,
	},
	.e_type = ET_CORE,
	.e_version = EV_CURRENT,
	.e_shoff = sizeof(Elf64_Ehdr),
	.e_ehsize = sizeof(Elf64_Ehdr),
	.e_phentsize = sizeof(Elf64_Phdr),
	.e_shentsize = sizeof(Elf64_Shdr),
	.e_shstrndx = 1,
};

static Elf64_Shdr *add(xc_interface *xch, struct xe_core_elf *elf,
		       const Elf64_Shdr *s, const char *name)
{
	Elf64_Shdr *shdr = xc_core_shdr_get(xch, &elf->sections);

	if (!shdr) {
		xc_perr(xch, "Could not get section header for %s",
			name ? name : "null section");
		return NULL;
	}
	if (name && xc_core_shdr_set(xch, shdr, &elf->names, name, s->sh_type,
				     s->sh_offset, s->sh_size, s->sh_addralign,
				     s->sh_entsize))
		return NULL;
	return shdr;
}

static uint64_t align(uint64_t offset, uint64_t to)
{
	return to ? (offset + to - 1) / to * to : offset;
}

#define SECTION(type, size, align, each) { \
	.sh_type = (type), .sh_size = (size), .sh_addralign = (align), \
	.sh_entsize = (each) }

/* One behind the other, from behind the headers on. */
static int add_sections(const struct xe_dump *d, struct xe_core_elf *elf)
{
	unsigned int words = xe_core_table_words(d), i, nr = 0;
	struct {
		const char *name;
		bool there;
		Elf64_Shdr s;
	} list[] = {
		{ NULL, true, SECTION(SHT_NULL, 0, 0, 0) },
		{ ".shstrtab", true, SECTION(SHT_STRTAB, 0, 0, 0) },
		{ ".note.Xen", true,
		  SECTION(SHT_NOTE, xe_core_note_size(), 0, 0) },
		{ ".xen_prstatus", true,
		  SECTION(SHT_PROGBITS, d->nr_vcpus * sizeof(*d->vcpus),
			  __alignof__(*d->vcpus), sizeof(*d->vcpus)) },
		{ ".xen_shared_info", d->shared,
		  SECTION(SHT_PROGBITS, XC_PAGE_SIZE, __alignof__(*d->shared),
			  XC_PAGE_SIZE) },
		{ ".xen_pages", true,
		  SECTION(SHT_PROGBITS, d->info.nr_pages * XC_PAGE_SIZE,
			  XC_PAGE_SIZE, XC_PAGE_SIZE) },
		{ d->p2m ? ".xen_p2m" : ".xen_pfn", true,
		  SECTION(SHT_PROGBITS, d->info.nr_pages * words * 8, 8,
			  words * 8) },
	};
	uint64_t end = sizeof(elf->head), begin;

	for (i = 0; i < sizeof(list) / sizeof(list[0]); i++)
		nr += list[i].there;
	end += nr * sizeof(Elf64_Shdr);
	for (i = 0; i < sizeof(list) / sizeof(list[0]); i++) {
		if (!list[i].there)
			continue;
		begin = align(end, list[i].s.sh_addralign);
		if (list[i].s.sh_addralign == XC_PAGE_SIZE)
			elf->pad = begin - end;
		if (list[i].s.sh_size)
			list[i].s.sh_offset = begin;
		end = begin + list[i].s.sh_size;
		if (!add(d->xch, elf, &list[i].s, list[i].name))
			return -1;
	}
	elf->sections.shdrs[elf->head.e_shstrndx].sh_offset = end;
	elf->sections.shdrs[elf->head.e_shstrndx].sh_size = elf->names.length;
	return 0;
}

int xe_core_elf_make(const struct xe_dump *d, struct xe_core_elf *elf)
{
	memset(elf, 0, sizeof(*elf));
	elf->names.strings = calloc(1, NAMES);
	elf->sections.shdrs = calloc(SECTIONS, sizeof(Elf64_Shdr));
	if (!elf->names.strings || !elf->sections.shdrs) {
		xc_perr(d->xch, "Could not allocate section headers");
		return -1;
	}
	elf->names.max = NAMES;
	elf->names.length = 1;		/* 0 is the name of none */
	elf->sections.num_max = SECTIONS;
	elf->head = head;
	elf->head.e_machine = d->width == 8 ? EM_X86_64 : EM_386;
	if (add_sections(d, elf))
		return -1;
	elf->head.e_shnum = elf->sections.num;
	return 0;
}

void xe_core_elf_free(struct xe_core_elf *elf)
{
	free(elf->names.strings);
	free(elf->sections.shdrs);
}

#endif
