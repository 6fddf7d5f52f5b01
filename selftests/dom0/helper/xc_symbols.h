/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What our libxenctrl exports: all of it is compared (XC_FUNCTIONS), and a
 * program that was linked with stock finds it, by name and version.
 */
#ifndef XC_SYMBOLS_H
#define XC_SYMBOLS_H

#include <elf.h>
#include <fcntl.h>
#include <link.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "xc_diff.h"

/* Whatever our library exports in stock's name must be in the list. */
static bool in_list(const char *name)
{
#define F(program, fn) \
	if (!strcmp(name, #fn)) \
		return true;
	XC_FUNCTIONS(F)
#undef F
	/* ... but for what is ours alone, and for data. */
#define XC_OWN(fn, group) \
	if (!strcmp(name, #fn)) \
		return true;
#define XC_DATA(data, since, gone) XC_OWN(data, buffer)
#include "api.def"
	return false;
}

static void list_is_whole(void)
{
	int fd = open(our_library, O_RDONLY), nr = 0;
	bool whole = true;
	const ElfW(Ehdr) *elf;
	const ElfW(Shdr) *sec;
	struct stat st;
	unsigned int i;

	if (fd < 0 || fstat(fd, &st))
		ksft_exit_fail_msg("%s: %s\n", our_library, strerror(errno));
	elf = mmap(NULL, st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
	close(fd);
	if (elf == MAP_FAILED)
		ksft_exit_fail_msg("mmap: %s\n", strerror(errno));
	sec = (const void *)((const char *)elf + elf->e_shoff);
	for (i = 0; i < elf->e_shnum; i++) {
		const ElfW(Sym) *sym, *end;
		const char *names;

		if (sec[i].sh_type != SHT_DYNSYM)
			continue;
		sym = (const void *)((const char *)elf + sec[i].sh_offset);
		end = sym + sec[i].sh_size / sizeof(*sym);
		names = (const char *)elf + sec[sec[i].sh_link].sh_offset;
		for (; sym < end; sym++) {
			if (sym->st_shndx == SHN_UNDEF ||
			    sym->st_shndx == SHN_ABS)
				continue;
			nr++;
			if (in_list(names + sym->st_name))
				continue;
			whole = false;
			ksft_print_msg("not in the list: %s\n",
				       names + sym->st_name);
		}
	}
	munmap((void *)elf, st.st_size);
	ksft_test_result(whole && nr >= NR_FN,
			 "the list of functions is whole\n");
}

/*
 * The node that a function of the stock library has; empty if it has none, as
 * in 4.14.
 */
static const char *node_of(void *dl, const char *function, char *node,
			   size_t size)
{
	static const char *const patterns[] = {
		"VERS_4.%d.0", "libxenctrl_4.%d.0",
	};
	unsigned int i;
	int minor;

	for (minor = 14; minor < 40; minor++) {
		for (i = 0; i < NR(patterns); i++) {
			snprintf(node, size, patterns[i], minor);
			if (dlvsym(dl, function, node))
				return node;
		}
	}
	node[0] = 0;
	return node;
}

static void versions_are_stocks(void)
{
	static const char *const names[] = {
#define F(program, name) #name,
		XC_FUNCTIONS(F)
#undef F
		"xc__hypercall_buffer_HYPERCALL_BUFFER_NULL",
	};
	char stock[40], ours[40];
	bool same = true;
	unsigned int i;

	for (i = 0; i < NR(names); i++) {
		node_of(modes[0].dl, names[i], stock, sizeof(stock));
		node_of(modes[1].dl, names[i], ours, sizeof(ours));
		if (!strcmp(stock, ours))
			continue;
		same = false;
		ksft_print_msg("%s: '%s', not '%s'\n", names[i], ours, stock);
	}
	ksft_test_result(same, "the symbol versions are stock's\n");
}

#endif /* XC_SYMBOLS_H */
