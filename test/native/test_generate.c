// What generate mode writes: packets, profiles, captures, trains.
#include <stdlib.h>
#include <unistd.h>

#include "checksum.h"
#include "generating.h"
#include "random.h"

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
		generator_due(&generators[0], 0, TRAIN_MAX);
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
		finish();
	}
}

static void imix_is_seven_four_one(void)
{
	struct config config = new_config();
	uint32_t counts[3] = {0};

	config.generate.frame_size = FRAME_SIZE_IMIX;
	start(&config);
	generator_due(&generators[0], 0, TRAIN_MAX);
	for (int i = 0; i < 1200; i++) {
		uint16_t size = send_one(1) + 4;

		check_sums(size - 4);
		counts[size == 64 ? 0 : size == 594 ? 1 : 2]++;
	}
	CHECK_EQUAL(counts[0], 700);
	CHECK_EQUAL(counts[1], 400);
	CHECK_EQUAL(counts[2], 100);
	finish();
}

static void flows_come_in_turn(void)
{
	struct config config = new_config();

	config.generate.flows = 7;
	start(&config);
	generator_due(&generators[0], 0, TRAIN_MAX);
	for (int i = 0; i < 100; i++) {
		send_one(1);
		CHECK_EQUAL(bytes_load16(packet + 34), PROFILE_PORT_FIRST + i % 7);
	}
	finish();
}

static void trains_are_owed_until_they_left(void)
{
	struct config config = new_config();

	config.generate.train = 100;
	config.generate.rate = 10000; // a train every 10 ms
	start(&config);
	CHECK_EQUAL(generator_due(&generators[0], 0, 100), 100);
	generator_sent(&generators[0], 30);
	CHECK_EQUAL(generator_due(&generators[0], 1, 100), 70);
	generator_sent(&generators[0], 70);
	CHECK_EQUAL(generators[0].tally.stalled, 1);
	CHECK_EQUAL(generator_due(&generators[0], HZ / 100 - 1, 100), 0);
	CHECK_EQUAL(generator_due(&generators[0], HZ / 100, 512), 100);
	generator_sent(&generators[0], 100);
	CHECK_EQUAL(generator_due(&generators[0], HZ / 100 * 4, 512), 300);
	generator_sent(&generators[0], 300);
	// Away for long: the backlog is bounded, the rest is told.
	CHECK_EQUAL(generator_due(&generators[0], (uint64_t)HZ * 100, 512), 500);
	CHECK_EQUAL(generators[0].tally.skipped, 100 * (9996 - PACER_BACKLOG_MAX));
	finish();
}

static void unlimited_is_always_due(void)
{
	struct config config = new_config();

	config.generate.rate = RATE_UNLIMITED;
	start(&config);
	for (int i = 0; i < 10; i++) {
		CHECK_EQUAL(generator_due(&generators[0], 5, 32), 32);
		generator_sent(&generators[0], 7);
	}
	CHECK_EQUAL(generators[0].tally.sent, 70);
	CHECK_EQUAL(generators[0].next.number, 70);
	finish();
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
	CHECK(traffic_peer_known(&traffic));
	generator_due(&generators[0], 0, 32);
	for (int i = 0; i < 6; i++) {
		uint8_t wanted[20];

		memset(wanted, 0x40 + i % 2, 20);
		CHECK_EQUAL(send_one(5), 20);
		CHECK(memcmp(packet, wanted, 20) == 0);
	}
	finish();
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
		CHECK(traffic_init(&traffic, &config, own_mac, HZ, &fault) < 0);
		CHECK_TEXT(fault.text, rows[i].why);
		finish();
	}
}

static const struct check_case cases[] = {
	{"packets of every size are right", packets_of_every_size_are_right},
	{"imix is seven, four, one", imix_is_seven_four_one},
	{"flows come in turn", flows_come_in_turn},
	{"trains are owed until they left", trains_are_owed_until_they_left},
	{"unlimited is always due", unlimited_is_always_due},
	{"a capture leaves as it is", a_capture_leaves_as_it_is},
	{"captures that cannot be had", captures_that_cannot_be_had},
};

int main(void)
{
	return CHECK_RUN(cases);
}
