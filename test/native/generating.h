// One queue of generate mode for a test: on plain bytes and with a clock of the test's own.
#ifndef TEST_GENERATING_H
#define TEST_GENERATING_H

#include "bytes.h"
#include "check.h"
#include "generate.h"

enum { HZ = 1000000000 }; // one cycle is one nanosecond

static const uint8_t own_mac[6] = {2, 0, 0, 0, 0, 0x17};
static struct traffic traffic;
static struct generator generators[QUEUES_MAX];
static uint8_t packet[FRAME_SIZE_MAX];

static inline struct config new_config(void)
{
	return (struct config){
		.mode = MODE_GENERATE,
		.ipv4 = 0x0a000117,
		.mtu = 9001,
		.queues = 1,
		.generate = {.rate = 1000,
			.peer_ipv4 = 0x0a000163,
			.peer_mac = {2, 0, 0, 0, 0, 0x63},
			.frame_size = 64,
			.flows = 1,
			.train = 1},
	};
}

static inline void start(const struct config *config)
{
	struct fault fault = {.text = ""};

	CHECK_EQUAL(traffic_init(&traffic, config, own_mac, HZ, &fault), 0);
	CHECK_TEXT(fault.text, "");
	generators_init(generators, &traffic);
}

static inline void finish(void)
{
	traffic_done(&traffic);
}

// Writes a queue's next packet at now, as if it left; its size.
static inline uint16_t send_by(uint16_t queue, uint64_t now)
{
	struct generator *sender = &generators[queue];
	struct generator_place place = sender->next;
	const struct profile_frame *frame = generator_frame(sender, &place);

	memcpy(packet, frame->bytes, frame->size);
	generator_write(sender, &place, now, packet);
	sender->owed = 1;
	generator_promise(sender, 1);
	generator_sent(sender, 1);
	return frame->size;
}

static inline uint16_t send_one(uint64_t now)
{
	return send_by(0, now);
}

#endif
