// What generate mode writes and what it takes back, on plain bytes and with a clock of the test's
// own.
#include <stdlib.h>
#include <unistd.h>

#include "bytes.h"
#include "check.h"
#include "checksum.h"
#include "generate.h"
#include "random.h"

enum { HZ = 1000000000 }; // one cycle is one nanosecond

static const uint8_t own_mac[6] = {2, 0, 0, 0, 0, 0x17};
static struct generator generator;
static struct measurement measurement;
static uint8_t packet[FRAME_SIZE_MAX];

static struct config new_config(void)
{
	return (struct config){
		.mode = MODE_GENERATE,
		.ipv4 = 0x0a000117,
		.mtu = 9001,
		.generate = {.rate = 1000,
			.peer_ipv4 = 0x0a000163,
			.peer_mac = {2, 0, 0, 0, 0, 0x63},
			.frame_size = 64,
			.flows = 1,
			.train = 1},
	};
}

static void start(const struct config *config)
{
	struct fault fault = {.text = ""};

	CHECK_EQUAL(generator_init(&generator, config, own_mac, HZ, &fault), 0);
	CHECK_TEXT(fault.text, "");
}

// Writes the next packet at now, as if it left; its size.
static uint16_t send_one(uint64_t now)
{
	struct generator_place place = generator.next;
	const struct profile_frame *frame = generator_frame(&generator, &place);

	memcpy(packet, frame->bytes, frame->size);
	generator_write(&generator, &place, now, packet);
	generator.owed = 1;
	generator_sent(&generator, 1);
	return frame->size;
}

static uint64_t quantile(uint32_t of_100000)
{
	return histogram_quantile(&measurement.round_trip, of_100000);
}

static void check_sums(uint16_t size)
{
	uint64_t sum = checksum_add_bytes(0, packet + 26, 8);

	CHECK_EQUAL(checksum_fold(checksum_add_bytes(0, packet + 14, 20)), 0xffff);
	CHECK_EQUAL(bytes_load16(packet + 16), size - 14);
	CHECK_EQUAL(bytes_load16(packet + 38), size - 34);
	sum += __builtin_bswap16(17) + (uint64_t)__builtin_bswap16((uint16_t)(size - 34));
	CHECK_EQUAL(checksum_fold(checksum_add_bytes(sum, packet + 34, size - 34u)), 0xffff);
	CHECK(bytes_load16(packet + 40) != 0);
}

static void packets_of_every_size_are_right(void)
{
	struct config config = new_config();
	uint64_t state = 1;

	for (uint16_t size = FRAME_SIZE_MIN; size <= FRAME_SIZE_MAX; size += size < 200 ? 1 : 97) {
		config.generate.frame_size = size;
		config.generate.flows = 100;
		start(&config);
		generator_due(&generator, 0, TRAIN_MAX);
		for (int i = 0; i < 20; i++) {
			CHECK_EQUAL(send_one(random_next(&state)), size - 4);
			check_sums(size - 4);
			CHECK(memcmp(packet, config.generate.peer_mac, 6) == 0);
			CHECK(memcmp(packet + 6, own_mac, 6) == 0);
			CHECK_EQUAL(bytes_load32(packet + 26), config.ipv4);
			CHECK_EQUAL(bytes_load32(packet + 30), config.generate.peer_ipv4);
			CHECK_EQUAL(bytes_load16(packet + 34), PROFILE_PORT_FIRST + i);
			CHECK_EQUAL(bytes_load16(packet + 36), 7);
		}
		generator_done(&generator);
	}
}

static void imix_is_seven_four_one(void)
{
	struct config config = new_config();
	uint32_t counts[3] = {0};

	config.generate.frame_size = FRAME_SIZE_IMIX;
	start(&config);
	generator_due(&generator, 0, TRAIN_MAX);
	for (int i = 0; i < 1200; i++) {
		uint16_t size = send_one(1) + 4;

		check_sums(size - 4);
		counts[size == 64 ? 0 : size == 594 ? 1 : 2]++;
	}
	CHECK_EQUAL(counts[0], 700);
	CHECK_EQUAL(counts[1], 400);
	CHECK_EQUAL(counts[2], 100);
	generator_done(&generator);
}

