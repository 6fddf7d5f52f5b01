// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Power management: frequencies, governors, turbo, and how deep cpus sleep.
 *
 * Some of these take a NULL handle for a wrong argument, as stock does.
 */
#include "call1.h"

#define PM_OP(name, id, ...) \
	XE_SYSCTL_OP(pm_op, .cmd = name, .cpuid = (id), ##__VA_ARGS__)
/* The later ones are called like this. */
#define PM(name, id, ...) PM_OP(XEN_SYSCTL_pm_op_##name, id, ##__VA_ARGS__)

#define COPY(to, from, field) ((to)->field = (from)->field)
#define COPY_BYTES(to, from, field) do { \
	_Static_assert(sizeof((to)->field) == sizeof((from)->field), #field); \
	memcpy(&(to)->field, &(from)->field, sizeof((to)->field)); \
} while (0)

/*
 * EAGAIN: the arrays have not the sizes that Xen wants, and now it is known
 * which. It is the call's value, and other errors are -1.
 */
static long para_done(struct xe_done *done, long ret)
{
	const struct xen_sysctl *s = done->block;
	const struct xen_get_cpufreq_para *xen = &s->u.pm_op.u.get_para;
	struct xc_get_cpufreq_para *user = done->to[0];

	if (ret && errno != EAGAIN)
		return ret;
	if (ret) {
		COPY(user, xen, cpu_num);
		COPY(user, xen, freq_num);
		COPY(user, xen, gov_num);
		return -EAGAIN;
	}
	COPY(user, xen, cpuinfo_cur_freq);
	COPY(user, xen, cpuinfo_max_freq);
	COPY(user, xen, cpuinfo_min_freq);
	COPY(user, xen, turbo_enabled);
	COPY_BYTES(user, xen, scaling_driver);
#if XC_RELEASE < 420		/* and later they are in u */
	COPY(user, xen, scaling_cur_freq);
	COPY(user, xen, scaling_max_freq);
	COPY(user, xen, scaling_min_freq);
	COPY_BYTES(user, xen, scaling_governor);
#endif
	COPY_BYTES(user, xen, u);
	return 0;
}

/* A size of 0, and Xen only says what it should be: no array is looked at. */
XC_API int xc_get_cpufreq_para(xc_interface *xch, int cpuid,
			       struct xc_get_cpufreq_para *user_para)
{
	struct xc_get_cpufreq_para *user = user_para;
	bool sized = user->cpu_num && user->freq_num && user->gov_num;
	uint32_t *cpus = sized ? user->affected_cpus : NULL;
	uint32_t *freqs = sized ? user->scaling_available_frequencies : NULL;
	char *govs = sized ? user->scaling_available_governors : NULL;
	size_t cpus_size = user->cpu_num * sizeof(*cpus);
	size_t freqs_size = user->freq_num * sizeof(*freqs);
	/* 32 bits for the product, as in stock. */
	size_t govs_size = user->gov_num * CPUFREQ_NAME_LEN;
	struct xen_get_cpufreq_para *para;
	struct xe_cursor *k;
	struct xe_done *done;
	struct xen_sysctl *s;

	if (sized && (!cpus || !freqs || !govs))
		return xe_refuse(xch, EINVAL);
	k = xe_open(xch, XE_DONE_SIZE + xe_need(cpus, cpus_size) +
			 xe_need(freqs, freqs_size) + xe_need(govs, govs_size));
	if (!k)
		return -1;
	s = xe_block(k, PM_OP(GET_CPUFREQ_PARA, cpuid));
	done = xe_done_new(k, para_done);
	para = &s->u.pm_op.u.get_para;
	COPY(para, user, cpu_num);
	COPY(para, user, freq_num);
	COPY(para, user, gov_num);
	set_xen_guest_handle_raw(para->affected_cpus,
				 xe_inout(k, done, cpus, cpus_size));
	set_xen_guest_handle_raw(para->scaling_available_frequencies,
				 xe_inout(k, done, freqs, freqs_size));
	set_xen_guest_handle_raw(para->scaling_available_governors,
				 xe_inout(k, done, govs, govs_size));
	done->block = s;
	done->to[0] = user;
	return xe_end1_done(k, XE_SYSCTL, s, done);
}

XC_API int xc_set_cpufreq_gov(xc_interface *xch, int cpuid, char *govname)
{
	struct xen_set_cpufreq_gov gov = { { 0 } };

	if (!xch)
		return xe_refuse_handle();
	if (!govname)
		return xe_refuse(xch, EINVAL);
	memcpy(gov.scaling_governor, govname,
	       strnlen(govname, sizeof(gov.scaling_governor) - 1));
	return xe_sysctl1(xch, PM_OP(SET_CPUFREQ_GOV, cpuid, .u.set_gov = gov));
}

XC_API int xc_set_cpufreq_para(xc_interface *xch, int cpuid, int ctrl_type,
			       int ctrl_value)
{
	if (!xch)
		return xe_refuse_handle();
	return xe_sysctl1(xch, PM_OP(SET_CPUFREQ_PARA, cpuid, .u.set_para = {
		.ctrl_type = ctrl_type,
		.ctrl_value = ctrl_value,
	}));
}

#if XC_RELEASE >= 420
/* Written whatever the answer is. */
XC_API int xc_set_cpufreq_cppc(xc_interface *xch, int cpuid,
			       xc_set_cppc_para_t *set_cppc)
{
	if (!xch)
		return xe_refuse_handle();
	return xe_sysctl1_part(xch, set_cppc, pm_op.u.set_cppc,
			       PM_OP(SET_CPUFREQ_CPPC, cpuid,
				     .u.set_cppc = *set_cppc));
}
#endif

/* Written if Xen refused, too: in stock what was on its stack then. */
XC_API int xc_get_cpufreq_avgfreq(xc_interface *xch, int cpuid, int *avg_freq)
{
	if (!xch)
		return xe_refuse_handle();
	if (!avg_freq)
		return xe_refuse(xch, EINVAL);
	return xe_sysctl1_part(xch, avg_freq, pm_op.u.get_avgfreq,
			       PM_OP(GET_CPUFREQ_AVGFREQ, cpuid));
}

XC_API int xc_set_sched_opt_smt(xc_interface *xch, uint32_t value)
{
	return xe_sysctl1(xch, PM(set_sched_opt_smt, 0,
				  .u.set_sched_opt_smt = value));
}

/* The states themselves, and the states within one: the cpuid says which. */
enum { CSTATE, CSUBSTATE };

/* It is written if Xen refused, too, and then is 0. */
static int get_max_cstate(xc_interface *xch, uint32_t *value, uint32_t which)
{
	if (!xch)
		return xe_refuse_handle();
	if (!value)
		return xe_refuse(xch, EINVAL);
	return xe_sysctl1_part(xch, value, pm_op.u.get_max_cstate,
			       PM(get_max_cstate, which));
}

static int set_max_cstate(xc_interface *xch, uint32_t value, uint32_t which)
{
	if (!xch)
		return xe_refuse_handle();
	return xe_sysctl1(xch, PM(set_max_cstate, which,
				  .u.set_max_cstate = value));
}

XC_API int xc_get_cpuidle_max_cstate(xc_interface *xch, uint32_t *value)
{
	return get_max_cstate(xch, value, CSTATE);
}

XC_API int xc_get_cpuidle_max_csubstate(xc_interface *xch, uint32_t *value)
{
	return get_max_cstate(xch, value, CSUBSTATE);
}

XC_API int xc_set_cpuidle_max_cstate(xc_interface *xch, uint32_t value)
{
	return set_max_cstate(xch, value, CSTATE);
}

XC_API int xc_set_cpuidle_max_csubstate(xc_interface *xch, uint32_t value)
{
	return set_max_cstate(xch, value, CSUBSTATE);
}

XC_API int xc_enable_turbo(xc_interface *xch, int cpuid)
{
	if (!xch)
		return xe_refuse_handle();
	return xe_sysctl1(xch, PM(enable_turbo, cpuid));
}

XC_API int xc_disable_turbo(xc_interface *xch, int cpuid)
{
	if (!xch)
		return xe_refuse_handle();
	return xe_sysctl1(xch, PM(disable_turbo, cpuid));
}
