/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a sweep writes: side->out of a row of kind_sweep. */
#ifndef BENCH_SWEEP_H
#define BENCH_SWEEP_H

#include <xenctrl.h>

#define SAMPLE_DOMAINS	256	/* libxenstat's own chunk */
#define SAMPLE_VCPUS	512

struct sample {
	xc_physinfo_t physinfo;
	unsigned int nr_domains;
	unsigned int nr_vcpus;
	xc_domaininfo_t domain[SAMPLE_DOMAINS];
	xc_vcpuinfo_t vcpu[SAMPLE_VCPUS];
};

#endif /* BENCH_SWEEP_H */
