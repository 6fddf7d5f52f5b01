// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The rig's oracle: asks Xen's own tables what is in use, through stock libxc.
 *
 * Nobody complains about a grant that is never given back or a port that is
 * never closed (a leak is silent), so after every test the rig compares what
 * is printed here with what was printed before it: the active entries of every
 * grant table (debug key g), every event channel (debug key e) and the domains
 * that exist. A foreign frame that stays mapped shows when its domain is gone:
 * it stays dying, with so many pages. The same reading of Xen's console ring shows whatever Xen
 * had to say during the test. The ring is emptied, so a reading starts where
 * the one before it ended.
 *
 * Built for the guest by the rig; uses Debian's own library on purpose, so
 * that it does not depend on what is being tested.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <xenctrl.h>

#define RING (256u << 10)	/* the conring_size that the rig asks for */
#define DOMAINS 1024

static void print_domains(xc_interface *xch)
{
	static xc_domaininfo_t info[DOMAINS];
	int i, n = xc_domain_getinfolist(xch, 0, DOMAINS, info);

	if (n < 0) {
		perror("oracle: xc_domain_getinfolist");
		exit(1);
	}
	for (i = 0; i < n; i++)
		if (info[i].flags & XEN_DOMINF_dying)
			printf("domain %u dying, %llu pages held\n",
			       info[i].domain,
			       (unsigned long long)info[i].tot_pages);
		else
			printf("domain %u\n", info[i].domain);
}

int main(int argc, char **argv)
{
	xc_interface *xch = xc_interface_open(NULL, NULL, 0);
	static char ring[RING];
	unsigned int n = RING;

	if (!xch) {
		perror("oracle: xc_interface_open");
		return 1;
	}
	if (argc > 1 && xc_send_debug_keys(xch, argv[1])) {
		perror("oracle: xc_send_debug_keys");
		return 1;
	}
	if (xc_readconsolering(xch, ring, &n, 1, 0, NULL)) {
		perror("oracle: xc_readconsolering");
		return 1;
	}
	fwrite(ring, 1, n, stdout);
	if (argc > 1)
		print_domains(xch);
	xc_interface_close(xch);
	return 0;
}
