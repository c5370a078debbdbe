// gaps.c and stolen.c: what kept the poller from polling.
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

static void what_the_kernel_tells(void)
{
	struct stolen stolen = {0};

	stolen_parse_schedstat(&stolen, "123456789 42 7\n");
	stolen_parse_stat(&stolen, "cpu1 1 2 3 4 5 6 7 9 0 0\n", 1, 100);
	stolen_parse_stat(&stolen, "cpu2 1 2 3 4 5 6 7 8 0 0\n", 1, 100);
	CHECK_EQUAL(stolen.run_ns, 123456789);
	CHECK_EQUAL(stolen.wait_ns, 42);
	CHECK_EQUAL(stolen.steal_ns, 90000000);
}

static void what_it_does_not_tell_is_zero(void)
{
	struct stolen stolen = {0};

	stolen_parse_schedstat(&stolen, "");
	stolen_parse_schedstat(&stolen, "12 x");
	stolen_parse_stat(&stolen, "", 0, 100);
	stolen_parse_stat(&stolen, "cpu0 1 2 3\n", 0, 100);
	stolen_parse_stat(&stolen, "cpu0 1 2 3 4 5 6 7 8\n", 0, 0);
	stolen_parse_stat(&stolen, "cpu10 1 2 3 4 5 6 7 8\n", 1, 100);
	CHECK_EQUAL(stolen.run_ns + stolen.wait_ns + stolen.steal_ns, 0);
	stolen = stolen_read(-1, 0);
	CHECK_EQUAL(stolen.run_ns, 0);
}

static void a_thread_that_runs_has_run(void)
{
	CHECK(stolen_read((int)getpid(), 0).run_ns > 0);
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
