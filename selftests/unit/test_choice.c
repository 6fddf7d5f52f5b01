// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Promise: opening never fails for want of the module, unless it was asked
 * for by name; and which backend runs, and why, is said in words.
 */
#include "unit.h"

struct choice {
	const char *env;
	int no_batch, no_privcmd, no_proc, no_hypercall;
	int info_err;
	unsigned int abi;
	uint64_t opcodes;
	/* what must come of it */
	int err;
	enum xenbatch_backend_id id;
	const char *why;
};

#define GOOD .abi = 1, .opcodes = 3
#define MODULE .id = XENBATCH_BACKEND_MODULE
#define STOCK .id = XENBATCH_BACKEND_STOCK

static const struct choice choices[] = {
	{ GOOD, MODULE, .why = "module present: version 0.1.0, ABI 1" },
	{ GOOD, MODULE, .env = "",
	  .why = "module present: version 0.1.0, ABI 1" },
	{ GOOD, MODULE, .no_privcmd = ENOENT, .no_proc = ENOENT,
	  .why = "module present: version 0.1.0, ABI 1" },
	{ GOOD, STOCK, .no_batch = ENOENT,
	  .why = "module absent: /dev/xen/batch does not exist" },
	{ GOOD, STOCK, .no_batch = ENXIO,
	  .why = "module absent: nothing behind /dev/xen/batch" },
	{ GOOD, STOCK, .no_batch = ENODEV,
	  .why = "module absent: nothing behind /dev/xen/batch" },
	{ GOOD, STOCK, .no_batch = EACCES,
	  .why = "module refused: /dev/xen/batch: Permission denied" },
	{ GOOD, STOCK, .no_batch = EPERM,
	  .why = "module refused: /dev/xen/batch: Operation not permitted" },
	{ GOOD, STOCK, .no_batch = ENFILE,
	  .why = "module unusable: /dev/xen/batch: Too many open files in system" },
	{ GOOD, STOCK, .info_err = ENOTTY,
	  .why = "module unusable: /dev/xen/batch: Inappropriate ioctl for device" },
	{ STOCK, .abi = 0, .opcodes = 3,
	  .why = "module too old: it speaks ABI 0, this library 1" },
	{ STOCK, .abi = 2, .opcodes = 3,
	  .why = "module too new: it speaks ABI 2, this library 1" },
	{ STOCK, .abi = 1, .opcodes = 1,
	  .why = "module unusable: it makes no hypercalls here" },

	{ GOOD, MODULE, .env = "module",
	  .why = "forced by XENBATCH_BACKEND=module" },
	{ GOOD, STOCK, .env = "stock",
	  .why = "forced by XENBATCH_BACKEND=stock" },
	{ GOOD, .id = XENBATCH_BACKEND_FAKE, .env = "fake",
	  .why = "forced by XENBATCH_BACKEND=fake" },
	{ GOOD, .env = "nonsense", .err = EINVAL },
	{ GOOD, .env = "module", .no_batch = ENOENT, .err = ENOENT },
	{ GOOD, .env = "module", .no_batch = EACCES, .err = EACCES },
	{ .env = "module", .abi = 2, .opcodes = 3, .err = EPROTONOSUPPORT },
	{ .env = "module", .abi = 1, .opcodes = 1, .err = EOPNOTSUPP },
	{ GOOD, .env = "module", .info_err = ENOTTY, .err = ENOTTY },

	/* stock: which devices will do */
	{ GOOD, STOCK, .no_batch = ENOENT, .no_privcmd = ENOENT,
	  .why = "module absent: /dev/xen/batch does not exist" },
	{ GOOD, STOCK, .no_batch = ENOENT, .no_hypercall = ENOENT,
	  .why = "module absent: /dev/xen/batch does not exist" },
	{ GOOD, .no_batch = ENOENT, .no_privcmd = EACCES, .err = EACCES },
	{ GOOD, .no_batch = ENOENT, .no_hypercall = EACCES, .err = EACCES },
	{ GOOD, .no_batch = ENOENT, .no_privcmd = ENOENT, .no_proc = ENOENT,
	  .err = ENOENT },
	{ GOOD, .no_batch = EACCES, .no_privcmd = ENOENT, .no_proc = ENOENT,
	  .err = EACCES },
	{ GOOD, .env = "stock", .no_privcmd = ENOENT, .no_proc = ENXIO,
	  .err = ENXIO },
};

