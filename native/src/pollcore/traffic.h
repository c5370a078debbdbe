// What the queues of generate mode share: what is sent, to whom, and at which rate. Each queue has
// a generator of its own, which reads this and writes none of it but the peer's MAC, once.
#ifndef POLLCORE_TRAFFIC_H
#define POLLCORE_TRAFFIC_H

#include <stdalign.h>
#include <stdatomic.h>
#include <stdbool.h>

#include "config.h"
#include "profile.h"

enum peer_state { PEER_UNKNOWN, PEER_LEARNING, PEER_KNOWN };

struct traffic {
	// Set before polling starts, then only read.
	struct profile profile;
	uint64_t hz; // cycles a second
	uint32_t peer_ipv4;
	uint32_t mark; // of measurement 0 and queue 0
	uint16_t queues;
	uint16_t flows;
	uint16_t train;
	bool checksum_by_device; // UDP's need not be computed; set by main
	// Which measurement, and the packets a second of all queues together. Written under the
	// core's device_lock, on a cache line that changes only then.
	alignas(64) atomic_uint_fast64_t order;
	atomic_int peer_state;
	uint8_t peer_mac[6]; // to be read once the peer is known
};

// Makes the packets to send, to leave from a port with this MAC. hz is how fast the cycles run that
// generators are given. A config without peer and capture leaves it empty: no packet is ever due.
int traffic_init(struct traffic *traffic, const struct config *config, const uint8_t mac[6],
	uint64_t hz, struct fault *fault);
void traffic_done(struct traffic *traffic);

// Packets a second, RATE_UNLIMITED, or 0: pause.
uint32_t traffic_rate(const struct traffic *traffic);

// Another rate begins a new measurement; a pause keeps the one there is.
void traffic_set_rate(struct traffic *traffic, uint32_t rate);

// Begins a new measurement at the same rate.
void traffic_restart(struct traffic *traffic);

static inline bool traffic_peer_known(const struct traffic *traffic)
{
	return atomic_load_explicit(&traffic->peer_state, memory_order_acquire) == PEER_KNOWN;
}

// Learns the peer's MAC when the frame is its answer. By any queue.
void traffic_learn(struct traffic *traffic, const uint8_t *frame, uint32_t size);

// An order taken apart.
static inline uint32_t order_number(uint64_t order)
{
	return (uint32_t)(order >> 32);
}

static inline uint32_t order_rate(uint64_t order)
{
	return (uint32_t)order;
}

// The part of a rate that falls to one of so many queues.
uint32_t traffic_share(uint32_t rate, uint16_t queue, uint16_t queues);

// What packets of a measurement that leave by the first queue are marked with. The queues that
// follow count on from it; those of another measurement are none of theirs.
static inline uint32_t traffic_mark(const struct traffic *traffic, uint32_t number)
{
	// An odd number of steps of QUEUES_MAX, which visits all of them before one comes back.
	return traffic->mark + number * 0x9e3779bU * QUEUES_MAX;
}

#endif