static void flows_come_in_turn(void)
{
	struct config config = new_config();

	config.generate.flows = 7;
	start(&config);
	generator_due(&generator, 0, TRAIN_MAX);
	for (int i = 0; i < 100; i++) {
		send_one(1);
		CHECK_EQUAL(bytes_load16(packet + 34), PROFILE_PORT_FIRST + i % 7);
	}
	generator_done(&generator);
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
	generator_due(&generator, now, TRAIN_MAX);
	for (int i = 0; i < COUNT; i++) {
		list[i] = 20000 + random_next(&state) % (i % 100 == 0 ? 5000000 : 9000);
		send_one(now);
		now += list[i];
		CHECK(generator_take(&generator, packet, 60, now));
	}
	qsort(list, COUNT, sizeof(list[0]), compare);
	generator_copy(&generator, &measurement);
	CHECK_EQUAL(histogram_count(&measurement.round_trip), COUNT);
	CHECK_EQUAL(measurement.round_trip.min, list[0]);
	CHECK_EQUAL(measurement.round_trip.max, list[COUNT - 1]);
	for (uint32_t q = 1000; q <= 100000; q += 1000) {
		uint64_t exact = list[COUNT / 100 * (q / 1000) - 1];

		CHECK(quantile(q) >= exact && (quantile(q) - exact) * 100 <= exact);
	}
	CHECK(quantile(99990) >= list[COUNT - COUNT / 10000 - 1]);
	generator_done(&generator);
}

static void lost_doubled_and_out_of_order(void)
{
	struct config config = new_config();
	uint8_t kept[10][60];

	start(&config);
	generator_due(&generator, 0, TRAIN_MAX);
	for (int i = 0; i < 10; i++) {
		send_one(100);
		memcpy(kept[i], packet, 60);
	}
	// 3 and 9 are lost, 5 comes before 4, 6 twice.
	for (const char *at = "0125466678"; *at != '\0'; at++)
		CHECK(generator_take(&generator, kept[*at - '0'], 60, 200));
	generator_copy(&generator, &measurement);
	CHECK_EQUAL(measurement.sent, 10);
	CHECK_EQUAL(measurement.sequence.received, 8);
	CHECK_EQUAL(measurement.sequence.next, 9);
	CHECK_EQUAL(measurement.sequence.duplicates, 2);
	CHECK_EQUAL(measurement.sequence.reordered, 1);
	generator_done(&generator);
}

static void strangers_and_forgers(void)
{
	static const uint16_t marks[] = {12, 13, 14, 23, 42, 43, 44, 47};
	struct config config = new_config();
	uint8_t good[60];

	start(&config);
	generator_due(&generator, 0, TRAIN_MAX);
	send_one(1000);
	memcpy(good, packet, 60);
	for (uint32_t size = 0; size < 60; size++)
		CHECK(!generator_take(&generator, packet, size, 2000));
	for (size_t i = 0; i < sizeof(marks) / sizeof(marks[0]); i++) {
		packet[marks[i]] ^= 1;
		CHECK(!generator_take(&generator, packet, 60, 2000));
		packet[marks[i]] ^= 1;
	}
	// Numbers that were never sent, and times that are yet to come, move nothing.
	packet[53] = 1;
	CHECK(generator_take(&generator, packet, 60, 2000));
	packet[48] = 0xff;
	CHECK(generator_take(&generator, packet, 60, 2000));
	memcpy(packet, good, 60);
	CHECK(generator_take(&generator, packet, 60, 999));
	generator_copy(&generator, &measurement);
	CHECK_EQUAL(measurement.invalid, 3);
	CHECK_EQUAL(measurement.sequence.next, 0);
	CHECK_EQUAL(histogram_count(&measurement.round_trip), 0);
	CHECK(generator_take(&generator, good, 60, 2000));
	generator_done(&generator);
}

