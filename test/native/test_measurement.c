// What generate mode takes back: round trips, losses, other people's packets, other queues'.
#include <stdlib.h>

#include "generating.h"
#include "measurement.h"
#include "random.h"

static struct measurement measurement;

static uint64_t quantile(uint32_t of_100000)
{
	return histogram_quantile(&measurement.round_trip, of_100000);
}

// Round trips from a list, against that list sorted: an independent count.
static int compare(const void *left, const void *right)
{
	uint64_t a = *(const uint64_t *)left;
	uint64_t b = *(const uint64_t *)right;

	return a < b ? -1 : a > b;
}

static void round_trips_agree_with_a_list(void)
{
	enum { COUNT = 50000 };
	static uint64_t list[COUNT];
	struct config config = new_config();
	uint64_t now = 0;
	uint64_t state = 3;

	start(&config);
	generator_due(&generators[0], now, TRAIN_MAX);
	for (int i = 0; i < COUNT; i++) {
		list[i] = 20000 + random_next(&state) % (i % 100 == 0 ? 5000000 : 9000);
		send_one(now);
		now += list[i];
		CHECK(generator_take(&generators[0], packet, 60, now));
	}
	qsort(list, COUNT, sizeof(list[0]), compare);
	measurement_read(&measurement, generators, 1);
	CHECK_EQUAL(histogram_count(&measurement.round_trip), COUNT);
	CHECK_EQUAL(measurement.round_trip.min, list[0]);
	CHECK_EQUAL(measurement.round_trip.max, list[COUNT - 1]);
	for (uint32_t q = 1000; q <= 100000; q += 1000) {
		uint64_t exact = list[COUNT / 100 * (q / 1000) - 1];

		CHECK(quantile(q) >= exact && (quantile(q) - exact) * 100 <= exact);
	}
	CHECK(quantile(99990) >= list[COUNT - COUNT / 10000 - 1]);
	finish();
}

static void lost_doubled_and_out_of_order(void)
{
	struct config config = new_config();
	uint8_t kept[10][60];

	start(&config);
	generator_due(&generators[0], 0, TRAIN_MAX);
	for (int i = 0; i < 10; i++) {
		send_one(100);
		memcpy(kept[i], packet, 60);
	}
	// 3 and 9 are lost, 5 comes before 4, 6 twice.
	for (const char *at = "0125466678"; *at != '\0'; at++)
		CHECK(generator_take(&generators[0], kept[*at - '0'], 60, 200));
	measurement_read(&measurement, generators, 1);
	CHECK_EQUAL(measurement.sent, 10);
	CHECK_EQUAL(measurement.received, 8);
	CHECK_EQUAL(measurement.next, 9);
	CHECK_EQUAL(measurement.duplicates, 2);
	CHECK_EQUAL(measurement.reordered, 1);
	finish();
}

static void strangers_and_forgers(void)
{
	static const uint16_t marks[] = {12, 13, 14, 23, 42, 43, 44, 47};
	struct config config = new_config();
	uint8_t good[60];

	start(&config);
	generator_due(&generators[0], 0, TRAIN_MAX);
	send_one(1000);
	memcpy(good, packet, 60);
	for (uint32_t size = 0; size < 60; size++)
		CHECK(!generator_take(&generators[0], packet, size, 2000));
	for (size_t i = 0; i < sizeof(marks) / sizeof(marks[0]); i++) {
		packet[marks[i]] ^= 1;
		CHECK(!generator_take(&generators[0], packet, 60, 2000));
		packet[marks[i]] ^= 1;
	}
	// Numbers that were never sent, and times that are yet to come, move nothing.
	packet[53] = 1;
	CHECK(generator_take(&generators[0], packet, 60, 2000));
	packet[48] = 0xff;
	CHECK(generator_take(&generators[0], packet, 60, 2000));
	memcpy(packet, good, 60);
	CHECK(generator_take(&generators[0], packet, 60, 999));
	measurement_read(&measurement, generators, 1);
	CHECK_EQUAL(measurement.invalid, 3);
	CHECK_EQUAL(measurement.next, 0);
	CHECK_EQUAL(histogram_count(&measurement.round_trip), 0);
	CHECK(generator_take(&generators[0], good, 60, 2000));
	finish();
}

static void a_new_rate_is_a_new_measurement(void)
{
	struct config config = new_config();
	uint8_t old[60];

	start(&config);
	CHECK_EQUAL(generator_due(&generators[0], 0, TRAIN_MAX), 1);
	send_one(0);
	memcpy(old, packet, 60);
	// A pause keeps what was measured, and what is under way still counts.
	traffic_set_rate(&traffic, 0);
	CHECK_EQUAL(generator_due(&generators[0], HZ, TRAIN_MAX), 0);
	CHECK(generator_take(&generators[0], old, 60, 10));
	measurement_read(&measurement, generators, 1);
	CHECK_EQUAL(measurement.sent, 1);
	CHECK_EQUAL(measurement.received, 1);
	traffic_set_rate(&traffic, 2000);
	CHECK_EQUAL(generator_due(&generators[0], 2 * (uint64_t)HZ, TRAIN_MAX), 1);
	measurement_read(&measurement, generators, 1);
	CHECK_EQUAL(measurement.sent, 0);
	CHECK_EQUAL(histogram_count(&measurement.round_trip), 0);
	CHECK(!generator_take(&generators[0], old, 60, 20));
	// The same rate again goes on; a restart does not.
	send_one(0);
	generator_due(&generators[0], 2 * (uint64_t)HZ, TRAIN_MAX);
	CHECK_EQUAL(generators[0].tally.sent, 1);
	traffic_restart(&traffic);
	generator_due(&generators[0], 2 * (uint64_t)HZ, TRAIN_MAX);
	CHECK_EQUAL(generators[0].tally.sent, 0);
	finish();
}

