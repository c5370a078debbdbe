// One queue of generate mode: what it puts into a packet, and what it learns from one that comes
// back, by whichever queue that left. Works on plain bytes and cycles, without DPDK;
// mode_generate.c moves the packets. A measurement begins with each new rate and is told apart from
// others by a number that every packet carries.
#ifndef POLLCORE_GENERATE_H
#define POLLCORE_GENERATE_H

#include <stdalign.h>
#include <stdatomic.h>
#include <stdbool.h>

#include "histogram.h"
#include "pacer.h"
#include "sequence.h"
#include "traffic.h"

// What one queue counts of a measurement. Written by its lcore alone; measurement.h adds them up.
struct tally {
	uint64_t sent;
	uint64_t invalid; // ours by their mark, yet never sent so: forged or damaged
	uint64_t stalled; // times that the device, or the pool, took less than was due
	uint64_t skipped; // packets that the rate asked for and that could not leave in time
	struct histogram round_trip;           // cycles
	struct sequence sequences[QUEUES_MAX]; // by the queue that sent the packet
};

// Where in the profile a packet is.
struct generator_place {
	uint64_t number; // its sequence number
	uint32_t frame;
	uint16_t flow;
};

struct generator {
	// Set before polling starts, then only read.
	alignas(64) struct traffic *traffic;
	const struct generator *all; // of all queues, this one among them
	uint16_t queue;
	// Written by the polling lcore.
	uint32_t rate;          // this queue's part
	uint32_t mark;          // of packets of this measurement that leave by the first queue
	uint32_t owed;          // packets due and not sent yet
	uint64_t order;         // of the traffic's, the last obeyed
	uint64_t next_question; // cycles: when to ask for the peer's MAC again
	uint64_t known_to_leave[QUEUES_MAX]; // what other queues had promised when last asked
	struct pacer pacer;
	struct generator_place next;
	// As before, and read by others: numbers below this may be on their way.
	alignas(64) uint64_t promised;
	alignas(64) atomic_uint_fast32_t generation; // odd while a new measurement is being begun
	uint32_t number;                             // of the measurement
	struct tally tally;
};

// One a queue, before polling starts.
void generators_init(struct generator *generators, struct traffic *traffic);

// The functions that follow are for the polling lcore.

// How many packets to send now, at most max, which is no less than a train. Begins a new
// measurement when one is wanted.
uint32_t generator_due(struct generator *generator, uint64_t now, uint32_t max);

// The frame to be copied for the packet at place, which begins as generator->next.
static inline const struct profile_frame *generator_frame(
	const struct generator *generator, const struct generator_place *place)
{
	return &generator->traffic->profile.frames[place->frame];
}

// Makes the copy in bytes of that frame the packet, and moves place on to the next one.
void generator_write(const struct generator *generator, struct generator_place *place, uint64_t now,
	uint8_t *bytes);

// So many of them are about to leave.
static inline void generator_promise(struct generator *generator, uint32_t count)
{
	uint64_t promised = generator->next.number + count;

	if (promised > generator->promised)
		__atomic_store_n(&generator->promised, promised, __ATOMIC_RELEASE);
}

// So many packets have left. Those written that have not are written again.
void generator_sent(struct generator *generator, uint32_t count);

// Takes in a frame that is one of ours come back: true. Else it is somebody else's.
bool generator_take(struct generator *generator, const uint8_t *frame, uint32_t size, uint64_t now);

// Whether to ask for the peer's MAC now: the first queue does.
bool generator_must_ask(struct generator *generator, uint64_t now);

#endif
