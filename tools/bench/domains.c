// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <string.h>

#include "../tool.h"
#include "domains.h"

static bool create_one(struct libxc *lib, unsigned int number, uint32_t *domid)
{
	struct xen_domctl_createdomain config = {
		.max_vcpus = VCPUS,
		.max_evtchn_port = 1023,
		.max_grant_frames = 1,
		.max_maptrack_frames = 1,
		.grant_opts = XEN_DOMCTL_GRANT_version(1),
	};

	/* So that no two answers are the same, and a mix-up shows. */
	memcpy(config.handle, "xenbatch bench", 14);
	config.handle[15] = number;
	*domid = 0;
	if (lib->xc_domain_create(lib->xch, domid, &config) != 0)
		return false;
	if (lib->xc_domain_max_vcpus(lib->xch, *domid, VCPUS) == 0)
		return true;
	number = errno;
	lib->xc_domain_destroy(lib->xch, *domid);
	errno = number;
	return false;
}

bool domains_create(struct domains *d, struct libxc *lib)
{
	for (d->nr = 0; d->nr < DOMAINS; d->nr++) {
		if (create_one(lib, d->nr, &d->domid[d->nr]))
			continue;
		tool_error("cannot create domain %u of %u: %s: is there free memory (xl info)?",
			   d->nr + 1, DOMAINS, strerror(errno));
		domains_destroy(d, lib);
		return false;
	}
	for (size_t i = 0; i < sizeof(d->ask) / sizeof(d->ask[0]); i++) {
		d->ask[i].domid = d->domid[i / VCPUS % DOMAINS];
		d->ask[i].vcpu = i % VCPUS;
	}
	return true;
}

void domains_destroy(struct domains *d, struct libxc *lib)
{
	while (d->nr) {
		d->nr--;
		if (lib->xc_domain_destroy(lib->xch, d->domid[d->nr]) != 0)
			tool_error("domain %u is left behind: %s: 'xl destroy %u' it",
				   d->domid[d->nr], strerror(errno),
				   d->domid[d->nr]);
	}
}
