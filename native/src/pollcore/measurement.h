// What generate mode measured, all queues together: for whoever reads, while the pollers go on.
#ifndef POLLCORE_MEASUREMENT_H
#define POLLCORE_MEASUREMENT_H

#include "generate.h"

// received <= next <= sent, however the queues stand to each other.
struct measurement {
	uint64_t sent;
	uint64_t next; // one more than the highest number that came back; a sum over sending queues
	uint64_t received;
	uint64_t duplicates;
	uint64_t reordered;
	uint64_t late;
	uint64_t invalid;
	uint64_t stalled;
	uint64_t skipped;
	struct histogram round_trip; // cycles
};

// The latest measurement that a queue has begun. One that has not got there yet adds nothing.
void measurement_read(
	struct measurement *measurement, const struct generator *generators, uint16_t count);

#endif
