// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The contract's rules for operations, where no kernel checks them: soft.h.
 */
#include "arena.h"
#include "soft.h"

/* Of an argument: all of it, or the second or first of two 32-bit fields. */
#define ALL	~0ULL
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
#define HIGH	(0xffffffffULL << 32)
#else
#define HIGH	0xffffffffULL
#endif
#define LOW	(~HIGH)

#define LINK	XENBATCH_OPF_LINK
#define MAPS	(XENBATCH_OPF_LINK | XENBATCH_OPF_READONLY)
#define LISTS	(MAPS | XENBATCH_OPF_LIST)

/* A port is all there is. */
#define PORT	{ HIGH, ALL, ALL, ALL, ALL }

/* What is allowed, and which bits of the arguments must be zero. */
static const struct rule {
	bool known;
	bool number;
	bool domid;
	uint16_t flags;
	uint16_t region;	/* of its slots: 3, or 4 for both of grants */
	uint64_t reserved[5];
} rules[] = {
	[XENBATCH_OP_NOP] = { true, .flags = LINK },
	[XENBATCH_OP_HYPERCALL] = { true, .number = true, .flags = LINK },
	[XENBATCH_OP_FOREIGN_MAP] = { true, .domid = true, .flags = LISTS,
				      .region = XENBATCH_REGION_FOREIGN,
				      .reserved = { 0, HIGH, 0, 0, ALL } },
	[XENBATCH_OP_FOREIGN_UNMAP] = { true, .flags = LINK,
					.region = XENBATCH_REGION_FOREIGN,
					.reserved = { 0, HIGH, ALL, ALL, ALL } },
	[XENBATCH_OP_GRANT_MAP] = { true, .domid = true, .flags = LISTS,
				    .region = XENBATCH_REGION_GRANT,
				    .reserved = { 0, HIGH, 0, 0, ALL } },
	[XENBATCH_OP_GRANT_UNMAP] = { true, .flags = LINK,
				      .region = XENBATCH_REGION_GRANT,
				      .reserved = { 0, HIGH, ALL, ALL, ALL } },
	[XENBATCH_OP_GRANT_COPY] = { true, .flags = LINK,
				     .reserved = { 0, HIGH, ALL, ALL, ALL } },
	[XENBATCH_OP_RESOURCE_MAP] = { true, .domid = true, .flags = MAPS,
				       .region = XENBATCH_REGION_FOREIGN,
				       .reserved = { 0, 0, 0, ALL, HIGH } },
	[XENBATCH_OP_GRANT_NOTIFY] = { true, .flags = LINK,
				       .region = XENBATCH_REGION_GRANT,
				       .reserved = { 0, 0, ALL, ALL, ALL } },
	[XENBATCH_OP_EVTCHN_NOTIFY] = { true, .flags = LINK,
					.reserved = PORT },
	[XENBATCH_OP_EVTCHN_ACK] = { true, .flags = LINK,
				     .reserved = PORT },
	[XENBATCH_OP_EVTCHN_BIND] = { true, .domid = true,
				      .flags = LINK | XENBATCH_OPF_KERNEL_ACK,
				      .reserved = { LOW, HIGH, ALL, ALL,
						    ALL } },
	[XENBATCH_OP_EVTCHN_UNBIND] = { true, .flags = LINK,
					.reserved = PORT },
	[XENBATCH_OP_EVTCHN_AFFINITY] = { true, .flags = LINK,
					  .reserved = { HIGH, LOW, ALL, ALL,
							ALL } },
};

#define NR_RULES (sizeof(rules) / sizeof(rules[0]))

int xb_soft_check(const struct xenbatch_op *op)
{
	const struct rule *rule;
	int i;

	if (op->state != XENBATCH_STATE_IDLE &&
	    op->state != XENBATCH_STATE_DONE)
		return -EBUSY;
	if (op->opcode >= NR_RULES)
		return -EINVAL;
	rule = &rules[op->opcode];
	if (!rule->known)
		return -EINVAL;
	if (op->flags & ~rule->flags || (op->domid && !rule->domid) ||
	    (op->number && !rule->number))
		return -EINVAL;
	for (i = 0; i < 5; i++)
		if (op->arg[i] & rule->reserved[i])
			return -EINVAL;
	return 0;
}

static bool right_region(const struct xb_soft_area *area, unsigned int opcode)
{
	unsigned int region = rules[opcode].region;

	return area->region == region ||
	       (region == XENBATCH_REGION_GRANT &&
		area->region == XENBATCH_REGION_GRANT_PAGES);
}

int xb_soft_slots(struct xb_soft_area *areas, const struct xenbatch_op *op,
		  struct xb_soft_area **area, size_t *first)
{
	bool notify = op->opcode == XENBATCH_OP_GRANT_NOTIFY;
	uint32_t count = notify ? 1 : op->map.count;
	uint64_t addr = op->map.addr, at;

	if (!notify && (addr % XB_PAGE || !count || count > XB_SOFT_PAGES_MAX))
		return -EINVAL;
	for (; areas; areas = areas->next) {
		at = addr - (uintptr_t)areas->base;
		if (at < areas->size)
			break;
	}
	if (!areas || !right_region(areas, op->opcode) ||
	    (at & ~(XB_PAGE - 1)) + count * XB_PAGE > areas->size)
		return -ENXIO;
	*area = areas;
	*first = at >> XB_PAGE_SHIFT;
	return 0;
}

uint64_t xb_soft_frame(const struct xenbatch_op *op, uint32_t i)
{
	if (!(op->flags & XENBATCH_OPF_LIST))
		return op->map.frame + i;
	if (op->opcode == XENBATCH_OP_GRANT_MAP)
		return ((const __u32 *)(uintptr_t)op->map.frame)[i];
	return ((const __u64 *)(uintptr_t)op->map.frame)[i];
}

static bool fits(__u64 grant, uint16_t len)
{
	return (grant >> 32 & 0xffff) + len <= XB_PAGE;
}

int xb_soft_copies(const struct xenbatch_copy *c, uint32_t n, uint16_t flags)
{
	const uint16_t source = XENBATCH_COPY_SOURCE_GREF,
		       dest = XENBATCH_COPY_DEST_GREF;
	uint32_t i;

	if (!n || n > XB_SOFT_PAGES_MAX)
		return -EINVAL;
	for (i = 0; i < n; i++, c++)
		if (c->reserved || c->flags & ~flags ||
		    !(c->flags & (source | dest)) ||
		    (c->flags & source && !fits(c->source, c->len)) ||
		    (c->flags & dest && !fits(c->dest, c->len)))
			return -EINVAL;
	return 0;
}
