// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * A core dump of a domain, from begin to end: see core_dump.h.
 */
#include "engine.h"

#if XC_RELEASE < 417 && (defined(__i386__) || defined(__x86_64__))

#include <fcntl.h>
#include <unistd.h>

#include "core_dump.h"
#include "guest_abi.h"

/* What is written at once has a size of 32 bits. */
#define AT_ONCE (1u << 30)

/* Pieces of this size do not come back soon: the file's cache need not grow. */
#define LARGE (16u << 20)

int xe_core_write(const struct xe_dump *d, const void *p, size_t size)
{
	char *from = (char *)p;
	int rc = 0;

	for (; size > AT_ONCE && !rc; size -= AT_ONCE, from += AT_ONCE)
		rc = d->write(d->xch, d->arg, from, AT_ONCE);
	return rc ? rc : d->write(d->xch, d->arg, from, size);
}

static int write_all(const struct xe_dump *d, const struct xe_core_elf *elf,
		     uint64_t *table)
{
	size_t table_size = d->info.nr_pages * xe_core_table_words(d) *
			    sizeof(*table);
	char zeros[XC_PAGE_SIZE] = "";
	int rc;

	rc = xe_core_write(d, &elf->head, sizeof(elf->head));
	if (!rc)
		rc = xe_core_write(d, elf->sections.shdrs, elf->sections.num *
				   sizeof(*elf->sections.shdrs));
	if (!rc)
		rc = xe_core_write_notes(d);
	if (!rc)
		rc = xe_core_write(d, d->vcpus,
				   d->nr_vcpus * sizeof(*d->vcpus));
	if (!rc && d->shared)
		rc = xe_core_write(d, d->shared, XC_PAGE_SIZE);
	if (!rc)
		rc = xe_core_write(d, zeros, elf->pad);
	if (!rc)
		rc = xe_core_write_pages(d, table);
	if (!rc)
		rc = xe_core_write(d, table, table_size);
	if (!rc)
		rc = xe_core_write(d, elf->names.strings, elf->names.length);
	return rc;
}

static int dump_looked_at(const struct xe_dump *d)
{
	uint64_t *table = calloc(d->info.nr_pages + 1,
				 xe_core_table_words(d) * sizeof(*table));
	struct xe_core_elf elf;
	int rc = -1;

	if (!table) {
		xc_perr(d->xch, "Could not allocate %s array",
			d->p2m ? "p2m" : "pfn");
		return -1;
	}
	if (!xe_core_elf_make(d, &elf))
		rc = write_all(d, &elf, table);
	xe_core_elf_free(&elf);
	free(table);
	return rc;
}

static int dump(xc_interface *xch, uint32_t domid, void *arg,
		dumpcore_rtn_t *write)
{
	struct xe_dump d = {
		.xch = xch, .domid = domid, .write = write, .arg = arg,
	};
	int rc = xe_core_look(&d);

	if (!rc)
		rc = dump_looked_at(&d);
	xe_core_forget(&d);
	return rc;
}

XC_API int xc_domain_dumpcore_via_callback(xc_interface *xch, uint32_t domid,
					   void *arg, dumpcore_rtn_t dump_rtn)
{
	struct xe_batch *b = xe_pause(xch);

	return xe_resume(b, xch, dump(xch, domid, arg, dump_rtn));
}

static int write_to_file(xc_interface *xch, void *arg, char *buffer,
			 unsigned int length)
{
	int fd = *(int *)arg;

	if (write_exact(fd, buffer, length) == -1) {
		xc_perr(xch, "Failed to write buffer");
		return -errno;
	}
	if (length >= LARGE)
		discard_file_cache(xch, fd, 0);
	return 0;
}

static int dump_to_file(xc_interface *xch, uint32_t domid, const char *name)
{
	int fd = -1, rc;

	if (name)
		fd = open(name, O_CREAT | O_RDWR | O_TRUNC, 0600);
	else
		errno = EFAULT;
	if (fd < 0) {
		xc_perr(xch, "Could not open corefile %s",
			name ? name : "(null)");
		return -errno;
	}
	rc = dump(xch, domid, &fd, write_to_file);
	discard_file_cache(xch, fd, 1);
	close(fd);
	return rc;
}

XC_API int xc_domain_dumpcore(xc_interface *xch, uint32_t domid,
			      const char *corename)
{
	struct xe_batch *b = xe_pause(xch);

	return xe_resume(b, xch, dump_to_file(xch, domid, corename));
}

#endif
