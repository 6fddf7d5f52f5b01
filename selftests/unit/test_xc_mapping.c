// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Promise: our xc_domain_memory_mapping makes the very hypercalls that stock's
 * makes, whatever Xen answers: less than was asked for, too much at once,
 * errors here and there; and what failed is undone the same way.
 *
 * Both run here over one simulated Xen: stock's library finds the functions
 * that this program has, where it would call its own. The real machine of
 * selftests/dom0 has PV domains only, for which there is nothing to map.
 */
#define xc_domain_memory_mapping ours_mapping
#include "lib/xc/permission.c"
#undef xc_domain_memory_mapping

#include "unit.h"

int xc_domain_memory_mapping(xc_interface *xch, uint32_t domid,
			     unsigned long first_gfn, unsigned long first_mfn,
			     unsigned long nr_mfns, uint32_t add_mapping);

#define DOMID	5
#define CALLS	4000
#define TRIES	20000

static struct xc_interface_core handle;

/* How this Xen is, and what it was asked. */
static struct {
	int info;			/* 0: no such domain, -1: another */
	bool hvm;
	unsigned long most;		/* at once; 0: not even one */
	unsigned int partial, error;	/* 1 of so many; 0: never */
	uint64_t seed;
	unsigned int nr;
	struct xen_domctl_memory_mapping calls[CALLS];
	char message[200];
} xen;

static uint32_t random32(uint64_t *seed)
{
	*seed = *seed * 6364136223846793005ULL + 1442695040888963407ULL;
	return *seed >> 33;
}

static long answer(const struct xen_domctl *d)
{
	const struct xen_domctl_memory_mapping *m = &d->u.memory_mapping;

	assert_int_equal(XEN_DOMCTL_memory_mapping, d->cmd);
	assert_int_equal(XEN_DOMCTL_INTERFACE_VERSION, d->interface_version);
	assert_int_equal(DOMID, d->domain);
	assert_true(xen.nr < CALLS);
	xen.calls[xen.nr] = *m;
	xen.calls[xen.nr++].padding = 0;
	if (m->nr_mfns > xen.most)
		return -E2BIG;
	if (xen.error && !(random32(&xen.seed) % xen.error))
		return random32(&xen.seed) % 2 ? -EPERM : -EINVAL;
	if (xen.partial && m->nr_mfns > 1 &&
	    !(random32(&xen.seed) % xen.partial))
		return 1 + random32(&xen.seed) % (m->nr_mfns - 1);
	return 0;
}

static int call_xen(const void *domctl)
{
	long ret = answer(domctl);

	if (ret >= 0)
		return ret;
	errno = -ret;
	return -1;
}

/* What stock's function calls */

XC_API int xencall1(xencall_handle *xcall, unsigned int op, uint64_t arg)
{
	(void)xcall;
	assert_int_equal(__HYPERVISOR_domctl, op);
	return call_xen((void *)(uintptr_t)arg);
}

XC_API int xc__hypercall_bounce_pre(xc_interface *xch, xc_hypercall_buffer_t *b)
{
	(void)xch;
	b->hbuf = b->ubuf;
	return 0;
}

XC_API void xc__hypercall_bounce_post(xc_interface *xch,
				      xc_hypercall_buffer_t *b)
{
	(void)xch;
	(void)b;
}

/* What ours calls */

static struct xenbatch_op op;
static char slot[XE_SLOT] __attribute__((aligned(16)));
static struct xe_cursor cursor;

struct xe_cursor xe_none;
__thread struct xe_cursor *xe_current
	__attribute__((tls_model("initial-exec"), visibility("hidden"))) =
		&xe_none;

struct xe_cursor *xe_open_now(xc_interface *xch, size_t extra)
{
	assert_int_equal(0, extra);
	memset(slot, 0xcc, sizeof(slot));
	cursor = (struct xe_cursor){ .xch = xch, .op = &op, .cur = slot };
	return &cursor;
}

long xe_run(struct xe_cursor *k)
{
	assert_int_equal(XE_DOMCTL, k->op->number);
	return call_xen((void *)(uintptr_t)k->op->arg[0]);
}

struct xe_cursor *xe_open_slow(xc_interface *xch, size_t extra)
{
	(void)xch;
	(void)extra;
	fail();
	return NULL;
}

struct xe_batch *xe_pause_slow(xc_interface *xch)
{
	(void)xch;
	fail();
	return NULL;
}

