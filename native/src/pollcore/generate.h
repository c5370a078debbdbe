// What generate mode puts into a packet, and what it learns from one that comes back. Works on
// plain bytes and cycles, without DPDK; mode_generate.c moves the packets. A measurement begins
// with each new rate and is told apart from others by a number that every packet carries.
#ifndef POLLCORE_GENERATE_H
#define POLLCORE_GENERATE_H

#include <stdatomic.h>
#include <stdbool.h>

#include "config.h"
#include "histogram.h"
#include "pacer.h"
#include "profile.h"
#include "sequence.h"

// What one measurement counts. Written by the polling lcore alone.
struct measurement {
	uint64_t sent;
	uint64_t invalid; // ours by their mark, yet never sent so: forged or damaged
	uint64_t stalled; // times that the device, or the pool, took less than was due
	uint64_t skipped; // packets that the rate asked for and that could not leave in time
	struct sequence sequence;
	struct histogram round_trip; // cycles
};

// Where in the profile a packet is.
struct generator_place {
	uint64_t number; // its sequence number
	uint32_t frame;
	uint16_t flow;
};

struct generator {
	// Set before polling starts, then only read.
	struct profile profile;
	uint64_t hz; // cycles a second
	uint32_t peer_ipv4;
	uint16_t flows;
	uint16_t train;
	// Written by any thread: packets a second, RATE_UNLIMITED, or 0 to pause.
	atomic_uint_fast32_t rate_wanted;
	// Written by the polling lcore; peer_mac may be read once peer_known says so.
	uint8_t peer_mac[6];
	atomic_bool peer_known;
	uint64_t next_question; // cycles: when to ask for the peer's MAC again
	uint32_t rate;
	uint32_t mark; // which measurement a packet belongs to
	uint32_t owed; // packets due and not sent yet
	struct pacer pacer;
	struct generator_place next;
	atomic_uint_fast32_t generation; // odd while a new measurement is being begun
	struct measurement measurement;
};

// Makes the packets to send, to leave from a port with this MAC. hz is how fast the cycles run that
// the functions below are given. A config without peer and capture leaves it empty: no packet is
// ever due.
int generator_init(struct generator *generator, const struct config *config, const uint8_t mac[6],
	uint64_t hz, struct fault *fault);
void generator_done(struct generator *generator);

// For any thread: a copy of the measurement, all of it of the same one.
void generator_copy(const struct generator *generator, struct measurement *copy);

// The functions that follow are for the polling lcore.

// To be called when generate mode begins: the next packet due begins a new measurement.
void generator_restart(struct generator *generator);

// How many packets to send now, at most max, which is no less than a train. Begins a new
// measurement when another rate is wanted.
uint32_t generator_due(struct generator *generator, uint64_t now, uint32_t max);

// The frame to be copied for the packet at place, which begins as generator->next.
static inline const struct profile_frame *generator_frame(
	const struct generator *generator, const struct generator_place *place)
{
	return &generator->profile.frames[place->frame];
}

// Makes the copy in bytes of that frame the packet, and moves place on to the next one.
void generator_write(const struct generator *generator, struct generator_place *place, uint64_t now,
	uint8_t *bytes);

// So many packets have left. Those written that have not are written again.
void generator_sent(struct generator *generator, uint32_t count);

// Takes in a frame that is one of ours come back: true. Else it is somebody else's.
bool generator_take(struct generator *generator, const uint8_t *frame, uint32_t size, uint64_t now);

// Whether to ask for the peer's MAC now.
bool generator_must_ask(struct generator *generator, uint64_t now);

// Learns the peer's MAC when the frame is its answer.
void generator_learn(struct generator *generator, const uint8_t *frame, uint32_t size);

#endif