static struct config many_queues(uint16_t queues)
{
	struct config config = new_config();

	config.queues = queues;
	config.generate.rate = 1000u * queues;
	return config;
}

// Each packet comes back by a queue that its number decides; some are lost, some come twice.
static void queues_take_what_others_sent(void)
{
	enum { QUEUES = 3, COUNT = 3000 };
	struct config config = many_queues(QUEUES);
	uint32_t lost = 0;
	uint32_t doubled = 0;

	start(&config);
	for (uint16_t i = 0; i < QUEUES; i++)
		CHECK_EQUAL(generator_due(&generators[i], 0, 32), 1);
	for (uint32_t i = 0; i < COUNT; i++) {
		uint16_t sender = (uint16_t)(i % QUEUES);
		struct generator *receiver = &generators[i / QUEUES % QUEUES];

		send_by(sender, 100 + i);
		if (i % 100 == 99) {
			lost++;
			continue;
		}
		CHECK(generator_take(receiver, packet, 60, 1100 + i));
		if (i % 50 == 7) {
			CHECK(generator_take(receiver, packet, 60, 1100 + i));
			doubled++;
		}
	}
	measurement_read(&measurement, generators, QUEUES);
	CHECK_EQUAL(measurement.sent, COUNT);
	CHECK_EQUAL(measurement.received, COUNT - lost);
	CHECK_EQUAL(measurement.duplicates, doubled);
	CHECK_EQUAL(measurement.reordered, 0);
	CHECK_EQUAL(measurement.invalid, 0);
	CHECK_EQUAL(measurement.next - measurement.received, lost - 1); // the last was one of them
	CHECK_EQUAL(histogram_count(&measurement.round_trip), COUNT - lost + doubled);
	CHECK_EQUAL(measurement.round_trip.min, 1000);
	CHECK_EQUAL(measurement.round_trip.max, 1000);
	finish();
}

static void a_queue_that_lags_adds_nothing(void)
{
	struct config config = many_queues(2);

	start(&config);
	generator_due(&generators[0], 0, 32);
	generator_due(&generators[1], 0, 32);
	send_by(1, 0);
	CHECK(generator_take(&generators[1], packet, 60, 10));
	traffic_set_rate(&traffic, 4000);
	generator_due(&generators[0], 20, 32);
	send_by(0, 20);
	measurement_read(&measurement, generators, 2);
	CHECK_EQUAL(measurement.sent, 1);
	CHECK_EQUAL(measurement.received, 0);
	// A packet of the new measurement brings the other queue there.
	CHECK(generator_take(&generators[1], packet, 60, 30));
	CHECK_EQUAL(generators[1].tally.sent, 0);
	measurement_read(&measurement, generators, 2);
	CHECK_EQUAL(measurement.sent, 1);
	CHECK_EQUAL(measurement.received, 1);
	CHECK_EQUAL(histogram_count(&measurement.round_trip), 1);
	finish();
}

// Promised and back by another queue before its sender could count it: no packet is forged, and
// none is in flight twice.
static void what_is_back_first_has_left(void)
{
	struct config config = many_queues(2);

	start(&config);
	generator_due(&generators[0], 0, 32);
	generator_due(&generators[1], 0, 32);
	send_by(0, 0);
	generators[0].tally.sent = 0;
	CHECK(generator_take(&generators[1], packet, 60, 30));
	measurement_read(&measurement, generators, 2);
	CHECK_EQUAL(measurement.invalid, 0);
	CHECK_EQUAL(measurement.received, 1);
	CHECK_EQUAL(measurement.sent, 1);
	// The other queue's numbers are not this one's.
	packet[46] ^= 1; // the mark's lowest bit
	packet[47] ^= 1;
	generator_take(&generators[1], packet, 60, 30);
	measurement_read(&measurement, generators, 2);
	CHECK_EQUAL(measurement.received, 1);
	finish();
}

static const struct check_case cases[] = {
	{"round trips agree with a list", round_trips_agree_with_a_list},
	{"lost, doubled and out of order", lost_doubled_and_out_of_order},
	{"strangers and forgers", strangers_and_forgers},
	{"a new rate is a new measurement", a_new_rate_is_a_new_measurement},
	{"queues take what others sent", queues_take_what_others_sent},
	{"a queue that lags adds nothing", a_queue_that_lags_adds_nothing},
	{"what is back first has left", what_is_back_first_has_left},
};

int main(void)
{
	return CHECK_RUN(cases);
}