void xe_resume_slow(struct xe_batch *b, xc_interface *xch, long ret, int err)
{
	(void)b;
	(void)xch;
	(void)ret;
	(void)err;
	fail();
}

/* What both call */

XC_API int xc_domain_getinfo(xc_interface *xch, uint32_t first,
			     unsigned int max, xc_dominfo_t *info)
{
	(void)xch;
	assert_int_equal(1, max);
	memset(info, 0, sizeof(*info));
	info->domid = xen.info < 0 ? first + 1 : first;
	info->hvm = xen.hvm;
	errno = ESRCH;
	return xen.info ? 1 : -1;
}

XC_API const char *xc_strerror(xc_interface *xch, int err)
{
	(void)xch;
	return strerror(err);
}

XC_API void xc_report_error(xc_interface *xch, int code, const char *fmt, ...)
{
	va_list ap;

	(void)xch;
	(void)code;
	va_start(ap, fmt);
	vsnprintf(xen.message, sizeof(xen.message), fmt, ap);
	va_end(ap);
}

/* The same question to both, of the same Xen. How many hypercalls it took. */
static unsigned int both(unsigned long nr, uint32_t add, int *ret, int *err)
{
	static __typeof__(xen) before, stock;
	int stock_ret, stock_err;

	xen.nr = 0;
	xen.message[0] = 0;
	memcpy(&before, &xen, sizeof(xen));
	errno = 0;
	stock_ret = xc_domain_memory_mapping(&handle, DOMID, 100, 200, nr, add);
	stock_err = errno;
	memcpy(&stock, &xen, sizeof(xen));
	memcpy(&xen, &before, sizeof(xen));
	errno = 0;
	*ret = ours_mapping(&handle, DOMID, 100, 200, nr, add);
	*err = errno;
	assert_int_equal(stock_ret, *ret);
	assert_int_equal(stock_err, *err);
	assert_int_equal(stock.nr, xen.nr);
	assert_memory_equal(stock.calls, xen.calls,
			    xen.nr * sizeof(xen.calls[0]));
	assert_string_equal(stock.message, xen.message);
	return xen.nr;
}

static void any_answers(void **state)
{
	unsigned int failed = 0, several = 0, i;
	uint64_t seed = 1;
	int ret, err;

	(void)state;
	for (i = 0; i < TRIES; i++) {
		xen.info = random32(&seed) % 30 ? 1 : -(int)(i % 2);
		xen.hvm = random32(&seed) % 30;
		xen.most = random32(&seed) % 10 ? 1u << random32(&seed) % 8 : 0;
		xen.partial = random32(&seed) % 4;
		xen.error = random32(&seed) % 3 ? 0 : 1 + random32(&seed) % 20;
		xen.seed = random32(&seed);
		if (both(random32(&seed) % 300, random32(&seed) % 2, &ret,
			 &err) > 1)
			several++;
		failed += ret < 0;
	}
	assert_true(failed > TRIES / 20 && several > TRIES / 2);
}

static void known_answers(void **state)
{
	int ret, err;

	(void)state;
	memset(&xen, 0, sizeof(xen));
	xen.info = 1;
	xen.hvm = true;
	xen.most = 64;
	/* 200, 100, then 50 four times. */
	assert_int_equal(6, both(200, DPCI_ADD_MAPPING, &ret, &err));
	assert_int_equal(0, ret);
	xen.most = 0;
	/* 4, 2, 1, in vain. */
	assert_int_equal(3, both(4, DPCI_REMOVE_MAPPING, &ret, &err));
	assert_int_equal(-1, ret);
	assert_int_equal(E2BIG, err);
	/* There is nothing to undo then. */
	assert_int_equal(3, both(4, DPCI_ADD_MAPPING, &ret, &err));
	assert_int_equal(-1, ret);
	xen.most = 1000;
	xen.error = 1;
	assert_int_equal(2, both(4, DPCI_ADD_MAPPING, &ret, &err));
	assert_int_equal(-1, ret);
	assert_int_equal(0, both(0, DPCI_ADD_MAPPING, &ret, &err));
	xen.hvm = false;
	assert_int_equal(0, both(4, DPCI_ADD_MAPPING, &ret, &err));
	assert_int_equal(0, ret);
	xen.info = 0;
	assert_int_equal(0, both(4, DPCI_ADD_MAPPING, &ret, &err));
	assert_int_equal(-EINVAL, ret);
	assert_string_equal("Could not get info for domain (3 = No such"
			    " process)", xen.message);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(any_answers),
		cmocka_unit_test(known_answers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
