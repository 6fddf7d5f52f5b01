// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The notes in a core dump.
 */
#include "engine.h"

#if XC_RELEASE < 417 && (defined(__i386__) || defined(__x86_64__))

#include <xen/elfnote.h>

#include "core_dump.h"

struct counts {
	uint64_t magic, nr_vcpus, nr_pages, page_size;
};

struct version {
	uint64_t major, minor;
	xen_extraversion_t extraversion;
	xen_compile_info_t compile_info;
	xen_capabilities_info_t capabilities;
	xen_changeset_info_t changeset;
	xen_platform_parameters_t platform_parameters;
	uint64_t page_size;
};
_Static_assert(sizeof(struct version) == 1280, "as in the file");

/* Of the format: 0 in the upper half, 1 in the lower. */
#define FORMAT_VERSION 1

union desc {
	struct counts counts;
	struct version version;
	uint64_t format;
};

static void fill_counts(const struct xe_dump *d, union desc *to)
{
	to->counts = (struct counts){
		.magic = d->info.hvm ? XC_CORE_MAGIC_HVM : XC_CORE_MAGIC,
		.nr_vcpus = d->nr_vcpus,
		.nr_pages = d->info.nr_pages,
		.page_size = XC_PAGE_SIZE,
	};
}

/* Up to the first that Xen does not tell; what is not known is 0. */
static void ask_version(xc_interface *xch, struct version *v)
{
	const struct {
		int what;
		void *to;
	} asked[] = {
		{ XENVER_extraversion, &v->extraversion },
		{ XENVER_compile_info, &v->compile_info },
		{ XENVER_capabilities, &v->capabilities },
		{ XENVER_changeset, &v->changeset },
		{ XENVER_platform_parameters, &v->platform_parameters },
	};
	int rc = xc_version(xch, XENVER_version, NULL);
	size_t i;

	if (rc < 0)
		return;
	v->major = rc >> 16;
	v->minor = rc & 0xffff;
	for (i = 0; i < sizeof(asked) / sizeof(asked[0]); i++)
		if (xc_version(xch, asked[i].what, asked[i].to) < 0)
			return;
	rc = xc_version(xch, XENVER_pagesize, NULL);
	if (rc >= 0)
		v->page_size = rc;
}

static void fill_version(const struct xe_dump *d, union desc *to)
{
	char *p = (char *)&to->version.page_size;

	ask_version(d->xch, &to->version);
	/* The field before it has a word of the domain's. */
	if (d->width < sizeof(long))
		memmove(p - 4, p, sizeof(to->version.page_size));
}

static void fill_format(const struct xe_dump *d, union desc *to)
{
	(void)d;
	to->format = FORMAT_VERSION;
}

static const struct note {
	uint32_t type;
	uint32_t size;
	void (*fill)(const struct xe_dump *d, union desc *to);
} notes[] = {
	{ XEN_ELFNOTE_DUMPCORE_NONE, 0, NULL },
	{ XEN_ELFNOTE_DUMPCORE_HEADER, sizeof(struct counts), fill_counts },
	{ XEN_ELFNOTE_DUMPCORE_XEN_VERSION, sizeof(struct version),
	  fill_version },
	{ XEN_ELFNOTE_DUMPCORE_FORMAT_VERSION, sizeof(uint64_t), fill_format },
};

#define NR_NOTES (sizeof(notes) / sizeof(notes[0]))

struct head {
	Elf64_Nhdr note;
	char name[4];
};

static int write_note(const struct xe_dump *d, const struct note *n)
{
	struct head head = {
		.note = { .n_namesz = sizeof(head.name), .n_descsz = n->size,
			  .n_type = n->type },
		.name = "Xen",
	};
	union desc desc;
	int rc;

	memset(&desc, 0, sizeof(desc));
	if (n->fill)
		n->fill(d, &desc);
	rc = xe_core_write(d, &head, sizeof(head));
	return rc ? rc : xe_core_write(d, &desc, n->size);
}

size_t xe_core_note_size(void)
{
	size_t size = NR_NOTES * sizeof(struct head), i;

	for (i = 0; i < NR_NOTES; i++)
		size += notes[i].size;
	return size;
}

int xe_core_write_notes(const struct xe_dump *d)
{
	size_t i;
	int rc = 0;

	for (i = 0; i < NR_NOTES && !rc; i++)
		rc = write_note(d, &notes[i]);
	return rc;
}

#endif
