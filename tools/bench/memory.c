// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <string.h>
#include <sys/mman.h>

#include "../tool.h"
#include "libxc.h"
#include "memory.h"

#define WORDS		(MEMORY_PAGE / sizeof(uint64_t))
#define AT_ONCE		256U

static bool create_domain(struct memory *m, struct libxc *lib)
{
	struct xen_domctl_createdomain config = {
		.max_vcpus = 1,
		.max_evtchn_port = 1023,
		.max_grant_frames = 1,
		.max_maptrack_frames = 1,
		.grant_opts = XEN_DOMCTL_GRANT_version(1),
		.handle = "xenbatch memory",
	};

	return lib->xc_domain_create(lib->xch, &m->domid, &config) == 0;
}

/* A PV domain's frames: Xen says which machine frames they are. */
static bool populate(struct memory *m, struct libxc *lib)
{
	xen_pfn_t frames[MEMORY_FRAMES];
	unsigned int i;

	for (i = 0; i < MEMORY_FRAMES; i++)
		frames[i] = i;
	if (lib->xc_domain_setmaxmem(lib->xch, m->domid,
				     (MEMORY_FRAMES + 256) * (MEMORY_PAGE >> 10)) ||
	    lib->xc_domain_populate_physmap_exact(lib->xch, m->domid,
						  MEMORY_FRAMES, 0, 0, frames))
		return false;
	for (i = 0; i < MEMORY_FRAMES; i++)
		m->gfn[i] = frames[i];
	return true;
}

static void fill(uint64_t *words, unsigned int pages, uint64_t seed)
{
	for (size_t i = 0; i < pages * WORDS; i++)
		words[i] = (seed + i) * 0x9e3779b97f4a7c15;
}

static bool fill_domain(const struct memory *m, struct maplib *maps)
{
	for (unsigned int i = 0; i < MEMORY_FRAMES; i += AT_ONCE) {
		uint64_t *p = maps->xenforeignmemory_map(maps->fmem, m->domid,
			PROT_READ | PROT_WRITE, AT_ONCE,
			(const xen_pfn_t *)&m->gfn[i], NULL);

		if (!p)
			return false;
		fill(p, AT_ONCE, i * WORDS);
		maps->xenforeignmemory_unmap(maps->fmem, p, AT_ONCE);
	}
	return true;
}

static bool share(struct memory *m, struct maplib *maps)
{
	m->shr = maps->xengntshr_open(NULL, 0);
	if (!m->shr)
		return false;
	m->shared = maps->xengntshr_share_pages(m->shr, 0, MEMORY_GRANTS,
						m->refs, 1);
	if (!m->shared)
		return false;
	m->ref = m->refs;
	fill(m->shared, MEMORY_GRANTS, MEMORY_FRAMES * WORDS);
	return true;
}

bool memory_create(struct memory *m, struct libxc *lib)
{
	const char *what = "create a domain";

	if (!create_domain(m, lib))
		goto err;
	what = "give a domain 16 MiB of memory";
	if (!populate(m, lib))
		goto err;
	what = "write to another domain's memory";
	if (!fill_domain(m, &lib->maps))
		goto err;
	what = "grant pages (is xen-gntalloc loaded?)";
	if (!share(m, &lib->maps))
		goto err;
	return true;

err:
	tool_error("cannot %s: %s", what, strerror(errno));
	memory_destroy(m, lib);
	return false;
}

void memory_destroy(struct memory *m, struct libxc *lib)
{
	if (m->shared)
		lib->maps.xengntshr_unshare(m->shr, m->shared, MEMORY_GRANTS);
	if (m->shr)
		lib->maps.xengntshr_close(m->shr);
	if (m->domid && lib->xc_domain_destroy(lib->xch, m->domid) != 0)
		tool_error("domain %u is left behind: %s: 'xl destroy %u' it",
			   m->domid, strerror(errno), m->domid);
	m->shared = NULL;
	m->shr = NULL;
	m->domid = 0;
}