static void a_new_rate_is_a_new_measurement(void)
{
	struct config config = new_config();
	uint8_t old[60];

	start(&config);
	CHECK_EQUAL(generator_due(&generator, 0, TRAIN_MAX), 1);
	send_one(0);
	memcpy(old, packet, 60);
	// A pause keeps what was measured, and what is under way still counts.
	atomic_store(&generator.rate_wanted, 0);
	CHECK_EQUAL(generator_due(&generator, HZ, TRAIN_MAX), 0);
	CHECK(generator_take(&generator, old, 60, 10));
	generator_copy(&generator, &measurement);
	CHECK_EQUAL(measurement.sent, 1);
	CHECK_EQUAL(measurement.sequence.received, 1);
	atomic_store(&generator.rate_wanted, 2000);
	CHECK_EQUAL(generator_due(&generator, 2 * (uint64_t)HZ, TRAIN_MAX), 1);
	generator_copy(&generator, &measurement);
	CHECK_EQUAL(measurement.sent, 0);
	CHECK_EQUAL(histogram_count(&measurement.round_trip), 0);
	CHECK(!generator_take(&generator, old, 60, 20));
	// The same rate again goes on; a restart does not.
	send_one(0);
	generator_due(&generator, 2 * (uint64_t)HZ, TRAIN_MAX);
	CHECK_EQUAL(generator.measurement.sent, 1);
	generator_restart(&generator);
	generator_due(&generator, 2 * (uint64_t)HZ, TRAIN_MAX);
	CHECK_EQUAL(generator.measurement.sent, 0);
	generator_done(&generator);
}

static void trains_are_owed_until_they_left(void)
{
	struct config config = new_config();

	config.generate.train = 100;
	config.generate.rate = 10000; // a train every 10 ms
	start(&config);
	CHECK_EQUAL(generator_due(&generator, 0, 100), 100);
	generator_sent(&generator, 30);
	CHECK_EQUAL(generator_due(&generator, 1, 100), 70);
	generator_sent(&generator, 70);
	CHECK_EQUAL(generator.measurement.stalled, 1);
	CHECK_EQUAL(generator_due(&generator, HZ / 100 - 1, 100), 0);
	CHECK_EQUAL(generator_due(&generator, HZ / 100, 512), 100);
	generator_sent(&generator, 100);
	CHECK_EQUAL(generator_due(&generator, HZ / 100 * 4, 512), 300);
	generator_sent(&generator, 300);
	// Away for long: the backlog is bounded, the rest is told.
	CHECK_EQUAL(generator_due(&generator, (uint64_t)HZ * 100, 512), 500);
	CHECK_EQUAL(generator.measurement.skipped, 100 * (9996 - PACER_BACKLOG_MAX));
	generator_done(&generator);
}

static void unlimited_is_always_due(void)
{
	struct config config = new_config();

	config.generate.rate = RATE_UNLIMITED;
	start(&config);
	for (int i = 0; i < 10; i++) {
		CHECK_EQUAL(generator_due(&generator, 5, 32), 32);
		generator_sent(&generator, 7);
	}
	CHECK_EQUAL(generator.measurement.sent, 70);
	CHECK_EQUAL(generator.next.number, 70);
	generator_done(&generator);
}

