// What the queues of generate mode share: peer and rate.
#include "generating.h"

static void the_peer_is_found_by_arp(void)
{
	struct config config = new_config();
	uint8_t answer[60] = {2, 0, 0, 0, 0, 0x17, 2, 0, 0, 0, 0, 0x63, 8, 6, 0, 1, 8, 0, 6, 4, 0,
		2, 2, 0, 0, 0, 0, 0x63, 10, 0, 1, 0x63};

	memset(config.generate.peer_mac, 0, 6);
	start(&config);
	CHECK(!traffic_peer_known(&traffic));
	CHECK(generator_must_ask(&generators[0], 1));
	CHECK(!generator_must_ask(&generators[0], HZ / 5));
	CHECK(generator_must_ask(&generators[0], HZ / 5 + 1));
	for (uint32_t size = 0; size < 42; size++)
		traffic_learn(&traffic, answer, size);
	for (size_t i = 12; i < 32; i++) {
		// Any other frame: not ARP, no answer, not the peer, the MAC of a group.
		if (i != 12 && i != 13 && i != 21 && i != 22 && i != 31)
			continue;
		answer[i] ^= 1;
		traffic_learn(&traffic, answer, 60);
		answer[i] ^= 1;
	}
	CHECK(!traffic_peer_known(&traffic));
	traffic_learn(&traffic, answer, 42);
	CHECK(traffic_peer_known(&traffic));
	CHECK(memcmp(traffic.peer_mac, answer + 22, 6) == 0);
	CHECK(!generator_must_ask(&generators[0], (uint64_t)HZ * 10));
	finish();
}

static void without_a_peer_nothing_is_due(void)
{
	struct config config = new_config();

	config.generate.peer_ipv4 = 0;
	memset(config.generate.peer_mac, 0, 6);
	start(&config);
	CHECK_EQUAL(generator_due(&generators[0], 0, 32), 0);
	finish();
}

static void the_rate_is_shared(void)
{
	static const uint32_t rates[] = {0, 1, 2, 15, 16, 17, 1000, 999999999, 1000000000};

	for (size_t i = 0; i < sizeof(rates) / sizeof(rates[0]); i++) {
		for (uint16_t queues = 1; queues <= QUEUES_MAX; queues++) {
			uint64_t sum = 0;

			for (uint16_t queue = 0; queue < queues; queue++) {
				uint32_t share = traffic_share(rates[i], queue, queues);

				CHECK(share - rates[i] / queues <= 1);
				sum += share;
			}
			CHECK_EQUAL(sum, rates[i]);
		}
	}
	CHECK_EQUAL(traffic_share(RATE_UNLIMITED, 3, 4), RATE_UNLIMITED);
}

// No two measurements and no two queues mark alike.
static void marks_differ(void)
{
	struct config config = new_config();
	uint32_t first;

	config.queues = QUEUES_MAX;
	start(&config);
	CHECK_EQUAL(traffic.mark % QUEUES_MAX, 0);
	first = traffic_mark(&traffic, 1);
	for (uint32_t number = 2; number < 100000; number++) {
		uint32_t mark = traffic_mark(&traffic, number);

		CHECK_EQUAL(mark % QUEUES_MAX, 0);
		CHECK(mark != first);
	}
	finish();
}

static void only_the_first_queue_asks(void)
{
	struct config config = new_config();

	memset(config.generate.peer_mac, 0, 6);
	config.queues = 3;
	start(&config);
	CHECK(generator_must_ask(&generators[0], 1));
	CHECK(!generator_must_ask(&generators[1], 1));
	CHECK(!generator_must_ask(&generators[2], 1));
	finish();
}

static const struct check_case cases[] = {
	{"the peer is found by ARP", the_peer_is_found_by_arp},
	{"without a peer nothing is due", without_a_peer_nothing_is_due},
	{"the rate is shared", the_rate_is_shared},
	{"marks differ", marks_differ},
	{"only the first queue asks", only_the_first_queue_asks},
};

int main(void)
{
	return CHECK_RUN(cases);
}
