// gaps.c and stolen.c: what kept the poller from polling.
#define _GNU_SOURCE // CPU_SET
#include <unistd.h>

#include "check.h"
#include "gaps.h"
#include "stolen.h"

static void each_decade_has_the_longer_ones_too(void)
{
	struct gaps gaps = {.least = 26000};
	uint64_t now = 1000;

	now = gaps_check(&gaps, now, now + 25999);
	CHECK_EQUAL(gaps.counts[GAP_10US], 0);
	now = gaps_check(&gaps, now, now + 26000);
	now = gaps_check(&gaps, now, now + 260000);
	now = gaps_check(&gaps, now, now + 2600000);
	now = gaps_check(&gaps, now, now + 900000000);
	CHECK_EQUAL(gaps.counts[GAP_10US], 4);
	CHECK_EQUAL(gaps.counts[GAP_100US], 3);
	CHECK_EQUAL(gaps.counts[GAP_1MS], 2);
	CHECK_EQUAL(gaps.counts[GAP_10MS], 1);
	CHECK_EQUAL(gaps.max, 900000000);
	CHECK_TEXT(gap_name(GAP_1MS), "poll_gaps_1ms");
}

static cpu_set_t set_of(int first, int second)
{
	cpu_set_t cpus;

	CPU_ZERO(&cpus);
	CPU_SET(first, &cpus);
	CPU_SET(second, &cpus);
	return cpus;
}

static void what_the_kernel_tells(void)
{
	cpu_set_t cpus = set_of(1, 12);
	struct stolen stolen = {0};

	stolen_parse_schedstat(&stolen, "123456789 42 7\n");
	CHECK_EQUAL(stolen.run_ns, 123456789);
	CHECK_EQUAL(stolen.wait_ns, 42);
	CHECK_EQUAL(stolen_parse_stat("cpu1 1 2 3 4 5 6 7 9 0 0\n", &cpus, 100), 90000000);
	CHECK_EQUAL(stolen_parse_stat("cpu12 1 2 3 4 5 6 7 9 0 0\n", &cpus, 100), 90000000);
	CHECK_EQUAL(stolen_parse_stat("cpu2 1 2 3 4 5 6 7 8 0 0\n", &cpus, 100), 0);
	CHECK_EQUAL(stolen_parse_stat("cpu  1 2 3 4 5 6 7 8 9 0\n", &cpus, 100), 0);
}

static void what_it_does_not_tell_is_zero(void)
{
	cpu_set_t cpus = set_of(0, 1);
	struct stolen stolen = {0};

	stolen_parse_schedstat(&stolen, "");
	stolen_parse_schedstat(&stolen, "12 x");
	CHECK_EQUAL(stolen.run_ns + stolen.wait_ns, 0);
	CHECK_EQUAL(stolen_parse_stat("", &cpus, 100), 0);
	CHECK_EQUAL(stolen_parse_stat("cpu0 1 2 3\n", &cpus, 100), 0);
	CHECK_EQUAL(stolen_parse_stat("cpu0 1 2 3 4 5 6 7 8\n", &cpus, 0), 0);
	CHECK_EQUAL(stolen_parse_stat("cpu10 1 2 3 4 5 6 7 8\n", &cpus, 100), 0);
	CHECK_EQUAL(stolen_parse_stat("cpu99999 1 2 3 4 5 6 7 8\n", &cpus, 100), 0);
	CHECK_EQUAL(stolen_read(-1).run_ns, 0);
	CPU_ZERO(&cpus);
	CHECK_EQUAL(stolen_by_host_ns(&cpus), 0);
}

static void a_thread_that_runs_has_run(void)
{
	// The kernel adds it up when it next takes the processor away.
	for (int i = 0; i < 100000 && stolen_read((int)getpid()).run_ns == 0; i++)
		sched_yield();
	CHECK(stolen_read((int)getpid()).run_ns > 0);
}

static const struct check_case cases[] = {
	{"each decade has the longer ones too", each_decade_has_the_longer_ones_too},
	{"what the kernel tells", what_the_kernel_tells},
	{"what it does not tell is zero", what_it_does_not_tell_is_zero},
	{"a thread that runs has run", a_thread_that_runs_has_run},
};

int main(void)
{
	return CHECK_RUN(cases);
}
