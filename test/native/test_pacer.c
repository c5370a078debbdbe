// The pacer against arithmetic: as many packets as rate and time make, never early, never a flood.
#include "check.h"
#include "pacer.h"
#include "random.h"

enum { HZ = 2600000000u };

// Polls at random moments for so many seconds; the count of packets that left.
static uint64_t run(uint64_t rate, uint32_t train, uint32_t seconds, uint64_t start)
{
	struct pacer pacer;
	uint64_t state = rate + train;
	uint64_t packets = 0;
	uint64_t end = start + (uint64_t)HZ * seconds;
	// About one poll for two trains, and not less than ten a second.
	uint64_t step = (uint64_t)HZ * train / rate * 4;

	if (step > HZ / 10)
		step = HZ / 10;
	pacer_init(&pacer, start, HZ, rate, train);
	for (uint64_t now = start; (int64_t)(now - end) < 0;
		now += 1 + random_next(&state) % step) {
		uint32_t due = pacer_due(&pacer, now, UINT32_MAX);
		// Fractions are cut off, which makes a train a few cycles early at most.
		unsigned __int128 allowed = (unsigned __int128)(now - start + 10) * rate / HZ;

		pacer_spend(&pacer, due);
		packets += (uint64_t)due * train;
		CHECK(packets <= allowed + train);
	}
	CHECK_EQUAL(pacer.skipped, 0);
	return packets;
}

static void as_many_as_rate_and_time_make(void)
{
	static const uint64_t rates[] = {1, 2, 3, 7, 1000, 1001, 99991, 1488095};
	static const uint32_t trains[] = {1, 2, 7, 32, 512};

	for (size_t i = 0; i < sizeof(rates) / sizeof(rates[0]); i++) {
		for (size_t j = 0; j < sizeof(trains) / sizeof(trains[0]); j++) {
			uint32_t seconds = rates[i] < 1000 ? 600 : 2;
			uint64_t packets = run(rates[i], trains[j], seconds, 12345);
			uint64_t wanted = rates[i] * seconds;

			// The last poll lies up to a few trains before the end.
			CHECK(packets <= wanted + trains[j]);
			CHECK(packets + 5 * trains[j] + rates[i] / 10 >= wanted);
		}
	}
}

static void no_drift_in_an_hour(void)
{
	struct pacer pacer;

	pacer_init(&pacer, 0, HZ, 3333333, 1);
	for (uint32_t i = 0; i < 3600; i++) {
		for (uint32_t left = 3333333; left > 0;) {
			uint32_t some = left < 1000 ? left : 1000;

			pacer_spend(&pacer, some);
			left -= some;
		}
	}
	// Less than ten microseconds early, never late.
	CHECK(pacer.next + HZ / 100000 >= UINT64_C(3600) * HZ);
	CHECK(pacer.next <= UINT64_C(3600) * HZ);
}

static void the_counter_may_wrap(void)
{
	CHECK(run(1000, 1, 2, UINT64_MAX - HZ) >= 1990);
}

static void nothing_before_its_time(void)
{
	struct pacer pacer;

	pacer_init(&pacer, 1000, HZ, 1000, 1);
	CHECK_EQUAL(pacer_due(&pacer, 999, 100), 0);
	CHECK_EQUAL(pacer_due(&pacer, 1000, 100), 1);
	pacer_spend(&pacer, 1);
	CHECK_EQUAL(pacer_due(&pacer, 1000 + HZ / 1000 - 1, 100), 0);
	CHECK_EQUAL(pacer_due(&pacer, 1000 + HZ / 1000, 100), 1);
	CHECK_EQUAL(pacer_due(&pacer, 1000 + HZ / 1000 * 5, 3), 3);
}

static void a_long_absence_is_no_flood(void)
{
	struct pacer pacer;

	pacer_init(&pacer, 0, HZ, 1000000, 1);
	CHECK_EQUAL(pacer_due(&pacer, (uint64_t)HZ * 60, UINT32_MAX), PACER_BACKLOG_MAX);
	CHECK_EQUAL(pacer.skipped, 60000001 - PACER_BACKLOG_MAX);
	pacer_spend(&pacer, PACER_BACKLOG_MAX);
	CHECK_EQUAL(pacer_due(&pacer, (uint64_t)HZ * 60, UINT32_MAX), 0);
}

static void the_highest_rates(void)
{
	struct pacer pacer;

	pacer_init(&pacer, 0, 100000000, PACER_RATE_MAX, 1);
	CHECK_EQUAL(pacer_due(&pacer, 99, 2000), 100);
	pacer_init(&pacer, 0, HZ, PACER_RATE_MAX, 1);
	CHECK_EQUAL(pacer_due(&pacer, 2599, 2000), 1000);
}

static const struct check_case cases[] = {
	{"as many as rate and time make", as_many_as_rate_and_time_make},
	{"no drift in an hour", no_drift_in_an_hour},
	{"the counter may wrap", the_counter_may_wrap},
	{"nothing before its time", nothing_before_its_time},
	{"a long absence is no flood", a_long_absence_is_no_flood},
	{"the highest rates", the_highest_rates},
};

int main(void)
{
	return CHECK_RUN(cases);
}
