// What the poller counts. One writer, the polling lcore; any thread may read at any time without
// disturbing it.
#ifndef POLLCORE_COUNTERS_H
#define POLLCORE_COUNTERS_H

#include <stdalign.h>
#include <stddef.h>
#include <stdint.h>

#include "counter.h"
#include "verdict.h"

// How many packets a poll brought: 1, 2 to 3, 4 to 7 and so on up to 512.
enum { BURST_BUCKETS = 10 };

struct counters {
	// A cache line of its own, so that nobody else's write slows the poller down.
	alignas(64) uint64_t polls_empty;
	uint64_t sleeps; // --idle adaptive
	uint64_t rx_packets;
	uint64_t rx_bytes;
	uint64_t tx_packets;
	uint64_t tx_bytes;
	uint64_t tx_dropped;  // the transmit ring was full
	uint64_t tx_held;     // answers that waited until it had room, or were dropped at last
	uint64_t busy_cycles; // from one poll to the next, where one brought packets
	uint64_t bursts[BURST_BUCKETS];
	uint64_t verdicts[VERDICT_COUNT];
};

// Which of the bursts a poll with so many packets, which are not none, is.
static inline unsigned int burst_bucket(uint16_t count)
{
	return 31 - (unsigned int)__builtin_clz(count);
}

// "bursts_4_7": the name of its counter.
const char *burst_name(unsigned int bucket);

// Copies all of them, so that sums of the copy agree with its parts while the poller goes on.
struct counters counters_copy(const struct counters *counters);

// Adds what another queue counted, which is a copy.
void counters_add(struct counters *total, const struct counters *part);

// Polls that brought packets, and all of them.
uint64_t counters_polls_busy(const struct counters *counters);
uint64_t counters_polls(const struct counters *counters);

// Moves as long as the poller does: it may not poll for many seconds, while a slow transmit ring
// takes the answers that are held one by one.
uint64_t counters_heartbeat(const struct counters *counters);

// Received packets dropped, for whatever reason.
uint64_t counters_dropped(const struct counters *counters);

// One readable line in text: received, sent, answered, and each reason for which something was
// dropped.
void counters_report(const struct counters *counters, char *text, size_t size);

#endif
