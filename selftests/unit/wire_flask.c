// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Cases of FLASK: see test_xc_wire.c.
 */
#include "wire_case.h"

static char label[] = "system_u:system_r:domU_t";

static void simple(void)
{
	CALL(xc_flask_getenforce);
	CALL(xc_flask_setenforce, 1);
	CALL(xc_flask_policyvers);
	CALL(xc_flask_getavc_threshold);
	CALL(xc_flask_setavc_threshold, 77);
	CALL(xc_flask_relabel_domain, 5, 78);
	CALL(xc_flask_del_pirq, 9);
	CALL(xc_flask_del_ioport, 0x60, 0x64);
	CALL(xc_flask_del_iomem, 1UL << 40, ~0UL);
	CALL(xc_flask_del_device, 0x10);
}

static void flask_texts(void)
{
	static const uint32_t sizes[] = { 0, 1, 70, 300 };
	char buf[300];
	uint32_t sid;
	int curr, pend;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		UNSET(buf);
		UNSET(sid);
		UNSET(curr);
		UNSET(pend);
		CALL(xc_flask_load, buf, sizes[i]);
		CALL(xc_flask_load, NULL, sizes[i]);
		CALL(xc_flask_context_to_sid, buf, sizes[i], &sid);
		OUT(sid);
		CALL(xc_flask_sid_to_context, -5, buf, sizes[i]);
		OUT(buf);
		UNSET(buf);
		CALL(xc_flask_getbool_byid, 6, buf, sizes[i], &curr, &pend);
		OUT(buf);
		CALL(xc_flask_getbool_byid, 7, NULL, sizes[i], NULL, NULL);
		OUT(curr);
		OUT(pend);
	}
	UNSET(curr);
	UNSET(pend);
	CALL(xc_flask_getbool_byname, label, &curr, &pend);
	OUT(curr);
	OUT(pend);
	CALL(xc_flask_getbool_byname, label, NULL, &pend);
	CALL(xc_flask_getbool_byname, label, &curr, NULL);
	CALL(xc_flask_setbool, label, 1, 0);
	CALL(xc_flask_setbool, label, 0, 1);
}

static void flask_labels(void)
{
	uint32_t v[5];

	CALL(xc_flask_add_pirq, 9, label);
	CALL(xc_flask_add_ioport, 0x60, 0x64, label);
	CALL(xc_flask_add_iomem, 1UL << 40, ~0UL, label);
	CALL(xc_flask_add_device, 0x10, label);
	UNSET(v);
	CALL(xc_flask_access, label, label + 9, 5, 0x10, &v[0], &v[1], &v[2],
	     &v[3], &v[4]);
	OUT(v);
	CALL(xc_flask_access, label, label + 9, 5, 0, &v[0], &v[1], &v[2],
	     &v[3], &v[4]);
	OUT(v);
	CALL(xc_flask_access, label, label, 5, ~0U, NULL, NULL, NULL, NULL,
	     NULL);
}

static void flask_statistics(void)
{
	static const int sizes[] = { 0, 1, 30, 100, 250 };
	xen_flask_op_t op;
	char buf[300];
	size_t i;

	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		/* If Xen refuses, it is what was on stock's stack. */
		if (!script.good && script.then < 0)
			break;
		UNSET(buf);
		CALL(xc_flask_avc_hashstats, buf, sizes[i]);
		OUT(buf);
	}
	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		UNSET(buf);
		CALL(xc_flask_avc_cachestats, buf, sizes[i]);
		OUT(buf);
	}
	UNSET(op);
	op.cmd = FLASK_MEMBER;
	CALL(xc_flask_op, &op);
	OUT(op);
}

const struct wire_case wire_flask[] = {
	{ "flask", simple, true },
	{ "flask texts", flask_texts, true },
	{ "flask labels", flask_labels, true },
	{ "flask statistics", flask_statistics, true },
	{ NULL, NULL, false },
};
