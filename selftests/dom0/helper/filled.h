/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A window of each kind, filled with a target's pages: what the tests of
 * leaving and of memory calls start from. Page i of the target (tag TAG + i)
 * is in slot i; it is granted by reference REF + i.
 * Include after window.h and target.h.
 */
#ifndef FILLED_H
#define FILLED_H

#define SLOTS	16U
#define REF	16U
#define TAG	100U

/* A fixture that is set up once with a window of each region. */
#define WINDOW_VARIANTS(fixture)			\
	FIXTURE_VARIANT(fixture)			\
	{						\
		unsigned int region;			\
	};						\
	FIXTURE_VARIANT_ADD(fixture, foreign)		\
	{						\
		.region = XENBATCH_REGION_FOREIGN,	\
	};						\
	FIXTURE_VARIANT_ADD(fixture, grant)		\
	{						\
		.region = XENBATCH_REGION_GRANT,	\
	};						\
	FIXTURE_VARIANT_ADD(fixture, pages)		\
	{						\
		.region = XENBATCH_REGION_GRANT_PAGES,	\
	}

static inline bool is_foreign(unsigned int region)
{
	return region == XENBATCH_REGION_FOREIGN;
}

/* 0: all slots are filled */
static inline int64_t window_fill(struct ctx *c, struct target *t,
				  unsigned int region, char *w)
{
	return is_foreign(region) ?
	       foreign_list(c, t->domid, w, SLOTS, t->frames, NULL, 0) :
	       grant_map(c, t->domid, w, SLOTS, REF);
}

static inline int64_t window_empty(struct ctx *c, unsigned int region,
				   char *w)
{
	return is_foreign(region) ? foreign_unmap(c, w, SLOTS) :
				    grant_unmap(c, w, SLOTS);
}

static inline bool window_is_filled(const char *w)
{
	uint32_t i;

	for (i = 0; i < SLOTS; i++)
		if (touch_read(w + i * PAGE) ||
		    !page_is(w + i * PAGE, TAG + i))
			return false;
	return true;
}

/* How many grants a filled window holds. */
static inline uint32_t window_holds(unsigned int region)
{
	return is_foreign(region) ? 0 : SLOTS;
}

static inline int filled_target(struct target *t)
{
	uint32_t i;

	if (target_start(t, SLOTS))
		return -1;
	target_fill(t, TAG);
	for (i = 0; i < SLOTS; i++)
		target_grant(t, REF + i, i, 0, 0);
	return 0;
}

/* A context of one's own with a filled window: what most start with. */
static inline char *window_filled(struct ctx *c, struct target *t,
				  unsigned int region)
{
	char *w;

	if (ctx_open(c))
		return NULL;
	w = window_new(c->fd, region, SLOTS);
	if (w == MAP_FAILED || window_fill(c, t, region, w))
		return NULL;
	return w;
}

#endif /* FILLED_H */
