// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Live patches of Xen. A patch has a name, which goes along with all that is
 * done to it.
 */
#include "call1.h"

#define LIVEPATCH(op, ...) (&(const struct xen_sysctl){ \
	.cmd = XEN_SYSCTL_livepatch_op, \
	.interface_version = XEN_SYSCTL_INTERFACE_VERSION, \
	.u.livepatch = { .cmd = XEN_SYSCTL_LIVEPATCH_##op, ##__VA_ARGS__ } })

static bool too_long(const char *name)
{
	return strlen(name) + 1 > XEN_LIVEPATCH_NAME_SIZE;
}

static void set_name(struct xe_cursor *k, struct xen_livepatch_name *to,
		     const char *name)
{
	to->size = strlen(name) + 1;
	set_xen_guest_handle_raw(to->name, xe_in(k, name, to->size));
}

#if XC_RELEASE < 420
#define FORCED
#else
#define FORCED .flags = force ? LIVEPATCH_FLAG_FORCE : 0
#endif

XC_API int xc_livepatch_upload(xc_interface *xch, char *name,
			       unsigned char *payload, uint32_t size
#if XC_RELEASE >= 420
			       , bool force
#endif
			       )
{
	struct xen_sysctl_livepatch_upload *up;
	struct xe_cursor *k;
	struct xen_sysctl *s;

	if (!name || !payload || too_long(name))
		return xe_refuse(xch, EINVAL);
	k = xe_open(xch, xe_need(name, XEN_LIVEPATCH_NAME_SIZE) +
			 xe_need(payload, size));
	if (!k)
		return -1;
	s = xe_block(k, LIVEPATCH(UPLOAD, FORCED));
	up = &s->u.livepatch.u.upload;
	set_name(k, &up->name, name);
	up->size = size;
	set_xen_guest_handle_raw(up->payload, xe_in(k, payload, size));
	return xe_end(k, XE_SYSCTL, s);
}

/* The status is written if Xen refused, too, and then is 0. */
XC_API int xc_livepatch_get(xc_interface *xch, char *name,
			    struct xen_livepatch_status *status)
{
	struct xe_cursor *k;
	struct xen_sysctl *s;

	if (!name || too_long(name))
		return xe_refuse(xch, EINVAL);
	k = xe_open(xch, xe_need(name, XEN_LIVEPATCH_NAME_SIZE));
	if (!k)
		return -1;
	s = xe_block(k, LIVEPATCH(GET));
	set_name(k, &s->u.livepatch.u.get.name, name);
	return xe_end_part(k, XE_SYSCTL, s, status,
			   offsetof(struct xen_sysctl,
				    u.livepatch.u.get.status),
			   sizeof(*status));
}

static int action(xc_interface *xch, const char *name, uint32_t cmd,
		  uint32_t timeout, uint32_t flags)
{
	struct xe_cursor *k;
	struct xen_sysctl *s;

	if (too_long(name))
		return xe_refuse(xch, EINVAL);
	k = xe_open(xch, xe_need(name, XEN_LIVEPATCH_NAME_SIZE));
	if (!k)
		return -1;
	s = xe_block(k, LIVEPATCH(ACTION, .u.action = {
		.cmd = cmd,
		.timeout = timeout,
		.flags = flags,
	}));
	set_name(k, &s->u.livepatch.u.action.name, name);
	return xe_end(k, XE_SYSCTL, s);
}

#define ACTION(function, name_) \
	XC_API int function(xc_interface *xch, char *name, uint32_t timeout, \
			    uint32_t flags) \
	{ \
		return action(xch, name, LIVEPATCH_ACTION_##name_, timeout, \
			      flags); \
	}

ACTION(xc_livepatch_apply, APPLY)
ACTION(xc_livepatch_revert, REVERT)
ACTION(xc_livepatch_unload, UNLOAD)
ACTION(xc_livepatch_replace, REPLACE)

static long sizes_done(struct xe_done *done, long ret)
{
	const struct xen_sysctl *s = done->block;
	const struct xen_sysctl_livepatch_list *list = &s->u.livepatch.u.list;

	if (!ret) {
		*(unsigned int *)done->to[0] = list->nr;
		*(uint32_t *)done->to[1] = list->name_total_size;
		*(uint32_t *)done->to[2] = list->metadata_total_size;
	}
	return ret;
}

XC_API int xc_livepatch_list_get_sizes(xc_interface *xch, unsigned int *nr,
				       uint32_t *name_total_size,
				       uint32_t *metadata_total_size)
{
	struct xe_cursor *k;
	struct xe_done *done;
	struct xen_sysctl *s;

	if (!nr || !name_total_size || !metadata_total_size)
		return xe_refuse(xch, EINVAL);
	k = xe_open(xch, XE_DONE_SIZE);
	if (!k)
		return -1;
	s = xe_block(k, LIVEPATCH(LIST));
	done = xe_done_new(k, sizes_done);
	done->block = s;
	done->to[0] = nr;
	done->to[1] = name_total_size;
	done->to[2] = metadata_total_size;
	return xe_end1_done(k, XE_SYSCTL, s, done);
}