static void the_peer_is_found_by_arp(void)
{
	struct config config = new_config();
	uint8_t answer[60] = {2, 0, 0, 0, 0, 0x17, 2, 0, 0, 0, 0, 0x63, 8, 6, 0, 1, 8, 0, 6, 4, 0,
		2, 2, 0, 0, 0, 0, 0x63, 10, 0, 1, 0x63};

	memset(config.generate.peer_mac, 0, 6);
	start(&config);
	CHECK(!generator.peer_known);
	CHECK(generator_must_ask(&generator, 1));
	CHECK(!generator_must_ask(&generator, HZ / 5));
	CHECK(generator_must_ask(&generator, HZ / 5 + 1));
	for (uint32_t size = 0; size < 42; size++)
		generator_learn(&generator, answer, size);
	for (size_t i = 12; i < 32; i++) {
		// Any other frame: not ARP, no answer, not the peer, the MAC of a group.
		if (i != 12 && i != 13 && i != 21 && i != 22 && i != 31)
			continue;
		answer[i] ^= 1;
		generator_learn(&generator, answer, 60);
		answer[i] ^= 1;
	}
	CHECK(!generator.peer_known);
	generator_learn(&generator, answer, 42);
	CHECK(generator.peer_known);
	CHECK(memcmp(generator.peer_mac, answer + 22, 6) == 0);
	CHECK(!generator_must_ask(&generator, (uint64_t)HZ * 10));
	generator_done(&generator);
}

static void without_a_peer_nothing_is_due(void)
{
	struct config config = new_config();

	config.generate.peer_ipv4 = 0;
	memset(config.generate.peer_mac, 0, 6);
	start(&config);
	CHECK_EQUAL(generator_due(&generator, 0, 32), 0);
	generator_done(&generator);
}

// A capture of two frames, replayed.
static void a_capture_leaves_as_it_is(void)
{
	static const uint32_t head[] = {0xa1b2c3d4, 0x00040002, 0, 0, 65535, 1};
	static const uint32_t record[] = {0, 0, 20, 20};
	char path[] = "/tmp/pollcore-XXXXXX";
	struct config config = new_config();
	int file = mkstemp(path);

	CHECK(write(file, head, sizeof(head)) == sizeof(head));
	for (int i = 0; i < 2; i++) {
		memset(packet, 0x40 + i, 20);
		CHECK(write(file, record, sizeof(record)) == sizeof(record));
		CHECK(write(file, packet, 20) == 20);
	}
	close(file);
	config.generate.pcap = path;
	config.generate.peer_ipv4 = 0;
	memset(config.generate.peer_mac, 0, 6);
	start(&config);
	CHECK(generator.peer_known);
	generator_due(&generator, 0, 32);
	for (int i = 0; i < 6; i++) {
		uint8_t wanted[20];

		memset(wanted, 0x40 + i % 2, 20);
		CHECK_EQUAL(send_one(5), 20);
		CHECK(memcmp(packet, wanted, 20) == 0);
	}
	generator_done(&generator);
	unlink(path);
}

static void captures_that_cannot_be_had(void)
{
	static const struct {
		const char *path, *why;
	} rows[] = {
		{"/nonexistent", "'/nonexistent': No such file or directory; give a readable file"},
		{"/tmp", "'/tmp': not a file of 1 to 268435456 bytes"},
		{"/dev/zero", "'/dev/zero': not a file of"},
		{"/proc/self/stat", "'/proc/self/stat': not a file of"},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct config config = new_config();
		struct fault fault;

		config.generate.pcap = rows[i].path;
		CHECK(generator_init(&generator, &config, own_mac, HZ, &fault) < 0);
		CHECK_TEXT(fault.text, rows[i].why);
		generator_done(&generator);
	}
}

static const struct check_case cases[] = {
	{"packets of every size are right", packets_of_every_size_are_right},
	{"imix is seven, four, one", imix_is_seven_four_one},
	{"flows come in turn", flows_come_in_turn},
	{"round trips agree with a list", round_trips_agree_with_a_list},
	{"lost, doubled and out of order", lost_doubled_and_out_of_order},
	{"strangers and forgers", strangers_and_forgers},
	{"a new rate is a new measurement", a_new_rate_is_a_new_measurement},
	{"trains are owed until they left", trains_are_owed_until_they_left},
	{"unlimited is always due", unlimited_is_always_due},
	{"the peer is found by ARP", the_peer_is_found_by_arp},
	{"without a peer nothing is due", without_a_peer_nothing_is_due},
	{"a capture leaves as it is", a_capture_leaves_as_it_is},
	{"captures that cannot be had", captures_that_cannot_be_had},
};

int main(void)
{
	return CHECK_RUN(cases);
}
