// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The list of live patches: five arrays that Xen fills piece by piece, as many
 * entries at once as it likes.
 */
#include "call1.h"

enum { INFO, LEN, METADATA_LEN, NAME, METADATA, NR_ARRAYS };

static const size_t entry_size[NR_ARRAYS] = {
	[INFO] = sizeof(struct xen_livepatch_status),
	[LEN] = sizeof(uint32_t),
	[METADATA_LEN] = sizeof(uint32_t),
	/* texts, one after the other */
	[NAME] = 0,
	[METADATA] = 0,
};

/* What is being listed, and the piece that is asked for. */
struct listing {
	struct {
		char *user;		/* all of it */
		size_t at;		/* where the piece begins */
		size_t size;		/* what it has room for */
		char *xen;
	} array[NR_ARRAYS];
	struct xen_sysctl_livepatch_list list;	/* the question, the answer */
	uint32_t version;		/* of the pieces before, or 0 */
};

/* An answer that is not used leaves all that it had room for. */
static bool is_used(const struct listing *l, uint32_t nr, long ret)
{
	return ret >= 0 && ret <= nr &&
	       (!l->version || l->version == l->list.version);
}

static size_t written(const struct listing *l, int i, uint32_t nr, long ret)
{
	size_t size = l->array[i].size, used;

	if (!is_used(l, nr, ret))
		return size;
	if (entry_size[i])
		return (size_t)ret * entry_size[i];
	used = i == NAME ? l->list.name_total_size :
			   l->list.metadata_total_size;
	return used < size ? used : size;
}

/* Made at once, never in a batch: l may lie on the stack. */
static long piece_done(struct xe_done *done, long ret)
{
	const struct xen_sysctl *s = done->block;
	struct listing *l = done->to[0];
	int i;

	l->list = s->u.livepatch.u.list;
	for (i = 0; i < NR_ARRAYS; i++)
		memcpy(l->array[i].user + l->array[i].at, l->array[i].xen,
		       written(l, i, done->num, ret));
	return ret;
}

/*
 * Xen is not told how long the texts may be: there is room for the longest
 * names, and, at the end, for a page more than was asked for, as stock has.
 */
static size_t room(const struct listing *l, int i)
{
	size_t longest = (size_t)l->list.nr * XEN_LIVEPATCH_NAME_SIZE;
	size_t size = l->array[i].size;

	if (i == NAME && size < longest)
		size = longest;
	if (i == METADATA)
		size += XC_PAGE_SIZE;
	return XE_ROUND(size);
}

static int ask(xc_interface *xch, struct listing *l)
{
	size_t size = XE_DONE_SIZE;
	struct xen_sysctl *s;
	struct xe_cursor *k;
	struct xe_done *done;
	int i;

	for (i = 0; i < NR_ARRAYS; i++)
		size += room(l, i);
	k = xe_open_now(xch, size);
	if (!k)
		return -1;
	s = xe_sysctl(k, XEN_SYSCTL_livepatch_op);
	done = xe_done_new(k, piece_done);
	for (i = 0; i < NR_ARRAYS; i++) {
		l->array[i].xen = xe_take(k, room(l, i));
		memset(l->array[i].xen, 0, room(l, i));
	}
#define HANDLE(member, i) \
	set_xen_guest_handle_raw(l->list.member, (void *)l->array[i].xen)
	HANDLE(status, INFO);
	HANDLE(name, NAME);
	HANDLE(len, LEN);
	HANDLE(metadata, METADATA);
	HANDLE(metadata_len, METADATA_LEN);
#undef HANDLE
	memset(&s->u.livepatch, 0, offsetof(struct xen_sysctl_livepatch_op, u));
	s->u.livepatch.cmd = XEN_SYSCTL_LIVEPATCH_LIST;
	s->u.livepatch.u.list = l->list;
	done->block = s;
	done->to[0] = l;
	done->num = l->list.nr;
	return xe_end1_done(k, XE_SYSCTL, s, done);
}

static void begin_piece(struct listing *l, uint32_t from, uint32_t nr)
{
	int i;

	l->list.nr = nr;
	for (i = 0; i < NR_ARRAYS; i++) {
		if (!entry_size[i])
			continue;
		l->array[i].at = from * entry_size[i];
		l->array[i].size = nr * entry_size[i];
	}
}

/* 32 bits, as in stock. */
static void skip_text(struct listing *l, int i, uint32_t n)
{
	l->array[i].at = (uint32_t)(l->array[i].at + n);
	l->array[i].size = (uint32_t)(l->array[i].size - n);
}

/*
 * `most` is how many entries are asked for at once: E2BIG halves it. If the
 * list has changed since the piece before, it begins anew, five times; where
 * the texts go and from which entry on is not begun anew, in stock neither.
 */
static int list_all(xc_interface *xch, struct listing *l, uint32_t max,
		    unsigned int *done, unsigned int *left)
{
	uint32_t most = max, changes = 0, nr;
	bool again;
	int rc;

	do {
		again = false;
		nr = max - *done < most ? max - *done : most;
		begin_piece(l, *done, nr);
		rc = ask(xch, l);
		if (rc < 0 && errno == E2BIG && most > 1) {
			most >>= 1;
			again = true;
			continue;
		}
		if (rc < 0)
			return rc;
		if (!l->version)
			l->version = l->list.version;
		if (l->version != l->list.version) {
			if (changes++ > 3) {
				errno = EBUSY;
				return -1;
			}
			l->version = l->list.version;
			*done = 0;
			again = true;
			continue;
		}
		if ((uint32_t)rc > nr) {
			errno = EOVERFLOW;
			return -1;
		}
		skip_text(l, NAME, l->list.name_total_size);
		skip_text(l, METADATA, l->list.metadata_total_size);
		*left = l->list.nr;
		*done += rc;
		l->list.idx = *done;
	} while (again || (*done < max && *left));
	return 0;
}

XC_API int xc_livepatch_list(xc_interface *xch, const unsigned int max,
			     const unsigned int start,
			     struct xen_livepatch_status *info, char *name,
			     uint32_t *len, const uint32_t name_total_size,
			     char *metadata, uint32_t *metadata_len,
			     const uint32_t metadata_total_size,
			     unsigned int *done, unsigned int *left)
{
	struct listing l = {
		.array = {
			[INFO].user = (char *)info,
			[LEN].user = (char *)len,
			[METADATA_LEN].user = (char *)metadata_len,
			[NAME] = { .user = name, .size = name_total_size },
			[METADATA] = { .user = metadata,
				       .size = metadata_total_size },
		},
		.list.idx = start,
	};
	struct xe_batch *b;

	if (!max || !info || !name || !len || !metadata || !metadata_len ||
	    !done || !left)
		return xe_refuse(xch, EINVAL);
	if (!name_total_size)
		return xe_refuse(xch, ENOENT);
	b = xe_pause(xch);
	*done = 0;
	*left = 0;
	return xe_resume(b, xch, list_all(xch, &l, max, done, left));
}
