// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Promise: our xc_translate_foreign_address finds what stock's finds, in page
 * tables of every kind, and fails as it does: bare, two, three and four levels,
 * large pages, PV of both widths, holes, tables that cannot be mapped.
 *
 * Both run here over one simulated domain: stock's library finds the functions
 * that this program has, where it would call its own. The real machine of
 * selftests/dom0 has PV domains of 64 bits only.
 */
#define xc_translate_foreign_address ours_translate
#define xenbatch_slots_alloc slot_alloc
#define xenbatch_map slot_map
#define xenbatch_unmap slot_unmap
#include "lib/xc/pagetab.c"
#undef xc_translate_foreign_address

#include "unit.h"

unsigned long xc_translate_foreign_address(xc_interface *xch, uint32_t dom,
					   int vcpu, unsigned long long virt);

#define FRAMES	64
#define DOMID	5
#define TRIES	40000

static struct {
	bool hvm;
	unsigned int width;
	struct hvm_hw_cpu cpu;
	vcpu_guest_context_any_t ctx;
	int fails;			/* which question, from 1 on; 0: none */
	unsigned char memory[FRAMES][4096];
} domain;

static struct xc_interface_core handle;

/* What both of them ask */

XC_API int xc_domain_getinfo(xc_interface *xch, uint32_t first,
			     unsigned int max, xc_dominfo_t *info)
{
	(void)xch;
	assert_int_equal(1, max);
	memset(info, 0, sizeof(*info));
	info->domid = domain.fails == 1 ? first + 1 : first;
	info->hvm = domain.hvm;
	errno = ESRCH;
	return domain.fails == 2 ? -1 : 1;
}

XC_API int xc_domain_hvm_getcontext_partial(xc_interface *xch, uint32_t domid,
					    uint16_t type, uint16_t vcpu,
					    void *buf, uint32_t size)
{
	(void)xch;
	(void)vcpu;
	assert_true(domain.hvm && domid == DOMID);
	assert_int_equal(2, type);
	assert_int_equal(sizeof(domain.cpu), size);
	memcpy(buf, &domain.cpu, size);
	errno = ENODATA;
	return domain.fails == 3 ? -1 : 0;
}

XC_API int xc_vcpu_getcontext(xc_interface *xch, uint32_t domid, uint32_t vcpu,
			      vcpu_guest_context_any_t *ctx)
{
	(void)xch;
	(void)vcpu;
	assert_true(!domain.hvm && domid == DOMID);
	*ctx = domain.ctx;
	errno = EINVAL;
	return domain.fails == 4 ? -1 : 0;
}

XC_API int xc_domain_get_guest_width(xc_interface *xch, uint32_t domid,
				     unsigned int *width)
{
	(void)xch;
	assert_int_equal(DOMID, domid);
	*width = domain.width;
	errno = EPERM;
	return domain.fails == 5;
}

