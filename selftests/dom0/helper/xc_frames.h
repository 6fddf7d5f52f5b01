/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Frames of the domains that each mode has for itself. Which frames Xen gives
 * is another matter for each: what is written down is whether they are new,
 * and whether Xen says that they are the domain's.
 * Include after xc_diff.h.
 */
#ifndef XC_FRAMES_H
#define XC_FRAMES_H

#define PAGE 4096UL
#define TWIN_KB (16u << 10)
/* Beyond all memory, and yet an address: a page-table entry holds it. */
#define NO_FRAME (1UL << 36)

static inline void allow_memory(void)
{
	struct mode *m = &modes[0];
	int i, err = 0;

	for (i = 0; i < NR_MODES; i++)
		err |= m->api.xc_domain_setmaxmem(m->xch, modes[i].twin,
						  TWIN_KB);
	if (err)
		ksft_exit_fail_msg("no memory for the domains: %s\n",
				   strerror(errno));
}

/* By stock, whoever asks: XTAB is a frame that is not domid's. */
static bool belongs(uint32_t domid, xen_pfn_t frame)
{
	struct mode *m = &modes[0];

	return !m->api.xc_get_pfn_type_batch(m->xch, domid, 1, &frame) &&
	       frame != XEN_DOMCTL_PFINFO_XTAB;
}

/* Each frame: as it was asked for, or the domain's, or what is it? */
static __attribute__((unused)) void
note_frames(struct mode *m, uint32_t domid, const xen_pfn_t *frames,
	    const xen_pfn_t *asked, unsigned int nr)
{
	unsigned int i, j;

	fprintf(m->out, "  frames");
	for (i = 0; i < nr; i++) {
		for (j = 0; j < i && frames[j] != frames[i]; j++)
			;
		fprintf(m->out, " %s%s", j < i ? "again-" : "",
			frames[i] == asked[i] ? "asked" :
			belongs(domid, frames[i]) ? "its" : "other");
	}
	fputc('\n', m->out);
}

static inline void number(xen_pfn_t *frames, unsigned int nr, xen_pfn_t first)
{
	unsigned int i;

	for (i = 0; i < nr; i++)
		frames[i] = first + i;
}

/* Memory to test with, by the mode's own library, not compared. */
static inline void give(struct mode *m, unsigned int nr, unsigned int order,
			xen_pfn_t *frames)
{
	number(frames, nr, 0);
	if (m->api.xc_domain_populate_physmap_exact(m->xch, m->twin, nr, order,
						    0, frames))
		note(m, "populate: %s", strerror(errno));
}

static inline void take(struct mode *m, unsigned int nr, unsigned int order,
			xen_pfn_t *frames)
{
	if (m->api.xc_domain_decrease_reservation_exact(m->xch, m->twin, nr,
							order, frames))
		note(m, "decrease: %s", strerror(errno));
}

#endif /* XC_FRAMES_H */
