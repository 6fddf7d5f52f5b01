/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the drop-ins export: what stock's export, by name and version, no
 * more and no less; and all of it is compared (drop_functions.h).
 */
#ifndef DROP_SYMBOLS_H
#define DROP_SYMBOLS_H

#include <elf.h>
#include <link.h>
#include <sys/stat.h>

#include "drop_diff.h"

struct elf_file {
	const ElfW(Ehdr) *elf;
	size_t size;
	const ElfW(Sym) *sym;
	size_t nr;
	const char *names;
	const ElfW(Half) *versions;	/* an index for each symbol */
	const char *nodes[64];		/* by index */
};

static inline void elf_nodes(struct elf_file *f, const ElfW(Verdef) *def,
			     size_t nr, const char *names)
{
	const ElfW(Verdaux) *aux;

	for (; nr; nr--) {
		aux = (const void *)((const char *)def + def->vd_aux);
		if (def->vd_ndx < NR(f->nodes))
			f->nodes[def->vd_ndx] = names + aux->vda_name;
		def = (const void *)((const char *)def + def->vd_next);
	}
}

static inline void elf_open(struct elf_file *f, const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	const ElfW(Shdr) *sec;
	const char *base;
	struct stat st;
	unsigned int i;

	memset(f, 0, sizeof(*f));
	if (fd < 0 || fstat(fd, &st))
		ksft_exit_fail_msg("%s: %s\n", path, strerror(errno));
	f->size = st.st_size;
	f->elf = mmap(NULL, f->size, PROT_READ, MAP_PRIVATE, fd, 0);
	close(fd);
	if (f->elf == MAP_FAILED)
		ksft_exit_fail_msg("mmap: %s\n", strerror(errno));
	base = (const char *)f->elf;
	sec = (const void *)(base + f->elf->e_shoff);
	for (i = 0; i < f->elf->e_shnum; i++) {
		const void *data = base + sec[i].sh_offset;
		const char *names = base + sec[sec[i].sh_link].sh_offset;

		if (sec[i].sh_type == SHT_DYNSYM) {
			f->sym = data;
			f->nr = sec[i].sh_size / sizeof(*f->sym);
			f->names = names;
		} else if (sec[i].sh_type == SHT_GNU_versym) {
			f->versions = data;
		} else if (sec[i].sh_type == SHT_GNU_verdef) {
			elf_nodes(f, data, sec[i].sh_info, names);
		}
	}
	if (!f->sym || !f->versions)
		ksft_exit_fail_msg("%s: no versioned symbols\n", path);
}

/* The name of an exported function, or NULL. */
static inline const char *elf_export(const struct elf_file *f, size_t i,
			      const char **node)
{
	if (f->sym[i].st_shndx == SHN_UNDEF || f->sym[i].st_shndx == SHN_ABS)
		return NULL;
	*node = f->nodes[f->versions[i] & 0x3f];
	return f->names + f->sym[i].st_name;
}

static inline bool elf_has(const struct elf_file *f, const char *name,
		    const char *node)
{
	const char *n, *v = NULL;
	size_t i;

	for (i = 0; i < f->nr; i++) {
		n = elf_export(f, i, &v);
		if (n && v && !strcmp(n, name) && !strcmp(v, node))
			return true;
	}
	return false;
}

static inline bool in_list(const char *name)
{
#define F(program, fn) \
	if (!strcmp(name, #fn)) \
		return true;
	DROP_FUNCTIONS(F)
#undef F
	return false;
}

/* Is all that a exports in b too, under the same node, and in the list? */
static unsigned int exported_too(const struct elf_file *a,
				 const struct elf_file *b, const char *whose)
{
	const char *name, *node = NULL;
	unsigned int bad = 0;
	size_t i;

	for (i = 0; i < a->nr; i++) {
		name = elf_export(a, i, &node);
		if (!name)
			continue;
		if (!node || !elf_has(b, name, node)) {
			ksft_print_msg("%s alone: %s@%s\n", whose, name,
				       node ? node : "");
			bad++;
		}
		if (!in_list(name)) {
			ksft_print_msg("not in the list: %s\n", name);
			bad++;
		}
	}
	return bad;
}

static inline void symbols_are_stocks(void)
{
	struct elf_file stock, ours;
	unsigned int bad;
	int i;

	for (i = 0; i < NR_LIBRARIES; i++) {
		elf_open(&stock, paths[STOCK][i]);
		elf_open(&ours, paths[OURS][i]);
		bad = exported_too(&stock, &ours, "stock");
		bad += exported_too(&ours, &stock, "ours");
		ksft_test_result(!bad, "%s: symbols and versions are stock's\n",
				 libraries[i]);
		munmap((void *)stock.elf, stock.size);
		munmap((void *)ours.elf, ours.size);
	}
}

#endif /* DROP_SYMBOLS_H */