XC_API void *xc_map_foreign_range(xc_interface *xch, uint32_t domid, int size,
				  int prot, unsigned long frame)
{
	void *p;

	(void)xch;
	assert_int_equal(DOMID, domid);
	assert_int_equal(4096, size);
	assert_int_equal(PROT_READ, prot);
	errno = EFAULT;
	if (frame >= FRAMES)
		return NULL;
	p = mmap(NULL, 4096, PROT_READ | PROT_WRITE,
		 MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	assert_true(p != MAP_FAILED);
	memcpy(p, domain.memory[frame], 4096);
	return p;
}

/* ... which ours does onto one slot, again and again */
static struct {
	char page[4096];
	bool got, filled;
} slot;

void *xenbatch_slots_alloc(xenbatch *xb, enum xenbatch_window window, size_t n)
{
	assert_ptr_equal(handle.xb, xb);
	assert_int_equal(XENBATCH_FOREIGN, window);
	assert_int_equal(1, n);
	assert_false(slot.got);
	slot.got = true;
	return slot.page;
}

void *xenbatch_map(xenbatch *xb, void *addr, uint16_t domid, int prot, size_t n,
		   const uint64_t *gfns, int *errs)
{
	assert_ptr_equal(handle.xb, xb);
	assert_true(slot.got && addr == slot.page && !errs);
	assert_int_equal(DOMID, domid);
	assert_int_equal(PROT_READ, prot);
	assert_int_equal(1, n);
	errno = EFAULT;
	if (*gfns >= FRAMES)
		return NULL;
	memcpy(slot.page, domain.memory[*gfns], 4096);
	slot.filled = true;
	return addr;
}

int xenbatch_unmap(xenbatch *xb, void *addr, size_t n)
{
	(void)xb;
	assert_true(slot.got && addr == slot.page && n == 1);
	memset(&slot, 0, sizeof(slot));
	errno = EBADF;
	return 0;
}

/* No batch is open here. */
struct xe_cursor xe_none;
__thread struct xe_cursor *xe_current
	__attribute__((tls_model("initial-exec"), visibility("hidden"))) =
		&xe_none;

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

/* The answer of both; *err is errno if there is none. */
static unsigned long both(unsigned long long virt, int *err)
{
	unsigned long a, b;
	int err_a, err_b;

	errno = 0;
	a = xc_translate_foreign_address(&handle, DOMID, 1, virt);
	err_a = a ? 0 : errno;
	errno = 0;
	b = ours_translate(&handle, DOMID, 1, virt);
	err_b = b ? 0 : errno;
	assert_false(slot.got || slot.filled);
	assert_int_equal(a, b);
	assert_int_equal(err_a, err_b);
	*err = err_b;
	return b;
}

static uint64_t seed = 1;

static uint32_t random32(void)
{
	seed = seed * 6364136223846793005ULL + 1442695040888963407ULL;
	return seed >> 33;
}

/* Mostly there, mostly of a frame that is there; at times a large page. */
static uint64_t random_entry(void)
{
	uint64_t e = (uint64_t)(random32() % (FRAMES + 1)) << 12 | 0x27;

	if (!(random32() % 10))
		e &= ~1ull;
	if (!(random32() % 6))
		e |= PTE_BIG;
	if (!(random32() % 9))
		e |= 1ull << 63 | (uint64_t)random32() << 20;
	return e;
}

static void random_memory(void)
{
	uint64_t e;
	size_t i;

	for (i = 0; i < sizeof(domain.memory) / 8; i++) {
		e = random_entry();
		/* As two entries of 32 bits it makes sense as well. */
		if (i / 512 % 2)
			e = (uint32_t)random_entry() |
			    (uint64_t)(uint32_t)random_entry() << 32;
		memcpy((unsigned char *)domain.memory + i * 8, &e, 8);
	}
}

static void random_domain(void)
{
	uint32_t root = random32() % FRAMES;

	domain.hvm = random32() % 3;
	domain.width = random32() % 2 ? 8 : 4;
	domain.fails = random32() % 20 ? 0 : 1 + random32() % 5;
	domain.cpu.cr0 = random32() % 10 ? CR0_PG : 1;
	domain.cpu.cr4 = random32() % 2 ? CR4_PAE : 0;
	domain.cpu.msr_efer = random32() % 2 ? EFER_LMA : 0;
	domain.cpu.cr3 = (uint64_t)root << 12 | (random32() & 0xfff);
	if (domain.width == 8)
		domain.ctx.x64.ctrlreg[3] = (uint64_t)root << 12;
	else
		domain.ctx.x32.ctrlreg[3] = root << 12 | root >> 20;
}

static void random_tables(void **state)
{
	unsigned int found = 0, holes = 0, unmapped = 0, i;
	int err;

	(void)state;
	for (i = 0; i < TRIES; i++) {
		if (i % 1000 == 0)
			random_memory();
		random_domain();
		if (both((uint64_t)random32() << 32 ^ random32() << 1, &err))
			found++;
		else if (err == EADDRNOTAVAIL)
			holes++;
		else if (err == EFAULT)
			unmapped++;
	}
	/* The comparison was of something. */
	assert_true(found > TRIES / 10 && holes > TRIES / 10);
	assert_true(unmapped > TRIES / 100);
}

/* Known tables, known answers */

static void entry(unsigned int frame, unsigned int nr, unsigned int size,
		  uint64_t value)
{
	memcpy(&domain.memory[frame][nr * size], &value, size);
}

static void start(bool lma, bool pae, uint64_t cr3)
{
	memset(&domain, 0, sizeof(domain));
	domain.hvm = true;
	domain.cpu.cr0 = CR0_PG;
	domain.cpu.cr4 = pae ? CR4_PAE : 0;
	domain.cpu.msr_efer = lma ? EFER_LMA : 0;
	domain.cpu.cr3 = cr3;
}

static void known_tables(void **state)
{
	int err;

	(void)state;
	start(true, true, 1 << 12 | 0x18);
	entry(1, 0x1ff, 8, 2 << 12 | 1);
	entry(2, 0x1fe, 8, 3 << 12 | 1);
	entry(3, 3, 8, 4 << 12 | 1);
	entry(4, 5, 8, 0x12345ull << 12 | 1);
	assert_int_equal(0x12345, both(0xffffffff80605abc, &err));
	entry(3, 3, 8, 0x40000000ull | PTE_BIG | 1);
	assert_int_equal(0x40005, both(0xffffffff80605abc, &err));
	entry(2, 0x1fe, 8, 0x1c0000000ull | PTE_BIG | 1);
	assert_int_equal(0x1c0605, both(0xffffffff80605abc, &err));
	entry(1, 0x1ff, 8, 0);
	assert_int_equal(0, both(0xffffffff80605abc, &err));
	assert_int_equal(EADDRNOTAVAIL, err);

	/* The root of three levels lies anywhere, at 32 bytes. */
	start(false, true, 1 << 12 | 0xfe0);
	entry(1, 0xfe0 / 8 + 2, 8, 2 << 12 | 1);
	entry(2, 7, 8, 3 << 12 | 1);
	entry(3, 9, 8, 0x777ull << 12 | 1);
	assert_int_equal(0x777, both(0x80e09123, &err));
	entry(2, 7, 8, 0x600000ull | PTE_BIG | 1);
	assert_int_equal(0x609, both(0x80e09123, &err));

	start(false, false, 1 << 12);
	entry(1, 0x201, 4, 2 << 12 | 1);
	entry(2, 0x3ff, 4, 0xabcdeull << 12 | 1);
	assert_int_equal(0xabcde, both(0x807ff123, &err));
	entry(1, 0x201, 4, 0xc00000ull | PTE_BIG | 1);
	assert_int_equal(0xfff, both(0x807ff123, &err));
	entry(1, 0x201, 4, 0x40 << 12 | 1);
	assert_int_equal(0, both(0x807ff123, &err));
	assert_int_equal(EFAULT, err);

	domain.cpu.cr0 = 0;
	assert_int_equal(0x807ff, both(0x807ff123, &err));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(random_tables),
		cmocka_unit_test(known_tables),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