static void check_works(xenbatch *xb)
{
	struct xen_domctl *domctl = unit_vcpuinfo(xb, 0, 1);
	uint64_t args[] = { (uintptr_t)domctl };

	xb_fake_knobs.any_memory = fake_kernel.no_hypercall;
	assert_true(unit_version_works(xb));
	assert_int_equal(xenbatch_hypercall(xb, __HYPERVISOR_domctl, args, 1),
			 0);
	assert_int_equal(domctl->u.getvcpuinfo.cpu_time,
			 xb_fake_cpu_time(0, 1));
	xenbatch_free(xb, domctl);
}

static void check_choice(const struct choice *c)
{
	const char *why, *again;
	xenbatch *xb;

	xb_fake_reset();
	fake_kernel_reset();
	fake_kernel.no_batch = c->no_batch;
	fake_kernel.no_privcmd = c->no_privcmd;
	fake_kernel.no_proc_privcmd = c->no_proc;
	fake_kernel.no_hypercall = c->no_hypercall;
	fake_kernel.info_err = c->info_err;
	fake_kernel.abi = c->abi;
	fake_kernel.opcodes = c->opcodes;
	if (c->env)
		setenv("XENBATCH_BACKEND", c->env, 1);
	else
		unsetenv("XENBATCH_BACKEND");

	errno = 0;
	xb = xenbatch_open(0);
	if (c->err) {
		assert_null(xb);
		assert_int_equal(errno, c->err);
	} else {
		assert_non_null(xb);
		assert_int_equal(errno, 0);
		assert_int_equal(xenbatch_backend(xb, &why), c->id);
		assert_string_equal(why, c->why);
		assert_int_equal(xenbatch_backend(xb, &again), c->id);
		assert_ptr_equal(why, again);
		check_works(xb);
		assert_int_equal(xenbatch_close(xb), 0);
		assert_int_equal(errno, 0);
	}
	assert_int_equal(fake_kernel.opens, fake_kernel.closes);
}

static void choice_table(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(choices); i++) {
		print_message("choice %zu: %s\n", i, choices[i].why ?: "error");
		check_choice(&choices[i]);
	}
}

/* An open, INFO, and a close: what makes a handle cheap to have. */
static void opening_is_cheap(void **state)
{
	xenbatch *xb;

	(void)state;
	fake_kernel_reset();
	setenv("XENBATCH_BACKEND", "module", 1);
	xb = xenbatch_open(0);
	assert_int_equal(fake_kernel.opens, 1);
	assert_int_equal(fake_kernel.ioctls, 1);
	xenbatch_close(xb);
	assert_int_equal(fake_kernel.closes, 1);
	assert_int_equal(fake_kernel.mmaps, 0);
}

/* The module may go and come back between two handles. */
static void module_comes_and_goes(void **state)
{
	enum xenbatch_backend_id id;
	xenbatch *xb;
	int i;

	(void)state;
	unsetenv("XENBATCH_BACKEND");
	for (i = 0; i < 4; i++) {
		fake_kernel_reset();
		fake_kernel.no_batch = i % 2 ? ENOENT : 0;
		xb = xenbatch_open(0);
		id = xenbatch_backend(xb, NULL);
		assert_int_equal(id, i % 2 ? XENBATCH_BACKEND_STOCK :
				 XENBATCH_BACKEND_MODULE);
		check_works(xb);
		xenbatch_close(xb);
	}
}

static void close_and_flags(void **state)
{
	(void)state;
	assert_int_equal(xenbatch_close(NULL), 0);
	assert_null(xenbatch_open(1));
	assert_int_equal(errno, EINVAL);
	assert_string_equal(xenbatch_backend_name(XENBATCH_BACKEND_MODULE),
			    "module");
	assert_string_equal(xenbatch_backend_name(XENBATCH_BACKEND_STOCK),
			    "stock");
	assert_string_equal(xenbatch_backend_name(0), "unknown");
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(choice_table),
		cmocka_unit_test(opening_is_cheap),
		cmocka_unit_test(module_comes_and_goes),
		cmocka_unit_test(close_and_flags),
	};

	return cmocka_run_group_tests_name("choice", tests, NULL, NULL);
}
