// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Promise: our libxenctrl answers as stock's does, byte for byte, at once and
 * in a batch: FLASK. Debian's Xen has it off and refuses all of it, so what is
 * seen here is the refusal, and what the functions do around it. The same with
 * a Xen that agrees: selftests/unit/test_xc_wire.c.
 */
#include "helper/xc_diff.h"

static char names[][40] = { "", "x", "system_u:system_r:domU_t" };
static const uint32_t sizes[] = { 0, 1, 63, 64, 100, 5000 };

/* How many Xen was told of: all that is to be seen of thousands. */
static void zeros(struct mode *m, const char *buf, size_t size)
{
	size_t i, n = 0;

	for (i = 0; i < size; i++)
		n += !buf[i];
	bytes(m, "text", buf, 32);
	note(m, "%zu zeros, the last byte %#x", n, buf[size - 1]);
}

static void labels(struct mode *m)
{
	char buf[5000];
	uint32_t sid;
	unsigned int i;

	for (i = 0; i < NR(sizes); i++) {
		memset(buf, 'a', sizeof(buf));
		sid = 0xcccccccc;
		CALL(m, xc_flask_load, buf, sizes[i]);
		CALL(m, xc_flask_load, NULL, sizes[i]);
		CALL(m, xc_flask_context_to_sid, buf, sizes[i], &sid);
		CALL(m, xc_flask_context_to_sid, NULL, sizes[i], &sid);
		bytes(m, "sid", &sid, sizeof(sid));
		/* What Xen did not write is 0, as far as it was told. */
		CALL(m, xc_flask_sid_to_context, (int)i, buf, sizes[i]);
		CALL(m, xc_flask_sid_to_context, -1, NULL, sizes[i]);
		zeros(m, buf, sizeof(buf));
	}
}

static void booleans(struct mode *m)
{
	char name[100];
	int curr = 7, pend = 8;
	unsigned int i;

	for (i = 0; i < NR(names); i++) {
		memset(name, 'a', sizeof(name));
		CALL(m, xc_flask_getbool_byid, (int)i, name, 90, &curr, &pend);
		bytes(m, "name", name, sizeof(name));
		CALL(m, xc_flask_getbool_byid, -1, NULL, 0, NULL, NULL);
		CALL(m, xc_flask_getbool_byname, names[i], &curr, &pend);
		CALL(m, xc_flask_getbool_byname, names[i], NULL, NULL);
		CALL(m, xc_flask_setbool, names[i], 1, 0);
		note(m, "%d %d '%s'", curr, pend, names[i]);
	}
}

static void modes_and_domains(struct mode *m)
{
	unsigned int i;

	CALL(m, xc_flask_getenforce);
	CALL(m, xc_flask_setenforce, 0);
	CALL(m, xc_flask_setenforce, -1);
	CALL(m, xc_flask_policyvers);
	CALL(m, xc_flask_getavc_threshold);
	CALL(m, xc_flask_setavc_threshold, 512);
	CALL(m, xc_flask_relabel_domain, dom_a, 3);
	for (i = 0; i < NR(bad_domids); i++)
		CALL(m, xc_flask_relabel_domain, bad_domids[i], ~0U);
}

static void resources(struct mode *m)
{
	unsigned int i;

	for (i = 0; i < NR(names); i++) {
		CALL(m, xc_flask_add_pirq, 9, names[i]);
		CALL(m, xc_flask_add_ioport, 0x60, 0x64, names[i]);
		CALL(m, xc_flask_add_iomem, 0xf0000, ~0UL, names[i]);
		CALL(m, xc_flask_add_device, 0x10, names[i]);
	}
	CALL(m, xc_flask_del_pirq, 9);
	CALL(m, xc_flask_del_ioport, 0x64, 0x60);
	CALL(m, xc_flask_del_iomem, 0, ~0UL);
	CALL(m, xc_flask_del_device, 0x10);
}

static void rights(struct mode *m)
{
	uint32_t v[5];
	unsigned int i;

	for (i = 0; i < NR(names); i++) {
		memset(v, 0xcc, sizeof(v));
		CALL(m, xc_flask_access, names[i], names[0], 3, 5, &v[0], &v[1],
		     &v[2], &v[3], &v[4]);
		CALL(m, xc_flask_access, names[0], names[i], 0, ~0U, NULL, NULL,
		     NULL, NULL, NULL);
		bytes(m, "access", v, sizeof(v));
	}
}

/*
 * The numbers are what was on stock's stack, of any length and sign: the words
 * are looked at, all of them or those before the first number.
 */
#define ALL_WORDS	88
#define FIRST_WORD	9

static void words(struct mode *m, const char *text, size_t size)
{
	size_t i;

	if (size < ALL_WORDS)
		size = FIRST_WORD;
	for (i = 0; i < size && text[i]; i++) {
		if (text[i] != '-' && (text[i] < '0' || text[i] > '9'))
			fputc(text[i], m->out);
	}
	fputc('\n', m->out);
}

static void statistics(struct mode *m)
{
	char buf[400];
	unsigned int i;

	for (i = 0; i < NR(sizes); i++) {
		int size = sizes[i] < sizeof(buf) ? (int)sizes[i] :
						    (int)sizeof(buf);

		memset(buf, 'a', sizeof(buf));
		CALL(m, xc_flask_avc_hashstats, buf, size);
		words(m, buf, size);
		memset(buf, 'a', sizeof(buf));
		CALL(m, xc_flask_avc_cachestats, buf, size);
		bytes(m, "cache", buf, sizeof(buf));
	}
}

static void raw(struct mode *m)
{
	xen_flask_op_t op;
	uint32_t cmd;

	for (cmd = 0; cmd < 30; cmd++) {
		memset(&op, 0xcc, sizeof(op));
		op.cmd = cmd;
		CALL(m, xc_flask_op, &op);
		bytes(m, "op", &op, sizeof(op));
	}
}

static const struct diff_case cases[] = {
	{ "labels", labels, 1 },
	{ "booleans", booleans, 1 },
	{ "modes and domains", modes_and_domains, 1 },
	{ "resources", resources, 1 },
	{ "rights", rights, 1 },
	{ "statistics", statistics, 1 },
	{ "operations as they are", raw, 1 },
};

int main(void)
{
	ksft_print_header();
	open_modes();
	make_domains();
	ksft_set_plan(NR(cases) + 1);
	run_cases(cases, NR(cases));
	all_called("xc_diff_flask");
	end_domains();
	ksft_finished();
}
