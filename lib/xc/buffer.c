// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Hypercall buffers of the public interface: memory of the handle's arena,
 * cleared, because stock's always was and programs have come to rely on it.
 *
 * What does not fit the arena comes from stock's allocator, which is good for
 * hypercalls by the module too: memory of /dev/xen/hypercall is always
 * present. So nothing that stock could allocate fails here.
 */
#include "handle.h"

enum {
	BOUNCE_IN = 1,
	BOUNCE_OUT = 2,
};

XC_API xc_hypercall_buffer_t XC__HYPERCALL_BUFFER_NAME(HYPERCALL_BUFFER_NULL) = {
	.hbuf = NULL,
	.param_shadow = NULL,
	HYPERCALL_BUFFER_INIT_NO_BOUNCE
};

static bool ours(xc_interface *xch, const void *p)
{
	return xenbatch_owns(xch->xb, p, 1);
}

static void *arena_alloc(xc_interface *xch, size_t size)
{
	void *p = xenbatch_alloc(xch->xb, size ? size : 1);

	if (p)
		memset(p, 0, size);
	return p;
}

XC_API void *xc__hypercall_buffer_alloc_pages(xc_interface *xch,
					      xc_hypercall_buffer_t *b,
					      int nr_pages)
{
	void *p = NULL;

	if (nr_pages < 0) {
		errno = ENOMEM;		/* what mmap says to stock */
		return NULL;
	}
	/* No page is a page: stock gives one of its cache, if that has one. */
	p = arena_alloc(xch, (nr_pages ? nr_pages : 1) * XC_PAGE_SIZE);
	if (!p && xc_interface_xcall_handle(xch))
		p = xencall_alloc_buffer_pages(xch->xcall, nr_pages);
	if (p)
		b->hbuf = p;
	return p;
}

XC_API void xc__hypercall_buffer_free_pages(xc_interface *xch,
					    xc_hypercall_buffer_t *b,
					    int nr_pages)
{
	if (!b->hbuf)
		return;
	if (ours(xch, b->hbuf))
		xenbatch_free(xch->xb, b->hbuf);
	else
		xencall_free_buffer_pages(xch->xcall, b->hbuf, nr_pages);
}

XC_API void *xc__hypercall_buffer_alloc(xc_interface *xch,
					xc_hypercall_buffer_t *b, size_t size)
{
	void *p = arena_alloc(xch, size);

	/* Beyond this stock's own sum would overflow. */
	if (!p && size < PTRDIFF_MAX && xc_interface_xcall_handle(xch))
		p = xencall_alloc_buffer(xch->xcall, size);
	if (p)
		b->hbuf = p;
	return p;
}

XC_API void xc__hypercall_buffer_free(xc_interface *xch,
				      xc_hypercall_buffer_t *b)
{
	if (!b->hbuf)
		return;
	if (ours(xch, b->hbuf))
		xenbatch_free(xch->xb, b->hbuf);
	else
		xencall_free_buffer(xch->xcall, b->hbuf);
}

/* Declared by something else than a bounce macro: a bug in the caller. */
static void check_bounce(const xc_hypercall_buffer_t *b)
{
	if (b->ubuf == (void *)-1 || !b->dir)
		abort();
}

XC_API int xc__hypercall_bounce_pre(xc_interface *xch, xc_hypercall_buffer_t *b)
{
	check_bounce(b);
	if (!b->ubuf) {
		b->hbuf = NULL;
		return 0;
	}
	if (!xc__hypercall_buffer_alloc(xch, b, b->sz))
		return -1;
	if (b->dir & BOUNCE_IN)
		memcpy(b->hbuf, b->ubuf, b->sz);
	return 0;
}

XC_API void xc__hypercall_bounce_post(xc_interface *xch,
				      xc_hypercall_buffer_t *b)
{
	check_bounce(b);
	if (!b->hbuf)
		return;
	if (b->dir & BOUNCE_OUT)
		memcpy(b->ubuf, b->hbuf, b->sz);
	xc__hypercall_buffer_free(xch, b);
}

struct xc_hypercall_buffer_array {
	unsigned int n;
	xc_hypercall_buffer_t bufs[];
};

XC_API xc_hypercall_buffer_array_t *
xc_hypercall_buffer_array_create(xc_interface *xch, unsigned int n)
{
	xc_hypercall_buffer_array_t *array;

	(void)xch;
	array = calloc(1, sizeof(*array) + n * sizeof(array->bufs[0]));
	if (array)
		array->n = n;
	return array;
}

static xc_hypercall_buffer_t *element(xc_hypercall_buffer_array_t *array,
				      unsigned int index, bool filled)
{
	if (index >= array->n || !array->bufs[index].hbuf == filled)
		abort();
	return &array->bufs[index];
}

XC_API void *xc__hypercall_buffer_array_alloc(xc_interface *xch,
					      xc_hypercall_buffer_array_t *array,
					      unsigned int index,
					      xc_hypercall_buffer_t *hbuf,
					      size_t size)
{
	xc_hypercall_buffer_t *e = element(array, index, false);
	void *p = xc__hypercall_buffer_alloc(xch, hbuf, size);

	if (p)
		*e = *hbuf;
	return p;
}

XC_API void *xc__hypercall_buffer_array_get(xc_interface *xch,
					    xc_hypercall_buffer_array_t *array,
					    unsigned int index,
					    xc_hypercall_buffer_t *hbuf)
{
	(void)xch;
	*hbuf = *element(array, index, true);
	return hbuf->hbuf;
}

XC_API void xc_hypercall_buffer_array_destroy(xc_interface *xch,
					      xc_hypercall_buffer_array_t *array)
{
	unsigned int i;

	if (!array)
		return;
	for (i = 0; i < array->n; i++)
		xc__hypercall_buffer_free(xch, &array->bufs[i]);
	free(array);
}

XC_API void *xc_memalign(xc_interface *xch, size_t alignment, size_t size)
{
	void *p;

	(void)xch;
	return posix_memalign(&p, alignment, size) ? NULL : p;
}
