// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The demo's part that looks: a sweep over all domains as libxenstat makes it,
 * by stock libxenctrl and by ours, what each saw, and what it cost. Made of
 * the parts of `xenbatch bench`; every figure is of this run.
 *
 *	demo here	the domains that are here, listed one by one
 *	demo many	with 64 more, paused, for the time of the measurement
 */
#include <stdlib.h>
#include <string.h>

#include "tools/tool.h"
#include "tools/bench/clock.h"
#include "tools/bench/count.h"
#include "tools/bench/rows.h"
#include "tools/bench/sweep.h"

static const volatile int never;

static const char *state(const xc_domaininfo_t *d)
{
	if (d->flags & XEN_DOMINF_dying)
		return "dying";
	if (d->flags & XEN_DOMINF_shutdown)
		return "shut down";
	if (d->flags & XEN_DOMINF_paused)
		return "paused";
	if (d->flags & XEN_DOMINF_running)
		return "running";
	return "sleeping";
}

/* The name that xenstore has for a domain. */
static void name_of(unsigned int domid, char *name, size_t size)
{
	char command[64];
	FILE *f;

	snprintf(name, size, "(no name)");
	snprintf(command, sizeof(command),
		 "xenstore-read /local/domain/%u/name 2>/dev/null", domid);
	f = popen(command, "r");
	if (!f)
		return;
	if (fgets(name, size, f))
		name[strcspn(name, "\n")] = '\0';
	pclose(f);
}

/* CPU time of a domain: what it is charged with in the list. */
static double seconds(const xc_domaininfo_t *d)
{
	return d->cpu_time / 1e9;
}

static void print_domains(struct side *stock, struct side *ours)
{
	const struct sample *s = stock->out, *o = ours->out;
	char name[32];

	side_run(stock);
	side_run(ours);
	printf("   %-10s %-9s %5s %9s   %15s %15s\n", "", "", "", "",
	       "CPU time seen", "CPU time seen");
	printf("   %-10s %-9s %5s %9s   %15s %15s\n", "domain", "state",
	       "vcpus", "memory", "by stock", "by xenbatch");
	for (unsigned int i = 0; i < s->nr_domains && i < o->nr_domains; i++) {
		const xc_domaininfo_t *d = &s->domain[i];

		name_of(d->domain, name, sizeof(name));
		printf("   %-10s %-9s %5u %5llu MiB   %13.3f s %13.3f s\n",
		       name, state(d), d->max_vcpu_id + 1,
		       (unsigned long long)d->tot_pages / 256, seconds(d),
		       seconds(&o->domain[i]));
	}
	putchar('\n');
}

/* 142520 as `142 520` */
static const char *grouped(double value, char *buf, size_t size)
{
	unsigned long n = value + 0.5;

	if (n < 1000)
		snprintf(buf, size, "%lu", n);
	else if (n < 1000000)
		snprintf(buf, size, "%lu %03lu", n / 1000, n % 1000);
	else
		snprintf(buf, size, "%lu %03lu %03lu", n / 1000000,
			 n / 1000 % 1000, n % 1000);
	return buf;
}

static void print_line(const char *what, double stock, double ours)
{
	char s[32], o[32], times[64] = "";

	if (ours > 0 && stock > ours)
		snprintf(times, sizeof(times), "%.1f times fewer",
			 stock / ours);
	else if (ours == stock)
		snprintf(times, sizeof(times), "the same");
	printf("   %-24s %12s %12s   %s\n", what,
	       grouped(stock, s, sizeof(s)), grouped(ours, o, sizeof(o)),
	       times);
}

static int compare(const struct count *count, struct side *stock,
		   struct side *ours, const char *unit)
{
	struct clock_case cs = { stock->row->kind->run, stock, 0 };
	struct clock_case co = { ours->row->kind->run, ours, 0 };
	const struct sample *s = stock->out;
	bool same = sides_same(stock, ours);

	if (!clock_measure(&cs, &co, CLOCK_GROUPS, &never))
		return TOOL_FAILED;
	same = sides_same(stock, ours) && same;
	printf("   %-24s %12s %12s\n", "one sweep", "stock", "xenbatch");
	if (count[0].syscalls >= 0 && count[1].syscalls >= 0) {
		print_line("system calls", count[0].syscalls,
			   count[1].syscalls);
		print_line("hypercalls", count[0].hypercalls,
			   count[1].hypercalls);
	}
	print_line(strcmp(unit, "ns") ? unit : "nanoseconds", cs.cost,
		   co.cost);
	printf("   %-24s %s\n\n", "answers", same ?
	       "the same" : "DIFFERENT: see above");
	printf("   Compared byte by byte: physical information, %u domains, %u vcpus; all but the\n"
	       "   times and the running bits of domains that go on running meanwhile.\n",
	       s->nr_domains, s->nr_vcpus);
	return same ? TOOL_OK : TOOL_FAILED;
}

static int sweep(const char *row_name, bool many)
{
	const struct row *row = known_rows;
	struct rows rows = { &row, 1 };
	struct count count[1][2];
	struct domains domains = { 0 };
	struct libxc stock = { 0 }, ours = { 0 };
	const char *unit = clock_calibrate();
	struct side s, o;
	int rc = TOOL_FAILED;
	const int stop = 0;

	if (!libxc_load_stock(&stock, NULL) ||
	    !libxc_load_ours(&ours, NULL) || !libxc_connect(&stock))
		return TOOL_FAILED;
	while (strcmp(row->name, row_name) != 0)
		row++;
	if (many && !domains_create(&domains, &stock))
		return TOOL_FAILED;
	count_rows(&rows, &stock, &ours, &domains, count, &stop);
	if (!libxc_connect(&ours))
		goto out;
	if (!side_init(&s, row, &stock, false, &domains))
		goto out;
	if (side_init(&o, row, &ours, true, &domains)) {
		if (!many)
			print_domains(&s, &o);
		rc = compare(count[0], &s, &o, unit);
		side_free(&o);
	}
	side_free(&s);
out:
	domains_destroy(&domains, &stock);
	libxc_unload(&ours);
	libxc_unload(&stock);
	return rc;
}

int main(int argc, char **argv)
{
	strcpy(tool_name, "demo");
	setlinebuf(stdout);
	if (argc == 2 && strcmp(argv[1], "here") == 0)
		return sweep("sweep", false);
	if (argc == 2 && strcmp(argv[1], "many") == 0)
		return sweep("sweep.64x2", true);
	tool_usage("say 'demo here' or 'demo many'");
}
